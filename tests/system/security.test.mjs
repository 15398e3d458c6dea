// SPDX-License-Identifier: BSD-2-Clause
// Who gets in, what he may do, how fast, and what of it is written down.
import assert from 'node:assert/strict';
import {createHash, randomBytes} from 'node:crypto';
import {readFileSync, statSync} from 'node:fs';
import {readFile, readdir, writeFile} from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {test} from 'node:test';
import {ROOT, Redis, Tuand, bin, run, sleep, tempDir, until} from './tuand.mjs';
import {request} from './web.mjs';

const NONE = ['--mirror', 'none'];
const row = (role, token, name = `${role}-name`) => `${role} ${createHash('sha256').update(token).digest('hex')} ${name}\n`;

// A connection of bytes: what came back so far, line by line, and whether it was closed.
async function open(t, port) {
  const socket = net.connect({port, host: '127.0.0.1'}).setEncoding('latin1');
  const line = {socket, got: '', closed: false, lines: () => line.got.split('\r\n').slice(0, -1)};
  socket.on('data', (text) => { line.got += text; }).on('error', () => { line.closed = true; }).on('close', () => { line.closed = true; });
  await new Promise((resolve, reject) => { socket.once('connect', resolve); socket.once('error', reject); });
  t.after(() => socket.destroy());
  line.ask = async (text, count = 1) => {
    line.got = '';
    socket.write(text);
    await until(`${count} lines for ${text.slice(0, 60)}, got ${line.got}`, () => line.lines().length >= count || line.closed);
    return count === 1 ? line.lines()[0] : line.lines();
  };
  line.whole = async (text) => { // the answers to all of it
    line.got = '';
    socket.write(`${text}\r\nPING the-end\r\n`);
    await until(`answers to ${text.slice(0, 60)}, got ${line.got.slice(-300)}`, () => line.got.endsWith('$7\r\nthe-end\r\n') || line.closed, 30000);
    return line.got;
  };
  return line;
}

async function withTokens(t, rows, args = []) {
  const dir = await tempDir(t);
  const file = path.join(dir, 'tokens');
  await writeFile(file, rows, {mode: 0o600});
  return {file, daemon: await Tuand.start(t, {dir, args: [...NONE, '--set', `auth.file=${file}`, ...args]})};
}

test('what comes in one write with a token is read under the role that it gives', async (t) => {
  const {daemon} = await withTokens(t, row('read', 'secret'));
  const request = (...words) => `*${words.length}\r\n` + words.map((word) => `$${word.length}\r\n${word}\r\n`).join('');
  const line = await open(t, daemon.port);
  const long = 'x'.repeat(10000); // more than who has no role may send
  const answers = await line.ask(request('AUTH', 'secret') + request('PING', long) + request('PING', 'short'), 5);
  assert.deepEqual(answers, ['+OK', '$10000', long, '$5', 'short']);
});

test('beyond loopback nothing that acts is served without tokens', async (t) => {
  const dir = await tempDir(t);
  for (const flag of ['--rpc', '--admin'])
    for (const address of ['0.0.0.0:0', '[::]:0']) {
      const {code, errors} = await run(bin('tuand'), [...NONE, '--dir', path.join(dir, 'data'), '--rpc', '127.0.0.1:0', flag, address]);
      assert.equal(code, 78, errors);
      assert.match(errors, /listens beyond this machine.*auth\.file/);
    }
  const {daemon} = await withTokens(t, row('client', 'c'), ['--rpc', '0.0.0.0:0', '--admin', '0.0.0.0:0']);
  assert.match(await (await open(t, daemon.port)).ask('CAMPAIGN.LIST\r\n'), /^-NOAUTH/);
});

test('every command asks for the role that its row names', async (t) => {
  const {daemon} = await withTokens(t, row('read', 'r') + row('client', 'c') + row('operator', 'o'));
  const RANK = {ANY: 0, READ: 1, CLIENT: 2, OPERATOR: 3};
  const ROOM = 'PM1FMTTBVS3WKJMP3H00';
  const VALUES = {room: ROOM, refund: ROOM, version: '1', timeout_ms: '1', action: 'help', user: 'u', order: 'o', campaign: 'c'};
  const rows = [...readFileSync(path.join(ROOT, 'proto/commands.def'), 'utf8').matchAll(/^TUAN_COMMAND\(\w+, "([\w.]+)", (\w+), \w+, (.*), "/gm)]
    .filter(([, name]) => !['auth', 'hello', 'quit', 'shutdown', 'monitor'].includes(name)); // they change what follows
  assert.ok(rows.length >= 35, `${rows.length} rows`);
  for (const [k, token] of [null, 'r', 'c', 'o'].entries()) {
    const line = await open(t, daemon.port);
    if (token) assert.equal(await line.ask(`AUTH ${token}\r\n`), '+OK');
    for (const [, name, role, uses] of rows) {
      const args = [...uses.matchAll(/REQ\((\w+)\)/g)].map(([, arg]) => VALUES[arg]);
      if (name === 'room.mget' || name === 'watch' || name === 'unwatch') args.push(ROOM);
      const [answer] = (await line.whole(`${name} ${args.join(' ')}`)).split('\r\n');
      const expected = k >= RANK[role] ? null : k === 0 ? 'NOAUTH' : 'NOPERM';
      assert.equal(/^-(NOAUTH|NOPERM) /.exec(answer)?.[1] ?? null, expected, `${name} with ${token}: ${answer}`);
    }
  }
});

test('without a token: three seconds, 4 KiB, three tries', async (t) => {
  const {daemon} = await withTokens(t, row('client', 'c'));
  const idle = await open(t, daemon.port);
  const begin = Date.now();
  const large = await open(t, daemon.port);
  assert.match(await large.ask(`PING ${'x'.repeat(5000)}\r\n`), /^-TOO_LARGE/);
  await until('the close', () => large.closed);
  const guesser = await open(t, daemon.port);
  for (let i = 0; i < 3; i++) assert.match(await guesser.ask('AUTH guess\r\n'), /^-NOAUTH the token is wrong/);
  await until('the close', () => guesser.closed);
  await until('the idle one is closed', () => idle.closed);
  assert.ok(Date.now() - begin >= 2900, `after ${Date.now() - begin} ms`);
  const line = await open(t, daemon.port);
  assert.equal(await line.ask('AUTH c\r\n'), '+OK');
  await sleep(3500);
  assert.equal(await line.ask('PING\r\n'), '+PONG', 'who is in stays in');
});

test('tokens are compared in a time that does not depend on where they differ', async () => {
  const source = await readFile(path.join(ROOT, 'lib/base/digest.c'), 'utf8');
  assert.match(/^bool digest_equal\([^]*?^}/m.exec(source)[0], /return CRYPTO_memcmp\(/);
  const auth = await readFile(path.join(ROOT, 'daemon/auth.c'), 'utf8');
  const check = /^enum tuan_role auth_check\([^]*?^}/m.exec(auth)[0];
  assert.match(check, /digest_equal/);
  assert.doesNotMatch(check, /break|return role;[^]*for|&&|\bmemcmp|strcmp/, 'it looks at every token, whichever it was');
});

test('a token that is taken out of the file by a reload loses its connections, the others keep theirs', async (t) => {
  const {daemon, file} = await withTokens(t, row('client', 'old', 'shop') + row('client', 'new', 'shop') + row('read', 'r'));
  const [old, fresh, reader] = [await open(t, daemon.port), await open(t, daemon.port), await open(t, daemon.port)];
  for (const [line, token] of [[old, 'old'], [fresh, 'new'], [reader, 'r']]) assert.equal(await line.ask(`AUTH ${token}\r\n`), '+OK');
  await writeFile(file, row('client', 'new', 'shop') + row('client', 'r', 'read-name'), {mode: 0o600});
  daemon.process.signal('SIGHUP');
  await daemon.saw(/msg=reloaded|reloaded/);
  await until('the old one is out', () => old.closed);
  await until('a changed role comes in anew', () => reader.closed);
  assert.equal(await fresh.ask('PING\r\n'), '+PONG');
  assert.match(await (await open(t, daemon.port)).ask('AUTH old\r\n'), /^-NOAUTH/);
  await writeFile(file, 'nonsense\n', {mode: 0o600});
  daemon.process.signal('SIGHUP');
  await daemon.saw(/reload refused: nothing was changed.*a line is `role sha256hex name`/);
  assert.equal(await (await open(t, daemon.port)).ask('AUTH new\r\n'), '+OK', 'a reload takes all or nothing');
});

test('sockets and files are for their owner only', async (t) => {
  const dir = await tempDir(t);
  const socket = path.join(dir, 'rpc.sock');
  const mode = (file) => (statSync(file).mode & 0o777).toString(8);
  const daemon = await Tuand.start(t, {dir, args: ['--rpc-unix', socket]});
  const data = path.join(dir, 'data');
  assert.equal(mode(socket), '600');
  assert.equal(mode(data), '700');
  const sockets = (await readdir(data)).filter((name) => statSync(path.join(data, name)).isSocket());
  assert.equal(sockets.length, 1, 'the private redis-server has one');
  assert.equal(mode(path.join(data, sockets[0])), '700');
  const port = await run('redis-cli', ['-s', path.join(data, sockets[0]), 'CONFIG', 'GET', 'port']);
  assert.equal(port.output, 'port\n0\n', 'and no port');

  const second = await run(bin('tuand'), [...NONE, '--dir', path.join(dir, 'other'), '--rpc', 'off', '--rpc-unix', socket, '--web', 'off', '--admin', 'off']);
  assert.equal(second.code, 69, second.errors);
  assert.match(second.errors, /in use by another process/);
  await daemon.kill9(); // leaves its socket behind
  await daemon.restart();
  assert.equal(mode(socket), '600');
  await daemon.stop();
  await writeFile(socket, 'a file of yours');
  const third = await run(bin('tuand'), [...NONE, '--dir', path.join(dir, 'other'), '--rpc', 'off', '--rpc-unix', socket, '--web', 'off', '--admin', 'off']);
  assert.equal(third.code, 69, third.errors);
  assert.equal(await readFile(socket, 'utf8'), 'a file of yours');
});

test('room ids cannot be guessed', async (t) => {
  const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const ids = [];
  for (let start = 0; start < 2; start++) { // two starts of nothing: the same requests, other ids
    const daemon = await Tuand.start(t, {args: NONE});
    const line = await open(t, daemon.port);
    await line.whole('CAMPAIGN.PUT c size 2 one_open_per_user 0');
    const answers = await line.whole(Array.from({length: 1000}, (_, n) => `ROOM.OPEN c u o${n}`).join('\r\n'));
    ids.push(...[...answers.matchAll(/\$4\r\nroom\r\n\$20\r\n(\w{20})\r\n/g)].map(([, id]) => id));
    await daemon.stop();
  }
  assert.equal(new Set(ids).size, 2000);
  const bits = ids.map((id) => [...id].flatMap((c) => [16, 8, 4, 2, 1].map((bit) => (ALPHABET.indexOf(c) & bit) > 0)));
  const fixed = [], fair = [];
  for (let i = 0; i < 100; i++) {
    const ones = bits.filter((one) => one[i]).length;
    if (ones === 0 || ones === 2000) fixed.push(i);
    else if (Math.abs(ones - 1000) < 5 * Math.sqrt(500)) fair.push(i);
  }
  assert.ok(fair.length >= 84, `${fair.length} of 100 bits are by chance, ${fixed.length} never change (the partition)`);
  assert.equal(fair.length + fixed.length, 100, 'no bit leans to a side');
  for (let i = 1; i < ids.length; i++) { // neighbours have nothing in common
    const alike = fair.filter((k) => bits[i][k] === bits[i - 1][k]).length / fair.length;
    assert.ok(alike > 0.15 && alike < 0.85, `${ids[i - 1]} and ${ids[i]}`);
  }
});

test('a client beyond its rate is told when to come again; other clients are not', async (t) => {
  const {daemon} = await withTokens(t, row('client', 'fast', 'fast') + row('client', 'calm', 'calm') + row('operator', 'o'), ['--set', 'limit.rate=100']);
  const fast = await open(t, daemon.port);
  assert.equal(await fast.ask('AUTH fast\r\n'), '+OK');
  const lines = await fast.ask('PING\r\n'.repeat(1000), 1000);
  const served = lines.filter((line) => line === '+PONG').length;
  const refused = lines.filter((line) => /^-RATE_LIMITED too many requests retry_after_ms=\d+$/.test(line));
  assert.equal(served + refused.length, 1000);
  assert.ok(served >= 100 && refused.length > 0, `${served} served`);
  t.diagnostic(`${served} of 1000 served at once`);
  const calm = await open(t, daemon.port);
  assert.equal(await calm.ask('AUTH calm\r\n'), '+OK');
  for (let i = 0; i < 20; i++) assert.equal(await calm.ask('PING\r\n'), '+PONG');
  const again = await open(t, daemon.port);
  assert.equal(await again.ask('AUTH fast\r\n'), '+OK'); // counted for its address still
  await again.ask('PING\r\n'.repeat(300), 300);
  assert.ok(again.lines().filter((line) => line === '+PONG').length < 300, 'a new connection brings no new bucket');
  await sleep(1100);
  assert.equal(await fast.ask('PING\r\n'), '+PONG');
  const operator = await open(t, daemon.port);
  await operator.ask('AUTH o\r\n');
  assert.equal(await operator.ask('CONFIG SET limit.rate 1\r\n'), '+OK');
  assert.match((await operator.ask('PING\r\n'.repeat(3), 3)).at(-1), /^-RATE_LIMITED/, 'an operator has a rate, too');
  const own = await operator.ask('SLOWLOG LEN\r\nCAMPAIGN.PUT c size nonsense\r\nSLOWLOG LEN\r\n', 3);
  assert.deepEqual(own.map((line) => line.split(' ')[0]), [':0', '-BAD_ARGUMENT', ':0'], 'but none for an operator\'s commands');
  assert.match(await fast.ask('CONFIG SET limit.rate 0\r\n'), /^-(RATE_LIMITED|NOPERM)/, 'which are others\' no more than before');
  assert.equal(await operator.ask('CONFIG SET limit.rate 0\r\n'), '+OK');
  assert.ok((await fast.ask('PING\r\n'.repeat(1000), 1000)).every((line) => line === '+PONG'));
});

test('no secret is written down: logs, INFO, CLIENT, CONFIG, SLOWLOG, metrics, process list', async (t) => {
  const secret = {token: `tok-${randomBytes(12).toString('hex')}`, wrong: `bad-${randomBytes(12).toString('hex')}`, password: `pw-${randomBytes(12).toString('hex')}`};
  const dir = await tempDir(t);
  const redis = await Redis.start(t, ['--requirepass', secret.password]);
  const [tokens, password] = [path.join(dir, 'tokens'), path.join(dir, 'password')];
  await writeFile(tokens, row('operator', secret.token), {mode: 0o600});
  await writeFile(password, `${secret.password}\n`, {mode: 0o600});
  const daemon = await Tuand.start(t, {dir, args: ['--mirror', redis.url, '--set', `mirror.password_file=${password}`, '--set', `auth.file=${tokens}`,
    '--set', 'log.level=debug', '--set', 'slowlog.slower_than_ms=0']});
  const line = await open(t, daemon.port);
  await line.ask(`AUTH ${secret.wrong}\r\n`);
  await line.ask(`HELLO 3 AUTH default ${secret.wrong}\r\n`);
  assert.equal(await line.ask(`AUTH ${secret.token}\r\n`), '+OK');
  const watching = await open(t, daemon.port);
  await watching.ask(`AUTH ${secret.token}\r\n`);
  await watching.ask('MONITOR\r\n');
  let seen = '';
  for (const words of [`AUTH operator-name ${secret.token}`, `HELLO 2 AUTH operator-name ${secret.token}`, 'INFO', 'CLIENT LIST', 'CONFIG GET *', 'SLOWLOG GET 100']) {
    seen += await line.whole(words);
  }
  for (const at of ['/metrics', '/v1/info', '/readyz?verbose']) seen += (await request(daemon.admin, at, {headers: {Authorization: `Bearer ${secret.token}`}})).text;
  await request(daemon.admin, '/v1/config', {headers: {Authorization: `Bearer ${secret.wrong}`}});
  await redis.process.kill9(); // what is said of a link that fails
  await daemon.saw(/level=(warn|error)[^\n]*mirror|level=warn/);
  await redis.launch();
  seen += watching.got + daemon.errors;
  seen += (await run(bin('tuand'), ['--dump-config', ...daemon.args])).output;
  seen += await readFile(`/proc/${daemon.pid}/cmdline`, 'utf8') + await readFile(`/proc/${daemon.pid}/environ`, 'utf8');
  assert.match(seen, /operator-name/, 'the name of a token is told');
  for (const [what, text] of Object.entries(secret)) assert.ok(!seen.includes(text), `the ${what} was written down: ${seen.slice(seen.indexOf(text) - 300, seen.indexOf(text) + 60)}`);
});
