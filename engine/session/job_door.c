/* job_door.c -- the door of a job that `weir run` runs: what it knows of the session. */
#include "session/session_core.h"

#include "door/door.h"
#include "door/where.h"
#include "session/analyze.h"

#ifndef WEIR_VERSION
#define WEIR_VERSION "0.0.0"
#endif

static void stop(void *self)
{
    session_stop(((struct job *)self)->session);
}

static void warn(void *self, const struct error *warning)
{
    session_warn(((struct job *)self)->session, warning);
}

/* On the thread of the door, which only reads what stays as it is while the job runs. */
static enum code explain(void *self, const struct exec_view *now, const struct exec_view *earlier,
                         const struct door_form *form, struct buf *out, struct error *err)
{
    const struct job *job = self;
    const struct plan_text_options text = { .color = form->color, .columns = form->columns };
    return explain_print_running(out, job->plan, now, earlier, buf_view(&job->session->source),
                                 &text, form->is_json ? STR("json") : STR("text"), err);
}

static bool job_has_name(struct session *s, struct str *ret)
{
    *ret = str_trim(settings_get(&s->settings, "weir.job.name"));
    return where_name_is_good(*ret);
}

/* --name, the setting that names the job, else its file. */
static enum code choose_name(struct job *job, struct str *ret, struct error *err)
{
    struct session *s = job->session;
    if (s->config.name) {
        *ret = str_of(s->config.name);
        return OK;
    }
    if (job_has_name(s, ret))
        return OK;
    struct buf name;
    buf_init(&name, WHERE_NAME_MAX + 8);
    where_name_of_file(&name, s->piece_count > 0 ? s->pieces[0].name : STR(""));
    enum code code = buf_check(&name, err);
    if (code == OK)
        *ret = arena_str(job->arena, buf_view(&name));
    buf_done(&name);
    return code == OK && !ret->data ? error_nomem(err) : code;
}

enum code job_open_door(struct job *job, const struct plan_job *plan, struct door **ret,
                        struct error *err)
{
    struct session *s = job->session;
    *ret = NULL;
    job->plan = plan;
    if (!s->offers_door)
        return OK;
    struct door_config config = {
        .name_is_given = s->config.name != NULL,
        .file = s->piece_count > 0 ? s->pieces[0].name : STR(""),
        .version = STR(WEIR_VERSION),
        .state_dir = settings_state_dir(&s->settings),
        .http_port = s->config.has_metrics ? (int)s->config.metrics_port : DOOR_NO_HTTP,
        .plan = plan,
        .job_text = buf_view(&s->source),
        .zone = job->env.zone,
        .hooks = { .self = job, .stop = stop, .explain = explain, .warn = warn },
    };
    TRY(choose_name(job, &config.name, err));
    TRY(door_open(&config, ret, err));
    if (door_port(*ret) != DOOR_NO_HTTP)
        console_sayf(&s->console, "metrics: http://127.0.0.1:%d/metrics\n", door_port(*ret));
    return OK;
}
