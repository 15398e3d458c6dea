// SPDX-License-Identifier: BSD-2-Clause
// tuand.mjs - daemons and Redis servers for the tests: started on free ports in temporary directories, watched, ended.
//
// Everything started here dies with the test that started it, and with this process even if it is killed (setpriv
// --pdeathsig). Time-outs are multiplied by TUAN_SLOW (default 1), for slow machines.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const SLOW = Number(process.env.TUAN_SLOW ?? 1);
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const BIN = process.env.TUAN_BIN ?? path.join(ROOT, 'build/dev/bin');
export const bin = (name) => path.join(BIN, name);
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// What must never be in a daemon's log.
const DISASTER = /ERROR: (Address|Leak|Undefined)\w*Sanitizer|runtime error:|Assertion .* failed|assertion failed|SUMMARY: \w+Sanitizer/i;

const children = new Set();
process.on('exit', () => { for (const child of children) child.kill('SIGKILL'); });

// Wait until `condition` answers something true, and return that.
export async function until(what, condition, ms = 10000) {
  const end = Date.now() + ms * SLOW;
  for (let pause = 2; ; pause = Math.min(pause * 1.5, 50)) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`timed out after ${ms * SLOW} ms: ${what}`);
    await sleep(pause);
  }
}

// Whether nobody listens there now. `port` 0: any; the answer is the port, or 0.
function tryPort(port) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', (error) => (error.code === 'EADDRINUSE' ? resolve(0) : reject(error)));
    server.listen(port, '127.0.0.1', () => {
      const {port: found} = server.address();
      server.close(() => resolve(found));
    });
  });
}

// A port for a server that is started later, and again after it has died. It is none of those that the kernel gives to connections and to
// whoever asks for any: such a port can be somebody else's by then. Processes that run at the same time search in different places.
const [EPHEMERAL] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t').map(Number);
const LOWEST = 10000, PORTS_A_PROCESS = 64;
let portsTried = process.pid * PORTS_A_PROCESS;
export async function freePort() {
  if (EPHEMERAL < LOWEST + PORTS_A_PROCESS) return tryPort(0); // the kernel gives them all
  for (let attempt = 0; attempt < EPHEMERAL - LOWEST; attempt++) {
    const port = await tryPort(LOWEST + portsTried++ % (EPHEMERAL - LOWEST));
    if (port !== 0) return port;
  }
  throw new Error(`no port from ${LOWEST} to ${EPHEMERAL - 1} is free`);
}

export async function tempDir(t) {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'tuan-test-'));
  t.after(() => rm(dir, {recursive: true, force: true, maxRetries: 20, retryDelay: 50}));
  return dir;
}

// A child process whose output is kept and whose end can be awaited.
export class Process {
  constructor(file, args, options = {}) {
    this.output = '';
    this.errors = '';
    this.exit = null; // {code, signal}
    this.child = spawn('setpriv', ['--pdeathsig', 'KILL', file, ...args],
      {stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], ...options});
    children.add(this.child);
    this.child.stdout.setEncoding('utf8').on('data', (text) => { this.output += text; });
    this.child.stderr.setEncoding('utf8').on('data', (text) => { this.errors += text; });
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => { this.errors += error.message; resolve(this.exit = {code: 127}); });
      this.child.on('close', (code, signal) => { children.delete(this.child); resolve(this.exit = {code, signal}); });
    });
    if (options.input !== undefined) {
      this.child.stdin.on('error', () => {});
      if (options.input !== null) this.child.stdin.end(options.input);
    }
  }

  get pid() { return this.child.pid; }

  signal(name) { if (this.exit === null) process.kill(this.pid, name); }

  async end(ms = 20000) {
    await until(`the end of process ${this.pid} (${this.errors.slice(-2000)})`, () => this.exit, ms);
    return this.exit;
  }

  async kill9() {
    this.signal('SIGKILL');
    return this.end();
  }
}

// Run to the end. {code, output, errors}; kills it after ms.
export async function run(file, args = [], {ms = 30000, ...options} = {}) {
  const child = new Process(file, args, options);
  try {
    const {code, signal} = await child.end(ms);
    return {code, signal, output: child.output, errors: child.errors};
  } catch (error) {
    await child.kill9();
    throw new Error(`${path.basename(file)} ${args.join(' ')}: ${error.message}\n${child.output.slice(-1000)}`);
  }
}

// tuand on a free port. `args` are further flags, `env` further variables; the same directory is used on restart.
export class Tuand {
  constructor(dir, args, env) {
    this.dir = dir;
    this.args = args;
    this.env = env;
    this.log = ''; // of all starts
    this.port = 0;
  }

  static async start(t, {dir, args = [], env = {}} = {}) {
    const daemon = new Tuand(dir ?? await tempDir(t), args, env);
    t.after(() => daemon.end());
    await daemon.launch();
    await daemon.ready();
    return daemon;
  }

  // Start the process, do not wait.
  async launch({args = this.args, port = this.port} = {}) {
    assert.ok(existsSync(bin('tuand')), `${bin('tuand')} is not built: cmake --preset dev && cmake --build --preset dev`);
    if (this.process) this.log += this.process.errors;
    this.process = new Process(bin('tuand'), ['--rpc', `127.0.0.1:${port || await freePort()}`, '--web', '127.0.0.1:0', '--admin',
      '127.0.0.1:0', '--dir', path.join(this.dir, 'data'), ...args], {env: {...process.env, ...this.env}});
  }

  async ready(ms = 20000) {
    const line = await until('tuand is ready', () => this.process.exit ?? /ready rpc=[^ ]*:(\d+) .*/.exec(this.process.errors), ms)
      .catch((error) => { throw new Error(`${error.message}\n${this.errors.slice(-3000)}`); });
    if (!Array.isArray(line)) throw new Error(`tuand ended with ${JSON.stringify(line)}:\n${this.errors.slice(-3000)}`);
    this.port = Number(line[1]);
    this.web = Number(/ web=[^ ]*:(\d+)/.exec(line[0])?.[1]);
    this.admin = Number(/ admin=[^ ]*:(\d+)/.exec(line[0])?.[1]);
    return line[0];
  }

  get errors() { return this.process.errors; } // of this start
  get pid() { return this.process.pid; }

  redisPid() {
    const pids = [...this.errors.matchAll(/redis-server started" pid=(\d+)/g)];
    return pids.length ? Number(pids.at(-1)[1]) : null;
  }

  saw(pattern, ms) { return until(`the log says ${pattern}`, () => pattern.exec(this.errors), ms); }

  // SIGTERM; must end by itself with code 0 and a clean log.
  async stop(ms = 20000) {
    this.process.signal('SIGTERM');
    const exit = await this.process.end(ms);
    this.checkLog();
    assert.equal(exit.code, 0, `exit ${JSON.stringify(exit)}: ${this.errors.slice(-2000)}`);
  }

  async kill9() {
    await this.process.kill9();
    this.checkLog();
  }

  async restart(options) {
    assert.ok(this.process.exit, 'stopped before');
    await this.launch(options);
    return this.ready();
  }

  checkLog() {
    const log = this.log + this.errors;
    const found = DISASTER.exec(log);
    if (found) assert.fail(`in tuand's log: ${log.slice(Math.max(0, found.index - 200), found.index + 4000)}`);
  }

  // After the test, however it went.
  async end() {
    if (this.process.exit === null) {
      this.process.signal('SIGCONT');
      this.process.signal('SIGTERM');
      await this.process.end(15000).catch(() => this.process.kill9());
    }
    this.checkLog();
  }
}

// A Redis of the operator's: free port and a Unix socket, appendonly like a careful one.
export class Redis {
  static async start(t, args = [], env = {}) {
    const redis = new Redis();
    redis.env = env;
    redis.dir = await tempDir(t);
    redis.port = await freePort();
    redis.socket = path.join(redis.dir, 'redis.sock');
    redis.args = args;
    t.after(async () => { if (redis.process.exit === null) { redis.process.signal('SIGCONT'); await redis.process.kill9(); } });
    await redis.launch();
    return redis;
  }

  get url() { return `redis://127.0.0.1:${this.port}`; }

  async launch() {
    this.process = new Process('redis-server', ['--port', this.port, '--bind', '127.0.0.1', '--unixsocket', this.socket,
      '--dir', this.dir, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always', ...this.args].map(String),
      {env: {...process.env, ...this.env}});
    await until('redis-server is ready', () => /Ready to accept connections/.test(this.process.output));
  }

  async cli(...words) {
    const {code, output, errors} = await run('redis-cli', ['-p', String(this.port), '-e', '--json', '-3', ...words.map(String)]);
    assert.equal(code, 0, `redis-cli ${words.join(' ')}: ${output}${errors}`);
    return JSON.parse(output);
  }
}

// The resident set of a process in bytes.
export async function residentBytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024;
}

export async function isAlive(pid) {
  try {
    return !/^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
