/* memory.h -- the only door to malloc.
 *
 * Everything weir itself allocates comes through here, so that it can be counted
 * and made to fail.  mem_fail_at(n) makes the n-th allocation from now on fail
 * (and only that one); the fault tests walk n until a run passes.  Counting is
 * per process and relaxed: exact with one thread, approximate with several. */
#pragma once

#include "base/base.h"

/* NULL when out of memory.  Zero bytes give a pointer that can be freed. */
void *mem_alloc(size_t bytes) WEIR_CHECKED;
void *mem_zalloc(size_t bytes) WEIR_CHECKED;
/* Array of n elements, zeroed; NULL on overflow too. */
void *mem_array(size_t n, size_t element_bytes) WEIR_CHECKED;
/* On failure the old block stays valid. */
void *mem_realloc(void *ptr, size_t bytes) WEIR_CHECKED;
void mem_free(void *ptr);
char *mem_strdup(const char *text) WEIR_CHECKED;

/* Fault injection: 0 switches it off.  mem_fail_pending() tells whether the failure has not
 * happened yet, that is, whether the run used fewer than n allocations. */
void mem_fail_at(uint64_t n);
bool mem_fail_pending(void);
/* Allocations made since the start of the process. */
uint64_t mem_count(void);
