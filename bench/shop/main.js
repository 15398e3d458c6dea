// SPDX-License-Identifier: BSD-2-Clause
// main.js - the shop's frame: which page an address shows, head and foot around it.
import {ServerClock} from '/tuan-web/tuan-web.js';
import {readMe, readShop} from '/shop/api.js';
import {h} from '/shop/dom.js';
import {showHome} from '/shop/home.js';
import {showOrders} from '/shop/orders.js';
import {showProduct} from '/shop/product.js';
import {showRoom} from '/shop/room.js';
import {changeLang, lang, words} from '/shop/words.js';

const PAGES = [
  [/^\/$/, showHome],
  [/^\/p\/([^/]+)$/, showProduct],
  [/^\/r\/([^/]+)$/, showRoom],
  [/^\/orders$/, showOrders],
];
const main = document.querySelector('main');
let leave = () => {};

// What every page is given.
const shop = {clock: new ServerClock(), go, ...await readShop(), me: await readMe()};
shop.product = (id) => shop.products.find((one) => one.id === id) ?? null;

function go(path) {
  history.pushState(null, '', path);
  show();
  scrollTo(0, 0);
  main.focus({preventScroll: true});
}

// A page puts itself into `main` and answers how to leave it.
function show() {
  leave();
  const [page, args] = PAGES.map(([pattern, one]) => [one, pattern.exec(location.pathname)]).find(([, found]) => found) ?? [null];
  main.className = '';
  delete main.dataset.key;
  if (page === null) {
    document.title = words.notHere;
    main.replaceChildren(h('h1', {}, words.notHere), h('p', {}, h('a', {href: '/'}, words.home)));
    leave = () => {};
  } else {
    leave = page(shop, main, ...args.slice(1).map(decodeURIComponent)) ?? (() => {});
  }
  for (const link of document.querySelectorAll('.top nav a'))
    if (link.href === location.origin + location.pathname) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
}

function frame() {
  document.documentElement.lang = lang === 'zh' ? 'zh-Hant' : 'en';
  document.querySelector('.skip').textContent = words.skip;
  document.querySelector('.top').replaceChildren(
    h('a', {class: 'brand', href: '/'}, h('img', {src: '/shop/icon.svg', alt: '', width: 34, height: 34}), h('span', {}, words.shop, h('small', {}, words.tagline))),
    h('nav', {}, h('a', {href: '/orders'}, words.orders), shop.console && h('a', {href: `${shop.console}/`, target: '_blank', rel: 'noopener'}, words.console),
      h('button', {type: 'button', class: 'quiet', lang: words.otherLang === 'zh' ? 'zh-Hant' : 'en', on: {click: changeLang}}, words.other)));
  document.querySelector('.foot').replaceChildren(h('p', {}, words.demo, ' ', shop.is_simulated && words.simulated));
}

// Links of the shop change the page without loading it anew.
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href]');
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || link.target) return;
  if (link.origin !== location.origin || link.hash) return;
  event.preventDefault();
  go(link.pathname + link.search);
});
addEventListener('popstate', show);

frame();
show();
