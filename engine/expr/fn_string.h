/* fn_string.h -- what the files of the string functions share.  Nobody else includes it.
 *
 * fn_string.c holds the table, each fn_string_*.c a family of functions: resolve functions with
 * external names, kernels static. */
#pragma once

#include "expr/call.h"

/* A value longer than this is an error: an expression such as REPEAT(x, n) must not take the
 * machine's memory by one odd row. */
#define STRING_BYTES_MAX ((size_t)1 << 28)

#define STRING_KERNEL(name)                                                                        \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

static inline struct str arg_str(const struct kernel_call *call, uint32_t n, uint32_t row)
{
    return view_str(COLUMN_AT(call->args[n], struct view, row));
}
static inline int64_t arg_i64(const struct kernel_call *call, uint32_t n, uint32_t row)
{
    return COLUMN_AT(call->args[n], int64_t, row);
}
static inline bool arg_is_null(const struct kernel_call *call, uint32_t n, uint32_t row)
{
    return !column_is_valid(call->args[n], row);
}

static inline bool string_is_ascii(struct str s)
{
    size_t i = 0;
    uint64_t seen = 0;
    for (; i + 8 <= s.size; i += 8) {
        uint64_t word;
        memcpy(&word, s.data + i, 8);
        seen |= word;
    }
    for (; i < s.size; i++)
        seen |= (uint64_t)(uint8_t)s.data[i];
    return !(seen & 0x8080808080808080u);
}

/* First byte of `what` in `s` from byte `from` on, or (size_t)-1; an empty `what` is at `from`. */
static inline size_t string_find(struct str s, struct str what, size_t from)
{
    if (what.size == 0)
        return from <= s.size ? from : (size_t)-1;
    if (from >= s.size)
        return (size_t)-1;
    const char *at = memmem(s.data + from, s.size - from, what.data, what.size);
    return at ? (size_t)(at - s.data) : (size_t)-1;
}

/* E_LIMIT: the result would be longer than STRING_BYTES_MAX. */
enum code string_too_long(size_t bytes, struct error *err);

/* Coerces arguments first..last to strings. */
enum code string_coerce(struct call *call, uint32_t first, uint32_t last,
                        struct error *err) WEIR_CHECKED;

/* Room for `bytes` bytes, which may be none; NULL only when out of memory. */
static inline char *string_room(struct text_room *room, size_t bytes)
{
    return text_room(room, bytes + 1);
}

/* Texts written through a struct buf: appends to `buf`, then string_take() copies what is there to
 * the batch and empties it. */
enum code string_take(struct text_room *room, struct buf *buf, struct view *ret,
                      struct error *err) WEIR_CHECKED;

/* The elements of ARRAY<STRING> results, row after row. */
struct string_list {
    struct arena *arena;
    struct view *items; /* .data == NULL: a NULL */
    uint32_t count;
    uint32_t cap;
    uint32_t begin; /* of the row being built */
};
static inline bool string_list_add(struct string_list *list, struct view item)
{
    return ARENA_PUSH(list->arena, list->items, list->count, list->cap, item);
}
static inline void string_list_row(struct string_list *list, struct column *out, uint32_t row)
{
    COLUMN_OUT(out, struct list_slot)
    [row] = (struct list_slot){ list->begin, list->count - list->begin };
    list->begin = list->count;
}
/* Makes the child column; to be called whatever the number of rows. */
enum code string_list_finish(struct string_list *list, struct column *out, uint32_t child,
                             struct error *err) WEIR_CHECKED;

/* UTF-16 as Java counts: what some of Flink's functions measure text in. */
size_t string_utf16_count(struct str text);
/* Appends `count` UTF-16 units from unit `from` on; half of a pair becomes '?', as Java encodes
 * it. */
void string_put_utf16(struct buf *out, struct str text, size_t from, size_t count);

/* fn_string_concat.c */
enum code concat_resolve(struct call *call, struct error *err);
enum code concat_ws_resolve(struct call *call, struct error *err);
enum code repeat_resolve(struct call *call, struct error *err);
/* fn_string_case.c */
enum code upper_resolve(struct call *call, struct error *err);
enum code lower_resolve(struct call *call, struct error *err);
enum code initcap_resolve(struct call *call, struct error *err);
enum code reverse_resolve(struct call *call, struct error *err);
/* fn_string_trim.c */
enum code trim_resolve(struct call *call, struct error *err);
enum code ltrim_resolve(struct call *call, struct error *err);
enum code rtrim_resolve(struct call *call, struct error *err);
enum code btrim_resolve(struct call *call, struct error *err);
enum code lpad_resolve(struct call *call, struct error *err);
enum code rpad_resolve(struct call *call, struct error *err);
/* fn_string_part.c */
enum code substring_resolve(struct call *call, struct error *err);
enum code left_resolve(struct call *call, struct error *err);
enum code right_resolve(struct call *call, struct error *err);
enum code overlay_resolve(struct call *call, struct error *err);
enum code replace_resolve(struct call *call, struct error *err);
enum code translate_resolve(struct call *call, struct error *err);
enum code elt_resolve(struct call *call, struct error *err);
/* fn_string_find.c */
enum code char_length_resolve(struct call *call, struct error *err);
enum code octet_length_resolve(struct call *call, struct error *err);
enum code position_resolve(struct call *call, struct error *err);
enum code instr_resolve(struct call *call, struct error *err);
enum code starts_resolve(struct call *call, struct error *err);
enum code ends_resolve(struct call *call, struct error *err);
/* fn_string_split.c */
enum code split_resolve(struct call *call, struct error *err);
enum code split_index_resolve(struct call *call, struct error *err);
enum code keyvalue_resolve(struct call *call, struct error *err);
/* fn_string_code.c */
enum code ascii_resolve(struct call *call, struct error *err);
enum code chr_resolve(struct call *call, struct error *err);
enum code hex_resolve(struct call *call, struct error *err);
enum code unhex_resolve(struct call *call, struct error *err);
enum code from_base64_resolve(struct call *call, struct error *err);
enum code to_base64_resolve(struct call *call, struct error *err);
enum code encode_resolve(struct call *call, struct error *err);
enum code decode_resolve(struct call *call, struct error *err);
/* fn_string_url.c */
enum code url_encode_resolve(struct call *call, struct error *err);
enum code url_decode_resolve(struct call *call, struct error *err);
enum code parse_url_resolve(struct call *call, struct error *err);
/* fn_string_format.c */
enum code printf_resolve(struct call *call, struct error *err);
/* fn_string_test.c */
enum code is_alpha_resolve(struct call *call, struct error *err);
enum code is_digits_resolve(struct call *call, struct error *err);
enum code is_decimal_resolve(struct call *call, struct error *err);
enum code hash_code_resolve(struct call *call, struct error *err);
enum code uuid_resolve(struct call *call, struct error *err);
/* fn_like.c */
enum code like_resolve(struct call *call, struct error *err);
