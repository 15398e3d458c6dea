// SPDX-License-Identifier: BSD-2-Clause
// slowlog.js - requests that took long, and where their time went.
import {h} from '../dom.js';
import {read} from '../api.js';
import {micros} from '../format.js';
import {heading, table, when} from '../parts.js';
import {say} from '../words.js';

const PHASES = [['queue', 'warn'], ['match', 'info'], ['store', 'violet'], ['rest', 'still']];

// The phases of a request; what is in none of them is the rest of its turn.
function phases(entry) {
  const known = entry.queue_us + entry.match_us + entry.store_us;
  return PHASES.map(([name, tone]) => ({name, tone, us: name === 'rest' ? Math.max(0, entry.took_us - known) : entry[`${name}_us`]})).filter(({us}) => us > 0);
}

const columns = (now, longest) => [
  {title: say('slow.at'), cell: ({at}) => when(at, now)},
  {title: say('command'), cell: ({command}) => h('code', null, command)},
  {title: say('slow.took'), class: 'number', cell: ({took_us: us}) => h('b', null, micros(us))},
  {title: say('slow.where'), class: 'wide', cell: (entry) => h('span.phases', null,
    h('span.stack', {'aria-hidden': 'true', style: {width: `${Math.max(4, entry.took_us / longest * 100)}%`}}, phases(entry).map(({tone, us}) => h('i', {class: tone, style: {'flex-grow': String(us)}}))),
    h('span.quiet', null, phases(entry).map(({name, us}) => `${say(`phase_of.${name}`)} ${micros(us)}`).join(' · ')))},
  {title: say('conn.client'), cell: ({client, name, trace}) => [h('span.id', null, client), name && h('span.quiet', null, name), trace && h('span.quiet', {title: say('slow.trace')}, h('code', null, trace))]},
];

export const slowlog = {
  title: () => say('nav.slowlog'),
  load: () => read('slowlog'),
  view({requests, slower_than_ms: limit}, {now}) {
    const longest = Math.max(1, ...requests.map(({took_us: us}) => us));
    return [
      heading(say('nav.slowlog'), h('span.quiet', null, say('slow.limit', {ms: limit}))),
      h('ul.legend', null, PHASES.map(([name, tone]) => h('li', null, h('i.dot', {class: tone}), say(`phase_of.${name}`), h('span.quiet', null, say(`phase_of.${name}.text`))))),
      h('section.card.flush', null, table(say('nav.slowlog'), columns(now, longest), requests, {key: ({id}) => id, empty: say('slow.none', {ms: limit})})),
    ];
  },
};
