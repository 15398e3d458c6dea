/* SPDX-License-Identifier: BSD-2-Clause */
/* entropy.h - unguessable bytes from the kernel, fetched a page at a time. */
#ifndef TUAN_DAEMON_ENTROPY_H
#define TUAN_DAEMON_ENTROPY_H

#include <stddef.h>

struct entropy {
    size_t left; /* bytes at the end of the page that were not given out yet */
    unsigned char page[4096];
};

/* Zeroed: ready. Each byte is given out once. */
void entropy_take(void *entropy, void *out, size_t size);

#endif
