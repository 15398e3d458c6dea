// SPDX-License-Identifier: BSD-2-Clause
// api.js - the admin port, asked: what reads by GET, acts by POST with a body of JSON, both with the reader's token if he gave one.
//
// Every answer brings the daemon's clock (X-Now-Ms); now() runs by it, so that a wrong clock of the reader's counts down rightly.

const TIMEOUT_MS = 8000;
const TOKEN = 'tuan-token'; // in sessionStorage: it ends with the tab

// The daemon answered that it will not. `status` is HTTP's.
export class Refusal extends Error {
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.code = error.code;
  }
}

// No answer came at all.
export class Silence extends Error {}

let offset = 0, bestTrip = Infinity, seen = 0;

export const now = () => Date.now() + offset;

// The sample with the shortest round trip knows best; one from a cache is no sample.
function takeClock(answer, sent) {
  const told = Number(answer.headers.get('X-Now-Ms'));
  const trip = Date.now() - sent;
  if (!(told > seen)) return;
  seen = told;
  bestTrip += 1; // clocks drift: an old sample must not rule for ever
  if (trip > bestTrip) return;
  bestTrip = trip;
  offset = told - (sent + trip / 2);
}

export const token = () => sessionStorage.getItem(TOKEN) ?? '';
export function setToken(text) {
  if (text) sessionStorage.setItem(TOKEN, text);
  else sessionStorage.removeItem(TOKEN);
}

async function ask(path, options = {}) {
  const headers = {...options.headers};
  if (token()) headers.Authorization = `Bearer ${token()}`;
  const sent = Date.now();
  let answer, text;
  try {
    answer = await fetch(path, {...options, headers, cache: 'no-store', credentials: 'omit', redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS)});
    text = await answer.text();
  } catch (error) {
    throw new Silence(error.message);
  }
  takeClock(answer, sent);
  return {status: answer.status, text};
}

function parse({status, text}) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Silence('that was no answer of tuand');
  }
  if (status >= 400) throw new Refusal(status, body.error);
  return body;
}

// read('room.get', {room}) asks for /v1/room.get?room=…
export async function read(name, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  return parse(await ask(`/v1/${name}${query ? `?${query}` : ''}`));
}

export async function act(command, body) {
  return parse(await ask(`/v1/${command}`, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)}));
}

// [{name, isGood, why}], from what Kubernetes reads.
export async function readChecks() {
  const {text} = await ask('/readyz?verbose');
  return [...text.matchAll(/^\[([+-])\](\w+) (?:ok|failed: (.*))$/gm)]
    .map(([, sign, name, why]) => ({name, isGood: sign === '+', why: why ?? ''}));
}
