/* SPDX-License-Identifier: BSD-2-Clause */
/* record.h - filling records: what is empty or 0 is left out. */
#ifndef TUAN_ENGINE_RECORD_H
#define TUAN_ENGINE_RECORD_H

#include "engine/model.h"

#define SET_STR(record, out, member, value)                                                        \
    if ((value).len > 0) TUAN_SET(record, out, member, value)
#define SET_INT(record, out, member, value)                                                        \
    if ((value) != 0) TUAN_SET(record, out, member, value)

#endif
