/* SPDX-License-Identifier: BSD-2-Clause */
/* crowd.c - what a crowd of watchers costs a running tuand, and how soon it is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "joiner.h"
#include "watchers.h"

static const char usage[] =
    "crowd idle RPC_PORT WEB_PORT PID STREAMS RATE SECONDS\n"
    "  Streams of rooms in which nothing happens, ten a room: resident bytes each, and the\n"
    "  latency of RATE joins a second elsewhere: before, with and after them, SECONDS each.\n"
    "crowd hot RPC_PORT WEB_PORT sse|resp3 WATCHERS CHANGES GAP_MS\n"
    "  Watchers of one room: how long after a join was sent, and after it was answered, the\n"
    "  last of them was told; GAP_MS between one change told to all and the next.\n"
    "The figures go to stdout as JSON.";

enum { TELL_MAX_US = 60000000, STREAMS_A_ROOM = 10 };

/* ---- what both need ---- */

static int64_t resident_bytes(const char *pid)
{
    char path[64], line[160];
    long long kib = -1;

    snprintf(path, sizeof path, "/proc/%.20s/status", pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmRSS: %lld", &kib) == 1) break;
    if (kib < 0) give_up("no VmRSS in %s", path);
    fclose(file);
    return (int64_t)kib * 1024;
}

static void raise_file_limit(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void put_figures(const char *name, struct figures figures)
{
    printf("\"%s\":{\"p50_us\":%lld,\"p99_us\":%lld,\"max_us\":%lld}", name, (long long)figures.p50,
           (long long)figures.p99, (long long)figures.max);
}

static void await_told(struct watchers *watchers, int64_t version)
{
    int64_t end_us = now_us() + TELL_MAX_US;

    watchers_expect(watchers, version);
    while (watchers_told(watchers) < watchers_count(watchers)) {
        watchers_turn(watchers, -1, 100000);
        if (now_us() > end_us)
            give_up("%zu of %zu have not been told",
                    watchers_count(watchers) - watchers_told(watchers), watchers_count(watchers));
    }
}

/* ---- idle ---- */

struct idle {
    int web_port, rate, seconds;
    size_t streams;
    const char *pid;
};

static void open_streams(struct joiner *joiner, struct watchers *watchers, const struct idle *idle)
{
    char room[21];

    for (size_t i = 0; i < idle->streams; i++) {
        if (i % STREAMS_A_ROOM == 0) joiner_open(joiner, "idle", room);
        watchers_add(watchers, idle->web_port, room);
        watchers_turn(watchers, -1, 0);
    }
    await_told(watchers, 1);
}

static void run_idle(struct joiner *joiner, const struct idle *idle)
{
    struct watchers *nobody = watchers_create(false, 0);
    struct watchers *watchers = watchers_create(false, idle->streams);

    joiner_call(joiner, "CAMPAIGN.PUT idle SIZE 3 PAYMENT none");
    joiner_call(joiner, "CAMPAIGN.PUT busy SIZE 5 PAYMENT none");
    struct figures before = joiner_run(joiner, nobody, "busy", idle->rate, idle->seconds);
    int64_t without_bytes = resident_bytes(idle->pid);
    open_streams(joiner, watchers, idle);
    int64_t with_bytes = resident_bytes(idle->pid);
    struct figures with = joiner_run(joiner, watchers, "busy", idle->rate, idle->seconds);
    size_t heartbeats = watchers_heartbeats(watchers);
    watchers_destroy(watchers);
    struct figures after = joiner_run(joiner, nobody, "busy", idle->rate, idle->seconds);
    watchers_destroy(nobody);

    printf("{\"streams\":%zu,\"heartbeats\":%zu,\"bytes_each\":%lld,\"joins_per_s\":%d,",
           idle->streams, heartbeats,
           (long long)(with_bytes - without_bytes) / (long long)idle->streams, idle->rate);
    put_figures("before", before);
    printf(",");
    put_figures("with", with);
    printf(",");
    put_figures("after", after);
    printf("}\n");
}

/* ---- hot ---- */

static void rest(struct watchers *watchers, int64_t ms)
{
    int64_t end_us = now_us() + ms * 1000;

    for (int64_t left_us = ms * 1000; left_us > 0; left_us = end_us - now_us())
        watchers_turn(watchers, -1, left_us);
}

static void run_hot(struct joiner *joiner, struct watchers *watchers, int port, size_t count,
                    size_t changes, int gap_ms)
{
    int64_t *told_us = calloc(changes, sizeof *told_us);
    int64_t *late_us = calloc(changes, sizeof *late_us);
    char room[21];

    if (told_us == NULL || late_us == NULL) give_up("no memory for %zu changes", changes);
    joiner_call(joiner, "CAMPAIGN.PUT hot SIZE %lld PAYMENT none", (long long)changes + 2);
    joiner_open(joiner, "hot", room);
    for (size_t i = 0; i < count; i++) {
        watchers_add(watchers, port, room);
        watchers_turn(watchers, -1, 0);
    }
    await_told(watchers, 1);
    for (size_t i = 0; i < changes; i++) {
        rest(watchers, gap_ms);
        int64_t start_us = now_us();
        joiner_call(joiner, "ROOM.JOIN %s v%lld p%lld", room, (long long)i, (long long)i);
        int64_t answered_us = now_us();
        await_told(watchers, watchers_version(watchers) + 1);
        told_us[i] = watchers_told_us(watchers) - start_us;
        late_us[i] = watchers_told_us(watchers) - answered_us;
    }
    printf("{\"watchers\":%zu,\"changes\":%zu,\"gap_ms\":%d,", count, changes, gap_ms);
    put_figures("since_sent", figures_of(told_us, changes));
    printf(",");
    put_figures("since_answered", figures_of(late_us, changes));
    printf("}\n");
    free(told_us);
    free(late_us);
}

/* ---- arguments ---- */

static int number(const char *text, int min, int max)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < min || value > max)
        give_up("%s: a number from %d to %d is expected", text, min, max);
    return (int)value;
}

int main(int argc, char **argv)
{
    if (argc != 8 || (strcmp(argv[1], "idle") != 0 && strcmp(argv[1], "hot") != 0))
        give_up("%s", usage);
    raise_file_limit();
    int rpc_port = number(argv[2], 1, 65535), web_port = number(argv[3], 1, 65535);
    struct joiner *joiner = joiner_create(rpc_port);

    if (strcmp(argv[1], "idle") == 0) {
        struct idle idle = {.web_port = web_port,
                            .pid = argv[4],
                            .streams = (size_t)number(argv[5], 1, 100000),
                            .rate = number(argv[6], 1, 1000000),
                            .seconds = number(argv[7], 1, 3600)};
        run_idle(joiner, &idle);
    } else {
        bool is_resp3 = strcmp(argv[4], "resp3") == 0;
        size_t count = (size_t)number(argv[5], 1, 100000);
        struct watchers *watchers = watchers_create(is_resp3, count);
        run_hot(joiner, watchers, is_resp3 ? rpc_port : web_port, count,
                (size_t)number(argv[6], 1, 100000), number(argv[7], 0, 60000));
        watchers_destroy(watchers);
    }
    joiner_destroy(joiner);
    return EXIT_SUCCESS;
}
