/* plan_shape.c -- see plan_shape.h.
 *
 * Operators choose the layouts of their tables from the same plan; here it is said for somebody who
 * has no operator at hand: explain, and the next run.  That both say the same is looked at
 * whenever a snapshot is written (state_writer_shapes()), so an operator that changes what it
 * writes cannot forget to change this. */
#include "plan/plan_shape.h"

#include "base/hash.h"
#include "plan/plan_shape_inner.h"

/* --- lists of parts ---------------------------------------------------------------------------- */

void shaping_part(struct shaping *s, struct part_list *list, uint64_t meaning,
                  const struct type *type, struct str name)
{
    struct shape_part part;
    if (s->failed || !shape_part_make(s->m->arena, meaning, type, name, &part) ||
        !ARENA_PUSH(s->m->arena, list->items, list->count, list->cap, part))
        s->failed = true;
}

void shaping_word(struct shaping *s, struct part_list *list, const char *word,
                  const struct type *type)
{
    shaping_part(s, list, meaning_of_word(word, 0), type, str_of(word));
}

void shaping_column(struct shaping *s, struct part_list *list, uint32_t input, uint32_t column)
{
    const struct field *field = &s->node->inputs[input]->fields[column];
    bool filled = s->wanted[input][column];
    shaping_part(s, list, filled ? shaping_in(s, input)[column] : 0, field->type, field->name);
}

void shaping_keys(struct shaping *s, struct part_list *list, uint32_t input,
                  const uint32_t *columns, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct field *field = &s->node->inputs[input]->fields[columns[i]];
        shaping_part(s, list, shaping_in(s, input)[columns[i]], field->type, field->name);
    }
}

void shaping_row(struct shaping *s, struct part_list *list, uint32_t input)
{
    for (uint32_t c = 0; c < s->node->inputs[input]->field_count; c++)
        shaping_column(s, list, input, c);
}

void shaping_table(struct shaping *s, struct shape_table table, const char *name,
                   struct part_list keys, struct part_list values)
{
    shape_tell_apart(keys.items, keys.count);
    shape_tell_apart(values.items, values.count);
    table.last = MAX(table.first, table.last);
    table.meaning = meaning_of_word(name, table.meaning);
    for (uint32_t i = 0; i < s->out->table_count; i++)
        if (s->out->tables[i].meaning == table.meaning) {
            table.meaning = hash_u64(table.meaning, 1);
            i = UINT32_MAX; /* from the start */
        }
    table.name = str_of(name);
    table.keys = keys.items;
    table.key_count = keys.count;
    table.values = values.items;
    table.value_count = values.count;
    if (!ARENA_PUSH(s->m->arena, s->out->tables, s->out->table_count, s->cap, table))
        s->failed = true;
}

void shaping_raw(struct shaping *s, uint32_t id, const char *name)
{
    shaping_table(s, (struct shape_table){ .first = id, .opaque = true }, name,
                  (struct part_list){ 0 }, (struct part_list){ 0 });
}

/* --- rows of joins -------------------------------------------------------------------------------- */

enum { COUNT_AND_DEGREE = 18 }; /* in front of an item of a bag */

static void put_bags(struct shaping *s, const struct plan_join *join, bool versions)
{
    static const char *const names[] = { "left rows", "right rows" };
    for (uint32_t k = 0; k < 2; k++) {
        struct part_list keys = { 0 }, items = { 0 };
        shaping_keys(s, &keys, k, join->keys[k], join->key_count);
        shaping_row(s, &items, k);
        if (versions)
            shaping_word(s, &items, "change", &type_tinyint);
        shaping_table(
            s, (struct shape_table){ .first = 1 + k, .timed = true, .head = COUNT_AND_DEGREE },
            names[k], keys, items);
    }
}

static void put_temporal_join(struct shaping *s, const struct plan_temporal_join *join)
{
    struct part_list keys = { 0 }, time = { 0 };
    put_bags(s, &join->join, true);
    shaping_keys(s, &keys, 0, join->join.keys[0], join->join.key_count);
    shaping_word(s, &time, "time", &type_bigint);
    shaping_table(s, (struct shape_table){ .first = 3, .timed = true }, "timers", keys, time);
}

static bool is_among(const uint32_t *list, uint32_t count, uint32_t column)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i] == column)
            return true;
    return false;
}

static void put_window_join(struct shaping *s, const struct plan_window_join *plan)
{
    enum { END_BYTES = 9 };
    static const char *const names[] = { "left rows", "right rows" };
    const struct plan_join *join = &plan->join;
    for (uint32_t k = 0; k < 2; k++) {
        struct part_list keys = { 0 }, others = { 0 };
        shaping_keys(s, &keys, k, join->keys[k], join->key_count);
        shaping_keys(s, &keys, k, &plan->start[k], 1);
        for (uint32_t c = 0; c < s->node->inputs[k]->field_count; c++)
            if (c != plan->start[k] && !is_among(join->keys[k], join->key_count, c))
                shaping_column(s, &others, k, c);
        shaping_table(s, (struct shape_table){ .first = 1 + k, .head = END_BYTES }, names[k], keys,
                      others);
    }
    shaping_raw(s, 3, "time");
}

static void put_lookup(struct shaping *s, const struct plan_lookup *lookup)
{
    struct part_list keys = { 0 }, values = { 0 };
    const struct schema *schema = lookup->def.schema;
    uint64_t hash = 0;
    for (uint32_t i = 0; i < schema->count; i++) {
        hash = meaning_of_text(schema->fields[i].name, hash);
        type_print(meaning_scratch(s->m), schema->fields[i].type);
        hash = meaning_of_scratch(s->m, hash);
    }
    shaping_row(s, &keys, 0);
    shaping_word(s, &values, "count", &type_bigint);
    shaping_part(s, &values, meaning_of_word("rows", hash), &type_bytes, lookup->def.name);
    shaping_table(s, (struct shape_table){ .first = 1, .timed = true }, "looked-up rows", keys,
                  values);
}

/* --- rows in an order ---------------------------------------------------------------------------- */

/* Top-N and deduplication of windows: rows and counts lie in one tree. */
static void put_window_rank(struct shaping *s, const uint32_t *columns, uint32_t count)
{
    struct part_list keys = { 0 }, row = { 0 };
    shaping_keys(s, &keys, 0, columns, count);
    shaping_row(s, &row, 0);
    shaping_table(s, (struct shape_table){ .first = 1, .opaque = true }, "rows of windows", keys,
                  row);
    shaping_raw(s, 2, "time");
    s->out->variant = plan_updates(s->node->inputs[0]);
}

/* Without updates only rows that may come out are kept. */
static void put_rank(struct shaping *s, const struct plan_rank *rank)
{
    struct part_list keys = { 0 }, row = { 0 }, counts = { 0 };
    shaping_keys(s, &keys, 0, rank->keys, rank->key_count);
    shaping_row(s, &row, 0);
    shaping_table(s, (struct shape_table){ .first = 1, .rest = true }, "rows", keys, row);
    keys = (struct part_list){ 0 };
    shaping_keys(s, &keys, 0, rank->keys, rank->key_count);
    shaping_word(s, &counts, "rows", &type_bigint);
    shaping_word(s, &counts, "end", &type_bigint);
    shaping_table(s, (struct shape_table){ .first = 2, .timed = true }, "keys", keys, counts);
    s->out->variant = (uint64_t)plan_updates(s->node->inputs[0]) << 1 | (rank->update_key != NULL);
    if (!rank->update_key)
        return;
    struct part_list unique = { 0 }, place = { 0 };
    shaping_keys(s, &unique, 0, rank->update_key->columns, rank->update_key->count);
    shaping_word(s, &place, "place", &type_bytes);
    shaping_table(s, (struct shape_table){ .first = 3, .timed = true }, "places", unique, place);
}

static void put_dedup(struct shaping *s, const struct plan_dedup *dedup)
{
    bool waits = dedup->time != PLAN_NO_COLUMN && !dedup->keep_last;
    struct part_list keys = { 0 }, others = { 0 };
    shaping_keys(s, &keys, 0, dedup->keys, dedup->key_count);
    for (uint32_t c = 0; c < s->node->field_count && (waits || dedup->keep_last); c++)
        if (!is_among(dedup->keys, dedup->key_count, c))
            shaping_column(s, &others, 0, c);
    if (waits || dedup->keep_last)
        shaping_word(s, &others, "number", &type_bigint);
    shaping_table(s, (struct shape_table){ .first = 1, .timed = true }, "rows", keys, others);
    if (!waits)
        return;
    keys = (struct part_list){ 0 };
    shaping_keys(s, &keys, 0, dedup->keys, dedup->key_count);
    shaping_table(s, (struct shape_table){ .first = 2, .timed = true }, "keys", keys,
                  (struct part_list){ 0 });
    shaping_raw(s, 3, "time");
}

static void put_sort(struct shaping *s)
{
    struct part_list row = { 0 };
    shaping_row(s, &row, 0);
    shaping_table(s, (struct shape_table){ .first = 1, .rest = true }, "rows",
                  (struct part_list){ 0 }, row);
    shaping_raw(s, 2, "time");
    shaping_raw(s, 3, "last");
}

static void put_materialize(struct shaping *s, const struct plan_materialize *m)
{
    struct part_list keys = { 0 }, items = { 0 };
    shaping_keys(s, &keys, 0, m->keys, m->key_count);
    shaping_row(s, &items, 0);
    shaping_table(s, (struct shape_table){ .first = 1, .timed = true, .head = COUNT_AND_DEGREE },
                  "rows of sink keys", keys, items);
}

/* --- all ---- */

bool plan_keeps(const struct plan *node)
{
    switch (node->kind) {
    case PLAN_LIMIT:
    case PLAN_WATERMARK:
    case PLAN_GROUP:
    case PLAN_WINDOW:
    case PLAN_JOIN:
    case PLAN_WINDOW_JOIN:
    case PLAN_INTERVAL_JOIN:
    case PLAN_TEMPORAL_JOIN:
    case PLAN_RANK:
    case PLAN_DEDUP:
    case PLAN_OVER:
    case PLAN_SORT:
    case PLAN_MATERIALIZE:
        return true;
    case PLAN_ASSIGN:
        return ((const struct plan_assign *)node)->window.kind == WINDOW_SESSION;
    case PLAN_LOOKUP:
        return plan_updates(node->inputs[0]);
    default:
        return false;
    }
}

static void put_all(struct shaping *s)
{
    const struct plan *node = s->node;
    switch (node->kind) {
    case PLAN_GROUP:
        shaping_group(s, (const struct plan_group *)node);
        break;
    case PLAN_WINDOW:
        shaping_windows(s, (const struct plan_window *)node);
        break;
    case PLAN_ASSIGN:
        shaping_session_rows(s, (const struct plan_assign *)node);
        break;
    case PLAN_OVER:
        shaping_over(s, (const struct plan_over *)node);
        break;
    case PLAN_JOIN:
    case PLAN_INTERVAL_JOIN:
        put_bags(s, (const struct plan_join *)node, false);
        break;
    case PLAN_TEMPORAL_JOIN:
        put_temporal_join(s, (const struct plan_temporal_join *)node);
        break;
    case PLAN_WINDOW_JOIN:
        put_window_join(s, (const struct plan_window_join *)node);
        break;
    case PLAN_LOOKUP:
        put_lookup(s, (const struct plan_lookup *)node);
        break;
    case PLAN_RANK: {
        const struct plan_rank *rank = (const struct plan_rank *)node;
        if (rank->window_end != PLAN_NO_COLUMN)
            put_window_rank(s, rank->keys, rank->key_count);
        else
            put_rank(s, rank);
        break;
    }
    case PLAN_DEDUP: {
        const struct plan_dedup *dedup = (const struct plan_dedup *)node;
        if (dedup->window_end != PLAN_NO_COLUMN)
            put_window_rank(s, dedup->keys, dedup->key_count);
        else
            put_dedup(s, dedup);
        break;
    }
    case PLAN_SORT:
        put_sort(s);
        break;
    case PLAN_MATERIALIZE:
        put_materialize(s, (const struct plan_materialize *)node);
        break;
    default: /* a count, or times by name: nothing to be misread */
        break;
    }
}

bool plan_shape(struct plan_meanings *m, const struct plan *node, const bool *const *wanted,
                struct state_shape *ret)
{
    *ret = (struct state_shape){ 0 };
    struct shaping s = { .m = m, .node = node, .wanted = wanted, .out = ret };
    put_all(&s);
    return !s.failed && !m->failed;
}
