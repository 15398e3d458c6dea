/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/product.h"

#include <assert.h>
#include <string.h>

#include "bench/tool/pages.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    assert(text != NULL);
    return text;
}

static struct product read_row(const json_t *row)
{
    const json_t *campaign = json_object_get(row, "campaign");
    const char *payment = json_string_value(json_object_get(campaign, "payment"));

    assert(json_is_object(campaign));
    return (struct product){
        .id = text_of(row, "id"),
        .title = text_of(campaign, "name"),
        .campaign = campaign,
        .hold_ms = json_integer_value(json_object_get(campaign, "hold_ms")),
        .tiers = (int64_t)json_array_size(json_object_get(campaign, "tiers")),
        .is_free = payment != NULL && strcmp(payment, "none") == 0,
        .shoppers_a_second =
            (double)json_integer_value(json_object_get(row, "shoppers_a_minute")) / 60.0,
    };
}

void products_open(struct products *products)
{
    const struct embedded_file *file = pages_find(&shop_pages, "products.json");

    assert(file != NULL);
    *products = (struct products){
        .json = json_loadb((const char *)file->data, file->len, JSON_REJECT_DUPLICATES, NULL)};
    assert(json_array_size(products->json) > 0);
    assert(json_array_size(products->json) <= PRODUCTS_MAX);
    for (; products->count < (int)json_array_size(products->json); products->count++)
        products->rows[products->count] =
            read_row(json_array_get(products->json, (size_t)products->count));
}

void products_close(struct products *products)
{
    json_decref(products->json);
    *products = (struct products){0};
}

const struct product *products_find(const struct products *products, const char *id)
{
    for (int i = 0; i < products->count; i++)
        if (strcmp(products->rows[i].id, id) == 0) return &products->rows[i];
    return NULL;
}
