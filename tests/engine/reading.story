# SPDX-License-Identifier: BSD-2-Clause
# reading.story - reads: what they show, and that they change nothing.

story: 69 reads never change state, what is overdue included
0     CAMPAIGN.PUT c size 2 clock_start open room_ttl_ms 10000 hold_ms 1000 late_grace_ms 0 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
20_000 ROOM.GET $a -> version=* | -
20_000 SEAT.GET c o1 -> seat=* | -
20_000 ROOM.LIST c -> rooms.#=0 | -
20_000 USER.SEATS c u1 -> seats.#=1 | -
20_000 ROOM.MGET $a -> rooms.#=1 | -

story: ROOM.GET if_version answers shortly while nothing changed
0     CAMPAIGN.PUT c size 2 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a version=2
1     ROOM.GET $a if_version 2 -> room=$a version=2 unchanged=1 now=@1 state=- seats.#=-
2     ROOM.GET $a if_version 1 -> state=open unchanged=- version=2
2     ROOM.GET $a if_version 3 -> state=open
3     ROOM.JOIN $a u2 o2 -> version=3
4     ROOM.GET $a if_version 2 -> state=open version=3
4     ROOM.GET 00000000000000000001 -> ROOM_NOT_FOUND

story: ROOM.MGET answers each, the missing one in its place
0     CAMPAIGN.PUT c size 2 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
0     ROOM.OPEN c u2 o2 -> room=$b
1     ROOM.MGET $b 00000000000000000001 $a -> rooms.#=3 rooms.0.room=$b rooms.1.room=- rooms.2.room=$a
1     ROOM.MGET -> rooms.#=0

story: a status tells as many seats as asked for, the leader's first, and always how many there are
0     CAMPAIGN.PUT c size 4 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.JOIN $a u2 o2 -> version=3
1     ROOM.JOIN $a u3 o3 -> version=4
2     SEAT.PAY c o3 -> version=5
3     ROOM.GET $a -> seats.#=3 seats_total=3
3     ROOM.GET $a seats 0 -> room=$a held=2 paid=1 missing=3 free=1 leader=u1 seats.#=- seats_total=3
3     ROOM.GET $a seats 1 -> seats.#=1 seats.0.user=u1 seats_total=3
3     ROOM.GET $a seats 2 -> seats.#=2 seats.0.user=u1 seats.1.user=u2
3     ROOM.GET $a seats 20 -> seats.#=3
3     ROOM.GET $a if_version 4 seats 0 -> state=open seats.#=-
3     ROOM.GET $a if_version 5 seats 2 -> unchanged=1 seats.#=-
3     ROOM.GET $a seats 21 -> BAD_ARGUMENT
3     ROOM.GET $a seats -1 -> BAD_ARGUMENT
3     ROOM.MGET $a $a seats 0 -> rooms.#=2 rooms.1.room=$a rooms.1.seats.#=- rooms.1.seats_total=3
3     ROOM.MGET $a seats 1 -> rooms.0.seats.#=1
3     ROOM.MGET seats 1 -> rooms.#=0
3     ROOM.LIST c seats 0 -> rooms.#=1 rooms.0.free=1 rooms.0.seats.#=- rooms.0.seats_total=3
3     ROOM.LIST c user u2 seats 1 -> rooms.#=1 rooms.0.mine=1 rooms.0.seats.#=1
4     SEAT.CANCEL c o1 -> seat=released
5     ROOM.GET $a seats 1 -> leader=u3 seats.#=1 seats.0.n=3 seats_total=2

story: 78 a large room's status shows the first twenty and their number, leader first
0     CAMPAIGN.PUT c size 30 clock_start open hold_ms 1000 late_grace_ms 0 one_open_per_user 0 seats_per_room_user 30 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.JOIN $a u2 o2 -> seat=held
1     ROOM.JOIN $a u2 o3 -> seat=held
1     ROOM.JOIN $a u2 o4 -> seat=held
1     ROOM.JOIN $a u2 o5 -> seat=held
1     ROOM.JOIN $a u2 o6 -> seat=held
1     ROOM.JOIN $a u2 o7 -> seat=held
1     ROOM.JOIN $a u2 o8 -> seat=held
1     ROOM.JOIN $a u2 o9 -> seat=held
1     ROOM.JOIN $a u2 o10 -> seat=held
1     ROOM.JOIN $a u2 o11 -> seat=held
1     ROOM.JOIN $a u2 o12 -> seat=held
1     ROOM.JOIN $a u2 o13 -> seat=held
1     ROOM.JOIN $a u2 o14 -> seat=held
1     ROOM.JOIN $a u2 o15 -> seat=held
1     ROOM.JOIN $a u2 o16 -> seat=held
1     ROOM.JOIN $a u2 o17 -> seat=held
1     ROOM.JOIN $a u2 o18 -> seat=held
1     ROOM.JOIN $a u2 o19 -> seat=held
1     ROOM.JOIN $a u2 o20 -> seat=held
1     ROOM.JOIN $a u2 o21 -> seat=held
1     ROOM.JOIN $a u3 o22 -> seat=held
2     SEAT.PAY c o22 -> seat=paid
3     ROOM.GET $a -> seats.#=20 seats_total=22 seats.0.n=1 seats.19.n=20
4     SEAT.CANCEL c o1 -> seat=released
5     ROOM.GET $a -> seats.#=20 seats_total=21 leader=u3 seats.0.n=22 seats.1.n=2 seats.19.n=20

story: 67 ROOM.LIST shows his own rooms first, and leaves out what he cannot join
0     CAMPAIGN.PUT c size 3 clock_start open -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.OPEN c u2 o2 -> room=$b
2     ROOM.LIST c user u2 -> rooms.#=1 rooms.0.room=$b rooms.0.mine=1
2     ROOM.LIST c user u3 -> rooms.#=2 rooms.0.room=$a rooms.0.mine=- rooms.1.room=$b
2     ROOM.LIST c -> rooms.#=2
2     ROOM.LIST c sort newest -> rooms.0.room=$b rooms.1.room=$a
3     CAMPAIGN.PUT c one_open_per_user 0 -> revision=2
4     ROOM.LIST c user u2 -> rooms.#=2 rooms.0.room=$b rooms.0.mine=1 rooms.1.room=$a rooms.1.mine=-

story: ROOM.LIST pages in matching order, each room once
0     CAMPAIGN.PUT c size 3 clock_start open one_open_per_user 0 -> revision=1
1     ROOM.OPEN c u1 o1 -> room=$a
2     ROOM.OPEN c u1 o2 -> room=$b
3     ROOM.OPEN c u1 o3 -> room=$d
4     ROOM.LIST c limit 2 -> rooms.#=2 rooms.0.room=$a rooms.1.room=$b cursor=$k
5     ROOM.LIST c limit 2 cursor $k -> rooms.#=1 rooms.0.room=$d cursor=
6     ROOM.JOIN $b u2 o4 -> free=1
7     ROOM.LIST c limit 1 -> rooms.0.room=$b
8     ROOM.LIST c cursor rubbish -> BAD_ARGUMENT
8     ROOM.LIST nowhere -> CAMPAIGN_NOT_FOUND
9     CAMPAIGN.PUT c list_visible 0 -> revision=2
9     ROOM.LIST c -> rooms.#=0

story: ROOM.LIST: a page filled by own rooms is not the last
0     CAMPAIGN.PUT c size 2 one_open_per_user 0 clock_start open -> revision=1
1     ROOM.OPEN c u1 o1 -> room=$a
2     ROOM.OPEN c u2 o2 -> room=$b
3     ROOM.LIST c user u1 limit 1 -> rooms.#=1 rooms.0.room=$a cursor=$x
4     ROOM.LIST c user u1 limit 1 cursor $x -> rooms.#=1 rooms.0.room=$b

story: ROOM.LIST: his two seats in one room show it once
0     CAMPAIGN.PUT c size 4 one_open_per_user 0 clock_start open seats_per_room_user 2 -> revision=1
1     ROOM.OPEN c u1 o1 -> room=$a
2     ROOM.OPEN c u1 o2 -> room=$b
3     ROOM.JOIN $a u1 o3 -> seat=held
4     ROOM.LIST c user u1 -> rooms.#=2 rooms.0.room=$a rooms.1.room=$b

story: 66 nothing is offered that refuses an eligible user at once
0     CAMPAIGN.PUT c size 3 clock_start open start_at @0 end_at @900000 hold_ms 10000 -> revision=1
0     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.LIST c -> rooms.#=1
2     CAMPAIGN.PUT c status paused -> revision=2
2     ROOM.LIST c -> rooms.#=0
2     ROOM.LIST c user u1 -> rooms.#=1 rooms.0.mine=1
3     CAMPAIGN.PUT c status on end_at @1000 -> revision=3
4     ROOM.LIST c -> rooms.#=1
1000  ROOM.LIST c -> rooms.#=0
1000  ROOM.JOIN $a u2 o2 -> CAMPAIGN_ENDED

story: USER.SEATS: newest first, limits used and left
0     CAMPAIGN.PUT c size 3 price 5 one_open_per_user 0 opens_per_user 4 clock_start open -> revision=1
1     ROOM.OPEN c u1 o1 -> room=$a
2     ROOM.OPEN c u1 o2 -> room=$b
3     ROOM.OPEN c u1 o3 -> room=$d
4     USER.SEATS c u1 -> user=u1 seats.#=3 seats.0.order=o3 seats.1.order=o2 seats.2.order=o1 opens=3 opens_left=1 joins_left=-
5     USER.SEATS c nobody -> seats.#=0 opens=0 opens_left=4
5     USER.SEATS nowhere u1 -> CAMPAIGN_NOT_FOUND
6     reload log ->
6     USER.SEATS c u1 -> seats.0.order=o3 seats.1.order=o2 seats.2.order=o1
6     ROOM.OPEN c u1 o4 -> seat=held
6     ROOM.OPEN c u1 o5 -> LIMIT_OPENS

story: SEAT.GET of what is not there
0     CAMPAIGN.PUT c -> revision=1
0     SEAT.GET c o1 -> SEAT_NOT_FOUND
0     SEAT.GET nowhere o1 -> CAMPAIGN_NOT_FOUND
0     SEAT.CANCEL c o1 -> SEAT_NOT_FOUND
0     SEAT.CANCEL nowhere o1 -> CAMPAIGN_NOT_FOUND
0     ROOM.FORM 00000000000000000001 -> ROOM_NOT_FOUND
0     ROOM.DISSOLVE 00000000000000000001 -> ROOM_NOT_FOUND

story: USER.SEATS shows live seats and those ended within keep_ms
0     CAMPAIGN.PUT c size 3 keep_ms 60000 hold_ms 1000 late_grace_ms 0 room_ttl_ms 600000 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     SEAT.PAY c o1 payment p1 -> seat=paid
0     ROOM.MATCH c u2 o2 -> room=$a
1000  sweep -> | seat_released
60_999 USER.SEATS c u2 -> seats.#=1
61_000 USER.SEATS c u2 -> seats.#=0
61_000 USER.SEATS c u1 -> seats.#=1

story: ROOM.LIST sort deadline and fullest show operators every live room, joinable or not
0     CAMPAIGN.PUT c size 2 room_ttl_ms 60000 hold_ms 30000 late_grace_ms 0 -> revision=1
0     ROOM.MATCH c u1 o1 -> room=$a
0     ROOM.OPEN c u2 o2 -> room=$pending
1     CAMPAIGN.PUT c size 3 room_ttl_ms 50000 -> revision=2
2     ROOM.OPEN c u3 o3 listed 0 -> room=$b
2     SEAT.PAY c o3 -> seat=paid
2     ROOM.LIST c sort deadline -> rooms.#=3 rooms.0.room=$b rooms.1.room=$a rooms.2.room=$pending cursor=
2     ROOM.LIST c sort fullest -> rooms.0.missing=2 rooms.0.room=$b rooms.1.room=$a rooms.2.room=$pending
3     ROOM.JOIN $a u4 o4 -> room=$a
3     SEAT.PAY c o1 -> seat=paid
3     ROOM.LIST c sort fullest -> rooms.0.missing=1 rooms.0.room=$a
3     ROOM.LIST c sort best -> rooms.#=0
3     ROOM.LIST c sort deadline limit 2 -> rooms.#=2 rooms.1.room=$a
4     ROOM.DISSOLVE $b -> state=failed
4     ROOM.LIST c sort deadline limit 2 -> rooms.#=2 rooms.0.room=$a rooms.1.room=$pending

story: ROOM.LIST sort formed shows the newest formed rooms, at most as many as the ticker has
0     CAMPAIGN.PUT c size 2 payment none ticker 2 keep_ms 60000 -> revision=1
0     ROOM.LIST c sort formed -> rooms.#=0 cursor=
1     ROOM.OPEN c u1 o1 -> room=$a
1     ROOM.OPEN c u2 o2 listed 0 -> room=$b
1     ROOM.OPEN c u3 o3 -> room=$c
1     ROOM.OPEN c u4 o4 -> room=$d
2     ROOM.JOIN $a u5 o5 -> room_state=formed
2     ROOM.LIST c sort formed -> rooms.#=1 rooms.0.room=$a rooms.0.state=formed
3     ROOM.JOIN $b u6 o6 -> room_state=formed
4     ROOM.JOIN $d u7 o7 -> room_state=formed
5     ROOM.JOIN $c u8 o8 -> room_state=formed
6     ROOM.LIST c sort formed -> rooms.#=2 rooms.0.room=$c rooms.1.room=$d
6     ROOM.LIST c sort formed limit 1 -> rooms.#=1 rooms.0.room=$c
7     CAMPAIGN.PUT c ticker 1 -> revision=2
7     ROOM.LIST c sort formed -> rooms.#=1 rooms.0.room=$c
60_005 sweep ->
60_005 ROOM.LIST c sort formed -> rooms.#=0
