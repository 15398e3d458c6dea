// SPDX-License-Identifier: BSD-2-Clause
// The files of bench/campaigns are what a real daemon takes and gives back; what is wrong is refused whole, and told.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {refused} from './clients.mjs';
import {FILES, FOLDER, Shop, dotted, parametersOf} from './shop.mjs';
import {ROOT, bin, run} from './tuand.mjs';

const GUIDE = readFileSync(path.join(FOLDER, 'README.md'), 'utf8');
const [, SYSTEMS] = /^## Selling as known systems do$([^]*?)^## /m.exec(readFileSync(path.join(ROOT, 'proto/README.md'), 'utf8'));

describe('campaigns', () => {
  const cleanups = [];
  let shop;
  before(async () => { shop = await Shop.open({after: (work) => cleanups.unshift(work)}); });
  after(async () => { for (const work of cleanups) await work(); });
  const get = async (campaign) => {
    const {now, ...rest} = await shop.call('campaign.get', {campaign});
    return rest;
  };
  const KEPT = ['campaign', 'phase', 'revision'];
  const COUNTED = /^(rooms|seats|refunds)_|^quota_used$/;

  // That answer holds the file's parameters and no others.
  function holds(answer, file) {
    assert.deepEqual(parametersOf(answer, file), dotted(file));
    const others = Object.keys(answer).filter((name) => !(name in dotted(file)) && !KEPT.includes(name) && !COUNTED.test(name));
    assert.deepEqual(others, []);
  }

  test('tuan call campaign.put @file: CAMPAIGN.GET gives back what is in each file', async () => {
    assert.ok(Object.keys(FILES).length >= 16);
    for (const [name, file] of Object.entries(FILES)) {
      assert.equal(file.campaign, name);
      assert.ok(file.name.length > 0, name);
      const {code, errors} = await run(bin('tuan'), ['-s', `127.0.0.1:${shop.daemon.port}`, 'call', 'campaign.put', `@${path.join(FOLDER, name)}.json`, `campaign=tool-${name}`]);
      assert.equal(code, 0, `${name}: ${errors}`);
      holds(await get(`tool-${name}`), {...file, campaign: `tool-${name}`});
    }
  });

  test('the lines for redis-cli in the guide put the same campaigns', async () => {
    const [, lines] = /^```sh\n(redis-cli[^]*?)^```$/m.exec(GUIDE);
    const {code, output, errors} = await run('bash', ['-eu'], {input: lines.replaceAll('redis-cli -p 8826', `redis-cli -p ${shop.daemon.port} -e`)});
    assert.equal(code, 0, output + errors);
    for (const [name, file] of Object.entries(FILES)) holds(await get(name), file);
    const {campaigns} = await shop.call('campaign.list', {limit: 100});
    assert.deepEqual(campaigns.map((c) => c.campaign).filter((id) => !id.startsWith('tool-')).sort(), Object.keys(FILES).sort());
  });

  test('the guide and the reference name each file, and no other', () => {
    for (const [where, text] of [['bench/campaigns/README.md', GUIDE], ['proto/README.md', SYSTEMS]])
      assert.deepEqual([...new Set([...text.matchAll(/`(\w+)\.json`/g)].map((match) => match[1]))].sort(), Object.keys(FILES).sort(), where);
  });

  // The rows of the table of systems: [row, [[parameter, value], …]].
  const rows = SYSTEMS.split('\n').filter((line) => /^\| .*`\w/.test(line))
    .map((row) => [row, [...row.matchAll(/`(\w+(?:\.\w+)?) ([^`]+)`/g)].map(([, name, value]) => [name, value])]);

  test('what the table says of a system is in its file', () => {
    const told = rows.flatMap(([row, pairs]) => {
      const files = [...row.matchAll(/`(\w+)\.json`/g)].map((match) => dotted(FILES[match[1]]));
      return files.length === 1 ? pairs.filter(([name]) => !['start_at', 'tiers'].includes(name)).map(([name, value]) => [name, value, files[0][name]]) : [];
    });
    assert.ok(told.length > 30);
    for (const [name, value, inFile] of told) assert.equal(value, typeof inFile === 'object' ? JSON.stringify(inFile) : String(inFile), name);
  });

  test('each row of the table of systems can be put as it stands', async () => {
    assert.equal(rows.length, 13 + 12);
    // What a row leaves to the sale: numbers that its rule needs.
    const needs = (text) => Object.entries({
      end_at: /room_ttl_ms 0(?!.*cutoff)/.test(text) && 1990000000000, quota: /whole_room/.test(text) && 100, 'virtual.value': /virtual\.mode (?!all)/.test(text) && 50,
      tiers: /tier_mode/.test(text) && '[{"size":3,"price":900},{"size":5,"price":800}]',
      size: /min_success 30/.test(text) ? 5000 : /cut\.total/.test(text) ? 16 : /draw|min_success/.test(text) && 10,
    }).filter(([name, value]) => value && !new RegExp(`(^| )${name} `).test(text));
    const variants = rows.flatMap(([, pairs]) => (pairs.filter(([name]) => name === 'virtual.mode').length > 1 ? pairs.map((pair) => [pair]) : [pairs]));
    const lines = variants.map((pairs, i) => {
      const all = [...pairs, ...needs(pairs.map((pair) => pair.join(' ')).join(' '))];
      return `CAMPAIGN.PUT row-${i} ${all.map(([name, value]) => `${name} '${value}'`).join(' ')}`;
    });
    for (const [i, answer] of (await shop.batch(lines)).entries()) assert.equal(answer.campaign, `row-${i}`, `${lines[i]}: ${answer.message}`);
  });

  const WRONG = [
    ['size 1', /^BAD_ARGUMENT size: 1 is not from 2 to 10000$/],
    ['size many', /^BAD_ARGUMENT size: 'many' is not an integer$/],
    ['min_success 4', /^BAD_ARGUMENT min_success: 4 is more than size 3$/],
    ['hold_ms 86400001', /^BAD_ARGUMENT hold_ms: 86400001 is longer than room_ttl_ms 86400000$/],
    ['start_at 1990000000000 end_at 1980000000000', /^BAD_ARGUMENT end_at: 1980000000000 is not after start_at 1990000000000$/],
    ['tiers \'[{"size":5,"price":900},{"size":4,"price":800}]\'', /^BAD_ARGUMENT tiers: sizes must rise, and 4 follows 5$/],
    ['tiers \'[{"size":5,"price":900},{"size":9,"price":950}]\'', /^BAD_ARGUMENT tiers: prices must fall, and 950 follows 900$/],
    ['virtual.mode threshold_pct virtual.value 140', /^BAD_ARGUMENT virtual\.value: 140 is more than 100 percent$/],
    ['virtual.mode all joiner new_user', /^BAD_ARGUMENT virtual\.mode: .*new_user$/],
    ['draw.winners 4', /^BAD_ARGUMENT draw\.winners: 4 is more than size 3$/],
    ['payment none cut.total 100 cut.min 1 cut.max 49', /^BAD_ARGUMENT cut\.total: 100 is more than 2 helpers cut at most$/],
    ['cut.total 100 cut.min 1 cut.max 99', /^BAD_ARGUMENT cut\.total: .*payment must be none$/],
    ['cutoff 24:00 cutoff_zone Asia/Shanghai', /^BAD_ARGUMENT cutoff: 24:00 is not a time of day, HH:MM$/],
    ['cutoff 23:00 cutoff_zone Asia/Peking', /^BAD_ARGUMENT cutoff_zone: Asia\/Peking is not known here$/],
    ['quota 2 reserve whole_room', /^BAD_ARGUMENT quota: 2 does not hold one whole room of 3$/],
    ['qty_per_order 5 qty_per_user 4', /^BAD_ARGUMENT qty_per_order: 5 is more than qty_per_user 4$/],
    ['referrer_levels 3', /^BAD_ARGUMENT referrer_levels: 3 is not from 0 to 2$/],
    ['match luckiest', /^BAD_ARGUMENT match: 'luckiest' is none of nearly_full oldest spread$/],
    ['match_tags \'["city","city"]\'', /^BAD_ARGUMENT match_tags: city is there twice$/],
    ['colour red', /^BAD_ARGUMENT colour: campaign\.put takes no such argument/],
  ];

  test('what is wrong is refused with its field, its value and the rule, and nothing of it is applied', async () => {
    await shop.call('campaign.put', {campaign: 'kept', size: 3, price: 100, name: 'before'});
    const kept = await get('kept');
    assert.equal(kept.revision, 1);
    // Good values stand before and behind the wrong one.
    const answers = await shop.batch(WRONG.map(([words]) => `CAMPAIGN.PUT kept price 777 ${words} name after`));
    assert.deepEqual(answers.map((answer) => answer.code), WRONG.map(() => 'BAD_ARGUMENT'));
    WRONG.forEach(([words, rule], i) => assert.match(answers[i].message, rule, words));
    assert.deepEqual(await get('kept'), kept);
    const fresh = await shop.batch(WRONG.map(([words]) => `CAMPAIGN.PUT fresh size 3 price 777 ${words.startsWith('size') ? words.replace('size', 'max_rooms -1 quota') : words}`));
    assert.deepEqual(fresh.map((answer) => answer.code), WRONG.map(() => 'BAD_ARGUMENT'));
    await refused('CAMPAIGN_NOT_FOUND', shop.call('campaign.get', {campaign: 'fresh'}));
    await shop.daemon.kill9();
    await shop.daemon.restart();
    assert.deepEqual(await get('kept'), kept);
    await refused('CAMPAIGN_NOT_FOUND', shop.call('campaign.get', {campaign: 'fresh'}));
  });
});
