/* test_sql_keywords.c -- grammar/keywords.list against the lexer, the grammar and the
 * token stream: each word of the list gives its token, no other word does, soft and
 * context words are names wherever the grammar has no use for them, reserved ones are
 * not. */
#include "sql/lexer.h"

#include "base/arena.h"
#include "sql/parse.h"
#include "sql/parse_error.h"
#include "support/check.h"
#include "test_sql_files.h"

#include "sql.h"

struct word {
    char text[32];
    char token[32];
    char kind[16];
};

static struct word words[400];
static size_t word_count;

/* The next word of a line, cut to what fits; empty at its end. */
static const char *next_word(const char *line, char *out, size_t cap)
{
    line += strspn(line, " ");
    size_t size = strcspn(line, " \n");
    snprintf(out, cap, "%.*s", (int)size, line);
    return line + size;
}

static bool read_list(void)
{
    char path[400];
    struct buf text;
    if (!CHECK(source_path("grammar/keywords.list", path, sizeof path)) ||
        !CHECK(read_file(path, &text)))
        return false;
    for (const char *line = buf_cstr(&text); *line;) {
        struct word *word = &words[word_count];
        if (*line != '#' && CHECK(word_count + 1 < countof(words))) {
            line = next_word(line, word->text, sizeof word->text);
            line = next_word(line, word->token, sizeof word->token);
            line = next_word(line, word->kind, sizeof word->kind);
            if (CHECK(word->kind[0] != '\0'))
                word_count++;
        }
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    buf_done(&text);
    return CHECK(word_count > 100);
}

static int lex_one(const char *text)
{
    struct sql_lexer lexer = { .text = text, .size = (uint32_t)strlen(text) };
    return sql_lex(&lexer).code;
}

static void test_list_is_the_lexers(void)
{
    size_t keywords = 0;
    for (size_t i = 0; i < word_count; i++) {
        char lower[32];
        size_t n = strlen(words[i].text);
        for (size_t k = 0; k <= n; k++)
            lower[k] = words[i].text[k] == '_' || !words[i].text[k]
                           ? words[i].text[k]
                           : (char)(words[i].text[k] | 0x20);
        int code = lex_one(words[i].text);
        CHECK(code != TK_ID);
        CHECK_INT(lex_one(lower), code);
        CHECK_STR(sql_keyword_text(code), words[i].text);
        CHECK(i == 0 || strcmp(words[i - 1].text, words[i].text) < 0); /* the lexer searches */
    }
    for (int code = 1; code < sql_parser_token_count(); code++)
        keywords += sql_keyword_text(code) != NULL;
    CHECK_INT(keywords, word_count);
    CHECK_INT(lex_one("SELECTS"), TK_ID);
    CHECK_INT(lex_one("A_WORD_LONGER_THAN_EACH_KEYWORD"), TK_ID);
}

static void test_kinds(void)
{
    for (size_t i = 0; i < word_count; i++) {
        int code = lex_one(words[i].text);
        bool reserved = strcmp(words[i].kind, "reserved") == 0;
        bool soft = strcmp(words[i].kind, "soft") == 0;
        if (!CHECK_INT(sql_keyword_is_reserved(code), reserved) ||
            !CHECK_INT(sql_parser_token_is_soft(code), soft))
            printf("    %s\n", words[i].text);
        CHECK(reserved || soft || strcmp(words[i].kind, "context") == 0);
    }
}

static bool parses(const char *format, const char *word)
{
    char sql[512];
    struct ast_script *script;
    struct arena *arena = arena_create();
    if (!CHECK(arena != NULL))
        return false;
    snprintf(sql, sizeof sql, format, word, word, word, word, word);
    bool ok = sql_parse(arena, str_of(sql), &script, NULL) == OK;
    arena_destroy(arena);
    return ok;
}

/* Every word that is not reserved, in each place of a name. */
static void test_names_everywhere(void)
{
    static const char *const places[] = {
        "SELECT %s FROM t",
        "SELECT a, %s, b FROM t",
        "SELECT %s + 1, -%s, (%s), f(%s, 1) FROM t",
        "SELECT a %s FROM t",
        "SELECT a AS %s, b %s FROM t",
        "SELECT sum(a) %s, (b) %s FROM t",
        "SELECT t.%s, %s.a FROM t",
        "SELECT a FROM t WHERE %s = 1 AND b = %s OR %s IS NULL",
        "SELECT a FROM t WHERE %s",
        "SELECT a FROM t GROUP BY %s, a, %s HAVING %s > 1",
        "SELECT a FROM t ORDER BY %s, %s DESC",
        "SELECT a FROM %s",
        "SELECT a FROM %s WHERE b = 1",
        "SELECT a FROM t AS %s, u AS %s",
        "SELECT a FROM t %s WHERE b = 1",
        "SELECT a FROM t AS x (%s, b, %s)",
        "SELECT a FROM t JOIN u ON %s = %s",
        "SELECT CASE WHEN %s THEN %s ELSE %s END FROM t",
        "SELECT CASE %s WHEN 1 THEN 2 END FROM t",
        "SELECT CAST(%s AS INT) FROM t",
        "SELECT x[%s], %s[1] FROM t",
        "SELECT sum(a) OVER (PARTITION BY %s ORDER BY %s) FROM t",
        "SELECT sum(a) FILTER (WHERE %s > 1) FROM t",
        "CREATE TABLE t (%s INT, b INT, %s STRING NOT NULL, c AS %s)",
        "CREATE TABLE t (%s VARCHAR, PRIMARY KEY (%s))",
        "CREATE TABLE %s (a INT)",
        "CREATE TABLE t (a ROW<%s INT, b INT>) WITH ('a' = 'b')",
        "CREATE TABLE t (a INT) WITH (%s = 'b', c = 'd', %s.x = 'e')",
        "CREATE VIEW v (a, %s) AS SELECT 1, 2",
        "INSERT INTO t (a, %s) SELECT 1, 2",
        "INSERT INTO t SELECT %s, %s FROM u",
        "WITH a AS (SELECT %s FROM t) SELECT %s FROM a",
        "SELECT a BETWEEN %s AND 1, b LIKE %s, %s LIKE c FROM t",
        "SELECT DISTINCT %s FROM t",
    };
    /* Words that a place cannot do without, and what starts a value in it. */
    static const struct {
        const char *word;
        const char *place;
    } exceptions[] = {
        { "SYMMETRIC", "BETWEEN %s" },
        { "ASYMMETRIC", "BETWEEN %s" },
        { "MAP", "%s[1]" },
    };
    for (size_t i = 0; i < word_count; i++) {
        if (strcmp(words[i].kind, "reserved") == 0)
            continue;
        for (size_t p = 0; p < countof(places); p++) {
            bool excepted = false;
            for (size_t e = 0; e < countof(exceptions); e++)
                excepted = excepted || (strcmp(exceptions[e].word, words[i].text) == 0 &&
                                        strstr(places[p], exceptions[e].place));
            if (!excepted && !CHECK(parses(places[p], words[i].text)))
                printf("    %s in: %s\n", words[i].text, places[p]);
        }
    }
}

static void test_reserved_words(void)
{
    for (size_t i = 0; i < word_count; i++) {
        if (strcmp(words[i].kind, "reserved") != 0)
            continue;
        bool value = strcmp(words[i].text, "NULL") == 0 || strcmp(words[i].text, "TRUE") == 0 ||
                     strcmp(words[i].text, "FALSE") == 0;
        if (!CHECK(value || !parses("SELECT b, %s FROM t", words[i].text)))
            printf("    %s\n", words[i].text);
        CHECK(parses("SELECT t.%s, `%s` AS `%s`, t.%s.b FROM t", words[i].text));
    }
}

int main(void)
{
    if (!read_list())
        return 1;
    RUN(test_list_is_the_lexers);
    RUN(test_kinds);
    RUN(test_names_everywhere);
    RUN(test_reserved_words);
    return check_failed != 0;
}
