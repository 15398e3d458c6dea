// SPDX-License-Identifier: BSD-2-Clause
// icons.js - the console's own signs, drawn in a square of 24, one stroke each.
import {h} from './dom.js';

const STROKES = {
  overview: 'M4 20V11M10 20V4M16 20v-7M21 20H3',
  campaigns: 'M4 12V5a1 1 0 0 1 1-1h7l8 8-8 8zM8.5 8.5h.01',
  rooms: 'M12 3.5a2 2 0 1 0 .01 0M20 9.5a2 2 0 1 0 .01 0M17 18.5a2 2 0 1 0 .01 0M7 18.5a2 2 0 1 0 .01 0M4 9.5a2 2 0 1 0 .01 0',
  connections: 'M9 7V3M15 7V3M6 7h12v4a6 6 0 0 1-12 0zM12 17v4',
  slowlog: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 7v5l3.5 2',
  config: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
  health: 'M3 12h4l2.5-6 4 12 2.5-6h5',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6L6 18',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 3v1.5M12 19.5V21M4.6 4.6l1.1 1.1M18.3 18.3l1.1 1.1M3 12h1.5M19.5 12H21M4.6 19.4l1.1-1.1M18.3 5.7l1.1-1.1',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  pause: 'M9 6v12M15 6v12',
  play: 'M8 5.5v13l10-6.5z',
  key: 'M8 18a4 4 0 1 1 3.5-6H21v3M17 12v3',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  warning: 'M12 4l9 16H3zM12 10v4.5M12 17.3h.01',
  arrow: 'M15 5l-7 7 7 7',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M20 20l-4-4',
};

export function icon(name) {
  return h('svg:svg.icon', {viewBox: '0 0 24 24', 'aria-hidden': 'true'}, h('svg:path', {d: STROKES[name]}));
}

// The mark: five seats of a room, one still free.
export function mark() {
  const seats = [[16, 8.5], [23.5, 14], [20.6, 22.8], [11.4, 22.8]];
  return h('svg:svg.mark', {viewBox: '0 0 32 32', 'aria-hidden': 'true'},
    h('svg:rect', {width: 32, height: 32, rx: 8}),
    seats.map(([cx, cy]) => h('svg:circle', {cx, cy, r: 3.5})),
    h('svg:circle.free', {cx: 8.5, cy: 14, r: 2.9}));
}
