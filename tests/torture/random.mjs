// SPDX-License-Identifier: BSD-2-Clause
// random.mjs - dice that a seed decides. (What the seed cannot decide is how fast real processes are.)
export class Random {
  constructor(seed) { this.state = (Number(BigInt(seed) & 0xffffffffn) ^ 0x9e3779b9) >>> 0; }

  // A stream of its own, so that one user's throws do not shift another's.
  fork(name) {
    let hash = this.state;
    for (const byte of Buffer.from(String(name))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    return new Random(hash);
  }

  next() { // mulberry32
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let x = this.state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  }

  chance(p) { return this.next() < p; }
  int(from, to) { return from + Math.floor(this.next() * (to - from + 1)); } // both included
  of(list) { return list[Math.floor(this.next() * list.length)]; }

  // One of {key: weight}.
  weighed(weights) {
    let left = this.next() * Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    for (const [key, weight] of Object.entries(weights)) if ((left -= weight) < 0) return key;
    return Object.keys(weights)[0];
  }

  // Small more often than large.
  log(from, to) { return Math.round(from * (to / from) ** this.next()); }
}
