# Leaving before the room forms, refunds after the sale, dropping a campaign.

story: 48 a member leaves: his money is owed back, his seat and his limits are free again
0     CAMPAIGN.PUT c size 3 member_leave allow price 100 joins_per_user 1 quota 10 -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$r | room_opened seat_held
10    SEAT.PAY c o1 amount 100                        -> | seat_paid
20    ROOM.MATCH c u2 o2 qty 2                        -> | seat_held
20    SEAT.LEAVE c o2                                 -> CANNOT_LEAVE
20    SEAT.PAY c o2 amount 200                        -> paid=2 | seat_paid
30    SEAT.LEAVE c o2 reason bored                    -> seat=refund_due reason=left released=left paid=1 free=2 | refund_due
30    SEAT.LEAVE c o2                                 -> again=1 seat=refund_due
30    CAMPAIGN.GET c                                  -> quota_used=1
40    ROOM.GET $r                                     -> seats_total=1
50    ROOM.JOIN $r u2 o3                              -> seat=held | seat_held
60    SEAT.LEAVE c o1                                 -> CANNOT_LEAVE
60    REFUND.LIST                                     -> open=1 refunds.0.amount=200 refunds.0.reason=left

story: 53 leaving is refused where the campaign forbids it
0     CAMPAIGN.PUT c size 3 payment none              -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> | room_opened seat_held
20    ROOM.MATCH c u2 o2                              -> | seat_held
30    SEAT.LEAVE c o1                                 -> CANNOT_LEAVE
30    SEAT.LEAVE c o2                                 -> CANNOT_LEAVE
30    SEAT.LEAVE c o9                                 -> SEAT_NOT_FOUND

story: 44 leader and members leave: one leader, the deadline unchanged, and none at the end
0     CAMPAIGN.PUT c size 4 leader_leave succeed member_leave allow payment none -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$r | room_opened seat_held
20    ROOM.MATCH c u2 o2                              -> | seat_held
30    ROOM.MATCH c u3 o3                              -> | seat_held
40    SEAT.LEAVE c o1                                 -> seat=released released=left deadline=@86400010 | seat_released leader_changed
50    ROOM.GET $r                                     -> leader=u2 seats.#=2
60    SEAT.LEAVE c o3                                 -> | seat_released
70    SEAT.LEAVE c o2                                 -> room_state=failed | seat_released room_failed
80    ROOM.GET $r                                     -> reason=leader_left

story: leader_leave dissolve: all others are refunded with the room
0     CAMPAIGN.PUT c size 4 leader_leave dissolve price 50 -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$r | room_opened seat_held
10    SEAT.PAY c o1                                   -> | seat_paid
20    ROOM.MATCH c u2 o2                              -> | seat_held
20    SEAT.PAY c o2                                   -> | seat_paid
30    ROOM.MATCH c u3 o3                              -> | seat_held
40    SEAT.LEAVE c o1                                 -> seat=refund_due reason=left room_state=failed | refund_due seat_released room_failed refund_due
50    SEAT.GET c o2                                   -> seat=refund_due reason=room_failed

story: 52 leaving after the deadline is refused: the room has ended
0     CAMPAIGN.PUT c size 3 member_leave allow leader_leave succeed payment none room_ttl_ms 1000 -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> | room_opened seat_held
1010  SEAT.LEAVE c o1                                 -> again=1 seat=released released=room_ended | room_failed

story: 51 after-sale: a refund of a settled seat, once, at most what is left; the room stays formed
0     CAMPAIGN.PUT c size 2 price 100                 -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$r | room_opened seat_held
10    SEAT.PAY c o1 amount 100                        -> | seat_paid
10    SEAT.REFUND c o1                                -> CANNOT_LEAVE
20    ROOM.MATCH c u2 o2                              -> | seat_held
20    SEAT.PAY c o2 amount 100                        -> seat=settled | seat_paid room_formed
30    SEAT.REFUND c o1 amount 101                     -> BAD_ARGUMENT text~amount
30    SEAT.REFUND c o1 amount 30                      -> seat=settled refund=* reason=after_sale | refund_due
30    SEAT.REFUND c o1 amount 30                      -> again=1 seat=settled
30    SEAT.REFUND c o1 amount 31                      -> IDEMPOTENCY_CONFLICT
40    SEAT.REFUND c o2                                -> seat=refund_due reason=after_sale room_state=formed paid=2 | refund_due
40    ROOM.GET $r                                     -> state=formed reason=full
40    STATS c                                         -> amount=200 formed=1 refunded=2
50    REFUND.LIST                                     -> open=2 refunds.0.amount=*

story: after-sale: what the tier gave back is not left
0     CAMPAIGN.PUT c tier_mode at_deadline tiers '[{"size":2,"price":90},{"size":3,"price":70}]' -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> | room_opened seat_held
10    SEAT.PAY c o1 amount 90                         -> | seat_paid
10    ROOM.MATCH c u2 o2                              -> | seat_held
10    SEAT.PAY c o2 amount 90                         -> | seat_paid
10    ROOM.MATCH c u3 o3                              -> | seat_held
10    SEAT.PAY c o3 amount 90                         -> | seat_paid room_formed tier_settled refund_due refund_due refund_due
20    SEAT.REFUND c o1 amount 71                      -> BAD_ARGUMENT
20    SEAT.REFUND c o1                                -> seat=refund_due | refund_due
20    SEAT.GET c o1                                   -> refunds.#=2

story: after-sale: with no payment there is nothing to refund
0     CAMPAIGN.PUT c size 2 payment none              -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> | room_opened seat_held
10    ROOM.MATCH c u2 o2                              -> | seat_held room_formed
20    SEAT.REFUND c o1                                -> BAD_ARGUMENT text~payment

story: 62 a campaign dropped and made anew: nothing of the old one is seen
0     CAMPAIGN.PUT c size 2 payment none opens_per_user 1 keep_ms 60000 -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$r | room_opened seat_held
20    CAMPAIGN.DROP c                                 -> CAMPAIGN_IN_USE
30    ROOM.MATCH c u2 o2                              -> | seat_held room_formed
100_000 sweep                                         -> | user_rolled_up user_rolled_up room_dropped
100_010 ROOM.MATCH c u3 o3                            -> room=$q | room_opened seat_held
100_020 ROOM.MATCH c u4 o4                            -> | seat_held room_formed
100_030 CAMPAIGN.DROP c                               -> campaign=c rooms_formed=2 | campaign_dropped
100_030 CAMPAIGN.GET c                                -> CAMPAIGN_NOT_FOUND
100_030 ROOM.GET $q                                   -> ROOM_NOT_FOUND
100_030 SEAT.GET c o3                                 -> CAMPAIGN_NOT_FOUND
100_030 CAMPAIGN.LIST                                 -> campaigns.#=0
100_040 sweep                                         -> | room_dropped user_rolled_up user_rolled_up campaign_forgotten
100_050 CAMPAIGN.PUT c size 3 opens_per_user 1        -> revision=1 rooms_formed=0 | campaign_put
100_060 ROOM.MATCH c u1 o1                            -> size=3 | room_opened seat_held

story: a campaign that is being forgotten cannot be made anew yet
only plain log snapshot
0     CAMPAIGN.PUT c size 2 payment none              -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> | room_opened seat_held
20    ROOM.MATCH c u2 o2                              -> | seat_held room_formed
30    CAMPAIGN.DROP c                                 -> | campaign_dropped
40    CAMPAIGN.PUT c size 3                           -> CAMPAIGN_IN_USE
50    sweep                                           -> | room_dropped campaign_forgotten
80    CAMPAIGN.PUT c size 3                           -> size=3 | campaign_put

story: dropping waits for open refunds
0     CAMPAIGN.PUT c size 2 price 10                  -> | campaign_put
10    SEAT.PAY c o1 amount 10 payment p1              -> seat=refund_due refund=$f | refund_due
20    CAMPAIGN.DROP c                                 -> CAMPAIGN_IN_USE
30    REFUND.ACK $f                                   -> | refund_acked
40    CAMPAIGN.DROP c                                 -> | campaign_dropped
50    sweep                                           -> | refund_dropped campaign_forgotten
60    REFUND.ACK $f                                   -> REFUND_NOT_FOUND

story: history tells who did what, and why
0     CAMPAIGN.PUT c size 3 price 10                  -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$r | room_opened seat_held
20    SEAT.PAY c o1 amount 10 payment p1 paid_at 1700000000015 -> | seat_paid
30    ROOM.MATCH c u2 o2                              -> | seat_held
40    SEAT.CANCEL c o2 reason "changed his mind"      -> | seat_released
50    ROOM.FORM $r reason "last day"                  -> state=formed reason=forced | room_formed
60    ROOM.HISTORY $r limit 3                         -> events.#=3 events.0.event=room_opened events.1.event=seat_held events.2.event=seat_paid events.2.at=@20 events.2.paid_at=@15 events.2.amount=10 cursor=3
60    ROOM.HISTORY $r cursor 3                        -> events.#=3 events.0.order=o2 events.1.released=cancelled events.1.reason=* events.2.event=room_formed events.2.by=op cursor=
60    ROOM.HISTORY $r cursor x                        -> BAD_ARGUMENT text~cursor
60    ROOM.SEATS $r                                   -> seats.#=2 seats.1.state=released cursor=
60    ROOM.SEATS $r limit 1                           -> seats.#=1 cursor=1
60    ROOM.SEATS $r state settled                     -> seats.#=1 seats.0.user=u1

story: a campaign's end is told once, and again if it was moved
0     CAMPAIGN.PUT c end_at 1700000000100             -> | campaign_put
100   sweep                                           -> | campaign_ended
110   sweep                                           -> | -
120   CAMPAIGN.PUT c end_at 1700000000200             -> | campaign_put
200   sweep                                           -> | campaign_ended
