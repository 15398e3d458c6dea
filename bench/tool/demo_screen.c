/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/demo_screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/tool/text.h"

#define INTRODUCTION_LINES 15

#define WIDTH_TITLE 18
#define WIDTH_ID    20
#define WIDTH_BAR   20
#define WIDTH_NEED  11

#define HIDE_CURSOR "\033[?25l\033[?7l" /* and no line wraps, whatever the width */
#define SHOW_CURSOR "\033[?25h\033[?7h"
#define CLEAR_RIGHT "\033[K"
#define CLEAR_BELOW "\033[J"

#define BOLD   "\033[1m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define RED    "\033[31m"
#define DIM    "\033[2m"
#define PLAIN  "\033[0m"

static const char *port_of(const char *address)
{
    const char *colon = strrchr(address, ':');

    return colon == NULL ? address : colon + 1;
}

static void introduce(const struct screen_places *at)
{
    const char *rpc = port_of(at->rpc);

    printf("\n"
           "  "
           "拼團小店"
           "  the shop      "
           "http://%s/\n"
           "  "
           "後台　　"
           "  the console   "
           "http://%s/\n\n",
           at->shop, at->admin);
    printf(
        "Try next:\n"
        "  - Start a group in the shop, open its link in another tab (each tab is another "
        "shopper), pay in both.\n"
        "    Or let it be: simulated shoppers fill it, or its time runs out and everybody is paid "
        "back.\n"
        "  - kill -9 %d     the daemon; it is started again. The page goes on, and no seat is "
        "lost.\n"
        "  - redis-cli -p %s ROOM.MATCH tea-3 you order-1     a seat, as your app server takes it\n"
        "  - redis-cli -p %s SEAT.PAY tea-3 order-1           pays for it\n"
        "  - redis-cli -p %s REFUND.LIST                      what failed groups owe\n"
        "  - curl -i http://%s/v1/campaigns/tea-3/rooms    what storefronts poll\n\n",
        at->pid, rpc, rpc, rpc, at->web);
    printf("A private tuand serves all this from %s. Ctrl-C ends it and removes its files.\n\n",
           at->dir);
}

void screen_introduce(const struct screen *screen)
{
    const struct screen_places *at = &screen->at;

    if (screen->tool->json)
        printf("{\"event\":\"ready\",\"shop\":\"http://%s/\",\"console\":\"http://%s/"
               "\",\"rpc\":\"%s\","
               "\"web\":\"%s\",\"pid\":%d}\n",
               at->shop, at->admin, at->rpc, at->web, at->pid);
    else
        introduce(at);
    fflush(stdout);
}

void screen_tell_daemon(struct screen *screen, int pid)
{
    screen->at.pid = pid;
    if (screen->tool->is_terminal && !screen->tool->json) return; /* the picture says it */
    if (pid == 0)
        printf(screen->tool->json ? "{\"event\":\"daemon_ended\"}\n" : "event=daemon_ended\n");
    else
        printf(screen->tool->json ? "{\"event\":\"daemon_ready\",\"pid\":%d}\n"
                                  : "event=daemon_ready pid=%d\n",
               pid);
    fflush(stdout);
}

/* ---- a terminal ---- */

static void draw_bar(struct buf *out, const struct shop_room *room)
{
    int64_t paid = room->paid, held = room->held;
    size_t cells = 0;

    if (room->state == TUAN_ROOM_FAILED) /* its seats have become refunds */
        paid = held = 0;
    for (int64_t i = 0; i < room->size && cells < WIDTH_BAR; i++, cells++)
        buf_append_str(out, i < paid          ? GREEN "●" PLAIN
                            : i < paid + held ? YELLOW "◐" PLAIN
                                              : DIM "○" PLAIN);
    for (; cells < WIDTH_BAR; cells++)
        buf_append_byte(out, ' ');
}

static void cell(struct buf *out, const char *text, size_t width)
{
    text_cell(out, text, strlen(text), width);
    buf_append_byte(out, ' ');
}

/* 還差N人 and the countdown, or how it ended. */
static void draw_outlook(struct buf *out, const struct shop_room *room, int64_t daemon_now_ms)
{
    char need[40], span[16];

    if (room->state == TUAN_ROOM_FORMED) {
        buf_append_str(out, BOLD GREEN "成團 " PLAIN);
        buf_append_str(out, tuan_word_text(&tuan_room_reason_words, room->reason));
    } else if (room->state == TUAN_ROOM_FAILED) {
        buf_append_str(out, BOLD RED "失敗 " PLAIN);
        buf_append_str(out, tuan_word_text(&tuan_room_reason_words, room->reason));
    } else if (room->state == TUAN_ROOM_PENDING) {
        buf_append_str(out, DIM "待團長付款" PLAIN);
    } else {
        snprintf(need, sizeof need, "還差%" PRId64 "人", room->missing);
        cell(out, need, WIDTH_NEED);
        int64_t left_ms = room->deadline - daemon_now_ms;
        buf_append_str(out, left_ms < 5000 ? RED : "");
        buf_append_str(out, text_span(span, left_ms));
        buf_append_str(out, PLAIN);
    }
}

static void end_line(struct screen *screen, struct buf *out)
{
    buf_append_str(out, CLEAR_RIGHT "\n");
    screen->lines_drawn++;
}

static void draw_rooms(struct screen *screen, struct buf *out, const struct shop *shop,
                       int64_t rows, int64_t now_ms)
{
    buf_append_str(out, BOLD);
    cell(out, "活動 campaign", WIDTH_TITLE);
    cell(out, "團 room", WIDTH_ID);
    cell(out, "席位 ●paid ◐held", WIDTH_BAR);
    cell(out, "還差", WIDTH_NEED);
    buf_append_str(out, "倒計時" PLAIN);
    end_line(screen, out);
    for (int64_t i = 0; i < rows; i++) {
        const struct shop_room *room = &shop->rooms[i];
        if (room->id[0] != '\0' && room->size > 0) {
            cell(out, shop->products.rows[room->product].title, WIDTH_TITLE);
            cell(out, room->id, WIDTH_ID);
            draw_bar(out, room);
            buf_append_byte(out, ' ');
            draw_outlook(out, room, now_ms + shop->clock_offset_ms);
        }
        end_line(screen, out);
    }
}

static void draw_counters(struct screen *screen, struct buf *out, const struct shop *shop)
{
    static const char *const heads[] = {"open", "formed", "failed", "held",
                                        "paid", "freed",  "refunds"};

    end_line(screen, out);
    buf_append_str(out, BOLD);
    cell(out, "計數", WIDTH_TITLE);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        buf_printf(out, "%7s ", heads[i]);
    buf_append_str(out, PLAIN);
    end_line(screen, out);
    for (int i = 0; i < shop->products.count; i++) {
        const struct shop_counters *c = &shop->counters[i];
        cell(out, shop->products.rows[i].title, WIDTH_TITLE);
        buf_printf(out,
                   "%7" PRId64 " %7" PRId64 " %7" PRId64 " %7" PRId64 " %7" PRId64 " %7" PRId64
                   " %7" PRId64,
                   c->rooms_open, c->rooms_formed, c->rooms_failed, c->seats_held, c->seats_paid,
                   c->seats_released, c->refunds_due);
        end_line(screen, out);
    }
    buf_printf(out,
               "退款 refunds not yet acknowledged: " BOLD "%" PRId64 PLAIN "   calls %" PRId64
               ", refused %" PRId64,
               shop->refunds_open, shop->calls, shop->refused);
    end_line(screen, out);
}

static void draw_news(struct screen *screen, struct buf *out, const struct shop *shop, int64_t rows)
{
    char span[16];

    end_line(screen, out);
    for (int64_t i = 0; i < rows; i++) {
        const struct shop_room *room = &shop->news[i];
        if (room->id[0] != '\0') {
            bool is_formed = room->state == TUAN_ROOM_FORMED;
            buf_append_str(out, is_formed ? GREEN "成團 formed " PLAIN : RED "失敗 failed " PLAIN);
            cell(out, shop->products.rows[room->product].title, WIDTH_TITLE);
            cell(out, tuan_word_text(&tuan_room_reason_words, room->reason), 14);
            buf_printf(out, "%2" PRId64 " of %2" PRId64 " seats after %s", room->seats, room->size,
                       text_span(span, room->ended_at - room->opened_at));
        }
        end_line(screen, out);
    }
}

/* Lines for rooms and for news, so that the whole picture fits. */
static void share_lines(const struct screen *screen, const struct shop *shop, int64_t *rooms,
                        int64_t *news)
{
    int64_t fixed = 6 + shop->products.count; /* hint, heads, empty lines, counters, refunds */
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) size.ws_row = 40;
    int64_t left = size.ws_row - fixed - 1;
    if (left - INTRODUCTION_LINES >= 6) left -= INTRODUCTION_LINES; /* it stays in view */
    *news = left > 16 ? 6 : left > 8 ? 3 : 1;
    *rooms = left - *news < screen->rooms_shown ? left - *news : screen->rooms_shown;
    *rooms = *rooms < 1 ? 1 : *rooms > SHOP_ROOMS ? SHOP_ROOMS : *rooms;
}

static void draw(struct screen *screen, const struct shop *shop, int64_t now_ms)
{
    struct buf out = {0};
    int64_t rooms, news;

    share_lines(screen, shop, &rooms, &news);
    buf_append_str(&out, HIDE_CURSOR);
    if (screen->lines_drawn > 0) buf_printf(&out, "\033[%zuA", screen->lines_drawn);
    screen->lines_drawn = 0;
    if (screen->at.pid == 0)
        buf_append_str(&out, RED "the daemon has ended: it is started again" PLAIN);
    else
        buf_printf(&out,
                   BOLD "http://%s/" PLAIN DIM
                        " shop   http://%s/ console   kill -9 %d   Ctrl-C ends" PLAIN,
                   screen->at.shop, screen->at.admin, screen->at.pid);
    end_line(screen, &out);
    draw_rooms(screen, &out, shop, rooms, now_ms);
    draw_counters(screen, &out, shop);
    draw_news(screen, &out, shop, news);
    buf_append_str(&out, CLEAR_BELOW);
    fwrite(out.data, 1, out.len, stdout);
    fflush(stdout);
    buf_free(&out);
}

/* ---- a pipe ---- */

static void tell_news(const struct tool *tool, const struct shop *shop,
                      const struct shop_room *room)
{
    const char *state = tuan_word_text(&tuan_room_state_words, room->state);
    const char *reason = tuan_word_text(&tuan_room_reason_words, room->reason);
    const char *campaign = shop->products.rows[room->product].id;

    printf(tool->json ? "{\"event\":\"%s\",\"campaign\":\"%s\",\"room\":\"%s\",\"reason\":\"%s\","
                        "\"seats\":%" PRId64 ",\"size\":%" PRId64 ",\"after_ms\":%" PRId64 "}\n"
                      : "event=%s campaign=%s room=%s reason=%s seats=%" PRId64 " size=%" PRId64
                        " after_ms=%" PRId64 "\n",
           state, campaign, room->id, reason, room->seats, room->size,
           room->ended_at - room->opened_at);
}

static void tell_counters(const struct tool *tool, const struct shop *shop)
{
    struct shop_counters sum = {0};

    for (int i = 0; i < shop->products.count; i++) {
        sum.rooms_open += shop->counters[i].rooms_open;
        sum.rooms_formed += shop->counters[i].rooms_formed;
        sum.rooms_failed += shop->counters[i].rooms_failed;
        sum.seats_held += shop->counters[i].seats_held;
        sum.seats_paid += shop->counters[i].seats_paid;
    }
    printf(tool->json
               ? "{\"event\":\"counters\",\"rooms_open\":%" PRId64 ",\"rooms_formed\":%" PRId64
                 ",\"rooms_failed\":%" PRId64 ",\"seats_held\":%" PRId64 ",\"seats_paid\":%" PRId64
                 ",\"refunds_open\":%" PRId64 ",\"calls\":%" PRId64 ",\"refused\":%" PRId64 "}\n"
               : "event=counters rooms_open=%" PRId64 " rooms_formed=%" PRId64
                 " rooms_failed=%" PRId64 " seats_held=%" PRId64 " seats_paid=%" PRId64
                 " refunds_open=%" PRId64 " calls=%" PRId64 " refused=%" PRId64 "\n",
           sum.rooms_open, sum.rooms_formed, sum.rooms_failed, sum.seats_held, sum.seats_paid,
           shop->refunds_open, shop->calls, shop->refused);
}

static void tell(struct screen *screen, const struct shop *shop, int64_t now_ms)
{
    int64_t fresh = shop->news_count - screen->news_told;

    for (int64_t i = fresh > SHOP_NEWS ? SHOP_NEWS : fresh; i > 0; i--)
        tell_news(screen->tool, shop, &shop->news[i - 1]);
    screen->news_told = shop->news_count;
    if (now_ms - screen->told_at_ms >= 1000) {
        tell_counters(screen->tool, shop);
        screen->told_at_ms = now_ms;
    }
    fflush(stdout);
}

void screen_show(struct screen *screen, const struct shop *shop, int64_t now_ms)
{
    if (screen->tool->is_terminal && !screen->tool->json)
        draw(screen, shop, now_ms);
    else
        tell(screen, shop, now_ms);
}

void screen_end(struct screen *screen)
{
    if (screen->lines_drawn > 0) printf(SHOW_CURSOR "\n");
    fflush(stdout);
}
