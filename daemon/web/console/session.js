// SPDX-License-Identifier: BSD-2-Clause
// session.js - who reads: his token, what it admits to, and the form that asks for one.
import {h} from './dom.js';
import {read, setToken, token} from './api.js';
import {say} from './words.js';

const ROLES = ['none', 'read', 'client', 'operator'];

let me = {role: 'none', user: '', needs_token: 1};
let problem = '';

export const whoAmI = () => me;
export const hasToken = () => token() !== '';
export const admits = (role) => ROLES.indexOf(me.role) >= ROLES.indexOf(role);

export async function greet() { me = await read('me'); }

export async function signOut() {
  setToken('');
  problem = '';
  await greet();
}

// A token that admits to nothing is not kept.
async function signIn(text) {
  setToken(text);
  await greet();
  problem = me.role === 'none' ? say('session.wrong') : '';
  if (problem) setToken('');
}

// What is shown in place of a page that this reader may not see. `done` after a try.
export function gate(role, done) {
  const submit = async (event) => {
    event.preventDefault();
    const field = event.target.elements.token;
    await signIn(field.value.trim()).catch((error) => { problem = error.message; });
    field.value = '';
    done();
  };
  const hint = me.role === 'none' ? say('session.needs_token') : say('session.needs_role', {role: say(`role.${role}`), mine: say(`role.${me.role}`)});
  return h('section.card.gate', null, h('h1', null, say('session.title')), h('p', null, hint),
    h('form.line', {on: {submit}}, h('label.field', null, say('session.token'),
      h('input', {name: 'token', type: 'password', autocomplete: 'off', required: true, spellcheck: 'false'})),
    h('button.button.solid', {type: 'submit'}, say('session.sign_in'))),
    h('p.alert', {role: 'alert'}, problem),
    h('p.quiet', null, say('session.where')));
}
