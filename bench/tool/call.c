/* SPDX-License-Identifier: BSD-2-Clause */
/* call.c - `tuan call`. The rows of proto/ say how a value is sent; the daemon says what is wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/tool/args.h"
#include "bench/tool/value.h"
#include "proto/schema.h"

static struct tuan_str str_of(const char *text, size_t len)
{
    return (struct tuan_str){text, (uint32_t)len};
}

/* The row of that argument; NULL if the method takes none of that name (the daemon will say so). */
static const struct tuan_field *find_row(enum tuan_cmd command, const char *key, size_t len)
{
    if (command == TUAN_CMD_COUNT) return NULL;
    enum tuan_arg arg = tuan_arg_find(command, str_of(key, len));
    if (arg != TUAN_ARG_COUNT) return &tuan_arg_fields[arg];
    if (!tuan_command_takes_params(command)) return NULL;
    enum tuan_param param = tuan_param_find(str_of(key, len));
    return param == TUAN_PARAM_COUNT ? NULL : &tuan_param_fields[param];
}

/* JSON; a list may also be one bare word. */
static json_t *json_or_word(const char *text, bool is_list)
{
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    if (json != NULL || !is_list || *text == '[' || *text == '{') return json;
    return json_pack("[s]", text);
}

/* A new reference; NULL: the text is not what the row wants, or no UTF-8. */
static json_t *json_of_text(const struct tuan_field *row, const char *text)
{
    if (row == NULL) return json_string(text);
    switch (row->type) {
    case TUAN_INT: return value_of_word(text);
    case TUAN_FLAG:
        return strcmp(text, "true") == 0    ? json_integer(1)
               : strcmp(text, "false") == 0 ? json_integer(0)
                                            : value_of_word(text);
    case TUAN_NAMES:
    case TUAN_RIDS: return json_or_word(text, true);
    case TUAN_TAGS:
    case TUAN_TIERS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: return json_or_word(text, false);
    case TUAN_ID:
    case TUAN_TEXT:
    case TUAN_RID:
    case TUAN_WORD: break;
    }
    return json_string(text);
}

/* Put a value into the map, in the place of one of that name; "virtual.mode" goes into the map
 * "virtual". Takes the reference. */
static bool put_value(json_t *map, const char *name, size_t len, json_t *value)
{
    const char *dot = memchr(name, '.', len);

    if (dot == NULL) return json_object_setn_new(map, name, len, value) == 0;
    json_t *inner = json_object_getn(map, name, (size_t)(dot - name));
    if (!json_is_object(inner)) {
        inner = json_object();
        json_object_setn_new(map, name, (size_t)(dot - name), inner);
    }
    return json_object_setn_new(inner, dot + 1, len - (size_t)(dot + 1 - name), value) == 0;
}

/* One key=value word into the map. */
static bool add_pair(json_t *map, enum tuan_cmd command, const char *word)
{
    const char *equals = strchr(word, '=');

    if (equals == NULL || equals == word || equals - word >= 64) {
        fprintf(stderr, "tuan: %s: neither key=value nor @FILE\n", word);
        return false;
    }
    size_t len = (size_t)(equals - word);
    json_t *value = json_of_text(find_row(command, word, len), equals + 1);
    if (value == NULL) {
        fprintf(stderr, "tuan: %.*s: not the JSON that is wanted here: %s\n", (int)len, word,
                equals + 1);
        return false;
    }
    return put_value(map, word, len, value);
}

/* The JSON object in a file ("-": standard input); NULL: said on stderr why not. */
static json_t *read_object(const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "r");
    json_error_t error;

    if (file == NULL) {
        fprintf(stderr, "tuan: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    json_t *json = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    bool is_unread = ferror(file) != 0;
    if (!is_stdin) fclose(file);
    if (json == NULL && is_unread) {
        fprintf(stderr, "tuan: %s: cannot be read\n", path);
    } else if (json == NULL) {
        fprintf(stderr, "tuan: %s:%d:%d: %s\n", path, error.line, error.column, error.text);
    } else if (!json_is_object(json)) {
        fprintf(stderr, "tuan: %s: not a JSON object of arguments\n", path);
        json_decref(json);
        json = NULL;
    }
    return json;
}

/* All arguments of a file into the map. */
static bool add_file(json_t *map, const char *path)
{
    json_t *file = read_object(path);
    const char *key;
    json_t *value;
    bool is_good = file != NULL;

    json_object_foreach(file, key, value)
    {
        is_good = is_good && put_value(map, key, strlen(key), json_incref(value));
    }
    json_decref(file);
    return is_good;
}

static bool send_call(struct tuan_client *client, const char *method, const json_t *map)
{
    const char *key;
    json_t *value;
    bool is_good = true;

    tuan_client_begin(client, method);
    json_object_foreach((json_t *)(uintptr_t)map, key, value)
    {
        is_good &= value_send(client, key, value);
    }
    return is_good;
}

static int print_answer(const struct tool *tool, const struct tuan_answer *answer)
{
    bool is_refused = tuan_answer_is_refused(answer);
    json_t *json = is_refused
                       ? json_pack("{s:{s:s,s:s}}", "error", "code", tuan_answer_code(answer),
                                   "message", tuan_answer_text(answer))
                       : value_json(tuan_answer_result(answer));

    if (!is_refused || tool->json) value_print(tool, json);
    json_decref(json);
    return tool_refusal(answer);
}

/* Send what is built and print what comes back. */
static int exchange(const struct tool *tool, struct tuan_client *client)
{
    struct tuan_client_error error;
    struct tuan_answer *answer = NULL;

    if (tuan_client_end(client, &error) != 0)
        answer = tuan_client_receive(client, 30000,
                                     &error); /* ROOM.WAIT and FEED.READ park for up to 25 s */
    if (answer == NULL) return tool_fail(&error);
    int code = print_answer(tool, answer);
    tuan_answer_free(answer);
    return code;
}

static int call_with(const struct tool *tool, const char *method, const json_t *map)
{
    struct tuan_client *client = tool_connect(tool);
    int code = TOOL_USAGE;

    if (client == NULL) return TOOL_UNREACHABLE;
    if (send_call(client, method, map))
        code = exchange(tool, client);
    else
        fprintf(stderr, "tuan: null and fractions are never sent\n");
    tuan_client_close(client);
    return code;
}

int call_command(struct tool *tool, int argc, char **argv)
{
    const struct flag flags[] = {TOOL_FLAGS(tool)};
    const struct usage usage = {
        "tuan call METHOD [key=value | @FILE.json]...",
        "Call a method (room.match, seat.pay ...) and print its answer.\n"
        "Lists and maps are JSON: tiers='[{\"size\":2,\"price\":900}]'; a field of a map may be\n"
        "dotted: virtual.mode=max_count. @FILE.json (@-: standard input) gives the arguments of a\n"
        "JSON object; what comes later wins: tuan call campaign.put @flash.json quota=50.\n"
        "proto/README.md lists methods and arguments, bench/campaigns has a file for every sale.\n",
        flags, 2};

    switch (args_parse(&usage, &argc, argv, false)) {
    case ARGS_BAD: return TOOL_USAGE;
    case ARGS_HELP: return TOOL_OK;
    case ARGS_OK: break;
    }
    if (argc < 2) {
        fprintf(stderr, "tuan: call which method? (tuan call --help)\n");
        return TOOL_USAGE;
    }
    enum tuan_cmd command = tuan_command_find(str_of(argv[1], strlen(argv[1])));
    json_t *map = json_object();
    bool is_good = true;
    for (int i = 2; i < argc; i++)
        is_good = is_good && (argv[i][0] == '@' ? add_file(map, argv[i] + 1)
                                                : add_pair(map, command, argv[i]));
    int code =
        is_good ? call_with(tool, command == TUAN_CMD_COUNT ? argv[1] : tuan_commands[command].name,
                            map)
                : TOOL_USAGE;
    json_decref(map);
    return code;
}
