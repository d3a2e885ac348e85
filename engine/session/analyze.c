/* analyze.c -- see analyze.h. */
#include "session/analyze.h"

#include "plan/plan_bill.h"

/* ---- rows that nobody is to see -------------------------------------------------------- */

static enum code discard_write(struct sink *sink, const struct batch *in, struct error *err)
{
    (void)sink, (void)in, (void)err;
    return OK;
}

static enum code discard_flush(struct sink *sink, struct error *err)
{
    (void)sink, (void)err;
    return OK;
}

static enum code discard_poll(struct sink *sink, bool *ret_done, struct error *err)
{
    (void)sink, (void)err;
    *ret_done = true;
    return OK;
}

static int discard_fd(struct sink *sink)
{
    (void)sink;
    return -1;
}

static void discard_close(struct sink *sink)
{
    (void)sink;
}

struct sink *analyze_discard(void)
{
    static const struct sink_kind kind = { .write = discard_write,
                                           .flush_start = discard_flush,
                                           .flush_poll = discard_poll,
                                           .wake_fd = discard_fd,
                                           .close = discard_close };
    static struct sink sink = { .kind = &kind };
    return &sink;
}

/* ---- counters --------------------------------------------------------------------------- */

static void put_grouped(struct buf *out, uint64_t n)
{
    if (n >= 1000) {
        put_grouped(out, n / 1000);
        buf_printf(out, ",%03u", (unsigned)(n % 1000));
    } else {
        buf_printf(out, "%u", (unsigned)n);
    }
}

static void put_count(struct buf *out, const char *name, uint64_t n)
{
    buf_printf(out, "%s%s=", out->size > 0 ? " " : "", name);
    put_grouped(out, n);
}

struct counting {
    const struct exec_view *view;
    const struct exec_view *earlier; /* NULL: the begin */
    uint64_t busy_ns;                /* of all operators, since then */
    bool as_json;
};

/* Bad rows that a source or a sink has left out. */
static uint64_t skipped_rows(const struct exec_view *view, const struct plan *node)
{
    const struct exec_stats *stats = &view->stats;
    if (node->kind == PLAN_SCAN) {
        const struct plan_scan *scan = (const struct plan_scan *)node;
        for (uint32_t i = 0; i < stats->source_count; i++)
            if (str_eq(stats->sources[i].name, scan->def.name))
                return stats->sources[i].skipped;
    }
    if (node->kind == PLAN_SINK) {
        const struct plan_sink *sink = (const struct plan_sink *)node;
        for (uint32_t i = 0; sink->table && i < stats->sink_count; i++)
            if (stats->sinks[i].statement == 0 && str_eq(stats->sinks[i].name, sink->def.name))
                return stats->sinks[i].rejected;
    }
    return 0;
}

/* An operator as it was then. */
static struct view_op since(const struct counting *c, const struct view_op *op)
{
    const struct view_op *old = c->earlier ? exec_view_op(c->earlier, op->plan->id) : NULL;
    return old ? *old : (struct view_op){ .plan = op->plan };
}

static double rows_per_second(const struct counting *c, const struct view_op *op)
{
    int64_t us = c->view->wall_us - (c->earlier ? c->earlier->wall_us : 0);
    uint64_t rows = op->rows_in - since(c, op).rows_in;
    return (double)rows / ((double)MAX(us, 1) / 1e6);
}

static uint64_t busy_ns(const struct counting *c, const struct view_op *op)
{
    return op->busy_ns - since(c, op).busy_ns;
}

static void put_json(struct buf *out, const struct counting *c, const struct view_op *op)
{
    buf_printf(out,
               "\"rows_in\": %llu, \"rows_out\": %llu, \"rows_per_s\": %.1f, \"cpu_ns\": %llu, "
               "\"state_bytes\": %llu, \"late\": %llu, \"skipped\": %llu",
               (unsigned long long)op->rows_in, (unsigned long long)op->rows_out,
               rows_per_second(c, op), (unsigned long long)busy_ns(c, op),
               (unsigned long long)op->state_bytes, (unsigned long long)op->late,
               (unsigned long long)skipped_rows(c->view, op->plan));
    if (c->busy_ns > 0)
        buf_printf(out, ", \"cpu_share\": %.3f", (double)busy_ns(c, op) / (double)c->busy_ns);
    if (op->plan->kind == PLAN_LOOKUP)
        buf_printf(out, ", \"asked\": %llu, \"hits\": %llu, \"missed\": %llu",
                   (unsigned long long)op->asked, (unsigned long long)op->hits,
                   (unsigned long long)op->missed);
}

/* A sink gives on nothing, and what a source reads and passes on differs by its bad rows alone. */
static void put_text(struct buf *out, const struct counting *c, const struct view_op *op)
{
    put_count(out, "in", op->rows_in);
    if (op->plan->kind != PLAN_SINK)
        put_count(out, "out", op->rows_out);
    put_count(out, "rows/s", (uint64_t)rows_per_second(c, op));
    if (c->busy_ns > 0)
        buf_printf(out, " cpu=%.0f%%", 100 * (double)busy_ns(c, op) / (double)c->busy_ns);
    if (op->state_bytes > 0) {
        buf_text(out, " state=");
        plan_print_bytes(out, (double)op->state_bytes);
    }
    if (op->late > 0)
        put_count(out, "late", op->late);
    uint64_t skipped = skipped_rows(c->view, op->plan);
    if (skipped > 0)
        put_count(out, "skipped", skipped);
    if (op->open_count > 0)
        put_count(out, "open", op->open_count);
    if (op->plan->kind == PLAN_LOOKUP) {
        put_count(out, "asked", op->asked);
        put_count(out, "known", op->hits);
        put_count(out, "missed", op->missed);
    }
    if (op->waiting_for)
        buf_printf(out, " waits-for=[%s]", op->waiting_for);
}

/* By id. NULL: out of memory. */
static const struct str *counters(struct arena *arena, const struct plan_job *plan,
                                  const struct counting *c)
{
    struct str *texts = arena_array(arena, struct str, plan->node_count + 1);
    struct buf text;
    buf_init(&text, 1 << 16);
    for (uint32_t i = 0; texts && i < c->view->op_count; i++) {
        const struct view_op *op = &c->view->ops[i];
        if (op->plan->id > plan->node_count)
            continue;
        buf_clear(&text);
        if (c->as_json)
            put_json(&text, c, op);
        else
            put_text(&text, c, op);
        texts[op->plan->id] = arena_str(arena, buf_view(&text));
        if (text.failed || !texts[op->plan->id].data)
            texts = NULL;
    }
    buf_done(&text);
    return texts;
}

static void put_total(struct buf *out, const struct exec_view *view)
{
    buf_printf(out, "%s: %.3f s wall, %.3f s CPU", view->ended ? "ran" : "runs",
               (double)view->wall_us / 1e6, (double)view->cpu_us / 1e6);
    buf_text(out, ", state ");
    plan_print_bytes(out, (double)view->state_bytes);
    if (view->state_limit_bytes > 0) {
        buf_text(out, " of ");
        plan_print_bytes(out, (double)view->state_limit_bytes);
    }
    if (view->checkpoints > 0)
        buf_printf(out, ", %llu checkpoint%s", (unsigned long long)view->checkpoints,
                   view->checkpoints == 1 ? "" : "s");
    buf_char(out, '\n');
}

enum code explain_print_running(struct buf *out, const struct plan_job *plan,
                                const struct exec_view *view, const struct exec_view *earlier,
                                struct str source, const struct plan_text_options *options,
                                struct str format, struct error *err)
{
    struct counting c = { .view = view, .earlier = earlier, .as_json = str_is(format, "json") };
    struct plan_text_options text = { .columns = 0 };
    struct arena *arena = arena_create();
    enum code code = OK;
    for (uint32_t i = 0; i < view->op_count; i++)
        c.busy_ns += busy_ns(&c, &view->ops[i]);
    if (options)
        text = *options;
    text.counters = arena ? counters(arena, plan, &c) : NULL;
    if (!text.counters) {
        code = error_nomem(err);
    } else if (c.as_json) {
        const struct plan_json_options json = { .counters = text.counters };
        code = plan_print_json(out, plan, source, &json, err);
    } else {
        plan_print_text(out, plan, source, &text);
        put_total(out, view);
    }
    arena_destroy(arena);
    return code;
}
