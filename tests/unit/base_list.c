/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct item {
    int value;
    struct list link;
};

static int value_of(struct list *link)
{
    return container_of(link, struct item, link)->value;
}

static void list_keeps_the_order_of_pushes(void **state)
{
    struct list head;
    struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
    int expected = 1;

    (void)state;
    list_init(&head);
    list_push_tail(&head, &items[1].link);
    list_push_tail(&head, &items[2].link);
    list_push_head(&head, &items[0].link);
    list_for_each (link, &head) {
        assert_int_equal(value_of(link), expected++);
    }
    assert_int_equal(expected, 4);
}

static void list_remove_leaves_an_unlinked_link(void **state)
{
    struct list head;
    struct item item = {.value = 1};

    (void)state;
    list_init(&head);
    list_push_head(&head, &item.link);
    assert_true(list_is_linked(&item.link));
    assert_false(list_is_empty(&head));
    list_remove(&item.link);
    assert_false(list_is_linked(&item.link));
    assert_true(list_is_empty(&head));
    list_remove(&item.link); /* harmless */
}

static void list_for_each_lets_the_body_remove_its_link(void **state)
{
    struct list head;
    struct item items[5];

    (void)state;
    list_init(&head);
    for (int i = 0; i < 5; i++) {
        items[i].value = i;
        list_push_tail(&head, &items[i].link);
    }
    list_for_each (link, &head) {
        if (value_of(link) % 2 == 0) list_remove(link);
    }
    assert_int_equal(value_of(list_first(&head)), 1);
    assert_int_equal(value_of(list_pop_head(&head)), 1);
    assert_int_equal(value_of(list_pop_head(&head)), 3);
    assert_null(list_first(&head));
    assert_null(list_pop_head(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_keeps_the_order_of_pushes),
        cmocka_unit_test(list_remove_leaves_an_unlinked_link),
        cmocka_unit_test(list_for_each_lets_the_body_remove_its_link),
    };
    return cmocka_run_group_tests_name("base/list", tests, NULL, NULL);
}
