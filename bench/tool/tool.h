/* SPDX-License-Identifier: BSD-2-Clause */
/* tool.h - what every subcommand of `tuan` is given, and what it may end with. */
#ifndef TUAN_TOOL_H
#define TUAN_TOOL_H

#include <stdbool.h>

#include "client/tuan.h"

/* Exit codes: scripts rely on them, so they never change. */
enum tool_exit {
    TOOL_OK = 0,
    TOOL_USAGE = 1,       /* the command line is wrong, or asks for what is not served yet */
    TOOL_UNREACHABLE = 2, /* no daemon there, the connection was lost, no answer in time */
    TOOL_REFUSED = 3,     /* the daemon said no */
    TOOL_WRONG = 4,       /* the daemon's answers contradict each other */
    TOOL_GENERATOR = 5,   /* the generator itself was the limit (tuan bench) */
    TOOL_UNFIT = 6,       /* something must be mended first (tuan doctor) */
};

struct tool {
    const char *address; /* -s */
    bool json;           /* --json */
    bool is_terminal;    /* standard output is a terminal: for people */
    const struct subcommand *subcommands;
    size_t subcommand_count;
};

/* argv[0] is the subcommand's name; `tool` may be changed by global flags behind it. */
typedef int tool_command(struct tool *tool, int argc, char **argv);
tool_command call_command, info_command, demo_command, replay_command, bench_command, watch_command,
    top_command, doctor_command, completion_command, dump_command, load_command;

struct subcommand {
    const char *name;
    const char *summary;
    tool_command *run; /* NULL: named in the contract, not served yet */
};

/* The rows of the flags that every subcommand takes (args.h). */
#define TOOL_FLAGS(tool)                                                                           \
    {"--server", "-s", FLAG_TEXT, &(tool)->address, "ADDR", "host:port or a Unix socket's path"},  \
    {                                                                                              \
        "--json", NULL, FLAG_SWITCH, &(tool)->json, NULL, "the answer as JSON"                     \
    }

/* Connect to tool->address; on failure says so on stderr and returns NULL. */
struct tuan_client *tool_connect(const struct tool *tool);
struct tuan_client *tool_connect_for(const struct tool *tool,
                                     const struct tuan_client_options *options);
/* Say what failed on stderr, and which exit code that is. */
int tool_fail(const struct tuan_client_error *error);
/* What a refused answer says. */
struct tuan_client_error tool_refused(const struct tuan_answer *answer);
/* Say it, and which exit code that is; TOOL_OK, and nothing said, if it is no refusal. */
int tool_refusal(const struct tuan_answer *answer);

#endif
