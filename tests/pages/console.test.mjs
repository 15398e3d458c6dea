// SPDX-License-Identifier: BSD-2-Clause
// The operator's console, opened at a phone's and a desk's width, in both languages and both colour schemes.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Tuand} from '../system/tuand.mjs';
import {request} from '../system/web.mjs';
import {Browser, DESK, PHONE} from './browser.mjs';

const NONE = ['--mirror', 'none'];

test('the console is there, whole, and may load nothing from elsewhere', async (t) => {
  const browser = await Browser.start(t);
  const daemon = await Tuand.start(t, {args: NONE});
  const page = await request(daemon.admin, '/');
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'], /^text\/html/);
  assert.match(page.headers['content-security-policy'], /default-src 'none'/);
  assert.equal((await request(daemon.admin, '/', {headers: {'If-None-Match': page.headers.etag}})).status, 304);
  const script = await request(daemon.admin, '/console/main.js');
  assert.match(script.headers['content-type'], /^text\/javascript/);
  assert.notEqual(script.etag, page.etag);
  assert.equal((await request(daemon.admin, '/console/')).status, 404);
  assert.equal((await request(daemon.admin, '/console/nothing.js')).status, 404);

  for (const width of [PHONE, DESK]) {
    const window = await browser.open(t, `http://127.0.0.1:${daemon.admin}/`, {width});
    await window.untilText('#state', /version 0\.1\.0/);
    await window.fits();
    await window.axe(`the first page at ${width}`);
    await window.shot(`first-${width}`);
  }
});
