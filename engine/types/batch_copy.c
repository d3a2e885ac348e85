/* batch_copy.c -- rows out of the arena they came in.
 *
 * Strings of a column go into one block; of lists only the elements that are referred
 * to are copied.  A constant stays a constant. */
#include "types/batch.h"

#include "base/arena.h"

static bool copy_views(struct arena *arena, struct column *c, uint32_t slots)
{
    struct view *views = COLUMN_OUT(c, struct view);
    size_t bytes = 0;
    for (uint32_t i = 0; i < slots; i++)
        bytes += views[i].size;
    char *block = bytes > 0 ? arena_alloc(arena, bytes) : NULL;
    if (bytes > 0 && !block)
        return false;
    for (uint32_t i = 0; i < slots; i++) {
        if (views[i].size > 0)
            memcpy(block, views[i].data, views[i].size);
        views[i].data = block;
        block = block ? block + views[i].size : NULL;
    }
    return true;
}

static bool copy_lists(struct arena *arena, struct column *c, const struct column *src,
                       uint32_t slots)
{
    struct list_slot *lists = COLUMN_OUT(c, struct list_slot);
    uint32_t elements = 0;
    for (uint32_t i = 0; i < slots; i++)
        elements += lists[i].size;
    uint32_t *sel = arena_array(arena, uint32_t, MAX(elements, 1));
    if (!sel)
        return false;
    uint32_t at = 0;
    for (uint32_t i = 0; i < slots; i++) {
        uint32_t start = at;
        for (uint32_t k = 0; k < lists[i].size; k++)
            sel[at++] = lists[i].start + k;
        lists[i].start = start;
    }
    for (uint32_t k = 0; k < src->child_count; k++)
        if (!(c->children[k] = column_copy(arena, src->children[k], sel, elements)))
            return false;
    return true;
}

struct column *column_copy(struct arena *arena, const struct column *src, const uint32_t *sel,
                           uint32_t n)
{
    static const uint32_t first[1] = { 0 };
    enum phys phys = type_phys(src->type);
    bool constant = column_is_constant(src) && phys != PHYS_ROW;
    uint32_t slots = constant ? 1 : n;
    struct column one = *src;
    if (constant)
        one.mask = UINT32_MAX; /* slot 0 alone, gathered like any other */
    struct column *c = column_gather(arena, &one, constant ? first : sel, slots);
    if (!c)
        return NULL;
    bool copied = true;
    if (phys == PHYS_VIEW)
        copied = copy_views(arena, c, slots);
    else if (phys == PHYS_LIST)
        copied = copy_lists(arena, c, src, slots);
    for (uint32_t k = 0; phys == PHYS_ROW && k < src->child_count && copied; k++)
        copied = (c->children[k] = column_copy(arena, src->children[k], sel, n)) != NULL;
    if (!copied)
        return NULL;
    if (constant) {
        c->count = n;
        c->mask = 0;
    }
    return c;
}

struct batch *batch_copy_part(struct arena *arena, const struct batch *from, uint32_t first,
                              uint32_t n)
{
    struct batch *to = batch_create(arena, from->column_count, n);
    uint32_t *sel = arena_array(arena, uint32_t, MAX(n, 1));
    if (!to || !sel)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        sel[i] = batch_row(from, first + i);
    for (uint32_t c = 0; c < from->column_count; c++)
        if (from->columns[c] &&
            !(to->columns[c] = column_copy(arena, from->columns[c], sel, n)))
            return NULL;
    if (from->changes) {
        uint8_t *changes = arena_alloc(arena, MAX(n, 1));
        if (!changes)
            return NULL;
        for (uint32_t i = 0; i < n; i++)
            changes[i] = from->changes[sel[i]];
        to->changes = changes;
    }
    if (from->splits) {
        uint32_t *splits = arena_array(arena, uint32_t, MAX(n, 1));
        if (!splits)
            return NULL;
        for (uint32_t i = 0; i < n; i++)
            splits[i] = from->splits[sel[i]];
        to->splits = splits;
    }
    return to;
}

struct batch *batch_copy(struct arena *arena, const struct batch *from)
{
    return batch_copy_part(arena, from, 0, from->selected);
}
