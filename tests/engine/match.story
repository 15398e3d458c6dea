# SPDX-License-Identifier: BSD-2-Clause
# match.story - ROOM.MATCH, full_join, and what a list offers.

story: nearly_full: fewest free seats, then the soonest deadline, then the oldest
0     CAMPAIGN.PUT c size 4 clock_start open room_ttl_ms 100000 hold_ms 1000 -> revision=1
10    ROOM.OPEN c u1 o1 -> room=$a
20    ROOM.OPEN c u2 o2 -> room=$b
30    ROOM.MATCH c u3 o3 -> room=$a
40    ROOM.JOIN $b u4 o4 -> room=$b
50    ROOM.JOIN $b u5 o5 -> room=$b free=1
60    ROOM.MATCH c u6 o6 -> room=$b free=0
70    ROOM.MATCH c u7 o7 -> room=$a
80    ROOM.MATCH c u8 o8 -> room=$a free=0
90    ROOM.MATCH c u9 o9 -> role=leader room_state=open room=$d

story: free seats count holds, so nobody is sent to a seat that another is paying for
0     CAMPAIGN.PUT c size 2 clock_start open hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
1     ROOM.MATCH c u2 o2 -> room=$a
2     ROOM.MATCH c u3 o3 -> role=leader
1001  sweep -> | seat_released
1001  ROOM.MATCH c u4 o4 -> room=$a

story: a room is matched while deadline - now is at least the hold; by link until the deadline
0     CAMPAIGN.PUT c size 3 clock_start open room_ttl_ms 50000 hold_ms 20000 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
30_000 ROOM.LIST c -> rooms.#=1
30_000 ROOM.MATCH c u2 o2 -> room=$a
30_001 ROOM.LIST c -> rooms.#=0 cursor=
30_001 ROOM.LIST c sort newest -> rooms.#=0
30_001 ROOM.MATCH c u3 o3 open 0 -> NO_JOINABLE_ROOM | -
49_999 ROOM.JOIN $a u3 o3 -> seat=held

story: at most a minute is asked for
0     CAMPAIGN.PUT c size 3 clock_start open room_ttl_ms 1000000 hold_ms 900000 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     SEAT.PAY c o1 -> seat=paid
940_000 ROOM.MATCH c u2 o2 -> room=$a hold_until=@1_000_000
940_001 ROOM.MATCH c u3 o3 open 0 -> NO_JOINABLE_ROOM

story: with payment none a room is matched up to its deadline
0     CAMPAIGN.PUT c size 3 payment none room_ttl_ms 1000 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
999   ROOM.MATCH c u2 o2 -> room=$a
1000  ROOM.MATCH c u3 o3 -> role=leader

story: a room that MATCH opens is open at once, so that shoppers who arrive together meet
0     CAMPAIGN.PUT c size 2 clock_start leader_paid -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a role=leader room_state=open deadline=@86_400_000 | room_opened seat_held
0     ROOM.MATCH c u2 o2 -> room=$a role=member

story: listed 0 is neither listed nor matched; its link works
0     CAMPAIGN.PUT c size 2 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 listed 0 -> room=$a
1     ROOM.LIST c -> rooms.#=0
1     ROOM.LIST c sort newest -> rooms.#=0
1     ROOM.MATCH c u2 o2 open 0 -> NO_JOINABLE_ROOM
2     ROOM.LIST c user u1 -> rooms.#=1 rooms.0.mine=1
3     ROOM.JOIN $a u2 o2 -> room=$a

story: full_join refuse names a room that can be joined now
0     CAMPAIGN.PUT c size 2 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     ROOM.JOIN $a u2 o2 -> seat=held
1     ROOM.JOIN $a u3 o3 -> ROOM_FULL suggest_room=-
2     ROOM.OPEN c u4 o4 -> room=$b
3     ROOM.JOIN $a u3 o3 -> ROOM_FULL room=$a suggest_room=$b version=3 retry_after_ms=*
4     ROOM.DISSOLVE $a -> state=failed
5     ROOM.JOIN $a u3 o3 -> ROOM_CLOSED room=$a suggest_room=$b retry_after_ms=-

story: full_join refuse suggests nothing to a user who may join nothing
0     CAMPAIGN.PUT c size 2 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.DISSOLVE $a -> state=failed
2     ROOM.OPEN c u2 o2 -> room=$b
3     ROOM.OPEN c u3 o3 -> room=$d
4     ROOM.JOIN $a u3 o4 -> ROOM_CLOSED suggest_room=-

story: full_join reroute: a full room's joiner is matched elsewhere
0     CAMPAIGN.PUT c size 2 clock_start open full_join reroute -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     ROOM.JOIN $a u2 o2 -> seat=held
1     ROOM.OPEN c u3 o3 -> room=$b
2     ROOM.JOIN $a u4 o4 -> room=$b rerouted_from=$a role=member | seat_held
3     ROOM.JOIN $a u4 o4 -> room=$b rerouted_from=$a again=1 | -
4     ROOM.JOIN $a u5 o5 -> rerouted_from=$a role=leader room=$d | room_opened seat_held
5     ROOM.MATCH c u5 o5 -> IDEMPOTENCY_CONFLICT
5     ROOM.JOIN $d u5 o5 -> IDEMPOTENCY_CONFLICT
6     ROOM.JOIN $a u1 o6 -> OWN_ROOM order=o1
7     ROOM.JOIN $b u5 o6 -> ALREADY_IN_CAMPAIGN room=$d
8     ROOM.JOIN $b u1 o6 -> ALREADY_IN_CAMPAIGN room=$a

story: full_join reroute: also from an ended room, but not past a closed campaign
0     CAMPAIGN.PUT c size 2 clock_start open full_join reroute -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.DISSOLVE $a -> state=failed
2     ROOM.JOIN $a u2 o2 -> rerouted_from=$a role=leader
3     CAMPAIGN.CLOSE c -> phase=closed
4     ROOM.JOIN $a u3 o3 -> rerouted_from=$a role=member
5     ROOM.JOIN $a u4 o4 -> CAMPAIGN_CLOSED | -

story: full_join reroute: the same join again is answered though its first room is forgotten
0     CAMPAIGN.PUT c size 2 keep_ms 60000 full_join reroute -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 payment p1 -> seat=paid
1     ROOM.MATCH c u2 o2 -> room=$a
2     SEAT.PAY c o2 payment p2 -> seat=settled
3     ROOM.JOIN $a u3 o3 -> room=$b rerouted_from=$a
4     SEAT.PAY c o3 -> seat=paid
60_002 sweep ->
60_003 ROOM.JOIN $a u3 o3 -> again=1 room=$b

story: 23 full_join reroute never picks a room he is in
0     CAMPAIGN.PUT c size 2 clock_start open full_join reroute one_open_per_user 0 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     ROOM.JOIN $a u2 o2 -> seat=held
1     ROOM.OPEN c u3 o3 -> room=$b
2     ROOM.JOIN $a u3 o4 -> rerouted_from=$a role=leader room=$d

story: a room too late to be joined stands in nobody's way in the list, in rooms of several policies
0       CAMPAIGN.PUT c match oldest room_ttl_ms 20000 hold_ms 5000 size 4 match_tags '["city"]' -> revision=1
23_073  ROOM.MATCH c u5 o61 -> room=$x free=3
23_073  ROOM.OPEN c u1 o62 -> room=$y
27_101  CAMPAIGN.PUT c match spread one_open_per_user 0 -> | campaign_put
36_193  ROOM.MATCH c u3 o106 tags '{"city":"sh"}' -> room=$a free=3
36_195  CAMPAIGN.PUT c size 2 match oldest -> | campaign_put
39_119  ROOM.OPEN c u3 o110 tags '{"city":"sh"}' -> room=$b
39_722  CAMPAIGN.PUT c match spread -> | campaign_put
41_146  SEAT.PAY c o110 -> room=$b free=1
42_564  ROOM.LIST c -> rooms.#=2 rooms.0.room=$b rooms.1.room=$a
