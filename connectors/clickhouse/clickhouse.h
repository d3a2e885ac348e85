/* clickhouse.h -- inside of the connector.
 *
 * clickhouse.c        the connector, its options, and checks that need no server
 * click_address.c     options that say where a table is
 * click_answer.c      calls, and what errors of the server mean
 * click_engine.c      engines of tables
 * click_get.c         values from RowBinary
 * click_literal.c     names and values as SQL
 * click_lookup.c      rows by key
 * click_put.c         values to RowBinary
 * click_scan.c        a table as a bounded source
 * click_sink.c        rows that are written
 * click_sink_table.c  what a sink needs to know of its table
 * click_table.c       what a server tells about a table
 * click_type.c        types of columns
 * click_view.c        a table that is read, and rows of answers
 * click_write.c       values to RowBinary, the short way */
#pragma once

#include "connector/connector.h"

extern const struct connector connector_clickhouse;
extern const struct option_spec clickhouse_options[];

extern const struct source_kind click_source_kind;
extern const struct sink_kind click_sink_kind;
extern const struct lookup_kind click_lookup_kind;

/* Calls that open() makes must be over soon. */
enum { CLICK_OPEN_MS = 3000 };
