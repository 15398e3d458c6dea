// SPDX-License-Identifier: BSD-2-Clause
// ledger.mjs - shoppers who write down every acknowledged reply, and the audit of a daemon against that journal.
import assert from 'node:assert/strict';
import {Cut, Refusal, ioredis, rpc} from './clients.mjs';
import {sleep} from './tuand.mjs';

const SAFE = new Set(['MIRROR_DOWN', 'MIRROR_BUSY', 'BUSY', 'LOADING', 'SHUTTING_DOWN']); // certainly no effect
const LATER = {
  held: ['held', 'paid', 'settled', 'released', 'refund_due', 'refunded'],
  paid: ['paid', 'settled', 'refund_due', 'refunded'],
  settled: ['settled', 'refund_due', 'refunded'],
  released: ['released', 'paid', 'settled', 'refund_due', 'refunded'],
  refund_due: ['refund_due', 'refunded'],
  refunded: ['refunded'],
};

export class Ledger {
  constructor(campaigns) {
    this.campaigns = campaigns;
    this.orders = new Map(); // order -> {campaign, user, seat (last acknowledged), unknown, payUnknown}
    this.count = 0;
    this.refusals = new Map();
  }

  note(error, entry, what) {
    if (error instanceof Cut || error.code === 'UNKNOWN') {
      entry[what] = true;
      return;
    }
    if (!SAFE.has(error.code)) throw error;
    this.refusals.set(error.code, (this.refusals.get(error.code) ?? 0) + 1);
  }

  // One shopper after another on one connection, until `stop.now` or the connection is cut.
  async shop(client, stop) {
    while (!stop.now) {
      const n = this.count++;
      const campaign = this.campaigns[n % this.campaigns.length];
      const entry = {campaign, user: `u${n}`, order: `o${n}`, seat: null, unknown: false, payUnknown: false};
      try {
        entry.seat = await client.call('room.match', {campaign, user: entry.user, order: entry.order});
        this.orders.set(entry.order, entry);
      } catch (error) {
        this.note(error, entry, 'unknown');
        if (entry.unknown) this.orders.set(entry.order, entry);
        if (error instanceof Cut) return;
        await sleep(2);
        continue;
      }
      if (n % 4 === 3) continue; // left unpaid
      try {
        entry.seat = await client.call('seat.pay', {campaign, order: entry.order, amount: 100, payment: `p${n}`});
      } catch (error) {
        this.note(error, entry, 'payUnknown');
        if (error instanceof Cut) return;
        await sleep(2);
      }
    }
  }

  // `count` shoppers' clients, half of them RESP, half msgpack-rpc. Answers what ends them all.
  async crowd(daemon, count) {
    const clients = await Promise.all(Array.from({length: count}, (_, n) => (n % 2 ? ioredis : rpc)(daemon)));
    const stop = {now: false};
    const work = Promise.all(clients.map((client) => this.shop(client, stop)));
    work.catch(() => {}); // told by end()
    return {
      stop,
      async end() {
        stop.now = true;
        await work;
        await Promise.all(clients.map((client) => client.close()));
      },
    };
  }

  // Repeat what got no answer, with the same order: one seat comes of it, acknowledged now.
  async settleUnknown(call) {
    const unknown = [...this.orders.values()].filter((entry) => entry.unknown || entry.payUnknown);
    await Promise.all(unknown.map(async (entry) => {
      const {campaign, user, order} = entry;
      if (entry.unknown) {
        entry.seat = await call('room.match', {campaign, user, order});
        entry.unknown = false;
      }
      if (entry.payUnknown) {
        entry.seat = await call('seat.pay', {campaign, order, amount: 100, payment: order.replace('o', 'p')});
        entry.payUnknown = false;
      }
    }));
    return unknown.length;
  }

  // Every acknowledged seat is there exactly once, in the state acknowledged or a later one, with its original times.
  async audit(call) {
    const entries = [...this.orders.values()].filter((entry) => entry.seat !== null);
    const found = await Promise.all(entries.map(({campaign, order}) => call('seat.get', {campaign, order})
      .catch((error) => { throw new Error(`LOST ${campaign} ${order}: ${error.message}`); })));
    const rooms = new Set();
    found.forEach((seat, i) => {
      const {seat: known, user, campaign, order, payUnknown} = entries[i];
      const say = () => `acknowledged ${JSON.stringify(known)}, found ${JSON.stringify(seat)}`;
      assert.equal(seat.user, user, say());
      assert.equal(seat.campaign, campaign, say());
      if (!seat.rerouted_from) assert.equal(seat.room, known.room, say());
      assert.ok(LATER[known.seat].includes(seat.seat), say());
      if (known.seat === 'held' && !payUnknown) assert.ok(['held', 'released'].includes(seat.seat), `nobody paid: ${say()}`);
      if (seat.seat === 'held') {
        assert.equal(seat.hold_until, known.hold_until, say());
        assert.ok(seat.now < seat.hold_until, `overdue: ${say()}`);
      }
      if (known.seat === 'held' && seat.seat === 'released') assert.ok(seat.now >= known.hold_until, `too early: ${say()}`);
      if (known.deadline && seat.deadline && seat.room === known.room) assert.equal(seat.deadline, known.deadline, say());
      assert.ok(seat.version >= known.version || seat.room !== known.room, say());
      const refunds = seat.refunds ?? [];
      assert.equal(refunds.length, ['refund_due', 'refunded'].includes(seat.seat) ? 1 : 0, say());
      assert.equal(order, seat.order);
      rooms.add(seat.room);
    });
    const statuses = await Promise.all([...rooms].map((room) => call('room.get', {room})));
    const seated = new Map();
    for (const status of statuses) {
      assert.ok(status.paid + status.held <= status.size, `oversold: ${JSON.stringify(status)}`);
      if (status.state === 'open') assert.ok(status.now < status.deadline, `overdue: ${JSON.stringify(status)}`);
      if (status.state === 'formed') assert.equal(status.paid, status.size);
      for (const seat of status.seats) {
        assert.ok(!seated.has(seat.order), `${seat.order} sits twice: in ${seated.get(seat.order)} and ${status.room}`);
        seated.set(seat.order, status.room);
      }
    }
    const statusOf = new Map(statuses.map((status) => [status.room, status]));
    found.forEach((seat) => { // the rooms were read a moment after the seats: what was due in between may have gone
      const status = statusOf.get(seat.room);
      const stays = seat.seat === 'settled' || (seat.seat === 'paid' && status.state !== 'failed') || (seat.seat === 'held' && status.now < seat.hold_until);
      if (stays) assert.equal(seated.get(seat.order), seat.room, `no seat in its room: ${JSON.stringify(seat)} ${JSON.stringify(status)}`);
    });
    return {seats: found, rooms: statuses};
  }

  get acknowledged() { return [...this.orders.values()].filter((entry) => entry.seat !== null).length; }
}

// The feed of a Redis: events as {type, campaign, room, data}. `cli` runs redis-cli words and answers JSON.
export async function readFeed(cli) {
  const events = [];
  for (const key of (await cli('KEYS', 'tuan:{*}:feed')).sort())
    for (const [, fields] of await cli('XRANGE', key, '-', '+')) {
      const event = Object.fromEntries(Array.from({length: fields.length / 2}, (_, i) => [fields[2 * i], fields[2 * i + 1]]));
      events.push({...event, data: JSON.parse(event.data)});
    }
  return events;
}

// Each ended room has ended once in the feed, each refund is due once.
export function checkFeed(events, rooms, seats) {
  const count = new Map();
  for (const event of events) {
    const key = `${event.type} ${event.type.startsWith('refund') ? event.data.refund : event.room}`;
    count.set(key, (count.get(key) ?? 0) + 1);
  }
  for (const [key, times] of count)
    if (/^(room_formed|room_failed|room_opened|refund_due)/.test(key)) assert.equal(times, 1, `${key} in the feed ${times} times`);
  for (const room of rooms) {
    assert.equal(count.get(`room_formed ${room.room}`) ?? 0, room.state === 'formed' ? 1 : 0, JSON.stringify(room));
    assert.equal(count.get(`room_failed ${room.room}`) ?? 0, room.state === 'failed' ? 1 : 0, JSON.stringify(room));
  }
  for (const seat of seats) for (const refund of seat.refunds ?? []) assert.equal(count.get(`refund_due ${refund.refund}`), 1, JSON.stringify(seat));
}
