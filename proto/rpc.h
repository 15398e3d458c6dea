/* SPDX-License-Identifier: BSD-2-Clause */
/* rpc.h - MessagePack-RPC (github.com/msgpack-rpc/msgpack-rpc, spec.md): requests in, replies out.
 *
 * A request is [0, msgid, method, [params]] with params one map (or nothing: [], [[]], absent map); a notification is
 * [2, method, [params]]. Requests are read by the bounded cursor of cursor.h; replies are packed by msgpack-c.
 */
#ifndef TUAN_PROTO_RPC_H
#define TUAN_PROTO_RPC_H

#include "proto/codec.h"

struct tuan_rpc_request {
    bool is_notification;
    uint32_t msgid;
    struct tuan_str method;
    struct tuan_str params; /* the bytes of the parameter map; empty if there is none */
};

/* As tuan_resp_parse. A whole value that is not a request is BAD too, with its consumed bytes told (the boundary is
 * known, so the caller may go on, with request->msgid as far as it could be read); *consumed == 0: it cannot go on. */
enum tuan_parse tuan_rpc_parse(const char *data, size_t len, size_t frame_max, struct tuan_rpc_request *request,
                               size_t *consumed, struct tuan_fault *fault);
enum tuan_err tuan_rpc_command(const struct tuan_rpc_request *request, struct tuan_command *command,
                               struct tuan_arena *arena, struct tuan_fault *fault);

/* [1, msgid, error, result]. The error is the string "CODE text name=value …", or with errors == TUAN_ERRORS_MAP the
 * map {code, message, retryable, …details}. */
void tuan_rpc_reply(struct tuan_out *out, uint32_t msgid, enum tuan_error_form errors, enum tuan_cmd command,
                    const struct tuan_reply *reply);
/* [2, method, [body]]: a notification. */
void tuan_rpc_notify(struct tuan_out *out, const char *method, const struct tuan_message *message, const void *body);
/* [1, msgid, nil, text]: for daemon commands whose answer is one text (PING, INFO). */
void tuan_rpc_text_reply(struct tuan_out *out, uint32_t msgid, struct tuan_str text);

#endif
