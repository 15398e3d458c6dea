/* SPDX-License-Identifier: BSD-2-Clause */
/* The demo's till: late payments under way, without a daemon. */
#include "bench/tool/demo_shop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1700000000000)

static int setup(void **state)
{
    static struct shop shop;

    shop_init(&shop, 0, NOW_MS);
    *state = &shop;
    return 0;
}

static int teardown(void **state)
{
    shop_free(*state);
    return 0;
}

static void an_order_has_one_late_payment_under_way(void **state)
{
    struct shop *shop = *state;
    const struct product *tea = &shop->products.rows[0], *rice = &shop->products.rows[1];

    assert_int_equal(shop_pay_at(shop, tea, "order-1", 100, NOW_MS + 5000), NOW_MS + 5000);
    assert_int_equal(shop_pay_at(shop, tea, "order-1", 100, NOW_MS + 9000), NOW_MS + 5000);
    assert_int_equal(shop->late_count, 1);
    assert_int_equal(shop_pay_at(shop, rice, "order-1", 100, NOW_MS + 9000), NOW_MS + 9000);
    assert_int_equal(shop_pay_at(shop, tea, "order-2", 100, NOW_MS + 9000), NOW_MS + 9000);
    assert_int_equal(shop->late_count, 3);
    assert_int_equal(wheel_count(&shop->wheel), 3);
}

static void no_more_than_that_are_under_way(void **state)
{
    struct shop *shop = *state;
    const struct product *tea = &shop->products.rows[0];
    char order[24];

    for (int i = 0; i < SHOP_LATE; i++) {
        snprintf(order, sizeof order, "order-%d", i);
        assert_true(shop_pay_at(shop, tea, order, 100, NOW_MS + 5000) > 0);
    }
    assert_int_equal(shop_pay_at(shop, tea, "one-more", 100, NOW_MS + 5000), 0);
    assert_int_equal(shop_pay_at(shop, tea, "order-7", 100, NOW_MS + 9000), NOW_MS + 5000);
    assert_int_equal(wheel_count(&shop->wheel), SHOP_LATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_order_has_one_late_payment_under_way, setup, teardown),
        cmocka_unit_test_setup_teardown(no_more_than_that_are_under_way, setup, teardown),
    };

    return cmocka_run_group_tests_name("tool/shop", tests, NULL, NULL);
}
