/* fn_string_base.c -- see fn_string.h: what the string functions share. */
#include "expr/fn_string.h"

#include "base/utf8.h"

enum code string_too_long(size_t bytes, struct error *err)
{
    error_set(err, E_LIMIT, "a text of %zu bytes is longer than %zu bytes", bytes,
              STRING_BYTES_MAX);
    return E_LIMIT;
}

enum code string_coerce(struct call *call, uint32_t first, uint32_t last, struct error *err)
{
    for (uint32_t i = first; i <= last; i++)
        TRY(call_coerce_string(call, i, err));
    return OK;
}

enum code string_take(struct text_room *room, struct buf *buf, struct view *ret, struct error *err)
{
    if (unlikely(buf->failed))
        return buf_check(buf, err);
    if (!text_room_copy(room, buf_view(buf), ret))
        return error_nomem(err);
    buf_clear(buf);
    return OK;
}

enum code string_list_finish(struct string_list *list, struct column *out, uint32_t child,
                             struct error *err)
{
    struct column *c = column_create(list->arena, out->type->children[child], list->count);
    if (!c)
        return error_nomem(err);
    for (uint32_t i = 0; i < list->count; i++) {
        COLUMN_OUT(c, struct view)[i] = list->items[i];
        if (list->items[i].data)
            continue;
        if (!column_need_valid(c, list->arena))
            return error_nomem(err);
        column_set_null(c, i);
    }
    out->children[child] = c;
    return OK;
}

size_t string_utf16_count(struct str text)
{
    return string_is_ascii(text) ? text.size : utf8_utf16_count(text);
}

void string_put_utf16(struct buf *out, struct str text, size_t from, size_t count)
{
    if (string_is_ascii(text)) {
        from = MIN(from, text.size);
        buf_put(out, text.data + from, MIN(count, text.size - from));
        return;
    }
    size_t to = count > SIZE_MAX - from ? SIZE_MAX : from + count;
    for (size_t at = 0, unit = 0; at < text.size && unit < to;) {
        uint32_t code_point;
        size_t size = utf8_decode(text.data + at, text.size - at, &code_point);
        size_t units = code_point >= 0x10000 ? 2 : 1;
        if (unit >= from && unit + units <= to)
            buf_put(out, text.data + at, size);
        else if (unit + units > from)
            buf_char(out, '?');
        unit += units;
        at += size;
    }
}
