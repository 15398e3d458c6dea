/* SPDX-License-Identifier: BSD-2-Clause */
/* model.c - making, finding and burying the engine's objects. */
#include "engine/model.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "engine/fill.h"
#include "engine/ledger.h"
#include "engine/policy.h"
#include "engine/rules.h"
#include "engine/shelf.h"

/* ---- campaigns ---- */

static bool campaign_has_id(const void *entry, const void *key)
{
    return tuan_str_equal(((const struct campaign *)entry)->id, *(const struct tuan_str *)key);
}

/* The last one first: most commands are about it. */
static struct campaign *look_up(const struct engine *e, struct tuan_str id)
{
    struct campaign *last = e->memo->campaign;

    if (last != NULL && tuan_str_equal(last->id, id)) return last;
    return map_find(&e->campaigns, hash_bytes(id.ptr, id.len, e->config.hash_seed), campaign_has_id,
                    &id);
}

struct campaign *campaign_seek(const struct engine *e, struct tuan_str id)
{
    struct campaign *campaign = look_up(e, id);

    if (campaign != NULL) e->memo->campaign = campaign;
    return campaign;
}

const struct campaign *campaign_foresee(const struct engine *e, struct tuan_str id)
{
    const struct campaign *campaign = look_up(e, id);

    if (campaign == NULL || campaign == e->memo->campaign)
        return campaign; /* it was met just now */
    mem_prefetch(campaign, sizeof *campaign);
    if (!list_is_empty(&campaign->revisions))
        mem_prefetch(campaign_rules(campaign), sizeof(struct revision));
    if (!list_is_empty(&campaign->shelves))
        mem_prefetch(container_of(list_first(&campaign->shelves), struct shelf, link),
                     sizeof(struct shelf));
    return campaign;
}

struct campaign *campaign_make(struct engine *e, struct tuan_str id)
{
    struct campaign *campaign = pool_alloc(&e->pool, sizeof *campaign);

    *campaign = (struct campaign){.id = str_copy(e, id)};
    record_init(&campaign->record, ENGINE_CAMPAIGN);
    list_init(&campaign->revisions);
    tree_init(&campaign->live, policy_by_age);
    list_init(&campaign->ended);
    list_init(&campaign->closing);
    list_init(&campaign->shelves);
    list_init(&campaign->groups);
    list_init(&campaign->strays);
    list_init(&campaign->bases);
    campaign->timer.kind = TIMER_CAMPAIGN;
    ledger_init_in_campaign(&campaign->refunds);
    map_insert(&e->campaigns, hash_bytes(id.ptr, id.len, e->config.hash_seed), campaign);
    tree_insert(&e->campaigns_by_id, &campaign->by_id);
    return campaign;
}

struct revision *revision_add(struct engine *e, struct campaign *campaign, int64_t number,
                              const struct tuan_rules *rules, struct tuan_str zone)
{
    struct revision *revision = pool_alloc(&e->pool, sizeof *revision);

    *revision = (struct revision){.number = number, .zone = str_copy(e, zone)};
    rules_copy(e, &revision->rules, rules);
    rules_complete(&revision->rules);
    list_push_head(&campaign->revisions, &revision->link);
    return revision;
}

void revision_release(struct engine *e, struct campaign *campaign, struct revision *revision)
{
    if (revision->rooms > 0 || list_first(&campaign->revisions) == &revision->link) return;
    list_remove(&revision->link);
    list_push_tail(&e->dead_revisions, &revision->link); /* facts may still point into it */
}

struct fill *campaign_fill(struct engine *e, struct campaign *campaign)
{
    if (campaign->fill == NULL) {
        campaign->fill = pool_alloc(&e->pool, sizeof *campaign->fill);
        *campaign->fill = (struct fill){.total = 0};
    }
    return campaign->fill;
}

/* ---- refunds ---- */

static bool refund_has_id(const void *entry, const void *key)
{
    return tuan_rid_equal(((const struct refund *)entry)->id, *(const struct tuan_id *)key);
}

struct refund *refund_find(const struct engine *e, struct tuan_id id)
{
    return map_find(&e->refunds, rid_hash(e, id), refund_has_id, &id);
}

struct stray_key {
    const struct campaign *campaign;
    struct tuan_str order;
};

static bool stray_has_order(const void *entry, const void *key)
{
    const struct refund *refund = entry;
    const struct stray_key *wanted = key;

    return refund->campaign == wanted->campaign &&
           tuan_str_equal(refund_order(refund), wanted->order);
}

struct refund *stray_seek(const struct engine *e, const struct campaign *campaign,
                          struct tuan_str order)
{
    struct stray_key key = {campaign, order};

    return map_find(&e->strays, name_hash(e, campaign, order), stray_has_order, &key);
}

enum tuan_seat_state stray_state(const struct refund *first)
{
    for (const struct refund *refund = first; refund != NULL; refund = refund->next_of_seat)
        if (refund->acked_at == 0) return TUAN_SEAT_REFUND_DUE;
    return TUAN_SEAT_REFUNDED;
}

size_t refund_bytes(const struct refund *refund)
{
    size_t names_len = (size_t)refund->order_len + refund->user_len + refund->payment_len;

    return POOL_BYTES_WITH(struct refund, names, names_len);
}

struct refund *refund_make(struct engine *e, struct campaign *campaign, struct tuan_id id,
                           struct payee payee)
{
    size_t names_len = (size_t)payee.order.len + payee.user.len + payee.payment.len;
    struct refund *refund = pool_alloc(&e->pool, POOL_BYTES_WITH(struct refund, names, names_len));

    assert(payee_is_sane(payee));
    *refund = (struct refund){.id = id,
                              .campaign = campaign,
                              .order_len = (uint8_t)payee.order.len,
                              .user_len = (uint8_t)payee.user.len,
                              .payment_len = (uint8_t)payee.payment.len};
    char *names = refund->names;
    name_copy(names, payee.order);
    name_copy(names += payee.order.len, payee.user);
    name_copy(names + payee.user.len, payee.payment);
    record_init(&refund->record, ENGINE_REFUND);
    list_init(&refund->of_room);
    map_insert(&e->refunds, rid_hash(e, id), refund);
    return refund;
}
