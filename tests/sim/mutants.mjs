// SPDX-License-Identifier: BSD-2-Clause
// mutants.mjs [--rare] [number…] - does the simulator find what it is there for? Each mutant is one small wrong change, made to a
// copy of the sources; the simulator, built anew, must fail within TUAN_MUTANT_STEPS (1,000,000) steps. Fails if one
// lives. The copy is in a temporary folder, or in TUAN_MUTANT_DIR, which is kept (a second run builds faster).
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { mutants as common, rare } from './mutants.table.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const dir = process.env.TUAN_MUTANT_DIR ?? mkdtempSync(join(tmpdir(), 'tuan-mutants-'));
const steps = Number(process.env.TUAN_MUTANT_STEPS ?? 1000000);
const seed = process.env.TUAN_MUTANT_SEED ?? '1';
const isRare = process.argv.includes('--rare');
const mutants = isRare ? rare : common;
const chosen = process.argv.slice(2).filter((word) => word !== '--rare').map(Number);

function copySources() {
  const names = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  for (const name of names.trim().split('\n')) cpSync(join(root, name), join(dir, name));
  run('cmake', ['-G', 'Ninja', '-B', 'build', '-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O1']);
}

function run(command, args) {
  const done = spawnSync(command, args, { cwd: dir, encoding: 'utf8' });
  return { isGood: done.status === 0, text: done.stdout + done.stderr };
}

const build = () => run('cmake', ['--build', 'build', '-j2', '--target', 'tuan-sim']);
// A quarter of the steps in worlds of all kinds, the rest where daemons fight for short leases; then as many as in the first
// where campaigns are dropped and loaded back. A world that is healed has half of them to be well again.
function simulate() {
  const args = (share) => ['--seed', seed, '--total', String(steps * share), '--steps', '4000', '--calm', String(steps / 2), '--first'];
  let result = run('build/bin/tuan-sim', args(1 / 4));
  if (result.isGood) result = run('build/bin/tuan-sim', [...args(3 / 4), '--duels']);
  return result.isGood ? run('build/bin/tuan-sim', [...args(1 / 4), '--moves']) : result;
}

function edit({ file, from, to }) {
  const path = join(dir, file);
  const text = readFileSync(path, 'utf8');
  const places = text.split(from).length - 1;
  if (places !== 1) throw new Error(`${file}: "${from}" stands there ${places} times`);
  writeFileSync(path, text.replace(from, () => to));
  return () => writeFileSync(path, text);
}
const mutate = (mutant) => (mutant.edits ?? [mutant]).map(edit);

// What the simulator said: its first flaw, or the assertion.
function finding(text) {
  const flaw = /FAILED seed (\d+), step (\d+): (.*)/.exec(text);
  if (flaw) return `seed ${flaw[1]}, step ${flaw[2]}: ${flaw[3]}`;
  const death = /seed (\d+) died in step (\d+)/.exec(text);
  const assertion = /Assertion `(.*)' failed/.exec(text);
  return death ? `seed ${death[1]}, step ${death[2]}: assertion ${assertion?.[1] ?? '?'}` : text.trim().slice(-100);
}

let survivors = 0;
copySources();
if (!build().isGood || !simulate().isGood) {
  console.log('the sources as they are do not pass');
  process.exit(1);
}
for (const [index, mutant] of mutants.entries()) {
  if (chosen.length > 0 && !chosen.includes(index + 1)) continue;
  const restore = mutate(mutant);
  const built = build();
  const result = built.isGood ? simulate() : { isGood: true, text: `does not build: ${built.text.slice(-600)}` };
  for (const undo of restore.reverse()) undo();
  if (result.isGood) survivors++;
  console.log(`${String(index + 1).padStart(2)} ${result.isGood ? 'LIVES ' : 'caught'} ${mutant.why}\n             ${finding(result.text)}`);
}
console.log(`${chosen.length || mutants.length} mutants, ${survivors} live`);
if (!process.env.TUAN_MUTANT_DIR) rmSync(dir, { recursive: true });
process.exit(survivors > 0 && !isRare ? 1 : 0);
