/* plan_meaning_keep.c -- what operators with state are known by, and what their columns mean; see
 * plan_meaning.h. */
#include "plan/plan_meaning_inner.h"

static uint64_t of_order(const uint64_t *columns, const struct plan_order *order, uint32_t count,
                         uint64_t seed)
{
    for (uint32_t i = 0; i < count; i++)
        seed = meaning_mix((uint64_t)order[i].descending << 1 | order[i].nulls_last,
                           meaning_mix(columns[order[i].column], seed));
    return meaning_mix(count, seed);
}

static uint64_t of_one(const uint64_t *columns, uint32_t column, uint64_t seed)
{
    return meaning_mix(column == PLAN_NO_COLUMN ? 0 : columns[column], seed);
}

static void find_watermark(struct finding *f)
{
    const struct plan_watermark *w = (const struct plan_watermark *)f->node;
    const uint64_t *in = f->in[0]->columns;
    for (uint32_t i = 0; i < f->node->field_count; i++)
        if (i == w->computed)
            f->out->columns[i] = meaning_of_expr(f->m, w->rowtime, in);
        else
            f->out->columns[i] = in[i > w->computed ? i - 1 : i];
    f->out->base = meaning_mix(meaning_of_expr(f->m, w->rowtime, in),
                               meaning_of_word("watermark", f->in[0]->from));
}

static void find_calls(struct finding *f, uint32_t first, const struct agg_call *calls,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        f->out->columns[first + i] = meaning_not_zero(
            meaning_mix(meaning_of_call(&calls[i], f->in[0]->columns), f->out->base));
}

static void find_group(struct finding *f)
{
    const struct plan_group *group = (const struct plan_group *)f->node;
    const uint64_t *in = f->in[0]->columns;
    f->out->base =
        meaning_of_set(in, group->keys, group->key_count, meaning_of_word("group", f->in[0]->from));
    for (uint32_t i = 0; i < group->key_count; i++)
        f->out->columns[i] = in[group->keys[i]];
    find_calls(f, group->key_count, group->calls, group->call_count);
}

static void find_windows(struct finding *f)
{
    const struct plan_window *window = (const struct plan_window *)f->node;
    const uint64_t *in = f->in[0]->columns;
    uint32_t at = window->key_count + window->call_count;
    f->out->base = meaning_of_set(
        in, window->keys, window->key_count,
        meaning_of_window(f, &window->window, meaning_of_word("window", f->in[0]->from)));
    for (uint32_t i = 0; i < window->key_count; i++)
        f->out->columns[i] = in[window->keys[i]];
    find_calls(f, window->key_count, window->calls, window->call_count);
    for (uint32_t i = 0; i < window->property_count; i++)
        f->out->columns[at + i] = meaning_not_zero(
            meaning_mix(window->properties[i], meaning_of_word("bound", f->out->base)));
}

static void find_assign(struct finding *f)
{
    const struct plan_assign *assign = (const struct plan_assign *)f->node;
    uint64_t hash =
        meaning_of_window(f, &assign->window, meaning_of_word("assign", f->in[0]->from));
    finding_pass(f);
    finding_own(f, "bound", f->node->inputs[0]->field_count, hash);
    f->out->from = hash;
    if (assign->window.kind == WINDOW_SESSION)
        f->out->base = hash;
}

/* --- joins ---- */

/* The pairs of keys are a set.  A condition beside them says which matches there are: of rows that
 * are kept without one it is a part of what is known of them, else it decides about rows. */
static uint64_t base_of_join(struct finding *f, const struct plan_join *join, const char *word)
{
    static const char *const types[] = {
        [INNER_JOIN] = "inner", [LEFT_JOIN] = "left", [RIGHT_JOIN] = "right",
        [FULL_JOIN] = "full",   [SEMI_JOIN] = "semi", [ANTI_JOIN] = "anti"
    };
    uint64_t hash = meaning_of_word(types[join->type], meaning_of_word(word, join->single));
    uint64_t sum = 0;
    for (uint32_t i = 0; i < join->key_count; i++)
        sum += meaning_mix(f->in[1]->columns[join->keys[1][i]],
                           meaning_mix(f->in[0]->columns[join->keys[0][i]],
                                       join->null_equal && join->null_equal[i]));
    hash = meaning_mix(sum, meaning_mix(join->key_count, hash));
    return meaning_mix(f->in[1]->from, meaning_mix(f->in[0]->from, hash));
}

static void find_join(struct finding *f, const char *word, uint64_t more)
{
    const struct plan_join *join = (const struct plan_join *)f->node;
    uint32_t left = f->node->inputs[0]->field_count, right = f->node->inputs[1]->field_count;
    uint64_t *both = arena_array(f->m->arena, uint64_t, left + right + 1);
    if (!both) {
        f->m->failed = true;
        return;
    }
    memcpy(both, f->in[0]->columns, left * sizeof *both);
    for (uint32_t i = 0; i < right; i++)
        both[left + i] = meaning_mix(f->in[1]->columns[i], 4); /* a table may be joined to itself */
    uint64_t condition = finding_filter(f, join->condition, both);
    f->out->base = meaning_mix(more, base_of_join(f, join, word));
    f->out->rows = meaning_mix(f->in[1]->rows, meaning_mix(f->in[0]->rows, 0));
    if (join->type == INNER_JOIN)
        f->out->rows += condition;
    else
        f->out->base = meaning_mix(condition, f->out->base);
    for (uint32_t i = 0; i < f->node->field_count; i++)
        f->out->columns[i] = meaning_not_zero(meaning_mix(both[i], f->out->base));
}

static void find_window_join(struct finding *f)
{
    const struct plan_window_join *join = (const struct plan_window_join *)f->node;
    uint64_t hash = (uint64_t)join->proctime << 1 | join->in_zone;
    for (uint32_t k = 0; k < 2; k++)
        hash = meaning_mix(f->in[k]->columns[join->end[k]],
                           meaning_mix(f->in[k]->columns[join->start[k]], hash));
    find_join(f, "window join", hash);
}

static void find_interval_join(struct finding *f)
{
    const struct plan_interval_join *join = (const struct plan_interval_join *)f->node;
    uint64_t hash = meaning_mix((uint64_t)join->upper_us, meaning_mix((uint64_t)join->lower_us, 0));
    for (uint32_t k = 0; k < 2 && !join->proctime; k++)
        hash = meaning_mix(f->in[k]->columns[join->time[k]], hash);
    find_join(f, "interval join", hash);
}

static void find_temporal_join(struct finding *f)
{
    const struct plan_temporal_join *join = (const struct plan_temporal_join *)f->node;
    uint64_t hash = 0;
    for (uint32_t k = 0; k < 2; k++)
        hash = meaning_mix(f->in[k]->columns[join->time[k]], hash);
    find_join(f, "temporal join", hash);
}

static void find_lookup(struct finding *f)
{
    const struct plan_lookup *lookup = (const struct plan_lookup *)f->node;
    uint32_t first = f->node->inputs[0]->field_count;
    uint64_t hash = meaning_of_text(lookup->def.name, meaning_of_word("lookup", f->in[0]->from));
    uint64_t sum = 0;
    for (uint32_t i = 0; i < lookup->key_count; i++) {
        struct str key = lookup->def.schema->fields[lookup->table_keys[i]].name;
        sum += meaning_mix(f->in[0]->columns[lookup->keys[i]], meaning_of_text(key, 0));
    }
    hash = meaning_mix(sum, meaning_mix(lookup->type == LEFT_JOIN, hash));
    finding_pass(f);
    for (uint32_t i = first; i < f->node->field_count; i++)
        f->out->columns[i] = meaning_of_text(f->node->fields[i].name, hash);
    f->out->base = meaning_mix(finding_filter(f, lookup->condition, f->out->columns), hash);
}

/* --- operators that pass rows on ---- */

static void find_rank(struct finding *f)
{
    const struct plan_rank *rank = (const struct plan_rank *)f->node;
    const uint64_t *in = f->in[0]->columns;
    uint64_t hash =
        meaning_of_list(in, rank->keys, rank->key_count, meaning_of_word("rank", f->in[0]->from));
    hash = of_order(in, rank->order, rank->order_count, hash);
    hash = meaning_mix(rank->end, meaning_mix(rank->start, hash));
    hash = of_one(in, rank->end_column, hash);
    f->out->base = of_one(in, rank->window_end, hash);
    finding_pass(f);
    finding_own(f, "rank", f->node->inputs[0]->field_count, f->out->base);
}

static void find_dedup(struct finding *f)
{
    const struct plan_dedup *dedup = (const struct plan_dedup *)f->node;
    const uint64_t *in = f->in[0]->columns;
    uint64_t hash = meaning_of_list(in, dedup->keys, dedup->key_count,
                                    meaning_of_word("dedup", f->in[0]->from));
    hash = of_one(in, dedup->window_end, of_one(in, dedup->time, hash));
    f->out->base = meaning_mix((uint64_t)dedup->keep_last << 1 | dedup->normalizes, hash);
    finding_pass(f);
    if (dedup->normalizes) /* the same rows, told in full */
        f->out->from = f->in[0]->from;
}

static void find_over(struct finding *f)
{
    const struct plan_over *over = (const struct plan_over *)f->node;
    const uint64_t *in = f->in[0]->columns;
    uint64_t hash =
        meaning_of_set(in, over->keys, over->key_count, meaning_of_word("over", f->in[0]->from));
    hash = of_order(in, over->order, over->order_count, hash);
    hash = meaning_mix((uint64_t)over->proctime << 1 | over->rows, hash);
    f->out->base = meaning_mix((uint64_t)over->preceding, hash);
    finding_pass(f);
    find_calls(f, f->node->inputs[0]->field_count, over->calls, over->call_count);
}

static void find_sort(struct finding *f)
{
    const struct plan_sort *sort = (const struct plan_sort *)f->node;
    f->out->base = of_order(f->in[0]->columns, sort->order, sort->order_count,
                            meaning_of_word("sort", meaning_mix(sort->by_time, f->in[0]->from)));
    finding_pass(f);
}

static void find_limit(struct finding *f)
{
    const struct plan_limit *limit = (const struct plan_limit *)f->node;
    f->out->base = meaning_mix(limit->offset,
                               meaning_mix(limit->limit, meaning_of_word("limit", f->in[0]->from)));
    finding_pass(f);
}

static void find_materialize(struct finding *f)
{
    const struct plan_materialize *m = (const struct plan_materialize *)f->node;
    const uint64_t *in = f->in[0]->columns;
    uint64_t hash =
        meaning_of_list(in, m->keys, m->key_count, meaning_of_word("materialize", f->in[0]->from));
    if (m->identity)
        hash = meaning_of_set(in, m->identity->columns, m->identity->count, hash);
    f->out->base = meaning_mix((uint64_t)m->in_place << 1 | m->last_only, hash);
    finding_pass(f);
}

void finding_keeper(struct finding *f)
{
    switch (f->node->kind) {
    case PLAN_LIMIT:
        find_limit(f);
        break;
    case PLAN_WATERMARK:
        find_watermark(f);
        break;
    case PLAN_GROUP:
        find_group(f);
        break;
    case PLAN_WINDOW:
        find_windows(f);
        break;
    case PLAN_ASSIGN:
        find_assign(f);
        break;
    case PLAN_JOIN:
        find_join(f, "join", 0);
        break;
    case PLAN_WINDOW_JOIN:
        find_window_join(f);
        break;
    case PLAN_INTERVAL_JOIN:
        find_interval_join(f);
        break;
    case PLAN_TEMPORAL_JOIN:
        find_temporal_join(f);
        break;
    case PLAN_LOOKUP:
        find_lookup(f);
        break;
    case PLAN_RANK:
        find_rank(f);
        break;
    case PLAN_DEDUP:
        find_dedup(f);
        break;
    case PLAN_OVER:
        find_over(f);
        break;
    case PLAN_SORT:
        find_sort(f);
        break;
    case PLAN_MATERIALIZE:
        find_materialize(f);
        break;
    default:
        break;
    }
}
