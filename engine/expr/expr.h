/* expr.h -- bound expressions: typed, resolved, no dialect left.
 *
 * The binder makes trees of struct expr; the optimizer rewrites them; program.h
 * turns them into a program.  Nodes are immutable once made and live in the
 * statement's arena, so sub-trees may be shared freely.
 *
 * A call is already decided: `kernel` is the vector function for exactly these
 * argument types, `state` is whatever its resolve function prepared (a compiled
 * pattern, a JSON path, a time zone).  AND, OR and CASE are kinds of their own
 * because they decide which rows their arguments are evaluated on; IF, COALESCE,
 * NULLIF and friends are bound to CASE. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "types/value.h"

struct batch;
struct clock;
struct zone; /* types/zone.h */

enum dialect { DIALECT_BLINK = 1, DIALECT_FLINK = 2, DIALECT_BOTH = 3 };

/* --- kernels ---------------------------------------------------------------- */

/* The rows a kernel has to compute: positions in the columns, ascending.  A kernel
 * writes out slot i for every row i here and touches no other slot. */
struct rows {
    const uint32_t *sel;       /* NULL: rows 0 .. n-1 */
    uint32_t n;
    const struct rows *parent; /* these rows are a subset of the parent's; NULL: the whole batch */
};

/* for (i in rows): ROWS_EACH(rows, i) { out[i] = ...; } */
#define ROWS_EACH(rows, i)                                                                         \
    for (uint32_t k_##i = 0, i = 0;                                                                \
         k_##i < (rows)->n && ((i = (rows)->sel ? (rows)->sel[k_##i] : k_##i), true); k_##i++)

/* What a kernel may use while it runs.  One per worker and program. */
struct eval {
    struct arena *arena;        /* of the batch: results and strings go here */
    struct arena *op_arena;     /* of the operator: for call->scratch, lives as long as the job */
    struct column *const *input; /* columns of the batch */
    uint32_t count;             /* rows in each input column */
    const struct clock *clock;
    int64_t now_us;             /* the clock, read once for this batch */
};

struct kernel_call {
    const void *state;          /* made by the resolve function; read-only, shared by workers */
    struct column *const *args; /* constant columns are common: use COLUMN_AT */
    uint32_t arg_count;
    void **scratch;             /* one pointer of its own per call and worker, NULL at first */
};

/* `out` has room for cx->count rows (or is constant, when all arguments are and the function is
 * deterministic), all valid, without a bitmap.  Nested types: the kernel makes the children.
 * To make row i NULL: column_need_valid(out, cx->arena) once, then column_set_null(out, i). */
typedef enum code (*kernel_fn)(struct eval *cx, const struct kernel_call *call,
                               const struct rows *rows, struct column *out, struct error *err);

enum call_flags {
    /* Without CALL_NULLS the kernel is strict: eval hands it only rows whose arguments are all
     * valid, and makes the others NULL.  With it the kernel sees every row and looks itself. */
    CALL_NULLS = 1 << 0,
    /* Strict too, but harmless on garbage (plain arithmetic): eval hands it all rows and ANDs the
     * bitmaps, so its loops stay dense.  It must not raise errors or read views of NULL rows. */
    CALL_SAFE = 1 << 1,
    /* Result depends on the moment (NOW): not folded at bind time; one value a batch. */
    CALL_DYNAMIC = 1 << 2,
    /* Result differs row by row (RAND, UUID): never folded, shared or made constant. */
    CALL_VOLATILE = 1 << 3,
    /* The kernel may return E_DATA (Flink's CAST, division by zero, ERROR ON ERROR). */
    CALL_FAILS = 1 << 4,
    /* Of a TRY_CAST that is fused with what it reads: NULL is what the job asks for. */
    CALL_TRIES = 1 << 5,
};

/* --- trees ------------------------------------------------------------------ */

enum { EXPR_SIZE_MAX = 1 << 20 };

enum expr_kind { EXPR_COLUMN, EXPR_LITERAL, EXPR_CALL, EXPR_AND, EXPR_OR, EXPR_CASE };

struct expr {
    enum expr_kind kind;
    struct span span;             /* in the job text, for errors and EXPLAIN ANALYZE */
    const struct type *type;
    uint64_t hash;                /* of the meaning: equal trees have equal hashes */
    uint32_t column;              /* EXPR_COLUMN: position in the input */
    const struct value *literal;  /* EXPR_LITERAL */
    const struct function *function; /* EXPR_CALL: for printing and equality */
    kernel_fn kernel;
    const void *state;
    uint64_t state_hash;          /* stands for `state` in hash and equality */
    unsigned flags;               /* enum call_flags; ORed upwards: DYNAMIC, VOLATILE, FAILS */
    uint32_t size;                /* of the tree as rewriting has made it, 0 where nothing has: a
                                     bound for who puts trees into trees; at most EXPR_SIZE_MAX */
    struct expr *const *args;     /* CASE: when1, then1, when2, then2, ..., else */
    uint32_t arg_count;
    const struct expr *lowered_from; /* the call over the same input that this stands for: it reads a
                                     JSON hit. NULL: it is itself */
};

/* Makers: NULL when out of memory. */
struct expr *expr_column(struct arena *arena, uint32_t column, const struct type *type,
                         struct span span);
struct expr *expr_literal(struct arena *arena, const struct value *value, struct span span);
struct expr *expr_null(struct arena *arena, const struct type *type, struct span span);
struct expr *expr_bool(struct arena *arena, bool value, struct span span);
struct expr *expr_string(struct arena *arena, struct str text, struct span span);
struct expr *expr_i64(struct arena *arena, const struct type *type, int64_t value,
                      struct span span); /* integers, DATE, TIME, timestamps, intervals */
/* AND / OR of two or more; flattens nested ones. */
struct expr *expr_logic(struct arena *arena, enum expr_kind kind, struct expr *const *args,
                        uint32_t n, struct span span);
/* args as for EXPR_CASE; the branches have `type` already. */
struct expr *expr_case(struct arena *arena, const struct type *type, struct expr *const *args,
                       uint32_t n, struct span span);

bool expr_equal(const struct expr *a, const struct expr *b);
bool expr_is_literal(const struct expr *e);  /* a literal, NULL included */
bool expr_is_null(const struct expr *e);     /* the literal NULL */
/* The text of a string literal that is not NULL; false otherwise. */
bool expr_literal_text(const struct expr *e, struct str *ret);
/* An integer literal that is not NULL; false otherwise. */
bool expr_literal_i64(const struct expr *e, int64_t *ret);

/* SQL-like text for EXPLAIN and messages; columns by name where `names` has one. */
void expr_print(struct buf *out, const struct expr *e, const struct str *names,
                uint32_t name_count);

/* The same node over other arguments (as many). */
struct expr *expr_with_args(struct arena *arena, const struct expr *e, struct expr *const *args);

/* Calls fn on every node, parents first. */
void expr_walk(struct expr *e, void (*fn)(struct expr *e, void *arg), void *arg);
/* A copy with every node offered to fn, children first; fn returns its replacement (or e itself,
 * or NULL when out of memory). Unchanged sub-trees are shared. NULL when out of memory. */
struct expr *expr_rewrite(struct arena *arena, struct expr *e,
                          struct expr *(*fn)(struct arena *arena, struct expr *e, void *arg),
                          void *arg);
