/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/admin_port.h"

#include <string.h>

#include "daemon/console.h"
#include "daemon/info.h"

static void put(struct tuan_out *out, const char *text)
{
    tuan_out_bytes(out, text, strlen(text));
}

static void answer_metrics(const struct http_call *call, const struct tuan_http_request *request)
{
    (void)request;
    info_sample(call->host);
    call->host->page.len = 0;
    prometheus_print(call->host, &call->host->page);
    http_page(call, 200, "text/plain; version=0.0.4; charset=utf-8", NULL);
}

/* ---- probes: Kubernetes's manner ---- */

/* Whoever reads this has been answered by the loop. */
static void answer_live(const struct http_call *call, const struct tuan_http_request *request)
{
    (void)request;
    call->host->page.len = 0;
    put(&call->host->page, "ok\n");
    http_page(call, 200, "text/plain", NULL);
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
    http_page(call, is_ready ? 200 : 503, "text/plain", NULL);
}

/* ---- */

void admin_port_run(const struct http_call *http, const struct tuan_http_request *request)
{
    static const struct {
        struct tuan_str path;
        admin_route *run;
    } routes[] = {{{"/metrics", 8}, answer_metrics},
                  {{"/livez", 6}, answer_live},
                  {{"/readyz", 7}, answer_ready},
                  {{"/v1/info", 8}, admin_port_info},
                  {{"/v1/me", 6}, admin_port_me},
                  {{"/v1/latency", 11}, admin_port_latency},
                  {{"/v1/connections", 15}, admin_port_connections},
                  {{"/v1/slowlog", 11}, admin_port_slowlog},
                  {{"/v1/config", 10}, admin_port_config}};
    static const struct tuan_str commands = {"/v1/", 4};
    struct tuan_str path = request->path;
    struct http_call call = *http;
    admin_route *run = NULL;

    call.allow = "GET, HEAD";
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (tuan_str_equal(routes[i].path, path)) run = routes[i].run;
    bool is_call =
        run == NULL && path.len > commands.len && memcmp(path.ptr, commands.ptr, commands.len) == 0;
    if (request->method == TUAN_HTTP_OPTIONS || (request->method == TUAN_HTTP_POST && !is_call)) {
        http_refuse(&call, &(struct tuan_reply){.err = TUAN_ERR_BAD_REQUEST}, 405, NULL);
    } else if (run != NULL) {
        run(&call, request);
    } else if (is_call) {
        admin_port_call(&call, request,
                        (struct tuan_str){path.ptr + commands.len, path.len - commands.len});
    } else if (!console_run(&call, request)) {
        http_refuse_text(&call, TUAN_ERR_UNKNOWN_COMMAND,
                         "no such resource: / (the console), /metrics, /livez, /readyz?verbose, "
                         "/v1/info, /v1/COMMAND");
    }
}
