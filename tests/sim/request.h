/* SPDX-License-Identifier: BSD-2-Clause */
/* request.h - what clients ask and what they are told. */
#ifndef TUAN_TESTS_SIM_REQUEST_H
#define TUAN_TESTS_SIM_REQUEST_H

#include "daemon/dispatch.h"
#include "proto/schema.h"

enum { REQUEST_WORDS_MAX = 28, REQUEST_WORD_MAX = 24, ORDER_NAME_MAX = 2 * REQUEST_WORD_MAX };

struct request {
    uint32_t client, generation; /* of its connection */
    uint64_t serial;
    int64_t sent_us, arrives_us;
    uint32_t word_count;
    char words[REQUEST_WORDS_MAX][REQUEST_WORD_MAX];
    struct tuan_id room;   /* that it names; may be none */
    struct tuan_id refund; /* that it names; may be none */
    uint32_t dump;         /* that it loads: see sim_keep_dump */
};

struct outcome {
    struct request request;
    enum tuan_err err;
    bool is_write;
    bool has_room;
    struct tuan_id room;
    int64_t version;
    char order[ORDER_NAME_MAX]; /* `campaign order` of the seat that it shows; may be empty */
    struct tuan_id refund;      /* a page's first; may be none */
    uint32_t dump;              /* that it tells; 0: none */
    uint32_t wait_count;
    struct dispatch_wait waits[4];
    uint32_t fences[4]; /* under which those positions are: entries of the histories */
    int64_t arrives_us;
};

static inline struct tuan_str request_word(const struct request *request, uint32_t n)
{
    const char *word = request->words[n];

    return (struct tuan_str){word, (uint32_t)__builtin_strlen(word)};
}
static inline bool request_is(const struct request *request, const char *command)
{
    return __builtin_strcmp(request->words[0], command) == 0;
}

#endif
