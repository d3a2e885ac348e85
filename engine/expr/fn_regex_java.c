/* fn_regex_java.c -- from java.util.regex to PCRE2.
 *
 * Most of the two languages is the same; what differs is rewritten:
 *   \uXXXX, \0nn, \N         code points as \x{..}; named characters are refused
 *   \p{Alpha}, \p{IsHan},    POSIX classes, scripts, categories and blocks by PCRE2's names;
 *   \p{javaLowerCase}        blocks that have no table here are refused
 *   [a-z&&[^aeiou]], [a[b]]  set algebra becomes lookaheads and alternatives
 *   (?d), (?u), (?U)         dropped, dropped, and (*UCP) for all of the pattern
 *   \1                       \g{1}, so that it is never taken for an octal number
 * and what only PCRE2 has -- (*VERBS), recursion, callouts, \K, \C -- is refused, as Java does.
 *
 * Differences that stay: case-insensitive matching is Unicode's (Java: ASCII without (?u));
 * lookbehinds have a fixed length per alternative; `.` and `$` take VT and FF for line ends too;
 * \p{IsX} of a script takes script extensions into account. */
#include "expr/fn_regex.h"

#include "base/utf8.h"
#include "expr/fn_regex_property.h"

struct translate {
    struct str pattern;
    size_t at;
    struct buf *out;
    bool comments; /* (?x) was seen */
    bool ucp;
    uint32_t depth;
    struct error *err;
};

enum { DEPTH_MAX = 200 };

static enum code wrong(struct translate *t, size_t at, const char *reason)
{
    return error_set(t->err, E_DATA, "invalid regular expression: %s at position %zu", reason,
                     at + 1);
}

/* The byte `ahead` of the next one, or 0 at the end. */
static char peek(const struct translate *t, size_t ahead)
{
    return t->at + ahead < t->pattern.size ? t->pattern.data[t->at + ahead] : '\0';
}

static bool at_end(const struct translate *t)
{
    return t->at >= t->pattern.size;
}

static bool is_letter(char c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}
static bool is_digit(char c)
{
    return (uint8_t)(c - '0') < 10;
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void put_code_point(struct buf *out, uint32_t c)
{
    if (c < 128 && (is_letter((char)c) || is_digit((char)c)))
        buf_char(out, (char)c);
    else
        buf_printf(out, "\\x{%X}", c);
}

/* --- characters written as escapes --------------------------------------------------- */

static bool read_hex(struct translate *t, size_t digits, uint32_t *ret)
{
    uint32_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = hex_digit(peek(t, i));
        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    t->at += digits;
    *ret = value;
    return true;
}

/* \uXXXX, with the partner of a surrogate. */
static enum code read_unicode(struct translate *t, size_t begin, uint32_t *ret)
{
    uint32_t low;
    if (!read_hex(t, 4, ret))
        return wrong(t, begin, "\\u needs four hexadecimal digits");
    if (*ret >= 0xD800 && *ret < 0xDC00 && peek(t, 0) == '\\' && peek(t, 1) == 'u') {
        size_t back = t->at;
        t->at += 2;
        if (read_hex(t, 4, &low) && low >= 0xDC00 && low < 0xE000)
            *ret = 0x10000 + ((*ret - 0xD800) << 10) + (low - 0xDC00);
        else
            t->at = back;
    }
    return OK;
}

static enum code read_x(struct translate *t, size_t begin, uint32_t *ret)
{
    if (peek(t, 0) != '{')
        return read_hex(t, 2, ret) ? OK : wrong(t, begin, "\\x needs two hexadecimal digits");
    uint32_t value = 0;
    t->at++;
    size_t first = t->at;
    for (int digit; (digit = hex_digit(peek(t, 0))) >= 0 && value <= 0x10FFFF; t->at++)
        value = value << 4 | (uint32_t)digit;
    if (t->at == first || peek(t, 0) != '}' || value > 0x10FFFF)
        return wrong(t, begin, "\\x{..} is no code point");
    t->at++;
    *ret = value;
    return OK;
}

static enum code read_octal(struct translate *t, size_t begin, uint32_t *ret)
{
    uint32_t value = 0, digits = 0;
    while (digits < 3 && peek(t, 0) >= '0' && peek(t, 0) <= '7' &&
           value * 8 + (uint32_t)(peek(t, 0) - '0') <= 0377) {
        value = value * 8 + (uint32_t)(peek(t, 0) - '0');
        t->at++;
        digits++;
    }
    *ret = value;
    return digits > 0 ? OK : wrong(t, begin, "\\0 needs an octal number");
}

/* Reads an escape that stands for one character; t->at is behind the backslash.  *ret_is false and
 * t->at unchanged: it is something else. */
static enum code read_char_escape(struct translate *t, uint32_t *ret, bool *ret_is)
{
    static const struct {
        char letter;
        uint8_t value;
    } plain[] = { { 't', '\t' }, { 'n', '\n' }, { 'r', '\r' },
                  { 'f', '\f' }, { 'a', 7 },    { 'e', 27 } };
    size_t begin = t->at - 1;
    char c = peek(t, 0);
    *ret_is = true;
    if (at_end(t))
        return wrong(t, begin, "nothing behind the backslash");
    for (size_t i = 0; i < countof(plain); i++) {
        if (c == plain[i].letter) {
            t->at++;
            *ret = plain[i].value;
            return OK;
        }
    }
    if (!is_letter(c) && !is_digit(c)) {
        t->at += utf8_decode(t->pattern.data + t->at, t->pattern.size - t->at, ret);
        return OK;
    }
    switch (c) {
    case 'u':
        t->at++;
        return read_unicode(t, begin, ret);
    case 'x':
        t->at++;
        return read_x(t, begin, ret);
    case '0':
        t->at++;
        return read_octal(t, begin, ret);
    case 'c':
        t->at += 2;
        if (t->at > t->pattern.size || (uint8_t)t->pattern.data[t->at - 1] >= 128)
            return wrong(t, begin, "\\c needs a character");
        *ret = (uint8_t)t->pattern.data[t->at - 1] ^ 64u;
        return OK;
    default:
        *ret_is = false;
        return OK;
    }
}

/* --- properties ---------------------------------------------------------------------- */

/* t->at is behind the p or P. */
static enum code read_property(struct translate *t, size_t begin, bool negated, struct buf *out)
{
    struct str name = str_make(t->pattern.data + t->at, 1);
    if (at_end(t))
        return wrong(t, begin, "\\p without a name");
    if (peek(t, 0) != '{') {
        if (!is_letter(peek(t, 0)))
            return wrong(t, begin, "\\p without a name");
        t->at++;
    } else {
        struct str rest = str_make(t->pattern.data + t->at + 1, t->pattern.size - t->at - 1);
        size_t size = str_find_byte(rest, '}');
        if (size == (size_t)-1 || size == 0)
            return wrong(t, begin, "\\p without a name");
        name = str_make(rest.data, size);
        for (size_t i = 0; i < size; i++)
            if (!is_letter(name.data[i]) && !is_digit(name.data[i]) &&
                !strchr("_- =&", name.data[i]))
                return wrong(t, begin, "unknown property");
        t->at += size + 2;
    }
    return put_property(name, negated, out) ? OK : wrong(t, begin, "unknown character block");
}

/* --- classes --------------------------------------------------------------------------- */

/* An operand of &&: simple items, and sub-classes that are expressions of their own. */
struct operand {
    struct buf simple; /* what stands between brackets */
    struct buf others; /* "|x|y" */
};

static void operand_init(struct operand *o)
{
    buf_init(&o->simple, 1 << 20);
    buf_init(&o->others, 1 << 20);
}

static void operand_done(struct operand *o)
{
    buf_done(&o->simple);
    buf_done(&o->others);
}

static void operand_put(const struct operand *o, struct buf *out)
{
    if (o->others.size == 0) {
        buf_char(out, '[');
        buf_str(out, buf_view(&o->simple));
        buf_char(out, ']');
        return;
    }
    struct str others = str_make(o->others.data + 1, o->others.size - 1);
    buf_text(out, "(?:");
    if (o->simple.size > 0) {
        buf_char(out, '[');
        buf_str(out, buf_view(&o->simple));
        buf_text(out, "]|");
    }
    buf_str(out, others);
    buf_char(out, ')');
}

static enum code read_class(struct translate *t, struct buf *out);

static void skip_comments(struct translate *t)
{
    while (t->comments && !at_end(t)) {
        char c = peek(t, 0);
        if (c == '#') {
            while (!at_end(t) && peek(t, 0) != '\n')
                t->at++;
        } else if (c == ' ' || (c >= 9 && c <= 13)) {
            t->at++;
        } else {
            break;
        }
    }
}

/* One character of a class as a code point.  *ret_is false: it was a class escape, and is in
 * `simple` already. */
static enum code read_class_char(struct translate *t, struct buf *simple, uint32_t *ret,
                                 bool *ret_is)
{
    size_t begin = t->at;
    *ret_is = true;
    if (peek(t, 0) != '\\') {
        t->at += utf8_decode(t->pattern.data + t->at, t->pattern.size - t->at, ret);
        return OK;
    }
    t->at++;
    TRY(read_char_escape(t, ret, ret_is));
    if (*ret_is)
        return OK;
    char c = peek(t, 0);
    if (c == 'p' || c == 'P') {
        t->at++;
        return read_property(t, begin, c == 'P', simple);
    }
    if (!strchr("dDsSwWhHvV", c))
        return wrong(t, begin, "this escape has no meaning inside of brackets");
    t->at++;
    buf_char(simple, '\\');
    buf_char(simple, c);
    return OK;
}

/* \Q...\E inside of brackets; t->at is at the backslash. */
static void read_class_quote(struct translate *t, struct buf *simple)
{
    t->at += 2;
    while (!at_end(t) && !(peek(t, 0) == '\\' && peek(t, 1) == 'E')) {
        uint32_t c;
        t->at += utf8_decode(t->pattern.data + t->at, t->pattern.size - t->at, &c);
        put_code_point(simple, c);
    }
    t->at += at_end(t) ? 0 : 2;
}

static enum code read_class_item(struct translate *t, struct buf *simple)
{
    size_t begin = t->at;
    uint32_t from, to;
    bool is_char;
    TRY(read_class_char(t, simple, &from, &is_char));
    if (!is_char)
        return OK;
    put_code_point(simple, from);
    if (peek(t, 0) != '-' || peek(t, 1) == ']' || peek(t, 1) == '[' || peek(t, 1) == '\0')
        return OK;
    t->at++;
    struct buf rest;
    buf_init(&rest, 256);
    enum code code = read_class_char(t, &rest, &to, &is_char);
    if (code == OK && !is_char)
        code = wrong(t, begin, "a range cannot end with a class");
    if (code == OK && to < from)
        code = wrong(t, begin, "a range ends before it begins");
    buf_done(&rest);
    TRY(code);
    buf_char(simple, '-');
    put_code_point(simple, to);
    return OK;
}

/* Items up to && or the closing bracket, neither of which is consumed. */
static enum code read_operand(struct translate *t, bool is_first, struct operand *o)
{
    for (bool some = !is_first;; some = true) {
        skip_comments(t);
        if (at_end(t))
            return wrong(t, t->pattern.size, "missing closing bracket");
        char c = peek(t, 0);
        if ((c == ']' && some) || (c == '&' && peek(t, 1) == '&'))
            return OK;
        if (c == '[') {
            buf_char(&o->others, '|');
            TRY(read_class(t, &o->others));
        } else if (c == '\\' && peek(t, 1) == 'Q') {
            read_class_quote(t, &o->simple);
        } else {
            TRY(read_class_item(t, &o->simple));
        }
    }
}

static enum code read_operands(struct translate *t, bool negated, size_t begin, struct buf *out)
{
    struct buf all;
    struct operand o;
    enum code code = OK;
    uint32_t count = 0;
    bool is_simple = false;
    buf_init(&all, 1 << 20);
    for (bool more = true; more && code == OK; count++) {
        operand_init(&o);
        code = read_operand(t, count == 0, &o);
        if (code == OK && o.simple.size + o.others.size == 0)
            code = wrong(t, begin, "empty class");
        more = code == OK && peek(t, 0) == '&';
        is_simple = count == 0 && !more && o.others.size == 0;
        if (code == OK && is_simple) {
            buf_text(out, negated ? "[^" : "[");
            buf_str(out, buf_view(&o.simple));
            buf_char(out, ']');
        } else if (code == OK) {
            buf_text(&all, more ? "(?=" : "");
            operand_put(&o, &all);
            buf_text(&all, more ? ")" : "");
        }
        t->at += more ? 2 : 1;
        if (o.simple.failed || o.others.failed)
            all.failed = true;
        operand_done(&o);
    }
    if (code == OK && !is_simple) {
        buf_text(out, negated ? "(?:(?!" : "(?:");
        buf_str(out, buf_view(&all));
        buf_text(out, negated ? ")(?s:.))" : ")");
    }
    if (all.failed)
        out->failed = true;
    buf_done(&all);
    return code;
}

/* t->at is at the opening bracket. */
static enum code read_class(struct translate *t, struct buf *out)
{
    size_t begin = t->at++;
    if (++t->depth > DEPTH_MAX)
        return wrong(t, begin, "too many brackets inside of each other");
    bool negated = peek(t, 0) == '^';
    t->at += negated;
    TRY(read_operands(t, negated, begin, out));
    t->depth--;
    return OK;
}

/* --- everything else ---------------------------------------------------------------------- */

static enum code read_escape(struct translate *t)
{
    size_t begin = t->at++;
    uint32_t code_point;
    bool is_char;
    char c = peek(t, 0);
    if (c == 'Q') {
        t->at++;
        while (!at_end(t) && !(peek(t, 0) == '\\' && peek(t, 1) == 'E')) {
            t->at += utf8_decode(t->pattern.data + t->at, t->pattern.size - t->at, &code_point);
            put_code_point(t->out, code_point);
        }
        t->at += at_end(t) ? 0 : 2;
        return OK;
    }
    TRY(read_char_escape(t, &code_point, &is_char));
    if (is_char) {
        put_code_point(t->out, code_point);
        return OK;
    }
    t->at++;
    if (c >= '1' && c <= '9') {
        buf_printf(t->out, "\\g{%c}", c);
        return OK;
    }
    if (c == 'p' || c == 'P') {
        buf_char(t->out, '[');
        TRY(read_property(t, begin, c == 'P', t->out));
        buf_char(t->out, ']');
        return OK;
    }
    if (c == 'k' && peek(t, 0) == '<') {
        buf_text(t->out, "\\k");
        return OK;
    }
    if (!strchr("dDsSwWbBAGzZhHvVRX", c) || (c == 'b' && peek(t, 0) == '{'))
        return wrong(t, begin, "unknown escape");
    buf_char(t->out, '\\');
    buf_char(t->out, c);
    return OK;
}

/* Flags behind "(?": letters, a minus, letters, then ':' or ')'. */
static enum code read_flags(struct translate *t, size_t begin)
{
    bool off = false, minus = false; /* the minus is put before the first flag that is kept */
    buf_text(t->out, "(?");
    for (;; t->at++) {
        char c = peek(t, 0);
        if (c == ':' || c == ')') {
            buf_char(t->out, c);
            t->at++;
            return OK;
        }
        if (off && !minus && c && strchr("imsx", c)) {
            minus = true;
            buf_char(t->out, '-');
        }
        if (c == 'i' || c == 'm' || c == 's') {
            buf_char(t->out, c);
        } else if (c == 'x') {
            t->comments |= !off;
            buf_text(t->out, "xx");
        } else if (c == '-' && !off) {
            off = true;
        } else if (c == 'U') {
            t->ucp |= !off;
        } else if (c != 'd' && c != 'u') {
            return wrong(t, begin, "unknown construct");
        }
    }
}

static enum code read_group(struct translate *t)
{
    size_t begin = t->at++;
    if (peek(t, 0) == '*')
        return wrong(t, t->at, "nothing to repeat before \"*\"");
    if (peek(t, 0) != '?') {
        buf_char(t->out, '(');
        return OK;
    }
    t->at++;
    char c = peek(t, 0), next = peek(t, 1);
    if (c == ':' || c == '=' || c == '!' || c == '>') {
        buf_text(t->out, "(?");
        buf_char(t->out, c);
        t->at++;
        return OK;
    }
    if (c != '<')
        return read_flags(t, begin);
    if (next != '=' && next != '!' && !is_letter(next))
        return wrong(t, begin, "a group's name must begin with a letter");
    buf_text(t->out, "(?<");
    buf_char(t->out, next);
    t->at += 2;
    if (is_letter(next)) {
        for (; is_letter(peek(t, 0)) || is_digit(peek(t, 0)); t->at++)
            buf_char(t->out, peek(t, 0));
        if (peek(t, 0) != '>')
            return wrong(t, begin, "a group's name may have letters and digits only");
        buf_char(t->out, '>');
        t->at++;
    }
    return OK;
}

/* "{n}", "{n,}", "{n,m}": anything else is an error in Java and text in PCRE2. */
static enum code read_repeat(struct translate *t)
{
    size_t n = 1;
    while (is_digit(peek(t, n)))
        n++;
    bool is_good = n > 1;
    if (peek(t, n) == ',')
        for (n++; is_digit(peek(t, n));)
            n++;
    if (!is_good || peek(t, n) != '}')
        return wrong(t, t->at, "illegal repetition");
    buf_put(t->out, t->pattern.data + t->at, n + 1);
    t->at += n + 1;
    return OK;
}

static enum code translate(struct translate *t)
{
    while (!at_end(t)) {
        char c = peek(t, 0);
        switch (c) {
        case '\\':
            TRY(read_escape(t));
            break;
        case '[':
            TRY(read_class(t, t->out));
            break;
        case '(':
            TRY(read_group(t));
            break;
        case '{':
            TRY(read_repeat(t));
            break;
        case '#':
            if (t->comments) {
                skip_comments(t);
                break;
            }
            buf_text(t->out, "\\#");
            t->at++;
            break;
        case '\0':
            buf_text(t->out, "\\x{0}");
            t->at++;
            break;
        default:
            buf_char(t->out, c);
            t->at++;
        }
    }
    return OK;
}

enum code regex_translate(struct str pattern, struct buf *out, bool *ret_ucp, struct error *err)
{
    struct translate t = { .pattern = pattern, .out = out, .err = err };
    TRY(translate(&t));
    TRY(buf_check(out, err));
    *ret_ucp = t.ucp;
    return OK;
}
