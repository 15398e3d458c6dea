# Tiers, pieces, cutoff, virtual members.

story: tiers at_open: the opener picks, the room's size and price follow, joiners inherit
0     CAMPAIGN.PUT c tiers '[{"size":2,"price":900},{"size":3,"price":700}]' -> size=2 | campaign_put
10    ROOM.OPEN c u1 o1 tier 2                        -> room=$r size=3 price=700 tier=2 | room_opened seat_held
20    SEAT.PAY c o1                                   -> seat=paid | seat_paid room_started
30    ROOM.JOIN $r u2 o2 tier 1                       -> BAD_ARGUMENT text~tier
30    ROOM.JOIN $r u2 o2                              -> price=700 tier=2 | seat_held
40    ROOM.JOIN $r u3 o3 tier 2                       -> price=700 | seat_held
50    SEAT.PAY c o2                                   -> seat=paid | seat_paid
60    SEAT.PAY c o3                                   -> seat=settled room_state=formed tier=2 | seat_paid room_formed
70    ROOM.GET $r                                     -> tier=2 reason=full

story: tiers at_open: without a tier the first is opened; one that is not there is refused
0     CAMPAIGN.PUT c tiers '[{"size":2,"price":900},{"size":3,"price":700}]' -> | campaign_put
10    ROOM.OPEN c u1 o1 tier 3                        -> BAD_ARGUMENT text~tier
10    ROOM.OPEN c u1 o1                               -> tier=1 size=2 price=900 | room_opened seat_held

story: tiers at_open: MATCH with a tier finds rooms of that tier only
0     CAMPAIGN.PUT c payment none tiers '[{"size":2,"price":900},{"size":3,"price":700}]' -> | campaign_put
10    ROOM.MATCH c u1 o1 tier 2                       -> room=$a tier=2 | room_opened seat_held
20    ROOM.MATCH c u2 o2 tier 1                       -> room=$b tier=1 | room_opened seat_held
30    ROOM.MATCH c u3 o3 tier 2                       -> room=$a | seat_held
40    ROOM.MATCH c u4 o4                              -> room=$a tier=2 room_state=formed | seat_held room_formed
50    ROOM.MATCH c u5 o5                              -> room=$b tier=1 room_state=formed | seat_held room_formed

story: tiers at_deadline: all pay the first price and get the difference back
0     CAMPAIGN.PUT c tier_mode at_deadline tiers '[{"size":2,"price":900},{"size":3,"price":700},{"size":5,"price":500}]' room_ttl_ms 100000 hold_ms 60000 -> size=5 | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$r size=5 price=900 | room_opened seat_held
20    SEAT.PAY c o1 amount 900                        -> seat=paid | seat_paid
20    ROOM.MATCH c u2 o2 qty 2                        -> room=$r | seat_held
30    SEAT.PAY c o2 amount 1800                       -> seat=paid | seat_paid
30    ROOM.MATCH c u3 o3                              -> room=$r | seat_held
40    SEAT.PAY c o3 amount 150                        -> seat=paid amount_differs=1 | seat_paid
100_010 sweep                                         -> | room_formed tier_settled refund_due refund_due refund_due
100_010 SEAT.GET c o1                                 -> seat=settled tier=2 reason=tier_difference refunds.0.amount=200
100_010 SEAT.GET c o2                                 -> seat=settled refunds.0.amount=400
100_010 SEAT.GET c o3                                 -> seat=settled refunds.0.amount=150
100_010 ROOM.GET $r                                   -> reason=deadline_tier tier=2
100_010 STATS c                                       -> formed=1 amount=2100 members_old=3

story: tiers at_deadline: below the lowest tier the room fails; at the top tier's size it forms early
0     CAMPAIGN.PUT c tier_mode at_deadline tiers '[{"size":2,"price":900},{"size":3,"price":700}]' room_ttl_ms 100000 hold_ms 60000 -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$a | room_opened seat_held
20    SEAT.PAY c o1                                   -> seat=paid | seat_paid
100_010 sweep                                         -> | room_failed refund_due
100_010 ROOM.GET $a                                   -> reason=deadline
100_020 ROOM.MATCH c u2 o2                            -> room=$b | room_opened seat_held
100_020 ROOM.MATCH c u3 o3                            -> room=$b | seat_held
100_020 ROOM.MATCH c u4 o4                            -> room=$b | seat_held
100_030 SEAT.PAY c o2                                 -> | seat_paid
100_030 SEAT.PAY c o3                                 -> | seat_paid
100_030 SEAT.PAY c o4                                 -> room_state=formed tier=2 refund=* reason=tier_difference | seat_paid room_formed tier_settled refund_due refund_due refund_due

story: pieces: a seat counts its qty, more than free is ROOM_FULL
0     CAMPAIGN.PUT c count_by pieces size 10 price 5  -> | campaign_put
10    ROOM.MATCH c u1 o1 qty 11                       -> ROOM_FULL
10    ROOM.MATCH c u1 o1 qty 6                        -> room=$r held=6 free=4 missing=10 | room_opened seat_held
20    ROOM.JOIN $r u2 o2 qty 5                        -> ROOM_FULL room=$r retry_after_ms=*
20    ROOM.JOIN $r u2 o2 qty 3                        -> free=1 | seat_held
30    ROOM.MATCH c u3 o3 qty 2                        -> room=$q | room_opened seat_held
30    ROOM.MATCH c u4 o4                              -> room=$r free=0 | seat_held
40    SEAT.PAY c o1                                   -> paid=6 missing=4 | seat_paid
50    SEAT.PAY c o2                                   -> paid=9 | seat_paid
60    SEAT.PAY c o4                                   -> paid=10 room_state=formed | seat_paid room_formed

story: pieces: the fullest room that fits, not the fullest
0     CAMPAIGN.PUT c count_by pieces size 10 payment none one_open_per_user 0 -> | campaign_put
10    ROOM.OPEN c u1 o1 qty 9                         -> room=$a free=1 | room_opened seat_held
20    ROOM.OPEN c u2 o2 qty 5                         -> room=$b free=5 | room_opened seat_held
30    ROOM.OPEN c u3 o3 qty 2                         -> room=$d free=8 | room_opened seat_held
40    ROOM.MATCH c u4 o4 qty 3                        -> room=$b | seat_held
50    ROOM.MATCH c u5 o5 qty 3                        -> room=$d | seat_held
60    ROOM.MATCH c u6 o6 qty 1                        -> room=$a room_state=formed | seat_held room_formed

story: min_success in pieces is reached by pieces
0     CAMPAIGN.PUT c count_by pieces size 100 min_success 8 payment none room_ttl_ms 50000 hold_ms 1000 -> | campaign_put
10    ROOM.MATCH c u1 o1 qty 5                        -> room=$r | room_opened seat_held
20    ROOM.MATCH c u2 o2 qty 3                        -> room=$r | seat_held
50_010 sweep                                          -> | room_formed
50_010 ROOM.GET $r                                    -> reason=deadline_min paid=8

story: 40 cutoff 23:00 in Shanghai, whatever the host's zone: the room is due at the next one
0     CAMPAIGN.PUT c cutoff 23:00 cutoff_zone Asia/Shanghai room_ttl_ms 0 -> cutoff=23:00 | campaign_put
0     ROOM.MATCH c u1 o1                              -> deadline=@60400000 | room_opened seat_held
60_400_000 sweep                                      -> | seat_released room_failed
60_400_000 ROOM.MATCH c u2 o2                         -> deadline=@146800000 | room_opened seat_held

story: 40 cutoff: the least of cutoff, life and campaign end counts
0     CAMPAIGN.PUT c cutoff 23:00 cutoff_zone Asia/Shanghai room_ttl_ms 3600000 -> | campaign_put
0     ROOM.MATCH c u1 o1                              -> deadline=@3600000 | room_opened seat_held
0     CAMPAIGN.PUT d cutoff 23:00 cutoff_zone Asia/Shanghai end_at 1700010000000 -> | campaign_put
0     ROOM.MATCH d u1 o1                              -> deadline=@10000000 | room_opened seat_held

story: cutoff: what is no time of day, no zone, or an unknown one is refused
0     CAMPAIGN.PUT c cutoff 24:00 cutoff_zone UTC     -> BAD_ARGUMENT text~cutoff
0     CAMPAIGN.PUT c cutoff 7:30 cutoff_zone UTC      -> BAD_ARGUMENT text~cutoff
0     CAMPAIGN.PUT c cutoff 07:30                     -> BAD_ARGUMENT text~cutoff_zone
0     CAMPAIGN.PUT c cutoff 07:30 cutoff_zone Mars/Base -> BAD_ARGUMENT text~Mars/Base
0     CAMPAIGN.PUT c cutoff 07:30 cutoff_zone ../etc/passwd -> BAD_ARGUMENT text~cutoff_zone

story: 7 64 virtual all: missing seats are virtual at the deadline, unpaid holds are released first
0     CAMPAIGN.PUT c size 4 virtual.mode all room_ttl_ms 100000 hold_ms 60000 late_grace_ms 40000 -> | campaign_put
10    ROOM.MATCH c u1 o1 new_user 1                   -> room=$r | room_opened seat_held
20    SEAT.PAY c o1 amount 10                         -> | seat_paid
50_000 ROOM.JOIN $r u2 o2                              -> hold_until=@100010 | seat_held
100_010 sweep                                         -> | seat_released room_formed
100_010 ROOM.GET $r                                   -> state=formed reason=virtual paid=1 virtual=3 leader=u1 seats_total=4 seats.1.virtual=1 seats.1.user=- seats.1.state=virtual
100_010 ROOM.SEATS $r state virtual                   -> seats.#=3 seats.0.n=3 seats.2.n=5
100_010 STATS c                                       -> formed=1 members_new=1 members_old=0 amount=10

story: 63 virtual threshold_pct 40 on 4: two real form, one fails
0     CAMPAIGN.PUT c size 4 virtual.mode threshold_pct virtual.value 40 payment none room_ttl_ms 50000 hold_ms 1000 -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$a | room_opened seat_held
20    ROOM.MATCH c u2 o2                              -> room=$a | seat_held
50_010 sweep                                          -> | room_formed
50_010 ROOM.GET $a                                    -> reason=virtual virtual=2
50_020 ROOM.MATCH c u3 o3                             -> room=$b | room_opened seat_held
100_020 sweep                                         -> | room_failed
100_020 ROOM.GET $b                                   -> reason=deadline virtual=0

story: 63 virtual max_pct 60 of 8 allows four, rounded down
0     CAMPAIGN.PUT c size 8 virtual.mode max_pct virtual.value 60 payment none room_ttl_ms 50000 hold_ms 1000 -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$a | room_opened seat_held
20    ROOM.MATCH c u2 o2                              -> room=$a | seat_held
30    ROOM.MATCH c u3 o3                              -> room=$a | seat_held
50_010 sweep                                          -> | room_failed
60_000 ROOM.MATCH c u1 o4                             -> room=$b | room_opened seat_held
60_000 ROOM.MATCH c u2 o5                             -> room=$b | seat_held
60_000 ROOM.MATCH c u3 o6                             -> room=$b | seat_held
60_000 ROOM.MATCH c u4 o7                             -> room=$b | seat_held
110_000 sweep                                         -> | room_formed
110_000 ROOM.GET $b                                   -> reason=virtual virtual=4 paid=4

story: 8 virtual max_count: a room is ended once, by the first rule that applies
0     CAMPAIGN.PUT c size 4 min_success 3 virtual.mode max_count virtual.value 2 payment none room_ttl_ms 50000 hold_ms 1000 -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$a | room_opened seat_held
20    ROOM.MATCH c u2 o2                              -> room=$a | seat_held
30    ROOM.MATCH c u3 o3                              -> room=$a | seat_held
50_010 sweep                                          -> | room_formed
50_010 ROOM.GET $a                                    -> reason=deadline_min virtual=0
50_010 sweep                                          -> | -

story: virtual: never without a real paid seat, and not at a campaign's end that fails
0     CAMPAIGN.PUT c size 4 virtual.mode all room_ttl_ms 100000 hold_ms 60000 on_campaign_end fail end_at 1700000090000 -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$r deadline=@90000 | room_opened seat_held
20    SEAT.PAY c o1                                   -> | seat_paid
90_000 sweep                                          -> | campaign_ended room_failed refund_due
90_000 ROOM.GET $r                                    -> reason=campaign_end

story: parameters that contradict each other are refused with the field, the value and the rule
0     CAMPAIGN.PUT c tiers '[{"size":3,"price":9},{"size":3,"price":8}]' -> BAD_ARGUMENT text~rise
0     CAMPAIGN.PUT c tiers '[{"size":3,"price":9},{"size":4,"price":9}]' -> BAD_ARGUMENT text~fall
0     CAMPAIGN.PUT c tiers '[{"size":1,"price":9}]'   -> BAD_ARGUMENT text~tiers
0     CAMPAIGN.PUT c tier_mode at_deadline size 3 tiers '[{"size":2,"price":9},{"size":4,"price":8}]' -> BAD_ARGUMENT text~size
0     CAMPAIGN.PUT c tier_mode at_deadline min_success 2 tiers '[{"size":2,"price":9},{"size":4,"price":8}]' -> BAD_ARGUMENT text~min_success
0     CAMPAIGN.PUT c virtual.mode threshold_pct       -> BAD_ARGUMENT text~virtual.value
0     CAMPAIGN.PUT c virtual.mode max_pct virtual.value 101 -> BAD_ARGUMENT text~percent
0     CAMPAIGN.PUT c virtual.mode all joiner new_user -> BAD_ARGUMENT text~virtual.mode
0     CAMPAIGN.PUT c draw.winners 3                   -> BAD_ARGUMENT text~draw.winners
0     CAMPAIGN.PUT c cut.total 10 cut.max 10          -> BAD_ARGUMENT text~payment
0     CAMPAIGN.PUT c payment none size 3 cut.total 10 cut.min 6 cut.max 9 -> BAD_ARGUMENT text~cut.total
0     CAMPAIGN.PUT c payment none size 3 cut.total 30 cut.min 6 cut.max 9 -> BAD_ARGUMENT text~cut.total
0     CAMPAIGN.PUT c match_tags '["a","a"]'           -> BAD_ARGUMENT text~match_tags
0     CAMPAIGN.PUT c room_ttl_ms 0                    -> BAD_ARGUMENT text~room_ttl_ms
0     CAMPAIGN.GET c                                  -> CAMPAIGN_NOT_FOUND
