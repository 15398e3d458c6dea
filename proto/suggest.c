/* SPDX-License-Identifier: BSD-2-Clause */
/* suggest.c - "did you mean …": the nearest known name by edit distance. Only refusals pay for it.
 */
#include "proto/field.h"

#include <string.h>

enum { NAME_MAX_LEN = 32, DISTANCE_MAX = 2 };

struct best {
    struct tuan_str meant;
    const char *name;
    size_t distance;
};

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Letters to add, drop or change (Levenshtein, one row at a time); both names are at most
 * NAME_MAX_LEN long. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[NAME_MAX_LEN + 1];

    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t above = row[j];
            size_t changed = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            row[j] = min3(above + 1, row[j - 1] + 1, changed);
            diagonal = above;
        }
    }
    return row[b_len];
}

static void consider(struct best *best, const char *name)
{
    size_t len = strlen(name);

    if (best->meant.len > NAME_MAX_LEN || len > NAME_MAX_LEN) return;
    /* The distance is at least the difference of the lengths. */
    if (len > best->meant.len + DISTANCE_MAX || best->meant.len > len + DISTANCE_MAX) return;
    size_t distance = edit_distance(best->meant.ptr, best->meant.len, name, len);
    if (distance < best->distance && distance < len) {
        best->distance = distance;
        best->name = name;
    }
}

const char *tuan_suggest_command(struct tuan_str name)
{
    struct best best = {name, NULL, DISTANCE_MAX + 1};

    for (int id = 0; id < TUAN_CMD_COUNT; id++)
        consider(&best, tuan_commands[id].name);
    return best.name;
}

const char *tuan_suggest_name(enum tuan_cmd command, struct tuan_str name)
{
    struct best best = {name, NULL, DISTANCE_MAX + 1};

    for (const struct tuan_use *use = tuan_commands[command].uses; use->kind != TUAN_USE_END; use++)
        if (use->kind != TUAN_USE_PARAMS) consider(&best, tuan_arg_fields[use->arg].name);
    if (tuan_command_takes_params(command))
        for (int i = 0; i < TUAN_PARAM_COUNT; i++)
            consider(&best, tuan_param_fields[i].name);
    return best.name;
}
