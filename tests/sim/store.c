/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "daemon/mirror/form.h"

enum { NODE_ENTRIES = 100 };

/* ---- blobs ---- */

struct blob *blob_make(const void *bytes, size_t len)
{
    struct blob *blob = mem_alloc(sizeof *blob + len);

    *blob = (struct blob){1, (uint32_t)len};
    if (len > 0) memcpy(blob->data, bytes, len);
    return blob;
}

struct blob *blob_hold(struct blob *blob)
{
    if (blob != NULL) blob->refs++;
    return blob;
}

void blob_drop(struct blob *blob)
{
    if (blob != NULL && --blob->refs == 0) mem_free(blob);
}

static uint64_t hash_of(struct mirror_bytes bytes)
{
    return hash_bytes(bytes.ptr, bytes.len, 0);
}

/* ---- hashes ---- */

static bool field_has_name(const void *entry, const void *key)
{
    return bytes_equal(blob_bytes(((const struct field *)entry)->name),
                       *(const struct mirror_bytes *)key);
}

struct field *hash_find(const struct hash *hash, struct mirror_bytes name)
{
    return map_find(&hash->index, hash_of(name), field_has_name, &name);
}

static void hash_insert(struct hash *hash, struct blob *name, struct blob *value)
{
    struct field *field = mem_alloc(sizeof *field);

    *field = (struct field){name, value, hash->used};
    if (hash->used == hash->room) {
        hash->room = hash->room == 0 ? 16 : hash->room * 2;
        hash->order = mem_realloc(hash->order, hash->room * sizeof *hash->order);
    }
    hash->order[hash->used++] = field;
    map_insert(&hash->index, hash_of(blob_bytes(name)), field);
}

bool hash_set(struct hash *hash, struct mirror_bytes name, struct mirror_bytes value)
{
    struct field *field = hash_find(hash, name);

    if (field == NULL) {
        hash_insert(hash, blob_make(name.ptr, name.len), blob_make(value.ptr, value.len));
        return true;
    }
    blob_drop(field->value);
    field->value = blob_make(value.ptr, value.len);
    return false;
}

static void field_free(struct field *field)
{
    if (field == NULL) return;
    blob_drop(field->name);
    blob_drop(field->value);
    mem_free(field);
}

bool hash_remove(struct hash *hash, struct mirror_bytes name)
{
    struct field *field = hash_find(hash, name);

    if (field == NULL) return false;
    hash->order[field->at] = NULL;
    map_remove(&hash->index, hash_of(name), field);
    field_free(field);
    return true;
}

static void hash_copy(struct hash *to, const struct hash *from)
{
    map_init(&to->index, from->used);
    for (size_t i = 0; i < from->used; i++)
        if (from->order[i] != NULL)
            hash_insert(to, blob_hold(from->order[i]->name), blob_hold(from->order[i]->value));
}

/* ---- streams ---- */

bool stream_id_parse(struct mirror_bytes text, struct stream_id *out)
{
    char copy[48];
    char *end;

    if (text.len == 0 || text.len >= sizeof copy) return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    out->ms = strtoull(copy, &end, 10);
    if (*end != '-') return false;
    out->seq = strtoull(end + 1, &end, 10);
    return *end == '\0';
}

bool stream_add(struct stream *stream, struct stream_id id, struct blob *fields,
                uint32_t field_count)
{
    if (!stream_id_less(stream->last, id)) return false;
    if (stream->first + stream->count == stream->room) {
        if (stream->count > 0)
            memmove(stream->items, stream->items + stream->first,
                    stream->count * sizeof *stream->items);
        stream->first = 0;
        if (stream->count * 2 >= stream->room) {
            stream->room = stream->room == 0 ? 32 : stream->room * 2;
            stream->items = mem_realloc(stream->items, stream->room * sizeof *stream->items);
        }
    }
    stream->items[stream->first + stream->count++] = (struct stream_entry){id, field_count, fields};
    stream->last = id;
    return true;
}

static void drop_oldest(struct stream *stream, size_t count)
{
    for (size_t i = 0; i < count; i++)
        blob_drop(stream->items[stream->first + i].fields);
    stream->first += count;
    stream->count -= count;
}

size_t stream_seek(const struct stream *stream, struct stream_id id)
{
    size_t low = 0, high = stream->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stream_id_less(stream->items[stream->first + middle].id, id))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t stream_trim_below(struct stream *stream, struct stream_id least)
{
    size_t count = stream_seek(stream, least);

    drop_oldest(stream, count);
    return count;
}

size_t stream_trim_about(struct stream *stream, size_t max)
{
    size_t count = 0;

    while (stream->count - count >= max + NODE_ENTRIES)
        count += NODE_ENTRIES;
    drop_oldest(stream, count);
    return count;
}

/* The next bulk string, stepped over. */
static struct mirror_bytes next_bulk(const char **at)
{
    char *end;
    size_t len = strtoul(*at + 1, &end, 10);

    *at = end + 2 + len + 2;
    return (struct mirror_bytes){end + 2, len};
}

struct mirror_bytes entry_field(const struct stream_entry *entry, const char *name)
{
    const char *at = entry->fields->data;

    for (uint32_t i = 0; i + 1 < entry->field_count; i += 2) {
        struct mirror_bytes key = next_bulk(&at), value = next_bulk(&at);
        if (bytes_equal(key, bytes_of(name))) return value;
    }
    return (struct mirror_bytes){NULL, 0};
}

static void stream_copy(struct stream *to, const struct stream *from)
{
    *to = (struct stream){.last = from->last, .count = from->count, .room = from->count + 16};
    to->items = mem_alloc(to->room * sizeof *to->items);
    for (size_t i = 0; i < from->count; i++) {
        to->items[i] = from->items[from->first + i];
        blob_hold(to->items[i].fields);
    }
}

/* ---- keys ---- */

static bool value_has_key(const void *entry, const void *key)
{
    return bytes_equal(blob_bytes(((const struct value *)entry)->key),
                       *(const struct mirror_bytes *)key);
}

void store_init(struct store *store)
{
    map_init(&store->keys, 16);
}

static void value_clear(struct value *value)
{
    blob_drop(value->string);
    for (size_t i = 0; i < value->hash.used; i++)
        field_free(value->hash.order[i]);
    mem_free(value->hash.order);
    if (value->type == VALUE_HASH) map_free(&value->hash.index);
    drop_oldest(&value->stream, value->stream.count);
    mem_free(value->stream.items);
}

static void value_free(struct value *value)
{
    value_clear(value);
    blob_drop(value->key);
    mem_free(value);
}

void store_free(struct store *store)
{
    size_t cursor = 0;

    for (struct value *value; (value = map_next(&store->keys, &cursor)) != NULL;)
        value_free(value);
    map_free(&store->keys);
}

static struct value *insert(struct store *store, struct blob *key, enum value_type type)
{
    struct value *value = mem_zalloc(sizeof *value);

    value->key = key;
    value->type = type;
    if (type == VALUE_HASH) map_init(&value->hash.index, 0);
    map_insert(&store->keys, hash_of(blob_bytes(key)), value);
    return value;
}

void store_copy(struct store *to, const struct store *from)
{
    size_t cursor = 0;

    store_init(to);
    for (const struct value *value; (value = map_next(&from->keys, &cursor)) != NULL;) {
        struct value *copy = insert(to, blob_hold(value->key), VALUE_NONE);
        copy->type = value->type;
        copy->expires_ms = value->expires_ms;
        copy->string = blob_hold(value->string);
        if (value->type == VALUE_HASH) hash_copy(&copy->hash, &value->hash);
        if (value->type == VALUE_STREAM) stream_copy(&copy->stream, &value->stream);
    }
}

static void forget(struct store *store, struct value *value)
{
    map_remove(&store->keys, hash_of(blob_bytes(value->key)), value);
    value_free(value);
}

struct value *store_find(struct store *store, struct mirror_bytes key, int64_t now_ms)
{
    struct value *value = map_find(&store->keys, hash_of(key), value_has_key, &key);

    if (value == NULL || value->expires_ms == 0 || value->expires_ms > now_ms) return value;
    forget(store, value);
    return NULL;
}

struct value *store_make(struct store *store, struct mirror_bytes key, enum value_type type,
                         int64_t now_ms)
{
    struct value *value = store_find(store, key, now_ms);

    if (value == NULL) return insert(store, blob_make(key.ptr, key.len), type);
    return value->type == type ? value : NULL;
}

bool store_delete(struct store *store, struct mirror_bytes key, int64_t now_ms)
{
    struct value *value = store_find(store, key, now_ms);

    if (value == NULL) return false;
    forget(store, value);
    return true;
}

/* As SET: whatever was there is gone. */
void store_set(struct store *store, struct mirror_bytes key, struct mirror_bytes text,
               int64_t expires_ms, int64_t now_ms)
{
    struct value *value = store_find(store, key, now_ms);

    if (value != NULL && value->type != VALUE_STRING) {
        forget(store, value);
        value = NULL;
    }
    if (value == NULL) value = insert(store, blob_make(key.ptr, key.len), VALUE_STRING);
    blob_drop(value->string);
    value->string = blob_make(text.ptr, text.len);
    value->expires_ms = expires_ms;
}
