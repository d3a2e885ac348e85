/* table.h -- columns of text, as wide as they have to be. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

enum { TABLE_COLUMNS_MAX = 16 };

struct table {
    struct arena *arena;
    uint32_t columns;
    uint32_t right; /* bit i: column i is set to the right */
    struct str *cells;
    uint32_t count, cap;
    bool failed; /* out of memory */
};

/* Headings are separated by '|'; one that begins with '>' is set to the right. */
void table_begin(struct table *table, struct arena *arena, const char *headings);
/* The next cell; the text is borrowed. */
void table_cell(struct table *table, struct str text);
void table_printf(struct table *table, const char *fmt, ...) WEIR_PRINTF(2, 3);
/* 1234567 as 1,234,567; below 0: "-" */
void table_count(struct table *table, int64_t value);
/* Columns that are "-" or empty in all rows are left out, except for the first. */
void table_print(const struct table *table, struct buf *out, const char *indent);
