/* window_groups.c -- see window_groups.h. */
#include "exec/op/window_groups.h"

#include "base/clock.h"
#include "types/time.h"

enum { STEP_ROWS = 1024, TABLE_AGG = 16 };

/* --- making -------------------------------------------------------------------------- */

static enum code choose_types(struct window_groups *g, struct error *err)
{
    struct arena *arena = g->op->worker->op_arena;
    const struct plan_window *plan = g->plan;
    const struct plan *input = plan->base.inputs[0];
    const struct type **slots;
    uint32_t slot_count;
    TRY(agg_set_slots(arena, plan->calls, plan->call_count, &slots, &slot_count, err));
    bool attached = plan->window.kind == WINDOW_ATTACHED;
    g->counts = plan_updates(input);
    for (uint32_t i = 0; i < plan->call_count; i++)
        g->has_more = g->has_more || plan->calls[i].distinct || plan->calls[i].agg->wants_key;
    g->key_count = plan->key_count + attached + g->has_more;
    g->value_count = slot_count + g->counts;
    g->key_types = arena_array(arena, const struct type *, g->key_count + 1);
    g->value_types = arena_array(arena, const struct type *, g->value_count + 1);
    if (!g->key_types || !g->value_types)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->key_count; i++)
        g->key_types[i] = input->fields[plan->keys[i]].type;
    if (attached)
        g->key_types[plan->key_count] = input->fields[plan->window.start].type;
    if (g->has_more)
        g->key_types[g->key_count - 1] = &type_bigint; /* the number of the slice */
    if (g->counts)
        g->value_types[0] = &type_bigint;
    for (uint32_t i = 0; i < slot_count; i++)
        g->value_types[g->counts + i] = slots[i];
    return OK;
}

static enum code make_set(struct window_groups *g, struct error *err)
{
    struct arena *arena = g->op->worker->op_arena;
    const struct plan *input = g->plan->base.inputs[0];
    const struct type **types = arena_array(arena, const struct type *, input->field_count + 1);
    if (!types)
        return error_nomem(err);
    for (uint32_t i = 0; i < input->field_count; i++)
        types[i] = input->fields[i].type;
    struct agg_set_open open = { .calls = g->plan->calls,
                                 .count = g->plan->call_count,
                                 .key = g->key_types,
                                 .key_count = g->key_count,
                                 .route_count = g->plan->key_count,
                                 .input = types,
                                 .heap = g->heap,
                                 .clock = g->op->worker->clock,
                                 .first_table_id = TABLE_AGG };
    return agg_set_create(&open, &g->set, err);
}

enum code window_table(struct window_groups *g, struct state_table **ret, struct error *err)
{
    struct state_schema schema = { .name = "groups",
                                   .id = g->next_id++,
                                   .key = g->key_types,
                                   .key_count = g->key_count,
                                   .route_count = g->plan->key_count,
                                   .value = g->value_types,
                                   .value_count = g->value_count };
    return state_table_create(g->heap, &schema, NULL, ret, err);
}

enum code window_groups_init(struct window_groups *g, struct op *op,
                             const struct plan_window *plan, struct window_times *times,
                             struct error *err)
{
    *g = (struct window_groups){
        .op = op, .plan = plan, .times = times, .next_id = WINDOW_TABLES
    };
    TRY(op_state_heap(op, &g->heap, err));
    TRY(choose_types(g, err));
    TRY(make_set(g, err));
    TRY(window_table(g, &g->model, err));
    agg_set_place(g->set, state_table_layout(g->model), g->key_count + g->counts);
    return OK;
}

void window_groups_done(struct window_groups *g)
{
    for (uint32_t i = g->due_first; i < g->due_count; i++)
        state_table_destroy(g->due[i].groups);
    agg_set_destroy(g->set);
    state_table_destroy(g->model);
    state_heap_destroy(g->heap);
}

/* --- slices --------------------------------------------------------------------------- */

/* The first slice with an end >= end_us. */
static uint32_t slices_from(const struct slices *list, int64_t end_us)
{
    uint32_t low = 0, high = list->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (list->items[middle].end_us < end_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum code slices_get(struct window_groups *g, struct slices *list, int64_t end_us, bool make,
                     struct slice **ret, struct error *err)
{
    uint32_t at = slices_from(list, end_us);
    *ret = at < list->count && list->items[at].end_us == end_us ? &list->items[at] : NULL;
    if (*ret || !make)
        return OK;
    struct slice slice = { .end_us = end_us };
    TRY(window_table(g, &slice.groups, err));
    if (!ARENA_PUSH(g->op->worker->op_arena, list->items, list->count, list->cap, slice)) {
        state_table_destroy(slice.groups);
        return error_nomem(err);
    }
    memmove(&list->items[at + 1], &list->items[at],
            (list->count - 1 - at) * sizeof *list->items);
    list->items[at] = slice;
    *ret = &list->items[at];
    return OK;
}

void slices_shift(struct slices *list, uint32_t n)
{
    if (n == 0)
        return; /* there may be no list yet */
    list->count -= n;
    memmove(list->items, list->items + n, list->count * sizeof *list->items);
}

void slices_destroy(struct slices *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        state_table_destroy(list->items[i].groups);
    list->count = 0;
}

/* --- keys of what lies beside a row ------------------------------------------------------ */

/* The key as bytes for each of n rows of a table. */
static enum code keys_of_rows(struct window_groups *g, struct arena *arena,
                              struct state_table *groups, char *const *rows, uint32_t n,
                              struct str **ret, struct error *err)
{
    struct str *keys = arena_alloc(arena, MAX(n, 1) * sizeof *keys);
    if (!keys)
        return error_nomem(err);
    struct buf key;
    buf_init(&key, UINT32_MAX);
    enum code code = OK;
    for (uint32_t i = 0; i < n && code == OK; i++) {
        buf_clear(&key);
        state_encode_slots(&key, state_table_layout(groups), 0, g->key_count, rows[i]);
        if ((code = buf_check(&key, err)) == OK &&
            !(keys[i] = arena_str(arena, buf_view(&key))).data)
            code = error_nomem(err);
    }
    buf_done(&key);
    *ret = keys;
    return code;
}

/* --- rows into groups --------------------------------------------------------------------- */

static enum code number_column(struct arena *arena, int64_t number, uint32_t count,
                               struct column **ret, struct error *err)
{
    struct column *c = column_create_constant(arena, &type_bigint, count);
    if (!c)
        return error_nomem(err);
    COLUMN_OUT(c, int64_t)[0] = number;
    *ret = c;
    return OK;
}

static enum code key_columns(struct window_groups *g, const struct batch *in, int64_t number,
                             struct column ***ret, struct error *err)
{
    const struct plan_window *plan = g->plan;
    struct column **key = arena_array(in->arena, struct column *, g->key_count + 1);
    if (!key)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->key_count; i++)
        key[i] = in->columns[plan->keys[i]];
    if (plan->window.kind == WINDOW_ATTACHED)
        key[plan->key_count] = in->columns[plan->window.start];
    *ret = key;
    return g->has_more ? number_column(in->arena, number, in->count, &key[g->key_count - 1], err)
                       : OK;
}

static void count_rows(const struct window_groups *g, const struct state_layout *layout,
                       char *const *rows, const uint8_t *flags, uint32_t n)
{
    const struct state_slot *slot = &layout->slots[g->key_count];
    for (uint32_t i = 0; i < n; i++) {
        state_set_valid(rows[i], slot, true);
        *(int64_t *)state_at(rows[i], slot) += flags && flags[i] & AGG_TAKE ? -1 : 1;
    }
}

/* What each row does to its group, from whether the group is new; NULL: all are just added. */
static const uint8_t *make_flags(const struct batch *in, const uint32_t *sel, uint8_t *is_new,
                                 uint32_t n)
{
    uint8_t any = 0;
    for (uint32_t i = 0; i < n; i++) {
        is_new[i] = is_new[i] ? AGG_RESET : 0;
        any |= is_new[i];
    }
    for (uint32_t i = 0; in->changes && i < n; i++) {
        enum change change = batch_change(in, sel ? sel[i] : i);
        if (change == CHANGE_UPDATE_BEFORE || change == CHANGE_DELETE)
            any = is_new[i] |= AGG_TAKE;
    }
    return any ? is_new : NULL;
}

static enum code step_rows(struct window_groups *g, struct state_table *groups,
                           const struct batch *in, struct column **key, const uint32_t *sel,
                           uint32_t n, struct error *err)
{
    char **rows = arena_alloc(in->arena, n * sizeof *rows);
    uint8_t *is_new = arena_alloc(in->arena, n);
    if (!rows || !is_new)
        return error_nomem(err);
    const uint64_t *hashes = state_hashes_of(in, key, g->key_count, sel, n);
    TRY(state_table_find_hashed(groups, key, hashes, sel, n, true, rows, is_new, err));
    const uint8_t *flags = make_flags(in, sel, is_new, n);
    if (g->counts)
        count_rows(g, state_table_layout(groups), rows, flags, n);
    struct agg_batch batch = { .in = in,
                               .n = n,
                               .sel = sel,
                               .rows = rows,
                               .flags = flags,
                               .key = key };
    struct str *keys = NULL;
    if (agg_set_wants_keys(g->set))
        TRY(keys_of_rows(g, in->arena, groups, rows, n, &keys, err));
    batch.keys = keys;
    return agg_set_step(g->set, &batch, NULL, NULL, err);
}

enum code window_step(struct window_groups *g, struct state_table *groups, int64_t number,
                      const struct batch *in, const uint32_t *sel, uint32_t n, struct error *err)
{
    struct column **key;
    TRY(key_columns(g, in, number, &key, err));
    return n == 0 ? OK : step_rows(g, groups, in, key, sel, n, err);
}

/* --- tables as a whole -------------------------------------------------------------------- */

static uint32_t next_rows(struct state_table *groups, uint64_t *at, char **rows, uint32_t most)
{
    uint32_t n = 0;
    while (n < most && (rows[n] = state_table_next(groups, at)) != NULL)
        n++;
    return n;
}

/* The key columns of n rows. */
static enum code keys_as_columns(struct arena *arena, struct state_table *groups,
                                 char *const *rows, uint32_t n, uint32_t count,
                                 struct column **ret, struct error *err)
{
    const struct state_layout *layout = state_table_layout(groups);
    for (uint32_t i = 0; i < count; i++)
        if (!(ret[i] = state_column(arena, &layout->slots[i], rows, n)))
            return error_nomem(err);
    return OK;
}

static enum code merge_part(struct window_groups *g, struct arena *arena, struct state_table *to,
                            int64_t to_number, struct state_table *from, char **rows, uint32_t n,
                            struct error *err)
{
    char **to_rows = arena_alloc(arena, n * sizeof *to_rows);
    char **new_rows = arena_alloc(arena, n * sizeof *new_rows);
    uint8_t *is_new = arena_alloc(arena, n);
    struct column **key = arena_array(arena, struct column *, g->key_count + 1);
    if (!to_rows || !new_rows || !is_new || !key)
        return error_nomem(err);
    TRY(keys_as_columns(arena, from, rows, n, g->key_count, key, err));
    if (g->has_more)
        TRY(number_column(arena, to_number, n, &key[g->key_count - 1], err));
    TRY(state_table_find(to, key, NULL, n, true, to_rows, is_new, err));
    uint32_t fresh = 0;
    for (uint32_t i = 0; i < n; i++)
        if (is_new[i])
            new_rows[fresh++] = to_rows[i];
    agg_set_reset(g->set, new_rows, fresh);
    const struct state_slot *slot = &state_table_layout(to)->slots[g->key_count];
    for (uint32_t i = 0; g->counts && i < n; i++) {
        state_set_valid(to_rows[i], slot, true);
        *(int64_t *)state_at(to_rows[i], slot) += *(int64_t *)state_at(rows[i], slot);
    }
    struct str *to_keys = NULL, *from_keys = NULL;
    if (agg_set_wants_keys(g->set)) {
        TRY(keys_of_rows(g, arena, to, to_rows, n, &to_keys, err));
        TRY(keys_of_rows(g, arena, from, rows, n, &from_keys, err));
    }
    return agg_set_merge(g->set, to_rows, to_keys, rows, from_keys, n, err);
}

enum code window_merge(struct window_groups *g, struct state_table *to, int64_t to_number,
                       struct state_table *from, struct error *err)
{
    struct arena *arena = arena_create();
    char *rows[STEP_ROWS];
    uint64_t at = 0;
    uint32_t n;
    enum code code = arena ? OK : error_nomem(err);
    while (code == OK && (n = next_rows(from, &at, rows, STEP_ROWS)) > 0) {
        code = merge_part(g, arena, to, to_number, from, rows, n, err);
        arena_reset(arena);
    }
    arena_destroy(arena);
    return code;
}

enum code window_drop(struct window_groups *g, struct state_table *groups, struct error *err)
{
    struct arena *arena = g->has_more && groups ? arena_create() : NULL;
    char *rows[STEP_ROWS];
    uint64_t at = 0;
    uint32_t n;
    enum code code = g->has_more && groups && !arena ? error_nomem(err) : OK;
    while (code == OK && arena && (n = next_rows(groups, &at, rows, STEP_ROWS)) > 0) {
        struct str *keys;
        code = keys_of_rows(g, arena, groups, rows, n, &keys, err);
        for (uint32_t i = 0; i < n && code == OK; i++)
            agg_set_drop(g->set, rows[i], keys[i]);
        arena_reset(arena);
    }
    arena_destroy(arena);
    state_table_destroy(groups);
    return code;
}

/* --- windows that are over ------------------------------------------------------------------- */

static enum code add_due(struct window_groups *g, const struct due_window *due, struct error *err)
{
    if (g->due_first == g->due_count)
        g->due_first = g->due_count = 0;
    return ARENA_PUSH(g->op->worker->op_arena, g->due, g->due_count, g->due_cap, *due)
               ? OK
               : error_nomem(err);
}

enum code window_due(struct window_groups *g, int64_t end_us, struct state_table *groups,
                     struct error *err)
{
    struct due_window due = { .end_us = end_us,
                              .groups = groups,
                              .watermark_us = WATERMARK_NONE,
                              .cause = g->op->worker->cause };
    enum code code = add_due(g, &due, err);
    if (code != OK)
        state_table_destroy(groups);
    return code;
}

enum code window_due_watermark(struct window_groups *g, int64_t watermark_us, struct error *err)
{
    struct due_window due = { .watermark_us = watermark_us, .cause = g->op->worker->cause };
    return add_due(g, &due, err);
}

bool window_is_due(const struct window_groups *g)
{
    return g->due_first < g->due_count;
}

/* A bound as the type asks for it: an instant, or the wall clock. */
static int64_t property_value(struct window_groups *g, enum window_property what, int64_t end_us,
                              const struct type *type)
{
    const struct window_spec *spec = &g->plan->window;
    if (what == WINDOW_TIME && spec->proctime && !type->blink_instant)
        return clock_now_us(g->op->worker->clock);
    int64_t local = what == WINDOW_START ? window_start(g->times, end_us)
                    : what == WINDOW_END ? end_us
                                         : end_us - TIME_US_PER_MS;
    return type->id == TYPE_TIMESTAMP_LTZ ? window_instant(g->times, local) : local;
}

static enum code property_column(struct window_groups *g, struct arena *arena,
                                 struct state_table *groups, char *const *rows, uint32_t n,
                                 uint32_t i, int64_t end_us, struct column **ret,
                                 struct error *err)
{
    enum window_property what = g->plan->properties[i];
    const struct type *type =
        g->plan->base.fields[g->plan->key_count + g->plan->call_count + i].type;
    if (what == WINDOW_START && g->plan->window.kind == WINDOW_ATTACHED) {
        *ret = state_column(arena, &state_table_layout(groups)->slots[g->plan->key_count], rows,
                            n);
        return *ret ? OK : error_nomem(err);
    }
    struct column *c = column_create_constant(arena, type, n);
    if (!c)
        return error_nomem(err);
    COLUMN_OUT(c, int64_t)[0] = property_value(g, what, end_us, type);
    *ret = c;
    return OK;
}

static enum code send_rows(struct window_groups *g, const struct due_window *due, char **rows,
                           uint32_t n, struct error *err)
{
    const struct plan_window *plan = g->plan;
    struct arena *arena = g->op->worker->batch_arena;
    struct batch *out = batch_create(arena, plan->base.field_count, n);
    struct str *keys = NULL;
    if (!out)
        return error_nomem(err);
    TRY(keys_as_columns(arena, due->groups, rows, n, plan->key_count, out->columns, err));
    if (agg_set_wants_keys(g->set))
        TRY(keys_of_rows(g, arena, due->groups, rows, n, &keys, err));
    if (plan->call_count > 0)
        TRY(agg_set_result(g->set, arena, rows, keys, n, out->columns + plan->key_count, err));
    for (uint32_t i = 0; i < plan->property_count; i++)
        TRY(property_column(g, arena, due->groups, rows, n, i, due->end_us,
                            &out->columns[plan->key_count + plan->call_count + i], err));
    TRY(op_caused(out, due->cause, err));
    return op_emit(g->op, out, err);
}

/* Without the groups all of whose rows were taken back. */
static uint32_t live_rows(const struct window_groups *g, const struct state_layout *layout,
                          char **rows, uint32_t n)
{
    if (!g->counts)
        return n;
    const struct state_slot *slot = &layout->slots[g->key_count];
    uint32_t live = 0;
    for (uint32_t i = 0; i < n; i++)
        if (*(int64_t *)state_at(rows[i], slot) != 0)
            rows[live++] = rows[i];
    return live;
}

enum code window_send(struct window_groups *g, uint32_t batches, struct error *err)
{
    char *rows[BATCH_ROWS];
    while (batches > 0 && window_is_due(g)) {
        struct due_window *due = &g->due[g->due_first];
        uint32_t n = due->groups ? next_rows(due->groups, &due->at, rows, BATCH_ROWS) : 0;
        if (n > 0) {
            n = live_rows(g, state_table_layout(due->groups), rows, n);
            if (n > 0)
                TRY(send_rows(g, due, rows, n, err));
            batches--;
            continue;
        }
        struct due_window done = *due;
        g->due_first++;
        TRY(window_drop(g, done.groups, err));
        if (done.watermark_us == WATERMARK_NONE)
            continue;
        uint32_t before = g->op->worker->cause;
        g->op->worker->cause = done.cause;
        TRY(op_emit_watermark(g->op, done.watermark_us, err));
        op_cause_back(g->op, before);
    }
    return OK;
}
