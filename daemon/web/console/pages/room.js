// SPDX-License-Identifier: BSD-2-Clause
// room.js - one room: who sits in it, what happened to it, in order; forming and dissolving it by hand.
import {h} from '../dom.js';
import {read} from '../api.js';
import {askAct} from '../act.js';
import {seatRing} from '../chart.js';
import {money, span} from '../format.js';
import {ago, button, campaignLink, card, chip, facts, heading, left, link, raw, roomLink, table, tone, when} from '../parts.js';
import {say} from '../words.js';

const PAGE = 100;

let pagesShown = {room: '', pages: 1};

// The first pages of what is listed by a cursor.
async function readPages(command, list, room, pages) {
  const all = [];
  let cursor = '';
  for (let page = 0; page < pages && (page === 0 || cursor !== ''); page++) {
    const answer = await read(command, {room, limit: PAGE, ...cursor && {cursor}});
    all.push(...answer[list]);
    cursor = answer.cursor;
  }
  return {all, hasMore: cursor !== ''};
}

function acts(room, reload) {
  const shared = {body: {room: room.room}, done: reload};
  return [
    button(say('act.form'), () => askAct({...shared, command: 'room.form', title: say('act.form.title'), verb: say('act.form'),
      text: say('act.form.text', {paid: room.paid, size: room.size})})),
    button(say('act.dissolve'), () => askAct({...shared, command: 'room.dissolve', title: say('act.dissolve.title'), verb: say('act.dissolve'), isGrave: true,
      text: say('act.dissolve.text', {paid: room.paid})}), {class: 'grave'}),
  ];
}

function stateCard(room, now) {
  const isLive = room.state === 'open' || room.state === 'pending';
  const endedAt = room.formed_at ?? room.failed_at;
  return h('section.card.table-top', null,
    seatRing(room),
    h('div.said', null,
      isLive && h('p.headline', null, say('room.missing', {n: room.missing}), h('span.quiet', null, say('room.left_of', {n: room.free}))),
      isLive && h('p', null, say('rooms.left'), ' ', left(room.deadline, now)),
      !isLive && h('p.headline', null, say(`room.${room.state}`), room.reason && h('span.quiet', null, say(`reason.${room.reason}`))),
      facts([
        [say('campaign'), campaignLink(room.campaign)],
        [say('room.leader'), room.leader && h('span.id', null, room.leader)],
        [say('rooms.opened'), when(room.opened_at, now)],
        [say('room.deadline'), room.deadline && when(room.deadline, now)],
        [say('room.ended'), endedAt && [when(endedAt, now), ` (${say('room.after', {span: span(endedAt - room.opened_at, {tenths: true})})})`]],
        [say('room.into'), room.merged_into && roomLink(room.merged_into)],
        [say('room.tier'), room.tier],
        [say('room.version'), room.version],
        [say('room.cut'), room.cut !== undefined ? money(room.cut) : undefined],
        [say('room.draw'), room.draw_commit && h('span.id.long', null, room.draw_seed ?? room.draw_commit)],
      ])));
}

function seatTable(seats, now) {
  return table(say('room.seats'), [
    {title: '#', cell: ({n}) => String(n)},
    {title: say('user'), cell: ({user, profile, role, virtual}) => [virtual ? say('seat.virtual') : h('span.id', null, user), ' ', role === 'leader' && h('span.tag', null, say('role.leader')), profile && h('span.quiet', null, profile)]},
    {title: say('order'), cell: ({order}) => order ? h('span.id', null, order) : '–'},
    {title: say('seat.state'), cell: ({state}) => chip('seat', state)},
    {title: say('seat.pieces'), class: 'number', cell: ({qty}) => String(qty ?? '–')},
    {title: say('seat.joined'), class: 'number', cell: ({joined_at: at}) => at ? when(at, now) : '–'},
  ], seats, {key: ({n}) => n, empty: say('room.no_seats')});
}

// ---- the timeline ----

const EVENT_TONES = {room_formed: 'good', seat_paid: 'good', seat_held: 'info', room_opened: 'info', room_failed: 'bad', seat_released: 'still', refund_due: 'warn', refund_acked: 'still'};

function details(event) {
  const {n, user, order, room_reason: reason, released, refund_reason: refund, reason: note, by, amount, payment, from, into, tier, cut, virtual, ref} = event;
  return [
    n !== undefined && h('span', null, say('event.seat', {n})),
    user && h('span.id', null, user), order && h('span.id', null, order),
    reason && h('span', null, say(`reason.${reason}`)), released && h('span', null, say(`released.${released}`)), refund && h('span', null, say(`refund.${refund}`)),
    amount !== undefined && h('span', null, money(amount)), payment && payment !== order && h('span.id', null, payment), ref && h('span.id', null, ref),
    from && h('span', null, say('event.from'), ' ', roomLink(from)), into && h('span', null, say('event.into'), ' ', roomLink(into)),
    tier !== undefined && h('span', null, say('event.tier', {n: tier})), cut !== undefined && h('span', null, say('event.cut', {amount: money(cut)})),
    virtual > 0 && h('span', null, say('seats.virtual', {n: virtual})),
    by && h('span', null, say('event.by', {by})), note && h('q', null, note),
  ].filter(Boolean);
}

function timeline(events, room, now) {
  return h('ol.timeline', null, events.map((event, i) => h('li', {key: i, class: EVENT_TONES[event.event] ?? tone(event.event)},
    h('p', null, h('b', null, say(`event.${event.event}`)), h('span.quiet', null, when(event.at, now), ` +${span(event.at - room.opened_at, {tenths: true})}`)),
    h('p.details', null, details(event)))));
}

export const room = {
  isTicking: true,
  title: (id) => id,
  async load(id) {
    if (pagesShown.room !== id) pagesShown = {room: id, pages: 1};
    const [one, seats, history] = await Promise.all([read('room.get', {room: id}),
      readPages('room.seats', 'seats', id, pagesShown.pages), readPages('room.history', 'events', id, pagesShown.pages)]);
    return {one, seats, history};
  },
  view({one, seats, history}, {id, now, mayAct, reload}) {
    const isLive = one.state === 'open' || one.state === 'pending';
    const more = (isThere) => isThere && h('p.more', null, button(say('more'), () => { pagesShown.pages++; reload(); }));
    return [
      h('p.back', null, link('rooms', say('nav.rooms'))),
      heading(say('room'), chip('room', one.state), isLive && mayAct && acts(one, reload)),
      h('p.quiet.id', null, id, ' · ', ago(one.opened_at, now)),
      stateCard(one, now),
      h('div.columns.uneven', null,
        card(say('room.seats'), {class: 'flush', aside: h('span.quiet', null, String(seats.all.length))}, seatTable(seats.all, now), more(seats.hasMore)),
        card(say('room.timeline'), {aside: h('span.quiet', null, String(history.all.length))}, timeline(history.all, one, now), more(history.hasMore))),
      card(null, null, raw(one)),
    ];
  },
};
