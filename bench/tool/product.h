/* SPDX-License-Identifier: BSD-2-Clause */
/* product.h - what the demo's shop sells: the rows of bench/shop/products.json, which its page
 * reads too. */
#ifndef TUAN_TOOL_PRODUCT_H
#define TUAN_TOOL_PRODUCT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define PRODUCTS_MAX 10

struct product {
    const char *id;         /* its campaign's */
    const char *title;      /* as on a terminal */
    const json_t *campaign; /* further arguments of CAMPAIGN.PUT */
    int64_t hold_ms;
    int64_t tiers; /* that an opener may pick from; 0: none */
    bool is_free;  /* payment none */
    double shoppers_a_second;
};

/* All of it belongs to `json`. */
struct products {
    json_t *json;
    struct product rows[PRODUCTS_MAX];
    int count;
};

/* The file is part of this program: that it can be read is asserted. */
void products_open(struct products *products);
void products_close(struct products *products);
/* The product of that campaign, NULL if it is none of ours. */
const struct product *products_find(const struct products *products, const char *id);

#endif
