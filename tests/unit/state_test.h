/* state_test.h -- what the tests of engine/state share: numbers from a seed, columns
 * full of awkward values, and values as text to compare. */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "state/table.h"
#include "support/check.h"
#include "types/text.h"

#include <stdio.h>
#include <stdlib.h>

/* splitmix64 (Steele, Lea, Flood). */
static inline uint64_t random_u64(uint64_t *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}
static inline uint32_t random_below(uint64_t *seed, uint32_t n)
{
    return (uint32_t)(random_u64(seed) % n);
}

static inline struct str random_string(struct arena *arena, uint64_t *seed)
{
    static const uint32_t sizes[] = { 0, 1, 3, 4, 5, 8, 11, 12, 13, 16, 17, 40, 300 };
    uint32_t size = sizes[random_below(seed, countof(sizes))];
    char *data = arena_alloc(arena, size);
    /* Few letters, so that strings are often equal or begin alike; NUL and 0xFF among them. */
    for (uint32_t i = 0; i < size; i++)
        data[i] = "\0\1a\xFF"[random_below(seed, random_below(seed, 4) ? 1 : 4)];
    return (struct str){ data, size };
}

static inline void random_number(uint64_t *seed, enum phys phys, void *out, bool decimal)
{
    static const double doubles[] = { 0.0, -0.0, 1.5, -1.5, 1e300, -1e300, 5e-324 };
    uint64_t bits = random_u64(seed);
    uint64_t word = random_below(seed, 2) ? bits : (uint64_t)((int64_t)(bits % 7) - 3);
    int128 wide = random_below(seed, 2) ? (int128)(int64_t)word * 1000000007
                                        : (int128)(int64_t)word;
    float f;
    double d = random_below(seed, 3) ? doubles[bits % countof(doubles)] : (double)(int64_t)word;
    if (random_below(seed, 8) == 0)
        d = random_below(seed, 2) ? __builtin_nan("") : -__builtin_nan("");
    if (random_below(seed, 8) == 0)
        d = random_below(seed, 2) ? __builtin_inf() : -__builtin_inf();
    switch (phys) {
    case PHYS_BOOL:
        *(uint8_t *)out = bits & 1;
        break;
    case PHYS_I64:
        word = decimal ? (uint64_t)((int64_t)word % 1000000000) : word;
        memcpy(out, &word, 8);
        break;
    case PHYS_I128:
        memcpy(out, &wide, 16);
        break;
    case PHYS_F32:
        f = (float)d;
        memcpy(out, &f, 4);
        break;
    case PHYS_F64:
        memcpy(out, &d, 8);
        break;
    default:
        memcpy(out, &word, phys_bytes(phys));
    }
}

/* `n` rows, some of them NULL if `nulls`. */
static inline struct column *random_column(struct arena *arena, uint64_t *seed,
                                           const struct type *type, uint32_t n, bool nulls)
{
    struct column *c = column_create(arena, type, n);
    enum phys phys = type_phys(type);
    uint32_t elements = 0;
    if (nulls && !column_need_valid(c, arena))
        abort();
    for (uint32_t i = 0; i < n; i++) {
        if (phys == PHYS_VIEW) {
            COLUMN_OUT(c, struct view)[i] = view_of(random_string(arena, seed));
        } else if (phys == PHYS_LIST) {
            uint32_t size = random_below(seed, 4);
            COLUMN_OUT(c, struct list_slot)[i] = (struct list_slot){ elements, size };
            elements += size;
        } else if (phys != PHYS_ROW) {
            random_number(seed, phys, (char *)c->values + i * phys_bytes(phys),
                          type->id == TYPE_DECIMAL);
        }
    }
    for (uint32_t k = 0; k < type->child_count; k++)
        c->children[k] = random_column(arena, seed, type->children[k],
                                       phys == PHYS_LIST ? elements : n, nulls);
    for (uint32_t i = 0; nulls && i < n; i++)
        if (random_below(seed, 5) == 0)
            column_set_null(c, i);
    return c;
}

/* Value as text, equal for equal values only; in `arena`. */
static inline const char *cell_text(struct arena *arena, const struct column *column, uint32_t row)
{
    struct text_style style = { .mode = TEXT_JSON };
    struct buf buf;
    buf_init(&buf, 1 << 20);
    text_print_cell(&buf, column, row, &style);
    char *text = arena_cstr(arena, buf_view(&buf));
    buf_done(&buf);
    return text;
}

/* One type of each sort. */
static inline const struct type *const *test_types(struct arena *arena, uint32_t *ret_count)
{
    static const struct str names[] = { { "a", 1 }, { "b", 1 }, { "c", 1 } };
    const struct type **types = arena_array(arena, const struct type *, 24);
    uint32_t n = 0;
    const struct type *const plain[] = {
        &type_boolean, &type_tinyint, &type_smallint, &type_int, &type_bigint, &type_float,
        &type_double, &type_string, &type_bytes, &type_date, &type_time, &type_timestamp3,
        &type_timestamp_ltz3, &type_interval_day,
    };
    for (uint32_t i = 0; i < countof(plain); i++)
        types[n++] = plain[i];
    const struct type *wide = type_make(arena, TYPE_DECIMAL, 38, 10);
    const struct type *fields[] = { &type_string, &type_double, wide };
    const struct type *row = type_make_row(arena, fields, names, 3);
    types[n++] = type_make(arena, TYPE_DECIMAL, 18, 3);
    types[n++] = wide;
    types[n++] = row;
    types[n++] = type_make_array(arena, &type_int);
    types[n++] = type_make_array(arena, &type_string);
    types[n++] = type_make_array(arena, row);
    types[n++] = type_make_map(arena, &type_string, &type_bigint);
    types[n++] = type_make_map(arena, &type_int, type_make_array(arena, row));
    *ret_count = n;
    return types;
}
