/* test_spec_parse.c -- test files as statements: what is read of each, and where it stands. */
#include "spec/spec_parse.h"
#include "support/check.h"

#include <stdio.h>

static struct arena *arena;

static const struct spec_script *parse(const char *text)
{
    struct spec_script *script = NULL;
    struct error err = { .code = OK };
    if (!CHECK_INT(spec_parse(arena, str_of(text), &script, &err), OK))
        printf("%s\n", err.message);
    return script;
}

/* The span of the refusal. */
static const char *refused_at(const char *text)
{
    static char place[128];
    struct spec_script *script;
    struct error err = { .code = OK };
    CHECK(spec_parse(arena, str_of(text), &script, &err) != OK && err.has_span);
    snprintf(place, sizeof place, "%.*s", (int)err.span.size, text + err.span.offset);
    return place;
}

static const char *text_at(const struct spec_script *script, struct span span)
{
    static char text[256];
    snprintf(text, sizeof text, "%.*s", (int)span.size, script->text.data + span.offset);
    return text;
}

static void cases(void)
{
    const struct spec_script *script = parse("SET 'a' = 'b'; TEST 'it''s'; RESTART; END OF INPUT\n;"
                                             "TEST 'two' ORDERED; -- x;\n RESTART");
    CHECK_INT(script->prelude_count, 1);
    CHECK_INT(script->case_count, 2);
    CHECK_SPAN(script->cases[0].name.data, script->cases[0].name.size, "it's");
    CHECK_INT(script->cases[0].count, 2);
    CHECK_STR(text_at(script, script->cases[0].statements[1].span), "END OF INPUT");
    CHECK(!script->cases[0].is_ordered);
    CHECK(script->cases[1].is_ordered);
    script = parse("RESTART; ; END OF INPUT;");
    CHECK_INT(script->prelude_count, 0);
    CHECK_INT(script->case_count, 1);
    CHECK_INT(script->cases[0].name.size, 0);
    CHECK_INT(parse("-- nothing")->case_count, 0);
}

static void rows(void)
{
    const struct spec_script *script =
        parse("FEED `a``b` (x, `y z`) PARTITION 3 CHANGES ('-D', F(1, (2)), 'a, b)'), "
              "('+U', ARRAY[1, 2], ANY), ('+I', ANY(1), MAP['a', (1)]);");
    const struct spec_statement *s = &script->cases[0].statements[0];
    CHECK_SPAN(s->table.text.data, s->table.text.size, "a`b");
    CHECK_INT(s->column_count, 2);
    CHECK_SPAN(s->columns[1].text.data, s->columns[1].text.size, "y z");
    CHECK_INT(s->partition, 3);
    CHECK_INT(s->line_count, 3);
    CHECK_INT(s->lines[0].change, CHANGE_DELETE);
    CHECK_INT(s->lines[0].count, 2);
    CHECK_STR(text_at(script, s->lines[0].cells[0].span), "F(1, (2))");
    CHECK_STR(text_at(script, s->lines[0].cells[1].span), "'a, b)'");
    CHECK_STR(text_at(script, s->lines[1].cells[0].span), "ARRAY[1, 2]");
    CHECK(s->lines[1].cells[1].is_any);
    CHECK_STR(text_at(script, s->lines[1].span), "('+U', ARRAY[1, 2], ANY)");
}

static void times(void)
{
    const struct spec_case *c = &parse("TICK 30 s; TICK 2min; TICK TO 'x'; MOCK d DELAY 5 ms;"
                                       "MOCK d FAIL 1 TIME;")
                                     ->cases[0];
    CHECK_INT(c->statements[0].us, 30000000);
    CHECK_INT(c->statements[1].us, 120000000);
    CHECK_INT(c->statements[2].text_count, 1);
    CHECK_INT(c->statements[3].us, 5000);
    CHECK_INT(c->statements[4].count, 1);
}

/* Words of the language may be names of tables. */
static void expectations(void)
{
    const struct spec_case *c =
        &parse("EXPECT result 2 (a) UNORDERED CHANGES WITHIN 0.5 ('+I', 1); EXPECT error ROWS (1);"
               "EXPECT ERROR 'x'; EXPECT SKIPPED 1 FROM late; EXPECT late NOTHING;")
             ->cases[0];
    CHECK_INT(c->statements[0].result, 2);
    CHECK_INT(c->statements[0].order, ORDER_UNORDERED);
    CHECK(c->statements[0].has_tolerance && c->statements[0].tolerance == 0.5);
    CHECK_INT(c->statements[1].want, WANT_ROWS);
    CHECK_INT(c->statements[2].want, WANT_ERROR);
    CHECK_INT(c->statements[3].want, WANT_SKIPPED);
    CHECK_SPAN(c->statements[3].table.text.data, c->statements[3].table.text.size, "late");
    CHECK_INT(c->statements[4].want, WANT_NOTHING);
}

static void refusals(void)
{
    CHECK_STR(refused_at("RESTART; FEED t VALUES (1, 2 +, 3);"), "");
    CHECK_STR(refused_at("FEED t VALUES (1, 12ab);"), "12ab");
    CHECK_STR(refused_at("TEST 'a'; TEST 'b'; TEST 'a';"), "'a'");
    CHECK_STR(refused_at("TICK 1 s; JOB 'x.sql';"), "JOB");
    CHECK_STR(refused_at("RESTART; EXPECT s\xFF ROWS (1);"), "\xFF");
}

int main(void)
{
    arena = arena_create();
    RUN(cases);
    RUN(rows);
    RUN(times);
    RUN(expectations);
    RUN(refusals);
    arena_destroy(arena);
    return check_failed != 0;
}
