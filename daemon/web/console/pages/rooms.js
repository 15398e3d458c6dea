// SPDX-License-Identifier: BSD-2-Clause
// rooms.js - the rooms that need an eye: whose time is nearly up, who miss the fewest.
import {h} from '../dom.js';
import {read} from '../api.js';
import {seatRow} from '../chart.js';
import {count} from '../format.js';
import {ago, campaignLink, chip, heading, left, roomLink, table, tabs} from '../parts.js';
import {say} from '../words.js';
import {readCampaigns} from './campaigns.js';

const CAMPAIGNS_ASKED = 12, ROOMS_SHOWN = 40;
const ROOMS_SORTED = 2000; // of a campaign, the oldest: LIST_WALK_MAX of lib/engine/read.c

export function roomTable(caption, rooms, now, {withCampaign = true, names} = {}) {
  return table(caption, [
    {title: say('room'), cell: ({room}) => roomLink(room)},
    withCampaign && {title: say('campaign'), cell: ({campaign}) => campaignLink(campaign, names?.get(campaign))},
    {title: say('rooms.seats'), cell: (room) => h('span.filled', null, seatRow(room), h('span', null, room.state === 'pending' ? chip('room', 'pending') : say('room.missing', {n: room.missing})))},
    withCampaign && {title: say('rooms.opened'), cell: ({opened_at: at}) => ago(at, now)},
    {title: say('rooms.left'), class: 'number', cell: ({deadline}) => left(deadline, now)},
  ].filter(Boolean), rooms, {key: ({room}) => room, empty: say('rooms.none')});
}

// Which campaigns have more rooms than the engine puts in order.
export function sortedPart(campaigns) {
  const crowded = campaigns.filter((one) => one.rooms_open > ROOMS_SORTED);
  return crowded.length > 0 && h('p.quiet', null, say('rooms.sorted', {n: count(ROOMS_SORTED)}), ' ',
    crowded.map(({campaign, name, rooms_open: open}, i) => [i > 0 && ', ', campaignLink(campaign, name), ` (${count(open)})`]));
}

// The engine sorts within a campaign: the busiest ones are asked, and their first rooms sorted together.
async function readRooms(sort) {
  const {campaigns, hasMore} = await readCampaigns(5);
  const busy = campaigns.filter((one) => one.rooms_open > 0).sort((a, b) => b.rooms_open - a.rooms_open);
  const asked = busy.slice(0, CAMPAIGNS_ASKED);
  const lists = await Promise.all(asked.map(({campaign}) => read('room.list', {campaign, sort, limit: ROOMS_SHOWN})));
  const soon = ({deadline}) => deadline ?? Infinity;
  const order = sort === 'fullest' ? (a, b) => a.missing - b.missing || soon(a) - soon(b) : (a, b) => soon(a) - soon(b);
  return {rooms: lists.flatMap(({rooms}) => rooms).sort(order).slice(0, ROOMS_SHOWN), names: new Map(campaigns.map(({campaign, name}) => [campaign, name])),
    asked, isPart: hasMore || busy.length > CAMPAIGNS_ASKED};
}

const isRoomId = (text) => /^[0-9A-HJKMNP-TV-Z]{20}$/i.test(text);

function find() {
  const submit = (event) => {
    event.preventDefault();
    const field = event.target.elements.room, text = field.value.trim();
    field.setCustomValidity(isRoomId(text) ? '' : say('find.bad_room'));
    if (field.reportValidity()) location.hash = `#/room/${text.toUpperCase()}`;
  };
  return h('form.line', {on: {submit}}, h('label.field', null, h('span.hidden', null, say('find.room')),
    h('input', {name: 'room', class: 'id', placeholder: say('find.room'), autocomplete: 'off', maxlength: 20, on: {input: (event) => event.target.setCustomValidity('')}})),
  h('button.button', {type: 'submit'}, say('find')));
}

export const rooms = {
  isTicking: true,
  title: () => say('nav.rooms'),
  load: (sort = 'deadline') => readRooms(sort),
  view({rooms: all, names, asked, isPart}, {id: sort = 'deadline', now}) {
    return [
      heading(say('nav.rooms'), find()),
      tabs(say('rooms.sort'), [['rooms/deadline', say('rooms.deadline')], ['rooms/fullest', say('rooms.fullest')]], `rooms/${sort}`),
      h('section.card.flush', null, roomTable(say(`rooms.${sort}`), all, now, {names})),
      sortedPart(asked),
      isPart && h('p.quiet', null, say('rooms.part', {n: CAMPAIGNS_ASKED})),
    ];
  },
};
