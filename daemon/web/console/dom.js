// SPDX-License-Identifier: BSD-2-Clause
// dom.js - what is shown is built anew each time and laid over what is there: only what differs is touched, so that focus,
// selection, scrolling and whatever the reader has opened stay. Text is always text: no markup is made from a string, and no style
// from an attribute, so the page's policy may forbid both.

const SVG = 'http://www.w3.org/2000/svg';

// h('a.button', {href, class, on: {click}, style: {width}, key}, children…); 'svg:path' for SVG. Children: nodes, texts, numbers,
// lists of them; null and false are left out. A `key` tells elements of one list apart.
export function h(name, properties, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = tag.startsWith('svg:') ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  const {on = {}, style = {}, key, class: more, ...attributes} = properties ?? {};
  const words = more ? [...classes, more] : classes;
  if (words.length > 0) element.setAttribute('class', words.join(' '));
  for (const [attribute, value] of Object.entries(attributes))
    if (value !== undefined && value !== null && value !== false) element.setAttribute(attribute, value === true ? '' : value);
  for (const [property, value] of Object.entries(style)) element.style.setProperty(property, value);
  element.key = key;
  element.handlers = on;
  for (const [event, handler] of Object.entries(on)) element[`on${event}`] = handler;
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Make `old` look like `fresh`, which is used up.
export function patch(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  patchAttributes(old, fresh);
  patchHandlers(old, fresh);
  patchChildren(old, fresh);
}

// What the reader does by himself: opening details, choosing in a list.
const isReaders = (attribute) => attribute === 'open' || attribute === 'selected';

function patchAttributes(old, fresh) {
  for (const {name} of [...old.attributes])
    if (!isReaders(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const {name, value} of fresh.attributes) {
    if (old.getAttribute(name) === value || isReaders(name)) continue;
    if (name === 'style') old.style.cssText = fresh.style.cssText;
    else old.setAttribute(name, value);
  }
}

function patchHandlers(old, fresh) {
  for (const event of Object.keys({...old.handlers, ...fresh.handlers})) old[`on${event}`] = fresh.handlers?.[event] ?? null;
  old.handlers = fresh.handlers;
}

const isAlike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && a.key === b.key;

function patchChildren(old, fresh) {
  const keyed = new Map([...old.childNodes].filter((child) => child.key !== undefined).map((child) => [child.key, child]));
  let at = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const same = child.key === undefined ? at : keyed.get(child.key);
    if (!same || !isAlike(same, child)) {
      old.insertBefore(child, at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else old.insertBefore(same, at);
    patch(same, child);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}
