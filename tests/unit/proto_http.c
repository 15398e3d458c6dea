/* SPDX-License-Identifier: BSD-2-Clause */
/* proto_http.c - HTTP requests: what is read, what is refused and by which fault, byte by byte too.
 */
#include "proto/http.h"
#include "unit/proto_testing.h"

enum { BODY_MAX = 64, SHOWN_MAX = 1024 };

struct parsed {
    enum tuan_parse got;
    struct tuan_http_request request;
    size_t consumed;
    enum tuan_http_fault fault;
};

static struct parsed parse(const char *bytes, size_t len)
{
    struct parsed parsed = {.consumed = 0};

    parsed.got =
        tuan_http_parse(bytes, len, BODY_MAX, &parsed.request, &parsed.consumed, &parsed.fault);
    return parsed;
}

static void show(struct tuan_out *out, const char *name, struct tuan_str value)
{
    if (value.ptr == NULL) return;
    tuan_out_bytes(out, name, strlen(name));
    tuan_out_bytes(out, value.ptr, value.len);
}

/* One line: method, path, query, what was kept, how it goes on; or MORE, or the fault's name. */
static void show_parsed(struct tuan_out *out, const struct parsed *parsed)
{
    static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "POST"};
    const struct tuan_http_request *request = &parsed->request;

    if (parsed->got == TUAN_PARSE_MORE) {
        tuan_out_text(out, "MORE");
    } else if (parsed->got == TUAN_PARSE_BAD) {
        show(out, "", str_of(tuan_http_faults[parsed->fault].name));
    } else {
        show(out, "", str_of(methods[request->method]));
        show(out, " ", request->path);
        if (request->query.len > 0) show(out, "?", request->query);
        show(out, " host=", request->host);
        show(out, " origin=", request->origin);
        show(out, " etag=", request->if_none_match);
        show(out, " event=", request->last_event_id);
        show(out, " auth=", request->authorization);
        show(out, " trace=", request->trace_id);
        show(out, " type=", request->content_type);
        if (request->body.len > 0) show(out, " body=", request->body);
        show(out, "", str_of(request->is_1_0 ? " 1.0" : ""));
        show(out, "", str_of(request->keeps_alive ? "" : " close"));
    }
    tuan_out_bytes(out, "", 1);
}

static void assert_parses(const char *bytes, size_t len, const char *expected)
{
    char *copy = exact_copy(bytes, len);
    struct parsed parsed = parse(copy, len);
    struct tuan_out out = OUT_EMPTY;

    show_parsed(&out, &parsed);
    assert_string_equal(out.data, expected);
    free(out.data);
    free(copy);
}
#define assert_request(literal, expected) assert_parses((literal), sizeof(literal) - 1, (expected))
/* A whole request out of this first line or these fields. */
#define assert_line(line, expected)     assert_request(line "\r\nHost: h\r\n\r\n", expected)
#define assert_fields(fields, expected) assert_request("GET / HTTP/1.1\r\n" fields "\r\n", expected)

CLAIM(what_clients_send_is_read)
{
    assert_request("GET /v1/time HTTP/1.1\r\nHost: shop.example:8827\r\n\r\n",
                   "GET /v1/time host=shop.example:8827");
    assert_request("HEAD /a?b=c&d=%41 HTTP/1.1\r\nhOST:h\r\nUser-Agent: curl/7.88.1\r\n\r\n",
                   "HEAD /a?b=c&d=%41 host=h");
    assert_request("OPTIONS /v1/rooms HTTP/1.1\r\nHost: h\r\nOrigin: https://shop.example\r\n"
                   "Access-Control-Request-Method: GET\r\n\r\n",
                   "OPTIONS /v1/rooms host=h origin=https://shop.example");
    assert_request("GET / HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"a-1\", W/\"b\"\r\n"
                   "Last-Event-ID: a-1\r\nAuthorization: Bearer x\r\n\r\n",
                   "GET / host=h etag=\"a-1\", W/\"b\" event=a-1 auth=Bearer x");
    assert_request("POST /x HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                   "Content-Length: 2\r\n\r\n{}",
                   "POST /x host=h type=application/json body={}");
    assert_request("GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close");
    assert_request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / 1.0");
    assert_fields("Host: h\r\nConnection: TE, close\r\n", "GET / host=h close");
    assert_fields("Host: h\r\nConnection: a\r\nConnection: close\r\n", "GET / host=h close");
    assert_fields("Host: h\r\nContent-Length: 0\r\n", "GET / host=h");
    assert_fields("Host: h\r\nX: \t caf\xe9 \t\r\n", "GET / host=h");
    assert_fields("Host:   h  \r\n", "GET / host=h");
    assert_fields("Host: h\r\nX:\r\n", "GET / host=h");
    assert_line("GET /-._~!$&'()*+,;=:@/%E5%9C%98?/?a=%20 HTTP/1.1",
                "GET /-._~!$&'()*+,;=:@/%E5%9C%98?/?a=%20 host=h");
}

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static void assert_traced(const char *first, const char *second, const char *expected)
{
    char request[512];
    int len = snprintf(request, sizeof request,
                       "GET / HTTP/1.1\r\nHost: h\r\nTraceParent: %s\r\n%s%s%s\r\n", first,
                       second == NULL ? "" : "traceparent: ", second == NULL ? "" : second,
                       second == NULL ? "" : "\r\n");

    assert_parses(request, (size_t)len, expected);
}

CLAIM(a_trace_id_is_read_from_a_well_formed_traceparent_alone)
{
    static const char *const good[] = {"00-" TRACE "-" PARENT "-01", "00-" TRACE "-" PARENT "-00",
                                       "cc-" TRACE "-" PARENT "-ff",
                                       "cc-" TRACE "-" PARENT "-01-what-a-later-version-adds"};
    static const char *const bad[] = {"",
                                      "00",
                                      TRACE,
                                      "00-" TRACE "-" PARENT,
                                      "00-" TRACE "-" PARENT "-0",
                                      "00-" TRACE "-" PARENT "-01-more",
                                      "cc-" TRACE "-" PARENT "-01more",
                                      "ff-" TRACE "-" PARENT "-01",
                                      "0x-" TRACE "-" PARENT "-01",
                                      "00-" TRACE "-" PARENT "-0x",
                                      "00-00000000000000000000000000000000-" PARENT "-01",
                                      "00-" TRACE "-0000000000000000-01",
                                      "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
                                      "00 " TRACE "-" PARENT "-01",
                                      "00-" TRACE "_" PARENT "-01",
                                      "00-" TRACE "-" PARENT ".01"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_traced(good[i], NULL, "GET / host=h trace=" TRACE);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_traced(bad[i], NULL, "GET / host=h");
        assert_traced(bad[i], good[0], "GET / host=h"); /* twice is never once */
    }
    assert_traced(good[0], good[0], "GET / host=h");
}

CLAIM(first_lines_that_are_not_exactly_that_are_refused)
{
    assert_line("", "REQUEST_LINE");
    assert_line("GET", "REQUEST_LINE");
    assert_line("GET /", "REQUEST_LINE");
    assert_line(" GET / HTTP/1.1", "REQUEST_LINE");
    assert_line("GET / HTTP/1.1 ", "REQUEST_LINE");
    assert_line("GET / http/1.1", "REQUEST_LINE");
    assert_line("GET / HTTP/", "REQUEST_LINE");
    assert_line("GET / ICY", "REQUEST_LINE");
    assert_line("GET / HTTP/1.2", "VERSION");
    assert_line("GET / HTTP/01.1", "VERSION");
    assert_line("GET / HTTP/1.10", "VERSION");
    assert_line("PRI * HTTP/2.0", "VERSION");
    assert_line("get / HTTP/1.1", "METHOD");
    assert_line("PUT / HTTP/1.1", "METHOD");
    assert_line("GETT / HTTP/1.1", "METHOD");
    assert_line("GET  / HTTP/1.1", "TARGET");
    assert_line("GET /a b HTTP/1.1", "TARGET");
    assert_line("GET http://h/ HTTP/1.1", "TARGET");
    assert_line("OPTIONS * HTTP/1.1", "TARGET");
    assert_line("GET ?a HTTP/1.1", "TARGET");
    assert_line("GET /% HTTP/1.1", "TARGET");
    assert_line("GET /%4 HTTP/1.1", "TARGET");
    assert_line("GET /%4g HTTP/1.1", "TARGET");
    assert_line("GET /%00 HTTP/1.1", "TARGET");
    assert_line("GET /?a=%00 HTTP/1.1", "TARGET");
    assert_line("GET /%10%01 HTTP/1.1", "GET /%10%01 host=h");
    assert_line("GET /a?b=%zz HTTP/1.1", "TARGET");
    assert_line("GET /a#b HTTP/1.1", "TARGET");
    assert_line("GET /a\"b HTTP/1.1", "TARGET");
    assert_line("GET /\\ HTTP/1.1", "TARGET");
    assert_line("GET /\xe5\x9c\x98 HTTP/1.1", "TARGET");
    assert_line("GET\t/ HTTP/1.1", "REQUEST_LINE");
}

CLAIM(lines_end_in_cr_lf_and_hold_no_control_bytes)
{
    assert_request("GET / HTTP/1.1\nHost: h\n\n", "LINE_END");
    assert_request("GET / HTTP/1.1\r\nHost: h\n\r\n", "LINE_END");
    assert_request("GET / HTTP/1.1\r\nHost: h\r\n\n", "LINE_END");
    assert_request("GET / HTTP/1.1\rHost: h\r\n\r\n", "LINE_END");
    assert_request("GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", "LINE_END");
    assert_request("\nGET / HTTP/1.1\r\n", "LINE_END");
    assert_request("\x16\x03\x01\x02", "LINE_END");
    assert_request("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", "LINE_END");
    assert_fields("Host: h\r\nX: a\0b\r\n", "LINE_END");
    assert_fields("Host: h\r\nX: \x7f\r\n", "LINE_END");
    assert_fields("Host: h\r\nX: \x1b[31m\r\n", "LINE_END");
}

CLAIM(fields_that_two_readers_could_read_differently_are_refused)
{
    assert_fields("Host: h\r\n folded\r\n", "FOLDED_FIELD");
    assert_fields("Host: h\r\n\tfolded\r\n", "FOLDED_FIELD");
    assert_fields(" Host: h\r\n", "FOLDED_FIELD");
    assert_fields("Host : h\r\n", "FIELD");
    assert_fields("Host\r\n", "FIELD");
    assert_fields(": h\r\n", "FIELD");
    assert_fields("Ho st: h\r\n", "FIELD");
    assert_fields("H\xc3\xb6st: h\r\n", "FIELD");
    assert_fields("Host: h\r\nX(: 1\r\n", "FIELD");
    assert_fields("", "HOST");
    assert_fields("Host:\r\n", "HOST");
    assert_fields("Host: h\r\nHost: h\r\n", "HOST");
    assert_fields("Host: h\r\nhost: i\r\n", "HOST");
    assert_fields("Host:\th\r\n", "HOST");
    assert_fields("Host: h\t\r\n", "HOST");
    assert_fields("Host: h\r\nContent-Length: \t0\r\n", "CONTENT_LENGTH");
    assert_fields("Host: h\r\nConnection: a\t,\tclose\t\r\n", "GET / host=h close");
    assert_fields("Host: h i\r\n", "HOST");
    assert_fields("Host: h/i\r\n", "HOST");
    assert_fields("Host: i@h\r\n", "HOST");
    assert_fields("Host: h,i\r\n", "HOST");
    assert_fields("Host: h:\r\n", "GET / host=h:");
    assert_fields("Host: h:65535\r\n", "GET / host=h:65535");
    assert_fields("Host: h:655350\r\n", "HOST");
    assert_fields("Host: h:x\r\n", "HOST");
    assert_fields("Host: :80\r\n", "HOST");
    assert_fields("Host: [::1\r\n", "HOST");
    assert_fields("Host: []\r\n", "HOST");
    assert_fields("Host: [::1]x\r\n", "HOST");
    assert_fields("Host: [::ffff:1.2.3.4]:80\r\n", "GET / host=[::ffff:1.2.3.4]:80");
    assert_fields("Host: shop_1.example-2\r\n", "GET / host=shop_1.example-2");
    assert_request("GET / HTTP/1.0\r\nHost:\r\n\r\n", "HOST");
    assert_fields("Host: h\r\nOrigin: a\r\nOrigin: b\r\n", "FIELD_TWICE");
    assert_fields("Host: h\r\nIf-None-Match: a\r\nIf-None-Match: b\r\n", "FIELD_TWICE");
    assert_fields("Host: h\r\nExpect: 100-continue\r\n", "EXPECTATION");
}

CLAIM(there_is_one_way_to_tell_a_length)
{
    assert_fields("Host: h\r\nTransfer-Encoding: chunked\r\n", "TRANSFER_ENCODING");
    assert_fields("Host: h\r\nContent-Length: 0\r\nTransfer-Encoding: identity\r\n",
                  "TRANSFER_ENCODING");
    assert_fields("Host: h\r\nContent-Length: 1\r\n", "BODY");
    assert_fields("Host: h\r\nContent-Length: 0\r\nContent-Length: 0\r\n", "FIELD_TWICE");
    assert_fields("Host: h\r\nContent-Length: 0, 0\r\n", "CONTENT_LENGTH");
    assert_fields("Host: h\r\nContent-Length: +0\r\n", "CONTENT_LENGTH");
    assert_fields("Host: h\r\nContent-Length: -1\r\n", "CONTENT_LENGTH");
    assert_fields("Host: h\r\nContent-Length: 0x10\r\n", "CONTENT_LENGTH");
    assert_fields("Host: h\r\nContent-Length:\r\n", "CONTENT_LENGTH");
    assert_request("POST / HTTP/1.1\r\nHost: h\r\n\r\n", "LENGTH_REQUIRED");
    assert_request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65\r\n\r\n", "BODY_TOO_LARGE");
    assert_request("POST / HTTP/1.1\r\nHost: h\r\n"
                   "Content-Length: 99999999999999999999999999999999999999\r\n\r\n",
                   "BODY_TOO_LARGE");
    assert_request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n{}", "MORE");
}

CLAIM(requests_come_in_any_pieces)
{
    static const char whole[] = "POST /p?q HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}";

    for (size_t len = 0; len < sizeof whole - 1; len++)
        assert_parses(whole, len, "MORE");
    assert_request(whole, "POST /p?q host=h body={}");
}

CLAIM(the_next_request_starts_where_one_ends)
{
    static const char two[] = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"
                              "GET /b HTTP/1.1\r\nHost: h\r\n\r\n";
    struct parsed first = parse(two, sizeof two - 1);

    assert_int_equal(first.consumed, strstr(two, "GET") - two);
    assert_parses(two + first.consumed, sizeof two - 1 - first.consumed, "GET /b host=h");
}

/* A request whose target or fields fill it up to `len`. */
static char *long_request(size_t len, bool in_target)
{
    static const char start[] = "GET /", end[] = " HTTP/1.1\r\nHost: h\r\nX: ", tail[] = "\r\n\r\n";
    size_t filler = len - (sizeof start + sizeof end + sizeof tail - 3);
    char *text = testing_grow(NULL, len + 1);
    int wrote = snprintf(text, len + 1, "%s%*s%s%*s%s", start, in_target ? (int)filler : 0, "", end,
                         in_target ? 0 : (int)filler, "", tail);

    assert_int_equal(wrote, len);
    for (size_t i = sizeof start - 1; in_target && i < sizeof start - 1 + filler; i++)
        text[i] = 'a';
    return text;
}

CLAIM(a_head_has_at_most_8192_bytes)
{
    for (int in_target = 0; in_target < 2; in_target++) {
        char *text = long_request(TUAN_HTTP_HEAD_MAX, in_target);
        assert_int_equal(parse(text, TUAN_HTTP_HEAD_MAX).got, TUAN_PARSE_DONE);
        assert_parses(text, TUAN_HTTP_HEAD_MAX - 1, "MORE");
        free(text);
        text = long_request(TUAN_HTTP_HEAD_MAX + 1, in_target);
        assert_parses(text, TUAN_HTTP_HEAD_MAX, "HEAD_TOO_LARGE");
        assert_parses(text, TUAN_HTTP_HEAD_MAX + 1, "HEAD_TOO_LARGE");
        free(text);
    }
}

CLAIM(a_head_has_at_most_64_fields)
{
    char text[SHOWN_MAX] = "GET / HTTP/1.1\r\nHost: h\r\n";
    size_t len = strlen(text);

    for (int i = 1; i < TUAN_HTTP_FIELDS_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "X: %d\r\n", i);
    assert_parses(text, len, "MORE");
    snprintf(text + len, sizeof text - len, "\r\n");
    assert_parses(text, len + 2, "GET / host=h");
    snprintf(text + len, sizeof text - len, "X: 64\r\n");
    assert_parses(text, len + 7, "TOO_MANY_FIELDS");
}

CLAIM(every_fault_has_a_status_of_the_caller_or_the_server)
{
    for (int i = 0; i < TUAN_HTTP_FAULT_COUNT; i++) {
        const struct tuan_http_fault_row *row = &tuan_http_faults[i];
        assert_in_range(row->status, 400, 505);
        assert_true(row->err == TUAN_ERR_BAD_REQUEST || row->err == TUAN_ERR_TOO_LARGE);
    }
}

/* ---- targets ---- */

static void assert_segments(const char *path, const char *expected)
{
    struct tuan_str rest = str_of(path), segment;
    struct tuan_out out = OUT_EMPTY;

    while (tuan_http_next_segment(&rest, &segment)) {
        tuan_out_text(&out, "[");
        tuan_out_bytes(&out, segment.ptr, segment.len);
        tuan_out_text(&out, "]");
    }
    tuan_out_bytes(&out, "", 1);
    assert_string_equal(out.data, expected);
    free(out.data);
}

CLAIM(a_path_is_cut_at_its_slashes)
{
    assert_segments("/", "[]");
    assert_segments("/v1/rooms", "[v1][rooms]");
    assert_segments("/a//b/", "[a][][b][]");
    assert_segments("/a%2Fb", "[a%2Fb]");
}

static void assert_pairs(const char *query, const char *expected)
{
    struct tuan_str rest = str_of(query), name, value;
    struct tuan_out out = OUT_EMPTY;

    while (tuan_http_next_pair(&rest, &name, &value)) {
        show(&out, "[", name);
        show(&out, "|", value);
        tuan_out_text(&out, "]");
    }
    tuan_out_bytes(&out, "", 1);
    assert_string_equal(out.data, expected);
    free(out.data);
}

CLAIM(a_query_is_cut_into_pairs)
{
    assert_pairs("", "");
    assert_pairs("since=a-1&wait=20s", "[since|a-1][wait|20s]");
    assert_pairs("a", "[a|]");
    assert_pairs("a=&=b&&c==d", "[a|][|b][|][c|=d]");
}

CLAIM(percent_encoding_is_taken_back_strictly)
{
    char text[8];
    struct tuan_str decoded;

    assert_true(tuan_http_decode(str_of("%E5%9c%98+a"), text, sizeof text, &decoded));
    assert_int_equal(decoded.len, 5);
    assert_memory_equal(decoded.ptr, "\xe5\x9c\x98+a", 5);
    assert_true(tuan_http_decode(str_of("12345678"), text, sizeof text, &decoded));
    assert_false(tuan_http_decode(str_of("123456789"), text, sizeof text, &decoded));
    assert_false(tuan_http_decode(str_of("1234567%38%39"), text, sizeof text, &decoded));
    assert_false(tuan_http_decode(str_of("%"), text, sizeof text, &decoded));
    assert_false(tuan_http_decode(str_of("%1"), text, sizeof text, &decoded));
    assert_false(tuan_http_decode(str_of("%1x"), text, sizeof text, &decoded));
}

CLAIM(if_none_match_names_tags)
{
    static const struct {
        const char *field;
        bool names_a1;
    } rows[] = {{"\"a-1\"", true},
                {"W/\"a-1\"", true},
                {"*", true},
                {"\"b\", \"a-1\"", true},
                {"\"b\" ,W/\"a-1\"", true},
                {"\"a-10\"", false},
                {"a-1", false},
                {"\"a-1", false},
                {"\"", false},
                {"W/", false},
                {"w/\"a-1\"", false},
                {"x, \"a-1\"", false},
                {"", false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(tuan_http_names_etag(str_of(rows[i].field), TUAN_STR("a-1")),
                         rows[i].names_a1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_clients_send_is_read),
        cmocka_unit_test(a_trace_id_is_read_from_a_well_formed_traceparent_alone),
        cmocka_unit_test(first_lines_that_are_not_exactly_that_are_refused),
        cmocka_unit_test(lines_end_in_cr_lf_and_hold_no_control_bytes),
        cmocka_unit_test(fields_that_two_readers_could_read_differently_are_refused),
        cmocka_unit_test(there_is_one_way_to_tell_a_length),
        cmocka_unit_test(requests_come_in_any_pieces),
        cmocka_unit_test(the_next_request_starts_where_one_ends),
        cmocka_unit_test(a_head_has_at_most_8192_bytes),
        cmocka_unit_test(a_head_has_at_most_64_fields),
        cmocka_unit_test(every_fault_has_a_status_of_the_caller_or_the_server),
        cmocka_unit_test(a_path_is_cut_at_its_slashes),
        cmocka_unit_test(a_query_is_cut_into_pairs),
        cmocka_unit_test(percent_encoding_is_taken_back_strictly),
        cmocka_unit_test(if_none_match_names_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
