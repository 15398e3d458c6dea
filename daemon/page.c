/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/page.h"

#include <string.h>

#include "proto/json.h"

static struct tuan_str str(const char *text)
{
    return (struct tuan_str){text, (uint32_t)strlen(text)};
}

void page_comma(struct tuan_out *out)
{
    char last = out->data[out->len - 1];

    if (last != '{' && last != '[') tuan_out_text(out, ",");
}

void page_name(struct tuan_out *out, const char *name)
{
    page_comma(out);
    tuan_json_string(out, str(name));
    tuan_out_text(out, ":");
}

void page_text(void *context, const char *name, const char *value)
{
    page_name(context, name);
    tuan_json_string(context, str(value));
}

void page_number(void *context, const char *name, int64_t value)
{
    page_name(context, name);
    tuan_out_int(context, value);
}
