// SPDX-License-Identifier: BSD-2-Clause
// Statuses that come by themselves on the rpc port: WATCH, UNWATCH, ROOM.WAIT.
import assert from 'node:assert/strict';
import net from 'node:net';
import {test} from 'node:test';
import {ioredis, nodeRedis, refused, rpc} from './clients.mjs';
import {Tuand, residentBytes, sleep, until} from './tuand.mjs';

const NONE = ['--mirror', 'none'];

async function shop(t, {args = NONE, size = 3, ...options} = {}) {
  const daemon = await Tuand.start(t, {args});
  const client = await ioredis(daemon);
  t.after(() => client.close());
  await client.call('campaign.put', {campaign: 'tea', size, price: 900, ...options});
  const eye = await ioredis(daemon); // looks while the other waits
  t.after(() => eye.close());
  return {daemon, call: client.call, look: eye.call, list: () => eye.client.call('CLIENT', 'LIST')};
}

const info = async (call, name) => Number(new RegExp(`${name}:(\\d+)\r`).exec(await call('info'))[1]);

// RESP3 by hand: what arrives, parsed; pushes are {push: [...]}, maps are objects.
function parse(text, at = 0) {
  const end = text.indexOf('\r\n', at);
  if (end < 0) return null;
  const head = text.slice(at + 1, end), kind = text[at];
  let next = end + 2;
  const take = (count) => {
    const items = [];
    for (let i = 0; i < count; i++) {
      const item = parse(text, next);
      if (item === null) return null;
      items.push(item.value);
      next = item.next;
    }
    return items;
  };
  if (kind === '+') return {value: head, next};
  if (kind === '-') return {value: {error: head}, next};
  if (kind === ':') return {value: Number(head), next};
  if (kind === '$') {
    const bytes = Buffer.from(text.slice(next)).subarray(0, Number(head)).toString();
    return text.length < next + bytes.length + 2 ? null : {value: bytes, next: next + bytes.length + 2};
  }
  const items = take(Number(head) * (kind === '%' ? 2 : 1));
  if (items === null) return null;
  if (kind === '%') return {value: Object.fromEntries(items.map((item, i) => [item, items[i + 1]]).filter((_, i) => i % 2 === 0)), next};
  return {value: kind === '>' ? {push: items} : items, next};
}

class Resp3 {
  static async open(daemon) {
    const client = new Resp3();
    client.got = [];
    let text = '';
    client.socket = net.connect(daemon.port, '127.0.0.1').setNoDelay().setEncoding('utf8');
    client.socket.on('error', () => {}).on('data', (piece) => {
      text += piece;
      for (let item; (item = parse(text)) !== null; text = text.slice(item.next)) client.got.push(item.value);
    });
    await new Promise((resolve) => client.socket.once('connect', resolve));
    await client.ask('HELLO 3');
    client.got = [];
    return client;
  }

  send(line) { this.socket.write(`${line}\r\n`); }

  async ask(line) {
    const before = this.replies.length;
    this.send(line);
    await until(`an answer to ${line}`, () => this.replies.length > before);
    return this.replies.at(-1);
  }

  get replies() { return this.got.filter((item) => !Array.isArray(item.push)); }
  get pushes() { return this.got.filter((item) => Array.isArray(item.push)).map((item) => item.push); }
  close() { this.socket.destroy(); }
}

test('WATCH pushes the public status at once and after each change, until the room ends', async (t) => {
  const {daemon, call} = await shop(t, {size: 2});
  const {room} = await call('room.match', {campaign: 'tea', user: 'secret-user', order: 'o1', profile: 'A**'});
  const client = await Resp3.open(daemon);
  t.after(() => client.close());
  assert.equal((await client.ask(`WATCH ${room}`)).watches, 1);
  await until('the first status', () => client.pushes.length === 1);
  const [kind, status] = client.pushes[0];
  assert.deepEqual([kind, status.id, status.version, status.held], ['room', room, 2, 1]);
  assert.doesNotMatch(JSON.stringify(status), /secret|o1/);
  await call('room.join', {room, user: 'u2', order: 'o2'});
  await until('the second', () => client.pushes.length === 2);
  assert.equal(client.pushes[1][1].held, 2);
  for (const order of ['o1', 'o2']) await call('seat.pay', {campaign: 'tea', order});
  await until('the last', () => client.pushes.at(-1)[1].state === 'formed');
  assert.equal(await info(call, 'watches'), 0, 'an ended room is not watched');
  assert.equal((await client.ask(`WATCH ${room}`)).watches, 0);
  await until('its status all the same', () => client.pushes.at(-1)[1].state === 'formed' && client.pushes.length >= 4);
});

test('HELLO 2 ends what was watched: RESP2 has no pushes', async (t) => {
  const {daemon, call} = await shop(t);
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const client = await Resp3.open(daemon);
  t.after(() => client.close());
  await client.ask(`WATCH ${room}`);
  await client.ask('WATCH campaign tea');
  assert.equal(await info(call, 'watches'), 2);
  await client.ask('HELLO 2');
  assert.equal(await info(call, 'watches'), 0);
});

test('one hot room: all its watchers, by either protocol, are told the same', async (t) => {
  const {daemon, call} = await shop(t, {size: 4, payment: 'none', one_open_per_user: 0});
  const rooms = [];
  for (let i = 0; i < 2; i++) rooms.push((await call('room.open', {campaign: 'tea', user: 'u', order: `o${i}`})).room);
  const clients = await Promise.all(Array.from({length: 6}, () => Resp3.open(daemon)));
  t.after(() => { for (const client of clients) client.close(); });
  const pushed = [];
  const other = await rpc(daemon);
  t.after(() => other.close());
  other.session.on('notification', (method, params) => pushed.push(params[0]));
  await other.call('watch', {room: rooms});
  for (const [i, client] of clients.entries()) await client.ask(i % 2 ? `WATCH ${rooms.join(' ')}` : 'WATCH campaign tea');
  for (const user of ['a', 'b', 'c']) for (const room of rooms) await call('room.join', {room, user, order: `${user}${room}`});
  const all = () => [...clients.map(({pushes}) => pushes.map(([, status]) => status)), pushed];
  await until('all are told both ends', () => all().every((statuses) => rooms.every((room) => statuses.some(({id, state}) => id === room && state === 'formed'))));
  const seen = new Map();
  for (const statuses of all()) {
    for (const status of statuses) {
      const key = `${status.id} ${status.version}`;
      const {length} = status.seats;
      assert.equal(length, status.paid);
      if (!seen.has(key)) seen.set(key, JSON.stringify(status, Object.keys(status).sort()));
      assert.equal(JSON.stringify(status, Object.keys(status).sort()), seen.get(key));
    }
  }
  assert.equal(await info(call, 'watches'), 3, 'those of the campaign stay');
});

test('msgpack-rpc gets notifications', async (t) => {
  const {daemon, call} = await shop(t);
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const client = await rpc(daemon);
  t.after(() => client.close());
  const pushed = [];
  client.session.on('notification', (method, params) => pushed.push([method, params[0]]));
  assert.equal((await client.call('watch', {room: [room], campaign: 'tea'})).watches, 2);
  await call('room.join', {room, user: 'u2', order: 'o2'});
  await until('a status for the room and one for the campaign', () => pushed.filter(([, status]) => status.version === 3).length === 2);
  assert.deepEqual(pushed.map(([method]) => method), Array(pushed.length).fill('room'));
  assert.equal((await client.call('unwatch', {campaign: 'tea'})).watches, 1);
  assert.equal((await client.call('unwatch')).watches, 0);
  const count = pushed.length;
  await call('room.join', {room, user: 'u3', order: 'o3'});
  await call('room.get', {room});
  await sleep(100);
  assert.equal(pushed.length, count, 'nothing after UNWATCH');
});

test('a campaign is watched whole: rooms that open later too', async (t) => {
  const {daemon, call} = await shop(t, {size: 2, payment: 'none'});
  const client = await Resp3.open(daemon);
  t.after(() => client.close());
  assert.equal((await client.ask('WATCH campaign tea')).watches, 1);
  const rooms = [];
  for (let i = 0; i < 5; i++) rooms.push((await call('room.open', {campaign: 'tea', user: `u${i}`, order: `o${i}`})).room);
  await call('campaign.put', {campaign: 'other', size: 2});
  await call('room.match', {campaign: 'other', user: 'u', order: 'o'});
  for (const [i, room] of rooms.entries()) await call('room.join', {room, user: `v${i}`, order: `p${i}`});
  await until('all are formed', () => rooms.every((room) => client.pushes.some(([, status]) => status.id === room && status.state === 'formed')));
  assert.ok(client.pushes.every(([, status]) => status.campaign === 'tea'));
});

test('at most one push a room in 50 ms', async (t) => {
  const {daemon, call} = await shop(t, {size: 1000, payment: 'none', one_open_per_user: 0, seats_per_room_user: 1000});
  const {room} = await call('room.open', {campaign: 'tea', user: 'u', order: 'o0'});
  const client = await Resp3.open(daemon);
  t.after(() => client.close());
  await client.ask(`WATCH ${room}`);
  const started = Date.now();
  for (let i = 1; i <= 400; i++) await call('room.join', {room, user: 'u', order: `o${i}`});
  await until('the last', () => client.pushes.at(-1)?.[1].paid === 401);
  assert.ok(client.pushes.length <= (Date.now() - started) / 50 + 3, `${client.pushes.length}`);
});

test('what cannot be watched is refused, and RESP2 is told how', async (t) => {
  const {daemon, call} = await shop(t);
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const resp2 = await nodeRedis(daemon, 2);
  t.after(() => resp2.close().catch(() => {}));
  const old = await resp2.client.sendCommand(['WATCH', room]).catch((error) => error);
  assert.match(old.message, /^BAD_REQUEST .*RESP2.*HELLO 3/);
  const client = await Resp3.open(daemon);
  t.after(() => client.close());
  assert.match((await client.ask('WATCH 00000000000000000001')).error, /^ROOM_NOT_FOUND /);
  assert.match((await client.ask(`WATCH ${room} 00000000000000000001`)).error, /^ROOM_NOT_FOUND .*00000000000000000001/);
  assert.match((await client.ask('WATCH campaign none')).error, /^CAMPAIGN_NOT_FOUND /);
  assert.match((await client.ask('WATCH')).error, /^BAD_ARGUMENT /);
  assert.match((await client.ask('WATCH nonsense')).error, /^BAD_ARGUMENT /);
  assert.equal((await client.ask('UNWATCH')).watches, 0);
  assert.deepEqual(client.pushes, []);
});

test('ROOM.WAIT answers when the room changes or its time is up, and blocks nobody else', async (t) => {
  const {daemon, call} = await shop(t);
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const client = await Resp3.open(daemon);
  t.after(() => client.close());
  const started = Date.now();
  client.send(`ROOM.WAIT ${room} 2 200`);
  client.send('PING');
  await until('both answers', () => client.replies.length === 2);
  assert.ok(Date.now() - started >= 195);
  assert.deepEqual([client.replies[0].unchanged, client.replies[0].version, client.replies[1]], [1, 2, 'PONG']);
  client.send(`ROOM.WAIT ${room} 2 20000`);
  client.send('PING after');
  await until('it waits', async () => await info(call, 'watches') === 1);
  assert.equal(client.replies.length, 2, 'later commands of the connection wait behind it');
  await call('room.join', {room, user: 'u2', order: 'o2'});
  await until('both answers', () => client.replies.length === 4);
  assert.deepEqual([client.replies[2].version, client.replies[2].held, client.replies[3]], [3, 2, 'after']);
  assert.equal((await client.ask(`ROOM.WAIT ${room} 2 20000`)).version, 3, 'what differs is not waited for');
  assert.equal((await client.ask(`ROOM.WAIT ${room} 3 0`)).unchanged, 1);
  const {seats, seats_total} = await client.ask(`ROOM.WAIT ${room} 2 20000 seats 1`);
  assert.deepEqual([seats.map(({user}) => user), seats_total], [['u1'], 2]);
  assert.match((await client.ask('ROOM.WAIT 00000000000000000001 1 1000')).error, /^ROOM_NOT_FOUND/);
  client.send(`ROOM.WAIT ${room} 3 20000 seats 0`);
  await until('it waits', async () => await info(call, 'watches') === 1);
  await call('room.dissolve', {room});
  await until('the end', () => client.replies.at(-1).state === 'failed');
  assert.deepEqual([client.replies.at(-1).seats, client.replies.at(-1).seats_total], [undefined, 2], 'what it asked for, though it waited');
  const ended = client.replies.at(-1).version;
  assert.equal((await client.ask(`ROOM.WAIT ${room} ${ended} 20000`)).unchanged, 1, 'an ended room is not waited for');
});

test('on msgpack-rpc many ROOM.WAITs go side by side with other calls', async (t) => {
  const {daemon, call} = await shop(t, {one_open_per_user: 0});
  const rooms = [];
  for (let i = 0; i < 20; i++) rooms.push((await call('room.open', {campaign: 'tea', user: `u${i}`, order: `o${i}`})).room);
  const client = await rpc(daemon);
  t.after(() => client.close());
  const waits = rooms.map((room) => client.call('room.wait', {room, version: 2, timeout_ms: 20000}));
  const short = client.call('room.wait', {room: rooms[0], version: 2, timeout_ms: 50});
  assert.equal(await client.call('ping'), 'PONG');
  assert.equal((await short).unchanged, 1);
  for (const order of rooms.keys()) await call('seat.pay', {campaign: 'tea', order: `o${order}`});
  for (const [i, wait] of waits.entries()) assert.deepEqual([(await wait).room, (await wait).version > 2], [rooms[i], true]);
  const again = client.call('room.wait', {room: rooms[0], version: (await waits[0]).version, timeout_ms: 20000}).catch((error) => error);
  await until('it waits', async () => await info(call, 'watches') === 1);
  await client.close();
  await until('nobody waits', async () => await info(call, 'watches') === 0);
  assert.ok(await again instanceof Error);
});

test('a push never shows what the mirror does not have yet', async (t) => {
  const {daemon, call, look} = await shop(t, {args: []});
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const client = await Resp3.open(daemon);
  t.after(() => client.close());
  await client.ask(`WATCH ${room}`);
  await until('the first', () => client.pushes.length === 1);
  process.kill(daemon.redisPid(), 'SIGSTOP');
  t.after(() => { try { process.kill(daemon.redisPid(), 'SIGCONT'); } catch { /* it is gone */ } });
  const join = call('room.join', {room, user: 'u2', order: 'o2'});
  await until('it is under way', async () => await info(look, 'parked_replies') > 0);
  await sleep(200);
  assert.equal(client.pushes.length, 1);
  process.kill(daemon.redisPid(), 'SIGCONT');
  await join;
  await until('the second', () => client.pushes.length === 2);
  assert.equal(client.pushes[1][1].version, 3);
});

test('a watcher that does not read is told of the gap, and costs no more than a bound', async (t) => {
  const {daemon, call, list} = await shop(t, {size: 1000, payment: 'none', one_open_per_user: 0, seats_per_room_user: 1000});
  const profile = 'x'.repeat(256);
  const rooms = [];
  for (let i = 0; i < 100; i++) {
    const {room} = await call('room.open', {campaign: 'tea', user: 'u', order: `r${i}`, profile});
    for (let k = 0; k < 20; k++) await call('room.join', {room, user: 'u', order: `r${i}-${k}`, profile});
    rooms.push(room);
  }
  const client = await Resp3.open(daemon);
  t.after(() => client.close());
  await client.ask(`WATCH ${rooms.join(' ')}`);
  await until('all first statuses', () => client.pushes.length === 100);
  client.socket.pause();
  const before = await residentBytes(daemon.pid);
  const unread = async () => Number(/omem=(\d+)[^\n]*proto=resp3/.exec(await list())[1]);
  let n = 0;
  await until('the reader is behind', async () => {
    for (const room of rooms) call('room.join', {room, user: 'u', order: `s${n++}`, profile});
    await call('ping');
    return await unread() > 256 * 1024;
  }, 60000);
  for (let i = 0; i < 20; i++) {
    for (const room of rooms) call('room.join', {room, user: 'u', order: `s${n++}`, profile});
    await sleep(50);
  }
  await call('ping');
  assert.ok(await unread() < 512 * 1024, `${await unread()} bytes are kept for the slow reader`);
  assert.ok(await residentBytes(daemon.pid) - before < 200e6);
  client.socket.resume();
  await until('the gap', () => client.pushes.some(([kind]) => kind === 'gap'));
  assert.equal(await info(call, 'gaps_told'), 1);
  const count = client.pushes.length;
  await call('room.join', {room: rooms[0], user: 'u', order: 'after'});
  await until('pushes go on', () => client.pushes.length > count && client.pushes.at(-1)[1].id === rooms[0]);
});

test('refusals of ROOM.WAIT name the argument', async (t) => {
  const {daemon} = await shop(t);
  const client = await rpc(daemon);
  t.after(() => client.close());
  await refused('BAD_ARGUMENT', client.call('room.wait', {room: '00000000000000000001', version: 1, timeout_ms: 25001}));
  await refused('BAD_ARGUMENT', client.call('room.wait', {room: '00000000000000000001', version: 1}));
});
