/* SPDX-License-Identifier: BSD-2-Clause */
/* load.c - `tuan load`: the lines of a dump back into a daemon, a campaign at a time, each of them
 * whole or not at all. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/tool/args.h"
#include "bench/tool/stop.h"
#include "bench/tool/value.h"

enum { FORMAT = 1, PIECE = 48000, TIMEOUT_MS = 600000 }; /* PIECE: below limit.frame's default */

struct load {
    const struct tool *tool;
    struct tuan_client *client;
    bool skips; /* those that are there already */
    int64_t loaded, skipped, rooms, refunds, line;
    bool has_end;
};

static int complain(const struct load *load, const char *what)
{
    fprintf(stderr, "tuan: line %" PRId64 ": %s\n", load->line, what);
    return TOOL_WRONG;
}

static struct tuan_answer *send_piece(struct load *load, const char *campaign, const char *piece,
                                      size_t len, const char *sum, struct tuan_client_error *error)
{
    tuan_client_begin(load->client, "campaign.load");
    tuan_client_str(load->client, "campaign", campaign);
    tuan_client_bytes(load->client, "data", piece, len);
    if (sum == NULL)
        tuan_client_int(load->client, "more", 1);
    else
        tuan_client_str(load->client, "sum", sum);
    if (tuan_client_end(load->client, error) == 0) return NULL;
    return tuan_client_receive(load->client, TIMEOUT_MS, error);
}

static void count_loaded(struct load *load, const struct tuan_answer *answer)
{
    int64_t rooms = 0, refunds = 0;

    tuan_answer_int(answer, "rooms", &rooms);
    tuan_answer_int(answer, "refunds", &refunds);
    load->loaded++;
    load->rooms += rooms;
    load->refunds += refunds;
}

static int load_campaign(struct load *load, const char *campaign, const char *data, const char *sum)
{
    struct tuan_client_error error;
    size_t left = strlen(data);

    for (;;) {
        size_t len = left < PIECE ? left : PIECE;
        bool is_last = len == left;
        struct tuan_answer *answer =
            send_piece(load, campaign, data, len, is_last ? sum : NULL, &error);
        if (answer == NULL) return tool_fail(&error);
        bool is_there = strcmp(tuan_answer_code(answer), "CAMPAIGN_IN_USE") == 0;
        if (is_there && load->skips)
            load->skipped++;
        else if (tuan_answer_is_refused(answer))
            fprintf(stderr, "tuan: line %" PRId64 ", campaign %s:\n", load->line, campaign);
        else if (is_last)
            count_loaded(load, answer);
        int code = is_there && load->skips ? TOOL_OK : tool_refusal(answer);
        tuan_answer_free(answer);
        if (code != TOOL_OK || is_last) return code;
        data += len;
        left -= len;
    }
}

static int load_json(struct load *load, const json_t *json)
{
    const char *campaign = json_string_value(json_object_get(json, "campaign"));
    const char *data = json_string_value(json_object_get(json, "data"));
    const char *sum = json_string_value(json_object_get(json, "sum"));
    const json_t *end = json_object_get(json, "end");

    if (json_is_integer(end)) {
        load->has_end = json_integer_value(end) == load->loaded + load->skipped;
        return load->has_end ? TOOL_OK
                             : complain(load, "the dump had more campaigns: lines are missing");
    }
    if (campaign == NULL || data == NULL || sum == NULL)
        return complain(load, "not a line of tuan dump");
    if (json_integer_value(json_object_get(json, "format")) != FORMAT)
        return complain(load, "of a format that this tuan does not know");
    return load_campaign(load, campaign, data, sum);
}

static int load_line(struct load *load, const char *line, size_t len)
{
    json_error_t error;

    load->line++;
    if (load->has_end) return complain(load, "behind the end of the dump");
    json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) return complain(load, "not JSON: the file is cut off or damaged");
    int code = load_json(load, json);
    json_decref(json);
    return code;
}

static int load_lines(struct load *load, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    int code = TOOL_OK;

    while (code == TOOL_OK && !stop_asked() && (len = getline(&line, &room, file)) > 0)
        code = load_line(load, line, (size_t)len);
    free(line);
    if (code == TOOL_OK && stop_asked()) {
        fprintf(stderr, "tuan: stopped: --skip goes on from here\n");
        code = TOOL_WRONG;
    }
    if (code == TOOL_OK && !load->has_end)
        code = complain(load, "the dump has no end: the file is cut off");
    return code;
}

static int load_file(struct load *load, FILE *file)
{
    int code;

    load->client = tool_connect(load->tool);
    if (load->client == NULL) return TOOL_UNREACHABLE;
    stop_watch();
    code = load_lines(load, file);
    fprintf(stderr,
            "tuan: loaded %" PRId64 " campaigns with %" PRId64 " rooms and %" PRId64
            " refunds, skipped %" PRId64 "\n",
            load->loaded, load->rooms, load->refunds, load->skipped);
    tuan_client_close(load->client);
    return code;
}

int load_command(struct tool *tool, int argc, char **argv)
{
    struct load load = {.tool = tool};
    const struct flag flags[] = {
        TOOL_FLAGS(tool),
        {"--skip", NULL, FLAG_SWITCH, &load.skips, NULL,
         "leave campaigns that are there as they are"},
    };
    const struct usage usage = {"tuan load [FILE|-] [flags]",
                                "What tuan dump wrote, into a daemon: with any mirror, with any "
                                "number of partitions. Each\n"
                                "campaign comes whole or not at all, with the ids, versions and "
                                "times it had; what fell due\n"
                                "meanwhile happens now. One that is there already is refused "
                                "(--skip: passed over), so a load\n"
                                "that was cut off can be given again. Needs the role operator.\n",
                                flags, sizeof flags / sizeof flags[0]};

    switch (args_parse(&usage, &argc, argv, false)) {
    case ARGS_BAD: return TOOL_USAGE;
    case ARGS_HELP: return TOOL_OK;
    case ARGS_OK: break;
    }
    if (argc > 2) {
        fprintf(stderr, "tuan: load one file (tuan load --help)\n");
        return TOOL_USAGE;
    }
    bool is_stdin = argc < 2 || strcmp(argv[1], "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(argv[1], "r");
    if (file == NULL) {
        fprintf(stderr, "tuan: %s: %s\n", argv[1], strerror(errno));
        return TOOL_USAGE;
    }
    int code = load_file(&load, file);
    if (!is_stdin) fclose(file);
    return code;
}
