// SPDX-License-Identifier: BSD-2-Clause
// parts.js - what several pages show of an offer, and how they take a seat in it.
import {takeSeat} from '/shop/api.js';
import {h, toast} from '/shop/dom.js';
import {money, words} from '/shop/words.js';

// What a buyer pays at best, and beside it what one alone pays.
export function prices({kind, alone, campaign}) {
  const least = Math.min(campaign.price, ...(campaign.tiers ?? []).map((tier) => tier.price));
  const best = {help: words.free, cut: words.to(money(0)), ladder: words.from(money(least))}[kind] ?? money(least);
  return h('p', {class: 'prices'}, h('strong', {class: 'price'}, best), h('small', {class: 'alone'}, words.alone(money(alone))));
}

export function badge(product) {
  const {campaign} = product;
  const number = {pickup: campaign.min_success, cut: campaign.size - 1, help: campaign.size - 1}[product.kind] ?? campaign.size;
  return h('span', {class: 'badge'}, words.badge[product.kind](number));
}

export const picture = (product, size) => h('span', {class: `picture tint-${product.picture}`}, h('img', {src: `/shop/pictures/${product.picture}.svg`, alt: '', width: size, height: size}));

// What the daemon refused, in the shopper's words; null: it was a seat of his own, and he is on the way there.
export function explain(shop, error) {
  if (error.room && ['ALREADY_IN_CAMPAIGN', 'ALREADY_IN_ROOM', 'OWN_ROOM'].includes(error.code)) shop.go(`/r/${error.room}`);
  toast(error.code === 'AWAY' ? words.awayStill : words.errors[error.code] ?? words.failedAct);
}

// A button that acts once at a time.
export function button(props, act, ...children) {
  const element = h('button', {type: 'button', ...props, on: {click: async () => {
    if (element.getAttribute('aria-disabled')) return;
    element.setAttribute('aria-disabled', 'true');
    try { await act(); } finally { element.removeAttribute('aria-disabled'); }
  }}}, ...children);
  return element;
}

export async function enter(shop, campaign, wish) {
  try {
    const path = `/r/${(await takeSeat(campaign, wish, () => toast(words.away))).room}`;
    if (location.pathname !== path) shop.go(path);
  } catch (error) {
    explain(shop, error);
  }
}
