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

test('tuan info shows the state of the daemon', async (t) => {
  const daemon = await Tuand.start(t);
  const {code, output} = clean(await tuan(['-s', `127.0.0.1:${daemon.port}`, 'info']));
  assert.equal(code, 0);
  assert.match(output, /tuan_version/);
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
