// SPDX-License-Identifier: BSD-2-Clause
// main.js - the console: which page is shown, kept fresh every two seconds, in the reader's language and colours.
//
// A page is {title(id), load(id), view(data, {id, now, mayAct, redraw, reload}), isTicking}: load asks the daemon, view builds what is
// shown, each second again where something counts down. While the daemon is silent the last answer stays, and says so; asking goes on, so a restart is survived.
import {Refusal, Silence, now} from './api.js';
import {onNews} from './act.js';
import {h, patch} from './dom.js';
import {moment} from './format.js';
import {icon, mark} from './icons.js';
import {EVERY_MS, latest, takePulse} from './pulse.js';
import {admits, gate, greet, hasToken, signOut, whoAmI} from './session.js';
import {language, say, setLanguage} from './words.js';
import {campaign} from './pages/campaign.js';
import {campaigns} from './pages/campaigns.js';
import {config} from './pages/config.js';
import {connections} from './pages/connections.js';
import {health} from './pages/health.js';
import {overview} from './pages/overview.js';
import {room} from './pages/room.js';
import {rooms} from './pages/rooms.js';
import {slowlog} from './pages/slowlog.js';

const PAGES = {overview, campaigns, rooms, connections, slowlog, config, health, campaign, room};
const ROLES = {overview: 'none', health: 'none', campaigns: 'read', campaign: 'read', rooms: 'read', room: 'read', connections: 'operator', slowlog: 'operator', config: 'operator'};
const MENU = ['overview', 'campaigns', 'rooms', 'connections', 'slowlog', 'config', 'health'];
const PARENTS = {campaign: 'campaigns', room: 'rooms'};
const NEWS_MS = 8000;

const state = {route: readRoute(), data: null, refusal: null, silentSince: 0, isPaused: false, isMenuOpen: false, news: '', hasGreeted: false};

function readRoute() {
  const [, name, id] = /^#\/?([^/]*)(?:\/(.*))?$/.exec(location.hash) ?? [];
  try {
    if (Object.hasOwn(PAGES, name)) return {name, id: id && decodeURIComponent(id)};
  } catch { /* no text of ours: a link that was cut */ }
  return {name: 'overview', id: undefined};
}

// ---- asking ----

// What the page shows; nothing if the reader has gone elsewhere meanwhile.
async function loadPage() {
  const {route} = state;
  if (!admits(ROLES[route.name])) return;
  try {
    const data = await PAGES[route.name].load(route.id);
    if (state.route === route) Object.assign(state, {data, refusal: null});
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 401 || error.status === 403) await greet();
    if (state.route === route) state.refusal = error;
  }
}

async function ask(...asked) {
  try {
    if (!state.hasGreeted || state.silentSince > 0) await greet();
    state.hasGreeted = true;
    await Promise.all(asked.map((one) => one()));
    state.silentSince = 0;
  } catch (error) {
    if (!(error instanceof Silence)) throw error;
    state.silentSince ||= now();
  }
  render();
}

const reload = () => ask(loadPage);

async function beat() {
  try {
    if (!state.isPaused && !document.hidden) await ask(takePulse, loadPage);
  } finally {
    setTimeout(beat, EVERY_MS);
  }
}

// ---- the frame ----

function statusChip() {
  const pulse = latest();
  if (state.silentSince > 0) return h('span.chip.bad', null, h('i.dot.bad'), say('status.silent'));
  if (!pulse) return h('span.chip.still', null, h('i.dot.still'), say('loading'));
  const isReady = pulse.checks.every(({isGood}) => isGood);
  return h('a.chip', {href: '#/health', class: isReady ? 'good' : 'bad'}, h('i.dot', {class: isReady ? 'good' : 'bad'}), say(isReady ? 'status.ready' : 'status.not_ready'));
}

function toggleColours() {
  const isDark = getComputedStyle(document.documentElement).colorScheme === 'dark' ||
    (document.documentElement.dataset.colours === undefined && matchMedia('(prefers-color-scheme: dark)').matches);
  localStorage.setItem('tuan-colours', isDark ? 'light' : 'dark');
  dress();
  render();
}

// The language and the colours that the reader has chosen, else those of his system.
function dress() {
  const colours = localStorage.getItem('tuan-colours');
  if (colours) document.documentElement.dataset.colours = colours;
  document.documentElement.lang = language() === 'zh' ? 'zh-Hant' : 'en';
}

function tools() {
  const other = language() === 'zh' ? ['en', 'English'] : ['zh', '中文'];
  return h('div.tools', null,
    h('button.tool', {type: 'button', 'aria-pressed': String(state.isPaused), on: {click: () => { state.isPaused = !state.isPaused; render(); }}},
      icon(state.isPaused ? 'play' : 'pause'), say(state.isPaused ? 'tools.go_on' : 'tools.pause')),
    h('button.tool', {type: 'button', on: {click: toggleColours}}, icon('moon'), say('tools.colours')),
    h('button.tool', {type: 'button', lang: other[0] === 'zh' ? 'zh-Hant' : 'en', on: {click: () => { setLanguage(other[0]); dress(); render(); }}}, h('b.sign', {'aria-hidden': 'true'}, other[0] === 'zh' ? '文' : 'A'), other[1]));
}

function whoBox() {
  const {role, user} = whoAmI();
  return h('div.who', null,
    h('span.quiet', null, role === 'none' ? say('session.nobody') : [user, say(`role.${role}`)].filter(Boolean).join(' · ')),
    hasToken() && h('button.tool', {type: 'button', on: {click: () => signOut().then(reload)}}, icon('key'), say('session.sign_out')));
}

function menu() {
  const {name} = state.route, current = PARENTS[name] ?? name;
  return h('aside.side', {id: 'menu', 'aria-label': say('nav.menu'), class: state.isMenuOpen ? 'opened' : ''},
    h('nav', {'aria-label': say('nav.label')}, h('ul', null, MENU.map((one) => h('li', null,
      h('a', {href: `#/${one}`, 'aria-current': one === current ? 'page' : null, on: {click: () => { state.isMenuOpen = false; render(); }}}, icon(one), say(`nav.${one}`)))))),
    whoBox(), tools());
}

function top() {
  return h('header.top', null,
    h('a.skip', {href: '#/', on: {click: (event) => { event.preventDefault(); document.querySelector('main').focus(); }}}, say('nav.skip')),
    h('a.brand', {href: '#/'}, mark(), h('b', null, 'tuan'), h('span.hidden', null, say('nav.overview'))),
    statusChip(),
    h('button.menu', {type: 'button', 'aria-expanded': String(state.isMenuOpen), 'aria-controls': 'menu', 'aria-label': say('nav.menu'),
      on: {click: () => { state.isMenuOpen = !state.isMenuOpen; render(); }}}, icon(state.isMenuOpen ? 'close' : 'menu')));
}

function messages() {
  const silent = state.silentSince > 0 && h('p.banner.bad', {key: 'silent'}, icon('warning'), say('silent', {at: moment(state.silentSince, now())}));
  const paused = state.isPaused && h('p.banner', {key: 'paused'}, icon('pause'), say('paused'));
  return h('div', {role: 'status'}, silent, paused, state.news && h('p.banner.good', {key: 'news'}, icon('check'), state.news));
}

function content() {
  const {name, id} = state.route, page = PAGES[name];
  if (state.hasGreeted && !admits(ROLES[name])) return gate(ROLES[name], reload);
  if (state.refusal) return h('section.card.gate', null, h('h1', null, say('refused')), h('p', null, state.refusal.message),
    state.refusal.status === 404 && h('p', null, say('refused.gone')), h('p.quiet', null, state.refusal.code),
    h('p', null, h('a', {href: `#/${PARENTS[name] ?? name}`}, say('refused.back'))));
  if (!state.data) return h('p.quiet', null, say('loading'));
  return page.view(state.data, {id, now: now(), mayAct: admits('operator'), redraw: render, reload});
}

function render() {
  const {name, id} = state.route;
  document.title = `${PAGES[name].title(id)} · tuan`;
  patch(document.getElementById('console'), h('div', {id: 'console', class: state.silentSince > 0 ? 'stale' : ''}, top(), menu(),
    h('main', {id: 'main', tabindex: '-1', key: name + (id ?? '')}, messages(), content())));
}

// ---- beginning ----

addEventListener('hashchange', () => {
  Object.assign(state, {route: readRoute(), data: null, refusal: null, isMenuOpen: false});
  render();
  scrollTo(0, 0);
  document.querySelector('main').focus({preventScroll: true});
  reload();
});
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !state.isMenuOpen) return;
  state.isMenuOpen = false;
  render();
  document.querySelector('.menu').focus();
});
document.addEventListener('visibilitychange', () => { if (!document.hidden && !state.isPaused) ask(takePulse, loadPage); });
onNews((text) => {
  state.news = text;
  render();
  setTimeout(() => { if (state.news === text) state.news = ''; render(); }, NEWS_MS);
});
dress();
render();
setInterval(() => { if (!state.isPaused && PAGES[state.route.name].isTicking) render(); }, 1000);
beat();
