// SPDX-License-Identifier: BSD-2-Clause
// overview.js - how it goes: rates, latency, what is there now, what became of it.
import {h} from '../dom.js';
import {parts, sparkline, timeChart} from '../chart.js';
import {brief, bytes, count, micros, share, span} from '../format.js';
import {card, facts, heading, link, table} from '../parts.js';
import {commandLatencies, latencies, latest, rates, recent, restarted, times} from '../pulse.js';
import {say} from '../words.js';
import {checkChip} from './health.js';

const FORMED = ['full', 'deadline_tier', 'deadline_min', 'virtual', 'forced', 'merged'];
const FAILED = ['deadline', 'campaign_end', 'leader_unpaid', 'leader_left', 'dissolved', 'merged_away'];
const JOINS = [['ok', 'good'], ['full', 'warn'], ['expired', 'still'], ['duplicate', 'info'], ['limited', 'violet'], ['excluded', 'violet'], ['error', 'bad']];

const RESTART_TOLD_MS = 300000;

const pick = (prefix, names) => names.map((name) => ['matching', `${prefix}_${name}`]);

function tile(name, value, unit, values) {
  return h('section.tile', {key: name}, h('h2', null, name), h('p.value', null, value, unit && h('span', null, unit)), sparkline(values, `${name}: ${value} ${unit ?? ''}`));
}

function tiles() {
  const perSecond = say('per_second');
  const rate = (name, ...counters) => {
    const all = rates(...counters);
    return tile(say(name), brief(recent(all)), perSecond, all);
  };
  const p99 = latencies(0.99), last = p99.findLast((value) => value !== null);
  const replies = rates(['mirror', 'mirror_wait_count']);
  const waits = rates(['mirror', 'mirror_wait_sum']).map((us, i) => us / (replies[i] || 1));
  const busy = rates(['server', 'busy_us']).map((us) => us / 1e6);
  return h('div.tiles', null,
    rate('overview.seats', ['matching', 'seats_taken']),
    rate('overview.payments', ['matching', 'seats_settled']),
    rate('overview.formed', ...pick('formed', FORMED)),
    rate('overview.requests', ['stats', 'total_commands_processed'], ['web', 'http_requests']),
    rate('overview.refused', ['stats', 'total_error_replies'], ['web', 'http_refused']),
    tile(say('overview.p99'), last === undefined ? '–' : micros(last), null, p99),
    tile(say('overview.mirror_wait'), micros(recent(waits)), null, waits),
    tile(say('overview.busy'), share(recent(busy), 1), null, busy));
}

function state({info, checks}, now) {
  const {server, mirror} = info;
  return h('section.card.strip', null,
    h('div.chips', null, checks.map(checkChip)),
    h('p.quiet', null, [`tuand ${server.tuan_version}`, say('overview.up', {span: span(server.uptime_in_seconds * 1000)}),
      say('overview.mirror', {mirror: mirror.mirror}), mirror.mirror_ack === 'memory' && say('overview.ack_memory')].filter(Boolean).join(' · ')),
    restarted() > now - RESTART_TOLD_MS && h('p.note', null, say('restarted', {span: span(now - restarted())})));
}

function present({matching, keyspace, clients, web, memory}) {
  return card(say('overview.now'), null, facts([
    [say('overview.rooms_open'), count(matching.rooms_open)],
    [say('overview.rooms_pending'), count(matching.rooms_pending)],
    [say('overview.refunds_open'), count(matching.refunds_open)],
    [say('nav.campaigns'), link('campaigns', count(keyspace.campaigns))],
    [say('overview.seats_kept'), count(keyspace.seats)],
    [say('nav.connections'), link('connections', count(clients.connected_clients))],
    [say('overview.watches'), count(web.watches)],
    [say('overview.memory'), say('of', {part: bytes(memory.used_memory_rss), whole: bytes(memory.memory_limit)})],
  ]));
}

// How the times of a command are spread: darker is more.
function heat(counts) {
  const most = Math.max(...counts);
  return h('span.heat', {'aria-hidden': 'true'}, counts.map((value) => h('i', {style: {opacity: String(value === 0 ? 0.06 : 0.2 + 0.8 * value / most)}})));
}

function latencyTable() {
  return table(say('overview.latency'), [
    {title: say('command'), cell: ({name}) => h('code', null, name)},
    {title: say('overview.rate'), class: 'number', cell: ({perSecond}) => say('rate', {n: brief(perSecond)})},
    {title: 'p50', class: 'number', cell: ({p50}) => micros(p50)},
    {title: 'p99', class: 'number', cell: ({p99}) => micros(p99)},
    {title: say('overview.spread'), class: 'wide', cell: ({counts}) => heat(counts)},
  ], commandLatencies().slice(0, 8), {key: ({name}) => name, empty: say('overview.no_requests')});
}

export const overview = {
  title: () => say('nav.overview'),
  load: async () => ({}),
  view(data, {now}) {
    const pulse = latest();
    if (!pulse) return [heading(say('nav.overview')), h('p.quiet', null, say('loading'))];
    const {matching} = pulse.info;
    const value = (prefix) => (name) => ({name: say(`reason.${name}`), value: matching[`${prefix}_${name}`]});
    return [
      heading(say('nav.overview')),
      state(pulse, now), tiles(),
      card(say('overview.traffic'), null, timeChart([
        {name: say('overview.seats'), tone: 'brand', values: rates(['matching', 'seats_taken'])},
        {name: say('overview.payments'), tone: 'info', values: rates(['matching', 'seats_settled'])},
        {name: say('overview.formed'), tone: 'warn', values: rates(...pick('formed', FORMED))}], times(), now)),
      h('div.columns', null,
        present(pulse.info),
        card(say('overview.latency'), {aside: h('span.quiet', null, say('overview.since_open'))}, latencyTable())),
      h('div.columns', null,
        card(say('overview.joins'), {aside: h('span.quiet', null, say('since_start'))},
          parts(JOINS.map(([name, color]) => ({name: say(`join.${name}`), value: matching[`joins_${name}`], tone: color})))),
        card(say('overview.ends'), {aside: h('span.quiet', null, say('since_start'))},
          parts([...FORMED.map(value('formed')).map((one, i) => ({...one, tone: ['good', 'info', 'info', 'violet', 'violet', 'info'][i]})),
            ...FAILED.map(value('failed')).map((one, i) => ({...one, tone: ['bad', 'bad', 'warn', 'warn', 'bad', 'still'][i]}))]))),
    ];
  },
};
