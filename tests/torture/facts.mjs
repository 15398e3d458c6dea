// SPDX-License-Identifier: BSD-2-Clause
// facts.mjs - the bytes of a batch as facts: {type, field: value, …}, read by the rows of proto/facts.def and proto/states.def.
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const PROTO = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../proto');
const rows = (name, macro) => [...readFileSync(path.join(PROTO, name), 'utf8').matchAll(new RegExp(`^${macro}\\((.*)\\)$`, 'gm'))]
  .map((match) => match[1].split(/,\s*/));

const WORDS = new Map(); // set -> number -> word
for (const [set, , number, word] of rows('states.def', 'TUAN_WORD')) {
  if (!WORDS.has(set)) WORDS.set(set, new Map());
  WORDS.get(set).set(Number(number), JSON.parse(word));
}

const FACTS = new Map(); // number -> {type, fields: [{type, name, of}]}
for (const [, name, number] of rows('facts.def', 'TUAN_FACT')) FACTS.set(Number(number), {type: name, fields: []});
const byName = new Map([...FACTS.values()].map((fact) => [fact.type, fact]));
for (const [fact, type, name, of] of rows('facts.def', 'TUAN_FACT_FIELD')) byName.get(fact).fields.push({type, name, of});

// ---- msgpack ----

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  uint(size) {
    const from = this.at;
    this.at += size;
    return size === 8 ? Number(this.bytes.readBigUInt64BE(from)) : this.bytes.readUIntBE(from, size);
  }

  int(size) {
    const from = this.at;
    this.at += size;
    return size === 8 ? Number(this.bytes.readBigInt64BE(from)) : this.bytes.readIntBE(from, size);
  }

  raw(size) {
    if (this.at + size > this.bytes.length) throw new Error('a string runs past the end');
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  text(size) { return this.raw(size).toString('utf8'); }
  list(size) { return Array.from({length: size}, () => this.value()); }
  map(size) { return Object.fromEntries(Array.from({length: size}, () => [this.value(), this.value()])); }

  value() {
    const tag = this.uint(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.map(tag & 15);
    if (tag < 0xa0) return this.list(tag & 15);
    if (tag < 0xc0) return this.text(tag & 31);
    if (tag >= 0xe0) return tag - 256;
    switch (tag) {
    case 0xc0: return null;
    case 0xc2: return false;
    case 0xc3: return true;
    case 0xc4: case 0xc5: case 0xc6: return Buffer.from(this.raw(this.uint(1 << (tag - 0xc4))));
    case 0xcc: case 0xcd: case 0xce: case 0xcf: return this.uint(1 << (tag - 0xcc));
    case 0xd0: case 0xd1: case 0xd2: case 0xd3: return this.int(1 << (tag - 0xd0));
    case 0xd9: case 0xda: case 0xdb: return this.text(this.uint(1 << (tag - 0xd9)));
    case 0xdc: case 0xdd: return this.list(this.uint(2 << (tag - 0xdc)));
    case 0xde: case 0xdf: return this.map(this.uint(2 << (tag - 0xde)));
    default: throw new Error(`msgpack tag ${tag}`);
    }
  }
}

// ---- facts ----

const RID_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

// A room's or refund's id, as users see it; null for none.
export function ridText(bytes) {
  let id = BigInt(`0x${bytes.toString('hex')}`);
  if (id === 0n) return null;
  let text = '';
  for (let i = 0; i < 20; i++, id >>= 5n) text = RID_ALPHABET[Number(id & 31n)] + text;
  return text;
}

function fieldValue({type, of}, value) {
  if (type === 'RID') return ridText(value);
  if (type === 'WORD') return WORDS.get(of).get(value) ?? `${of} ${value}`;
  return Buffer.isBuffer(value) ? value.toString('hex') : value;
}

export function decodeBatch(bytes) {
  const reader = new Reader(bytes);
  const facts = [];
  while (reader.at < bytes.length) {
    const [number, ...values] = reader.value();
    const row = FACTS.get(number);
    if (row === undefined) throw new Error(`a fact numbered ${number}`);
    const fact = {type: row.type};
    values.forEach((value, i) => { if (value !== null) fact[row.fields[i].name] = fieldValue(row.fields[i], value); });
    facts.push(fact);
  }
  return facts;
}
