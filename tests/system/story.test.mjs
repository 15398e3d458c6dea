// SPDX-License-Identifier: BSD-2-Clause
// The group-buy, told over each kind of client: rooms fill, form, fail; money that came is seated or owed back.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {KINDS, refused} from './clients.mjs';
import {SLOW, Tuand, sleep, until} from './tuand.mjs';

const kinds = Object.entries(KINDS);

kinds.forEach(([kind, connect], nth) => describe(`over ${kind}`, () => {
  const cleanups = [];
  const scope = {after: (work) => cleanups.unshift(work)};
  let daemon, client, call, count = 0;

  before(async () => {
    daemon = await Tuand.start(scope);
    client = await connect(daemon);
    call = client.call;
  });
  after(async () => {
    await client?.close();
    for (const work of cleanups) await work();
  });

  const campaign = async (parameters) => {
    const id = `c${nth}-${++count}`;
    await call('campaign.put', {campaign: id, ...parameters});
    return id;
  };
  const match = (c, n, more) => call('room.match', {campaign: c, user: `u${n}`, order: `o${n}`, ...more});
  const pay = (c, n, more) => call('seat.pay', {campaign: c, order: `o${n}`, ...more});
  const room = (id) => call('room.get', {room: id});
  const refunds = async (c) => (await call('refund.list', {campaign: c})).refunds;

  // Follow a room until its clock has passed `at`; before that `early` must hold of every status, and the first one at
  // or after it is answered.
  const followPast = async (id, at, early) => {
    for (;;) {
      const status = await room(id);
      if (status.now >= at) return status;
      early(status);
      await sleep(Math.min(20, at - status.now));
    }
  };

  test('three users land in one room, three payments form it, a fourth opens another', async () => {
    const c = await campaign({size: 3, price: 900});
    const seats = [await match(c, 1), await match(c, 2), await match(c, 3)];
    const [first] = seats;
    assert.match(first.room, /^[0-9A-HJKMNP-TV-Z]{20}$/);
    assert.deepEqual(seats.map((s) => s.room), [first.room, first.room, first.room]);
    assert.deepEqual(seats.map((s) => s.role), ['leader', 'member', 'member']);
    assert.deepEqual(seats.map((s) => s.free), [2, 1, 0]);
    assert.deepEqual(seats.map((s) => s.missing), [3, 3, 3]);
    assert.ok(seats.every((s) => s.seat === 'held' && s.room_state === 'open' && s.hold_until > s.now && s.deadline > s.now));

    assert.equal((await match(c, 4)).room !== first.room, true);

    const paid = [];
    for (const n of [1, 2, 3]) paid.push(await pay(c, n, {amount: 900, payment: `p${n}`}));
    assert.deepEqual(paid.map((s) => s.missing), [2, 1, 0]);
    assert.deepEqual(paid.map((s) => s.room_state), ['open', 'open', 'formed']);
    assert.equal(paid[2].seat, 'settled');
    assert.equal('amount_differs' in paid[2], false);

    const status = await room(first.room);
    assert.equal(status.state, 'formed');
    assert.equal(status.reason, 'full');
    assert.equal(status.leader, 'u1');
    assert.equal(status.seats_total, 3);
    assert.deepEqual(status.seats.map((s) => [s.n, s.role, s.state, s.user, s.order]),
      [[1, 'leader', 'settled', 'u1', 'o1'], [2, 'member', 'settled', 'u2', 'o2'], [3, 'member', 'settled', 'u3', 'o3']]);
    assert.equal(status.paid, 3);
    assert.equal(status.missing, 0);
    assert.equal(status.free, 0);
    assert.deepEqual(await refunds(c), []);
  });

  test('a user with a seat in an open room is refused another, told which room and order he has', async () => {
    const c = await campaign({size: 3});
    const seat = await match(c, 1);
    const refusal = await refused('ALREADY_IN_CAMPAIGN', call('room.match', {campaign: c, user: 'u1', order: 'another'}));
    assert.equal(refusal.details.room, seat.room);
    assert.equal(refusal.details.order, 'o1');
    await refused('SEAT_NOT_FOUND', call('seat.get', {campaign: c, order: 'another'}));
    assert.equal((await room(seat.room)).held, 1);
  });

  test('the same order again answers the same seat; another request under that order is refused', async () => {
    const c = await campaign({size: 3});
    const seat = await match(c, 1);
    assert.equal('again' in seat, false);
    const again = await match(c, 1);
    assert.equal(again.again, 1);
    assert.equal(again.room, seat.room);
    assert.equal(again.hold_until, seat.hold_until);
    await refused('IDEMPOTENCY_CONFLICT', call('room.match', {campaign: c, user: 'u2', order: 'o1'}));
    await refused('IDEMPOTENCY_CONFLICT', match(c, 1, {qty: 2}));
    await refused('IDEMPOTENCY_CONFLICT', call('room.open', {campaign: c, user: 'u1', order: 'o1'}));
    await pay(c, 1, {payment: 'p'});
    const later = await match(c, 1);
    assert.equal(later.again, 1);
    assert.equal(later.seat, 'paid', 'the seat as it is now');
    assert.equal((await room(seat.room)).seats_total, 1);
  });

  test('an unpaid hold frees its seat on time, and another takes it', async () => {
    const c = await campaign({size: 2, late_grace_ms: 0});
    await match(c, 1);
    await pay(c, 1);
    const held = await match(c, 2, {hold_ms: 300});
    assert.ok(held.hold_until <= held.now + 300);
    assert.equal(held.free, 0);
    const status = await followPast(held.room, held.hold_until, (s) => assert.equal(s.held, 1, 'the hold is kept'));
    assert.equal(status.held, 0);
    assert.equal(status.free, 1);
    assert.equal(status.paid, 1);
    assert.equal((await call('seat.get', {campaign: c, order: 'o2'})).seat, 'released');
    assert.equal((await match(c, 2)).seat, 'released', 'a released order stays released');
    const next = await match(c, 3);
    assert.equal(next.room, held.room);
    assert.equal(next.free, 0);
  });

  test('a room past its deadline fails, and each paid seat is owed its money until that is acknowledged', async () => {
    const c = await campaign({size: 4, price: 900, room_ttl_ms: 2000 * SLOW, hold_ms: 900 * SLOW, late_grace_ms: 0});
    const seat = await match(c, 1);
    await pay(c, 1, {amount: 900, payment: 'p1'});
    await match(c, 2);
    await pay(c, 2);
    await match(c, 3);
    const status = await followPast(seat.room, seat.deadline, (s) => assert.equal(s.state, 'open'));
    assert.equal(status.state, 'failed');
    assert.equal(status.reason, 'deadline');

    const owed = await refunds(c);
    assert.deepEqual(owed.map((r) => r.order).sort(), ['o1', 'o2']);
    for (const refund of owed) {
      assert.equal(refund.reason, 'room_failed');
      assert.equal(refund.amount, 900);
      assert.equal(refund.room, seat.room);
      assert.equal(refund.campaign, c);
    }
    assert.equal((await call('seat.get', {campaign: c, order: 'o1'})).seat, 'refund_due');
    assert.equal((await call('seat.get', {campaign: c, order: 'o3'})).seat, 'released');

    for (const {refund, order} of owed) {
      const done = await call('refund.ack', {refund, ref: `bank-${order}`});
      assert.equal(done.ref, `bank-${order}`);
      const twice = await call('refund.ack', {refund, ref: 'another'});
      assert.equal(twice.ref, `bank-${order}`, 'the first reference stays');
      assert.equal(twice.acked_at, done.acked_at);
      assert.equal((await call('seat.get', {campaign: c, order})).seat, 'refunded');
    }
    assert.deepEqual(await refunds(c), []);
    await refused('REFUND_NOT_FOUND', call('refund.ack', {refund: '00000000000000000000'}));
    await refused('ROOM_EXPIRED', call('room.join', {room: seat.room, user: 'u9', order: 'o9'}));
  });

  // u1 has paid, u2's hold has expired.
  const expiredHold = async (parameters) => {
    const c = await campaign({size: 2, price: 500, late_grace_ms: 0, ...parameters});
    await match(c, 1);
    await pay(c, 1, {amount: 500});
    const seat = await match(c, 2, {hold_ms: 200});
    await followPast(seat.room, seat.hold_until, () => {});
    return {c, seat};
  };

  test('a late payment gets its seat back while one is free', async () => {
    const {c, seat} = await expiredHold({late_pay: 'reseat'});
    const late = await pay(c, 2, {amount: 500, payment: 'p2'});
    assert.equal(late.room, seat.room);
    assert.equal(late.seat, 'settled');
    assert.equal(late.room_state, 'formed');
    assert.deepEqual(await refunds(c), []);
  });

  test('a late payment for a seat that is gone is owed back, once', async () => {
    const {c, seat} = await expiredHold({late_pay: 'reseat'});
    await match(c, 3);
    await pay(c, 3, {amount: 500});
    const late = await pay(c, 2, {amount: 500, payment: 'p2'});
    assert.equal(late.seat, 'refund_due');
    assert.equal(late.reason, 'late');
    const repeat = await pay(c, 2, {amount: 500, payment: 'p2'});
    assert.equal(repeat.seat, 'refund_due');
    const owed = await refunds(c);
    assert.deepEqual(owed.map((r) => [r.order, r.reason, r.amount, r.room, r.refund]), [['o2', 'late', 500, seat.room, late.refund]]);
  });

  test('late_pay refund owes the money even while a seat is free', async () => {
    const {c, seat} = await expiredHold({late_pay: 'refund'});
    const late = await pay(c, 2, {amount: 500});
    assert.equal(late.seat, 'refund_due');
    assert.deepEqual((await refunds(c)).map((r) => [r.order, r.reason]), [['o2', 'late']]);
    assert.equal((await room(seat.room)).free, 1);
  });

  test('late_pay reroute seats the money in another room', async () => {
    const {c, seat} = await expiredHold({late_pay: 'reroute'});
    await match(c, 3);
    await pay(c, 3);
    const other = await match(c, 4);
    assert.notEqual(other.room, seat.room);
    await pay(c, 4);
    const late = await pay(c, 2, {amount: 500, payment: 'p2'});
    assert.equal(late.room, other.room);
    assert.equal(late.rerouted_from, seat.room);
    assert.equal(late.seat, 'settled');
    assert.deepEqual(await refunds(c), []);
    assert.equal((await call('seat.get', {campaign: c, order: 'o2'})).room, other.room);
  });

  test('a payment in time that arrives within the grace keeps its seat', async () => {
    const c = await campaign({size: 2, hold_ms: 200, late_grace_ms: 5000});
    const seat = await match(c, 1);
    const status = await followPast(seat.room, seat.hold_until, (s) => assert.equal(s.held, 1));
    assert.equal(status.held, 1, 'held until the grace is over');
    assert.equal((await pay(c, 1, {paid_at: seat.hold_until - 1})).seat, 'paid');
  });

  test('money without a seat is owed back: unmatched', async () => {
    const c = await campaign({size: 2});
    const {now} = await call('campaign.get', {campaign: c});
    await refused('SEAT_NOT_FOUND', pay(c, 1));
    const seat = await pay(c, 1, {amount: 700, paid_at: now, payment: 'p1'});
    assert.equal(seat.seat, 'refund_due');
    assert.equal(seat.reason, 'unmatched');
    assert.deepEqual((await refunds(c)).map((r) => [r.order, r.reason, r.amount]), [['o1', 'unmatched', 700]]);
    await refused('IDEMPOTENCY_CONFLICT', match(c, 1));
  });

  test('a second charge for a paid order is owed back, the seat stays', async () => {
    const c = await campaign({size: 2, price: 900});
    await match(c, 1);
    await pay(c, 1, {amount: 900, payment: 'first'});
    const same = await pay(c, 1, {amount: 900, payment: 'first'});
    assert.equal(same.seat, 'paid');
    assert.equal((await pay(c, 1)).seat, 'paid');
    assert.deepEqual(await refunds(c), []);
    const second = await pay(c, 1, {amount: 800, payment: 'second'});
    assert.equal(second.seat, 'paid');
    assert.equal((await pay(c, 1, {amount: 800, payment: 'second'})).seat, 'paid');
    assert.deepEqual((await refunds(c)).map((r) => [r.order, r.reason, r.amount]), [['o1', 'duplicate', 800]]);
  });

  test('a room opened by its leader waits for his payment, then takes friends by its id', async () => {
    const c = await campaign({size: 2});
    const seat = await call('room.open', {campaign: c, user: 'u1', order: 'o1', profile: '王**'});
    assert.equal(seat.room_state, 'pending');
    assert.equal('deadline' in seat, false);
    await refused('LEADER_UNPAID', call('room.join', {room: seat.room, user: 'u2', order: 'o2'}));
    assert.notEqual((await match(c, 3)).room, seat.room, 'pending rooms are never matched');
    assert.equal((await pay(c, 1)).room_state, 'open');
    await refused('OWN_ROOM', call('room.join', {room: seat.room, user: 'u1', order: 'o1b'}));
    const friend = await call('room.join', {room: seat.room, user: 'u2', order: 'o2'});
    assert.equal(friend.role, 'member');
    await refused('ALREADY_IN_ROOM', call('room.join', {room: seat.room, user: 'u2', order: 'o2b'}));
    await refused('ROOM_FULL', call('room.join', {room: seat.room, user: 'u4', order: 'o4'}));
    assert.equal((await room(seat.room)).seats[0].profile, '王**');
    assert.equal((await pay(c, 2)).room_state, 'formed');
    await refused('ROOM_CLOSED', call('room.join', {room: seat.room, user: 'u4', order: 'o4'}));
  });

  test('a held seat can be cancelled, a paid one not', async () => {
    const c = await campaign({size: 3});
    await match(c, 1);
    await match(c, 2);
    await pay(c, 2);
    assert.equal((await call('seat.cancel', {campaign: c, order: 'o1'})).seat, 'released');
    assert.equal((await call('seat.cancel', {campaign: c, order: 'o1'})).seat, 'released');
    await refused('CANNOT_CANCEL', call('seat.cancel', {campaign: c, order: 'o2'}));
    const status = await call('seat.get', {campaign: c, order: 'o2'});
    assert.equal(status.role, 'leader', 'the role passes to who has paid');
    assert.equal((await room(status.room)).leader, 'u2');
  });

  test('lists show what can be joined, and a page leads to the next', async () => {
    const c = await campaign({size: 2, one_open_per_user: 0});
    const ids = [];
    for (let n = 1; n <= 5; n++) {
      ids.push((await call('room.open', {campaign: c, user: `u${n}`, order: `o${n}`})).room);
      await pay(c, n);
    }
    const seen = [];
    let cursor;
    do {
      const page = await call('room.list', {campaign: c, limit: 2, ...(cursor ? {cursor} : {})});
      seen.push(...page.rooms.map((r) => r.room));
      cursor = page.cursor;
      assert.ok(seen.length <= 5);
    } while (cursor !== '');
    assert.deepEqual([...seen].sort(), [...ids].sort());
    const mine = await call('room.list', {campaign: c, user: 'u3'});
    assert.equal(mine.rooms[0].room, ids[2]);
    assert.equal(mine.rooms[0].mine, 1);
    const many = await call('room.mget', {room: [ids[0], '00000000000000000000', ids[1]]});
    assert.deepEqual([many[0].room, many[2].room], [ids[0], ids[1]]);
    assert.match(many[1].error, /^ROOM_NOT_FOUND/);
    const {version} = await room(ids[0]);
    assert.equal((await call('room.get', {room: ids[0], if_version: version})).unchanged, 1);
    const seats = await call('user.seats', {campaign: c, user: 'u2'});
    assert.deepEqual(seats.seats.map((s) => [s.order, s.seat]), [['o2', 'paid']]);
  });

  test('quota is never oversold, and what is given back can be taken again', async () => {
    const c = await campaign({size: 10, quota: 3});
    const answers = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => match(c, n)));
    assert.equal(answers.filter((a) => a.status === 'fulfilled').length, 3);
    assert.ok(answers.filter((a) => a.status === 'rejected').every((a) => a.reason.code === 'OUT_OF_QUOTA'));
    const taken = answers.findIndex((a) => a.status === 'fulfilled') + 1;
    await call('seat.cancel', {campaign: c, order: `o${taken}`});
    await match(c, 6);
    await refused('OUT_OF_QUOTA', match(c, 7));
  });

  test('operators close a campaign and dissolve or form rooms by hand', async () => {
    const c = await campaign({size: 3, price: 100});
    const seat = await match(c, 1);
    await refused('FORCE_BLOCKED_UNPAID', call('room.form', {room: seat.room, reason: 'test'}));
    await pay(c, 1);
    const formed = await call('room.form', {room: seat.room, reason: 'test'});
    assert.equal(formed.state, 'formed');
    assert.equal(formed.reason, 'forced');
    const other = await match(c, 2);
    await pay(c, 2);
    const failed = await call('room.dissolve', {room: other.room, reason: 'test'});
    assert.equal(failed.state, 'failed');
    assert.equal(failed.reason, 'dissolved');
    assert.deepEqual((await refunds(c)).map((r) => [r.order, r.reason, r.amount]), [['o2', 'room_failed', 100]]);
    const last = await match(c, 3);
    await call('campaign.close', {campaign: c, rooms: 'fail'});
    await refused('CAMPAIGN_CLOSED', call('room.open', {campaign: c, user: 'u4', order: 'o4'}));
    await until('the last room fails', async () => (await room(last.room)).state === 'failed');
  });

  test('each refusal names what is wrong', async () => {
    await refused('CAMPAIGN_NOT_FOUND', match('no-such', 1));
    const c = await campaign({size: 2});
    const wrong = await refused('BAD_ARGUMENT', call('campaign.put', {campaign: c, size: 1}));
    assert.match(wrong.message, /size/);
    const misspelt = await refused('BAD_ARGUMENT', match(c, 1, {chanel: 'app'}));
    assert.match(misspelt.message, /channel/);
    await refused('UNKNOWN_COMMAND', call('room.mtach', {}));
    await refused('ROOM_NOT_FOUND', room('00000000000000000000'));
    await refused('NO_JOINABLE_ROOM', match(c, 1, {open: 0}));
  });
}));
