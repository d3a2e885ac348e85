/* kernel.c -- helpers that kernels of several files share; see call.h. */
#include "expr/call.h"

/* Gives a nested column the children it does not have, all the way down: lists nothing, rows a
 * NULL in every field. */
static bool make_children(struct arena *arena, struct column *c)
{
    bool row = type_phys(c->type) == PHYS_ROW;
    bool constant = row && column_is_constant(c);

    for (uint32_t k = 0; k < c->child_count; k++) {
        const struct type *type = c->type->children[k];
        struct column *child = c->children[k];
        if (child)
            continue;
        child = constant ? column_create_constant(arena, type, c->count)
                         : column_create(arena, type, row ? c->count : 0);
        if (!child || (row && !column_need_valid(child, arena)) || !make_children(arena, child))
            return false;
        if (row)
            memset(child->valid, 0, bit_words(constant ? 1 : c->count) * sizeof *child->valid);
        c->children[k] = child;
    }
    return true;
}

enum code kernel_all_null(struct eval *cx, const struct rows *rows, struct column *out,
                          struct error *err)
{
    if (!column_need_valid(out, cx->arena) || !make_children(cx->arena, out))
        return error_nomem(err);
    ROWS_EACH(rows, i)
    {
        column_set_null(out, i);
    }
    return OK;
}

/* Rows of `rows` whose slot in `arg` is not NULL; the others become NULL in `out`. */
static enum code apply_strict(struct eval *cx, const struct column *arg, const struct rows *rows,
                              struct column *out, struct rows *ret, struct error *err)
{
    uint32_t *sel = arena_alloc(cx->arena, ((size_t)rows->n + 1) * sizeof *sel);
    uint32_t n = 0;

    if (!sel || !column_need_valid(out, cx->arena))
        return error_nomem(err);
    ROWS_EACH(rows, i)
    {
        if (bit_get(arg->valid, i & arg->mask))
            sel[n++] = i;
        else
            column_set_null(out, i);
    }
    *ret = (struct rows){ .sel = sel, .n = n };
    return OK;
}

enum code kernel_apply(struct eval *cx, kernel_fn kernel, const void *state, unsigned flags,
                       struct column *arg, const struct type *type, const struct rows *rows,
                       struct column **ret, struct error *err)
{
    struct eval inner = *cx;
    void *scratch = NULL;
    struct kernel_call call = { .state = state, .args = &arg, .arg_count = 1, .scratch = &scratch };
    struct rows one = { .n = rows->n > 0 };
    struct rows some;
    bool constant = column_is_constant(arg);
    struct column *out = constant ? column_create_constant(cx->arena, type, arg->count)
                                  : column_create(cx->arena, type, arg->count);

    if (!out)
        return error_nomem(err);
    inner.count = arg->count;
    if (constant)
        rows = &one;
    /* SAFE kernels get the strict treatment too: it is right for both. */
    if (!(flags & CALL_NULLS) && arg->valid) {
        TRY(apply_strict(&inner, arg, rows, out, &some, err));
        rows = &some;
    }
    TRY(kernel(&inner, &call, rows, out, err));
    *ret = out;
    return OK;
}

char *text_room_more_(struct text_room *room, size_t bytes)
{
    enum { FIRST = 256, LATER = 8192 };
    size_t size = MAX(bytes, room->at ? (size_t)LATER : (size_t)FIRST);
    char *more = arena_alloc(room->arena, size);

    if (!more)
        return NULL;
    room->at = more;
    room->left = size;
    return more;
}
