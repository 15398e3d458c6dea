/* SPDX-License-Identifier: BSD-2-Clause */
/* evhttp_echo.c TIMEOUT_S - libevent's HTTP server as it comes, but with OPTIONS, on a free port
 * that it prints: it answers 200 to everything and says in X-Target what it read. Ours is compared
 * with it. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static const char *method_of(struct evhttp_request *request)
{
    switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_GET: return "GET";
    case EVHTTP_REQ_HEAD: return "HEAD";
    case EVHTTP_REQ_POST: return "POST";
    case EVHTTP_REQ_OPTIONS: return "OPTIONS";
    default: return "OTHER";
    }
}

static void on_request(struct evhttp_request *request, void *context)
{
    char target[256];

    (void)context;
    snprintf(target, sizeof target, "%s %.200s", method_of(request),
             evhttp_request_get_uri(request));
    evhttp_add_header(evhttp_request_get_output_headers(request), "X-Target", target);
    evhttp_send_reply(request, 200, "OK", NULL);
}

int main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
    struct sockaddr_in address;
    socklen_t len = sizeof address;

    if (argc != 2 || bound == NULL ||
        getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len) != 0) {
        fprintf(stderr, "evhttp_echo: TIMEOUT_S is expected, and a free port\n");
        return EXIT_FAILURE;
    }
    evhttp_set_timeout(http, atoi(argv[1]));
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
                                         EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
    evhttp_set_gencb(http, on_request, NULL);
    printf("%d libevent %s\n", ntohs(address.sin_port), event_get_version());
    fflush(stdout);
    event_base_dispatch(base);
    evhttp_free(http);
    event_base_free(base);
    return EXIT_SUCCESS;
}
