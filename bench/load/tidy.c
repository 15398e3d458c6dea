/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/tidy.h"

#include <stdio.h>
#include <string.h>

#include "bench/tool/clock.h"
#include "bench/tool/stop.h"
#include "bench/tool/tool.h"

enum { PATIENCE_MS = 60000, PAGE = 1000 };

struct tidy {
    struct tuan_client *client;
    const struct names *names;
    int64_t end_us, told_us;
    int64_t acknowledged;
    bool is_quiet;
};

static void tell(struct tidy *tidy)
{
    if (tidy->is_quiet || clock_now_us() < tidy->told_us) return;
    tidy->told_us = clock_now_us() + 1000000;
    fprintf(stderr, "tidying up: %lld refunds acknowledged\n", (long long)tidy->acknowledged);
}

/* Queue an acknowledgement for each refund of a page; false: the connection is lost. */
static bool acknowledge_page(struct tidy *tidy, const struct tuan_value *refunds,
                             struct tuan_client_error *error)
{
    size_t count = tuan_value_count(refunds);
    char id[64];

    for (size_t i = 0; i < count; i++) {
        if (!tuan_value_copy(tuan_value_get(tuan_value_at(refunds, i), "refund"), id, sizeof id))
            return false;
        tuan_client_begin(tidy->client, "refund.ack");
        tuan_client_str(tidy->client, "refund", id);
        if (tuan_client_end(tidy->client, error) == 0) return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct tuan_answer *answer = tuan_client_receive(tidy->client, 10000, error);
        if (answer == NULL) return false;
        tuan_answer_free(answer);
        tidy->acknowledged++;
    }
    return true;
}

/* All that the campaign owes now. False: the connection is lost. */
static bool acknowledge(struct tidy *tidy, const char *campaign, struct tuan_client_error *error)
{
    for (size_t count = 1; count > 0 && !stop_asked();) {
        struct tuan_answer *answer =
            tuan_client_call(tidy->client, error, "refund.list campaign=%.*s limit=%d",
                             CAMPAIGN_ID_LEN, campaign, PAGE);
        if (answer == NULL) return false;
        const struct tuan_value *refunds = tuan_value_get(tuan_answer_result(answer), "refunds");
        count = tuan_value_count(refunds);
        bool is_done = acknowledge_page(tidy, refunds, error);
        tuan_answer_free(answer);
        if (!is_done) return false;
        tell(tidy);
    }
    return true;
}

static bool drop(struct tidy *tidy, const char *campaign, struct tuan_client_error *error)
{
    while (clock_now_us() < tidy->end_us && !stop_asked()) {
        if (!acknowledge(tidy, campaign, error)) return false;
        struct tuan_answer *answer = tuan_client_call(
            tidy->client, error, "campaign.drop campaign=%.*s", CAMPAIGN_ID_LEN, campaign);
        bool is_gone = answer != NULL || strcmp(error->code, "CAMPAIGN_NOT_FOUND") == 0;
        tuan_answer_free(answer);
        if (is_gone) return true;
        if (strcmp(error->code, "CAMPAIGN_IN_USE") != 0) return false;
        clock_sleep_ms(10); /* rooms end in turns */
    }
    snprintf(error->text, sizeof error->text, "campaign %.*s is still in use", CAMPAIGN_ID_LEN,
             campaign);
    return false;
}

static bool close_all(struct tidy *tidy, uint32_t campaigns, struct tuan_client_error *error)
{
    char id[CAMPAIGN_ID_LEN];

    for (uint32_t i = 0; i < campaigns; i++) {
        names_campaign(tidy->names, i, id);
        struct tuan_answer *answer = tuan_client_call(
            tidy->client, error, "campaign.close campaign=%.*s rooms=fail", CAMPAIGN_ID_LEN, id);
        if (answer == NULL && error->failure != TUAN_CLIENT_REFUSED) return false;
        tuan_answer_free(answer);
    }
    return true;
}

void tidy_tuan(struct tuan_client *client, const struct names *names, uint32_t campaigns,
               bool is_quiet)
{
    int64_t now_us = clock_now_us();
    struct tidy tidy = {.client = client,
                        .names = names,
                        .end_us = now_us + PATIENCE_MS * INT64_C(1000),
                        .told_us = now_us + 2000000,
                        .is_quiet = is_quiet};
    struct tuan_client_error error = {.text = ""};
    bool is_done = close_all(&tidy, campaigns, &error);
    char id[CAMPAIGN_ID_LEN];

    for (uint32_t i = 0; is_done && i < campaigns; i++) {
        names_campaign(names, i, id);
        is_done = drop(&tidy, id, &error);
    }
    if (is_done) return;
    fprintf(stderr,
            "tuan bench: not all could be tidied up (%s): campaigns %.*s...%06u are left behind\n",
            error.text, CAMPAIGN_ID_LEN, names->campaign, campaigns - 1);
}
