/* SPDX-License-Identifier: BSD-2-Clause */
/* digest.h - SHA-256 (FIPS 180-4), and comparing secrets. The only door to libcrypto. */
#ifndef TUAN_BASE_DIGEST_H
#define TUAN_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum { DIGEST_BYTES = 32, DIGEST_HEX = 64 };

struct digest {
    unsigned char bytes[DIGEST_BYTES];
};

void digest_make(const void *data, size_t len, struct digest *out);
/* From 64 hexadecimal digits, and back to them (in lower case, no zero at the end). */
bool digest_parse(const char *hex, size_t len, struct digest *out);
void digest_print(const struct digest *digest, char hex[DIGEST_HEX]);
/* Takes the same time wherever they differ. */
bool digest_equal(const struct digest *a, const struct digest *b);
/* Overwrite a secret that is not needed any more. */
void digest_wipe(void *data, size_t len);

#endif
