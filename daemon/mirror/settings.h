/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.h - what the configuration means for the mirror: checked, completed, and the secret
 * read. */
#ifndef TUAN_DAEMON_MIRROR_SETTINGS_H
#define TUAN_DAEMON_MIRROR_SETTINGS_H

#include "daemon/mirror/types.h"

enum { SETTINGS_PASSWORD_SIZE = 256, SETTINGS_SERVER_SIZE = 300 };
enum { SETTINGS_NO_MIRROR = 69, SETTINGS_BAD_CONFIG = 78 }; /* exit codes */

/* Completes the configuration, and names the mirror: for people, and as what the remembered data
 * set is filed under. */
bool settings_fix(struct mirror_config *config, char server[SETTINGS_SERVER_SIZE],
                  struct mirror_error *error);
/* Empty if there is no password file. */
bool settings_read_password(const struct mirror_config *config,
                            char password[SETTINGS_PASSWORD_SIZE], struct mirror_error *error);
/* Fills `error`; a NULL text leaves the one that is there. Returns false. */
bool settings_fail(struct mirror_error *error, int exit_code, const char *text);

#endif
