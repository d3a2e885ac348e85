/* click_put.c -- values to RowBinary. */
#include "clickhouse/click_value.h"

#include "types/decimal.h"
#include "types/text.h"
#include "types/time.h"

#include <math.h>

/* --- bytes --------------------------------------------------------------------------------- */

static void put_int(struct buf *out, int128 number, uint8_t bytes)
{
    buf_put(out, &number, bytes);
}

static void put_varint(struct buf *out, uint64_t number)
{
    while (number >= 0x80) {
        buf_char(out, (char)(0x80 | (number & 0x7F)));
        number >>= 7;
    }
    buf_char(out, (char)number);
}

static void put_string(struct buf *out, struct str text)
{
    put_varint(out, text.size);
    buf_str(out, text);
}

/* --- what does not fit --------------------------------------------------------------------- */

static enum code refuse(const struct click_type *to, const struct value *value, struct error *err)
{
    static const struct text_style style = { .mode = TEXT_DISPLAY };
    struct buf text;
    buf_init(&text, 4096);
    text_print_value(&text, value, &style);
    error_set(err, E_DATA, "%.*s does not fit the type " STR_FMT, (int)MIN(text.size, (size_t)64),
              text.data ? text.data : "", STR_ARG(to->text));
    buf_done(&text);
    return E_DATA;
}

/* --- numbers ------------------------------------------------------------------------------- */

static bool is_whole(const struct type *type)
{
    return type_is_integer(type) || type->id == TYPE_BOOLEAN || type_is_interval(type);
}

/* A DECIMAL must have nothing behind the point. */
static bool to_whole(const struct value *value, int128 *ret)
{
    if (value->type->id != TYPE_DECIMAL) {
        *ret = value->i64;
        return true;
    }
    int128 unit = decimal_power(value->type->scale);
    *ret = value->i128 / unit;
    return value->i128 % unit == 0;
}

static bool int_fits(const struct click_type *to, int128 number)
{
    if (to->bytes == 16)
        return true;
    int bits = 8 * to->bytes;
    int128 max = ((int128)1 << (to->is_signed ? bits - 1 : bits)) - 1;
    return number <= max && number >= (to->is_signed ? -max - 1 : 0);
}

static bool put_whole(struct buf *out, const struct click_type *to, const struct value *value)
{
    int128 number;
    if (!to_whole(value, &number) || !int_fits(to, number))
        return false;
    put_int(out, number, to->bytes);
    return true;
}

static bool put_bool(struct buf *out, const struct value *value)
{
    if (value->i64 != 0 && value->i64 != 1)
        return false;
    buf_char(out, (char)value->i64);
    return true;
}

static bool put_float(struct buf *out, const struct click_type *to, const struct value *value)
{
    double real = type_is_float(value->type) ? value->f64
                  : value->type->id == TYPE_DECIMAL
                      ? decimal_to_double(value->i128, value->type->scale)
                      : (double)value->i64;
    if (to->bytes == 8) {
        buf_put(out, &real, sizeof real);
        return true;
    }
    float narrow = (float)real;
    if (isinf(narrow) && !isinf(real))
        return false;
    buf_put(out, &narrow, sizeof narrow);
    return true;
}

static bool put_decimal(struct buf *out, const struct click_type *to, const struct value *value)
{
    int128 number;
    bool fits;
    if (value->type->id == TYPE_DECIMAL)
        fits = decimal_rescale(value->i128, value->type->scale, to->precision, to->scale, &number);
    else if (type_is_float(value->type))
        fits = decimal_from_double(value->f64, to->precision, to->scale, &number);
    else
        fits = decimal_from_i64(value->i64, to->precision, to->scale, &number);
    if (fits)
        put_int(out, number, to->bytes);
    return fits;
}

/* --- strings ------------------------------------------------------------------------------- */

static bool is_text(const struct type *type)
{
    return type_is_string(type) || type_is_binary(type);
}

static void put_printed(struct buf *out, const struct value *value, const struct zone *zone)
{
    struct text_style style = {
        .mode = value->type->child_count > 0 ? TEXT_JSON : TEXT_CAST,
        .blink = true,
        .zone = zone,
    };
    struct buf text;
    buf_init(&text, 1 << 30);
    text_print_value(&text, value, &style);
    put_string(out, buf_view(&text));
    if (text.failed)
        out->failed = true;
    buf_done(&text);
}

static bool put_fixed(struct buf *out, const struct click_type *to, struct str text)
{
    if (text.size > to->length)
        return false;
    buf_str(out, text);
    for (size_t i = text.size; i < to->length; i++)
        buf_char(out, 0);
    return true;
}

static bool put_enum(struct buf *out, const struct click_type *to, const struct value *value)
{
    bool by_name = type_is_string(value->type);
    for (uint32_t i = 0; i < to->name_count; i++) {
        const struct click_enum *one = &to->names[i];
        if (by_name ? str_eq(one->name, value->str) : one->value == value->i64) {
            put_int(out, one->value, to->bytes);
            return true;
        }
    }
    return false;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "00112233-4455-6677-8899-aabbccddeeff", or its 16 bytes.  Each half is a number. */
static bool put_uuid(struct buf *out, const struct value *value)
{
    char bytes[16], halves[16];
    size_t n = 0;
    struct str text = value->str;
    if (type_is_binary(value->type)) {
        if (text.size != 16)
            return false;
        memcpy(bytes, text.data, 16);
    } else {
        if (text.size != 36)
            return false;
        for (size_t i = 0; i < text.size; i++) {
            bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
            int digit = hex_digit(text.data[i]);
            if (is_dash ? text.data[i] != '-' : digit < 0)
                return false;
            if (is_dash)
                continue;
            bytes[n / 2] = (char)(n % 2 == 0 ? digit << 4 : bytes[n / 2] | digit);
            n++;
        }
    }
    for (int i = 0; i < 16; i++)
        halves[i] = bytes[i < 8 ? 7 - i : 23 - i];
    buf_put(out, halves, sizeof halves);
    return true;
}

/* --- times --------------------------------------------------------------------------------- */

/* Days of the wall clock; an instant is seen in the session's zone. */
static int64_t to_days(const struct value *value, const struct zone *zone)
{
    if (value->type->id == TYPE_DATE)
        return value->i64;
    int64_t us = value->i64;
    if (value->type->id == TYPE_TIMESTAMP_LTZ)
        us = zone_utc_to_local_us(zone, NULL, us);
    return time_floor_div(us, TIME_US_PER_DAY);
}

static bool put_date(struct buf *out, const struct click_type *to, const struct value *value,
                     const struct zone *zone)
{
    int64_t days = to_days(value, zone);
    bool is_long = to->kind == CLICK_DATE32;
    if (days < (is_long ? CLICK_DATE32_MIN : 0) || days > (is_long ? CLICK_DATE32_MAX : UINT16_MAX))
        return false;
    put_int(out, days, to->bytes);
    return true;
}

static int64_t to_instant_us(const struct click_type *to, const struct value *value)
{
    if (value->type->id == TYPE_TIMESTAMP_LTZ)
        return value->i64;
    int64_t us = value->type->id == TYPE_DATE ? value->i64 * TIME_US_PER_DAY : value->i64;
    return zone_local_to_utc_us(to->zone, to->cursor, us, ZONE_EARLIER);
}

static bool put_time(struct buf *out, const struct click_type *to, const struct value *value)
{
    int64_t seconds = time_floor_div(to_instant_us(to, value), TIME_US_PER_SECOND);
    if (seconds < 0 || seconds > UINT32_MAX)
        return false;
    put_int(out, seconds, to->bytes);
    return true;
}

static bool put_time64(struct buf *out, const struct click_type *to, const struct value *value)
{
    int64_t us = to_instant_us(to, value), ticks;
    if (us < CLICK_TIME64_MIN_US || us > CLICK_TIME64_MAX_US)
        return false;
    if (to->precision <= 6)
        ticks = time_floor_div(us, (int64_t)decimal_power(6 - to->precision));
    else if (__builtin_mul_overflow(us, (int64_t)decimal_power(to->precision - 6), &ticks))
        return false;
    put_int(out, ticks, to->bytes);
    return true;
}

/* --- all ----------------------------------------------------------------------------------- */

bool click_can_put(const struct type *from, const struct click_type *to)
{
    bool is_number = is_whole(from) || type_is_float(from) || from->id == TYPE_DECIMAL;
    if (from->id == TYPE_NULL)
        return to->is_nullable;
    switch (to->kind) {
    case CLICK_INT:
        return is_whole(from) || from->id == TYPE_DECIMAL;
    case CLICK_BOOL:
        return type_is_integer(from) || from->id == TYPE_BOOLEAN;
    case CLICK_FLOAT:
    case CLICK_DECIMAL:
        return is_number;
    case CLICK_STRING:
        return true;
    case CLICK_FIXED:
    case CLICK_UUID:
        return is_text(from);
    case CLICK_ENUM:
        return type_is_string(from) || type_is_integer(from);
    case CLICK_DATE:
    case CLICK_DATE32:
    case CLICK_TIME:
    case CLICK_TIME64:
        return from->id == TYPE_DATE || type_is_timestamp(from);
    case CLICK_ARRAY:
        return from->id == TYPE_ARRAY && click_can_put(from->children[0], to->children[0]);
    case CLICK_MAP:
        return from->id == TYPE_MAP && click_can_put(from->children[0], to->children[0]) &&
               click_can_put(from->children[1], to->children[1]);
    }
    return false;
}

static enum code put_items(struct buf *out, const struct click_type *to, const struct value *value,
                           const struct zone *zone, struct error *err)
{
    bool is_map = to->kind == CLICK_MAP;
    put_varint(out, is_map ? value->list.count / 2 : value->list.count);
    for (uint32_t i = 0; i < value->list.count; i++)
        TRY(click_put(out, to->children[is_map ? i % 2 : 0], &value->list.items[i], zone, err));
    return OK;
}

static bool put_scalar(struct buf *out, const struct click_type *to, const struct value *value,
                       const struct zone *zone)
{
    switch (to->kind) {
    case CLICK_INT:
        return put_whole(out, to, value);
    case CLICK_BOOL:
        return put_bool(out, value);
    case CLICK_FLOAT:
        return put_float(out, to, value);
    case CLICK_DECIMAL:
        return put_decimal(out, to, value);
    case CLICK_STRING:
        if (is_text(value->type))
            put_string(out, value->str);
        else
            put_printed(out, value, zone);
        return true;
    case CLICK_FIXED:
        return put_fixed(out, to, value->str);
    case CLICK_ENUM:
        return put_enum(out, to, value);
    case CLICK_UUID:
        return put_uuid(out, value);
    case CLICK_DATE:
    case CLICK_DATE32:
        return put_date(out, to, value, zone);
    case CLICK_TIME:
        return put_time(out, to, value);
    default:
        return put_time64(out, to, value);
    }
}

enum code click_put(struct buf *out, const struct click_type *to, const struct value *value,
                    const struct zone *zone, struct error *err)
{
    if (value->is_null && !to->is_nullable)
        return error_set(err, E_DATA, "NULL does not fit the type " STR_FMT, STR_ARG(to->text));
    if (to->is_nullable)
        buf_char(out, value->is_null);
    if (value->is_null)
        return OK;
    if (to->kind == CLICK_ARRAY || to->kind == CLICK_MAP)
        return put_items(out, to, value, zone, err);
    return put_scalar(out, to, value, zone) ? OK : refuse(to, value, err);
}

void click_put_default(struct buf *out, const struct click_type *to)
{
    if (to->is_nullable) {
        buf_char(out, 1);
        return;
    }
    switch (to->kind) {
    case CLICK_STRING:
    case CLICK_ARRAY:
    case CLICK_MAP:
        put_varint(out, 0);
        break;
    case CLICK_FIXED:
        put_fixed(out, to, STR(""));
        break;
    case CLICK_ENUM: /* 0 need not be one of them */
        put_int(out, to->name_count > 0 ? to->names[0].value : 0, to->bytes);
        break;
    default:
        put_int(out, 0, to->bytes);
    }
}
