/* plan_kept.c -- see plan_kept.h: what the operators of a job keep, and its bytes in a snapshot. */
#include "plan/plan_kept.h"

#include "base/hash.h"
#include "plan/plan_print.h"
#include "plan/plan_shape.h"

struct keeping {
    struct plan_meanings m;
    struct plan_job *job;
    struct kept_state **of; /* by id of a node; NULL: it keeps nothing */
    uint64_t *sinks;        /* by id: where its rows end up */
    uint32_t *seen;         /* by id: the last search that came by */
    uint32_t searches;
};

/* --- where rows end up ------------------------------------------------------------------------ */

/* Did this search come by before? */
static bool is_seen(struct keeping *k, const struct plan *node)
{
    bool seen = k->seen[node->id] == k->searches;
    k->seen[node->id] = k->searches;
    return seen;
}

static void add_sink(struct keeping *k, const struct plan *node, uint64_t sink)
{
    if (is_seen(k, node))
        return;
    k->sinks[node->id] += sink;
    for (uint32_t i = 0; i < node->input_count; i++)
        add_sink(k, node->inputs[i], sink);
}

static void find_sinks(struct keeping *k)
{
    for (uint32_t i = 0; i < k->job->node_count; i++) {
        const struct plan_sink *sink = (const struct plan_sink *)k->job->nodes[i];
        if (sink->base.kind != PLAN_SINK)
            continue;
        uint64_t name = sink->table ? meaning_of_text(sink->def.name, meaning_of_word("sink", 0))
                                    : meaning_of_word("result", sink->statement);
        k->searches++;
        add_sink(k, &sink->base, name);
    }
}

/* --- what each keeps ----------------------------------------------------------------------------- */

/* How far time was, or what a look-up was given, is no reason for those above to begin anew. */
static bool is_reason(const struct plan *node)
{
    return node->kind != PLAN_WATERMARK;
}

/* The inputs; branches of a union in an order of their own, so that it does not matter in which they
 * are written.  NULL when out of memory. */
static struct plan *const *in_order(struct keeping *k, const struct plan *node)
{
    if (node->kind != PLAN_UNION)
        return node->inputs;
    struct plan **list = arena_array(k->m.arena, struct plan *, node->input_count);
    for (uint32_t i = 0; list && i < node->input_count; i++) {
        uint32_t at = i;
        for (; at > 0 && k->m.of[list[at - 1]->id].from > k->m.of[node->inputs[i]->id].from; at--)
            list[at] = list[at - 1];
        list[at] = node->inputs[i];
    }
    return list;
}

static bool find_below(struct keeping *k, const struct plan *node, uint64_t **items,
                       uint32_t *count, uint32_t *cap)
{
    struct plan *const *inputs = in_order(k, node);
    for (uint32_t i = 0; inputs && i < node->input_count; i++) {
        const struct plan *input = inputs[i];
        if (is_seen(k, input))
            continue;
        if (k->of[input->id] && is_reason(input)) {
            if (!ARENA_PUSH(k->m.arena, *items, *count, *cap, k->of[input->id]->id))
                return false;
        } else if (!find_below(k, input, items, count, cap)) {
            return false;
        }
    }
    return inputs || node->input_count == 0;
}

static uint64_t make_id(const struct keeping *k, const struct kept_state *kept, uint32_t before)
{
    uint64_t id = hash_u64(kept->sinks, hash_u64(kept->rows, kept->base));
    for (uint32_t i = 0; i < kept->shape.table_count; i++)
        for (uint32_t v = 0; v < kept->shape.tables[i].value_count; v++)
            id += kept->shape.tables[i].values[v].meaning;
    for (uint32_t i = 0; i < before; i++)
        if (id == 0 || id == k->job->nodes[i]->state_id) {
            id = hash_u64(id, 1);
            i = UINT32_MAX; /* from the start */
        }
    return id;
}

static bool keep(struct keeping *k, uint32_t at, const bool *const *wanted)
{
    struct plan *node = k->job->nodes[at];
    struct kept_state *kept = arena_new(k->m.arena, struct kept_state);
    uint64_t *below = NULL;
    uint32_t cap = 0;
    k->searches++;
    if (!kept || !plan_shape(&k->m, node, wanted, &kept->shape) ||
        !find_below(k, node, &below, &kept->below_count, &cap))
        return false;
    plan_print_id(meaning_scratch(&k->m), node);
    kept->name = meaning_scratch_text(&k->m);
    kept->base = k->m.of[node->id].base;
    kept->rows = k->m.of[node->id].rows;
    kept->sinks = k->sinks[node->id];
    kept->below = below;
    kept->span = node->span;
    node->state_id = kept->id = make_id(k, kept, at);
    node->kept = k->of[node->id] = kept;
    return !k->m.failed;
}

/* VALUES are gone on with where they were as long as they are the same. */
static void number_values(struct keeping *k, uint32_t at)
{
    struct plan *node = k->job->nodes[at];
    struct kept_state like = { .base = k->m.of[node->id].from };
    node->state_id = make_id(k, &like, at);
}

static bool keep_all(struct keeping *k, const bool *const *const *wanted)
{
    uint32_t n = k->job->node_count;
    k->of = arena_array(k->m.arena, struct kept_state *, n + 1);
    k->sinks = arena_array(k->m.arena, uint64_t, n + 1);
    k->seen = arena_array(k->m.arena, uint32_t, n + 1);
    if (!k->of || !k->sinks || !k->seen)
        return false;
    find_sinks(k);
    for (uint32_t i = 0; i < n; i++) {
        struct plan *node = k->job->nodes[i];
        node->state_id = 0;
        node->kept = NULL;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (k->job->nodes[i]->kind == PLAN_VALUES)
            number_values(k, i);
        if (plan_keeps(k->job->nodes[i]) && !keep(k, i, wanted[k->job->nodes[i]->id]))
            return false;
    }
    return true;
}

enum code plan_keep(struct arena *arena, struct plan_job *job, const bool *const *const *wanted,
                    struct error *err)
{
    struct keeping k = { .m = { .arena = arena }, .job = job };
    buf_init(&k.m.text, 1 << 24);
    enum code code = plan_meanings_find(&k.m, job, err);
    if (code == OK && !keep_all(&k, wanted))
        code = error_nomem(err);
    buf_done(&k.m.text);
    return code;
}

const struct kept_state **plan_kept_list(struct arena *arena, const struct plan_job *job,
                                         uint32_t *ret_count)
{
    const struct kept_state **list =
        arena_array(arena, const struct kept_state *, job->node_count + 1);
    *ret_count = 0;
    for (uint32_t i = 0; list && i < job->node_count; i++)
        if (job->nodes[i]->kept)
            list[(*ret_count)++] = job->nodes[i]->kept;
    return list;
}

/* --- bytes --------------------------------------------------------------------------------------------- */

void kept_state_put(struct buf *out, const struct kept_state *kept)
{
    const uint64_t numbers[] = { kept->base, kept->rows, kept->sinks, kept->below_count };
    uint64_t size = kept->name.size;
    buf_put(out, numbers, sizeof numbers);
    buf_put(out, kept->below, kept->below_count * sizeof *kept->below);
    buf_put(out, &size, sizeof size);
    buf_str(out, kept->name);
    state_shape_put(out, &kept->shape);
}

static bool take(struct str *in, void *ret, uint64_t size)
{
    if (in->size < size)
        return false;
    memcpy(ret, in->data, size);
    in->data += size;
    in->size -= size;
    return true;
}

enum code kept_state_get(struct arena *arena, uint64_t id, struct str in, struct kept_state *ret,
                         struct error *err)
{
    uint64_t numbers[4], size;
    if (!take(&in, numbers, sizeof numbers) || numbers[3] > in.size / sizeof *ret->below)
        return error_set(err, E_DATA, "it does not say what an operator has kept");
    uint64_t *below = arena_array(arena, uint64_t, MAX(numbers[3], 1));
    if (!below)
        return error_nomem(err);
    if (!take(&in, below, numbers[3] * sizeof *below) || !take(&in, &size, sizeof size) ||
        size > in.size)
        return error_set(err, E_DATA, "it does not say what an operator has kept");
    *ret = (struct kept_state){ .id = id,
                                .name = arena_str(arena, str_make(in.data, size)),
                                .base = numbers[0],
                                .rows = numbers[1],
                                .sinks = numbers[2],
                                .below = below,
                                .below_count = (uint32_t)numbers[3] };
    if (!ret->name.data)
        return error_nomem(err);
    in.data += size;
    in.size -= size;
    return state_shape_get(arena, &in, &ret->shape, err);
}
