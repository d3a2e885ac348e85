/* test_format_raw.c -- the whole message as one column. */
#include "test_local_support.h"

static const char *raw(const struct type *type, struct str message, const char *charset,
                       const char *endianness)
{
    static struct fixture f;
    static char text[256];
    fixture_begin(&f);
    fixture_column(&f, "m", type);
    if (charset)
        fixture_option(&f, "raw.charset", charset);
    if (endianness)
        fixture_option(&f, "raw.endianness", endianness);
    const char *got = decode_text(&f, "raw", &message, 1);
    snprintf(text, sizeof text, "%s", f.bad_count > 0 ? f.bad[0] : got);
    text[strcspn(text, "\n")] = '\0';
    fixture_end(&f);
    return text;
}

static void reading(void)
{
    CHECK_STR(raw(&type_string, STR("a b"), NULL, NULL), "a b");
    CHECK_STR(raw(&type_string, STR("a\xFF"), NULL, NULL), "a\xEF\xBF\xBD");
    CHECK_STR(raw(&type_string, STR("\xE9"), "ISO-8859-1", NULL), "\xC3\xA9");
    CHECK_STR(raw(&type_string, STR("\xE9"), "us-ascii", NULL), "\xEF\xBF\xBD");
    CHECK_STR(raw(&type_bytes, STR("\xFF\x00"), NULL, NULL), "x'ff00'");
    CHECK_STR(raw(&type_int, STR("\x00\x00\x01\x02"), NULL, NULL), "258");
    CHECK_STR(raw(&type_int, STR("\x02\x01\x00\x00"), NULL, "little-endian"), "258");
    CHECK_STR(raw(&type_bigint, STR("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE"), NULL, NULL), "-2");
    CHECK_STR(raw(&type_smallint, STR("\xFF\xFF"), NULL, NULL), "-1");
    CHECK_STR(raw(&type_double, STR("\x3F\xF8\x00\x00\x00\x00\x00\x00"), NULL, NULL), "1.5");
    CHECK_STR(raw(&type_boolean, STR("\x01"), NULL, NULL), "TRUE");
    CHECK_STR(raw(&type_int, STR("abc"), NULL, NULL),
              "column \"m\": message has 3 bytes, its type 4");
    CHECK_STR(raw(&type_string, (struct str){ NULL, 0 }, NULL, NULL), "NULL");
    CHECK_STR(raw(&type_string, STR("x"), "klingon", NULL),
              "refused: charset \"klingon\" is not known");
    CHECK_STR(raw(&type_string, STR("x"), "GBK//IGNORE", NULL),
              "refused: charset \"GBK//IGNORE\" is not known");
}

/* \u4e2d is D6 D0 in GBK, \u00e9 is E9 in windows-1252. */
static void other_charsets(void)
{
    CHECK_STR(raw(&type_string, STR("a\xD6\xD0z"), "GBK", NULL), "a\xE4\xB8\xADz");
    CHECK_STR(raw(&type_string, STR("a\xD6"), "GBK", NULL), "a\xEF\xBF\xBD");
    CHECK_STR(raw(&type_string, STR("\xFF\xD6\xD0"), "gbk", NULL), "\xEF\xBF\xBD\xE4\xB8\xAD");
    CHECK_STR(raw(&type_string, STR(""), "GBK", NULL), "");
    CHECK_STR(raw(&type_string, STR("\xE9\x80"), "windows-1252", NULL), "\xC3\xA9\xE2\x82\xAC");
    CHECK_STR(raw(&type_string, STR("\x4E\x2D\0a"), "UTF-16", NULL), "\xE4\xB8\xAD"
                                                                     "a");
    CHECK_STR(raw(&type_string, STR("\xFE\xFF\x4E\x2D"), "UTF-16", NULL), "\xE4\xB8\xAD");
    CHECK_STR(raw(&type_string,
                  STR("\xFF\xFE\x2D\x4E"
                      "a\0"),
                  "UTF-16", NULL),
              "\xE4\xB8\xAD"
              "a");
    CHECK_STR(raw(&type_string, STR("\x2D\x4E"), "UTF-16LE", NULL), "\xE4\xB8\xAD");
    CHECK_STR(raw(&type_bytes, STR("\xD6"), "GBK", NULL), "x'd6'");
}

static const char *written(const char *charset, const char *text)
{
    static char hex[256];
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "m", &type_string);
    fixture_option(&f, "raw.charset", charset);
    struct rows rows = rows_make(&f, 1);
    set_text(&rows, 0, 0, str_of(text));
    struct format_open open = { .schema = &f.schema, .options = &f.options, .prefix = "" };
    struct encoder *encoder;
    struct buf out;
    bool is_null;
    buf_init(&out, 1 << 20);
    CHECK_INT(format_find(STR("raw"))->open_encoder(&open, &encoder, &f.err), OK);
    CHECK_INT(encoder->kind->encode(encoder, rows.batch, 0, &out, &is_null, &f.err), OK);
    encoder->kind->close(encoder);
    hex[0] = '\0';
    for (size_t i = 0; i < out.size && i < 100; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)out.data[i]);
    buf_done(&out);
    fixture_end(&f);
    return hex;
}

static void writing_other_charsets(void)
{
    CHECK_STR(written("GBK", "a\xE4\xB8\xADz"), "61d6d07a");
    CHECK_STR(written("GBK", "a\xF0\x9F\x98\x80z"), "613f7a");
    CHECK_STR(written("UTF-16", "a\xE4\xB8\xAD"), "feff00614e2d");
    CHECK_STR(written("UTF-16", ""), "");
    CHECK_STR(written("UTF-16LE", "a"), "6100");
    CHECK_STR(written("windows-1252", "\xC3\xA9"), "e9");
}

static void refusing(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "a", &type_string);
    fixture_column(&f, "b", &type_string);
    CHECK_STR(decode_one(&f, "raw", "x"),
              "refused: format \"raw\" takes exactly one column, but the table has 2");
    fixture_end(&f);
    CHECK_STR(raw(&type_date, STR("x"), NULL, NULL),
              "refused: format \"raw\" cannot hold column \"m\" of type DATE");
}

static void writing(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_column(&f, "m", &type_int);
    struct rows rows = rows_make(&f, 2);
    set_number(&rows, 0, 0, 258);
    struct format_open open = { .schema = &f.schema, .options = &f.options, .prefix = "" };
    struct encoder *encoder;
    struct buf out;
    bool is_null = false;
    buf_init(&out, 64);
    CHECK_INT(format_find(STR("raw"))->open_encoder(&open, &encoder, &f.err), OK);
    CHECK_INT(encoder->kind->encode(encoder, rows.batch, 0, &out, &is_null, &f.err), OK);
    CHECK_INT(out.size, 4);
    CHECK_MEM(out.data, "\x00\x00\x01\x02", 4);
    CHECK_INT(encoder->kind->encode(encoder, rows.batch, 1, &out, &is_null, &f.err), OK);
    CHECK(is_null);
    encoder->kind->close(encoder);
    buf_done(&out);
    fixture_end(&f);
}

int main(void)
{
    RUN(reading);
    RUN(other_charsets);
    RUN(writing_other_charsets);
    RUN(refusing);
    RUN(writing);
    return check_failed != 0;
}
