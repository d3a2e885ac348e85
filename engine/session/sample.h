/* sample.h -- the first messages of a topic or file, as they are. */
#pragma once

#include "session/guess.h"

#include "connector/connector.h"

struct sample_row {
    struct guess_message message; /* first, so that guess_table() can be given copies */
    struct str split;             /* "orders-3", a file */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* INT64_MIN: none */
};

struct sample {
    const struct sample_row *rows;
    uint32_t count;
    bool ended;            /* there are no more */
    char waiting_for[128]; /* who did not answer in time; "": nobody */
};

/* Reads at most rows_max of them, in the order they come, and for at most wait_ms.  The connector's
 * source has poll().  `is_stopped` is asked now and then. */
enum code sample_read(const struct connector *connector, const struct table_def *table,
                      uint32_t rows_max, int64_t wait_ms, bool (*is_stopped)(void *self),
                      void *self, struct arena *arena, struct sample *ret,
                      struct error *err) WEIR_CHECKED;
