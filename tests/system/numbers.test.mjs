// SPDX-License-Identifier: BSD-2-Clause
// Numbers that operators live by, each moved by what it counts. (admin.test.mjs holds that all views show the same.)
import assert from 'node:assert/strict';
import net from 'node:net';
import {test} from 'node:test';
import {ioredis} from './clients.mjs';
import {Tuand, until} from './tuand.mjs';
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
