/* tokens.c -- the token stream: which words are keywords where.
 *
 * SQL has words that are keywords only in some places, and the jobs use most of them as
 * names.  An LALR(1) parser decides too late, and lemon's %fallback cannot help where the
 * word may also start an expression.  So each word is looked at together with the two
 * tokens before and up to three behind it.  The rules say when a word IS the keyword;
 * otherwise it is sent as TK_ID.  Words without a rule are either reserved or left to
 * %fallback.
 *
 * Two stretches are not cut into tokens at all: SET key = value with a bare key, and what
 * stands between the parentheses of MATCH_RECOGNIZE. */
#include "sql/lexer.h"

#include "sql/ast.h"
#include "sql/parse_error.h"

#include "sql.h"

void sql_tokens_init(struct sql_tokens *tokens, const char *text, uint32_t size)
{
    *tokens = (struct sql_tokens){
        .lexer = { .text = text, .size = size },
        .prev = TK_SEMICOLON,
        .before_prev = TK_SEMICOLON,
    };
}

/* Token i from the front, read if need be. */
static struct sql_token *peek(struct sql_tokens *tokens, int i)
{
    while (tokens->filled <= i)
        tokens->ring[tokens->filled++] = sql_lex(&tokens->lexer);
    return &tokens->ring[i];
}

static void drop(struct sql_tokens *tokens)
{
    tokens->filled--;
    memmove(tokens->ring, tokens->ring + 1, (size_t)tokens->filled * sizeof tokens->ring[0]);
}

bool sql_keyword_is_reserved(int code)
{
    switch (code) {
    case TK_ALL:
    case TK_AND:
    case TK_AS:
    case TK_BETWEEN:
    case TK_BY:
    case TK_CASE:
    case TK_CREATE:
    case TK_DISTINCT:
    case TK_ELSE:
    case TK_END:
    case TK_EXCEPT:
    case TK_FALSE:
    case TK_FOR:
    case TK_FROM:
    case TK_GROUP:
    case TK_HAVING:
    case TK_IN:
    case TK_INTERSECT:
    case TK_INTO:
    case TK_IS:
    case TK_JOIN:
    case TK_LATERAL:
    case TK_LEFT:
    case TK_LIKE:
    case TK_LIMIT:
    case TK_NOT:
    case TK_NULL:
    case TK_ON:
    case TK_OR:
    case TK_ORDER:
    case TK_QUALIFY:
    case TK_RIGHT:
    case TK_SELECT:
    case TK_TABLE:
    case TK_THEN:
    case TK_TRUE:
    case TK_UNION:
    case TK_USING:
    case TK_VALUES:
    case TK_WHEN:
    case TK_WHERE:
    case TK_WITH:
        return true;
    default:
        return false;
    }
}

/* A keyword or an unquoted name. */
static bool is_word(const struct sql_tokens *tokens, const struct sql_token *token)
{
    unsigned char first = (unsigned char)tokens->lexer.text[token->span.offset];
    return token->code > 0 && token->code != TK_STRING && token->code != TK_BINARY &&
           ((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_' ||
            first >= 0x80);
}

/* Could the token behind the current one stand for a name? */
static bool next_is_name(struct sql_tokens *tokens)
{
    const struct sql_token *next = peek(tokens, 1);
    return next->code == LEX_QUOTED_NAME ||
           (is_word(tokens, next) && !sql_keyword_is_reserved(next->code));
}

static bool next_is_unit(struct sql_tokens *tokens)
{
    const struct sql_token *next = peek(tokens, 1);
    struct str text = str_make(tokens->lexer.text + next->span.offset, next->span.size);
    return next->code == TK_ID && ast_unit_from_text(text) != UNIT_NONE;
}

static bool is_one_of(int code, const int *codes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (codes[i] == code)
            return true;
    return false;
}

#define IS_ONE_OF(code, ...)                                                                       \
    is_one_of((code), (const int[]){ __VA_ARGS__ },                                                \
              sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static bool is_comparison(int code)
{
    return IS_ONE_OF(code, TK_EQ, TK_NE, TK_LT, TK_LE, TK_GT, TK_GE);
}

/* `keyword` if the condition holds, otherwise a name. */
static int when(bool condition, int keyword)
{
    return condition ? keyword : TK_ID;
}

/* Reserved words where nothing but a name can stand. */
static bool is_name_by_place(struct sql_tokens *tokens, int code)
{
    int next = peek(tokens, 1)->code;
    bool dotted = next == TK_DOT && code != TK_END && tokens->prev != TK_SEMICOLON;
    if (tokens->prev == TK_DOT || dotted)
        return true; /* t.order, group.id */
    /* CREATE TABLE position (...): the parenthesis makes no call. */
    if (next == TK_LP && IS_ONE_OF(tokens->prev, TK_TABLE, TK_VIEW, TK_INTO, TK_EXISTS, TK_WITH) &&
        !sql_keyword_is_reserved(code))
        return true;
    if (!sql_keyword_is_reserved(code))
        return false;
    bool constant = IS_ONE_OF(code, TK_NULL, TK_TRUE, TK_FALSE);
    /* SELECT ... AS order FROM */
    if (tokens->prev == TK_AS && IS_ONE_OF(next, TK_COMMA, TK_RP, TK_FROM, TK_SEMICOLON, 0))
        return !constant;
    /* WITH (table = 'x', table-name = 'y') */
    if (!IS_ONE_OF(tokens->prev, TK_LP, TK_COMMA, TK_MINUS))
        return false;
    if (next == TK_EQ && peek(tokens, 2)->code == TK_STRING)
        return !constant && code != TK_END;
    return next == TK_MINUS && IS_ONE_OF(code, TK_TABLE, TK_GROUP, TK_ORDER);
}

/* KEY in front of the key of a pair, as against a column of that name that is the key. */
static bool is_json_key(struct sql_tokens *tokens)
{
    int next = peek(tokens, 1)->code, after = peek(tokens, 2)->code;
    bool begins_pairs = tokens->prev == TK_LP &&
                        IS_ONE_OF(tokens->before_prev, TK_JSON_OBJECT, TK_JSON_OBJECTAGG);
    if (next == TK_VALUE)
        return false;
    return next == TK_STRING || after == TK_VALUE || (next_is_name(tokens) && after == TK_DOT) ||
           (begins_pairs && (next_is_name(tokens) || IS_ONE_OF(next, TK_CAST, TK_CASE)));
}

/* Clauses, operators and parts of statements. */
static int refine_clause(struct sql_tokens *tokens, int code)
{
    int prev = tokens->prev;
    int next = peek(tokens, 1)->code;
    bool starts_element = prev == TK_LP || prev == TK_COMMA;
    switch (code) {
    case TK_NOT:
        if (IS_ONE_OF(next, TK_LIKE, TK_IN, TK_BETWEEN) ||
            (next == TK_SIMILAR && peek(tokens, 2)->code == TK_TO) ||
            (next == TK_ILIKE && peek(tokens, 2)->code == TK_STRING))
            return TK_NOT_LA;
        return code;
    case TK_SIMILAR:
        return when(next == TK_TO, code);
    case TK_ILIKE:
        return when(next == TK_STRING, code);
    case TK_ANY:
    case TK_SOME:
        return when(is_comparison(prev) && next == TK_LP, code);
    case TK_EXISTS:
        return when(next == TK_LP || prev == TK_IF || (prev == TK_NOT), code);
    case TK_LEFT:
    case TK_RIGHT:
        return when(next != TK_LP, code); /* LEFT(s, 2) is a function */
    case TK_FULL:
        return when(next == TK_JOIN || next == TK_OUTER, code);
    case TK_INNER:
    case TK_CROSS:
        return when(next == TK_JOIN, code);
    case TK_NATURAL:
        return when(IS_ONE_OF(next, TK_JOIN, TK_LEFT, TK_RIGHT, TK_FULL, TK_INNER), code);
    case TK_OUTER:
        return when(IS_ONE_OF(prev, TK_LEFT, TK_RIGHT, TK_FULL), code);
    case TK_SEMI:
    case TK_ANTI:
        return when(prev == TK_LEFT && next == TK_JOIN, code);
    case TK_OF:
        return when(prev == TK_AS && tokens->before_prev == TK_SYSTEM_TIME, code);
    case TK_RECURSIVE:
        return when(prev == TK_WITH && next != TK_AS && next != TK_LP, code);
    case TK_WINDOW:
        return when(next_is_name(tokens) && peek(tokens, 2)->code == TK_AS &&
                        peek(tokens, 3)->code == TK_LP,
                    code);
    case TK_OFFSET:
        return when(next == TK_INTEGER || tokens->before_prev == TK_LIMIT, code);
    case TK_FETCH:
        return when(next == TK_FIRST || (next == TK_ID && peek(tokens, 2)->code == TK_INTEGER),
                    code);
    case TK_EMIT:
        return when((next == TK_WITH || next == TK_WITHOUT) && peek(tokens, 2)->code == TK_DELAY,
                    code);
    case TK_WITH:
    case TK_WITHOUT:
        if ((next == TK_TIME && peek(tokens, 2)->code == TK_ZONE) ||
            (next == TK_LOCAL && peek(tokens, 2)->code == TK_TIME))
            return code == TK_WITH ? TK_WITH_LA : TK_WITHOUT_LA;
        return code;
    case TK_IF:
        return when(
            (next == TK_NOT || next == TK_EXISTS) &&
                IS_ONE_OF(prev, TK_TABLE, TK_VIEW, TK_FUNCTION, TK_DATABASE, TK_CATALOG, TK_STRING),
            code);
    case TK_PRIMARY:
        return when(next == TK_KEY, code);
    case TK_PERIOD:
        return when(next == TK_FOR, code);
    case TK_INDEX:
        return when(next == TK_LP && (starts_element || prev == TK_UNIQUE), code);
    case TK_UNIQUE:
        return when(!starts_element || next == TK_LP || next == TK_INDEX, code);
    case TK_CONSTRAINT:
        return when(IS_ONE_OF(peek(tokens, 2)->code, TK_PRIMARY, TK_UNIQUE), code);
    case TK_KEY:
        return when(prev == TK_PRIMARY || (starts_element && is_json_key(tokens)), code);
    case TK_WATERMARK:
        return when(prev == TK_BEFORE || prev == TK_AFTER ||
                        (starts_element && (next == TK_FOR || (next_is_name(tokens) &&
                                                               peek(tokens, 2)->code == TK_FOR))),
                    code);
    default:
        return code;
    }
}

/* Functions with a syntax of their own, windows, constants, types. */
static int refine_expression(struct sql_tokens *tokens, int code)
{
    int prev = tokens->prev;
    int next = peek(tokens, 1)->code;
    /* ROW<...> as a type, as against WHERE row < 5. */
    bool is_type = IS_ONE_OF(prev, TK_ID, TK_AS, TK_LT, TK_COMMA, TK_SEMICOLON) ||
                   (prev > 0 && sql_parser_token_is_soft(prev));
    switch (code) {
    case TK_CAST:
    case TK_TRY_CAST:
    case TK_EXTRACT:
    case TK_POSITION:
    case TK_SUBSTRING:
    case TK_OVERLAY:
    case TK_TRIM:
    case TK_FLOOR:
    case TK_CEIL:
    case TK_CEILING:
    case TK_JSON_VALUE:
    case TK_JSON_QUERY:
    case TK_JSON_EXISTS:
    case TK_JSON_OBJECT:
    case TK_JSON_ARRAY:
    case TK_JSON_OBJECTAGG:
    case TK_JSON_ARRAYAGG:
    case TK_DESCRIPTOR:
    case TK_UNNEST:
    case TK_MATCH_RECOGNIZE:
    case TK_CUBE:
    case TK_ROLLUP:
        return when(next == TK_LP, code);
    case TK_GROUPING:
        return when(next == TK_SETS, code);
    case TK_SETS:
        return when(prev == TK_GROUPING, code);
    case TK_BOTH:
    case TK_LEADING:
    case TK_TRAILING:
        return when(prev == TK_LP && tokens->before_prev == TK_TRIM &&
                        !IS_ONE_OF(next, TK_COMMA, TK_RP),
                    code);
    case TK_FILTER:
        return when((prev == TK_RP || prev == TK_NULLS) && next == TK_LP, code);
    case TK_OVER:
        return when((prev == TK_RP || prev == TK_NULLS) && (next == TK_LP || next_is_name(tokens)),
                    code);
    case TK_WITHIN:
        return when((prev == TK_RP || prev == TK_NULLS) && next == TK_GROUP, code);
    case TK_IGNORE:
    case TK_RESPECT:
        /* Behind a call, or at the end of its arguments; not a column with the alias "nulls". */
        return when(next == TK_NULLS &&
                        (prev == TK_RP || (peek(tokens, 2)->code == TK_RP &&
                                           !IS_ONE_OF(prev, TK_SELECT, TK_COMMA, TK_LP))),
                    code);
    case TK_PARTITION:
        return when(next == TK_BY || next == TK_LP, code);
    case TK_ROWS:
    case TK_RANGE:
        return when(
            IS_ONE_OF(next, TK_BETWEEN, TK_UNBOUNDED, TK_CURRENT, TK_INTEGER, TK_INTERVAL_LIT),
            code);
    case TK_UNBOUNDED:
        return when(next == TK_PRECEDING || next == TK_FOLLOWING, code);
    case TK_CURRENT:
        return when(next == TK_ROW, code);
    case TK_DATE_LIT:
    case TK_TIMESTAMP_LIT:
        return when(next == TK_STRING, code);
    case TK_TIME:
        return next == TK_STRING ? TK_TIME_LIT : code;
    case TK_INTERVAL_LIT:
        if (next == TK_STRING ||
            (IS_ONE_OF(next, TK_PLUS, TK_MINUS) && peek(tokens, 2)->code == TK_STRING))
            return code;
        return when(next_is_unit(tokens) && prev != TK_SELECT, TK_INTERVAL_TYPE);
    case TK_MAP_START:
        return when((next == TK_LT && is_type) || next == TK_LB, code);
    case TK_ARRAY:
        return (next == TK_LT && is_type) || next == TK_LB ? TK_ARRAY_START : code;
    case TK_MULTISET:
        return next == TK_LT && is_type ? TK_MULTISET_START : code;
    case TK_ROW:
        return next == TK_LP || (is_type && (next == TK_LT || next == TK_NE)) ? TK_ROW_START : code;
    default:
        return code;
    }
}

static int refine(struct sql_tokens *tokens)
{
    const struct sql_token *token = peek(tokens, 0);
    int code = token->code;
    if (code == LEX_QUOTED_NAME)
        return TK_ID;
    if (code == TK_ID || !is_word(tokens, token))
        return code;
    if (is_name_by_place(tokens, code))
        return TK_ID;
    int clause = refine_clause(tokens, code);
    return clause == code ? refine_expression(tokens, code) : clause;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* `key = value` up to the ";" or, once there is a value, to the end of the line. */
static struct sql_token raw_setting(struct sql_tokens *tokens)
{
    struct sql_lexer *lexer = &tokens->lexer;
    uint32_t start = peek(tokens, 0)->span.offset;
    uint32_t at = start, end = start;
    bool equals = false, value = false, quoted = false;
    for (; at < lexer->size; at++) {
        char c = lexer->text[at];
        if (c == '\0')
            return (struct sql_token){ .span = { at, 1 }, .code = LEX_BAD_CHARACTER };
        if (c == '\'')
            quoted = !quoted;
        if (quoted) {
            end = at + 1;
            continue;
        }
        if (c == ';' || (c == '\n' && value))
            break;
        if (c == '-' && at + 1 < lexer->size && lexer->text[at + 1] == '-' &&
            (at == start || is_blank(lexer->text[at - 1])))
            break;
        if (is_blank(c))
            continue;
        value = equals;
        equals = equals || c == '=';
        end = at + 1;
    }
    if (quoted)
        return (struct sql_token){ .span = { start, end - start }, .code = LEX_OPEN_STRING };
    tokens->filled = 0;
    lexer->at = at;
    return (struct sql_token){ .span = { start, end - start }, .code = TK_SET_RAW };
}

/* "( ... )" of MATCH_RECOGNIZE as one token. */
static struct sql_token raw_parentheses(struct sql_tokens *tokens)
{
    struct sql_token open = *peek(tokens, 0);
    int depth = 0;
    for (;;) {
        struct sql_token token = *peek(tokens, 0);
        if (token.code == 0)
            return (struct sql_token){ .span = open.span, .code = LEX_OPEN_PARENTHESIS };
        /* Quantifiers such as {2,} are no tokens of SQL; what never ends is an error here too. */
        if (IS_ONE_OF(token.code, LEX_OPEN_STRING, LEX_OPEN_NAME, LEX_OPEN_COMMENT))
            return token;
        drop(tokens);
        depth += token.code == TK_LP;
        depth -= token.code == TK_RP;
        if (depth == 0) {
            open.span.size = token.span.offset + token.span.size - open.span.offset;
            open.code = TK_RAW_PARENS;
            return open;
        }
    }
}

struct sql_token sql_tokens_next(struct sql_tokens *tokens)
{
    struct sql_token token = *peek(tokens, 0);
    bool setting =
        tokens->before_prev == TK_SEMICOLON && (tokens->prev == TK_SET || tokens->prev == TK_RESET);
    if (setting && !IS_ONE_OF(token.code, TK_STRING, TK_SEMICOLON, 0)) {
        token = raw_setting(tokens);
    } else if (tokens->prev == TK_MATCH_RECOGNIZE) {
        token = raw_parentheses(tokens);
    } else {
        token.code = refine(tokens);
        drop(tokens);
    }
    tokens->before_prev = tokens->prev;
    tokens->prev = token.code;
    return token;
}
