// SPDX-License-Identifier: BSD-2-Clause
// clients.mjs - one way to call tuand, `call(method, {arguments})`, over every kind of client that app servers use.
//
// A refusal is thrown as Refusal with .code and .details; a cut connection as Cut: its outcome is not known.
import net from 'node:net';
import Ioredis from 'ioredis';
import msgpack5 from 'msgpack5';
import Session from 'msgpack5rpc';
import {createClient} from 'redis';
import {SLOW, run} from './tuand.mjs';

export class Refusal extends Error {
  constructor(text) {
    super(text);
    this.code = /^[A-Z_]+/.exec(text)?.[0] ?? text;
    this.details = Object.fromEntries([...text.matchAll(/ (\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
  }
}

export class Cut extends Error {}

const POSITIONAL = {
  'campaign.put': ['campaign'], 'campaign.get': ['campaign'], 'campaign.close': ['campaign'],
  'room.open': ['campaign', 'user', 'order'], 'room.join': ['room', 'user', 'order'], 'room.match': ['campaign', 'user', 'order'],
  'room.get': ['room'], 'room.wait': ['room', 'version', 'timeout_ms'], 'room.mget': ['room'], 'room.list': ['campaign'], 'room.form': ['room'], 'room.dissolve': ['room'],
  'seat.pay': ['campaign', 'order'], 'seat.cancel': ['campaign', 'order'], 'seat.get': ['campaign', 'order'],
  'room.seats': ['room'], 'room.history': ['room'], 'seat.leave': ['campaign', 'order'], 'seat.refund': ['campaign', 'order'],
  'user.seats': ['campaign', 'user'], 'refund.ack': ['refund'], stats: ['campaign'],
};

// The words of a RESP request.
export function words(method, args = {}) {
  const first = POSITIONAL[method] ?? [];
  const out = [method.toUpperCase(), ...first.flatMap((name) => args[name]).map(String)];
  for (const [name, value] of Object.entries(args)) {
    if (first.includes(name)) continue;
    out.push(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  return out;
}

const LISTS = new Set(['seats', 'rooms', 'campaigns', 'refunds', 'events']);

// A RESP2 flat array of pairs as an object.
export function unflatten(flat) {
  if (!Array.isArray(flat)) return flat;
  if (flat.length === 0 || Array.isArray(flat[0])) return flat.map(unflatten);
  const out = {};
  for (let i = 0; i < flat.length; i += 2)
    out[flat[i]] = LISTS.has(flat[i]) && Array.isArray(flat[i + 1]) ? flat[i + 1].map(unflatten) : flat[i + 1];
  return out;
}

const plain = (value) => JSON.parse(JSON.stringify(value));

// A request without an answer is a failure, not a wait for ever.
const ANSWER_MS = 15000 * SLOW;

function answered(what, promise) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not in ${ANSWER_MS} ms: ${what}`)), ANSWER_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function withinTime(client) {
  const {call} = client;
  client.call = (method, args) => answered(`an answer to ${words(method, args).join(' ')}`, call(method, args));
  return client;
}

export async function redisCli(daemon) {
  return withinTime({
    async call(method, args) {
      const {code, output, errors} = await run('redis-cli', ['-p', String(daemon.port), '-3', '--json', '-e', ...words(method, args)]);
      const text = (output + errors).trim();
      if (code === 0) return JSON.parse(text);
      if (/Could not connect|closed the connection/.test(text)) throw new Cut(text);
      throw new Refusal(text.replace(/^error:"(.*)"$/s, '$1'));
    },
    async close() {},
  });
}

export async function ioredis(daemon, options = {}) {
  const client = new Ioredis({port: daemon.port, host: '127.0.0.1', retryStrategy: null, maxRetriesPerRequest: 0, lazyConnect: true, ...options});
  client.on('error', () => {});
  await answered('ioredis is ready (its INFO check)', client.connect()).catch((error) => { client.disconnect(); throw error; });
  return withinTime({
    client,
    async call(method, args) {
      const [name, ...rest] = words(method, args);
      try {
        return unflatten(await client.call(name, ...rest));
      } catch (error) {
        throw error.name === 'ReplyError' ? new Refusal(error.message) : new Cut(error.message);
      }
    },
    async close() { client.disconnect(); },
  });
}

export async function nodeRedis(daemon, protocol) {
  const client = createClient({RESP: protocol, disableOfflineQueue: true, socket: {port: daemon.port, host: '127.0.0.1', reconnectStrategy: false}});
  client.on('error', () => {});
  await client.connect();
  return withinTime({
    client,
    async call(method, args) {
      try {
        const reply = await client.sendCommand(words(method, args));
        return protocol === 3 ? plain(reply) : unflatten(reply);
      } catch (error) {
        throw /^[A-Z_]+ /.test(error.message) ? new Refusal(error.message) : new Cut(error.message);
      }
    },
    async close() { client.destroy(); },
  });
}

// As its users do; it never answers a call whose connection was cut, so that is done here.
export async function rpc(daemon) {
  const socket = net.connect(daemon.port, '127.0.0.1').setNoDelay();
  await new Promise((resolve, reject) => { socket.once('connect', resolve); socket.once('error', reject); });
  const session = new Session();
  const pending = new Set();
  let cut = null;
  const onCut = (why) => {
    if (cut) return;
    cut = new Cut(why);
    for (const reject of pending) reject(cut);
  };
  socket.on('error', (error) => onCut(error.message)).on('close', () => onCut('the connection was cut'));
  session.attach(socket, socket);
  return withinTime({
    session,
    socket,
    call(method, args) {
      return new Promise((resolve, reject) => {
        if (cut) return reject(cut);
        pending.add(reject);
        session.request(method, args === undefined ? [] : [args], (error, reply) => {
          pending.delete(reject);
          if (error === null || error === undefined) resolve(reply);
          else if (typeof error === 'object' && !Buffer.isBuffer(error))
            reject(Object.assign(new Refusal(`${error.code} ${error.message}`), {details: plain(error)}));
          else reject(new Refusal(String(error)));
        });
      });
    },
    async close() { socket.destroy(); },
  });
}

export const KINDS = {
  'redis-cli': redisCli,
  'ioredis (RESP2)': ioredis,
  'node-redis (RESP2)': (daemon) => nodeRedis(daemon, 2),
  'node-redis (RESP3)': (daemon) => nodeRedis(daemon, 3),
  'msgpack5rpc': rpc,
};

export const pack = msgpack5();

// Expect this refusal; answers it.
export async function refused(code, promise) {
  let reply;
  try {
    reply = await promise;
  } catch (error) {
    if (error instanceof Refusal && error.code === code) return error;
    throw error;
  }
  throw new Error(`expected ${code}, got ${JSON.stringify(reply)}`);
}
