// SPDX-License-Identifier: BSD-2-Clause
// mutants.mjs - does the checker see it? A good history with one lie in it, for each kind of lie; every one must be found.
// `node mutants.mjs FILE…` tries them on kept histories; torture.mjs --mutants on each world that held.
//
// A lie answers the lines with one exchanged, or null where a history has no place for it. Most change one line only, so
// that no other check stumbles over the consequences by luck.
import {pathToFileURL} from 'node:url';
import {check} from './checker.mjs';
import {History} from './history.mjs';
import {Random} from './random.mjs';

const LIVE = ['held', 'paid'];

// Lines that may be changed without changing the history they came from.
class Draft {
  constructor(history, random) {
    this.lines = history.lines;
    this.random = random;
    const losses = history.of('fault').filter((line) => line.loss);
    this.safeFrom = Math.max(-1, ...losses.map(({loss}) => loss.until ?? Infinity)); // what came before may be excused
    const stored = new Set(history.of('call').filter((call) => call.begin > this.safeFrom && call.reply?.order).map((call) => call.reply.order));
    this.isSafeOrder = (order) => stored.has(order);
  }

  // A copy of a line of this kind that fits; null if there is none.
  find(kind, fits) {
    const places = [];
    this.lines.forEach((line, i) => { if (line.kind === kind && fits(line)) places.push(i); });
    return places.length === 0 ? null : this.open(this.random.of(places));
  }

  open(i) {
    this.lines = [...this.lines];
    this.lines[i] = structuredClone(this.lines[i]);
    return this.lines[i];
  }

  // A call with a reply that no failover excuses.
  call(fits) { return this.find('call', (call) => call.reply !== undefined && call.begin > this.safeFrom && fits(call)); }

  // An entry with such a fact; {entry, fact, at}.
  fact(fits) {
    const entry = this.find('entry', ({facts}) => facts?.some(fits));
    if (!entry) return null;
    const at = this.random.of(entry.facts.flatMap((fact, i) => (fits(fact) ? [i] : [])));
    return {entry, fact: entry.facts[at], at};
  }

  drop(fits) {
    const found = this.fact(fits);
    if (found) found.entry.facts.splice(found.at, 1);
    return found;
  }

  // The fact once more, with changes, right behind it.
  again(fits, changes = {}) {
    const found = this.fact(fits);
    if (found) found.entry.facts.splice(found.at + 1, 0, {...found.fact, ...changes});
    return found;
  }

  each(kind, change) { this.lines = this.lines.map((line) => (line.kind === kind ? change(line) ?? line : line)); }
}

const isSeat = (call) => Boolean(call.reply.seat && call.reply.room && call.reply.version);
const isTake = (call) => ['room.match', 'room.open', 'room.join'].includes(call.method) && isSeat(call);
const isPaid = (call) => call.method === 'seat.pay' && isSeat(call) && ['paid', 'settled'].includes(call.reply.seat);
const ofType = (type, fits = () => true) => (fact) => fact.type === type && fits(fact);

// All tries of a request become refusals for certain.
function refuseAll(draft, isMine, code) {
  draft.each('call', (call) => (isMine(call) ? {...call, reply: undefined, cut: undefined, error: {code, text: code, details: {}}} : null));
  return true;
}

// What an answer says, changed.
const tell = (fits, change) => (draft) => {
  const call = draft.call(fits);
  if (call) change(call.reply, call, draft);
  return call;
};

const LIES = {
  // ---- lost ----
  'an acknowledged seat is in no log': (draft) => draft.drop(ofType('seat_held', (fact) => draft.isSafeOrder(fact.order))),
  'an acknowledged payment is in no log'(draft) {
    const call = draft.call((one) => isPaid(one) && one.args.payment && !one.reply.amount_differs);
    if (!call) return null;
    draft.each('entry', (entry) => (entry.facts?.some((fact) => fact.payment === call.args.payment)
      ? {...entry, facts: entry.facts.map((fact) => (fact.payment === call.args.payment ? {...fact, payment: 'another'} : fact))} : null));
    return true;
  },
  'an entry is gone': (draft) => {
    const entry = draft.find('entry', ({facts}) => facts?.some(ofType('seat_held', (fact) => draft.isSafeOrder(fact.order))));
    if (entry) draft.lines = draft.lines.filter((line) => line !== entry);
    return entry;
  },
  'the log ends before what was acknowledged'(draft) {
    const entry = draft.find('entry', ({facts}) => facts?.some(ofType('seat_held', (fact) => draft.isSafeOrder(fact.order))));
    const head = entry && draft.find('head', ({partition}) => partition === entry.partition);
    if (head) head.head = entry.pred;
    return head;
  },
  'a campaign is in no log': (draft) => draft.drop(ofType('campaign_put')),
  'an order that was shown is not found'(draft) {
    const call = draft.call(isTake);
    if (!call) return null;
    const {campaign, order} = call.reply;
    draft.lines = [...draft.lines, {kind: 'call', client: 'liar', method: 'seat.get', args: {campaign, order}, begin: call.end + 1e6, end: call.end + 1e6 + 1,
      error: {code: 'SEAT_NOT_FOUND', text: '', details: {}}}];
    return true;
  },
  'a refund that was due is not listed'(draft) {
    const call = draft.find('call', (one) => one.method === 'refund.list' && one.isAudit && one.reply?.refunds.length > 0);
    if (call) call.reply.refunds.splice(draft.random.int(0, call.reply.refunds.length - 1), 1);
    return call;
  },

  // ---- doubled ----
  'a seat is taken twice': (draft) => draft.again(ofType('seat_held')),
  'an order has two seats': (draft) => draft.again(ofType('seat_held'), {user: 'another'}),
  'a refused order has a seat'(draft) {
    const call = draft.call(isTake);
    return call && refuseAll(draft, (one) => isTakeOf(one, call.args.order), 'MIRROR_DOWN');
  },
  'a refused payment is placed'(draft) {
    const call = draft.call((one) => isPaid(one) && one.args.payment);
    return call && refuseAll(draft, (one) => one.method === 'seat.pay' && one.args.payment === call.args.payment, 'MIRROR_DOWN');
  },
  'a payment is in a seat and in a refund'(draft) {
    const found = draft.fact(ofType('seat_paid', (fact) => fact.payment));
    if (!found) return null;
    found.entry.facts.splice(found.at + 1, 0, {type: 'refund_due', campaign: found.fact.campaign, refund: '0'.repeat(20), order: orderOf(draft, found.fact),
      user: 'u', reason: 'duplicate', amount: 1, payment: found.fact.payment});
    return true;
  },
  'a refund is due twice': (draft) => draft.again(ofType('refund_due')),
  'a refund is settled twice': (draft) => draft.again(ofType('refund_acked')),
  'a room forms twice': (draft) => draft.again(ofType('room_formed')),
  'a room fails twice': (draft) => draft.again(ofType('room_failed')),
  'a room is opened twice': (draft) => draft.again(ofType('room_opened')),

  // ---- too many ----
  'a room is over-filled'(draft) {
    const found = draft.fact(ofType('room_opened', (fact) => fact.size > 2));
    if (!found) return null;
    const seats = draft.lines.filter((line) => line.kind === 'entry').flatMap(({facts}) => facts ?? []).filter((fact) => fact.type === 'room_formed' && fact.room === found.fact.room);
    if (seats.length === 0) return null;
    found.fact.size--;
    return true;
  },
  'a campaign is oversold'(draft) {
    const found = draft.fact(ofType('campaign_put', ({campaign, rules}) => rules.quota > 0 && usedAtMost(draft, campaign) > 1));
    if (found) found.fact.rules = {...found.fact.rules, quota: usedAtMost(draft, found.fact.campaign) - 1};
    return found;
  },
  'a user has two seats in a room'(draft) {
    const found = draft.fact(ofType('seat_held', (fact) => fact.n > 1));
    const first = found && draft.lines.filter((line) => line.kind === 'entry').flatMap(({facts}) => facts ?? [])
      .find((fact) => fact.type === 'seat_held' && fact.room === found.fact.room && fact.n === found.fact.n - 1);
    if (!first || draft.lines.some(({facts}) => facts?.some((fact) => ['seat_released', 'seat_rerouted'].includes(fact.type) && fact.room === found.fact.room))) return null;
    found.fact.user = first.user;
    return true;
  },

  // ---- out of order, out of time ----
  'two facts of a room have changed places'(draft) {
    const entry = draft.find('entry', ({facts}) => facts?.some((fact, i) => fact.type === 'room_opened' && facts[i + 1]?.type === 'seat_held'));
    if (!entry) return null;
    const at = entry.facts.findIndex((fact, i) => fact.type === 'room_opened' && entry.facts[i + 1]?.type === 'seat_held');
    [entry.facts[at], entry.facts[at + 1]] = [entry.facts[at + 1], entry.facts[at]];
    return true;
  },
  'time runs back'(draft) {
    const found = draft.fact(ofType('clock'));
    if (found) found.entry.facts.push({type: 'clock', now: found.fact.now - 100000});
    return found;
  },
  'a hold ends too early': (draft) => {
    const released = draft.fact(ofType('seat_released', (fact) => fact.why === 'expired'));
    if (!released) return null;
    const held = draft.fact(ofType('seat_held', (fact) => fact.room === released.fact.room && fact.n === released.fact.n));
    if (held) held.fact.hold_until += 1e6;
    return held;
  },
  'a room fails too early'(draft) {
    const failed = draft.fact(ofType('room_failed', (fact) => fact.reason === 'deadline'));
    const opened = failed && draft.fact(ofType('room_opened', (fact) => fact.room === failed.fact.room && fact.deadline));
    if (opened) opened.fact.deadline += 1e6;
    return opened;
  },
  'a seat is taken after the deadline'(draft) {
    const found = draft.fact(ofType('room_opened', (fact) => fact.deadline));
    if (found) found.fact.deadline -= 1e7;
    return found;
  },
  'an answer is older than one before it': (draft) => {
    const calls = draft.lines.filter((line) => line.kind === 'call' && line.method === 'room.get' && line.reply?.version && line.begin > draft.safeFrom);
    const pairs = [];
    for (const old of calls.slice(0, 400)) {
      const next = calls.find((call) => call.reply.room === old.reply.room && call.begin > old.end && call.reply.version > old.reply.version);
      const late = next && calls.find((call) => call.reply.room === old.reply.room && call.begin > next.end);
      if (late) pairs.push([old, late]);
    }
    if (pairs.length === 0) return null;
    const [old, late] = draft.random.of(pairs);
    draft.open(draft.lines.indexOf(late)).reply = old.reply;
    return true;
  },

  // ---- dirty or wrong ----
  'an answer shows a version that never was': tell(isSeat, (reply) => { reply.version += 1000; }),
  'an answer tells a seat of another state': tell((call) => isSeat(call) && LIVE.includes(call.reply.seat), (reply) => { reply.seat = reply.seat === 'held' ? 'paid' : 'held'; }),
  'an answer tells one paid seat more': tell(isSeat, (reply) => { reply.paid++; }),
  'an answer tells one free seat more': tell(isSeat, (reply) => { reply.free++; }),
  'an answer tells another hold': tell((call) => isSeat(call) && call.reply.hold_until, (reply) => { reply.hold_until++; }),
  'an answer tells another deadline': tell((call) => isSeat(call) && call.reply.deadline, (reply) => { reply.deadline++; }),
  'an answer tells of another user': tell(isTake, (reply) => { reply.user = 'another'; }),
  'an answer tells another room': tell((call) => isSeat(call) && call.reply.n !== 0, (reply) => { reply.room = '0'.repeat(20); }),
  'a status lacks a seat': tell((call) => call.method === 'room.get' && call.reply.seats?.length > 0, (reply) => { reply.seats.pop(); }),
  'a status tells another leader': tell((call) => call.method === 'room.get' && call.reply.seats?.filter((seat) => !seat.virtual).length > 1,
    (reply) => { for (const seat of reply.seats) seat.role = seat.role === 'leader' ? 'member' : 'leader'; }),
  'a status tells another end': tell((call) => call.method === 'room.get' && ['formed', 'failed'].includes(call.reply.state),
    (reply) => { reply.state = reply.state === 'formed' ? 'failed' : 'formed'; }),
  'a page shows a version that never was': tell((call) => call.method === 'web.room' && call.reply.version, (reply) => { reply.version += 1000; }),
  'a page shows one held seat more': tell((call) => call.method === 'web.room' && call.reply.version, (reply) => { reply.held++; }),
  'a push shows a version that never was': tell((call) => call.method === 'push', (reply) => { reply.version += 1000; }),
  'a push tells another end': tell((call) => call.method === 'push' && ['formed', 'failed'].includes(call.reply.state),
    (reply) => { reply.state = reply.state === 'formed' ? 'failed' : 'formed'; }),
  'a list tells another amount': tell((call) => call.method === 'refund.list' && call.reply.refunds.length > 0, (reply) => { reply.refunds[0].amount++; }),
  'a full room has a seat'(draft) {
    const call = draft.find('call', ({error, begin}) => begin > draft.safeFrom && error?.code === 'ROOM_FULL' && error.details.version > 2);
    if (call) call.error.details.version = '2';
    return call;
  },
  'money is refused': (draft) => {
    const call = draft.call(isPaid);
    if (call) Object.assign(call, {reply: undefined, error: {code: 'SEAT_NOT_FOUND', text: '', details: {}}});
    return call;
  },
  'a campaign tells of more than happened': tell((call) => call.method === 'campaign.get', (reply) => { reply.seats_held += 100000; }),
  'a campaign tells what never was together': tell((call) => call.method === 'campaign.get' && call.reply.seats_held > 1, (reply) => { reply.seats_held--; }),

  // ---- money ----
  'a failed room keeps a payment': (draft) => draft.drop(ofType('refund_due', (fact) => fact.reason === 'room_failed' && fact.of_seat)),
  'a payment on a released seat': (draft) => {
    const found = draft.fact(ofType('seat_paid', (fact) => fact.payment));
    if (found) found.entry.facts.push({type: 'seat_released', campaign: found.fact.campaign, room: found.fact.room, n: found.fact.n, why: 'cancelled'});
    return found;
  },
  'an overdue room lives on'(draft) {
    const call = draft.call((one) => one.method === 'room.get' && one.isAudit && ['open', 'pending'].includes(one.reply.state) && one.reply.deadline);
    if (call) call.reply.now = call.reply.deadline + 60000;
    return call;
  },

  // ---- the feed ----
  'a reader of the feed gets an event twice': tell((call) => call.method === 'feed.read' && call.reply.events.length > 0,
    (reply) => { reply.events.push(reply.events.at(-1)); }),
  'a reader of the feed misses an event': (draft) => draft.safeFrom < 0 && tell((call) => call.method === 'feed.read' && call.reply.events.length > 1,
    (reply) => { reply.events.shift(); })(draft),
  'a reader of the feed gets what is not in it': tell((call) => call.method === 'feed.read' && call.reply.events.length > 0, (reply) => { reply.events[0].type = 'room_formed?'; }),
  'the feed lacks an event': (draft) => {
    const event = draft.find('event', () => true);
    if (event) draft.lines = draft.lines.filter((line) => line !== event);
    return event;
  },
  'the feed has an event twice'(draft) {
    const event = draft.safeFrom < 0 && draft.find('event', () => true);
    if (event) draft.lines = [...draft.lines, {...event, id: `${event.id.split('-')[0]}-${BigInt(event.id.split('-')[1]) + 7n}`}];
    return event;
  },
  'the feed tells of another outcome'(draft) {
    const event = draft.find('event', ({type}) => ['room_formed', 'room_failed'].includes(type));
    if (event) event.type = event.type === 'room_formed' ? 'room_failed' : 'room_formed';
    return event;
  },
  'the feed tells it under another batch'(draft) {
    const event = draft.find('event', () => true);
    if (event) event.id = `${event.id.split('-')[0]}-${BigInt(event.id.split('-')[1]) + (1n << 20n)}`;
    return event;
  },
};

const isTakeOf = (call, order) => ['room.match', 'room.open', 'room.join'].includes(call.method) && call.args.order === order;

function orderOf(draft, {room, n}) {
  for (const {facts} of draft.lines.filter((line) => line.kind === 'entry'))
    for (const fact of facts ?? []) if (fact.type === 'seat_held' && fact.room === room && fact.n === n) return fact.order;
  return 'nobody';
}

// The most that was ever taken of a campaign's stock.
function usedAtMost(draft, campaign) {
  let [used, most] = [0, 0];
  for (const {facts} of draft.lines.filter((line) => line.kind === 'entry'))
    for (const fact of facts ?? []) {
      if (fact.campaign !== campaign || !fact.quota) continue;
      used += ['room_opened', 'seat_held', 'seat_paid'].includes(fact.type) ? fact.quota : -fact.quota;
      most = Math.max(most, used);
    }
  return most;
}

// Each lie in several places. {tried, survivors: [text], unplaced: [names that this history has no place for]}
export function tryMutants(history, seed, places = 3) {
  const random = new Random(seed).fork('mutants');
  const result = {tried: 0, survivors: [], unplaced: []};
  for (const [name, lie] of Object.entries(LIES)) {
    let placed = 0;
    for (let n = 0; n < places; n++) {
      const draft = new Draft(history, random.fork(`${name} ${n}`));
      if (!lie(draft)) continue;
      placed++;
      const mutant = new History();
      mutant.lines = draft.lines;
      if (check(mutant).length === 0) result.survivors.push(name);
    }
    result.tried += placed;
    if (placed === 0) result.unplaced.push(name);
  }
  return result;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  let survivors = 0;
  for (const file of process.argv.slice(2)) {
    const result = tryMutants(History.read(file), 1);
    console.log(`${file}: ${result.tried} mutants, ${result.survivors.length} not caught: ${result.survivors.join('; ')}\n  no place for: ${result.unplaced.join('; ')}`);
    survivors += result.survivors.length;
  }
  process.exit(survivors > 0 ? 1 : 0);
}
