/* SPDX-License-Identifier: BSD-2-Clause */
/* story.c - tells stories: reads a file, runs each story in each pass, says where one is not so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "script.h"

static const char *const pass_names[WORLD_PASSES] = {"plain", "punctual", "log", "snapshot"};
/* Shared with the process that tells a story: how far it got. */
static struct progress {
    int line, steps;
} * progress;
static const char *only_story; /* --story WORDS: tell only those whose name holds them */

/* One story: its lines in the file. */
struct story {
    const char *path, *name;
    char **lines;
    int first, end; /* line numbers, from 0, half-open */
};

struct telling {
    const struct story *story;
    struct world world;
    struct script_names names;
    struct script_line line;
};

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* ---- a step ---- */

static void complain(const struct telling *telling, int number, const char *flaw,
                     const struct outcome *outcome)
{
    fprintf(stderr, "%s:%d: %s (%s)\n  %s  %s\n", telling->story->path, number + 1,
            telling->story->name, pass_names[telling->world.pass], telling->story->lines[number],
            flaw);
    if (outcome == NULL) return;
    char *reply = pairs_print(&outcome->pairs);
    fprintf(stderr, "\n  reply: %s%s%s %s\n  facts:",
            outcome->err == TUAN_OK ? "" : tuan_errors[outcome->err].name,
            outcome->text == NULL ? "" : " ", outcome->text == NULL ? "" : outcome->text, reply);
    for (size_t i = 0; i < outcome->fact_count; i++)
        fprintf(stderr, " %s", outcome->facts[i]);
    fprintf(stderr, "\n\n");
    mem_free(reply);
}

/* "sweep [budget]", "reload log|snapshot", "failover" are not commands of the engine. */
static bool do_special(struct telling *telling, struct outcome *outcome)
{
    const struct script_line *line = &telling->line;
    struct world *world = &telling->world;

    *outcome = (struct outcome){.err = TUAN_OK};
    if (strcmp(line->words[0], "sweep") == 0) {
        long budget = line->word_count > 1 ? atol(line->words[1]) : 0;
        world_sweep(world, budget == 0 ? SIZE_MAX / 2 : (size_t)budget, outcome);
    } else if (strcmp(line->words[0], "reload") == 0) {
        bool from_log = line->word_count > 1 && strcmp(line->words[1], "log") == 0;
        world_reload(world, from_log ? STORE_FROM_LOG : STORE_FROM_SNAPSHOT);
    } else if (strcmp(line->words[0], "failover") == 0) {
        store_fail_over(&world->store, world->engine);
    } else {
        return false;
    }
    return true;
}

static bool do_command(struct telling *telling, struct outcome *outcome, char *flaw, size_t size)
{
    struct tuan_str words[SCRIPT_WORDS_MAX];
    char scratch[SCRIPT_WORDS_MAX][32];
    const struct script_line *line = &telling->line;

    for (size_t i = 0; i < line->word_count; i++) {
        const char *word = script_value(&telling->names, line->words[i], scratch[i]);
        if (word == NULL) {
            snprintf(flaw, size, "%s is not bound", line->words[i]);
            return false;
        }
        words[i] = (struct tuan_str){word, (uint32_t)strlen(word)};
    }
    world_do(&telling->world, words, line->word_count, outcome);
    return true;
}

static bool do_step(struct telling *telling, int number)
{
    struct outcome outcome = {.err = TUAN_OK};
    char flaw[512] = "";
    struct world *world = &telling->world;
    progress->line = number;
    progress->steps++;
    const char *wrong = script_parse(&telling->line, telling->story->lines[number]);

    if (wrong != NULL || SCRIPT_T0 + telling->line.at_ms < world->now_ms) {
        complain(telling, number, wrong != NULL ? wrong : "time runs back", NULL);
        return false;
    }
    bool good = world_advance(world, SCRIPT_T0 + telling->line.at_ms);
    if (good && !do_special(telling, &outcome))
        good = do_command(telling, &outcome, flaw, sizeof flaw);
    if (good)
        good = script_meets(&telling->line, &outcome, &telling->names,
                            world->pass != WORLD_PUNCTUAL, flaw, sizeof flaw);
    if (world->flaw[0] == '\0' && good) world_check(world);
    if (world->flaw[0] != '\0') good = false;
    if (!good) complain(telling, number, world->flaw[0] != '\0' ? world->flaw : flaw, &outcome);
    outcome_clear(&outcome);
    return good;
}

/* ---- a story ---- */

/* "limits campaigns=1 rooms=2 seats=3": what the daemon's configuration caps. */
static void set_limits(struct world *world, const char *text)
{
    const char *campaigns = strstr(text, "campaigns="), *rooms = strstr(text, "rooms="),
               *seats = strstr(text, "seats=");
    struct engine_config config = world->config;

    config.campaigns_max = campaigns == NULL ? 0 : atol(campaigns + strlen("campaigns="));
    config.rooms_max = rooms == NULL ? 0 : atol(rooms + strlen("rooms="));
    config.seats_max = seats == NULL ? 0 : atol(seats + strlen("seats="));
    engine_destroy(world->engine);
    world->config = config;
    world->engine = engine_create(&world->config);
    engine_set_position(world->engine, 1);
}

/* "only plain log": the other passes skip this story. */
static bool is_told(const struct story *story, enum world_pass pass)
{
    for (int i = story->first; i < story->end; i++)
        if (starts_with(story->lines[i], "only "))
            return strstr(story->lines[i], pass_names[pass]) != NULL;
    return true;
}

static bool tell(const struct story *story, enum world_pass pass, uint64_t seed)
{
    struct telling *telling = mem_zalloc(sizeof *telling);
    bool good = true;

    telling->story = story;
    world_init(&telling->world, pass, seed);
    for (int i = story->first; good && i < story->end; i++) {
        const char *text = story->lines[i] + strspn(story->lines[i], " \t");
        if (starts_with(text, "limits "))
            set_limits(&telling->world, text);
        else if (*text != '#' && *text != '\n' && *text != '\0' && !starts_with(text, "only "))
            good = do_step(telling, i);
    }
    world_clear(&telling->world);
    mem_free(telling);
    return good;
}

/* In a process of its own: an assertion that fails there ends one story, not all. */
static bool tell_apart(const struct story *story, enum world_pass pass, uint64_t seed,
                       struct script_counts *counts)
{
    int status;

    fflush(NULL);
    progress->line = story->first;
    progress->steps = 0;
    pid_t child = fork();
    if (child == 0) _exit(tell(story, pass, seed) ? EXIT_SUCCESS : EXIT_FAILURE);
    if (child < 0 || waitpid(child, &status, 0) != child) return false;
    if (pass == WORLD_PLAIN) counts->steps += progress->steps;
    if (!WIFEXITED(status) || WEXITSTATUS(status) > EXIT_FAILURE)
        fprintf(stderr, "%s:%d: %s (%s)\n  died: %s\n\n", story->path, progress->line + 1,
                story->name, pass_names[pass], story->lines[progress->line]);
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static void tell_in_all_passes(const struct story *story, struct script_counts *counts)
{
    enum { SEEDS = 3 }; /* the snapshot differs by chance */
    bool good = true;

    if (only_story != NULL && strstr(story->name, only_story) == NULL) return;
    for (enum world_pass pass = WORLD_PLAIN; pass < WORLD_PASSES; pass++)
        for (uint64_t seed = 1; seed <= (pass == WORLD_FROM_SNAPSHOT ? SEEDS : 1); seed++)
            if (good && is_told(story, pass)) good = tell_apart(story, pass, seed, counts);
    counts->stories++;
    counts->failed += !good;
}

/* ---- a file ---- */

static char **read_lines(const char *path, int *count)
{
    FILE *file = fopen(path, "r");
    char **lines = NULL, *line = NULL;
    size_t room = 0;

    *count = 0;
    if (file == NULL) return NULL;
    while (getline(&line, &room, file) > 0) {
        lines = mem_realloc(lines, (size_t)(*count + 1) * sizeof *lines);
        lines[(*count)++] = mem_dup(line, strlen(line) + 1);
    }
    free(line);
    fclose(file);
    return lines;
}

void script_run(const char *path, struct script_counts *counts)
{
    int count;
    char **lines = read_lines(path, &count);

    if (lines == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        counts->failed++;
        return;
    }
    for (int i = 0; i < count;) {
        if (!starts_with(lines[i], "story:")) {
            i++;
            continue;
        }
        lines[i][strcspn(lines[i], "\n")] = '\0';
        struct story story = {path, lines[i] + strlen("story:"), lines, i + 1, i + 1};
        while (story.end < count && !starts_with(lines[story.end], "story:"))
            story.end++;
        story.name += strspn(story.name, " ");
        tell_in_all_passes(&story, counts);
        i = story.end;
    }
    for (int i = 0; i < count; i++)
        mem_free(lines[i]);
    mem_free(lines);
}

int main(int argc, char **argv)
{
    struct script_counts counts = {.failed = 0};

    progress =
        mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (progress == MAP_FAILED) return EXIT_FAILURE;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--story") == 0 && i + 1 < argc)
            only_story = argv[++i];
        else
            script_run(argv[i], &counts);
    printf("%d stories, %d steps, %d failed\n", counts.stories, counts.steps, counts.failed);
    return counts.failed > 0;
}
