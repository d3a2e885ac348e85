/* complete_word.c -- keywords that the parser would take, and names of the kind that it wants. */
#include "session/complete_inner.h"

#include "agg/agg_over.h"
#include "bind/bind.h"
#include "expr/function.h"
#include "expr/table_function.h"
#include "sql/ast.h"

enum { STATEMENT_BYTES_MAX = 256 << 10 };

/* Words that come together; a keyword of these alone is offered only where it stands alone. */
static const char *const phrases[] = {
    "SELECT",
    "SELECT DISTINCT",
    "INSERT INTO",
    "CREATE TABLE",
    "CREATE TEMPORARY TABLE",
    "CREATE VIEW",
    "CREATE TEMPORARY VIEW",
    "CREATE TABLE IF NOT EXISTS",
    "DROP TABLE",
    "DROP VIEW",
    "IF NOT EXISTS",
    "IF EXISTS",
    "EXPLAIN",
    "EXPLAIN PLAN FOR",
    "EXECUTE STATEMENT SET",
    "BEGIN STATEMENT SET;",
    "GROUP BY",
    "ORDER BY",
    "PARTITION BY",
    "PARTITIONED BY",
    "LEFT JOIN",
    "RIGHT JOIN",
    "FULL JOIN",
    "INNER JOIN",
    "CROSS JOIN",
    "LATERAL TABLE (",
    "CROSS JOIN UNNEST (",
    "UNION ALL",
    "UNION",
    "GROUPING SETS (",
    "IS NULL",
    "IS NOT NULL",
    "NOT NULL",
    "NOT IN",
    "NOT LIKE",
    "NOT BETWEEN",
    "NULLS FIRST",
    "NULLS LAST",
    "PRIMARY KEY",
    "PRIMARY KEY NOT ENFORCED",
    "NOT ENFORCED",
    "WATERMARK FOR",
    "METADATA FROM",
    "FOR SYSTEM_TIME AS OF",
    "OVER (",
    "FILTER (WHERE",
    "WITHIN GROUP (ORDER BY",
    "ROWS BETWEEN",
    "RANGE BETWEEN",
    "UNBOUNDED PRECEDING",
    "UNBOUNDED PRECEDING AND CURRENT ROW",
    "CURRENT ROW",
    "WITH (",
};

/* The text of the statement up to the word, for the parser. */
static bool statement_before(struct completer *c, struct buf *ret)
{
    size_t end = c->out->from;
    if (end - c->begin > STATEMENT_BYTES_MAX)
        return false;
    buf_put(ret, c->text.data + c->begin, end - c->begin);
    return !ret->failed;
}

static bool may_fit(const struct completer *c, struct str word)
{
    return word.size >= c->word.size && str_ieq(str_make(word.data, c->word.size), c->word);
}

static void offer_keywords(struct completer *c, struct sql_expect *expect)
{
    for (size_t i = 0; i < countof(phrases); i++) {
        struct str words = str_of(phrases[i]);
        if (may_fit(c, words) && sql_expect_words(expect, words))
            complete_offer_word(c, COMPLETE_KEYWORD, words, "", STR(""));
    }
    for (uint32_t i = 0; sql_keyword_at(i); i++) {
        struct str word = str_of(sql_keyword_at(i));
        bool begins_phrase = false;
        for (uint32_t k = 0; k < c->out->count && !begins_phrase; k++) {
            struct str label = c->out->items[k].label;
            begins_phrase = c->out->items[k].kind == COMPLETE_KEYWORD && label.size > word.size &&
                            label.data[word.size] == ' ' &&
                            str_ieq(str_make(label.data, word.size), word);
        }
        if (!begins_phrase && may_fit(c, word) && sql_expect_words(expect, word))
            complete_offer_word(c, COMPLETE_KEYWORD, word, "", STR(""));
    }
}

/* A text with errors: whatever begins so. */
static void offer_any_keyword(struct completer *c)
{
    for (uint32_t i = 0; c->word.size > 0 && sql_keyword_at(i); i++)
        if (may_fit(c, str_of(sql_keyword_at(i))))
            complete_offer_word(c, COMPLETE_KEYWORD, str_of(sql_keyword_at(i)), "", STR(""));
}

static void offer_function(struct completer *c, const char *name, const char *signature)
{
    char first = name[0];
    if (!((first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z')))
        return; /* an operator */
    bool called = complete_token_at(&c->tokens, c->here + (c->word.size > 0))->kind == SCAN_OPEN;
    bool bare = signature && !strchr(signature, '('); /* CURRENT_DATE */
    complete_offer_word(c, COMPLETE_FUNCTION, str_of(name), called || bare ? "" : "(",
                        str_of(signature ? signature : ""));
}

static void offer_functions(struct completer *c)
{
    if (c->word.size == 0)
        return; /* they are too many to be of use */
    for (uint32_t i = 0; function_at(i); i++)
        offer_function(c, function_at(i)->name, function_at(i)->signature);
    for (uint32_t i = 0; agg_function_at(i); i++)
        offer_function(c, agg_function_at(i)->name, agg_function_at(i)->signature);
    for (uint32_t i = 0; agg_over_function_at(i); i++)
        offer_function(c, agg_over_function_at(i)->name, agg_over_function_at(i)->signature);
}

static void offer_table_functions(struct completer *c)
{
    for (uint32_t i = 0; table_function_at(i); i++)
        offer_function(c, table_function_at(i)->name, table_function_at(i)->signature);
    static const char *const windows[] = { "TUMBLE", "HOP", "CUMULATE", "SESSION" };
    for (size_t i = 0; i < countof(windows); i++)
        complete_offer_word(c, COMPLETE_FUNCTION, str_of(windows[i]), "(TABLE ", STR(""));
}

static void offer_types(struct completer *c)
{
    static const char *const nested[] = { "ARRAY", "MAP", "ROW", "MULTISET" };
    for (uint32_t i = 0; bind_type_name_at(i); i++)
        complete_offer_word(c, COMPLETE_TYPE, str_of(bind_type_name_at(i)), "", STR(""));
    for (size_t i = 0; i < countof(nested); i++)
        complete_offer_word(c, COMPLETE_TYPE, str_of(nested[i]), "<", STR(""));
}

static void offer_shows(struct completer *c)
{
    static const char *const shows[] = {
#define X(name, text) text,
        AST_SHOWS(X)
#undef X
    };
    for (size_t i = 0; i < countof(shows); i++)
        complete_offer_word(c, COMPLETE_KEYWORD, str_of(shows[i]), "", STR(""));
}

/* What EXPLAIN takes besides a query; names of details are no keywords. */
static void offer_explains(struct completer *c)
{
    static const char *const words[] = { "INSERT INTO",    "ANALYZE",     "CHANGELOG_MODE",
                                         "ESTIMATED_COST", "PLAN_ADVICE", "JSON_EXECUTION_PLAN" };
    for (size_t i = 0; i < countof(words); i++)
        complete_offer_word(c, COMPLETE_KEYWORD, str_of(words[i]), "", STR(""));
}

/* Does a table's name stand behind the tokens before the word? */
static bool wants_table(const struct completer *c)
{
    static const char *const before[] = { "FROM", "JOIN",     "INTO", "TABLE",  "VIEW",
                                          "DESC", "DESCRIBE", "LIKE", "UPDATE", "OVERWRITE" };
    const struct complete_tokens *t = &c->tokens;
    uint32_t last = c->here - 1;
    if (c->here == 0)
        return false;
    if (complete_is(t, last, "EXISTS") && complete_is(t, 0, "DROP"))
        return true;
    if (complete_is(t, last, "LIKE") && !complete_is(t, 0, "CREATE"))
        return false;
    if (complete_is(t, last, ","))
        return complete_is_in_from(c);
    for (size_t i = 0; i < countof(before); i++)
        if (complete_is(t, last, before[i]))
            return !(complete_is(t, 0, "CREATE") && last < 4 &&
                     (complete_is(t, last, "TABLE") || complete_is(t, last, "VIEW")));
    return false;
}

/* Inside of the columns of CREATE TABLE, and not of a query behind it? */
static bool is_in_columns(const struct completer *c)
{
    const struct complete_tokens *t = &c->tokens;
    uint32_t open = complete_find_open(t, 0, c->here);
    bool creates = complete_is(t, 0, "CREATE") &&
                   (complete_is(t, 1, "TABLE") || complete_is(t, 1, "TEMPORARY"));
    if (!creates || open == UINT32_MAX)
        return false;
    for (uint32_t i = 0; i < c->here; i++)
        if (complete_is(t, i, "SELECT"))
            return false;
    return true;
}

static void offer_names(struct completer *c, const struct sql_expected *expected)
{
    const struct complete_tokens *t = &c->tokens;
    uint32_t last = c->here > 0 ? c->here - 1 : UINT32_MAX;
    if (complete_is(t, last, "SHOW")) {
        offer_shows(c);
    } else if (wants_table(c)) {
        complete_offer_tables(c);
        if (complete_is(t, last, "FROM") || complete_is(t, last, "JOIN"))
            complete_offer_word(c, COMPLETE_KEYWORD, STR("TABLE"), "(", STR(""));
    } else if (complete_token_at(t, last)->kind == SCAN_OPEN && last > 0 &&
               complete_is(t, last - 1, "TABLE")) {
        offer_table_functions(c);
    } else if (is_in_columns(c)) {
        if (expected->expression || complete_is(t, last, "FOR") ||
            complete_find_open(t, 0, c->here) != complete_find_open(t, 0, 4))
            complete_own_columns(c);
        if (expected->type)
            offer_types(c);
        if (expected->expression)
            offer_functions(c);
    } else if (expected->type) {
        offer_types(c);
    } else if (expected->expression) {
        complete_columns(c, (struct str){ NULL, 0 });
        offer_functions(c);
    } else if (complete_token_at(t, last)->kind == SCAN_OPEN || complete_is(t, last, ",")) {
        complete_columns(c, (struct str){ NULL, 0 }); /* INSERT INTO t (a, */
    }
}

void complete_words(struct completer *c)
{
    const struct complete_tokens *t = &c->tokens;
    if (c->here > 1 && complete_is(t, c->here - 1, ".")) {
        complete_columns(c, complete_unquote(c, &t->items[c->here - 2]));
        return;
    }
    struct buf before;
    struct sql_expected expected = { 0 };
    struct sql_expect *expect = arena_new(c->arena, struct sql_expect);
    buf_init(&before, STATEMENT_BYTES_MAX + 256);
    bool is_known = expect && statement_before(c, &before);
    if (is_known) {
        sql_expect_begin(expect, &before);
        is_known = sql_expect_kinds(expect, &expected);
    }
    if (!is_known) {
        expected = (struct sql_expected){ .name = true, .expression = true };
        offer_names(c, &expected);
        if (c->out->count == 0)
            offer_any_keyword(c);
    } else {
        if (expected.name && !expected.statement)
            offer_names(c, &expected);
        else if (complete_is(t, c->here - (c->here > 0), "SHOW"))
            offer_shows(c);
        if (complete_is(t, c->here - (c->here > 0), "EXPLAIN"))
            offer_explains(c);
        offer_keywords(c, expect);
    }
    buf_done(&before);
}
