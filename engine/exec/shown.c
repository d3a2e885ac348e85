/* shown.c -- what a worker tells those who look at the job, beside its sources and sinks.
 *
 * It is told when somebody asks, by the worker itself and between two batches: so
 * operators need no locks to be looked at. */
#include "exec/exchange.h"
#include "exec/run.h"

#include "base/clock.h"

/* Has it output left that finds no room, or waits for a server? */
static bool is_waiting(const struct op *op)
{
    switch (op->plan->kind) {
    case PLAN_SINK:
        return op_sink_is_blocked(op);
    case PLAN_EXCHANGE:
        return op_exchange_waits(op);
    default:
        return op->more;
    }
}

/* Branches of calcs are not in x->ops, but have a plan node each. */
static void put_op(const struct run *x, struct op *op)
{
    struct shown_op *shown = &x->shown[op->plan->id];
    shown->watermark_us = op->watermark_us;
    shown->idle = op->idle;
    shown->waits = is_waiting(op);
    shown->look =
        (struct op_look){ .open_until_us = INT64_MAX, .kept_until_us = { INT64_MAX, INT64_MAX } };
    if (op->kind->look)
        op->kind->look(op, &shown->look);
}

/* --- splits ----------------------------------------------------------------------- */

static void find_time(struct run *x, struct run_source *s)
{
    for (uint32_t i = 0; !s->time && i < x->op_count; i++) {
        const struct plan_watermark *plan = (const struct plan_watermark *)x->ops[i]->plan;
        if (plan->base.kind == PLAN_WATERMARK && plan->scan == s->scan)
            s->time = x->ops[i];
    }
}

/* The names are copied once: splits only grow, and theirs may lie elsewhere later.  What finds no
 * memory is not shown. */
static void put_splits(struct run *x, struct run_source *s)
{
    struct view_split now;
    find_time(x, s);
    for (uint32_t i = 0; op_source_split(s->op, i, &now); i++) {
        if (s->time)
            op_watermark_split(s->time, i, &now);
        now.worker = x->worker.index;
        now.ended = now.ended || s->ended;
        now.holds = now.holds && !now.ended;
        now.idle = now.idle && !now.ended;
        if (i < s->split_count) {
            now.name = s->splits[i].name;
            s->splits[i] = now;
            continue;
        }
        now.name = arena_str(x->worker.op_arena, now.name);
        if (!now.name.data ||
            !ARENA_PUSH(x->worker.op_arena, s->splits, s->split_count, s->split_cap, now))
            return;
    }
}

/* As with splits: they only become more, in their order. */
static void put_paths(struct run *x)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->op_count; i++) {
        const struct op *op = x->ops[i];
        bool is_json = op->plan->kind == PLAN_JSON;
        struct view_path now;
        if (!is_json && op->plan->kind != PLAN_SCAN)
            continue;
        for (uint32_t k = 0; is_json ? op_json_path(op, k, &now) : op_source_path(op, k, &now);
             k++, n++) {
            if (n < x->path_count)
                x->paths[n] = now;
            else if (!ARENA_PUSH(x->worker.op_arena, x->paths, x->path_count, x->path_cap, now))
                return;
        }
    }
}

void shown_put(struct run *x)
{
    const struct plan_job *job = x->exec->job;
    put_paths(x);
    for (uint32_t i = 0; i < job->node_count; i++) {
        struct op *op = x->of_plan[job->nodes[i]->id];
        if (op)
            put_op(x, op);
    }
    for (uint32_t i = 0; i < x->source_count; i++)
        if (x->sources[i].scan)
            put_splits(x, &x->sources[i]);
}

/* --- answering ---------------------------------------------------------------------- */

void run_answer(struct run *x)
{
    struct exec *exec = x->exec;
    x->view_seen = atomic_load(&exec->view_asked);
    run_publish_now(x);
    run_note_cpu(x);
    pthread_mutex_lock(&exec->view_lock);
    x->view_answered = MAX(x->view_answered, x->view_seen);
    pthread_cond_broadcast(&exec->view_cond);
    pthread_mutex_unlock(&exec->view_lock);
}

void run_note_cpu(struct run *x)
{
    atomic_store(&x->cpu_us, clock_thread_cpu_us() - x->cpu_begun_us);
}

void run_answers(struct run *x, bool will)
{
    pthread_mutex_lock(&x->exec->view_lock);
    x->view_answered = will ? 0 : UINT64_MAX;
    pthread_cond_broadcast(&x->exec->view_cond);
    pthread_mutex_unlock(&x->exec->view_lock);
}
