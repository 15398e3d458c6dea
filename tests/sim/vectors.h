/* SPDX-License-Identifier: BSD-2-Clause */
/* vectors.h - redis.vectors: what a Redis is asked, and what it must say.
 *
 *     = title                  the data is empty from here on, all scripts are known
 *     ! trouble                oom, readonly, noreplicas, forget; well: none any more
 *     GET a "b c" @TRIM        a request; @NAME is the name that the server gave a script
 *     [ :1 "text" nil [ ] ]    its reply: +status, :integer, :~about, -the start of an error
 *                              (-*: any, -A*B: starts with A and has B in it)
 */
#ifndef TUAN_TESTS_SIM_VECTORS_H
#define TUAN_TESTS_SIM_VECTORS_H

#include "base/buf.h"
#include "daemon/mirror/scripts.h"

enum { VECTOR_WORDS_MAX = 64 };

struct vector_server {
    void *context;
    void (*begin)(void *context); /* empty, knowing all scripts */
    void (*trouble)(void *context, const char *word);
    const char *(*sha)(void *context, enum script script);
    /* Asks, and prints the reply in the form above. */
    void (*ask)(void *context, const char *const *words, const size_t *lens, size_t count,
                struct buf *reply);
};

/* Runs all of the file. Returns how many replies were others; prints them. *asked: how many there
 * were. */
int vectors_run(const char *path, const struct vector_server *server, int *asked);

#endif
