/* test_base_arena.c -- arenas, and memory that runs out under them. */
#include "base/arena.h"
#include "base/memory.h"
#include "support/check.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WEIR_ASAN 1
#endif
#endif

static void allocations_are_apart(void)
{
    struct arena *arena = arena_create();
    if (!CHECK(arena != NULL))
        return;
    unsigned char *blocks[200];
    for (int i = 0; i < 200; i++) {
        size_t bytes = 1 + (size_t)(i * 37) % 900;
        blocks[i] = arena_alloc(arena, bytes);
        if (!CHECK(blocks[i] != NULL))
            return;
        CHECK_INT((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], i, bytes);
    }
    for (int i = 0; i < 200; i++) {
        for (size_t k = 0; k < 1 + (size_t)(i * 37) % 900; k++) {
            if (blocks[i][k] != (unsigned char)i) {
                CHECK_INT(blocks[i][k], i);
                break;
            }
        }
    }
    char *huge = arena_alloc(arena, 5 << 20);
    CHECK(huge != NULL && arena_bytes(arena) >= 5 << 20);
    char *zeroed = arena_zalloc(arena, 64);
    CHECK(zeroed != NULL && zeroed[0] == 0 && zeroed[63] == 0);
    CHECK(arena_alloc(arena, SIZE_MAX - 5) == NULL);
    arena_destroy(arena);
    arena_destroy(NULL);
}

/* NULL means out of memory and nothing else, also for the first request of an arena. */
static void zero_bytes_are_no_failure(void)
{
    struct arena *arena = arena_create();
    if (!CHECK(arena != NULL))
        return;
    CHECK(arena_alloc(arena, 0) != NULL);
    CHECK(arena_zalloc(arena, 0) != NULL);
    arena_destroy(arena);
}

static void growing(void)
{
    struct arena *arena = arena_create();
    if (!CHECK(arena != NULL))
        return;
    char *a = arena_alloc(arena, 20);
    memcpy(a, "twenty bytes of text", 20);
    char *grown = arena_grow(arena, a, 20, 200);
    CHECK(grown == a); /* the newest grows in place */
    char *other = arena_alloc(arena, 8);
    char *moved = arena_grow(arena, grown, 200, 2000);
    CHECK(moved != grown && other != NULL);
    CHECK_MEM(moved, "twenty bytes of text", 20);
    CHECK(arena_grow(arena, moved, 2000, 100) == moved);
    uint32_t *items = NULL, count = 0, cap = 0;
    for (uint32_t i = 0; i < 1000; i++)
        CHECK(ARENA_PUSH(arena, items, count, cap, i));
    CHECK_INT(count, 1000);
    for (uint32_t i = 0; i < count; i++) {
        if (items[i] != i)
            CHECK_INT(items[i], i);
    }
    arena_destroy(arena);
}

static char order[8];
static size_t order_size;

static void note(void *letter)
{
    order[order_size++] = *(char *)letter;
}

static void cleanups_run_newest_first(void)
{
    struct arena *arena = arena_create();
    if (!CHECK(arena != NULL))
        return;
    char a = 'a', b = 'b', c = 'c';
    CHECK(arena_on_reset(arena, note, &a));
    CHECK(arena_on_reset(arena, note, &b));
    arena_reset(arena);
    CHECK_SPAN(order, order_size, "ba");
    arena_reset(arena); /* not twice */
    CHECK(arena_on_reset(arena, note, &c));
    arena_destroy(arena);
    CHECK_SPAN(order, order_size, "bac");
}

static void reset_keeps_a_block(void)
{
    struct arena *arena = arena_create();
    if (!CHECK(arena != NULL))
        return;
    for (int i = 0; i < 100; i++)
        CHECK(arena_alloc(arena, 1000) != NULL);
    arena_reset(arena);
    size_t kept = arena_bytes(arena);
    CHECK(kept > 0);
    uint64_t before = mem_count();
    CHECK(arena_alloc(arena, kept / 2) != NULL);
    arena_reset(arena);
    CHECK_INT(mem_count() - before, 0);
    CHECK(arena_alloc(arena, 9 << 20) != NULL);
    arena_reset(arena); /* a huge block goes */
    CHECK(arena_bytes(arena) <= 1 << 20);
    arena_destroy(arena);
}

static void strings(void)
{
    struct arena *arena = arena_create();
    if (!CHECK(arena != NULL))
        return;
    struct str copy = arena_str(arena, STR("text"));
    CHECK_STR(copy.data, "text");
    CHECK_INT(copy.size, 4);
    CHECK_STR(arena_cstr(arena, str_make(NULL, 0)), "");
    CHECK_STR(arena_printf(arena, "%s-%d", "n", 7), "n-7");
    arena_destroy(arena);
}

/* Every allocation of a run fails once; nothing leaks and nothing crashes. */
static void out_of_memory(void)
{
    for (uint64_t n = 1;; n++) {
        mem_fail_at(n);
        struct arena *arena = arena_create();
        bool done = false;
        if (arena) {
            char *a = arena_alloc(arena, 5000);
            char *b = a ? arena_grow(arena, a, 5000, 50000) : NULL;
            struct str c = arena_str(arena, STR("a name"));
            done = a && b && c.data && arena_printf(arena, "%09000d", 1);
        }
        arena_destroy(arena);
        bool pending = mem_fail_pending();
        mem_fail_at(0);
        if (pending) {
            CHECK(done && n > 2);
            return;
        }
        CHECK(!done);
    }
}

static void checked_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(WEIR_ASAN) /* which stops at such a request */
    CHECK(mem_array(SIZE_MAX / 2, 16) == NULL);
#endif
    void *nothing = mem_alloc(0);
    CHECK(nothing != NULL);
    mem_free(nothing);
    mem_free(NULL);
    char *copy = mem_strdup("copy");
    CHECK_STR(copy, "copy");
    char *grown = mem_realloc(copy, 100);
    CHECK_STR(grown, "copy");
    mem_fail_at(1);
    CHECK(mem_realloc(grown, 1000) == NULL);
    CHECK(!mem_fail_pending());
    mem_fail_at(0);
    CHECK_STR(grown, "copy"); /* the old block stays */
    mem_free(grown);
    int *zeroed = mem_array(10, sizeof *zeroed);
    CHECK(zeroed != NULL && zeroed[9] == 0);
    mem_free(zeroed);
}

int main(void)
{
    RUN(allocations_are_apart);
    RUN(zero_bytes_are_no_failure);
    RUN(growing);
    RUN(cleanups_run_newest_first);
    RUN(reset_keeps_a_block);
    RUN(strings);
    RUN(out_of_memory);
    RUN(checked_memory);
    return check_failed != 0;
}
