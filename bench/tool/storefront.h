/* SPDX-License-Identifier: BSD-2-Clause */
/* storefront.h - the demo's shop in a browser: serves the page of bench/shop, and is its app
 * server.
 *
 * The page reads statuses from tuand's web port by itself, as storefronts do; what changes
 * something comes here and becomes a call. A visitor is whoever sends the same bearer token, which
 * his tab made up: the demo has no passwords, and its till takes no money.
 */
#ifndef TUAN_TOOL_STOREFRONT_H
#define TUAN_TOOL_STOREFRONT_H

#include "bench/tool/demo_shop.h"
#include "bench/tool/serve.h"

struct storefront {
    struct shop *shop;       /* whose connection it uses, and which pays late for its visitors */
    const char *web, *admin; /* ADDR:PORT of the daemon; "" while it is not known */
};

/* A serve_handler; context is a struct storefront. */
void storefront_answer(void *context, const struct tuan_http_request *request,
                       struct serve_reply *reply);

#endif
