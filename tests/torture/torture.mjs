// SPDX-License-Identifier: BSD-2-Clause
// torture.mjs - worlds by their seeds, one after another, until the time or the count is over; fails if one breaks a promise.
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {check} from './checker.mjs';
import {MODES, drawConfig} from './config.mjs';
import {Duel} from './duel.mjs';
import {tryMutants} from './mutants.mjs';
import {Outage} from './outage.mjs';
import {Random} from './random.mjs';
import {World} from './world.mjs';

const HELP = `node tests/torture/torture.mjs [options]
  --seed N        the first world's seed (default: from the clock; it is printed)
  --worlds N      how many worlds (default 1; with --seconds: as many as fit)
  --seconds S     start worlds until then
  --short         one small world of each sort, and the proof of the checker: what ctest runs
  --mode M        ${MODES.join(', ')}: for all worlds
  --strikes N     strikes of the nemesis in each world
  --outage S      its Redis stands still, then is dead, for so long; nothing else goes wrong (modes private, redis)
  --mutants       prove the checker on each world that held: a lie put into its history must be found
  --set KEY=VALUE an option of tuand, any number of times (--set mirror.ack=memory must make worlds fail)
  --keep          keep the folders of worlds that hold, too
  --dir DIR       where worlds live (default: a folder of its own in the system's temporary one)
Binaries: TUAN_BIN (default build/dev/bin). Ends with 0 if all held, 1 if one did not, 2 if it was asked for nonsense.`;

const SHORT = [...MODES, 'outage']; // the sorts of worlds of the short form
const PROOFS = new Set(['private', 'outage']); // those on which it proves the checker
const SHORT_OUTAGE_S = 2.5;
const OUTAGE_EVERY = 20; // seeds
const OUTAGE_MODES = ['private', 'redis'];
const SHOWN = 5; // violations of a world

function refuse(text) {
  console.error(`torture: ${text}\n${HELP}`);
  process.exit(2);
}

function readOptions() {
  const text = {type: 'string'};
  const flag = {type: 'boolean'};
  const {values} = parseArgs({options: {seed: text, worlds: text, seconds: text, short: flag, mode: text, strikes: text, outage: text, mutants: flag,
    set: {...text, multiple: true, default: []}, keep: flag, dir: text, help: flag}});
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  for (const name of ['seed', 'worlds', 'seconds', 'strikes', 'outage']) {
    if (values[name] === undefined) continue;
    if (!/^\d+(\.\d+)?$/.test(values[name])) refuse(`--${name} ${values[name]}: not a number`);
    values[name] = Number(values[name]);
  }
  if (values.mode && !MODES.includes(values.mode)) refuse(`--mode ${values.mode}: none of ${MODES}`);
  if (values.outage && values.mode && !OUTAGE_MODES.includes(values.mode)) refuse(`--outage is for the modes ${OUTAGE_MODES}`);
  if (values.short) Object.assign(values, {seed: values.seed ?? 1, worlds: SHORT.length, strikes: 3, mutants: true});
  return values;
}

let options;
try {
  options = readOptions();
} catch (error) {
  refuse(error.message);
}
const first = options.seed ?? Date.now() % 1000000000;
const worlds = options.worlds ?? (options.seconds ? Infinity : 1);
const end = options.seconds ? Date.now() + options.seconds * 1000 : Infinity;
const base = options.dir ?? mkdtempSync(path.join(os.tmpdir(), 'tuan-torture-'));
const total = {worlds: 0, failed: 0, daemonKills: 0, redisKills: 0, failovers: 0, cuts: 0, starts: 0, calls: 0, facts: 0, mutants: 0, proofs: 0};
const hits = new Map(); // what happened at named points and by orders -> how often
const unplaced = new Map(); // lie -> in how many worlds it found no place

// Of which sort the world of this seed is: {mode, outage_s (0: none), isProof}. No mode: the seed decides.
function sortOf(seed) {
  const sort = options.short ? SHORT[(seed - first) % SHORT.length] : options.mode;
  if (sort === 'outage') return {mode: 'private', outage_s: SHORT_OUTAGE_S, isProof: true};
  if (!options.outage && (sort || seed % OUTAGE_EVERY !== 0)) return {mode: sort, outage_s: 0, isProof: Boolean(options.mutants) && (!options.short || PROOFS.has(sort))};
  return {mode: sort ?? OUTAGE_MODES[Math.floor(seed / OUTAGE_EVERY) % OUTAGE_MODES.length], outage_s: options.outage ?? new Random(seed).log(2, 30),
    isProof: Boolean(options.mutants)};
}

function makeWorld(seed, folder, {mode, outage_s}) {
  const chosen = {...(mode ? {mode} : {}), ...(options.strikes ? {strikes: options.strikes} : {}), settings: options.set};
  if (outage_s > 0) return new Outage(seed, folder, chosen, outage_s * 1000);
  return drawConfig(seed, chosen).mode === 'duel' ? new Duel(seed, folder, chosen) : new World(seed, folder, chosen);
}

// Lies that the checker does not see, as violations.
function proveChecker(history, seed) {
  const {tried, survivors, unplaced: names} = tryMutants(history, seed, options.short ? 1 : 3);
  total.proofs++;
  total.mutants += tried;
  for (const name of names) unplaced.set(name, (unplaced.get(name) ?? 0) + 1);
  return survivors.map((name) => `the checker does not see it: ${name}`);
}

function count({counts, history, hits: ofWorld}) {
  for (const name of ['daemonKills', 'redisKills', 'failovers', 'cuts', 'starts']) total[name] += counts[name];
  for (const [what, times] of ofWorld) hits.set(what, (hits.get(what) ?? 0) + times);
  total.worlds++;
  total.calls += history.of('call').length;
  total.facts += history.of('entry').reduce((sum, entry) => sum + (entry.facts?.length ?? 0), 0);
}

async function runWorld(seed) {
  const folder = path.join(base, `world-${seed}`);
  rmSync(folder, {recursive: true, force: true}); // of an earlier run
  mkdirSync(folder, {recursive: true});
  const began = Date.now();
  const sort = sortOf(seed);
  const world = await makeWorld(seed, folder, sort).run();
  const wrong = [...world.troubles, ...(world.isCollected || world.troubles.length === 0 ? check(world.history) : [])];
  if (sort.isProof && wrong.length === 0) wrong.push(...proveChecker(world.history, seed));
  count(world);
  const {counts: {daemonKills, redisKills, failovers, cuts}, history, config, measures} = world;
  console.log(`world ${seed} ${config.mode}: ${daemonKills} + ${redisKills} kills, ${failovers} failovers, ${cuts} cuts, ${history.of('call').length} calls, `
    + `${((Date.now() - began) / 1000).toFixed(1)} s: ${wrong.length} violations`);
  for (const text of [...measures, ...wrong.slice(0, SHOWN)]) console.log(`  ${text}`);
  if (wrong.length > 0) {
    total.failed++;
    const again = [`--seed ${seed}`, sort.mode && `--mode ${sort.mode}`, sort.outage_s && `--outage ${sort.outage_s}`, options.strikes && `--strikes ${options.strikes}`,
      ...options.set.map((setting) => `--set ${setting}`)];
    console.log(`  look:  node tests/torture/checker.mjs ${folder}/history.jsonl    (and tuand.log, violations.txt beside it)`);
    console.log(`  again: node tests/torture/torture.mjs ${again.filter(Boolean).join(' ')}`);
  }
  if (wrong.length > 0 || options.keep) await world.keep(wrong);
  else world.remove();
}

console.log(`first seed ${first}`);
let isOver = false; // asked to end: after this world
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => { isOver = true; });
for (let seed = first; seed < first + worlds && Date.now() < end && !isOver; seed++) await runWorld(seed);
console.log(`${total.worlds} worlds from seed ${first}: ${total.failed} failed; ${total.daemonKills} kills of tuand, ${total.redisKills} of redis-server, `
  + `${total.failovers} failovers, ${total.cuts} connections cut, ${total.starts} starts, ${total.calls} calls, ${total.facts} facts`);
console.log(`at points and by orders: ${[...hits].sort().map(([what, times]) => `${what} ${times}`).join(', ') || '-'}`);
if (options.mutants) {
  const nowhere = [...unplaced].filter(([, times]) => times === total.proofs).map(([name]) => name);
  console.log(`${total.mutants} lies were put into good histories; no place in any for: ${nowhere.join(', ') || '-'}`);
}
if (total.failed === 0 && !options.keep && !options.dir) rmSync(base, {recursive: true, force: true});
process.exit(total.failed > 0 || total.worlds === 0 ? 1 : 0);
