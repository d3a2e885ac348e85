/* fn_call.h -- calling SQL functions from unit tests.
 *
 * Arguments are written as texts:
 *   'abc    a string       #5   INT        ##5  BIGINT     %1.5  DOUBLE
 *   ?true   BOOLEAN        x'0A a binary   ~    NULL (string)   ~i  NULL (INT)  ~n  bare NULL
 * Every call is made twice: with literals, which folds it, and with columns, over some rows of a
 * batch; both must agree.  An argument with a `=` before it stays a literal (a pattern, a path).
 * The result is the text of the value, NULL, or ERROR and the message. */
#pragma once

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "expr/cast.h"
#include "expr/program.h"
#include "support/check.h"
#include "types/text.h"
#include "types/time.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FN_ARGS_MAX = 32, FN_TEXT_MAX = 1 << 16, FN_ROWS = 5 };

static char fn_texts[8][FN_TEXT_MAX];
static unsigned fn_next_text;
static bool fn_like_literal; /* bind_env.like_backslash_literal */

static inline char *fn_text(void)
{
    return fn_texts[fn_next_text++ % countof(fn_texts)];
}

static inline void fn_parse(struct arena *arena, const char *spec, struct value *ret)
{
    size_t n = strlen(spec);
    *ret = (struct value){ .type = &type_string };
    if (spec[0] == '~') {
        ret->is_null = true;
        ret->type = spec[1] == 'i' ? &type_int : spec[1] == 'n' ? &type_null : &type_string;
    } else if (spec[0] == '#') {
        bool big = spec[1] == '#';
        ret->type = big ? &type_bigint : &type_int;
        ret->i64 = strtoll(spec + 1 + big, NULL, 10);
    } else if (spec[0] == '%') {
        ret->type = &type_double;
        ret->f64 = strtod(spec + 1, NULL);
    } else if (spec[0] == '?') {
        ret->type = &type_boolean;
        ret->i64 = spec[1] == 't';
    } else if (spec[0] == 'x') {
        char *bytes = arena_alloc(arena, n);
        ret->type = &type_bytes;
        ret->str = str_make(bytes, (n - 2) / 2);
        for (size_t i = 0; i < ret->str.size; i++) {
            char digits[3] = { spec[2 + 2 * i], spec[3 + 2 * i], '\0' };
            bytes[i] = (char)strtoul(digits, NULL, 16);
        }
    } else {
        ret->str = arena_str(arena, str_make(spec + 1, n - 1));
    }
}

/* The value as text. */
static inline char *fn_print(const struct value *value)
{
    char *text = fn_text();
    struct text_style style = { .mode = TEXT_CAST };
    struct buf buf;
    buf_init(&buf, FN_TEXT_MAX - 1);
    text_print_value(&buf, value, &style);
    snprintf(text, FN_TEXT_MAX, "%s", buf_cstr(&buf));
    buf_done(&buf);
    return text;
}

static inline char *fn_error(const struct error *err)
{
    char *text = fn_text();
    snprintf(text, FN_TEXT_MAX, "ERROR %s", err->message);
    return text;
}

/* A column with the value in rows 1 and 3, NULL in row 2, and an empty text or 0 elsewhere. */
static inline struct column *fn_column(struct arena *arena, const struct value *value)
{
    struct column *c = column_create(arena, value->type, FN_ROWS);
    struct column *one = value_to_column(arena, value, 1);
    if (!c || !one || !column_need_valid(c, arena))
        abort();
    size_t bytes = phys_bytes(type_phys(value->type));
    memset(c->values, 0, bytes * FN_ROWS);
    for (uint32_t i = 1; i < FN_ROWS; i += 2)
        column_copy_slot(c, i, one, 0);
    column_set_null(c, 2);
    return c;
}

static inline char *fn_run(struct arena *arena, struct arena *op, struct expr *e,
                           struct column *const *columns, uint32_t row)
{
    static const struct clock clock = { .standing = true, .standing_us = 1600000000000000 };
    static const uint32_t all[] = { 1, 2, 3 };
    struct error err = { 0 };
    struct program *p;
    struct column *out;
    struct value value;
    struct rows rows = { .sel = all, .n = 3 };
    if (program_create(op, &e, 1, &clock, &p, &err) != OK)
        return fn_error(&err);
    program_begin(p, arena, columns, FN_ROWS);
    /* The function may fail on the NULL row only if it sees it. */
    if (program_column(p, 0, &rows, &out, &err) != OK)
        return fn_error(&err);
    if (!value_from_column(out, row, arena, &value))
        abort();
    return fn_print(&value);
}

static inline char *fn_call_list(enum dialect dialect, const char *name, const char *const *specs,
                                 uint32_t n, const struct json_clauses *json)
{
    struct arena *arena = arena_create(), *op = arena_create();
    struct bind_env env = { .arena = arena,
                            .dialect = dialect,
                            .zone = zone_utc,
                            .zone_name = STR("UTC"),
                            .like_backslash_literal = fn_like_literal };
    struct expr *literals[FN_ARGS_MAX], *mixed[FN_ARGS_MAX], *e;
    struct column *columns[FN_ARGS_MAX];
    struct error err = { 0 };
    const struct function *f = function_find(str_of(name), dialect);
    char *folded, *computed;
    if (!arena || !op || n > FN_ARGS_MAX)
        abort();
    if (!f) {
        arena_destroy(arena);
        arena_destroy(op);
        return (char *)"NO SUCH FUNCTION";
    }
    for (uint32_t i = 0; i < n; i++) {
        bool stays = specs[i][0] == '=';
        struct value value;
        fn_parse(arena, specs[i] + stays, &value);
        literals[i] = expr_literal(arena, &value, (struct span){ i, 1 });
        stays |= value.type->id == TYPE_NULL;
        columns[i] = stays ? NULL : fn_column(arena, &value);
        mixed[i] = stays ? literals[i] : expr_column(arena, i, value.type, (struct span){ i, 1 });
    }
    if (function_bind(&env, f, literals, n, json, (struct span){ 0, 1 }, &e, &err) != OK)
        folded = fn_error(&err);
    else if (e->kind == EXPR_LITERAL)
        folded = fn_print(e->literal);
    else
        folded = fn_run(arena, op, e, columns, 1);
    err = (struct error){ 0 };
    if (function_bind(&env, f, mixed, n, json, (struct span){ 0, 1 }, &e, &err) != OK)
        computed = fn_error(&err);
    else
        computed = fn_run(arena, op, e, columns, n > 0 && columns[0] ? 3 : 1);
    if (strcmp(folded, computed) != 0) {
        char *both = fn_text();
        snprintf(both, FN_TEXT_MAX, "FOLDED %.1000s COMPUTED %.1000s", folded, computed);
        folded = both;
    }
    arena_destroy(op);
    arena_destroy(arena);
    return folded;
}

#define FN_LIST(...)                                                                               \
    (const char *const[]){ __VA_ARGS__ },                                                          \
        sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)
/* FLINK("LPAD", "'7", "#3", "'0") */
#define FLINK(name, ...) fn_call_list(DIALECT_FLINK, name, FN_LIST(__VA_ARGS__), NULL)
#define BLINK(name, ...) fn_call_list(DIALECT_BLINK, name, FN_LIST(__VA_ARGS__), NULL)
/* In both dialects, which must agree. */
static inline char *fn_both(const char *name, const char *const *specs, uint32_t n)
{
    char *a = fn_call_list(DIALECT_FLINK, name, specs, n, NULL);
    char *b = fn_call_list(DIALECT_BLINK, name, specs, n, NULL);
    if (strcmp(a, b) != 0) {
        char *both = fn_text();
        snprintf(both, FN_TEXT_MAX, "FLINK %.1000s BLINK %.1000s", a, b);
        return both;
    }
    return a;
}
#define BOTH(name, ...) fn_both(name, FN_LIST(__VA_ARGS__))
