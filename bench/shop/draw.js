// SPDX-License-Identifier: BSD-2-Clause
// draw.js - draw again what was drawn: anybody can, once the seed is told.

const bytes = (hex) => new Uint8Array(hex.match(/../g).map((pair) => parseInt(pair, 16)));
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const digest = async (data) => hex(await crypto.subtle.digest('SHA-256', data));

async function lot(seed, order) {
  const text = new TextEncoder().encode(order);
  const all = new Uint8Array(seed.length + text.length);
  all.set(seed);
  all.set(text, seed.length);
  return digest(all);
}

// Browsers compute digests on secure connections (and on this machine) only.
export const canCheck = () => globalThis.crypto?.subtle !== undefined;

// Does the seed fit what was published at the opening, and are the winners those with the lowest lots? orders: [{n, order}].
export async function checkDraw({draw_seed: seedText, draw_commit: commit, winners}, orders) {
  const seed = bytes(seedText);
  if (await digest(seed) !== commit) return false;
  const lots = await Promise.all(orders.map(async ({n, order}) => ({n, lot: await lot(seed, order)})));
  const drawn = lots.sort((a, b) => (a.lot < b.lot ? -1 : 1)).slice(0, winners.length).map(({n}) => n);
  return drawn.sort().join() === winners.map(({n}) => n).sort().join();
}
