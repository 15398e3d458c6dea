/* SPDX-License-Identifier: BSD-2-Clause */
/* books_impl.h - what the parts of the books share. */
#ifndef TUAN_TESTS_SIM_BOOKS_IMPL_H
#define TUAN_TESTS_SIM_BOOKS_IMPL_H

#include "base/hash.h"
#include "tests/sim/books.h"

#define STR(text) (int)(text).len, (text).ptr

static inline uint64_t books_hash_rid(struct tuan_id id)
{
    return hash_mix(id.hi, id.lo);
}

/* The first is kept. */
void books_flaw(struct books *books, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Found, or made. */
struct books_order *books_make_order(struct books *books, struct tuan_str campaign,
                                     struct tuan_str order);
/* `order`: "campaign order". */
struct books_payment *books_make_payment(struct books *books, const char *order,
                                         struct tuan_str payment);
void books_put_campaign(struct books *books, struct tuan_str name);

/* books_restored.c */
void books_restore(struct books *books, const struct tuan_record_restored_fact *fact);

#endif
