/* SPDX-License-Identifier: BSD-2-Clause */
/* stream.c - bytes out and in. Both go on together: a peer that stops reading because nobody reads
 * its answers, and a client that does not read because it is still writing, would wait for each
 * other for ever. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client/internal.h"

#define READ_BYTES ((size_t)64 * 1024)

static void write_some(struct tuan_client *client)
{
    while (client->out_sent < client->out.size) {
        ssize_t n = send(client->fd, client->out.data + client->out_sent,
                         client->out.size - client->out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EPIPE && errno != ECONNRESET)
                client_lose(client, TUAN_CLIENT_CLOSED, strerror(errno));
            return; /* a peer that hung up may have said why: the reading side finds the end */
        }
        client->out_sent += (size_t)n;
    }
    msgpack_sbuffer_clear(&client->out);
    client->out_sent = 0;
}

static bool make_room(struct tuan_client *client)
{
    if (client->in_used > 0) {
        memmove(client->in, client->in + client->in_used, client->in_len - client->in_used);
        client->in_len -= client->in_used;
        client->in_used = 0;
    }
    if (client->in_cap - client->in_len >= READ_BYTES) return true;
    size_t cap = client->in_cap * 2 + READ_BYTES;
    char *in = realloc(client->in, cap);
    if (in == NULL) {
        client_lose(client, TUAN_CLIENT_MEMORY, "out of memory");
        return false;
    }
    client->in = in;
    client->in_cap = cap;
    return true;
}

static void read_some(struct tuan_client *client)
{
    if (!make_room(client)) return;
    ssize_t n = recv(client->fd, client->in + client->in_len, client->in_cap - client->in_len, 0);
    if (n > 0)
        client->in_len += (size_t)n;
    else if (n == 0)
        client_lose(client, TUAN_CLIENT_CLOSED, "the daemon closed the connection");
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        client_lose(client, TUAN_CLIENT_CLOSED, strerror(errno));
}

/* The next answer in the bytes that are there; NULL: none is complete, or the client is lost. */
static struct tuan_answer *take_answer(struct tuan_client *client)
{
    size_t len = client->in_len - client->in_used;
    const char *why = NULL;

    if (len == 0) return NULL;
    const char *start = client->in + client->in_used;
    switch (
        frame_scan(&client->frame, (const unsigned char *)start, len, client->options.frame_max)) {
    case FRAME_MORE: return NULL;
    case FRAME_BAD:
        client_lose(client, TUAN_CLIENT_PROTOCOL,
                    "an answer is not msgpack, or longer than frame_max");
        return NULL;
    case FRAME_DONE: break;
    }
    struct tuan_answer *answer = answer_parse(start, client->frame.at, &why);
    client->in_used += client->frame.at;
    client->frame = (struct frame){0};
    if (answer == NULL)
        client_lose(client, why == NULL ? TUAN_CLIENT_MEMORY : TUAN_CLIENT_PROTOCOL,
                    why == NULL ? "out of memory" : why);
    return answer;
}

static bool drop_if_abandoned(struct tuan_client *client, struct tuan_answer *answer)
{
    for (size_t i = 0; i < client->abandoned_count; i++) {
        if (client->abandoned[i] != tuan_answer_msgid(answer)) continue;
        client->abandoned[i] = client->abandoned[--client->abandoned_count];
        tuan_answer_free(answer);
        return true;
    }
    return false;
}

static struct tuan_answer *take_wanted(struct tuan_client *client)
{
    struct tuan_answer *answer;

    do
        answer = take_answer(client);
    while (answer != NULL && drop_if_abandoned(client, answer));
    return answer;
}

struct tuan_answer *stream_receive(struct tuan_client *client, int64_t deadline_ms,
                                   struct tuan_client_error *error)
{
    for (;;) {
        struct tuan_answer *answer = take_wanted(client);
        if (answer != NULL) return answer;
        if (client_is_lost(client, error)) return NULL;
        write_some(client);
        if (client_is_lost(client, error)) return NULL;
        int events = POLLIN | (tuan_client_wants_write(client) ? POLLOUT : 0);
        int got = socket_wait(client->fd, (short)events, deadline_ms);
        if (got == 0) {
            error_set(error, TUAN_CLIENT_TIMEOUT, "no answer in time");
            return NULL;
        }
        if ((got & ~POLLOUT) != 0) read_some(client);
    }
}

bool tuan_client_flush(struct tuan_client *client, int timeout_ms, struct tuan_client_error *error)
{
    int64_t deadline_ms = socket_deadline_ms(timeout_ms);

    for (;;) {
        if (client_is_lost(client, error)) return false;
        write_some(client);
        if (client->fd >= 0 && !tuan_client_wants_write(client)) return true;
        if (client_is_lost(client, error)) return false;
        int got = socket_wait(client->fd, POLLIN | POLLOUT, deadline_ms);
        if (got == 0) {
            error_set(error, TUAN_CLIENT_TIMEOUT, "the daemon does not read");
            return false;
        }
        if ((got & ~POLLOUT) != 0) read_some(client);
    }
}

struct tuan_answer *tuan_client_receive(struct tuan_client *client, int timeout_ms,
                                        struct tuan_client_error *error)
{
    struct tuan_answer *answer = client->kept_head;

    if (answer == NULL) return stream_receive(client, socket_deadline_ms(timeout_ms), error);
    client->kept_head = *answer_next(answer);
    if (client->kept_head == NULL) client->kept_tail = &client->kept_head;
    *answer_next(answer) = NULL;
    return answer;
}
