/* SPDX-License-Identifier: BSD-2-Clause */
/* store.h - the data of one simulated Redis: strings, hashes and streams by key.
 *
 * Only what the mirror asks for, with Redis's own meaning of it. Values are shared blobs, so that a
 * copy of a whole store (a backup, a new replica) costs pointers, not bytes. Not here: commands
 * (command.h), and what becomes of a store in crashes (redis.h).
 */
#ifndef TUAN_TESTS_SIM_STORE_H
#define TUAN_TESTS_SIM_STORE_H

#include "base/map.h"
#include "daemon/mirror/types.h"

struct blob {
    uint32_t refs, len;
    char data[];
};
struct blob *blob_make(const void *bytes, size_t len);
struct blob *blob_hold(struct blob *blob);
void blob_drop(struct blob *blob); /* NULL is legal */
static inline struct mirror_bytes blob_bytes(const struct blob *blob)
{
    return (struct mirror_bytes){blob->data, blob->len};
}

struct stream_id {
    uint64_t ms, seq;
};
static inline bool stream_id_less(struct stream_id a, struct stream_id b)
{
    return a.ms != b.ms ? a.ms < b.ms : a.seq < b.seq;
}
struct stream_entry {
    struct stream_id id;
    uint32_t field_count; /* names and values together */
    struct blob *fields;  /* as they stand in a reply: a bulk string each */
};
struct stream {
    struct stream_entry *items; /* a queue: from `first` on */
    size_t first, count, room;
    struct stream_id last;
};

struct field { /* of a hash */
    struct blob *name, *value;
    size_t at; /* its place in the order */
};
struct hash {
    struct map index;     /* struct field, by name */
    struct field **order; /* in the order of their coming; NULL: gone */
    size_t used, room;
};

enum value_type { VALUE_NONE, VALUE_STRING, VALUE_HASH, VALUE_STREAM };
struct value {
    struct blob *key;
    enum value_type type;
    int64_t expires_ms; /* 0: never */
    struct blob *string;
    struct hash hash;
    struct stream stream;
};

struct store {
    struct map keys; /* struct value */
};

void store_init(struct store *store);
void store_free(struct store *store);
void store_copy(struct store *to, const struct store *from); /* `to` is uninitialised */

/* NULL: there is none (any more). */
struct value *store_find(struct store *store, struct mirror_bytes key, int64_t now_ms);
/* One of this type, made if there is none; NULL: the key holds another type. */
struct value *store_make(struct store *store, struct mirror_bytes key, enum value_type type,
                         int64_t now_ms);
bool store_delete(struct store *store, struct mirror_bytes key, int64_t now_ms);
void store_set(struct store *store, struct mirror_bytes key, struct mirror_bytes text,
               int64_t expires_ms, int64_t now_ms);

/* True: it was not there before. */
bool hash_set(struct hash *hash, struct mirror_bytes name, struct mirror_bytes value);
struct field *hash_find(const struct hash *hash, struct mirror_bytes name);
bool hash_remove(struct hash *hash, struct mirror_bytes name);

/* False: the id is not above the last one. Takes `fields` over if true. */
bool stream_add(struct stream *stream, struct stream_id id, struct blob *fields,
                uint32_t field_count);
size_t stream_trim_below(struct stream *stream, struct stream_id least);
/* MAXLEN ~: whole nodes of 100 only. */
size_t stream_trim_about(struct stream *stream, size_t max);
/* The place of the first entry that is not below `id`. */
size_t stream_seek(const struct stream *stream, struct stream_id id);
bool stream_id_parse(struct mirror_bytes text, struct stream_id *out);
/* The value of a field of an entry; ptr NULL: it has none. */
struct mirror_bytes entry_field(const struct stream_entry *entry, const char *name);

#endif
