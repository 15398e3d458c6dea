// SPDX-License-Identifier: BSD-2-Clause
// The operator's console, opened at a phone's and a desk's width, in both languages and both colour schemes, and clicked through.
// With TUAN_SHOTS each page is taken in more combinations.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {chmod, writeFile} from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import {test} from 'node:test';
import {freePort, tempDir} from '../system/tuand.mjs';
import {request} from '../system/web.mjs';
import {Browser, DESK, PHONE} from './browser.mjs';
import {MARKUP, Shop} from './shop.mjs';

const MENU = [['overview', 'Overview', '總覽'], ['campaigns', 'Campaigns', '活動'], ['rooms', 'Rooms', '團'], ['connections', 'Connections', '連線'],
  ['slowlog', 'Slow log', '慢日誌'], ['config', 'Configuration', '設定'], ['health', 'Health', '健康狀態']];

const row = (text) => new RegExp(text.replace(/[<>&"*]/g, '\\$&'));

async function openMenu(window, width) {
  if (width === PHONE && await window.page.$eval('.menu', (one) => one.getAttribute('aria-expanded')) === 'false') await window.click('.menu');
}

// Ask an operator's act: the button, the reason, the verb of the dialog.
async function act(window, button, reason) {
  await window.page.locator(`main ::-p-text(${button})`).click();
  if (reason) await window.type('#reason', reason);
  await window.click('dialog button[type=submit]');
}

test('the console is served whole, and may load nothing from elsewhere', async (t) => {
  const {daemon} = await Shop.start(t);
  const page = await request(daemon.admin, '/');
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'], /^text\/html/);
  assert.match(page.headers['content-security-policy'], /default-src 'none'/);
  assert.doesNotMatch(page.headers['content-security-policy'], /unsafe|http|\*/);
  assert.equal((await request(daemon.admin, '/', {headers: {'If-None-Match': page.headers.etag}})).status, 304);
  const script = await request(daemon.admin, '/console/main.js');
  assert.match(script.headers['content-type'], /^text\/javascript/);
  assert.notEqual(script.etag, page.etag);
  assert.equal((await request(daemon.admin, '/console/pages/room.js')).status, 200);
  for (const nothing of ['/console/', '/console/nothing.js', '/console/pages', '/console/pages/../main.js'])
    assert.equal((await request(daemon.admin, nothing)).status, 404, nothing);
});

test('in a browser', async (all) => {
  const chromium = await Browser.start(all);

  await all.test('every page shows what is there, fits, and is accessible', async (t) => {
    const browser = chromium.within(t);
    const shop = await Shop.start(t, {args: ['--set', 'slowlog.slower_than_ms=0']});
    const rooms = await shop.fill();
    await shop.call('room.join', {room: rooms.many, user: 'traced', order: 'traced', trace: `trace ${MARKUP}`});
    const shown = {
      overview: /入座結果|What shoppers got/, campaigns: row(MARKUP), rooms: row(rooms.open), connections: /ioredis/, slowlog: row(`trace ${MARKUP}`),
      config: /slowlog\.slower_than_ms[^]*flag --set/, health: /nothing acknowledged is lost/,
    };
    const looks = [[PHONE, 'en', 'light'], [DESK, 'zh-TW', 'dark'], ...process.env.TUAN_SHOTS ? [[PHONE, 'zh-TW', 'dark'], [DESK, 'en', 'light']] : []];
    for (const [width, lang, scheme] of looks) {
      const window = await browser.open(t, shop.url, {width, languages: [lang], scheme});
      const look = async (name) => {
        await window.fits();
        await window.axe(`${name} at ${width}`);
        await window.shot(`console-${name}-${width}-${lang}-${scheme}`);
      };
      assert.equal(await window.page.$eval('html', (one) => one.lang), lang === 'en' ? 'en' : 'zh-Hant');
      for (const [name, ...titles] of MENU) {
        await openMenu(window, width);
        await window.click(`nav a[href="#/${name}"]`);
        await window.untilText('h1', row(titles[lang === 'en' ? 0 : 1]));
        await window.untilText('main', shown[name]);
        await look(name);
      }
      await window.go('#/campaign/tea');
      await window.untilText('h1', row(MARKUP));
      await window.untilText('.funnel', /7[^]*5[^]*71\s?%[^]*3[^]*43\s?%/); // taken, paid, formed
      await look('campaign');
      await window.page.locator(`main ::-p-text(${rooms.open})`).click();
      await window.untilText('.ring', /1\s*\/ 3/);
      assert.match(await window.text('.timeline'), lang === 'en' ? /Room opened[^]*Seat held[^]*Seat paid/ : /開團[^]*鎖單[^]*付款/);
      await look('room');
      await window.go(`#/room/${rooms.failed}`);
      await window.untilText('.timeline', /out of stock/);
      await window.untilText('main', /<i>王\*明<\/i>/);
      await look('room-failed');
      await window.go('#/room/00000000000000000000');
      await window.untilText('main', /ROOM_NOT_FOUND/);
      window.expect(/status of 404/);
      window.complaints.length = 0;
      await look('room-unknown');
      await window.go('#/nonsense/%E0%A4%A');
      await window.untilText('h1', row(MENU[0][lang === 'en' ? 1 : 2]));
    }
  });

  await all.test('a campaign with more rooms than are sorted says so, in both languages', async (t) => {
    const browser = chromium.within(t);
    const shop = await Shop.start(t);
    const open = (from, to) => Promise.all([...Array(to - from)].map((_, i) => shop.call('room.open', {campaign: 'tea', user: `user-${from + i}`, order: `order-${from + i}`})));
    await shop.call('campaign.put', {campaign: 'tea', size: 3, name: MARKUP});
    await shop.call('campaign.put', {campaign: 'rice', size: 2});
    await shop.match('rice');
    await open(0, 2000);
    const [window, chinese] = [await browser.open(t, `${shop.url}#/rooms`), await browser.open(t, `${shop.url}#/campaign/tea`, {width: PHONE, languages: ['zh-TW']})];
    await window.untilText('main', /1 missing/);
    assert.doesNotMatch(await window.text('main'), /oldest/, 'that many are all sorted');
    await open(2000, 2001);
    await window.untilText('main p.quiet', /^Only the 2,000 oldest rooms of a campaign are sorted\. More are open in: <b>烏龍茶<\/b> & "高山" \(2,001\)$/);
    await chinese.untilText('main', /僅排序最早開團的 2,000 個團[^]*2,001/);
    for (const each of [window, chinese]) {
      await each.fits();
      await each.axe('a crowded campaign');
      await each.shot(`console-crowded-${each === window ? 'rooms' : 'campaign'}`);
    }
  });

  // An app server may well tell nanoseconds; the daemon takes any time.
  await all.test('times beyond all calendars are shown, and stop no page', async (t) => {
    const browser = chromium.within(t);
    const shop = await Shop.start(t);
    await shop.call('campaign.put', {campaign: 'tea', size: 3, room_ttl_ms: 0, end_at: '1900000000000000000'});
    const {room} = await shop.match('tea');
    const window = await browser.open(t, `${shop.url}#/rooms/deadline`);
    await window.untilText('tbody', row(room));
    await window.go('#/campaign/tea');
    await window.untilText('main', /end_at[^]*1900000000000000000/);
    await window.go(`#/room/${room}`);
    await window.untilText('.ring', /1\s*\/ 3/);
  });

  await all.test('what happens is seen without asking: rates, seats, the end of a room', async (t) => {
    const browser = chromium.within(t);
    const shop = await Shop.start(t);
    await shop.call('campaign.put', {campaign: 'tea', size: 3, price: 2900});
    await shop.call('campaign.put', {campaign: 'flash', size: 2, price: 900, room_ttl_ms: 3000});
    const overview = await browser.open(t, shop.url);
    await overview.untilText('.tile', /Seats taken[^]*0/);
    const {room} = await shop.match('tea', {pays: false});
    const window = await browser.open(t, `${shop.url}#/rooms/fullest`);
    await window.untilText('tbody', /3 missing[^]*23:59/);
    await window.page.locator(`main ::-p-text(${room})`).click();
    await window.untilText('.headline', /3 missing[^]*2 seats free/);
    await shop.call('seat.pay', {campaign: 'tea', order: 'order-1'});
    await window.untilText('.headline', /2 missing/);
    await shop.match('tea');
    await window.untilText('.table-top + .columns tbody', /shopper-1[^]*shopper-2/);
    await shop.match('tea');
    await window.untilText('.headline', /Formed[^]*full/);
    await window.untilText('.timeline li:last-child', /Room formed/);
    await overview.untilText('.tile', /Seats taken[^]*0\.[1-9]/);
    await overview.untilText('main', /How rooms ended[^]*full\s+1/);

    const short = await shop.match('flash');
    await window.go(`#/room/${short.room}`);
    await window.untilText('.headline', /Failed[^]*deadline/);
    await window.untilText('.timeline', /Refund due[^]*room failed\s+9\.00/);
    await window.go('#/campaign/tea');
    await window.type('input[name=text]', 'shopper-2');
    await window.page.keyboard.press('Enter');
    await window.untilText('.card [role=status]', /order-2[^]*Settled/);
    await window.type('input[name=text]', 'order-3');
    await window.page.keyboard.press('Enter');
    await window.untilText('.card [role=status]', /shopper-3/);
  });

  await all.test('the reader chooses language, colours and when to look', async (t) => {
    const browser = chromium.within(t);
    const shop = await Shop.start(t);
    const rooms = await shop.fill();
    const window = await browser.open(t, `${shop.url}#/rooms`, {width: PHONE, languages: ['fr', 'zh-HK']});
    await window.untilText('h1', /^團$/);
    const paper = () => window.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    await window.click('.menu');
    await window.fits();
    await window.axe('the open menu');
    await window.shot('console-menu-375', {fullPage: false});
    await window.page.locator('.tools ::-p-text(English)').click();
    await window.page.locator('.tools ::-p-text(Colours)').click();
    assert.notEqual(await paper(), light);
    await window.page.keyboard.press('Escape');
    assert.equal(await window.page.$eval('.menu', (one) => one.getAttribute('aria-expanded')), 'false');
    await window.untilText('h1', /^Rooms$/);
    await window.page.reload();
    await window.untilText('h1', /^Rooms$/);
    assert.notEqual(await paper(), light, 'both are kept');

    await window.go(`#/room/${rooms.open}`);
    await window.untilText('.headline', /2 missing/);
    await window.click('.menu');
    await window.page.locator('.tools ::-p-text(Pause)').click();
    await window.untilText('.banner', /Paused/);
    await window.click('.menu');
    const asked = [];
    window.page.on('request', (one) => asked.push(one.url()));
    const other = await browser.open(t, `${shop.url}#/room/${rooms.open}`); // which sees what the paused one does not
    await shop.match('tea');
    await other.untilText('.headline', /1 missing/);
    assert.deepEqual(asked, []);
    assert.match(await window.text('.headline'), /2 missing/);
    await window.click('.menu');
    await window.page.locator('.tools ::-p-text(Go on)').click();
    await window.untilText('.headline', /1 missing/);
  });

  await all.test('an operator forms, dissolves and closes, with a reason that is kept', async (t) => {
    const browser = chromium.within(t);
    const shop = await Shop.start(t);
    const rooms = await shop.fill();
    const window = await browser.open(t, `${shop.url}#/room/${rooms.many}`, {width: PHONE});
    await window.untilText('.ring', /5\s*\/ 20/);
    window.expect(/status of 4\d\d/); // the browser tells of each refusal
    await act(window, 'Form', 'promised by phone');
    await window.untilText('dialog .alert', /FORCE_BLOCKED_UNPAID/);
    await window.axe('the dialog of an act');
    await window.shot('console-act-375', {fullPage: false});
    await window.page.keyboard.press('Escape');
    await window.until('the dialog goes', async () => await window.count('dialog') === 0); // its close is an event of a later turn
    assert.equal((await shop.call('room.get', {room: rooms.many})).state, 'open');

    await window.go(`#/room/${rooms.open}`);
    await window.untilText('.ring', /1\s*\/ 3/);
    await act(window, 'Dissolve', '');
    await window.untilText('dialog .alert', /Say why/);
    await window.type('#reason', '庫'.repeat(43));
    await window.click('dialog button[type=submit]');
    await window.untilText('dialog .alert', /128 bytes/);
    assert.equal((await shop.call('room.get', {room: rooms.open})).state, 'open');
    await window.type('#reason', '庫存不足');
    await window.click('dialog button[type=submit]');
    await window.untilText('[role=status]', /Done: Dissolve this room/);
    await window.untilText('.headline', /Failed[^]*dissolved/);
    await window.untilText('.timeline', /dissolved\s+by console\s+庫存不足/);
    await shop.daemon.saw(/msg="an operator acts" command=room\.dissolve .* by="console" .* reason="庫存不足" outcome=ok/);
    assert.equal(await window.count('main .button'), 0, 'an ended room has no acts');

    const {room} = await shop.match('tea');
    await window.go(`#/room/${room}`);
    await window.untilText('.ring', /1\s*\/ 3/);
    await act(window, 'Form', 'promised by phone');
    await window.untilText('.headline', /Formed[^]*by an operator/);

    await window.go('#/campaign/rice');
    await window.untilText('h1', /大米/);
    await window.page.locator('main ::-p-text(Close)').click();
    await window.click('dialog input[value=fail]');
    await window.type('#reason', 'the sale is over');
    await window.shot('console-close-375', {fullPage: false});
    await window.click('dialog button[type=submit]');
    await window.untilText('.heading', /Closed/);
    await shop.daemon.saw(/command=campaign\.close campaign="rice" .* reason="the sale is over" outcome=ok/);
    await window.go(`#/room/${rooms.many}`);
    await window.untilText('.headline', /Failed[^]*dissolved/);
  });

  await all.test('tokens: what is open, what a role may see, a wrong one, and signing out', async (t) => {
    const browser = chromium.within(t);
    const dir = await tempDir(t);
    const file = path.join(dir, 'tokens');
    await writeFile(file, ['read', 'operator'].map((role) => `${role} ${createHash('sha256').update(`${role}-token`).digest('hex')} ${role === 'read' ? 'rita' : 'olga'}\n`).join(''));
    await chmod(file, 0o600);
    const shop = await Shop.start(t, {dir, args: ['--mirror', 'none', '--set', `auth.file=${file}`], auth: 'operator-token'});
    const rooms = await shop.fill();
    const window = await browser.open(t, shop.url);
    const signIn = async (token) => {
      await window.type('input[name=token]', token);
      await window.click('.gate button[type=submit]');
    };
    await window.untilText('.tile', /Seats taken/);
    await window.untilText('.who', /Not signed in/);
    await window.go(`#/room/${rooms.open}`);
    await window.untilText('.gate', /needs a token/);
    await window.axe('the gate');
    await window.shot('console-gate-1280');
    await signIn('no-such-token');
    await window.untilText('.gate .alert', /no such token/);
    await signIn('read-token');
    await window.untilText('.ring', /1\s*\/ 3/);
    assert.match(await window.text('.who'), /rita · read/);
    assert.equal(await window.count('main .button'), 0, 'who reads has no acts');
    await window.go('#/config');
    await window.untilText('.gate', /needs the role “operator”; your token has “read”/);
    await signIn('operator-token');
    await window.untilText('main', /auth\.file/);
    await window.go(`#/room/${rooms.open}`);
    await window.untilText('.ring', /1\s*\/ 3/);
    await act(window, 'Dissolve', 'asked by the shop');
    await window.untilText('.timeline', /by olga/);
    await shop.daemon.saw(/command=room\.dissolve .* by="olga" .* reason="asked by the shop"/);
    const kept = await window.page.evaluate(() => JSON.stringify({...localStorage}) + document.cookie + location.href);
    assert.doesNotMatch(kept, /token/i, 'the token stays in its tab');
    await window.page.locator('.who button').click();
    await window.untilText('.gate', /needs a token/);
  });

  await all.test('a page of another origin cannot act through the reader’s browser', async (t) => {
    const browser = chromium.within(t);
    const shop = await Shop.start(t);
    const rooms = await shop.fill();
    const evil = http.createServer((_, answer) => answer.writeHead(200, {'Content-Type': 'text/html'}).end('<!doctype html><title>evil</title>'));
    await new Promise((resolve) => evil.listen(0, '127.0.0.1', resolve));
    t.after(() => { evil.closeAllConnections(); evil.close(); });
    const window = await browser.open(t, `http://127.0.0.1:${evil.address().port}/`);
    window.expect(/./);
    const tries = await window.page.evaluate(async (url, room) => {
      const body = JSON.stringify({room, reason: 'evil'});
      const ask = (options) => fetch(`${url}v1/room.dissolve`, {method: 'POST', body, ...options}).then((answer) => `${answer.type} ${answer.status}`, () => 'stopped');
      const read = await fetch(`${url}v1/room.get?room=${room}`).then(() => 'read', () => 'stopped');
      return [await ask({headers: {'Content-Type': 'application/json'}}), await ask({mode: 'no-cors', headers: {'Content-Type': 'text/plain'}}), await ask({mode: 'no-cors'}), read];
    }, shop.url, rooms.open);
    assert.deepEqual(tries, ['stopped', 'opaque 0', 'opaque 0', 'stopped']);
    assert.equal((await shop.call('room.get', {room: rooms.open})).state, 'open');
  });

  await all.test('a restart of the daemon is survived, and a wrong clock of the reader counts down rightly', async (t) => {
    const browser = chromium.within(t);
    const admin = await freePort();
    const shop = await Shop.start(t, {args: ['--admin', `127.0.0.1:${admin}`]});
    await shop.call('campaign.put', {campaign: 'tea', size: 3, room_ttl_ms: 3600000});
    const {room} = await shop.match('tea');
    const late = 'const real = Date.now; Date.now = () => real() + 600000;'; // ten minutes fast
    const window = await browser.open(t, `${shop.url}#/room/${room}`, {script: late});
    await window.untilText('.said .left', /^(59:\d\d|01:00:00)$/);
    window.expect(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET/);
    await shop.daemon.kill9();
    await window.untilText('.banner', /No answer from the daemon since/);
    await window.untilText('.top', /No answer/);
    assert.match(await window.text('.ring'), /1\s*\/ 3/, 'what was known last stays');
    await window.axe('a silent daemon');
    await window.shot('console-silent-1280');
    await shop.daemon.restart();
    await window.until('the banner goes', async () => await window.count('.banner') === 0);
    await shop.client.close();
    const again = await request(shop.daemon.admin, '/v1/campaign.close', {method: 'POST', body: '{"campaign":"tea","rooms":"fail","reason":"after the restart"}',
      headers: {'Content-Type': 'application/json', 'Content-Length': 62}});
    assert.equal(again.status, 200, again.text);
    await window.untilText('.headline', /Failed[^]*dissolved/);
    await window.untilText('.timeline', /Seat paid[^]*Room failed/);
    await window.click('nav a[href="#/overview"]');
    await window.untilText('.strip', /started anew/);
  });
});
