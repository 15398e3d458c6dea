// SPDX-License-Identifier: BSD-2-Clause
// torture.mjs - worlds by their seeds, one after another, until the time or the count is over; fails if one breaks a promise.
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {check} from './checker.mjs';
import {tryMutants} from './mutants.mjs';
import {Duel} from './duel.mjs';
import {Outage} from './outage.mjs';
import {Random} from './random.mjs';
import {drawConfig} from './config.mjs';
import {World as OneDaemon} from './world.mjs';

const HELP = `node tests/torture/torture.mjs [options]
  --seed N        the first world's seed (default: from the clock; it is printed)
  --worlds N      how many worlds (default 1; with --seconds: as many as fit)
  --seconds S     start worlds until then
  --short         one small world of each sort, and the proof of the checker: what ctest runs
  --mode M        private, redis, replica, duel or lossy, for all worlds
  --strikes N     strikes of the nemesis in each world
  --outage S      its Redis stands still, then is dead, for so long; nothing else goes wrong (modes private, redis)
  --mutants       prove the checker on each world that held: a lie put into its history must be found
  --keep          keep the folders of worlds that hold, too
  --dir DIR       where worlds live (default: a folder of its own in the system's temporary one)
Binaries: TUAN_BIN (default build/dev/bin).`;

const {values: options} = parseArgs({options: {seed: {type: 'string'}, worlds: {type: 'string'}, seconds: {type: 'string'}, mode: {type: 'string'},
  strikes: {type: 'string'}, keep: {type: 'boolean'}, short: {type: 'boolean'}, outage: {type: 'string'}, mutants: {type: 'boolean'}, dir: {type: 'string'}, help: {type: 'boolean'}}});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const MODES = ['private', 'redis', 'replica', 'duel', 'lossy', 'outage'];
const OUTAGE_MODES = ['private', 'redis'];
const PROOFS = new Set(['private', 'outage']); // the sorts on which the short form proves the checker
const SHORT_OUTAGE_S = 2.5;
const OUTAGE_EVERY = 20; // seeds
if (options.short) Object.assign(options, {seed: options.seed ?? '1', worlds: String(MODES.length), strikes: '3', mutants: true});
const first = Number(options.seed ?? Date.now() % 1000000000);
const end = options.seconds ? Date.now() + Number(options.seconds) * 1000 : Infinity;
const worlds = Number(options.worlds ?? (options.seconds ? Infinity : 1));
const base = options.dir ?? mkdtempSync(path.join(os.tmpdir(), 'tuan-torture-'));
const total = {worlds: 0, failed: 0, daemonKills: 0, redisKills: 0, failovers: 0, cuts: 0, starts: 0, calls: 0, facts: 0, mutants: 0};
const hits = new Map(); // what happened at named points and by orders -> how often
const unplaced = new Map(); // lie -> in how many worlds it found no place

// How long Redis is away in this world; 0: a world of another sort.
function outageOf(seed, kind) {
  if (kind === 'outage') return SHORT_OUTAGE_S;
  if (options.outage) return Number(options.outage);
  return !kind && seed % OUTAGE_EVERY === 0 ? new Random(seed).log(2, 30) : 0;
}

async function runWorld(seed) {
  const folder = path.join(base, `world-${seed}`);
  rmSync(folder, {recursive: true, force: true}); // of an earlier run
  mkdirSync(folder, {recursive: true});
  const began = Date.now();
  const kind = options.short ? MODES[(seed - first) % MODES.length] : options.mode;
  const mode = kind === 'outage' ? 'private' : kind;
  const outage_s = outageOf(seed, kind);
  const chosen = {...(mode ? {mode} : {}), ...(options.strikes ? {strikes: Number(options.strikes)} : {})};
  const World = drawConfig(seed, chosen).mode === 'duel' ? Duel : OneDaemon;
  const world = await (outage_s > 0 ? new Outage(seed, folder, {mode: OUTAGE_MODES[seed / OUTAGE_EVERY % 2 | 0], ...chosen}, outage_s * 1000) : new World(seed, folder, chosen)).run();
  const violations = world.history.of('head').length > 0 ? check(world.history) : [];
  const calls = world.history.of('call');
  for (const name of ['daemonKills', 'redisKills', 'failovers', 'cuts', 'starts']) total[name] += world.counts[name];
  for (const [what, count] of world.hits) hits.set(what, (hits.get(what) ?? 0) + count);
  total.worlds++;
  total.calls += calls.length;
  total.facts += world.history.of('entry').reduce((sum, entry) => sum + (entry.facts?.length ?? 0), 0);
  console.log(`world ${seed} ${world.config.mode}: ${world.counts.daemonKills} + ${world.counts.redisKills} kills, ${world.counts.failovers} failovers, `
    + `${world.counts.cuts} cuts, ${calls.length} calls, ${((Date.now() - began) / 1000).toFixed(1)} s: ${violations.length + world.troubles.length} violations`);
  for (const text of world.measures) console.log(`  ${text}`);
  if (options.mutants && !(options.short && !PROOFS.has(kind)) && violations.length + world.troubles.length === 0) {
    const result = tryMutants(world.history, seed, options.short ? 1 : 3);
    total.mutants += result.tried;
    for (const name of result.unplaced) unplaced.set(name, (unplaced.get(name) ?? 0) + 1);
    for (const name of result.survivors) violations.push(`the checker does not see it: ${name}`);
  }
  if (violations.length + world.troubles.length > 0) {
    total.failed++;
    await world.keep(violations);
    for (const text of [...world.troubles, ...violations].slice(0, 5)) console.log(`  ${text}`);
    console.log(`  look:  node tests/torture/checker.mjs ${folder}/history.jsonl    (and tuand.log, violations.txt beside it)`);
    console.log(`  again: node tests/torture/torture.mjs --seed ${seed}${outage_s > 0 ? ` --outage ${outage_s}` : ''}${mode ? ` --mode ${mode}` : ''}${options.strikes ? ` --strikes ${options.strikes}` : ''}`);
  } else if (options.keep) await world.keep([]);
  else world.remove();
}

console.log(`first seed ${first}`);
let isOver = false; // asked to end: after this world
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => { isOver = true; });
for (let seed = first; seed < first + worlds && Date.now() < end && !isOver; seed++) await runWorld(seed);
console.log(`${total.worlds} worlds from seed ${first}: ${total.failed} failed; ${total.daemonKills} kills of tuand, ${total.redisKills} of redis-server, `
  + `${total.failovers} failovers, ${total.cuts} connections cut, ${total.starts} starts, ${total.calls} calls, ${total.facts} facts`);
console.log(`at points and by orders: ${[...hits].sort().map(([what, count]) => `${what} ${count}`).join(', ')}`);
if (options.mutants) {
  const nowhere = [...unplaced].filter(([, count]) => count === (options.short ? PROOFS.size : total.worlds)).map(([name]) => name);
  console.log(`${total.mutants} lies were put into good histories; no place in any for: ${nowhere.join(', ') || '-'}`);
}
if (total.failed === 0 && !options.keep && !options.dir) rmSync(base, {recursive: true, force: true});
process.exit(total.failed > 0 ? 1 : 0);
