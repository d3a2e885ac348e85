/* fn_string_concat.c -- CONCAT, ||, CONCAT_WS, REPEAT.
 *
 * Messages are mostly built by CONCAT, so it works in two passes: how many bytes all rows need,
 * then one allocation and one run through it, row after row.  Constants are copied to a padded
 * place first and then moved in strides of 16 bytes: what is written behind a piece is overwritten
 * by the next one, and the allocation has room for the last.
 *
 * NULL arguments: Flink's CONCAT and || of both dialects are NULL if one is; Blink's CONCAT leaves
 * them out and is NULL only if all are (blink-dialect R-4); CONCAT_WS leaves them out.  Blink's
 * CONCAT_WS takes a NULL separator for an empty one, Flink's is NULL then. */
#include "expr/fn_string.h"

enum { STRIDE = 16 };

struct piece {
    const struct view *views;
    const uint64_t *valid; /* NULL: no NULLs */
    uint32_t mask;
    bool is_constant;
    struct str padded; /* constants: data has STRIDE bytes of room behind it */
};

static inline char *put_piece(char *to, const char *from, size_t size)
{
    if (size > 64) {
        memcpy(to, from, size);
    } else if (size >= 16) {
        for (size_t i = 0; i + 16 <= size; i += 16)
            memcpy(to + i, from + i, 16);
        memcpy(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else if (size > 0) {
        to[0] = from[0];
        to[size / 2] = from[size / 2];
        to[size - 1] = from[size - 1];
    }
    return to + size;
}

static inline char *put_padded(char *to, struct str piece)
{
    for (size_t i = 0; i < piece.size; i += STRIDE)
        memcpy(to + i, piece.data + i, STRIDE);
    return to + piece.size;
}

static enum code pieces_make(struct eval *cx, const struct kernel_call *call, struct piece **ret,
                             struct error *err)
{
    struct piece *pieces = arena_array(cx->arena, struct piece, call->arg_count);
    if (!pieces)
        return error_nomem(err);
    for (uint32_t a = 0; a < call->arg_count; a++) {
        const struct column *c = call->args[a];
        struct piece *p = &pieces[a];
        p->views = c->values;
        p->valid = c->valid;
        p->mask = c->mask;
        p->is_constant = column_is_constant(c);
        if (!p->is_constant || !column_is_valid(c, 0))
            continue;
        size_t size = p->views[0].size;
        char *padded = arena_zalloc(cx->arena, size + STRIDE);
        if (!padded)
            return error_nomem(err);
        if (size > 0)
            memcpy(padded, p->views[0].data, size);
        p->padded = str_make(padded, size);
    }
    *ret = pieces;
    return OK;
}

static inline bool piece_is_valid(const struct piece *p, uint32_t row)
{
    return !p->valid || bit_get(p->valid, row & p->mask);
}

/* Bytes of all rows together. */
static size_t pieces_size(const struct piece *pieces, uint32_t n, const struct rows *rows)
{
    size_t total = 0;
    for (uint32_t a = 0; a < n; a++) {
        const struct piece *p = &pieces[a];
        if (p->is_constant) {
            total += p->padded.size * rows->n;
        } else if (p->valid) {
            ROWS_EACH(rows, i)
            {
                total += bit_get(p->valid, i) ? p->views[i].size : 0;
            }
        } else {
            ROWS_EACH(rows, i)
            {
                total += p->views[i].size;
            }
        }
    }
    return total;
}

/* Only asked when the rows together are longer than one of them may be. */
static enum code pieces_check(const struct piece *pieces, uint32_t n, uint32_t first,
                              size_t separator, const struct rows *rows, struct error *err)
{
    ROWS_EACH(rows, i)
    {
        size_t size = 0;
        for (uint32_t a = first; a < n; a++)
            if (piece_is_valid(&pieces[a], i))
                size += pieces[a].views[i & pieces[a].mask].size + separator;
        if (size > STRING_BYTES_MAX)
            return string_too_long(size, err);
    }
    return OK;
}

static enum code concat(struct eval *cx, const struct kernel_call *call, const struct rows *rows,
                        struct column *out, bool skip_nulls, struct error *err)
{
    uint32_t n = call->arg_count;
    struct piece *pieces;
    TRY(pieces_make(cx, call, &pieces, err));
    size_t total = pieces_size(pieces, n, rows);
    if (unlikely(total > STRING_BYTES_MAX))
        TRY(pieces_check(pieces, n, 0, 0, rows, err));
    char *at = arena_alloc(cx->arena, total + STRIDE);
    if (!at)
        return error_nomem(err);
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        char *begin = at;
        bool some = !skip_nulls;
        for (const struct piece *p = pieces; p < pieces + n; p++) {
            if (skip_nulls && !piece_is_valid(p, i))
                continue;
            some = true;
            at = p->is_constant ? put_padded(at, p->padded)
                                : put_piece(at, p->views[i].data, p->views[i].size);
        }
        to[i] = view_make(begin, (size_t)(at - begin));
        if (unlikely(!some))
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

STRING_KERNEL(concat_strict)
{
    return concat(cx, call, rows, out, false, err);
}

STRING_KERNEL(concat_skip)
{
    return concat(cx, call, rows, out, true, err);
}

enum code concat_resolve(struct call *call, struct error *err)
{
    bool is_operator = call->function->name[0] == '|';
    TRY(call_arity(call, is_operator ? 2 : 1, is_operator ? 2 : UINT32_MAX, err));
    TRY(string_coerce(call, 0, call->arg_count - 1, err));
    call->state_hash = call_is_blink(call) && !is_operator; /* what is saved knows no kernels */
    if (call->state_hash)
        return call_set(call, &type_string, concat_skip, CALL_NULLS);
    return call_set(call, &type_string, concat_strict, 0);
}

/* state != NULL: a NULL separator is an empty one. */
STRING_KERNEL(concat_ws)
{
    uint32_t n = call->arg_count;
    struct piece *pieces;
    size_t separators = 0;
    TRY(pieces_make(cx, call, &pieces, err));
    ROWS_EACH(rows, i)
    {
        if (piece_is_valid(&pieces[0], i))
            separators += pieces[0].views[i & pieces[0].mask].size;
    }
    size_t total = pieces_size(pieces + 1, n - 1, rows) + separators * n;
    if (unlikely(total > STRING_BYTES_MAX))
        TRY(pieces_check(pieces, n, 1, separators, rows, err));
    char *at = arena_alloc(cx->arena, total + STRIDE);
    if (!at)
        return error_nomem(err);
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        char *begin = at;
        struct str separator = STR("");
        if (piece_is_valid(&pieces[0], i)) {
            separator = view_str(pieces[0].views[i & pieces[0].mask]);
        } else if (!call->state) {
            TRY(kernel_null(cx, out, i, err));
            continue;
        }
        bool some = false;
        for (const struct piece *p = pieces + 1; p < pieces + n; p++) {
            if (!piece_is_valid(p, i))
                continue;
            if (some)
                at = put_piece(at, separator.data, separator.size);
            some = true;
            at = p->is_constant ? put_padded(at, p->padded)
                                : put_piece(at, p->views[i].data, p->views[i].size);
        }
        to[i] = view_make(begin, (size_t)(at - begin));
    }
    return OK;
}

enum code concat_ws_resolve(struct call *call, struct error *err)
{
    static const char null_is_empty[] = "blink";
    TRY(call_arity(call, 2, UINT32_MAX, err));
    TRY(string_coerce(call, 0, call->arg_count - 1, err));
    call->state = call_is_blink(call) ? null_is_empty : NULL;
    call->state_hash = call->state != NULL;
    return call_set(call, &type_string, concat_ws, CALL_NULLS);
}

STRING_KERNEL(repeat)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        int64_t times = arg_i64(call, 1, i);
        if (times <= 0 || s.size == 0) {
            to[i] = view_make("", 0);
            continue;
        }
        if ((uint64_t)times > STRING_BYTES_MAX / s.size)
            return string_too_long((size_t)MIN((uint64_t)times, SIZE_MAX / s.size) * s.size, err);
        size_t size = s.size * (size_t)times;
        char *at = string_room(&room, size);
        if (!at)
            return error_nomem(err);
        memcpy(at, s.data, s.size);
        for (size_t done = s.size; done < size;) { /* doubles what is there */
            size_t more = MIN(done, size - done);
            memcpy(at + done, at, more);
            done += more;
        }
        to[i] = text_room_take(&room, size);
    }
    return OK;
}

enum code repeat_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 2, err));
    TRY(call_coerce_string(call, 0, err));
    TRY(call_coerce_i64(call, 1, err));
    return call_set(call, &type_string, repeat, 0);
}
