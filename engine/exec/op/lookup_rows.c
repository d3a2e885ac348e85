/* lookup_rows.c -- output of a lookup join: pairs of an input row and a row of the table.
 *
 * Rows that an input takes back are not looked up again: the table may have changed
 * since.  An input that updates has the rows it was given remembered, by input row. */
#include "exec/op/lookup.h"

enum { PAIRS_MAX = 4096 }; /* output rows a batch, about */

/* --- remembered rows ---------------------------------------------------------------------------- */

/* Of an input row: how often it is there, and the table's rows that it was given (encoded). */
enum { MEMORY_COUNT, MEMORY_ROWS, MEMORY_VALUES };

enum code lookup_open_memory(struct op_lookup *op, struct error *err)
{
    const struct plan *input = op->plan->base.inputs[0];
    if (!plan_updates(input))
        return OK;
    struct arena *arena = op->base.worker->op_arena;
    const struct type **key = arena_array(arena, const struct type *, input->field_count);
    static const struct type *const value[MEMORY_VALUES] = { &type_bigint, &type_bytes };
    if (!key)
        return error_nomem(err);
    for (uint32_t i = 0; i < input->field_count; i++)
        key[i] = input->fields[i].type;
    const struct state_schema schema = { .name = "looked-up rows",
                                         .id = LOOKUP_MEMORY_TABLE,
                                         .key = key,
                                         .key_count = input->field_count,
                                         .route_count = op->plan->route_count,
                                         .route = op->plan->route,
                                         .value = value,
                                         .value_count = MEMORY_VALUES,
                                         .ttl_ms = op->plan->base.ttl_ms[0] };
    return state_table_create(op->heap, &schema, op->base.worker->clock, &op->memory, err);
}

/* --- output ------------------------------------------------------------------------------------- */

/* Pairs of an input row and a row of the table (NULL: none), in order. */
struct pairs {
    uint32_t *in;       /* position in the input's columns */
    uint32_t *nth;      /* of the selected rows */
    char **rows;        /* slots, or NULL */
    uint32_t count, cap;
};

static enum code pair(struct arena *arena, struct pairs *p, uint32_t in, uint32_t nth, char *row,
                      struct error *err)
{
    if (p->count == p->cap) {
        uint32_t cap = MAX(p->cap * 2, 1024);
        p->in = arena_grow(arena, p->in, p->cap * sizeof *p->in, cap * sizeof *p->in);
        p->nth = arena_grow(arena, p->nth, p->cap * sizeof *p->nth, cap * sizeof *p->nth);
        p->rows = arena_grow(arena, p->rows, p->cap * sizeof *p->rows, cap * sizeof *p->rows);
        if (!p->in || !p->nth || !p->rows)
            return error_nomem(err);
        p->cap = cap;
    }
    p->in[p->count] = in;
    p->nth[p->count] = nth;
    p->rows[p->count++] = row;
    return OK;
}

static enum code join_columns(struct op_lookup *op, const struct batch *in,
                              const struct pairs *p, struct arena *arena, struct batch **ret,
                              struct error *err)
{
    struct batch *out = batch_create(arena, op->input_fields + op->table_fields, p->count);
    const struct state_layout *layout = lookup_cache_layout(op->cache);
    if (!out)
        return error_nomem(err);
    for (uint32_t c = 0; c < op->input_fields; c++)
        if (!(out->columns[c] = column_gather(arena, in->columns[c], p->in, p->count)))
            return error_nomem(err);
    for (uint32_t c = 0; c < op->table_fields; c++)
        if (!(out->columns[op->input_fields + c] =
                  state_column(arena, &layout->slots[c], p->rows, p->count)))
            return error_nomem(err);
    *ret = out;
    return OK;
}

/* Keeps the pairs for which the condition holds; a LEFT row without any keeps one without a row. */
static enum code apply_condition(struct op_lookup *op, const struct batch *in, struct pairs *p,
                                 struct arena *arena, struct error *err)
{
    if (!op->condition)
        return OK;
    struct batch *joined;
    TRY(join_columns(op, in, p, arena, &joined, err));
    program_begin(op->condition, arena, joined->columns, joined->count);
    const struct rows all = { .n = joined->count }, *passing;
    TRY(program_filter(op->condition, 0, &all, &passing, err));
    bool *passes = arena_array(arena, bool, MAX(p->count, 1));
    if (!passes)
        return error_nomem(err);
    ROWS_EACH(passing, i)
        passes[i] = true;
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->count;) {
        uint32_t end = i, kept = n;
        for (; end < p->count && p->nth[end] == p->nth[i]; end++)
            if (p->rows[end] && passes[end]) {
                p->in[n] = p->in[end];
                p->nth[n] = p->nth[end];
                p->rows[n++] = p->rows[end];
            }
        if (n == kept && op->plan->type == LEFT_JOIN) {
            p->in[n] = p->in[i];
            p->nth[n] = p->nth[i];
            p->rows[n++] = NULL;
        }
        i = end;
    }
    p->count = n;
    return OK;
}

static enum code emit_pairs(struct op_lookup *op, const struct batch *in, const struct pairs *p,
                            uint32_t first, uint32_t count, struct arena *arena,
                            struct error *err)
{
    struct batch *out;
    TRY(join_columns(op, in, p, arena, &out, err));
    uint8_t *changes = in->changes ? arena_alloc(arena, MAX(p->count, 1)) : NULL;
    uint32_t *origin = arena_array(arena, uint32_t, MAX(p->count, 1));
    uint32_t *ends = arena_array(arena, uint32_t, MAX(in->selected, 1));
    if ((in->changes && !changes) || !origin || !ends)
        return error_nomem(err);
    uint32_t at = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        origin[i] = batch_origin(in, p->in[i]);
        if (changes)
            changes[i] = in->changes[p->in[i]];
    }
    for (uint32_t i = 0; i < in->selected; i++) {
        while (at < p->count && p->nth[at] <= i)
            at++;
        ends[i] = at;
    }
    out->changes = changes;
    out->origin = origin;
    if (first == 0 && count == in->selected) /* else the message behind says it */
        TRY(op_marks(&op->base, 0, in, ends, out, err));
    return op_emit(&op->base, out, err);
}

/* Pairs of the input's rows from `first` on, a batch of them: *ret_next is the row behind. */
static enum code emit_plain(struct op_lookup *op, struct parked *b, struct arena *arena,
                            struct error *err)
{
    const struct batch *in = b->batch;
    for (uint32_t first = 0; first < in->selected;) {
        struct pairs p = { 0 };
        uint32_t i = first;
        for (; i < in->selected && p.count < PAIRS_MAX; i++) {
            uint32_t row = batch_row(in, i);
            const struct lookup_entry *entry = b->entries[i];
            for (struct lookup_row *r = entry ? entry->first : NULL; r; r = r->next)
                TRY(pair(arena, &p, row, i, r->slots, err));
            if ((!entry || !entry->first) && op->plan->type == LEFT_JOIN)
                TRY(pair(arena, &p, row, i, NULL, err));
        }
        TRY(apply_condition(op, in, &p, arena, err));
        TRY(emit_pairs(op, in, &p, first, i - first, arena, err));
        first = i;
    }
    return OK;
}

/* --- an input that updates -------------------------------------------------------------------- */

static enum code decode_rows(struct op_lookup *op, struct str bytes, struct arena *arena,
                             struct pairs *p, uint32_t row, uint32_t nth, struct error *err)
{
    const struct state_layout *layout = lookup_cache_layout(op->cache);
    if (bytes.size == 0)
        return op->plan->type == LEFT_JOIN ? pair(arena, p, row, nth, NULL, err) : OK;
    while (bytes.size > 0) {
        /* A row of the batch: its strings go with `arena`, since they are columns there. */
        struct column *one;
        char *slots = arena_zalloc(arena, MAX(layout->bytes, 8));
        if (!slots)
            return error_nomem(err);
        for (uint32_t c = 0; c < op->table_fields; c++) {
            one = column_create(arena, layout->slots[c].type, 1);
            if (!one)
                return error_nomem(err);
            TRY(state_decode(arena, &bytes, layout->slots[c].type, 0, one, 0, err));
            TRY(state_put(op->heap, slots, &layout->slots[c], one, 0, err));
        }
        TRY(pair(arena, p, row, nth, slots, err));
    }
    return OK;
}

static void clear_decoded(struct op_lookup *op, const struct pairs *p)
{
    const struct state_layout *layout = lookup_cache_layout(op->cache);
    for (uint32_t i = 0; i < p->count; i++)
        if (p->rows[i])
            state_clear(op->heap, layout, 0, layout->count, p->rows[i]);
}

static enum code remember(struct op_lookup *op, char *memory, const struct pairs *p,
                          struct buf *bytes, struct error *err)
{
    const struct state_layout *rows = lookup_cache_layout(op->cache);
    const struct state_layout *layout = state_table_layout(op->memory);
    const struct state_slot *slot = &layout->slots[op->input_fields + MEMORY_ROWS];
    buf_clear(bytes);
    for (uint32_t i = 0; i < p->count; i++)
        if (p->rows[i])
            state_encode_slots(bytes, rows, 0, rows->count, p->rows[i]);
    TRY(buf_check(bytes, err));
    return state_put_bytes(op->heap, memory, slot, buf_view(bytes), err);
}

/* Output of rows of a batch that is not emitted yet. */
struct waiting {
    struct pairs pairs;
    struct pairs decoded; /* those of them whose slots are ours to clear */
    uint32_t first;       /* row of the batch that they begin with */
    struct buf bytes;
};

static enum code append(struct arena *arena, struct pairs *to, const struct pairs *from,
                        struct error *err)
{
    for (uint32_t i = 0; i < from->count; i++)
        TRY(pair(arena, to, from->in[i], from->nth[i], from->rows[i], err));
    return OK;
}

/* One row: what it is given is found in the cache when it comes, in the memory when it goes. */
static enum code take_row(struct op_lookup *op, struct parked *b, uint32_t i, char *memory,
                          struct arena *arena, struct waiting *w, struct error *err)
{
    const struct batch *in = b->batch;
    const struct state_layout *layout = state_table_layout(op->memory);
    const struct state_slot *count_slot = &layout->slots[op->input_fields + MEMORY_COUNT];
    const struct state_slot *rows_slot = &layout->slots[op->input_fields + MEMORY_ROWS];
    int64_t *count = state_at(memory, count_slot);
    uint32_t row = batch_row(in, i);
    enum change change = batch_change(in, row);
    bool comes = change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER;
    struct pairs p = { 0 };
    if (!state_is_valid(memory, count_slot)) {
        *count = 0;
        state_set_valid(memory, count_slot, true);
    }
    if (!comes && *count == 0)
        return OK; /* a row that never came cannot go */
    bool known = *count > 0;
    *count += comes ? 1 : -1;
    if (known) {
        struct str stored = state_bytes_view(state_at(memory, rows_slot));
        enum code code = decode_rows(op, stored, arena, &p, row, i, err);
        if (code == OK)
            code = append(arena, &w->decoded, &p, err);
        if (code != OK) {
            clear_decoded(op, &p);
            return code;
        }
    } else {
        const struct lookup_entry *entry = b->entries[i];
        for (struct lookup_row *r = entry ? entry->first : NULL; r; r = r->next)
            TRY(pair(arena, &p, row, i, r->slots, err));
        if ((!entry || !entry->first) && op->plan->type == LEFT_JOIN)
            TRY(pair(arena, &p, row, i, NULL, err));
        TRY(apply_condition(op, in, &p, arena, err));
        TRY(remember(op, memory, &p, &w->bytes, err));
    }
    return append(arena, &w->pairs, &p, err);
}

/* What waits, up to row `end` of the batch. */
static enum code emit_waiting(struct op_lookup *op, const struct batch *in, struct waiting *w,
                              uint32_t end, struct arena *arena, struct error *err)
{
    enum code code = emit_pairs(op, in, &w->pairs, w->first, end - w->first, arena, err);
    clear_decoded(op, &w->decoded);
    w->pairs.count = w->decoded.count = 0;
    w->first = end;
    return code;
}

/* All of a batch at once, unless it is too much: readers that go by key look for a +U next to its -U. */
static enum code emit_rows(struct op_lookup *op, struct parked *b, char **memory,
                           struct arena *arena, struct waiting *w, struct error *err)
{
    const struct batch *in = b->batch;
    for (uint32_t i = 0; i < in->selected; i++) {
        bool is_update = batch_change(in, batch_row(in, i)) == CHANGE_UPDATE_AFTER;
        if (w->pairs.count >= PAIRS_MAX && !is_update)
            TRY(emit_waiting(op, in, w, i, arena, err));
        TRY(take_row(op, b, i, memory[i], arena, w, err));
    }
    return emit_waiting(op, in, w, in->selected, arena, err);
}

static enum code emit_remembered(struct op_lookup *op, struct parked *b, struct arena *arena,
                                 struct error *err)
{
    const struct batch *in = b->batch;
    char **memory = arena_array(arena, char *, MAX(in->selected, 1));
    if (!memory)
        return error_nomem(err);
    const uint32_t *sel = in->selection;
    TRY(state_table_find(op->memory, in->columns, sel, in->selected, true, memory, NULL, err));
    struct waiting w = { .first = 0 };
    buf_init(&w.bytes, 1 << 30);
    enum code code = emit_rows(op, b, memory, arena, &w, err);
    clear_decoded(op, &w.decoded);
    buf_done(&w.bytes);
    TRY(code);
    /* Rows that are gone; the same row may stand in the batch several times: the first look marks
     * it. */
    const struct state_slot *slot =
        &state_table_layout(op->memory)->slots[op->input_fields + MEMORY_COUNT];
    uint32_t n = 0;
    for (uint32_t i = 0; i < in->selected; i++) {
        int64_t *count = state_at(memory[i], slot);
        if (*count == 0) {
            *count = -1;
            memory[n++] = memory[i];
        }
    }
    for (uint32_t i = 0; i < n; i++)
        state_table_remove(op->memory, memory[i]);
    state_table_sweep(op->memory, 2 * in->selected, NULL, NULL);
    return OK;
}

enum code lookup_emit(struct op_lookup *op, struct parked *b, struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    return op->memory ? emit_remembered(op, b, arena, err) : emit_plain(op, b, arena, err);
}
