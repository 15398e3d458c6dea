// SPDX-License-Identifier: BSD-2-Clause
// What people type and look at: tuan watch, top, doctor and completion, redis-cli on a terminal.
import assert from 'node:assert/strict';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {test} from 'node:test';
import {rpc} from './clients.mjs';
import {Process, Redis, Tuand, bin, freePort, run, tempDir, until} from './tuand.mjs';

const NONE = ['--mirror', 'none'];
const at = (daemon) => `127.0.0.1:${daemon.port}`;
const clean = (text) => assert.doesNotMatch(text, /Sanitizer|runtime error:/);

async function shop(t, args = NONE) {
  const daemon = await Tuand.start(t, {args});
  const client = await rpc(daemon);
  t.after(() => client.close());
  await client.call('campaign.put', {campaign: 'tea', size: 3, price: 900});
  return {daemon, call: client.call};
}

// A program that runs beside the test.
function beside(t, file, args, options) {
  const child = new Process(file, args, options);
  t.after(() => child.kill9());
  return child;
}

// A program on a terminal of that size; `output` is what the terminal got.
const onTerminal = (t, words, {rows = 30, cols = 140} = {}) => beside(t, 'script',
  ['-qefc', `stty rows ${rows} cols ${cols}; exec ${words.map((word) => `'${word}'`).join(' ')}`, '/dev/null'],
  {input: null, env: {...process.env, TERM: 'xterm-256color', SHELL: '/bin/sh'}});

// The terminal's picture: the last one drawn, without colours.
const picture = (output) => output.split('\x1b[?25l').at(-1).replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '');

function tsv(text) {
  const [heads, ...rows] = text.replace(/\n$/, '').split('\n').map((line) => line.split('\t'));
  return rows.map((cells) => {
    assert.equal(cells.length, heads.length, cells.join('|'));
    return Object.fromEntries(heads.map((head, i) => [head, cells[i]]));
  });
}
const jsonLines = (text) => text.trimEnd().split('\n').map((line) => JSON.parse(line));

test('tuan watch ROOM tells each change to a pipe, as TSV or JSON, once, and ends when the room has', async (t) => {
  const {daemon, call} = await shop(t);
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const watches = [[], ['--json']].map((flags) => beside(t, bin('tuan'), ['-s', at(daemon), ...flags, 'watch', room]));
  await until('both watch', () => watches.every(({output}) => output.includes(room)));
  for (const n of [2, 3]) await call('room.match', {campaign: 'tea', user: `u${n}`, order: `o${n}`});
  for (const n of [1, 2, 3]) await call('seat.pay', {campaign: 'tea', order: `o${n}`});
  for (const watch of watches) {
    assert.equal((await watch.end()).code, 0, watch.errors);
    clean(watch.errors);
  }
  const [rows, lines] = [tsv(watches[0].output), jsonLines(watches[1].output)];
  for (const changes of [rows, lines]) {
    const versions = changes.map((change) => Number(change.version));
    assert.deepEqual(versions, [...new Set(versions)].sort((a, b) => a - b), 'each version once, in order');
    assert.ok(changes.every((change) => change.room === room && change.campaign === 'tea'));
    const last = changes.at(-1);
    assert.deepEqual([last.state, last.reason, Number(last.paid), Number(last.missing)], ['formed', 'full', 3, 0]);
  }
  assert.equal(typeof lines[0].version, 'number');
  assert.doesNotMatch(watches[0].output + watches[1].output, /u1|o1/, 'no user, no order');
});

test('tuan watch CAMPAIGN shows its open rooms and every change on a terminal, and gives the cursor back', async (t) => {
  const {daemon, call} = await shop(t);
  await call('campaign.put', {campaign: '團購-茶', size: 2});
  const {room} = await call('room.open', {campaign: '團購-茶', user: 'u0', order: 'o0'});
  await call('seat.pay', {campaign: '團購-茶', order: 'o0'});
  const {room: first} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const watch = onTerminal(t, [bin('tuan'), '-s', at(daemon), 'watch', 'tea', '團購-茶']);
  await until('both rooms', () => picture(watch.output).includes(first) && picture(watch.output).includes(room));
  assert.match(picture(watch.output), new RegExp(`團購-茶 +${room} ●○ .* 1/2 +還差1人 +(24:00:00|23:59:\\d\\d)`));
  assert.match(picture(watch.output), new RegExp(`tea +${first} ◐○○ .* 0/3 +還差3人`));
  const {room: second} = await call('room.open', {campaign: 'tea', user: 'u2', order: 'o2'});
  await call('seat.pay', {campaign: 'tea', order: 'o2'});
  await until('a room that was opened meanwhile', () => new RegExp(`${second} ●○○`).test(picture(watch.output)));
  await call('room.match', {campaign: '團購-茶', user: 'u9', order: 'o9', open: 0});
  await call('seat.pay', {campaign: '團購-茶', order: 'o9'});
  await until('the formed one', () => new RegExp(`${room} ●● .*成團 formed full`).test(picture(watch.output)));
  watch.child.stdin.write('\x03'); // Ctrl-C
  await watch.end();
  clean(watch.output);
  assert.ok(watch.output.includes('\x1b[?25h'), 'the cursor is back');
});

test('tuan watch: a room or campaign that is not there, a daemon that is gone, a reader that is gone', async (t) => {
  const {daemon, call} = await shop(t);
  for (const word of ['no-such-campaign', '00000000000000000000']) {
    const {code, errors} = await run(bin('tuan'), ['-s', at(daemon), 'watch', word]);
    assert.equal(code, 3);
    assert.match(errors, /^tuan: (CAMPAIGN|ROOM)_NOT_FOUND /);
  }
  assert.equal((await run(bin('tuan'), ['watch'])).code, 1);
  const {room} = await call('room.match', {campaign: 'tea', user: 'u1', order: 'o1'});
  const headed = await run('sh', ['-c', `'${bin('tuan')}' -s ${at(daemon)} watch tea | head -n 2`]);
  assert.equal(headed.output.split('\n').length, 3, 'two lines, then the reader goes, and nothing more happens');
  const watch = beside(t, bin('tuan'), ['-s', at(daemon), 'watch', room]);
  await until('it watches', () => watch.output.includes(room));
  await daemon.stop();
  assert.equal((await watch.end()).code, 2);
  assert.match(watch.errors, /^tuan: CLOSED /m);
});

test('tuan top: a line for each sample to a pipe, a picture on a terminal, numbers that agree with what was done', async (t) => {
  const {daemon, call} = await shop(t);
  await call('campaign.put', {campaign: 'instant', size: 2, payment: 'none', one_open_per_user: 0, opens_per_user: 0});
  const top = beside(t, bin('tuan'), ['-s', at(daemon), '--json', 'top', '-i', '300ms']);
  await until('a first line', () => top.output.includes('\n'));
  for (let n = 0; n < 40; n++) await call('room.match', {campaign: 'instant', user: `u${n}`, order: `o${n}`});
  // What the rates of all samples add up to: by the daemon's clock, which is read in the middle of a sample.
  const total = (name) => jsonLines(top.output.slice(0, top.output.lastIndexOf('\n')))
    .reduce((sum, line, i, lines) => sum + line[name] * (i ? line.now - lines[i - 1].now : 300) / 1000, 0);
  await until('both are told', () => total('seats_s') > 30 && total('formed_s') > 15);
  assert.ok(total('seats_s') < 50, `about 40 seats: ${total('seats_s')}`);
  assert.ok(total('formed_s') < 25, `about 20 rooms: ${total('formed_s')}`);
  top.signal('SIGINT');
  assert.equal((await top.end()).code, 0);

  const table = await run(bin('tuan'), ['-s', at(daemon), 'top', '-i', '60ms', '-n', '2']);
  assert.equal(table.code, 0, table.errors);
  const rows = tsv(table.output);
  assert.equal(rows.length, 2);
  assert.ok(rows.every((row) => Object.values(row).every((cell) => /^\d+(\.\d+)?$/.test(cell))), table.output);
  assert.equal(rows[0].rooms_open, '0');
  assert.ok(Object.keys(rows[0]).length > 15);

  const terminal = onTerminal(t, [bin('tuan'), '-s', at(daemon), 'top', '-i', '100ms']);
  await until('a picture', () => /instant +running +0 +20 +0 +40 +40 +0/.test(picture(terminal.output)));
  const shown = picture(terminal.output);
  assert.match(shown, /^tuan top {2}127\.0\.0\.1:\d+ {2}tuand [\d.]+, up .*, ready, mirror none/);
  for (const part of ['requests_s', '拼團 shop', 'campaign.list', '活動 campaign']) assert.ok(shown.includes(part), `${part}: ${shown}`);
  terminal.child.stdin.write('\x03');
  await terminal.end();
  assert.ok(terminal.output.includes('\x1b[?25h'));
  for (const bad of [['--interval', '1ms'], ['word'], ['-n', 'x']]) assert.equal((await run(bin('tuan'), ['top', ...bad])).code, 1, bad.join(' '));
});

// A machine as /proc and /sys tell it.
async function machine(t, {hugePages = 'always [madvise] never', overcommit = '1', backlog = '4096', files = '524288', pid}) {
  const root = await tempDir(t);
  const put = async (file, text) => {
    await mkdir(path.dirname(path.join(root, file)), {recursive: true});
    await writeFile(path.join(root, file), `${text}\n`);
  };
  await put('sys/kernel/mm/transparent_hugepage/enabled', hugePages);
  await put('proc/sys/vm/overcommit_memory', overcommit);
  await put('proc/sys/net/core/somaxconn', backlog);
  await put(`proc/${pid}/comm`, 'tuand');
  await put(`proc/${pid}/limits`, `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${files}                 524288               files`);
  return root;
}

test('tuan doctor: each check says what is and what to do, of the daemon, its Redis and the machine', async (t) => {
  const redis = await Redis.start(t);
  const daemon = await Tuand.start(t, {args: ['--mirror', redis.url]});
  const doctor = async (setup, ...flags) => {
    const root = await machine(t, {pid: daemon.pid, ...setup});
    const {code, output, errors} = await run(bin('tuan'), ['-s', at(daemon), 'doctor', '--root', root, ...flags]);
    clean(errors);
    return {code, output, by: flags.includes('--json') ? null : Object.fromEntries(tsv(output).map((row) => [row.check, row]))};
  };
  const good = await doctor({});
  assert.equal(good.code, 0, good.output);
  for (const check of ['daemon', 'ready', 'mirror', 'descriptors', 'backlog', 'huge_pages', 'overcommit', 'clock_difference', 'refunds', 'memory'])
    assert.deepEqual([check, good.by[check]?.result, good.by[check]?.advice], [check, 'ok', '']);
  const [, version] = / v=([\d.]+) /.exec((await run('redis-server', ['--version'])).output);
  assert.ok(good.by.mirror.value.endsWith(`Redis ${version}`), good.by.mirror.value);
  assert.equal(good.by.persistence.result, 'warn', 'a stock redis-server mends a torn log by itself');
  assert.match(good.by.persistence.value, /aof-load-truncated yes/);
  const bad = await doctor({hugePages: '[always] madvise never', overcommit: '0', backlog: '128', files: '1024'});
  assert.equal(bad.code, 0, 'warnings are no failure');
  assert.match(bad.by.huge_pages.value, /^always/);
  assert.match(bad.by.overcommit.advice, /vm\.overcommit_memory=1/);
  assert.match(bad.by.backlog.advice, /somaxconn/);
  assert.deepEqual([bad.by.descriptors.result, bad.by.descriptors.value], ['warn', '1024 for 20000 connections']);
  assert.deepEqual(['huge_pages', 'overcommit', 'backlog'].map((check) => bad.by[check].result), ['warn', 'warn', 'warn']);
  const {checks} = JSON.parse((await doctor({overcommit: '0'}, '--json')).output);
  assert.deepEqual(checks.filter((row) => row.check === 'overcommit').map((row) => row.result), ['warn']);

  // Redis dies: not ready is a failure.
  await redis.process.kill9();
  const down = await until('it is noticed', async () => { const found = await doctor({}); return found.by.ready.result === 'fail' && found; });
  assert.equal(down.code, 6);
  assert.notEqual(down.by.ready.advice, '');
});

test('tuan doctor: careful persistence is praised, no mirror is told, and without a daemon the machine is looked at', async (t) => {
  const careful = await Redis.start(t, ['--aof-load-truncated', 'no']);
  const kept = await Tuand.start(t, {args: ['--mirror', careful.url]});
  const ask = async (address) => {
    const {code, output} = await run(bin('tuan'), ['-s', address, 'doctor']);
    return {code, by: Object.fromEntries(tsv(output).map((row) => [row.check, row]))};
  };
  const {by} = await ask(at(kept));
  assert.deepEqual([by.persistence.result, by.persistence.value], ['ok', 'nothing acknowledged is lost']);
  assert.ok(Number(/^\d+/.exec(by.descriptors.value)?.[0]) > 0, 'its own limits, from the real /proc');
  const loose = await Tuand.start(t, {args: NONE});
  assert.equal((await ask(at(loose))).by.mirror.result, 'warn');
  const nobody = await ask(`127.0.0.1:${await freePort()}`);
  assert.equal(nobody.code, 2);
  assert.deepEqual([nobody.by.daemon.result, nobody.by.ready.result], ['fail', 'skip']);
  assert.notEqual(nobody.by.overcommit.result, 'skip');
  const terminal = onTerminal(t, [bin('tuan'), '-s', at(loose), 'doctor']);
  await terminal.end();
  assert.match(terminal.output, /\x1b\[33mwarn\x1b\[0m mirror +none: everything is forgotten/);
});

test('tuan completion bash: subcommands, flags, methods, arguments and their words, all from the rows', async (t) => {
  const dir = await tempDir(t);
  await writeFile(path.join(dir, 'sale.json'), '{}');
  const script = path.join(dir, 'completion');
  const printed = await run(bin('tuan'), ['completion', 'bash']);
  assert.deepEqual([printed.code, printed.errors], [0, '']);
  await writeFile(script, printed.output);
  const complete = async (words, program = 'tuan') => {
    const quoted = [program, ...words].map((word) => `'${word}'`).join(' ');
    const {code, output, errors} = await run('bash', ['-uc', `. '${script}'; cd '${dir}'; PATH=${path.dirname(bin('tuan'))}:$PATH COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _${program}; printf '%s\\n' "\${COMPREPLY[@]-}"`]);
    assert.deepEqual([code, errors], [0, ''], `${words}`);
    return output.trimEnd().split('\n');
  };
  const {output: help} = await run(bin('tuan'), ['--help']);
  const listed = [...help.split('Subcommands')[1].matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name);
  assert.deepEqual((await complete([''])).filter((word) => !word.startsWith('-')).sort(), listed.sort());
  assert.deepEqual(await complete(['wa']), ['watch']);
  assert.deepEqual(await complete(['-s', 'host', 'do']), ['doctor']);
  assert.deepEqual(await complete(['top', '--in']), ['--interval']);
  assert.deepEqual(await complete(['call', 'room.m']), ['room.match', 'room.mget']);
  assert.deepEqual(await complete(['call', 'seat.pay', 'pa']), ['paid_at=', 'payment=']);
  assert.deepEqual(await complete(['call', 'campaign.put', 'campaign', '=', 'c', 'virtual.']), ['virtual.mode=', 'virtual.value=']);
  assert.deepEqual((await complete(['call', 'room.list', 'campaign', '=', 'c', 'sort', '='])).slice(0, 3), ['best', 'newest', 'formed']);
  assert.deepEqual(await complete(['call', 'room.list', 'sort', '=', 'n']), ['newest']);
  assert.deepEqual(await complete(['call', 'campaign.put', '@s']), ['@sale.json']);
  assert.deepEqual(await complete(['replay', 'sa']), ['sale.json']);
  assert.deepEqual(await complete(['completion', '']), ['bash']);
  assert.deepEqual(await complete(['--mirror-']), [''], 'a flag of the other program');
  assert.deepEqual(await complete(['--mirror-'], 'tuand'), ['--mirror-ack']);
  assert.deepEqual(await complete(['--mirror-ack', ''], 'tuand'), ['durable', 'memory']);
  assert.deepEqual(await complete(['--set', 'slow'], 'tuand'), ['slowlog.slower_than_ms=']);
  assert.equal((await run(bin('tuan'), ['completion', 'fish'])).code, 1);
});

test('redis-cli on a terminal completes names, hints at arguments as they are typed, and explains with help', async (t) => {
  const {daemon} = await shop(t);
  const cli = onTerminal(t, ['redis-cli', '-p', String(daemon.port)], {cols: 400});
  const screen = () => cli.output.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
  await until('a prompt', () => screen().includes(`:${daemon.port}> `));
  const type = async (text, what, shown) => {
    const from = cli.output.length;
    cli.child.stdin.write(text);
    await until(what, () => shown.test(cli.output.slice(from).replace(/\x1b\[[0-9;?]*[A-Za-z]/g, ''))).catch((error) => { throw new Error(`${error.message}\n${screen().slice(-2000)}`); });
  };
  await type('room.match ', 'the hint: what is required, what may be given', /room\.match campaign user order .*\[qty qty\].*\[open open\]/i);
  await type('tea u1 ', 'the hint without what was given', /room\.match tea u1 order .*\[qty qty\]/i);
  await type('o1\r', 'its answer', /"seat"[^]*"held"[^]*> \r*$/);
  await type('room.ma\t', 'the name is completed', /ROOM\.MATCH/i);
  await type('\x15', 'the line is emptied', /> \r*$/);
  await type('help ROOM.MATCH\r', 'what it does', /ROOM\.MATCH campaign user order [^]*summary: Take a seat in the best joinable room, else open one[^]*> \r*$/i);
  await type('help SEAT.PAY\r', 'what it does', /SEAT\.PAY campaign order [^]*summary: A payment arrived[^]*> \r*$/i);
  cli.child.stdin.write('quit\r');
  await cli.end();
});
