# SPDX-License-Identifier: BSD-2-Clause
# pay.story - payments: in time, late, twice, without a seat. No money is refused, none is lost.

story: 14 a payment stamped before hold_until that arrives within the grace keeps the seat
0     CAMPAIGN.PUT c size 2 price 900 hold_ms 1000 late_grace_ms 500 late_pay refund -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid amount_differs=-
10    ROOM.JOIN $r u2 o2 -> hold_until=@1010
1509  SEAT.PAY c o2 paid_at @1009 amount 900 -> seat=settled room_state=formed | seat_paid room_formed

story: 14 stamped at hold_until it is late, whatever the grace
0     CAMPAIGN.PUT c size 2 price 900 hold_ms 1000 late_grace_ms 500 late_pay refund -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid
10    ROOM.JOIN $r u2 o2 -> hold_until=@1010
1011  SEAT.PAY c o2 paid_at @1010 amount 900 payment p2 -> seat=refund_due reason=late refund=$f free=1 | seat_released refund_due
1012  SEAT.PAY c o2 paid_at @1010 amount 900 payment p2 -> seat=refund_due again=1 refund=$f | -
1013  REFUND.LIST campaign c -> refunds.#=1 refunds.0.amount=900 refunds.0.order=o2 refunds.0.user=u2 open=1 oldest_at=@1011

story: 14 arriving at the end of the grace it is late even if stamped in time
0     CAMPAIGN.PUT c size 2 price 900 hold_ms 1000 late_grace_ms 500 late_pay refund -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid
10    ROOM.JOIN $r u2 o2 -> hold_until=@1010
1510  SEAT.PAY c o2 paid_at @1009 amount 900 -> seat=refund_due reason=late released=expired | seat_released refund_due

story: 14 late within the grace with late_pay reseat keeps the seat that is still his
0     CAMPAIGN.PUT c size 2 price 900 hold_ms 1000 late_grace_ms 500 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid
10    ROOM.JOIN $r u2 o2 -> hold_until=@1010
1509  SEAT.PAY c o2 paid_at @1500 amount 900 -> seat=settled | seat_paid room_formed

story: 14 late after the grace with late_pay reseat: the same room while a seat is free
0     CAMPAIGN.PUT c size 2 price 900 hold_ms 1000 late_grace_ms 500 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid
10    ROOM.JOIN $r u2 o2 -> seat=held
1510  SEAT.PAY c o2 amount 900 payment p2 -> room=$r seat=settled released=- rerouted_from=- | seat_released seat_paid room_formed
1511  ROOM.GET $r -> seats.1.n=2 seats.1.user=u2

story: 15 late pay, seat taken by another: refund due once, room unchanged
0     CAMPAIGN.PUT c size 2 price 900 hold_ms 1000 late_grace_ms 500 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid version=3
10    ROOM.JOIN $r u2 o2 -> seat=held
1510  ROOM.JOIN $r u3 o3 -> seat=held
1511  SEAT.PAY c o2 amount 900 payment p2 -> room=$r seat=refund_due reason=late free=0 held=1 paid=1 | refund_due
1512  SEAT.PAY c o2 amount 900 payment p2 -> again=1 | -
1513  SEAT.PAY c o3 -> seat=settled

story: 15 late pay with reseat: not if he sits in the room already
0     CAMPAIGN.PUT c size 4 price 900 hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
0     SEAT.PAY c o1 -> seat=paid
10    ROOM.JOIN $r u2 o2 -> seat=held
1010  ROOM.JOIN $r u2 o3 -> seat=held | seat_released seat_held
1011  SEAT.PAY c o2 amount 900 -> seat=refund_due reason=late
1012  SEAT.GET c o3 -> seat=held

story: 16 late pay on a failed room does not reopen it
0     CAMPAIGN.PUT c size 2 price 900 hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
1000  SEAT.PAY c o1 amount 900 -> seat=refund_due room_state=failed reason=late | seat_released room_failed refund_due
1001  ROOM.GET $r -> state=failed reason=leader_unpaid seats_total=*

story: 17 late pay on a cancelled order is not dropped
0     CAMPAIGN.PUT c size 2 price 900 late_pay refund -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
5     SEAT.CANCEL c o1 -> seat=released room_state=failed | seat_released room_failed
6     SEAT.PAY c o1 -> seat=refund_due reason=late refund=$f | refund_due
7     REFUND.LIST -> refunds.0.refund=$f refunds.0.amount=900

story: 18 a repeated payment is a no-op with the same answer, across a restart too
0     CAMPAIGN.PUT c size 2 price 900 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
5     SEAT.PAY c o1 amount 900 payment p1 -> seat=paid again=- version=4
6     SEAT.PAY c o1 amount 900 payment p1 -> seat=paid again=1 version=4 | -
6     reload log ->
7     SEAT.PAY c o1 amount 900 payment p1 -> seat=paid again=1 version=4 | -
7     reload snapshot ->
8     SEAT.PAY c o1 -> seat=paid again=1 version=4 | -

story: 19 one order paid by two channels: the second payment is owed back, the seat stays
0     CAMPAIGN.PUT c size 2 price 900 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
5     SEAT.PAY c o1 amount 900 payment p1 -> seat=paid
6     SEAT.PAY c o1 amount 901 payment p2 -> seat=paid reason=duplicate refund=$f again=- version=5 | refund_due
7     SEAT.PAY c o1 amount 901 payment p2 -> seat=paid again=1 refund=$f | -
8     SEAT.PAY c o1 amount 900 payment p1 -> seat=paid again=1 | -
9     SEAT.GET c o1 -> refunds.#=1 refunds.0.amount=901 refunds.0.room=$r refunds.0.at=@6
10    REFUND.ACK $f ref x -> acked_at=@10 ref=x | refund_acked
11    SEAT.GET c o1 -> seat=paid refunds.0.acked_at=@10

story: 19 a third payment too, newest refund first, across a restart
0     CAMPAIGN.PUT c size 2 price 900 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
1     SEAT.PAY c o1 payment p1 -> seat=paid
2     SEAT.PAY c o1 payment p2 amount 1 -> refund=$f1
3     SEAT.PAY c o1 payment p3 amount 2 -> refund=$f2
4     SEAT.PAY c o1 payment p4 amount 3 -> refund=$f3
5     SEAT.GET c o1 -> refund=$f3 refunds.0.refund=$f3 refunds.1.refund=$f2 refunds.2.refund=$f1

story: 20 callbacks that come long after do not free the seat again nor fail
0     CAMPAIGN.PUT c size 2 price 900 keep_ms 60000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     SEAT.PAY c o1 payment p1 -> seat=paid
2     ROOM.MATCH c u2 o2 -> room=$r
3     SEAT.PAY c o2 payment p2 -> seat=settled
60_002 SEAT.PAY c o1 payment p1 -> seat=settled again=1 | -
60_003 SEAT.PAY c o1 payment p1 amount 900 paid_at @1 -> SEAT_NOT_FOUND | -
60_003 SEAT.PAY c o1 payment p1 -> SEAT_NOT_FOUND | -
60_003 SEAT.CANCEL c o1 -> SEAT_NOT_FOUND

story: 22 a rerouted payer's order gets the new room's id
0     CAMPAIGN.PUT c size 2 price 900 hold_ms 1000 late_grace_ms 0 late_pay reroute -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
0     ROOM.JOIN $a u2 o2 hold_ms 10 qty 3 profile pic referrer u7 -> seat=held
10    ROOM.JOIN $a u3 o3 -> seat=held
20    ROOM.OPEN c u4 o4 -> room=$b
21    SEAT.PAY c o4 -> seat=paid
30    SEAT.PAY c o2 payment p2 -> room=$b seat=settled rerouted_from=$a price=900 qty=3 role=member | order_forgotten seat_held seat_paid room_formed commission
31    SEAT.GET c o2 -> room=$b seat=settled rerouted_from=$a
31    ROOM.JOIN $a u2 o2 hold_ms 10 qty 3 -> again=1 room=$b seat=settled
32    SEAT.PAY c o2 payment p2 -> again=1 room=$b | -
33    SEAT.CANCEL c o2 -> CANNOT_CANCEL
34    SEAT.PAY c o3 -> seat=settled room=$a

story: 22 rerouted within one millisecond, the order still finds its new seat after a restart
0     CAMPAIGN.PUT c size 3 late_pay reroute -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.CANCEL c o1 -> seat=released room_state=failed
0     ROOM.MATCH c u2 o2 -> room=$b
0     SEAT.PAY c o1 payment p1 -> seat=paid room=$b rerouted_from=$a
1     SEAT.GET c o1 -> seat=paid room=$b
2     SEAT.PAY c o1 payment p1 -> again=1 room=$b | -

story: 22 rerouted into a room that is forgotten first: the order is spent, not back in its old room
0     CAMPAIGN.PUT c size 3 late_pay reroute hold_ms 600000 late_grace_ms 0 keep_ms 60000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
0     ROOM.JOIN $a u2 o2 hold_ms 10 -> seat=held
20    ROOM.JOIN $a u3 o3 -> seat=held
20    ROOM.JOIN $a u5 o5 -> seat=held
30    ROOM.OPEN c u4 o4 -> room=$b
31    SEAT.PAY c o4 -> seat=paid
31    ROOM.JOIN $b u6 o6 -> seat=held
32    SEAT.PAY c o6 -> seat=paid
40    SEAT.PAY c o2 payment p2 -> room=$b seat=settled rerouted_from=$a
60_040 sweep -> | room_dropped
60_050 SEAT.GET c o2 -> SEAT_NOT_FOUND
60_060 SEAT.PAY c o2 payment p2 -> SEAT_NOT_FOUND
600_020 SEAT.GET c o2 -> SEAT_NOT_FOUND

story: 23 rerouting never picks a full, an ended or an already joined room, nor a new one
0     CAMPAIGN.PUT c size 2 price 900 hold_ms 1000 late_grace_ms 0 late_pay reroute one_open_per_user 0 room_ttl_ms 100000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
0     ROOM.JOIN $a u2 o2 hold_ms 10 -> seat=held
10    ROOM.JOIN $a u3 o3 -> seat=held
20    ROOM.OPEN c u2 o5 -> room=$b
21    SEAT.PAY c o5 -> seat=paid
30    SEAT.PAY c o2 payment p2 -> room=$a seat=refund_due reason=late | refund_due

story: 23 late_pay refund never reseats
0     CAMPAIGN.PUT c size 3 price 900 hold_ms 1000 late_grace_ms 0 late_pay refund -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
0     ROOM.JOIN $a u2 o2 -> seat=held
1000  SEAT.PAY c o2 -> seat=refund_due reason=late free=2

story: 25 a payment before its hold is owed back, and the order is spent
0     CAMPAIGN.PUT c size 2 price 900 keep_ms 60000 -> revision=1
5     SEAT.PAY c o1 amount 900 payment p1 -> seat=refund_due reason=unmatched refund=$f room=- order=o1 again=- | refund_due
6     SEAT.PAY c o1 amount 900 payment p1 -> seat=refund_due again=1 refund=$f | -
7     ROOM.OPEN c u1 o1 -> IDEMPOTENCY_CONFLICT | -
8     SEAT.GET c o1 -> seat=refund_due refunds.#=1 refunds.0.room=- refunds.0.user=-
9     REFUND.ACK $f ref r1 -> acked_at=@9 | refund_acked
10    SEAT.GET c o1 -> seat=refunded
60_008 sweep -> | -
60_009 sweep -> | refund_dropped
60_010 SEAT.GET c o1 -> SEAT_NOT_FOUND
60_011 REFUND.ACK $f -> REFUND_NOT_FOUND

story: 25 a second payment without a seat is owed back as well
0     CAMPAIGN.PUT c size 3 price 5 -> revision=1
1     SEAT.PAY c o1 payment p2 amount 1 -> refund=$f1 reason=unmatched
2     SEAT.PAY c o1 payment p3 amount 2 -> refund=$f2 | refund_due
3     SEAT.PAY c o1 payment p4 amount 3 -> refund=$f3 | refund_due
4     SEAT.GET c o1 -> refund=$f3 refunds.#=3 seat=refund_due
5     REFUND.ACK $f1 -> acked_at=@5
6     SEAT.GET c o1 -> seat=refund_due
7     SEAT.PAY c o1 payment p3 amount 2 -> again=1 | -

story: an order unknown: only with an amount, and not too old
0     CAMPAIGN.PUT c size 2 keep_ms 60000 -> revision=1
60_000 SEAT.PAY c o1 -> SEAT_NOT_FOUND
60_000 SEAT.PAY c o1 paid_at @0 amount 5 -> SEAT_NOT_FOUND
60_000 SEAT.PAY c o1 paid_at @1 amount 5 -> seat=refund_due reason=unmatched
60_000 SEAT.PAY nowhere o1 amount 5 -> CAMPAIGN_NOT_FOUND

story: paid_at is at most now
0     CAMPAIGN.PUT c size 2 hold_ms 1000 late_grace_ms 500 late_pay refund -> revision=1
0     ROOM.MATCH c u1 o1 -> seat=held
999   SEAT.PAY c o1 paid_at @99999 -> seat=paid

story: another amount than the price is accepted and flagged
0     CAMPAIGN.PUT c size 2 price 900 -> revision=1
0     ROOM.MATCH c u1 o1 qty 2 -> room=$r
1     SEAT.PAY c o1 amount 900 -> seat=paid amount_differs=1
2     ROOM.DISSOLVE $r -> state=failed
3     REFUND.LIST -> refunds.0.amount=900

story: no amount told: the price times qty is owed
0     CAMPAIGN.PUT c size 2 price 900 -> revision=1
0     ROOM.MATCH c u1 o1 qty 2 -> room=$r
1     SEAT.PAY c o1 -> seat=paid amount_differs=-
2     ROOM.DISSOLVE $r -> state=failed
3     REFUND.LIST -> refunds.0.amount=1800

story: no price and no amount: an obligation of 0
0     CAMPAIGN.PUT c size 2 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     SEAT.PAY c o1 -> seat=paid
2     ROOM.DISSOLVE $r -> state=failed
3     REFUND.LIST -> refunds.#=1 refunds.0.amount=0

story: the largest price times the largest qty
0     CAMPAIGN.PUT c price 1000000000000 clock_start open -> revision=1
1     ROOM.OPEN c u1 o1 qty 1000000 -> seat=held room=$r
2     SEAT.PAY c o1 amount 1000000000000000 -> seat=paid amount_differs=1
3     ROOM.JOIN $r u2 o2 qty 1000000 -> seat=held
4     SEAT.PAY c o2 -> seat=settled amount_differs=-
5     SEAT.PAY c o2 payment p2 -> reason=duplicate
6     REFUND.LIST -> refunds.0.amount=1000000000000000000

story: payment none: seats are paid at once, and nothing is owed
0     CAMPAIGN.PUT c size 2 price 900 payment none -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r seat=paid room_state=open hold_until=- deadline=@86_400_000 paid=1 | room_opened seat_held
1     SEAT.PAY c o1 amount 900 -> BAD_ARGUMENT
2     SEAT.PAY c o9 amount 900 -> BAD_ARGUMENT
3     SEAT.CANCEL c o1 -> CANNOT_CANCEL
4     ROOM.JOIN $r u2 o2 -> seat=settled room_state=formed | seat_held room_formed

story: payment none: seats end released if the room fails
0     CAMPAIGN.PUT c size 3 price 900 payment none quota 5 keep_ms 60000 room_ttl_ms 10000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r seat=paid deadline=@10000
9999  ROOM.JOIN $r u2 o2 -> seat=paid
9999  CAMPAIGN.GET c -> quota_used=2
10_000 sweep -> | room_failed
10_000 SEAT.GET c o1 -> seat=released released=room_ended refund=-
10_000 CAMPAIGN.GET c -> quota_used=0 refunds_due=0
70_000 sweep -> | room_dropped

story: a late payer whose room lacks quota goes to one that holds its own
0     CAMPAIGN.PUT c size 3 price 10 hold_ms 500 late_pay reroute late_grace_ms 0 -> | campaign_put
0     ROOM.OPEN c u1 o1                               -> room=$a | room_opened seat_held
1     SEAT.PAY c o1 amount 10 payment p1              -> | seat_paid room_started
10    ROOM.JOIN $a u2 o2                              -> | seat_held
20    CAMPAIGN.PUT c reserve whole_room               -> | campaign_put
30    ROOM.OPEN c u3 o3                               -> room=$b | room_opened seat_held
31    SEAT.PAY c o3 amount 10 payment p3              -> | seat_paid room_started
600   sweep                                           -> | seat_released
610   CAMPAIGN.PUT c quota 4                          -> | campaign_put
620   SEAT.PAY c o2 amount 10 payment p2              -> room=$b seat=paid rerouted_from=$a | order_forgotten seat_held seat_paid
