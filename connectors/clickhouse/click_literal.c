/* click_literal.c -- names and values as SQL of ClickHouse. */
#include "clickhouse/click_value.h"

#include "base/number.h"
#include "types/decimal.h"
#include "types/time.h"

static void put_quoted(struct buf *out, struct str text, char quote)
{
    buf_char(out, quote);
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == quote || c == '\\')
            buf_char(out, '\\');
        if (c == 0)
            buf_text(out, "\\0");
        else
            buf_char(out, c);
    }
    buf_char(out, quote);
}

void click_put_name(struct buf *out, struct str name)
{
    put_quoted(out, name, '`');
}

void click_put_text(struct buf *out, struct str text)
{
    put_quoted(out, text, '\'');
}

bool click_has_literal(const struct click_type *type)
{
    return type->kind != CLICK_FLOAT && type->kind != CLICK_ARRAY && type->kind != CLICK_MAP;
}

/* The text of a value is read with a type of weir that has all of them. */
static const struct type *type_of_text(const struct click_type *type)
{
    return type->kind == CLICK_DATE || type->kind == CLICK_DATE32    ? &type_date
           : type->kind == CLICK_TIME || type->kind == CLICK_TIME64  ? &type_timestamp_ltz6
           : type->kind == CLICK_STRING || type->kind == CLICK_FIXED ? &type_bytes
                                                                     : &type_string;
}

static void put_time(struct buf *out, const struct click_type *type, int64_t us)
{
    char text[TIME_TEXT_MAX];
    if (type->kind == CLICK_TIME) {
        buf_printf(out, "toDateTime(%lld)", (long long)(us / TIME_US_PER_SECOND));
        return;
    }
    size_t size = time_print_timestamp(us, type->precision, TIME_FRACTION_FIXED, ' ', text);
    buf_printf(out, "toDateTime64('%.*s', %d, 'UTC')", (int)size, text, type->precision);
}

enum click_got click_put_literal(struct buf *out, struct click_reader *in,
                                 const struct click_type *type, struct arena *arena)
{
    struct value value;
    char text[TIME_TEXT_MAX];
    enum click_got got = click_get(in, type, type_of_text(type), zone_utc, arena, &value, NULL);
    if (got != CLICK_GOT || value.is_null)
        return got == CLICK_GOT ? CLICK_BROKEN : got;
    switch (type->kind) {
    case CLICK_INT:
        if (type->bytes == 16) /* a number of so many digits would be a Float64 */
            buf_printf(out, "toInt128('" STR_FMT "')", STR_ARG(value.str));
        else
            buf_str(out, value.str);
        break;
    case CLICK_BOOL:
        buf_char(out, str_is(value.str, "true") ? '1' : '0');
        break;
    case CLICK_DECIMAL:
        buf_printf(out, "toDecimal%d('" STR_FMT "', %d)", 8 * type->bytes, STR_ARG(value.str),
                   type->scale);
        break;
    case CLICK_UUID:
        buf_printf(out, "toUUID('" STR_FMT "')", STR_ARG(value.str));
        break;
    case CLICK_DATE:
    case CLICK_DATE32:
        buf_printf(out, "%s('%.*s')", type->kind == CLICK_DATE ? "toDate" : "toDate32",
                   (int)time_print_date((int32_t)value.i64, text), text);
        break;
    case CLICK_TIME:
    case CLICK_TIME64:
        put_time(out, type, value.i64);
        break;
    default:
        click_put_text(out, value.str);
    }
    return CLICK_GOT;
}
