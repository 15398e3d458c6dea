# SPDX-License-Identifier: BSD-2-Clause
# campaign.story - campaigns: parameters, phases, their end and their closing.

story: start_at and end_at are half-open
0     CAMPAIGN.PUT c size 3 start_at @1000 end_at @5000 clock_start open -> phase=scheduled
999   ROOM.OPEN c u1 o1 -> CAMPAIGN_NOT_STARTED retry_after_ms=1 | -
999   ROOM.MATCH c u1 o1 -> CAMPAIGN_NOT_STARTED
1000  CAMPAIGN.GET c -> phase=running
1000  ROOM.OPEN c u1 o1 -> room=$r deadline=@5000
4999  ROOM.OPEN c u2 o2 -> deadline=@5000 hold_until=@5000 room=$s
4999  ROOM.JOIN $r u3 o3 -> hold_until=@5000
5000  ROOM.OPEN c u4 o4 -> CAMPAIGN_ENDED | -
5000  ROOM.MATCH c u4 o4 -> CAMPAIGN_ENDED
5000  ROOM.JOIN $r u4 o4 -> CAMPAIGN_ENDED
5000  CAMPAIGN.GET c -> phase=ended
5000  sweep ->
5000  ROOM.GET $r -> state=failed reason=campaign_end

story: 39 on_campaign_end cap: the deadline is the campaign's end, min_success still counts
0     CAMPAIGN.PUT c size 3 end_at @10000 min_success 1 room_ttl_ms 3600000 hold_ms 1000 -> revision=1
1000  ROOM.MATCH c u1 o1 -> room=$a deadline=@10000
1000  SEAT.PAY c o1 -> seat=paid
9999  ROOM.JOIN $a u2 o2 -> hold_until=@10000
10_000 sweep -> | campaign_ended seat_released room_formed
10_000 ROOM.GET $a -> reason=deadline_min

story: 39 on_campaign_end cap: not reached it fails campaign_end
0     CAMPAIGN.PUT c size 3 end_at @10000 room_ttl_ms 3600000 -> revision=1
1000  ROOM.MATCH c u1 o1 -> room=$a deadline=@10000
1000  SEAT.PAY c o1 -> seat=paid
10_000 sweep -> | campaign_ended room_failed refund_due
10_000 ROOM.GET $a -> reason=campaign_end
10_000 ROOM.JOIN $a u2 o2 -> CAMPAIGN_ENDED

story: 39 on_campaign_end cap: a room whose own time is over first fails deadline
0     CAMPAIGN.PUT c size 3 end_at @10000 room_ttl_ms 5000 -> revision=1
1000  ROOM.MATCH c u1 o1 -> room=$a deadline=@6000
1000  SEAT.PAY c o1 -> seat=paid
6000  sweep -> | room_failed refund_due
6000  ROOM.JOIN $a u2 o2 -> ROOM_EXPIRED
6001  ROOM.GET $a -> reason=deadline

story: 39 on_campaign_end cap: an own end at the very same moment is not cut short
0     CAMPAIGN.PUT c size 3 end_at @6000 room_ttl_ms 5000 -> revision=1
1000  ROOM.MATCH c u1 o1 -> room=$a deadline=@6000
1000  SEAT.PAY c o1 -> seat=paid
6000  sweep -> | campaign_ended room_failed refund_due
6001  ROOM.GET $a -> reason=deadline

story: 39 on_campaign_end run_on: rooms outlive the campaign, JOIN and MATCH still fill them
0     CAMPAIGN.PUT c size 4 end_at @10000 room_ttl_ms 100000 hold_ms 5000 on_campaign_end run_on -> revision=1
9999  ROOM.MATCH c u1 o1 -> room=$a deadline=@109_999 hold_until=@14_999
10_000 SEAT.PAY c o1 -> seat=paid
10_001 ROOM.OPEN c u2 o2 -> CAMPAIGN_ENDED
10_001 ROOM.JOIN $a u2 o2 -> seat=held
10_002 ROOM.MATCH c u3 o3 -> room=$a seat=held
10_003 ROOM.MATCH c u4 o4 open 0 -> room=$a
10_004 ROOM.MATCH c u5 o5 -> CAMPAIGN_ENDED
109_999 sweep ->
109_999 ROOM.GET $a -> reason=deadline state=failed

story: 39 on_campaign_end run_on: an end that happens to fall on the campaign's is a deadline
0     CAMPAIGN.PUT c size 4 end_at @10000 room_ttl_ms 5000 on_campaign_end run_on -> revision=1
5000  ROOM.MATCH c u1 o1 -> room=$a deadline=@10000
5000  SEAT.PAY c o1 -> seat=paid
10_000 sweep -> | campaign_ended room_failed refund_due
10_000 ROOM.GET $a -> reason=deadline

story: 39 on_campaign_end fail: at the end there is no other chance
0     CAMPAIGN.PUT c size 3 end_at @10000 min_success 1 room_ttl_ms 3600000 on_campaign_end fail -> revision=1
1000  ROOM.MATCH c u1 o1 -> room=$a deadline=@10000
1000  SEAT.PAY c o1 -> seat=paid
10_000 sweep -> | campaign_ended room_failed refund_due
10_000 ROOM.GET $a -> reason=campaign_end

story: 39 on_campaign_end fail: before the end a deadline is a deadline
0     CAMPAIGN.PUT c size 3 end_at @10000 min_success 1 room_ttl_ms 2000 on_campaign_end fail -> revision=1
1000  ROOM.MATCH c u1 o1 -> room=$a deadline=@3000
1000  SEAT.PAY c o1 -> seat=paid
3000  sweep -> | room_formed

story: 35 parameters out of their range are refused at load, and nothing is left
0     CAMPAIGN.PUT c size 1 -> BAD_ARGUMENT text~size | -
0     CAMPAIGN.PUT c size 10001 -> BAD_ARGUMENT text~size
0     CAMPAIGN.PUT c size 0 -> BAD_ARGUMENT text~size
0     CAMPAIGN.PUT c room_ttl_ms 0 -> BAD_ARGUMENT text~room_ttl_ms
0     CAMPAIGN.PUT c size 3 min_success 4 -> BAD_ARGUMENT text~min_success
0     CAMPAIGN.PUT c room_ttl_ms 1000 hold_ms 1001 -> BAD_ARGUMENT text~hold_ms
0     CAMPAIGN.PUT c keep_ms 59999 -> BAD_ARGUMENT text~keep_ms
0     CAMPAIGN.PUT c start_at @2000 end_at @2000 -> BAD_ARGUMENT text~end_at
0     CAMPAIGN.PUT c end_at @0 -> BAD_ARGUMENT text~end_at
0     CAMPAIGN.PUT c qty_per_order 3 qty_per_user 2 -> BAD_ARGUMENT text~qty_per_order
0     CAMPAIGN.PUT c ticker 51 -> BAD_ARGUMENT text~ticker
0     CAMPAIGN.PUT c joiner nobody -> BAD_ARGUMENT text~joiner
0     CAMPAIGN.PUT c virtual.mode max_count -> BAD_ARGUMENT text~virtual.value
0     CAMPAIGN.GET c -> CAMPAIGN_NOT_FOUND
0     CAMPAIGN.LIST -> campaigns.#=0 cursor=
0     CAMPAIGN.PUT c end_at @1 -> revision=1 phase=running

story: 61 an edit does not touch open rooms, deadline included
0     CAMPAIGN.PUT c size 3 price 900 room_ttl_ms 50000 hold_ms 5000 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$r deadline=@50000
1     CAMPAIGN.PUT c size 2 price 100 room_ttl_ms 9000 hold_ms 1000 end_at @20000 -> revision=2 size=2
2     ROOM.JOIN $r u2 o2 -> size=3 price=900 hold_until=@5002 deadline=@50000
3     CAMPAIGN.PUT c end_at 0 -> revision=3
4     ROOM.OPEN c u3 o3 -> size=2 price=100 deadline=@9004 hold_until=@1004 room=$s
5     SEAT.CANCEL c o3 -> room_state=failed
6     CAMPAIGN.PUT c payment none -> revision=4
7     ROOM.JOIN $r u4 o4 -> seat=held
8     SEAT.PAY c o4 -> seat=paid

story: the same PUT again changes nothing
0     CAMPAIGN.PUT c size 3 name 'a campaign' -> revision=1 name=* | campaign_put
1     CAMPAIGN.PUT c size 3 name 'a campaign' -> revision=1 | -
2     CAMPAIGN.PUT c -> revision=1 | -
3     CAMPAIGN.PUT c name other -> revision=2 size=3 name=other | campaign_put
4     CAMPAIGN.PUT c size 4 -> revision=3 name=other | campaign_put

story: if_revision guards against a lost update
0     CAMPAIGN.PUT c if_revision 1 size 3 -> IDEMPOTENCY_CONFLICT | -
0     CAMPAIGN.PUT c if_revision 0 size 3 -> revision=1
0     CAMPAIGN.PUT c if_revision 0 size 4 -> IDEMPOTENCY_CONFLICT
0     CAMPAIGN.PUT c if_revision 1 size 4 -> revision=2

story: what follows from other parameters survives a restart
0     CAMPAIGN.PUT c room_ttl_ms 5000 clock_start open -> hold_ms=5000
1     reload log ->
1     CAMPAIGN.GET c -> hold_ms=5000
2     CAMPAIGN.PUT c room_ttl_ms 7000 -> hold_ms=7000
3     CAMPAIGN.PUT c hold_ms 100 -> hold_ms=100
4     CAMPAIGN.PUT c room_ttl_ms 86400000 -> hold_ms=100

story: paused: nobody opens, joins or matches; pays and timers go on
0     CAMPAIGN.PUT c size 3 room_ttl_ms 50000 hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     ROOM.MATCH c u2 o2 -> room=$r
2     CAMPAIGN.PUT c status paused -> phase=paused revision=2
3     ROOM.OPEN c u3 o3 -> CAMPAIGN_CLOSED | -
3     ROOM.JOIN $r u3 o3 -> CAMPAIGN_CLOSED
3     ROOM.MATCH c u3 o3 -> CAMPAIGN_CLOSED
3     ROOM.JOIN $r u1 o9 -> CAMPAIGN_CLOSED
3     ROOM.MATCH c u1 o1 -> again=1 seat=held
4     SEAT.PAY c o1 -> seat=paid
1001  sweep -> | seat_released
1002  SEAT.PAY c o2 -> seat=paid
1003  ROOM.LIST c -> rooms.#=0
1004  CAMPAIGN.PUT c status on -> phase=running
1005  ROOM.MATCH c u3 o3 -> room=$r

story: closed with run_on: open rooms are still filled, nothing opens
0     CAMPAIGN.PUT c size 3 hold_ms 1000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$r
1     CAMPAIGN.CLOSE c -> phase=closed | campaign_closed
2     CAMPAIGN.CLOSE c -> phase=closed | -
3     ROOM.OPEN c u2 o2 -> CAMPAIGN_CLOSED
4     ROOM.MATCH c u2 o2 -> room=$r
5     ROOM.JOIN $r u3 o3 -> room=$r free=0
6     ROOM.MATCH c u4 o4 -> CAMPAIGN_CLOSED
7     CAMPAIGN.PUT c size 4 -> CAMPAIGN_CLOSED text~final
8     SEAT.PAY c o1 -> seat=paid
8     SEAT.PAY c o2 -> seat=paid
8     SEAT.PAY c o3 -> seat=settled

story: closed with fail: open rooms fail dissolved, in budgeted turns
0     CAMPAIGN.PUT c size 3 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.OPEN c u2 o2 -> room=$b
2     ROOM.OPEN c u3 o3 -> room=$d
2     SEAT.PAY c o3 -> seat=paid
3     CAMPAIGN.CLOSE c rooms fail -> phase=closed rooms_open=3 | campaign_closed
4     ROOM.JOIN $a u4 o4 -> CAMPAIGN_CLOSED
4     ROOM.MATCH c u4 o4 -> CAMPAIGN_CLOSED
5     sweep 1 ->
6     sweep -> 
7     ROOM.GET $a -> state=failed reason=dissolved
7     ROOM.GET $b -> state=failed reason=dissolved
7     ROOM.GET $d -> state=failed reason=dissolved
7     CAMPAIGN.GET c -> rooms_open=0 rooms_failed=3 refunds_due=1

story: closed with fail: a restart goes on with it
0     CAMPAIGN.PUT c size 3 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.OPEN c u2 o2 -> room=$b
3     CAMPAIGN.CLOSE c rooms fail -> phase=closed
4     reload snapshot ->
4     sweep ->
5     ROOM.GET $b -> state=failed reason=dissolved
5     ROOM.GET $a -> state=failed reason=dissolved

story: closed with run_on, then with fail
0     CAMPAIGN.PUT c size 3 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     CAMPAIGN.CLOSE c -> phase=closed
2     CAMPAIGN.CLOSE c rooms fail -> phase=closed | campaign_closed
3     CAMPAIGN.CLOSE c -> phase=closed | -
4     sweep -> 
4     ROOM.GET $a -> reason=dissolved
4     CAMPAIGN.CLOSE nowhere -> CAMPAIGN_NOT_FOUND

story: closed with fail does not undo a deadline that came before
0     CAMPAIGN.PUT c size 3 price 5 min_success 1 room_ttl_ms 5000 hold_ms 1000 -> revision=1
1     ROOM.MATCH c u1 o1 -> room=$a
2     SEAT.PAY c o1 -> seat=paid
6000  CAMPAIGN.CLOSE c rooms fail -> phase=closed
6001  SEAT.PAY c o1 -> again=1
6002  sweep ->
6002  ROOM.GET $a -> state=formed reason=deadline_min

story: closed with fail: a late payer fills no room
0     CAMPAIGN.PUT c size 2 price 5 hold_ms 1000 late_grace_ms 0 late_pay reroute -> revision=1
1     ROOM.MATCH c u1 o1 -> room=$a
2     SEAT.PAY c o1 -> seat=paid
3     ROOM.OPEN c u2 o2 -> room=$b
1500  sweep -> | seat_released room_failed
1600  CAMPAIGN.CLOSE c rooms fail -> phase=closed
1600  SEAT.PAY c o2 -> seat=refund_due

story: CAMPAIGN.LIST pages by id
0     CAMPAIGN.PUT b -> revision=1
0     CAMPAIGN.PUT a -> revision=1
0     CAMPAIGN.PUT ab -> revision=1
1     CAMPAIGN.LIST limit 2 -> campaigns.#=2 campaigns.0.campaign=a campaigns.1.campaign=ab cursor=ab
1     CAMPAIGN.LIST limit 2 cursor ab -> campaigns.#=1 campaigns.0.campaign=b cursor=

story: the last moments that a number holds
0     CAMPAIGN.PUT c size 3 end_at 9223372036854775807 room_ttl_ms 0 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> deadline=9223372036854775807
1     CAMPAIGN.PUT d start_at 9223372036854775806 -> revision=1
1     ROOM.OPEN d u1 o1 -> CAMPAIGN_NOT_STARTED
1     SEAT.PAY c o1 paid_at 0 -> seat=paid
