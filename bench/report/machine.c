/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/machine.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The rest of the first line that begins so; false: there is none. */
static bool read_line(const char *path, const char *start, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    char line[512];
    bool is_found = false;

    if (file == NULL) return false;
    while (!is_found && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, start, strlen(start)) != 0) continue;
        snprintf(out, size, "%s", line + strlen(start));
        out[strcspn(out, "\n")] = '\0';
        is_found = true;
    }
    fclose(file);
    return is_found;
}

json_t *machine_json(void)
{
    json_t *json = json_object();
    struct utsname system;
    char text[256];
    double load;

    if (read_line("/proc/cpuinfo", "model name", text, sizeof text))
        json_object_set_new(json, "cpu", json_string(text + strspn(text, "\t :")));
    json_object_set_new(json, "cores", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
    json_object_set_new(json, "memory_bytes",
                        json_integer((json_int_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE)));
    if (uname(&system) == 0)
        json_object_set_new(json, "kernel", json_sprintf("%s %s", system.sysname, system.release));
    if (read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "", text, sizeof text))
        json_object_set_new(json, "governor", json_string(text));
    if (getloadavg(&load, 1) == 1) json_object_set_new(json, "load_average", json_real(load));
    return json;
}
