// SPDX-License-Identifier: BSD-2-Clause
// connections.js - who is connected, with what, and how busy.
import {h} from '../dom.js';
import {read} from '../api.js';
import {brief, bytes, count, span} from '../format.js';
import {button, heading, table} from '../parts.js';
import {say} from '../words.js';

const columns = () => [
  {title: say('conn.client'), cell: ({address, name, user}) => [h('span.id', null, address), (name || user) && h('span.quiet', null, [name, user].filter(Boolean).join(' · '))]},
  {title: say('conn.protocol'), cell: ({protocol, library}) => [h('span', null, protocol), library && h('span.quiet', null, library)]},
  {title: say('conn.role'), cell: ({role}) => say(`role.${role}`)},
  {title: say('conn.last'), cell: ({command}) => command ? h('code', null, command) : '–'},
  {title: say('conn.requests'), class: 'number', cell: ({requests}) => brief(requests)},
  {title: say('conn.age'), class: 'number', cell: ({age_ms: ms}) => span(ms)},
  {title: say('conn.idle'), class: 'number', cell: ({idle_ms: ms}) => span(ms, {tenths: true})},
  {title: say('conn.parked'), class: 'number', cell: ({parked}) => count(parked)},
  {title: say('conn.buffers'), class: 'number', cell: ({input_bytes: input, output_bytes: output, paused}) => [`${bytes(input)} / ${bytes(output)}`, ' ', paused === 1 && h('span.tag', null, say('conn.paused'))]},
];

const PAGE = 100;

let shown = PAGE;

export const connections = {
  title: () => say('nav.connections'),
  load: () => read('connections'),
  view({connections: all, total}, {redraw}) {
    return [
      heading(say('nav.connections'), h('span.quiet', null, say('conn.total', {n: total}))),
      h('section.card.flush', null, table(say('nav.connections'), columns(), all.slice(0, shown), {key: ({id}) => id})),
      all.length > shown && h('p.more', null, button(say('more'), () => { shown += PAGE; redraw(); })),
      total > all.length && all.length <= shown && h('p.quiet', null, say('conn.part', {n: all.length})),
    ];
  },
};
