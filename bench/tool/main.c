/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c - `tuan`: the table of subcommands, and what they share. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/tool/args.h"
#include "bench/tool/tool.h"

static const struct subcommand subcommands[] = {
    {"demo", "a private daemon with a busy shop, live in this terminal", demo_command},
    {"call", "call a method of the daemon and print the answer", call_command},
    {"info", "counters and state of the daemon", info_command},
    {"watch", "rooms and campaigns, live", watch_command},
    {"top", "what the daemon does, second by second", top_command},
    {"doctor", "is everything as the daemon needs it?", doctor_command},
    {"dump", "all campaigns with all that is kept of them, as JSON lines", dump_command},
    {"load", "bring back what was dumped, into whatever daemon", load_command},
    {"replay", "drive a daemon with recorded shopper events, then check its answers",
     replay_command},
    {"bench", "measure: a daemon under load, the engine alone, matching", bench_command},
    {"completion", "what the shell needs to complete command lines", completion_command},
};
#define SUBCOMMANDS (sizeof subcommands / sizeof subcommands[0])

static void print_help(const struct usage *usage)
{
    args_help(usage);
    printf("\nSubcommands (each explains itself with --help):\n");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        if (subcommands[i].run != NULL)
            printf("  %-10s %s\n", subcommands[i].name, subcommands[i].summary);
    printf("\nExit codes: 0 ok, 1 usage, 2 cannot reach the daemon, 3 refused by the daemon, 4 "
           "wrong answers, 6 to be mended.\n"
           "Begin with: tuan demo\n");
}

static int run_subcommand(struct tool *tool, int argc, char **argv)
{
    for (size_t i = 0; i < SUBCOMMANDS; i++) {
        if (strcmp(subcommands[i].name, argv[0]) != 0) continue;
        if (subcommands[i].run != NULL) return subcommands[i].run(tool, argc, argv);
        fprintf(stderr, "tuan: %s is not served yet\n", argv[0]);
        return TOOL_USAGE;
    }
    fprintf(stderr, "tuan: no such subcommand: %s (--help lists them)\n", argv[0]);
    return TOOL_USAGE;
}

int main(int argc, char **argv)
{
    struct tool tool = {.address = "127.0.0.1:8826",
                        .is_terminal = isatty(STDOUT_FILENO) == 1,
                        .subcommands = subcommands,
                        .subcommand_count = SUBCOMMANDS};
    bool wants_version = false;
    const struct flag flags[] = {
        {"--server", "-s", FLAG_TEXT, &tool.address, "ADDR",
         "host:port or a Unix socket's path (127.0.0.1:8826)"},
        {"--json", NULL, FLAG_SWITCH, &tool.json, NULL, "answers as JSON"},
        {"--version", NULL, FLAG_SWITCH, &wants_version, NULL, "which tuan this is"},
    };
    const struct usage usage = {
        "tuan [-s ADDR] [--json] SUBCOMMAND ...",
        "The command line of tuand, the group-buy (拼團) matching daemon.\n", flags,
        sizeof flags / sizeof flags[0]};

    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
                      strcmp(argv[1], "help") == 0)) {
        print_help(&usage);
        return TOOL_OK;
    }
    switch (args_parse(&usage, &argc, argv, true)) {
    case ARGS_BAD: return TOOL_USAGE;
    case ARGS_HELP: return TOOL_OK;
    case ARGS_OK: break;
    }
    if (wants_version) {
        printf("tuan %s\n", TUAN_VERSION);
        return TOOL_OK;
    }
    if (argc < 2) {
        fprintf(stderr, "tuan: which subcommand? (tuan --help lists them)\n");
        return TOOL_USAGE;
    }
    int code = run_subcommand(&tool, argc - 1, argv + 1);
    if (fflush(stdout) != 0 && code == TOOL_OK) code = TOOL_USAGE;
    return code;
}
