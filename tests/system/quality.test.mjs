// SPDX-License-Identifier: BSD-2-Clause
// `tuan bench quality` as a shop would use it, on arrivals of its own making. Recorded ones: replay.test.mjs.
import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {test} from 'node:test';
import {bin, run, tempDir} from './tuand.mjs';

const quality = async (args, options) => {
  const result = await run(bin('tuan'), ['bench', 'quality', ...args], options);
  assert.doesNotMatch(result.output + result.errors, /Sanitizer|runtime error:/);
  return result;
};
const small = ['--shoppers', '4000', '--campaigns', '200', '--life', '10m'];

for (const kind of ['poisson', 'burst'])
  test(`${kind} arrivals: no policy seats more than the bound, each seats more with merge, the seed repeats the run`, async () => {
    const args = [...small, '--arrivals', kind, '--seed', '9', '--json'];
    const {code, output, errors} = await quality(args);
    assert.equal(code, 0, errors);
    const report = JSON.parse(output);
    assert.equal(report.shoppers, 4000);
    assert.equal(report.bound.share, report.bound.rooms * 5 / 4000);
    assert.deepEqual(report.runs.map(({match, merge}) => `${match} ${merge}`), ['nearly_full', 'oldest', 'spread'].flatMap((match) => [`${match} off`, `${match} deadline`]));
    for (const [i, {match, merge, seated, share, wait_ms: wait, rooms}] of report.runs.entries()) {
      assert.ok(share <= report.bound.share, `${match} ${merge}: ${share} of ${report.bound.share}`);
      if (merge === 'deadline') assert.ok(seated > report.runs[i - 1].seated, `${match}: merge seats ${seated}, without ${report.runs[i - 1].seated}`);
      assert.equal(seated, rooms.formed * 5);
      assert.equal(rooms.opened, rooms.formed + Object.values(rooms.failed).reduce((sum, n) => sum + n, 0));
      assert.ok(wait.p50 <= wait.p95 && wait.p95 <= wait.max && wait.max <= 600_000, JSON.stringify(wait));
    }
    assert.equal((await quality(args)).output, output);
    assert.notEqual((await quality([...args, '--seed', '10'])).output, output);
  });

test('the table, CSV and JSON tell the same', async () => {
  const [table, csv, json] = await Promise.all([[], ['--csv'], ['--json']].map((form) => quality([...small, ...form])));
  const {runs} = JSON.parse(json.output);
  const [head, ...rows] = csv.output.trim().split('\n').map((line) => line.split(','));
  assert.deepEqual(rows.map((row) => [row[head.indexOf('match')], row[head.indexOf('merge')], Number(row[head.indexOf('seated')])]),
    runs.map(({match, merge, seated}) => [match, merge, seated]));
  for (const {match, merge, share} of runs)
    assert.match(table.output, new RegExp(`^${match} +${merge} +${(share * 100).toFixed(1)} %`, 'm'));
});

test('who opens, follows a link or asks is as given; what cannot be read or run is told', async (t) => {
  const dir = await tempDir(t);
  const file = path.join(dir, 'pairs.csv');
  await writeFile(file, 'user,item,category,behaviour,time\nann,1,tea,buy,1000\nbob,1,tea,cart,1010\ncat,1,tea,pv,1011\n???\n');
  const opened = JSON.parse((await quality([file, '--json', '--size', '2', '--open', '100', '--link', '0'])).output);
  assert.deepEqual(opened.runs.map(({rooms}) => rooms.opened), [2, 2, 2, 2, 2, 2]);
  assert.deepEqual(opened.runs.map(({seated}) => seated), [0, 2, 0, 2, 0, 2]);
  assert.deepEqual([opened.shoppers, opened.skipped], [2, 1]);
  const matched = JSON.parse((await quality([file, '--json', '--size', '2', '--open', '0', '--link', '0'])).output);
  assert.deepEqual(matched.runs.map(({rooms, wait_ms: wait}) => [rooms.opened, wait.max]), Array(6).fill([1, 10000]));

  const refusals = [
    [['/nowhere.csv'], /\/nowhere\.csv: No such file/],
    [['-'], /- has no buy and no cart row; line 2: not five fields/, 'head\nx\n'],
    [[dir], /cannot be read/],
    [['--open', '60', '--link', '50'], /at most 100 together/],
    [['--size', '1'], /--size is from 2/],
    [['--life', '0'], /--life is from 1ms/],
    [['--zipf', 'steep'], /--zipf is a number/],
    [['--arrivals', 'trickle'], /poisson or burst/],
    [['--shoppers', '0'], /--shoppers is 1 to/],
    [['one.csv', 'two.csv'], /one FILE at most/],
  ];
  for (const [args, message, input] of refusals) {
    const {code, output, errors} = await quality(args, {input});
    assert.equal(code, 1, `${args}: ${output}`);
    assert.match(errors, message);
  }
});
