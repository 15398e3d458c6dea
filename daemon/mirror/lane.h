/* SPDX-License-Identifier: BSD-2-Clause */
/* lane.h - one partition's place on the connection: its keys, and its questions in the outbox. */
#ifndef TUAN_DAEMON_MIRROR_LANE_H
#define TUAN_DAEMON_MIRROR_LANE_H

#include "daemon/mirror/scripts.h"
#include "daemon/mirror/wire.h"

enum key {
    KEY_LOG,
    KEY_HEAD,
    KEY_SNAP,
    KEY_FEED,
    KEY_OWNER,
    KEY_HASH, /* the hashes, in the order of enum mirror_hash */
    KEY_COUNT = KEY_HASH + MIRROR_HASH_COUNT
};
enum { KEY_SIZE = 40, LANE_FORMAT = 1 };

struct lane {
    uint32_t partition;
    uint32_t generation; /* counted up to forget all questions asked so far */
    struct outbox *out;
    const struct scripts *scripts;
    char keys[KEY_COUNT][KEY_SIZE];
};

void lane_init(struct lane *lane, uint32_t partition, struct outbox *out,
               const struct scripts *scripts);
void lane_expect(struct lane *lane, enum ask ask, uint64_t echo);

/* Start an EVALSHA in `out`: the caller appends exactly `argc` arguments. */
void lane_call(const struct lane *lane, struct buf *out, enum script script, const enum key *keys,
               size_t key_count, size_t argc);

void lane_get(struct lane *lane, enum ask ask, enum key key, uint64_t echo);
void lane_scan(struct lane *lane, enum mirror_hash hash, struct mirror_bytes cursor, size_t count);
/* Entries of the log from `from` on (without it if `is_after`), at most `count`. */
struct lane_range {
    uint64_t from;
    bool is_after;
    uint64_t to; /* 0: no end */
    size_t count;
};
void lane_log_range(struct lane *lane, enum ask ask, const struct lane_range *range);

struct lane_lease {
    const char *nonce;
    const char *holder;
    int64_t lease_ms;
};
void lane_take(struct lane *lane, const struct lane_lease *lease);
void lane_renew(struct lane *lane, const struct lane_lease *lease);
void lane_release(struct lane *lane, const char *nonce);
void lane_trim(struct lane *lane);
/* D2; a question of the handshake, so with the handshake's generation. */
void lane_create(struct lane *lane, const char *dataset, uint32_t generation);
void lane_load_scripts(struct lane *lane);

#endif
