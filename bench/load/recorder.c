/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/recorder.h"

#include <string.h>

#include "base/mem.h"

const char *const domain_words[DOMAINS] = {"last_seat_to_all_told", "deadline_to_ended",
                                           "seat_to_durable"};

static void add(struct histogram **histogram, int64_t value)
{
    if (*histogram == NULL) *histogram = mem_zalloc(sizeof **histogram);
    histogram_add(*histogram, value);
}

void recorder_init(struct recorder *recorder)
{
    *recorder = (struct recorder){0};
    recorder->all_service = mem_zalloc(sizeof(struct histogram));
    recorder->all_response = mem_zalloc(sizeof(struct histogram));
    recorder->lag = mem_zalloc(sizeof(struct histogram));
    recorder->now_response = mem_zalloc(sizeof(struct histogram));
    recorder->now_lag = mem_zalloc(sizeof(struct histogram));
    recorder->stage_response = mem_zalloc(sizeof(struct histogram));
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
    mem_free(recorder->stage_response);
    mem_free(recorder->seconds);
    mem_free(recorder->stages);
    *recorder = (struct recorder){0};
}

void recorder_due(struct recorder *recorder, int64_t due_ns, int64_t taken_ns, bool is_warmup)
{
    recorder->now.due++;
    recorder->stage.due++;
    histogram_add(recorder->now_lag, taken_ns - due_ns);
    if (is_warmup) return;
    recorder->due++;
    histogram_add(recorder->lag, taken_ns - due_ns);
}

void recorder_ended(struct recorder *recorder, enum op op, const struct reply *reply,
                    int64_t due_ns, int64_t sent_ns, int64_t now_ns, bool is_warmup)
{
    enum reply_class class = reply->class;
    int64_t response_ns = now_ns - due_ns, service_ns = now_ns - (sent_ns > 0 ? sent_ns : due_ns);

    recorder->now.sent += sent_ns > 0;
    recorder->now.by_class[class]++;
    recorder->stage.sent += sent_ns > 0;
    recorder->stage.by_class[class]++;
    if (class == CLASS_OK) { /* a refusal is quick: among them it would hide who waited */
        histogram_add(recorder->now_response, response_ns);
        histogram_add(recorder->stage_response, response_ns);
    }
    if (is_warmup) return;
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

static void finish(struct interval *interval, const struct histogram *response, int64_t now_ms)
{
    interval->span_ms = now_ms - interval->start_ms;
    interval->p50_ns = histogram_percentile(response, 50);
    interval->p99_ns = histogram_percentile(response, 99);
    interval->max_ns = response->max;
}

/* Append to an array that doubles at powers of two. */
static void append(struct interval **array, size_t *count, const struct interval *interval)
{
    if ((*count & (*count - 1)) == 0)
        *array = mem_realloc(*array, (*count == 0 ? 1 : *count * 2) * sizeof **array);
    (*array)[(*count)++] = *interval;
}

const struct interval *recorder_close_second(struct recorder *recorder, int64_t now_ms,
                                             double target, int64_t in_flight, int64_t queued,
                                             bool is_warmup)
{
    finish(&recorder->now, recorder->now_response, now_ms);
    recorder->now.lag_p99_ns = histogram_percentile(recorder->now_lag, 99);
    recorder->now.lag_max_ns = recorder->now_lag->max;
    recorder->now.target = target;
    recorder->now.in_flight = in_flight;
    recorder->now.queued = queued;
    recorder->now.is_warmup = is_warmup;
    append(&recorder->seconds, &recorder->second_count, &recorder->now);
    recorder->now = (struct interval){.start_ms = now_ms};
    histogram_reset(recorder->now_response);
    histogram_reset(recorder->now_lag);
    return &recorder->seconds[recorder->second_count - 1];
}

void recorder_close_stage(struct recorder *recorder, int64_t now_ms, double target)
{
    finish(&recorder->stage, recorder->stage_response, now_ms);
    recorder->stage.target = target;
    append(&recorder->stages, &recorder->stage_count, &recorder->stage);
    recorder->stage = (struct interval){.start_ms = now_ms};
    histogram_reset(recorder->stage_response);
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
