/* fn_string_trim.c -- TRIM, LTRIM, RTRIM, BTRIM, LPAD, RPAD.
 *
 * Trimming takes a set of characters and gives a view into the argument.  Without a set it is the
 * blank (0x20) alone.  Padding counts UTF-16 units, as Java does in Flink and Blink. */
#include "expr/fn_string.h"

#include "base/utf8.h"

enum trim_side { TRIM_LEFT = 1, TRIM_RIGHT = 2, TRIM_BOTH = 3 };

struct trim {
    enum trim_side side;
    uint32_t text; /* positions of the arguments */
    uint32_t set;  /* UINT32_MAX: blanks */
};

/* Is the character [at, at + size) one of the set's? */
static bool set_has(struct str set, const char *at, size_t size)
{
    for (size_t i = 0; i < set.size;) {
        uint32_t code_point;
        size_t step = utf8_decode(set.data + i, set.size - i, &code_point);
        if (step == size && memcmp(set.data + i, at, size) == 0)
            return true;
        i += step;
    }
    return false;
}

static struct str trim_blanks(struct str s, enum trim_side side)
{
    if (side & TRIM_LEFT)
        while (s.size > 0 && s.data[0] == ' ')
            s = str_make(s.data + 1, s.size - 1);
    if (side & TRIM_RIGHT)
        while (s.size > 0 && s.data[s.size - 1] == ' ')
            s.size--;
    return s;
}

/* Bytes of the last character. */
static size_t last_size(struct str s)
{
    size_t size = 1;
    while (size < 4 && size < s.size && ((uint8_t)s.data[s.size - size] & 0xC0) == 0x80)
        size++;
    uint32_t code_point;
    size_t step = utf8_decode(s.data + s.size - size, size, &code_point);
    return step == size ? size : 1;
}

static struct str trim_set(struct str s, struct str set, enum trim_side side)
{
    uint32_t code_point;
    if (set.size == 1 && set.data[0] == ' ')
        return trim_blanks(s, side);
    while ((side & TRIM_LEFT) && s.size > 0) {
        size_t size = utf8_decode(s.data, s.size, &code_point);
        if (!set_has(set, s.data, size))
            break;
        s = str_make(s.data + size, s.size - size);
    }
    while ((side & TRIM_RIGHT) && s.size > 0) {
        size_t size = last_size(s);
        if (!set_has(set, s.data + s.size - size, size))
            break;
        s.size -= size;
    }
    return s;
}

STRING_KERNEL(trim_kernel)
{
    const struct trim *trim = call->state;
    struct view *to = COLUMN_OUT(out, struct view);
    (void)cx;
    (void)err;
    if (trim->set == UINT32_MAX) {
        ROWS_EACH(rows, i)
        {
            to[i] = view_of(trim_blanks(arg_str(call, trim->text, i), trim->side));
        }
    } else {
        ROWS_EACH(rows, i)
        {
            to[i] = view_of(
                trim_set(arg_str(call, trim->text, i), arg_str(call, trim->set, i), trim->side));
        }
    }
    return OK;
}

static enum code trim_set_up(struct call *call, enum trim_side side, uint32_t text, uint32_t set,
                             struct error *err)
{
    struct trim *trim = arena_new(call->env->arena, struct trim);
    if (!trim)
        return error_nomem(err);
    *trim = (struct trim){ side, text, set };
    call->state = trim;
    call->state_hash = (uint64_t)side << 32 | set << 8 | text;
    TRY(string_coerce(call, 0, call->arg_count - 1, err));
    return call_set(call, &type_string, trim_kernel, 0);
}

/* TRIM(x), TRIM('BOTH', x), TRIM('BOTH', set, x) */
enum code trim_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 3, err));
    if (call->arg_count == 1)
        return trim_set_up(call, TRIM_BOTH, 0, UINT32_MAX, err);
    struct str side;
    if (!expr_literal_text(call->args[0], &side))
        return call_reject(call, err);
    enum trim_side which = TRIM_BOTH;
    if (str_is(side, "LEADING"))
        which = TRIM_LEFT;
    else if (str_is(side, "TRAILING"))
        which = TRIM_RIGHT;
    else if (!str_is(side, "BOTH"))
        return call_reject(call, err);
    if (call->arg_count == 2)
        return trim_set_up(call, which, 1, UINT32_MAX, err);
    return trim_set_up(call, which, 2, 1, err);
}

static enum code resolve_side(struct call *call, enum trim_side side, struct error *err)
{
    TRY(call_arity(call, 1, 2, err));
    return trim_set_up(call, side, 0, call->arg_count == 2 ? 1 : UINT32_MAX, err);
}

enum code ltrim_resolve(struct call *call, struct error *err)
{
    return resolve_side(call, TRIM_LEFT, err);
}

enum code rtrim_resolve(struct call *call, struct error *err)
{
    return resolve_side(call, TRIM_RIGHT, err);
}

enum code btrim_resolve(struct call *call, struct error *err)
{
    return resolve_side(call, TRIM_BOTH, err);
}

/* --- padding ------------------------------------------------------------------ */

static void put_padding(struct buf *buf, struct str pad, size_t pad_units, size_t units)
{
    for (; units >= pad_units; units -= pad_units)
        buf_str(buf, pad);
    string_put_utf16(buf, pad, 0, units);
}

static enum code pad(struct eval *cx, const struct kernel_call *call, const struct rows *rows,
                     struct column *out, bool left, struct error *err)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    enum code code = OK;
    struct buf buf;
    buf_init(&buf, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        int64_t length = arg_i64(call, 1, i);
        struct str filler = call->arg_count == 3 ? arg_str(call, 2, i) : STR(" ");
        if (length < 0 || filler.size == 0) {
            code = kernel_null(cx, out, i, err);
            if (code != OK)
                break;
            continue;
        }
        size_t units = string_utf16_count(s);
        size_t wanted = (size_t)length;
        size_t missing = wanted > units ? wanted - units : 0;
        if (missing > STRING_BYTES_MAX) {
            code = string_too_long(missing, err);
            break;
        }
        if (left && missing > 0)
            put_padding(&buf, filler, string_utf16_count(filler), missing);
        string_put_utf16(&buf, s, 0, wanted);
        if (!left && missing > 0)
            put_padding(&buf, filler, string_utf16_count(filler), missing);
        code = string_take(&room, &buf, &to[i], err);
        if (code != OK)
            break;
    }
    buf_done(&buf);
    return code;
}

STRING_KERNEL(lpad)
{
    return pad(cx, call, rows, out, true, err);
}

STRING_KERNEL(rpad)
{
    return pad(cx, call, rows, out, false, err);
}

static enum code resolve_pad(struct call *call, kernel_fn kernel, struct error *err)
{
    TRY(call_arity(call, 2, 3, err));
    TRY(call_coerce_string(call, 0, err));
    TRY(call_coerce_i64(call, 1, err));
    if (call->arg_count == 3)
        TRY(call_coerce_string(call, 2, err));
    return call_set(call, &type_string, kernel, 0);
}

enum code lpad_resolve(struct call *call, struct error *err)
{
    return resolve_pad(call, lpad, err);
}

enum code rpad_resolve(struct call *call, struct error *err)
{
    return resolve_pad(call, rpad, err);
}
