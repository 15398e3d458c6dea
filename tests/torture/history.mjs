// SPDX-License-Identifier: BSD-2-Clause
// history.mjs - what happened in a world: one JSON line each, in the order in which it was noticed.
//
//   world   {seed, config}
//   call    {client, method, args, begin, end, reply | error {code, text, details} | cut}     times in ms since the start
//   fault   {at, what, …}        loss: {at, until}: acknowledged facts may have gone in between
//   entry   {partition, id, nonce, pred, facts}    of the log, from the disk
//   event   {partition, id, type, campaign, room, data}   of the feed, from the disk
//   head    {partition, head}    at the end
import {createWriteStream, readFileSync} from 'node:fs';
import {finished} from 'node:stream/promises';

const KINDS = ['world', 'call', 'fault', 'entry', 'event', 'head'];

export class History {
  constructor() {
    this.lines = [];
    this.start = performance.now();
  }

  now() { return Math.round((performance.now() - this.start) * 1000) / 1000; }

  note(kind, what) {
    const line = {kind, ...what};
    this.lines.push(line);
    return line;
  }

  of(kind) { return this.lines.filter((line) => line.kind === kind); }

  async write(file) {
    const out = createWriteStream(file);
    for (const line of this.lines) out.write(`${JSON.stringify(line)}\n`);
    out.end();
    await finished(out);
  }

  static read(file) {
    const history = new History();
    history.lines = readFileSync(file, 'utf8').trim().split('\n').map((text) => JSON.parse(text));
    const strange = history.lines.find((line) => !KINDS.includes(line.kind));
    if (strange) throw new Error(`${file}: no such line: ${JSON.stringify(strange).slice(0, 200)}`);
    return history;
  }
}
