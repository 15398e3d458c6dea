# SPDX-License-Identifier: BSD-2-Clause
# idempotency.story - an order names its seat for ever; a repeat is answered, never refused.

story: 73 the same request again returns the same room and seat, as it is now
0     CAMPAIGN.PUT c size 2 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r again=-
1     ROOM.OPEN c u1 o1 -> room=$r again=1 seat=held | -
2     SEAT.PAY c o1 -> seat=paid
3     ROOM.OPEN c u1 o1 -> room=$r again=1 seat=paid | -
4     ROOM.JOIN $r u2 o2 -> seat=held
5     SEAT.PAY c o2 -> seat=settled
6     ROOM.OPEN c u1 o1 -> again=1 seat=settled room_state=formed
6     ROOM.JOIN $r u2 o2 -> again=1 seat=settled | -
7     CAMPAIGN.CLOSE c rooms fail -> phase=closed
8     ROOM.OPEN c u1 o1 -> again=1 seat=settled | -

story: 73 another command, room, user or qty with that order is a conflict; other options are ignored
0     CAMPAIGN.PUT c size 5 clock_start open one_open_per_user 0 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     ROOM.OPEN c u3 o3 -> room=$b
1     ROOM.MATCH c u1 o1 -> IDEMPOTENCY_CONFLICT | -
1     ROOM.JOIN $a u1 o1 -> IDEMPOTENCY_CONFLICT
1     ROOM.OPEN c u2 o1 -> IDEMPOTENCY_CONFLICT
1     ROOM.OPEN c u1 o1 qty 2 -> IDEMPOTENCY_CONFLICT
2     ROOM.OPEN c u1 o1 price 5 hold_ms 3 listed 0 profile x -> again=1 price=- | -
3     ROOM.JOIN $a u2 o2 -> seat=held
4     ROOM.JOIN $b u2 o2 -> IDEMPOTENCY_CONFLICT
4     ROOM.JOIN $a u2 o2 qty 1 -> again=1 room=$a
5     CAMPAIGN.PUT d size 5 -> revision=1
5     ROOM.OPEN d u1 o1 -> again=- role=leader

story: a refused command leaves no trace
0     CAMPAIGN.PUT c size 5 quota 1 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 qty 2 -> OUT_OF_QUOTA | -
1     ROOM.MATCH c u2 o1 -> again=- seat=held
2     ROOM.OPEN c u1 o1 qty 2 -> IDEMPOTENCY_CONFLICT

story: a released order stays released; rejoin with a new one
0     CAMPAIGN.PUT c size 5 clock_start open hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
1     ROOM.JOIN $a u2 o2 -> seat=held
1001  ROOM.JOIN $a u2 o2 -> seat=released again=1 released=expired | seat_released
1002  ROOM.JOIN $a u2 o3 -> seat=held

story: an order is remembered keep_ms after its room's end
0     CAMPAIGN.PUT c size 2 keep_ms 60000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
1     ROOM.MATCH c u2 o2 -> room=$a
2     SEAT.PAY c o2 -> seat=settled
60_001 ROOM.MATCH c u1 o1 -> again=1 seat=settled
60_002 ROOM.MATCH c u1 o1 -> again=- seat=held

story: an order is remembered keep_ms after its release, then it is new; it stays so when its old room ends
0     CAMPAIGN.PUT c size 3 keep_ms 60000 price 5 hold_ms 1000 late_grace_ms 0 room_ttl_ms 600000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 payment p1 -> seat=paid
0     ROOM.MATCH c u2 o2 -> room=$a
1000  sweep -> | seat_released
60_999 ROOM.MATCH c u2 o2 -> again=1 seat=released
61_000 SEAT.GET c o2 -> SEAT_NOT_FOUND
600_000 sweep -> | room_failed refund_due
600_001 SEAT.GET c o2 -> SEAT_NOT_FOUND

story: an order used again in another room, which is forgotten first
0     CAMPAIGN.PUT c size 2 keep_ms 60000 hold_ms 1000 late_grace_ms 0 room_ttl_ms 600000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 payment p1 -> seat=paid
0     ROOM.MATCH c u2 o2 -> room=$a
1000  sweep -> | seat_released
61_000 ROOM.OPEN c u2 o2 -> seat=held room=$b again=-
61_001 SEAT.CANCEL c o2 -> seat=released room_state=failed
121_001 sweep -> | room_dropped
121_002 SEAT.GET c o2 -> SEAT_NOT_FOUND
600_001 SEAT.GET c o2 -> SEAT_NOT_FOUND

story: an order used again in the same room
0     CAMPAIGN.PUT c size 3 keep_ms 60000 hold_ms 1000 late_grace_ms 0 room_ttl_ms 600000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 payment p1 -> seat=paid
0     ROOM.JOIN $a u2 o2 -> room=$a
1000  sweep -> | seat_released
61_000 ROOM.JOIN $a u2 o2 -> seat=held room=$a again=-
61_001 SEAT.PAY c o2 payment p2 -> seat=paid
61_002 SEAT.GET c o2 -> seat=paid
600_000 sweep -> | room_failed refund_due refund_due

story: order seen before comes before everything else
0     CAMPAIGN.PUT c size 2 clock_start open end_at @5000 hold_ms 1000 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
1     ROOM.JOIN $a u2 o2 -> seat=held
2     SEAT.PAY c o2 -> seat=settled
5000  ROOM.OPEN c u1 o1 -> again=1
5000  ROOM.JOIN $a u2 o2 -> again=1
5000  ROOM.JOIN $a u2 o2 qty 2 -> IDEMPOTENCY_CONFLICT
5000  ROOM.JOIN $a u2 o3 -> CAMPAIGN_ENDED

story: a forgotten order belongs to whoever uses it next
0     CAMPAIGN.PUT c size 3 keep_ms 60000 hold_ms 1000 late_grace_ms 0 room_ttl_ms 600000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 payment p1 -> seat=paid
0     ROOM.JOIN $a u2 o2 -> room=$a
1000  sweep -> | seat_released
61_000 ROOM.JOIN $a u3 o2 -> seat=held room=$a again=-
61_001 SEAT.GET c o2 -> user=u3
61_002 ROOM.JOIN $a u2 o2 -> IDEMPOTENCY_CONFLICT
