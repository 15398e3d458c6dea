/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/summary.h"

#include <string.h>

#include "bench/report/spread.h"
#include "bench/wire/reply.h"

static int64_t number(const json_t *json, const char *name)
{
    return json_integer_value(json_object_get(json, name));
}

static const char *text(const json_t *json, const char *name)
{
    const char *value = json_string_value(json_object_get(json, name));

    return value == NULL ? "" : value;
}

static void print_spread(FILE *out, const json_t *spread)
{
    static const char *const keys[] = {"p50", "p99", "p99_9", "max"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        fprintf(out, " %8.2f", spread_value(spread, keys[i]) / 1e6);
}

static void print_row(FILE *out, const char *name, const char *class, const json_t *json)
{
    const json_t *response = json_object_get(json, "response");

    fprintf(out, "%-8s %-7s %9lld ", name, class, (long long)number(response, "count"));
    print_spread(out, response);
    fprintf(out, "  ");
    print_spread(out, json_object_get(json, "service"));
    fprintf(out, "\n");
}

/* All answers of a class together: what objectives are held against. */
static void print_class(FILE *out, const char *class, const json_t *run)
{
    json_t *both = json_pack("{s:o, s:o}", "response", spread_of_class(run, class, "response"),
                             "service", spread_of_class(run, class, "service"));

    if (number(json_object_get(both, "response"), "count") > 0) print_row(out, "all", class, both);
    json_decref(both);
}

static void print_operations(FILE *out, const json_t *run)
{
    const json_t *operations = json_object_get(run, "operations");

    fprintf(out, "\n%-8s %-7s %9s  %-36s   %s\n%27s %8s %8s %8s %8s   %8s %8s %8s %8s\n", "", "",
            "", "response ms (from when it was due)", "service ms (from when it left)", "count",
            "p50", "p99", "p99.9", "max", "p50", "p99", "p99.9", "max");
    for (size_t i = 0; i < json_array_size(operations); i++) {
        const json_t *each = json_array_get(operations, i);
        print_row(out, text(each, "operation"), text(each, "class"), each);
    }
    for (int class = 0; class < CLASS_COUNT; class ++)
        print_class(out, class_words[class], run);
}

static void print_domain(FILE *out, const json_t *run)
{
    const char *name;
    json_t *spread;

    json_object_foreach(json_object_get(run, "domain"), name, spread)
    {
        fprintf(out, "%-24s %9lld ", name, (long long)number(spread, "count"));
        print_spread(out, spread);
        fprintf(out, "\n");
    }
}

static void print_counts(FILE *out, const char *title, const json_t *counts)
{
    const char *name;
    json_t *count;

    if (json_object_size(counts) == 0) return;
    fprintf(out, "%s", title);
    json_object_foreach((json_t *)(uintptr_t)counts, name, count) if (json_integer_value(count) > 0)
        fprintf(out, " %s %lld", name, (long long)json_integer_value(count));
    fprintf(out, "\n");
}

static void print_generator(FILE *out, const json_t *run)
{
    const json_t *totals = json_object_get(run, "totals"), *lag = json_object_get(run, "lag");

    fprintf(out, "generator: lag p50 %.3f p99 %.3f max %.2f ms, %.0f %% of a core",
            spread_value(lag, "p50") / 1e6, spread_value(lag, "p99") / 1e6,
            spread_value(lag, "max") / 1e6,
            json_number_value(json_object_get(totals, "generator_cpu")) * 100);
    if (number(totals, "queued_max") > 0)
        fprintf(out, ", up to %lld requests waited for a connection",
                (long long)number(totals, "queued_max"));
    fprintf(out, "\n");
    if (number(totals, "formings_untold") > 0)
        fprintf(out, "%lld formings of watched rooms were not told to every watcher in time\n",
                (long long)number(totals, "formings_untold"));
    if (number(totals, "ends_untold") > 0)
        fprintf(out,
                "%lld watched rooms are past their deadline, and nobody was told; they are not in "
                "deadline_to_ended\n",
                (long long)number(totals, "ends_untold"));
    if (json_is_true(json_object_get(totals, "generator_bound")))
        fprintf(out, "GENERATOR-BOUND: it could not keep to its own timetable; these figures are "
                     "about the generator, not the server\n");
}

static void print_verified(FILE *out, const json_t *run)
{
    const json_t *verified = json_object_get(run, "verified");
    int64_t violations = number(verified, "violations");

    if (!json_is_true(json_object_get(verified, "complete"))) fprintf(out, "NOT VERIFIED whole: ");
    fprintf(out, "verified: %lld answers, %lld seats in %lld rooms",
            (long long)number(verified, "answers"), (long long)number(verified, "seats"),
            (long long)number(verified, "rooms"));
    if (number(verified, "rooms_forgotten") > 0)
        fprintf(out, ", %lld rooms no longer kept", (long long)number(verified, "rooms_forgotten"));
    if (number(verified, "seats_uncertain") > 0)
        fprintf(out, ", %lld seats whose outcome was never told",
                (long long)number(verified, "seats_uncertain"));
    fprintf(out, ": %lld violations\n", (long long)violations);
    if (violations == 0) return;
    print_counts(out, "WRONG ANSWERS by law:", json_object_get(verified, "broken"));
    fprintf(out, "the first: %s\n", text(verified, "first"));
}

static void print_objectives(FILE *out, const json_t *run)
{
    const json_t *objectives = json_object_get(run, "objectives");

    for (size_t i = 0; i < json_array_size(objectives); i++) {
        const json_t *each = json_array_get(objectives, i);
        bool is_met = json_is_true(json_object_get(each, "met"));
        fprintf(out, "objective %s: %s\n", text(each, "objective"), is_met ? "met" : "MISSED");
    }
}

/* Of a ramp: how it fared at each rate. */
static void print_stages(FILE *out, const json_t *plan, const json_t *run)
{
    const json_t *stages = json_object_get(run, "stages");
    size_t first = number(plan, "warmup") > 0; /* the warm-up is a stage too */

    if (json_array_size(stages) <= first + 1) return;
    fprintf(out, "\n%10s %10s %10s %10s %10s   response ms p50, p99, max\n", "due/s", "ok",
            "refused", "error", "");
    for (size_t i = first; i < json_array_size(stages); i++) {
        const json_t *stage = json_array_get(stages, i);
        fprintf(out, "%10.0f %10lld %10lld %10lld %10s %8.2f %8.2f %8.2f\n",
                json_number_value(json_object_get(stage, "target")), (long long)number(stage, "ok"),
                (long long)number(stage, "refused"), (long long)number(stage, "error"), "",
                (double)number(stage, "p50_ns") / 1e6, (double)number(stage, "p99_ns") / 1e6,
                (double)number(stage, "max_ns") / 1e6);
    }
    fprintf(out, "\n");
}

/* What decides how it does: its version, and what its answers promise. */
static void print_server(FILE *out, const json_t *server)
{
    static const char *const keys[] = {"version", "mirror", "mirror_ack", "appendfsync"};
    const char *comma = "";

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (text(server, keys[i])[0] == '\0') continue;
        fprintf(out, "%s%s %s", comma, keys[i], text(server, keys[i]));
        comma = ", ";
    }
}

void summary_print(FILE *out, const json_t *plan, const json_t *run)
{
    const json_t *totals = json_object_get(run, "totals");

    fprintf(out, "\n%s on %s (", text(plan, "scenario"), text(run, "target"));
    print_server(out, json_object_get(run, "server"));
    fprintf(out, "): %.1f s, %lld due, %.0f/s answered", (double)number(totals, "span_ms") / 1000,
            (long long)number(totals, "due"), json_number_value(json_object_get(totals, "rate")));
    fprintf(out, "; ok %lld, refused %lld, error %lld", (long long)number(totals, "ok"),
            (long long)number(totals, "refused"), (long long)number(totals, "error"));
    if (number(totals, "error") > 0)
        fprintf(out, " (timed out %lld, cut %lld, never sent %lld)",
                (long long)number(totals, "timed_out"), (long long)number(totals, "cut"),
                (long long)number(totals, "never_sent"));
    fprintf(out, "\n");
    print_operations(out, run);
    print_stages(out, plan, run);
    print_domain(out, run);
    print_counts(out, "refusals and errors:", json_object_get(run, "refusals"));
    print_generator(out, run);
    print_verified(out, run);
    print_objectives(out, run);
}
