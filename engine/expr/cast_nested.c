/* cast_nested.c -- arrays, maps and rows, element by element; NULL; and the cast that
 * changes nothing but the type.
 *
 * Only elements that a row asks for are cast: the children of a list also hold
 * elements of rows that are NULL or not selected, and casting those could fail the
 * job for data that SQL says is not looked at. */
#include "expr/cast_kernel.h"

CAST_KERNEL(cast_kernel_null)
{
    (void)call;
    return kernel_all_null(cx, rows, out, err);
}

/* Shares values, bitmap and children.  Needs CALL_NULLS: nobody may write into them. */
CAST_KERNEL(cast_kernel_retype)
{
    const struct column *in = call->args[0];

    (void)cx;
    (void)rows;
    (void)err;
    out->values = in->values;
    out->valid = in->valid;
    out->mask = in->mask;
    out->children = in->children;
    out->child_count = in->child_count;
    return OK;
}

/* The elements that `rows` reach, ascending; every element once. */
static enum code reach(struct eval *cx, const struct column *in, const struct rows *rows,
                       uint32_t child_count, struct rows *ret, struct error *err)
{
    uint64_t *bits = arena_zalloc(cx->arena, (bit_words(child_count) + 1) * sizeof *bits);
    uint32_t *sel;
    uint32_t n = 0;

    if (!bits)
        return error_nomem(err);
    ROWS_EACH(rows, i)
    {
        struct list_slot slot = COLUMN_AT(in, struct list_slot, i);
        for (uint32_t k = 0; k < slot.size; k++)
            bit_set(bits, slot.start + k);
    }
    sel = arena_alloc(cx->arena, ((size_t)child_count + 1) * sizeof *sel);
    if (!sel)
        return error_nomem(err);
    for (uint32_t k = 0; k < child_count; k++)
        if (bit_get(bits, k))
            sel[n++] = k;
    *ret = (struct rows){ .sel = sel, .n = n };
    return OK;
}

static enum code cast_child(struct eval *cx, const struct cast_step *step, struct column *child,
                            const struct type *to, const struct rows *rows, struct column **ret,
                            struct error *err)
{
    if (!step->kernel) {
        *ret = child;
        return OK;
    }
    return kernel_apply(cx, step->kernel, step->state, step->flags, child, to, rows, ret, err);
}

CAST_KERNEL(cast_kernel_list)
{
    const struct cast_state *state = call->state;
    const struct column *in = call->args[0];
    struct rows reached;

    /* Keys and values of a map lie at the same positions. */
    TRY(reach(cx, in, rows, in->children[0]->count, &reached, err));
    ROWS_EACH(rows, i)
    {
        COLUMN_OUT(out, struct list_slot)[i] = COLUMN_AT(in, struct list_slot, i);
    }
    for (uint32_t c = 0; c < state->child_count; c++)
        TRY(cast_child(cx, &state->children[c], in->children[c], out->type->children[c], &reached,
                       &out->children[c], err));
    return OK;
}

CAST_KERNEL(cast_kernel_row)
{
    const struct cast_state *state = call->state;
    const struct column *in = call->args[0];

    for (uint32_t c = 0; c < state->child_count; c++)
        TRY(cast_child(cx, &state->children[c], in->children[c], out->type->children[c], rows,
                       &out->children[c], err));
    return OK;
}
