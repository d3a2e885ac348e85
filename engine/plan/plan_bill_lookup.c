/* plan_bill_lookup.c -- what a look-up keeps: rows of the table that were asked for, and, of an input
 * that updates, what each row was given. */
#include "plan/plan_bill_inner.h"

#include "connector/lookup_settings.h"
#include "state/size.h"

enum {
    TAIL_ENTRY = 56, /* a key of the cache */
    CACHED_ROW = 16, /* in front of what it holds */
};

/* Rows of the cache are as wide as the table; a key has one, or nobody knows how many. */
static void bill_cache(struct billing *b, const struct plan_lookup *plan)
{
    const struct lookup_cache_settings s = lookup_cache_settings(plan->def.options);
    const struct plan *input = plan->base.inputs[0];
    const struct schema *schema = plan->def.schema;
    if (s.kind == LOOKUP_CACHE_NONE)
        return;
    const struct type **key = bill_types(b, input, plan->keys, plan->key_count, 0);
    const struct type **row = arena_array(b->arena, const struct type *, schema->count + 1);
    b->failed = b->failed || !row;
    if (b->failed)
        return;
    for (uint32_t i = 0; i < schema->count; i++)
        row[i] = schema->fields[i].type;
    uint64_t bytes = state_size_row(b->arena, row, schema->count);
    uint64_t key_bytes = bill_table_bytes(b, key, plan->key_count, NULL, 0, TAIL_ENTRY, 0);
    bool is_whole = s.kind == LOOKUP_CACHE_ALL;
    struct bill_part *part =
        bill_add(b, "cached row", input, plan->keys, plan->key_count,
                 bytes == 0 || key_bytes == 0 ? 0 : CACHED_ROW + bytes + key_bytes);
    part->is_cache = true;
    part->more = is_whole;
    part->most = is_whole ? 0 : s.max_keys;
    part->bound_us = 1000 * (s.after_load_ms > 0 ? s.after_load_ms : s.after_use_ms);
    part->bound = is_whole || (part->most == 0 && part->bound_us == 0) ? BILL_TABLE
                  : part->most > 0                                     ? BILL_MOST
                                                                       : BILL_TTL;
    if (part->bound != BILL_TTL)
        part->bound_us = 0;
}

static void bill_answers(struct billing *b, const struct plan_lookup *plan)
{
    static const struct type *const value[] = { &type_bigint, &type_bytes };
    const struct plan *input = plan->base.inputs[0];
    if (!plan_updates(input))
        return;
    const struct type **row = bill_types(b, input, NULL, input->field_count, 0);
    const struct plan_key *unique = bill_shortest_key(input);
    if (b->failed)
        return;
    uint64_t bytes =
        bill_table_bytes(b, row, input->field_count, value, 2, 0, plan->base.ttl_ms[0]);
    struct bill_part *part =
        unique ? bill_add(b, "looked-up row", input, unique->columns, unique->count, bytes)
               : bill_add(b, "looked-up row", input, plan->keys, plan->key_count, bytes);
    part->more = !unique;
    bill_bound_by_key(part, &plan->base, 0);
}

void bill_lookup(struct billing *b, const struct plan_lookup *plan)
{
    bill_cache(b, plan);
    bill_answers(b, plan);
}
