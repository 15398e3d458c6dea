/* SPDX-License-Identifier: BSD-2-Clause */
/* doctor.c - `tuan doctor`: is everything as a daemon needs it? */
#include "bench/tool/doctor.h"

#include <stdio.h>
#include <string.h>

#include "bench/tool/args.h"
#include "bench/tool/clock.h"
#include "bench/tool/info.h"
#include "bench/tool/picture.h"
#include "bench/tool/text.h"
#include "bench/tool/value.h"

#define WIDTH_CHECK 18

static const struct check {
    const char *name;
    doctor_check *look;
} checks[] = {
#define CHECK(name, title, what) {title, doctor_##name},
#include "bench/tool/doctor.def"
};
#define CHECKS (sizeof checks / sizeof checks[0])

static const char *const result_words[] = {
    [FINDING_OK] = "ok", [FINDING_WARN] = "warn", [FINDING_FAIL] = "fail", [FINDING_SKIP] = "skip"};
static const char *const result_colours[] = {[FINDING_OK] = PICTURE_GREEN,
                                             [FINDING_WARN] = PICTURE_YELLOW,
                                             [FINDING_FAIL] = PICTURE_RED,
                                             [FINDING_SKIP] = PICTURE_DIM};

/* ---- asking ---- */

static json_t *read_refunds(struct tuan_client *client)
{
    struct tuan_client_error error;
    struct tuan_answer *answer = tuan_client_call(client, &error, "refund.list limit=1");

    if (answer == NULL) return NULL;
    json_t *page = value_json(tuan_answer_result(answer));
    tuan_answer_free(answer);
    return page;
}

/* What cannot be had stays NULL. */
static int ask_daemon(struct doctor *doctor, char *missing, size_t missing_size)
{
    struct tuan_client_error error;
    struct tuan_client *client = tuan_client_connect(doctor->tool->address, NULL, &error);
    int code = TOOL_OK;

    if (client == NULL) {
        snprintf(missing, missing_size, "%s", error.text);
        return TOOL_UNREACHABLE;
    }
    int64_t from_ms = clock_wall_ms();
    doctor->info = info_read(client, NULL, &code);
    doctor->asked_ms = (from_ms + clock_wall_ms()) / 2;
    if (doctor->info == NULL)
        snprintf(missing, missing_size, "its INFO is refused: a token is needed");
    else
        doctor->due = read_refunds(client);
    tuan_client_close(client);
    return code;
}

/* ---- telling ---- */

static void print_row(const struct tool *tool, const struct check *check,
                      const struct finding *finding)
{
    struct buf line = {0};
    const char *word = result_words[finding->result];

    if (tool->is_terminal) {
        buf_printf(&line, "%s%s" PICTURE_PLAIN " ", result_colours[finding->result], word);
        text_cell(&line, check->name, strlen(check->name), WIDTH_CHECK);
        text_safe(&line, finding->value, strlen(finding->value));
        if (finding->advice[0] != '\0')
            buf_printf(&line, "\n%*s-> %s", WIDTH_CHECK + 5, "", finding->advice);
    } else {
        buf_printf(&line, "%s\t%s\t", check->name, word);
        text_safe(&line, finding->value, strlen(finding->value));
        buf_printf(&line, "\t%s", finding->advice);
    }
    printf("%.*s\n", (int)line.len, line.data);
    buf_free(&line);
}

static void print_json(const struct tool *tool, const struct finding *findings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < CHECKS; i++) {
        const struct finding *finding = &findings[i];
        json_t *row = json_pack("{s:s,s:s}", "check", checks[i].name, "result",
                                result_words[finding->result]);
        json_t *value = json_string(finding->value);
        json_object_set_new(row, "value", value != NULL ? value : json_string("?"));
        if (finding->advice[0] != '\0')
            json_object_set_new(row, "advice", json_string(finding->advice));
        json_array_append_new(list, row);
    }
    json_t *whole = json_pack("{s:o}", "checks", list);
    value_print(tool, whole);
    json_decref(whole);
}

static int tell(const struct tool *tool, const struct finding *findings)
{
    int code = TOOL_OK;

    if (tool->json)
        print_json(tool, findings);
    else if (!tool->is_terminal)
        printf("check\tresult\tvalue\tadvice\n");
    for (size_t i = 0; i < CHECKS; i++) {
        if (findings[i].result == FINDING_FAIL) code = TOOL_UNFIT;
        if (!tool->json) print_row(tool, &checks[i], &findings[i]);
    }
    return code;
}

static int examine(const struct tool *tool, const char *root)
{
    struct doctor doctor = {.tool = tool, .root = root};
    struct finding findings[CHECKS];
    char missing[256] = "";
    int reached = ask_daemon(&doctor, missing, sizeof missing);

    doctor.missing = missing;
    for (size_t i = 0; i < CHECKS; i++)
        checks[i].look(&doctor, &findings[i]);
    int code = tell(tool, findings);
    json_decref((json_t *)(uintptr_t)doctor.info);
    json_decref((json_t *)(uintptr_t)doctor.due);
    return reached != TOOL_OK ? reached : code;
}

int doctor_command(struct tool *tool, int argc, char **argv)
{
    static const char summary[] =
        "Looks at the daemon, its mirror and this machine, and says what to change. To a pipe:\n"
        "tab-separated columns. Exit code 0: nothing failed; 6: something did; 2: no daemon.\n\n"
        "What is good:\n"
#define CHECK(name, title, doc) "  " title ": " doc "\n"
#include "bench/tool/doctor.def"
        ;
    const char *root = "";
    const struct flag flags[] = {
        TOOL_FLAGS(tool),
        {"--root", NULL, FLAG_TEXT, &root, "DIR",
         "where proc and sys are (in a container: its host's)"},
    };
    const struct usage usage = {"tuan doctor [flags]", summary, flags,
                                sizeof flags / sizeof flags[0]};

    switch (args_parse(&usage, &argc, argv, false)) {
    case ARGS_BAD: return TOOL_USAGE;
    case ARGS_HELP: return TOOL_OK;
    case ARGS_OK: break;
    }
    if (argc > 1) {
        fprintf(stderr, "tuan: doctor takes no words (tuan doctor --help)\n");
        return TOOL_USAGE;
    }
    return examine(tool, root);
}
