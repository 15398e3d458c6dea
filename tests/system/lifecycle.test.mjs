// SPDX-License-Identifier: BSD-2-Clause
// How the daemon starts, refuses to start, and stops.
import assert from 'node:assert/strict';
import {chmod, readdir, writeFile} from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {test} from 'node:test';
import {Cut, Refusal, ioredis, redisCli, rpc} from './clients.mjs';
import {Tuand, bin, isAlive, run, sleep, tempDir, until} from './tuand.mjs';

const tuand = (args, options) => run(bin('tuand'), args, options);

test('--version, --help and --dump-config answer and exit 0', async () => {
  assert.match((await tuand(['--version'])).output, /^tuand \d+\.\d+\.\d+\n$/);
  const help = await tuand(['--help']);
  assert.equal(help.code, 0);
  for (const flag of ['--config', '--rpc', '--rpc-unix', '--web', '--admin', '--dir', '--mirror', '--mirror-ack', '--set',
    '--check-config', '--dump-config', '--version', '--help']) assert.ok(help.output.includes(flag), flag);
  const dump = await tuand(['--dump-config', '--set', 'mirror.timeout_ms=2s', '--mirror', 'none'], {env: {...process.env, TUAN_FEED_SEATS: '1'}});
  assert.equal(dump.code, 0);
  assert.match(dump.output, /^mirror\.timeout_ms = 2000 /m);
  assert.match(dump.output, /^feed\.seats = 1 /m);
  assert.match(dump.output, /^mirror = none /m);
});

test('--dump-config is a file that --config reads back to the same', async (t) => {
  const dir = await tempDir(t);
  const file = path.join(dir, 'tuan.conf');
  const values = (text) => text.replace(/ *#.*$/mg, '');
  const dump = await tuand(['--dump-config', '--set', 'limit.frame=128KiB', '--dir', path.join(dir, 'data')]);
  await writeFile(file, dump.output);
  const again = await tuand(['--dump-config', '--config', file]);
  assert.equal(again.code, 0, again.errors);
  assert.equal(values(again.output), values(dump.output));
});

test('--check-config says fine with 0, and names the place of a mistake with 78', async (t) => {
  const dir = await tempDir(t);
  const file = path.join(dir, 'tuan.conf');
  await writeFile(file, 'rpc = 127.0.0.1:0\nmirror.timeout_ms = 3s\n');
  assert.equal((await tuand(['--check-config', '--config', file])).code, 0);
  await writeFile(file, 'rpc = 127.0.0.1:0\nmiror.timeout_ms = 3s\n');
  const typo = await tuand(['--check-config', '--config', file]);
  assert.equal(typo.code, 78);
  assert.match(typo.errors, /tuan\.conf:2.*miror\.timeout_ms.*mirror\.timeout_ms/s);
});

for (const [what, args, expected] of [
  ['an unknown flag', ['--no-such-flag'], /--no-such-flag/],
  ['an unknown option', ['--set', 'limit.frames=1'], /limit\.frames.*limit\.frame/],
  ['a value out of range', ['--set', 'mirror.timeout_ms=1'], /mirror\.timeout_ms.*100/],
  ['a word that is none of the choices', ['--mirror-ack', 'maybe'], /durable/],
  ['an address without a port', ['--rpc', 'localhost'], /rpc/],
  ['an unknown mirror', ['--mirror', 'postgres://x'], /private/],
  ['a config file that is not there', ['--config', '/nonexistent/tuan.conf'], /\/nonexistent\/tuan\.conf/],
]) test(`bad configuration (${what}) exits 78 with a helpful line`, async (t) => {
  const {code, errors, output} = await tuand(['--dir', await tempDir(t), ...args]);
  assert.equal(code, 78, errors + output);
  assert.match(errors, expected);
  assert.ok(errors.trim().split('\n').length <= 3, `a line, not a page: ${errors}`);
});

test('a tokens file that others can read exits 78', async (t) => {
  const dir = await tempDir(t);
  const file = path.join(dir, 'tokens');
  await writeFile(file, '');
  await chmod(file, 0o644);
  const {code, errors} = await tuand(['--dir', path.join(dir, 'data'), '--rpc', '127.0.0.1:0', '--set', `auth.file=${file}`]);
  assert.equal(code, 78, errors);
  assert.match(errors, /tokens/);
});

test('a port in use exits 69 and names it', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  const {port} = server.address();
  const {code, errors} = await tuand(['--rpc', `127.0.0.1:${port}`, '--dir', path.join(await tempDir(t), 'data')]);
  assert.equal(code, 69, errors);
  assert.match(errors, new RegExp(String(port)));
});

test('a second daemon on the same directory exits 75, says locked, and harms nothing', async (t) => {
  const daemon = await Tuand.start(t);
  const {code, errors} = await tuand(['--rpc', '127.0.0.1:0', '--web', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--dir', path.join(daemon.dir, 'data')]);
  assert.equal(code, 75, errors);
  assert.match(errors, /locked/);
  const {call, close} = await ioredis(daemon);
  await call('campaign.put', {campaign: 'c', size: 2});
  await close();
  await daemon.stop();
});

test('SIGTERM drains: exit 0, the private redis-server ends too, nothing acknowledged is lost', async (t) => {
  const daemon = await Tuand.start(t);
  const redisPid = daemon.redisPid();
  assert.ok(await isAlive(redisPid));
  const clients = await Promise.all(Array.from({length: 10}, (_, n) => (n % 2 ? ioredis : rpc)(daemon)));
  await clients[0].call('campaign.put', {campaign: 'c', size: 3});
  const seats = new Map();
  let stopping = false, refusals = 0, cuts = 0;
  const shoppers = clients.map(async (client, k) => {
    for (let n = 0; ; n++) {
      const order = `o${k}-${n}`;
      try {
        seats.set(order, await client.call('room.match', {campaign: 'c', user: `u${k}-${n}`, order}));
      } catch (error) {
        if (error instanceof Refusal && ['SHUTTING_DOWN', 'UNKNOWN'].includes(error.code)) refusals++;
        else if (error instanceof Cut) { cuts++; return; } else throw error;
        if (n > 1e6 || !stopping) throw error;
        await sleep(1);
      }
    }
  });
  await until('some seats', () => seats.size > 200);
  stopping = true;
  await daemon.stop();
  await Promise.all(shoppers);
  await until('the redis-server is gone', async () => !(await isAlive(redisPid)));
  await daemon.restart();
  const {call, close} = await ioredis(daemon);
  const found = await Promise.all([...seats.keys()].map((order) => call('seat.get', {campaign: 'c', order})));
  for (const seat of found) {
    assert.equal(seat.room, seats.get(seat.order).room);
    assert.equal(seat.hold_until, seats.get(seat.order).hold_until);
  }
  t.diagnostic(`${found.length} seats, ${refusals} refusals, ${cuts} cuts`);
  await close();
});

test('SHUTDOWN over redis-cli ends the daemon with exit 0', async (t) => {
  const daemon = await Tuand.start(t);
  await redisCli(daemon).then(({call}) => call('shutdown')).catch(() => {});
  assert.equal((await daemon.process.end()).code, 0);
});

test('the Unix socket serves, with mode 0600, and is gone after the stop', async (t) => {
  const dir = await tempDir(t);
  const socket = path.join(dir, 'rpc.sock');
  const daemon = await Tuand.start(t, {dir, args: ['--rpc-unix', socket]});
  const {code, output} = await run('redis-cli', ['-s', socket, 'PING']);
  assert.equal(code, 0);
  assert.equal(output, 'PONG\n');
  const {mode} = await import('node:fs').then((fs) => fs.statSync(socket));
  assert.equal(mode & 0o777, 0o600);
  await daemon.stop();
  assert.ok(!(await readdir(dir)).includes('rpc.sock'));
});

test('tokens: without one NOAUTH, with too small a role NOPERM', async (t) => {
  const {createHash} = await import('node:crypto');
  const dir = await tempDir(t);
  const file = path.join(dir, 'tokens');
  const row = (role, token) => `${role} ${createHash('sha256').update(token).digest('hex')} ${role}-name\n`;
  await writeFile(file, row('read', 'r') + row('client', 'c') + row('operator', 'o'), {mode: 0o600});
  const daemon = await Tuand.start(t, {dir, args: ['--set', `auth.file=${file}`]});
  const cli = async (token, ...words) =>
    (await run('redis-cli', ['-p', String(daemon.port), ...(token ? ['--no-auth-warning', '-a', token] : []), ...words])).output;
  assert.match(await cli(null, 'CAMPAIGN.LIST'), /^NOAUTH/);
  assert.match(await cli('r', 'CAMPAIGN.PUT', 'c', 'size', '2'), /^NOPERM/);
  assert.match(await cli('o', 'CAMPAIGN.PUT', 'c', 'size', '2'), /^campaign\nc\n/);
  assert.match(await cli('r', 'ROOM.MATCH', 'c', 'u', 'o'), /^NOPERM/);
  assert.match(await cli('c', 'ROOM.MATCH', 'c', 'u', 'o'), /^room\n/);
  assert.match(await cli('r', 'SEAT.GET', 'c', 'o'), /^room\n/);
  assert.match(await cli('wrong', 'CAMPAIGN.LIST'), /NOAUTH/);
});
