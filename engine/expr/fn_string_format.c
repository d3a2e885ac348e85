/* fn_string_format.c -- PRINTF, with the format strings of java.util.Formatter.
 *
 * %s %S %b %B %d %x %X %o %c %C %e %E %f %g %G %n %%, with argument index, the flags `-`, `#`, `+`,
 * blank, `0`, `,`, `(`, width and precision.  Numbers are rounded half up from their shortest
 * decimal form, as Java does.  A format that does not fit its arguments fails the job. */
#include "expr/fn_string.h"

#include "base/number.h"
#include "base/utf8.h"
#include "types/decimal.h"

enum { WIDTH_MAX = 1 << 16 };

struct format {
    uint32_t argument; /* from 1; 0: the next one */
    bool left, alternate, plus, blank, zero, comma, paren;
    bool previous; /* %<s */
    bool has_width, has_precision;
    uint32_t width, precision;
    char letter;
};

struct printer {
    const struct kernel_call *call;
    uint32_t row;
    struct buf *out;
    uint32_t next; /* the argument that %s takes */
    uint32_t last; /* the one taken before */
    struct error *err;
};

static enum code wrong(struct printer *p, const struct format *f, const char *reason)
{
    return error_set(p->err, E_DATA, "format \"%%%c\" of PRINTF %s", f->letter, reason);
}

/* --- digits of a number ------------------------------------------------------------------ */

/* 0.d1d2d3... times 10^point */
struct digits {
    char text[80];
    int32_t count;
    int32_t point;
    bool negative;
};

static void digits_add(struct digits *d, char c)
{
    if (d->count < (int32_t)sizeof d->text - 1)
        d->text[d->count++] = c;
}

/* From plain or scientific notation. */
static void digits_of(struct str s, struct digits *ret)
{
    int32_t exponent = 0;
    bool seen_point = false, leading = true;
    *ret = (struct digits){ 0 };
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        int64_t e;
        if (c == '-') {
            ret->negative = true;
        } else if (c == '.') {
            seen_point = true;
        } else if (c == 'E') {
            if (number_parse_i64(s.data + i + 1, s.size - i - 1, &e))
                exponent = (int32_t)e;
            break;
        } else {
            leading &= c == '0';
            if (!leading)
                digits_add(ret, c);
            ret->point += leading ? (seen_point ? -1 : 0) : (seen_point ? 0 : 1);
        }
    }
    ret->point += exponent;
    if (ret->count == 0)
        ret->point = 0;
}

/* Keeps `keep` digits (which may be none or less), rounding half up. */
static void digits_round(struct digits *d, int32_t keep)
{
    if (keep >= d->count)
        return;
    bool up = keep >= 0 && d->text[keep] >= '5';
    d->count = MAX(keep, 0);
    for (int32_t i = d->count - 1; up && i >= 0; i--) {
        up = d->text[i] == '9';
        d->text[i] = up ? '0' : (char)(d->text[i] + 1);
    }
    if (up) {
        memmove(d->text + 1, d->text, (size_t)d->count);
        d->text[0] = '1';
        d->count++;
        d->point++;
    }
}

static char digit_at(const struct digits *d, int32_t i)
{
    return i >= 0 && i < d->count ? d->text[i] : '0';
}

/* --- putting it out ------------------------------------------------------------------------ */

static void put_times(struct buf *out, char c, size_t n)
{
    for (; n > 0; n--)
        buf_char(out, c);
}

/* Text with blanks up to the width. */
static void put_padded(struct printer *p, const struct format *f, struct str s)
{
    size_t units = string_utf16_count(s);
    size_t missing = f->width > units ? f->width - units : 0;
    put_times(p->out, ' ', f->left ? 0 : missing);
    buf_str(p->out, s);
    put_times(p->out, ' ', f->left ? missing : 0);
}

/* A number whose digits stand in `body`, with sign, zeros and grouping. */
static void put_number(struct printer *p, const struct format *f, bool negative, struct str body)
{
    struct buf text;
    buf_init(&text, STRING_BYTES_MAX);
    if (negative)
        buf_char(&text, f->paren ? '(' : '-');
    else if (f->plus || f->blank)
        buf_char(&text, f->plus ? '+' : ' ');
    size_t sign = text.size;
    size_t whole = str_find_byte(body, '.');
    if (whole == (size_t)-1)
        whole = body.size;
    if (f->comma)
        for (size_t i = 0; i < whole; i++) {
            if (i > 0 && (whole - i) % 3 == 0)
                buf_char(&text, ',');
            buf_char(&text, body.data[i]);
        }
    else
        buf_put(&text, body.data, whole);
    buf_put(&text, body.data + whole, body.size - whole);
    if (negative && f->paren)
        buf_char(&text, ')');
    if (f->zero && f->width > text.size && !text.failed) {
        buf_put(p->out, text.data, sign);
        put_times(p->out, '0', f->width - text.size);
        buf_put(p->out, text.data + sign, text.size - sign);
    } else {
        put_padded(p, f, buf_view(&text));
    }
    p->out->failed |= text.failed;
    buf_done(&text);
}

/* The value as plain or scientific text, in Java's form.  False: not a number. */
static bool number_text(const struct column *c, uint32_t row, char *to, size_t *ret_size)
{
    switch (c->type->id) {
    case TYPE_TINYINT:
        *ret_size = number_print_i64(COLUMN_AT(c, int8_t, row), to);
        return true;
    case TYPE_SMALLINT:
        *ret_size = number_print_i64(COLUMN_AT(c, int16_t, row), to);
        return true;
    case TYPE_INT:
        *ret_size = number_print_i64(COLUMN_AT(c, int32_t, row), to);
        return true;
    case TYPE_BIGINT:
        *ret_size = number_print_i64(COLUMN_AT(c, int64_t, row), to);
        return true;
    case TYPE_FLOAT:
        *ret_size = number_print_java_float(COLUMN_AT(c, float, row), to);
        return true;
    case TYPE_DOUBLE:
        *ret_size = number_print_java_double(COLUMN_AT(c, double, row), to);
        return true;
    case TYPE_DECIMAL:
        *ret_size =
            decimal_print(decimal_at(c, row, type_phys(c->type) == PHYS_I128), c->type->scale, to);
        return true;
    default:
        return false;
    }
}

static void put_fixed(struct buf *out, struct digits *d, int32_t precision)
{
    digits_round(d, d->point + precision);
    int32_t point = d->count > 0 || precision > 0 ? d->point : 0;
    if (point <= 0)
        buf_char(out, '0');
    for (int32_t i = 0; i < point; i++)
        buf_char(out, digit_at(d, i));
    if (precision > 0)
        buf_char(out, '.');
    for (int32_t i = 0; i < precision; i++)
        buf_char(out, digit_at(d, d->point + i));
}

static void put_scientific(struct buf *out, struct digits *d, int32_t precision, char letter)
{
    digits_round(d, precision + 1);
    int32_t exponent = d->count > 0 ? d->point - 1 : 0;
    buf_char(out, digit_at(d, 0));
    if (precision > 0)
        buf_char(out, '.');
    for (int32_t i = 1; i <= precision; i++)
        buf_char(out, digit_at(d, i));
    buf_printf(out, "%c%c%02d", letter, exponent < 0 ? '-' : '+',
               exponent < 0 ? -exponent : exponent);
}

static enum code put_floating(struct printer *p, const struct format *f, struct str text,
                              bool upper)
{
    struct buf body;
    struct digits d;
    int32_t precision = f->has_precision ? (int32_t)f->precision : 6;
    if (text.size > 0 && strchr("NI", text.data[text.data[0] == '-'])) {
        struct format plain = *f;
        bool negative = text.data[0] == '-';
        plain.zero = plain.comma = false;
        if (text.data[0] == 'N') {
            put_padded(p, f, text);
        } else {
            put_number(p, &plain, negative, str_make(text.data + negative, text.size - negative));
        }
        return OK;
    }
    buf_init(&body, STRING_BYTES_MAX);
    digits_of(text, &d);
    char letter = (char)(f->letter | 0x20);
    if (letter == 'g') {
        precision = precision == 0 ? 1 : precision;
        struct digits rounded = d;
        digits_round(&rounded, precision);
        bool fixed = rounded.count == 0 || (rounded.point > -4 && rounded.point <= precision);
        if (rounded.count == 0)
            put_fixed(&body, &d, precision - 1);
        else if (fixed)
            put_fixed(&body, &d, precision - rounded.point);
        else
            put_scientific(&body, &d, precision - 1, upper ? 'E' : 'e');
    } else if (letter == 'e') {
        put_scientific(&body, &d, precision, upper ? 'E' : 'e');
    } else {
        put_fixed(&body, &d, precision);
        if (f->alternate && precision == 0)
            buf_char(&body, '.');
    }
    put_number(p, f, d.negative, buf_view(&body));
    p->out->failed |= body.failed;
    buf_done(&body);
    return OK;
}

static uint32_t integer_bits(const struct type *type)
{
    switch (type->id) {
    case TYPE_TINYINT:
        return 8;
    case TYPE_SMALLINT:
        return 16;
    case TYPE_INT:
        return 32;
    case TYPE_BIGINT:
        return 64;
    default:
        return 0;
    }
}

static enum code put_integer(struct printer *p, const struct format *f, const struct type *type,
                             struct str text, bool upper)
{
    int64_t value = 0;
    char digits[NUMBER_I64_MAX];
    uint32_t bits = integer_bits(type);
    if (bits == 0 || !number_parse_i64(text.data, text.size, &value))
        return wrong(p, f, "needs an integer");
    if (f->has_precision)
        return wrong(p, f, "has a precision");
    if ((f->letter | 0x20) == 'd') {
        bool negative = text.data[0] == '-';
        put_number(p, f, negative, str_make(text.data + negative, text.size - negative));
        return OK;
    }
    uint64_t rest = bits == 64 ? (uint64_t)value : (uint64_t)value & ((UINT64_C(1) << bits) - 1);
    uint32_t shift = f->letter == 'o' ? 3 : 4;
    size_t at = sizeof digits;
    do {
        digits[--at] =
            (upper ? "0123456789ABCDEF" : "0123456789abcdef")[rest & ((1u << shift) - 1)];
        rest >>= shift;
    } while (rest > 0);
    struct format plain = *f;
    char body[NUMBER_I64_MAX + 2];
    size_t prefix = 0;
    if (f->alternate) {
        prefix = shift == 3 ? 1 : 2;
        memcpy(body, shift == 3 ? "0" : upper ? "0X" : "0x", prefix);
    }
    memcpy(body + prefix, digits + at, sizeof digits - at);
    plain.comma = plain.plus = plain.blank = plain.paren = false;
    put_number(p, &plain, false, str_make(body, prefix + sizeof digits - at));
    return OK;
}

/* The value as %s has it. */
static struct str string_of(const struct column *c, uint32_t row, char *to)
{
    size_t size;
    if (type_is_string(c->type))
        return view_str(COLUMN_AT(c, struct view, row));
    if (c->type->id == TYPE_BOOLEAN)
        return COLUMN_AT(c, uint8_t, row) ? STR("true") : STR("false");
    return number_text(c, row, to, &size) ? str_make(to, size) : STR("");
}

static enum code put_text(struct printer *p, const struct format *f, struct str s, bool upper)
{
    if (f->has_precision)
        s = utf8_substring(s, 0, f->precision);
    if (!upper) {
        put_padded(p, f, s);
        return OK;
    }
    struct buf text;
    buf_init(&text, STRING_BYTES_MAX);
    utf8_put_upper(&text, s);
    put_padded(p, f, buf_view(&text));
    p->out->failed |= text.failed;
    buf_done(&text);
    return OK;
}

static enum code put_value(struct printer *p, const struct format *f, uint32_t argument)
{
    const struct column *c = p->call->args[argument];
    char text[DECIMAL_TEXT_MAX + NUMBER_DOUBLE_MAX];
    bool is_null = !column_is_valid(c, p->row);
    bool upper = f->letter < 'a';
    size_t size = 0;
    switch (f->letter | 0x20) {
    case 's':
        return put_text(p, f, is_null ? STR("null") : string_of(c, p->row, text), upper);
    case 'b': {
        bool value = !is_null && (c->type->id != TYPE_BOOLEAN || COLUMN_AT(c, uint8_t, p->row));
        return put_text(p, f, value ? STR("true") : STR("false"), upper);
    }
    case 'd':
    case 'x':
    case 'o':
    case 'c':
    case 'e':
    case 'f':
    case 'g':
        break;
    default:
        return wrong(p, f, "is not known");
    }
    if (is_null)
        return put_text(p, f, STR("null"), upper);
    if (!number_text(c, p->row, text, &size))
        return wrong(p, f, "needs a number");
    struct str number = str_make(text, size);
    if (strchr("dxoDXO", f->letter))
        return f->letter == 'D' || f->letter == 'O' ? wrong(p, f, "is not known")
                                                    : put_integer(p, f, c->type, number, upper);
    if ((f->letter | 0x20) == 'c') {
        int64_t value = 0;
        char bytes[4];
        if (integer_bits(c->type) == 0 || !number_parse_i64(text, size, &value) || value < 0 ||
            value > 0x10FFFF)
            return wrong(p, f, "needs a code point");
        struct format plain = *f;
        plain.has_precision = false;
        return put_text(p, &plain, str_make(bytes, utf8_encode((uint32_t)value, bytes)), upper);
    }
    if (integer_bits(c->type) > 0 || f->letter == 'F')
        return wrong(p, f, f->letter == 'F' ? "is not known" : "needs a fractional number");
    return put_floating(p, f, number, upper);
}

/* --- the format ------------------------------------------------------------------------------ */

static bool read_number(struct str s, size_t *at, uint32_t *ret)
{
    uint32_t value = 0;
    size_t begin = *at;
    for (; *at < s.size && (uint8_t)(s.data[*at] - '0') < 10 && value < WIDTH_MAX; ++*at)
        value = value * 10 + (uint32_t)(s.data[*at] - '0');
    *ret = value;
    return *at > begin;
}

static bool read_flag(struct format *f, char c)
{
    bool *flag = c == '-'   ? &f->left
                 : c == '#' ? &f->alternate
                 : c == '+' ? &f->plus
                 : c == ' ' ? &f->blank
                 : c == '0' ? &f->zero
                 : c == ',' ? &f->comma
                 : c == '(' ? &f->paren
                 : c == '<' ? &f->previous
                            : NULL;
    if (!flag || *flag)
        return false;
    *flag = true;
    return true;
}

/* What stands behind the percent sign; *at is set behind it. */
static bool read_format(struct str s, size_t *at, struct format *f)
{
    *f = (struct format){ 0 };
    size_t begin = *at;
    if (read_number(s, at, &f->argument) && *at < s.size && s.data[*at] == '$') {
        ++*at;
    } else { /* it was flags and a width */
        f->argument = 0;
        *at = begin;
    }
    while (*at < s.size && read_flag(f, s.data[*at]))
        ++*at;
    f->has_width = read_number(s, at, &f->width);
    if (*at < s.size && s.data[*at] == '.') {
        ++*at;
        f->has_precision = read_number(s, at, &f->precision);
        if (!f->has_precision)
            return false;
    }
    if (*at >= s.size || f->width >= WIDTH_MAX || f->precision >= WIDTH_MAX)
        return false;
    f->letter = s.data[(*at)++];
    return (!f->left && !f->zero) || (f->has_width && !(f->left && f->zero));
}

static enum code print_row(struct printer *p, struct str s)
{
    for (size_t at = 0; at < s.size;) {
        struct format f;
        if (s.data[at] != '%') {
            buf_char(p->out, s.data[at++]);
            continue;
        }
        at++;
        if (!read_format(s, &at, &f))
            return error_set(p->err, E_DATA, "malformed format string of PRINTF: \"%.*s\"",
                             (int)MIN(s.size, 64), s.data);
        if (f.letter == 'n') {
            buf_char(p->out, '\n');
        } else if (f.letter == '%') {
            put_padded(p, &f, STR("%"));
        } else {
            uint32_t argument = f.previous ? p->last : f.argument ? f.argument : ++p->next;
            if (argument < 1 || argument >= p->call->arg_count)
                return wrong(p, &f, "has no argument");
            p->last = argument;
            TRY(put_value(p, &f, argument));
        }
    }
    return OK;
}

STRING_KERNEL(printf_kernel)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    enum code code = OK;
    struct buf buf;
    buf_init(&buf, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        struct printer p = { .call = call, .row = i, .out = &buf, .err = err };
        if (arg_is_null(call, 0, i)) {
            code = kernel_null(cx, out, i, err);
        } else {
            code = print_row(&p, arg_str(call, 0, i));
            if (code == OK)
                code = string_take(&room, &buf, &to[i], err);
        }
        if (code != OK)
            break;
    }
    buf_done(&buf);
    return code;
}

enum code printf_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, UINT32_MAX, err));
    TRY(call_coerce_string(call, 0, err));
    for (uint32_t i = 1; i < call->arg_count; i++) {
        const struct type *type = call->args[i]->type;
        if (!type_is_string(type) && !type_is_numeric(type) && type->id != TYPE_BOOLEAN)
            TRY(call_cast(call, i, &type_string, err));
    }
    return call_set(call, &type_string, printf_kernel, CALL_NULLS | CALL_FAILS);
}
