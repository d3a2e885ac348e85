/* error.h -- how failure travels.
 *
 * A function that can fail returns `enum code` and takes `struct error *err`
 * last.  Success leaves *err alone; failure leaves out parameters alone.  The
 * struct belongs to the caller (usually on the stack of the command), and err
 * may be NULL where the caller only wants the code.
 *
 * Messages follow PostgreSQL's guide: lower case, no period, no function name,
 * names in double quotes, always with the reason.  Detail and hint are whole
 * sentences.  Positions are byte spans in the text of the job; engine/sql/diag.c
 * draws the line and the caret. */
#pragma once

#include "base/base.h"

#include <stdarg.h>

/* Codes, with the sort of thing they stand for. */
#define ERROR_CODES(X)                                                                             \
    X(E_NOMEM, "out of memory")                                                                    \
    X(E_USAGE, "wrong use of the command line")                                                    \
    X(E_SYNTAX, "syntax error")                                                                    \
    X(E_NAME, "unknown or ambiguous name")                                                         \
    X(E_TYPE, "type error")                                                                        \
    X(E_PLAN, "statement cannot be planned")                                                       \
    X(E_UNSUPPORTED, "feature is not available in this build")                                     \
    X(E_OPTION, "wrong option")                                                                    \
    X(E_DATA, "bad data")                                                                          \
    X(E_IO, "input or output failed")                                                              \
    X(E_RETRY, "temporary failure; the same call may succeed later")                               \
    X(E_LIMIT, "a limit was reached")                                                              \
    X(E_CANCELLED, "stopped on request")                                                           \
    X(E_INTERNAL, "internal error")

enum code {
    OK = 0,
    E_BEGIN_ = -100, /* codes are negative; never returned itself */
#define X(name, text) name,
    ERROR_CODES(X)
#undef X
};

/* Bytes [offset, offset + size) of the job text. */
struct span {
    uint32_t offset;
    uint32_t size;
};

struct error {
    enum code code;
    bool has_span;
    bool is_told; /* the user has been told of it, or of what it follows from: not again */
    struct span span;
    char message[512];
    char detail[768];
    char hint[384];
    char trail[384]; /* "while ..." lines, innermost first, separated by \n */
};

/* Fills *err (if not NULL) and returns `code`, so that `return error_set(...)` reads well. */
enum code error_set(struct error *err, enum code code, const char *fmt, ...) WEIR_PRINTF(3, 4);

/* The same with a position in the job text. */
enum code error_at(struct error *err, enum code code, struct span span, const char *fmt, ...)
    WEIR_PRINTF(4, 5);

enum code error_nomem(struct error *err);

/* Adds a position only if there is none yet: the innermost one is the best. */
void error_locate(struct error *err, struct span span);
void error_detail(struct error *err, const char *fmt, ...) WEIR_PRINTF(2, 3);
void error_hint(struct error *err, const char *fmt, ...) WEIR_PRINTF(2, 3);

/* Adds a line of context: error_while(err, "reading \"%s\"", path). */
void error_while(struct error *err, const char *fmt, ...) WEIR_PRINTF(2, 3);

const char *error_code_text(enum code code);

/* Returns on failure.  Not for functions that have something to undo. */
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        enum code try_code_ = (expr);                                                              \
        if (unlikely(try_code_ != OK))                                                             \
            return try_code_;                                                                      \
    } while (0)
