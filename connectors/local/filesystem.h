/* filesystem.h -- shared by the source and the sink of files. */
#pragma once

#include "connector/connector.h"

extern const struct source_kind filesystem_source;
extern const struct sink_kind filesystem_sink;
extern const struct option_spec filesystem_options[];

/* Is source.path.regex-pattern, if it is given, one? */
enum code filesystem_check_pattern(const struct options *options, struct error *err) WEIR_CHECKED;
