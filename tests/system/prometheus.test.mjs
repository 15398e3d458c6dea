// SPDX-License-Identifier: BSD-2-Clause
// The page of metrics, the alerts and the dashboard, judged by Prometheus itself: its tool, and a server that scrapes a busy daemon.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {test} from 'node:test';
import {dashboard, text as dashboardText} from '../../daemon/deploy/dashboard.mjs';
import {Refusal, ioredis, nodeRedis, rpc} from './clients.mjs';
import {Process, ROOT, Tuand, freePort, run, sleep, tempDir, until} from './tuand.mjs';
import {Events, request} from './web.mjs';

const DEPLOY = path.join(ROOT, 'daemon/deploy');
const deployed = (name) => readFileSync(path.join(DEPLOY, name), 'utf8');
const promtool = async (...args) => {
  const {code, output, errors} = await run('promtool', args);
  assert.equal(code, 0, output + errors);
  return output;
};

test('the metrics are as promtool wants them', async (t) => {
  for (const mirror of ['none', 'private']) {
    const daemon = await Tuand.start(t, {args: ['--mirror', mirror]});
    const {code, output, errors} = await run('promtool', ['check', 'metrics'], {input: (await request(daemon.admin, '/metrics')).text});
    assert.deepEqual([code, output + errors], [0, '']);
  }
});

// ---- alerts ----

const alerts = [...deployed('tuan.rules.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name);

test('the alerts are sound, and do what their unit tests say', async () => {
  await promtool('check', 'config', path.join(DEPLOY, 'prometheus.yml'));
  assert.match(await promtool('check', 'rules', path.join(DEPLOY, 'tuan.rules.yml')), new RegExp(`${alerts.length} rules found`));
  const told = await run('promtool', ['test', 'rules', path.join(ROOT, 'tests/system/alerts.yml')]);
  assert.equal(told.code, 0, told.output + told.errors);
});

test('each alert is seen firing and silent, and is in the runbook', () => {
  const tests = readFileSync(new URL('alerts.yml', import.meta.url), 'utf8');
  const runbook = deployed('README.md');
  assert.ok(alerts.length >= 15);
  for (const name of alerts) {
    assert.match(tests, new RegExp(`alertname: ${name}\\n.*\\n *exp_alerts:\\n *- exp_labels`), `${name} fires in a test`);
    assert.match(tests, new RegExp(`alertname: ${name}, eval_time: \\w+, exp_alerts: \\[\\]`), `${name} is silent in a test`);
    assert.ok(deployed('tuan.rules.yml').includes(`README.md#${name.toLowerCase()}\n`), `${name} names its runbook`);
    assert.match(runbook, new RegExp(`^### ${name}$`, 'm'), `${name} has a heading in README.md`);
  }
  for (const [, name] of runbook.matchAll(/^### (Tuan\w+)$/mg)) assert.ok(alerts.includes(name), `${name} is an alert`);
});

// ---- a real Prometheus ----

// The shipped configuration; only the address and the pace are changed.
async function startPrometheus(t, daemon) {
  const dir = await tempDir(t);
  const port = await freePort();
  let config = deployed('prometheus.yml');
  for (const [from, to] of [['127.0.0.1:8828', `127.0.0.1:${daemon.admin}`], ['scrape_interval: 15s', 'scrape_interval: 500ms'], ['evaluation_interval: 15s', 'evaluation_interval: 500ms']]) {
    assert.equal(config.split(from).length, 2, `${from} is there once`);
    config = config.replace(from, to);
  }
  await writeFile(path.join(dir, 'prometheus.yml'), config);
  await writeFile(path.join(dir, 'tuan.rules.yml'), deployed('tuan.rules.yml'));
  const prometheus = new Process('prometheus', [`--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn']);
  t.after(async () => { prometheus.signal('SIGTERM'); await prometheus.end(); });
  await until('Prometheus is ready', () => prometheus.exit ?? request(port, '/-/ready').then(({status}) => status === 200, () => false));
  assert.equal(prometheus.exit, null, prometheus.errors);
  return {
    async ask(at) {
      const {json} = await request(port, at);
      assert.equal(json.status, 'success', `${at}: ${JSON.stringify(json)}`);
      return json.data;
    },
    // The numbers that an expression has now; it must parse.
    async values(expression) {
      const {result} = await this.ask(`/api/v1/query?query=${encodeURIComponent(expression)}`);
      return result.map(({value}) => Number(value[1]));
    },
  };
}

// A shop until told to stop: all ports and protocols, seats of every fate, readers who wait.
async function runShop(daemon, isOver) {
  const [resp, msgpack, watcher] = [await ioredis(daemon), await rpc(daemon), await nodeRedis(daemon, 3)];
  await resp.call('campaign.put', {campaign: 'tea', size: 2, price: 100});
  await resp.call('campaign.put', {campaign: 'flash', size: 3, price: 100, room_ttl_ms: 1000});
  await watcher.client.sendCommand(['WATCH', 'campaign', 'tea']);
  for (let n = 0; !isOver(); n++) {
    const call = (n % 2 ? resp : msgpack).call;
    const seat = await call('room.match', {campaign: 'tea', user: `u${n}`, order: `o${n}`});
    const stream = await Events.open(daemon.web, `/v1/rooms/${seat.room}/events`);
    await request(daemon.web, `/v1/rooms/${seat.room}`);
    const {etag} = await request(daemon.web, `/v1/rooms/${seat.room}`);
    const wait = request(daemon.web, `/v1/rooms/${seat.room}?since=${etag}&wait=5s`);
    await call('seat.pay', {campaign: 'tea', order: `o${n}`, amount: 100, payment: `p${n}`});
    await wait;
    await request(daemon.web, `/v1/rooms/${seat.room}?since=none`);
    stream.close();
    await call('room.match', {campaign: 'flash', user: `f${n}`, order: `f${n}`});
    await call('seat.pay', {campaign: 'flash', order: `f${n}`, amount: 100, payment: `q${n}`});
    await call('room.join', {room: seat.room, user: `u${n}`, order: `again${n}`}).catch((error) => assert.ok(error instanceof Refusal));
    await sleep(20);
  }
  for (const client of [resp, msgpack, watcher]) await client.close();
}

test('every expression of the dashboard has data from a daemon at work, and no alert is a mistake', async (t) => {
  const daemon = await Tuand.start(t);
  const prometheus = await startPrometheus(t, daemon);
  const expressions = new Map(); // those without data yet
  for (const {title, targets = []} of dashboard.panels)
    for (const {expr} of targets) expressions.set(expr.replaceAll('$__rate_interval', '5s').replaceAll('$instance', '.*'), title);
  assert.ok(expressions.size > 80, `${expressions.size} expressions`);
  const names = new Set(deployed('tuan.rules.yml').match(/\b(tuan|process)_\w+|\bup\b/g)); // an alert with a wrong name would sleep for ever
  assert.ok(names.size > 20);
  for (const name of names) expressions.set(name, 'an alert');

  let isOver = false;
  const shop = runShop(daemon, () => isOver);
  const missing = async () => {
    for (const expression of expressions.keys())
      if ((await prometheus.values(expression)).some(Number.isFinite)) expressions.delete(expression);
    return expressions.size === 0;
  };
  await Promise.race([shop, until('all have data', missing, 30000).catch((error) => {
    throw new Error(`${error.message}: ${[...expressions].map(([expression, title]) => `${title}: ${expression}`).join('\n')}`);
  })]).finally(() => { isOver = true; });
  await shop;

  const {groups} = await prometheus.ask('/api/v1/rules');
  const rules = groups.flatMap((group) => group.rules);
  assert.deepEqual(rules.map(({name}) => name).sort(), [...alerts].sort());
  assert.deepEqual(rules.filter(({health}) => health !== 'ok').map(({name, lastError}) => `${name}: ${lastError}`), []);
  assert.deepEqual(rules.filter(({state}) => state === 'firing').map(({name}) => name), [], 'alerts that fire at a healthy daemon');

  await daemon.stop();
  await until('Prometheus notices that it is gone', async () => (await prometheus.values('up{job="tuan"} == 0')).length === 1);
  await until('the alert is on its way', async () => (await prometheus.values('ALERTS{alertname="TuanDown",alertstate="pending"}')).length === 1);
});

test('the dashboard is what its rows say, and each panel can be drawn', () => {
  assert.equal(deployed('tuan.dashboard.json'), dashboardText, 'refresh it: node daemon/deploy/dashboard.mjs daemon/deploy/tuan.dashboard.json');
  const {panels, templating} = JSON.parse(dashboardText);
  assert.deepEqual(templating.list.map(({name}) => name), ['DS', 'instance']);
  assert.equal(new Set(panels.map(({id}) => id)).size, panels.length);
  const taken = new Set();
  for (const {title, type, gridPos: {x, y, w, h}, targets = []} of panels) {
    assert.ok(x + w <= 24, title);
    assert.ok(type === 'row' || targets.length > 0, title);
    for (let i = x; i < x + w; i++) for (let j = y; j < y + h; j++) {
      assert.ok(!taken.has(`${i} ${j}`), `${title} lies on another panel`);
      taken.add(`${i} ${j}`);
    }
  }
});
