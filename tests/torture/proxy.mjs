// SPDX-License-Identifier: BSD-2-Clause
// proxy.mjs - a wire that can be broken: in front of tuand, and between tuand and its Redis.
//
// Order within a direction is always kept, as TCP keeps it. What can be done to a connection:
//   cut      reset both ends now; what is on the way is gone
//   half     let a part of the next request through, then reset both ends
//   swallow  let the next request through, throw its answer away, then reset the asker's end
//   late     reset the asker's end, but let what he has sent arrive later
//   hold     nothing passes, then everything does
//   delay    each piece waits
//   slice    pieces of a few bytes
import {rmSync} from 'node:fs';
import net from 'node:net';

const SLICES_MAX = 200; // of one piece: the rest goes whole

class Pipe {
  constructor(to, random) {
    this.to = to;
    this.random = random;
    this.queue = [];
    this.holds = 0;
    this.delay_ms = 0;
    this.slice_bytes = 0;
    this.isBusy = false;
    this.isEnded = false; // nothing more comes in: end the other side once all is out
  }

  take(bytes) {
    if (this.slice_bytes > 0)
      for (let slices = 0; bytes.length > this.slice_bytes && slices < SLICES_MAX; slices++) {
        this.queue.push(bytes.subarray(0, this.slice_bytes));
        bytes = bytes.subarray(this.slice_bytes);
      }
    this.queue.push(bytes);
    this.pump();
  }

  end() {
    this.isEnded = true;
    this.pump();
  }

  pump() {
    while (!this.isBusy && this.holds === 0) {
      if (this.queue.length === 0) {
        if (this.isEnded) this.to.end();
        return;
      }
      if (this.delay_ms === 0 && this.slice_bytes === 0) {
        this.write(this.queue.shift());
        continue;
      }
      this.isBusy = true;
      const go = () => {
        this.isBusy = false;
        if (this.queue.length > 0) this.write(this.queue.shift());
        this.pump();
      };
      if (this.delay_ms > 0) setTimeout(go, this.random.next() * this.delay_ms);
      else setImmediate(go);
    }
  }

  write(bytes) { if (!this.to.destroyed && !this.to.writableEnded) this.to.write(bytes); }
}

class Connection {
  constructor(proxy, near, far) {
    Object.assign(this, {proxy, near, far, trap: null});
    this.up = new Pipe(far, proxy.random);
    this.down = new Pipe(near, proxy.random);
    near.on('data', (bytes) => this.onRequest(bytes)).on('end', () => this.up.end());
    far.on('data', (bytes) => this.onReply(bytes)).on('end', () => this.down.end());
    for (const end of [near, far]) {
      end.setNoDelay();
      end.on('error', () => {}); // a reset: 'close' follows
    }
    near.on('close', () => { if (!this.isOrphan) this.over(); });
    far.on('close', () => this.over());
  }

  over() {
    if (this.isOver) return;
    this.isOver = true;
    this.proxy.connections.delete(this);
    this.up.end();
    this.down.end();
    setTimeout(() => { this.near.destroy(); this.far.destroy(); }, 20);
  }

  cut() {
    this.proxy.count.cuts++;
    this.reset(this.near);
    this.reset(this.far);
  }

  reset(end) {
    if (end.destroyed) return;
    if (end.connecting || end.remotePort === undefined) end.destroy(); // a Unix socket knows no reset
    else end.resetAndDestroy();
  }

  onRequest(bytes) {
    if (this.trap === 'half' && bytes.length > 1) {
      this.up.take(bytes.subarray(0, this.proxy.random.int(1, bytes.length - 1)));
      setImmediate(() => this.cut());
      return;
    }
    if (this.trap === 'swallow') this.trap = 'answer';
    this.up.take(bytes);
  }

  onReply(bytes) {
    if (this.trap !== 'answer') {
      if (!this.isOrphan) this.down.take(bytes);
      return;
    }
    this.trap = 'done';
    this.proxy.count.swallowed++;
    this.cut();
  }

  late(ms) {
    this.isOrphan = true;
    this.up.holds++;
    this.proxy.count.cuts++;
    this.reset(this.near);
    setTimeout(() => {
      this.up.holds--;
      this.up.pump();
      this.up.end();
      setTimeout(() => this.over(), 100);
    }, ms);
  }

  hold(ms, pipes = [this.up, this.down]) {
    for (const pipe of pipes) pipe.holds++;
    setTimeout(() => { for (const pipe of pipes) { pipe.holds--; pipe.pump(); } }, ms);
  }
}

export class Proxy {
  // `target` answers {port} or {path}: where the next connection goes.
  constructor(random, target) {
    Object.assign(this, {random, target, connections: new Set(), isRefusing: false, weather: {delay_ms: 0, slice_bytes: 0}});
    this.count = {connections: 0, cuts: 0, swallowed: 0, refused: 0};
    this.server = net.createServer({allowHalfOpen: true}, (near) => this.accept(near));
    this.server.on('error', (error) => { throw error; });
  }

  // On a free port, or on a Unix socket's path.
  async listen(at) {
    if (at !== undefined) rmSync(at, {force: true});
    await new Promise((resolve) => this.server.listen(at ?? {port: 0, host: '127.0.0.1'}, resolve));
    this.port = this.server.address().port;
    return this;
  }

  accept(near) {
    if (this.isRefusing) {
      this.count.refused++;
      near.on('error', () => {});
      near.destroy();
      return;
    }
    this.count.connections++;
    const connection = new Connection(this, near, net.connect({...this.target(), allowHalfOpen: true}));
    for (const pipe of [connection.up, connection.down]) Object.assign(pipe, this.weather);
    this.connections.add(connection);
  }

  // Delay and slices, for all connections until told otherwise.
  setWeather(weather) {
    this.weather = {delay_ms: 0, slice_bytes: 0, ...weather};
    for (const {up, down} of this.connections) for (const pipe of [up, down]) Object.assign(pipe, this.weather);
  }

  // One fault for one or all connections.
  strike(fault, {all = false, ms = 200} = {}) {
    const those = [...this.connections].filter((connection) => !connection.isOrphan);
    if (those.length === 0) return;
    for (const connection of all ? those : [this.random.of(those)])
      switch (fault) {
      case 'cut': connection.cut(); break;
      case 'late': connection.late(ms); break;
      case 'hold': connection.hold(ms); break;
      case 'hold_replies': connection.hold(ms, [connection.down]); break;
      case 'hold_requests': connection.hold(ms, [connection.up]); break;
      case 'half': case 'swallow': connection.trap = fault; break;
      default: throw new Error(`no fault ${fault}`);
      }
  }

  async refuse(ms) {
    this.isRefusing = true;
    this.strike('cut', {all: true});
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.isRefusing = false;
  }

  close() {
    for (const {near, far} of this.connections) { near.destroy(); far.destroy(); }
    this.server.close();
  }
}
