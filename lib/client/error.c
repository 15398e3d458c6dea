/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>

#include "client/internal.h"

static const char *const failure_codes[] = {
    [TUAN_CLIENT_FINE] = "",
    [TUAN_CLIENT_REFUSED] = "REFUSED",
    [TUAN_CLIENT_ADDRESS] = "ADDRESS",
    [TUAN_CLIENT_CONNECT] = "CONNECT",
    [TUAN_CLIENT_TIMEOUT] = "TIMEOUT",
    [TUAN_CLIENT_CLOSED] = "CLOSED",
    [TUAN_CLIENT_PROTOCOL] = "PROTOCOL",
    [TUAN_CLIENT_MISUSE] = "MISUSE",
    [TUAN_CLIENT_MEMORY] = "MEMORY",
};

void error_set(struct tuan_client_error *error, enum tuan_client_failure failure,
               const char *format, ...)
{
    va_list args;

    if (error == NULL) return;
    error->failure = failure;
    snprintf(error->code, sizeof error->code, "%s", failure_codes[failure]);
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
}
