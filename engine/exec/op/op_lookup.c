/* op_lookup.c -- rows of an outside table for each input row: FOR SYSTEM_TIME AS OF
 * processing time.
 *
 * A batch is first resolved: keys that the cache does not know are asked for, in one
 * call.  As long as an answer is missing the batch is parked (a copy, with the marks of
 * time that it carries), later ones queue behind it, and rows leave in the order they
 * came.  Watermarks and ends wait behind parked batches (op_pass_watermark). */
#include "exec/op/lookup.h"

#include "base/memory.h"
#include "state/snapshot.h"

/* --- the queue ------------------------------------------------------------------------------------ */

static void append(struct op_lookup *op, struct parked *b)
{
    if (op->last)
        op->last->next = b;
    else
        op->first = b;
    op->last = b;
    op->parked_count++;
}

static void drop_parked(struct parked *b)
{
    arena_destroy(b->arena);
    mem_free(b);
}

static void count_missed(struct op_lookup *op, const struct parked *b)
{
    const struct batch *in = b->batch;
    for (uint32_t i = 0; i < in->selected; i++) {
        enum change change = batch_change(in, batch_row(in, i));
        bool comes = change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER;
        op->missed += comes && (!b->entries[i] || !b->entries[i]->first);
    }
}

/* Emits the batches at the head whose rows are all known. */
static enum code emit_ready(struct op_lookup *op, struct error *err)
{
    while (op->first && op->first->answered) {
        struct parked *b = op->first;
        count_missed(op, b);
        enum code code = lookup_emit(op, b, err);
        op->first = b->next;
        if (!op->first)
            op->last = NULL;
        op->parked_count--;
        struct arena *arena = b->arena;
        mem_free(b);
        if (code == OK)
            code = op_let_go(&op->base, arena, err);
        else
            arena_destroy(arena);
        TRY(code);
    }
    if (!op->first)
        lookup_cache_forget(op->cache);
    return OK;
}

/* Makes what is parked stand alone, for as long as answers are missing. */
static enum code outlive(struct parked *b, struct error *err)
{
    const struct batch *in = b->batch;
    uint32_t n = in->selected;
    struct arena *arena = arena_create();
    struct batch *copy = arena ? batch_copy(arena, in) : NULL;
    struct watermark_at *marks =
        copy ? arena_array(arena, struct watermark_at, MAX(in->watermark_count, 1)) : NULL;
    struct lookup_entry **entries =
        marks ? arena_array(arena, struct lookup_entry *, MAX(n, 1)) : NULL;
    struct lookup_entry **asked =
        entries ? arena_array(arena, struct lookup_entry *, MAX(n, 1)) : NULL;
    struct batch *question =
        asked && b->question ? batch_copy(arena, b->question) : NULL;
    if (!asked || (b->question && !question)) {
        arena_destroy(arena);
        return error_nomem(err);
    }
    if (b->entries) { /* else nothing is known as long as the whole table is being read */
        memcpy(entries, b->entries, n * sizeof *entries);
        memcpy(asked, b->asked, n * sizeof *asked);
    }
    /* Marks are at rows of the columns: the copy has the selected ones alone. */
    uint32_t at = 0, count = 0;
    for (uint32_t i = 0; i < in->watermark_count; i++) {
        while (at < n && batch_row(in, at) <= in->watermarks[i].row)
            at++;
        if (at > 0)
            marks[count++] = (struct watermark_at){ at - 1, in->watermarks[i].watermark_us };
    }
    copy->watermarks = marks;
    copy->watermark_count = count;
    b->arena = arena;
    b->batch = copy;
    b->entries = entries;
    b->asked = asked;
    b->question = question;
    return OK;
}

static int answer_fd(const struct op_lookup *op)
{
    return op->lookup->kind->wake_fd ? op->lookup->kind->wake_fd(op->lookup) : -1;
}

/* Goes on reading the whole table; at its end, what is parked can be looked up. */
static enum code load(struct op_lookup *op, struct error *err)
{
    op->base.wait_fd = lookup_load_fd(op);
    TRY(lookup_named(op, lookup_load_step(op, err), err));
    if (op->load)
        return OK;
    op->base.wait_fd = answer_fd(op);
    for (struct parked *b = op->first; b; b = b->next)
        TRY(lookup_resolve(op, b, b->arena, err));
    return OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_lookup *op = (struct op_lookup *)base;
    if (lookup_cache_wants_all(op->cache) && !op->first && !op->load)
        TRY(lookup_named(op, lookup_load_begin(op, err), err));
    if (op->load)
        TRY(load(op, err));
    struct parked *b = mem_zalloc(sizeof *b);
    if (!b)
        return error_nomem(err);
    b->batch = in;
    append(op, b);
    if (!op->load) {
        TRY(lookup_resolve(op, b, in->arena, err));
        TRY(lookup_ask(op, b, err));
        TRY(lookup_take_answers(op, err));
    }
    bool waits = !op->first->answered;
    if (!waits)
        TRY(emit_ready(op, err));
    if (op->first) {
        base->more = base->waits = true;
        return outlive(op->last, err);
    }
    return base->more ? op_more_done(base, err) : OK; /* a watermark may wait behind the others */
}

static enum code more(struct op *base, struct error *err)
{
    struct op_lookup *op = (struct op_lookup *)base;
    if (op->load)
        TRY(load(op, err));
    base->waits = op->load != NULL;
    if (op->load)
        return OK;
    for (struct parked *b = op->first; b; b = b->next)
        TRY(lookup_ask(op, b, err));
    TRY(lookup_take_answers(op, err));
    uint32_t before = op->parked_count;
    TRY(emit_ready(op, err));
    base->waits = op->first != NULL && before == op->parked_count;
    return op->first ? OK : op_more_done(base, err);
}

/* --- messages --------------------------------------------------------------------------------------- */

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_lookup *op = (struct op_lookup *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    if (b->writer && op->memory) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        TRY(state_table_save(op->memory, b->writer, err));
    }
    return op_emit_barrier(base, b, err);
}

static void look(struct op *base, struct op_look *ret)
{
    const struct op_lookup *op = (const struct op_lookup *)base;
    ret->asked = op->asked;
    ret->hits = op->hits;
    ret->missed = op->missed;
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_lookup *op = (struct op_lookup *)base;
    struct state_record record;
    char *row;
    if (!op->memory || !state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record))
        if (record.table_id == LOOKUP_MEMORY_TABLE)
            TRY(state_table_load(op->memory, reader, record.key, record.value, &row, err));
    return state_reader_check(reader, err);
}

static void destroy(struct op *base)
{
    struct op_lookup *op = (struct op_lookup *)base;
    while (op->first) {
        struct parked *next = op->first->next;
        drop_parked(op->first);
        op->first = next;
    }
    lookup_load_end(op);
    lookup_cache_destroy(op->cache);
    state_heap_close(op->heap);
    state_table_destroy(op->memory);
    state_heap_destroy(op->heap);
    if (op->lookup)
        op->lookup->kind->close(op->lookup);
}

static const struct op_kind op_lookup_kind = {
    .name = "Lookup",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = barrier,
    .end = op_end_pass,
    .more = more,
    .look = look,
    .restore = restore,
    .destroy = destroy,
};

enum code op_lookup_create(struct worker *worker, const struct plan_lookup *plan, struct op **ret,
                           struct error *err)
{
    struct op_lookup *op = op_create(worker, &op_lookup_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->input_fields = plan->base.inputs[0]->field_count;
    op->table_fields = plan->def.schema->count;
    TRY(op_state_heap(&op->base, &op->heap, err));
    TRY(lookup_open_cache(op, err));
    TRY(lookup_open_memory(op, err));
    if (plan->condition)
        TRY(program_create(worker->op_arena, &plan->condition, 1, worker->clock, &op->condition,
                           err));
    struct lookup_open open = { .table = &plan->def,
                                .key_columns = plan->table_keys,
                                .key_count = plan->key_count };
    TRY(lookup_named(op, op_open_lookup(worker, plan->connector, &open, &op->lookup, err), err));
    op->base.wait_fd = answer_fd(op);
    return OK;
}
