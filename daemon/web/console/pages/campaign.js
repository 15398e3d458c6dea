// SPDX-License-Identifier: BSD-2-Clause
// campaign.js - one campaign: its funnel, how its rooms end, which of them need an eye, its parameters; closing it.
import {h} from '../dom.js';
import {read} from '../api.js';
import {funnel, parts} from '../chart.js';
import {count, dateOf, money, share, span} from '../format.js';
import {askAct} from '../act.js';
import {button, card, chip, facts, heading, link, raw, roomLink, table} from '../parts.js';
import {say} from '../words.js';
import {roomTable, sortedPart} from './rooms.js';

const COUNTERS = ['campaign', 'phase', 'revision', 'rooms_open', 'rooms_opened', 'rooms_formed', 'rooms_failed', 'rooms_merged', 'seats_held', 'seats_paid',
  'seats_released', 'refunds_due', 'refunds_acked', 'quota_used', 'now', 'name'];
const ROOMS_SHOWN = 6;

let found = null; // of the last search: {campaign, text, seats or error}

// By a user or an order, whichever it is.
async function search(campaign, text) {
  const {seats} = await read('user.seats', {campaign, user: text});
  if (seats.length > 0) return {campaign, text, seats};
  try {
    return {campaign, text, seats: [await read('seat.get', {campaign, order: text})]};
  } catch (error) {
    if (error.code !== 'SEAT_NOT_FOUND') throw error;
    return {campaign, text, seats: []};
  }
}

function searchCard(id, redraw) {
  const submit = async (event) => {
    event.preventDefault();
    const text = new FormData(event.target).get('text').trim();
    if (!text) return;
    found = await search(id, text).catch((error) => ({campaign: id, text, error: error.message}));
    redraw();
  };
  const result = found?.campaign === id ? found : null;
  return card(say('find.seat'), null,
    h('form.line', {on: {submit}}, h('label.field', null, h('span.hidden', null, say('find.order_or_user')),
      h('input', {name: 'text', placeholder: say('find.order_or_user'), autocomplete: 'off', maxlength: 64})), h('button.button', {type: 'submit'}, say('find'))),
    h('div', {role: 'status'}, result?.error && h('p.alert', null, result.error),
      result?.seats && table(say('find.seat'), [
        {title: say('order'), cell: ({order}) => h('span.id', null, order)},
        {title: say('user'), cell: ({user}) => h('span.id', null, user)},
        {title: say('seat'), cell: ({seat}) => chip('seat', seat)},
        {title: say('room'), cell: ({room}) => room ? roomLink(room) : '–'},
      ], result.seats, {key: ({order}) => order, empty: say('find.nothing', {text: result.text})})));
}

function ends({formed, failed, merged}, {rooms_open: open}) {
  const tones = {deadline: 'bad', campaign_end: 'bad', leader_unpaid: 'warn', leader_left: 'warn', dissolved: 'violet'};
  return parts([{name: say('room.formed'), value: formed, tone: 'good'}, {name: say('room.open'), value: open, tone: 'info'},
    ...Object.entries(failed).map(([name, value]) => ({name: say(`reason.${name}`), value, tone: tones[name]})),
    {name: say('reason.merged_away'), value: merged, tone: 'still'}]);
}

const wordy = (value) => typeof value === 'object' ? JSON.stringify(value) : String(value);

function parameter(name, value) {
  if (/_ms$/.test(name)) return span(value, {tenths: value % 1000 !== 0});
  if (name === 'price') return money(value);
  if (/_at$/.test(name) && dateOf(value).getTime() === value) return dateOf(value).toISOString();
  return h('code', null, wordy(value));
}

function closeIt(campaign, reload) {
  return button(say('act.close'), () => askAct({
    command: 'campaign.close', body: {campaign: campaign.campaign}, isGrave: true, done: reload,
    title: say('act.close.title', {name: campaign.name ?? campaign.campaign}), text: say('act.close.text'), verb: say('act.close'),
    choice: {name: 'rooms', label: say('act.close.rooms', {n: campaign.rooms_open}), options: [['run_on', say('act.close.run_on')], ['fail', say('act.close.fail')]]},
  }), {class: 'grave'});
}

export const campaign = {
  isTicking: true,
  title: (id) => id,
  async load(id) {
    const [one, stats, soon, fullest] = await Promise.all([read('campaign.get', {campaign: id}), read('stats', {campaign: id}),
      ...['deadline', 'fullest'].map((sort) => read('room.list', {campaign: id, sort, limit: ROOMS_SHOWN}))]);
    return {one, stats, soon, fullest};
  },
  view({one, stats, soon, fullest}, {id, now, mayAct, redraw, reload}) {
    const settled = stats.members_new + stats.members_old, taken = stats.opened + stats.joined;
    const list = (sort, {rooms}) => card(say(`rooms.${sort}`), {class: 'flush', aside: link(`rooms/${sort}`, say('rooms.all'))},
      roomTable(say(`rooms.${sort}`), rooms, now, {withCampaign: false}));
    return [
      h('p.back', null, link('campaigns', say('nav.campaigns'))),
      heading(one.name ?? id, chip('phase', one.phase), mayAct && one.phase !== 'closed' && closeIt(one, reload)),
      one.name && h('p.quiet.id', null, id),
      h('div.columns', null,
        card(say('campaign.funnel'), null, funnel([{name: say('campaign.taken'), value: taken}, {name: say('campaign.seats_paid'), value: stats.paid},
          {name: say('campaign.settled'), value: settled}])),
        card(say('campaign.ends'), null, ends(stats, one), facts([
          [say('campaign.success'), share(stats.formed, stats.formed + Object.values(stats.failed).reduce((sum, value) => sum + value, 0))],
          [say('campaign.fill'), stats.fill_ms && say('campaign.fill_of', {p50: span(stats.fill_ms.p50, {tenths: true}), p95: span(stats.fill_ms.p95, {tenths: true})})],
          [say('campaign.amount'), money(stats.amount)],
          [say('campaign.refunds'), say('of', {part: count(one.refunds_due - one.refunds_acked), whole: count(one.refunds_due)})]]))),
      h('div.columns', null, list('deadline', soon), list('fullest', fullest)),
      sortedPart([one]),
      searchCard(id, redraw),
      card(say('campaign.parameters'), {aside: h('span.quiet', null, say('campaign.revision', {n: one.revision}))},
        facts(Object.entries(one).filter(([name]) => !COUNTERS.includes(name)).map(([name, value]) => [name, parameter(name, value)]), {class: 'two'}), raw(one)),
    ];
  },
};
