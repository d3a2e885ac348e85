/* op_window_save.c -- snapshots of windows: a list of the tables, then each table's groups. */
#include "exec/op/op_window.h"

#include "base/memory.h"
#include "state/snapshot.h"
#include "types/time.h"

enum { TABLE_LIST = 1, TABLE_TIME = 2 };

/* TABLE_LIST: id of a table -> end, and 1 for a total.  TABLE_TIME: time. */
static enum code save_entry(struct state_writer *w, uint32_t table, int64_t key, int64_t value,
                            int64_t second, struct error *err)
{
    struct buf k, v;
    buf_init(&k, 64);
    buf_init(&v, 64);
    state_encode_i64(&k, key);
    state_encode_i64(&v, value);
    state_encode_i64(&v, second);
    enum code code = buf_check(&k, err);
    if (code == OK)
        code = buf_check(&v, err);
    if (code == OK)
        code = state_writer_put(w, table, buf_view(&k), buf_view(&v), err);
    buf_done(&k);
    buf_done(&v);
    return code;
}

static enum code save_list(struct state_writer *w, const struct slices *list, bool is_total,
                           struct error *err)
{
    for (uint32_t i = 0; i < list->count; i++)
        TRY(save_entry(w, TABLE_LIST, state_table_id(list->items[i].groups),
                       list->items[i].end_us, is_total, err));
    for (uint32_t i = 0; i < list->count; i++)
        TRY(state_table_save(list->items[i].groups, w, err));
    return OK;
}

static enum code save(struct op_window *op, struct state_writer *w, struct error *err)
{
    TRY(state_writer_begin(w, op->plan->base.state_id, err));
    TRY(save_entry(w, TABLE_TIME, 0, op_time_to_save(op->time_us), 0, err));
    TRY(save_list(w, &op->open, false, err));
    TRY(save_list(w, &op->totals, true, err));
    return agg_set_save(op->groups.set, w, err);
}

enum code window_barrier(struct op *base, uint32_t port, const struct barrier *barrier,
                         struct error *err)
{
    struct op_window *op = (struct op_window *)base;
    if (!op_align_barrier(base, port, barrier))
        return OK;
    TRY(window_send(&op->groups, UINT32_MAX, err)); /* what is over belongs to this epoch */
    if (barrier->writer)
        TRY(save(op, barrier->writer, err));
    return op_emit_barrier(base, barrier, err);
}

/* Tables of the file that is read, by their ids in it. */
struct loading {
    struct arena *arena;
    struct loaded {
        uint32_t id;
        struct state_table *groups;
    } *items;
    uint32_t count, cap;
};

static enum code load_entry(struct op_window *op, struct loading *l, const struct state_record *r,
                            struct error *err)
{
    struct str key = r->key, value = r->value;
    int64_t id, end_us, is_total;
    TRY(state_decode_i64(&key, &id, err));
    TRY(state_decode_i64(&value, &end_us, err));
    TRY(state_decode_i64(&value, &is_total, err));
    if (r->table_id == TABLE_TIME) {
        op->time_us = MAX(op->time_us, end_us);
        if (op->plan->window.proctime && end_us != WATERMARK_NONE)
            op_clock_was(op->base.worker, end_us + TIME_US_PER_MS);
        return OK;
    }
    struct slice *slice;
    TRY(slices_get(&op->groups, is_total ? &op->totals : &op->open, end_us, true, &slice, err));
    struct loaded loaded = { (uint32_t)id, slice->groups };
    return ARENA_PUSH(l->arena, l->items, l->count, l->cap, loaded) ? OK : error_nomem(err);
}

static enum code load_record(struct op_window *op, struct loading *l, struct state_reader *reader,
                             const struct state_record *r, struct error *err)
{
    if (r->table_id == TABLE_TIME || r->table_id == TABLE_LIST)
        return load_entry(op, l, r, err);
    char *row;
    for (uint32_t i = l->count; i > 0; i--)
        if (l->items[i - 1].id == r->table_id) {
            TRY(state_table_load(l->items[i - 1].groups, reader, r->key, r->value, &row, err));
            if (row)
                agg_set_loaded_row(op->groups.set, row);
            return OK;
        }
    bool mine;
    TRY(agg_set_load(op->groups.set, reader, r->table_id, r->key, r->value, &mine, err));
    return mine ? OK
                : error_set(err, E_DATA, "the snapshot has a table %u that window#%u has not",
                            r->table_id, op->plan->base.id);
}

/* The number of its slice is part of a key, so a group is in one table at most. */
static enum code find_in(const struct slices *list, struct column *const *key, uint32_t n,
                         char **rows, char **found, struct error *err)
{
    for (uint32_t i = 0; i < list->count; i++) {
        TRY(state_table_find(list->items[i].groups, key, NULL, n, false, found, NULL, err));
        for (uint32_t k = 0; k < n; k++)
            rows[k] = found[k] ? found[k] : rows[k];
    }
    return OK;
}

static enum code find_loaded(void *cx, struct column *const *key, uint32_t n, char **rows,
                             struct error *err)
{
    struct op_window *op = cx;
    char **found = mem_array(n, sizeof *found);
    if (!found)
        return error_nomem(err);
    memset(rows, 0, n * sizeof *rows);
    enum code code = find_in(&op->open, key, n, rows, found, err);
    if (code == OK)
        code = find_in(&op->totals, key, n, rows, found, err);
    mem_free(found);
    return code;
}

enum code window_restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_window *op = (struct op_window *)base;
    struct loading loading = { .arena = arena_create() };
    struct state_record record;
    enum code code = loading.arena ? OK : error_nomem(err);
    bool any = code == OK && state_reader_seek(reader, base->plan->state_id);
    while (code == OK && any && state_reader_next(reader, &record))
        code = load_record(op, &loading, reader, &record, err);
    if (code == OK && any)
        code = agg_set_loaded(op->groups.set, find_loaded, op, err);
    arena_destroy(loading.arena);
    if (code != OK)
        return code;
    if (op->plan->window.proctime)
        window_set_due(op);
    window_set_boundary(op, NULL, 0, 0);
    return OK;
}
