/* tap.c -- samples of what an operator gives to its readers, as lines of JSON.
 *
 * A worker that has an operator with taps puts lines into a ring of its own: it never
 * waits, rows that find no room are passed by.  Whoever has asked takes them out from
 * another thread.  A ring that is taken away is freed when its worker is seen outside of
 * its taps: worker->tapping is odd while it is in there. */
#include "exec/run.h"

#include "base/memory.h"
#include "expr/fn_json.h"
#include "json/json_extract.h"
#include "json/json_text.h"
#include "plan/plan_names.h"
#include "types/text.h"

#include <sched.h>

enum {
    RING_BYTES = 1 << 18, /* a power of two */
    LINE_BYTES_MAX = 1 << 16,
    BATCH_ROWS_MAX = 256, /* of one batch, so that a large one does not cost its worker much */
};

/* What is shown of the operator's columns. */
struct tap_column {
    uint32_t column;
    struct str name;
    bool is_hit; /* of a JSON path */
};

struct tap_ring {
    _Atomic(struct tap_ring *) next; /* other taps of the operator */
    struct op *op;
    struct tap *tap;
    /* The worker's: */
    struct buf line;
    struct arena *arena; /* of a line */
    struct zone_cursor cursor;
    /* Bytes put in and taken out so far: a length, then a line. */
    atomic_size_t put, taken;
    char *bytes;
};

struct tap {
    struct exec_tap base;
    struct exec *exec;
    struct arena *arena;
    struct tap_column *columns;
    uint32_t column_count;
    struct tap_ring *rings;
    uint32_t ring_count;
    uint32_t turn;
    uint64_t rows_max;
    uint64_t given;             /* lines, to whoever has asked */
    atomic_uint_fast64_t taken; /* rows put into rings */
    atomic_uint_fast64_t passed_by;
};

/* --- rows as text -------------------------------------------------------------------------- */

/* What stands in the document, on one line: outside of strings JSON has blanks only. */
static void put_raw(struct buf *out, const struct json_hit *hit)
{
    for (uint32_t i = 0; i < hit->size; i++)
        buf_char(out, (unsigned char)hit->data[i] < ' ' ? ' ' : hit->data[i]);
}

static enum code put_hit(struct tap_ring *ring, const struct json_hit *hit, struct error *err)
{
    struct str text;
    switch ((enum json_kind)hit->kind) {
    case JSON_MISSING:
    case JSON_NULL:
        buf_text(&ring->line, "null");
        return OK;
    case JSON_TRUE:
        buf_text(&ring->line, "true");
        return OK;
    case JSON_FALSE:
        buf_text(&ring->line, "false");
        return OK;
    case JSON_STRING:
    case JSON_STRING_ESCAPED:
        TRY(json_text_string(hit, ring->arena, &text, err));
        text_put_json_string(&ring->line, text);
        return OK;
    case JSON_INTEGER:
    case JSON_NUMBER:
    case JSON_OBJECT:
    case JSON_ARRAY:
        put_raw(&ring->line, hit);
        return OK;
    }
    return OK;
}

static enum code put_cell(struct tap_ring *ring, const struct tap_column *column,
                          const struct column *cells, uint32_t row, struct error *err)
{
    struct text_style style = { .mode = TEXT_JSON,
                                .zone = ring->op->worker->zone,
                                .cursor = &ring->cursor };
    if (!column->is_hit)
        text_print_cell(&ring->line, cells, row, &style);
    else if (column_is_valid(cells, row))
        return put_hit(ring, &COLUMN_AT(cells, struct json_hit, row), err);
    else
        buf_text(&ring->line, "null");
    return OK;
}

/* As format changelog-json has it, but for the order. */
static enum code put_line(struct tap_ring *ring, const struct batch *batch, uint32_t row,
                          struct error *err)
{
    static const char *const ops[] = { [CHANGE_INSERT] = "+I",
                                       [CHANGE_UPDATE_BEFORE] = "-U",
                                       [CHANGE_UPDATE_AFTER] = "+U",
                                       [CHANGE_DELETE] = "-D" };
    const struct tap *tap = ring->tap;
    buf_clear(&ring->line);
    arena_reset(ring->arena);
    buf_printf(&ring->line, "{\"op\":\"%s\",\"data\":{", ops[batch_change(batch, row)]);
    for (uint32_t i = 0; i < tap->column_count; i++) {
        const struct tap_column *column = &tap->columns[i];
        if (i > 0)
            buf_char(&ring->line, ',');
        text_put_json_string(&ring->line, column->name);
        buf_char(&ring->line, ':');
        TRY(put_cell(ring, column, batch->columns[column->column], row, err));
    }
    buf_text(&ring->line, "}}");
    return buf_check(&ring->line, err);
}

/* --- the ring -------------------------------------------------------------------------------- */

static void copy_in(struct tap_ring *ring, size_t at, const void *from, size_t size)
{
    size_t place = at & (RING_BYTES - 1), first = MIN(size, RING_BYTES - place);
    memcpy(ring->bytes + place, from, first);
    memcpy(ring->bytes, (const char *)from + first, size - first);
}

static void copy_out(const struct tap_ring *ring, size_t at, void *to, size_t size)
{
    size_t place = at & (RING_BYTES - 1), first = MIN(size, RING_BYTES - place);
    memcpy(to, ring->bytes + place, first);
    memcpy((char *)to + first, ring->bytes, size - first);
}

static bool has_room(const struct tap_ring *ring, size_t bytes)
{
    size_t used = atomic_load_explicit(&ring->put, memory_order_relaxed) -
                  atomic_load_explicit(&ring->taken, memory_order_acquire);
    return RING_BYTES - used >= bytes;
}

static void put(struct tap_ring *ring)
{
    uint32_t size = (uint32_t)ring->line.size;
    size_t at = atomic_load_explicit(&ring->put, memory_order_relaxed);
    copy_in(ring, at, &size, sizeof size);
    copy_in(ring, at + sizeof size, ring->line.data, size);
    atomic_store_explicit(&ring->put, at + sizeof size + size, memory_order_release);
}

static bool take(struct tap_ring *ring, struct buf *out)
{
    uint32_t size;
    size_t at = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    if (at == atomic_load_explicit(&ring->put, memory_order_acquire))
        return false;
    copy_out(ring, at, &size, sizeof size);
    if (buf_reserve(out, (size_t)size + 1)) {
        copy_out(ring, at + sizeof size, out->data + out->size, size);
        out->size += size;
        buf_char(out, '\n');
    }
    atomic_store_explicit(&ring->taken, at + sizeof size + size, memory_order_release);
    return true;
}

/* --- the worker's side --------------------------------------------------------------------- */

/* False: no more of this batch. */
static bool sample_row(struct tap_ring *ring, const struct batch *batch, uint32_t row)
{
    struct error unsaid = { .code = OK };
    struct tap *tap = ring->tap;
    if (atomic_load_explicit(&tap->taken, memory_order_relaxed) >= tap->rows_max)
        return false;
    if (!has_room(ring, sizeof(uint32_t) + 2)) {
        atomic_fetch_add_explicit(&tap->passed_by, 1, memory_order_relaxed);
        return false;
    }
    if (put_line(ring, batch, row, &unsaid) != OK ||
        !has_room(ring, sizeof(uint32_t) + ring->line.size)) {
        atomic_fetch_add_explicit(&tap->passed_by, 1, memory_order_relaxed);
        return true;
    }
    put(ring);
    atomic_fetch_add_explicit(&tap->taken, 1, memory_order_relaxed);
    return true;
}

void op_tap(struct op *op, const struct batch *batch)
{
    atomic_fetch_add(&op->worker->tapping, 1);
    struct tap_ring *ring = atomic_load(&op->taps);
    for (; ring; ring = atomic_load(&ring->next)) {
        uint32_t n = MIN(batch->selected, BATCH_ROWS_MAX);
        for (uint32_t i = 0; i < n && sample_row(ring, batch, batch_row(batch, i)); i++)
            continue;
    }
    atomic_fetch_add(&op->worker->tapping, 1);
}

/* --- which columns ------------------------------------------------------------------------- */

/* Columns that nobody reads are not there: they would be shown as NULL. */
static enum code choose_columns(struct tap *tap, const struct plan *plan, struct error *err)
{
    struct str *names = plan_names(tap->arena, plan);
    const struct plan_join *join = (const struct plan_join *)plan;
    const bool *wanted = plan->kind == PLAN_JOIN ? join->wanted : NULL;
    tap->columns = arena_array(tap->arena, struct tap_column, MAX(plan->field_count, 1));
    if (!names || !tap->columns)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->field_count; i++) {
        uint32_t at = i;
        const struct plan *from = plan_origin(plan, &at);
        const struct plan_scan *scan = (const struct plan_scan *)from;
        if ((from->kind == PLAN_SCAN && !scan->def.needed[at]) || (wanted && !wanted[i]))
            continue;
        tap->columns[tap->column_count++] = (struct tap_column){
            .column = i, .name = names[i], .is_hit = plan->fields[i].type == &type_json_hit
        };
    }
    return OK;
}

/* --- opening and closing --------------------------------------------------------------------- */

static enum code open_ring(struct tap *tap, struct op *op, struct error *err)
{
    struct tap_ring *ring = &tap->rings[tap->ring_count];
    if (!(ring->arena = arena_create()) || !(ring->bytes = mem_alloc(RING_BYTES))) {
        arena_destroy(ring->arena);
        return error_nomem(err);
    }
    ring->op = op;
    ring->tap = tap;
    buf_init(&ring->line, LINE_BYTES_MAX);
    tap->ring_count++;
    return OK;
}

/* A sink gives nothing on: what it is given is shown. */
static enum code open_rings(struct tap *tap, const struct plan *plan, struct error *err)
{
    struct exec *exec = tap->exec;
    bool is_sink = plan->kind == PLAN_SINK;
    uint32_t n = is_sink ? plan->input_count : 1;
    tap->rings = arena_array(tap->arena, struct tap_ring, MAX(exec->run_count * n, 1));
    if (!tap->rings)
        return error_nomem(err);
    for (uint32_t w = 0; w < exec->run_count; w++)
        for (uint32_t i = 0; i < n; i++) {
            const struct plan *node = is_sink ? plan->inputs[i] : plan;
            if (exec->runs[w].of_plan[node->id])
                TRY(open_ring(tap, exec->runs[w].of_plan[node->id], err));
        }
    return OK;
}

static void close_rings(struct tap *tap)
{
    for (uint32_t i = 0; i < tap->ring_count; i++) {
        buf_done(&tap->rings[i].line);
        arena_destroy(tap->rings[i].arena);
        mem_free(tap->rings[i].bytes);
    }
    arena_destroy(tap->arena);
}

static const struct plan *node_of(const struct exec *exec, uint32_t plan_id)
{
    for (uint32_t i = 0; i < exec->job->node_count; i++)
        if (exec->job->nodes[i]->id == plan_id)
            return exec->job->nodes[i];
    return NULL;
}

static enum code open_tap(struct tap *tap, const struct plan *plan, struct error *err)
{
    TRY(choose_columns(tap, plan, err));
    return open_rings(tap, plan, err);
}

enum code exec_tap(struct exec *exec, uint32_t plan_id, uint32_t rows_max, struct exec_tap **ret,
                   struct error *err)
{
    const struct plan *plan = node_of(exec, plan_id);
    if (!plan)
        return error_set(err, E_NAME, "there is no operator %u", plan_id);
    struct arena *arena = arena_create();
    struct tap *tap = arena ? arena_new(arena, struct tap) : NULL;
    if (!tap) {
        arena_destroy(arena);
        return error_nomem(err);
    }
    tap->exec = exec;
    tap->arena = arena;
    tap->rows_max = rows_max > 0 ? rows_max : UINT64_MAX;
    enum code code = open_tap(tap, plan, err);
    if (code != OK) {
        close_rings(tap);
        return code;
    }
    pthread_mutex_lock(&exec->watch_lock);
    for (uint32_t i = 0; i < tap->ring_count; i++) {
        struct tap_ring *ring = &tap->rings[i];
        atomic_store(&ring->next, atomic_load(&ring->op->taps));
        atomic_store(&ring->op->taps, ring);
    }
    exec->tap_count++;
    exec_set_watched(exec);
    pthread_mutex_unlock(&exec->watch_lock);
    *ret = &tap->base;
    return OK;
}

bool exec_tap_next(struct exec_tap *base, struct buf *out)
{
    struct tap *tap = (struct tap *)base;
    bool is_over = atomic_load(&tap->exec->over_mono_us) != 0; /* before the rings are looked at */
    bool any = false;
    for (uint32_t i = 0; i < tap->ring_count && !any && tap->given < tap->rows_max; i++)
        any = take(&tap->rings[tap->turn++ % tap->ring_count], out);
    tap->given += any;
    base->passed_by = atomic_load_explicit(&tap->passed_by, memory_order_relaxed);
    base->done = tap->given == tap->rows_max || (!any && is_over);
    return any;
}

/* Waits until the worker has been outside of its taps: they hold for part of a batch. */
static void wait_outside(struct worker *worker)
{
    unsigned seen = atomic_load(&worker->tapping);
    while (seen % 2 == 1 && atomic_load(&worker->tapping) == seen)
        sched_yield();
}

static void unlink_ring(struct tap_ring *ring)
{
    _Atomic(struct tap_ring *) *link = &ring->op->taps;
    while (atomic_load(link) != ring)
        link = &atomic_load(link)->next;
    atomic_store(link, atomic_load(&ring->next));
}

void exec_tap_close(struct exec_tap *base)
{
    struct tap *tap = (struct tap *)base;
    if (!tap)
        return;
    struct exec *exec = tap->exec;
    pthread_mutex_lock(&exec->watch_lock);
    for (uint32_t i = 0; i < tap->ring_count; i++)
        unlink_ring(&tap->rings[i]);
    for (uint32_t i = 0; i < tap->ring_count; i++)
        wait_outside(tap->rings[i].op->worker);
    exec->tap_count--;
    exec_set_watched(exec);
    pthread_mutex_unlock(&exec->watch_lock);
    close_rings(tap);
}
