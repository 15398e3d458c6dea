/* SPDX-License-Identifier: BSD-2-Clause */
/* taking.h - inside the machine: answers on the way from TAKING through RELOADING to OWNING. Used
 * by answers.c only.
 */
#ifndef TUAN_DAEMON_MIRROR_TAKING_H
#define TUAN_DAEMON_MIRROR_TAKING_H

#include "daemon/mirror/machine.h"

void answer_take_head(struct machine *machine, const struct reply *reply);
void answer_take(struct machine *machine, const struct expected *expected,
                 const struct reply *reply);
void answer_load(struct machine *machine, const struct expected *expected,
                 const struct reply *reply);
void answer_load_head(struct machine *machine, const struct reply *reply);

#endif
