/* SPDX-License-Identifier: BSD-2-Clause */
/* digest.h - SHA-256, and comparing secrets. The only door to libcrypto. */
#ifndef TUAN_DAEMON_DIGEST_H
#define TUAN_DAEMON_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum { DIGEST_BYTES = 32 };

struct digest {
    unsigned char bytes[DIGEST_BYTES];
};

void digest_make(const void *data, size_t len, struct digest *out);
/* From 64 hexadecimal digits. */
bool digest_parse(const char *hex, size_t len, struct digest *out);
/* Takes the same time wherever they differ. */
bool digest_equal(const struct digest *a, const struct digest *b);
/* Overwrite a secret that is not needed any more. */
void digest_wipe(void *data, size_t len);

#endif
