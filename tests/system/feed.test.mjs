// SPDX-License-Identifier: BSD-2-Clause
// FEED.READ: the feed without Redis tools, from a mirror's streams or from memory.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import net from 'node:net';
import {test} from 'node:test';
import {ioredis, nodeRedis, pack, refused, rpc} from './clients.mjs';
import {Redis, Tuand, until} from './tuand.mjs';

const NONE = ['--mirror', 'none'];

async function open(t, daemon, connect = rpc) {
  const client = await connect(daemon);
  t.after(() => client.close().catch(() => {})); // the daemon may have gone before
  return client;
}

// What comes until the daemon ends a connection, to one who sends these bytes and says that they were the last.
const heard = (socket) => new Promise((resolve, reject) => {
  const got = [];
  socket.on('data', (bytes) => got.push(bytes)).on('error', reject).on('end', () => resolve(Buffer.concat(got)));
});
function lastWords(daemon, bytes) {
  const socket = net.connect({port: daemon.port, host: '127.0.0.1', allowHalfOpen: true});
  socket.end(bytes);
  return heard(socket);
}
async function unpackAll(bytes) {
  const all = [], decoder = pack.decoder();
  decoder.on('data', (one) => all.push(one)).end(bytes);
  await once(decoder, 'end');
  return all;
}

const rooms = async (call, campaign, count) => {
  for (let n = 1; n <= count; n++) await call('room.open', {campaign, user: `u${n}`, order: `${campaign}-${n}`});
};
const put = (call, campaign) => call('campaign.put', {campaign, size: 2, payment: 'none', opens_per_user: 0, one_open_per_user: 0, clock_start: 'open'});

// All pages to the end, of `limit` events each.
async function readAll(call, {after, ...args} = {}) {
  const events = [];
  for (;;) {
    const page = await call('feed.read', {...args, ...(after === undefined ? {} : {after})});
    assert.notEqual(page.cursor, '', 'a cursor is never empty');
    events.push(...page.events);
    if (page.events.length === 0) return {events, cursor: page.cursor};
    after = page.cursor;
  }
}

const told = (events) => events.map((event) => [event.type, event.campaign]);

test('from memory: who has an answer finds its event, in the same breath too', async (t) => {
  const daemon = await Tuand.start(t, {args: NONE});
  const {call} = await open(t, daemon);
  await put(call, 'tea');
  const resp = await open(t, daemon, ioredis);
  const ask = resp.client.pipeline();
  for (const n of [1, 2]) ask.call('ROOM.OPEN', 'tea', `u${n}`, `tea-${n}`).call('FEED.READ');
  const answers = (await ask.exec()).map(([error, answer]) => { assert.equal(error, null); return answer; });
  const pages = [answers[1], answers[3]].map((page) => page[page.indexOf('events') + 1]);
  assert.deepEqual(pages.map((events) => events.length), [1, 2]);
});

for (const [kind, mirrored] of [['a Redis of 16 partitions', true], ['memory', false]]) {
  test(`from ${kind}: every event once, in order, over RESP2, RESP3 and msgpack-rpc, page by page`, async (t) => {
    const redis = mirrored ? await Redis.start(t) : null;
    const daemon = await Tuand.start(t, {args: mirrored ? ['--mirror', redis.url] : NONE});
    const {call} = await open(t, daemon);
    assert.deepEqual((await call('feed.read', {})).events, []);
    for (const campaign of ['tea', 'cup', 'pot']) {
      await put(call, campaign);
      await rooms(call, campaign, 4);
    }
    const {room} = await call('room.match', {campaign: 'tea', user: 'eve', order: 'tea-9', open: 0});
    const all = await readAll(call);
    const of = (campaign) => all.events.filter((event) => event.campaign === campaign);
    const opened = Array(4).fill('room_opened');
    assert.deepEqual(['tea', 'cup', 'pot'].map((c) => of(c).map((event) => event.type)), [[...opened, 'room_formed'], opened, opened]);
    const times = all.events.map((event) => JSON.parse(event.data).at);
    assert.deepEqual(times, [...times].sort((a, b) => a - b), 'the partitions by time');
    const formed = of('tea').at(-1);
    assert.equal(formed.room, room);
    const data = JSON.parse(formed.data);
    assert.deepEqual(data.seats.map((seat) => seat.order).includes('tea-9'), true, formed.data);
    assert.ok(data.version > 0 && data.at > 0);
    for (const limit of [1, 3, 1000]) assert.deepEqual((await readAll(call, {limit})).events, all.events, `pages of ${limit}`);
    assert.deepEqual(told((await readAll(call, {campaign: 'cup', limit: 2})).events), Array(4).fill(['room_opened', 'cup']));
    assert.deepEqual((await readAll(call, {after: all.cursor, campaign: 'cup'})).events, [], 'a cursor of all serves for one campaign');
    for (const connect of [ioredis, (d) => nodeRedis(d, 3)]) {
      const other = await open(t, daemon, connect);
      const {events} = await readAll(other.call, {limit: 5});
      assert.deepEqual(events.map((event) => ({...event})), all.events);
    }
    if (!mirrored) return;
    const streams = await redis.cli('EVAL', "local n = 0; for p = 0, 15 do n = n + redis.call('XLEN', 'tuan:{' .. p .. '}:feed') end return n", '0');
    assert.equal(streams, all.events.length, 'no more and no fewer than in the streams');
    const [stored] = (await redis.cli('XRANGE', `tuan:{${formed.partition}}:feed`, formed.id, formed.id));
    assert.deepEqual(stored[1], ['type', 'room_formed', 'campaign', 'tea', 'room', room, 'data', formed.data]);
    await daemon.stop();
    await daemon.restart();
    const again = await open(t, daemon);
    assert.deepEqual((await readAll(again.call)).events, all.events, 'a restart changes nothing');
    assert.deepEqual((await readAll(again.call, {after: all.cursor})).events, []);
    await put(again.call, 'jar');
    await rooms(again.call, 'jar', 1);
    assert.deepEqual(told((await readAll(again.call, {after: all.cursor})).events), [['room_opened', 'jar']]);
  });

  test(`from ${kind}: waiting answers the next event at once, blocks no other request, and ends by its time`, async (t) => {
    const redis = mirrored ? await Redis.start(t) : null;
    const daemon = await Tuand.start(t, {args: mirrored ? ['--mirror', redis.url] : NONE});
    const {call} = await open(t, daemon);
    await put(call, 'tea');
    await put(call, 'cup');
    await rooms(call, 'cup', 1);
    let done = false;
    const waiting = call('feed.read', {after: '$', campaign: 'tea', wait_ms: 25000}).then((page) => { done = true; return page; });
    await until('it waits', async () => /\r\nwatches:1\r/.test(await call('info')));
    await rooms(call, 'cup', 3); // news, but not of this campaign
    assert.equal((await call('campaign.get', {campaign: 'tea'})).phase, 'running', 'the same connection goes on');
    assert.equal(done, false);
    await rooms(call, 'tea', 1);
    const page = await waiting;
    assert.deepEqual(told(page.events), [['room_opened', 'tea']]);
    const from = Date.now();
    const none = await call('feed.read', {after: page.cursor, campaign: 'tea', wait_ms: 150});
    assert.deepEqual(none.events, []);
    assert.ok(Date.now() - from >= 145, 'it waited');
    assert.equal(none.cursor !== '', true);

    // RESP answers in order: what comes behind on that connection waits, others do not.
    const resp = await open(t, daemon, ioredis);
    const answers = [];
    const first = resp.client.call('FEED.READ', 'after', '$', 'wait_ms', '25000').then(() => answers.push('feed'));
    const second = resp.client.call('PING').then(() => answers.push('ping'));
    await until('it waits', async () => /\r\nwatches:1\r/.test(await call('info')));
    assert.deepEqual(answers, []);
    await call('room.open', {campaign: 'tea', user: 'z', order: 'z'});
    await Promise.all([first, second]);
    assert.deepEqual(answers, ['feed', 'ping']);

    // One who goes away while he waits leaves nothing behind.
    const gone = await rpc(daemon);
    gone.call('feed.read', {after: '$', wait_ms: 25000}).catch(() => {});
    await until('he waits', async () => /\r\nwatches:1\r/.test(await call('info')));
    await gone.close();
    await until('he is forgotten', async () => /\r\nwatches:0\r/.test(await call('info')));
  });

  // As `printf ... | nc -N` does: all that was asked for is answered before the end, and nobody who may be gone is waited for.
  test(`from ${kind}: who sends nothing more is answered without waiting, and then the connection ends`, async (t) => {
    const redis = mirrored ? await Redis.start(t) : null;
    const daemon = await Tuand.start(t, {args: mirrored ? ['--mirror', redis.url] : NONE});
    const {call} = await open(t, daemon);
    await put(call, 'tea');
    await rooms(call, 'tea', 1);
    const {events: [{room}], cursor} = await readAll(call);
    const {version} = await call('room.get', {room});
    const words = [['FEED.READ', 'after', cursor, 'wait_ms', '25000'], ['PING'], ['ROOM.WAIT', room, `${version}`, '25000'], ['FEED.READ'], ['FEED.READ', 'after', '$', 'wait_ms', '25000'],
      ['ROOM.WAIT', room, `${version}`, '25000'], ['PING']];
    const answers = String(await lastWords(daemon, words.map((each) => `${each.join(' ')}\r\n`).join('')));
    assert.deepEqual(answers.match(/events\r\n\*\d+|unchanged|PONG/g), ['events\r\n*0', 'PONG', 'unchanged', 'events\r\n*1', 'events\r\n*0', 'unchanged', 'PONG'], answers);

    const asked = [['feed.read', {after: '$', wait_ms: 25000}], ['room.wait', {room, version, timeout_ms: 25000}], ['feed.read', {}], ['feed.read', {after: cursor, wait_ms: 25000}]];
    const answered = await unpackAll(await lastWords(daemon, Buffer.concat(asked.map(([method, args], id) => pack.encode([0, id, method, [args]]).slice()))));
    assert.deepEqual(answered.map(([type, id, error]) => [type, id, error]).sort(([, a], [, b]) => a - b), asked.map((_, id) => [1, id, null]));
    const byId = Object.fromEntries(answered.map(([, id, , answer]) => [id, answer]));
    assert.deepEqual([byId[0].events.length, byId[1].unchanged, byId[2].events.length, byId[3].events.length, byId[3].cursor], [0, 1, 1, 0, cursor]);

    // One who waits already, when he says so.
    const socket = net.connect({port: daemon.port, host: '127.0.0.1', allowHalfOpen: true});
    const ended = heard(socket);
    socket.write(`FEED.READ after ${cursor} wait_ms 25000\r\n`);
    await until('he waits', async () => /\r\nwatches:1\r/.test(await call('info')));
    const from = Date.now();
    socket.end();
    assert.match(String(await ended), /^\*6\r\n\$6\r\nevents\r\n\*0\r\n/);
    assert.ok(Date.now() - from < 20000, 'he did not wait for his time to be over');
    await until('he is forgotten', async () => /\r\nwatches:0\r/.test(await call('info')));
  });

  test(`from ${kind}: who reads behind what was forgotten is told a gap, once`, async (t) => {
    const redis = mirrored ? await Redis.start(t) : null;
    const daemon = await Tuand.start(t, {args: mirrored ? ['--mirror', redis.url] : [...NONE, '--set', 'feed.max=1000']});
    const {call} = await open(t, daemon);
    await put(call, 'tea');
    await rooms(call, 'tea', 2);
    const old = await call('feed.read', {limit: 1});
    const [{partition}] = old.events;
    await Promise.all(Array.from({length: 1100}, (_, n) => call('room.open', {campaign: 'tea', user: `v${n}`, order: `v${n}`})));
    if (mirrored) await redis.cli('XTRIM', `tuan:{${partition}}:feed`, 'MAXLEN', '=', '1000');
    const page = await call('feed.read', {after: old.cursor, limit: 10});
    assert.equal(page.gap, 1);
    assert.equal(page.events.length, 10);
    const next = await call('feed.read', {after: page.cursor, limit: 10});
    assert.equal(next.gap, undefined, 'told once');
    assert.equal(next.events.length, 10);
    const start = await call('feed.read', {limit: 1});
    assert.equal(start.gap, undefined, 'who asks for the oldest kept has missed nothing he knew of');
    assert.deepEqual(start.events, page.events.slice(0, 1));
    if (mirrored) return;
    const other = await call('feed.read', {after: old.cursor, campaign: 'not-there', wait_ms: 25000});
    assert.deepEqual([other.gap, other.events], [1, []], 'a gap is told without waiting');
  });
}

test('a connection has sixteen readers, and what more it asks for is refused at once', async (t) => {
  const daemon = await Tuand.start(t, {args: NONE});
  const {call} = await open(t, daemon);
  await put(call, 'tea');
  const greedy = await open(t, daemon);
  const waiting = Array.from({length: 16}, () => greedy.call('feed.read', {after: '$', wait_ms: 25000}));
  await until('they wait', async () => /\r\nwatches:16\r/.test(await call('info')));
  await refused('BUSY', greedy.call('feed.read', {}));
  assert.deepEqual((await call('feed.read', {})).events, [], 'others read');
  await rooms(call, 'tea', 1);
  for (const page of await Promise.all(waiting)) assert.equal(page.events.length, 1);
  assert.equal((await greedy.call('feed.read', {})).events.length, 1, 'it has its places back');
});

test('a cursor that cannot be one is refused, and one of another feed', async (t) => {
  const daemon = await Tuand.start(t, {args: NONE});
  const {call} = await open(t, daemon);
  await put(call, 'tea');
  await rooms(call, 'tea', 1);
  const {cursor} = await call('feed.read', {});
  const [epoch, number] = cursor.split('-').map(Number);
  for (const after of ['x', '1-', '-1', '1-2-3', '1-1,', ',', '1-1,1-1', '99999999999-1', `${epoch}-${number + 1}`, ' 1-1'])
    await refused('BAD_ARGUMENT', call('feed.read', {after}));
  for (const bad of [{limit: 1001}, {limit: -1}, {wait_ms: 25001}, {campaign: ''}])
    await refused('BAD_ARGUMENT', call('feed.read', bad));
  await daemon.stop();
  await daemon.restart();
  const again = await open(t, daemon);
  await refused('BAD_ARGUMENT', again.call('feed.read', {after: cursor})); // the feed is empty
  await put(again.call, 'tea');
  await rooms(again.call, 'tea', 1);
  const told = await again.call('feed.read', {after: cursor}).catch((error) => error);
  assert.ok(told.gap === 1 || told.code === 'BAD_ARGUMENT', 'nobody reads on as if nothing had happened');
});

test('while Redis is away FEED.READ answers MIRROR_DOWN in time, and serves again when it is back', async (t) => {
  const redis = await Redis.start(t);
  const daemon = await Tuand.start(t, {args: ['--mirror', redis.url, '--set', 'mirror.timeout_ms=300']});
  const {call} = await open(t, daemon);
  await put(call, 'tea');
  await rooms(call, 'tea', 2);
  const {events, cursor} = await readAll(call);
  assert.equal(events.length, 2);
  await redis.process.kill9();
  await refused('MIRROR_DOWN', call('feed.read', {after: cursor}));
  await redis.launch();
  const page = await until('the feed is back', () => call('feed.read', {}).catch((error) => error.code === 'MIRROR_DOWN' ? null : Promise.reject(error)));
  assert.deepEqual(page.events, events);
  redis.process.signal('SIGSTOP'); // hangs, connection open
  await refused('MIRROR_DOWN', call('feed.read', {after: cursor}));
  redis.process.signal('SIGCONT');
  await until('the feed is back', () => call('feed.read', {}).catch(() => null));
  const stranger = `tuan:{${events[0].partition}}:feed`;
  await redis.cli('XADD', stranger, '*', 'hello', 'world');
  assert.deepEqual((await readAll(call)).events, events, "a stranger's entry is left out");
});
