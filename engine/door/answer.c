/* answer.c -- what a job says of itself, as JSON on one line.
 *
 * Times that belong to the data (watermarks, ends of windows) are told in the time zone of the job
 * and as microseconds since the epoch, those of the job itself in UTC. */
#include "door/door_inner.h"
#include "door/member.h"

#include "base/clock.h"
#include "exec/exec.h"
#include "plan/plan_bill.h"
#include "types/text.h"
#include "types/time.h"
#include "types/zone.h"

#include <inttypes.h>
#include <unistd.h>

/* ---- values ----------------------------------------------------------------------------- */

/* A time of the data: as text, and under KEY_us. */
static void put_time(const struct door *door, struct buf *out, const char *key, int64_t us)
{
    if (!time_us_in_range(us)) {
        member_text(out, key, (struct str){ NULL, 0 });
        return;
    }
    char text[TIME_TEXT_MAX];
    const struct zone *zone = door->config.zone ? door->config.zone : zone_utc;
    int64_t local_us = zone_utc_to_local_us(zone, NULL, us);
    size_t size = time_print_timestamp(local_us, 3, TIME_FRACTION_TRIMMED, ' ', text);
    member_text(out, key, str_make(text, size));
    buf_printf(out, ", \"%s_us\": %" PRId64, key, us);
}

/* A time of the job, likewise; 0: none. */
static void put_instant(struct buf *out, const char *key, int64_t us)
{
    char text[TIME_TEXT_MAX + 1];
    if (us == 0 || !time_us_in_range(us)) {
        member_text(out, key, (struct str){ NULL, 0 });
        return;
    }
    size_t size = time_print_timestamp(us, 3, TIME_FRACTION_TRIMMED, 'T', text);
    text[size] = 'Z';
    member_text(out, key, str_make(text, size + 1));
    buf_printf(out, ", \"%s_us\": %" PRId64, key, us);
}

/* ---- whole answers -------------------------------------------------------------------------- */

void answer_error(struct buf *out, const struct error *err)
{
    member_open(out);
    member_flag(out, "ok", false);
    member_flag(out, "wrong_use",
                err->code == E_NAME || err->code == E_DATA || err->code == E_USAGE);
    member_text(out, "error", str_of(err->message));
    if (err->detail[0] != '\0')
        member_text(out, "detail", str_of(err->detail));
    if (err->hint[0] != '\0')
        member_text(out, "hint", str_of(err->hint));
    member_end(out);
}

void answer_text(struct buf *out, struct str text)
{
    member_open(out);
    member_flag(out, "ok", true);
    member_text(out, "text", str_make(text.data ? text.data : "", text.size));
    member_end(out);
}

enum code answer_plan(struct door *door, struct buf *out, struct error *err)
{
    struct buf *plan = &door->scratch;
    buf_clear(plan);
    TRY(plan_print_json(plan, door->config.plan, door->config.job_text, NULL, err));
    /* On one line: a line end is never part of a JSON string. */
    for (size_t i = 0; i < plan->size; i++)
        if (plan->data[i] == '\n')
            plan->data[i] = ' ';
    TRY(buf_check(plan, err));
    buf_text(out, "{\"ok\": true, \"plan\": ");
    buf_str(out, str_trim(buf_view(plan)));
    member_end(out);
    return OK;
}

/* ---- status --------------------------------------------------------------------------------- */

struct waiting {
    struct buf *out;
    int64_t now_us; /* monotonic */
    uint32_t count;
};

static void put_waiting(struct waiting *w, const char *role, struct str name,
                        const char *waiting_for, int64_t since_us)
{
    if (!waiting_for)
        return;
    w->count++;
    member_open(w->out);
    member_text(w->out, "role", str_of(role));
    member_text(w->out, "name", name);
    member_text(w->out, "for", str_of(waiting_for));
    member_seconds(w->out, "s", MAX(w->now_us - since_us, 0));
    member_close(w->out);
}

/* Answers whether there is anybody. */
static bool put_all_waiting(struct buf *out, const struct exec_stats *stats)
{
    struct waiting w = { .out = out, .now_us = clock_monotonic_us() };
    member_list(out, "waiting");
    for (uint32_t i = 0; i < stats->source_count; i++) {
        const struct exec_source_stats *s = &stats->sources[i];
        put_waiting(&w, "source", s->name, s->waiting_for, s->waiting_since_us);
    }
    for (uint32_t i = 0; i < stats->sink_count; i++) {
        const struct exec_sink_stats *s = &stats->sinks[i];
        put_waiting(&w, "sink", s->name, s->waiting_for, s->waiting_since_us);
    }
    put_waiting(&w, "look-up", stats->lookup.name, stats->lookup.waiting_for,
                stats->lookup.waiting_since_us);
    buf_char(out, ']');
    return w.count > 0;
}

struct totals {
    uint64_t rows, skipped, late, rejected;
    int64_t lag_rows;     /* -1: of no source */
    int64_t watermark_us; /* INT64_MAX: none */
};

static struct totals add_up(const struct exec_stats *stats)
{
    struct totals t = { .lag_rows = -1, .watermark_us = INT64_MAX };
    for (uint32_t i = 0; i < stats->source_count; i++) {
        const struct exec_source_stats *s = &stats->sources[i];
        t.rows += s->rows;
        t.skipped += s->skipped;
        t.late += s->late;
        if (s->lag_rows >= 0)
            t.lag_rows = MAX(t.lag_rows, 0) + s->lag_rows;
        if (!s->ended && s->watermark_us != WATERMARK_NONE)
            t.watermark_us = MIN(t.watermark_us, s->watermark_us);
    }
    for (uint32_t i = 0; i < stats->sink_count; i++)
        t.rejected += stats->sinks[i].rejected;
    return t;
}

static void put_sources(const struct door *door, struct buf *out, const struct exec_stats *stats)
{
    member_list(out, "sources");
    for (uint32_t i = 0; i < stats->source_count; i++) {
        const struct exec_source_stats *s = &stats->sources[i];
        member_open(out);
        member_text(out, "name", s->name);
        member_count(out, "rows", s->rows);
        member_count(out, "bytes", s->bytes);
        member_count(out, "skipped", s->skipped);
        member_count(out, "late", s->late);
        member_count(out, "ahead", s->ahead);
        member_known(out, "lag_rows", s->lag_rows);
        put_time(door, out, "watermark", s->watermark_us);
        member_flag(out, "ended", s->ended);
        member_close(out);
    }
    buf_char(out, ']');
}

static void put_splits(const struct door *door, struct buf *out, const struct exec_view *view)
{
    member_list(out, "splits");
    for (uint32_t i = 0; i < view->split_count; i++) {
        const struct view_split *s = &view->splits[i];
        member_open(out);
        member_operator(out, "operator", s->scan);
        member_text(out, "name", s->name);
        member_count(out, "worker", s->worker);
        member_count(out, "rows", s->rows);
        member_known(out, "lag_rows", s->lag_rows);
        put_time(door, out, "watermark", s->watermark_us);
        member_flag(out, "holds", s->holds);
        member_flag(out, "idle", s->idle);
        member_flag(out, "ended", s->ended);
        if (s->quiet_us >= 0)
            member_seconds(out, "quiet_s", s->quiet_us);
        member_close(out);
    }
    buf_char(out, ']');
}

static void put_sinks(struct buf *out, const struct exec_stats *stats)
{
    member_list(out, "sinks");
    for (uint32_t i = 0; i < stats->sink_count; i++) {
        const struct exec_sink_stats *s = &stats->sinks[i];
        member_open(out);
        member_text(out, "name", s->name);
        if (s->statement > 0)
            member_count(out, "statement", s->statement);
        for (int k = 0; k < 4; k++)
            member_count(out, change_names[k], s->written[k]);
        member_count(out, "skipped", s->rejected);
        member_count(out, "unconfirmed", s->unconfirmed);
        member_close(out);
    }
    buf_char(out, ']');
}

static void put_operator(const struct door *door, struct buf *out, const struct view_op *op)
{
    member_operator(out, "operator", op->plan);
    member_count(out, "rows_in", op->rows_in);
    member_count(out, "rows_out", op->rows_out);
    member_count(out, "late", op->late);
    member_count(out, "state_bytes", op->state_bytes);
    put_time(door, out, "watermark", op->watermark_us);
    member_flag(out, "idle", op->idle);
    member_flag(out, "waits", op->waits);
    if (op->open_count > 0) {
        member_count(out, "open", op->open_count);
        put_time(door, out, "open_until", op->open_until_us);
    }
    if (op->plan->kind == PLAN_LOOKUP) {
        member_count(out, "asked", op->asked);
        member_count(out, "hits", op->hits);
        member_count(out, "missed", op->missed);
    }
}

static void put_operators(const struct door *door, struct buf *out, const struct exec_view *view)
{
    member_list(out, "operators");
    for (uint32_t i = 0; i < view->op_count; i++) {
        member_open(out);
        put_operator(door, out, &view->ops[i]);
        member_close(out);
    }
    buf_char(out, ']');
}

/* A worker that hangs tells nothing. */
static double rows_per_second(struct door *door)
{
    bool is_old = clock_monotonic_us() - atomic_load(&door->rate_us) > RATE_US_MAX;
    return is_old ? 0 : atomic_load(&door->rate);
}

static void put_view(struct door *door, const struct exec_view *view, bool brief, struct buf *out)
{
    struct totals t = add_up(&view->stats);
    bool is_waiting = put_all_waiting(out, &view->stats);
    bool is_stopping = view->stopping || atomic_load(&door->is_stopping);
    member_text(out, "state",
                view->ended   ? STR("ending")
                : is_stopping ? STR("stopping")
                : is_waiting  ? STR("waiting")
                              : STR("running"));
    member_count(out, "workers", view->workers);
    member_count(out, "rows", t.rows);
    member_number(out, "rows_per_s", rows_per_second(door));
    member_count(out, "skipped", t.skipped + t.rejected);
    member_count(out, "late", t.late);
    member_known(out, "lag_rows", t.lag_rows);
    put_time(door, out, "watermark", t.watermark_us);
    member_seconds(out, "cpu_s", view->cpu_us);
    member_count(out, "state_bytes", view->state_bytes);
    member_count(out, "state_limit_bytes", view->state_limit_bytes);
    member_count(out, "checkpoints", view->checkpoints);
    put_instant(out, "checkpoint", view->checkpoint_us);
    if (brief)
        return;
    put_sources(door, out, &view->stats);
    put_splits(door, out, view);
    put_sinks(out, &view->stats);
    put_operators(door, out, view);
}

enum code answer_status(struct door *door, bool brief, struct arena *arena, struct buf *out,
                        struct error *err)
{
    struct exec *exec = atomic_load(&door->exec);
    struct exec_view view = { 0 };
    if (exec)
        TRY(exec_view(exec, arena, &view, err));
    const struct door_config *c = &door->config;
    member_open(out);
    member_flag(out, "ok", true);
    member_text(out, "name", buf_view(&door->name));
    member_count(out, "pid", (uint64_t)getpid());
    member_text(out, "file", c->file);
    member_text(out, "version", c->version);
    put_instant(out, "begun", door->begun_us);
    member_text(out, "state_dir", c->state_dir.size > 0 ? c->state_dir : (struct str){ NULL, 0 });
    if (door->http_port != DOOR_NO_HTTP)
        member_count(out, "metrics_port", (uint64_t)door->http_port);
    if (exec)
        put_view(door, &view, brief, out);
    else
        member_text(out, "state",
                    atomic_load(&door->is_stopping) ? STR("stopping") : STR("starting"));
    member_end(out);
    return OK;
}
