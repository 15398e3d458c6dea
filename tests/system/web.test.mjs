// SPDX-License-Identifier: BSD-2-Clause
// The web port as storefronts, browsers and proxies meet it.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import net from 'node:net';
import {test} from 'node:test';
import {ioredis} from './clients.mjs';
import {Tuand, sleep, until} from './tuand.mjs';
import {Events, raw, request} from './web.mjs';

const NONE = ['--mirror', 'none'];

// A shop with one campaign for `size`; close() ends its client.
async function shop(t, {args = NONE, size = 3, ...options} = {}) {
  const daemon = await Tuand.start(t, {args});
  const client = await ioredis(daemon);
  t.after(() => client.close());
  await client.call('campaign.put', {campaign: 'tea', size, price: 900, name: 'Oolong', ...options});
  const get = (path, more) => request(daemon.web, path, more);
  const eye = await ioredis(daemon); // looks while the other waits
  t.after(() => eye.close());
  return {daemon, call: client.call, look: eye.call, get, close: async () => { await client.close(); await eye.close(); }};
}

test('a room is shown without users and orders, with a strong ETag and the clock', async (t) => {
  const {call, get} = await shop(t);
  const {room} = await call('room.match', {campaign: 'tea', user: 'secret-user', order: 'secret-order', profile: 'A**<b>'});
  const answer = await get(`/v1/rooms/${room}`);
  assert.equal(answer.status, 200);
  assert.doesNotMatch(answer.text, /secret|<b>/);
  assert.deepEqual(Object.keys(answer.json), ['id', 'campaign', 'state', 'size', 'paid', 'held', 'missing', 'free', 'virtual',
    'version', 'opened_at', 'deadline', 'seats']);
  assert.deepEqual(answer.json.seats, [{n: 1, leader: 1, profile: 'A**<b>', virtual: 0}]);
  assert.match(answer.headers.etag, /^"[0-9a-f]+-2"$/);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.headers['cache-control'], 'max-age=1');
  assert.ok(Math.abs(Number(answer.headers['x-now-ms']) - Date.now()) < 5000);
  assert.ok(Math.abs(Date.parse(answer.headers.date) - Date.now()) < 5000);
  assert.ok(Number(answer.headers['x-poll-after-ms']) >= 800);
  assert.equal((await get(`/v1/rooms/${room.toLowerCase()}`)).text, answer.text);
  assert.equal((await get(`/v1/rooms/%${room.charCodeAt(0).toString(16)}${room.slice(1)}`)).text, answer.text);
});

test('one version is one body: rendered once, revalidated with 304, skipped with 204', async (t) => {
  const {call, get} = await shop(t);
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const first = await get(`/v1/rooms/${room}`);
  for (let i = 0; i < 20; i++) assert.equal((await get(`/v1/rooms/${room}`)).text, first.text);
  const same = await get(`/v1/rooms/${room}`, {headers: {'If-None-Match': first.headers.etag}});
  assert.deepEqual([same.status, same.text, same.headers.etag], [304, '', first.headers.etag]);
  assert.ok(same.headers['x-now-ms'] && same.headers['x-poll-after-ms']);
  for (const since of [first.etag, encodeURIComponent(first.headers.etag)]) {
    const unchanged = await get(`/v1/rooms/${room}?since=${since}`);
    assert.deepEqual([unchanged.status, unchanged.text, unchanged.headers.etag], [204, '', first.headers.etag]);
    assert.ok(unchanged.headers['x-now-ms'] && unchanged.headers['x-poll-after-ms']);
  }
  await call('room.join', {room, user: 'u2', order: 'o2'});
  const changed = await get(`/v1/rooms/${room}?since=${first.etag}`);
  assert.deepEqual([changed.status, changed.json.version, changed.json.held], [200, 3, 2]);
  assert.equal((await get(`/v1/rooms/${room}`, {headers: {'If-None-Match': first.headers.etag}})).status, 200);
  const info = await call('info');
  assert.match(info, /web_renders:2\r/);
  assert.match(info, /http_304:1\r/);
});

test('polls come sooner near the end and when one is missing, and hardly again after it', async (t) => {
  const {call, get} = await shop(t, {size: 2, clock_start: 'open', one_open_per_user: 0});
  await call('campaign.put', {campaign: 'flash', size: 3, room_ttl_ms: 20000});
  const far = (await call('room.open', {campaign: 'tea', user: 'u1', order: 'o1'})).room;
  const near = (await call('room.match', {campaign: 'flash', user: 'u1', order: 'o1'})).room;
  const after = async (room) => Number((await get(`/v1/rooms/${room}`)).headers['x-poll-after-ms']);
  const farMs = await after(far);
  assert.ok(farMs >= 8000 && farMs <= 12000, `${farMs}`);
  const nearMs = await after(near);
  assert.ok(nearMs >= 800 && nearMs <= 1200, `${nearMs}`);
  assert.equal(await after(far), farMs, 'the same for all who ask');
  await call('seat.pay', {campaign: 'tea', order: 'o1'});
  const missingMs = await after(far);
  assert.ok(missingMs >= 2000 && missingMs <= 3000, `${missingMs}`);
  await call('room.join', {room: far, user: 'u2', order: 'o2'});
  await call('seat.pay', {campaign: 'tea', order: 'o2'});
  const ended = await get(`/v1/rooms/${far}`);
  assert.deepEqual([ended.json.state, ended.headers['cache-control'], ended.headers['x-poll-after-ms']], ['formed', 'max-age=60', '60000']);
});

test('a long poll is answered when the room changes, or when its time is up', async (t) => {
  const {call, get} = await shop(t);
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const {etag} = await get(`/v1/rooms/${room}`);
  const started = Date.now();
  const pending = Promise.all(Array.from({length: 20}, () => get(`/v1/rooms/${room}?since=${etag}&wait=20s`)));
  const late = get(`/v1/rooms/${room}?since=${etag}&wait=300ms`);
  await until('all wait', async () => /http_waiting:21\r/.test(await call('info')));
  assert.equal((await late).status, 204);
  assert.ok(Date.now() - started >= 290);
  await call('room.join', {room, user: 'u2', order: 'o2'});
  for (const answer of await pending) assert.deepEqual([answer.status, answer.json.version], [200, 3]);
  assert.ok(Date.now() - started < 15000);
  assert.equal((await get(`/v1/rooms/${room}?since=${etag}&wait=20s`)).status, 200, 'what has changed is not waited for');
  assert.match(await call('info'), /http_waiting:0\r/);
});

test('a stream tells the room at once and each change, and ends with the room', async (t) => {
  const {daemon, call} = await shop(t, {size: 2});
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const events = await Events.open(daemon.web, `/v1/rooms/${room}/events`);
  assert.equal(events.headers['content-type'], 'text/event-stream');
  assert.equal(events.headers['x-accel-buffering'], 'no');
  await events.until('the first event', ({all}) => all.length === 1);
  assert.equal(events.retry, 3000);
  const [first] = events.all;
  assert.equal(first.id, (await request(daemon.web, `/v1/rooms/${room}`)).etag);
  await call('room.join', {room, user: 'u2', order: 'o2'});
  await events.until('the second event', ({all}) => all.length === 2);
  const resumed = await Events.open(daemon.web, `/v1/rooms/${room}/events`, {'Last-Event-ID': events.all[1].id});
  const behind = await Events.open(daemon.web, `/v1/rooms/${room}/events`, {'Last-Event-ID': first.id});
  await behind.until('what it has missed', ({all}) => all.length === 1);
  assert.deepEqual(behind.all[0], events.all[1]);
  for (const order of ['o1', 'o2']) await call('seat.pay', {campaign: 'tea', order});
  for (const stream of [events, resumed, behind]) await stream.until('the end', ({ended}) => ended);
  for (const stream of [events, resumed, behind]) assert.equal(stream.all.at(-1).data.state, 'formed');
  const versions = events.all.map(({data}) => data.version);
  assert.deepEqual(versions, [...new Set(versions)].sort((a, b) => a - b));
  assert.equal(resumed.all[0].data.version > 3, true, 'a known event is not told again');
  const again = await request(daemon.web, `/v1/rooms/${room}/events`, {headers: {'Last-Event-ID': events.all.at(-1).id}});
  assert.equal(again.status, 204, 'EventSource comes no more');
  const late = await Events.open(daemon.web, `/v1/rooms/${room}/events`);
  await late.until('one event and the end', ({all, ended}) => all.length === 1 && ended);
});

test('changes come at most once in 50 ms, the last of them always', async (t) => {
  const {daemon, call} = await shop(t, {size: 1000, one_open_per_user: 0, seats_per_room_user: 1000, payment: 'none'});
  const {room} = await call('room.open', {campaign: 'tea', user: 'u', order: 'o0'});
  const events = await Events.open(daemon.web, `/v1/rooms/${room}/events`);
  await events.until('the first', ({all}) => all.length === 1);
  const started = Date.now();
  for (let i = 1; i <= 500; i++) await call('room.join', {room, user: 'u', order: `o${i}`});
  await events.until('the last', ({all}) => all.at(-1).data.paid === 501);
  const most = (Date.now() - started) / 50 + 3;
  assert.ok(events.all.length >= 2 && events.all.length <= most, `${events.all.length} events, at most ${most}`);
  events.close();
  await until('the stream is forgotten', async () => /http_streams:0\r/.test(await call('info')));
});

test('a quiet stream is kept alive', async (t) => {
  const {daemon, call} = await shop(t);
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const events = await Events.open(daemon.web, `/v1/rooms/${room}/events`);
  await events.until('a heartbeat', ({comments}) => comments > 0, 17000);
  assert.equal(events.all.length, 1);
  events.close();
});

test('a request that does not come whole is given ten seconds, however busy its sender is', async (t) => {
  const {daemon} = await shop(t);
  const started = Date.now();
  const drops = Array.from({length: 60}, (_, i) => (i === 0 ? 'GET /v1/time HTTP/1.1\r\n' : `X-${i}: y\r\n`));
  const slow = net.connect(daemon.web, '127.0.0.1').setEncoding('utf8');
  let text = '';
  slow.on('data', (piece) => { text += piece; }).on('error', () => {});
  const timer = setInterval(() => { if (drops.length > 0) slow.write(drops.shift()); }, 300);
  await once(slow, 'close');
  clearInterval(timer);
  assert.match(text, /^HTTP\/1\.1 408 .*Connection: close\r\n/s);
  assert.ok(Date.now() - started >= 9500 && Date.now() - started < 16000, `${Date.now() - started} ms`);
});

test('pages: campaign, its rooms, its ticker, a batch of rooms, the time', async (t) => {
  const {call, get} = await shop(t, {size: 2, payment: 'none', ticker: 2});
  const rooms = [];
  for (let i = 0; i < 5; i++) rooms.push((await call('room.open', {campaign: 'tea', user: `u${i}`, order: `o${i}`})).room);
  const form = async (i) => {
    const {now} = await call('room.join', {room: rooms[i], user: `v${i}`, order: `p${i}`});
    await until('the next millisecond', async () => (await get('/v1/time')).json.now > now);
  };
  for (const i of [0, 1, 2]) await form(i);

  const campaign = await get('/v1/campaigns/tea');
  const {version, ...body} = campaign.json;
  assert.deepEqual(body, {id: 'tea', name: 'Oolong', phase: 'running', size: 2, price: 900, rooms_open: 2, rooms_formed: 3});
  assert.equal(campaign.etag.split('-')[1], String(version));
  assert.equal((await get('/v1/campaigns/tea', {headers: {'If-None-Match': campaign.headers.etag}})).status, 304);
  await form(3);
  assert.ok((await get('/v1/campaigns/tea')).json.version > version);

  const list = await get('/v1/campaigns/tea/rooms?sort=newest&limit=1');
  assert.deepEqual(list.json.rooms.map(({id}) => id), [rooms[4]]);
  assert.doesNotMatch(list.text, /"(user|order|leader)":"/);
  assert.equal((await get('/v1/campaigns/tea/rooms?limit=1&sort=newest', {headers: {'If-None-Match': list.headers.etag}})).status, 304);
  const ticker = await get('/v1/campaigns/tea/ticker');
  assert.deepEqual(ticker.json.rooms.map(({id, state}) => [id, state]), [[rooms[3], 'formed'], [rooms[2], 'formed']]);

  const batch = await get(`/v1/rooms?ids=${rooms[4]},nonsense,${rooms[0]},00000000000000000001`);
  assert.deepEqual(batch.json.rooms.map(({id, state, error}) => [id, state ?? error.code]),
    [[rooms[4], 'open'], ['nonsense', 'ROOM_NOT_FOUND'], [rooms[0], 'formed'], ['00000000000000000001', 'ROOM_NOT_FOUND']]);
  assert.equal((await get(`/v1/rooms?ids=${rooms[4]}`)).text, `{"rooms":[${(await get(`/v1/rooms/${rooms[4]}`)).text}]}`);

  const time = await get('/v1/time');
  assert.ok(Math.abs(time.json.now - Date.now()) < 5000);
  assert.equal(time.headers['cache-control'], 'no-store');
});

test('what cannot be answered is refused by name, with its status', async (t) => {
  const {call, get} = await shop(t);
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const refusals = [
    ['/v1/rooms/00000000000000000001', 404, 'ROOM_NOT_FOUND'],
    ['/v1/rooms/what', 404, 'ROOM_NOT_FOUND'],
    ['/v1/rooms/00000000000000000001/events', 404, 'ROOM_NOT_FOUND'],
    ['/v1/campaigns/none', 404, 'CAMPAIGN_NOT_FOUND'],
    ['/v1/campaigns/a%20b', 404, 'CAMPAIGN_NOT_FOUND'],
    ['/v1/campaigns/none/ticker', 404, 'CAMPAIGN_NOT_FOUND'],
    ['/', 404, 'UNKNOWN_COMMAND'],
    ['/v1/rooms/', 404, 'ROOM_NOT_FOUND'],
    [`/v1/rooms/${room}/`, 404, 'UNKNOWN_COMMAND'],
    [`/v1/rooms/${room}?x=1`, 422, 'BAD_ARGUMENT'],
    [`/v1/rooms/${room}?since=a&since=a`, 422, 'BAD_ARGUMENT'],
    [`/v1/rooms/${room}?wait=20s`, 422, 'BAD_ARGUMENT'],
    [`/v1/rooms/${room}?since=a&wait=20`, 422, 'BAD_ARGUMENT'],
    [`/v1/rooms/${room}?since=a&wait=s`, 422, 'BAD_ARGUMENT'],
    ['/v1/rooms', 422, 'BAD_ARGUMENT'],
    ['/v1/rooms?ids=', 422, 'BAD_ARGUMENT'],
    [`/v1/rooms?ids=${Array(51).fill(room)}`, 422, 'BAD_ARGUMENT'],
    ['/v1/campaigns/tea/rooms?sort=cheapest', 422, 'BAD_ARGUMENT'],
    ['/v1/campaigns/tea/rooms?sort=deadline', 422, 'BAD_ARGUMENT'],
    ['/v1/campaigns/tea/rooms?sort=Fullest', 422, 'BAD_ARGUMENT'],
    ['/v1/campaigns/tea/rooms?limit=-1', 422, 'BAD_ARGUMENT'],
  ];
  for (const [path, status, code] of refusals) {
    const answer = await get(path);
    assert.deepEqual([path, answer.status, answer.json.error?.code], [path, status, code]);
    assert.equal(typeof answer.json.error.message, 'string');
    assert.equal(answer.json.error.retryable, 0);
  }
  assert.equal((await get('/v1/rooms/00000000000000000001')).headers['cache-control'], 'max-age=5');
  const post = await get('/v1/time', {method: 'POST', body: 'x', headers: {'Content-Length': 1}});
  assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD, OPTIONS']);
});

test('HEAD is GET without its body, OPTIONS tells the methods, origins are admitted by name', async (t) => {
  const {call, get} = await shop(t, {args: [...NONE, '--set', 'web.origins=https://a.example https://b.example']});
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const [head, whole] = [await get(`/v1/rooms/${room}`, {method: 'HEAD'}), await get(`/v1/rooms/${room}`)];
  assert.deepEqual([head.status, head.text, head.headers.etag, head.headers['content-length']],
    [200, '', whole.headers.etag, whole.headers['content-length']]);
  const shared = await get(`/v1/rooms/${room}`, {headers: {Origin: 'https://b.example'}});
  assert.equal(shared.headers['access-control-allow-origin'], 'https://b.example');
  assert.match(shared.headers['access-control-expose-headers'], /ETag.*X-Now-Ms.*X-Poll-After-Ms/);
  for (const Origin of ['https://evil.example', 'https://a.example.evil', 'null', 'https://a.example https://b.example']) {
    const kept = await get(`/v1/rooms/${room}`, {headers: {Origin}});
    assert.deepEqual([kept.headers['access-control-allow-origin'], kept.headers.vary], [undefined, 'Origin']);
  }
  const preflight = await get(`/v1/rooms/${room}`, {method: 'OPTIONS', headers: {Origin: 'https://a.example', 'Access-Control-Request-Method': 'GET'}});
  assert.equal(preflight.status, 204);
  assert.deepEqual(['allow', 'access-control-allow-methods', 'access-control-max-age', 'access-control-allow-origin'].map((name) => preflight.headers[name]),
    ['GET, HEAD, OPTIONS', 'GET, HEAD, OPTIONS', '86400', 'https://a.example']);
});

test('pipelined requests are answered in order, in any pieces, behind a long poll too', async (t) => {
  const {daemon, call, get} = await shop(t);
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const {etag} = await get(`/v1/rooms/${room}`);
  const line = (path, close = '') => `GET ${path} HTTP/1.1\r\nHost: h\r\n${close}\r\n`;
  const requests = line('/v1/nothing') + line(`/v1/rooms/${room}?since=${etag}&wait=400ms`) + line(`/v1/rooms/${room}`)
    + line('/v1/time', 'Connection: close\r\n');
  for (const pieces of [requests, [...requests], requests.match(/[^]{1,7}/g)]) {
    const text = await raw(daemon.web, pieces);
    assert.deepEqual([...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status), ['404', '204', '200', '200']);
    assert.match(text, /Connection: close\r\n\r\n\{"now":\d+\}$/);
  }
  const many = await raw(daemon.web, line(`/v1/rooms/${room}`).repeat(3000) + line('/v1/time', 'Connection: close\r\n'));
  assert.equal(many.match(/HTTP\/1\.1 200 OK/g).length, 3001);
});

test('what is no request is told why, and the connection ends', async (t) => {
  const {daemon, get} = await shop(t);
  for (const [bytes, status, text] of [
    ['GET / HTTP/1.1\nHost: h\n\n', 400, /CR LF/],
    ['GET / HTTP/1.1\r\n\r\n', 400, /Host/],
    ['BREW / HTTP/1.1\r\nHost: h\r\n\r\n', 501, /method/],
    ['GET / HTTP/3.0\r\nHost: h\r\n\r\n', 505, /version/],
    ['GET /%0 HTTP/1.1\r\nHost: h\r\n\r\n', 400, /target/],
    [`GET /${'a'.repeat(9000)}`, 431, /8192/],
    ['POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/time HTTP/1.1\r\nHost: h\r\n\r\n', 501, /Transfer-Encoding/],
    ['\x16\x03\x01\x02\x00', 400, /CR LF/],
  ]) {
    const answer = await raw(daemon.web, bytes);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.match(answer, text);
    assert.equal(answer.match(/HTTP\/1\.1 \d/g).length, 1);
  }
  const http10 = await raw(daemon.web, 'GET /v1/time HTTP/1.0\r\n\r\n');
  assert.match(http10, /Connection: close\r\n\r\n\{"now"/);
  assert.equal((await get('/v1/time')).status, 200);
});

test('a status never shows what the mirror does not have yet', async (t) => {
  const {daemon, call, look, get} = await shop(t, {args: ['--set', 'mirror.timeout_ms=1500ms'], size: 3});
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const other = (await call('room.open', {campaign: 'tea', user: 'u2', order: 'o2'})).room;
  const {etag} = await get(`/v1/rooms/${room}`);
  const events = await Events.open(daemon.web, `/v1/rooms/${room}/events`, {'Last-Event-ID': etag});
  const waiting = get(`/v1/rooms/${room}?since=${etag}&wait=20s`);
  await until('both wait', async () => /http_waiting:1\r[^]*http_streams:1\r/.test(await call('info')));
  process.kill(daemon.redisPid(), 'SIGSTOP');
  t.after(() => { try { process.kill(daemon.redisPid(), 'SIGCONT'); } catch { /* it is gone */ } });
  const join = call('room.join', {room, user: 'u3', order: 'o3'});
  let shown = false;
  const polled = get(`/v1/rooms/${room}`).finally(() => { shown = true; });
  assert.equal((await get(`/v1/rooms/${other}`)).status, 200, 'what is committed is shown');
  await sleep(300);
  assert.equal(shown, false);
  assert.deepEqual(events.all, []);
  process.kill(daemon.redisPid(), 'SIGCONT');
  assert.equal((await join).version, 3);
  assert.equal((await polled).json.version, 3);
  assert.equal((await waiting).json.version, 3);
  await events.until('the event', ({all}) => all.length === 1 && all[0].data.version === 3);

  process.kill(daemon.redisPid(), 'SIGSTOP');
  const lost = call('room.join', {room, user: 'u4', order: 'o4'}).catch(() => {});
  await until('the join is under way', async () => !/parked_replies:0\r/.test(await look('info')));
  const refused = await get(`/v1/rooms/${room}`);
  assert.deepEqual([refused.status, refused.json.error.code, refused.headers['retry-after']], [503, 'MIRROR_DOWN', '1']);
  process.kill(daemon.redisPid(), 'SIGCONT');
  await lost;
  await until('it is shown when it is safe', async () => (await get(`/v1/rooms/${room}`)).json.version === 4);
  events.close();
});

test('after kill -9 clients come again with what they know: the same data set goes on, a new one starts', async (t) => {
  for (const args of [[], NONE]) {
    const {daemon, call, get, close} = await shop(t, {args, size: 3});
    const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
    const before = await get(`/v1/rooms/${room}`);
    const events = await Events.open(daemon.web, `/v1/rooms/${room}/events`);
    await events.until('the first', ({all}) => all.length === 1);
    const waiting = get(`/v1/rooms/${room}?since=${before.etag}&wait=20s`).catch((error) => error);
    await until('it waits', async () => /http_waiting:1\r/.test(await call('info')));
    await close();
    await daemon.kill9();
    await events.until('the cut', ({ended}) => ended);
    assert.ok(await waiting instanceof Error, 'a long poll is cut');
    await daemon.restart();
    const again = await Events.open(daemon.web, `/v1/rooms/${room}/events`, {'Last-Event-ID': events.all[0].id}).catch(() => null);
    const after = await get(`/v1/rooms/${room}`, {headers: {'If-None-Match': before.headers.etag}});
    if (args === NONE) {
      assert.equal(after.status, 404);
    } else {
      assert.equal(after.status, 304, 'nothing was lost, nothing has changed');
      const client = await ioredis(daemon);
      await client.call('room.join', {room, user: 'u2', order: 'o2'});
      await again.until('the next change', ({all}) => all.length === 1);
      assert.equal(again.all[0].data.version, 3);
      await client.close();
    }
    again?.close();
  }
});

test('SIGTERM answers those who wait and ends the streams', async (t) => {
  const {daemon, call, get} = await shop(t);
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const {etag} = await get(`/v1/rooms/${room}`);
  const events = await Events.open(daemon.web, `/v1/rooms/${room}/events`);
  const waiting = get(`/v1/rooms/${room}?since=${etag}&wait=25s`);
  await until('both wait', async () => /http_waiting:1\r[^]*http_streams:1\r/.test(await call('info')));
  await daemon.stop(5000);
  assert.equal((await waiting).status, 200);
  await events.until('the end', ({ended}) => ended);
});

test('beyond limit.connections a storefront is told 503', async (t) => {
  const {daemon} = await shop(t, {args: [...NONE, '--set', 'limit.connections=6']});
  const idle = Array.from({length: 4}, () => net.connect(daemon.web, '127.0.0.1')); // and two are the shop's
  await Promise.all(idle.map((socket) => once(socket, 'connect')));
  assert.match(await raw(daemon.web, ''), /^HTTP\/1\.1 503 .*Retry-After: 1\r\n/s);
  idle[0].destroy();
  await until('a place is free', async () => (await request(daemon.web, '/v1/time').catch(() => ({}))).status === 200);
  for (const socket of idle) socket.destroy();
});
