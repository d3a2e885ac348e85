/* local_topic.h -- shared by the source and the sink of topics as files. */
#pragma once

#include "connector/connector.h"

extern const struct source_kind local_topic_source;
extern const struct sink_kind local_topic_sink;

/* MAP<STRING, BYTES> */
extern const struct type topic_headers_type;
