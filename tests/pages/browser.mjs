// SPDX-License-Identifier: BSD-2-Clause
// browser.mjs - a headless Chromium for the tests: windows as wide as a phone or a desk, in a language and a colour scheme.
//
// A page must not complain: an error in its console, an uncaught exception, a request that failed or that went elsewhere,
// or a violation of its policy fails the test, unless the test says which it expects (window.expect).
import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import puppeteer from 'puppeteer-core';
import {SLOW, until} from '../system/tuand.mjs';

export const PHONE = 375;
export const DESK = 1280;
const WAIT_MS = 20000; // a browser on a busy machine is in no hurry
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Before any script of the page: violations of its policy go to the console, where they are seen.
const TELL_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) =>
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));`;

export class Browser {
  // To be started before the daemons that it looks at: what a test started first is ended first, and a page complains when its daemon
  // goes. Each window has cookies, storage and cache of its own.
  static async start(t, args = []) {
    assert.ok(existsSync(CHROMIUM), `${CHROMIUM} is not there: daemon/deploy/setup.sh --tests installs it, CHROMIUM names another`);
    const browser = new Browser();
    browser.windows = [];
    // As root Chromium has no sandbox; it opens our own pages only.
    browser.chromium = await puppeteer.launch({executablePath: CHROMIUM, headless: true, protocolTimeout: 60000 * SLOW,
      args: ['--disable-dev-shm-usage', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--font-render-hinting=none',
        ...process.getuid() === 0 ? ['--no-sandbox'] : [], ...args]});
    t.after(async () => {
      for (const window of browser.windows) window.isOpen = false;
      await browser.chromium.close();
    });
    return browser;
  }

  // The same browser for one of several tests: its windows are closed with that test, before the daemons that it starts from here on.
  within(t) {
    const scope = Object.create(this);
    scope.windows = [];
    t.after(async () => {
      for (const window of scope.windows) window.isOpen = false;
      await Promise.all(scope.windows.map(({page}) => page.browserContext().close()));
    });
    return scope;
  }

  // A window of its own: {width, height, languages: ['zh-TW'], scheme: 'dark', script, also} - `script` runs before any of the page's, `also`
  // are further origins that the page may ask.
  async open(t, url, {width = DESK, height = width === PHONE ? 740 : 860, languages = ['en'], scheme = 'light', script, also = []} = {}) {
    const context = await this.chromium.createBrowserContext();
    const page = await context.newPage();
    const window = new Window(page, [new URL(url).origin, ...also]);
    this.windows.push(window);
    t.after(() => window.check());
    page.setDefaultTimeout(WAIT_MS * SLOW);
    await page.setViewport({width, height, deviceScaleFactor: width === PHONE ? 2 : 1, isMobile: width === PHONE, hasTouch: width === PHONE});
    await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}, {name: 'prefers-reduced-motion', value: 'reduce'}]);
    await page.setExtraHTTPHeaders({'Accept-Language': languages.join(',')});
    await page.evaluateOnNewDocument(`Object.defineProperty(navigator, 'languages', {get: () => ${JSON.stringify(languages)}});
      Object.defineProperty(navigator, 'language', {get: () => ${JSON.stringify(languages[0])}}); ${TELL_VIOLATIONS}`);
    if (script) await page.evaluateOnNewDocument(script);
    await page.goto(url, {waitUntil: 'load'});
    return window;
  }
}

export class Window {
  constructor(page, origins) {
    this.page = page;
    this.isOpen = true;
    this.complaints = [];
    this.expected = [];
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) this.complain(`console: ${message.text()} ${message.location().url ?? ''}`);
    });
    page.on('pageerror', (error) => this.complain(`uncaught: ${error.stack ?? error}`));
    page.on('request', (request) => {
      if (!/^(data|blob|about):/.test(request.url()) && !origins.includes(new URL(request.url()).origin)) this.complain(`elsewhere: ${request.url()}`);
    });
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText;
      if (why !== 'net::ERR_ABORTED') this.complain(`failed: ${request.url()} ${why}`);
    });
  }

  complain(text) {
    if (this.isOpen && !this.expected.some((pattern) => pattern.test(text))) this.complaints.push(text);
  }

  // From now on the page may complain like this.
  expect(...patterns) { this.expected.push(...patterns); }

  check() { assert.deepEqual(this.complaints, [], 'the page does not complain'); }

  // ---- looking ----

  // The text of the first that matches the selector ('' if there is none), as it is shown.
  text(selector = 'body') { return this.page.evaluate((s) => document.querySelector(s)?.innerText ?? '', selector); }
  texts(selector) { return this.page.$$eval(selector, (all) => all.map((one) => one.innerText)); }
  count(selector) { return this.page.$$eval(selector, (all) => all.length); }

  async untilText(selector, pattern, ms = WAIT_MS) {
    let text;
    await until(`${selector} says ${pattern}`, async () => pattern.test(text = await this.text(selector)), ms)
      .catch((error) => { throw new Error(`${error.message}; it says ${JSON.stringify(text)}`); });
    return text;
  }

  async until(what, condition, ms = WAIT_MS) { return until(what, condition, ms); }

  // Nothing is wider than the window.
  async fits() {
    const wide = await this.page.evaluate(() => {
      const limit = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= limit) return [];
      return [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > limit + 1)
        .slice(0, 5).map((one) => `<${one.tagName.toLowerCase()} class="${one.className}"> to ${Math.round(one.getBoundingClientRect().right)} of ${limit}`);
    });
    assert.deepEqual(wide, [], 'nothing is wider than the window');
  }

  // WCAG 2.2 AA and axe's best practices, everything that is shown now.
  async axe(what = '') {
    await this.page.evaluate(AXE);
    const {violations, passes} = await this.page.evaluate(() => globalThis.axe.run(document, {resultTypes: ['violations']}));
    assert.ok(passes.length > 5, 'axe looked at something');
    assert.deepEqual(violations.map(({id, nodes}) => `${id}: ${nodes.map((node) => `${node.html.slice(0, 120)} (${node.any.concat(node.all)[0]?.message})`).slice(0, 3).join(' | ')}`), [],
      `axe is content with ${what}`);
  }

  // Into TUAN_SHOTS, if that names a folder.
  async shot(name, {fullPage = true} = {}) {
    const folder = process.env.TUAN_SHOTS;
    if (!folder) return;
    await mkdir(folder, {recursive: true});
    await this.page.screenshot({path: path.join(folder, `${name}.png`), fullPage});
  }

  // ---- doing ----

  // What is drawn anew between the look and the click is clicked at again, as people do.
  async click(selector) {
    await until(`a click on ${selector}`, async () => {
      const element = await this.page.waitForSelector(selector, {visible: true});
      try {
        await element.evaluate((one) => one.scrollIntoView({block: 'center'}));
        await element.click();
        return true;
      } catch (error) {
        if (/detached|not clickable/i.test(error.message)) return false;
        throw error;
      }
    }, WAIT_MS);
  }

  // Replaces what a field holds.
  async type(selector, text) {
    const element = await this.page.waitForSelector(selector, {visible: true});
    await element.evaluate((one) => { one.value = ''; });
    await element.type(text);
  }

  async go(hash) { await this.page.evaluate((to) => { location.hash = to; }, hash); }
}
