/* why_time.c -- windows and rows that wait for the watermark, and who holds it back. */
#include "exec/why_inner.h"

/* --- who is behind -------------------------------------------------------------------------- */

/* The input whose time is behind; those that are idle do not count where others do. */
static const struct plan *input_behind(const struct walk *w, const struct plan *plan)
{
    const struct plan *behind = NULL;
    const struct view_op *least = NULL;
    for (uint32_t i = 0; i < plan->input_count; i++) {
        const struct view_op *op = why_op(w, plan->inputs[i]);
        bool is_behind = !least || (least->idle && !op->idle) ||
                         (least->idle == op->idle && op->watermark_us < least->watermark_us);
        if (!is_behind)
            continue;
        behind = plan->inputs[i];
        least = op;
    }
    return behind;
}

/* The watermark node that holds the time of `plan` back; NULL: its time is not that of rows. */
static const struct plan_watermark *watermark_behind(const struct walk *w, const struct plan *plan)
{
    while (plan && plan->kind != PLAN_WATERMARK)
        plan = input_behind(w, plan);
    return (const struct plan_watermark *)plan;
}

struct splits {
    uint32_t count, with_rows, idle, ended;
    const struct view_split *holder; /* time waits for it */
    const struct view_split *ahead;  /* the one with the greatest watermark */
    int64_t quiet_us;                /* since the last row of any; -1: none yet */
};

static struct splits splits_of(const struct walk *w, const struct plan_scan *scan)
{
    struct splits all = { .quiet_us = -1 };
    for (uint32_t i = 0; i < w->view->split_count; i++) {
        const struct view_split *s = &w->view->splits[i];
        if (s->scan != &scan->base)
            continue;
        all.count++;
        all.with_rows += s->rows > 0;
        all.idle += s->idle;
        all.ended += s->ended;
        if (s->holds)
            all.holder = s;
        if (!all.ahead || s->watermark_us > all.ahead->watermark_us)
            all.ahead = s;
        if (s->quiet_us >= 0 && (all.quiet_us < 0 || s->quiet_us < all.quiet_us))
            all.quiet_us = s->quiet_us;
    }
    return all;
}

static void hint_idle(struct walk *w, const struct plan_watermark *time)
{
    if (time->idle_ms == 0) {
        buf_text(&w->hint, "SET 'table.exec.source.idle-timeout' = '1 min' lets time go on without "
                           "partitions that have had no row for so long.");
        return;
    }
    buf_text(&w->hint, "It is left out when it has had no row for ");
    why_put_span(&w->hint, time->idle_ms * 1000);
    buf_text(&w->hint, " (table.exec.source.idle-timeout).");
}

/* One of several partitions is behind the others. */
static void put_holder(struct walk *w, const struct plan_watermark *time, const struct splits *all)
{
    const struct view_split *s = all->holder;
    buf_printf(&w->text, "time waits for partition \"" STR_FMT "\" of table \"" STR_FMT "\", ",
               STR_ARG(s->name), STR_ARG(time->scan->def.name));
    if (s->rows == 0) {
        buf_text(&w->text, "which has had no row yet");
    } else {
        buf_text(&w->text, "which is at ");
        why_put_time(w, &w->text, time, s->watermark_us);
        buf_text(&w->text, ": its last row came ");
        why_put_span(&w->text, s->quiet_us);
        buf_printf(&w->text, " ago; \"" STR_FMT "\" is at ", STR_ARG(all->ahead->name));
        why_put_time(w, &w->text, time, all->ahead->watermark_us);
    }
    if (s->lag_rows > 0) {
        buf_text(&w->text, "; it has ");
        why_put_count(&w->text, (uint64_t)s->lag_rows, "row");
        buf_text(&w->text, " that have not been read yet");
    } else {
        hint_idle(w, time);
    }
}

/* Time stands where the newest row has put it. */
static void put_newest(struct walk *w, const struct plan_watermark *time, const struct splits *all)
{
    buf_printf(&w->text, "only new rows of table \"" STR_FMT "\" move time on: ",
               STR_ARG(time->scan->def.name));
    if (all->idle == all->count && all->with_rows > 0)
        buf_text(&w->text, "all of its partitions are idle, ");
    if (all->quiet_us < 0) {
        buf_text(&w->text, "none has come yet");
    } else {
        buf_text(&w->text, "its last row came ");
        why_put_span(&w->text, all->quiet_us);
        buf_text(&w->text, " ago");
    }
    if (!time->watermark && time->delay_us > 0) {
        buf_text(&w->hint, "Its watermark stays ");
        why_put_span(&w->hint, time->delay_us);
        buf_text(&w->hint, " behind the newest row: what is open leaves when rows with later times "
                           "come.");
    }
}

static void note_ahead(struct walk *w, const struct plan_scan *scan)
{
    for (uint32_t i = 0; i < w->view->stats.source_count; i++) {
        const struct exec_source_stats *s = &w->view->stats.sources[i];
        if (!str_eq(s->name, scan->def.name) || s->ahead == 0)
            continue;
        buf_printf(&w->text, "table \"" STR_FMT "\" has had ", STR_ARG(s->name));
        why_put_count(&w->text, s->ahead, "row");
        buf_text(&w->text, " too far ahead of the clock to move time");
        buf_text(&w->hint, "weir.watermark.max-future says how far is too far.");
        why_add(w, WHY_NOTE, &scan->base);
        return;
    }
}

static void find_holder(struct walk *w, const struct plan *plan)
{
    const struct plan_watermark *time = watermark_behind(w, plan);
    if (!time)
        return;
    struct splits all = splits_of(w, time->scan);
    bool is_one = all.holder && all.count > 1 && all.holder != all.ahead &&
                  all.holder->watermark_us < all.ahead->watermark_us;
    if (all.count == 0)
        return;
    if (is_one)
        put_holder(w, time, &all);
    else
        put_newest(w, time, &all);
    why_add(w, WHY_HELD, &time->base);
    note_ahead(w, time->scan);
    why_waits(w, &time->scan->base);
}

/* --- joins: which side is behind -------------------------------------------------------------- */

/* The input that holds the time of a join back, while the other one is further; NULL: none does. */
static const struct plan *side_behind(const struct walk *w, const struct plan *plan)
{
    if (plan->input_count != 2)
        return NULL;
    const struct view_op *left = why_op(w, plan->inputs[0]), *right = why_op(w, plan->inputs[1]);
    return left->idle == right->idle && left->watermark_us != right->watermark_us
               ? input_behind(w, plan)
               : NULL;
}

static void put_side_time(struct walk *w, const struct plan *side)
{
    int64_t us = why_op(w, side)->watermark_us;
    if (us == WATERMARK_END) {
        buf_text(&w->text, "over");
        return;
    }
    buf_text(&w->text, "at ");
    why_put_time(w, &w->text, watermark_behind(w, side), us);
}

/* "; the watermark is 12:00:10, that of its right side: its left side is at 12:05:00" */
static void put_watermark(struct walk *w, const struct plan *plan, int64_t us)
{
    static const char *const names[] = { "left", "right" };
    const struct plan *behind = side_behind(w, plan);
    uint32_t side = behind && behind == plan->inputs[1];
    if (us == WATERMARK_NONE) {
        buf_text(&w->text, "; there is no watermark yet");
        if (behind)
            buf_printf(&w->text, ": its %s side has none, its %s side is ", names[side],
                       names[1 - side]);
    } else {
        buf_text(&w->text, "; the watermark is ");
        why_put_time(w, &w->text, watermark_behind(w, plan), us);
        if (behind)
            buf_printf(&w->text, ", that of its %s side: its %s side is ", names[side],
                       names[1 - side]);
    }
    if (behind)
        put_side_time(w, plan->inputs[1 - side]);
}

/* An interval join passes on an older one than it has, for the sake of rows that leave late. */
static int64_t watermark_of(const struct walk *w, const struct plan *plan)
{
    if (plan->kind == PLAN_INTERVAL_JOIN)
        plan = input_behind(w, plan);
    return why_op(w, plan)->watermark_us;
}

void why_kept(struct walk *w, const struct plan *plan)
{
    static const char *const names[] = { "left", "right" };
    const struct view_op *op = why_op(w, plan);
    bool proctime = ((const struct plan_interval_join *)plan)->proctime;
    const struct plan_watermark *time = proctime ? NULL : watermark_behind(w, plan);
    if (op->kept[0] + op->kept[1] == 0)
        return;
    why_put_op(&w->text, plan);
    for (uint32_t side = 0; side < 2; side++) {
        if (op->kept[side] == 0)
            continue;
        buf_text(&w->text, side == 1 && op->kept[0] > 0 ? ", and " : " keeps ");
        why_put_count(&w->text, op->kept[side], "row");
        buf_printf(&w->text, " of its %s side, %suntil ", names[side],
                   op->kept[side] == 1 ? "" : "the first ");
        why_put_time(w, &w->text, time, op->kept_until_us[side]);
    }
    buf_text(&w->text, proctime ? " by the clock, for partners that may come"
                                : ", for partners that may come");
    if (!proctime)
        put_watermark(w, plan, watermark_of(w, plan));
    why_add(w, WHY_NOTE, plan);
    if (!proctime && side_behind(w, plan))
        find_holder(w, plan);
}

/* --- what waits ----------------------------------------------------------------------------- */

/* Windows by the clock; NULL: it has none. */
static const struct window_spec *window_of(const struct plan *plan)
{
    if (plan->kind == PLAN_WINDOW)
        return &((const struct plan_window *)plan)->window;
    return plan->kind == PLAN_ASSIGN ? &((const struct plan_assign *)plan)->window : NULL;
}

/* Does it make, or read, windows? */
static bool is_windowed(const struct plan *plan, bool *ret_proctime)
{
    const struct window_spec *window = window_of(plan);
    const struct plan_rank *rank = (const struct plan_rank *)plan;
    const struct plan_dedup *dedup = (const struct plan_dedup *)plan;
    *ret_proctime =
        plan->kind == PLAN_INTERVAL_JOIN && ((const struct plan_interval_join *)plan)->proctime;
    if (window)
        *ret_proctime = window->proctime;
    else if (plan->kind == PLAN_WINDOW_JOIN)
        *ret_proctime = ((const struct plan_window_join *)plan)->proctime;
    else if (plan->kind == PLAN_RANK && rank->window_end != PLAN_NO_COLUMN)
        *ret_proctime = rank->proctime;
    else if (plan->kind == PLAN_DEDUP && dedup->window_end != PLAN_NO_COLUMN)
        *ret_proctime = dedup->proctime;
    else
        return false;
    return true;
}

static void put_open(struct walk *w, const struct view_op *op, bool windows)
{
    bool is_session = windows && window_of(op->plan) && window_of(op->plan)->kind == WINDOW_SESSION;
    const char *what = is_session ? "session" : windows ? "window" : "row";
    why_put_op(&w->text, op->plan);
    buf_text(&w->text, " waits for time: ");
    why_put_count(&w->text, op->open_count, what);
    if (op->plan->kind == PLAN_TEMPORAL_JOIN)
        buf_text(&w->text, " of its left side");
    if (op->plan->kind == PLAN_INTERVAL_JOIN)
        buf_text(&w->text, " without a partner");
    buf_text(&w->text, windows ? (op->open_count == 1 ? " is open" : " are open")
                               : (op->open_count == 1 ? " is held" : " are held"));
    buf_text(&w->text, op->open_count == 1 ? ", until " : ", the first until ");
}

bool why_time(struct walk *w, const struct plan *plan)
{
    const struct view_op *op = why_op(w, plan);
    bool proctime, windows = is_windowed(plan, &proctime);
    if (op->open_count == 0 || op->open_until_us == INT64_MAX)
        return false;
    put_open(w, op, windows);
    if (op->open_until_us == INT64_MAX - 1) {
        buf_text(&w->text, "its input ends");
        why_add(w, WHY_HELD, plan);
        return true;
    }
    /* A window is over with its last millisecond. */
    int64_t until_us = op->open_until_us + (windows ? 1000 : 0);
    const struct plan_watermark *time = proctime ? NULL : watermark_behind(w, plan);
    why_put_time(w, &w->text, time, until_us);
    if (proctime) {
        buf_text(&w->text, " by the clock");
        why_add(w, WHY_HELD, plan);
        return true;
    }
    put_watermark(w, plan, watermark_of(w, plan));
    why_add(w, WHY_HELD, plan);
    find_holder(w, plan);
    return true;
}
