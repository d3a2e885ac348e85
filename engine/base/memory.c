/* memory.c -- malloc behind a counter; see memory.h. */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_uint_fast64_t made;      /* allocations so far */
static atomic_uint_fast64_t fail_left; /* 0: off; otherwise the 1-based distance to the failure */

static bool refuse(void)
{
    atomic_fetch_add_explicit(&made, 1, memory_order_relaxed);
    if (likely(atomic_load_explicit(&fail_left, memory_order_relaxed) == 0))
        return false;
    return atomic_fetch_sub_explicit(&fail_left, 1, memory_order_relaxed) == 1;
}

void *mem_alloc(size_t bytes)
{
    return refuse() ? NULL : malloc(bytes ? bytes : 1);
}

void *mem_zalloc(size_t bytes)
{
    return refuse() ? NULL : calloc(1, bytes ? bytes : 1);
}

void *mem_array(size_t n, size_t element_bytes)
{
    return refuse() ? NULL : calloc(n ? n : 1, element_bytes ? element_bytes : 1);
}

void *mem_realloc(void *ptr, size_t bytes)
{
    return refuse() ? NULL : realloc(ptr, bytes ? bytes : 1);
}

void mem_free(void *ptr)
{
    free(ptr);
}

char *mem_strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = mem_alloc(bytes);
    if (copy)
        memcpy(copy, text, bytes);
    return copy;
}

void mem_fail_at(uint64_t n)
{
    atomic_store(&fail_left, n);
}

bool mem_fail_pending(void)
{
    return atomic_load(&fail_left) != 0;
}

uint64_t mem_count(void)
{
    return atomic_load(&made);
}
