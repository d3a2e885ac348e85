/* watch.c -- why a job writes nothing, and where its time goes: what two looks tell that lie some
 * time apart. */
#include "door/door_inner.h"
#include "door/find.h"
#include "door/member.h"

#include "base/arena.h"
#include "base/clock.h"
#include "exec/why.h"

/* Hints have commands with NAME in them: here it is known. */
static void put_hint(const struct door *door, struct buf *out, struct arena *arena, struct str hint)
{
    static const char place[] = " NAME";
    const char *at = memmem(hint.data, hint.size, place, sizeof place - 1);
    size_t front = at ? (size_t)(at - hint.data) : 0;
    struct str name = buf_view(&door->name);
    const char *end = at ? at + sizeof place - 1 : NULL;
    char *text = at && name.size > 0
                     ? arena_printf(arena, STR_FMT " " STR_FMT STR_FMT, (int)front, hint.data,
                                    STR_ARG(name), (int)(hint.data + hint.size - end), end)
                     : NULL;
    member_text(out, "hint", text ? str_of(text) : hint);
}

static void put_findings(const struct door *door, struct buf *out, struct arena *arena,
                         const struct why_sink *sink)
{
    static const char *const severities[] = {
        [WHY_HELD] = "held", [WHY_NOTE] = "note", [WHY_FINE] = "fine"
    };
    member_list(out, "findings");
    for (uint32_t i = 0; i < sink->finding_count; i++) {
        const struct why_finding *f = &sink->findings[i];
        member_open(out);
        member_text(out, "severity", str_of(severities[f->severity]));
        if (f->plan)
            member_operator(out, "operator", f->plan);
        member_text(out, "text", f->text);
        if (f->hint.size > 0)
            put_hint(door, out, arena, f->hint);
        member_close(out);
    }
    buf_char(out, ']');
}

static enum code answer_why(struct door *door, struct conn *conn, const struct exec_view *now,
                            const struct exec_view *earlier, struct error *err)
{
    struct buf *out = &conn->out;
    struct why found;
    uint32_t sink_id = 0;
    if (conn->request.what.size > 0)
        TRY(find_sink(door->config.plan, conn->request.what, &sink_id, err));
    TRY(why(door->config.plan, now, earlier, sink_id, conn->arena, &found, err));
    member_open(out);
    member_flag(out, "ok", true);
    member_list(out, "sinks");
    for (uint32_t i = 0; i < found.sink_count; i++) {
        member_open(out);
        member_operator(out, "operator", found.sinks[i].plan);
        member_text(out, "name", found.sinks[i].name);
        member_flag(out, "held", found.sinks[i].is_held);
        put_findings(door, out, conn->arena, &found.sinks[i]);
        member_close(out);
    }
    buf_char(out, ']');
    member_end(out);
    return OK;
}

static enum code answer_explain(struct door *door, struct conn *conn, const struct exec_view *now,
                                const struct exec_view *earlier, struct error *err)
{
    const struct door_hooks *hooks = &door->config.hooks;
    const struct door_form form = { .is_json = conn->request.is_json,
                                    .columns = conn->request.columns,
                                    .color = conn->request.color };
    struct buf *text = &door->scratch;
    buf_clear(text);
    TRY(hooks->explain(hooks->self, now, earlier, &form, text, err));
    TRY(buf_check(text, err));
    answer_text(&conn->out, buf_view(text));
    return OK;
}

enum code watch_end(struct door *door, struct conn *conn, struct error *err)
{
    struct exec_view now;
    const struct exec_view *earlier = conn->request.watch_ms > 0 ? &conn->earlier : NULL;
    TRY(exec_view(atomic_load(&door->exec), conn->arena, &now, err));
    return conn->request.ask == ASK_WHY ? answer_why(door, conn, &now, earlier, err)
                                        : answer_explain(door, conn, &now, earlier, err);
}

enum code watch_begin(struct door *door, struct conn *conn, struct error *err)
{
    uint32_t ignored;
    /* Said at once, and not after a while. */
    if (conn->request.ask == ASK_WHY && conn->request.what.size > 0)
        TRY(find_sink(door->config.plan, conn->request.what, &ignored, err));
    struct exec *exec;
    TRY(conn_exec(door, &exec, err));
    if (conn->request.ask == ASK_EXPLAIN && !door->config.hooks.explain)
        return error_set(err, E_UNSUPPORTED, "nobody here can explain the job");
    if (conn->request.watch_ms == 0)
        return watch_end(door, conn, err);
    if (conn->request.ask == ASK_EXPLAIN) {
        exec_view_timing(exec, true);
        conn->has_timed = true;
    }
    TRY(exec_view(exec, conn->arena, &conn->earlier, err));
    conn->due_us = clock_monotonic_us() + conn->request.watch_ms * 1000;
    conn->state = CONN_WATCHES;
    return OK;
}
