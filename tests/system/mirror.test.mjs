// SPDX-License-Identifier: BSD-2-Clause
// Your own Redis as the mirror: what survives, what is refused, and what each mirror mode promises.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Refusal, ioredis, refused, rpc} from './clients.mjs';
import {Ledger, checkFeed, readFeed} from './ledger.mjs';
import {Redis, Tuand, run, sleep, tempDir, until} from './tuand.mjs';
import {request} from './web.mjs';

const connect = async (t, daemon, kind = ioredis) => {
  const client = await kind(daemon);
  t.after(() => client.close());
  return client;
};

// Names spread over the 16 partitions.
const NAMES = Array.from({length: 40}, (_, n) => `campaign-${n}`);

async function pages(call, method, list, args = {}) {
  const out = [];
  let cursor;
  do {
    const page = await call(method, {limit: 7, ...args, ...(cursor ? {cursor} : {})});
    out.push(...page[list]);
    cursor = page.cursor;
  } while (cursor !== '');
  return out;
}

for (const form of ['redis://', 'unix:'])
  test(`over ${form} data survives a restart, in all partitions`, async (t) => {
    const redis = await Redis.start(t);
    const daemon = await Tuand.start(t, {args: ['--mirror', form === 'unix:' ? `unix:${redis.socket}` : redis.url]});
    let {call} = await connect(t, daemon);
    const seats = new Map();
    for (const campaign of NAMES) {
      await call('campaign.put', {campaign, size: 2, price: 100});
      await call('room.match', {campaign, user: 'u1', order: 'o1'});
      await call('seat.pay', {campaign, order: 'o1'});
      await call('room.match', {campaign, user: 'u2', order: 'o2'});
      seats.set(campaign, await call('seat.pay', {campaign, order: 'o2'}));
      await call('seat.pay', {campaign, order: 'x', amount: 50, paid_at: seats.get(campaign).now});
    }
    const check = async () => {
      assert.deepEqual((await pages(call, 'campaign.list', 'campaigns')).map((c) => c.campaign).sort(), [...NAMES].sort());
      const owed = await pages(call, 'refund.list', 'refunds');
      assert.deepEqual(owed.map((r) => r.campaign).sort(), [...NAMES].sort());
      for (let i = 1; i < owed.length; i++) assert.ok(owed[i].at >= owed[i - 1].at, 'oldest first, also across partitions');
      assert.equal((await call('refund.list', {limit: 1})).open, NAMES.length);
      for (const [campaign, seat] of seats) {
        const found = await call('seat.get', {campaign, order: 'o2'});
        assert.equal(found.room, seat.room);
        assert.equal(found.seat, 'settled');
      }
      const rooms = await call('room.mget', {room: [...seats.values()].map((s) => s.room)});
      assert.ok(rooms.every((room) => room.state === 'formed'));
    };
    await check();
    await daemon.stop();
    await daemon.restart();
    ({call} = await connect(t, daemon));
    await check();
    await daemon.kill9();
    await daemon.restart();
    ({call} = await connect(t, daemon));
    await check();
    const partitions = await redis.cli('KEYS', 'tuan:{*}:head');
    assert.equal(partitions.length, 16);
    const used = (await Promise.all(partitions.map((key) => redis.cli('XLEN', key.replace('head', 'log'))))).filter((n) => n > 3);
    assert.ok(used.length > 8, `campaigns spread over the partitions: ${used}`);
    assert.equal((await redis.cli('HGET', 'tuan:meta', 'partitions')), '16');
    const feed = await readFeed((...words) => redis.cli(...words));
    assert.deepEqual(feed.filter((e) => e.type === 'room_formed').map((e) => e.campaign).sort(), [...NAMES].sort());
    const formed = feed.find((e) => e.type === 'room_formed');
    assert.deepEqual(formed.data.seats.map((s) => [s.order, s.user]), [['o1', 'u1'], ['o2', 'u2']]);
    assert.equal(formed.data.real, 2);
  });

const SHOP = {size: 2, price: 100};

// Campaign `c` for writing to, and one `quiet-…` in each of many partitions that nobody touches any more.
async function openShop(t, {args = []} = {}) {
  const redis = await Redis.start(t);
  const daemon = await Tuand.start(t, {args: ['--mirror', redis.url, ...args]});
  const {call} = await connect(t, daemon);
  await call('campaign.put', {campaign: 'c', ...SHOP});
  const seat = await call('room.match', {campaign: 'c', user: 'u1', order: 'o1'});
  const quiet = await Promise.all(Array.from({length: 20}, async (_, n) => {
    await call('campaign.put', {campaign: `quiet-${n}`, ...SHOP});
    return call('room.match', {campaign: `quiet-${n}`, user: 'u1', order: 'o1'});
  }));
  return {redis, daemon, call, seat, quiet};
}

// Reads of committed facts go on. (A read that rests on an uncommitted one waits, and is refused in the end.)
async function readQuiet(call, quiet) {
  for (const {campaign, room} of quiet) {
    assert.equal((await call('seat.get', {campaign, order: 'o1'})).room, room);
    assert.equal((await call('room.get', {room})).state, 'open');
  }
}

async function outcome(promise) {
  const begin = Date.now();
  try {
    return {reply: await promise, ms: Date.now() - begin};
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {code: error.code, ms: Date.now() - begin};
  }
}

test('FLUSHALL under a running daemon: writes answer MIRROR_DOWN, reads go on', async (t) => {
  const {redis, daemon, call, quiet} = await openShop(t, {args: ['--set', 'mirror.timeout_ms=1000']});
  await redis.cli('FLUSHALL');
  const codes = [];
  await until('writes answer MIRROR_DOWN', async () => {
    const {code} = await outcome(call('room.match', {campaign: 'c', user: `f${codes.length}`, order: `f${codes.length}`}));
    codes.push(code);
    assert.ok(code !== undefined, `a write was acknowledged without a mirror: ${codes}`);
    return code === 'MIRROR_DOWN';
  });
  assert.ok(codes.every((code) => ['UNKNOWN', 'MIRROR_DOWN', 'MIRROR_BUSY'].includes(code)), String(codes));
  await readQuiet(call, quiet);
  await Promise.all(quiet.map(({campaign}) => until('each partition answers MIRROR_DOWN', async () => { // its first write may be UNKNOWN
    const {code} = await outcome(call('seat.cancel', {campaign, order: 'o1'}));
    assert.ok(['UNKNOWN', 'MIRROR_DOWN', 'MIRROR_BUSY'].includes(code), String(code));
    return code === 'MIRROR_DOWN';
  })));
  await daemon.saw(/level=error/);
  const {client} = await connect(t, daemon);
  assert.match(await client.info('mirror'), /mirror_alarm:.+/);
});

test('started against an emptied Redis the daemon refuses, it never says "no rooms"', async (t) => {
  const {redis, daemon} = await openShop(t);
  await daemon.stop();
  await redis.cli('FLUSHALL');
  await daemon.launch();
  await until('it refuses', () => daemon.process.exit ?? /data ?set|lost/i.test(daemon.errors));
  await sleep(300);
  assert.doesNotMatch(daemon.errors, /ready rpc=/);
  if (daemon.process.exit) assert.equal(daemon.process.exit.code, 69, daemon.errors);
  assert.match(daemon.errors, /level=error[^\n]*(data ?set|lost|empty)/i);
  assert.deepEqual(await redis.cli('KEYS', '*'), [], 'nothing was made anew');
});

test('started against the Redis of another data set the daemon refuses', async (t) => {
  const {redis, daemon} = await openShop(t);
  const other = await Redis.start(t);
  await daemon.stop();
  const first = await Tuand.start(t, {args: ['--mirror', other.url]});
  await first.stop();
  await redis.process.kill9();
  redis.port = Number(redis.port);
  redis.args = ['--appendonly', 'no', '--dir', await tempDir(t)];
  await redis.launch();
  await redis.cli('REPLICAOF', '127.0.0.1', other.port);
  await until('the copy', async () => (await redis.cli('KEYS', 'tuan:meta')).length === 1);
  await redis.cli('REPLICAOF', 'NO', 'ONE');
  await daemon.launch();
  await until('it refuses', () => daemon.process.exit);
  assert.equal(daemon.process.exit.code, 78, daemon.errors);
  assert.match(daemon.errors, /data ?set/i);
});

test('mirror.create never refuses an empty Redis', async (t) => {
  const redis = await Redis.start(t);
  const daemon = new Tuand(await tempDir(t), ['--mirror', redis.url, '--set', 'mirror.create=never']);
  t.after(() => daemon.end());
  await daemon.launch();
  await until('it refuses', () => daemon.process.exit);
  assert.equal(daemon.process.exit.code, 78, daemon.errors);
});

test('no Redis there: exit 69, with its address', async (t) => {
  const redis = await Redis.start(t);
  await redis.process.kill9();
  const daemon = new Tuand(await tempDir(t), ['--mirror', redis.url]);
  t.after(() => daemon.end());
  await daemon.launch();
  await until('it gives up', () => daemon.process.exit, 30000);
  assert.equal(daemon.process.exit.code, 69, daemon.errors);
  assert.match(daemon.errors, new RegExp(String(redis.port)));
});

test('Redis stands still: writes are UNKNOWN after mirror.timeout_ms, then refused; after it all is there', async (t) => {
  const {redis, daemon, call} = await openShop(t, {args: ['--set', 'mirror.timeout_ms=500']});
  const ledger = new Ledger(['c']);
  const crowd = await ledger.crowd(daemon, 10);
  await until('some orders', () => ledger.acknowledged > 100);
  await crowd.end();
  const seats = ledger.acknowledged;

  redis.process.signal('SIGSTOP');
  const first = await outcome(call('room.match', {campaign: 'c', user: 'stop-1', order: 'stop-1'}));
  assert.equal(first.code, 'UNKNOWN');
  assert.ok(first.ms >= 450 && first.ms < 3000, `after ${first.ms} ms`);
  const codes = [];
  await until('writes are refused', async () => {
    const n = `stop-${codes.length + 2}`;
    const {code} = await outcome(call('room.match', {campaign: 'c', user: n, order: n}));
    assert.ok(code !== undefined, 'a write was acknowledged');
    codes.push([n, code]);
    return ['MIRROR_DOWN', 'MIRROR_BUSY', 'BUSY'].includes(code);
  });
  redis.process.signal('SIGCONT');
  await until('writes go through again', async () => (await outcome(call('room.match', {campaign: 'c', user: 'probe', order: 'probe'}))).reply);

  const again = await call('room.match', {campaign: 'c', user: 'stop-1', order: 'stop-1'});
  const twice = await call('room.match', {campaign: 'c', user: 'stop-1', order: 'stop-1'});
  assert.equal(twice.again, 1);
  assert.equal(twice.room, again.room);
  const mine = (await call('user.seats', {campaign: 'c', user: 'stop-1'})).seats;
  assert.deepEqual(mine.map((seat) => seat.order), ['stop-1']);
  for (const [order, code] of codes)
    if (code !== 'UNKNOWN') await refused('SEAT_NOT_FOUND', call('seat.get', {campaign: 'c', order}));
  await ledger.audit(call);
  assert.equal(ledger.acknowledged, seats);
  await daemon.kill9();
  await daemon.restart();
  await ledger.audit((await connect(t, daemon)).call);
});

test('Redis comes and goes under 30 writing clients: nothing acknowledged is lost', async (t) => {
  const {redis, daemon} = await openShop(t, {args: ['--set', 'mirror.timeout_ms=400']});
  const ledger = new Ledger(['c']);
  const crowd = await ledger.crowd(daemon, 30);
  for (let round = 0; round < 3; round++) {
    const before = ledger.acknowledged;
    await until('orders flow', () => ledger.acknowledged > before + 200, 20000);
    redis.process.signal('SIGSTOP');
    await sleep(700);
    redis.process.signal('SIGCONT');
  }
  const before = ledger.acknowledged;
  await redis.process.kill9();
  await sleep(300);
  await redis.launch();
  await until('orders flow', () => ledger.acknowledged > before + 200, 20000);
  await crowd.end();
  const {call} = await connect(t, daemon);
  await ledger.settleUnknown(call);
  const {seats, rooms} = await ledger.audit(call);
  t.diagnostic(`${seats.length} orders; refused ${JSON.stringify([...ledger.refusals])}`);
  checkFeed(await readFeed((...words) => redis.cli(...words)), rooms, seats);
  await daemon.stop();
  await daemon.restart();
  await ledger.audit((await connect(t, daemon)).call);
});

test('Redis out of memory: writes are not acknowledged, reads go on, and it recovers', async (t) => {
  const {redis, daemon, call, seat, quiet} = await openShop(t, {args: ['--set', 'mirror.timeout_ms=500']});
  await redis.cli('CONFIG', 'SET', 'maxmemory', '1');
  const codes = [];
  await until('writes are refused', async () => {
    const n = `oom-${codes.length}`;
    const {code} = await outcome(call('room.match', {campaign: 'c', user: n, order: n}));
    assert.ok(code !== undefined, 'a write was acknowledged');
    codes.push(code);
    return ['MIRROR_DOWN', 'MIRROR_BUSY', 'BUSY'].includes(code);
  });
  await readQuiet(call, quiet);
  await redis.cli('CONFIG', 'SET', 'maxmemory', '0');
  const {reply} = await until('writes go through again', async () => {
    const result = await outcome(call('room.match', {campaign: 'c', user: 'after', order: 'after'}));
    return result.reply && result;
  });
  await daemon.kill9();
  await daemon.restart();
  const {call: later} = await connect(t, daemon);
  assert.equal((await later('seat.get', {campaign: 'c', order: 'after'})).room, reply.room);
  assert.equal((await later('seat.get', {campaign: 'c', order: 'o1'})).room, seat.room);
});

test('a Redis that may evict keys is refused at the start', async (t) => {
  const redis = await Redis.start(t, ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
  const daemon = new Tuand(await tempDir(t), ['--mirror', redis.url]);
  t.after(() => daemon.end());
  await daemon.launch();
  await until('it refuses', () => daemon.process.exit);
  assert.equal(daemon.process.exit.code, 78, daemon.errors);
  assert.match(daemon.errors, /allkeys-lru/);
});

test('a Redis that is told to evict keys later is noticed without a reconnect, and served again when it does not; what it promises is told as it is set', async (t) => {
  const {redis, daemon, call} = await openShop(t);
  const write = async (n) => (await outcome(call('room.match', {campaign: 'c', user: n, order: n}))).code ?? 'OK';
  const info = async (name) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(await call('info'))?.[1];
  assert.equal(await write('before'), 'OK');
  const {room} = await call('seat.get', {campaign: 'c', order: 'before'});
  assert.match(await info('mirror_promise'), /^aof-load-truncated yes:/);
  await redis.cli('CONFIG', 'SET', 'appendfsync', 'everysec');
  await until('it promises less now', async () => (await info('mirror_promise')) === 'appendfsync everysec: a crash of Redis may lose its last seconds', 15000);
  assert.equal(await info('mirror_reconnects'), '0');

  await redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  let order = 0;
  await until('writes are refused', async () => (await write(`under-${order++}`)) === 'MIRROR_DOWN', 15000);
  assert.match(await info('mirror_alarm'), /evicts keys \(maxmemory-policy allkeys-lru\): it must be noeviction/);
  const ready = await request(daemon.admin, '/readyz');
  assert.equal(ready.status, 503, ready.text);
  assert.match(daemon.errors, /mirror is not served.*allkeys-lru/);
  assert.equal(await write('while'), 'MIRROR_DOWN');

  await redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction', 'appendfsync', 'always', 'aof-load-truncated', 'no');
  await until('writes go through again', async () => (await write('after')) === 'OK', 15000);
  assert.equal(await info('mirror_promise'), 'nothing acknowledged is lost');
  assert.equal(await info('mirror_alarm'), '');
  assert.equal((await call('seat.get', {campaign: 'c', order: 'before'})).room, room);
  assert.equal((await outcome(call('seat.get', {campaign: 'c', order: 'while'}))).code, 'SEAT_NOT_FOUND');
});

test('the feed has exactly one room_formed for each formed room', async (t) => {
  const {redis, daemon} = await openShop(t);
  const ledger = new Ledger(['c']);
  const crowd = await ledger.crowd(daemon, 20);
  await until('many orders', () => ledger.acknowledged > 1000, 20000);
  await crowd.end();
  const {call} = await connect(t, daemon);
  const {seats, rooms} = await ledger.audit(call);
  const events = await readFeed((...words) => redis.cli(...words));
  checkFeed(events, rooms, seats);
  const formed = rooms.filter((room) => room.state === 'formed').map((room) => room.room);
  assert.ok(formed.length > 200);
  assert.deepEqual(events.filter((e) => e.type === 'room_formed').map((e) => e.room).sort(), formed.sort());
});

test('a password is read from its file; a wrong one is told apart from no Redis', async (t) => {
  const {writeFile} = await import('node:fs/promises');
  const dir = await tempDir(t);
  const redis = await Redis.start(t);
  await redis.cli('CONFIG', 'SET', 'requirepass', 'sesame');
  const file = `${dir}/password`;
  await writeFile(file, 'sesame\n', {mode: 0o600});
  const daemon = await Tuand.start(t, {args: ['--mirror', redis.url, '--set', `mirror.password_file=${file}`]});
  await (await connect(t, daemon)).call('campaign.put', {campaign: 'c', size: 2});
  assert.doesNotMatch(daemon.errors, /sesame/, 'the password is never logged');
  await daemon.stop();
  await writeFile(file, 'wrong\n', {mode: 0o600});
  await daemon.launch();
  await until('it says so', () => daemon.process.exit ?? /WRONGPASS|password/i.test(daemon.errors), 20000);
  assert.match(daemon.errors, /WRONGPASS|password/i);
  assert.doesNotMatch(daemon.errors, /ready rpc=/);
});

test('mirror none says that nothing is kept, and forgets', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  assert.match(daemon.errors, /mirror=none/);
  let {call, client} = await connect(t, daemon);
  assert.match(await client.info('mirror'), /mirror:none/);
  assert.doesNotMatch(await client.info('mirror'), /mirror_ack:durable/, 'nothing is durable');
  await call('campaign.put', {campaign: 'c', ...SHOP});
  await call('room.match', {campaign: 'c', user: 'u1', order: 'o1'});
  assert.equal(daemon.redisPid(), null);
  await daemon.stop();
  await daemon.restart();
  ({call} = await connect(t, daemon));
  assert.deepEqual((await call('campaign.list')).campaigns, []);
});

test('--mirror-ack memory answers although Redis stands still', async (t) => {
  const {redis, daemon, call, seat} = await openShop(t, {args: ['--mirror-ack', 'memory']});
  redis.process.signal('SIGSTOP');
  const {reply, ms} = await outcome(call('room.match', {campaign: 'c', user: 'u2', order: 'o2'}));
  assert.equal(reply?.room, seat.room);
  assert.ok(ms < 1000, `${ms} ms`);
  const {call: other} = await connect(t, daemon, rpc);
  assert.equal((await other('seat.pay', {campaign: 'c', order: 'o2'})).seat, 'paid');
  redis.process.signal('SIGCONT');
  await sleep(200);
  await daemon.stop();
  await daemon.restart();
  assert.equal((await (await connect(t, daemon)).call('seat.get', {campaign: 'c', order: 'o2'})).seat, 'paid');
});

test('two daemons on one Redis: the second does not serve beside the first', async (t) => {
  const {redis, daemon, call} = await openShop(t);
  const second = new Tuand(await tempDir(t), ['--mirror', redis.url]);
  t.after(() => second.end());
  await second.launch();
  await sleep(1500);
  assert.doesNotMatch(second.errors, /ready rpc=/);
  assert.equal((await outcome(call('room.match', {campaign: 'c', user: 'u9', order: 'o9'}))).code, undefined);
  await daemon.stop();
});

test('redis-cli INFO of the daemon tells the state of its mirror', async (t) => {
  const {daemon} = await openShop(t);
  const {output} = await run('redis-cli', ['-p', String(daemon.port), 'INFO', 'mirror']);
  assert.match(output, /mirror:redis:\/\//);
  assert.match(output, /mirror_state:owning/);
  assert.match(output, /mirror_ack:durable/);
});
