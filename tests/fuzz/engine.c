/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine under a stream of commands: the bytes are what chance is elsewhere. Both engines judge
 * each command (tests/naive), every invariant is walked, and a second engine is made of the log. */
#include <stdio.h>
#include <stdlib.h>

#include "compare.h"
#include "tests/fuzz/fuzz.h"

enum { HEAD_BYTES = 4, CHECK_EVERY = 64 };

static void stop_at(const struct both *both, const struct script *script)
{
    if (both->flaw[0] == '\0') return;
    fprintf(stderr, "step %u: %s\n", (unsigned)script->step_count, both->flaw);
    abort();
}

/* Made from the log alone it is the same. */
static void load_again(struct both *both, const struct script *script)
{
    struct engine *engine = store_load(&both->store, STORE_FROM_LOG, &both->config);

    assert(engine != NULL);
    engine_set_position(engine, both->position + 1);
    engine_destroy(both->engine);
    both->engine = engine;
    both_check(both, engine);
    stop_at(both, script);
}

static void run(struct both *both, struct maker *maker, struct script *script)
{
    while (maker->bytes < maker->bytes_end && script->step_count < STEPS_MAX &&
           script->text_used < TEXT_BYTES / 2) {
        make_step(maker, script, both);
        both_step(both, script, &script->steps[script->step_count - 1]);
        stop_at(both, script);
        engine_audit(both->engine);
        if (script->step_count % CHECK_EVERY == 0) both_check(both, both->engine);
        stop_at(both, script);
    }
    if (both->logs && both->position > 0) load_again(both, script);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct script script;
    struct maker maker;
    struct both both;

    if (size <= HEAD_BYTES) return 0;
    uint64_t seed = (uint64_t)data[0] << 8 | data[1];
    maker_init(&maker, seed);
    maker.kinds ^= (uint64_t)data[2] << 8 | data[3];
    maker.bytes = data + HEAD_BYTES;
    maker.bytes_end = data + size;
    script.step_count = script.text_used = 0;
    script.seed = seed;
    both_init(&both, seed, NULL);
    both.logs = true;
    run(&both, &maker, &script);
    both_clear(&both);
    return 0;
}
