// SPDX-License-Identifier: BSD-2-Clause
// Recorded traffic, where it lies beside the project: two hours of real shoppers, a slice of them, sped up.
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {test} from 'node:test';
import {gunzipSync} from 'node:zlib';
import {ROOT, Tuand, bin, run, tempDir} from './tuand.mjs';

const TRACE = path.resolve(ROOT, '../shared/data/taobao-2h.csv.gz');

// tests/system/CMakeLists.txt knows this line: ctest then says Skipped.
const absent = existsSync(TRACE) ? false : 'no recorded traffic in ../shared/data';
if (absent) console.log(`SKIPPED LOUDLY: ${absent}`);

for (const mirror of ['private', 'none'])
  test(`5000 recorded events, mirror ${mirror}: the books of the daemon agree with every answer`, {skip: absent}, async (t) => {
    const daemon = await Tuand.start(t, {args: ['--mirror', mirror]});
    const file = path.join(await tempDir(t), 'slice.csv');
    const lines = gunzipSync(await readFile(TRACE)).toString().split('\n').slice(0, 5000);
    await writeFile(file, lines.join('\n') + '\n');
    const {code, output, errors} = await run(bin('tuan'), ['-s', `127.0.0.1:${daemon.port}`, 'replay', file, '--speed', 'max'], {ms: 120000});
    assert.equal(code, 0, output + errors);
    t.diagnostic(output.trim().split('\n').slice(-3).join(' | '));
    await daemon.stop();
  });


test('recorded shoppers, rooms of 5 that live half an hour, 30 % open their own: merging seats 95 % of what is possible', {skip: absent}, async (t) => {
  const file = path.join(await tempDir(t), 'trace.csv');
  await writeFile(file, gunzipSync(await readFile(TRACE)));
  const {code, output, errors} = await run(bin('tuan'), ['bench', 'quality', file, '--each', '--link', '0', '--json'], {ms: 120000});
  assert.equal(code, 0, errors);
  const {bound, runs} = JSON.parse(output);
  assert.equal(bound.rooms, 828); // found by another program, too
  const [off, deadline] = runs;
  assert.ok(off.share > 0.33, `off: ${off.share}`);
  assert.ok(deadline.share >= 0.95 * bound.share, `deadline: ${deadline.share} of ${bound.share}`);
});
