/* format_raw.c -- the whole message as the one column of the table.
 *
 * Texts are read and written in the charset of 'raw.charset', numbers have their
 * natural width in the byte order of 'raw.endianness', BOOLEAN is a byte.  A
 * message of the wrong length for a number is a bad row; no message is a NULL,
 * and a NULL is written as no message. */
#include "connector/format_list.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "types/column.h"

#include <errno.h>
#include <iconv.h>

enum charset { CHARSET_UTF8, CHARSET_LATIN1, CHARSET_ASCII, CHARSET_OTHER };
enum { CHARSET_NAME_MAX = 40 };

static const struct option_spec raw_options[] = {
    { "raw.charset", OPTION_TEXT, false, "UTF-8", NULL,
      "Encoding of text columns: UTF-8, ISO-8859-1, US-ASCII, UTF-16, GBK and what the system "
      "knows." },
    { "raw.endianness", OPTION_ENUM, false, "big-endian", "big-endian|little-endian",
      "Byte order of number columns." },
    { 0 },
};

struct raw {
    struct decoder decoder; /* one of the two is used */
    struct encoder encoder;
    const struct type *type;
    struct str name;
    struct bad_rows *bad_rows;
    enum charset charset;
    iconv_t converter; /* CHARSET_OTHER: to or from UTF-8, as the instance reads or writes */
    enum { NO_UTF16, UTF16_BIG, UTF16_LITTLE } utf16;
    bool writes_mark; /* UTF-16: big-endian with its mark, as Java does */
    bool little;
    bool is_needed;
};

static enum code unknown_charset(const struct format_open *open, struct str name, struct error *err)
{
    error_set(err, E_UNSUPPORTED, "charset \"" STR_FMT "\" is not known", STR_ARG(name));
    error_hint(err, "UTF-8, ISO-8859-1, US-ASCII, UTF-16 and GBK are some that are.");
    option_locate(err, format_option_pair(open, "raw.charset"));
    return E_UNSUPPORTED;
}

/* A name of letters, digits and -_:. alone: the system takes more behind slashes. */
static bool is_charset_name(struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_plain && !strchr("-_:.", c))
            return false;
    }
    return name.size > 0 && name.size < CHARSET_NAME_MAX;
}

static enum code open_charset(struct raw *raw, const struct format_open *open, bool reads,
                              struct error *err)
{
    struct str name = str_trim(format_option(open, raw_options, "raw.charset"));
    if (str_iis(name, "UTF-8") || str_iis(name, "UTF8"))
        raw->charset = CHARSET_UTF8;
    else if (str_iis(name, "ISO-8859-1") || str_iis(name, "LATIN1"))
        raw->charset = CHARSET_LATIN1;
    else if (str_iis(name, "US-ASCII") || str_iis(name, "ASCII"))
        raw->charset = CHARSET_ASCII;
    else {
        if (!is_charset_name(name))
            return unknown_charset(open, name, err);
        bool is_utf16 = str_iis(name, "UTF-16") || str_iis(name, "UTF16");
        raw->writes_mark = is_utf16;
        raw->utf16 = str_iis(name, "UTF-16LE")               ? UTF16_LITTLE
                     : is_utf16 || str_iis(name, "UTF-16BE") ? UTF16_BIG
                                                             : NO_UTF16;
        char text[CHARSET_NAME_MAX];
        memcpy(text, name.data, name.size);
        text[name.size] = '\0';
        const char *other = is_utf16 ? "UTF-16BE" : text;
        raw->converter = reads ? iconv_open("UTF-8", other) : iconv_open(other, "UTF-8");
        if (raw->converter == (iconv_t)-1)
            return unknown_charset(open, name, err);
        raw->charset = CHARSET_OTHER;
    }
    return OK;
}

static void raw_destroy(struct raw *raw)
{
    if (raw->charset == CHARSET_OTHER)
        iconv_close(raw->converter);
    mem_free(raw);
}

static bool is_rawable(const struct type *t)
{
    return type_is_string(t) || type_is_binary(t) || type_is_integer(t) || type_is_float(t) ||
           t->id == TYPE_BOOLEAN;
}

static enum code raw_create(const struct format_open *open, bool reads, struct raw **ret,
                            struct error *err)
{
    if (open->schema->count != 1) {
        error_set(err, E_PLAN, "format \"raw\" takes exactly one column, but the table has %u",
                  open->schema->count);
        format_locate_column(open, open->schema->count > 1 ? 1 : 0, err);
        return E_PLAN;
    }
    const struct field *field = &open->schema->fields[0];
    if (!is_rawable(field->type)) {
        struct buf text;
        buf_init(&text, 256);
        type_print(&text, field->type);
        error_set(err, E_TYPE, "format \"raw\" cannot hold column \"" STR_FMT "\" of type %s",
                  STR_ARG(field->name), buf_cstr(&text));
        buf_done(&text);
        format_locate_column(open, 0, err);
        return E_TYPE;
    }
    struct raw *raw = mem_zalloc(sizeof *raw);
    if (!raw)
        return error_nomem(err);
    enum code code = open_charset(raw, open, reads, err);
    if (code != OK) {
        raw_destroy(raw);
        return code;
    }
    raw->type = field->type;
    raw->name = field->name;
    raw->bad_rows = open->bad_rows;
    raw->little =
        str_iis(str_trim(format_option(open, raw_options, "raw.endianness")), "little-endian");
    raw->is_needed = format_is_needed(open, 0);
    *ret = raw;
    return OK;
}

/* Bytes >= 0x80 of Latin-1 become two bytes, of ASCII U+FFFD, three. */
static struct str decode_narrow(struct arena *arena, struct str span, enum charset charset)
{
    char *out = arena_alloc(arena, span.size * 3 + 1);
    if (!out)
        return (struct str){ NULL, 0 };
    size_t n = 0;
    for (size_t i = 0; i < span.size; i++) {
        unsigned char c = (unsigned char)span.data[i];
        uint32_t point = c < 0x80 || charset == CHARSET_LATIN1 ? c : (uint32_t)UTF8_REPLACEMENT;
        n += utf8_encode(point, out + n);
    }
    return str_make(out, n);
}

/* UTF-16 begins with a mark, or is big-endian. */
static struct str without_mark(const struct raw *raw, struct arena *arena, struct str span)
{
    if (!raw->writes_mark || span.size < 2)
        return span;
    unsigned first = (unsigned char)span.data[0], second = (unsigned char)span.data[1];
    bool is_big = first == 0xFE && second == 0xFF, is_little = first == 0xFF && second == 0xFE;
    if (is_big)
        return str_make(span.data + 2, span.size - 2);
    if (!is_little)
        return span;
    char *swapped = arena_alloc(arena, span.size);
    if (!swapped)
        return (struct str){ NULL, 0 };
    for (size_t i = 2; i < span.size; i++)
        swapped[(i - 2) ^ 1] = span.data[i];
    return str_make(swapped, (span.size - 2) & ~(size_t)1);
}

/* Bytes that become one U+FFFD: one, or of UTF-16 half a pair, with what follows half of one that
 * wants another, as Java takes them. */
static size_t wrong_bytes(const struct raw *raw, const char *from, size_t left)
{
    if (raw->utf16 == NO_UTF16 || left < 2)
        return 1;
    unsigned char high = (unsigned char)from[raw->utf16 == UTF16_LITTLE];
    return high >= 0xD8 && high < 0xDC && left >= 4 ? 4 : 2;
}

/* What is no text becomes U+FFFD. */
static struct str decode_other(const struct raw *raw, struct arena *arena, struct str span)
{
    span = without_mark(raw, arena, span);
    size_t room = span.size * 4 + 16;
    char *out = span.data ? arena_alloc(arena, room) : NULL;
    if (!out)
        return (struct str){ NULL, 0 };
    char *from = (char *)span.data, *to = out;
    size_t left = span.size;
    iconv(raw->converter, NULL, NULL, NULL, NULL);
    while (left > 0 && iconv(raw->converter, &from, &left, &to, &room) == (size_t)-1) {
        to += utf8_encode(UTF8_REPLACEMENT, to);
        room -= 3;
        if (errno == EINVAL) /* the text ends in the middle of a character */
            break;
        size_t wrong = wrong_bytes(raw, from, left);
        from += wrong;
        left -= wrong;
    }
    return str_make(out, (size_t)(to - out));
}

static enum code decode_text(const struct raw *raw, struct arena *arena, struct str span,
                             struct view *ret, struct error *err)
{
    if (span.size > UINT32_MAX / 4)
        return error_set(err, E_LIMIT, "message of %zu bytes is too long", span.size);
    if (type_is_string(raw->type) && raw->charset == CHARSET_OTHER)
        span = decode_other(raw, arena, span);
    else if (type_is_string(raw->type) && raw->charset != CHARSET_UTF8)
        span = decode_narrow(arena, span, raw->charset);
    else if (type_is_string(raw->type))
        span = utf8_repair(arena, span);
    if (!span.data)
        return error_nomem(err);
    *ret = view_of(span);
    return OK;
}

/* Up to 8 bytes of a number in the chosen order. */
static uint64_t read_number(const struct raw *raw, struct str span)
{
    uint64_t value = 0;
    for (size_t i = 0; i < span.size; i++) {
        size_t at = raw->little ? span.size - 1 - i : i;
        value = value << 8 | (unsigned char)span.data[at];
    }
    return value;
}

static void store_number(const struct raw *raw, struct column *column, uint32_t row, uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    switch (raw->type->id) {
    case TYPE_BOOLEAN:
        COLUMN_OUT(column, uint8_t)[row] = bits != 0;
        break;
    case TYPE_TINYINT:
        COLUMN_OUT(column, uint8_t)[row] = (uint8_t)bits;
        break;
    case TYPE_SMALLINT:
        COLUMN_OUT(column, uint16_t)[row] = (uint16_t)bits;
        break;
    case TYPE_INT:
    case TYPE_FLOAT:
        memcpy(COLUMN_OUT(column, uint32_t) + row, &low, sizeof low);
        break;
    default: /* BIGINT, DOUBLE */
        memcpy(COLUMN_OUT(column, uint64_t) + row, &bits, sizeof bits);
        break;
    }
}

static enum code report_width(const struct raw *raw, struct arena *arena, struct str span,
                              uint32_t record, size_t width, struct error *err)
{
    char *reason =
        arena_printf(arena, "column \"" STR_FMT "\": message has %zu bytes, its type %zu",
                     STR_ARG(raw->name), span.size, width);
    if (!reason)
        return error_nomem(err);
    struct bad_row bad = { .reason = str_of(reason), .raw = span, .offset = -1, .record = record };
    return bad_row_report(raw->bad_rows, &bad, err);
}

static enum code raw_decode(struct decoder *d, struct arena *arena, const struct str *spans,
                            uint32_t n, struct decoded *ret, struct error *err)
{
    const struct raw *raw = container_of(d, struct raw, decoder);
    struct column **columns = arena_array(arena, struct column *, 1);
    uint32_t *record = arena_array(arena, uint32_t, n);
    if (!columns || !record)
        return error_nomem(err);
    struct column *column = column_create(arena, raw->type, n);
    if (!column)
        return error_nomem(err);
    enum phys phys = type_phys(raw->type);
    size_t width = phys_bytes(phys);
    uint32_t rows = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!spans[i].data) {
            if (!column_need_valid(column, arena))
                return error_nomem(err);
            column_set_null(column, rows);
        } else if (phys == PHYS_VIEW) {
            TRY(decode_text(raw, arena, spans[i], COLUMN_OUT(column, struct view) + rows, err));
        } else if (spans[i].size == width) {
            store_number(raw, column, rows, read_number(raw, spans[i]));
        } else {
            TRY(report_width(raw, arena, spans[i], i, width, err));
            continue;
        }
        record[rows++] = i;
    }
    column->count = rows;
    columns[0] = raw->is_needed ? column : NULL;
    *ret = (struct decoded){ .rows = rows, .columns = columns, .record = rows < n ? record : NULL };
    return OK;
}

static void raw_close_decoder(struct decoder *d)
{
    if (d)
        raw_destroy(container_of(d, struct raw, decoder));
}

static const struct decoder_kind raw_decoder_kind = {
    .decode = raw_decode,
    .close = raw_close_decoder,
};

static enum code raw_open_decoder(const struct format_open *open, struct decoder **ret,
                                  struct error *err)
{
    struct raw *raw;
    TRY(raw_create(open, true, &raw, err));
    raw->decoder.kind = &raw_decoder_kind;
    *ret = &raw->decoder;
    return OK;
}

/* Characters that the charset has not are question marks. */
static void put_other(const struct raw *raw, struct str text, struct buf *out)
{
    char *from = (char *)text.data;
    size_t left = text.size;
    iconv(raw->converter, NULL, NULL, NULL, NULL);
    if (raw->writes_mark && text.size > 0)
        buf_put(out, "\xFE\xFF", 2);
    while (left > 0) {
        char piece[256], *to = piece;
        size_t room = sizeof piece;
        bool is_done = iconv(raw->converter, &from, &left, &to, &room) != (size_t)-1;
        int why = errno;
        buf_put(out, piece, sizeof piece - room);
        if (is_done || why == E2BIG)
            continue;
        uint32_t point;
        size_t used = utf8_decode(from, left, &point);
        from += used;
        left -= used;
        char *question = (char[]){ "?" };
        size_t one = 1;
        to = piece;
        room = sizeof piece;
        if (iconv(raw->converter, &question, &one, &to, &room) != (size_t)-1)
            buf_put(out, piece, sizeof piece - room);
    }
}

static void put_text(const struct raw *raw, struct str text, struct buf *out)
{
    if (raw->charset == CHARSET_OTHER && !type_is_binary(raw->type)) {
        put_other(raw, text, out);
        return;
    }
    if (raw->charset == CHARSET_UTF8 || type_is_binary(raw->type)) {
        buf_str(out, text);
        return;
    }
    uint32_t limit = raw->charset == CHARSET_LATIN1 ? 0x100 : 0x80;
    while (text.size > 0) {
        uint32_t point;
        size_t used = utf8_decode(text.data, text.size, &point);
        buf_char(out, point < limit ? (char)point : '?');
        text = str_make(text.data + used, text.size - used);
    }
}

static enum code raw_encode(struct encoder *e, const struct batch *batch, uint32_t row,
                            struct buf *out, bool *ret_null, struct error *err)
{
    (void)err;
    const struct raw *raw = container_of(e, struct raw, encoder);
    const struct column *column = batch->columns[0];
    *ret_null = !column_is_valid(column, row);
    if (*ret_null)
        return OK;
    enum phys phys = type_phys(raw->type);
    if (phys == PHYS_VIEW) {
        put_text(raw, view_str(COLUMN_AT(column, struct view, row)), out);
        return OK;
    }
    size_t width = phys_bytes(phys);
    unsigned char bytes[8];
    memcpy(bytes, (const char *)column->values + (size_t)(row & column->mask) * width, width);
    for (size_t i = 0; i < width; i++) /* values lie in memory little-endian */
        buf_char(out, (char)bytes[raw->little ? i : width - 1 - i]);
    return OK;
}

static void raw_close_encoder(struct encoder *e)
{
    if (e)
        raw_destroy(container_of(e, struct raw, encoder));
}

static const struct encoder_kind raw_encoder_kind = {
    .encode = raw_encode,
    .close = raw_close_encoder,
};

static enum code raw_open_encoder(const struct format_open *open, struct encoder **ret,
                                  struct error *err)
{
    struct raw *raw;
    TRY(raw_create(open, false, &raw, err));
    raw->encoder.kind = &raw_encoder_kind;
    *ret = &raw->encoder;
    return OK;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values lie little-endian");

const struct format format_raw = {
    .name = "raw",
    .summary = "the whole message as one column",
    .options = raw_options,
    .carries = CARRIES_INSERT,
    .framing = FRAME_LINES,
    .skips_blank_lines = false,
    .open_decoder = raw_open_decoder,
    .open_encoder = raw_open_encoder,
};
