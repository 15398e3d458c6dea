/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_config.c - CONFIG GET pattern ..., CONFIG SET key value ...: the options in force. */
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

/* ---- SET ---- */

static bool copy_word(struct tuan_str word, char out[OPTION_TEXT_MAX])
{
    if (word.len >= OPTION_TEXT_MAX) return false;
    memcpy(out, word.ptr, word.len);
    out[word.len] = '\0';
    return true;
}

static bool set_one(struct options *options, struct tuan_str key_word, struct tuan_str value_word,
                    struct options_fault *fault)
{
    const struct option_origin origin = {OPTION_RUNTIME, 0};
    char key[OPTION_TEXT_MAX], value[OPTION_TEXT_MAX];

    if (!copy_word(key_word, key) || !copy_word(value_word, value))
        return options_fail(fault, "a word is longer than %d bytes", OPTION_TEXT_MAX - 1);
    enum option id = options_find(key);
    const char *near = options_suggest(key);
    if (id != OPTION_COUNT) return options_set(options, id, value, origin, fault);
    return options_fail(fault, "unknown option '%.64s'%s%s", key,
                        near == NULL ? "" : ": did you mean ", near == NULL ? "" : near);
}

static void set(struct admin_call *call)
{
    struct session_host *host = call->host;
    struct options fresh = *host->options;
    uint32_t count = admin_word_count(call);
    struct options_fault fault;
    bool is_good = true;

    if (count == 0 || count % 2 != 0) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "CONFIG SET takes keys, each with its value");
        return;
    }
    for (uint32_t i = 0; is_good && i < count; i += 2)
        is_good = set_one(&fresh, admin_word(call, i), admin_word(call, i + 1), &fault);
    if (is_good && host->reconfigure(host->reconfigure_context, &fresh, &fault))
        admin_simple(call, "OK");
    else
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "%.160s", fault.text);
}

void admin_config(struct admin_call *call)
{
    struct tuan_str action = call->command->arg.action;

    if (tuan_str_equal_nocase(action, TUAN_STR("SET")))
        set(call);
    else if (!tuan_str_equal_nocase(action, TUAN_STR("GET")))
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "CONFIG takes GET or SET");
    else if (admin_word_count(call) == 0)
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "CONFIG GET takes a pattern");
    else
        get(call);
}
