// SPDX-License-Identifier: BSD-2-Clause
// ring.js - a room as a ring of seats around what it waits for; the line through them is the time that is left.
import {avatar, fill, h, ticking} from '/shop/dom.js';
import {words} from '/shop/words.js';

const RADIUS = 42; // of 50

const crowd = (size) => (size <= 5 ? 'few' : size <= 10 ? 'some' : 'many');

function place(element, i, size) {
  const angle = (2 * Math.PI * i) / size - Math.PI / 2;
  element.style.setProperty('--x', (50 + RADIUS * Math.cos(angle)).toFixed(2));
  element.style.setProperty('--y', (50 + RADIUS * Math.sin(angle)).toFixed(2));
  return element;
}

const empty = () => h('span', {class: 'avatar', role: 'img', 'aria-label': words.empty}, h('span', {'aria-hidden': 'true'}, '+'));

// Those whose number is not among the known ones have just arrived.
function seats(room, me, known) {
  const shown = Math.min(Math.max(room.size, room.seats.length), 20); // as many as a status has
  return Array.from({length: shown}, (_, i) => {
    const seat = room.seats[i];
    const hasWon = room.winners?.some(({n}) => n === seat?.n);
    if (!seat) return place(h('li', {class: 'empty'}, empty()), i, shown);
    return place(h('li', {class: hasWon ? 'has-won' : known && !known.has(seat.n) ? 'is-new' : null}, avatar(seat, me)), i, shown);
  });
}

// {element, show(room), middle}: `middle` is the room in the ring, for others to fill.
export function makeRing(clock, lifeMs, me) {
  const line = {cx: 50, cy: 50, r: RADIUS, fill: 'none', pathLength: 1};
  const arc = h('circle', {...line, class: 'arc', 'stroke-dasharray': '1 1'});
  const list = h('ul', {class: 'seats'});
  const middle = h('div', {class: 'middle'});
  const element = h('div', {class: 'ring'}, h('svg', {viewBox: '0 0 100 100', 'aria-hidden': 'true'}, h('circle', {...line, class: 'track'}), arc), list, middle);
  let room = null, known = null;

  ticking(element, () => {
    const left = room?.state === 'open' ? Math.max(0, Math.min(1, (room.deadline - clock.now()) / lifeMs)) : room?.state === 'formed' ? 1 : 0;
    arc.style.strokeDashoffset = String(1 - (Number.isNaN(left) ? 0 : left));
    element.classList.toggle('is-urgent', room?.state === 'open' && room.deadline - clock.now() < 10000);
  });
  return {element, middle, show(newest) {
    room = newest;
    element.className = `ring is-${room.state} ${crowd(room.size)}`;
    fill(list, [room.size, room.seats, room.winners], () => seats(room, me, known));
    known = new Set(room.seats.map(({n}) => n));
  }};
}
