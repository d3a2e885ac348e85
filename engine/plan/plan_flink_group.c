/* plan_flink_group.c -- Flink's EXPLAIN of aggregates and windows. */
#include "plan/plan_flink_inner.h"

/* Key columns keep their names, the others get those by which they are read. */
static bool name_aggregates(struct flink *f, const struct plan *node, const uint32_t *keys,
                            uint32_t key_count)
{
    const struct flink_names *in = flink_names_of(f, node->inputs[0]);
    struct str *items = flink_new_names(f, node);
    for (uint32_t i = 0; items && i < node->field_count; i++)
        items[i] = i < key_count ? in->items[keys[i]] : flink_alias(f, node, i);
    return items != NULL && !f->failed;
}

/* ---- aggregates ------------------------------------------------------------------------------ */

void flink_put_call(struct flink *f, const struct agg_call *call, const struct flink_names *names)
{
    struct buf *out = &f->text;
    bool logical = f->style == FLINK_LOGICAL;
    buf_printf(out, "%s%s(%s", call->agg->function->name,
               call->agg->takes_back && !logical ? "_RETRACT" : "",
               call->distinct ? "DISTINCT " : "");
    for (uint32_t i = 0; i < call->agg->arg_count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        if (logical)
            buf_printf(out, "$%u", call->args[i]);
        else
            buf_str(out, names->items[call->args[i]]);
    }
    buf_text(out, call->agg->arg_count == 0 && !logical ? "*)" : ")");
    if (call->filter != AGG_NO_COLUMN)
        buf_printf(out, " FILTER " STR_FMT, STR_ARG(names->items[call->filter]));
}

static void put_calls(struct flink *f, const struct plan *node, const struct agg_call *calls,
                      uint32_t count, uint32_t first, const struct flink_names *in)
{
    const struct flink_names *names = flink_names_of(f, node);
    for (uint32_t i = 0; i < count; i++) {
        buf_text(&f->text, first + i > 0 ? ", " : "");
        if (f->style == FLINK_LOGICAL) {
            buf_printf(&f->text, STR_FMT "=[", STR_ARG(names->items[first + i]));
            flink_put_call(f, &calls[i], in);
            buf_char(&f->text, ']');
        } else {
            flink_put_call(f, &calls[i], in);
            buf_printf(&f->text, " AS " STR_FMT, STR_ARG(names->items[first + i]));
        }
    }
}

static struct flink_node *build_logical_aggregate(struct flink *f, const struct plan *node,
                                                  const uint32_t *keys, uint32_t key_count,
                                                  const struct agg_call *calls, uint32_t count)
{
    struct flink_node *below = flink_build(f, node->inputs[0]);
    buf_text(&f->text, "LogicalAggregate(group=[{");
    for (uint32_t i = 0; i < key_count; i++)
        buf_printf(&f->text, "%s%u", i > 0 ? ", " : "", keys[i]);
    buf_text(&f->text, "}]");
    if (count > 0)
        buf_text(&f->text, key_count == 0 ? ", " : "");
    put_calls(f, node, calls, count, key_count, flink_names_of(f, node->inputs[0]));
    buf_char(&f->text, ')');
    return flink_node_make(f, below, NULL);
}

struct flink_node *flink_build_group(struct flink *f, const struct plan_group *plan)
{
    const struct plan *input = plan->base.inputs[0];
    struct flink_node *below = flink_build(f, input);
    const struct flink_names *in = flink_names_of(f, input);
    if (!below || !name_aggregates(f, &plan->base, plan->keys, plan->key_count))
        return NULL;
    if (f->style == FLINK_LOGICAL)
        return build_logical_aggregate(f, &plan->base, plan->keys, plan->key_count, plan->calls,
                                       plan->call_count);
    below = flink_exchange(f, below, in, plan->keys, plan->key_count);
    buf_text(&f->text, "GroupAggregate(");
    if (plan->key_count > 0) {
        buf_text(&f->text, "groupBy=");
        flink_put_columns(&f->text, in, plan->keys, plan->key_count);
        buf_text(&f->text, ", ");
    }
    buf_text(&f->text, "select=[");
    for (uint32_t i = 0; i < plan->key_count; i++)
        buf_printf(&f->text, "%s" STR_FMT, i > 0 ? ", " : "", STR_ARG(in->items[plan->keys[i]]));
    put_calls(f, &plan->base, plan->calls, plan->call_count, plan->key_count, in);
    buf_text(&f->text, "])");
    return flink_node_make(f, below, NULL);
}

/* ---- windows ----------------------------------------------------------------------------------- */

static void flink_put_spec(struct flink *f, const struct window_spec *w,
                           const struct flink_names *in, const char *column)
{
    static const char *const names[] = { [WINDOW_TUMBLE] = "TUMBLE",
                                         [WINDOW_HOP] = "HOP",
                                         [WINDOW_CUMULATE] = "CUMULATE",
                                         [WINDOW_SESSION] = "SESSION",
                                         [WINDOW_ATTACHED] = "TUMBLE" };
    struct buf *out = &f->text;
    if (w->kind == WINDOW_ATTACHED) {
        buf_printf(out, "win_start=[" STR_FMT "], win_end=[" STR_FMT "]",
                   STR_ARG(in->items[w->start]), STR_ARG(in->items[w->end]));
        return;
    }
    buf_printf(out, "%s(", names[w->kind]);
    if (column)
        buf_text(out, column);
    else
        buf_printf(
            out, "time_col=[" STR_FMT "]",
            STR_ARG(w->proctime || w->time >= in->count ? STR("proctime") : in->items[w->time]));
    buf_text(out, w->kind == WINDOW_CUMULATE  ? ", max_size=["
                  : w->kind == WINDOW_SESSION ? ", gap=["
                                              : ", size=[");
    flink_print_size(out, w->size_us);
    if (w->kind == WINDOW_HOP || w->kind == WINDOW_CUMULATE) {
        buf_text(out, w->kind == WINDOW_HOP ? "], slide=[" : "], step=[");
        flink_print_size(out, w->step_us);
    }
    if (w->partition_count > 0) {
        buf_text(out, "], partition keys=");
        flink_put_columns(out, in, w->partition, w->partition_count);
    } else {
        buf_char(out, ']');
    }
    buf_char(out, ')');
}

static void put_group_by(struct flink *f, const struct flink_names *in, const uint32_t *keys,
                         uint32_t count)
{
    if (count == 0)
        return;
    buf_text(&f->text, "groupBy=");
    flink_put_columns(&f->text, in, keys, count);
    buf_text(&f->text, ", ");
}

static void put_keys(struct flink *f, const struct flink_names *in, const uint32_t *keys,
                     uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_printf(&f->text, STR_FMT ", ", STR_ARG(in->items[keys[i]]));
}

static void put_group_window(struct flink *f, const struct window_spec *w, struct str time)
{
    static const char *const names[] = {
        [WINDOW_TUMBLE] = "Tumbling", [WINDOW_HOP] = "Sliding", [WINDOW_SESSION] = "Session"
    };
    buf_printf(&f->text, "%sGroupWindow('w$, " STR_FMT ", %lld",
               w->kind <= WINDOW_SESSION && names[w->kind] ? names[w->kind] : "", STR_ARG(time),
               (long long)(w->size_us / 1000));
    if (w->kind == WINDOW_HOP)
        buf_printf(&f->text, ", %lld", (long long)(w->step_us / 1000));
    buf_char(&f->text, ')');
}

static struct flink_node *build_legacy_window(struct flink *f, const struct plan_window *plan,
                                              struct flink_node *below)
{
    static const char *const own[] = { "w$start", "w$end", "w$rowtime" };
    const struct window_spec *w = &plan->window;
    const struct flink_names *in = flink_names_of(f, plan->base.inputs[0]);
    struct str *items = (struct str *)flink_names_of(f, &plan->base)->items;
    for (uint32_t i = 0; i < plan->property_count; i++)
        items[plan->key_count + plan->call_count + i] = str_of(own[plan->properties[i]]);
    flink_put_logical(f, "GroupWindowAggregate");
    put_group_by(f, in, plan->keys, plan->key_count);
    buf_text(&f->text, "window=[");
    put_group_window(f, w,
                     w->proctime || w->time >= in->count ? STR("PROCTIME()") : in->items[w->time]);
    buf_text(&f->text, w->proctime ? "], properties=[w$start, w$end, w$proctime], select=["
                                   : "], properties=[w$start, w$end, w$rowtime, w$proctime], "
                                     "select=[");
    put_keys(f, in, plan->keys, plan->key_count);
    for (uint32_t i = 0; i < plan->call_count; i++) {
        flink_put_call(f, &plan->calls[i], in);
        buf_printf(&f->text, " AS " STR_FMT ", ", STR_ARG(items[plan->key_count + i]));
    }
    buf_printf(&f->text,
               "start('w$) AS w$start, end('w$) AS w$end, %sproctime('w$) AS w$proctime])",
               w->proctime ? "" : "rowtime('w$) AS w$rowtime, ");
    return flink_node_make(f, below, NULL);
}

/* What a local aggregate hands over: "count1$0" of COUNT(*), "sum$0" of SUM(x). */
static void put_accumulator(struct buf *out, const struct agg_call *call, uint32_t number)
{
    const char *name = call->agg->function->name;
    for (; *name; name++)
        buf_char(out, *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name);
    buf_printf(out, "%s$%u", call->agg->arg_count == 0 ? "1" : "", number);
}

static bool has_two_phases(const struct plan_window *plan)
{
    const struct window_spec *w = &plan->window;
    if (w->proctime || w->kind == WINDOW_SESSION || w->kind == WINDOW_ATTACHED ||
        plan_updates(plan->base.inputs[0]))
        return false;
    for (uint32_t i = 0; i < plan->call_count; i++) {
        static const char *const known[] = { "COUNT", "SUM", "MIN", "MAX" };
        bool is_known = false;
        for (size_t k = 0; k < countof(known); k++)
            is_known = is_known || strcmp(plan->calls[i].agg->function->name, known[k]) == 0;
        if (!is_known || plan->calls[i].distinct || plan->calls[i].filter != AGG_NO_COLUMN)
            return false;
    }
    return true;
}

/* HOP counts rows too, unless the query does: behind it Flink's names are one off, and so here. */
static void put_global_select(struct flink *f, const struct plan_window *plan)
{
    struct str names[70];
    uint32_t n = 0, at = 0;
    const struct flink_names *own = flink_names_of(f, &plan->base);
    bool counts = plan->window.kind == WINDOW_HOP;
    for (uint32_t i = 0; i < plan->call_count && n < 64; i++) {
        names[n++] = own->items[plan->key_count + i];
        counts = counts && plan->calls[i].agg->arg_count > 0;
    }
    names[n++] = STR("window_start");
    names[n++] = STR("window_end");
    for (uint32_t i = 0; i < plan->call_count && at < n; i++) {
        buf_printf(&f->text, "%s(", plan->calls[i].agg->function->name);
        put_accumulator(&f->text, &plan->calls[i], i);
        buf_printf(&f->text, ") AS " STR_FMT ", ", STR_ARG(names[at]));
        at++;
    }
    if (counts) {
        buf_printf(&f->text, "COUNT(count1$%u) AS " STR_FMT ", ", plan->call_count,
                   STR_ARG(names[at]));
        at++;
    }
    buf_printf(&f->text, "start('w$) AS " STR_FMT, STR_ARG(names[at]));
    at++;
    if (at < n)
        buf_printf(&f->text, ", end('w$) AS " STR_FMT, STR_ARG(names[at]));
}

static struct flink_node *build_two_phases(struct flink *f, const struct plan_window *plan,
                                           struct flink_node *below)
{
    const struct window_spec *w = &plan->window;
    const struct flink_names *in = flink_names_of(f, plan->base.inputs[0]);
    bool counts = w->kind == WINDOW_HOP;
    buf_text(&f->text, "LocalWindowAggregate(");
    put_group_by(f, in, plan->keys, plan->key_count);
    buf_text(&f->text, "window=[");
    flink_put_spec(f, w, in, NULL);
    buf_text(&f->text, "], select=[");
    put_keys(f, in, plan->keys, plan->key_count);
    for (uint32_t i = 0; i < plan->call_count; i++) {
        flink_put_call(f, &plan->calls[i], in);
        buf_text(&f->text, " AS ");
        put_accumulator(&f->text, &plan->calls[i], i);
        buf_text(&f->text, ", ");
        counts = counts && plan->calls[i].agg->arg_count > 0;
    }
    if (counts)
        buf_printf(&f->text, "COUNT(*) AS count1$%u, ", plan->call_count);
    buf_text(&f->text, "slice_end('w$) AS $slice_end])");
    below = flink_node_make(f, below, NULL);
    below = below ? flink_exchange(f, below, in, plan->keys, plan->key_count) : NULL;
    buf_text(&f->text, "GlobalWindowAggregate(");
    put_group_by(f, in, plan->keys, plan->key_count);
    buf_text(&f->text, "window=[");
    flink_put_spec(f, w, in, "slice_end=[$slice_end]");
    buf_text(&f->text, "], select=[");
    put_keys(f, in, plan->keys, plan->key_count);
    put_global_select(f, plan);
    buf_text(&f->text, "])");
    return below ? flink_node_make(f, below, NULL) : NULL;
}

struct flink_node *flink_build_window(struct flink *f, const struct plan_window *plan)
{
    static const char *const names[] = {
        [WINDOW_START] = "window_start", [WINDOW_END] = "window_end", [WINDOW_TIME] = "window_time"
    };
    const struct plan *input = plan->base.inputs[0];
    struct flink_node *below = flink_build(f, input);
    const struct flink_names *in = flink_names_of(f, input);
    if (!below || !name_aggregates(f, &plan->base, plan->keys, plan->key_count))
        return NULL;
    struct str *items = (struct str *)flink_names_of(f, &plan->base)->items;
    for (uint32_t i = 0; i < plan->property_count; i++)
        items[plan->key_count + plan->call_count + i] = str_of(names[plan->properties[i]]);
    if (f->style == FLINK_LOGICAL)
        return build_logical_aggregate(f, &plan->base, plan->keys, plan->key_count, plan->calls,
                                       plan->call_count);
    if (plan->window.legacy)
        return build_legacy_window(f, plan,
                                   flink_exchange(f, below, in, plan->keys, plan->key_count));
    if (has_two_phases(plan))
        return build_two_phases(f, plan, below);
    below = flink_exchange(f, below, in, plan->keys, plan->key_count);
    buf_text(&f->text, "WindowAggregate(");
    put_group_by(f, in, plan->keys, plan->key_count);
    buf_text(&f->text, "window=[");
    flink_put_spec(f, &plan->window, in, NULL);
    buf_text(&f->text, "], select=[");
    put_keys(f, in, plan->keys, plan->key_count);
    for (uint32_t i = 0; i < plan->call_count; i++) {
        flink_put_call(f, &plan->calls[i], in);
        buf_printf(&f->text, " AS " STR_FMT ", ", STR_ARG(items[plan->key_count + i]));
    }
    buf_text(&f->text, "start('w$) AS window_start, end('w$) AS window_end])");
    return flink_node_make(f, below, NULL);
}

struct flink_node *flink_build_assign(struct flink *f, const struct plan_assign *plan)
{
    struct flink_node *below = flink_build(f, plan->base.inputs[0]);
    flink_put_logical(f, "WindowTableFunction");
    buf_text(&f->text, "window=[");
    if (below)
        flink_put_spec(f, &plan->window, flink_names_of(f, plan->base.inputs[0]), NULL);
    buf_text(&f->text, "])");
    return below ? flink_node_make(f, below, NULL) : NULL;
}
