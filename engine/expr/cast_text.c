/* cast_text.c -- strings and binaries to and from everything.
 *
 * Strings are trimmed of blanks (0x20) before they are read, in both dialects.  A
 * text that cannot be read is NULL (Blink, TRY_CAST) or fails the job (Flink).  Digits
 * are the hot case: eight at a time, without a branch a digit (little endian).
 *
 * Strings that keep their bytes share them: VARCHAR to BYTES, BYTES that are valid
 * UTF-8, texts that need no cutting. */
#include "expr/cast_kernel.h"

#include "base/number.h"
#include "base/utf8.h"
#include "types/datefmt_java.h"
#include "types/decimal.h"
#include "types/text.h"
#include "types/time.h"
#include "types/zone.h"

enum code cast_fail(struct eval *cx, const struct cast_state *state, struct column *out,
                    uint32_t row, struct str text, struct error *err)
{
    enum { SHOWN_MAX = 64 };
    struct buf type;
    bool cut = text.size > SHOWN_MAX;

    if (state->mode != CAST_FLINK)
        return kernel_null(cx, out, row, err);
    if (cut)
        text.size = utf8_valid_prefix(text.data, SHOWN_MAX);
    buf_init(&type, 256);
    type_print(&type, state->to);
    error_set(err, E_DATA, "cannot cast string \"" STR_FMT "%s\" to %s", STR_ARG(text),
              cut ? "..." : "", buf_cstr(&type));
    buf_done(&type);
    error_hint(err, "TRY_CAST gives NULL where CAST fails.");
    return E_DATA;
}

static inline struct str trim_blanks(struct str s)
{
    while (s.size > 0 && s.data[0] == ' ') {
        s.data++;
        s.size--;
    }
    while (s.size > 0 && s.data[s.size - 1] == ' ')
        s.size--;
    return s;
}

/* --- digits -------------------------------------------------------------- */

static inline bool are_eight_digits(uint64_t chunk)
{
    return ((chunk & 0xF0F0F0F0F0F0F0F0u) |
            (((chunk + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) >> 4)) == 0x3333333333333333u;
}

/* Eight ASCII digits, the first in the lowest byte: pairs, then fours, then all. */
static inline uint32_t eight_digits(uint64_t chunk)
{
    const uint64_t mask = 0x000000FF000000FFu;
    const uint64_t mul1 = 0x000F424000000064u; /* 100 + (1000000 << 32) */
    const uint64_t mul2 = 0x0000271000000001u; /* 1 + (10000 << 32) */

    chunk -= 0x3030303030303030u;
    chunk = chunk * 10 + (chunk >> 8);
    return (uint32_t)(((chunk & mask) * mul1 + ((chunk >> 16) & mask) * mul2) >> 32);
}

static inline uint64_t load8(const char *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    return v;
}

/* The first n (1..7) bytes of `chunk` behind as many '0' as make eight. */
static inline uint64_t pad_digits(uint64_t chunk, uint32_t n)
{
    return chunk << (8 * (8 - n)) | 0x3030303030303030u >> (8 * n);
}

/* 1 to 16 digits and nothing else.  Up to eight are one word, more are two that overlap. */
static inline bool parse_digits(const struct view *v, int64_t *ret)
{
    uint32_t n = v->size;
    uint64_t high, low;

    if (n - 1 >= 16)
        return false;
    if (n <= 8) {
        if (n <= 4) { /* all of them are in the prefix */
            low = pad_digits(v->prefix, n);
        } else if (n < 8) {
            uint32_t tail;
            memcpy(&tail, v->data + n - 4, 4);
            low = pad_digits(v->prefix | (uint64_t)tail << (8 * (n - 4)), n);
        } else {
            low = load8(v->data);
        }
        if (!are_eight_digits(low))
            return false;
        *ret = eight_digits(low);
        return true;
    }
    high = n == 16 ? load8(v->data) : pad_digits(load8(v->data), n - 8);
    low = load8(v->data + n - 8);
    if (!are_eight_digits(high) || !are_eight_digits(low))
        return false;
    *ret = (int64_t)eight_digits(high) * 100000000 + eight_digits(low);
    return true;
}

static inline bool text_to_i64(struct view v, int64_t *ret)
{
    if (likely(parse_digits(&v, ret)))
        return true;
    return number_parse_blink_i64(v.data, v.size, ret);
}

#define CAST_TEXT_INTEGER(name, ctype, min, max)                                                   \
    static CAST_KERNEL(name)                                                                       \
    {                                                                                              \
        const struct column *in = call->args[0];                                                   \
        ctype *to = out->values;                                                                   \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            struct view v = COLUMN_AT(in, struct view, i);                                         \
            int64_t value;                                                                         \
            if (likely(text_to_i64(v, &value) && value >= (min) && value <= (max)))                \
                to[i] = (ctype)value;                                                              \
            else                                                                                   \
                TRY(cast_fail(cx, call->state, out, i, view_str(v), err));                         \
        }                                                                                          \
        return OK;                                                                                 \
    }

CAST_TEXT_INTEGER(cast_text_i8, int8_t, INT8_MIN, INT8_MAX)
CAST_TEXT_INTEGER(cast_text_i16, int16_t, INT16_MIN, INT16_MAX)
CAST_TEXT_INTEGER(cast_text_i32, int32_t, INT32_MIN, INT32_MAX)
CAST_TEXT_INTEGER(cast_text_i64, int64_t, INT64_MIN, INT64_MAX)

/* --- other things to read ------------------------------------------------ */

static bool parse_boolean(struct str text, uint8_t *ret)
{
    static const char *const yes[] = { "t", "true", "y", "yes", "1" };
    static const char *const no[] = { "f", "false", "n", "no", "0" };

    for (size_t k = 0; k < countof(yes); k++) {
        if (str_iis(text, yes[k]) || str_iis(text, no[k])) {
            *ret = str_iis(text, yes[k]);
            return true;
        }
    }
    return false;
}

/* The bodies of loops that read one text each: the whole of it, or trimmed. */
#define CAST_TEXT(name, locals, parse)                                                             \
    static CAST_KERNEL(name)                                                                       \
    {                                                                                              \
        const struct cast_state *state = call->state;                                              \
        const struct type *to = state->to;                                                         \
        (void)to;                                                                                  \
        locals;                                                                                    \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            struct str whole = view_str(COLUMN_AT(call->args[0], struct view, i));                 \
            struct str text = trim_blanks(whole);                                                  \
            (void)text;                                                                            \
            if (unlikely(!(parse)))                                                                \
                TRY(cast_fail(cx, state, out, i, whole, err));                                     \
        }                                                                                          \
        return OK;                                                                                 \
    }

static bool parse_double(struct str text, double *ret)
{
    bool ok;
    double value = number_parse_java_double(text.data, text.size, &ok);

    if (ok)
        *ret = value;
    return ok;
}

static bool parse_float(struct str text, float *ret)
{
    bool ok;
    float value = number_parse_java_float(text.data, text.size, &ok);

    if (ok)
        *ret = value;
    return ok;
}

static bool parse_decimal(struct str text, struct column *out, uint32_t row)
{
    int128 value;

    if (!decimal_parse(text, out->type->precision, out->type->scale, &value))
        return false;
    decimal_set(out, row, type_phys(out->type) == PHYS_I128, value);
    return true;
}

/* Flink takes no blanks around a timestamp, though around a date. */
static bool parse_timestamp(const struct cast_state *state, struct zone_cursor *cursor,
                            struct str whole, int64_t *ret_us)
{
    const struct type *to = state->to;
    struct str text = trim_blanks(whole);
    int64_t local_us;

    if (to->blink_instant)
        return datefmt_parse_blink(state->zone, cursor, text, ret_us);
    if (text.size != whole.size || !time_parse_timestamp(text, to->precision, &local_us))
        return false;
    *ret_us = to->id == TYPE_TIMESTAMP
                  ? local_us
                  : zone_local_to_utc_us(state->zone, cursor, local_us, ZONE_EARLIER);
    return true;
}

/* A word with blanks around it is none. */
CAST_TEXT(cast_text_bool, , parse_boolean(whole, &COLUMN_OUT(out, uint8_t)[i]))
CAST_TEXT(cast_text_f64, , parse_double(text, &COLUMN_OUT(out, double)[i]))
CAST_TEXT(cast_text_f32, , parse_float(text, &COLUMN_OUT(out, float)[i]))
CAST_TEXT(cast_text_decimal, , parse_decimal(text, out, i))
CAST_TEXT(cast_text_date, , time_parse_date(text, &COLUMN_OUT(out, int32_t)[i]))
CAST_TEXT(cast_text_time, , time_parse_time(text, to->precision, &COLUMN_OUT(out, int32_t)[i]))
CAST_TEXT(cast_text_timestamp, struct zone_cursor cursor = { 0 },
          parse_timestamp(state, &cursor, whole, &COLUMN_OUT(out, int64_t)[i]))

kernel_fn cast_from_text_kernel(const struct type *from, const struct type *to)
{
    if (!type_is_string(from))
        return NULL;
    switch (to->id) {
    case TYPE_BOOLEAN:
        return cast_text_bool;
    case TYPE_TINYINT:
        return cast_text_i8;
    case TYPE_SMALLINT:
        return cast_text_i16;
    case TYPE_INT:
        return cast_text_i32;
    case TYPE_BIGINT:
        return cast_text_i64;
    case TYPE_FLOAT:
        return cast_text_f32;
    case TYPE_DOUBLE:
        return cast_text_f64;
    case TYPE_DECIMAL:
        return cast_text_decimal;
    case TYPE_DATE:
        return cast_text_date;
    case TYPE_TIME:
        return cast_text_time;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return cast_text_timestamp;
    default:
        return NULL;
    }
}

/* --- to strings ---------------------------------------------------------- */

/* Flink cuts to the length of CHAR(n) and VARCHAR(n), and pads CHAR(n); Blink ignores it. */
static bool is_sized(const struct cast_state *state)
{
    return state->mode != CAST_BLINK && state->to->precision != TYPE_UNBOUNDED;
}

/* Brings a text to the length of the target; `fill` pads the fixed type. */
static bool fit_text(struct text_room *room, const struct type *to, struct view *v)
{
    struct str text = view_str(*v);
    size_t cut = utf8_offset(text, (size_t)to->precision);
    size_t have;
    char *copy;

    if (cut < text.size) {
        *v = view_make(text.data, cut);
        return true;
    }
    if (to->id != TYPE_CHAR)
        return true;
    have = utf8_count(text);
    if (have >= (size_t)to->precision)
        return true;
    copy = text_room(room, text.size + ((size_t)to->precision - have));
    if (!copy)
        return false;
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    memset(copy + text.size, ' ', (size_t)to->precision - have);
    *v = text_room_take(room, text.size + ((size_t)to->precision - have));
    return true;
}

#define PRINT_INTEGERS(ctype)                                                                      \
    ROWS_EACH(rows, i)                                                                             \
    {                                                                                              \
        char *at = text_room(&room, NUMBER_I64_MAX);                                               \
        if (!at)                                                                                   \
            return error_nomem(err);                                                               \
        to[i] = text_room_take(&room, number_print_i64(COLUMN_AT(in, ctype, i), at));              \
        if (sized && !fit_text(&room, state->to, &to[i]))                                          \
            return error_nomem(err);                                                               \
    }

CAST_KERNEL(cast_kernel_i64_to_text)
{
    const struct cast_state *state = call->state;
    const struct column *in = call->args[0];
    struct view *to = out->values;
    struct text_room room = { .arena = cx->arena };
    bool sized = is_sized(state);

    switch (type_phys(in->type)) {
    case PHYS_I8:
        PRINT_INTEGERS(int8_t)
        return OK;
    case PHYS_I16:
        PRINT_INTEGERS(int16_t)
        return OK;
    case PHYS_I32:
        PRINT_INTEGERS(int32_t)
        return OK;
    default:
        PRINT_INTEGERS(int64_t)
        return OK;
    }
}

CAST_KERNEL(cast_kernel_to_text)
{
    const struct cast_state *state = call->state;
    struct view *to = out->values;
    struct zone_cursor cursor = { 0 };
    struct text_style style = {
        .mode = TEXT_CAST, .blink = state->blink, .zone = state->zone, .cursor = &cursor
    };
    struct text_room room = { .arena = cx->arena };
    bool sized = is_sized(state);
    struct buf text;
    enum code code = OK;

    buf_init(&text, SIZE_MAX / 2);
    ROWS_EACH(rows, i)
    {
        buf_clear(&text);
        text_print_cell(&text, call->args[0], i, &style);
        code = buf_check(&text, err);
        if (code == OK && (!text_room_copy(&room, buf_view(&text), &to[i]) ||
                           (sized && !fit_text(&room, state->to, &to[i]))))
            code = error_nomem(err);
        if (code != OK)
            break;
    }
    buf_done(&text);
    return code;
}

CAST_KERNEL(cast_kernel_text_to_text)
{
    const struct cast_state *state = call->state;
    const struct column *in = call->args[0];
    struct view *to = out->values;
    struct text_room room = { .arena = cx->arena };
    bool decode = type_is_binary(state->from);
    bool sized = is_sized(state);

    ROWS_EACH(rows, i)
    {
        struct view v = COLUMN_AT(in, struct view, i);
        if (decode) {
            struct str text = utf8_repair(cx->arena, view_str(v));
            if (!text.data)
                return error_nomem(err);
            if (text.data != v.data)
                v = view_of(text);
        }
        if (sized && !fit_text(&room, state->to, &v))
            return error_nomem(err);
        to[i] = v;
    }
    return OK;
}

CAST_KERNEL(cast_kernel_to_binary)
{
    const struct cast_state *state = call->state;
    const struct column *in = call->args[0];
    struct view *to = out->values;
    struct text_room room = { .arena = cx->arena };
    size_t limit = is_sized(state) ? (size_t)state->to->precision : SIZE_MAX;

    ROWS_EACH(rows, i)
    {
        struct view v = COLUMN_AT(in, struct view, i);
        if (v.size > limit) {
            v = view_make(v.data, limit);
        } else if (state->to->id == TYPE_BINARY && limit != SIZE_MAX && v.size < limit) {
            char *copy = text_room(&room, limit);
            if (!copy)
                return error_nomem(err);
            memset(copy, 0, limit);
            if (v.size > 0)
                memcpy(copy, v.data, v.size);
            v = text_room_take(&room, limit);
        }
        to[i] = v;
    }
    return OK;
}
