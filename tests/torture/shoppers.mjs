// SPDX-License-Identifier: BSD-2-Clause
// shoppers.mjs - app servers under bad conditions: they overlap in users and rooms, repeat what they have no answer to, and
// write down every request with what came of it.
import {Cut, Refusal, ioredis, rpc} from '../system/clients.mjs';
import {sleep} from '../system/tuand.mjs';

const PATIENCE_MS = 4000; // then the connection is given up: the outcome is not known
const ROAMING_PATIENCE_MS = 700; // of a client that may ask another daemon
const BOARD_MAX = 40;
export const PRICE = 100;
// Certainly without effect, and worth another try.
export const TRANSIENT = new Set(['MIRROR_DOWN', 'MIRROR_BUSY', 'BUSY', 'LOADING', 'SHUTTING_DOWN', 'NOT_OWNER']);

const ELSEWHERE = new Set(['NOT_OWNER', 'LOADING']); // another daemon may know

// One connection, replaced when it breaks; roams: also when it leads to a daemon that does not serve.
export class Line {
  constructor(name, kind, address, roams = false) {
    Object.assign(this, {name, kind, address, roams, client: null, opening: null});
  }

  async open() {
    this.opening ??= this.connect().finally(() => { this.opening = null; });
    this.client = await this.opening;
    return this.client;
  }

  async connect() {
    const attempt = (this.kind === 'rpc' ? rpc : ioredis)(this.address());
    try {
      return await withinPatience(attempt, this.roams ? ROAMING_PATIENCE_MS : PATIENCE_MS);
    } catch (error) {
      attempt.then((client) => client.close(), () => {}); // too late
      throw error;
    }
  }

  give(client) { // it is of no use any more
    if (this.client !== client) return; // another has seen it before
    this.client = null;
    client.close();
  }
}

export const withinPatience = (promise, ms = PATIENCE_MS) => {
  let timer;
  const late = new Promise((resolve, reject) => { timer = setTimeout(() => reject(new Cut('no answer')), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

// Ask once, and write it down. Answers the line of the history; null: it could not even be sent.
export async function ask(history, line, method, args) {
  let client = line.client;
  if (client === null) {
    try {
      client = await line.open();
    } catch {
      return null;
    }
  }
  const call = {client: line.name, method, args, begin: history.now()};
  try {
    call.reply = await withinPatience(client.call(method, args));
  } catch (error) {
    if (error instanceof Refusal) call.error = {code: error.code, text: error.message, details: error.details};
    if (!call.error || (line.roams && ELSEWHERE.has(call.error.code))) line.give(client);
    if (!call.error) call.cut = error.message;
  }
  call.end = history.now();
  return history.note('call', call);
}

export const isOpen = (call) => call === null || call.cut !== undefined || call.error?.code === 'UNKNOWN';

// What all shoppers of a world know of each other.
export class Board {
  // page(rooms): look at these rooms through the web port.
  constructor(config, page) {
    Object.assign(this, {config, page});
    this.rooms = [];
    this.stop = false;
    this.unsettled = []; // {method, args} without an answer when their shopper gave up
    this.acknowledged = 0;
  }

  see(seat) {
    if (!seat.room || this.rooms.some((room) => room.room === seat.room)) return;
    this.rooms.push({room: seat.room, campaign: seat.campaign});
    if (this.rooms.length > BOARD_MAX) this.rooms.shift();
  }
}

export class Shopper {
  constructor(name, {board, history, line, random}) {
    Object.assign(this, {name, board, history, line, random, orders: [], count: 0});
  }

  async run() {
    while (!this.board.stop) {
      await this.step();
      await sleep(this.random.next() * this.board.config.think_ms);
    }
  }

  step() {
    const own = this.orders.length > 0;
    const what = this.random.weighed({take: 34, pay: own ? 30 : 0, read: 16, repeat: own ? 6 : 0, cancel: own ? 5 : 0, leave: own ? 3 : 0,
      settle: 4, stray: 1, operate: 1});
    return this[what]();
  }

  // Until it is answered for certain; now and then a shopper forgets.
  async insist(method, args) {
    for (;;) {
      const call = await ask(this.history, this.line, method, args);
      if (call?.reply !== undefined) this.board.acknowledged++;
      const isAgain = isOpen(call) || TRANSIENT.has(call.error?.code);
      if (!isAgain) return call;
      if (this.board.stop || this.random.chance(0.03)) {
        this.board.unsettled.push({method, args});
        return null;
      }
      await sleep(5 + this.random.next() * 60);
    }
  }

  async take() {
    const {campaigns, users} = this.board.config;
    const campaign = this.random.of(campaigns).campaign;
    const args = {user: `u${this.random.int(1, users)}`, order: `o${this.name}.${++this.count}`};
    const room = this.random.chance(0.35) && this.board.rooms.length > 0 ? this.random.of(this.board.rooms) : null;
    const method = room ? 'room.join' : this.random.chance(0.15) ? 'room.open' : 'room.match';
    const call = await this.insist(method, {...(room ? {room: room.room} : {campaign}), ...args});
    if (!call?.reply) return;
    this.board.see(call.reply);
    this.orders.push({campaign: call.reply.campaign, order: args.order, request: {method, args: call.args}, payments: 0});
    if (this.orders.length > 60) this.orders.shift();
  }

  async pay() {
    const order = this.random.chance(0.7) ? this.orders.at(-1) : this.random.of(this.orders);
    if (this.board.config.isFree.has(order.campaign)) return;
    if (order.payments > 0 && !this.random.chance(0.08)) return;
    const payment = order.payments > 0 && this.random.chance(0.5) ? order.payments : ++order.payments;
    await this.insist('seat.pay', {campaign: order.campaign, order: order.order, payment: `p${order.order}.${payment}`,
      amount: PRICE - (this.random.chance(0.05) ? 10 : 0), paid_at: Date.now()});
  }

  async stray() {
    const {campaign} = this.random.of(this.board.config.campaigns);
    if (this.board.config.isFree.has(campaign)) return;
    const order = `s${this.name}.${++this.count}`;
    await this.insist('seat.pay', {campaign, order, payment: `p${order}`, amount: PRICE, paid_at: Date.now()});
  }

  repeat() {
    const {request} = this.random.of(this.orders);
    return this.insist(request.method, request.args);
  }

  cancel() {
    const {campaign, order} = this.random.of(this.orders);
    return this.insist('seat.cancel', {campaign, order});
  }

  leave() {
    const {campaign, order} = this.random.of(this.orders);
    return this.insist('seat.leave', {campaign, order});
  }

  async settle() {
    const {campaign} = this.random.of(this.board.config.campaigns);
    const call = await ask(this.history, this.line, 'refund.list', {campaign, limit: 10});
    const refunds = call?.reply?.refunds ?? [];
    if (refunds.length > 0) await this.insist('refund.ack', {refund: this.random.of(refunds).refund, ref: `bank-${this.name}`});
  }

  async operate() {
    if (this.board.rooms.length === 0 || !this.random.chance(0.3)) return;
    const {room} = this.random.of(this.board.rooms);
    await ask(this.history, this.line, this.random.chance(0.5) ? 'room.form' : 'room.dissolve', {room, reason: 'torture'});
  }

  async read() {
    const order = this.orders.length > 0 ? this.random.of(this.orders) : null;
    const room = this.board.rooms.length > 0 ? this.random.of(this.board.rooms) : null;
    const {campaign} = this.random.of(this.board.config.campaigns);
    switch (this.random.int(0, 8)) {
    case 0: if (order) await this.look('seat.get', {campaign: order.campaign, order: order.order}); break;
    case 1: if (room) await this.look('room.seats', {room: room.room}); break;
    case 2: await this.look('user.seats', {campaign, user: `u${this.random.int(1, this.board.config.users)}`}); break;
    case 3: await this.look('room.list', {campaign, limit: 5}); break;
    case 4: if (room) await this.look('room.mget', {room: [room.room, this.random.of(this.board.rooms).room]}); break;
    case 5: if (room) await this.look('room.get', {room: room.room, if_version: this.random.int(1, 6)}); break;
    case 6: if (room) await this.look('room.wait', {room: room.room, version: this.random.int(1, 8), timeout_ms: this.random.log(10, 500)}); break;
    case 7: if (room) await this.board.page([room.room, ...(this.random.chance(0.3) ? [this.random.of(this.board.rooms).room] : [])]); break;
    default: if (room) await this.look('room.get', {room: room.room});
    }
  }

  look(method, args) { return ask(this.history, this.line, method, args); }
}
