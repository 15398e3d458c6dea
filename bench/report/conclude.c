/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/conclude.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "bench/report/compare.h"
#include "bench/report/html.h"
#include "bench/report/result.h"
#include "bench/report/table.h"
#include "bench/tool/tool.h"

static const char ours[] = "tuan";

static void add(const struct conclusion *conclusion, json_t *result, json_t *comparison)
{
    if (!conclusion->tells_json) compare_print(stdout, comparison);
    json_array_append_new(json_object_get(result, "comparisons"), comparison);
}

/* Ours against each peer of the same runs. */
static void compare_with_peers(const struct conclusion *conclusion, json_t *result)
{
    const json_t *runs = json_object_get(result, "runs");
    const char *last = ours;

    for (size_t i = 0; i < json_array_size(runs) && strcmp(last, ours) == 0; i++) {
        last = json_string_value(json_object_get(json_array_get(runs, i), "target"));
        if (strcmp(last, ours) == 0) continue;
        add(conclusion, result,
            compare(&(struct compare_side){runs, last, last},
                    &(struct compare_side){runs, ours, ours}));
    }
}

static int compare_with_base(const struct conclusion *conclusion, json_t *result)
{
    json_t *base = result_read(conclusion->base);

    if (base == NULL) return TOOL_USAGE;
    json_t *comparison =
        compare(&(struct compare_side){json_object_get(base, "runs"), ours, conclusion->base},
                &(struct compare_side){json_object_get(result, "runs"), ours, "this"});
    double worst = compare_regress(comparison);
    add(conclusion, result, comparison);
    json_decref(base);
    if (conclusion->max_regress == 0 || worst <= conclusion->max_regress) return TOOL_OK;
    fprintf(stderr, "tuan bench: worse than %s by %.1f %%\n", conclusion->base, worst * 100);
    return TOOL_REFUSED;
}

static bool write_text(const char *path, const struct buf *text)
{
    FILE *file = fopen(path, "we");
    bool is_written = file != NULL && fwrite(text->data, 1, text->len, file) == text->len;

    if (file != NULL && fclose(file) != 0) is_written = false;
    if (!is_written) fprintf(stderr, "tuan bench: %s: %s\n", path, strerror(errno));
    return is_written;
}

static bool write_files(const struct conclusion *conclusion, const json_t *result)
{
    bool is_good = conclusion->out == NULL || result_write(result, conclusion->out);
    struct buf text = {0};

    if (conclusion->tells_json) is_good &= result_write(result, "-");
    if (conclusion->csv != NULL) {
        table_csv(&text, result);
        is_good &= write_text(conclusion->csv, &text);
    }
    buf_reset(&text);
    if (conclusion->hgrm != NULL && table_hgrm(&text, result))
        is_good &= write_text(conclusion->hgrm, &text);
    buf_reset(&text);
    if (conclusion->html != NULL) {
        html_report(&text, result);
        is_good &= write_text(conclusion->html, &text);
    }
    buf_free(&text);
    return is_good;
}

int conclude(const struct conclusion *conclusion, json_t *result)
{
    int code = TOOL_OK;

    json_object_set_new(result, "comparisons", json_array());
    compare_with_peers(conclusion, result);
    if (conclusion->base != NULL) code = compare_with_base(conclusion, result);
    return write_files(conclusion, result) ? code : TOOL_USAGE;
}
