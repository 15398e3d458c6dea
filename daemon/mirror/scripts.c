/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/scripts.h"

#include <string.h>

const char *script_text(enum script script)
{
    switch (script) {
#define SCRIPT(name, text)                                                                         \
    case SCRIPT_##name:                                                                            \
        return text;
#include "daemon/mirror/scripts.def"
#undef SCRIPT
    case SCRIPT_COUNT: break;
    }
    return "";
}

void script_load(struct buf *out, enum script script)
{
    wire_begin(out, 3);
    wire_arg_str(out, "SCRIPT");
    wire_arg_str(out, "LOAD");
    wire_arg_str(out, script_text(script));
}

bool script_note(struct scripts *scripts, enum script script, const struct reply *reply)
{
    if (!reply_is_text(reply) || reply->text.len != SCRIPT_SHA_SIZE - 1) return false;
    memcpy(scripts->sha[script], reply->text.ptr, reply->text.len);
    scripts->sha[script][reply->text.len] = '\0';
    return true;
}
