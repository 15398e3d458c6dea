// SPDX-License-Identifier: BSD-2-Clause
// shop.mjs - a daemon with something to look at: campaigns, rooms in every state, and a client that goes on shopping.
import {ioredis} from '../system/clients.mjs';
import {Tuand} from '../system/tuand.mjs';

export const MARKUP = '<b>烏龍茶</b> & "高山"'; // a name that must stay text

export class Shop {
  static async start(t, {dir, args = ['--mirror', 'none'], auth} = {}) {
    const shop = new Shop();
    shop.daemon = await Tuand.start(t, {dir, args});
    shop.client = await ioredis(shop.daemon, auth ? {password: auth} : {});
    t.after(() => shop.client.close());
    shop.orders = 0;
    return shop;
  }

  get url() { return `http://127.0.0.1:${this.daemon.admin}/`; }
  call(method, args) { return this.client.call(method, args); }

  // A seat for somebody new, paid or held. Answers it.
  async match(campaign, {pays = true, profile} = {}) {
    const order = `order-${++this.orders}`;
    const seat = await this.call('room.match', {campaign, user: `shopper-${this.orders}`, order, ...profile && {profile}});
    return pays ? this.call('seat.pay', {campaign, order}) : seat;
  }

  // Every state that a room and a seat can be in. {open, formed, failed}: room ids.
  async fill() {
    await this.call('campaign.put', {campaign: 'tea', size: 3, price: 2900, name: MARKUP});
    await this.call('campaign.put', {campaign: 'rice', size: 20, price: 4990, name: '五常大米 20人團', min_success: 8});
    await this.call('campaign.put', {campaign: 'late', size: 2, price: 900, status: 'paused', name: '暫停的活動'});
    const rooms = {};
    for (let i = 0; i < 3; i++) ({room: rooms.formed} = await this.match('tea', {profile: '林*'}));
    ({room: rooms.failed} = await this.match('tea', {profile: '<i>王*明</i>'}));
    await this.match('tea', {pays: false});
    await this.call('room.dissolve', {room: rooms.failed, reason: 'out of stock'});
    ({room: rooms.open} = await this.match('tea', {profile: '陳*華'}));
    await this.match('tea', {pays: false});
    for (let i = 0; i < 7; i++) ({room: rooms.many} = await this.match('rice', {pays: i < 5}));
    return rooms;
  }
}
