// SPDX-License-Identifier: BSD-2-Clause
// checker.mjs - is a history what tuan promises? `node checker.mjs FILE…` prints the violations; check(history) answers them.
//
// The log on disk tells the order of all facts, and so each room's versions. Every answer that anybody got names a version:
// it must be what the facts up to there make, no answer may be older than one that came before it was asked for, and nothing
// that was answered may be missing from the log. README.md tells it at length.
import {pathToFileURL} from 'node:url';
import {Books, stateOf} from './books.mjs';
import {History} from './history.mjs';
import {TRANSIENT} from './shoppers.mjs';

const EVENT_BITS = 20n; // an event's id: <epoch>-<seq · 2^20 + n>
const TAKES = new Set(['room.match', 'room.open', 'room.join']);
// What an honest shopper may be told, besides the transient ones.
const REFUSALS = new Set(['UNKNOWN', 'ROOM_FULL', 'ROOM_CLOSED', 'ROOM_EXPIRED', 'LEADER_UNPAID', 'OWN_ROOM', 'ALREADY_IN_ROOM', 'ALREADY_IN_CAMPAIGN',
  'OUT_OF_QUOTA', 'NO_JOINABLE_ROOM', 'SEAT_NOT_FOUND', 'ROOM_NOT_FOUND', 'REFUND_NOT_FOUND', 'CANNOT_CANCEL', 'CANNOT_LEAVE', 'FORCE_BLOCKED_UNPAID',
  'IDEMPOTENCY_CONFLICT']);
const OVERDUE_MS = 5000; // an audit may find it: timers are late where processes are many
const ON_ITS_WAY_MS = 1000; // a push, after the daemon that sent it died
const show = (what) => JSON.stringify(what);

// ---- the log ----

// The entries from the first to this head, in order; null with a reason if the chain breaks.
function chainTo(known, head) {
  const chain = [];
  for (let at = head; at !== null;) {
    const [id, nonce] = at.split(' ');
    const entry = known.get(`${id} ${nonce}`);
    if (!entry) return {reason: `the log has no entry ${id} ${nonce}`};
    chain.push(entry);
    if (chain.length > known.size) return {reason: 'the log runs in a circle'};
    at = entry.pred;
  }
  return {chain: chain.reverse()};
}

// The books of a partition's log, and those of branches that a failover cut off.
class Ledger {
  constructor(partition, entries, head) {
    this.partition = partition;
    this.flaws = [];
    const known = new Map(entries.map((entry) => [`${entry.id} ${entry.nonce}`, entry]));
    const {chain, reason} = chainTo(known, head);
    if (!chain) {
      this.flaws.push(`partition ${partition}: ${reason}`);
      this.books = new Books(partition);
      this.lost = [];
      return;
    }
    this.books = this.keep(chain);
    this.flaws.push(...this.books.flaws);
    const onChain = new Set(chain);
    const lost = entries.filter((entry) => !onChain.has(entry));
    const named = new Set(entries.map((entry) => entry.pred?.split(' ').slice(0, 2).join(' ')));
    this.lost = lost.filter((entry) => !named.has(`${entry.id} ${entry.nonce}`))
      .map((tip) => chainTo(known, `${tip.id} ${tip.nonce}`).chain).filter(Boolean).map((branch) => this.keep(branch));
    this.lostCount = lost.length;
  }

  keep(chain) {
    const books = new Books(this.partition);
    for (const entry of chain) books.enter(entry);
    return books;
  }
}

// ---- one answer ----

// What a seat, a room or a refusal says of a room at a version; '' if that is what the facts make.
function compareRoom(books, told) {
  const room = books.rooms.get(told.room);
  if (!room) return `of room ${told.room}, which is in no log`;
  const at = room.versions[told.version];
  if (!at) return `of version ${told.version} of room ${told.room}, which has ${room.versions.length - 1} in the log`;
  for (const [field, name] of [['size', 'size'], ['paid', 'paid'], ['held', 'held'], ['missing', 'missing'], ['free', 'free'], ['room_state', 'state']])
    if (told[field] !== undefined && told[field] !== at[name]) return `${field} ${told[field]} of room ${told.room} at version ${told.version}, where it is ${at[name]}`;
  if (told.deadline !== undefined && told.deadline !== at.deadline) return `deadline ${told.deadline} of room ${told.room}, where it is ${at.deadline}`;
  return '';
}

const isShown = (at, i) => (at.released[i] === 'room_ended' ? at.state !== 'formed' : at.released[i] === undefined);

function compareSeats(books, told, seats, isWhole) {
  const room = books.rooms.get(told.room);
  const at = room.versions[told.version];
  for (const seat of seats) {
    if (seat.virtual) continue;
    const known = room.seats[seat.n - 1];
    if (!known || known.order !== seat.order || known.user !== seat.user) return `seat ${seat.n} of room ${told.room} is ${show(seat)}, not ${known?.order}`;
    if (at.seats[seat.n - 1] !== seat.state) return `seat ${seat.n} of room ${told.room} at version ${told.version} is ${seat.state}, not ${at.seats[seat.n - 1]}`;
    if (seat.role === 'leader' && at.leader !== seat.n) return `seat ${seat.n} of room ${told.room} leads, not ${at.leader}`;
  }
  const shown = isWhole ? at.seats.length : Math.min(20, at.seats.filter((state, i) => isShown(at, i)).length);
  if (seats.filter((seat) => !seat.virtual).length !== shown) return `${seats.length} seats of room ${told.room} at version ${told.version}, not ${shown}`;
  return '';
}

function compareStatus(books, told) {
  if (told.error) return '';
  const text = compareRoom(books, {...told, room_state: told.state});
  if (text || !told.seats) return text;
  return compareSeats(books, told, told.seats, false);
}

// What storefronts see: no orders, no users.
function comparePublic(books, told) {
  if (told.error) return '';
  const text = compareRoom(books, {...told, room_state: told.state});
  if (text || !told.seats) return text;
  const at = books.rooms.get(told.room).versions[told.version];
  const leads = told.seats.find((seat) => seat.leader);
  return leads && leads.n !== at.leader ? `seat ${leads.n} leads room ${told.room} at version ${told.version}, not ${at.leader}` : '';
}

function compareSeat(books, told) {
  const order = books.orders.get(`${told.campaign} ${told.order}`);
  if (told.refund && !books.refunds.has(told.refund)) return `refund ${told.refund} is in no log`;
  if (!told.room) // money without a seat
    return order?.refunds.length > 0 ? '' : `${told.order} is owed back, which is in no log`;
  const text = compareRoom(books, told);
  if (text) return text;
  // It may have left this room, and have been moved back into it: the latest of its seats there.
  const ofRoom = order?.seats.filter((one) => one.room === told.room) ?? [];
  const seat = ofRoom.filter((one) => one.version <= told.version).at(-1) ?? ofRoom[0];
  if (!seat) return `${told.order} has a seat in room ${told.room}, which is in no log`;
  const at = books.rooms.get(told.room).versions[told.version];
  const state = at.seats[seat.n - 1];
  if (state === undefined) return `${told.order} sits in room ${told.room} at version ${told.version}, before it took a seat`;
  if (state !== told.seat) return `${told.order} is ${told.seat} in room ${told.room} at version ${told.version}, where it is ${state}`;
  if (told.user !== seat.user) return `${told.order} is of ${told.user}, not of ${seat.user}`;
  if (told.hold_until !== undefined && told.hold_until !== seat.hold_until) return `${told.order} is held until ${told.hold_until}, not ${seat.hold_until}`;
  return '';
}

function compareRefund(books, told) {
  const refund = books.refunds.get(told.refund);
  if (!refund) return `refund ${told.refund} is in no log`;
  if (refund.order !== told.order || refund.reason !== told.reason || refund.amount !== told.amount) return `refund ${show(told)} is ${show(refund)}`;
  if (told.acked_at !== undefined && refund.ackedIndex === 0) return `refund ${told.refund} is settled, which is in no log`;
  return '';
}

// The entry that made a campaign what was told of it; 0: none did.
const entryOfState = (books, told) => books.campaigns.get(told.campaign)?.states.get(stateOf(told)) ?? 0;

const firstOf = (list, compare) => {
  for (const item of list) {
    const text = compare(item);
    if (text) return text;
  }
  return '';
};

// '' if this answer is what these books hold.
function compareAnswer(books, {method, args, reply}) {
  if (TAKES.has(method) || ['seat.pay', 'seat.cancel', 'seat.leave', 'seat.get'].includes(method)) {
    const text = compareSeat(books, reply);
    if (text || method !== 'seat.pay' || !args.payment) return text;
    return books.payments.has(`${args.campaign} ${args.order} ${args.payment}`) ? '' : `payment ${args.payment} is in no log`;
  }
  switch (method) {
  case 'room.get': case 'room.wait': case 'room.form': case 'room.dissolve': return compareStatus(books, reply);
  case 'web.room': case 'push': return comparePublic(books, reply);
  case 'room.seats': return compareRoom(books, {room: reply.room, version: reply.version}) || compareSeats(books, reply, reply.seats, reply.cursor === '');
  case 'room.list': return firstOf(reply.rooms, (room) => compareStatus(books, room));
  case 'user.seats': return firstOf(reply.seats, (seat) => compareSeat(books, seat));
  case 'refund.list': return firstOf(reply.refunds, (refund) => compareRefund(books, refund));
  case 'refund.ack': return compareRefund(books, reply);
  case 'campaign.get': return entryOfState(books, reply) > 0 ? '' : `of ${reply.campaign} what it never was: ${stateOf(reply)}`;
  default: return '';
  }
}

// A refusal that names a room tells the truth about it.
function compareRefusal(books, {error: {code, details}}) {
  const {room, order} = details;
  if (!room || details.version === undefined) return '';
  const version = Number(details.version);
  const text = compareRoom(books, {room, version, room_state: details.room_state});
  if (text) return text;
  const at = books.rooms.get(room).versions[version];
  const isLive = ['pending', 'open'].includes(at.state);
  if (code === 'ROOM_FULL' && (!isLive || at.free !== 0)) return `room ${room} is full at version ${version}, where it has ${at.free} free`;
  if (['ROOM_CLOSED', 'ROOM_EXPIRED'].includes(code) && isLive) return `room ${room} has ended at version ${version}, where it is ${at.state}`;
  if (code === 'LEADER_UNPAID' && at.state !== 'pending') return `the leader of ${room} has not paid at version ${version}, where it is ${at.state}`;
  if (['OWN_ROOM', 'ALREADY_IN_ROOM', 'ALREADY_IN_CAMPAIGN'].includes(code)) {
    const seat = books.rooms.get(room).seats.findIndex((one, i) => one.order === order && ['held', 'paid'].includes(at.seats[i]));
    if (seat < 0) return `${order} sits in ${room} at version ${version}, where it has no living seat`;
  }
  return '';
}

// The rooms and versions that an answer showed (of a campaign: which entry made it so).
function* versionsOf({method, reply, error}, ledger) {
  if (method === 'campaign.get') {
    const index = reply && ledger ? entryOfState(ledger.books, reply) : 0;
    if (index > 0) yield [reply.campaign, index];
  } else if (error) {
    if (error.details.room && error.details.version !== undefined) yield [error.details.room, Number(error.details.version)];
  } else if (reply === undefined) return;
  else if (Array.isArray(reply)) for (const room of reply) yield [room.room, room.version];
  else if (method === 'room.list') for (const room of reply.rooms) yield [room.room, room.version];
  else if (method === 'user.seats') for (const seat of reply.seats) yield [seat.room, seat.version];
  else if (reply.version !== undefined && reply.room) yield [reply.room, reply.version];
}

// ---- all of them ----

export class Checker {
  constructor(history) {
    this.calls = history.of('call');
    this.losses = history.of('fault').filter((fault) => fault.loss).map((fault) => fault.loss);
    this.violations = [];
    this.excused = 0;
    const byPartition = (lines) => Map.groupBy ? Map.groupBy(lines, (line) => line.partition) : groupBy(lines);
    const entries = byPartition(history.of('entry'));
    this.events = byPartition(history.of('event'));
    this.ledgers = history.of('head').map(({partition, head}) => new Ledger(partition, entries.get(partition) ?? [], head));
    this.partitionOf = new Map(this.ledgers.flatMap((ledger) => [...ledger.books.campaigns.keys()].map((campaign) => [campaign, ledger])));
    this.ledgerOfRoom = new Map();
    for (const ledger of this.ledgers)
      for (const books of [...ledger.lost, ledger.books]) for (const room of books.rooms.keys()) this.ledgerOfRoom.set(room, ledger);
  }

  violation(text, call) {
    this.violations.push(call ? `${text}\n    ${show(call)}` : text);
  }

  run() {
    if (this.ledgers.length === 0) this.violation('no log: nothing can be checked');
    for (const ledger of this.ledgers) {
      for (const flaw of new Set([...ledger.flaws, ...ledger.lost.flatMap((books) => books.flaws)])) this.violation(flaw);
      if (ledger.lostCount > 0 && this.losses.length === 0) this.violation(`partition ${ledger.partition}: ${ledger.lostCount} entries were stored and are gone`);
      this.checkEvents(ledger);
    }
    for (const call of this.calls) this.checkCall(call);
    this.checkRealTime();
    this.checkTraces();
    this.checkMoney();
    this.checkReaders();
    this.checkAudits();
    return this.violations;
  }

  // Which ledger an answer speaks of; several where it shows rooms of several campaigns.
  ledgersOf(call) {
    const {args, reply, error} = call;
    const campaign = args.campaign ?? reply?.campaign;
    if (this.partitionOf.has(campaign)) return this.partitionOf.get(campaign);
    const room = reply?.room ?? error?.details?.room ?? (typeof args.room === 'string' ? args.room : undefined);
    return this.ledgerOfRoom.get(room) ?? null;
  }

  era(at) { return this.losses.filter((loss) => loss.at < at).length; }
  mayBeLost({method, begin}) { return this.losses.some((loss) => begin <= loss.at + (method === 'push' ? ON_ITS_WAY_MS : 0)); }

  // Compare with the log as it is; what a failover has cut off excuses those who were answered before.
  judge(ledger, call, compare) {
    const text = compare(ledger.books);
    if (text === '') return;
    if (this.mayBeLost(call) && ledger.lost.some((books) => compare(books) === '')) this.excused++;
    else this.violation(`answered ${text}`, call);
  }

  checkCall(call) {
    const {method, reply, error} = call;
    if (error) {
      const isOfLostFeed = method === 'feed.read' && error.code === 'BAD_ARGUMENT' && this.era(call.end) > 0; // its reader is past an end that is no more
      if (!TRANSIENT.has(error.code) && !REFUSALS.has(error.code) && !isOfLostFeed) this.violation(`nobody expects ${error.code}`, call);
      if (method === 'seat.pay' && !TRANSIENT.has(error.code) && error.code !== 'UNKNOWN') this.violation('money is refused', call);
      const ledger = this.ledgersOf(call);
      if (ledger) this.judge(ledger, call, (books) => compareRefusal(books, call));
      return;
    }
    if (reply === undefined) return;
    if (method === 'feed.read') return;
    if (Array.isArray(reply)) {
      const compare = method === 'web.rooms' ? comparePublic : compareStatus;
      for (const room of reply) {
        const ledger = this.ledgerOfRoom.get(room.room);
        if (ledger) this.judge(ledger, call, (books) => compare(books, room));
        else if (!room.error) this.violation(`answered of room ${room.room}, which is in no log`, call);
      }
      return;
    }
    const ledger = this.ledgersOf(call);
    if (ledger) this.judge(ledger, call, (books) => compareAnswer(books, call));
    else if (method !== 'campaign.put') this.violation('answered what is in no log', call);
  }

  // Who asks after an answer came sees nothing older than that answer showed.
  checkRealTime() {
    const moments = [];
    for (const call of this.calls) {
      if (call.end === undefined) continue;
      const versions = [...versionsOf(call, this.partitionOf.get(call.args.campaign))];
      if (versions.length === 0) continue;
      const look = {at: call.begin, call, floors: new Map(), versions};
      if (call.method !== 'push') // which answers nobody, and may have been long on its way
        moments.push({at: call.begin, order: 1, run: (newest) => { for (const [room] of versions) look.floors.set(room, newest.get(room) ?? 0); }});
      moments.push({at: call.end, order: 0, run: (newest) => this.seen(look, newest)});
    }
    for (const loss of this.losses) moments.push({at: loss.at, order: 2, run: (newest) => newest.clear()});
    moments.sort((a, b) => a.at - b.at || a.order - b.order);
    const newest = new Map();
    for (const moment of moments) moment.run(newest);
  }

  seen({call, floors, versions}, newest) {
    const isOld = this.losses.some((loss) => call.begin <= loss.at && call.end >= loss.at); // an answer under way when facts were lost
    if (isOld || (call.method === 'push' && this.losses.length > 0)) return;
    for (const [room, version] of versions) {
      if (version < (floors.get(room) ?? 0)) this.violation(`version ${version} of ${room} was shown, ${floors.get(room)} had been shown before`, call);
      newest.set(room, Math.max(newest.get(room) ?? 0, version));
    }
  }

  // What was refused for certain has left no trace; and what is found nowhere was never there.
  checkTraces() {
    const tries = new Map(); // order or payment -> [calls]
    const enter = (key, call) => tries.set(key, [...(tries.get(key) ?? []), call]);
    for (const call of this.calls) {
      if (TAKES.has(call.method)) enter(`order ${call.args.order}`, call);
      if (call.method === 'seat.pay') enter(`payment ${call.args.payment}`, call);
    }
    const refused = (key) => {
      const calls = tries.get(key);
      return calls === undefined || calls.every((call) => call.error && call.error.code !== 'UNKNOWN');
    };
    for (const ledger of this.ledgers) {
      for (const order of ledger.books.orders.values()) {
        const name = order.name.split(' ')[1];
        if (order.seats.length > 0 && refused(`order ${name}`)) this.violation(`order ${name} has a seat, and was refused or never asked for`, tries.get(`order ${name}`)?.[0]);
      }
      for (const {key} of ledger.books.payments.values()) {
        const name = key.split(' ')[2];
        if (refused(`payment ${name}`)) this.violation(`payment ${name} is placed, and was refused or never made`, tries.get(`payment ${name}`)?.[0]);
      }
    }
    this.checkMissing();
  }

  // SEAT_NOT_FOUND and the like, although an answer had shown it before the question.
  checkMissing() {
    const shown = new Map(); // what, and after how many losses -> when an answer first showed it
    const see = (what, {method, begin, end}) => {
      const key = `${what} ${this.era(method === 'push' ? begin - ON_ITS_WAY_MS : begin)}`;
      if (!(shown.get(key) <= end)) shown.set(key, end);
    };
    for (const call of this.calls) {
      const {reply, args} = call;
      if (reply?.order && reply.campaign) see(`known ${reply.campaign} ${reply.order}`, call); // it may be money without a seat
      if (reply?.order && reply.room) see(`order ${reply.campaign} ${reply.order}`, call);
      if (reply?.room && reply.version) see(`room ${reply.room}`, call);
      if (reply?.refund) see(`refund ${reply.refund ?? args.refund}`, call);
    }
    for (const call of this.calls) {
      const {error, args, begin} = call;
      const what = {SEAT_NOT_FOUND: `${call.method === 'seat.get' ? 'known' : 'order'} ${args.campaign} ${args.order}`, ROOM_NOT_FOUND: `room ${args.room}`, REFUND_NOT_FOUND: `refund ${args.refund}`}[error?.code];
      if (what && shown.get(`${what} ${this.era(begin)}`) < begin) this.violation(`${what} is not found, and had been shown before`, call);
    }
  }

  // Each acknowledged payment is in exactly one place: a seat that is paid, or a refund.
  checkMoney() {
    for (const {books} of this.ledgers)
      for (const {key, place, seat} of books.payments.values()) {
        if (place !== 'seat') continue;
        const room = books.rooms.get(seat.room);
        const state = room?.seats[seat.n - 1]?.state;
        if (!['paid', 'settled'].includes(state)) this.violation(`payment ${key} is on a seat that is ${state}, and owed back by nobody`);
        if (room?.state === 'failed') this.violation(`payment ${key} is on a seat of the failed room ${room.id}`);
      }
  }

  // The feed has each event of the log once, under an id of its batch, and no other.
  checkEvents(ledger) {
    const told = [];
    for (const {id, type, room, campaign, data} of this.events.get(ledger.partition) ?? []) {
      const [epoch, low] = id.split('-');
      const about = type.startsWith('refund') ? JSON.parse(data).refund : room || campaign;
      told.push(`${epoch}-${BigInt(low) >> EVENT_BITS} ${type} ${about}`);
    }
    const made = ledger.books.events.map((event) => event.join(' '));
    const [left, extra] = difference(made, told);
    for (const event of left) this.violation(`partition ${ledger.partition}: the feed lacks ${event}`);
    const lost = new Set(ledger.lost.flatMap(({events}) => events.map((event) => event.join(' '))));
    for (const event of extra) if (!lost.has(event)) this.violation(`partition ${ledger.partition}: the feed tells ${event}, which never happened`);
  }

  // Who reads the feed page by page gets each event once, in order, without a gap.
  checkReaders() {
    const read = this.calls.filter(({method, reply}) => method === 'feed.read' && reply).flatMap(({reply}) => reply.events);
    const stored = new Set([...this.events.values()].flat().map(eventKey));
    const seen = new Set();
    const last = new Map(); // partition -> the last id read
    for (const event of read) {
      const key = eventKey(event);
      if (seen.has(key)) this.violation(`a reader of the feed got ${key} twice`);
      if (!stored.has(key)) this.violation(`a reader of the feed got ${key}, which is not in it`);
      if (last.has(event.partition) && compareIds(last.get(event.partition), event.id) >= 0) this.violation(`a reader of the feed got ${key} after ${last.get(event.partition)}`);
      seen.add(key);
      last.set(event.partition, event.id);
    }
    if (this.losses.length > 0) return; // it may have read what is gone, and is past what came in its place
    for (const [partition, events] of this.events)
      for (const event of events)
        if (last.has(partition) && compareIds(event.id, last.get(partition)) <= 0 && !seen.has(eventKey(event))) this.violation(`a reader of the feed did not get ${eventKey(event)}`);
  }

  // What the audits said is what the log had come to: nothing owed is left out, nothing overdue lives on.
  checkAudits() {
    const asked = new Map(); // campaign -> {books, index, listed} since its last CAMPAIGN.GET
    for (const {method, args, reply} of this.calls.filter((call) => call.isAudit && call.reply)) {
      if (['open', 'pending'].includes(reply.state) && reply.deadline + OVERDUE_MS < reply.now) this.violation(`room ${reply.room} lives on after its deadline: ${show(reply)}`);
      const seat = this.ledgerOfRoom.get(reply.room)?.books.orders.get(`${reply.campaign} ${reply.order}`)?.seats.find(({room}) => room === reply.room);
      if (reply.seat === 'held' && seat?.release_at + OVERDUE_MS < reply.now) this.violation(`${reply.order} is held on: ${show(reply)}`);
      if (method === 'campaign.get' && this.partitionOf.has(reply.campaign)) {
        const {books} = this.partitionOf.get(reply.campaign);
        asked.set(reply.campaign, {books, index: entryOfState(books, reply), listed: new Set()});
      }
      if (method !== 'refund.list' || !asked.has(args.campaign)) continue;
      const {books, index, listed} = asked.get(args.campaign);
      for (const refund of reply.refunds) listed.add(refund.refund);
      if (reply.cursor !== '') continue;
      for (const refund of books.refunds.values())
        if (refund.campaign === args.campaign && refund.index <= index && !(refund.ackedIndex > 0 && refund.ackedIndex <= index) && !listed.has(refund.id))
          this.violation(`refund ${refund.id} of ${args.campaign} is due, and not listed`);
    }
  }
}

function groupBy(lines) {
  const groups = new Map();
  for (const line of lines) groups.set(line.partition, [...(groups.get(line.partition) ?? []), line]);
  return groups;
}

const eventKey = ({partition, id, type, room}) => `${partition} ${id} ${type} ${room ?? ''}`;

function compareIds(a, b) {
  const [[aEpoch, aLow], [bEpoch, bLow]] = [a, b].map((id) => id.split('-').map(BigInt));
  return Number(aEpoch - bEpoch) || Number(aLow - bLow);
}

// [in a and not in b, in b and not in a], counting.
function difference(a, b) {
  const counts = new Map();
  for (const item of a) counts.set(item, (counts.get(item) ?? 0) + 1);
  for (const item of b) counts.set(item, (counts.get(item) ?? 0) - 1);
  return [[...counts].filter(([, count]) => count > 0).map(([item]) => item), [...counts].filter(([, count]) => count < 0).map(([item]) => item)];
}

export function check(history) { return new Checker(history).run(); }

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  let found = 0;
  for (const file of process.argv.slice(2)) {
    const violations = check(History.read(file));
    for (const text of violations.slice(0, 50)) console.log(`${file}: ${text}`);
    console.log(`${file}: ${violations.length} violations`);
    found += violations.length;
  }
  process.exit(found > 0 ? 1 : 0);
}
