/* SPDX-License-Identifier: BSD-2-Clause */
/* client_calls.c - libtuan against a peer that the test itself plays: the kernel holds what each
 * side has sent, so one thread is enough, and nobody sleeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <msgpack.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/tuan.h"
#include "proto/vocab.h" /* both headers go together */

struct peer {
    int listener, fd;
    struct tuan_client *client;
    struct tuan_client_error error;
    msgpack_sbuffer out;
    msgpack_packer packer;
};

static int setup(void **state)
{
    struct peer *peer = calloc(1, sizeof *peer);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct tuan_client_options options = {.call_timeout_ms = 20, .frame_max = 100000};
    socklen_t size = sizeof address;
    char text[64];

    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(peer->listener, 1), 0);
    getsockname(peer->listener, (struct sockaddr *)&address, &size);
    snprintf(text, sizeof text, "127.0.0.1:%d", ntohs(address.sin_port));
    peer->client = tuan_client_connect(text, &options, &peer->error);
    assert_non_null(peer->client);
    peer->fd = accept(peer->listener, NULL, NULL);
    assert_true(peer->fd >= 0);
    msgpack_sbuffer_init(&peer->out);
    msgpack_packer_init(&peer->packer, &peer->out, msgpack_sbuffer_write);
    *state = peer;
    return 0;
}

static int teardown(void **state)
{
    struct peer *peer = *state;

    tuan_client_close(peer->client);
    if (peer->fd >= 0) close(peer->fd);
    close(peer->listener);
    msgpack_sbuffer_destroy(&peer->out);
    free(peer);
    return 0;
}

static void send_bytes(struct peer *peer, const char *bytes, size_t len)
{
    assert_int_equal(write(peer->fd, bytes, len), len);
}

static void pack_text(struct peer *peer, const char *text)
{
    msgpack_pack_str_with_body(&peer->packer, text, strlen(text));
}

/* [1, msgid, error, ...: the result follows */
static void begin_answer(struct peer *peer, uint32_t msgid, const char *error)
{
    msgpack_pack_array(&peer->packer, 4);
    msgpack_pack_int(&peer->packer, 1);
    msgpack_pack_uint32(&peer->packer, msgid);
    if (error != NULL)
        pack_text(peer, error);
    else
        msgpack_pack_nil(&peer->packer);
}

static void send_all(struct peer *peer)
{
    send_bytes(peer, peer->out.data, peer->out.size);
    msgpack_sbuffer_clear(&peer->out);
}

static void answer_size(struct peer *peer, uint32_t msgid, int size)
{
    begin_answer(peer, msgid, NULL);
    msgpack_pack_map(&peer->packer, 1);
    pack_text(peer, "size");
    msgpack_pack_int(&peer->packer, size);
    send_all(peer);
}

static void answer_error(struct peer *peer, uint32_t msgid, const char *error)
{
    begin_answer(peer, msgid, error);
    msgpack_pack_nil(&peer->packer);
    send_all(peer);
}

/* What the client sent, as msgpack-c prints it. */
static void assert_sent(struct peer *peer, const char *expected)
{
    char bytes[4096], text[4096];
    msgpack_unpacked tree;
    size_t used = 0;
    ssize_t len = read(peer->fd, bytes, sizeof bytes);

    assert_true(len > 0);
    msgpack_unpacked_init(&tree);
    assert_int_equal(msgpack_unpack_next(&tree, bytes, (size_t)len, &used), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(used, len);
    msgpack_object_print_buffer(text, sizeof text, tree.data);
    assert_string_equal(text, expected);
    msgpack_unpacked_destroy(&tree);
}

static void assert_size(struct tuan_answer *answer, int64_t expected)
{
    int64_t size = -1;

    assert_non_null(answer);
    assert_true(tuan_answer_int(answer, "size", &size));
    assert_int_equal(size, expected);
    tuan_answer_free(answer);
}

static void a_call_sends_its_arguments_and_reads_its_answer(void **state)
{
    struct peer *peer = *state;

    answer_size(peer, 1, 5);
    assert_size(tuan_client_call(peer->client, &peer->error,
                                 "room.match campaign=%s user=%.*s qty=%lld open=0 x=%d", "c 1", 2,
                                 "u123", 7LL, -3),
                5);
    assert_sent(peer, "[0, 1, \"room.match\", [{\"campaign\"=>\"c 1\", \"user\"=>\"u1\", "
                      "\"qty\"=>7, \"open\"=>0, \"x\"=>-3}]]");
}

static void text_of_strangers_stays_one_value(void **state)
{
    struct peer *peer = *state;

    answer_size(peer, 1, 5);
    assert_size(
        tuan_client_call(peer->client, &peer->error, "seat.get order=%s", "o1 user=%s evil=1"), 5);
    assert_sent(peer, "[0, 1, \"seat.get\", [{\"order\"=>\"o1 user=%s evil=1\"}]]");
}

static void a_call_may_carry_lists_and_maps(void **state)
{
    struct peer *peer = *state;

    tuan_client_begin(peer->client, "campaign.put");
    tuan_client_list(peer->client, "tiers", 2);
    for (int i = 0; i < 2; i++) {
        tuan_client_map(peer->client, NULL, 1);
        tuan_client_int(peer->client, "size", i);
    }
    tuan_client_list(peer->client, "none", 0);
    tuan_client_str(peer->client, "name", "拼團");
    assert_int_equal(tuan_client_end(peer->client, &peer->error), 1);
    assert_true(tuan_client_flush(peer->client, 0, &peer->error));
    assert_sent(peer, "[0, 1, \"campaign.put\", [{\"tiers\"=>[{\"size\"=>0}, {\"size\"=>1}], "
                      "\"none\"=>[], \"name\"=>\"拼團\"}]]");
}

static void a_refusal_has_code_text_and_details(void **state)
{
    struct peer *peer = *state;
    char room[32], small[3];

    answer_error(peer, 1, "ROOM_FULL no seat is free retry_after_ms=900 room=ABC");
    tuan_client_begin(peer->client, "room.join");
    assert_int_equal(tuan_client_end(peer->client, NULL), 1);
    struct tuan_answer *answer = tuan_client_receive(peer->client, 1000, &peer->error);
    assert_non_null(answer);
    assert_true(tuan_answer_is_refused(answer));
    assert_string_equal(tuan_answer_code(answer), "ROOM_FULL");
    assert_string_equal(tuan_answer_text(answer), "no seat is free retry_after_ms=900 room=ABC");
    assert_true(tuan_answer_detail(answer, "room", room, sizeof room));
    assert_string_equal(room, "ABC");
    assert_false(tuan_answer_detail(answer, "room", small, sizeof small));
    assert_false(tuan_answer_detail(answer, "after_ms", room, sizeof room));
    tuan_answer_free(answer);

    answer_error(peer, 2, "OUT_OF_QUOTA the campaign's quota is used up");
    assert_null(tuan_client_call(peer->client, &peer->error, "room.join"));
    assert_int_equal(peer->error.failure, TUAN_CLIENT_REFUSED);
    assert_string_equal(peer->error.code, "OUT_OF_QUOTA");
}

static void an_error_may_be_a_map(void **state)
{
    struct peer *peer = *state;

    msgpack_pack_array(&peer->packer, 4);
    msgpack_pack_int(&peer->packer, 1);
    msgpack_pack_int(&peer->packer, 1);
    msgpack_pack_map(&peer->packer, 2);
    pack_text(peer, "code");
    pack_text(peer, "BUSY");
    pack_text(peer, "message");
    pack_text(peer, "later");
    msgpack_pack_nil(&peer->packer);
    send_all(peer);
    assert_null(tuan_client_call(peer->client, &peer->error, "ping"));
    assert_string_equal(peer->error.code, "BUSY");
    assert_string_equal(peer->error.text, "later");
}

static void answers_are_read_in_whatever_pieces_they_come(void **state)
{
    struct peer *peer = *state;

    begin_answer(peer, 1, NULL);
    msgpack_pack_map(&peer->packer, 1);
    pack_text(peer, "size");
    msgpack_pack_int(&peer->packer, 70000);
    for (size_t i = 0; i < peer->out.size; i++) {
        assert_null(tuan_client_receive(peer->client, 0, &peer->error));
        assert_int_equal(peer->error.failure, TUAN_CLIENT_TIMEOUT);
        send_bytes(peer, peer->out.data + i, 1);
    }
    assert_size(tuan_client_receive(peer->client, 1000, &peer->error), 70000);
}

static void answers_may_come_in_any_order_and_are_kept(void **state)
{
    struct peer *peer = *state;

    tuan_client_begin(peer->client, "room.get");
    assert_int_equal(tuan_client_end(peer->client, NULL), 1);
    tuan_client_begin(peer->client, "room.get");
    assert_int_equal(tuan_client_end(peer->client, NULL), 2);
    answer_size(peer, 2, 22);
    answer_size(peer, 1, 11);
    answer_size(peer, 3, 33);
    assert_size(tuan_client_call(peer->client, &peer->error, "ping"), 33);
    assert_size(tuan_client_receive(peer->client, 0, &peer->error), 22);
    assert_size(tuan_client_receive(peer->client, 0, &peer->error), 11);
    assert_null(tuan_client_receive(peer->client, 0, &peer->error));
}

static void a_late_answer_of_a_call_that_timed_out_is_dropped(void **state)
{
    struct peer *peer = *state;

    assert_null(tuan_client_call(peer->client, &peer->error, "ping"));
    assert_int_equal(peer->error.failure, TUAN_CLIENT_TIMEOUT);
    answer_size(peer, 1, 1);
    answer_size(peer, 2, 2);
    assert_size(tuan_client_call(peer->client, &peer->error, "ping"), 2);
    assert_null(tuan_client_receive(peer->client, 0, &peer->error));
    assert_int_equal(peer->error.failure, TUAN_CLIENT_TIMEOUT);
}

static void a_peer_that_hangs_up_is_told_after_its_last_answer(void **state)
{
    struct peer *peer = *state;

    answer_size(peer, 1, 9);
    close(peer->fd);
    peer->fd = -1;
    assert_size(tuan_client_call(peer->client, &peer->error, "ping"), 9);
    assert_null(tuan_client_call(peer->client, &peer->error, "ping"));
    assert_int_equal(peer->error.failure, TUAN_CLIENT_CLOSED);
    assert_int_equal(tuan_client_fd(peer->client), -1);
    peer->error = (struct tuan_client_error){0};
    assert_null(tuan_client_call(peer->client, &peer->error, "ping"));
    assert_int_equal(peer->error.failure, TUAN_CLIENT_CLOSED);
}

static void half_an_answer_and_the_end_is_a_lost_connection(void **state)
{
    struct peer *peer = *state;

    send_bytes(peer, "\x94\x01", 2);
    close(peer->fd);
    peer->fd = -1;
    assert_null(tuan_client_call(peer->client, &peer->error, "ping"));
    assert_int_equal(peer->error.failure, TUAN_CLIENT_CLOSED);
}

static void assert_protocol_fault(struct peer *peer)
{
    assert_null(tuan_client_call(peer->client, &peer->error, "ping"));
    assert_int_equal(peer->error.failure, TUAN_CLIENT_PROTOCOL);
    assert_int_equal(tuan_client_fd(peer->client), -1);
}

static void a_peer_of_another_protocol_is_found_out(void **state)
{
    send_bytes(*state, "-ERR unknown command\r\n", 22); /* RESP: 0x2d is the integer 45 */
    assert_protocol_fault(*state);
}

static void an_answer_beyond_frame_max_is_refused_before_it_is_read(void **state)
{
    send_bytes(*state, "\x94\x01\x01\xc0\xdb\x00\x01\x86\xa0", 9);
    assert_protocol_fault(*state);
}

static void nesting_without_end_is_refused(void **state)
{
    char deep[1000];

    memset(deep, 0x91, sizeof deep - 1);
    deep[sizeof deep - 1] = 1;
    send_bytes(*state, deep, sizeof deep);
    assert_protocol_fault(*state);
}

static void a_notification_has_no_msgid(void **state)
{
    struct peer *peer = *state;

    msgpack_pack_array(&peer->packer, 3);
    msgpack_pack_int(&peer->packer, 2);
    pack_text(peer, "room");
    msgpack_pack_array(&peer->packer, 1);
    msgpack_pack_map(&peer->packer, 0);
    send_all(peer);
    struct tuan_answer *answer = tuan_client_receive(peer->client, 1000, &peer->error);
    assert_non_null(answer);
    assert_int_equal(tuan_answer_msgid(answer), 0);
    assert_string_equal(tuan_answer_method(answer), "room");
    assert_int_equal(tuan_value_kind(tuan_answer_result(answer)), TUAN_VALUE_MAP);
    tuan_answer_free(answer);
}

static void assert_misuse(struct peer *peer)
{
    assert_int_equal(tuan_client_end(peer->client, &peer->error), 0);
    assert_int_equal(peer->error.failure, TUAN_CLIENT_MISUSE);
    assert_true(tuan_client_fd(peer->client) >= 0);
}

static void calls_built_wrongly_are_told_and_not_sent(void **state)
{
    struct peer *peer = *state;

    assert_misuse(peer);
    tuan_client_begin(peer->client, "room.get");
    tuan_client_list(peer->client, "tiers", 1);
    assert_misuse(peer);
    tuan_client_begin(peer->client, "room.get");
    tuan_client_str(peer->client, NULL, "nameless");
    assert_misuse(peer);
    tuan_client_begin(peer->client, "");
    assert_misuse(peer);
    assert_null(tuan_client_call(peer->client, &peer->error, "room.get room"));
    assert_int_equal(peer->error.failure, TUAN_CLIENT_MISUSE);
    answer_size(peer, 1, 4);
    assert_size(tuan_client_call(peer->client, &peer->error, "ping"), 4);
    assert_sent(peer, "[0, 1, \"ping\", [{}]]");
}

static void values_that_are_not_there_are_not_found(void **state)
{
    struct peer *peer = *state;
    char text[16];
    int64_t number = 77;

    answer_size(peer, 1, 4);
    struct tuan_answer *answer = tuan_client_call(peer->client, &peer->error, "ping");
    assert_non_null(answer);
    assert_false(tuan_answer_int(answer, "nothing", &number));
    assert_false(tuan_answer_copy(answer, "size", text, sizeof text));
    assert_int_equal(number, 77);
    assert_null(tuan_value_get(tuan_value_get(tuan_answer_result(answer), "size"), "deeper"));
    assert_int_equal(tuan_value_count(NULL), 0);
    assert_null(tuan_value_at(NULL, 0));
    tuan_answer_free(answer);
}

static void addresses_that_cannot_be_are_told(void **state)
{
    static const char *const wrong[] = {"",       ":1",         "[::1",
                                        "[::1]x", "127.0.0.1:", "127.0.0.1:99999999999999999999"};
    struct tuan_client_error error;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_null(tuan_client_connect(wrong[i], NULL, &error));
        assert_int_equal(error.failure, TUAN_CLIENT_ADDRESS);
    }
    assert_null(tuan_client_connect("unix:/nonexistent/socket", NULL, &error));
    assert_int_equal(error.failure, TUAN_CLIENT_CONNECT);
    assert_null(tuan_client_connect("127.0.0.1:1", NULL, NULL));
}

#define WITH_PEER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PEER(a_call_sends_its_arguments_and_reads_its_answer),
        WITH_PEER(text_of_strangers_stays_one_value),
        WITH_PEER(a_call_may_carry_lists_and_maps),
        WITH_PEER(a_refusal_has_code_text_and_details),
        WITH_PEER(an_error_may_be_a_map),
        WITH_PEER(answers_are_read_in_whatever_pieces_they_come),
        WITH_PEER(answers_may_come_in_any_order_and_are_kept),
        WITH_PEER(a_late_answer_of_a_call_that_timed_out_is_dropped),
        WITH_PEER(a_peer_that_hangs_up_is_told_after_its_last_answer),
        WITH_PEER(half_an_answer_and_the_end_is_a_lost_connection),
        WITH_PEER(a_peer_of_another_protocol_is_found_out),
        WITH_PEER(an_answer_beyond_frame_max_is_refused_before_it_is_read),
        WITH_PEER(nesting_without_end_is_refused),
        WITH_PEER(a_notification_has_no_msgid),
        WITH_PEER(calls_built_wrongly_are_told_and_not_sent),
        WITH_PEER(values_that_are_not_there_are_not_found),
        cmocka_unit_test(addresses_that_cannot_be_are_told),
    };

    return cmocka_run_group_tests_name("client/calls", tests, NULL, NULL);
}
