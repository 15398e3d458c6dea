/* SPDX-License-Identifier: BSD-2-Clause */
/* engine.c - `tuan bench engine`: the pure core alone, in this process, in virtual time: what a
 * join costs and what a room weighs, without sockets, codecs and the mirror. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "bench/load/load.h"
#include "bench/tool/args.h"
#include "bench/tool/clock.h"
#include "engine/engine.h"
#include "proto/schema.h"

enum {
    SWEEP_FACTS = 2000,  /* budget of a sweep */
    DAY_MS = 86400000,   /* life of a room */
    TURN = 200,          /* commands between two drains, as in a busy turn of the daemon */
    JOINS_PER_MS = 4000, /* of virtual time */
    PRICE = 9900,        /* of a seat that is paid */
    ID_LEN = 13,
    ID_SIZE = 16,
    T0_MS_HIGH = 1700000, /* × 1,000,000: an ordinary moment */
};
#define T0_MS (INT64_C(1000000) * T0_MS_HIGH)

/* Somebody new, with an order. */
struct shopper {
    struct tuan_command command;
    char user[ID_SIZE], order[ID_SIZE];
};

struct engine_bench {
    int64_t rooms, campaigns, joins, size;
    struct engine *engine;
    struct rng rng;
    bool expires, merges; /* all rooms fall due in one millisecond; their rules merge */
    bool pays;            /* their members have paid, and get it back */
    bool huge_pages;
    int64_t now_ms, done, refused;
    int64_t turn_end, ms_end; /* how much is done when they come */
    uint64_t position;
    char (*campaign_ids)[ID_SIZE];
    char user[ID_SIZE], order[ID_SIZE]; /* of the last shopper */
    struct shopper shoppers[2];         /* the one whose turn it is, and the next */
};

static void random_bytes(void *context, void *out, size_t size)
{
    struct rng *rng = context;
    uint64_t word = 0;

    for (size_t i = 0; i < size; i++) {
        if (i % sizeof word == 0) word = rng_u64(rng);
        ((unsigned char *)out)[i] = (unsigned char)(word >> (8 * (i % sizeof word)));
    }
}

/* A mark and twelve digits, counted up in place: to print them would cost as much as a good part of
 * a join. */
static void reset_id(char text[ID_SIZE], char mark)
{
    text[0] = mark;
    memset(text + 1, '0', ID_LEN - 1);
}

static struct tuan_str next_id(char text[ID_SIZE], char out[ID_SIZE])
{
    memcpy(out, text, ID_SIZE); /* before it counts on: a digit just written holds up the copy */
    for (int i = ID_LEN - 1; i > 0 && ++text[i] > '9'; i--)
        text[i] = '0';
    return (struct tuan_str){out, ID_LEN};
}

/* One command; drains, sweeps and lets time go on where a turn ends. */
static void apply(struct engine_bench *bench, const struct tuan_command *command)
{
    struct engine_answer answer;

    engine_apply(bench->engine, command, bench->now_ms, &answer);
    bench->refused += answer.reply.err != TUAN_OK;
    if (++bench->done == bench->turn_end) {
        bench->turn_end += TURN;
        engine_drain(bench->engine);
        engine_set_position(bench->engine, ++bench->position);
        engine_expire(bench->engine, bench->now_ms, 1000);
        engine_drain(bench->engine);
    }
    if (bench->done == bench->ms_end) {
        bench->ms_end += JOINS_PER_MS;
        bench->now_ms++;
    }
}

static void put_campaigns(struct engine_bench *bench)
{
    struct tuan_command command = {.id = TUAN_CMD_CAMPAIGN_PUT, .arg = tuan_args_default};
    struct tuan_rules *rules = &command.rules;
    char id[ID_SIZE];

    bench->campaign_ids = mem_alloc((size_t)bench->campaigns * sizeof *bench->campaign_ids);
    reset_id(id, 'c');
    for (int64_t i = 0; i < bench->campaigns; i++) {
        command.arg.campaign = next_id(id, bench->campaign_ids[i]);
        rules->size = bench->size;
        rules->payment = bench->pays ? TUAN_PAYMENT_REQUIRED : TUAN_PAYMENT_NONE;
        rules->merge = bench->merges ? TUAN_MERGE_DEADLINE : TUAN_MERGE_OFF;
        rules->end_at = bench->expires ? T0_MS + DAY_MS : 0; /* caps every room's deadline */
        rules->given = UINT64_C(1) << TUAN_PARAM_size | UINT64_C(1) << TUAN_PARAM_payment |
                       UINT64_C(1) << TUAN_PARAM_merge | UINT64_C(1) << TUAN_PARAM_end_at;
        apply(bench, &command);
    }
}

static void send_shopper(struct engine_bench *bench, struct shopper *shopper, enum tuan_cmd id)
{
    uint64_t campaign =
        bench->campaigns == 1 ? 0 : rng_below(&bench->rng, (uint64_t)bench->campaigns);
    struct tuan_command *command = &shopper->command;

    command->id = id;
    command->arg.campaign = (struct tuan_str){bench->campaign_ids[campaign], ID_LEN};
    command->arg.user = next_id(bench->user, shopper->user);
    command->arg.order = next_id(bench->order, shopper->order);
}

static void pay(struct engine_bench *bench, const struct shopper *shopper)
{
    const struct tuan_args *seat = &shopper->command.arg;
    struct tuan_command command = {.id = TUAN_CMD_SEAT_PAY, .arg = tuan_args_default};

    command.arg.campaign = seat->campaign;
    command.arg.order = seat->order;
    command.arg.payment = seat->user; /* as good an id as any */
    command.arg.amount = PRICE;
    command.given = UINT64_C(1) << TUAN_ARG_payment | UINT64_C(1) << TUAN_ARG_amount;
    apply(bench, &command);
}

/* All new to the engine, each seen coming while the one before is judged, as in a pipeline. */
static void seat_shoppers(struct engine_bench *bench, enum tuan_cmd id, int64_t count)
{
    struct shopper *shoppers = bench->shoppers;

    shoppers[0].command.arg = shoppers[1].command.arg = tuan_args_default;
    send_shopper(bench, &shoppers[0], id);
    for (int64_t i = 0; i < count; i++) {
        struct shopper *next = &shoppers[(i + 1) % 2];
        const struct tuan_args *arg = &next->command.arg;
        send_shopper(bench, next, id);
        engine_foresee(bench->engine, arg->campaign, arg->user, arg->order);
        apply(bench, &shoppers[i % 2].command);
        if (bench->pays) pay(bench, &shoppers[i % 2]);
    }
}

/* A lap opens rooms, lets shoppers in, and at its end all of it is forgotten. The memory of the
 * first is new: the kernel clears each page when it is touched first. That of the second has been
 * used before, as in a daemon that has run for a day. */
enum { LAP_NEW, LAP_USED, LAPS };

struct figures {
    double open_s[LAPS], join_s[LAPS], expire_s, turn_max_ms, bytes_a_room;
    int64_t turns;
    struct engine_totals before, after;
};

/* The moment that all rooms are due, swept in turns as the daemon's are. */
static void expire(struct engine_bench *bench, struct figures *figures)
{
    int64_t start_us = clock_now_us(), turn_us = start_us, now_us;
    bool more = true;

    for (bench->now_ms += DAY_MS; more; turn_us = now_us) {
        more = engine_expire(bench->engine, bench->now_ms, SWEEP_FACTS);
        engine_drain(bench->engine);
        engine_set_position(bench->engine, ++bench->position);
        now_us = clock_now_us();
        figures->turns++;
        if ((double)(now_us - turn_us) / 1e3 > figures->turn_max_ms)
            figures->turn_max_ms = (double)(now_us - turn_us) / 1e3;
    }
    figures->expire_s = (double)(clock_now_us() - start_us) / 1e6;
}

/* Two days later: the deadlines are past, and so is the time that rooms are kept. */
static void forget_all(struct engine_bench *bench)
{
    for (int day = 0; day < 2; day++) {
        bool more = true;
        for (bench->now_ms += DAY_MS; more;) {
            more = engine_expire(bench->engine, bench->now_ms, SWEEP_FACTS);
            engine_drain(bench->engine);
            engine_set_position(bench->engine, ++bench->position);
        }
    }
}

static void run_lap(struct engine_bench *bench, struct figures *figures, int lap)
{
    int64_t start_us = clock_now_us();

    seat_shoppers(bench, TUAN_CMD_ROOM_OPEN, bench->rooms);
    figures->open_s[lap] = (double)(clock_now_us() - start_us) / 1e6;
    engine_drain(bench->engine);
    engine_totals(bench->engine, &figures->before);
    if (bench->expires) return;
    start_us = clock_now_us();
    seat_shoppers(bench, TUAN_CMD_ROOM_MATCH, bench->joins);
    figures->join_s[lap] = (double)(clock_now_us() - start_us) / 1e6;
    engine_drain(bench->engine);
}

static void measure(struct engine_bench *bench, struct figures *figures)
{
    put_campaigns(bench);
    engine_totals(bench->engine, &figures->before);
    int64_t empty_bytes = figures->before.bytes;

    run_lap(bench, figures, LAP_NEW);
    if (bench->expires) expire(bench, figures);
    engine_totals(bench->engine, &figures->after);
    if (figures->after.rooms > 0)
        figures->bytes_a_room =
            (double)(figures->after.bytes - empty_bytes) / (double)figures->after.rooms;
    if (bench->expires) return;
    forget_all(bench);
    run_lap(bench, figures, LAP_USED);
}

static double million_a_second(int64_t count, double seconds)
{
    return (double)count / seconds / 1e6;
}

static void print_people(const struct engine_bench *bench, const struct figures *figures)
{
    static const char *const names[LAPS] = {[LAP_NEW] = "memory new", [LAP_USED] = "used before"};

    printf("%lld campaigns, %lld open rooms of %lld seats, then %lld joins by ROOM.MATCH; "
           "%lld refused\n",
           (long long)bench->campaigns, (long long)figures->before.rooms_open,
           (long long)bench->size, (long long)bench->joins, (long long)bench->refused);
    for (int lap = 0; lap < LAPS; lap++)
        printf("%-11s  opened %.2f M/s  joined %.2f M/s, %.0f ns each\n", names[lap],
               million_a_second(bench->rooms, figures->open_s[lap]),
               million_a_second(bench->joins, figures->join_s[lap]),
               figures->join_s[lap] * 1e9 / (double)bench->joins);
    printf("%lld rooms (%lld formed) with %lld seats: %.0f bytes a room, all indexes included\n",
           (long long)figures->after.rooms, (long long)figures->after.rooms_formed,
           (long long)figures->after.seats, figures->bytes_a_room);
}

static void print_expiry(const struct tool *tool, const struct engine_bench *bench,
                         const struct figures *figures)
{
    if (tool->json)
        printf("{\"rooms\":%lld,\"merges\":%s,\"expire_s\":%.3f,\"turns\":%lld,"
               "\"turn_max_ms\":%.3f,\"rooms_formed\":%lld,\"rooms_failed\":%lld,"
               "\"refunds_due\":%lld}\n",
               (long long)bench->rooms, bench->merges ? "true" : "false", figures->expire_s,
               (long long)figures->turns, figures->turn_max_ms,
               (long long)figures->after.rooms_formed, (long long)figures->after.rooms_failed,
               (long long)figures->after.refunds_open);
    else
        printf("%lld rooms due in one millisecond, %s: ended in %.2f s, in %lld turns of %.2f ms "
               "at most; %lld formed, %lld failed or were merged away; %lld refunds due\n",
               (long long)bench->rooms, bench->merges ? "merging" : "not merging",
               figures->expire_s, (long long)figures->turns, figures->turn_max_ms,
               (long long)figures->after.rooms_formed, (long long)figures->after.rooms_failed,
               (long long)figures->after.refunds_open);
}

static void print_json(const struct engine_bench *bench, const struct figures *figures)
{
    printf("{\"campaigns\":%lld,\"rooms\":%lld,\"size\":%lld,\"joins\":%lld,\"huge_pages\":%s,"
           "\"joins_per_s\":%.0f,"
           "\"ns_per_join\":%.1f,\"opens_per_s\":%.0f,\"joins_per_s_new_memory\":%.0f,"
           "\"rooms_formed\":%lld,\"refused\":%lld,\"bytes_per_room\":%.1f}\n",
           (long long)bench->campaigns, (long long)bench->rooms, (long long)bench->size,
           (long long)bench->joins, bench->huge_pages ? "true" : "false",
           (double)bench->joins / figures->join_s[LAP_USED],
           figures->join_s[LAP_USED] * 1e9 / (double)bench->joins,
           (double)bench->rooms / figures->open_s[LAP_USED],
           (double)bench->joins / figures->join_s[LAP_NEW], (long long)figures->after.rooms_formed,
           (long long)bench->refused, figures->bytes_a_room);
}

static int run(struct tool *tool, struct engine_bench *bench)
{
    struct figures figures = {.turns = 0};

    rng_seed(&bench->rng, 1);
    const struct engine_config config = {.hash_seed = 1,
                                         .huge_pages = bench->huge_pages,
                                         .random = random_bytes,
                                         .random_context = &bench->rng};
    bench->engine = engine_create(&config);
    bench->now_ms = T0_MS;
    bench->turn_end = TURN;
    bench->ms_end = JOINS_PER_MS;
    engine_set_position(bench->engine, ++bench->position);
    reset_id(bench->user, 'u');
    reset_id(bench->order, 'o');
    measure(bench, &figures);
    engine_destroy(bench->engine);
    mem_free(bench->campaign_ids);
    if (bench->expires)
        print_expiry(tool, bench, &figures);
    else if (tool->json)
        print_json(bench, &figures);
    else
        print_people(bench, &figures);
    return bench->refused == 0 ? TOOL_OK : TOOL_WRONG;
}

int bench_engine(struct tool *tool, int argc, char **argv)
{
    struct engine_bench bench = {.rooms = 1000000, .campaigns = 1, .joins = 4000000, .size = 5};
    const struct flag flags[] = {
        TOOL_FLAGS(tool),
        {"--rooms", NULL, FLAG_COUNT, &bench.rooms, "N", "rooms open before (1000000)"},
        {"--campaigns", NULL, FLAG_COUNT, &bench.campaigns, "N", "that they are spread over (1)"},
        {"--joins", NULL, FLAG_COUNT, &bench.joins, "N",
         "shoppers who ask to be matched (4000000)"},
        {"--size", NULL, FLAG_COUNT, &bench.size, "N", "seats of a room (5)"},
        {"--expire", NULL, FLAG_SWITCH, &bench.expires, NULL,
         "instead of joins: all rooms, of one member each, fall due in one millisecond"},
        {"--paid", NULL, FLAG_SWITCH, &bench.pays, NULL,
         "with --expire: the members have paid, and each is owed a refund"},
        {"--merge", NULL, FLAG_SWITCH, &bench.merges, NULL, "their rules merge at the deadline"},
        {"--huge-pages", NULL, FLAG_SWITCH, &bench.huge_pages, NULL,
         "for the indexes, as tuand's memory.huge_pages 1"},
    };
    const struct usage usage = {"tuan bench engine [flags]",
                                "The engine alone, in this process: shoppers who pay nothing are "
                                "matched into open rooms.\n",
                                flags, sizeof flags / sizeof flags[0]};

    switch (args_parse(&usage, &argc, argv, false)) {
    case ARGS_BAD: return TOOL_USAGE;
    case ARGS_HELP: return TOOL_OK;
    case ARGS_OK: break;
    }
    if (argc > 1 || bench.campaigns < 1 || bench.joins < 1 || bench.rooms < 1 || bench.size < 2 ||
        bench.size > 10000) {
        fprintf(stderr,
                "tuan bench engine: --campaigns, --joins and --rooms are at least 1, --size "
                "is 2 to 10000\n");
        return TOOL_USAGE;
    }
    if (bench.pays && !bench.expires) {
        fprintf(stderr, "tuan bench engine: --paid goes with --expire\n");
        return TOOL_USAGE;
    }
    return run(tool, &bench);
}
