/* left.c -- see left.h. */
#include "exec/op/left.h"

enum code left_keep(struct left_list *list, struct op *op, const struct batch *in, uint32_t row,
                    struct error *err)
{
    struct arena *arena = arena_create();
    struct left *left = arena ? arena_new(arena, struct left) : NULL;
    struct batch *copy = left ? batch_copy_part(arena, in, row, in->selected - row) : NULL;
    if (!copy) {
        arena_destroy(arena);
        return error_nomem(err);
    }
    *left = (struct left){ .arena = arena, .in = copy };
    if (list->last)
        list->last->next = left;
    else
        list->first = left;
    list->last = left;
    op->more = true;
    return OK;
}

struct arena *left_take(struct left_list *list)
{
    struct left *done = list->first;
    list->first = done->next;
    if (!list->first)
        list->last = NULL;
    return done->arena;
}

void left_drop(struct left_list *list)
{
    arena_destroy(left_take(list));
}

void left_done(struct left_list *list)
{
    while (list->first)
        left_drop(list);
}
