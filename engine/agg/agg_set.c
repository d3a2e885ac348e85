/* agg_set.c -- all aggregates of an operator; see agg_set.h.
 *
 * Slots of a group's row: those of the aggregates in order of the calls, then one for
 * each DISTINCT (agg_distinct.h).  Tables in a snapshot: first_table_id is the tree,
 * the DISTINCTs follow. */
#include "agg/agg_set.h"

#include "agg/agg_distinct.h"
#include "base/arena.h"
#include "base/memory.h"

struct set_call {
    const struct agg_call *call;
    struct agg_run run;
    struct distinct *distinct; /* NULL: none */
};

struct agg_set {
    struct set_call *calls;
    uint32_t count;
    struct distinct **distincts;
    uint32_t distinct_count;
    struct state_heap *heap;
    struct state_tree *tree;  /* NULL: nobody wants one */
    uint32_t first_table_id;
};

static bool is_distinct(const struct agg_call *call)
{
    return call->distinct && !call->agg->ignores_distinct;
}

/* Do two calls share their DISTINCT? */
static bool is_first_distinct(const struct agg_call *calls, uint32_t at)
{
    if (!is_distinct(&calls[at]))
        return false;
    for (uint32_t i = 0; i < at; i++) {
        if (!is_distinct(&calls[i]) || calls[i].filter != calls[at].filter ||
            calls[i].agg->arg_count != calls[at].agg->arg_count)
            continue;
        if (memcmp(calls[i].args, calls[at].args,
                   calls[at].agg->arg_count * sizeof calls[at].args[0]) == 0)
            return false;
    }
    return true;
}

enum code agg_set_slots(struct arena *arena, const struct agg_call *calls, uint32_t count,
                        const struct type ***ret, uint32_t *ret_count, struct error *err)
{
    const struct type **types =
        arena_array(arena, const struct type *, (size_t)count * (AGG_SLOTS_MAX + 1) + 1);
    if (!types)
        return error_nomem(err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < calls[i].agg->slot_count; k++)
            types[n++] = calls[i].agg->slots[k];
    for (uint32_t i = 0; i < count; i++)
        if (is_first_distinct(calls, i))
            types[n++] = &type_bigint;
    *ret = types;
    *ret_count = n;
    return OK;
}

/* --- life --------------------------------------------------------------------------------------- */

static enum code make_distincts(struct agg_set *set, const struct agg_set_open *open,
                                struct error *err)
{
    for (uint32_t i = 0; i < open->count; i++) {
        const struct agg_call *call = &open->calls[i];
        if (!is_distinct(call))
            continue;
        for (uint32_t k = 0; k < set->distinct_count && !set->calls[i].distinct; k++)
            if (distinct_shares(set->distincts[k], call))
                set->calls[i].distinct = set->distincts[k];
        if (set->calls[i].distinct)
            continue;
        struct distinct_open one = { .set = open,
                                     .call = call,
                                     .table_id = open->first_table_id + 1 + set->distinct_count };
        TRY(distinct_create(&one, &set->distincts[set->distinct_count], err));
        set->calls[i].distinct = set->distincts[set->distinct_count++];
    }
    return OK;
}

static enum code make(struct agg_set *set, const struct agg_set_open *open, struct error *err)
{
    set->calls = mem_array(MAX(open->count, 1), sizeof *set->calls);
    set->distincts = mem_array(MAX(open->count, 1), sizeof *set->distincts);
    if (!set->calls || !set->distincts)
        return error_nomem(err);
    set->count = open->count;
    for (uint32_t i = 0; i < open->count; i++) {
        const struct agg *agg = open->calls[i].agg;
        struct set_call *call = &set->calls[i];
        *call = (struct set_call){
            .call = &open->calls[i], .run = { .agg = agg, .heap = open->heap, .ordinal = i }
        };
        buf_init(&call->run.key, UINT32_MAX);
        buf_init(&call->run.value, UINT32_MAX);
    }
    for (uint32_t i = 0; i < open->count && !set->tree; i++)
        if (open->calls[i].agg->wants_key)
            TRY(state_tree_create(open->heap, "aggregates", open->first_table_id, open->key,
                                  open->route_count, &set->tree, err));
    for (uint32_t i = 0; i < open->count; i++)
        set->calls[i].run.tree = set->tree;
    return make_distincts(set, open, err);
}

enum code agg_set_create(const struct agg_set_open *open, struct agg_set **ret, struct error *err)
{
    struct agg_set *set = mem_zalloc(sizeof *set);
    if (!set)
        return error_nomem(err);
    set->heap = open->heap;
    set->first_table_id = open->first_table_id;
    enum code code = make(set, open, err);
    if (code != OK) {
        agg_set_destroy(set);
        return code;
    }
    *ret = set;
    return OK;
}

void agg_set_destroy(struct agg_set *set)
{
    if (!set)
        return;
    for (uint32_t i = 0; i < set->count; i++) {
        buf_done(&set->calls[i].run.key);
        buf_done(&set->calls[i].run.value);
    }
    for (uint32_t k = 0; k < set->distinct_count; k++)
        distinct_destroy(set->distincts[k]);
    state_tree_destroy(set->tree);
    mem_free(set->distincts);
    mem_free(set->calls);
    mem_free(set);
}

void agg_set_place(struct agg_set *set, const struct state_layout *layout, uint32_t first_slot)
{
    for (uint32_t i = 0; i < set->count; i++) {
        set->calls[i].run.layout = layout;
        set->calls[i].run.slot = first_slot;
        first_slot += set->calls[i].run.agg->slot_count;
    }
    for (uint32_t k = 0; k < set->distinct_count; k++)
        distinct_place(set->distincts[k], &layout->slots[first_slot++]);
}

bool agg_set_wants_keys(const struct agg_set *set)
{
    return set->tree != NULL;
}

bool agg_set_is_bulky(const struct agg_set *set)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (set->calls[i].run.agg->is_bulky)
            return true;
    return false;
}

bool agg_set_shares_slices(const struct agg_set *set)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (set->calls[i].distinct || set->tree || !set->calls[i].run.agg->kernel->merge)
            return false;
    return true;
}

/* --- steps -------------------------------------------------------------------------------------- */

/* AGG_SKIP where the filter is not true. */
static enum code apply_filter(const struct agg_batch *b, uint32_t column, const uint8_t **ret,
                              struct error *err)
{
    const struct column *filter = b->in->columns[column];
    uint8_t *flags = arena_alloc(b->in->arena, MAX(b->n, 1));
    if (!flags)
        return error_nomem(err);
    for (uint32_t i = 0; i < b->n; i++) {
        uint32_t row = b->sel ? b->sel[i] : i;
        bool passes = column_is_valid(filter, row) && COLUMN_AT(filter, uint8_t, row);
        flags[i] = (uint8_t)((b->flags ? b->flags[i] : 0) | (passes ? 0 : AGG_SKIP));
    }
    *ret = flags;
    return OK;
}

/* The flags of every call; what several calls share is made once. */
static enum code make_flags(struct agg_set *set, const struct agg_batch *b, const uint8_t **flags,
                            struct error *err)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct set_call *call = &set->calls[i];
        uint32_t same = 0;
        while (same < i && (set->calls[same].call->filter != call->call->filter ||
                            set->calls[same].distinct != call->distinct))
            same++;
        if (same < i) {
            flags[i] = flags[same];
            continue;
        }
        flags[i] = b->flags;
        if (call->call->filter != AGG_NO_COLUMN)
            TRY(apply_filter(b, call->call->filter, &flags[i], err));
        if (call->distinct)
            TRY(distinct_step(call->distinct, b, flags[i], &flags[i], err));
    }
    return OK;
}

static enum code step_one(struct set_call *call, const struct agg_batch *b, const uint8_t *flags,
                          struct column **before, struct column **after, struct error *err)
{
    const struct agg *agg = call->run.agg;
    struct arena *arena = b->in->arena;
    struct column *args[AGG_ARGS_MAX] = { NULL };
    for (uint32_t a = 0; a < agg->arg_count; a++)
        args[a] = b->in->columns[call->call->args[a]];
    struct agg_steps steps = { .arena = arena,
                               .n = b->n,
                               .rows = b->rows,
                               .sel = b->sel,
                               .args = args,
                               .flags = flags,
                               .keys = b->keys };
    if (after) {
        steps.before = column_create(arena, agg->result, b->n);
        steps.after = column_create(arena, agg->result, b->n);
        if (!steps.before || !steps.after)
            return error_nomem(err);
        *before = steps.before;
        *after = steps.after;
    }
    return agg->kernel->step(&call->run, &steps, err);
}

enum code agg_set_step(struct agg_set *set, const struct agg_batch *b, struct column **before,
                       struct column **after, struct error *err)
{
    const uint8_t **flags = arena_array(b->in->arena, const uint8_t *, MAX(set->count, 1));
    struct column **unused = NULL;
    if (!before != !after)
        unused = arena_array(b->in->arena, struct column *, MAX(set->count, 1));
    if (!flags || (!before != !after && !unused))
        return error_nomem(err);
    before = before ? before : unused;
    after = after ? after : unused;
    TRY(make_flags(set, b, flags, err));
    for (uint32_t i = 0; i < set->count; i++)
        TRY(step_one(&set->calls[i], b, flags[i], before ? &before[i] : NULL,
                     after ? &after[i] : NULL, err));
    return OK;
}

enum code agg_set_result(struct agg_set *set, struct arena *arena, char *const *rows,
                         const struct str *keys, uint32_t n, struct column **out,
                         struct error *err)
{
    for (uint32_t i = 0; i < set->count; i++) {
        struct agg_run *run = &set->calls[i].run;
        if (!(out[i] = column_create(arena, run->agg->result, n)))
            return error_nomem(err);
        TRY(run->agg->kernel->result(run, arena, rows, keys, n, out[i], err));
    }
    return OK;
}

void agg_set_reset(struct agg_set *set, char *const *rows, uint32_t n)
{
    for (uint32_t c = 0; c < set->count; c++) {
        struct agg_run *run = &set->calls[c].run;
        for (uint32_t i = 0; i < n; i++)
            run->agg->kernel->reset(run, rows[i]);
    }
}

/* --- merging -------------------------------------------------------------------------------------- */

/* The values that a group gets are added to it like those of rows. */
static enum code step_values(struct set_call *call, struct arena *arena, char *to,
                             const struct str *to_key, const struct distinct_values *values,
                             struct error *err)
{
    char **rows = arena_array(arena, char *, MAX(values->n, 1));
    struct str *keys = arena_array(arena, struct str, MAX(values->n, 1));
    if (!rows || !keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < values->n; i++) {
        rows[i] = to;
        keys[i] = to_key ? *to_key : STR("");
    }
    struct agg_steps steps = { .arena = arena,
                               .n = values->n,
                               .rows = rows,
                               .args = values->args,
                               .flags = values->flags,
                               .keys = keys };
    return call->run.agg->kernel->step(&call->run, &steps, err);
}

static enum code merge_distinct(struct agg_set *set, struct distinct *distinct, char *to,
                                const struct str *to_key, char *from, struct error *err)
{
    struct arena *arena = arena_create();
    struct distinct_values values;
    if (!arena)
        return error_nomem(err);
    enum code code =
        distinct_merge(distinct, arena, set->calls[0].run.layout, to, from, &values, err);
    for (uint32_t i = 0; i < set->count && code == OK; i++)
        if (set->calls[i].distinct == distinct)
            code = step_values(&set->calls[i], arena, to, to_key, &values, err);
    arena_destroy(arena);
    return code;
}

enum code agg_set_merge(struct agg_set *set, char *const *to, const struct str *to_keys,
                        char *const *from, const struct str *from_keys, uint32_t n,
                        struct error *err)
{
    for (uint32_t i = 0; i < set->count; i++) {
        struct agg_run *run = &set->calls[i].run;
        if (!set->calls[i].distinct)
            TRY(run->agg->kernel->merge(run, to, to_keys, from, from_keys, n, err));
    }
    for (uint32_t k = 0; k < set->distinct_count; k++)
        for (uint32_t i = 0; i < n; i++)
            TRY(merge_distinct(set, set->distincts[k], to[i], to_keys ? &to_keys[i] : NULL,
                               from[i], err));
    return OK;
}

/* --- forgetting ----------------------------------------------------------------------------------- */

void agg_set_drop(struct agg_set *set, char *row, struct str key)
{
    for (uint32_t i = 0; i < set->count; i++) {
        struct agg_run *run = &set->calls[i].run;
        if (run->agg->kernel->drop && key.data)
            run->agg->kernel->drop(run, key);
    }
    for (uint32_t k = 0; k < set->distinct_count; k++)
        distinct_drop(set->distincts[k], row);
}

void agg_set_clear(struct agg_set *set)
{
    if (set->tree)
        state_tree_remove_prefix(set->tree, (struct str){ "", 0 });
    for (uint32_t k = 0; k < set->distinct_count; k++)
        distinct_clear(set->distincts[k]);
}

void agg_set_sweep(struct agg_set *set, uint32_t rows)
{
    for (uint32_t k = 0; k < set->distinct_count; k++)
        distinct_sweep(set->distincts[k], rows);
}

/* --- snapshots ------------------------------------------------------------------------------------ */

enum code agg_set_save(struct agg_set *set, struct state_writer *w, struct error *err)
{
    if (set->tree)
        TRY(state_tree_save(set->tree, w, err));
    for (uint32_t k = 0; k < set->distinct_count; k++)
        TRY(distinct_save(set->distincts[k], w, err));
    return OK;
}

enum code agg_set_load(struct agg_set *set, struct state_reader *r, uint32_t table_id,
                       struct str key, struct str value, bool *ret_mine, struct error *err)
{
    uint32_t k = table_id - set->first_table_id - 1;
    *ret_mine = true;
    if (set->tree && table_id == set->first_table_id)
        return state_tree_load(set->tree, r, key, value, err);
    if (table_id > set->first_table_id && k < set->distinct_count)
        return distinct_load(set->distincts[k], r, key, value, err);
    *ret_mine = false;
    return OK;
}

void agg_set_loaded_row(struct agg_set *set, char *row)
{
    for (uint32_t k = 0; k < set->distinct_count; k++)
        distinct_loaded_row(set->distincts[k], row);
}

enum code agg_set_loaded(struct agg_set *set, agg_find_groups find, void *cx, struct error *err)
{
    for (uint32_t k = 0; k < set->distinct_count; k++)
        TRY(distinct_loaded(set->distincts[k], find, cx, err));
    return OK;
}
