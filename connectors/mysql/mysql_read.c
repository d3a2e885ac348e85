/* mysql_read.c -- see mysql_read.h.
 *
 *   numbers       as text; TINYINT(1), BIT(1) and 0 / 1 are BOOLEANs
 *   BIT(n)        a number, or bytes
 *   DATETIME, TIMESTAMP   wall clocks; an instant is that of the table's zone
 *   0000-00-00    NULL
 *   JSON          text, or a nested value */
#include "mysql/mysql_read.h"

static enum code set_bits(struct remote_rows *rows, uint32_t column, const struct type *type,
                          struct str bits, struct error *err)
{
    uint64_t value = 0;
    if (type_is_binary(type))
        return remote_rows_set_bytes(rows, column, bits, err);
    for (size_t i = 0; i < bits.size; i++)
        value = value << 8 | (unsigned char)bits.data[i];
    if (type->id == TYPE_BOOLEAN)
        value = value != 0;
    if (value > INT64_MAX)
        return error_set(err, E_DATA, "column \"" STR_FMT "\": its bits are no number",
                         STR_ARG(rows->schema->fields[column].name));
    return remote_rows_set_int(rows, column, (int64_t)value, err);
}

static enum code set_json(struct mysql_reader *reader, struct remote_rows *rows, uint32_t column,
                          struct str text, struct error *err)
{
    const struct field *field = &reader->schema->fields[column];
    struct value_rows values;
    struct column *made;
    struct value value;
    struct str trimmed = str_trim(text);
    char first = trimmed.size > 0 ? trimmed.data[0] : '\0';
    if (trimmed.size > UINT32_MAX)
        return error_set(err, E_DATA, "column \"" STR_FMT "\": too long", STR_ARG(field->name));
    struct str copy = arena_str(rows->arena, trimmed); /* strings of the value lie in it */
    if (!copy.data)
        return error_nomem(err);
    struct json_hit hit = {
        .data = copy.data,
        .size = (uint32_t)copy.size,
        .kind = first == '{'   ? JSON_OBJECT
                : first == '[' ? JSON_ARRAY
                               : JSON_STRING,
        .maybe_utf8 = 1,
    };
    TRY(value_rows_begin(&values, rows->arena, &reader->values, 1, err));
    values.column = field->name;
    TRY(value_make_column(&values, field->type, &hit, NULL, NULL, 1, &made, err));
    if (values.reasons[0])
        return error_set(err, E_DATA, "%s", values.reasons[0]);
    if (!value_from_column(made, 0, rows->arena, &value))
        return error_nomem(err);
    return remote_rows_set_value(rows, column, &value, err);
}

enum code mysql_read_row(struct mysql_reader *reader, const struct mysql_conn *conn,
                         struct remote_rows *rows, const struct str *cells, struct error *err)
{
    TRY(remote_rows_add(rows, err));
    for (uint32_t i = 0; i < reader->count; i++) {
        uint32_t column = reader->columns[i];
        const struct type *type = reader->schema->fields[column].type;
        if (!cells[i].data)
            continue;
        if (type->child_count > 0)
            TRY(set_json(reader, rows, column, cells[i], err));
        else if (mysql_conn_is_bits(conn, i))
            TRY(set_bits(rows, column, type, cells[i], err));
        else
            TRY(remote_rows_set_text(rows, column, cells[i], reader->values.zone, err));
    }
    return OK;
}
