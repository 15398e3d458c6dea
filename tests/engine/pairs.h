/* SPDX-License-Identifier: BSD-2-Clause */
/* pairs.h - a reply as flat text: "seats.0.user" -> "u1", "rooms.#" -> "3".
 *
 * Words by their word, ids as text, flags and numbers in decimal; a campaign's rules with all their
 * parameters, given or not. The pairs own their text.
 */
#ifndef TUAN_TESTS_ENGINE_PAIRS_H
#define TUAN_TESTS_ENGINE_PAIRS_H

#include "proto/schema.h"

struct pair {
    char *path, *value;
};
struct pairs {
    struct pair *items;
    size_t count, room;
};

void pairs_add_message(struct pairs *pairs, const char *prefix, const struct tuan_message *message,
                       const void *body);
/* NULL: the field is absent. */
const char *pairs_find(const struct pairs *pairs, const char *path);
/* One line "path=value path=value …"; the caller frees it. */
char *pairs_print(const struct pairs *pairs);
void pairs_clear(struct pairs *pairs);

#endif
