// SPDX-License-Identifier: BSD-2-Clause
// chart.js - what numbers look like: a line of them, parts of a whole, a funnel, the seats of a room. Each says in words what it shows.
import {brief, moment, share} from './format.js';
import {h} from './dom.js';
import {say} from './words.js';

const WIDTH = 300, HEIGHT = 100;

// The points of a line over [0, 300] × [0, 100]; times where nothing was measured (null) are bridged.
function points(values, top) {
  const step = WIDTH / Math.max(1, values.length - 1);
  return values.map((value, i) => [i * step, value === null ? null : HEIGHT - value / top * HEIGHT]).filter(([, y]) => y !== null);
}

const path = (all) => all.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

function area(all) {
  return all.length < 2 ? '' : `${path(all)}L${all.at(-1)[0].toFixed(1)} ${HEIGHT}L${all[0][0].toFixed(1)} ${HEIGHT}Z`;
}

const canvas = (name, label, ...children) =>
  h(`svg:svg.${name}`, {viewBox: `0 -4 ${WIDTH} ${HEIGHT + 8}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label}, children);

export function sparkline(values, label) {
  const top = Math.max(1e-9, ...values);
  const all = points(values, top * 1.1);
  return canvas('spark', label, h('svg:path.area', {d: area(all)}), h('svg:path.line', {d: path(all)}));
}

// The next of 1, 2, 5, 10, 20, …: a scale that can be read.
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= value);
}

// Lines over a common time: series [{name, tone, values}].
export function timeChart(series, times, now) {
  const top = niceTop(Math.max(1, ...series.flatMap(({values}) => values)));
  const label = series.map(({name, values}) => `${name}: ${brief(values.at(-1) ?? 0)}`).join(', ');
  return h('div.chart', null,
    h('div.plot', null,
      [1, 0.5].map((part) => h('span.scale', {style: {bottom: `${part * 100}%`}}, brief(top * part))),
      canvas('lines', label, series.map(({tone, values}, i) => {
        const all = points(values, top);
        return [i === 0 && h('svg:path.area', {class: tone, d: area(all)}), h('svg:path.line', {class: tone, d: path(all)})];
      }))),
    h('div.times', null, times.length > 1 ? [h('span', null, moment(times[0], now)), h('span', null, moment(times.at(-1), now))] : h('span', null, say('chart.soon'))),
    h('ul.legend', null, series.map(({name, tone, values}) =>
      h('li', null, h('i.dot', {class: tone}), name, h('b', null, say('rate', {n: brief(values.at(-1) ?? 0)}))))));
}

// One bar of parts [{name, value, tone}], and what they are.
export function parts(all, {empty = say('nothing.yet')} = {}) {
  const some = all.filter(({value}) => value > 0);
  const whole = some.reduce((sum, {value}) => sum + value, 0);
  if (whole === 0) return h('p.quiet', null, empty);
  return h('div.parts', null,
    h('div.stack', {'aria-hidden': 'true'}, some.map(({value, tone}) => h('i', {class: tone, style: {'flex-grow': String(value)}}))),
    h('ul.legend', null, some.map(({name, value, tone}) =>
      h('li', null, h('i.dot', {class: tone}), name, h('b', null, brief(value)), h('span.quiet', null, share(value, whole))))));
}

// Steps [{name, value}], each a part of the first.
export function funnel(steps) {
  const whole = steps[0].value;
  return h('ol.funnel', null, steps.map(({name, value}, i) => h('li', null,
    h('div.step', null, h('span', null, name), h('b', null, brief(value)), h('span.quiet', null, i === 0 ? '' : share(value, whole))),
    h('div.track', {'aria-hidden': 'true'}, h('i', {style: {width: `${whole ? Math.max(0.5, value / whole * 100) : 0}%`}})))));
}

// ---- the seats of a room ----

const DOTS_MAX = 10;

// What each seat of a room is, in order: paid ones first.
function seatKinds({size, paid, held, virtual}) {
  const taken = [...Array(paid).fill('paid'), ...Array(virtual ?? 0).fill('virtual'), ...Array(held).fill('held')];
  return [...taken, ...Array(Math.max(0, size - taken.length)).fill('free')];
}

function seatsInWords({size, paid, held, virtual}) {
  const words = [say('seats.paid', {n: paid}), held > 0 && say('seats.held', {n: held}), virtual > 0 && say('seats.virtual', {n: virtual})];
  return say('seats.of', {parts: words.filter(Boolean).join(say('list.comma')), size});
}

// Small, for lists: a dot a seat, or a bar where there are many.
export function seatRow(room) {
  const label = {role: 'img', 'aria-label': seatsInWords(room), title: seatsInWords(room)};
  if (room.size <= DOTS_MAX) return h('span.seats', label, seatKinds(room).map((kind) => h('i', {class: kind})));
  const {size, paid, held, virtual = 0} = room;
  return h('span.seats.many', label, [['paid', paid], ['virtual', virtual], ['held', held], ['free', size - paid - held - virtual]]
    .filter(([, value]) => value > 0).map(([kind, value]) => h('i', {class: kind, style: {'flex-grow': String(value)}})));
}

// Large, for one room: people around a table.
export function seatRing(room) {
  const shown = room.size <= 24 ? seatKinds(room) : [];
  const radius = shown.length > 12 ? 7 : shown.length > 7 ? 10 : 13;
  const places = shown.map((kind, i) => {
    const angle = 2 * Math.PI * i / shown.length - Math.PI / 2;
    return h('svg:circle', {class: kind, cx: (60 + 44 * Math.cos(angle)).toFixed(2), cy: (60 + 44 * Math.sin(angle)).toFixed(2), r: radius - 1.5});
  });
  const turn = 2 * Math.PI * 44;
  const arc = (kind, from, part) => part > 0 && h('svg:circle', {class: `arc ${kind}`, cx: 60, cy: 60, r: 44, 'stroke-dasharray': `${part * turn} ${turn}`,
    'stroke-dashoffset': -from * turn, transform: 'rotate(-90 60 60)'});
  const bar = shown.length > 0 ? [] : [h('svg:circle.arc.free', {cx: 60, cy: 60, r: 44}), arc('paid', 0, room.paid / room.size), arc('held', room.paid / room.size, room.held / room.size)];
  return h('div.ring', null,
    h('svg:svg', {viewBox: '0 0 120 120', role: 'img', 'aria-label': seatsInWords(room)}, places, bar.filter(Boolean)),
    h('div.inside', {'aria-hidden': 'true'}, h('b', null, String(room.paid + (room.virtual ?? 0))), h('span', null, `/ ${room.size}`)));
}
