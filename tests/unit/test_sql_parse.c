/* test_sql_parse.c -- what the parser makes of each kind of statement and expression,
 * seen through the printer and in the tree. */
#include "sql/parse.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "support/check.h"
#include "test_sql_files.h"

static struct arena *arena;

static const char *printed(const char *sql, unsigned flags)
{
    static struct buf out;
    struct ast_script *script;
    struct error err = { 0 };
    buf_done(&out);
    buf_init(&out, FILE_LIMIT);
    if (sql_parse(arena, str_of(sql), &script, &err) != OK)
        buf_printf(&out, "%u: %s", err.span.offset, err.message);
    else
        for (uint32_t i = 0; i < script->statements.count; i++) {
            buf_text(&out, i ? "; " : "");
            ast_print(&out, script->statements.items[i], flags);
        }
    return buf_cstr(&out);
}

static const char *expr_printed(const char *sql)
{
    static struct buf out;
    struct ast_node *node;
    struct error err = { 0 };
    buf_done(&out);
    buf_init(&out, FILE_LIMIT);
    if (sql_parse_expr(arena, str_of(sql), &node, &err) != OK)
        buf_printf(&out, "%u: %s", err.span.offset, err.message);
    else
        ast_print(&out, node, AST_PRINT_PARENS);
    return buf_cstr(&out);
}

static struct ast_node *statement(const char *sql, enum ast_kind kind)
{
    static union {
        struct ast_node node;
        char room[1024];
    } nothing;
    struct ast_script *script;
    struct error err = { 0 };
    if (!CHECK_INT(sql_parse(arena, str_of(sql), &script, &err), OK) ||
        !CHECK_INT(script->statements.count, 1) ||
        !CHECK_STR(ast_kind_name(script->statements.items[0]->kind), ast_kind_name(kind)))
        return &nothing.node;
    return script->statements.items[0];
}

static void test_precedence(void)
{
    static const char *const cases[][2] = {
        { "a or b and not c = d", "(a OR (b AND (NOT (c = d))))" },
        { "not a and b or c", "(((NOT a) AND b) OR c)" },
        { "a = b = c", "((a = b) = c)" },
        { "a + b * c - d / e", "((a + (b * c)) - (d / e))" },
        { "a - b - c", "((a - b) - c)" },
        { "a || b + c", "((a || b) + c)" },
        { "-a * b", "((-a) * b)" },
        { "- 1 - -1", "(-1 - -1)" },
        { "-(1)", "-1" },
        { "- - 1", "(- -1)" },
        { "a = b is null", "((a = b) IS NULL)" },
        { "not a is null", "(NOT (a IS NULL))" },
        { "a = b like c", "(a = (b LIKE c))" },
        { "a like b || c escape d", "(a LIKE (b || c) ESCAPE d)" },
        { "a not like b and c not in (1) or d not between 1 and 2 and e",
          "(((a NOT LIKE b) AND (c NOT IN (1))) OR ((d NOT BETWEEN 1 AND 2) AND e))" },
        { "a between b + 1 and c and d", "((a BETWEEN (b + 1) AND c) AND d)" },
        { "a is distinct from b = c", "((a IS DISTINCT FROM b) = c)" },
        { "a is not distinct from b is true", "((a IS NOT DISTINCT FROM b) IS TRUE)" },
        { "a >= all (1, 2) and b < some (select 1)",
          "((a >= ALL (1, 2)) AND (b < ANY (SELECT 1)))" },
        { "x[1].y[2].z", "x[1].y[2].z" },
        { "(a.b).c", "(a.b).c" },
        { "f(x).y + t.a.b", "(f(x).y + t.a.b)" },
        { "case a when 1 then b else c end = d", "(CASE a WHEN 1 THEN b ELSE c END = d)" },
        { "((((a))))", "a" },
    };
    for (size_t i = 0; i < countof(cases); i++)
        CHECK_STR(expr_printed(cases[i][0]), cases[i][1]);
}

static void test_functions(void)
{
    static const char *const cases[][2] = {
        { "cast(a as varchar)", "CAST(a AS VARCHAR)" },
        { "extract(year from ts)", "EXTRACT(YEAR FROM ts)" },
        { "position(a || b in c)", "POSITION((a || b) IN c)" },
        { "substring(a from 1 for 2)", "substring(a, 1, 2)" },
        { "trim(both 'x' from a)", "trim(a, 'x')" },
        { "trim(trailing from a)", "TRIM(TRAILING FROM a)" },
        { "overlay(a placing b from 1)", "overlay(a, b, 1)" },
        { "floor(ts to hours)", "floor(ts TO HOUR)" },
        { "timestampdiff(sql_tsi_day, a, b)", "timestampdiff(DAY, a, b)" },
        { "current_timestamp", "current_timestamp" },
        { "count(*) filter (where a > 1)", "count(*) FILTER (WHERE (a > 1))" },
        { "left(a, 2) = right(b, 2)", "(left(a, 2) = right(b, 2))" },
        { "json_value (`message`, '$.a')", "JSON_VALUE(message, '$.a')" },
        { "json_value(a, '$' returning int default -1 on empty error on error)",
          "JSON_VALUE(a, '$' RETURNING INT DEFAULT -1 ON EMPTY ERROR ON ERROR)" },
        { "row_number() over (partition by a order by b desc)",
          "row_number() OVER (PARTITION BY a ORDER BY b DESC)" },
        { "if(a, b, c)", "if(a, b, c)" },
        { "tumble_start(ts, interval '1' minute)", "tumble_start(ts, INTERVAL '1' MINUTE)" },
    };
    for (size_t i = 0; i < countof(cases); i++)
        CHECK_STR(expr_printed(cases[i][0]), cases[i][1]);
}

static const char *type_printed(const char *sql)
{
    static struct buf out;
    struct ast_type *type;
    struct error err = { 0 };
    buf_done(&out);
    buf_init(&out, FILE_LIMIT);
    if (sql_parse_type(arena, str_of(sql), &type, &err) != OK)
        buf_text(&out, err.message);
    else
        ast_print(&out, &type->node, 0);
    return buf_cstr(&out);
}

static void test_types(void)
{
    static const char *const cases[][2] = {
        { "int", "INT" },
        { "integer not null", "INT NOT NULL" },
        { "bigint(20) null", "BIGINT(20) NULL" },
        { "decimal(38, 18)", "DECIMAL(38, 18)" },
        { "double precision", "DOUBLE" },
        { "timestamp(3) with local time zone", "TIMESTAMP_LTZ(3)" },
        { "timestamp without time zone", "TIMESTAMP" },
        { "time(0) without time zone", "TIME(0)" },
        { "int array", "ARRAY<INT>" },
        { "int not null array not null", "ARRAY<INT NOT NULL> NOT NULL" },
        { "row<a int, b row(c string not null)>", "ROW<a INT, b ROW<c STRING NOT NULL>>" },
        { "row<>", "ROW<>" },
        { "map<string, array<multiset<int>>>", "MAP<STRING, ARRAY<MULTISET<INT>>>" },
        { "interval day(3) to second(6)", "INTERVAL DAY(3) TO SECOND(6)" },
        { "interval day to year", "an interval cannot go from DAY to YEAR" },
        { "varchar precision", "type VARCHAR cannot be followed by precision" },
        { "date with time zone", "type DATE cannot be followed by TIME ZONE" },
        { "decimal(99999999999)", "number \"99999999999\" is too large here" },
    };
    for (size_t i = 0; i < countof(cases); i++)
        CHECK_STR(type_printed(cases[i][0]), cases[i][1]);
}

static void test_create_table(void)
{
    const char *sql =
        "create table t (\n"
        "  a bigint(20) NOT NULL comment 'x', b as a + 1, c string metadata from 'k' virtual,\n"
        "  watermark wk for b as withoffset(b, 5000), primary key (a) not enforced,\n"
        "  period for system_time\n"
        ") with (type = 'kafka011', `group.id` = 'g', bootstrap.servers = 'h', ...)";
    const struct ast_create_table *table = (void *)statement(sql, AST_CREATE_TABLE);
    if (!CHECK_INT(table->columns.count, 3) || !CHECK_INT(table->options.count, 4) ||
        !CHECK_INT(table->watermarks.count, 1) || !CHECK_INT(table->keys.count, 1))
        return;
    const struct ast_column_def *a = (void *)table->columns.items[0];
    const struct ast_column_def *b = (void *)table->columns.items[1];
    const struct ast_column_def *c = (void *)table->columns.items[2];
    CHECK_INT(a->form, COLUMN_PHYSICAL);
    CHECK(a->type->not_null);
    CHECK_INT(a->type->params[0], 20);
    CHECK_SPAN(a->comment.text.data, a->comment.text.size, "x");
    CHECK_INT(b->form, COLUMN_COMPUTED);
    CHECK_INT(b->expr->kind, AST_BINARY);
    CHECK_SPAN(sql + b->expr->span.offset, b->expr->span.size, "a + 1");
    CHECK_INT(c->form, COLUMN_METADATA);
    CHECK(c->is_virtual);
    CHECK_SPAN(sql + c->node.span.offset, c->node.span.size, "c string metadata from 'k' virtual");
    const struct ast_watermark *watermark = (void *)table->watermarks.items[0];
    CHECK_SPAN(watermark->name.text.data, watermark->name.text.size, "wk");
    CHECK_INT(watermark->expr->kind, AST_CALL);
    CHECK(table->period);
    const struct ast_option *group = (void *)table->options.items[1];
    const struct ast_option *servers = (void *)table->options.items[2];
    const struct ast_option *dots = (void *)table->options.items[3];
    CHECK_SPAN(group->key.data, group->key.size, "group.id");
    CHECK_SPAN(servers->key.data, servers->key.size, "bootstrap.servers");
    CHECK_SPAN(sql + servers->key_span.offset, servers->key_span.size, "bootstrap.servers");
    CHECK(dots->placeholder);
    CHECK_SPAN(sql + dots->node.span.offset, dots->node.span.size, "...");
    CHECK_SPAN(sql + table->with_span.offset, 6, "with (");
    CHECK_INT(table->node.span.offset + table->node.span.size, strlen(sql));
}

static void test_spans(void)
{
    const char *sql = " select ( a + b ) * c as x , (select 1) from t /* c */ ; ";
    const struct ast_query *query = (void *)statement(sql, AST_QUERY);
    CHECK_SPAN(sql + query->node.span.offset, query->node.span.size,
               "select ( a + b ) * c as x , (select 1) from t");
    const struct ast_select *select = (void *)query->body;
    if (!CHECK(select != NULL) || !CHECK_INT(select->items.count, 2))
        return;
    const struct ast_select_item *item = (void *)select->items.items[0];
    CHECK_SPAN(sql + item->node.span.offset, item->node.span.size, "( a + b ) * c as x");
    CHECK_SPAN(sql + item->expr->span.offset, item->expr->span.size, "( a + b ) * c");
    const struct ast_binary *product = (void *)item->expr;
    CHECK_SPAN(sql + product->left->span.offset, product->left->span.size, "( a + b )");
    CHECK_SPAN(sql + product->op_span.offset, product->op_span.size, "*");
    CHECK_SPAN(sql + item->alias.span.offset, item->alias.span.size, "x");
    const struct ast_select_item *scalar = (void *)select->items.items[1];
    CHECK_SPAN(sql + scalar->expr->span.offset, scalar->expr->span.size, "(select 1)");
}

static void test_names(void)
{
    const struct ast_query *query = (void *)statement(
        "select level, role as role, a value, t.order, `x``y`, `t`.`a b` from t", AST_QUERY);
    const struct ast_select *select = (void *)query->body;
    if (!CHECK(select != NULL) || !CHECK_INT(select->items.count, 6))
        return;
    const struct ast_select_item *quoted = (void *)select->items.items[4];
    const struct ast_name *name = &((const struct ast_column *)quoted->expr)->path.items[0];
    CHECK_SPAN(name->text.data, name->text.size, "x`y");
    CHECK(name->quoted);
    const struct ast_select_item *dotted = (void *)select->items.items[5];
    CHECK_INT(((const struct ast_column *)dotted->expr)->path.count, 2);
}

static void test_script(void)
{
    CHECK_STR(printed("", 0), "");
    CHECK_STR(printed(" ;; -- x\n /* y */ ; // z", 0), "");
    CHECK_STR(printed("\xEF\xBB\xBFselect 1", 0), "SELECT 1");
    CHECK_STR(printed("select 1;select '\\;' ; select 3", 0), "SELECT 1; SELECT '\\;'; SELECT 3");
    CHECK_STR(printed("select 1--2\n+3//x\n", 0), "SELECT 1 + 3");
    CHECK_STR(printed("select 2*/*x*/3 /*+ not a hint: no name before */", 0),
              "16: syntax error at \"/*+\", expected a name, FROM, AS, \",\", \";\", "
              "an operator, ...");
    CHECK_STR(printed("/*++++ banner ++++*/ select 1", 0), "SELECT 1");
    CHECK_STR(printed("SET a.b = c d ; SET\n'x' = 'y';set z = 'q;r'", 0),
              "SET 'a.b' = 'c d'; SET 'x' = 'y'; SET 'z' = 'q;r'");
    CHECK_STR(printed("SET a = b\nSELECT 1", 0), "10: \";\" is missing in front of SELECT");
    CHECK_STR(printed("select * from \xE8\xA1\xA8 where \xE5\x90\x8D = '\xE5\x80\xBC'", 0),
              "SELECT * FROM `\xE8\xA1\xA8` WHERE `\xE5\x90\x8D` = '\xE5\x80\xBC'");
}

static void test_complete(void)
{
    CHECK(sql_statement_complete(STR("")));
    CHECK(sql_statement_complete(STR(" -- nothing\n")));
    CHECK(sql_statement_complete(STR("select 1;")));
    CHECK(sql_statement_complete(STR("select 1; -- done")));
    CHECK(!sql_statement_complete(STR("select 1")));
    CHECK(!sql_statement_complete(STR("select 1; select 2")));
    CHECK(!sql_statement_complete(STR("select ';")));
    CHECK(!sql_statement_complete(STR("select `;")));
    CHECK(!sql_statement_complete(STR("select 1 /* ;")));
    CHECK(sql_statement_complete(STR("select ';';")));
    CHECK(!sql_statement_complete(STR("begin statement set; insert into a select 1;")));
    CHECK(!sql_statement_complete(STR("begin statement set; insert into a select 1; end")));
    CHECK(sql_statement_complete(STR("begin statement set; insert into a select 1; end;")));
    CHECK(!sql_statement_complete(STR("execute statement set begin insert into a select 1;")));
    CHECK(sql_statement_complete(
        STR("execute statement set begin insert into a select case when b then 1 end; end;")));
}

static void test_bytes(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        uint32_t offset;
    } cases[] = {
        { "select 1\0", 9, 8 },         /* NUL outside, */
        { "select 'a\0b'", 12, 7 },     /* in a string, */
        { "select `a\0b`", 12, 7 },     /* in a name, */
        { "select 1 -- a\0b", 15, 13 }, /* in a comment */
        { "set a = b\0c", 11, 9 },
        { "select '\xFF'", 10, 8 },         /* no UTF-8 at all, */
        { "select '\xC0\xAF'", 11, 8 },     /* an overlong form, */
        { "select \xE5\x90", 9, 7 },        /* half a character, */
        { "select '\xED\xA0\x80'", 12, 8 }, /* a surrogate */
        { "select \x01", 8, 7 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct ast_script *script;
        struct error err = { 0 };
        CHECK_INT(sql_parse(arena, str_make(cases[i].bytes, cases[i].size), &script, &err),
                  E_SYNTAX);
        CHECK(err.has_span);
        CHECK_INT(err.span.offset, cases[i].offset);
    }
}

static enum code parse_repeated(const char *head, const char *unit, const char *tail, int n,
                                struct error *err)
{
    struct buf text;
    struct ast_script *script;
    buf_init(&text, FILE_LIMIT);
    buf_text(&text, head);
    for (int i = 0; i < n; i++)
        buf_text(&text, unit);
    buf_text(&text, tail);
    struct arena *own = arena_create();
    enum code code = E_NOMEM;
    if (CHECK(own != NULL) && CHECK(!text.failed))
        code = sql_parse(own, buf_view(&text), &script, err);
    if (code == OK) {
        struct buf out;
        struct ast_script *again;
        buf_init(&out, FILE_LIMIT);
        ast_print_script(&out, script, 0);
        CHECK_INT(sql_parse(own, buf_view(&out), &again, err), OK);
        CHECK(ast_script_equal(script, again));
        buf_done(&out);
    }
    arena_destroy(own);
    buf_done(&text);
    return code;
}

static void test_limits(void)
{
    struct error err = { 0 };
    CHECK_INT(parse_repeated("select a", " + a", "", 900, &err), OK);
    CHECK_INT(parse_repeated("select a", " + a", "", 5000, &err), E_LIMIT);
    CHECK_STR(err.message,
              "statement is nested too deeply, or one expression has too many operators");
    CHECK(err.has_span);
    CHECK_INT(parse_repeated("select ", "(", "a", 100000, &err), E_LIMIT);
    CHECK_INT(parse_repeated("select ", "(", "1", 900, &err), E_SYNTAX);
    CHECK_INT(parse_repeated("select ", "not ", "a", 900, &err), OK);
    CHECK_INT(parse_repeated("select ", "not ", "a", 100000, &err), E_LIMIT);
    CHECK_INT(parse_repeated("select ", "f(", "a", 100000, &err), E_LIMIT);
    CHECK_INT(parse_repeated("select a from ", "(select a from ", "t", 100000, &err), E_LIMIT);
    CHECK_INT(parse_repeated("select 1", " union all select 1", "", 100000, &err), E_LIMIT);
    CHECK_INT(parse_repeated("select a", "[1]", "", 100000, &err), E_LIMIT);
    CHECK_INT(parse_repeated("create table t (a ", "array<", "", 100000, &err), E_LIMIT);
    struct ast_script *script;
    CHECK_INT(sql_parse(arena, str_make("", (size_t)SQL_MAX_TEXT_BYTES + 1), &script, &err),
              E_LIMIT);
    /* Length alone is no depth. */
    CHECK_INT(parse_repeated("select a in (1", ", 1", ")", 100000, &err), OK);
    CHECK_INT(parse_repeated("select a", ", a", "", 100000, &err), OK);
    CHECK_INT(parse_repeated("", "select 1;", "", 50000, &err), OK);
    CHECK_INT(parse_repeated("select 1", "1", "", 100000, &err), OK);
}

static void check_round_trip(const char *name, struct str text)
{
    struct ast_script *script, *again;
    struct error err = { 0 };
    struct arena *own = arena_create();
    if (!CHECK(own != NULL))
        return;
    if (!CHECK_INT(sql_parse(own, text, &script, &err), OK))
        printf("    %s: %u: %s\n", name, err.span.offset, err.message);
    else
        for (unsigned flags = 0; flags <= AST_PRINT_PARENS; flags++) {
            struct buf out;
            buf_init(&out, FILE_LIMIT);
            ast_print_script(&out, script, flags);
            CHECK(!out.failed);
            if (CHECK_INT(sql_parse(own, buf_view(&out), &again, &err), OK))
                CHECK(ast_script_equal(script, again));
            buf_done(&out);
        }
    arena_destroy(own);
}

/* The n-th allocation fails, for all n: an error each time, and the last run succeeds. */
static void check_faults(struct str text)
{
    enum code code = E_NOMEM;
    uint64_t n = 0;
    for (n = 1; n < 100000 && code != OK; n++) {
        struct ast_script *script = NULL;
        struct error err = { 0 };
        struct arena *own = arena_create();
        if (!CHECK(own != NULL))
            return;
        mem_fail_at(n);
        code = sql_parse(own, text, &script, &err);
        bool pending = mem_fail_pending();
        mem_fail_at(0);
        if (pending) {
            CHECK_INT(code, OK);
            code = OK;
        } else {
            CHECK_INT(code, E_NOMEM);
            CHECK_INT(err.code, E_NOMEM);
            CHECK(script == NULL);
            code = E_NOMEM;
        }
        arena_destroy(own);
    }
    CHECK(n > 5);
}

static void test_published_jobs(void)
{
    static const uint32_t counts[] = { 9, 3, 3, 4, 4, 7, 4 };
    for (size_t i = 0; i < countof(published_jobs); i++) {
        char path[400];
        struct buf text;
        if (!shared_path(published_jobs[i], path, sizeof path) || !read_file(path, &text)) {
            printf("  skipped: %s is not here (set WEIR_SHARED)\n", published_jobs[i]);
            continue;
        }
        struct ast_script *script;
        struct error err = { 0 };
        if (CHECK_INT(sql_parse(arena, buf_view(&text), &script, &err), OK))
            CHECK_INT(script->statements.count, counts[i]);
        check_round_trip(path, buf_view(&text));
        check_faults(buf_view(&text));
        buf_done(&text);
    }
}

static void test_faults(void)
{
    check_faults(STR("select 'it''s', `a``b`, U&'\\0041', cast(a as c.d) from t where x in (1, 2);"
                     "create table t (a int, watermark for a as a) with ('k' = 'v''w', b.c = 'd');"
                     "set a.b = 'c''d'; begin statement set; insert into a select 1; end;"
                     "select sum(a) ignore nulls over (order by b) from t /*+ x('a' = 'b', c) */"));
}

/* Generous, so that a busy machine does not fail it: the aim is 10 KB in a millisecond. */
static void test_speed(void)
{
    struct buf text;
    struct ast_script *script;
    struct error err = { 0 };
    buf_init(&text, FILE_LIMIT);
    while (text.size < 1 << 20)
        buf_text(&text, "insert into sink select cast(json_value(`message`, '$.a') as bigint) as a,"
                        " concat('x', b, ',') from source where a = 1 and b like '%x%';\n");
    int64_t start = clock_cpu_us();
    CHECK_INT(sql_parse(arena, buf_view(&text), &script, &err), OK);
    int64_t us = clock_cpu_us() - start;
    printf("  %zu KB in %lld us of CPU\n", text.size >> 10, (long long)us);
    CHECK(us < 1000 * 1000);
    buf_done(&text);
}

int main(void)
{
    arena = arena_create();
    if (!CHECK(arena != NULL))
        return 1;
    RUN(test_precedence);
    RUN(test_functions);
    RUN(test_types);
    RUN(test_create_table);
    RUN(test_spans);
    RUN(test_names);
    RUN(test_script);
    RUN(test_complete);
    RUN(test_bytes);
    RUN(test_limits);
    RUN(test_published_jobs);
    RUN(test_faults);
    RUN(test_speed);
    arena_destroy(arena);
    return check_failed != 0;
}
