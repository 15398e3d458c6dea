// SPDX-License-Identifier: BSD-2-Clause
// shop.mjs - a shop that sells by the files of bench/campaigns, over redis-cli alone, on a daemon of its own with a private
// redis-server; and what its books say.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {Refusal, redisCli} from './clients.mjs';
import {readFeed} from './ledger.mjs';
import {ROOT, Tuand, run, sleep} from './tuand.mjs';

export const FOLDER = path.join(ROOT, 'bench/campaigns');
export const FILES = Object.fromEntries(readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
  .map((name) => [name.slice(0, -5), JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8'))]));

// Parameters as RESP spells them: the fields of these maps are dotted, the rest is JSON text (words() in clients.mjs).
export function dotted(parameters) {
  const out = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (!['virtual', 'draw', 'cut'].includes(name)) out[name] = value;
    else for (const [field, number] of Object.entries(value)) out[`${name}.${field}`] = number;
  }
  return out;
}

// What a RESP answer says of those parameters, spelt as in the file.
export function parametersOf(answer, like) {
  return Object.fromEntries(Object.entries(dotted(like)).map(([name, value]) =>
    [name, typeof value === 'object' && typeof answer[name] === 'string' ? JSON.parse(answer[name]) : answer[name]]));
}

export const orderOf = (user) => `o-${user}`;
const still = ({now, ...rest}) => rest;

export class Shop {
  static async open(t) {
    const shop = new Shop();
    shop.campaigns = new Set();
    shop.daemon = await Tuand.start(t, {args: ['--mirror', 'private']});
    ({call: shop.call} = await redisCli(shop.daemon));
    return shop;
  }

  // Put the campaign of a file; `over` are the parameters that a test needs otherwise. Answers its id.
  async put(file, over = {}) {
    const parameters = {...FILES[file], ...over};
    await this.call('campaign.put', dotted(parameters));
    this.campaigns.add(parameters.campaign);
    return parameters.campaign;
  }

  open(campaign, user, more) { return this.call('room.open', {campaign, user, order: orderOf(user), ...more}); }
  join(room, user, more) { return this.call('room.join', {room, user, order: orderOf(user), ...more}); }
  match(campaign, user, more) { return this.call('room.match', {campaign, user, order: orderOf(user), ...more}); }
  pay(campaign, user, amount, more = {}) {
    const order = more.order ?? orderOf(user);
    return this.call('seat.pay', {campaign, order, amount, payment: `pay-${order}`, ...more});
  }

  // Take a seat with one of the above and pay it.
  async buy(seat, amount) {
    const {campaign, order, user} = await seat;
    return this.pay(campaign, user, amount, {order});
  }

  room(room) { return this.call('room.get', {room}); }
  seat(campaign, user) { return this.call('seat.get', {campaign, order: orderOf(user)}); }
  async seats(room, state) { return (await this.call('room.seats', {room, limit: 500, ...(state ? {state} : {})})).seats; }
  async history(room) { return (await this.call('room.history', {room, limit: 1000})).events; }
  async stats(campaign) { return still(await this.call('stats', {campaign})); }

  // Open refunds as [order, reason, amount], by order.
  async refunds(campaign) {
    const {refunds, open} = await this.call('refund.list', {campaign, limit: 1000});
    assert.equal(open, refunds.length);
    return refunds.map(({order, reason, amount}) => [order, reason, amount]).sort();
  }

  // What the public sees.
  async page(where) {
    const [, web] = /ready rpc=.* web=(\S+)/.exec(this.daemon.errors);
    return (await fetch(`http://${web}${where}`)).json();
  }

  // The feed of the private Redis: what the campaign's consumers read.
  async feed(campaign) {
    const socket = path.join(this.daemon.dir, 'data', 'redis.sock');
    const events = await readFeed(async (...words) => JSON.parse((await run('redis-cli', ['-s', socket, '--json', '-e', ...words])).output));
    return events.filter((event) => event.campaign === campaign);
  }

  async feedOf(campaign, type) { return (await this.feed(campaign)).filter((event) => event.type === type).map(({room, data}) => ({room, ...data})); }

  // The feed, STATS, the campaign and its open refunds tell the same story, in all campaigns.
  async audit() {
    for (const campaign of this.campaigns) {
      const [feed, stats, counted, open] = await Promise.all([this.feed(campaign), this.stats(campaign), this.call('campaign.get', {campaign}), this.refunds(campaign)]);
      const of = (type) => feed.filter((event) => event.type === type);
      const failed = Object.keys(stats).filter((name) => name.startsWith('failed.')).reduce((sum, name) => sum + stats[name], 0);
      const told = [of('room_opened'), of('room_formed'), of('room_failed'), of('room_merged'), of('refund_due'), of('refund_acked')].map((events) => events.length);
      assert.deepEqual(told, [stats.opened, stats.formed, failed, stats.merged, stats.refunded, counted.refunds_acked], `${campaign}: opened, formed, failed, merged, due, acked`);
      assert.deepEqual([counted.rooms_opened, counted.rooms_formed, counted.rooms_failed, counted.rooms_merged, counted.seats_paid, counted.refunds_due, counted.rooms_open],
        [stats.opened, stats.formed, failed, stats.merged, stats.paid, stats.refunded, stats.opened - stats.formed - failed - stats.merged], campaign);
      assert.equal(open.length, stats.refunded - counted.refunds_acked, campaign);
      assert.equal(of('room_formed').reduce((sum, event) => sum + (event.data.amount ?? 0), 0), stats.amount, `${campaign}: what was sold for how much`);
      for (const type of ['room_opened', 'room_formed', 'room_failed', 'room_merged']) {
        const rooms = of(type).map((event) => event.room);
        assert.equal(new Set(rooms).size, rooms.length, `${campaign}: ${type} once for a room`);
      }
      const versions = new Map();
      for (const {room, type, data} of feed.filter((event) => event.room)) {
        assert.ok(data.version >= (versions.get(room) ?? 0), `${campaign} ${room} ${type}: version ${data.version} after ${versions.get(room)}`);
        versions.set(room, data.version);
      }
    }
  }

  // Many requests over one redis-cli, one after the other: answers, and Refusals in the place of those refused. Ends early
  // where the daemon does.
  async batch(lines) {
    const {output} = await run('redis-cli', ['-p', String(this.daemon.port), '-3', '--json'], {input: lines.map((line) => `${line}\n`).join('')});
    return output.split('\n').filter((line) => line !== '').map((line) => {
      if (line.startsWith('{')) return JSON.parse(line);
      return new Refusal(line.replace(/^error:"(.*)"$/, '$1'));
    });
  }

  // Everything that does not change by itself of a campaign and of rooms.
  async books(campaign, rooms) {
    const all = [this.call('campaign.get', {campaign}), this.call('stats', {campaign}), ...rooms.map((room) => this.room(room)),
      ...rooms.map(async (room) => ({seats: await this.seats(room), life: await this.history(room)})), this.call('refund.list', {campaign})];
    return (await Promise.all(all)).map(still);
  }

  // kill -9 in the middle of a sale: the books are the same afterwards.
  async crash(campaign, ...rooms) {
    const before = await this.books(campaign, rooms);
    await this.daemon.kill9();
    await this.daemon.restart();
    assert.deepEqual(await this.books(campaign, rooms), before, 'kill -9 changed nothing');
  }

  // kill -9, and what falls due until `at` falls due while nobody is there.
  async crashUntil(at) {
    await this.daemon.kill9();
    assert.ok(Date.now() < at, 'killed before it was due');
    await sleep(at - Date.now() + 20);
    await this.daemon.restart();
  }
}
