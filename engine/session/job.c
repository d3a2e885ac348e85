/* job.c -- INSERTs and SELECTs from the syntax tree to the closing summary. */
#include "session/session_core.h"

#include "base/clock.h"
#include "door/door.h"
#include "sql/ast.h"
#include "exec/exec.h"
#include "optimize/optimize.h"
#include "session/analyze.h"
#include "session/live.h"
#include "session/summary.h"
#include "types/time.h"
#include "types/zone.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    WATCH_INTERVAL_MS = 1000, /* without a terminal: is somebody being waited for? */
    WAITING_IS_NEWS_US = 3 * 1000000,
    RAW_SHOWN_BYTES = 160,
};

/* ---- dialect, zone, clock ------------------------------------------------------------- */

static enum dialect choose_dialect(struct session *s, struct arena *arena, const char **ret_reason)
{
    static const char *const reasons[] = { [SETTING_PROFILE] = "the profile says so",
                                           [SETTING_SET] = "SET 'weir.dialect'",
                                           [SETTING_COMMAND] = "--dialect" };
    const struct setting_value *v = settings_find(&s->settings, "weir.dialect");
    if (!v)
        return dialect_decide(&s->signs, buf_view(&s->source), arena, ret_reason);
    *ret_reason = v->level == SETTING_COMMAND && !s->config.dialect ? "--set weir.dialect"
                                                                    : reasons[v->level];
    return str_iis(str_trim(v->value), "blink") ? DIALECT_BLINK : DIALECT_FLINK;
}

/* --set, SET, profile, else Asia/Shanghai in Blink and TZ of the process in Flink. */
static enum code choose_zone(struct session *s, struct arena *arena, enum dialect dialect,
                             struct bind_env *env, struct error *err)
{
    struct str name = str_trim(settings_get(&s->settings, "table.local-time-zone"));
    if (name.size > 0 && !str_iis(name, "default")) {
        env->zone_name = name; /* checked when it was set */
        return zone_load(arena, name, &env->zone, err);
    }
    if (dialect == DIALECT_BLINK) {
        env->zone_name = STR("Asia/Shanghai");
        return zone_load(arena, env->zone_name, &env->zone, err);
    }
    const char *tz = getenv("TZ");
    if (tz && *tz == ':')
        tz++;
    env->zone_name = tz && *tz ? str_of(tz) : STR("UTC");
    struct error ignored = { .code = OK };
    enum code code = zone_load(arena, env->zone_name, &env->zone, &ignored);
    if (code == OK)
        return OK;
    if (code == E_NOMEM)
        return error_nomem(err);
    struct error warning = { .code = OK };
    error_set(&warning, E_OPTION, "TZ is \"" STR_FMT "\", which is no time zone; UTC is used",
              STR_ARG(env->zone_name));
    session_warn(s, &warning);
    env->zone_name = STR("UTC");
    env->zone = zone_utc;
    return OK;
}

static void choose_clock(struct session *s, const struct zone *zone)
{
    struct str text = str_trim(settings_get(&s->settings, "weir.clock"));
    struct time_stamp stamp;
    s->clock = (struct clock){ .standing = false };
    if (text.size == 0 || !time_parse_stamp(text, &stamp))
        return; /* checked when it was set: an empty one lets the clock go */
    s->clock.standing = true;
    s->clock.standing_us = stamp.has_offset
                               ? stamp.local_us - (int64_t)stamp.offset_s * 1000000
                               : zone_local_to_utc_us(zone, NULL, stamp.local_us, ZONE_EARLIER);
}

static enum code resolve_hook(void *self, const struct catalog_table *table, bool as_sink,
                              struct resolved_table *ret, struct error *err)
{
    (void)as_sink;
    struct job *job = self;
    return resolve_table(&job->resolver, table, ret, err);
}

static void warn_hook(void *self, const struct error *warning)
{
    session_warn(((struct job *)self)->session, warning);
}

/* NULL: windows give their rows once, when they are over. */
static const char *choose_fire(const struct settings *settings)
{
    static const char *const names[] = { "table.exec.emit.early-fire.enabled",
                                         "table.exec.emit.late-fire.enabled" };
    for (size_t i = 0; i < countof(names); i++)
        if (settings_bool(settings, names[i]))
            return names[i];
    return NULL;
}

enum code job_begin(struct job *job, struct session *s, struct arena *arena, bool is_run,
                    struct error *err)
{
    *job = (struct job){ .session = s, .arena = arena };
    job->env.arena = arena;
    job->env.dialect = choose_dialect(s, arena, &job->dialect_reason);
    if (!job->dialect_reason)
        return error_nomem(err);
    TRY(choose_zone(s, arena, job->env.dialect, &job->env, err));
    job->env.window_zone =
        job->env.dialect == DIALECT_BLINK ? zone_standard(arena, job->env.zone) : job->env.zone;
    if (!job->env.window_zone)
        return error_nomem(err);
    choose_clock(s, job->env.zone);
    job->env.like_backslash_literal =
        str_iis(str_trim(settings_get(&s->settings, "blink.like.backslash")), "literal");
    job->env.legacy_cast = str_iis(
        str_trim(settings_get(&s->settings, "table.exec.legacy-cast-behaviour")), "enabled");
    job->env.materialize =
        str_trim(settings_get(&s->settings, "table.exec.sink.upsert-materialize"));
    job->env.not_null = str_trim(settings_get(&s->settings, "table.exec.sink.not-null-enforcer"));
    job->env.window_fire = choose_fire(&s->settings);
    job->env.state_ttl_ms = settings_duration_ms(&s->settings, "table.exec.state.ttl");
    job->resolver = (struct resolver){
        .arena = arena,
        .profile = s->profile,
        .data_dir = s->config.data_dir ? str_of(s->config.data_dir) : STR(""),
        .is_run = is_run,
        .warn = session_warn,
        .self = s,
    };
    job->hooks = (struct bind_hooks){
        .self = job,
        .resolve_table = resolve_hook,
        .warn = warn_hook,
        .clock = &s->clock,
        .keeps_ms =
            str_iis(str_trim(settings_get(&s->settings, "blink.job.timestamp.reserve.ms")), "true"),
        .idle_ms = settings_duration_ms(&s->settings, "table.exec.source.idle-timeout"),
        .future_ms = settings_duration_ms(&s->settings, "weir.watermark.max-future"),
    };
    job->binder = binder_create(&job->env, s->catalog, &job->hooks);
    return job->binder ? OK : error_nomem(err);
}

/* ---- binding ------------------------------------------------------------------------------- */

bool job_is_create_as(const struct ast_node *node)
{
    return node->kind == AST_CREATE_TABLE && ((const struct ast_create_table *)node)->query;
}

bool job_is_statement(const struct ast_node *node)
{
    return node->kind == AST_INSERT || node->kind == AST_QUERY || node->kind == AST_STATEMENT_SET ||
           job_is_create_as(node);
}

enum code job_add(struct job *job, const struct ast_node *node, struct error *err)
{
    switch (node->kind) {
    case AST_CREATE_TABLE:
        job->insert_count++;
        return bind_create_as(job->binder, (const struct ast_create_table *)node, err);
    case AST_INSERT:
        job->insert_count++;
        return bind_insert(job->binder, (const struct ast_insert *)node, err);
    case AST_QUERY:
        job->select_count++;
        return bind_result(job->binder, (const struct ast_query *)node, err);
    case AST_STATEMENT_SET: {
        const struct ast_list *list = &((const struct ast_statement_set *)node)->statements;
        for (uint32_t i = 0; i < list->count; i++)
            TRY(job_add(job, list->items[i], err));
        return OK;
    }
    default:
        return script_unsupported(node, err);
    }
}

static void choose_folding(const struct settings *settings, struct plan_job *plan)
{
    struct str fold = str_trim(settings_get(settings, "weir.fold"));
    plan->fold = !str_iis(fold, "off");
    plan->fold_all = str_iis(fold, "all");
    plan->mini_batch = settings_bool(settings, "table.exec.mini-batch.enabled") ||
                       settings_duration_ms(settings, "blink.miniBatch.allowLatencyMs") > 0;
    plan->cdc_duplicates = settings_bool(settings, "table.exec.source.cdc-events-duplicate");
}

static bool reads_to_an_end(const struct session *s)
{
    return s->config.until_end ||
           str_iis(str_trim(settings_get(&s->settings, "execution.runtime-mode")), "batch");
}

/* A table below that is read on and on; NULL: none. */
static const struct plan_scan *endless_scan(const struct plan *node, bool until_end)
{
    const struct plan_scan *scan = (const struct plan_scan *)node;
    if (node->bounded)
        return NULL;
    if (node->kind == PLAN_SCAN)
        return connector_ends(scan->connector, &scan->def, until_end) ? NULL : scan;
    for (uint32_t i = 0; i < node->input_count; i++)
        if ((scan = endless_scan(node->inputs[i], until_end)) != NULL)
            return scan;
    return NULL;
}

/* A table that nobody sees while it grows, for ever: its rows are printed as they come. */
static void choose_mode(const struct session *s, const struct plan_job *plan,
                        struct render_options *render)
{
    bool is_drawn = s->console.out_is_terminal && s->console.err_is_terminal;
    if (render->mode != RENDER_TABLE || render->mode_is_given || is_drawn)
        return;
    for (uint32_t i = 0; i < plan->sink_count; i++)
        if (plan->sinks[i]->statement > 0 &&
            endless_scan(&plan->sinks[i]->base, reads_to_an_end(s)))
            render->mode = RENDER_TABLEAU;
}

/* Rows that are sorted at the end of an input that has none would never come. */
static enum code check_sorts(const struct plan_job *plan, bool until_end, struct error *err)
{
    for (uint32_t i = 0; i < plan->node_count; i++) {
        const struct plan_sort *sort = (const struct plan_sort *)plan->nodes[i];
        const struct plan_scan *scan;
        if (sort->base.kind != PLAN_SORT || sort->by_time ||
            !(scan = endless_scan(&sort->base, until_end)))
            continue;
        error_at(err, E_PLAN, sort->base.span,
                 "ORDER BY sorts when its input ends, and table \"" STR_FMT "\" has no end",
                 STR_ARG(scan->def.name));
        bool may_end = connector_ends(scan->connector, &scan->def, true);
        error_hint(err, "Add LIMIT, %sorder by an event time (ascending) first%s.",
                   may_end ? "" : "or ", may_end ? ", or run with --until-end" : "");
        return E_PLAN;
    }
    return OK;
}

static const char *why_so_many(const struct session *s, const struct setting_value *given)
{
    static const char *const reasons[] = { [SETTING_PROFILE] = "the profile says so",
                                           [SETTING_SET] = "SET 'parallelism.default'",
                                           [SETTING_COMMAND] = "--parallelism" };
    bool by_set = given->level == SETTING_COMMAND && !s->config.parallelism;
    return by_set ? "--set parallelism.default" : reasons[given->level];
}

static enum code choose_workers(struct job *job, struct plan_job *plan, struct error *err)
{
    struct session *s = job->session;
    const struct setting_value *given = settings_find(&s->settings, "parallelism.default");
    if (given) {
        plan->workers = (uint32_t)settings_int(&s->settings, "parallelism.default");
        plan->workers_reason = why_so_many(s, given);
        return OK;
    }
    struct exec_choice_options options = {
        .ask_servers = job->resolver.is_run,
        .cores = (uint32_t)MAX(settings_int(&s->settings, "weir.test.cores"), 0),
    };
    struct exec_choice choice;
    TRY(exec_choose_workers(plan, &options, job->arena, &choice, err));
    plan->workers = choice.workers;
    plan->workers_reason = choice.reason;
    if (!choice.is_unsure)
        return OK;
    struct error warning = { .code = OK };
    error_set(&warning, E_RETRY, "one worker runs the job: %s", choice.reason);
    error_hint(&warning, "--parallelism says how many there are to be.");
    session_warn(s, &warning);
    return OK;
}

enum code job_plan(struct job *job, struct plan_job **ret, struct error *err)
{
    struct plan_job *plan;
    TRY(binder_finish(job->binder, &plan, err));
    plan->zone_name = job->env.zone_name;
    plan->dialect = job->env.dialect;
    plan->dialect_reason = job->dialect_reason;
    choose_folding(&job->session->settings, plan);
    TRY(optimize(job->arena, plan, err));
    TRY(choose_workers(job, plan, err));
    TRY(optimize_for_workers(job->arena, plan, err));
    for (const struct plan_warning *w = plan->warnings; w && !job->session->explains; w = w->next)
        session_warn(job->session, &w->error);
    TRY(check_sorts(plan, reads_to_an_end(job->session), err));
    if (job->session->is_out_of_memory)
        return error_nomem(err);
    *ret = plan;
    return OK;
}

/* ---- while it runs -------------------------------------------------------------------------- */

struct run {
    struct job *job;
    const struct plan_job *plan;
    struct renderer *renderer;
    struct door *door; /* NULL: none */
    struct live live;
    int64_t begun_us;
    int64_t until_us;     /* it is stopped after so long; 0: never */
    const void *told[64]; /* whom the log says to be waited for, by place */
};

static enum code open_result(void *self, const struct plan_sink *plan, struct sink **ret,
                             struct error *err)
{
    struct run *run = self;
    if (run->job->analyze) {
        *ret = analyze_discard();
        return OK;
    }
    return renderer_open(run->renderer, plan, ret, err);
}

/* Without a terminal: a line when somebody has been waited for, and one when it is over. */
static void tell_waiting(struct run *run, size_t place, const char *role, struct str name,
                         const char *waiting_for, int64_t since_us, int64_t now_us)
{
    struct console *console = &run->job->session->console;
    if (place >= countof(run->told))
        return;
    if (!waiting_for && run->told[place])
        console_sayf(console, "%s " STR_FMT " goes on\n", role, STR_ARG(name));
    else if (waiting_for && !run->told[place] && now_us - since_us >= WAITING_IS_NEWS_US)
        console_sayf(console, "WARNING:  %s " STR_FMT " has been waiting for %s for %d s\n", role,
                     STR_ARG(name), waiting_for, (int)((now_us - since_us) / 1000000));
    else
        return;
    run->told[place] = waiting_for;
}

static void show_progress(void *self, const struct exec_stats *stats)
{
    struct run *run = self;
    struct session *s = run->job->session;
    int64_t now_us = clock_monotonic_us();
    door_progress(run->door, stats);
    if (run->until_us > 0 && now_us - run->begun_us >= run->until_us)
        exec_stop(s->exec);
    if (live_is_shown(&run->live)) {
        live_progress(&run->live, stats);
        return;
    }
    for (uint32_t i = 0; i < stats->source_count; i++) {
        const struct exec_source_stats *source = &stats->sources[i];
        tell_waiting(run, i, "source", source->name, source->waiting_for, source->waiting_since_us,
                     now_us);
    }
    for (uint32_t i = 0; i < stats->sink_count; i++) {
        const struct exec_sink_stats *sink = &stats->sinks[i];
        tell_waiting(run, stats->source_count + i, "sink", sink->name, sink->waiting_for,
                     sink->waiting_since_us, now_us);
    }
    tell_waiting(run, stats->source_count + stats->sink_count, "look-up", stats->lookup.name,
                 stats->lookup.waiting_for, stats->lookup.waiting_since_us, now_us);
}

static void tell_bad_row(void *self, struct str table, const struct bad_row *row)
{
    struct session *s = ((struct run *)self)->job->session;
    struct buf *text = session_message(s);
    buf_printf(text, "WARNING:  bad row of table \"" STR_FMT "\"", STR_ARG(table));
    if (row->place.size > 0)
        buf_printf(text, " at " STR_FMT, STR_ARG(row->place));
    if (row->offset >= 0)
        buf_printf(text, " offset %lld", (long long)row->offset);
    buf_printf(text, ": " STR_FMT "\n", STR_ARG(row->reason));
    if (row->raw.size > 0) {
        buf_text(text, "DETAIL:  It begins with ");
        size_t shown = MIN(row->raw.size, (size_t)RAW_SHOWN_BYTES);
        for (size_t i = 0; i < shown; i++) {
            unsigned char c = (unsigned char)row->raw.data[i];
            if (c < 0x20 || c == 0x7F)
                buf_printf(text, "\\x%02x", c);
            else
                buf_char(text, (char)c);
        }
        buf_text(text, row->raw.size > shown ? "...\n" : "\n");
    }
    session_say(s);
}

static void tell_warning(void *self, const struct error *warning)
{
    session_warn(((struct run *)self)->job->session, warning);
}

static bool is_stopped(void *self)
{
    return session_is_stopped(((struct run *)self)->job->session);
}

/* Who the job is from one start to the next: its file, unless it has a name. */
static struct str job_name(const struct session *s)
{
    struct str name = str_trim(settings_get(&s->settings, "weir.job.name"));
    if (name.size > 0)
        return name;
    struct str file = s->piece_count > 0 ? s->pieces[0].name : STR("");
    for (size_t i = file.size; i > 0; i--)
        if (file.data[i - 1] == '/')
            return str_make(file.data + i, file.size - i);
    return file;
}

uint64_t job_state_limit(const struct session *s)
{
    int64_t bytes = 0;
    if (!option_parse_bytes(settings_get(&s->settings, "weir.state.max-memory"), &bytes))
        return 0;
    return (uint64_t)MAX(bytes, 0);
}

/* The job of a file has the state directory; statements that are jobs of their own each have a
 * folder in it, by their number. */
static enum code choose_state(struct job *job, struct exec_options *options, struct error *err)
{
    struct session *s = job->session;
    struct str dir = settings_state_dir(&s->settings);
    options->state_limit_bytes = job_state_limit(s);
    options->job = job_name(s);
    if (dir.size == 0)
        return OK;
    if (memmem(dir.data, dir.size, "://", 3)) {
        error_set(err, E_OPTION, "the state directory \"" STR_FMT "\" is no folder of this machine",
                  STR_ARG(dir));
        error_hint(err, "Snapshots are kept in a folder; for a job whose file says something else "
                        "--set weir.state.dir=FOLDER does.");
        return E_OPTION;
    }
    options->state_dir =
        s->separately ? arena_printf(job->arena, STR_FMT "/job-%u", STR_ARG(dir), s->job_count)
                      : arena_cstr(job->arena, dir);
    return options->state_dir ? OK : error_nomem(err);
}

static void say_summary(struct run *run, struct exec *exec)
{
    struct session *s = run->job->session;
    struct str form = str_trim(settings_get(&s->settings, "weir.summary"));
    int64_t cpu_us = clock_cpu_us();
    struct summary summary = { .wall_us = clock_monotonic_us() - run->begun_us,
                               .cpu_us = cpu_us - s->cpu_us,
                               .rss_kb = summary_rss_kb(),
                               .workers = run->plan->workers,
                               .workers_reason = run->plan->workers_reason };
    s->cpu_us = cpu_us;
    if (str_iis(form, "none"))
        return;
    struct buf *text = session_message(s);
    if (str_iis(form, "json"))
        summary_put_json(text, exec_stats(exec), &summary);
    else
        summary_put_text(text, exec_stats(exec), &summary);
    session_say(s);
}

static void say_dropped(struct run *run)
{
    uint64_t dropped = renderer_dropped(run->renderer);
    if (dropped > 0)
        console_sayf(&run->job->session->console,
                     "WARNING:  the first %llu rows of the result were let go; "
                     "sql-client.execution.max-table-result.rows says how many are kept\n",
                     (unsigned long long)dropped);
}

/* Of this job alone: the session goes on. */
static void stop_job(void *self)
{
    struct exec *exec = ((struct session *)self)->exec;
    if (exec)
        exec_stop(exec);
}

/* EXPLAIN ANALYZE: what has run. */
static enum code print_analysis(struct run *run, struct exec *exec, struct error *err)
{
    struct session *s = run->job->session;
    const struct plan_text_options options = explain_text_options(s);
    struct exec_view view;
    TRY(exec_view(exec, run->job->arena, &view, err));
    TRY(explain_print_running(&s->console.out, run->plan, &view, NULL, buf_view(&s->source),
                              &options, run->job->analyze->format, err));
    return console_flush(&s->console, err);
}

static enum session_status run_exec(struct run *run, struct exec *exec)
{
    struct session *s = run->job->session;
    struct error err = { .code = OK };
    s->exec = exec;
    door_show(run->door, exec);
    if (s->stopped)
        exec_stop(exec);
    if (run->job->analyze)
        exec_view_timing(exec, true);
    enum code code = exec_run(exec, &err);
    live_end(&run->live);
    s->exec = NULL;
    if (code == OK && !run->job->analyze)
        code = renderer_finish(run->renderer, &err);
    else if (code == OK)
        code = print_analysis(run, exec, &err);
    if (code != OK && console_reader_is_gone(&s->console))
        return SESSION_OK; /* whoever read the results has seen enough */
    enum session_status status = SESSION_OK;
    if (code != OK) {
        struct error unsaid;
        (void)!console_flush(&s->console, &unsaid);
        status = session_report_failed(s, &err);
    }
    say_dropped(run);
    if (!run->job->analyze) /* which says more */
        say_summary(run, exec);
    return status;
}

/* Is the error about this table?  Connectors look at some options only when they open. */
static bool locate_at_table(const struct catalog_table *table, struct error *err)
{
    char name[256];
    if (!table)
        return false;
    int n = snprintf(name, sizeof name, "table \"" STR_FMT "\"", STR_ARG(table->name));
    if (n < 0 || (size_t)n >= sizeof name || !strstr(err->trail, name))
        return false;
    error_locate(err, table->with_span.size > 0 ? table->with_span : table->span);
    if (table->has_rest && err->hint[0] == '\0')
        error_hint(err, "%s", resolve_rest_hint);
    return true;
}

static void locate_option(const struct plan_job *plan, struct error *err)
{
    if (err->code != E_OPTION || err->has_span)
        return;
    for (uint32_t i = 0; i < plan->scan_count; i++)
        if (locate_at_table(plan->scans[i]->table, err))
            return;
    for (uint32_t i = 0; i < plan->sink_count; i++)
        if (locate_at_table(plan->sinks[i]->table, err))
            return;
}

/* How often the job is looked at: for its progress, for whom it waits, and for its time. */
static int64_t look_interval_ms(const struct run *run)
{
    enum { LOOKS = 20 };
    int64_t ms = live_is_shown(&run->live) ? live_interval_ms(&run->live) : WATCH_INTERVAL_MS;
    return run->until_us > 0 ? MAX(MIN(run->until_us / 1000 / LOOKS, ms), 1) : ms;
}

enum session_status job_run(struct job *job, struct plan_job *plan)
{
    struct session *s = job->session;
    struct error err = { .code = OK };
    struct run run = { .job = job, .plan = plan, .begun_us = clock_monotonic_us() };
    struct render_options render;
    if (session_render_options(s, &render, &err) != OK)
        return session_report(s, &err);
    choose_mode(s, plan, &render);
    render.blink = job->env.dialect == DIALECT_BLINK;
    render.zone = job->env.zone;
    render.select_count = job->select_count;
    render.changes_max = (uint64_t)MAX(settings_int(&s->settings, "weir.result.rows"), 0);
    render.full = stop_job;
    render.self = s;
    s->job_count++;
    if (!(run.renderer = renderer_create(&s->console, &render)))
        return session_report(s, (error_nomem(&err), &err));
    bool keeps_table = render.mode == RENDER_TABLE && job->select_count > 0 && !job->analyze;
    live_begin(&run.live, s, run.renderer, keeps_table, job->env.zone, plan->workers);
    if (job->select_count > 0)
        run.until_us = settings_duration_ms(&s->settings, "weir.result.until") * 1000;
    struct exec_options options = {
        .until_end = reads_to_an_end(s),
        .checkpoint_interval_ms = settings_duration_ms(&s->settings, "weir.checkpoint.interval"),
        .progress_interval_ms = look_interval_ms(&run),
        .clock = &s->clock,
        .zone = job->env.zone,
        .window_zone = job->env.window_zone,
        .workers = plan->workers,
        .stop_after_rows =
            (uint64_t)MAX(settings_int(&s->settings, "weir.test.stop-after-rows"), 0),
        .stress_seed = (uint64_t)MAX(settings_int(&s->settings, "weir.test.stress"), 0),
    };
    struct exec_hooks hooks = { .self = &run,
                                .open_result = open_result,
                                .progress = show_progress,
                                .bad_row = tell_bad_row,
                                .warn = tell_warning,
                                .is_stopped = is_stopped };
    struct exec *exec = NULL;
    enum session_status status;
    enum code code;
    if (choose_state(job, &options, &err) != OK ||
        job_open_door(job, plan, &run.door, &err) != OK) {
        status = session_report(s, &err);
    } else if ((code = exec_create(plan, &options, &hooks, &exec, &err)) == E_CANCELLED) {
        session_warn(s, &err);
        status = SESSION_OK;
    } else if (code != OK) {
        locate_option(plan, &err);
        status = session_report(s, &err);
    } else {
        status = run_exec(&run, exec);
    }
    door_close(run.door);
    live_end(&run.live);
    exec_destroy(exec);
    renderer_destroy(run.renderer);
    return status;
}
