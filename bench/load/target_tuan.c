/* SPDX-License-Identifier: BSD-2-Clause */
/* target_tuan.c - a tuand: campaigns, counts and description, by libtuan on a connection apart. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bench/load/target.h"
#include "bench/load/tidy.h"
#include "bench/tool/tool.h"
#include "bench/tool/value.h"

struct tuan_target {
    struct tuan_client *client;
    json_t *info; /* INFO, as name: value */
};

static struct tuan_client *client_of(const struct target *target)
{
    return ((struct tuan_target *)target->state)->client;
}

/* ---- campaigns ---- */

static bool send_extra(struct tuan_client *client, const json_t *extra)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)extra, key,
                        value) if (!value_send(client, key, value)) return false;
    return true;
}

static bool put_one(struct tuan_client *client, const struct plan *plan, const char *id,
                    int64_t end_at_ms, struct tuan_client_error *error)
{
    tuan_client_begin(client, "campaign.put");
    tuan_client_bytes(client, "campaign", id, CAMPAIGN_ID_LEN);
    tuan_client_int(client, "size", plan->size);
    tuan_client_int(client, "price", plan->price);
    tuan_client_int(client, "room_ttl_ms", plan->room_ttl_ms);
    tuan_client_int(client, "hold_ms",
                    plan->hold_ms < plan->room_ttl_ms ? plan->hold_ms : plan->room_ttl_ms);
    tuan_client_str(client, "payment", plan->pays ? "required" : "none");
    tuan_client_str(client, "clock_start", "open");
    if (end_at_ms > 0) tuan_client_int(client, "end_at", end_at_ms);
    if (plan->campaign != NULL && !send_extra(client, plan->campaign)) {
        *error = (struct tuan_client_error){TUAN_CLIENT_MISUSE, "MISUSE",
                                            "campaign: null and fractions are never sent"};
        return false;
    }
    return tuan_client_end(client, error) != 0;
}

static bool put_campaigns(struct target *target, const struct plan *plan, struct wording *wording,
                          int64_t due_at_ms, int *exit_code)
{
    uint32_t due = (uint32_t)plan->campaigns, count = due + (due_at_ms > 0);
    struct tuan_client *client = client_of(target);
    struct tuan_client_error error;

    target->pays = plan->pays;
    for (uint32_t sent = 0, got = 0; got < count;) {
        for (; sent < count && sent - got < 64; sent++) {
            char id[CAMPAIGN_ID_LEN];
            names_campaign(&wording->names, sent, id);
            if (put_one(client, plan, id, sent == due ? due_at_ms : 0, &error)) continue;
            *exit_code = tool_fail(&error);
            return false;
        }
        struct tuan_answer *answer = tuan_client_receive(client, 10000, &error);
        if (answer == NULL) *exit_code = tool_fail(&error);
        if (answer != NULL && tuan_answer_is_refused(answer)) {
            (void)tool_refusal(answer);
            *exit_code = TOOL_USAGE; /* a parameter of the scenario is wrong */
            tuan_answer_free(answer);
            answer = NULL;
        }
        if (answer == NULL) return false;
        tuan_answer_free(answer);
        got++;
    }
    return true;
}

/* ---- counts ---- */

static int64_t number_of(const struct tuan_answer *answer, const char *name)
{
    int64_t value = -1;

    return tuan_answer_int(answer, name, &value) ? value : 0;
}

static bool check_campaign(struct target *target, struct verify *verify, uint32_t campaign)
{
    struct tuan_client *client = client_of(target);
    struct tuan_client_error error;
    struct verify_counts told;
    char id[CAMPAIGN_ID_LEN];

    names_campaign(verify->names, campaign, id);
    struct tuan_answer *answer =
        tuan_client_call(client, &error, "campaign.get campaign=%.*s", CAMPAIGN_ID_LEN, id);
    if (answer == NULL) return tool_fail(&error) == TOOL_OK;
    told = (struct verify_counts){.seats = number_of(answer, "seats_held"),
                                  .paid = target->pays ? number_of(answer, "seats_paid") : -1,
                                  .rooms = number_of(answer, "rooms_opened")};
    verify_counted(verify, campaign, "CAMPAIGN.GET", &told);
    tuan_answer_free(answer);
    answer = tuan_client_call(client, &error, "stats campaign=%.*s", CAMPAIGN_ID_LEN, id);
    if (answer == NULL) return tool_fail(&error) == TOOL_OK;
    told =
        (struct verify_counts){.seats = number_of(answer, "opened") + number_of(answer, "joined"),
                               .paid = target->pays ? number_of(answer, "paid") : -1,
                               .rooms = number_of(answer, "opened")};
    verify_counted(verify, campaign, "STATS", &told);
    tuan_answer_free(answer);
    return true;
}

static bool check_counts(struct target *target, struct verify *verify, uint32_t campaigns)
{
    for (uint32_t i = 0; i < campaigns; i++)
        if (!check_campaign(target, verify, i)) return false;
    return true;
}

static int64_t clock_ms(struct target *target)
{
    struct tuan_client_error error;
    int64_t now = -1;
    struct tuan_answer *answer = tuan_client_call(client_of(target), &error, "hello");

    if (answer == NULL || !tuan_answer_int(answer, "now", &now)) now = -1;
    tuan_answer_free(answer);
    return now;
}

static void tidy(struct target *target, const struct wording *wording, uint32_t campaigns,
                 bool is_quiet)
{
    tidy_tuan(client_of(target), &wording->names, campaigns, is_quiet);
}

/* ---- INFO ---- */

/* "name:value" lines. */
static json_t *read_info(struct tuan_client *client, struct tuan_client_error *error)
{
    struct tuan_answer *answer = tuan_client_call(client, error, "info");
    const char *text = "";
    size_t len = 0;

    if (answer == NULL) return NULL;
    json_t *info = json_object();
    tuan_value_text(tuan_answer_result(answer), &text, &len);
    for (const char *end = text + len; text < end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line = newline == NULL ? (size_t)(end - text) : (size_t)(newline - text);
        const char *colon = memchr(text, ':', line);
        char name[64];
        if (colon != NULL && text[0] != '#' && (size_t)(colon - text) < sizeof name) {
            size_t value = line - (size_t)(colon + 1 - text);
            memcpy(name, text, (size_t)(colon - text));
            name[colon - text] = '\0';
            while (value > 0 && colon[value] == '\r')
                value--;
            json_object_set_new(info, name, json_stringn(colon + 1, value));
        }
        text += line + (newline != NULL);
    }
    tuan_answer_free(answer);
    return info;
}

static const char *info_text(const json_t *info, const char *name)
{
    const char *text = json_string_value(json_object_get(info, name));

    return text == NULL ? "" : text;
}

static json_t *describe(struct target *target)
{
    static const char *const rows[][2] = {{"version", "tuan_version"},
                                          {"build", "tuan_build"},
                                          {"mirror", "mirror"},
                                          {"mirror_ack", "mirror_ack"},
                                          {"mirror_server", "mirror_server"},
                                          {"mirror_promise", "mirror_promise"},
                                          {"config_file", "config_file"}};
    const struct tuan_target *state = target->state;
    json_t *json = json_object();

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (info_text(state->info, rows[i][1])[0] != '\0')
            json_object_set(json, rows[i][0], json_object_get(state->info, rows[i][1]));
    json_object_set_new(json, "rpc", json_string(target->rpc));
    if (target->web[0] != '\0') json_object_set_new(json, "web", json_string(target->web));
    return json;
}

static void close_target(struct target *target)
{
    struct tuan_target *state = target->state;

    if (state == NULL) return;
    tuan_client_close(state->client);
    json_decref(state->info);
    mem_free(state);
    target->state = NULL;
}

bool target_open_tuan(struct target *target, const char *rpc)
{
    struct tuan_client_error error;
    struct tuan_target *state = mem_zalloc(sizeof *state);

    *target = (struct target){.name = "tuan",
                              .label = "tuan  ",
                              .state = state,
                              .may_watch = true,
                              .put_campaigns = put_campaigns,
                              .check_counts = check_counts,
                              .clock_ms = clock_ms,
                              .describe = describe,
                              .tidy = tidy,
                              .close = close_target};
    state->client = tuan_client_connect(rpc, NULL, &error);
    if (state->client != NULL) state->info = read_info(state->client, &error);
    if (state->info == NULL) {
        (void)tool_fail(&error);
        fprintf(stderr, "Is tuand running there? -s ADDR names another place; --private starts "
                        "one.\n");
        close_target(target);
        return false;
    }
    snprintf(target->rpc, sizeof target->rpc, "%s", rpc);
    snprintf(target->web, sizeof target->web, "%s", info_text(state->info, "web_address"));
    target->is_durable = strcmp(info_text(state->info, "mirror_ack"), "durable") == 0;
    return true;
}
