/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/settings.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/mirror/handshake.h"

#define PRIVATE_HOLDER "private" /* one daemon at a time, by the lock: its address may change */

bool settings_fail(struct mirror_error *error, int exit_code, const char *text)
{
    error->exit_code = exit_code;
    if (text != NULL) snprintf(error->text, sizeof error->text, "%s", text);
    return false;
}

static void name_server(const struct mirror_config *config, char server[SETTINGS_SERVER_SIZE])
{
    switch (config->mode) {
    case MIRROR_PRIVATE: snprintf(server, SETTINGS_SERVER_SIZE, "private"); return;
    case MIRROR_TCP:
        snprintf(server, SETTINGS_SERVER_SIZE, "redis://%s:%u/%u", config->host,
                 (unsigned)config->port, (unsigned)config->db);
        return;
    case MIRROR_UNIX:
        snprintf(server, SETTINGS_SERVER_SIZE, "unix:%s/%u", config->path, (unsigned)config->db);
        return;
    }
}

bool settings_fix(struct mirror_config *config, char server[SETTINGS_SERVER_SIZE],
                  struct mirror_error *error)
{
    if (config->mode == MIRROR_PRIVATE) {
        snprintf(config->owner, sizeof config->owner, PRIVATE_HOLDER);
        config->partitions = 1;
        config->db = 0;
        config->password_file[0] = '\0';
    }
    if (config->owner[0] == '\0') snprintf(config->owner, sizeof config->owner, "tuand");
    for (char *c = config->owner; *c != '\0'; c++)
        if (*c == ' ') *c = '_'; /* a word in the owner key */
    name_server(config, server);
    if (config->partitions == 0 || config->partitions > MIRROR_PARTITIONS_MAX)
        return settings_fail(error, SETTINGS_BAD_CONFIG,
                             "the number of partitions is out of range");
    return true;
}

/* What all can read is no secret. */
bool settings_read_password(const struct mirror_config *config,
                            char password[SETTINGS_PASSWORD_SIZE], struct mirror_error *error)
{
    const char *what = NULL;
    struct stat status;
    FILE *file;

    password[0] = '\0';
    if (config->password_file[0] == '\0') return true;
    file = fopen(config->password_file, "re");
    if (file == NULL)
        return settings_fail(error, SETTINGS_BAD_CONFIG,
                             "the password file of the mirror cannot be opened");
    if (fstat(fileno(file), &status) != 0 || (status.st_mode & S_IROTH) != 0)
        what = "the password file of the mirror can be read by all";
    else if (fgets(password, SETTINGS_PASSWORD_SIZE, file) == NULL)
        what = "the password file of the mirror is empty";
    fclose(file);
    password[strcspn(password, "\r\n")] = '\0';
    return what == NULL || settings_fail(error, SETTINGS_BAD_CONFIG, what);
}
