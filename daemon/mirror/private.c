/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/clock.h"

#define VERSION_MIN     7
#define BACKOFF_MIN_MS  50
#define BACKOFF_MAX_MS  2000
#define STEADY_MS       5000 /* up that long: the next failure starts with a short wait again */
#define LOOK_MS         250  /* how late a death may be noticed when nothing else happens */
#define TERM_WAIT_MS    5000
#define TERM_STEP_MS    5
#define EXIT_NO_MIRROR  69
#define EXIT_BAD_CONFIG 78
#define LOG_FILE        "redis.log"
#define AOF_MANIFEST    "appendonlydir/appendonly.aof.manifest"

/* What `redis-server --version` says: "Redis server v=7.0.15 sha=…". -1: there is none. */
static int installed_version(void)
{
    char line[256] = "";
    const char *at;
    FILE *pipe = popen("redis-server --version 2>/dev/null", "re");

    if (pipe == NULL) return -1;
    if (fgets(line, sizeof line, pipe) == NULL) line[0] = '\0';
    pclose(pipe);
    at = strstr(line, "v=");
    return at == NULL ? -1 : (int)strtol(at + 2, NULL, 10);
}

static void prepare_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        signal(signal_number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Something to read with "y" in it, for a program that asks before it works. */
static int open_yes(void)
{
    int ends[2];

    if (pipe(ends) != 0) return -1;
    if (write(ends[1], "y\n", 2) != 2) return -1;
    return ends[0];
}

/* Descriptors 0-2 to where the child may use them; the lock stays open in it, and nothing else of
 * ours, whoever opened it. */
static bool prepare_files(const struct private_redis *redis)
{
    unsigned lock_fd = (unsigned)redis->directory->lock_fd;
    int in_fd = redis->is_mending ? open_yes() : open("/dev/null", O_RDWR);
    int log_fd = open(LOG_FILE, O_WRONLY | O_CREAT | O_APPEND, 0600);

    if (in_fd < 0 || log_fd < 0) return false;
    if (dup2(in_fd, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0) return false;
    if (lock_fd > 3) close_range(3, lock_fd - 1, 0);
    close_range(lock_fd + 1, ~0U, 0);
    return fcntl(redis->directory->lock_fd, F_SETFD, 0) == 0;
}

static _Noreturn void become_redis(const struct private_redis *redis, pid_t parent)
{
    const char *dir = redis->directory->path;

    /* A terminal's Ctrl-C is for us: Redis goes last. */
    setsid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(126);
    if (chdir(dir) != 0 || !prepare_files(redis)) _exit(126);
    prepare_signals();
    unsetenv("NOTIFY_SOCKET");
    if (redis->is_mending) {
        execlp("redis-check-aof", "redis-check-aof", "--fix", AOF_MANIFEST, (char *)0);
        _exit(127);
    }
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", redis->socket,
           "--unixsocketperm", "700", "--dir", dir, "--logfile", LOG_FILE, "--save", "",
           "--appendonly", "yes", "--appendfsync", "always", "--aof-load-truncated", "no",
           "--maxmemory", "0", "--maxmemory-policy", "noeviction", "--daemonize", "no",
           "--databases", "1",
           /* When it writes its file anew, and what becomes of the old one, is our business
            * (rewrite.h); it does so without compressing, beside the live load. */
           "--rdbcompression", "no", "--auto-aof-rewrite-percentage", "0", "--aof-disable-auto-gc",
           "yes", "--latency-tracking", "no", (char *)0); /* that were two per cent of its time */
    _exit(127);
}

static FILE *open_log(const struct private_redis *redis)
{
    char path[DIRECTORY_PATH_SIZE + sizeof "/" LOG_FILE];

    snprintf(path, sizeof path, "%s/%s", redis->directory->path, LOG_FILE);
    return fopen(path, "re");
}

/* Where the lines of the next start begin. */
static long end_of_log(const struct private_redis *redis)
{
    FILE *file = open_log(redis);
    long end = 0;

    if (file == NULL) return 0;
    if (fseek(file, 0, SEEK_END) == 0) end = ftell(file);
    fclose(file);
    return end;
}

static bool start(struct private_redis *redis)
{
    pid_t parent = getpid();
    pid_t pid;

    redis->log_from = end_of_log(redis);
    pid = fork();
    if (pid == 0) become_redis(redis, parent);
    if (pid < 0) {
        log_error("redis-server cannot be started", "error=\"%s\"", strerror(errno));
        return false;
    }
    redis->pid = (int)pid;
    redis->started_ms = clock_boot_ms();
    if (redis->is_mending) {
        log_warn("Redis was killed while it wrote its log: cutting off what is not whole",
                 "pid=%d by=redis-check-aof", redis->pid);
        return true;
    }
    redis->starts++;
    log_info("redis-server started", "pid=%d socket=%s", redis->pid, redis->socket);
    return true;
}

int private_create(struct private_redis *redis, const struct directory *directory, char *error,
                   size_t error_size)
{
    int version = installed_version();

    *redis = (struct private_redis){.directory = directory};
    if (strlen(directory->path) + strlen("/redis.sock") >= PRIVATE_SOCKET_SIZE) {
        snprintf(error, error_size,
                 "the path of the data directory is too long for a Unix socket (%d bytes at most): "
                 "%.200s",
                 (int)(PRIVATE_SOCKET_SIZE - 1 - strlen("/redis.sock")), directory->path);
        return EXIT_BAD_CONFIG;
    }
    if (version < VERSION_MIN) {
        snprintf(error, error_size,
                 "mirror private needs redis-server 7 or newer, %s: install the package "
                 "redis-server",
                 version < 0 ? "and there is none" : "and this one is older");
        return EXIT_NO_MIRROR;
    }
    memcpy(redis->socket, directory->path, strlen(directory->path) + 1);
    strcat(redis->socket, "/redis.sock");
    if (start(redis)) return 0;
    snprintf(error, error_size, "redis-server cannot be started");
    return EXIT_NO_MIRROR;
}

/* ---- watching ---- */

static void describe_end(int status, char *out, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "killed by signal %d", WTERMSIG(status));
    else
        snprintf(out, size, "exited with %d", WEXITSTATUS(status));
}

/* Redis was asked not to mend a torn log itself (--aof-load-truncated no), because it mends it
 * wrongly when the tear is inside a transaction, which each of our scripts is: it forgets the
 * commands read of it, but leaves them in the file, and the next start finds them before the
 * transaction written after them, and runs them then. redis-check-aof cuts the whole transaction
 * off. None that was answered is ever torn: an answer waits for the fsync. */
static bool log_is_torn(const struct private_redis *redis)
{
    char line[512];
    bool is_torn = false;
    FILE *file = open_log(redis);

    if (file == NULL) return false;
    if (fseek(file, redis->log_from, SEEK_SET) == 0)
        while (!is_torn && fgets(line, sizeof line, file) != NULL)
            is_torn = strstr(line, "Unexpected end of file reading the append only file") != NULL;
    fclose(file);
    return is_torn;
}

static void note_end(struct private_redis *redis, int status, int64_t now_ms)
{
    bool has_mended = redis->is_mending && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    char how[64];

    redis->is_mending = !redis->is_mending && log_is_torn(redis);
    if (redis->is_mending || has_mended) {
        redis->pid = 0;
        redis->retry_ms = now_ms;
        return;
    }
    describe_end(status, how, sizeof how);
    log_error("redis-server has ended", "pid=%d how=\"%s\" log=%s/redis.log", redis->pid, how,
              redis->directory->path);
    redis->pid = 0;
    if (now_ms - redis->started_ms >= STEADY_MS) redis->backoff_ms = 0;
    redis->retry_ms = now_ms + redis->backoff_ms;
    if (redis->backoff_ms >= BACKOFF_MAX_MS / 2)
        snprintf(redis->alarm, sizeof redis->alarm,
                 "redis-server does not stay up (%s): see redis.log in the data directory", how);
    redis->backoff_ms = redis->backoff_ms == 0 ? BACKOFF_MIN_MS : redis->backoff_ms * 2;
    if (redis->backoff_ms > BACKOFF_MAX_MS) redis->backoff_ms = BACKOFF_MAX_MS;
}

void private_turn(struct private_redis *redis, int64_t now_ms)
{
    int status;

    if (redis->pid != 0 && now_ms != redis->looked_ms &&
        waitpid(redis->pid, &status, WNOHANG) == redis->pid)
        note_end(redis, status, now_ms);
    redis->looked_ms = now_ms; /* turns are many a millisecond under load */
    if (redis->pid == 0 && now_ms >= redis->retry_ms && !start(redis))
        redis->retry_ms = now_ms + BACKOFF_MAX_MS;
    if (redis->pid != 0 && now_ms - redis->started_ms >= STEADY_MS) redis->alarm[0] = '\0';
}

int64_t private_next_ms(const struct private_redis *redis)
{
    return redis->pid == 0 ? redis->retry_ms : clock_boot_ms() + LOOK_MS;
}

static bool wait_for_end(struct private_redis *redis, int wait_ms)
{
    const struct timespec step = {0, TERM_STEP_MS * 1000000L};

    for (int waited_ms = 0; waited_ms < wait_ms; waited_ms += TERM_STEP_MS) {
        if (waitpid(redis->pid, NULL, WNOHANG) != 0) return true;
        nanosleep(&step, NULL);
    }
    return false;
}

void private_destroy(struct private_redis *redis)
{
    if (redis->pid == 0) return;
    kill(redis->pid, SIGTERM);
    if (!wait_for_end(redis, TERM_WAIT_MS)) {
        log_warn("redis-server does not end: killing it", "pid=%d", redis->pid);
        kill(redis->pid, SIGKILL);
        waitpid(redis->pid, NULL, 0);
    }
    redis->pid = 0;
}
