/* heap.h -- memory of one stateful operator on one worker: accounted, capped.
 *
 * Rows, indexes and variable parts of an operator's tables come from its heap, so
 * "state bytes of operator 5" is one number.  Small blocks come from size-class
 * slabs with free lists (strings that are overwritten for ever reuse their place),
 * large ones from memory.h.  The caller gives the size back on free; nothing else is
 * kept per block.
 *
 * All heaps of a job share a budget.  An allocation beyond it answers NULL, as does
 * the end of memory; state_heap_error() turns that into E_LIMIT or E_NOMEM.
 * A heap belongs to one thread; the budget is atomic. */
#pragma once

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"

#include <stdatomic.h>

struct state_budget {
    uint64_t limit_bytes; /* 0: none */
    atomic_uint_fast64_t used_bytes;
};

struct state_heap;

/* `owner` names the operator in errors ("group#5"); borrowed.  `budget` may be NULL. */
enum code state_heap_create(struct str owner, struct state_budget *budget, struct state_heap **ret,
                            struct error *err) WEIR_CHECKED;
void state_heap_destroy(struct state_heap *heap); /* NULL is fine; frees every block */
/* Its tables will be destroyed, and then the heap: from now on state_free() does nothing, and they
 * need not go through their rows. NULL is fine. */
void state_heap_close(struct state_heap *heap);
bool state_heap_is_closed(const struct state_heap *heap);

/* Aligned to 16 if the size is a multiple of 16, else to 8; not zeroed; NULL: see state_heap_error().
 * Zero bytes give NULL and are no error. */
void *state_alloc(struct state_heap *heap, size_t bytes) WEIR_CHECKED;
void state_free(struct state_heap *heap, void *block, size_t bytes); /* NULL is fine */
/* What a block of so many bytes may grow to without a new one, if it was asked for with this size:
 * whoever overwrites strings asks for state_room(size), and reuses the block while it is equal. */
size_t state_room(size_t bytes);

/* Why the last allocation failed: "the state of group#5 needs more than 100 MB", E_LIMIT, or
 * E_NOMEM. */
enum code state_heap_error(const struct state_heap *heap, struct error *err);
/* Adds the largest keys of what is largest in the heap as detail, if it is the heap that found the
 * limit.  For whoever ends the job: calls into tables are over then, and all of them whole. */
void state_heap_explain(const struct state_heap *heap, struct error *err);

/* What lies in a heap and knows its keys: tables, bags and trees, from their making to their end. */
struct state_holder {
    struct state_holder *next;
    uint64_t (*bytes)(const struct state_holder *holder); /* about: fixed parts times rows */
    void (*explain)(const struct state_holder *holder, struct error *err);
};
void state_heap_enter(struct state_heap *heap, struct state_holder *holder);
void state_heap_leave(struct state_heap *heap, struct state_holder *holder);
uint64_t state_heap_bytes(const struct state_heap *heap); /* any thread, as long as it lives */
struct str state_heap_owner(const struct state_heap *heap);
