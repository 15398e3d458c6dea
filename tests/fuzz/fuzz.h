/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz.h - what a target offers, to libFuzzer or to replay_main.c, and how it objects. */
#ifndef TUAN_TESTS_FUZZ_H
#define TUAN_TESTS_FUZZ_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Behind the last byte nothing may be read. Returns 0; what must not be aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
