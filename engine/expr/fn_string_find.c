/* fn_string_find.c -- lengths, positions, beginnings and ends.
 *
 * Positions are code points from 1; 0 is "not there".  An empty text is found at 1. */
#include "expr/fn_string.h"

#include "base/utf8.h"

/* --- CHAR_LENGTH, OCTET_LENGTH ---------------------------------------------------- */

STRING_KERNEL(char_length)
{
    int32_t *to = COLUMN_OUT(out, int32_t);
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        to[i] = (int32_t)(string_is_ascii(s) ? s.size : utf8_count(s));
    }
    return OK;
}

enum code char_length_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_string(call, 0, err));
    return call_set(call, &type_int, char_length, 0);
}

STRING_KERNEL(octet_length)
{
    int32_t *to = COLUMN_OUT(out, int32_t);
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        to[i] = (int32_t)COLUMN_AT(call->args[0], struct view, i).size;
    }
    return OK;
}

enum code octet_length_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    if (!type_is_binary(call->args[0]->type))
        TRY(call_coerce_string(call, 0, err));
    return call_set(call, &type_int, octet_length, 0);
}

/* --- POSITION, LOCATE, INSTR -------------------------------------------------------- */

/* Position of `what` in `s`, from position `from` on; 0 if it is not there. */
static int64_t position(struct str s, struct str what, int64_t from)
{
    if (what.size == 0)
        return 1;
    bool is_ascii = string_is_ascii(s);
    size_t skip = from > 1 ? (size_t)from - 1 : 0;
    size_t begin = is_ascii ? MIN(skip, s.size) : utf8_offset(s, skip);
    size_t at = string_find(s, what, begin);
    if (at == (size_t)-1)
        return 0;
    return (int64_t)(is_ascii ? at : utf8_count(str_make(s.data, at))) + 1;
}

/* The nth one from position -from of the end backwards, as its position from the begin. */
static int64_t position_back(struct str s, struct str what, int64_t from, int64_t nth)
{
    size_t total = utf8_count(s);
    size_t size = utf8_count(what);
    if (size == 0)
        return (int64_t)total + 1;
    uint64_t skip = (uint64_t)(-(from + 1));
    if (skip > total || total - skip < size)
        return 0;
    size_t n = total - skip - size; /* code points before the candidate */
    size_t at = utf8_offset(s, n);
    for (;;) {
        if (s.size - at >= what.size && memcmp(s.data + at, what.data, what.size) == 0 &&
            --nth == 0)
            return (int64_t)n + 1;
        if (n == 0 || at == 0)
            return 0;
        n--;
        do
            at--;
        while (at > 0 && ((uint8_t)s.data[at] & 0xC0) == 0x80);
    }
}

static int64_t instr(struct str s, struct str what, int64_t from, int64_t nth)
{
    if (from == 0)
        return 0;
    if (from < 0)
        return position_back(s, what, from, nth);
    for (;;) {
        int64_t at = position(s, what, from);
        if (at == 0 || --nth == 0)
            return at;
        if (what.size == 0)
            return at; /* always the same */
        from = at + 1;
    }
}

/* POSITION(what IN s), LOCATE(what, s [, from]) */
STRING_KERNEL(position_kernel)
{
    int32_t *to = COLUMN_OUT(out, int32_t);
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        int64_t from = call->arg_count == 3 ? arg_i64(call, 2, i) : 1;
        to[i] = (int32_t)position(arg_str(call, 1, i), arg_str(call, 0, i), from);
    }
    return OK;
}

enum code position_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 3, err));
    TRY(string_coerce(call, 0, 1, err));
    if (call->arg_count == 3)
        TRY(call_coerce_i64(call, 2, err));
    return call_set(call, &type_int, position_kernel, 0);
}

/* INSTR(s, what [, from [, nth]]); state != NULL: a wrong nth is NULL, not an error. */
STRING_KERNEL(instr_kernel)
{
    int32_t *to = COLUMN_OUT(out, int32_t);
    ROWS_EACH(rows, i)
    {
        int64_t from = call->arg_count > 2 ? arg_i64(call, 2, i) : 1;
        int64_t nth = call->arg_count > 3 ? arg_i64(call, 3, i) : 1;
        if (nth > 0) {
            to[i] = (int32_t)instr(arg_str(call, 0, i), arg_str(call, 1, i), from, nth);
        } else if (call->state) {
            TRY(kernel_null(cx, out, i, err));
        } else {
            return error_set(err, E_DATA, "occurrence %lld of INSTR is not positive",
                             (long long)nth);
        }
    }
    return OK;
}

enum code instr_resolve(struct call *call, struct error *err)
{
    static const char lenient[] = "blink";
    TRY(call_arity(call, 2, 4, err));
    TRY(string_coerce(call, 0, 1, err));
    for (uint32_t i = 2; i < call->arg_count; i++)
        TRY(call_coerce_i64(call, i, err));
    call->state = call_is_blink(call) ? lenient : NULL;
    call->state_hash = call->state != NULL;
    return call_set(call, &type_int, instr_kernel,
                    call->arg_count == 4 && !call_is_blink(call) ? CALL_FAILS : 0);
}

/* --- STARTSWITH, ENDSWITH --------------------------------------------------------------- */

STRING_KERNEL(starts)
{
    uint8_t *to = COLUMN_OUT(out, uint8_t);
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        to[i] = str_starts(arg_str(call, 0, i), arg_str(call, 1, i));
    }
    return OK;
}

STRING_KERNEL(ends)
{
    uint8_t *to = COLUMN_OUT(out, uint8_t);
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        to[i] = str_ends(arg_str(call, 0, i), arg_str(call, 1, i));
    }
    return OK;
}

static enum code resolve_edge(struct call *call, kernel_fn kernel, struct error *err)
{
    TRY(call_arity(call, 2, 2, err));
    if (!type_is_binary(call->args[0]->type) || !type_is_binary(call->args[1]->type))
        TRY(string_coerce(call, 0, 1, err));
    return call_set(call, &type_boolean, kernel, 0);
}

enum code starts_resolve(struct call *call, struct error *err)
{
    return resolve_edge(call, starts, err);
}

enum code ends_resolve(struct call *call, struct error *err)
{
    return resolve_edge(call, ends, err);
}
