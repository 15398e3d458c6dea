// SPDX-License-Identifier: BSD-2-Clause
// product.js - one offer: its price and rules, the groups that wait for people, and the two ways in.
import {followList} from '/tuan-web/tuan-web.js';
import {avatar, countdown, fill, h} from '/shop/dom.js';
import {badge, button, enter, picture, prices} from '/shop/parts.js';
import {money, said, span, words} from '/shop/words.js';

const LIST_MS = 3000;
const AVATARS_MAX = 4;
const FORMED_MAX = 5;

function rules({kind, campaign}) {
  const isFree = campaign.payment === 'none';
  const people = campaign.min_success ? words.ruleMin(campaign.min_success, campaign.size) : campaign.size ? words.ruleSize(campaign.size) : null;
  const all = [people, words.ruleTime(span(campaign.room_ttl_ms)), isFree ? words.ruleNoPay : words.ruleHold(span(campaign.hold_ms)), !isFree && kind !== 'draw' && words.ruleRefund];
  return h('ul', {class: 'rules', 'aria-label': words.rules}, all.filter(Boolean).map((text) => h('li', {}, text)));
}

function steps(product) {
  if (!product.campaign.tiers) return null;
  return h('fieldset', {class: 'tiers'}, h('legend', {}, words.pickStep), product.campaign.tiers.map((tier, i) =>
    h('label', {}, h('input', {type: 'radio', name: 'tier', value: i + 1, checked: i === 0}),
      h('span', {}, h('strong', {}, words.step(tier.size)), h('small', {}, money(tier.price))))));
}

function roomRow(shop, room) {
  const shown = room.seats.slice(0, AVATARS_MAX);
  return h('li', {}, h('a', {class: 'room-row', href: `/r/${room.id}`}, h('span', {class: 'faces'}, shown.map((seat) => avatar(seat, shop.me))),
    h('span', {class: 'outlook'}, h('strong', {}, words.missing(room.missing)), h('small', {}, countdown(shop.clock, room.deadline, {tenths: false}))),
    h('span', {class: 'go'}, words.go)));
}

// Rooms that wait; their clocks run on while the list stays the same.
function openRooms(shop, product) {
  const place = h('ul', {class: 'list'});
  const follower = followList(`${shop.status}/v1/campaigns/${product.id}/rooms?sort=best&limit=6`, {clock: shop.clock, everyMs: LIST_MS,
    onList: ({rooms}) => fill(place, rooms.map(({id, version}) => [id, version]), () => (rooms.length > 0 ? rooms.map((room) => roomRow(shop, room))
      : h('li', {class: 'empty'}, words.none)))});
  return {follower, element: h('section', {}, h('h2', {}, words.open), place)};
}

function formedRow(shop, room) {
  return h('li', {}, h('a', {href: `/r/${room.id}`}, h('span', {class: 'faces small'}, room.seats.slice(0, AVATARS_MAX).map((seat) => avatar(seat, shop.me))),
    h('span', {}, words.peopleIn(room.paid, room.size))));
}

function ticker(shop, product) {
  const place = h('ul', {class: 'ticker'});
  const follower = followList(`${shop.status}/v1/campaigns/${product.id}/ticker`, {clock: shop.clock, everyMs: 2 * LIST_MS,
    onList: ({rooms}) => fill(place, rooms.map(({id}) => id), () => (rooms.length > 0 ? rooms.slice(0, FORMED_MAX).map((room) => formedRow(shop, room))
      : h('li', {class: 'empty'}, words.nobodyYet)))});
  return {follower, element: h('section', {}, h('h2', {}, words.recent), place)};
}

export function showProduct(shop, main, id) {
  const product = shop.product(id);
  if (product === null) return shop.go('/');
  const rooms = openRooms(shop, product), formed = ticker(shop, product), tiers = steps(product);
  const tier = () => (tiers ? {tier: Number(tiers.querySelector(':checked').value)} : {});

  document.title = `${said(product.title)} · ${words.shop}`;
  main.className = 'product';
  main.replaceChildren(
    h('div', {class: 'stage'}, picture(product, 420)),
    h('div', {class: 'offer'}, badge(product), h('h1', {}, said(product.title)), prices(product), h('p', {}, said(product.text)), rules(product), tiers,
      h('div', {class: 'ways'},
        button({class: 'primary', 'data-act': 'match'}, () => enter(shop, id, {how: 'match'}), h('span', {}, words.match), h('small', {}, words.matchHint)),
        button({'data-act': 'open'}, () => enter(shop, id, {how: 'open', ...tier()}), words.start[product.kind])),
      rooms.element, formed.element));
  return () => { rooms.follower.stop(); formed.follower.stop(); };
}
