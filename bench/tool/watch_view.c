/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/watch_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/tool/clock.h"
#include "bench/tool/text.h"

#define WIDTH_CAMPAIGN 18
#define WIDTH_ID       20
#define WIDTH_BAR      20
#define WIDTH_PAID     9
#define WIDTH_NEED     11

enum { LINES_FIXED = 3 }; /* the title, the heads, the cursor's */

static const char *text_of(const json_t *status, const char *name)
{
    const char *text = json_string_value(json_object_get(status, name));

    return text == NULL ? "" : text;
}

static int64_t number_of(const json_t *status, const char *name)
{
    return json_integer_value(json_object_get(status, name));
}

/* A push says `id`, ROOM.GET `room`. */
static const char *id_of(const json_t *status)
{
    const char *id = text_of(status, "id");

    return *id != '\0' ? id : text_of(status, "room");
}

static bool is_ended(const json_t *status)
{
    const char *state = text_of(status, "state");

    return strcmp(state, "formed") == 0 || strcmp(state, "failed") == 0;
}

/* ---- a pipe ---- */

/* What is told of a change, whether it was pushed or listed. */
static const char *const columns[] = {"room",      "campaign", "state",    "reason", "size",
                                      "paid",      "held",     "missing",  "free",   "version",
                                      "opened_at", "deadline", "formed_at"};
#define COLUMNS (sizeof columns / sizeof columns[0])

static bool is_tsv(const struct watch_view *view)
{
    return !view->tool->json && !view->tool->is_terminal;
}

static void print_heads(void)
{
    for (size_t i = 0; i < COLUMNS; i++)
        printf("%s%s", columns[i], i + 1 < COLUMNS ? "\t" : "\n");
    fflush(stdout);
}

/* A new reference. */
static json_t *change_of(const json_t *status)
{
    json_t *change = json_object();

    for (size_t i = 0; i < COLUMNS; i++) {
        json_t *value = json_object_get(status, columns[i]);
        if (strcmp(columns[i], "room") == 0)
            json_object_set_new(change, "room", json_string(id_of(status)));
        else if (value != NULL)
            json_object_set(change, columns[i], value);
    }
    return change;
}

static void print_row(const json_t *change)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        const json_t *value = json_object_get(change, columns[i]);
        if (json_is_integer(value))
            printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        else
            printf("%s", text_of(change, columns[i])); /* ids and words: no spaces, no controls */
        printf(i + 1 < COLUMNS ? "\t" : "\n");
    }
}

static void print_change(const struct watch_view *view, const json_t *status)
{
    json_t *change = change_of(status);

    if (view->tool->json) {
        json_dumpf(change, stdout, JSON_COMPACT);
        printf("\n");
    } else if (is_tsv(view)) {
        print_row(change);
    }
    json_decref(change);
    fflush(stdout);
}

/* ---- what is known ---- */

void watch_view_open(struct watch_view *view, const struct tool *tool, const char *title)
{
    *view = (struct watch_view){.tool = tool, .title = title};
    if (is_tsv(view)) print_heads();
}

void watch_view_close(struct watch_view *view)
{
    for (size_t i = 0; i < view->count; i++)
        json_decref(view->rooms[i]);
    picture_close(&view->picture);
}

/* Its place; `count` if it is new. */
static size_t find(const struct watch_view *view, const char *id)
{
    size_t at = 0;

    while (at < view->count && strcmp(id_of(view->rooms[at]), id) != 0)
        at++;
    return at;
}

static void put_first(struct watch_view *view, size_t at, json_t *status)
{
    if (at == view->count && view->count == WATCH_VIEW_ROOMS) at--; /* the one longest unchanged */
    if (at == view->count)
        view->count++;
    else
        json_decref(view->rooms[at]);
    memmove(&view->rooms[1], &view->rooms[0], at * sizeof view->rooms[0]);
    view->rooms[0] = status;
}

bool watch_view_take(struct watch_view *view, const json_t *status)
{
    const char *id = id_of(status);
    size_t at = find(view, id);

    if (*id == '\0') return false;
    if (at < view->count && number_of(view->rooms[at], "version") >= number_of(status, "version"))
        return true;
    put_first(view, at, json_deep_copy(status));
    view->changes++;
    print_change(view, status);
    return true;
}

void watch_view_note_gap(struct watch_view *view)
{
    view->gaps++;
    if (view->tool->json)
        printf("{\"gap\":1}\n");
    else if (is_tsv(view))
        fprintf(stderr, "tuan: some changes were left out\n");
    fflush(stdout);
}

size_t watch_view_live(const struct watch_view *view)
{
    size_t live = 0;

    for (size_t i = 0; i < view->count; i++)
        live += is_ended(view->rooms[i]) ? 0 : 1;
    return live;
}

/* ---- a terminal ---- */

static void draw_bar(struct buf *out, const json_t *status)
{
    int64_t size = number_of(status, "size"), paid = number_of(status, "paid");
    int64_t taken = paid + number_of(status, "held");
    int64_t cells = size < WIDTH_BAR ? size : WIDTH_BAR;
    int64_t scale = size > WIDTH_BAR ? size : cells; /* a large room's cell is several seats */

    for (int64_t i = 0; i < cells; i++)
        buf_append_str(out, i * scale < paid * cells    ? PICTURE_GREEN "●" PICTURE_PLAIN
                            : i * scale < taken * cells ? PICTURE_YELLOW "◐" PICTURE_PLAIN
                                                        : PICTURE_DIM "○" PICTURE_PLAIN);
    for (int64_t i = cells; i <= WIDTH_BAR; i++)
        buf_append_byte(out, ' ');
}

/* 還差N人 and the countdown, or how it ended. */
static void draw_outlook(struct picture *picture, const json_t *status, int64_t daemon_now_ms)
{
    struct buf *out = &picture->out;
    const char *state = text_of(status, "state");
    char need[40], span[16];

    if (is_ended(status)) {
        bool is_formed = strcmp(state, "formed") == 0;
        buf_append_str(out, is_formed ? PICTURE_BOLD PICTURE_GREEN "成團 formed " PICTURE_PLAIN
                                      : PICTURE_BOLD PICTURE_RED "失敗 failed " PICTURE_PLAIN);
        buf_append_str(out, text_of(status, "reason"));
        return;
    }
    if (strcmp(state, "pending") == 0) {
        buf_append_str(out, PICTURE_DIM "待團長付款 pending" PICTURE_PLAIN);
        return;
    }
    snprintf(need, sizeof need, "還差%" PRId64 "人", number_of(status, "missing"));
    picture_cell(picture, need, WIDTH_NEED);
    int64_t left_ms = number_of(status, "deadline") - daemon_now_ms;
    if (left_ms < 10000) buf_append_str(out, PICTURE_RED);
    buf_append_str(out, text_span(span, left_ms));
    buf_append_str(out, PICTURE_PLAIN);
}

static void draw_room(struct picture *picture, const json_t *status, int64_t daemon_now_ms)
{
    char paid[48];

    snprintf(paid, sizeof paid, "%" PRId64 "/%" PRId64, number_of(status, "paid"),
             number_of(status, "size"));
    picture_cell(picture, text_of(status, "campaign"), WIDTH_CAMPAIGN);
    picture_cell(picture, id_of(status), WIDTH_ID);
    draw_bar(&picture->out, status);
    picture_cell(picture, paid, WIDTH_PAID);
    draw_outlook(picture, status, daemon_now_ms);
    picture_end_line(picture);
}

static void draw_head(struct watch_view *view)
{
    struct picture *picture = &view->picture;

    buf_append_str(&picture->out, PICTURE_BOLD);
    text_safe(&picture->out, view->title, strlen(view->title));
    buf_printf(&picture->out,
               PICTURE_PLAIN PICTURE_DIM "  %zu rooms live, %" PRId64 " changes, Ctrl-C ends",
               watch_view_live(view), view->changes);
    if (view->gaps > 0) buf_printf(&picture->out, ", %" PRId64 " times too slow", view->gaps);
    buf_append_str(&picture->out, PICTURE_PLAIN);
    picture_end_line(picture);
    buf_append_str(&picture->out, PICTURE_BOLD);
    picture_cell(picture, "活動 campaign", WIDTH_CAMPAIGN);
    picture_cell(picture, "團 room", WIDTH_ID);
    picture_cell(picture, "席位 ●paid ◐held", WIDTH_BAR);
    picture_cell(picture, "付款 paid", WIDTH_PAID);
    picture_cell(picture, "還差", WIDTH_NEED);
    buf_append_str(&picture->out, "倒計時" PICTURE_PLAIN);
    picture_end_line(picture);
}

void watch_view_draw(struct watch_view *view)
{
    size_t rows = picture_rows(), shown = rows > LINES_FIXED + 1 ? rows - LINES_FIXED : 1;
    int64_t now_ms = clock_wall_ms() + view->clock_offset_ms;

    if (view->tool->json || !view->tool->is_terminal) return;
    picture_begin(&view->picture);
    draw_head(view);
    for (size_t i = 0; i < view->count && i < shown; i++)
        draw_room(&view->picture, view->rooms[i], now_ms);
    picture_show(&view->picture);
}
