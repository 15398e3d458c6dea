// SPDX-License-Identifier: BSD-2-Clause
// world.mjs - one seed's world: real processes, wires that break, shoppers; a storm, then peace, then an audit.
import {rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {readAofs} from './aof.mjs';
import {drawConfig} from './config.mjs';
import {History} from './history.mjs';
import {nemeses} from './nemeses.mjs';
import {FeedReader, Watcher, askWeb} from './observers.mjs';
import {Proxy} from './proxy.mjs';
import {Random} from './random.mjs';
import {OwnRedis, TorturedTuand, run, sleep, until} from './servers.mjs';
import {Board, Line, Shopper, TRANSIENT, ask, isOpen} from './shoppers.mjs';

const PEACE_MS = 30000; // by then everything must be well again
const SLOW_MS = 15000; // a strike and all that it takes to be over it: worth a word
const PATIENCE_MS = 3000; // with a start or a repair under fire
const EXIT_NO_MIRROR = 69;

export class World {
  constructor(seed, folder, chosen) {
    this.config = drawConfig(seed, chosen);
    this.random = new Random(seed).fork('world');
    this.folder = folder;
    this.history = new History();
    this.history.note('world', {seed, config: this.config});
    this.measures = []; // worth a word
    this.troubles = []; // what went wrong besides the history
    this.isPeace = false;
    this.counts = {starts: 0, cuts: 0};
    this.hits = new Map(); // what happened at a point or by an order -> how often
  }

  fault(what, more = {}) { return this.history.note('fault', {at: this.history.now(), what, ...more}); }
  hit(what) { this.hits.set(what, (this.hits.get(what) ?? 0) + 1); }
  trouble(text) { this.troubles.push(text); }

  // ---- setting up ----

  get isPrivate() { return this.config.mode === 'private'; }
  get hasReplica() { return ['replica', 'lossy'].includes(this.config.mode); }
  get daemons() { return [this.daemon].filter(Boolean); }
  get anyDaemon() { return this.daemon; }
  get redises() { return [this.primary, this.replica].filter(Boolean); }

  async setUp() {
    const {config} = this;
    const args = ['--set', `mirror.timeout_ms=${config.mirror_timeout_ms}`, '--set', `snapshot.every_ms=${config.snapshot_every_ms}`,
      '--set', `mirror.flight_batches=${config.flight_batches}`, '--set', `mirror.lease_ms=${config.lease_ms}`, '--set', 'shutdown.grace_ms=3000',
      ...config.settings.flatMap((setting) => ['--set', setting])];
    if (!this.isPrivate) {
      this.primary = new OwnRedis(path.join(this.folder, 'a'));
      await this.primary.launch();
      if (this.hasReplica) await this.addReplica();
    }
    const isProxied = config.hasMirrorProxy || this.hasReplica;
    if (isProxied)
      this.mirrorProxy = new Proxy(this.random.fork('mirror wire'), () => (this.isPrivate ? {path: this.daemon.socket} : {port: this.primary.port, host: '127.0.0.1'}));
    if (!this.isPrivate) {
      if (isProxied) await this.mirrorProxy.listen();
      args.push('--mirror', `redis://127.0.0.1:${isProxied ? this.mirrorProxy.port : this.primary.port}`);
    }
    this.daemon = new TorturedTuand(this.folder, args, {isAside: this.isPrivate && isProxied, descriptors: config.descriptors});
    if (this.isPrivate && isProxied) await this.mirrorProxy.listen(path.join(this.daemon.data, 'redis.sock'));
    if (config.diesFirstAt) await this.startTold(...config.diesFirstAt);
    else await this.start();
    this.clientProxy = await new Proxy(this.random.fork('client wire'), () => ({port: this.anyDaemon.port, host: '127.0.0.1'})).listen();
    this.clean = new Line('clean', 'ioredis', () => ({port: this.anyDaemon.port}), config.mode === 'duel');
    for (const parameters of config.campaigns) await this.surely('campaign.put', parameters);
  }

  async addReplica() {
    this.replica = new OwnRedis(path.join(this.folder, 'b'));
    this.copyProxy = await new Proxy(this.random.fork('copy wire'), () => ({port: this.primary.port, host: '127.0.0.1'})).listen();
    await this.replica.launch();
    await this.follow(this.replica);
  }

  // Make `redis` a replica of the primary, and wait until it is one.
  async follow(redis) {
    await redis.cli('REPLICAOF', '127.0.0.1', this.copyProxy.port);
    await until('the replica follows', async () => /master_link_status:up/.test(await redis.cli('INFO', 'replication')), 20000);
  }

  // The daemon's wire is left alone when this takes long: some things need a while between two cuts.
  async sparing(work) {
    const spare = setTimeout(() => { this.isSparing = true; }, PATIENCE_MS);
    try {
      return await work();
    } finally {
      clearTimeout(spare);
      this.isSparing = false;
    }
  }

  // Start the daemon, again if its Redis was not to be reached, or if it was told to die on its way.
  start() {
    return this.sparing(async () => {
      for (let attempt = 1; ; attempt++) {
        this.counts.starts++;
        await this.daemon.launch();
        try {
          return await this.cameUp();
        } catch (error) {
          if (this.daemon.wasTold) continue;
          if (this.daemon.process.exit?.code !== EXIT_NO_MIRROR || attempt === 20) throw error;
        }
      }
    });
  }

  // Start a daemon that is told to die at a point on its way, and one that lives after it. Who came up without passing the point
  // is told to live.
  async startTold(point, order) {
    const {faults} = this.daemon;
    const kills = faults.get('tuand', 'kills');
    faults.arm('tuand', point, order);
    await this.start();
    if (!await faults.takeBack('tuand') || this.daemon.killsBefore > kills) return; // it lives, or is the one after
    await this.daemon.process.end();
    await this.start();
  }

  cameUp() { return this.daemon.ready(30000); }

  // Ask through a wire that nobody cuts, until there is an answer for certain.
  async surely(method, args, line = this.clean) {
    const end = Date.now() + PEACE_MS * 2;
    for (;;) {
      const call = await ask(this.history, line, method, args);
      if (call && this.isAudit) call.isAudit = true;
      if (!isOpen(call) && !TRANSIENT.has(call.error?.code)) return call;
      if (Date.now() > end) throw new Error(`no answer to ${method} ${JSON.stringify(args)}: ${JSON.stringify(call)}`);
      await sleep(20);
    }
  }

  // Its daemon died although nobody killed it.
  checkAlive() {
    for (const {process: {exit}, wasTold, errors} of this.daemons)
      if (exit && !wasTold) throw new Error(`tuand ended by itself: ${JSON.stringify(exit)}\n${errors.slice(-4000)}`);
  }

  // The orders that this world's Redis obeys.
  get redisFaults() { return this.isPrivate ? this.daemon.faults : this.primary.faults; }
  get privatePid() { return this.daemon.redisPid(); }

  // ---- storm ----

  async strikes(proxy, per_s, name) {
    const random = this.random.fork(name);
    const kinds = {cut: 4, half: 2, swallow: 4, late: 3, hold: 2, hold_replies: 2, hold_requests: 2, weather: 1, refuse: 0.5};
    while (!this.isPeace && per_s > 0) {
      await sleep(random.next() * 2000 / per_s);
      if (this.isPeace) return;
      if (this.isSparing && proxy === this.mirrorProxy) continue;
      const kind = random.weighed(kinds);
      const ms = random.log(10, name === 'mirror' ? 1500 : 800);
      this.fault(`${name} ${kind}`, {ms});
      if (kind === 'weather') {
        proxy.setWeather(random.of([{}, {delay_ms: random.log(2, 60)}, {slice_bytes: random.int(1, 40)}]));
        setTimeout(() => proxy.setWeather({}), ms);
      } else if (kind === 'refuse') await proxy.refuse(ms / 4);
      else proxy.strike(kind, {ms, all: random.chance(0.15)});
    }
  }

  openShop() {
    const {config} = this;
    this.board = new Board({...config, isFree: new Set(config.campaigns.filter((c) => c.payment === 'none').map((c) => c.campaign))},
      (rooms) => askWeb(this.history, 'a shopper', this.anyDaemon.web, [...new Set(rooms)]));
    const lines = Array.from({length: config.lines}, (_, n) => new Line(`c${n}`, n % 2 ? 'ioredis' : 'rpc', () => ({port: this.clientProxy.port}), config.mode === 'duel'));
    this.crowd = Array.from({length: config.shoppers}, (_, n) => new Shopper(`${n}`,
      {board: this.board, history: this.history, line: lines[n % lines.length], random: this.random.fork(`shopper ${n}`)}).run());
    this.reader = new FeedReader(this, new Line('reader of the feed', 'rpc', () => ({port: this.clientProxy.port}), config.mode === 'duel'));
    this.crowd.push(new Watcher(this).run(), this.reader.run());
  }

  async storm() {
    const {config} = this;
    this.openShop();
    const weather = [this.strikes(this.clientProxy, config.client_strikes_per_s, 'client')];
    if (this.mirrorProxy) weather.push(this.strikes(this.mirrorProxy, config.mirror_strikes_per_s, 'mirror'));
    const random = this.random.fork('nemesis');
    try {
      for (let n = 0; n < config.strikes; n++) {
        await sleep(random.next() * 2 * config.calm_ms);
        const what = random.weighed(config.nemeses);
        this.chooseVictim(random);
        this.checkAlive();
        const fault = this.fault(what);
        await nemeses[what](this, random);
        fault.took_ms = Math.round(this.history.now() - fault.at);
        if (fault.took_ms > SLOW_MS) this.measures.push(`${what} at ${Math.round(fault.at)} ms took ${fault.took_ms} ms`);
      }
      await sleep(config.calm_ms);
      this.checkAlive();
    } finally {
      this.isPeace = true;
      await Promise.all(weather);
    }
  }

  chooseVictim() {} // there is only one

  // ---- peace ----

  async peace() {
    for (const proxy of [this.clientProxy, this.mirrorProxy].filter(Boolean)) proxy.setWeather({});
    this.fault('peace');
    this.board.stop = true;
    await Promise.all(this.crowd);
    for (const {campaign} of this.config.campaigns) // every partition takes writes again
      await this.surely('room.match', {campaign, user: 'peace', order: 'peace'});
    await this.inTurns(this.board.unsettled, ({method, args}) => this.surely(method, args));
    await this.reader.finish();
  }

  // Everything that anybody can ask for, asked.
  async audit() {
    this.fault('audit');
    this.isAudit = true;
    const rooms = new Map();
    const orders = new Map();
    for (const {args, reply} of this.history.of('call')) {
      if (reply?.room && reply.campaign) rooms.set(reply.room, true);
      if (reply?.order && reply.campaign) orders.set(`${reply.campaign} ${reply.order}`, {campaign: reply.campaign, order: reply.order});
      else if (args?.order && args.campaign) orders.set(`${args.campaign} ${args.order}`, {campaign: args.campaign, order: args.order});
    }
    await this.inTurns([...orders.values()], (args) => this.surely('seat.get', args));
    await this.inTurns([...rooms.keys()], (room) => this.surely('room.get', {room}));
    for (const campaign of new Set(this.history.of('call').filter(({method}) => method === 'campaign.put').map(({args}) => args.campaign))) {
      await this.surely('campaign.get', {campaign});
      let cursor;
      do {
        const call = await this.surely('refund.list', {campaign, limit: 500, ...(cursor ? {cursor} : {})});
        ({cursor} = call.reply);
      } while (cursor);
    }
  }

  async inTurns(items, work, width = 32) {
    let next = 0;
    await Promise.all(Array.from({length: width}, async () => { while (next < items.length) await work(items[next++]); }));
  }

  // Nothing more happens to the servers: what stands on their disks is the truth.
  async collect() {
    const folders = this.isPrivate ? [path.join(this.daemon.data, 'appendonlydir')] : this.redises.flatMap((redis) => redis.folders);
    for (const daemon of this.daemons) await daemon.process.kill9(); // and with it a private Redis, whose heads stand in its file
    const now = this.isPrivate ? null : await this.readHeads();
    for (const redis of this.redises) await redis.end();
    const {entries, events, heads} = readAofs(folders);
    for (const entry of entries) this.history.note('entry', entry);
    for (const event of events) this.history.note('event', event);
    for (const [partition, head] of now ?? heads) this.history.note('head', {partition, head});
    this.isCollected = true;
  }

  async redisCli(...words) {
    if (!this.isPrivate) return this.primary.cli(...words);
    const {code, output, errors} = await run('redis-cli', ['-s', this.daemon.socket, '-e', ...words.map(String)]);
    if (code !== 0) throw new Error(`redis-cli ${words.join(' ')}: ${output}${errors}`);
    return output;
  }

  // False: it did not answer, or refused.
  async tryRedis(...words) {
    try {
      await this.redisCli(...words);
      return true;
    } catch {
      return false;
    }
  }

  // As the daemon tells it, by a wire of its own.
  async infoMirror() {
    const {output} = await run('redis-cli', ['-p', String(this.daemon.port), 'INFO', 'mirror']);
    return output;
  }

  async readHeads() {
    const heads = new Map();
    for (const key of await this.primary.cli('KEYS', 'tuan:{*}:head')) heads.set(Number(/\{(\d+)\}/.exec(key)[1]), await this.primary.cli('GET', key));
    return heads;
  }

  async restart() {
    await this.daemon.kill9();
    await this.start();
  }

  // ---- all of it ----

  async run() {
    try {
      await this.setUp();
      await this.storm();
      await this.peace();
      await this.audit();
      await this.restart();
      await this.audit();
      await this.collect();
      for (const daemon of this.daemons) daemon.checkLog();
    } catch (error) {
      this.trouble(error.stack);
    } finally {
      await this.end();
    }
    this.counts.cuts = [this.clientProxy, this.mirrorProxy, this.copyProxy].reduce((sum, proxy) => sum + (proxy?.count.cuts ?? 0), 0);
    this.counts.daemonKills = this.daemons.reduce((sum, daemon) => sum + daemon.kills, 0);
    this.counts.redisKills = this.redises.reduce((sum, redis) => sum + redis.kills, 0) + (this.counts.privateKills ?? 0) + (this.counts.toldRedisKills ?? 0);
    this.counts.failovers ??= 0;
    return this;
  }

  async end() {
    this.isPeace = true;
    if (this.board) this.board.stop = true;
    for (const {process} of [...this.daemons, ...this.redises])
      if (process?.exit === null) await process.kill9();
    for (const proxy of [this.clientProxy, this.mirrorProxy, this.copyProxy]) proxy?.close();
    for (const line of [this.clean, this.reader?.line]) line?.client?.close();
    await Promise.all(this.crowd ?? []);
  }

  // Keep what is needed to look at a violation.
  async keep(wrong) {
    await this.history.write(path.join(this.folder, 'history.jsonl'));
    for (const [n, daemon] of this.daemons.entries()) writeFileSync(path.join(this.folder, `tuand${n || ''}.log`), daemon.log + (daemon.process?.errors ?? ''));
    writeFileSync(path.join(this.folder, 'violations.txt'), `${wrong.join('\n')}\n`);
  }

  remove() { rmSync(this.folder, {recursive: true, force: true, maxRetries: 20, retryDelay: 50}); }
}
