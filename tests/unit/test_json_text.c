/* test_json_text.c -- hits as SQL text, and JSON strings written. */
#include "base/arena.h"
#include "base/number.h"
#include "base/utf8.h"
#include "json/json_dom.h"
#include "json/json_extract.h"
#include "json/json_text.h"
#include "json/json_unescape.h"
#include "json/json_write.h"
#include "support/check.h"

#include <stdio.h>
#include <string.h>

/* The text of "$" in the document; NULL for SQL NULL. */
static void check_text(enum json_text_mode mode, const char *doc, size_t doc_size, const char *want)
{
    struct arena *arena = arena_create();
    struct json_paths *paths = NULL;
    struct json_extract *x = NULL;
    struct json_path path;
    struct json_hit hit;
    struct str text = { NULL, 0 };
    uint32_t slot;
    bool ok = false;
    CHECK_INT(json_path_parse_blink(arena, STR("$"), &path, NULL), OK);
    CHECK_INT(json_paths_create(JSON_BLINK, &paths, NULL), OK);
    CHECK_INT(json_paths_add(paths, &path, &slot, NULL), OK);
    CHECK_INT(json_extract_create(paths, &x, NULL), OK);
    CHECK_INT(json_extract_run(x, doc, doc_size, &hit, &ok, NULL), OK);
    CHECK_INT(json_text(&hit, mode, arena, &text, NULL), OK);
    bool is_right = CHECK(ok);
    if (!want || !text.data)
        is_right &= CHECK(!want && !text.data);
    else
        is_right &= CHECK_SPAN(text.data, text.size, want);
    if (!is_right)
        fprintf(stderr, "  mode %d, %s\n", mode, doc);
    json_extract_destroy(x);
    json_paths_destroy(paths);
    arena_destroy(arena);
}

struct text_case {
    const char *doc;
    const char *want;
};

static void check_texts(enum json_text_mode mode, const struct text_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_text(mode, cases[i].doc, strlen(cases[i].doc), cases[i].want);
}

static void test_blink(void)
{
    static const struct text_case cases[] = {
        { "null", NULL },
        { "true", "true" },
        { "false", "false" },
        { "0", "0" },
        { "-0", "0" },
        { "-17", "-17" },
        { "123456789012345678901234567890", "123456789012345678901234567890" },
        { "1.10", "1.1" },
        { "1e10", "1.0E10" },
        { "-0.0", "-0.0" },
        { "100.0", "100.0" },
        { "1e7", "1.0E7" },
        { "1234567.0", "1234567.0" },
        { "0.0001", "1.0E-4" },
        { "1e999", "Infinity" },
        { "-1e999", "-Infinity" },
        { "2e-324", "0.0" },
        { "\"\"", "" },
        { "\"plain\"", "plain" },
        { "\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"", "a\"b\\c/d\b\f\n\r\t" },
        { "\"\\u4e2d\\u0041\\u00e9\"", "\xE4\xB8\xAD"
                                       "A\xC3\xA9" },
        { "\"\\ud83d\\ude00\"", "\xF0\x9F\x98\x80" },
        { "\"\\ud83dx\"", "\xEF\xBF\xBDx" },
        { "\"\\ude00\\ud83d\"", "\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "\"\\ud83d\\ud83d\\ude00\"", "\xEF\xBF\xBD\xF0\x9F\x98\x80" },
        { "\"a\xFF"
          "b\xE4\xB8\"",
          "a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD" },
        { " { \"b\" : 1 , \"a\" : [ ] , \"c\":{ } } ", "{\"b\":1,\"a\":[],\"c\":{}}" },
        { "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}" },
        { "{\"a\":1,\"\\u0061\":{\"x\":1.50}}", "{\"a\":{\"x\":1.5}}" },
        { "[1.0,1e2,-0,1e400,null,true]", "[1.0,100.0,0,\"Infinity\",null,true]" },
        { "[\"\\u0041\\/\",\"\\u0001\x02\\b\\u001F\x7F\"]",
          "[\"A/\",\"\\u0001\\u0002\\b\\u001F\x7F\"]" },
        { "[\"\\ud800\"]", "[\"\xEF\xBF\xBD\"]" },
        { "{\"\xE4\xB8\":1}", "{\"\xEF\xBF\xBD\":1}" },
    };
    check_texts(JSON_TEXT_BLINK, cases, countof(cases));
    check_text(JSON_TEXT_BLINK, "[\"a\0b\"]", 7, "[\"a\\u0000b\"]");
}

static void test_flink(void)
{
    static const struct text_case value[] = {
        { "null", NULL },
        { "true", "true" },
        { "12", "12" },
        { "-0", "0" },
        { "1.10", "1.10" },
        { "1e10", "1E+10" },
        { "1E-7", "1E-7" },
        { "-0.0", "0.0" },
        { "0e-7", "0E-7" },
        { "-0e5", "0E+5" },
        { "123.4500e3", "123450.0" },
        { "0.0000001", "1E-7" },
        { "0.000001", "0.000001" },
        { "12345e-2", "123.45" },
        { "1.5e400", "1.5E+400" },
        { "100e0", "100" },
        { "0.5", "0.5" },
        { "12.34e-10", "1.234E-9" },
        { "\"x\\ny\"", "x\ny" },
        { "[1]", NULL },
        { "{}", NULL },
    };
    check_texts(JSON_TEXT_FLINK_VALUE, value, countof(value));

    static const struct text_case query[] = {
        { "1", NULL },
        { "\"x\"", NULL },
        { "null", NULL },
        { "[]", "[]" },
        { "{\"b\":1.10,\"a\":[{\"z\":1,\"y\":1e3}]}", "{\"a\":[{\"y\":1E+3,\"z\":1}],\"b\":1.10}" },
        /* UTF-16 order: a surrogate pair comes before U+FF01 */
        { "{\"\xEF\xBC\x81\":1,\"\xF0\x9F\x98\x80\":2,\"\xE4\xB8\xAD\":3}",
          "{\"\xE4\xB8\xAD\":3,\"\xF0\x9F\x98\x80\":2,\"\xEF\xBC\x81\":1}" },
    };
    check_texts(JSON_TEXT_FLINK_QUERY, query, countof(query));

    static const struct text_case format[] = {
        { "1.10", "1.1" },
        { "{\"b\": 1.10, \"a\": 2}", "{\"b\":1.1,\"a\":2}" },
        { "5", "5" },
    };
    check_texts(JSON_TEXT_FORMAT, format, countof(format));
    static const struct text_case stripped[] = {
        { "1.10", "1.1" },
        { "100.0", "1E+2" },
        { "0.000", "0" },
        { "[5.00]", "[5]" },
    };
    check_texts(JSON_TEXT_FORMAT_DECIMAL, stripped, countof(stripped));
}

static void test_i64(void)
{
    static const struct {
        const char *text;
        enum json_kind kind;
        bool ok;
        int64_t value;
    } cases[] = {
        { "0", JSON_INTEGER, true, 0 },
        { "-0", JSON_INTEGER, true, 0 },
        { "-123", JSON_INTEGER, true, -123 },
        { "999999999999999999", JSON_INTEGER, true, 999999999999999999 },
        { "9223372036854775807", JSON_INTEGER, true, INT64_MAX },
        { "-9223372036854775808", JSON_INTEGER, true, INT64_MIN },
        { "9223372036854775808", JSON_INTEGER, false, 0 },
        { "123456789012345678901234567890", JSON_INTEGER, false, 0 },
        { "1e3", JSON_NUMBER, true, 1000 },
        { "1.5", JSON_NUMBER, false, 0 },
        { "1e19", JSON_NUMBER, false, 0 },
        { "1e999", JSON_NUMBER, false, 0 },
        { "12", JSON_STRING, false, 0 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct json_hit hit = { cases[i].text, (uint32_t)strlen(cases[i].text),
                                (uint8_t)cases[i].kind, 0, 0 };
        int64_t value = 0;
        CHECK_INT(json_hit_i64(&hit, &value), cases[i].ok);
        CHECK_INT(value, cases[i].value);
    }
}

static void test_write(void)
{
    struct buf out;
    buf_init(&out, 100000);
    json_write_string(&out, STR("plain text of more than sixteen bytes, and \xE4\xB8\xAD"));
    CHECK_SPAN(out.data, out.size, "\"plain text of more than sixteen bytes, and \xE4\xB8\xAD\"");
    buf_clear(&out);
    json_write_string(&out, STR(""));
    CHECK_SPAN(out.data, out.size, "\"\"");
    buf_clear(&out);
    json_write_escaped(&out, STR("\"\\/\b\f\n\r\t\x01\x1F\x7F"));
    CHECK_SPAN(out.data, out.size, "\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001F\x7F");

    /* Each byte at each place of a few vectors: what is written reads back. */
    for (int c = 0; c < 256; c++) {
        for (size_t at = 0; at < 50; at++) {
            char text[50];
            char back[300];
            memset(text, 'x', sizeof(text));
            text[at] = (char)c;
            buf_clear(&out);
            json_write_escaped(&out, str_make(text, sizeof(text)));
            bool is_escaped;
            bool is_right = json_content_is_valid(out.data, out.size, true, &is_escaped);
            size_t n = json_unescape(out.data, out.size, back, NULL, NULL);
            is_right = is_right && n == sizeof(text) && memcmp(back, text, n) == 0 &&
                       is_escaped == (out.size != sizeof(text));
            if (!CHECK(is_right))
                return;
        }
    }
    buf_done(&out);

    buf_init(&out, 10);
    json_write_string(&out, STR("longer than the limit"));
    CHECK(out.failed);
    buf_done(&out);
}

/* Text that was compacted once does not change any more. */
static void test_compact_is_stable(void)
{
    static const char *const docs[] = {
        "{\"a\":[1,2.5,{\"b\":\"\\u4e2d\\n\"}],\"a\":{\"\\ud800\":1e-7}}",
        "[[],{},\"\",\"\\u0000\",1E400,-0.0]",
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < countof(docs); i++) {
        for (int mode = JSON_FRACTION_DOUBLE; mode <= JSON_FRACTION_STRIPPED; mode++) {
            struct buf once, twice;
            struct json_value *value = NULL;
            buf_init(&once, 10000);
            buf_init(&twice, 10000);
            CHECK_INT(json_dom_parse(arena, str_of(docs[i]), 0, &value, NULL), OK);
            CHECK_INT(json_dom_write(arena, value, (enum json_fraction)mode, true, &once, NULL),
                      OK);
            CHECK_INT(json_dom_parse(arena, buf_view(&once), 0, &value, NULL), OK);
            CHECK(value != NULL);
            CHECK_INT(json_dom_write(arena, value, (enum json_fraction)mode, true, &twice, NULL),
                      OK);
            CHECK_SPAN(twice.data, twice.size, buf_cstr(&once));
            buf_done(&once);
            buf_done(&twice);
        }
    }
    arena_destroy(arena);
}

/* Objects with many members, and names that repeat among them. */
static void test_many_members(void)
{
    struct arena *arena = arena_create();
    struct buf doc;
    struct json_value *value = NULL;
    buf_init(&doc, 1 << 20);
    buf_char(&doc, '{');
    for (int i = 0; i < 1000; i++)
        buf_printf(&doc, "%s\"k%d\":%d", i ? "," : "", i % 300, i);
    buf_char(&doc, '}');
    CHECK_INT(json_dom_parse(arena, buf_view(&doc), 0, &value, NULL), OK);
    if (CHECK(value != NULL)) {
        CHECK_INT(value->count, 300);
        for (uint32_t i = 0; i < value->count; i++) {
            int64_t number = -1;
            struct json_value *member = value->members[i].value;
            CHECK(number_parse_i64(member->raw.data, member->raw.size, &number));
            CHECK_INT(number, i < 100 ? 900 + i : 600 + i);
        }
    }
    buf_done(&doc);
    arena_destroy(arena);
}

int main(void)
{
    RUN(test_blink);
    RUN(test_flink);
    RUN(test_i64);
    RUN(test_write);
    RUN(test_compact_is_stable);
    RUN(test_many_members);
    return check_failed != 0;
}
