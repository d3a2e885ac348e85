/* json_text.c -- see json_text.h.
 *
 * Plain strings and integers, nearly everything there is, are the document's own bytes; the rest
 * goes through the tree of json_dom.h. */
#include "json/json_text.h"

#include "base/arena.h"
#include "base/number.h"
#include "base/utf8.h"
#include "json/json_dom.h"
#include "json/json_unescape.h"

#include <string.h>

enum code json_text_string(const struct json_hit *hit, struct arena *arena, struct str *ret,
                           struct error *err)
{
    struct str text = { hit->data, hit->size };
    if (hit->kind == JSON_STRING_ESCAPED) {
        char *out = arena_alloc(arena, hit->size);
        if (!out)
            return error_nomem(err);
        text = str_make(out, json_unescape(hit->data, hit->size, out, NULL, NULL));
    }
    if (hit->maybe_utf8) {
        text = utf8_repair(arena, text);
        if (!text.data)
            return error_nomem(err);
    }
    *ret = text;
    return OK;
}

static enum json_fraction fraction_of(enum json_text_mode mode)
{
    switch (mode) {
    case JSON_TEXT_FLINK_VALUE:
    case JSON_TEXT_FLINK_QUERY:
        return JSON_FRACTION_DECIMAL;
    case JSON_TEXT_FORMAT_DECIMAL:
        return JSON_FRACTION_STRIPPED;
    default:
        return JSON_FRACTION_DOUBLE;
    }
}

static enum code copy_out(struct buf *out, struct arena *arena, struct str *ret, struct error *err)
{
    enum code code = buf_check(out, err);
    if (code == OK) {
        struct str text = arena_str(arena, buf_view(out));
        if (text.data)
            *ret = text;
        else
            code = error_nomem(err);
    }
    buf_done(out);
    return code;
}

static enum code number_text(const struct json_hit *hit, enum json_fraction fraction,
                             struct arena *arena, struct str *ret, struct error *err)
{
    struct buf out;
    buf_init(&out, UINT32_MAX / 2);
    json_number_write(str_make(hit->data, hit->size), JSON_NUMBER, fraction, false, &out);
    return copy_out(&out, arena, ret, err);
}

static enum code container_text(const struct json_hit *hit, enum json_text_mode mode,
                                struct arena *arena, struct str *ret, struct error *err)
{
    struct json_value *value;
    /* It was read before, under whatever flags: all of them accept less than this. */
    TRY(json_dom_of_hit(arena, hit, JSON_ACCEPT_CONTROL, &value, err));
    if (!value)
        return error_set(err, E_INTERNAL, "JSON text changed while it was read");
    struct buf out;
    buf_init(&out, UINT32_MAX / 2);
    enum code code =
        json_dom_write(arena, value, fraction_of(mode), mode == JSON_TEXT_FLINK_QUERY, &out, err);
    if (code != OK) {
        buf_done(&out);
        return code;
    }
    return copy_out(&out, arena, ret, err);
}

enum code json_text(const struct json_hit *hit, enum json_text_mode mode, struct arena *arena,
                    struct str *ret, struct error *err)
{
    bool is_container = hit->kind == JSON_OBJECT || hit->kind == JSON_ARRAY;
    *ret = (struct str){ NULL, 0 };
    if ((mode == JSON_TEXT_FLINK_QUERY && !is_container) ||
        (mode == JSON_TEXT_FLINK_VALUE && is_container))
        return OK;
    switch ((enum json_kind)hit->kind) {
    case JSON_MISSING:
    case JSON_NULL:
        break;
    case JSON_TRUE:
        *ret = STR("true");
        break;
    case JSON_FALSE:
        *ret = STR("false");
        break;
    case JSON_INTEGER:
        *ret = str_make(hit->data, hit->size);
        if (hit->size == 2 && memcmp(hit->data, "-0", 2) == 0)
            *ret = STR("0");
        break;
    case JSON_NUMBER:
        return number_text(hit, fraction_of(mode), arena, ret, err);
    case JSON_STRING:
    case JSON_STRING_ESCAPED:
        return json_text_string(hit, arena, ret, err);
    case JSON_OBJECT:
    case JSON_ARRAY:
        return container_text(hit, mode, arena, ret, err);
    }
    return OK;
}

bool json_hit_i64(const struct json_hit *hit, int64_t *ret)
{
    if (hit->kind == JSON_INTEGER) {
        const char *p = hit->data;
        size_t size = hit->size;
        bool is_negative = *p == '-';
        p += is_negative;
        size -= is_negative;
        if (unlikely(size > 18))
            return number_parse_i64(hit->data, hit->size, ret);
        int64_t value = 0;
        for (size_t i = 0; i < size; i++)
            value = value * 10 + (p[i] - '0');
        *ret = is_negative ? -value : value;
        return true;
    }
    if (hit->kind != JSON_NUMBER)
        return false;
    bool is_good;
    double value = number_parse_double(hit->data, hit->size, &is_good);
    if (!is_good || !(value >= -9223372036854775808.0 && value < 9223372036854775808.0) ||
        value != (double)(int64_t)value)
        return false;
    *ret = (int64_t)value;
    return true;
}
