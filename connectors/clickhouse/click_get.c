/* click_get.c -- values from RowBinary.  The bytes come from a server and may be any. */
#include "clickhouse/click_value.h"

#include "base/arena.h"
#include "base/number.h"
#include "types/decimal.h"
#include "types/text.h"
#include "types/time.h"

enum { ITEMS_MAX = 1 << 24 };

/* --- bytes --------------------------------------------------------------------------------- */

static bool take_int(struct click_reader *in, uint8_t bytes, bool is_signed, int128 *ret)
{
    uint128 number = 0;
    if ((size_t)(in->end - in->at) < bytes)
        return false;
    for (int i = 0; i < bytes; i++)
        number |= (uint128)(uint8_t)in->at[i] << (8 * i);
    in->at += bytes;
    if (is_signed && bytes < 16 && number >> (8 * bytes - 1))
        number |= ~(uint128)0 << (8 * bytes);
    *ret = (int128)number;
    return true;
}

static enum click_got take_varint(struct click_reader *in, uint64_t *ret)
{
    uint64_t number = 0;
    for (int shift = 0; shift < 63; shift += 7) {
        if (in->at == in->end)
            return CLICK_SHORT;
        uint8_t byte = (uint8_t)*in->at++;
        number |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *ret = number;
            return CLICK_GOT;
        }
    }
    return CLICK_BROKEN;
}

static enum click_got take_string(struct click_reader *in, const struct click_type *type,
                                  struct str *ret)
{
    uint64_t size = type->length;
    enum click_got got = type->kind == CLICK_FIXED ? CLICK_GOT : take_varint(in, &size);
    if (got != CLICK_GOT)
        return got;
    if (size > UINT32_MAX)
        return CLICK_BROKEN;
    if ((size_t)(in->end - in->at) < size)
        return CLICK_SHORT;
    *ret = str_make(in->at, (size_t)size);
    in->at += size;
    return CLICK_GOT;
}

/* --- skipping ------------------------------------------------------------------------------ */

static enum click_got skip_items(struct click_reader *in, const struct click_type *type)
{
    uint64_t count;
    enum click_got got = take_varint(in, &count);
    if (got == CLICK_GOT && count > ITEMS_MAX)
        got = CLICK_BROKEN;
    for (uint64_t i = 0; got == CLICK_GOT && i < count; i++) {
        got = click_skip(in, type->children[0]);
        if (got == CLICK_GOT && type->kind == CLICK_MAP)
            got = click_skip(in, type->children[1]);
    }
    return got;
}

enum click_got click_skip(struct click_reader *in, const struct click_type *type)
{
    struct str text;
    if (type->is_nullable) {
        if (in->at == in->end)
            return CLICK_SHORT;
        char flag = *in->at++;
        if (flag != 0)
            return flag == 1 ? CLICK_GOT : CLICK_BROKEN;
    }
    if (type->kind == CLICK_ARRAY || type->kind == CLICK_MAP)
        return skip_items(in, type);
    if (type->bytes == 0)
        return take_string(in, type, &text);
    if ((size_t)(in->end - in->at) < type->bytes)
        return CLICK_SHORT;
    in->at += type->bytes;
    return CLICK_GOT;
}

/* --- what the value is to become ----------------------------------------------------------- */

struct getter {
    struct click_reader *in;
    const struct zone *zone;
    struct arena *arena;
    struct error *err;
};

static enum click_got misfit(struct getter *g, struct str shown, const struct type *to)
{
    struct buf name;
    buf_init(&name, 1024);
    type_print(&name, to);
    error_set(g->err, E_DATA, "cannot read \"%.*s\" as %s", (int)MIN(shown.size, (size_t)64),
              shown.data, buf_cstr(&name));
    buf_done(&name);
    return CLICK_MISFIT;
}

static enum click_got set_text(struct getter *g, struct str text, struct value *ret)
{
    ret->str = arena_str(g->arena, text);
    return ret->str.data ? CLICK_GOT : CLICK_NOMEM;
}

static bool fits(const struct type *to, int128 number)
{
    switch (to->id) {
    case TYPE_BOOLEAN:
        return number == 0 || number == 1;
    case TYPE_TINYINT:
        return number >= INT8_MIN && number <= INT8_MAX;
    case TYPE_SMALLINT:
        return number >= INT16_MIN && number <= INT16_MAX;
    case TYPE_INT:
        return number >= INT32_MIN && number <= INT32_MAX;
    default:
        return number >= INT64_MIN && number <= INT64_MAX;
    }
}

/* `number` has `scale` digits behind the point. */
static enum click_got set_number(struct getter *g, int128 number, int scale, const struct type *to,
                                 struct value *ret)
{
    char text[DECIMAL_TEXT_MAX];
    struct str shown = str_make(text, decimal_print(number, scale, text));
    if (type_is_string(to))
        return set_text(g, shown, ret);
    if (type_is_float(to)) {
        ret->f64 = decimal_to_double(number, scale);
        return CLICK_GOT;
    }
    if (to->id == TYPE_DECIMAL)
        return decimal_rescale(number, scale, to->precision, to->scale, &ret->i128)
                   ? CLICK_GOT
                   : misfit(g, shown, to);
    int128 unit = decimal_power(scale);
    if (number % unit != 0 || !fits(to, number / unit))
        return misfit(g, shown, to);
    ret->i64 = (int64_t)(number / unit);
    return CLICK_GOT;
}

static enum click_got get_number(struct getter *g, const struct click_type *from,
                                 const struct type *to, struct value *ret)
{
    int128 number;
    bool is_signed = from->kind == CLICK_DECIMAL || from->is_signed;
    if (!take_int(g->in, from->bytes, is_signed, &number))
        return CLICK_SHORT;
    if (from->kind == CLICK_BOOL && type_is_string(to))
        return set_text(g, number ? STR("true") : STR("false"), ret);
    /* Most of all: no text is made for a message. */
    if (from->scale == 0 && to->id <= TYPE_BIGINT && fits(to, number)) {
        ret->i64 = (int64_t)number;
        return CLICK_GOT;
    }
    return set_number(g, number, from->scale, to, ret);
}

static enum click_got get_float(struct getter *g, const struct click_type *from,
                                const struct type *to, struct value *ret)
{
    char text[NUMBER_DOUBLE_MAX];
    double real;
    float narrow;
    size_t size;
    if ((size_t)(g->in->end - g->in->at) < from->bytes)
        return CLICK_SHORT;
    if (from->bytes == 8) {
        memcpy(&real, g->in->at, sizeof real);
    } else {
        memcpy(&narrow, g->in->at, sizeof narrow);
        real = (double)narrow;
    }
    g->in->at += from->bytes;
    if (type_is_float(to)) {
        ret->f64 = real;
        return CLICK_GOT;
    }
    size = from->bytes == 8 ? number_print_java_double(real, text)
                            : number_print_java_float((float)real, text);
    if (type_is_string(to))
        return set_text(g, str_make(text, size), ret);
    return decimal_from_double(real, to->precision, to->scale, &ret->i128)
               ? CLICK_GOT
               : misfit(g, str_make(text, size), to);
}

static enum click_got get_string(struct getter *g, const struct click_type *from,
                                 const struct type *to, struct value *ret)
{
    struct str text;
    enum click_got got = take_string(g->in, from, &text);
    if (got != CLICK_GOT)
        return got;
    if (from->kind == CLICK_FIXED && type_is_string(to)) /* what filled it up */
        while (text.size > 0 && text.data[text.size - 1] == 0)
            text.size--;
    ret->str = text;
    return CLICK_GOT;
}

static enum click_got get_enum(struct getter *g, const struct click_type *from,
                               const struct type *to, struct value *ret)
{
    int128 number;
    if (!take_int(g->in, from->bytes, true, &number))
        return CLICK_SHORT;
    if (!type_is_string(to))
        return set_number(g, number, 0, to, ret);
    for (uint32_t i = 0; i < from->name_count; i++)
        if (from->names[i].value == number) {
            ret->str = from->names[i].name;
            return CLICK_GOT;
        }
    return CLICK_BROKEN;
}

static enum click_got get_uuid(struct getter *g, const struct type *to, struct value *ret)
{
    static const char digits[] = "0123456789abcdef";
    char bytes[16], text[36];
    size_t n = 0;
    if (g->in->end - g->in->at < 16)
        return CLICK_SHORT;
    for (int i = 0; i < 16; i++)
        bytes[i] = g->in->at[i < 8 ? 7 - i : 23 - i];
    g->in->at += 16;
    if (type_is_binary(to))
        return set_text(g, str_make(bytes, sizeof bytes), ret);
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[n++] = '-';
        text[n++] = digits[(uint8_t)bytes[i] >> 4];
        text[n++] = digits[bytes[i] & 15];
    }
    return set_text(g, str_make(text, sizeof text), ret);
}

/* --- times --------------------------------------------------------------------------------- */

static enum click_got get_date(struct getter *g, const struct click_type *from,
                               const struct type *to, struct value *ret)
{
    char text[TIME_TEXT_MAX];
    int128 days;
    if (!take_int(g->in, from->bytes, from->kind == CLICK_DATE32, &days))
        return CLICK_SHORT;
    if (!time_days_in_range((int64_t)days))
        return CLICK_BROKEN;
    if (type_is_string(to))
        return set_text(g, str_make(text, time_print_date((int32_t)days, text)), ret);
    ret->i64 = (int64_t)days;
    if (type_is_timestamp(to))
        ret->i64 *= TIME_US_PER_DAY;
    if (to->id == TYPE_TIMESTAMP_LTZ)
        ret->i64 = zone_local_to_utc_us(g->zone, NULL, ret->i64, ZONE_EARLIER);
    return CLICK_GOT;
}

static enum click_got get_time(struct getter *g, const struct click_type *from,
                               const struct type *to, struct value *ret)
{
    char text[TIME_TEXT_MAX];
    int128 ticks;
    int digits = from->precision; /* 0 of a DateTime */
    if (!take_int(g->in, from->bytes, from->kind == CLICK_TIME64, &ticks))
        return CLICK_SHORT;
    int64_t us =
        digits <= 6 ? 0 : time_floor_div((int64_t)ticks, (int64_t)decimal_power(digits - 6));
    if (digits <= 6 &&
        __builtin_mul_overflow((int64_t)ticks, (int64_t)decimal_power(6 - digits), &us))
        return CLICK_BROKEN;
    if (!time_us_in_range(us))
        return CLICK_BROKEN;
    if (to->id != TYPE_TIMESTAMP_LTZ)
        us = zone_utc_to_local_us(from->zone, from->cursor, us);
    if (type_is_string(to))
        return set_text(
            g, str_make(text, time_print_timestamp(us, digits, TIME_FRACTION_FIXED, ' ', text)),
            ret);
    ret->i64 =
        to->id == TYPE_DATE ? time_floor_div(us, TIME_US_PER_DAY) : time_cut(us, to->precision);
    return CLICK_GOT;
}

/* --- all ----------------------------------------------------------------------------------- */

bool click_can_get(const struct click_type *from, const struct type *to)
{
    bool is_number = to->id >= TYPE_BOOLEAN && to->id <= TYPE_DECIMAL;
    switch (from->kind) {
    case CLICK_INT:
    case CLICK_BOOL:
    case CLICK_DECIMAL:
        return is_number || type_is_string(to);
    case CLICK_FLOAT:
        return type_is_float(to) || to->id == TYPE_DECIMAL || type_is_string(to);
    case CLICK_STRING:
    case CLICK_FIXED:
    case CLICK_UUID:
        return type_is_string(to) || type_is_binary(to);
    case CLICK_ENUM:
        return type_is_string(to) || type_is_integer(to);
    case CLICK_DATE:
    case CLICK_DATE32:
    case CLICK_TIME:
    case CLICK_TIME64:
        return to->id == TYPE_DATE || type_is_timestamp(to) || type_is_string(to);
    case CLICK_ARRAY:
        return to->id == TYPE_ARRAY && click_can_get(from->children[0], to->children[0]);
    case CLICK_MAP:
        return to->id == TYPE_MAP && click_can_get(from->children[0], to->children[0]) &&
               click_can_get(from->children[1], to->children[1]);
    }
    return false;
}

static enum click_got get_items(struct getter *g, const struct click_type *from,
                                const struct type *to, struct value *ret)
{
    struct value *items = NULL, item;
    uint32_t n = 0, cap = 0, width = from->kind == CLICK_MAP ? 2 : 1;
    uint64_t count;
    enum click_got got = take_varint(g->in, &count);
    if (got == CLICK_GOT && count > ITEMS_MAX)
        got = CLICK_BROKEN;
    for (uint64_t i = 0; got == CLICK_GOT && i < count * width; i++) {
        uint32_t child = (uint32_t)(i % width);
        got = click_get(g->in, from->children[child], to->children[child], g->zone, g->arena, &item,
                        g->err);
        if (got == CLICK_GOT && !ARENA_PUSH(g->arena, items, n, cap, item))
            got = CLICK_NOMEM;
    }
    ret->list.items = items;
    ret->list.count = n;
    return got;
}

enum click_got click_get(struct click_reader *in, const struct click_type *from,
                         const struct type *to, const struct zone *zone, struct arena *arena,
                         struct value *ret, struct error *err)
{
    struct getter g = { .in = in, .zone = zone, .arena = arena, .err = err };
    *ret = (struct value){ .type = to };
    if (from->is_nullable) {
        if (in->at == in->end)
            return CLICK_SHORT;
        ret->is_null = *in->at == 1;
        if (*in->at++ & ~1)
            return CLICK_BROKEN;
        if (ret->is_null)
            return CLICK_GOT;
    }
    switch (from->kind) {
    case CLICK_INT:
    case CLICK_BOOL:
    case CLICK_DECIMAL:
        return get_number(&g, from, to, ret);
    case CLICK_FLOAT:
        return get_float(&g, from, to, ret);
    case CLICK_STRING:
    case CLICK_FIXED:
        return get_string(&g, from, to, ret);
    case CLICK_ENUM:
        return get_enum(&g, from, to, ret);
    case CLICK_UUID:
        return get_uuid(&g, to, ret);
    case CLICK_DATE:
    case CLICK_DATE32:
        return get_date(&g, from, to, ret);
    case CLICK_TIME:
    case CLICK_TIME64:
        return get_time(&g, from, to, ret);
    case CLICK_ARRAY:
    case CLICK_MAP:
        return get_items(&g, from, to, ret);
    }
    return CLICK_BROKEN;
}
