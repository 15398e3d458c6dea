/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/entropy.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

static void refill(struct entropy *entropy)
{
    size_t got = 0;

    while (got < sizeof entropy->page) {
        ssize_t more = getrandom(entropy->page + got, sizeof entropy->page - got, 0);
        if (more > 0) got += (size_t)more;
    }
    entropy->left = sizeof entropy->page;
}

void entropy_take(void *context, void *out, size_t size)
{
    struct entropy *entropy = context;

    assert(size <= sizeof entropy->page);
    if (entropy->left < size) refill(entropy);
    unsigned char *at = entropy->page + sizeof entropy->page - entropy->left;
    memcpy(out, at, size);
    memset(at, 0, size);
    entropy->left -= size;
}
