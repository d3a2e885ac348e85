/* bind_group_window.c -- windows of GROUP BY: TUMBLE(...), HOP(...), SESSION(...) with
 * TUMBLE_START and its like, and the columns of a window table function. */
#include "bind/group.h"

static const struct {
    const char *name;
    enum window_kind kind;
    uint32_t intervals;
} windows[] = {
    { "TUMBLE", WINDOW_TUMBLE, 1 },
    { "HOP", WINDOW_HOP, 2 },
    { "SESSION", WINDOW_SESSION, 1 },
};

enum property_suffix { SUFFIX_START, SUFFIX_END, SUFFIX_ROWTIME, SUFFIX_PROCTIME };
static const char *const suffixes[] = { "_START", "_END", "_ROWTIME", "_PROCTIME" };

/* Splits TUMBLE_START into its window (index) and its suffix. */
static bool split_property(struct str name, size_t *ret_window, enum property_suffix *ret_suffix)
{
    for (size_t w = 0; w < countof(windows); w++)
        for (size_t s = 0; s < countof(suffixes); s++) {
            size_t head = strlen(windows[w].name);
            if (name.size == head + strlen(suffixes[s]) &&
                str_iis(str_make(name.data, head), windows[w].name) &&
                str_iis(str_make(name.data + head, name.size - head), suffixes[s])) {
                *ret_window = w;
                *ret_suffix = (enum property_suffix)s;
                return true;
            }
        }
    return false;
}

bool group_is_property(struct str name)
{
    size_t window;
    enum property_suffix suffix;
    return split_property(name, &window, &suffix);
}

static int window_index(const struct ast_node *node)
{
    if (node->kind != AST_CALL)
        return -1;
    const struct ast_call *call = (const struct ast_call *)node;
    for (size_t w = 0; w < countof(windows); w++)
        if (call->path.count == 1 && str_iis(call->path.items[0].text, windows[w].name))
            return (int)w;
    return -1;
}

bool group_is_window(const struct ast_node *node)
{
    return window_index(node) >= 0;
}

enum code bind_window_interval(struct binder *b, const struct ast_node *node, const char *what,
                               bool may_be_zero, int64_t *ret_us, struct error *err)
{
    struct expr *e;
    TRY(bind_expr(b, NULL, node, &e, err));
    if (e->type->id == TYPE_INTERVAL_MONTH)
        return error_at(err, E_TYPE, node->span,
                        "the %s of a window is days or less: months and years differ in length",
                        what);
    if (e->type->id != TYPE_INTERVAL_DAY || !expr_is_literal(e) || expr_is_null(e))
        return error_at(err, E_TYPE, node->span,
                        "the %s of a window is an interval that does not change, such as "
                        "INTERVAL '1' MINUTE",
                        what);
    *ret_us = e->literal->i64;
    if (!may_be_zero && *ret_us <= 0)
        return error_at(err, E_TYPE, node->span, "the %s of a window must be longer than zero",
                        what);
    if (*ret_us % 1000 != 0)
        return error_at(err, E_TYPE, node->span, "the %s of a window is whole milliseconds", what);
    return OK;
}

/* The time attribute: over the input, as an instant or a wall clock. */
enum code bind_window_time(struct binder *b, struct expr *e, const char *function,
                           struct window_spec *window, struct expr **ret, struct error *err)
{
    uint8_t attribute = e->type->time_attribute;
    if (attribute == TIME_PLAIN) {
        error_at(err, E_TYPE, e->span, "%s needs a time attribute, and this is none", function);
        error_hint(err, "A time attribute is a column with a WATERMARK in its table, or PROCTIME().");
        err->is_told = b->is_broken; /* the attribute of what has errors is not known */
        return E_TYPE;
    }
    window->proctime = attribute == TIME_PROCTIME;
    if (e->type->id == TYPE_BIGINT) /* Blink: milliseconds */
        TRY(bind_operator(b, "TO_TIMESTAMP", &e, 1, e->span, &e, err));
    window->in_zone = e->type->id == TYPE_TIMESTAMP_LTZ;
    *ret = e;
    return OK;
}

static enum code read_window(struct grouping *g, const struct scope *scope,
                             const struct ast_call *node, size_t index,
                             struct window_spec *window, struct expr **ret_time,
                             struct error *err)
{
    struct binder *b = g->b;
    const char *name = windows[index].name;
    uint32_t n = node->args.count, intervals = windows[index].intervals;
    if (n < 1 + intervals || n > 2 + intervals)
        return error_at(err, E_TYPE, node->node.span,
                        "the form is %s(time, INTERVAL ...%s)", name,
                        intervals == 2 ? " (slide), INTERVAL ... (size)" : "");
    *window = (struct window_spec){ .kind = windows[index].kind, .legacy = true };
    struct expr *time;
    enum code failed = bind_expr(b, scope, node->args.items[0], &time, err);
    if (failed == OK)
        failed = bind_window_time(b, time, name, window, ret_time, err);
    if (failed != OK && !bind_goes_on(b, failed, err))
        return failed;
    if (intervals == 2)
        TRY(bind_window_interval(b, node->args.items[1], "slide", false, &window->step_us, err));
    TRY(bind_window_interval(b, node->args.items[intervals],
                             windows[index].kind == WINDOW_SESSION ? "gap" : "size", false,
                             &window->size_us, err));
    if (n == 2 + intervals)
        TRY(bind_window_interval(b, node->args.items[n - 1], "offset", true, &window->offset_us,
                                 err));
    return failed == OK ? OK : bind_told(err);
}

enum code group_bind_window(struct grouping *g, const struct ast_call *node, struct error *err)
{
    if (g->windowed)
        return error_at(err, E_PLAN, node->node.span, "GROUP BY takes one window at most");
    TRY(read_window(g, &g->from->scope, node, (size_t)window_index(&node->node), &g->window,
                    &g->time, err));
    g->windowed = true;
    return OK;
}

enum code group_property(struct grouping *g, enum window_property what, const struct type *type,
                         uint32_t *ret, struct error *err)
{
    for (uint32_t i = 0; i < g->property_count; i++)
        if (g->properties[i].what == what && type_equal(g->properties[i].type, type) &&
            g->properties[i].type->time_attribute == type->time_attribute) {
            *ret = i;
            return OK;
        }
    struct property_use use = { what, type };
    *ret = g->property_count;
    return ARENA_PUSH(g->b->arena, g->properties, g->property_count, g->property_cap, use)
               ? OK
               : error_nomem(err);
}

/* A copy of the type that is, or is not, a time attribute. */
const struct type *bind_time_attribute(struct binder *b, const struct type *type,
                                       enum time_attribute attribute)
{
    if (type->time_attribute == attribute)
        return type;
    struct type *copy = arena_alloc(b->arena, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *type;
    copy->time_attribute = (uint8_t)attribute;
    return copy;
}

/* Blink gives instants; Flink the wall clock of the session zone, and the attribute's own type for
 * a new time attribute. */
static const struct type *property_type(struct grouping *g, enum property_suffix suffix)
{
    struct binder *b = g->b;
    bool start_or_end = suffix == SUFFIX_START || suffix == SUFFIX_END;
    if (start_or_end)
        return binder_is_blink(b) ? &type_blink_timestamp : &type_timestamp3;
    enum time_attribute attribute = suffix == SUFFIX_ROWTIME ? TIME_ROWTIME : TIME_PROCTIME;
    const struct type *type = binder_is_blink(b) ? &type_blink_timestamp
                              : attribute == TIME_PROCTIME || g->window.in_zone
                                  ? &type_timestamp_ltz3
                                  : &type_timestamp3;
    return bind_time_attribute(b, type, attribute);
}

static bool same_window(const struct window_spec *a, const struct window_spec *b)
{
    return a->kind == b->kind && a->size_us == b->size_us && a->step_us == b->step_us &&
           a->offset_us == b->offset_us && a->proctime == b->proctime;
}

enum code group_bind_property(struct grouping *g, const struct scope *scope,
                              const struct ast_call *node, struct str name, struct expr **ret,
                              struct error *err)
{
    size_t index = 0;
    enum property_suffix suffix = SUFFIX_START;
    split_property(name, &index, &suffix);
    struct span span = node->node.span;
    struct window_spec window;
    struct expr *time;
    TRY(read_window(g, scope, node, index, &window, &time, err));
    if (!g->windowed || g->window.kind == WINDOW_ATTACHED || !same_window(&window, &g->window) ||
        (!window.proctime && !expr_equal(time, g->time))) {
        error_at(err, E_PLAN, span, "\"" STR_FMT "\" speaks of a window that GROUP BY does not have",
                 STR_ARG(name));
        error_hint(err, "Its arguments must be those of the %s in GROUP BY.", windows[index].name);
        return E_PLAN;
    }
    if (suffix == SUFFIX_ROWTIME && window.proctime)
        return error_at(err, E_PLAN, span,
                        "a window of processing time has no row time; use %s_PROCTIME",
                        windows[index].name);
    static const enum window_property what[] = { [SUFFIX_START] = WINDOW_START,
                                                 [SUFFIX_END] = WINDOW_END,
                                                 [SUFFIX_ROWTIME] = WINDOW_TIME,
                                                 [SUFFIX_PROCTIME] = WINDOW_TIME };
    const struct type *type = property_type(g, suffix);
    if (!type)
        return error_nomem(err);
    uint32_t at;
    TRY(group_property(g, what[suffix], type, &at, err));
    *ret = expr_column(g->b->arena, g->base + GROUP_CALLS_MAX + at, type, span);
    return *ret ? OK : error_nomem(err);
}

/* --- columns of a window table function ------------------------------------------------------ */

/* Puts the expressions of calcs between the input and the node that assigns windows in place of
 * their columns, so that the windows are made by the operator itself.  Only where nothing but the
 * keys reads the bounds. */
static struct expr *substitute(struct arena *arena, struct expr *e, void *arg)
{
    (void)arena;
    struct expr *const *inner = arg;
    return e->kind == EXPR_COLUMN ? inner[e->column] : e;
}

static void note_past(struct expr *e, void *arg)
{
    uint32_t *limit = arg; /* [0] first column that may not be read, [1] was it? */
    if (e->kind == EXPR_COLUMN && e->column >= limit[0])
        limit[1] = 1;
}

/* A bound that a set leaves out is no bound there. */
static bool in_all_sets(const struct grouping *g, uint32_t key)
{
    for (uint32_t s = 0; s < g->set_count; s++)
        if (g->sets[s] >> (g->key_count - 1 - key) & 1)
            return false;
    return true;
}

/* So that the sets' bits of the other keys, the lowest ones, are those of the operator's keys. */
static void put_properties_first(struct grouping *g)
{
    struct group_key keys[GROUP_KEYS_MAX];
    uint32_t to[GROUP_KEYS_MAX], n = 0;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < g->key_count; i++)
            if (g->keys[i].is_property == (pass == 0)) {
                keys[n] = g->keys[i];
                to[i] = n++;
            }
    memcpy(g->keys, keys, n * sizeof *keys);
    for (uint32_t s = 0; s < g->set_count; s++) {
        uint64_t moved = g->sets[s] >> n << n; /* what is no key stays */
        for (uint32_t i = 0; i < n; i++)
            moved |= (g->sets[s] >> (n - 1 - i) & 1) << (n - 1 - to[i]);
        g->sets[s] = moved;
    }
}

enum code group_find_window(struct grouping *g, struct error *err)
{
    if (g->windowed)
        return OK;
    const struct plan *origin = NULL;
    struct expr *bounds[3] = { NULL, NULL, NULL };
    for (uint32_t i = 0; i < g->key_count; i++) {
        struct group_key *key = &g->keys[i];
        if (key->expr->kind != EXPR_COLUMN || !in_all_sets(g, i))
            continue;
        struct plan_window_column c = plan_window_column(g->from->plan, key->expr->column);
        if (!c.origin || (origin && c.origin != origin))
            continue;
        origin = c.origin;
        bounds[c.what] = key->expr;
    }
    if (!origin || !bounds[WINDOW_START] || !bounds[WINDOW_END])
        return OK;
    g->windowed = true;
    g->window = (struct window_spec){ .kind = WINDOW_ATTACHED };
    g->start = bounds[WINDOW_START];
    g->end = bounds[WINDOW_END];
    if (origin->kind == PLAN_ASSIGN)
        g->assign = (const struct plan_assign *)origin;
    if (origin->kind == PLAN_ASSIGN) {
        g->window.proctime = g->assign->window.proctime;
        g->window.in_zone = g->assign->window.in_zone;
    } else if (origin->kind == PLAN_WINDOW) {
        g->window.proctime = ((const struct plan_window *)origin)->window.proctime;
        g->window.in_zone = ((const struct plan_window *)origin)->window.in_zone;
    } else if (origin->kind == PLAN_WINDOW_JOIN) {
        g->window.proctime = ((const struct plan_window_join *)origin)->proctime;
        g->window.in_zone = ((const struct plan_window_join *)origin)->in_zone;
    }
    for (uint32_t i = 0; i < g->key_count; i++) {
        struct group_key *key = &g->keys[i];
        for (int p = 0; p < 3; p++)
            if (key->expr == bounds[p]) {
                key->is_property = true;
                TRY(group_property(g, (enum window_property)p, key->expr->type, &key->at, err));
            }
    }
    if (g->set_count > 0)
        put_properties_first(g);
    return OK;
}

/* Sessions are made per partition: the operator can make them if its keys are the partition. */
static bool keys_are_partition(const struct grouping *g, struct expr *const *exprs)
{
    const struct window_spec *w = &g->assign->window;
    uint32_t keys = 0;
    for (uint32_t i = 0; i < g->key_count; i++)
        keys += !g->keys[i].is_property;
    for (uint32_t i = 0; i < keys; i++) {
        bool found = false;
        for (uint32_t p = 0; p < w->partition_count && exprs[i]->kind == EXPR_COLUMN; p++)
            found = found || w->partition[p] == exprs[i]->column;
        if (!found)
            return false;
    }
    return keys == w->partition_count;
}

enum code group_fold_window(struct grouping *g, struct expr **exprs, uint32_t count,
                            struct expr **filter, struct plan **input, struct expr **ret_time,
                            struct error *err)
{
    struct arena *arena = g->b->arena;
    *ret_time = NULL;
    struct plan *plan = *input;
    struct expr **now = arena_array(arena, struct expr *, MAX(count, 1));
    if (!now)
        return error_nomem(err);
    if (count > 0)
        memcpy(now, exprs, count * sizeof *now);
    struct expr *where = *filter;
    while (plan->kind == PLAN_CALC) {
        const struct plan_calc *calc = (const struct plan_calc *)plan;
        for (uint32_t i = 0; calc->exprs && i < count; i++)
            if (!(now[i] = expr_rewrite(arena, now[i], substitute, calc->exprs)))
                return error_nomem(err);
        if (calc->exprs && where && !(where = expr_rewrite(arena, where, substitute, calc->exprs)))
            return error_nomem(err);
        if (calc->filter) {
            struct expr *both[2] = { calc->filter, where };
            where = where ? expr_logic(arena, EXPR_AND, both, 2, where->span) : calc->filter;
            if (!where)
                return error_nomem(err);
        }
        plan = plan->inputs[0];
    }
    if (&g->assign->base != plan)
        return OK;
    uint32_t limit[2] = { plan->inputs[0]->field_count, 0 };
    for (uint32_t i = 0; i < count; i++)
        expr_walk(now[i], note_past, limit);
    if (where)
        expr_walk(where, note_past, limit);
    if (limit[1] || (g->assign->window.kind == WINDOW_SESSION && !keys_are_partition(g, now)))
        return OK;
    const struct window_spec *w = &g->assign->window;
    struct plan *source = plan->inputs[0];
    if (w->proctime)
        *ret_time = expr_null(arena, &type_timestamp_ltz3, plan->span);
    else
        *ret_time = expr_column(arena, w->time, source->fields[w->time].type, plan->span);
    if (!*ret_time)
        return error_nomem(err);
    if (count > 0)
        memcpy(exprs, now, count * sizeof *exprs);
    *filter = where;
    *input = source;
    return OK;
}
