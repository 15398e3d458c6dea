/* SPDX-License-Identifier: BSD-2-Clause */
/* load.h - `tuan bench`: its workloads. */
#ifndef TUAN_BENCH_LOAD_H
#define TUAN_BENCH_LOAD_H

#include "bench/tool/tool.h"

tool_command bench_engine, bench_quality;
tool_command bench_load; /* a daemon under load */

#endif
