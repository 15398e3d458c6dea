// SPDX-License-Identifier: BSD-2-Clause
// The README's tour, run as it stands. Ids and times may differ, nothing else.
// With TUAN_README_UPDATE=1 the answers in the README are written anew.
import assert from 'node:assert/strict';
import {existsSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {ROOT, Tuand, run} from './tuand.mjs';

const FILE = path.join(ROOT, 'README.md');
const README = readFileSync(FILE, 'utf8');
const HERE = path.dirname(fileURLToPath(import.meta.url));
const UPDATE = process.env.TUAN_README_UPDATE === '1';
const blocks = (language) => [...README.matchAll(new RegExp('^```' + language + '\\n([^]*?)^```$', 'gm'))].map((match) => match[1]);

const stable = (text) => text.trim().replace(/\b(?=[0-9A-Z]*\d)[0-9A-HJKMNP-TV-Z]{20}\b/g, 'ID').replace(/\b1\d{12}\b/g, 'TIME');

// `$ command` lines with what they print.
const steps = blocks('console').map((block) => block.split(/^\$ /m).slice(1).map((step) => {
  const [command, ...answer] = step.split('\n');
  return {command, answer: answer.join('\n')};
}));

describe('the README', () => {
  const cleanups = [];
  let daemon;
  before(async () => { daemon = await Tuand.start({after: (work) => cleanups.unshift(work)}); });
  after(async () => { for (const work of cleanups) await work(); });

  test('the tour with redis-cli answers what it shows', async () => {
    const all = steps.flat();
    assert.ok(all.length > 15);
    const script = all.map(({command}) => `${command}\necho "== next"`).join('\n').replaceAll('-p 8826', `-p ${daemon.port}`).replaceAll('127.0.0.1:8827', `127.0.0.1:${daemon.web}`);
    const {code, output, errors} = await run('bash', ['-eu'], {input: script});
    assert.equal(code, 0, errors);
    const answers = output.split('== next\n').slice(0, -1);
    assert.equal(answers.length, all.length);
    if (UPDATE) {
      let text = README, from = 0;
      all.forEach(({command, answer}, i) => {
        const old = `$ ${command}\n${answer}`;
        from = text.indexOf(old, from);
        const fresh = `$ ${command}\n${answers[i].trim() === '' ? '' : answers[i].trim() + '\n'}`;
        text = text.slice(0, from) + fresh + text.slice(from + old.length);
        from += fresh.length;
      });
      writeFileSync(FILE, text);
      return;
    }
    all.forEach(({command, answer}, i) => assert.equal(stable(answers[i]), stable(answer), command));
  });

  test('the programs in it run', async () => {
    const expected = [/^order order-5 user eve seat held\n$/, /^order-6 member open\n$/];
    const programs = blocks('js');
    assert.equal(programs.length, expected.length);
    for (const [i, program] of programs.entries()) {
      const {code, output, errors} = await run(process.execPath, ['--input-type=module', '-e', program.replaceAll('8826', String(daemon.port))], {cwd: HERE});
      assert.equal(code, 0, errors);
      assert.match(output, expected[i]);
    }
  });

  test('what it names is there', () => {
    for (const [, name] of README.matchAll(/`((?:proto|lib|daemon|bench|tests)\/[\w./-]*|\w+\.md)`/g))
      assert.ok(existsSync(path.join(ROOT, name)), `${name} is named in the README`);
    for (const script of ['bench/demo.sh', 'tests/run.sh']) assert.ok(README.includes(script));
  });

  test('what it says is not served yet is what the rows say', () => {
    const rows = readFileSync(path.join(ROOT, 'proto/commands.def'), 'utf8');
    const later = [...rows.matchAll(/^TUAN_COMMAND\(\w+, "([\w.]+)", \w+, LATER,/gm)].map((match) => match[1].toUpperCase());
    const list = /not served yet \(they answer so\)(?:: `([^`]*)`)?/.exec(README);
    assert.deepEqual((list?.[1] ?? '').split(/\s+/).filter(Boolean).sort(), later.sort());
    assert.ok(readdirSync(HERE).includes('package-lock.json'));
  });
});
