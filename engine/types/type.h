/* type.h -- SQL data types.
 *
 * A struct type is immutable and compared by content (type_equal), never by
 * address.  Types without parameters are static objects below; others live in
 * the arena they were made in.  Both dialects share one set: Blink's TIMESTAMP
 * (an instant) is TYPE_TIMESTAMP_LTZ with `blink_instant` set, which only
 * changes how it is printed (session time zone, no `Z`). */
#pragma once

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"

enum type_id {
    TYPE_NULL,          /* the type of a bare NULL */
    TYPE_BOOLEAN,
    TYPE_TINYINT,
    TYPE_SMALLINT,
    TYPE_INT,
    TYPE_BIGINT,
    TYPE_FLOAT,
    TYPE_DOUBLE,
    TYPE_DECIMAL,       /* precision 1..38, scale 0..precision */
    TYPE_CHAR,          /* precision = length in code points */
    TYPE_VARCHAR,       /* precision = length, TYPE_UNBOUNDED for STRING */
    TYPE_BINARY,        /* precision = bytes */
    TYPE_VARBINARY,     /* precision = bytes, TYPE_UNBOUNDED for BYTES */
    TYPE_DATE,          /* days since 1970-01-01 */
    TYPE_TIME,          /* milliseconds of the day; precision 0..3 */
    TYPE_TIMESTAMP,     /* microseconds of a wall clock; precision 0..9 */
    TYPE_TIMESTAMP_LTZ, /* microseconds since the epoch, an instant; precision 0..9 */
    TYPE_INTERVAL_MONTH, /* months */
    TYPE_INTERVAL_DAY,   /* microseconds */
    TYPE_ARRAY,         /* children[0] */
    TYPE_MAP,           /* children[0] key, children[1] value */
    TYPE_ROW,           /* children and names */
};

#define TYPE_UNBOUNDED 2147483647

/* How values of a type lie in a column; see column.h. */
enum phys {
    PHYS_BOOL,  /* uint8_t 0 or 1 */
    PHYS_I8,
    PHYS_I16,
    PHYS_I32,   /* INT, DATE, TIME */
    PHYS_I64,   /* BIGINT, DECIMAL(p <= 18), timestamps, intervals */
    PHYS_I128,  /* DECIMAL(p > 18), unscaled */
    PHYS_F32,
    PHYS_F64,
    PHYS_VIEW,  /* struct view */
    PHYS_LIST,  /* struct list_slot into the children */
    PHYS_ROW,   /* no values of its own: children have the rows */
};

/* What windows and time joins may use a column for. */
enum time_attribute { TIME_PLAIN, TIME_ROWTIME, TIME_PROCTIME };

struct type {
    enum type_id id;
    bool not_null;       /* declared NOT NULL; not part of equality */
    bool blink_instant;  /* see above; only with TYPE_TIMESTAMP_LTZ */
    uint8_t time_attribute; /* enum time_attribute; not part of equality */
    int32_t precision;
    int32_t scale;
    uint32_t child_count;
    const struct type *const *children;
    const struct str *names; /* TYPE_ROW: child_count field names */
};

extern const struct type type_null, type_boolean, type_tinyint, type_smallint, type_int,
    type_bigint, type_float, type_double, type_string, type_bytes, type_date, type_time,
    type_timestamp3, type_timestamp6, type_timestamp_ltz3, type_timestamp_ltz6,
    type_blink_timestamp, type_interval_month, type_interval_day;

enum phys type_phys(const struct type *type);
/* Bytes of one value in a column; 0 for PHYS_ROW. */
size_t phys_bytes(enum phys phys);

bool type_equal(const struct type *a, const struct type *b);

static inline bool type_is_string(const struct type *t)
{
    return t->id == TYPE_CHAR || t->id == TYPE_VARCHAR;
}
static inline bool type_is_binary(const struct type *t)
{
    return t->id == TYPE_BINARY || t->id == TYPE_VARBINARY;
}
static inline bool type_is_integer(const struct type *t)
{
    return t->id >= TYPE_TINYINT && t->id <= TYPE_BIGINT;
}
static inline bool type_is_float(const struct type *t)
{
    return t->id == TYPE_FLOAT || t->id == TYPE_DOUBLE;
}
static inline bool type_is_numeric(const struct type *t)
{
    return t->id >= TYPE_TINYINT && t->id <= TYPE_DECIMAL;
}
static inline bool type_is_timestamp(const struct type *t)
{
    return t->id == TYPE_TIMESTAMP || t->id == TYPE_TIMESTAMP_LTZ;
}
static inline bool type_is_interval(const struct type *t)
{
    return t->id == TYPE_INTERVAL_MONTH || t->id == TYPE_INTERVAL_DAY;
}

/* Makers; NULL when out of memory.  Parameters are checked by whoever parses them. */
const struct type *type_make(struct arena *arena, enum type_id id, int32_t precision,
                             int32_t scale);
const struct type *type_make_array(struct arena *arena, const struct type *element);
const struct type *type_make_map(struct arena *arena, const struct type *key,
                                 const struct type *value);
const struct type *type_make_row(struct arena *arena, const struct type *const *fields,
                                 const struct str *names, uint32_t count);
/* A copy with not_null set or cleared. */
const struct type *type_with_null(struct arena *arena, const struct type *type, bool not_null);
/* A copy that is (or is not) a time attribute. */
const struct type *type_with_time(struct arena *arena, const struct type *type,
                                  enum time_attribute attribute);

/* "DECIMAL(10, 2)", "ARRAY<ROW<`a` INT>>", as Flink prints them (no NOT NULL). */
void type_print(struct buf *out, const struct type *type);

/* The type both convert to without loss of kind, by the widening rules of CASE, COALESCE,
 * UNION; NULL if there is none.  `blink`: a string wins over a number. */
const struct type *type_common(struct arena *arena, const struct type *a, const struct type *b,
                               bool blink);
/* May INSERT store `from` into `to` without an explicit cast?  (blink R-10: lossless widening only;
 * Flink: its implicit casts.) */
bool type_can_store(const struct type *from, const struct type *to, bool blink);
