/* hbase_wire.c -- see hbase_wire.h.
 *
 *     CellSet { repeated Row row = 1; }
 *     Row     { bytes key = 1; repeated Cell cell = 2; }
 *     Cell    { bytes row = 1; bytes column = 2; int64 timestamp = 3; bytes value = 4; }
 *
 * The order of fields is free: a timestamp comes first in its cell, and always has the same
 * length, so that it can be put in without moving anything. */
#include "hbase/hbase_wire.h"

enum { STAMP_BYTES = 7, VARINT_BYTES = 10 };
enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };
#define TAG(field, type) ((char)((field) << 3 | (type)))

/* --- writing --------------------------------------------------------------------------- */

static unsigned varint_size(uint64_t value)
{
    unsigned size = 1;
    while (value >>= 7)
        size++;
    return size;
}

static void put_varint(struct buf *out, uint64_t value)
{
    char bytes[VARINT_BYTES];
    unsigned n = 0;
    for (; value > 0x7f; value >>= 7)
        bytes[n++] = (char)(value | 0x80);
    bytes[n++] = (char)value;
    buf_put(out, bytes, n);
}

static void put_bytes(struct buf *out, char tag, struct str bytes)
{
    buf_char(out, tag);
    put_varint(out, bytes.size);
    buf_str(out, bytes);
}

void hbase_wire_put_column(struct buf *out, struct str column)
{
    put_bytes(out, TAG(2, WIRE_BYTES), column);
}

void hbase_wire_put_cell(struct buf *out, struct str column, struct str value)
{
    static const char stamp[1 + STAMP_BYTES] = { TAG(3, WIRE_VARINT) };
    buf_char(out, TAG(2, WIRE_BYTES));
    put_varint(out, sizeof stamp + column.size + 1 + varint_size(value.size) + value.size);
    buf_put(out, stamp, sizeof stamp);
    buf_str(out, column);
    put_bytes(out, TAG(4, WIRE_BYTES), value);
}

static size_t read_own_varint(const char *at, unsigned *ret_size)
{
    size_t value = 0;
    unsigned n = 0;
    do
        value |= (size_t)(at[n] & 0x7f) << 7 * n;
    while (at[n++] < 0);
    *ret_size = n;
    return value;
}

/* A number of STAMP_BYTES, with leading zeros: enough for 17,000 years. */
static void put_stamp(char *at, uint64_t value)
{
    for (unsigned i = 0; i < STAMP_BYTES; i++, value >>= 7)
        at[i] = (char)(i + 1 < STAMP_BYTES ? value | 0x80 : value & 0x7f);
}

static void stamp_cells(char *cells, size_t size, uint64_t timestamp_ms)
{
    for (size_t at = 0; at < size;) {
        unsigned digits;
        size_t cell = read_own_varint(cells + at + 1, &digits);
        put_stamp(cells + at + 1 + digits + 1, timestamp_ms);
        at += 1 + digits + cell;
    }
}

void hbase_wire_put_row(struct buf *out, struct str key, struct str cells, uint64_t timestamp_ms)
{
    buf_char(out, TAG(1, WIRE_BYTES));
    put_varint(out, 1 + varint_size(key.size) + key.size + cells.size);
    put_bytes(out, TAG(1, WIRE_BYTES), key);
    size_t at = out->size;
    buf_str(out, cells);
    if (!out->failed)
        stamp_cells(out->data + at, cells.size, timestamp_ms);
}

/* --- reading --------------------------------------------------------------------------- */

static bool read_varint(struct hbase_wire *wire, uint64_t *ret)
{
    uint64_t value = 0;
    for (unsigned n = 0; n < VARINT_BYTES && wire->at + n < wire->end; n++) {
        value |= (uint64_t)(wire->at[n] & 0x7f) << 7 * n;
        if (wire->at[n] >= 0) {
            wire->at += n + 1;
            *ret = value;
            return true;
        }
    }
    return false;
}

static bool skip(struct hbase_wire *wire, uint64_t size)
{
    if (size > (uint64_t)(wire->end - wire->at))
        return false;
    wire->at += size;
    return true;
}

bool hbase_wire_next(struct hbase_wire *wire, uint32_t *ret_field, struct str *ret_bytes)
{
    struct hbase_wire rest = *wire;
    uint64_t tag, value = 0;
    bool ok = false;
    if (wire->at == wire->end || !read_varint(&rest, &tag))
        return false;
    *ret_bytes = STR("");
    switch (tag & 7) {
    case WIRE_VARINT:
        ok = read_varint(&rest, &value);
        break;
    case WIRE_FIXED64:
        ok = skip(&rest, 8);
        break;
    case WIRE_FIXED32:
        ok = skip(&rest, 4);
        break;
    case WIRE_BYTES:
        ok = read_varint(&rest, &value) && skip(&rest, value);
        *ret_bytes = str_make(rest.at - (ok ? value : 0), ok ? (size_t)value : 0);
        break;
    default: /* groups are not used */
        break;
    }
    if (!ok || tag >> 3 > UINT32_MAX)
        return false;
    *ret_field = (uint32_t)(tag >> 3);
    *wire = rest;
    return true;
}

static enum code broken(struct error *err)
{
    return error_set(err, E_IO, "the reply of HBase is no set of rows");
}

enum code hbase_wire_next_row(struct hbase_wire *set, struct str *ret_key,
                              struct hbase_wire *ret_cells, bool *ret_has, struct error *err)
{
    uint32_t field = 0;
    struct str bytes, part;
    *ret_has = false;
    while (!*ret_has && hbase_wire_next(set, &field, &bytes))
        *ret_has = field == 1;
    if (!*ret_has)
        return set->at == set->end ? OK : broken(err);
    *ret_cells = hbase_wire_of(bytes);
    *ret_key = STR("");
    struct hbase_wire row = *ret_cells;
    while (ret_key->size == 0 && hbase_wire_next(&row, &field, &part))
        if (field == 1)
            *ret_key = part;
    return ret_key->size > 0 ? OK : broken(err);
}

enum code hbase_wire_next_cell(struct hbase_wire *row, struct hbase_wire_cell *ret, bool *ret_has,
                               struct error *err)
{
    uint32_t field = 0;
    struct str bytes, part;
    *ret_has = false;
    while (!*ret_has && hbase_wire_next(row, &field, &bytes))
        *ret_has = field == 2;
    if (!*ret_has)
        return row->at == row->end ? OK : broken(err);
    *ret = (struct hbase_wire_cell){ .column = STR(""), .value = STR("") };
    struct hbase_wire cell = hbase_wire_of(bytes);
    while (hbase_wire_next(&cell, &field, &part))
        if (field == 2)
            ret->column = part;
        else if (field == 4)
            ret->value = part;
    return cell.at == cell.end ? OK : broken(err);
}
