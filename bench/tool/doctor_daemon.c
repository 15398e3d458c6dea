/* SPDX-License-Identifier: BSD-2-Clause */
/* doctor_daemon.c - what the daemon says of itself and of its mirror. */
#include <inttypes.h>
#include <string.h>

#include "bench/tool/doctor.h"
#include "bench/tool/info.h"
#include "bench/tool/text.h"

enum { DIFFERENCE_MAX_MS = 1000, MEMORY_MAX_PCT = 80 };
#define REFUND_AGE_MAX_MS ((int64_t)24 * 3600 * 1000)

static bool has_daemon(const struct doctor *doctor, struct finding *out)
{
    if (doctor->info == NULL) finding_is(out, FINDING_SKIP, "", "no daemon to ask");
    return doctor->info != NULL;
}

void doctor_daemon(const struct doctor *doctor, struct finding *out)
{
    char span[16];

    if (doctor->info == NULL) {
        finding_is(out, FINDING_FAIL, "start tuand, or name its place: tuan -s ADDR doctor", "%s",
                   doctor->missing);
        return;
    }
    const char *version = info_text(doctor->info, "tuan_version");
    finding_ok(out, "tuand %s at %s, up %s", version, doctor->tool->address,
               text_span(span, info_number(doctor->info, "uptime_in_seconds") * 1000));
    if (strcmp(version, TUAN_VERSION) == 0) return;
    out->result = FINDING_WARN;
    snprintf(out->advice, sizeof out->advice, "this tuan is %s: install both from one build",
             TUAN_VERSION);
}

void doctor_ready(const struct doctor *doctor, struct finding *out)
{
    if (!has_daemon(doctor, out)) return;
    const char *alarm = info_text(doctor->info, "mirror_alarm");
    const char *state = info_text(doctor->info, "mirror_state");
    if (info_number(doctor->info, "ready") != 0 && *alarm == '\0')
        finding_ok(out, "ready%s%s", *state == '\0' ? "" : ", the mirror is ", state);
    else if (info_number(doctor->info, "draining") != 0)
        finding_is(out, FINDING_FAIL, "it is being stopped", "draining");
    else
        finding_is(out, FINDING_FAIL, "see tuand's log; GET /readyz?verbose on its admin port",
                   "%s%s%s", *state == '\0' ? "not ready" : state, *alarm == '\0' ? "" : ": ",
                   alarm);
}

void doctor_mirror(const struct doctor *doctor, struct finding *out)
{
    if (!has_daemon(doctor, out)) return;
    const char *mirror = info_text(doctor->info, "mirror");
    const char *version = info_text(doctor->info, "mirror_redis_version");
    if (strcmp(mirror, "none") == 0)
        finding_is(out, FINDING_WARN, "for a real shop: --mirror private, or your Redis",
                   "none: everything is forgotten when tuand ends");
    else if (*version == '\0')
        finding_is(out, FINDING_FAIL, "is it there? tuand's log says what it tries",
                   "%s: not reached", mirror);
    else
        finding_ok(out, "%s: Redis %s", mirror, version);
}

void doctor_promise(const struct doctor *doctor, struct finding *out)
{
    if (!has_daemon(doctor, out)) return;
    const char *promise = info_text(doctor->info, "mirror_promise");
    if (strcmp(info_text(doctor->info, "mirror"), "none") == 0)
        finding_is(out, FINDING_SKIP, "", "no mirror");
    else if (strcmp(promise, "nothing acknowledged is lost") == 0)
        finding_ok(out, "%s", promise);
    else
        finding_is(out, FINDING_WARN,
                   "CONFIG SET and your redis.conf: appendonly yes, appendfsync always, "
                   "aof-load-truncated no; then start tuand anew",
                   "%s", promise);
}

void doctor_refunds(const struct doctor *doctor, struct finding *out)
{
    char span[16];

    if (!has_daemon(doctor, out)) return;
    if (doctor->due == NULL) {
        finding_is(out, FINDING_SKIP, "", "this token may not list refunds");
        return;
    }
    int64_t open = json_integer_value(json_object_get(doctor->due, "open"));
    int64_t oldest = json_integer_value(json_object_get(doctor->due, "oldest_at"));
    int64_t age_ms = open == 0 ? 0 : info_number(doctor->info, "now") - oldest;
    text_span(span, age_ms);
    if (age_ms > REFUND_AGE_MAX_MS)
        finding_is(out, FINDING_WARN, "pay them back and say so: REFUND.LIST, REFUND.ACK",
                   "%" PRId64 " open, the oldest for %s", open, span);
    else
        finding_ok(out, "%" PRId64 " open%s%s", open, open == 0 ? "" : ", the oldest for ",
                   open == 0 ? "" : span);
}

void doctor_memory(const struct doctor *doctor, struct finding *out)
{
    if (!has_daemon(doctor, out)) return;
    int64_t used = info_number(doctor->info, "used_memory_rss");
    int64_t limit = info_number(doctor->info, "memory_limit");
    int64_t used_mib = used >> 20, limit_mib = limit >> 20;
    if (limit == 0)
        finding_is(out, FINDING_SKIP, "", "%" PRId64 " MiB used, no limit known", used_mib);
    else if (used > limit / 100 * MEMORY_MAX_PCT)
        finding_is(out, FINDING_WARN, "more memory, or limit.rooms and shorter keep_ms",
                   "%" PRId64 " of %" PRId64 " MiB", used_mib, limit_mib);
    else
        finding_ok(out, "%" PRId64 " of %" PRId64 " MiB", used_mib, limit_mib);
}

void doctor_difference(const struct doctor *doctor, struct finding *out)
{
    if (!has_daemon(doctor, out)) return;
    int64_t difference_ms = info_number(doctor->info, "now") - doctor->asked_ms;
    int64_t size_ms = difference_ms < 0 ? -difference_ms : difference_ms;
    if (size_ms <= DIFFERENCE_MAX_MS)
        finding_ok(out, "%" PRId64 " ms", difference_ms);
    else
        finding_is(
            out, FINDING_FAIL, "set both clocks by NTP: deadlines are counted on the daemon's",
            "the daemon is %" PRId64 " ms %s", size_ms, difference_ms > 0 ? "ahead" : "behind");
}
