# SPDX-License-Identifier: BSD-2-Clause
# room.story - how rooms start, form and fail; their clock, their leader.

story: 5 a room that holds size paid members is not refunded at the deadline
0     CAMPAIGN.PUT c size 2 room_ttl_ms 10000 hold_ms 5000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     SEAT.PAY c o1 -> seat=paid
5000  ROOM.MATCH c u2 o2 -> room=$r
9999  SEAT.PAY c o2 paid_at @9999 -> seat=settled | seat_paid room_formed
10_000 sweep -> | -
10_000 ROOM.GET $r -> state=formed formed_at=@9999
10_000 ROOM.DISSOLVE $r -> ROOM_CLOSED
10_000 ROOM.FORM $r -> ROOM_CLOSED

story: 28 hold and room timers survive a restart with their due time
0     CAMPAIGN.PUT c size 3 room_ttl_ms 10000 hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     SEAT.PAY c o1 -> seat=paid
2     ROOM.MATCH c u2 o2 -> room=$r
3     reload log ->
1001  sweep -> | -
1002  reload snapshot ->
1002  sweep -> | seat_released
9999  reload snapshot ->
9999  sweep -> | -
10_000 reload log ->
10_000 sweep -> | room_failed refund_due
10_001 reload log ->
10_001 sweep -> | -

story: 28 an open refund of a live room does not stop its clock after a restart
0     CAMPAIGN.PUT c size 3 room_ttl_ms 10000 hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     SEAT.PAY c o1 payment p1 -> seat=paid
2     SEAT.PAY c o1 payment p2 amount 1 -> reason=duplicate
3     reload log ->
10_000 sweep -> | room_failed refund_due
3_000_000_000 sweep -> | -
3_000_000_001 ROOM.GET $r -> state=failed

story: 28 what is past due fires once at the start, in the order of its due times
0     CAMPAIGN.PUT c size 3 room_ttl_ms 10000 hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     SEAT.PAY c o1 -> seat=paid
2     ROOM.JOIN $r u2 o2 -> seat=held
20_000 reload snapshot ->
20_000 sweep -> | seat_released room_failed refund_due
20_000 SEAT.GET c o2 -> seat=released released=expired
20_001 sweep -> | -

story: 30 two cancel paths for one hold are idempotent
0     CAMPAIGN.PUT c size 3 hold_ms 1000 late_grace_ms 0 quota 5 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
0     ROOM.JOIN $r u2 o2 -> seat=held
999   SEAT.CANCEL c o2 -> seat=released released=cancelled again=-
1000  sweep -> | seat_released room_failed
1000  SEAT.CANCEL c o2 -> seat=released released=cancelled again=1 | -
1000  SEAT.CANCEL c o1 -> seat=released released=expired again=1 | -
1000  CAMPAIGN.GET c -> quota_used=0 seats_released=2

story: 34 delays beyond 2^31 ms, and no end at all
0     CAMPAIGN.PUT c size 2 room_ttl_ms 31622400000 hold_ms 2592000000 -> revision=1
0     ROOM.MATCH c u1 o1 -> deadline=@31_622_400_000 hold_until=@2_592_000_000
0     SEAT.PAY c o1 -> seat=paid
2_147_483_648 sweep -> | -
4_294_967_296 sweep -> | -
31_622_399_999 sweep -> | -
31_622_400_000 sweep -> | room_failed refund_due

story: 34 room_ttl_ms 0 means until end_at
0     CAMPAIGN.PUT c size 2 room_ttl_ms 0 -> BAD_ARGUMENT text~room_ttl_ms
0     CAMPAIGN.PUT c size 2 room_ttl_ms 0 end_at @50000 -> revision=1
10    ROOM.MATCH c u1 o1 -> deadline=@50000

story: 36 the deadline counts from the clock's start, not from the campaign's
0     CAMPAIGN.PUT c size 2 room_ttl_ms 100000 -> revision=1
5000  ROOM.OPEN c u1 o1 -> deadline=- room=$r
6000  SEAT.PAY c o1 -> deadline=@106_000
6000  ROOM.GET $r -> opened_at=@5000 deadline=@106_000
6000  ROOM.MATCH c u2 o2 -> room=$r deadline=@106_000
7000  CAMPAIGN.PUT c clock_start open -> revision=2
7000  ROOM.OPEN c u3 o3 -> deadline=@107_000 room_state=open

story: 37 one room's timer touches only that room
0     CAMPAIGN.PUT c size 2 room_ttl_ms 10000 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
1     ROOM.OPEN c u2 o2 -> room=$b
1     SEAT.PAY c o2 -> seat=paid
10_000 sweep -> | room_failed refund_due
10_000 ROOM.GET $b -> state=open paid=1

story: 38 a join at deadline - 1 is accepted, at the deadline refused; it expires at the deadline
0     CAMPAIGN.PUT c size 3 room_ttl_ms 10000 hold_ms 10000 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid
9999  sweep -> | -
9999  ROOM.JOIN $r u2 o2 -> hold_until=@10000 | seat_held
10_000 ROOM.JOIN $r u3 o3 -> ROOM_EXPIRED room=$r room_state=failed | seat_released room_failed refund_due
10_001 ROOM.JOIN $r u3 o3 -> ROOM_EXPIRED | -
10_001 ROOM.GET $r -> failed_at=@10000 reason=deadline

story: 38 a payment at the deadline is late, whatever the hold
0     CAMPAIGN.PUT c size 2 room_ttl_ms 10000 hold_ms 10000 late_grace_ms 9999 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid
5000  ROOM.JOIN $r u2 o2 -> hold_until=@10000
10_000 SEAT.PAY c o2 paid_at @9999 amount 3 -> seat=refund_due room_state=failed reason=late | seat_released room_failed refund_due refund_due

story: 65 missing counts the leader; both missing and free are 0 in an ended room
0     CAMPAIGN.PUT c size 3 -> revision=1
0     ROOM.OPEN c u1 o1 -> missing=3 free=2 room=$r
1     SEAT.PAY c o1 -> missing=2 free=2
2     ROOM.DISSOLVE $r reason fraud -> state=failed reason=dissolved missing=0 free=0
3     SEAT.GET c o1 -> missing=0 free=0 seat=refund_due

story: min_success: at the deadline holds go first, then enough paid seats form it
0     CAMPAIGN.PUT c size 4 min_success 2 room_ttl_ms 10000 hold_ms 9000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     SEAT.PAY c o1 -> seat=paid
2     ROOM.MATCH c u2 o2 -> seat=held
3     SEAT.PAY c o2 -> seat=paid room_state=open
5000  ROOM.JOIN $r u3 o3 -> hold_until=@10000
9999  sweep -> | -
10_000 sweep -> | seat_released room_formed
10_000 ROOM.GET $r -> state=formed reason=deadline_min paid=2 held=0 missing=0 formed_at=@10000
10_000 SEAT.GET c o1 -> seat=settled
10_000 SEAT.GET c o3 -> seat=released released=room_ended
10_001 SEAT.PAY c o3 amount 5 -> seat=refund_due reason=late room_state=formed
10_001 ROOM.JOIN $r u4 o4 -> ROOM_CLOSED

story: min_success not reached: it fails, each payment owed once
0     CAMPAIGN.PUT c size 4 min_success 3 room_ttl_ms 10000 hold_ms 1000 price 7 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     SEAT.PAY c o1 amount 7 payment p1 -> seat=paid
2     ROOM.MATCH c u2 o2 -> seat=held
3     SEAT.PAY c o2 amount 7 payment p2 -> seat=paid
10_000 sweep -> | room_failed refund_due refund_due
10_000 REFUND.LIST -> refunds.#=2 open=2

story: 47 after forming nothing re-opens it
0     CAMPAIGN.PUT c size 2 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     SEAT.PAY c o1 -> seat=paid
2     ROOM.MATCH c u2 o2 -> seat=held
3     SEAT.PAY c o2 -> seat=settled
4     SEAT.CANCEL c o2 -> CANNOT_CANCEL room=$r room_state=formed
5     SEAT.PAY c o2 payment p9 amount 3 -> seat=settled reason=duplicate refund=$f
6     REFUND.ACK $f -> acked_at=@6
7     ROOM.GET $r -> state=formed paid=2 reason=full formed_at=@3
8     ROOM.LIST c -> rooms.#=0

story: version counts the room's facts from 1 without gaps
0     CAMPAIGN.PUT c size 2 -> revision=1
0     ROOM.OPEN c u1 o1 -> version=2 room=$r
1     SEAT.PAY c o1 payment p1 -> version=4
2     ROOM.JOIN $r u2 o2 -> version=5
3     SEAT.PAY c o2 payment p2 -> version=7
4     SEAT.PAY c o2 payment p3 -> version=8 refund=$f
5     REFUND.ACK $f -> acked_at=@5
6     ROOM.GET $r -> version=9 state=formed
