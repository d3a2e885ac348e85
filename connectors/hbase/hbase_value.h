/* hbase_value.h -- values as bytes of cells, as HBase's own Bytes writes them: numbers big-endian,
 * BOOLEAN ff or 00, DATE an INT of days, TIME an INT and timestamps a BIGINT of milliseconds, DECIMAL
 * its scale in four bytes and then the unscaled number, texts in UTF-8. */
#pragma once

#include "hbase/hbase_table.h"
#include "remote/remote_rows.h"

/* Whoever writes keeps one, for the time zone of texts. */
struct hbase_writer {
    const struct hbase_table *table;
    struct zone_cursor cursor;
};

/* Appends a value that is not NULL. */
void hbase_put_value(struct buf *out, struct hbase_writer *writer, const struct type *type,
                     const struct column *column, uint32_t row);
/* Appends the row key; columns[i] holds table->keys[i].  E_DATA: a NULL, an empty key, one that is too
 * long. */
enum code hbase_put_key(struct buf *out, struct hbase_writer *writer,
                        const struct column *const *columns, uint32_t row,
                        struct error *err) WEIR_CHECKED;

/* Sets a cell of the row added last; `at` is its place in the flat schema.  E_DATA: the bytes are no
 * value of its type. */
enum code hbase_set_value(struct remote_rows *rows, const struct hbase_table *table, uint32_t at,
                          struct str bytes, struct error *err) WEIR_CHECKED;
/* Sets the columns of the key. */
enum code hbase_set_key(struct remote_rows *rows, const struct hbase_table *table, struct str key,
                        struct error *err) WEIR_CHECKED;
