/* why_node.c -- operators that get rows and give none. */
#include "exec/why_inner.h"

enum { CONDITION_BYTES = 120 };

void why_put_waiting(struct walk *w, const struct view_op *op)
{
    buf_printf(&w->text, " has been waiting for %s for ", op->waiting_for);
    why_put_span(&w->text, op->waiting_us);
    buf_text(&w->hint, "It goes on by itself when the server answers; nothing is lost.");
}

bool why_waits(struct walk *w, const struct plan *plan)
{
    const struct view_op *op = why_op(w, plan);
    if (plan->kind == PLAN_LOOKUP && (op->waits || op->waiting_for)) {
        why_put_op(&w->text, plan);
        buf_printf(&w->text, " waits for answers of table \"" STR_FMT "\"",
                   STR_ARG(((const struct plan_lookup *)plan)->def.name));
        if (op->waiting_for)
            buf_text(&w->text, ", which");
    } else if (plan->kind == PLAN_SCAN && op->waiting_for) {
        buf_printf(&w->text, "table \"" STR_FMT "\" gives no rows: it",
                   STR_ARG(((const struct plan_scan *)plan)->def.name));
    } else {
        return false;
    }
    if (op->waiting_for)
        why_put_waiting(w, op);
    why_add(w, WHY_HELD, plan);
    return true;
}

/* --- conditions ------------------------------------------------------------------------------- */

static void put_condition(struct buf *out, const struct expr *condition, const struct plan *input)
{
    struct str names[256];
    uint32_t n = MIN(input->field_count, (uint32_t)countof(names));
    struct buf text;
    for (uint32_t i = 0; i < n; i++)
        names[i] = input->fields[i].name;
    buf_init(&text, 1 << 16);
    expr_print(&text, condition, names, n);
    buf_str(out, str_make(text.data, MIN(text.size, (size_t)CONDITION_BYTES)));
    buf_text(out, text.size > CONDITION_BYTES ? "..." : "");
    buf_done(&text);
}

static bool filter(struct walk *w, const struct plan_calc *calc, const struct flow *flow)
{
    if (!calc->filter)
        return false;
    why_put_op(&w->text, &calc->base);
    buf_text(&w->text, " lets no row through: ");
    why_put_count(&w->text, flow->in, "row");
    buf_text(&w->text, flow->in == 1 ? " has come" : " have come");
    why_put_since(&w->text, flow);
    buf_text(&w->text, ", and none fulfils ");
    put_condition(&w->text, calc->filter, calc->base.inputs[0]);
    buf_text(&w->hint, "weir tap NAME ");
    why_put_op(&w->hint, calc->base.inputs[0]);
    buf_text(&w->hint, " shows rows that come to it.");
    why_add(w, WHY_HELD, &calc->base);
    why_paths(w, calc->base.inputs[0], WHY_HELD);
    return true;
}

/* --- joins -------------------------------------------------------------------------------------- */

/* Or do rows of the other side leave without one of this? */
static bool is_needed(const struct plan *plan, uint32_t side)
{
    enum join_type type = ((const struct plan_join *)plan)->type;
    if (type == FULL_JOIN)
        return false;
    if (type == LEFT_JOIN || type == ANTI_JOIN)
        return side == 0;
    return type != RIGHT_JOIN || side == 1;
}

/* Of a side nothing has come at all: it goes on there. */
static bool silent_side(struct walk *w, const struct plan *plan)
{
    static const char *const names[] = { "left", "right" };
    for (uint32_t i = 0; i < plan->input_count && plan->input_count == 2; i++) {
        if (why_op(w, plan->inputs[i])->rows_out > 0 || !is_needed(plan, i))
            continue;
        why_put_op(&w->text, plan);
        buf_printf(&w->text, " has had no row of its %s side yet, ", names[i]);
        why_put_op(&w->text, plan->inputs[i]);
        why_add(w, WHY_HELD, plan);
        if (plan->kind == PLAN_INTERVAL_JOIN)
            why_kept(w, plan);
        why_walk(w, plan->inputs[i]);
        return true;
    }
    return false;
}

static void put_no_pair(struct walk *w, const struct plan *plan, const struct flow *flow)
{
    why_put_op(&w->text, plan);
    if (flow->since_us > 0) { /* there were others before */
        buf_text(&w->text, " has found no pair for ");
        why_put_count(&w->text, flow->in, "row");
        buf_text(&w->text, " that came");
        why_put_since(&w->text, flow);
        return;
    }
    buf_text(&w->text, " has found no pair: ");
    why_put_count(&w->text, why_op(w, plan->inputs[0])->rows_out, "row");
    buf_text(&w->text, " of the left and ");
    why_put_count(&w->text, why_op(w, plan->inputs[1])->rows_out, "row");
    buf_text(&w->text, " of the right side have no equal keys");
}

static bool join(struct walk *w, const struct plan *plan, const struct flow *flow)
{
    if (silent_side(w, plan))
        return true;
    if (plan->kind != PLAN_JOIN && why_time(w, plan))
        return true;
    if (flow->in == 0)
        return false;
    put_no_pair(w, plan, flow);
    if (plan->kind == PLAN_INTERVAL_JOIN)
        buf_text(&w->text, " within its range of time");
    if (plan->kind == PLAN_TEMPORAL_JOIN)
        buf_text(&w->text, ", or no version that was valid at the time of the left row");
    buf_text(&w->hint, "weir tap NAME ");
    why_put_op(&w->hint, plan->inputs[0]);
    buf_text(&w->hint, " and ");
    why_put_op(&w->hint, plan->inputs[1]);
    buf_text(&w->hint, " show the keys of both sides.");
    why_add(w, WHY_HELD, plan);
    if (plan->kind == PLAN_INTERVAL_JOIN)
        why_kept(w, plan);
    why_paths(w, plan, WHY_NOTE);
    return true;
}

/* --- results that do not change ------------------------------------------------------------------- */

static const char *reason_of(const struct plan *plan)
{
    switch (plan->kind) {
    case PLAN_DEDUP:
        return ((const struct plan_dedup *)plan)->keep_last
                   ? "each is older than the row that its key has"
                   : "the key of each has had its row";
    case PLAN_RANK:
        return "none is among the first rows of its key";
    default:
        return "no result is another one than before";
    }
}

/* Rows come, but nothing is different by them. */
static bool unchanged(struct walk *w, const struct plan *plan, const struct flow *flow)
{
    if (flow->in == 0)
        return false;
    why_put_op(&w->text, plan);
    buf_text(&w->text, " has nothing new: ");
    why_put_count(&w->text, flow->in, "row");
    buf_text(&w->text, flow->in == 1 ? " has come" : " have come");
    why_put_since(&w->text, flow);
    buf_printf(&w->text, ", and %s", reason_of(plan));
    why_add(w, WHY_HELD, plan);
    return true;
}

/* --- look-ups, limits, times ---------------------------------------------------------------------- */

static bool misses(struct walk *w, const struct plan_lookup *lookup, const struct flow *flow)
{
    why_put_op(&w->text, &lookup->base);
    buf_printf(&w->text, " finds nothing in table \"" STR_FMT "\": none of ",
               STR_ARG(lookup->def.name));
    why_put_count(&w->text, flow->in, "row");
    why_put_since(&w->text, flow);
    buf_text(&w->text, " has a row there");
    buf_text(&w->hint, "Do the keys look alike on both sides? weir tap NAME ");
    why_put_op(&w->hint, lookup->base.inputs[0]);
    buf_text(&w->hint, " shows what is asked for; LEFT JOIN keeps rows without an answer.");
    why_add(w, WHY_HELD, &lookup->base);
    why_paths(w, lookup->base.inputs[0], WHY_NOTE);
    return true;
}

static bool limit(struct walk *w, const struct plan_limit *plan)
{
    const struct view_op *op = why_op(w, &plan->base);
    if (plan->limit == UINT64_MAX || op->rows_out < plan->limit)
        return false;
    why_put_op(&w->text, &plan->base);
    buf_text(&w->text, " is full: ");
    why_put_count(&w->text, op->rows_out, "row");
    buf_text(&w->text, " were wanted and have come");
    why_add(w, WHY_HELD, &plan->base);
    return true;
}

static bool no_time(struct walk *w, const struct plan_watermark *plan, const struct flow *flow)
{
    buf_printf(&w->text, "no row of table \"" STR_FMT "\" has a row time: all ",
               STR_ARG(plan->scan->def.name));
    why_put_count(&w->text, flow->in, "row");
    why_put_since(&w->text, flow);
    buf_text(&w->text, " were bad for that");
    buf_text(&w->hint,
             "The time is NULL where its column is missing, or its text is in another form "
             "than the table says. weir tap NAME ");
    why_put_op(&w->hint, plan->base.inputs[0]);
    buf_text(&w->hint, " shows rows as they come.");
    why_add(w, WHY_HELD, &plan->base);
    why_paths(w, plan->base.inputs[0], WHY_HELD);
    return true;
}

static bool all_late(struct walk *w, const struct plan *plan)
{
    const struct view_op *op = why_op(w, plan);
    if (op->late == 0 || op->late < op->rows_in)
        return false;
    why_put_op(&w->text, plan);
    buf_text(&w->text, " has dropped all ");
    why_put_count(&w->text, op->late, "row");
    buf_text(&w->text, " that came: they were late");
    buf_text(&w->hint,
             "Time was past the ends of their windows when they came: one row with a time "
             "in the future is enough. A larger delay of the WATERMARK, or "
             "weir.watermark.max-future, helps.");
    why_add(w, WHY_HELD, plan);
    return true;
}

/* A function over arrays that are all empty. */
static bool correlate(struct walk *w, const struct plan *plan, const struct flow *flow)
{
    why_put_op(&w->text, plan);
    buf_text(&w->text, " makes no row of any of ");
    why_put_count(&w->text, flow->in, "row");
    why_put_since(&w->text, flow);
    buf_text(&w->text, ": what they have is empty");
    buf_text(&w->hint, "LEFT JOIN ... ON TRUE keeps rows of which nothing is made.");
    why_add(w, WHY_HELD, plan);
    why_paths(w, plan->inputs[0], WHY_HELD);
    return true;
}

bool why_node(struct walk *w, const struct plan *plan, const struct flow *flow)
{
    switch (plan->kind) {
    case PLAN_CALC:
        return filter(w, (const struct plan_calc *)plan, flow);
    case PLAN_WATERMARK:
        return no_time(w, (const struct plan_watermark *)plan, flow);
    case PLAN_LIMIT:
        return limit(w, (const struct plan_limit *)plan);
    case PLAN_LOOKUP:
        return misses(w, (const struct plan_lookup *)plan, flow);
    case PLAN_CORRELATE:
        return correlate(w, plan, flow);
    case PLAN_JOIN:
    case PLAN_WINDOW_JOIN:
    case PLAN_INTERVAL_JOIN:
    case PLAN_TEMPORAL_JOIN:
        return all_late(w, plan) || join(w, plan, flow);
    case PLAN_WINDOW:
    case PLAN_ASSIGN:
    case PLAN_OVER:
    case PLAN_SORT:
        return all_late(w, plan) || why_time(w, plan);
    case PLAN_RANK:
    case PLAN_DEDUP:
    case PLAN_GROUP:
    case PLAN_FOLD:
    case PLAN_MATERIALIZE:
        return all_late(w, plan) || why_time(w, plan) || unchanged(w, plan, flow);
    default:
        return false;
    }
}
