// SPDX-License-Identifier: BSD-2-Clause
// What operators see and do: metrics, probes, INFO in three forms, CONFIG SET, CLIENT KILL.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {test} from 'node:test';
import {ioredis, nodeRedis, refused, rpc} from './clients.mjs';
import {ROOT, Tuand, tempDir, until} from './tuand.mjs';
import {Events, request} from './web.mjs';

const NONE = ['--mirror', 'none'];

async function start(t, args = NONE) {
  const daemon = await Tuand.start(t, {args});
  const client = await ioredis(daemon);
  t.after(() => client.close());
  return {daemon, client, call: client.call, command: (...words) => client.client.call(...words), look: (at) => request(daemon.admin, at)};
}

// {name{labels}: value} of a page of metrics.
const parse = (text) => Object.fromEntries(text.split('\n').filter((line) => line && !line.startsWith('#'))
  .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));

// The rows of metrics.def: {member, section, kind, name}; METRIC_BY makes one for each word of its list in metrics.h.
function metricRows() {
  const text = readFileSync(path.join(ROOT, 'daemon/metrics.def'), 'utf8');
  const header = readFileSync(path.join(ROOT, 'daemon/metrics.h'), 'utf8');
  const words = (list) => [...header.slice(header.indexOf(`#define METRIC_LIST_${list}(`)).split('\n\n')[0].split('#define ')[1]
    .matchAll(/ROW\(\w+, "(\w+)", "(\w+)"/g)].map(([, label, word]) => ({label, word}));
  const quoted = '"((?:[^"\\\\]|\\\\.)*)"';
  const plain = (name) => name.replaceAll('\\"', '"');
  const rows = [...text.matchAll(new RegExp(`^METRIC\\((\\w+), (\\w+), (\\w+), ${quoted}`, 'gm'))]
    .map(([, member, section, kind, name]) => ({member, section, kind, name: plain(name)}));
  for (const [, member, list, section, kind, name, labels] of text.matchAll(new RegExp(`^METRIC_BY\\((\\w+), (\\w+), (\\w+), (\\w+), ${quoted}, ${quoted}`, 'gm')))
    for (const {label, word} of words(list))
      rows.push({member: `${member}_${word}`, section, kind, name: `${name}{${plain(labels)}${label}="${word}"}`});
  const histogram = (member, section, unit, name, labels = '') =>
    rows.push({member: `${member}_count`, section, kind: 'COUNTER', name: `${name}_count${labels}`},
      {member: `${member}_sum`, section, kind: unit.endsWith('US') ? 'COUNTER_US' : unit.endsWith('MS') ? 'COUNTER_MS' : 'COUNTER', name: `${name}_sum${labels}`});
  for (const [, member, section, unit, name] of text.matchAll(new RegExp(`^METRIC_HISTOGRAM\\((\\w+), (\\w+), (\\w+), ${quoted}`, 'gm')))
    histogram(member, section, unit, name);
  for (const [, member, list, section, unit, name] of text.matchAll(new RegExp(`^METRIC_HISTOGRAM_BY\\((\\w+), (\\w+), (\\w+), (\\w+), ${quoted}`, 'gm')))
    for (const {label, word} of words(list)) histogram(`${member}_${word}`, section, unit, name, `{${label}="${word}"}`);
  return rows.map((row) => ({...row, section: row.section.toLowerCase()}));
}

test('INFO, /v1/info and /metrics show one number', async (t) => {
  const {daemon, call, look} = await start(t, []);
  await call('campaign.put', {campaign: 'tea', size: 2});
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  await refused('ROOM_NOT_FOUND', call('room.get', {room: '00000000000000000001'}));
  for (let i = 0; i < 3; i++) await request(daemon.web, `/v1/rooms/${room}`);

  const [text, json, metrics] = [await call('info', {}), (await look('/v1/info')).json, await look('/metrics')];
  assert.equal(metrics.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const shown = parse(metrics.text);
  const lines = Object.fromEntries([...text.matchAll(/^(\w+):(.*)\r$/gm)].map(([, name, value]) => [name, value]));
  const rows = metricRows();
  assert.ok(rows.length > 130, `${rows.length} rows`);
  for (const section of new Set(rows.map((row) => row.section)))
    for (const [member, value] of Object.entries(json[section]))
      if (typeof value === 'number') assert.ok(rows.some((row) => row.member === member), `${member} has a row`);
  // Looking costs a turn, a request and some bytes itself, and time passes.
  const moving = /^(uptime|now$|turns|busy_us|phase_|slow_requests|used_memory|connected_clients|total_|http_requests|http_200|parked|mirror_(batches|batch_bytes|commits|oldest|flight|slices|records|last|request)|dirty|output_bytes|connections_(new|http)|timers_connection|net_|loop_lag)/;
  for (const {member, section, kind, name} of rows) {
    const value = json[section][member];
    assert.equal(typeof value, 'number', member);
    assert.ok(member in lines, `${member} is in INFO`);
    if (!moving.test(member)) assert.equal(Number(lines[member]), value, member);
    if (name === '') continue;
    assert.ok(`tuan_${name}` in shown, name);
    const scale = kind.endsWith('_MS') ? 1e3 : kind.endsWith('_US') ? 1e6 : 1;
    if (!moving.test(member)) assert.equal(Math.round(shown[`tuan_${name}`] * scale), value, name);
  }
  assert.equal(json.matching.rooms_open, 1);
  assert.equal(shown['tuan_rooms{state="open"}'], 1);
  assert.equal(shown['tuan_requests_total{proto="resp",op="room.match",code="ok"}'], 1);
  assert.equal(shown['tuan_requests_total{proto="resp",op="room.get",code="ROOM_NOT_FOUND"}'], 1);
  assert.equal(shown['tuan_joins_total{result="ok"}'], 1);
  assert.equal(json.commandstats['room.match'].calls, 1);
  assert.equal(shown['tuan_errors_total{code="ROOM_NOT_FOUND"}'], json.errorstats.ROOM_NOT_FOUND);
  assert.match(json.mirror.mirror_state, /owning/);
});

// Each kind of client and each fate of a room moves its own number.
test('numbers tell who speaks what, and what becomes of rooms', async (t) => {
  const {daemon, call, command, look} = await start(t, []);
  const packed = await rpc(daemon);
  t.after(() => packed.close());
  const put = (name, rules) => call('campaign.put', {campaign: name, size: 2, price: 100, ...rules});
  await put('tea');
  await put('flash', {room_ttl_ms: 200, hold_ms: 100, late_grace_ms: 0});
  for (const user of ['ann', 'bob']) {
    await packed.call('room.match', {campaign: 'tea', user, order: `tea-${user}`});
    await call('seat.pay', {campaign: 'tea', order: `tea-${user}`, payment: `p-${user}`, amount: 100});
  }
  await refused('BAD_ARGUMENT', packed.call('room.match', {campaign: 'tea', user: '', order: 'x'}));
  await call('room.match', {campaign: 'flash', user: 'cat', order: 'flash-cat'});
  await call('seat.pay', {campaign: 'flash', order: 'flash-cat', payment: 'p-cat', amount: 100});
  await refused('ALREADY_IN_CAMPAIGN', call('room.match', {campaign: 'flash', user: 'cat', order: 'flash-cat-2'}));
  await call('room.match', {campaign: 'flash', user: 'dan', order: 'flash-dan'}); // never pays: his hold ends, then the room
  const {refunds: [{refund}]} = await until('the refund of the room that failed', async () => {
    const list = await call('refund.list', {});
    return list.refunds.length > 0 && list;
  });
  await call('refund.ack', {refund, ref: 'bank-1'});
  await look('/livez'); // its bytes are seen in the next look
  const stray = net.connect(daemon.port, '127.0.0.1');
  stray.on('error', () => {}).write('GET / HTTP/1.1\r\n\r\n');
  const mute = net.connect(daemon.port, '127.0.0.1');
  t.after(() => { stray.destroy(); mute.destroy(); });
  const shown = await until('the silent connection is counted', async () => {
    const now = parse((await look('/metrics')).text);
    return now['tuan_connections{proto="new"}'] === 1 && now['tuan_protocol_errors_total{reason="wrong_port",proto="http"}'] === 1 && now;
  });
  const expect = {
    'connections{proto="resp"}': 1, 'connections{proto="msgpack"}': 1, 'connections{proto="http"}': 1,
    'requests_total{proto="msgpack",op="room.match",code="ok"}': 2, 'requests_total{proto="msgpack",op="room.match",code="BAD_ARGUMENT"}': 1,
    'requests_total{proto="resp",op="room.match",code="ok"}': 2, 'requests_total{proto="resp",op="room.match",code="ALREADY_IN_CAMPAIGN"}': 1,
    'joins_total{result="ok"}': 4, 'joins_total{result="duplicate"}': 1, 'joins_total{result="error"}': 1,
    rooms_opened_total: 2, 'rooms_ended_total{outcome="formed",reason="full"}': 1, 'rooms_ended_total{outcome="failed",reason="deadline"}': 1,
    seats_taken_total: 4, seats_paid_total: 3, 'seats_released_total{reason="expired"}': 1,
    'refunds_due_total{reason="room_failed"}': 1, refunds_acknowledged_total: 1, refunds_open: 0,
    room_fill_seconds_count: 1, match_wait_seconds_count: 2, room_formed_seats_sum: 2, expiry_lag_seconds_count: 1,
    recovery_rooms: 0,
  };
  for (const [name, value] of Object.entries(expect)) assert.equal(shown[`tuan_${name}`], value, name);
  for (const proto of ['resp', 'msgpack', 'http']) {
    assert.ok(shown[`tuan_net_receive_bytes_total{proto="${proto}"}`] > 0, proto);
    assert.ok(shown[`tuan_net_transmit_bytes_total{proto="${proto}"}`] > 0, proto);
  }
  for (const name of ['loop_lag_seconds_count', 'mirror_wait_seconds_count', 'recovery_duration_seconds', 'mirror_last_commit_timestamp_seconds'])
    assert.ok(shown[`tuan_${name}`] > 0, name);
  assert.ok(shown.tuan_memory_limit_bytes > shown.tuan_memory_resident_bytes);
  assert.ok(Math.abs(shown.tuan_mirror_last_commit_timestamp_seconds - Date.now() / 1000) < 60);
  const build = Object.keys(shown).find((name) => name.startsWith('tuan_build_info{'));
  assert.match(build, /version="\d+\.\d+\.\d+",revision="\w*",build="(debug|release|tuned)",libevent="2\.\S+",jemalloc=/);
  assert.match(await command('INFO', 'matching'), /formed_full:1\r\n/);
});

test('readiness follows the mirror and the drain, liveness does not', async (t) => {
  const {daemon, look, call} = await start(t, ['--set', 'mirror.timeout_ms=500ms', '--set', 'shutdown.grace_ms=3s']);
  assert.deepEqual([(await look('/livez')).text, (await look('/readyz')).text], ['ok\n', 'ok\n']);
  assert.equal((await look('/readyz?verbose')).text, '[+]recovered ok\n[+]mirror ok\n[+]serving ok\nok\n');
  process.kill(daemon.redisPid(), 'SIGSTOP');
  t.after(() => { try { process.kill(daemon.redisPid(), 'SIGCONT'); } catch { /* it is gone */ } });
  await call('campaign.put', {campaign: 'tea', size: 2}).catch(() => {});
  const red = await until('readiness is red', async () => { const answer = await look('/readyz'); return answer.status === 503 && answer; });
  assert.match(red.text, /^\[\+\]recovered ok\n\[-\]mirror failed: .+\n\[\+\]serving ok\nnot ready\n$/);
  assert.equal((await look('/livez')).status, 200);
  assert.equal(parse((await look('/metrics')).text).tuan_ready, 0);
  process.kill(daemon.redisPid(), 'SIGCONT');
  await until('readiness is green', async () => (await look('/readyz')).status === 200);
});

test('the admin port answers nothing else, and a full daemon is still looked into', async (t) => {
  const {daemon, look} = await start(t, [...NONE, '--set', 'limit.connections=3']);
  assert.equal((await look('/nothing')).status, 404);
  assert.equal((await look('/v1/time')).status, 404);
  const post = await request(daemon.admin, '/metrics', {method: 'POST', body: '{}', headers: {'Content-Length': 2}});
  assert.equal(post.status, 405);
  assert.equal((await request(daemon.admin, '/metrics', {method: 'HEAD'})).text, '');
  const more = [await rpc(daemon), await rpc(daemon)];
  t.after(() => Promise.all(more.map((client) => client.close())));
  assert.equal((await request(daemon.web, '/v1/time')).status, 503);
  assert.equal((await look('/readyz')).status, 200);
});

test('CONFIG SET takes reloadable options at once, all or nothing, until the next reload', async (t) => {
  const dir = await tempDir(t);
  const file = path.join(dir, 'tuan.conf');
  await writeFile(file, 'log.level = info\n');
  const {daemon, command} = await start(t, [...NONE, '--config', file]);
  assert.equal(await command('CONFIG', 'SET', 'limit.connections', '50', 'log.level', 'debug'), 'OK');
  assert.deepEqual(await command('CONFIG', 'GET', 'limit.connections', 'log.level'), ['log.level', 'debug', 'limit.connections', '50']);
  const refusal = async (...words) => (await command('CONFIG', 'SET', ...words).catch((error) => error)).message;
  assert.match(await refusal('limit.connections', '60', 'dir', '/tmp/other'), /^BAD_ARGUMENT dir needs a restart/);
  assert.match(await refusal('limit.connection', '60'), /unknown option 'limit\.connection': did you mean limit\.connections/);
  assert.match(await refusal('limit.connections', '0'), /limit\.connections/);
  assert.match(await refusal('limit.connections'), /BAD_ARGUMENT/);
  assert.deepEqual(await command('CONFIG', 'GET', 'limit.connections'), ['limit.connections', '50']);
  process.kill(daemon.pid, 'SIGHUP');
  await daemon.saw(/msg=reloaded|msg="reloaded"|reloaded/);
  await until('the file counts again', async () => (await command('CONFIG', 'GET', 'limit.connections'))[1] === '20000');
});

test('SLOWLOG keeps what took long, and says where the time went', async (t) => {
  const {daemon, command, call, client} = await start(t, ['--set', 'slowlog.slower_than_ms=200ms']);
  await client.client.client('SETNAME', 'shop-1');
  await call('campaign.put', {campaign: 'tea', size: 2});
  assert.equal(await command('SLOWLOG', 'LEN'), 0);
  const pid = daemon.redisPid();
  process.kill(pid, 'SIGSTOP');
  const slow = call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  setTimeout(() => process.kill(pid, 'SIGCONT'), 300);
  await slow;
  const [[id, at, took, words, peer, name, phases]] = await command('SLOWLOG', 'GET');
  assert.deepEqual([id, words, name], [0, ['room.match'], 'shop-1']);
  assert.ok(took >= 200000 && took < 20e6, `${took}`);
  assert.ok(Math.abs(at - Date.now() / 1000) < 30);
  assert.match(peer, /^127\.0\.0\.1:\d+$/);
  const parts = Object.fromEntries([...phases.matchAll(/(\w+)=(\d+)/g)].map(([, phase, us]) => [phase, Number(us)]));
  assert.deepEqual(Object.keys(parts), ['queue', 'match', 'store']);
  assert.ok(parts.store > 0.9 * took);
  assert.equal(await command('SLOWLOG', 'RESET'), 'OK');
  assert.deepEqual(await command('SLOWLOG', 'GET', '-1'), []);
  await command('CONFIG', 'SET', 'slowlog.slower_than_ms', '0');
  for (let i = 0; i < 200; i++) await command('PING');
  assert.equal(await command('SLOWLOG', 'LEN'), 128);
  assert.equal((await command('SLOWLOG', 'GET', '-1')).length, 128);
  assert.equal((await command('SLOWLOG', 'GET')).length, 10);
  await command('SLOWLOG', 'RESET');
  for (let i = 0; i < 20; i++) await call('room.match', {campaign: 'tea', user: `v${i}`, order: `p${i}`});
  const waited = (await command('SLOWLOG', 'GET', '-1')).map((entry) => [entry[2], Number(/store=(\d+)/.exec(entry[6])[1])]).filter(([whole, store]) => whole === store);
  assert.equal(waited.length, 20); // a request each, and its wait
  assert.ok(waited.every(([us]) => us > 0), `no mirror answers in no time: ${waited}`);
  const other = await rpc(daemon);
  t.after(() => other.close());
  assert.match(await other.call('slowlog', {action: 'get', words: ['1']}), /^id=\d+ at=\d+ took=\d+ command=\S+ client=\S+ name=\S* queue=\d+ match=\d+ store=0\n$/);
});

test('LATENCY HISTOGRAM and /metrics count each request once', async (t) => {
  const {command, call, look} = await start(t, []);
  await call('campaign.put', {campaign: 'tea', size: 2});
  for (let i = 0; i < 50; i++) await call('room.match', {campaign: 'tea', user: `u${i}`, order: `o${i}`});
  const all = await command('LATENCY', 'HISTOGRAM');
  const pairs = (flat) => Object.fromEntries(flat.map((item, i) => [item, flat[i + 1]]).filter((_, i) => i % 2 === 0));
  const histogram = pairs(pairs(all)['room.match']);
  assert.equal(histogram.calls, 50);
  const counts = Object.values(pairs(histogram.histogram_usec));
  assert.deepEqual(counts, [...counts].sort((a, b) => a - b), 'cumulative');
  assert.equal(counts.at(-1), 50);
  const shown = parse((await look('/metrics')).text);
  assert.equal(shown['tuan_request_duration_seconds_count{op="room.match"}'], 50);
  assert.equal(shown['tuan_request_duration_seconds_bucket{op="room.match",le="+Inf"}'], 50);
  assert.ok(shown['tuan_request_duration_seconds_sum{op="room.match"}'] > 0);
  assert.ok(shown['tuan_request_phase_seconds_total{phase="store"}'] > 0);
  assert.deepEqual(await command('LATENCY', 'HISTOGRAM', 'room.get'), []);
  assert.match((await command('LATENCY', 'DOCTOR').catch((error) => error)).message, /^BAD_ARGUMENT/);
});

test('MONITOR shows requests as they go by, and no secrets', async (t) => {
  const {daemon, call, command} = await start(t);
  const lines = [];
  const socket = net.connect(daemon.port, '127.0.0.1').setEncoding('utf8').on('data', (text) => lines.push(...text.split('\r\n').filter(Boolean)));
  t.after(() => socket.destroy());
  socket.write('MONITOR\r\n');
  await until('it looks', () => lines[0] === '+OK');
  await call('campaign.put', {campaign: 'tea', size: 2});
  await call('room.match', {campaign: 'tea', user: 'u"\\1', order: 'o1', qty: 1});
  await command('AUTH', 'top-secret').catch(() => {});
  await command('CONFIG', 'GET', 'dir');
  await until('four lines', () => lines.length === 5);
  assert.match(lines[1], /^\+\d{10}\.\d{6} \[0 127\.0\.0\.1:\d+\] "campaign\.put" "campaign" "tea"$/);
  assert.match(lines[2], /"room\.match" "campaign" "tea" "user" "u\\"\\\\1" "order" "o1" "qty" "1"$/);
  assert.match(lines[3], /\] "auth"$/);
  assert.match(lines[4], /"config" "action" "GET" "words" "\(1\)"$/);
  const other = await rpc(daemon);
  t.after(() => other.close());
  await refused('BAD_REQUEST', other.call('monitor'));

  socket.pause(); // who does not read costs no memory
  const unread = async () => Number(/cmd=monitor[^\n]* omem=(\d+)/.exec(await command('CLIENT', 'LIST'))[1]);
  const profile = 'x'.repeat(150);
  for (let round = 0; round < 400 && await unread() < 256 * 1024; round++)
    await Promise.all(Array.from({length: 200}, () => call('user.seats', {campaign: 'tea', user: profile.slice(0, 60)})));
  assert.ok(await unread() >= 256 * 1024);
  for (let i = 0; i < 1000; i++) await command('PING');
  assert.ok(await unread() < 512 * 1024);
  socket.resume();
  await until('all is read', async () => await unread() < 1000); // this very look is a line
  await command('PING');
  await until('it is told', () => lines.some((line) => /^\+\(\d{4,} requests were left out\)$/.test(line)));
});

test('CLIENT KILL ends connections of every protocol', async (t) => {
  const {daemon, command, call} = await start(t);
  await call('campaign.put', {campaign: 'tea', size: 2});
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const events = await Events.open(daemon.web, `/v1/rooms/${room}/events`);
  const other = await nodeRedis(daemon, 3);
  t.after(() => other.close().catch(() => {}));
  const list = async () => (await command('CLIENT', 'LIST')).trim().split('\n').map((line) => Object.fromEntries(line.split(' ').map((pair) => pair.split(/=(.*)/s))));
  const stream = (await list()).find(({proto}) => proto === 'http');
  assert.equal(await command('CLIENT', 'KILL', 'ID', stream.id), 1);
  await events.until('the end', ({ended}) => ended);
  const victim = (await list()).find(({proto}) => proto === 'resp3');
  assert.equal(await command('CLIENT', 'KILL', victim.addr), 'OK');
  await until('it is gone', async () => (await list()).every(({proto}) => proto !== 'resp3'));
  assert.match((await command('CLIENT', 'KILL', victim.addr).catch((error) => error)).message, /no such client/);
  const [self] = await list();
  assert.equal(await command('CLIENT', 'KILL', 'ADDR', self.addr), 0, 'SKIPME is the default');
  assert.match((await command('CLIENT', 'KILL', 'ID', '1', 'x', 'y').catch((error) => error)).message, /^BAD_ARGUMENT/);
  assert.equal(await command('CLIENT', 'KILL', self.addr), 'OK', 'the answer comes before the end');
});
