/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/push_text.h"

#include <string.h>

#include "base/mem.h"
#include "daemon/web_room.h"
#include "proto/resp.h"
#include "proto/rpc.h"

struct push_texts {
    struct tuan_id room; /* none: nothing is kept */
    struct kept_text {
        struct push_text text; /* without bytes: not written yet */
        struct tuan_out out;
    } kept[2]; /* RESP3, msgpack-rpc */
};

struct push_texts *push_texts_create(void)
{
    struct push_texts *texts = mem_zalloc(sizeof *texts);

    texts->kept[0].out.grow = texts->kept[1].out.grow = mem_realloc;
    return texts;
}

void push_texts_destroy(struct push_texts *texts)
{
    if (texts == NULL) return;
    mem_free(texts->kept[0].out.data);
    mem_free(texts->kept[1].out.data);
    mem_free(texts);
}

void push_texts_clear(struct push_texts *texts)
{
    texts->room = (struct tuan_id){0};
    texts->kept[0].text = texts->kept[1].text = (struct push_text){0};
}

void push_text_write(struct tuan_out *out, bool is_rpc, const char *kind,
                     const struct tuan_message *message, const void *body)
{
    struct tuan_reply reply = {.message = message, .body = body};

    if (is_rpc) {
        tuan_rpc_notify(out, kind, message, body);
        return;
    }
    tuan_resp_push(out, 2);
    tuan_resp_bulk(out, (struct tuan_str){kind, (uint32_t)strlen(kind)});
    tuan_resp_reply(out, 3, TUAN_CMD_WATCH, &reply);
}

static void write_room(struct kept_text *kept, bool is_rpc, const struct tuan_room *room)
{
    struct web_view view;

    web_room_view(room, &view);
    kept->out.len = 0;
    push_text_write(&kept->out, is_rpc, "room", &tuan_web_room_message, &view.room);
    kept->text = (struct push_text){
        .bytes = {kept->out.data, (uint32_t)kept->out.len},
        .version = room->version,
        .is_ended = room->state == TUAN_ROOM_FORMED || room->state == TUAN_ROOM_FAILED,
    };
}

const struct push_text *push_text_read(struct session_host *host, bool is_rpc, struct tuan_id id)
{
    struct push_texts *texts = host->push_texts;
    struct kept_text *kept = &texts->kept[is_rpc];
    struct tuan_command *command = &host->command;

    if (!tuan_rid_equal(texts->room, id)) {
        push_texts_clear(texts);
        texts->room = id;
    }
    command->id = TUAN_CMD_ROOM_GET;
    command->given = UINT64_C(1) << TUAN_ARG_room;
    command->arg.room = id;
    if (kept->text.bytes.len > 0) {
        command->given |= UINT64_C(1) << TUAN_ARG_if_version;
        command->arg.if_version = kept->text.version;
    }
    dispatch_command(host->dispatch, command, &host->answer);
    if (host->answer.reply.err != TUAN_OK) return NULL;
    const struct tuan_room *room = host->answer.reply.body;
    if (!TUAN_HAS(room, room, unchanged)) write_room(kept, is_rpc, room);
    return &kept->text;
}
