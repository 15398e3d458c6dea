/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/storefront_call.h"

#include <stdio.h>
#include <stdlib.h>

void storefront_reply(struct storefront_call *call, int status, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    call->reply->status = status;
    call->reply->type = "application/json";
    if (text != NULL) buf_append_str(call->reply->body, text);
    free(text);
    json_decref(json);
}

void storefront_refuse(struct storefront_call *call, int status, const char *code,
                       const char *message)
{
    storefront_reply(call, status,
                     json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", message));
}

void storefront_nick(const struct storefront_call *call, char nick[STOREFRONT_NICK_SIZE])
{
    static const char *const animals[] = {"鼠", "牛", "虎", "兔", "龍", "蛇",
                                          "馬", "羊", "猴", "雞", "狗", "豬"};
    unsigned long number =
        strtoul((char[]){call->user[1], call->user[2], call->user[3], 0}, NULL, 16);

    snprintf(nick, STOREFRONT_NICK_SIZE, "%s%03lu", animals[number % 12], number % 1000);
}
