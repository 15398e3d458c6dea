/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/tool/clock.h"
#include "bench/tool/stop.h"

#define LOG_TAIL_BYTES 3000
#define STOP_WAIT_MS   10000

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static void remove_dir(struct spawn *spawn)
{
    if (spawn->dir[0] != '\0' && nftw(spawn->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "tuan: could not remove %s: %s\n", spawn->dir, strerror(errno));
    spawn->dir[0] = '\0';
}

static void log_path(const struct spawn *spawn, char path[160])
{
    snprintf(path, 160, "%s/tuand.log", spawn->dir);
}

/* The binary's path: as told, beside this program, or the bare name for PATH. */
static void find_binary(const char *told, char path[PATH_MAX])
{
    if (told != NULL) {
        snprintf(path, PATH_MAX, "%s", told);
        return;
    }
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
    path[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash != NULL && (size_t)(slash - path) + sizeof "/tuand" <= PATH_MAX) {
        strcpy(slash + 1, "tuand");
        if (access(path, X_OK) == 0) return;
    }
    strcpy(path, "tuand");
}

/* In the child. Only returns if the daemon cannot be run. */
static void run_daemon(const struct spawn *spawn, const char *binary, pid_t parent)
{
    const struct spawn_options *options = &spawn->options;
    char log[160], data[160], origins[512];

    snprintf(data, sizeof data, "%s/data", spawn->dir);
    snprintf(origins, sizeof origins, "web.origins=%s",
             options->origins == NULL ? "" : options->origins);
    log_path(spawn, log);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0 ||
        dup2(fd, STDERR_FILENO) < 0)
        return;
    setpgid(0, 0); /* Ctrl-C is for the demo, which then ends the daemon in good order */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) return;
    execlp(binary, binary, "--rpc", spawn->rpc, "--web", spawn->web, "--admin", spawn->admin,
           "--dir", data, "--mirror", options->mirror == NULL ? "private" : options->mirror,
           "--set", origins, (char *)NULL);
    fprintf(stderr, "%s: %s\n", binary, strerror(errno));
}

/* The value of " name=value" in a line; false if it is not there. */
static bool find_word(const char *line, const char *name, char *out, size_t size)
{
    size_t name_len = strlen(name);

    for (const char *at = line; (at = strstr(at, name)) != NULL; at += name_len) {
        bool starts_word = at > line && (at[-1] == ' ' || at[-1] == '"');
        if (!starts_word || at[name_len] != '=') continue;
        at += name_len + 1;
        size_t len = strcspn(at, " \"\n");
        if (len == 0 || len >= size) return false;
        memcpy(out, at, len);
        out[len] = '\0';
        return true;
    }
    return false;
}

/* Notes where it serves, too. */
bool spawn_is_ready(struct spawn *spawn)
{
    char path[160], line[4096];
    bool is_ready = false;

    log_path(spawn, path);
    FILE *log = fopen(path, "re");
    if (log == NULL) return false;
    (void)fseek(log, spawn->log_start, SEEK_SET);
    while (!is_ready && fgets(line, sizeof line, log) != NULL) {
        if (strstr(line, "ready") == NULL || strchr(line, '\n') == NULL) continue;
        is_ready = find_word(line, "rpc", spawn->rpc, sizeof spawn->rpc);
        (void)find_word(line, "web", spawn->web, sizeof spawn->web);
        (void)find_word(line, "admin", spawn->admin, sizeof spawn->admin);
    }
    fclose(log);
    return is_ready;
}

bool spawn_is_alive(struct spawn *spawn)
{
    if (spawn->pid != 0 && waitpid(spawn->pid, NULL, WNOHANG) == spawn->pid) spawn->pid = 0;
    return spawn->pid != 0;
}

void spawn_show_log(const struct spawn *spawn)
{
    char path[160], tail[LOG_TAIL_BYTES];

    log_path(spawn, path);
    FILE *log = fopen(path, "re");
    if (log == NULL) return;
    if (fseek(log, -(long)sizeof tail, SEEK_END) != 0) rewind(log);
    size_t len = fread(tail, 1, sizeof tail, log);
    fclose(log);
    const char *newline =
        len == sizeof tail ? memchr(tail, '\n', len) : NULL; /* begin with a whole line */
    const char *start = newline == NULL ? tail : newline + 1;
    fprintf(stderr, "---- the daemon's log ----\n%.*s--------------------------\n",
            (int)(tail + len - start), start);
}

static bool wait_until_ready(struct spawn *spawn, int timeout_ms)
{
    int64_t deadline_us = clock_now_us() + (int64_t)timeout_ms * 1000;

    while (spawn_is_alive(spawn) && !stop_asked()) {
        if (spawn_is_ready(spawn)) return true;
        if (clock_now_us() >= deadline_us) {
            fprintf(stderr, "tuan: the private daemon does not serve after %d ms\n", timeout_ms);
            return false;
        }
        clock_sleep_ms(10);
    }
    fprintf(stderr,
            stop_asked() ? "tuan: stopped\n" : "tuan: the private daemon ended before it served\n");
    return false;
}

static long log_size(const struct spawn *spawn)
{
    struct stat info;
    char path[160];

    log_path(spawn, path);
    return stat(path, &info) == 0 ? (long)info.st_size : 0;
}

bool spawn_again(struct spawn *spawn)
{
    char binary[PATH_MAX];
    pid_t parent = getpid();

    find_binary(spawn->options.binary, binary);
    spawn->log_start = log_size(spawn);
    fflush(NULL);
    spawn->pid = fork();
    if (spawn->pid == 0) {
        run_daemon(spawn, binary, parent);
        _exit(127);
    }
    if (spawn->pid > 0) return true;
    spawn->pid = 0;
    fprintf(stderr, "tuan: cannot start the daemon: %s\n", strerror(errno));
    return false;
}

bool spawn_start(struct spawn *spawn, const struct spawn_options *options)
{
    static const char free_port[] = "127.0.0.1:0";
    const char *tmp = getenv("TMPDIR");

    *spawn = (struct spawn){.options = *options};
    snprintf(spawn->rpc, sizeof spawn->rpc, "%s", free_port);
    snprintf(spawn->admin, sizeof spawn->admin, "%s", free_port);
    snprintf(spawn->web, sizeof spawn->web, "%s", options->web == NULL ? free_port : options->web);
    /* A Unix socket lies in there, and its path is short by law. */
    snprintf(spawn->dir, sizeof spawn->dir, "%s/tuan-XXXXXX",
             tmp != NULL && strlen(tmp) < 60 ? tmp : "/tmp");
    if (mkdtemp(spawn->dir) == NULL) {
        fprintf(stderr, "tuan: %s: %s\n", spawn->dir, strerror(errno));
        spawn->dir[0] = '\0';
        return false;
    }
    if (spawn_again(spawn) && wait_until_ready(spawn, options->timeout_ms)) return true;
    if (!stop_asked()) spawn_show_log(spawn);
    spawn_stop(spawn);
    return false;
}

void spawn_stop(struct spawn *spawn)
{
    int64_t deadline_us = clock_now_us() + (int64_t)STOP_WAIT_MS * 1000;

    if (spawn_is_alive(spawn)) kill(spawn->pid, SIGTERM);
    while (spawn_is_alive(spawn) && clock_now_us() < deadline_us)
        clock_sleep_ms(5);
    if (spawn->pid != 0) {
        fprintf(stderr, "tuan: the private daemon ignored SIGTERM for %d ms\n", STOP_WAIT_MS);
        kill(spawn->pid, SIGKILL);
        waitpid(spawn->pid, NULL, 0);
        spawn->pid = 0;
    }
    remove_dir(spawn);
}
