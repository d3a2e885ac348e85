/* group_changes.c -- from results before and after each row to the changes that go out;
 * see group.h. */
#include "exec/op/group.h"

#include "base/arena.h"
#include "expr/compare.h"
#include "types/concat.h"

/* --- has a result changed? ----------------------------------------------------------------- */

#define DIFFER(ctype)                                                                              \
    do {                                                                                           \
        const ctype *x = a->values, *y = b->values;                                                \
        for (uint32_t i = 0; i < n; i++)                                                           \
            changed[i] |= x[i] != y[i];                                                            \
    } while (0)

/* An array with a NULL in it equals none in Flink's comparison, so it always goes out. */
static bool has_null_element(const struct column *array, uint32_t row)
{
    struct list_slot slot = COLUMN_AT(array, struct list_slot, row);
    for (uint32_t i = 0; i < slot.size; i++)
        if (!column_is_valid(array->children[0], slot.start + i))
            return true;
    return false;
}

static void differ_nested(const struct column *a, const struct column *b, uint32_t n,
                          uint8_t *changed)
{
    bool is_array = a->type->id == TYPE_ARRAY;
    for (uint32_t i = 0; i < n; i++)
        if (column_is_valid(a, i) && column_is_valid(b, i))
            changed[i] |= !slot_equal(a, i, b, i) || (is_array && has_null_element(a, i));
}

/* The slots of NULLs differ or not, which differ_nulls() puts right. */
static void differ_values(const struct column *a, const struct column *b, uint32_t n,
                          uint8_t *changed)
{
    switch (type_phys(a->type)) {
    case PHYS_BOOL:
    case PHYS_I8:
        DIFFER(uint8_t);
        break;
    case PHYS_I16:
        DIFFER(uint16_t);
        break;
    case PHYS_I32:
        DIFFER(uint32_t);
        break;
    case PHYS_I64:
        DIFFER(uint64_t);
        break;
    case PHYS_I128:
        DIFFER(int128);
        break;
    case PHYS_F32: /* as Java's != : a NaN always goes out */
        DIFFER(float);
        break;
    case PHYS_F64:
        DIFFER(double);
        break;
    case PHYS_VIEW: {
        const struct view *x = a->values, *y = b->values;
        for (uint32_t i = 0; i < n; i++)
            changed[i] |= !view_eq(x[i], y[i]);
        break;
    }
    case PHYS_LIST:
    case PHYS_ROW:
        differ_nested(a, b, n, changed);
        break;
    }
}

static void differ(const struct column *a, const struct column *b, uint32_t n, uint8_t *changed,
                   uint8_t *scratch)
{
    if (!a->valid && !b->valid) {
        differ_values(a, b, n, changed);
        return;
    }
    memset(scratch, 0, n);
    differ_values(a, b, n, scratch);
    for (uint32_t i = 0; i < n; i++) {
        bool in_a = column_is_valid(a, i), in_b = column_is_valid(b, i);
        changed[i] |= in_a != in_b || (in_a && scratch[i]);
    }
}

static bool counts_all(const struct agg_call *call)
{
    return call->agg->arg_count == 0 && call->filter == AGG_NO_COLUMN && !call->distinct;
}

/* NULL: every step changes something. */
static enum code find_changed(const struct plan_group *plan, const struct group_rows *g,
                              const struct group_rules *rules, const uint8_t **ret,
                              struct error *err)
{
    *ret = NULL;
    for (uint32_t c = 0; c < plan->call_count && !rules->folded; c++)
        if (counts_all(&plan->calls[c]))
            return OK;
    uint8_t *changed = arena_zalloc(g->in->arena, 2 * (size_t)g->n);
    if (!changed)
        return error_nomem(err);
    for (uint32_t c = 0; c < plan->call_count; c++)
        differ(g->before[c], g->after[c], g->n, changed, changed + g->n);
    *ret = changed;
    return OK;
}

/* --- which changes --------------------------------------------------------------------------- */

static inline void put(struct group_changes *c, uint32_t step, bool is_after, enum change change)
{
    c->step[c->n] = step;
    c->is_after[c->n] = is_after;
    c->changes[c->n++] = (uint8_t)change;
}

enum code group_changes(const struct plan_group *plan, const struct group_rows *g,
                        const struct group_rules *rules, struct group_changes *ret,
                        struct error *err)
{
    struct arena *arena = g->in->arena;
    const uint8_t *changed = NULL;
    if (!rules->unchanged)
        TRY(find_changed(plan, g, rules, &changed, err));
    struct group_changes c = { .step = arena_alloc(arena, 2 * (size_t)g->n * sizeof *c.step),
                               .is_after = arena_alloc(arena, 2 * (size_t)g->n),
                               .changes = arena_alloc(arena, 2 * (size_t)g->n) };
    bool marks = g->in->watermark_count > 0;
    if (marks)
        c.ends = arena_alloc(arena, g->n * sizeof *c.ends);
    if (!c.step || !c.is_after || !c.changes || (marks && !c.ends))
        return error_nomem(err);
    for (uint32_t i = 0; i < g->n; i++) {
        switch (g->events ? g->events[i] : GROUP_CHANGE) {
        case GROUP_FIRST:
            put(&c, i, true, CHANGE_INSERT);
            break;
        case GROUP_CHANGE:
            if (changed && !changed[i])
                break;
            if (rules->before)
                put(&c, i, false, CHANGE_UPDATE_BEFORE);
            put(&c, i, true, CHANGE_UPDATE_AFTER);
            break;
        case GROUP_LAST:
            put(&c, i, false, CHANGE_DELETE);
            break;
        default:
            break;
        }
        if (marks)
            c.ends[i] = c.n;
    }
    *ret = c;
    return OK;
}

/* --- their columns ---------------------------------------------------------------------------- */

#define PICK(ctype)                                                                                \
    do {                                                                                           \
        const ctype *const sides[2] = { before->values, after->values };                           \
        ctype *to = out->values;                                                                   \
        for (uint32_t k = 0; k < c->n; k++)                                                        \
            to[k] = sides[c->is_after[k]][c->step[k]];                                             \
    } while (0)

static struct column *pick_nested(struct arena *arena, struct column *before,
                                  struct column *after, const struct group_changes *c)
{
    struct column *both[2] = { before, after };
    struct column *joined = column_concat(arena, both, 2);
    uint32_t *sel = arena_alloc(arena, MAX(c->n, 1) * sizeof *sel);
    if (!joined || !sel)
        return NULL;
    for (uint32_t k = 0; k < c->n; k++)
        sel[k] = c->step[k] + (c->is_after[k] ? before->count : 0);
    return column_gather(arena, joined, sel, c->n);
}

static bool pick_nulls(struct arena *arena, const struct column *before,
                       const struct column *after, const struct group_changes *c,
                       struct column *out)
{
    if (!before->valid && !after->valid)
        return true;
    if (!column_need_valid(out, arena))
        return false;
    for (uint32_t k = 0; k < c->n; k++)
        if (!column_is_valid(c->is_after[k] ? after : before, c->step[k]))
            bit_clear(out->valid, k);
    return true;
}

static struct column *pick(struct arena *arena, struct column *before, struct column *after,
                           const struct group_changes *c)
{
    enum phys phys = type_phys(after->type);
    if (phys == PHYS_LIST || phys == PHYS_ROW)
        return pick_nested(arena, before, after, c);
    struct column *out = column_create(arena, after->type, c->n);
    if (!out)
        return NULL;
    switch (phys_bytes(phys)) {
    case 1:
        PICK(uint8_t);
        break;
    case 2:
        PICK(uint16_t);
        break;
    case 4:
        PICK(uint32_t);
        break;
    case 8:
        PICK(uint64_t);
        break;
    default:
        if (phys == PHYS_VIEW)
            PICK(struct view);
        else
            PICK(int128);
    }
    return pick_nulls(arena, before, after, c, out) ? out : NULL;
}

enum code group_batch(const struct plan_group *plan, const struct group_rows *g,
                      const struct group_changes *c, struct batch **ret, struct error *err)
{
    struct arena *arena = g->in->arena;
    struct batch *out = batch_create(arena, plan->key_count + plan->call_count, c->n);
    uint32_t *rows = arena_alloc(arena, 2 * (size_t)MAX(c->n, 1) * sizeof *rows);
    if (!out || !rows)
        return error_nomem(err);
    uint32_t *origin = rows + c->n;
    for (uint32_t k = 0; k < c->n; k++) {
        rows[k] = batch_row(g->in, c->step[k]);
        origin[k] = batch_origin(g->in, rows[k]);
    }
    for (uint32_t i = 0; i < plan->key_count; i++)
        if (!(out->columns[i] = column_gather(arena, g->key[i], rows, c->n)))
            return error_nomem(err);
    for (uint32_t i = 0; i < plan->call_count; i++)
        if (!(out->columns[plan->key_count + i] = pick(arena, g->before[i], g->after[i], c)))
            return error_nomem(err);
    out->changes = c->changes;
    out->origin = origin;
    *ret = out;
    return OK;
}
