// SPDX-License-Identifier: BSD-2-Clause
// act.js - what an operator does by hand: asked for a reason first, done once, and told how it went.
import {h} from './dom.js';
import {Silence, act} from './api.js';
import {say} from './words.js';

const REASON_MAX = 128; // bytes, as ROOM.FORM has it

const tellers = []; // of news that is to be shown

export const onNews = (teller) => tellers.push(teller);
const tell = (text) => tellers.forEach((teller) => teller(text));

const isTooLong = (text) => new TextEncoder().encode(text).length > REASON_MAX;

function fields({choice}) {
  return [
    choice && h('fieldset', null, h('legend', null, choice.label), choice.options.map(([value, text], i) =>
      h('label.check', null, h('input', {type: 'radio', name: choice.name, value, checked: i === 0}), text))),
    h('label.field.tall', {for: 'reason'}, say('act.reason'),
      h('textarea', {id: 'reason', name: 'reason', rows: 2, required: true, 'aria-describedby': 'reason-help'})),
    h('p.quiet', {id: 'reason-help'}, say('act.reason.help')),
  ];
}

// What went wrong, in the reader's words. UNKNOWN and silence: it may have been done.
function explain(error) {
  if (error instanceof Silence) return say('act.silence');
  return error.code === 'UNKNOWN' ? say('act.unknown') : `${error.message} (${error.code})`;
}

// {command, body, title, text, verb, isGrave, choice: {name, label, options}, done}
export function askAct(what) {
  const alert = h('p.alert', {role: 'alert'});
  const confirm = h('button.button', {type: 'submit', class: what.isGrave ? 'grave solid' : 'solid'}, what.verb);
  const submit = async (event) => {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(event.target)].map(([name, value]) => [name, value.trim().replace(/\s+/g, ' ')]));
    alert.textContent = given.reason === '' ? say('act.reason.missing') : isTooLong(given.reason) ? say('act.reason.long') : '';
    if (alert.textContent) return;
    confirm.disabled = true;
    try {
      await act(what.command, {...what.body, ...given});
      dialog.close();
      tell(say('act.done', {title: what.title}));
      what.done();
    } catch (error) {
      alert.textContent = explain(error);
    } finally {
      confirm.disabled = false;
    }
  };
  const dialog = h('dialog', {'aria-labelledby': 'act-title', on: {close: () => dialog.remove()}},
    h('form', {novalidate: true, on: {submit}}, h('h2', {id: 'act-title'}, what.title), h('p', null, what.text), fields(what), alert,
      h('div.row', null, h('button.button', {type: 'button', on: {click: () => dialog.close()}}, say('cancel')), confirm)));
  document.body.append(dialog);
  dialog.showModal();
}
