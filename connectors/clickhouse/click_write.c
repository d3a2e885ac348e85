/* click_write.c -- cells of columns to RowBinary, the short way: most values are written as they lie,
 * after a look at their range.  What does not fit goes through click_put(), which says why. */
#include "clickhouse/click_value.h"

#include "types/time.h"

/* --- numbers ------------------------------------------------------------------------------- */

static bool fits(const struct click_type *to, int64_t number)
{
    int spare = 64 - 8 * to->bytes;
    if (to->is_signed)
        return (int64_t)((uint64_t)number << spare) >> spare == number;
    return number >= 0 && (uint64_t)number << spare >> spare == (uint64_t)number;
}

/* Room is made for all of the number, which keeps the length of the copy constant. */
static bool put_number(struct buf *out, const struct click_type *to, int64_t number)
{
    if (!fits(to, number))
        return false;
    if (buf_reserve(out, sizeof number)) {
        memcpy(out->data + out->size, &number, sizeof number);
        out->size += to->bytes;
    }
    return true;
}

static bool write_bool(struct buf *out, const struct click_type *to, const struct column *from,
                       uint32_t row)
{
    return put_number(out, to, COLUMN_AT(from, uint8_t, row) != 0);
}

static bool write_i8(struct buf *out, const struct click_type *to, const struct column *from,
                     uint32_t row)
{
    return put_number(out, to, COLUMN_AT(from, int8_t, row));
}

static bool write_i16(struct buf *out, const struct click_type *to, const struct column *from,
                      uint32_t row)
{
    return put_number(out, to, COLUMN_AT(from, int16_t, row));
}

static bool write_i32(struct buf *out, const struct click_type *to, const struct column *from,
                      uint32_t row)
{
    return put_number(out, to, COLUMN_AT(from, int32_t, row));
}

static bool write_i64(struct buf *out, const struct click_type *to, const struct column *from,
                      uint32_t row)
{
    return put_number(out, to, COLUMN_AT(from, int64_t, row));
}

static bool write_f32(struct buf *out, const struct click_type *to, const struct column *from,
                      uint32_t row)
{
    float real = COLUMN_AT(from, float, row);
    double wide = (double)real;
    buf_put(out, to->bytes == 4 ? (const void *)&real : &wide, to->bytes);
    return true;
}

static bool write_f64(struct buf *out, const struct click_type *to, const struct column *from,
                      uint32_t row)
{
    (void)to;
    buf_put(out, &COLUMN_AT(from, double, row), sizeof(double));
    return true;
}

/* The same scale, and no fewer digits. */
static bool write_decimal(struct buf *out, const struct click_type *to, const struct column *from,
                          uint32_t row)
{
    bool is_short = type_phys(from->type) == PHYS_I64;
    int128 number = is_short ? COLUMN_AT(from, int64_t, row) : COLUMN_AT(from, int128, row);
    buf_put(out, &number, to->bytes);
    return true;
}

/* --- strings and times --------------------------------------------------------------------- */

static bool write_string(struct buf *out, const struct click_type *to, const struct column *from,
                         uint32_t row)
{
    struct view text = COLUMN_AT(from, struct view, row);
    uint32_t left = text.size;
    (void)to;
    if (!buf_reserve(out, (size_t)text.size + 5))
        return true;
    char *at = out->data + out->size;
    for (; left >= 0x80; left >>= 7)
        *at++ = (char)(0x80 | (left & 0x7F));
    *at++ = (char)left;
    if (text.size > 0)
        memcpy(at, text.data, text.size);
    out->size = (size_t)(at - out->data) + text.size;
    return true;
}

static bool write_date(struct buf *out, const struct click_type *to, const struct column *from,
                       uint32_t row)
{
    int32_t days = COLUMN_AT(from, int32_t, row);
    if (days < (to->kind == CLICK_DATE32 ? CLICK_DATE32_MIN : 0) || days > CLICK_DATE32_MAX)
        return false;
    return put_number(out, to, days);
}

static int64_t instant_of(const struct click_type *to, const struct column *from, uint32_t row)
{
    int64_t us = COLUMN_AT(from, int64_t, row);
    return from->type->id == TYPE_TIMESTAMP_LTZ
               ? us
               : zone_local_to_utc_us(to->zone, to->cursor, us, ZONE_EARLIER);
}

static bool write_time(struct buf *out, const struct click_type *to, const struct column *from,
                       uint32_t row)
{
    return put_number(out, to, time_floor_div(instant_of(to, from, row), TIME_US_PER_SECOND));
}

/* Of milliseconds or microseconds. */
static bool write_time64(struct buf *out, const struct click_type *to, const struct column *from,
                         uint32_t row)
{
    int64_t us = instant_of(to, from, row);
    if (us < CLICK_TIME64_MIN_US || us > CLICK_TIME64_MAX_US)
        return false;
    us = to->precision == 3 ? time_floor_div(us, 1000) : us;
    buf_put(out, &us, sizeof us);
    return true;
}

/* --- which one ----------------------------------------------------------------------------- */

static click_write *integer_write(const struct type *from)
{
    switch (type_phys(from)) {
    case PHYS_BOOL:
        return write_bool;
    case PHYS_I8:
        return write_i8;
    case PHYS_I16:
        return write_i16;
    case PHYS_I32:
        return write_i32;
    default:
        return write_i64;
    }
}

click_write *click_find_write(const struct type *from, const struct click_type *to)
{
    switch (to->kind) {
    case CLICK_INT:
        return to->bytes <= 8 && (type_is_integer(from) || from->id == TYPE_BOOLEAN)
                   ? integer_write(from)
                   : NULL;
    case CLICK_BOOL:
        return from->id == TYPE_BOOLEAN ? write_bool : NULL;
    case CLICK_FLOAT:
        return from->id == TYPE_FLOAT                      ? write_f32
               : from->id == TYPE_DOUBLE && to->bytes == 8 ? write_f64
                                                           : NULL;
    case CLICK_DECIMAL:
        return from->id == TYPE_DECIMAL && from->scale == to->scale &&
                       from->precision <= to->precision
                   ? write_decimal
                   : NULL;
    case CLICK_STRING:
        return type_is_string(from) || type_is_binary(from) ? write_string : NULL;
    case CLICK_DATE:
    case CLICK_DATE32:
        return from->id == TYPE_DATE ? write_date : NULL;
    case CLICK_TIME:
        return type_is_timestamp(from) ? write_time : NULL;
    case CLICK_TIME64:
        return type_is_timestamp(from) && (to->precision == 3 || to->precision == 6) ? write_time64
                                                                                     : NULL;
    default:
        return NULL;
    }
}
