/* SPDX-License-Identifier: BSD-2-Clause */
/* For compilers without libFuzzer: run a target on every file of the directories given. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

static bool replay_file(const char *path)
{
    struct stat status;
    FILE *file = fopen(path, "rb");

    if (file == NULL || fstat(fileno(file), &status) != 0) {
        perror(path);
        return false;
    }
    size_t size = (size_t)status.st_size;
    uint8_t *bytes = malloc(size == 0 ? 1 : size); /* as long as the file: ASan guards its end */
    bool is_read = bytes != NULL && fread(bytes, 1, size, file) == size;
    fclose(file);
    fprintf(stderr, "%s: %zu bytes\n", path, size);
    if (is_read) LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
    return is_read;
}

/* How many files were run; -1: one could not be read. */
static int replay_directory(const char *directory)
{
    struct dirent **names;
    int count = scandir(directory, &names, NULL, alphasort);
    int replayed = 0;

    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", directory, names[i]->d_name);
        if (names[i]->d_name[0] != '.' && replayed >= 0)
            replayed = replay_file(path) ? replayed + 1 : -1;
        free(names[i]);
    }
    if (count >= 0) free(names);
    return replayed;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (replay_directory(argv[i]) > 0) continue;
        fprintf(stderr, "%s: nothing to replay\n", argv[i]);
        return 1;
    }
    return argc < 2;
}
