/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_info.c - INFO, as Redis lays it out. */
#include "base/buf.h"
#include "daemon/admin.h"
#include "daemon/info.h"

static void print_text(void *context, const char *name, const char *value)
{
    buf_printf(context, "%s:%s\r\n", name, value);
}

static void print_number(void *context, const char *name, int64_t value)
{
    buf_printf(context, "%s:%lld\r\n", name, (long long)value);
}

static void print_error(void *context, const char *code, int64_t count)
{
    buf_printf(context, "errorstat_%s:count=%lld\r\n", code, (long long)count);
}

static void print_command(void *context, const char *name, int64_t calls, int64_t refused)
{
    buf_printf(context, "cmdstat_%s:calls=%lld,failed_calls=%lld\r\n", name, (long long)calls,
               (long long)refused);
}

static void print_section(const struct session_host *host, int section, struct buf *out)
{
    const struct info_sink sink = {.context = out,
                                   .text = print_text,
                                   .number = print_number,
                                   .error = print_error,
                                   .command = print_command};

    buf_printf(out, "%s# %s\r\n", out->len > 0 ? "\r\n" : "", info_section_name(section));
    info_walk(host, section, &sink);
    if (section == METRIC_KEYSPACE) /* what redis-cli --stat shows as keys */
        buf_printf(out, "db0:keys=%lld,expires=0,avg_ttl=0\r\n", (long long)host->metrics->rooms);
}

/* INFO alone shows all but the statistics by command, as in Redis; `all` and `everything` show
 * those too. Persistence and Replication are asked for by name by Redis's tools: they get the
 * Mirror section. */
static bool is_wanted(const struct admin_call *call, int section)
{
    uint32_t count = admin_word_count(call);

    for (uint32_t i = 0; i < count; i++) {
        struct tuan_str word = admin_word(call, i);
        if (tuan_str_equal_nocase(word, admin_str(info_section_name(section))) ||
            tuan_str_equal_nocase(word, TUAN_STR("all")) ||
            tuan_str_equal_nocase(word, TUAN_STR("everything")) ||
            (tuan_str_equal_nocase(word, TUAN_STR("default")) && section != INFO_COMMANDS) ||
            (tuan_str_equal_nocase(word, TUAN_STR("persistence")) && section == METRIC_MIRROR))
            return true;
    }
    return count == 0 && section != INFO_COMMANDS;
}

void admin_info(struct admin_call *call)
{
    struct buf text;

    info_sample(call->host);
    buf_init(&text);
    for (int section = 0; section < INFO_SECTION_COUNT; section++)
        if (is_wanted(call, section)) print_section(call->host, section, &text);
    admin_text(call, (struct tuan_str){text.len > 0 ? text.data : "", (uint32_t)text.len});
    buf_free(&text);
}
