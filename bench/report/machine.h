/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.h - where a result was measured: figures without it say nothing. */
#ifndef TUAN_REPORT_MACHINE_H
#define TUAN_REPORT_MACHINE_H

#include <jansson.h>

/* {cpu, cores, kernel, governor, memory_bytes, load_average}: a new reference; what the system does
 * not tell is left out. */
json_t *machine_json(void);

#endif
