// SPDX-License-Identifier: BSD-2-Clause
// api.js - the shop's own server (bench/tool/storefront.c): who I am, and what changes something. Rooms are read from tuand's
// web port, by tuan-web.js.

const AWAY_RETRIES = 40;
const AWAY_PAUSE_MS = 500;

const random = (chars) => [...crypto.getRandomValues(new Uint8Array(chars))].map((byte) => (byte % 36).toString(36)).join('');

// Each tab is a shopper of its own, so that one person can play several. A real shop has accounts.
function myToken() {
  let token = sessionStorage.getItem('token');
  if (!token) sessionStorage.setItem('token', token = random(24));
  return token;
}

export class Refused extends Error {
  constructor({code, message}) {
    super(message);
    this.code = code;
    this.room = / room=(\w+)/.exec(message)?.[1] ?? null; // where the seat is that stands in the way
  }
}

async function once(path, body) {
  let response;
  try {
    response = await fetch(path, {method: body ? 'POST' : 'GET', body: body && JSON.stringify(body),
      headers: {Authorization: `Bearer ${myToken()}`, ...body && {'Content-Type': 'application/json'}}});
  } catch {
    return {isAway: true};
  }
  if (response.status === 503) return {isAway: true};
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.error);
  return {answer};
}

// Throws Refused; its code is AWAY if the daemon was not there all the while. Asking again is safe: an order has one seat, a payment counts once.
async function call(path, {body, onAway} = {}) {
  for (let i = 0; i < AWAY_RETRIES; i++) {
    const {isAway, answer} = await once(path, body);
    if (!isAway) return answer;
    onAway?.();
    await new Promise((resolve) => setTimeout(resolve, AWAY_PAUSE_MS * (1 + Math.random())));
  }
  throw new Refused({code: 'AWAY', message: 'no answer'});
}

const campaignPath = (campaign) => `/api/campaigns/${encodeURIComponent(campaign)}/seats`;
const orderPath = (seat) => `${campaignPath(seat.campaign)}/${encodeURIComponent(seat.order)}`;

export const readShop = () => call('/api/shop');
export const readMe = () => call('/api/me');
export const readRoomMore = (room) => call(`/api/rooms/${encodeURIComponent(room)}`);
export const readSeats = async (campaign) => (await call(campaignPath(campaign))).seats;
export const readSeat = (seat) => call(orderPath(seat));

// how: `open` (with `tier` where there are any), `match`, or `join` with `room`. The number of the attempt makes it one order, however often
// it has to be sent.
export const takeSeat = (campaign, wish, onAway) => call(campaignPath(campaign), {body: {...wish, attempt: random(12)}, onAway});
export const paySeat = (seat, how, onAway) => call(`${orderPath(seat)}/payment`, {body: how ? {how} : {}, onAway});
export const leaveSeat = (seat, onAway) => call(`${orderPath(seat)}/leave`, {body: {}, onAway});
