/* SPDX-License-Identifier: BSD-2-Clause */
/* call.c - building calls. A mistake is remembered and told by tuan_client_end(), so that builders
 * need no checks. */
#include <stdlib.h>
#include <string.h>

#include "client/internal.h"

#define REQUEST 0 /* [0, msgid, method, [arguments]] */

void tuan_client_begin(struct tuan_client *client, const char *method)
{
    struct call *call = &client->call;

    msgpack_sbuffer_clear(&call->args);
    call->arg_count = 0;
    call->depth = 0;
    call->misuse = NULL;
    call->is_begun = true;
    if (*method == '\0' || strlen(method) >= sizeof call->method) {
        call->misuse = "the method's name is empty or too long";
        return;
    }
    memcpy(call->method, method, strlen(method) + 1);
}

static msgpack_packer packer_of(struct call *call)
{
    msgpack_packer packer;

    msgpack_packer_init(&packer, &call->args, msgpack_sbuffer_write);
    return packer;
}

static void pack_text(struct call *call, const char *text, size_t len)
{
    msgpack_packer packer = packer_of(call);

    if (msgpack_pack_str(&packer, len) != 0 || msgpack_pack_str_body(&packer, text, len) != 0)
        call->misuse = "out of memory";
}

/* A list or map that got all its items is closed, and so may be the one around it. */
static void count_item(struct call *call)
{
    while (call->depth > 0 && --call->nest[call->depth - 1].left == 0)
        call->depth--;
}

/* The place of one more value: in the arguments, or in the innermost list or map. False: it has
 * none. */
static bool place_value(struct tuan_client *client, const char *name)
{
    struct call *call = &client->call;
    bool wants_name = call->depth == 0 || call->nest[call->depth - 1].is_map;

    if (call->misuse != NULL) return false;
    if (!call->is_begun)
        call->misuse = "an argument before tuan_client_begin()";
    else if ((name != NULL) != wants_name)
        call->misuse =
            wants_name ? "an argument or map item without a name" : "a list item with a name";
    else if (name != NULL)
        pack_text(call, name, strlen(name));
    if (call->depth == 0) call->arg_count++;
    return call->misuse == NULL;
}

void tuan_client_bytes(struct tuan_client *client, const char *name, const char *text, size_t len)
{
    if (!place_value(client, name)) return;
    pack_text(&client->call, text, len);
    count_item(&client->call);
}

void tuan_client_str(struct tuan_client *client, const char *name, const char *text)
{
    tuan_client_bytes(client, name, text, strlen(text));
}

void tuan_client_int(struct tuan_client *client, const char *name, int64_t value)
{
    if (!place_value(client, name)) return;
    msgpack_packer packer = packer_of(&client->call);
    if (msgpack_pack_int64(&packer, value) != 0) client->call.misuse = "out of memory";
    count_item(&client->call);
}

static void open_nest(struct tuan_client *client, const char *name, size_t count, bool is_map)
{
    struct call *call = &client->call;

    if (!place_value(client, name)) return;
    if (call->depth == CALL_DEPTH_MAX) {
        call->misuse = "nested too deeply";
        return;
    }
    msgpack_packer packer = packer_of(call);
    if ((is_map ? msgpack_pack_map(&packer, count) : msgpack_pack_array(&packer, count)) != 0)
        call->misuse = "out of memory";
    if (count == 0) {
        count_item(call);
        return;
    }
    call->nest[call->depth].left = count;
    call->nest[call->depth].is_map = is_map;
    call->depth++;
}

void tuan_client_list(struct tuan_client *client, const char *name, size_t count)
{
    open_nest(client, name, count, false);
}

void tuan_client_map(struct tuan_client *client, const char *name, size_t count)
{
    open_nest(client, name, count, true);
}

/* All or nothing: half a request in `out` would end the conversation. */
static bool queue_request(struct tuan_client *client, uint32_t msgid)
{
    struct call *call = &client->call;
    size_t before = client->out.size, method_len = strlen(call->method);
    msgpack_packer packer;
    int bad = 0;

    msgpack_packer_init(&packer, &client->out, msgpack_sbuffer_write);
    bad |= msgpack_pack_array(&packer, 4);
    bad |= msgpack_pack_int(&packer, REQUEST);
    bad |= msgpack_pack_uint32(&packer, msgid);
    bad |= msgpack_pack_str(&packer, method_len);
    bad |= msgpack_pack_str_body(&packer, call->method, method_len);
    bad |= msgpack_pack_array(&packer, 1);
    bad |= msgpack_pack_map(&packer, call->arg_count);
    if (call->args.size > 0)
        bad |= msgpack_sbuffer_write(&client->out, call->args.data, call->args.size);
    if (bad != 0) client->out.size = before;
    return bad == 0;
}

uint32_t tuan_client_end(struct tuan_client *client, struct tuan_client_error *error)
{
    struct call *call = &client->call;

    if (client_is_lost(client, error)) return 0;
    if (!call->is_begun)
        call->misuse = "tuan_client_end() without tuan_client_begin()";
    else if (call->misuse == NULL && call->depth > 0)
        call->misuse = "a list or map lacks items";
    call->is_begun = false;
    if (call->misuse != NULL) {
        error_set(error, TUAN_CLIENT_MISUSE, "%s", call->misuse);
        return 0;
    }
    uint32_t msgid = client->last_msgid == UINT32_MAX ? 1 : client->last_msgid + 1;
    if (!queue_request(client, msgid)) {
        error_set(error, TUAN_CLIENT_MEMORY, "out of memory");
        return 0;
    }
    client->last_msgid = msgid;
    return msgid;
}
