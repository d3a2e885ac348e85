/* elastic_index.h -- which index a row goes to.
 *
 * Flink's patterns: 'users' is one index; 'users_{city}' takes a column's text,
 * 'users_{at|yyyy-MM-dd}' a time in a pattern of java.time, 'users_{now()|yyyy-MM}' the time at
 * which the row is written.  Blink's dynamicIndex puts day, week or month of a column behind
 * the name, which is then an alias of all of them. */
#pragma once

#include "connector/connector.h"
#include "types/zone.h"

struct datefmt;

enum es_index_kind {
    ES_INDEX_FIXED,
    ES_INDEX_COLUMN, /* the column's text */
    ES_INDEX_TIME,   /* the column by `format` */
    ES_INDEX_NOW,
};

struct es_index {
    enum es_index_kind kind;
    struct str prefix, suffix; /* FIXED: all of it is the prefix */
    uint32_t column;
    const struct datefmt *format;
    bool refuses_null; /* Blink; Flink writes "null" */
    const struct zone *zone;
    struct zone_cursor cursor;
    const struct clock *clock;
};

/* Reads the options; E_OPTION and E_TYPE say what is wrong with them.  Borrows the definition. */
enum code es_index_read(struct es_index *ret, const struct table_def *def, struct arena *arena,
                        struct error *err) WEIR_CHECKED;
static inline bool es_index_is_fixed(const struct es_index *index)
{
    return index->kind == ES_INDEX_FIXED;
}
/* Appends the name for a row; E_DATA: it has none. */
enum code es_index_put(struct es_index *index, const struct batch *batch, uint32_t row,
                       struct buf *out, struct error *err) WEIR_CHECKED;
