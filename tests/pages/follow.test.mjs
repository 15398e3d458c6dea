// SPDX-License-Identifier: BSD-2-Clause
// lib/client/web/tuan-web.js under Node, in a world whose time the test moves: no page, no daemon, no waiting.
// (tests/pages/shop.test.mjs has it in a browser, against tuand.)
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {ServerClock, followList, followRoom, timeLeft} from '../../lib/client/web/tuan-web.js';

const SERVER_AHEAD_MS = 1_700_000_000_000; // the server's clock minus ours, which counts from the world's start

// Timers, a document, a server and event streams. `answer(url)` gives {status, headers, body, afterMs, never}.
class World {
  now = 0;
  timers = [];
  asked = []; // {at, url}
  serverAheadMs = SERVER_AHEAD_MS;
  streams = [];
  looks = [];
  chance = 0.5;
  random = () => this.chance;
  monotonicMs = () => this.now;
  document = {hidden: false, addEventListener: (name, look) => this.looks.push(look),
    removeEventListener: (name, look) => { this.looks = this.looks.filter((one) => one !== look); }};

  constructor(answer) { this.answer = answer; }

  get env() {
    const world = this;
    return {random: this.random, monotonicMs: this.monotonicMs, document: this.document, fetch: this.fetch,
      setTimeout: (act, ms) => { assert.ok(ms >= 0 && Number.isFinite(ms), `a timer of ${ms} ms`); const timer = {at: this.now + ms, act}; this.timers.push(timer); return timer; },
      clearTimeout: (timer) => { this.timers = this.timers.filter((one) => one !== timer); },
      EventSource: class {
        constructor(url) { this.url = url; this.openedAt = world.now; world.streams.push(this); }
        close() { this.isClosed = true; }
        say(room, etag) { this.onmessage({data: JSON.stringify(room), lastEventId: etag}); }
      }};
  }

  fetch = (url, {signal, credentials}) => new Promise((resolve, reject) => {
    assert.equal(credentials, 'omit');
    this.asked.push({at: this.now, url});
    const {status = 200, headers = {}, body, afterMs = 0, never = false} = this.answer(url, this.asked.length);
    signal.addEventListener('abort', () => reject(new Error('aborted')));
    if (never) return;
    const all = new Headers({'X-Now-Ms': String(this.now + this.serverAheadMs), ...headers});
    if (status === 0) return reject(new TypeError('Failed to fetch'));
    const deliver = () => resolve({status, headers: all, json: async () => JSON.parse(JSON.stringify(body ?? null))});
    if (afterMs === 0) deliver(); else this.timers.push({at: this.now + afterMs, act: deliver});
  });

  async settle() { for (let i = 0; i < 20; i++) await null; }

  async run(ms) {
    const end = this.now + ms;
    await this.settle();
    for (;;) {
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.now = Math.max(this.now, due.at);
      due.act();
      await this.settle();
    }
    this.now = end;
  }

  async show(isShown) { this.document.hidden = !isShown; for (const look of [...this.looks]) look(); await this.settle(); }
}

const room = (version, more = {}) => ({id: 'R', state: 'open', missing: 2, version, ...more});
const tagged = (version, incarnation = 'x') => ({ETag: `"${incarnation}-${version}"`, 'X-Poll-After-Ms': '2000'});

function follow(world, options = {}) {
  const told = {rooms: [], states: []};
  told.follower = followRoom('http://status', 'R', {env: world.env, mode: 'poll', onRoom: (one) => told.rooms.push(one),
    onState: ({name, via}) => told.states.push(via ? `${name} ${via}` : name), ...options});
  return told;
}

test('the clock is the server\'s, whatever the device says, and answers from caches do not set it back', () => {
  let now = 1000;
  const clock = new ServerClock({monotonicMs: () => now});
  assert.ok(Number.isNaN(clock.now()));
  clock.note(50_000); // took 80 ms to come home, say
  assert.equal(clock.now(), 50_000);
  now += 5000;
  clock.note(53_500); // 1.5 s old, from a cache
  assert.equal(clock.now(), 55_000);
  clock.note(55_060); // came faster than the first one
  assert.equal(clock.now(), 55_060);
  for (const nothing of [0, NaN, -1, Infinity]) clock.note(nothing);
  assert.equal(clock.now(), 55_060);
});

test('the clock follows a server that was set back, and trusts the first answer after a sleep', () => {
  let now = 0;
  const clock = new ServerClock({monotonicMs: () => now});
  clock.note(100_000);
  for (let i = 0; i < 16; i++) clock.note(40_000);
  assert.equal(clock.now(), 40_000);
  now += 1000; // a night, in which our clock stood still
  clock.doubt();
  assert.equal(clock.now(), 41_000, 'the old time is better than none');
  clock.note(30_000);
  assert.equal(clock.now(), 30_000);
});

test('spans keep their days, end at zero, and are unknown before the first answer', () => {
  assert.deepEqual(timeLeft(90_061_000), {days: 1, hours: 1, minutes: 1, seconds: 1, tenths: 0});
  assert.deepEqual(timeLeft(10 * 86_400_000).days, 10);
  assert.deepEqual(timeLeft(950), {days: 0, hours: 0, minutes: 0, seconds: 1, tenths: 0});
  assert.deepEqual(timeLeft(-5), {days: 0, hours: 0, minutes: 0, seconds: 0, tenths: 0});
  assert.equal(timeLeft(NaN), null);
  assert.equal(timeLeft(undefined), null);
});

test('a room is asked for whole once, then only for what is new, as often as the server likes', async () => {
  let version = 3;
  const world = new World((url) => (url.includes(`since=x-${version}`) ? {status: 204, headers: tagged(version)} : {body: room(version), headers: tagged(version)}));
  const told = follow(world);
  await world.run(5000);
  assert.deepEqual(world.asked.map(({at}) => at), [0, 2000, 4000]);
  assert.equal(world.asked[0].url, 'http://status/v1/rooms/R');
  assert.equal(world.asked[1].url, 'http://status/v1/rooms/R?since=x-3');
  version = 4;
  await world.run(2000);
  assert.deepEqual(told.rooms.map((one) => one.version), [3, 4]);
  assert.deepEqual(told.states, ['live poll']);
  assert.equal(told.follower.clock.now(), world.now + SERVER_AHEAD_MS);
});

test('two phones that saw the same answer come back at different times', async () => {
  const times = [];
  for (const chance of [0, 0.999]) {
    const world = new World(() => ({body: room(1), headers: tagged(1)}));
    world.chance = chance;
    follow(world);
    await world.run(3000);
    times.push(world.asked[1].at);
  }
  assert.ok(times[0] >= 1600 && times[1] <= 2400 && times[1] - times[0] > 700, times.join());
});

test('just after the deadline it is asked how it ended', async () => {
  const deadline = 800 + SERVER_AHEAD_MS;
  const world = new World(() => (world.now < 800 ? {body: room(1, {deadline}), headers: tagged(1)} : {body: room(2, {deadline, state: 'failed'}), headers: tagged(2)}));
  const told = follow(world);
  await world.run(1800);
  assert.deepEqual(told.rooms.map((one) => one.state), ['open', 'failed']);
});

for (const state of ['formed', 'failed'])
  test(`a room that has ${state} is told once, and nothing more is asked`, async () => {
    const world = new World(() => ({body: room(9, {state}), headers: tagged(9)}));
    const told = follow(world);
    await world.run(120_000);
    assert.equal(world.asked.length, 1);
    assert.deepEqual(told.rooms.map((one) => one.version), [9]);
    assert.deepEqual(told.states, ['ended']);
    assert.equal(world.looks.length, 0);
    assert.equal(world.timers.length, 0);
  });

test('a room that is not there is gone; any other refusal is tried again', async () => {
  const gone = new World(() => ({status: 404, body: {error: {code: 'ROOM_NOT_FOUND'}}}));
  assert.deepEqual((await (async () => { const told = follow(gone); await gone.run(60_000); return told; })()).states, ['gone']);
  assert.equal(gone.asked.length, 1);
  const loading = new World((url, count) => (count < 3 ? {status: 503, body: {error: {code: 'LOADING'}}} : {body: room(1), headers: tagged(1)}));
  const told = follow(loading);
  await loading.run(10_000);
  assert.deepEqual(told.states, ['retrying', 'retrying', 'live poll']);
  const proxy = new World((url, count) => (count < 2 ? {status: 404, body: 'a page of some proxy'} : {body: room(1), headers: tagged(1)}));
  const late = follow(proxy);
  await proxy.run(5000);
  assert.deepEqual(late.states, ['retrying', 'live poll']);
});

test('errors are tried again ever later, up to half a minute, and by chance', async () => {
  const world = new World(() => ({status: 0}));
  follow(world);
  await world.run(200_000);
  const gaps = world.asked.slice(1).map(({at}, i) => at - world.asked[i].at);
  assert.deepEqual(gaps.slice(0, 5), [1300, 2300, 4300, 8300, 15_300]);
  assert.equal(gaps.at(-1), 15_300);
  world.chance = 0.999;
  await world.run(100_000);
  assert.ok(Math.abs(world.asked.at(-1).at - world.asked.at(-2).at - 30_300) < 40);
});

test('Retry-After is heeded', async () => {
  const world = new World((url, count) => (count === 1 ? {status: 429, body: {}, headers: {'Retry-After': '7'}} : {body: room(1), headers: tagged(1)}));
  follow(world);
  await world.run(7500);
  assert.deepEqual(world.asked.map(({at}) => at), [0, 7000]);
});

test('an answer that never comes is given up after ten seconds', async () => {
  const world = new World((url, count) => (count === 1 ? {never: true} : {body: room(1), headers: tagged(1)}));
  const told = follow(world);
  await world.run(12_000);
  assert.deepEqual(told.states, ['retrying', 'live poll']);
});

test('a hidden page asks nothing; once it is looked at it asks at once', async () => {
  let version = 1;
  const world = new World(() => ({body: room(version), headers: tagged(version)}));
  const told = follow(world, {mode: 'stream'});
  await world.run(10);
  world.streams[0].say(room(1), 'x-1');
  await world.show(false);
  assert.ok(world.streams[0].isClosed);
  const before = world.asked.length;
  await world.run(3_600_000);
  assert.equal(world.asked.length, before);
  assert.equal(world.streams.length, 1);
  version = 2;
  world.serverAheadMs -= 5000; // which is what it looks like if we were the one that went on, in a sleep
  await world.show(true);
  assert.equal(told.follower.clock.now(), world.now + world.serverAheadMs);
  assert.deepEqual(told.rooms.map((one) => one.version), [1, 2]);
  assert.deepEqual(told.states.slice(0, 4), ['live poll', 'live stream', 'paused', 'live poll']);
  assert.equal(world.streams.length, 2);
});

test('a page that was hidden from the start begins when it is looked at', async () => {
  const world = new World(() => ({body: room(1), headers: tagged(1)}));
  world.document.hidden = true;
  const told = follow(world);
  await world.run(60_000);
  assert.equal(world.asked.length, 0);
  await world.show(true);
  assert.equal(told.rooms.length, 1);
});

test('an answer that arrives after the page was hidden changes nothing', async () => {
  const world = new World(() => ({body: room(1), headers: tagged(1), afterMs: 500}));
  const told = follow(world);
  await world.show(false);
  await world.run(10_000);
  assert.deepEqual([told.rooms.length, world.asked.length], [0, 1]);
});

test('what a lagging cache answers does not turn back what is known', async () => {
  const versions = [5, 4, 6];
  const world = new World((url, count) => ({body: room(versions[count - 1] ?? 6), headers: tagged(versions[count - 1] ?? 6)}));
  const told = follow(world);
  await world.run(9000);
  assert.deepEqual(told.rooms.map((one) => one.version), [5, 6]);
});

test('another data set counts anew', async () => {
  const world = new World((url, count) => (count === 1 ? {body: room(7), headers: tagged(7, 'before')} : {body: room(2), headers: tagged(2, 'after')}));
  const told = follow(world);
  await world.run(3000);
  assert.deepEqual(told.rooms.map((one) => one.version), [7, 2]);
});

test('a long poll follows a long poll, and is given time', async () => {
  const world = new World((url) => (url.includes('wait=20s') ? {status: 204, headers: tagged(1), afterMs: 20_000} : {body: room(1), headers: tagged(1)}));
  const told = follow(world, {mode: 'wait'});
  await world.run(41_000);
  assert.deepEqual(world.asked.map(({at}) => at), [0, 125, 20_250, 40_375]);
  assert.equal(world.asked[1].url, 'http://status/v1/rooms/R?since=x-1&wait=20s');
  assert.deepEqual(told.states, ['live wait']);
});

test('a stream takes over after the first answer; a poll looks after it now and then', async () => {
  const world = new World((url) => ({body: room(1), headers: tagged(1)}));
  const told = follow(world, {mode: 'stream'});
  await world.run(100);
  assert.equal(world.streams[0].url, 'http://status/v1/rooms/R/events');
  world.streams[0].say(room(1), 'x-1');
  world.streams[0].say(room(2), 'x-2');
  world.streams[0].say(room(2), 'x-2');
  assert.deepEqual(told.rooms.map((one) => one.version), [1, 2]);
  world.answer = () => ({status: 204, headers: tagged(2)});
  await world.run(70_000);
  assert.deepEqual(world.asked.map(({at}) => at), [0, 5000, 35_000, 65_000]);
  world.streams[0].say(room(3, {state: 'formed'}), 'x-3');
  await world.run(100_000);
  assert.deepEqual([told.states.at(-1), world.streams.length, world.streams[0].isClosed, world.asked.length], ['ended', 1, true, 4]);
});

test('a stream that breaks is opened again behind a poll that got through', async () => {
  let isUp = true;
  const world = new World(() => (isUp ? {body: room(1), headers: tagged(1)} : {status: 0}));
  const told = follow(world, {mode: 'stream'});
  await world.run(100);
  world.streams[0].say(room(1), 'x-1');
  isUp = false;
  world.streams[0].onerror();
  await world.run(4000);
  assert.equal(world.streams.length, 1, 'no stream while nobody answers');
  isUp = true;
  await world.run(4000);
  assert.equal(world.streams.length, 2);
  world.streams[1].say(room(5), 'x-5');
  assert.equal(told.rooms.at(-1).version, 5);
  assert.equal(told.states.at(-1), 'live stream');
});

test('a stream that is held back by a proxy is left for polls after three tries', async () => {
  const world = new World(() => ({body: room(1), headers: tagged(1)}));
  const told = follow(world, {mode: 'stream'});
  await world.run(60_000); // none of them ever says a word
  assert.equal(world.streams.length, 3);
  assert.ok(world.streams.every((stream) => stream.isClosed));
  assert.ok(world.asked.length > 20, 'it polls');
  assert.deepEqual(told.states, ['live poll']);
});

test('a stream that went dead unnoticed is found out by the poll that looks after it', async () => {
  let version = 1;
  const world = new World(() => ({body: room(version), headers: tagged(version)}));
  const told = follow(world, {mode: 'stream'});
  await world.run(100);
  world.streams[0].say(room(1), 'x-1');
  await world.run(6000);
  version = 8;
  await world.run(30_000);
  assert.equal(told.rooms.at(-1).version, 8);
  assert.ok(world.streams[0].isClosed);
  assert.equal(world.streams.length, 2);
});

test('a list is told when its tag is another one', async () => {
  let tag = '"a-1"';
  const lists = [];
  const world = new World(() => ({body: {rooms: [tag]}, headers: {ETag: tag}}));
  const follower = followList('http://status/v1/campaigns/tea/rooms', {env: world.env, everyMs: 3000, onList: (list) => lists.push(list.rooms[0])});
  await world.run(10_000);
  tag = '"a-2"';
  await world.run(3000);
  assert.deepEqual(lists, ['"a-1"', '"a-2"']);
  assert.deepEqual(world.asked.map(({at}) => at), [0, 3000, 6000, 9000, 12_000]);
  follower.stop();
  await world.run(20_000);
  assert.equal(world.asked.length, 5);
  await world.show(false);
  await world.show(true);
  assert.equal(world.asked.length, 5, 'stopped is stopped');
});
