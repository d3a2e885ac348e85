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

enum { MAX_EXPECTED = 300, MAX_NAMED = 8 };

struct expected {
    bool accepted[MAX_EXPECTED];
};

/* Tokens that are no keywords, and keywords that are better said with their second word. */
static const char *token_text(int code)
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
    TK_SYMMETRIC,   TK_ASYMMETRIC, TK_UNBOUNDED,      TK_CURRENT,
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
    { "a query", { TK_SELECT, TK_VALUES, TK_WITH, TK_LP }, queries, countof(queries) },
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
            list_add(list, token_text(favourites[i]));
        expected.accepted[favourites[i]] = false;
    }
    for (int code = 1; code < MAX_EXPECTED; code++) {
        const char *text = expected.accepted[code] ? token_text(code) : NULL;
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

/* ---- hints ------------------------------------------------------------------------------- */

static struct str token_str(struct str text, struct sql_token token)
{
    return str_make(text.data + token.span.offset, token.span.size);
}

static bool is_plain_word(struct str word)
{
    if (word.size < 2)
        return false;
    for (size_t i = 0; i < word.size; i++) {
        char c = word.data[i];
        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && c != '_')
            return false;
    }
    return true;
}

static const char *nearest_keyword(struct str word, const struct sql_states *states)
{
    struct expected expected;
    struct str words[MAX_EXPECTED];
    size_t n = 0;
    find_expected(states, &expected);
    for (int code = 1; code < MAX_EXPECTED; code++) {
        const char *text = expected.accepted[code] ? sql_keyword_text(code) : NULL;
        if (text)
            words[n++] = str_of(text);
    }
    int nearest = nearest_of(word, words, n);
    return nearest < 0 || str_ieq(words[nearest], word) ? NULL : words[nearest].data;
}

/* Reserved words that people take for names; FROM or AND out of place is another slip. */
static bool is_tempting(const struct sql_refusal *refusal, struct str word)
{
    struct str rest = str_make(word.data + word.size,
                               refusal->text.size - refusal->token.span.offset - word.size);
    rest = str_trim(rest);
    switch (sql_keyword_code(word)) {
    case TK_GROUP:
    case TK_ORDER:
        return !(rest.size > 2 && str_iis(str_make(rest.data, 2), "BY"));
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

static void hint(const struct sql_refusal *refusal, bool name_fits, struct error *err)
{
    struct str word = token_str(refusal->text, refusal->token);
    bool plain = !refusal->at_end && is_plain_word(word);
    bool reserved = plain && sql_keyword_is_reserved(sql_keyword_code(word));
    if (refusal->previous.code == TK_COMMA && (reserved || refusal->token.code == TK_RP) &&
        !is_tempting(refusal, word)) {
        error_hint(err, "The comma in front of it may be one too many.");
        return;
    }
    if (name_fits && reserved && is_tempting(refusal, word)) {
        error_hint(err, "\"%.*s\" is a reserved word. As a name it stands in backquotes: `%.*s`.",
                   STR_ARG(word), STR_ARG(word));
        return;
    }
    struct str before = token_str(refusal->text, refusal->previous);
    if (refusal->token.code == TK_INTEGER && str_iis(before, "INTERVAL")) {
        error_hint(err, "The value of an interval is a string: INTERVAL '%.*s' DAY.",
                   STR_ARG(word));
        return;
    }
    const char *keyword = NULL;
    if (plain && refusal->token.code == TK_ID)
        keyword = nearest_keyword(word, refusal->states);
    if (keyword) {
        error_hint(err, "Perhaps you meant %s.", keyword);
        return;
    }
    if (refusal->previous.code == TK_ID && is_plain_word(before))
        keyword = nearest_keyword(before, refusal->previous_states);
    if (keyword)
        error_hint(err, "Perhaps \"%.*s\" was meant to be %s.", STR_ARG(before), keyword);
}

enum code sql_refuse(struct sql_refusal *refusal, struct error *err)
{
    if (!err)
        return E_SYNTAX;
    struct expected expected;
    find_expected(refusal->states, &expected);
    bool name_fits = expected.accepted[TK_ID];

    struct list list = { 0 };
    char text[240];
    list_expected(expected, &list);
    join_names(text, sizeof text, &list);

    struct str word = token_str(refusal->text, refusal->token);
    size_t shown = MIN(word.size, 60);
    while (shown > 0 && shown < word.size && ((unsigned char)word.data[shown] & 0xC0) == 0x80)
        shown--; /* not half of a character */
    const char *comma = list.count > 0 ? ", expected " : "";
    if (refusal->at_end)
        error_at(err, E_SYNTAX, refusal->token.span, "syntax error at the end of the text%s%s",
                 comma, text);
    else
        error_at(err, E_SYNTAX, refusal->token.span, "syntax error at \"%.*s%s\"%s%s", (int)shown,
                 word.data, shown < word.size ? "..." : "", comma, text);

    if (refusal->has_open && (refusal->at_end || refusal->token.code == TK_SEMICOLON)) {
        struct diag_place place = diag_locate(refusal->text, refusal->open);
        error_detail(err, "The \"(\" in line %u, column %u is not closed.", place.line,
                     place.column);
    }
    hint(refusal, name_fits, err);
    return E_SYNTAX;
}

/* ---- the lexer's refusals ---------------------------------------------------------------- */

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

enum code sql_refuse_lexed(struct str text, struct sql_token token, struct error *err)
{
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
