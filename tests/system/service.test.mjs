// SPDX-License-Identifier: BSD-2-Clause
// tuand as a service of systemd: the unit is tight, the configuration file that is shipped says what holds, and the service manager is
// told what it must know.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {chmod, copyFile, mkdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {test} from 'node:test';
import {ioredis} from './clients.mjs';
import {Process, ROOT, Redis, Tuand, bin, run, tempDir, until} from './tuand.mjs';

const deployed = (name) => path.join(ROOT, 'daemon/deploy', name);

// ---- the unit ----

test('the unit leaves at most 2.0 of ten points of exposure', async () => {
  const judge = (threshold) => run('systemd-analyze', ['security', '--offline=yes', '--no-pager', `--threshold=${threshold}`, deployed('tuand.service')]);
  const {code, output, errors} = await judge(20);
  assert.match(output, /Overall exposure level for tuand\.service: \d\.\d/);
  assert.equal(code, 0, output.trim().split('\n').at(-1) + errors);
  assert.notEqual((await judge(1)).code, 0, 'a threshold can be missed');
});

test('systemd reads every line of the unit', async (t) => {
  const root = await tempDir(t);
  for (const dir of ['usr/bin', 'bin', 'etc/systemd/system', 'etc/tuan']) await mkdir(path.join(root, dir), {recursive: true});
  await symlink('/usr/lib', path.join(root, 'lib'));
  for (const file of ['usr/bin/tuand', 'bin/sh']) {
    await writeFile(path.join(root, file), '#!/bin/sh\n');
    await chmod(path.join(root, file), 0o755);
  }
  await copyFile(deployed('tuand.service'), path.join(root, 'etc/systemd/system/tuand.service'));
  const verify = () => run('systemd-analyze', ['verify', '--recursive-errors=no', '--man=no', `--root=${root}`, 'tuand.service']);
  const {code, output, errors} = await verify();
  assert.deepEqual([code, output + errors], [0, '']);
  await writeFile(path.join(root, 'etc/systemd/system/tuand.service'), readFileSync(deployed('tuand.service'), 'utf8').replace('PrivateTmp=', 'PrivatTmp='));
  assert.match((await verify()).errors, /PrivatTmp/);
});

// ---- the configuration ----

test('tuan.conf names every option once, with the default that holds', async (t) => {
  const values = (text) => text.replace(/ *# .*$/mg, '').split('\n').filter(Boolean).sort();
  const shipped = readFileSync(deployed('tuan.conf'), 'utf8');
  const whole = path.join(await tempDir(t), 'tuan.conf');
  await writeFile(whole, shipped.replace(/^#(?=[a-z_.]+ =)/mg, ''));
  const keys = (text) => [...text.matchAll(/^#?([a-z_.]+) =/mg)].map(([, key]) => key).sort();
  const dump = async (...args) => {
    const {code, output, errors} = await run(bin('tuand'), ['--dump-config', ...args]);
    assert.equal(code, 0, errors);
    return output;
  };
  const defaults = await dump();
  assert.deepEqual(keys(shipped), keys(defaults), 'daemon/deploy/tuan.conf has each option');
  assert.deepEqual(values(await dump('--config', whole)), values(defaults));
  assert.deepEqual(values(await dump('--config', deployed('tuan.conf'))), values(defaults));
  assert.match(await dump('--config', whole), /^rpc = .*# .*tuan\.conf:\d+/m);
});

// ---- what the service manager is told ----

// A datagram socket as systemd has it; Node knows none. `said`: what came, a message an entry.
class Manager {
  static async start(t) {
    const manager = new Manager();
    manager.socket = path.join(await tempDir(t), 'notify');
    manager.process = new Process('python3', ['-uc', `
import json, socket, sys
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(sys.argv[1])
print('[]')
while True: print(json.dumps(heard.recv(4096).decode().split('\\n')))`, manager.socket]);
    t.after(() => manager.process.kill9());
    await until('the socket is there', () => manager.process.output !== '');
    return manager;
  }

  get said() { return this.process.output.trim().split('\n').slice(1).map((line) => JSON.parse(line)); }
  count(word) { return this.said.filter((message) => message.includes(word)).length; }
  until(what, condition) { return until(what, () => condition(this)).catch((error) => { throw new Error(`${error.message}; heard ${this.process.output}`); }); }
}

const WATCHDOG_USEC = 1200000;

// tuand under that manager; not waited for.
async function serve(t, manager, args, watchdog = WATCHDOG_USEC) {
  const daemon = new Tuand(await tempDir(t), args);
  const before = {NOTIFY_SOCKET: process.env.NOTIFY_SOCKET, WATCHDOG_USEC: process.env.WATCHDOG_USEC};
  Object.assign(process.env, {NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: watchdog});
  try {
    t.after(() => daemon.end());
    await daemon.launch();
  } finally {
    for (const [name, value] of Object.entries(before)) if (value === undefined) delete process.env[name]; else process.env[name] = value;
  }
  return daemon;
}

test('systemd is told of readiness, of each reload, of the drain, and that the loop turns', async (t) => {
  const manager = await Manager.start(t);
  const daemon = await serve(t, manager, ['--mirror', 'none']);
  await daemon.ready();
  await manager.until('ready', () => manager.count('READY=1') === 1);
  assert.equal(manager.count('STATUS=serving'), 1);

  const beats = manager.count('WATCHDOG=1');
  await manager.until('it beats', () => manager.count('WATCHDOG=1') >= beats + 3);

  daemon.process.signal('SIGHUP');
  await manager.until('reloaded', () => manager.count('READY=1') === 2);
  const reloading = manager.said.findIndex((message) => message.includes('RELOADING=1'));
  assert.match(manager.said[reloading].join(), /MONOTONIC_USEC=\d+/);
  const ready = manager.said.findLastIndex((message) => message.includes('READY=1'));
  assert.ok(reloading > 0 && reloading < ready, JSON.stringify(manager.said));

  await daemon.stop();
  await manager.until('draining', () => manager.count('STOPPING=1') === 1);
});

test('a service manager that stands still holds up nothing', async (t) => {
  const manager = await Manager.start(t);
  const daemon = await serve(t, manager, ['--mirror', 'none'], 30000);
  await daemon.ready();
  const client = await ioredis(daemon);
  t.after(() => client.close().catch(() => {}));
  await manager.until('it beats', () => manager.count('WATCHDOG=1') >= 3);
  manager.process.signal('SIGSTOP');
  const queued = Number(readFileSync('/proc/sys/net/unix/max_dgram_qlen', 'utf8'));
  const start = Date.now();
  while (Date.now() - start < 15 * (queued + 20)) assert.equal(await client.call('ping', {}), 'PONG');
  daemon.process.signal('SIGHUP');
  assert.equal(await client.call('ping', {}), 'PONG');
  await daemon.stop();
});

test('a start that waits for a silent mirror asks for more time, and is not called ready', async (t) => {
  const manager = await Manager.start(t);
  const redis = await Redis.start(t);
  redis.process.signal('SIGSTOP');
  const daemon = await serve(t, manager, ['--mirror', redis.url]);
  const asked = () => manager.count('EXTEND_TIMEOUT_USEC=60000000');
  await manager.until('it asks', () => asked() >= 3);
  assert.equal(manager.count('READY=1'), 0);
  redis.process.signal('SIGCONT');
  await daemon.ready(60000);
  await manager.until('ready', () => manager.count('READY=1') === 1);
  const [before, beats] = [asked(), manager.count('WATCHDOG=1')];
  await manager.until('it beats on', () => manager.count('WATCHDOG=1') >= beats + 2);
  assert.equal(asked(), before);
});

// ---- the runbook ----

test('the backup of the runbook, made while shoppers come, restores to what had been acknowledged before it', async (t) => {
  const [block] = /^backup\(\) \{[^]*?^\}$/m.exec(readFileSync(deployed('README.md'), 'utf8'));
  const daemon = await Tuand.start(t);
  const {call, close} = await ioredis(daemon);
  await call('campaign.put', {campaign: 'tea', size: 3, payment: 'none'});
  let taken = 0, isOver = false;
  const shoppers = (async () => {
    for (; !isOver; taken++) await call('room.match', {campaign: 'tea', user: `u${taken}`, order: `o${taken}`});
  })();
  await until('some have come', () => taken >= 200);
  const before = taken;
  const dir = await tempDir(t);
  const backup = (from, to) => run('bash', ['-c', `${block}\nbackup "$@"`, '-', from, to]);
  const {code, errors} = await backup(path.join(daemon.dir, 'data'), path.join(dir, 'data'));
  assert.equal(code, 0, errors);
  assert.notEqual((await backup('/nonexistent', path.join(dir, 'none'))).code, 0);
  isOver = true;
  await shoppers;
  await close();
  await daemon.stop();

  const restored = await Tuand.start(t, {dir});
  const client = await ioredis(restored);
  t.after(() => client.close());
  for (let i = 0; i < before; i++) assert.match((await client.call('seat.get', {campaign: 'tea', order: `o${i}`})).seat, /^(paid|settled)$/);
  await client.call('room.match', {campaign: 'tea', user: 'new', order: 'new'});
});
