/* test_sql_scan.c -- unfinished texts cut into tokens for people, and what may follow them. */
#include "sql/scan.h"
#include "support/check.h"

/* A letter a token, with its text behind the letters that need it. */
static const char *kinds(const char *text)
{
    static const char letters[] = {
        [SCAN_KEYWORD] = 'K',   [SCAN_NAME] = 'n',         [SCAN_QUOTED_NAME] = 'q',
        [SCAN_STRING] = 's',    [SCAN_NUMBER] = '1',       [SCAN_COMMENT] = 'c',
        [SCAN_OPEN] = '(',      [SCAN_CLOSE] = ')',        [SCAN_SEMICOLON] = ';',
        [SCAN_SIGN] = '.',      [SCAN_BAD] = '!',          [SCAN_OPEN_STRING] = 'S',
        [SCAN_OPEN_NAME] = 'Q', [SCAN_OPEN_COMMENT] = 'C',
    };
    static char out[256];
    size_t n = 0;
    struct sql_scan scan;
    sql_scan_init(&scan, text, (uint32_t)strlen(text));
    for (;;) {
        struct sql_scan_token token = sql_scan_next(&scan);
        if (token.kind == SCAN_END || n + 1 == sizeof out)
            break;
        out[n++] = letters[token.kind];
    }
    out[n] = '\0';
    return out;
}

static void tokens(void)
{
    CHECK_STR(kinds(""), "");
    CHECK_STR(kinds("SELECT a, 'x''y', 1.5e3 FROM `t`;"), "Kn.s.1Kq;");
    CHECK_STR(kinds("-- one\nSELECT /* two */ a // three\n, b"), "cKcnc.n");
    CHECK_STR(kinds("/**/ /* a */-- b\n/* c"), "cccC");
    CHECK_STR(kinds("SELECT 'it"), "KS");
    CHECK_STR(kinds("SELECT `it"), "KQ");
    CHECK_STR(kinds("SELECT a[1] + (b == \"c\")"), "Kn(1).(n!!)");
    CHECK_STR(kinds("a - b / c"), "n.n.n");
}

/* Words are keywords where the parser says so, even inside of what it takes as one token. */
static void words(void)
{
    CHECK_STR(kinds("SELECT partition FROM t"), "KnKn");
    CHECK_STR(kinds("SELECT t.order FROM t"), "Kn.nKn");
    CHECK_STR(kinds("OVER (PARTITION BY a)"), "n(KKn)");
    CHECK_STR(kinds("SET a.b = 5 ; SELECT"), "Kn.n.1;K");
    CHECK_STR(kinds("FROM t MATCH_RECOGNIZE ( ORDER BY a )"), "KnK(nnn)");
}

static struct sql_expect expect;

static bool words_fit(const char *text, const char *words)
{
    struct buf copy;
    buf_init(&copy, 1 << 16);
    buf_text(&copy, text);
    sql_expect_begin(&expect, &copy);
    bool fits = sql_expect_words(&expect, str_of(words));
    CHECK_SPAN(copy.data, copy.size, text);
    buf_done(&copy);
    return fits;
}

static void what_follows(void)
{
    CHECK(words_fit("", "SELECT"));
    CHECK(words_fit("", "CREATE TABLE"));
    CHECK(!words_fit("", "FROM"));
    CHECK(words_fit("SELECT a", "FROM"));
    CHECK(!words_fit("SELECT a", "VALUES"));
    CHECK(!words_fit("SELECT", "FROM"));
    CHECK(words_fit("SELECT a, b, c, d FROM t WHERE a > 5", "GROUP BY"));
    CHECK(words_fit("SELECT a FROM t", "LEFT JOIN"));
    CHECK(words_fit("SELECT a FROM t LEFT", "JOIN"));
    CHECK(words_fit("SELECT a FROM t GROUP", "BY"));
    CHECK(words_fit("SELECT SUM(a) OVER (", "PARTITION BY"));
    CHECK(words_fit("SELECT SUM(a) OVER (PARTITION", "BY"));
    CHECK(words_fit("SELECT a IS", "NOT NULL"));
    CHECK(words_fit("CREATE TABLE t (a INT", "PRIMARY KEY"));
    CHECK(words_fit("CREATE TABLE t (a INT)", "WITH"));
    CHECK(!words_fit("CREATE TABLE t (a INT)", "WHERE"));
    CHECK(!words_fit("SELECT a FROM WHERE b", "AND"));
    CHECK(!words_fit("SELECT 'a", "FROM"));
}

static struct sql_expected kinds_after(const char *text)
{
    struct sql_expected ret;
    struct buf copy;
    buf_init(&copy, 1 << 16);
    buf_text(&copy, text);
    sql_expect_begin(&expect, &copy);
    sql_expect_kinds(&expect, &ret);
    buf_done(&copy);
    return ret;
}

static void kinds_that_follow(void)
{
    CHECK(kinds_after("").statement);
    CHECK(!kinds_after("SELECT").statement);
    CHECK(kinds_after("SELECT").expression);
    CHECK(kinds_after("SELECT a FROM").name);
    CHECK(!kinds_after("SELECT a FROM").expression);
    CHECK(kinds_after("CREATE TABLE t (a").type);
    CHECK(!kinds_after("SELECT a FROM t WHERE").type);
    CHECK(kinds_after("SELECT a FROM t WHERE b LIKE").string);
    CHECK(!kinds_after("SELECT FROM FROM").name);
}

int main(void)
{
    RUN(tokens);
    RUN(words);
    RUN(what_follows);
    RUN(kinds_that_follow);
    return check_failed != 0;
}
