// SPDX-License-Identifier: BSD-2-Clause
// nemeses.mjs - what is done to the processes, one at a time; each leaves them running.
import {readdirSync} from 'node:fs';
import net from 'node:net';
import {ERRNO} from './faults.mjs';
import {isAlive, run, sleep, until} from './servers.mjs';

const DAEMON_POINTS = ['asked', 'answering', 'answered', 'sending', 'sent', 'received'];
const STARTING_POINTS = ['connecting', 'sending', 'sent', 'received'];
const REDIS_POINTS = ['asked', 'answering', 'answered', 'writing', 'written', 'synced'];
const POINT_WAIT_MS = 2000; // for a server to come to where it is to die

async function killDaemon(world, random) {
  await world.daemon.kill9();
  await sleep(random.chance(0.5) ? 0 : random.next() * 400);
}

// The private redis-server dies under a living daemon, which starts it again.
async function killPrivate(world) {
  const pid = world.privatePid;
  if (pid === null || !await isAlive(pid)) return;
  process.kill(pid, 'SIGKILL');
  world.counts.privateKills = (world.counts.privateKills ?? 0) + 1;
}

// How long somebody stands still; of two daemons, often long enough for the other one to take over.
const pauseOf = ({config}, random) => (config.mode === 'duel' ? config.lease_ms * (0.3 + random.next() * 2.5) : random.log(20, 1500));

async function stopFor(child, ms) {
  if (child.exit !== null) return;
  child.signal('SIGSTOP');
  await sleep(ms);
  child.signal('SIGCONT');
}

// What is ordered happens soon, or the order is taken back. True: it happened.
async function happens(world, who, point, order) {
  const faults = who === 'tuand' ? world.daemon.faults : world.redisFaults;
  const before = faults.fired(who);
  faults.arm(who, point, order);
  const end = Date.now() + POINT_WAIT_MS;
  while (faults.fired(who) === before && Date.now() < end) await sleep(5);
  if (!await faults.takeBack(who)) return false;
  await until(`${who} obeys`, () => faults.fired(who) > before, 20000);
  world.hit(`${who} ${point} ${order.action ?? 'kill'}`);
  return true;
}

// An operator's Redis that ended is started again; a private one its daemon starts.
async function standUp(world) {
  if (world.isPrivate) return;
  if (world.primary.process.exit === null) return;
  await world.primary.launch();
  if (world.hasReplica) await world.follow(world.replica);
}

// A disk that is so for a while. Redis, asked to sync each write, ends rather than answer.
async function ailingDisk(world, random, word, value) {
  world.redisFaults.set('redis', word, value);
  world.hit(`redis ${word}`);
  await sleep(random.log(50, 1500));
  world.redisFaults.disarm('redis');
  if (world.isPrivate) return;
  await sleep(100); // it may be ending
  await standUp(world);
}

// What the primary has by now, its replica has too. (A daemon puts back only what it has written itself: what one before it
// had acknowledged is lost with a primary that dies too soon.)
async function catchUp(world) {
  const offsetOf = async (redis) => Number(/master_repl_offset:(\d+)/.exec(await redis.cli('INFO', 'replication'))[1]);
  const goal = await offsetOf(world.primary);
  await until('the replica has caught up', async () => await offsetOf(world.replica) >= goal, 30000);
}

async function isRepaired(world, before) {
  const text = await world.infoMirror();
  const reconnects = Number(/mirror_reconnects:(\d+)/.exec(text)?.[1] ?? 0);
  return reconnects > before && /mirror_ready:1/.test(text);
}

// The replica becomes the primary. What it has not got yet is gone with the old one, unless the owner puts it back.
async function promote(world) {
  const [old, next] = [world.primary, world.replica];
  if (old.process.exit === null) await old.kill9();
  world.copyProxy.strike('cut', {all: true});
  await next.cli('REPLICAOF', 'NO', 'ONE');
  [world.primary, world.replica] = [next, old];
  world.mirrorProxy.strike('cut', {all: true});
  world.counts.failovers = (world.counts.failovers ?? 0) + 1;
  return old;
}

async function rejoin(world, old) {
  old.keepAside({move: true});
  await old.launch();
  await world.follow(old);
}

export const nemeses = {
  async kill(world, random) {
    await killDaemon(world, random);
    await world.start();
  },

  // Killed again while it recovers, at any moment.
  async kill_starting(world, random) {
    for (let times = random.int(1, 3); times > 0; times--) {
      await killDaemon(world, random);
      await world.daemon.launch();
      await sleep(random.next() * 500);
    }
    await killDaemon(world, random);
    await world.start();
  },

  async kill_at(world, random) {
    if (!await happens(world, 'tuand', random.of(DAEMON_POINTS), {n: random.log(1, 300)})) return;
    await world.daemon.process.end();
    await world.start();
  },

  async kill_starting_at(world, random) {
    await killDaemon(world, random);
    const point = random.of(STARTING_POINTS);
    const {kills} = world.daemon;
    await world.startTold(point, {n: random.log(1, 60)});
    if (world.daemon.kills > kills) world.hit(`tuand ${point} kill`);
  },

  async kill_redis_at(world, random) {
    const point = random.of(REDIS_POINTS);
    const action = point === 'writing' && random.chance(0.6) ? 'tear' : 'kill';
    if (!await happens(world, 'redis', point, {n: random.log(1, 200), action})) return;
    world.counts.toldRedisKills = (world.counts.toldRedisKills ?? 0) + 1;
    if (world.isPrivate) return;
    await world.primary.process.end();
    await standUp(world);
  },

  async stop_at(world, random) {
    const isStopped = await happens(world, 'tuand', random.of(DAEMON_POINTS), {n: random.log(1, 300), action: 'stop'});
    await sleep(isStopped ? pauseOf(world, random) : 0);
    world.daemon.process.signal('SIGCONT');
  },

  async stop_redis_at(world, random) {
    const isStopped = await happens(world, 'redis', random.of(REDIS_POINTS), {n: random.log(1, 200), action: 'stop'});
    await sleep(isStopped ? random.log(20, 1500) : 0);
    const pid = world.isPrivate ? world.privatePid : world.primary.process.pid;
    if (pid !== null && await isAlive(pid)) process.kill(pid, 'SIGCONT');
  },

  slow_disk: (world, random) => ailingDisk(world, random, 'sync_us', random.log(2000, 800000)),
  full_disk: (world, random) => ailingDisk(world, random, 'disk_error', ERRNO.ENOSPC),
  broken_disk: (world, random) => ailingDisk(world, random, 'sync_error', ERRNO.EIO),

  // It has no descriptor left for the next client, nor for its next connection to Redis.
  async few_descriptors(world, random) {
    const {pid} = world.daemon;
    const limit = (count) => run('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);
    const before = Number(/(\d+)\s*$/.exec((await run('prlimit', ['--pid', String(pid), '--nofile', '--noheadings', '-o', 'SOFT'])).output)?.[1]);
    await limit(readdirSync(`/proc/${pid}/fd`).length + random.int(0, 2));
    const crowd = Array.from({length: random.int(5, 60)}, () => net.connect(world.daemon.port, '127.0.0.1').on('error', () => {}));
    if (random.chance(0.5)) world.mirrorProxy?.strike('cut', {all: true});
    await sleep(random.log(50, 1500));
    await limit(before);
    for (const socket of crowd) socket.destroy();
    world.hit('tuand few_descriptors');
  },

  // An allocation fails: a daemon that says so and ends at once is well; it has kept all it has said.
  async starve(world, random) {
    const {faults, process: child} = world.daemon;
    const starved = faults.get('tuand', 'starved');
    faults.set('tuand', 'memory', random.log(1, 3000));
    await until('an allocation fails', () => faults.get('tuand', 'starved') > starved || child.exit, POINT_WAIT_MS).catch(() => {});
    faults.disarm('tuand');
    if (faults.get('tuand', 'starved') === starved) return;
    await sleep(200);
    if (child.exit === null) return;
    world.hit('tuand starved');
    if (child.exit.signal !== 'SIGABRT' || !/out of memory/.test(child.errors))
      world.trouble(`an allocation failed, and it ended so: ${JSON.stringify(child.exit)}\n${child.errors.slice(-3000)}`);
    await world.start();
  },

  async kill_redis(world, random) {
    if (world.isPrivate) {
      const before = world.privatePid;
      await killPrivate(world);
      if (random.chance(0.5)) await until('another redis-server', () => world.daemon.process.exit || world.privatePid !== before, 10000);
      return;
    }
    await world.primary.kill9();
    await sleep(random.next() * 600);
    await world.primary.launch();
    if (world.hasReplica) await world.follow(world.replica);
  },

  async kill_both(world, random) {
    const isRedisFirst = random.chance(0.5);
    const killRedis = () => (world.isPrivate ? killPrivate(world) : world.primary.kill9());
    if (isRedisFirst) await killRedis();
    const dying = killDaemon(world, random);
    if (!isRedisFirst) await killRedis();
    await dying;
    if (!world.isPrivate) await world.primary.launch();
    await world.start();
  },

  stop: (world, random) => stopFor(world.daemon.process, pauseOf(world, random)),

  async stop_redis(world, random) {
    const ms = random.log(20, 1500);
    if (!world.isPrivate) return stopFor(world.primary.process, ms);
    const pid = world.privatePid;
    if (pid === null || !await isAlive(pid)) return undefined;
    process.kill(pid, 'SIGSTOP');
    await sleep(ms);
    if (await isAlive(pid)) process.kill(pid, 'SIGCONT');
    return undefined;
  },

  // Asked to end, it ends, and what it has acknowledged stays.
  async term(world) {
    world.daemon.process.signal('SIGTERM');
    await world.daemon.process.end();
    await world.start();
  },

  async out_of_memory(world, random) {
    if (!await world.tryRedis('CONFIG', 'SET', 'maxmemory', '1')) return;
    await sleep(random.log(50, 1000));
    await until('Redis takes its memory back', () => world.tryRedis('CONFIG', 'SET', 'maxmemory', '0'), 20000);
  },

  forget_scripts: (world) => world.tryRedis('SCRIPT', 'FLUSH'),

  // Redis comes back without its data, and later with it. In between nobody may take "nothing" for the truth.
  async emptied(world, random) {
    await world.primary.kill9();
    const data = world.primary.keepAside({move: true});
    await world.primary.launch();
    if (random.chance(0.5)) {
      await killDaemon(world, random);
      await world.daemon.launch();
      await until('it refuses an emptied Redis', () => world.daemon.process.exit ?? /has lost the data set/.test(world.daemon.errors), 30000);
      if (/ready rpc=/.test(world.daemon.errors)) world.trouble('it served from an emptied Redis');
    } else await sleep(random.log(100, 1500));
    const keys = await world.primary.cli('KEYS', '*');
    if (keys.length > 0) world.trouble(`an emptied Redis was written to: ${keys}`);
    await world.primary.kill9();
    world.primary.putBack(data);
    await world.primary.launch();
    if (world.daemon.isUp) await world.daemon.ready(30000);
    else await world.start();
  },

  // The daemon lives: what the replica lacks it sends again.
  async failover(world, random) {
    const reconnects = Number(/mirror_reconnects:(\d+)/.exec(await world.infoMirror())?.[1] ?? 0);
    await catchUp(world);
    world.copyProxy.strike('hold', {ms: 60000, all: true});
    await sleep(random.log(1, 200));
    const old = await promote(world);
    await world.sparing(() => until('the owner has repaired the new primary', () => isRepaired(world, reconnects), 30000));
    await rejoin(world, old);
  },

  // The daemon dies with the primary: what the replica lacks is lost, as is said. Not all of it: a Redis without the data set is not served.
  async failover_both(world, random) {
    await catchUp(world);
    world.copyProxy.strike('hold', {ms: 60000, all: true});
    await sleep(random.log(1, 200));
    await world.daemon.kill9();
    const loss = world.fault('loss');
    loss.loss = {at: loss.at};
    const old = await promote(world);
    await world.start();
    loss.loss.until = world.history.now();
    await rejoin(world, old);
  },
};
