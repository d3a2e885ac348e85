/* json_number.c -- JSON's numbers as Java would print them after reading them. */
#include "json/json_dom.h"

#include "base/number.h"
#include "base/str.h"

#include <inttypes.h>
#include <string.h>

/* BigDecimal.toString() of the text, with or without stripTrailingZeros().  The value is
 * unscaled * 10^-scale; the digits of `unscaled` are those of the text without leading zeros. */
static void write_decimal(struct str text, bool strip, struct buf *out)
{
    const char *p = text.data;
    const char *end = p + text.size;
    bool is_negative = *p == '-';
    p += is_negative;
    const char *int_begin = p;
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    struct str whole = { int_begin, (size_t)(p - int_begin) };
    struct str fraction = { p, 0 };
    if (p < end && *p == '.') {
        fraction.data = ++p;
        while (p < end && *p >= '0' && *p <= '9')
            p++;
        fraction.size = (size_t)(p - fraction.data);
    }
    int64_t exponent = 0;
    if (p < end) {
        bool is_minus = p[1] == '-';
        for (p += 1 + (p[1] == '-' || p[1] == '+'); p < end; p++) {
            if (exponent < INT32_MAX)
                exponent = exponent * 10 + (*p - '0');
        }
        exponent = is_minus ? -exponent : exponent;
    }
    int64_t scale = (int64_t)fraction.size - exponent;

    struct buf digits;
    buf_init(&digits, text.size + 1);
    buf_str(&digits, whole);
    buf_str(&digits, fraction);
    size_t lead = 0;
    while (lead + 1 < digits.size && digits.data[lead] == '0')
        lead++;
    const char *d = digits.data + lead;
    size_t n = digits.failed ? 0 : digits.size - lead;
    if (n == 0) {
        out->failed = true;
        buf_done(&digits);
        return;
    }
    bool is_zero = n == 1 && d[0] == '0';
    if (strip && is_zero)
        scale = 0;
    while (strip && n > 1 && d[n - 1] == '0') {
        n--;
        scale--;
    }
    if (is_negative && !is_zero)
        buf_char(out, '-');
    int64_t adjusted = -scale + (int64_t)n - 1;
    if (scale >= 0 && adjusted >= -6) {
        int64_t before = (int64_t)n - scale; /* digits in front of the point */
        if (scale == 0) {
            buf_put(out, d, n);
        } else if (before > 0) {
            buf_put(out, d, (size_t)before);
            buf_char(out, '.');
            buf_put(out, d + before, n - (size_t)before);
        } else {
            buf_text(out, "0.");
            for (; before < 0; before++)
                buf_char(out, '0');
            buf_put(out, d, n);
        }
    } else {
        buf_char(out, d[0]);
        if (n > 1) {
            buf_char(out, '.');
            buf_put(out, d + 1, n - 1);
        }
        if (adjusted != 0) {
            buf_text(out, adjusted > 0 ? "E+" : "E");
            buf_i64(out, adjusted);
        }
    }
    buf_done(&digits);
}

void json_number_write(struct str digits, enum json_kind kind, enum json_fraction fraction,
                       bool quote_infinite, struct buf *out)
{
    if (kind == JSON_INTEGER) {
        if (digits.size == 2 && memcmp(digits.data, "-0", 2) == 0)
            buf_char(out, '0');
        else
            buf_str(out, digits);
        return;
    }
    if (fraction != JSON_FRACTION_DOUBLE) {
        write_decimal(digits, fraction == JSON_FRACTION_STRIPPED, out);
        return;
    }
    bool is_good;
    double value = number_parse_double(digits.data, digits.size, &is_good);
    char text[NUMBER_DOUBLE_MAX];
    size_t size = number_print_java_double(value, text);
    bool is_infinite = __builtin_isinf(value);
    if (is_infinite && quote_infinite)
        buf_char(out, '"');
    buf_put(out, text, size);
    if (is_infinite && quote_infinite)
        buf_char(out, '"');
}
