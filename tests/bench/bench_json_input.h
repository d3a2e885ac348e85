/* bench_json_input.h -- the messages that the JSON benchmarks read, and the twelve paths.
 *
 * The shape is that of the signal messages of the student operation job: about 270 bytes, seven
 * scalars in `data`, five more below `data.msg`.  Seeded, so that every run sees the same bytes.
 * Messages lie back to back, as in a fetched batch, with padding only behind the last one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { BENCH_PATHS = 12, BENCH_BATCH = 1024 };

enum bench_input {
    BENCH_OBJECT,   /* `data` is an object */
    BENCH_STRING,   /* `data` is a string that holds JSON */
    BENCH_SHUFFLED, /* an object; eight orders of the members in turn, at random */
    BENCH_UNIQUE,   /* an object; no two messages have the same shape */
    BENCH_INPUTS,
};

struct bench_messages {
    char *bytes;
    size_t *offsets; /* count + 1 */
    size_t count;
    size_t total_bytes;
};

/* Exits when out of memory. */
void bench_messages_make(struct bench_messages *messages, enum bench_input input, size_t count,
                         uint64_t seed);
void bench_messages_free(struct bench_messages *messages);

const char *bench_input_name(enum bench_input input);

/* User and system time of the process, in nanoseconds. */
double bench_cpu_ns(void);

/* A reader of all messages; returns a checksum over the sizes of the values found, so that readers
 * can be held against each other, and *ret_bad the number of malformed messages. */
typedef uint64_t bench_reader(void *state, const struct bench_messages *messages,
                              uint64_t *ret_bad);

void *bench_weir_create(bool learns);
void bench_weir_destroy(void *state);
uint64_t bench_weir_read(void *state, const struct bench_messages *messages, uint64_t *ret_bad);
uint64_t bench_cjson_read(void *state, const struct bench_messages *messages, uint64_t *ret_bad);
const char *bench_weir_about(void *state);

#ifdef __cplusplus
}
#endif
