/* SPDX-License-Identifier: BSD-2-Clause */
/* Ids of refunds: those of one millisecond ascend, as they are listed, and none can be guessed from
 * another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/rng.h"
#include "engine/engine.h"

enum { NOW = 1000, UNMATCHED = 200, PARTITION = 5 };

static void random_bytes(void *context, void *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)out)[i] = (unsigned char)rng_u64(context);
}

static struct tuan_id pay_for_nothing(struct engine *engine, int number, int64_t now_ms)
{
    struct tuan_command command = {.id = TUAN_CMD_SEAT_PAY, .arg = tuan_args_default};
    struct engine_answer answer;
    char order[16];

    snprintf(order, sizeof order, "o%d", number);
    command.arg.campaign = TUAN_STR("c");
    command.arg.order = (struct tuan_str){order, (uint32_t)__builtin_strlen(order)};
    command.arg.amount = 9900;
    command.given = UINT64_C(1) << TUAN_ARG_amount;
    engine_apply(engine, &command, now_ms, &answer);
    assert_int_equal(answer.reply.err, TUAN_OK);
    assert_int_equal(engine_fact_count(engine), 1);
    const struct tuan_fact *fact = engine_fact(engine, 0);
    assert_int_equal(fact->type, TUAN_FACT_REFUND_DUE);
    struct tuan_id id = fact->refund_due.refund;
    engine_drain(engine);
    return id;
}

static void refunds_of_one_millisecond_ascend_far_apart(void **state)
{
    struct rng rng;
    const struct engine_config config = {
        .hash_seed = 1, .random = random_bytes, .random_context = &rng, .partition = PARTITION};
    struct tuan_command put = {.id = TUAN_CMD_CAMPAIGN_PUT, .arg = tuan_args_default};
    struct engine_answer answer;
    struct tuan_id last = {0, 0};
    int far = 0, back = 0;

    (void)state;
    rng_seed(&rng, 1);
    struct engine *engine = engine_create(&config);
    engine_set_position(engine, 1);
    put.arg.campaign = TUAN_STR("c");
    put.rules.size = 2;
    put.rules.given = UINT64_C(1) << TUAN_PARAM_size;
    engine_apply(engine, &put, NOW, &answer);
    assert_int_equal(answer.reply.err, TUAN_OK);
    engine_drain(engine);

    for (int i = 0; i < UNMATCHED; i++) {
        struct tuan_id id = pay_for_nothing(engine, i, NOW);
        assert_int_equal(tuan_rid_partition(id), PARTITION);
        assert_int_equal(id.hi >> 36, 0);
        if (i > 0) assert_true(id.hi > last.hi || (id.hi == last.hi && id.lo > last.lo));
        far += i > 0 && (id.hi > last.hi || id.lo - last.lo > UINT64_C(1) << 40);
        last = id;
    }
    assert_true(far > UNMATCHED / 2);
    /* In another millisecond there is no telling. */
    for (int i = UNMATCHED; i < 2 * UNMATCHED; i++) {
        struct tuan_id id = pay_for_nothing(engine, i, NOW + i);
        back += id.hi < last.hi;
        last = id;
    }
    assert_true(back > UNMATCHED / 4);
    engine_audit(engine);
    engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refunds_of_one_millisecond_ascend_far_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
