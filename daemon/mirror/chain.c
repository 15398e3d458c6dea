/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/chain.h"

#include <string.h>

#ifndef CHUNK_ENTRIES_MAX /* the simulator's are small, so that a load takes many */
#define CHUNK_ENTRIES_MIN   16
#define CHUNK_ENTRIES_FIRST 64
#define CHUNK_ENTRIES_MAX   500
#endif
#define CHUNK_BYTES         ((size_t)1024 * 1024)

void chain_init(struct chain *chain, uint64_t start, const char *dataset)
{
    *chain = (struct chain){.start = start};
    memcpy(chain->dataset, dataset, FORM_ID_SIZE);
}

/* The value of a field; ptr is NULL if the entry has none of that name. */
static struct mirror_bytes field_of(const struct reply *fields, const char *name)
{
    for (size_t i = 0; i + 1 < fields->count; i += 2)
        if (bytes_equal(reply_text_at(fields, i), bytes_of(name)))
            return reply_text_at(fields, i + 1);
    return (struct mirror_bytes){NULL, 0};
}

static bool names_the_one_before(const struct chain *chain, const struct reply *fields)
{
    char last[FORM_HEAD_SIZE];

    form_print_head(last, &chain->last);
    return bytes_equal(field_of(fields, "p"), bytes_of(last));
}

bool chain_follow(struct chain *chain, const struct reply *element, struct entry *out)
{
    const struct reply *fields;
    struct mirror_bytes nonce;
    struct head head = {0};

    if (!reply_is_array(element, 2) || element->elements[1].type != REPLY_ARRAY) return false;
    fields = &element->elements[1];
    nonce = field_of(fields, "n");
    if (!form_parse_position(reply_text_at(element, 0), &head.position)) return false;
    if (nonce.ptr == NULL || nonce.len >= FORM_ID_SIZE) return false;
    memcpy(head.nonce, nonce.ptr, nonce.len);
    memcpy(head.dataset, chain->dataset, FORM_ID_SIZE);

    if (!chain->is_started && head.position != chain->start) return false;
    if (chain->is_started && !names_the_one_before(chain, fields)) return false;
    chain->is_started = true;
    chain->last = head;
    *out = (struct entry){head.position, field_of(fields, "b")};
    return true;
}

size_t chain_chunk(size_t entries_seen, size_t bytes_seen)
{
    size_t count;

    if (entries_seen == 0 || bytes_seen == 0) return CHUNK_ENTRIES_FIRST;
    count = CHUNK_BYTES / (bytes_seen / entries_seen + 1);
    if (count < CHUNK_ENTRIES_MIN) return CHUNK_ENTRIES_MIN;
    return count > CHUNK_ENTRIES_MAX ? CHUNK_ENTRIES_MAX : count;
}
