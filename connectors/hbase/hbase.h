/* hbase.h -- inside of the connector.
 *
 * hbase.c         options, and what they are for
 * hbase_table.c   which column is which cell
 * hbase_value.c   values as bytes
 * hbase_rows.c    rows that are read, as columns
 * hbase_wire.c    rows as the server takes and gives them
 * hbase_rest.c    calls, and what their answers mean
 * hbase_delete.c  deletes, over several connections
 * hbase_sink.c, hbase_lookup.c, hbase_scan.c */
#pragma once

#include "connector/connector.h"

extern const struct connector connector_cloudhbase, connector_hbase;
extern const struct sink_kind hbase_sink;
extern const struct lookup_kind hbase_lookup;
extern const struct source_kind hbase_scan;
