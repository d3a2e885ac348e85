/* mysql_sink.h -- rows into a table of MySQL. */
#pragma once

#include "connector/connector.h"

extern const struct sink_kind mysql_sink;

/* Columns of excludeUpdateColumns: ret[i] of the schema's column i, NULL: nobody asks.  E_OPTION: no
 * such column. */
enum code mysql_read_excluded(const struct table_def *table, bool *ret, bool *ret_any,
                              struct error *err) WEIR_CHECKED;
