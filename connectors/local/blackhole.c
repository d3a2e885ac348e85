/* blackhole.c -- 'connector' = 'blackhole': takes every row and forgets it. */
#include "local/local.h"

#include "base/memory.h"

static const struct option_spec options[] = {
    LOCAL_NAME_OPTIONS,
    { 0 },
};

static const struct sink_kind blackhole_sink;

static enum code blackhole_open(const struct sink_open *open, struct sink **ret, struct error *err)
{
    (void)open;
    struct sink *sink = mem_zalloc(sizeof *sink);
    if (!sink)
        return error_nomem(err);
    sink->kind = &blackhole_sink;
    *ret = sink;
    return OK;
}

static enum code blackhole_write(struct sink *sink, const struct batch *in, struct error *err)
{
    (void)sink;
    (void)in;
    (void)err;
    return OK;
}

static enum code blackhole_flush_start(struct sink *sink, struct error *err)
{
    (void)sink;
    (void)err;
    return OK;
}

static enum code blackhole_flush_poll(struct sink *sink, bool *ret_done, struct error *err)
{
    (void)sink;
    (void)err;
    *ret_done = true;
    return OK;
}

static int blackhole_wake_fd(struct sink *sink)
{
    (void)sink;
    return -1;
}

static void blackhole_close(struct sink *sink)
{
    mem_free(sink);
}

static const struct sink_kind blackhole_sink = {
    .open = blackhole_open,
    .write = blackhole_write,
    .flush_start = blackhole_flush_start,
    .flush_poll = blackhole_flush_poll,
    .wake_fd = blackhole_wake_fd,
    .parallel = true,
    .close = blackhole_close,
};

static unsigned sink_modes(const struct table_def *table)
{
    return SINK_APPEND | (table->schema->key_count > 0 ? SINK_UPSERT : SINK_RETRACT);
}

static bool keeps_last(const struct table_def *table)
{
    return table->schema->key_count > 0;
}

const struct connector connector_blackhole = {
    .name = "blackhole",
    .summary = "takes every row and forgets it",
    .family = FAMILY_EMBEDDED,
    .options = options,
    .sink = &blackhole_sink,
    .sink_modes = sink_modes,
    .keeps_last = keeps_last,
};
