/* parse_error.c -- see parse_error.h.
 *
 * How: every token is tried on a copy of the parser's state stack; what is accepted is
 * what could have come next.  Long lists help nobody, so the tokens that start an
 * expression, a query or a statement, and the operators, are named as one thing.  A
 * misspelled keyword is looked for among the expected ones: the refused word itself, or
 * the name before it, which may have been meant as a keyword (SELECT a FORM t). */
#include "sql/parse_error.h"

#include "sql/diag.h"
#include "base/nearest.h"

#include "sql.h"

#include <stdio.h>

enum { MAX_EXPECTED = 300, MAX_NAMED = 5 };

struct expected {
    bool accepted[MAX_EXPECTED];
};

/* Tokens that are no keywords, and keywords that are better said with their second word. */
const char *sql_token_text(int code)
{
    switch (code) {
    case TK_ID:
        return "a name";
    case TK_STRING:
        return "a string";
    case TK_INTEGER:
        return "a number";
    case TK_SEMICOLON:
        return "\";\"";
    case TK_COMMA:
        return "\",\"";
    case TK_DOT:
        return "\".\"";
    case TK_LP:
        return "\"(\"";
    case TK_RP:
        return "\")\"";
    case TK_LB:
        return "\"[\"";
    case TK_RB:
        return "\"]\"";
    case TK_STAR:
        return "\"*\"";
    case TK_EQ:
        return "\"=\"";
    case TK_LT:
        return "\"<\"";
    case TK_GT:
        return "\">\"";
    case TK_ARROW:
        return "\"=>\"";
    case TK_COLON:
        return "\":\"";
    case TK_PLUS:
        return "\"+\"";
    case TK_MINUS:
        return "\"-\"";
    case TK_ELLIPSIS:
        return "\"...\"";
    case TK_HINT_END:
        return "the end of the hint";
    case TK_NOT_LA:
        return "NOT";
    case TK_WITH_LA:
        return "WITH TIME ZONE";
    case TK_WITHOUT_LA:
        return "WITHOUT TIME ZONE";
    case TK_ARRAY_START:
        return "ARRAY";
    case TK_MULTISET_START:
        return "MULTISET";
    case TK_ROW_START:
        return "ROW";
    case TK_INTERVAL_TYPE:
        return "INTERVAL";
    case TK_GROUP:
        return "GROUP BY";
    case TK_ORDER:
        return "ORDER BY";
    case TK_PRIMARY:
        return "PRIMARY KEY";
    case TK_PARTITIONED:
        return "PARTITIONED BY";
    default:
        return sql_keyword_text(code);
    }
}

static void find_expected(const struct sql_states *states, struct expected *ret)
{
    *ret = (struct expected){ 0 };
    int count = MIN(sql_parser_token_count(), (int)MAX_EXPECTED);
    /* Where a name fits, so does every soft keyword; that would be no news. */
    bool name = sql_parser_accepts(states->states, states->n, TK_ID);
    for (int code = 1; code < count; code++) {
        if (name && sql_parser_token_is_soft(code))
            continue;
        ret->accepted[code] = sql_parser_accepts(states->states, states->n, code);
        if (name && code == TK_IF) /* IF EXISTS: nobody has to */
            ret->accepted[code] = false;
    }
}

struct group {
    const char *text;
    int witnesses[4]; /* the group is there if all of these are */
    const int *members;
    size_t count;
};

static const int expression[] = {
    TK_ID,          TK_STRING,     TK_INTEGER,        TK_DECIMAL,       TK_DOUBLE,
    TK_BINARY,      TK_LP,         TK_CASE,           TK_NOT,           TK_EXISTS,
    TK_PLUS,        TK_MINUS,      TK_NULL,           TK_TRUE,          TK_FALSE,
    TK_DATE_LIT,    TK_TIME_LIT,   TK_TIMESTAMP_LIT,  TK_INTERVAL_LIT,  TK_ROW_START,
    TK_ARRAY_START, TK_MAP_START,  TK_CAST,           TK_TRY_CAST,      TK_EXTRACT,
    TK_POSITION,    TK_SUBSTRING,  TK_OVERLAY,        TK_TRIM,          TK_FLOOR,
    TK_CEIL,        TK_CEILING,    TK_JSON_VALUE,     TK_JSON_QUERY,    TK_JSON_EXISTS,
    TK_JSON_OBJECT, TK_JSON_ARRAY, TK_JSON_OBJECTAGG, TK_JSON_ARRAYAGG, TK_ALL,
    TK_DISTINCT,    TK_DESCRIPTOR, TK_TABLE,          TK_BOTH,          TK_LEADING,
    TK_TRAILING,    TK_HINT_BEGIN, TK_GROUPING,       TK_CUBE,          TK_ROLLUP,
    TK_SYMMETRIC,   TK_ASYMMETRIC, TK_UNBOUNDED,      TK_CURRENT,       TK_ANY,
    TK_SOME,
};
static const int operators[] = {
    TK_OR,     TK_AND,    TK_IS,      TK_EQ,     TK_NE,   TK_LT,      TK_LE,   TK_GT,
    TK_GE,     TK_NOT_LA, TK_BETWEEN, TK_IN,     TK_LIKE, TK_SIMILAR, TK_PLUS, TK_MINUS,
    TK_STAR,   TK_SLASH,  TK_PERCENT, TK_CONCAT, TK_LB,   TK_DOT,     TK_OVER, TK_FILTER,
    TK_WITHIN, TK_IGNORE, TK_RESPECT, TK_ESCAPE, TK_LP,
};
static const int queries[] = { TK_SELECT, TK_VALUES, TK_WITH, TK_TABLE, TK_LP };
static const int statements[] = {
    TK_SELECT,   TK_VALUES,  TK_WITH,      TK_TABLE,     TK_LP,     TK_CREATE,  TK_DROP,
    TK_ALTER,    TK_USE,     TK_SET,       TK_RESET,     TK_INSERT, TK_EXECUTE, TK_BEGIN,
    TK_COMPILE,  TK_EXPLAIN, TK_SHOW,      TK_DESCRIBE,  TK_DESC,   TK_UPDATE,  TK_DELETE,
    TK_TRUNCATE, TK_ANALYZE, TK_STATEMENT, TK_SEMICOLON,
};
static const int types[] = {
    TK_ID, TK_ARRAY_START, TK_MAP_START, TK_MULTISET_START, TK_ROW_START, TK_INTERVAL_TYPE,
};

static const struct group groups[] = {
    { "a statement",
      { TK_SELECT, TK_CREATE, TK_INSERT, TK_DROP },
      statements,
      countof(statements) },
    { "a query", { TK_SELECT, TK_VALUES, TK_TABLE, TK_LP }, queries, countof(queries) },
    { "an expression", { TK_CASE, TK_STRING, TK_LP, TK_CAST }, expression, countof(expression) },
    { "a type", { TK_ID, TK_ARRAY_START, TK_MAP_START, TK_ROW_START }, types, countof(types) },
    { "an operator", { TK_SLASH, TK_CONCAT, TK_MINUS, TK_STAR }, operators, countof(operators) },
};

/* Replaces the members by one phrase; answers it, or NULL if the group is not there. */
static const char *take_group(struct expected *expected, const struct group *group)
{
    for (size_t i = 0; i < countof(group->witnesses); i++)
        if (!expected->accepted[group->witnesses[i]])
            return NULL;
    for (size_t i = 0; i < group->count; i++)
        expected->accepted[group->members[i]] = false;
    return group->text;
}

/* The tokens people most likely wanted, the rest follows in the order of the grammar. */
static const int favourites[] = {
    TK_ID,     TK_FROM,      TK_AS,   TK_RP,    TK_COMMA, TK_LP,   TK_EQ,
    TK_STRING, TK_SEMICOLON, TK_ON,   TK_WHERE, TK_GROUP, TK_JOIN, TK_END,
    TK_THEN,   TK_WHEN,      TK_LEFT, TK_ORDER, TK_LIMIT, TK_WITH, TK_UNION,
};

struct list {
    const char *names[MAX_NAMED + 1]; /* one more for the operators */
    size_t count;
    bool cut; /* there were more */
};

static void list_add(struct list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->names[i], text) == 0)
            return; /* two tokens may share a spelling */
    if (list->count < MAX_NAMED)
        list->names[list->count++] = text;
    else
        list->cut = true;
}

static void list_expected(struct expected expected, struct list *list)
{
    const char *last = NULL; /* operators end the list: nobody forgets just one of them */
    for (size_t i = 0; i < countof(groups); i++) {
        const char *text = take_group(&expected, &groups[i]);
        if (text && i + 1 == countof(groups))
            last = text;
        else if (text)
            list_add(list, text);
    }
    for (size_t i = 0; i < countof(favourites); i++) {
        if (expected.accepted[favourites[i]])
            list_add(list, sql_token_text(favourites[i]));
        expected.accepted[favourites[i]] = false;
    }
    for (int code = 1; code < MAX_EXPECTED; code++) {
        const char *text = expected.accepted[code] ? sql_token_text(code) : NULL;
        if (text)
            list_add(list, text);
    }
    if (last)
        list->names[list->count++] = last;
}

/* "FROM, AS or ",""; with more than fit: "FROM, AS, ",", ...". */
static void join_names(char *out, size_t cap, const struct list *list)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        bool ends = i + 1 == list->count && !list->cut;
        const char *glue = i == 0 ? "" : ends ? " or " : ", ";
        int more = snprintf(out + used, cap - used, "%s%s", glue, list->names[i]);
        if (more < 0 || used + (size_t)more >= cap) {
            out[used] = '\0';
            return;
        }
        used += (size_t)more;
    }
    if (list->cut && used + 6 < cap)
        memcpy(out + used, ", ...", 6);
}

int sql_parser_consumes(const uint16_t *states, int n, const int *tokens, int count)
{
    struct sql_states stack = { .n = n };
    memcpy(stack.states, states, (size_t)n * sizeof *states);
    int taken = 0;
    while (taken < count && stack.n > 0) {
        stack.n = sql_parser_shift(stack.states, stack.n, tokens[taken]);
        taken += stack.n > 0;
    }
    return taken;
}

/* ---- what stands around it ------------------------------------------------------------------ */

struct str sql_token_str(const struct sql_around *around, struct sql_token token)
{
    return str_make(around->refusal->text.data + token.span.offset, token.span.size);
}

bool sql_token_is(const struct sql_around *around, struct sql_token token, const char *word)
{
    return str_iis(sql_token_str(around, token), word);
}

int sql_clause_rank(int code)
{
    static const int order[] = { TK_SELECT, TK_FROM,    TK_WHERE, TK_GROUP,
                                 TK_HAVING, TK_QUALIFY, TK_ORDER, TK_LIMIT };
    for (size_t i = 0; i < countof(order); i++)
        if (order[i] == code)
            return (int)i + 1;
    return 0;
}

/* Reads the statement again up to the refused token. */
static void look_back(struct sql_around *a)
{
    enum { DEPTH_MAX = 64 };
    struct sql_refusal *r = a->refusal;
    struct sql_lexer lexer = { .text = r->text.data,
                               .size = (uint32_t)r->text.size,
                               .at = r->begin };
    struct sql_token openers[DEPTH_MAX] = { { .code = 0 } };
    int clauses[DEPTH_MAX] = { 0 };
    int depth = 0;
    for (;;) {
        struct sql_token token = sql_lex(&lexer);
        if (token.code <= 0 || token.span.offset >= r->token.span.offset)
            break;
        if (token.code == TK_LP && depth + 1 < DEPTH_MAX) {
            openers[++depth] = a->before[0];
            clauses[depth] = 0;
        } else if (token.code == TK_RP && depth > 0) {
            depth--;
        } else if (sql_clause_rank(token.code) > 0) {
            clauses[depth] = sql_clause_rank(token.code);
        }
        memmove(a->before + 1, a->before, (SQL_BEFORE - 1) * sizeof a->before[0]);
        a->before[0] = token;
        a->before_count = MIN(a->before_count + 1, (int)SQL_BEFORE);
    }
    a->opener = openers[depth];
    a->clause = clauses[depth];
}

static void look_ahead(struct sql_around *a)
{
    struct sql_tokens rest = *a->refusal->rest;
    bool ends = a->refusal->at_end || a->refusal->token.code == TK_SEMICOLON;
    while (!ends && a->after_count < SQL_AFTER) {
        struct sql_token token = sql_tokens_next(&rest);
        if (token.code == 0) /* the ";" that need not be written */
            token.code = TK_SEMICOLON;
        if (token.code < 0)
            return;
        a->after[a->after_count++] = token;
        ends = token.code == TK_SEMICOLON;
    }
}

/* ---- the sentence ------------------------------------------------------------------------------ */

static void say_expected(const struct sql_refusal *refusal, struct error *err)
{
    struct expected expected;
    struct list list = { 0 };
    char text[240];
    find_expected(refusal->states, &expected);
    list_expected(expected, &list);
    join_names(text, sizeof text, &list);

    struct str word =
        str_make(refusal->text.data + refusal->token.span.offset, refusal->token.span.size);
    size_t shown = MIN(word.size, 60);
    while (shown > 0 && shown < word.size && ((unsigned char)word.data[shown] & 0xC0) == 0x80)
        shown--; /* not half of a character */
    const char *comma = list.count > 0 ? ", expected " : "";
    if (refusal->words == 0 && !refusal->at_end && expected.accepted[TK_CREATE])
        error_at(err, E_SYNTAX, refusal->token.span, "no statement begins with \"%.*s%s\"",
                 (int)shown, word.data, shown < word.size ? "..." : "");
    else if (refusal->at_end)
        error_at(err, E_SYNTAX, refusal->token.span, "syntax error at the end of the text%s%s",
                 comma, text);
    else
        error_at(err, E_SYNTAX, refusal->token.span, "syntax error at \"%.*s%s\"%s%s", (int)shown,
                 word.data, shown < word.size ? "..." : "", comma, text);
}

enum code sql_refuse(struct sql_refusal *refusal, struct error *err)
{
    if (!err)
        return E_SYNTAX;
    struct sql_around around = { .refusal = refusal };
    look_back(&around);
    look_ahead(&around);
    if (!sql_find_mistake(&around, err) && !sql_find_repair(&around, err))
        say_expected(refusal, err);
    if (refusal->has_open && (refusal->at_end || refusal->token.code == TK_SEMICOLON)) {
        struct diag_place place = diag_locate(refusal->text, refusal->open);
        error_detail(err, "The \"(\" in line %u, column %u is not closed.", place.line,
                     place.column);
    }
    return E_SYNTAX;
}

/* ---- the lexer's refusals ---------------------------------------------------------------- */

static struct str token_str(struct str text, struct sql_token token)
{
    return str_make(text.data + token.span.offset, token.span.size);
}

static enum code bad_character(struct str word, struct span span, struct error *err)
{
    unsigned char c = word.size > 0 ? (unsigned char)word.data[0] : 0;
    if (c < 0x20 || c == 0x7F)
        return error_at(err, E_SYNTAX, span, "byte 0x%02X is not allowed in a job", c);
    error_at(err, E_SYNTAX, span, "unexpected character \"%.*s\"", STR_ARG(word));
    if (c == '#')
        error_hint(err, "A comment begins with \"--\".");
    if (c == '!')
        error_hint(err, "Write NOT, or <> for \"not equal\".");
    if (c == '?' || c == '@' || c == '$' || c == '{')
        error_hint(err, "Jobs have no parameters of this form.");
    return E_SYNTAX;
}

enum code sql_refuse_open(bool is_name, uint32_t offset, struct error *err)
{
    struct span span = { offset, 1 };
    if (is_name)
        return error_at(err, E_SYNTAX, span, "name in backquotes is not closed");
    error_at(err, E_SYNTAX, span, "string is not closed");
    error_hint(err, "A quote inside of a string is written twice: 'it''s'.");
    return E_SYNTAX;
}

enum code sql_refuse_lexed(struct sql_refusal *refusal, struct error *err)
{
    if (!err)
        return E_SYNTAX;
    struct str text = refusal->text;
    struct sql_token token = refusal->token;
    struct sql_around around = { .refusal = refusal };
    if (token.code == LEX_OPEN_STRING) {
        look_back(&around);
        if (sql_find_quote(&around, err))
            return E_SYNTAX;
    }
    struct span span = token.span;
    struct str word = token_str(text, token);
    int shown = (int)MIN(word.size, 60);
    struct span first = { span.offset, MIN(span.size, 1) };
    switch (token.code) {
    case LEX_OPEN_STRING:
    case LEX_OPEN_NAME:
        return sql_refuse_open(token.code == LEX_OPEN_NAME, span.offset, err);
    case LEX_OPEN_COMMENT:
        error_at(err, E_SYNTAX, first, "comment is not closed");
        error_hint(err, "It ends at \"*/\".");
        break;
    case LEX_OPEN_PARENTHESIS:
        error_at(err, E_SYNTAX, first, "parenthesis is not closed");
        break;
    case LEX_EMPTY_NAME:
        error_at(err, E_SYNTAX, span, "a name cannot be empty");
        break;
    case LEX_DOUBLE_QUOTES:
        error_at(err, E_SYNTAX, span, "double quotes are not used in this language");
        error_hint(err, "Strings stand in single quotes: 'x'; names in backquotes: `x`.");
        break;
    case LEX_WIDE_PUNCTUATION:
        error_at(err, E_SYNTAX, span, "\"%.*s\" is not the ASCII sign", shown, word.data);
        error_hint(err, "Write %s instead.", sql_lex_narrow(word));
        break;
    case LEX_BAD_NUMBER:
        error_at(err, E_SYNTAX, span, "\"%.*s\" is neither a number nor a name", shown, word.data);
        error_hint(err, "A name that begins with a digit stands in backquotes.");
        break;
    case LEX_DOUBLE_EQUALS:
        error_at(err, E_SYNTAX, span, "there is no operator \"==\"");
        error_hint(err, "Equality is written \"=\".");
        break;
    case LEX_AMPERSANDS:
        error_at(err, E_SYNTAX, span, "there is no operator \"&&\"");
        error_hint(err, "Write AND.");
        break;
    case LEX_STRAY_BACKSLASH:
        error_at(err, E_SYNTAX, span, "a backslash has no meaning outside of a string");
        break;
    default:
        return bad_character(word, span, err);
    }
    return E_SYNTAX;
}
