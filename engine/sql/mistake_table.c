/* mistake_table.c -- statements, tables and options as other SQLs have them. */
#include "sql/mistake.h"

#include "sql/recover.h"

#include "sql.h"

/* ---- statements ---------------------------------------------------------------------------- */

static bool is_first_of_line(const struct sql_around *a, struct sql_token token)
{
    uint32_t at = token.span.offset;
    const char *text = a->refusal->text.data;
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    return at > 0 && text[at - 1] == '\n';
}

/* Two statements without ";" between them.  Words such as INSERT can be names: then it is the
 * one behind them that is refused. */
static bool semicolon(const struct sql_around *a, struct error *err)
{
    struct sql_refusal *r = a->refusal;
    struct sql_token next = now(a);
    uint32_t words = r->words;
    const struct sql_states *states = r->states;
    if (r->at_end || words == 0)
        return false;
    if (!sql_starts_statement(sql_keyword_code(sql_token_str(a, next)))) {
        next = a->before[0];
        states = r->previous_states;
        words--;
        if (!sql_starts_statement(next.code))
            return false;
    }
    if (words == 0 || !is_first_of_line(a, next) ||
        !sql_parser_accepts(states->states, states->n, TK_SEMICOLON))
        return false;
    struct str word = sql_token_str(a, next);
    error_at(err, E_SYNTAX, next.span, "\";\" is missing in front of " STR_FMT, STR_ARG(word));
    r->next = next.span.offset;
    return true;
}

static const struct foreign statements[] = {
    { "MERGE", "INSERT INTO a table with a PRIMARY KEY replaces rows by their key." },
    { "REPLACE", "INSERT INTO a table with a PRIMARY KEY replaces rows by their key." },
    { "UPSERT", "INSERT INTO a table with a PRIMARY KEY replaces rows by their key." },
    { "COPY", "INSERT INTO a table with 'connector' = 'filesystem' writes files." },
    { "LOAD", "A table with 'connector' = 'filesystem' reads files." },
    { "COMMIT", "A job has no transactions." },
    { "ROLLBACK", "A job has no transactions." },
    { "START", "A job has no transactions." },
    { "ADD", "Java code cannot be loaded." },
    { "REMOVE", "Java code cannot be loaded." },
    { "CALL", NULL },
    { "GRANT", NULL },
    { "REVOKE", NULL },
    { "DECLARE", NULL },
    { "PRAGMA", NULL },
    { "DO", NULL },
    { "IMPORT", NULL },
    { "EXPORT", NULL },
};

static bool statement(const struct sql_around *a, struct error *err)
{
    if (a->refusal->at_end || a->refusal->words > 0 || !accepts(a, TK_CREATE) ||
        !is_word(a, now(a)))
        return false;
    struct str word = sql_token_str(a, now(a));
    for (size_t i = 0; i < countof(statements); i++)
        if (str_iis(word, statements[i].word)) {
            error_at(err, E_SYNTAX, now(a).span, "there is no statement \"" STR_FMT "\"",
                     STR_ARG(word));
            if (statements[i].hint)
                error_hint(err, "%s", statements[i].hint);
            return true;
        }
    if (now(a).code == TK_FROM)
        return say(err, now(a).span, "a query begins with SELECT, not with FROM",
                   "Write SELECT * FROM ...");
    return false; /* it may be misspelled */
}

static const struct foreign objects[] = {
    { "STREAM", "CREATE TABLE makes sources and sinks." },
    { "SOURCE", "CREATE TABLE makes sources and sinks." },
    { "SINK", "CREATE TABLE makes sources and sinks." },
    { "EXTERNAL", "CREATE TABLE is enough: every table lies outside." },
    { "MATERIALIZED", "CREATE VIEW names a query; a table and an INSERT keep its rows." },
    { "INDEX", "A key of a table is declared in it: PRIMARY KEY (...) NOT ENFORCED." },
    { "UNIQUE", "A key of a table is declared in it: PRIMARY KEY (...) NOT ENFORCED." },
    { "SCHEMA", NULL },
    { "TRIGGER", NULL },
    { "PROCEDURE", NULL },
    { "TYPE", NULL },
    { "USER", NULL },
    { "ROLE", NULL },
    { "MODEL", NULL },
};

/* CREATE STREAM */
static bool object(const struct sql_around *a, struct error *err)
{
    if (code_before(a, 0) != TK_CREATE && code_before(a, 0) != TK_REPLACE &&
        code_before(a, 0) != TK_TEMPORARY)
        return false;
    for (size_t i = 0; i < countof(objects); i++)
        if (accepts(a, TK_TABLE) && sql_token_is(a, now(a), objects[i].word)) {
            error_at(err, E_SYNTAX, now(a).span, "there is no CREATE %s", objects[i].word);
            if (objects[i].hint)
                error_hint(err, "%s", objects[i].hint);
            return true;
        }
    return false;
}

bool mistake_of_statement(const struct sql_around *a, struct error *err)
{
    static bool (*const all[])(const struct sql_around *, struct error *) = {
        statement,
        object,
        semicolon,
    };
    for (size_t i = 0; i < countof(all); i++)
        if (all[i](a, err))
            return true;
    return false;
}

/* ---- tables -------------------------------------------------------------------------------- */

static bool is_in_with(const struct sql_around *a)
{
    return a->opener.code == TK_WITH;
}

static bool option_form(const struct sql_around *a, struct error *err)
{
    if (!is_in_with(a))
        return false;
    struct str word = sql_token_str(a, now(a));
    if (accepts(a, TK_EQ) && (now(a).code == TK_COLON || now(a).code == TK_ARROW))
        return say(err, now(a).span, "\"=\" stands between the key and the value of an option",
                   "Write 'key' = 'value'.");
    bool is_value = code_before(a, 0) == TK_EQ && accepts(a, TK_STRING);
    bool is_plain = now(a).code == TK_INTEGER || now(a).code == TK_DECIMAL || is_word(a, now(a));
    if (!is_value || !is_plain || word.size > 100)
        return false;
    error_at(err, E_SYNTAX, now(a).span, "the value of an option stands in quotes");
    error_hint(err, "Write '" STR_FMT "'.", STR_ARG(word));
    return true;
}

static const struct foreign attributes[] = {
    { "DEFAULT", "A column that INSERT leaves out is NULL; COALESCE(x, value) replaces it." },
    { "AUTO_INCREMENT", "Rows come with all their values." },
    { "AUTOINCREMENT", "Rows come with all their values." },
    { "IDENTITY", "Rows come with all their values." },
    { "REFERENCES", "Foreign keys say nothing to a stream." },
    { "CHECK", "A WHERE in the query that writes it keeps rows out." },
    { "CHARACTER", "Text is UTF-8." },
    { "CHARSET", "Text is UTF-8." },
    { "COLLATE", "Text is compared byte by byte." },
    { "UNSIGNED", "Take the next larger type." },
};

static bool column_attribute(const struct sql_around *a, struct error *err)
{
    if (!accepts(a, TK_COMMENT) || !accepts(a, TK_COMMA))
        return false;
    for (size_t i = 0; i < countof(attributes); i++)
        if (sql_token_is(a, now(a), attributes[i].word)) {
            error_at(err, E_SYNTAX, now(a).span, "a column has no %s", attributes[i].word);
            error_hint(err, "%s", attributes[i].hint);
            return true;
        }
    return false;
}

static bool table_engine(const struct sql_around *a, struct error *err)
{
    if (code_before(a, 0) != TK_RP || !accepts(a, TK_WITH) || !accepts(a, TK_PARTITIONED) ||
        !is_word(a, now(a)))
        return false;
    if (!sql_token_is(a, now(a), "ENGINE") && !sql_token_is(a, now(a), "STORED") &&
        !sql_token_is(a, now(a), "USING") && !sql_token_is(a, now(a), "TBLPROPERTIES"))
        return false;
    struct str word = sql_token_str(a, now(a));
    error_at(err, E_SYNTAX, now(a).span, "a table has no " STR_FMT, STR_ARG(word));
    error_hint(err, "Where it lies stands in WITH ('connector' = '...', ...).");
    return true;
}

bool mistake_of_table(const struct sql_around *a, struct error *err)
{
    static bool (*const all[])(const struct sql_around *, struct error *) = {
        option_form,
        table_engine,
        column_attribute,
    };
    for (size_t i = 0; i < countof(all); i++)
        if (all[i](a, err))
            return true;
    return false;
}
