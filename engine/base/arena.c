/* arena.c -- see arena.h.
 *
 * Blocks form a list, newest first; `at`/`end` bound the free part of the newest.
 * Large requests get a block of their own size.  Reset keeps the largest block. */
#include "base/arena.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct block {
    struct block *next;
    size_t bytes; /* of the payload */
    _Alignas(16) char data[];
};

struct cleanup {
    struct cleanup *next;
    void (*fn)(void *);
    void *arg;
};

struct arena {
    struct block *blocks;
    char *at;
    char *end;
    struct cleanup *cleanups;
    size_t total_bytes;
    size_t next_bytes; /* size of the next block: doubles up to MAX_BLOCK */
};

enum { FIRST_BLOCK = 4096, MAX_BLOCK = 1 << 20 };

struct arena *arena_create(void)
{
    struct arena *arena = mem_zalloc(sizeof *arena);
    if (arena)
        arena->next_bytes = FIRST_BLOCK;
    return arena;
}

static bool add_block(struct arena *arena, size_t want)
{
    size_t bytes = MAX(arena->next_bytes, want);
    struct block *block = mem_alloc(sizeof *block + bytes);
    if (!block)
        return false;
    if (arena->next_bytes < MAX_BLOCK)
        arena->next_bytes *= 2;
    block->next = arena->blocks;
    block->bytes = bytes;
    arena->blocks = block;
    arena->at = block->data;
    arena->end = block->data + bytes;
    arena->total_bytes += bytes;
    return true;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    if (unlikely(bytes > SIZE_MAX / 2))
        return NULL;
#ifdef ARENA_FAULTS /* the fault tests: every piece may fail, not only new blocks */
    void *probe = mem_alloc(1);
    mem_free(probe);
    if (!probe)
        return NULL;
#endif
    bytes = (MAX(bytes, 1) + 15) & ~(size_t)15;
    if (unlikely((size_t)(arena->end - arena->at) < bytes) && !add_block(arena, bytes))
        return NULL;
    void *ptr = arena->at;
    arena->at += bytes;
    return ptr;
}

void *arena_zalloc(struct arena *arena, size_t bytes)
{
    void *ptr = arena_alloc(arena, bytes);
    if (ptr)
        memset(ptr, 0, bytes);
    return ptr;
}

void *arena_grow(struct arena *arena, void *ptr, size_t old_bytes, size_t new_bytes)
{
    if (new_bytes > SIZE_MAX / 2)
        return NULL;
    size_t old_round = (MAX(old_bytes, 1) + 15) & ~(size_t)15;
    size_t new_round = (MAX(new_bytes, 1) + 15) & ~(size_t)15;
    if (ptr && new_round <= old_round)
        return ptr;
    if (ptr && (char *)ptr + old_round == arena->at &&
        (size_t)(arena->end - (char *)ptr) >= new_round) {
        arena->at = (char *)ptr + new_round;
        return ptr;
    }
    void *fresh = arena_alloc(arena, new_bytes);
    if (fresh && old_bytes > 0)
        memcpy(fresh, ptr, old_bytes);
    return fresh;
}

bool arena_push_grow_(struct arena *arena, void **items, uint32_t *cap, size_t element_bytes)
{
    uint32_t wanted = *cap ? *cap * 2 : 8;
    if (wanted < *cap)
        return false;
    void *grown = arena_grow(arena, *items, *cap * element_bytes, wanted * element_bytes);
    if (!grown)
        return false;
    *items = grown;
    *cap = wanted;
    return true;
}

struct str arena_str(struct arena *arena, struct str text)
{
    char *copy = arena_alloc(arena, text.size + 1);
    if (!copy)
        return (struct str){ NULL, 0 };
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return (struct str){ copy, text.size };
}

char *arena_cstr(struct arena *arena, struct str text)
{
    return (char *)arena_str(arena, text).data;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        return NULL;
    char *text = arena_alloc(arena, (size_t)n + 1);
    if (!text)
        return NULL;
    va_start(args, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, args);
    va_end(args);
    return text;
}

bool arena_on_reset(struct arena *arena, void (*fn)(void *), void *arg)
{
    struct cleanup *c = arena_alloc(arena, sizeof *c);
    if (!c)
        return false;
    *c = (struct cleanup){ .next = arena->cleanups, .fn = fn, .arg = arg };
    arena->cleanups = c;
    return true;
}

static void run_cleanups(struct arena *arena)
{
    while (arena->cleanups) {
        struct cleanup *c = arena->cleanups;
        arena->cleanups = c->next;
        c->fn(c->arg);
    }
}

void arena_reset(struct arena *arena)
{
    run_cleanups(arena);
    struct block *keep = NULL;
    for (struct block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        /* A block past MAX_BLOCK came from one huge request: do not keep it for ever. */
        if (b->bytes <= MAX_BLOCK && (!keep || b->bytes > keep->bytes)) {
            mem_free(keep);
            keep = b;
        } else {
            mem_free(b);
        }
    }
    arena->blocks = keep;
    arena->total_bytes = keep ? keep->bytes : 0;
    arena->at = arena->end = NULL;
    if (keep) {
        keep->next = NULL;
        arena->at = keep->data;
        arena->end = keep->data + keep->bytes;
    }
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    run_cleanups(arena);
    for (struct block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        mem_free(b);
    }
    mem_free(arena);
}

size_t arena_bytes(const struct arena *arena)
{
    return arena->total_bytes;
}
