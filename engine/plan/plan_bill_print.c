/* plan_bill_print.c -- EXPLAIN's words for state. */
#include "plan/plan_bill_inner.h"

void plan_print_bytes(struct buf *out, double bytes)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
    size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < countof(units)) {
        bytes /= 1000;
        unit++;
    }
    bool tenths = unit > 0 && bytes < 9.95;
    buf_printf(out, tenths ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

void plan_print_time(struct buf *out, int64_t us)
{
    static const struct {
        int64_t us;
        const char *name;
    } units[] = { { 86400000000, "d" },
                  { 3600000000, "h" },
                  { 60000000, "min" },
                  { 1000000, "s" },
                  { 1000, "ms" } };
    for (size_t i = 0; i < countof(units); i++) {
        if (us % units[i].us == 0 && us != 0) {
            buf_printf(out, "%lld %s", (long long)(us / units[i].us), units[i].name);
            return;
        }
    }
    buf_printf(out, "%lld ms", (long long)(us / 1000));
}

/* ---- columns ------------------------------------------------------------------------------- */

typedef bool (*name_fn)(void *cx, struct str name);

/* Goes to the input's column that this one of the node is; false: it is none. */
static bool step_below(const struct plan **node, uint32_t *column)
{
    const struct plan *n = *node;
    const struct plan_calc *calc = (const struct plan_calc *)n;
    if (n->input_count != 1)
        return false;
    if (n->kind == PLAN_CALC && calc->exprs) {
        if (calc->exprs[*column]->kind != EXPR_COLUMN)
            return false;
        *column = calc->exprs[*column]->column;
    } else if (n->kind == PLAN_GROUP || n->kind == PLAN_WINDOW) {
        bool group = n->kind == PLAN_GROUP;
        const uint32_t *keys =
            group ? ((const struct plan_group *)n)->keys : ((const struct plan_window *)n)->keys;
        uint32_t count = group ? ((const struct plan_group *)n)->key_count
                               : ((const struct plan_window *)n)->key_count;
        if (*column >= count)
            return false;
        *column = keys[*column];
    } else if (*column >= n->inputs[0]->field_count) {
        return false;
    }
    *node = n->inputs[0];
    return true;
}

/* The names that a column of the operator's output gets from who reads it. */
static bool each_name_above(const struct plan_bill *bill, uint32_t column, name_fn fn, void *cx)
{
    for (uint32_t k = 0; k < bill->job->node_count; k++) {
        const struct plan *reader = bill->job->nodes[k];
        const struct plan_calc *calc = (const struct plan_calc *)reader;
        const struct plan_sink *sink = (const struct plan_sink *)reader;
        bool reads = false;
        for (uint32_t i = 0; i < reader->input_count; i++)
            reads = reads || reader->inputs[i] == bill->node;
        if (reads && reader->kind == PLAN_SINK && sink->table &&
            fn(cx, sink->def.schema->fields[column].name))
            return true;
        for (uint32_t c = 0;
             reads && reader->kind == PLAN_CALC && calc->exprs && c < reader->field_count; c++)
            if (calc->exprs[c]->kind == EXPR_COLUMN && calc->exprs[c]->column == column &&
                fn(cx, reader->fields[c].name))
                return true;
    }
    return false;
}

/* The names that column i of a part has: on its way from the table on, and where what the operator
 * makes of it is read.  Ends with the first that fn wants. */
bool bill_each_name(const struct plan_bill *bill, const struct bill_part *part, uint32_t i,
                    name_fn fn, void *cx)
{
    const struct plan *node = part->input;
    uint32_t column = part->columns[i];
    do {
        if (column < node->field_count && fn(cx, node->fields[column].name))
            return true;
    } while (step_below(&node, &column));
    return i < part->output && each_name_above(bill, i, fn, cx);
}

static bool take_name(void *cx, struct str name)
{
    if (name.size == 0 || name.data[0] == '$')
        return false; /* made by the binder */
    *(struct str *)cx = name;
    return true;
}

/* The expression behind a column, cut where it is long. */
static void put_expression(struct buf *out, const struct plan *node, uint32_t column)
{
    enum { SHOWN_MAX = 48 };
    while (step_below(&node, &column))
        ;
    const struct plan_calc *calc = (const struct plan_calc *)node;
    if (node->kind != PLAN_CALC || !calc->exprs) {
        buf_str(out, node->fields[column].name);
        return;
    }
    const struct plan *below = node->inputs[0];
    struct str names[256];
    struct buf text;
    uint32_t n = MIN(below->field_count, countof(names));
    for (uint32_t i = 0; i < n; i++)
        names[i] = below->fields[i].name;
    buf_init(&text, 1 << 16);
    expr_print(&text, calc->exprs[column], names, n);
    struct str whole = buf_view(&text);
    size_t end = MIN(whole.size, (size_t)SHOWN_MAX);
    while (end < whole.size && end > 0 && ((unsigned char)whole.data[end] & 0xC0) == 0x80)
        end--;
    buf_put(out, whole.data, end);
    buf_text(out, end < whole.size ? "..." : "");
    buf_done(&text);
}

void plan_bill_print_column(struct buf *out, const struct plan_bill *bill,
                            const struct bill_part *part, uint32_t i)
{
    struct str name;
    if (bill_each_name(bill, part, i, take_name, &name))
        buf_str(out, name);
    else
        put_expression(out, part->input, part->columns[i]);
}

void bill_put_columns(struct buf *out, const struct plan_bill *bill, const struct bill_part *part)
{
    for (uint32_t i = 0; i < part->column_count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        plan_bill_print_column(out, bill, part, i);
    }
}

/* ---- bounds ------------------------------------------------------------------------------- */

static bool same_bound(const struct bill_part *a, const struct bill_part *b)
{
    return a->bound == b->bound && a->bound_us == b->bound_us && a->most == b->most;
}

/* Names that have been said, one behind the other. */
struct said {
    struct buf text;
    size_t ends[4 * BILL_COLUMNS_MAX];
    uint32_t count;
};

/* Says a name; false: it has been said. */
static bool say_once(struct said *said, const struct plan_bill *bill, const struct bill_part *part,
                     uint32_t i, struct str *ret)
{
    size_t begin = said->text.size;
    plan_bill_print_column(&said->text, bill, part, i);
    if (said->text.failed)
        return false;
    *ret = str_make(said->text.data + begin, said->text.size - begin);
    for (uint32_t k = 0; k < said->count; k++) {
        size_t start = k > 0 ? said->ends[k - 1] : 0;
        if (str_eq(str_make(said->text.data + start, said->ends[k] - start), *ret)) {
            said->text.size = begin;
            return false;
        }
    }
    if (said->count < countof(said->ends))
        said->ends[said->count++] = said->text.size;
    return true;
}

/* "grows with distinct a, b" of all the parts [first, end), or "with every row". */
static void put_growth(struct buf *out, const struct plan_bill *bill, uint32_t first, uint32_t end)
{
    for (uint32_t p = first; p < end; p++) {
        if (bill->parts[p].more || bill->parts[p].column_count == 0) {
            buf_text(out, "unbounded: grows with every row");
            return;
        }
    }
    struct said said = { .count = 0 };
    buf_init(&said.text, 1 << 16);
    buf_text(out, "unbounded: grows with distinct ");
    for (uint32_t p = first; p < end; p++) {
        for (uint32_t i = 0; i < bill->parts[p].column_count; i++) {
            struct str name;
            bool is_first = said.count == 0;
            if (!say_once(&said, bill, &bill->parts[p], i, &name))
                continue;
            buf_text(out, is_first ? "" : ", ");
            buf_str(out, name);
        }
    }
    buf_done(&said.text);
}

static void put_bound(struct buf *out, const struct plan_bill *bill, uint32_t first, uint32_t end)
{
    const struct bill_part *part = &bill->parts[first];
    switch (part->bound) {
    case BILL_FOR_EVER:
        put_growth(out, bill, first, end);
        break;
    case BILL_FIXED:
        buf_text(out, "fixed");
        break;
    case BILL_TTL:
        buf_text(out, "bounded by TTL ");
        plan_print_time(out, part->bound_us);
        break;
    case BILL_TIME:
    case BILL_CLOCK:
        buf_printf(out, "bounded by %s",
                   part->bound == BILL_TIME ? "event time" : "processing time");
        if (part->bound_us > 0) {
            buf_text(out, ", ");
            plan_print_time(out, part->bound_us);
        }
        break;
    case BILL_INPUT:
        buf_text(out, "bounded by the input");
        break;
    case BILL_MOST:
        buf_printf(out, "at most %llu", (unsigned long long)part->most);
        break;
    case BILL_TABLE:
        buf_text(out, "bounded by the table");
        break;
    }
}

/* ---- parts -------------------------------------------------------------------------------- */

static void put_part(struct buf *out, const struct plan_bill *bill, const struct bill_part *part)
{
    bool plural = part->more || part->times != 1;
    if (part->more)
        buf_printf(out, "%ss", part->noun);
    else if (plural && !part->by_window)
        buf_printf(out, "%llu %ss", (unsigned long long)part->times, part->noun);
    else
        buf_printf(out, "a %s", part->noun);
    if (part->column_count > 0 && !part->more) {
        buf_text(out, part->column_count > 1 ? " per (" : " per ");
        bill_put_columns(out, bill, part);
        buf_text(out, part->column_count > 1 ? ")" : "");
    }
    if (part->by_window) {
        buf_text(out, part->column_count > 0 && !part->more ? " and window" : " per window");
        if (part->times > 1)
            buf_printf(out, " (%llu open)", (unsigned long long)part->times);
    }
    buf_text(out, ", ~");
    plan_print_bytes(out, (double)part->bytes);
}

void plan_bill_print(struct buf *out, const struct plan_bill *bill)
{
    for (uint32_t i = 0; i < bill->part_count;) {
        uint32_t end = i;
        for (; end < bill->part_count && same_bound(&bill->parts[i], &bill->parts[end]); end++) {
            buf_text(out, end > i ? ", " : i > 0 ? "; " : "");
            put_part(out, bill, &bill->parts[end]);
        }
        buf_text(out, "; ");
        put_bound(out, bill, i, end);
        i = end;
    }
}

void plan_bill_print_unbounded(struct buf *out, const struct plan_bill *bill)
{
    bool first = true;
    for (uint32_t i = 0; i < bill->part_count; i++) {
        if (bill->parts[i].bound != BILL_FOR_EVER)
            continue;
        buf_text(out, first ? "" : ", and ");
        put_part(out, bill, &bill->parts[i]);
        first = false;
    }
}
