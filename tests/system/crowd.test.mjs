// SPDX-License-Identifier: BSD-2-Clause
// Crowds of watchers: what an idle one costs, whether those who join feel it, and how soon all of a hot room are told.
//
// TUAN_CROWD=full tells the figures of a full crowd and holds them to their bars; that needs a quiet machine and a release build with
// the crowd beside it: cmake --preset release -DTUAN_TESTS=ON && cmake --build --preset release --target tuand crowd, then
// TUAN_BIN=build/release/bin TUAN_CROWD=full node --test-reporter=spec tests/system/crowd.test.mjs
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {SLOW, Tuand, bin, run} from './tuand.mjs';

const FULL = process.env.TUAN_CROWD === 'full';
const STREAM_BYTES_MAX = 10_000;
const TOLD_US_MAX = 50_000;

async function crowd(t, mirror, words) {
  const daemon = await Tuand.start(t, {args: ['--mirror', mirror]});
  const places = {RPC: daemon.port, WEB: daemon.web, PID: daemon.pid};
  const {code, output, errors} = await run(bin('crowd'), words.map((word) => String(places[word] ?? word)), {ms: FULL ? 300_000 : 60_000});
  assert.equal(code, 0, errors);
  t.diagnostic(`${words.join(' ')} (mirror ${mirror}): ${output.trim()}`);
  return JSON.parse(output);
}

test(`${FULL ? '10,000' : '500'} idle streams cost at most 10 kB each, and joins go on`, async (t) => {
  const [streams, rate, seconds] = FULL ? [10_000, 2000, 20] : [500, 100, 1];
  const seen = await crowd(t, 'none', ['idle', 'RPC', 'WEB', 'PID', streams, rate, seconds]);
  assert.ok(seen.bytes_each <= STREAM_BYTES_MAX, `${seen.bytes_each} bytes a stream`);
  if (!FULL) return;
  assert.ok(seen.heartbeats >= streams, `${seen.heartbeats} heartbeats`);
  const alone = Math.max(seen.before.p99_us, seen.after.p99_us);
  assert.ok(seen.with.p99_us <= alone * 1.25 + 250, `p99 of joins ${alone} us alone, ${seen.with.p99_us} us beside the streams`);
});

for (const mirror of ['none', 'private']) {
  for (const protocol of ['sse', 'resp3']) {
    const [watchers, changes, gapMs] = FULL ? [1000, 100, 200] : [300, 5, 60];
    test(`${watchers} watchers by ${protocol} of one hot room are all told of each change (mirror ${mirror})`, async (t) => {
      const seen = await crowd(t, mirror, ['hot', 'RPC', 'WEB', protocol, watchers, changes, gapMs]);
      assert.deepEqual([seen.watchers, seen.changes], [watchers, changes]);
      const most = FULL ? TOLD_US_MAX : TOLD_US_MAX * 100 * SLOW;
      const {p99_us: toldUs} = mirror === 'none' ? seen.since_sent : seen.since_answered; // a change is one when it is durable
      assert.ok(toldUs <= most, `all told after ${toldUs} us`);
    });
  }
}
