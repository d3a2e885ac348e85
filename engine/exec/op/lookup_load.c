/* lookup_load.c -- cache = ALL: the whole table is read through the connector's source.
 *
 * A source that reads in the background may have to wait for its server for as long as that is
 * away.  The worker does not: rows that come meanwhile are parked, as they are for the answers of a
 * server that is asked key by key, so that a stop is heard and everybody sees who is waited for. */
#include "exec/op/lookup.h"

#include "base/clock.h"
#include "base/memory.h"

#define LOAD_SILENCE_US (60 * INT64_C(1000000))

struct lookup_load {
    struct source *source; /* owned; NULL: not opened */
    struct arena *arena;   /* owned; of the rows at hand */
    int64_t heard_us;      /* when rows came last, or the server was known to be away */
};

void lookup_load_end(struct op_lookup *op)
{
    struct lookup_load *load = op->load;
    op->load = NULL;
    if (!load)
        return;
    if (load->source)
        load->source->kind->close(load->source);
    arena_destroy(load->arena);
    mem_free(load);
}

enum code lookup_load_begin(struct op_lookup *op, struct error *err)
{
    const struct source_kind *kind = op->plan->connector->source;
    if (!kind || !kind->poll_rows)
        return error_set(err, E_UNSUPPORTED,
                         "table \"" STR_FMT "\" cannot be read as a whole, which cache = ALL needs",
                         STR_ARG(op->plan->def.name));
    struct source_open open = {
        .table = &op->plan->def,
        .until_end = true,
        .while_running = true,
    };
    lookup_cache_begin_all(op->cache);
    op->load = mem_zalloc(sizeof *op->load);
    if (!op->load || !(op->load->arena = arena_create()))
        return error_nomem(err);
    op->load->heard_us = clock_monotonic_us();
    return op_open_source(op->base.worker, op->plan->connector, &open, &op->load->source, err);
}

static enum code load_batch(struct op_lookup *op, const struct batch *rows, struct error *err)
{
    const struct plan_lookup *plan = op->plan;
    struct arena *arena = op->load->arena;
    struct column **key = arena_array(arena, struct column *, MAX(plan->key_count, 1));
    if (!key)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->key_count; i++)
        key[i] = rows->columns[plan->table_keys[i]];
    return lookup_cache_load(op->cache, key, rows->columns, rows->selection, rows->selected, arena,
                             err);
}

static void read_status(struct source *source, struct source_status *ret)
{
    *ret = (struct source_status){ .waiting_for = NULL };
    if (source->kind->status)
        source->kind->status(source, ret);
}

/* Nothing has come.  A source that says whom it waits for may do so for ever. */
static enum code check_silence(struct op_lookup *op, enum code code, struct error *err)
{
    struct source_status status;
    read_status(op->load->source, &status);
    if (status.waiting_for)
        op->load->heard_us = clock_monotonic_us();
    if (code == OK && clock_monotonic_us() - op->load->heard_us <= LOAD_SILENCE_US)
        return OK;
    return error_set(err, E_IO, "table \"" STR_FMT "\" could not be read to its end",
                     STR_ARG(op->plan->def.name));
}

enum code lookup_load_step(struct op_lookup *op, struct error *err)
{
    struct lookup_load *load = op->load;
    const struct source_kind *kind = load->source->kind;
    enum poll_state state = POLL_MORE;
    while (state != POLL_END) {
        struct batch *rows = NULL;
        arena_reset(load->arena);
        enum code code =
            kind->poll_rows(load->source, load->arena, BATCH_ROWS, &rows, &state, err);
        if (code == E_RETRY || (code == OK && !rows && state == POLL_IDLE))
            return check_silence(op, code, err);
        TRY(code);
        if (rows) {
            load->heard_us = clock_monotonic_us();
            TRY(load_batch(op, rows, err));
        }
    }
    lookup_load_end(op);
    return OK;
}

int lookup_load_fd(const struct op_lookup *op)
{
    struct source *source = op->load->source;
    return source->kind->wake_fd ? source->kind->wake_fd(source) : -1;
}

void op_lookup_status(struct op *base, struct source_status *ret)
{
    struct op_lookup *op = (struct op_lookup *)base;
    *ret = (struct source_status){ .waiting_for = NULL };
    if (op->load)
        read_status(op->load->source, ret);
    else if (op->lookup->kind->status)
        op->lookup->kind->status(op->lookup, ret);
}
