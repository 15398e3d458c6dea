/* SPDX-License-Identifier: BSD-2-Clause */
/* metrics.h - the daemon's numbers, each kept once: the rows of metrics.def as a struct and as
 * tables. */
#ifndef TUAN_DAEMON_METRICS_H
#define TUAN_DAEMON_METRICS_H

#include "daemon/histogram.h"
#include "proto/vocab.h"

enum metric_section {
    METRIC_SERVER,
    METRIC_CLIENTS,
    METRIC_WEB,
    METRIC_MEMORY,
    METRIC_MIRROR,
    METRIC_STATS,
    METRIC_MATCHING,
    METRIC_KEYSPACE,
    METRIC_SECTION_COUNT
};
enum metric_kind { METRIC_COUNTER, METRIC_COUNTER_US, METRIC_GAUGE, METRIC_GAUGE_MS };

/* What a connection speaks. */
enum metric_proto {
    METRIC_PROTO_NEW, /* nothing yet */
    METRIC_PROTO_RESP,
    METRIC_PROTO_MSGPACK,
    METRIC_PROTO_HTTP,
    METRIC_PROTO_COUNT
};
/* What a shopper got who asked for a seat. */
enum metric_join {
    METRIC_JOIN_OK,
    METRIC_JOIN_FULL,
    METRIC_JOIN_EXPIRED,   /* room or campaign have ended */
    METRIC_JOIN_DUPLICATE, /* he has a seat already */
    METRIC_JOIN_LIMITED,
    METRIC_JOIN_EXCLUDED, /* not for him */
    METRIC_JOIN_ERROR,
    METRIC_JOIN_COUNT
};

/* Whose deadline it is. */
enum metric_timer {
    METRIC_TIMER_MATCHING, /* holds, rooms, campaigns, what is remembered */
    METRIC_TIMER_CONNECTION,
    METRIC_TIMER_WATCH
};

/* The lists of METRIC_BY: ROW(index, label, word, …) for each word. */
#define METRIC_LIST_PROTO(ROW, ...)                                                                \
    ROW(METRIC_PROTO_NEW, "proto", "new", __VA_ARGS__)                                             \
    ROW(METRIC_PROTO_RESP, "proto", "resp", __VA_ARGS__)                                           \
    ROW(METRIC_PROTO_MSGPACK, "proto", "msgpack", __VA_ARGS__)                                     \
    ROW(METRIC_PROTO_HTTP, "proto", "http", __VA_ARGS__)
#define METRIC_LIST_JOIN(ROW, ...)                                                                 \
    ROW(METRIC_JOIN_OK, "result", "ok", __VA_ARGS__)                                               \
    ROW(METRIC_JOIN_FULL, "result", "full", __VA_ARGS__)                                           \
    ROW(METRIC_JOIN_EXPIRED, "result", "expired", __VA_ARGS__)                                     \
    ROW(METRIC_JOIN_DUPLICATE, "result", "duplicate", __VA_ARGS__)                                 \
    ROW(METRIC_JOIN_LIMITED, "result", "limited", __VA_ARGS__)                                     \
    ROW(METRIC_JOIN_EXCLUDED, "result", "excluded", __VA_ARGS__)                                   \
    ROW(METRIC_JOIN_ERROR, "result", "error", __VA_ARGS__)
#define METRIC_LIST_TIMER(ROW, ...)                                                                \
    ROW(METRIC_TIMER_MATCHING, "part", "matching", __VA_ARGS__)                                    \
    ROW(METRIC_TIMER_CONNECTION, "part", "connection", __VA_ARGS__)                                \
    ROW(METRIC_TIMER_WATCH, "part", "watch", __VA_ARGS__)
#define METRIC_LIST_MIRROR_OP(ROW, ...)                                                            \
    ROW(MIRROR_OP_HANDSHAKE, "op", "handshake", __VA_ARGS__)                                       \
    ROW(MIRROR_OP_LEASE, "op", "lease", __VA_ARGS__)                                               \
    ROW(MIRROR_OP_LOAD, "op", "load", __VA_ARGS__)                                                 \
    ROW(MIRROR_OP_LOOK, "op", "look", __VA_ARGS__)                                                 \
    ROW(MIRROR_OP_APPEND, "op", "append", __VA_ARGS__)                                             \
    ROW(MIRROR_OP_SLICE, "op", "slice", __VA_ARGS__)                                               \
    ROW(MIRROR_OP_TRIM, "op", "trim", __VA_ARGS__)                                                 \
    ROW(MIRROR_OP_FEED, "op", "feed", __VA_ARGS__)
#define METRIC_LIST_MIRROR_FAULT(ROW, ...)                                                         \
    ROW(MIRROR_FAULT_CONNECT, "reason", "connect", __VA_ARGS__)                                    \
    ROW(MIRROR_FAULT_ENDED, "reason", "ended", __VA_ARGS__)                                        \
    ROW(MIRROR_FAULT_TIMEOUT, "reason", "timeout", __VA_ARGS__)                                    \
    ROW(MIRROR_FAULT_PROTOCOL, "reason", "protocol", __VA_ARGS__)                                  \
    ROW(MIRROR_FAULT_NOT_NOW, "reason", "not_now", __VA_ARGS__)                                    \
    ROW(MIRROR_FAULT_NO_SCRIPT, "reason", "no_script", __VA_ARGS__)                                \
    ROW(MIRROR_FAULT_NOT_PRIMARY, "reason", "not_primary", __VA_ARGS__)                            \
    ROW(MIRROR_FAULT_DENIED, "reason", "denied", __VA_ARGS__)                                      \
    ROW(MIRROR_FAULT_UNKNOWN, "reason", "unknown", __VA_ARGS__)
#define METRIC_LIST_FORMED(ROW, ...)                                                               \
    ROW(TUAN_REASON_FULL, "reason", "full", __VA_ARGS__)                                           \
    ROW(TUAN_REASON_DEADLINE_TIER, "reason", "deadline_tier", __VA_ARGS__)                         \
    ROW(TUAN_REASON_DEADLINE_MIN, "reason", "deadline_min", __VA_ARGS__)                           \
    ROW(TUAN_REASON_VIRTUAL, "reason", "virtual", __VA_ARGS__)                                     \
    ROW(TUAN_REASON_FORCED, "reason", "forced", __VA_ARGS__)                                       \
    ROW(TUAN_REASON_MERGED, "reason", "merged", __VA_ARGS__)
#define METRIC_LIST_FAILED(ROW, ...)                                                               \
    ROW(TUAN_REASON_DEADLINE, "reason", "deadline", __VA_ARGS__)                                   \
    ROW(TUAN_REASON_CAMPAIGN_END, "reason", "campaign_end", __VA_ARGS__)                           \
    ROW(TUAN_REASON_LEADER_UNPAID, "reason", "leader_unpaid", __VA_ARGS__)                         \
    ROW(TUAN_REASON_LEADER_LEFT, "reason", "leader_left", __VA_ARGS__)                             \
    ROW(TUAN_REASON_DISSOLVED, "reason", "dissolved", __VA_ARGS__)                                 \
    ROW(TUAN_REASON_MERGED_AWAY, "reason", "merged_away", __VA_ARGS__)
#define METRIC_LIST_RELEASED(ROW, ...)                                                             \
    ROW(TUAN_RELEASE_EXPIRED, "reason", "expired", __VA_ARGS__)                                    \
    ROW(TUAN_RELEASE_CANCELLED, "reason", "cancelled", __VA_ARGS__)                                \
    ROW(TUAN_RELEASE_LEFT, "reason", "left", __VA_ARGS__)                                          \
    ROW(TUAN_RELEASE_ROOM_ENDED, "reason", "room_ended", __VA_ARGS__)                              \
    ROW(TUAN_RELEASE_MOVED, "reason", "moved", __VA_ARGS__)
#define METRIC_LIST_REFUND(ROW, ...)                                                               \
    ROW(TUAN_REFUND_ROOM_FAILED, "reason", "room_failed", __VA_ARGS__)                             \
    ROW(TUAN_REFUND_LATE, "reason", "late", __VA_ARGS__)                                           \
    ROW(TUAN_REFUND_DUPLICATE, "reason", "duplicate", __VA_ARGS__)                                 \
    ROW(TUAN_REFUND_UNMATCHED, "reason", "unmatched", __VA_ARGS__)                                 \
    ROW(TUAN_REFUND_LEFT, "reason", "left", __VA_ARGS__)                                           \
    ROW(TUAN_REFUND_LOTTERY_LOST, "reason", "lottery_lost", __VA_ARGS__)                           \
    ROW(TUAN_REFUND_TIER_DIFFERENCE, "reason", "tier_difference", __VA_ARGS__)                     \
    ROW(TUAN_REFUND_AFTER_SALE, "reason", "after_sale", __VA_ARGS__)

/* Indexed by the number of the word. */
enum { METRIC_WORDS_MAX = 16 };

struct metrics {
#define METRIC(member, section, kind, prometheus, doc) int64_t member;
#define METRIC_BY(member, list, section, kind, prometheus, label, doc)                             \
    int64_t member[METRIC_WORDS_MAX];
#define METRIC_HISTOGRAM(member, section, unit, prometheus, doc) struct histogram member;
#define METRIC_HISTOGRAM_BY(member, list, section, unit, prometheus, doc)                          \
    struct histogram member[METRIC_WORDS_MAX];
#include "daemon/metrics.def"
    /* Answered, by what was spoken (HTTP: acts at the admin port); TUAN_OK: with a result. */
    int64_t commands[METRIC_PROTO_COUNT][TUAN_CMD_COUNT][TUAN_ERR_COUNT];
    int64_t errors[TUAN_ERR_COUNT]; /* of all ports, also where no command was known */
};

struct metric_row {
    const char *name, *prometheus, *doc;
    enum metric_section section;
    enum metric_kind kind;
    size_t offset; /* of an int64_t in struct metrics */
};
extern const struct metric_row metric_rows[];
extern const size_t metric_row_count;

struct metric_histogram_row {
    const char *count_name, *sum_name, *prometheus, *doc;
    const char *labels; /* empty, or `name="word",` */
    enum metric_section section;
    enum histogram_unit unit;
    size_t offset; /* of a struct histogram in struct metrics */
};
extern const struct metric_histogram_row metric_histogram_rows[];
extern const size_t metric_histogram_row_count;
extern const char *const metric_section_names[METRIC_SECTION_COUNT]; /* as INFO spells them */

int64_t metric_value(const struct metrics *metrics, const struct metric_row *row);
const struct histogram *metric_histogram(const struct metrics *metrics,
                                         const struct metric_histogram_row *row);

/* One request was answered; TUAN_OK is a result. TUAN_CMD_COUNT: the request named no command. */
void metrics_count(struct metrics *metrics, enum metric_proto proto, enum tuan_cmd command,
                   enum tuan_err err);
/* Of a command: answered with a result, with an error. */
struct metric_outcomes {
    int64_t done, refused;
};
struct metric_outcomes metrics_outcomes(const struct metrics *metrics, enum tuan_cmd command);

/* The rows that are sums of others. */
void metrics_sum_up(struct metrics *metrics);

/* The version of jemalloc; empty where it is not linked. */
const char *metrics_allocator(void);
/* Memory as the system and the allocator see it. */
void metrics_sample_memory(struct metrics *metrics);

#endif
