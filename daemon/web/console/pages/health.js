// SPDX-License-Identifier: BSD-2-Clause
// health.js - is it well: the checks that probes read, the mirror, the machine, and what an alert would say.
import {h} from '../dom.js';
import {read} from '../api.js';
import {brief, bytes, count, micros, share, span} from '../format.js';
import {icon} from '../icons.js';
import {card, facts, heading, when} from '../parts.js';
import {latest, rates, recent} from '../pulse.js';
import {admits} from '../session.js';
import {say} from '../words.js';

export const checkChip = ({name, isGood, why}) =>
  h('span.chip.large', {class: isGood ? 'good' : 'bad', key: name}, icon(isGood ? 'check' : 'warning'), say(`check.${name}`), !isGood && h('span', null, `: ${why}`));

// What deserves a look now: [text, tone]. The limits are those of the alerts that go with /metrics, as far as one moment can tell.
function worries({info}, refunds, now) {
  const {server, clients, memory, mirror, stats} = info;
  const busy = recent(rates(['server', 'busy_us'])) / 1e6, used = memory.used_memory_rss / memory.memory_limit;
  const oldest = refunds?.oldest_at ? now - refunds.oldest_at : 0;
  return [
    !server.ready && [say('worry.not_ready'), 'bad'],
    server.draining === 1 && [say('worry.draining'), 'warn'],
    mirror.mirror === 'none' && [say('worry.no_mirror'), 'warn'],
    mirror.mirror_ack === 'memory' && [say('worry.ack_memory'), 'warn'],
    mirror.mirror_oldest_unacked_ms > 1000 && [say('worry.mirror_slow', {span: span(mirror.mirror_oldest_unacked_ms, {tenths: true})}), 'bad'],
    mirror.mirror_lost_acks > 0 && [say('worry.lost_acks', {n: mirror.mirror_lost_acks}), 'bad'],
    busy > 0.8 && [say('worry.busy', {share: share(busy, 1)}), 'bad'],
    used > 0.85 && [say('worry.memory', {share: share(used, 1)}), 'bad'],
    clients.connected_clients > clients.maxclients * 0.8 && [say('worry.connections', {n: clients.connected_clients, max: clients.maxclients}), 'warn'],
    oldest > 15 * 60000 && [say('worry.refunds', {n: refunds.open, span: span(oldest)}), 'warn'],
    stats.log_errors > 0 && [say('worry.log_errors', {n: stats.log_errors}), 'warn'],
  ].filter(Boolean);
}

function worryCard(all) {
  return card(say('health.worries'), null, all.length === 0 ? h('p.fine', null, icon('check'), say('health.fine'))
    : h('ul.worries', null, all.map(([text, tone]) => h('li', {class: tone, key: text}, icon('warning'), text))));
}

function mirrorCard({mirror}, now) {
  return card(say('health.mirror'), null, h('p.quiet', null, mirror.mirror_promise), facts([
    [say('health.kind'), mirror.mirror],
    [say('health.ack'), mirror.mirror_ack],
    [say('health.commits'), count(mirror.mirror_commits)],
    [say('health.last_commit'), mirror.mirror_last_commit > 0 ? when(mirror.mirror_last_commit, now) : say('never')],
    [say('health.wait'), mirror.mirror_wait_count > 0 ? micros(mirror.mirror_wait_sum / mirror.mirror_wait_count) : '–'],
    [say('health.flight'), bytes(mirror.mirror_flight_bytes)],
    [say('health.reconnects'), count(mirror.mirror_reconnects)],
    [say('health.given_up'), count(mirror.parked_timeouts)],
  ]));
}

function machineCard({server, clients, memory, stats, keyspace}) {
  const busy = rates(['server', 'busy_us']);
  return card(say('health.machine'), null, facts([
    [say('health.up'), span(server.uptime_in_seconds * 1000)],
    [say('health.process'), String(server.process_id)],
    [say('overview.busy'), share(recent(busy) / 1e6, 1)],
    [say('health.lag'), server.loop_lag_count > 0 ? micros(server.loop_lag_sum / server.loop_lag_count) : '–'],
    [say('overview.memory'), say('of', {part: bytes(memory.used_memory_rss), whole: bytes(memory.memory_limit)})],
    [say('health.engine'), bytes(memory.used_memory_engine)],
    [say('nav.connections'), say('of', {part: count(clients.connected_clients), whole: count(clients.maxclients)})],
    [say('health.slow'), count(stats.slow_requests)],
    [say('health.log'), say('health.log_of', {warnings: stats.log_warnings, errors: stats.log_errors})],
    [say('health.dirty'), brief(keyspace.dirty)],
    [say('health.recovery'), say('health.recovery_of', {span: micros(server.recovery_ms * 1000), n: server.recovery_rooms})],
  ]));
}

export const health = {
  title: () => say('nav.health'),
  load: async () => ({refunds: admits('read') ? await read('refund.list', {limit: 1}) : null}),
  view({refunds}, {now}) {
    const pulse = latest();
    if (!pulse) return [heading(say('nav.health')), h('p.quiet', null, say('loading'))];
    const alarm = pulse.checks.find(({isGood}) => !isGood);
    return [
      heading(say('nav.health')),
      h('section.card.strip', null, h('div.chips', null, pulse.checks.map(checkChip)),
        h('p.quiet', null, alarm ? say('health.red') : say('health.green'))),
      worryCard(worries(pulse, refunds, now)),
      h('div.columns', null, mirrorCard(pulse.info, now), machineCard(pulse.info)),
      refunds && card(say('health.refunds'), null, facts([
        [say('health.refunds_open'), count(refunds.open)],
        [say('health.refunds_oldest'), refunds.oldest_at ? when(refunds.oldest_at, now) : '–']])),
    ];
  },
};
