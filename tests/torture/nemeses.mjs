// SPDX-License-Identifier: BSD-2-Clause
// nemeses.mjs - what is done to the processes, one at a time; each leaves them running.
import {isAlive, sleep, until} from './servers.mjs';

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

async function stopFor(child, ms) {
  if (child.exit !== null) return;
  child.signal('SIGSTOP');
  await sleep(ms);
  child.signal('SIGCONT');
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

  stop: (world, random) => stopFor(world.daemon.process, random.log(20, 1500)),

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
    world.copyProxy.strike('hold', {ms: 60000, all: true});
    await sleep(random.log(1, 200));
    const old = await promote(world);
    await until('the owner has repaired the new primary', () => isRepaired(world, reconnects), 30000);
    await rejoin(world, old);
  },

  // The daemon dies with the primary: what the replica lacks is lost, as is said.
  async failover_both(world, random) {
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
