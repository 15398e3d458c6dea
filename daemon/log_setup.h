/* SPDX-License-Identifier: BSD-2-Clause */
/* log_setup.h - the log as the options want it: standard error, from log.level up. */
#ifndef TUAN_DAEMON_LOG_SETUP_H
#define TUAN_DAEMON_LOG_SETUP_H

#include "daemon/options.h"

void log_setup(const struct options *options);

#endif
