// SPDX-License-Identifier: BSD-2-Clause
// The command line tool `tuan` against a running daemon.
import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {test} from 'node:test';
import {Tuand, bin, freePort, run, tempDir} from './tuand.mjs';

const tuan = (args, options) => run(bin('tuan'), args, options);
const clean = ({code, output, errors}) => {
  assert.doesNotMatch(output + errors, /Sanitizer|runtime error:/);
  return {code, output, errors};
};

test('tuan call: answers as lines or JSON, refusals with exit 3, no daemon with exit 2, misuse with exit 1', async (t) => {
  const daemon = await Tuand.start(t);
  const server = ['-s', `127.0.0.1:${daemon.port}`];
  const put = clean(await tuan([...server, 'call', 'campaign.put', 'campaign=c', 'size=2']));
  assert.equal(put.code, 0, put.errors);
  assert.match(put.output, /^campaign=c$/m);
  const seat = clean(await tuan([...server, '--json', 'call', 'room.match', 'campaign=c', 'user=u', 'order=o']));
  assert.equal(JSON.parse(seat.output).seat, 'held');
  const refused = clean(await tuan([...server, 'call', 'room.match', 'campaign=no', 'user=u', 'order=o']));
  assert.equal(refused.code, 3);
  assert.match(refused.errors + refused.output, /CAMPAIGN_NOT_FOUND/);
  assert.equal(clean(await tuan(['-s', `127.0.0.1:${await freePort()}`, 'call', 'ping'])).code, 2);
  assert.equal(clean(await tuan(['no-such-subcommand'])).code, 1);
});

test('tuan call @FILE.json: arguments from a file or standard input, later words win, a bad file is told and nothing sent', async (t) => {
  const daemon = await Tuand.start(t);
  const dir = await tempDir(t);
  const file = path.join(dir, 'sale.json');
  const call = async (words, options) => clean(await tuan(['-s', `127.0.0.1:${daemon.port}`, '--json', 'call', ...words], options));
  await writeFile(file, '{"campaign": "sale", "size": 4, "leader_exempt": true, "virtual": {"mode": "max_count", "value": 2}, "match_tags": ["city"]}');
  const put = await call(['campaign.put', `@${file}`]);
  assert.equal(put.code, 0, put.errors);
  const {size, leader_exempt: exempt, virtual, match_tags: tags} = JSON.parse(put.output);
  assert.deepEqual({size, exempt, virtual, tags}, {size: 4, exempt: 1, virtual: {mode: 'max_count', value: 2}, tags: ['city']});
  const other = JSON.parse((await call(['campaign.put', 'size=9', `@${file}`, 'campaign=other', 'virtual.value=1'])).output);
  assert.deepEqual([other.campaign, other.size, other.virtual], ['other', 4, {mode: 'max_count', value: 1}]);
  const piped = JSON.parse((await call(['campaign.put', '@-', 'campaign=piped'], {input: '{"virtual.mode": "all", "size": 3}'})).output);
  assert.deepEqual([piped.campaign, piped.virtual], ['piped', {mode: 'all'}]);

  const refusals = [
    [['@/nowhere/x.json'], /^tuan: \/nowhere\/x\.json: No such file or directory\n$/],
    [[`@${dir}`], /^tuan: .*: cannot be read\n$/],
    [['@-'], /^tuan: -:1:\d+: /, '{"size": 3,,}'],
    [['@-'], /^tuan: -:1:\d+: duplicate/, '{"size": 3, "size": 4}'],
    [['@-'], /^tuan: -: not a JSON object of arguments\n$/, '[1]'],
    [['@-'], /^tuan: null and fractions are never sent\n$/, '{"size": 2.5}'],
    [['size'], /^tuan: size: neither key=value nor @FILE\n$/],
  ];
  for (const [words, message, input] of refusals) {
    const {code, output, errors} = await call(['campaign.put', 'campaign=bad', ...words], {input});
    assert.equal(code, 1, `${words} ${input}: ${output}`);
    assert.match(errors, message);
  }
  assert.equal((await call(['campaign.get', 'campaign=bad'])).code, 3, 'nothing was sent');
});

test('tuan info shows the state of the daemon', async (t) => {
  const daemon = await Tuand.start(t);
  const {code, output} = clean(await tuan(['-s', `127.0.0.1:${daemon.port}`, 'info']));
  assert.equal(code, 0);
  assert.match(output, /tuan_version/);
  assert.match(output, /tuan_build.*(debug|release|tuned)/);
  const json = clean(await tuan(['-s', `127.0.0.1:${daemon.port}`, '--json', 'info']));
  assert.ok(JSON.parse(json.output));
});

test('tuan replay of a small trace agrees with the books of the daemon', async (t) => {
  const daemon = await Tuand.start(t);
  const file = path.join(await tempDir(t), 'trace.csv');
  const rows = [];
  for (let n = 0; n < 600; n++) rows.push(`${n % 90},${n % 11},${n % 3},${['buy', 'cart', 'pv', 'fav', 'buy'][n % 5]},${1511658000 + Math.floor(n / 4)}`);
  await writeFile(file, rows.join('\n') + '\n');
  const {code, output, errors} = clean(await tuan(['-s', `127.0.0.1:${daemon.port}`, 'replay', file, '--speed', 'max'], {ms: 60000}));
  assert.equal(code, 0, output + errors);
  await daemon.stop();
});

test('tuan demo --seconds 3 runs by itself, ends with 0 and leaves nothing', async (t) => {
  const dir = await tempDir(t);
  const {code, output, errors} = clean(await tuan(['demo', '--seconds', '3'], {env: {...process.env, TMPDIR: dir}, ms: 60000}));
  assert.equal(code, 0, output + errors);
  assert.ok(output.length > 100, output);
  const {readdir} = await import('node:fs/promises');
  assert.deepEqual(await readdir(dir), []);
});
