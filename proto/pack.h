/* SPDX-License-Identifier: BSD-2-Clause */
/* pack.h - facts and records as msgpack arrays: what the mirror's log and snapshot hold.
 *
 * A message is an array of its fields in row order, absent fields nil, absent tail cut; a fact has its number in front.
 * RULES are a map of the given parameters by name. LISTs are arrays of arrays. A RID is 13 bytes of bin.
 * Unpacking borrows strings from the bytes and lists from the arena; unknown tail fields are skipped (written by a
 * newer tuan), unknown parameter names are an error.
 */
#ifndef TUAN_PROTO_PACK_H
#define TUAN_PROTO_PACK_H

#include "proto/codec.h"

void tuan_pack_fact(struct tuan_out *out, const struct tuan_fact *fact);
void tuan_pack_record(struct tuan_out *out, const struct tuan_message *message, const void *record);

/* Read one fact or record at the start of data; *consumed is its length. False: damaged or of an unknown kind. */
bool tuan_unpack_fact(const char *data, size_t len, size_t *consumed, struct tuan_fact *fact,
                      struct tuan_arena *arena);
bool tuan_unpack_record(const char *data, size_t len, size_t *consumed, const struct tuan_message *message,
                        void *record, struct tuan_arena *arena);

#endif
