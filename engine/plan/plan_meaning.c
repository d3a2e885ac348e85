/* plan_meaning.c -- see plan_meaning.h.
 *
 * A column of a table means its name; an expression means its function over what its arguments
 * mean, so merged calcs, paths of one pass over a document and shared sub-plans make no
 * difference.  Keys and conjuncts are sums: their order says nothing.  The words below are in
 * snapshots, and so never change. */
#include "plan/plan_meaning_inner.h"

#include "expr/function.h"
#include "expr/table_function.h"
#include "types/text.h"

/* --- words, types, expressions ------------------------------------------------------------------ */

uint64_t meaning_of_text(struct str text, uint64_t seed)
{
    return meaning_not_zero(hash_bytes(text.data, text.size, seed));
}

uint64_t meaning_of_word(const char *word, uint64_t seed)
{
    return meaning_of_text(str_of(word), seed);
}

struct buf *meaning_scratch(struct plan_meanings *m)
{
    buf_clear(&m->text);
    return &m->text;
}

uint64_t meaning_of_scratch(struct plan_meanings *m, uint64_t seed)
{
    m->failed = m->failed || m->text.failed;
    return meaning_of_text(buf_view(&m->text), seed);
}

struct str meaning_scratch_text(struct plan_meanings *m)
{
    struct str text = arena_str(m->arena, buf_view(&m->text));
    m->failed = m->failed || m->text.failed || !text.data;
    return text.data ? text : STR("");
}

static uint64_t of_type(struct plan_meanings *m, const struct type *type, uint64_t seed)
{
    type_print(meaning_scratch(m), type);
    return meaning_of_scratch(m, seed);
}

static uint64_t of_literal(struct plan_meanings *m, const struct expr *e)
{
    struct text_style style = { .mode = TEXT_DISPLAY, .null_text = "NULL" };
    uint64_t hash = of_type(m, e->type, meaning_of_word("literal", e->literal->is_null));
    if (e->literal->is_null)
        return hash;
    text_print_value(meaning_scratch(m), e->literal, &style);
    return meaning_of_scratch(m, hash);
}

uint64_t meaning_of_expr(struct plan_meanings *m, const struct expr *e, const uint64_t *columns)
{
    uint64_t hash = 0;
    if (e->lowered_from)
        return meaning_of_expr(m, e->lowered_from, columns);
    switch (e->kind) {
    case EXPR_COLUMN:
        return columns[e->column];
    case EXPR_LITERAL:
        return of_literal(m, e);
    case EXPR_AND:
    case EXPR_OR:
        for (uint32_t i = 0; i < e->arg_count; i++)
            hash += meaning_of_expr(m, e->args[i], columns);
        return meaning_not_zero(
            meaning_mix(hash, meaning_of_word(e->kind == EXPR_AND ? "AND" : "OR", 0)));
    case EXPR_CASE:
        hash = meaning_of_word("CASE", 0);
        break;
    case EXPR_CALL:
        hash = meaning_of_word(e->function ? e->function->name : "", e->state_hash);
        break;
    }
    hash = of_type(m, e->type, hash);
    for (uint32_t i = 0; i < e->arg_count; i++)
        hash = meaning_mix(meaning_of_expr(m, e->args[i], columns), hash);
    return meaning_not_zero(hash);
}

uint64_t meaning_of_values(const struct agg_call *call, const uint64_t *columns)
{
    uint64_t hash = meaning_of_word("values", call->agg->arg_count);
    for (uint32_t i = 0; i < call->agg->arg_count; i++)
        hash = meaning_mix(columns[call->args[i]], hash);
    if (call->filter != AGG_NO_COLUMN)
        hash = meaning_mix(columns[call->filter], meaning_of_word("filter", hash));
    return meaning_not_zero(hash);
}

uint64_t meaning_of_call(const struct agg_call *call, const uint64_t *columns)
{
    uint64_t hash = meaning_of_word(call->agg->function->name, call->agg->state_hash);
    if (call->distinct && !call->agg->ignores_distinct)
        hash = meaning_of_word("distinct", hash);
    return meaning_not_zero(meaning_mix(meaning_of_values(call, columns), hash));
}

/* --- lists of columns ------------------------------------------------------------------------------ */

uint64_t meaning_of_set(const uint64_t *columns, const uint32_t *list, uint32_t count,
                        uint64_t seed)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += meaning_mix(columns[list[i]], 1);
    return meaning_mix(sum, meaning_mix(count, seed));
}

uint64_t meaning_of_list(const uint64_t *columns, const uint32_t *list, uint32_t count,
                         uint64_t seed)
{
    for (uint32_t i = 0; i < count; i++)
        seed = meaning_mix(columns[list[i]], seed);
    return meaning_mix(count, seed);
}

uint64_t meaning_of_window(const struct finding *f, const struct window_spec *w, uint64_t seed)
{
    const uint64_t *columns = f->in[0]->columns;
    static const char *const words[] = { [WINDOW_TUMBLE] = "tumble",
                                         [WINDOW_HOP] = "hop",
                                         [WINDOW_CUMULATE] = "cumulate",
                                         [WINDOW_SESSION] = "session",
                                         [WINDOW_ATTACHED] = "attached" };
    uint64_t hash = meaning_of_word(words[w->kind], seed);
    if (w->kind == WINDOW_ATTACHED)
        return meaning_mix(columns[w->end], meaning_mix(columns[w->start], hash));
    hash = meaning_mix((uint64_t)w->size_us, hash);
    hash = meaning_mix((uint64_t)w->step_us, hash);
    hash = meaning_mix((uint64_t)w->offset_us, hash);
    hash = meaning_mix(w->proctime ? 0 : columns[w->time], hash);
    hash = meaning_mix((uint64_t)w->in_zone << 1 | w->proctime, hash);
    if (w->in_zone) /* bounds are kept as local times, and Blink's do not follow summer time */
        hash = meaning_of_text(f->m->zone_name, meaning_mix(f->m->is_blink, hash));
    return meaning_of_set(columns, w->partition, w->partition_count, hash);
}

/* --- nodes -------------------------------------------------------------------------------------------- */

void finding_pass(struct finding *f)
{
    uint32_t n = MIN(f->node->field_count, f->node->inputs[0]->field_count);
    memcpy(f->out->columns, f->in[0]->columns, n * sizeof *f->out->columns);
}

void finding_own(struct finding *f, const char *word, uint32_t first, uint64_t seed)
{
    for (uint32_t i = first; i < f->node->field_count; i++)
        f->out->columns[i] = meaning_not_zero(meaning_mix(i - first, meaning_of_word(word, seed)));
}

uint64_t finding_filter(struct finding *f, const struct expr *filter, const uint64_t *columns)
{
    uint64_t sum = 0;
    if (!filter)
        return 0;
    if (filter->kind != EXPR_AND)
        return meaning_mix(meaning_of_expr(f->m, filter, columns), 2);
    for (uint32_t i = 0; i < filter->arg_count; i++)
        sum += finding_filter(f, filter->args[i], columns);
    return sum;
}

static void find_scan(struct finding *f)
{
    const struct plan_scan *scan = (const struct plan_scan *)f->node;
    f->out->from = meaning_of_text(scan->def.name, meaning_of_word("table", 0));
    for (uint32_t i = 0; i < f->node->field_count; i++)
        f->out->columns[i] = meaning_of_text(f->node->fields[i].name, f->out->from);
}

static void find_values(struct finding *f)
{
    const struct plan_values *values = (const struct plan_values *)f->node;
    uint64_t hash = meaning_of_word("values", values->row_count);
    for (uint32_t r = 0; r < values->row_count; r++)
        for (uint32_t c = 0; c < f->node->field_count; c++)
            hash = meaning_mix(meaning_of_expr(f->m, values->rows[r][c], NULL), hash);
    f->out->from = meaning_not_zero(hash);
    finding_own(f, "column", 0, hash);
}

static void find_json(struct finding *f)
{
    const struct plan_json *json = (const struct plan_json *)f->node;
    uint32_t first = f->node->inputs[0]->field_count;
    finding_pass(f);
    for (uint32_t i = 0; i < json->path_count; i++)
        f->out->columns[first + i] =
            meaning_of_word(json->path_texts[i], f->in[0]->columns[json->input_column]);
}

static void find_calc(struct finding *f)
{
    const struct plan_calc *calc = (const struct plan_calc *)f->node;
    const uint64_t *in = f->in[0]->columns;
    f->out->rows += finding_filter(f, calc->filter, in);
    if (!calc->exprs) {
        finding_pass(f);
        return;
    }
    for (uint32_t i = 0; i < f->node->field_count; i++)
        f->out->columns[i] = meaning_of_expr(f->m, calc->exprs[i], in);
}

/* Branches in an order of their own, so that it does not matter in which they are written. */
static void find_union(struct finding *f)
{
    const struct plan *node = f->node;
    uint64_t last = 0, rows = 0, from = meaning_of_word("union", node->input_count);
    finding_own(f, "union", 0, 0);
    for (uint32_t done = 0; done < node->input_count;) {
        uint64_t next = UINT64_MAX;
        for (uint32_t k = 0; k < node->input_count; k++) {
            uint64_t branch = f->m->of[node->inputs[k]->id].from;
            if ((done == 0 || branch > last) && branch < next)
                next = branch;
        }
        for (uint32_t k = 0; k < node->input_count; k++) {
            const struct plan_meaning *in = &f->m->of[node->inputs[k]->id];
            if (in->from != next && next != UINT64_MAX)
                continue;
            from = meaning_mix(in->from, from);
            rows = meaning_mix(in->rows, rows);
            for (uint32_t i = 0; i < node->field_count; i++)
                f->out->columns[i] =
                    meaning_not_zero(meaning_mix(in->columns[i], f->out->columns[i]));
            done++;
        }
        last = next;
    }
    f->out->from = from;
    f->out->rows = rows;
}

/* Sets that come or go are rows that come or go. */
static void find_expand(struct finding *f)
{
    const struct plan_expand *expand = (const struct plan_expand *)f->node;
    uint64_t hash = meaning_of_list(f->in[0]->columns, expand->columns, expand->column_count,
                                    meaning_of_word("expand", f->in[0]->from));
    finding_pass(f);
    finding_own(f, "set", f->node->inputs[0]->field_count, hash);
    f->out->from = hash;
    for (uint32_t i = 0; i < expand->set_count; i++)
        f->out->rows += meaning_mix(expand->sets[i], 3);
}

static void find_correlate(struct finding *f)
{
    const struct plan_correlate *c = (const struct plan_correlate *)f->node;
    uint64_t hash = meaning_of_word(c->function->name, f->in[0]->from);
    hash = meaning_of_list(f->in[0]->columns, c->args, c->arg_count, hash);
    hash = meaning_mix((uint64_t)c->left << 1 | c->with_ordinality, hash);
    finding_pass(f);
    finding_own(f, "made", f->node->inputs[0]->field_count, hash);
    f->out->from = hash;
    f->out->rows += finding_filter(f, c->condition, f->out->columns);
}

static void find_node(struct finding *f)
{
    switch (f->node->kind) {
    case PLAN_SCAN:
        find_scan(f);
        break;
    case PLAN_VALUES:
        find_values(f);
        break;
    case PLAN_JSON:
        find_json(f);
        break;
    case PLAN_CALC:
        find_calc(f);
        break;
    case PLAN_UNION:
        find_union(f);
        break;
    case PLAN_EXPAND:
        find_expand(f);
        break;
    case PLAN_CORRELATE:
        find_correlate(f);
        break;
    case PLAN_FOLD:
    case PLAN_EXCHANGE:
        finding_pass(f);
        break;
    default:
        finding_keeper(f);
        break;
    }
}

/* What is not said otherwise: rows are those of the input, or the operator's. */
static bool find(struct plan_meanings *m, const struct plan *node)
{
    struct plan_meaning *out = &m->of[node->id];
    struct finding f = { .m = m, .node = node, .out = out };
    if (!(out->columns = arena_array(m->arena, uint64_t, MAX(node->field_count, 1))))
        return false;
    for (uint32_t k = 0; k < node->input_count && k < 2; k++)
        f.in[k] = &m->of[node->inputs[k]->id];
    if (node->input_count > 0) {
        out->from = f.in[0]->from;
        out->rows = f.in[0]->rows;
    }
    find_node(&f);
    bool is_seen = node->kind != PLAN_WATERMARK && out->from == (f.in[0] ? f.in[0]->from : 0) &&
                   !(node->kind == PLAN_DEDUP && ((const struct plan_dedup *)node)->normalizes);
    if (out->base != 0 && is_seen)
        out->from = out->base;
    return !m->failed;
}

enum code plan_meanings_find(struct plan_meanings *m, const struct plan_job *job, struct error *err)
{
    m->zone_name = job->zone_name;
    m->is_blink = job->dialect == DIALECT_BLINK;
    m->of = arena_array(m->arena, struct plan_meaning, job->node_count + 1);
    bool ok = m->of != NULL;
    for (uint32_t i = 0; i < job->node_count && ok; i++)
        ok = find(m, job->nodes[i]);
    return ok ? OK : error_nomem(err);
}
