/* SPDX-License-Identifier: BSD-2-Clause */
/* dump.c - `tuan dump`: a line of JSON for each campaign, and a last one that says how many. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/tool/args.h"
#include "bench/tool/stop.h"
#include "bench/tool/value.h"

enum { PAGE = 200, TIMEOUT_MS = 600000 };
#define FRAME_MAX ((size_t)512 * 1024 * 1024)

struct dump {
    struct tuan_client *client;
    int64_t campaigns, rooms, refunds;
    int64_t now; /* of the last one */
};

static int dump_campaign(struct dump *dump, const char *campaign)
{
    struct tuan_client_error error;
    struct tuan_answer *answer =
        tuan_client_call(dump->client, &error, "campaign.dump campaign=%s", campaign);

    if (answer == NULL) {
        fprintf(stderr, "tuan: %s: ", campaign);
        return tool_fail(&error);
    }
    json_t *line = value_json(tuan_answer_result(answer));
    json_dumpf(line, stdout, JSON_COMPACT);
    printf("\n");
    dump->campaigns++;
    dump->rooms += json_integer_value(json_object_get(line, "rooms"));
    dump->refunds += json_integer_value(json_object_get(line, "refunds"));
    dump->now = json_integer_value(json_object_get(line, "now"));
    json_decref(line);
    tuan_answer_free(answer);
    return TOOL_OK;
}

/* A page of names, and where the next one begins ("" at the end). */
static json_t *list_page(struct dump *dump, const char *cursor, int *code)
{
    struct tuan_client_error error;
    struct tuan_answer *answer = tuan_client_call(
        dump->client, &error, "campaign.list limit=%d cursor=%s", (int)PAGE, cursor);

    if (answer == NULL) {
        *code = tool_fail(&error);
        return NULL;
    }
    json_t *page = value_json(tuan_answer_result(answer));
    tuan_answer_free(answer);
    return page;
}

/* Those that are made or dropped while it runs may be in it or not. */
static int dump_page(struct dump *dump, const json_t *page)
{
    size_t index;
    json_t *campaign;
    int code = TOOL_OK;

    json_array_foreach(json_object_get(page, "campaigns"), index, campaign)
    {
        if (code == TOOL_OK && !stop_asked())
            code = dump_campaign(dump, json_string_value(json_object_get(campaign, "campaign")));
    }
    return code;
}

static int dump_all(struct dump *dump)
{
    char cursor[160] = "";
    int code = TOOL_OK;

    do {
        json_t *page = list_page(dump, cursor, &code);
        if (page == NULL) return code;
        code = dump_page(dump, page);
        const char *next = json_string_value(json_object_get(page, "cursor"));
        snprintf(cursor, sizeof cursor, "%s", next == NULL ? "" : next);
        json_decref(page);
    } while (code == TOOL_OK && cursor[0] != '\0' && !stop_asked());
    return code;
}

static int dump_to_stdout(struct dump *dump, int argc, char **argv)
{
    int code = argc == 1 ? dump_all(dump) : TOOL_OK;

    for (int i = 1; code == TOOL_OK && i < argc; i++)
        code = dump_campaign(dump, argv[i]);
    if (code != TOOL_OK) return code;
    if (stop_asked()) {
        fprintf(stderr, "tuan: stopped: what was written is not whole\n");
        return TOOL_WRONG;
    }
    printf("{\"end\":%" PRId64 ",\"now\":%" PRId64 "}\n", dump->campaigns, dump->now);
    fprintf(stderr,
            "tuan: dumped %" PRId64 " campaigns with %" PRId64 " rooms and %" PRId64 " refunds\n",
            dump->campaigns, dump->rooms, dump->refunds);
    return TOOL_OK;
}

int dump_command(struct tool *tool, int argc, char **argv)
{
    const struct flag flags[] = {TOOL_FLAGS(tool)};
    const struct usage usage = {
        "tuan dump [CAMPAIGN...] > FILE",
        "Campaigns (without names: all) with all that is kept of them: rules, rooms, seats, "
        "orders,\n"
        "refunds, totals. A line of JSON each, as of one moment each, for `tuan load`; a last "
        "line\n"
        "tells that the file is whole. The daemon goes on meanwhile, but for the moment that a\n"
        "campaign takes. For a last copy before a move, stop what writes first. Needs the role\n"
        "operator.\n",
        flags, 2};
    const struct tuan_client_options options = {.call_timeout_ms = TIMEOUT_MS,
                                                .frame_max = FRAME_MAX};
    struct dump dump = {0};

    switch (args_parse(&usage, &argc, argv, false)) {
    case ARGS_BAD: return TOOL_USAGE;
    case ARGS_HELP: return TOOL_OK;
    case ARGS_OK: break;
    }
    if (tool->is_terminal && !tool->json) {
        fprintf(stderr,
                "tuan: a dump is for a file: tuan dump > FILE (or --json, to see it here)\n");
        return TOOL_USAGE;
    }
    dump.client = tool_connect_for(tool, &options);
    if (dump.client == NULL) return TOOL_UNREACHABLE;
    stop_watch();
    int code = dump_to_stdout(&dump, argc, argv);
    tuan_client_close(dump.client);
    return code;
}
