/* repair.c -- the small change with which a refused text would be read, said as a sentence.
 *
 * A change is tried on the parser's tables: a token more, one less, or another one in its place,
 * and then the tokens that follow.  It counts if all of them would be taken (up to six, or to the
 * end of the statement).  Where several would do, the one that people more often need comes
 * first: a keyword that is misspelled, a comma before something that ends the list, a reserved
 * word for a name, then what may be missing. */
#include "sql/parse_error.h"
#include "sql/recover.h"

#include "sql/diag.h"
#include "base/nearest.h"

#include "sql.h"

#include <stdio.h>

enum { MAX_TOKENS = 300, MAX_TRIED = SQL_AFTER + 2 };

/* Would these two (0: none), and what follows the refused token, be taken? */
static bool reads_some(const struct sql_around *a, const struct sql_states *states, int first,
                       int second, int enough)
{
    int tokens[MAX_TRIED];
    int n = 0;
    if (first)
        tokens[n++] = first;
    if (second)
        tokens[n++] = second;
    for (int i = 0; i < a->after_count; i++)
        tokens[n++] = a->after[i].code;
    n = MIN(n, enough);
    return n > 0 && sql_parser_consumes(states->states, states->n, tokens, n) == n;
}

static bool reads(const struct sql_around *a, const struct sql_states *states, int first,
                  int second)
{
    return reads_some(a, states, first, second, MAX_TRIED);
}

static int now(const struct sql_around *a)
{
    return a->refusal->at_end ? TK_SEMICOLON : a->refusal->token.code;
}

/* "FROM" as the text has it ('x' has quotes of its own), or the end of the text; cut if it is
 * long. */
static const char *shown(const struct sql_around *a, struct sql_token token, char *out, size_t cap)
{
    struct str word = sql_token_str(a, token);
    if (a->refusal->at_end && token.span.offset == a->refusal->token.span.offset)
        return "the end of the text";
    size_t size = MIN(word.size, cap - 6);
    while (size > 0 && size < word.size && ((unsigned char)word.data[size] & 0xC0) == 0x80)
        size--; /* not half of a character */
    const char *quote = word.size > 0 && (word.data[0] == '\'' || word.data[0] == '`') ? "" : "\"";
    snprintf(out, cap, "%s%.*s%s%s", quote, (int)size, word.data, size < word.size ? "..." : "",
             quote);
    return out;
}

/* ---- keywords ------------------------------------------------------------------------------ */

static bool is_plain_word(struct str word)
{
    if (word.size < 3) /* any two letters are near to some word */
        return false;
    for (size_t i = 0; i < word.size; i++) {
        char c = word.data[i];
        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && c != '_')
            return false;
    }
    return true;
}

/* The nearest keyword that could stand there; 0: none. */
static int nearest_keyword(struct str word, const struct sql_states *states)
{
    struct str words[MAX_TOKENS];
    int codes[MAX_TOKENS];
    size_t n = 0;
    bool name = sql_parser_accepts(states->states, states->n, TK_ID);
    for (int code = 1; code < MIN(sql_parser_token_count(), (int)MAX_TOKENS); code++) {
        const char *text = sql_keyword_text(code);
        if (!text || (name && sql_parser_token_is_soft(code)) ||
            !sql_parser_accepts(states->states, states->n, code))
            continue;
        words[n] = str_of(text);
        codes[n++] = code;
    }
    int nearest = nearest_of(word, words, n);
    return nearest < 0 || str_ieq(words[nearest], word) ? 0 : codes[nearest];
}

static bool is_misspelled(const struct sql_around *a, struct error *err)
{
    enum { ENOUGH = 3 }; /* what follows may have mistakes of its own */
    struct sql_refusal *r = a->refusal;
    struct str word = sql_token_str(a, r->token);
    int code = 0;
    if (!r->at_end && r->token.code == TK_ID && is_plain_word(word))
        code = nearest_keyword(word, r->states);
    if (code && !reads_some(a, r->states, code, 0, ENOUGH))
        code = 0;
    struct sql_token culprit = r->token;
    if (!code && r->previous.code == TK_ID) {
        culprit = r->previous;
        word = sql_token_str(a, culprit);
        if (is_plain_word(word))
            code = nearest_keyword(word, r->previous_states);
        if (code && !reads_some(a, r->previous_states, code, now(a), ENOUGH))
            code = 0;
    }
    if (!code)
        return false;
    const char *text = sql_keyword_text(code);
    if (r->words == 0 && culprit.span.offset == r->token.span.offset)
        error_at(err, E_SYNTAX, culprit.span, "no statement begins with \"" STR_FMT "\"",
                 STR_ARG(word));
    else
        error_at(err, E_SYNTAX, culprit.span, "syntax error at \"" STR_FMT "\"", STR_ARG(word));
    error_hint(err, "Perhaps you meant %s.", text);
    return true;
}

/* ---- one too many -------------------------------------------------------------------------- */

static bool ends_list(int code)
{
    switch (code) {
    case TK_FROM:
    case TK_WHERE:
    case TK_GROUP:
    case TK_HAVING:
    case TK_ORDER:
    case TK_LIMIT:
    case TK_RP:
    case TK_RB:
    case TK_SEMICOLON:
    case TK_UNION:
    case TK_END:
        return true;
    default:
        return false;
    }
}

static bool has_trailing_comma(const struct sql_around *a, struct error *err)
{
    struct sql_refusal *r = a->refusal;
    if (r->previous.code != TK_COMMA || !ends_list(now(a)) ||
        !reads(a, r->previous_states, now(a), 0))
        return false;
    char word[80];
    error_at(err, E_SYNTAX, r->previous.span, "nothing follows this comma but %s",
             shown(a, r->token, word, sizeof word));
    error_hint(err, "Remove the comma, or add what is missing.");
    return true;
}

static bool is_doubled(const struct sql_around *a, struct error *err)
{
    struct sql_refusal *r = a->refusal;
    if (a->before_count > 1 && reads(a, r->previous_states, now(a), 0) &&
        str_ieq(sql_token_str(a, a->before[0]), sql_token_str(a, a->before[1]))) {
        char twice[80];
        error_at(err, E_SYNTAX, a->before[0].span, "%s is written twice",
                 shown(a, a->before[0], twice, sizeof twice));
        return true;
    }
    if (r->at_end || !reads(a, r->states, 0, 0))
        return false;
    char text[80];
    const char *word = shown(a, r->token, text, sizeof text);
    if (r->token.code == TK_RP && !r->has_open)
        error_at(err, E_SYNTAX, r->token.span, "there is no \"(\" that this \")\" closes");
    else if (str_ieq(sql_token_str(a, r->previous), sql_token_str(a, r->token)))
        error_at(err, E_SYNTAX, r->token.span, "%s is written twice", word);
    else if (r->token.code == TK_COMMA || r->token.code == TK_RP || r->token.code == TK_RB)
        error_at(err, E_SYNTAX, r->token.span, "%s is one too many", word);
    else
        return false;
    return true;
}

/* ---- a reserved word for a name ------------------------------------------------------------ */

/* Words that people take for names; FROM or AND out of place is another slip. */
static bool is_tempting(const struct sql_around *a, int code)
{
    switch (code) {
    case TK_GROUP:
    case TK_ORDER:
        return a->after_count == 0 || a->after[0].code != TK_BY;
    case TK_ALL:
    case TK_BY:
    case TK_CREATE:
    case TK_END:
    case TK_FOR:
    case TK_INTO:
    case TK_LEFT:
    case TK_LIKE:
    case TK_LIMIT:
    case TK_RIGHT:
    case TK_TABLE:
    case TK_UNION:
    case TK_USING:
    case TK_VALUES:
    case TK_WITH:
        return true;
    default:
        return false;
    }
}

static bool is_reserved_name(const struct sql_around *a, struct error *err)
{
    struct sql_refusal *r = a->refusal;
    struct str word = sql_token_str(a, r->token);
    if (r->at_end || !is_tempting(a, r->token.code) || !reads(a, r->states, TK_ID, 0))
        return false;
    error_at(err, E_SYNTAX, r->token.span, "\"" STR_FMT "\" is a reserved word", STR_ARG(word));
    error_hint(err, "As a name it stands in backquotes: `" STR_FMT "`.", STR_ARG(word));
    return true;
}

/* ---- something missing ---------------------------------------------------------------------- */

static bool misses(const struct sql_around *a, int code)
{
    struct sql_refusal *r = a->refusal;
    if (sql_parser_token_is_soft(code) &&
        sql_parser_accepts(r->states->states, r->states->n, TK_ID))
        return false; /* a name is missing, which the word would be */
    return reads(a, r->states, code, now(a));
}

static bool say_missing(const struct sql_around *a, const char *what, struct error *err)
{
    char word[80];
    bool at_end = a->refusal->at_end;
    error_at(err, E_SYNTAX, a->refusal->token.span, "%s is missing %s %s", what,
             at_end ? "at" : "in front of", shown(a, a->refusal->token, word, sizeof word));
    return true;
}

static bool misses_token(const struct sql_around *a, struct error *err)
{
    /* In the order of preference. */
    static const int tokens[] = { TK_COMMA, TK_BY,   TK_AS,   TK_INTO, TK_FROM, TK_THEN,
                                  TK_LP,    TK_WITH, TK_JOIN, TK_ON,   TK_KEY,  TK_SET,
                                  TK_TABLE, TK_TO,   TK_FOR,  TK_IS,   TK_RB };
    struct sql_refusal *r = a->refusal;
    if (r->has_open && misses(a, TK_RP)) {
        say_missing(a, "\")\"", err);
        struct diag_place place = diag_locate(r->text, r->open);
        error_detail(err, "The \"(\" in line %u, column %u is not closed.", place.line,
                     place.column);
        return true;
    }
    if (misses(a, TK_END)) {
        say_missing(a, "END", err);
        error_detail(err, "CASE ends in END.");
        return true;
    }
    for (size_t i = 0; i < countof(tokens); i++)
        if (misses(a, tokens[i]) && (tokens[i] != TK_TABLE || r->previous.code == TK_DROP))
            return say_missing(a, sql_token_text(tokens[i]), err);
    if (misses(a, TK_AND))
        return say_missing(a, "AND or another operator", err);
    if (misses(a, TK_EQ))
        return say_missing(a, "\"=\"", err);
    return misses(a, TK_GT) && say_missing(a, "\">\"", err);
}

/* ---- another word in its place --------------------------------------------------------------- */

static bool is_other(const struct sql_around *a, struct error *err)
{
    static const struct {
        int wrong, right;
        const char *text;
    } pairs[] = {
        { TK_COMMA, TK_AND, "AND" }, { TK_AND, TK_WHERE, "WHERE" }, { TK_AND, TK_COMMA, "\",\"" },
        { TK_WHERE, TK_AND, "AND" }, { TK_ON, TK_WHERE, "WHERE" },  { TK_RP, TK_GT, "\">\"" },
        { TK_RB, TK_RP, "\")\"" },   { TK_RP, TK_RB, "\"]\"" },
    };
    struct sql_refusal *r = a->refusal;
    for (size_t i = 0; i < countof(pairs) && !r->at_end; i++) {
        if (r->token.code != pairs[i].wrong || !reads(a, r->states, pairs[i].right, 0))
            continue;
        char word[80];
        error_at(err, E_SYNTAX, r->token.span, "%s cannot stand here",
                 shown(a, r->token, word, sizeof word));
        error_hint(err, "Perhaps you meant %s.", pairs[i].text);
        return true;
    }
    return false;
}

/* CREATE TABLE t (a INT; b INT) */
static bool semicolon_for_comma(const struct sql_around *a, struct error *err)
{
    enum { ENOUGH = 2 };
    struct sql_refusal *r = a->refusal;
    struct sql_tokens rest = *r->rest;
    int tokens[1 + ENOUGH] = { TK_COMMA };
    if (r->at_end || r->token.code != TK_SEMICOLON || !r->has_open)
        return false;
    for (int i = 1; i <= ENOUGH; i++)
        tokens[i] = sql_tokens_next(&rest).code;
    for (int i = 1; i <= ENOUGH; i++)
        if (tokens[i] <= 0)
            return false;
    if (sql_starts_statement(tokens[1]) ||
        sql_parser_consumes(r->states->states, r->states->n, tokens, 1 + ENOUGH) <= ENOUGH)
        return false;
    error_at(err, E_SYNTAX, r->token.span, "\";\" ends the statement in an open parenthesis");
    error_hint(err, "Perhaps you meant \",\".");
    return true;
}

bool sql_find_repair(const struct sql_around *a, struct error *err)
{
    return semicolon_for_comma(a, err) || is_misspelled(a, err) || has_trailing_comma(a, err) ||
           is_doubled(a, err) || is_reserved_name(a, err) || is_other(a, err) ||
           misses_token(a, err);
}
