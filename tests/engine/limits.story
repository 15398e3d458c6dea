# SPDX-License-Identifier: BSD-2-Clause
# limits.story - limits and quota: what counts, what gives back, and which refusal is first.

story: 49 released, expired and refunded seats do not count; settled ones do
0     CAMPAIGN.PUT c size 2 qty_per_user 2 joins_per_user 1 opens_per_user 1 hold_ms 1000 late_grace_ms 0 keep_ms 60000 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
1     USER.SEATS c u1 -> opens=1 joins=0 qty=1 opens_left=0 joins_left=1 qty_left=1
2     SEAT.CANCEL c o1 -> seat=released
3     USER.SEATS c u1 -> opens=0 joins=0 qty=0 opens_left=1
4     ROOM.OPEN c u1 o2 -> room=$r2
1004  sweep -> | seat_released room_failed
1005  ROOM.OPEN c u1 o3 -> room=$r3
1006  SEAT.PAY c o3 payment p -> seat=paid
1007  ROOM.DISSOLVE $r3 -> state=failed
1008  ROOM.OPEN c u1 o4 -> room=$r4
1009  SEAT.PAY c o4 -> seat=paid
1010  ROOM.JOIN $r4 u2 p1 -> seat=held
1011  SEAT.PAY c p1 -> seat=settled
1012  ROOM.OPEN c u1 o5 -> LIMIT_OPENS | -
1013  USER.SEATS c u1 -> opens=1 joins=0 qty=1 seats.#=4 seats.0.order=o4 seats.1.order=o3 seats.3.order=o1
1014  ROOM.OPEN c u2 p2 -> room=$r5
1015  SEAT.CANCEL c p2 -> seat=released
1016  ROOM.OPEN c u3 q1 -> room=$r6
1017  SEAT.PAY c q1 -> seat=paid
1018  ROOM.JOIN $r6 u2 p3 -> LIMIT_JOINS | -

story: 49 what a forgotten room counted is not given back
0     CAMPAIGN.PUT c size 2 opens_per_user 1 joins_per_user 1 qty_per_user 3 keep_ms 60000 -> revision=1
0     ROOM.OPEN c u1 o1 qty 2 -> room=$r
1     SEAT.PAY c o1 -> seat=paid
2     ROOM.JOIN $r u2 p1 -> seat=held
3     SEAT.PAY c p1 -> seat=settled
60_003 sweep -> | user_rolled_up user_rolled_up room_dropped
60_004 USER.SEATS c u1 -> opens=1 joins=0 qty=2 qty_left=1 seats.#=0
60_004 ROOM.OPEN c u1 o2 -> LIMIT_OPENS
60_005 ROOM.OPEN c u3 q1 -> room=$s
60_006 SEAT.PAY c q1 -> seat=paid
60_007 ROOM.JOIN $s u2 p2 -> LIMIT_JOINS
60_008 ROOM.JOIN $s u1 o2 qty 2 -> LIMIT_TOTAL
60_008 ROOM.JOIN $s u1 o2 -> seat=held
60_009 SEAT.PAY c o2 -> seat=settled
120_009 sweep -> | user_rolled_up user_rolled_up room_dropped
120_010 USER.SEATS c u1 -> opens=1 joins=1 qty=3 qty_left=0
120_011 USER.SEATS c u3 -> opens=1 joins=0 qty=1

story: 50 quota is given back once only
0     CAMPAIGN.PUT c size 3 quota 4 hold_ms 1000 late_grace_ms 0 late_pay reseat room_ttl_ms 10000 -> revision=1
0     ROOM.MATCH c u1 o1 qty 2 -> room=$r
0     SEAT.PAY c o1 -> seat=paid
0     ROOM.JOIN $r u2 o2 -> seat=held
1     CAMPAIGN.GET c -> quota_used=3
2     SEAT.CANCEL c o2 -> seat=released
3     SEAT.CANCEL c o2 -> again=1
4     CAMPAIGN.GET c -> quota_used=2
5     SEAT.PAY c o2 payment p -> seat=paid
6     CAMPAIGN.GET c -> quota_used=3
7     SEAT.PAY c o2 payment p -> again=1
8     SEAT.PAY c o2 payment q amount 1 -> reason=duplicate
10_000 sweep -> | room_failed refund_due refund_due
10_001 CAMPAIGN.GET c -> quota_used=0
10_002 SEAT.PAY c o2 payment q2 amount 1 -> reason=duplicate
10_003 CAMPAIGN.GET c -> quota_used=0

story: 50 a late payer is not reseated beyond the quota
0     CAMPAIGN.PUT c size 3 quota 2 hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid
0     ROOM.JOIN $r u2 o2 -> seat=held
0     ROOM.JOIN $r u3 o3 -> OUT_OF_QUOTA
1000  ROOM.JOIN $r u3 o3 -> seat=held
1001  SEAT.PAY c o2 -> seat=refund_due reason=late free=1
1002  CAMPAIGN.GET c -> quota_used=2

story: quota is never given back after forming
0     CAMPAIGN.PUT c size 2 quota 3 keep_ms 60000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid
1     ROOM.MATCH c u2 o2 -> seat=held
2     SEAT.PAY c o2 -> seat=settled
3     ROOM.MATCH c u3 o3 qty 2 -> OUT_OF_QUOTA
60_002 sweep -> | room_dropped
60_003 CAMPAIGN.GET c -> quota_used=2
60_004 ROOM.MATCH c u3 o3 -> seat=held
60_005 ROOM.MATCH c u4 o4 -> OUT_OF_QUOTA

story: reserve whole_room takes size at open and gives it back with the room
0     CAMPAIGN.PUT c size 3 quota 2 reserve whole_room -> BAD_ARGUMENT text~quota
0     CAMPAIGN.PUT c size 3 quota 7 reserve whole_room room_ttl_ms 10000 hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid
1     CAMPAIGN.GET c -> quota_used=3
1     ROOM.JOIN $r u2 o2 -> seat=held
2     SEAT.CANCEL c o2 -> seat=released
3     CAMPAIGN.GET c -> quota_used=3
4     ROOM.OPEN c u3 o3 -> room=$s
5     ROOM.OPEN c u4 o4 -> OUT_OF_QUOTA | -
6     SEAT.CANCEL c o3 -> room_state=failed
7     CAMPAIGN.GET c -> quota_used=3
8     SEAT.PAY c o3 amount 1 -> seat=refund_due
9     CAMPAIGN.GET c -> quota_used=3
10_000 sweep -> | room_failed refund_due
10_001 CAMPAIGN.GET c -> quota_used=0

story: 54 the first order over a limit is refused; 0 means none
0     CAMPAIGN.PUT c size 3 qty_per_order 2 qty_per_user 2 -> revision=1
0     ROOM.OPEN c u1 o1 qty 3 -> LIMIT_PER_ORDER | -
0     CAMPAIGN.PUT c qty_per_order 0 -> revision=2
0     ROOM.OPEN c u1 o1 qty 3 -> LIMIT_TOTAL | -
0     ROOM.OPEN c u1 o1 qty 2 -> qty=2
0     CAMPAIGN.PUT c qty_per_user 0 -> revision=3
0     ROOM.OPEN c u2 o2 qty 1000000 -> qty=1000000

story: 55 limits hold in different rooms of a campaign
0     CAMPAIGN.PUT c size 3 joins_per_user 2 one_open_per_user 0 clock_start open -> revision=1
0     ROOM.OPEN c u1 a1 -> room=$a
0     ROOM.OPEN c u1 a2 -> room=$b
0     ROOM.OPEN c u1 a3 -> room=$c
1     ROOM.JOIN $a u2 b1 -> seat=held
1     ROOM.JOIN $b u2 b2 -> seat=held
1     ROOM.JOIN $c u2 b3 -> LIMIT_JOINS
2     SEAT.CANCEL c b1 -> seat=released
2     ROOM.JOIN $c u2 b3 -> seat=held

story: 57 max_rooms counts live and formed rooms, failed ones give back
0     CAMPAIGN.PUT c size 2 max_rooms 2 keep_ms 60000 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     ROOM.OPEN c u2 o2 -> room=$b
0     ROOM.OPEN c u3 o3 -> LIMIT_ROOMS | -
1     SEAT.CANCEL c o2 -> room_state=failed
1     ROOM.OPEN c u3 o3 -> seat=held room=$d
2     SEAT.PAY c o1 -> seat=paid
2     SEAT.CANCEL c o3 -> room_state=failed
3     ROOM.JOIN $a u2 o4 -> seat=held
3     SEAT.PAY c o4 -> seat=settled
4     ROOM.OPEN c u3 o5 -> seat=held
5     ROOM.OPEN c u4 o6 -> LIMIT_ROOMS
60_005 sweep ->
60_005 ROOM.OPEN c u4 o6 -> LIMIT_ROOMS

story: one_open_per_user: a live seat bars opening, joining and matching another
0     CAMPAIGN.PUT c size 2 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     ROOM.OPEN c u2 o2 -> room=$b
1     ROOM.OPEN c u1 o3 -> ALREADY_IN_CAMPAIGN room=$a order=o1
1     ROOM.JOIN $b u1 o3 -> ALREADY_IN_CAMPAIGN room=$a order=o1
1     ROOM.MATCH c u1 o3 -> ALREADY_IN_CAMPAIGN room=$a order=o1
2     ROOM.JOIN $a u3 o4 -> seat=held
2     SEAT.PAY c o4 -> seat=paid
2     SEAT.PAY c o1 -> seat=settled
3     ROOM.JOIN $b u1 o3 -> seat=held

story: one_open_per_user 0 allows several
0     CAMPAIGN.PUT c size 2 clock_start open one_open_per_user 0 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.OPEN c u1 o2 -> room=$b
2     ROOM.MATCH c u1 o3 -> role=leader
3     ROOM.MATCH c u2 o4 -> room=$a
3     ROOM.MATCH c u2 o5 -> room=$b

story: seats_per_room_user 2: a second order in the same room, a third is refused
0     CAMPAIGN.PUT c size 4 clock_start open seats_per_room_user 2 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.JOIN $a u1 o2 -> role=member
2     ROOM.JOIN $a u1 o3 -> OWN_ROOM order=o1
3     ROOM.JOIN $a u2 p1 -> seat=held
3     ROOM.JOIN $a u2 p2 -> seat=held
4     USER.SEATS c u1 -> opens=1 joins=1 qty=2 seats.#=2

story: seats_per_room_user 2: matching never picks a room he is in
0     CAMPAIGN.PUT c size 3 seats_per_room_user 2 one_open_per_user 0 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
1     ROOM.MATCH c u1 o2 -> room=$b role=leader
2     ROOM.GET $a -> held=1

story: the order of refusals: of two causes the first wins
0     CAMPAIGN.PUT c size 2 clock_start open qty_per_order 1 opens_per_user 1 max_rooms 1 quota 1 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.OPEN c u1 o1 qty 2 -> IDEMPOTENCY_CONFLICT
1     ROOM.OPEN c u1 o2 qty 2 -> ALREADY_IN_CAMPAIGN
1     ROOM.OPEN c u2 o2 qty 2 -> LIMIT_PER_ORDER
1     ROOM.OPEN c u2 o2 -> LIMIT_ROOMS
2     CAMPAIGN.PUT c max_rooms 0 -> revision=2
2     ROOM.OPEN c u2 o2 -> OUT_OF_QUOTA
2     ROOM.JOIN $a u2 o2 qty 2 -> LIMIT_PER_ORDER
2     ROOM.JOIN $a u2 o2 -> OUT_OF_QUOTA
3     CAMPAIGN.PUT c quota 3 -> revision=3
3     ROOM.JOIN $a u2 o2 -> seat=held
3     ROOM.JOIN $a u2 o3 qty 2 -> ALREADY_IN_ROOM
3     ROOM.JOIN $a u3 o3 qty 2 -> ROOM_FULL
4     CAMPAIGN.PUT c status paused -> revision=4
4     ROOM.JOIN $a u2 o3 -> CAMPAIGN_CLOSED
4     ROOM.JOIN $a u2 o2 -> again=1
4     ROOM.OPEN c u1 o9 -> CAMPAIGN_CLOSED

story: the daemon's own limits answer TOO_MANY
limits campaigns=1 rooms=2 seats=3
0     CAMPAIGN.PUT c size 3 clock_start open -> revision=1
0     CAMPAIGN.PUT d size 3 -> TOO_MANY | -
0     CAMPAIGN.PUT c size 4 -> revision=2
0     ROOM.OPEN c u1 o1 -> room=$a
0     ROOM.OPEN c u2 o2 -> room=$b
0     ROOM.OPEN c u3 o3 -> TOO_MANY text~limit.rooms
1     ROOM.JOIN $a u3 o3 -> seat=held
1     ROOM.JOIN $a u4 o4 -> TOO_MANY text~limit.seats
