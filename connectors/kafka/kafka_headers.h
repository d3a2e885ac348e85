/* kafka_headers.h -- headers of messages as columns, in both directions. */
#pragma once

#include "types/column.h"

struct rd_kafka_message_s;
struct rd_kafka_headers_s;

/* Fills rows [0, count) of `out`, a column of MAP<STRING, BYTES>, from messages; bytes are borrowed
 * from them.  Of equal names the last value counts, as in Flink.  A message without headers has an
 * empty map. */
enum code kafka_headers_read(struct rd_kafka_message_s *const *messages, uint32_t count,
                             struct arena *arena, struct column *out,
                             struct error *err) WEIR_CHECKED;

/* The map in row `row`; *ret is NULL for NULL and for an empty map, else the caller's. */
enum code kafka_headers_write(const struct column *map, uint32_t row,
                              struct rd_kafka_headers_s **ret, struct error *err) WEIR_CHECKED;
