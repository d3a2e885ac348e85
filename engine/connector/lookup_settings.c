/* lookup_settings.c -- see lookup_settings.h. */
#include "connector/lookup_settings.h"

static int64_t first_int(const struct options *o, const char *a, const char *b, int64_t otherwise)
{
    if (options_has(o, a))
        return options_int(o, a);
    return b && options_has(o, b) ? options_int(o, b) : otherwise;
}

static int64_t first_ms(const struct options *o, const char *a, const char *b)
{
    if (options_has(o, a))
        return options_duration_ms(o, a);
    return b && options_has(o, b) ? options_duration_ms(o, b) : 0;
}

struct lookup_cache_settings lookup_cache_settings(const struct options *o)
{
    struct lookup_cache_settings s = { .keeps_misses = true };
    struct str blink = options_get(o, "cache"), flink = options_get(o, "lookup.cache");
    bool old_style = options_has(o, "lookup.cache.max-rows");
    if (str_iis(blink, "ALL") || str_iis(flink, "FULL"))
        s.kind = LOOKUP_CACHE_ALL;
    else if (str_iis(blink, "LRU") || str_iis(flink, "PARTIAL") || old_style)
        s.kind = LOOKUP_CACHE_LRU;
    s.max_keys = (uint64_t)first_int(o, "lookup.partial-cache.max-rows", "lookup.cache.max-rows",
                                     first_int(o, "cacheSize", NULL, blink.size > 0 ? 10000 : 0));
    s.after_load_ms = first_ms(o, "lookup.partial-cache.expire-after-write", "lookup.cache.ttl");
    if (s.after_load_ms == 0)
        s.after_load_ms = first_ms(o, "cacheTTLMs", "lookup.full-cache.periodic-reload.interval");
    s.after_use_ms = first_ms(o, "lookup.partial-cache.expire-after-access", NULL);
    s.max_rows_per_key = (uint64_t)first_int(o, "maxJoinRows", NULL, 0);
    if (options_has(o, "lookup.partial-cache.cache-missing-key"))
        s.keeps_misses = options_bool(o, "lookup.partial-cache.cache-missing-key");
    if (options_has(o, "cacheEmpty"))
        s.keeps_misses = options_bool(o, "cacheEmpty");
    return s;
}
