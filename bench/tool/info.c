/* SPDX-License-Identifier: BSD-2-Clause */
/* info.c - `tuan info`: the daemon's INFO, as it is or as JSON. */
#include <stdio.h>
#include <string.h>

#include "bench/tool/args.h"
#include "bench/tool/value.h"

/* INFO's text ("# Section", "name:value") as {section: {name: value}}. */
static json_t *json_of_info(const char *text, size_t len)
{
    json_t *sections = json_object(), *section = sections;

    for (const char *line = text, *end = text + len; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t line_len = (size_t)((newline == NULL ? end : newline) - line);
        size_t used = line_len > 0 && line[line_len - 1] == '\r' ? line_len - 1 : line_len;
        const char *colon = memchr(line, ':', used);
        if (used > 2 && line[0] == '#') {
            section = json_object();
            json_object_setn_new(sections, line + 2, used - 2, section);
        } else if (colon != NULL && colon > line) {
            char value[512];
            snprintf(value, sizeof value, "%.*s", (int)(used - (size_t)(colon - line) - 1),
                     colon + 1);
            json_object_setn_new(section, line, (size_t)(colon - line), value_of_word(value));
        }
        line += line_len + 1;
    }
    return sections;
}

static void print_info(const struct tool *tool, const struct tuan_value *result)
{
    const char *text = "";
    size_t len = 0;

    if (!tuan_value_text(result, &text, &len)) { /* a daemon that answers a map */
        json_t *json = value_json(result);
        value_print(tool, json);
        json_decref(json);
    } else if (tool->json) {
        json_t *json = json_of_info(text, len);
        value_print(tool, json);
        json_decref(json);
    } else if (len > 0) {
        fwrite(text, 1, len, stdout);
    }
}

static int ask_info(const struct tool *tool, struct tuan_client *client, int argc, char **argv)
{
    struct tuan_client_error error;
    struct tuan_answer *answer = NULL;

    tuan_client_begin(client, "info");
    if (argc > 1) tuan_client_list(client, "words", (size_t)argc - 1);
    for (int i = 1; i < argc; i++)
        tuan_client_str(client, NULL, argv[i]);
    if (tuan_client_end(client, &error) != 0) answer = tuan_client_receive(client, 10000, &error);
    if (answer == NULL) return tool_fail(&error);
    int code = tool_refusal(answer);
    if (code == TOOL_OK) print_info(tool, tuan_answer_result(answer));
    tuan_answer_free(answer);
    return code;
}

int info_command(struct tool *tool, int argc, char **argv)
{
    const struct flag flags[] = {TOOL_FLAGS(tool)};
    const struct usage usage = {"tuan info [SECTION]...",
                                "Counters and state of the daemon, by section.\n", flags, 2};

    switch (args_parse(&usage, &argc, argv, false)) {
    case ARGS_BAD: return TOOL_USAGE;
    case ARGS_HELP: return TOOL_OK;
    case ARGS_OK: break;
    }
    struct tuan_client *client = tool_connect(tool);
    if (client == NULL) return TOOL_UNREACHABLE;
    int code = ask_info(tool, client, argc, argv);
    tuan_client_close(client);
    return code;
}
