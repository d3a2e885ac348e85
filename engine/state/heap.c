/* heap.c -- see heap.h.
 *
 * Small blocks (up to SMALL_MAX) have a size class; a slab holds blocks of one class,
 * is aligned to its size, and so is found from a block by clearing low bits.  Slabs
 * with room hang in a list per class; one that becomes wholly free can serve another
 * class.  Slabs are cut from chunks, which is what malloc sees: pieces of few sizes.  (An
 * aligned piece of a slab's size would not fit into the hole that another left.)  A
 * chunk without slabs in use goes back unless it is the only one with free slabs.
 * Large blocks have a header that links them, so that the heap can free what nobody did.
 *
 * Under AddressSanitizer free blocks are poisoned: a stale pointer into state is found
 * like one into malloc's memory. */
#include "state/heap.h"

#include "base/memory.h"

#include <inttypes.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(ptr, bytes) __asan_poison_memory_region((ptr), (bytes))
#define UNPOISON(ptr, bytes) __asan_unpoison_memory_region((ptr), (bytes))
#else
#define POISON(ptr, bytes) ((void)(ptr), (void)(bytes))
#define UNPOISON(ptr, bytes) ((void)(ptr), (void)(bytes))
#endif

enum {
    SMALL_MAX = 512,
    FINE_MAX = 128, /* up to here a class every 8 bytes, then four a doubling */
    FINE_COUNT = FINE_MAX / 8,
    CLASS_COUNT = FINE_COUNT + 2 * 4,
    PAGE_BYTES = 4096,
    HUGE_BYTES = 2 << 20,
    SLAB_BYTES = 8192,
    CHUNK_MIN = 4 * SLAB_BYTES, /* a slab's worth is lost to alignment */
    CHUNK_MAX = 64 * SLAB_BYTES,
};

struct free_block {
    struct free_block *next;
};

struct slab {
    struct slab *next, *prev; /* of the class's slabs with room, or of the chunk's free ones */
    struct chunk *chunk;
    struct free_block *free;
    uint32_t class_index;
    uint32_t used;   /* blocks out */
    uint32_t carved; /* bytes handed out at least once, with this header */
    uint32_t padding;
    char blocks[];
};

struct chunk {
    struct chunk *next, *prev; /* of those with free slabs, or of the others */
    struct slab *free;
    char *cut; /* slabs behind it were never used */
    char *end;
    size_t bytes;
    uint32_t used; /* slabs out */
};

struct large {
    struct large *next, *prev;
    char block[];
};

struct state_heap {
    struct str owner;
    struct state_budget *budget;
    atomic_uint_fast64_t bytes; /* written by its thread alone */
    bool over_limit; /* why the last allocation failed */
    bool closed;     /* every block goes with the heap */
    struct slab *with_room[CLASS_COUNT];
    struct chunk *chunks;      /* with free slabs */
    struct chunk *full_chunks; /* the others: only listed to be freed */
    size_t chunk_bytes;        /* of all of them */
    struct large *larges;
    struct state_holder *holders;
};

_Static_assert(sizeof(struct slab) % 16 == 0, "blocks are aligned to 16");
_Static_assert(sizeof(struct large) % 16 == 0, "blocks are aligned to 16");

static inline uint32_t class_of(size_t bytes)
{
    if (bytes <= FINE_MAX)
        return (uint32_t)((bytes + 7) / 8) - 1;
    uint32_t log = 63 - (uint32_t)__builtin_clzll(bytes - 1);
    return FINE_COUNT + (log - 7) * 4 + (uint32_t)(((bytes - 1) >> (log - 2)) & 3);
}

static inline uint32_t class_bytes(uint32_t index)
{
    if (index < FINE_COUNT)
        return (index + 1) * 8;
    uint32_t log = 7 + (index - FINE_COUNT) / 4;
    uint32_t part = (index - FINE_COUNT) % 4;
    return (1u << log) + (part + 1) * (1u << (log - 2));
}

size_t state_room(size_t bytes)
{
    if (bytes == 0)
        return 0;
    if (bytes <= SMALL_MAX)
        return class_bytes(class_of(bytes));
    uint32_t log = 63 - (uint32_t)__builtin_clzll(bytes - 1);
    size_t step = (size_t)1 << (log - 3);
    return (bytes + step - 1) & ~(step - 1);
}

enum code state_heap_create(struct str owner, struct state_budget *budget, struct state_heap **ret,
                            struct error *err)
{
    struct state_heap *heap = mem_zalloc(sizeof *heap);
    if (!heap)
        return error_nomem(err);
    heap->owner = owner;
    heap->budget = budget;
    *ret = heap;
    return OK;
}

void state_heap_close(struct state_heap *heap)
{
    if (heap)
        heap->closed = true;
}

bool state_heap_is_closed(const struct state_heap *heap)
{
    return heap->closed;
}

/* --- what comes from the system --------------------------------------------------------- */

static void set_bytes(struct state_heap *heap, uint64_t bytes)
{
    atomic_store_explicit(&heap->bytes, bytes, memory_order_relaxed);
}

static bool take_budget(struct state_heap *heap, size_t bytes)
{
    struct state_budget *budget = heap->budget;
    heap->over_limit = false;
    if (budget) {
        uint64_t before =
            atomic_fetch_add_explicit(&budget->used_bytes, bytes, memory_order_relaxed);
        if (budget->limit_bytes && before + bytes > budget->limit_bytes) {
            atomic_fetch_sub_explicit(&budget->used_bytes, bytes, memory_order_relaxed);
            heap->over_limit = true;
            return false;
        }
    }
    set_bytes(heap, state_heap_bytes(heap) + bytes);
    return true;
}

static void give_budget(struct state_heap *heap, size_t bytes)
{
    if (heap->budget)
        atomic_fetch_sub_explicit(&heap->budget->used_bytes, bytes, memory_order_relaxed);
    set_bytes(heap, state_heap_bytes(heap) - bytes);
}

/* Both sorts of lists begin with next and prev. */
#define LINK(head, item)                                                                           \
    do {                                                                                           \
        (item)->prev = NULL;                                                                       \
        (item)->next = *(head);                                                                    \
        if (*(head))                                                                               \
            (*(head))->prev = (item);                                                              \
        *(head) = (item);                                                                          \
    } while (0)
#define UNLINK(head, item)                                                                         \
    do {                                                                                           \
        if ((item)->prev)                                                                          \
            (item)->prev->next = (item)->next;                                                     \
        else                                                                                       \
            *(head) = (item)->next;                                                                \
        if ((item)->next)                                                                          \
            (item)->next->prev = (item)->prev;                                                     \
    } while (0)

static char *align_up(char *at, uintptr_t to)
{
    return at + (-(uintptr_t)at & (to - 1));
}

/* Grows with the heap; when the budget is nearly used up a small one may do. */
static struct chunk *add_chunk(struct state_heap *heap)
{
    size_t bytes = MAX(MIN(heap->chunk_bytes / 4, (size_t)CHUNK_MAX), (size_t)CHUNK_MIN);
    if (!take_budget(heap, bytes)) {
        bytes = sizeof(struct chunk) + 2 * SLAB_BYTES; /* one, wherever it lies */
        if (!take_budget(heap, bytes))
            return NULL;
    }
    struct chunk *chunk = mem_alloc(bytes);
    if (!chunk) {
        give_budget(heap, bytes);
        return NULL;
    }
    char *first = align_up((char *)(chunk + 1), SLAB_BYTES);
    size_t slabs = (size_t)((char *)chunk + bytes - first) / SLAB_BYTES;
    *chunk = (struct chunk){ .cut = first, .end = first + slabs * SLAB_BYTES, .bytes = bytes };
    heap->chunk_bytes += bytes;
    POISON(first, slabs * SLAB_BYTES);
    LINK(&heap->chunks, chunk);
    return chunk;
}

static void drop_chunk(struct state_heap *heap, struct chunk *chunk)
{
    UNPOISON(chunk, chunk->bytes);
    heap->chunk_bytes -= chunk->bytes;
    give_budget(heap, chunk->bytes);
    mem_free(chunk);
}

static struct slab *add_slab(struct state_heap *heap, uint32_t index)
{
    struct chunk *chunk = heap->chunks;
    if (!chunk && !(chunk = add_chunk(heap)))
        return NULL;
    struct slab *slab = chunk->free;
    if (slab) {
        UNPOISON(slab, sizeof *slab);
        UNLINK(&chunk->free, slab);
    } else {
        slab = (struct slab *)chunk->cut;
        UNPOISON(slab, sizeof *slab);
        chunk->cut += SLAB_BYTES;
    }
    chunk->used++;
    if (!chunk->free && chunk->cut == chunk->end) {
        UNLINK(&heap->chunks, chunk);
        LINK(&heap->full_chunks, chunk);
    }
    *slab = (struct slab){ .chunk = chunk, .class_index = index, .carved = sizeof *slab };
    LINK(&heap->with_room[index], slab);
    return slab;
}

/* A slab without blocks, in no list. */
static void give_slab(struct state_heap *heap, struct slab *slab)
{
    struct chunk *chunk = slab->chunk;
    if (!chunk->free && chunk->cut == chunk->end) {
        UNLINK(&heap->full_chunks, chunk);
        LINK(&heap->chunks, chunk);
    }
    LINK(&chunk->free, slab);
    POISON(slab->blocks, SLAB_BYTES - sizeof *slab);
    if (--chunk->used == 0 && (chunk->next || chunk->prev)) {
        UNLINK(&heap->chunks, chunk);
        drop_chunk(heap, chunk);
    }
}

static void drop_chunks(struct state_heap *heap, struct chunk *chunk)
{
    while (chunk) {
        struct chunk *next = chunk->next;
        drop_chunk(heap, chunk);
        chunk = next;
    }
}

void state_heap_destroy(struct state_heap *heap)
{
    if (!heap)
        return;
    drop_chunks(heap, heap->chunks);
    drop_chunks(heap, heap->full_chunks);
    while (heap->larges) {
        struct large *next = heap->larges->next;
        mem_free(heap->larges);
        heap->larges = next;
    }
    give_budget(heap, state_heap_bytes(heap)); /* the large ones */
    mem_free(heap);
}

/* --- blocks ------------------------------------------------------------------------------- */

static size_t large_bytes(size_t bytes)
{
    return ((bytes + 15) & ~(size_t)15) + sizeof(struct large);
}

/* Tables of millions of rows are read at random: with small pages each look misses the TLB too. */
static void ask_for_huge_pages(void *block, size_t bytes)
{
    uintptr_t first = ((uintptr_t)block + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
    uintptr_t end = ((uintptr_t)block + bytes) & ~(uintptr_t)(PAGE_BYTES - 1);
    (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
}

static void *alloc_large(struct state_heap *heap, size_t bytes)
{
    if (bytes > SIZE_MAX / 2) {
        heap->over_limit = false;
        return NULL;
    }
    size_t all = large_bytes(bytes);
    if (!take_budget(heap, all))
        return NULL;
    struct large *large = mem_alloc(all);
    if (!large) {
        give_budget(heap, all);
        return NULL;
    }
    if (all >= HUGE_BYTES)
        ask_for_huge_pages(large, all);
    large->prev = NULL;
    large->next = heap->larges;
    if (large->next)
        large->next->prev = large;
    heap->larges = large;
    return large->block;
}

static void free_large(struct state_heap *heap, void *block, size_t bytes)
{
    struct large *large = container_of(block, struct large, block);
    if (large->prev)
        large->prev->next = large->next;
    else
        heap->larges = large->next;
    if (large->next)
        large->next->prev = large->prev;
    mem_free(large);
    give_budget(heap, large_bytes(bytes));
}

static inline bool slab_has_room(const struct slab *slab)
{
    return slab->free || slab->carved + class_bytes(slab->class_index) <= SLAB_BYTES;
}

void *state_alloc(struct state_heap *heap, size_t bytes)
{
    if (bytes == 0)
        return NULL;
    if (bytes > SMALL_MAX)
        return alloc_large(heap, bytes);
    uint32_t index = class_of(bytes);
    struct slab *slab = heap->with_room[index];
    if (unlikely(!slab) && !(slab = add_slab(heap, index)))
        return NULL;
    uint32_t room = class_bytes(index);
    void *block = slab->free;
    if (block) {
        UNPOISON(block, room);
        slab->free = slab->free->next;
    } else {
        block = (char *)slab + slab->carved;
        UNPOISON(block, room);
        slab->carved += room;
    }
    slab->used++;
    if (!slab_has_room(slab)) {
        UNLINK(&heap->with_room[index], slab);
        slab->next = slab->prev = NULL; /* in no list until a block comes back */
    }
    return block;
}

void state_free(struct state_heap *heap, void *block, size_t bytes)
{
    if (!block || heap->closed)
        return;
    if (bytes > SMALL_MAX) {
        free_large(heap, block, bytes);
        return;
    }
    struct slab *slab = (struct slab *)((uintptr_t)block & ~(uintptr_t)(SLAB_BYTES - 1));
    struct slab **with_room = &heap->with_room[slab->class_index];
    if (!slab_has_room(slab))
        LINK(with_room, slab);
    struct free_block *head = block;
    head->next = slab->free;
    slab->free = head;
    POISON(block, class_bytes(slab->class_index));
    slab->used--;
    if (slab->used == 0) {
        UNLINK(with_room, slab);
        give_slab(heap, slab);
    }
}

/* --- telling ------------------------------------------------------------------------------ */

enum code state_heap_error(const struct state_heap *heap, struct error *err)
{
    if (!heap->over_limit)
        return error_nomem(err);
    double limit = (double)heap->budget->limit_bytes;
    const char *const units[] = { "bytes", "KB", "MB", "GB", "TB" };
    uint32_t unit = 0;
    while (limit >= 1024 && unit + 1 < countof(units)) {
        limit /= 1024;
        unit++;
    }
    return error_set(err, E_LIMIT, "the state of " STR_FMT " needs more than %.4g %s",
                     STR_ARG(heap->owner), limit, units[unit]);
}

void state_heap_explain(const struct state_heap *heap, struct error *err)
{
    const struct state_holder *largest = NULL;
    uint64_t most = 0;
    for (const struct state_holder *h = heap->holders; h && heap->over_limit; h = h->next) {
        uint64_t bytes = h->bytes(h);
        if (bytes <= most)
            continue;
        most = bytes;
        largest = h;
    }
    if (heap->over_limit && !largest && err->detail[0] == '\0')
        error_detail(err, "It has no keys yet; its empty tables take %" PRIu64 " KB.",
                     (state_heap_bytes(heap) + 1023) / 1024);
    /* What was taken back when the limit was found is named already. */
    if (largest && (err->detail[0] == '\0' || most > state_heap_bytes(heap) / 4))
        largest->explain(largest, err);
}

void state_heap_enter(struct state_heap *heap, struct state_holder *holder)
{
    holder->next = heap->holders;
    heap->holders = holder;
}

void state_heap_leave(struct state_heap *heap, struct state_holder *holder)
{
    struct state_holder **at = &heap->holders;
    while (*at && *at != holder)
        at = &(*at)->next;
    if (*at)
        *at = holder->next;
}

uint64_t state_heap_bytes(const struct state_heap *heap)
{
    return atomic_load_explicit(&heap->bytes, memory_order_relaxed);
}

struct str state_heap_owner(const struct state_heap *heap)
{
    return heap->owner;
}
