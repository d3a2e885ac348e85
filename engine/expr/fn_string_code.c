/* fn_string_code.c -- text and bytes in other clothes: ASCII, CHR, HEX, UNHEX, base64, character
 * sets.
 *
 * What cannot be decoded (base64, an unknown character set) fails the job in Flink and is NULL in
 * Blink.  HEX digits are upper case.  FROM_BASE64 gives bytes in Blink, a string in Flink. */
#include "expr/fn_string.h"

#include "base/utf8.h"
#include "types/text.h"

static const char hex_upper[] = "0123456789ABCDEF";

/* state of kernels that may fail: NULL means fail, anything else NULL rows. */
static const char lenient[] = "blink";

static enum code set_lenient(struct call *call, const struct type *type, kernel_fn kernel)
{
    bool blink = call_is_blink(call);
    call->state = blink ? lenient : NULL;
    call->state_hash = blink;
    return call_set(call, type, kernel, blink ? 0 : CALL_FAILS);
}

/* --- ASCII, CHR ------------------------------------------------------------------- */

/* The first byte, signed, as Flink's TINYINT has it. */
STRING_KERNEL(ascii)
{
    int8_t *to = COLUMN_OUT(out, int8_t);
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        to[i] = s.size > 0 ? (int8_t)s.data[0] : 0;
    }
    return OK;
}

enum code ascii_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_string(call, 0, err));
    return call_set(call, &type_tinyint, ascii, 0);
}

/* The character of Latin-1 with the number's low eight bits; negative: an empty text. */
STRING_KERNEL(chr)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        int64_t n = arg_i64(call, 0, i);
        char *at = string_room(&room, 4);
        if (!at)
            return error_nomem(err);
        to[i] = text_room_take(&room, n < 0 ? 0 : utf8_encode((uint32_t)(n & 0xFF), at));
    }
    return OK;
}

enum code chr_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_i64(call, 0, err));
    return call_set(call, &type_string, chr, 0);
}

/* --- HEX, UNHEX -------------------------------------------------------------------- */

STRING_KERNEL(hex_number)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        uint64_t n = (uint64_t)arg_i64(call, 0, i);
        size_t size = n ? (size_t)(67 - __builtin_clzll(n)) / 4 : 1;
        char *at = string_room(&room, size);
        if (!at)
            return error_nomem(err);
        for (size_t k = size; k-- > 0; n >>= 4)
            at[k] = hex_upper[n & 15];
        to[i] = text_room_take(&room, size);
    }
    return OK;
}

STRING_KERNEL(hex_text)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        if (s.size > STRING_BYTES_MAX / 2)
            return string_too_long(s.size * 2, err);
        char *at = string_room(&room, s.size * 2);
        if (!at)
            return error_nomem(err);
        for (size_t k = 0; k < s.size; k++) {
            at[2 * k] = hex_upper[(uint8_t)s.data[k] >> 4];
            at[2 * k + 1] = hex_upper[(uint8_t)s.data[k] & 15];
        }
        to[i] = text_room_take(&room, s.size * 2);
    }
    return OK;
}

enum code hex_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    const struct type *type = call->args[0]->type;
    if (type_is_integer(type)) {
        TRY(call_coerce_i64(call, 0, err));
        return call_set(call, &type_string, hex_number, 0);
    }
    if (!type_is_binary(type))
        TRY(call_coerce_string(call, 0, err));
    return call_set(call, &type_string, hex_text, 0);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Of an odd number of digits the first is checked and gives a zero byte, as in Flink. */
STRING_KERNEL(unhex)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        size_t odd = s.size & 1, size = (s.size + 1) / 2;
        bool is_good = !odd || hex_digit(s.data[0]) >= 0;
        char *at = string_room(&room, size);
        if (!at)
            return error_nomem(err);
        at[0] = 0;
        for (size_t k = odd; k < s.size && is_good; k += 2) {
            int high = hex_digit(s.data[k]), low = hex_digit(s.data[k + 1]);
            is_good = high >= 0 && low >= 0;
            if (is_good)
                at[(k + odd) / 2] = (char)(high << 4 | low);
        }
        if (is_good)
            to[i] = text_room_take(&room, size);
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

enum code unhex_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_string(call, 0, err));
    return call_set(call, &type_bytes, unhex, 0);
}

/* --- base64 ------------------------------------------------------------------------- */

static enum code base64(struct eval *cx, const struct kernel_call *call, const struct rows *rows,
                        struct column *out, bool decode, struct error *err)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    enum code code = OK;
    struct buf buf;
    buf_init(&buf, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        bool is_good = true;
        if (decode)
            is_good = text_put_base64_decoded(&buf, s);
        else
            text_put_base64(&buf, s);
        if (is_good || buf.failed) {
            code = string_take(&room, &buf, &to[i], err);
        } else if (call->state) {
            buf_clear(&buf);
            code = kernel_null(cx, out, i, err);
        } else {
            code =
                error_set(err, E_DATA, "text \"%.*s\" is not base64", (int)MIN(s.size, 64), s.data);
        }
        if (code != OK)
            break;
    }
    buf_done(&buf);
    return code;
}

STRING_KERNEL(from_base64)
{
    return base64(cx, call, rows, out, true, err);
}

STRING_KERNEL(to_base64)
{
    return base64(cx, call, rows, out, false, err);
}

enum code from_base64_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    if (!type_is_binary(call->args[0]->type))
        TRY(call_coerce_string(call, 0, err));
    return set_lenient(call, call_is_blink(call) ? &type_bytes : &type_string, from_base64);
}

enum code to_base64_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    if (!type_is_binary(call->args[0]->type))
        TRY(call_coerce_string(call, 0, err));
    return call_set(call, &type_string, to_base64, 0);
}

/* --- character sets -------------------------------------------------------------------- */

enum charset { CHARSET_NONE, ASCII7, LATIN1, UTF_8, UTF_16BE, UTF_16LE, UTF_16 };

static enum charset charset_find(struct str name)
{
    static const struct {
        const char *name;
        enum charset charset;
    } names[] = {
        { "US-ASCII", ASCII7 },  { "ASCII", ASCII7 },      { "ISO-8859-1", LATIN1 },
        { "ISO8859_1", LATIN1 }, { "LATIN1", LATIN1 },     { "UTF-8", UTF_8 },
        { "UTF8", UTF_8 },       { "UTF-16BE", UTF_16BE }, { "UTF-16LE", UTF_16LE },
        { "UTF-16", UTF_16 },
    };
    for (size_t i = 0; i < countof(names); i++)
        if (str_iis(name, names[i].name))
            return names[i].charset;
    return CHARSET_NONE;
}

static void put_unit(struct buf *buf, uint32_t unit, bool little)
{
    char bytes[2] = { (char)(unit >> 8), (char)unit };
    if (little)
        memcpy(bytes, (char[]){ (char)unit, (char)(unit >> 8) }, 2);
    buf_put(buf, bytes, 2);
}

static void encode(struct buf *buf, struct str s, enum charset charset)
{
    if (charset == UTF_8) {
        buf_str(buf, s);
        return;
    }
    if (charset == UTF_16)
        put_unit(buf, 0xFEFF, false);
    bool little = charset == UTF_16LE;
    for (size_t at = 0; at < s.size;) {
        uint32_t c;
        at += utf8_decode(s.data + at, s.size - at, &c);
        if (charset == ASCII7 || charset == LATIN1) {
            buf_char(buf, c < (charset == ASCII7 ? 128u : 256u) ? (char)c : '?');
        } else if (c < 0x10000) {
            put_unit(buf, c, little);
        } else {
            put_unit(buf, 0xD800 + ((c - 0x10000) >> 10), little);
            put_unit(buf, 0xDC00 + ((c - 0x10000) & 0x3FF), little);
        }
    }
}

static void put_code_point(struct buf *buf, uint32_t c)
{
    char bytes[4];
    buf_put(buf, bytes, utf8_encode(c, bytes));
}

static void decode_utf16(struct buf *buf, struct str s, bool little)
{
    uint32_t high = 0; /* a surrogate that waits for its partner */
    for (size_t at = 0; at + 1 < s.size; at += 2) {
        uint32_t a = (uint8_t)s.data[at], b = (uint8_t)s.data[at + 1];
        uint32_t unit = little ? b << 8 | a : a << 8 | b;
        if (high && unit >= 0xDC00 && unit < 0xE000) {
            put_code_point(buf, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
            high = 0;
            continue;
        }
        if (high)
            put_code_point(buf, UTF8_REPLACEMENT);
        high = unit >= 0xD800 && unit < 0xDC00 ? unit : 0;
        if (!high)
            put_code_point(buf, unit); /* a lone low one is written as U+FFFD */
    }
    if (high || s.size % 2 == 1)
        put_code_point(buf, UTF8_REPLACEMENT);
}

static void decode(struct buf *buf, struct str s, enum charset charset)
{
    if (charset == UTF_8) {
        utf8_put_repaired(buf, s);
    } else if (charset == ASCII7 || charset == LATIN1) {
        for (size_t i = 0; i < s.size; i++) {
            uint8_t c = (uint8_t)s.data[i];
            put_code_point(buf, c < 128 || charset == LATIN1 ? c : UTF8_REPLACEMENT);
        }
    } else {
        bool little = charset == UTF_16LE;
        if (charset == UTF_16 && s.size >= 2 &&
            (memcmp(s.data, "\xFE\xFF", 2) == 0 || memcmp(s.data, "\xFF\xFE", 2) == 0)) {
            little = s.data[0] == '\xFF';
            s = str_make(s.data + 2, s.size - 2);
        }
        decode_utf16(buf, s, little);
    }
}

static enum code recode(struct eval *cx, const struct kernel_call *call, const struct rows *rows,
                        struct column *out, bool to_bytes, struct error *err)
{
    struct text_room room = { .arena = cx->arena };
    struct view *to = COLUMN_OUT(out, struct view);
    enum code code = OK;
    struct buf buf;
    buf_init(&buf, STRING_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        struct str name = arg_str(call, 1, i);
        enum charset charset = charset_find(name);
        if (charset == CHARSET_NONE) {
            code = call->state ? kernel_null(cx, out, i, err)
                               : error_set(err, E_DATA, "unknown character set \"%.*s\"",
                                           (int)MIN(name.size, 64), name.data);
        } else {
            if (to_bytes)
                encode(&buf, arg_str(call, 0, i), charset);
            else
                decode(&buf, arg_str(call, 0, i), charset);
            code = string_take(&room, &buf, &to[i], err);
        }
        if (code != OK)
            break;
    }
    buf_done(&buf);
    return code;
}

STRING_KERNEL(encode_kernel)
{
    return recode(cx, call, rows, out, true, err);
}

STRING_KERNEL(decode_kernel)
{
    return recode(cx, call, rows, out, false, err);
}

/* A literal name is looked at now, so that a misspelt one does not wait for the first row. */
static enum code check_charset(const struct call *call, struct error *err)
{
    struct str name;
    if (call_is_blink(call) || !expr_literal_text(call->args[1], &name) ||
        charset_find(name) != CHARSET_NONE)
        return OK;
    error_at(err, E_DATA, call->args[1]->span, "unknown character set \"%.*s\"",
             (int)MIN(name.size, 64), name.data);
    error_hint(err, "Known ones are US-ASCII, ISO-8859-1, UTF-8, UTF-16BE, UTF-16LE, UTF-16.");
    return E_DATA;
}

enum code encode_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 2, err));
    TRY(string_coerce(call, 0, 1, err));
    TRY(check_charset(call, err));
    return set_lenient(call, &type_bytes, encode_kernel);
}

enum code decode_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 2, err));
    if (!type_is_binary(call->args[0]->type))
        TRY(call_coerce(call, 0, &type_bytes, err));
    TRY(call_coerce_string(call, 1, err));
    TRY(check_charset(call, err));
    return set_lenient(call, &type_string, decode_kernel);
}
