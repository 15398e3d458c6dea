/* SPDX-License-Identifier: BSD-2-Clause */
/* A program in which every protection has something to protect. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    char line[64];

    assert(argc > 0);
    memcpy(line, argv[0], strlen(argv[0]) + 1);
    snprintf(line, sizeof line, "%d %s", argc, argv[argc - 1]);
    puts(line);
    return 0;
}
