// SPDX-License-Identifier: BSD-2-Clause
// tidy.mjs BUILD_DIR - the house rules that a compiler does not check, as a test:
// files and functions stay short, floors look down only, each library has one door, the engine is pure, the clock is
// read in one place, and neither includes nor calls run in a circle.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { mutants, rare } from './sim/mutants.table.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const build = process.argv[2];
const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;
const faults = [];
let checks = 0;
const check = (holds, fault) => { checks++; if (!holds) faults.push(fault); };

function walk(dir, found = []) {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (['build', 'node_modules', '.git'].includes(name)) continue;
    if (statSync(path).isDirectory()) walk(path, found);
    else found.push(path);
  }
  return found;
}
const files = walk(root).map((path) => relative(root, path));
const sources = files.filter((path) => /\.(c|h|def)$/.test(path));
const text = new Map(sources.map((path) => [path, readFileSync(join(root, path), 'utf8')]));

// ---- size, licence ----
for (const [path, body] of text) {
  const lines = body.split('\n');
  check(lines.length <= FILE_LINES_MAX + 1, `${path}: ${lines.length} lines, more than ${FILE_LINES_MAX}`);
  check(/SPDX-License-Identifier: BSD-2-Clause/.test(lines[0]) || path.endsWith('.def'), `${path}: no SPDX line`);
  if (!path.endsWith('.c')) continue;
  lines.forEach((line, start) => {
    if (line !== '{') return;
    const end = lines.indexOf('}', start);
    check(end - start < FUNCTION_LINES_MAX, `${path}:${start}: a function of ${end - start} lines`);
  });
}

// ---- floors: what a folder may include ----
const floors = {
  proto: [/^proto\//],
  'lib/base': [/^base\//, /^proto\/decimal\.h$/],
  'lib/engine': [/^engine\//, /^base\//, /^proto\//],
  'lib/client': [/^client\//, /^[a-z]+\.h$/],
  'daemon/mirror': [/^daemon\/mirror\//, /^daemon\/clock\.h$/, /^base\//, /^proto\/decimal\.h$/],
  daemon: [/^daemon\//, /^engine\/engine\.h$/, /^base\//, /^proto\//],
  'bench/load': [/^bench\//, /^client\//, /^engine\/engine\.h$/, /^base\//, /^proto\//],
  bench: [/^bench\//, /^client\//, /^base\//, /^proto\//],
};
const floorOf = (path) => Object.keys(floors).sort((a, b) => b.length - a.length).find((floor) => path.startsWith(floor + '/'));
const includes = (path) => [...text.get(path).matchAll(/^#include "([^"]+)"/gm)].map((match) => match[1]);
for (const path of text.keys()) {
  const floor = floorOf(path);
  if (!floor) continue;
  for (const name of includes(path))
    check(floors[floor].some((allowed) => allowed.test(name)), `${path} includes "${name}": not a floor below`);
}

// ---- doors: who may include a library ----
const doors = [
  [/<msgpack/, /^(proto\/(packer\.h|pack\.c|rpc_out\.c)|lib\/client\/)/],
  [/<hiredis/, /^daemon\/mirror\/(replies|link)\.[ch]$/],
  [/<event2|<event\.h/, /^daemon\/(conn[a-z_]*|listener|server[a-z_]*)\.[ch]$|^daemon\/mirror\/(link|mirror)\.[ch]$/],
  [/<jansson/, /^(proto\/json_(in|command)\.c|bench\/)/],
  [/<openssl/, /^lib\/base\/digest\.c$/],
  [/xxhash\.h/, /^lib\/base\/hash\.[ch]$/],
];
for (const [path, body] of text) {
  if (path.startsWith('tests/')) continue;
  for (const [library, door] of doors)
    check(!library.test(body) || door.test(path), `${path} includes ${library.source}: that library has another door`);
  const clock = /clock_gettime|gettimeofday|\btime\(NULL\)/.test(body);
  check(!clock || /(^daemon|tool)\/clock\.c$|^lib\/client\//.test(path), `${path} reads the clock`);
}

// ---- the engine is pure: what its files take in, to the last header ----
for (const path of sources.filter((name) => /^lib\/(engine|base)\/.*\.c$/.test(name))) {
  const all = execFileSync('cc', ['-std=c11', '-D_GNU_SOURCE', '-M', '-I', root, '-I', join(root, 'lib'), join(root, path)], { encoding: 'utf8' });
  check(!/event2?\/|hiredis|msgpack|jansson|jemalloc/.test(all), `${path} takes in a library's header`);
}

// ---- promises: each names a test, and the test is there ----
const promises = readFileSync(join(root, 'daemon/PROMISES.md'), 'utf8');
const named = [...promises.matchAll(/`(tests\/[^`]+)`: “([^”]+)”/g)];
check(named.length > 60, `daemon/PROMISES.md names only ${named.length} tests`);
for (const [, path, title] of named)
  check(files.includes(path) && readFileSync(join(root, path), 'utf8').includes(title), `daemon/PROMISES.md: no “${title}” in ${path}`);
for (const line of promises.split('\n').filter((text) => text.startsWith('| ') && /tests\//.test(text)))
  check(/“[^”]+” \|$/.test(line), `daemon/PROMISES.md: a row without a test: ${line}`);

// ---- mutants: what they change stands in the sources, once; and the lies of the torture rig are in today's words ----
check(mutants.length > 40, `tests/sim/mutants.table.mjs has only ${mutants.length} mutants`);
for (const { why, ...edit } of [...mutants, ...rare])
  for (const { file, from, to } of edit.edits ?? [edit]) {
    const places = files.includes(file) && from ? readFileSync(join(root, file), 'utf8').split(from).length - 1 : 0;
    check(places === 1 && to !== from, `mutant “${why}”: ${file} has its text ${places} times: ${from}`);
  }
const lies = readFileSync(join(root, 'tests/torture/mutants.mjs'), 'utf8');
const spoken = [['ofType', /ofType\('(\w+)'/g, 'facts.def', (word) => `, ${word}, `], ['method', /'((?:room|seat|refund|campaign|feed)\.[a-z]+)'/g, 'commands.def', (word) => `"${word}"`],
  ['code', /code\b[^']*'([A-Z_]+)'/g, 'errors.def', (word) => `(${word}, `]];
for (const [what, pattern, file, spell] of spoken) {
  const words = [...lies.matchAll(pattern)].map((match) => match[1]);
  check(words.length > 0, `tests/torture/mutants.mjs names no ${what}`);
  for (const word of words) check(text.get(`proto/${file}`).includes(spell(word)), `tests/torture/mutants.mjs: no ${word} in proto/${file}`);
}

// ---- circles ----
const unit = (path) => path.replace(/\.[ch]$/, '');
function findCircle(arrows) { // depth first; returns one circle or null
  const state = new Map();
  const trail = [];
  const visit = (node) => {
    state.set(node, 1);
    trail.push(node);
    for (const next of arrows.get(node) ?? []) {
      if (state.get(next) === 1) return [...trail.slice(trail.indexOf(next)), next];
      if (!state.has(next)) { const circle = visit(next); if (circle) return circle; }
    }
    trail.pop();
    state.set(node, 2);
    return null;
  };
  for (const node of arrows.keys()) if (!state.has(node)) { const circle = visit(node); if (circle) return circle; }
  return null;
}
const resolve = (path, name) => [name, join('lib', name), join(dirname(path), name)].find((candidate) => text.has(candidate));
const headers = new Map([...text.keys()].filter((path) => path.endsWith('.h'))
  .map((path) => [path, includes(path).map((name) => resolve(path, name)).filter(Boolean)]));
const headerCircle = findCircle(headers);
check(!headerCircle, `headers include each other: ${headerCircle?.join(' -> ')}`);

if (build) { // calls, from the symbols of the object files
  const objects = execFileSync('find', [build, '-name', '*.c.o', '-not', '-path', '*/tests/*', '-not', '-path', '*shared*'], { encoding: 'utf8' }).trim().split('\n');
  const definer = new Map();
  const wants = new Map();
  for (const object of objects) {
    const match = /^(.*)\/CMakeFiles\/[^/]+\.dir\/(.*)\.c\.o$/.exec(relative(build, object));
    if (!match) continue;
    const name = join(match[1], match[2]);
    if (!text.has(`${name}.c`)) continue;
    wants.set(name, new Set());
    for (const line of execFileSync('nm', ['-g', object], { encoding: 'utf8' }).split('\n')) {
      const [, kind, symbol] = /([A-Za-z]) (\S+)$/.exec(line) ?? [];
      if (kind === 'U') wants.get(name).add(symbol);
      else if (symbol) definer.set(symbol, name);
    }
  }
  check(wants.size > 50, `only ${wants.size} object files found in ${build}`);
  const calls = new Map([...wants].map(([name, symbols]) =>
    [name, [...new Set([...symbols].map((symbol) => definer.get(symbol)).filter((other) => other && other !== name))]]));
  for (let circle; (circle = findCircle(calls)); ) {
    check(false, `calls run in a circle: ${circle.join(' -> ')}`);
    const from = circle[circle.length - 2];
    calls.set(from, calls.get(from).filter((other) => other !== circle[circle.length - 1]));
  }
}

for (const fault of faults) console.log(fault);
console.log(`tidy: ${checks} checks, ${faults.length} failed`);
process.exit(faults.length > 0 ? 1 : 0);
