// SPDX-License-Identifier: BSD-2-Clause
// More than it can do: queues are bounded, what is turned away is told so at once, one bad client hurts nobody else, and
// an end or a reload in the middle of it loses nothing.
import assert from 'node:assert/strict';
import {readFile, writeFile} from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {test} from 'node:test';
import {Cut, Refusal, ioredis} from './clients.mjs';
import {Process, Tuand, bin, residentBytes, run, sleep, tempDir, until} from './tuand.mjs';
import {request} from './web.mjs';

const NONE = ['--mirror', 'none'];
const MB = 1024 * 1024;

const connect = async (t, daemon) => {
  const client = await ioredis(daemon);
  t.after(() => client.close());
  return client;
};
const codeOf = (promise) => promise.then(() => 'OK', (error) => { if (!(error instanceof Refusal)) throw error; return error.code; });
const counter = async (client, name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(await client.client.info())[1]);

// Connections that send these bytes and read nothing.
async function deaf(t, port, count, bytes) {
  const sockets = Array.from({length: count}, () => net.connect(port, '127.0.0.1').on('error', () => {}).pause());
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  for (const socket of sockets) socket.write(bytes);
  return sockets;
}

async function withRooms(t, args) {
  const daemon = await Tuand.start(t, {args});
  const client = await connect(t, daemon);
  await client.call('campaign.put', {campaign: 'c', size: 3});
  for (let n = 0; n < 50; n++) {
    await client.call('room.open', {campaign: 'c', user: `u${n}`, order: `o${n}`, profile: 'x'.repeat(200)});
    await client.call('seat.pay', {campaign: 'c', order: `o${n}`});
  }
  return {daemon, client};
}

test('replies that nobody reads: beyond limit.output_all reads and new seats are BUSY, money and operators are not', async (t) => {
  const {daemon, client} = await withRooms(t, [...NONE, '--set', 'limit.output_all=1MiB']);
  const held = await client.call('room.match', {campaign: 'c', user: 'payer', order: 'pay-me'});
  const asks = 'ROOM.LIST c limit 50\r\n'.repeat(100);
  const sockets = await deaf(t, daemon.port, 4, asks);
  await until('it is full', async () => { // the kernel holds a lot of it first
    for (const socket of sockets) if (socket.writableLength === 0) socket.write(asks);
    return await counter(client, 'output_bytes') >= MB && await counter(client, 'output_bytes') >= MB;
  }, 30000);
  const read = await client.call('room.get', {room: held.room}).catch((error) => error);
  assert.match(read.message, /^BUSY the daemon is overloaded retry_after_ms=\d+$/);
  assert.equal(await codeOf(client.call('room.match', {campaign: 'c', user: 'late', order: 'late'})), 'BUSY');
  assert.equal((await client.call('seat.pay', {campaign: 'c', order: 'pay-me'})).seat, 'paid');
  assert.equal((await client.call('campaign.get', {campaign: 'c'}).catch((error) => error)).code, 'BUSY');
  assert.equal((await client.call('campaign.put', {campaign: 'c', name: 'an operator may'})).name, 'an operator may');
  const web = await request(daemon.web, `/v1/rooms/${held.room}`);
  assert.deepEqual([web.status, web.json.error.code, web.headers['retry-after']], [503, 'BUSY', '1']);
  assert.equal((await request(daemon.admin, '/readyz')).status, 200);
  const used = await counter(client, 'output_bytes');
  assert.ok(used < (1 + 4) * MB, `${used} bytes wait`);
  for (const socket of sockets) socket.destroy();
  await until('it serves again', async () => await codeOf(client.call('room.get', {room: held.room})) === 'OK');
  await assert.rejects(client.call('seat.get', {campaign: 'c', order: 'late'}), /SEAT_NOT_FOUND/, 'BUSY had no effect');
});

test('a mirror that stands still: beyond limit.parked new work is BUSY at once, the parked is not lost', async (t) => {
  const {daemon, client} = await withRooms(t, ['--set', 'limit.parked=50', '--set', 'mirror.timeout_ms=60000']);
  process.kill(daemon.redisPid(), 'SIGSTOP');
  const waiting = Array.from({length: 60}, (_, n) => codeOf(client.call('room.match', {campaign: 'c', user: `p${n}`, order: `p${n}`})));
  await until('fifty wait', async () => Number(/"parked_replies":(\d+)/.exec((await request(daemon.admin, '/v1/info')).text)[1]) >= 50);
  const other = await connectPast(t, daemon);
  const begin = Date.now();
  const answer = await other('ROOM.MATCH c q q\r\n');
  assert.match(answer, /^-(BUSY|MIRROR_BUSY|MIRROR_DOWN) .*\r\n$/);
  t.diagnostic(`${answer.trim()} after ${Date.now() - begin} ms`);
  process.kill(daemon.redisPid(), 'SIGCONT');
  const codes = await Promise.all(waiting);
  assert.ok(codes.filter((code) => code === 'OK').length >= 50, String(codes));
  for (const [n, code] of codes.entries())
    assert.equal(await codeOf(client.call('seat.get', {campaign: 'c', order: `p${n}`})), code === 'OK' ? 'OK' : 'SEAT_NOT_FOUND', `p${n}: ${code}`);
});

// One word at a time, without the greeting of a client library.
async function connectPast(t, daemon) {
  const socket = net.connect(daemon.port, '127.0.0.1').setEncoding('latin1');
  t.after(() => socket.destroy());
  return (text) => new Promise((resolve, reject) => {
    socket.once('data', resolve).once('error', reject);
    socket.write(text);
  });
}

test('thirty clients who never read are cut off and counted, and hardly felt by those who do', async (t) => {
  const {daemon, client} = await withRooms(t, NONE);
  const median = async () => {
    const times = [];
    for (let n = 0; n < 400; n++) {
      const begin = process.hrtime.bigint();
      await client.call('room.list', {campaign: 'c', limit: 1});
      times.push(Number(process.hrtime.bigint() - begin) / 1e6);
    }
    return times.sort((a, b) => a - b)[200];
  };
  await median();
  const alone = await median();
  const before = await residentBytes(daemon.pid);
  await deaf(t, daemon.port, 30, 'ROOM.LIST c limit 50\r\n'.repeat(500));
  await until('they are full', async () => await counter(client, 'reads_paused') >= 30, 30000);
  const beside = await median();
  const [grown, held] = [await residentBytes(daemon.pid) - before, await counter(client, 'output_bytes')];
  t.diagnostic(`median ${alone.toFixed(2)} ms alone, ${beside.toFixed(2)} ms beside them; ${(held / MB).toFixed(0)} MB wait for them, ${(grown / MB).toFixed(0)} MB more resident`);
  assert.ok(beside < alone * 3 + 2, `${alone} ms alone, ${beside} ms beside them`);
  assert.ok(held < 30 * 1.1 * MB, `${held / MB} MB`);
  await until('they are closed', async () => await counter(client, 'slow_closes') >= 30, 30000);
  await until('what they held is free', async () => await counter(client, 'output_bytes') < MB);
});

// What one thread can do in a second is what a request costs it, and that, unlike the second, is not shared with what else
// runs on the machine: so the time on the processor is measured.
test('at five times the load it does at least four fifths of its most', async (t) => {
  const daemon = await Tuand.start(t, {args: NONE});
  const client = await connect(t, daemon);
  await client.call('campaign.put', {campaign: 'c', size: 3, one_open_per_user: 0});
  const REQUESTS = 10000;
  const busyNs = async () => Number((await readFile(`/proc/${daemon.pid}/schedstat`, 'utf8')).split(' ')[0]);
  let series = 0;
  const rate = async (clients) => {
    const before = await busyNs();
    const {code, output, errors} = await run('redis-benchmark', ['-p', String(daemon.port), '-c', String(clients), '-P', '8', '-n', String(REQUESTS), '-r', '2000000000', '--csv',
      'ROOM.MATCH', 'c', `u${++series}-__rand_int__`, `o${series}-__rand_int__-__rand_int__`], {ms: 120000});
    assert.equal(code, 0, output + errors);
    return REQUESTS / (await busyNs() - before) * 1e9;
  };
  const shares = [];
  const middle = () => [...shares].sort((a, b) => a - b)[Math.floor(shares.length / 2)];
  await rate(20);
  for (let round = 0; round < 9 && (round < 3 || middle() < 0.8); round++) { // more rooms cost more: each pair in both orders
    const order = round % 2 ? [100, 20] : [20, 100];
    const rates = {[order[0]]: await rate(order[0]), [order[1]]: await rate(order[1])};
    shares.push(rates[100] / rates[20]);
  }
  assert.equal(await counter(client, 'seats'), (2 * shares.length + 1) * REQUESTS, 'every request got its seat');
  t.diagnostic(`with 100 clients ${shares.map((share) => share.toFixed(2))} of what it does for 20`);
  assert.ok(middle() >= 0.8, String(shares));
});

test('with no descriptor to spare clients wait or are told, and the mirror still gets its connection back', async (t) => {
  const dir = await tempDir(t);
  const daemon = new Tuand(dir, []);
  t.after(() => daemon.end());
  daemon.process = new Process('prlimit', ['--nofile=200:200', bin('tuand'), '--rpc', '127.0.0.1:0', '--web', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--dir', path.join(dir, 'data')]);
  await daemon.ready();
  assert.match(daemon.errors, /fewer connections than limit\.connections/);
  const client = await connect(t, daemon);
  await client.call('campaign.put', {campaign: 'c', size: 3});
  const told = [];
  const sockets = Array.from({length: 300}, () => net.connect(daemon.port, '127.0.0.1').on('error', () => {}).on('data', (text) => told.push(String(text))));
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  await until('those beyond are told', () => told.length >= 100, 20000);
  assert.ok(told.every((text) => text === '-BUSY too many connections\r\n'), told[0]);
  process.kill(daemon.redisPid(), 'SIGKILL');
  await until('writes go through again', async () => await codeOf(client.call('room.match', {campaign: 'c', user: 'u', order: 'o'})) === 'OK', 20000);
  assert.equal((await request(daemon.admin, '/readyz')).status, 200, 'operators have places of their own');
});

test('asked to stop twice it stops at once, and nothing acknowledged is lost', async (t) => {
  const daemon = await Tuand.start(t);
  const clients = await Promise.all(Array.from({length: 10}, () => connect(t, daemon)));
  await clients[0].call('campaign.put', {campaign: 'c', size: 3});
  const seats = new Map();
  const shoppers = clients.map(async ({call}, k) => {
    for (let n = 0; ; n++) {
      const order = `o${k}-${n}`;
      try {
        seats.set(order, (await call('room.match', {campaign: 'c', user: order, order})).room);
      } catch (error) {
        if (error instanceof Cut) return;
        if (!['SHUTTING_DOWN', 'UNKNOWN'].includes(error.code)) throw error;
        await sleep(1);
      }
    }
  });
  await until('some seats', () => seats.size > 200);
  daemon.process.signal('SIGTERM');
  await daemon.saw(/draining/);
  daemon.process.signal('SIGTERM');
  const exit = await daemon.process.end();
  await Promise.all(shoppers);
  assert.ok([0, 1].includes(exit.code) && exit.signal === null, JSON.stringify(exit));
  await daemon.restart();
  const {call} = await connect(t, daemon);
  for (const [order, room] of seats) assert.equal((await call('seat.get', {campaign: 'c', order})).room, room);
});

test('a reload takes all or nothing, and names the place of what is wrong', async (t) => {
  const dir = await tempDir(t);
  const file = path.join(dir, 'tuan.conf');
  await writeFile(file, 'limit.in_flight = 100\n');
  const daemon = await Tuand.start(t, {dir, args: [...NONE, '--config', file]});
  const {client} = await connect(t, daemon);
  const value = async (name) => (await client.config('GET', name))[1];
  for (const [text, why] of [
    ['limit.in_flight = 7\nlimit.frame = 8KiB\n', /limit\.frame needs a restart/],
    ['limit.in_flight = 7\nlimit.rate = many\n', /tuan\.conf:2: limit\.rate: 'many' is not a number/],
    ['limit.in_flight = 7\nlimit.in_flight = 8\n', /tuan\.conf:2: .*was set in line 1/],
    ['limit.in_flight = 7\nno.such = 8\n', /tuan\.conf:2: unknown option 'no\.such'/],
    ['limit.in_flight = 7\nauth.file = /nonexistent\n', /auth\.file: cannot read \/nonexistent/],
  ]) {
    await writeFile(file, text);
    daemon.process.signal('SIGHUP');
    await daemon.saw(new RegExp(`reload refused: nothing was changed[^\\n]*${why.source}`));
    assert.equal(await value('limit.in_flight'), '100', text);
  }
  await writeFile(file, 'limit.in_flight = 7\nlimit.rate = 5000\n');
  daemon.process.signal('SIGHUP');
  await daemon.saw(/reloaded/);
  assert.deepEqual([await value('limit.in_flight'), await value('limit.rate')], ['7', '5000']);
});
