// SPDX-License-Identifier: BSD-2-Clause
// `tuan demo` as its visitors see it: several shoppers in windows of their own, at a phone's and a desk's width, in both languages and
// both colour schemes; clocks that are wrong, a daemon that is killed.
import assert from 'node:assert/strict';
import net from 'node:net';
import {after, before, describe, test} from 'node:test';
import {redisCli} from '../system/clients.mjs';
import {Process, SLOW, bin, run, tempDir, until} from '../system/tuand.mjs';
import {raw, request} from '../system/web.mjs';
import {Browser, DESK, PHONE} from './browser.mjs';

const ZH_PHONE = {width: PHONE, languages: ['zh-TW', 'en']};
const EN_DESK = {width: DESK, languages: ['en'], scheme: 'dark'};

// A demo without simulated shoppers, unless `args` says otherwise.
class Demo {
  static async start(t, args = ['--mirror', 'none', '--shoppers', '0']) {
    const demo = new Demo();
    t.after(() => demo.end()); // what is registered first ends first: before its directory goes
    demo.process = new Process(bin('tuan'), ['demo', '--json', ...args], {env: {...process.env, TMPDIR: await tempDir(t)}});
    Object.assign(demo, await demo.told('ready'));
    demo.port = Number(new URL(demo.shop).port);
    demo.status = `http://${demo.web}`;
    ({call: demo.call} = await redisCli({port: Number(demo.rpc.split(':')[1])}));
    return demo;
  }

  get events() { return this.process.output.split('\n').slice(0, -1).map((line) => JSON.parse(line)); }

  // The nth event of that name.
  told(name, nth = 1) {
    return until(`the demo says ${name} (${this.process.errors.slice(-2000)})`, () => this.process.exit ?? this.events.filter(({event}) => event === name)[nth - 1], 20000);
  }

  open(t, browser, path = '/', options = {}) {
    return browser.open(t, new URL(path, this.shop).href, {...options, also: [this.status]});
  }

  // Somebody else takes a seat, and pays for it.
  async other(room, campaign, name, price) {
    await this.call('room.join', {room, user: name, order: `o-${name}`, profile: JSON.stringify({nick: name, key: name})});
    if (price !== undefined) await this.call('seat.pay', {campaign, order: `o-${name}`, amount: price, payment: `p-${name}`});
  }

  async end() {
    if (this.process.exit === null) this.process.signal('SIGTERM');
    const {code} = await this.process.end();
    assert.equal(this.process.errors, '', 'the demo says nothing on stderr');
    assert.equal(code, 0);
  }
}

const roomOf = (window) => new URL(window.page.url()).pathname.split('/').at(-1);
const ring = '.middle h1';

async function look(window, name) {
  await window.fits();
  await window.axe(name);
  await window.shot(`shop-${name}`);
}

// The countdown as shown, and what it must be between two readings of the server's clock.
async function readCountdown(window, status) {
  return window.page.evaluate(async (base) => {
    const id = location.pathname.split('/').at(-1);
    const readNow = async () => (await (await fetch(`${base}/v1/time`, {cache: 'no-store'})).json()).now;
    const {deadline} = await (await fetch(`${base}/v1/rooms/${id}`)).json();
    const before = await readNow();
    await new Promise((resolve) => setTimeout(resolve, 250)); // it is drawn each 100 ms
    const text = document.querySelector('.time').textContent;
    const after = await readNow();
    const [minutes, seconds] = text.split(':').map(Number);
    return {text, shown: (60 * minutes + seconds) * 1000, most: deadline - before, least: deadline - after};
  }, status);
}

describe('the demo shop', {concurrency: 2}, () => { // they mostly wait
  const cleanups = [];
  let chromium;
  before(async () => { chromium = await Browser.start({after: (work) => cleanups.unshift(work)}); });
  after(async () => { for (const work of cleanups) await work(); });

  test('a group is opened, shared by its link, joined and paid, and forms', async (t) => {
    const browser = chromium.within(t);
    const demo = await Demo.start(t);
    const leader = await demo.open(t, browser, '/', ZH_PHONE);
    await leader.untilText('.cards', /明前龍井/);
    await leader.untilText('.waiting', /還沒有人開團/);
    await look(leader, 'home-zh-phone');
    await leader.click('a[href="/p/tea-3"]');
    await leader.untilText('.offer', /¥99[^]*2 分鐘內要成團[^]*現在沒有在等人的團/);
    await look(leader, 'product-zh-phone');
    await leader.click('[data-act=open]');
    await leader.untilText(ring, /待團長付款/);
    await leader.untilText('.hold', /席位為您保留 0:\d\d/);
    await look(leader, 'pending-zh-phone');
    await leader.click('[data-act=pay]');
    await leader.untilText(ring, /還差\s*2\s*人/);
    await leader.untilText('.panel', /您已付款/);
    await leader.untilText('.time', /^1:\d\d\.\d$/);
    await leader.untilText('.connection', /即時/);
    await look(leader, 'paid-zh-phone');

    const link = await leader.page.$eval('.link input', (field) => field.value);
    assert.equal(link, `${demo.shop}r/${roomOf(leader)}`);
    const friend = await demo.open(t, browser, link, EN_DESK);
    await friend.untilText(ring, /2\s*more needed/);
    await friend.until('the link shows who is in', async () => (await friend.count('.seats li:not(.empty)')) === 1);
    await look(friend, 'stranger-en-desk');
    await friend.click('[data-act=join]');
    await friend.untilText('.panel', /Your seat is kept/);
    await leader.untilText('.middle .note', /1 人付款中/);
    await look(friend, 'held-en-desk');
    await friend.click('[data-act=pay]');
    await leader.untilText(ring, /還差\s*1\s*人/);
    assert.equal(await leader.count('.seats li:not(.empty)'), 2);

    await demo.other(roomOf(leader), 'tea-3', 'amy', 9900);
    await leader.untilText(ring, /拼團成功/);
    await leader.untilText('.panel', /馬上發貨[^]*訂單 v/);
    await leader.untilText('.connection', /已結束/);
    await look(leader, 'formed-zh-phone');
    await friend.untilText(ring, /It’s a deal/);
    await friend.untilText('.panel', /Everybody is in/);
    await look(friend, 'formed-en-desk');
    await friend.click('a[href="/orders"]');
    await friend.untilText('.orders', /Longjing[^]*complete/);
    await look(friend, 'orders-en-desk');
    const late = await demo.open(t, browser, link, EN_DESK);
    await late.untilText('.panel', /This group is complete/);
  });

  test('a group that lacks people at its deadline fails, and everybody sees his money come back', async (t) => {
    const browser = chromium.within(t);
    const demo = await Demo.start(t);
    await demo.call('campaign.put', {campaign: 'flash-10', clock_start: 'leader_paid', room_ttl_ms: 10000 * SLOW, hold_ms: 10000 * SLOW});
    const window = await demo.open(t, browser, '/p/flash-10', {...ZH_PHONE, scheme: 'dark'});
    await window.click('[data-act=open]');
    await window.click('[data-act=pay]');
    await window.untilText(ring, /還差\s*9\s*人/);
    await window.shot('shop-ten-zh-phone-dark');
    await window.untilText(ring, /拼團未成/, 30000);
    await window.untilText('.panel', /時間到了，人沒湊齊/);
    await window.untilText('.panel', /已退回 ¥1/);
    await look(window, 'failed-zh-phone-dark');
    await window.click('.panel .button');
    await window.untilText('h1', /芒果/);
  });

  test('a device whose clock is ten minutes wrong counts down rightly', async (t) => {
    const browser = chromium.within(t);
    const demo = await Demo.start(t);
    const {room} = await demo.call('room.match', {campaign: 'tea-3', user: 'ann', order: 'o-ann'});
    for (const minutes of [10, -10]) {
      const script = `{const Real = Date, ahead = ${minutes * 60000};
        globalThis.Date = class extends Real { constructor(...args) { if (args.length) super(...args); else super(Real.now() + ahead); } static now() { return Real.now() + ahead; } };}`;
      const window = await demo.open(t, browser, `/r/${room}`, {...ZH_PHONE, script});
      await window.untilText('.time', /^\d:\d\d\.\d$/);
      assert.ok(Math.abs(await window.page.evaluate('Date.now()') - Date.now() - minutes * 60000) < 60000, 'its clock is wrong');
      const {text, shown, least, most} = await readCountdown(window, demo.status);
      assert.ok(shown >= least - 250 && shown <= most + 400 * SLOW, `${text} is shown; right is ${least} to ${most} ms`);
      await window.click('summary');
      await window.untilText('[data-fact=phone]', minutes > 0 ? /快了 (10 分鐘|9 分鐘 59 秒)/ : /慢了 10 分鐘/);
      await look(window, `wrong-clock-${minutes}`);
    }
  });

  test('a daemon that is killed in the middle is survived by streams, long polls and polls, and by a payment', async (t) => {
    const browser = chromium.within(t);
    const demo = await Demo.start(t, ['--mirror', 'private', '--shoppers', '0']);
    const leader = await demo.open(t, browser, '/p/rice-5', ZH_PHONE);
    await leader.click('[data-act=open]');
    await leader.click('[data-act=pay]');
    await leader.untilText(ring, /還差\s*4\s*人/);
    const room = roomOf(leader);
    await demo.other(room, 'rice-5', 'bob', 4990);
    const windows = [leader];
    for (const via of ['stream', 'wait', 'poll']) {
      const window = await demo.open(t, browser, `/r/${room}?via=${via}`, EN_DESK);
      await window.until(`it is live by ${via}`, () => window.page.evaluate((one) => document.querySelector(`.connection.is-live`)?.dataset.via === one, via));
      windows.push(window);
    }
    const payer = await demo.open(t, browser, `/r/${room}`, ZH_PHONE);
    windows.push(payer);
    await payer.click('[data-act=join]');
    await payer.untilText('.panel', /席位為您保留/);
    const {deadline, version} = await demo.call('room.get', {room});

    for (const window of windows) window.expect(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED_ENCODING|503|ERR_FAILED|ERR_ABORTED/);
    process.kill(demo.pid, 'SIGKILL');
    await payer.click('[data-act=pay]'); // nobody is there
    await leader.untilText('.connection', /秒後重試/);
    await demo.told('daemon_ended');
    const {pid} = await demo.told('daemon_ready');
    assert.notEqual(pid, demo.pid);

    await payer.untilText('.panel', /您已付款/, 30000);
    const after = await demo.call('room.get', {room});
    assert.deepEqual([after.deadline, after.paid], [deadline, 3]);
    assert.ok(after.version > version, 'its versions go on');
    for (const window of windows) {
      await window.untilText(ring, /^(還差\s*2\s*人|2\s*more needed)$/, 40000);
      await window.untilText('.time', /^[012]:\d\d\.\d$/);
    }
    await windows[1].until('the stream is a stream again', () => windows[1].page.evaluate(() => document.querySelector('.connection.is-live')?.dataset.via === 'stream'), 40000);
    await demo.other(room, 'rice-5', 'cid', 4990);
    await demo.other(room, 'rice-5', 'dora', 4990);
    for (const window of windows) await window.untilText(ring, /^(拼團成功|It’s a deal)$/, 20000);
    await windows[2].shot('shop-after-restart');
  });

  test('a payment that comes after the hold is seated or owed back, and the page tells which', async (t) => {
    const browser = chromium.within(t);
    const demo = await Demo.start(t);
    await demo.call('campaign.put', {campaign: 'tea-3', hold_ms: 6000 * SLOW});
    const window = await demo.open(t, browser, '/p/tea-3', EN_DESK);
    await window.click('[data-act=match]');
    await window.click('[data-act=late]');
    await window.untilText('.panel', /The bank is slow/);
    await window.untilText(ring, /Not this time/, 20000); // nobody else was in
    await window.untilText('.panel', /You did not pay in time[^]*The money came too late\. ¥99 refunded/);
    await look(window, 'late-en-desk');

    const again = await demo.open(t, browser, '/p/tea-3', EN_DESK);
    const {room} = await demo.call('room.match', {campaign: 'tea-3', user: 'ann', order: 'o-ann'});
    await demo.call('seat.pay', {campaign: 'tea-3', order: 'o-ann', amount: 9900, payment: 'p-ann'});
    await again.untilText('.room-row', /2 more needed/);
    await again.click('.room-row');
    await again.click('[data-act=join]');
    assert.equal(roomOf(again), room);
    await again.click('[data-act=late]');
    await again.untilText('.panel', /You have paid/, 20000); // its seat was still free
    await again.untilText(ring, /1\s*more needed/);
  });

  test('a page behind another tab asks nothing, and knows all as soon as it is looked at', async (t) => {
    const browser = chromium.within(t);
    const demo = await Demo.start(t);
    const {room} = await demo.call('room.match', {campaign: 'tea-3', user: 'ann', order: 'o-ann'});
    const window = await demo.open(t, browser, `/r/${room}`, EN_DESK);
    await window.untilText('.connection', /Live/);
    await window.until('it has a stream', () => window.page.evaluate(() => document.querySelector('.connection').dataset.via === 'stream'));
    const tab = await window.page.browserContext().newPage();
    await tab.bringToFront();
    await window.until('it is paused', () => window.page.evaluate(() => document.hidden && document.querySelector('.connection').classList.contains('is-paused')));
    const asked = [];
    window.page.on('request', (one) => asked.push(one.url()));
    for (const name of ['bob', 'cid']) await demo.other(room, 'tea-3', name, 9900);
    await demo.call('seat.pay', {campaign: 'tea-3', order: 'o-ann', amount: 9900, payment: 'p-ann'});
    assert.match(await window.page.evaluate(() => document.querySelector('.middle h1').textContent), /3 *more needed/);
    assert.deepEqual(asked, [], 'nobody looks, nothing is asked');
    await window.page.bringToFront();
    await window.untilText(ring, /It’s a deal/);
    assert.ok(asked.length > 0);
  });

  test('a draw is checked in the browser', async (t) => {
    const browser = chromium.within(t);
    const demo = await Demo.start(t);
    const window = await demo.open(t, browser, '/p/lottery-5', ZH_PHONE);
    await window.click('[data-act=match]');
    await window.click('[data-act=pay]');
    await window.untilText(ring, /還差\s*4\s*人/);
    for (const name of ['ann', 'bob', 'cid', 'dora']) await demo.other(roomOf(window), 'lottery-5', name, 100);
    await window.untilText('.panel', /恭喜，您中獎了！|這次沒中，款項退回/);
    await window.untilText('.panel', /中獎的是/);
    await window.click('[data-act=check]');
    await window.untilText('.checked', /驗證無誤/);
    await look(window, 'draw-zh-phone');
    // and the check can fail: with another seed nothing fits
    const isRight = await window.page.evaluate(async (base, id) => {
      const {checkDraw} = await import('/shop/draw.js');
      const [room, {orders}] = await Promise.all([fetch(`${base}/v1/rooms/${id}`, {cache: 'no-store'}).then((one) => one.json()), fetch(`/api/rooms/${id}`).then((one) => one.json())]);
      const losers = [1, 2, 3, 4, 5].filter((n) => n !== room.winners[0].n);
      return [await checkDraw(room, orders), await checkDraw({...room, draw_seed: room.draw_commit}, orders), await checkDraw({...room, winners: [{n: losers[0]}]}, orders)];
    }, demo.status, roomOf(window));
    assert.deepEqual(isRight, [true, false, false]);
  });

  test('steps, cuts and help are sold, in the other language too; what is not there is told', async (t) => {
    const browser = chromium.within(t);
    const demo = await Demo.start(t);
    const window = await demo.open(t, browser, '/p/ladder-8', ZH_PHONE);
    await window.untilText('.tiers', /2 人[^]*¥19\.90[^]*8 人[^]*¥12\.90/);
    await look(window, 'steps-zh-phone');
    await window.page.click('.tiers input[value="3"]');
    await window.click('[data-act=open]');
    await window.untilText('.goods .price', /¥12\.90/);
    assert.equal(await window.count('.seats li'), 8);
    await Promise.all([window.page.waitForNavigation(), window.click('.top button')]); // English
    await window.untilText('.panel', /Pay ¥12\.90/);
    assert.equal(await window.page.evaluate(() => document.documentElement.lang), 'en');

    await window.click('.brand');
    await window.click('a[href="/p/cut-6"]');
    await window.click('[data-act=open]');
    await window.untilText('.cut', /¥0 of ¥199 cut off/);
    await demo.other(roomOf(window), 'cut-6', 'ann');
    await window.untilText('.cut', /¥[1-9][\d.]* of ¥199 cut off/);
    await look(window, 'cut-en-phone');
    const helper = await demo.open(t, browser, `/r/${roomOf(window)}`, EN_DESK);
    await helper.click('[data-act=join]');
    await helper.untilText('.panel', /You are in/);
    await look(helper, 'cut-en-desk');

    await window.click('.brand');
    await window.click('a[href="/p/tea-3"]');
    await window.click('[data-act=match]');
    await window.click('[data-act=leave]');
    await window.untilText('.panel', /gave your seat back|paid nothing/);
    await window.click('a[href="/orders"]');
    await window.untilText('.orders', /honey[^]*tea|tea[^]*honey/);
    await look(window, 'orders-en-phone');

    window.expect(/404/);
    await window.page.goto(`${demo.shop}r/00000000000000000000`);
    await window.untilText('main', /There is no such group/);
    await look(window, 'gone-en-phone');
  });

  test('the shop has visitors of its own: who asks is known by a token, nobody reaches the order of another', async (t) => {
    const demo = await Demo.start(t);
    const as = (token) => ({Authorization: `Bearer ${token}-0123456789abcdef`});
    const post = (path, token, body) => request(demo.port, path, {method: 'POST', headers: {...token && as(token), 'Content-Type': 'application/json'}, body: typeof body === 'string' ? body : JSON.stringify(body)});
    const seats = '/api/campaigns/tea-3/seats';
    const page = await request(demo.port, '/');
    assert.match(page.headers['content-security-policy'], new RegExp(`default-src 'none'; .*connect-src 'self' ${demo.status};.*require-trusted-types-for 'script'`));
    assert.equal((await request(demo.port, '/', {headers: {'If-None-Match': page.headers.etag}})).status, 304);
    assert.equal((await request(demo.port, '/tuan-web/tuan-web.js')).headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal((await request(demo.port, '/', {headers: {Host: 'evil.example;script-src'}})).status, 400, 'no such host gets into the policy');

    const seat = await post(seats, 'ann', {how: 'match', attempt: 'a1'});
    assert.equal(seat.status, 200);
    assert.equal((await post(seats, 'ann', {how: 'match', attempt: 'a1'})).json.again, 1);
    const {order, room} = seat.json;
    assert.match(order, /^v[0-9a-f]{12}-a1$/);
    for (const path of [`${seats}/${order}/payment`, `${seats}/${order}/leave`]) assert.equal((await post(path, 'bob', {})).status, 404, path);
    assert.equal((await request(demo.port, `${seats}/${order}`, {headers: as('bob')})).json.error.code, 'SEAT_NOT_FOUND');
    assert.equal((await request(demo.port, seats, {headers: as('ann')})).json.seats[0].order, order);
    assert.equal((await request(demo.port, `/api/rooms/${room}`)).text.includes(order), false, 'orders are told after a draw only');

    const wrong = [
      [401, () => post(seats, null, {how: 'match', attempt: 'a2'})], [401, () => request(demo.port, '/api/me')],
      [400, () => post(seats, 'cid', 'not JSON')], [400, () => post(seats, 'cid', [])], [400, () => post(seats, 'cid', {how: 'steal', attempt: 'a'})],
      [400, () => post(seats, 'cid', {how: 'match'})], [400, () => post(seats, 'cid', {how: 'open', attempt: 'a', tier: 'first'})], [400, () => post(seats, 'cid', {how: 'match', attempt: 'A!'})], [400, () => post(seats, 'cid', {how: 'join', attempt: 'a'})],
      [404, () => post('/api/campaigns/nothing/seats', 'cid', {how: 'match', attempt: 'a'})], [404, () => post(seats, 'cid', {how: 'join', attempt: 'a', room: '00000000000000000000'})],
      [413, () => post(seats, 'cid', 'x'.repeat(5000))], [405, () => post('/', 'cid', {})], [404, () => request(demo.port, '/shop/../secret')],
      [404, () => request(demo.port, '/nothing')], [404, () => request(demo.port, '/shop/%2e%2e%2fx')], [405, () => request(demo.port, `${seats}/${order}/payment`, {headers: as('ann')})],
    ];
    for (const [status, ask] of wrong) assert.equal((await ask()).status, status, ask.toString());
    assert.equal((await post(`${seats}/${order}/payment`, 'ann', {})).json.seat, 'paid');

    // A late payment waits in the till, so there are so many and no more; an order has one, however often it is asked for.
    const holdAndPayLate = async (visitor) => post(`${seats}/${(await post(seats, visitor, {how: 'match', attempt: 'a1'})).json.order}/payment`, visitor, {how: 'late'});
    for (let i = 0; i < 1000; i += 20)
      for (const {status, json} of await Promise.all([...Array(20)].map((_, n) => holdAndPayLate(`late-${i + n}`)))) assert.ok(status === 202 && json.pays_at > json.hold_until, JSON.stringify(json));
    const refused = await holdAndPayLate('late-1000');
    assert.deepEqual([refused.status, refused.json.error.code], [429, 'TOO_MANY']);
    assert.equal((await holdAndPayLate('late-7')).status, 202, 'that one is under way');
  });

  test('the shop reads requests that come in pieces or together, and idle connections keep nobody out', async (t) => {
    const demo = await Demo.start(t);
    const ask = (more = '') => `GET /api/shop HTTP/1.1\r\nHost: 127.0.0.1:${demo.port}\r\n${more}\r\n`;
    const two = await raw(demo.port, [ask().slice(0, 11), ask().slice(11) + ask('Connection: close\r\n')]);
    assert.equal(two.match(/HTTP\/1\.1 200 OK/g).length, 2);
    assert.match(await raw(demo.port, 'GET / HTTP/1.1\nHost: x\n\n'), /^HTTP\/1\.1 400 [^]*Connection: close/);
    const idle = Array.from({length: 100}, () => net.connect(demo.port, '127.0.0.1').on('error', () => {}));
    t.after(() => idle.forEach((socket) => socket.destroy()));
    await until('they are there', () => idle.every((socket) => !socket.connecting));
    for (let i = 0; i < 5; i++) assert.equal((await request(demo.port, '/api/shop')).status, 200);
    await until('the first of them had to go', () => idle[0].closed || idle[0].readableEnded || idle[0].destroyed);
  });

  test('a payment that the daemon cannot take for a while is told again until it can', async (t) => {
    const demo = await Demo.start(t);
    const limit = async (rate) => assert.equal((await run('redis-cli', ['-h', '127.0.0.1', '-p', demo.rpc.split(':')[1], 'CONFIG', 'SET', 'limit.rate', rate])).output, 'OK\n');
    const post = (path, body) => request(demo.port, `/api/campaigns/tea-3/seats${path}`, {method: 'POST', headers: {Authorization: 'Bearer ann-0123456789abcdef'}, body: JSON.stringify(body)});
    await demo.call('campaign.put', {campaign: 'tea-3', hold_ms: 1000});
    const {order} = (await post('', {how: 'match', attempt: 'a1'})).json;
    const {pays_at: paysAt} = (await post(`/${order}/payment`, {how: 'late'})).json;
    await limit('1'); // the demo alone asks more often
    await until('the payment has been refused', () => Date.now() > paysAt + 2000);
    await limit('0');
    const seat = await until('the payment is in', async () => {
      const {refund, seat: state} = await demo.call('seat.get', {campaign: 'tea-3', order});
      return refund && state;
    });
    assert.match(seat, /^refund/, 'nobody else was in');
  });

  test('simulated shoppers fill a group, and the demo tells where everything is', async (t) => {
    const browser = chromium.within(t);
    const demo = await Demo.start(t, ['--mirror', 'none', '--shoppers', '4000']);
    const window = await demo.open(t, browser, '/p/tea-3', EN_DESK);
    await window.untilText('.foot', /other shoppers are simulated/);
    await window.click('[data-act=open]');
    await window.click('[data-act=pay]');
    await window.untilText(ring, /It’s a deal/, 60000);
    await look(window, 'simulated-en-desk');
    await window.click('.brand');
    await window.untilText('.cards', /formed/);
    await look(window, 'busy-en-desk');
    assert.equal((await fetch(demo.console)).status, 200);
    const {code, output} = await run(bin('tuan'), ['demo', '--mirror', 'none', '--seconds', '1'], {env: process.env});
    assert.equal(code, 0);
    for (const hint of [/the shop +http:\/\/127\.0\.0\.1:\d+\//, /the console +http:\/\//, /kill -9 \d+/, /redis-cli -p \d+ ROOM\.MATCH tea-3 you order-1/, /curl -i http:\/\/.*\/v1\/campaigns\/tea-3\/rooms/])
      assert.match(output, hint);
  });

  test('a shop that is open to the network is read by whatever name a browser calls it', async (t) => {
    const demo = await Demo.start(t, ['--mirror', 'none', '--shoppers', '0', '--shop', '0.0.0.0:0']);
    const webPort = demo.web.split(':')[1];
    const from = (host, port, path, headers = {}) => fetch(`http://${host}:${port}${path}`, {headers});
    const near = await (await from('127.0.0.2', demo.port, '/api/shop')).json();
    assert.equal(near.status, `http://127.0.0.2:${webPort}`);
    const read = await from('127.0.0.2', webPort, '/v1/campaigns/tea-3', {Origin: `http://127.0.0.2:${demo.port}`});
    assert.deepEqual([read.status, read.headers.get('access-control-allow-origin')], [200, '*']);
    const far = (await request(demo.port, '/api/shop', {headers: {Host: `shop.lan:${demo.port}`}})).json;
    assert.deepEqual([far.status, far.console], [`http://shop.lan:${webPort}`, ''], 'the console stays on loopback');
  });

  test('an address that cannot be served at is told', async () => {
    for (const address of ['nowhere', '127.0.0.1:999999', '203.0.113.1:80']) {
      const {code, errors} = await run(bin('tuan'), ['demo', '--shop', address, '--seconds', '1']);
      assert.equal(code, 2, errors);
      assert.match(errors, /^tuan: .*serve at/m);
    }
  });
});
