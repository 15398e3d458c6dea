// SPDX-License-Identifier: BSD-2-Clause
// Stock clients connect as they come, and Redis's own tools work.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import net from 'node:net';
import Ioredis from 'ioredis';
import {createClient} from 'redis';
import {KINDS, ioredis, nodeRedis, refused, rpc, words} from './clients.mjs';
import {Process, Tuand, run, sleep, until} from './tuand.mjs';

describe('stock clients', () => {
  const cleanups = [];
  const scope = {after: (work) => cleanups.unshift(work)};
  let daemon;

  before(async () => {
    daemon = await Tuand.start(scope);
    const {call, close} = await ioredis(daemon);
    await call('campaign.put', {campaign: 'c', size: 3, one_open_per_user: 0});
    await close();
  });
  after(async () => { for (const work of cleanups) await work(); });

  test('ioredis connects with its defaults: CLIENT SETINFO, INFO as ready check', async () => {
    const client = new Ioredis({port: daemon.port, host: '127.0.0.1', connectionName: 'shop-1'});
    await new Promise((resolve, reject) => client.once('ready', resolve).once('error', reject));
    assert.equal(await client.ping(), 'PONG');
    assert.equal(await client.client('GETNAME'), 'shop-1');
    assert.match(await client.client('LIST'), /name=shop-1/);
    assert.match(await client.info(), /tuan_version:/);
    client.disconnect();
  });

  for (const protocol of [2, 3]) test(`node-redis connects with its defaults, RESP${protocol}`, async () => {
    const client = createClient({RESP: protocol, name: 'shop-2', socket: {port: daemon.port, host: '127.0.0.1', reconnectStrategy: false}});
    await client.connect();
    assert.equal(await client.ping(), 'PONG');
    assert.equal(await client.clientGetName(), 'shop-2');
    client.destroy();
  });

  test('HELLO tells both protocols what this is', async () => {
    for (const protocol of [2, 3]) {
      const client = await nodeRedis(daemon, protocol);
      const hello = await client.call('hello');
      assert.equal(hello.server, 'tuan');
      assert.equal(hello.proto, protocol);
      assert.ok(Math.abs(hello.now - Date.now()) < 5000);
      await client.close();
    }
    const client = await rpc(daemon);
    const hello = await client.call('hello', {errors: 'map'});
    assert.equal(hello.server, 'tuan');
    assert.ok(hello.frame_max >= 65536);
    const refusal = await refused('ROOM_NOT_FOUND', client.call('room.get', {room: '00000000000000000000'}));
    assert.equal(refusal.details.code, 'ROOM_NOT_FOUND');
    assert.ok([false, 0].includes(refusal.details.retryable), `retryable ${refusal.details.retryable}`);
    await client.close();
  });

  for (const kind of ['ioredis (RESP2)', 'node-redis (RESP2)', 'node-redis (RESP3)', 'msgpack5rpc'])
    test(`a pipeline of 1000 requests over ${kind} is answered in full`, async () => {
      const {call, close} = await KINDS[kind](daemon);
      const id = kind.replace(/\W/g, '');
      const seats = await Promise.all(Array.from({length: 1000}, (_, n) =>
        call('room.match', {campaign: 'c', user: `${id}-u${n}`, order: `${id}-o${n}`})));
      seats.forEach((seat, n) => assert.equal(seat.order, `${id}-o${n}`));
      const rooms = new Map();
      for (const seat of seats) rooms.set(seat.room, (rooms.get(seat.room) ?? 0) + 1);
      assert.ok([...rooms.values()].every((n) => n <= 3), 'no room is oversold');
      await close();
    });

  test('ioredis pipeline() of 1000 with refusals among them keeps each answer in its place', async () => {
    const {client, close} = await ioredis(daemon);
    const pipeline = client.pipeline();
    for (let n = 0; n < 1000; n++) {
      if (n % 10 === 0) pipeline.call('ROOM.GET', '00000000000000000000');
      else pipeline.call(...words('room.match', {campaign: 'c', user: `pu${n}`, order: `po${n}`}));
    }
    const answers = await pipeline.exec();
    assert.equal(answers.length, 1000);
    answers.forEach(([error, reply], n) => {
      if (n % 10 === 0) assert.match(error.message, /^ROOM_NOT_FOUND/);
      else assert.equal(reply[reply.indexOf('order') + 1], `po${n}`);
    });
    await close();
  });

  test('redis-cli on a terminal hints and helps with our commands, and lives', async () => {
    const cli = new Process('script', ['-qec', `stty cols 160 rows 40; redis-cli -p ${daemon.port}`, '/dev/null'],
      {input: null, env: {...process.env, TERM: 'xterm', HOME: daemon.dir}});
    const type = async (text, expected) => {
      const from = cli.output.length;
      cli.child.stdin.write(text);
      await until(`redis-cli shows ${expected}: ${JSON.stringify(cli.output.slice(from).slice(-1500))}`,
        () => expected.test(cli.output.slice(from)) || cli.exit);
      assert.equal(cli.exit, null, `redis-cli ended: ${cli.output.slice(-1500)}`);
    };
    await until('the prompt', () => /> /.test(cli.output));
    await type('help ROOM.MATCH\r', /summary:.*best joinable room/);
    await sleep(200);
    await type('ROOM.MATCH ', /campaign user order/);
    await type('c tty-u tty-o\r', /"room"/);
    cli.child.stdin.write('quit\r');
    assert.equal((await cli.end()).code, 0);
  });

  test('COMMAND, COMMAND COUNT and COMMAND INFO answer in the forms that tools expect', async () => {
    const {client, close} = await ioredis(daemon);
    const all = await client.call('COMMAND');
    assert.equal(all.length, await client.call('COMMAND', 'COUNT'));
    const row = all.find(([name]) => name === 'room.match');
    assert.ok(row, 'room.match is a command');
    assert.equal(typeof row[1], 'number');
    const docs = await client.call('COMMAND', 'DOCS', 'ROOM.MATCH');
    assert.equal(docs[0], 'room.match');
    await close();
  });

  for (const words of [['-t', 'ping'], ['-P', '16', '-t', 'ping'], ['PING'],
    ['-r', '1000000', 'ROOM.MATCH', 'c', 'u__rand_int____rand_int__', 'o__rand_int____rand_int__'],
    ['-P', '32', '-r', '1000000', 'ROOM.MATCH', 'c', 'u__rand_int____rand_int__', 'o__rand_int____rand_int__'],
    ['-3', 'ROOM.LIST', 'c', 'limit', '5']])
    test(`redis-benchmark ${words.join(' ').slice(0, 40)} runs without error`, async () => {
      const {code, output, errors} = await run('redis-benchmark', ['-p', String(daemon.port), '-n', '5000', '-c', '20', '-q', ...words]);
      assert.equal(code, 0, output + errors);
      assert.doesNotMatch(output + errors, /error/i);
      assert.match(output, /requests per second/);
    });

  test('an inline request typed by hand is answered', async () => {
    const socket = net.connect(daemon.port, '127.0.0.1');
    let got = '';
    socket.setEncoding('utf8').on('data', (text) => { got += text; });
    socket.write('PING\r\n');
    await until('PONG', () => got === '+PONG\r\n');
    socket.write('ROOM.MATCH c "inline-u" inline-o\r\n');
    await until('a seat', () => got.includes('inline-o'));
    socket.write('QUIT\r\n');
    await until('OK', () => got.endsWith('+OK\r\n'));
    socket.destroy();
  });
});
