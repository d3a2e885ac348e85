/* fn_test.h -- what the tests of scalar functions share: literals, calls as text, and
 * the comparison of a kernel over columns with the same call row by row.
 *
 * A test makes an `struct fn_test` for a dialect.  fn_text() binds and evaluates a call
 * of literals and gives its text ("NULL", "error: ..." where it fails, "refused: ..."
 * where it does not bind).  fn_check_rows() makes random columns with NULLs, binds the
 * call once over columns (some of them constant, some rows not selected) and once per
 * row over literals, and wants equal results. */
#pragma once

#include "base/arena.h"
#include "base/memory.h"
#include "expr/cast.h"
#include "expr/function.h"
#include "expr/program.h"
#include "support/check.h"
#include "types/concat.h"
#include "types/decimal.h"
#include "types/text.h"
#include "types/time.h"
#include "types/zone.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct fn_test {
    struct arena *arena;
    struct bind_env env;
    uint64_t random;
    struct clock *clock;
};

static inline void fn_open(struct fn_test *t, enum dialect dialect, const char *zone)
{
    struct error err;

    *t = (struct fn_test){ .arena = arena_create(), .random = 88172645463325252u };
    t->env.arena = t->arena;
    t->env.dialect = dialect;
    t->env.zone_name = str_of(zone);
    CHECK(zone_load(t->arena, t->env.zone_name, &t->env.zone, &err) == OK);
}

static inline void fn_close(struct fn_test *t)
{
    arena_destroy(t->arena);
}

static inline uint64_t fn_random(struct fn_test *t)
{
    t->random ^= t->random << 13;
    t->random ^= t->random >> 7;
    t->random ^= t->random << 17;
    return t->random;
}

/* --- literals ------------------------------------------------------------ */

static const struct span fn_span = { 0, 0 };

static inline struct expr *fn_int(struct fn_test *t, int64_t value)
{
    bool small = value == (int32_t)value;
    return expr_i64(t->arena, small ? &type_int : &type_bigint, value, fn_span);
}
static inline struct expr *fn_typed(struct fn_test *t, const struct type *type, int64_t value)
{
    return expr_i64(t->arena, type, value, fn_span);
}
static inline struct expr *fn_str(struct fn_test *t, const char *text)
{
    return expr_string(t->arena, str_of(text), fn_span);
}
static inline struct expr *fn_null(struct fn_test *t, const struct type *type)
{
    return expr_null(t->arena, type, fn_span);
}
static inline struct expr *fn_double(struct fn_test *t, double value)
{
    return expr_literal(t->arena, &(struct value){ .type = &type_double, .f64 = value }, fn_span);
}
static inline struct expr *fn_bool(struct fn_test *t, bool value)
{
    return expr_bool(t->arena, value, fn_span);
}
/* "12.50" is DECIMAL(4, 2). */
static inline struct expr *fn_decimal(struct fn_test *t, const char *text)
{
    struct value v = { 0 };
    const char *point = strchr(text, '.');
    int scale = point ? (int)strlen(point + 1) : 0;
    int digits = 0;

    for (const char *p = text; *p; p++)
        digits += *p >= '0' && *p <= '9';
    v.type = type_make(t->arena, TYPE_DECIMAL, digits, scale);
    CHECK(decimal_parse(str_of(text), digits, scale, &v.i128));
    return expr_literal(t->arena, &v, fn_span);
}
/* A literal of any type, by Flink's CAST of a text. */
static inline struct expr *fn_cast(struct fn_test *t, const struct type *type, const char *text)
{
    struct expr *e = NULL;
    struct error err;

    CHECK(expr_cast(&t->env, fn_str(t, text), type, CAST_FLINK, fn_span, &e, &err) == OK);
    return e;
}

/* --- calls as text ------------------------------------------------------- */

static inline const char *fn_show(struct fn_test *t, struct expr *e)
{
    struct error err = { 0 };
    struct value value;
    struct zone_cursor cursor = { 0 };
    struct text_style style = { .mode = TEXT_CAST, .zone = t->env.zone, .cursor = &cursor };
    struct buf text;
    const char *copy;

    if (program_constant(t->arena, e, t->clock, &value, &err) != OK)
        return arena_printf(t->arena, "error: %s", err.message);
    if (value.is_null)
        return "NULL";
    buf_init(&text, 1 << 20);
    text_print_value(&text, &value, &style);
    copy = arena_cstr(t->arena, buf_view(&text));
    buf_done(&text);
    return copy;
}

static inline const char *fn_type(struct fn_test *t, const struct expr *e)
{
    struct buf text;
    const char *copy;

    buf_init(&text, 1000);
    type_print(&text, e->type);
    copy = arena_cstr(t->arena, buf_view(&text));
    buf_done(&text);
    return copy;
}

/* NULL: refused, and *ret_message says why. */
static inline struct expr *fn_bind(struct fn_test *t, const char *name, struct expr **args,
                                   uint32_t n, const char **ret_message)
{
    struct error err = { 0 };
    struct expr *e = NULL;

    if (function_bind_name(&t->env, str_of(name), args, n, fn_span, &e, &err) == OK)
        return e;
    *ret_message = arena_printf(t->arena, "refused: %s", err.message);
    return NULL;
}

/* Up to six arguments; NULL ends the list. */
#define FN_ARGS(...) ((struct expr *[]){ __VA_ARGS__, NULL })
#define FN_TEXT(t, name, ...) fn_text((t), (name), FN_ARGS(__VA_ARGS__))
#define FN_CALL(t, name, ...) fn_call((t), (name), FN_ARGS(__VA_ARGS__))

static inline uint32_t fn_count(struct expr **args)
{
    uint32_t n = 0;

    while (args[n])
        n++;
    return n;
}

static inline const char *fn_text(struct fn_test *t, const char *name, struct expr **args)
{
    const char *message = NULL;
    struct expr *e = fn_bind(t, name, args, fn_count(args), &message);

    return e ? fn_show(t, e) : message;
}

static inline struct expr *fn_call(struct fn_test *t, const char *name, struct expr **args)
{
    const char *message = NULL;
    struct expr *e = fn_bind(t, name, args, fn_count(args), &message);

    CHECK_STR(message, NULL);
    return e;
}

/* --- columns against rows ------------------------------------------------ */

enum { FN_ROWS = 150 };

static inline int64_t fn_random_integer(struct fn_test *t, int bits)
{
    uint64_t r = fn_random(t);
    int64_t least = (int64_t)(UINT64_C(1) << (bits - 1));

    switch (r % 8) {
    case 0:
        return bits == 64 ? INT64_MIN : -least;
    case 1:
        return bits == 64 ? INT64_MAX : least - 1;
    case 2:
    case 3:
    case 4:
        return (int64_t)(r >> 32) % 7 - 3;
    default:
        return bits == 64 ? (int64_t)fn_random(t) : (int64_t)(r >> 16) % least;
    }
}

static inline struct str fn_random_text(struct fn_test *t)
{
    static const char *const texts[] = {
        "",
        "a",
        "b",
        "abcd",
        "abce",
        "abcdefgh",
        "abcdefgi",
        "1",
        "-7",
        " 42 ",
        "12.7",
        "300",
        "9223372036854775807",
        "9223372036854775808",
        "1e3",
        "true",
        "F",
        "no",
        "x y",
        "2020-02-29",
        "2020-02-29 12:34:56.789",
        "12:34:56",
        "\xE4\xB8\xAD\xE6\x96\x87",
        "0.5",
        "-0",
        "00000000000000000012",
        "123456789012345678",
        "99999999999999999999",
    };
    return str_of(texts[fn_random(t) % countof(texts)]);
}

static inline void fn_random_value(struct fn_test *t, const struct type *type, struct value *ret)
{
    struct value *items;
    uint32_t n;

    *ret = (struct value){ .type = type };
    if (fn_random(t) % 5 == 0) {
        ret->is_null = true;
        return;
    }
    switch (type->id) {
    case TYPE_NULL:
        ret->is_null = true;
        return;
    case TYPE_BOOLEAN:
        ret->i64 = fn_random(t) & 1;
        return;
    case TYPE_TINYINT:
        ret->i64 = fn_random_integer(t, 8);
        return;
    case TYPE_SMALLINT:
        ret->i64 = fn_random_integer(t, 16);
        return;
    case TYPE_INT:
        ret->i64 = fn_random_integer(t, 32);
        return;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        ret->f64 = fn_random(t) % 9 == 0   ? 1e30
                   : fn_random(t) % 9 == 0 ? -0.0
                                           : (double)((int64_t)fn_random(t) % 1000) / 8;
        return;
    case TYPE_DECIMAL:
        ret->i128 = (int128)(int64_t)fn_random(t) * (int64_t)(fn_random(t) >> 32);
        ret->i128 %= decimal_power(type->precision < 4 ? type->precision
                                   : fn_random(t) & 1  ? type->precision
                                                       : 3);
        return;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        ret->str = fn_random_text(t);
        return;
    case TYPE_DATE:
        ret->i64 = (int64_t)(fn_random(t) % 40000) - 10000;
        return;
    case TYPE_TIME:
        ret->i64 = (int64_t)(fn_random(t) % TIME_MS_PER_DAY);
        return;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        ret->i64 = ((int64_t)(fn_random(t) % 4000000000000) - 1000000000000) * 1000;
        return;
    case TYPE_INTERVAL_MONTH:
        ret->i64 = (int64_t)(fn_random(t) % 100) - 50;
        return;
    case TYPE_INTERVAL_DAY:
        ret->i64 = ((int64_t)(fn_random(t) % 2000000000) - 1000000000) * 1000;
        return;
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_ROW:
        n = type->id == TYPE_ROW ? type->child_count
                                 : (uint32_t)(fn_random(t) % 5) * type->child_count;
        items = arena_array(t->arena, struct value, MAX(n, 1));
        for (uint32_t k = 0; k < n; k++) {
            fn_random_value(t, type->children[k % type->child_count], &items[k]);
            /* Keys of maps are not NULL and differ. */
            if (type->id == TYPE_MAP && k % 2 == 0)
                items[k] = (struct value){ .type = type->children[0],
                                           .i64 = type_is_string(type->children[0]) ? 0 : k,
                                           .is_null = false };
            if (type->id == TYPE_MAP && k % 2 == 0 && type_is_string(type->children[0]))
                items[k].str = str_of((const char *[]){ "a", "b", "c", "d", "e" }[k / 2]);
        }
        ret->list.items = items;
        ret->list.count = n;
        return;
    default:
        ret->i64 = fn_random_integer(t, 64);
        return;
    }
}

static inline struct column *fn_column(struct fn_test *t, const struct value *values, uint32_t n)
{
    struct column **rows = arena_array(t->arena, struct column *, n);

    for (uint32_t i = 0; i < n; i++)
        rows[i] = value_to_column(t->arena, &values[i], 1);
    struct column *column = column_concat(t->arena, rows, n);
    CHECK(column != NULL);
    return column;
}

static inline bool fn_same(const struct value *a, const struct value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    return value_equal(a, b) || (type_is_float(a->type) && a->f64 != a->f64 && b->f64 != b->f64);
}

/* One arrangement: bit k of `constants` makes argument k a literal. */
static inline void fn_check_arrangement(struct fn_test *t, const char *name,
                                        const struct type *const *types, uint32_t n,
                                        unsigned constants, bool select)
{
    struct value *values[6];
    struct column *columns[6];
    struct expr *args[6], *e;
    struct program *p;
    struct column *out;
    struct error err = { 0 };
    const char *message = NULL;
    uint32_t *sel = arena_array(t->arena, uint32_t, FN_ROWS);
    struct rows *rows = arena_new(t->arena, struct rows);

    for (uint32_t k = 0; k < n; k++) {
        values[k] = arena_array(t->arena, struct value, FN_ROWS);
        for (uint32_t i = 0; i < FN_ROWS; i++) {
            fn_random_value(t, types[k], &values[k][i]);
            if (i > 0 && (constants >> k & 1))
                values[k][i] = values[k][0];
        }
        columns[k] = fn_column(t, values[k], FN_ROWS);
        args[k] = constants >> k & 1 ? expr_literal(t->arena, &values[k][0], fn_span)
                                     : expr_column(t->arena, k, types[k], fn_span);
    }
    e = fn_bind(t, name, args, n, &message);
    if (!e) {
        CHECK_STR(arena_printf(t->arena, "%s: %s", name, message), "bound");
        return;
    }
    rows->n = FN_ROWS;
    if (select) {
        rows->n = 0;
        for (uint32_t i = 0; i < FN_ROWS; i++)
            if (fn_random(t) % 3 != 0)
                sel[rows->n++] = i;
        rows->sel = sel;
    }
    if (!CHECK(program_create(t->arena, &e, 1, NULL, &p, &err) == OK))
        return;
    program_begin(p, t->arena, columns, FN_ROWS);
    enum code whole = program_column(p, 0, rows, &out, &err);

    uint32_t failed = 0;
    for (uint32_t j = 0; j < rows->n; j++) {
        uint32_t i = rows->sel ? rows->sel[j] : j;
        struct expr *row_args[6], *row;
        struct value got = { 0 }, want = { 0 };
        struct error row_err = { 0 };
        for (uint32_t k = 0; k < n; k++)
            row_args[k] = expr_literal(t->arena, &values[k][i], fn_span);
        row = fn_bind(t, name, row_args, n, &message);
        if (!row || program_constant(t->arena, row, NULL, &want, &row_err) != OK) {
            failed++;
            continue;
        }
        if (whole != OK)
            continue;
        CHECK(value_from_column(out, i, t->arena, &got));
        if (!fn_same(&got, &want)) {
            struct text_style style = { .mode = TEXT_DISPLAY };
            struct buf text;
            buf_init(&text, 4000);
            buf_printf(&text, "%s row %u constants %u select %d:", name, i, constants, select);
            for (uint32_t k = 0; k < n; k++) {
                buf_text(&text, " ");
                text_print_value(&text, &values[k][i], &style);
            }
            buf_text(&text, " gives ");
            text_print_value(&text, &got, &style);
            buf_text(&text, " wants ");
            text_print_value(&text, &want, &style);
            CHECK_STR(buf_cstr(&text), "the same");
            buf_done(&text);
            return;
        }
    }
    if ((whole != OK) != (failed > 0))
        CHECK_STR(arena_printf(t->arena, "%s: whole batch %s, %u rows fail", name,
                               whole == OK ? "passes" : err.message, failed),
                  "the same");
}

static inline void fn_check_rows(struct fn_test *t, const char *name,
                                 const struct type *const *types, uint32_t n)
{
    for (unsigned constants = 0; constants < 1u << n; constants++)
        for (int select = 0; select < 2; select++)
            fn_check_arrangement(t, name, types, n, constants, select);
}

#define FN_ROWS_OF(t, name, ...)                                                                   \
    fn_check_rows((t), (name), (const struct type *[]){ __VA_ARGS__ },                             \
                  sizeof((const struct type *[]){ __VA_ARGS__ }) / sizeof(struct type *))
