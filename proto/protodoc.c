/* SPDX-License-Identifier: BSD-2-Clause */
/* protodoc.c - a tool of the build: prints the reference of the language from its rows, as Markdown
 * or as JSON.
 *
 * Both are built of tables: a title, column names, rows of cells. A cell is text; a printer decides
 * how it looks.
 */
#include "proto/json.h"
#include "proto/write.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { COLUMNS_MAX = 8, CELL_MAX = 1200 };

struct table {
    const char *title, *note;
    const char *columns[COLUMNS_MAX]; /* up to NULL */
};

struct printer {
    bool is_json, has_tables, has_rows;
    struct tuan_out out;
};

static void *grow(void *old, size_t size)
{
    void *grown = realloc(old, size);
    if (grown == NULL) abort();
    return grown;
}

static void put(struct printer *printer, const char *text)
{
    tuan_out_bytes(&printer->out, text, strlen(text));
}

static void put_json(struct printer *printer, const char *text)
{
    tuan_json_string(&printer->out, (struct tuan_str){text, (uint32_t)strlen(text)});
}

static void begin_table(struct printer *printer, const struct table *table)
{
    printer->has_rows = false;
    if (printer->is_json) {
        put(printer, printer->has_tables ? ",\n" : "{");
        put_json(printer, table->title);
        put(printer, ":[");
    } else {
        put(printer, "\n### ");
        put(printer, table->title);
        put(printer, "\n\n");
        if (table->note[0] != '\0') {
            put(printer, table->note);
            put(printer, "\n\n");
        }
        for (size_t i = 0; table->columns[i] != NULL; i++) {
            put(printer, "| ");
            put(printer, table->columns[i]);
            put(printer, " ");
        }
        put(printer, "|\n");
        for (size_t i = 0; table->columns[i] != NULL; i++)
            put(printer, "| --- ");
        put(printer, "|\n");
    }
    printer->has_tables = true;
}

static void put_json_row(struct printer *printer, const struct table *table,
                         const char *const *cells)
{
    put(printer, printer->has_rows ? ",\n{" : "\n{");
    for (size_t i = 0; table->columns[i] != NULL; i++) {
        put(printer, i == 0 ? "" : ",");
        put_json(printer, table->columns[i]);
        put(printer, ":");
        put_json(printer, cells[i]);
    }
    put(printer, "}");
}

static void put_row(struct printer *printer, const struct table *table, const char *const *cells)
{
    if (printer->is_json) {
        put_json_row(printer, table, cells);
    } else {
        for (size_t i = 0; table->columns[i] != NULL; i++) {
            put(printer, "| ");
            for (const char *at = cells[i]; *at != '\0'; at++) {
                put(printer, *at == '|' ? "\\" : "");
                tuan_out_bytes(&printer->out, at, 1);
            }
            put(printer, " ");
        }
        put(printer, "|\n");
    }
    printer->has_rows = true;
}

static void end_table(struct printer *printer)
{
    if (printer->is_json) put(printer, "]");
}

__attribute__((format(printf, 2, 3))) static void add(char cell[CELL_MAX], const char *format, ...)
{
    size_t len = strlen(cell);
    va_list args;

    va_start(args, format);
    vsnprintf(cell + len, CELL_MAX - len, format, args);
    va_end(args);
}

static const char *type_text(enum tuan_type type)
{
    static const char *const texts[] = {
        [TUAN_INT] = "integer",
        [TUAN_FLAG] = "flag",
        [TUAN_ID] = "id",
        [TUAN_TEXT] = "text",
        [TUAN_RID] = "room id",
        [TUAN_WORD] = "word",
        [TUAN_TAGS] = "map",
        [TUAN_NAMES] = "list",
        [TUAN_RIDS] = "list of room ids",
        [TUAN_TIERS] = "list of {size, price}",
        [TUAN_LIST] = "list",
        [TUAN_MAP] = "map",
        [TUAN_RULES] = "parameters",
    };
    return texts[type];
}

/* "integer", "word: held paid …", "list of room_seat" */
static void add_type(char cell[CELL_MAX], const struct tuan_field *field)
{
    add(cell, "%s", type_text(field->type));
    if (field->items != NULL) add(cell, " of %s", field->items->name);
    if (field->words == NULL) return;
    for (size_t i = 0; i < field->words->count; i++)
        add(cell, "%s%s", i == 0 ? ": " : " ", field->words->words[i].word);
}

static void add_range(char cell[CELL_MAX], const struct tuan_field *field)
{
    const char *unit = field->type == TUAN_INT || field->type == TUAN_FLAG  ? ""
                       : field->type == TUAN_ID || field->type == TUAN_TEXT ? " bytes"
                                                                            : " elements";
    if (field->type == TUAN_WORD || field->type == TUAN_RID) return;
    if (field->max == INT64_MAX)
        add(cell, "from %" PRId64, field->min);
    else
        add(cell, "%" PRId64 " to %" PRId64 "%s", field->min, field->max, unit);
}

static void add_default(char cell[CELL_MAX], const struct tuan_field *field)
{
    if (field->type == TUAN_WORD)
        add(cell, "%s", tuan_word_text(field->words, field->dflt));
    else if (field->type == TUAN_INT || field->type == TUAN_FLAG)
        add(cell, "%" PRId64, field->dflt);
}

static void add_use(char cell[CELL_MAX], const struct tuan_use *use)
{
    const char *name = use->kind == TUAN_USE_PARAMS ? "" : tuan_arg_fields[use->arg].name;
    const char *gap = cell[0] == '\0' ? "" : " ";

    switch (use->kind) {
    case TUAN_USE_REQUIRED: add(cell, "%s%s", gap, name); break;
    case TUAN_USE_POSITION: add(cell, "%s[%s]", gap, name); break;
    case TUAN_USE_REST: add(cell, "%s[%s …]", gap, name); break;
    case TUAN_USE_OPTION: add(cell, "%s[%s=]", gap, name); break;
    case TUAN_USE_PARAMS: add(cell, "%s[parameter= …]", gap); break;
    case TUAN_USE_END: break;
    }
}

static void print_commands(struct printer *printer)
{
    static const struct table table = {"Commands",
                                       "`name` is required and stands by position in RESP, "
                                       "`[name]` may be left out, `[name …]` takes all further "
                                       "words, `[name=]` is an option given as `name value`. In "
                                       "msgpack-rpc all of them are names in one map.",
                                       {"command", "arguments", "role", "served", "does"}};
    static const char *const roles[] = {"any", "read", "client", "operator"};

    begin_table(printer, &table);
    for (int id = 0; id < TUAN_CMD_COUNT; id++) {
        const struct tuan_command_row *row = &tuan_commands[id];
        char uses[CELL_MAX] = "";
        for (const struct tuan_use *use = row->uses; use->kind != TUAN_USE_END; use++)
            add_use(uses, use);
        const char *served = row->kind == TUAN_KIND_LATER ? "not yet" : "yes";
        put_row(printer, &table,
                (const char *[]){row->name, uses, roles[row->role], served, row->summary});
    }
    end_table(printer);
}

static void print_values(struct printer *printer, const struct table *table,
                         const struct tuan_field *fields, int count)
{
    begin_table(printer, table);
    for (int i = 0; i < count; i++) {
        char type[CELL_MAX] = "", dflt[CELL_MAX] = "", range[CELL_MAX] = "";
        add_type(type, &fields[i]);
        add_default(dflt, &fields[i]);
        add_range(range, &fields[i]);
        put_row(printer, table, (const char *[]){fields[i].name, type, dflt, range, fields[i].doc});
    }
    end_table(printer);
}

static void print_arguments(struct printer *printer)
{
    static const struct table arguments = {
        "Arguments", "", {"argument", "type", "default", "range", "meaning"}};
    static const struct table parameters = {
        "Campaign parameters", "", {"parameter", "type", "default", "range", "meaning"}};

    print_values(printer, &arguments, tuan_arg_fields, TUAN_ARG_COUNT);
    print_values(printer, &parameters, tuan_param_fields, TUAN_PARAM_COUNT);
}

static void print_errors(struct printer *printer)
{
    static const struct table table = {"Errors",
                                       "Every error is certainly without effect but UNKNOWN. "
                                       "`retry`: the same request may succeed later by itself.",
                                       {"error", "HTTP", "retry", "text", "what to do"}};

    begin_table(printer, &table);
    for (int err = TUAN_OK + 1; err < TUAN_ERR_COUNT; err++) {
        const struct tuan_error_row *row = &tuan_errors[err];
        char http[CELL_MAX] = "";
        add(http, "%d", row->http);
        put_row(printer, &table,
                (const char *[]){row->name, http, row->retryable ? "yes" : "no", row->text,
                                 row->what_to_do});
    }
    end_table(printer);
}

static void print_replies(struct printer *printer)
{
    static const struct table table = {"Replies",
                                       "A field that does not apply is left out.",
                                       {"reply", "field", "type", "meaning"}};
    static const struct tuan_message *const messages[] = {
#define TUAN_MESSAGE(name, doc) &tuan_##name##_message,
#define TUAN_FIELD(message, type, member, wire, of, doc)
#define TUAN_MESSAGE_END(name)
#include "proto/messages.def"
    };

    begin_table(printer, &table);
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        put_row(printer, &table, (const char *[]){messages[i]->name, "", "", messages[i]->doc});
        for (size_t j = 0; j < messages[i]->count; j++) {
            const struct tuan_field *field = &messages[i]->fields[j];
            char type[CELL_MAX] = "";
            add_type(type, field);
            put_row(printer, &table,
                    (const char *[]){messages[i]->name, field->name, type, field->doc});
        }
    }
    end_table(printer);
}

static void print_words(struct printer *printer)
{
    static const struct table table = {
        "Words", "The number is what the mirror stores.", {"set", "words"}};
    static const struct tuan_words *const sets[] = {
#define TUAN_ENUM(set) &tuan_##set##_words,
#define TUAN_WORD(set, name, number, word)
#define TUAN_ENUM_END(set)
#include "proto/states.def"
    };

    begin_table(printer, &table);
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        char words[CELL_MAX] = "";
        for (size_t j = 0; j < sets[i]->count; j++)
            add(words, "%s%s %" PRId64, j == 0 ? "" : ", ", sets[i]->words[j].word,
                sets[i]->words[j].number);
        put_row(printer, &table, (const char *[]){sets[i]->name, words});
    }
    end_table(printer);
}

static void add_fields(char cell[CELL_MAX], const struct tuan_message *message)
{
    for (size_t i = 0; i < message->count; i++)
        add(cell, "%s%s (%s)", i == 0 ? "" : ", ", message->fields[i].name,
            type_text(message->fields[i].type));
}

static void print_facts(struct printer *printer)
{
    static const struct table table = {"Facts",
                                       "What the mirror's log holds: `[number, field, …]`.",
                                       {"number", "fact", "fields", "meaning"}};

    begin_table(printer, &table);
    for (int number = 0; number < TUAN_FACT_TYPE_END; number++) {
        const struct tuan_message *message = tuan_fact_message(number);
        char digits[CELL_MAX] = "", fields[CELL_MAX] = "";
        if (message == NULL) continue;
        add(digits, "%d", number);
        add_fields(fields, message);
        put_row(printer, &table, (const char *[]){digits, message->name, fields, message->doc});
    }
    end_table(printer);
}

static void print_records(struct printer *printer)
{
    static const struct table table = {"Records",
                                       "What the mirror's snapshot holds: `[field, …]`.",
                                       {"record", "fields", "meaning"}};
    static const struct tuan_message *const records[] = {
#define TUAN_RECORD(name, doc) &tuan_##name##_message,
#define TUAN_RECORD_FIELD(record, type, member, of)
#define TUAN_RECORD_END(name)
#include "proto/records.def"
    };

    begin_table(printer, &table);
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        char fields[CELL_MAX] = "";
        add_fields(fields, records[i]);
        put_row(printer, &table, (const char *[]){records[i]->name, fields, records[i]->doc});
    }
    end_table(printer);
}

int main(int argc, char **argv)
{
    struct printer printer = {.is_json = argc == 2 && strcmp(argv[1], "--json") == 0,
                              .out = {.grow = grow}};

    if (argc > 1 && !printer.is_json) {
        fprintf(stderr, "usage: protodoc [--json]\n");
        return 1;
    }
    print_commands(&printer);
    print_arguments(&printer);
    print_errors(&printer);
    print_replies(&printer);
    print_words(&printer);
    print_facts(&printer);
    print_records(&printer);
    put(&printer, printer.is_json ? "}\n" : "");
    bool is_written = fwrite(printer.out.data, 1, printer.out.len, stdout) == printer.out.len;
    free(printer.out.data);
    return is_written ? 0 : 1;
}
