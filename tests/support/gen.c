/* gen.c -- what the generators of test data share (gen.h). */
#include "support/gen.h"

#include <stdlib.h>
#include <time.h>

uint64_t gen_mix(uint64_t number)
{
    uint64_t z = number + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void gen_seed(struct gen_random *random, uint64_t seed)
{
    random->state = seed * 0x2545f4914f6cdd1du + 1;
}

uint64_t gen_next(struct gen_random *random)
{
    uint64_t number = gen_mix(random->state);
    random->state += 0x9e3779b97f4a7c15u;
    return number;
}

uint32_t gen_below(struct gen_random *random, uint32_t limit)
{
    return (uint32_t)(((gen_next(random) >> 32) * limit) >> 32);
}

double gen_unit(struct gen_random *random)
{
    return (double)(gen_next(random) >> 11) * 0x1p-53;
}

static void stop(const struct gen_file *out, const char *what)
{
    fprintf(stderr, "could not %s %s: ", what, out->path != NULL ? out->path : "standard output");
    perror(NULL);
    exit(1);
}

void gen_open(struct gen_file *out, const char *path)
{
    out->path = path;
    out->used = 0;
    out->file = path != NULL ? fopen(path, "wb") : stdout;
    if (out->file == NULL)
        stop(out, "open");
}

static void flush(struct gen_file *out)
{
    if (fwrite(out->bytes, 1, out->used, out->file) != out->used)
        stop(out, "write to");
    out->used = 0;
}

char *gen_begin(struct gen_file *out)
{
    if (sizeof(out->bytes) - out->used < GEN_LINE_BYTES_MAX)
        flush(out);
    return out->bytes + out->used;
}

void gen_end_line(struct gen_file *out, char *end)
{
    *end++ = '\n';
    out->used = (size_t)(end - out->bytes);
}

void gen_close(struct gen_file *out)
{
    flush(out);
    bool failed = out->path != NULL ? fclose(out->file) != 0 : fflush(out->file) != 0;
    if (failed)
        stop(out, "write to");
}

char *gen_put_number(char *at, uint64_t number)
{
    char digits[20];
    size_t n = sizeof(digits);
    do {
        digits[--n] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return gen_put_bytes(at, digits + n, sizeof(digits) - n);
}

char *gen_put_digits(char *at, uint64_t number, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + digits;
}

char *gen_put_letters(struct gen_random *random, char *at, size_t size)
{
    while (size > 0) {
        uint64_t bits = gen_next(random) >> 1;
        for (int i = 0; i < 12 && size > 0; i++, size--) { /* 26^12 < 2^57 */
            *at++ = (char)('a' + bits % 26);
            bits /= 26;
        }
    }
    return at;
}

char *gen_put_hex(struct gen_random *random, char *at, size_t size)
{
    while (size > 0) {
        uint64_t bits = gen_next(random);
        for (int i = 0; i < 16 && size > 0; i++, size--) {
            *at++ = "0123456789abcdef"[bits & 15];
            bits >>= 4;
        }
    }
    return at;
}

char *gen_put_time(char *at, int64_t epoch_ms, int64_t offset_ms, bool millis)
{
    /* Times come nearly in order: most lie in the second of the one before. */
    static int64_t known_s = INT64_MIN;
    static char known[32];
    int64_t ms = epoch_ms + offset_ms;
    if (ms / 1000 != known_s) {
        time_t second = (time_t)(ms / 1000);
        struct tm tm;
        gmtime_r(&second, &tm);
        strftime(known, sizeof(known), "%Y-%m-%d %H:%M:%S", &tm);
        known_s = ms / 1000;
    }
    at = gen_put_bytes(at, known, 19);
    if (millis) {
        *at++ = '.';
        at = gen_put_digits(at, (uint64_t)(ms % 1000), 3);
    }
    return at;
}

bool gen_parse_uint(const char *text, uint64_t max, uint64_t *ret)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    unsigned long long number = strtoull(text, &end, 10);
    if (*end != '\0' || number > max)
        return false;
    *ret = number;
    return true;
}
