/* remote_rows.h -- rows of a server on their way to become a batch: columns that grow row by row.
 *
 *     struct remote_rows rows;
 *     TRY(remote_rows_begin(&rows, arena, schema, NULL, 0, err));
 *     for each row of the answer {
 *         TRY(remote_rows_add(&rows, err));                  // all columns NULL
 *         code = remote_rows_set_text(&rows, column, text, zone, err);
 *         if (code == E_DATA)
 *             remote_rows_drop(&rows);                       // a bad row
 *     }
 *     TRY(remote_rows_end(&rows, &batch, err));
 *
 * Everything lives in the arena; strings are copied into it. */
#pragma once

#include "connector/connector.h"
#include "types/value.h"
#include "types/zone.h"

struct remote_rows {
    struct arena *arena;
    const struct schema *schema;
    const bool *needed; /* NULL: all columns */
    uint32_t count, cap;
    struct column **columns; /* one a column; NULL: not needed, or nested */
    struct column ***nested; /* of nested columns, a column of one row a row; NULL: a NULL */
    const struct zone *zone; /* the one that `cursor` belongs to */
    struct zone_cursor cursor;
};

/* `expected` rows are made room for; more may come. */
enum code remote_rows_begin(struct remote_rows *rows, struct arena *arena,
                            const struct schema *schema, const bool *needed, uint32_t expected,
                            struct error *err) WEIR_CHECKED;
enum code remote_rows_add(struct remote_rows *rows, struct error *err) WEIR_CHECKED;
/* Takes back the row added last. */
void remote_rows_drop(struct remote_rows *rows);

/* Cells of the row added last, of scalar types.  A column that is not needed is left alone.
 * E_DATA: *err names the column. */
enum code remote_rows_set_bytes(struct remote_rows *rows, uint32_t column, struct str bytes,
                                struct error *err) WEIR_CHECKED; /* strings, binaries */
/* BOOLEAN, integers, DATE days, TIME ms, timestamps us; a number also into FLOAT, DOUBLE, DECIMAL
 * and strings. E_DATA: does not fit. */
enum code remote_rows_set_int(struct remote_rows *rows, uint32_t column, int64_t value,
                              struct error *err) WEIR_CHECKED;
/* FLOAT, DOUBLE, and as above. */
enum code remote_rows_set_double(struct remote_rows *rows, uint32_t column, double value,
                                 struct error *err) WEIR_CHECKED;
/* Reads the text of a value as a database writes it: numbers in decimal, BOOLEAN 0/1/true/false,
 * "2024-01-01 00:00:00.123" (TIMESTAMP_LTZ in `zone`), dates, times; "0000-00-00..." is NULL.
 * E_DATA: the text is no value of the column's type. */
enum code remote_rows_set_text(struct remote_rows *rows, uint32_t column, struct str text,
                               const struct zone *zone, struct error *err) WEIR_CHECKED;
/* A value of the column's own type, nested ones too (as text_print_value prints it). */
enum code remote_rows_set_value(struct remote_rows *rows, uint32_t column,
                                const struct value *value, struct error *err) WEIR_CHECKED;

enum code remote_rows_end(struct remote_rows *rows, struct batch **ret,
                          struct error *err) WEIR_CHECKED;
