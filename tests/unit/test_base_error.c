/* test_base_error.c -- filling in struct error. */
#include "base/error.h"
#include "support/check.h"

#include <string.h>

static void filling_in(void)
{
    struct error err = { 0 };
    CHECK_INT(error_set(&err, E_NAME, "column \"%s\" does not exist", "uid"), E_NAME);
    CHECK_INT(err.code, E_NAME);
    CHECK_STR(err.message, "column \"uid\" does not exist");
    CHECK(!err.has_span);
    error_detail(&err, "The table has %d columns.", 3);
    error_hint(&err, "Perhaps you meant \"%s\".", "id");
    error_while(&err, "reading \"%s\"", "a");
    error_while(&err, "checking \"%s\"", "b");
    CHECK_STR(err.detail, "The table has 3 columns.");
    CHECK_STR(err.hint, "Perhaps you meant \"id\".");
    CHECK_STR(err.trail, "reading \"a\"\nchecking \"b\"");
    /* A new error takes everything of the old one away, and may quote it. */
    error_at(&err, E_TYPE, (struct span){ 4, 2 }, "nested: %s", err.message);
    CHECK_STR(err.message, "nested: column \"uid\" does not exist");
    CHECK_STR(err.detail, "");
    CHECK_STR(err.trail, "");
    CHECK(err.has_span && err.span.offset == 4 && err.span.size == 2);
    error_locate(&err, (struct span){ 9, 9 });
    CHECK_INT(err.span.offset, 4); /* the innermost position stays */
    CHECK_INT(error_nomem(&err), E_NOMEM);
    error_locate(&err, (struct span){ 9, 1 });
    CHECK_INT(err.span.offset, 9);
}

static void without_a_struct(void)
{
    CHECK_INT(error_set(NULL, E_IO, "x"), E_IO);
    CHECK_INT(error_at(NULL, E_IO, (struct span){ 0, 0 }, "x"), E_IO);
    CHECK_INT(error_nomem(NULL), E_NOMEM);
    error_detail(NULL, "x");
    error_hint(NULL, "x");
    error_while(NULL, "x");
    error_locate(NULL, (struct span){ 0, 0 });
}

static void long_texts_are_cut(void)
{
    struct error err = { 0 };
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    error_set(&err, E_DATA, "%s", text);
    CHECK_INT(strlen(err.message), sizeof err.message - 1);
    /* Not inside of a character: three bytes each, and 511 is no multiple of three. */
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xE4\xB8\xAD", 3);
    error_set(&err, E_DATA, "a%s", text);
    size_t n = strlen(err.message);
    CHECK(n >= sizeof err.message - 4);
    CHECK_INT((n - 1) % 3, 0);
    error_set(&err, E_DATA, "m");
    for (int i = 0; i < 100; i++)
        error_while(&err, "reading line %d of something", i);
    CHECK(strlen(err.trail) < sizeof err.trail);
    CHECK_MEM(err.trail, "reading line 0", 14);
}

static void codes_have_texts(void)
{
    CHECK_STR(error_code_text(OK), "no error");
    CHECK_STR(error_code_text(E_NOMEM), "out of memory");
    CHECK_STR(error_code_text(E_INTERNAL), "internal error");
    CHECK_STR(error_code_text((enum code) - 5000), "unknown error");
}

int main(void)
{
    RUN(filling_in);
    RUN(without_a_struct);
    RUN(long_texts_are_cut);
    RUN(codes_have_texts);
    return check_failed != 0;
}
