// SPDX-License-Identifier: BSD-2-Clause
// web.mjs - HTTP as storefronts speak it: one request, a stream of events, or raw bytes.
import http from 'node:http';
import net from 'node:net';
import {SLOW, until} from './tuand.mjs';

// {status, headers, text, json}; on a connection of its own unless `agent` is given.
export function request(port, path, {method = 'GET', headers = {}, agent = false, body} = {}) {
  return new Promise((resolve, reject) => {
    const call = http.request({port, host: '127.0.0.1', path, method, headers, agent}, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => { text += piece; });
      response.on('end', () => resolve({status: response.statusCode, headers: response.headers, text,
        get json() { return JSON.parse(text); }, get etag() { return JSON.parse(response.headers.etag); }}));
      response.on('error', reject);
    });
    call.setTimeout(40000 * SLOW, () => call.destroy(new Error(`no answer to ${method} ${path}`)));
    call.on('error', reject).end(body);
  });
}

// An event stream, read as EventSource does.
export class Events {
  static async open(port, path, headers = {}) {
    const events = new Events();
    events.all = []; // {id, type, data}
    events.comments = 0;
    events.retry = null;
    events.ended = false;
    await new Promise((resolve, reject) => {
      events.call = http.get({port, host: '127.0.0.1', path, headers, agent: false}, (response) => {
        events.status = response.statusCode;
        events.headers = response.headers;
        let rest = '';
        response.setEncoding('utf8').on('data', (piece) => {
          const blocks = (rest + piece).split('\n\n');
          rest = blocks.pop();
          for (const block of blocks) events.take(block);
        });
        response.on('close', () => { events.ended = true; }).on('error', () => {});
        resolve();
      });
      events.call.on('error', reject);
    });
    return events;
  }

  take(block) {
    const event = {type: 'message'};
    for (const line of block.split('\n')) {
      const [, name, value] = /^(\w*): ?(.*)$/.exec(line);
      if (name === '') this.comments++;
      else if (name === 'retry') this.retry = Number(value);
      else event[name === 'event' ? 'type' : name] = name === 'data' ? JSON.parse(value) : value;
    }
    if (event.data !== undefined) this.all.push(event);
  }

  until(what, condition, ms) { return until(`${what}; got ${JSON.stringify(this.all.map(({id, type}) => [id, type]))}`, () => condition(this), ms); }

  close() { this.call.destroy(); }
}

// Send bytes, answer all that comes until the peer closes or `enough` says so.
export function raw(port, pieces, enough = () => false) {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect(port, '127.0.0.1', async () => {
      for (const piece of [pieces].flat()) {
        if (socket.destroyed) return;
        await new Promise((done) => socket.write(piece, done));
        await new Promise((done) => setImmediate(done));
      }
    });
    socket.setNoDelay().setEncoding('utf8').on('data', (piece) => { text += piece; if (enough(text)) socket.destroy(); });
    socket.on('close', () => resolve(text)).on('error', (error) => { if (!text) reject(error); });
    socket.setTimeout(20000 * SLOW, () => { socket.destroy(); reject(new Error(`the peer did not close; it sent ${text}`)); });
  });
}
