/* mysql_scan.h -- a table of MySQL, read once from its first row to its last. */
#pragma once

#include "connector/connector.h"

extern const struct source_kind mysql_scan;

/* scan.partition.*: all four or none, and in order; num is 0 without. */
struct mysql_ranges {
    uint32_t column; /* of the schema */
    int64_t num, lower, upper;
};
enum code mysql_read_ranges(const struct table_def *table, struct mysql_ranges *ret,
                            struct error *err) WEIR_CHECKED;
/* The first and last value of a range, as Flink parts them: earlier ones are the larger ones. */
void mysql_range_at(const struct mysql_ranges *ranges, int64_t i, int64_t *ret_first,
                    int64_t *ret_last);
