// SPDX-License-Identifier: BSD-2-Clause
// servers.mjs - the processes that are tortured: tuand, its private redis-server, or Redis servers of an operator.
import {chmodSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {Faults} from './faults.mjs';
import {Process, Tuand, bin, freePort, isAlive, run, sleep, until} from '../system/tuand.mjs';

// Started as redis-server by tuand; listens beside the place where it was told to, so that a proxy can stand there.
const ASIDE = `#!/bin/sh
left=$#
while [ "$left" -gt 0 ]; do
  word=$1
  shift
  case $word in */redis.sock) word=\${word%redis.sock}real.sock ;; esac
  set -- "$@" "$word"
  left=$((left - 1))
done
exec /usr/bin/redis-server "$@"
`;

export class TorturedTuand extends Tuand {
  // isAside: its private redis-server listens on another socket than it believes; descriptors: its limit of open files, if any.
  constructor(dir, args, {isAside = false, descriptors = 0} = {}) {
    super(dir, args);
    Object.assign(this, {data: path.join(dir, 'data'), kills: 0, descriptors});
    mkdirSync(this.data, {recursive: true});
    this.faults = new Faults(path.join(dir, 'tuand.faults'));
    this.env = {...process.env, ...this.faults.env};
    this.socket = path.join(this.data, isAside ? 'real.sock' : 'redis.sock');
    if (!isAside) return;
    const folder = path.join(dir, 'bin');
    mkdirSync(folder, {recursive: true});
    writeFileSync(path.join(folder, 'redis-server'), ASIDE);
    chmodSync(path.join(folder, 'redis-server'), 0o755);
    this.env.PATH = `${folder}:${this.env.PATH}`;
  }

  async launch() {
    if (this.process) this.log += this.process.errors;
    this.port ||= await freePort();
    this.web ??= await freePort();
    const words = [bin('tuand'), '--rpc', `127.0.0.1:${this.port}`, '--web', `127.0.0.1:${this.web}`, '--admin', '127.0.0.1:0',
      '--dir', this.data, ...this.args];
    if (this.descriptors > 0) words.unshift('prlimit', `--nofile=${this.descriptors}:${this.descriptors}`);
    this.killsBefore = this.faults.get('tuand', 'kills');
    this.process = new Process(words[0], words.slice(1), {env: this.env});
    this.process.ended.then(() => { this.kills += this.wasTold; });
  }

  // This process has died, or dies now, at a point where it was to.
  get wasTold() { return this.faults.get('tuand', 'kills') > this.killsBefore; }

  get isUp() { return this.process !== undefined && this.process.exit === null; }

  async kill9() {
    if (this.isUp) this.kills++;
    await super.kill9();
  }
}

// A Redis of the operator's, whose append-only file is never rewritten: it tells all that ever happened.
export class OwnRedis {
  constructor(dir) {
    Object.assign(this, {dir, port: 0, kills: 0, process: null});
    this.socket = path.join(dir, 'redis.sock');
    this.attic = path.join(dir, 'attic'); // append-only files of before
    this.attics = 0;
    mkdirSync(dir, {recursive: true});
    this.faults = new Faults(path.join(dir, 'redis.faults'));
  }

  get folder() { return path.join(this.dir, 'appendonlydir'); }
  get folders() { return [...Array.from({length: this.attics}, (_, n) => `${this.attic}.${n}`), this.folder]; }

  async launch(args = []) {
    if (this.port === 0) this.port = await freePort();
    await this.mend();
    this.process = new Process('/usr/bin/redis-server', ['--port', this.port, '--bind', '127.0.0.1', '--unixsocket', this.socket,
      '--dir', this.dir, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always', '--aof-load-truncated', 'no',
      '--auto-aof-rewrite-percentage', '0', '--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1', ...args].map(String),
    {env: {...process.env, ...this.faults.env}});
    await until('redis-server is ready', () => {
      if (this.process.exit) throw new Error(`redis-server ended: ${this.process.output.slice(-2000)}`);
      return /Ready to accept connections/.test(this.process.output);
    });
  }

  // What a careful operator does before a start: a torn end is cut off.
  async mend() {
    const manifest = path.join(this.folder, 'appendonly.aof.manifest');
    if (existsSync(manifest)) await run('/usr/bin/redis-check-aof', ['--fix', manifest], {input: 'y\n'});
  }

  async kill9() {
    if (this.process.exit === null) this.kills++;
    await this.process.kill9();
  }

  async cli(...words) {
    const isText = words[0] === 'INFO';
    const {code, output, errors} = await run('redis-cli', ['-p', String(this.port), '-e', ...(isText ? [] : ['--json']), ...words.map(String)]);
    if (code !== 0) throw new Error(`redis-cli ${words.join(' ')}: ${output}${errors}`);
    return isText ? output : JSON.parse(output);
  }

  // Its append-only files, put aside (copied, or moved away).
  keepAside({move = false} = {}) {
    if (!existsSync(this.folder)) return null;
    const place = `${this.attic}.${this.attics++}`;
    if (move) renameSync(this.folder, place);
    else cpSync(this.folder, place, {recursive: true});
    return place;
  }

  putBack(place) {
    rmSync(this.folder, {recursive: true, force: true});
    cpSync(place, this.folder, {recursive: true});
  }

  async end() { if (this.process?.exit === null) await this.process.kill9(); }
}

export {isAlive, run, sleep, until};
