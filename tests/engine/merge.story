# 合團: the people of rooms that would fail, put together.

story: into another room: the due one's people complete the fullest
0     CAMPAIGN.PUT c size 3 merge deadline room_ttl_ms 100000 hold_ms 60000 price 100 -> | campaign_put
10    ROOM.OPEN c u1 o1 listed 0                      -> room=$d | room_opened seat_held
10    SEAT.PAY c o1 amount 100 payment p1             -> | seat_paid room_started
20    ROOM.OPEN c u2 o2                               -> room=$t | room_opened seat_held
30    SEAT.PAY c o2                                   -> deadline=@100030 | seat_paid room_started
40    ROOM.JOIN $t u3 o3                              -> | seat_held
50    SEAT.PAY c o3                                   -> | seat_paid
60    ROOM.OPEN c u4 o4 listed 0                      -> room=$x | room_opened seat_held
70    SEAT.PAY c o4                                   -> | seat_paid room_started
100_010 sweep                                         -> | seat_rerouted room_formed room_failed
100_010 ROOM.GET $d                                   -> state=failed reason=merged_away merged_into=$t paid=0
100_010 ROOM.GET $t                                   -> state=formed reason=merged leader=u2 paid=3 seats.2.user=u1 seats.2.role=member
100_010 SEAT.GET c o1                                 -> room=$t seat=settled rerouted_from=$d role=member
100_010 SEAT.PAY c o1 amount 100 payment p1           -> again=1 seat=settled
100_010 SEAT.GET c o4                                 -> room=$x seat=paid
100_010 CAMPAIGN.GET c                                -> rooms_formed=1 rooms_merged=1 rooms_failed=0
100_010 ROOM.HISTORY $d                               -> events.3.event=seat_released events.3.released=moved events.3.into=$t events.4.event=room_failed
100_010 ROOM.HISTORY $t                               -> events.5.event=seat_rerouted events.5.from=$d

story: into the due room: the emptiest others give whole rooms, then parts
0     CAMPAIGN.PUT c size 5 merge deadline room_ttl_ms 100000 payment none -> | campaign_put
10    ROOM.OPEN c a1 oa1                              -> room=$d | room_opened seat_held
20    ROOM.OPEN c b1 ob1                              -> room=$b | room_opened seat_held
30    ROOM.JOIN $b b2 ob2                             -> | seat_held
40    ROOM.OPEN c e1 oe1                              -> room=$e | room_opened seat_held
50    ROOM.JOIN $e e2 oe2                             -> | seat_held
60    ROOM.JOIN $e e3 oe3                             -> | seat_held
100_010 sweep                                         -> | seat_rerouted seat_rerouted room_failed seat_rerouted seat_rerouted leader_changed room_formed
100_010 ROOM.GET $d                                   -> state=formed reason=merged leader=a1 paid=5
100_010 ROOM.GET $b                                   -> reason=merged_away merged_into=$d
100_010 ROOM.GET $e                                   -> state=open paid=1 leader=e3 deadline=@100040
100_010 SEAT.GET c oe1                                -> room=$d role=member rerouted_from=$e
100_040 sweep                                         -> | room_failed
100_040 SEAT.GET c oe3                                -> seat=released released=room_ended

story: too few people: nobody moves, all are refunded
0     CAMPAIGN.PUT c size 4 merge deadline room_ttl_ms 100000 hold_ms 60000 -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$a | room_opened seat_held
10    SEAT.PAY c o1                                   -> | seat_paid room_started
20    ROOM.OPEN c u2 o2                               -> room=$b | room_opened seat_held
20    SEAT.PAY c o2                                   -> | seat_paid room_started
100_010 sweep                                         -> | room_failed refund_due
100_010 ROOM.GET $a                                   -> reason=deadline

story: who is left after some moved is refunded
0     CAMPAIGN.PUT c size 3 merge deadline room_ttl_ms 100000 payment none one_open_per_user 0 -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$d | room_opened seat_held
20    ROOM.JOIN $d u2 o2                              -> | seat_held
30    ROOM.OPEN c u3 o3                               -> room=$t | room_opened seat_held
40    ROOM.JOIN $t u4 o4                              -> | seat_held
100_010 sweep                                         -> | seat_rerouted room_formed room_failed
100_010 ROOM.GET $t                                   -> reason=merged seats.2.user=u1
100_010 ROOM.GET $d                                   -> reason=deadline merged_into=-
100_010 SEAT.GET c o2                                 -> seat=released released=room_ended

story: a room with an unpaid seat takes no part, and comes to it once the hold is over
0     CAMPAIGN.PUT c size 2 merge deadline room_ttl_ms 100000 hold_ms 60000 -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$d | room_opened seat_held
10    SEAT.PAY c o1                                   -> | seat_paid room_started
20    ROOM.OPEN c u2 o2                               -> room=$t | room_opened seat_held
30    SEAT.PAY c o2                                   -> | seat_paid room_started
70_000 ROOM.JOIN $t u3 o3                             -> | seat_held
100_010 sweep                                         -> | room_failed refund_due
100_030 sweep                                         -> | seat_released room_failed refund_due

story: nobody enters a room that he is in
0     CAMPAIGN.PUT c size 2 merge deadline room_ttl_ms 100000 payment none one_open_per_user 0 -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$a | room_opened seat_held
20    ROOM.OPEN c u1 o2                               -> room=$b | room_opened seat_held
100_010 sweep                                         -> | room_failed
100_010 ROOM.GET $a                                   -> reason=deadline
100_010 ROOM.GET $b                                   -> state=open

story: only rooms of equal size, tier, price and match_tags take part
0     CAMPAIGN.PUT c size 2 merge deadline room_ttl_ms 100000 payment none price 5 match_tags '["city"]' -> | campaign_put
10    ROOM.OPEN c u1 o1 tags '{"city":"sh"}'          -> room=$a | room_opened seat_held
20    ROOM.OPEN c u2 o2 tags '{"city":"bj"}'          -> room=$b | room_opened seat_held
30    CAMPAIGN.PUT c price 6                          -> | campaign_put
40    ROOM.OPEN c u3 o3 tags '{"city":"sh"}'          -> room=$d | room_opened seat_held
50    CAMPAIGN.PUT c price 5 size 3                   -> | campaign_put
60    ROOM.OPEN c u4 o4 tags '{"city":"sh"}'          -> | room_opened seat_held
70    CAMPAIGN.PUT c size 2 merge off                 -> | campaign_put
80    ROOM.OPEN c u5 o5 tags '{"city":"sh"}'          -> | room_opened seat_held
100_010 sweep                                         -> | room_failed
100_010 CAMPAIGN.PUT c merge deadline                 -> | campaign_put
100_011 ROOM.OPEN c u6 o6 tags '{"city":"bj"}'        -> | room_opened seat_held
100_020 sweep                                         -> | seat_rerouted room_formed room_failed
100_020 ROOM.GET $b                                   -> reason=merged_away

story: a charge twice before the merge is not owed a third time after it
0     CAMPAIGN.PUT c size 2 merge deadline room_ttl_ms 100000 hold_ms 60000 price 100 -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$d | room_opened seat_held
10    SEAT.PAY c o1 amount 100 payment p1             -> | seat_paid room_started
20    SEAT.PAY c o1 amount 100 payment p2             -> reason=duplicate | refund_due
30    ROOM.OPEN c u2 o2                               -> room=$t | room_opened seat_held
40    SEAT.PAY c o2                                   -> | seat_paid room_started
100_010 sweep                                         -> | seat_rerouted room_formed room_failed
100_010 SEAT.PAY c o1 amount 100 payment p2           -> again=1 room=$t seat=settled | -
100_010 SEAT.GET c o1                                 -> refunds.#=1 refunds.0.reason=duplicate refunds.0.room=$d
100_010 REFUND.LIST                                   -> open=1

story: limits move along: an opener who was moved has still opened
0     CAMPAIGN.PUT c size 2 merge deadline room_ttl_ms 100000 payment none opens_per_user 1 joins_per_user 1 -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$d | room_opened seat_held
20    ROOM.OPEN c u2 o2                               -> room=$t | room_opened seat_held
100_010 sweep                                         -> | seat_rerouted room_formed room_failed
100_010 ROOM.GET $t                                   -> reason=merged
100_010 USER.SEATS c u1                               -> opens=1 joins=0 opens_left=0 joins_left=1
100_010 ROOM.OPEN c u1 o3                             -> LIMIT_OPENS
100_010 ROOM.MATCH c u3 o4                            -> room=$x | room_opened seat_held
100_010 ROOM.MATCH c u1 o5                            -> room=$x | seat_held room_formed

story: merge, then virtual: what merge cannot save virtual may
0     CAMPAIGN.PUT c size 3 merge deadline virtual.mode all room_ttl_ms 100000 payment none -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$d | room_opened seat_held
100_010 sweep                                         -> | room_formed
100_010 ROOM.GET $d                                   -> reason=virtual virtual=2

story: rooms due in one millisecond are mates of each other
0     CAMPAIGN.PUT c size 2 merge deadline room_ttl_ms 100000 payment none -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$a | room_opened seat_held
10    ROOM.OPEN c u2 o2                               -> room=$b | room_opened seat_held
10    ROOM.OPEN c u3 o3                               -> room=$d | room_opened seat_held
10    ROOM.OPEN c u4 o4                               -> room=$e | room_opened seat_held
100_010 sweep                                         -> | seat_rerouted room_formed room_failed seat_rerouted room_formed room_failed
100_010 CAMPAIGN.GET c                                -> rooms_formed=2 rooms_merged=2 rooms_failed=0

story: a late timer changes no answer: a due room is merged before its mate is joined
0     CAMPAIGN.PUT c size 2 merge deadline room_ttl_ms 100000 payment none -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$a | room_opened seat_held
50_000 ROOM.OPEN c u2 o2                              -> room=$b | room_opened seat_held
100_020 ROOM.JOIN $b u3 o3                            -> ROOM_CLOSED room=$b | seat_rerouted room_formed room_failed

story: rooms that were opened under different matching policies can be merged
0     CAMPAIGN.PUT c size 2 merge deadline room_ttl_ms 100000 payment none -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$a | room_opened seat_held
20    CAMPAIGN.PUT c match spread                     -> | campaign_put
30    ROOM.OPEN c u2 o2                               -> room=$b | room_opened seat_held
100_010 sweep                                         -> | seat_rerouted room_formed room_failed
100_010 ROOM.GET $b                                   -> reason=merged
