/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/log.h"
#include "base/mem.h"
#include "tests/sim/sim.h"

int main(int argc, char **argv)
{
    uint64_t from = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    uint64_t steps = argc > 3 ? strtoull(argv[3], NULL, 10) : 20000;
    bool trace = argc > 4;
    struct sim *sim = mem_alloc(sizeof *sim);
    uint64_t total = 0;

    log_init(&(struct log_config){.fd = 2, .level_min = trace ? LOG_LEVEL_DEBUG : (enum log_level)LOG_LEVELS});
    for (uint64_t seed = from; seed < from + count; seed++) {
        struct config config;
        struct buf text = {0};
        config_make(&config, seed, steps, 0);
        if (trace) { config_print(&config, &text); fprintf(stderr, "%.*s", (int)text.len, text.data); }
        sim_run(sim, &config, trace);
        total += sim->stats.steps;
        if (sim->flaw[0] != '\0') {
            config_print(&config, &text);
            printf("seed %llu step %llu: %s\n  %.*s", (unsigned long long)seed, (unsigned long long)sim->stats.steps, sim->flaw, (int)text.len, text.data);
        } else if (count < 20) {
            printf("seed %llu ok steps %llu commands %llu requests %llu loads %llu/%llu slices %llu appends %llu takes %llu rewinds %llu sim %lld ms hash %llx\n",
                (unsigned long long)seed, (unsigned long long)sim->stats.steps, (unsigned long long)sim->stats.commands,
                (unsigned long long)sim->stats.requests, (unsigned long long)sim->stats.loads_compared, (unsigned long long)sim->stats.loads, (unsigned long long)sim->stats.slices,
                (unsigned long long)sim->stats.appends, (unsigned long long)sim->stats.takes, (unsigned long long)sim->stats.rewinds, (long long)sim->stats.simulated_us/1000, (unsigned long long)sim->hash);
        }
        buf_free(&text);
        sim_free(sim);
        fflush(stdout);
    }
    printf("total steps %llu\n", (unsigned long long)total);
    mem_free(sim);
    return 0;
}
