/* mysql_literal.h -- names and values as text of SQL.
 *
 * Nothing here depends on the session: a string with a backslash or a control character is written as
 * `_utf8mb4 x'...'`, which means the same with and without NO_BACKSLASH_ESCAPES, in any sql_mode.
 *
 *   integers, BOOLEAN   12, 1            DATE        '2024-01-01'
 *   FLOAT, DOUBLE       1.1, 1.0E10      TIME        '10:00:00.123'
 *   DECIMAL             -1.50            TIMESTAMP   '2024-01-01 10:00:00.000', an instant as the
 *   strings             'it''s'                      wall clock of the table's zone shows it
 *   binaries            x'0aff'          nested      JSON, as a string
 */
#pragma once

#include "connector/connector.h"
#include "types/zone.h"

/* What a value's text depends on; one a thread. */
struct mysql_writer {
    const struct zone *zone;
    struct zone_cursor cursor; /* of the zone; changes with use */
    bool blink;
};

void mysql_put_name(struct buf *out, struct str name);   /* `name` */
void mysql_put_string(struct buf *out, struct str text); /* 'text' */
/* Any cell of a row; NULL is NULL.  E_DATA: the database has no such value; `name` is the column's
 * in the message. */
enum code mysql_put_cell(struct mysql_writer *w, struct buf *out, struct str name,
                         const struct column *column, uint32_t row, struct error *err) WEIR_CHECKED;
