// SPDX-License-Identifier: BSD-2-Clause
// `tuan bench` against a daemon: what it counts, what it finds wrong, what it leaves behind. Its modules: tests/unit/tool_*.c; real traffic: recorded.test.mjs.
import assert from 'node:assert/strict';
import {readFile, writeFile} from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {describe, test} from 'node:test';
import {Process, Tuand, bin, freePort, run, tempDir, until} from './tuand.mjs';

// A slow machine must not fail a test: how late the generator was is not judged here, but where it is the subject.
const PATIENT = ['--lag-max', '60s', '--timeout', '60s', '--quiet'];
async function bench(t, args, {port} = {}) {
  const file = path.join(await tempDir(t), 'result.json');
  const result = await run(bin('tuan'), [...(port ? ['-s', `127.0.0.1:${port}`] : []), 'bench', ...args, '-o', file], {ms: 60000});
  assert.doesNotMatch(result.output + result.errors, /Sanitizer|runtime error:/);
  return {...result, json: await readFile(file, 'utf8').then(JSON.parse, () => null)};
}
async function call(port, ...words) {
  const {output, errors} = await run(bin('tuan'), ['-s', `127.0.0.1:${port}`, '--json', 'call', ...words]);
  assert.equal(errors, '');
  return JSON.parse(output);
}
const sum = (list, key) => list.reduce((total, each) => total + each[key], 0);

// Mostly waiting: a few at once.
describe('tuan bench', {concurrency: 3}, () => {
test('a shop\'s day: all that was due is answered, counted once and verified, and nothing is left behind', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const {code, output, errors, json} = await bench(t, ['shop-day', '--duration', '1500ms', '--warmup', '500ms', '--rate', '2000', '--seed', '4', ...PATIENT], daemon);
  assert.equal(code, 0, output + errors);
  const [{totals, operations, response, service, lag, seconds, verified, end, server}] = json.runs;
  assert.equal(json.schema, 'tuan-bench/1');
  assert.ok(json.command.includes('shop-day') && json.machine.cores > 0 && json.tool.revision && json.plan.seed === 4);
  assert.deepEqual([end, server.mirror, totals.error, totals.refused], ['done', 'none', 0, 0]);
  assert.ok(Math.abs(totals.due - 3000) < 300, `${totals.due} due of about 3000`);
  assert.equal(totals.ok, totals.due);
  assert.equal(sum(operations.map((each) => each.response), 'count'), totals.due);
  const count = Object.fromEntries(operations.map((each) => [each.operation, each.response.count]));
  assert.ok(count.get > 10 * count.match && count.match > count.pay && count.pay > 0, JSON.stringify(count));
  assert.equal(lag.count, totals.due);
  assert.equal(sum(response.counts.map(([, n]) => ({n})), 'n'), response.count);
  for (const key of ['p50', 'p99', 'max']) assert.ok(response[key] >= service[key], `${key}: response ${response[key]}, service ${service[key]}`);
  assert.equal(sum(seconds, 'ok'), verified.answers, 'the warm-up is verified too');
  assert.ok(verified.complete && verified.seats >= count.match && verified.violations === 0);
  assert.match(output, /0 violations/);
  assert.deepEqual((await call(daemon.port, 'campaign.list')).campaigns, []);
  assert.equal((await call(daemon.port, 'refund.list')).open, 0);
});

test('a stall is felt by everybody who comes meanwhile, not only by who was waiting', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const stalled = async (...args) => {
    const file = path.join(await tempDir(t), 'result.json');
    const child = new Process(bin('tuan'), ['-s', `127.0.0.1:${daemon.port}`, 'bench', '--mix', 'ping=1', '--rate', '1000', '--duration', '2s', '--warmup', '0',
      '--lag-max', '60s', '--timeout', '60s', '-o', file, ...args]);
    await until('the load runs', () => /1\.\d s/.exec(child.errors));
    daemon.process.signal('SIGSTOP');
    const start = Date.now();
    await until('it has stood still for a while', () => Date.now() - start >= 500);
    daemon.process.signal('SIGCONT');
    const {code} = await child.end();
    assert.equal(code, 0, child.errors);
    const [{response}] = JSON.parse(await readFile(file, 'utf8')).runs;
    return sum(response.counts.filter(([value]) => value > 200e6).map(([, n]) => ({n})), 'n');
  };
  const open = await stalled();
  assert.ok(open > 150, `${open} of about 300 waited for 200 ms and more`);
  const closed = await stalled('--closed', '--connections', '1');
  assert.ok(closed >= 1 && closed < 20, `${closed} of the closed loop's requests`);
});

// A proxy that changes bytes on their way from the daemon, once `pattern` has been seen `after` times.
async function liar(t, port, pattern, after, change) {
  let seen = 0;
  const server = net.createServer((client) => {
    const daemon = net.connect(port, '127.0.0.1');
    client.pipe(daemon);
    daemon.on('data', (bytes) => client.write(Buffer.from(bytes.toString('latin1').replace(pattern, (...match) => (++seen === after ? change(...match) : match[0])), 'latin1')));
    for (const [one, other] of [[client, daemon], [daemon, client]]) one.on('close', () => other.destroy()).on('error', () => {});
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return server.address().port;
}

for (const {lie, law, pattern, change} of [
  {lie: 'an acknowledged seat is in another room than was said', law: 'one_room', pattern: /(\$4\r\nroom\r\n\$20\r\n)(.)(.{19}\r\n\$8\r\ncampaign\r\n\$21\r\n.{21}\r\n\$5\r\norder\r\n\$13\r\n.{13}\r\n\$4\r\nuser\r\n\$13\r\n.{13}\r\n\$4\r\nseat\r\n\$4\r\nheld)/g, change: (all, head, first, rest) => head + (first === 'A' ? 'B' : 'A') + rest},
  {lie: 'a room has one seat too many', law: 'capacity', pattern: /(\$4\r\nheld\r\n:)(\d)/g, change: (all, head) => `${head}9`},
  {lie: 'a seat is answered for another order', law: 'echo', pattern: /(\$5\r\norder\r\n\$13\r\no)(\d)/g, change: (all, head) => `${head}7`},
])
  test(`a lie is found: ${lie}`, async (t) => {
    const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
    const port = await liar(t, daemon.port, pattern, 20, change);
    const {code, output, json} = await bench(t, ['--mix', 'match=1,pay=0.5', '--rate', '500', '--duration', '1s', '--warmup', '0', ...PATIENT], {port});
    assert.equal(code, 4, output);
    const {verified} = json.runs[0];
    assert.ok(verified.broken[law] > 0, JSON.stringify(verified));
    assert.match(output, /WRONG ANSWERS by law:/);
    assert.ok(output.includes(`the first: ${verified.first}`) && verified.first.length > 20);
  });

test('prepared rooms are joined by their links, and a lost connection is made anew with its requests repeated', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const {code, output, errors, json} = await bench(t, ['--rooms', '30', '--share', 'prepared', '--size', '400', '--mix', 'join=1,pay=0.5,get=2', '--rate', '1500',
    '--duration', '1500ms', '--warmup', '0', '--reconnect', '500ms', ...PATIENT], daemon);
  assert.equal(code, 0, output + errors);
  const {totals, verified} = json.runs[0];
  assert.ok(totals.connections_lost >= 100, 'fifty connections, cut twice');
  assert.equal(totals.ok + totals.error, totals.due);
  assert.ok(verified.complete && verified.rooms === 30 && verified.seats + verified.seats_uncertain > 500, JSON.stringify(verified));
});

test('rooms that fall due in one millisecond end on time, under load, and their refunds are tidied up', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const {code, output, errors, json} = await bench(t, ['--due-rooms', '1500', '--due-after', '1s', '--mix', 'match=1,pay=0.6', '--rate', '500', '--duration', '2s', '--warmup', '0', ...PATIENT], daemon);
  assert.equal(code, 0, output + errors);
  const {domain, verified} = json.runs[0];
  assert.deepEqual([domain.deadline_to_ended.count, json.runs[0].totals.ends_untold], [500, 0], 'every third of them is watched');
  assert.ok(domain.last_seat_to_all_told.count > 0, JSON.stringify(domain));
  assert.ok(verified.complete && verified.rooms > 1500, JSON.stringify(verified));
  assert.deepEqual((await call(daemon.port, 'campaign.list')).campaigns, []);
  assert.equal((await call(daemon.port, 'refund.list')).open, 0);
});

test('recorded shoppers: each row is what it says, at its time; a cart is left, a buy is paid, also of what the cart holds', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const file = path.join(await tempDir(t), 'result.json');
  const rows = [...Array(60)].flatMap((_, i) => [`u${i},1,tea,pv,${1000 + i}`, `u${i},1,tea,cart,${1000 + i}`, `u${i},1,tea,fav,${1060 + i}`, `${i % 2 ? `u${i}` : `v${i}`},1,tea,buy,${1060 + i}`]);
  rows.sort((a, b) => a.split(',').at(-1) - b.split(',').at(-1));
  const {code, output, errors} = await run(bin('tuan'), ['-s', `127.0.0.1:${daemon.port}`, 'bench', 'recorded', '--speed', '40', '-o', file, ...PATIENT], {input: rows.join('\n')});
  assert.equal(code, 0, output + errors);
  const json = JSON.parse(await readFile(file, 'utf8'));
  const [{operations, totals, verified}] = json.runs;
  const count = Object.fromEntries(operations.map((each) => [each.operation, each.response.count]));
  assert.deepEqual(count, {match: 90, pay: 60, get: count.get, list: 120 - count.get}, 'half of the buyers had it in their carts');
  assert.ok(count.get > 50 && verified.violations === 0);
  assert.ok(totals.span_ms > 2900, `${totals.span_ms} ms for 119 s, fortyfold`);
});

test('a ramp is told step by step', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const {output, json} = await bench(t, ['--mix', 'ping=1', '--rate', '200..600', '--step', '200/400ms', '--arrivals', 'constant', '--warmup', '200ms', ...PATIENT], daemon);
  const [{stages}] = json.runs; // a stage has what was due in it, however late the generator is
  assert.deepEqual(stages.map(({target, start_ms, span_ms, due, warmup}) => [target, start_ms, span_ms, due, warmup]),
    [[200, 0, 200, 39, true], [200, 200, 400, 80, false], [400, 600, 400, 160, false], [600, 1000, 400, 240, false]]);
  assert.ok(stages.every(({due, ok}) => due === ok), JSON.stringify(stages));
  assert.match(output, /^ +600 +[1-9]\d* +0 +0 /m);
});

test('the highest rate that holds an objective is found; a missed objective is exit code 3; tables tell what the result tells', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const dir = await tempDir(t);
  const short = ['--mix', 'ping=1', '--duration', '400ms', '--warmup', '0', '--arrivals', 'constant', ...PATIENT];
  const found = await bench(t, [...short, '--rate', '500', '--find-max', 'errors<1%,rate<1500'], daemon);
  assert.equal(found.code, 0, found.output + found.errors);
  const [{rate, limit, tried}] = found.json.find_max;
  // Where the machine cannot keep a rate, what it reaches may be within the objective: so 1500 is not where it ends on every machine.
  const [held, failed] = [true, false].map((holds) => tried.filter((each) => each.holds === holds).map((each) => each.rate));
  assert.deepEqual(tried.slice(0, 2).map((each) => [each.rate, each.holds]), [[500, true], [1000, true]]);
  assert.ok(limit === 'objective' && rate > 1300 && rate === Math.max(...held), `${rate}: ${JSON.stringify(tried)}`);
  assert.ok(Math.min(...failed) > rate && Math.min(...failed) <= rate * 1.06, `${rate}: ${JSON.stringify(tried)}`);
  assert.equal(found.json.runs.length, 1);

  const [csv, hgrm] = ['table.csv', 'all.hgrm'].map((name) => path.join(dir, name));
  const missed = await bench(t, [...short, '--rate', '1000', '--slo', 'p50<1h,ping.p99.9<1ns', '--csv', csv, '--hgrm', hgrm], daemon);
  assert.deepEqual([missed.code, missed.json], [1, null], 'an hour is no unit');
  const judged = await bench(t, [...short, '--rate', '1000', '--slo', 'p50<60s,ping.p99.9<1ns', '--csv', csv, '--hgrm', hgrm], daemon);
  assert.equal(judged.code, 3, judged.output + judged.errors);
  const [{objectives, response}] = judged.json.runs;
  assert.deepEqual(objectives.map(({objective, met}) => [objective, met]), [['p50<60s', true], ['ping.p99.9<1ns', false], ['errors<1%', true]]);
  assert.match(judged.output, /objective ping\.p99\.9<1ns: MISSED/);
  const [head, all] = (await readFile(csv, 'utf8')).split('\n').map((line) => line.split(','));
  assert.deepEqual([all[head.indexOf('operation')], Number(all[head.indexOf('count')]), Number(all[head.indexOf('p99_ms')])], ['all', response.count, response.p99 / 1e6]);
  const distribution = await readFile(hgrm, 'utf8');
  assert.match(distribution, new RegExp(`Max +=\\s+${(response.max / 1e6).toFixed(3)}, Total count +=\\s+${response.count}\\]`));
  const lines = [...distribution.matchAll(/^ +([\d.]+) ([\d.]+) +(\d+)/gm)].map(([, ...numbers]) => numbers.map(Number));
  assert.ok(lines.length > 30 && lines.every(([value, share, within], i) => i === 0 || (value >= lines[i - 1][0] && share > lines[i - 1][1] && within >= lines[i - 1][2])));
  assert.deepEqual(lines.at(-1), [Number((response.max / 1e6).toFixed(3)), 1, response.count]);
});

for (const protocol of ['msgpack', 'http'])
  test(`the same shop by ${protocol}: all is answered and verified`, async (t) => {
    const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
    const {code, output, errors, json} = await bench(t, ['--protocol', protocol, '--mix', 'open=1,join=2,match=4,pay=5,cancel=0.5,get=5,list=1,seat=1,ping=1', '--rate', '800',
      '--duration', '1s', '--warmup', '0', ...PATIENT], daemon);
    assert.equal(code, 0, output + errors);
    const [{operations, totals, verified}] = json.runs;
    assert.deepEqual([new Set(operations.map((each) => each.operation)).size, totals.error, verified.complete, verified.violations], [9, 0, true, 0]);
  });

test('every operation, side by side with the same in Redis: both verified, compared, and told on one page', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const page = path.join(await tempDir(t), 'report.html');
  const {code, output, errors, json} = await bench(t, ['--peer', 'redis-lua', '--mix', 'open=1,join=2,match=4,pay=5,cancel=0.5,get=5,list=1,seat=1,ping=1', '--rate', '800', '--duration', '1500ms',
    '--warmup', '0', '--report', page, ...PATIENT], daemon);
  assert.equal(code, 0, output + errors);
  assert.deepEqual(json.runs.map(({target, verified}) => [target, verified.complete, verified.violations]), [['tuan', true, 0], ['redis-lua', true, 0]]);
  for (const {operations, totals, server} of json.runs) {
    const asked = new Set(operations.map((each) => each.operation));
    assert.deepEqual([asked.size, totals.error], [9, 0], `${server.version}: ${[...asked]}`);
  }
  const [comparison] = json.comparisons;
  assert.deepEqual([comparison.now, comparison.base], ['tuan', 'redis-lua']);
  assert.ok(['rate', 'p99', 'service.p99', 'match.p99', 'pay.p99'].every((measure) => comparison.rows.some((row) => row.measure === measure && row.base > 0 && row.now > 0)));
  assert.match(output, /tuan \(1 runs\) against redis-lua \(1 runs\)/);
  const html = await readFile(page, 'utf8');
  assert.equal(html.match(/<svg /g).length, 4);
  assert.doesNotMatch(html, /<script|https?:|\b(nan|inf)\b/i);
  assert.ok(html.includes('redis-lua service') && html.includes('tuan against redis-lua'));
  assert.equal((await bench(t, ['--peer', 'memcached', ...PATIENT], daemon)).code, 1);
});

test('a result is compared with an older one; worse by more than is allowed is exit code 3', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const dir = await tempDir(t);
  const short = ['--mix', 'ping=1', '--rate', '500', '--duration', '500ms', '--warmup', '0', ...PATIENT];
  const {json} = await bench(t, short, daemon);
  for (const [factor, expected, verdict] of [[1000, 0, 'better'], [0.001, 3, 'worse']]) {
    const base = structuredClone(json);
    for (const operation of base.runs[0].operations)
      for (const name of ['response', 'service']) operation[name].counts = operation[name].counts.map(([value, count]) => [Math.round(value * factor), count]);
    const file = path.join(dir, 'base.json');
    await writeFile(file, JSON.stringify(base));
    const now = await bench(t, [...short, '--compare', file, '--max-regress', '50%'], daemon);
    assert.equal(now.code, expected, now.output + now.errors);
    assert.equal(now.json.comparisons[0].rows.find(({measure}) => measure === 'p50').verdict, verdict);
  }
  const none = await bench(t, [...short, '--compare', path.join(dir, 'no.json')], daemon);
  assert.equal(none.code, 1);
  assert.match(none.errors, /no\.json/);
});

test('requests that a dying server never answered are in the figures, as errors and not as answers', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const file = path.join(await tempDir(t), 'result.json');
  const child = new Process(bin('tuan'), ['-s', `127.0.0.1:${daemon.port}`, 'bench', '--mix', 'ping=1', '--rate', '1000', '--duration', '60s', '--warmup', '0',
    '--lag-max', '60s', '--timeout', '1s', '--verify', 'off', '-o', file]);
  await until('the load runs', () => /1\.\d s/.exec(child.errors));
  daemon.process.signal('SIGKILL');
  const {code} = await child.end();
  assert.equal(code, 2, child.errors);
  const [{totals, response, end}] = JSON.parse(await readFile(file, 'utf8')).runs;
  assert.equal(end, 'lost');
  assert.ok(totals.never_sent > 500, `${totals.never_sent} of about 1000`);
  assert.equal(totals.ok + totals.error, totals.due);
  assert.ok(response.max >= 900e6, `the longest wait: ${response.max} ns`);
  assert.ok(Math.abs(totals.rate * totals.span_ms / 1000 - totals.ok) < 2, JSON.stringify(totals));
});

test('a server that turns everybody away is not fast', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none', '--set', 'limit.rate=300']});
  const {json, output} = await bench(t, ['--mix', 'ping=1', '--duration', '2s', '--warmup', '0', '--verify', 'off', '--rate', '4000', '--find-max', 'p50<60s', ...PATIENT], daemon);
  const [{tried}] = json?.find_max ?? [{tried: []}];
  assert.deepEqual([tried[0]?.rate, tried[0]?.holds], [4000, false], output);
  assert.ok(tried[0].objectives.find(({objective}) => objective === 'p50<60s').met);
  assert.ok(!tried[0].objectives.find(({objective}) => objective === 'errors<1%').met);
});

test('those who are turned away do not make the others look served sooner: they have figures of their own', async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const page = path.join(await tempDir(t), 'report.html');
  const {code, output, errors, json} = await bench(t, ['--rooms', '3', '--share', 'prepared', '--size', '5', '--mix', 'join=1', '--rate', '500', '--duration', '1s', '--warmup', '0',
    '--slo', 'p99<60s,refused.join.p99<60s,refused>50%,refused.max<1ns', '--report', page, '--csv', `${page}.csv`, '--hgrm', `${page}.hgrm`, ...PATIENT], daemon);
  assert.equal(code, 3, output + errors);
  const [{objectives, operations, totals}] = json.runs;
  const [ok, refused] = ['ok', 'refused'].map((name) => operations.find((each) => each.class === name).response);
  assert.deepEqual([ok.count, refused.count, totals.error], [12, totals.due - 12, 0], 'a leader and four others a room');
  assert.deepEqual(objectives.map(({objective, value, met}) => [objective, value, met]), [['p99<60s', ok.p99, true], ['refused.join.p99<60s', refused.p99, true],
    ['refused>50%', Number((totals.refused / totals.due).toPrecision(9)), true], ['refused.max<1ns', refused.max, false], ['errors<1%', 0, true]]);
  for (const [name, {count}] of [['ok', ok], ['refused', refused]]) assert.match(output, new RegExp(`^all +${name} +${count} `, 'm'));
  assert.doesNotMatch(output, /^all +error/m);
  const rows = (await readFile(`${page}.csv`, 'utf8')).split('\n').filter((line) => /,all,.*,response,/.test(line)).map((line) => line.split(',').slice(3, 6));
  assert.deepEqual(rows, [['', 'response', `${totals.due}`], ['ok', 'response', `${ok.count}`], ['refused', 'response', `${refused.count}`]]);
  assert.match(await readFile(`${page}.hgrm`, 'utf8'), new RegExp(`Total count +=\\s+${ok.count}\\]`));
  assert.doesNotMatch(await readFile(page, 'utf8'), /\b(nan|inf)\b/i);

  // Nobody is served: that is no time at all, and no objective of one is met.
  const none = await bench(t, ['--mix', 'join=1', '--rooms', '1', '--share', 'prepared', '--size', '2', '--users', '1', '--rate', '300', '--duration', '500ms', '--warmup', '500ms',
    '--slo', 'p99<60s', '--report', page, ...PATIENT], daemon);
  assert.equal(none.code, 3, none.output + none.errors);
  assert.deepEqual(none.json.runs[0].objectives[0], {objective: 'p99<60s', value: null, limit: 60e9, met: false});
  assert.doesNotMatch(await readFile(page, 'utf8'), /\b(nan|inf)\b/i);
});

test('what cannot be run is told: usage 1, no server 2, another machine only with --yes; a late generator is 5', async (t) => {
  for (const [args, message] of [
    [['no-such'], /no such scenario: no-such/], [['/nowhere.json'], /nowhere\.json/], [['--rate', '5x'], /rate: a rate is a number/], [['--mix', 'dance=1'], /mix: a list like/],
    [['--size', '1'], /size: from 2/], [['--rate', '1..5k'], /--step/], [['--payment', 'none'], /nothing is paid/], [['--no-such-flag'], /no such flag/], [['-s', '192.0.2.1:1'], /not on this machine/],
  ]) {
    const {code, errors, json} = await bench(t, args);
    assert.deepEqual([code, json], [1, null], `${args}: ${errors}`);
    assert.match(errors, message);
  }
  assert.equal((await bench(t, PATIENT, {port: await freePort()})).code, 2);
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const late = await bench(t, ['--lag-max', '0', '--duration', '500ms', '--warmup', '0', '--quiet', '--timeout', '60s'], daemon);
  assert.equal(late.code, 5, late.output);
  assert.match(late.output, /GENERATOR-BOUND/);
});
});
