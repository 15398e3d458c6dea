// SPDX-License-Identifier: BSD-2-Clause
// parts.js - what pages are made of: cards, chips, tables, lists of facts.
import {h} from './dom.js';
import {icon} from './icons.js';
import {countdown, dateOf, fullMoment, moment, span} from './format.js';
import {say} from './words.js';

export function card(title, properties, ...children) {
  const {aside, class: more} = properties ?? {};
  return h('section.card', {class: more}, title && h('header', null, h('h2', null, title), aside), children);
}

export const heading = (title, ...aside) => h('div.heading', null, h('h1', null, title), h('div.aside', null, aside));

// Facts [[name, value]…]; those without a value are left out.
export function facts(all, {class: more} = {}) {
  return h('dl.facts', {class: more}, all.filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => h('div', {key: name}, h('dt', null, name), h('dd', null, value))));
}

// ---- words with a colour ----

const TONES = {
  good: ['formed', 'running', 'paid', 'settled', 'ready'],
  info: ['open', 'scheduled'],
  warn: ['held', 'pending', 'paused', 'refund_due', 'virtual'],
  bad: ['failed'],
};
export const tone = (word) => Object.keys(TONES).find((name) => TONES[name].includes(word)) ?? 'still';
export const chip = (set, word) => h('span.chip', {class: tone(word)}, h('i.dot', {class: tone(word)}), say(`${set}.${word}`));

// ---- times ----

export const when = (at, now) => h('time', {datetime: dateOf(at).toISOString(), title: fullMoment(at)}, moment(at, now));
export const ago = (at, now) => h('time', {datetime: dateOf(at).toISOString(), title: fullMoment(at)}, say('ago', {span: span(now - at)}));

// What is left of a room's time.
export function left(deadline, now) {
  if (deadline === undefined) return h('span.quiet', null, say('room.waits'));
  const ms = deadline - now;
  return h('time.left', {class: ms < 60000 ? 'soon' : '', datetime: dateOf(deadline).toISOString(), title: fullMoment(deadline)},
    ms > 2 * 86400000 ? span(ms) : countdown(ms));
}

// ---- tables: on a phone each row becomes a card of its own ----

// columns: [{title, cell(row), class}]; the first names the row.
export function table(caption, columns, rows, {key, empty = say('nothing')} = {}) {
  if (rows.length === 0) return h('p.empty', null, empty);
  return h('div.scroll', {tabindex: '0', role: 'region', 'aria-label': caption},
    h('table', {role: 'table'}, h('caption.hidden', null, caption),
      h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'}, columns.map(({title, class: more}) => h('th', {role: 'columnheader', scope: 'col', class: more}, title)))),
      h('tbody', {role: 'rowgroup'}, rows.map((row) => h('tr', {role: 'row', key: key(row)}, columns.map(({title, cell, class: more}, i) =>
        h(i === 0 ? 'th' : 'td', {role: i === 0 ? 'rowheader' : 'cell', scope: i === 0 ? 'row' : null, class: more, 'data-title': title}, cell(row))))))));
}

// ---- links and buttons ----

export const link = (hash, ...children) => h('a', {href: `#/${hash}`}, children);
export const roomLink = (id) => h('a.id', {href: `#/room/${id}`}, id);
export const campaignLink = (id, name) => h('a', {href: `#/campaign/${encodeURIComponent(id)}`}, name ?? id);

export const button = (text, click, {icon: name, class: more, ...others} = {}) =>
  h('button.button', {type: 'button', class: more, on: {click}, ...others}, name && icon(name), text);

// A choice of one: [[hash, text]…].
export function tabs(label, choices, current) {
  return h('nav.tabs', {'aria-label': label}, choices.map(([hash, text]) =>
    h('a', {href: `#/${hash}`, 'aria-current': hash === current ? 'page' : null}, text)));
}

// What was answered, as it came.
export const raw = (body) => h('details.raw', null, h('summary', null, say('raw')), h('pre', {tabindex: '0', 'aria-label': say('raw')}, JSON.stringify(body, null, 2)));
