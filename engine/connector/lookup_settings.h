/* lookup_settings.h -- what is kept of an outside table that rows are looked up in: the options that its
 * table has for that, in Flink's and in Blink's names. */
#pragma once

#include "connector/options.h"

enum lookup_cache_kind {
    LOOKUP_CACHE_NONE, /* nothing outlives lookup_cache_forget() */
    LOOKUP_CACHE_LRU,
    LOOKUP_CACHE_ALL,  /* the whole table: a key that is not here has no row */
};

struct lookup_cache_settings {
    enum lookup_cache_kind kind;
    uint64_t max_keys;          /* LRU; 0: no limit */
    int64_t after_load_ms;      /* 0: for ever. ALL: the table is loaded anew after it */
    int64_t after_use_ms;       /* 0: for ever */
    bool keeps_misses;
    uint64_t max_rows_per_key;  /* 0: no limit */
};

struct lookup_cache_settings lookup_cache_settings(const struct options *options);
