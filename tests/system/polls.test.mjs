// SPDX-License-Identifier: BSD-2-Clause
// What a poll of an unchanged room costs: no allocation, no rendering, and where nothing is new no body.
import assert from 'node:assert/strict';
import {readFile, writeFile} from 'node:fs/promises';
import net from 'node:net';
import {availableParallelism} from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {ioredis} from './clients.mjs';
import {BIN, ROOT, Tuand, bin, run, tempDir, until} from './tuand.mjs';

// A daemon whose mallocs are counted (tests/http/count_allocations.c), with a room of a large body.
async function shop(t) {
  const counter = path.join(await tempDir(t), 'count');
  await writeFile(counter, Buffer.alloc(8));
  const env = {LD_PRELOAD: bin('libcount_allocations.so'), COUNT_ALLOCATIONS: counter,
    ASAN_OPTIONS: [process.env.ASAN_OPTIONS, 'verify_asan_link_order=0'].filter(Boolean).join(':')};
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none'], env});
  const {call, close} = await ioredis(daemon);
  t.after(close);
  await call('campaign.put', {campaign: 'tea', size: 30, payment: 'none'});
  const {room} = await call('room.open', {campaign: 'tea', user: 'u0', order: 'o0', profile: 'x'.repeat(100)});
  for (let i = 1; i < 20; i++) await call('room.join', {room, user: `u${i}`, order: `o${i}`, profile: 'x'.repeat(100)});
  return {daemon, call, room, allocations: async () => (await readFile(counter)).readBigUInt64LE()};
}

// Connections that stay.
class Poller {
  static async open(daemon, count) {
    const poller = new Poller();
    poller.daemon = daemon;
    poller.lines = await Promise.all(Array.from({length: count}, () => new Promise((resolve, reject) => {
      const socket = net.connect(daemon.web, '127.0.0.1', () => resolve({socket, text: ''})).setNoDelay().setEncoding('latin1').on('error', reject);
    })));
    for (const line of poller.lines) line.socket.on('data', (piece) => { line.text += piece; });
    return poller;
  }

  // The request on every connection, `each` times in one write. All answers, whole.
  async ask(request, each = 1) {
    await Promise.all(this.lines.map((line) => new Promise((sent) => { line.text = ''; line.socket.write(request.repeat(each), sent); })));
    const done = ({text}) => text.split(/(?=HTTP\/1\.1 \d{3} )/).filter((answer) => {
      const head = answer.indexOf('\r\n\r\n');
      return head >= 0 && answer.length === head + 4 + Number(/Content-Length: (\d+)/.exec(answer)?.[1] ?? 0);
    });
    await until('all answers', () => this.lines.every((line) => done(line).length === each));
    return this.lines.flatMap(done);
  }

  // The daemon finds the requests of all connections at once, so it needs as many buffers as it ever will.
  async askAtOnce(request, each) {
    this.daemon.process.signal('SIGSTOP');
    const answers = this.ask(request, each);
    await until('all is sent', () => this.lines.every(({socket}) => socket.writableLength === 0));
    this.daemon.process.signal('SIGCONT');
    return answers;
  }

  close() { for (const {socket} of this.lines) socket.destroy(); }
}

const poll = (room, query = '', field = '') => `GET /v1/rooms/${room}${query} HTTP/1.1\r\nHost: h\r\n${field}\r\n`;

test('a poll of an unchanged room allocates nothing, renders nothing, and says nothing twice', async (t) => {
  const {daemon, call, room, allocations} = await shop(t);
  const info = async (name) => Number(new RegExp(`${name}:(\\d+)\r`).exec(await call('info'))[1]);
  const [connections, rounds] = [100, 3];
  const poller = await Poller.open(daemon, connections);
  t.after(() => poller.close());
  const [first] = await poller.ask(poll(room));
  const tag = /ETag: ("[^"]+")/.exec(first)[1];
  const kinds = [
    [200, poll(room)],
    [304, poll(room, '', `If-None-Match: ${tag}\r\n`)],
    [204, poll(room, `?since=${tag.slice(1, -1)}`)],
  ];
  // The event loop takes twice as many in each round. Ten answers leave before the next connection is looked at: one large buffer is enough for all.
  for (let i = 0; i < 8; i++) for (const each of [1, 10]) await poller.askAtOnce(poll(room), each);
  const rendered = await info('web_renders');
  for (const [status, request] of kinds) {
    for (const each of [1, 10]) {
      const before = await allocations();
      const answers = [];
      for (let i = 0; i < rounds; i++) answers.push(...await poller.ask(request, each));
      assert.equal(await allocations() - before, 0n, `allocations in ${answers.length} polls answered ${status}, ${each} in a write`);
      assert.equal(answers.length, connections * rounds * each);
      for (const answer of answers) {
        assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
        assert.equal(/ETag: ("[^"]+")/.exec(answer)[1], tag);
        if (status !== 200) assert.ok(answer.endsWith('\r\n\r\n') && !answer.includes('Content-Length'), answer);
      }
    }
  }
  assert.equal(await info('web_renders'), rendered);
  const before = await allocations();
  await call('room.join', {room, user: 'last', order: 'last'});
  await poller.ask(poll(room));
  assert.ok(await allocations() > before, 'what is changed is rendered anew, and that is counted');
  assert.equal(await info('web_renders'), rendered + 1);
});

// The ratio is for a quiet machine and a release build: here only that wrk is answered at both, by the same bytes.
const cores = availableParallelism();
if (cores < 2) console.log('SKIPPED LOUDLY: one core; bench/polls.sh needs two');
test('bench/polls.sh holds tuand against nginx', {skip: cores < 2}, async () => {
  const {code, output, errors} = await run(path.join(ROOT, 'bench/polls.sh'), ['1', '1'], {env: {...process.env, TUAN_BIN: BIN, BAR: '0'}, ms: 60000});
  assert.equal(code, 0, `${errors}${output}`);
  for (const status of [200, 304]) {
    const [, ours, theirs] = new RegExp(`^${status}: tuand (\\d+) \\([\\d.]+ us\\) \\| nginx (\\d+) \\([\\d.]+ us\\)$`, 'm').exec(output) ?? assert.fail(output);
    assert.ok(ours > 0 && theirs > 0, output);
  }
  assert.equal([...output.matchAll(/ratio \d+\.\d\d \(bar 0\)/g)].length, 2, output);
});
