/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_move.c - CAMPAIGN.DUMP and CAMPAIGN.LOAD: a campaign from one daemon to another, whatever
 * their mirrors and however many partitions they have. The sum tells that no piece was lost or
 * damaged on the way; that a tuand made them, nobody can tell, so they are judged (dumped.h). */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/admin.h"
#include "daemon/partition.h"

enum { FORMAT = 1 };
#define MOVE_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct admin_move {
    char campaign[MIRROR_CAMPAIGN_MAX];
    uint32_t campaign_len;
    struct buf data;
};

/* ---- hexadecimal ---- */

static void print_hex(struct buf *out, const struct buf *data)
{
    static const char digits[] = "0123456789abcdef";
    char *to = buf_reserve(out, data->len * 2);

    for (size_t i = 0; i < data->len; i++) {
        unsigned char byte = (unsigned char)data->data[i];
        *to++ = digits[byte >> 4];
        *to++ = digits[byte & 15];
    }
    out->len += data->len * 2;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(struct tuan_str text, struct buf *out)
{
    if (text.len % 2 != 0) return false;
    for (uint32_t i = 0; i < text.len; i += 2) {
        int high = digit_of(text.ptr[i]), low = digit_of(text.ptr[i + 1]);
        if (high < 0 || low < 0) return false;
        buf_append_byte(out, (char)(high << 4 | low));
    }
    return true;
}

/* ---- telling ---- */

/* What an operator does is told to the log, as by session_judge. */
static void audit(const struct admin_call *call, enum tuan_err err)
{
    struct tuan_str campaign = call->command->arg.campaign;
    char by[80], name[160];
    struct conn_facts facts;

    conn_describe(call->conn, &facts);
    log_info("an operator acts", "command=%s campaign=%s by=%s from=%s outcome=%s",
             tuan_commands[call->command->id].name,
             log_quote(name, sizeof name, campaign.ptr, campaign.len),
             log_quote(by, sizeof by, call->session->user, strlen(call->session->user)), facts.peer,
             err == TUAN_OK ? "ok" : tuan_errors[err].name);
}

/* The reply leaves when what it rests on is committed. */
static void answer(struct admin_call *call, const struct tuan_message *message, const void *body)
{
    struct dispatch_answer *judged = &call->host->answer;

    if (judged->reply.err == TUAN_OK)
        judged->reply = (struct tuan_reply){.message = message, .body = body};
    call->err = judged->reply.err;
    admin_reply(call, &judged->reply);
    conn_out_done(call->conn, judged, call->msgid);
    call->is_answered = true;
    audit(call, call->err);
}

/* ---- CAMPAIGN.DUMP ---- */

void admin_dump(struct admin_call *call)
{
    struct session_host *host = call->host;
    struct tuan_str campaign = call->command->arg.campaign;
    struct buf data = {0}, hex = {0};
    struct partition_moved moved = {0};
    struct tuan_dump body = {0};
    struct digest digest;
    char sum[DIGEST_HEX];

    dispatch_dump(host->dispatch, campaign, &data, &moved, &host->answer);
    digest_make(data.data, data.len, &digest);
    digest_print(&digest, sum);
    print_hex(&hex, &data);
    TUAN_SET(dump, &body, campaign, campaign);
    TUAN_SET(dump, &body, format, FORMAT);
    TUAN_SET(dump, &body, rooms, moved.rooms);
    TUAN_SET(dump, &body, users, moved.users);
    TUAN_SET(dump, &body, refunds, moved.refunds);
    TUAN_SET(dump, &body, sum, ((struct tuan_str){sum, sizeof sum}));
    TUAN_SET(dump, &body, data, ((struct tuan_str){hex.data, (uint32_t)hex.len}));
    TUAN_SET(dump, &body, now, dispatch_now(host->dispatch));
    if (data.len > MOVE_BYTES_MAX && host->answer.reply.err == TUAN_OK)
        host->answer.reply = (struct tuan_reply){
            .err = TUAN_ERR_TOO_LARGE, .text = TUAN_STR("more than 64 MiB are kept of it")};
    answer(call, &tuan_dump_message, &body);
    buf_free(&data);
    buf_free(&hex);
}

/* ---- CAMPAIGN.LOAD ---- */

void admin_move_end(struct session *session)
{
    if (session->move == NULL) return;
    buf_free(&session->move->data);
    mem_free(session->move);
    session->move = NULL;
}

static bool is_of(const struct admin_move *move, struct tuan_str campaign)
{
    return tuan_str_equal((struct tuan_str){move->campaign, move->campaign_len}, campaign);
}

/* A piece of another campaign begins anew. */
static struct admin_move *move_of(struct session *session, struct tuan_str campaign)
{
    if (session->move != NULL && !is_of(session->move, campaign)) admin_move_end(session);
    if (session->move == NULL) {
        session->move = mem_zalloc(sizeof *session->move);
        memcpy(session->move->campaign, campaign.ptr, campaign.len);
        session->move->campaign_len = campaign.len;
    }
    return session->move;
}

static bool take_piece(struct admin_call *call, struct admin_move *move)
{
    if (move->data.len + call->command->arg.data.len / 2 > MOVE_BYTES_MAX) {
        admin_fail(call, TUAN_ERR_TOO_LARGE, "a campaign of more than 64 MiB");
        return false;
    }
    if (!parse_hex(call->command->arg.data, &move->data)) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "data: not hexadecimal");
        return false;
    }
    return true;
}

static bool check_sum(struct admin_call *call, const struct admin_move *move)
{
    struct tuan_str sum = call->command->arg.sum;
    struct digest told, made;

    digest_make(move->data.data, move->data.len, &made);
    if (!TUAN_GIVEN(call->command, sum) || !digest_parse(sum.ptr, sum.len, &told)) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "sum: 64 hexadecimal digits are needed");
        return false;
    }
    if (!digest_equal(&told, &made)) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT,
                   "sum: of other data: a piece is missing or damaged");
        return false;
    }
    return true;
}

static void restore(struct admin_call *call, const struct admin_move *move)
{
    struct session_host *host = call->host;
    struct partition_moved moved = {0};
    struct tuan_loading body = {0};

    dispatch_restore(host->dispatch, call->command->arg.campaign, &move->data, &moved,
                     &host->answer);
    TUAN_SET(loading, &body, campaign, call->command->arg.campaign);
    TUAN_SET(loading, &body, bytes, (int64_t)move->data.len);
    TUAN_SET(loading, &body, rooms, moved.rooms);
    TUAN_SET(loading, &body, users, moved.users);
    TUAN_SET(loading, &body, refunds, moved.refunds);
    TUAN_SET(loading, &body, now, dispatch_now(host->dispatch));
    answer(call, &tuan_loading_message, &body);
}

void admin_load(struct admin_call *call)
{
    struct tuan_str campaign = call->command->arg.campaign;
    struct admin_move *move = move_of(call->session, campaign);
    struct tuan_loading body = {0};

    if (call->host->is_draining) {
        admin_fail(call, TUAN_ERR_SHUTTING_DOWN, "shutting down");
    } else if (!take_piece(call, move)) {
    } else if (call->command->arg.more != 0) {
        TUAN_SET(loading, &body, campaign, campaign);
        TUAN_SET(loading, &body, bytes, (int64_t)move->data.len);
        TUAN_SET(loading, &body, now, dispatch_now(call->host->dispatch));
        admin_body(call, &tuan_loading_message, &body);
        return;
    } else if (check_sum(call, move)) {
        restore(call, move);
    }
    admin_move_end(call->session);
}
