/* check.h -- what a unit test needs: conditions that print what they saw, and
 * RUN, which names the test function that a failure belongs to.
 *
 * A failed check is printed and counted, and the test goes on: the next lines
 * often say why.  main() ends with `return check_failed != 0;`.  Arguments are
 * evaluated once.  Not for use from several threads at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Number of checks that failed since the program started. */
extern int check_failed;

/* Any condition.  Prefer the ones below, which show values. */
#define CHECK(cond) check_true((cond) ? 1 : 0, #cond, __FILE__, __LINE__)

/* Two integers of any type (compared as int64_t). */
#define CHECK_INT(got, want)                                                                       \
    check_int((int64_t)(got), (int64_t)(want), #got, #want, __FILE__, __LINE__)

/* Two C strings; either may be NULL, and NULL equals only NULL. */
#define CHECK_STR(got, want) check_str((got), (want), #got, __FILE__, __LINE__)

/* `size_bytes` bytes, as memcmp takes them. */
#define CHECK_MEM(got, want, size_bytes)                                                           \
    check_mem((got), (size_bytes), (want), (size_bytes), #got, __FILE__, __LINE__)

/* Bytes that do not end in NUL against a C string. */
#define CHECK_SPAN(got, got_bytes, want)                                                           \
    check_span((got), (got_bytes), (want), #got, __FILE__, __LINE__)

/* Runs `void fn(void)`; failures inside are printed under its name. */
#define RUN(fn) check_run((fn), #fn)

/* The functions behind the macros.  Each answers whether the check held, so a test can stop
 * where going on makes no sense: `if (!CHECK(p != NULL)) return;`. */
int check_true(int holds, const char *text, const char *file, int line);
int check_int(int64_t got, int64_t want, const char *got_text, const char *want_text,
              const char *file, int line);
int check_str(const char *got, const char *want, const char *text, const char *file, int line);
int check_mem(const void *got, size_t got_bytes, const void *want, size_t want_bytes,
              const char *text, const char *file, int line);
int check_span(const char *got, size_t got_bytes, const char *want, const char *text,
               const char *file, int line);
void check_run(void (*fn)(void), const char *name);
