/* click_value.h -- values in RowBinary, the format in which rows go to ClickHouse and come back.
 *
 * Little-endian; a String is its length (LEB128) and its bytes; a Nullable has a byte in front, 1 for
 * NULL with nothing behind.
 *
 *   integers, BOOLEAN          Int*, UInt*, Bool; as numbers also Float*, Decimal
 *   FLOAT, DOUBLE              Float*, Decimal
 *   DECIMAL                    Decimal (rounded HALF_UP), Float*; whole ones Int*, UInt*
 *   strings                    String, FixedString (filled with zeros), Enum, UUID
 *   binaries                   String, FixedString, UUID (16 bytes)
 *   DATE                       Date, Date32, and midnight of DateTime, DateTime64
 *   TIMESTAMP, an instant too  DateTime, DateTime64, and its day
 *   ARRAY, MAP                 Array, Map
 *   everything                 String, as CAST prints it; nested values as JSON
 *
 * A TIMESTAMP without a zone is a wall clock in the zone of the column, else in the server's. */
#pragma once

#include "clickhouse/click_type.h"
#include "types/value.h"

/* --- writing --- */

/* ClickHouse's DateTime64 and Date32: 1900-01-01 .. 2299-12-31. */
#define CLICK_TIME64_MIN_US INT64_C(-2208988800000000)
#define CLICK_TIME64_MAX_US INT64_C(10413791999999999)
#define CLICK_DATE32_MIN (-25567)
#define CLICK_DATE32_MAX 120529

/* Is there a way from the values of `from` to `to`? */
bool click_can_put(const struct type *from, const struct click_type *to);
/* Appends the value; NULL only where the type takes it.  E_DATA: why it does not fit, without the
 * column's name.  `zone`: the session's, for instants as text. */
enum code click_put(struct buf *out, const struct click_type *to, const struct value *value,
                    const struct zone *zone, struct error *err) WEIR_CHECKED;
/* The short way for a cell that is not NULL, without the mark of a Nullable.  false: nothing was
 * appended, and click_put() is to be asked. */
typedef bool click_write(struct buf *out, const struct click_type *to, const struct column *from,
                         uint32_t row);
/* NULL: there is none. */
click_write *click_find_write(const struct type *from, const struct click_type *to);
/* What a column has that was given nothing: 0, "", NULL. */
void click_put_default(struct buf *out, const struct click_type *to);

/* --- reading --- */

struct click_reader {
    const char *at, *end;
};
enum click_got {
    CLICK_GOT,
    CLICK_SHORT,  /* the bytes end within the value */
    CLICK_BROKEN, /* no value of the type: the reply cannot be read on */
    CLICK_MISFIT, /* read, but does not fit `to`: *err says why */
    CLICK_NOMEM,
};

/* Can values of `from` become ones of `to`? */
bool click_can_get(const struct click_type *from, const struct type *to);
/* The next value as one of `to`; strings lie in the reader's bytes or in the arena. `zone`: the
 * session's. */
enum click_got click_get(struct click_reader *in, const struct click_type *from,
                         const struct type *to, const struct zone *zone, struct arena *arena,
                         struct value *ret, struct error *err);
/* Moves behind the next value. */
enum click_got click_skip(struct click_reader *in, const struct click_type *type);

/* --- SQL --- */

/* `name` between backquotes, and 'text': nothing in it can end it. */
void click_put_name(struct buf *out, struct str name);
void click_put_text(struct buf *out, struct str text);
/* Can values of the type be compared by click_put_literal()? */
bool click_has_literal(const struct click_type *type);
/* The next value, which is not NULL, as SQL. */
enum click_got click_put_literal(struct buf *out, struct click_reader *in,
                                 const struct click_type *type, struct arena *arena);
