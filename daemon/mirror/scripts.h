/* SPDX-License-Identifier: BSD-2-Clause */
/* scripts.h - the Lua scripts of scripts.def, and the names the server gave them. */
#ifndef TUAN_DAEMON_MIRROR_SCRIPTS_H
#define TUAN_DAEMON_MIRROR_SCRIPTS_H

#include "daemon/mirror/wire.h"

enum script {
#define SCRIPT(name, text) SCRIPT_##name,
#include "daemon/mirror/scripts.def"
#undef SCRIPT
    SCRIPT_COUNT
};

enum { SCRIPT_SHA_SIZE = 41 };

/* Filled from the replies to SCRIPT LOAD. The name is a function of the text, so it never changes.
 */
struct scripts {
    char sha[SCRIPT_COUNT][SCRIPT_SHA_SIZE];
};

const char *script_text(enum script script);
/* Append the request SCRIPT LOAD. */
void script_load(struct buf *out, enum script script);
/* Note the server's answer. False: it is not a name. */
bool script_note(struct scripts *scripts, enum script script, const struct reply *reply);

#endif
