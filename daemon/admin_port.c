/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/admin_port.h"

#include <ctype.h>
#include <string.h>

#include "daemon/console.h"
#include "daemon/info.h"
#include "proto/json.h"

typedef void admin_route(const struct http_call *call, const struct tuan_http_request *request);

static void put(struct tuan_out *out, const char *text)
{
    tuan_out_bytes(out, text, strlen(text));
}

static void answer_page(const struct http_call *call, int status, const char *type)
{
    const struct tuan_out *page = &call->host->page;
    struct http_answer answer = {
        .status = status, .type = type, .body = {page->data, (uint32_t)page->len}};

    http_answer(call, &answer, NULL);
}

static void answer_metrics(const struct http_call *call, const struct tuan_http_request *request)
{
    (void)request;
    info_sample(call->host);
    call->host->page.len = 0;
    prometheus_print(call->host, &call->host->page);
    answer_page(call, 200, "text/plain; version=0.0.4; charset=utf-8");
}

/* ---- probes: Kubernetes's manner ---- */

/* Whoever reads this has been answered by the loop. */
static void answer_live(const struct http_call *call, const struct tuan_http_request *request)
{
    (void)request;
    call->host->page.len = 0;
    put(&call->host->page, "ok\n");
    answer_page(call, 200, "text/plain");
}

static void print_check(struct tuan_out *out, bool is_good, const char *name, const char *why)
{
    put(out, is_good ? "[+]" : "[-]");
    put(out, name);
    put(out, is_good ? " ok\n" : " failed: ");
    if (is_good) return;
    put(out, why);
    put(out, "\n");
}

/* A mirror that is away is no reason to restart: readiness tells it, liveness does not. */
static void answer_ready(const struct http_call *call, const struct tuan_http_request *request)
{
    const struct session_host *host = call->host;
    struct tuan_out *page = &call->host->page;
    struct mirror_info info = {.state = "none"};
    bool is_ready = info_is_ready(host);

    dispatch_mirror_info(host->dispatch, &info);
    page->len = 0;
    if (!is_ready || tuan_str_equal(request->query, TUAN_STR("verbose"))) {
        print_check(page, host->has_served, "recovered", "still loading");
        print_check(page, dispatch_is_ready(host->dispatch), "mirror",
                    info.alarm[0] != '\0' ? info.alarm : info.state);
        print_check(page, !host->is_draining, "serving", "shutting down");
    }
    put(page, is_ready ? "ok\n" : "not ready\n");
    answer_page(call, is_ready ? 200 : 503, "text/plain");
}

/* ---- INFO as JSON ---- */

static void put_name(struct tuan_out *out, const char *name)
{
    if (out->data[out->len - 1] != '{') tuan_out_text(out, ",");
    tuan_json_string(out, (struct tuan_str){name, (uint32_t)strlen(name)});
    tuan_out_text(out, ":");
}

static void json_text(void *context, const char *name, const char *value)
{
    put_name(context, name);
    tuan_json_string(context, (struct tuan_str){value, (uint32_t)strlen(value)});
}

static void json_number(void *context, const char *name, int64_t value)
{
    put_name(context, name);
    tuan_out_int(context, value);
}

static void json_command(void *context, const char *name, int64_t calls, int64_t refused)
{
    struct tuan_out *out = context;

    put_name(out, name);
    tuan_out_text(out, "{");
    json_number(out, "calls", calls);
    json_number(out, "failed_calls", refused);
    tuan_out_text(out, "}");
}

static void answer_info(const struct http_call *call, const struct tuan_http_request *request)
{
    struct tuan_out *page = &call->host->page;
    const struct info_sink sink = {.context = page,
                                   .text = json_text,
                                   .number = json_number,
                                   .error = json_number,
                                   .command = json_command};

    (void)request;
    info_sample(call->host);
    page->len = 0;
    tuan_out_text(page, "{");
    for (int section = 0; section < INFO_SECTION_COUNT; section++) {
        char name[32];
        size_t len = 0;
        for (const char *at = info_section_name(section); *at != '\0'; at++)
            name[len++] = (char)tolower((unsigned char)*at);
        name[len] = '\0';
        put_name(page, name);
        tuan_out_text(page, "{");
        info_walk(call->host, section, &sink);
        tuan_out_text(page, "}");
    }
    tuan_out_text(page, "}");
    answer_page(call, 200, "application/json");
}

/* ---- */

void admin_port_run(const struct http_call *call, const struct tuan_http_request *request)
{
    static const struct {
        struct tuan_str path;
        admin_route *run;
    } routes[] = {{{"/metrics", 8}, answer_metrics},
                  {{"/livez", 6}, answer_live},
                  {{"/readyz", 7}, answer_ready},
                  {{"/v1/info", 8}, answer_info}};

    if (request->method == TUAN_HTTP_POST || request->method == TUAN_HTTP_OPTIONS) {
        http_refuse(call, &(struct tuan_reply){.err = TUAN_ERR_BAD_REQUEST}, 405, NULL);
        return;
    }
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!tuan_str_equal(routes[i].path, request->path)) continue;
        routes[i].run(call, request);
        return;
    }
    if (console_run(call, request)) return;
    http_refuse_text(
        call, TUAN_ERR_UNKNOWN_COMMAND,
        "no such resource: / (the console), /metrics, /livez, /readyz?verbose, /v1/info");
}
