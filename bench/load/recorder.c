/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/recorder.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

const char *const domain_words[DOMAINS] = {"last_seat_to_all_told", "deadline_to_ended",
                                           "seat_to_durable"};

static void add(struct histogram **histogram, int64_t value)
{
    if (*histogram == NULL) *histogram = mem_zalloc(sizeof **histogram);
    histogram_add(*histogram, value);
}

void recorder_init(struct recorder *recorder, size_t stage_count, bool has_warmup)
{
    *recorder = (struct recorder){0};
    recorder->all_service = mem_zalloc(sizeof(struct histogram));
    recorder->all_response = mem_zalloc(sizeof(struct histogram));
    recorder->lag = mem_zalloc(sizeof(struct histogram));
    recorder->now_response = mem_zalloc(sizeof(struct histogram));
    recorder->now_lag = mem_zalloc(sizeof(struct histogram));
    recorder->stages = mem_zalloc(stage_count * sizeof *recorder->stages);
    recorder->stage_count = stage_count;
    recorder->has_warmup = has_warmup;
}

void recorder_free(struct recorder *recorder)
{
    for (int op = 0; op < OP_COUNT; op++)
        for (int class = 0; class < CLASS_COUNT; class ++) {
            mem_free(recorder->service[op][class]);
            mem_free(recorder->response[op][class]);
        }
    for (int domain = 0; domain < DOMAINS; domain++)
        mem_free(recorder->domain[domain]);
    mem_free(recorder->all_service);
    mem_free(recorder->all_response);
    mem_free(recorder->lag);
    mem_free(recorder->now_response);
    mem_free(recorder->now_lag);
    mem_free(recorder->seconds);
    mem_free(recorder->stages);
    *recorder = (struct recorder){0};
}

static bool is_warmup(const struct recorder *recorder, size_t stage)
{
    assert(stage < recorder->stage_count);
    return recorder->has_warmup && stage == 0;
}

void recorder_due(struct recorder *recorder, size_t stage, int64_t due_ns, int64_t taken_ns)
{
    recorder->now.due++;
    histogram_add(recorder->now_lag, taken_ns - due_ns);
    recorder->stages[stage].due++;
    if (is_warmup(recorder, stage)) return;
    recorder->due++;
    histogram_add(recorder->lag, taken_ns - due_ns);
}

void recorder_ended(struct recorder *recorder, size_t stage, enum op op, const struct reply *reply,
                    int64_t due_ns, int64_t sent_ns, int64_t now_ns)
{
    enum reply_class class = reply->class;
    int64_t response_ns = now_ns - due_ns, service_ns = now_ns - (sent_ns > 0 ? sent_ns : due_ns);

    recorder->now.sent += sent_ns > 0;
    recorder->now.by_class[class]++;
    recorder->stages[stage].by_class[class]++;
    if (class == CLASS_OK) { /* a refusal is quick: among them it would hide who waited */
        histogram_add(recorder->now_response, response_ns);
        histogram_add(&recorder->stages[stage].response, response_ns);
    }
    if (is_warmup(recorder, stage)) return;
    add(&recorder->service[op][class], service_ns);
    add(&recorder->response[op][class], response_ns);
    histogram_add(recorder->all_service, service_ns);
    histogram_add(recorder->all_response, response_ns);
    if (reply->fate == FATE_TIMED_OUT)
        recorder->timed_out++;
    else if (reply->fate == FATE_CUT)
        recorder->cut++;
    else if (class != CLASS_OK)
        recorder->refusals[reply->err]++;
}

void recorder_domain(struct recorder *recorder, enum domain domain, int64_t span_ns)
{
    add(&recorder->domain[domain], span_ns);
}

/* The array doubles at powers of two. */
static const struct interval *append_second(struct recorder *recorder)
{
    size_t count = recorder->second_count++;

    if ((count & (count - 1)) == 0)
        recorder->seconds = mem_realloc(recorder->seconds,
                                        (count == 0 ? 1 : count * 2) * sizeof *recorder->seconds);
    recorder->seconds[count] = recorder->now;
    return &recorder->seconds[count];
}

const struct interval *recorder_close_second(struct recorder *recorder, int64_t now_ms,
                                             double target, int64_t in_flight, int64_t queued,
                                             bool is_warmup)
{
    recorder->now.span_ms = now_ms - recorder->now.start_ms;
    recorder->now.p50_ns = histogram_percentile(recorder->now_response, 50);
    recorder->now.p99_ns = histogram_percentile(recorder->now_response, 99);
    recorder->now.max_ns = recorder->now_response->max;
    recorder->now.lag_p99_ns = histogram_percentile(recorder->now_lag, 99);
    recorder->now.lag_max_ns = recorder->now_lag->max;
    recorder->now.target = target;
    recorder->now.in_flight = in_flight;
    recorder->now.queued = queued;
    recorder->now.is_warmup = is_warmup;
    const struct interval *second = append_second(recorder);
    recorder->now = (struct interval){.start_ms = now_ms};
    histogram_reset(recorder->now_response);
    histogram_reset(recorder->now_lag);
    return second;
}

int64_t recorder_count(const struct recorder *recorder, enum op op, enum reply_class class)
{
    return recorder->response[op][class] == NULL ? 0
                                                 : (int64_t)recorder->response[op][class]->count;
}

int64_t recorder_total(const struct recorder *recorder, enum reply_class class)
{
    int64_t total = 0;

    for (int op = 0; op < OP_COUNT; op++)
        total += recorder_count(recorder, (enum op)op, class);
    return total;
}
