/* SPDX-License-Identifier: BSD-2-Clause */
/* options_show.c - options for people: --dump-config and --help. */
#include <string.h>

#include "daemon/options.h"

void options_dump(const struct options *options, FILE *out)
{
    char value[OPTION_TEXT_MAX], origin[OPTION_TEXT_MAX + 64];

    for (int id = 0; id < OPTION_COUNT; id++) {
        options_print_value(options, (enum option)id, value, sizeof value);
        options_print_origin(options, (enum option)id, origin, sizeof origin);
        int len = fprintf(out, "%s = %s", option_rows[id].key, value);
        fprintf(out, "%*s # %s\n", len < 44 ? 44 - len : 1, "", origin);
    }
}

void options_help(FILE *out)
{
    static const struct {
        const char *flag, *doc;
    } others[] = {
        {"--config FILE", "read options from FILE, lines of `section.key = value`"},
        {"--set KEY=VALUE", "set any option"},
        {"--check-config", "say whether the options are fine, and do nothing"},
        {"--dump-config", "show each option, and where its value came from"},
        {"--accept-dataset", "serve another data set than this directory remembers"},
        {"--version", "which tuand this is"},
        {"--help", "this text"},
    };

    fprintf(out,
            "tuand " TUAN_VERSION " - group-buy matching daemon\n\nusage: tuand [flag ...]\n\n");
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_row *row = &option_rows[id];
        if (row->flag[0] != '\0')
            fprintf(out, "  %s %s\n      %s (%s)\n", row->flag, row->value, row->doc, row->dflt);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        fprintf(out, "  %-18s %s\n", others[i].flag, others[i].doc);
    fprintf(
        out,
        "\noptions (file, TUAN_SECTION_KEY in the environment, --set; the last named wins):\n\n");
    for (int id = 0; id < OPTION_COUNT; id++)
        fprintf(out, "  %-22s %s (%s%s)\n", option_rows[id].key, option_rows[id].doc,
                option_rows[id].dflt[0] != '\0' ? option_rows[id].dflt : "none",
                option_rows[id].is_live ? ", reloadable" : "");
}
