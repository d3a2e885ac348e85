/* view.c -- the side of those who look: workers are asked, and what they told is added up. */
#include "exec/view.h"

#include "exec/run.h"

#include "base/clock.h"

#include <time.h>

enum { PATIENCE_MS = 200 };

/* --- asking the workers --------------------------------------------------------------- */

static bool all_have_answered(const struct exec *exec, uint64_t asked)
{
    for (uint32_t i = 0; i < exec->run_count; i++)
        if (exec->runs[i].view_answered < asked)
            return false;
    return true;
}

/* Whoever does not answer in time is seen as he was. */
static void ask_workers(struct exec *exec, bool is_first)
{
    uint64_t asked = atomic_fetch_add(&exec->view_asked, 1) + 1;
    for (uint32_t i = 0; i < exec->run_count; i++)
        run_wake(&exec->runs[i]);
    if (is_first)
        run_answer(&exec->runs[0]);
    int64_t until_us = clock_monotonic_us() + PATIENCE_MS * 1000;
    struct timespec until = { .tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000 };
    pthread_mutex_lock(&exec->view_lock);
    while (!all_have_answered(exec, asked))
        if (pthread_cond_timedwait(&exec->view_cond, &exec->view_lock, &until) != 0)
            break;
    pthread_mutex_unlock(&exec->view_lock);
}

/* --- operators ------------------------------------------------------------------------- */

static const struct op *op_of(const struct run *x, const struct plan *plan)
{
    return x->of_plan[plan->id];
}

/* Of workers whose part of time is idle only if all of them are; one without splits is at the end
 * from the start. */
static void add_watermark(struct view_op *sum, const struct shown_op *one, bool first)
{
    if (!first && one->idle && !sum->idle)
        return;
    bool alone = first || (sum->idle && !one->idle);
    sum->watermark_us = alone ? one->watermark_us : MIN(sum->watermark_us, one->watermark_us);
    sum->idle = one->idle;
}

static void add_waiting(struct view_op *sum, const char *waiting_for, int64_t since_us)
{
    if (!waiting_for || sum->waiting_for)
        return;
    sum->waiting_for = waiting_for;
    sum->waiting_us = clock_monotonic_us() - since_us;
}

/* What the worker tells of a source or a sink stands elsewhere. */
static void add_status(const struct run *x, const struct op *op, struct view_op *sum)
{
    const struct shown_op *shown = &x->shown[op->plan->id];
    for (uint32_t i = 0; i < x->source_count; i++) {
        const struct exec_source_stats *s = &x->source_stats[i];
        if (x->sources[i].op != op)
            continue;
        add_waiting(sum, s->waiting_for, s->waiting_since_us);
        sum->skipped += s->skipped;
    }
    for (uint32_t i = 0; i < x->sink_count; i++) {
        const struct exec_sink_stats *s = &x->sink_stats[i];
        if (x->sinks[i].op != op)
            continue;
        add_waiting(sum, s->waiting_for, s->waiting_since_us);
        sum->skipped += s->rejected;
        for (int k = 0; k < 4; k++)
            sum->rows_out += s->written[k];
    }
    add_waiting(sum, shown->waiting_for, shown->waiting_since_us);
}

static enum code add_op(struct run *x, struct arena *arena, struct view_op *sum, bool first,
                        struct error *err)
{
    const struct op *op = op_of(x, sum->plan);
    const char *known = sum->waiting_for;
    sum->rows_in += op_counted(&op->rows_in);
    sum->rows_out += op_counted(&op->rows_out);
    sum->late += op_counted(&op->late);
    sum->busy_ns += op_counted(&op->busy_ns);
    sum->state_bytes += op->heap ? state_heap_bytes(op->heap) : 0;
    pthread_mutex_lock(&x->shown_lock);
    const struct shown_op *shown = &x->shown[sum->plan->id];
    add_watermark(sum, shown, first);
    sum->waits = sum->waits || shown->waits;
    sum->open_until_us = MIN(sum->open_until_us, shown->look.open_until_us);
    sum->open_count += shown->look.open_count;
    for (int side = 0; side < 2; side++) {
        sum->kept[side] += shown->look.kept[side];
        sum->kept_until_us[side] = MIN(sum->kept_until_us[side], shown->look.kept_until_us[side]);
    }
    sum->asked += shown->look.asked;
    sum->hits += shown->look.hits;
    sum->missed += shown->look.missed;
    add_status(x, op, sum);
    bool copied = sum->waiting_for == known || /* else the text is the worker's */
                  (sum->waiting_for = arena_cstr(arena, str_of(sum->waiting_for))) != NULL;
    pthread_mutex_unlock(&x->shown_lock);
    return copied ? OK : error_nomem(err);
}

static enum code look_at_ops(struct exec *exec, struct arena *arena, struct exec_view *ret,
                             struct error *err)
{
    const struct plan_job *job = exec->job;
    struct view_op *ops = arena_array(arena, struct view_op, MAX(job->node_count, 1));
    if (!ops)
        return error_nomem(err);
    for (uint32_t i = 0; i < job->node_count; i++) {
        ops[i] = (struct view_op){ .plan = job->nodes[i],
                                   .open_until_us = INT64_MAX,
                                   .kept_until_us = { INT64_MAX, INT64_MAX } };
        bool first = true;
        for (uint32_t w = 0; w < exec->run_count; w++) {
            if (!op_of(&exec->runs[w], job->nodes[i]))
                continue;
            TRY(add_op(&exec->runs[w], arena, &ops[i], first, err));
            first = false;
        }
    }
    ret->ops = ops;
    ret->op_count = job->node_count;
    return OK;
}

/* --- splits ---------------------------------------------------------------------------- */

struct split_list {
    struct arena *arena;
    struct view_split *items;
    uint32_t count, cap;
};

static enum code add_splits(struct run *x, const struct plan_scan *scan, struct split_list *list,
                            struct error *err)
{
    bool copied = true;
    pthread_mutex_lock(&x->shown_lock);
    for (uint32_t i = 0; i < x->source_count; i++) {
        const struct run_source *s = &x->sources[i];
        for (uint32_t k = 0; s->scan == scan && k < s->split_count && copied; k++) {
            struct view_split one = s->splits[k];
            one.name = arena_str(list->arena, one.name);
            copied =
                one.name.data && ARENA_PUSH(list->arena, list->items, list->count, list->cap, one);
        }
    }
    pthread_mutex_unlock(&x->shown_lock);
    return copied ? OK : error_nomem(err);
}

/* Of the splits of a table that time waits for the one that is behind: the first of several. */
static void choose_holder(struct view_split *splits, uint32_t n)
{
    struct view_split *behind = NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (splits[i].holds && (!behind || splits[i].watermark_us < behind->watermark_us))
            behind = &splits[i];
        splits[i].holds = false;
    }
    if (behind)
        behind->holds = true;
}

static enum code look_at_splits(struct exec *exec, struct arena *arena, struct exec_view *ret,
                                struct error *err)
{
    struct split_list list = { .arena = arena };
    for (uint32_t i = 0; i < exec->job->scan_count; i++) {
        uint32_t first = list.count;
        for (uint32_t w = 0; w < exec->run_count; w++)
            TRY(add_splits(&exec->runs[w], exec->job->scans[i], &list, err));
        if (list.count > first)
            choose_holder(list.items + first, list.count - first);
    }
    ret->splits = list.items;
    ret->split_count = list.count;
    return OK;
}

/* --- JSON paths -------------------------------------------------------------------------- */

struct path_list {
    struct arena *arena;
    struct view_path *items;
    uint32_t count, cap;
};

static struct view_path *find_path(const struct path_list *list, const struct view_path *like)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].json == like->json && strcmp(list->items[i].text, like->text) == 0)
            return &list->items[i];
    return NULL;
}

/* Text of the worker that is not written again, and lives as long as the job. */
static enum code add_paths(struct run *x, struct path_list *list, struct error *err)
{
    bool pushed = true;
    pthread_mutex_lock(&x->shown_lock);
    for (uint32_t i = 0; i < x->path_count && pushed; i++) {
        const struct view_path *one = &x->paths[i];
        struct view_path *sum = find_path(list, one);
        if (!sum) {
            pushed = ARENA_PUSH(list->arena, list->items, list->count, list->cap, *one);
            continue;
        }
        sum->documents += one->documents;
        sum->found += one->found;
        sum->nearest = sum->nearest.size > 0 ? sum->nearest : one->nearest;
    }
    pthread_mutex_unlock(&x->shown_lock);
    return pushed ? OK : error_nomem(err);
}

static enum code look_at_paths(struct exec *exec, struct arena *arena, struct exec_view *ret,
                               struct error *err)
{
    struct path_list list = { .arena = arena };
    for (uint32_t w = 0; w < exec->run_count; w++)
        TRY(add_paths(&exec->runs[w], &list, err));
    for (uint32_t i = 0; i < list.count; i++) {
        struct view_path *path = &list.items[i];
        bool is_near = path->found == 0 && path->nearest.size > 0;
        path->text = arena_cstr(arena, str_of(path->text));
        path->nearest = is_near ? arena_str(arena, path->nearest) : STR("");
        if (!path->text || !path->nearest.data)
            return error_nomem(err);
    }
    ret->paths = list.items;
    ret->path_count = list.count;
    return OK;
}

/* --- the whole ------------------------------------------------------------------------- */

static void look_at_job(struct exec *exec, struct exec_view *ret)
{
    int64_t begun_us = atomic_load(&exec->begun_mono_us),
            over_us = atomic_load(&exec->over_mono_us);
    ret->workers = exec->run_count;
    ret->begun_us = atomic_load(&exec->begun_us);
    ret->ended = over_us != 0;
    ret->wall_us = begun_us == 0 ? 0 : (over_us != 0 ? over_us : clock_monotonic_us()) - begun_us;
    for (uint32_t i = 0; i < exec->run_count; i++)
        ret->cpu_us += atomic_load(&exec->runs[i].cpu_us);
    ret->state_bytes = atomic_load(&exec->budget.used_bytes);
    ret->state_limit_bytes = exec->options.state_limit_bytes;
    ret->checkpoints = atomic_load(&exec->checkpoints);
    ret->checkpoint_us = atomic_load(&exec->checkpoint_us);
    ret->stopping = atomic_load(&exec->stop) != 0;
    for (uint32_t i = 0; i < ret->stats.source_count; i++)
        ret->bad_rows += ret->stats.sources[i].skipped;
    for (uint32_t i = 0; i < ret->stats.sink_count; i++)
        ret->bad_rows += ret->stats.sinks[i].rejected;
}

static enum code look(struct exec *exec, bool is_first, struct arena *arena, struct exec_view *ret,
                      struct error *err)
{
    struct stats_sum sum;
    *ret = (struct exec_view){ .op_count = 0 };
    ask_workers(exec, is_first);
    TRY(stats_sum_create(exec, arena, &sum, err));
    stats_sum_up(exec, &sum, &ret->stats);
    TRY(look_at_ops(exec, arena, ret, err));
    TRY(look_at_splits(exec, arena, ret, err));
    TRY(look_at_paths(exec, arena, ret, err));
    look_at_job(exec, ret);
    return OK;
}

enum code exec_view(struct exec *exec, struct arena *arena, struct exec_view *ret,
                    struct error *err)
{
    return look(exec, false, arena, ret, err);
}

enum code exec_view_in_hook(struct exec *exec, struct arena *arena, struct exec_view *ret,
                            struct error *err)
{
    return look(exec, true, arena, ret, err);
}

const struct view_op *exec_view_op(const struct exec_view *view, uint32_t plan_id)
{
    for (uint32_t i = 0; i < view->op_count; i++)
        if (view->ops[i].plan->id == plan_id)
            return &view->ops[i];
    return NULL;
}

/* --- being more than looked at ------------------------------------------------------------ */

void exec_set_watched(struct exec *exec)
{
    for (uint32_t i = 0; i < exec->run_count; i++) {
        struct worker *worker = &exec->runs[i].worker;
        atomic_store(&worker->timing, exec->timing_count > 0);
        atomic_store(&worker->watched, exec->timing_count + exec->tap_count > 0);
    }
}

void exec_view_timing(struct exec *exec, bool on)
{
    pthread_mutex_lock(&exec->watch_lock);
    exec->timing_count += on ? 1 : -1;
    exec_set_watched(exec);
    pthread_mutex_unlock(&exec->watch_lock);
}

uint64_t exec_snapshot(struct exec *exec)
{
    uint64_t begun = atomic_load(&exec->checkpoint.wanted) - exec->checkpoint.before;
    atomic_store(&exec->checkpoint.asked, true);
    run_wake(&exec->runs[0]);
    return begun + 1;
}
