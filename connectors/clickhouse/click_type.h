/* click_type.h -- column types of ClickHouse, read from the text that system.columns has.
 *
 * The text comes from a server: nesting and sizes are bounded.  A type that weir has no values for
 * (Tuple, Int256, AggregateFunction ...) is no error here; who needs the column says so. */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "types/zone.h"

enum click_kind {
    CLICK_INT, /* Int8 .. Int128, UInt8 .. UInt64 */
    CLICK_BOOL,
    CLICK_FLOAT, /* Float32, Float64 */
    CLICK_DECIMAL,
    CLICK_STRING,
    CLICK_FIXED, /* FixedString */
    CLICK_ENUM,  /* Enum8, Enum16 */
    CLICK_UUID,
    CLICK_DATE,   /* days since 1970, unsigned */
    CLICK_DATE32, /* the same, signed */
    CLICK_TIME,   /* DateTime, seconds since 1970, unsigned */
    CLICK_TIME64, /* DateTime64, ticks since 1970 */
    CLICK_ARRAY,
    CLICK_MAP,
};

struct click_enum {
    struct str name;
    int32_t value;
};

/* Belongs to one thread, because of the cursor. */
struct click_type {
    struct str text; /* as the server prints it, for messages */
    enum click_kind kind;
    bool is_nullable;
    bool is_signed;    /* CLICK_INT */
    uint8_t bytes;     /* of a value; 0: not all have the same number */
    int32_t precision; /* CLICK_DECIMAL: digits; CLICK_TIME64: digits of a second */
    int32_t scale;
    uint32_t length; /* CLICK_FIXED */
    const struct click_enum *names;
    uint32_t name_count;
    const struct zone *zone; /* CLICK_TIME, CLICK_TIME64 */
    struct zone_cursor *cursor;
    const struct click_type *children[2]; /* CLICK_ARRAY: [0]; CLICK_MAP: key and value */
};

/* *ret is NULL where weir has no values for the type.  `zone` is the server's: times without a zone
 * of their own are in it.  All but `zone` is copied into the arena. */
enum code click_type_parse(struct arena *arena, struct str text, const struct zone *zone,
                           const struct click_type **ret, struct error *err) WEIR_CHECKED;
