// SPDX-License-Identifier: BSD-2-Clause
// orders.js - the seats of whoever sits in this tab.
import {readSeats} from '/shop/api.js';
import {h} from '/shop/dom.js';
import {picture} from '/shop/parts.js';
import {money, said, words} from '/shop/words.js';

function row(shop, seat) {
  const product = shop.product(seat.campaign);
  return h('li', {}, h('a', {class: 'order', href: `/r/${seat.room}`}, picture(product, 64),
    h('span', {}, h('strong', {}, said(product.title)), h('small', {}, `${words.order} ${seat.order}`)),
    h('span', {class: `state is-${seat.seat}`}, words.seat[seat.seat]), seat.price > 0 && h('span', {class: 'amount'}, money(seat.price))));
}

export function showOrders(shop, main) {
  const place = h('div', {'aria-live': 'polite'});
  let isOver = false;

  document.title = words.myOrders;
  main.className = 'orders';
  main.replaceChildren(h('h1', {}, words.myOrders), place);
  Promise.all(shop.products.map(({id}) => readSeats(id))).then((lists) => {
    const seats = lists.flat();
    if (isOver) return;
    place.replaceChildren(seats.length === 0 ? h('p', {class: 'empty'}, words.noOrders) : h('ul', {class: 'list'}, seats.map((seat) => row(shop, seat))));
  }, () => place.replaceChildren(h('p', {class: 'empty'}, words.awayStill)));
  return () => { isOver = true; };
}
