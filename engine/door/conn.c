/* conn.c -- what a connection asks, from the request to the last line of the answer.
 *
 * What takes its time does not hold the thread: the connection is looked at again when its time has
 * come, and others meanwhile. */
#include "door/door_inner.h"
#include "door/member.h"

#include "base/arena.h"
#include "base/clock.h"
#include "door/http.h"
#include "door/metrics.h"
#include "exec/exec.h"

#include <stdio.h>
#include <unistd.h>

static void refuse(struct conn *conn, const struct error *err)
{
    answer_error(&conn->out, err);
    conn->state = CONN_ASKS;
}

enum code conn_exec(struct door *door, struct exec **ret, struct error *err)
{
    *ret = atomic_load(&door->exec);
    return *ret ? OK : error_set(err, E_RETRY, "the job has not begun yet: it opens its tables");
}

void conn_let_go(struct door *door, struct conn *conn)
{
    if (conn->has_timed)
        exec_view_timing(atomic_load(&door->exec), false);
    conn->has_timed = false;
    exec_tap_close(conn->tap);
    conn->tap = NULL;
}

/* ---- stop, snapshot ------------------------------------------------------------------------- */

static void stop(struct door *door, struct conn *conn)
{
    atomic_store(&door->is_stopping, true);
    door->config.hooks.stop(door->config.hooks.self);
    member_open(&conn->out);
    member_flag(&conn->out, "ok", true);
    member_count(&conn->out, "pid", (uint64_t)getpid());
    member_end(&conn->out);
}

static enum code begin_snapshot(struct door *door, struct conn *conn, struct error *err)
{
    struct exec *exec;
    struct exec_view view;
    TRY(conn_exec(door, &exec, err));
    TRY(exec_view(exec, conn->arena, &view, err));
    if (view.ended || view.stopping)
        return error_set(err, E_RETRY, "the job is being stopped: it takes its last checkpoint");
    conn->saves = exec_snapshot(exec);
    conn->state = CONN_SAVES;
    return OK;
}

static enum code look_for_snapshot(struct door *door, struct conn *conn, int64_t now_us,
                                   struct error *err)
{
    struct exec_view view;
    arena_reset(conn->arena);
    TRY(exec_view(atomic_load(&door->exec), conn->arena, &view, err));
    if (view.checkpoints < conn->saves)
        return view.ended ? error_set(err, E_RETRY, "the job has ended") : OK;
    struct str dir = door->config.state_dir;
    member_open(&conn->out);
    member_flag(&conn->out, "ok", true);
    member_count(&conn->out, "checkpoints", view.checkpoints);
    member_seconds(&conn->out, "took_s", now_us - conn->begun_us);
    member_text(&conn->out, "state_dir", dir.size > 0 ? dir : (struct str){ NULL, 0 });
    member_end(&conn->out);
    conn->state = CONN_ASKS;
    return OK;
}

/* ---- metrics ------------------------------------------------------------------------------- */

static enum code put_metrics(struct door *door, struct arena *arena, struct buf *out,
                             struct error *err)
{
    struct exec *exec = atomic_load(&door->exec);
    struct exec_view view;
    struct metrics_job job = { .name = buf_view(&door->name),
                               .file = door->config.file,
                               .version = door->config.version,
                               .begun_us = door->begun_us,
                               .memory_bytes = metrics_memory_bytes(),
                               .is_stopping = atomic_load(&door->is_stopping) };
    if (job.name.size == 0) /* there is no socket */
        job.name = door->config.name;
    if (exec)
        TRY(exec_view(exec, arena, &view, err));
    metrics_put(out, &job, exec ? &view : NULL);
    return buf_check(out, err);
}

static enum code answer_metrics(struct door *door, struct conn *conn, struct error *err)
{
    buf_clear(&door->scratch);
    TRY(put_metrics(door, conn->arena, &door->scratch, err));
    answer_text(&conn->out, buf_view(&door->scratch));
    return OK;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static enum code ask(struct door *door, struct conn *conn, struct error *err)
{
    switch (conn->request.ask) {
    case ASK_STATUS:
        return answer_status(door, conn->request.brief, conn->arena, &conn->out, err);
    case ASK_PLAN:
        return answer_plan(door, &conn->out, err);
    case ASK_METRICS:
        return answer_metrics(door, conn, err);
    case ASK_WHY:
    case ASK_EXPLAIN:
        return watch_begin(door, conn, err);
    case ASK_SAMPLE:
        return sample_begin(door, conn, err);
    case ASK_STOP:
        stop(door, conn);
        return OK;
    case ASK_SNAPSHOT:
        return begin_snapshot(door, conn, err);
    }
    return error_set(err, E_INTERNAL, "this is asked for by nobody");
}

void conn_ask(struct door *door, struct conn *conn, struct str line)
{
    struct error err = { .code = OK };
    arena_reset(conn->arena);
    conn->begun_us = clock_monotonic_us();
    enum code code = request_parse(conn->arena, line, &conn->request, &err);
    if (code == OK)
        code = ask(door, conn, &err);
    if (code != OK) {
        conn_let_go(door, conn);
        refuse(conn, &err);
    }
}

void conn_go_on(struct door *door, struct conn *conn, int64_t now_us)
{
    struct error err = { .code = OK };
    enum code code = OK;
    if (conn->state == CONN_TAPS) {
        sample_take(conn);
    } else if (conn->state == CONN_SAVES) {
        code = look_for_snapshot(door, conn, now_us, &err);
    } else if (conn->state == CONN_WATCHES && now_us >= conn->due_us) {
        conn->state = CONN_ASKS;
        code = watch_end(door, conn, &err);
        conn_let_go(door, conn);
    }
    if (code != OK)
        refuse(conn, &err);
}

void conn_end(struct conn *conn)
{
    struct error err = { .code = OK };
    error_set(&err, E_CANCELLED, "the job has ended");
    if (conn->state == CONN_TAPS)
        sample_end(conn);
    else if (conn->state == CONN_SAVES || conn->state == CONN_WATCHES)
        refuse(conn, &err);
}

/* ---- HTTP ----------------------------------------------------------------------------------- */

static void put_page(struct door *door, struct conn *conn, enum http_what what, bool head_only)
{
    static const char index[] = "weir: GET /metrics (Prometheus) or /status (JSON)\n";
    struct error err = { .code = OK };
    struct buf *body = &door->scratch;
    const char *type = "text/plain; charset=utf-8";
    enum code code = OK;
    buf_clear(body);
    if (what == HTTP_METRICS) {
        type = "text/plain; version=0.0.4; charset=utf-8";
        code = put_metrics(door, conn->arena, body, &err);
    } else if (what == HTTP_STATUS) {
        type = "application/json";
        code = answer_status(door, false, conn->arena, body, &err);
    } else {
        buf_text(body, index);
    }
    if (code != OK) {
        buf_clear(body);
        buf_printf(body, "%s\n", err.message);
    }
    http_put(&conn->out, code == OK ? "200 OK" : "500 Internal Server Error", type, buf_view(body),
             head_only);
}

static void put_refusal(struct conn *conn, const char *status, bool head_only)
{
    static const char foreign[] =
        "403 Forbidden: this job answers those who ask for localhost, 127.0.0.1 or [::1] (in the "
        "header Host), so that no page of the web can read it by a name of its own\n";
    char text[64];
    int size = snprintf(text, sizeof text, "%s\n", status);
    bool is_foreign = str_starts(str_of(status), STR("403 "));
    http_put(&conn->out, status, "text/plain; charset=utf-8",
             is_foreign ? str_of(foreign) : str_make(text, (size_t)size), head_only);
}

bool conn_take_http(struct door *door, struct conn *conn)
{
    bool head_only;
    enum http_what what = http_read(buf_view(&conn->in), &head_only);
    if (what == HTTP_MORE && conn->in.size < REQUEST_BYTES_MAX)
        return false;
    arena_reset(conn->arena);
    if (what == HTTP_MORE)
        put_refusal(conn, "431 Request Header Fields Too Large", false);
    else if (what == HTTP_BAD)
        put_refusal(conn, "400 Bad Request", false);
    else if (what == HTTP_FOREIGN)
        put_refusal(conn, "403 Forbidden", head_only);
    else if (what == HTTP_NO_METHOD)
        put_refusal(conn, "405 Method Not Allowed", false);
    else if (what == HTTP_NOT_FOUND)
        put_refusal(conn, "404 Not Found", head_only);
    else
        put_page(door, conn, what, head_only);
    buf_clear(&conn->in);
    conn->state = CONN_LEAVES;
    return true;
}
