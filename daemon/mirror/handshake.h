/* SPDX-License-Identifier: BSD-2-Clause */
/* handshake.h - what is settled on a new connection before any partition uses it (P6, D1 … D5).
 *
 * Who are you (version, primary, policy), here are our scripts, which data set is this? A key space
 * that never was is made here (D2, D4). The server's settings are asked for again and again, since
 * one that evicts keys will not do, whenever it was told to. Knows no socket: requests go to the
 * outbox, replies come in.
 */
#ifndef TUAN_DAEMON_MIRROR_HANDSHAKE_H
#define TUAN_DAEMON_MIRROR_HANDSHAKE_H

#include "daemon/mirror/form.h"
#include "daemon/mirror/lane.h"

enum { HANDSHAKE_WHY_SIZE = 200, HANDSHAKE_LOOK_MS = 500, HANDSHAKE_SETTINGS_MS = 5000 };

enum handshake_step {
    HANDSHAKE_GOING,
    HANDSHAKE_DONE,   /* dataset and partitions are known and right */
    HANDSHAKE_LOST,   /* the data set we remember is not there (D3, D4): look again later */
    HANDSHAKE_RETRY,  /* end the connection, try again */
    HANDSHAKE_REFUSED /* this server will not do until somebody changes it */
};

struct handshake_config {
    const struct mirror_config *mirror;
    const char *password;   /* empty: none */
    const char *remembered; /* data set; empty: none */
    void (*random)(void *context, unsigned char out[16]);
};

struct handshake {
    const struct handshake_config *config;
    struct outbox *out;
    struct scripts *scripts;
    uint32_t generation;
    uint32_t heads_awaited, creates_awaited;
    bool found_head;
    bool has_aof;
    bool is_making;
    bool is_over;        /* what is asked now is how the server is set, once more */
    char fsync[16];      /* appendfsync, if it may be asked */
    bool mends_torn_log; /* aof-load-truncated */
    char run_id[48];
    char version[32]; /* of Redis */
    char dataset[FORM_ID_SIZE];
    uint32_t partitions;
    bool is_exchanged;            /* D5: another data set than the remembered one, accepted */
    char why[HANDSHAKE_WHY_SIZE]; /* of LOST, RETRY and REFUSED */
};

void handshake_start(struct handshake *handshake);
/* LOST: ask once more for the data set. */
void handshake_look_again(struct handshake *handshake);
/* DONE: ask once more how the server is set, which its operator may change at any time. */
void handshake_look_at_settings(struct handshake *handshake);
enum handshake_step handshake_reply(struct handshake *handshake, const struct expected *expected,
                                    const struct reply *reply);
/* For people: what this server's own settings do not survive; empty: nothing is lost. */
void handshake_promise(const struct handshake *handshake, char *out, size_t size);

#endif
