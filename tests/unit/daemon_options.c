/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/auth.h"

enum { ARGS_MAX = 16 };

struct scene {
    char path[64]; /* the file, written anew by each test */
    struct options options;
    struct options_line line;
    struct options_fault fault;
};

static int scene_make(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    snprintf(scene->path, sizeof scene->path, "/tmp/tuan-options-XXXXXX");
    int fd = mkstemp(scene->path);
    if (fd < 0) return -1;
    close(fd);
    *state = scene;
    return 0;
}

static int scene_end(void **state)
{
    struct scene *scene = *state;

    unlink(scene->path);
    free(scene);
    return 0;
}

static void write_text(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

/* `file` NULL: no --config. The rest are flags up to NULL. */
static bool load(struct scene *scene, const char *file, const char *variable,
                 const char *const *flags)
{
    char *argv[ARGS_MAX] = {(char *)(uintptr_t) "tuand"};
    char *environment[] = {(char *)(uintptr_t)variable, NULL};
    int argc = 1;

    if (file != NULL) {
        write_text(scene->path, file, 0644);
        argv[argc++] = (char *)(uintptr_t) "--config";
        argv[argc++] = scene->path;
    }
    for (; flags != NULL && *flags != NULL; flags++)
        argv[argc++] = (char *)(uintptr_t)*flags;
    scene->fault.text[0] = '\0';
    return options_load(&scene->options, argc, argv, environment, &scene->line, &scene->fault);
}
#define FLAGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_refused(struct scene *scene, const char *file, const char *const *flags,
                           const char *why)
{
    assert_false(load(scene, file, NULL, flags));
    if (strstr(scene->fault.text, why) == NULL)
        fail_msg("'%s' does not say '%s'", scene->fault.text, why);
}

static void assert_origin(struct scene *scene, enum option id, const char *expected)
{
    char origin[OPTION_TEXT_MAX + 64];

    options_print_origin(&scene->options, id, origin, sizeof origin);
    assert_string_equal(origin, expected);
}

static void defaults_are_within_their_own_rows(void **state)
{
    struct scene *scene = *state;

    assert_true(load(scene, NULL, NULL, NULL));
    assert_string_equal(scene->options.rpc, "127.0.0.1:8826");
    assert_string_equal(scene->options.mirror, "private");
    assert_string_equal(scene->options.dir, "./tuan-data");
    assert_int_equal(scene->options.mirror_timeout_ms, 5000);
    assert_int_equal(scene->options.mirror_keep, 64 << 20);
    assert_int_equal(scene->options.mirror_ack, OPTION_ACK_DURABLE);
    assert_int_equal(scene->line.action, OPTIONS_RUN);
    assert_origin(scene, OPTION_ID_rpc, "default");
}

static void later_sources_win(void **state)
{
    struct scene *scene = *state;
    char expected[128];

    assert_true(load(scene, "limit.in_flight = 10\n", NULL, NULL));
    assert_int_equal(scene->options.limit_in_flight, 10);
    snprintf(expected, sizeof expected, "%s:1", scene->path);
    assert_origin(scene, OPTION_ID_limit_in_flight, expected);

    assert_true(load(scene, "limit.in_flight = 10\n", "TUAN_LIMIT_IN_FLIGHT=20", NULL));
    assert_int_equal(scene->options.limit_in_flight, 20);
    assert_origin(scene, OPTION_ID_limit_in_flight, "environment");

    assert_true(load(scene, "limit.in_flight = 10\n", "TUAN_LIMIT_IN_FLIGHT=20",
                     FLAGS("--set", "limit.in_flight=30")));
    assert_int_equal(scene->options.limit_in_flight, 30);
    assert_origin(scene, OPTION_ID_limit_in_flight, "flag --set");
}

static void flags_take_both_spellings(void **state)
{
    struct scene *scene = *state;

    assert_true(
        load(scene, NULL, NULL,
             FLAGS("--rpc", "127.0.0.1:0", "--mirror=redis://h:1/2", "--mirror-ack", "memory",
                   "--dir=/x", "--rpc-unix", "/y", "--accept-dataset", "--check-config")));
    assert_string_equal(scene->options.rpc, "127.0.0.1:0");
    assert_string_equal(scene->options.rpc_unix, "/y");
    assert_string_equal(scene->options.mirror, "redis://h:1/2");
    assert_int_equal(scene->options.mirror_ack, OPTION_ACK_MEMORY);
    assert_true(scene->line.accept_dataset);
    assert_int_equal(scene->line.action, OPTIONS_CHECK);
    assert_origin(scene, OPTION_ID_rpc, "flag --rpc");
}

static void the_state_directory_is_a_better_default(void **state)
{
    struct scene *scene = *state;

    assert_true(load(scene, NULL, "STATE_DIRECTORY=/var/lib/tuan:/var/lib/other", NULL));
    assert_string_equal(scene->options.dir, "/var/lib/tuan");
    assert_true(load(scene, "dir = /mine\n", "STATE_DIRECTORY=/var/lib/tuan", NULL));
    assert_string_equal(scene->options.dir, "/mine");
}

static void a_file_has_comments_units_and_words(void **state)
{
    struct scene *scene = *state;

    assert_true(
        load(scene,
             "# the whole line\n\n  mirror.keep=128MiB   # the rest\r\n"
             "mirror.timeout_ms = 2 s\nfeed.seats = yes\nlog.level=WARN\nsnapshot.every_ms = 1m",
             NULL, NULL));
    assert_int_equal(scene->options.mirror_keep, 128 << 20);
    assert_int_equal(scene->options.mirror_timeout_ms, 2000);
    assert_int_equal(scene->options.feed_seats, 1);
    assert_int_equal(scene->options.log_level, 2);
    assert_int_equal(scene->options.snapshot_every_ms, 60000);
}

static void a_bad_file_is_refused_with_its_line(void **state)
{
    struct scene *scene = *state;

    assert_refused(scene, "\nmirror.time_ms = 1s\n", NULL,
                   ":2: unknown option 'mirror.time_ms': did you mean mirror.timeout_ms?");
    assert_refused(scene, "timeout_ms = 1s\n", NULL, "did you mean mirror.timeout_ms?");
    assert_refused(scene, "what.is.this.supposed.to.be = 1\n", NULL, ":1: unknown option");
    assert_refused(scene, "feed.max = 2000\n# x\nfeed.max = 2000\n", NULL,
                   ":3: feed.max was set in line 1 already");
    assert_refused(scene, "mirror.keep = 64 parsecs\n", NULL,
                   ":1: mirror.keep: bad unit 'parsecs' (KiB, MiB or GiB)");
    assert_refused(scene, "mirror.timeout_ms = 5 MiB\n", NULL, "bad unit 'MiB'");
    assert_refused(scene, "limit.rooms = 1k\n", NULL, "it takes none");
    assert_refused(scene, "limit.connections = 0\n", NULL, "0 is not from 1 to 1000000");
    assert_refused(scene, "mirror.keep = 99999999999GiB\n", NULL, "is not from");
    assert_refused(scene, "limit.rooms = 99999999999999999999\n", NULL, "is not from");
    assert_refused(scene, "limit.rooms = -1\n", NULL, "'-1' is not a number");
    assert_refused(scene, "limit.rooms =\n", NULL, "'' is not a number");
    assert_refused(scene, "log.level = loud\n", NULL, "'loud' is not one of debug|info|warn|error");
    assert_refused(scene, "feed.seats = maybe\n", NULL, "'maybe' is not 0 or 1");
    assert_refused(scene, "just words\n", NULL, "is not `section.key = value`");
    assert_refused(scene, "rpc = 8826\n", NULL, "is not ADDR:PORT");
    assert_refused(scene, "rpc = 127.0.0.1:99999\n", NULL, "is not ADDR:PORT");
    assert_refused(scene, "mirror = mysql://x\n", NULL, "'mysql://x' is not private|none|redis://");
    assert_refused(scene, "mirror = redis://user:secret@h:1\n", NULL, "mirror:");
    assert_refused(scene, "dir =\n", NULL, "dir: must not be empty");
    assert_refused(scene, "dir = a\tb\n", NULL, "control characters");
    assert_refused(scene, "dir =#x\n", NULL, ":1: dir: a value cannot begin with #");
}

static void bad_flags_and_variables_are_refused(void **state)
{
    struct scene *scene = *state;

    assert_refused(scene, NULL, FLAGS("--port", "1"), "unknown argument '--port'");
    assert_refused(scene, NULL, FLAGS("serve"), "unknown argument 'serve'");
    assert_refused(scene, NULL, FLAGS("--rpc"), "--rpc needs a value: ADDR:PORT");
    assert_refused(scene, NULL, FLAGS("--config"), "--config needs a value");
    assert_refused(scene, NULL, FLAGS("--config", "/nonexistent/x"),
                   "/nonexistent/x: No such file");
    assert_refused(scene, NULL, FLAGS("--set", "feed.max"), "'feed.max' is not key=value");
    assert_refused(scene, NULL, FLAGS("--set", "feed.mox=1"), "did you mean feed.max?");
    assert_refused(scene, NULL, FLAGS("--mirror-ack", "never"),
                   "flag mirror.ack: 'never' is not one of");
    assert_refused(scene, NULL, FLAGS("--set", "dir=a #b"), "nor hold # behind a space");
    assert_false(load(scene, NULL, "TUAN_FEED_MAX=much", NULL));
    assert_string_equal(scene->fault.text, "TUAN_FEED_MAX: feed.max: 'much' is not a number");
}

static void the_world_gets_in_only_with_tokens(void **state)
{
    struct scene *scene = *state;

    assert_refused(scene, NULL, FLAGS("--rpc", "0.0.0.0:8826"), "set auth.file");
    assert_refused(scene, NULL, FLAGS("--rpc", "[::]:8826"), "set auth.file");
    assert_refused(scene, NULL, FLAGS("--admin", "0.0.0.0:8828"), "admin = 0.0.0.0:8828 listens");
    assert_refused(scene, NULL, FLAGS("--admin", "[::]:8828"), "set auth.file");
    assert_refused(scene, NULL, FLAGS("--rpc", "off"), "nobody could connect");
    assert_true(load(scene, NULL, NULL, FLAGS("--web", "0.0.0.0:8827", "--admin", "off")));
    assert_true(load(scene, NULL, NULL, FLAGS("--rpc", "off", "--rpc-unix", "/x")));
    assert_true(load(scene, NULL, NULL, FLAGS("--rpc", "[::1]:0")));
    assert_true(load(scene, NULL, NULL, FLAGS("--rpc", "127.1.2.3:0")));
}

static const char token_line[] =
    "client 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 shop\n"; /* "test" */

static void secrets_are_for_their_owner_only(void **state)
{
    struct scene *scene = *state;
    char set[128];

    snprintf(set, sizeof set, "auth.file=%s", scene->path);
    write_text(scene->path, token_line, 0640);
    assert_refused(scene, NULL, FLAGS("--set", set), "others than its owner can read");
    write_text(scene->path, token_line, 0600);
    assert_true(load(scene, NULL, NULL, FLAGS("--set", set, "--rpc", "0.0.0.0:1")));
    assert_refused(scene, NULL, FLAGS("--set", "auth.file=/nonexistent/x"),
                   "cannot read /nonexistent/x");
    assert_refused(scene, NULL, FLAGS("--set", "mirror.password_file=/tmp"), "/tmp is not a file");
}

static enum tuan_role role_of(const struct auth *auth, const char *name, const char *token)
{
    const char *found;

    return auth_check(auth, (struct tuan_str){name, (uint32_t)strlen(name)},
                      (struct tuan_str){token, (uint32_t)strlen(token)}, &found);
}

static void tokens_have_roles(void **state)
{
    struct scene *scene = *state;
    static const char text[] =
        "# who\nclient 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 "
        "shop\n"
        "\noperator 2C26B46B68FFC68FF99B453C1D30413413422D706483BFA0F98A5E886266E7AE "
        "ops\n"; /* "foo"
                  */

    write_text(scene->path, text, 0600);
    struct auth *auth = auth_open(scene->path, &scene->fault);
    assert_non_null(auth);
    assert_true(auth_is_needed(auth));
    assert_int_equal(role_of(auth, "", "test"), TUAN_ROLE_CLIENT);
    assert_int_equal(role_of(auth, "default", "foo"), TUAN_ROLE_OPERATOR);
    assert_int_equal(role_of(auth, "shop", "test"), TUAN_ROLE_CLIENT);
    assert_int_equal(role_of(auth, "ops", "test"), TUAN_ROLE_ANY);
    assert_int_equal(role_of(auth, "", "nope"), TUAN_ROLE_ANY);
    assert_int_equal(role_of(auth, "", ""), TUAN_ROLE_ANY);
    auth_close(auth);
    auth = auth_open("", &scene->fault);
    assert_false(auth_is_needed(auth));
    auth_close(auth);
}

static void assert_bad_tokens(struct scene *scene, const char *text, const char *why)
{
    write_text(scene->path, text, 0600);
    assert_null(auth_open(scene->path, &scene->fault));
    if (strstr(scene->fault.text, why) == NULL)
        fail_msg("'%s' does not say '%s'", scene->fault.text, why);
}

static void bad_token_files_are_refused(void **state)
{
    struct scene *scene = *state;

    assert_bad_tokens(scene, "# nobody\n", "holds no token");
    assert_bad_tokens(scene, "\nroot 00 x\n", ":2: the role is read, client or operator");
    assert_bad_tokens(scene, "client secret shop\n", ":1: the digest is 64 hexadecimal digits");
    assert_bad_tokens(scene, "client\n", "a line is `role sha256hex name`");
    assert_bad_tokens(scene, "client a b c\n", "a line is `role sha256hex name`");
}

static void the_mirror_option_is_taken_apart(void **state)
{
    struct options_redis redis;

    (void)state;
    assert_true(options_parse_mirror("none", &redis));
    assert_int_equal(redis.kind, OPTIONS_MIRROR_NONE);
    assert_true(options_parse_mirror("redis://cache.example:7000/3", &redis));
    assert_int_equal(redis.kind, OPTIONS_MIRROR_TCP);
    assert_string_equal(redis.host, "cache.example");
    assert_int_equal(redis.port, 7000);
    assert_int_equal(redis.db, 3);
    assert_true(options_parse_mirror("redis://h", &redis));
    assert_int_equal(redis.port, 6379);
    assert_true(options_parse_mirror("unix:/run/redis.sock", &redis));
    assert_string_equal(redis.path, "/run/redis.sock");
    const char *bad[] = {"",
                         "redis",
                         "redis://",
                         "redis://:1",
                         "redis://h:0",
                         "redis://h:x",
                         "redis://h:70000",
                         "redis://h:1/x",
                         "redis://h/-1",
                         "unix:x",
                         "redis://u@h"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(options_parse_mirror(bad[i], &redis));
}

/* What is printed is read back as the same. */
static void a_dump_is_a_file(void **state)
{
    struct scene *scene = *state;
    struct options first;

    assert_true(
        load(scene, NULL, NULL, FLAGS("--set", "mirror.keep=3MiB", "--set", "log.level=error")));
    first = scene->options;
    FILE *file = fopen(scene->path, "w");
    assert_non_null(file);
    options_dump(&first, file);
    fclose(file);
    options_init(&scene->options);
    assert_true(options_read_file(&scene->options, scene->path, &scene->fault));
    for (int id = 0; id < OPTION_COUNT; id++)
        assert_true(options_equal(&first, &scene->options, (enum option)id));
}

#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, scene_make, scene_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(defaults_are_within_their_own_rows),
        SCENE_TEST(later_sources_win),
        SCENE_TEST(flags_take_both_spellings),
        SCENE_TEST(the_state_directory_is_a_better_default),
        SCENE_TEST(a_file_has_comments_units_and_words),
        SCENE_TEST(a_bad_file_is_refused_with_its_line),
        SCENE_TEST(bad_flags_and_variables_are_refused),
        SCENE_TEST(the_world_gets_in_only_with_tokens),
        SCENE_TEST(secrets_are_for_their_owner_only),
        SCENE_TEST(tokens_have_roles),
        SCENE_TEST(bad_token_files_are_refused),
        SCENE_TEST(the_mirror_option_is_taken_apart),
        SCENE_TEST(a_dump_is_a_file),
    };
    return cmocka_run_group_tests_name("daemon/options", tests, NULL, NULL);
}
