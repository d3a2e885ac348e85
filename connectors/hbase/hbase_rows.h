/* hbase_rows.h -- rows of HBase on their way to become those of a table.
 *
 * They are collected by a flat schema, the columns of the key and then a column a cell, and in the end
 * cells of a family are joined to its ROW. */
#pragma once

#include "hbase/hbase_value.h"
#include "hbase/hbase_wire.h"

/* What all rows of a table share: made once, in the table's arena. */
struct hbase_layout {
    const struct hbase_table *table;
    struct schema *schema; /* flat */
    bool *needed;          /* by column of it */
};
enum code hbase_layout_make(const struct hbase_table *table, struct hbase_layout *ret,
                            struct error *err) WEIR_CHECKED;

/* Adds a row.  E_DATA: the key is none of the table's; the row is taken back. */
enum code hbase_rows_add(struct remote_rows *rows, const struct hbase_layout *layout,
                         struct str key, struct error *err) WEIR_CHECKED;
/* Sets cells of the row added last. *matched counts those that the table knows. E_DATA: one is no
 * value of its type; E_IO: it is no row. */
enum code hbase_rows_set(struct remote_rows *rows, const struct hbase_layout *layout,
                         struct hbase_wire cells, uint32_t *matched,
                         struct error *err) WEIR_CHECKED;
enum code hbase_rows_end(struct remote_rows *rows, const struct hbase_layout *layout,
                         struct batch **ret, struct error *err) WEIR_CHECKED;
