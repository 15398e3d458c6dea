// SPDX-License-Identifier: BSD-2-Clause
// What a Redis can do to us, one real fault each: what the client is told, that nothing is acknowledged meanwhile, that
// reads and liveness go on, that readiness tells it, that service comes back by itself, and that all is there once.
import assert from 'node:assert/strict';
import {cp, mkdir, rm, rmdir, writeFile} from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {describe, test} from 'node:test';
import {Refusal, ioredis} from './clients.mjs';
import {Redis, SLOW, Tuand, bin, run, sleep, tempDir, until} from './tuand.mjs';
import {request} from './web.mjs';

const REFUSED = ['MIRROR_DOWN', 'MIRROR_BUSY']; // certainly without effect
const BACK_MS = 2000; // after a fault ends

async function outcome(promise) {
  try {
    return {reply: await promise};
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {code: error.code};
  }
}

// One that asks and writes down what it was told.
class Shop {
  static async open(t, redisArgs = [], args = [], redis = null) {
    const shop = new Shop();
    shop.t = t;
    shop.count = 0;
    shop.held = new Map(); // order -> room, acknowledged
    shop.unknown = [];
    shop.absent = []; // refused for certain
    shop.redis = redis ?? await Redis.start(t, redisArgs);
    shop.daemon = await Tuand.start(t, {args: ['--mirror', shop.redis.url, '--set', 'mirror.timeout_ms=500', ...args]});
    await shop.connect();
    await shop.call('campaign.put', {campaign: 'c', size: 5});
    await shop.call('campaign.put', {campaign: 'quiet', size: 5}); // nobody writes there any more
    shop.quiet = await shop.call('room.match', {campaign: 'quiet', user: 'u', order: 'o'});
    for (let n = 0; n < 50; n++) await shop.write();
    return shop;
  }

  async connect() {
    const client = await ioredis(this.daemon);
    this.t.after(() => client.close());
    this.call = client.call;
    this.info = () => client.client.info('mirror');
  }

  async write() {
    const order = `o${this.count++}`;
    const {reply, code} = await outcome(this.call('room.match', {campaign: 'c', user: `u${order}`, order}));
    if (reply) this.held.set(order, reply.room);
    else if (code === 'UNKNOWN') this.unknown.push(order);
    else this.absent.push([order, code]);
    return reply ? 'OK' : code;
  }

  // Writes are refused from now on; answers what they were told on the way.
  async refusedWith(codes, ms = 20000) {
    const told = [];
    await until(`writes are refused with ${codes}, were told ${told}`, async () => {
      told.push(await this.write());
      return codes.includes(told.at(-1));
    }, ms);
    return told;
  }

  async readsGoOn(isSteady = true) {
    for (let i = 0; i < 5; i++) {
      assert.equal((await this.call('seat.get', {campaign: 'quiet', order: 'o'})).room, this.quiet.room);
      assert.equal((await this.call('room.get', {room: this.quiet.room})).state, 'open');
    }
    assert.equal((await request(this.daemon.admin, '/livez')).status, 200);
    if (!isSteady) return;
    const ready = await request(this.daemon.admin, '/readyz');
    assert.equal(ready.status, 503, ready.text);
    assert.match(ready.text, /\[-\]mirror failed: \S/);
  }

  async comesBack(ms = BACK_MS) {
    const begin = Date.now();
    await until('writes go through again', async () => (await this.write()) === 'OK', ms + 3000);
    const took = Date.now() - begin;
    assert.ok(took <= ms * SLOW, `back after ${took} ms`);
    await until('it is ready', async () => (await request(this.daemon.admin, '/readyz')).status === 200);
    for (let n = 0; n < 10; n++) assert.equal(await this.write(), 'OK');
    return took;
  }

  // Every acknowledged seat is there, refused ones are not, and one of unknown fate is there once when asked again.
  async audit() {
    for (const order of this.unknown.splice(0)) {
      const seat = await this.call('room.match', {campaign: 'c', user: `u${order}`, order});
      this.held.set(order, seat.room);
    }
    for (const [order, room] of this.held) assert.equal((await this.call('seat.get', {campaign: 'c', order})).room, room, order);
    for (const [order, code] of this.absent) assert.equal((await outcome(this.call('seat.get', {campaign: 'c', order}))).code, 'SEAT_NOT_FOUND', `${order} was refused with ${code}`);
    for (const order of [...this.held.keys()].slice(-20)) assert.equal((await this.call('user.seats', {campaign: 'c', user: `u${order}`})).seats.length, 1);
  }

  async auditAfterCrash() {
    await this.audit();
    await this.daemon.kill9();
    await this.daemon.restart();
    await this.connect();
    await this.audit();
  }

  config(name, value) { return this.redis.cli('CONFIG', 'SET', name, value); }
}

const adminOf = (shop, ...words) => run('redis-cli', ['-p', String(shop.redis.port), '--no-auth-warning', '-a', 'later', ...words]);

// They wait more than they work, so some go on at a time.
describe('Redis', {concurrency: 3}, () => {
// [what, how it begins, how it ends, does the daemon find it the same each time it looks?]
for (const [what, begins, ends, isSteady = true] of [
  ['OOM: no memory is left', (shop) => shop.config('maxmemory', '1'), (shop) => shop.config('maxmemory', '0')],
  ['READONLY: it became a replica', (shop) => shop.redis.cli('REPLICAOF', '127.0.0.1', '1'), (shop) => shop.redis.cli('REPLICAOF', 'NO', 'ONE')],
  ['NOREPLICAS: too few replicas', (shop) => shop.config('min-replicas-to-write', '1'), (shop) => shop.config('min-replicas-to-write', '0')],
  ['MISCONF: a snapshot of its own failed', async (shop) => {
    await mkdir(path.join(shop.redis.dir, 'dump.rdb')); // in the way
    await shop.config('save', '3600 1');
    await shop.redis.cli('BGSAVE');
    await until('it failed', async () => /rdb_last_bgsave_status:err/.test((await run('redis-cli', ['-p', String(shop.redis.port), 'INFO', 'persistence'])).output));
  }, async (shop) => {
    await rmdir(path.join(shop.redis.dir, 'dump.rdb'));
    await shop.redis.cli('BGSAVE');
  }],
  ['BUSY: a script of somebody runs on and on', async (shop) => {
    await shop.config('busy-reply-threshold', '50');
    shop.script = run('redis-cli', ['-p', String(shop.redis.port), 'EVAL', 'while true do end', '0'], {ms: 60000});
    await until('it is busy', async () => /BUSY/.test((await run('redis-cli', ['-p', String(shop.redis.port), 'PING'])).output));
  }, async (shop) => {
    await shop.redis.cli('SCRIPT', 'KILL');
    await shop.script;
  }],
  ['NOPERM: its operator took our commands away', (shop) => shop.redis.cli('ACL', 'SETUSER', 'default', '-evalsha'),
    (shop) => shop.redis.cli('ACL', 'SETUSER', 'default', '+evalsha')],
  ['NOAUTH: its operator set a password', async (shop) => {
    await shop.config('requirepass', 'later');
    await adminOf(shop, 'CLIENT', 'KILL', 'TYPE', 'normal');
  }, (shop) => adminOf(shop, 'CONFIG', 'SET', 'requirepass', '')],
  ['cut off again and again', async (shop) => {
    await shop.config('min-replicas-to-write', '1'); // so that something is under way when it is cut
    shop.cutting = setInterval(() => shop.redis.cli('CLIENT', 'KILL', 'TYPE', 'normal').catch(() => {}), 20);
    shop.t.after(() => clearInterval(shop.cutting));
  }, async (shop) => {
    clearInterval(shop.cutting);
    await until('the last cut', () => shop.config('min-replicas-to-write', '0').then(() => true, () => false));
  }, false],
]) test(`${what}: refused by name, and back by itself`, async (t) => {
  const shop = await Shop.open(t);
  await begins(shop);
  const told = await shop.refusedWith(REFUSED);
  assert.ok(told.every((code) => code === 'UNKNOWN' || REFUSED.includes(code)), `acknowledged meanwhile: ${told}`);
  await shop.readsGoOn(isSteady);
  for (let n = 0; n < 5; n++) assert.ok(['UNKNOWN', ...REFUSED].includes(await shop.write()));
  await ends(shop);
  t.diagnostic(`told ${[...new Set(told)]}; back after ${await shop.comesBack()} ms`);
  await shop.auditAfterCrash();
});

test('NOSCRIPT: SCRIPT FLUSH again and again is not even noticed', async (t) => {
  const shop = await Shop.open(t);
  for (let n = 0; n < 20; n++) {
    await shop.redis.cli('SCRIPT', 'FLUSH');
    assert.equal(await shop.write(), 'OK');
  }
  await shop.auditAfterCrash();
});

test('LOADING: a Redis that takes its time to start', async (t) => {
  const shop = await Shop.open(t);
  await shop.redis.cli('BGREWRITEAOF');
  await until('its log is one image', () => /Background AOF rewrite finished successfully/.test(shop.redis.process.output));
  await shop.redis.process.kill9();
  await shop.refusedWith(REFUSED);
  shop.redis.args = ['--key-load-delay', '30000', '--loading-process-events-interval-bytes', '1024']; // a key each 30 ms
  const launched = shop.redis.launch();
  await until('it is loading', async () => /LOADING/.test((await run('redis-cli', ['-p', String(shop.redis.port), 'PING'])).output));
  assert.ok(REFUSED.includes(await shop.write()));
  await shop.readsGoOn();
  await launched;
  t.diagnostic(`back after ${await shop.comesBack()} ms`);
  await shop.auditAfterCrash();
});

// The rows of words by which tests/torture/faults.c is told what to do: the second is a redis-server's, its seventh word
// the error of each sync.
const FAULT_BYTES = 1024, SYNC_ERROR_AT = 512 + 6 * 8, EIO = 5n;

test('its disk fails under appendfsync always: it ends, and nothing acknowledged was lost', async (t) => {
  const orders = path.join(await tempDir(t), 'faults');
  const fail = async (error) => {
    const words = Buffer.alloc(FAULT_BYTES);
    words.writeBigInt64LE(error, SYNC_ERROR_AT);
    await writeFile(orders, words, {flag: 'r+'}).catch(() => writeFile(orders, words));
  };
  await fail(0n);
  const redis = await Redis.start(t, [], {LD_PRELOAD: bin('torture_faults.so'), TORTURE_FAULTS: orders});
  const shop = await Shop.open(t, [], [], redis);
  await fail(EIO);
  const told = await shop.refusedWith(REFUSED);
  assert.ok(!told.includes('OK'), `acknowledged on a disk that fails: ${told}`);
  await until('it has ended', () => redis.process.exit);
  await shop.readsGoOn();
  redis.env = {}; // another disk
  await redis.launch();
  t.diagnostic(`told ${[...new Set(told)]}; back after ${await shop.comesBack()} ms`);
  await shop.auditAfterCrash();
});

test('set back to an older log while the daemon lives: what was acknowledged is put back', async (t) => {
  const shop = await Shop.open(t);
  await cp(path.join(shop.redis.dir, 'appendonlydir'), path.join(shop.redis.dir, 'kept'), {recursive: true});
  for (let n = 0; n < 100; n++) assert.equal(await shop.write(), 'OK');
  await shop.redis.process.kill9();
  await rm(path.join(shop.redis.dir, 'appendonlydir'), {recursive: true});
  await cp(path.join(shop.redis.dir, 'kept'), path.join(shop.redis.dir, 'appendonlydir'), {recursive: true});
  await shop.redis.launch();
  await shop.comesBack();
  assert.match(await shop.info(), /mirror_repaired:[1-9]/);
  await shop.daemon.saw(/Redis has lost acknowledged batches: sending them again/);
  await shop.auditAfterCrash();
});

test('set back to an older log while the daemon is away: nothing is made up, and clients are told', async (t) => {
  const shop = await Shop.open(t);
  await shop.daemon.stop();
  await shop.redis.process.kill9();
  await cp(path.join(shop.redis.dir, 'appendonlydir'), path.join(shop.redis.dir, 'kept'), {recursive: true});
  await shop.redis.launch();
  await shop.daemon.restart();
  await shop.connect();
  const before = new Map(shop.held);
  for (let n = 0; n < 30; n++) assert.equal(await shop.write(), 'OK');
  await shop.daemon.kill9();
  await shop.redis.process.kill9();
  await rm(path.join(shop.redis.dir, 'appendonlydir'), {recursive: true});
  await cp(path.join(shop.redis.dir, 'kept'), path.join(shop.redis.dir, 'appendonlydir'), {recursive: true});
  await shop.redis.launch();
  await shop.daemon.restart(); // this is what a backup is: the older state, whole, and it serves
  await shop.connect();
  for (const [order, room] of shop.held) {
    const found = await outcome(shop.call('seat.get', {campaign: 'c', order}));
    if (before.has(order)) assert.equal(found.reply.room, room);
    else assert.equal(found.code, 'SEAT_NOT_FOUND');
  }
});

test('somebody else writes into our keys: no write is acknowledged any more, and the alarm says so', async (t) => {
  const shop = await Shop.open(t);
  const [key] = (await shop.redis.cli('KEYS', 'tuan:{*}:head')).sort();
  const heads = await shop.redis.cli('KEYS', 'tuan:{*}:head');
  assert.ok(key);
  for (const head of heads) {
    const text = await shop.redis.cli('GET', head);
    await shop.redis.cli('SET', head, text.replace(/^(\d+)-(\d+) \w+/, (all, epoch) => `${Number(epoch) + 1}-1 ${'f'.repeat(32)}`));
  }
  const told = await shop.refusedWith([...REFUSED, 'NOT_OWNER', 'LOADING']);
  assert.ok(!told.includes('OK'), `acknowledged: ${told}`);
  await sleep(500);
  for (let n = 0; n < 5; n++) assert.notEqual(await shop.write(), 'OK');
  await until('the alarm', async () => /mirror_alarm:\S/.test(await shop.info()));
  assert.equal((await request(shop.daemon.admin, '/readyz')).status, 503);
  assert.equal((await request(shop.daemon.admin, '/livez')).status, 200);
});

for (const [what, redisArgs, expected] of [
  ['keeps no file', ['--appendonly', 'no'], /keeps no append-only file/],
  ['syncs each second only', ['--appendfsync', 'everysec'], /appendfsync everysec: a crash of Redis may lose its last seconds/],
  ['mends torn logs', ['--aof-load-truncated', 'yes'], /aof-load-truncated yes/],
  ['does not tell (CONFIG renamed)', ['--rename-command', 'CONFIG', ''], /does not tell its appendfsync/],
]) test(`a Redis that ${what} is served, and what it does not keep is said at the start and in INFO`, async (t) => {
  const shop = await Shop.open(t, redisArgs);
  assert.match(shop.daemon.errors, new RegExp(`the mirror's own settings do not keep everything.*${expected.source}`));
  assert.match(await shop.info(), new RegExp(`mirror_promise:.*${expected.source}`));
});

for (const command of ['EVALSHA', 'SCRIPT', 'INFO', 'XRANGE', 'HSCAN'])
  test(`a Redis without ${command} (renamed) is told apart: it never serves, and says why`, async (t) => {
    const redis = await Redis.start(t, ['--rename-command', command, '']);
    const daemon = new Tuand(await tempDir(t), ['--mirror', redis.url]);
    t.after(() => daemon.end());
    await daemon.launch();
    await until(`it says so: ${daemon.errors}`, () => new RegExp(`unknown command.*${command}`, 'i').test(daemon.errors), 15000);
    await sleep(300);
    assert.doesNotMatch(daemon.errors, /ready rpc=/);
    if (daemon.process.exit) assert.ok([69, 78].includes(daemon.process.exit.code), JSON.stringify(daemon.process.exit));
  });

test('a Redis older than 7 is refused at the start', async (t) => {
  const info = 'redis_version:6.2.14\r\n'; // none that old is to be had, so this one says no more than its age
  const server = net.createServer((socket) => socket.on('error', () => {}).once('data', () => socket.write(`+OK\r\n$${info.length}\r\n${info}\r\n`)));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const {code, errors} = await run(bin('tuand'), ['--dir', path.join(await tempDir(t), 'data'), '--rpc', '127.0.0.1:0', '--web', 'off', '--admin', 'off',
    '--mirror', `redis://127.0.0.1:${server.address().port}`]);
  assert.equal(code, 78, errors);
  assert.match(errors, /Redis 7 or newer is needed, this is 6\.2\.14/);
});
});
