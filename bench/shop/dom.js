// SPDX-License-Identifier: BSD-2-Clause
// dom.js - making elements without markup in strings: the page's policy allows none.
import {timeLeft} from '/tuan-web/tuan-web.js';
import {words} from '/shop/words.js';

// h('a', {href, class, on: {click}}, 'text', child, [children], null)
export function h(tag, props = {}, ...children) {
  const element = tag === 'svg' || tag === 'circle' || tag === 'path' ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'on') for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name === 'vars') for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Put children into a place unless it holds the same already (by `key`): what is the same keeps its focus and its animations. What had
// the focus and is there again (by data-act) gets it back.
export function fill(place, key, make) {
  const text = JSON.stringify(key);
  if (place.dataset.key === text) return;
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.act : undefined;
  place.dataset.key = text;
  place.replaceChildren(...[make()].flat(Infinity).filter(Boolean));
  if (focused) place.querySelector(`[data-act="${focused}"]`)?.focus();
}

let toastTimer;
export function toast(text) {
  const place = document.querySelector('.toast');
  place.textContent = text;
  place.classList.add('is-shown');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => place.classList.remove('is-shown'), 4000);
}

// ---- people ----

export function readProfile(seat) {
  try {
    const profile = JSON.parse(seat.profile);
    return {nick: String(profile.nick), key: String(profile.key), isSimulated: profile.simulated === 1};
  } catch { // others may sell here too, with profiles of their own
    return {nick: seat.profile ?? words.guest, key: seat.profile ?? String(seat.n), isSimulated: false};
  }
}

const HUES = 8; // .hue-0 … in shop.css

export function avatar(seat, me) {
  const {nick, key} = readProfile(seat);
  const isMe = me !== null && key === me.key;
  let hash = 0;
  for (const char of key) hash = (hash * 31 + char.codePointAt(0)) >>> 0;
  const name = isMe ? words.you : nick;
  return h('span', {class: `avatar hue-${hash % HUES}${isMe ? ' is-me' : ''}${seat.leader ? ' is-leader' : ''}`, role: 'img',
    'aria-label': seat.leader ? `${name} (${words.leader})` : name}, h('span', {'aria-hidden': 'true'}, isMe ? words.you.slice(0, 3) : [...nick][0] ?? '?'));
}

// ---- clocks: all of a page are moved by one timer ----

const clocks = new Set(); // {element, draw}
setInterval(() => {
  for (const clock of clocks) {
    if (clock.element.isConnected) clock.draw();
    else if (clock.wasConnected) clocks.delete(clock);
    clock.wasConnected ||= clock.element.isConnected;
  }
}, 100);

// `element`, drawn ten times a second as long as it is on the page.
export function ticking(element, draw) {
  clocks.add({element, draw, wasConnected: false});
  draw();
  return element;
}

const two = (number) => String(number).padStart(2, '0');

// 'm:ss.t', with hours and days where there are any; null while the time is unknown.
export function clockText(ms, {tenths = true} = {}) {
  const left = timeLeft(ms);
  if (left === null) return null;
  const hours = left.days * 24 + left.hours;
  const short = `${hours > 0 ? `${hours}:${two(left.minutes)}` : left.minutes}:${two(left.seconds)}`;
  return tenths && hours === 0 ? `${short}.${left.tenths}` : short;
}

export function countdown(clock, deadline, options) {
  const element = h('span', {class: 'countdown', role: 'timer'});
  return ticking(element, () => {
    const ms = deadline - clock.now();
    const text = ms <= 0 ? words.soon : clockText(ms, options) ?? words.noClock;
    if (element.textContent !== text) element.textContent = text;
    element.classList.toggle('is-urgent', ms < 10000);
  });
}
