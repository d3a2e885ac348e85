/* fn_string_split.c -- SPLIT_INDEX, SPLIT, KEYVALUE.
 *
 * SPLIT_INDEX is commons-lang's splitByWholeSeparatorPreserveAllTokens: an empty separator splits
 * at white space, an empty text has no parts.  A separator given as a number is a character of
 * Latin-1.  (STR_TO_MAP, whose delimiters are regular expressions, is in fn_regex_split.c.) */
#include "expr/fn_string.h"

#include "base/utf8.h"

/* Java's Character.isWhitespace. */
static bool is_whitespace(uint32_t c)
{
    if (c < 128)
        return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
    return c == 0x1680 || (c >= 0x2000 && c <= 0x200A && c != 0x2007) || c == 0x2028 ||
           c == 0x2029 || c == 0x205F || c == 0x3000;
}

/* The next white space from `from` on: its position and size; (size_t)-1 if there is none. */
static size_t find_whitespace(struct str s, size_t from, size_t *ret_size)
{
    while (from < s.size) {
        uint32_t c;
        *ret_size = utf8_decode(s.data + from, s.size - from, &c);
        if (is_whitespace(c))
            return from;
        from += *ret_size;
    }
    return (size_t)-1;
}

static bool split_index(struct str s, struct str separator, int64_t index, struct str *ret)
{
    if (index < 0 || s.size == 0)
        return false;
    for (size_t at = 0;; index--) {
        size_t size = separator.size;
        size_t hit = size > 0 ? string_find(s, separator, at) : find_whitespace(s, at, &size);
        size_t end = hit == (size_t)-1 ? s.size : hit;
        if (index == 0) {
            *ret = str_make(s.data + at, end - at);
            return true;
        }
        if (hit == (size_t)-1)
            return false;
        at = hit + size;
    }
}

STRING_KERNEL(split_index_kernel)
{
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        struct str part;
        if (split_index(arg_str(call, 0, i), arg_str(call, 1, i), arg_i64(call, 2, i), &part))
            to[i] = view_of(part);
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

STRING_KERNEL(split_index_by_number)
{
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        int64_t c = arg_i64(call, 1, i);
        char separator[4];
        struct str part;
        size_t size = c >= 1 && c <= 255 ? utf8_encode((uint32_t)c, separator) : 0;
        if (size > 0 &&
            split_index(arg_str(call, 0, i), str_make(separator, size), arg_i64(call, 2, i), &part))
            to[i] = view_of(part);
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

enum code split_index_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 3, 3, err));
    bool by_number = type_is_integer(call->args[1]->type);
    TRY(call_coerce_string(call, 0, err));
    TRY(by_number ? call_coerce_i64(call, 1, err) : call_coerce_string(call, 1, err));
    TRY(call_coerce_i64(call, 2, err));
    return call_set(call, &type_string, by_number ? split_index_by_number : split_index_kernel, 0);
}

/* --- SPLIT ---------------------------------------------------------------------- */

static bool split_characters(struct string_list *list, struct str s)
{
    for (size_t at = 0; at < s.size;) {
        uint32_t c;
        size_t size = utf8_decode(s.data + at, s.size - at, &c);
        if (!string_list_add(list, view_make(s.data + at, size)))
            return false;
        at += size;
    }
    return true;
}

static bool split(struct string_list *list, struct str s, struct str separator)
{
    if (s.size == 0)
        return true;
    if (separator.size == 0)
        return split_characters(list, s);
    size_t at = 0;
    for (size_t hit; (hit = string_find(s, separator, at)) != (size_t)-1; at = hit + separator.size)
        if (!string_list_add(list, view_make(s.data + at, hit - at)))
            return false;
    return string_list_add(list, view_make(s.data + at, s.size - at));
}

STRING_KERNEL(split_kernel)
{
    struct string_list list = { .arena = cx->arena };
    ROWS_EACH(rows, i)
    {
        if (!split(&list, arg_str(call, 0, i), arg_str(call, 1, i)))
            return error_nomem(err);
        string_list_row(&list, out, i);
    }
    return string_list_finish(&list, out, 0, err);
}

enum code split_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 2, err));
    TRY(string_coerce(call, 0, 1, err));
    const struct type *type = type_make_array(call->env->arena, &type_string);
    if (!type)
        return error_nomem(err);
    return call_set(call, type, split_kernel, 0);
}

/* --- KEYVALUE --------------------------------------------------------------------- */

/* The next piece of *rest between separators that are any of the characters of `set` (white space
 * if there is none); empty pieces do not count. */
static bool next_piece(struct str *rest, struct str set, bool by_whitespace, struct str *ret)
{
    size_t begin = (size_t)-1;
    for (size_t at = 0; at <= rest->size;) {
        uint32_t c = 0;
        size_t size = 1;
        bool is_end = at == rest->size;
        bool is_separator = is_end;
        if (!is_end) {
            size = utf8_decode(rest->data + at, rest->size - at, &c);
            is_separator = by_whitespace
                               ? is_whitespace(c)
                               : string_find(set, str_make(rest->data + at, size), 0) != (size_t)-1;
        }
        if (!is_separator && begin == (size_t)-1)
            begin = at;
        if (is_separator && begin != (size_t)-1) {
            *ret = str_make(rest->data + begin, at - begin);
            *rest = str_make(rest->data + at, rest->size - at);
            return true;
        }
        at += size;
    }
    return false;
}

/* Separators of one byte each: everything behind the first one of the pair is the value. */
static bool keyvalue_simple(struct str s, char pairs, char inner, struct str key, struct str *ret)
{
    for (size_t at = 0;;) {
        struct str rest = str_make(s.data + at, s.size - at);
        size_t size = str_find_byte(rest, pairs);
        struct str pair = str_make(rest.data, size == (size_t)-1 ? rest.size : size);
        size_t split_at = str_find_byte(pair, inner);
        if (split_at == key.size && memcmp(pair.data, key.data, key.size) == 0) {
            *ret = str_make(pair.data + split_at + 1, pair.size - split_at - 1);
            return true;
        }
        if (size == (size_t)-1)
            return false;
        at += size + 1;
    }
}

static bool keyvalue(struct str s, const struct str *pairs, const struct str *inner, struct str key,
                     struct str *ret)
{
    if (s.size == 0 || key.size == 0)
        return false;
    if (pairs && inner && pairs->size == 1 && inner->size == 1)
        return keyvalue_simple(s, pairs->data[0], inner->data[0], key, ret);
    struct str pair, name, value, more;
    while (next_piece(&s, pairs ? *pairs : STR(""), !pairs, &pair)) {
        if (!next_piece(&pair, inner ? *inner : STR(""), !inner, &name) ||
            !next_piece(&pair, inner ? *inner : STR(""), !inner, &value) ||
            next_piece(&pair, inner ? *inner : STR(""), !inner, &more))
            continue;
        if (str_eq(name, key)) {
            *ret = value;
            return true;
        }
    }
    return false;
}

/* KEYVALUE(text, pair separator, key separator, key); a NULL separator is white space. */
STRING_KERNEL(keyvalue_kernel)
{
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        struct str pairs, inner, value;
        bool has_pairs = !arg_is_null(call, 1, i), has_inner = !arg_is_null(call, 2, i);
        pairs = has_pairs ? arg_str(call, 1, i) : STR("");
        inner = has_inner ? arg_str(call, 2, i) : STR("");
        if (!arg_is_null(call, 0, i) && !arg_is_null(call, 3, i) &&
            keyvalue(arg_str(call, 0, i), has_pairs ? &pairs : NULL, has_inner ? &inner : NULL,
                     arg_str(call, 3, i), &value))
            to[i] = view_of(value);
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

enum code keyvalue_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 4, 4, err));
    TRY(string_coerce(call, 0, 3, err));
    return call_set(call, &type_string, keyvalue_kernel, CALL_NULLS);
}
