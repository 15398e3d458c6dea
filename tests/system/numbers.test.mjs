// SPDX-License-Identifier: BSD-2-Clause
// Numbers that operators live by, each moved by what it counts. (admin.test.mjs holds that all views show the same.)
import assert from 'node:assert/strict';
import net from 'node:net';
import {test} from 'node:test';
import {ioredis} from './clients.mjs';
import {Redis, SLOW, Tuand, until} from './tuand.mjs';
import {Events, request} from './web.mjs';

const NONE = ['--mirror', 'none'];

async function start(t, args) {
  const daemon = await Tuand.start(t, {args});
  const client = await ioredis(daemon);
  t.after(() => client.close());
  return {daemon, call: client.call, numbers: () => look(daemon)};
}

// All numbers of /v1/info, whatever their section.
const look = async (daemon) => Object.assign({}, ...Object.values((await request(daemon.admin, '/v1/info')).json).filter((section) => typeof section === 'object'));

test('free seats and deadlines ahead follow every step of a room', async (t) => {
  const {daemon, call, numbers} = await start(t, NONE);
  const steps = [];
  const step = async (what, method, args, seats, timers) => {
    const before = await numbers();
    await call(method, args);
    const after = await numbers();
    steps.push(what);
    assert.deepEqual([after.seats_open, after.timers_matching - before.timers_matching], [seats, timers], steps.join(', then '));
  };
  const seat = (name) => ({campaign: 'tea', user: name, order: name});
  await step('a campaign with an end', 'campaign.put', {campaign: 'tea', size: 4, price: 100, end_at: Date.now() + 3600_000}, 0, 1);
  await step('a hold', 'room.match', seat('ann'), 3, 2); // and the room's deadline
  await step('paid', 'seat.pay', {campaign: 'tea', order: 'ann', payment: 'p', amount: 100}, 3, -1);
  await step('another hold', 'room.match', seat('bob'), 2, 1);
  await step('given back', 'seat.cancel', {campaign: 'tea', order: 'bob'}, 3, -1);
  const {room} = await call('seat.get', {campaign: 'tea', order: 'ann'});
  await step('dissolved', 'room.dissolve', {room}, 0, -1); // kept until the refund is done
  const {refunds: [{refund}]} = await call('refund.list', {});
  await step('refunded', 'refund.ack', {refund, ref: 'r'}, 0, 1); // kept for a while
  await step('pieces', 'campaign.put', {campaign: 'rice', size: 10, count_by: 'pieces', payment: 'none'}, 0, 0);
  await step('seven of them', 'room.match', {campaign: 'rice', user: 'cat', order: 'cat', qty: 7}, 3, 1);

  const {timers_watch: before} = await numbers();
  const {room: rice} = await call('seat.get', {campaign: 'rice', order: 'cat'});
  const {etag} = await request(daemon.web, `/v1/rooms/${rice}`);
  const wait = request(daemon.web, `/v1/rooms/${rice}?since=${etag}&wait=20s`);
  await until('a waiter has a deadline', async () => (await numbers()).timers_watch === before + 1);
  assert.ok((await numbers()).timers_connection > 0, 'who looks at the admin port has one');
  await call('room.dissolve', {room: rice});
  await wait;
  const shown = (await request(daemon.admin, '/metrics')).text;
  assert.match(shown, /^tuan_seats_open 0$/m);
  for (const part of ['matching', 'connection', 'watch']) assert.match(shown, new RegExp(`^tuan_timers\\{part="${part}"\\} \\d+$`, 'm'));
});

test('what watchers are still to be told of is counted until the mirror has it', async (t) => {
  const {daemon, call, numbers} = await start(t, ['--set', 'mirror.timeout_ms=60s']);
  await call('campaign.put', {campaign: 'tea', size: 3, price: 100});
  const {room} = await call('room.match', {campaign: 'tea', user: 'ann', order: 'ann'});
  const streams = [];
  for (let n = 0; n < 5; n++) streams.push(await Events.open(daemon.web, `/v1/rooms/${room}/events`));
  t.after(() => streams.forEach((stream) => stream.close()));
  await until('all hear', () => streams.every(({all}) => all.length === 1));
  assert.equal((await numbers()).notification_queue, 0);
  process.kill(daemon.redisPid(), 'SIGSTOP');
  t.after(() => { try { process.kill(daemon.redisPid(), 'SIGCONT'); } catch { /* it is gone */ } });
  const paid = call('seat.pay', {campaign: 'tea', order: 'ann', payment: 'p', amount: 100});
  await until('five are to be told', async () => (await numbers()).notification_queue === 5);
  streams[0].close();
  await until('four are', async () => (await numbers()).notification_queue === 4);
  process.kill(daemon.redisPid(), 'SIGCONT');
  await paid;
  await until('all are told', () => streams.slice(1).every(({all}) => all.length === 2));
  assert.equal((await numbers()).notification_queue, 0);
});

test('what falls due is retired in smaller portions once the mirror took long for one', async (t) => {
  const ROOMS = 150, BUDGET = 100;
  const {daemon, call, numbers} = await start(t, ['--set', `sweep.budget=${BUDGET}`, '--set', 'mirror.timeout_ms=60s']);
  const deadline = Date.now() + 4000 * SLOW;
  await call('campaign.put', {campaign: 'tea', size: 3, payment: 'none', end_at: deadline, room_ttl_ms: 3600_000});
  await Promise.all(Array.from({length: ROOMS}, (_, n) => call('room.open', {campaign: 'tea', user: `u${n}`, order: `o${n}`})));
  assert.equal((await numbers()).sweep_portion, BUDGET);
  process.kill(daemon.redisPid(), 'SIGSTOP');
  t.after(() => { try { process.kill(daemon.redisPid(), 'SIGCONT'); } catch { /* it is gone */ } });
  await until('the first portion is with the mirror', async () => (await numbers()).rooms_failed >= BUDGET - 1, 4000 + 10000);
  assert.equal((await numbers()).sweep_portion, BUDGET, 'nothing is known of it yet');
  process.kill(daemon.redisPid(), 'SIGCONT');
  await until('all have ended', async () => (await numbers()).rooms_failed === ROOMS);
  await until('it was slow', async () => (await numbers()).sweep_portion < BUDGET);
  assert.match((await request(daemon.admin, '/metrics')).text, /^tuan_sweep_portion \d+$/m);
});

// A connection and all that it is told until it ends.
function knock(t, port) {
  const caller = {heard: '', ended: false};
  const socket = net.connect(port, '127.0.0.1').setEncoding('latin1');
  socket.on('data', (text) => { caller.heard += text; }).on('close', () => { caller.ended = true; }).on('error', () => {});
  t.after(() => socket.destroy());
  return new Promise((resolve) => socket.on('connect', () => resolve(Object.assign(caller, {leave: () => socket.destroy()}))));
}

test('connections that are turned away are counted by why', async (t) => {
  const {daemon} = await start(t, [...NONE, '--set', 'limit.connections=3']);
  const guests = [await knock(t, daemon.port), await knock(t, daemon.port)]; // and our client
  const late = [await knock(t, daemon.port), await knock(t, daemon.web)];
  await until('both are told', () => late.every(({ended}) => ended));
  assert.match(late[0].heard, /^-BUSY too many connections\r\n$/);
  assert.match(late[1].heard, /^HTTP\/1\.1 503 /);
  const operators = [];
  while (!operators.some(({ended}) => ended)) { // a few more may come in to look, not any number
    operators.push(await knock(t, daemon.admin));
    assert.ok(operators.length < 100);
  }
  await until('the last is told', () => operators.some(({heard}) => /^HTTP\/1\.1 503 /.test(heard)));
  for (const {leave} of [...guests, ...operators]) leave();
  const shown = await until('there is room to look', async () => { const {status, text} = await request(daemon.admin, '/metrics'); return status === 200 && text; });
  assert.match(shown, /^tuan_connections_rejected_total\{reason="limit"\} 2$/m);
  assert.ok(Number(/^tuan_connections_rejected_total\{reason="admin_limit"\} (\d+)$/m.exec(shown)[1]) >= operators.filter(({heard}) => heard).length);
});

test('who waits to be let in when the drain begins is told so', async (t) => {
  const {daemon, call, numbers} = await start(t, ['--set', 'mirror.timeout_ms=60s', '--set', 'shutdown.grace_ms=60s']);
  await call('campaign.put', {campaign: 'tea', size: 3});
  const redis = daemon.redisPid();
  process.kill(redis, 'SIGSTOP'); // a reply that waits for it makes the drain long enough to be seen
  t.after(() => { try { process.kill(redis, 'SIGCONT'); } catch { /* it is gone */ } });
  const seat = call('room.match', {campaign: 'tea', user: 'ann', order: 'ann'});
  await until('it waits', async () => (await numbers()).parked_replies === 1);
  daemon.process.signal('SIGSTOP');
  const crowd = await Promise.all(Array.from({length: 200}, (_, n) => knock(t, n % 2 ? daemon.port : daemon.web))); // more than one turn lets in
  daemon.process.signal('SIGTERM');
  daemon.process.signal('SIGCONT');
  const count = await until('some are turned away', async () => (await numbers()).rejected_draining);
  const told = () => crowd.filter(({heard}) => /^(-SHUTTING_DOWN nobody is let in any more\r\n|HTTP\/1\.1 503 )/.test(heard));
  await until('they are told', () => told().length === count);
  await until('they are let go', () => told().every(({ended}) => ended));
  assert.equal(crowd.filter(({ended}) => ended).length, count, 'and nobody else');
  process.kill(redis, 'SIGCONT');
  await seat;
  assert.equal((await daemon.process.end()).code, 0);
});

test('each kind of request to the mirror is timed', async (t) => {
  const {daemon, call, numbers} = await start(t, ['--set', 'snapshot.every_ms=100ms', '--set', 'mirror.timeout_ms=60s']);
  const counts = async () => Object.fromEntries(Object.entries(await numbers()).filter(([name]) => /^mirror_request_\w+_count$/.test(name)).map(([name, count]) => [name.slice(15, -6), count]));
  const before = await counts();
  assert.deepEqual(Object.keys(before), ['handshake', 'lease', 'load', 'look', 'append', 'slice', 'trim', 'feed']);
  for (const op of ['handshake', 'lease', 'load']) assert.ok(before[op] > 0, `${op} at the start`);
  assert.deepEqual([before.look, before.append, before.feed], [0, 0, 0]);
  await call('campaign.put', {campaign: 'tea', size: 3});
  await call('feed.read', {});
  await until('the snapshot is kept', async () => { const {append, slice, trim, feed} = await counts(); return append > 0 && slice > 0 && trim > 0 && feed > 0; });

  const redis = daemon.redisPid();
  const slowest = async () => (await numbers()).mirror_request_append_sum / 1e6;
  const quick = await slowest();
  process.kill(redis, 'SIGSTOP');
  const since = process.hrtime.bigint();
  const seat = call('room.match', {campaign: 'tea', user: 'ann', order: 'ann'});
  await until('it waits', async () => (await numbers()).parked_replies === 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill(redis, 'SIGCONT');
  await seat;
  const waited = Number(process.hrtime.bigint() - since) / 1e9, told = await slowest() - quick;
  assert.ok(told >= 0.3 && told <= waited, `${told} s of ${waited} s`);
  assert.match((await request(daemon.admin, '/metrics')).text, /^tuan_mirror_request_duration_seconds_bucket\{op="append",le="0.2"\} \d+$/m);
});

// Between daemon and Redis: may shut the door, or put a word in.
async function startProxy(t, redis) {
  const sockets = new Set();
  const proxy = {isShut: false, say: (text) => { for (const {inner} of sockets) inner.write(text); }};
  const server = net.createServer((inner) => {
    if (proxy.isShut) { inner.destroy(); return; }
    const pair = {inner, outer: net.connect(redis.port, '127.0.0.1')};
    sockets.add(pair);
    for (const [from, to] of [[inner, pair.outer], [pair.outer, inner]]) {
      from.pipe(to);
      from.on('error', () => {}).on('close', () => { to.destroy(); sockets.delete(pair); });
    }
  });
  const listen = (port) => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  proxy.port = server.address().port;
  proxy.close = () => new Promise((resolve) => { for (const {inner} of sockets) inner.destroy(); server.close(resolve); });
  proxy.open = () => listen(proxy.port);
  t.after(() => proxy.close());
  return proxy;
}

test('what goes wrong with the mirror is counted by its kind', async (t) => {
  const redis = await Redis.start(t);
  const proxy = await startProxy(t, redis);
  const {call, numbers} = await start(t, ['--mirror', `redis://127.0.0.1:${proxy.port}`, '--set', 'mirror.timeout_ms=500']);
  const works = (n) => until('it works again', () => call('campaign.put', {campaign: `c${n}`, size: 3}).then(() => true, () => false), 30000);
  const reasons = ['connect', 'ended', 'timeout', 'protocol', 'not_now', 'no_script', 'not_primary', 'denied', 'unknown'];
  const errors = async () => { const all = await numbers(); return Object.fromEntries(reasons.map((reason) => [reason, all[`mirror_errors_${reason}`]])); };
  await works(0);
  assert.deepEqual(await errors(), Object.fromEntries(reasons.map((reason) => [reason, 0])), 'nothing went wrong yet');

  let n = 0;
  const trouble = async (reason, begin, end, others = []) => {
    const before = await errors();
    await begin();
    await until(reason, async () => { call('campaign.put', {campaign: 'c', size: 3}).catch(() => {}); return (await errors())[reason] > before[reason]; }, 30000);
    await end();
    await works(++n);
    const after = await errors();
    for (const other of reasons)
      if (other !== reason && !others.includes(other)) assert.equal(after[other], before[other], `${reason}, not ${other}`);
  };
  const nothing = async () => {};
  const look = (await numbers()).mirror_request_look_count;
  await trouble('not_now', () => redis.cli('CONFIG', 'SET', 'maxmemory', '1'), () => redis.cli('CONFIG', 'SET', 'maxmemory', '0'));
  await trouble('no_script', () => redis.cli('SCRIPT', 'FLUSH'), nothing);
  await trouble('denied', () => redis.cli('ACL', 'SETUSER', 'default', '-evalsha'), () => redis.cli('ACL', 'SETUSER', 'default', '+evalsha'));
  await trouble('not_primary', () => redis.cli('REPLICAOF', '127.0.0.1', '1'), () => redis.cli('REPLICAOF', 'NO', 'ONE'));
  await trouble('unknown', async () => {
    redis.process.signal('SIGSTOP');
    const seat = call('room.match', {campaign: 'c0', user: 'ann', order: 'ann'});
    await until('a batch is on its way', async () => (await numbers()).mirror_flight_bytes > 0);
    proxy.say('-ERR something odd\r\n');
    await seat.catch(() => {});
  }, async () => redis.process.signal('SIGCONT'), ['timeout']);
  await trouble('timeout', async () => redis.process.signal('SIGSTOP'), async () => redis.process.signal('SIGCONT'));
  await trouble('protocol', async () => proxy.say('what?\r\n'), nothing);
  await trouble('ended', () => redis.cli('CLIENT', 'KILL', 'TYPE', 'normal'), nothing);
  await trouble('connect', () => proxy.close(), () => proxy.open(), ['ended']);
  assert.ok((await numbers()).mirror_request_look_count > look, 'it looked what is there after each doubt');
});
