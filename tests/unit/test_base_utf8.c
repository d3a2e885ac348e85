/* test_base_utf8.c -- malformed text as Java's decoder sees it, counting, widths, case. */
#include "base/arena.h"
#include "base/utf8.h"
#include "support/check.h"

#include <stdio.h>

static struct buf out;

static void check_repaired(const char *bytes, const char *want)
{
    struct arena *arena = arena_create();
    if (!CHECK(arena != NULL))
        return;
    buf_clear(&out);
    utf8_put_repaired(&out, str_of(bytes));
    CHECK_SPAN(out.data, out.size, want);
    struct str copy = utf8_repair(arena, str_of(bytes));
    CHECK_SPAN(copy.data, copy.size, want);
    CHECK_INT(utf8_valid(bytes, strlen(bytes)), strcmp(bytes, want) == 0);
    arena_destroy(arena);
}

#define R "\xEF\xBF\xBD"

/* Each of these was given to new String(bytes, UTF_8). */
static void malformed_text(void)
{
    check_repaired("plain", "plain");
    check_repaired("a\xE4\xB8\xAD\xF0\x9F\x98\x80z", "a\xE4\xB8\xAD\xF0\x9F\x98\x80z");
    check_repaired("\x80", R);
    check_repaired("\xFF\xFE", R R);
    check_repaired("\xC0\xAF", R R);
    check_repaired("\xC1\x81", R R);
    check_repaired("\xC2", R);
    check_repaired("\xC2"
                   "A",
                   R "A");
    check_repaired("\xE4\xB8", R);
    check_repaired("\xE4\xB8"
                   "A",
                   R "A");
    check_repaired("\xE0\x80\x80", R R R);
    check_repaired("\xE0\x9F\xBF", R R R);
    check_repaired("\xED\xA0\x80", R);
    check_repaired("\xED\xA0", R);
    check_repaired("\xED\xA0"
                   "A",
                   R "A");
    check_repaired("\xED\xA0\xBD\xED\xB8\x80", R R);
    check_repaired("\xF0\x9F\x98", R);
    check_repaired("\xF0\x9F"
                   "A",
                   R "A");
    check_repaired("\xF0\x80\x80\x80", R R R R);
    check_repaired("\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF");
    check_repaired("\xF4\x90\x80\x80", R R R R);
    check_repaired("\xF5\x80\x80\x80", R R R R);
    check_repaired("x\xE4\xB8\xAD\xE4y", "x\xE4\xB8\xAD" R "y");
    check_repaired("12345678\x80"
                   "12345678",
                   "12345678" R "12345678");
}

static void every_code_point(void)
{
    for (uint32_t c = 0; c <= 0x110000; c++) {
        char text[4];
        uint32_t back;
        size_t n = utf8_encode(c, text);
        bool is_character = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        if (utf8_decode(text, n, &back) != n || back != (is_character ? c : UTF8_REPLACEMENT) ||
            !utf8_valid(text, n))
            CHECK_INT(back, c);
    }
}

static void empty_text(void)
{
    struct str none = { NULL, 0 };
    CHECK(utf8_valid(NULL, 0));
    CHECK_INT(utf8_count(none), 0);
    CHECK_INT(utf8_width(none), 0);
    CHECK_INT(utf8_fitting(none, 5).size, 0);
    CHECK_INT(utf8_substring(none, 0, 5).size, 0);
    CHECK(utf8_repair(NULL, none).data != NULL);
    buf_clear(&out);
    utf8_put_upper(&out, none);
    utf8_put_lower(&out, none);
    utf8_put_repaired(&out, none);
    CHECK_INT(out.size, 0);
}

static void counting(void)
{
    struct str mixed = STR("a\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80z");
    CHECK_INT(utf8_count(mixed), 5);
    CHECK_INT(utf8_utf16_count(mixed), 6);
    CHECK_INT(utf8_width(mixed), 7);
    CHECK_INT(utf8_fitting(mixed, 0).size, 0);
    CHECK_INT(utf8_fitting(mixed, 3).size, 3); /* the third character takes two */
    CHECK_INT(utf8_fitting(mixed, 4).size, 6);
    CHECK_INT(utf8_fitting(mixed, 100).size, mixed.size);
    CHECK_INT(utf8_fitting(STR("e\xCC\x81x"), 1).size, 3); /* a mark goes with its letter */
    CHECK_INT(utf8_offset(mixed, 0), 0);
    CHECK_INT(utf8_offset(mixed, 3), 6);
    CHECK_INT(utf8_offset(mixed, 4), 10);
    CHECK_INT(utf8_offset(mixed, 99), mixed.size);
    struct str part = utf8_substring(mixed, 1, 2);
    CHECK_SPAN(part.data, part.size, "\xC3\xA9\xE4\xB8\xAD");
    CHECK_INT(utf8_substring(mixed, 5, 1).size, 0);
    CHECK_INT(utf8_substring(mixed, 1, SIZE_MAX).size, mixed.size - 1);
    CHECK_INT(utf8_count(STR("\xFF\xFE"
                             "abcdefgh")),
              10);
}

static void widths(void)
{
    static const struct {
        uint32_t code_point;
        uint32_t width;
    } cases[] = {
        { 'a', 1 },     { '\n', 0 },    { 0x7F, 0 },   { 0xE9, 1 },   { 0x301, 0 },
        { 0x200D, 0 },  { 0x4E2D, 2 },  { 0xAC00, 2 }, { 0xFF01, 2 }, { 0xFF71, 1 },
        { 0x1F600, 2 }, { 0x20000, 2 }, { 0x3042, 2 }, { 0x2500, 1 }, { 0x410, 1 },
        { 0x30A1, 2 },  { 0xFE0F, 0 },  { 0x1100, 2 }, { 0x3000, 2 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        if (!CHECK_INT(utf8_code_point_width(cases[i].code_point), cases[i].width))
            fprintf(stderr, "U+%04X\n", cases[i].code_point);
    }
}

static void check_case(const char *text, const char *upper, const char *lower)
{
    buf_clear(&out);
    utf8_put_upper(&out, str_of(text));
    CHECK_SPAN(out.data, out.size, upper);
    buf_clear(&out);
    utf8_put_lower(&out, str_of(text));
    CHECK_SPAN(out.data, out.size, lower);
}

static void letter_case(void)
{
    check_case("Hello, World 09[]{}@`", "HELLO, WORLD 09[]{}@`", "hello, world 09[]{}@`");
    check_case("Stra\xC3\x9F"
               "e",
               "STRASSE",
               "stra\xC3\x9F"
               "e");
    check_case("\xC3\xA9\xC3\x89", "\xC3\x89\xC3\x89", "\xC3\xA9\xC3\xA9");
    check_case("\xD0\x9F\xD1\x80", "\xD0\x9F\xD0\xA0", "\xD0\xBF\xD1\x80");
    check_case("\xC3\xBF", "\xC5\xB8", "\xC3\xBF");             /* two bytes to two others */
    check_case("\xEF\xAC\x81", "FI", "\xEF\xAC\x81");           /* ligature */
    check_case("\xC4\xB0", "\xC4\xB0", "i\xCC\x87");            /* dotted capital i */
    check_case("\xC7\x85", "\xC7\x84", "\xC7\x86");             /* title case */
    check_case("\xE4\xB8\xAD", "\xE4\xB8\xAD", "\xE4\xB8\xAD"); /* no case */
    check_case("\xF0\x90\x90\xA8", "\xF0\x90\x90\x80", "\xF0\x90\x90\xA8");
    check_case("a\x80z", "A" R "Z", "a" R "z");
    /* Sigma ends a word, is alone, or stands inside. */
    check_case("\xCE\x91\xCE\xA3", "\xCE\x91\xCE\xA3", "\xCE\xB1\xCF\x82");
    check_case("\xCE\xA3", "\xCE\xA3", "\xCF\x83");
    check_case("\xCE\x91\xCE\xA3\xCE\x91", "\xCE\x91\xCE\xA3\xCE\x91", "\xCE\xB1\xCF\x83\xCE\xB1");
    check_case("\xCE\x91\xCE\xA3.", "\xCE\x91\xCE\xA3.", "\xCE\xB1\xCF\x82.");
    CHECK_INT(utf8_upper('q'), 'Q');
    CHECK_INT(utf8_lower(0x416), 0x436);
    CHECK_INT(utf8_upper(0x10FFFF), 0x10FFFF);
}

int main(void)
{
    buf_init(&out, 1 << 20);
    RUN(malformed_text);
    RUN(every_code_point);
    RUN(empty_text);
    RUN(counting);
    RUN(widths);
    RUN(letter_case);
    buf_done(&out);
    return check_failed != 0;
}
