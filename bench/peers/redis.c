/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/peers/redis.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/embed.h"
#include "base/mem.h"
#include "bench/peers/server.h"
#include "bench/tool/clock.h"
#include "bench/tool/tool.h"
#include "bench/wire/link.h"
#include "bench/wire/resp.h"

extern const struct embedded_folder peer_scripts;

enum { ANSWER_MS = 10000 };

struct peer {
    struct server server;
    struct link link; /* for what is no load */
    struct reply reply;
    char fsync[16], version[32];
};

static struct peer *peer_of(const struct target *target)
{
    return target->state;
}

static bool wait_for(const struct link *link, short events)
{
    struct pollfd wait = {.fd = link->fd, .events = events};

    return poll(&wait, 1, ANSWER_MS) == 1;
}

/* Send what is in the link, and wait for its answer. False: it is lost, or refused; said on stderr.
 */
static bool ask(struct peer *peer, const enum reply_field *places, unsigned place_count)
{
    enum decoded got = DECODED_MORE;
    size_t consumed = 0;

    while (peer->link.out_at < peer->link.out.len)
        if (!wait_for(&peer->link, POLLOUT) || !link_flush(&peer->link)) return false;
    reply_reset(&peer->reply);
    while (got == DECODED_MORE) {
        if (!wait_for(&peer->link, POLLIN) || !link_read(&peer->link)) break;
        reply_reset(&peer->reply);
        got =
            resp_decode(peer->link.in.data + peer->link.in_at, peer->link.in.len - peer->link.in_at,
                        places, place_count, &peer->reply, &consumed);
    }
    if (got == DECODED_ONE && peer->reply.class == CLASS_OK) {
        peer->link.in_at += consumed;
        return true;
    }
    fprintf(stderr, "tuan bench: the peer: %.*s\n",
            got == DECODED_ONE ? (int)peer->reply.text.len : 9,
            got == DECODED_ONE ? peer->reply.text.ptr : "no answer");
    return false;
}

static bool put_campaigns(struct target *target, const struct plan *plan, struct wording *wording,
                          int64_t due_at_ms, int *exit_code)
{
    *exit_code = TOOL_OK;
    target->pays = plan->pays;
    wording->due_campaign = (uint32_t)plan->campaigns;
    wording->due_at_ms = due_at_ms;
    return true; /* a campaign is made by its first shopper: every request brings its rules along */
}

static bool check_counts(struct target *target, struct verify *verify, uint32_t campaigns)
{
    /* The places of shop_counts, under names that hold any number. */
    static const enum reply_field places[] = {REPLY_HELD, REPLY_PAID, REPLY_SIZE};
    struct peer *peer = peer_of(target);

    for (uint32_t i = 0; i < campaigns; i++) {
        char id[CAMPAIGN_ID_LEN];
        names_campaign(verify->names, i, id);
        resp_begin(&peer->link.out, 4);
        resp_text(&peer->link.out, "FCALL");
        resp_text(&peer->link.out, "shop_counts");
        resp_text(&peer->link.out, "1");
        resp_word(&peer->link.out, id, sizeof id);
        if (!ask(peer, places, 3)) return false;
        const struct verify_counts told = {
            .seats = reply_number(&peer->reply, REPLY_HELD),
            .paid = target->pays ? reply_number(&peer->reply, REPLY_PAID) : -1,
            .rooms = reply_number(&peer->reply, REPLY_SIZE)};
        verify_counted(verify, i, "shop_counts", &told);
    }
    return true;
}

static int64_t clock_ms(struct target *target)
{
    (void)target;
    return clock_wall_ms(); /* the app server's clock is the only one */
}

static json_t *describe(struct target *target)
{
    const struct peer *peer = peer_of(target);

    return json_pack("{s:s, s:s, s:s}", "version", peer->version, "appendfsync", peer->fsync, "rpc",
                     peer->server.address);
}

static void tidy(struct target *target, const struct wording *wording, uint32_t campaigns,
                 bool is_quiet)
{
    (void)target, (void)wording, (void)campaigns, (void)is_quiet; /* it ends with its server */
}

static void close_target(struct target *target)
{
    struct peer *peer = peer_of(target);

    if (peer == NULL) return;
    link_free(&peer->link);
    server_stop(&peer->server);
    mem_free(peer);
    target->state = NULL;
}

static bool load_script(struct peer *peer)
{
    const struct embedded_file *file = &peer_scripts.files[0];

    resp_begin(&peer->link.out, 4);
    resp_text(&peer->link.out, "FUNCTION");
    resp_text(&peer->link.out, "LOAD");
    resp_text(&peer->link.out, "REPLACE");
    resp_word(&peer->link.out, (const char *)file->data, file->len);
    return ask(peer, NULL, 0);
}

/* "redis_version:7.0.15" of INFO server. */
static void read_version(struct peer *peer)
{
    static const char name[] = "redis_version:";
    char info[4096];

    resp_begin(&peer->link.out, 2);
    resp_text(&peer->link.out, "INFO");
    resp_text(&peer->link.out, "server");
    size_t from = peer->link.in_at;
    if (!ask(peer, NULL, 0)) return;
    size_t len = peer->link.in_at - from;
    (void)snprintf(info, sizeof info, "%.*s", (int)len,
                   peer->link.in.data + peer->link.in_at - len);
    const char *at = strstr(info, name);
    if (at == NULL) return;
    at += sizeof name - 1;
    snprintf(peer->version, sizeof peer->version, "%.*s", (int)strcspn(at, "\r\n"), at);
}

static bool connect_peer(struct peer *peer)
{
    struct link_address address;

    if (!link_resolve(peer->server.address, "6379", &address) ||
        !link_open(&peer->link, &address) || !wait_for(&peer->link, POLLOUT))
        return false;
    peer->link.state = LINK_UP;
    return true;
}

bool target_open_redis(struct target *target, const char *fsync)
{
    struct peer *peer = mem_zalloc(sizeof *peer);

    *target = (struct target){.name = "redis-lua",
                              .label = "redis ",
                              .codec = &codec_redis,
                              .state = peer,
                              .is_durable = strcmp(fsync, "always") == 0,
                              .put_campaigns = put_campaigns,
                              .check_counts = check_counts,
                              .clock_ms = clock_ms,
                              .describe = describe,
                              .tidy = tidy,
                              .close = close_target};
    snprintf(peer->fsync, sizeof peer->fsync, "%s", fsync);
    if (server_start(&peer->server, fsync) && connect_peer(peer) && load_script(peer)) {
        read_version(peer);
        snprintf(target->rpc, sizeof target->rpc, "%s", peer->server.address);
        return true;
    }
    close_target(target);
    return false;
}
