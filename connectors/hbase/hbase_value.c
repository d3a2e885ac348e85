/* hbase_value.c -- see hbase_value.h. */
#include "hbase/hbase_value.h"

#include "types/decimal.h"
#include "types/text.h"
#include "types/time.h"

enum { SHOWN_BYTES = 32, I128_BYTES = 16, SCALE_BYTES = 4 };

/* --- writing --------------------------------------------------------------------------- */

static void put_big_endian(struct buf *out, uint64_t value, unsigned size)
{
    if (!buf_reserve(out, size))
        return;
    for (unsigned i = size; i-- > 0; value >>= 8)
        out->data[out->size + i] = (char)(value & 0xff);
    out->size += size;
}

static int64_t floor_ms(int64_t us)
{
    return us / TIME_US_PER_MS - (us % TIME_US_PER_MS < 0);
}

/* As BigInteger: two's complement, as short as it can be. */
static void put_decimal(struct buf *out, int128 value, int32_t scale)
{
    uint8_t bytes[I128_BYTES];
    uint128 rest = (uint128)value;
    for (unsigned i = I128_BYTES; i-- > 0; rest >>= 8)
        bytes[i] = (uint8_t)(rest & 0xff);
    unsigned first = 0;
    uint8_t sign = value < 0 ? 0xff : 0;
    while (first < I128_BYTES - 1 && bytes[first] == sign &&
           ((bytes[first + 1] ^ sign) & 0x80) == 0)
        first++;
    put_big_endian(out, (uint32_t)scale, SCALE_BYTES);
    buf_put(out, bytes + first, I128_BYTES - first);
}

static void put_binary(struct buf *out, const struct type *type, const struct column *column,
                       uint32_t row)
{
    uint32_t bits32;
    uint64_t bits64;
    switch (type->id) {
    case TYPE_BOOLEAN:
        put_big_endian(out, COLUMN_AT(column, uint8_t, row) ? 0xff : 0, 1);
        break;
    case TYPE_TINYINT:
        put_big_endian(out, (uint8_t)COLUMN_AT(column, int8_t, row), 1);
        break;
    case TYPE_SMALLINT:
        put_big_endian(out, (uint16_t)COLUMN_AT(column, int16_t, row), 2);
        break;
    case TYPE_INT:
    case TYPE_DATE:
    case TYPE_TIME:
        put_big_endian(out, (uint32_t)COLUMN_AT(column, int32_t, row), 4);
        break;
    case TYPE_INTERVAL_MONTH:
        put_big_endian(out, (uint32_t)COLUMN_AT(column, int64_t, row), 4);
        break;
    case TYPE_BIGINT:
        put_big_endian(out, (uint64_t)COLUMN_AT(column, int64_t, row), 8);
        break;
    case TYPE_FLOAT:
        memcpy(&bits32, &COLUMN_AT(column, float, row), sizeof bits32);
        put_big_endian(out, bits32, 4);
        break;
    case TYPE_DOUBLE:
        memcpy(&bits64, &COLUMN_AT(column, double, row), sizeof bits64);
        put_big_endian(out, bits64, 8);
        break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
    case TYPE_INTERVAL_DAY:
        put_big_endian(out, (uint64_t)floor_ms(COLUMN_AT(column, int64_t, row)), 8);
        break;
    case TYPE_DECIMAL:
        put_decimal(out,
                    type_phys(type) == PHYS_I128 ? COLUMN_AT(column, int128, row)
                                                 : (int128)COLUMN_AT(column, int64_t, row),
                    type->scale);
        break;
    default: /* no other type passes the check of the table */
        buf_str(out, view_str(COLUMN_AT(column, struct view, row)));
        break;
    }
}

static void put_text(struct buf *out, struct hbase_writer *writer, const struct column *column,
                     uint32_t row)
{
    const struct table_def *def = writer->table->def;
    struct text_style style = {
        .mode = TEXT_CAST,
        .blink = def->blink,
        .zone = def->zone,
        .cursor = &writer->cursor,
    };
    text_print_cell(out, column, row, &style);
}

void hbase_put_value(struct buf *out, struct hbase_writer *writer, const struct type *type,
                     const struct column *column, uint32_t row)
{
    if (writer->table->as_text && type_phys(type) != PHYS_VIEW)
        put_text(out, writer, column, row);
    else
        put_binary(out, type, column, row);
}

/* A key of several columns is text. */
enum code hbase_put_key(struct buf *out, struct hbase_writer *writer,
                        const struct column *const *columns, uint32_t row, struct error *err)
{
    const struct hbase_table *t = writer->table;
    size_t start = out->size;
    for (uint32_t i = 0; i < t->key_count; i++) {
        const struct field *field = &t->def->schema->fields[t->keys[i]];
        if (!column_is_valid(columns[i], row))
            return error_set(err, E_DATA, "key column \"" STR_FMT "\" is NULL",
                             STR_ARG(field->name));
        if (i > 0)
            buf_str(out, t->delimiter);
        if (t->key_count > 1 && type_phys(field->type) != PHYS_VIEW)
            put_text(out, writer, columns[i], row);
        else
            hbase_put_value(out, writer, field->type, columns[i], row);
    }
    size_t size = out->size - start;
    struct str name = t->def->schema->fields[t->keys[0]].name;
    if (size == 0)
        return error_set(err, E_DATA, "row key \"" STR_FMT "\" is empty", STR_ARG(name));
    if (size > HBASE_KEY_BYTES_MAX)
        return error_set(err, E_DATA, "row key \"" STR_FMT "\" has %zu bytes, HBase takes %d",
                         STR_ARG(name), size, HBASE_KEY_BYTES_MAX);
    return OK;
}

/* --- reading --------------------------------------------------------------------------- */

/* What Java calls "offset (0) + length (8) exceed the capacity of the array: 3". */
static enum code wrong_size(const struct field *field, struct str bytes, const char *expected,
                            struct error *err)
{
    struct buf type;
    buf_init(&type, 256);
    type_print(&type, field->type);
    error_set(err, E_DATA, "column \"" STR_FMT "\": %s has %s bytes, the cell has %zu",
              STR_ARG(field->name), buf_cstr(&type), expected, bytes.size);
    buf_done(&type);
    bool is_text = bytes.size > 0 && bytes.size <= SHOWN_BYTES;
    for (size_t i = 0; i < bytes.size && is_text; i++)
        is_text = bytes.data[i] >= ' ' && bytes.data[i] < 0x7f;
    if (is_text)
        error_hint(err, "It holds the text \"" STR_FMT "\": declare the column as a string.",
                   STR_ARG(bytes));
    return E_DATA;
}

static int64_t get_big_endian(struct str bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size; i++)
        value = value << 8 | (uint8_t)bytes.data[i];
    unsigned unused = (unsigned)(64 - 8 * bytes.size);
    return (int64_t)(value << unused) >> unused;
}

static unsigned size_of(const struct type *type)
{
    switch (type->id) {
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
        return 1;
    case TYPE_SMALLINT:
        return 2;
    case TYPE_INT:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_INTERVAL_MONTH:
    case TYPE_FLOAT:
        return 4;
    default:
        return 8;
    }
}

/* A number that does not fit the column's type is a NULL, as in Flink. */
static enum code set_decimal(struct remote_rows *rows, const struct field *field, uint32_t at,
                             struct str bytes, struct error *err)
{
    if (bytes.size <= SCALE_BYTES)
        return wrong_size(field, bytes, "at least 5", err);
    int64_t scale = get_big_endian(str_make(bytes.data, SCALE_BYTES));
    struct str digits = str_make(bytes.data + SCALE_BYTES, bytes.size - SCALE_BYTES);
    int sign = digits.data[0] < 0 ? -1 : 0;
    while (digits.size > I128_BYTES && (int8_t)digits.data[0] == sign)
        digits = str_make(digits.data + 1, digits.size - 1);
    struct value value = { .type = field->type, .is_null = digits.size > I128_BYTES };
    uint128 unscaled = (uint128)(int128)sign;
    for (size_t i = 0; i < digits.size && !value.is_null; i++)
        unscaled = unscaled << 8 | (uint8_t)digits.data[i];
    int128 number = (int128)unscaled;
    value.is_null = value.is_null || (number < 0) != (sign < 0) || scale < -DECIMAL_MAX_PRECISION ||
                    scale > DECIMAL_MAX_PRECISION;
    if (!value.is_null && scale < 0) { /* 12E+3 */
        value.is_null = __builtin_mul_overflow(number, decimal_power((int)-scale), &number);
        scale = 0;
    }
    value.is_null = value.is_null || !decimal_rescale(number, (int)scale, field->type->precision,
                                                      field->type->scale, &value.i128);
    return remote_rows_set_value(rows, at, &value, err);
}

static enum code set_number(struct remote_rows *rows, const struct field *field, uint32_t at,
                            struct str bytes, struct error *err)
{
    static const char *const words[] = { [1] = "1", [2] = "2", [4] = "4", [8] = "8" };
    unsigned size = size_of(field->type);
    if (bytes.size != size)
        return wrong_size(field, bytes, words[size], err);
    int64_t value = get_big_endian(bytes);
    float single;
    double real;
    uint32_t bits = (uint32_t)value;
    switch (field->type->id) {
    case TYPE_FLOAT:
        memcpy(&single, &bits, sizeof single);
        return remote_rows_set_double(rows, at, (double)single, err);
    case TYPE_DOUBLE:
        memcpy(&real, &value, sizeof real);
        return remote_rows_set_double(rows, at, real, err);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
    case TYPE_INTERVAL_DAY:
        if (__builtin_mul_overflow(value, TIME_US_PER_MS, &value))
            return error_set(err, E_DATA, "column \"" STR_FMT "\": %lld ms are out of range",
                             STR_ARG(field->name), (long long)get_big_endian(bytes));
        return remote_rows_set_int(rows, at, value, err);
    default:
        return remote_rows_set_int(rows, at, value, err);
    }
}

static bool is_null(const struct hbase_table *t, const struct type *type, struct str bytes)
{
    if (type_is_string(type))
        return t->null_text.data && !type->not_null && str_eq(bytes, t->null_text);
    return bytes.size == 0 && !type_is_binary(type);
}

static enum code set_value(struct remote_rows *rows, const struct hbase_table *t, uint32_t at,
                           struct str bytes, bool is_text, struct error *err)
{
    const struct field *field = &rows->schema->fields[at];
    if (type_phys(field->type) == PHYS_VIEW)
        return remote_rows_set_bytes(rows, at, bytes, err);
    if (is_text)
        return remote_rows_set_text(rows, at, bytes, t->def->zone, err);
    return field->type->id == TYPE_DECIMAL ? set_decimal(rows, field, at, bytes, err)
                                           : set_number(rows, field, at, bytes, err);
}

enum code hbase_set_value(struct remote_rows *rows, const struct hbase_table *t, uint32_t at,
                          struct str bytes, struct error *err)
{
    if (is_null(t, rows->schema->fields[at].type, bytes))
        return OK;
    return set_value(rows, t, at, bytes, t->as_text, err);
}

/* The last column of the key may hold the delimiter. */
enum code hbase_set_key(struct remote_rows *rows, const struct hbase_table *t, struct str key,
                        struct error *err)
{
    bool is_text = t->as_text || t->key_count > 1;
    for (uint32_t i = 0; i < t->key_count; i++) {
        struct str part = key;
        if (i + 1 < t->key_count) {
            const char *end = t->delimiter.size == 0 ? NULL
                                                     : memmem(key.data, key.size, t->delimiter.data,
                                                              t->delimiter.size);
            if (!end)
                return error_set(err, E_DATA, "row key \"%.*s\" has fewer than %u parts",
                                 (int)MIN(key.size, (size_t)SHOWN_BYTES), key.data, t->key_count);
            part.size = (size_t)(end - key.data);
            size_t used = part.size + t->delimiter.size;
            key = str_make(key.data + used, key.size - used);
        }
        TRY(set_value(rows, t, i, part, is_text, err));
    }
    return OK;
}
