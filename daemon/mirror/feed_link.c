/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/feed_link.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/mirror/form.h"
#include "daemon/mirror/lane.h"

#define DENIED_RETRY_MS 2000
#define PAGE_BYTES_MAX  ((uint64_t)1024 * 1024) /* of event data, the last one may pass it */
#define PAGE_LOOKS_MAX  4096                    /* entries, for the few of one campaign */
#define PAGE_ITEMS      5                       /* of the answer, before the entries */
#define ENTRY_ITEMS     5

struct question {
    struct list link; /* in waiting or sent */
    struct mirror_feed_ask ask;
    int64_t asked_ms;
};

static struct question *oldest(const struct list *questions)
{
    return list_is_empty(questions) ? NULL : container_of(questions->next, struct question, link);
}

static void answer(struct question *question, const struct mirror_feed_page *page)
{
    struct mirror_feed_ask ask = question->ask;

    list_remove(&question->link);
    mem_free(question);
    ask.page(ask.context, ask.partition, page);
}

/* ---- asking ---- */

static void expect(struct feed_link *feed, enum ask ask)
{
    outbox_expect(&feed->out, &(struct expected){.ask = ask});
}

static void say_hello(struct feed_link *feed)
{
    struct buf *out = &feed->out.bytes;

    if (feed->password[0] != '\0') {
        wire_begin(out, 2);
        wire_arg_str(out, "AUTH");
        wire_arg_str(out, feed->password);
        expect(feed, ASK_HELLO_AUTH);
    }
    wire_begin(out, 3);
    wire_arg_str(out, "CLIENT");
    wire_arg_str(out, "SETNAME");
    wire_arg_str(out, "tuan-feed");
    expect(feed, ASK_HELLO_NAME);
    if (feed->config->db == 0) return;
    wire_begin(out, 2);
    wire_arg_str(out, "SELECT");
    wire_arg_uint(out, feed->config->db);
    expect(feed, ASK_HELLO_SELECT);
}

static void send_question(struct feed_link *feed, struct question *question)
{
    static const enum key keys[] = {KEY_FEED};
    const struct mirror_feed_ask *ask = &question->ask;
    struct buf *out = &feed->out.bytes;
    char after[FORM_POSITION_SIZE] = "";
    struct lane lane;

    lane_init(&lane, ask->partition, &feed->out, feed->scripts);
    lane_call(&lane, out, SCRIPT_FEED, keys, 1, 5);
    if (!ask->is_from_end) form_print_event_id(after, ask->after);
    wire_arg_str(out, after);
    wire_arg_uint(out, ask->count);
    wire_arg(out, ask->campaign.name, ask->campaign.len);
    wire_arg_uint(out, PAGE_BYTES_MAX);
    wire_arg_uint(out, PAGE_LOOKS_MAX);
    expect(feed, ASK_FEED);
    list_remove(&question->link);
    list_push_tail(&feed->sent, &question->link);
}

static void send_waiting(struct feed_link *feed)
{
    while (!list_is_empty(&feed->waiting))
        send_question(feed, oldest(&feed->waiting));
    link_flush(feed->link);
}

void feed_link_ask(struct feed_link *feed, const struct mirror_feed_ask *ask, int64_t now_ms)
{
    struct question *question = mem_alloc(sizeof *question);

    *question = (struct question){.ask = *ask, .asked_ms = now_ms};
    list_push_tail(&feed->waiting, &question->link);
    feed->is_wanted = true;
    feed->out.now_ms = now_ms;
    if (link_is_up(feed->link)) send_waiting(feed);
}

/* ---- answers ---- */

static bool take_entry(const struct reply *reply, struct mirror_feed_entry *out)
{
    if (!reply_is_array(reply, ENTRY_ITEMS)) return false;
    out->event = (struct mirror_event){.type = reply_text_at(reply, 1),
                                       .campaign = reply_text_at(reply, 2),
                                       .room = reply_text_at(reply, 3),
                                       .data = reply_text_at(reply, 4)};
    return form_parse_event_id(reply_text_at(reply, 0), &out->id);
}

/* Empty: none. */
static bool take_id(const struct reply *reply, size_t index, struct mirror_event_id *out)
{
    struct mirror_bytes text = reply_text_at(reply, index);

    return text.len == 0 || form_parse_event_id(text, out);
}

static bool take_head(const struct reply *reply, struct mirror_feed_page *out)
{
    if (!reply_is_array(reply, PAGE_ITEMS) || reply->elements[1].type != REPLY_INTEGER ||
        reply->elements[2].type != REPLY_INTEGER)
        return false;
    out->is_end = reply->elements[1].integer != 0;
    out->is_trimmed = reply->elements[2].integer != 0;
    return form_parse_event_id(reply_text_at(reply, 0), &out->after) &&
           take_id(reply, 3, &out->first) && take_id(reply, 4, &out->last);
}

static void take_page(struct question *question, const struct reply *reply)
{
    struct mirror_feed_page page = {0};

    if (!take_head(reply, &page)) {
        log_warn("the feed cannot be read", "partition=%u", (unsigned)question->ask.partition);
        answer(question, NULL);
        return;
    }
    struct mirror_feed_entry *entries =
        mem_alloc((reply->count - PAGE_ITEMS + 1) * sizeof *entries);
    for (size_t i = PAGE_ITEMS; i < reply->count; i++)
        if (take_entry(&reply->elements[i], &entries[page.count])) page.count++;
    page.entries = entries;
    answer(question, &page);
    mem_free(entries);
}

static void take_error(struct feed_link *feed, enum ask ask, struct mirror_bytes error)
{
    char text[120];

    log_quote(text, sizeof text, error.ptr, error.len);
    log_warn("the feed cannot be read", "error=\"%s\"", text);
    if (ask != ASK_FEED)
        link_end(feed->link, "Redis denies access", DENIED_RETRY_MS);
    else
        answer(oldest(&feed->sent), NULL);
}

static void on_up(void *context)
{
    struct feed_link *feed = context;

    say_hello(feed);
    send_waiting(feed);
}

static void on_reply(void *context, const struct expected *expected, const struct reply *reply)
{
    struct feed_link *feed = context;

    link_settled(feed->link);
    if (reply->type == REPLY_ERROR)
        take_error(feed, expected->ask, reply->text);
    else if (expected->ask == ASK_FEED)
        take_page(oldest(&feed->sent), reply);
}

static void on_down(void *context, const char *why)
{
    struct feed_link *feed = context;

    (void)why;
    while (!list_is_empty(&feed->sent))
        answer(oldest(&feed->sent), NULL);
}

/* ---- life ---- */

bool feed_link_open(struct feed_link *feed, struct event_base *base,
                    const struct link_address *address, char *error, size_t error_size)
{
    const struct link_hooks hooks = {feed, on_up, on_reply, on_down};

    list_init(&feed->waiting);
    list_init(&feed->sent);
    outbox_init(&feed->out);
    feed->link = link_create(base, address, false, &feed->out, &hooks, error, error_size);
    return feed->link != NULL;
}

static void free_all(struct list *questions)
{
    while (!list_is_empty(questions))
        mem_free(container_of(list_pop_head(questions), struct question, link));
}

void feed_link_close(struct feed_link *feed)
{
    if (feed->out.expected == NULL) return;
    link_destroy(feed->link);
    free_all(&feed->waiting);
    free_all(&feed->sent);
    outbox_free(&feed->out);
}

void feed_link_turn(struct feed_link *feed, int64_t now_ms)
{
    if (!feed->is_wanted) return;
    link_turn(feed->link, now_ms, feed->config->timeout_ms);
    while (!list_is_empty(&feed->waiting) &&
           oldest(&feed->waiting)->asked_ms + feed->config->timeout_ms <= now_ms)
        answer(oldest(&feed->waiting), NULL);
}

int64_t feed_link_next_ms(const struct feed_link *feed)
{
    if (!feed->is_wanted) return INT64_MAX;
    int64_t next_ms = link_next_ms(feed->link, feed->config->timeout_ms);
    const struct question *first = oldest(&feed->waiting);

    return first == NULL || next_ms < first->asked_ms + feed->config->timeout_ms
               ? next_ms
               : first->asked_ms + feed->config->timeout_ms;
}
