// SPDX-License-Identifier: BSD-2-Clause
// observers.mjs - who only looks: pages of the web port, a watcher of all campaigns, a reader of the feed. What they are shown is
// written down like any answer.
import {rpc} from '../system/clients.mjs';
import {sleep} from '../system/tuand.mjs';
import {request} from '../system/web.mjs';
import {ask, withinPatience} from './shoppers.mjs';

const AGAIN_MS = 50;

const publicStatus = ({id, ...status}) => ({room: id, ...status});

// GET of one room, or of several (then the reply is a list).
export async function askWeb(history, name, port, rooms) {
  const isOne = rooms.length === 1;
  const call = {client: `web of ${name}`, method: isOne ? 'web.room' : 'web.rooms', args: {room: isOne ? rooms[0] : rooms}, begin: history.now()};
  try {
    const {status, text} = await withinPatience(request(port, isOne ? `/v1/rooms/${rooms[0]}` : `/v1/rooms?ids=${rooms.join()}`));
    const body = JSON.parse(text);
    if (status !== 200) call.error = {code: body.error.code, text, details: {}};
    else call.reply = isOne ? publicStatus(body) : body.rooms.map((room) => (room.error ? room : publicStatus(room)));
  } catch (error) {
    call.cut = error.message;
  }
  call.end = history.now();
  return history.note('call', call);
}

// Statuses that come by themselves. Watches anew when its connection breaks.
export class Watcher {
  constructor(world) { this.world = world; }

  async run() {
    const {world} = this;
    while (!world.isPeace) {
      let client = null;
      try {
        client = await withinPatience(rpc({port: world.clientProxy.port}));
        client.session.on('notification', (method, [status]) => { if (method === 'room') this.note(status); });
        for (const {campaign} of world.config.campaigns) await withinPatience(client.call('watch', {campaign}));
        const cut = new Promise((resolve) => { client.socket.once('close', resolve); });
        while (!world.isPeace && client.socket.readable) await Promise.race([cut, sleep(AGAIN_MS)]);
      } catch { // refused or cut
        await sleep(AGAIN_MS);
      }
      client?.close();
    }
  }

  note(status) {
    const at = this.world.history.now();
    this.world.history.note('call', {client: 'watcher', method: 'push', args: {}, begin: at, end: at, reply: publicStatus(status)});
  }
}

// Reads the feed from the beginning, page by page, over all that breaks; at the end to the end.
export class FeedReader {
  constructor(world, line) { Object.assign(this, {world, line, after: undefined}); }

  page(args) { return ask(this.world.history, this.line, 'feed.read', {...args, ...(this.after === undefined ? {} : {after: this.after})}); }

  async run() {
    while (!this.world.isPeace) {
      const call = await this.page({limit: 50, wait_ms: 200});
      if (call?.reply) this.after = call.reply.cursor;
      else await sleep(AGAIN_MS);
    }
  }

  async finish() {
    for (;;) {
      const {reply} = await this.world.surely('feed.read', {limit: 1000, ...(this.after === undefined ? {} : {after: this.after})}, this.line);
      if (reply === undefined || reply.events.length === 0) return; // refused: the checker judges it
      this.after = reply.cursor;
    }
  }
}
