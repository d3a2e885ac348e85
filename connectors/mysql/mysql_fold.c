/* mysql_fold.c -- see mysql_fold.h. */
#include "mysql/mysql_fold.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/utf8.h"

enum { CJK_FIRST = 0x4E00, CJK_LAST = 0x9FA5 };

/* A character that in the collations of MYSQL_FOLDED is equal to its other case at most. */
static bool is_plain(uint32_t c)
{
    return (c >= ' ' && c <= '~') || (c >= CJK_FIRST && c <= CJK_LAST);
}

/* Blanks before a quote: at the end of a string they may not count. */
static void trim(struct buf *out, size_t begin)
{
    while (out->size > begin && out->data[out->size - 1] == ' ')
        out->size--;
}

bool mysql_put_fold(struct buf *out, struct str key, enum mysql_compare compare)
{
    size_t begin = out->size;
    if (compare == MYSQL_EXACT) {
        buf_str(out, key);
        return true;
    }
    if (compare == MYSQL_PECULIAR || memmem(key.data, key.size, "_utf8mb4 ", 9))
        return false;
    for (size_t i = 0; i < key.size;) {
        uint32_t c;
        size_t size = utf8_decode(key.data + i, key.size - i, &c);
        if (compare == MYSQL_FOLDED && !is_plain(c))
            return false;
        if (c == '\'')
            trim(out, begin);
        if (compare == MYSQL_FOLDED && c >= 'A' && c <= 'Z')
            buf_char(out, (char)(c | 0x20));
        else
            buf_put(out, key.data + i, size);
        i += size;
    }
    return true;
}

enum code mysql_folds_begin(struct mysql_folds *f, struct arena *arena, uint32_t most,
                            struct error *err)
{
    *f = (struct mysql_folds){ .size = 16 };
    while (f->size < most * UINT64_C(2))
        f->size *= 2;
    f->folds = arena_array(arena, struct str, most + 1);
    f->numbers = arena_array(arena, uint32_t, most + 1);
    f->slots = arena_array(arena, uint32_t, f->size);
    return f->folds && f->numbers && f->slots ? OK : error_nomem(err);
}

static uint32_t *slot_of(const struct mysql_folds *f, struct str fold)
{
    uint32_t at = (uint32_t)hash_bytes(fold.data, fold.size, 0) & (f->size - 1);
    while (f->slots[at] != 0 && !str_eq(f->folds[f->slots[at] - 1], fold))
        at = (at + 1) & (f->size - 1);
    return &f->slots[at];
}

bool mysql_folds_add(struct mysql_folds *f, struct str fold, uint32_t number)
{
    uint32_t *slot = slot_of(f, fold);
    if (*slot != 0)
        return false;
    f->folds[f->count] = fold;
    f->numbers[f->count++] = number;
    *slot = f->count;
    return true;
}

int64_t mysql_folds_find(const struct mysql_folds *f, struct str fold)
{
    uint32_t slot = *slot_of(f, fold);
    return slot == 0 ? -1 : (int64_t)f->numbers[slot - 1];
}
