/* SPDX-License-Identifier: BSD-2-Clause */
/* The vectors against the simulated Redis. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/mirror/form.h"
#include "tests/sim/command.h"
#include "tests/sim/redis.h"
#include "tests/sim/vectors.h"

static void begin(void *context)
{
    struct server *server = context;

    store_free(&server->store);
    store_init(&server->store);
    server->mood = MOOD_WELL;
    server->known_scripts = (1U << SCRIPT_COUNT) - 1;
}

static void trouble(void *context, const char *word)
{
    static const struct {
        const char *word;
        enum mood mood;
    } rows[] = {{"oom", MOOD_OOM},
                {"readonly", MOOD_READONLY},
                {"noreplicas", MOOD_NOREPLICAS},
                {"well", MOOD_WELL}};
    struct server *server = context;

    if (strcmp(word, "forget") == 0) server->known_scripts = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].word, word) == 0) server->mood = rows[i].mood;
}

static const char *sha(void *context, enum script script)
{
    static char text[SCRIPT_SHA_SIZE];

    (void)context;
    script_sha(script, text);
    return text;
}

/* From the wire's form to that of the file. */
static const char *print_reply(const char *at, struct buf *out)
{
    const char *end = strchr(at, '\r');
    long count = strtol(at + 1, NULL, 10);

    switch (*at) {
    case '$':
        if (count < 0) {
            buf_append_str(out, "nil");
            return end + 2;
        }
        buf_printf(out, "\"%.*s\"", (int)count, end + 2);
        return end + 2 + count + 2;
    case '*':
        buf_append_str(out, "[ ");
        for (end += 2; count > 0; count--) {
            end = print_reply(end, out);
            buf_append_byte(out, ' ');
        }
        buf_append_byte(out, ']');
        return end;
    default: buf_append(out, at, (size_t)(end - at)); return end + 2;
    }
}

static void ask(void *context, const char *const *words, const size_t *lens, size_t count,
                struct buf *reply)
{
    struct server *server = context;
    struct mirror_bytes argv[VECTOR_WORDS_MAX];
    struct buf bytes = {0};
    struct call call = {.store = &server->store, .argv = argv, .argc = count, .now_ms = 1000};

    for (size_t i = 0; i < count; i++)
        argv[i] = (struct mirror_bytes){words[i], lens[i]};
    call.reply = &bytes;
    redis_answer(server, &call);
    buf_append_byte(&bytes, '\0');
    print_reply(bytes.data, reply);
    buf_free(&bytes);
}

int main(int argc, char **argv)
{
    struct server fake = {.is_up = true};
    const struct vector_server server = {&fake, begin, trouble, sha, ask};
    int asked = 0, others;

    if (argc < 2) return 2;
    store_init(&fake.store);
    others = vectors_run(argv[1], &server, &asked);
    store_free(&fake.store);
    printf("%d replies of the simulated Redis, %d of them others\n", asked, others);
    return others > 0 || asked < 100;
}
