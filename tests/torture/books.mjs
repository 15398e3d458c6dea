// SPDX-License-Identifier: BSD-2-Clause
// books.mjs - the books of one partition, kept from its facts alone: each room at each of its versions, each order's seat,
// each payment's place, each campaign's stock. What must never be is a flaw.

const LIVE = new Set(['pending', 'open']);
const COUNTERS = ['revision', 'rooms_opened', 'rooms_formed', 'rooms_failed', 'rooms_merged', 'seats_held', 'seats_paid', 'seats_released', 'refunds_due', 'refunds_acked',
  'quota_used'];

// A campaign's counters, of the books or as told, to compare. They only grow (but quota_used), so no state comes twice.
export const stateOf = (campaign) => COUNTERS.map((name) => campaign[name]).join(' ');

export class Books {
  constructor(partition) {
    Object.assign(this, {partition, rooms: new Map(), orders: new Map(), payments: new Map(), refunds: new Map(), campaigns: new Map(), flaws: []});
    this.now = 0;
    this.index = 0; // of the entry
    this.events = []; // [position, type, room or campaign or refund] that the facts make
  }

  flaw(text) { this.flaws.push(`partition ${this.partition}, entry ${this.entry?.id}: ${text}`); }

  enter(entry) {
    this.entry = entry;
    this.index++;
    for (const fact of entry.facts ?? []) {
      const handler = handlers[fact.type];
      if (handler === undefined) this.flaw(`a fact of a rule that no campaign here has: ${fact.type}`);
      else handler(this, fact);
      this.keepState(this.campaigns.get(fact.campaign));
    }
    this.checkUnrefunded();
  }

  // ---- finding ----

  campaign(name) {
    if (!this.campaigns.has(name))
      this.campaigns.set(name, {name, rules: {}, quota_used: 0, rooms_opened: 0, rooms_formed: 0, rooms_failed: 0, rooms_merged: 0,
        seats_held: 0, seats_paid: 0, seats_released: 0, refunds_due: 0, refunds_acked: 0, states: new Map()});
    return this.campaigns.get(name);
  }

  // What CAMPAIGN.GET may have told of it, and from which entry on.
  keepState(campaign) {
    const state = campaign && stateOf(campaign);
    if (state && !campaign.states.has(state)) campaign.states.set(state, this.index);
  }

  order(campaign, name) {
    const key = `${campaign} ${name}`;
    if (!this.orders.has(key)) this.orders.set(key, {name: key, seats: [], seat: null, refunds: []});
    return this.orders.get(key);
  }

  stock(campaign, change) {
    campaign.quota_used += change;
    if (campaign.quota_used < 0) this.flaw(`${campaign.name}: ${campaign.quota_used} pieces taken`);
    if (campaign.rules.quota > 0 && campaign.quota_used > campaign.rules.quota) this.flaw(`${campaign.name} is oversold: ${campaign.quota_used} of ${campaign.rules.quota}`);
  }

  // ---- rooms ----

  room(fact) {
    const room = this.rooms.get(fact.room);
    if (room === undefined) this.flaw(`${fact.type} of a room that was never opened: ${fact.room}`);
    return room;
  }

  seat(room, n) {
    const seat = room?.seats[n - 1];
    if (room && seat === undefined) this.flaw(`a fact of seat ${n} of ${room.id}, which is not there`);
    return seat;
  }

  occupy(room, seat) {
    if (!LIVE.has(room.state)) this.flaw(`${seat.order}: a seat in room ${room.id}, which is ${room.state}`);
    if (room.paid + room.held > room.size) this.flaw(`room ${room.id} is over-filled: ${room.paid} + ${room.held} of ${room.size}`);
    if (room.deadline > 0 && this.now >= room.deadline) this.flaw(`${seat.order}: seated in ${room.id} at ${this.now}, after its deadline ${room.deadline}`);
    if (room.seats.some((other) => other !== seat && other.user === seat.user && ['held', 'paid'].includes(other.state)))
      this.flaw(`${seat.user} has two seats in ${room.id}`);
  }

  // The room as it is now is its next version.
  changed(room) {
    const isLive = LIVE.has(room.state);
    room.versions.push({state: room.state, reason: room.reason, paid: room.paid, held: room.held, size: room.size, deadline: room.deadline, now: this.now,
      index: this.index, missing: isLive ? room.size - room.paid : 0, free: isLive ? room.size - room.paid - room.held : 0, leader: room.leader,
      seats: room.seats.map((seat) => seat.state), released: room.seats.map((seat) => seat.released), rooms_seats: room.seats});
  }

  count(room, seat, sign) {
    if (seat.state === 'held') room.held += sign;
    else if (['paid', 'settled'].includes(seat.state)) room.paid += sign;
  }

  move(room, seat, state) {
    this.count(room, seat, -1);
    seat.state = state;
    this.count(room, seat, 1);
  }

  // A failed room's payments are owed back in the same batch.
  checkUnrefunded() {
    for (const room of this.failed ?? [])
      for (const seat of room.seats) if (seat.state === 'paid') this.flaw(`${seat.order}: paid, in the failed room ${room.id}, and not owed back`);
    this.failed = [];
  }

  // ---- money ----

  place(campaign, order, payment, place) {
    if (payment === undefined) return;
    const key = `${campaign} ${order} ${payment}`;
    const known = this.payments.get(key);
    const fits = known === undefined || (known.place === 'seat' && place.place === 'refund' && place.wasSeated);
    if (!fits) this.flaw(`payment ${key} is placed twice: in a ${known.place}, and in a ${place.place}`);
    this.payments.set(key, {key, ...place});
  }
}

function note(books, type, about) { books.events.push([books.entry.id, type, about]); }

function heldSeat(books, fact, room) {
  const order = books.order(fact.campaign, fact.order);
  const isPaid = fact.hold_until === undefined;
  const seat = {n: fact.n, user: fact.user, order: fact.order, state: isPaid ? 'paid' : 'held', hold_until: fact.hold_until, release_at: fact.release_at,
    price: fact.price ?? 0, isFree: isPaid, room: room.id, index: books.index, version: room.versions.length};
  if (fact.n !== room.seats.length + 1) books.flaw(`${order.name}: seat ${fact.n} of ${room.id} after ${room.seats.length}`);
  if (order.seat && !fact.rerouted_from) books.flaw(`${order.name}: two seats of one order, in ${order.seat.room} and ${room.id}`);
  room.seats.push(seat);
  order.seats.push(seat);
  order.seat = seat;
  books.count(room, seat, 1);
  books.occupy(room, seat);
  if (fact.role === 'leader') room.leader = seat.n;
}

const handlers = {
  clock(books, fact) {
    if (fact.now < books.now) books.flaw(`time runs back from ${books.now} to ${fact.now}`);
    books.now = fact.now;
  },

  campaign_put(books, {campaign, rules, revision}) { Object.assign(books.campaign(campaign), {rules, revision}); },

  room_opened(books, fact) {
    const campaign = books.campaign(fact.campaign);
    if (books.rooms.has(fact.room)) return books.flaw(`room ${fact.room} is opened twice`);
    const room = {id: fact.room, campaign: fact.campaign, size: fact.size, state: fact.state, reason: undefined, deadline: fact.deadline ?? 0,
      paid: 0, held: 0, leader: 0, seats: [], versions: [null]};
    books.rooms.set(room.id, room);
    campaign.rooms_opened++;
    books.stock(campaign, fact.quota ?? 0);
    note(books, 'room_opened', fact.room);
    return books.changed(room);
  },

  seat_held(books, fact) {
    const campaign = books.campaign(fact.campaign);
    const room = books.room(fact);
    campaign.seats_held++;
    campaign.seats_paid += fact.hold_until === undefined ? 1 : 0;
    books.stock(campaign, fact.quota ?? 0);
    if (!room) return;
    heldSeat(books, fact, room);
    if (fact.rerouted_from) note(books, 'seat_rerouted', fact.room);
    books.changed(room);
  },

  seat_paid(books, fact) {
    const campaign = books.campaign(fact.campaign);
    const room = books.room(fact);
    const seat = books.seat(room, fact.n);
    campaign.seats_paid++;
    books.stock(campaign, fact.quota ?? 0);
    if (!seat) return;
    if (!['held', 'released'].includes(seat.state)) books.flaw(`${seat.order}: ${seat.state}, and paid`);
    if (!LIVE.has(room.state)) books.flaw(`${seat.order}: paid in room ${room.id}, which is ${room.state}`);
    const isReseated = seat.state === 'released';
    books.move(room, seat, 'paid');
    seat.released = undefined;
    if (isReseated) books.occupy(room, seat);
    books.place(fact.campaign, seat.order, fact.payment, {place: 'seat', seat});
    books.changed(room);
  },

  seat_released(books, fact) {
    const campaign = books.campaign(fact.campaign);
    const room = books.room(fact);
    const seat = books.seat(room, fact.n);
    campaign.seats_released++;
    books.stock(campaign, -(fact.quota ?? 0));
    if (!seat) return;
    if (fact.why === 'left' ? seat.state !== 'paid' : seat.state !== 'held') books.flaw(`${seat.order}: ${seat.state}, and released (${fact.why})`);
    if (fact.why === 'expired' && books.now < seat.hold_until) books.flaw(`${seat.order}: released at ${books.now}, held until ${seat.hold_until}`);
    books.move(room, seat, 'released');
    seat.released = fact.why;
    books.changed(room);
  },

  leader_changed(books, fact) {
    const room = books.room(fact);
    if (!books.seat(room, fact.n)) return;
    room.leader = fact.n;
    note(books, 'leader_changed', fact.room);
    books.changed(room);
  },

  room_started(books, fact) {
    const room = books.room(fact);
    if (!room) return;
    if (room.state !== 'pending') books.flaw(`room ${room.id} is started, and was ${room.state}`);
    room.state = 'open';
    room.deadline = fact.deadline ?? 0;
    books.changed(room);
  },

  room_formed(books, fact) {
    const campaign = books.campaign(fact.campaign);
    const room = books.room(fact);
    campaign.rooms_formed++;
    books.stock(campaign, -(fact.quota ?? 0));
    note(books, 'room_formed', fact.room);
    if (!room) return;
    if (!LIVE.has(room.state)) books.flaw(`room ${room.id} ends twice: it was ${room.state}, and is formed`);
    if (fact.reason === 'full' && room.paid !== room.size) books.flaw(`room ${room.id} is formed full with ${room.paid} of ${room.size}`);
    if (room.held > 0) books.flaw(`room ${room.id} is formed with unpaid holds`);
    Object.assign(room, {state: 'formed', reason: fact.reason});
    for (const seat of room.seats) if (seat.state === 'paid') seat.state = 'settled';
    books.changed(room);
  },

  room_failed(books, fact) {
    const campaign = books.campaign(fact.campaign);
    const room = books.room(fact);
    const isMerged = fact.reason === 'merged_away';
    campaign[isMerged ? 'rooms_merged' : 'rooms_failed']++;
    books.stock(campaign, -(fact.quota ?? 0));
    note(books, isMerged ? 'room_merged' : 'room_failed', fact.room);
    if (!room) return;
    if (!LIVE.has(room.state)) books.flaw(`room ${room.id} ends twice: it was ${room.state}, and has failed`);
    if (fact.reason === 'deadline' && books.now < room.deadline) books.flaw(`room ${room.id} failed at ${books.now}, before its deadline ${room.deadline}`);
    Object.assign(room, {state: 'failed', reason: fact.reason});
    for (const seat of room.seats) {
      if (seat.state !== 'paid' || !seat.isFree) continue;
      books.move(room, seat, 'released');
      seat.released = 'room_ended';
    }
    (books.failed ??= []).push(room);
    books.changed(room);
  },

  refund_due(books, fact) {
    const campaign = books.campaign(fact.campaign);
    campaign.refunds_due++;
    books.stock(campaign, -(fact.quota ?? 0));
    if (books.refunds.has(fact.refund)) books.flaw(`refund ${fact.refund} is due twice`);
    const refund = {id: fact.refund, campaign: fact.campaign, room: fact.room ?? null, n: fact.n, order: fact.order, reason: fact.reason, amount: fact.amount,
      index: books.index, ackedIndex: 0};
    books.refunds.set(refund.id, refund);
    books.order(fact.campaign, fact.order).refunds.push(refund);
    note(books, 'refund_due', fact.refund);
    const room = fact.room ? books.room(fact) : undefined;
    const seat = books.seat(room, fact.n);
    const wasSeated = Boolean(fact.of_seat) && ['paid', 'settled'].includes(seat?.state);
    if (fact.of_seat && seat && !['paid', 'settled', 'released'].includes(seat.state)) books.flaw(`${seat.order}: ${seat.state}, and owed back`);
    if (seat && fact.of_seat) books.move(room, seat, 'refund_due');
    if (seat && fact.reason === 'left') seat.released = 'left';
    books.place(fact.campaign, fact.order, fact.payment, {place: 'refund', refund, wasSeated});
    if (wasSeated && fact.payment === undefined) // of a seat whose payment is known by its seat only
      for (const [key, payment] of books.payments) if (payment.seat === seat) books.payments.set(key, {key, place: 'refund', refund});
    if (room) books.changed(room);
  },

  refund_acked(books, fact) {
    const refund = books.refunds.get(fact.refund);
    books.campaign(fact.campaign).refunds_acked++;
    note(books, 'refund_acked', fact.refund);
    if (!refund) books.flaw(`refund ${fact.refund} is acknowledged, and was never due`);
    else if (refund.ackedIndex > 0) books.flaw(`refund ${fact.refund} is acknowledged twice`);
    else refund.ackedIndex = books.index;
    const room = fact.room ? books.room(fact) : undefined;
    const seat = books.seat(room, fact.n);
    if (seat && fact.of_seat) books.move(room, seat, 'refunded');
    if (room) books.changed(room);
  },

  // A paid seat moves as it is: its payment with it.
  seat_rerouted(books, fact) {
    const [from, room] = [books.rooms.get(fact.from), books.room(fact)];
    const old = books.seat(from, fact.from_n);
    if (!old || !room) return;
    if (old.state !== 'paid') books.flaw(`${old.order}: ${old.state}, and moved`);
    books.move(from, old, 'released');
    old.released = 'moved';
    books.changed(from);
    const seat = {...old, n: fact.n, state: 'paid', released: undefined, room: room.id, index: books.index, version: room.versions.length};
    if (fact.n !== room.seats.length + 1) books.flaw(`${old.order}: moved to seat ${fact.n} of ${room.id} after ${room.seats.length}`);
    room.seats.push(seat);
    const order = books.order(fact.campaign, old.order);
    order.seats.push(seat);
    order.seat = seat;
    for (const payment of books.payments.values()) if (payment.seat === old) payment.seat = seat;
    books.count(room, seat, 1);
    if (room.paid > room.size) books.flaw(`room ${room.id} is over-filled by a merge: ${room.paid} of ${room.size}`);
    note(books, 'seat_rerouted', fact.room);
    books.changed(room);
  },

  order_forgotten(books, fact) {
    const room = books.room(fact);
    const seat = books.seat(room, fact.n);
    if (!seat) return;
    const order = books.order(fact.campaign, seat.order);
    if (order.seat === seat) order.seat = null;
    books.changed(room);
  },
};
