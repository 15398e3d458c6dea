// SPDX-License-Identifier: BSD-2-Clause
// The Debian packages, as far as a test may go without a machine to install them on: built, judged by lintian, unpacked, and what is in them
// fits together. tests/package.sh installs and boots them.
import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {BIN, run, tempDir} from './tuand.mjs';

async function done(file, args, options) {
  const {code, output, errors} = await run(file, args, options);
  assert.equal(code, 0, `${file} ${args.join(' ')}: ${output}${errors}`);
  return output;
}

test('the packages are made, lintian has nothing against them, and what is in them fits together', async (t) => {
  const dir = await tempDir(t);
  await done('cpack', ['-B', dir, '-D', 'CPACK_DEBIAN_COMPRESSION_TYPE=gzip'], {cwd: path.dirname(BIN), ms: 100000});
  const debs = readdirSync(dir).filter((name) => name.endsWith('.deb'));
  for (const name of ['tuand', 'tuan']) assert.ok(debs.some((deb) => deb.startsWith(`${name}_`)), `${name} is among ${debs}`);
  await done('lintian', ['--allow-root', '--fail-on', 'error,warning', ...debs.map((deb) => path.join(dir, deb))], {ms: 100000});

  const deb = path.join(dir, debs.find((name) => name.startsWith('tuand_')));
  const depends = await done('dpkg-deb', ['-f', deb, 'Depends', 'Recommends']);
  for (const name of ['libc6', 'libevent-core', 'init-system-helpers', 'redis-server']) assert.ok(depends.includes(name), `${name} in ${depends}`);
  assert.deepEqual(await done('dpkg-deb', ['--info', deb, 'conffiles']), '/etc/tuan/tuan.conf\n');

  const root = path.join(dir, 'root');
  for (const name of debs) await done('dpkg-deb', ['-x', path.join(dir, name), root]);
  await done(path.join(root, 'usr/bin/tuand'), ['--config', path.join(root, 'etc/tuan/tuan.conf'), '--check-config']);
  const unit = await done('cat', [path.join(root, 'lib/systemd/system/tuand.service')]);
  for (const [, file] of unit.matchAll(/(?:ExecStart=|--config |file:)(\/[^\s]+)/g)) await done('test', ['-e', path.join(root, file)]);
  assert.match(await done('cat', [path.join(root, 'usr/lib/sysusers.d/tuand.conf')]), /^u tuan /m);
  for (const [name, section, word] of [['tuand', 8, '--check-config'], ['tuan', 1, 'tuan replay']]) {
    const page = await done('man', ['--warnings', path.join(root, `usr/share/man/man${section}/${name}.${section}.gz`)], {env: {...process.env, MANPAGER: 'cat', MANWIDTH: '200'}});
    assert.ok(page.replaceAll('‐', '-').includes(word), `${name}(${section}) tells of ${word}`);
  }
  for (const name of ['tuan', 'tuand'])
    assert.equal(await done('bash', ['-c', 'source "$1" && complete -p "$2"', '-', path.join(root, 'usr/share/bash-completion/completions', name), name]).then((text) => text.trim().split(' ').at(-1)), name);
  for (const name of ['README.md', 'tuan.nginx', 'prometheus.yml', 'tuan.rules.yml', 'tuan.dashboard.json']) await done('test', ['-s', path.join(root, 'usr/share/doc/tuand', name)]);
});
