/* type_rule.c -- which types meet where: the common type of several branches, and
 * what INSERT may store without a cast.  Flink's LogicalTypeMerging and the
 * implicit half of LogicalTypeCasts, and Blink's coercion (blink-dialect 1.6, R-10).
 *
 * One departure from Flink: the common type of DATE and TIMESTAMP is TIMESTAMP,
 * never the lossy way round. */
#include "types/type.h"

#include "base/arena.h"
#include "types/decimal.h"

#include <float.h>

/* Digits before the point that an integer type needs; Flink's DECIMAL equivalents. */
static int32_t integer_digits(const struct type *type)
{
    switch (type->id) {
    case TYPE_TINYINT:
        return 3;
    case TYPE_SMALLINT:
        return 5;
    case TYPE_INT:
        return 10;
    default:
        return 19;
    }
}

static int32_t whole_digits(const struct type *type)
{
    return type->id == TYPE_DECIMAL ? type->precision - type->scale : integer_digits(type);
}

static int32_t fraction_digits(const struct type *type)
{
    return type->id == TYPE_DECIMAL ? type->scale : 0;
}

static const struct type *common_numeric(struct arena *arena, const struct type *a,
                                         const struct type *b)
{
    if (type_is_float(a) || type_is_float(b)) {
        if (a->id == TYPE_DOUBLE || b->id == TYPE_DOUBLE || a->id == TYPE_DECIMAL ||
            b->id == TYPE_DECIMAL)
            return &type_double;
        return &type_float;
    }
    if (a->id != TYPE_DECIMAL && b->id != TYPE_DECIMAL)
        return a->id >= b->id ? a : b;
    int precision, scale;
    decimal_type_common(whole_digits(a) + fraction_digits(a), fraction_digits(a),
                        whole_digits(b) + fraction_digits(b), fraction_digits(b), &precision,
                        &scale);
    return type_make(arena, TYPE_DECIMAL, precision, scale);
}

/* Two lengths of CHAR make a VARCHAR, so that nothing is padded. */
static const struct type *common_sized(struct arena *arena, const struct type *a,
                                       const struct type *b, enum type_id fixed,
                                       enum type_id varying)
{
    if (a->id == fixed && b->id == fixed && a->precision == b->precision)
        return a;
    return type_make(arena, varying, MAX(a->precision, b->precision), 0);
}

static const struct type *common_timestamp(struct arena *arena, const struct type *a,
                                           const struct type *b)
{
    bool ltz = a->id == TYPE_TIMESTAMP_LTZ || b->id == TYPE_TIMESTAMP_LTZ;
    if (a->blink_instant || b->blink_instant)
        return &type_blink_timestamp;
    return type_make(arena, ltz ? TYPE_TIMESTAMP_LTZ : TYPE_TIMESTAMP,
                     MAX(a->precision, b->precision), 0);
}

static const struct type *common_nested(struct arena *arena, const struct type *a,
                                        const struct type *b, bool blink)
{
    if (a->id != b->id || a->child_count != b->child_count)
        return NULL;
    const struct type **children = arena_array(arena, const struct type *, a->child_count);
    if (!children)
        return NULL;
    for (uint32_t i = 0; i < a->child_count; i++) {
        children[i] = type_common(arena, a->children[i], b->children[i], blink);
        if (!children[i])
            return NULL;
    }
    if (a->id == TYPE_ARRAY)
        return type_make_array(arena, children[0]);
    if (a->id == TYPE_MAP)
        return type_make_map(arena, children[0], children[1]);
    return type_make_row(arena, children, a->names, a->child_count);
}

/* Without nullability. */
static const struct type *common_kind(struct arena *arena, const struct type *a,
                                      const struct type *b, bool blink)
{
    if (a->id == TYPE_NULL)
        return b;
    if (b->id == TYPE_NULL)
        return a;
    if (type_is_numeric(a) && type_is_numeric(b))
        return type_equal(a, b) ? a : common_numeric(arena, a, b);
    if (type_is_string(a) && type_is_string(b))
        return type_equal(a, b) ? a : common_sized(arena, a, b, TYPE_CHAR, TYPE_VARCHAR);
    if (type_is_binary(a) && type_is_binary(b))
        return type_equal(a, b) ? a : common_sized(arena, a, b, TYPE_BINARY, TYPE_VARBINARY);
    if (type_is_timestamp(a) && type_is_timestamp(b))
        return type_equal(a, b) ? a : common_timestamp(arena, a, b);
    if (a->id == TYPE_DATE && type_is_timestamp(b))
        return b;
    if (b->id == TYPE_DATE && type_is_timestamp(a))
        return a;
    if (a->id == TYPE_TIME && b->id == TYPE_TIME)
        return a->precision >= b->precision ? a : b;
    if (a->child_count > 0 || b->child_count > 0)
        return common_nested(arena, a, b, blink);
    if (a->id == b->id)
        return a;
    if (blink && (type_is_string(a) || type_is_string(b)))
        return &type_string;
    return NULL;
}

const struct type *type_common(struct arena *arena, const struct type *a, const struct type *b,
                               bool blink)
{
    const struct type *kind = common_kind(arena, a, b, blink);
    if (!kind)
        return NULL;
    bool not_null = a->not_null && b->not_null;
    uint8_t time_attribute =
        a->time_attribute == b->time_attribute ? a->time_attribute : TIME_PLAIN;
    if (kind->not_null == not_null && kind->time_attribute == time_attribute)
        return kind;
    struct type *copy = arena_alloc(arena, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *kind;
    copy->not_null = not_null;
    copy->time_attribute = time_attribute;
    return copy;
}

/* ---- storing ---- */

static bool widens_blink(const struct type *from, const struct type *to)
{
    if (type_is_integer(from)) {
        if (type_is_integer(to))
            return from->id <= to->id;
        if (to->id == TYPE_DECIMAL)
            return integer_digits(from) <= to->precision - to->scale;
        /* 24 and 53 bits of mantissa hold these exactly. */
        if (to->id == TYPE_FLOAT)
            return from->id <= TYPE_SMALLINT;
        return to->id == TYPE_DOUBLE && from->id <= TYPE_INT;
    }
    if (from->id == TYPE_FLOAT)
        return type_is_float(to);
    if (from->id == TYPE_DECIMAL) {
        /* So many digits come back from text to text. */
        if (type_is_float(to))
            return from->precision <= (to->id == TYPE_FLOAT ? FLT_DIG : DBL_DIG);
        return to->id == TYPE_DECIMAL && from->scale <= to->scale &&
               whole_digits(from) <= whole_digits(to);
    }
    if (type_is_string(from))
        return to->id == TYPE_VARCHAR ||
               (to->id == TYPE_CHAR && from->id == TYPE_CHAR && from->precision <= to->precision);
    if (type_is_binary(from))
        return to->id == TYPE_VARBINARY || (to->id == TYPE_BINARY && from->id == TYPE_BINARY &&
                                            from->precision <= to->precision);
    return from->id == to->id;
}

static bool widens_flink(const struct type *from, const struct type *to)
{
    switch (to->id) {
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        return type_is_integer(from) && from->id <= to->id;
    case TYPE_FLOAT:
        return type_is_numeric(from) && from->id != TYPE_DOUBLE;
    case TYPE_DOUBLE:
    case TYPE_DECIMAL:
        return type_is_numeric(from);
    case TYPE_VARCHAR:
        return type_is_string(from);
    case TYPE_VARBINARY:
        return type_is_binary(from);
    case TYPE_DATE:
    case TYPE_TIME:
        return from->id == to->id || from->id == TYPE_TIMESTAMP;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return type_is_timestamp(from);
    default:
        return from->id == to->id;
    }
}

bool type_can_store(const struct type *from, const struct type *to, bool blink)
{
    if (from->id == TYPE_NULL)
        return true;
    if (from->child_count > 0 || to->child_count > 0) {
        if (from->id != to->id || from->child_count != to->child_count)
            return false;
        for (uint32_t i = 0; i < from->child_count; i++) {
            if (!type_can_store(from->children[i], to->children[i], blink))
                return false;
        }
        return true;
    }
    return blink ? widens_blink(from, to) : widens_flink(from, to);
}
