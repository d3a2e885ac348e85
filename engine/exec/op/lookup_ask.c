/* lookup_ask.c -- asking for rows of the outside table.
 *
 * Only keys that the cache does not know, and that are not being asked for, are asked: in one call
 * a batch.  With cache = ALL the whole table is read instead: lookup_load.c. */
#include "exec/op/lookup.h"

/* --- the cache ------------------------------------------------------------------------------- */

enum code lookup_open_cache(struct op_lookup *op, struct error *err)
{
    const struct plan_lookup *plan = op->plan;
    const struct schema *schema = plan->def.schema;
    struct arena *arena = op->base.worker->op_arena;
    struct lookup_cache_settings settings = lookup_cache_settings(plan->def.options);
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

enum code lookup_resolve(struct op_lookup *op, struct parked *b, struct arena *arena,
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
        op->hits += found[i]->known;
        if (found[i]->known || found[i]->asked)
            continue;
        found[i]->asked = true;
        b->asked[asked] = found[i];
        rows[asked++] = rows[i];
    }
    b->answered = asked == 0;
    op->asked += asked;
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

enum code lookup_named(const struct op_lookup *op, enum code code, struct error *err)
{
    if (code != OK)
        error_while(err, "looking up rows of table \"" STR_FMT "\"", STR_ARG(op->plan->def.name));
    return code;
}

enum code lookup_ask(struct op_lookup *op, struct parked *b, struct error *err)
{
    if (!b->question)
        return OK;
    enum code code = op->lookup->kind->submit(op->lookup, b->question, b->ticket, err);
    if (code == E_RETRY)
        return OK;
    if (code == OK)
        b->question = NULL;
    return lookup_named(op, code, err);
}

enum code lookup_take_answers(struct op_lookup *op, struct error *err)
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
    return lookup_named(op, code, err);
}
