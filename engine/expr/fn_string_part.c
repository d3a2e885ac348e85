/* fn_string_part.c -- SUBSTRING, LEFT, RIGHT, OVERLAY, REPLACE, TRANSLATE, ELT.
 *
 * Positions count code points from 1, except in OVERLAY, where Flink counts UTF-16 units.  Parts
 * are views into the argument where that is possible. */
#include "expr/fn_string.h"

#include "base/hash.h"
#include "base/utf8.h"

/* --- SUBSTRING, LEFT, RIGHT ----------------------------------------------------- */

/* Code points [from, from + count) of s. */
static struct str part_of(struct str s, uint64_t from, uint64_t count)
{
    if (string_is_ascii(s)) {
        from = MIN(from, s.size);
        return str_make(s.data + from, MIN(count, s.size - from));
    }
    return utf8_substring(s, from, count);
}

/* From 1; 0 is 1 too; negative from the end, empty if that is before the begin. */
static struct str substring(struct str s, int64_t position, int64_t count)
{
    uint64_t from = position > 0 ? (uint64_t)position - 1 : 0;
    if (position < 0) {
        size_t total = string_is_ascii(s) ? s.size : utf8_count(s);
        if (position < -(int64_t)total)
            return STR("");
        from = total - (uint64_t)-position;
    }
    return part_of(s, from, (uint64_t)count);
}

STRING_KERNEL(substring_kernel)
{
    struct view *to = COLUMN_OUT(out, struct view);
    bool has_count = call->arg_count == 3;
    ROWS_EACH(rows, i)
    {
        int64_t count = has_count ? arg_i64(call, 2, i) : INT64_MAX;
        if (count < 0)
            TRY(kernel_null(cx, out, i, err));
        else
            to[i] = view_of(substring(arg_str(call, 0, i), arg_i64(call, 1, i), count));
    }
    return OK;
}

enum code substring_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 3, err));
    TRY(call_coerce_string(call, 0, err));
    for (uint32_t i = 1; i < call->arg_count; i++)
        TRY(call_coerce_i64(call, i, err));
    return call_set(call, &type_string, substring_kernel, 0);
}

STRING_KERNEL(left)
{
    struct view *to = COLUMN_OUT(out, struct view);
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        int64_t count = arg_i64(call, 1, i);
        to[i] = view_of(part_of(arg_str(call, 0, i), 0, (uint64_t)MAX(count, 0)));
    }
    return OK;
}

STRING_KERNEL(right)
{
    struct view *to = COLUMN_OUT(out, struct view);
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        uint64_t count = (uint64_t)MAX(arg_i64(call, 1, i), 0);
        size_t total = string_is_ascii(s) ? s.size : utf8_count(s);
        to[i] = view_of(part_of(s, total - MIN(count, total), count));
    }
    return OK;
}

static enum code resolve_end(struct call *call, kernel_fn kernel, struct error *err)
{
    TRY(call_arity(call, 2, 2, err));
    TRY(call_coerce_string(call, 0, err));
    TRY(call_coerce_i64(call, 1, err));
    return call_set(call, &type_string, kernel, 0);
}

enum code left_resolve(struct call *call, struct error *err)
{
    return resolve_end(call, left, err);
}

enum code right_resolve(struct call *call, struct error *err)
{
    return resolve_end(call, right, err);
}

/* --- OVERLAY -------------------------------------------------------------------- */

static void overlay(struct buf *buf, struct str s, struct str with, int64_t start, int64_t count)
{
    size_t units = string_utf16_count(s);
    if (start <= 0 || (uint64_t)start > units) {
        buf_str(buf, s);
        return;
    }
    string_put_utf16(buf, s, 0, (size_t)start - 1);
    buf_str(buf, with);
    if (count > 0 && (uint64_t)count <= units - (uint64_t)start)
        string_put_utf16(buf, s, (size_t)(start - 1 + count), SIZE_MAX);
}

STRING_KERNEL(overlay_kernel)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    enum code code = OK;
    struct buf buf;
    buf_init(&buf, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        struct str with = arg_str(call, 1, i);
        int64_t count =
            call->arg_count == 4 ? arg_i64(call, 3, i) : (int64_t)string_utf16_count(with);
        overlay(&buf, arg_str(call, 0, i), with, arg_i64(call, 2, i), count);
        code = string_take(&room, &buf, &to[i], err);
        if (code != OK)
            break;
    }
    buf_done(&buf);
    return code;
}

enum code overlay_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 3, 4, err));
    TRY(string_coerce(call, 0, 1, err));
    for (uint32_t i = 2; i < call->arg_count; i++)
        TRY(call_coerce_i64(call, i, err));
    return call_set(call, &type_string, overlay_kernel, 0);
}

/* --- REPLACE -------------------------------------------------------------------- */

static void replace(struct buf *buf, struct str s, struct str what, struct str with)
{
    size_t at = 0;
    if (what.size == 0) { /* as in Java: between all characters and around them */
        uint32_t code_point;
        buf_str(buf, with);
        while (at < s.size) {
            size_t size = utf8_decode(s.data + at, s.size - at, &code_point);
            buf_put(buf, s.data + at, size);
            buf_str(buf, with);
            at += size;
        }
        return;
    }
    for (size_t hit; (hit = string_find(s, what, at)) != (size_t)-1; at = hit + what.size) {
        buf_put(buf, s.data + at, hit - at);
        buf_str(buf, with);
    }
    buf_put(buf, s.data + at, s.size - at);
}

STRING_KERNEL(replace_kernel)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    enum code code = OK;
    struct buf buf;
    buf_init(&buf, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        struct view s = COLUMN_AT(call->args[0], struct view, i);
        struct str what = arg_str(call, 1, i);
        if (what.size > 0 && string_find(view_str(s), what, 0) == (size_t)-1) {
            to[i] = s;
            continue;
        }
        replace(&buf, view_str(s), what, arg_str(call, 2, i));
        code = string_take(&room, &buf, &to[i], err);
        if (code != OK)
            break;
    }
    buf_done(&buf);
    return code;
}

enum code replace_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 3, 3, err));
    TRY(string_coerce(call, 0, 2, err));
    return call_set(call, &type_string, replace_kernel, 0);
}

/* --- TRANSLATE ------------------------------------------------------------------ */

/* Where the first `from` equal to the character is, in code points; -1: nowhere. */
static int64_t position_in(struct str from, uint32_t code_point)
{
    int64_t n = 0;
    for (size_t at = 0; at < from.size; n++) {
        uint32_t c;
        at += utf8_decode(from.data + at, from.size - at, &c);
        if (c == code_point)
            return n;
    }
    return -1;
}

/* For ASCII the table says what a byte becomes: -1 itself, -2 look, otherwise an offset in `to`;
 * other characters are looked up one by one. */
static void translate(struct buf *buf, struct str s, struct str from, struct str to)
{
    int32_t ascii[128];
    for (size_t i = 0; i < countof(ascii); i++)
        ascii[i] = -2;
    for (size_t at = 0; at < s.size;) {
        uint32_t c;
        size_t size = utf8_decode(s.data + at, s.size - at, &c);
        int64_t n = c < 128 ? ascii[c] : -2;
        if (n == -2) {
            n = position_in(from, c);
            if (c < 128)
                ascii[c] = (int32_t)n;
        }
        if (n < 0)
            buf_put(buf, s.data + at, size);
        else
            buf_str(buf, utf8_substring(to, (size_t)n, 1));
        at += size;
    }
}

/* A NULL `from` changes nothing, a NULL `to` is an empty one. */
STRING_KERNEL(translate_kernel)
{
    struct text_room room = { .arena = cx->arena };
    struct view *views = COLUMN_OUT(out, struct view);
    enum code code = OK;
    struct buf buf;
    buf_init(&buf, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        if (arg_is_null(call, 0, i)) {
            code = kernel_null(cx, out, i, err);
        } else if (arg_is_null(call, 1, i) || arg_str(call, 1, i).size == 0) {
            views[i] = COLUMN_AT(call->args[0], struct view, i);
        } else {
            struct str to = arg_is_null(call, 2, i) ? STR("") : arg_str(call, 2, i);
            translate(&buf, arg_str(call, 0, i), arg_str(call, 1, i), to);
            code = string_take(&room, &buf, &views[i], err);
        }
        if (code != OK)
            break;
    }
    buf_done(&buf);
    return code;
}

enum code translate_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 3, 3, err));
    TRY(string_coerce(call, 0, 2, err));
    return call_set(call, &type_string, translate_kernel, CALL_NULLS);
}

/* --- ELT ------------------------------------------------------------------------- */

STRING_KERNEL(elt)
{
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        int64_t n = arg_is_null(call, 0, i) ? 0 : arg_i64(call, 0, i);
        if (n < 1 || n >= call->arg_count || arg_is_null(call, (uint32_t)n, i))
            TRY(kernel_null(cx, out, i, err));
        else
            to[i] = COLUMN_AT(call->args[n], struct view, i);
    }
    return OK;
}

enum code elt_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, UINT32_MAX, err));
    TRY(call_coerce_i64(call, 0, err));
    bool all_binary = true;
    for (uint32_t i = 1; i < call->arg_count; i++)
        all_binary &= type_is_binary(call->args[i]->type);
    if (!all_binary)
        TRY(string_coerce(call, 1, call->arg_count - 1, err));
    return call_set(call, all_binary ? &type_bytes : &type_string, elt, CALL_NULLS);
}
