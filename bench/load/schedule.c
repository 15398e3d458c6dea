/* SPDX-License-Identifier: BSD-2-Clause */
/* schedule.c - one way through all stages: the distance to the next arrival is drawn in units of
 * the mean distance and walked at each stage's rate, so that a change of rate on the way is exact
 * for even spacing and for Poisson alike. */
#include "bench/load/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/tool/args.h"

static bool read_rate(const char *text, double *rate, char **end)
{
    *rate = strtod(text, end);
    if (*end == text || !isfinite(*rate)) return false;
    if (**end == '.' && (*end)[-1] == '.') --*end; /* "1..5k": the first dot is not a fraction's */
    if (**end == 'k' || **end == 'K') {
        *rate *= 1e3;
        ++*end;
    } else if (**end == 'M') {
        *rate *= 1e6;
        ++*end;
    }
    return *rate > 0 && *rate <= 1e9;
}

bool rate_parse(const char *text, double *rate)
{
    char *end;

    return read_rate(text, rate, &end) && *end == '\0';
}

static const char *parse_ramp(struct schedule *schedule, double from, double to, const char *step)
{
    double by;
    long long span_ms;
    char *end;

    if (step[0] == '\0') return "a range of rates needs --step, such as 5k/10s";
    if (!read_rate(step, &by, &end) || *end != '/' || !args_span(end + 1, &span_ms) || span_ms < 1)
        return "--step is a rate, a slash and a span: 5k/10s";
    double way = fabs(to - from) / by;
    if (way > STAGES_MAX - 2) return "more than 254 steps";
    for (size_t i = 0; (double)i < way; i++)
        schedule->stages[schedule->count++] =
            (struct stage){from + (to > from ? by : -by) * (double)i, span_ms};
    schedule->stages[schedule->count++] = (struct stage){to, span_ms};
    return NULL;
}

const char *schedule_parse(struct schedule *schedule, const char *rate, const char *step,
                           int64_t span_ms)
{
    double from, to;
    char *end;

    schedule->count = 0;
    if (!read_rate(rate, &from, &end)) return "a rate is a number above 0: 5000, 20k, 1k..50k";
    if (*end == '\0') {
        if (step[0] != '\0') return "--step needs a range of rates: 1k..50k";
        schedule->stages[schedule->count++] = (struct stage){from, span_ms};
        return NULL;
    }
    if (strncmp(end, "..", 2) != 0 || !rate_parse(end + 2, &to))
        return "a rate is a number above 0: 5000, 20k, 1k..50k";
    return parse_ramp(schedule, from, to, step);
}

int64_t schedule_span_ms(const struct schedule *schedule)
{
    int64_t span_ms = 0;

    for (size_t i = 0; i < schedule->count; i++)
        span_ms += schedule->stages[i].span_ms;
    return span_ms;
}

size_t schedule_stage_at(const struct schedule *schedule, int64_t at_ns)
{
    size_t stage = 0;

    while (stage + 1 < schedule->count && at_ns >= schedule->stages[stage].span_ms * 1000000)
        at_ns -= schedule->stages[stage++].span_ms * 1000000;
    return stage;
}

double schedule_rate_at(const struct schedule *schedule, int64_t at_ns)
{
    for (size_t i = 0; i < schedule->count; i++) {
        at_ns -= schedule->stages[i].span_ms * 1000000;
        if (at_ns < 0) return schedule->stages[i].rate;
    }
    return 0;
}

static double draw(struct pace *pace)
{
    if (!pace->is_poisson) return 1;
    double uniform = (double)(rng_u64(&pace->rng) >> 11) * 0x1p-53; /* 0 <= uniform < 1 */
    return -log1p(-uniform);
}

void pace_init(struct pace *pace, const struct schedule *schedule, bool is_poisson, uint64_t seed)
{
    *pace = (struct pace){.schedule = *schedule, .is_poisson = is_poisson};
    rng_seed(&pace->rng, seed);
    pace->left = draw(pace);
}

int64_t pace_next_ns(struct pace *pace)
{
    while (pace->stage < pace->schedule.count) {
        const struct stage *stage = &pace->schedule.stages[pace->stage];
        double end_ns = pace->stage_start_ns + (double)stage->span_ms * 1e6;
        double next_ns = pace->at_ns + pace->left * 1e9 / stage->rate;
        if (next_ns < end_ns) {
            pace->at_ns = next_ns;
            pace->left = draw(pace);
            return (int64_t)next_ns;
        }
        pace->left -= (end_ns - pace->at_ns) * stage->rate / 1e9;
        pace->at_ns = pace->stage_start_ns = end_ns;
        pace->stage++;
    }
    return -1;
}
