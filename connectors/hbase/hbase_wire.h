/* hbase_wire.h -- rows as HBase's REST server takes and gives them in protocol buffers: a set of
 * rows, each a key and cells, each a column ("family:qualifier"), a timestamp and a value.
 *
 * Replies are not trusted: nothing is read beyond the bytes that there are. */
#pragma once

#include "base/error.h"
#include "base/str.h"

#define HBASE_WIRE_TYPE "application/x-protobuf"

/* --- writing: cells are made without a timestamp, which comes when they are sent ------------------ */

/* What a cell of a column has in front of its value; made once a column. */
void hbase_wire_put_column(struct buf *out, struct str column);
/* Appends a cell; `column` is what hbase_wire_put_column() made. */
void hbase_wire_put_cell(struct buf *out, struct str column, struct str value);
/* Appends a row with cells as hbase_wire_put_cell() made them, all with this timestamp (ms). */
void hbase_wire_put_row(struct buf *out, struct str key, struct str cells, uint64_t timestamp_ms);

/* --- reading ----------------------------------------------------------------------------- */

/* Fields that are still to be read. */
struct hbase_wire {
    const char *at, *end;
};
struct hbase_wire_cell {
    struct str column, value;
};

static inline struct hbase_wire hbase_wire_of(struct str bytes)
{
    return (struct hbase_wire){ bytes.data, bytes.data + bytes.size };
}
/* The next field; *ret_bytes is empty unless it holds bytes.  False: there is none, or what there is
 * cannot be read: then at != end. */
bool hbase_wire_next(struct hbase_wire *wire, uint32_t *ret_field, struct str *ret_bytes);
/* The next row of a set: its key, and its cells for hbase_wire_next_cell(). *ret_has: there was one.
 * E_IO: no set of rows. */
enum code hbase_wire_next_row(struct hbase_wire *set, struct str *ret_key,
                              struct hbase_wire *ret_cells, bool *ret_has,
                              struct error *err) WEIR_CHECKED;
enum code hbase_wire_next_cell(struct hbase_wire *row, struct hbase_wire_cell *ret, bool *ret_has,
                               struct error *err) WEIR_CHECKED;
