/* batch.c -- see batch.h. */
#include "types/batch.h"

#include "base/arena.h"

const char *const change_names[4] = { "+I", "-U", "+U", "-D" };

struct batch *batch_create(struct arena *arena, uint32_t column_count, uint32_t count)
{
    struct batch *batch = arena_new(arena, struct batch);
    struct column **columns = arena_array(arena, struct column *, column_count);
    if (!batch || !columns)
        return NULL;
    batch->arena = arena;
    batch->count = count;
    batch->column_count = column_count;
    batch->columns = columns;
    batch->selected = count;
    return batch;
}

struct batch *batch_derive(struct arena *arena, const struct batch *from)
{
    struct batch *batch = arena_alloc(arena, sizeof *batch);
    struct column **columns = arena_array(arena, struct column *, from->column_count);
    if (!batch || !columns)
        return NULL;
    *batch = *from;
    for (uint32_t i = 0; i < from->column_count; i++)
        columns[i] = from->columns[i];
    batch->columns = columns;
    batch->arena = arena;
    return batch;
}
