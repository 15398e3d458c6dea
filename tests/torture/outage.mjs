// SPDX-License-Identifier: BSD-2-Clause
// outage.mjs - a world whose Redis is away for a while under load, and nothing else goes wrong: writes are refused or wait, reads
// go on, /readyz is red and /livez is green, and soon after its return all is well, nothing lost, nothing doubled.
import {request} from '../system/web.mjs';
import {SLOW} from '../system/tuand.mjs';
import {isAlive, sleep, until} from './servers.mjs';
import {Line, TRANSIENT, ask, isOpen} from './shoppers.mjs';
import {World} from './world.mjs';

const CALM = {client_strikes_per_s: 0, mirror_strikes_per_s: 0, hasMirrorProxy: false, descriptors: 0, diesFirstAt: null, think_ms: 10,
  lease_ms: 120000}; // over redis:// reads go on for two thirds of the lease
const QUIET_ROOMS = 8;
const BACK_MS = 2000 * SLOW; // from Redis's return to the first write, and to readiness
const ANSWER_MS = 2000 * SLOW; // for an answer, besides mirror.timeout_ms for a write
const PATIENT_MS = 10000; // an outage in which writes are given up, however patient the daemon is
const LOOK_MS = 25;

export class Outage extends World {
  constructor(seed, folder, chosen, outage_ms) {
    super(seed, folder, chosen);
    Object.assign(this.config, CALM, outage_ms < PATIENT_MS ? {mirror_timeout_ms: 300} : {});
    this.outage_ms = outage_ms;
  }

  async storm() {
    this.openShop();
    this.quiet = [];
    for (let n = 0; n < QUIET_ROOMS; n++) {
      const campaign = `quiet-${n}`;
      await this.surely('campaign.put', {campaign, size: 3, price: 100});
      this.quiet.push((await this.surely('room.match', {campaign, user: 'quiet', order: 'quiet'})).reply);
    }
    await this.surely('campaign.put', {campaign: 'probe', size: 2, price: 100, payment: 'none'});
    await until('the shop is busy', () => this.board.acknowledged > 200);
    await this.outage('stopped');
    if (!this.isPrivate) { // (a private one that dies is back at once)
      const {acknowledged} = this.board;
      await until('the shop is busy again', () => this.board.acknowledged > acknowledged + 200);
      await this.outage('killed');
    }
    this.isPeace = true;
  }

  async goAway(how) {
    const pid = this.isPrivate ? this.privatePid : this.primary.process.pid;
    if (how === 'killed') await this.primary.kill9();
    else process.kill(pid, 'SIGSTOP');
    return pid;
  }

  async comeBack(how, pid) {
    if (how === 'killed') return this.primary.launch();
    if (!await isAlive(pid)) return this.trouble('a redis-server that stood still was not waited for');
    return process.kill(pid, 'SIGCONT');
  }

  async outage(how) {
    const pid = await this.goAway(how);
    const from = this.fault(`outage: Redis is ${how}`).at;
    this.isOut = true;
    const looks = {live: [], ready: [], reads: [], writes: []};
    const watching = [this.watchPort('/livez', looks.live), this.watchPort('/readyz', looks.ready), this.watchReads(looks.reads), this.watchWrites(looks.writes)];
    await sleep(this.outage_ms);
    this.isOut = false;
    const until_at = this.history.now();
    await this.comeBack(how, pid);
    const back = performance.now();
    this.fault('outage: Redis is back');
    const green = until('readiness is green', async () => (await request(this.daemon.admin, '/readyz')).status === 200).then(() => performance.now() - back);
    const writing = this.firstWrite().then(() => performance.now() - back);
    await Promise.all(watching);
    this.judgeOutage(how, {from, until_at, looks, green_ms: await green, writing_ms: await writing});
  }

  async firstWrite() {
    for (let n = 0; ; n++) {
      const args = {campaign: 'probe', user: `back-${n}-${this.probes}`, order: `back-${n}-${this.probes}`};
      const call = await ask(this.history, this.clean, 'room.match', args);
      if (call?.reply) return;
      if (isOpen(call)) this.board.unsettled.push({method: 'room.match', args});
      await sleep(LOOK_MS);
    }
  }

  async watchPort(path, looks) {
    while (this.isOut) {
      const at = this.history.now();
      const {status} = await request(this.daemon.admin, path);
      looks.push({at, ms: this.history.now() - at, status});
      await sleep(LOOK_MS);
    }
  }

  // Of what was committed before, and is not touched now.
  async watchReads(looks) {
    const line = new Line('reader', 'ioredis', () => ({port: this.daemon.port}));
    for (let n = 0; this.isOut; n++) {
      const {room, campaign} = this.quiet[n % this.quiet.length];
      looks.push(await ask(this.history, line, ...(n % 2 ? ['room.get', {room}] : ['seat.get', {campaign, order: 'quiet'}])));
      await sleep(LOOK_MS);
    }
    line.client?.close();
  }

  async watchWrites(looks) {
    const line = new Line('probe', 'rpc', () => ({port: this.daemon.port}));
    this.probes ??= 0;
    await sleep(LOOK_MS); // a redis-server that is told to stop stops a little later
    while (this.isOut) {
      const name = `probe-${++this.probes}`;
      const args = {campaign: 'probe', user: name, order: name};
      const call = await ask(this.history, line, 'room.match', args);
      if (isOpen(call)) this.board.unsettled.push({method: 'room.match', args});
      looks.push({...call, wasOut: this.isOut});
      await sleep(LOOK_MS);
    }
    line.client?.close();
  }

  judgeOutage(how, {from, until_at, looks, green_ms, writing_ms}) {
    const {live, ready, reads, writes} = looks;
    const fail = (isWrong, text) => { if (isWrong) this.trouble(`Redis ${how}: ${text}`); };
    const dead = live.filter(({status, ms}) => status !== 200 || ms > ANSWER_MS);
    const red = ready.findIndex(({status}) => status === 503);
    const unread = reads.filter((call) => call?.reply === undefined);
    const done = writes.filter(({reply, wasOut}) => reply !== undefined && wasOut);
    const strange = writes.filter(({error, reply}) => !reply && !TRANSIENT.has(error?.code) && error?.code !== 'UNKNOWN');
    const late = writes.filter(({begin, end}) => end - begin > this.config.mirror_timeout_ms + ANSWER_MS);
    const refused = writes.filter(({error}) => TRANSIENT.has(error?.code)).length;
    fail(live.length === 0 || dead.length > 0, `/livez was not green: ${JSON.stringify(dead.slice(0, 3))} of ${live.length}`);
    fail(red < 0 || ready.slice(red).some(({status}) => status !== 503), `/readyz was not red throughout: ${ready.map(({status}) => status).join(' ')}`);
    fail(reads.length === 0 || unread.length > 0, `${unread.length} of ${reads.length} reads were not answered: ${JSON.stringify(unread[0])}`);
    fail(done.length > 0, `a write was acknowledged: ${JSON.stringify(done[0])}`);
    fail(strange.length > 0, `a write was answered so: ${JSON.stringify(strange[0])}`);
    fail(late.length > 0, `a write was answered late: ${JSON.stringify(late[0])}`);
    fail(refused === 0, `none of ${writes.length} writes was refused for certain`);
    fail(green_ms > BACK_MS || writing_ms > BACK_MS, `back only ${writing_ms} ms (readiness ${green_ms} ms) after its return`);
    const codes = [...new Set(writes.map(({error}) => error?.code ?? 'done when it was back'))]
      .map((code) => `${writes.filter(({error}) => (error?.code ?? 'done when it was back') === code).length} ${code}`).join(', ');
    this.measures.push(`Redis ${how} for ${((until_at - from) / 1000).toFixed(1)} s: readiness red after ${Math.round(ready[red]?.at - from)} ms, `
      + `${reads.length} reads answered, ${writes.length} writes: ${codes}; the first one in ${Math.round(writing_ms)} ms after its return`);
  }
}
