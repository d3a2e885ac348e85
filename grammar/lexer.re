/* lexer.re -- SQL text to tokens, for re2c 3.
 *
 * How: one rule a line; the codes are those of the grammar (sql.h), so nothing
 * translates between two numberings.  A token is a span of the text; strings, names and
 * numbers are decoded later (sql/literal.c, sql/build.c).  Words are matched by one
 * rule and looked up in the table at the end, which is the only list of keywords in C.
 * What always holds: the text is valid UTF-8 (the caller has checked) and has a NUL
 * behind its end, so the automaton needs no bounds checks; a NUL inside of the text is a
 * bad character.  Never reads behind that NUL. */
#include "sql/lexer.h"

#include "sql.h"

/*!re2c
re2c:api:style = free-form;
re2c:define:YYCTYPE = "unsigned char";
re2c:define:YYCURSOR = at;
re2c:define:YYMARKER = marker;
re2c:yyfill:enable = 0;
re2c:flags:utf-8 = 1;

any       = [^\x00];
blank     = [ \t\r\n\f\v\u00A0\u2000-\u200B\u2028\u2029\u3000\uFEFF];
digit     = [0-9];
ellipsis  = "..." "."* | "\u2026"+;

// Signs that an input method or a word processor puts in place of ASCII ones.
wide      = [\uFF08\uFF09\uFF0C\uFF1B\uFF1A\uFF1D\uFF0E\uFF1C\uFF1E\uFF0A\uFF0B\uFF0D]
          | [\uFF0F\uFF02\uFF07\uFF01\u3001\u3002\u2018\u2019\u201C\u201D\u2013\u2014]
          | [\u2212];

high      = [\u0080-\U0010FFFF] \ wide \ [\u00A0\u2000-\u200B\u2026\u2028\u2029\u3000\uFEFF];
letter    = [a-zA-Z_] | high;
word      = letter (letter | digit | "$")*;
quoted    = "'" ([^'\x00] | "''")*;
exponent  = [eE] [+-]? digit+;
*/

struct sql_token sql_lex(struct sql_lexer *lexer)
{
    const unsigned char *text = (const unsigned char *)lexer->text;
    const unsigned char *at = text + lexer->at;
    const unsigned char *end = text + lexer->size;
    const unsigned char *start;
    const unsigned char *marker;
    int code;

again:
    start = at;
    /*!re2c
    *           { code = LEX_BAD_CHARACTER; goto done; }
    "\x00"      {
                    if (start < end) { code = LEX_BAD_CHARACTER; goto done; }
                    at = start;
                    code = 0;
                    goto done;
                }
    blank+      { goto again; }
    "--" [^\n\x00]*     { goto again; }
    "//" [^\n\x00]*     { goto again; }
    "/*"        { goto comment; }
    "/*+" blank* (letter | "`") {
                    at = start + 3;
                    lexer->in_hint = true;
                    code = TK_HINT_BEGIN;
                    goto done;
                }
    "*" "/"     {
                    if (lexer->in_hint) {
                        lexer->in_hint = false;
                        code = TK_HINT_END;
                        goto done;
                    }
                    at = start + 1;
                    code = TK_STAR;
                    goto done;
                }

    word        {
                    code = sql_keyword_code(str_make((const char *)start, (size_t)(at - start)));
                    goto done;
                }
    "`" ([^`\x00] | "``")* "`"  {
                    code = at - start == 2 ? LEX_EMPTY_NAME : LEX_QUOTED_NAME;
                    goto done;
                }
    "`" ([^`\x00] | "``")*      { code = LEX_OPEN_NAME; goto done; }
    ["]                         { code = LEX_DOUBLE_QUOTES; goto done; }
    ["] [^"\x00]* ["]           { code = LEX_DOUBLE_QUOTES; goto done; }

    quoted "'"                                  { code = TK_STRING; goto done; }
    "_" [a-zA-Z0-9_-]+ quoted "'"             { code = TK_STRING; goto done; }
    [nN] quoted "'"                             { code = TK_STRING; goto done; }
    [uU] "&" quoted "'"                         { code = TK_STRING; goto done; }
    [xX] quoted "'"                             { code = TK_BINARY; goto done; }
    quoted                                      { code = LEX_OPEN_STRING; goto done; }

    digit+                                      { code = TK_INTEGER; goto done; }
    digit+ "." digit* | "." digit+              { code = TK_DECIMAL; goto done; }
    (digit+ "." digit* | "." digit+ | digit+) exponent  { code = TK_DOUBLE; goto done; }
    (digit+ "." digit* | "." digit+ | digit+) exponent? letter (letter | digit)* {
                    code = LEX_BAD_NUMBER;
                    goto done;
                }

    ellipsis    { code = TK_ELLIPSIS; goto done; }
    ";"         { code = TK_SEMICOLON; goto done; }
    ","         { code = TK_COMMA; goto done; }
    "."         { code = TK_DOT; goto done; }
    "("         { code = TK_LP; goto done; }
    ")"         { code = TK_RP; goto done; }
    "["         { code = TK_LB; goto done; }
    "]"         { code = TK_RB; goto done; }
    "*"         { code = TK_STAR; goto done; }
    "+"         { code = TK_PLUS; goto done; }
    "-"         { code = TK_MINUS; goto done; }
    "/"         { code = TK_SLASH; goto done; }
    "%"         { code = TK_PERCENT; goto done; }
    "||"        { code = TK_CONCAT; goto done; }
    "="         { code = TK_EQ; goto done; }
    "<>" | "!=" { code = TK_NE; goto done; }
    "<"         { code = TK_LT; goto done; }
    "<="        { code = TK_LE; goto done; }
    ">"         { code = TK_GT; goto done; }
    ">="        { code = TK_GE; goto done; }
    "=>"        { code = TK_ARROW; goto done; }
    ":"         { code = TK_COLON; goto done; }
    "=="        { code = LEX_DOUBLE_EQUALS; goto done; }
    "&&"        { code = LEX_AMPERSANDS; goto done; }
    "\\"        { code = LEX_STRAY_BACKSLASH; goto done; }
    wide        { code = LEX_WIDE_PUNCTUATION; goto done; }
    */

comment:
    /*!re2c
    *           { code = LEX_OPEN_COMMENT; goto done; }
    "*" "/"     { goto again; }
    any         { goto comment; }
    */

done:
    /* An automaton that stopped at the NUL behind the text may stand on it, never past it. */
    if (at > end)
        at = end;
    lexer->at = (uint32_t)(at - text);
    return (struct sql_token){
        .span = { (uint32_t)(start - text), (uint32_t)(at - start) },
        .code = code,
    };
}

const char *sql_lex_narrow(struct str character)
{
    static const struct {
        const char *wide;
        const char *narrow;
    } signs[] = {
        { "\uFF08", "(" }, { "\uFF09", ")" }, { "\uFF0C", "," }, { "\uFF1B", ";" },
        { "\uFF1A", ":" }, { "\uFF1D", "=" }, { "\uFF0E", "." }, { "\uFF1C", "<" },
        { "\uFF1E", ">" }, { "\uFF0A", "*" }, { "\uFF0B", "+" }, { "\uFF0D", "-" },
        { "\uFF0F", "/" }, { "\uFF02", "'" }, { "\uFF07", "'" }, { "\uFF01", "!" },
        { "\u3001", "," }, { "\u3002", "." }, { "\u2018", "'" }, { "\u2019", "'" },
        { "\u201C", "'" }, { "\u201D", "'" }, { "\u2013", "-" }, { "\u2014", "-" },
        { "\u2212", "-" },
    };
    for (size_t i = 0; i < countof(signs); i++)
        if (str_is(character, signs[i].wide))
            return signs[i].narrow;
    return "?";
}

/* Sorted by spelling, for the binary search below; a unit test checks the order and
 * compares the list with keywords.list. */
static const struct keyword {
    const char *text;
    int code;
} keywords[] = {
    { "ABSENT", TK_ABSENT },
    { "AFTER", TK_AFTER },
    { "ALL", TK_ALL },
    { "ALTER", TK_ALTER },
    { "ANALYZE", TK_ANALYZE },
    { "AND", TK_AND },
    { "ANTI", TK_ANTI },
    { "ANY", TK_ANY },
    { "ARRAY", TK_ARRAY },
    { "AS", TK_AS },
    { "ASC", TK_ASC },
    { "ASYMMETRIC", TK_ASYMMETRIC },
    { "BEFORE", TK_BEFORE },
    { "BEGIN", TK_BEGIN },
    { "BETWEEN", TK_BETWEEN },
    { "BOTH", TK_BOTH },
    { "BUCKETS", TK_BUCKETS },
    { "BY", TK_BY },
    { "CASCADE", TK_CASCADE },
    { "CASE", TK_CASE },
    { "CAST", TK_CAST },
    { "CATALOG", TK_CATALOG },
    { "CEIL", TK_CEIL },
    { "CEILING", TK_CEILING },
    { "COLUMNS", TK_COLUMNS },
    { "COMMENT", TK_COMMENT },
    { "COMPILE", TK_COMPILE },
    { "COMPUTE", TK_COMPUTE },
    { "CONDITIONAL", TK_CONDITIONAL },
    { "CONSTRAINT", TK_CONSTRAINT },
    { "CREATE", TK_CREATE },
    { "CROSS", TK_CROSS },
    { "CUBE", TK_CUBE },
    { "CURRENT", TK_CURRENT },
    { "DATABASE", TK_DATABASE },
    { "DATE", TK_DATE_LIT },
    { "DEFAULT", TK_DEFAULT },
    { "DELAY", TK_DELAY },
    { "DELETE", TK_DELETE },
    { "DESC", TK_DESC },
    { "DESCRIBE", TK_DESCRIBE },
    { "DESCRIPTOR", TK_DESCRIPTOR },
    { "DISTINCT", TK_DISTINCT },
    { "DISTRIBUTED", TK_DISTRIBUTED },
    { "DROP", TK_DROP },
    { "ELSE", TK_ELSE },
    { "EMIT", TK_EMIT },
    { "EMPTY", TK_EMPTY },
    { "END", TK_END },
    { "ENFORCED", TK_ENFORCED },
    { "ERROR", TK_ERROR },
    { "ESCAPE", TK_ESCAPE },
    { "EXCEPT", TK_EXCEPT },
    { "EXCLUDING", TK_EXCLUDING },
    { "EXECUTE", TK_EXECUTE },
    { "EXISTS", TK_EXISTS },
    { "EXPLAIN", TK_EXPLAIN },
    { "EXTENDED", TK_EXTENDED },
    { "EXTRACT", TK_EXTRACT },
    { "FALSE", TK_FALSE },
    { "FETCH", TK_FETCH },
    { "FILTER", TK_FILTER },
    { "FIRST", TK_FIRST },
    { "FLOOR", TK_FLOOR },
    { "FOLLOWING", TK_FOLLOWING },
    { "FOR", TK_FOR },
    { "FROM", TK_FROM },
    { "FULL", TK_FULL },
    { "FUNCTION", TK_FUNCTION },
    { "GROUP", TK_GROUP },
    { "GROUPING", TK_GROUPING },
    { "HAVING", TK_HAVING },
    { "HEADER", TK_HEADER },
    { "IF", TK_IF },
    { "IGNORE", TK_IGNORE },
    { "ILIKE", TK_ILIKE },
    { "IN", TK_IN },
    { "INCLUDING", TK_INCLUDING },
    { "INDEX", TK_INDEX },
    { "INNER", TK_INNER },
    { "INSERT", TK_INSERT },
    { "INTERSECT", TK_INTERSECT },
    { "INTERVAL", TK_INTERVAL_LIT },
    { "INTO", TK_INTO },
    { "IS", TK_IS },
    { "JAR", TK_JAR },
    { "JOIN", TK_JOIN },
    { "JSON", TK_JSON },
    { "JSON_ARRAY", TK_JSON_ARRAY },
    { "JSON_ARRAYAGG", TK_JSON_ARRAYAGG },
    { "JSON_EXISTS", TK_JSON_EXISTS },
    { "JSON_OBJECT", TK_JSON_OBJECT },
    { "JSON_OBJECTAGG", TK_JSON_OBJECTAGG },
    { "JSON_QUERY", TK_JSON_QUERY },
    { "JSON_VALUE", TK_JSON_VALUE },
    { "KEY", TK_KEY },
    { "LANGUAGE", TK_LANGUAGE },
    { "LAST", TK_LAST },
    { "LATERAL", TK_LATERAL },
    { "LEADING", TK_LEADING },
    { "LEFT", TK_LEFT },
    { "LIKE", TK_LIKE },
    { "LIMIT", TK_LIMIT },
    { "LOCAL", TK_LOCAL },
    { "MAP", TK_MAP_START },
    { "MATCH_RECOGNIZE", TK_MATCH_RECOGNIZE },
    { "METADATA", TK_METADATA },
    { "MODULES", TK_MODULES },
    { "MULTISET", TK_MULTISET },
    { "NATURAL", TK_NATURAL },
    { "NOT", TK_NOT },
    { "NULL", TK_NULL },
    { "NULLS", TK_NULLS },
    { "OBJECT", TK_OBJECT },
    { "OF", TK_OF },
    { "OFFSET", TK_OFFSET },
    { "ON", TK_ON },
    { "OR", TK_OR },
    { "ORDER", TK_ORDER },
    { "ORDINALITY", TK_ORDINALITY },
    { "OUTER", TK_OUTER },
    { "OVER", TK_OVER },
    { "OVERLAY", TK_OVERLAY },
    { "OVERWRITE", TK_OVERWRITE },
    { "OVERWRITING", TK_OVERWRITING },
    { "PARTITION", TK_PARTITION },
    { "PARTITIONED", TK_PARTITIONED },
    { "PERIOD", TK_PERIOD },
    { "PLACING", TK_PLACING },
    { "PLAN", TK_PLAN },
    { "POSITION", TK_POSITION },
    { "PRECEDING", TK_PRECEDING },
    { "PRECISION", TK_PRECISION },
    { "PRIMARY", TK_PRIMARY },
    { "QUALIFY", TK_QUALIFY },
    { "RANGE", TK_RANGE },
    { "RECURSIVE", TK_RECURSIVE },
    { "RENAME", TK_RENAME },
    { "REPLACE", TK_REPLACE },
    { "RESET", TK_RESET },
    { "RESPECT", TK_RESPECT },
    { "RESTRICT", TK_RESTRICT },
    { "RETURNING", TK_RETURNING },
    { "RIGHT", TK_RIGHT },
    { "ROLLUP", TK_ROLLUP },
    { "ROW", TK_ROW },
    { "ROWS", TK_ROWS },
    { "SCALAR", TK_SCALAR },
    { "SELECT", TK_SELECT },
    { "SEMI", TK_SEMI },
    { "SET", TK_SET },
    { "SETS", TK_SETS },
    { "SHOW", TK_SHOW },
    { "SIMILAR", TK_SIMILAR },
    { "SOME", TK_SOME },
    { "STATEMENT", TK_STATEMENT },
    { "STATISTICS", TK_STATISTICS },
    { "SUBSTRING", TK_SUBSTRING },
    { "SYMMETRIC", TK_SYMMETRIC },
    { "SYSTEM", TK_SYSTEM },
    { "SYSTEM_TIME", TK_SYSTEM_TIME },
    { "TABLE", TK_TABLE },
    { "TEMPORARY", TK_TEMPORARY },
    { "THEN", TK_THEN },
    { "TIME", TK_TIME },
    { "TIMESTAMP", TK_TIMESTAMP_LIT },
    { "TO", TK_TO },
    { "TRAILING", TK_TRAILING },
    { "TRIM", TK_TRIM },
    { "TRUE", TK_TRUE },
    { "TRUNCATE", TK_TRUNCATE },
    { "TRY_CAST", TK_TRY_CAST },
    { "UNBOUNDED", TK_UNBOUNDED },
    { "UNCONDITIONAL", TK_UNCONDITIONAL },
    { "UNION", TK_UNION },
    { "UNIQUE", TK_UNIQUE },
    { "UNKNOWN", TK_UNKNOWN },
    { "UNNEST", TK_UNNEST },
    { "UPDATE", TK_UPDATE },
    { "USE", TK_USE },
    { "USING", TK_USING },
    { "VALUE", TK_VALUE },
    { "VALUES", TK_VALUES },
    { "VARYING", TK_VARYING },
    { "VIEW", TK_VIEW },
    { "VIRTUAL", TK_VIRTUAL },
    { "WATERMARK", TK_WATERMARK },
    { "WHEN", TK_WHEN },
    { "WHERE", TK_WHERE },
    { "WINDOW", TK_WINDOW },
    { "WITH", TK_WITH },
    { "WITHIN", TK_WITHIN },
    { "WITHOUT", TK_WITHOUT },
    { "WRAPPER", TK_WRAPPER },
    { "ZONE", TK_ZONE },
};

enum { LONGEST_KEYWORD = 15 };

int sql_keyword_code(struct str word)
{
    char upper[LONGEST_KEYWORD + 1];
    if (word.size > LONGEST_KEYWORD)
        return TK_ID;
    for (size_t i = 0; i < word.size; i++) {
        char c = word.data[i];
        upper[i] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    }
    upper[word.size] = '\0';

    size_t low = 0, high = countof(keywords);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(upper, keywords[middle].text);
        if (order == 0)
            return keywords[middle].code;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return TK_ID;
}

const char *sql_keyword_text(int code)
{
    for (size_t i = 0; i < countof(keywords); i++)
        if (keywords[i].code == code)
            return keywords[i].text;
    return NULL;
}

const char *sql_keyword_at(uint32_t i)
{
    return i < countof(keywords) ? keywords[i].text : NULL;
}
