/* SPDX-License-Identifier: BSD-2-Clause */
/* mirror = private: our own redis-server, its lock, and its deaths. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/list.h"
#include "daemon/clock.h"
#include "tests/mirror/redis.h"
#include "tests/mirror/rig.h"

struct bench {
    char dir[64];
    struct rig rig;
    struct stub before;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    strcpy(bench->dir, "/tmp/tuan-private-XXXXXX");
    if (mkdtemp(bench->dir) == NULL) return -1;
    rig_config(&bench->rig.config, bench->dir);
    bench->rig.config.mode = MIRROR_PRIVATE;
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    if (bench->rig.base != NULL) rig_stop(&bench->rig);
    remove_tree(bench->dir);
    free(bench);
    return 0;
}

static void start(struct bench *bench)
{
    assert_true(rig_start(&bench->rig));
    assert_true(rig_run(&bench->rig, rig_is_ready, 10000));
}

static void write_some(struct bench *bench, uint64_t from, uint64_t count)
{
    for (uint64_t i = from; i < from + count; i++) {
        assert_true(rig_write(&bench->rig, i, 1));
        if (i % 10 == 0) rig_turn(&bench->rig, 1);
    }
}

static long ask_redis(struct bench *bench, const char *section, const char *field)
{
    char socket[300];
    char info[8000];
    const char *at;

    snprintf(socket, sizeof socket, "%s/redis.sock", bench->rig.config.dir);
    test_redis_ask(socket, info, sizeof info, "INFO %s", section);
    at = strstr(info, field);
    assert_non_null(at);
    return atol(at + strlen(field));
}

static int redis_pid(struct bench *bench)
{
    return (int)ask_redis(bench, "server", "process_id:");
}

static void private_starts_stops_and_keeps_everything(void **state)
{
    struct bench *bench = *state;
    struct stat status;
    struct mirror_info info;
    int pid;

    start(bench);
    assert_int_equal(stat(bench->rig.config.dir, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    mirror_info(bench->rig.mirror, &info);
    assert_string_equal(info.promise, "");
    assert_int_equal(strlen(info.dataset), 32);
    write_some(bench, 0, 100);
    assert_true(rig_run(&bench->rig, rig_is_committed, 3000));
    bench->before = bench->rig.stub;
    pid = redis_pid(bench);
    rig_stop(&bench->rig);
    assert_int_not_equal(kill(pid, 0), 0); /* it has ended */
    start(bench);
    assert_true(stub_equal(&bench->before, &bench->rig.stub));
}

static void private_redis_is_started_again(void **state)
{
    struct bench *bench = *state;

    start(bench);
    for (uint64_t round = 0; round < 3; round++) {
        write_some(bench, round * 100, 100);
        kill(redis_pid(bench), SIGKILL);
        rig_run_for(&bench->rig, 30);
        assert_true(rig_run(&bench->rig, rig_is_committed, 5000));
    }
    assert_int_equal(bench->rig.stub.drops, 0);
    bench->before = bench->rig.stub;
    rig_stop(&bench->rig);
    start(bench);
    assert_true(stub_equal(&bench->before, &bench->rig.stub));
}

/* In a child: become an owner, write, tell `fd` so, wait for the end. */
static void live_as_another_tuand(struct bench *bench, int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
    if (!rig_start(&bench->rig) || !rig_run(&bench->rig, rig_is_ready, 10000)) _exit(1);
    for (uint64_t i = 0; i < 50; i++)
        if (!rig_write(&bench->rig, i, 1)) _exit(1);
    if (!rig_run(&bench->rig, rig_is_committed, 5000)) _exit(1);
    if (write(fd, &bench->rig.stub, sizeof bench->rig.stub) != sizeof bench->rig.stub) _exit(1);
    for (;;)
        rig_turn(&bench->rig, 100);
}

static void read_all(int fd, void *out, size_t size)
{
    for (size_t got = 0; got < size;) {
        ssize_t n = read(fd, (char *)out + got, size - got);

        assert_true(n > 0);
        got += (size_t)n;
    }
}

static void private_directory_has_one_daemon(void **state)
{
    struct bench *bench = *state;
    int pipe_fds[2];
    pid_t pid;

    assert_int_equal(pipe(pipe_fds), 0);
    pid = fork();
    if (pid == 0) live_as_another_tuand(bench, pipe_fds[1]);
    read_all(pipe_fds[0], &bench->before, sizeof bench->before);

    assert_false(rig_start(&bench->rig));
    assert_int_equal(bench->rig.error.exit_code, 75);
    assert_non_null(strstr(bench->rig.error.text, "locked"));
    rig_stop(&bench->rig);

    /* Killed hard: its redis-server goes with it, and we wait for that. Nothing is lost. */
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    start(bench);
    assert_true(stub_equal(&bench->before, &bench->rig.stub));
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static void private_is_quiet_when_idle(void **state)
{
    struct bench *bench = *state;
    int64_t until_ms;
    int turns = 0;

    start(bench);
    write_some(bench, 0, 20);
    assert_true(rig_run(&bench->rig, rig_is_committed, 3000));
    rig_run_for(&bench->rig, 200);
    for (until_ms = clock_boot_ms() + 1000; clock_boot_ms() < until_ms; turns++)
        rig_turn(&bench->rig, 1000);
    assert_true(turns < 60); /* rounds of 50 ms, looks after redis-server, renewals */
}

enum { BLOCK_BYTES = 32 * 1024 * 1024 };

/* A key of nobody's, in Redis's own file: quicker than as many batches. */
static void add_to_file(struct bench *bench, const char *name)
{
    char socket[300];
    char *block = malloc(BLOCK_BYTES);
    redisContext *redis;

    snprintf(socket, sizeof socket, "%s/redis.sock", bench->rig.config.dir);
    redis = test_redis_connect(socket);
    memset(block, '#', BLOCK_BYTES);
    redisReply *reply = redisCommand(redis, "SET %s %b", name, block, (size_t)BLOCK_BYTES);
    assert_non_null(reply);
    assert_int_equal(reply->type, REDIS_REPLY_STATUS);
    freeReplyObject(reply);
    redisFree(redis);
    free(block);
}

static bool file_is_whole(struct rig *rig)
{
    struct bench *bench = container_of(rig, struct bench, rig);

    return ask_redis(bench, "persistence", "aof_base_size:") > 2 * BLOCK_BYTES;
}

/* Not for a little, and not while much is added. */
static void private_writes_its_file_anew_when_a_rush_is_over(void **state)
{
    struct bench *bench = *state;

    start(bench);
    write_some(bench, 0, 100);
    add_to_file(bench, "one");
    rig_run_for(&bench->rig, 4000);
    assert_false(file_is_whole(&bench->rig));
    for (int i = 0; i < 3; i++) {
        add_to_file(bench, "two");
        rig_run_for(&bench->rig, 1000);
        assert_false(file_is_whole(&bench->rig));
    }
    assert_true(rig_run(&bench->rig, file_is_whole, 20000));
    assert_true(rig_run(&bench->rig, rig_is_committed, 3000));
    bench->before = bench->rig.stub;
    rig_stop(&bench->rig);
    start(bench);
    assert_true(stub_equal(&bench->before, &bench->rig.stub));
}

static void private_says_what_is_wrong_at_once(void **state)
{
    struct bench *bench = *state;
    char *path = strdup(getenv("PATH"));

    memset(bench->rig.config.dir + strlen(bench->rig.config.dir), 'x', 90);
    assert_false(rig_start(&bench->rig));
    assert_int_equal(bench->rig.error.exit_code, 78);
    rig_stop(&bench->rig);
    rig_config(&bench->rig.config, bench->dir);
    bench->rig.config.mode = MIRROR_PRIVATE;
    setenv("PATH", "/nowhere", 1);
    assert_false(rig_start(&bench->rig));
    setenv("PATH", path, 1);
    free(path);
    assert_int_equal(bench->rig.error.exit_code, 69);
    assert_non_null(strstr(bench->rig.error.text, "package redis-server"));
    rig_stop(&bench->rig);
    bench->rig.config.mode = MIRROR_UNIX;
    snprintf(bench->rig.config.path, sizeof bench->rig.config.path, "/nowhere/redis.sock");
    assert_false(rig_start(&bench->rig));
    assert_int_equal(bench->rig.error.exit_code, 69);
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(private_starts_stops_and_keeps_everything),
        ROW(private_redis_is_started_again),
        ROW(private_directory_has_one_daemon),
        ROW(private_is_quiet_when_idle),
        ROW(private_says_what_is_wrong_at_once),
        ROW(private_writes_its_file_anew_when_a_rush_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
