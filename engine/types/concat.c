/* concat.c -- see concat.h.  Lists keep their slots, moved by where the children of
 * their column now begin; rows concatenate field by field. */
#include "types/concat.h"

#include "base/arena.h"

static bool concat_children(struct arena *arena, struct column *out,
                            struct column *const *columns, uint32_t n)
{
    uint32_t children = columns[0]->child_count;
    out->children = arena_array(arena, struct column *, children);
    struct column **parts = arena_array(arena, struct column *, n);
    if (!out->children || !parts)
        return false;
    out->child_count = children;
    for (uint32_t k = 0; k < children; k++) {
        for (uint32_t b = 0; b < n; b++)
            parts[b] = columns[b]->children[k];
        if (!(out->children[k] = column_concat(arena, parts, n)))
            return false;
    }
    return true;
}

/* `count` slots, all like slot 0; children of lists stay shared. */
static struct column *repeated(struct arena *arena, const struct column *c, uint32_t count)
{
    struct column *out = column_create(arena, c->type, count);
    bool null = !column_is_valid(c, 0);
    if (!out || (null && !column_need_valid(out, arena)))
        return NULL;
    size_t width = phys_bytes(type_phys(c->type));
    for (uint32_t i = 0; i < count; i++) {
        if (width > 0)
            memcpy((char *)out->values + i * width, c->values, width);
        if (null)
            column_set_null(out, i);
    }
    bool is_list = type_phys(c->type) == PHYS_LIST;
    for (uint32_t k = 0; k < c->child_count; k++) {
        out->children[k] = is_list ? c->children[k] : repeated(arena, c->children[k], count);
        if (!out->children[k])
            return NULL;
    }
    return out;
}

/* A slot a row, where a constant has one for all. */
static struct column *spelled_out(struct arena *arena, struct column *c)
{
    return column_is_constant(c) ? repeated(arena, c, c->count) : c;
}

struct column *column_concat(struct arena *arena, struct column *const *columns, uint32_t n)
{
    uint32_t total = 0;
    bool nulls = false;
    struct column **plain = arena_array(arena, struct column *, n);
    if (!plain)
        return NULL;
    for (uint32_t b = 0; b < n; b++) {
        if (!(plain[b] = spelled_out(arena, columns[b])))
            return NULL;
        total += plain[b]->count;
        nulls = nulls || plain[b]->valid;
    }
    struct column *out = column_create(arena, columns[0]->type, total);
    if (!out || (nulls && !column_need_valid(out, arena)))
        return NULL;

    enum phys phys = type_phys(out->type);
    size_t width = phys_bytes(phys);
    uint32_t at = 0;
    uint32_t child_at = 0;
    for (uint32_t b = 0; b < n; b++) {
        const struct column *c = plain[b];
        if (width > 0 && c->count > 0)
            memcpy((char *)out->values + at * width, c->values, c->count * width);
        if (phys == PHYS_LIST) {
            struct list_slot *slots = COLUMN_OUT(out, struct list_slot);
            for (uint32_t i = 0; i < c->count; i++)
                slots[at + i].start += child_at;
            child_at += c->child_count > 0 && c->children[0] ? c->children[0]->count : 0;
        }
        if (c->valid)
            for (uint32_t i = 0; i < c->count; i++)
                if (!bit_get(c->valid, i))
                    bit_clear(out->valid, at + i);
        at += c->count;
    }
    if ((phys == PHYS_LIST || phys == PHYS_ROW) && !concat_children(arena, out, plain, n))
        return NULL;
    return out;
}
