/* datagen_value.c -- columns of generated values.
 *
 * Each value has random bits of its own, made from the seed, the place of its
 * generator and its number, so a source that goes on after a snapshot makes the
 * same rows as one that was never stopped. */
#include "local/datagen.h"

#include "base/hash.h"
#include "base/number.h"
#include "types/column.h"
#include "types/decimal.h"
#include "types/time.h"

#include <math.h>

/* Bits for one value: as many words as it wants. */
struct bits {
    uint64_t seed;
    uint64_t at;
};

static uint64_t next(struct bits *b)
{
    return hash_u64(b->at++, b->seed);
}

static double next_unit(struct bits *b) /* [0, 1) */
{
    return (double)(next(b) >> 11) * 0x1p-53;
}

static int64_t next_between(struct bits *b, int64_t min, int64_t max)
{
    uint64_t width = (uint64_t)max - (uint64_t)min + 1;
    uint64_t word = next(b);
    if (width == 0)
        return (int64_t)word;
    return (int64_t)((uint64_t)min + (uint64_t)((uint128)word * width >> 64));
}

static double next_real(struct bits *b, double min, double max)
{
    double unit = next_unit(b);
    return unit * max + (1 - unit) * min;
}

static bool is_null(struct bits *b, const struct generator *g)
{
    return g->null_rate > 0 && next_unit(b) < g->null_rate;
}

static uint32_t next_length(struct bits *b, const struct generator *g)
{
    if (!g->has_var_length || g->length <= 1)
        return g->length;
    return (uint32_t)next_between(b, 1, (int64_t)g->length - 1);
}

static bool random_bytes(struct bits *b, const struct generator *g, struct arena *arena,
                         struct view *ret)
{
    uint32_t size = next_length(b, g);
    bool is_hex = type_is_string(g->type);
    char *out = arena_alloc(arena, size + 1);
    if (!out)
        return false;
    uint64_t word = 0;
    for (uint32_t i = 0; i < size; i++) {
        if (i % 8 == 0)
            word = next(b);
        out[i] = is_hex ? "0123456789abcdef"[word & 15] : (char)word;
        word >>= 8;
    }
    *ret = view_make(out, size);
    return true;
}

static bool sequence_bytes(const struct generator *g, int64_t value, struct arena *arena,
                           struct view *ret)
{
    char *out = arena_alloc(arena, NUMBER_I64_MAX);
    if (!out)
        return false;
    size_t size = 8;
    if (type_is_string(g->type))
        size = number_print_i64(value, out);
    else
        for (int i = 0; i < 8; i++)
            out[i] = (char)((uint64_t)value >> (56 - 8 * i));
    *ret = view_make(out, size);
    return true;
}

static int64_t now_of(const struct generator *g, struct bits *b, int64_t now_us)
{
    int64_t past_ms = g->max_past_ms > 0 ? next_between(b, 0, g->max_past_ms - 1) : 0;
    int64_t ms = time_floor_div(now_us, TIME_US_PER_MS) - past_ms;
    int64_t us = ms * TIME_US_PER_MS;
    return us < TIME_MIN_US ? TIME_MIN_US : us;
}

static void store_number(struct column *column, uint32_t i, int128 number)
{
    switch (type_phys(column->type)) {
    case PHYS_BOOL:
    case PHYS_I8:
        COLUMN_OUT(column, int8_t)[i] = (int8_t)number;
        break;
    case PHYS_I16:
        COLUMN_OUT(column, int16_t)[i] = (int16_t)number;
        break;
    case PHYS_I32:
        COLUMN_OUT(column, int32_t)[i] = (int32_t)number;
        break;
    case PHYS_I128:
        COLUMN_OUT(column, int128)[i] = number;
        break;
    case PHYS_F32:
        COLUMN_OUT(column, float)[i] = (float)number;
        break;
    case PHYS_F64:
        COLUMN_OUT(column, double)[i] = (double)number;
        break;
    default:
        COLUMN_OUT(column, int64_t)[i] = (int64_t)number;
        break;
    }
}

enum made { MADE, MADE_NULL, MADE_NOMEM };

static enum made random_value(const struct generator *g, struct bits *b, struct arena *arena,
                              int64_t now_us, struct column *column, uint32_t i)
{
    int128 decimal;
    switch (g->type->id) {
    case TYPE_FLOAT:
        COLUMN_OUT(column, float)[i] = (float)next_real(b, g->min_real, g->max_real);
        return MADE;
    case TYPE_DOUBLE:
        COLUMN_OUT(column, double)[i] = next_real(b, g->min_real, g->max_real);
        return MADE;
    case TYPE_DECIMAL:
        if (!decimal_from_double(next_real(b, g->min_real, g->max_real), g->type->precision,
                                 g->type->scale, &decimal))
            return MADE_NULL;
        store_number(column, i, decimal);
        return MADE;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        return random_bytes(b, g, arena, COLUMN_OUT(column, struct view) + i) ? MADE : MADE_NOMEM;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        COLUMN_OUT(column, int64_t)[i] = time_cut(now_of(g, b, now_us), g->type->precision);
        return MADE;
    case TYPE_INTERVAL_DAY: /* milliseconds */
        store_number(column, i, next_between(b, g->min / 1000, g->max / 1000) * 1000);
        return MADE;
    default:
        store_number(column, i, next_between(b, g->min, g->max));
        return MADE;
    }
}

static enum made sequence_value(const struct generator *g, int64_t row, struct arena *arena,
                                struct column *column, uint32_t i)
{
    int64_t value = (int64_t)((uint64_t)g->min + (uint64_t)row);
    int128 decimal;
    if (type_phys(g->type) == PHYS_VIEW)
        return sequence_bytes(g, value, arena, COLUMN_OUT(column, struct view) + i) ? MADE
                                                                                    : MADE_NOMEM;
    if (g->type->id == TYPE_DECIMAL) {
        if (!decimal_from_i64(value, g->type->precision, g->type->scale, &decimal))
            return MADE_NULL;
        store_number(column, i, decimal);
        return MADE;
    }
    store_number(column, i, value);
    return MADE;
}

static enum made now_value(const struct generator *g, int64_t now_us, struct column *column,
                           uint32_t i)
{
    if (g->type->id == TYPE_DATE)
        store_number(column, i, time_floor_div(now_us, TIME_US_PER_DAY));
    else
        store_number(column, i, time_floor_mod(now_us, TIME_US_PER_DAY) / TIME_US_PER_MS);
    return MADE;
}

static enum code make_children(const struct generator *g, struct arena *arena, uint64_t seed,
                               int64_t first, uint32_t n, int64_t now_us, struct column *column,
                               struct error *err)
{
    uint32_t each = g->type->id == TYPE_ROW ? 1 : g->length;
    if ((uint64_t)n * each > UINT32_MAX / 2)
        return error_set(err, E_LIMIT, "generated lists are too long");
    for (uint32_t i = 0; i < n && g->type->id != TYPE_ROW; i++)
        COLUMN_OUT(column, struct list_slot)[i] = (struct list_slot){ i * each, each };
    for (uint32_t c = 0; c < g->type->child_count; c++)
        TRY(generator_make_column(&g->children[c], arena, hash_u64(c + 1, seed), first * each,
                                  n * each, now_us, &column->children[c], err));
    return OK;
}

enum code generator_make_column(const struct generator *g, struct arena *arena, uint64_t seed,
                                int64_t first, uint32_t n, int64_t now_us, struct column **ret,
                                struct error *err)
{
    struct column *column = column_create(arena, g->type, n);
    if (!column)
        return error_nomem(err);
    bool is_nested = g->type->child_count > 0;
    if (is_nested)
        TRY(make_children(g, arena, seed, first, n, now_us, column, err));
    for (uint32_t i = 0; i < n; i++) {
        int64_t row = first + i;
        struct bits b = { .seed = hash_u64((uint64_t)row, seed) };
        enum made made = MADE;
        if (g->kind == GENERATE_SEQUENCE)
            made = sequence_value(g, row, arena, column, i);
        else if (is_null(&b, g))
            made = MADE_NULL;
        else if (g->kind == GENERATE_NOW)
            made = now_value(g, now_us, column, i);
        else if (!is_nested)
            made = random_value(g, &b, arena, now_us, column, i);
        if (made == MADE_NOMEM || (made == MADE_NULL && !column_need_valid(column, arena)))
            return error_nomem(err);
        if (made == MADE_NULL)
            column_set_null(column, i);
    }
    *ret = column;
    return OK;
}
