/* fn_compare.c -- comparison operators and the IS predicates.
 *
 * What two different types are compared as (compare_target):
 *   numbers            their common type; a literal that fits takes the column's type, so
 *                      that the column need not be cast
 *   string, number     Blink: the string becomes BIGINT, or DOUBLE beside a fraction
 *                      (blink-dialect 2, R-9); Flink refuses, and says how to cast
 *   string, time       the string becomes the time type; a column's text that is no time
 *                      is NULL, a literal's is an error (Flink) or NULL (Blink)
 *   dates, timestamps  the common timestamp
 *   nested types       element by element; equal or not, no order */
#include "expr/compare.h"

#include "base/hash.h"
#include "types/decimal.h"

static bool is_time(const struct type *type)
{
    return type->id == TYPE_DATE || type->id == TYPE_TIME || type_is_timestamp(type);
}

/* The value of a literal when converted to the type, exactly; false if that loses anything. */
static bool literal_fits(const struct expr *e, const struct type *type)
{
    int64_t value;
    int128 there, back;
    int precision, scale;

    if (!expr_is_literal(e) || e->literal->is_null)
        return false;
    if (type_is_integer(type) && expr_literal_i64(e, &value)) {
        switch (type->id) {
        case TYPE_TINYINT:
            return value == (int8_t)value;
        case TYPE_SMALLINT:
            return value == (int16_t)value;
        case TYPE_INT:
            return value == (int32_t)value;
        default:
            return true;
        }
    }
    if (type->id != TYPE_DECIMAL)
        return false;
    if (expr_literal_i64(e, &value))
        return decimal_from_i64(value, type->precision, type->scale, &there);
    if (e->type->id != TYPE_DECIMAL)
        return false;
    call_decimal_of(e->type, &precision, &scale);
    return decimal_rescale(e->literal->i128, scale, type->precision, type->scale, &there) &&
           decimal_rescale(there, type->scale, DECIMAL_MAX_PRECISION, scale, &back) &&
           back == e->literal->i128;
}

static const struct type *numeric_target(const struct bind_env *env, const struct expr *a,
                                         const struct expr *b)
{
    if (literal_fits(b, a->type))
        return a->type;
    if (literal_fits(a, b->type))
        return b->type;
    return type_common(env->arena, a->type, b->type, false);
}

const struct type *compare_target(const struct bind_env *env, const struct expr *a,
                                  const struct expr *b)
{
    bool blink = env->dialect == DIALECT_BLINK;
    const struct type *text = type_is_string(a->type) ? a->type : b->type;
    const struct type *other = text == a->type ? b->type : a->type;

    if (type_equal(a->type, b->type) || b->type->id == TYPE_NULL)
        return a->type;
    if (a->type->id == TYPE_NULL)
        return b->type;
    if (type_is_numeric(a->type) && type_is_numeric(b->type))
        return numeric_target(env, a, b);
    /* Lengths do not matter: strings and binaries are compared as they are. */
    if (type_is_string(a->type) && type_is_string(b->type))
        return &type_string;
    if (type_is_binary(a->type) && type_is_binary(b->type))
        return &type_bytes;
    if (type_is_string(text)) {
        if (is_time(other))
            return other;
        if (!blink)
            return NULL;
        if (type_is_integer(other))
            return &type_bigint;
        if (type_is_numeric(other))
            return &type_double;
        if (type_is_binary(other))
            return &type_string;
        return other->id == TYPE_BOOLEAN ? other : NULL;
    }
    return type_common(env->arena, a->type, b->type, false);
}

enum code compare_reject(const struct call *call, const struct type *a, const struct type *b,
                         struct error *err)
{
    struct buf left, right;
    bool mixed =
        (type_is_string(a) && type_is_numeric(b)) || (type_is_numeric(a) && type_is_string(b));

    buf_init(&left, 160);
    buf_init(&right, 160);
    type_print(&left, a);
    type_print(&right, b);
    error_at(err, E_TYPE, call->span, "cannot compare %s with %s", buf_cstr(&left),
             buf_cstr(&right));
    if (mixed) {
        const char *number = buf_cstr(type_is_string(a) ? &right : &left);
        error_detail(err, "The Flink dialect does not convert between strings and numbers "
                          "implicitly.");
        error_hint(err,
                   "Cast one side: CAST(... AS %s), or TRY_CAST for NULL where the text is no "
                   "number.",
                   number);
    }
    buf_done(&left);
    buf_done(&right);
    return E_TYPE;
}

enum code compare_cast(struct call *call, uint32_t i, const struct type *target, struct error *err)
{
    struct expr *arg = call->args[i];
    enum cast_mode mode = coerce_mode(call->env->dialect);
    bool text_to_time = type_is_string(arg->type) && is_time(target);

    if ((type_is_string(arg->type) && type_is_string(target)) ||
        (type_is_binary(arg->type) && type_is_binary(target)))
        return OK;
    if (mode == CAST_FLINK && text_to_time && !expr_is_literal(arg))
        mode = CAST_TRY;
    TRY(expr_cast(call->env, arg, target, mode, arg->span, &call->args[i], err));
    if (text_to_time && mode == CAST_FLINK && !expr_is_literal(call->args[i])) {
        struct str text = { 0 };
        struct buf type;

        (void)expr_literal_text(arg, &text);
        buf_init(&type, 64);
        type_print(&type, target);
        error_at(err, E_TYPE, arg->span, "\"" STR_FMT "\" is not a valid %s", STR_ARG(text),
                 buf_cstr(&type));
        buf_done(&type);
        return E_TYPE;
    }
    return OK;
}

bool compare_is_exact(const struct expr *a, const struct expr *b)
{
    int p1, s1, p2, s2;

    if (type_is_float(a->type) || type_is_float(b->type) || !type_is_numeric(a->type) ||
        !type_is_numeric(b->type) || literal_fits(a, b->type) || literal_fits(b, a->type))
        return true;
    call_decimal_of(a->type, &p1, &s1);
    call_decimal_of(b->type, &p2, &s2);
    return MAX(p1 - s1, p2 - s2) + MAX(s1, s2) <= DECIMAL_MAX_PRECISION;
}

/* Casts both sides; *ret is NULL for two DECIMALs that have no common type that holds both. */
static enum code compare_bring(struct call *call, const struct type **ret, struct error *err)
{
    const struct type *a = call->args[0]->type;
    const struct type *b = call->args[1]->type;
    const struct type *target = compare_target(call->env, call->args[0], call->args[1]);

    if (!target)
        return compare_reject(call, a, b, err);
    if (target->id == TYPE_DECIMAL && !compare_is_exact(call->args[0], call->args[1])) {
        for (uint32_t i = 0; i < 2; i++) {
            int precision, scale;
            const struct type *type;
            call_decimal_of(call->args[i]->type, &precision, &scale);
            type = type_make(call->env->arena, TYPE_DECIMAL, precision, scale);
            if (!type)
                return error_nomem(err);
            TRY(call_cast(call, i, type, err));
        }
        *ret = NULL;
        return OK;
    }
    TRY(compare_cast(call, 0, target, err));
    TRY(compare_cast(call, 1, target, err));
    *ret = target;
    return OK;
}

static enum code compare_resolve(struct call *call, enum compare_op op, struct error *err)
{
    const struct type *target;
    kernel_fn kernel;
    unsigned flags = 0;

    TRY(call_arity(call, 2, 2, err));
    if (call->args[0]->type->id == TYPE_NULL && call->args[1]->type->id == TYPE_NULL)
        return call_replace_null(call, &type_boolean, err);
    TRY(compare_bring(call, &target, err));
    kernel = target ? compare_kernel(op, target, &flags) : compare_kernel_decimal(op);
    if (!kernel) {
        call_reject(call, err);
        error_detail(err, "Values of this type are equal or not, but have no order.");
        return E_TYPE;
    }
    return call_set(call, &type_boolean, kernel, flags);
}

#define COMPARE_RESOLVE(name, op)                                                                  \
    static enum code name(struct call *call, struct error *err)                                    \
    {                                                                                              \
        return compare_resolve(call, op, err);                                                     \
    }
COMPARE_RESOLVE(resolve_eq, COMPARE_EQ)
COMPARE_RESOLVE(resolve_ne, COMPARE_NE)
COMPARE_RESOLVE(resolve_lt, COMPARE_LT)
COMPARE_RESOLVE(resolve_le, COMPARE_LE)
COMPARE_RESOLVE(resolve_gt, COMPARE_GT)
COMPARE_RESOLVE(resolve_ge, COMPARE_GE)

/* --- IS [NOT] DISTINCT FROM ---------------------------------------------- */

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

static void distinct(const struct kernel_call *call, const struct rows *rows, struct column *out,
                     uint8_t negate)
{
    const struct column *a = call->args[0];
    const struct column *b = call->args[1];
    uint8_t *to = out->values;

    ROWS_EACH(rows, i)
    {
        bool a_valid = column_is_valid(a, i);
        bool b_valid = column_is_valid(b, i);
        bool equal = a_valid == b_valid && (!a_valid || slot_equal(a, i, b, i));
        to[i] = equal == negate;
    }
}

KERNEL(is_distinct)
{
    (void)cx;
    (void)err;
    distinct(call, rows, out, 0);
    return OK;
}

KERNEL(is_not_distinct)
{
    (void)cx;
    (void)err;
    distinct(call, rows, out, 1);
    return OK;
}

static enum code distinct_resolve(struct call *call, kernel_fn kernel, struct error *err)
{
    const struct type *target;

    TRY(call_arity(call, 2, 2, err));
    TRY(compare_bring(call, &target, err));
    if (!target) /* slot_equal wants one scale; 38 digits of a double are as good as it gets */
        for (uint32_t i = 0; i < 2; i++)
            TRY(call_cast(call, i, &type_double, err));
    return call_set(call, &type_boolean, kernel, CALL_NULLS);
}

static enum code resolve_distinct(struct call *call, struct error *err)
{
    return distinct_resolve(call, is_distinct, err);
}

static enum code resolve_not_distinct(struct call *call, struct error *err)
{
    return distinct_resolve(call, is_not_distinct, err);
}

/* --- IS NULL and its like ------------------------------------------------ */

/* Bits to bytes, a word at a time. */
static void spread_bits(const uint64_t *bits, uint32_t n, uint8_t flip, uint8_t *to)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] = (uint8_t)(bits[i >> 6] >> (i & 63) & 1) ^ flip;
}

static void valid_as_bool(const struct column *in, const struct rows *rows, uint8_t *to,
                          uint8_t flip)
{
    if (in->type->id == TYPE_NULL) {
        ROWS_EACH(rows, i)
        {
            to[i] = flip;
        }
    } else if (!in->valid) {
        ROWS_EACH(rows, i)
        {
            to[i] = !flip;
        }
    } else if (!rows->sel && !column_is_constant(in)) {
        spread_bits(in->valid, rows->n, flip, to);
    } else {
        ROWS_EACH(rows, i)
        {
            to[i] = bit_get(in->valid, i & in->mask) ^ flip;
        }
    }
}

KERNEL(is_null)
{
    (void)cx;
    (void)err;
    valid_as_bool(call->args[0], rows, out->values, 1);
    return OK;
}

KERNEL(is_not_null)
{
    (void)cx;
    (void)err;
    valid_as_bool(call->args[0], rows, out->values, 0);
    return OK;
}

#define IS_BOOLEAN(name, condition)                                                                \
    KERNEL(name)                                                                                   \
    {                                                                                              \
        const struct column *in = call->args[0];                                                   \
        uint8_t *to = out->values;                                                                 \
        (void)cx;                                                                                  \
        (void)err;                                                                                 \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            bool valid = column_is_valid(in, i);                                                   \
            bool value = COLUMN_AT(in, uint8_t, i) != 0;                                           \
            to[i] = (condition);                                                                   \
        }                                                                                          \
        return OK;                                                                                 \
    }
IS_BOOLEAN(is_true, valid &&value)
IS_BOOLEAN(is_not_true, !(valid && value))
IS_BOOLEAN(is_false, valid && !value)
IS_BOOLEAN(is_not_false, !(valid && !value))

static enum code resolve_is_null(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    return call_set(call, &type_boolean, is_null, CALL_NULLS);
}

static enum code resolve_is_not_null(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    return call_set(call, &type_boolean, is_not_null, CALL_NULLS);
}

#define IS_RESOLVE(name, kernel)                                                                   \
    static enum code resolve_##name(struct call *call, struct error *err)                          \
    {                                                                                              \
        TRY(call_arity(call, 1, 1, err));                                                          \
        TRY(call_coerce(call, 0, &type_boolean, err));                                             \
        return call_set(call, &type_boolean, kernel, CALL_NULLS);                                  \
    }
IS_RESOLVE(is_true, is_true)
IS_RESOLVE(is_not_true, is_not_true)
IS_RESOLVE(is_false, is_false)
IS_RESOLVE(is_not_false, is_not_false)
IS_RESOLVE(is_unknown, is_null)
IS_RESOLVE(is_not_unknown, is_not_null)

/* --- GREATEST, LEAST ----------------------------------------------------- */

static void extreme(const struct kernel_call *call, const struct rows *rows, struct column *out,
                    int sign)
{
    ROWS_EACH(rows, i)
    {
        const struct column *best = call->args[0];
        for (uint32_t a = 1; a < call->arg_count; a++)
            if (slot_compare(call->args[a], i, best, i) * sign > 0)
                best = call->args[a];
        column_copy_slot(out, i, best, i);
    }
}

KERNEL(greatest)
{
    (void)cx;
    (void)err;
    extreme(call, rows, out, 1);
    return OK;
}

KERNEL(least)
{
    (void)cx;
    (void)err;
    extreme(call, rows, out, -1);
    return OK;
}

static enum code extreme_resolve(struct call *call, kernel_fn kernel, struct error *err)
{
    const struct type *common;

    TRY(call_arity(call, 1, UINT32_MAX, err));
    TRY(call_common(call, 0, call->arg_count - 1, &common, err));
    if (common->id == TYPE_NULL)
        return call_replace_null(call, &type_null, err);
    if (!compare_has_order(common))
        return call_reject(call, err);
    return call_set(call, common, kernel, 0);
}

static enum code resolve_greatest(struct call *call, struct error *err)
{
    return extreme_resolve(call, greatest, err);
}

static enum code resolve_least(struct call *call, struct error *err)
{
    return extreme_resolve(call, least, err);
}

/* clang-format off */
#define BOTH DIALECT_BOTH
const struct function fn_compare_table[] = {
    { "=", BOTH, "a = b", "TRUE if both are equal; NULL if one is NULL.", "2 = 2.0", "TRUE", resolve_eq, "comparison" },
    { "<>", BOTH, "a <> b", "TRUE if both differ; NULL if one is NULL.", "'a' <> 'b'", "TRUE", resolve_ne, "comparison" },
    { "!=", BOTH, "a != b", "The same as <>.", NULL, NULL, resolve_ne, "comparison" },
    { "<", BOTH, "a < b", "TRUE if a is less than b; strings by their bytes.", "'a' < 'B'", "FALSE", resolve_lt, "comparison" },
    { "<=", BOTH, "a <= b", "TRUE if a is less than or equal to b.", "1 <= 1", "TRUE", resolve_le, "comparison" },
    { ">", BOTH, "a > b", "TRUE if a is greater than b.", "DATE '2020-01-02' > DATE '2020-01-01'", "TRUE", resolve_gt, "comparison" },
    { ">=", BOTH, "a >= b", "TRUE if a is greater than or equal to b.", "1 >= 2", "FALSE", resolve_ge, "comparison" },
    { "IS DISTINCT FROM", BOTH, "a IS DISTINCT FROM b", "As <>, but NULL is a value that equals itself.", "NULL IS DISTINCT FROM 1", "TRUE", resolve_distinct, "comparison" },
    { "IS NOT DISTINCT FROM", BOTH, "a IS NOT DISTINCT FROM b", "As =, but NULL is a value that equals itself.", "NULL IS NOT DISTINCT FROM 1", "FALSE", resolve_not_distinct, "comparison" },
    { "IS NULL", BOTH, "value IS NULL", "TRUE if the value is NULL.", "NULLIF(1, 1) IS NULL", "TRUE", resolve_is_null, "comparison" },
    { "IS NOT NULL", BOTH, "value IS NOT NULL", "TRUE if the value is not NULL.", "1 IS NOT NULL", "TRUE", resolve_is_not_null, "comparison" },
    { "IS TRUE", BOTH, "condition IS TRUE", "TRUE if the condition is TRUE, not FALSE and not NULL.", "(1 > 0) IS TRUE", "TRUE", resolve_is_true, "logic" },
    { "IS NOT TRUE", BOTH, "condition IS NOT TRUE", "TRUE if the condition is FALSE or NULL.", "(1 > CAST(NULL AS INT)) IS NOT TRUE", "TRUE", resolve_is_not_true, "logic" },
    { "IS FALSE", BOTH, "condition IS FALSE", "TRUE if the condition is FALSE.", "(1 > 0) IS FALSE", "FALSE", resolve_is_false, "logic" },
    { "IS NOT FALSE", BOTH, "condition IS NOT FALSE", "TRUE if the condition is TRUE or NULL.", "(1 > 0) IS NOT FALSE", "TRUE", resolve_is_not_false, "logic" },
    { "IS UNKNOWN", BOTH, "condition IS UNKNOWN", "TRUE if the condition is NULL.", "(1 > CAST(NULL AS INT)) IS UNKNOWN", "TRUE", resolve_is_unknown, "logic" },
    { "IS NOT UNKNOWN", BOTH, "condition IS NOT UNKNOWN", "TRUE if the condition is TRUE or FALSE.", "(1 > 0) IS NOT UNKNOWN", "TRUE", resolve_is_not_unknown, "logic" },
    { "IN", BOTH, "value IN (value, ...)", "TRUE if the value equals one of the list; NULL if not, and the list has a NULL.", "'b' IN ('a', 'b')", "TRUE", in_resolve, "comparison" },
    { "GREATEST", BOTH, "GREATEST(value, ...)", "The greatest value; NULL if one is NULL.", "GREATEST(3, 7, 5)", "7", resolve_greatest, "comparison" },
    { "LEAST", BOTH, "LEAST(value, ...)", "The least value; NULL if one is NULL.", "LEAST(3, 7, 5)", "3", resolve_least, "comparison" },
    { 0 },
};
