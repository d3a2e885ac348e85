/* spec_sink.c -- sinks of a job under test: they keep every change. */
#include "base/memory.h"
#include "plan/plan.h"
#include "spec/spec_tables.h"
#include "spec/spec_value.h"

struct sink_instance {
    struct sink base;
    struct spec_tables *tables;
    struct spec_sink *sink;
};

static enum code keep_row(struct sink_instance *s, const struct batch *in, uint32_t row,
                          struct error *err)
{
    struct arena *arena = s->tables->arena;
    const struct plan_sink *plan = s->sink->plan;
    struct spec_row kept = { .change = batch_change(in, row),
                             .values =
                                 arena_array(arena, struct value, MAX(plan->base.field_count, 1)) };
    if (!kept.values)
        return error_nomem(err);
    for (uint32_t c = 0; c < plan->base.field_count; c++) {
        struct value v;
        if (!value_from_column(in->columns[c], row, arena, &v) ||
            !spec_value_copy(arena, &v, &kept.values[c]))
            return error_nomem(err);
        kept.values[c].type = plan->base.fields[c].type;
    }
    return ARENA_PUSH(arena, s->sink->changes, s->sink->change_count, s->sink->change_cap, kept)
               ? OK
               : error_nomem(err);
}

static enum code sink_write(struct sink *base, const struct batch *in, struct error *err)
{
    struct sink_instance *s = (struct sink_instance *)base;
    for (uint32_t i = 0; i < in->selected; i++)
        TRY(keep_row(s, in, batch_row(in, i), err));
    return OK;
}

static enum code sink_flush_start(struct sink *base, struct error *err)
{
    (void)base, (void)err;
    return OK;
}

static enum code sink_flush_poll(struct sink *base, bool *ret_done, struct error *err)
{
    (void)base, (void)err;
    *ret_done = true;
    return OK;
}

static int sink_wake_fd(struct sink *base)
{
    (void)base;
    return -1;
}

static void sink_close(struct sink *base)
{
    mem_free(base);
}

static const struct sink_kind memory_sink = {
    .write = sink_write,
    .flush_start = sink_flush_start,
    .flush_poll = sink_flush_poll,
    .wake_fd = sink_wake_fd,
    .close = sink_close,
};

static enum code make_sink(struct spec_tables *tables, struct spec_sink *sink, struct sink **ret,
                           struct error *err)
{
    struct sink_instance *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &memory_sink;
    s->tables = tables;
    s->sink = sink;
    *ret = &s->base;
    return OK;
}

enum code spec_sink_open(void *self, const struct sink_open *open, struct sink **ret,
                         struct error *err)
{
    struct spec_tables *tables = self;
    for (uint32_t i = 0; i < tables->sink_count; i++)
        if (&tables->sinks[i].plan->def == open->table)
            return make_sink(tables, &tables->sinks[i], ret, err);
    return error_set(err, E_INTERNAL, "a table that the plan does not have is opened");
}

enum code spec_tables_open_result(struct spec_tables *tables, const struct plan_sink *plan,
                                  struct sink **ret, struct error *err)
{
    for (uint32_t i = 0; i < tables->sink_count; i++)
        if (tables->sinks[i].plan == plan)
            return make_sink(tables, &tables->sinks[i], ret, err);
    return error_set(err, E_INTERNAL, "a result that the plan does not have is opened");
}

static bool same_row(const struct spec_sink *sink, const struct spec_row *a,
                     const struct spec_row *b)
{
    const struct schema *schema = sink->plan->def.schema;
    uint32_t n = sink->is_keyed ? schema->key_count : sink->plan->base.field_count;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t c = sink->is_keyed ? schema->key[i] : i;
        if (!spec_value_equal(&a->values[c], &b->values[c], 0))
            return false;
    }
    return true;
}

enum code spec_sink_rows(const struct spec_sink *sink, uint32_t changes, struct arena *arena,
                         const struct spec_row ***ret, uint32_t *ret_count, struct error *err)
{
    const struct spec_row **rows = arena_array(arena, const struct spec_row *, MAX(changes, 1));
    uint32_t n = 0;
    if (!rows)
        return error_nomem(err);
    for (uint32_t i = 0; i < changes; i++) {
        const struct spec_row *change = &sink->changes[i];
        bool adds = change->change == CHANGE_INSERT || change->change == CHANGE_UPDATE_AFTER;
        uint32_t at = n;
        if (!adds || sink->is_keyed)
            for (at = 0; at < n && !same_row(sink, rows[at], change);)
                at++;
        if (adds) {
            rows[at] = change;
            n += at == n;
        } else if (at < n) {
            memmove(&rows[at], &rows[at + 1], (n - at - 1) * sizeof *rows);
            n--;
        }
    }
    *ret = rows;
    *ret_count = n;
    return OK;
}
