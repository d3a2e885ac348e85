/* mysql_read.h -- rows of an answer into columns. */
#pragma once

#include "mysql/mysql_conn.h"
#include "json/json_extract.h"
#include "connector/format_value.h"
#include "remote/remote_rows.h"

/* What cells become; one a thread. */
struct mysql_reader {
    const struct schema *schema;
    const uint32_t *columns; /* of the schema: the one of each cell */
    uint32_t count;
    struct value_settings values; /* of nested columns, which are JSON in the database */
};

/* Adds a row.  E_DATA: a cell is no value of its column's type; the row is there and is to be
 * dropped. */
enum code mysql_read_row(struct mysql_reader *reader, const struct mysql_conn *conn,
                         struct remote_rows *rows, const struct str *cells,
                         struct error *err) WEIR_CHECKED;
