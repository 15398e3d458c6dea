#!lua name=shop
-- The peer: group-buying as a shop would build it on Redis today, a library of Redis functions. It keeps what tuand keeps
-- (one live seat a user and campaign, idempotence by order, holds that end, the fullest joinable room first, a deadline
-- a room, formed by the last payment, a feed of outcomes), and nothing that would only slow it down.
--
-- Each function has one key, the campaign. Times are ms, as the app servers tell them. There is no timer in Redis: holds
-- and rooms that are due end when the next shopper touches their campaign.
--   {c}:seat:ORDER   room user state hold_until payment      {c}:room:ROOM    state size paid held leader opened_at deadline formed_at
--   {c}:seats:ROOM   list of orders                          {c}:users        user -> order of his live seat
--   {c}:joinable     rooms by seats taken                    {c}:holds, {c}:deadlines   what is due, by time

local SWEEP = 16 -- due holds, and due rooms, that one call ends

local function prefix(keys) return '{' .. keys[1] .. '}:' end

local function seat_reply(p, order)
  local seat = redis.call('HMGET', p .. 'seat:' .. order, 'room', 'state', 'hold_until')
  local room = redis.call('HMGET', p .. 'room:' .. seat[1], 'state', 'size', 'paid', 'held', 'deadline')
  return {seat[1], order, seat[2], room[1], room[2], room[3], room[4], seat[3], room[5]}
end

-- Where the room stands among those that can be joined.
local function rank(p, id)
  local room = redis.call('HMGET', p .. 'room:' .. id, 'state', 'size', 'paid', 'held')
  local taken = tonumber(room[3]) + tonumber(room[4])
  if room[1] == 'open' and taken < tonumber(room[2]) then redis.call('ZADD', p .. 'joinable', taken, id)
  else redis.call('ZREM', p .. 'joinable', id) end
end

local function release(p, order)
  local seat = redis.call('HMGET', p .. 'seat:' .. order, 'room', 'user', 'state')
  redis.call('ZREM', p .. 'holds', order)
  if seat[3] ~= 'held' then return end
  redis.call('HSET', p .. 'seat:' .. order, 'state', 'released')
  redis.call('HDEL', p .. 'users', seat[2])
  redis.call('HINCRBY', p .. 'room:' .. seat[1], 'held', -1)
  rank(p, seat[1])
end

-- Formed: paid seats are settled. Failed: they are owed back.
local function finish(p, id, state, now)
  local paid_becomes = state == 'formed' and 'settled' or 'refund_due'
  redis.call('HSET', p .. 'room:' .. id, 'state', state, 'formed_at', now)
  redis.call('ZREM', p .. 'joinable', id)
  redis.call('ZREM', p .. 'deadlines', id)
  for _, order in ipairs(redis.call('LRANGE', p .. 'seats:' .. id, 0, -1)) do
    local key = p .. 'seat:' .. order
    local seat = redis.call('HMGET', key, 'user', 'state')
    if seat[2] == 'paid' then
      redis.call('HSET', key, 'state', paid_becomes)
      redis.call('HDEL', p .. 'users', seat[1])
    elseif seat[2] == 'held' then
      release(p, order)
    end
  end
  redis.call('XADD', p .. 'feed', 'MAXLEN', '~', 100000, '*', 'type', 'room_' .. state, 'room', id)
end

local function sweep(p, now)
  for _, order in ipairs(redis.call('ZRANGEBYSCORE', p .. 'holds', '-inf', now, 'LIMIT', 0, SWEEP)) do release(p, order) end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', p .. 'deadlines', '-inf', now, 'LIMIT', 0, SWEEP)) do finish(p, id, 'failed', now) end
end

local function open(p, campaign, user, now, size, deadline)
  local id = string.sub(campaign, -6) .. '-' .. redis.call('INCR', p .. 'rooms')
  redis.call('HSET', p .. 'room:' .. id, 'state', 'open', 'size', size, 'paid', 0, 'held', 0, 'leader', user, 'opened_at', now, 'deadline', deadline)
  redis.call('ZADD', p .. 'deadlines', deadline, id)
  return id
end

local function take(p, id, arg)
  local pays = arg.hold_until > 0
  redis.call('HSET', p .. 'seat:' .. arg.order, 'room', id, 'user', arg.user, 'state', pays and 'held' or 'paid', 'hold_until', arg.hold_until)
  redis.call('RPUSH', p .. 'seats:' .. id, arg.order)
  redis.call('HSET', p .. 'users', arg.user, arg.order)
  redis.call('INCR', p .. 'taken')
  local filled = redis.call('HINCRBY', p .. 'room:' .. id, pays and 'held' or 'paid', 1)
  if pays then redis.call('ZADD', p .. 'holds', arg.hold_until, arg.order) end
  if not pays and filled == arg.size then finish(p, id, 'formed', arg.now) else rank(p, id) end
end

-- args: user order now size deadline hold (ms; 0: nothing is paid)
local function begin(keys, args)
  local now, hold = tonumber(args[3]), tonumber(args[6])
  return prefix(keys), {user = args[1], order = args[2], now = now, size = tonumber(args[4]), deadline = tonumber(args[5]),
    hold_until = hold > 0 and math.min(now + hold, tonumber(args[5])) or 0}
end

local function refusal(p, arg)
  if redis.call('HEXISTS', p .. 'users', arg.user) == 1 then return redis.error_reply('ALREADY_IN_CAMPAIGN the user has a seat in an open room') end
end

local function match(keys, args)
  local p, arg = begin(keys, args)
  if redis.call('EXISTS', p .. 'seat:' .. arg.order) == 1 then return seat_reply(p, arg.order) end
  sweep(p, arg.now)
  local refused = refusal(p, arg)
  if refused then return refused end
  local id = redis.call('ZREVRANGE', p .. 'joinable', 0, 0)[1] or open(p, keys[1], arg.user, arg.now, arg.size, arg.deadline)
  take(p, id, arg)
  return seat_reply(p, arg.order)
end

local function open_room(keys, args)
  local p, arg = begin(keys, args)
  if redis.call('EXISTS', p .. 'seat:' .. arg.order) == 1 then return seat_reply(p, arg.order) end
  sweep(p, arg.now)
  local refused = refusal(p, arg)
  if refused then return refused end
  take(p, open(p, keys[1], arg.user, arg.now, arg.size, arg.deadline), arg)
  return seat_reply(p, arg.order)
end

-- args: as above, then room
local function join(keys, args)
  local p, arg = begin(keys, args)
  local id = args[7]
  if redis.call('EXISTS', p .. 'seat:' .. arg.order) == 1 then return seat_reply(p, arg.order) end
  sweep(p, arg.now)
  local room = redis.call('HMGET', p .. 'room:' .. id, 'state', 'size', 'paid', 'held')
  if not room[1] then return redis.error_reply('ROOM_NOT_FOUND no such room') end
  if room[1] == 'failed' then return redis.error_reply('ROOM_EXPIRED the room failed at its deadline') end
  if room[1] ~= 'open' then return redis.error_reply('ROOM_CLOSED the room has ended') end
  local refused = refusal(p, arg)
  if refused then return refused end
  if tonumber(room[3]) + tonumber(room[4]) >= tonumber(room[2]) then return redis.error_reply('ROOM_FULL no seat is free') end
  take(p, id, arg)
  return seat_reply(p, arg.order)
end

-- args: order now amount payment
local function pay(keys, args)
  local p, order, now = prefix(keys), args[1], tonumber(args[2])
  local key = p .. 'seat:' .. order
  local seat = redis.call('HMGET', key, 'room', 'state', 'hold_until', 'payment')
  if not seat[1] then return redis.error_reply('SEAT_NOT_FOUND no seat of that order') end
  if seat[4] == args[4] then return seat_reply(p, order) end
  if seat[2] == 'held' and now >= tonumber(seat[3]) then
    release(p, order)
    seat[2] = 'released'
  end
  redis.call('HSET', key, 'payment', args[4], 'amount', args[3])
  if seat[2] == 'released' then redis.call('HSET', key, 'state', 'refund_due') end
  if seat[2] ~= 'held' then return seat_reply(p, order) end
  redis.call('HSET', key, 'state', 'paid')
  redis.call('ZREM', p .. 'holds', order)
  redis.call('INCR', p .. 'paid')
  redis.call('HINCRBY', p .. 'room:' .. seat[1], 'held', -1)
  local paid = redis.call('HINCRBY', p .. 'room:' .. seat[1], 'paid', 1)
  if paid == tonumber(redis.call('HGET', p .. 'room:' .. seat[1], 'size')) then finish(p, seat[1], 'formed', now) end
  return seat_reply(p, order)
end

-- args: order
local function cancel(keys, args)
  local p, order = prefix(keys), args[1]
  local state = redis.call('HGET', p .. 'seat:' .. order, 'state')
  if not state then return redis.error_reply('SEAT_NOT_FOUND no seat of that order') end
  if state ~= 'held' and state ~= 'released' then return redis.error_reply('CANNOT_CANCEL only a held seat can be cancelled') end
  release(p, order)
  return seat_reply(p, order)
end

local function seat(keys, args)
  local p = prefix(keys)
  if redis.call('EXISTS', p .. 'seat:' .. args[1]) == 0 then return redis.error_reply('SEAT_NOT_FOUND no seat of that order') end
  return seat_reply(p, args[1])
end

local function room_reply(p, id)
  local room = redis.call('HMGET', p .. 'room:' .. id, 'state', 'size', 'paid', 'held', 'deadline')
  return {id, room[1], room[2], room[3], room[4], room[5]}
end

-- args: room
local function get(keys, args)
  local reply = room_reply(prefix(keys), args[1])
  if not reply[2] then return redis.error_reply('ROOM_NOT_FOUND no such room') end
  return reply
end

-- args: limit
local function list(keys, args)
  local p, rooms = prefix(keys), {}
  for i, id in ipairs(redis.call('ZREVRANGE', p .. 'joinable', 0, args[1] - 1)) do rooms[i] = room_reply(p, id) end
  return rooms
end

-- args: room, first: a page of 500 of its seats, for the check after the load
local function seats(keys, args)
  local p, first, page = prefix(keys), tonumber(args[2]), {}
  if redis.call('EXISTS', p .. 'room:' .. args[1]) == 0 then return redis.error_reply('ROOM_NOT_FOUND no such room') end
  local orders = redis.call('LRANGE', p .. 'seats:' .. args[1], first, first + 499)
  for i, order in ipairs(orders) do page[i] = {'order', order, 'state', redis.call('HGET', p .. 'seat:' .. order, 'state')} end
  return {'seats', page, 'cursor', #orders == 500 and tostring(first + 500) or ''}
end

local function counts(keys)
  local p = prefix(keys)
  return {tonumber(redis.call('GET', p .. 'taken') or 0), tonumber(redis.call('GET', p .. 'paid') or 0), tonumber(redis.call('GET', p .. 'rooms') or 0)}
end

redis.register_function('shop_match', match)
redis.register_function('shop_open', open_room)
redis.register_function('shop_join', join)
redis.register_function('shop_pay', pay)
redis.register_function('shop_cancel', cancel)
redis.register_function{function_name = 'shop_seat', callback = seat, flags = {'no-writes'}}
redis.register_function{function_name = 'shop_get', callback = get, flags = {'no-writes'}}
redis.register_function{function_name = 'shop_list', callback = list, flags = {'no-writes'}}
redis.register_function{function_name = 'shop_seats', callback = seats, flags = {'no-writes'}}
redis.register_function{function_name = 'shop_counts', callback = counts, flags = {'no-writes'}}
