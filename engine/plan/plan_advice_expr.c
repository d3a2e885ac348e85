/* plan_advice_expr.c -- advice about expressions: filters that contradict themselves, values that are
 * others the next time, and what the other dialect makes of them. */
#include "plan/plan_advice_inner.h"

#include "expr/function.h"

bool advice_is_call(const struct expr *e, const char *name)
{
    return e->kind == EXPR_CALL && e->function && strcmp(e->function->name, name) == 0;
}

static void walk(struct advising *a, const struct plan *node, const struct expr *e, unsigned guards,
                 advice_fn fn)
{
    if (!e || a->failed)
        return;
    fn(a, node, e, guards);
    if (e->kind == EXPR_CASE)
        guards |= GUARD_WHEN;
    if (advice_is_call(e, "IS NULL") || advice_is_call(e, "IS NOT NULL"))
        guards |= GUARD_NULL;
    for (uint32_t i = 0; i < e->arg_count; i++)
        walk(a, node, e->args[i], guards, fn);
}

void advice_each_expr(struct advising *a, advice_fn fn)
{
    for (uint32_t i = 0; i < a->job->node_count; i++) {
        const struct plan *node = a->job->nodes[i];
        switch (node->kind) {
        case PLAN_CALC: {
            const struct plan_calc *calc = (const struct plan_calc *)node;
            walk(a, node, calc->filter, 0, fn);
            for (uint32_t k = 0; calc->exprs && k < node->field_count; k++)
                walk(a, node, calc->exprs[k], 0, fn);
            break;
        }
        case PLAN_WATERMARK:
            walk(a, node, ((const struct plan_watermark *)node)->rowtime, 0, fn);
            break;
        case PLAN_JOIN:
        case PLAN_WINDOW_JOIN:
        case PLAN_INTERVAL_JOIN:
        case PLAN_TEMPORAL_JOIN:
            walk(a, node, ((const struct plan_join *)node)->condition, 0, fn);
            break;
        case PLAN_LOOKUP:
            walk(a, node, ((const struct plan_lookup *)node)->condition, 0, fn);
            break;
        case PLAN_CORRELATE:
            walk(a, node, ((const struct plan_correlate *)node)->condition, 0, fn);
            break;
        default:
            break;
        }
    }
}

/* ---- filters that nothing passes ------------------------------------------------------------- */

enum { CONJUNCTS_MAX = 64 };

struct conditions {
    const struct expr *items[CONJUNCTS_MAX];
    uint32_t count;
};

static void collect(struct conditions *c, const struct expr *e)
{
    if (!e)
        return;
    if (e->kind == EXPR_AND) {
        for (uint32_t i = 0; i < e->arg_count; i++)
            collect(c, e->args[i]);
    } else if (c->count < CONJUNCTS_MAX) {
        c->items[c->count++] = e;
    }
}

/* "value SIGN literal", turned so that the literal stands at the right. */
struct comparison {
    const struct expr *value;
    const struct value *literal;
    char sign; /* '=', '<' also for <=, '>' also for >= */
    bool or_equal;
};

static bool read_comparison(const struct expr *e, struct comparison *ret)
{
    static const struct {
        const char *name;
        char sign, turned;
        bool or_equal;
    } signs[] = { { "=", '=', '=', true },
                  { "<", '<', '>', false },
                  { ">", '>', '<', false },
                  { "<=", '<', '>', true },
                  { ">=", '>', '<', true } };
    if (e->kind != EXPR_CALL || e->arg_count != 2 || !e->function)
        return false;
    for (size_t i = 0; i < countof(signs); i++) {
        if (strcmp(e->function->name, signs[i].name) != 0)
            continue;
        bool left = expr_is_literal(e->args[0]), right = expr_is_literal(e->args[1]);
        if (left == right)
            return false;
        *ret = (struct comparison){ .value = e->args[left ? 1 : 0],
                                    .literal = e->args[left ? 0 : 1]->literal,
                                    .sign = left ? signs[i].turned : signs[i].sign,
                                    .or_equal = signs[i].or_equal };
        return !(ret->value->flags & CALL_VOLATILE);
    }
    return false;
}

/* False: they are of types that are not compared here. */
static bool compare(const struct value *a, const struct value *b, int *ret)
{
    if (a->is_null || b->is_null)
        return false;
    if (type_is_string(a->type) && type_is_string(b->type)) {
        *ret = str_compare(a->str, b->str);
        return true;
    }
    if (!type_equal(a->type, b->type) || a->type->child_count > 0 || type_is_binary(a->type))
        return false;
    if (type_is_float(a->type)) {
        *ret = (a->f64 > b->f64) - (a->f64 < b->f64);
        return a->f64 == a->f64 && b->f64 == b->f64;
    }
    if (a->type->id == TYPE_DECIMAL)
        *ret = (a->i128 > b->i128) - (a->i128 < b->i128);
    else
        *ret = (a->i64 > b->i64) - (a->i64 < b->i64);
    return true;
}

/* Can no value do both? */
static bool contradict(const struct comparison *a, const struct comparison *b)
{
    int order;
    if (!expr_equal(a->value, b->value) || !compare(a->literal, b->literal, &order))
        return false;
    if (a->sign == '=' && b->sign == '=')
        return order != 0;
    bool above = a->sign == '>' || a->sign == '='; /* a wants more than b allows */
    bool below = b->sign == '<' || b->sign == '=';
    if (above && below && (order > 0 || (order == 0 && !(a->or_equal && b->or_equal))))
        return true;
    above = b->sign == '>' || b->sign == '=';
    below = a->sign == '<' || a->sign == '=';
    return above && below && (order < 0 || (order == 0 && !(a->or_equal && b->or_equal)));
}

static bool is_never(const struct expr *e)
{
    return expr_is_literal(e) &&
           (e->literal->is_null || (e->type->id == TYPE_BOOLEAN && e->literal->i64 == 0));
}

static void put_never(struct advising *a, const struct plan *node, const struct expr *e)
{
    struct span span = e->span.size > 0 ? e->span : node->span;
    struct plan_advice *item =
        advice_add(a, "filter-never-true", node, span, "no row can pass this condition");
    if (item && expr_is_null(e))
        error_hint(&item->error, "A comparison with NULL is never true; IS NULL asks for it.");
    else if (item)
        error_hint(&item->error, "Two of its parts exclude each other, or one is always false; "
                                 "OR, or IN, may be meant.");
}

void advise_filters(struct advising *a)
{
    for (uint32_t i = 0; i < a->job->node_count; i++) {
        const struct plan *node = a->job->nodes[i];
        const struct plan_calc *calc = (const struct plan_calc *)node;
        if (node->kind != PLAN_CALC || !calc->filter)
            continue;
        struct conditions c = { .count = 0 };
        collect(&c, calc->filter);
        uint32_t own = c.count;
        /* Conditions that all readers have stand in a calc of their own below. */
        const struct plan_calc *below = (const struct plan_calc *)node->inputs[0];
        if (below->base.kind == PLAN_CALC && !below->exprs)
            collect(&c, below->filter);
        for (uint32_t k = 0; k < own; k++) {
            struct comparison x, y;
            bool never = is_never(c.items[k]);
            for (uint32_t m = k + 1; m < c.count && !never; m++)
                never = read_comparison(c.items[k], &x) && read_comparison(c.items[m], &y) &&
                        contradict(&x, &y);
            if (!never)
                continue;
            put_never(a, node, c.items[k]);
            break;
        }
    }
}

/* ---- values that are others the next time ----------------------------------------------------- */

static const struct expr *moment_in(const struct expr *e)
{
    if (!e || !(e->flags & (CALL_DYNAMIC | CALL_VOLATILE)))
        return NULL;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        const struct expr *found = moment_in(e->args[i]);
        if (found)
            return found;
    }
    return e->kind == EXPR_CALL ? e : NULL;
}

/* Who has to find the row again that a -U or -D takes back, by all of its columns or some. */
static const struct plan *taker_above(const struct advising *a, const struct plan *node,
                                      uint32_t column, int depth)
{
    enum { DEPTH_MAX = 50 };
    if (depth > DEPTH_MAX)
        return NULL;
    for (uint32_t i = 0; i < a->job->node_count; i++) {
        const struct plan *reader = a->job->nodes[i];
        for (uint32_t k = 0; k < reader->input_count; k++) {
            if (reader->inputs[k] != node)
                continue;
            const struct plan_calc *calc = (const struct plan_calc *)reader;
            const struct plan *found = NULL;
            switch (reader->kind) {
            case PLAN_GROUP:
            case PLAN_WINDOW:
            case PLAN_OVER:
            case PLAN_RANK:
                return reader;
            case PLAN_JOIN:
                return node->key_count > 0 &&
                               plan_has_key_in(node, node->keys[0].columns, node->keys[0].count)
                           ? NULL
                           : reader;
            case PLAN_SINK:
                if (((const struct plan_sink *)reader)->mode == SINK_RETRACT &&
                    ((const struct plan_sink *)reader)->table)
                    return reader;
                break;
            case PLAN_CALC:
                for (uint32_t c = 0; c < reader->field_count && !found; c++) {
                    bool passes = !calc->exprs ? c == column
                                               : calc->exprs[c]->kind == EXPR_COLUMN &&
                                                     calc->exprs[c]->column == column;
                    if (passes)
                        found = taker_above(a, reader, c, depth + 1);
                }
                break;
            case PLAN_FOLD:
            case PLAN_EXCHANGE:
            case PLAN_LIMIT:
            case PLAN_UNION:
                found = taker_above(a, reader, column, depth + 1);
                break;
            default:
                break;
            }
            if (found)
                return found;
        }
    }
    return NULL;
}

void advise_moments(struct advising *a)
{
    const unsigned taken = CHANGES_UPDATE_BEFORE | CHANGES_DELETE;
    for (uint32_t i = 0; i < a->job->node_count; i++) {
        const struct plan *node = a->job->nodes[i];
        const struct plan_calc *calc = (const struct plan_calc *)node;
        if (node->kind != PLAN_CALC || !calc->exprs || !(node->inputs[0]->changes & taken))
            continue;
        for (uint32_t c = 0; c < node->field_count; c++) {
            const struct expr *e = moment_in(calc->exprs[c]);
            const struct plan *taker = e ? taker_above(a, node, c, 0) : NULL;
            if (!taker)
                continue;
            struct plan_advice *item = advice_add(
                a, "not-deterministic", node, e->span,
                "%s gives another value when the row is taken back, and %s#%u cannot find it then",
                e->function ? e->function->name : "it", plan_kind_name(taker->kind), taker->id);
            if (item)
                error_hint(&item->error,
                           "Compute it behind %s#%u, or where the rows are only new "
                           "ones.",
                           plan_kind_name(taker->kind), taker->id);
        }
    }
}

/* ---- the other dialect ---------------------------------------------------------------------- */

static const struct difference {
    const char *function;
    const char *text;
} differences[] = {
    { "CAST", "CAST of a text that cannot be read ends the job (TRY_CAST gives NULL)" },
    { "CONCAT", "CONCAT is NULL if one argument is (CONCAT_WS('', ...) leaves NULLs out)" },
    { "NOW", "NOW() is a TIMESTAMP_LTZ (UNIX_TIMESTAMP() is the number of seconds)" },
    { "JSON_VALUE", "JSON_VALUE of an object or array is NULL (JSON_QUERY gives it)" },
    { "TO_TIMESTAMP", "TO_TIMESTAMP takes no number (TO_TIMESTAMP_LTZ(x, 3) does)" },
    { "MD5", "MD5 of an empty text is a hash as of any other" },
};

static bool is_of(const struct expr *e, const struct difference *d)
{
    if (!advice_is_call(e, d->function) || e->span.size == 0)
        return false;
    if (strcmp(d->function, "CAST") == 0)
        return advice_reads_text(e);
    if (strcmp(d->function, "TO_TIMESTAMP") == 0)
        return e->arg_count > 0 && type_is_integer(e->args[0]->type);
    return true;
}

static void look_at_dialect(struct advising *a, const struct plan *node, const struct expr *e,
                            unsigned guards)
{
    (void)node, (void)guards;
    for (size_t i = 0; i < countof(differences); i++) {
        struct span *first = &a->differing[i];
        if (is_of(e, &differences[i]) && (first->size == 0 || e->span.offset < first->offset))
            *first = e->span;
    }
}

/* A job of Blink's dialect may be on its way to Flink; nobody goes the other way. */
void advise_dialect(struct advising *a)
{
    _Static_assert(countof(differences) <= ADVICE_DIFFERENCES_MAX, "room for all of them");
    if (a->job->dialect != DIALECT_BLINK)
        return;
    advice_each_expr(a, look_at_dialect);
    struct buf text;
    buf_init(&text, 700);
    struct span first = { 0 };
    for (size_t i = 0; i < countof(differences); i++) {
        struct span span = a->differing[i];
        if (span.size == 0)
            continue;
        if (first.size == 0 || span.offset < first.offset)
            first = span;
        buf_printf(&text, "%s%s", text.size > 0 ? "; " : "", differences[i].text);
    }
    struct plan_advice *item =
        text.size > 0 ? advice_add(a, "dialect", NULL, first, "Flink would differ") : NULL;
    if (item) {
        item->is_note = true;
        error_detail(&item->error, "There %s.", buf_cstr(&text));
    }
    advice_text_done(a, &text);
}
