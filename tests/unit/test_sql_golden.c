/* test_sql_golden.c -- tests/golden/parse: jobs against their canonical print, and texts
 * with a mistake against what people get to read.  WEIR_UPDATE=1 writes the expected
 * files anew; read the difference before keeping it. */
#include "sql/parse.h"

#include "base/arena.h"
#include "sql/diag.h"
#include "support/check.h"
#include "test_sql_files.h"

static void compare(const char *name, struct buf *got)
{
    char relative[200], path[400];
    struct buf want;
    snprintf(relative, sizeof relative, "tests/golden/parse/%s", name);
    if (getenv("WEIR_UPDATE")) {
        if (source_path("tests/golden/parse/query.sql", path, sizeof path)) {
            memcpy(strstr(path, "query.sql"), name, strlen(name) + 1);
            FILE *file = fopen(path, "wb");
            if (CHECK(file != NULL)) {
                CHECK_INT(fwrite(got->data, 1, got->size, file), got->size);
                fclose(file);
            }
        }
        return;
    }
    if (!CHECK(source_path(relative, path, sizeof path)) || !CHECK(read_file(path, &want)))
        return;
    if (!CHECK_STR(buf_cstr(got), buf_cstr(&want)))
        printf("    %s\n", relative);
    buf_done(&want);
}

static void parse_and_compare(const char *name, unsigned flags, const char *extension)
{
    char file[200], path[400];
    struct buf text, out;
    snprintf(file, sizeof file, "tests/golden/parse/%s.sql", name);
    if (!CHECK(source_path(file, path, sizeof path)) || !CHECK(read_file(path, &text)))
        return;
    struct arena *arena = arena_create();
    struct ast_script *script, *again;
    struct error err = { 0 };
    if (!CHECK(arena != NULL))
        return;
    buf_init(&out, FILE_LIMIT);
    if (CHECK_INT(sql_parse(arena, buf_view(&text), &script, &err), OK)) {
        ast_print_script(&out, script, flags);
        if (CHECK_INT(sql_parse(arena, buf_view(&out), &again, &err), OK))
            CHECK(ast_script_equal(script, again));
        snprintf(file, sizeof file, "%s.%s", name, extension);
        compare(file, &out);
    } else {
        diag_print(&out, &err, str_of(file), buf_view(&text));
        printf("%s\n", buf_cstr(&out));
    }
    buf_done(&out);
    arena_destroy(arena);
    buf_done(&text);
}

static void test_canonical(void)
{
    static const char *const names[] = { "blink", "create_table", "expression", "query",
                                         "statement" };
    for (size_t i = 0; i < countof(names); i++)
        parse_and_compare(names[i], 0, "out");
}

static void test_parentheses(void)
{
    parse_and_compare("expression", AST_PRINT_PARENS, "parens");
}

/* Texts are separated by lines of four dashes. */
static void test_messages(void)
{
    char path[400];
    struct buf in, out;
    if (!CHECK(source_path("tests/golden/parse/errors.in", path, sizeof path)) ||
        !CHECK(read_file(path, &in)))
        return;
    buf_init(&out, FILE_LIMIT);
    buf_cstr(&in);
    char *text = in.data;
    while (text) {
        char *end = strstr(text, "\n----\n");
        struct str one = end ? str_make(text, (size_t)(end - text)) : str_of(text);
        struct arena *arena = arena_create();
        struct ast_script *script;
        struct error err = { 0 };
        if (CHECK(arena != NULL) && CHECK(sql_parse(arena, one, &script, &err) != OK)) {
            CHECK(err.has_span);
            diag_print(&out, &err, STR("job.sql"), one);
        } else {
            printf("    accepted: %.*s\n", STR_ARG(one));
        }
        arena_destroy(arena);
        buf_text(&out, "----\n");
        text = end ? end + 6 : NULL;
    }
    compare("errors.out", &out);
    buf_done(&out);
    buf_done(&in);
}

int main(void)
{
    RUN(test_canonical);
    RUN(test_parentheses);
    RUN(test_messages);
    return check_failed != 0;
}
