/* job_test.h -- a job that runs in a thread of its own, while the test looks at it. */
#pragma once

#include "base/clock.h"
#include "base/memory.h"
#include "exec/view.h"
#include "session/session_core.h"
#include "sql/ast.h"
#include "sql/parse.h"
#include "support/check.h"
#include "support/connectors.h"
#include "support/gate.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct job_rig {
    struct session *session;
    struct session_config config;
    struct job job;
    struct plan_job *plan;
    struct exec *exec;
    struct arena *arena; /* of the newest view */
    struct exec_view view;
    struct clock clock;
    pthread_t thread;
    bool is_running;
    enum code code;
    struct error err;
};

static inline enum code job_rig_bind(struct job_rig *rig, const char *text, struct error *err)
{
    struct session *s = rig->session;
    struct ast_script *script;
    TRY(session_add_source(s, STR("job.sql"), str_of(text), err));
    TRY(sql_parse(s->arena, buf_view(&s->source), &script, err));
    for (uint32_t i = 0; i < script->statements.count; i++)
        if (script->statements.items[i]->kind == AST_SET)
            TRY(script_statement(s, &rig->job, script->statements.items[i], err));
    TRY(job_begin(&rig->job, s, s->arena, true, err));
    for (uint32_t i = 0; i < script->statements.count; i++) {
        const struct ast_node *node = script->statements.items[i];
        if (node->kind == AST_SET)
            continue;
        TRY(job_is_statement(node) ? job_add(&rig->job, node, err)
                                   : script_statement(s, &rig->job, node, err));
    }
    return job_plan(&rig->job, &rig->plan, err);
}

static inline enum code job_rig_plan(struct job_rig *rig, const char *text, const char *workers)
{
    static struct session_pair pairs[] = { { STR("weir.clock"), STR("2020-01-01 00:00:00") },
                                           { STR("table.local-time-zone"), STR("UTC") } };
    *rig = (struct job_rig){ .arena = arena_create(), .err = { .code = OK } };
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    rig->config = (struct session_config){ .out_fd = nowhere,
                                           .err_fd = nowhere,
                                           .parallelism = workers,
                                           .sets = pairs,
                                           .set_count = countof(pairs) };
    if (session_create(&rig->config, &rig->session) != SESSION_OK)
        return E_INTERNAL;
    return job_rig_bind(rig, text, &rig->err);
}

static inline void *job_rig_run(void *self)
{
    struct job_rig *rig = self;
    rig->code = exec_run(rig->exec, &rig->err);
    return NULL;
}

/* Planned and opened; job_rig_go() lets it run. */
static inline bool job_rig_open(struct job_rig *rig, const char *text, const char *workers,
                                const char *state_dir)
{
    enum code code = job_rig_plan(rig, text, workers);
    struct exec_options options = { .checkpoint_interval_ms = 3600 * 1000,
                                    .progress_interval_ms = 3600 * 1000,
                                    .clock = &rig->session->clock,
                                    .zone = rig->job.env.zone,
                                    .workers = rig->plan ? rig->plan->workers : 1,
                                    .state_dir = state_dir,
                                    .job = STR("job") };
    struct exec_hooks hooks = { .self = rig };
    if (code == OK)
        code = exec_create(rig->plan, &options, &hooks, &rig->exec, &rig->err);
    CHECK_STR(rig->err.message, "");
    return CHECK_INT(code, OK);
}

static inline void job_rig_go(struct job_rig *rig)
{
    rig->is_running = pthread_create(&rig->thread, NULL, job_rig_run, rig) == 0;
    CHECK(rig->is_running);
}

static inline void job_rig_join(struct job_rig *rig)
{
    if (rig->is_running)
        pthread_join(rig->thread, NULL);
    rig->is_running = false;
}

static inline void job_rig_close(struct job_rig *rig)
{
    if (rig->is_running)
        exec_stop(rig->exec);
    job_rig_join(rig);
    CHECK_INT(rig->code, OK);
    exec_destroy(rig->exec);
    arena_destroy(rig->arena);
    int nowhere = rig->config.out_fd;
    session_destroy(rig->session);
    close(nowhere);
    gate_reset();
}

static inline const struct exec_view *job_rig_look(struct job_rig *rig)
{
    arena_reset(rig->arena);
    CHECK_INT(exec_view(rig->exec, rig->arena, &rig->view, &rig->err), OK);
    return &rig->view;
}

/* The operator of a kind that comes first in the plan. */
static inline const struct view_op *job_rig_op(const struct job_rig *rig, enum plan_kind kind)
{
    for (uint32_t i = 0; i < rig->view.op_count; i++)
        if (rig->view.ops[i].plan->kind == kind)
            return &rig->view.ops[i];
    CHECK(!"there is no such operator");
    static const struct view_op none;
    return &none;
}

/* Looks until `cond` holds of rig->view, ten seconds at most; and once more, since counters may be
 * newer in a view than what workers told for it. */
#define JOB_RIG_UNTIL(rig, cond)                                                                   \
    do {                                                                                           \
        int64_t until_us_ = clock_monotonic_us() + 10 * 1000000;                                   \
        do                                                                                         \
            job_rig_look(rig);                                                                     \
        while (!(cond) && clock_monotonic_us() < until_us_);                                       \
        CHECK(cond);                                                                               \
        job_rig_look(rig);                                                                         \
    } while (0)
