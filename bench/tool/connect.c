/* SPDX-License-Identifier: BSD-2-Clause */
/* connect.c - reaching the daemon, and telling people when it cannot be reached. */
#include <stdio.h>

#include "bench/tool/text.h"
#include "bench/tool/tool.h"

int tool_fail(const struct tuan_client_error *error)
{
    struct buf line = {0};

    text_safe(&line, error->text, strlen(error->text));
    fprintf(stderr, "tuan: %s %.*s\n", error->code, (int)line.len, line.len == 0 ? "" : line.data);
    buf_free(&line);
    switch (error->failure) {
    case TUAN_CLIENT_REFUSED: return TOOL_REFUSED;
    case TUAN_CLIENT_ADDRESS:
    case TUAN_CLIENT_MISUSE: return TOOL_USAGE;
    case TUAN_CLIENT_FINE:
    case TUAN_CLIENT_CONNECT:
    case TUAN_CLIENT_TIMEOUT:
    case TUAN_CLIENT_CLOSED:
    case TUAN_CLIENT_PROTOCOL:
    case TUAN_CLIENT_MEMORY: break;
    }
    return TOOL_UNREACHABLE;
}

struct tuan_client_error tool_refused(const struct tuan_answer *answer)
{
    struct tuan_client_error error = {.failure = TUAN_CLIENT_REFUSED};

    snprintf(error.code, sizeof error.code, "%s", tuan_answer_code(answer));
    snprintf(error.text, sizeof error.text, "%s", tuan_answer_text(answer));
    return error;
}

int tool_refusal(const struct tuan_answer *answer)
{
    if (!tuan_answer_is_refused(answer)) return TOOL_OK;
    struct tuan_client_error error = tool_refused(answer);
    return tool_fail(&error);
}

struct tuan_client *tool_connect(const struct tool *tool)
{
    return tool_connect_for(tool, NULL);
}

struct tuan_client *tool_connect_for(const struct tool *tool,
                                     const struct tuan_client_options *options)
{
    struct tuan_client_error error;
    struct tuan_client *client = tuan_client_connect(tool->address, options, &error);

    if (client == NULL) (void)tool_fail(&error);
    if (client == NULL && error.failure == TUAN_CLIENT_CONNECT)
        fprintf(stderr, "Is tuand running there? -s ADDR names another place; `tuan demo` brings "
                        "its own daemon.\n");
    return client;
}
