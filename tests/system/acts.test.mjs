// SPDX-License-Identifier: BSD-2-Clause
// Commands over the admin port: what operators read and do by HTTP, who may, and whom a browser must not help.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {chmod, writeFile} from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import {test} from 'node:test';
import {ioredis} from './clients.mjs';
import {Tuand, tempDir, until} from './tuand.mjs';
import {request} from './web.mjs';

const NONE = ['--mirror', 'none'];
const JSON_BODY = {'Content-Type': 'application/json'};

async function start(t, args = NONE, options = {}) {
  const daemon = await Tuand.start(t, {args, ...options});
  const look = (at, headers = {}) => request(daemon.admin, at, {headers});
  const act = (command, body, headers = JSON_BODY) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return request(daemon.admin, `/v1/${command}`, {method: 'POST', body: text, headers: {'Content-Length': Buffer.byteLength(text), ...headers}});
  };
  return {daemon, look, act};
}

const connect = async (t, daemon) => {
  const client = await ioredis(daemon);
  t.after(() => client.close());
  return client.call;
};
const refused = (answer, status, code) => assert.deepEqual([answer.status, answer.json.error.code], [status, code], answer.text);

test('operators read and act over HTTP as over rpc, and each act is in the log', async (t) => {
  const {daemon, look, act} = await start(t, []);
  const call = await connect(t, daemon);
  const made = await act('campaign.put', {campaign: 'tea', size: 3, virtual: {mode: 'off'}, name: '烏龍茶'});
  assert.equal(made.status, 200);
  assert.equal(made.json.name, '烏龍茶');
  const {room} = await call('room.match', {campaign: 'tea', user: 'ann', order: 'o1'});
  await call('seat.pay', {campaign: 'tea', order: 'o1'});
  const list = await look('/v1/room.list?campaign=t%65a&sort=deadline');
  assert.deepEqual(list.json.rooms.map((one) => one.room), [room]);
  assert.equal((await look(`/v1/ROOM.GET?room=${room}`)).json.leader, 'ann');

  const formed = await act('room.form', {room, reason: 'a "promise"\nto ann'});
  refused(formed, 422, 'BAD_ARGUMENT'); // a line break is no text
  assert.equal((await act('room.form', {room, reason: 'a "promise" to ann'})).json.state, 'formed');
  const {events} = (await look(`/v1/room.history?room=${room}`)).json;
  assert.deepEqual(events.filter(({by}) => by).map(({event, by, reason}) => [event, by, reason]), [['room_formed', 'console', 'a "promise" to ann']]);
  await daemon.saw(/msg="an operator acts" command=room\.form campaign="" room=\w{20} by="console" from=127\.0\.0\.1:\d+ reason="a \\"promise\\" to ann" outcome=ok/);
  refused(await act('room.dissolve', {room, reason: 'again'}), 410, 'ROOM_CLOSED');
  await daemon.saw(/command=room\.dissolve .* reason="again" outcome=ROOM_CLOSED/);
  assert.equal((await act('campaign.close', {campaign: 'tea', rooms: 'fail', reason: 'sold out'})).json.phase, 'closed');
  await daemon.saw(/command=campaign\.close campaign="tea" .* reason="sold out" outcome=ok/);
  const counted = (await look('/metrics')).text.match(/^tuan_requests_total\{proto="http",.*$/gm);
  assert.deepEqual(counted.filter((line) => /room/.test(line)), ['tuan_requests_total{proto="http",op="room.get",code="ok"} 1',
    'tuan_requests_total{proto="http",op="room.list",code="ok"} 1', 'tuan_requests_total{proto="http",op="room.history",code="ok"} 1',
    'tuan_requests_total{proto="http",op="room.form",code="ok"} 1', 'tuan_requests_total{proto="http",op="room.dissolve",code="ROOM_CLOSED"} 1']);
  await call('campaign.put', {campaign: 'by-rpc'});
  await daemon.saw(/command=campaign\.put campaign="by-rpc" .* outcome=ok/);
});

test('a page that is asked for behind an act, on its connection, is not taken for the act in the slow log', async (t) => {
  const {daemon} = await start(t, [...NONE, '--set', 'slowlog.slower_than_ms=0']);
  const agent = new http.Agent({keepAlive: true, maxSockets: 1});
  t.after(() => agent.destroy());
  const body = JSON.stringify({campaign: 'tea', size: 3});
  const headers = {...JSON_BODY, 'Content-Length': Buffer.byteLength(body)};
  assert.equal((await request(daemon.admin, '/v1/campaign.put', {method: 'POST', body, headers, agent})).status, 200);
  for (let i = 0; i < 3; i++) assert.equal((await request(daemon.admin, '/metrics', {agent})).status, 200);
  const {json} = await request(daemon.admin, '/v1/slowlog', {agent});
  assert.deepEqual(json.requests.map(({command}) => command), ['campaign.put']);
});

test('what is no read and no act of an operator is refused by name', async (t) => {
  const {look, act, daemon} = await start(t);
  refused(await look('/v1/room.gets'), 404, 'UNKNOWN_COMMAND');
  refused(await look('/v1/room.match?campaign=tea&user=a&order=b'), 404, 'UNKNOWN_COMMAND');
  refused(await look('/v1/shutdown'), 404, 'UNKNOWN_COMMAND');
  refused(await act('room.match', {campaign: 'tea', user: 'a', order: 'b'}), 404, 'UNKNOWN_COMMAND');
  const wrong = await look('/v1/room.form?room=00000000000000000001');
  refused(wrong, 405, 'BAD_REQUEST');
  assert.equal(wrong.headers.allow, 'POST');
  refused(await act('campaign.list', {}), 405, 'BAD_REQUEST');
  refused(await look('/v1/campaign.get'), 422, 'BAD_ARGUMENT');
  refused(await look('/v1/campaign.get?campaign=a&campaign=b'), 422, 'BAD_ARGUMENT');
  refused(await look('/v1/campaign.get?campaign=a&size=3'), 422, 'BAD_ARGUMENT');
  refused(await look('/v1/campaign.get?campaign=nowhere'), 404, 'CAMPAIGN_NOT_FOUND');
  refused(await look(`/v1/campaign.get?campaign=${'a'.repeat(3000)}`), 413, 'TOO_LARGE');
  refused(await act('room.form', '{"room":'), 400, 'BAD_REQUEST');
  refused(await act('room.form?room=1', {}), 400, 'BAD_REQUEST');
  refused(await act('room.form', {}), 422, 'BAD_ARGUMENT');
  assert.equal((await act('room.form', `"${'x'.repeat(5000)}"`)).status, 413);
  assert.equal((await request(daemon.web, '/v1/room.form', {method: 'POST', body: '{}', headers: {'Content-Length': 2}})).status, 404);
});

test('a page of another origin can neither act nor read, whatever its name leads to', async (t) => {
  const {daemon, look, act} = await start(t);
  const put = {campaign: 'tea', size: 2};
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])
    refused(await act('campaign.put', put, type ? {'Content-Type': type} : {}), 403, 'NOPERM');
  for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${daemon.web}`])
    refused(await act('campaign.put', put, {...JSON_BODY, Origin: origin}), 403, 'NOPERM');
  const preflight = await request(daemon.admin, '/v1/campaign.put', {method: 'OPTIONS', headers: {Origin: 'http://evil.example', 'Access-Control-Request-Method': 'POST'}});
  assert.equal(preflight.status, 405);
  assert.ok(!Object.keys(preflight.headers).some((name) => name.startsWith('access-control')));
  for (const host of [`evil.example:${daemon.admin}`, 'localhost.evil.example', '127.0.0.1.evil.example', '1e3'])
    refused(await look('/v1/campaign.list', {Host: host}), 403, 'NOPERM');
  assert.equal((await look('/v1/campaign.list')).json.campaigns.length, 0);
  assert.deepEqual((await look('/v1/me')).json, {role: 'operator', user: '', needs_token: 0});
  for (const host of ['localhost', `LOCALHOST:${daemon.admin}`, '[::1]:80', `127.0.0.1:${daemon.admin}`])
    assert.equal((await look('/v1/campaign.list', {Host: host})).status, 200, host);
  assert.equal((await act('campaign.put', put, {'Content-Type': 'application/json; charset=utf-8', Origin: `http://127.0.0.1:${daemon.admin}`})).status, 200);
  assert.equal((await look('/metrics', {Host: 'tuan-1.example'})).status, 200); // for Prometheus, and without ids
});

test('with tokens, roles are as on the rpc port, and what shows nobody stays open', async (t) => {
  const dir = await tempDir(t);
  const file = path.join(dir, 'tokens');
  await writeFile(file, ['read', 'client', 'operator'].map((role) => `${role} ${createHash('sha256').update(`${role}-token`).digest('hex')} ${role}-name\n`).join(''));
  await chmod(file, 0o600);
  const {daemon, look, act} = await start(t, [...NONE, '--set', `auth.file=${file}`], {dir});
  const as = (role) => ({Authorization: `Bearer ${role}-token`, ...JSON_BODY});
  const put = {campaign: 'tea', size: 2};
  for (const path of ['/', '/metrics', '/livez', '/readyz', '/v1/info', '/v1/latency']) assert.equal((await look(path)).status, 200, path);
  for (const path of ['/v1/campaign.list', '/v1/room.get?room=00000000000000000001', '/v1/refund.list', '/v1/connections', '/v1/slowlog', '/v1/config']) {
    const answer = await look(path);
    refused(answer, 401, 'NOAUTH');
    assert.equal(answer.headers['www-authenticate'], 'Bearer');
    refused(await look(path, as('wrong')), 401, 'NOAUTH');
  }
  assert.deepEqual((await look('/v1/me')).json, {role: 'none', user: '', needs_token: 1});
  assert.deepEqual((await look('/v1/me', as('read'))).json, {role: 'read', user: 'read-name', needs_token: 1});
  assert.deepEqual((await look('/v1/me', as('wrong'))).json, {role: 'none', user: '', needs_token: 1});
  assert.equal((await look('/v1/campaign.list', as('read'))).status, 200);
  assert.equal((await look('/v1/campaign.list', {...as('read'), Host: 'ops.example'})).status, 200);
  refused(await look('/v1/config', as('client')), 403, 'NOPERM');
  assert.equal((await look('/v1/config', as('operator'))).status, 200);
  refused(await act('campaign.put', put), 401, 'NOAUTH');
  refused(await act('campaign.put', put, as('wrong')), 401, 'NOAUTH');
  refused(await act('campaign.put', put, as('client')), 403, 'NOPERM');
  refused(await act('campaign.put', put, {...as('operator'), Origin: 'http://evil.example'}), 403, 'NOPERM');
  assert.equal((await look('/v1/campaign.list', as('read'))).json.campaigns.length, 0);
  assert.equal((await act('campaign.put', put, as('operator'))).status, 200);
  await daemon.saw(/command=campaign\.put campaign="tea" room= by="operator-name"/);
  assert.ok((await look('/v1/info')).json.clients.auth_failures >= 7);
  await daemon.saw(/a wrong token at the admin port/);
});

test('an act is answered when the mirror has it, and UNKNOWN when that is not known', async (t) => {
  const {daemon, look, act} = await start(t, ['--set', 'mirror.timeout_ms=1s']);
  assert.equal((await act('campaign.put', {campaign: 'tea', size: 2})).status, 200);
  const pid = daemon.redisPid();
  t.after(() => { try { process.kill(pid, 'SIGCONT'); } catch { /* it is gone */ } });
  process.kill(pid, 'SIGSTOP');
  refused(await act('campaign.close', {campaign: 'tea', reason: 'the sale is over'}), 504, 'UNKNOWN');
  process.kill(pid, 'SIGCONT');
  await until('the close is known', async () => {
    const answer = await look('/v1/campaign.get?campaign=tea');
    return answer.status === 200 && answer.json.phase === 'closed';
  });
});
