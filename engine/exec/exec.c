/* exec.c -- the life of a job: its workers from the first thread to the last. */
#include "exec/exchange.h"
#include "exec/run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "connector/options.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    QUEUE_MESSAGES = 64, /* of a batch or a part of it */
    WORKERS_MAX = 256,
};

/* --- waking and stopping ------------------------------------------------------------- */

static void write_fd(int fd)
{
    uint64_t one = 1;
    ssize_t ignored = write(fd, &one, sizeof one);
    (void)ignored; /* full: it is readable already */
}

void run_wake(struct run *x)
{
    atomic_fetch_add(&x->news, 1);
    if (atomic_load(&x->sleeping) && atomic_exchange(&x->sleeping, false))
        write_fd(x->wake_fd);
}

static void wake_by_force(struct exec *exec)
{
    for (uint32_t i = 0; i < exec->run_count; i++)
        write_fd(exec->runs[i].wake_fd);
}

void exec_stop(struct exec *exec)
{
    int running = 0;
    atomic_compare_exchange_strong(&exec->stop, &running, 1);
    wake_by_force(exec);
}

void exec_abort(struct exec *exec)
{
    atomic_store(&exec->stop, 2);
    wake_by_force(exec);
}

void exec_fail(struct exec *exec, enum code code, const struct error *err)
{
    pthread_mutex_lock(&exec->fail_lock);
    if (exec->failed == OK) {
        exec->failed = code;
        exec->failure = *err;
    }
    pthread_mutex_unlock(&exec->fail_lock);
    exec_abort(exec);
}

/* --- making -------------------------------------------------------------------------- */

static enum code make_exchanges(struct exec *exec, struct error *err)
{
    const struct plan_job *job = exec->job;
    unsigned queue = exec->options.stress_seed ? 1 + exec->options.stress_seed % 2 : QUEUE_MESSAGES;
    exec->exchanges = arena_array(exec->arena, struct exchange, MAX(job->node_count, 1));
    if (!exec->exchanges)
        return error_nomem(err);
    for (uint32_t i = 0; i < job->node_count; i++) {
        const struct plan *node = job->nodes[i];
        if (node->kind != PLAN_EXCHANGE)
            continue;
        const struct plan_exchange *plan = (const struct plan_exchange *)node;
        TRY(exchange_open(exec->arena, plan, node->inputs[0]->single ? 1 : exec->run_count,
                          plan->key_count > 0 ? exec->run_count : 1, queue,
                          &exec->exchanges[exec->exchange_count], err));
        exec->exchange_count++;
    }
    return OK;
}

static enum code make_run(struct exec *exec, uint32_t index, struct error *err)
{
    struct run *x = &exec->runs[index];
    x->exec = exec;
    x->hooks = exec->hooks;
    if (index > 0) {
        x->hooks.self = x;
        x->hooks.bad_row = exec->hooks.bad_row ? run_tell_later : NULL;
    }
    x->chance = exec->options.stress_seed + index;
    x->view_answered = UINT64_MAX;
    x->worker = (struct worker){ .index = index,
                                 .count = exec->run_count,
                                 .clock = exec->options.clock,
                                 .zone = exec->options.zone,
                                 .window_zone = exec->options.window_zone,
                                 .tables = exec->options.tables,
                                 .budget = &exec->budget,
                                 .saves = exec->save != NULL };
    x->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (x->wake_fd < 0)
        return error_set(err, E_IO, "could not create an event descriptor");
    x->worker.op_arena = arena_create();
    x->epoch.arena = arena_create();
    uint64_t epoch = exec->save ? save_newest(exec->save) : 0;
    x->epoch.entered = epoch;
    atomic_store(&x->epoch.saved, epoch);
    atomic_store(&x->epoch.committed, epoch);
    return x->worker.op_arena && x->epoch.arena ? OK : error_nomem(err);
}

static enum code make_runs(struct exec *exec, struct error *err)
{
    uint32_t n = exec->run_count;
    exec->runs = arena_array(exec->arena, struct run, n);
    exec->plan_done = arena_array(exec->arena, atomic_bool, exec->job->node_count + 1);
    exec->letters = arena_array(exec->arena, struct dead_letter, MAX(exec->job->node_count, 1));
    if (!exec->runs || !exec->plan_done || !exec->letters) {
        exec->runs = NULL;
        return error_nomem(err);
    }
    for (uint32_t i = 0; i < n; i++)
        exec->runs[i].wake_fd = -1;
    for (uint32_t i = 0; i < n; i++)
        TRY(make_run(exec, i, err));
    /* All sources before any sink: what is read and written is read as it was. */
    for (uint32_t i = 0; i < n; i++)
        TRY(run_build_sources(&exec->runs[i], err));
    for (uint32_t i = 0; i < n; i++)
        TRY(run_build(&exec->runs[i], err));
    return OK;
}

static void explain_limit(const struct run *x, struct error *err)
{
    for (uint32_t i = 0; i < x->op_count; i++)
        if (x->ops[i]->heap)
            state_heap_explain(x->ops[i]->heap, err);
    if (err->detail[0] != '\0')
        error_hint(err, "weir.state.max-memory is what the state of a job may take, and "
                        "table.exec.state.ttl lets what is not written any more go.");
}

/* From here on the budget counts.  A limit below what the operators take before the first row is a
 * wrong setting, and no state that grew. */
static enum code limit_state(struct exec *exec, struct error *err)
{
    uint64_t limit = exec->options.state_limit_bytes;
    uint64_t used = atomic_load(&exec->budget.used_bytes), most = 0;
    exec->budget.limit_bytes = limit;
    if (limit == 0 || used <= limit)
        return OK;
    struct str name = STR("");
    for (uint32_t i = 0; i < exec->run_count; i++)
        for (uint32_t k = 0; k < exec->runs[i].op_count; k++) {
            const struct state_heap *heap = exec->runs[i].ops[k]->heap;
            if (heap && state_heap_bytes(heap) > most) {
                most = state_heap_bytes(heap);
                name = state_heap_owner(heap);
            }
        }
    uint64_t least_kb = (used + 1023) / 1024;
    error_set(err, E_LIMIT, "setting \"weir.state.max-memory\" is too small for this job");
    error_detail(err,
                 "Its operators take %" PRIu64 " KB before the first row, and " STR_FMT
                 " the most of them, %" PRIu64 " KB.",
                 least_kb, STR_ARG(name), (most + 1023) / 1024);
    error_hint(err, "Give it %" PRIu64 "kb at least: the first keys take as much again.",
               2 * least_kb);
    return E_LIMIT;
}

static enum code create(struct exec *exec, struct error *err)
{
    const struct exec_options *options = &exec->options;
    exec->run_count = MIN(MAX(options->workers, 1), WORKERS_MAX);
    atomic_store(&exec->rows_left,
                 options->stop_after_rows > 0 ? (int64_t)options->stop_after_rows : INT64_MAX);
    if (!(exec->arena = arena_create()))
        return error_nomem(err);
    if (options->state_dir)
        TRY(save_open(options->state_dir, options->job, &exec->hooks, &exec->save, err));
    if (exec->save) {
        exec->checkpoint.before = save_newest(exec->save);
        atomic_store(&exec->checkpoint.wanted, exec->checkpoint.before);
        atomic_store(&exec->checkpoint.durable, save_newest(exec->save));
    }
    TRY(make_exchanges(exec, err));
    TRY(make_runs(exec, err));
    TRY(limit_state(exec, err));
    TRY(stats_create(exec, err));
    enum code code = resume_all(exec, err);
    for (uint32_t i = 0; code == OK && i < exec->run_count; i++)
        run_publish_now(&exec->runs[i]);
    for (uint32_t i = 0; code == E_LIMIT && i < exec->run_count; i++)
        explain_limit(&exec->runs[i], err);
    return code;
}

enum code exec_create(const struct plan_job *job, const struct exec_options *options,
                      const struct exec_hooks *hooks, struct exec **ret, struct error *err)
{
    struct exec *exec = mem_zalloc(sizeof *exec);
    if (!exec)
        return error_nomem(err);
    exec->job = job;
    exec->options = *options;
    exec->options.checkpoint_interval_ms =
        MIN(options->checkpoint_interval_ms, OPTION_DURATION_MS_MAX);
    exec->options.progress_interval_ms =
        MIN(options->progress_interval_ms, OPTION_DURATION_MS_MAX);
    exec->hooks = *hooks;
    pthread_mutex_init(&exec->fail_lock, NULL);
    pthread_mutex_init(&exec->told_lock, NULL);
    pthread_mutex_init(&exec->letter_lock, NULL);
    pthread_mutex_init(&exec->view_lock, NULL);
    pthread_mutex_init(&exec->watch_lock, NULL);
    pthread_condattr_t by_monotonic;
    pthread_condattr_init(&by_monotonic);
    pthread_condattr_setclock(&by_monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&exec->view_cond, &by_monotonic);
    pthread_condattr_destroy(&by_monotonic);
    enum code code = create(exec, err);
    if (code != OK) {
        exec_destroy(exec);
        return code;
    }
    *ret = exec;
    return OK;
}

void exec_destroy(struct exec *exec)
{
    if (!exec)
        return;
    /* First: batches give messages back to their sources. */
    for (uint32_t i = 0; exec->runs && i < exec->run_count; i++)
        run_close_batches(&exec->runs[i]);
    for (uint32_t i = 0; exec->runs && i < exec->run_count; i++)
        run_close(&exec->runs[i]);
    for (uint32_t i = 0; i < exec->letter_count; i++) {
        if (exec->letters[i].sink)
            exec->letters[i].sink->kind->close(exec->letters[i].sink);
        buf_done(&exec->letters[i].position);
        arena_destroy(exec->letters[i].arena);
    }
    for (uint32_t i = 0; i < exec->exchange_count; i++)
        exchange_close(&exec->exchanges[i]);
    stats_destroy(exec);
    save_close(exec->save);
    arena_destroy(exec->arena);
    pthread_mutex_destroy(&exec->fail_lock);
    pthread_mutex_destroy(&exec->told_lock);
    pthread_mutex_destroy(&exec->letter_lock);
    pthread_mutex_destroy(&exec->view_lock);
    pthread_mutex_destroy(&exec->watch_lock);
    pthread_cond_destroy(&exec->view_cond);
    mem_free(exec);
}

/* --- running --------------------------------------------------------------------------- */

static void run_to_end(struct run *x)
{
    struct error err = { .code = OK };
    x->cpu_begun_us = clock_thread_cpu_us();
    run_answers(x, true);
    enum code code = run_loop(x, &err);
    run_publish_now(x);
    run_note_cpu(x);
    run_answers(x, false);
    if (code == E_LIMIT)
        explain_limit(x, &err);
    if (code != OK)
        exec_fail(x->exec, code, &err);
}

static void *run_thread(void *self)
{
    run_to_end(self);
    return NULL;
}

/* Signals are for the caller's thread. */
static enum code start_threads(struct exec *exec, struct error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    enum code code = OK;
    for (uint32_t i = 1; i < exec->run_count && code == OK; i++) {
        struct run *x = &exec->runs[i];
        if (pthread_create(&x->thread, NULL, run_thread, x) != 0)
            code = error_set(err, E_LIMIT, "could not start worker %u", i);
        else
            x->is_started = true;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

enum code exec_run(struct exec *exec, struct error *err)
{
    struct error failure = { .code = OK };
    exec->running = exec->run_count > 1;
    atomic_store(&exec->begun_us, clock_now_us(exec->options.clock));
    atomic_store(&exec->begun_mono_us, clock_monotonic_us());
    exec->checkpoint.due_us =
        clock_monotonic_us() + exec->options.checkpoint_interval_ms * 1000;
    enum code code = run_begin_all(exec, &failure);
    if (code == OK)
        code = start_threads(exec, &failure);
    if (code != OK)
        exec_fail(exec, code, &failure);
    else
        run_to_end(&exec->runs[0]);
    for (uint32_t i = 1; i < exec->run_count; i++)
        if (exec->runs[i].is_started)
            pthread_join(exec->runs[i].thread, NULL);
    exec->running = false;
    atomic_store(&exec->over_mono_us, clock_monotonic_us());
    exec->progress_due_us = 0;
    if (exec->failed != OK) {
        if (err)
            *err = exec->failure;
        return exec->failed;
    }
    exec_show_progress(exec);
    return OK;
}
