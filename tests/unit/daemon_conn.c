/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection over a socket pair, with a mirror that commits when the test says so: replies wait,
 * leave in order, or are replaced; too much in flight stops the reading. */
#include "daemon/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "daemon/clock.h"

enum { TIMEOUT_MS = 5000, STALL_MS = 10000 };

/* Each byte of the fake protocol is a request: 'p' is answered at once, a digit waits for that
 * position of partition 0 (its answer is the digit in brackets), 'r' is a read that waits for
 * position 9, 'h' holds the connection, 'q' ends it. */
struct fake {
    struct event_base *base;
    struct conns *conns;
    struct metrics metrics;
    uint64_t committed;
    int64_t boot_ms;
    int fd;           /* the peer's end */
    int ended, asked; /* asked: whether all is answered */
    bool owes;        /* something that a peer asked for is still to come */
};

static bool fake_is_committed(void *context, uint32_t partition, uint64_t position)
{
    const struct fake *fake = context;
    return partition != 0 || position <= fake->committed;
}

static void fake_turn(void *context)
{
    (void)context;
}

static size_t fake_input(void *context, struct conn *conn, const char *data, size_t len)
{
    size_t at = 0;

    (void)context;
    for (; at < len && conn_may_take(conn); at++) {
        struct dispatch_answer answer = {.is_write = data[at] != 'r', .wait_count = 1};
        answer.waits[0].position = data[at] == 'r' ? 9 : (uint64_t)(data[at] - '0');
        struct tuan_out *out = conn_out(conn);
        if (data[at] == 'p' || data[at] == 'h') {
            tuan_out_text(out, "p");
            conn_out_done(conn, NULL, 0);
        } else {
            char text[4] = {'[', data[at], ']', '\0'};
            tuan_out_bytes(out, text, 3);
            conn_out_done(conn, &answer, (uint32_t)data[at]);
        }
        if (data[at] == 'h') conn_hold(conn);
        if (data[at] == 'q') conn_finish(conn);
    }
    return at;
}

static void fake_give_up(void *context, struct conn *conn, const struct conn_lost *lost,
                         struct tuan_out *out)
{
    char text[32];

    (void)context;
    (void)conn;
    int len = snprintf(text, sizeof text, "{%s %c}", lost->is_write ? "UNKNOWN" : "DOWN",
                       (char)lost->msgid);
    tuan_out_bytes(out, text, (size_t)len);
}

static void fake_left(void *context, struct conn *conn, const struct conn_left *left)
{
    (void)context;
    (void)conn;
    (void)left;
}

static void fake_alarm(void *context, struct conn *conn)
{
    (void)context;
    (void)conn;
}

static bool fake_is_all_answered(void *context, struct conn *conn)
{
    struct fake *fake = context;

    (void)conn;
    fake->asked++;
    return !fake->owes;
}

static void fake_ended(void *context, struct conn *conn)
{
    struct fake *fake = context;

    (void)conn;
    fake->ended++;
}

static void fake_init(struct fake *fake, size_t output_max, uint32_t in_flight_max)
{
    int ends[2];

    *fake = (struct fake){.base = event_base_new()};
    const struct conns_config config = {.base = fake->base,
                                        .metrics = &fake->metrics,
                                        .session_size = 8,
                                        .input_max = 128 * 1024,
                                        .output_max = output_max,
                                        .in_flight_max = in_flight_max,
                                        .timeout_ms = TIMEOUT_MS,
                                        .stall_ms = STALL_MS,
                                        .context = fake,
                                        .is_committed = fake_is_committed,
                                        .turn = fake_turn,
                                        .input = fake_input,
                                        .give_up = fake_give_up,
                                        .left = fake_left,
                                        .alarm = fake_alarm,
                                        .is_all_answered = fake_is_all_answered,
                                        .ended = fake_ended};
    fake->conns = conns_create(&config);
    fake->boot_ms = clock_boot_ms() + 1000;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    conns_adopt(fake->conns, ends[0], true, "test");
    fake->fd = ends[1];
}

static void fake_end(struct fake *fake)
{
    conns_destroy(fake->conns);
    event_base_free(fake->base);
    close(fake->fd);
}

static void fake_pass(struct fake *fake, int64_t ms)
{
    fake->boot_ms += ms;
    conns_turn_begin(fake->conns, fake->boot_ms);
    event_base_loop(fake->base, EVLOOP_NONBLOCK);
    conns_turn(fake->conns);
    conns_turn_end(fake->conns);
}

static void fake_send(struct fake *fake, const char *text)
{
    assert_int_equal(send(fake->fd, text, strlen(text), 0), strlen(text));
    fake_pass(fake, 0);
}

static void fake_commit(struct fake *fake, uint64_t position)
{
    fake->committed = position;
    conns_committed(fake->conns, 0, position);
    fake_pass(fake, 0);
}

static void assert_got(struct fake *fake, const char *expected)
{
    char got[4096];
    ssize_t len = recv(fake->fd, got, sizeof got - 1, 0);

    got[len < 0 ? 0 : len] = '\0';
    assert_string_equal(got, expected);
}

static void a_connection_gets_its_replies_in_order(void **state)
{
    struct fake fake;

    (void)state;
    fake_init(&fake, 1 << 20, 100);
    fake_send(&fake, "pp");
    assert_got(&fake, "pp");
    fake_send(&fake, "p1p2p");
    assert_got(&fake, "p");
    fake_commit(&fake, 1);
    assert_got(&fake, "[1]p");
    assert_int_equal(conns_parked(fake.conns), 2);
    fake_commit(&fake, 2);
    assert_got(&fake, "[2]p");
    assert_int_equal(conns_parked(fake.conns), 0);
    assert_int_equal(conns_output_bytes(fake.conns), 0);
    fake_send(&fake, "1");
    assert_got(&fake, "[1]"); /* committed already */
    fake_end(&fake);
}

static void a_page_of_replies_leaves_before_the_turn_ends(void **state)
{
    struct fake fake;
    char many[4096 + 1];

    (void)state;
    fake_init(&fake, 1 << 20, 100);
    memset(many, 'p', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    for (size_t count = sizeof many - 1; count > sizeof many - 3; count--) {
        assert_int_equal(send(fake.fd, many, count, 0), count);
        conns_turn_begin(fake.conns, fake.boot_ms);
        event_base_loop(fake.base, EVLOOP_NONBLOCK);
        conns_turn(fake.conns);
        assert_int_equal(recv(fake.fd, many, count, MSG_PEEK),
                         count == sizeof many - 1 ? (ssize_t)count : -1);
        conns_turn_end(fake.conns);
        assert_int_equal(recv(fake.fd, many, sizeof many, 0), count);
        assert_int_equal(conns_output_bytes(fake.conns), 0);
    }
    fake_end(&fake);
}

/* Sending makes room, and what was left over raises no event: it is taken by hand. */
static void what_is_behind_a_page_of_replies_goes_on(void **state)
{
    struct fake fake;
    char many[10000 + 1];

    (void)state;
    fake_init(&fake, 4096, 100);
    memset(many, 'p', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    fake_send(&fake, many);
    size_t got = 0;
    for (int turn = 0; turn < 10; turn++) {
        ssize_t len = recv(fake.fd, many, sizeof many, 0);
        got += len > 0 ? (size_t)len : 0;
        fake_pass(&fake, 0);
    }
    assert_int_equal(got, sizeof many - 1);
    fake_end(&fake);
}

static void late_replies_are_replaced_in_place(void **state)
{
    struct fake fake;

    (void)state;
    fake_init(&fake, 1 << 20, 100);
    fake_send(&fake, "1rp");
    fake_pass(&fake, TIMEOUT_MS - 1);
    fake_send(&fake, "2");
    assert_got(&fake, "");
    fake_pass(&fake, 1);
    assert_got(&fake, "{UNKNOWN 1}{DOWN r}p");
    assert_int_equal(conns_parked(fake.conns), 1);
    fake_commit(&fake, 2); /* the fourth was asked later and is in time */
    assert_got(&fake, "[2]");
    assert_int_equal(fake.metrics.parked_timeouts, 2);
    fake_end(&fake);
}

static void dropped_replies_are_replaced_at_once(void **state)
{
    struct fake fake;

    (void)state;
    fake_init(&fake, 1 << 20, 100);
    fake_send(&fake, "1r2p");
    conns_dropped(fake.conns, 0);
    fake_pass(&fake, 0);
    assert_got(&fake, "{UNKNOWN 1}{DOWN r}{UNKNOWN 2}p");
    assert_int_equal(conns_output_bytes(fake.conns), 0);
    fake_end(&fake);
}

static void too_much_in_flight_is_not_read(void **state)
{
    struct fake fake;

    (void)state;
    fake_init(&fake, 1 << 20, 4);
    fake_send(&fake, "11223344p");
    fake_pass(&fake, 0);
    assert_int_equal(conns_parked(fake.conns), 4);
    assert_int_equal(fake.metrics.reads_paused, 1);
    fake_commit(&fake, 2);
    assert_got(&fake, "[1][1][2][2]");
    fake_pass(&fake, 0); /* what was buffered raises no event: it is taken by hand */
    assert_int_equal(conns_parked(fake.conns), 4);
    fake_commit(&fake, 4);
    fake_pass(&fake, 0);
    assert_got(&fake, "[3][3][4][4]p");
    fake_send(&fake, "p");
    assert_got(&fake, "p");
    fake_end(&fake);
}

static void the_last_replies_leave_before_the_end(void **state)
{
    struct fake fake;

    (void)state;
    fake_init(&fake, 1 << 20, 100);
    fake_send(&fake, "1q"); /* q waits for a position that is far away */
    fake_commit(&fake, 1);
    assert_got(&fake, "[1]");
    assert_int_equal(fake.ended, 0);
    conns_dropped(fake.conns, 0);
    fake_pass(&fake, 0);
    assert_got(&fake, "{UNKNOWN q}");
    assert_int_equal(fake.ended, 1);
    assert_int_equal(conns_count(fake.conns), 0);
    fake_end(&fake);
}

static void a_peer_that_reads_nothing_is_cut_off(void **state)
{
    struct fake fake;
    char many[30000];

    (void)state;
    fake_init(&fake, 4096, 100);
    memset(many, 'p', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    for (int i = 0; i < 200 && conns_output_bytes(fake.conns) < 4096; i++) {
        ssize_t sent = send(fake.fd, many, sizeof many - 1, 0);
        (void)sent;
        fake_pass(&fake, 0);
    }
    assert_true(conns_output_bytes(fake.conns) >= 4096);
    assert_true(conns_output_bytes(fake.conns) <= 4097);
    fake_pass(&fake, STALL_MS - 1);
    assert_int_equal(conns_count(fake.conns), 1);
    fake_pass(&fake, 2);
    assert_int_equal(conns_count(fake.conns), 0);
    assert_int_equal(fake.metrics.slow_closes, 1);
    fake_end(&fake);
}

static void a_peer_that_leaves_takes_its_replies_along(void **state)
{
    struct fake fake;

    (void)state;
    fake_init(&fake, 1 << 20, 100);
    fake_send(&fake, "12p");
    assert_int_equal(conns_parked(fake.conns), 3);
    conn_close(conns_next(fake.conns, NULL));
    assert_int_equal(conns_parked(fake.conns), 0);
    fake_commit(&fake, 2);
    assert_int_equal(conns_count(fake.conns), 0);
    fake_end(&fake);
}

static void what_is_behind_a_held_request_waits(void **state)
{
    struct fake fake;
    char many[20000];

    (void)state;
    fake_init(&fake, 1 << 20, 100);
    fake_send(&fake, "phpp");
    fake_send(&fake, "p");
    assert_got(&fake, "pp");
    conn_unhold(conns_next(fake.conns, NULL));
    fake_pass(&fake, 0);
    assert_got(&fake, "ppp");

    memset(many, 'p', sizeof many - 1);
    many[0] = 'h';
    many[sizeof many - 1] = '\0';
    fake_send(&fake, many);
    fake_send(&fake, many); /* too much to be read while it is held */
    assert_int_equal(fake.metrics.reads_paused, 1);
    conn_unhold(conns_next(fake.conns, NULL));
    fake_pass(&fake, 0);
    fake_pass(&fake, 0); /* the second one is read, and holds */
    conn_unhold(conns_next(fake.conns, NULL));
    fake_pass(&fake, 0);
    size_t got = 0;
    for (ssize_t len = 1; len > 0; got += len > 0 ? (size_t)len : 0)
        len = recv(fake.fd, many, sizeof many, 0);
    assert_int_equal(got, 2 * (sizeof many - 1));
    fake_end(&fake);
}

static void a_peer_that_sends_nothing_more_gets_what_it_is_owed(void **state)
{
    struct fake fake;

    (void)state;
    fake_init(&fake, 1 << 20, 100);
    fake_send(&fake, "hpp");
    fake.owes = true;
    shutdown(fake.fd, SHUT_WR);
    fake_pass(&fake, 0);
    fake_pass(&fake, 0);
    assert_got(&fake, "p");
    assert_int_equal(fake.asked, 1); /* the end is not met again and again meanwhile */
    fake.owes = false;
    conn_unhold(conns_next(fake.conns, NULL));
    fake_pass(&fake, 0);
    fake_pass(&fake, 0);
    assert_got(&fake, "pp"); /* what was behind it */
    assert_int_equal(fake.ended, 1);
    fake_end(&fake);
}

static void what_is_owed_without_a_hold_comes_before_the_end(void **state)
{
    struct fake fake;

    (void)state;
    fake_init(&fake, 1 << 20, 100);
    fake_send(&fake, "p");
    fake.owes = true;
    shutdown(fake.fd, SHUT_WR);
    fake_pass(&fake, 0);
    fake_pass(&fake, 0);
    assert_int_equal(fake.ended, 0);
    fake.owes = false;
    conn_read_on(conns_next(fake.conns, NULL));
    fake_pass(&fake, 0);
    assert_got(&fake, "p");
    assert_int_equal(fake.ended, 1);
    assert_int_equal(conns_count(fake.conns), 0);
    fake_end(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_gets_its_replies_in_order),
        cmocka_unit_test(a_page_of_replies_leaves_before_the_turn_ends),
        cmocka_unit_test(what_is_behind_a_page_of_replies_goes_on),
        cmocka_unit_test(late_replies_are_replaced_in_place),
        cmocka_unit_test(dropped_replies_are_replaced_at_once),
        cmocka_unit_test(too_much_in_flight_is_not_read),
        cmocka_unit_test(what_is_behind_a_held_request_waits),
        cmocka_unit_test(a_peer_that_sends_nothing_more_gets_what_it_is_owed),
        cmocka_unit_test(what_is_owed_without_a_hold_comes_before_the_end),
        cmocka_unit_test(the_last_replies_leave_before_the_end),
        cmocka_unit_test(a_peer_that_reads_nothing_is_cut_off),
        cmocka_unit_test(a_peer_that_leaves_takes_its_replies_along),
    };
    return cmocka_run_group_tests_name("daemon/conn", tests, NULL, NULL);
}
