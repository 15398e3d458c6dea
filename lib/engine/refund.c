/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/refund.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/answer.h"
#include "engine/evolve.h"
#include "engine/ledger.h"

handler handle_REFUND_LIST, handle_REFUND_ACK;

enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000 };

/* ---- owing ---- */

static void set_claim(struct tuan_refund_due_fact *f, const struct refund_claim *claim)
{
    FACT_SET(refund_due, reason, claim->reason);
    FACT_SET(refund_due, amount, claim->amount);
    FACT_SET(refund_due, paid_at, claim->paid_at);
    if (claim->payment.len > 0) FACT_SET(refund_due, payment, claim->payment);
    if (claim->of_seat) FACT_SET(refund_due, of_seat, 1);
    if (claim->quota > 0) FACT_SET(refund_due, quota, claim->quota);
}

struct refund_claim refund_claim(const struct seat *seat, enum tuan_refund_reason reason,
                                 int64_t amount)
{
    const struct paid *paid = seat_paid(seat);

    return (struct refund_claim){.reason = reason,
                                 .amount = amount,
                                 .paid_at = paid->paid_at,
                                 .payment = paid_payment(paid)};
}

struct tuan_id refund_owe(struct engine *e, const struct seat *seat,
                          const struct refund_claim *claim)
{
    FACT_OF(e, refund_due, REFUND_DUE);
    struct tuan_id id = make_rid(e, ENGINE_REFUND);

    FACT_SET(refund_due, campaign, seat->room->campaign->id);
    FACT_SET(refund_due, refund, id);
    FACT_SET(refund_due, room, seat->room->id);
    FACT_SET(refund_due, n, seat->n);
    FACT_SET(refund_due, order, seat_order(seat));
    FACT_SET(refund_due, user, seat_user(seat));
    set_claim(f, claim);
    emit(e, fact);
    return id;
}

struct tuan_id refund_owe_stray(struct engine *e, const struct campaign *campaign,
                                struct tuan_str order, const struct refund_claim *claim)
{
    FACT_OF(e, refund_due, REFUND_DUE);
    struct tuan_id id = make_rid(e, ENGINE_REFUND);

    FACT_SET(refund_due, campaign, campaign->id);
    FACT_SET(refund_due, refund, id);
    FACT_SET(refund_due, order, order);
    set_claim(f, claim);
    emit(e, fact);
    return id;
}

/* ---- REFUND.LIST ---- */

/* A cursor names the last refund shown: "<at>:<id>". */
static bool parse_cursor(struct tuan_str cursor, struct refund *place)
{
    char text[64];
    char *end;

    if (cursor.len < TUAN_RID_CHARS + 2 || cursor.len >= sizeof text) return false;
    memcpy(text, cursor.ptr, cursor.len);
    text[cursor.len] = '\0';
    place->at = strtoll(text, &end, 10);
    return *end == ':' &&
           tuan_rid_parse((struct tuan_str){end + 1, (uint32_t)strlen(end + 1)}, &place->id);
}

static struct tuan_str make_cursor(struct engine *e, const struct refund *last)
{
    char id[TUAN_RID_CHARS];

    tuan_rid_print(last->id, id);
    return text_make(e, "%lld:%.*s", (long long)last->at, TUAN_RID_CHARS, id);
}

struct refund_page {
    const struct tree *tree;
    bool whole_engine;
};

static const struct refund *page_entry(const struct refund_page *page, const struct tree_node *node)
{
    return page->whole_engine ? ledger_entry(node) : ledger_entry_in_campaign(node);
}

static const struct tree_node *page_start(const struct refund_page *page,
                                          const struct refund *place)
{
    if (place == NULL) return tree_first(page->tree);
    return tree_after(page->tree, page->whole_engine ? &place->by_age : &place->by_age_in_campaign);
}

void handle_REFUND_LIST(struct engine *e, const struct tuan_command *command,
                        struct engine_answer *answer)
{
    const struct tuan_args *arg = &command->arg;
    struct refund_page page = {.tree = &e->refunds_by_age,
                               .whole_engine = !TUAN_GIVEN(command, campaign)};
    struct refund place = {0};
    int64_t limit = arg->limit == 0 ? PAGE_DEFAULT : arg->limit < PAGE_MAX ? arg->limit : PAGE_MAX;

    depend_on(answer, e->newest);
    if (!page.whole_engine) {
        const struct campaign *campaign = campaign_asked(e, arg->campaign, answer);
        if (campaign == NULL) return;
        page.tree = &campaign->refunds;
    }
    if (arg->cursor.len > 0 && !parse_cursor(arg->cursor, &place)) {
        refuse_because(e, answer, TUAN_ERR_BAD_ARGUMENT, "cursor: not one that REFUND.LIST gave");
        return;
    }
    struct tuan_refunds *body = BODY(e, refunds);
    struct tuan_refund *items = arena_take(&e->arena, (size_t)limit * sizeof *items);
    const struct refund *last = NULL;
    uint32_t count = 0;
    const struct tree_node *node = page_start(&page, arg->cursor.len > 0 ? &place : NULL);
    for (; node != NULL && count < limit; node = tree_next(node)) {
        last = page_entry(&page, node);
        view_refund(last, &items[count++]);
    }
    TUAN_SET(refunds, body, refunds, ((struct tuan_list){items, count}));
    TUAN_SET(refunds, body, cursor, node == NULL ? TUAN_STR("") : make_cursor(e, last));
    TUAN_SET(refunds, body, open, (int64_t)page.tree->count);
    if (page.tree->count > 0)
        TUAN_SET(refunds, body, oldest_at, page_entry(&page, tree_first(page.tree))->at);
    answer_with(answer, &tuan_refunds_message, body);
}

/* ---- REFUND.ACK ---- */

/* Is this refund what its seat became? Only one is: the others are second charges and parts. */
static bool is_of_seat(const struct refund *refund)
{
    if (refund->room == NULL || refund->n == 0 || refund->reason == TUAN_REFUND_DUPLICATE ||
        refund->reason == TUAN_REFUND_TIER_DIFFERENCE)
        return false;
    return refund->room->seats[refund->n - 1]->state == TUAN_SEAT_REFUND_DUE;
}

void handle_REFUND_ACK(struct engine *e, const struct tuan_command *command,
                       struct engine_answer *answer)
{
    struct refund *refund = refund_find(e, command->arg.refund);

    if (refund == NULL) {
        depend_on(answer, e->newest);
        refuse(answer, TUAN_ERR_REFUND_NOT_FOUND);
        return;
    }
    if (refund->acked_at == 0) {
        FACT_OF(e, refund_acked, REFUND_ACKED);
        FACT_SET(refund_acked, campaign, refund->campaign->id);
        FACT_SET(refund_acked, refund, refund->id);
        if (refund->room != NULL) {
            FACT_SET(refund_acked, room, refund->room_id);
            FACT_SET(refund_acked, n, refund->n);
        } else {
            int64_t keep_ms = campaign_rules(refund->campaign)->rules.keep_ms;
            FACT_SET(refund_acked, forget_at, e->now_ms + keep_ms);
        }
        if (command->arg.ref.len > 0) FACT_SET(refund_acked, ref, command->arg.ref);
        if (is_of_seat(refund)) FACT_SET(refund_acked, of_seat, 1);
        emit(e, fact);
    }
    struct tuan_refund *body = BODY(e, refund);
    view_refund(refund, body);
    depend_on(answer, refund->record.at);
    answer_with(answer, &tuan_refund_message, body);
}
