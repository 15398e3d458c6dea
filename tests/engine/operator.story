# SPDX-License-Identifier: BSD-2-Clause
# operator.story - ROOM.FORM and ROOM.DISSOLVE.

story: forming by hand forms what is paid
0     CAMPAIGN.PUT c size 5 quota 10 keep_ms 60000 -> revision=1
0     ROOM.MATCH c u1 o1 qty 2 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
1     ROOM.MATCH c u2 o2 -> seat=held
2     ROOM.FORM $a reason 'the boss' -> FORCE_BLOCKED_UNPAID room=$a room_state=open | -
3     SEAT.CANCEL c o2 -> seat=released
4     ROOM.FORM $a reason 'the boss' -> state=formed reason=forced paid=1 missing=0 free=0 virtual=0 formed_at=@4 | room_formed
5     ROOM.FORM $a -> ROOM_CLOSED
6     SEAT.GET c o1 -> seat=settled
6     CAMPAIGN.GET c -> quota_used=2 rooms_formed=1

story: an overdue hold does not block forming
0     CAMPAIGN.PUT c size 5 hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
1     ROOM.MATCH c u2 o2 -> seat=held
1000  ROOM.FORM $a -> FORCE_BLOCKED_UNPAID
1001  ROOM.FORM $a -> state=formed | seat_released room_formed

story: a whole-room reservation keeps what is sold
0     CAMPAIGN.PUT c size 5 quota 10 reserve whole_room -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
1     ROOM.FORM $a -> state=formed
2     CAMPAIGN.GET c -> quota_used=1

story: a room cannot be formed or dissolved after its end
0     CAMPAIGN.PUT c size 5 room_ttl_ms 10000 hold_ms 1000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
10_000 ROOM.FORM $a -> ROOM_EXPIRED | room_failed refund_due
10_000 ROOM.DISSOLVE $a -> ROOM_EXPIRED | -

story: a pending room is dissolved
0     CAMPAIGN.PUT c size 5 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.DISSOLVE $a reason risk -> state=failed reason=dissolved | seat_released room_failed
2     ROOM.JOIN $a u2 o2 -> ROOM_CLOSED
3     SEAT.PAY c o1 -> seat=refund_due reason=late
