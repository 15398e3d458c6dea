/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/trace.h"

#include <string.h>

uint32_t traces_keep(struct traces *traces, struct tuan_str id)
{
    size_t len = id.len < TRACE_ID_MAX ? id.len : TRACE_ID_MAX;

    if (len == 0) return 0;
    if (++traces->newest == 0) traces->newest = 1;
    char *place = traces->ids[traces->newest % TRACES_KEPT];
    memcpy(place, id.ptr, len);
    place[len] = '\0';
    return traces->newest;
}

const char *traces_find(const struct traces *traces, uint32_t number)
{
    if (number == 0 || traces->newest - number >= TRACES_KEPT) return "";
    return traces->ids[number % TRACES_KEPT];
}
