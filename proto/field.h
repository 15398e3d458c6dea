/* SPDX-License-Identifier: BSD-2-Clause */
/* field.h - where a value is checked against its row, whichever codec it came by; nobody outside
 * proto includes it.
 *
 * Each put checks and stores one value in `object` at the field's place, or returns an error and
 * fills the fault.
 */
#ifndef TUAN_PROTO_FIELD_H
#define TUAN_PROTO_FIELD_H

#include "proto/codec.h"

/* Returns err, so that a refusal is one line. */
__attribute__((format(printf, 3, 4))) enum tuan_err
tuan_fault_set(struct tuan_fault *fault, enum tuan_err err, const char *format, ...);
/* "name: what" as BAD_ARGUMENT. */
enum tuan_err tuan_field_fault(const struct tuan_field *field, const char *what,
                               struct tuan_fault *fault);

enum tuan_err tuan_field_put_int(const struct tuan_field *field, void *object, int64_t value,
                                 struct tuan_fault *fault); /* INT FLAG */
enum tuan_err tuan_field_put_str(const struct tuan_field *field, void *object,
                                 struct tuan_str value,
                                 struct tuan_fault *fault); /* ID TEXT RID WORD */

/* A list in the making: begin lays `count` elements into the arena and points the field at them,
 * then each is put. */
struct tuan_making {
    const struct tuan_field *field;
    void *items;
    uint32_t count, done;
    struct tuan_fault *fault;
};
enum tuan_err tuan_list_begin(struct tuan_making *list, const struct tuan_field *field,
                              void *object, size_t count, struct tuan_arena *arena,
                              struct tuan_fault *fault);
enum tuan_err tuan_list_put_tag(struct tuan_making *list, struct tuan_str name,
                                struct tuan_str value);
enum tuan_err tuan_list_put_str(struct tuan_making *list, struct tuan_str value); /* NAMES RIDS */

/* A tier's members come one by one, then it is put. */
struct tuan_tier_parts {
    struct tuan_tier tier;
    bool has_size, has_price;
};
enum tuan_err tuan_tier_part(struct tuan_making *list, struct tuan_tier_parts *parts,
                             struct tuan_str name, int64_t value);
enum tuan_err tuan_list_put_tier(struct tuan_making *list, const struct tuan_tier_parts *parts);

/* TAGS NAMES RIDS TIERS from JSON text, or from jansson's tree of it (json_in.c). */
enum tuan_err tuan_field_from_json(const struct tuan_field *field, void *object,
                                   struct tuan_str text, struct tuan_arena *arena,
                                   struct tuan_fault *fault);

struct json_t;
enum tuan_err tuan_field_from_tree(const struct tuan_field *field, void *object,
                                   struct json_t *tree, struct tuan_arena *arena,
                                   struct tuan_fault *fault);

/* The place that a name (or an argument known by position) has in a command; marked as given.
 * BAD_ARGUMENT: the command takes no such name, or it was given before. */
struct tuan_place {
    const struct tuan_field *field;
    void *object;
};
enum tuan_err tuan_command_place(struct tuan_command *command, struct tuan_str name,
                                 struct tuan_place *place, struct tuan_fault *fault);
enum tuan_err tuan_command_place_arg(struct tuan_command *command, enum tuan_arg arg,
                                     struct tuan_place *place, struct tuan_fault *fault);
enum tuan_err tuan_command_place_param(struct tuan_command *command, enum tuan_param param,
                                       struct tuan_place *place, struct tuan_fault *fault);
enum tuan_err tuan_command_unknown_name(const struct tuan_command *command, struct tuan_str name,
                                        struct tuan_fault *fault);

/* The known name that was probably meant; NULL if none is near. */
const char *tuan_suggest_command(struct tuan_str name);
const char *tuan_suggest_name(enum tuan_cmd command, struct tuan_str name);

#endif
