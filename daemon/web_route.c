/* SPDX-License-Identifier: BSD-2-Clause */
/* web_route.c - the routes that are answered at once. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "daemon/web.h"
#include "proto/json.h"

static const char json[] = "application/json";

static struct tuan_str page_of(const struct session_host *host)
{
    return (struct tuan_str){host->page.data, (uint32_t)host->page.len};
}

static bool client_has(const struct web_call *call, struct tuan_str etag)
{
    struct tuan_str field = call->request->if_none_match;

    return field.ptr != NULL && tuan_http_names_etag(field, etag);
}

/* A page that has no version of its own: its tag is made of its bytes. */
static void answer_page(const struct web_call *call, const struct dispatch_answer *waits)
{
    struct session_host *host = call->http->host;
    struct tuan_str page = page_of(host);
    char text[DISPATCH_INCARNATION_MAX + 24];
    int len = snprintf(text, sizeof text, "%s-%016llx", dispatch_incarnation(host->dispatch),
                       (unsigned long long)hash_bytes(page.ptr, page.len, 0));
    struct http_answer answer = {
        .status = 200, .type = json, .body = page, .etag = {text, (uint32_t)len}, .max_age_s = 1};

    if (client_has(call, answer.etag)) {
        answer.status = 304;
        answer.type = NULL;
        answer.body.len = 0;
    }
    http_answer(call->http, &answer, waits);
}

void web_time(const struct web_call *call)
{
    struct session_host *host = call->http->host;

    host->page.len = 0;
    tuan_out_text(&host->page, "{\"now\":");
    tuan_out_int(&host->page, dispatch_now(host->dispatch));
    tuan_out_text(&host->page, "}");
    http_answer(call->http,
                &(struct http_answer){.status = 200, .type = json, .body = page_of(host)}, NULL);
}

/* ---- one room ---- */

/* NULL: refused, and answered. */
static const struct web_room *read_room(const struct web_call *call)
{
    struct session_host *host = call->http->host;
    struct tuan_reply unknown = {.err = TUAN_ERR_ROOM_NOT_FOUND};
    struct tuan_id id;

    if (!tuan_rid_parse(call->id, &id)) { /* what cannot be an id is no room's */
        http_refuse(call->http, &unknown, 0, NULL);
        return NULL;
    }
    const struct web_room *room = web_room_read(host, id);
    if (room == NULL) http_refuse(call->http, &host->answer.reply, 0, &host->answer);
    return room;
}

/* The tag as it is in ETag, with its quotes or without. */
static bool is_tag(struct tuan_str text, struct tuan_str etag)
{
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        text = (struct tuan_str){text.ptr + 1, text.len - 2};
    return tuan_str_equal(text, etag);
}

/* "20s" or "1500ms"; longer than is allowed is cut. -1: neither. */
static int64_t parse_wait_ms(struct tuan_str text)
{
    int64_t number = 0;
    uint32_t digits = 0;

    for (; digits < text.len && digits < 6; digits++) {
        if (text.ptr[digits] < '0' || text.ptr[digits] > '9') break;
        number = number * 10 + (text.ptr[digits] - '0');
    }
    struct tuan_str unit = {text.ptr + digits, text.len - digits};
    if (digits == 0) return -1;
    if (tuan_str_equal(unit, TUAN_STR("s")))
        number *= 1000;
    else if (!tuan_str_equal(unit, TUAN_STR("ms")))
        return -1;
    return number < WEB_WAIT_MS_MAX ? number : WEB_WAIT_MS_MAX;
}

void web_room_get(const struct web_call *call)
{
    int64_t wait_ms = call->wait.ptr == NULL ? 0 : parse_wait_ms(call->wait);

    if (wait_ms < 0 || (call->wait.ptr != NULL && call->since.ptr == NULL)) {
        http_refuse_text(call->http, TUAN_ERR_BAD_ARGUMENT,
                         wait_ms < 0 ? "wait: a time like 20s or 500ms"
                                     : "wait: needs since, the ETag's text");
        return;
    }
    const struct web_room *room = read_room(call);
    if (room == NULL) return;
    if (call->since.ptr == NULL) {
        web_answer_room(call->http, room, client_has(call, room->etag) ? 304 : 200);
    } else if (!is_tag(call->since, room->etag)) {
        web_answer_room(call->http, room, 200);
    } else if (wait_ms == 0 || room->is_ended || call->request->method == TUAN_HTTP_HEAD) {
        web_answer_room(call->http, room, 204);
    } else {
        web_wait(call->http, room, wait_ms);
    }
}

void web_room_events(const struct web_call *call)
{
    struct tuan_str seen = call->request->last_event_id;
    const struct web_room *room = read_room(call);

    if (room == NULL) return;
    bool is_known = seen.ptr != NULL && is_tag(seen, room->etag);
    if (is_known && room->is_ended)
        web_answer_room(call->http, room, 204); /* nothing will follow: do not come again */
    else
        web_stream(call->http, room, is_known);
}

/* ---- several rooms ---- */

/* The positions that the whole page waits for: the newest of each partition. */
static void add_waits(struct dispatch_answer *all, const struct dispatch_answer *one)
{
    for (uint32_t i = 0; i < one->wait_count; i++) {
        uint32_t at = 0;
        while (at < all->wait_count && all->waits[at].partition != one->waits[i].partition)
            at++;
        if (at == all->wait_count) all->waits[all->wait_count++] = one->waits[i];
        if (all->waits[at].position < one->waits[i].position) all->waits[at] = one->waits[i];
    }
}

/* One that is not there stands in its place with the error. */
static void add_room(struct session_host *host, struct tuan_str text, struct dispatch_answer *waits)
{
    struct tuan_reply unknown = {.err = TUAN_ERR_ROOM_NOT_FOUND};
    const struct tuan_reply *refused = &unknown;
    struct tuan_out *page = &host->page;
    struct tuan_id id;

    if (tuan_rid_parse(text, &id)) {
        const struct web_room *room = web_room_read(host, id);
        add_waits(waits, &host->answer);
        if (room != NULL) {
            tuan_out_bytes(page, room->body.ptr, room->body.len);
            return;
        }
        refused = &host->answer.reply;
    }
    tuan_out_text(page, "{\"id\":");
    tuan_json_string(page, text);
    tuan_out_text(page, ",\"error\":");
    tuan_json_error(page, refused);
    tuan_out_text(page, "}");
}

void web_rooms_get(const struct web_call *call)
{
    struct session_host *host = call->http->host;
    struct dispatch_answer waits = {.command = TUAN_CMD_ROOM_MGET, .at_us = host->turn_us};
    struct tuan_str rest = call->ids;
    uint32_t count = 1;

    for (uint32_t i = 0; i < rest.len; i++)
        count += rest.ptr[i] == ',';
    if (rest.len == 0 || count > WEB_IDS_MAX || !tuan_text_is_valid(rest)) {
        http_refuse_text(call->http, TUAN_ERR_BAD_ARGUMENT, "ids: 1 to 50 room ids with commas");
        return;
    }
    host->page.len = 0;
    tuan_out_text(&host->page, "{\"rooms\":[");
    for (uint32_t i = 0; i < count; i++) {
        const char *comma = memchr(rest.ptr, ',', rest.len);
        uint32_t len = comma == NULL ? rest.len : (uint32_t)(comma - rest.ptr);
        if (i > 0) tuan_out_text(&host->page, ",");
        add_room(host, (struct tuan_str){rest.ptr, len}, &waits);
        if (comma != NULL) rest = (struct tuan_str){comma + 1, rest.len - len - 1};
    }
    tuan_out_text(&host->page, "]}");
    answer_page(call, &waits);
}

/* ---- campaigns ---- */

static bool set_argument(struct session_host *host, enum tuan_arg arg, struct tuan_str text)
{
    if (text.ptr == NULL) return true;
    host->command.given |= UINT64_C(1) << arg;
    return tuan_field_from_text(&tuan_arg_fields[arg], &host->command.arg, text, &host->arena,
                                &host->fault) == TUAN_OK;
}

/* Run a read of the campaign in the path; false: refused, and answered. */
static bool read_campaign(const struct web_call *call, struct tuan_str command,
                          struct tuan_str sort, struct tuan_str limit)
{
    struct session_host *host = call->http->host;

    host->arena.used = 0;
    if (!tuan_id_is_valid(call->id)) { /* what cannot be an id is no campaign's */
        http_refuse(call->http, &(struct tuan_reply){.err = TUAN_ERR_CAMPAIGN_NOT_FOUND}, 0, NULL);
        return false;
    }
    tuan_command_begin(&host->command, command, &host->fault);
    if (!set_argument(host, TUAN_ARG_campaign, call->id) ||
        !set_argument(host, TUAN_ARG_sort, sort) || !set_argument(host, TUAN_ARG_limit, limit)) {
        http_refuse_text(call->http, host->fault.err, host->fault.text);
        return false;
    }
    dispatch_command(host->dispatch, &host->command, &host->answer);
    if (host->answer.reply.err == TUAN_OK) return true;
    http_refuse(call->http, &host->answer.reply, 0, &host->answer);
    return false;
}

static int64_t phase_rank(int64_t phase)
{
    return phase == TUAN_PHASE_SCHEDULED ? 0
           : phase == TUAN_PHASE_ENDED   ? 2
           : phase == TUAN_PHASE_CLOSED  ? 3
                                         : 1;
}

/* Each count only grows, and a phase goes back only with a new revision. */
static int64_t version_of(const struct tuan_campaign *campaign)
{
    return 4 * (campaign->revision + campaign->rooms_opened + campaign->rooms_formed +
                campaign->rooms_failed) +
           phase_rank(campaign->phase);
}

static void view_campaign(const struct tuan_campaign *campaign, struct tuan_web_campaign *out)
{
    const struct tuan_rules *rules = campaign->rules;

    *out = (struct tuan_web_campaign){0};
    TUAN_SET(web_campaign, out, id, campaign->campaign);
    if (rules->name.len > 0) TUAN_SET(web_campaign, out, name, rules->name);
    TUAN_SET(web_campaign, out, phase, campaign->phase);
    if (rules->start_at > 0) TUAN_SET(web_campaign, out, start_at, rules->start_at);
    if (rules->end_at > 0) TUAN_SET(web_campaign, out, end_at, rules->end_at);
    TUAN_SET(web_campaign, out, size, rules->size);
    if (rules->tiers.count > 0) TUAN_SET(web_campaign, out, tiers, rules->tiers);
    TUAN_SET(web_campaign, out, price, rules->price);
    TUAN_SET(web_campaign, out, rooms_open, campaign->rooms_open);
    TUAN_SET(web_campaign, out, rooms_formed, campaign->rooms_formed);
    TUAN_SET(web_campaign, out, version, version_of(campaign));
}

void web_campaign_get(const struct web_call *call)
{
    static const struct tuan_str none = {NULL, 0};
    struct session_host *host = call->http->host;
    struct tuan_web_campaign campaign;

    if (!read_campaign(call, TUAN_STR("campaign.get"), none, none)) return;
    view_campaign(host->answer.reply.body, &campaign);
    host->page.len = 0;
    tuan_json_message(&host->page, &tuan_web_campaign_message, &campaign);
    char text[DISPATCH_INCARNATION_MAX + 24];
    int len = snprintf(text, sizeof text, "%s-%lld", dispatch_incarnation(host->dispatch),
                       (long long)campaign.version);
    struct http_answer answer = {.status = 200,
                                 .type = json,
                                 .body = page_of(host),
                                 .etag = {text, (uint32_t)len},
                                 .max_age_s = 1};
    if (client_has(call, answer.etag))
        answer = (struct http_answer){.status = 304, .etag = answer.etag, .max_age_s = 1};
    http_answer(call->http, &answer, &host->answer);
}

static void list_rooms(const struct web_call *call, struct tuan_str sort, struct tuan_str limit)
{
    struct session_host *host = call->http->host;
    struct web_view view;

    if (!read_campaign(call, TUAN_STR("room.list"), sort, limit)) return;
    const struct tuan_rooms *rooms = host->answer.reply.body;
    const struct tuan_room *items = rooms->rooms.items;
    host->page.len = 0;
    tuan_out_text(&host->page, "{\"rooms\":[");
    for (uint32_t i = 0; i < rooms->rooms.count; i++) {
        if (i > 0) tuan_out_text(&host->page, ",");
        web_room_view(&items[i], &view);
        tuan_json_message(&host->page, &tuan_web_room_message, &view.room);
    }
    tuan_out_text(&host->page, "]}");
    answer_page(call, &host->answer);
}

/* In the orders that are for operators, rooms that their leaders keep to themselves are shown. */
void web_campaign_rooms(const struct web_call *call)
{
    int64_t sort = call->sort.ptr == NULL ? 0 : tuan_word_find(&tuan_list_sort_words, call->sort);

    if (sort == TUAN_SORT_DEADLINE || sort == TUAN_SORT_FULLEST) {
        http_refuse_text(call->http, TUAN_ERR_BAD_ARGUMENT, "sort: best, newest or formed");
        return;
    }
    list_rooms(call, call->sort, call->limit);
}

void web_campaign_ticker(const struct web_call *call)
{
    list_rooms(call, TUAN_STR("formed"), TUAN_STR("50"));
}
