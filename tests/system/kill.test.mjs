// SPDX-License-Identifier: BSD-2-Clause
// What was acknowledged survives kill -9: of the daemon, of its Redis, of both.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync, truncateSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {ioredis} from './clients.mjs';
import {Ledger, checkFeed, readFeed} from './ledger.mjs';
import {Tuand, run, sleep, until} from './tuand.mjs';

const ROUNDS = Number(process.env.TUAN_KILL_ROUNDS ?? 10);
const CLIENTS = 50;

// `long` keeps what it got; `short` falls due while the daemon is down.
const CAMPAIGNS = {
  long: {size: 3, price: 100},
  short: {size: 7, price: 100, room_ttl_ms: 600, hold_ms: 250, late_grace_ms: 0},
};

async function putCampaigns(daemon) {
  const {call, close} = await ioredis(daemon);
  for (const [campaign, parameters] of Object.entries(CAMPAIGNS)) await call('campaign.put', {campaign, ...parameters});
  await close();
  return new Ledger(Object.keys(CAMPAIGNS));
}

const redisCli = (daemon) => async (...words) => {
  const {output} = await run('redis-cli', ['-s', path.join(daemon.dir, 'data', 'redis.sock'), '--json', '-e', ...words]);
  return JSON.parse(output);
};

async function auditAll(t, daemon, ledger) {
  const {call, close} = await ioredis(daemon);
  await ledger.audit(call);
  const repeated = await ledger.settleUnknown(call);
  const {seats, rooms} = await ledger.audit(call);
  await close();
  t.diagnostic(`${ledger.acknowledged} orders acknowledged, ${repeated} repeated, ${rooms.length} rooms; refused: ${JSON.stringify([...ledger.refusals])}`);
  return {seats, rooms};
}

// All rooms of `short` end, each once.
async function auditEnds(t, daemon, ledger) {
  await sleep(700);
  const {seats, rooms} = await auditAll(t, daemon, ledger);
  assert.ok(rooms.filter((room) => room.campaign === 'short').every((room) => ['formed', 'failed'].includes(room.state)));
  checkFeed(await readFeed(redisCli(daemon)), rooms, seats);
  const {call, close} = await ioredis(daemon);
  const listed = [];
  let cursor;
  do {
    const page = await call('refund.list', {limit: 1000, ...(cursor ? {cursor} : {})});
    listed.push(...page.refunds.map((refund) => refund.order));
    cursor = page.cursor;
  } while (cursor !== '');
  const owed = seats.filter((seat) => seat.seat === 'refund_due').map((seat) => seat.order);
  assert.deepEqual(listed.sort(), owed.sort(), 'each owed refund is listed once');
  await close();
}

const random = (from, to) => from + Math.random() * (to - from);

test(`kill -9 of the daemon under ${CLIENTS} writing clients loses nothing, ${ROUNDS} times`, async (t) => {
  const daemon = await Tuand.start(t);
  const ledger = await putCampaigns(daemon);
  for (let round = 1; round <= ROUNDS; round++) {
    const before = ledger.acknowledged;
    const crowd = await ledger.crowd(daemon, CLIENTS);
    await until('some orders are acknowledged', () => ledger.acknowledged > before + 100);
    await sleep(random(0, 400));
    await daemon.kill9();
    await crowd.end();
    if (round % 3 === 0) await sleep(random(300, 900)); // things fall due meanwhile
    await daemon.restart();
    await auditAll(t, daemon, ledger);
  }
  await auditEnds(t, daemon, ledger);
  await daemon.stop();
});

test('kill -9 of the private redis-server alone: it is started again and nothing is lost', async (t) => {
  const daemon = await Tuand.start(t);
  const ledger = await putCampaigns(daemon);
  for (let round = 1; round <= 3; round++) {
    const before = ledger.acknowledged;
    const crowd = await ledger.crowd(daemon, CLIENTS);
    await until('some orders are acknowledged', () => ledger.acknowledged > before + 300);
    const pid = daemon.redisPid();
    process.kill(pid, 'SIGKILL');
    await until('another redis-server', () => daemon.redisPid() !== pid);
    const half = ledger.acknowledged;
    await until('orders are acknowledged again', () => ledger.acknowledged > half + 300);
    await crowd.end();
    assert.equal(daemon.process.exit, null);
    await auditAll(t, daemon, ledger);
  }
  await auditEnds(t, daemon, ledger);
  await daemon.stop();
  await daemon.restart();
  await auditEnds(t, daemon, ledger);
});

test('kill -9 of the daemon and its redis-server together loses nothing', async (t) => {
  const daemon = await Tuand.start(t);
  const ledger = await putCampaigns(daemon);
  for (let round = 1; round <= 4; round++) {
    const before = ledger.acknowledged;
    const crowd = await ledger.crowd(daemon, CLIENTS);
    await until('some orders are acknowledged', () => ledger.acknowledged > before + 200);
    await sleep(random(0, 200));
    const victims = round % 2 ? [daemon.redisPid(), daemon.pid] : [daemon.pid, daemon.redisPid()];
    for (const pid of victims) {
      try { process.kill(pid, 'SIGKILL'); } catch (error) { assert.equal(error.code, 'ESRCH'); }
    }
    await daemon.process.end();
    await crowd.end();
    await daemon.restart();
    await auditAll(t, daemon, ledger);
  }
  await auditEnds(t, daemon, ledger);
});

test('a log written anew beside a crowd: the old one goes bit by bit, and a kill -9 meanwhile loses nothing', async (t) => {
  const daemon = await Tuand.start(t);
  const ledger = await putCampaigns(daemon);
  const dir = path.join(daemon.dir, 'data', 'appendonlydir');
  const parts = (type) => readFileSync(path.join(dir, 'appendonly.aof.manifest'), 'utf8').split('\n')
    .filter((line) => line.endsWith(` type ${type}`)).map((line) => line.split(' ')[1]);
  const isOne = () => parts('h').length === 0 && readdirSync(dir).sort().join() === [...parts('b'), ...parts('i'), 'appendonly.aof.manifest'].sort().join();
  for (let round = 1; round <= 2; round++) {
    const before = ledger.acknowledged, base = parts('b')[0];
    const crowd = await ledger.crowd(daemon, CLIENTS);
    await until('some orders are acknowledged', () => ledger.acknowledged > before + 500);
    const asked = await run('redis-cli', ['-s', path.join(daemon.dir, 'data', 'redis.sock'), 'BGREWRITEAOF']);
    assert.match(asked.output, /started/);
    await until('another file is the whole', () => parts('b')[0] !== base);
    if (round === 1) {
      for (const pid of [daemon.pid, daemon.redisPid()]) process.kill(pid, 'SIGKILL');
      await daemon.process.end();
      await crowd.end();
      await daemon.restart();
    } else {
      await until('orders are acknowledged beside it', () => ledger.acknowledged > before + 1000);
      await crowd.end();
    }
    await until('only what is read is left', isOne);
    await auditAll(t, daemon, ledger);
  }
  await daemon.stop();
  await daemon.restart();
  await auditEnds(t, daemon, ledger);
});

// A Redis killed inside write(2) leaves half a transaction at the end of its log. Left there, it would come back to life at
// the start after next, in front of what was written in between.
for (const [where, bytes] of [['its EXEC', 3], ['a command of it', 40], ['its first command', 200]]) {
  test(`a log torn inside ${where} stays torn off over two starts`, async (t) => {
    const daemon = await Tuand.start(t);
    let client = await ioredis(daemon);
    await client.call('campaign.put', {campaign: 'c', size: 3, price: 100});
    const order = (n) => client.call('room.match', {campaign: 'c', user: `u${n}`, order: `o${n}`});
    const killBoth = async () => {
      await client.close();
      process.kill(daemon.redisPid(), 'SIGKILL');
      await daemon.kill9();
    };
    await order(1);
    await order(2);
    await killBoth();
    const folder = path.join(daemon.dir, 'data', 'appendonlydir');
    const log = path.join(folder, readdirSync(folder).find((name) => name.endsWith('.incr.aof')));
    truncateSync(log, readFileSync(log).lastIndexOf('EXEC') + 6 - bytes);
    await daemon.restart();
    client = await ioredis(daemon);
    await assert.rejects(client.call('seat.get', {campaign: 'c', order: 'o2'}), {code: 'SEAT_NOT_FOUND'});
    await order(3);
    await killBoth();
    await daemon.restart();
    client = await ioredis(daemon);
    await assert.rejects(client.call('seat.get', {campaign: 'c', order: 'o2'}), {code: 'SEAT_NOT_FOUND'});
    assert.equal((await client.call('seat.get', {campaign: 'c', order: 'o1'})).seat, 'held');
    assert.equal((await client.call('seat.get', {campaign: 'c', order: 'o3'})).seat, 'held');
    await client.close();
    await daemon.stop();
  });
}

test('holds and deadlines that pass while the daemon is down are fired once, at the next start', async (t) => {
  const daemon = await Tuand.start(t);
  const client = await ioredis(daemon);
  const {call} = client;
  await call('campaign.put', {campaign: 'c', size: 3, price: 100, room_ttl_ms: 1500, hold_ms: 900, late_grace_ms: 0});
  await call('room.match', {campaign: 'c', user: 'u1', order: 'o1'});
  const paid = await call('seat.pay', {campaign: 'c', order: 'o1'});
  const held = await call('room.match', {campaign: 'c', user: 'u2', order: 'o2'});
  await daemon.kill9();
  await daemon.restart();
  const again = await ioredis(daemon);
  const now = await again.call('seat.get', {campaign: 'c', order: 'o2'});
  if (now.now < held.hold_until) assert.equal(now.hold_until, held.hold_until);
  assert.equal(now.deadline, paid.deadline);
  await daemon.kill9();
  await sleep(Math.max(0, paid.deadline - Date.now()) + 50);
  for (let start = 0; start < 2; start++) {
    await daemon.restart();
    const last = await ioredis(daemon);
    assert.equal((await last.call('seat.get', {campaign: 'c', order: 'o2'})).seat, 'released');
    assert.equal((await last.call('room.get', {room: paid.room})).reason, 'deadline');
    assert.deepEqual((await last.call('refund.list', {campaign: 'c'})).refunds.map((r) => [r.order, r.reason, r.amount]), [['o1', 'room_failed', 100]]);
    await last.close();
    const types = (await readFeed(redisCli(daemon))).map((event) => event.type);
    assert.deepEqual(types, ['room_opened', 'room_failed', 'refund_due']);
    await daemon.stop();
  }
});
