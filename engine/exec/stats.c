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
        x->waiting =
            arena_zalloc(arena, sizeof *x->waiting * (x->source_count + x->sink_count + 1));
        x->late = arena_array(arena, uint64_t, MAX(exec->job->scan_count, 1));
        if (!x->late || !x->source_stats || !x->sink_stats || !x->waiting)
            return error_nomem(err);
    }
    uint32_t sources = exec->runs[0].source_count, sinks = exec->runs[0].sink_count;
    exec->source_stats = arena_array(exec->arena, struct exec_source_stats, MAX(sources, 1));
    exec->sink_stats = arena_array(exec->arena, struct exec_sink_stats, MAX(sinks, 1));
    exec->waiting = arena_zalloc(exec->arena, sizeof *exec->waiting * (sources + sinks + 1));
    return exec->source_stats && exec->sink_stats && exec->waiting ? OK : error_nomem(err);
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
        if (x->ops[i]->late > 0 && scan_below(x->ops[i]->plan) == &scan->base)
            late += x->ops[i]->late;
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
        .rows = s->op->rows_in,
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

/* Of several that wait the first one is shown. */
static void put_lookup(struct run *x)
{
    x->lookup_stats = (struct exec_lookup_stats){ .waiting_for = NULL };
    for (uint32_t i = 0; i < x->op_count && !x->lookup_stats.waiting_for; i++) {
        if (x->ops[i]->plan->kind != PLAN_LOOKUP)
            continue;
        const struct plan_lookup *plan = (const struct plan_lookup *)x->ops[i]->plan;
        struct source_status status;
        op_lookup_status(x->ops[i], &status);
        x->lookup_stats = (struct exec_lookup_stats){
            .name = plan->def.name,
            .waiting_for = copy_waiting(x, x->source_count + x->sink_count, status.waiting_for),
            .waiting_since_us = status.waiting_since_us,
        };
    }
}

static void publish_now(struct run *x)
{
    const struct plan_job *job = x->exec->job;
    pthread_mutex_lock(&x->shown_lock);
    for (uint32_t i = 0; i < job->scan_count; i++)
        x->late[i] = late_rows(x, job->scans[i]);
    for (uint32_t i = 0; i < x->source_count; i++)
        put_source(x, i);
    for (uint32_t i = 0; i < x->sink_count; i++)
        put_sink(x, i);
    put_lookup(x);
    pthread_mutex_unlock(&x->shown_lock);
}

void run_publish(struct run *x)
{
    int64_t now = clock_monotonic_us();
    if (now - x->shown_us < PUBLISH_US)
        return;
    x->shown_us = now;
    publish_now(x);
}

/* The worker may overwrite its text once the lock is given back. */
static const char *keep_waiting(struct exec *exec, uint32_t place, const char *text)
{
    if (!text)
        return NULL;
    snprintf(exec->waiting[place], sizeof exec->waiting[place], "%s", text);
    return exec->waiting[place];
}

static void add_source(struct exec *exec, uint32_t at, const struct exec_source_stats *one)
{
    struct exec_source_stats *sum = &exec->source_stats[at];
    sum->rows += one->rows;
    sum->bytes += one->bytes;
    sum->skipped += one->skipped;
    sum->ahead += one->ahead;
    sum->lag_rows = sum->lag_rows < 0 || one->lag_rows < 0 ? MAX(sum->lag_rows, one->lag_rows)
                                                           : sum->lag_rows + one->lag_rows;
    sum->watermark_us = MIN(sum->watermark_us, one->watermark_us);
    sum->ended = sum->ended && one->ended;
    if (!sum->waiting_for) {
        sum->waiting_for = keep_waiting(exec, at, one->waiting_for);
        sum->waiting_since_us = one->waiting_since_us;
    }
}

static void add_sink(struct exec *exec, uint32_t at, const struct exec_sink_stats *one)
{
    struct exec_sink_stats *sum = &exec->sink_stats[at];
    for (int i = 0; i < 4; i++)
        sum->written[i] += one->written[i];
    sum->rejected += one->rejected;
    sum->unconfirmed += one->unconfirmed;
    if (!sum->waiting_for) {
        sum->waiting_for = keep_waiting(exec, exec->runs[0].source_count + at, one->waiting_for);
        sum->waiting_since_us = one->waiting_since_us;
    }
}

static void add_lookup(struct exec *exec, const struct exec_lookup_stats *one)
{
    const struct run *first = &exec->runs[0];
    if (exec->stats.lookup.waiting_for || !one->waiting_for)
        return;
    exec->stats.lookup = *one;
    exec->stats.lookup.waiting_for =
        keep_waiting(exec, first->source_count + first->sink_count, one->waiting_for);
}

/* A window below a source may be on any worker. */
static void add_late(struct exec *exec, struct run *x)
{
    const struct run *first = &exec->runs[0];
    uint32_t at = 0;
    for (uint32_t i = 0; i < first->source_count; i++) {
        for (uint32_t k = 0; first->sources[i].scan && k < exec->job->scan_count; k++)
            if (exec->job->scans[k] == first->sources[i].scan)
                exec->source_stats[at].late += x->late[k];
        at += first->sources[i].scan != NULL;
    }
}

/* Adds what worker `x` has of the sources and sinks of worker 0. */
static void add_run(struct exec *exec, struct run *x)
{
    const struct run *first = &exec->runs[0];
    uint32_t at = 0;
    pthread_mutex_lock(&x->shown_lock);
    for (uint32_t i = 0; i < first->source_count; i++) {
        if (!first->sources[i].scan)
            continue;
        for (uint32_t k = 0; k < x->source_count; k++)
            if (x->sources[k].scan == first->sources[i].scan)
                add_source(exec, at, &x->source_stats[k]);
        at++;
    }
    for (uint32_t i = 0; i < first->sink_count; i++)
        for (uint32_t k = 0; k < x->sink_count; k++)
            if (x->sinks[k].plan == first->sinks[i].plan)
                add_sink(exec, i, &x->sink_stats[k]);
    add_lookup(exec, &x->lookup_stats);
    add_late(exec, x);
    pthread_mutex_unlock(&x->shown_lock);
}

const struct exec_stats *exec_stats(struct exec *exec)
{
    struct run *first = &exec->runs[0];
    for (uint32_t i = 0; i < (exec->running ? 1 : exec->run_count); i++)
        publish_now(&exec->runs[i]);
    uint32_t sources = 0;
    for (uint32_t i = 0; i < first->source_count; i++)
        if (first->sources[i].scan)
            exec->source_stats[sources++] = first->source_stats[i];
    for (uint32_t i = 0; i < first->sink_count; i++)
        exec->sink_stats[i] = first->sink_stats[i];
    exec->stats.lookup = first->lookup_stats;
    add_late(exec, first);
    for (uint32_t i = 1; i < exec->run_count; i++)
        add_run(exec, &exec->runs[i]);
    exec->stats.sources = exec->source_stats;
    exec->stats.source_count = sources;
    exec->stats.sinks = exec->sink_stats;
    exec->stats.sink_count = first->sink_count;
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
