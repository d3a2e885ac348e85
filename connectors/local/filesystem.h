/* filesystem.h -- shared by the source and the sink of files. */
#pragma once

#include "connector/connector.h"

extern const struct source_kind filesystem_source;
extern const struct sink_kind filesystem_sink;
extern const struct option_spec filesystem_options[];
