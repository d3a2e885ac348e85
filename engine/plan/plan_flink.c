/* plan_flink.c -- EXPLAIN in the form of Flink: operators, attributes and tree as Flink prints
 * them, for tools and eyes that are used to it.
 *
 * It is made from the plan that weir runs, so what the two do in other steps shows: the abstract
 * syntax tree is the optimized one in logical words; columns without an alias have the name of the
 * sink's column; an exchange stands in front of every operator by key. */
#include "plan/plan_flink_inner.h"

#include <stdio.h>

/* ---- making nodes -------------------------------------------------------------------------- */

void flink_put_names(struct buf *out, const struct flink_names *names)
{
    buf_char(out, '[');
    for (uint32_t i = 0; i < names->count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        buf_str(out, names->items[i]);
    }
    buf_char(out, ']');
}

void flink_put_columns(struct buf *out, const struct flink_names *names, const uint32_t *columns,
                       uint32_t count)
{
    buf_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        buf_str(out, columns[i] < names->count ? names->items[columns[i]] : STR("?"));
    }
    buf_char(out, ']');
}

struct flink_node *flink_node_make(struct flink *f, struct flink_node *a, struct flink_node *b)
{
    struct flink_node *node = arena_new(f->arena, struct flink_node);
    if (!node || !(node->text = arena_str(f->arena, buf_view(&f->text))).data || f->text.failed) {
        f->failed = true;
        return NULL;
    }
    buf_clear(&f->text);
    if (a)
        node->inputs[node->input_count++] = a;
    if (b)
        node->inputs[node->input_count++] = b;
    for (uint32_t i = 0; i < node->input_count; i++)
        node->inputs[i]->readers++;
    return node;
}

struct flink_node *flink_exchange(struct flink *f, struct flink_node *input,
                                  const struct flink_names *names, const uint32_t *columns,
                                  uint32_t count)
{
    if (f->style == FLINK_LOGICAL || !input)
        return input;
    buf_text(&f->text, "Exchange(distribution=[");
    buf_text(&f->text, count > 0 ? "hash" : "single");
    if (count > 0)
        flink_put_columns(&f->text, names, columns, count);
    buf_text(&f->text, "])");
    return flink_node_make(f, input, NULL);
}

const struct flink_names *flink_names_of(const struct flink *f, const struct plan *node)
{
    return &f->names[node->id];
}

static bool is_own(struct str name)
{
    return name.size == 0 || name.data[0] == '$';
}

struct str flink_alias(struct flink *f, const struct plan *node, uint32_t column)
{
    for (uint32_t i = 0; i < f->job->node_count; i++) {
        const struct plan *reader = f->job->nodes[i];
        const struct plan_calc *calc = (const struct plan_calc *)reader;
        const struct plan_sink *sink = (const struct plan_sink *)reader;
        bool reads = false;
        for (uint32_t k = 0; k < reader->input_count; k++)
            reads = reads || reader->inputs[k] == node;
        if (!reads)
            continue;
        if (reader->kind == PLAN_SINK)
            return sink->table ? sink->def.schema->fields[column].name
                               : reader->fields[column].name;
        for (uint32_t c = 0; reader->kind == PLAN_CALC && calc->exprs && c < reader->field_count;
             c++)
            if (calc->exprs[c]->kind == EXPR_COLUMN && calc->exprs[c]->column == column &&
                !is_own(reader->fields[c].name))
                return reader->fields[c].name;
        if (reader->kind == PLAN_FOLD || reader->kind == PLAN_EXCHANGE ||
            reader->kind == PLAN_MATERIALIZE)
            return flink_alias(f, reader, column);
    }
    char name[32];
    snprintf(name, sizeof name, "EXPR$%u", column);
    struct str made = arena_str(f->arena, str_of(name));
    f->failed = f->failed || !made.data;
    return made.data ? made : STR("");
}

/* What has no name of its own is called as the key is for which it is computed, or "$f0". */
static struct str name_of(struct flink *f, const struct plan *node, uint32_t column)
{
    struct str name = node->fields[column].name;
    if (name.size < 2 || name.data[0] != '$')
        return name;
    for (uint32_t i = 0; i < f->job->node_count; i++) {
        const struct plan *reader = f->job->nodes[i];
        const struct plan_group *group = (const struct plan_group *)reader;
        const struct plan *below = reader->input_count == 1 ? reader->inputs[0] : NULL;
        while (below && below->kind == PLAN_EXCHANGE)
            below = below->inputs[0];
        for (uint32_t k = 0; below == node && reader->kind == PLAN_GROUP && k < group->key_count;
             k++)
            if (group->keys[k] == column)
                return flink_alias(f, reader, k);
    }
    char *made = arena_printf(f->arena, "$f" STR_FMT, (int)name.size - 1, name.data + 1);
    f->failed = f->failed || !made;
    return made ? str_of(made) : name;
}

static bool set_names(struct flink *f, const struct plan *node)
{
    struct str *items = arena_array(f->arena, struct str, node->field_count + 1);
    for (uint32_t i = 0; items && i < node->field_count; i++)
        items[i] = name_of(f, node, i);
    f->names[node->id] = (struct flink_names){ items, node->field_count };
    f->failed = f->failed || !items;
    return items != NULL;
}

/* ---- sources, calcs, sinks ------------------------------------------------------------------ */

static struct flink_node *build_scan(struct flink *f, const struct plan_scan *scan,
                                     const struct plan_watermark *watermark)
{
    const struct flink_names *names = flink_names_of(f, &scan->base);
    struct buf *out = &f->text;
    if (f->style == FLINK_LOGICAL) {
        buf_printf(out,
                   "LogicalTableScan(table=[[default_catalog, default_database, " STR_FMT "]])",
                   STR_ARG(scan->def.name));
        return flink_node_make(f, NULL, NULL);
    }
    buf_printf(out, "TableSourceScan(table=[[default_catalog, default_database, " STR_FMT,
               STR_ARG(scan->def.name));
    if (watermark) {
        buf_text(out, ", watermark=[");
        if (watermark->watermark) {
            flink_print_expr(out, watermark->watermark, names, FLINK_PHYSICAL);
        } else {
            uint32_t column = watermark->rowtime ? watermark->rowtime->column : 0;
            struct str time = column < names->count ? names->items[column] : STR("?");
            if (watermark->delay_us > 0)
                buf_printf(out, "-(" STR_FMT ", %lld:INTERVAL SECOND)", STR_ARG(time),
                           (long long)(watermark->delay_us / 1000));
            else
                buf_str(out, time);
        }
        buf_text(out, "], watermarkEmitStrategy=[on-periodic]");
    }
    buf_text(out, "]], fields=");
    flink_put_names(out, names);
    buf_char(out, ')');
    return flink_node_make(f, NULL, NULL);
}

static struct flink_node *build_watermark(struct flink *f, const struct plan_watermark *w)
{
    const struct plan *input = w->base.inputs[0];
    while (input->kind == PLAN_JSON)
        input = input->inputs[0];
    bool is_stored = w->computed == PLAN_NO_COLUMN && w->rowtime && w->rowtime->kind == EXPR_COLUMN;
    if (input->kind == PLAN_SCAN && is_stored && f->style != FLINK_LOGICAL) {
        if (!set_names(f, input))
            return NULL;
        return build_scan(f, (const struct plan_scan *)input, w);
    }
    struct flink_node *below = flink_build(f, w->base.inputs[0]);
    struct buf *out = &f->text;
    struct str time = w->computed != PLAN_NO_COLUMN ? w->base.fields[w->computed].name
                      : is_stored                   ? w->base.fields[w->rowtime->column].name
                                                    : STR("?");
    buf_printf(out, "%sWatermarkAssigner(rowtime=[" STR_FMT "], watermark=[",
               f->style == FLINK_LOGICAL ? "Logical" : "", STR_ARG(time));
    if (w->watermark)
        flink_print_expr(out, w->watermark, flink_names_of(f, w->base.inputs[0]), f->style);
    else
        buf_printf(out,
                   f->style == FLINK_EXECUTION ? "(" STR_FMT " - %lld:INTERVAL SECOND)"
                                               : "-(" STR_FMT ", %lld:INTERVAL SECOND)",
                   STR_ARG(time), (long long)(w->delay_us / 1000));
    buf_text(out, "])");
    return flink_node_make(f, below, NULL);
}

/* Does it only give names to what an aggregate below makes, all of it and in its order? */
static bool only_renames(const struct plan_calc *calc)
{
    const struct plan *input = calc->base.inputs[0];
    if (!calc->exprs || calc->filter || input->readers > 1 ||
        (input->kind != PLAN_GROUP && input->kind != PLAN_RANK) ||
        calc->base.field_count != input->field_count)
        return false;
    for (uint32_t i = 0; i < calc->base.field_count; i++)
        if (calc->exprs[i]->kind != EXPR_COLUMN || calc->exprs[i]->column != i)
            return false;
    return true;
}

static void put_projection(struct flink *f, const struct plan_calc *calc,
                           const struct flink_names *names, bool logical)
{
    for (uint32_t i = 0; i < calc->base.field_count; i++) {
        struct str name = flink_names_of(f, &calc->base)->items[i];
        buf_text(&f->text, i > 0 ? ", " : "");
        if (logical) {
            buf_printf(&f->text, STR_FMT "=[", STR_ARG(name));
            flink_print_expr(&f->text, calc->exprs[i], names, f->style);
            buf_char(&f->text, ']');
            continue;
        }
        size_t begin = f->text.size;
        flink_print_expr(&f->text, calc->exprs[i], names, f->style);
        bool is_name = calc->exprs[i]->kind == EXPR_COLUMN && !f->text.failed &&
                       str_eq(str_make(f->text.data + begin, f->text.size - begin), name);
        if (!is_name)
            buf_printf(&f->text, " AS " STR_FMT, STR_ARG(name));
    }
}

static struct flink_node *build_calc(struct flink *f, const struct plan_calc *calc)
{
    struct flink_node *below = flink_build(f, calc->base.inputs[0]);
    const struct flink_names *names = flink_names_of(f, calc->base.inputs[0]);
    if (!below)
        return NULL;
    if (only_renames(calc) && f->style != FLINK_LOGICAL)
        return below;
    if (f->style == FLINK_LOGICAL) {
        if (calc->filter) {
            buf_text(&f->text, "LogicalFilter(condition=[");
            flink_print_expr(&f->text, calc->filter, names, f->style);
            buf_text(&f->text, "])");
            below = flink_node_make(f, below, NULL);
        }
        if (!calc->exprs || !below)
            return below;
        buf_text(&f->text, "LogicalProject(");
        put_projection(f, calc, names, true);
        buf_char(&f->text, ')');
        return flink_node_make(f, below, NULL);
    }
    buf_text(&f->text, "Calc(select=");
    if (calc->exprs) {
        buf_char(&f->text, '[');
        put_projection(f, calc, names, false);
        buf_char(&f->text, ']');
    } else {
        flink_put_names(&f->text, names);
    }
    if (calc->filter) {
        buf_text(&f->text, ", where=[");
        flink_print_expr(&f->text, calc->filter, names, f->style);
        buf_char(&f->text, ']');
    }
    buf_char(&f->text, ')');
    return flink_node_make(f, below, NULL);
}

static bool passes_on(const struct plan *node)
{
    return node->kind == PLAN_JSON || node->kind == PLAN_FOLD || node->kind == PLAN_EXCHANGE ||
           node->kind == PLAN_MATERIALIZE;
}

static struct flink_node *build_union(struct flink *f, const struct plan *node)
{
    struct flink_node *left = flink_build(f, node->inputs[0]);
    for (uint32_t i = 1; i < node->input_count && left; i++) { /* Flink joins them pair by pair */
        struct flink_node *right = flink_build(f, node->inputs[i]);
        if (!right)
            return NULL;
        buf_text(&f->text, f->style == FLINK_LOGICAL ? "LogicalUnion(all=[true]"
                                                     : "Union(all=[true], union=");
        if (f->style != FLINK_LOGICAL)
            flink_put_names(&f->text, flink_names_of(f, node));
        buf_char(&f->text, ')');
        left = flink_node_make(f, left, right);
    }
    return left;
}

static struct flink_node *build(struct flink *f, const struct plan *node)
{
    switch (node->kind) {
    case PLAN_SCAN:
        return build_scan(f, (const struct plan_scan *)node, NULL);
    case PLAN_WATERMARK:
        return build_watermark(f, (const struct plan_watermark *)node);
    case PLAN_VALUES:
        buf_printf(&f->text, "%sValues(tuples=[[{ 0 }]])",
                   f->style == FLINK_LOGICAL ? "Logical" : "");
        return flink_node_make(f, NULL, NULL);
    case PLAN_CALC:
        return build_calc(f, (const struct plan_calc *)node);
    case PLAN_UNION:
        return build_union(f, node);
    default:
        return passes_on(node) ? flink_build(f, node->inputs[0]) : flink_build_stateful(f, node);
    }
}

struct flink_node *flink_build(struct flink *f, const struct plan *node)
{
    if (!f->made[node->id]) {
        if (!f->names[node->id].items && !set_names(f, node))
            return NULL;
        f->made[node->id] = build(f, node);
    }
    return f->made[node->id];
}

static struct flink_node *build_sink(struct flink *f, const struct plan_sink *sink, uint32_t i)
{
    const struct plan *input = sink->base.inputs[i];
    struct flink_node *below = flink_build(f, input);
    if (!sink->table || !below)
        return below;
    buf_printf(&f->text, "%s(table=[default_catalog.default_database." STR_FMT "], fields=[",
               f->style == FLINK_LOGICAL ? "LogicalSink" : "Sink", STR_ARG(sink->def.name));
    for (uint32_t k = 0; k < sink->def.schema->count; k++) {
        buf_text(&f->text, k > 0 ? ", " : "");
        buf_str(&f->text, sink->def.schema->fields[k].name);
    }
    buf_char(&f->text, ']');
    while (input->kind == PLAN_FOLD || input->kind == PLAN_EXCHANGE)
        input = input->inputs[0];
    if (input->kind == PLAN_MATERIALIZE && f->style != FLINK_LOGICAL)
        buf_text(&f->text, ", upsertMaterialize=[true]");
    buf_char(&f->text, ')');
    return flink_node_make(f, below, NULL);
}

/* ---- printing ------------------------------------------------------------------------------- */

struct writing {
    struct buf *out;
    uint32_t reused; /* ids given out */
    char indent[512];
    bool reuses; /* the execution plan alone names what is read twice */
};

static void write_node(struct writing *w, struct flink_node *node)
{
    if (w->reuses && node->printed && node->reuse_id > 0) {
        buf_printf(w->out, "Reused(reference_id=[%u])\n", node->reuse_id);
        return;
    }
    buf_str(w->out, node->text);
    if (w->reuses && node->readers > 1) {
        node->reuse_id = ++w->reused;
        buf_printf(w->out, "(reuse_id=[%u])", node->reuse_id);
    }
    node->printed = true;
    buf_char(w->out, '\n');
    size_t depth = strlen(w->indent);
    for (uint32_t i = 0; i < node->input_count; i++) {
        bool last = i + 1 == node->input_count;
        const char *more = last ? "   " : ":  ";
        buf_printf(w->out, "%s%s ", w->indent, last ? "+-" : ":-");
        if (depth + strlen(more) < sizeof w->indent)
            memcpy(w->indent + depth, more, strlen(more) + 1);
        write_node(w, node->inputs[i]);
        w->indent[depth] = '\0';
    }
}

/* Where there are several sinks, what they share stands in front of them. */
static void write_shared(struct writing *w, struct flink_node *node)
{
    for (uint32_t i = 0; i < node->input_count; i++)
        write_shared(w, node->inputs[i]);
    if (node->readers > 1 && !node->printed) {
        write_node(w, node);
        buf_char(w->out, '\n');
    }
}

static bool write_section(struct buf *out, const struct plan_job *job, const char *title,
                          enum flink_style style)
{
    struct flink f = { .arena = arena_create(), .job = job, .style = style };
    struct writing w = { .out = out, .reuses = style == FLINK_EXECUTION };
    buf_init(&f.text, 1 << 24);
    struct flink_node **roots = NULL;
    uint32_t root_count = 0, sink_inputs = 1;
    for (uint32_t i = 0; i < job->sink_count; i++)
        sink_inputs += job->sinks[i]->base.input_count;
    if (f.arena) {
        f.made = arena_array(f.arena, struct flink_node *, job->node_count + 1);
        f.names = arena_array(f.arena, struct flink_names, job->node_count + 1);
        roots = arena_array(f.arena, struct flink_node *, sink_inputs);
    }
    f.failed = !f.made || !f.names || !roots;
    for (uint32_t i = 0; i < job->sink_count && !f.failed; i++)
        for (uint32_t k = 0; k < job->sinks[i]->base.input_count && !f.failed; k++)
            if ((roots[root_count] = build_sink(&f, job->sinks[i], k)))
                root_count++;
    buf_printf(out, "== %s ==\n", title);
    for (uint32_t i = 0; i < root_count && root_count > 1 && w.reuses && !f.failed; i++)
        write_shared(&w, roots[i]);
    for (uint32_t i = 0; i < root_count && !f.failed; i++) {
        write_node(&w, roots[i]);
        buf_text(out, i + 1 < root_count ? "\n" : "");
    }
    buf_done(&f.text);
    arena_destroy(f.arena);
    return !f.failed;
}

bool plan_print_flink(struct buf *out, const struct plan_job *job)
{
    bool ok = write_section(out, job, "Abstract Syntax Tree", FLINK_LOGICAL);
    buf_char(out, '\n');
    ok = ok && write_section(out, job, "Optimized Physical Plan", FLINK_PHYSICAL);
    buf_char(out, '\n');
    return ok && write_section(out, job, "Optimized Execution Plan", FLINK_EXECUTION);
}
