/* rule_json.c -- JSON functions over one column become paths of one pass.
 *
 * For each node that only calcs read, the calls in those calcs whose document is a
 * column of the node are collected: JSON_VALUE(message, '$.a'), and nested ones,
 * JSON_VALUE(CAST(JSON_VALUE(message, '$.data') AS VARCHAR), '$.x'), as one path with
 * a boundary that keeps what re-parsing the inner text would do.  A PLAN_JSON node
 * between the node and its readers then gives a hit per path, and each call becomes
 * the conversion of its hit, fused with a cast or a comparison where there is one.
 * Below a watermark the node serves the watermark and what reads it.
 *
 * Documents read by the two dialects' functions differ in small print, so a set of
 * paths has one column and one flavour of functions. */
#include "optimize/rules.h"

#include "expr/cast.h"
#include "expr/fn_json.h"
#include "json/json_count.h"
#include "json/json_path.h"

/* A path to extract, with the call whose hit it gives. */
struct target {
    const struct expr *call; /* first call found with it */
    uint32_t column;    /* of the node: the documents */
    unsigned flags;     /* of json_paths_create */
    struct json_path path;
    uint32_t hit;       /* column of the hit */
};

struct targets {
    struct optimizer *o;
    struct target *items;
    uint32_t count, cap;
    bool failed;
};

/* The path that gives the result of `call` from a column.  False: not to be lowered. */
static bool way_from_column(struct targets *t, const struct expr *call, struct target *ret)
{
    const struct json_call *json = json_call_of(call);
    if (!json || !json->lowerable || t->failed)
        return false;
    const struct expr *document;
    if (json_call_lower(t->o->arena, call, &document, &ret->path, NULL) != OK) {
        t->failed = true;
        return false;
    }
    if (document->kind != EXPR_COLUMN)
        return false;
    ret->call = call;
    ret->column = document->column;
    ret->flags = json->flags;
    return true;
}

static const struct target *target_of(const struct targets *t, const struct expr *e)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (expr_equal(t->items[i].call, e))
            return &t->items[i];
    return NULL;
}

/* Calls inside of a lowered call are not needed any more: the path goes through them. */
static void note_calls(struct targets *t, const struct expr *e)
{
    struct target target = { 0 };
    if (way_from_column(t, e, &target)) {
        if (!target_of(t, e) && !ARENA_PUSH(t->o->arena, t->items, t->count, t->cap, target))
            t->failed = true;
        return;
    }
    for (uint32_t i = 0; i < e->arg_count; i++)
        note_calls(t, e->args[i]);
}

static void collect_calc(struct targets *t, const struct plan_calc *calc)
{
    if (calc->filter)
        note_calls(t, calc->filter);
    for (uint32_t i = 0; calc->exprs && i < calc->base.field_count; i++)
        note_calls(t, calc->exprs[i]);
}

/* --- rewriting --------------------------------------------------------------------- */

/* CAST(call AS integer) and call = 'text' read the hit without making a text of it first.  NULL if
 * the expression is none of these; *ret_failed when out of memory. */
static struct expr *lower_fused(struct targets *t, const struct expr *e, bool *ret_failed)
{
    if (e->kind != EXPR_CALL || e->arg_count == 0)
        return NULL;
    struct arena *arena = t->o->arena;
    struct expr *fused = NULL;
    bool can = false;
    bool cast = e->function == &cast_function || e->function == &try_cast_function;
    bool equal = e->arg_count == 2 && strcmp(e->function->name, "=") == 0;
    for (uint32_t side = 0; side < (equal ? 2u : 1u) && !can; side++) {
        const struct expr *call = e->args[side];
        const struct target *target = target_of(t, call);
        if (!target)
            continue;
        if (cast && !(e->flags & CALL_FAILS) && json_can_fuse_cast(call, e->type)) {
            can = true;
            fused = expr_json_fuse_cast(arena, call, e->type, target->hit);
            if (fused && e->function == &try_cast_function)
                fused->flags |= CALL_TRIES;
            if (fused)
                fused->span = e->span;
        } else if (equal && expr_is_literal(e->args[1 - side]) && json_can_fuse_equal(call) &&
                   type_is_string(e->args[1 - side]->type) && !expr_is_null(e->args[1 - side])) {
            can = true;
            fused = expr_json_fuse_equal(arena, call, e->args[1 - side], target->hit);
        }
    }
    *ret_failed = can && !fused;
    return fused;
}

/* What it means is what it stands for. */
static struct expr *stand_for(struct expr *lowered, const struct expr *e)
{
    if (lowered)
        lowered->lowered_from = e;
    return lowered;
}

static struct expr *lower(struct targets *t, struct expr *e)
{
    struct arena *arena = t->o->arena;
    const struct target *target = target_of(t, e);
    if (target)
        return stand_for(expr_json_from_hit(arena, e, target->hit), e);
    bool failed = false;
    struct expr *fused = lower_fused(t, e, &failed);
    if (fused || failed)
        return stand_for(fused, e);
    struct expr **args = NULL;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        struct expr *arg = lower(t, e->args[i]);
        if (!arg)
            return NULL;
        if (arg == e->args[i] && !args)
            continue;
        if (!args) {
            if (!(args = arena_array(arena, struct expr *, e->arg_count)))
                return NULL;
            memcpy(args, e->args, e->arg_count * sizeof *args);
        }
        args[i] = arg;
    }
    return args ? expr_with_args(arena, e, args) : e;
}

static enum code lower_calc(struct targets *t, struct plan_calc *calc, struct error *err)
{
    if (calc->filter && !(calc->filter = lower(t, calc->filter)))
        return error_nomem(err);
    if (!calc->exprs)
        return OK;
    uint32_t n = calc->base.field_count;
    struct expr **exprs = arena_array(t->o->arena, struct expr *, n);
    if (!exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        if (!(exprs[i] = lower(t, calc->exprs[i])))
            return error_nomem(err);
    calc->exprs = exprs;
    return OK;
}

/* --- the node ------------------------------------------------------------------------ */

static void free_paths(void *paths)
{
    json_paths_destroy(paths);
}

/* "$.data.userid": fused, as it is read. */
static const char *path_text(struct arena *arena, const struct json_path *path)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    json_path_print(&text, path);
    const char *copy = buf_check(&text, NULL) == OK ? arena_cstr(arena, buf_view(&text)) : NULL;
    buf_done(&text);
    return copy;
}

/* One PLAN_JSON for all targets of the column and flags of targets[first]; sets their hits. */
static enum code make_json(struct targets *t, struct plan *input, uint32_t first,
                           struct plan **ret, struct error *err)
{
    struct arena *arena = t->o->arena;
    const struct target *model = &t->items[first];
    struct json_paths *paths;
    TRY(json_paths_create(model->flags, &paths, err));
    if (!arena_on_reset(arena, free_paths, paths)) {
        json_paths_destroy(paths);
        return error_nomem(err);
    }
    const char **texts = arena_array(arena, const char *, t->count);
    struct str *names = arena_array(arena, struct str, t->count);
    if (!texts || !names)
        return error_nomem(err);
    for (uint32_t i = first; i < t->count; i++) {
        struct target *target = &t->items[i];
        if (target->column != model->column || target->flags != model->flags)
            continue;
        uint32_t slot;
        TRY(json_paths_add(paths, &target->path, &slot, err));
        target->hit = input->field_count + slot;
        if (!texts[slot] && !(texts[slot] = path_text(arena, &target->path)))
            return error_nomem(err);
        names[slot] =
            json_hit_name(arena, input->fields[target->column].name, &target->path);
        if (!names[slot].data)
            return error_nomem(err);
    }
    uint32_t slots = json_paths_count(paths);
    struct plan *plan = plan_make(t->o, PLAN_JSON, sizeof(struct plan_json),
                                  input->field_count + slots, 1, input->span);
    if (!plan)
        return error_nomem(err);
    memcpy(plan->fields, input->fields, input->field_count * sizeof *plan->fields);
    for (uint32_t i = 0; i < slots; i++)
        plan->fields[input->field_count + i] = (struct field){ names[i], &type_json_hit };
    struct plan_json *json = (struct plan_json *)plan;
    json->input_column = model->column;
    json->paths = paths;
    json->path_texts = texts;
    json->path_count = slots;
    plan->inputs[0] = input;
    plan->changes = input->changes;
    plan->bounded = input->bounded;
    *ret = plan;
    return OK;
}

/* The watermark that alone reads a node; NULL: something else does. */
static struct plan_watermark *only_watermark(const struct optimizer *o, const struct plan *node)
{
    struct plan_watermark *found = NULL;
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        struct plan *reader = o->job->nodes[i];
        for (uint32_t k = 0; k < reader->input_count; k++) {
            if (reader->inputs[k] != node)
                continue;
            if (reader->kind != PLAN_WATERMARK || found)
                return NULL;
            found = (struct plan_watermark *)reader;
        }
    }
    return found;
}

static bool is_calc_over(const struct plan *reader, const struct plan *node)
{
    return reader->kind == PLAN_CALC && reader->inputs[0] == node;
}

/* The nodes that give all hits of the targets, on top of `node`. */
static enum code make_all_json(struct targets *t, struct plan *node, struct plan **ret,
                               struct error *err)
{
    *ret = node;
    for (uint32_t i = 0; i < t->count; i++)
        if (t->items[i].hit == 0) /* hits stand behind at least one column */
            TRY(make_json(t, *ret, i, ret, err));
    return OK;
}

static enum code extract_for(struct optimizer *o, struct plan *node, struct error *err)
{
    struct targets t = { .o = o };
    struct plan_job *job = o->job;
    for (uint32_t i = 0; i < job->node_count; i++)
        if (is_calc_over(job->nodes[i], node))
            collect_calc(&t, (const struct plan_calc *)job->nodes[i]);
    if (t.failed)
        return error_nomem(err);
    if (t.count == 0)
        return OK;

    struct plan *top;
    TRY(make_all_json(&t, node, &top, err));
    for (uint32_t i = 0; i < job->node_count; i++) {
        struct plan *reader = job->nodes[i];
        if (is_calc_over(reader, node)) {
            TRY(lower_calc(&t, (struct plan_calc *)reader, err));
            reader->inputs[0] = top;
        }
    }
    return OK;
}

/* The hit columns of `top` behind those that the watermark has. */
static enum code pass_hits(struct optimizer *o, struct plan_watermark *w, struct plan *top,
                           struct error *err)
{
    uint32_t before = w->base.field_count, old = w->base.inputs[0]->field_count;
    uint32_t n = before + top->field_count - old;
    struct field *fields = arena_array(o->arena, struct field, n);
    if (!fields)
        return error_nomem(err);
    memcpy(fields, w->base.fields, before * sizeof *fields);
    memcpy(fields + before, top->fields + old, (n - before) * sizeof *fields);
    w->base.fields = fields;
    w->base.field_count = n;
    w->base.inputs[0] = top;
    return OK;
}

/* The documents are read once below the watermark, for its own expressions and for the calcs that
 * read it: `node` is its input, whose columns keep their places in it. */
static enum code extract_below(struct optimizer *o, struct plan *node, struct plan_watermark *w,
                               struct error *err)
{
    struct targets t = { .o = o };
    struct plan_job *job = o->job;
    note_calls(&t, w->rowtime);
    if (w->watermark)
        note_calls(&t, w->watermark);
    for (uint32_t i = 0; i < job->node_count; i++)
        if (is_calc_over(job->nodes[i], &w->base))
            collect_calc(&t, (const struct plan_calc *)job->nodes[i]);
    if (t.failed)
        return error_nomem(err);
    if (t.count == 0)
        return OK;

    struct plan *top;
    TRY(make_all_json(&t, node, &top, err));
    if (!(w->rowtime = lower(&t, w->rowtime)) ||
        (w->watermark && !(w->watermark = lower(&t, w->watermark))))
        return error_nomem(err);
    TRY(pass_hits(o, w, top, err));
    for (uint32_t i = 0; w->computed != PLAN_NO_COLUMN && i < t.count; i++)
        t.items[i].hit++; /* they stand behind the row time */
    for (uint32_t i = 0; i < job->node_count; i++)
        if (is_calc_over(job->nodes[i], &w->base))
            TRY(lower_calc(&t, (struct plan_calc *)job->nodes[i], err));
    return OK;
}

enum code rule_json(struct optimizer *o, struct error *err)
{
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        struct plan *node = o->job->nodes[i];
        struct plan_watermark *w = only_watermark(o, node);
        if (w)
            TRY(extract_below(o, node, w, err));
        else if (plan_read_by_calcs(o, node))
            TRY(extract_for(o, node, err));
    }
    return OK;
}
