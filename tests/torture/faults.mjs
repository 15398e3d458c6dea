// SPDX-License-Identifier: BSD-2-Clause
// faults.mjs - orders to the library faults.c inside a server: die or stop at a named point, have a slow, full or broken disk,
// run out of memory. One file of orders a server; a private redis-server shares its daemon's.
import {closeSync, existsSync, openSync, readFileSync, readSync, writeSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {BIN, ROOT, sleep} from '../system/tuand.mjs';

const ROW_WORDS = 64;
const ROWS = {tuand: 0, redis: 1};
const WORDS = {point: 0, countdown: 1, action: 2, stops: 3, kills: 4, sync_us: 5, sync_error: 6, disk_error: 7, memory: 8, starved: 9, passes: 16};
const ACTIONS = {kill: 1, stop: 2, tear: 3};
export const ERRNO = {EIO: 5, ENOSPC: 28};

export const POINTS = new Map([...readFileSync(path.join(path.dirname(fileURLToPath(import.meta.url)), 'faults.def'), 'utf8')
  .matchAll(/^TORTURE_POINT\(\w+, (\w+), (\d+)/gm)].map(([, name, number]) => [name, Number(number)]));

function library() {
  const found = [BIN, path.join(ROOT, 'build/dev/bin')].map((folder) => path.join(folder, 'torture_faults.so')).find(existsSync);
  if (!found) throw new Error('torture_faults.so is not built: cmake --preset dev && cmake --build --preset dev');
  return found;
}

export class Faults {
  constructor(file) {
    this.file = file;
    this.fd = openSync(file, 'w+');
    writeSync(this.fd, Buffer.alloc(8 * ROW_WORDS * Object.keys(ROWS).length));
  }

  // What a server's environment must have to obey.
  get env() {
    return {LD_PRELOAD: library(), TORTURE_FAULTS: this.file, ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`};
  }

  place(who, word, more = 0) { return 8 * (ROWS[who] * ROW_WORDS + WORDS[word] + more); }

  set(who, word, value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    writeSync(this.fd, bytes, 0, 8, this.place(who, word));
  }

  get(who, word, more = 0) {
    const bytes = Buffer.alloc(8);
    readSync(this.fd, bytes, 0, 8, this.place(who, word, more));
    return Number(bytes.readBigInt64LE());
  }

  // At the n-th pass from now of this point.
  arm(who, point, {n = 1, action = 'kill'} = {}) {
    this.set(who, 'action', ACTIONS[action]);
    this.set(who, 'countdown', n);
    this.set(who, 'point', POINTS.get(point));
  }

  // How often it died or stopped at a point.
  fired(who) { return this.get(who, 'kills') + this.get(who, 'stops'); }

  // All orders are taken back.
  disarm(who) { for (const word of ['point', 'sync_us', 'sync_error', 'disk_error', 'memory']) this.set(who, word, 0); }

  // The order to die or to stop is taken back. True: too late, it is being obeyed.
  async takeBack(who) {
    this.disarm(who);
    await sleep(1); // it may be on its way to it
    return this.get(who, 'countdown') === 0;
  }

  passes(who) { return Object.fromEntries([...POINTS].map(([name, number]) => [name, this.get(who, 'passes', number)])); }

  close() { closeSync(this.fd); }
}
