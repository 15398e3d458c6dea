// SPDX-License-Identifier: BSD-2-Clause
// config.mjs - what a seed decides: the mirror, the campaigns, the crowd, and what goes wrong how often.
import {Random} from './random.mjs';
import {PRICE} from './shoppers.mjs';

// Kinds of campaigns: what happens to holds, deadlines, stock and money differs.
const CAMPAIGNS = {
  plain: (r) => ({size: r.int(2, 4), hold_ms: r.int(500, 3000), late_grace_ms: r.int(0, 300)}),
  flash: (r) => ({size: r.int(3, 7), room_ttl_ms: r.int(700, 2500), hold_ms: r.int(300, 700), late_grace_ms: r.int(0, 200), clock_start: 'open'}),
  stock: (r) => ({size: 3, room_ttl_ms: r.int(1500, 3000), hold_ms: 600, quota: r.int(20, 200), reserve: r.of(['on_hold', 'whole_room'])}),
  free: (r) => ({size: r.int(2, 6), room_ttl_ms: r.int(800, 2000), hold_ms: 500, payment: 'none', price: 0}),
  merge: (r) => ({size: r.int(3, 6), room_ttl_ms: r.int(800, 2000), hold_ms: 400, late_grace_ms: 0, merge: 'deadline', clock_start: 'open'}),
  leave: (r) => ({size: r.int(3, 5), room_ttl_ms: r.int(1500, 4000), hold_ms: 800, leader_leave: r.of(['succeed', 'dissolve']), member_leave: 'allow'}),
};

// What a nemesis may do, and how often where it may. `lossy` ones may take acknowledged facts with them, by design.
const ANYWHERE = {kill: 6, kill_at: 6, kill_starting: 2, kill_starting_at: 4, kill_redis: 3, kill_redis_at: 4, kill_both: 4, stop: 1, stop_at: 1, stop_redis: 1,
  stop_redis_at: 1, slow_disk: 1, full_disk: 1, broken_disk: 1, few_descriptors: 1, starve: 2, term: 1, out_of_memory: 1, forget_scripts: 1};
const NEMESES = {
  private: ANYWHERE,
  redis: {...ANYWHERE, emptied: 1},
  replica: {kill: 4, kill_at: 2, kill_redis: 2, stop: 1, failover: 8, kill_starting: 1, slow_disk: 1},
  duel: {kill: 4, kill_at: 3, stop: 6, stop_at: 6, term: 2, kill_starting_at: 1, kill_redis: 1, stop_redis: 1, slow_disk: 1, forget_scripts: 1, few_descriptors: 0.5, starve: 1},
  lossy: {kill: 4, failover: 4, failover_both: 6},
};

export const MODES = Object.keys(NEMESES);

// `chosen` may name the mode, the strikes, and settings of tuand.
export function drawConfig(seed, chosen = {}) {
  const random = new Random(seed);
  const mode = chosen.mode ?? random.weighed({private: 5, redis: 3, replica: 2, duel: 2, lossy: 1});
  const kinds = Object.keys(CAMPAIGNS);
  const campaigns = Array.from({length: random.int(3, 6)}, (_, n) => {
    const kind = random.of(kinds);
    const late_pay = random.of(['reseat', 'reroute', 'refund']);
    return {campaign: `${kind}-${n}`, price: PRICE, late_pay, clock_start: random.of(['open', 'leader_paid']), ...CAMPAIGNS[kind](random)};
  });
  const nemeses = Object.fromEntries(Object.entries(NEMESES[mode]).filter(() => random.chance(0.8)));
  return {
    seed, mode, campaigns,
    settings: chosen.settings ?? [],
    nemeses: Object.keys(nemeses).length > 0 ? nemeses : NEMESES[mode],
    strikes: chosen.strikes ?? random.int(8, 20),
    users: random.log(20, 400),
    lines: random.int(4, 10),
    shoppers: random.int(12, 40),
    think_ms: random.log(5, 60),
    calm_ms: random.log(60, 600), // between two strikes
    client_strikes_per_s: random.chance(0.85) ? random.log(1, 20) : 0,
    mirror_strikes_per_s: random.chance(0.7) ? random.log(1, 6) : 0,
    hasMirrorProxy: random.chance(0.85),
    mirror_timeout_ms: random.of([300, 1000, 3000]),
    snapshot_every_ms: random.of([100, 300, 1000, 3000]),
    flight_batches: random.of([1, 2, 16, 1024]),
    lease_ms: mode === 'duel' ? random.of([1000, 1000, 2000]) : random.of([1000, 2000, 5000]),
    descriptors: random.chance(0.15) ? 160 : 0,
    diesFirstAt: random.chance(0.3) ? [random.of(['connecting', 'sent', 'received', 'renaming', 'renamed', 'synced']), {n: random.log(1, 6)}] : null,
  };
}
