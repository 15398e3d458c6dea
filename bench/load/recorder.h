/* SPDX-License-Identifier: BSD-2-Clause */
/* recorder.h - what a run measured. Times in ns.
 *
 * Two latencies of every request, always: service time, from when it was handed to the system until
 * its answer was read; response time, from when it was due. Where the server stalls, requests that
 * should have been sent meanwhile have a long response time though their service may be short:
 * that is what shoppers feel. A request without an answer counts with the time it was waited for.
 */
#ifndef TUAN_LOAD_RECORDER_H
#define TUAN_LOAD_RECORDER_H

#include "bench/tool/histogram.h"
#include "bench/wire/op.h"
#include "bench/wire/reply.h"

/* One second of the run: what came to pass in it. */
struct interval {
    int64_t start_ms; /* since the load began, warm-up included */
    int64_t span_ms;
    double target; /* requests a second; 0: closed loop */
    int64_t due, sent, by_class[CLASS_COUNT];
    int64_t p50_ns, p99_ns, max_ns; /* response times of what was accepted */
    int64_t lag_p99_ns, lag_max_ns;
    int64_t in_flight, queued; /* at its end */
    bool is_warmup;
};

/* One stage of the schedule: what was due in it, however late it was taken up or answered. So the
 * rates of a ramp are told apart, and a slow answer is not lost between them or after the last. */
struct stage_figures {
    int64_t due, by_class[CLASS_COUNT];
    struct histogram response; /* of what was accepted */
};

enum domain {              /* what shoppers feel, beside the wire */
              DOMAIN_TOLD, /* the last seat's request -> every watcher told that the room has formed
                            */
              DOMAIN_ENDED,   /* a room's deadline -> a watcher told that it has ended */
              DOMAIN_DURABLE, /* a seat's request -> its answer, where answers wait for the mirror
                               */
              DOMAINS
};
extern const char *const domain_words[DOMAINS];

struct recorder {
    struct histogram *service[OP_COUNT][CLASS_COUNT], *response[OP_COUNT][CLASS_COUNT];
    struct histogram *all_service, *all_response; /* of all classes */
    struct histogram *lag;                        /* of the generator: taken late */
    struct histogram *domain[DOMAINS];
    int64_t refusals[TUAN_ERR_COUNT + 1];
    int64_t due, timed_out, cut;
    struct stage_figures *stages;
    size_t stage_count;
    bool has_warmup; /* it is the first stage, dropped from the results */
    struct interval *seconds;
    size_t second_count;
    /* the second under way: */
    struct histogram *now_response, *now_lag;
    struct interval now;
};

void recorder_init(struct recorder *recorder, size_t stage_count, bool has_warmup);
void recorder_free(struct recorder *recorder);

/* A request of the stage was due at due_ns and taken up at taken_ns. */
void recorder_due(struct recorder *recorder, size_t stage, int64_t due_ns, int64_t taken_ns);
/* It ended. sent_ns 0: it never left. */
void recorder_ended(struct recorder *recorder, size_t stage, enum op op, const struct reply *reply,
                    int64_t due_ns, int64_t sent_ns, int64_t now_ns);
void recorder_domain(struct recorder *recorder, enum domain domain, int64_t span_ns);

/* Close the second under way and begin the next. */
const struct interval *recorder_close_second(struct recorder *recorder, int64_t now_ms,
                                             double target, int64_t in_flight, int64_t queued,
                                             bool is_warmup);

int64_t recorder_count(const struct recorder *recorder, enum op op, enum reply_class class);
int64_t recorder_total(const struct recorder *recorder, enum reply_class class);

#endif
