/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_config.c - CONFIG GET pattern ...: the options in force. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "daemon/admin.h"
#include "proto/resp.h"

enum { PATTERN_MAX = 128 };

/* What redis-benchmark asks every server. */
static const char *const foreign[] = {"save", "appendonly"};
enum { FOREIGN_COUNT = sizeof foreign / sizeof foreign[0] };

static const char *name_of(int i)
{
    return i < OPTION_COUNT ? option_rows[i].key : foreign[i - OPTION_COUNT];
}

static bool is_asked(const struct admin_call *call, int i)
{
    char pattern[PATTERN_MAX];

    for (uint32_t w = 0; w < admin_word_count(call); w++) {
        struct tuan_str word = admin_word(call, w);
        if (word.len >= sizeof pattern) continue;
        memcpy(pattern, word.ptr, word.len);
        pattern[word.len] = '\0';
        /* the foreign ones only by name: `CONFIG GET *` shows what there is here */
        if (i < OPTION_COUNT ? fnmatch(pattern, name_of(i), FNM_CASEFOLD) == 0
                             : strcasecmp(pattern, name_of(i)) == 0)
            return true;
    }
    return false;
}

static void print_value(const struct admin_call *call, int i, char *out, size_t size)
{
    out[0] = '\0';
    if (i < OPTION_COUNT) options_print_value(call->host->options, (enum option)i, out, size);
}

static void get(struct admin_call *call)
{
    char value[OPTION_TEXT_MAX];
    struct buf text;
    size_t count = 0;

    buf_init(&text);
    for (int i = 0; i < OPTION_COUNT + FOREIGN_COUNT; i++)
        count += is_asked(call, i);
    if (!call->is_rpc) tuan_resp_map(call->out, call->session->resp_version, count);
    for (int i = 0; i < OPTION_COUNT + FOREIGN_COUNT; i++) {
        if (!is_asked(call, i)) continue;
        print_value(call, i, value, sizeof value);
        if (call->is_rpc) {
            buf_printf(&text, "%s = %s\n", name_of(i), value);
        } else {
            tuan_resp_bulk(call->out, admin_str(name_of(i)));
            tuan_resp_bulk(call->out, admin_str(value));
        }
    }
    if (call->is_rpc)
        admin_text(call, (struct tuan_str){text.len > 0 ? text.data : "", (uint32_t)text.len});
    buf_free(&text);
}

void admin_config(struct admin_call *call)
{
    struct tuan_str action = call->command->arg.action;

    if (!tuan_str_equal_nocase(action, TUAN_STR("GET")))
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT,
                   "CONFIG %.*s is not served: set options in the file, SIGHUP reloads it",
                   (int)action.len, action.ptr);
    else if (admin_word_count(call) == 0)
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "CONFIG GET takes a pattern");
    else
        get(call);
}
