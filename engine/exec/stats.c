/* stats.c -- counters of all workers as one job.
 *
 * Each worker puts copies of its counters where worker 0 may read them, now and then;
 * once the threads have ended, all are exact. */
#include "exec/run.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>

enum {
    PUBLISH_US = 100 * 1000,
    TOLD_BYTES = 2048, /* of a bad row, for the log */
};

enum code stats_create(struct exec *exec, struct error *err)
{
    for (uint32_t i = 0; i < exec->run_count; i++) {
        struct run *x = &exec->runs[i];
        struct arena *arena = x->worker.op_arena;
        pthread_mutex_init(&x->shown_lock, NULL);
        x->source_stats = arena_array(arena, struct exec_source_stats, MAX(x->source_count, 1));
        x->sink_stats = arena_array(arena, struct exec_sink_stats, MAX(x->sink_count, 1));
        x->waiting = arena_zalloc(arena, sizeof *x->waiting *
                                             (x->source_count + x->sink_count + x->op_count));
        x->shown = arena_array(arena, struct shown_op, exec->job->node_count + 1);
        x->late = arena_array(arena, uint64_t, MAX(exec->job->scan_count, 1));
        if (!x->late || !x->source_stats || !x->sink_stats || !x->waiting || !x->shown)
            return error_nomem(err);
    }
    return stats_sum_create(exec, exec->arena, &exec->sum, err);
}

static const char *copy_waiting(struct run *x, uint32_t place, const char *text)
{
    if (!text)
        return NULL;
    snprintf(x->waiting[place], sizeof x->waiting[place], "%s", text);
    return x->waiting[place];
}

/* The first scan below a node. */
static const struct plan *scan_below(const struct plan *node)
{
    while (node->input_count > 0)
        node = node->inputs[0];
    return node;
}

/* Windows count late rows, and a source below them shows the count. */
static uint64_t late_rows(const struct run *x, const struct plan_scan *scan)
{
    uint64_t late = 0;
    for (uint32_t i = 0; i < x->op_count; i++)
        if (op_counted(&x->ops[i]->late) > 0 && scan_below(x->ops[i]->plan) == &scan->base)
            late += op_counted(&x->ops[i]->late);
    return late;
}

static void put_source(struct run *x, uint32_t i)
{
    const struct run_source *s = &x->sources[i];
    struct exec_source_stats *stats = &x->source_stats[i];
    if (!s->scan)
        return;
    struct source_status status = { .lag_rows = -1 };
    struct source *source = op_source_connector(s->op);
    if (source->kind->status)
        source->kind->status(source, &status);
    *stats = (struct exec_source_stats){
        .name = s->scan->def.name,
        .rows = op_counted(&s->op->rows_in),
        .bytes = op_source_bytes(s->op),
        .skipped = s->policy->count,
        .ahead = op_source_ahead(s->op),
        .lag_rows = status.lag_rows,
        .watermark_us = op_source_watermark(s->op),
        .waiting_for = copy_waiting(x, i, status.waiting_for),
        .waiting_since_us = status.waiting_since_us,
        .ended = s->ended,
    };
}

static void put_sink(struct run *x, uint32_t i)
{
    const struct run_sink *s = &x->sinks[i];
    struct exec_sink_stats *stats = &x->sink_stats[i];
    struct sink_status status = { .pending_rows = 0 };
    struct sink *sink = op_sink_connector(s->op);
    if (sink->kind->status)
        sink->kind->status(sink, &status);
    *stats = (struct exec_sink_stats){
        .name = s->plan->def.name,
        .statement = s->plan->statement,
        .rejected = s->policy->count,
        .unconfirmed = (uint64_t)MAX(status.pending_rows, 0),
        .waiting_for = copy_waiting(x, x->source_count + i, status.waiting_for),
        .waiting_since_us = status.waiting_since_us,
    };
    op_sink_written(s->op, stats->written);
}

/* Of several that wait the first one is shown in the end. */
static void put_lookups(struct run *x)
{
    x->lookup_stats = (struct exec_lookup_stats){ .waiting_for = NULL };
    for (uint32_t i = 0; i < x->op_count; i++) {
        if (x->ops[i]->plan->kind != PLAN_LOOKUP)
            continue;
        const struct plan_lookup *plan = (const struct plan_lookup *)x->ops[i]->plan;
        struct shown_op *shown = &x->shown[plan->base.id];
        struct source_status status;
        op_lookup_status(x->ops[i], &status);
        shown->waiting_for =
            copy_waiting(x, x->source_count + x->sink_count + i, status.waiting_for);
        shown->waiting_since_us = status.waiting_since_us;
        if (x->lookup_stats.waiting_for)
            continue;
        x->lookup_stats = (struct exec_lookup_stats){
            .name = plan->def.name,
            .waiting_for = shown->waiting_for,
            .waiting_since_us = status.waiting_since_us,
        };
    }
}

void run_publish_now(struct run *x)
{
    const struct plan_job *job = x->exec->job;
    pthread_mutex_lock(&x->shown_lock);
    for (uint32_t i = 0; i < job->scan_count; i++)
        x->late[i] = late_rows(x, job->scans[i]);
    for (uint32_t i = 0; i < x->source_count; i++)
        put_source(x, i);
    for (uint32_t i = 0; i < x->sink_count; i++)
        put_sink(x, i);
    put_lookups(x);
    shown_put(x);
    pthread_mutex_unlock(&x->shown_lock);
}

void run_publish(struct run *x)
{
    int64_t now = clock_monotonic_us();
    if (now - x->shown_us < PUBLISH_US)
        return;
    x->shown_us = now;
    run_publish_now(x);
}

/* --- all workers as one ---------------------------------------------------------------- */

/* The worker may overwrite its text once the lock is given back. */
static const char *keep_waiting(struct stats_sum *sum, uint32_t place, const char *text)
{
    if (!text)
        return NULL;
    snprintf(sum->waiting[place], sizeof sum->waiting[place], "%s", text);
    return sum->waiting[place];
}

static void add_source(struct stats_sum *sum, uint32_t at, const struct exec_source_stats *one)
{
    struct exec_source_stats *all = &sum->sources[at];
    all->rows += one->rows;
    all->bytes += one->bytes;
    all->skipped += one->skipped;
    all->ahead += one->ahead;
    all->lag_rows = all->lag_rows < 0 || one->lag_rows < 0 ? MAX(all->lag_rows, one->lag_rows)
                                                           : all->lag_rows + one->lag_rows;
    all->watermark_us = MIN(all->watermark_us, one->watermark_us);
    all->ended = all->ended && one->ended;
    if (!all->waiting_for) {
        all->waiting_for = keep_waiting(sum, at, one->waiting_for);
        all->waiting_since_us = one->waiting_since_us;
    }
}

static void add_sink(struct stats_sum *sum, uint32_t at, const struct exec_sink_stats *one)
{
    struct exec_sink_stats *all = &sum->sinks[at];
    for (int i = 0; i < 4; i++)
        all->written[i] += one->written[i];
    all->rejected += one->rejected;
    all->unconfirmed += one->unconfirmed;
    if (!all->waiting_for) {
        all->waiting_for = keep_waiting(sum, sum->source_count + at, one->waiting_for);
        all->waiting_since_us = one->waiting_since_us;
    }
}

static void add_lookup(struct stats_sum *sum, const struct exec_lookup_stats *one)
{
    bool is_known = sum->lookup.name.size > 0; /* whoever has waited is named when it goes on */
    if (sum->lookup.waiting_for || (!one->waiting_for && is_known))
        return;
    sum->lookup = *one;
    sum->lookup.waiting_for =
        keep_waiting(sum, sum->source_count + sum->sink_count, one->waiting_for);
}

/* A window below a source may be on any worker. */
static void add_late(struct exec *exec, struct stats_sum *sum, const struct run *x)
{
    const struct run *first = &exec->runs[0];
    uint32_t at = 0;
    for (uint32_t i = 0; i < first->source_count; i++) {
        for (uint32_t k = 0; first->sources[i].scan && k < exec->job->scan_count; k++)
            if (exec->job->scans[k] == first->sources[i].scan)
                sum->sources[at].late += x->late[k];
        at += first->sources[i].scan != NULL;
    }
}

static void begin_sum(struct stats_sum *sum, const struct run *first)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < first->source_count; i++) {
        if (!first->sources[i].scan)
            continue;
        sum->sources[at] = first->source_stats[i];
        sum->sources[at].waiting_for = keep_waiting(sum, at, sum->sources[at].waiting_for);
        at++;
    }
    for (uint32_t i = 0; i < first->sink_count; i++) {
        sum->sinks[i] = first->sink_stats[i];
        sum->sinks[i].waiting_for =
            keep_waiting(sum, sum->source_count + i, sum->sinks[i].waiting_for);
    }
    sum->lookup = (struct exec_lookup_stats){ .waiting_for = NULL };
}

/* Adds what worker `x` has of the sources and sinks of worker 0. */
static void add_run(struct exec *exec, struct stats_sum *sum, const struct run *x)
{
    const struct run *first = &exec->runs[0];
    uint32_t at = 0;
    for (uint32_t i = 0; i < first->source_count; i++) {
        if (!first->sources[i].scan)
            continue;
        for (uint32_t k = 0; k < x->source_count; k++)
            if (x->sources[k].scan == first->sources[i].scan)
                add_source(sum, at, &x->source_stats[k]);
        at++;
    }
    for (uint32_t i = 0; i < first->sink_count; i++)
        for (uint32_t k = 0; k < x->sink_count; k++)
            if (x->sinks[k].plan == first->sinks[i].plan)
                add_sink(sum, i, &x->sink_stats[k]);
}

enum code stats_sum_create(struct exec *exec, struct arena *arena, struct stats_sum *ret,
                           struct error *err)
{
    const struct run *first = &exec->runs[0];
    uint32_t sources = 0, sinks = first->sink_count;
    for (uint32_t i = 0; i < first->source_count; i++)
        sources += first->sources[i].scan != NULL;
    *ret = (struct stats_sum){ .source_count = sources, .sink_count = sinks };
    ret->sources = arena_array(arena, struct exec_source_stats, MAX(sources, 1));
    ret->sinks = arena_array(arena, struct exec_sink_stats, MAX(sinks, 1));
    ret->waiting = arena_zalloc(arena, sizeof *ret->waiting * (sources + sinks + 1));
    return ret->sources && ret->sinks && ret->waiting ? OK : error_nomem(err);
}

void stats_sum_up(struct exec *exec, struct stats_sum *sum, struct exec_stats *ret)
{
    for (uint32_t i = 0; i < exec->run_count; i++) {
        struct run *x = &exec->runs[i];
        pthread_mutex_lock(&x->shown_lock);
        if (i == 0)
            begin_sum(sum, x);
        else
            add_run(exec, sum, x);
        add_lookup(sum, &x->lookup_stats);
        add_late(exec, sum, x);
        pthread_mutex_unlock(&x->shown_lock);
    }
    *ret = (struct exec_stats){ .sources = sum->sources,
                                .source_count = sum->source_count,
                                .sinks = sum->sinks,
                                .sink_count = sum->sink_count,
                                .lookup = sum->lookup,
                                .checkpoints = atomic_load(&exec->checkpoints) };
}

const struct exec_stats *exec_stats(struct exec *exec)
{
    for (uint32_t i = 0; i < (exec->running ? 1 : exec->run_count); i++)
        run_publish_now(&exec->runs[i]);
    stats_sum_up(exec, &exec->sum, &exec->stats);
    return &exec->stats;
}

/* --- bad rows of the other workers ------------------------------------------------------ */

struct told_row {
    struct told_row *next;
    struct str table;
    struct bad_row row;
    char text[TOLD_BYTES];
};

static struct str keep(struct told_row *told, size_t *at, struct str text)
{
    size_t size = MIN(text.size, sizeof told->text - *at);
    char *copy = told->text + *at;
    if (size > 0)
        memcpy(copy, text.data, size);
    *at += size;
    return str_make(text.data ? copy : NULL, size);
}

/* What cannot be kept for the log is only not told: it is counted. */
void run_tell_later(void *self, struct str table, const struct bad_row *row)
{
    struct exec *exec = ((struct run *)self)->exec;
    struct told_row *told = mem_alloc(sizeof *told);
    if (!told)
        return;
    size_t at = 0;
    told->table = table;
    told->row = *row;
    told->row.place = keep(told, &at, row->place);
    told->row.reason = keep(told, &at, row->reason);
    told->row.raw = keep(told, &at, row->raw);
    pthread_mutex_lock(&exec->told_lock);
    struct told_row **tail = &exec->told;
    while (*tail)
        tail = &(*tail)->next;
    told->next = NULL;
    *tail = told;
    pthread_mutex_unlock(&exec->told_lock);
    run_wake(&exec->runs[0]);
}

static void tell_rows(struct exec *exec)
{
    if (exec->run_count == 1)
        return;
    pthread_mutex_lock(&exec->told_lock);
    struct told_row *list = exec->told;
    exec->told = NULL;
    pthread_mutex_unlock(&exec->told_lock);
    for (struct told_row *next; list; list = next) {
        next = list->next;
        exec->hooks.bad_row(exec->hooks.self, list->table, &list->row);
        mem_free(list);
    }
}

void exec_show_progress(struct exec *exec)
{
    tell_rows(exec);
    int64_t now = clock_monotonic_us();
    if (!exec->hooks.progress || now < exec->progress_due_us)
        return;
    exec->progress_due_us = now + exec->options.progress_interval_ms * 1000;
    exec->hooks.progress(exec->hooks.self, exec_stats(exec));
}

void stats_destroy(struct exec *exec)
{
    for (struct told_row *next; exec->told; exec->told = next) {
        next = exec->told->next;
        mem_free(exec->told);
    }
}
