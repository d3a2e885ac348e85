/* spec_case.c -- a case: its job planned, run on a clock that its statements move, and what
 * came of it.
 *
 * The job runs in this thread.  When it has nothing to do it asks for news (exec_hooks.idle),
 * and the next statement is done there; so a statement sees all that the ones before it
 * have caused, and nothing hangs on how fast anything is. */
#include "spec/spec.h"
#include "spec/spec_case.h"

#include "base/clock.h"
#include "plan/plan.h"
#include "spec/spec_file.h"
#include "sql/diag.h"

enum {
    SAID_LIMIT = 1 << 20,
    NOTES_LIMIT = 4096,
    TICK_STEPS_MAX = 100000, /* timers one by one; then the clock jumps */
    RESTARTS_MAX = 3,        /* of a shuffled run */
    DAY_MS = 24 * 3600 * 1000,
};
#define CLOCK_BEGINS_US INT64_C(1577836800000000) /* 2020-01-01T00:00:00Z */

/* ---- saying what is wrong ---- */

void spec_report_error(struct spec_run *run, const struct error *err)
{
    diag_print(run->report, err, run->how->path, run->how->script->text);
}

static enum spec_result refuse(struct spec_run *run, const struct error *err)
{
    spec_report_error(run, err);
    return SPEC_REFUSED;
}

/* An error of the runner, in the middle of a statement. */
static void give_up(struct spec_run *run, const struct error *err)
{
    spec_report_error(run, err);
    run->result = SPEC_REFUSED;
    run->is_over = true;
}

/* ---- what is expected of a job that does not run any more ---- */

static const struct spec_step *expected_error(const struct spec_run *run)
{
    for (uint32_t i = run->at; i < run->step_count; i++)
        if (run->steps[i].statement->kind == SPEC_EXPECT &&
            run->steps[i].statement->want == WANT_ERROR)
            return &run->steps[i];
    return NULL;
}

static bool says(const struct buf *said, struct str text)
{
    return text.size == 0 ||
           (said->size > 0 && memmem(said->data, said->size, text.data, text.size) != NULL);
}

/* What the session has said of it is in run->said. */
static void judge_error(struct spec_run *run, const struct spec_step *step,
                        enum spec_result otherwise)
{
    if (step && says(&run->said, step->statement->texts[0].text)) {
        run->at = (uint32_t)(step - run->steps) + 1;
        return;
    }
    run->is_over = true;
    run->result = step ? SPEC_UNMET : otherwise;
    if (step) {
        spec_report_step(run, step);
        buf_text(run->report, "  the error is another one:\n");
    }
    buf_str(run->report, buf_view(&run->said));
}

/* Expectations of what came before the failure count too. */
static void finish_failed(struct spec_run *run, enum spec_result otherwise)
{
    const struct spec_step *error = expected_error(run);
    struct error err = { .code = OK };
    while (error && run->at < (uint32_t)(error - run->steps) && !run->is_over) {
        const struct spec_step *step = &run->steps[run->at++];
        if (step->statement->kind == SPEC_EXPECT && spec_expect(run, step, &err) != OK)
            give_up(run, &err);
    }
    if (!run->is_over)
        judge_error(run, error, otherwise);
}

/* ---- statements ---- */

static enum code do_feed(struct spec_run *run, const struct spec_step *step, struct error *err)
{
    for (uint32_t i = 0; i < step->input_count; i++)
        TRY(spec_feed_put(run, step->source, &step->inputs[i], err));
    return OK;
}

static void do_mock(const struct spec_statement *s, struct spec_lookup *lookup)
{
    switch (s->mock) {
    case MOCK_DELAY:
        lookup->delay_us = s->us;
        break;
    case MOCK_FAIL:
        lookup->failures_left = s->count;
        break;
    case MOCK_AWAY:
    case MOCK_BACK:
        lookup->is_away = s->mock == MOCK_AWAY;
        break;
    }
}

static enum code do_tick(struct spec_run *run, const struct spec_step *step, struct error *err)
{
    int64_t now_us = clock_now_us(run->job.clock);
    const struct spec_statement *s = step->statement;
    run->tick_to_us = s->text_count > 0 ? step->until_us : now_us + s->us;
    run->is_ticking = true;
    run->tick_steps = 0;
    if (run->tick_to_us < now_us)
        return error_at(err, E_DATA, s->texts[0].span,
                        "the clock is later already, and only goes on");
    return OK;
}

/* Moves the clock to the next thing that waits for it, or to the end of the TICK. */
static void step_clock(struct spec_run *run, int64_t due_us)
{
    struct clock *clock = run->job.clock;
    int64_t next_us = run->tick_to_us, answer_us = spec_tables_due_us(run->tables);
    bool jumps = ++run->tick_steps > TICK_STEPS_MAX;
    if (due_us > clock->standing_us && due_us < next_us && !jumps)
        next_us = due_us;
    if (answer_us > clock->standing_us && answer_us < next_us && !jumps)
        next_us = answer_us;
    run->is_ticking = next_us < run->tick_to_us;
    clock->standing_us = next_us;
}

/* Does a statement; *ret_news says whether the job has something to look at. */
static enum code do_step(struct spec_run *run, const struct spec_step *step, bool *ret_news,
                         struct error *err)
{
    *ret_news = true;
    switch (step->statement->kind) {
    case SPEC_FEED:
        return do_feed(run, step, err);
    case SPEC_TABLE:
        step->lookup->rows = step->rows;
        step->lookup->row_count = step->row_count;
        break;
    case SPEC_MOCK:
        do_mock(step->statement, step->lookup);
        return OK;
    case SPEC_TICK:
        return do_tick(run, step, err);
    case SPEC_END:
        run->tables->input_has_ended = true;
        return OK;
    case SPEC_RESTART:
        run->is_stopping = true;
        if (!run->has_ended)
            exec_stop(run->exec);
        return OK;
    default:
        break;
    }
    *ret_news = false;
    return step->statement->kind == SPEC_EXPECT ? spec_expect(run, step, err) : OK;
}

static bool is_shuffled_feed(const struct spec_run *run)
{
    return run->how->seed > 0 && run->steps[run->at].statement->kind == SPEC_FEED;
}

/* Rows of a shuffled block, and stops between them. */
static enum code shuffle(struct spec_run *run, bool *ret_news, struct error *err)
{
    if (run->queue_count > 0 && spec_shuffle_stops(run)) {
        run->is_stopping = *ret_news = true;
        exec_stop(run->exec);
        return OK;
    }
    return spec_shuffle_step(run, ret_news, err);
}

/* Statements up to the one that gives the job something to do. */
static enum code go_on(struct spec_run *run, struct error *err)
{
    bool news = false;
    TRY(shuffle(run, &news, err));
    while (!news && !run->is_over && run->at < run->step_count) {
        if (is_shuffled_feed(run)) {
            TRY(spec_shuffle_begin(run, err));
            return spec_shuffle_step(run, &news, err);
        }
        const struct spec_step *step = &run->steps[run->at++];
        TRY(do_step(run, step, &news, err));
    }
    run->is_over = run->is_over || !news;
    return OK;
}

static bool idle(void *self, int64_t due_us)
{
    struct spec_run *run = self;
    struct error err = { .code = OK };
    if (spec_is_stopped()) {
        run->is_over = true;
        exec_abort(run->exec);
        return true;
    }
    if (run->is_over || run->is_stopping) {
        /* What is under way outside is waited for, however long it takes by this clock. */
        bool hurried = run->tables->hurries;
        run->tables->hurries = run->is_stopping;
        return !hurried && run->tables->hurries && spec_tables_due_us(run->tables) < INT64_MAX;
    }
    if (run->is_ticking) {
        step_clock(run, due_us);
        return true;
    }
    if (go_on(run, &err) != OK)
        give_up(run, &err);
    if (run->is_over)
        exec_abort(run->exec);
    return true;
}

/* ---- running ---- */

static enum code open_result(void *self, const struct plan_sink *plan, struct sink **ret,
                             struct error *err)
{
    return spec_tables_open_result(((struct spec_run *)self)->tables, plan, ret, err);
}

static void note_bad_row(void *self, struct str table, const struct bad_row *row)
{
    struct spec_run *run = self;
    buf_printf(&run->notes, "  bad row of table \"" STR_FMT "\": " STR_FMT "\n", STR_ARG(table),
               STR_ARG(row->reason));
}

/* Counters begin anew with each start. */
static void keep_counts(struct spec_run *run)
{
    const struct exec_stats *stats = exec_stats(run->exec);
    for (uint32_t i = 0; i < stats->source_count; i++) {
        struct spec_source *source = spec_tables_source(run->tables, stats->sources[i].name);
        if (source) {
            source->skipped += stats->sources[i].skipped;
            source->late += stats->sources[i].late;
        }
    }
    for (uint32_t i = 0; i < stats->sink_count; i++) {
        struct spec_sink *sink =
            spec_tables_sink(run->tables, stats->sinks[i].name, stats->sinks[i].statement);
        if (sink)
            sink->skipped += stats->sinks[i].rejected;
    }
}

static enum code start(struct spec_run *run, struct error *err)
{
    struct exec_options options = {
        .checkpoint_interval_ms = DAY_MS,
        .progress_interval_ms = DAY_MS,
        .clock = run->job.clock,
        .zone = run->job.env->zone,
        .window_zone = run->job.env->window_zone,
        .workers = 1,
        .state_dir = run->state_dir,
        .job = STR("test"),
        .state_limit_bytes = run->job.state_limit_bytes,
        .tables = &run->tables->exec,
    };
    struct exec_hooks hooks = {
        .self = run, .open_result = open_result, .bad_row = note_bad_row, .idle = idle
    };
    spec_tables_start(run->tables);
    run->is_stopping = false;
    return exec_create(run->job.plan, &options, &hooks, &run->exec, err);
}

static void fail(struct spec_run *run, const struct error *err, enum spec_result otherwise)
{
    buf_clear(&run->said);
    session_say_failed(run->session, err);
    finish_failed(run, otherwise);
    run->has_ended = true;
}

/* Starts and restarts of the job, until it is over. */
static void run_job(struct spec_run *run)
{
    struct error err = { .code = OK };
    for (;;) {
        if (start(run, &err) != OK) {
            fail(run, &err, SPEC_REFUSED);
            return;
        }
        enum code code = exec_run(run->exec, &err);
        if (code == E_CANCELLED && run->is_over)
            return;
        if (code != OK) {
            fail(run, &err, SPEC_FAILED);
            return;
        }
        if (!run->is_stopping)
            break;
        keep_counts(run);
        exec_destroy(run->exec);
        run->exec = NULL;
    }
    run->has_ended = true;
}

/* The job has ended, and nothing that is done any more can reach it. */
static void finish_ended(struct spec_run *run)
{
    struct error err = { .code = OK };
    while (!run->is_over && run->at < run->step_count) {
        const struct spec_step *step = &run->steps[run->at++];
        bool ignored;
        if (do_step(run, step, &ignored, &err) != OK)
            give_up(run, &err);
        if (run->is_ticking)
            run->job.clock->standing_us = run->tick_to_us;
        run->is_ticking = false;
    }
}

static bool needs_state(const struct spec_run *run)
{
    bool needs = run->how->seed > 0;
    for (uint32_t i = 0; i < run->step_count; i++)
        needs = needs || run->steps[i].statement->kind == SPEC_RESTART;
    return needs;
}

/* ---- planning ---- */

/* A job that is refused may be what the test is about. */
static void judge_refused(struct spec_run *run)
{
    const struct spec_case *which = run->how->which;
    run->steps = arena_array(run->arena, struct spec_step, which->count + 1);
    for (uint32_t i = 0; run->steps && i < which->count; i++)
        if (which->statements[i].kind == SPEC_EXPECT && which->statements[i].want == WANT_ERROR)
            run->steps[run->step_count++].statement = &which->statements[i];
    judge_error(run, expected_error(run), SPEC_REFUSED);
}

static bool plan(struct spec_run *run, struct session_config *config, struct error *err)
{
    struct str job, text;
    if (spec_settings_read(run, config, &job, err) != OK ||
        spec_file_read(run->arena, job, &text, err) != OK) {
        run->result = refuse(run, err);
        return false;
    }
    enum session_status status = session_create(config, &run->session);
    if (status == SESSION_OK)
        status = session_plan(run->session, job, text, &run->job);
    if (status != SESSION_OK)
        judge_refused(run);
    return status == SESSION_OK;
}

static void run_planned(struct spec_run *run)
{
    struct error err = { .code = OK };
    if (!run->job.clock->standing)
        *run->job.clock = (struct clock){ .standing = true, .standing_us = CLOCK_BEGINS_US };
    if (spec_tables_create(run->arena, &run->job, &run->tables, &err) != OK ||
        spec_steps_bind(run, &err) != OK ||
        (needs_state(run) && spec_folder_create(run->arena, &run->state_dir, &err) != OK)) {
        run->result = refuse(run, &err);
        return;
    }
    run_job(run);
    if (run->has_ended)
        finish_ended(run);
    if (run->result != SPEC_MET && run->notes.size > 0)
        buf_str(run->report, buf_view(&run->notes));
    exec_destroy(run->exec);
    spec_folder_remove(run->state_dir);
}

enum spec_result spec_case_run(const struct spec_how *how, struct buf *report)
{
    struct spec_run run = { .how = how,
                            .report = report,
                            .chance = how->seed,
                            .restarts_left = how->seed > 0 ? RESTARTS_MAX : 0 };
    struct session_config config = *how->config;
    struct error err = { .code = OK };
    buf_init(&run.said, SAID_LIMIT);
    buf_init(&run.notes, NOTES_LIMIT);
    config.said = &run.said;
    config.out_fd = config.err_fd = -1;
    run.arena = arena_create();
    if (!run.arena)
        run.result = refuse(&run, (error_nomem(&err), &err));
    else if (plan(&run, &config, &err))
        run_planned(&run);
    session_destroy(run.session);
    arena_destroy(run.arena);
    buf_done(&run.said);
    buf_done(&run.notes);
    return run.result;
}
