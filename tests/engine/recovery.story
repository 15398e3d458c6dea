# SPDX-License-Identifier: BSD-2-Clause
# recovery.story - restarts, failovers, and what a mirror may hold.

story: 77 a payment accepted just before a crash gives the same seat after it
0     CAMPAIGN.PUT c size 2 name x -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
1     SEAT.PAY c o1 payment p1 -> seat=paid
1     reload log ->
2     SEAT.PAY c o1 payment p1 -> seat=paid again=1 room=$r
3     ROOM.JOIN $r u2 o2 -> seat=held
3     reload snapshot ->
4     SEAT.PAY c o2 payment p2 -> seat=settled room_state=formed
4     reload log ->
5     ROOM.GET $r -> state=formed seats.#=2 version=7

story: rooms under an old revision find it after a restart
0     CAMPAIGN.PUT c size 4 name one price 9 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
1     CAMPAIGN.PUT c size 3 name two -> revision=2
2     ROOM.OPEN c u2 o2 -> room=$s
3     CAMPAIGN.PUT c size 2 name three -> revision=3
3     reload log ->
4     ROOM.JOIN $r u3 o3 -> size=4
4     reload snapshot ->
5     ROOM.JOIN $s u4 o4 -> size=3
6     CAMPAIGN.GET c -> revision=3 name=three size=2

story: a room that no slice ever held is dropped
0     CAMPAIGN.PUT c size 2 keep_ms 60000 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
1     SEAT.CANCEL c o1 -> room_state=failed
2     ROOM.OPEN c u2 o2 -> room=$s
60_001 sweep -> | room_dropped
60_002 ROOM.OPEN c u3 o3 -> room=$t
60_003 ROOM.OPEN c u4 o4 -> room=$u
60_004 ROOM.OPEN c u5 o5 -> room=$v
60_005 reload snapshot ->
60_005 ROOM.GET $r -> ROOM_NOT_FOUND
60_005 ROOM.GET $v -> state=pending

story: the mirror fails over to an older snapshot; nothing is lost
0     CAMPAIGN.PUT c size 2 keep_ms 60000 opens_per_user 9 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
1     SEAT.PAY c o1 -> seat=paid
1     ROOM.JOIN $r u2 o2 -> seat=held
2     SEAT.PAY c o2 payment p2 -> seat=settled
2     failover ->
3     SEAT.PAY c o2 payment p3 -> reason=duplicate refund=$f
4     REFUND.ACK $f -> acked_at=*
4     failover ->
60_002 sweep -> | user_rolled_up user_rolled_up room_dropped
60_003 ROOM.OPEN c u1 o3 -> room=$s
60_003 failover ->
60_004 ROOM.OPEN c u3 o4 -> room=$t
60_004 failover ->
60_004 reload snapshot ->
60_005 USER.SEATS c u1 -> opens=2 seats.#=1
60_006 ROOM.GET $r -> ROOM_NOT_FOUND
60_006 failover ->
60_006 reload snapshot ->
60_007 ROOM.GET $t -> state=pending

story: ids survive whatever bytes the names have
0     CAMPAIGN.PUT 活動 size 2 clock_start open name '拼團 活動' -> revision=1
0     ROOM.OPEN 活動 用戶 訂單號 profile '張*三' -> room=$r user=用戶
0     reload log ->
1     ROOM.GET $r -> seats.0.profile=張*三 leader=用戶
1     USER.SEATS 活動 用戶 -> seats.#=1

story: how long a settled refund is remembered does not depend on a restart
0     CAMPAIGN.PUT c size 3 price 5 keep_ms 60000 -> revision=1
1     SEAT.PAY c o1 payment p2 amount 1 -> refund=$f1 reason=unmatched
2     REFUND.ACK $f1 -> acked_at=*
3     CAMPAIGN.PUT c keep_ms 120000 -> revision=2
4     SEAT.PAY c o2 payment p2 amount 1 -> refund=$f2
60_002 sweep -> | refund_dropped
60_003 SEAT.GET c o1 -> SEAT_NOT_FOUND
60_003 SEAT.GET c o2 -> seat=refund_due
