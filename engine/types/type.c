/* type.c -- see type.h.  Types are plain structs; everything here looks at their
 * content.  The rules of widening live in type_rule.c. */
#include "types/type.h"

#include "base/arena.h"

const struct type type_null = { .id = TYPE_NULL };
const struct type type_boolean = { .id = TYPE_BOOLEAN };
const struct type type_tinyint = { .id = TYPE_TINYINT };
const struct type type_smallint = { .id = TYPE_SMALLINT };
const struct type type_int = { .id = TYPE_INT };
const struct type type_bigint = { .id = TYPE_BIGINT };
const struct type type_float = { .id = TYPE_FLOAT };
const struct type type_double = { .id = TYPE_DOUBLE };
const struct type type_string = { .id = TYPE_VARCHAR, .precision = TYPE_UNBOUNDED };
const struct type type_bytes = { .id = TYPE_VARBINARY, .precision = TYPE_UNBOUNDED };
const struct type type_date = { .id = TYPE_DATE };
const struct type type_time = { .id = TYPE_TIME };
const struct type type_timestamp3 = { .id = TYPE_TIMESTAMP, .precision = 3 };
const struct type type_timestamp6 = { .id = TYPE_TIMESTAMP, .precision = 6 };
const struct type type_timestamp_ltz3 = { .id = TYPE_TIMESTAMP_LTZ, .precision = 3 };
const struct type type_timestamp_ltz6 = { .id = TYPE_TIMESTAMP_LTZ, .precision = 6 };
const struct type type_blink_timestamp = { .id = TYPE_TIMESTAMP_LTZ,
                                           .blink_instant = true,
                                           .precision = 3 };
const struct type type_interval_month = { .id = TYPE_INTERVAL_MONTH };
const struct type type_interval_day = { .id = TYPE_INTERVAL_DAY, .precision = 6 };

enum phys type_phys(const struct type *type)
{
    switch (type->id) {
    case TYPE_NULL:
    case TYPE_BOOLEAN:
        return PHYS_BOOL;
    case TYPE_TINYINT:
        return PHYS_I8;
    case TYPE_SMALLINT:
        return PHYS_I16;
    case TYPE_INT:
    case TYPE_DATE:
    case TYPE_TIME:
        return PHYS_I32;
    case TYPE_DECIMAL:
        return type->precision <= 18 ? PHYS_I64 : PHYS_I128;
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_DAY:
        return PHYS_I64;
    case TYPE_FLOAT:
        return PHYS_F32;
    case TYPE_DOUBLE:
        return PHYS_F64;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        return PHYS_VIEW;
    case TYPE_ARRAY:
    case TYPE_MAP:
        return PHYS_LIST;
    case TYPE_ROW:
        return PHYS_ROW;
    }
    return PHYS_BOOL;
}

size_t phys_bytes(enum phys phys)
{
    switch (phys) {
    case PHYS_BOOL:
    case PHYS_I8:
        return 1;
    case PHYS_I16:
        return 2;
    case PHYS_I32:
    case PHYS_F32:
        return 4;
    case PHYS_I64:
    case PHYS_F64:
    case PHYS_LIST:
        return 8;
    case PHYS_I128:
    case PHYS_VIEW:
        return 16;
    case PHYS_ROW:
        return 0;
    }
    return 0;
}

_Static_assert(sizeof(int128) == 16, "phys_bytes");

static bool uses_precision(enum type_id id)
{
    switch (id) {
    case TYPE_DECIMAL:
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return true;
    default:
        return false;
    }
}

bool type_equal(const struct type *a, const struct type *b)
{
    if (a == b)
        return true;
    if (a->id != b->id || a->blink_instant != b->blink_instant || a->child_count != b->child_count)
        return false;
    if (uses_precision(a->id) && a->precision != b->precision)
        return false;
    if (a->id == TYPE_DECIMAL && a->scale != b->scale)
        return false;
    for (uint32_t i = 0; i < a->child_count; i++) {
        if (!type_equal(a->children[i], b->children[i]))
            return false;
        if (a->id == TYPE_ROW && !str_eq(a->names[i], b->names[i]))
            return false;
    }
    return true;
}

/* ---- makers ---- */

const struct type *type_make(struct arena *arena, enum type_id id, int32_t precision, int32_t scale)
{
    struct type *type = arena_new(arena, struct type);
    if (!type)
        return NULL;
    type->id = id;
    type->precision = precision;
    type->scale = scale;
    return type;
}

static const struct type *make_nested(struct arena *arena, enum type_id id,
                                      const struct type *const *children, const struct str *names,
                                      uint32_t count)
{
    struct type *type = arena_new(arena, struct type);
    const struct type **copies = arena_array(arena, const struct type *, count);
    if (!type || !copies)
        return NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (!children[i]) /* so that makers can be nested without checks in between */
            return NULL;
        copies[i] = children[i];
    }
    type->id = id;
    type->child_count = count;
    type->children = copies;
    if (names) {
        struct str *own = arena_array(arena, struct str, count);
        if (!own)
            return NULL;
        for (uint32_t i = 0; i < count; i++) {
            own[i] = arena_str(arena, names[i]);
            if (!own[i].data)
                return NULL;
        }
        type->names = own;
    }
    return type;
}

const struct type *type_make_array(struct arena *arena, const struct type *element)
{
    return make_nested(arena, TYPE_ARRAY, &element, NULL, 1);
}

const struct type *type_make_map(struct arena *arena, const struct type *key,
                                 const struct type *value)
{
    return make_nested(arena, TYPE_MAP, (const struct type *[]){ key, value }, NULL, 2);
}

const struct type *type_make_row(struct arena *arena, const struct type *const *fields,
                                 const struct str *names, uint32_t count)
{
    return make_nested(arena, TYPE_ROW, fields, names, count);
}

const struct type *type_with_null(struct arena *arena, const struct type *type, bool not_null)
{
    if (type->not_null == not_null)
        return type;
    struct type *copy = arena_alloc(arena, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *type;
    copy->not_null = not_null;
    return copy;
}

const struct type *type_with_time(struct arena *arena, const struct type *type,
                                  enum time_attribute attribute)
{
    if (type->time_attribute == attribute)
        return type;
    struct type *copy = arena_alloc(arena, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *type;
    copy->time_attribute = (uint8_t)attribute;
    return copy;
}

/* ---- printing ---- */

static void print_sized(struct buf *out, const char *name, int32_t size)
{
    buf_text(out, name);
    buf_char(out, '(');
    buf_i64(out, size);
    buf_char(out, ')');
}

static void print_row(struct buf *out, const struct type *type)
{
    buf_text(out, "ROW<");
    for (uint32_t i = 0; i < type->child_count; i++) {
        if (i > 0)
            buf_text(out, ", ");
        buf_char(out, '`');
        for (size_t k = 0; k < type->names[i].size; k++) {
            char c = type->names[i].data[k];
            if (c == '`')
                buf_char(out, '`');
            buf_char(out, c);
        }
        buf_text(out, "` ");
        type_print(out, type->children[i]);
    }
    buf_char(out, '>');
}

void type_print(struct buf *out, const struct type *type)
{
    switch (type->id) {
    case TYPE_NULL:
        buf_text(out, "NULL");
        return;
    case TYPE_BOOLEAN:
        buf_text(out, "BOOLEAN");
        return;
    case TYPE_TINYINT:
        buf_text(out, "TINYINT");
        return;
    case TYPE_SMALLINT:
        buf_text(out, "SMALLINT");
        return;
    case TYPE_INT:
        buf_text(out, "INT");
        return;
    case TYPE_BIGINT:
        buf_text(out, "BIGINT");
        return;
    case TYPE_FLOAT:
        buf_text(out, "FLOAT");
        return;
    case TYPE_DOUBLE:
        buf_text(out, "DOUBLE");
        return;
    case TYPE_DECIMAL:
        buf_text(out, "DECIMAL(");
        buf_i64(out, type->precision);
        buf_text(out, ", ");
        buf_i64(out, type->scale);
        buf_char(out, ')');
        return;
    case TYPE_CHAR:
        print_sized(out, "CHAR", type->precision);
        return;
    case TYPE_VARCHAR:
        if (type->precision == TYPE_UNBOUNDED)
            buf_text(out, "STRING");
        else
            print_sized(out, "VARCHAR", type->precision);
        return;
    case TYPE_BINARY:
        print_sized(out, "BINARY", type->precision);
        return;
    case TYPE_VARBINARY:
        if (type->precision == TYPE_UNBOUNDED)
            buf_text(out, "BYTES");
        else
            print_sized(out, "VARBINARY", type->precision);
        return;
    case TYPE_DATE:
        buf_text(out, "DATE");
        return;
    case TYPE_TIME:
        print_sized(out, "TIME", type->precision);
        return;
    case TYPE_TIMESTAMP:
        print_sized(out, "TIMESTAMP", type->precision);
        return;
    case TYPE_TIMESTAMP_LTZ:
        if (type->blink_instant)
            buf_text(out, "TIMESTAMP");
        else
            print_sized(out, "TIMESTAMP_LTZ", type->precision);
        return;
    case TYPE_INTERVAL_MONTH:
        buf_text(out, "INTERVAL YEAR TO MONTH");
        return;
    case TYPE_INTERVAL_DAY:
        buf_text(out, "INTERVAL DAY TO SECOND");
        return;
    case TYPE_ARRAY:
        buf_text(out, "ARRAY<");
        type_print(out, type->children[0]);
        buf_char(out, '>');
        return;
    case TYPE_MAP:
        buf_text(out, "MAP<");
        type_print(out, type->children[0]);
        buf_text(out, ", ");
        type_print(out, type->children[1]);
        buf_char(out, '>');
        return;
    case TYPE_ROW:
        print_row(out, type);
        return;
    }
}
