// SPDX-License-Identifier: BSD-2-Clause
// Every kind of sale in bench/campaigns, told to its end over redis-cli (the public's page is looked at besides), with kill -9 of the daemon in the middle.
// Where a file's times are long the stories shorten them (room_ttl_ms, hold_ms); all else is as the file says.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {describe, test} from 'node:test';
import {refused} from './clients.mjs';
import {FILES, Shop, orderOf} from './shop.mjs';
import {SLOW, sleep, until} from './tuand.mjs';

const SHORT = {room_ttl_ms: 5000 * SLOW, hold_ms: 2000 * SLOW}; // long enough to fill the rooms of a story
const names = (prefix, from, to) => Array.from({length: to - from + 1}, (_, i) => `${prefix}${from + i}`);
const count = (list) => list.reduce((sums, key) => ({...sums, [key]: (sums[key] ?? 0) + 1}), {});
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const NO_FAILURES = {'failed.deadline': 0, 'failed.campaign_end': 0, 'failed.leader_unpaid': 0, 'failed.leader_left': 0, 'failed.dissolved': 0};

// STATS in numbers: what is not named must be 0; how long rooms took is not asked.
async function statsAre(shop, campaign, expected) {
  const {'fill_ms.p50': p50, 'fill_ms.p95': p95, ...stats} = await shop.stats(campaign);
  assert.equal(p50 !== undefined && p95 >= p50, (expected.formed ?? 0) > 0, 'fill_ms is there once a room has formed');
  assert.deepEqual(stats, {campaign, opened: 0, joined: 0, paid: 0, formed: 0, ...NO_FAILURES, merged: 0, released: 0, refunded: 0, members_new: 0, members_old: 0,
    referred: 0, amount: 0, amount_referred: 0, ...expected});
}

// Told on a daemon of its own; in the end all its books must agree.
const story = (title, tell) => test(title, async (t) => {
  const shop = await Shop.open(t);
  await tell(shop);
  await shop.audit();
  await shop.daemon.stop();
});

describe('kinds of sales', {concurrency: 4}, () => {
  story('pintuan: the leader pays first, three payments form the room; one that is not full in 24 h owes its money', async (shop) => {
    const c = await shop.put('pintuan');
    const {room, ...opened} = await shop.open(c, 'ann');
    assert.deepEqual([opened.room_state, opened.seat, opened.price, 'deadline' in opened], ['pending', 'held', 1990, false]);
    assert.equal(opened.hold_until - opened.now, 900000);
    await refused('LEADER_UNPAID', shop.join(room, 'bob'));
    await refused('NO_JOINABLE_ROOM', shop.match(c, 'bob', {open: 0}));
    await shop.crash(c, room);
    const started = await shop.pay(c, 'ann', 1990);
    assert.equal(started.room_state, 'open');
    assert.equal(started.deadline - started.now, 86400000, 'the clock starts when the leader has paid');
    await refused('LIMIT_PER_ORDER', shop.join(room, 'bob', {qty: 11}));
    const held = await shop.match(c, 'bob', {qty: 2});
    assert.equal(held.room, room);
    await refused('ALREADY_IN_ROOM', shop.join(room, 'bob', {order: 'another'}));
    await refused('OWN_ROOM', shop.join(room, 'ann', {order: 'another'}));
    await shop.join(room, 'cat');
    const full = await refused('ROOM_FULL', shop.join(room, 'dan'));
    assert.ok(Number(full.details.retry_after_ms) <= 930000 && full.details.room === room);
    await shop.crash(c, room);
    assert.equal((await shop.seat(c, 'bob')).hold_until, held.hold_until);
    assert.deepEqual((await shop.pay(c, 'bob', 3980)).missing, 1);
    assert.deepEqual((await shop.pay(c, 'cat', 1990)).room_state, 'formed');
    await shop.crash(c, room);
    assert.deepEqual((await shop.history(room)).map((e) => [e.event, e.order]), [['room_opened', undefined], ['seat_held', 'o-ann'], ['seat_paid', 'o-ann'],
      ['seat_held', 'o-bob'], ['seat_held', 'o-cat'], ['seat_paid', 'o-bob'], ['seat_paid', 'o-cat'], ['room_formed', undefined]]);
    const [formed, ...more] = await shop.feedOf(c, 'room_formed');
    assert.equal(more.length, 0);
    assert.deepEqual([formed.reason, formed.real, formed.virtual ?? 0, formed.amount], ['full', 3, 0, 7960]);
    assert.deepEqual(formed.seats.map((s) => [s.order, s.user, s.amount]), [['o-ann', 'ann', 1990], ['o-bob', 'bob', 3980], ['o-cat', 'cat', 1990]]);
    assert.deepEqual(await shop.refunds(c), []);
    await statsAre(shop, c, {opened: 1, joined: 2, paid: 3, formed: 1, members_old: 3, amount: 7960});

    const short = await shop.put('pintuan', {campaign: 'short', ...SHORT});
    const {room: lost} = await shop.open(short, 'eve');
    const {deadline} = await shop.pay(short, 'eve', 1990);
    await shop.buy(shop.join(lost, 'fay'), 1990);
    await shop.join(lost, 'gus');
    await shop.crashUntil(deadline);
    assert.deepEqual(await shop.refunds(short), [['o-eve', 'room_failed', 1990], ['o-fay', 'room_failed', 1990]]);
    const ended = await shop.room(lost);
    assert.deepEqual([ended.state, ended.reason, ended.deadline, ended.paid, ended.missing, ended.free], ['failed', 'deadline', deadline, 0, 0, 0]);
    assert.ok(ended.failed_at >= deadline);
    assert.equal((await shop.seat(short, 'gus')).seat, 'released');
    assert.deepEqual((await shop.feed(short)).map((e) => e.type), ['room_opened', 'room_failed', 'refund_due', 'refund_due']);
    await refused('ROOM_EXPIRED', shop.join(lost, 'hal'));
    for (const {refund, order} of (await shop.call('refund.list', {campaign: short})).refunds) await shop.call('refund.ack', {refund, ref: `bank-${order}`});
    await shop.crash(short, lost);
    assert.deepEqual([await shop.refunds(short), (await shop.seat(short, 'eve')).seat], [[], 'refunded']);
    assert.deepEqual((await shop.feedOf(short, 'refund_acked')).map((e) => e.ref).sort(), ['bank-o-eve', 'bank-o-fay']);
    await statsAre(shop, short, {opened: 1, joined: 2, paid: 2, 'failed.deadline': 1, released: 1, refunded: 2});
  });

  story('laodaixin: a known customer opens, only new ones join, each once; what they bring is told', async (shop) => {
    const c = await shop.put('laodaixin');
    const {room} = await shop.buy(shop.open(c, 'old'), 990);
    await refused('NOT_NEW_USER', shop.join(room, 'known'));
    await refused('REFERRER_INVALID', shop.join(room, 'new1', {new_user: 1, referrer: 'old', referrer2: 'boss'}));
    await refused('REFERRER_INVALID', shop.join(room, 'new1', {new_user: 1, referrer: 'new1'}));
    await shop.join(room, 'new1', {new_user: 1, referrer: 'old'});
    await shop.crash(c, room);
    await shop.pay(c, 'new1', 990);
    await refused('NOT_NEW_USER', shop.join(room, 'known'));
    const last = await shop.buy(shop.join(room, 'new2', {new_user: 1, referrer: 'old'}), 990);
    assert.deepEqual([last.seat, last.room_state], ['settled', 'formed']);
    const {room: second} = await shop.buy(shop.open(c, 'old', {order: 'second'}), 990);
    await refused('LIMIT_JOINS', shop.join(second, 'new1', {order: 'again', new_user: 1}));
    const mine = await shop.call('user.seats', {campaign: c, user: 'old'});
    assert.deepEqual([mine.opens, mine.opens_left, mine.joins_left], [2, 1, 1]);
    assert.deepEqual((await shop.feedOf(c, 'commission')).map((e) => [e.room, e.order, e.referrer, e.level, e.amount]),
      [[room, 'o-new1', 'old', 1, 990], [room, 'o-new2', 'old', 1, 990]]);
    assert.deepEqual((await shop.feedOf(c, 'room_formed'))[0].seats.map((s) => [s.user, s.new_user ?? 0]), [['old', 0], ['new1', 1], ['new2', 1]]);
    await statsAre(shop, c, {opened: 2, joined: 2, paid: 4, formed: 1, members_new: 2, members_old: 1, referred: 2, amount: 2970, amount_referred: 1980});
  });

  story('membership: levels and channels are asked of everybody, two levels of referrers earn', async (shop) => {
    const c = await shop.put('membership');
    await refused('CHANNEL_BLOCKED', shop.open(c, 'm1', {level: 3}));
    await refused('CHANNEL_BLOCKED', shop.open(c, 'm1', {level: 3, channel: 'web'}));
    await refused('CROWD_NOT_ALLOWED', shop.open(c, 'm1', {channel: 'app'}));
    const {room} = await shop.buy(shop.open(c, 'm1', {level: 1, channel: 'app', referrer: 'r1', referrer2: 'r2'}), 19900);
    await refused('CROWD_NOT_ALLOWED', shop.join(room, 'm2', {channel: 'mini', level: 0}));
    await refused('REFERRER_INVALID', shop.join(room, 'm2', {channel: 'mini', level: 2, referrer2: 'r1'}));
    await refused('LIMIT_PER_ORDER', shop.join(room, 'm2', {channel: 'mini', level: 2, qty: 4}));
    await shop.join(room, 'm2', {channel: 'mini', level: 2, qty: 3, referrer: 'm1', referrer2: 'r1'});
    await shop.crash(c, room);
    assert.deepEqual(await shop.feedOf(c, 'commission'), [], 'nobody earns before the room has formed');
    assert.equal((await shop.pay(c, 'm2', 59700)).room_state, 'formed');
    await shop.crash(c, room);
    assert.deepEqual((await shop.feedOf(c, 'commission')).map((e) => [e.order, e.referrer, e.level, e.amount]),
      [['o-m1', 'r1', 1, 19900], ['o-m1', 'r2', 2, 19900], ['o-m2', 'm1', 1, 59700], ['o-m2', 'r1', 2, 59700]]);
    await shop.open(c, 'm2', {order: 'more', level: 2, channel: 'app', qty: 3});
    await shop.pay(c, 'm2', 59700, {order: 'more'});
    const mine = await shop.call('user.seats', {campaign: c, user: 'm2'});
    assert.deepEqual([mine.qty, mine.qty_left], [6, 0]);
    await shop.buy(shop.match(c, 'm3', {level: 1, channel: 'app'}), 19900);
    await refused('LIMIT_TOTAL', shop.open(c, 'm2', {order: 'too-much', level: 2, channel: 'app'}));
    assert.equal((await shop.feedOf(c, 'commission')).length, 4, 'who came by himself earns nobody anything');
    await statsAre(shop, c, {opened: 2, joined: 2, paid: 4, formed: 2, members_old: 4, referred: 2, amount: 159200, amount_referred: 79600});
  });

  story('ladder_open: the opener picks size and price, joiners inherit both', async (shop) => {
    const c = await shop.put('ladder_open');
    await refused('BAD_ARGUMENT', shop.open(c, 'u1', {tier: 4}));
    const {room} = await shop.open(c, 'u1', {tier: 2});
    const paid = await shop.pay(c, 'u1', 1690);
    assert.deepEqual([paid.tier, paid.size, paid.price], [2, 5, 1690]);
    await refused('BAD_ARGUMENT', shop.join(room, 'u2', {tier: 3}));
    for (const user of ['u2', 'u3']) await shop.buy(shop.match(c, user, {tier: 2}), 1690);
    await shop.join(room, 'u4');
    await shop.crash(c, room);
    assert.equal((await shop.pay(c, 'u4', 1690)).missing, 1);
    const other = await shop.match(c, 'u5', {tier: 3});
    assert.deepEqual([other.role, other.tier, other.size, other.price], ['leader', 3, 10, 1290]);
    assert.notEqual(other.room, room);
    const last = await shop.buy(shop.join(room, 'u6'), 1690);
    assert.deepEqual([last.room_state, last.tier, last.price], ['formed', 2, 1690]);
    assert.deepEqual(await shop.refunds(c), []);
    const [formed] = await shop.feedOf(c, 'room_formed');
    assert.deepEqual([formed.room, formed.tier, formed.amount, formed.seats.length], [room, 2, 8450, 5]);
    await statsAre(shop, c, {opened: 2, joined: 4, paid: 5, formed: 1, members_old: 5, amount: 8450});
  });

  story('ladder_deadline: all pay the first price; the head count decides, the difference is owed back', async (shop) => {
    const c = await shop.put('ladder_deadline', SHORT);
    const [{room, deadline, size, price}] = await shop.batch([`ROOM.OPEN ${c} u1 o-u1`]);
    assert.deepEqual([size, price], [20, 2990]);
    const two = await shop.open(c, 'v1');
    await shop.batch([`SEAT.PAY ${c} o-u1 amount 2990`, `ROOM.JOIN ${room} u2 o-u2 qty 2`, `SEAT.PAY ${c} o-u2 amount 5980`,
      ...names('u', 3, 6).flatMap((user) => [`ROOM.JOIN ${room} ${user} o-${user}`, `SEAT.PAY ${c} o-${user} amount 2990`]),
      `ROOM.JOIN ${room} u7 o-u7`, `SEAT.PAY ${c} o-v1 amount 2990`, `ROOM.JOIN ${two.room} v2 o-v2`, `SEAT.PAY ${c} o-v2 amount 2990`]);
    assert.deepEqual([(await shop.room(room)).paid, (await shop.room(two.room)).paid], [6, 2]);
    await shop.crashUntil(Math.max(deadline, two.deadline));
    const ended = await shop.room(room);
    assert.deepEqual([ended.state, ended.reason, ended.tier, ended.paid], ['formed', 'deadline_tier', 2, 6]);
    assert.ok(ended.formed_at >= deadline);
    assert.deepEqual((await shop.feedOf(c, 'tier_settled')).map((e) => [e.room, e.tier, e.price]), [[room, 2, 2490]]);
    assert.deepEqual(await shop.refunds(c), [['o-u1', 'tier_difference', 500], ['o-u2', 'tier_difference', 1000],
      ...names('o-u', 3, 6).map((order) => [order, 'tier_difference', 500]), ['o-v1', 'room_failed', 2990], ['o-v2', 'room_failed', 2990]]);
    assert.deepEqual([(await shop.room(two.room)).reason, (await shop.seat(c, 'u1')).seat, (await shop.seat(c, 'v1')).seat], ['deadline', 'settled', 'refund_due']);
    await statsAre(shop, c, {opened: 2, joined: 7, paid: 8, formed: 1, 'failed.deadline': 1, released: 1, refunded: 8, members_old: 6, amount: 7 * 2490});

    // As the file says, and full: it forms at once, at the lowest price.
    const full = await shop.put('ladder_deadline', {campaign: 'full'});
    const users = names('w', 1, 20);
    await shop.batch(users.slice(0, 12).flatMap((user) => [`ROOM.MATCH ${full} ${user} o-${user}`, `SEAT.PAY ${full} o-${user} amount 2990`]));
    await shop.crash(full, (await shop.seat(full, 'w1')).room);
    const last = (await shop.batch(users.slice(12).flatMap((user) => [`ROOM.MATCH ${full} ${user} o-${user}`, `SEAT.PAY ${full} o-${user} amount 2990`]))).at(-1);
    assert.deepEqual([last.room_state, last.tier, last.paid], ['formed', 3, 20]);
    assert.deepEqual(await shop.refunds(full), users.map((user) => [orderOf(user), 'tier_difference', 1000]).sort());
    await statsAre(shop, full, {opened: 1, joined: 19, paid: 20, formed: 1, refunded: 20, members_old: 20, amount: 20 * 1990});
  });

  // The next HH:MM on the wall in Shanghai (UTC+8 all the year) strictly after `at`.
  const nextInShanghai = (at, hours, minutes) => {
    const day = 86400000, wall = (hours * 60 + minutes) * 60000 - 8 * 3600000;
    return at + day - ((at - wall) % day + day) % day;
  };

  story('community: neighbours of one pickup point share a room, counted in pieces, until its cutoff in Shanghai', async (shop) => {
    const file = await shop.put('community', {campaign: 'as-the-file-says'});
    const tags = (pickup) => ({tags: {city: 'sh', pickup}});
    const tonight = await shop.room((await shop.match(file, 'a', tags('gate-1'))).room);
    assert.equal(tonight.deadline, nextInShanghai(tonight.opened_at, 23, 0));

    // Its cutoff moved to where it cannot come during the test.
    const six = new Date(Date.now() + (8 + 6) * 3600000).toISOString();
    const c = await shop.put('community', {campaign: 'evening', cutoff: six.slice(11, 16)});
    const {room, free, ...first} = await shop.match(c, 'a', {qty: 12, ...tags('gate-1')});
    assert.equal(first.deadline, nextInShanghai(first.now, Number(six.slice(11, 13)), Number(six.slice(14, 16))));
    assert.equal(free, 4988);
    const elsewhere = await shop.match(c, 'b', {qty: 5, ...tags('gate-2')});
    assert.notEqual(elsewhere.room, room);
    await refused('TAG_MISMATCH', shop.join(room, 'x', tags('gate-2')));
    await refused('LIMIT_PER_ORDER', shop.match(c, 'x', {qty: 51, ...tags('gate-1')}));
    const second = await shop.match(c, 'c', {qty: 20, ...tags('gate-1')});
    assert.deepEqual([second.room, second.held, second.free, second.missing], [room, 32, 4968, 5000]);
    await shop.pay(c, 'a', 12 * 1280);
    await shop.crash(c, room, elsewhere.room);
    await shop.pay(c, 'c', 20 * 1280);
    const more = await shop.join(room, 'a', {order: 'more', qty: 3, ...tags('gate-1')});
    assert.deepEqual([more.paid, more.held], [32, 3], 'a neighbour may order again');
    assert.equal((await shop.call('seat.leave', {campaign: c, order: 'o-c'})).seat, 'refund_due');
    assert.deepEqual(await shop.refunds(c), [['o-c', 'left', 25600]]);
    assert.deepEqual([(await shop.room(room)).paid, (await shop.room(room)).free], [12, 4985]);
    assert.equal((await shop.call('seat.leave', {campaign: c, order: 'o-b'}).catch((error) => error.code)), 'CANNOT_LEAVE', 'who has not paid cancels');
    await shop.pay(c, 'd', 1280, {order: (await shop.match(c, 'd', tags('gate-1'))).order});
    const gone = await shop.call('seat.leave', {campaign: c, order: 'o-a'});
    assert.deepEqual([gone.seat, (await shop.room(room)).leader], ['refund_due', 'd'], 'who has paid leads on');
    assert.deepEqual(await shop.refunds(c), [['o-a', 'left', 15360], ['o-c', 'left', 25600]]);

    // 30 pieces are enough at the end of the day, 29 are not.
    const day = await shop.put('community', {campaign: 'day', cutoff: six.slice(11, 16), ...SHORT});
    const buy = (user, qty, pickup) => shop.buy(shop.match(day, user, {qty, ...tags(pickup)}), qty * 1280);
    const [enough, few] = [await buy('a', 18, 'gate-1'), await buy('b', 29, 'gate-2')];
    await buy('c', 12, 'gate-1');
    await shop.match(day, 'd', {qty: 50, ...tags('gate-2')});
    await shop.crashUntil(Math.max(enough.deadline, few.deadline));
    const formed = await shop.room(enough.room);
    assert.deepEqual([formed.state, formed.reason, formed.paid, formed.size], ['formed', 'deadline_min', 30, 5000]);
    assert.ok(formed.formed_at >= enough.deadline);
    assert.deepEqual([(await shop.room(few.room)).reason, (await shop.seat(day, 'd')).seat], ['deadline', 'released']);
    assert.deepEqual(await shop.refunds(day), [['o-b', 'room_failed', 29 * 1280]]);
    assert.deepEqual((await shop.feedOf(day, 'room_formed')).map((e) => [e.room, e.real, e.amount, e.seats.map((s) => s.qty)]), [[enough.room, 2, 38400, [18, 12]]]);
    await statsAre(shop, day, {opened: 2, joined: 2, paid: 3, formed: 1, 'failed.deadline': 1, released: 1, refunded: 1, members_old: 2, amount: 38400});
  });

  story('help: five friends, not oneself, none twice, none for more than three; nothing is ever owed', async (shop) => {
    const c = await shop.put('help');
    const rooms = [];
    for (const boss of names('boss', 1, 4)) rooms.push((await shop.open(c, boss)).room);
    assert.equal((await shop.room(rooms[0])).paid, 1);
    await refused('LIMIT_OPENS', shop.open(c, 'boss1', {order: 'second'}));
    await refused('OWN_ROOM', shop.join(rooms[0], 'boss1', {order: 'self'}));
    await refused('BAD_ARGUMENT', shop.pay(c, 'boss1', 1));
    assert.deepEqual((await shop.call('room.list', {campaign: c})).rooms, [], 'such rooms are found by their link alone');
    for (const [n, room] of rooms.slice(0, 3).entries()) await shop.join(room, 'pal1', {order: `pal1-${n}`});
    await refused('LIMIT_JOINS', shop.join(rooms[3], 'pal1', {order: 'pal1-4'}));
    await refused('ALREADY_IN_ROOM', shop.join(rooms[0], 'pal1', {order: 'pal1-again'}));
    for (const pal of names('pal', 2, 4)) await shop.join(rooms[0], pal);
    await shop.crash(c, ...rooms);
    const last = await shop.join(rooms[0], 'pal5');
    assert.deepEqual([last.seat, last.room_state, last.paid], ['settled', 'formed', 6]);
    await refused('ROOM_CLOSED', shop.join(rooms[0], 'pal6'));
    assert.equal((await shop.join(rooms[0], 'pal5')).again, 1, 'a helper who taps twice has helped once');
    const short = await shop.put('help', {campaign: 'short', room_ttl_ms: 2000 * SLOW, hold_ms: 1000});
    const {room, deadline} = await shop.open(short, 'boss9');
    await shop.join(room, 'pal9');
    await shop.crashUntil(deadline);
    assert.deepEqual([(await shop.room(room)).reason, (await shop.seat(short, 'pal9')).released], ['deadline', 'room_ended']);
    assert.deepEqual([await shop.refunds(c), await shop.refunds(short)], [[], []]);
    assert.deepEqual(count((await shop.feed(c)).map((e) => e.type)), {room_opened: 4, room_formed: 1});
    assert.deepEqual((await shop.feed(short)).map((e) => [e.type, e.data.refunds ?? 0]), [['room_opened', 0], ['room_failed', 0]]);
    await statsAre(shop, c, {opened: 4, joined: 7, paid: 11, formed: 1, members_old: 6});
  });

  story('cut: fifteen cuts, each within its bounds, together the price to the cent', async (shop) => {
    const c = await shop.put('cut');
    const {total, min, max} = FILES.cut.cut;
    const {room, ...opened} = await shop.open(c, 'boss');
    assert.equal('cut' in opened, false, 'the opener cuts nothing');
    const cuts = [];
    for (const pal of names('pal', 1, 7)) cuts.push((await shop.join(room, pal)).cut);
    assert.equal((await shop.room(room)).cut, sum(cuts));
    await shop.crash(c, room);
    assert.equal((await shop.join(room, 'pal7')).cut, cuts[6], 'the same request again cuts nothing more');
    cuts.push(...(await shop.batch(names('pal', 8, 14).map((pal) => `ROOM.JOIN ${room} ${pal} o-${pal}`))).map((seat) => seat.cut));
    assert.equal((await shop.room(room)).state, 'open');
    await shop.crash(c, room);
    const last = await shop.join(room, 'pal15');
    assert.deepEqual([last.room_state, last.cut], ['formed', total - sum(cuts)]);
    cuts.push(last.cut);
    assert.ok(cuts.length === 15 && cuts.every((cut) => cut >= min && cut <= max), `${cuts}`);
    assert.ok(new Set(cuts).size > 1, `all alike: ${cuts}`);
    assert.equal((await shop.room(room)).cut, 19900);
    assert.deepEqual((await shop.seats(room)).map((seat) => seat.cut), [undefined, ...cuts]);
    assert.deepEqual(await shop.refunds(c), [], 'nobody has paid, so nobody is owed and nothing is counted as sold');
    await statsAre(shop, c, {opened: 1, joined: 15, paid: 16, formed: 1, members_old: 16});
  });

  story('lottery: anybody can check the draw; who did not win is owed his money', async (shop) => {
    const c = await shop.put('lottery');
    const users = names('u', 1, 10);
    const {room} = await shop.buy(shop.open(c, 'u1'), 100);
    const before = await shop.room(room);
    assert.match(before.draw_commit, /^[0-9a-f]{64}$/);
    assert.equal('draw_seed' in before, false);
    const join = (user) => [`ROOM.JOIN ${room} ${user} o-${user}`, `SEAT.PAY ${c} o-${user} amount 100 payment pay-${user}`];
    await shop.batch(users.slice(1, 6).flatMap(join));
    await shop.crash(c, room);
    await shop.batch(users.slice(6).flatMap(join));
    await shop.crash(c, room);

    const drawn = await shop.room(room);
    assert.deepEqual([drawn.state, drawn.paid, drawn.draw_commit], ['formed', 10, before.draw_commit]);
    const seed = Buffer.from(drawn.draw_seed, 'hex');
    const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
    assert.equal(seed.length, 32);
    assert.equal(sha256(seed), drawn.draw_commit);
    const ranked = users.map(orderOf).sort((a, b) => (sha256(seed, a) < sha256(seed, b) ? -1 : 1));
    const winners = ranked.slice(0, 3);
    assert.deepEqual(drawn.winners.map((w) => w.order).sort(), [...winners].sort());
    const [result] = await shop.feedOf(c, 'draw_result');
    assert.deepEqual([result.room, result.draw_seed, result.winners.map((w) => w.order).sort()], [room, drawn.draw_seed, [...winners].sort()]);
    assert.deepEqual(await shop.refunds(c), ranked.slice(3).map((order) => [order, 'lottery_lost', 100]).sort());
    for (const user of users) {
      const {seat, won = 0} = await shop.seat(c, user);
      assert.deepEqual([seat, won], winners.includes(orderOf(user)) ? ['settled', 1] : ['refund_due', 0], user);
    }
    await statsAre(shop, c, {opened: 1, joined: 9, paid: 10, formed: 1, refunded: 7, members_old: 3, amount: 300});
  });

  story('flash: closed to the millisecond before start_at; then a hundred pieces, however many tap at once', async (shop) => {
    const start = Date.now() + 2000 * SLOW;
    const c = await shop.put('flash', {start_at: start});
    assert.equal((await shop.call('campaign.get', {campaign: c})).phase, 'scheduled');
    const wait = (await refused('CAMPAIGN_NOT_STARTED', shop.match(c, 'early'))).details.retry_after_ms;
    assert.ok(Math.abs(start - Number(wait) - Date.now()) < 1000 * SLOW, `come back in ${wait} ms`);
    await sleep(start - Date.now() - 1000);
    const taps = []; // one after the other without a pause, from before the start to after it: he is let in once, then it is the same again
    while (!taps.at(-1)?.room) taps.push(...await shop.batch(Array(3000).fill(`ROOM.MATCH ${c} early o-early`)));
    const inside = taps.findIndex((answer) => answer.room);
    const tooEarly = taps.slice(0, inside).map((answer) => Number(answer.details.retry_after_ms));
    assert.ok(inside > 10 && taps.slice(0, inside).every((answer) => answer.code === 'CAMPAIGN_NOT_STARTED'));
    assert.ok(tooEarly.every((ms, i) => ms >= 1 && (i === 0 || ms <= tooEarly[i - 1])), `refused with ${tooEarly}`);
    assert.ok(taps[inside].now >= start, `let in ${start - taps[inside].now} ms early`);
    assert.ok(taps.slice(inside).every((answer, i) => (answer.again ?? 0) === Math.min(i, 1) && answer.room === taps[inside].room));
    assert.equal((await shop.call('campaign.get', {campaign: c})).phase, 'running');
    await refused('CHANNEL_BLOCKED', shop.match(c, 'robot', {channel: 'script'}));
    await refused('LIMIT_PER_ORDER', shop.match(c, 'greedy', {qty: 2}));

    const crowd = names('u', 1, 149);
    const tap = async () => (await Promise.all([0, 1, 2, 3, 4, 5].map((k) =>
      shop.batch(crowd.filter((_, i) => i % 6 === k).map((user) => `ROOM.MATCH ${c} ${user} o-${user} channel live`))))).flat();
    const first = tap();
    await until('some have a seat', async () => (await shop.call('campaign.get', {campaign: c})).quota_used > 5);
    await shop.daemon.kill9();
    const seated = new Map((await first).filter((answer) => answer.room).map((answer) => [answer.order, answer.room]));
    await shop.daemon.restart();
    const answers = await tap();
    const taken = answers.filter((answer) => answer.room);
    assert.equal(taken.length, 99, 'and the early one');
    assert.deepEqual(count(answers.filter((answer) => !answer.room).map((answer) => answer.code)), {OUT_OF_QUOTA: 50});
    for (const seat of taken) if (seated.has(seat.order)) assert.deepEqual([seat.again, seat.room], [1, seated.get(seat.order)]);
    assert.ok([...seated.keys()].every((order) => taken.some((seat) => seat.order === order)), 'who had a seat has it');
    assert.ok(seated.size >= 5);
    assert.equal((await shop.call('campaign.get', {campaign: c})).quota_used, 100);
    await shop.crash(c);
    const orders = ['o-early', ...taken.map((seat) => seat.order)];
    await shop.call('seat.cancel', {campaign: c, order: orders.pop()});
    const [next, none] = await shop.batch([`ROOM.MATCH ${c} late1 o-late1`, `ROOM.MATCH ${c} late2 o-late2`]);
    assert.deepEqual([next.seat, none.code], ['held', 'OUT_OF_QUOTA'], 'one piece came back, one is taken');
    await shop.batch([...orders, 'o-late1'].map((order) => `SEAT.PAY ${c} ${order} amount 900 payment pay-${order}`));
    const formed = await shop.feedOf(c, 'room_formed');
    assert.equal(new Set(formed.flatMap((e) => e.seats.map((s) => s.order))).size, 100);
    assert.deepEqual([formed.length, sum(formed.map((e) => e.amount)), await shop.refunds(c)], [50, 90000, []]);
    const late = await shop.put('flash', {campaign: 'late', late_grace_ms: 0});
    await shop.match(late, 'slow', {hold_ms: 300});
    await until('the hold ends', async () => (await shop.seat(late, 'slow')).seat === 'released');
    assert.equal((await shop.pay(late, 'slow', 900)).seat, 'refund_due');
    assert.deepEqual(await shop.refunds(late), [['o-slow', 'late', 900]], 'late money is never seated here');
    const {opened, joined, ...stats} = await shop.stats(c);
    assert.equal(opened + joined, 101);
    assert.deepEqual([stats.paid, stats.formed, stats.released, stats.amount], [100, 50, 1, 90000]);
  });

  story('presale: a room takes its stock whole when it opens, never more than there is', async (shop) => {
    const c = await shop.put('presale', SHORT);
    const openers = names('lead', 1, 12);
    const answers = (await Promise.all(openers.map((user) => shop.batch([`ROOM.OPEN ${c} ${user} o-${user}`])))).flat();
    const opened = answers.filter((answer) => answer.room);
    assert.equal(opened.length, 5);
    assert.deepEqual(count(answers.filter((answer) => !answer.room).map((answer) => answer.code)), {OUT_OF_QUOTA: 7});
    const used = async () => (await shop.call('campaign.get', {campaign: c})).quota_used;
    assert.equal(await used(), 100);
    const [a, b] = opened;
    await shop.batch([`SEAT.PAY ${c} ${a.order} amount 2000`, `SEAT.PAY ${c} ${b.order} amount 2000`,
      ...names('u', 1, 4).flatMap((user) => [`ROOM.JOIN ${a.room} ${user} o-${user}`, `SEAT.PAY ${c} o-${user} amount 2000`]),
      ...names('v', 1, 3).flatMap((user) => [`ROOM.JOIN ${b.room} ${user} o-${user}`, `SEAT.PAY ${c} o-${user} amount 2000`])]);
    assert.deepEqual([(await shop.room(a.room)).paid, (await shop.room(b.room)).paid], [5, 4]);
    await shop.crashUntil(Math.max(...opened.map((seat) => seat.deadline)));
    const formed = await shop.room(a.room);
    assert.deepEqual([formed.state, formed.reason, formed.paid], ['formed', 'deadline_min', 5]);
    assert.equal((await shop.room(b.room)).reason, 'deadline');
    assert.deepEqual(await shop.refunds(c), [[b.order, 'room_failed', 2000], ...names('o-v', 1, 3).map((order) => [order, 'room_failed', 2000])].sort());
    const stats = await shop.stats(c);
    assert.deepEqual([stats.formed, stats['failed.deadline'], stats['failed.leader_unpaid'], stats.amount], [1, 4, 0, 10000]);
    assert.equal(await used(), 5, 'what nobody bought is on sale again');
    await shop.put('presale', {start_at: Date.now() + 60000});
    await refused('CAMPAIGN_NOT_STARTED', shop.open(c, 'later'));
  });

  // What each meaning of virtual members forms, and what it does not: [file, size, real ones who pay, virtual ones or none].
  const VIRTUAL = [['virtual_all', 3, 1, 2], ['virtual_threshold', 5, 2, 3], ['virtual_threshold', 5, 1, 0], ['virtual_max_pct', 8, 4, 4], ['virtual_max_pct', 8, 3, 0],
    ['virtual_max_count', 5, 3, 2], ['virtual_max_count', 5, 2, 0]];

  story('virtual: each documented meaning forms what it says and no more; nobody takes a virtual member for a person', async (shop) => {
    for (const file of new Set(VIRTUAL.map(([name]) => name))) await shop.put(file, SHORT);
    const rooms = [];
    for (const [nth, [file, size, real]] of VIRTUAL.entries()) { // the second room of a campaign would be matched with the first: all are opened
      const {room} = await shop.open(file, `u${nth}-1`);
      const answers = await shop.batch([`SEAT.PAY ${file} o-u${nth}-1 amount 1990`, ...names(`u${nth}-`, 2, real + 1).flatMap((user, i) =>
        [`ROOM.JOIN ${room} ${user} o-${user}`, ...(i < real - 1 ? [`SEAT.PAY ${file} o-${user} amount 1990`] : [])])]);
      assert.deepEqual([answers.at(-1).size, answers.at(-1).paid, answers.at(-1).held], [size, real, 1], 'one holds and never pays');
      rooms.push({room, deadline: answers[0].deadline});
    }
    await shop.crashUntil(rooms.at(-1).deadline);
    for (const [nth, [file, size, real, virtual]] of VIRTUAL.entries()) {
      const {room} = rooms[nth];
      const status = await shop.room(room), say = `${file} with ${real}`;
      if (virtual === 0) {
        assert.deepEqual([status.state, status.reason, status.virtual], ['failed', 'deadline', 0], say);
        assert.deepEqual((await shop.refunds(file)).filter(([order]) => order.startsWith(`o-u${nth}-`)), names(`o-u${nth}-`, 1, real).map((order) => [order, 'room_failed', 1990]));
        continue;
      }
      assert.deepEqual([status.state, status.reason, status.paid, status.virtual, status.seats_total], ['formed', 'virtual', real, virtual, size], say);
      assert.deepEqual(count(status.seats.map((seat) => `${seat.state} ${seat.virtual}`)), {'settled 0': real, 'virtual 1': virtual}, say);
      const shadows = await shop.seats(room, 'virtual');
      assert.equal(shadows.length, virtual);
      assert.ok(shadows.every((seat) => seat.virtual === 1 && !('user' in seat) && !('order' in seat) && seat.role === 'member'), say);
      const page = await shop.page(`/v1/rooms/${room}`);
      assert.deepEqual([page.virtual, page.seats.map((seat) => seat.virtual)], [virtual, [...Array(real).fill(0), ...Array(virtual).fill(1)]], `${say}, on the web`);
      const [formed] = (await shop.feedOf(file, 'room_formed')).filter((event) => event.room === room);
      assert.deepEqual([formed.real, formed.virtual, formed.amount, formed.seats.map((seat) => seat.order)], [real, virtual, real * 1990, names(`o-u${nth}-`, 1, real)], say);
      assert.equal((await shop.history(room)).find((event) => event.event === 'room_formed').virtual, virtual, say);
    }
    await statsAre(shop, 'virtual_max_pct', {opened: 2, joined: 7, paid: 7, formed: 1, 'failed.deadline': 1, released: 2, refunded: 3, members_old: 4, amount: 4 * 1990});
  });

  story('jingxi: a full room sends to the next; at the deadline those who wait are put together, the rest are owed', async (shop) => {
    const c = await shop.put('jingxi', SHORT);
    const open = async (user) => (await shop.buy(shop.open(c, user), 990));
    const a = await open('a1'), b = await open('b1'), d = await open('d1');
    await shop.buy(shop.join(a.room, 'a2'), 990);
    const full = await shop.put('jingxi', {campaign: 'full'});
    const {room} = await shop.buy(shop.open(full, 'e1'), 990);
    for (const user of ['e2', 'e3']) await shop.buy(shop.join(room, user), 990);
    const sent = await shop.join(room, 'e4');
    assert.deepEqual([sent.rerouted_from, sent.role, sent.seat], [room, 'leader', 'held']);
    const after = await shop.join(room, 'e5');
    assert.deepEqual([after.rerouted_from, after.room, after.role], [room, sent.room, 'member']);

    // a has two, b and d one each: a falls due first and its two make b whole, d is left alone.
    await shop.crashUntil(d.deadline);
    const [roomA, roomB, roomD] = [await shop.room(a.room), await shop.room(b.room), await shop.room(d.room)];
    assert.deepEqual([roomA.state, roomA.reason, roomA.merged_into], ['failed', 'merged_away', b.room]);
    assert.deepEqual([roomB.state, roomB.reason, roomB.leader, roomB.paid], ['formed', 'merged', 'b1', 3]);
    assert.deepEqual(roomB.seats.map((seat) => [seat.user, seat.role, seat.state]), [['b1', 'leader', 'settled'], ['a1', 'member', 'settled'], ['a2', 'member', 'settled']]);
    assert.deepEqual([roomD.state, roomD.reason], ['failed', 'deadline']);
    assert.deepEqual(await shop.refunds(c), [['o-d1', 'room_failed', 990]]);
    const moved = (await shop.feedOf(c, 'seat_rerouted')).map((e) => [e.room, e.from, e.order, e.user]);
    assert.deepEqual(moved, [[b.room, a.room, 'o-a1', 'a1'], [b.room, a.room, 'o-a2', 'a2']]);
    assert.deepEqual((await shop.feedOf(c, 'room_merged')).map((e) => [e.room, e.merged_into]), [[a.room, b.room]]);
    assert.deepEqual((await shop.feedOf(c, 'room_formed')).map((e) => [e.room, e.reason, e.real, e.amount, e.seats.map((s) => s.order)]),
      [[b.room, 'merged', 3, 2970, ['o-b1', 'o-a1', 'o-a2']]]);
    assert.deepEqual([(await shop.seat(c, 'a1')).room, (await shop.seat(c, 'a1')).rerouted_from], [b.room, a.room]);
    assert.deepEqual((await shop.history(b.room)).slice(-3).map((e) => [e.event, e.order, e.from]),
      [['seat_rerouted', 'o-a1', a.room], ['seat_rerouted', 'o-a2', a.room], ['room_formed', undefined, undefined]]);
    assert.equal((await shop.pay(c, 'a1', 990)).again, 1, 'a callback that is repeated finds the seat where it is');
    await statsAre(shop, c, {opened: 3, joined: 1, paid: 4, formed: 1, 'failed.deadline': 1, merged: 1, refunded: 1, members_old: 3, amount: 2970});
    await shop.crash(full, sent.room);
    assert.equal((await shop.seat(full, 'e5')).rerouted_from, room);

    // Late money for a room that is full by now goes to another one: never a new one.
    const late = await shop.put('jingxi', {campaign: 'late', late_grace_ms: 0});
    const {room: left} = await shop.buy(shop.open(late, 'f1'), 990);
    const held = await shop.join(left, 'f2', {hold_ms: 300});
    await until('the hold ends', async () => (await shop.seat(late, 'f2')).seat === 'released');
    for (const user of ['f3', 'f4']) await shop.buy(shop.join(left, user), 990);
    const {room: right} = await shop.buy(shop.open(late, 'f5'), 990);
    await shop.crash(late, left, right);
    const seated = await shop.pay(late, 'f2', 990);
    assert.deepEqual([held.room, seated.room, seated.rerouted_from, seated.seat, seated.role], [left, right, left, 'paid', 'member']);
    assert.deepEqual((await shop.feedOf(late, 'seat_rerouted')).map((e) => [e.room, e.from, e.order]), [[right, left, 'o-f2']]);
    assert.deepEqual(await shop.refunds(late), []);
  });
});
