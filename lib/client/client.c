/* SPDX-License-Identifier: BSD-2-Clause */
/* client.c - the life of a connection, and how failures are told. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/internal.h"

static struct tuan_client_options with_defaults(const struct tuan_client_options *given)
{
    struct tuan_client_options options = {0};

    if (given != NULL) options = *given;
    if (options.connect_timeout_ms == 0) options.connect_timeout_ms = 5000;
    if (options.call_timeout_ms == 0) options.call_timeout_ms = 10000;
    if (options.frame_max == 0) options.frame_max = (size_t)16 << 20;
    return options;
}

struct tuan_client *tuan_client_connect(const char *address,
                                        const struct tuan_client_options *options,
                                        struct tuan_client_error *error)
{
    struct tuan_client *client = calloc(1, sizeof *client);

    if (client == NULL) {
        error_set(error, TUAN_CLIENT_MEMORY, "out of memory");
        return NULL;
    }
    client->options = with_defaults(options);
    client->kept_tail = &client->kept_head;
    msgpack_sbuffer_init(&client->out);
    msgpack_sbuffer_init(&client->call.args);
    client->fd = socket_dial(address, client->options.connect_timeout_ms, error);
    if (client->fd < 0) {
        tuan_client_close(client);
        return NULL;
    }
    return client;
}

void tuan_client_close(struct tuan_client *client)
{
    if (client == NULL) return;
    if (client->fd >= 0) close(client->fd);
    while (client->kept_head != NULL) {
        struct tuan_answer *answer = client->kept_head;
        client->kept_head = *answer_next(answer);
        tuan_answer_free(answer);
    }
    msgpack_sbuffer_destroy(&client->out);
    msgpack_sbuffer_destroy(&client->call.args);
    free(client->in);
    free(client->abandoned);
    free(client);
}

int tuan_client_fd(const struct tuan_client *client)
{
    return client->fd;
}

bool tuan_client_wants_write(const struct tuan_client *client)
{
    return client->fd >= 0 && client->out_sent < client->out.size;
}

void client_lose(struct tuan_client *client, enum tuan_client_failure failure, const char *text)
{
    if (client->fd < 0) return;
    close(client->fd);
    client->fd = -1;
    if (failure != TUAN_CLIENT_CLOSED) /* what came after the fault is not to be believed */
        client->in_len = client->in_used = 0;
    error_set(&client->lost, failure, "%s", text);
}

bool client_is_lost(const struct tuan_client *client, struct tuan_client_error *error)
{
    if (client->fd >= 0) return false;
    if (error != NULL) *error = client->lost;
    return true;
}
