/* SPDX-License-Identifier: BSD-2-Clause */
/* web.c - from a target to its route. A query may hold what the route takes, each once, and
 * nothing else: a cache in front keeps one answer for one question. */
#include "daemon/web.h"

#include <string.h>

enum { TAKES_SINCE = 1, TAKES_WAIT = 2, TAKES_IDS = 4, TAKES_SORT = 8, TAKES_LIMIT = 16 };
enum { SCRATCH_SIZE = 2048, SEGMENTS_MAX = 4 };

/* A star is the id. */
static const struct route {
    const char *segments[SEGMENTS_MAX + 1];
    web_route *run;
    unsigned takes;
} routes[] = {
    {{"v1", "rooms", "*"}, web_room_get, TAKES_SINCE | TAKES_WAIT},
    {{"v1", "rooms"}, web_rooms_get, TAKES_IDS},
    {{"v1", "rooms", "*", "events"}, web_room_events, 0},
    {{"v1", "campaigns", "*"}, web_campaign_get, 0},
    {{"v1", "campaigns", "*", "rooms"}, web_campaign_rooms, TAKES_SORT | TAKES_LIMIT},
    {{"v1", "campaigns", "*", "ticker"}, web_campaign_ticker, 0},
    {{"v1", "time"}, web_time, 0},
};

static bool fits(const struct route *route, struct tuan_str path, struct tuan_str *id)
{
    struct tuan_str segment;
    int i = 0;

    for (; tuan_http_next_segment(&path, &segment); i++) {
        const char *expected = route->segments[i];
        if (expected == NULL) return false;
        if (expected[0] == '*')
            *id = segment;
        else if (strlen(expected) != segment.len || memcmp(expected, segment.ptr, segment.len) != 0)
            return false;
    }
    return route->segments[i] == NULL;
}

static const struct route *find_route(struct tuan_str path, struct tuan_str *id)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (fits(&routes[i], path, id)) return &routes[i];
    return NULL;
}

/* ---- the query ---- */

static struct tuan_str *place_of(struct web_call *call, const struct route *route,
                                 struct tuan_str name)
{
    const struct {
        struct tuan_str name;
        unsigned takes;
        struct tuan_str *place;
    } rows[] = {{TUAN_STR("since"), TAKES_SINCE, &call->since},
                {TUAN_STR("wait"), TAKES_WAIT, &call->wait},
                {TUAN_STR("ids"), TAKES_IDS, &call->ids},
                {TUAN_STR("sort"), TAKES_SORT, &call->sort},
                {TUAN_STR("limit"), TAKES_LIMIT, &call->limit}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((route->takes & rows[i].takes) && tuan_str_equal(rows[i].name, name))
            return rows[i].place;
    return NULL;
}

/* Names why not; NULL: all is taken. */
static const char *take_query(struct web_call *call, const struct route *route, char *scratch,
                              size_t size)
{
    struct tuan_str query = call->request->query, name, value;

    while (tuan_http_next_pair(&query, &name, &value)) {
        struct tuan_str *place = place_of(call, route, name);
        if (place == NULL) return "the query has a name that is not known here";
        if (place->ptr != NULL) return "the query has a name twice";
        if (!tuan_http_decode(value, scratch, size, place)) return "the query is too long";
        scratch += place->len;
        size -= place->len;
    }
    return NULL;
}

void web_run(const struct http_call *http, const struct tuan_http_request *request)
{
    static const char methods[] = "GET, HEAD, OPTIONS";
    struct web_call call = {.http = http, .request = request};
    char scratch[SCRATCH_SIZE], id[3 * TUAN_ID_MAX];
    struct tuan_str raw = {"", 0};
    const struct route *route = find_route(request->path, &raw);

    if (route == NULL || !tuan_http_decode(raw, id, sizeof id, &call.id)) {
        http_refuse_text(http, TUAN_ERR_UNKNOWN_COMMAND, "no such resource");
        return;
    }
    if (request->method == TUAN_HTTP_OPTIONS) {
        http_answer(http, &(struct http_answer){.status = 204, .allow = methods}, NULL);
        return;
    }
    if (request->method == TUAN_HTTP_POST) {
        http_refuse(http, &(struct tuan_reply){.err = TUAN_ERR_BAD_REQUEST}, 405, NULL);
        return;
    }
    if (session_is_overloaded(http->host)) {
        http_refuse(http, &(struct tuan_reply){.err = TUAN_ERR_BUSY}, 0, NULL);
        return;
    }
    const char *wrong = take_query(&call, route, scratch, sizeof scratch);
    if (wrong != NULL)
        http_refuse_text(http, TUAN_ERR_BAD_ARGUMENT, wrong);
    else
        route->run(&call);
}
