/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/log_setup.h"

#include <unistd.h>

#include "base/log.h"
#include "daemon/clock.h"

/* The words of log.level and log.format stand in the order of the enums. */
void log_setup(const struct options *options)
{
    const struct log_config config = {.fd = STDERR_FILENO,
                                      .level_min = (enum log_level)options->log_level,
                                      .format = (enum log_format)options->log_format,
                                      .now_ms = clock_wall_ms};

    log_init(&config);
}
