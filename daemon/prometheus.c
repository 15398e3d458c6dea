/* SPDX-License-Identifier: BSD-2-Clause */
/* prometheus.c - the metrics as text for Prometheus. Names of one metric with several labels stand
 * together under one HELP and TYPE, as the format wants it. */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "daemon/admin_port.h"

enum { LINE_MAX_LEN = 512 };

static void __attribute__((format(printf, 2, 3)))
print(struct tuan_out *out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(tuan_out_reserve(out, LINE_MAX_LEN), LINE_MAX_LEN, format, args);
    va_end(args);
    out->len += len < LINE_MAX_LEN ? (size_t)len : LINE_MAX_LEN - 1;
}

static void print_head(struct tuan_out *out, const char *name, size_t len, const char *type,
                       const char *help)
{
    print(out, "# HELP tuan_%.*s %s\n# TYPE tuan_%.*s %s\n", (int)len, name, help, (int)len, name,
          type);
}

/* ---- the rows ---- */

static size_t base_len(const struct metric_row *row)
{
    return strcspn(row->prometheus, "{");
}

static bool is_same_metric(const struct metric_row *a, const struct metric_row *b)
{
    return base_len(a) == base_len(b) && memcmp(a->prometheus, b->prometheus, base_len(a)) == 0;
}

static void print_row(const struct metrics *metrics, const struct metric_row *row,
                      struct tuan_out *out)
{
    int64_t value = metric_value(metrics, row);

    switch (row->kind) {
    case METRIC_COUNTER:
    case METRIC_GAUGE: print(out, "tuan_%s %lld\n", row->prometheus, (long long)value); return;
    case METRIC_GAUGE_MS:
        print(out, "tuan_%s %.3f\n", row->prometheus, (double)value / 1e3);
        return;
    case METRIC_COUNTER_US:
        print(out, "tuan_%s %.6f\n", row->prometheus, (double)value / 1e6);
        return;
    }
}

static void print_rows(const struct metrics *metrics, struct tuan_out *out)
{
    const struct metric_row *before = NULL;

    for (size_t i = 0; i < metric_row_count; i++) {
        const struct metric_row *row = &metric_rows[i];
        bool is_counter = row->kind == METRIC_COUNTER || row->kind == METRIC_COUNTER_US;
        if (row->prometheus[0] == '\0') continue;
        if (before == NULL || !is_same_metric(before, row))
            print_head(out, row->prometheus, base_len(row), is_counter ? "counter" : "gauge",
                       row->doc);
        print_row(metrics, row, out);
        before = row;
    }
}

/* ---- what has rows of its own ---- */

/* The codes of a command that were never answered are left out; "ok" is always there, but for
 * operators' acts by HTTP, which are few. */
static void print_commands(const struct metrics *metrics, struct tuan_out *out)
{
    static const char name[] = "requests_total";
    static const char *const protos[METRIC_PROTO_COUNT] = {[METRIC_PROTO_RESP] = "resp",
                                                           [METRIC_PROTO_MSGPACK] = "msgpack",
                                                           [METRIC_PROTO_HTTP] = "http"};

    print_head(out, name, sizeof name - 1, "counter",
               "commands answered, by protocol, command and code (http: also what a page of the "
               "web port was made from)");
    for (int proto = 0; proto < METRIC_PROTO_COUNT; proto++)
        for (int i = 0; protos[proto] != NULL && i < TUAN_CMD_COUNT; i++)
            for (int err = TUAN_OK; err < TUAN_ERR_COUNT; err++) {
                int64_t count = metrics->commands[proto][i][err];
                if (count > 0 || (err == TUAN_OK && proto != METRIC_PROTO_HTTP))
                    print(out, "tuan_%s{proto=\"%s\",op=\"%s\",code=\"%s\"} %lld\n", name,
                          protos[proto], tuan_commands[i].name,
                          err == TUAN_OK ? "ok" : tuan_errors[err].name, (long long)count);
            }
}

/* labels: empty, or ending with a comma. */
static void print_histogram(const char *name, const char *labels, enum histogram_unit unit,
                            const struct histogram *histogram, struct tuan_out *out)
{
    double per_base = histogram_per_base[unit];
    int labels_len = labels[0] == '\0' ? 0 : (int)strlen(labels) - 1;
    const char *open = labels_len > 0 ? "{" : "", *close = labels_len > 0 ? "}" : "";
    int64_t total = 0;

    for (int i = 0; i < HISTOGRAM_BOUND_COUNT; i++) {
        total += histogram->counts[i];
        print(out, "tuan_%s_bucket{%sle=\"%g\"} %lld\n", name, labels,
              (double)histogram_bounds[unit][i] / per_base, (long long)total);
    }
    print(out, "tuan_%s_bucket{%sle=\"+Inf\"} %lld\n", name, labels, (long long)histogram->count);
    print(out, "tuan_%s_sum%s%.*s%s %.6f\n", name, open, labels_len, labels, close,
          (double)histogram->sum / per_base);
    print(out, "tuan_%s_count%s%.*s%s %lld\n", name, open, labels_len, labels, close,
          (long long)histogram->count);
}

static void print_histograms(const struct metrics *metrics, struct tuan_out *out)
{
    const char *before = "";

    for (size_t i = 0; i < metric_histogram_row_count; i++) {
        const struct metric_histogram_row *row = &metric_histogram_rows[i];
        if (strcmp(before, row->prometheus) != 0)
            print_head(out, row->prometheus, strlen(row->prometheus), "histogram", row->doc);
        print_histogram(row->prometheus, row->labels, row->unit, metric_histogram(metrics, row),
                        out);
        before = row->prometheus;
    }
}

static void print_latencies(const struct latency *latency, struct tuan_out *out)
{
    static const char name[] = "request_duration_seconds";
    char labels[64];

    print_head(out, name, sizeof name - 1, "histogram",
               "from the turn that read a request to the one that let its answer go");
    for (int i = 0; i < TUAN_CMD_COUNT; i++) {
        if (latency->rows[i].count == 0) continue;
        snprintf(labels, sizeof labels, "op=\"%s\",", tuan_commands[i].name);
        print_histogram(name, labels, HISTOGRAM_US, &latency->rows[i], out);
    }
}

static void print_errors(const struct metrics *metrics, struct tuan_out *out)
{
    static const char name[] = "errors_total";

    print_head(out, name, sizeof name - 1, "counter", "refusals of all ports, by code");
    for (int i = 1; i < TUAN_ERR_COUNT; i++)
        print(out, "tuan_%s{code=\"%s\"} %lld\n", name, tuan_errors[i].name,
              (long long)metrics->errors[i]);
}

static long long count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    long long count = -3; /* dot, dot dot, and this one */

    if (directory == NULL) return 0;
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

/* The names that every client library of Prometheus has, for dashboards that know no more. */
static void print_process(const struct session_host *host, struct tuan_out *out)
{
    struct rusage usage = {0};
    struct rlimit limit = {0};

    getrusage(RUSAGE_SELF, &usage);
    getrlimit(RLIMIT_NOFILE, &limit);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    print(out,
          "# HELP process_cpu_seconds_total CPU time\n# TYPE process_cpu_seconds_total counter\n"
          "process_cpu_seconds_total %.6f\n",
          cpu);
    print(out,
          "# HELP process_resident_memory_bytes resident\n"
          "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %lld\n",
          (long long)host->metrics->used_memory_rss);
    print(out,
          "# HELP process_open_fds open descriptors\n# TYPE process_open_fds gauge\n"
          "process_open_fds %lld\n",
          count_descriptors());
    print(out,
          "# HELP process_max_fds most descriptors\n# TYPE process_max_fds gauge\n"
          "process_max_fds %llu\n",
          (unsigned long long)limit.rlim_cur);
    print(out,
          "# HELP process_start_time_seconds since 1970\n"
          "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %.3f\n",
          (double)host->started_wall_ms / 1e3);
}

void prometheus_print(const struct session_host *host, struct tuan_out *out)
{
    print(out,
          "# HELP tuan_build_info what runs here\n# TYPE tuan_build_info gauge\n"
          "tuan_build_info{version=\"%s\",revision=\"%s\",build=\"%s\","
          "libevent=\"%s\",jemalloc=\"%s\"} 1\n",
          TUAN_VERSION, TUAN_REVISION, TUAN_BUILD, host->libevent_version, metrics_allocator());
    print_rows(host->metrics, out);
    print_histograms(host->metrics, out);
    print_commands(host->metrics, out);
    print_latencies(&host->latency, out);
    print_errors(host->metrics, out);
    print_process(host, out);
}
