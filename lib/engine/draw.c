/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/draw.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/answer.h"

static struct tuan_str hex_of(struct engine *e, const struct digest *digest)
{
    char *hex = arena_take(&e->arena, DIGEST_HEX);

    digest_print(digest, hex);
    return (struct tuan_str){hex, DIGEST_HEX};
}

struct tuan_str draw_make_seed(struct engine *e)
{
    struct digest seed;

    e->config.random(e->config.random_context, seed.bytes, sizeof seed.bytes);
    return hex_of(e, &seed);
}

static struct digest seed_of(struct tuan_str hex)
{
    struct digest seed;
    bool is_good = digest_parse(hex.ptr, hex.len, &seed);

    assert(is_good);
    return seed;
}

struct tuan_str draw_commit(struct engine *e, struct tuan_str seed)
{
    struct digest bytes = seed_of(seed), commit;

    digest_make(bytes.bytes, sizeof bytes.bytes, &commit);
    return hex_of(e, &commit);
}

static struct lot draw_lot(const struct digest *seed, const struct seat *seat)
{
    unsigned char text[DIGEST_BYTES + TUAN_ID_MAX];
    struct lot lot = {.seat = seat};
    struct tuan_str order = seat_order(seat);

    memcpy(text, seed->bytes, DIGEST_BYTES);
    memcpy(text + DIGEST_BYTES, order.ptr, order.len);
    digest_make(text, DIGEST_BYTES + order.len, &lot.digest);
    return lot;
}

static int compare_lots(const void *left, const void *right)
{
    const struct lot *a = left, *b = right;
    int order = memcmp(a->digest.bytes, b->digest.bytes, DIGEST_BYTES);

    return order != 0 ? order : (a->seat->n > b->seat->n) - (a->seat->n < b->seat->n);
}

void draw_lots(struct engine *e, const struct room *room, struct draw *draw)
{
    int64_t winners = room->revision->rules.draw_winners;

    *draw = (struct draw){.is_on = room->more != NULL && room->more->draw_seed.len > 0};
    if (!draw->is_on) return;
    struct digest seed = seed_of(room->more->draw_seed);
    draw->lots = arena_take(&e->arena, room->seat_count * sizeof *draw->lots);
    for (uint32_t i = 0; i < room->seat_count; i++)
        if (room->seats[i]->state == TUAN_SEAT_PAID)
            draw->lots[draw->count++] = draw_lot(&seed, room->seats[i]);
    qsort(draw->lots, draw->count, sizeof *draw->lots, compare_lots);
    draw->winners = winners < draw->count ? (uint32_t)winners : draw->count;
    draw->wins = memset(arena_take(&e->arena, room->seat_count), 0, room->seat_count);
    for (uint32_t i = 0; i < draw->winners; i++)
        draw->wins[draw->lots[i].seat->n - 1] = true;
}

bool draw_keeps(const struct draw *draw, const struct seat *seat)
{
    return !draw->is_on || draw->wins[seat->n - 1];
}

struct tuan_list draw_winners(struct engine *e, const struct draw *draw)
{
    struct tuan_winner *winners = arena_take(&e->arena, (draw->winners + 1) * sizeof *winners);

    for (uint32_t i = 0; i < draw->winners; i++) {
        winners[i] = (struct tuan_winner){0};
        TUAN_SET(winner, &winners[i], n, draw->lots[i].seat->n);
    }
    return (struct tuan_list){winners, draw->winners};
}
