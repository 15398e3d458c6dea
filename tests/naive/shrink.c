/* SPDX-License-Identifier: BSD-2-Clause */
/* shrink.c - the shortest script that still fails: leave out steps, then words.
 *
 * Each try runs in a child of its own, so that an assertion counts as a failure like any other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "compare.h"

enum { SECONDS_MAX = 20 };

void print_step(const struct script *script, const struct step *step)
{
    printf("%lld", (long long)step->at);
    for (uint32_t i = 0; i < step->word_count; i++) {
        const char *text = script->text + step->words[i];
        bool is_quoted = text[0] == '\0' || strpbrk(text, " \"{[") != NULL;
        printf(is_quoted ? " '%s'" : " %s", text);
    }
    printf("\n");
}

/* `checks`: look at everything after each step; some differences show only so, some only if not. */
static bool run(const struct script *script, bool prints, bool checks)
{
    static struct both both;
    bool fits = true;

    both_init(&both, script->seed, NULL);
    both.tells = prints;
    both.logs = false;
    for (uint32_t i = 0; fits && i < script->step_count; i++) {
        if (prints) print_step(script, &script->steps[i]);
        fits = both_step(&both, script, &script->steps[i]);
        if (fits && checks) fits = both_check(&both, both.engine);
    }
    if (prints) printf("%s\n", fits ? "all alike" : both.flaw);
    return fits;
}

bool script_fails(const struct script *script, bool prints, bool checks)
{
    int status;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (!prints && !getenv("LOUD") && freopen("/dev/null", "w", stderr) == NULL) _exit(2);
        alarm(SECONDS_MAX);
        bool fits = run(script, prints, checks);
        fflush(stdout);
        _exit(fits ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) return false;
    if (prints && WIFSIGNALED(status)) printf("ended by signal %d\n", WTERMSIG(status));
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* Without `count` steps from `first` on. */
static bool try_without(struct script *script, struct script *scratch, uint32_t first,
                        uint32_t count, bool checks)
{
    *scratch = *script;
    memmove(&scratch->steps[first], &scratch->steps[first + count],
            (script->step_count - first - count) * sizeof(struct step));
    scratch->step_count -= count;
    if (!script_fails(scratch, false, checks)) return false;
    *script = *scratch;
    return true;
}

static void drop_steps(struct script *script, struct script *scratch, bool checks)
{
    for (uint32_t count = script->step_count / 2; count > 0; count /= 2) {
        bool again = true;
        while (again) {
            again = false;
            for (uint32_t end = script->step_count; end >= count && end > 0;) {
                uint32_t first = end - count;
                if (try_without(script, scratch, first, count, checks)) again = count == 1;
                end = first;
            }
        }
    }
}

/* Options stand in pairs behind the required words: an even number from the end. */
static void drop_words(struct script *script, struct script *scratch, bool checks)
{
    for (uint32_t i = 0; i < script->step_count; i++) {
        for (uint32_t at = script->steps[i].word_count; at >= 4; at -= 2) {
            struct step *step = &scratch->steps[i];
            *scratch = *script;
            if (at > step->word_count) break;
            memmove(&step->words[at - 2], &step->words[at],
                    (step->word_count - at) * sizeof *step->words);
            step->word_count -= 2;
            if (script_fails(scratch, false, checks)) *script = *scratch;
        }
    }
}

void shrink(struct script *script, bool checks)
{
    struct script *scratch = mem_alloc(sizeof *scratch);

    drop_steps(script, scratch, checks);
    drop_words(script, scratch, checks);
    drop_steps(script, scratch, checks);
    mem_free(scratch);
}
