/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/wire/op.h"

#include <stdio.h>
#include <string.h>

const struct op_row op_rows[OP_COUNT] = {
#define LOAD_OP(name, word, kind, doc) [OP_##name] = {word, OP_KIND_##kind, doc},
#include "bench/wire/op.def"
};

static void print_digits(uint64_t number, char *out, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        out[i] = (char)('0' + number % 10);
}

void names_init(struct names *names, uint32_t run)
{
    snprintf(names->campaign, sizeof names->campaign, "bench-%08x-000000", run);
}

void names_campaign(const struct names *names, uint32_t campaign, char out[CAMPAIGN_ID_LEN])
{
    memcpy(out, names->campaign, CAMPAIGN_ID_LEN);
    print_digits(campaign, out + CAMPAIGN_ID_LEN - 6, 6);
}

void names_person(char mark, uint64_t number, char out[PERSON_ID_LEN])
{
    out[0] = mark;
    print_digits(number, out + 1, PERSON_ID_LEN - 1);
}

bool names_read(char mark, struct tuan_str id, uint64_t *number)
{
    if (id.len != PERSON_ID_LEN || id.ptr[0] != mark) return false;
    *number = 0;
    for (int i = 1; i < PERSON_ID_LEN; i++) {
        if (id.ptr[i] < '0' || id.ptr[i] > '9') return false;
        *number = *number * 10 + (uint64_t)(id.ptr[i] - '0');
    }
    return true;
}

struct tuan_str room_id_str(const char *room_id)
{
    return (struct tuan_str){room_id, (uint32_t)strnlen(room_id, ROOM_ID_MAX)};
}
