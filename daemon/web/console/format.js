// SPDX-License-Identifier: BSD-2-Clause
// format.js - numbers, times and spans as people read them, in the language of the page.
import {language, say} from './words.js';

const made = new Map();

// One formatter of a kind and language, made once.
function intl(Kind, name, options) {
  const key = `${name} ${language()}`;
  if (!made.has(key)) made.set(key, new Kind(language() === 'zh' ? 'zh-Hant-TW' : 'en-GB', options));
  return made.get(key);
}

export const count = (value) => intl(Intl.NumberFormat, 'count', {maximumFractionDigits: 0}).format(value);

// Few digits: 0.4, 12, 3,400, 1.2M.
export function brief(value) {
  if (value >= 100000) return intl(Intl.NumberFormat, 'brief', {notation: 'compact', maximumSignificantDigits: 3}).format(value);
  if (value >= 10 || Number.isInteger(value)) return count(value);
  return intl(Intl.NumberFormat, 'tenths', {minimumFractionDigits: 1, maximumFractionDigits: 1}).format(value);
}

// A part of a whole, as a percentage; a dash where there is no whole.
export function share(part, whole) {
  if (!whole) return '–';
  const digits = part < whole / 100 ? 1 : 0;
  return intl(Intl.NumberFormat, `share ${digits}`, {style: 'percent', maximumFractionDigits: digits}).format(part / whole);
}

// Minor units of money.
export const money = (minor) =>
  intl(Intl.NumberFormat, 'money', {minimumFractionDigits: 2, maximumFractionDigits: 2}).format(minor / 100);

export function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value >= 100 || unit === 0 ? count(value) : value.toFixed(1)} ${units[unit]}`;
}

// How long a request took.
export function micros(us) {
  if (us < 1000) return `${count(us)} µs`;
  if (us < 1e6) return `${us < 1e4 ? (us / 1000).toFixed(1) : count(us / 1000)} ms`;
  return `${(us / 1e6).toFixed(us < 1e7 ? 1 : 0)} s`;
}

// A span in its two greatest units: 3 d 4 h, 2 min 5 s; below a minute with `tenths` of seconds.
export function span(ms, {tenths = false} = {}) {
  const seconds = Math.max(0, ms) / 1000;
  const day = Math.floor(seconds / 86400), hour = Math.floor(seconds / 3600) % 24, minute = Math.floor(seconds / 60) % 60;
  const parts = [[day, 'unit.day'], [hour, 'unit.hour'], [minute, 'unit.minute'], [Math.floor(seconds) % 60, 'unit.second']];
  const first = parts.findIndex(([number]) => number > 0);
  if (first === -1 || first === 3) return say('unit.second', {n: tenths && seconds < 60 ? seconds.toFixed(1) : Math.floor(seconds)});
  return parts.slice(first, first + 2).filter(([number], i) => i === 0 || number > 0).map(([number, unit]) => say(unit, {n: number})).join(' ');
}

// A clock that runs down: 04:31, 23:59:07.
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (number) => String(number).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  return `${hours > 0 ? `${two(hours)}:` : ''}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

const LAST_MOMENT = 8.64e15; // that a Date can be

// The daemon takes any deadline; one beyond all calendars is shown as their end.
export const dateOf = (at) => new Date(Math.min(at, LAST_MOMENT));

// A point in time: the time of today, with the date if it was another day.
export function moment(at, now) {
  const isToday = dateOf(at).toDateString() === new Date(now).toDateString();
  const day = isToday ? {} : {year: 'numeric', month: '2-digit', day: '2-digit'};
  return intl(Intl.DateTimeFormat, `moment ${isToday}`, {...day, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'}).format(dateOf(at));
}

export const fullMoment = (at) => intl(Intl.DateTimeFormat, 'full', {dateStyle: 'full', timeStyle: 'long'}).format(dateOf(at));
