/* arena.h -- memory that dies together.
 *
 * Bump allocation from blocks; nothing is freed alone.  reset() and destroy()
 * run the clean-up callbacks (newest first), then let the memory go; reset keeps
 * one block, so an arena that is reset per batch stops calling malloc.  Lifetimes
 * in weir: statement (tree and plan), operator, batch (reset after each source
 * batch), session.  Not thread-safe: an arena belongs to one thread. */
#pragma once

#include "base/base.h"
#include "base/str.h"

struct arena *arena_create(void) WEIR_CHECKED;
void arena_destroy(struct arena *arena); /* NULL is fine */
void arena_reset(struct arena *arena);

/* 16-byte aligned, not zeroed; NULL when out of memory. */
void *arena_alloc(struct arena *arena, size_t bytes) WEIR_CHECKED;
void *arena_zalloc(struct arena *arena, size_t bytes) WEIR_CHECKED;
/* Grows the newest allocation in place where possible, otherwise copies. */
void *arena_grow(struct arena *arena, void *ptr, size_t old_bytes, size_t new_bytes) WEIR_CHECKED;

/* A copy with a NUL behind it (not counted).  .data is NULL when out of memory. */
struct str arena_str(struct arena *arena, struct str text) WEIR_CHECKED;
char *arena_cstr(struct arena *arena, struct str text) WEIR_CHECKED;
char *arena_printf(struct arena *arena, const char *fmt, ...) WEIR_PRINTF(2, 3) WEIR_CHECKED;

/* Calls fn(arg) at the next reset or destroy.  False when out of memory. */
bool arena_on_reset(struct arena *arena, void (*fn)(void *), void *arg) WEIR_CHECKED;

/* Bytes held from the system. */
size_t arena_bytes(const struct arena *arena);

#define arena_new(arena, type) ((type *)arena_zalloc((arena), sizeof(type)))
#define arena_array(arena, type, n) ((type *)arena_zalloc((arena), sizeof(type) * (size_t)(n)))

/* Appends to an arena array that doubles: ARENA_PUSH(arena, list->items, list->count, list->cap, x)
 * is false when out of memory. */
#define ARENA_PUSH(arena, items, count, cap, item)                                                 \
    (((count) < (cap) ||                                                                           \
      arena_push_grow_((arena), (void **)&(items), &(cap), sizeof *(items)))                       \
         ? ((items)[(count)++] = (item), true)                                                     \
         : false)
bool arena_push_grow_(struct arena *arena, void **items, uint32_t *cap, size_t element_bytes);
