/* fn_string_case.c -- UPPER, LOWER, INITCAP, REVERSE.
 *
 * ASCII, nearly all there is, is changed in place of the copy; other text takes the full Unicode
 * mappings of base/utf8.h.  INITCAP knows ASCII letters and digits only, as Flink's does: every
 * other character ends a word. */
#include "expr/fn_string.h"

#include "base/utf8.h"

static inline char ascii_upper(char c)
{
    return (char)(c - ((uint8_t)(c - 'a') < 26) * 32);
}
static inline char ascii_lower(char c)
{
    return (char)(c + ((uint8_t)(c - 'A') < 26) * 32);
}

static enum code change_case(struct eval *cx, const struct kernel_call *call,
                             const struct rows *rows, struct column *out, bool upper,
                             struct error *err)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    enum code code = OK;
    struct buf buf;
    buf_init(&buf, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        if (unlikely(!string_is_ascii(s))) {
            if (upper)
                utf8_put_upper(&buf, s);
            else
                utf8_put_lower(&buf, s);
            code = string_take(&room, &buf, &to[i], err);
            if (code != OK)
                break;
            continue;
        }
        char *at = string_room(&room, s.size);
        if (!at) {
            code = error_nomem(err);
            break;
        }
        for (size_t k = 0; k < s.size; k++)
            at[k] = upper ? ascii_upper(s.data[k]) : ascii_lower(s.data[k]);
        to[i] = text_room_take(&room, s.size);
    }
    buf_done(&buf);
    return code;
}

STRING_KERNEL(upper)
{
    return change_case(cx, call, rows, out, true, err);
}

STRING_KERNEL(lower)
{
    return change_case(cx, call, rows, out, false, err);
}

STRING_KERNEL(initcap)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        bool in_word = false;
        char *at = string_room(&room, s.size);
        if (!at)
            return error_nomem(err);
        for (size_t k = 0; k < s.size; k++) {
            char c = s.data[k];
            bool is_letter = (uint8_t)((c | 0x20) - 'a') < 26;
            at[k] = in_word ? ascii_lower(c) : ascii_upper(c);
            in_word = is_letter || (uint8_t)(c - '0') < 10;
        }
        to[i] = text_room_take(&room, s.size);
    }
    return OK;
}

STRING_KERNEL(reverse)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        char *at = string_room(&room, s.size);
        if (!at)
            return error_nomem(err);
        for (size_t k = 0; k < s.size;) {
            uint32_t code_point;
            size_t size =
                (uint8_t)s.data[k] < 0x80 ? 1 : utf8_decode(s.data + k, s.size - k, &code_point);
            memcpy(at + s.size - k - size, s.data + k, size);
            k += size;
        }
        to[i] = text_room_take(&room, s.size);
    }
    return OK;
}

static enum code resolve_one(struct call *call, kernel_fn kernel, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_string(call, 0, err));
    return call_set(call, &type_string, kernel, 0);
}

enum code upper_resolve(struct call *call, struct error *err)
{
    return resolve_one(call, upper, err);
}

enum code lower_resolve(struct call *call, struct error *err)
{
    return resolve_one(call, lower, err);
}

enum code initcap_resolve(struct call *call, struct error *err)
{
    return resolve_one(call, initcap, err);
}

enum code reverse_resolve(struct call *call, struct error *err)
{
    return resolve_one(call, reverse, err);
}
