# SPDX-License-Identifier: BSD-2-Clause
# leader.story - who leads, and what hangs on his payment.

story: 70 joining before the leader has paid gives LEADER_UNPAID
0     CAMPAIGN.PUT c size 3 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
1     ROOM.JOIN $r u2 o2 -> LEADER_UNPAID room=$r room_state=pending | -
1     ROOM.FORM $r -> LEADER_UNPAID
1     ROOM.LIST c -> rooms.#=0
1     ROOM.MATCH c u2 o2 open 0 -> NO_JOINABLE_ROOM
2     SEAT.PAY c o1 -> room_state=open
3     ROOM.JOIN $r u2 o2 -> seat=held

story: 42 the leader's hold ends: the earliest paid seat leads, deadline unchanged
0     CAMPAIGN.PUT c size 4 clock_start open room_ttl_ms 50000 hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r deadline=@50000
10    ROOM.JOIN $r u2 o2 -> seat=held
20    ROOM.JOIN $r u3 o3 -> seat=held
30    SEAT.PAY c o3 -> seat=paid role=member
1000  sweep -> | seat_released leader_changed
1000  ROOM.GET $r -> leader=u3 deadline=@50000 seats.0.user=u3 seats.0.role=leader seats.0.n=3 seats.1.n=2 seats.1.role=member
1010  sweep -> | seat_released

story: 42 no paid seat: the earliest held one leads
0     CAMPAIGN.PUT c size 4 clock_start open hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
10    ROOM.JOIN $r u2 o2 -> seat=held
20    ROOM.JOIN $r u3 o3 -> seat=held
30    SEAT.CANCEL c o1 -> role=member seat=released | seat_released leader_changed
31    ROOM.GET $r -> leader=u2
32    ROOM.JOIN $r u1 o4 -> role=member
33    ROOM.GET $r -> seats.2.n=4

story: 42 succession is told in the order of the due times
0     CAMPAIGN.PUT c size 4 clock_start open hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
10    ROOM.JOIN $r u2 o2 hold_ms 100 -> seat=held
20    ROOM.JOIN $r u3 o3 -> seat=held
1005  ROOM.JOIN $r u4 o4 -> seat=held version=8 | seat_released seat_released leader_changed seat_held
1006  ROOM.GET $r -> leader=u3

story: 43 the leader alone lets his hold end: leader_unpaid, once
0     CAMPAIGN.PUT c size 4 hold_ms 1000 late_grace_ms 10 quota 10 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
1009  sweep -> | -
1010  sweep -> | seat_released room_failed
1010  ROOM.JOIN $r u2 o2 -> ROOM_CLOSED
1010  CAMPAIGN.GET c -> quota_used=0 rooms_failed=1 rooms_open=0

story: 43 a room whose last hold ended before its deadline fails leader_unpaid, however late it is found
0     CAMPAIGN.PUT c size 2 hold_ms 1000 late_grace_ms 0 room_ttl_ms 5000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
6000  ROOM.JOIN $a u2 o2 -> ROOM_CLOSED

story: 43 the same by the sweep
0     CAMPAIGN.PUT c size 2 hold_ms 1000 late_grace_ms 0 room_ttl_ms 5000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
6000  sweep -> | seat_released room_failed
6000  ROOM.GET $a -> reason=leader_unpaid
6000  SEAT.GET c o1 -> released=expired

story: a leader who paid stays leader; a reseated leader does not get the role back
0     CAMPAIGN.PUT c size 4 clock_start open hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
0     ROOM.JOIN $r u2 o2 -> seat=held
1     SEAT.PAY c o2 -> seat=paid
1000  sweep -> | seat_released leader_changed
1001  SEAT.PAY c o1 -> seat=paid role=member room=$r
1002  ROOM.GET $r -> leader=u2 seats.0.n=2 seats.1.n=1 seats_total=2

story: a pending room whose leader pays in the grace opens
0     CAMPAIGN.PUT c size 2 hold_ms 1000 late_grace_ms 500 room_ttl_ms 10000 late_pay refund -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
1499  SEAT.PAY c o1 paid_at @999 -> room_state=open deadline=@11499

story: a pending room's leader pays late with late_pay refund: it fails, the money is owed
0     CAMPAIGN.PUT c size 2 hold_ms 1000 late_grace_ms 500 room_ttl_ms 10000 late_pay refund -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
1499  SEAT.PAY c o1 paid_at @1000 -> room_state=failed seat=refund_due reason=late | seat_released room_failed refund_due
1499  ROOM.GET $r -> reason=leader_unpaid seats_total=*

story: a pending leader pays in the grace, but the campaign has ended: his room is over at once
0     CAMPAIGN.PUT c end_at @5000 hold_ms 2000 late_grace_ms 1000 -> revision=1
4000  ROOM.OPEN c u1 o1 -> hold_until=@5000 room=$r
5500  SEAT.PAY c o1 paid_at @4999 payment p -> room_state=failed seat=refund_due reason=room_failed
5501  ROOM.GET $r -> reason=campaign_end
