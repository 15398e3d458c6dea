/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/pages.h"

#include <string.h>

const struct embedded_file *pages_find(const struct embedded_folder *folder, const char *path)
{
    for (size_t i = 0; i < folder->count; i++)
        if (strcmp(folder->files[i].path, path) == 0) return &folder->files[i];
    return NULL;
}
