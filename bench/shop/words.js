// SPDX-License-Identifier: BSD-2-Clause
// words.js - what the shop says, in both of its languages. Words that hold numbers are functions.

const WORDS = {
  zh: {
    shop: '團團小店', tagline: '約上朋友，一起買更便宜', skip: '跳到內容', orders: '我的訂單', console: '後台', other: 'English', otherLang: 'en', home: '首頁',
    hero: '人湊齊，價就低', heroText: '開一個團，把連結傳給朋友；大家付款後成團，湊不齊就原路退款。',
    steps: [['開團或參團', '系統把您領到最快能成的團。'], ['付款留位', '席位為您保留到付款時限，過時不候。'], ['成團發貨', '人齊即成團；時間到了還差人，自動退款。']],
    demo: '這是示範小店：商品、收銀台都是假的，規則是真的。', simulated: '其他顧客是模擬的，會自己來參團。',
    free: '免費', alone: (price) => `單買 ${price}`, to: (price) => `砍到 ${price}`, from: (price) => `${price} 起`,
    badge: {group: (n) => `${n} 人團`, pickup: (n) => `滿 ${n} 人成團`, ladder: () => '階梯價', draw: (n) => `${n} 人抽獎`, cut: (n) => `${n} 刀到底`, help: (n) => `${n} 人助力`},
    waiting: (n) => (n === 0 ? '還沒有人開團' : `${n} 個團在等人`), formedSoFar: (n) => `已成團 ${n}`,
    rules: '規則', ruleSize: (n) => `${n} 人成團`, ruleMin: (min, most) => `滿 ${min} 人即可，最多 ${most} 人`, ruleTime: (t) => `${t}內要成團`, ruleHold: (t) => `席位留 ${t}等付款`,
    ruleRefund: '不成團，原路退款', ruleNoPay: '不用付款',
    seconds: (n) => `${n} 秒`, minutes: (n) => `${n} 分鐘`,
    match: '一鍵參團', matchHint: '系統匹配：最快能成的團', start: {group: '自己開團', pickup: '自己開團', ladder: '自己開團', draw: '自己開團', cut: '發起砍價', help: '發起助力'},
    step: (n) => `${n} 人`, pickStep: '開團時選檔',
    open: '正在等人的團', none: '現在沒有在等人的團，開一個吧。', recent: '剛剛成團', nobodyYet: '今天還沒有團成。',
    missing: (n) => `還差 ${n} 人`, missingWords: ['還差', '人'], go: '去參團', you: '您', leader: '團長', guest: '顧客', empty: '空位',
    soon: '馬上揭曉', pendingTitle: '待團長付款', pending: '團長付款之後才開始計時，別人才能參團。', noClock: '對時中',
    formed: '拼團成功', failed: '拼團未成', merged: '已合到別的團', peopleIn: (n, of) => `${n} / ${of} 人`,
    paying: (n) => `${n} 人付款中`, noFree: '位子都有人佔了：有人沒付款，就會空出來。',
    join: {group: '參加這個團', pickup: '參加這個團', ladder: '參加這個團', draw: '參加抽獎', cut: '幫砍一刀', help: '幫忙助力'}, another: '換一個團',
    pay: (price) => `付款 ${price}`, held: (t) => `席位為您保留 ${t}`, heldOver: '保留時間到了，看看席位還在不在…', giveUp: '不要了，讓出席位', payLate: '試試：付款遲到',
    payIsLate: '銀行慢了：鎖單過期之後款項才到。看它去哪裡。',
    paid: '您已付款，等人齊', joined: '您在團裡，等人齊', share: '請朋友來', copy: '複製連結', copied: '連結已複製', send: '分享…', asAnother: '在新分頁打開：那是另一位顧客',
    shareTitle: (title, n) => `${title}，還差 ${n} 人`,
    formedText: '人齊了，馬上發貨。', formedMin: '達到最低人數，成團。', formedOther: '這個團已經成了。', order: '訂單',
    failedWhy: {
      deadline: '時間到了，人沒湊齊。', campaign_end: '活動結束了，人沒湊齊。', leader_unpaid: '團長沒有付款，團散了。', leader_left: '團長離開，團散了。', dissolved: '這個團被客服解散了。', merged_away: '團員都合到了別的團。',
    },
    refundDue: (price) => `退款 ${price} 處理中`, refunded: (price) => `已退回 ${price}`, refundNone: '沒有付款，不用退。',
    released: {expired: '付款時限過了，席位已讓出。', cancelled: '您讓出了席位。', left: '您離開了這個團。', room_ended: '團沒成，席位釋放。', moved: '您被安排到了別的團。'},
    late: '款項到得太遲，原路退回。', unpaid: '您沒有在時限內付款，團散了。', goOther: '去我現在的團', startAgain: '再開一個團', backToProduct: '回到商品', won: '恭喜，您中獎了！', lost: '這次沒中，款項退回。', winnerIs: (who) => `中獎的是${who}`,
    check: '在這裡驗證開獎', checked: '驗證無誤：開團時公布的指紋吻合，中獎人正是抽出來的那位。', checkFailed: '驗證不符！', checkNot: '此瀏覽器在不安全的連線上不能驗證。',
    cutSoFar: (cut, total) => `已砍 ${cut}，共 ${total}`, gone: '沒有這個團', goneText: '連結可能抄錯了；結束很久的團也會被清掉。', notHere: '沒有這一頁',
    live: {stream: '即時', wait: '即時', poll: '輪詢中'}, retrying: (s) => `連不上，${s} 秒後重試`, paused: '已暫停', ended: '已結束', starting: '連線中',
    inside: '這一頁怎麼知道的', facts: {via: '更新方式', version: '版本', etag: 'ETag', clock: '伺服器時間', phone: '這台裝置的鐘', told: '收到更新'},
    vias: {stream: '事件流', wait: '長輪詢', poll: '輪詢'}, clockRight: '準', clockOff: (t, ahead) => `${ahead ? '快' : '慢'}了 ${t}，倒數不受影響`, times: (n) => `${n} 次`,
    myOrders: '我的訂單', noOrders: '您還沒有訂單。每個分頁是一位顧客。', seat: {held: '待付款', paid: '已付款', released: '已讓出', settled: '已成團', refund_due: '退款中', refunded: '已退款'},
    away: '小店暫時連不上後台，正在重試…', awayStill: '還是連不上，請再按一次。',
    errors: {
      ALREADY_IN_CAMPAIGN: '您已經在這個商品的另一個團裡。', ALREADY_IN_ROOM: '您已經在這個團裡。', OWN_ROOM: '這是您自己的團。', ROOM_FULL: '這個團滿了。', ROOM_EXPIRED: '這個團時間到了。',
      ROOM_CLOSED: '這個團已經結束。', LEADER_UNPAID: '團長還沒付款，等一下再來。', LIMIT_OPENS: '您開的團已到上限。', LIMIT_JOINS: '您參的團已到上限。', LIMIT_UNPAID: '您有太多沒付款的席位，明天再來。',
      CANNOT_CANCEL: '這個席位不能讓出了。', CANNOT_LEAVE: '付了款就不能離開這個團。', NO_JOINABLE_ROOM: '現在沒有可參加的團。',
    },
    failedAct: '沒成功，請再試一次。',
  },
  en: {
    shop: 'Tuantuan', tagline: 'Bring friends, pay less', skip: 'Skip to content', orders: 'My orders', console: 'Console', other: '中文', otherLang: 'zh',
    home: 'Home',
    hero: 'More people, lower price',
    heroText: 'Start a group and send its link to friends. When all have paid it is a deal; if not enough come in time, everybody is paid back.',
    steps: [['Start or join', 'You are led to the group that can be complete soonest.'], ['Pay for your seat', 'It is kept for you until the time to pay runs out.'], ['It forms, we ship', 'Not enough people in time? You are refunded by itself.']],
    demo: 'This is a demo: goods and till are made up, the rules are real.', simulated: 'The other shoppers are simulated; they come by themselves.',
    free: 'Free', alone: (price) => `Alone ${price}`, to: (price) => `Down to ${price}`, from: (price) => `from ${price}`,
    badge: {
      group: (n) => `Group of ${n}`, pickup: (n) => `${n} are enough`, ladder: () => 'Price steps', draw: (n) => `Draw among ${n}`, cut: (n) => `${n} cuts`,
      help: (n) => `${n} friends`,
    },
    waiting: (n) => (n === 0 ? 'No group yet' : n === 1 ? '1 group is waiting' : `${n} groups are waiting`), formedSoFar: (n) => `${n} formed`,
    rules: 'Rules', ruleSize: (n) => `${n} make a group`, ruleMin: (min, most) => `${min} are enough, ${most} at most`, ruleTime: (t) => `within ${t}`,
    ruleHold: (t) => `your seat waits ${t} for payment`, ruleRefund: 'refunded if it fails', ruleNoPay: 'nothing to pay',
    seconds: (n) => `${n} seconds`, minutes: (n) => (n === 1 ? '1 minute' : `${n} minutes`),
    match: 'Join a group', matchHint: 'We pick the one that is complete soonest',
    start: {group: 'Start my own', pickup: 'Start my own', ladder: 'Start my own', draw: 'Start my own', cut: 'Start cutting', help: 'Ask friends'},
    step: (n) => `${n} people`, pickStep: 'Pick a step for a group of your own',
    open: 'Waiting for people', none: 'No group is waiting now. Start one.', recent: 'Just formed', nobodyYet: 'None has formed yet today.',
    missing: (n) => `${n} more needed`, missingWords: ['', 'more needed'], go: 'Join', you: 'You', leader: 'Leader',
    guest: 'Shopper', empty: 'Free seat',
    soon: 'any moment', pendingTitle: 'Waiting for the leader', pending: 'The clock starts, and others can join, once its leader has paid.',
    noClock: 'asking the time',
    formed: 'It’s a deal', failed: 'Not this time', merged: 'Merged into another', peopleIn: (n, of) => `${n} of ${of}`,
    paying: (n) => `${n} about to pay`, noFree: 'All seats are taken for now: one comes free if its holder does not pay.',
    join: {group: 'Join this group', pickup: 'Join this group', ladder: 'Join this group', draw: 'Join the draw', cut: 'Cut the price', help: 'Help'},
    another: 'Find another group',
    pay: (price) => `Pay ${price}`, held: (t) => `Your seat is kept for ${t}`, heldOver: 'Time is up; let’s see whether the seat is still there…',
    giveUp: 'Give the seat back', payLate: 'Try a late payment', payIsLate: 'The bank is slow: the money will come after the hold has run out. See where it goes.',
    paid: 'You have paid. Waiting for the others', joined: 'You are in. Waiting for the others', share: 'Invite friends', copy: 'Copy link', copied: 'Link copied',
    send: 'Share…', asAnother: 'Open it in a new tab, as another shopper', shareTitle: (title, n) => `${title}: ${n} more needed`,
    formedText: 'Everybody is in. It ships.', formedMin: 'Enough people came. It ships.', formedOther: 'This group is complete.', order: 'Order',
    failedWhy: {
      deadline: 'Time ran out before enough people came.', campaign_end: 'The sale ended before enough people came.', leader_unpaid: 'Its leader did not pay.',
      leader_left: 'Its leader left.', dissolved: 'It was dissolved by the shop.', merged_away: 'Its members were moved to other groups.',
    },
    refundDue: (price) => `Refund of ${price} is on its way`, refunded: (price) => `${price} refunded`, refundNone: 'You paid nothing, nothing is owed.',
    released: {
      expired: 'The time to pay ran out; the seat was given to others.', cancelled: 'You gave your seat back.', left: 'You left this group.',
      room_ended: 'The group failed; your seat is released.', moved: 'You were moved to another group.',
    },
    late: 'The money came too late.', unpaid: 'You did not pay in time, and nobody else was in.', goOther: 'Go to my group', startAgain: 'Start another group', backToProduct: 'Back to the offer',
    won: 'You won!', lost: 'Not this time; you are paid back.', winnerIs: (who) => `The winner is ${who}`,
    check: 'Check the draw here', checked: 'Checked: the fingerprint from the start matches, and the winner is the one that was drawn.',
    checkFailed: 'The check fails!', checkNot: 'This browser cannot check over an insecure connection.',
    cutSoFar: (cut, total) => `${cut} of ${total} cut off`, gone: 'There is no such group',
    goneText: 'Perhaps the link was miscopied; groups that ended long ago are cleared away.', notHere: 'There is no such page',
    live: {stream: 'Live', wait: 'Live', poll: 'Polling'}, retrying: (s) => `No connection, trying again in ${s} s`, paused: 'Paused', ended: 'Ended',
    starting: 'Connecting',
    inside: 'How this page knows',
    facts: {via: 'Updates by', version: 'Version', etag: 'ETag', clock: 'Server’s time', phone: 'This device’s clock', told: 'Updates'},
    vias: {stream: 'stream', wait: 'long poll', poll: 'polls'}, clockRight: 'right',
    clockOff: (t, ahead) => `${t} ${ahead ? 'fast' : 'slow'}; the countdown does not mind`, times: (n) => `${n}`,
    myOrders: 'My orders', noOrders: 'You have no orders yet. Each tab is a shopper of its own.',
    seat: {held: 'to be paid', paid: 'paid', released: 'given up', settled: 'complete', refund_due: 'refund on its way', refunded: 'refunded'},
    away: 'The shop cannot reach its daemon just now; trying again…', awayStill: 'Still no answer. Please try again.',
    errors: {
      ALREADY_IN_CAMPAIGN: 'You are in another group of this offer.', ALREADY_IN_ROOM: 'You are in this group already.', OWN_ROOM: 'This is your own group.',
      ROOM_FULL: 'This group is full.', ROOM_EXPIRED: 'This group’s time is over.', ROOM_CLOSED: 'This group has ended.',
      LEADER_UNPAID: 'Its leader has not paid yet; come back in a moment.', LIMIT_OPENS: 'You cannot start more groups.',
      LIMIT_JOINS: 'You cannot join more groups.', LIMIT_UNPAID: 'Too many of your seats were not paid; come back tomorrow.',
      CANNOT_CANCEL: 'This seat cannot be given back any more.', CANNOT_LEAVE: 'Once paid, you cannot leave this group.',
      NO_JOINABLE_ROOM: 'There is no group to join now.',
    },
    failedAct: 'That did not work. Please try again.',
  },
};

function choose() {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem('lang');
  if (asked in WORDS) return asked;
  return navigator.languages.some((one) => /^zh/i.test(one)) ? 'zh' : 'en';
}

export const lang = choose();
export const words = WORDS[lang];

export function changeLang() {
  localStorage.setItem('lang', words.otherLang);
  const url = new URL(location.href);
  url.searchParams.delete('lang');
  location.replace(url);
}

// A product's texts are in both languages, too.
export const said = (texts) => texts[lang];

// In cents.
export function money(amount) {
  return new Intl.NumberFormat(lang === 'zh' ? 'zh-Hant-TW' : 'en', {style: 'currency', currency: 'CNY', currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: amount % 100 === 0 ? 0 : 2}).format(amount / 100);
}

// A length of time, to the second.
export function span(ms) {
  const seconds = Math.round(ms / 1000), minutes = seconds >= 120 ? Math.floor(seconds / 60) : 0;
  return [minutes > 0 && words.minutes(minutes), seconds - 60 * minutes > 0 && words.seconds(seconds - 60 * minutes)].filter(Boolean).join(' ');
}
