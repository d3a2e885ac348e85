/* test_fn_json.c -- JSON functions, and what the optimizer makes of JSON calls.
 *
 * Expectations for Flink are those of its JsonFunctionsITCase; those for Blink are section 1.1 of
 * the dialect's description. */
#include "fn_call.h"

#include "expr/fn_json.h"
#include "json/json_extract.h"

#define DOCUMENT                                                                                   \
    "'{ \"s\": \"x\\u4e16\", \"i\": 42, \"z\": -0, \"f\": 1.10, \"e\": 1e10, \"t\": true,"         \
    " \"n\": null, \"o\": {\"b\": 1, \"a\": [1, {\"c\": \"d\"}]}, \"em\": \"\","                   \
    " \"big\": 9999999999, \"esc\": \"{\\\"k\\\": 7}\", \"str\": \"42\", \"i\": 43 }"

/* --- Blink ------------------------------------------------------------------------------- */

static void blink_value(void)
{
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'$.s"), "x世");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'$.i"), "43"); /* the last one wins */
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'$.z"), "0");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'$.f"), "1.1");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'$.e"), "1.0E10");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'$.t"), "true");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'$.n"), "NULL");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'$.o"), "{\"b\":1,\"a\":[1,{\"c\":\"d\"}]}");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'$.o.a[0]"), "1");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'$.o.a[*]"), "[1,{\"c\":\"d\"}]");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'$.em"), "");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'$.nothing"), "NULL");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'i"), "NULL");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "~"), "NULL");
    CHECK_STR(BLINK("JSON_VALUE", DOCUMENT, "'"), "NULL");
    CHECK_STR(BLINK("JSON_VALUE", "~", "'$.a"), "NULL");
    CHECK_STR(BLINK("JSON_VALUE", "'", "'$.a"), "NULL");
    CHECK_STR(BLINK("JSON_VALUE", "'{\"a\":", "'$.a"), "NULL");
    CHECK_STR(BLINK("JSON_VALUE", "'{\"a\":1} x", "'$.a"), "1");
    CHECK_STR(BLINK("JSON_VALUE", "'[{\"k\":1},{\"k\":2}]", "'$[*].k"), "[1,2]");
    CHECK_STR(BLINK("JSON_VALUE", "'[1]", "'$.x"), "NULL");
    CHECK_STR(BLINK("JSON_VALUE", "' [1, 2 ]", "'$"), "[1,2]");
    /* {"a":"x\xFFy"} as bytes: decoded as UTF-8 */
    CHECK_STR(BLINK("JSON_VALUE", "x'7B2261223A2278FF79227D", "'$.a"), "x\xEF\xBF\xBDy");
    CHECK_STR(BLINK("JSON_VALUE", "#5", "'$"), "5");
    CHECK_STR(BLINK("JSON_VALUE", "'{}"), "ERROR function JSON_VALUE takes 2 arguments, not 1");
}

/* --- Flink ---------------------------------------------------------------------------------- */

#define CLAUSES(...)                                                                               \
    &(struct json_clauses)                                                                         \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define WITH(name, clauses, ...) fn_call_list(DIALECT_FLINK, name, FN_LIST(__VA_ARGS__), clauses)

static struct expr *text_default(const char *text, const struct type *type)
{
    static struct value value;
    static struct expr e;
    value = (struct value){ .type = type };
    if (type_is_string(type))
        value.str = str_of(text);
    else
        value.i64 = strtoll(text, NULL, 10);
    e = (struct expr){ .kind = EXPR_LITERAL, .type = type, .literal = &value, .hash = 7 };
    return &e;
}

static void flink_value(void)
{
    CHECK_STR(FLINK("JSON_VALUE", DOCUMENT, "'$.s"), "x世");
    CHECK_STR(FLINK("JSON_VALUE", DOCUMENT, "'lax $.i"), "43");
    CHECK_STR(FLINK("JSON_VALUE", DOCUMENT, "'strict $.f"), "1.10");
    CHECK_STR(FLINK("JSON_VALUE", DOCUMENT, "'$.e"), "1E+10");
    CHECK_STR(FLINK("JSON_VALUE", DOCUMENT, "'$.o"), "NULL");
    CHECK_STR(FLINK("JSON_VALUE", DOCUMENT, "'$.n"), "NULL");
    CHECK_STR(FLINK("JSON_VALUE", DOCUMENT, "'$.nothing"), "NULL");
    CHECK_STR(FLINK("JSON_VALUE", DOCUMENT, "'$["), "NULL");
    CHECK_STR(FLINK("JSON_VALUE", "~", "'lax $"), "NULL");
    CHECK_STR(FLINK("JSON_VALUE", "#5", "'$"),
              "ERROR function JSON_VALUE does not accept (INT, STRING)");
    CHECK(strncmp(WITH("JSON_VALUE", CLAUSES(.on_error = JSON_GIVE_ERROR), DOCUMENT, "='$["),
                  "ERROR ", 6) == 0);

    CHECK_STR(WITH("JSON_VALUE", CLAUSES(.on_empty = JSON_GIVE_ERROR), DOCUMENT, "'lax $.nothing"),
              "ERROR JSON_VALUE has no result, and ERROR ON EMPTY is asked for");
    CHECK_STR(
        WITH("JSON_VALUE", CLAUSES(.on_error = JSON_GIVE_ERROR), DOCUMENT, "'strict $.nothing"),
        "ERROR JSON_VALUE has no result, and ERROR ON ERROR is asked for");
    CHECK_STR(
        WITH("JSON_VALUE", CLAUSES(.on_empty = JSON_GIVE_ERROR), DOCUMENT, "'strict $.nothing"),
        "NULL");
    CHECK_STR(WITH("JSON_VALUE", CLAUSES(.on_error = JSON_GIVE_ERROR), DOCUMENT, "'lax $.nothing"),
              "NULL");
    CHECK_STR(WITH("JSON_VALUE", CLAUSES(.on_error = JSON_GIVE_ERROR), DOCUMENT, "'$.o"),
              "ERROR JSON_VALUE has no result, and ERROR ON ERROR is asked for");
    CHECK_STR(WITH("JSON_VALUE", CLAUSES(.on_empty = JSON_GIVE_ERROR), DOCUMENT, "'lax $.o"),
              "ERROR JSON_VALUE has no result, and ERROR ON EMPTY is asked for");
    /* A document that is null is an error in lax mode too; a malformed one is empty. */
    CHECK_STR(WITH("JSON_VALUE", CLAUSES(.on_error = JSON_GIVE_ERROR), "' null", "'lax $.a"),
              "ERROR JSON_VALUE has no result, and ERROR ON ERROR is asked for");
    CHECK_STR(WITH("JSON_VALUE", CLAUSES(.on_error = JSON_GIVE_ERROR), "'{", "'lax $.a"), "NULL");
    CHECK_STR(WITH("JSON_VALUE", CLAUSES(.on_error = JSON_GIVE_ERROR), "'{", "'$.a"),
              "ERROR JSON_VALUE has no result, and ERROR ON ERROR is asked for");
}

static void flink_defaults(void)
{
    struct json_clauses empty = { .on_empty = JSON_GIVE_DEFAULT_VALUE,
                                  .default_empty = text_default("none", &type_string) };
    CHECK_STR(WITH("JSON_VALUE", &empty, DOCUMENT, "'lax $.nothing"), "none");
    CHECK_STR(WITH("JSON_VALUE", &empty, DOCUMENT, "'lax $.i"), "43");
    CHECK_STR(WITH("JSON_VALUE", &empty, DOCUMENT, "'strict $.nothing"), "NULL");
    CHECK_STR(WITH("JSON_VALUE", &empty, "~", "'lax $.nothing"), "NULL");
    struct json_clauses number = { .returning = &type_int,
                                   .on_error = JSON_GIVE_DEFAULT_VALUE,
                                   .default_error = text_default("42", &type_int) };
    CHECK_STR(WITH("JSON_VALUE", &number, DOCUMENT, "'$.s"), "42");
    CHECK_STR(WITH("JSON_VALUE", &number, DOCUMENT, "'$.i"), "43");
    CHECK_STR(WITH("JSON_VALUE", &number, DOCUMENT, "'strict $.nothing"), "42");
    CHECK_STR(WITH("JSON_VALUE", &number, DOCUMENT, "'lax $.nothing"), "NULL");
    struct json_clauses cast = { .returning = &type_bigint,
                                 .on_empty = JSON_GIVE_DEFAULT_VALUE,
                                 .default_empty = text_default("5", &type_int) };
    CHECK_STR(WITH("JSON_VALUE", &cast, DOCUMENT, "'lax $.nothing"), "5");
}

static void flink_returning(void)
{
    static const struct type decimal = { .id = TYPE_DECIMAL, .precision = 5, .scale = 2 };
    static const struct type wide = { .id = TYPE_DECIMAL, .precision = 30, .scale = 3 };
#define AS(t) CLAUSES(.returning = (t))
    CHECK_STR(WITH("JSON_VALUE", AS(&type_boolean), DOCUMENT, "'$.t"), "TRUE");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_boolean), "'[\" Yes\", \"f\", 1, \"2\"]", "'$[0]"),
              "TRUE");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_boolean), "'[\" Yes\", \"f\", 1]", "'$[1]"), "FALSE");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_boolean), "'[\" Yes\", \"f\", 1]", "'$[2]"), "NULL");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_int), DOCUMENT, "'$.i"), "43");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_int), DOCUMENT, "'$.big"), "NULL");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_bigint), DOCUMENT, "'$.big"), "9999999999");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_bigint), DOCUMENT, "'$.e"), "10000000000");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_tinyint), "'[-100, 128, -128.9, 1e400]", "'$[0]"),
              "-100");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_tinyint), "'[-100, 128, -128.9]", "'$[1]"), "NULL");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_tinyint), "'[-100, 128, -128.9]", "'$[2]"), "-128");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_smallint), "'[13.89]", "'$[0]"), "13");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_bigint), "'[1e400, 0e999999999999]", "'$[0]"), "NULL");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_bigint), "'[1e400, 0e999999999999]", "'$[1]"), "0");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_bigint), "'[9223372036854775807.9]", "'$[0]"),
              "9223372036854775807");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_bigint), "'[-9223372036854775808]", "'$[0]"),
              "-9223372036854775808");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_bigint), "'[9223372036854775808]", "'$[0]"), "NULL");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_bigint), "'[123e-2, 12300000e-5]", "'$[0]"), "1");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_bigint), "'[123e-2, 12300000e-5]", "'$[1]"), "123");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_int), DOCUMENT, "'$.str"), "42");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_int), "'[\" 42\"]", "'$[0]"), "NULL");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_int), DOCUMENT, "'$.t"), "NULL");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_double), "'[13.37, 1e999]", "'$[0]"), "13.37");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_double), "'[13.37, 1e999]", "'$[1]"), "NULL");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_float), "'[13.37, 1e39]", "'$[0]"), "13.37");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_float), "'[13.37, 1e39]", "'$[1]"), "NULL");
    CHECK_STR(WITH("JSON_VALUE", AS(&decimal), "'[13.375, 123456789.98]", "'$[0]"), "13.38");
    CHECK_STR(WITH("JSON_VALUE", AS(&decimal), "'[13.375, 123456789.98]", "'$[1]"), "NULL");
    CHECK_STR(WITH("JSON_VALUE", AS(&wide), "'[13.375, 123456789.98]", "'$[1]"), "123456789.980");
    CHECK_STR(WITH("JSON_VALUE", AS(&type_date), DOCUMENT, "'$.i"),
              "ERROR RETURNING is not a clause of JSON_VALUE with this result type");
}

static void flink_query(void)
{
    static const struct type *const string_child[] = { &type_string };
    static const struct type *const int_child[] = { &type_int };
    static const struct type strings = { .id = TYPE_ARRAY,
                                         .child_count = 1,
                                         .children = string_child };
    static const struct type ints = { .id = TYPE_ARRAY, .child_count = 1, .children = int_child };
    static const char q[] =
        "'{ \"a\": \"[1,2]\", \"b\": [1,2], \"o\": {}, \"n\": 1, \"e\": [],"
        " \"m\": [[1,2],[3]], \"h\": [\"abc\", null, {\"y\":1,\"x\":\"]\\\"\"}] }";
    CHECK_STR(FLINK("JSON_QUERY", "~", "'$"), "NULL");
    CHECK_STR(FLINK("JSON_QUERY", q, "'$.b"), "[1,2]");
    CHECK_STR(FLINK("JSON_QUERY", q, "'$.a"), "NULL");
    CHECK_STR(FLINK("JSON_QUERY", q, "'$.h"), "[\"abc\",null,{\"x\":\"]\\\"\",\"y\":1}]");
    CHECK_STR(WITH("JSON_QUERY", AS(&strings), q, "'$.b"), "[1, 2]");
    CHECK_STR(WITH("JSON_QUERY", AS(&strings), q, "'$.h"),
              "[abc, NULL, {\"x\":\"]\\\"\",\"y\":1}]");
    CHECK_STR(WITH("JSON_QUERY", AS(&strings), q, "'$.m"), "[[1,2], [3]]");
    CHECK_STR(WITH("JSON_QUERY", AS(&strings), q, "'$.o"), "NULL");
    CHECK_STR(WITH("JSON_QUERY", AS(&ints), q, "'$.b"), "[1, 2]");
    CHECK_STR(WITH("JSON_QUERY", AS(&ints), q, "'$.e"), "[]");
    CHECK_STR(WITH("JSON_QUERY", AS(&ints), q, "'$.m"), "NULL");
    CHECK_STR(WITH("JSON_QUERY", AS(&ints), q, "'$.h"), "NULL");
#define WRAP(w) CLAUSES(.wrapper = (w))
    CHECK_STR(WITH("JSON_QUERY", WRAP(JSON_WITH_CONDITIONAL_WRAPPER), q, "'$.b"), "[1,2]");
    CHECK_STR(WITH("JSON_QUERY", WRAP(JSON_WITH_CONDITIONAL_WRAPPER), q, "'$.a"), "[\"[1,2]\"]");
    CHECK_STR(WITH("JSON_QUERY", WRAP(JSON_WITH_CONDITIONAL_WRAPPER), q, "'$.o"), "[{}]");
    CHECK_STR(WITH("JSON_QUERY", WRAP(JSON_WITH_WRAPPER), q, "'$.e"), "[[]]");
    CHECK_STR(WITH("JSON_QUERY", WRAP(JSON_WITH_WRAPPER), q, "'$.n"), "[1]");
    CHECK_STR(WITH("JSON_QUERY",
                   CLAUSES(.wrapper = JSON_WITH_CONDITIONAL_WRAPPER, .returning = &strings), q,
                   "'$.a"),
              "[[1,2]]");
    CHECK_STR(WITH("JSON_QUERY", CLAUSES(.on_empty = JSON_GIVE_EMPTY_ARRAY), q, "'lax $.x"), "[]");
    CHECK_STR(WITH("JSON_QUERY", CLAUSES(.on_empty = JSON_GIVE_EMPTY_OBJECT), q, "'lax $.x"), "{}");
    CHECK_STR(WITH("JSON_QUERY", CLAUSES(.on_empty = JSON_GIVE_ERROR), q, "'lax $.x"),
              "ERROR JSON_QUERY has no result, and ERROR ON EMPTY is asked for");
    CHECK_STR(WITH("JSON_QUERY", CLAUSES(.on_error = JSON_GIVE_EMPTY_OBJECT), q, "'strict $.x"),
              "{}");
    CHECK_STR(
        WITH("JSON_QUERY", CLAUSES(.on_error = JSON_GIVE_EMPTY_ARRAY, .returning = &strings), q, "'$.a"),
        "[]");
    CHECK_STR(WITH("JSON_QUERY", CLAUSES(.on_error = JSON_GIVE_EMPTY_OBJECT, .returning = &strings),
                   q, "'$.a"),
              "ERROR EMPTY OBJECT is not a clause of JSON_QUERY with this result type");
    CHECK_STR(WITH("JSON_QUERY", AS(&type_int), q, "'$.n"),
              "ERROR RETURNING is not a clause of JSON_QUERY with this result type");
}

static void exists(void)
{
    CHECK_STR(BOTH("JSON_EXISTS", "~", "'lax $"), "NULL");
    CHECK_STR(BOTH("JSON_EXISTS", DOCUMENT, "'lax $"), "TRUE");
    CHECK_STR(BOTH("JSON_EXISTS", DOCUMENT, "'lax $.o.a[1].c"), "TRUE");
    CHECK_STR(BOTH("JSON_EXISTS", DOCUMENT, "'lax $.o.a[3]"), "FALSE");
    CHECK_STR(BOTH("JSON_EXISTS", DOCUMENT, "'$.n"), "FALSE");
    CHECK_STR(BOTH("JSON_EXISTS", DOCUMENT, "'$.x[*]"), "FALSE");
    CHECK_STR(BOTH("JSON_EXISTS", DOCUMENT, "'$.o.a[*]"), "TRUE");
#define ON_ERROR(b) CLAUSES(.on_error = (b))
    CHECK_STR(WITH("JSON_EXISTS", ON_ERROR(JSON_GIVE_TRUE), DOCUMENT, "'strict $.x"), "TRUE");
    CHECK_STR(WITH("JSON_EXISTS", ON_ERROR(JSON_GIVE_FALSE), DOCUMENT, "'strict $.x"), "FALSE");
    CHECK_STR(WITH("JSON_EXISTS", ON_ERROR(JSON_GIVE_UNKNOWN), DOCUMENT, "'strict $.x"), "NULL");
    CHECK_STR(WITH("JSON_EXISTS", ON_ERROR(JSON_GIVE_ERROR), DOCUMENT, "'strict $.x"),
              "ERROR JSON_EXISTS has no result, and ERROR ON ERROR is asked for");
    CHECK_STR(WITH("JSON_EXISTS", ON_ERROR(JSON_GIVE_TRUE), DOCUMENT, "'lax $.x"), "FALSE");
}

static void is_json(void)
{
    CHECK_STR(BOTH("IS JSON", "~"), "FALSE");
    CHECK_STR(BOTH("IS NOT JSON", "~"), "TRUE");
    CHECK_STR(BOTH("IS JSON", "'a"), "FALSE");
    CHECK_STR(BOTH("IS NOT JSON", "'a"), "TRUE");
    CHECK_STR(BOTH("IS JSON", "'"), "FALSE");
    CHECK_STR(BOTH("IS JSON", "'null"), "TRUE");
    CHECK_STR(BOTH("IS JSON", "'\"a\""), "TRUE");
    CHECK_STR(BOTH("IS JSON SCALAR", "'\"a\""), "TRUE");
    CHECK_STR(BOTH("IS JSON ARRAY", "'\"a\""), "FALSE");
    CHECK_STR(BOTH("IS JSON OBJECT", "'{}"), "TRUE");
    CHECK_STR(BOTH("IS JSON SCALAR", "'{}"), "FALSE");
    CHECK_STR(BOTH("IS NOT JSON OBJECT", "'{"), "TRUE");
    CHECK_STR(BOTH("IS JSON VALUE", "'[1,2]"), "TRUE");
    CHECK_STR(BOTH("IS JSON ARRAY", "'[1,2]"), "TRUE");
}

static void make(void)
{
    CHECK_STR(BOTH("JSON_STRING", "'V"), "\"V\"");
    CHECK_STR(BOTH("JSON_STRING", "~"), "NULL");
    CHECK_STR(BOTH("JSON_STRING", "?true"), "true");
    CHECK_STR(BOTH("JSON_STRING", "#1"), "1");
    CHECK_STR(BOTH("JSON_STRING", "%1.23"), "1.23");
    CHECK_STR(BOTH("JSON_STRING", "x'54657374"), "\"VGVzdA==\"");
    CHECK_STR(BOTH("JSON_STRING", "'a\"\\\n\x01/"), "\"a\\\"\\\\\\n\\u0001/\"");
    CHECK_STR(BOTH("JSON_OBJECT", "='b", "'x", "='a", "#1", "='c", "~"),
              "{\"a\":1,\"b\":\"x\",\"c\":null}");
    CHECK_STR(BOTH("JSON_OBJECT", "='k", "#1", "='k", "#2"), "{\"k\":2}");
    CHECK_STR(WITH("JSON_OBJECT", CLAUSES(.absent_on_null = true), "='a", "~", "='b", "#1"),
              "{\"b\":1}");
    CHECK_STR(fn_call_list(DIALECT_FLINK, "JSON_OBJECT", NULL, 0, NULL), "{}");
    CHECK_STR(BOTH("JSON_OBJECT", "~", "#1"), "ERROR a key of JSON_OBJECT is NULL");
    CHECK_STR(BOTH("JSON_ARRAY", "'a", "#1", "~", "~n"), "[\"a\",1]");
    CHECK_STR(WITH("JSON_ARRAY", CLAUSES(.absent_on_null = false), "'a", "~", "~n"),
              "[\"a\",null,null]");
    CHECK_STR(BOTH("JSON", "' {\"b\": 1, \"a\": [1e2, \"\\u0041\"]} "),
              "{\"a\":[1E+2,\"A\"],\"b\":1}");
    CHECK_STR(BOTH("JSON", "' \"x\""), "\"x\"");
    CHECK_STR(BOTH("JSON", "'  "), "NULL");
    CHECK_STR(BOTH("JSON", "'{"), "ERROR invalid JSON \"{\"");
    CHECK_STR(BOTH("JSON_QUOTE", "'\ttab and / ≠ \xF0\x9F\x98\x80 \"q\""),
              "\"\\ttab and \\/ \\u2260 \\ud83d\\ude00 \\\"q\\\"\"");
    CHECK_STR(BOTH("JSON_UNQUOTE", "'\"abc\""), "abc");
    CHECK_STR(BOTH("JSON_UNQUOTE", "'\"[\\t\\u0032]\""), "[\t2]");
    CHECK_STR(BOTH("JSON_UNQUOTE", "'\"\""), "");
    CHECK_STR(BOTH("JSON_UNQUOTE", "'\"\"\""), "\"");
    CHECK_STR(BOTH("JSON_UNQUOTE", "'\"\"\\ufffa\""), "\"\xEF\xBF\xBA");
    CHECK_STR(BOTH("JSON_UNQUOTE", "'\"valid unicode literal \\uD801\\uDC00\""),
              "valid unicode literal \xF0\x90\x90\x80");
    CHECK_STR(BOTH("JSON_UNQUOTE", "'[]"), "[]");
    CHECK_STR(BOTH("JSON_UNQUOTE", "'{\"key\":1}"), "{\"key\":1}");
    CHECK_STR(BOTH("JSON_UNQUOTE", "'\"[1, 2, 3}"), "\"[1, 2, 3}");
    CHECK_STR(BOTH("JSON_UNQUOTE", "'\""), "\"");
    CHECK_STR(BOTH("JSON_UNQUOTE", "'1\""), "1\"");
    CHECK_STR(BOTH("JSON_UNQUOTE", "'\"good \"\"\\uzzzz\""), "\"good \"\"\\uzzzz\"");
}

/* --- trees: nested makers, and what the optimizer does --------------------------------------- */

struct tree {
    struct arena *arena;
    struct bind_env env;
};

static struct expr *bind(struct tree *t, const char *name, struct expr **args, uint32_t n)
{
    struct error err = { 0 };
    struct expr *e = NULL;
    if (function_bind_name(&t->env, str_of(name), args, n, (struct span){ 0 }, &e, &err) != OK)
        printf("    %s: %s\n", name, err.message);
    return e;
}

static struct expr *text(struct tree *t, const char *s)
{
    return expr_string(t->arena, str_of(s), (struct span){ 0 });
}

static struct expr *value_at(struct tree *t, struct expr *document, const char *path)
{
    return bind(t, "JSON_VALUE", (struct expr *[]){ document, text(t, path) }, 2);
}

static struct tree tree_open(enum dialect dialect)
{
    struct arena *arena = arena_create();
    return (struct tree){ arena, { .arena = arena, .dialect = dialect, .zone = zone_utc } };
}

static void nested_makers(void)
{
    struct tree t = tree_open(DIALECT_FLINK);
    struct expr *inner =
        bind(&t, "JSON_OBJECT", (struct expr *[]){ text(&t, "K"), text(&t, "V") }, 2);
    struct expr *plain = text(&t, "{}");
    struct expr *list = bind(&t, "JSON_ARRAY", (struct expr *[]){ inner, plain }, 2);
    struct expr *outer = bind(&t, "JSON_OBJECT", (struct expr *[]){ text(&t, "a"), list }, 2);
    struct str s;
    if (CHECK(outer && expr_literal_text(outer, &s)))
        CHECK_SPAN(s.data, s.size, "{\"a\":[{\"K\":\"V\"},\"{}\"]}");
    struct error err = { 0 };
    struct expr *e;
    CHECK_INT(function_bind_name(&t.env, STR("JSON_OBJECT"), (struct expr *[]){ inner, plain }, 2,
                                 (struct span){ 0 }, &e, &err),
              E_TYPE);
    arena_destroy(t.arena);
}

/* Runs an expression over columns; the text of row `row`. */
static char *run(struct tree *t, struct expr *e, struct column *const *columns, uint32_t count,
                 uint32_t row)
{
    struct program *p;
    struct column *out;
    struct error err = { 0 };
    struct value value;
    if (program_create(t->arena, &e, 1, NULL, &p, &err) != OK)
        return fn_error(&err);
    program_begin(p, t->arena, columns, count);
    if (program_column(p, 0, &(struct rows){ .n = count }, &out, &err) != OK)
        return fn_error(&err);
    if (!value_from_column(out, row, t->arena, &value))
        return NULL;
    return fn_print(&value);
}

struct source {
    struct json_paths *paths;
    struct json_extract *extract;
};

static void source_close(struct source *source)
{
    json_extract_destroy(source->extract);
    json_paths_destroy(source->paths);
}

/* Hits of the lowered call in documents; NULL documents have NULL hits. */
static struct column *hits(struct tree *t, const struct json_path *path, unsigned flags,
                           const struct column *documents, struct source *ret)
{
    struct error err = { 0 };
    uint32_t slot;
    struct column *c = column_create(t->arena, &type_json_hit, documents->count);
    CHECK_INT(json_paths_create(flags, &ret->paths, &err), OK);
    CHECK_INT(json_paths_add(ret->paths, path, &slot, &err), OK);
    CHECK_INT(json_extract_create(ret->paths, &ret->extract, &err), OK);
    CHECK(column_need_valid(c, t->arena));
    for (uint32_t i = 0; i < documents->count; i++) {
        struct view v = COLUMN_AT(documents, struct view, i);
        bool ok;
        CHECK_INT(json_extract_run(ret->extract, v.data ? v.data : "", v.size,
                                   &COLUMN_OUT(c, struct json_hit)[i], &ok, &err),
                  OK);
        if (!column_is_valid(documents, i))
            bit_clear(c->valid, i);
    }
    return c;
}

static const char *const lowered_documents[] = {
    "{\"data\":{\"id\":7,\"s\":\"305\"}}",
    "{\"data\":\"{\\\"id\\\":\\\"8\\\",\\\"s\\\":\\\"x\\u4e16\\\"}\"}",
    "{\"data\":{\"id\":\" 9.7 \",\"s\":null}}",
    "{\"data\":{\"id\":1.5e3,\"s\":305}}",
    "{\"data\":{\"id\":1e30,\"s\":3.0}}",
    "{\"data\":{\"id\":-0,\"s\":-0}}",
    "{\"data\":{\"id\":[1],\"s\":true}}",
    "{\"data\":{\"id\":99999999999999999999,\"s\":\"\\u0033\\u0030\\u0035\"}}",
    "{\"data\":{\"id\":200,\"s\":\"\"}}",
    "{\"data\":[]}",
    "{\"data\":",
    NULL,
    "",
    "null",
    "{\"data\":{\"id\":\"x\xFF\",\"s\":\"305\xFF\"}}",
    "{\"data\":{\"id\":\"-9223372036854775808\",\"s\":\"3\xEF\xBF\xBD\"}}",
};

static struct column *documents_column(struct tree *t)
{
    uint32_t n = countof(lowered_documents);
    struct column *c = column_create(t->arena, &type_bytes, n);
    CHECK(column_need_valid(c, t->arena));
    for (uint32_t i = 0; i < n; i++) {
        if (lowered_documents[i])
            COLUMN_OUT(c, struct view)[i] = view_of(str_of(lowered_documents[i]));
        else
            column_set_null(c, i);
    }
    return c;
}

/* JSON_VALUE(CAST(JSON_VALUE(message, '$.data') AS VARCHAR), '$.x'), lowered and not, and with the
 * fused casts and comparisons. */
static void lowering(void)
{
    static const char *const paths[] = { "$.id", "$.s" };
    static const char *const wanted[] = { "305", "", "x世", "0", "true", "3\xEF\xBF\xBD" };
    static const struct type *const integers[] = { &type_tinyint, &type_smallint, &type_int,
                                                   &type_bigint };
    for (size_t k = 0; k < countof(paths); k++) {
        struct tree t = tree_open(DIALECT_BLINK);
        struct error err = { 0 };
        struct column *documents = documents_column(&t);
        uint32_t n = documents->count;
        struct expr *message = expr_column(t.arena, 0, &type_bytes, (struct span){ 0 });
        struct expr *data, *call = NULL, *as, *fused;
        CHECK_INT(expr_cast(&t.env, value_at(&t, message, "$.data"), &type_string, CAST_BLINK,
                            (struct span){ 0 }, &data, &err),
                  OK);
        call = value_at(&t, data, paths[k]);
        const struct json_call *j = json_call_of(call);
        if (!CHECK(j && j->lowerable && j->null_if_missing && j->text_result))
            return;
        const struct expr *document;
        struct json_path path;
        CHECK_INT(json_call_lower(t.arena, call, &document, &path, &err), OK);
        CHECK(document == message);
        CHECK_INT(path.count, 3);
        struct str name = json_hit_name(t.arena, STR("message"), &path);
        CHECK_SPAN(name.data, name.size, k ? "message, '$.data.s'" : "message, '$.data.id'");

        struct source source;
        struct column *columns[2] = { documents, hits(&t, &path, j->flags, documents, &source) };
        struct expr *from_hit = expr_json_from_hit(t.arena, call, 1);
        struct buf printed;
        buf_init(&printed, 200);
        expr_print(&printed, from_hit, (struct str[]){ STR("message"), name }, 2);
        CHECK_STR(buf_cstr(&printed),
                  k ? "JSON_VALUE(message, '$.data.s')" : "JSON_VALUE(message, '$.data.id')");
        buf_done(&printed);
        CHECK(expr_equal(from_hit, expr_json_from_hit(t.arena, call, 1)));
        CHECK(!expr_equal(from_hit, expr_json_from_hit(t.arena, call, 0)));
        for (uint32_t row = 0; row < n; row++)
            if (!CHECK_STR(run(&t, from_hit, columns, n, row), run(&t, call, columns, n, row)))
                printf("    row %u\n", row);
        for (size_t i = 0; i < countof(integers); i++) {
            CHECK(json_can_fuse_cast(call, integers[i]));
            fused = expr_json_fuse_cast(t.arena, call, integers[i], 1);
            CHECK_INT(
                expr_cast(&t.env, call, integers[i], CAST_BLINK, (struct span){ 0 }, &as, &err),
                OK);
            for (uint32_t row = 0; row < n; row++)
                if (!CHECK_STR(run(&t, fused, columns, n, row), run(&t, as, columns, n, row)))
                    printf("    row %u type %zu\n", row, i);
        }
        CHECK(!json_can_fuse_cast(call, &type_double));
        for (size_t i = 0; i < countof(wanted); i++) {
            struct expr *literal = text(&t, wanted[i]);
            CHECK(json_can_fuse_equal(call));
            fused = expr_json_fuse_equal(t.arena, call, literal, 1);
            as = bind(&t, "=", (struct expr *[]){ call, literal }, 2);
            for (uint32_t row = 0; row < n; row++)
                if (!CHECK_STR(run(&t, fused, columns, n, row), run(&t, as, columns, n, row)))
                    printf("    row %u = '%s'\n", row, wanted[i]);
        }
        source_close(&source);
        arena_destroy(t.arena);
    }
}

static void lowering_flink(void)
{
    struct tree t = tree_open(DIALECT_FLINK);
    struct error err = { 0 };
    struct expr *message = expr_column(t.arena, 0, &type_string, (struct span){ 0 });
    struct expr *query =
        bind(&t, "JSON_QUERY", (struct expr *[]){ message, text(&t, "$.data") }, 2);
    struct expr *call = value_at(&t, query, "lax $.id");
    struct expr *exists = bind(&t, "JSON_EXISTS", (struct expr *[]){ query, text(&t, "$.id") }, 2);
    const struct expr *document;
    struct json_path path;
    CHECK_INT(json_call_lower(t.arena, call, &document, &path, &err), OK);
    CHECK(document == message && path.count == 3 && path.is_lax);
    /* EXISTS of a NULL document is NULL, and not FALSE: it stays two calls. */
    CHECK_INT(json_call_lower(t.arena, exists, &document, &path, &err), OK);
    CHECK(document == query && path.count == 1);
    CHECK(json_call_of(exists)->lowerable && !json_call_of(exists)->null_if_missing);

    struct column *documents = documents_column(&t);
    documents->type = &type_string;
    uint32_t n = documents->count;
    struct source source;
    CHECK_INT(json_call_lower(t.arena, call, &document, &path, &err), OK);
    struct column *columns[2] = { documents,
                                  hits(&t, &path, json_call_of(call)->flags, documents, &source) };
    struct expr *from_hit = expr_json_from_hit(t.arena, call, 1);
    for (uint32_t row = 0; row < n; row++)
        if (!CHECK_STR(run(&t, from_hit, columns, n, row), run(&t, call, columns, n, row)))
            printf("    row %u\n", row);
    struct expr *as, *fused = expr_json_fuse_cast(t.arena, call, &type_bigint, 1);
    CHECK_INT(expr_cast(&t.env, call, &type_bigint, CAST_TRY, (struct span){ 0 }, &as, &err), OK);
    for (uint32_t row = 0; row < n; row++)
        if (!CHECK_STR(run(&t, fused, columns, n, row), run(&t, as, columns, n, row)))
            printf("    row %u\n", row);
    source_close(&source);

    /* What is not lowered: paths of rows, wildcards, DEFAULT values, lax with two behaviours. */
    struct expr *column = expr_column(t.arena, 1, &type_string, (struct span){ 0 });
    CHECK(
        !json_call_of(bind(&t, "JSON_VALUE", (struct expr *[]){ message, column }, 2))->lowerable);
    CHECK(!json_call_of(value_at(&t, message, "$.a[*]"))->lowerable);
    struct json_clauses clauses = { .on_error = JSON_GIVE_ERROR };
    struct expr *e;
    CHECK_INT(function_bind(&t.env, function_find(STR("JSON_VALUE"), DIALECT_FLINK),
                            (struct expr *[]){ message, text(&t, "lax $.a") }, 2, &clauses,
                            (struct span){ 0 }, &e, &err),
              OK);
    CHECK(!json_call_of(e)->lowerable);
    CHECK_INT(function_bind(&t.env, function_find(STR("JSON_VALUE"), DIALECT_FLINK),
                            (struct expr *[]){ message, text(&t, "strict $.a") }, 2, &clauses,
                            (struct span){ 0 }, &e, &err),
              OK);
    CHECK(json_call_of(e)->lowerable && (e->flags & CALL_FAILS));
    CHECK(!json_can_fuse_cast(e, &type_bigint));
    CHECK(json_call_of(message) == NULL);
    arena_destroy(t.arena);
}

static void out_of_memory(void)
{
    static const char document[] = "'{\"a\":[\"\\u0041\",{\"b\":1.5}],\"c\":\"{\\\"d\\\":2}\"}";
    static const char *const names[] = { "JSON_VALUE",   "JSON_QUERY",  "JSON",
                                         "JSON_UNQUOTE", "JSON_STRING", "JSON_EXISTS" };
    for (size_t f = 0; f < countof(names); f++) {
        for (uint64_t n = 1; n < 400; n++) {
            struct arena *arena = arena_create(), *op = arena_create();
            struct bind_env env = { .arena = arena, .dialect = DIALECT_FLINK, .zone = zone_utc };
            struct value text_value, path;
            struct error err = { 0 };
            struct expr *e;
            struct program *p;
            struct column *out;
            fn_parse(arena, document, &text_value);
            fn_parse(arena, n % 2 ? "'$.a[1]" : "'$.a[*]", &path);
            struct column *columns[2] = { fn_column(arena, &text_value), fn_column(arena, &path) };
            struct expr *args[2] = { expr_column(arena, 0, &type_string, (struct span){ 0 }),
                                     n % 4 < 2
                                         ? expr_column(arena, 1, &type_string, (struct span){ 0 })
                                         : expr_literal(arena, &path, (struct span){ 0 }) };
            uint32_t count = strstr(names[f], "_VALUE") || strstr(names[f], "_QUERY") ||
                                     strstr(names[f], "_EXISTS")
                                 ? 2
                                 : 1;
            mem_fail_at(n / 4 + 1);
            enum code code = function_bind_name(&env, str_of(names[f]), args, count,
                                                (struct span){ 0 }, &e, &err);
            if (code == OK)
                code = program_create(op, &e, 1, NULL, &p, &err);
            if (code == OK) {
                program_begin(p, op, columns, FN_ROWS);
                code = program_column(p, 0, &(struct rows){ .sel = (uint32_t[]){ 1, 3 }, .n = 2 },
                                      &out, &err);
            }
            bool pending = mem_fail_pending();
            mem_fail_at(0);
            if (code != OK && !CHECK_INT(code, E_NOMEM))
                printf("    %s %llu: %s\n", names[f], (unsigned long long)n, err.message);
            arena_destroy(op);
            arena_destroy(arena);
            if (pending && n % 4 == 3)
                break;
        }
    }
}

int main(void)
{
    RUN(blink_value);
    RUN(flink_value);
    RUN(flink_defaults);
    RUN(flink_returning);
    RUN(flink_query);
    RUN(exists);
    RUN(is_json);
    RUN(make);
    RUN(nested_makers);
    RUN(lowering);
    RUN(lowering_flink);
    RUN(out_of_memory);
    return check_failed != 0;
}
