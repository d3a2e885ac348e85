/* plan_shape_agg.c -- the shapes of operators with aggregates: agg/agg_set.h and who uses it.
 *
 * An aggregate is known by its function and what its arguments mean, so that calls may change
 * places.  One that takes rows back keeps other things than one that need not. */
#include "plan/plan_shape_inner.h"

#include "agg/agg_over.h"
#include "base/hash.h"

struct calls {
    const struct agg_call *items;
    uint32_t count;
};

static bool is_distinct(const struct agg_call *call)
{
    return call->distinct && !call->agg->ignores_distinct;
}

static struct str call_name(struct shaping *s, const struct agg_call *call)
{
    agg_call_print(meaning_scratch(s->m), call, s->node->inputs[0]->fields);
    return meaning_scratch_text(s->m);
}

static uint64_t call_meaning(struct shaping *s, const struct agg_call *call)
{
    return hash_u64(call->agg->takes_back, meaning_of_call(call, shaping_in(s, 0)));
}

/* Does no call before it have the same DISTINCT?  The same columns, as for agg_set.c: two that mean
 * the same are two. */
static bool is_first_distinct(struct calls calls, uint32_t at)
{
    const struct agg_call *call = &calls.items[at];
    size_t bytes = call->agg->arg_count * sizeof *call->args;
    for (uint32_t i = 0; i < at; i++) {
        const struct agg_call *other = &calls.items[i];
        if (is_distinct(other) && other->filter == call->filter &&
            other->agg->arg_count == call->agg->arg_count &&
            memcmp(other->args, call->args, bytes) == 0)
            return false;
    }
    return is_distinct(call);
}

/* Accumulators, then what leads to the values of each DISTINCT. */
static void put_slots(struct shaping *s, struct part_list *list, struct calls calls)
{
    for (uint32_t i = 0; i < calls.count; i++) {
        const struct agg *agg = calls.items[i].agg;
        struct str name = call_name(s, &calls.items[i]);
        for (uint32_t k = 0; k < agg->slot_count; k++)
            shaping_part(s, list, hash_u64(k + 1, call_meaning(s, &calls.items[i])), agg->slots[k],
                         name);
    }
    for (uint32_t i = 0; i < calls.count; i++)
        if (is_first_distinct(calls, i))
            shaping_part(
                s, list,
                meaning_of_word("link", meaning_of_values(&calls.items[i], shaping_in(s, 0))),
                &type_bigint, call_name(s, &calls.items[i]));
}

static struct part_list copy_of(struct shaping *s, struct part_list list)
{
    struct part_list copy = { 0 };
    for (uint32_t i = 0; i < list.count; i++)
        if (!ARENA_PUSH(s->m->arena, copy.items, copy.count, copy.cap, list.items[i]))
            s->failed = true;
    return copy;
}

/* What lies below a group's key; calls that keep nothing there have no number anybody asks for. */
static void put_tree(struct shaping *s, struct calls calls, struct part_list keys, uint32_t id)
{
    struct part_list numbers = { 0 };
    bool any = false;
    for (uint32_t i = 0; i < calls.count; i++) {
        const struct agg *agg = calls.items[i].agg;
        const struct type *type = agg->arg_count > 0 ? agg->args[0] : &type_bigint;
        any = any || agg->wants_key;
        shaping_part(s, &numbers, agg->wants_key ? call_meaning(s, &calls.items[i]) : 0, type,
                     call_name(s, &calls.items[i]));
    }
    if (!any)
        return;
    shape_tell_apart(numbers.items, numbers.count);
    struct shape_table table = { .first = id,
                                 .numbered = true,
                                 .rest = true,
                                 .numbers = numbers.items,
                                 .number_count = numbers.count };
    shaping_table(s, table, "values of aggregates", keys, (struct part_list){ 0 });
}

/* Tables beside the groups: the tree, then one for each DISTINCT. */
static void put_beside(struct shaping *s, struct calls calls, struct part_list keys, uint32_t id)
{
    const uint64_t *in = shaping_in(s, 0);
    put_tree(s, calls, copy_of(s, keys), id++);
    for (uint32_t i = 0; i < calls.count; i++) {
        const struct agg_call *call = &calls.items[i];
        if (!is_first_distinct(calls, i))
            continue;
        struct part_list key = copy_of(s, keys), count = { 0 };
        shaping_keys(s, &key, 0, call->args, call->agg->arg_count);
        shaping_word(s, &count, "count", &type_bigint);
        struct shape_table table = { .first = id++,
                                     .timed = true,
                                     .meaning = meaning_of_values(call, in) };
        shaping_table(s, table, "distinct values", key, count);
    }
}

/* --- operators ---------------------------------------------------------------------------------------- */

/* Rows are counted where some are taken back. */
static void put_live(struct shaping *s, struct part_list *values)
{
    if (plan_updates(s->node->inputs[0]))
        shaping_word(s, values, "number of rows", &type_bigint);
}

void shaping_group(struct shaping *s, const struct plan_group *group)
{
    struct calls calls = { group->calls, group->call_count };
    struct part_list keys = { 0 }, values = { 0 };
    shaping_keys(s, &keys, 0, group->keys, group->key_count);
    put_live(s, &values);
    put_slots(s, &values, calls);
    put_beside(s, calls, keys, 1);
    shaping_table(s, (struct shape_table){ .first = 0, .timed = true }, "groups", keys, values);
}

static void put_sessions(struct shaping *s, const uint32_t *columns, uint32_t count,
                         struct calls calls)
{
    struct part_list keys = { 0 }, values = { 0 };
    shaping_keys(s, &keys, 0, columns, count);
    shaping_word(s, &keys, "session", &type_bigint);
    shaping_word(s, &values, "start", &type_bigint);
    shaping_word(s, &values, "end", &type_bigint);
    shaping_word(s, &values, "rows", &type_bigint);
    put_slots(s, &values, calls);
    put_beside(s, calls, keys, 16);
    shaping_raw(s, 1, "time");
    shaping_table(s, (struct shape_table){ .first = 2, .timed = true }, "sessions", keys, values);
}

/* May a window be put together of slices?  Then it is slices that are kept. */
static bool is_sliced(const struct plan_window *window)
{
    bool several = window->window.kind == WINDOW_HOP || window->window.kind == WINDOW_CUMULATE;
    for (uint32_t i = 0; i < window->call_count && several; i++) {
        const struct agg_call *call = &window->calls[i];
        several = !is_distinct(call) && !call->agg->wants_key && call->agg->kernel->merge;
    }
    return several;
}

void shaping_windows(struct shaping *s, const struct plan_window *window)
{
    struct calls calls = { window->calls, window->call_count };
    struct part_list keys = { 0 }, values = { 0 };
    bool numbered = false;
    if (window->window.kind == WINDOW_SESSION) {
        put_sessions(s, window->keys, window->key_count, calls);
        return;
    }
    for (uint32_t i = 0; i < calls.count; i++)
        numbered = numbered || calls.items[i].distinct || calls.items[i].agg->wants_key;
    shaping_keys(s, &keys, 0, window->keys, window->key_count);
    if (window->window.kind == WINDOW_ATTACHED)
        shaping_keys(s, &keys, 0, &window->window.start, 1);
    if (numbered)
        shaping_word(s, &keys, "slice", &type_bigint);
    put_live(s, &values);
    put_slots(s, &values, calls);
    put_beside(s, calls, keys, 16);
    shaping_raw(s, 1, "windows");
    shaping_raw(s, 2, "time");
    shaping_table(s, (struct shape_table){ .first = 1 << 16, .last = UINT32_MAX, .timed = true },
                  "groups", keys, values);
    s->out->variant = is_sliced(window);
}

void shaping_session_rows(struct shaping *s, const struct plan_assign *assign)
{
    const struct window_spec *w = &assign->window;
    struct part_list keys = { 0 }, row = { 0 };
    if (w->kind != WINDOW_SESSION)
        return;
    put_sessions(s, w->partition, w->partition_count, (struct calls){ NULL, 0 });
    shaping_keys(s, &keys, 0, w->partition, w->partition_count);
    shaping_word(s, &keys, "session", &type_bigint);
    shaping_row(s, &row, 0);
    shaping_table(s, (struct shape_table){ .first = 4, .head = 1, .rest = true },
                  "rows of sessions", keys, row);
}

/* --- OVER ---- */

static bool is_bounded(const struct plan_over *over)
{
    return over->preceding >= 0;
}

static void keep(struct shaping *s, bool *kept, struct part_list *list, uint32_t column)
{
    if (!kept[column])
        shaping_keys(s, list, 0, &column, 1);
    kept[column] = true;
}

/* The columns of the rows in a frame, in the order in which calls ask for them; how many rows back LAG
 * looks at most. */
static void put_kept(struct shaping *s, const struct plan_over *over, struct part_list *list,
                     uint64_t *ret_most)
{
    bool *kept = arena_array(s->m->arena, bool, s->node->inputs[0]->field_count + 1);
    *ret_most = 0;
    if (!kept) {
        s->failed = true;
        return;
    }
    for (uint32_t i = 0; i < over->call_count; i++) {
        const struct agg_call *call = &over->calls[i];
        enum over_function function = agg_over_function(call->agg);
        if (function == OVER_LAG) {
            *ret_most = MAX(*ret_most, (uint64_t)MAX(agg_over_rows(call->agg), 1));
            keep(s, kept, list, call->args[0]);
        }
        for (uint32_t a = 0; a < call->agg->arg_count && is_bounded(over); a++)
            if (function == OVER_NONE)
                keep(s, kept, list, call->args[a]);
    }
}

/* Only the aggregates among the calls have accumulators. */
static struct calls aggregates_of(struct shaping *s, const struct plan_over *over)
{
    struct agg_call *items = arena_array(s->m->arena, struct agg_call, over->call_count + 1);
    struct calls calls = { items, 0 };
    s->failed = s->failed || !items;
    for (uint32_t i = 0; i < over->call_count && items; i++)
        if (agg_over_function(over->calls[i].agg) == OVER_NONE)
            items[calls.count++] = over->calls[i];
    return calls;
}

/* Rows in any order, with their results. */
static void put_over_any(struct shaping *s, const struct plan_over *over)
{
    struct part_list keys = { 0 }, row = { 0 };
    shaping_keys(s, &keys, 0, over->keys, over->key_count);
    shaping_row(s, &row, 0);
    for (uint32_t i = 0; i < over->call_count; i++)
        shaping_part(s, &row, meaning_of_call(&over->calls[i], shaping_in(s, 0)),
                     over->calls[i].agg->result, call_name(s, &over->calls[i]));
    shaping_table(s, (struct shape_table){ .first = 6, .opaque = true }, "rows", keys, row);
    keys = (struct part_list){ 0 };
    shaping_keys(s, &keys, 0, over->keys, over->key_count);
    shaping_table(s, (struct shape_table){ .first = 1, .timed = true }, "partitions", keys,
                  (struct part_list){ 0 });
}

static void put_waiting(struct shaping *s, const struct plan_over *over, struct part_list keys)
{
    struct part_list row = { 0 }, timers = copy_of(s, keys);
    shaping_row(s, &row, 0);
    shaping_word(s, &row, "number", &type_bigint);
    shaping_table(s, (struct shape_table){ .first = 3, .timed = true, .head = 18 },
                  "rows that wait", copy_of(s, keys), row);
    shaping_word(s, &timers, "time", &type_bigint);
    if (is_bounded(over) && !over->rows)
        shaping_table(s, (struct shape_table){ .first = 4, .timed = true }, "timers", timers,
                      (struct part_list){ 0 });
}

void shaping_over(struct shaping *s, const struct plan_over *over)
{
    if (!plan_over_is_by_time(over)) {
        put_over_any(s, over);
        return;
    }
    struct part_list keys = { 0 }, values = { 0 }, frame = { 0 };
    uint64_t lag_most;
    struct calls calls = aggregates_of(s, over);
    shaping_keys(s, &keys, 0, over->keys, over->key_count);
    shaping_word(s, &values, "count", &type_bigint);
    shaping_word(s, &values, "last", &type_bigint);
    shaping_word(s, &values, "cleanup", &type_bigint);
    put_slots(s, &values, calls);
    put_kept(s, over, &frame, &lag_most);
    shaping_word(s, &frame, "time", &type_bigint);
    s->out->variant = lag_most;
    put_beside(s, calls, keys, 7);
    if (is_bounded(over) || lag_most > 0)
        shaping_table(s, (struct shape_table){ .first = 2, .timed = true, .head = 18 },
                      "rows of frames", copy_of(s, keys), frame);
    if (!over->proctime)
        put_waiting(s, over, keys);
    shaping_raw(s, 5, "time");
    shaping_table(s, (struct shape_table){ .first = 1, .timed = true }, "partitions", keys, values);
}
