/* SPDX-License-Identifier: BSD-2-Clause */
/* answers.h - inside the machine: what a reply leads to. Used by machine.c only. */
#ifndef TUAN_DAEMON_MIRROR_ANSWERS_H
#define TUAN_DAEMON_MIRROR_ANSWERS_H

#include "daemon/mirror/machine.h"

void machine_answer(struct machine *machine, const struct expected *expected,
                    const struct reply *reply);
void machine_error(struct machine *machine, const struct expected *expected,
                   struct mirror_bytes error);

#endif
