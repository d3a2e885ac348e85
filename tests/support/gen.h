/* gen.h -- what the generators of test data share: seeded random numbers, text put together in a
 * buffer, and files.  The same seed gives the same bytes on every machine.  C library only.
 *
 * Writers put their text at `at` and return its end; gen_begin() has made room for a line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { GEN_LINE_BYTES_MAX = 4096 };

struct gen_random {
    uint64_t state;
};

struct gen_file {
    FILE *file;
    const char *path; /* borrowed; NULL: standard output */
    size_t used;
    char bytes[1 << 18];
};

/* --- random numbers: splitmix64 --------------------------------------------------- */

void gen_seed(struct gen_random *random, uint64_t seed);
uint64_t gen_next(struct gen_random *random);
/* From [0, limit). */
uint32_t gen_below(struct gen_random *random, uint32_t limit);
/* From [0, 1). */
double gen_unit(struct gen_random *random);
/* A number that belongs to `number` for good: ids that look random. */
uint64_t gen_mix(uint64_t number);

/* --- files: any trouble is told, and ends the program ------------------------------- */

void gen_open(struct gen_file *out, const char *path);
/* Where the next line may be written. */
char *gen_begin(struct gen_file *out);
/* Puts a line feed behind `end`. */
void gen_end_line(struct gen_file *out, char *end);
void gen_close(struct gen_file *out);

/* --- text ---------------------------------------------------------------------------- */

#define GEN_PUT(at, literal) gen_put_bytes((at), (literal), sizeof(literal) - 1)

static inline char *gen_put_bytes(char *at, const char *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

static inline char *gen_put_text(char *at, const char *text)
{
    return gen_put_bytes(at, text, strlen(text));
}

char *gen_put_number(char *at, uint64_t number);
/* With leading zeroes. */
char *gen_put_digits(char *at, uint64_t number, int digits);
/* `size` small letters. */
char *gen_put_letters(struct gen_random *random, char *at, size_t size);
char *gen_put_hex(struct gen_random *random, char *at, size_t size);
/* 2020-08-06 16:35:49 in UTC moved by `offset_ms`; with ".123" if `millis`. */
char *gen_put_time(char *at, int64_t epoch_ms, int64_t offset_ms, bool millis);

/* --- command line ---------------------------------------------------------------------- */

bool gen_parse_uint(const char *text, uint64_t max, uint64_t *ret);
