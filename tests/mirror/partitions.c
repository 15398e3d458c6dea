/* SPDX-License-Identifier: BSD-2-Clause */
/* Sixteen partitions, over TCP, with a password. */
#include "tests/mirror/bench.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool accept_records(void *context, uint32_t partition, const struct mirror_record *records,
                           size_t count)
{
    (void)context;
    (void)partition;
    (void)records;
    (void)count;
    return true;
}

static bool accept_batch(void *context, uint32_t partition, uint64_t position,
                         struct mirror_bytes batch)
{
    struct rig *rig = context;

    (void)partition;
    (void)position;
    (void)batch;
    rig->stub.batches_loaded++;
    return true;
}

static void ignore(void *context, uint32_t partition)
{
    (void)context;
    (void)partition;
}

static bool accept_end(void *context, uint32_t partition, uint64_t next)
{
    (void)context;
    (void)partition;
    return mirror_seq(next) == 1;
}

static void count_commit(void *context, uint32_t partition, uint64_t position)
{
    struct rig *rig = context;

    (void)partition;
    rig->stub.committed += mirror_seq(position);
}

static bool no_slice(void *context, uint32_t partition, uint64_t older_than,
                     struct mirror_record *out)
{
    (void)context;
    (void)partition;
    (void)older_than;
    (void)out;
    return false;
}

static void ignore_done(void *context, uint32_t partition, bool stored)
{
    (void)context;
    (void)partition;
    (void)stored;
}

static uint64_t all_dirty(void *context, uint32_t partition)
{
    (void)context;
    (void)partition;
    return mirror_position(1, 1);
}

static bool never_behind(void *context, uint32_t partition)
{
    (void)context;
    (void)partition;
    return false;
}

static bool sixteen_are_in(struct rig *rig)
{
    return rig->stub.committed == 16;
}

/* While *held is open, the kernel gives the port only to who asks for it by number. */
static uint16_t hold_free_port(int *held)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int yes = 1;

    *held = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(setsockopt(*held, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
    assert_int_equal(bind(*held, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(*held, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

static void use_tcp(struct bench *bench)
{
    struct mirror_config *config = &bench->rig.config;
    FILE *file;
    int held;

    config->mode = MIRROR_TCP;
    config->port = hold_free_port(&held);
    config->partitions = 16;
    config->db = 3;
    strcpy(config->host, "localhost");
    snprintf(config->password_file, sizeof config->password_file, "%s/secret", bench->redis.dir);
    file = fopen(config->password_file, "w");
    fputs("sesame\n", file);
    fclose(file);
    chmod(config->password_file, 0600);
    bench_ask(bench, "CONFIG SET aof-load-truncated no");
    bench_ask(bench, "CONFIG SET bind 127.0.0.1 port %d", config->port);
    close(held);
    bench_ask(bench, "CONFIG SET requirepass sesame");
}

static void mirror_serves_sixteen_partitions_over_tcp(void **state)
{
    struct bench *bench = *state;
    struct rig *rig = &bench->rig;
    struct mirror_info info;
    const struct mirror_hooks hooks = {rig,         ignore,       accept_records, accept_batch,
                                       accept_end,  count_commit, ignore,         no_slice,
                                       ignore_done, all_dirty,    never_behind,   NULL};

    use_tcp(bench);
    for (int round = 0; round < 2; round++) {
        rig->hooks = &hooks;
        assert_true(rig_start(rig));
        assert_true(rig_run(rig, rig_is_ready, 5000));
        assert_int_equal(mirror_partitions(rig->mirror), 16);
        if (round == 1) break;
        for (uint32_t i = 0; i < 16; i++) {
            struct buf batch = {0};

            buf_append_str(&batch, "x");
            assert_int_equal(mirror_submit(rig->mirror, i, &batch, NULL, 0), mirror_position(1, 1));
        }
        assert_true(rig_run(rig, sixteen_are_in, 3000));
        rig_stop(rig);
    }
    assert_int_equal(rig->stub.batches_loaded, 16);
    mirror_info(rig->mirror, &info);
    assert_string_equal(info.promise, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(mirror_serves_sixteen_partitions_over_tcp),
    };

    return cmocka_run_group_tests_name("mirror: partitions", tests, NULL, NULL);
}
