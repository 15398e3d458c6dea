/* SPDX-License-Identifier: BSD-2-Clause */
/* tz.h - the offsets of an IANA time zone, from the system's zone database (package tzdata). */
#ifndef TUAN_BASE_TZ_H
#define TUAN_BASE_TZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TZ_TABLE_MAX = 1024 };

/* The offsets of a zone in the fifteen years that begin with the one before now, as text:
 * "OFFSET AT OFFSET AT OFFSET", seconds east of UTC and the seconds since 1970 from which the next
 * one holds. Returns its length; 0: the system knows no such zone.
 *
 * Reads the database through the C library, which keeps one zone for the whole process: it is put
 * back before this returns, and no other thread may ask for local times meanwhile. */
size_t tz_table(const char *name, size_t name_len, int64_t now_ms, char out[TZ_TABLE_MAX]);

#endif
