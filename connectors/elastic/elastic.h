/* elastic.h -- inside of the connector.
 *
 * elastic.c          the two connectors and their options
 * elastic_json       replies, looked at without a tree
 * elastic_index      which index a row goes to
 * elastic_doc        rows as lines of a bulk call
 * elastic_server     the server: settings of the client, version, index, errors
 * elastic_bulk       replies of bulk calls, row by row
 * elastic_sink.c     the sink
 * elastic_lookup.c   the look-up; elastic_find.c asks, elastic_found.c reads
 * elastic_scan.c     the bounded read; elastic_pages.c asks, elastic_hits.c reads */
#pragma once

#include "connector/connector.h"

extern const struct connector connector_blink_es, connector_es;

/* Is it Blink's connector (and not Flink's, which Blink's dialect may name, too)? */
bool es_is_blink(const struct table_def *def);

extern const struct sink_kind es_sink_kind;
extern const struct lookup_kind es_lookup_kind;
extern const struct source_kind es_source_kind;
