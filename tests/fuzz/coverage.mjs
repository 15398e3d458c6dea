#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// coverage.mjs [--missing] - which share of each parser's lines the kept corpora run, alone. Fails below 90 % of one.
//   cmake --preset coverage && tests/fuzz/coverage.mjs     (--missing names the lines that were not run)
import {execFileSync} from 'node:child_process';
import {readFileSync, readdirSync, rmSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const LEAST_PERCENT = 90;
// What each target is for: the files that read bytes from outside, and no others.
const PARSERS = {
  rpc: ['proto/cursor.c', 'proto/rpc_in.c'],
  resp: ['proto/resp_in.c', 'proto/command.c', 'proto/field.c', 'proto/json_in.c', 'proto/suggest.c'],
  http: ['proto/http.c'],
  json: ['proto/json_command.c', 'proto/json_in.c', 'proto/command.c'],
  fact: ['proto/unpack.c'],
  record: ['proto/unpack.c'],
  config: ['daemon/options.c', 'daemon/options_load.c', 'daemon/address.c', 'daemon/auth.c'],
  replies: ['daemon/mirror/replies.c'],
  dumped: ['daemon/dumped.c', 'proto/range.c', 'proto/unpack.c'],
};

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '..', '..');
const build = path.join(root, 'build', 'coverage');
const targets = Object.keys(PARSERS);
const files = [...new Set(Object.values(PARSERS).flat())];

execFileSync('cmake', ['--build', build, '--target', ...targets.map((target) => `fuzz_${target}`)], {stdio: ['ignore', 'ignore', 'inherit']});
const notes = readdirSync(build, {recursive: true, encoding: 'utf8'}).filter((name) => name.endsWith('.gcda'));
for (const name of notes) rmSync(path.join(build, name));
for (const target of targets)
  execFileSync(path.join(build, 'bin', `fuzz_${target}`), [path.join(here, 'corpus', target)], {stdio: ['ignore', 'ignore', 'ignore']});

// Lines of a file -> how often each was run, by gcov.
function linesOf(file) {
  const object = readdirSync(build, {recursive: true, encoding: 'utf8'}).find((name) => name.endsWith(`.dir/${path.basename(file)}.gcda`) &&
    name.startsWith(`${path.dirname(file)}/`));
  if (!object) throw new Error(`${file} was never entered`);
  const report = JSON.parse(execFileSync('gcov', ['--json-format', '--stdout', path.join(build, object)], {cwd: build, maxBuffer: 1 << 28}));
  return report.files.find((entry) => entry.file.endsWith(`/${file}`) || entry.file === file).lines;
}

let failed = 0;
for (const file of files) {
  const runs = new Map();
  for (const line of linesOf(file)) runs.set(line.line_number, (runs.get(line.line_number) ?? 0) + line.count);
  const missing = [...runs].filter(([, count]) => count === 0).map(([line]) => line);
  const percent = 100 * (runs.size - missing.length) / runs.size;
  if (percent < LEAST_PERCENT) failed++;
  console.log(`${percent.toFixed(1).padStart(5)} %  ${String(runs.size - missing.length).padStart(4)} of ${String(runs.size).padStart(4)} lines  ${file}`);
  if (!process.argv.includes('--missing')) continue;
  const source = readFileSync(path.join(root, file), 'utf8').split('\n');
  for (const line of missing) console.log(`         ${line}: ${source[line - 1].trim()}`);
}
if (failed) console.error(`${failed} parsers are below ${LEAST_PERCENT} %`);
process.exit(failed ? 1 : 0);
