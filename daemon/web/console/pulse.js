// SPDX-License-Identifier: BSD-2-Clause
// pulse.js - the daemon's counters, taken every two seconds whatever page is shown, and what lies between two takings: rates.
//
// When the daemon was started anew its counters begin at nothing, so what was taken before is no measure of what comes: it goes.
import {now, read, readChecks} from './api.js';

export const EVERY_MS = 2000;
const SAMPLES_MAX = 150; // five minutes

const samples = []; // {at, info, latency, checks}, oldest first
let restartedAt = 0;

export const latest = () => samples.at(-1);
export const restarted = () => restartedAt; // when it was noticed; 0: it was not

export async function takePulse() {
  const [info, latency, checks] = await Promise.all([read('info'), read('latency'), readChecks()]);
  const before = latest()?.info.server;
  if (before && (before.process_id !== info.server.process_id || before.uptime_in_seconds > info.server.uptime_in_seconds)) {
    samples.length = 0;
    restartedAt = now();
  }
  samples.push({at: info.server.now, info, latency, checks});
  if (samples.length > SAMPLES_MAX) samples.shift();
}

const sumOf = (info, names) => names.reduce((sum, [section, name]) => sum + info[section][name], 0);

// How fast counters grew, per second, between each taking and the next: ['matching', 'joins_ok'], … are added.
export function rates(...names) {
  return samples.slice(1).map((sample, i) => {
    const before = samples[i];
    const seconds = (sample.at - before.at) / 1000;
    return seconds > 0 ? (sumOf(sample.info, names) - sumOf(before.info, names)) / seconds : 0;
  });
}

export const times = () => samples.slice(1).map((sample) => sample.at);

// The last of a list of rates, the noise of the takings taken out: over the last `over` of them.
export function recent(list, over = 5) {
  const tail = list.slice(-over);
  return tail.length === 0 ? 0 : tail.reduce((sum, value) => sum + value, 0) / tail.length;
}

// ---- latency ----

const NOTHING = {calls: 0, sum_us: 0, counts: []};

// What was measured between two takings, of one command or (name undefined) of all.
function between(before, after, name) {
  const names = name === undefined ? Object.keys(after.commands) : [name];
  const counts = new Array(after.bounds_us.length + 1).fill(0);
  let calls = 0, sumUs = 0;
  for (const one of names) {
    const now = after.commands[one] ?? NOTHING, then = before?.commands[one] ?? NOTHING;
    calls += now.calls - then.calls;
    sumUs += now.sum_us - then.sum_us;
    now.counts.forEach((value, i) => { counts[i] += value - (then.counts[i] ?? 0); });
  }
  return {calls, sumUs, counts};
}

// The bound under which the part `q` of the counts lies, between its bounds in proportion; null without any.
export function quantile({counts, calls}, boundsUs, q) {
  let left = q * calls;
  if (calls === 0) return null;
  for (const [i, value] of counts.entries()) {
    if (value > 0 && left <= value) {
      const low = i === 0 ? 0 : boundsUs[i - 1], high = boundsUs[i] ?? boundsUs.at(-1);
      return low + (high - low) * (left / value);
    }
    left -= value;
  }
  return boundsUs.at(-1);
}

// Of all commands, between each taking and the next: µs, or null where nothing was asked.
export function latencies(q) {
  return samples.slice(1).map((sample, i) => quantile(between(samples[i].latency, sample.latency), sample.latency.bounds_us, q));
}

// Each command that was given since the page was opened (or, in the first moments, since the start): [{name, perSecond, calls, p50, p99}].
export function commandLatencies() {
  const last = latest(), first = samples.length > 1 ? samples[0] : undefined;
  if (!last) return [];
  const seconds = first ? (last.at - first.at) / 1000 : last.info.server.uptime_in_seconds || 1;
  return Object.keys(last.latency.commands).map((name) => {
    const part = between(first?.latency, last.latency, name);
    const at = (q) => quantile(part, last.latency.bounds_us, q);
    return {name, calls: part.calls, perSecond: part.calls / seconds, p50: at(0.5), p99: at(0.99), counts: part.counts};
  }).filter(({calls}) => calls > 0).sort((a, b) => b.calls - a.calls);
}
