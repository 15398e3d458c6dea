// SPDX-License-Identifier: BSD-2-Clause
// tuan dump and tuan load: everything that is kept, out of one daemon and into another.
import assert from 'node:assert/strict';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {test} from 'node:test';
import {refused, rpc} from './clients.mjs';
import {Redis, Tuand, bin, run, tempDir, until} from './tuand.mjs';

const NONE = ['--mirror', 'none'];
const at = (daemon) => `127.0.0.1:${daemon.port}`;
const tuan = async (daemon, args, options) => {
  const result = await run(bin('tuan'), ['-s', at(daemon), ...args], {ms: 60000, ...options});
  assert.doesNotMatch(result.errors, /Sanitizer|runtime error:/);
  return result;
};

async function start(t, args) {
  const daemon = await Tuand.start(t, {args});
  return {daemon, ...await connect(t, daemon)};
}
async function connect(t, daemon) {
  const client = await rpc(daemon);
  t.after(() => client.close().catch(() => {}));
  return {call: client.call};
}

async function dump(t, daemon, names = []) {
  const file = path.join(await tempDir(t), 'dump.jsonl');
  const {code, output, errors} = await tuan(daemon, ['dump', ...names]);
  assert.equal(code, 0, errors);
  await writeFile(file, output);
  return {file, output, errors};
}

// Rooms in all states, refunds due and done, users with limits used, a closed campaign, one that changed its rules.
async function fill(call) {
  const put = (campaign, more) => call('campaign.put', {campaign, size: 3, price: 900, ...more});
  const match = (campaign, n, more) => call('room.match', {campaign, user: `u${n}`, order: `o${n}`, ...more});
  const pay = (campaign, n) => call('seat.pay', {campaign, order: `o${n}`, amount: 900, payment: `p${n}`});
  await put('tea', {name: '烏龍茶 250 g', joins_per_user: 3, opens_per_user: 2, match_tags: ['city']});
  for (let n = 1; n <= 3; n++) { await match('tea', n, {tags: {city: 'sh'}, profile: `U${n}**`}); await pay('tea', n); } // formed
  for (let n = 4; n <= 5; n++) await match('tea', n, {tags: {city: 'bj'}, channel: 'app'});
  await pay('tea', 4); // open: one paid, one held
  await call('seat.refund', {campaign: 'tea', order: 'o2', amount: 100, reason: 'chipped'});
  await call('seat.pay', {campaign: 'tea', order: 'o1', amount: 900, payment: 'again'}); // duplicate: owed
  await call('seat.pay', {campaign: 'tea', order: 'nobody', amount: 700, paid_at: Date.now() - 1000}); // unmatched: owed
  const {refunds} = await call('refund.list', {campaign: 'tea'});
  await call('refund.ack', {refund: refunds[0].refund, ref: 'bank-1'});
  await put('short', {size: 2, room_ttl_ms: 700, hold_ms: 600}); // fails, and owes
  await match('short', 1);
  await pay('short', 1);
  await put('tiers', {size: 4, tiers: [{size: 2, price: 900}, {size: 4, price: 700}], tier_mode: 'at_deadline'});
  await match('tiers', 1);
  await put('draw', {size: 2, draw: {winners: 1}});
  for (const n of [1, 2]) { await match('draw', n); await pay('draw', n); }
  await put('closed');
  await match('closed', 1);
  await call('campaign.close', {campaign: 'closed', rooms: 'run_on'});
  await put('revised', {size: 4});
  await match('revised', 1);
  await put('revised', {size: 2, price: 800});
  await match('revised', 2, {open: 1});
  for (let n = 0; n < 40; n++) await put(`c${n}`, {payment: 'none', size: 2});
  for (let n = 0; n < 40; n++) await match(`c${n}`, n);
  await until('the short room has failed', async () => (await call('seat.get', {campaign: 'short', order: 'o1'})).seat === 'refund_due');
}

// All that can be asked for, without the moment it was asked.
const timeless = (answer) => JSON.parse(JSON.stringify(answer, (name, value) => name === 'now' ? undefined : value));
async function everything(call) {
  const seen = {};
  const ask = async (method, args) => { seen[`${method} ${JSON.stringify(args)}`] = timeless(await call(method, args)); return seen[`${method} ${JSON.stringify(args)}`]; };
  const {campaigns} = await ask('campaign.list', {limit: 200});
  const rooms = new Set();
  for (const {campaign} of campaigns) {
    await ask('campaign.get', {campaign});
    await ask('stats', {campaign});
    for (const sort of ['best', 'newest', 'formed']) for (const room of (await ask('room.list', {campaign, sort, limit: 50})).rooms) rooms.add(room.room);
    for (let n = 0; n < 6; n++) {
      await ask('user.seats', {campaign, user: `u${n}`});
      const seat = await ask('seat.get', {campaign, order: `o${n}`}).catch((error) => error.code);
      if (seat.room) rooms.add(seat.room);
    }
    await ask('refund.list', {campaign});
  }
  await ask('seat.get', {campaign: 'tea', order: 'nobody'});
  for (const room of rooms) for (const method of ['room.get', 'room.seats', 'room.history']) await ask(method, {room});
  await ask('room.mget', {room: [...rooms].slice(0, 100)});
  assert.ok(rooms.size > 45, `${rooms.size} rooms`);
  return seen;
}

test('from memory into 16 partitions and back: every answer is the same, the shop goes on, a crash takes nothing', async (t) => {
  const a = await start(t, NONE);
  await fill(a.call);
  const {file, output, errors} = await dump(t, a.daemon);
  assert.match(errors, /^tuan: dumped 46 campaigns with \d+ rooms and \d+ refunds\n$/);
  const lines = output.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.equal(lines.length, 47);
  assert.deepEqual([lines.at(-1).end, lines.find((line) => line.campaign === 'tea').rooms], [46, 2]);
  const before = await everything(a.call);

  const redis = await Redis.start(t);
  const b = await start(t, ['--mirror', redis.url]);
  const loaded = await tuan(b.daemon, ['load', file]);
  assert.equal(loaded.code, 0, loaded.errors);
  assert.match(loaded.errors, /^tuan: loaded 46 campaigns with \d+ rooms and \d+ refunds, skipped 0\n$/);
  assert.deepEqual(await everything(b.call), before);
  const again = await tuan(b.daemon, ['load', file]);
  assert.equal(again.code, 3, 'it is there already');
  assert.match(again.errors, /CAMPAIGN_IN_USE/);
  assert.match((await tuan(b.daemon, ['load', '--skip', file])).errors, /loaded 0 .* skipped 46/);

  // Nothing of it was in a snapshot yet: the log brings it back.
  await b.daemon.kill9();
  await b.daemon.restart();
  const after = await connect(t, b.daemon);
  assert.deepEqual(await everything(after.call), before);

  // An order is still the same request, limits still count, and what is open forms.
  assert.equal((await after.call('room.match', {campaign: 'tea', user: 'u4', order: 'o4', tags: {city: 'bj'}})).again, 1);
  const {room} = await after.call('seat.get', {campaign: 'tea', order: 'o5'});
  await after.call('seat.pay', {campaign: 'tea', order: 'o5', amount: 900, payment: 'p5'});
  await after.call('room.join', {room, user: 'u6', order: 'o6', tags: {city: 'bj'}});
  await after.call('seat.pay', {campaign: 'tea', order: 'o6', amount: 900, payment: 'p6'});
  assert.equal((await after.call('room.get', {room})).state, 'formed');
  const owed = (await after.call('refund.list', {campaign: 'short'})).refunds;
  assert.equal((await after.call('refund.ack', {refund: owed[0].refund, ref: 'bank-2'})).ref, 'bank-2');

  // And back, into a private mirror of one partition.
  const whole = await everything(after.call);
  const {file: back} = await dump(t, b.daemon);
  const c = await start(t, []);
  assert.equal((await tuan(c.daemon, ['load', '-'], {input: await readFile(back)})).code, 0);
  assert.deepEqual(await everything(c.call), whole);
  await c.daemon.stop();
  await c.daemon.restart();
  assert.deepEqual(await everything((await connect(t, c.daemon)).call), whole);
});

test('what fell due between dump and load happens at the load', async (t) => {
  const a = await start(t, NONE);
  await a.call('campaign.put', {campaign: 'flash', size: 2, price: 500, room_ttl_ms: 900, hold_ms: 500, clock_start: 'open'});
  for (const n of [1, 2]) await a.call('room.open', {campaign: 'flash', user: `u${n}`, order: `o${n}`});
  await a.call('seat.pay', {campaign: 'flash', order: 'o1', amount: 500});
  const {file} = await dump(t, a.daemon, ['flash']);
  await until('the rooms have failed where they were', async () => (await a.call('campaign.get', {campaign: 'flash'})).rooms_open === 0);
  const b = await start(t, NONE);
  assert.equal((await tuan(b.daemon, ['load', file])).code, 0);
  const seat = await until('its room failed here too', async () => {
    const found = await b.call('seat.get', {campaign: 'flash', order: 'o1'});
    return found.room_state === 'failed' && found;
  });
  assert.deepEqual([seat.seat, seat.reason], ['refund_due', 'room_failed']);
  assert.equal((await b.call('seat.get', {campaign: 'flash', order: 'o2'})).seat, 'released');
});

test('a damaged, cut or foreign dump is refused, and nothing of that campaign comes in', async (t) => {
  const a = await start(t, NONE);
  for (const campaign of ['one', 'two']) {
    await a.call('campaign.put', {campaign, size: 2});
    await a.call('room.match', {campaign, user: 'u', order: 'o'});
  }
  const {output} = await dump(t, a.daemon);
  const [one, two, end] = output.trimEnd().split('\n');
  const b = await start(t, NONE);
  const load = (lines) => tuan(b.daemon, ['load'], {input: lines.join('\n')});
  const change = (line, changes) => JSON.stringify({...JSON.parse(line), ...changes});
  const {data, sum} = JSON.parse(one);
  const cases = [
    ['a digit changed', [change(one, {data: data.replace(/.$/, (digit) => digit === '0' ? '1' : '0')})], 3, /BAD_ARGUMENT sum: of other data/],
    ['data cut', [change(one, {data: data.slice(0, -2)})], 3, /sum: of other data/],
    ['no hexadecimal', [change(one, {data: `${data.slice(0, -1)}G`})], 3, /data: not hexadecimal/],
    ['another name', [change(one, {campaign: 'three'})], 3, /data: of another campaign/],
    ['a later format', [change(one, {format: 2})], 4, /format that this tuan does not know/],
    ['half a line', [one.slice(0, 200)], 4, /line 1: not JSON: the file is cut off or damaged/],
    ['something else', ['{"hello":"world"}'], 4, /not a line of tuan dump/],
    ['not even JSON lines', ['hello'], 4, /not JSON/],
  ];
  for (const [what, lines, code, message] of cases) {
    const found = await load(lines);
    assert.deepEqual([what, found.code], [what, code], found.errors);
    assert.match(found.errors, message, what);
  }
  await refused('BAD_ARGUMENT', b.call('campaign.load', {campaign: 'one', data: '00ff', sum}));
  await refused('BAD_ARGUMENT', b.call('campaign.load', {campaign: 'one', data}));
  assert.deepEqual((await b.call('campaign.list', {})).campaigns, [], 'nothing came in');
  const cut = await load([one]);
  assert.equal(cut.code, 4);
  assert.match(cut.errors, /the dump has no end: the file is cut off/);
  assert.match((await load([end])).errors, /lines are missing/);
  const rest = await tuan(b.daemon, ['load', '--skip'], {input: [one, two, end].join('\n')});
  assert.equal(rest.code, 0, rest.errors);
  assert.equal((await b.call('campaign.list', {})).campaigns.length, 2);
  await refused('CAMPAIGN_NOT_FOUND', b.call('campaign.dump', {campaign: 'three'}));
  assert.equal((await tuan(b.daemon, ['dump', 'three'])).code, 3);
  assert.equal((await tuan(b.daemon, ['load', '/nowhere/dump'])).code, 1);
});

test('dropped and loaded again in the same daemon: the campaign is as it was, also after a crash', async (t) => {
  const a = await start(t, []);
  await a.call('campaign.put', {campaign: 'tea', size: 2, payment: 'none', keep_ms: 60000});
  for (let n = 0; n < 6; n++) await a.call('room.match', {campaign: 'tea', user: `u${n}`, order: `o${n}`});
  const {file} = await dump(t, a.daemon);
  const rooms = timeless(await a.call('room.list', {campaign: 'tea', sort: 'formed'}));
  await a.call('campaign.drop', {campaign: 'tea'});
  await until('it is forgotten and back', async () => (await tuan(a.daemon, ['load', file])).code === 0);
  assert.deepEqual(timeless(await a.call('room.list', {campaign: 'tea', sort: 'formed'})), rooms);
  await a.daemon.kill9();
  await a.daemon.restart();
  const again = await connect(t, a.daemon);
  assert.deepEqual(timeless(await again.call('room.list', {campaign: 'tea', sort: 'formed'})), rooms);
  assert.equal((await again.call('room.match', {campaign: 'tea', user: 'u0', order: 'o0'})).again, 1);
});

test('a campaign of many pieces: thousands of rooms go over in calls below limit.frame', async (t) => {
  const a = await start(t, NONE);
  await a.call('campaign.put', {campaign: 'big', size: 2, payment: 'none', one_open_per_user: 0, opens_per_user: 0, clock_start: 'open'});
  await Promise.all(Array.from({length: 3000}, (_, n) => a.call('room.open', {campaign: 'big', user: `user-${n}`, order: `order-${n}`, profile: 'x'.repeat(60)})));
  const {file, output} = await dump(t, a.daemon);
  assert.ok(output.length > 500000, `${output.length}`);
  const b = await start(t, []);
  assert.equal((await tuan(b.daemon, ['load', file])).code, 0);
  await b.daemon.kill9();
  await b.daemon.restart();
  const {call} = await connect(t, b.daemon);
  const {rooms_open: open} = await call('campaign.get', {campaign: 'big'});
  assert.equal(open, 3000);
  const {room} = await call('seat.get', {campaign: 'big', order: 'order-2999'});
  assert.equal((await call('room.join', {room, user: 'last', order: 'last'})).room_state, 'formed');
});
