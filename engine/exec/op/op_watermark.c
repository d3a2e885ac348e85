/* op_watermark.c -- event time begins here: watermarks, rows without a time.
 *
 * A watermark is the greatest value of its expression so far, per split of the source;
 * time is the smallest of the splits that count.  It is looked at after every row: the
 * batch goes on with a mark behind each row that moved it, then the message follows.
 *
 * A split counts from the start or from its first record on, as its connector says
 * (split_state), until it has ended or was idle for too long; with its next record it
 * counts again.  Time never goes back: a split that is behind just does not move it.
 * When none has had a record for so long the readers are told that the source is idle.
 *
 * Rows without a time are bad rows of the table. */
#include "exec/op/ops.h"
#include "exec/view.h"
#include "expr/program.h"
#include "base/clock.h"
#include "state/code.h"
#include "state/snapshot.h"
#include "types/time.h"

enum { TABLE_SPLITS = 1, TABLE_TIME = 2 };

struct split {
    int64_t watermark_us;
    int64_t last_us;  /* when its last record came, by the clock */
    bool counts;
};

/* What a snapshot knew of a split that has not shown itself yet. */
struct remembered {
    struct remembered *next;
    struct str name;
    int64_t watermark_us;
};

struct op_watermark {
    struct op base;
    const struct plan_watermark *plan;
    struct op_source *source;
    struct source *connector;
    struct program *program; /* row time, and the watermark where it is not row time - delay */
    struct split *splits;
    uint32_t split_count, split_cap;
    uint32_t last;           /* split of the row before */
    uint32_t slowest;        /* a split that holds time back; UINT32_MAX: look for it */
    int64_t time_us;         /* of all splits */
    struct remembered *remembered;
    int64_t last_us;         /* when the last record came, or the job began, by the clock */
    bool tell;               /* time was restored: readers have not heard of it */
};

/* --- splits --------------------------------------------------------------------------- */

static enum split_state state_of(const struct op_watermark *op, uint32_t split)
{
    const struct source_kind *kind = op->connector->kind;
    return kind->split_state ? kind->split_state(op->connector, split) : SPLIT_JOINS;
}

static void recall(struct op_watermark *op, uint32_t at)
{
    const struct source_kind *kind = op->connector->kind;
    if (!op->remembered || at >= kind->split_count(op->connector))
        return;
    struct str name = kind->split_name(op->connector, at);
    for (struct remembered **r = &op->remembered; *r; r = &(*r)->next)
        if (str_eq((*r)->name, name)) {
            /* Each worker's file tells, and those that had no row of it are behind. */
            op->splits[at].watermark_us = MAX(op->splits[at].watermark_us, (*r)->watermark_us);
            op->splits[at].counts = state_of(op, at) != SPLIT_ENDED;
            *r = (*r)->next;
            return;
        }
}

/* Knows of splits 0 .. count - 1. */
static enum code know_splits(struct op_watermark *op, uint32_t count, struct error *err)
{
    while (op->split_count < count) {
        struct split split = { .watermark_us = WATERMARK_NONE };
        uint32_t at = op->split_count;
        if (!ARENA_PUSH(op->base.worker->op_arena, op->splits, op->split_count, op->split_cap,
                        split))
            return error_nomem(err);
        op->splits[at].counts = state_of(op, at) == SPLIT_COUNTS;
        op->splits[at].last_us = op->plan->idle_ms > 0 ? clock_now_us(op->base.worker->clock) : 0;
        recall(op, at);
        op->slowest = UINT32_MAX;
    }
    return OK;
}

/* Time after a split has moved, has begun or ceased to count. */
static void combine(struct op_watermark *op)
{
    int64_t least = WATERMARK_END;
    op->slowest = UINT32_MAX;
    for (uint32_t i = 0; i < op->split_count; i++)
        if (op->splits[i].counts && op->splits[i].watermark_us < least) {
            least = op->splits[i].watermark_us;
            op->slowest = i;
        }
    if (op->slowest != UINT32_MAX && least > op->time_us)
        op->time_us = least;
}

static inline void advance(struct op_watermark *op, uint32_t split, int64_t watermark_us)
{
    struct split *s = &op->splits[split];
    if (watermark_us > s->watermark_us)
        s->watermark_us = watermark_us;
    else if (s->counts && op->slowest != UINT32_MAX)
        return;
    bool joins = !s->counts;
    s->counts = true;
    if (joins || split == op->slowest || op->slowest == UINT32_MAX)
        combine(op);
}

/* A split that has ended holds nothing back behind its last record. */
static void leave_ended(struct op_watermark *op, uint32_t split, const uint32_t *rest, uint32_t n)
{
    if (split >= op->split_count || !op->splits[split].counts ||
        state_of(op, split) != SPLIT_ENDED)
        return;
    for (uint32_t i = 0; i < n; i++)
        if (rest[i] == split)
            return;
    op->splits[split].counts = false;
    combine(op);
}

static void leave_all_ended(struct op_watermark *op)
{
    for (uint32_t i = 0; op->connector->kind->split_state && i < op->split_count; i++)
        leave_ended(op, i, NULL, 0);
}

static enum code pass_time(struct op_watermark *op, struct error *err)
{
    op_source_note_watermark(op->source, op->time_us);
    if (op->time_us == op->base.watermark_us || op->time_us == WATERMARK_NONE)
        return OK;
    return op_emit_watermark(&op->base, op->time_us, err);
}

/* --- rows ----------------------------------------------------------------------------------- */

struct marks {
    struct watermark_at *items;
    uint32_t count;
};

static inline void mark(struct marks *marks, uint32_t row, int64_t watermark_us)
{
    if (marks->count > 0 && marks->items[marks->count - 1].row == row)
        marks->count--;
    marks->items[marks->count++] = (struct watermark_at){ row, watermark_us };
}

/* The row time in microseconds; false: there is none. */
static bool time_of(const struct column *c, bool is_ms, uint32_t row, int64_t *ret)
{
    if (!column_is_valid(c, row))
        return false;
    int64_t t = COLUMN_AT(c, int64_t, row);
    if (!is_ms) {
        *ret = t;
        return true;
    }
    if (t > TIME_MAX_US / TIME_US_PER_MS || t < TIME_MIN_US / TIME_US_PER_MS)
        return false;
    *ret = t * TIME_US_PER_MS;
    return true;
}

static enum code no_time(struct op_watermark *op, const struct column *c, uint32_t row,
                         struct error *err)
{
    const struct plan_scan *scan = op->plan->scan;
    const struct catalog_table *table = scan->table;
    char text[256];
    struct buf reason;
    buf_init(&reason, sizeof text);
    struct str name = table->columns[scan->watermark->column].name;
    buf_printf(&reason, "its row time \"" STR_FMT "\" is %s", STR_ARG(name),
               column_is_valid(c, row) ? "no time between the years 1 and 9999" : "NULL");
    enum code code = buf_check(&reason, err);
    if (code == OK)
        code = op_source_bad_row(op->source, row, buf_view(&reason), err);
    buf_done(&reason);
    return code;
}

/* Selected row i is of another split than the one before it, which may have ended with that. */
static enum code change_split(struct op_watermark *op, const struct batch *in, uint32_t i,
                              struct marks *marks, struct error *err)
{
    uint32_t row = batch_row(in, i), split = in->splits ? in->splits[row] : 0;
    int64_t before = op->time_us;
    TRY(know_splits(op, split + 1, err));
    if (op->connector->kind->split_state && in->splits)
        leave_ended(op, op->last, in->splits + row, in->count - row);
    op->last = split;
    if (op->time_us == before)
        return OK;
    if (i == 0)
        return pass_time(op, err);
    mark(marks, batch_row(in, i - 1), op->time_us);
    return OK;
}

/* One row after the other; the rows with a time are the selection of the output. */
static enum code run_rows(struct op_watermark *op, const struct batch *in,
                          const struct column *time, const struct column *watermark,
                          struct batch *out, struct marks *marks, struct error *err)
{
    const struct plan_watermark *plan = op->plan;
    bool is_ms = plan->rowtime->type->id == TYPE_BIGINT;
    int64_t ahead_us = INT64_MAX;
    if (plan->future_ms > 0 && __builtin_add_overflow(clock_now_us(op->base.worker->clock),
                                                      plan->future_ms * TIME_US_PER_MS, &ahead_us))
        ahead_us = INT64_MAX;
    uint32_t *kept = NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        int64_t t;
        if (unlikely(!time_of(time, is_ms, row, &t))) {
            TRY(no_time(op, time, row, err));
            if (kept)
                continue;
            if (!(kept = arena_alloc(in->arena, in->selected * sizeof *kept)))
                return error_nomem(err);
            for (; n < i; n++)
                kept[n] = batch_row(in, n);
            continue;
        }
        if (kept)
            kept[n++] = row;
        uint32_t split = in->splits ? in->splits[row] : 0;
        if (unlikely(split != op->last))
            TRY(change_split(op, in, i, marks, err));
        int64_t w = WATERMARK_NONE;
        if (t > ahead_us)
            op_source_note_ahead(op->source);
        else if (!watermark)
            w = t - plan->delay_us;
        else if (column_is_valid(watermark, row))
            w = COLUMN_AT(watermark, int64_t, row);
        int64_t before = op->time_us;
        advance(op, split, w);
        if (op->time_us > before)
            mark(marks, row, op->time_us);
    }
    out->selection = kept ? kept : in->selection;
    out->selected = kept ? n : in->selected;
    return OK;
}

/* One split, all rows good, in a plain column: what is nearly always the case. */
static bool run_plain(struct op_watermark *op, const struct batch *in, const struct column *time,
                      const struct column *watermark, struct marks *marks)
{
    if (in->splits || in->selection || watermark || time->valid || column_is_constant(time) ||
        op->plan->future_ms > 0 || op->plan->rowtime->type->id == TYPE_BIGINT || in->count == 0 ||
        op->split_count != 1)
        return false;
    struct split *split = &op->splits[0];
    const int64_t *times = time->values;
    int64_t delay_us = op->plan->delay_us, most = split->watermark_us, now = op->time_us;
    for (uint32_t row = 0; row < in->count; row++) {
        int64_t w = times[row] - delay_us;
        if (w <= most)
            continue;
        most = w;
        if (w > now) {
            now = w;
            marks->items[marks->count++] = (struct watermark_at){ row, w };
        }
    }
    split->watermark_us = most;
    split->counts = true;
    op->slowest = 0;
    op->last = 0;
    op->time_us = now;
    return true;
}

/* The input's columns with the row time among them. */
static enum code make_output(const struct op_watermark *op, const struct batch *in,
                             struct column *time, struct batch **ret, struct error *err)
{
    uint32_t at = MIN(op->plan->computed, in->column_count);
    uint32_t extra = op->plan->computed != PLAN_NO_COLUMN;
    struct batch *out = batch_create(in->arena, in->column_count + extra, in->count);
    if (!out)
        return error_nomem(err);
    memcpy(out->columns, in->columns, at * sizeof *out->columns);
    if (extra)
        out->columns[at] = time;
    memcpy(out->columns + at + extra, in->columns + at,
           (in->column_count - at) * sizeof *out->columns);
    out->changes = in->changes;
    out->origin = in->origin;
    out->splits = in->splits;
    *ret = out;
    return OK;
}

/* --- idle splits ------------------------------------------------------------------------------ */

static void note_activity(struct op_watermark *op, const struct batch *in)
{
    if (op->plan->idle_ms == 0 || in->selected == 0)
        return;
    int64_t now_us = clock_now_us(op->base.worker->clock);
    op->last_us = now_us;
    for (uint32_t i = 0; in->splits && i < in->selected; i++)
        op->splits[in->splits[batch_row(in, i)]].last_us = now_us;
    if (!in->splits)
        op->splits[0].last_us = now_us;
}

static void set_due(struct op_watermark *op)
{
    int64_t least_us = op->base.silent ? INT64_MAX : op->last_us;
    op->base.due_us = INT64_MAX;
    for (uint32_t i = 0; op->plan->idle_ms > 0 && i < op->split_count; i++)
        if (op->splits[i].counts)
            least_us = MIN(least_us, op->splits[i].last_us);
    if (op->plan->idle_ms > 0 && least_us != INT64_MAX)
        op->base.due_us = least_us + op->plan->idle_ms * TIME_US_PER_MS;
}

static enum code set_silent(struct op_watermark *op, bool silent, struct error *err)
{
    op->base.silent = silent;
    return op_tell_idle(&op->base, err);
}

/* Of the splits without a record since then; one after the other, so that the last one to have
 * records has its say before it leaves too. */
static struct split *idle_longest(struct op_watermark *op, int64_t since_us)
{
    struct split *found = NULL;
    for (uint32_t i = 0; i < op->split_count; i++) {
        struct split *s = &op->splits[i];
        if (s->counts && s->last_us <= since_us && (!found || s->last_us < found->last_us))
            found = s;
    }
    return found;
}

/* Nothing has come because nobody has asked: it is not the source's turn yet, or there was no room
 * behind it. */
static void wait_on(struct op_watermark *op, int64_t now_us)
{
    op->last_us = now_us;
    for (uint32_t i = 0; i < op->split_count; i++)
        op->splits[i].last_us = now_us;
    set_due(op);
}

/* What waits for this source and others goes on with the others, whether a row of this one comes or
 * not: as it would have without the stop. */
static enum code tell_restored(struct op_watermark *op, struct error *err)
{
    if (!op->tell)
        return OK;
    op->tell = false;
    return op_emit_watermark(&op->base, op->time_us, err);
}

static enum code timer(struct op *base, int64_t now_us, struct error *err)
{
    struct op_watermark *op = (struct op_watermark *)base;
    TRY(tell_restored(op, err));
    set_due(op);
    if (now_us < op->base.due_us)
        return OK;
    int64_t since_us = now_us - op->plan->idle_ms * TIME_US_PER_MS;
    if (op->last_us <= since_us && !base->silent && !op_source_is_dry(op->source)) {
        wait_on(op, now_us);
        return OK;
    }
    for (struct split *s; (s = idle_longest(op, since_us)) != NULL;) {
        s->counts = false;
        combine(op);
    }
    TRY(pass_time(op, err));
    if (op->last_us <= since_us)
        TRY(set_silent(op, true, err));
    set_due(op);
    return OK;
}

/* --- messages ------------------------------------------------------------------------------------ */

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_watermark *op = (struct op_watermark *)base;
    if (base->silent)
        TRY(set_silent(op, false, err));
    TRY(tell_restored(op, err));
    TRY(know_splits(op, MAX(op->connector->kind->split_count(op->connector), 1), err));
    struct rows *rows = arena_alloc(in->arena, sizeof *rows);
    struct marks marks = { arena_alloc(in->arena, MAX(in->selected, 1) * sizeof *marks.items), 0 };
    if (!rows || !marks.items)
        return error_nomem(err);
    *rows = (struct rows){ .sel = in->selection, .n = in->selected };
    program_begin(op->program, in->arena, in->columns, in->count);
    struct column *time, *watermark = NULL;
    TRY(program_column(op->program, 0, rows, &time, err));
    if (op->plan->watermark)
        TRY(program_column(op->program, 1, rows, &watermark, err));
    struct batch *out;
    TRY(make_output(op, in, time, &out, err));
    if (run_plain(op, in, time, watermark, &marks)) {
        out->selection = in->selection;
        out->selected = in->selected;
    } else {
        TRY(run_rows(op, in, time, watermark, out, &marks, err));
    }
    note_activity(op, in);
    set_due(op);
    out->watermarks = marks.count > 0 ? marks.items : NULL;
    out->watermark_count = marks.count;
    TRY(op_emit(base, out, err));
    leave_all_ended(op);
    return pass_time(op, err);
}

/* The source itself knows of one watermark only: that no more rows come. */
static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us, struct error *err)
{
    struct op_watermark *op = (struct op_watermark *)base;
    int64_t moved = op_align_watermark(base, port, watermark_us);
    if (moved == WATERMARK_NONE)
        return OK;
    op->base.due_us = INT64_MAX;
    op->time_us = moved;
    return op_emit_watermark(base, moved, err);
}

void op_watermark_split(const struct op *base, uint32_t split, struct view_split *ret)
{
    const struct op_watermark *op = (const struct op_watermark *)base;
    if (split >= op->split_count)
        return;
    ret->watermark_us = op->splits[split].watermark_us;
    ret->holds = op->splits[split].counts;
    ret->idle = !ret->holds && !ret->ended;
}

/* --- snapshots ------------------------------------------------------------------------------------- */

static enum code put_time(struct state_writer *w, uint32_t table, struct str name, int64_t us,
                          struct error *err)
{
    struct buf value;
    buf_init(&value, 64);
    state_encode_i64(&value, us);
    enum code code = buf_check(&value, err);
    if (code == OK)
        code = state_writer_put(w, table, name, buf_view(&value), err);
    buf_done(&value);
    return code;
}

static enum code save(struct op_watermark *op, struct state_writer *w, struct error *err)
{
    const struct source_kind *kind = op->connector->kind;
    TRY(state_writer_begin(w, op->plan->base.state_id, err));
    for (uint32_t i = 0; i < op->split_count && i < kind->split_count(op->connector); i++)
        if (op->splits[i].counts)
            TRY(put_time(w, TABLE_SPLITS, kind->split_name(op->connector, i),
                         op->splits[i].watermark_us, err));
    for (const struct remembered *r = op->remembered; r; r = r->next)
        TRY(put_time(w, TABLE_SPLITS, r->name, r->watermark_us, err));
    int64_t time_us = op_time_to_save(op->time_us);
    return time_us == WATERMARK_NONE ? OK : put_time(w, TABLE_TIME, STR(""), time_us, err);
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *barrier,
                         struct error *err)
{
    if (!op_align_barrier(base, port, barrier))
        return OK;
    if (barrier->writer)
        TRY(save((struct op_watermark *)base, barrier->writer, err));
    return op_emit_barrier(base, barrier, err);
}

/* Of several (workers remember each other's splits) the newest. */
static enum code remember(struct op_watermark *op, struct str name, int64_t watermark_us,
                          struct error *err)
{
    struct arena *arena = op->base.worker->op_arena;
    for (struct remembered *r = op->remembered; r; r = r->next)
        if (str_eq(r->name, name)) {
            r->watermark_us = MAX(r->watermark_us, watermark_us);
            return OK;
        }
    struct remembered *r = arena_new(arena, struct remembered);
    if (!r || !(r->name = arena_str(arena, name)).data)
        return error_nomem(err);
    r->watermark_us = watermark_us;
    r->next = op->remembered;
    op->remembered = r;
    return OK;
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_watermark *op = (struct op_watermark *)base;
    struct state_record record;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record)) {
        struct str value = record.value;
        int64_t us;
        TRY(state_decode_i64(&value, &us, err));
        if (record.table_id == TABLE_TIME) {
            /* Several workers wrote: the one that was behind. */
            op->time_us = op->tell ? MIN(op->time_us, us) : us;
            op->tell = true;
            continue;
        }
        TRY(remember(op, record.key, us, err));
    }
    for (uint32_t i = 0; i < op->split_count; i++)
        recall(op, i);
    combine(op);
    set_due(op);
    if (op->tell)
        base->due_us = clock_now_us(base->worker->clock);
    return OK;
}

static const struct op_kind op_watermark_kind = {
    .name = "Watermark",
    .push = push,
    .watermark = watermark,
    .barrier = barrier,
    .end = op_end_pass,
    .timer = timer,
    .restore = restore,
};

enum code op_watermark_create(struct worker *worker, const struct plan_watermark *plan,
                              struct op **ret, struct error *err)
{
    struct op_watermark *op = op_create(worker, &op_watermark_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->time_us = WATERMARK_NONE;
    op->slowest = UINT32_MAX;
    op->last_us = clock_now_us(worker->clock);
    op->source = op_source_of(worker, plan->scan);
    if (!op->source)
        return error_set(err, E_INTERNAL, "a watermark has no source");
    op->connector = op_source_connector((struct op *)op->source);
    struct expr *exprs[2] = { plan->rowtime, plan->watermark };
    TRY(program_create(worker->op_arena, exprs, plan->watermark ? 2 : 1, worker->clock,
                       &op->program, err));
    /* Those that count before their first record, so that idleness is noticed. */
    TRY(know_splits(op, op->connector->kind->split_count(op->connector), err));
    set_due(op);
    return OK;
}
