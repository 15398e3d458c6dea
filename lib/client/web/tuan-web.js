// SPDX-License-Identifier: BSD-2-Clause
// tuan-web.js - follow a group-buy (拼團) room, or a list of rooms, from a storefront's page. One ES module without
// dependencies, to be copied into your shop; README.md beside it tells how.
//
//     import {ServerClock, followRoom, timeLeft} from './tuan-web.js';
//     const clock = new ServerClock();
//     const follower = followRoom('https://status.shop.example', 'PM1FMTTBVS3WKJMP3H00', {clock,
//       onRoom: (room) => show(room),                        // at first, and whenever it changed
//       onState: (state) => showBadge(state)});              // see below
//     setInterval(() => showCountdown(timeLeft(follower.room.deadline - clock.now())), 250);
//     ...
//     follower.stop();
//
// States, as {name, via, retryMs}: `live` via `poll`, `wait` (long poll) or `stream` (EventSource); `retrying` in retryMs;
// `paused` while nobody looks; `ended`: the room's last status was told, nothing is asked any more; `gone`: there is no such room.
//
// Times are in milliseconds; `deadline` and `hold_until` are by the server's clock, which is ServerClock's business.

const POLL_MS = 5000; // where the answer has no X-Poll-After-Ms
const JITTER = 0.2; // to both sides, so that a thousand phones that saw the same answer do not come back together
const RETRY_MS = {least: 300, first: 2000, most: 30000};
const ANSWER_MS = 10000; // how long an answer may take, beyond what it was asked to wait
const WAIT_S = 20; // of a long poll: shorter than what phones and proxies allow
const STREAM_PROOF_MS = 5000; // a stream that has said nothing by then is held back by some proxy
const STREAM_CHECK_MS = 30000; // how often a stream is compared with a poll, which also renews the clock
const STREAM_FAILURES_MAX = 3; // then this page polls
const CLOCK_SAMPLES = 16;
const GONE = new Set(['ROOM_NOT_FOUND', 'CAMPAIGN_NOT_FOUND']);

// What a browser has. Tests and mini programs bring their own: see README.md.
const browser = {
  fetch: (url, options) => globalThis.fetch(url, options),
  EventSource: globalThis.EventSource,
  AbortController: globalThis.AbortController,
  setTimeout: (act, ms) => globalThis.setTimeout(act, ms),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
  monotonicMs: () => globalThis.performance.now(),
  random: Math.random,
  document: globalThis.document, // `hidden`, and the event visibilitychange
};

// The server's clock as known here. The device's own date is never looked at, it may be minutes wrong or set meanwhile: time
// goes on by a clock that only runs forward.
//
// When an answer arrived, it was at least X-Now-Ms at the server, so the greatest difference of all answers is the nearest to
// the truth: late by the shortest way home, a few hundredths of a second. An answer out of some cache can only say less,
// which is why no round trip has to be measured, and no Age to be trusted.
export class ServerClock {
  #differences = []; // the latest ones, so that a server whose clock was set back is believed after a while
  #isDoubted = false;
  #monotonicMs;

  constructor({monotonicMs = browser.monotonicMs} = {}) { this.#monotonicMs = monotonicMs; }

  // `nowMs` is the X-Now-Ms of an answer that arrives now.
  note(nowMs) {
    if (!Number.isFinite(nowMs) || nowMs <= 0) return;
    if (this.#isDoubted) this.#differences = [];
    this.#isDoubted = false;
    this.#differences.push(nowMs - this.#monotonicMs());
    if (this.#differences.length > CLOCK_SAMPLES) this.#differences.shift();
  }

  // The device may have slept with its clocks standing still: the next answer counts alone.
  doubt() { this.#isDoubted = true; }

  get isKnown() { return this.#differences.length > 0; }

  // Milliseconds since 1970 at the server; NaN before the first answer.
  now() { return this.isKnown ? this.#monotonicMs() + Math.max(...this.#differences) : NaN; }
}

// A span as people read it: {days, hours, minutes, seconds, tenths}, all 0 once it is over. Unknown spans (NaN) are null.
export function timeLeft(ms) {
  if (Number.isNaN(ms) || ms === undefined) return null;
  const tenths = Math.max(0, Math.ceil(ms / 100));
  return {days: Math.floor(tenths / 864000), hours: Math.floor(tenths / 36000) % 24, minutes: Math.floor(tenths / 600) % 60,
    seconds: Math.floor(tenths / 10) % 60, tenths: tenths % 10};
}

// Asks for a thing again and again, as often as the server likes, while somebody looks.
class Follower {
  state = {name: 'paused'};
  clock;
  env;
  etag = null; // of the newest answer, without its quotes
  #options;
  #failures = 0;
  #timer = null;
  #request = null; // the one under way, else null
  #look = () => (this.env.document.hidden ? this.pause() : this.resume());

  constructor(options) {
    this.#options = options;
    this.env = {...browser, ...options.env};
    this.clock = options.clock ?? new ServerClock(this.env);
  }

  start() {
    this.env.document?.addEventListener('visibilitychange', this.#look);
    if (!this.env.document?.hidden) this.resume();
    return this;
  }

  // For good. Nothing is told afterwards.
  stop() {
    this.#options = {};
    this.finish('stopped');
  }

  // Until resume(). Pages need neither, they pause while they are hidden; mini programs call them from onHide and onShow.
  pause() {
    if (this.isOver) return;
    this.leave();
    this.tell({name: 'paused'});
  }

  resume() {
    if (this.isOver || this.#request || this.#timer !== null) return;
    this.clock.doubt();
    this.#failures = 0;
    this.poll();
  }

  get isOver() { return ['ended', 'gone', 'stopped'].includes(this.state.name); }

  // ---- for those that follow something in particular: url(), take(body, etag), nextMs(response), via ----

  get via() { return 'poll'; }
  limitMs() { return ANSWER_MS; }

  tell(state) {
    const same = state.name === this.state.name && state.via === this.state.via && state.retryMs === this.state.retryMs;
    this.state = state;
    if (!same) this.#options.onState?.(state);
  }

  hand(handler, value) { this.#options[handler]?.(value); }

  finish(name) {
    this.leave();
    this.env.document?.removeEventListener('visibilitychange', this.#look);
    this.tell({name});
  }

  leave() {
    this.#request?.abort();
    this.#request = null;
    this.env.clearTimeout(this.#timer);
    this.#timer = null;
  }

  pollIn(ms) {
    this.env.clearTimeout(this.#timer);
    this.#timer = this.env.setTimeout(() => { this.#timer = null; this.poll(); }, ms);
  }

  jittered(ms) { return ms * (1 + JITTER * (2 * this.env.random() - 1)); }

  async poll() {
    const request = new this.env.AbortController();
    const limit = this.env.setTimeout(() => request.abort(), this.limitMs());
    const isStale = () => this.#request !== request; // paused or stopped meanwhile
    this.#request?.abort();
    this.#request = request;
    try {
      const response = await this.env.fetch(this.url(), {signal: request.signal, credentials: 'omit'});
      if (isStale()) return;
      this.clock.note(Number(response.headers.get('X-Now-Ms')));
      const body = response.status === 204 || response.status === 304 ? null : await response.json();
      if (isStale()) return;
      this.#request = null;
      this.#answered(response, body);
    } catch (error) { // the network, or no JSON
      if (isStale()) return;
      this.#request = null;
      this.failed(error);
    } finally {
      this.env.clearTimeout(limit);
    }
  }

  #answered(response, body) {
    if (GONE.has(body?.error?.code)) return this.finish('gone');
    if (response.status !== 200 && body !== null) return this.failed(new Error(`HTTP ${response.status}`), response);
    this.#failures = 0;
    if (body !== null) this.take(body, response.headers.get('ETag')?.replace(/^(W\/)?"|"$/g, '') ?? null);
    if (this.isOver) return;
    this.pollIn(this.nextMs(response));
    this.tell({name: 'live', via: this.via});
  }

  // Twice as long each time, and by chance within that: what a restart cut off must not come back in one moment.
  failed(error, response) {
    const asked = Number(response?.headers.get('Retry-After')) * 1000;
    const span = Math.min(RETRY_MS.first * 2 ** this.#failures++, RETRY_MS.most);
    const retryMs = Math.max(Math.round(RETRY_MS.least + this.env.random() * span), asked > 0 ? asked : 0);
    this.tell({name: 'retrying', retryMs, error});
    this.pollIn(retryMs);
  }
}

// Everything of a list (a campaign's joinable rooms, its ticker, the campaign itself, several rooms by ids) at an even pace. The
// browser's own cache revalidates by the ETag; setting If-None-Match by hand would cost a preflight of each poll.
class ListFollower extends Follower {
  list = null;
  #url;
  #everyMs;

  constructor(url, options) {
    super(options);
    this.#url = url;
    this.#everyMs = options.everyMs ?? POLL_MS;
  }

  url() { return this.#url; }

  take(list, etag) {
    if (etag !== null && etag === this.etag) return;
    this.etag = etag;
    this.list = list;
    this.hand('onList', list);
  }

  nextMs() { return this.jittered(this.#everyMs); }
}

class RoomFollower extends Follower {
  room = null; // the newest status
  #url;
  #mode; // stream, wait or poll
  #stream = null; // the one that is open
  #streamSpoke = false;
  #streamFailures = 0;

  constructor(base, id, options) {
    super(options);
    this.#url = `${base}/v1/rooms/${encodeURIComponent(id)}`;
    this.#mode = options.mode ?? (this.env.EventSource ? 'stream' : 'poll');
  }

  get via() { return this.#stream && this.#streamSpoke ? 'stream' : this.#mode === 'wait' ? 'wait' : 'poll'; }

  url() {
    if (this.etag === null) return this.#url;
    return `${this.#url}?since=${encodeURIComponent(this.etag)}${this.#waits ? `&wait=${WAIT_S}s` : ''}`;
  }

  get #waits() { return this.#mode === 'wait'; }

  limitMs() { return ANSWER_MS + (this.#waits ? WAIT_S * 1000 : 0); }

  // Several caches on the way may answer in turn, so what is older than what is known is no news. A tag is the data set's name and
  // the version; a daemon that starts without its old data has another name, and counts anew.
  take(room, etag) {
    const isSameData = etag?.split('-')[0] === this.etag?.split('-')[0];
    if (this.room && isSameData && room.version <= this.room.version) return;
    if (this.#stream && this.#streamSpoke && this.room) this.#closeStream(); // a poll knows more than the stream: it is dead
    this.#know(room, etag);
  }

  #know(room, etag) {
    this.etag = etag;
    this.room = room;
    this.hand('onRoom', room);
    if (room.state === 'formed' || room.state === 'failed') this.finish('ended');
  }

  nextMs(response) {
    if (this.#mode === 'stream') this.#checkStream();
    if (this.#stream) return this.#streamSpoke ? this.jittered(STREAM_CHECK_MS) : STREAM_PROOF_MS;
    if (this.#waits) return 250 * this.env.random(); // it has waited already
    return Math.min(this.jittered(Number(response.headers.get('X-Poll-After-Ms')) || POLL_MS), this.#toDeadlineMs());
  }

  // The end comes by itself: soon after the deadline there is news.
  #toDeadlineMs() {
    const left = this.room?.deadline - this.clock.now();
    return left >= 0 ? left + 200 + 800 * this.env.random() : Infinity;
  }

  // ---- the stream: opened when a poll has shown that the way is good ----

  #checkStream() {
    if (this.#stream && !this.#streamSpoke) this.#streamFailed();
    if (this.#mode === 'stream' && !this.#stream) this.#openStream();
  }

  #openStream() {
    const stream = new this.env.EventSource(`${this.#url}/events`);
    this.#stream = stream;
    this.#streamSpoke = false;
    stream.onmessage = (event) => {
      if (stream !== this.#stream) return;
      this.#streamSpoke = true;
      this.#streamFailures = 0;
      this.tell({name: 'live', via: this.via});
      if (event.lastEventId !== this.etag) this.#know(JSON.parse(event.data), event.lastEventId);
    };
    // Not left to EventSource, which would come back after the same time for everybody, and not at all after an HTTP error.
    stream.onerror = () => {
      if (stream !== this.#stream) return;
      this.#streamFailed();
      this.failed(new Error('the event stream ended'));
    };
  }

  #streamFailed() {
    this.#closeStream();
    if (++this.#streamFailures >= STREAM_FAILURES_MAX) this.#mode = 'poll';
  }

  #closeStream() {
    this.#stream?.close();
    this.#stream = null;
  }

  leave() {
    super.leave();
    this.#closeStream();
  }
}

// Follow one room. `base`: where tuand's web port, or a proxy of it, is reached ('' for the page's own origin). options: onRoom(room),
// onState(state), clock (a ServerClock to share; else its own), mode (`stream`: the default where there is EventSource, `wait`,
// `poll`), env. The answer has room, etag, state, clock, and pause(), resume(), stop().
export function followRoom(base, id, options = {}) { return new RoomFollower(base, id, options).start(); }

// Follow a list by its whole URL. options: onList(list), onState(state), everyMs (5000), clock, env.
export function followList(url, options = {}) { return new ListFollower(url, options).start(); }
