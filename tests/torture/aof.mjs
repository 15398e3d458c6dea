// SPDX-License-Identifier: BSD-2-Clause
// aof.mjs - what stood in a Redis, ever: the entries of each partition's log and feed, from the append-only files on disk.
// (The stream itself is trimmed; the file is not, as long as nobody rewrites it.)
import {existsSync, readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {decodeBatch} from './facts.mjs';

// The commands of a file, one array of Buffers each. A torn end is left out.
function* commands(bytes) {
  let at = 0;
  const line = () => {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return null;
    const text = bytes.toString('latin1', at, end);
    at = end + 2;
    return text;
  };
  while (at < bytes.length) {
    const head = line();
    if (head === null) return;
    if (head.startsWith('#')) continue; // an annotation
    if (!head.startsWith('*')) throw new Error(`not a command at ${at}: ${head.slice(0, 40)}`);
    const words = [];
    for (let left = Number(head.slice(1)); left > 0; left--) {
      const size = line();
      if (size === null || at + Number(size.slice(1)) + 2 > bytes.length) return;
      words.push(bytes.subarray(at, at + Number(size.slice(1))));
      at += Number(size.slice(1)) + 2;
    }
    yield words;
  }
}

function filesOf(folder) {
  const manifest = path.join(folder, 'appendonly.aof.manifest');
  if (!existsSync(manifest)) return [];
  return readdirSync(folder).filter((name) => name.endsWith('.incr.aof')).sort((a, b) => a.localeCompare(b, 'en', {numeric: true}))
    .map((name) => path.join(folder, name));
}

// A script's writes stand between MULTI and EXEC: one without its EXEC never happened.
function* transactions(bytes) {
  let open = null;
  for (const words of commands(bytes)) {
    const name = words[0].toString().toUpperCase();
    if (name === 'MULTI') open = [];
    else if (name === 'EXEC') {
      yield open ?? [];
      open = null;
    } else if (open) open.push([name, words]);
    else yield [[name, words]];
  }
}

const pairs = (words) => Object.fromEntries(Array.from({length: words.length / 2}, (_, i) => [words[2 * i].toString(), words[2 * i + 1]]));

function logEntry(partition, id, fields) {
  const entry = {partition, id, nonce: fields.n.toString(), pred: fields.p?.toString() ?? null};
  if (fields.b) entry.facts = decodeBatch(fields.b);
  return entry;
}

// Everything in these `appendonlydir` folders, in the order of the files: {entries, events, heads}. An entry is known by its
// position and nonce; the same one in several files (a replica's) is told once. Heads: the last ones, partition -> head.
export function readAofs(folders) {
  const entries = new Map();
  const events = new Map();
  const heads = new Map();
  for (const file of folders.flatMap(filesOf))
    for (const transaction of transactions(readFileSync(file)))
      for (const [name, words] of transaction) {
        const key = /^tuan:\{(\d+)\}:(log|feed|head)$/.exec(words[1]?.toString() ?? '');
        if (name === 'SET' && key?.[2] === 'head') heads.set(Number(key[1]), words[2].toString());
        if (name !== 'XADD' || !key) continue;
        const [id, fields] = [words[2].toString(), pairs(words.slice(3))];
        const partition = Number(key[1]);
        if (key[2] === 'log') {
          const entry = logEntry(partition, id, fields);
          entries.set(`${partition} ${id} ${entry.nonce}`, entry);
        } else {
          const told = Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, value.toString()]));
          events.set(`${partition} ${id} ${told.type} ${told.room}`, {partition, id, ...told});
        }
      }
  return {entries: [...entries.values()], events: [...events.values()], heads};
}
