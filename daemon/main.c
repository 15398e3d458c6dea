/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c - tuand: read the options, build the server, run it, take it down. */
#include <stdio.h>

#include "daemon/auth.h"
#include "daemon/log_setup.h"
#include "daemon/server.h"

extern char **environ;

static int check_config(const struct options *options, struct options_fault *fault)
{
    struct auth *auth = auth_open(options->auth_file, fault);

    if (auth == NULL) {
        fprintf(stderr, "tuand: %s\n", fault->text);
        return SERVER_EXIT_CONFIG;
    }
    auth_close(auth);
    printf("the configuration is fine\n");
    return SERVER_EXIT_OK;
}

static int serve(const struct options *options, const struct server_line *line)
{
    int exit_code;

    log_setup(options);
    struct server *server = server_create(options, line, &exit_code);
    if (server == NULL) return exit_code;
    exit_code = server_run(server);
    server_destroy(server);
    return exit_code;
}

int main(int argc, char **argv)
{
    struct options options;
    struct options_line line;
    struct options_fault fault = {""};

    if (!options_load(&options, argc, argv, environ, &line, &fault)) {
        fprintf(stderr, "tuand: %s\n", fault.text);
        return SERVER_EXIT_CONFIG;
    }
    switch (line.action) {
    case OPTIONS_HELP: options_help(stdout); return SERVER_EXIT_OK;
    case OPTIONS_VERSION: printf("tuand %s\n", TUAN_VERSION); return SERVER_EXIT_OK;
    case OPTIONS_DUMP: options_dump(&options, stdout); return SERVER_EXIT_OK;
    case OPTIONS_CHECK: return check_config(&options, &fault);
    case OPTIONS_RUN: break;
    }
    return serve(&options, &(struct server_line){argc, argv, environ, line.accept_dataset});
}
