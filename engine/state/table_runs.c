/* table_runs.c -- looking up keys that come twice in a row, as those of -U and +U do: what
 * is equal to its neighbour costs a comparison in the batch and none in the table. */
#include "state/table_inner.h"

enum { PIECE_ROWS = 256 };

#define SAME(equal)                                                                                \
    for (uint32_t i = 1; i < n; i++) {                                                             \
        uint32_t a = sel[i - 1], b = sel[i];                                                       \
        same[i] &= column_is_valid(column, a) && column_is_valid(column, b) && (equal);            \
    }                                                                                              \
    break

#define VALUE(ctype, r) COLUMN_AT(column, ctype, r)

static inline bool views_same(struct view a, struct view b)
{
    return (a.data == b.data && a.size == b.size) || view_eq(a, b);
}

/* same[i] stays where the column has the same for row i as for the one before.  What is not told to
 * be the same (NULLs, nested values) is looked up, and found to be so then. */
static void keep_same(const struct column *column, const uint32_t *sel, uint32_t n, uint8_t *same)
{
    switch (type_phys(column->type)) {
    case PHYS_BOOL:
    case PHYS_I8:
        SAME(VALUE(uint8_t, a) == VALUE(uint8_t, b));
    case PHYS_I16:
        SAME(VALUE(uint16_t, a) == VALUE(uint16_t, b));
    case PHYS_I32:
    case PHYS_F32:
        SAME(VALUE(uint32_t, a) == VALUE(uint32_t, b));
    case PHYS_I64:
    case PHYS_F64:
        SAME(VALUE(uint64_t, a) == VALUE(uint64_t, b));
    case PHYS_I128:
        SAME(VALUE(int128, a) == VALUE(int128, b));
    case PHYS_VIEW:
        SAME(views_same(VALUE(struct view, a), VALUE(struct view, b)));
    case PHYS_LIST:
    case PHYS_ROW:
        memset(same, 0, n);
    }
}

static enum code find_piece(struct state_table *t, struct column *const *key, const uint32_t *sel,
                            uint32_t n, bool insert, char **rows, uint8_t *is_new,
                            struct error *err)
{
    uint8_t same[PIECE_ROWS], made[PIECE_ROWS];
    uint32_t first[PIECE_ROWS];
    char *found[PIECE_ROWS];
    memset(same, 1, n);
    for (uint32_t c = 0; c < t->key_count; c++)
        keep_same(key[c], sel, n, same);
    same[0] = 0;
    uint32_t keys = 0;
    for (uint32_t i = 0; i < n; i++) {
        first[keys] = sel[i];
        keys += !same[i];
    }
    TRY(state_table_find(t, key, first, keys, insert, found, made, err));
    for (uint32_t i = 0, k = 0; i < n; i++) {
        k += !same[i];
        rows[i] = found[k - 1];
        if (is_new)
            is_new[i] = !same[i] && made[k - 1];
    }
    return OK;
}

enum code state_table_find_runs(struct state_table *t, struct column *const *key,
                                const uint32_t *sel, uint32_t n, bool insert, char **ret_rows,
                                uint8_t *ret_new, struct error *err)
{
    uint32_t rows[PIECE_ROWS];
    for (uint32_t from = 0; from < n; from += PIECE_ROWS) {
        uint32_t in_piece = MIN(n - from, (uint32_t)PIECE_ROWS);
        for (uint32_t i = 0; i < in_piece; i++)
            rows[i] = state_sel(sel, from + i);
        TRY(find_piece(t, key, rows, in_piece, insert, ret_rows + from,
                       ret_new ? ret_new + from : NULL, err));
    }
    return OK;
}
