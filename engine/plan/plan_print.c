/* plan_print.c -- EXPLAIN as a tree: a sink per root, an operator per line, inputs
 * below their reader.  A node with several readers is printed where it is met first
 * and only named after that. */
#include "plan/plan_print.h"

#include "plan/plan_bill.h"

#include <stdio.h>

const char *plan_kind_name(enum plan_kind kind)
{
    static const char *const names[] = {
        [PLAN_SCAN] = "source",
        [PLAN_VALUES] = "values",
        [PLAN_JSON] = "json",
        [PLAN_CALC] = "calc",
        [PLAN_UNION] = "union",
        [PLAN_LIMIT] = "limit",
        [PLAN_WATERMARK] = "watermark",
        [PLAN_GROUP] = "group",
        [PLAN_WINDOW] = "window",
        [PLAN_ASSIGN] = "assign",
        [PLAN_EXPAND] = "expand",
        [PLAN_JOIN] = "join",
        [PLAN_WINDOW_JOIN] = "window-join",
        [PLAN_INTERVAL_JOIN] = "interval-join",
        [PLAN_TEMPORAL_JOIN] = "temporal-join",
        [PLAN_LOOKUP] = "lookup",
        [PLAN_CORRELATE] = "correlate",
        [PLAN_RANK] = "rank",
        [PLAN_DEDUP] = "dedup",
        [PLAN_OVER] = "over",
        [PLAN_SORT] = "sort",
        [PLAN_MATERIALIZE] = "materialize",
        [PLAN_FOLD] = "fold",
        [PLAN_EXCHANGE] = "exchange",
        [PLAN_SINK] = "sink",
    };
    return names[kind];
}

void plan_print_id(struct buf *out, const struct plan *node)
{
    buf_printf(out, "%s#%u", plan_kind_name(node->kind), node->id);
}

void plan_print_changes(struct buf *out, unsigned changes)
{
    static const char *const names[] = { "I", "UB", "UA", "D" };
    bool first = true;
    for (int i = 0; i < 4; i++) {
        if (!(changes >> i & 1))
            continue;
        if (!first)
            buf_char(out, ',');
        buf_text(out, names[i]);
        first = false;
    }
}

void plan_print_changes_of(struct buf *out, const struct plan *node)
{
    unsigned in = 0;
    for (uint32_t i = 0; i < node->input_count; i++)
        in |= node->inputs[i]->changes;
    if (node->input_count > 0 && in != node->changes) {
        plan_print_changes(out, in);
        buf_text(out, "→");
    }
    plan_print_changes(out, node->changes);
}

const char *plan_updates_text(const struct plan *node)
{
    if (!plan_updates(node))
        return "";
    if (node->kind == PLAN_GROUP && ((const struct plan_group *)node)->fold)
        return " updates=folded";
    return node->unseen ? " updates=unseen" : "";
}

uint32_t plan_line(const struct plan *node, struct str job_text)
{
    if (node->span.size == 0 || node->span.offset > job_text.size)
        return 0;
    uint32_t line = 1;
    for (uint32_t i = 0; i < node->span.offset; i++)
        line += job_text.data[i] == '\n';
    return line;
}

static void print_name(struct buf *out, const struct plan_scan *scan, const struct table_def *def,
                       const struct connector *connector)
{
    (void)scan;
    buf_str(out, def->name);
    buf_printf(out, " (%s", connector->name);
    if (connector->describe) {
        buf_char(out, ' ');
        connector->describe(def, out);
    }
    buf_char(out, ')');
}

static void print_scan(struct buf *out, const struct plan_scan *scan)
{
    print_name(out, scan, &scan->def, scan->connector);
    buf_text(out, " columns=[");
    bool first = true;
    for (uint32_t i = 0; i < scan->base.field_count; i++) {
        if (!scan->def.needed || !scan->def.needed[i])
            continue;
        if (!first)
            buf_text(out, ", ");
        buf_str(out, scan->base.fields[i].name);
        first = false;
    }
    buf_char(out, ']');
    if (scan->watermark)
        buf_printf(out, " watermark=[" STR_FMT ": %s]",
                   STR_ARG(scan->table->columns[scan->watermark->column].name),
                   scan->watermark->text);
    buf_printf(out, " on-error=%s", scan->on_error);
}

static void print_calc(struct buf *out, const struct plan_calc *calc)
{
    const struct plan *input = calc->base.inputs[0];
    struct str names[256];
    uint32_t n = MIN(input->field_count, countof(names));
    for (uint32_t i = 0; i < n; i++)
        names[i] = input->fields[i].name;
    if (calc->filter) {
        buf_text(out, "where=[");
        expr_print(out, calc->filter, names, n);
        buf_char(out, ']');
    }
    if (!calc->exprs)
        return;
    buf_text(out, calc->filter ? " select=[" : "select=[");
    for (uint32_t i = 0; i < calc->base.field_count; i++) {
        const struct expr *e = calc->exprs[i];
        struct str name = calc->base.fields[i].name;
        if (i > 0)
            buf_text(out, ", ");
        expr_print(out, e, names, n);
        bool same = e->kind == EXPR_COLUMN && e->column < n && str_eq(names[e->column], name);
        if (!same) {
            buf_text(out, " AS ");
            buf_str(out, name);
        }
    }
    buf_char(out, ']');
}

static void print_json(struct buf *out, const struct plan_json *json)
{
    buf_str(out, json->base.inputs[0]->fields[json->input_column].name);
    buf_text(out, " one-pass=[");
    for (uint32_t i = 0; i < json->path_count; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", json->path_texts[i]);
    buf_char(out, ']');
}

static void print_sink(struct buf *out, const struct plan_sink *sink)
{
    static const struct {
        enum sink_mode mode;
        const char *name;
    } modes[] = { { SINK_APPEND, "append" },
                  { SINK_UPSERT, "upsert" },
                  { SINK_RETRACT, "retract" } };
    if (sink->table) {
        print_name(out, NULL, &sink->def, sink->connector);
        for (size_t i = 0; i < countof(modes); i++)
            if (modes[i].mode == sink->mode)
                buf_printf(out, " mode=%s", modes[i].name);
        if (sink->def.schema->key_count > 0) {
            buf_text(out, " key=[");
            for (uint32_t i = 0; i < sink->def.schema->key_count; i++) {
                buf_text(out, i > 0 ? ", " : "");
                buf_str(out, sink->def.schema->fields[sink->def.schema->key[i]].name);
            }
            buf_char(out, ']');
        }
        buf_printf(out, " guarantee=%s on-error=%s",
                   sink->connector->guarantee ? sink->connector->guarantee(&sink->def, sink->mode)
                                              : "at-least-once",
                   sink->on_error);
    } else {
        buf_printf(out, "result of SELECT %u columns=[", sink->statement);
        for (uint32_t i = 0; i < sink->base.field_count; i++) {
            buf_text(out, i > 0 ? ", " : "");
            buf_str(out, sink->base.fields[i].name);
        }
        buf_char(out, ']');
    }
    if (sink->in_source_order)
        buf_text(out, " order=[source row, statement]");
}

void plan_print_details(struct buf *out, const struct plan *node)
{
    switch (node->kind) {
    case PLAN_SCAN:
        print_scan(out, (const struct plan_scan *)node);
        break;
    case PLAN_VALUES:
        buf_printf(out, "rows=%u", ((const struct plan_values *)node)->row_count);
        break;
    case PLAN_JSON:
        print_json(out, (const struct plan_json *)node);
        break;
    case PLAN_CALC:
        print_calc(out, (const struct plan_calc *)node);
        break;
    case PLAN_UNION:
        buf_text(out, "all");
        break;
    case PLAN_LIMIT: {
        const struct plan_limit *limit = (const struct plan_limit *)node;
        if (limit->limit != UINT64_MAX)
            buf_printf(out, "rows=%llu", (unsigned long long)limit->limit);
        if (limit->offset > 0)
            buf_printf(out, " offset=%llu", (unsigned long long)limit->offset);
        break;
    }
    case PLAN_SINK:
        print_sink(out, (const struct plan_sink *)node);
        break;
    default:
        plan_print_stateful(out, node);
    }
}

/* --- the tree ----------------------------------------------------------------------- */

enum { INDENT_MAX = 512, WRAP_MIN = 40 /* columns that a wrapped line has at least */ };

struct tree {
    struct buf *out;
    const struct plan_job *job;
    struct str job_text;
    const struct plan_text_options *options;
    struct arena *arena;
    struct buf line;    /* of the operator under way */
    struct buf details; /* of it, as they are */
    bool *printed;      /* by id */
    char indent[INDENT_MAX];
};

static void put_state(struct tree *t, const struct plan *node)
{
    struct plan_bill bill;
    if (!plan_bill(t->arena, t->job, node, &bill)) {
        t->out->failed = true;
        return;
    }
    if (bill.part_count == 0)
        return;
    bool red = t->options->color && plan_bill_is_unbounded(&bill);
    buf_printf(&t->line, " state=[%s", red ? "\x1b[31m" : "");
    plan_bill_print(&t->line, &bill);
    buf_printf(&t->line, "%s]", red ? "\x1b[0m" : "");
}

/* Columns that a text takes on a terminal: colours take none. */
static size_t width_of(struct str text)
{
    size_t width = 0;
    bool escape = false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == 0x1B)
            escape = true;
        else if (escape)
            escape = c != 'm';
        else
            width += (c & 0xC0) != 0x80;
    }
    return width;
}

/* The end of what fits into `columns`: behind a blank, if there is one in the second half. */
static size_t fitting(struct str text, size_t columns)
{
    size_t width = 0, blank = 0, i = 0;
    bool escape = false;
    for (; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == 0x1B)
            escape = true;
        if (!escape && (c & 0xC0) != 0x80 && width++ == columns)
            break;
        if (escape && c == 'm')
            escape = false;
        if (c == ' ' && width > columns / 2)
            blank = i + 1;
    }
    return i == text.size || blank == 0 ? i : blank;
}

void plan_print_one_line(struct buf *out, struct str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x20 && c != 0x7f)
            continue;
        buf_put(out, text.data + from, i - from);
        from = i + 1;
        if (c == '\n' || c == '\t' || c == '\r')
            buf_text(out, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
        else
            buf_printf(out, "\\u%04x", c);
    }
    buf_put(out, text.data + from, text.size - from);
}

/* The line of an operator.  `below` is what stands in front of lines between it and its inputs. */
static void put_line(struct tree *t, size_t used, const char *below)
{
    struct str rest = buf_view(&t->line);
    size_t columns = t->options->columns;
    size_t indent = width_of(str_of(below)) + 2;
    bool wraps = columns >= indent + WRAP_MIN;
    size_t room = wraps && columns > used ? columns - used : 0;
    while (wraps && width_of(rest) > room) {
        size_t end = fitting(rest, room);
        struct str piece = str_make(rest.data, end);
        while (piece.size > 0 && piece.data[piece.size - 1] == ' ')
            piece.size--;
        buf_str(t->out, piece);
        buf_printf(t->out, "\n%s  ", below);
        rest = str_make(rest.data + end, rest.size - end);
        room = columns - indent;
    }
    buf_str(t->out, rest);
    buf_char(t->out, '\n');
}

static uint32_t line_of(const struct tree *t, const struct plan *node)
{
    uint32_t begin = t->options->text_begin;
    if (node->span.offset < begin || begin > t->job_text.size)
        return 0;
    const struct plan at = { .span = { node->span.offset - begin, node->span.size } };
    return plan_line(&at, str_make(t->job_text.data + begin, t->job_text.size - begin));
}

static void print_node(struct tree *t, const struct plan *node, size_t used)
{
    struct buf *line = &t->line;
    buf_clear(line);
    plan_print_id(line, node);
    if (t->printed[node->id]) {
        buf_text(line, " (shared, see above)");
        put_line(t, used, t->indent);
        return;
    }
    if (t->options->counters && t->options->counters[node->id].data)
        buf_printf(line, " {" STR_FMT "}", STR_ARG(t->options->counters[node->id]));
    buf_char(line, ' ');
    buf_clear(&t->details);
    plan_print_details(&t->details, node);
    plan_print_one_line(line, buf_view(&t->details));
    buf_text(line, " changes=[");
    plan_print_changes_of(line, node);
    buf_printf(line, "]%s", plan_updates_text(node));
    put_state(t, node);
    if (node->readers > 1)
        buf_printf(line, " readers=%u", node->readers);
    uint32_t number = line_of(t, node);
    if (number > 0)
        buf_printf(line, " line=%u", number);
    t->printed[node->id] = true;

    size_t depth = strlen(t->indent);
    char below[INDENT_MAX + 8];
    snprintf(below, sizeof below, "%s%s", t->indent, node->input_count > 0 ? "│ " : "  ");
    put_line(t, used, below);
    for (uint32_t i = 0; i < node->input_count; i++) {
        bool last = i + 1 == node->input_count;
        buf_printf(t->out, "%s%s ", t->indent, last ? "└─" : "├─");
        const char *more = last ? "   " : "│  ";
        if (depth + strlen(more) < sizeof t->indent)
            memcpy(t->indent + depth, more, strlen(more) + 1);
        print_node(t, node->inputs[i], width_of(str_of(t->indent)));
        t->indent[depth] = '\0';
    }
}

void plan_print_text(struct buf *out, const struct plan_job *job, struct str job_text,
                     const struct plan_text_options *options)
{
    static const struct plan_text_options plain = { .columns = 0 };
    buf_printf(out, "dialect: %s", job->dialect == DIALECT_BLINK ? "blink" : "flink");
    if (job->dialect_reason)
        buf_printf(out, " (%s)", job->dialect_reason);
    buf_char(out, '\n');
    if (job->workers_reason)
        buf_printf(out, "workers: %u (%s)\n", MAX(job->workers, 1), job->workers_reason);
    struct tree tree = {
        .out = out, .job = job, .job_text = job_text, .options = options ? options : &plain
    };
    buf_init(&tree.line, UINT32_MAX);
    buf_init(&tree.details, UINT32_MAX);
    tree.arena = arena_create();
    if (tree.arena)
        tree.printed = arena_array(tree.arena, bool, job->node_count + 1);
    if (!tree.printed)
        out->failed = true;
    for (uint32_t i = 0; tree.printed && i < job->node_count; i++)
        if (job->nodes[i]->kind == PLAN_SINK)
            print_node(&tree, job->nodes[i], 0);
    out->failed = out->failed || tree.line.failed || tree.details.failed;
    buf_done(&tree.line);
    buf_done(&tree.details);
    arena_destroy(tree.arena);
}
