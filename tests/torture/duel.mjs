// SPDX-License-Identifier: BSD-2-Clause
// duel.mjs - a world of two daemons on one Redis: one serves, the other stands by and takes over when the first falls silent, which may
// then wake up and go on where it stopped. Whatever it does, nobody is shown what is old, and the log stays one chain.
import path from 'node:path';
import {TorturedTuand, until} from './servers.mjs';
import {World} from './world.mjs';

export class Duel extends World {
  constructor(seed, folder, chosen) {
    super(seed, folder, chosen);
    this.pair = [];
    this.roaming = this.random.fork('which daemon');
  }

  get daemons() { return this.pair.length > 0 ? this.pair : super.daemons; }
  get anyDaemon() { return this.pair.length > 0 ? this.roaming.of(this.pair) : this.daemon; }

  async setUp() {
    await super.setUp();
    const second = new TorturedTuand(path.join(this.folder, 'second'), this.daemon.args);
    this.pair = [this.daemon, second];
    this.daemon = second;
    await this.start();
  }

  chooseVictim(random) { this.daemon = random.of(this.pair); }

  // One that stands by is never "ready": it is up when it has found its Redis.
  async cameUp() {
    if (this.pair.length === 0) return super.cameUp();
    const {daemon} = this;
    await until('the daemon has found its Redis', () => daemon.process.exit ?? /msg="connected to Redis"/.test(daemon.errors), 30000);
    if (daemon.process.exit) throw new Error(`tuand ended with ${JSON.stringify(daemon.process.exit)}:\n${daemon.errors.slice(-3000)}`);
    return daemon;
  }

  async restart() {
    for (const daemon of this.pair) await daemon.kill9();
    for (const daemon of this.pair) {
      this.daemon = daemon;
      await this.start();
    }
  }
}
