/* function.h -- the scalar functions and operators, as one registry.
 *
 * Each fn_*.c ends with a table of struct function; builtin.c lists the tables.
 * A table feeds binding, `weir help NAME`, completion, and the test that runs
 * every example.  Operators are functions whose name is their sign ("=", "+",
 * "LIKE"), so that the binder has one way to resolve a call.
 *
 * Special syntax arrives as plain arguments; symbols become string literals:
 *   EXTRACT(YEAR FROM x)        EXTRACT('YEAR', x)
 *   FLOOR(x TO DAY), CEIL       FLOOR(x, 'DAY')            (a string literal as 2nd argument)
 *   TRIM(BOTH c FROM x)         TRIM('BOTH', c, x)         TRIM(x) stays one argument
 *   POSITION(a IN b)            POSITION(a, b)
 *   SUBSTRING(x FROM a FOR b)   SUBSTRING(x, a, b)
 *   OVERLAY(x PLACING y FROM a FOR b)   OVERLAY(x, y, a, b)
 *   TIMESTAMPADD(DAY, n, x)     TIMESTAMPADD('DAY', n, x), TIMESTAMPDIFF alike
 *   x LIKE y ESCAPE e           LIKE(x, y, e); NOT LIKE is NOT(LIKE(..)); SIMILAR alike
 *   x IS NULL                   IS NULL(x); also IS NOT NULL, IS TRUE, IS NOT TRUE, IS FALSE,
 *                               IS NOT FALSE, IS UNKNOWN, IS NOT UNKNOWN, IS JSON, IS NOT JSON,
 *                               IS JSON OBJECT / ARRAY / SCALAR / VALUE
 *   a IS DISTINCT FROM b        IS DISTINCT FROM(a, b), IS NOT DISTINCT FROM(a, b)
 *   a IN (b, c)                 IN(a, b, c) -- all literals after the first; otherwise the binder
 *                               makes ORs of "="
 *   x[i]                        ITEM(x, i);  x.f is FIELD(x, 'f')
 *   ARRAY[..] MAP[..] ROW(..)   ARRAY(..), MAP(k, v, ..), ROW(..)
 *   a || b                      ||(a, b);  -a is NEGATE(a)
 *   JSON_VALUE(x, p RETURNING t NULL ON EMPTY ..)   JSON_VALUE(x, p) with call->json
 * AND, OR, CASE, IF, COALESCE, NULLIF, IFNULL, BETWEEN, CAST are the binder's. */
#pragma once

#include "expr/expr.h"

struct function;

/* What binding needs to know of the session. */
struct bind_env {
    struct arena *arena;        /* of the statement */
    enum dialect dialect;
    const struct zone *zone;    /* session time zone */
    struct str zone_name;
    const struct zone *window_zone; /* of windows over instants: Blink goes by the standard offset */
    bool like_backslash_literal; /* `blink.like.backslash = literal` */
    int64_t state_ttl_ms;        /* `table.exec.state.ttl`; 0: state lives for ever */
    struct str not_null;         /* `table.exec.sink.not-null-enforcer`: error, drop, empty */
    struct str materialize;      /* `table.exec.sink.upsert-materialize`: auto, none, force */
    const char *window_fire;     /* the setting by which windows speak before or after they end */
    bool legacy_cast;            /* `table.exec.legacy-cast-behaviour`: CAST is TRY_CAST (Flink) */
};

/* The clauses of JSON_VALUE, JSON_QUERY, JSON_EXISTS. */
enum json_behavior {
    JSON_GIVE_DEFAULT,
    JSON_GIVE_NULL,
    JSON_GIVE_ERROR,
    JSON_GIVE_EMPTY_ARRAY,
    JSON_GIVE_EMPTY_OBJECT,
    JSON_GIVE_DEFAULT_VALUE,
    JSON_GIVE_TRUE,
    JSON_GIVE_FALSE,
    JSON_GIVE_UNKNOWN
};
enum json_wrapper { JSON_WITHOUT_WRAPPER, JSON_WITH_WRAPPER, JSON_WITH_CONDITIONAL_WRAPPER };
struct json_clauses {
    const struct type *returning;      /* NULL: not said */
    enum json_behavior on_empty, on_error;
    struct expr *default_empty;        /* with JSON_GIVE_DEFAULT_VALUE */
    struct expr *default_error;
    enum json_wrapper wrapper;
    bool absent_on_null;               /* JSON_OBJECT, JSON_ARRAY */
};

/* In and out of a resolve function. */
struct call {
    const struct bind_env *env;
    const struct function *function;
    struct span span;
    struct expr **args;                /* may be replaced, for example by casts */
    uint32_t arg_count;
    const struct json_clauses *json;   /* NULL: none given */
    /* Results: either type + kernel (+ state, state_hash, flags) ... */
    const struct type *type;
    kernel_fn kernel;
    const void *state;
    uint64_t state_hash;
    unsigned flags;
    /* ... or an expression that replaces the call. */
    struct expr *replacement;
};
typedef enum code (*resolve_fn)(struct call *call, struct error *err);

struct function {
    const char *name;       /* upper case, as the user writes it */
    unsigned dialects;      /* enum dialect, ORed */
    const char *signature;  /* "LPAD(string, length [, pad])" */
    const char *summary;    /* one sentence for `weir help` */
    const char *example;    /* an expression: "LPAD('7', 3, '0')"; NULL for operators' aliases */
    const char *result;     /* what the example gives as text: "007"; "NULL" */
    resolve_fn resolve;
    const char *category;   /* "string", "time", "math", "json", "logic", "collection", "hash" */
};

/* By name without case; NULL if the dialect has none.  A name may occur twice in the tables with
 * different dialects. */
const struct function *function_find(struct str name, enum dialect dialect);
/* The i-th function of all tables, NULL past the end: for help, completion and tests. */
const struct function *function_at(uint32_t i);

/* Makes the expression for function(args): resolves, coerces, folds constants.  On an error of
 * arguments the message names the function and its signature. */
enum code function_bind(const struct bind_env *env, const struct function *function,
                        struct expr **args, uint32_t arg_count, const struct json_clauses *json,
                        struct span span, struct expr **ret, struct error *err) WEIR_CHECKED;
/* The same, found by name; E_NAME with a suggestion if there is none. */
enum code function_bind_name(const struct bind_env *env, struct str name, struct expr **args,
                             uint32_t arg_count, struct span span, struct expr **ret,
                             struct error *err) WEIR_CHECKED;

/* --- for resolve functions --------------------------------------------------- */

/* E_TYPE: 'function LPAD does not accept (INT, BOOLEAN)', hint with the signature. */
enum code call_reject(const struct call *call, struct error *err);
/* OK if lo <= arg_count <= hi, else an error that says how many it takes. */
enum code call_arity(const struct call *call, uint32_t lo, uint32_t hi, struct error *err)
    WEIR_CHECKED;
/* Casts argument i implicitly to `type` (a literal NULL always fits; Blink: numbers and timestamps
 * to strings, strings to numbers, binaries to strings by UTF-8; Flink: only its own implicit
 * casts); rejects otherwise. */
enum code call_coerce(struct call *call, uint32_t i, const struct type *type, struct error *err)
    WEIR_CHECKED;
/* Coerces argument i to a string type (keeps CHAR/VARCHAR as they are). */
enum code call_coerce_string(struct call *call, uint32_t i, struct error *err) WEIR_CHECKED;
/* Brings all arguments from first..last to their common type; sets *ret to it. */
enum code call_common(struct call *call, uint32_t first, uint32_t last, const struct type **ret,
                      struct error *err) WEIR_CHECKED;

extern const struct function fn_compare_table[], fn_arith_table[], fn_math_table[],
    fn_string_table[], fn_regex_table[], fn_hash_table[], fn_time_table[], fn_json_table[],
    fn_collection_table[], fn_logic_table[]; /* each ends with a NULL name */
