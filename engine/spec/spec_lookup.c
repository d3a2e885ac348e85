/* spec_lookup.c -- look-ups into a table in memory: answers come when the clock says so.
 *
 * A try that fails is made again a second later, as often as it takes; a server that is
 * away answers when it is back.  Rows are those that the table holds when it answers. */
#include "spec/spec_tables.h"

#include "base/clock.h"
#include "base/memory.h"
#include "spec/spec_value.h"

enum { TRY_AGAIN_US = 1000000 };

struct spec_question {
    struct spec_question *next;
    struct lookup_instance *asker; /* NULL: the whole table is asked for */
    uint64_t ticket;
    struct value *keys; /* row by row */
    uint32_t key_count; /* values a row */
    uint32_t rows;
    int64_t due_us;
};

struct lookup_instance {
    struct lookup base;
    struct spec_tables *tables;
    struct spec_lookup *lookup;
    const uint32_t *key_columns;
    uint32_t key_count;
};

static enum code keep_keys(struct arena *arena, const struct batch *keys, struct spec_question *q,
                           struct error *err)
{
    q->key_count = keys->column_count;
    q->rows = keys->selected;
    q->keys = arena_array(arena, struct value, MAX((size_t)q->rows * q->key_count, 1));
    if (!q->keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < q->rows; i++)
        for (uint32_t k = 0; k < q->key_count; k++) {
            struct value v;
            if (!value_from_column(keys->columns[k], batch_row(keys, i), arena, &v) ||
                !spec_value_copy(arena, &v, &q->keys[(size_t)i * q->key_count + k]))
                return error_nomem(err);
        }
    return OK;
}

static void ask(const struct spec_tables *tables, struct spec_lookup *lookup,
                struct spec_question *q)
{
    q->due_us = clock_now_us(tables->clock) + lookup->delay_us;
    *lookup->tail = q;
    lookup->tail = &q->next;
}

static enum code submit(struct lookup *base, const struct batch *keys, uint64_t ticket,
                        struct error *err)
{
    struct lookup_instance *l = (struct lookup_instance *)base;
    struct spec_question *q = arena_new(l->tables->arena, struct spec_question);
    if (!q)
        return error_nomem(err);
    TRY(keep_keys(l->tables->arena, keys, q, err));
    q->asker = l;
    q->ticket = ticket;
    ask(l->tables, l->lookup, q);
    return OK;
}

struct spec_question *spec_lookup_ask_all(struct spec_tables *tables, struct spec_lookup *lookup)
{
    struct spec_question *q = arena_new(tables->arena, struct spec_question);
    if (q)
        ask(tables, lookup, q);
    return q;
}

bool spec_lookup_may_answer(const struct spec_tables *tables, struct spec_lookup *lookup,
                            struct spec_question *question)
{
    int64_t now_us = clock_now_us(tables->clock);
    if (lookup->is_away || (question->due_us > now_us && !tables->hurries))
        return false;
    if (lookup->failures_left == 0)
        return true;
    lookup->failures_left--;
    question->due_us = now_us + TRY_AGAIN_US;
    return false;
}

/* The first question of this instance whose time has come; NULL: none. */
static struct spec_question *next_due(struct lookup_instance *l)
{
    for (struct spec_question *q = l->lookup->first; q; q = q->next)
        if (q->asker == l && spec_lookup_may_answer(l->tables, l->lookup, q))
            return q;
    return NULL;
}

void spec_lookup_forget(struct spec_lookup *lookup, struct spec_question *question)
{
    struct spec_question **at = &lookup->first;
    while (*at != question)
        at = &(*at)->next;
    *at = question->next;
    for (at = &lookup->first; *at;)
        at = &(*at)->next;
    lookup->tail = at;
}

static bool fits(const struct lookup_instance *l, const struct spec_row *row,
                 const struct value *keys)
{
    for (uint32_t k = 0; k < l->key_count; k++) {
        const struct value *v = &row->values[l->key_columns[k]];
        if (v->is_null || keys[k].is_null || !spec_value_equal(v, &keys[k], 0))
            return false;
    }
    return true;
}

static const struct spec_row *row_of(const void *list, uint32_t i)
{
    return ((const struct spec_row *const *)list)[i];
}

static enum code answer(struct lookup_instance *l, const struct spec_question *q,
                        struct arena *arena, struct batch **ret, const uint32_t **ret_key_row,
                        struct error *err)
{
    const struct spec_row **rows = NULL;
    uint32_t *key_rows = NULL, count = 0, cap = 0, key_count = 0, key_cap = 0;
    for (uint32_t i = 0; i < q->rows; i++)
        for (uint32_t r = 0; r < l->lookup->row_count; r++) {
            const struct spec_row *row = &l->lookup->rows[r];
            if (!fits(l, row, q->keys + (size_t)i * q->key_count))
                continue;
            if (!ARENA_PUSH(arena, rows, count, cap, row) ||
                !ARENA_PUSH(arena, key_rows, key_count, key_cap, i))
                return error_nomem(err);
        }
    if (!(*ret = spec_rows_to_batch(arena, l->lookup->schema, row_of, rows, count)))
        return error_nomem(err);
    *ret_key_row = key_rows;
    return OK;
}

static enum code poll(struct lookup *base, struct arena *arena, uint64_t *ret_ticket,
                      struct batch **ret_rows, const uint32_t **ret_key_row, struct error *err)
{
    struct lookup_instance *l = (struct lookup_instance *)base;
    struct spec_question *q = next_due(l);
    *ret_rows = NULL;
    if (!q)
        return OK;
    TRY(answer(l, q, arena, ret_rows, ret_key_row, err));
    *ret_ticket = q->ticket;
    spec_lookup_forget(l->lookup, q);
    return OK;
}

static int wake_fd(struct lookup *base)
{
    (void)base;
    return -1;
}

static void status(struct lookup *base, struct source_status *ret)
{
    const struct lookup_instance *l = (const struct lookup_instance *)base;
    *ret = (struct source_status){ .lag_rows = -1,
                                   .waiting_for = l->lookup->is_away ? "the test" : NULL };
}

static void close_lookup(struct lookup *base)
{
    mem_free(base);
}

static const struct lookup_kind memory_lookup = {
    .submit = submit,
    .poll = poll,
    .wake_fd = wake_fd,
    .status = status,
    .close = close_lookup,
};

enum code spec_lookup_open(void *self, const struct lookup_open *open, struct lookup **ret,
                           struct error *err)
{
    struct spec_tables *tables = self;
    struct lookup_instance *l = mem_zalloc(sizeof *l);
    if (!l)
        return error_nomem(err);
    l->base.kind = &memory_lookup;
    l->tables = tables;
    l->lookup = spec_tables_lookup(tables, open->table->name);
    l->key_columns = open->key_columns;
    l->key_count = open->key_count;
    if (!l->lookup) {
        mem_free(l);
        return error_set(err, E_INTERNAL, "a table that the plan does not have is opened");
    }
    *ret = &l->base;
    return OK;
}

int64_t spec_tables_due_us(const struct spec_tables *tables)
{
    int64_t due_us = INT64_MAX;
    for (uint32_t i = 0; i < tables->lookup_count; i++)
        for (const struct spec_question *q = tables->lookups[i].first;
             q && !tables->lookups[i].is_away; q = q->next)
            due_us = MIN(due_us, q->due_us);
    return due_us;
}
