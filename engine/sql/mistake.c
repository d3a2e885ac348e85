/* mistake.c -- what people write who come from another SQL, or in a hurry, and what to write
 * instead: here in queries, and the way to all. */
#include "sql/mistake.h"

#include "sql.h"

static bool empty_list(const struct sql_around *a, struct error *err)
{
    if (now(a).code != TK_FROM ||
        (code_before(a, 0) != TK_SELECT && code_before(a, 0) != TK_DISTINCT))
        return false;
    return say(err, now(a).span, "there is no column between SELECT and FROM",
               "SELECT * takes all columns.");
}

static bool limit_of_two(const struct sql_around *a, struct error *err)
{
    if (now(a).code != TK_COMMA || code_before(a, 0) != TK_INTEGER || code_before(a, 1) != TK_LIMIT)
        return false;
    error_at(err, E_SYNTAX, now(a).span, "LIMIT takes one number");
    struct str first = sql_token_str(a, a->before[0]);
    if (code_after(a, 0) == TK_INTEGER) {
        struct str second = sql_token_str(a, a->after[0]);
        error_hint(err, "Write LIMIT " STR_FMT " OFFSET " STR_FMT ".", STR_ARG(second),
                   STR_ARG(first));
    }
    return true;
}

static bool top(const struct sql_around *a, struct error *err)
{
    if (code_before(a, 1) != TK_SELECT || !sql_token_is(a, a->before[0], "TOP") ||
        now(a).code != TK_INTEGER)
        return false;
    error_at(err, E_SYNTAX, join_spans(a->before[0], now(a)), "there is no TOP");
    struct str n = sql_token_str(a, now(a));
    error_hint(err, "Write LIMIT " STR_FMT " at the end of the query.", STR_ARG(n));
    return true;
}

static bool distinct_on(const struct sql_around *a, struct error *err)
{
    if (now(a).code != TK_ON || code_before(a, 0) != TK_DISTINCT)
        return false;
    return say(err, join_spans(a->before[0], now(a)), "there is no DISTINCT ON",
               "ROW_NUMBER() OVER (PARTITION BY key ORDER BY time) = 1 keeps the first row of a "
               "key.");
}

static bool empty_in(const struct sql_around *a, struct error *err)
{
    if (now(a).code != TK_RP || code_before(a, 0) != TK_LP || code_before(a, 1) != TK_IN)
        return false;
    return say(err, join_spans(a->before[0], now(a)), "the list of IN is empty", NULL);
}

static bool sample(const struct sql_around *a, struct error *err)
{
    if (!sql_token_is(a, a->before[0], "TABLESAMPLE"))
        return false;
    return say(err, a->before[0].span, "there is no TABLESAMPLE", "Write WHERE RAND() < 0.1.");
}

static bool emit_changes(const struct sql_around *a, struct error *err)
{
    if (!sql_token_is(a, now(a), "CHANGES") || !sql_token_is(a, a->before[0], "EMIT"))
        return false;
    return say(err, join_spans(a->before[0], now(a)), "there is no EMIT CHANGES",
               "Leave it out: every query gives its changes.");
}

static const char *clause_text(int rank)
{
    static const char *const names[] = { "",       "SELECT",  "FROM",     "WHERE", "GROUP BY",
                                         "HAVING", "QUALIFY", "ORDER BY", "LIMIT" };
    return names[rank];
}

static bool clause_order(const struct sql_around *a, struct error *err)
{
    int rank = sql_clause_rank(now(a).code);
    if (rank < sql_clause_rank(TK_FROM) || a->clause < rank)
        return false;
    if (rank == a->clause)
        error_at(err, E_SYNTAX, now(a).span, "%s is written twice in this query",
                 clause_text(rank));
    else
        error_at(err, E_SYNTAX, now(a).span, "%s stands behind %s, and belongs in front of it",
                 clause_text(rank), clause_text(a->clause));
    if (rank == a->clause && now(a).code == TK_WHERE)
        error_hint(err, "Conditions are joined by AND.");
    return true;
}

/* * EXCEPT (a) */
static bool star_except(const struct sql_around *a, struct error *err)
{
    if (a->opener.code != TK_EXCEPT || code_before(a, 2) != TK_STAR || !accepts(a, TK_SELECT) ||
        !is_word(a, now(a)))
        return false;
    return say(err, a->opener.span, "there is no * EXCEPT", "List the columns that are wanted.");
}

/* A word that is left out of a phrase of two: without it the first one was taken for a name. */
static bool half_phrase(const struct sql_around *a, struct error *err)
{
    static const struct {
        const char *first;
        int at; /* how many tokens stand between it and the refused one */
        const char *missing, *form;
    } phrases[] = {
        { "PARTITION", 0, "BY", "PARTITION BY column" },
        { "DISTRIBUTED", 0, "BY", "DISTRIBUTED BY (column)" },
        { "WATERMARK", 1, "FOR", "WATERMARK FOR column AS column - INTERVAL '5' SECOND" },
        { "WINDOW", 0, "AS", "WINDOW name AS (PARTITION BY ... ORDER BY ...)" },
        { "FETCH", 2, "ROWS ONLY", "FETCH FIRST 5 ROWS ONLY" },
        { "FETCH", 3, "ROWS ONLY", "FETCH FIRST 5 ROWS ONLY" },
    };
    for (size_t i = 0; i < countof(phrases); i++) {
        if (phrases[i].at >= a->before_count ||
            !sql_token_is(a, a->before[phrases[i].at], phrases[i].first) || now(a).code == TK_BY ||
            now(a).code == TK_FOR)
            continue;
        error_at(err, E_SYNTAX, a->before[phrases[i].at].span, "%s without %s", phrases[i].first,
                 phrases[i].missing);
        error_hint(err, "Its form is %s.", phrases[i].form);
        return true;
    }
    return false;
}

static bool over_parens(const struct sql_around *a, struct error *err)
{
    if (code_before(a, 0) != TK_OVER || (now(a).code != TK_PARTITION && now(a).code != TK_ORDER))
        return false;
    return say(err, now(a).span, "what OVER says stands in parentheses",
               "Write OVER (PARTITION BY ... ORDER BY ...).");
}

/* WITH x (SELECT ...) */
static bool with_as(const struct sql_around *a, struct error *err)
{
    if (now(a).code != TK_SELECT || code_before(a, 0) != TK_LP || code_before(a, 1) != TK_ID ||
        (code_before(a, 2) != TK_WITH && code_before(a, 2) != TK_COMMA) || accepts(a, TK_SELECT))
        return false;
    return say(err, a->before[0].span, "AS is missing in front of \"(\"", NULL);
}

static bool mistake_of_query(const struct sql_around *a, struct error *err)
{
    static bool (*const all[])(const struct sql_around *, struct error *) = {
        empty_list,   limit_of_two, top,         distinct_on, empty_in, sample,
        emit_changes, star_except,  half_phrase, over_parens, with_as,
    };
    for (size_t i = 0; i < countof(all); i++)
        if (all[i](a, err))
            return true;
    return false;
}

bool sql_find_mistake(const struct sql_around *around, struct error *err)
{
    return mistake_of_statement(around, err) || mistake_of_query(around, err) ||
           mistake_of_value(around, err) || mistake_of_table(around, err) ||
           clause_order(around, err);
}
