// SPDX-License-Identifier: BSD-2-Clause
// room.js - one group, by its share link: who is in, how long it still waits, and what whoever looks can do next.
//
// The room's status comes from tuand's web port by tuan-web.js, and is public. The visitor's own seat comes from the shop's server, which
// is asked whenever the room changed, when a hold must have run out, and while a refund is on its way.
import {followRoom} from '/tuan-web/tuan-web.js';
import {leaveSeat, paySeat, readRoomMore, readSeat, readSeats} from '/shop/api.js';
import {clockText, countdown, fill, h, readProfile, ticking, toast} from '/shop/dom.js';
import {canCheck, checkDraw} from '/shop/draw.js';
import {badge, button, enter, explain, picture} from '/shop/parts.js';
import {makeRing} from '/shop/ring.js';
import {money, said, span, words} from '/shop/words.js';

const ASK_AGAIN_MS = 1500;
const CLOCK_IS_RIGHT_MS = 2000;

const isOver = ({state}) => state === 'formed' || state === 'failed';

class RoomPage {
  room = null;
  product = null;
  seat = null; // mine, here
  more = {}; // what the shop tells beside the public status
  isLate = false; // a late payment is on its way
  told = 0;
  askedAt = 0;
  asking = null;
  hasAsked = false; // before that nobody knows what to offer
  parts = {goods: h('div', {class: 'goods'}), panel: h('div', {class: 'panel', 'aria-live': 'polite'}), share: h('div', {class: 'share'}),
    badge: h('p', {class: 'connection', role: 'status'}, words.starting), facts: h('dl', {})};

  constructor(shop, main, id) {
    Object.assign(this, {shop, main, id});
    main.className = 'room';
    main.replaceChildren(h('h1', {class: 'empty'}, words.starting));
    this.mode = new URLSearchParams(location.search).get('via') ?? undefined;
    this.follow();
  }

  leave() {
    this.isLeft = true;
    this.follower.stop();
  }

  // ---- what is known ----

  follow() {
    this.follower?.stop();
    this.follower = followRoom(this.shop.status, this.id, {clock: this.shop.clock, mode: this.mode, onRoom: (room) => this.onRoom(room), onState: (state) => this.showState(state)});
  }

  onRoom(room) {
    const isFirst = this.room === null;
    this.told++;
    this.room = room;
    this.product = this.shop.product(room.campaign);
    if (this.product === null) return this.showGone();
    if (isFirst) this.lay();
    this.show();
    this.ask();
    if (this.product.kind === 'cut') readRoomMore(this.id).then((more) => { this.more = more; this.show(); }, () => {});
  }

  // Ask for my seat; while an answer is under way, once more behind it.
  ask() {
    this.askedAt = performance.now();
    if (this.asking) { this.mustAskAgain = true; return; }
    this.asking = this.findSeat().then((seat) => {
      this.seat = seat;
      if (seat && !['held', 'released'].includes(seat.seat)) this.isLate = false;
    }, () => {}).finally(() => {
      this.asking = null;
      this.hasAsked = true;
      if (this.isLeft) return;
      this.show();
      if (this.mustAskAgain) { this.mustAskAgain = false; this.ask(); }
    });
  }

  // The newest of mine that was ever in this room: a late payment or a merge may have led it elsewhere.
  async findSeat() {
    if (this.seat && this.seat.seat !== 'released') return readSeat(this.seat);
    const seats = await readSeats(this.room.campaign);
    const here = seats.filter(({room}) => room === this.id);
    return here.find(({seat}) => seat !== 'released') ?? here[0] ?? seats.find(({rerouted_from: from}) => from === this.id) ?? null;
  }

  // What changes without the room's changing.
  watchSeat() {
    const {seat} = this;
    if (!seat || this.asking || performance.now() - this.askedAt < ASK_AGAIN_MS) return;
    const holdIsOver = seat.seat === 'held' && this.shop.clock.now() > seat.hold_until + 500;
    if (holdIsOver || seat.seat === 'refund_due' || this.isLate) this.ask();
  }

  get isIn() { return this.seat !== null && this.seat.room === this.id && this.seat.seat !== 'released'; }

  get price() {
    const {campaign} = this.product;
    if (campaign.payment === 'none') return 0;
    return this.seat?.price ?? campaign.tiers?.find(({size}) => size === this.room.size)?.price ?? campaign.price;
  }

  // ---- what is shown ----

  lay() {
    const {shop, product, parts} = this;
    this.ring = makeRing(shop.clock, product.campaign.room_ttl_ms, shop.me);
    parts.goods.replaceChildren(h('a', {href: `/p/${product.id}`}, picture(product, 72), h('span', {}, h('strong', {}, said(product.title)), badge(product))), h('strong', {class: 'price'}));
    this.main.replaceChildren(h('section', {class: 'board', 'aria-live': 'polite'}, parts.badge, this.ring.element),
      h('div', {class: 'side'}, parts.goods, parts.panel, parts.share, this.inside()));
    ticking(parts.facts, () => { this.showFacts(); this.watchSeat(); });
  }

  show() {
    if (this.isLeft || this.room === null) return;
    const {room, seat, parts} = this;
    this.ring.show(room);
    this.main.dataset.state = room.state;
    document.title = `${this.headline()} · ${said(this.product.title)}`;
    parts.goods.querySelector('.price').textContent = this.product.kind === 'help' ? words.free : money(this.product.kind === 'cut' ? this.product.campaign.price : this.price);
    fill(this.ring.middle, [room.state, room.reason, room.missing, room.held, room.deadline], () => this.middle());
    fill(parts.panel, [this.hasAsked, room.state, room.reason, room.free > 0, room.winners, this.more, this.isLate,
      seat && [seat.order, seat.seat, seat.hold_until, seat.room, seat.won, seat.released, seat.reason]], () => this.panel());
    fill(parts.share, [!isOver(room) && this.isIn, room.missing], () => (!isOver(room) && this.isIn ? this.share() : []));
  }

  headline() {
    const {state, reason, missing} = this.room;
    if (state === 'pending') return words.pendingTitle;
    if (state === 'open') return words.missing(missing);
    return state === 'formed' ? words.formed : reason === 'merged_away' ? words.merged : words.failed;
  }

  middle() {
    const {room} = this;
    const mark = {formed: 'M6 13.500l5 5L20 8', failed: 'M7 7l12 12M19 7L7 19'}[room.state];
    const [before, after] = words.missingWords;
    return [
      mark && h('svg', {viewBox: '0 0 26 26', class: 'mark', 'aria-hidden': 'true'}, h('path', {d: mark})),
      h('h1', {}, room.state === 'open' ? [before && `${before} `, h('b', {}, room.missing), ` ${after}`] : this.headline()),
      room.state === 'open' && h('p', {class: 'time'}, countdown(this.shop.clock, room.deadline)),
      room.state === 'open' && room.held > 0 && h('p', {class: 'note'}, words.paying(room.held)),
      room.state === 'formed' && h('p', {class: 'note'}, words.peopleIn(room.paid, room.size)),
    ];
  }

  panel() {
    const {room} = this;
    if (!this.hasAsked) return [];
    if (room.state === 'formed') return this.formedPanel();
    if (room.state === 'failed') return this.failedPanel();
    if (this.seat && this.seat.room !== this.id) return this.movedPanel();
    if (this.seat?.seat === 'held') return this.heldPanel();
    if (this.isIn) return [h('p', {class: 'good'}, this.product.campaign.payment === 'none' ? words.joined : words.paid), room.state === 'pending' && h('p', {}, words.pending), this.cutSoFar()];
    return this.strangerPanel();
  }

  cutSoFar() {
    const {cut} = this.product.campaign;
    return cut && h('p', {class: 'cut'}, h('progress', {value: this.more.cut ?? 0, max: cut.total, 'aria-label': words.join.cut}), words.cutSoFar(money(this.more.cut ?? 0), money(cut.total)));
  }

  strangerPanel() {
    const {room, seat, product} = this;
    const again = seat?.released && h('p', {class: 'bad'}, words.released[seat.released]);
    const another = button({'data-act': 'another'}, () => enter(this.shop, room.campaign, {how: 'match'}), words.another);
    if (room.state === 'pending') return [again, h('p', {}, words.pending), another];
    if (room.free === 0) return [again, h('p', {}, words.noFree), another];
    const join = () => this.act(() => enter(this.shop, room.campaign, {how: 'join', room: this.id}));
    return [again, this.cutSoFar(), button({class: 'primary', 'data-act': 'join'}, join, words.join[product.kind])];
  }

  heldPanel() {
    const {seat} = this;
    const onAway = () => toast(words.away);
    const payLate = async () => {
      await paySeat(seat, 'late', onAway);
      this.isLate = true;
    };
    if (this.isLate) return [h('p', {}, words.payIsLate), this.hold()];
    return [this.hold(), button({class: 'primary', 'data-act': 'pay'}, () => this.act(() => paySeat(seat, null, onAway)), words.pay(money(seat.price))),
      h('div', {class: 'lesser'}, button({class: 'quiet', 'data-act': 'leave'}, () => this.act(() => leaveSeat(seat, onAway)), words.giveUp),
        button({class: 'quiet', 'data-act': 'late'}, () => this.act(payLate), words.payLate))];
  }

  hold() {
    const element = h('p', {class: 'hold'});
    return ticking(element, () => {
      const ms = this.seat.hold_until - this.shop.clock.now();
      const text = ms > 0 ? words.held(clockText(ms, {tenths: false})) : words.heldOver;
      if (element.textContent !== text) element.textContent = text;
    });
  }

  movedPanel() {
    return [h('p', {}, words.released.moved), h('a', {class: 'button primary', href: `/r/${this.seat.room}`}, words.goOther)];
  }

  refund() {
    const {seat} = this;
    const amount = seat.refunds?.reduce((sum, one) => sum + one.amount, 0) ?? this.price;
    const late = seat.reason === 'late' && `${words.late} `;
    if (seat.seat === 'refund_due') return h('p', {class: 'refund'}, late, words.refundDue(money(amount)));
    if (seat.seat === 'refunded') return h('p', {class: 'refund is-done'}, late, words.refunded(money(amount)));
    if (seat.released && seat.released !== 'room_ended') return h('p', {}, words.released[seat.released]);
    return this.product.campaign.payment !== 'none' && h('p', {}, words.refundNone);
  }

  formedPanel() {
    const {room, seat} = this;
    const settled = this.isIn && seat.seat === 'settled';
    return [
      room.winners && this.isIn && h('p', {class: seat.won ? 'good' : ''}, seat.won ? words.won : words.lost),
      settled ? h('p', {class: 'good'}, room.reason === 'full' || room.winners ? words.formedText : words.formedMin) : !this.isIn && h('p', {}, words.formedOther),
      seat && !settled && this.refund(),
      settled && h('p', {class: 'order-id'}, `${words.order} ${seat.order}`),
      room.winners && this.winners(),
      this.backLink(),
    ];
  }

  failedPanel() {
    const {room, seat} = this;
    if (seat && seat.room !== this.id) return this.movedPanel();
    const why = room.reason === 'leader_unpaid' && seat?.role === 'leader' ? words.unpaid : words.failedWhy[room.reason] ?? '';
    return [h('p', {}, why), seat && this.refund(), this.backLink(words.startAgain, 'button primary')];
  }

  backLink(text = words.backToProduct, kind = 'button') { return h('a', {class: kind, href: `/p/${this.product.id}`}, text); }

  winners() {
    const nameOf = ({nick, key}) => (key === this.shop.me.key ? words.you : nick);
    const names = this.room.seats.filter((seat) => this.room.winners.some(({n}) => n === seat.n)).map((seat) => nameOf(readProfile(seat)));
    const result = h('p', {class: 'checked', role: 'status'});
    const check = async () => {
      const {orders} = await readRoomMore(this.id);
      const isRight = await checkDraw(this.room, orders);
      result.textContent = isRight ? words.checked : words.checkFailed;
      result.classList.toggle('is-wrong', !isRight);
    };
    return [h('p', {}, words.winnerIs(names.join(', '))),
      canCheck() ? button({class: 'quiet', 'data-act': 'check'}, check, words.check) : h('p', {class: 'note'}, words.checkNot), result];
  }

  share() {
    const url = `${location.origin}/r/${this.id}`;
    const field = h('input', {readonly: true, value: url, 'aria-label': words.share});
    const copy = async () => {
      field.select();
      await (navigator.clipboard?.writeText(url) ?? Promise.reject()).catch(() => document.execCommand('copy'));
      toast(words.copied);
    };
    const title = words.shareTitle(said(this.product.title), this.room.missing);
    return [h('h2', {}, words.share), h('div', {class: 'link'}, field, button({'data-act': 'copy'}, copy, words.copy)),
      h('p', {class: 'lesser'}, navigator.share && button({class: 'quiet', 'data-act': 'send'}, () => navigator.share({title, url}).catch(() => {}), words.send),
        h('a', {href: url, target: '_blank', rel: 'noopener', 'data-act': 'other'}, words.asAnother))];
  }

  // ---- how it is known ----

  inside() {
    const change = (mode) => {
      this.mode = mode;
      this.follow();
    };
    const modes = Object.entries(words.vias).map(([mode, text]) => h('label', {},
      h('input', {type: 'radio', name: 'via', value: mode, checked: mode === (this.mode ?? 'stream'), on: {change: () => change(mode)}}), text));
    return h('details', {class: 'inside'}, h('summary', {}, words.inside), h('fieldset', {}, h('legend', {}, words.facts.via), modes), this.parts.facts);
  }

  showFacts() {
    if (!this.main.querySelector('.inside')?.open) return;
    const {clock} = this.shop;
    const off = Date.now() - clock.now();
    const phone = Math.abs(off) < CLOCK_IS_RIGHT_MS ? words.clockRight : words.clockOff(span(Math.abs(off)), off > 0);
    const rows = {version: this.room.version, etag: this.follower.etag, told: words.times(this.told), clock: new Date(clock.now()).toISOString().slice(11, 21), phone};
    fill(this.parts.facts, rows, () => Object.entries(rows).map(([name, value]) => [h('dt', {}, words.facts[name]), h('dd', {'data-fact': name}, value)]));
  }

  showState({name, via, retryMs}) {
    const {badge: place} = this.parts;
    const texts = {live: () => words.live[via], retrying: () => words.retrying(Math.max(1, Math.round(retryMs / 1000))), paused: () => words.paused, ended: () => words.ended};
    if (name === 'gone') return this.showGone();
    if (name === 'stopped') return;
    place.className = `connection is-${name}`;
    place.dataset.via = via ?? '';
    place.textContent = texts[name]();
    if (name === 'live' && this.product) this.ask();
  }

  showGone() {
    document.title = words.gone;
    this.main.className = 'gone';
    this.main.replaceChildren(h('h1', {}, words.gone), h('p', {}, words.goneText), h('a', {class: 'button primary', href: '/'}, words.home));
  }

  // Something of mine, and then how the seat is.
  async act(change) {
    try {
      await change();
    } catch (error) {
      explain(this.shop, error);
    }
    if (!this.isLeft) this.ask();
  }
}

export function showRoom(shop, main, id) {
  const page = new RoomPage(shop, main, id);
  return () => page.leave();
}
