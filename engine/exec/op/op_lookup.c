/* op_lookup.c -- rows of an outside table for each input row: FOR SYSTEM_TIME AS OF
 * processing time.
 *
 * A batch is first resolved: keys that the cache does not know are asked for, in one
 * call.  As long as an answer is missing the batch is parked (a copy, with the marks of
 * time that it carries), later ones queue behind it, and rows leave in the order they
 * came.  Watermarks and ends wait behind parked batches (op_pass_watermark).
 *
 * Rows that an input takes back are not looked up again: the table may have changed
 * since.  An input that updates has the rows it was given remembered, by input row. */
#include "exec/lookup_cache.h"
#include "exec/op/ops.h"

#include "base/clock.h"
#include "base/memory.h"
#include "expr/program.h"
#include "state/snapshot.h"

enum {
    PAIRS_MAX = 4096,  /* output rows a batch, about */
    MEMORY_TABLE = 1,  /* in snapshots */
};

struct parked {
    struct parked *next;
    struct arena *arena;     /* of what stands alone; NULL: all lives as long as the call */
    const struct batch *batch;
    struct lookup_entry **entries; /* a row: NULL where nothing is looked up */
    uint64_t ticket;         /* of the question; 0: nothing was asked */
    struct lookup_entry **asked; /* by row of the question */
    struct batch *question;  /* not taken by the connector yet; NULL: it was, or there is none */
    bool answered;
};

struct op_lookup {
    struct op base;
    const struct plan_lookup *plan;
    struct lookup *lookup;
    struct state_heap *heap;
    struct lookup_cache *cache;
    struct program *condition;     /* NULL: none */
    struct state_table *memory;    /* NULL: the input only inserts */
    struct parked *first, *last;
    uint32_t parked_count;
    uint64_t next_ticket;
    uint32_t input_fields, table_fields;
};

/* --- settings of the cache, in Flink's and in Blink's names --------------------------------- */

static int64_t first_int(const struct options *o, const char *a, const char *b, int64_t otherwise)
{
    if (options_has(o, a))
        return options_int(o, a);
    return b && options_has(o, b) ? options_int(o, b) : otherwise;
}

static int64_t first_ms(const struct options *o, const char *a, const char *b)
{
    if (options_has(o, a))
        return options_duration_ms(o, a);
    return b && options_has(o, b) ? options_duration_ms(o, b) : 0;
}

static struct lookup_cache_settings read_settings(const struct options *o)
{
    struct lookup_cache_settings s = { .keeps_misses = true };
    struct str blink = options_get(o, "cache"), flink = options_get(o, "lookup.cache");
    bool old_style = options_has(o, "lookup.cache.max-rows");
    if (str_iis(blink, "ALL") || str_iis(flink, "FULL"))
        s.kind = LOOKUP_CACHE_ALL;
    else if (str_iis(blink, "LRU") || str_iis(flink, "PARTIAL") || old_style)
        s.kind = LOOKUP_CACHE_LRU;
    s.max_keys = (uint64_t)first_int(o, "lookup.partial-cache.max-rows", "lookup.cache.max-rows",
                                     first_int(o, "cacheSize", NULL,
                                               blink.size > 0 ? 10000 : 0));
    s.after_load_ms = first_ms(o, "lookup.partial-cache.expire-after-write", "lookup.cache.ttl");
    if (s.after_load_ms == 0)
        s.after_load_ms =
            first_ms(o, "cacheTTLMs", "lookup.full-cache.periodic-reload.interval");
    s.after_use_ms = first_ms(o, "lookup.partial-cache.expire-after-access", NULL);
    s.max_rows_per_key = (uint64_t)first_int(o, "maxJoinRows", NULL, 0);
    if (options_has(o, "lookup.partial-cache.cache-missing-key"))
        s.keeps_misses = options_bool(o, "lookup.partial-cache.cache-missing-key");
    if (options_has(o, "cacheEmpty"))
        s.keeps_misses = options_bool(o, "cacheEmpty");
    return s;
}

/* --- the whole table ------------------------------------------------------------------------- */

static enum code load_batch(struct op_lookup *op, const struct batch *rows, struct arena *arena,
                            struct error *err)
{
    const struct plan_lookup *plan = op->plan;
    struct column **key = arena_array(arena, struct column *, MAX(plan->key_count, 1));
    if (!key)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->key_count; i++)
        key[i] = rows->columns[plan->table_keys[i]];
    return lookup_cache_load(op->cache, key, rows->columns, rows->selection, rows->selected, arena,
                             err);
}

/* Reads all rows through the connector's source; before the rows that need them. */
static enum code load_all(struct op_lookup *op, struct error *err)
{
    const struct source_kind *kind = op->plan->connector->source;
    if (!kind || !kind->poll_rows)
        return error_set(err, E_UNSUPPORTED,
                         "table \"" STR_FMT "\" cannot be read as a whole, which cache = ALL needs",
                         STR_ARG(op->plan->def.name));
    lookup_cache_begin_all(op->cache);
    struct source *source;
    struct arena *arena = arena_create();
    struct source_open open = { .table = &op->plan->def, .until_end = true };
    if (!arena)
        return error_nomem(err);
    enum code code = kind->open(&open, &source, err);
    if (code != OK) {
        arena_destroy(arena);
        return code;
    }
    enum poll_state state = POLL_MORE;
    while (code == OK && state != POLL_END) {
        struct batch *rows = NULL;
        arena_reset(arena);
        code = kind->poll_rows(source, arena, BATCH_ROWS, &rows, &state, err);
        if (code == E_RETRY || (code == OK && !rows && state == POLL_IDLE))
            code = error_set(err, E_IO, "table \"" STR_FMT "\" could not be read to its end",
                             STR_ARG(op->plan->def.name));
        if (code == OK && rows)
            code = load_batch(op, rows, arena, err);
    }
    kind->close(source);
    arena_destroy(arena);
    return code;
}

/* --- remembered rows ---------------------------------------------------------------------------- */

/* Of an input row: how often it is there, and the table's rows that it was given (encoded). */
enum { MEMORY_COUNT, MEMORY_ROWS, MEMORY_VALUES };

static enum code open_memory(struct op_lookup *op, struct error *err)
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
                                         .id = MEMORY_TABLE,
                                         .key = key,
                                         .key_count = input->field_count,
                                         .route_count = input->field_count,
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

/* One row: what it is given is found in the cache when it comes, in the memory when it goes. */
static enum code emit_row(struct op_lookup *op, struct parked *b, uint32_t i, char *memory,
                          struct arena *arena, struct buf *bytes, struct error *err)
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
    struct batch one = *in;
    one.selection = &row;
    one.selected = 1;
    one.watermarks = NULL;
    one.watermark_count = 0;
    enum code code = OK;
    if (known) {
        struct str stored = state_bytes_view(state_at(memory, rows_slot));
        code = decode_rows(op, stored, arena, &p, row, 0, err);
        if (code == OK)
            code = emit_pairs(op, &one, &p, 0, 1, arena, err);
        clear_decoded(op, &p);
        return code;
    }
    const struct lookup_entry *entry = b->entries[i];
    for (struct lookup_row *r = entry ? entry->first : NULL; r; r = r->next)
        TRY(pair(arena, &p, row, 0, r->slots, err));
    if ((!entry || !entry->first) && op->plan->type == LEFT_JOIN)
        TRY(pair(arena, &p, row, 0, NULL, err));
    TRY(apply_condition(op, in, &p, arena, err));
    TRY(remember(op, memory, &p, bytes, err));
    return emit_pairs(op, &one, &p, 0, 1, arena, err);
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
    struct buf bytes;
    buf_init(&bytes, 1 << 30);
    enum code code = OK;
    for (uint32_t i = 0; i < in->selected && code == OK; i++)
        code = emit_row(op, b, i, memory[i], arena, &bytes, err);
    buf_done(&bytes);
    TRY(code);
    /* Rows that are gone; the same row may stand in the batch several times. */
    const struct state_slot *slot =
        &state_table_layout(op->memory)->slots[op->input_fields + MEMORY_COUNT];
    for (uint32_t i = 0; i < in->selected; i++)
        for (uint32_t k = i + 1; k < in->selected && memory[i]; k++)
            if (memory[k] == memory[i])
                memory[i] = NULL;
    for (uint32_t i = 0; i < in->selected; i++)
        if (memory[i] && *(int64_t *)state_at(memory[i], slot) == 0)
            state_table_remove(op->memory, memory[i]);
    state_table_sweep(op->memory, 2 * in->selected, NULL, NULL);
    return OK;
}

/* --- asking -------------------------------------------------------------------------------------- */

static bool is_asked_for(const struct op_lookup *op, const struct batch *in, uint32_t row)
{
    enum change change = batch_change(in, row);
    if (change == CHANGE_UPDATE_BEFORE || change == CHANGE_DELETE)
        return false;
    for (uint32_t k = 0; k < op->plan->key_count; k++)
        if (!column_is_valid(in->columns[op->plan->keys[k]], row))
            return false; /* NULL finds nothing */
    return true;
}

/* Finds the entries of a batch, and makes the question for the keys that are not known. */
static enum code resolve(struct op_lookup *op, struct parked *b, struct arena *arena,
                         struct error *err)
{
    const struct batch *in = b->batch;
    const struct plan_lookup *plan = op->plan;
    uint32_t n = 0;
    uint32_t *rows = arena_array(arena, uint32_t, MAX(in->selected, 1));
    uint32_t *nth = arena_array(arena, uint32_t, MAX(in->selected, 1));
    struct lookup_entry **found = arena_array(arena, struct lookup_entry *, MAX(in->selected, 1));
    struct column **key = arena_array(arena, struct column *, MAX(plan->key_count, 1));
    b->entries = arena_array(arena, struct lookup_entry *, MAX(in->selected, 1));
    b->asked = arena_array(arena, struct lookup_entry *, MAX(in->selected, 1));
    if (!rows || !nth || !found || !key || !b->entries || !b->asked)
        return error_nomem(err);
    for (uint32_t i = 0; i < in->selected; i++)
        if (is_asked_for(op, in, batch_row(in, i))) {
            rows[n] = batch_row(in, i);
            nth[n++] = i;
        }
    for (uint32_t k = 0; k < plan->key_count; k++)
        key[k] = in->columns[plan->keys[k]];
    TRY(lookup_cache_find(op->cache, key, rows, n, found, err));
    uint32_t asked = 0;
    for (uint32_t i = 0; i < n; i++) {
        b->entries[nth[i]] = found[i];
        if (found[i]->known || found[i]->asked)
            continue;
        found[i]->asked = true;
        b->asked[asked] = found[i];
        rows[asked++] = rows[i];
    }
    b->answered = asked == 0;
    if (asked == 0)
        return OK;
    struct batch *question = batch_create(arena, plan->key_count, asked);
    if (!question)
        return error_nomem(err);
    for (uint32_t k = 0; k < plan->key_count; k++)
        if (!(question->columns[k] = column_gather(arena, key[k], rows, asked)))
            return error_nomem(err);
    b->question = question;
    b->ticket = ++op->next_ticket;
    return OK;
}

static enum code name_table(const struct op_lookup *op, enum code code, struct error *err)
{
    if (code != OK)
        error_while(err, "looking up rows of table \"" STR_FMT "\"", STR_ARG(op->plan->def.name));
    return code;
}

/* Hands the question over; a connector with too many under way takes it later. */
static enum code ask(struct op_lookup *op, struct parked *b, struct error *err)
{
    if (!b->question)
        return OK;
    enum code code = op->lookup->kind->submit(op->lookup, b->question, b->ticket, err);
    if (code == E_RETRY)
        return OK;
    if (code == OK)
        b->question = NULL;
    return name_table(op, code, err);
}

/* Takes all answers that are there. */
static enum code take_answers(struct op_lookup *op, struct error *err)
{
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    enum code code = OK;
    for (;;) {
        uint64_t ticket = 0;
        struct batch *rows = NULL;
        const uint32_t *key_row = NULL;
        code = op->lookup->kind->poll(op->lookup, arena, &ticket, &rows, &key_row, err);
        if (code == E_RETRY) {
            code = OK;
            break;
        }
        if (code != OK || !rows)
            break;
        struct parked *b = op->first;
        while (b && b->ticket != ticket)
            b = b->next;
        if (!b) {
            code = error_set(err, E_INTERNAL, "an answer came that nobody asked for");
            break;
        }
        for (uint32_t i = 0; i < rows->selected && code == OK; i++) {
            uint32_t row = batch_row(rows, i);
            code = lookup_cache_add(op->cache, b->asked[key_row[row]], rows->columns, row, err);
        }
        for (uint32_t i = 0; i < b->batch->selected && b->asked[i]; i++)
            lookup_cache_answer(op->cache, b->asked[i]);
        b->answered = true;
        arena_reset(arena);
        if (code != OK)
            break;
    }
    arena_destroy(arena);
    return name_table(op, code, err);
}

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

/* Emits the batches at the head whose rows are all known. */
static enum code emit_ready(struct op_lookup *op, struct error *err)
{
    while (op->first && op->first->answered) {
        struct parked *b = op->first;
        struct arena *arena = op->base.worker->batch_arena;
        enum code code = op->memory ? emit_remembered(op, b, arena, err)
                                    : emit_plain(op, b, arena, err);
        op->first = b->next;
        if (!op->first)
            op->last = NULL;
        op->parked_count--;
        drop_parked(b);
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
    memcpy(entries, b->entries, n * sizeof *entries);
    memcpy(asked, b->asked, n * sizeof *asked);
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

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_lookup *op = (struct op_lookup *)base;
    if (lookup_cache_wants_all(op->cache) && !op->first)
        TRY(name_table(op, load_all(op, err), err));
    struct parked *b = mem_zalloc(sizeof *b);
    if (!b)
        return error_nomem(err);
    b->batch = in;
    append(op, b);
    TRY(resolve(op, b, in->arena, err));
    TRY(ask(op, b, err));
    TRY(take_answers(op, err));
    bool waits = !op->first->answered;
    if (!waits)
        TRY(emit_ready(op, err));
    base->more = base->waits = op->first != NULL;
    return op->first ? outlive(op->last, err) : OK;
}

static enum code more(struct op *base, struct error *err)
{
    struct op_lookup *op = (struct op_lookup *)base;
    for (struct parked *b = op->first; b; b = b->next)
        TRY(ask(op, b, err));
    TRY(take_answers(op, err));
    uint32_t before = op->parked_count;
    TRY(emit_ready(op, err));
    base->waits = op->first != NULL && before == op->parked_count;
    return op->first ? OK : op_more_done(base, err);
}

/* --- messages --------------------------------------------------------------------------------------- */

static enum code watermark(struct op *op, uint32_t port, int64_t watermark_us, struct error *err)
{
    int64_t moved = op_align_watermark(op, port, watermark_us);
    return moved == WATERMARK_NONE ? OK : op_pass_watermark(op, moved, err);
}

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

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_lookup *op = (struct op_lookup *)base;
    struct state_record record;
    char *row;
    if (!op->memory || !state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record))
        if (record.table_id == MEMORY_TABLE)
            TRY(state_table_load(op->memory, reader, record.key, record.value, &row, err));
    return OK;
}

static enum code end(struct op *op, uint32_t port, struct error *err)
{
    return op_align_end(op, port) ? op_pass_end(op, err) : OK;
}

static void destroy(struct op *base)
{
    struct op_lookup *op = (struct op_lookup *)base;
    while (op->first) {
        struct parked *next = op->first->next;
        drop_parked(op->first);
        op->first = next;
    }
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
    .watermark = watermark,
    .barrier = barrier,
    .end = end,
    .more = more,
    .restore = restore,
    .destroy = destroy,
};

static enum code open_cache(struct op_lookup *op, struct error *err)
{
    const struct plan_lookup *plan = op->plan;
    const struct schema *schema = plan->def.schema;
    struct arena *arena = op->base.worker->op_arena;
    struct lookup_cache_settings settings = read_settings(plan->def.options);
    const struct type **key = arena_array(arena, const struct type *, MAX(plan->key_count, 1));
    const struct type **row = arena_array(arena, const struct type *, schema->count);
    if (!key || !row)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->key_count; i++)
        key[i] = schema->fields[plan->table_keys[i]].type;
    for (uint32_t i = 0; i < schema->count; i++)
        row[i] = schema->fields[i].type;
    return lookup_cache_create(op->heap, &settings, key, plan->key_count, row, schema->count,
                               op->base.worker->clock, &op->cache, err);
}

enum code op_lookup_create(struct worker *worker, const struct plan_lookup *plan, struct op **ret,
                           struct error *err)
{
    struct op_lookup *op = op_create(worker, &op_lookup_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->base.wait_fd = -1;
    op->input_fields = plan->base.inputs[0]->field_count;
    op->table_fields = plan->def.schema->count;
    TRY(op_state_heap(&op->base, &op->heap, err));
    TRY(open_cache(op, err));
    TRY(open_memory(op, err));
    if (plan->condition)
        TRY(program_create(worker->op_arena, &plan->condition, 1, worker->clock, &op->condition,
                           err));
    struct lookup_open open = { .table = &plan->def,
                                .key_columns = plan->table_keys,
                                .key_count = plan->key_count };
    TRY(name_table(op, plan->connector->lookup->open(&open, &op->lookup, err), err));
    if (op->lookup->kind->wake_fd)
        op->base.wait_fd = op->lookup->kind->wake_fd(op->lookup);
    return OK;
}
