// SPDX-License-Identifier: BSD-2-Clause
// A real nginx with the file that is shipped, in front of the web port: storms stay outside, and nothing shown is stale.
import assert from 'node:assert/strict';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import {test} from 'node:test';
import {ioredis} from './clients.mjs';
import {Process, ROOT, Tuand, freePort, run, sleep, tempDir, until} from './tuand.mjs';
import {Events, request} from './web.mjs';

const ROOMS = 100, STORM_MS = 5000, CLIENTS = 64;

// The shipped file, with only its addresses and its folder changed, inside the least of an nginx.conf.
async function startNginx(t, daemon) {
  const dir = await tempDir(t);
  const nginx = {port: await freePort(), log: path.join(dir, 'access.log'), file: path.join(dir, 'nginx.conf')};
  let shipped = await readFile(path.join(ROOT, 'daemon/deploy/tuan.nginx'), 'utf8');
  for (const [from, to] of [['server 127.0.0.1:8827;', `server 127.0.0.1:${daemon.web};`], ['listen 80;', `listen 127.0.0.1:${nginx.port};`],
    [' /var/lib/nginx/tuan ', ` ${dir}/cache `]]) {
    assert.equal(shipped.split(from).length, 2, `${from} is there once`);
    shipped = shipped.replace(from, to);
  }
  await mkdir(path.join(dir, 'temp'));
  await writeFile(path.join(dir, 'tuan.conf'), shipped);
  await writeFile(nginx.file, `${process.getuid() === 0 ? 'user root;' : ''} daemon off; pid ${dir}/pid; error_log ${dir}/error.log; worker_processes 1;
events { worker_connections 1024; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/temp/${name};`).join(' ')}
  log_format storm '$uri $upstream_cache_status [$upstream_status]';
  access_log ${nginx.log} storm;
  include ${dir}/tuan.conf;
}
`);
  const judged = await run('nginx', ['-t', '-e', path.join(dir, 'error.log'), '-c', nginx.file]);
  assert.equal(judged.code, 0, judged.errors);
  const process_ = new Process('nginx', ['-e', path.join(dir, 'error.log'), '-c', nginx.file]);
  t.after(async () => { process_.signal('SIGTERM'); await process_.end(); });
  await until('nginx serves', () => request(nginx.port, '/v1/time').then(({status}) => status === 200, () => false));
  nginx.faults = async () => (await readFile(path.join(dir, 'error.log'), 'utf8')).split('\n').filter((line) => /\[(error|crit|alert|emerg)\]/.test(line));
  return nginx;
}

async function start(t) {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const client = await ioredis(daemon);
  t.after(() => client.close());
  await client.call('campaign.put', {campaign: 'tea', size: 1000, clock_start: 'open'});
  const open = async (n) => (await client.call('room.open', {campaign: 'tea', user: `leader${n}`, order: `o${n}`})).room;
  const asked = async () => (await request(daemon.admin, '/v1/info')).json.web.http_requests;
  return {daemon, call: client.call, open, asked, nginx: await startNginx(t, daemon)};
}

test(`a storm of ${STORM_MS / 1000} s on ${ROOMS} rooms costs the origin at most two requests a room and second`, async (t) => {
  const {daemon, call, open, asked, nginx} = await start(t);
  const rooms = [];
  for (let i = 0; i < ROOMS; i++) rooms.push(await open(i));
  const agent = new http.Agent({keepAlive: true, maxSockets: CLIENTS});
  t.after(() => agent.destroy());
  const before = await asked();
  const begin = Date.now();
  const statuses = {};
  let polls = 0, joins = 0;

  const poller = async (seed) => { // polls as a page does: with the tag it has
    const tags = new Map();
    for (let i = seed; Date.now() - begin < STORM_MS || polls < 100 * ROOMS; i += 7) {
      const room = rooms[i % ROOMS];
      const answer = await request(nginx.port, `/v1/rooms/${room}`, {agent, headers: tags.has(room) ? {'if-none-match': tags.get(room)} : {}});
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      if (answer.headers.etag) tags.set(room, answer.headers.etag);
      polls++;
    }
  };
  const joiner = async () => { // meanwhile rooms change
    for (; Date.now() - begin < STORM_MS; joins++) {
      await call('room.join', {room: rooms[joins % ROOMS], user: `u${joins}`, order: `j${joins}`});
      await sleep(5);
    }
  };
  await Promise.all([joiner(), ...Array.from({length: CLIENTS}, (_, i) => poller(i))]);

  const seconds = (Date.now() - begin) / 1000;
  const cost = await asked() - before - 1; // the look itself
  const byRoom = new Map(rooms.map((room) => [room, 0]));
  for (const [, room] of (await readFile(nginx.log, 'utf8')).matchAll(/^\/v1\/rooms\/(\w+) \w+ \[\d{3}\]$/mg)) byRoom.set(room, byRoom.get(room) + 1);
  const most = Math.max(...byRoom.values());
  t.diagnostic(`${polls} polls in ${seconds.toFixed(1)} s (${JSON.stringify(statuses)}), ${joins} joins: ${cost} requests at the origin, at most ${most} of a room`);
  assert.deepEqual(Object.keys(statuses).sort(), ['200', '304']);
  assert.ok(joins > 0 && polls >= 3 * cost, 'it was a storm');
  assert.equal([...byRoom.values()].reduce((a, b) => a + b), cost, "nginx's log and the daemon count the same");
  assert.ok(cost <= 2 * ROOMS * seconds, `${cost} requests for ${ROOMS} rooms in ${seconds} s`);
  assert.ok(most <= 2 * Math.ceil(seconds), `${most} requests for one room`);
  assert.deepEqual(await nginx.faults(), []);

  for (const room of [rooms[0], rooms[ROOMS - 1]]) { // and what is shown comes up to date
    const direct = await request(daemon.web, `/v1/rooms/${room}`);
    await until('the page shows the last join', async () => (await request(nginx.port, `/v1/rooms/${room}`)).text === direct.text);
  }
});

test('behind nginx tags, clocks, refusals, long polls and streams work as they do in front', async (t) => {
  const {daemon, call, open, asked, nginx} = await start(t);
  const room = await open(1);
  const at = `/v1/rooms/${room}`;
  const look = (where, options) => request(nginx.port, where, options);

  const first = await look(at);
  assert.equal((await look(at, {headers: {'if-none-match': first.headers.etag}})).status, 304);
  const origin = (await request(daemon.web, at)).headers;
  for (const name of ['etag', 'cache-control', 'content-type', 'x-content-type-options']) assert.equal(first.headers[name], origin[name], name);
  assert.ok(Number(first.headers['x-poll-after-ms']) > 0);

  // A kept answer has today's clock, not the one it was kept with.
  const clock = async () => {
    const {now} = (await look('/v1/time')).json;
    const {headers, status} = await look(at);
    const [page, after] = [Number(headers['x-now-ms']), (await look('/v1/time')).json.now];
    assert.equal(status, 200);
    assert.ok(now - 50 <= page && page <= after + 50, `${now} <= ${page} <= ${after}`);
    return page;
  };
  const early = await clock();
  await sleep(30);
  assert.ok(await clock() > early);

  const unknown = await look('/v1/rooms/0123456789ABCDEFGHJK');
  assert.deepEqual([unknown.status, unknown.json.error.code], [404, 'ROOM_NOT_FOUND']);
  assert.equal((await look(at, {method: 'POST', body: '{}'})).status, 403);
  assert.equal((await look(at, {headers: {cookie: 'c='.padEnd(7000, 'x')}})).status, 200, 'cookies of the shop stay outside');
  assert.equal((await look('/metrics')).status, 404);
  const before = await asked();
  for (let i = 0; i < 5; i++) assert.equal((await look('/v1/rooms/0123456789ABCDEFGHJK')).status, 404);
  assert.ok(await asked() <= before + 2, 'what is not there is asked for once in five seconds');

  // Two long polls and a stream of the same room: each is told at once.
  const since = encodeURIComponent((await request(daemon.web, at)).etag);
  const events = await Events.open(nginx.port, `${at}/events`);
  await events.until('the room', () => events.all.length === 1);
  const told = Promise.all([1, 2].map(() => look(`${at}?since=${since}&wait=20s`)));
  await until('they wait', async () => (await request(daemon.admin, '/v1/info')).json.web.http_waiting === 2);

  await call('room.join', {room, user: 'u2', order: 'j2'});
  for (const {status, json} of await told) assert.deepEqual([status, json.held], [200, 2]);
  await events.until('the change', () => events.all.some(({data}) => data.held === 2));
  events.close();

  // What a long poll was told is not kept for the next one.
  const poll = `${at}?since=${encodeURIComponent((await request(daemon.web, at)).etag)}&wait=1ms`;
  assert.equal((await look(poll)).status, 204);
  await call('room.join', {room, user: 'u3', order: 'j3'});
  assert.equal((await look(poll)).status, 200);

  // While one fetches what is new, the others get what there is.
  await look(at);
  await sleep(2100); // nginx counts whole seconds
  daemon.process.signal('SIGSTOP');
  let answered = 0;
  const crowd = Promise.all(Array.from({length: 10}, () => look(at).then(() => answered++)));
  await until('all but the one are answered', () => answered === 9);
  daemon.process.signal('SIGCONT');
  await crowd;

  // Who comes after a pause gets what is, not what was.
  await look(at);
  await call('room.join', {room, user: 'u4', order: 'j4'});
  await sleep(2100);
  assert.equal((await look(at)).json.held, 4);

  // A daemon that is away for a moment: what was shown last is shown on.
  const last = await look(at);
  await daemon.kill9();
  await sleep(2100);
  assert.equal((await look(at)).text, last.text);
  assert.notEqual((await nginx.faults()).length, 0);
});
