/* kafka_rows.c -- see kafka_rows.h.
 *
 * Blink has no format: the bytes of the first column of the key are the key, those of
 * the first other column are the value.  The binder says which they are by their
 * origin; a table without such columns is read the same way by its key. */
#include "kafka/kafka_rows.h"

#include "kafka/kafka.h"

enum { TEXT_BYTES_MAX = 1 << 30 };

static void find_meta_columns(struct kafka_rows *rows, const struct table_def *table)
{
    for (uint32_t i = 0; i < table->schema->count; i++) {
        if (!table->origins || table->origins[i] != ORIGIN_META)
            continue;
        int *column = table->metas[i] == META_VALUE_BYTES ? &rows->value_column
                      : table->metas[i] == META_KEY_BYTES ? &rows->key_column
                      : table->metas[i] == META_TIMESTAMP ? &rows->timestamp_column
                      : table->metas[i] == META_HEADERS   ? &rows->headers_column
                                                          : NULL;
        if (column && *column < 0)
            *column = (int)i;
    }
}

static bool is_key(const struct schema *schema, uint32_t column)
{
    for (uint32_t i = 0; i < schema->key_count; i++)
        if (schema->key[i] == column)
            return true;
    return false;
}

static void find_blink_columns(struct kafka_rows *rows, const struct table_def *table)
{
    const struct schema *schema = table->schema;
    if (rows->key_column < 0 && schema->key_count > 0)
        rows->key_column = (int)schema->key[0];
    for (uint32_t i = 0; i < schema->count && rows->value_column < 0; i++)
        if (!is_key(schema, i) && (int)i != rows->key_column &&
            (!table->origins || table->origins[i] != ORIGIN_META))
            rows->value_column = (int)i;
}

static enum code check_bytes(const struct table_def *table, int column, const char *role,
                             struct error *err)
{
    if (column < 0)
        return OK;
    const struct field *field = &table->schema->fields[column];
    if (type_phys(field->type) == PHYS_VIEW)
        return OK;
    error_set(err, E_TYPE,
              "column \"" STR_FMT "\" of table \"" STR_FMT
              "\" is the %s of the message and must be VARBINARY or VARCHAR",
              STR_ARG(field->name), STR_ARG(table->name), role);
    return E_TYPE;
}

enum code kafka_rows_open(struct kafka_rows *rows, const struct table_def *table,
                          struct arena *arena, struct error *err)
{
    *rows = (struct kafka_rows){
        .arena = arena,
        .value_column = -1,
        .key_column = -1,
        .timestamp_column = -1,
        .headers_column = -1,
    };
    buf_init(&rows->value_text, TEXT_BYTES_MAX);
    buf_init(&rows->key_text, TEXT_BYTES_MAX);
    find_meta_columns(rows, table);
    bool has_format = table_format(table, false) != NULL;
    if (table->blink && !has_format)
        find_blink_columns(rows, table);
    TRY(check_bytes(table, rows->value_column, "value", err));
    TRY(check_bytes(table, rows->key_column, "key", err));
    if (rows->value_column < 0)
        TRY(table_open_encoder(table, false, arena, &rows->value, err));
    if (rows->key_column < 0)
        TRY(table_open_encoder(table, true, arena, &rows->key, err));
    if (rows->value_column < 0 && !rows->value)
        return error_set(err, E_PLAN,
                         "table \"" STR_FMT "\" has no column for the value of a message",
                         STR_ARG(table->name));
    const struct format *format = table_format(table, false);
    rows->is_keyed = kafka_is_keyed(table);
    rows->skips_deletes =
        table->blink || !rows->value || !format || (format->carries & CARRIES_DELETE) == 0;
    return OK;
}

void kafka_rows_close(struct kafka_rows *rows)
{
    if (rows->value)
        rows->value->kind->close(rows->value);
    if (rows->key)
        rows->key->kind->close(rows->key);
    buf_done(&rows->value_text);
    buf_done(&rows->key_text);
}

static enum code part_of(struct encoder *encoder, int column, const struct batch *in, uint32_t row,
                         struct buf *text, struct kafka_part *ret, struct error *err)
{
    *ret = (struct kafka_part){ NULL, 0, SIZE_MAX };
    if (column >= 0) {
        const struct column *c = in->columns[column];
        if (column_is_valid(c, row)) {
            struct view bytes = COLUMN_AT(c, struct view, row);
            ret->data = bytes.data ? bytes.data : "";
            ret->size = bytes.size;
        }
        return OK;
    }
    if (!encoder)
        return OK;
    size_t at = text->size;
    bool is_null = false;
    enum code code = encoder->kind->encode(encoder, in, row, text, &is_null, err);
    if (code == OK)
        code = buf_check(text, err);
    if (code != OK) {
        text->size = MIN(text->size, at); /* no half of a row */
        return code;
    }
    if (!is_null)
        *ret = (struct kafka_part){ NULL, text->size - at, at };
    return OK;
}

enum code kafka_rows_encode(struct kafka_rows *rows, const struct batch *in, uint32_t row,
                            struct kafka_row *ret, struct error *err)
{
    ret->timestamp_ms = 0;
    ret->value = (struct kafka_part){ NULL, 0, SIZE_MAX };
    if (!rows->is_keyed || batch_change(in, row) != CHANGE_DELETE)
        TRY(part_of(rows->value, rows->value_column, in, row, &rows->value_text, &ret->value, err));
    TRY(part_of(rows->key, rows->key_column, in, row, &rows->key_text, &ret->key, err));
    if (rows->timestamp_column < 0)
        return OK;
    const struct column *c = in->columns[rows->timestamp_column];
    if (!column_is_valid(c, row))
        return OK;
    int64_t us = COLUMN_AT(c, int64_t, row);
    int64_t ms = us / 1000 - (us % 1000 < 0);
    if (ms < 0)
        return error_set(err, E_DATA, "timestamp of a message cannot be before 1970");
    ret->timestamp_ms = ms;
    return OK;
}
