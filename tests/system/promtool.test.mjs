// SPDX-License-Identifier: BSD-2-Clause
// The page of metrics, judged by Prometheus's own tool.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Tuand, run} from './tuand.mjs';
import {request} from './web.mjs';

test('the metrics are as promtool wants them', async (t) => {
  if ((await run('sh', ['-c', 'command -v promtool'])).code !== 0) {
    console.log('SKIPPED LOUDLY: no promtool (Debian package prometheus)');
    return;
  }
  for (const mirror of ['none', 'private']) {
    const daemon = await Tuand.start(t, {args: ['--mirror', mirror]});
    const {code, output, errors} = await run('promtool', ['check', 'metrics'], {input: (await request(daemon.admin, '/metrics')).text});
    assert.deepEqual([code, output + errors], [0, '']);
  }
});
