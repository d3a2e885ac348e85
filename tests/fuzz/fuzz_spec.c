/* fuzz_spec.c -- any text as a test file.
 *
 * An input is taken as it is, and as a list of changes to a sample with every statement: the
 * first byte picks where it begins, each further three bytes say where and what.  What is
 * refused has a reason and a place in the text, and spans of what is read lie in it. */
#include "base/arena.h"
#include "spec/spec_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char sample[] =
    "JOB 'a.sql'; PROFILE 'b.yaml'; SET 'k' = 'it''s';\n"
    "TABLE d (a, `b c`) VALUES (1, ARRAY[2, (3)]), (CAST(NULL AS MAP<INT, STRING>), X'0a');\n"
    "TEST 'one' ORDERED;\n"
    "FEED t PARTITION 2 CHANGES ('-D', 1, ROW(1, 'x')), ('+I', -1.5e3, ANY); -- comment\n"
    "FEED t RECORDS '{\"key\": 1}', 'x'; FEED t MESSAGES 'a', 'b'; FEED t FROM 'f.ndjson';\n"
    "MOCK d DELAY 2 s; MOCK d FAIL 3 TIMES; MOCK d AWAY; MOCK d BACK; TABLE d NOTHING;\n"
    "TICK 30s; TICK 1 min; TICK TO '2020-08-06T16:35:49Z'; RESTART; END OF INPUT;\n"
    "TEST 'two';\n"
    "EXPECT s CHANGES UNORDERED ('+U', 1, ANY); EXPECT result 2 (a) ROWS ORDERED WITHIN 0.1 (1);\n"
    "EXPECT s NOTHING; EXPECT SKIPPED 2 FROM t; EXPECT LATE 1 FROM t; EXPECT ERROR 'x' /* y */;\n";

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "does not hold: %s\n", what);
        abort();
    }
}

static void check_span(struct span span, size_t size)
{
    require((size_t)span.offset + span.size <= size, "a span is in the text");
}

static void check_statements(const struct spec_statement *s, uint32_t n, size_t size)
{
    for (uint32_t i = 0; i < n; i++) {
        check_span(s[i].span, size);
        check_span(s[i].table.span, size);
        for (uint32_t k = 0; k < s[i].line_count; k++)
            for (uint32_t c = 0; c < s[i].lines[k].count; c++)
                check_span(s[i].lines[k].cells[c].span, size);
    }
}

static void parse(const char *text, size_t size)
{
    struct arena *arena = arena_create();
    struct spec_script *script = NULL;
    struct error err = { .code = OK };
    require(arena != NULL, "memory");
    enum code code = spec_parse(arena, str_make(text, size), &script, &err);
    if (code != OK) {
        require(err.code == code && err.message[0] != '\0', "a refusal has a reason");
        require(err.has_span, "a refusal has a place");
        check_span(err.span, size);
    } else {
        check_statements(script->prelude, script->prelude_count, size);
        for (uint32_t i = 0; i < script->case_count; i++)
            check_statements(script->cases[i].statements, script->cases[i].count, size);
    }
    arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[sizeof sample];
    if (size == 0 || size > 1 << 20)
        return 0;
    parse((const char *)data, size);
    size_t length = sizeof sample - 1, from = data[0] * 3 % length;
    memcpy(text, sample, length);
    for (size_t i = 1; i + 3 <= size && i < 64; i += 3) {
        size_t at = (data[i] | (size_t)data[i + 1] << 8) % length;
        text[at] = (char)data[i + 2];
    }
    parse(text + from, length - from);
    return 0;
}
