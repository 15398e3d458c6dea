/* SPDX-License-Identifier: BSD-2-Clause */
/* html.h - a result as one page that needs nothing else: no script, no network, light and dark, fit
 * to be printed. */
#ifndef TUAN_REPORT_HTML_H
#define TUAN_REPORT_HTML_H

#include <jansson.h>

#include "base/buf.h"

void html_report(struct buf *out, const json_t *result);

#endif
