/* SPDX-License-Identifier: BSD-2-Clause */
/* Not a test, but a measurement: how fast batches go out and records come in. mirror_load [records]
 * [batches] [in flight] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clock.h"
#include "tests/mirror/redis.h"
#include "tests/mirror/rig.h"

static size_t records_seen;

static bool count_records(void *context, uint32_t partition, const struct mirror_record *records,
                          size_t count)
{
    (void)context;
    (void)partition;
    for (size_t i = 0; i < count; i++)
        records_seen += records[i].value.len > 0;
    return true;
}

static void fill(const char *socket, size_t records)
{
    redisContext *redis = test_redis_connect(socket);
    redisReply *reply;

    for (size_t i = 0; i < records; i += 10000)
        for (size_t j = i; j < i + 10000 && j < records; j++) {
            char value[128];

            snprintf(value, sizeof value, "0-1 1 %0100zu", j);
            redisAppendCommand(redis, "HSET tuan:{0}:rooms room-0000000%b %s", value + 94,
                               (size_t)12, value);
            if (j + 1 < i + 10000 && j + 1 < records) continue;
            for (size_t k = i; k <= j; k++)
                if (redisGetReply(redis, (void **)&reply) == REDIS_OK) freeReplyObject(reply);
        }
    redisFree(redis);
}

static void append(struct rig *rig, uint64_t batches)
{
    int64_t start_us = clock_boot_us();
    struct mirror_info info;
    char *line = malloc(6001);

    memset(line, '#', 6000);
    for (uint64_t i = 0; i < batches || !rig_is_committed(rig);) {
        while (i < batches && mirror_gate(rig->mirror, 0) == MIRROR_OPEN) {
            struct buf batch = {0};

            buf_append(&batch, line, 6000);
            mirror_submit(rig->mirror, 0, &batch, NULL, 0);
            rig->stub.next++;
            i++;
        }
        rig_turn(rig, 5);
    }
    mirror_info(rig->mirror, &info);
    printf("%llu batches of 6 kB: %.0f a second, resends %llu\n", (unsigned long long)batches,
           (double)batches * 1e6 / (double)(clock_boot_us() - start_us),
           (unsigned long long)info.resends);
    free(line);
}

int main(int argc, char **argv)
{
    size_t records = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    uint64_t batches = argc > 2 ? strtoul(argv[2], NULL, 10) : 50000;
    struct test_redis redis;
    struct rig rig = {0};
    int64_t start_us;

    test_redis_create(&redis);
    rig_config(&rig.config, redis.dir);
    snprintf(rig.config.path, sizeof rig.config.path, "%s", redis.socket);
    rig.config.snapshot_every_ms = 10000;
    rig.config.timeout_ms = 5000;
    if (argc > 3) rig.config.flight_batches_max = strtoul(argv[3], NULL, 10);
    rig.config.snapshot_every_bytes = 64 * 1024 * 1024;
    if (!rig_start(&rig) || !rig_run(&rig, rig_is_ready, 5000)) return 1;
    append(&rig, batches);
    rig_stop(&rig);

    fill(redis.socket, records);
    rig.load_records = count_records;
    start_us = clock_boot_us();
    if (!rig_start(&rig) || !rig_run(&rig, rig_is_ready, 60000)) return 1;
    printf("%zu records and the log: loaded in %.0f ms\n", records_seen,
           (double)(clock_boot_us() - start_us) / 1000);
    rig_stop(&rig);
    test_redis_destroy(&redis);
    return 0;
}
