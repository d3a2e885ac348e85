/* show_jobs.c -- SHOW JOBS: the jobs of this user that run, each in a process of its own. */
#include "session/session_core.h"

#include "door/client.h"
#include "door/reply.h"
#include "types/time.h"

enum { ANSWER_MS = 2000, COLUMNS = 4 };

static enum code put_status(struct arena *arena, struct str name, struct str *cells,
                            struct error *err)
{
    struct request request = { .ask = ASK_STATUS, .brief = true };
    struct client *client = NULL;
    struct error unsaid = { .code = OK };
    struct str line;
    const struct json_value *reply = NULL;
    cells[0] = cells[3] = STR("");
    cells[1] = name;
    cells[2] = STR("does not answer");
    if (client_open(name, &client, &unsaid) == OK &&
        client_ask(client, &request, ANSWER_MS, &line, &unsaid) == OK &&
        (line = arena_str(arena, line)).data && reply_read(arena, line, &reply, &unsaid) == OK) {
        char text[TIME_TEXT_MAX];
        const char *pid = arena_printf(arena, "%lld", (long long)reply_count(reply, "pid", 0));
        int64_t begun_us = reply_count(reply, "begun_us", 0);
        size_t n =
            begun_us > 0 ? time_print_timestamp(begun_us, 0, TIME_FRACTION_TRIMMED, 'T', text) : 0;
        cells[0] = str_of(pid ? pid : "");
        cells[2] = reply_text(arena, reply, "state");
        cells[3] = arena_str(arena, str_make(text, n));
    }
    client_close(client);
    return cells[3].data && cells[2].data ? OK : error_nomem(err);
}

static enum code show(struct session *s, struct arena *arena, struct error *err)
{
    static const char *const titles[COLUMNS] = { "job id", "job name", "status", "start time" };
    struct str names[COLUMNS], *jobs = NULL;
    uint32_t count = 0;
    struct render_options render;
    TRY(session_render_options(s, &render, err));
    TRY(client_list(arena, &jobs, &count, err));
    struct str *cells = arena_array(arena, struct str, (size_t)MAX(count, 1) * COLUMNS);
    if (!cells)
        return error_nomem(err);
    for (int i = 0; i < COLUMNS; i++)
        names[i] = str_of(titles[i]);
    for (uint32_t i = 0; i < count; i++)
        TRY(put_status(arena, jobs[i], &cells[(size_t)i * COLUMNS], err));
    return render_texts(&s->console, &render, names, COLUMNS, cells, count, err);
}

enum code show_jobs(struct session *s, struct error *err)
{
    if (s->mute)
        return OK;
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    enum code code = show(s, arena, err);
    arena_destroy(arena);
    return code;
}
