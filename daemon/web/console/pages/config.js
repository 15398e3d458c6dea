// SPDX-License-Identifier: BSD-2-Clause
// config.js - the options in force, and where each comes from.
import {h} from '../dom.js';
import {read} from '../api.js';
import {heading, table} from '../parts.js';
import {say} from '../words.js';

let sought = '', onlySet = false;

const columns = () => [
  {title: say('config.option'), cell: ({key, doc}) => [h('code', null, key), h('span.quiet', null, doc)]},
  {title: say('config.value'), cell: ({value, default: dflt, source}) => [h('code.value', null, value === '' ? '""' : value),
    source !== 'default' && h('span.quiet', null, say('config.default', {value: dflt === '' ? '""' : dflt}))]},
  {title: say('config.source'), cell: ({source}) => source === 'default' ? h('span.quiet', null, say('config.by_default')) : h('span.tag', null, source)},
  {title: say('config.reloadable'), cell: ({reloadable}) => say(reloadable ? 'yes' : 'no')},
];

export const config = {
  title: () => say('nav.config'),
  load: () => read('config'),
  view({options}, {redraw}) {
    const fits = ({key, value, doc, source}) => `${key} ${value} ${doc}`.toLowerCase().includes(sought.toLowerCase()) && !(onlySet && source === 'default');
    return [
      heading(say('nav.config'),
        h('label.check', null, h('input', {type: 'checkbox', checked: onlySet, on: {change: (event) => { onlySet = event.target.checked; redraw(); }}}), say('config.only_set')),
        h('label.field', null, h('span.hidden', null, say('config.filter')),
          h('input', {type: 'search', value: sought, placeholder: say('config.filter'), on: {input: (event) => { sought = event.target.value; redraw(); }}}))),
      h('section.card.flush', null, table(say('nav.config'), columns(), options.filter(fits), {key: ({key}) => key, empty: say('nothing.fits')})),
      h('p.quiet', null, say('config.how')),
    ];
  },
};
