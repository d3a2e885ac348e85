/* bind_window.c -- the window table functions in FROM: TUMBLE, HOP, CUMULATE, SESSION.
 *
 * Each becomes a node that appends window_start, window_end and window_time to the rows
 * of a table.  Where a GROUP BY takes the bounds over, the aggregation makes the windows
 * itself and the node is left out (group_fold_window). */
#include "bind/group.h"

#include "base/nearest.h"

enum { DATA, TIMECOL, FIRST, SECOND, OFFSET, PARAMS };

/* Parameters by position; a NULL one does not exist. */
static const struct window_function {
    const char *name;
    enum window_kind kind;
    const char *params[PARAMS];
    const char *form;
} functions[] = {
    { "TUMBLE", WINDOW_TUMBLE, { "DATA", "TIMECOL", "SIZE", NULL, "OFFSET" },
      "TUMBLE(TABLE t, DESCRIPTOR(time), size [, offset])" },
    { "HOP", WINDOW_HOP, { "DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET" },
      "HOP(TABLE t, DESCRIPTOR(time), slide, size [, offset])" },
    { "CUMULATE", WINDOW_CUMULATE, { "DATA", "TIMECOL", "STEP", "SIZE", "OFFSET" },
      "CUMULATE(TABLE t, DESCRIPTOR(time), step, size [, offset])" },
    { "SESSION", WINDOW_SESSION, { "DATA", "TIMECOL", "GAP", NULL, NULL },
      "SESSION(TABLE t [PARTITION BY keys], DESCRIPTOR(time), gap)" },
};

static const struct window_function *function_of(const struct ast_call *call)
{
    for (size_t i = 0; call->path.count == 1 && i < countof(functions); i++)
        if (str_iis(call->path.items[0].text, functions[i].name))
            return &functions[i];
    return NULL;
}

bool bind_is_window_function(const struct ast_call *call)
{
    return function_of(call) != NULL;
}

void bind_near_window_function(struct nearest *nearest)
{
    for (size_t i = 0; i < countof(functions); i++)
        nearest_add(nearest, str_of(functions[i].name));
}

/* --- arguments -------------------------------------------------------------------------- */

static enum code wrong_form(const struct window_function *f, struct span span, struct error *err)
{
    return error_at(err, E_TYPE, span, "the form is %s", f->form);
}

static enum code named_place(const struct window_function *f, const struct ast_named_arg *arg,
                             int *ret, struct error *err)
{
    for (int i = 0; i < PARAMS; i++)
        if (f->params[i] && str_iis(arg->name.text, f->params[i])) {
            *ret = i;
            return OK;
        }
    error_at(err, E_NAME, arg->name.span, "%s has no parameter \"" STR_FMT "\"", f->name,
             STR_ARG(arg->name.text));
    error_hint(err, "The form is %s.", f->form);
    return E_NAME;
}

static enum code read_args(const struct window_function *f, const struct ast_call *call,
                           const struct ast_node *args[PARAMS], struct error *err)
{
    int next = 0;
    for (uint32_t i = 0; i < call->args.count; i++) {
        const struct ast_node *arg = call->args.items[i];
        int at;
        if (arg->kind == AST_NAMED_ARG) {
            TRY(named_place(f, (const struct ast_named_arg *)arg, &at, err));
            arg = ((const struct ast_named_arg *)arg)->value;
        } else {
            while (next < PARAMS && !f->params[next])
                next++;
            at = next++;
        }
        if (at >= PARAMS)
            return wrong_form(f, call->node.span, err);
        if (args[at])
            return error_at(err, E_NAME, arg->span, "%s is given twice", f->params[at]);
        args[at] = arg;
    }
    for (int i = 0; i < OFFSET; i++)
        if (f->params[i] && !args[i])
            return wrong_form(f, call->node.span, err);
    return OK;
}

static enum code bind_data(struct binder *b, const struct window_function *f,
                           const struct ast_node *arg, const struct cte *ctes,
                           struct relation *ret, struct error *err)
{
    if (arg->kind != AST_TABLE_ARG)
        return error_at(err, E_TYPE, arg->span, "the first argument of %s is TABLE and a name",
                        f->name);
    const struct ast_table_arg *table = (const struct ast_table_arg *)arg;
    if (table->order_by.count > 0)
        return error_at(err, E_TYPE, table->order_by.items[0]->span,
                        "%s takes no ORDER BY: windows are in the order of time", f->name);
    if (table->partition_by.count > 0 && f->kind != WINDOW_SESSION)
        return error_at(err, E_TYPE, table->partition_by.items[0]->span,
                        "%s takes no PARTITION BY: its windows are the same for all rows",
                        f->name);
    if (table->query)
        return bind_query(b, table->query, ctes, ret, err);
    struct ast_from_table from = { .node = { .kind = AST_FROM_TABLE, .span = arg->span },
                                   .path = table->table };
    return bind_from(b, &from.node, ctes, ret, err);
}

static enum code bind_timecol(struct binder *b, const struct window_function *f,
                              const struct ast_node *arg, const struct relation *input,
                              struct expr **ret, struct error *err)
{
    if (arg->kind != AST_DESCRIPTOR ||
        ((const struct ast_descriptor *)arg)->columns.count != 1)
        return error_at(err, E_TYPE, arg->span,
                        "%s takes its time column as DESCRIPTOR(column)", f->name);
    return scope_resolve(b, &input->scope, &((const struct ast_descriptor *)arg)->columns, ret,
                         err);
}

static enum code bind_partition(struct binder *b, const struct ast_table_arg *table,
                                const struct relation *input, struct window_spec *window,
                                struct error *err)
{
    uint32_t n = table->partition_by.count;
    uint32_t *columns = arena_array(b->arena, uint32_t, MAX(n, 1));
    if (!columns)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        struct expr *e;
        TRY(bind_expr(b, &input->scope, table->partition_by.items[i], &e, err));
        if (e->kind != EXPR_COLUMN)
            return error_at(err, E_TYPE, e->span,
                            "PARTITION BY of a window table function takes columns");
        columns[i] = e->column;
    }
    window->partition = columns;
    window->partition_count = n;
    return OK;
}

static enum code bind_lengths(struct binder *b, const struct window_function *f,
                              const struct ast_node *const args[PARAMS],
                              struct window_spec *window, struct error *err)
{
    static const char *const names[] = { [WINDOW_TUMBLE] = "size", [WINDOW_HOP] = "slide",
                                         [WINDOW_CUMULATE] = "step", [WINDOW_SESSION] = "gap" };
    int64_t first;
    TRY(bind_window_interval(b, args[FIRST], names[f->kind], false, &first, err));
    window->size_us = first;
    if (f->params[SECOND]) {
        window->step_us = first;
        TRY(bind_window_interval(b, args[SECOND], "size", false, &window->size_us, err));
        if (window->size_us % window->step_us != 0)
            return error_at(err, E_TYPE, args[SECOND]->span,
                            "the size of a %s window must be a multiple of its %s", f->name,
                            names[f->kind]);
    }
    if (args[OFFSET])
        TRY(bind_window_interval(b, args[OFFSET], "offset", true, &window->offset_us, err));
    return OK;
}

/* --- the node ----------------------------------------------------------------------------- */

/* A time that is no column as it is (Blink's BIGINT) becomes one behind the others. */
static enum code time_column(struct binder *b, struct plan **plan, struct expr *time,
                             uint32_t *ret, struct error *err)
{
    if (time->kind == EXPR_COLUMN) {
        *ret = time->column;
        return OK;
    }
    uint32_t n = (*plan)->field_count;
    struct plan *calc = bind_node(b, PLAN_CALC, sizeof(struct plan_calc), n + 1, 1, time->span);
    struct expr **exprs = arena_array(b->arena, struct expr *, n + 1);
    if (!calc || !exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        calc->fields[i] = (*plan)->fields[i];
        if (!(exprs[i] = expr_column(b->arena, i, calc->fields[i].type, time->span)))
            return error_nomem(err);
    }
    calc->fields[n] = (struct field){ STR("$time"), time->type };
    exprs[n] = time;
    ((struct plan_calc *)calc)->exprs = exprs;
    calc->inputs[0] = *plan;
    *plan = calc;
    *ret = n;
    return plan_derive(b->arena, calc) ? OK : error_nomem(err);
}

static enum code make_node(struct binder *b, const struct window_spec *window, struct plan *input,
                           const struct type *time, struct span span, struct plan **ret,
                           struct error *err)
{
    uint32_t n = input->field_count;
    struct plan *plan = bind_node(b, PLAN_ASSIGN, sizeof(struct plan_assign), n + 3, 1, span);
    if (!plan)
        return error_nomem(err);
    memcpy(plan->fields, input->fields, n * sizeof *plan->fields);
    const struct type *bound = type_with_null(b->arena, &type_timestamp3, true);
    const struct type *attribute =
        type_with_time(b->arena, time, window->proctime ? TIME_PROCTIME : TIME_ROWTIME);
    const struct type *plain =
        window->proctime ? time : type_with_time(b->arena, input->fields[window->time].type,
                                                 TIME_PLAIN);
    if (!bound || !attribute || !plain)
        return error_nomem(err);
    if (!window->proctime)
        plan->fields[window->time].type = plain; /* window_time is the time attribute now */
    plan->fields[n] = (struct field){ STR("window_start"), bound };
    plan->fields[n + 1] = (struct field){ STR("window_end"), bound };
    plan->fields[n + 2] = (struct field){ STR("window_time"), attribute };
    ((struct plan_assign *)plan)->window = *window;
    plan->inputs[0] = input;
    *ret = plan;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

enum code bind_window_function(struct binder *b, const struct ast_call *call,
                               const struct cte *ctes, struct relation *ret, struct error *err)
{
    const struct window_function *f = function_of(call);
    const struct ast_node *args[PARAMS] = { NULL };
    struct relation input;
    uint32_t told = b->told;
    TRY(read_args(f, call, args, err));
    TRY(bind_data(b, f, args[DATA], ctes, &input, err));
    struct window_spec window = { .kind = f->kind };
    struct expr *time;
    bool was_broken = b->is_broken;
    b->is_broken = was_broken || b->told != told;
    enum code failed = bind_timecol(b, f, args[TIMECOL], &input, &time, err);
    if (failed == OK)
        failed = bind_window_time(b, time, f->name, &window, &time, err);
    b->is_broken = was_broken;
    if (failed != OK && !bind_goes_on(b, failed, err))
        return failed;
    TRY(bind_lengths(b, f, args, &window, err));
    if (failed != OK)
        return bind_told(err);
    if (f->kind == WINDOW_SESSION)
        TRY(bind_partition(b, (const struct ast_table_arg *)args[DATA], &input, &window, err));
    struct plan *below = input.plan, *plan;
    uint32_t inner = below->field_count;
    if (!window.proctime)
        TRY(time_column(b, &below, time, &window.time, err));
    TRY(make_node(b, &window, below, time->type, call->node.span, &plan, err));
    *ret = (struct relation){ .plan = plan };
    for (uint32_t i = 0; i < input.scope.count; i++) {
        const struct scope_item *item = &input.scope.items[i];
        if (!scope_add(b, &ret->scope, STR(""), item->name, plan->fields[item->column].type,
                       item->column))
            return error_nomem(err);
    }
    for (uint32_t i = inner + (below != input.plan); i < plan->field_count; i++)
        if (!scope_add(b, &ret->scope, STR(""), plan->fields[i].name, plan->fields[i].type, i))
            return error_nomem(err);
    return OK;
}
