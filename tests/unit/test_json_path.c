/* test_json_path.c -- path text of both dialects, and what such paths find. */
#include "base/arena.h"
#include "json/json_dom.h"
#include "json/json_extract.h"
#include "json/json_set.h"
#include "json/json_text.h"
#include "support/check.h"

#include <stdio.h>
#include <string.h>

/* Steps as text: .key [1] [*] .* .. and so on; "never" for a path that finds nothing. */
static void print_path(const struct json_path *path, struct buf *out)
{
    if (path->is_never) {
        buf_text(out, "never");
        return;
    }
    for (uint32_t i = 0; i < path->count; i++) {
        const struct json_step *step = &path->steps[i];
        switch (step->kind) {
        case JSON_STEP_KEY:
            buf_printf(out, ".<" STR_FMT ">", STR_ARG(step->key));
            break;
        case JSON_STEP_INDEX:
            buf_printf(out, "[%d]%s", (int)step->from, step->is_chained ? "+" : "");
            break;
        case JSON_STEP_REPARSE:
            buf_text(out, "|");
            break;
        case JSON_STEP_ALL:
            buf_printf(out, "[*]%s", step->is_chained ? "+" : "");
            break;
        case JSON_STEP_ANY:
            buf_text(out, ".*");
            break;
        case JSON_STEP_DEEP:
            buf_text(out, "..");
            break;
        case JSON_STEP_KEYS:
            buf_text(out, ".{");
            for (uint32_t k = 0; k < step->count; k++)
                buf_printf(out, "<" STR_FMT ">", STR_ARG(step->keys[k]));
            buf_char(out, '}');
            break;
        case JSON_STEP_INDEXES:
            buf_char(out, '[');
            for (uint32_t k = 0; k < step->count; k++)
                buf_printf(out, "%s%d", k ? "," : "", (int)step->indexes[k]);
            buf_char(out, ']');
            break;
        case JSON_STEP_SLICE:
            buf_char(out, '[');
            if (step->has_from)
                buf_i64(out, step->from);
            buf_char(out, ':');
            if (step->has_to)
                buf_i64(out, step->to);
            buf_char(out, ']');
            break;
        case JSON_STEP_FILTER:
            buf_text(out, "[?]");
            break;
        case JSON_STEP_LENGTH:
            buf_text(out, ".length()");
            break;
        }
    }
    if (path->is_general)
        buf_text(out, " general");
    if (path->is_many)
        buf_text(out, " many");
    if (path->is_lax)
        buf_text(out, " lax");
}

static void check_path(const char *text, const char *want, bool is_blink)
{
    struct arena *arena = arena_create();
    struct json_path path;
    struct error err = { .code = OK };
    struct buf out;
    buf_init(&out, 10000);
    enum code code = is_blink ? json_path_parse_blink(arena, str_of(text), &path, &err)
                              : json_path_parse_flink(arena, str_of(text), &path, &err);
    if (code == OK)
        print_path(&path, &out);
    else if (code == E_UNSUPPORTED)
        buf_text(&out, "unsupported");
    else
        buf_text(&out, "error");
    if (!CHECK_STR(buf_cstr(&out), want))
        fprintf(stderr, "  for %s (%s)\n", text, code ? err.message : "");
    if (code != OK)
        CHECK(err.code == code && err.message[0] != '\0' && strchr(err.message, '\n') == NULL);
    buf_done(&out);
    arena_destroy(arena);
}

static void test_blink_paths(void)
{
    static const char *const cases[][2] = {
        { "$", "" },
        { "$.a", ".<a>" },
        { "$.a.b_c-d:e", ".<a>.<b_c-d:e>" },
        { "$.a b.c", ".<a b>.<c>" },
        { "$.data.msg.msg_data.page_index", ".<data>.<msg>.<msg_data>.<page_index>" },
        { "$[0]", "[0]" },
        { "$.[0].a", "[0].<a>" },
        { "$[0].a[2][10]", "[0].<a>[2][10]+" },
        { "$.a[*].b", ".<a>[*].<b> general" },
        { "$.a[*][1]", ".<a>[*][1]+ general" },
        { "", "never" },
        { "a", "never" },
        { "$a", "never" },
        { "$ .a", "never" },
        { "$.", "never" },
        { "$..a", "never" },
        { "$.a.", "never" },
        { "$.\xE4\xB8\xAD", "never" },
        { "$.$x", "never" },
        { "$.ab$c", ".<ab>" }, /* cut, as Blink's pattern does */
        { "$.ab@c.d", ".<ab>.<d>" },
        { "$.a['b']", ".<a>" },
        { "$['a']", "never" },
        { "$.a[99999999999]", "never" },
        { "$.a[b]", ".<a>" },
        { "$.a$\nb", "never" },
    };
    for (size_t i = 0; i < countof(cases); i++)
        check_path(cases[i][0], cases[i][1], true);
}

static void test_flink_paths(void)
{
    static const char *const cases[][2] = {
        { "$", "" },
        { "lax $", " lax" },
        { "  LAX   $.a", ".<a> lax" },
        { "strict $.a", ".<a>" },
        { "$.a.b", ".<a>.<b>" },
        { "$.\xE4\xB8\xAD.$x-y:z", ".<\xE4\xB8\xAD>.<$x-y:z>" },
        { "$['a b']", ".<a b>" },
        { "$[\"a\"]['b']", ".<a>.<b>" },
        { "$[ 'a' ].b", ".<a>.<b>" },
        { "$['a\\'b\\u4e2d\\\\']", ".<a'b\xE4\xB8\xAD\\>" },
        { "$.a[0]", ".<a>[0]" },
        { "$.a[ 7 ].b", ".<a>[7].<b>" },
        { "$.a[-1]", ".<a>[-1] general" },
        { "$.a[*]", ".<a>.* general many" },
        { "$.a.*", ".<a>.* general many" },
        { "$.*.b", ".*.<b> general many" },
        { "$..b", "...<b> general many" },
        { "$..['b']", "...<b> general many" },
        { "$..*", "...* general many" },
        { "$.a[0,2]", ".<a>[0,2] general many" },
        { "$.a[1:3]", ".<a>[1:3] general many" },
        { "$.a[-2:]", ".<a>[-2:] general many" },
        { "$.a[:2]", ".<a>[:2] general many" },
        { "$['a','b']", ".{<a><b>} general" },
        { "$['a','b'].c", ".{<a><b>}.<c> general many" },
        { "$.a[?(@.b > 1 && !(@.c == 'x'))].d", ".<a>[?].<d> general many" },
        { "$.a.length()", ".<a>.length() general" },
        { "a.b", ".<a>.<b>" }, /* Jayway puts "$." in front */
        { "lax", ".<lax>" },
        { "@.a", ".<a>" },
        { " $.a ", ".<a>" },
        { "$[0]x", "[0]" }, /* and forgets a last character here */
        { "", "error" },
        { "   ", "error" },
        { "$a", "error" },
        { "$.a.", "error" },
        { "$..", "error" },
        { "$...a", "error" },
        { "$.a b", "error" },
        { "$['a", "error" },
        { "$['a'b]", "error" },
        { "$['a',]", "error" },
        { "$[a]", "error" },
        { "$[1", "error" },
        { "$[1,]", "error" },
        { "$[:]", "error" },
        { "$[99999999999]", "error" },
        { "$[?(@.a ~ 1)]", "error" },
        { "$[?(@.a == )]", "error" },
        { "$[?@.a]", "error" },
        { "$.a.min()", "unsupported" },
        { "$..a.length()", "unsupported" },
        { "$[?(@.a =~ /x/)]", "unsupported" },
        { "$[?($.a == 1)]", "unsupported" },
    };
    for (size_t i = 0; i < countof(cases); i++)
        check_path(cases[i][0], cases[i][1], false);
}

/* JSON_QUERY's text of what a path finds, "-" if it finds nothing. */
static void check_finds(const char *text, const char *doc, const char *want)
{
    struct arena *arena = arena_create();
    struct json_paths *paths = NULL;
    struct json_extract *x = NULL;
    struct json_path path;
    struct json_hit hit;
    uint32_t slot;
    bool ok;
    struct error err = { .message = "" };
    struct str result = { NULL, 0 };
    enum code code = json_path_parse_flink(arena, str_of(text), &path, &err);
    if (code == OK)
        code = json_paths_create(JSON_FLINK, &paths, &err);
    if (code == OK)
        code = json_paths_add(paths, &path, &slot, &err);
    if (code == OK)
        code = json_extract_create(paths, &x, &err);
    if (code == OK)
        code = json_extract_run(x, doc, strlen(doc), &hit, &ok, &err);
    if (code == OK)
        code = json_text(&hit, JSON_TEXT_FORMAT, arena, &result, &err);
    bool is_right = CHECK_INT(code, OK) && CHECK(ok);
    if (is_right && hit.kind == JSON_MISSING)
        is_right = CHECK_STR("-", want);
    else if (is_right)
        is_right = CHECK_SPAN(result.data, result.size, want);
    if (!is_right)
        fprintf(stderr, "  %s in %s %s\n", text, doc, err.message);
    json_extract_destroy(x);
    json_paths_destroy(paths);
    arena_destroy(arena);
}

static void test_flink_finds(void)
{
    static const char doc[] =
        "{\"store\":{\"book\":[{\"t\":\"A\",\"p\":8.95,\"isbn\":\"x\"},{\"t\":\"B\",\"p\":12},"
        "{\"t\":\"C\",\"p\":\"9\",\"q\":null}],\"bike\":{\"p\":19.95}},\"e\":10,\"n\":null,\"a\":[]"
        "}";
    static const char *const cases[][2] = {
        { "$.store.book[0].t", "A" },
        { "$.store.book[-1].t", "C" },
        { "$.store.book[7].t", "-" },
        { "$.store.book.t", "-" }, /* no wandering into elements here */
        { "$.store.book[*].t", "[\"A\",\"B\",\"C\"]" },
        { "$.store.book[*].isbn", "[\"x\"]" },
        { "$.store.book[0,1].p", "[8.95,12]" },
        { "$.store.book[1:].t", "[\"B\",\"C\"]" },
        { "$.store.book[:-2].t", "[\"A\"]" },
        { "$.store.book[-2:].t", "[\"B\",\"C\"]" },
        { "$.store.book[0:2].t", "[\"A\",\"B\"]" },
        { "$.store.*.p", "[19.95]" },
        { "$..p", "[8.95,12,\"9\",19.95]" },
        { "$.store..p", "[8.95,12,\"9\",19.95]" },
        { "$.store.book[0]['t','p','zz']", "{\"t\":\"A\",\"p\":8.95}" },
        { "$.store.book[?(@.p < 10)].t", "[\"A\"]" },
        { "$.store.book[?(@.p >= 12 || @.isbn)].t", "[\"A\",\"B\"]" },
        { "$.store.book[?(@.p == 9)].t", "[\"C\"]" },
        { "$.store.book[?(@.q)].t", "[\"C\"]" },
        { "$.store.book[?(@.q == null)].t", "[\"C\"]" },
        { "$.store.book[?(!@.isbn)].t", "[\"B\",\"C\"]" },
        { "$.store.book[?(@.t in ['A','C'])].t", "[\"A\",\"C\"]" },
        { "$.store.book[?(@.t nin ['A','C'])].t", "[\"B\"]" },
        { "$.store.book[?(@.t != \"B\" && @['t'] > 'A')].t", "[\"C\"]" },
        { "$.store.book.length()", "3" },
        { "$.a", "[]" },
        { "$.a[*]", "[]" },
        { "$.a[5]", "-" },
        { "$.zz", "-" },
        { "strict $.zz[*]", "-" },
        { "lax $.zz[*]", "[]" },
        { "lax $.e[*].x", "[]" },
        { "$.store.book[9][*]", "[]" }, /* an index out of range is no failure */
        { "$.store.book[0].t[*]", "[]" },
    };
    for (size_t i = 0; i < countof(cases); i++)
        check_finds(cases[i][0], doc, cases[i][1]);
}

/* --- nested calls ----------------------------------------------------------- */

static void check_nested(const char *outer, enum json_reparse mode, const char *inner,
                         const char *doc, enum json_kind kind, const char *want)
{
    struct arena *arena = arena_create();
    struct json_paths *paths = NULL;
    struct json_extract *x = NULL;
    struct json_path a, b, path;
    struct json_hit hit;
    uint32_t slot;
    bool ok;
    CHECK_INT(json_path_parse_flink(arena, str_of(outer), &a, NULL), OK);
    CHECK_INT(json_path_parse_flink(arena, str_of(inner), &b, NULL), OK);
    CHECK_INT(json_path_nest(arena, &a, mode, &b, &path, NULL), OK);
    CHECK_INT(json_paths_create(JSON_FLINK, &paths, NULL), OK);
    CHECK_INT(json_paths_add(paths, &path, &slot, NULL), OK);
    CHECK_INT(json_extract_create(paths, &x, NULL), OK);
    CHECK_INT(json_extract_run(x, doc, strlen(doc), &hit, &ok, NULL), OK);
    if (!(CHECK_INT(hit.kind, kind) & CHECK_SPAN(hit.data, hit.size, want)))
        fprintf(stderr, "  %s, %s in %s\n", outer, inner, doc);
    json_extract_destroy(x);
    json_paths_destroy(paths);
    arena_destroy(arena);
}

static void test_flink_nested(void)
{
    const char *object = "{\"d\":{\"x\":1}}";
    const char *string = "{\"d\":\"{\\\"x\\\":1}\"}";
    check_nested("$.d", JSON_REPARSE_TEXT, "$.x", string, JSON_INTEGER, "1");
    check_nested("$.d", JSON_REPARSE_TEXT, "$.x", object, JSON_MISSING, "");
    check_nested("$.d", JSON_REPARSE_CONTAINER, "$.x", object, JSON_INTEGER, "1");
    check_nested("$.d", JSON_REPARSE_CONTAINER, "$.x", string, JSON_MISSING, "");
    check_nested("$.d", JSON_REPARSE_TEXT, "$", "{\"d\":true}", JSON_TRUE, "true");
    check_nested("$.d", JSON_REPARSE_CONTAINER, "$", "{\"d\":true}", JSON_MISSING, "");
    check_nested("$.d[*]", JSON_REPARSE_CONTAINER, "$[1]", "{\"d\":[1,2]}", JSON_INTEGER, "2");
    check_nested("lax $.z[*]", JSON_REPARSE_CONTAINER, "$", "{}", JSON_ARRAY, "[]");
    check_nested("$.z", JSON_REPARSE_CONTAINER, "lax $[*]", "{}", JSON_MISSING, "");
    check_nested("$.d", JSON_REPARSE_CONTAINER, "lax $.z[*]", object, JSON_ARRAY, "[]");
    check_nested("$.d[*]", JSON_REPARSE_TEXT, "$[0]", "{\"d\":[1,2]}", JSON_MISSING, "");
}

int main(void)
{
    RUN(test_blink_paths);
    RUN(test_flink_paths);
    RUN(test_flink_finds);
    RUN(test_flink_nested);
    return check_failed != 0;
}
