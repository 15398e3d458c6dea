# SPDX-License-Identifier: BSD-2-Clause
# hold.story - taking a seat: who gets one, for how long, and what is told about it.

story: 1 two users hold the last seat at once: one succeeds, the other gets ROOM_FULL
0     CAMPAIGN.PUT c size 2 price 900 hold_ms 10000 late_grace_ms 1000  -> revision=1 phase=running | campaign_put
10    ROOM.OPEN c u1 o1  -> room=$r seat=held room_state=pending role=leader size=2 held=1 paid=0 missing=2 free=1 hold_until=@10010 deadline=- version=2 price=900 again=- now=@10 | room_opened seat_held
20    SEAT.PAY c o1 amount 900 payment p1 -> room=$r seat=paid room_state=open paid=1 held=0 missing=1 free=1 hold_until=- deadline=@86_400_020 version=4 | seat_paid room_started
30    ROOM.JOIN $r u2 o2 -> room=$r seat=held role=member free=0 missing=1 | seat_held
30    ROOM.JOIN $r u3 o3 -> ROOM_FULL room=$r room_state=open version=5 retry_after_ms=11000 | -
40    SEAT.PAY c o2 amount 900 payment p2 -> seat=settled room_state=formed missing=0 free=0 | seat_paid room_formed
50    ROOM.GET $r -> state=formed reason=full formed_at=@40 seats.#=2 seats_total=2 seats.0.user=u1 seats.0.n=1 seats.1.n=2 leader=u1
50    ROOM.JOIN $r u3 o3 -> ROOM_CLOSED room=$r room_state=formed | -

story: 2 after many holds, paid and held never exceed size
0     CAMPAIGN.PUT c size 3 clock_start open -> revision=1
1     ROOM.OPEN c u1 o1 -> room=$r
1     ROOM.JOIN $r u2 o2 -> held=2 free=1
1     ROOM.JOIN $r u3 o3 -> held=3 free=0
1     ROOM.JOIN $r u4 o4 -> ROOM_FULL
2     SEAT.CANCEL c o2 -> seat=released released=cancelled held=2 free=1
2     ROOM.JOIN $r u4 o4 -> held=3 free=0
3     SEAT.CANCEL c o2 -> seat=released again=1 held=3 | -

story: 3 a campaign's size lowered by edit: the open room keeps its own
0     CAMPAIGN.PUT c size 4 clock_start open -> revision=1
1     ROOM.OPEN c u1 o1 -> room=$r size=4
1     ROOM.JOIN $r u2 o2 -> free=2
1     ROOM.JOIN $r u3 o3 -> free=1
2     CAMPAIGN.PUT c size 2 -> revision=2
3     ROOM.JOIN $r u4 o4 -> size=4 free=0
4     ROOM.MATCH c u5 o5 -> size=2 role=leader

story: 4 two last payers at once: the room forms exactly once
0     CAMPAIGN.PUT c size 3 -> revision=1
1     ROOM.MATCH c u1 o1 -> room=$r
1     SEAT.PAY c o1 -> seat=paid
1     ROOM.MATCH c u2 o2 -> room=$r
1     ROOM.MATCH c u3 o3 -> room=$r
2     SEAT.PAY c o2 -> seat=paid room_state=open | seat_paid
2     SEAT.PAY c o3 -> seat=settled room_state=formed | seat_paid room_formed
2     SEAT.PAY c o2 -> seat=settled again=1 | -

story: 6 a pending payment takes a spot
0     CAMPAIGN.PUT c size 2 clock_start open -> revision=1
1     ROOM.OPEN c u1 o1 -> room=$r held=1 free=1
1     ROOM.JOIN $r u2 o2 -> held=2 free=0 missing=2
1     ROOM.JOIN $r u3 o3 -> ROOM_FULL

story: 11 a hold rejected by a later check gives nothing away
0     CAMPAIGN.PUT c size 3 quota 2 clock_start open -> revision=1
1     ROOM.OPEN c u1 o1 -> room=$r
2     ROOM.JOIN $r u2 o2 qty 2 -> OUT_OF_QUOTA | -
3     ROOM.GET $r -> held=1 free=2 version=2
4     CAMPAIGN.GET c -> quota_used=1 seats_held=1
5     ROOM.JOIN $r u2 o2 -> held=2 again=-

story: 12 the leader's own seat is counted once
0     CAMPAIGN.PUT c size 2 -> revision=1
1     ROOM.OPEN c u1 o1 -> room=$r held=1 paid=0 missing=2
2     SEAT.PAY c o1 -> held=0 paid=1 missing=1
3     ROOM.GET $r -> seats.#=1 seats_total=1 paid=1

story: 13 the same user joining twice in parallel gets one seat
0     CAMPAIGN.PUT c size 5 clock_start open -> revision=1
1     ROOM.OPEN c u1 o1 -> room=$r
2     ROOM.JOIN $r u2 o2 -> seat=held
2     ROOM.JOIN $r u2 o3 -> ALREADY_IN_ROOM room=$r order=o2 room_state=open version=3 | -
2     ROOM.JOIN $r u1 o4 -> OWN_ROOM room=$r order=o1 | -

story: a hold ends at hold_until plus the grace, half-open
0     CAMPAIGN.PUT c size 3 clock_start open hold_ms 1000 late_grace_ms 500 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r hold_until=@1000
10    ROOM.JOIN $r u2 o2 -> hold_until=@1010
1499  sweep -> | -
1499  SEAT.GET c o1 -> seat=held
1500  sweep -> | seat_released leader_changed
1500  SEAT.GET c o1 -> seat=released released=expired role=member
1500  ROOM.GET $r -> leader=u2 seats.#=1 seats.0.role=leader seats.0.n=2 version=5
1510  sweep -> | seat_released room_failed
1510  ROOM.GET $r -> state=failed reason=leader_unpaid failed_at=@1510 free=0 missing=0

story: the next deadline is touched lazily with the same answer
0     CAMPAIGN.PUT c size 2 clock_start open hold_ms 1000 late_grace_ms 500 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
10    ROOM.JOIN $r u2 o2 -> free=0
1499  ROOM.JOIN $r u3 o3 -> ROOM_FULL retry_after_ms=1
1500  ROOM.JOIN $r u3 o3 -> role=member free=0 held=2 | seat_released leader_changed seat_held

story: a hold may be shorter than the campaign's, never longer
0     CAMPAIGN.PUT c size 3 clock_start open hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.OPEN c u1 o1 hold_ms 10 -> hold_until=@10 room=$r
0     ROOM.JOIN $r u2 o2 hold_ms 2000 -> hold_until=@1000
10    sweep -> | seat_released leader_changed

story: a hold and its grace end with the room's deadline
0     CAMPAIGN.PUT c size 3 clock_start open room_ttl_ms 2000 hold_ms 1500 late_grace_ms 1000 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r deadline=@2000 hold_until=@1500
1     SEAT.PAY c o1 -> seat=paid
1000  ROOM.JOIN $r u2 o2 -> hold_until=@2000
1999  SEAT.PAY c o2 -> seat=paid
1999  ROOM.JOIN $r u3 o3 -> hold_until=@2000
2000  ROOM.JOIN $r u4 o4 -> ROOM_EXPIRED room_state=failed | seat_released room_failed refund_due refund_due
2000  SEAT.GET c o3 -> seat=released released=room_ended

story: a hold ends with the campaign unless rooms run on
0     CAMPAIGN.PUT c end_at @5000 hold_ms 2000 room_ttl_ms 60000 -> revision=1
0     CAMPAIGN.PUT d end_at @5000 hold_ms 2000 room_ttl_ms 60000 on_campaign_end run_on -> revision=1
4000  ROOM.OPEN c u1 o1 -> hold_until=@5000
4000  ROOM.OPEN d u1 o1 -> hold_until=@6000

story: seat numbers rise and are never used again
0     CAMPAIGN.PUT c size 2 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r
1     ROOM.JOIN $r u2 o2 -> seat=held
2     SEAT.CANCEL c o2 reason 'changed his mind' -> seat=released
3     ROOM.JOIN $r u3 o3 -> seat=held
4     ROOM.GET $r -> seats.#=2 seats.1.n=3 seats.1.user=u3 seats_total=2 version=5

story: options of the hold show in status and seat
0     CAMPAIGN.PUT c size 5 price 500 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 price 300 qty 2 profile nick referrer u8 referrer2 u9 channel wx new_user 1 level 7 tags '{"city":"sh"}' trace t-1 -> price=300 qty=2 room=$r
1     ROOM.GET $r -> seats.0.profile=nick seats.0.qty=2 seats.0.joined_at=@0 seats.0.virtual=0
2     SEAT.PAY c o1 -> price=300
3     ROOM.DISSOLVE $r -> state=failed
4     SEAT.GET c o1 -> refunds.#=1 refunds.0.amount=600 refunds.0.reason=room_failed

story: a tier cannot be named where there are none
0     CAMPAIGN.PUT c -> revision=1
0     ROOM.OPEN c u1 o1 tier 1 -> BAD_ARGUMENT text~tier

story: syntax is refused before anything else
0     ROOM.OPEN nowhere u1 -> BAD_ARGUMENT
0     ROOM.OPEN nowhere u1 o1 qty 0 -> BAD_ARGUMENT
0     ROOM.OPEN nowhere u1 o1 colour red -> BAD_ARGUMENT
0     ROOM.OPEN nowhere u1 o1 -> CAMPAIGN_NOT_FOUND
0     ROOM.JOIN 00000000000000000001 u1 o1 -> ROOM_NOT_FOUND
0     ROOM.MATCH nowhere u1 o1 -> CAMPAIGN_NOT_FOUND
0     ROOM.OPENED c u1 o1 -> UNKNOWN_COMMAND
0     SEAT.LEAP c o1 -> UNKNOWN_COMMAND text~seat.leave
