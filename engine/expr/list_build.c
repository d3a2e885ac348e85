/* list_build.c -- see list_build.h. */
#include "expr/list_build.h"

#include "expr/compare.h"
#include "types/concat.h"

bool list_push_range(struct list_build *b, uint32_t start, uint32_t size)
{
    for (uint32_t k = 0; k < size; k++)
        if (!list_push(b, start + k))
            return false;
    return true;
}

enum code list_finish(const struct list_build *b, const struct column *source, struct column **ret,
                      struct error *err)
{
    struct column *child = column_gather(b->arena, source, b->elements, b->count);

    if (!child)
        return error_nomem(err);
    *ret = child;
    return OK;
}

/* Slot 0 of `c`, `count` times. */
static struct column *spell_out(struct arena *arena, const struct column *c, uint32_t count)
{
    struct column *plain = column_create(arena, c->type, count);
    size_t width = phys_bytes(type_phys(c->type));

    if (!plain)
        return NULL;
    for (uint32_t i = 0; i < count && width > 0; i++)
        memcpy((char *)plain->values + i * width, c->values, width);
    if (c->valid && !bit_get(c->valid, 0)) {
        if (!column_need_valid(plain, arena))
            return NULL;
        for (uint32_t i = 0; i < count; i++)
            column_set_null(plain, i);
    }
    for (uint32_t k = 0; k < c->child_count; k++) {
        struct column *child = c->children[k];
        if (!child)
            plain->children[k] = column_create(arena, c->type->children[k], 0);
        else if (type_phys(c->type) == PHYS_ROW)
            plain->children[k] = spell_out(arena, child, count);
        else
            plain->children[k] = child;
        if (!plain->children[k])
            return NULL;
    }
    return plain;
}

struct column *list_plain(struct arena *arena, struct column *c, uint32_t count)
{
    struct column *plain;

    if (column_is_constant(c))
        return spell_out(arena, c, count);
    if (type_phys(c->type) != PHYS_ROW)
        return c;
    plain = arena_alloc(arena, sizeof *plain);
    if (!plain)
        return NULL;
    *plain = *c;
    plain->children = arena_array(arena, struct column *, MAX(c->child_count, 1));
    if (!plain->children)
        return NULL;
    for (uint32_t k = 0; k < c->child_count; k++) {
        plain->children[k] = list_plain(arena, c->children[k], c->count);
        if (!plain->children[k])
            return NULL;
    }
    return plain;
}

enum code list_join(struct eval *cx, struct column *const *columns, uint32_t n, bool constant,
                    struct column **ret, uint32_t *bases, struct error *err)
{
    struct column **parts = arena_array(cx->arena, struct column *, MAX(n, 1));
    uint32_t base = 0;

    if (!parts)
        return error_nomem(err);
    for (uint32_t k = 0; k < n; k++) {
        parts[k] = list_plain(cx->arena, columns[k], constant ? 1 : columns[k]->count);
        if (!parts[k])
            return error_nomem(err);
        bases[k] = base;
        base += parts[k]->count;
    }
    *ret = column_concat(cx->arena, parts, n);
    return *ret ? OK : error_nomem(err);
}

/* The fields of a constant row have one slot that stands for all. */
static void make_constant(struct column *c)
{
    c->mask = 0;
    if (type_phys(c->type) == PHYS_ROW)
        for (uint32_t k = 0; k < c->child_count; k++)
            make_constant(c->children[k]);
}

static enum code pick_nested(struct eval *cx, const struct column *source, const uint32_t *elements,
                             const struct rows *rows, struct column *out, struct error *err)
{
    bool constant = column_is_constant(out);
    uint32_t slots = constant ? 1 : out->count;
    uint32_t *from = arena_zalloc(cx->arena, ((size_t)slots + 1) * sizeof *from);
    struct column *picked;
    uint32_t k = 0;

    if (!from)
        return error_nomem(err);
    ROWS_EACH(rows, i)
    {
        from[i] = elements[k] == LIST_NULL ? 0 : elements[k];
        k++;
    }
    picked = column_gather(cx->arena, source, from, slots);
    if (!picked)
        return error_nomem(err);
    if (constant)
        make_constant(picked);
    out->values = picked->values;
    out->children = picked->children;
    out->child_count = picked->child_count;
    if (!picked->valid)
        return OK;
    /* Not taken over as it is: rows that the kernel was not given may be NULL in `out` already. */
    if (!column_need_valid(out, cx->arena))
        return error_nomem(err);
    for (size_t w = 0; w < bit_words(slots); w++)
        out->valid[w] &= picked->valid[w];
    return OK;
}

enum code list_pick(struct eval *cx, const struct column *source, const uint32_t *elements,
                    const struct rows *rows, struct column *out, struct error *err)
{
    uint32_t k = 0;

    if (source->count == 0 || rows->n == 0)
        return kernel_all_null(cx, rows, out, err);
    if (out->child_count > 0)
        TRY(pick_nested(cx, source, elements, rows, out, err));
    else if (source->valid && !column_need_valid(out, cx->arena))
        return error_nomem(err);
    ROWS_EACH(rows, i)
    {
        uint32_t element = elements[k++];
        if (element == LIST_NULL)
            TRY(kernel_null(cx, out, i, err));
        else if (out->child_count == 0)
            column_copy_slot(out, i, source, element);
    }
    return OK;
}

bool slot_set_reset(struct slot_set *set, struct arena *arena, uint32_t n)
{
    uint32_t size = 16;

    while (size < n * 2)
        size *= 2;
    if (size > set->cap) {
        set->table = arena_alloc(arena, size * sizeof *set->table);
        if (!set->table)
            return false;
        set->cap = size;
    }
    set->mask = size - 1;
    memset(set->table, 0, size * sizeof *set->table);
    return true;
}

uint32_t slot_set_find(struct slot_set *set, uint32_t element, bool insert)
{
    const struct column *c = set->column;
    uint32_t at = (uint32_t)slot_hash(c, element, 3) & set->mask;
    bool valid = column_is_valid(c, element);

    for (; set->table[at] != 0; at = (at + 1) & set->mask) {
        uint32_t there = set->table[at] - 1;
        if (column_is_valid(c, there) == valid && (!valid || slot_equal(c, there, c, element)))
            return there;
    }
    if (insert)
        set->table[at] = element + 1;
    return LIST_NULL;
}
