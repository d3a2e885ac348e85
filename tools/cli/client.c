/* client.c -- see client.h. */
#include "cli/client.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/nearest.h"
#include "cli/client_print.h"
#include "door/client.h"
#include "door/reply.h"
#include "door/where.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    LIST_MS = 2000,          /* `weir ps` does not wait for a job that hangs */
    DRAIN_MS = 60 * 1000,    /* stop and snapshot, unless --timeout says something else */
    ROW_WAIT_MS = 60 * 1000, /* ... and again */
    LOOK_MS = 200,           /* at a prompt: did somebody press Ctrl-C? */
    MS_PER_S = 1000,
};

struct command_run {
    const struct args *args;
    const char *job; /* NULL: all of them */
    struct arena *arena;
    struct buf out;
    bool is_json;
};

/* What looks like a file is one: a wrong path is not taken for a job. */
static bool is_job(const char *word)
{
    struct str text = str_of(word);
    return where_name_is_good(text) && !str_ends(text, STR(".sql")) && access(word, F_OK) != 0;
}

bool client_has(const struct args *args)
{
    return (args->command >= COMMAND_PS && args->command <= COMMAND_TAP) ||
           (args->command == COMMAND_EXPLAIN && args->explain.analyze && is_job(args->file));
}

/* ---- out -------------------------------------------------------------------------------------- */

/* What was printed so far.  A reader that has gone is no failure of ours: SIGPIPE is not ignored by
 * these commands. */
static enum code flush(struct command_run *run, struct error *err)
{
    TRY(buf_check(&run->out, err));
    for (size_t at = 0; at < run->out.size;) {
        ssize_t n = write(STDOUT_FILENO, run->out.data + at, run->out.size - at);
        if (n < 0 && errno != EINTR)
            return error_set(err, E_IO, "could not write to standard output: %s", strerror(errno));
        at += n > 0 ? (size_t)n : 0;
    }
    buf_clear(&run->out);
    return OK;
}

static enum code choose_format(struct command_run *run, struct error *err)
{
    const char *format = run->args->format;
    run->is_json = format && strcmp(format, "json") == 0;
    if (!format || run->is_json || strcmp(format, "text") == 0)
        return OK;
    error_set(err, E_USAGE, "there is no format \"%s\" for this command", format);
    error_detail(err, "Possible values: text, json.");
    return E_USAGE;
}

static void put_line(struct command_run *run, struct str line)
{
    buf_str(&run->out, line);
    buf_char(&run->out, '\n');
}

static int64_t timeout_of(const struct command_run *run)
{
    return run->args->timeout_ms >= 0 ? run->args->timeout_ms : DRAIN_MS;
}

/* ---- ps --------------------------------------------------------------------------------------- */

struct asked {
    struct client *client;
    struct client_job job;
    struct str line;
};

/* Leaves .line empty if it does not answer. */
static enum code take_status(struct command_run *run, struct asked *asked, int64_t due_us,
                             struct error *err)
{
    struct error unsaid;
    struct str line;
    int64_t left_ms = (due_us - clock_monotonic_us()) / MS_PER_S;
    if (!asked->client || client_next(asked->client, MAX(left_ms, 1), &line, &unsaid) != OK)
        return OK;
    asked->line = arena_str(run->arena, line);
    if (!asked->line.data)
        return error_nomem(err);
    if (reply_read(run->arena, asked->line, &asked->job.status, &unsaid) == OK)
        asked->job.pid = (int)reply_count(asked->job.status, "pid", 0);
    return OK;
}

/* All are asked before the first answer is waited for. */
static enum code ask_all(struct command_run *run, const struct str *names, struct asked *asked,
                         uint32_t count, struct error *err)
{
    struct request request = { .ask = ASK_STATUS, .brief = true };
    struct error unsaid;
    for (uint32_t i = 0; i < count; i++) {
        asked[i].job.name = names[i];
        if (client_open(names[i], &asked[i].client, &unsaid) != OK)
            asked[i].client = NULL; /* it has ended just now */
        else if (client_send(asked[i].client, &request, &unsaid) == OK)
            asked[i].job.pid = client_process(asked[i].client);
    }
    int64_t due_us = clock_monotonic_us() + LIST_MS * 1000LL;
    enum code code = OK;
    for (uint32_t i = 0; code == OK && i < count; i++)
        code = take_status(run, &asked[i], due_us, err);
    for (uint32_t i = 0; i < count; i++)
        client_close(asked[i].client);
    return code;
}

static void put_list_json(struct command_run *run, const struct asked *asked, uint32_t count)
{
    buf_char(&run->out, '[');
    for (uint32_t i = 0; i < count; i++) {
        buf_text(&run->out, i > 0 ? ",\n " : "");
        if (asked[i].line.size > 0)
            buf_str(&run->out, asked[i].line);
        else
            buf_printf(&run->out,
                       "{\"ok\": false, \"name\": \"" STR_FMT
                       "\", \"error\": \"the job does not answer\"}",
                       STR_ARG(asked[i].job.name));
    }
    buf_text(&run->out, "]\n");
}

static enum code list_jobs(struct command_run *run, struct error *err)
{
    struct str *names = NULL;
    uint32_t count = 0, kept = 0;
    TRY(client_list(run->arena, &names, &count, err));
    struct asked *asked = arena_array(run->arena, struct asked, MAX(count, 1));
    struct client_job *jobs = arena_array(run->arena, struct client_job, MAX(count, 1));
    if (!asked || !jobs)
        return error_nomem(err);
    TRY(ask_all(run, names, asked, count, err));
    for (uint32_t i = 0; i < count; i++)
        if (asked[i].client) /* else it is gone */
            asked[kept++] = asked[i];
    for (uint32_t i = 0; i < kept; i++)
        jobs[i] = asked[i].job;
    if (run->is_json)
        put_list_json(run, asked, kept);
    else if (kept == 0)
        buf_text(&run->out, "no job is running\n");
    else
        client_print_jobs(&run->out, run->arena, jobs, kept);
    return OK;
}

static enum code show_job(struct command_run *run, struct client *client, struct error *err)
{
    struct request request = { .ask = ASK_STATUS };
    struct str line;
    const struct json_value *status;
    TRY(client_ask(client, &request, CLIENT_ANSWER_MS, &line, err));
    TRY(reply_read(run->arena, line, &status, err));
    if (run->is_json)
        put_line(run, line);
    else
        client_print_job(&run->out, run->arena, status);
    return OK;
}

/* ---- why, tap --------------------------------------------------------------------------------- */

static enum code show_why(struct command_run *run, struct client *client, struct error *err)
{
    const char *sink = run->args->part;
    struct request request = { .ask = ASK_WHY,
                               .watch_ms = REQUEST_WATCH_MS_DEFAULT,
                               .what = str_of(sink ? sink : "") };
    struct str line;
    const struct json_value *reply;
    TRY(client_ask(client, &request, request.watch_ms + CLIENT_ANSWER_MS, &line, err));
    TRY(reply_read(run->arena, line, &reply, err));
    if (run->is_json)
        put_line(run, line);
    else
        client_print_why(&run->out, run->arena, reply);
    return OK;
}

static enum code show_plan(struct command_run *run, struct client *client, struct error *err)
{
    const char *term = getenv("TERM");
    struct winsize size;
    struct request request = { .ask = ASK_EXPLAIN,
                               .watch_ms = REQUEST_WATCH_MS_DEFAULT,
                               .is_json = run->is_json };
    struct str line;
    const struct json_value *reply;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        request.columns = size.ws_col;
    if (isatty(STDOUT_FILENO))
        request.color = !getenv("NO_COLOR") && !(term && strcmp(term, "dumb") == 0);
    TRY(client_ask(client, &request, request.watch_ms + CLIENT_ANSWER_MS, &line, err));
    TRY(reply_read(run->arena, line, &reply, err));
    buf_str(&run->out, reply_text(run->arena, reply, "text"));
    return OK;
}

/* What ended the sample before it was complete. */
static enum code end_of_sample(struct command_run *run, const struct json_value *reply,
                               struct error *err)
{
    if (reply_count(reply, "rows", 0) > 0 || str_is(reply_text(run->arena, reply, "end"), "rows"))
        return OK;
    return error_set(err, E_CANCELLED, "the job has ended, and no row has come");
}

static bool is_given_up(const struct command_run *run)
{
    return run->args->is_stopped && run->args->is_stopped(run->args->self);
}

/* Until all rows have come, the job has ended, or nobody wants to see more. */
static enum code show_rows(struct command_run *run, struct client *client, struct error *err)
{
    struct request request = { .ask = ASK_SAMPLE,
                               .rows = run->args->rows,
                               .what = str_of(run->args->part) };
    TRY(client_send(client, &request, err));
    for (;;) {
        struct str line;
        const struct json_value *reply;
        enum code code =
            client_next(client, run->args->is_stopped ? LOOK_MS : ROW_WAIT_MS, &line, err);
        if (is_given_up(run))
            return OK;
        if (code == E_RETRY)
            continue; /* no row has come, which may well be */
        TRY(code);
        arena_reset(run->arena);
        TRY(reply_read(run->arena, line, &reply, err));
        if (reply_is_answer(reply))
            return end_of_sample(run, reply, err);
        put_line(run, line);
        if (!client_has_line(client))
            TRY(flush(run, err));
    }
}

/* ---- stop, snapshot, metrics ------------------------------------------------------------------ */

static enum code stop_job(struct command_run *run, struct client *client, struct error *err)
{
    struct request request = { .ask = ASK_STOP };
    struct str line;
    const struct json_value *reply;
    int64_t begun_us = clock_monotonic_us(), timeout_ms = timeout_of(run);
    TRY(client_ask(client, &request, CLIENT_ANSWER_MS, &line, err));
    TRY(reply_read(run->arena, line, &reply, err));
    long long pid = (long long)reply_count(reply, "pid", 0);
    int64_t left_ms = timeout_ms, wait_ms = run->args->is_stopped ? LOOK_MS : timeout_ms;
    bool has_ended;
    while (!(has_ended = client_wait_for_end(client, MIN(wait_ms, left_ms))) && !is_given_up(run))
        if ((left_ms -= wait_ms) <= 0)
            break;
    if (!has_ended && is_given_up(run))
        return OK; /* it ends by itself */
    if (!has_ended) {
        error_set(err, E_RETRY, "job \"%s\" has not ended within %.1f s", run->job,
                  (double)timeout_ms / MS_PER_S);
        error_detail(err, "It has been asked to stop, and ends when what it has read is written.");
        error_hint(err,
                   "weir ps %s says what it waits for; kill -INT %lld, twice, ends it at once.",
                   run->job, pid);
        return E_RETRY;
    }
    double took_s = (double)(clock_monotonic_us() - begun_us) / 1e6;
    if (run->is_json)
        buf_printf(&run->out, "{\"ok\": true, \"name\": \"%s\", \"pid\": %lld, \"took_s\": %.3f}\n",
                   run->job, pid, took_s);
    else
        buf_printf(&run->out, "%s (process %lld) has ended after %.1f s\n", run->job, pid, took_s);
    return OK;
}

static enum code take_snapshot(struct command_run *run, struct client *client, struct error *err)
{
    struct request request = { .ask = ASK_SNAPSHOT };
    struct str line;
    const struct json_value *reply;
    enum code code = client_ask(client, &request, timeout_of(run), &line, err);
    if (code == E_RETRY) {
        error_set(err, E_RETRY, "job \"%s\" has not completed a checkpoint within %.1f s", run->job,
                  (double)timeout_of(run) / MS_PER_S);
        error_hint(err, "weir ps %s says what it waits for.", run->job);
    }
    TRY(code);
    TRY(reply_read(run->arena, line, &reply, err));
    if (run->is_json) {
        put_line(run, line);
        return OK;
    }
    struct str dir = reply_text(run->arena, reply, "state_dir");
    double took_s = reply_number(reply, "took_s", 0);
    if (dir.size > 0)
        buf_printf(&run->out, "%s: a snapshot is in " STR_FMT " after %.3f s\n", run->job,
                   STR_ARG(dir), took_s);
    else
        buf_printf(&run->out,
                   "%s: all rows are written and all positions committed after %.3f s; no "
                   "snapshot, since weir.state.dir is not set\n",
                   run->job, took_s);
    return OK;
}

static enum code show_metrics(struct command_run *run, struct client *client, struct error *err)
{
    struct request request = { .ask = ASK_METRICS };
    struct str line;
    const struct json_value *reply;
    TRY(client_ask(client, &request, CLIENT_ANSWER_MS, &line, err));
    TRY(reply_read(run->arena, line, &reply, err));
    if (run->is_json)
        put_line(run, line);
    else
        buf_str(&run->out, reply_text(run->arena, reply, "text"));
    return OK;
}

static enum code ask_job(struct command_run *run, struct error *err)
{
    struct client *client;
    enum code code;
    if (!run->job)
        return list_jobs(run, err);
    TRY(client_open(str_of(run->job), &client, err));
    switch (run->args->command) {
    case COMMAND_STOP:
        code = stop_job(run, client, err);
        break;
    case COMMAND_SNAPSHOT:
        code = take_snapshot(run, client, err);
        break;
    case COMMAND_METRICS:
        code = show_metrics(run, client, err);
        break;
    case COMMAND_WHY:
        code = show_why(run, client, err);
        break;
    case COMMAND_EXPLAIN:
        code = show_plan(run, client, err);
        break;
    case COMMAND_TAP:
        code = show_rows(run, client, err);
        break;
    default:
        code = show_job(run, client, err);
    }
    client_close(client);
    return code;
}

enum code client_command(const struct args *args, struct error *err)
{
    struct command_run run = { .args = args,
                               .job = args->command == COMMAND_EXPLAIN ? args->file : args->job,
                               .arena = arena_create() };
    if (!run.arena)
        return error_nomem(err);
    buf_init(&run.out, CLIENT_TEXT_MAX);
    enum code code = choose_format(&run, err);
    if (code == OK)
        code = ask_job(&run, err);
    if (code == OK)
        code = flush(&run, err);
    buf_done(&run.out);
    arena_destroy(run.arena);
    return code;
}
