/* test_json_extract.c -- the extractor on the documents that one would think of, with all kernels.
 * Each list of cases goes through one extractor twice, so that shapes are met as well. */
#include "test_json_support.h"

#include "base/memory.h"
#include "test_json_random.h"

/* --- by hand ---------------------------------------------------------------- */

struct expect {
    const char *doc;
    bool ok;
    enum json_kind kind;
    const char *text;
};

static void check_cases(const char *path, unsigned flags, const struct expect *cases, size_t n)
{
    struct json_paths *paths = make_paths(flags);
    uint32_t slot = add_blink(paths, path);
    struct json_extract *x = make_extract(paths);
    for (size_t k = 0; k < 2 * n; k++) { /* twice: the second time by shape, where there is one */
        const struct expect *c = &cases[k % n];
        struct json_hit hit;
        bool ok = !c->ok;
        CHECK_INT(json_extract_run(x, c->doc, strlen(c->doc), &hit, &ok, NULL), OK);
        bool is_right = CHECK_INT(ok, c->ok) & CHECK_INT(hit.kind, c->kind) &
                        CHECK_SPAN(hit.data, hit.size, c->text);
        if (!is_right)
            fprintf(stderr, "  for %s in %s\n", path, c->doc);
    }
    CHECK_INT(slot, 0);
    json_extract_destroy(x);
    json_paths_destroy(paths);
}

static void test_values(void)
{
    static const struct expect cases[] = {
        { "{\"a\":1}", true, JSON_INTEGER, "1" },
        { "{\"a\":\"x\"}", true, JSON_STRING, "x" },
        { "{\"a\":\"\"}", true, JSON_STRING, "" },
        { "{\"a\":\"x\\ny\"}", true, JSON_STRING_ESCAPED, "x\\ny" },
        { "{\"a\":null}", true, JSON_NULL, "null" },
        { "{\"a\":true}", true, JSON_TRUE, "true" },
        { "{\"a\":false}", true, JSON_FALSE, "false" },
        { "{\"a\":-0}", true, JSON_INTEGER, "-0" },
        { "{\"a\":1.50}", true, JSON_NUMBER, "1.50" },
        { "{\"a\":1E5}", true, JSON_NUMBER, "1E5" },
        { "{\"a\":{}}", true, JSON_OBJECT, "{}" },
        { "{\"a\": [ 1 , 2 ] }", true, JSON_ARRAY, "[ 1 , 2 ]" },
        { "{\"b\":1}", true, JSON_MISSING, "" },
        { "{}", true, JSON_MISSING, "" },
        { "[]", true, JSON_MISSING, "" },
        { "5", true, JSON_MISSING, "" },
        { "\"a\"", true, JSON_MISSING, "" },
        { "{\"a\":1,\"a\":2}", true, JSON_INTEGER, "2" },
        { "{\"a\":1,\"\\u0061\":\"z\"}", true, JSON_STRING, "z" },
        { "{\"a\":1}garbage", true, JSON_INTEGER, "1" },
        { "{\"a\":\"tab\there\"}", true, JSON_STRING, "tab\there" },
        { "  {\"a\":12345678901234567890123}  ", true, JSON_INTEGER, "12345678901234567890123" },
        { "", false, JSON_MISSING, "" },
        { " ", false, JSON_MISSING, "" },
        { "{\"a\":1", false, JSON_MISSING, "" },
        { "{\"a\":1,}", false, JSON_MISSING, "" },
        { "{\"a\":01}", false, JSON_MISSING, "" },
        { "{\"a\":-}", false, JSON_MISSING, "" },
        { "{\"a\":1.}", false, JSON_MISSING, "" },
        { "{\"a\":1e}", false, JSON_MISSING, "" },
        { "{\"a\":.5}", false, JSON_MISSING, "" },
        { "{\"a\":+5}", false, JSON_MISSING, "" },
        { "{\"a\":NaN}", false, JSON_MISSING, "" },
        { "{\"a\":nul}", false, JSON_MISSING, "" },
        { "{\"a\":\"x}", false, JSON_MISSING, "" },
        { "{\"a\":\"\\x\"}", false, JSON_MISSING, "" },
        { "{\"a\":\"\\u12g4\"}", false, JSON_MISSING, "" },
        { "{\"a\":1 \"b\":2}", false, JSON_MISSING, "" },
        { "{a:1}", false, JSON_MISSING, "" },
        { "{\"a\":1]", false, JSON_MISSING, "" },
        { "[1,]", false, JSON_MISSING, "" },
        { "12x", false, JSON_MISSING, "" },
        { "nullx", false, JSON_MISSING, "" },
        { "\xEF\xBB\xBF{\"a\":1}", false, JSON_MISSING, "" },
        { "{\"userid\":1, \"role\": ,\"a\":2}", false, JSON_MISSING, "" },
    };
    check_cases("$.a", JSON_BLINK, cases, countof(cases));
}

static void test_nested(void)
{
    static const struct expect cases[] = {
        { "{\"d\":{\"x\":1}}", true, JSON_INTEGER, "1" },
        { "{\"d\":\"{\\\"x\\\":1}\"}", true, JSON_INTEGER, "1" },
        { "{\"d\":\"{\\\"x\\\":2}\"}", true, JSON_INTEGER, "2" },
        { "{\"d\":\"{\\\"x\\\":\\\"abc\\\"}\"}", true, JSON_STRING, "abc" },
        { "{\"d\":\"{\\\"x\\\":\\\"\\\\n\\\"}\"}", true, JSON_STRING_ESCAPED, "\\n" },
        { "{\"d\":\"{\\\"x\\\":\\\"\\u0041\\\"}\"}", true, JSON_STRING, "A" },
        { "{\"d\":\"{\\\"x\\\":{\\\"y\\\":[1,2]}}\"}", true, JSON_OBJECT, "{\"y\":[1,2]}" },
        { "{\"d\":\"{\\\"x\\\":1\"}", true, JSON_MISSING, "" },
        { "{\"d\":\"{\\\"x\\\":1} tail\"}", true, JSON_INTEGER, "1" },
        { "{\"d\":\"no json\"}", true, JSON_MISSING, "" },
        { "{\"d\":\"\"}", true, JSON_MISSING, "" },
        { "{\"d\":17}", true, JSON_MISSING, "" },
        { "{\"d\":null}", true, JSON_MISSING, "" },
        { "{\"d\":[{\"x\":1}]}", true, JSON_MISSING, "" }, /* a document's root is not gone into */
        { "{\"d\":{\"x\":1},\"d\":{\"y\":1}}", true, JSON_MISSING, "" },
        { "{\"d\":{\"y\":1},\"d\":\"{\\\"x\\\":3}\"}", true, JSON_INTEGER, "3" },
        { "{\"d\":\"{\\\"x\\\":3}\",\"d\":5}", true, JSON_MISSING, "" },
        { "{\"d\":\"{\\\"x\\\":\\\"a\\u0022b\\\"}\"}", true, JSON_MISSING, "" },
    };
    check_cases("$.d|$.x", JSON_BLINK, cases, countof(cases));

    static const struct expect roots[] = {
        { "{\"d\":{\"x\": 1}}", true, JSON_OBJECT, "{\"x\": 1}" },
        { "{\"d\":\"[1]\"}", true, JSON_ARRAY, "[1]" },
        { "{\"d\":\"17\"}", true, JSON_INTEGER, "17" },
        { "{\"d\":17}", true, JSON_INTEGER, "17" },
        { "{\"d\":null}", true, JSON_MISSING, "" },
        { "{\"d\":\"null\"}", true, JSON_NULL, "null" },
        { "{\"d\":\"x\"}", true, JSON_MISSING, "" },
        /* What may follow depends on what the scalar is. */
        { "{\"d\":\"null }\"}", true, JSON_NULL, "null" },
        { "{\"d\":\"1 }\"}", true, JSON_INTEGER, "1" },
        { "{\"d\":\"null}\"}", true, JSON_NULL, "null" },
        { "{\"d\":\"1}\"}", true, JSON_MISSING, "" },
        { "{\"d\":\"nullx\"}", true, JSON_MISSING, "" },
        { "{\"d\":\"\\\"s\\\"x\"}", true, JSON_STRING, "s" },
    };
    check_cases("$.d|$", JSON_BLINK, roots, countof(roots));
}

static void test_arrays(void)
{
    static const struct expect in_place[] = {
        { "{\"a\":{\"b\":1}}", true, JSON_INTEGER, "1" },
        { "{\"a\":[{\"b\":1},{\"b\":[2,3]},{\"c\":4},5,{\"b\":null}]}", true, JSON_ARRAY,
          "[1,2,3]" },
        { "{\"a\":[{\"b\":1}]}", true, JSON_ARRAY, "[1]" },
        { "{\"a\":[]}", true, JSON_MISSING, "" },
        { "{\"a\":[{\"b\":9}],\"a\":{\"b\":\"last\"}}", true, JSON_STRING, "last" },
        { "{\"a\":{\"b\":\"first\"},\"a\":[{\"c\":9}]}", true, JSON_MISSING, "" },
        { "[{\"a\":{\"b\":1}}]", true, JSON_MISSING, "" },
    };
    check_cases("$.a.b", JSON_BLINK, in_place, countof(in_place));

    static const struct expect index[] = {
        { "{\"a\":[10,20,30]}", true, JSON_INTEGER, "20" },
        { "{\"a\":[10,[1 ,2]]}", true, JSON_ARRAY, "[1 ,2]" },
        { "{\"a\":[10]}", true, JSON_MISSING, "" },
        { "{\"a\":{\"1\":5}}", true, JSON_MISSING, "" },
    };
    check_cases("$.a[1]", JSON_BLINK, index, countof(index));

    static const struct expect all[] = {
        { "{\"a\":[{\"b\":1},{\"b\":2}]}", true, JSON_ARRAY, "[1,2]" },
        { "{\"a\":[{\"b\":1}]}", true, JSON_INTEGER, "1" }, /* one element comes back as itself */
        { "{\"a\":[]}", true, JSON_MISSING, "" },
        { "{\"a\":7}", true, JSON_MISSING, "" },
    };
    check_cases("$.a[*].b", JSON_BLINK, all, countof(all));

    static const struct expect chained[] = {
        { "[[1,2],[3,4]]", true, JSON_INTEGER, "4" },
        { "[[1,2],[3]]", true, JSON_MISSING, "" },
        { "{\"a\":1}", true, JSON_MISSING, "" },
    };
    check_cases("$[1][1]", JSON_BLINK, chained, countof(chained));
}

static void test_flags(void)
{
    static const struct expect strict[] = {
        { "{\"a\":\"x\"} \n", true, JSON_STRING, "x" },
        { "{\"a\":\"x\"}}", false, JSON_MISSING, "" },
        { "{\"a\":\"x\ty\"}", false, JSON_MISSING, "" },
        { "{\"b\ty\":1}", false, JSON_MISSING, "" },
        { "{\"a\":\"x\"} {}", false, JSON_MISSING, "" },
        { "{\"a\":\"\xE4\xB8\xAD\"}", true, JSON_STRING, "\xE4\xB8\xAD" },
        { "{\"a\":\"\xE4\xB8\"}", false, JSON_MISSING, "" },
        { "{\"b\xFF\":1}", false, JSON_MISSING, "" },
    };
    check_cases("$.a", JSON_REFUSE_TAIL | JSON_REFUSE_BAD_UTF8, strict, countof(strict));
}

static void test_depth(void)
{
    struct buf doc;
    buf_init(&doc, 1 << 20);
    for (uint32_t depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
        for (int i = 0; i < 2; i++) {
            buf_clear(&doc);
            for (uint32_t k = 0; k < depth; k++)
                buf_text(&doc, i ? "{\"a\":" : "[");
            buf_text(&doc, i ? "1" : "");
            for (uint32_t k = 0; k < depth; k++)
                buf_char(&doc, i ? '}' : ']');
            const struct expect want[] = { { buf_cstr(&doc), depth <= JSON_DEPTH_MAX, JSON_MISSING,
                                             "" } };
            check_cases("$.z", JSON_BLINK, want, 1);
        }
    }
    buf_done(&doc);
}

static void test_empty_set(void)
{
    struct json_paths *paths = make_paths(JSON_BLINK);
    struct json_extract *x = make_extract(paths);
    struct str docs[] = { STR("{\"a\":1}"), STR("{\"a\":}"), { NULL, 0 } };
    bool ok[3];
    CHECK_INT(json_extract_batch(x, docs, 3, NULL, ok, NULL), OK);
    CHECK(ok[0] && !ok[1] && !ok[2]);
    CHECK_INT(json_extract_batch(x, docs, 0, NULL, NULL, NULL), OK);
    json_extract_destroy(x);
    json_paths_destroy(paths);
}

static void test_slots(void)
{
    struct json_paths *paths = make_paths(JSON_BLINK);
    CHECK_INT(add_blink(paths, "$.a"), 0);
    CHECK_INT(add_blink(paths, "$.a.b"), 1);
    CHECK_INT(add_blink(paths, "$.a|$.b"), 2);
    CHECK_INT(add_blink(paths, "$.a"), 0);
    CHECK_INT(add_blink(paths, "$.a|$.b"), 2);
    CHECK_INT(add_blink(paths, "no path"), 3);
    CHECK_INT(add_blink(paths, "$"), 4);
    CHECK_INT(json_paths_count(paths), 5);
    struct json_extract *x = make_extract(paths);
    const char *doc = "{\"a\":\"{\\\"b\\\":1}\"}";
    struct json_hit hits[5];
    bool ok;
    CHECK_INT(json_extract_run(x, doc, strlen(doc), hits, &ok, NULL), OK);
    CHECK_INT(hits[0].kind, JSON_STRING_ESCAPED);
    CHECK_INT(hits[1].kind, JSON_MISSING);
    CHECK_INT(hits[2].kind, JSON_INTEGER);
    CHECK_INT(hits[3].kind, JSON_MISSING);
    CHECK_SPAN(hits[4].data, hits[4].size, doc);
    json_extract_destroy(x);
    json_paths_destroy(paths);
}

/* Every allocation may fail; then the run says so, or did without. */
static void test_out_of_memory(void)
{
    const char *docs[] = { "{\"a\":{\"b\":1},\"data\":\"{\\\"a\\\":\\\"\\\\n\\\"}\"}",
                           "{\"\\u0061\":[{\"b\":2}],\"c\":[1,[2]]}" };
    uint64_t n = 1;
    for (bool is_done = false; !is_done && n < 500; n++) {
        struct json_paths *paths = NULL;
        struct json_extract *x = NULL;
        struct json_path path;
        uint32_t slot;
        struct json_hit hits[4];
        bool ok;
        struct error err;
        mem_fail_at(n);
        struct arena *arena = arena_create();
        enum code code = arena ? json_paths_create(JSON_BLINK, &paths, &err) : E_NOMEM;
        static const char *const texts[] = { "$.a.b", "$.data", "$.c[*]" };
        for (size_t i = 0; i < countof(texts) && code == OK; i++) {
            code = json_path_parse_blink(arena, str_of(texts[i]), &path, &err);
            if (code == OK)
                code = json_paths_add(paths, &path, &slot, &err);
        }
        if (code == OK)
            code = json_path_parse_blink(arena, STR("$.a"), &path, &err);
        struct json_path outer;
        if (code == OK)
            code = json_path_parse_blink(arena, STR("$.data"), &outer, &err);
        if (code == OK)
            code = json_path_nest(arena, &outer, JSON_REPARSE_BLINK, &path, &path, &err);
        if (code == OK)
            code = json_paths_add(paths, &path, &slot, &err);
        if (code == OK)
            code = json_extract_create(paths, &x, &err);
        for (int i = 0; i < 6 && code == OK; i++) {
            const char *doc = docs[i % 2];
            code = json_extract_run(x, doc, strlen(doc), hits, &ok, &err);
            /* The comparison allocates too: only once the failure is behind us. */
            CHECK(code != OK || mem_fail_pending() ||
                  row_is_right(paths, str_of(doc), hits, 1, ok, "short of memory"));
        }
        CHECK(code == OK || code == E_NOMEM);
        is_done = mem_fail_pending();
        mem_fail_at(0);
        json_extract_destroy(x);
        json_paths_destroy(paths);
        arena_destroy(arena);
    }
    CHECK(n > 10 && n < 500);
}

int main(void)
{
    for (size_t i = 0; i < countof(json_kernels); i++) {
        if (!json_extract_set_simd(json_kernels[i]))
            continue;
        RUN(test_values);
        RUN(test_nested);
        RUN(test_arrays);
        RUN(test_flags);
        RUN(test_depth);
        RUN(test_empty_set);
        RUN(test_slots);
    }
    RUN(test_out_of_memory);
    return check_failed != 0;
}
