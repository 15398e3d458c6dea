/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/prepare.h"

#include <stdio.h>

#include "base/mem.h"
#include "bench/tool/clock.h"

#define SECOND_NS INT64_C(1000000000)

static int64_t next_ns(void *context)
{
    const struct prepare *prepare = context;

    if (prepare->refused > 0) return -1;
    if (prepare->to_pay.count > 0 || prepare->asked < prepare->rooms) return 0;
    return prepare->under_way > 0 ? INT64_MAX : -1;
}

static bool take(void *context, int64_t due_ns, int64_t now_ns, struct request *request)
{
    struct prepare *prepare = context;
    struct journal *journal = prepare->traffic->journal;
    uint64_t order;

    (void)due_ns, (void)now_ns;
    *request = (struct request){.op = OP_OPEN, .room = NO_ROOM};
    prepare->under_way++;
    if (orders_pop(&prepare->to_pay, &order)) {
        request->op = OP_PAY;
        request->campaign = journal->seats[order].campaign;
        request->order = order;
        return true;
    }
    request->campaign = prepare->campaign + prepare->asked++ % prepare->campaigns;
    request->order = request->user = journal_add(journal, request->campaign);
    return true;
}

static void ended(void *context, const struct flight *flight, const struct reply *reply,
                  int64_t now_ns)
{
    struct prepare *prepare = context;
    struct noted noted = account_note(prepare->account, flight, reply);

    (void)now_ns;
    prepare->under_way--;
    if (reply->class != CLASS_OK && prepare->refused++ == 0)
        snprintf(prepare->first_refusal, sizeof prepare->first_refusal, "%.*s",
                 reply->fate == FATE_ANSWERED ? (int)reply->text.len : 9,
                 reply->fate == FATE_ANSWERED ? reply->text.ptr : "no answer");
    if (reply->class == CLASS_OK && noted.is_held && prepare->pays)
        orders_push(&prepare->to_pay, flight->request.order);
}

static void turn(void *context, int64_t now_ns)
{
    struct prepare *prepare = context;

    if (prepare->is_quiet || now_ns < prepare->told_ns) return;
    prepare->told_ns = now_ns + SECOND_NS;
    if (now_ns - prepare->started_ns < SECOND_NS) return;
    fprintf(stderr, "preparing: %u of %u rooms asked for\n", prepare->asked, prepare->rooms);
}

bool prepare_run(struct prepare *prepare)
{
    static const uint32_t pipeline[GROUPS] = {64, 1};
    const struct drive_source source = {
        .context = prepare, .next_ns = next_ns, .take = take, .ended = ended, .turn = turn};

    prepare->asked = prepare->refused = 0;
    prepare->under_way = 0;
    prepare->started_ns = clock_now_ns();
    enum drive_end end = drive_run(prepare->drive, &source, true, pipeline);
    mem_free(prepare->to_pay.items);
    prepare->to_pay = (struct orders){0};
    if (end == DRIVE_DONE && prepare->refused == 0) return true;
    fprintf(stderr, "tuan bench: the rooms to begin with could not be made: %s\n",
            prepare->refused > 0   ? prepare->first_refusal
            : end == DRIVE_STOPPED ? "stopped"
                                   : "the connection is lost");
    return false;
}
