/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP requests: a stream of them; what is read holds what the header promises, whatever its
 * pieces. */
#include "proto/http.h"

#include "tests/fuzz/codec.h"

enum { BODY_MAX = 256 };

static enum tuan_parse parse(const char *data, size_t len, struct tuan_http_request *request,
                             size_t *consumed)
{
    enum tuan_http_fault fault = TUAN_HTTP_FAULT_COUNT;
    enum tuan_parse got = tuan_http_parse(data, len, BODY_MAX, request, consumed, &fault);

    assert(got != TUAN_PARSE_BAD || fault < TUAN_HTTP_FAULT_COUNT);
    return got;
}

/* Shown in part, a whole request is not yet one, and not refused either. */
static void check_that_less_is_more(const char *data, size_t len)
{
    struct tuan_http_request request;
    size_t consumed;

    for (size_t shown = len - 1; shown > 0; shown /= 2) {
        char *copy = fuzz_copy(data, shown);
        assert(parse(copy, shown, &request, &consumed) == TUAN_PARSE_MORE);
        free(copy);
    }
}

static void check_inside(struct tuan_str text, const char *data, size_t len)
{
    if (text.ptr == NULL) return;
    assert(text.ptr >= data && text.ptr + text.len <= data + len);
}

static void check_request(const struct tuan_http_request *request, const char *data, size_t len)
{
    const struct tuan_str *all[] = {&request->path,          &request->query,
                                    &request->host,          &request->origin,
                                    &request->if_none_match, &request->last_event_id,
                                    &request->authorization, &request->content_type,
                                    &request->trace_id,      &request->body};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_inside(*all[i], data, len);
    assert(request->path.ptr[0] == '/');
    assert(request->is_1_0 || request->host.len > 0);
    assert(request->body.len == 0 || request->method == TUAN_HTTP_POST);
}

static void check_target(struct tuan_str path, struct tuan_str query, struct tuan_str etags)
{
    static char text[TUAN_HTTP_HEAD_MAX];
    struct tuan_str name, value, decoded;

    while (tuan_http_next_segment(&path, &name))
        assert(tuan_http_decode(name, text, sizeof text, &decoded) && decoded.len <= name.len);
    while (tuan_http_next_pair(&query, &name, &value))
        assert(tuan_http_decode(value, text, sizeof text, &decoded));
    (void)tuan_http_names_etag(etags, TUAN_STR("a-1"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    size_t at = 0;

    for (int i = 0; i < FUZZ_REQUESTS_MAX && at < size; i++) {
        struct tuan_http_request request;
        size_t consumed = 0;
        enum tuan_parse got = parse(bytes + at, size - at, &request, &consumed);
        if (got == TUAN_PARSE_MORE) assert(size - at < TUAN_HTTP_HEAD_MAX + BODY_MAX);
        if (got != TUAN_PARSE_DONE) return 0;
        assert(consumed > 0 && consumed <= size - at);
        check_request(&request, bytes + at, consumed);
        check_target(request.path, request.query, request.if_none_match);
        check_that_less_is_more(bytes + at, consumed);
        at += consumed;
    }
    return 0;
}
