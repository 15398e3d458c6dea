// SPDX-License-Identifier: BSD-2-Clause
// Whatever comes through the port: a named error, a bounded cost, and a daemon that goes on answering.
import assert from 'node:assert/strict';
import net from 'node:net';
import {after, before, describe, test} from 'node:test';
import {ioredis, nodeRedis, pack, rpc} from './clients.mjs';
import {Tuand, residentBytes, sleep, until} from './tuand.mjs';

const MB = 1024 * 1024;

describe('bad input', () => {
  const cleanups = [];
  const scope = {after: (work) => cleanups.unshift(work)};
  let daemon;

  before(async () => {
    daemon = await Tuand.start(scope);
    const {call, close} = await ioredis(daemon);
    await call('campaign.put', {campaign: 'c', size: 3});
    await close();
  });
  after(async () => { for (const work of cleanups) await work(); });

  // The daemon lives, answers both protocols, and its log has no sanitizer's report.
  const stillServes = async () => {
    assert.equal(daemon.process.exit, null, daemon.errors.slice(-3000));
    for (const kind of [ioredis, rpc]) {
      const {call, close} = await kind(daemon);
      assert.equal((await call('campaign.get', {campaign: 'c'})).size, 3);
      await close();
    }
    daemon.checkLog();
  };

  // A raw connection: what came back so far, and whether it was closed.
  const raw = async (t) => {
    const socket = net.connect({port: daemon.port, host: '127.0.0.1', allowHalfOpen: true});
    const line = {socket, got: Buffer.alloc(0), closed: false};
    socket.on('data', (bytes) => { line.got = Buffer.concat([line.got, bytes]); });
    socket.on('error', () => { line.closed = true; });
    socket.on('end', () => { line.closed = true; });
    socket.on('close', () => { line.closed = true; });
    await new Promise((resolve, reject) => { socket.once('connect', resolve); socket.once('error', reject); });
    t.after(() => socket.destroy());
    return line;
  };

  // A msgpack-rpc request whose `qty` is these bytes; `again`: a name that follows once more.
  const match = (hex, again) => Buffer.concat([Buffer.from('940007', 'hex'), pack.encode('room.match').slice(), Buffer.from([0x91, again ? 0x85 : 0x84]),
    ...['campaign', 'c', 'user', 'u', 'order', 'o', 'qty'].map((text) => pack.encode(text).slice()), Buffer.from(hex, 'hex'),
    ...again ? [pack.encode(again).slice(), Buffer.from(hex, 'hex')] : []]);

  // Sent bytes -> an error with this code, and the connection's fate (rpc: open, for msgpack-rpc).
  for (const [what, bytes, code, fate] of [
    ['an HTTP request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', /BAD_REQUEST.*|HTTP\/1\.[01] 4\d\d/i, 'closed'],
    ['an HTTP POST', 'POST /v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}', /BAD_REQUEST|HTTP\/1\.[01] 4\d\d/i, 'closed'],
    ['a TLS hello', Buffer.from('160301020001000001fc0303' + '00'.repeat(500), 'hex'), null, 'closed'],
    ['garbage', Buffer.from('fffefdfc00112233c1c1c1c1', 'hex'), /BAD_REQUEST/, 'closed'],
    ['a bulk of 4 GB', '*2\r\n$4\r\nPING\r\n$4294967296\r\n', /TOO_LARGE|BAD_REQUEST/, 'closed'],
    ['a bulk beyond the frame', '*2\r\n$4\r\nPING\r\n$1048576\r\n', /TOO_LARGE/, 'closed'],
    ['a negative bulk', '*2\r\n$4\r\nPING\r\n$-5\r\n', /BAD_REQUEST/, 'closed'],
    ['an array of a billion', '*1000000000\r\n', /TOO_MANY|TOO_LARGE|BAD_REQUEST/, 'closed'],
    ['an array of 2^64', '*18446744073709551616\r\n', /TOO_MANY|TOO_LARGE|BAD_REQUEST/, 'closed'],
    ['an inline line without end', 'PING ' + 'a'.repeat(100000), /TOO_LARGE|BAD_REQUEST/, 'closed'],
    ['an unbalanced quote', 'PING "abc\r\n', /BAD_REQUEST/, 'closed'],
    ['a control character in an id', '*4\r\n$10\r\nROOM.MATCH\r\n$1\r\nc\r\n$3\r\na\x01b\r\n$1\r\no\r\n', /BAD_ARGUMENT user/, 'open'],
    ['broken UTF-8 in an id', Buffer.from('*4\r\n$10\r\nROOM.MATCH\r\n$1\r\nc\r\n$2\r\n\xff\xfe\r\n$1\r\no\r\n', 'latin1'), /BAD_ARGUMENT user/, 'open'],
    ['too few arguments', '*2\r\n$10\r\nROOM.MATCH\r\n$1\r\nc\r\n', /BAD_ARGUMENT/, 'open'],
    ['an unknown command', '*1\r\n$6\r\nGETSET\r\n', /UNKNOWN_COMMAND/, 'open'],
    ['a 5-byte array32 bomb', Buffer.from('ddffffffff', 'hex'), /TOO_MANY|BAD_REQUEST|TOO_LARGE/, 'closed'],
    ['a map32 bomb as arguments', Buffer.concat([Buffer.from('940001', 'hex'), pack.encode('room.get').slice(), Buffer.from('91dfffffffff', 'hex')]), /TOO_MANY|TOO_LARGE|BAD_REQUEST/, 'any'],
    ['a str32 of 4 GB', Buffer.concat([Buffer.from('940001dbffffffff', 'hex'), Buffer.from('abc')]), /TOO_LARGE|BAD_REQUEST/, 'closed'],
    ['nesting a thousand deep', Buffer.concat([Buffer.from('940001', 'hex'), pack.encode('ping').slice(), Buffer.alloc(1000, 0x91), Buffer.from('c0', 'hex')]), /TOO_DEEP/, 'any'],
    ['0xc1', Buffer.from('940001c190', 'hex'), /BAD_REQUEST/, 'any'],
    ['a wrong message type', Buffer.from('9409010203', 'hex'), /BAD_REQUEST/, 'any'],
    ['a float where a count belongs', pack.encode([0, 7, 'room.match', [{campaign: 'c', user: 'u', order: 'o', qty: 1.5}]]).slice(), /BAD_REQUEST|BAD_ARGUMENT/, 'any'],
    ['an oversized frame', pack.encode([0, 7, 'ping', [{message: 'x'.repeat(200000)}]]).slice(), /TOO_LARGE/, 'any'],
    ['a number that is none (NaN)', match('cb7ff8000000000000'), /BAD_ARGUMENT qty: an integer is expected/, 'rpc'],
    ['a negative count', match('ff'), /BAD_ARGUMENT qty: -1 is not from 1/, 'rpc'],
    ['a count beyond 2^63', match('cfffffffffffffffff'), /BAD_ARGUMENT qty: an integer is expected/, 'rpc'],
    ['a count as text', match('a131'), /BAD_ARGUMENT qty: an integer is expected/, 'rpc'],
    ['an extension type', match('d40100'), /BAD_ARGUMENT qty: an integer is expected|BAD_REQUEST/, 'rpc'],
    ['a name twice in a map', match('02', 'qty'), /BAD_ARGUMENT qty: given twice/, 'rpc'],
    ['a zero byte in an id', pack.encode([0, 7, 'room.match', [{campaign: 'c', user: 'a\0b', order: 'o'}]]).slice(), /BAD_ARGUMENT user/, 'rpc'],
    ['an id of 65 bytes', pack.encode([0, 7, 'room.match', [{campaign: 'c', user: 'u'.repeat(65), order: 'o'}]]).slice(), /BAD_ARGUMENT user/, 'rpc'],
    ['an empty id', pack.encode([0, 7, 'room.match', [{campaign: 'c', user: '', order: 'o'}]]).slice(), /BAD_ARGUMENT user/, 'rpc'],
    ['an element too many', pack.encode([0, 7, 'ping', [{}], 1]).slice(), /BAD_REQUEST/, 'rpc'],
    ['4097 elements', pack.encode([0, 7, 'ping', [{message: Array(4097).fill(0)}]]).slice(), /TOO_MANY|TOO_LARGE|BAD_REQUEST/, 'any'],
  ]) test(`${what} is answered by a named error (connection: ${fate})`, async (t) => {
    const line = await raw(t);
    line.socket.write(bytes);
    if (code) await until(`an error, got ${JSON.stringify(line.got.toString('latin1').slice(0, 300))}`, () => code.test(line.got.toString('latin1')), 3000)
      .catch((error) => { throw new Error(`${error.message}; got ${JSON.stringify(line.got.toString('latin1').slice(0, 300))}, closed ${line.closed}`); });
    if (fate === 'closed') await until('the close', () => line.closed, 3000);
    if (fate === 'rpc') {
      line.got = Buffer.alloc(0);
      line.socket.write(pack.encode([0, 8, 'ping', []]).slice());
      await until('PONG', () => line.got.includes('PONG'), 3000);
    }
    if (fate === 'open') {
      line.got = Buffer.alloc(0);
      line.socket.write('*1\r\n$4\r\nPING\r\n');
      await until('PONG', () => line.got.toString() === '+PONG\r\n', 3000);
    }
    await stillServes();
  });

  test('after eight unreadable requests in a row the connection ends, and one good one in between starts anew', async (t) => {
    const line = await raw(t);
    const [bad, good] = [Buffer.from('9409010203', 'hex'), pack.encode([0, 8, 'ping', []]).slice()];
    const errors = () => line.got.toString('latin1').split('BAD_REQUEST').length - 1;
    line.socket.write(Buffer.concat([...Array(7).fill(bad), good]));
    await until('PONG', () => line.got.includes('PONG'), 3000);
    line.socket.write(Buffer.concat([...Array(7).fill(bad), good]));
    await until('fourteen errors', () => errors() === 14, 3000);
    assert.equal(line.closed, false);
    line.socket.write(Buffer.concat(Array(9).fill(bad)));
    await until('the close', () => line.closed, 3000);
    assert.equal(errors(), 22);
    await stillServes();
  });

  test('after a bad msgpack-rpc request with a known end the connection goes on', async () => {
    const {call, close} = await rpc(daemon);
    for (const bad of [{campaign: 'c', user: 1}, {campaign: 'c', user: 'u', order: 'o', tags: {a: {b: 1}}}, {campaign: 'c', user: 'u', order: 'o', qty: -1}])
      await assert.rejects(call('room.match', bad), /BAD_ARGUMENT|BAD_REQUEST/);
    await assert.rejects(call('no.such', {}), /UNKNOWN_COMMAND/);
    assert.equal((await call('campaign.get', {campaign: 'c'})).size, 3);
    await close();
  });

  test('requests that come byte by byte are answered like whole ones', async (t) => {
    for (const [bytes, expected] of [[Buffer.from('*2\r\n$4\r\nPING\r\n$5\r\nhello\r\n'), /\$5\r\nhello\r\n$/],
      [Buffer.from('CAMPAIGN.GET c\r\n'), /campaign/],
      [pack.encode([0, 5, 'campaign.get', [{campaign: 'c'}]]).slice(), /campaign/]]) {
      const line = await raw(t);
      line.socket.setNoDelay();
      for (const byte of bytes) {
        line.socket.write(Buffer.from([byte]));
        await sleep(1);
      }
      await until('the answer', () => expected.test(line.got.toString('latin1')), 3000);
    }
  });

  test('half requests and a close leave nothing behind', async (t) => {
    const {client, close} = await ioredis(daemon);
    const connected = async () => Number(/connected_clients:(\d+)/.exec(await client.info('clients'))[1]);
    const before = await connected();
    for (let round = 0; round < 300; round++) {
      const line = await raw(t);
      line.socket.write(['*4\r\n$10\r\nROOM.MA', 'ROOM.MATCH c u', Buffer.from('940001aa726f6f6d', 'hex'), '*'][round % 4]);
      if (round % 2) line.socket.destroy(); else line.socket.resetAndDestroy();
    }
    await until('all are gone', async () => (await connected()) === before);
    await close();
    await stillServes();
  });

  test('a client that closes its side after the request still gets the answer', async (t) => {
    const line = await raw(t);
    line.socket.end('*1\r\n$4\r\nPING\r\n');
    await until('PONG', () => line.got.toString() === '+PONG\r\n', 3000);
    await until('the close', () => line.closed, 3000);
  });

  const request = (...words) => `*${words.length}\r\n` + words.map((word) => `$${word.length}\r\n${word}\r\n`).join('');

  test('in one write, what comes before a request that cannot be read is answered, and it is not', async (t) => {
    const line = await raw(t);
    const seat = request('ROOM.MATCH', 'c', 'ahead-u', 'ahead-o');
    line.socket.write(seat + seat + request('ROOM.MATCH', 'c', 'ahead-u2') + '\r\n' + request('PING', 'four') + '*2\r\n$4\r\nPING\r\n$-5\r\n');
    await until('the end', () => line.closed);
    const text = line.got.toString();
    assert.equal(text.match(/\$7\r\nahead-o\r\n/g).length, 2, 'the same order twice: one seat, told twice');
    assert.match(text, /-BAD_ARGUMENT [^\r]*order[^\r]*\r\n\$4\r\nfour\r\n-BAD_REQUEST [^\r]*\r\n$/);
  });

  test('a pipeline that is cut anywhere is taken up where it was left', async (t) => {
    const text = Array.from({length: 6}, (_, n) => request('ROOM.MATCH', 'c', `cut-u${n}`, `cut-o${n}`) + request('PING', `pong${n}`)).join('');
    const whole = await raw(t);
    whole.socket.write(text);
    await until('all answers', () => whole.got.includes('pong5'));
    const answers = (got) => got.toString().match(/cut-o\d|pong\d|-[A-Z_]+/g);
    assert.equal(answers(whole.got).length, 12);
    for (let at = 1; at < text.length; at += 7) {
      const line = await raw(t);
      line.socket.write(text.slice(0, at));
      await sleep(1);
      line.socket.write(text.slice(at));
      await until(`all answers, cut at ${at}`, () => line.got.includes('pong5'));
      assert.deepEqual(answers(line.got), answers(whole.got));
      line.socket.destroy();
    }
  });

  test('2000 idle connections cost little and disturb nobody', async (t) => {
    const before = await residentBytes(daemon.pid);
    const lines = [];
    for (let n = 0; n < 2000; n += 100) lines.push(...await Promise.all(Array.from({length: 100}, () => raw(t))));
    await stillServes();
    const each = (await residentBytes(daemon.pid) - before) / lines.length;
    t.diagnostic(`${Math.round(each)} bytes a connection`);
    assert.ok(each < 64 * 1024, `${each} bytes a connection (sanitizers included)`);
    for (const line of lines) line.socket.destroy();
    await stillServes();
  });

  test('10000 pipelined requests without reading: memory is bounded, others are served, all are answered in the end', async (t) => {
    const {call, close} = await ioredis(daemon);
    for (let n = 0; n < 20; n++) await call('room.open', {campaign: 'c', user: `list-u${n}`, order: `list-o${n}`, profile: 'x'.repeat(200)});
    for (let n = 0; n < 20; n++) await call('seat.pay', {campaign: 'c', order: `list-o${n}`});
    await close();
    const before = await residentBytes(daemon.pid);
    const line = await raw(t);
    line.socket.pause();
    const requests = 10000;
    let sent = false;
    line.socket.write('*4\r\n$9\r\nROOM.LIST\r\n$1\r\nc\r\n$5\r\nlimit\r\n$2\r\n50\r\n'.repeat(requests) + '*2\r\n$4\r\nPING\r\n$8\r\nthe-last\r\n', () => { sent = true; });
    for (let n = 0; n < 10; n++) {
      await sleep(50);
      await stillServes();
    }
    const grown = await residentBytes(daemon.pid) - before;
    t.diagnostic(`grown by ${Math.round(grown / MB)} MB, request bytes accepted: ${sent}`);
    assert.ok(grown < 150 * MB, `${grown / MB} MB for one connection that does not read`);
    let bytes = 0, tail = '';
    line.socket.removeAllListeners('data');
    line.socket.on('data', (chunk) => { bytes += chunk.length; tail = (tail + chunk.toString('latin1')).slice(-64); });
    line.socket.resume();
    await until('the last answer', () => tail.endsWith('$8\r\nthe-last\r\n'), 60000);
    assert.ok(bytes > requests * 1000);
  });

  test('100000 pipelined writes without reading do not crash it', async (t) => {
    const line = await raw(t);
    line.socket.pause();
    let text = '';
    for (let n = 0; n < 100000; n++) text += `ROOM.MATCH c flood-u${n} flood-o${n}\r\n`;
    line.socket.write(text);
    await sleep(1000);
    await stillServes();
    line.socket.destroy();
    await stillServes();
  });

  test('a slow reader on RESP3 is not mixed up with others', async () => {
    const slow = await nodeRedis(daemon, 3);
    const answers = await Promise.all(Array.from({length: 2000}, (_, n) => slow.call('ping', {}).catch((error) => error.message).then((reply) => [n, reply])));
    assert.ok(answers.every(([, reply]) => reply === 'PONG'));
    await slow.close();
  });
});
