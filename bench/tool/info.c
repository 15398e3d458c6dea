/* SPDX-License-Identifier: BSD-2-Clause */
/* info.c - `tuan info`: the daemon's INFO, as it is or as JSON. */
#include "bench/tool/info.h"

#include <stdio.h>
#include <string.h>

#include "bench/tool/args.h"
#include "bench/tool/value.h"

enum { ANSWER_MS = 10000 };

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

json_t *info_read(struct tuan_client *client, const char *section, int *code)
{
    struct tuan_client_error error;
    struct tuan_answer *answer = NULL;
    const char *text = "";
    size_t len = 0;

    tuan_client_begin(client, "info");
    if (section != NULL) {
        tuan_client_list(client, "words", 1);
        tuan_client_str(client, NULL, section);
    }
    if (tuan_client_end(client, &error) != 0)
        answer = tuan_client_receive(client, ANSWER_MS, &error);
    *code = answer == NULL ? tool_fail(&error) : tool_refusal(answer);
    json_t *info = NULL;
    if (*code == TOOL_OK) {
        tuan_value_text(tuan_answer_result(answer), &text, &len);
        info = json_of_info(text, len);
    }
    tuan_answer_free(answer);
    return info;
}

static const json_t *find_value(const json_t *info, const char *name)
{
    const char *section_name;
    json_t *section;

    json_object_foreach((json_t *)(uintptr_t)info, section_name, section)
    {
        const json_t *value = json_object_get(section, name);
        if (value != NULL) return value;
    }
    return NULL;
}

int64_t info_number(const json_t *info, const char *name)
{
    return json_integer_value(find_value(info, name));
}

const char *info_text(const json_t *info, const char *name)
{
    const char *text = json_string_value(find_value(info, name));

    return text == NULL ? "" : text;
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
    if (tuan_client_end(client, &error) != 0)
        answer = tuan_client_receive(client, ANSWER_MS, &error);
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
