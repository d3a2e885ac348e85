/* test_sql_diag.c -- errors drawn for people, and the choice of a suggestion. */
#include "sql/diag.h"

#include "base/nearest.h"
#include "support/check.h"

static struct buf out;

static const char *drawn(const struct error *err, const char *name, const char *source)
{
    buf_done(&out);
    buf_init(&out, 1 << 20);
    diag_print(&out, err, str_of(name), str_of(source));
    return buf_cstr(&out);
}

static struct error at(uint32_t offset, const char *message)
{
    struct error err;
    error_at(&err, E_NAME, (struct span){ offset, 1 }, "%s", message);
    return err;
}

static void test_everything(void)
{
    struct error err = at(7, "column \"pagee\" does not exist");
    error_detail(&err, "There is a detail.");
    error_hint(&err, "Perhaps you meant \"page\".");
    error_while(&err, "while planning view \"v\"");
    error_while(&err, "while planning the job");
    CHECK_STR(drawn(&err, "job.sql", "SELECT pagee FROM clicks;\nSELECT 2"),
              "ERROR:  column \"pagee\" does not exist (job.sql:1:8)\n"
              "LINE 1: SELECT pagee FROM clicks;\n"
              "               ^\n"
              "DETAIL:  There is a detail.\n"
              "HINT:  Perhaps you meant \"page\".\n"
              "CONTEXT:  while planning view \"v\"\n"
              "CONTEXT:  while planning the job\n");
}

static void test_places(void)
{
    struct error err = at(12, "x");
    CHECK_STR(drawn(&err, "-", "SELECT\r\n\ta, b\r\n"), "ERROR:  x (line 2, column 5)\n"
                                                        "LINE 2:  a, b\n"
                                                        "            ^\n");
    err = at(100, "past the end");
    CHECK_STR(drawn(&err, "", "SELECT\n"), "ERROR:  past the end (line 2, column 1)\n"
                                           "LINE 2: \n"
                                           "        ^\n");
    err = at(0, "empty");
    CHECK_STR(drawn(&err, "f", ""), "ERROR:  empty (f:1:1)\nLINE 1: \n        ^\n");
    error_set(&err, E_IO, "could not open it");
    CHECK_STR(drawn(&err, "f.sql", "SELECT"), "ERROR:  could not open it (f.sql)\n");
    CHECK_STR(drawn(&err, "", "SELECT"), "ERROR:  could not open it\n");
}

/* The caret counts columns of a terminal, the number counts characters. */
static void test_wide_characters(void)
{
    const char *source = "SELECT \xE5\x90\x8D\xE7\xA7\xB0 xy";
    struct error err = at((uint32_t)strlen(source) - 2, "x");
    CHECK_STR(drawn(&err, "f", source), "ERROR:  x (f:1:11)\n"
                                        "LINE 1: SELECT \xE5\x90\x8D\xE7\xA7\xB0 xy\n"
                                        "                    ^\n");
    source = "a\xFF\x01z";
    err = at(3, "bad bytes");
    CHECK_STR(drawn(&err, "f", source), "ERROR:  bad bytes (f:1:4)\n"
                                        "LINE 1: a\xEF\xBF\xBD z\n"
                                        "           ^\n");
}

static void test_long_lines(void)
{
    char line[401];
    memset(line, 'a', 400);
    line[400] = '\0';
    line[300] = '!';
    struct error err = at(300, "x");
    const char *text = drawn(&err, "f", line);
    const char *second = strchr(text, '\n') + 1;
    const char *third = strchr(second, '\n') + 1;
    CHECK((size_t)(third - second) < 125);
    CHECK_INT(strchr(second, '!') - second, strchr(third, '^') - third);
    CHECK(strncmp(second, "LINE 1: ...aaa", 14) == 0);
    CHECK(strncmp(third - 7, "aaa...\n", 7) == 0);

    err = at(2, "near the start");
    second = strchr(drawn(&err, "f", line), '\n') + 1;
    CHECK(strncmp(second, "LINE 1: aaa", 11) == 0);
    err = at(399, "near the end");
    second = strchr(drawn(&err, "f", line), '\n') + 1;
    third = strchr(second, '\n') + 1;
    CHECK_INT(third - second - 2, strchr(third, '^') - third);
}

static void test_suggestions(void)
{
    static const struct str names[] = {
        { "user_id", 7 }, { "order_id", 8 }, { "price", 5 }, { "quantity", 8 }, { "a", 1 }
    };
    size_t n = countof(names);
    CHECK_INT(nearest_of(STR("user_idd"), names, n), 0);
    CHECK_INT(nearest_of(STR("PRICE"), names, n), 2);
    CHECK_INT(nearest_of(STR("pirce"), names, n), 2);
    CHECK_INT(nearest_of(STR("quantiy"), names, n), 3);
    CHECK_INT(nearest_of(STR("zzzzzz"), names, n), -1);
    CHECK_INT(nearest_of(STR("b"), names, n), -1); /* half of one letter is none */
    CHECK_INT(nearest_of(STR(""), names, n), -1);
    CHECK_INT(nearest_of(STR("price"), names, 0), -1);
    static const struct str ties[] = { { "ab1", 3 }, { "ab2", 3 }, { "ab3", 3 } };
    CHECK_INT(nearest_of(STR("ab4"), ties, 3), -1);
    CHECK_INT(nearest_of(STR("ab4"), ties, 2), 0);
    static const struct str heads[] = { { "OR", 2 }, { "OVER", 4 } };
    CHECK_INT(nearest_of(STR("OVR"), heads, 2), 1);
}

int main(void)
{
    RUN(test_everything);
    RUN(test_places);
    RUN(test_wide_characters);
    RUN(test_long_lines);
    RUN(test_suggestions);
    buf_done(&out);
    return check_failed != 0;
}
