/* test_session_script.c -- a session in this process: what stays between texts, and that
 * every allocation of a script may fail. */
#include "base/memory.h"
#include "session/session.h"
#include "support/check.h"
#include "support/connectors.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int out_fd, err_fd;

static const char *written(int fd)
{
    static char text[2][16384];
    char *to = text[fd == out_fd];
    lseek(fd, 0, SEEK_SET);
    ssize_t n = read(fd, to, sizeof text[0] - 1);
    to[n > 0 ? n : 0] = '\0';
    if (ftruncate(fd, 0) == 0)
        lseek(fd, 0, SEEK_SET);
    return to;
}

static struct session *begin(const char *output)
{
    struct session_config config = { .out_fd = out_fd, .err_fd = err_fd, .output = output };
    static struct session_pair quiet = { { "weir.summary", 12 }, { "none", 4 } };
    config.sets = &quiet;
    config.set_count = 1;
    struct session *session = NULL;
    return session_create(&config, &session) == SESSION_OK ? session : NULL;
}

#define EXECUTE(session, text) session_execute((session), STR("-"), str_of(text), true)

static void objects_and_settings_stay(void)
{
    struct session *s = begin("csv");
    if (!CHECK(s != NULL))
        return;
    CHECK_INT(EXECUTE(s, "CREATE VIEW v AS SELECT 1 AS a;"), SESSION_OK);
    CHECK_INT(EXECUTE(s, "SELECT a FROM v; SELECT a + 1 AS b FROM v"), SESSION_OK);
    CHECK_STR(written(out_fd), "a\n1\nb\n2\n");
    CHECK_INT(EXECUTE(s, "SET 'weir.output' = 'json'; SELECT a FROM v"), SESSION_OK);
    CHECK_STR(written(out_fd), "a\n1\n"); /* --output is above SET */
    CHECK_STR(written(err_fd), "");
    session_destroy(s);
}

static void errors_show_the_text_they_are_in(void)
{
    struct session *s = begin("csv");
    if (!CHECK(s != NULL))
        return;
    CHECK_INT(EXECUTE(s, "SELECT 1 AS a;\n"), SESSION_OK);
    CHECK_INT(EXECUTE(s, "CREATE TABLE t (a INT)\nWITH ('connector' = 'filesystm');\n"),
              SESSION_OK);
    CHECK_INT(EXECUTE(s, "SELECT 2 AS b;\n"), SESSION_OK);
    CHECK_INT(EXECUTE(s, "SELECT x;\n"), SESSION_REFUSED);
    const char *text = written(err_fd);
    CHECK(strstr(text, "(line 1, column 8)\nLINE 1: SELECT x;\n") != NULL);
    /* The mistake is in a text that was given before. */
    CHECK_INT(EXECUTE(s, "SELECT a FROM t;\n"), SESSION_REFUSED);
    text = written(err_fd);
    CHECK(strstr(text, "LINE 2: WITH ('connector' = 'filesystm');\n") != NULL);
    written(out_fd);
    session_destroy(s);
}

static void statements_before_a_syntax_error_run(void)
{
    struct session *s = begin("csv");
    if (!CHECK(s != NULL))
        return;
    CHECK_INT(EXECUTE(s, "SELECT ';' AS a; SELECT 2 AS b; SELECT 3 AS c d e"), SESSION_REFUSED);
    CHECK_STR(written(out_fd), "a\n;\nb\n2\n");
    CHECK_INT(EXECUTE(s, "SELEC 1"), SESSION_REFUSED);
    CHECK_STR(written(out_fd), "");
    written(err_fd);
    session_destroy(s);
}

static void a_refused_text_is_no_sign_of_a_dialect(void)
{
    struct session *s = begin("csv");
    if (!CHECK(s != NULL))
        return;
    CHECK_INT(EXECUTE(s, "CREATE TABLE a (x INT) WITH ('connector' = 'print')"), SESSION_OK);
    CHECK_INT(EXECUTE(s, "create table b (x INT) with (type = 'print')"), SESSION_REFUSED);
    CHECK_INT(EXECUTE(s, "CREATE TABLE b (x INT) WITH ('connector' = 'print')"), SESSION_OK);
    written(err_fd);
    session_destroy(s);
}

static void a_stop_ends_the_rest(void)
{
    struct session *s = begin("csv");
    if (!CHECK(s != NULL))
        return;
    session_stop(s);
    CHECK(session_is_stopped(s));
    CHECK_INT(EXECUTE(s, "SELECT 1 AS a"), SESSION_OK);
    CHECK_STR(written(out_fd), "");
    session_go_on(s);
    CHECK_INT(EXECUTE(s, "SELECT 1 AS a"), SESSION_OK);
    CHECK_STR(written(out_fd), "a\n1\n");
    session_destroy(s);
}

static enum session_status run_all(const char *output)
{
    struct session *s = begin(output);
    if (!s)
        return SESSION_FAILED;
    enum session_status status =
        EXECUTE(s, "CREATE TABLE t (a INT, b AS a + 1, PRIMARY KEY (a) NOT ENFORCED) WITH "
                   "('connector' = 'print');\n"
                   "SHOW TABLES; DESCRIBE t; SHOW CREATE TABLE t; SET 'my.own' = '1'; SET;");
    if (status == SESSION_OK)
        status = EXECUTE(s, "SELECT a, 'x\ty' AS b FROM (VALUES (1), (2)) AS v (a);");
    if (status == SESSION_OK)
        status = session_help(s, STR("abs"));
    session_destroy(s);
    return status;
}

static void every_allocation_may_fail(void)
{
    static const char *const modes[] = { "table", "tableau", "csv", "json" };
    for (size_t i = 0; i < countof(modes); i++)
        for (uint64_t n = 1; !check_failed; n++) {
            mem_fail_at(n);
            enum session_status status = run_all(modes[i]);
            bool unused = mem_fail_pending();
            mem_fail_at(0);
            written(out_fd);
            written(err_fd);
            if (unused) {
                CHECK_INT(status, SESSION_OK);
                break;
            }
            if (status == SESSION_OK)
                CHECK_INT(n, 0); /* allocation n failed, and nobody said so */
        }
}

static int open_scratch(void)
{
    char path[] = "/tmp/weir-script-XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    return fd;
}

int main(void)
{
    out_fd = open_scratch();
    err_fd = open_scratch();
    session_register_connectors(test_connectors);
    RUN(objects_and_settings_stay);
    RUN(errors_show_the_text_they_are_in);
    RUN(statements_before_a_syntax_error_run);
    RUN(a_refused_text_is_no_sign_of_a_dialect);
    RUN(a_stop_ends_the_rest);
    RUN(every_allocation_may_fail);
    return check_failed != 0;
}
