/* sample.c -- rows that an operator gives on, as they come, and then a line that says why no more
 * follow. */
#include "door/door_inner.h"
#include "door/find.h"
#include "door/member.h"

#include "exec/exec.h"

enum { TAKEN_BYTES_MAX = 256 << 10 /* that wait for whoever reads them */ };

enum code sample_begin(struct door *door, struct conn *conn, struct error *err)
{
    uint32_t id;
    struct exec *exec;
    TRY(find_operator(door->config.plan, conn->request.what, &id, err));
    TRY(conn_exec(door, &exec, err));
    TRY(exec_tap(exec, id, conn->request.rows, &conn->tap, err));
    conn->told = 0;
    conn->state = CONN_TAPS;
    return OK;
}

static void end(struct conn *conn, const char *why)
{
    member_open(&conn->out);
    member_flag(&conn->out, "ok", true);
    member_count(&conn->out, "rows", conn->told);
    member_count(&conn->out, "passed_by", conn->tap->passed_by);
    member_text(&conn->out, "end", str_of(why));
    member_end(&conn->out);
    exec_tap_close(conn->tap);
    conn->tap = NULL;
    conn->state = CONN_ASKS;
}

void sample_take(struct conn *conn)
{
    if (conn->out.size >= TAKEN_BYTES_MAX)
        return;
    bool is_done = conn->tap->done; /* before the last look: nothing comes in between */
    while (conn->out.size < TAKEN_BYTES_MAX && exec_tap_next(conn->tap, &conn->out))
        conn->told++;
    if (conn->told >= conn->request.rows)
        end(conn, "rows");
    else if (is_done && conn->out.size < TAKEN_BYTES_MAX)
        end(conn, "job");
}

void sample_end(struct conn *conn)
{
    while (exec_tap_next(conn->tap, &conn->out))
        conn->told++;
    end(conn, conn->told >= conn->request.rows ? "rows" : "job");
}
