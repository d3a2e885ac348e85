/* fn_regex.h -- Java's regular expressions, run by PCRE2.
 *
 * regex_translate() rewrites a pattern of java.util.regex; regex_compile() compiles it for UTF-8,
 * with machine code where the processor allows it.  A compiled pattern is immutable and may be
 * used by any thread; what a search needs besides is in a struct regex_run, one a call and worker.
 *
 * Searches are bounded: a pattern that backtracks without end gives E_LIMIT after some
 * milliseconds.  Positions are bytes of the text that was searched, which is valid UTF-8
 * (regex_text). */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct eval;
struct regex;
struct regex_run;

/* --- compiling ----------------------------------------------------------------- */

/* Appends the pattern in PCRE2's language.  *ret_ucp: classes such as \w are Unicode's.  E_DATA
 * with reason and position if it is no pattern of Java's, or one that PCRE2 has no equal for. */
enum code regex_translate(struct str pattern, struct buf *out, bool *ret_ucp,
                          struct error *err) WEIR_CHECKED;

enum regex_flags {
    REGEX_WHOLE = 1 << 0, /* matches only all of the text */
    REGEX_JIT = 1 << 1,   /* worth machine code: it will be used often */
};

/* E_DATA: not a regular expression. */
enum code regex_compile(struct str pattern, unsigned flags, struct regex **ret,
                        struct error *err) WEIR_CHECKED;
void regex_destroy(struct regex *regex); /* NULL is fine */
uint32_t regex_group_count(const struct regex *regex);

/* --- searching ------------------------------------------------------------------- */

/* The run kept in `scratch`, made at the first use in the operator's arena. */
enum code regex_run_get(struct arena *op_arena, void **scratch, struct regex_run **ret,
                        struct error *err) WEIR_CHECKED;

/* The text as it can be searched: itself, or a repaired copy. .data is NULL when out of memory. */
struct str regex_text(struct arena *arena, struct str text) WEIR_CHECKED;

/* Searches from byte `from` on.  E_LIMIT when it takes too long. */
enum code regex_find(struct regex_run *run, const struct regex *regex, struct str text, size_t from,
                     bool *ret_found, struct error *err) WEIR_CHECKED;
/* Of the last match: what group `n` (0: all) matched; false if it took no part. */
bool regex_group(const struct regex_run *run, uint32_t n, size_t *ret_begin, size_t *ret_end);
/* Where Java's Matcher.find() goes on behind the last match; past the end when it is done. */
size_t regex_next(const struct regex_run *run, struct str text);

/* A pattern that is not known before: compiled, and kept in the run's small cache.  *ret is NULL
 * if it is no pattern; then *ret_reason (if not NULL) says why, until the next call. */
enum code regex_run_compile(struct regex_run *run, struct str pattern, unsigned flags,
                            const struct regex **ret, const struct error **ret_reason,
                            struct error *err) WEIR_CHECKED;
