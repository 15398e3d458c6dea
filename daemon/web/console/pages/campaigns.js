// SPDX-License-Identifier: BSD-2-Clause
// campaigns.js - what is on sale, and how each sells.
import {h} from '../dom.js';
import {read} from '../api.js';
import {brief, money, share} from '../format.js';
import {button, campaignLink, chip, heading, table} from '../parts.js';
import {say} from '../words.js';

// The first `pages` pages of all campaigns.
export async function readCampaigns(pages = 1) {
  const all = [];
  let cursor = '';
  for (let page = 0; page < pages && (page === 0 || cursor !== ''); page++) {
    const answer = await read('campaign.list', {limit: 100, ...cursor && {cursor}});
    all.push(...answer.campaigns);
    cursor = answer.cursor;
  }
  return {campaigns: all, hasMore: cursor !== ''};
}

// How many of the rooms that have ended were formed.
function outcome({rooms_formed: formed, rooms_failed: failed}) {
  return h('span.outcome', null,
    h('span.bar', {'aria-hidden': 'true'}, formed + failed > 0 && [h('i.good', {style: {'flex-grow': String(formed)}}), h('i.bad', {style: {'flex-grow': String(failed)}})]),
    share(formed, formed + failed));
}

const columns = () => [
  {title: say('campaign'), cell: ({campaign, name}) => [campaignLink(campaign, name ?? campaign), name && h('span.quiet', null, campaign)]},
  {title: say('campaign.phase'), cell: ({phase}) => chip('phase', phase)},
  {title: say('campaign.size'), class: 'number', cell: ({size}) => say('people', {n: size})},
  {title: say('campaign.price'), class: 'number', cell: ({price, payment}) => payment === 'none' ? say('campaign.free') : money(price)},
  {title: say('campaign.open'), class: 'number', cell: ({rooms_open: open}) => brief(open)},
  {title: say('campaign.formed'), class: 'number', cell: ({rooms_formed: formed}) => brief(formed)},
  {title: say('campaign.success'), cell: outcome},
  {title: say('campaign.paid'), class: 'number', cell: ({seats_paid: paid}) => brief(paid)},
];

let pages = 1, sought = '';

export const campaigns = {
  title: () => say('nav.campaigns'),
  load: () => readCampaigns(pages),
  view({campaigns: all, hasMore}, {redraw, reload}) {
    const fits = ({campaign, name}) => `${campaign} ${name ?? ''}`.toLowerCase().includes(sought.toLowerCase());
    return [
      heading(say('nav.campaigns'), h('label.field', null, h('span.hidden', null, say('campaigns.filter')),
        h('input', {type: 'search', value: sought, placeholder: say('campaigns.filter'), on: {input: (event) => { sought = event.target.value; redraw(); }}}))),
      h('section.card.flush', null,
        table(say('nav.campaigns'), columns(), all.filter(fits), {key: ({campaign}) => campaign, empty: say(all.length > 0 ? 'nothing.fits' : 'campaigns.none')})),
      hasMore && h('p.more', null, button(say('more'), () => { pages++; reload(); })),
    ];
  },
};
