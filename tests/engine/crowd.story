# Who may take a seat; referrers; tags; draws; help and cut.

story: 56 a new-only room: the joiner must be new when he takes the seat, its opener need not
0     CAMPAIGN.PUT c size 3 joiner new_user leader_exempt 1 payment none -> | campaign_put
10    ROOM.OPEN c old o1                              -> room=$r | room_opened seat_held
20    ROOM.JOIN $r known o2                           -> NOT_NEW_USER
20    ROOM.JOIN $r fresh o3 new_user 1                -> room=$r | seat_held
30    ROOM.MATCH c other o4                           -> room=$q role=leader | room_opened seat_held
30    ROOM.MATCH c more o5 open 0                     -> NOT_NEW_USER
40    ROOM.MATCH c last o6 new_user 1                 -> room=$r room_state=formed | seat_held room_formed

story: old_user, level, required tags, channels: each has its own refusal, in the contract's order
0     CAMPAIGN.PUT c joiner old_user level_min 2 tags_required '{"vip":"1"}' channels_allow '["live","shop"]' channels_deny '["spam"]' -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> CHANNEL_BLOCKED
10    ROOM.OPEN c u1 o1 channel spam                  -> CHANNEL_BLOCKED
10    ROOM.OPEN c u1 o1 channel mail                  -> CHANNEL_BLOCKED
10    ROOM.OPEN c u1 o1 channel live new_user 1       -> NOT_OLD_USER
10    ROOM.OPEN c u1 o1 channel live                  -> CROWD_NOT_ALLOWED
10    ROOM.OPEN c u1 o1 channel live level 2          -> CROWD_NOT_ALLOWED
10    ROOM.OPEN c u1 o1 channel live level 2 tags '{"vip":"0"}' -> CROWD_NOT_ALLOWED
10    ROOM.OPEN c u1 o1 channel live level 2 tags '{"vip":"1"}' -> seat=held | room_opened seat_held

story: 58 a deny list passes an absent channel; who is refused may still look
0     CAMPAIGN.PUT c channels_deny '["spam"]' level_min 3 payment none -> | campaign_put
10    ROOM.OPEN c u1 o1 level 3                       -> room=$r | room_opened seat_held
20    ROOM.LIST c user u2                             -> rooms.#=1 rooms.0.room=$r
20    ROOM.JOIN $r u2 o2                              -> CROWD_NOT_ALLOWED

story: eligibility is frozen at the hold
0     CAMPAIGN.PUT c size 2 level_min 0 price 10      -> | campaign_put
10    ROOM.MATCH c u1 o1 level 1                      -> room=$r | room_opened seat_held
20    CAMPAIGN.PUT c level_min 9                      -> | campaign_put
30    SEAT.PAY c o1                                   -> seat=paid | seat_paid
40    ROOM.JOIN $r u2 o2                              -> room=$r | seat_held
50    ROOM.OPEN c u3 o3 level 8                       -> CROWD_NOT_ALLOWED

story: referrers: at most as many as the campaign says, all different, told with their base at forming
0     CAMPAIGN.PUT c size 2 price 100                 -> | campaign_put
10    ROOM.MATCH c u1 o1 referrer u1                  -> REFERRER_INVALID
10    ROOM.MATCH c u1 o1 referrer r1 referrer2 u1     -> REFERRER_INVALID
10    ROOM.MATCH c u1 o1 referrer r1 referrer2 r1     -> REFERRER_INVALID
10    ROOM.MATCH c u1 o1 referrer2 r1                 -> REFERRER_INVALID
10    ROOM.MATCH c u1 o1 referrer r1 referrer2 r2     -> room=$r | room_opened seat_held
20    ROOM.MATCH c u2 o2 referrer u1                  -> room=$r | seat_held
30    SEAT.PAY c o1 amount 100                        -> | seat_paid
40    SEAT.PAY c o2 amount 80                         -> seat=settled | seat_paid room_formed commission commission commission
50    STATS c                                         -> referred=2 amount=180 amount_referred=180
60    CAMPAIGN.PUT c referrer_levels 1                -> | campaign_put
70    ROOM.MATCH c u3 o3 referrer r1 referrer2 r2     -> REFERRER_INVALID
70    CAMPAIGN.PUT c referrer_levels 0                -> | campaign_put
80    ROOM.MATCH c u3 o3 referrer r1                  -> REFERRER_INVALID
80    CAMPAIGN.PUT c referrer_levels 3                -> BAD_ARGUMENT text~referrer_levels

story: match_tags: MATCH and JOIN keep to the room's values, absent equals absent
0     CAMPAIGN.PUT c size 3 match_tags '["city","hour"]' payment none -> | campaign_put
10    ROOM.MATCH c u1 o1 tags '{"city":"sh","size":"l"}' -> room=$a | room_opened seat_held
20    ROOM.MATCH c u2 o2 tags '{"city":"bj"}'         -> room=$b | room_opened seat_held
30    ROOM.MATCH c u3 o3                              -> room=$d | room_opened seat_held
40    ROOM.MATCH c u4 o4 tags '{"city":"sh"}'         -> room=$a | seat_held
50    ROOM.JOIN $a u5 o5 tags '{"city":"bj"}'         -> TAG_MISMATCH room=$a
50    ROOM.JOIN $a u5 o5 tags '{"city":"sh","hour":"9"}' -> TAG_MISMATCH
50    ROOM.LIST c tags '{"city":"bj"}'                -> rooms.#=1 rooms.0.room=$b
50    ROOM.LIST c                                     -> rooms.#=3 rooms.0.room=$a
60    ROOM.JOIN $d u5 o5                              -> room=$d | seat_held

story: relax_after_ms: MATCH ignores tags once the room is old enough, JOIN never
0     CAMPAIGN.PUT c size 3 match_tags '["city"]' relax_after_ms 1000 payment none -> | campaign_put
10    ROOM.MATCH c u1 o1 tags '{"city":"sh"}'         -> room=$a | room_opened seat_held
1009  ROOM.MATCH c u2 o2 tags '{"city":"bj"}'         -> room=$b | room_opened seat_held
1010  ROOM.LIST c tags '{"city":"gz"}'                -> rooms.#=1 rooms.0.room=$a
1010  ROOM.JOIN $a u3 o3 tags '{"city":"gz"}'         -> TAG_MISMATCH
1010  ROOM.MATCH c u3 o3 tags '{"city":"gz"}'         -> room=$a | seat_held
1020  ROOM.MATCH c u4 o4 tags '{"city":"bj"}'         -> room=$a room_state=formed | seat_held room_formed

story: match oldest: the first room is filled first, however full others are
0     CAMPAIGN.PUT c size 4 match oldest payment none one_open_per_user 0 -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$a | room_opened seat_held
20    ROOM.OPEN c u2 o2                               -> room=$b | room_opened seat_held
30    ROOM.JOIN $b u3 o3                              -> | seat_held
40    ROOM.MATCH c u4 o4                              -> room=$a | seat_held
40    ROOM.LIST c                                     -> rooms.0.room=$a rooms.1.room=$b

story: match oldest in pieces: the oldest that has room for them
0     CAMPAIGN.PUT c size 10 match oldest count_by pieces payment none one_open_per_user 0 -> | campaign_put
10    ROOM.OPEN c u1 o1 qty 9                         -> room=$a | room_opened seat_held
20    ROOM.OPEN c u2 o2 qty 2                         -> room=$b | room_opened seat_held
30    ROOM.OPEN c u3 o3 qty 6                         -> room=$d | room_opened seat_held
40    ROOM.MATCH c u4 o4 qty 3                        -> room=$b | seat_held
50    ROOM.MATCH c u5 o5 qty 1                        -> room=$a | seat_held room_formed

story: match spread: one of the fullest
0     CAMPAIGN.PUT c size 4 match spread payment none one_open_per_user 0 -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$a | room_opened seat_held
20    ROOM.OPEN c u2 o2                               -> room=$b | room_opened seat_held
30    ROOM.JOIN $b u3 o3                              -> | seat_held
40    ROOM.MATCH c u4 o4                              -> room=$b | seat_held
50    ROOM.MATCH c u4 o5                              -> room=$a | seat_held

story: a campaign whose policy changes goes on with rooms of both
0     CAMPAIGN.PUT c size 4 payment none              -> | campaign_put
10    ROOM.OPEN c u1 o1                               -> room=$a | room_opened seat_held
20    CAMPAIGN.PUT c match oldest                     -> | campaign_put
30    ROOM.OPEN c u2 o2                               -> room=$b | room_opened seat_held
40    ROOM.JOIN $b u3 o3                              -> | seat_held
50    ROOM.MATCH c u4 o4                              -> room=$a | seat_held
60    CAMPAIGN.PUT c match nearly_full                -> | campaign_put
70    ROOM.JOIN $b u5 o5                              -> free=1 | seat_held
80    ROOM.MATCH c u6 o6                              -> room=$b | seat_held room_formed

story: draw: the commitment is there from the opening, the seed and the winners after
0     CAMPAIGN.PUT c size 3 draw.winners 1 price 10   -> | campaign_put
10    ROOM.MATCH c u1 o1 referrer r1                  -> room=$r | room_opened seat_held
10    ROOM.GET $r                                     -> draw_commit=$c draw_seed=- winners.#=-
20    ROOM.MATCH c u2 o2 referrer r1                  -> | seat_held
30    ROOM.MATCH c u3 o3 referrer r1                  -> | seat_held
40    SEAT.PAY c o1 amount 10                         -> | seat_paid
50    SEAT.PAY c o2 amount 10                         -> | seat_paid
60    SEAT.PAY c o3 amount 10                         -> | seat_paid room_formed draw_result refund_due refund_due commission
60    ROOM.GET $r                                     -> draw_commit=$c draw_seed=* winners.#=1 winners.0.order=* paid=3
60    REFUND.LIST                                     -> open=2 refunds.0.reason=lottery_lost refunds.0.amount=10
60    STATS c                                         -> members_old=1 amount=10 referred=1

story: draw: as many winners as seats leave no loser; a room that fails draws nothing
0     CAMPAIGN.PUT c size 2 draw.winners 2 payment none room_ttl_ms 50000 hold_ms 1000 -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> room=$r | room_opened seat_held
20    ROOM.MATCH c u2 o2                              -> won=1 | seat_held room_formed draw_result
30    ROOM.MATCH c u3 o3                              -> room=$q | room_opened seat_held
50_030 sweep                                          -> | room_failed
50_030 ROOM.GET $q                                    -> draw_commit=* draw_seed=-

story: 59 help: not oneself, not twice, not more than allowed
0     CAMPAIGN.PUT c size 4 payment none joins_per_user 1 one_open_per_user 0 -> | campaign_put
10    ROOM.OPEN c boss o1                             -> room=$a | room_opened seat_held
20    ROOM.JOIN $a boss o2                            -> OWN_ROOM
20    ROOM.JOIN $a pal o3                             -> | seat_held
30    ROOM.JOIN $a pal o4                             -> ALREADY_IN_ROOM
30    ROOM.OPEN c boss2 o5                            -> room=$b | room_opened seat_held
40    ROOM.JOIN $b pal o6                             -> LIMIT_JOINS

story: 59 cut: each within its bounds, the last takes the exact rest
0     CAMPAIGN.PUT c size 4 payment none cut.total 100 cut.min 10 cut.max 60 price 100 -> | campaign_put
10    ROOM.OPEN c boss o1                             -> room=$r cut=- | room_opened seat_held
20    ROOM.JOIN $r h1 o2                              -> cut=* | seat_held
30    ROOM.JOIN $r h2 o3                              -> cut=* | seat_held
40    ROOM.JOIN $r h3 o4                              -> cut=* room_state=formed | seat_held room_formed
50    ROOM.GET $r                                     -> cut=100

story: cut: where least and total agree every cut is the least
0     CAMPAIGN.PUT c size 3 payment none cut.total 20 cut.min 10 cut.max 60 -> | campaign_put
10    ROOM.OPEN c boss o1                             -> room=$r | room_opened seat_held
20    ROOM.JOIN $r h1 o2                              -> cut=10 | seat_held
30    ROOM.JOIN $r h2 o3                              -> cut=10 | seat_held room_formed

story: unpaid_per_user: who lets holds expire has to wait a day
0     CAMPAIGN.PUT c size 3 unpaid_per_user 2 hold_ms 1000 late_grace_ms 0 keep_ms 60000 -> | campaign_put
10    ROOM.MATCH c u1 o1                              -> | room_opened seat_held
1010  sweep                                           -> | seat_released room_failed
2000  ROOM.MATCH c u1 o2                              -> | room_opened seat_held
2500  SEAT.CANCEL c o2                                -> released=cancelled | seat_released room_failed
3000  ROOM.MATCH c u1 o3                              -> | room_opened seat_held
4000  sweep                                           -> | seat_released room_failed
5000  ROOM.MATCH c u1 o4                              -> LIMIT_UNPAID
5000  USER.SEATS c u1                                 -> unpaid=2 unpaid_left=0
86_401_010 ROOM.MATCH c u1 o5                         -> seat=held | room_opened seat_held
