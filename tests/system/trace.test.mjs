// SPDX-License-Identifier: BSD-2-Clause
// What a caller calls its request by is found again in the slow log and the log, by whichever port it came.
import assert from 'node:assert/strict';
import http from 'node:http';
import {test} from 'node:test';
import {ioredis, rpc} from './clients.mjs';
import {Tuand, until} from './tuand.mjs';
import {raw, request} from './web.mjs';

const EVERYTHING = ['--set', 'slowlog.slower_than_ms=0']; // is slow
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = (trace = TRACE) => `00-${trace}-00f067aa0ba902b7-01`;

async function start(t, args) {
  const daemon = await Tuand.start(t, {args});
  const client = await ioredis(daemon);
  t.after(() => client.close());
  await client.call('campaign.put', {campaign: 'tea', size: 3, price: 100});
  return {daemon, client, call: client.call, slow: async () => (await request(daemon.admin, '/v1/slowlog')).json.requests};
}

test('each of many requests under way keeps its own trace', async (t) => {
  const {daemon, client, slow} = await start(t, EVERYTHING);
  const redis = daemon.redisPid();
  process.kill(redis, 'SIGSTOP'); // all wait for the mirror together
  t.after(() => { try { process.kill(redis, 'SIGCONT'); } catch { /* it is gone */ } });
  const packed = await rpc(daemon);
  t.after(() => packed.close());
  const seats = [];
  for (let n = 0; n < 30; n++) {
    const seat = {campaign: 'tea', user: `u${n}`, order: `o${n}`};
    if (n % 3 === 0) seats.push(client.call('room.match', seat));
    else seats.push((n % 3 === 1 ? client : packed).call('room.match', {...seat, trace: `shop ${n}`}));
  }
  await until('thirty wait', async () => (await request(daemon.admin, '/v1/info')).json.clients.parked_replies === 30);
  process.kill(redis, 'SIGCONT');
  await Promise.all(seats);
  const waited = (await slow()).filter(({command, store_us}) => command === 'room.match' && store_us > 0);
  assert.equal(waited.length, 30);
  assert.deepEqual(waited.map(({trace}) => trace).filter(Boolean).sort(), Array.from({length: 30}, (_, n) => `shop ${n}`).filter((_, n) => n % 3).sort());

  const entries = await client.client.call('SLOWLOG', 'GET', '-1');
  assert.ok(entries.some((entry) => entry.length === 8 && entry[7] === 'shop 1') && entries.some((entry) => entry.length === 7));
  assert.match(await packed.call('slowlog', {action: 'get', words: ['-1']}), /command=room\.match .* store=\d+ trace="shop 2"\n/);
  await daemon.saw(/msg="a request was slow" command=\S+ took_us=\d+ queue_us=\d+ match_us=\d+ store_us=\d+ client=127\.0\.0\.1:\d+ name="" trace="/);
  await client.call('room.match', {campaign: 'tea', user: 'x', order: 'x', trace: '\u{1f375} "'});
  assert.ok((await slow()).some(({trace}) => trace === '\u{1f375} "'));
});

test('traceparent: the slow log and the log know its trace id, and Server-Timing answers', async (t) => {
  const {daemon, call, slow} = await start(t, [...EVERYTHING, '--mirror', 'none', '--set', 'web.origins=https://shop.example']);
  const {room} = await call('room.match', {campaign: 'tea', user: 'ann', order: 'ann'});
  const ask = (headers) => request(daemon.web, `/v1/rooms/${room}`, {headers});

  const plain = await ask({});
  assert.equal(plain.headers['server-timing'], undefined, 'who does not ask pays nothing');
  const traced = await ask({traceparent: parent()});
  assert.match(traced.headers['server-timing'], /^queue;dur=\d+\.\d{3}, match;dur=\d+\.\d{3}$/);
  assert.equal(traced.headers['timing-allow-origin'], undefined);
  assert.deepEqual((await slow()).filter(({trace}) => trace).map(({command, trace}) => [command, trace]), [['room.get', TRACE]]);
  const shared = await ask({traceparent: parent(), origin: 'https://shop.example'});
  assert.equal(shared.headers['timing-allow-origin'], 'https://shop.example');
  const preflight = await request(daemon.web, `/v1/rooms/${room}`, {method: 'OPTIONS', headers: {origin: 'https://shop.example'}});
  assert.match(preflight.headers['access-control-allow-headers'], /\btraceparent\b/);
  assert.match((await ask({traceparent: parent(), 'if-none-match': traced.headers.etag})).headers['server-timing'], /^queue;/);

  const agent = new http.Agent({keepAlive: true, maxSockets: 1});
  t.after(() => agent.destroy());
  const before = (await slow()).length;
  await request(daemon.web, `/v1/rooms/${room}`, {agent});
  await request(daemon.web, '/v1/time', {agent});
  assert.equal((await slow()).length, before + 1, 'what is no command is not taken for the one before it');

  for (const wrong of ['', 'x', parent().slice(1), parent(TRACE.toUpperCase()), parent('0'.repeat(32)), `${parent()}-more`, parent().replace(/^00/, 'ff'), parent().replace('00f067aa0ba902b7', '0'.repeat(16))]) {
    const answer = await ask({traceparent: wrong});
    assert.deepEqual([answer.status, answer.headers['server-timing']], [200, undefined], `"${wrong}" is no trace, and no mistake`);
  }
  const twice = await raw(daemon.web, `GET /v1/rooms/${room} HTTP/1.1\r\nHost: x\r\ntraceparent: ${parent()}\r\nTraceparent: ${parent()}\r\nConnection: close\r\n\r\n`);
  assert.match(twice, /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(twice, /Server-Timing/);

  const act = await request(daemon.admin, '/v1/room.dissolve', {method: 'POST', body: JSON.stringify({room, reason: 'test'}), headers: {'Content-Type': 'application/json', traceparent: parent('a'.repeat(32))}});
  assert.equal(act.status, 200, act.text);
  assert.match(act.headers['server-timing'], /^queue;/);
  await daemon.saw(new RegExp(`msg="an operator acts" command=room\\.dissolve .* outcome=ok trace="${'a'.repeat(32)}"`));
  await call('campaign.close', {campaign: 'tea', trace: 'x'}).catch((error) => assert.match(error.message, /takes no such argument/));
});

test('what the web port reads is counted by command and code, as what the rpc port does', async (t) => {
  const {daemon, call} = await start(t, ['--mirror', 'none']);
  const {room} = await call('room.match', {campaign: 'tea', user: 'ann', order: 'ann'});
  const {etag} = await request(daemon.web, `/v1/rooms/${room}`);
  await request(daemon.web, `/v1/rooms/${room}?since=${etag}`);
  await request(daemon.web, '/v1/rooms/00000000000000000001');
  await request(daemon.web, `/v1/rooms?ids=${room}`);
  await request(daemon.web, '/v1/campaigns/tea');
  await request(daemon.web, '/v1/campaigns/rice');
  await request(daemon.admin, '/v1/campaign.get?campaign=tea');
  const shown = (await request(daemon.admin, '/metrics')).text.match(/^tuan_requests_total\{proto="http".*$/mg);
  assert.deepEqual(shown, [
    ['campaign.get', 'ok', 2], ['campaign.get', 'CAMPAIGN_NOT_FOUND', 1],
    ['room.get', 'ok', 2], ['room.get', 'ROOM_NOT_FOUND', 1], ['room.mget', 'ok', 1],
  ].map(([op, code, count]) => `tuan_requests_total{proto="http",op="${op}",code="${code}"} ${count}`));
});
