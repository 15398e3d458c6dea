# SPDX-License-Identifier: BSD-2-Clause
# refund.story - the ledger of what is owed back.

story: 45 failing a room of n paid seats yields n obligations, one per order
0     CAMPAIGN.PUT c size 5 price 100 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
0     SEAT.PAY c o1 amount 100 payment p1 -> seat=paid
1     ROOM.MATCH c u2 o2 -> seat=held
1     SEAT.PAY c o2 amount 90 payment p2 -> seat=paid amount_differs=1
2     ROOM.MATCH c u3 o3 -> seat=held
3     ROOM.DISSOLVE $r reason stock -> reason=dissolved paid=0 held=0 seats.#=3 | seat_released room_failed refund_due refund_due
4     SEAT.GET c o1 -> seat=refund_due reason=room_failed refund=$f1
4     SEAT.GET c o2 -> seat=refund_due reason=room_failed refund=$f2
4     SEAT.GET c o3 -> seat=released released=room_ended refund=-
5     REFUND.ACK $f1 -> amount=100 order=o1 user=u1
5     REFUND.ACK $f2 -> amount=90 order=o2 user=u2
6     REFUND.LIST -> refunds.#=0 open=0 oldest_at=- cursor=

story: 46 acknowledging one refund leaves the others; it is idempotent and keeps its ref
0     CAMPAIGN.PUT c size 5 price 100 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid
1     ROOM.MATCH c u2 o2 -> seat=held
1     SEAT.PAY c o2 -> seat=paid
3     ROOM.DISSOLVE $r -> state=failed
4     SEAT.GET c o1 -> refund=$f1
5     REFUND.ACK $f1 ref x1 -> acked_at=@5 ref=x1 | refund_acked
6     REFUND.ACK $f1 ref x2 -> acked_at=@5 ref=x1 | -
7     REFUND.LIST campaign c -> refunds.#=1 refunds.0.order=o2 open=1
8     SEAT.GET c o1 -> seat=refunded
8     SEAT.PAY c o1 -> seat=refunded again=1 | -
9     CAMPAIGN.GET c -> refunds_due=2 refunds_acked=1
9     REFUND.ACK 00000000000000000001 -> REFUND_NOT_FOUND
9     REFUND.LIST campaign nowhere -> CAMPAIGN_NOT_FOUND
9     REFUND.LIST cursor rubbish -> BAD_ARGUMENT

story: a room with an open refund is kept; then it goes keep_ms after its end
0     CAMPAIGN.PUT c size 2 price 5 room_ttl_ms 20000 hold_ms 1000 keep_ms 60000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     SEAT.PAY c o1 payment p1 -> seat=paid
20_000 sweep -> | room_failed refund_due
200_000 sweep -> | -
200_000 ROOM.GET $r -> state=failed
200_000 SEAT.GET c o1 -> seat=refund_due refund=$f
200_001 REFUND.ACK $f -> acked_at=*
200_001 sweep -> | room_dropped
200_001 ROOM.GET $r -> ROOM_NOT_FOUND
200_001 SEAT.GET c o1 -> SEAT_NOT_FOUND
200_001 REFUND.ACK $f -> REFUND_NOT_FOUND

story: acknowledged at once, the room stays its time
0     CAMPAIGN.PUT c size 2 price 5 room_ttl_ms 20000 hold_ms 1000 keep_ms 60000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     SEAT.PAY c o1 payment p1 -> seat=paid
20_000 sweep -> | room_failed refund_due
20_001 SEAT.GET c o1 -> refund=$f
20_001 REFUND.ACK $f -> acked_at=*
79_999 sweep -> | -
79_999 SEAT.GET c o1 -> seat=refunded
80_000 SEAT.GET c o1 -> SEAT_NOT_FOUND
80_000 sweep -> | room_dropped

story: a second charge of a formed room keeps it, and does not stop its memory for ever
0     CAMPAIGN.PUT c size 2 keep_ms 60000 price 5 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 payment p1 -> seat=paid
1     ROOM.MATCH c u2 o2 -> room=$a
2     SEAT.PAY c o2 payment p2 -> seat=settled
3     SEAT.PAY c o2 payment p3 -> seat=settled reason=duplicate refund=$f
60_002 sweep -> | -
60_002 SEAT.GET c o1 -> seat=settled
60_003 REFUND.ACK $f -> acked_at=*
60_004 sweep -> | room_dropped

story: a second charge after the first was refunded
0     CAMPAIGN.PUT c size 2 keep_ms 60000 price 5 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 payment p1 -> seat=paid
1     ROOM.DISSOLVE $a -> state=failed
2     SEAT.GET c o1 -> refund=$f1
3     REFUND.ACK $f1 -> acked_at=*
4     SEAT.PAY c o1 payment p2 -> seat=refunded reason=duplicate refund=$f2
5     SEAT.PAY c o1 payment p1 -> again=1 | -
6     REFUND.ACK $f2 -> reason=duplicate
7     SEAT.GET c o1 -> seat=refunded refunds.#=2
60_001 sweep -> | room_dropped

story: acknowledging a second charge does not refund the seat
0     CAMPAIGN.PUT c size 2 keep_ms 60000 price 5 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 payment p1 -> seat=paid
1     SEAT.PAY c o1 payment p2 -> refund=$f2
2     ROOM.DISSOLVE $a -> state=failed
3     REFUND.ACK $f2 -> acked_at=*
4     SEAT.GET c o1 -> seat=refund_due reason=room_failed refunds.#=2

story: the late refund of a seat in a live room is acknowledged; the room goes on
0     CAMPAIGN.PUT c size 3 price 5 hold_ms 1000 late_grace_ms 0 late_pay refund room_ttl_ms 50000 keep_ms 60000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
0     ROOM.MATCH c u2 o2 -> seat=held
1000  SEAT.PAY c o2 payment p2 -> seat=refund_due refund=$f
1001  REFUND.ACK $f -> acked_at=@1001
1002  SEAT.GET c o2 -> seat=refunded room_state=open
1003  ROOM.MATCH c u2 o3 -> seat=held room=$a
1004  SEAT.PAY c o3 -> seat=paid
50_000 sweep -> | room_failed refund_due refund_due

story: a seat given back before, its money owed, is history and not status
0     CAMPAIGN.PUT c size 2 price 5 hold_ms 1000 late_grace_ms 0 late_pay refund -> revision=1
1     ROOM.MATCH c u1 o1 -> room=$a
2     SEAT.PAY c o1 -> seat=paid
3     ROOM.JOIN $a u2 o2 -> seat=held
2000  SEAT.PAY c o2 -> seat=refund_due reason=late
2001  ROOM.GET $a -> seats.#=1 seats_total=1

story: REFUND.LIST pages through the ledger, oldest first
0     CAMPAIGN.PUT c size 2 -> revision=1
0     CAMPAIGN.PUT d size 2 -> revision=1
1     SEAT.PAY c o1 amount 1 -> refund=$f1
2     SEAT.PAY d o2 amount 2 -> refund=$f2
3     SEAT.PAY c o3 amount 3 -> refund=$f3
4     REFUND.LIST limit 2 -> refunds.#=2 refunds.0.refund=$f1 refunds.1.refund=$f2 cursor=$k open=3 oldest_at=@1
5     REFUND.LIST limit 2 cursor $k -> refunds.#=1 refunds.0.refund=$f3 cursor= open=3
6     REFUND.ACK $f2 -> acked_at=*
7     REFUND.LIST limit 1 -> cursor=$l
7     REFUND.LIST limit 1 cursor $l -> refunds.0.refund=$f3 cursor=
8     REFUND.LIST campaign c -> refunds.#=2 open=2
9     REFUND.LIST campaign d -> refunds.#=0 open=0

story: a payment that was owed back as unmatched is not owed again when its old room ends
0     CAMPAIGN.PUT c size 3 keep_ms 60000 price 5 hold_ms 1000 late_grace_ms 0 room_ttl_ms 600000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 payment p1 -> seat=paid
0     ROOM.MATCH c u2 o2 -> room=$a
1000  sweep -> | seat_released
60_999 SEAT.GET c o2 -> seat=released
61_000 SEAT.GET c o2 -> SEAT_NOT_FOUND
61_001 SEAT.PAY c o2 payment p2 amount 5 -> seat=refund_due reason=unmatched refund=$f
600_000 sweep -> | room_failed refund_due
600_001 SEAT.PAY c o2 payment p2 amount 5 -> seat=refund_due again=1 refund=$f | -

story: an unmatched payment is not owed a second time because a newer one of its order is remembered
0     CAMPAIGN.PUT c size 3 keep_ms 60000 -> revision=1
0     SEAT.PAY c o1 payment p1 amount 5 -> reason=unmatched refund=$f1
1     REFUND.ACK $f1 -> acked_at=*
30_000 SEAT.PAY c o1 payment p2 amount 5 -> refund=$f2
60_001 sweep ->
60_002 SEAT.PAY c o1 payment p1 amount 5 paid_at @0 -> | -
