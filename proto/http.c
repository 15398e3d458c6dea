/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/http.h"

#include <string.h>

const struct tuan_http_fault_row tuan_http_faults[TUAN_HTTP_FAULT_COUNT] = {
#define TUAN_HTTP_FAULT(name, status, err, text) {#name, status, TUAN_ERR_##err, text},
#include "proto/http.def"
};

/* The head under way. A step that fails sets `fault` and returns false. */
struct head {
    const char *at, *end;
    struct tuan_http_request *request;
    enum tuan_http_fault fault;
    uint32_t fields;
    bool has_length, has_traceparent, asks_close, asks_keep_alive;
    uint64_t length;
};

static bool fail(struct head *head, enum tuan_http_fault fault)
{
    head->fault = fault;
    return false;
}

static struct tuan_str str_between(const char *from, const char *to)
{
    return (struct tuan_str){from, (uint32_t)(to - from)};
}

/* ---- lines ---- */

/* A byte of a field's value; the first line has fewer still. */
static bool is_printable(unsigned char c)
{
    return (c >= ' ' && c != 0x7f) || c == '\t';
}

static bool are_printable(struct tuan_str text)
{
    for (uint32_t i = 0; i < text.len; i++)
        if (!is_printable((unsigned char)text.ptr[i])) return false;
    return true;
}

/* The next line without its end. MORE: it is not whole yet, and may still become one. */
static enum tuan_parse take_line(struct head *head, struct tuan_str *line)
{
    size_t left = (size_t)(head->end - head->at);
    const char *feed = memchr(head->at, '\n', left);
    const char *stop = feed == NULL ? head->end : feed;

    if (stop > head->at && stop[-1] == '\r') stop--;
    *line = str_between(head->at, stop);
    if (!are_printable(*line) || (feed != NULL && stop == feed)) {
        fail(head, TUAN_HTTP_BAD_LINE_END);
        return TUAN_PARSE_BAD;
    }
    if (feed == NULL) return TUAN_PARSE_MORE;
    head->at = feed + 1;
    return TUAN_PARSE_DONE;
}

/* ---- the first line ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 3986 pchar, a slash, and in a query the question mark; not %, which starts a triplet. */
static bool is_target_char(char c, bool in_query)
{
    return is_alphanumeric(c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@/", c) != NULL) ||
           (in_query && c == '?');
}

/* Two hex digits; a zero byte is in no name, and programs in C would end there. */
static bool is_triplet(const char *digits)
{
    int high = hex_digit(digits[0]), low = hex_digit(digits[1]);

    return high >= 0 && low >= 0 && high + low > 0;
}

static bool is_encoded(struct tuan_str text, bool in_query)
{
    for (uint32_t i = 0; i < text.len; i++) {
        if (is_target_char(text.ptr[i], in_query)) continue;
        if (text.ptr[i] != '%' || text.len - i < 3 || !is_triplet(text.ptr + i + 1)) return false;
        i += 2;
    }
    return true;
}

static bool take_target(struct head *head, struct tuan_str target)
{
    struct tuan_http_request *request = head->request;
    const char *end = target.ptr + target.len;
    const char *mark = target.len == 0 ? NULL : memchr(target.ptr, '?', target.len);

    request->path = str_between(target.ptr, mark == NULL ? end : mark);
    request->query = mark == NULL ? (struct tuan_str){end, 0} : str_between(mark + 1, end);
    if (request->path.len == 0 || request->path.ptr[0] != '/' ||
        !is_encoded(request->path, false) || !is_encoded(request->query, true))
        return fail(head, TUAN_HTTP_BAD_TARGET);
    return true;
}

static bool take_method(struct head *head, struct tuan_str word)
{
    static const struct tuan_str methods[] = {[TUAN_HTTP_GET] = {"GET", 3},
                                              [TUAN_HTTP_HEAD] = {"HEAD", 4},
                                              [TUAN_HTTP_OPTIONS] = {"OPTIONS", 7},
                                              [TUAN_HTTP_POST] = {"POST", 4}};

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (!tuan_str_equal(methods[i], word)) continue;
        head->request->method = (enum tuan_http_method)i;
        return true;
    }
    return fail(head, TUAN_HTTP_BAD_METHOD);
}

static bool take_version(struct head *head, struct tuan_str word)
{
    head->request->is_1_0 = tuan_str_equal(word, TUAN_STR("HTTP/1.0"));
    if (head->request->is_1_0 || tuan_str_equal(word, TUAN_STR("HTTP/1.1"))) return true;
    if (word.len < 6 || memcmp(word.ptr, "HTTP/", 5) != 0)
        return fail(head, TUAN_HTTP_BAD_REQUEST_LINE);
    return fail(head, TUAN_HTTP_BAD_VERSION);
}

/* Three words with one space between. */
static bool take_request_line(struct head *head, struct tuan_str line)
{
    const char *end = line.ptr + line.len;
    const char *first = line.len == 0 ? NULL : memchr(line.ptr, ' ', line.len);
    const char *last = line.len == 0 ? NULL : memrchr(line.ptr, ' ', line.len);

    if (first == last || first == line.ptr || last + 1 == end)
        return fail(head, TUAN_HTTP_BAD_REQUEST_LINE);
    return take_version(head, str_between(last + 1, end)) &&
           take_method(head, str_between(line.ptr, first)) &&
           take_target(head, str_between(first + 1, last));
}

/* ---- fields ---- */

static const struct kept {
    struct tuan_str name;
    size_t offset;
} kept[] = {
    {{"Host", 4}, offsetof(struct tuan_http_request, host)},
    {{"Origin", 6}, offsetof(struct tuan_http_request, origin)},
    {{"If-None-Match", 13}, offsetof(struct tuan_http_request, if_none_match)},
    {{"Last-Event-ID", 13}, offsetof(struct tuan_http_request, last_event_id)},
    {{"Authorization", 13}, offsetof(struct tuan_http_request, authorization)},
    {{"Content-Type", 12}, offsetof(struct tuan_http_request, content_type)},
};

static bool is_token(struct tuan_str text)
{
    for (uint32_t i = 0; i < text.len; i++)
        if (!is_alphanumeric(text.ptr[i]) && strchr("!#$%&'*+-.^_`|~", text.ptr[i]) == NULL)
            return false;
    return text.len > 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static struct tuan_str trim(struct tuan_str text, bool tabs_too)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || (tabs_too && text.ptr[0] == '\t')))
        text = (struct tuan_str){text.ptr + 1, text.len - 1};
    for (; text.len > 0; text.len--) {
        char last = text.ptr[text.len - 1];
        if (last != ' ' && !(tabs_too && last == '\t')) break;
    }
    return text;
}

static bool take_length(struct head *head, struct tuan_str value)
{
    if (head->has_length) return fail(head, TUAN_HTTP_BAD_FIELD_TWICE);
    head->has_length = true;
    for (uint32_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return fail(head, TUAN_HTTP_BAD_CONTENT_LENGTH);
        if (head->length <= UINT32_MAX) /* far beyond any body that is read */
            head->length = head->length * 10 + (uint64_t)(value.ptr[i] - '0');
    }
    return value.len > 0 || fail(head, TUAN_HTTP_BAD_CONTENT_LENGTH);
}

/* Take the next element off a list with commas; false: there is none. */
static bool next_element(struct tuan_str *list, struct tuan_str *element)
{
    if (list->len == 0) return false;
    const char *comma = memchr(list->ptr, ',', list->len);
    const char *end = list->ptr + list->len;
    *element = trim(str_between(list->ptr, comma == NULL ? end : comma), true);
    *list = str_between(comma == NULL ? end : comma + 1, end);
    return true;
}

static void take_connection(struct head *head, struct tuan_str value)
{
    struct tuan_str option;

    while (next_element(&value, &option)) {
        head->asks_close |= tuan_str_equal_nocase(option, TUAN_STR("close"));
        head->asks_keep_alive |= tuan_str_equal_nocase(option, TUAN_STR("keep-alive"));
    }
}

/* Lower case, and not all zero. */
static bool is_trace_number(struct tuan_str text)
{
    bool is_zero = true;

    for (uint32_t i = 0; i < text.len; i++) {
        if (hex_digit(text.ptr[i]) < 0 || (text.ptr[i] >= 'A' && text.ptr[i] <= 'F')) return false;
        is_zero = is_zero && text.ptr[i] == '0';
    }
    return !is_zero;
}

/* W3C Trace Context: version, trace id, parent id and flags, "00-4bf9…-00f0…-01". A later version
 * may add more behind a dash. What is wrong with it is no business of the request's: it is not
 * traced. */
static void take_traceparent(struct head *head, struct tuan_str value)
{
    enum { ID_AT = 3, ID_LEN = 32, PARENT_AT = 36, PARENT_LEN = 16, FLAGS_AT = 53, LEN = 55 };
    bool is_second = head->has_traceparent;
    const char *text = value.ptr;

    head->has_traceparent = true;
    head->request->trace_id = (struct tuan_str){NULL, 0};
    if (is_second || value.len < LEN || text[ID_AT - 1] != '-' || text[PARENT_AT - 1] != '-' ||
        text[FLAGS_AT - 1] != '-')
        return;
    bool is_version_0 = text[0] == '0' && text[1] == '0';
    bool is_long_well = value.len == LEN || (!is_version_0 && text[LEN] == '-');
    bool is_version =
        hex_digit(text[0]) >= 0 && hex_digit(text[1]) >= 0 && !(text[0] == 'f' && text[1] == 'f');
    if (is_version && is_long_well && hex_digit(text[FLAGS_AT]) >= 0 &&
        hex_digit(text[FLAGS_AT + 1]) >= 0 &&
        is_trace_number((struct tuan_str){text + PARENT_AT, PARENT_LEN}) &&
        is_trace_number((struct tuan_str){text + ID_AT, ID_LEN}))
        head->request->trace_id = (struct tuan_str){text + ID_AT, ID_LEN};
}

static bool keep(struct head *head, struct tuan_str name, struct tuan_str value)
{
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (!tuan_str_equal_nocase(kept[i].name, name)) continue;
        struct tuan_str *place =
            (struct tuan_str *)(void *)((char *)head->request + kept[i].offset);
        if (place->ptr != NULL)
            return fail(head, i == 0 ? TUAN_HTTP_BAD_HOST : TUAN_HTTP_BAD_FIELD_TWICE);
        *place = value;
        break;
    }
    return true;
}

static bool take_field(struct head *head, struct tuan_str line)
{
    const char *colon = memchr(line.ptr, ':', line.len);

    if (is_space(line.ptr[0])) return fail(head, TUAN_HTTP_BAD_FOLDED_FIELD);
    if (colon == NULL) return fail(head, TUAN_HTTP_BAD_FIELD);
    struct tuan_str name = str_between(line.ptr, colon);
    /* Tabs around a value are of it to some readers: so they are here, and no host or length. */
    struct tuan_str value = trim(str_between(colon + 1, line.ptr + line.len), false);
    if (!is_token(name)) return fail(head, TUAN_HTTP_BAD_FIELD);
    if (++head->fields > TUAN_HTTP_FIELDS_MAX) return fail(head, TUAN_HTTP_BAD_TOO_MANY_FIELDS);
    if (tuan_str_equal_nocase(name, TUAN_STR("Transfer-Encoding")))
        return fail(head, TUAN_HTTP_BAD_TRANSFER_ENCODING);
    if (tuan_str_equal_nocase(name, TUAN_STR("Expect")))
        return fail(head, TUAN_HTTP_BAD_EXPECTATION);
    if (tuan_str_equal_nocase(name, TUAN_STR("Content-Length"))) return take_length(head, value);
    if (tuan_str_equal_nocase(name, TUAN_STR("Connection"))) take_connection(head, value);
    if (tuan_str_equal_nocase(name, TUAN_STR("traceparent"))) take_traceparent(head, value);
    return keep(head, name, value);
}

/* ---- the whole ---- */

/* What stands before the port: a name, an IPv4 address, or an IPv6 address in brackets. */
static uint32_t host_name_len(struct tuan_str host)
{
    bool is_bracketed = host.ptr[0] == '[';
    uint32_t len = is_bracketed;

    for (; len < host.len; len++) {
        char c = host.ptr[len];
        bool fits = is_bracketed ? hex_digit(c) >= 0 || c == ':' || c == '.'
                                 : is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
        if (!fits) break;
    }
    if (!is_bracketed) return len;
    return len > 1 && len < host.len && host.ptr[len] == ']' ? len + 1 : 0;
}

static bool is_host(struct tuan_str host)
{
    uint32_t at = host.len == 0 ? 0 : host_name_len(host);

    if (at == 0) return false;
    if (at == host.len) return true;
    if (host.ptr[at] != ':' || host.len - at > 6) return false;
    for (at++; at < host.len; at++)
        if (host.ptr[at] < '0' || host.ptr[at] > '9') return false;
    return true;
}

/* What only the whole head tells. */
static bool check_head(struct head *head, size_t body_max)
{
    struct tuan_http_request *request = head->request;
    bool is_post = request->method == TUAN_HTTP_POST;

    request->keeps_alive = !head->asks_close && (!request->is_1_0 || head->asks_keep_alive);
    bool needs_host = !request->is_1_0 || request->host.ptr != NULL;
    if (needs_host && !is_host(request->host)) return fail(head, TUAN_HTTP_BAD_HOST);
    if (is_post && !head->has_length) return fail(head, TUAN_HTTP_BAD_LENGTH_REQUIRED);
    if (!is_post && head->length > 0) return fail(head, TUAN_HTTP_BAD_BODY);
    return head->length <= body_max || fail(head, TUAN_HTTP_BAD_BODY_TOO_LARGE);
}

/* All lines up to the empty one. */
static enum tuan_parse take_head(struct head *head)
{
    struct tuan_str line;
    enum tuan_parse got = take_line(head, &line);

    if (got == TUAN_PARSE_DONE && !take_request_line(head, line)) return TUAN_PARSE_BAD;
    while (got == TUAN_PARSE_DONE) {
        got = take_line(head, &line);
        if (got != TUAN_PARSE_DONE || line.len == 0) return got;
        if (!take_field(head, line)) return TUAN_PARSE_BAD;
    }
    return got;
}

enum tuan_parse tuan_http_parse(const char *data, size_t len, size_t body_max,
                                struct tuan_http_request *request, size_t *consumed,
                                enum tuan_http_fault *fault)
{
    size_t shown = len < TUAN_HTTP_HEAD_MAX ? len : TUAN_HTTP_HEAD_MAX;
    struct head head = {.at = data, .end = data + shown, .request = request};

    *request = (struct tuan_http_request){0};
    enum tuan_parse got = len == 0 ? TUAN_PARSE_MORE : take_head(&head);
    if (got == TUAN_PARSE_MORE && shown == TUAN_HTTP_HEAD_MAX) {
        fail(&head, TUAN_HTTP_BAD_HEAD_TOO_LARGE);
        got = TUAN_PARSE_BAD;
    }
    if (got == TUAN_PARSE_DONE && !check_head(&head, body_max)) got = TUAN_PARSE_BAD;
    *fault = head.fault;
    if (got != TUAN_PARSE_DONE) return got;
    if (len - (size_t)(head.at - data) < head.length) return TUAN_PARSE_MORE;
    request->body = (struct tuan_str){head.at, (uint32_t)head.length};
    *consumed = (size_t)(head.at - data) + (size_t)head.length;
    return TUAN_PARSE_DONE;
}

/* ---- what is in a target ---- */

bool tuan_http_next_segment(struct tuan_str *path, struct tuan_str *segment)
{
    if (path->len == 0) return false;
    const char *start = path->ptr + 1; /* behind the slash */
    const char *end = path->ptr + path->len;
    const char *slash = memchr(start, '/', (size_t)(end - start));
    *segment = str_between(start, slash == NULL ? end : slash);
    *path = str_between(slash == NULL ? end : slash, end);
    return true;
}

bool tuan_http_next_pair(struct tuan_str *query, struct tuan_str *name, struct tuan_str *value)
{
    if (query->len == 0) return false;
    const char *end = query->ptr + query->len;
    const char *amp = memchr(query->ptr, '&', query->len);
    const char *stop = amp == NULL ? end : amp;
    const char *equals = memchr(query->ptr, '=', (size_t)(stop - query->ptr));
    *name = str_between(query->ptr, equals == NULL ? stop : equals);
    *value = equals == NULL ? (struct tuan_str){stop, 0} : str_between(equals + 1, stop);
    *query = str_between(amp == NULL ? end : amp + 1, end);
    return true;
}

bool tuan_http_decode(struct tuan_str encoded, char *out, size_t size, struct tuan_str *decoded)
{
    uint32_t len = 0;

    for (uint32_t i = 0; i < encoded.len; i++) {
        char c = encoded.ptr[i];
        if (len == size) return false;
        if (c == '%') {
            int high = encoded.len - i < 3 ? -1 : hex_digit(encoded.ptr[i + 1]);
            int low = high < 0 ? -1 : hex_digit(encoded.ptr[i + 2]);
            if (low < 0) return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[len++] = c;
    }
    *decoded = (struct tuan_str){out, len};
    return true;
}

bool tuan_http_names_etag(struct tuan_str field, struct tuan_str etag)
{
    struct tuan_str element;

    while (next_element(&field, &element)) {
        if (tuan_str_equal(element, TUAN_STR("*"))) return true;
        if (element.len > 2 && memcmp(element.ptr, "W/", 2) == 0)
            element = (struct tuan_str){element.ptr + 2, element.len - 2};
        if (element.len < 2 || element.ptr[0] != '"' || element.ptr[element.len - 1] != '"')
            return false;
        if (tuan_str_equal((struct tuan_str){element.ptr + 1, element.len - 2}, etag)) return true;
    }
    return false;
}
