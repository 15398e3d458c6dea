/* SPDX-License-Identifier: BSD-2-Clause */
/* auth.h - who may do what: the tokens of auth.file.
 *
 * A line is `role sha256hex name`; # starts a comment. The file holds digests, so reading it gives
 * nobody a token. Without a file everybody who can connect is an operator.
 */
#ifndef TUAN_DAEMON_AUTH_H
#define TUAN_DAEMON_AUTH_H

#include "base/digest.h"
#include "daemon/options.h"
#include "proto/vocab.h"

struct auth;

enum { AUTH_NAME_MAX = 64 };

/* `path` empty: no tokens. NULL: the fault says "file:line: message". */
struct auth *auth_open(const char *path, struct options_fault *fault);
void auth_close(struct auth *auth);

bool auth_is_needed(const struct auth *auth);
/* The role of a token, TUAN_ROLE_ANY if it is none. With a name, only a token of that name counts;
 * "default" is any name, as in Redis. Takes the same time whichever token it is. *name stays the
 * auth's. */
enum tuan_role auth_check(const struct auth *auth, struct tuan_str name, struct tuan_str token,
                          const char **found_name);
/* Is there still a token of this digest, name and role? */
bool auth_holds(const struct auth *auth, const struct digest *digest, const char *name,
                enum tuan_role role);

#endif
