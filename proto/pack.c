/* SPDX-License-Identifier: BSD-2-Clause */
/* pack.c - facts and records as msgpack arrays. Each join packs a fact; printing the bytes by hand
 * gains nothing over msgpack-c, the walk over the rows is what it costs. */
#include "proto/pack.h"
#include "proto/packer.h"

static void pack_rid(struct tuan_out *out, struct tuan_id id)
{
    unsigned char bytes[TUAN_RID_BYTES];

    tuan_rid_pack(id, bytes);
    tuan_pack_bin(out, bytes, sizeof bytes);
}

static void pack_tags(struct tuan_out *out, struct tuan_tags tags)
{
    tuan_pack_map(out, tags.count);
    for (uint32_t i = 0; i < tags.count; i++) {
        tuan_pack_str(out, tags.items[i].name);
        tuan_pack_str(out, tags.items[i].value);
    }
}

static void pack_names(struct tuan_out *out, struct tuan_names names)
{
    tuan_pack_array(out, names.count);
    for (uint32_t i = 0; i < names.count; i++)
        tuan_pack_str(out, names.items[i]);
}

static void pack_tiers(struct tuan_out *out, struct tuan_tiers tiers)
{
    tuan_pack_array(out, tiers.count);
    for (uint32_t i = 0; i < tiers.count; i++) {
        tuan_pack_array(out, 2);
        tuan_pack_int(out, tiers.items[i].size);
        tuan_pack_int(out, tiers.items[i].price);
    }
}

static void pack_value(struct tuan_out *out, const struct tuan_field *field, const void *value);

static void pack_rules(struct tuan_out *out, const struct tuan_rules *rules)
{
    uint64_t given = tuan_rules_given(rules);

    tuan_pack_map(out, (size_t)__builtin_popcountll(given));
    while (given != 0) {
        const struct tuan_field *field = &tuan_param_fields[tuan_next_bit(&given)];
        tuan_pack_str(out, (struct tuan_str){field->name, field->name_len});
        pack_value(out, field, tuan_field_at(field, rules));
    }
}

static void pack_list(struct tuan_out *out, const struct tuan_message *message,
                      struct tuan_list list)
{
    tuan_pack_array(out, list.count);
    for (uint32_t i = 0; i < list.count; i++)
        tuan_pack_record(out, message, (const char *)list.items + i * message->size);
}

static void pack_value(struct tuan_out *out, const struct tuan_field *field, const void *value)
{
    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_WORD: tuan_pack_int(out, *(const int64_t *)value); break;
    case TUAN_ID:
    case TUAN_TEXT: tuan_pack_str(out, *(const struct tuan_str *)value); break;
    case TUAN_RID: pack_rid(out, *(const struct tuan_id *)value); break;
    case TUAN_TAGS: pack_tags(out, *(const struct tuan_tags *)value); break;
    case TUAN_NAMES: pack_names(out, *(const struct tuan_names *)value); break;
    case TUAN_TIERS: pack_tiers(out, *(const struct tuan_tiers *)value); break;
    case TUAN_LIST: pack_list(out, field->items, *(const struct tuan_list *)value); break;
    case TUAN_RIDS:
    case TUAN_MAP: break; /* of requests and replies only */
    case TUAN_RULES: pack_rules(out, *(const struct tuan_rules *const *)value); break;
    }
}

static uint32_t length_of(uint64_t given)
{
    return given == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(given);
}

static void pack_fields(struct tuan_out *out, const struct tuan_message *message, const void *body,
                        uint64_t given)
{
    uint32_t count = length_of(given);

    for (uint32_t i = 0; i < count; i++) {
        if ((given >> i) & 1)
            pack_value(out, &message->fields[i], tuan_field_at(&message->fields[i], body));
        else
            tuan_pack_nil(out);
    }
}

void tuan_pack_record(struct tuan_out *out, const struct tuan_message *message, const void *record)
{
    uint64_t given = tuan_given(message, record);

    tuan_pack_array(out, length_of(given));
    pack_fields(out, message, record, given);
}

void tuan_pack_fact(struct tuan_out *out, const struct tuan_fact *fact)
{
    const struct tuan_message *message = tuan_fact_message(fact->type);
    uint64_t given = tuan_given(message, &fact->given);

    tuan_pack_array(out, 1 + (size_t)length_of(given));
    tuan_pack_int(out, (int)fact->type);
    pack_fields(out, message, &fact->given, given);
}
