// SPDX-License-Identifier: BSD-2-Clause
// mutants.table.mjs - wrong changes, one a row: what rule it breaks, and the text before and after.
const dispatch = 'daemon/dispatch.c';
const command = 'daemon/dispatch_command.c';
const partition = 'daemon/partition.c';
const answers = 'daemon/mirror/answers.c';
const machine = 'daemon/mirror/machine.c';
const moves = 'daemon/mirror/moves.c';
const taking = 'daemon/mirror/taking.c';
const snapshot = 'daemon/mirror/snapshot.c';
const link = 'daemon/mirror/link.c';
const handshake = 'daemon/mirror/handshake.c';
const answer = 'lib/engine/answer.c';
const match = 'lib/engine/match.c';
const ending = 'lib/engine/end.c';
const script = 'tests/sim/script.c'; // stands for scripts.def: the vectors hold the two together
const waits = 'wait_for(dispatch, partition, judged->depends_on, answer);';

export const mutants = [
  { why: 'A1: replies do not wait for the mirror', file: command, from: waits, to: '(void)wait_for;' },
  { why: 'A1: reads do not wait', file: command, from: waits, to: `if (answer->is_write) ${waits}` },
  { why: 'A1: refusals do not wait', file: command, from: waits, to: `if (answer->reply.err == TUAN_OK) ${waits}` },
  { why: 'A1: a reply waits for one batch too few', file: command, from: waits,
    to: 'wait_for(dispatch, partition, judged->depends_on - 1, answer);' },
  { why: 'A1: a refusal does not wait for the room that it shows', file: answer,
    from: 'problem, version, room->version);\n    depend_on(answer, room->record.at);', to: 'problem, version, room->version);' },
  { why: 'A1: a seat is shown before its room is stored', file: answer, from: '    depend_on(answer, seat->room->record.at);\n', to: '' },
  { why: 'A1: that there is no campaign to dump does not wait', file: command, from: '        refuse(answer, TUAN_ERR_CAMPAIGN_NOT_FOUND);\n    wait_for(',
    to: '        refuse(answer, TUAN_ERR_CAMPAIGN_NOT_FOUND);\n    else\n        wait_for(' },
  { why: 'A2: what was sent counts as committed when the connection ends', file: machine,
    from: '        ring_step_to(&machine->ring, machine->ring.committed + 1);',
    to: '        if (machine->ring.sent > 1) machine_commit(machine, machine->ring.sent - 1);\n        ring_step_to(&machine->ring, machine->ring.committed + 1);' },
  { why: 'A2: a batch is committed when it is sent', file: machine, from: '    machine_send(machine);\n    return machine->fence.position + seq;',
    to: '    machine_send(machine);\n    machine_commit(machine, seq);\n    return machine->fence.position + seq;' },
  { why: 'T7: a deposed owner goes on reading', file: command, from: ': err_of_reading(dispatch, partition);\n\n    if (err != TUAN_OK) {',
    to: ': partition->serves ? TUAN_OK : err_of_reading(dispatch, partition);\n\n    if (err != TUAN_OK) {' },
  { why: 'T7: a write is judged without the lease', file: command, from: 'return err == TUAN_OK ? err_of_reading(dispatch, partition) : err;', to: 'return err;' },
  { why: 'P1: append does not compare the head', file: script, from: '    if (!bytes_equal(head, arg(call, 2))) {', to: '    if (head.ptr == NULL) {' },
  { why: 'P3: nonces are not fresh', file: taking, from: '    machine->world->random(machine->world->context, random);', to: '    memset(random, 7, sizeof random);' },
  { why: 'P4: a refused batch is not sent again', file: answers,
    from: '        ring_answer(&machine->ring);\n        if (machine->state == MACHINE_OWNING || machine->is_resending)\n            machine_refused(machine, wait_ms, cause);',
    to: '        ring_answer(&machine->ring);\n        (void)wait_ms;\n        (void)cause;' },
  { why: 'R2: a refused id is taken for ours', file: answers, from: '        append_is_refused(machine, reply_text_at(reply, 1), seq);', to: '        append_is_in(machine, seq);\n        (void)append_is_refused;' },
  { why: 'R3: sends again from one batch too late', file: answers, from: '    ring_step_to(&machine->ring, from);', to: '    ring_step_to(&machine->ring, from < machine->ring.next ? from + 1 : from);' },
  { why: 'R3: sends again what is in, as something new', file: answers, from: '    ring_step_to(&machine->ring, from);\n    machine_renew(machine);',
    to: '    ring_step_to(&machine->ring, from > 1 ? from - 1 : from);\n    machine_renew(machine);' },
  { why: 'R6: the ring forgets what it may need, and says nothing', file: answers, from: '    if (from >= machine->ring.first) {', to: '    if (from < machine->ring.first) {\n        machine_own(machine, "never mind");\n        return false;\n    }\n    if (from >= machine->ring.first) {' },
  { why: 'P5: an event has the next one\'s id', file: machine, from: 'mirror_event_id(position, i)', to: 'mirror_event_id(position, i + 1)' },
  { why: 'P5: the first event of a batch is forgotten', file: machine, from: '    for (size_t i = 0; i < event_count; i++) {\n        const struct mirror_event *event = &events[i];',
    to: '    for (size_t i = 0; i < event_count; i++) {\n        const struct mirror_event *event = &events[i > 0 ? i : event_count - 1];' },
  { why: 'T1: take does not look at the lease', file: script, from: '    if (is_held(call)) return false;', to: '    (void)is_held;' },
  { why: 'T3: the first batch above the covered position is passed over', file: 'daemon/mirror/load.c', from: 'entry.position <= load->snap.covered) return NULL;', to: 'entry.position <= load->snap.covered + 1) return NULL;' },
  { why: 'T5: a record takes a fact that it holds already', file: 'lib/engine/evolve.h', from: 'return !e->loading || record_is_dirty(record) || record->at < position;',
    to: '(void)position;\n    return !e->loading || record_is_dirty(record) || record->at > 0;' },
  { why: 'S3: the snapshot may be ahead of the log', file: script, from: 'at.seq < number(arg(call, SLICE_FIRST)) || ', to: '' },
  { why: 'S4: slices are no chain', file: script, from: ' || !bytes_equal(snap, arg(call, 2))) {\n        reply_array(call->reply, 3);', to: ') {\n        reply_array(call->reply, 3);' },
  { why: 'S5: covered is the newest position', file: snapshot, from: 'oldest == 0 ? context->newest->position : oldest - 1;', to: 'oldest == 0 ? context->newest->position : context->newest->position;' },
  { why: 'S5: covered is one too far', file: snapshot, from: 'context->newest->position : oldest - 1;', to: 'context->newest->position : oldest;' },
  { why: 'S6: the log is trimmed by the head, not by the stored mark', file: script, from: '    struct mirror_bytes snap = get(call, key(call, 2));\n    struct value *log',
    to: '    struct mirror_bytes snap = get(call, bytes_of("tuan:{0}:head"));\n    struct value *log' },
  { why: 'S6: the covered entry is trimmed too', file: script, from: 'stream_id_parse(word(snap, 0), &covered))\n        gone = stream_trim_below(&log->stream, covered);',
    to: 'stream_id_parse(word(snap, 0), &covered))\n        gone = (covered.seq++, stream_trim_below(&log->stream, covered));' },
  { why: 'S7: deleted records leave no tombstone', file: partition, from: 'if (!partition->serves || !engine_capture(partition->engine, older_than, &record)) return false;',
    to: 'do {\n        if (!partition->serves || !engine_capture(partition->engine, older_than, &record))\n            return false;\n    } while (record.body == NULL);' },
  { why: 'S8: a refused slice does not give its records back', file: partition, from: '    while (!stored && partition->slice_count > 0) {', to: '    while (!stored && partition->slice_count > 1) {' },
  { why: 'S8: lost slices are not noticed', file: snapshot, from: '    snapshot->must_mark = true;\n    log_warn(', to: '    log_warn(' },
  { why: 'slices are cut while a batch is filling', file: machine, from: 'machine->ring.sent == machine->ring.next && !machine->is_filling', to: 'machine->ring.sent == machine->ring.next' },
  { why: 'D4: an emptied Redis is taken for a new one', file: handshake, from: "    if (handshake->config->remembered[0] != '\\0' && !mirror->accept_dataset)", to: '    if (false)' },
  { why: 'D2: a making that was cut short is never finished', file: handshake, from: '    if (!bytes_equal(state, bytes_of("made")) && meta->count < 2 * META_FIELDS)', to: '    if (meta->count == 0)' },
  { why: 'O3: the owner does not see in a renewal that it was fenced, nor that the tail is gone', file: answers, from: '    if (machine->state != MACHINE_OWNING && machine->state != MACHINE_RELOADING) return;', to: '    if (machine->state != MACHINE_BROKEN) return;' },
  { why: 'a partly written request is taken for written', file: link, from: '        link->written += (size_t)sent;', to: '        link->written = bytes->len;' },
  { why: 'half a reply of the old connection stays', file: link, from: '    replies_reset(&link->replies);\n    if', to: '    if' },
  { why: 'a silent connection is never given up', file: link, from: 'if (link->state == LINK_UP && now_ms >= answer_by_ms(link, timeout_ms))', to: 'if (link->state == LINK_UP && timeout_ms < 0)' },
  { why: 'replies that lost their fact wait on', file: dispatch, from: '    dispatch->config.dropped(dispatch->config.context, partition);', to: '    if (false) dispatch->config.dropped(dispatch->config.context, partition);' },
  { why: 'a batch tells its time once, whatever it was later', file: partition, from: '    if (partition->batch_now_ms != now_ms) {', to: '    if (partition->batch_now_ms == 0) {' },
  { why: 'a room takes one more than its size', file: 'lib/engine/judge.c', from: '    if (room_free(wish->room) >= wish_weight(wish)) return TUAN_OK;', to: '    if (room_free(wish->room) + 1 >= wish_weight(wish)) return TUAN_OK;' },
  { why: 'a hold has no timer after a restart', file: 'lib/engine/evolve_seat.c', from: '    if (seat_hold(seat) != NULL) timer_arm(', to: '    if (seat_hold(seat) != NULL && !e->loading) timer_arm(' },
  { why: 'a payment that is told again is owed again', file: 'lib/engine/pay.c', from: '        *again = is_repeat(payment, seat);', to: '        *again = is_repeat(payment, seat) && false;' },
  { why: 'an order that is told again takes another seat', file: 'lib/engine/judge.c', from: '    if (seat != NULL) {\n        room_retire(e, seat->room);', to: '    if (seat != NULL && seat->print != print) {\n        room_retire(e, seat->room);' },
  { why: 'a failed room forgets one refund', edits: [
    { file: ending, from: '        if (seat->state != TUAN_SEAT_PAID) continue;\n        struct refund_claim claim = refund_claim(seat, TUAN_REFUND_ROOM_FAILED,',
      to: '        if (seat->state != TUAN_SEAT_PAID || seat->n == 2) continue;\n        struct refund_claim claim = refund_claim(seat, TUAN_REFUND_ROOM_FAILED,' },
    { file: ending, from: '    assert(room->paid == 0);\n', to: '' }] },
  { why: 'a room that fills stays where it stood', file: match, from: '        tree_settle(tree, &room->match_link);', to: '        (void)tree_settle;' },
  { why: 'a seat that is taken still counts as free', file: match, from: '    e->seats_open -= room_free(room);\n    mates_leave(room);\n}\n\nvoid match_go_on', to: '    mates_leave(room);\n}\n\nvoid match_go_on' },
];

// What a million steps do not meet: rules behind other rules, or races of two messages. `mutants.mjs --rare` tries them
// too, with more steps (TUAN_MUTANT_STEPS); that they live is told, and is no failure.
export const rare = [
  { why: 'R4: a lost fence is not sent again', file: answers, from: 'case HEAD_BEFORE_FENCE: go_on_from(machine, 0); return;', to: 'case HEAD_BEFORE_FENCE: go_on_from(machine, 1); return;' },
  { why: 'P1: the verdict looks at the epoch, not at the nonce', file: moves, from: '    if (strcmp(out->nonce, machine->fence.nonce) == 0) {',
    to: '    if (mirror_epoch(out->position) == mirror_epoch(machine->fence.position)) {' },
  { why: 'S2: a slice is not fenced', file: script, from: '!bytes_equal(word(head, 1), arg(call, 1)) ||\n        at.seq <', to: 'false ||\n        at.seq <' },
  { why: 'S7: a tombstone goes at once', edits: [
    { file: script, from: 'stream_id_parse(word(blob_bytes(field->value), 0), &at) && !stream_id_less(covered, at);', to: 'stream_id_parse(word(blob_bytes(field->value), 0), &at) && covered.ms + 1 > 0;' },
    { file: snapshot, from: '.at <= snapshot->covered)', to: '.at <= UINT64_MAX)' }] },
  { why: 'S5: what a load finds left over is due since a fence', file: 'lib/engine/record.c', from: 'e->tail_from : record->at;', to: 'e->tail_from : e->position;' },
  { why: 'S5: a room that came back is taken for what a load finds left of it', file: 'lib/engine/evolve.c',
    from: '    if (known != NULL) bury_before(e, &known->record, position);\n    if (rid_was_deleted(e, ENGINE_ROOM', to: '    if (known != NULL) return true;\n    if (rid_was_deleted(e, ENGINE_ROOM' },
  { why: 'S8: a room that came back is told in the place of what it was', file: 'lib/engine/fact.c',
    from: 'return campaign_is_newer(room->campaign, position, gone) ? NULL : &room->record;', to: 'return &room->record;' },
  { why: 'S8: a dropped campaign is not told again', file: 'lib/engine/load.c', from: '        mark_gone(e, ENGINE_CAMPAIGN, id, gone, position);', to: '        return;' },
  { why: 'S8: what a load finds left over is told without a position', file: 'lib/engine/load.c', from: '    e->position = position; /* of what is buried here */\n', to: '' },
  { why: 'a look-up remembers an order that has left', file: 'lib/engine/model_room.c', from: '    e->memo->order->campaign = NULL;\n', to: '' },
  { why: 'P1: append compares the position only', file: script, from: '    if (!bytes_equal(head, arg(call, 2))) {',
    to: '    if (head.ptr == NULL || !bytes_equal(word(head, 0), word(arg(call, 2), 0))) {' },
  { why: 'T3, T4: neither the chain nor the head after the load is checked', edits: [
    { file: taking, from: '    if (!reply_is_text(reply) || !bytes_equal(reply->text, bytes_of(fence))) {', to: '    if (!reply_is_text(reply)) {' },
    { file: 'daemon/mirror/chain.c', from: '    if (chain->is_started && !names_the_one_before(chain, fields)) return false;', to: '    (void)names_the_one_before;' },
    { file: 'daemon/mirror/chain.c', from: '    if (!chain->is_started && head.position != chain->start) return false;', to: '' }] },
];
