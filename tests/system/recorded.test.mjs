// SPDX-License-Identifier: BSD-2-Clause
// `tuan bench recorded` with real traffic, which is not part of the project: ../shared/data.
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {test} from 'node:test';
import {gunzipSync} from 'node:zlib';
import {ROOT, Tuand, bin, run, tempDir} from './tuand.mjs';

const TRACE = path.resolve(ROOT, '../shared/data/taobao-2h.csv.gz');

// tests/system/CMakeLists.txt knows this line: ctest then says Skipped.
const absent = existsSync(TRACE) ? false : 'no recorded traffic in ../shared/data';
if (absent) console.log(`SKIPPED LOUDLY: ${absent}`);

test('4000 recorded events, sped up: all is asked, each answer is verified', {skip: absent}, async (t) => {
  const daemon = await Tuand.start(t, {args: ['--mirror', 'none']});
  const rows = gunzipSync(await readFile(TRACE)).toString().split('\n').slice(0, 4000).join('\n');
  const file = path.join(await tempDir(t), 'result.json');
  const {code, output, errors} = await run(bin('tuan'), ['-s', `127.0.0.1:${daemon.port}`, 'bench', 'recorded', '--speed', '150', '--lag-max', '60s', '--timeout', '60s',
    '--quiet', '-o', file], {input: rows, ms: 60000});
  assert.equal(code, 0, output + errors);
  const [{totals, operations, verified}] = JSON.parse(await readFile(file, 'utf8')).runs;
  assert.ok(totals.due >= 4000 && totals.error === 0 && verified.complete && verified.violations === 0, JSON.stringify({totals, verified}));
  assert.ok(['match', 'pay', 'list'].every((name) => operations.some((each) => each.operation === name && each.class === 'ok')));
});
