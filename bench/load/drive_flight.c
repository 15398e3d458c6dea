/* SPDX-License-Identifier: BSD-2-Clause */
/* drive_flight.c - requests under way: numbered slots, each told to the source exactly once. */
#include "base/mem.h"
#include "bench/load/drive_impl.h"

enum { SWEEP_MS = 100 };

uint32_t drive_flight_take(struct drive *drive)
{
    if (drive->unused_count > 0) return drive->unused[--drive->unused_count];
    if (drive->flight_count == drive->flight_cap) {
        drive->flight_cap = drive->flight_cap == 0 ? 1024 : drive->flight_cap * 2;
        drive->flights = mem_realloc(drive->flights, drive->flight_cap * sizeof *drive->flights);
        drive->unused = mem_realloc(drive->unused, drive->flight_cap * sizeof *drive->unused);
    }
    return drive->flight_count++;
}

void drive_flight_drop(struct drive *drive, uint32_t index)
{
    drive->flights[index].is_used = false;
    drive->unused[drive->unused_count++] = index;
}

/* Told to the source, once. */
void drive_flight_end(struct drive *drive, struct flight *flight, const struct reply *reply,
                      int64_t now_ns)
{
    if (flight->is_given_up) return;
    flight->is_given_up = true;
    drive->counts.in_flight--;
    drive->source->ended(drive->source->context, flight, reply, now_ns);
}

void drive_flight_fail(struct drive *drive, struct flight *flight, enum fate fate, int64_t now_ns)
{
    reply_reset(&drive->reply);
    drive->reply.fate = fate;
    drive->reply.class = CLASS_ERROR;
    drive->reply.err = TUAN_ERR_COUNT;
    drive_flight_end(drive, flight, &drive->reply, now_ns);
}

void drive_flights_give_up(struct drive *drive, int64_t now_ns)
{
    if (now_ns < drive->sweep_ns) return;
    drive->sweep_ns = now_ns + SWEEP_MS * INT64_C(1000000);
    for (uint32_t i = 0; i < drive->flight_count; i++) {
        struct flight *flight = &drive->flights[i];
        if (flight->is_used && !flight->is_given_up && flight->sent_ns > 0 &&
            now_ns - flight->sent_ns > drive->options.timeout_ns)
            drive_flight_fail(drive, flight, FATE_TIMED_OUT, now_ns);
    }
}
