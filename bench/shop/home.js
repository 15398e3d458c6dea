// SPDX-License-Identifier: BSD-2-Clause
// home.js - what is on sale, and how it is sold.
import {followList} from '/tuan-web/tuan-web.js';
import {h} from '/shop/dom.js';
import {badge, picture, prices} from '/shop/parts.js';
import {said, words} from '/shop/words.js';

const REFRESH_MS = 8000;

function card(shop, product) {
  const waiting = h('p', {class: 'waiting'}, '\u00a0');
  const follower = followList(`${shop.status}/v1/campaigns/${product.id}`, {clock: shop.clock, everyMs: REFRESH_MS,
    onList: ({rooms_open: open, rooms_formed: formed}) => waiting.replaceChildren(h('span', {class: open > 0 ? 'is-live' : ''}, words.waiting(open)),
      formed > 0 ? h('span', {class: 'extra'}, ` · ${words.formedSoFar(formed)}`) : '')});
  return {follower, element: h('li', {}, h('a', {class: 'card', href: `/p/${product.id}`}, picture(product, 180), badge(product),
    h('h2', {}, said(product.title)), prices(product), waiting))};
}

export function showHome(shop, main) {
  const cards = shop.products.map((product) => card(shop, product));

  document.title = words.shop;
  main.className = 'home';
  main.replaceChildren(
    h('section', {class: 'hero'}, h('div', {}, h('h1', {}, words.hero), h('p', {}, words.heroText)),
      h('ol', {class: 'steps'}, words.steps.map(([title, text]) => h('li', {}, h('strong', {}, title), h('span', {}, text))))),
    h('ul', {class: 'cards'}, cards.map(({element}) => element)));
  return () => cards.forEach(({follower}) => follower.stop());
}
