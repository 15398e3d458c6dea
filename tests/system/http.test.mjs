// SPDX-License-Identifier: BSD-2-Clause
// The same bytes at our web port, at nginx and at libevent's evhttp: what each takes for a request, and where it thinks
// the next one starts. proto/http.md is the table of it; TUAN_HTTP_UPDATE=1 writes it anew.
import assert from 'node:assert/strict';
import {readFile, writeFile} from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {test} from 'node:test';
import {groups, next} from './http_cases.mjs';
import {Process, ROOT, SLOW, Tuand, bin, freePort, run, tempDir, until} from './tuand.mjs';

const TABLE = path.join(ROOT, 'proto/http.md');
const TIMEOUT_S = Math.ceil(SLOW); // the peers give up on what is not whole

async function nginx(t) {
  const dir = await tempDir(t);
  const port = await freePort();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join(' ');
  await writeFile(path.join(dir, 'nginx.conf'), `daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/log crit;
events { worker_connections 512; }
http { access_log off; ${paths} client_header_timeout ${TIMEOUT_S}s; client_body_timeout ${TIMEOUT_S}s; keepalive_timeout ${TIMEOUT_S}s;
  server { listen 127.0.0.1:${port}; location / { add_header X-Target "$request_method $request_uri" always; return 200; } } }\n`);
  const server = new Process('nginx', ['-e', `${dir}/log`, '-c', `${dir}/nginx.conf`]);
  t.after(() => server.kill9());
  await until(`nginx listens: ${server.errors}`, () => new Promise((resolve) => {
    const probe = net.connect(port, '127.0.0.1', () => { probe.destroy(); resolve(true); }).on('error', () => resolve(server.exit && assert.fail(server.errors)));
  }));
  const version = /nginx\/(\S+)/.exec((await run('nginx', ['-v'])).errors)[1];
  return {port, name: `nginx ${version}`};
}

async function evhttp(t) {
  const server = new Process(bin('evhttp_echo'), [String(TIMEOUT_S)]);
  t.after(() => server.kill9());
  const [, port, version] = await until('evhttp_echo is ready', () => /^(\d+) libevent (\S+)/.exec(server.output) ?? (server.exit && assert.fail(server.errors)));
  return {port: Number(port), name: `evhttp ${version.replace('-stable', '')}`};
}

// All that comes back until the peer closes, or has answered `next`.
function exchange(port, bytes, isNext) {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')));
    socket.setEncoding('latin1').on('data', (piece) => { text += piece; if (answersIn(text).some(isNext)) socket.destroy(); });
    socket.on('close', () => resolve(answersIn(text))).on('error', (error) => { if (!/ECONNRESET|EPIPE/.test(error.code)) reject(error); });
    socket.setTimeout(40000 * SLOW, () => { socket.destroy(); reject(new Error(`the peer does not close: ${JSON.stringify(bytes.slice(0, 80))}`)); });
  });
}

// A string each. The last may not be whole yet; one without a head is of HTTP/0.9.
const answersIn = (text) => text.split(/(?=HTTP\/1\.[01] \d{3} )/).filter(Boolean);
const statusOf = (answer) => Number(/^HTTP\/1\.[01] (\d{3}) /.exec(answer)?.[1] ?? 0);
const isNextOf = {
  tuand: (answer) => answer.includes('"code":"CAMPAIGN_NOT_FOUND"'),
  nginx: (answer) => /^X-Target: GET \/v1\/campaigns\/next\r$/m.test(answer),
};
isNextOf.evhttp = isNextOf.nginx;

// What one server made of a case: the answers to its bytes, and whether the next request was found behind them.
class Seen {
  constructor(answers, isNext) {
    this.statuses = answers.filter((answer) => !isNext(answer)).map(statusOf);
    this.goesOn = answers.some(isNext);
  }
  get takes() { return this.statuses.length > 0 && this.statuses[0] < 400; }
  get text() { return [...this.statuses.map((status) => status || 'body without a head'), this.goesOn ? 'next' : 'end'].join(', '); }
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const tableOf = (peers, cases) => `# What the web port reads, and what others read

Grown by \`tests/system/http.test.mjs\` from the bytes in [\`http_cases.mjs\`](../tests/system/http_cases.mjs): sent to tuand, to ${peers.join(' and to ')},
each with one more request behind it in the same write. A cell tells the answers to the case itself; then \`next\` if that next request was read where it
begins, or \`end\` if the connection ended without it. Refused is what has a status from 400 on. The test fails if tuand takes what another refuses, if
tuand goes on and sees other requests than one that takes the bytes, or if this table is not what was observed.

A reader that is more generous than its neighbours is how requests are smuggled past a proxy, so tuand refuses what two readers could read in two ways, and ends
the connection: where the next request would begin is not certain.
${groups.map(([group]) => `
## ${group}

| bytes | tuand | ${peers.join(' | ')} | why so |
| --- | --- | --- | --- | --- |
${cases.filter((row) => row.group === group).map(({name, tuand, nginx: n, evhttp: e, why}) => `| ${cell(name)} | ${tuand.text} | ${n.text} | ${e.text} | ${cell(why)} |`).join('\n')}
`).join('')}`;

test('what we take, nginx and evhttp take alike; proto/http.md tells all of it', async (t) => {
  const [daemon, peerNginx, peerEvhttp] = await Promise.all([Tuand.start(t, {args: ['--mirror', 'none']}), nginx(t), evhttp(t)]);
  const ports = {tuand: daemon.web, nginx: peerNginx.port, evhttp: peerEvhttp.port};
  const cases = groups.flatMap(([group, rows]) => rows.map(([name, bytes, why]) => ({group, name, bytes, why})));
  assert.ok(cases.length >= 60);
  assert.equal(new Set(cases.map(({name}) => name)).size, cases.length);
  await Promise.all(cases.flatMap((row) => Object.entries(isNextOf).map(async ([server, isNext]) => {
    row[server] = new Seen(await exchange(ports[server], row.bytes + next, isNext), isNext);
  })));
  for (const {name, tuand, nginx: n, evhttp: e} of cases) {
    const told = `${name}: ${tuand.text} | ${n.text} | ${e.text}`;
    for (const peer of [n, e]) {
      assert.ok(peer.takes || !tuand.takes, `taken here, refused there: ${told}`);
      if (!peer.takes || !(tuand.takes || tuand.goesOn)) continue;
      assert.equal(peer.statuses.length, tuand.statuses.length, `other requests are seen: ${told}`);
      assert.ok(peer.goesOn || !tuand.goesOn, `the next request is seen here only: ${told}`);
    }
  }
  const table = tableOf([peerNginx.name, peerEvhttp.name], cases);
  if (process.env.TUAN_HTTP_UPDATE) await writeFile(TABLE, table);
  const written = await readFile(TABLE, 'utf8');
  const told = new Set(written.split('\n'));
  const observed = new Set(table.split('\n'));
  const differing = [...[...told].filter((row) => !observed.has(row)).map((row) => `- ${row}`), ...[...observed].filter((row) => !told.has(row)).map((row) => `+ ${row}`)];
  assert.deepEqual(differing, [], 'proto/http.md is not what was observed; TUAN_HTTP_UPDATE=1 node tests/system/http.test.mjs writes it anew');
  assert.ok(written === table, 'the rows of proto/http.md stand in another order');
});
