/* test_session_complete.c -- what may stand where somebody is typing; | is the cursor. */
#include "base/memory.h"
#include "session/complete.h"
#include "support/check.h"
#include "support/connectors.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct session *session;
static struct arena *arena;
static struct completion found;
static struct str typed;

static const struct complete_command commands[] = {
    { "\\describe", "TABLE", "shows the columns" },
    { "\\mode", "MODE", "how results are printed" },
    { "\\q", "", "leaves" },
    { "\\run", "FILE.sql [NAME]", "runs a file" },
    { "\\timing", "[on|off]", "how long" },
    { "help", "[TOPIC]", "explains" },
    { NULL, NULL, NULL },
};

static void complete(const char *marked)
{
    static char text[4096];
    struct error err = { .code = OK };
    const char *cursor = strchr(marked, '|');
    size_t at = (size_t)(cursor - marked);
    snprintf(text, sizeof text, "%.*s%s", (int)at, marked, cursor + 1);
    typed = str_of(text);
    arena_reset(arena);
    if (!CHECK(session_complete(session, typed, at, commands, arena, &found, &err) == OK))
        found = (struct completion){ 0 };
}

/* The labels, separated by blanks; after `most` of them "...". */
static const char *labels(const char *marked, uint32_t most)
{
    static char out[8192];
    size_t n = 0;
    complete(marked);
    out[0] = '\0';
    for (uint32_t i = 0; i < found.count && n < sizeof out - 200; i++) {
        if (i == most) {
            n += (size_t)snprintf(out + n, sizeof out - n, " ...");
            break;
        }
        n += (size_t)snprintf(out + n, sizeof out - n, "%s" STR_FMT, i > 0 ? " " : "",
                              STR_ARG(found.items[i].label));
    }
    return out;
}

/* The text with the only candidate, or the i-th, put in. */
static const char *with(const char *marked, uint32_t i)
{
    static char out[4096];
    complete(marked);
    if (i >= found.count)
        return "there is no such candidate";
    snprintf(out, sizeof out, STR_FMT STR_FMT "|" STR_FMT, (int)found.from, typed.data,
             STR_ARG(found.items[i].text), (int)(typed.size - found.to), typed.data + found.to);
    return out;
}

static bool has(const char *marked, const char *label, enum complete_kind kind)
{
    complete(marked);
    for (uint32_t i = 0; i < found.count; i++)
        if (str_is(found.items[i].label, label) && found.items[i].kind == kind)
            return true;
    return false;
}

static void keywords(void)
{
    CHECK_STR(with("sel|", 0), "select|");
    CHECK_STR(labels("SEL|", 9), "SELECT SELECT DISTINCT");
    CHECK_STR(labels("SELECT id FROM orders WHERE id > 1 GRO|", 9), "GROUP BY");
    CHECK_STR(labels("select id from orders ord|", 9), "order by");
    CHECK_STR(labels("SELECT id FROM orders LEFT JO|", 9), "JOIN");
    CHECK_STR(labels("SELECT SUM(id) OVER (PART|", 9), "PARTITION BY");
    CHECK_STR(labels("SELECT id FROM orders WHERE id IS N|", 9), "NOT NULL NULL");
    CHECK_STR(labels("DROP V|", 9), "VIEW");
    CHECK_STR(labels("CREATE TABLE x (a INT, PRI|", 9), "PRIMARY KEY");
    CHECK(has("|", "CREATE TABLE", COMPLETE_KEYWORD));
    CHECK(!has("|", "FROM", COMPLETE_KEYWORD));
    CHECK(has("SELECT 1; |", "INSERT INTO", COMPLETE_KEYWORD));
    CHECK(has("SHOW |", "CREATE TABLE", COMPLETE_KEYWORD));
    CHECK_STR(labels("SHOW TA|", 9), "TABLES");
    CHECK_STR(labels("EXPLAIN IN|", 9), "INSERT INTO");
    CHECK_STR(labels("explain chan|", 9), "changelog_mode");
    CHECK_STR(labels("SELECT id -- sel|", 9), "");
    CHECK_STR(labels("SELECT /* sel| */ id", 9), "");
    CHECK_STR(labels("SELECT 'sel|'", 9), "");
}

static void tables(void)
{
    CHECK_STR(labels("SELECT * FROM o|", 9), "orders odd name orders_by_user");
    CHECK_STR(labels("SELECT * FROM orders JOIN u|", 9), "users");
    CHECK_STR(labels("SELECT * FROM orders, u|", 9), "users");
    CHECK_STR(labels("INSERT INTO u|", 9), "users");
    CHECK_STR(labels("DESCRIBE u|", 9), "users");
    CHECK_STR(labels("DROP TABLE IF EXISTS u|", 9), "users");
    CHECK_STR(with("SELECT * FROM od|", 0), "SELECT * FROM `odd name`|");
    CHECK_STR(with("SELECT * FROM `od|`", 0), "SELECT * FROM `odd name`|");
    CHECK_STR(labels("WITH recent AS (SELECT 1 AS one) SELECT * FROM rec|", 9), "recent");
    CHECK(has("SELECT * FROM |", "orders_by_user", COMPLETE_VIEW));
    CHECK_STR(labels("CREATE TABLE u|", 9), "");
    CHECK(has("SELECT * FROM TABLE(T|", "TUMBLE", COMPLETE_FUNCTION));
}

static void columns_before_from(void)
{
    CHECK_STR(labels("SELECT us|", 9), "user_id");
    CHECK_STR(labels("SELECT tot|", 9), "total"); /* of a view */
    CHECK_STR(labels("SELECT users.|", 9), "id name from");
    CHECK_STR(labels("SELECT id, am|", 9), "amount");
    CHECK_STR(labels("SELECT 1 FROM users WHERE us|", 9), "users"); /* no user_id: FROM says which */
}

static void columns(void)
{
    CHECK_STR(labels("SELECT us| FROM orders", 9), "user_id");
    CHECK_STR(labels("SELECT nam| FROM orders", 9), "");
    CHECK_STR(labels("SELECT o.| FROM orders AS o", 9), "id user_id amount created");
    CHECK_STR(labels("SELECT u.n| FROM orders o JOIN users u ON o.user_id = u.id", 9), "name");
    CHECK_STR(labels("SELECT 1 FROM orders o JOIN users u ON o.user_id = u.|", 9), "id name from");
    CHECK_STR(with("SELECT u.fr| FROM users u", 0), "SELECT u.`from`| FROM users u");
    CHECK_STR(labels("SELECT tot| FROM orders_by_user", 9), "total");
    CHECK_STR(labels("SELECT s.| FROM (SELECT id, amount * 2 AS twice FROM orders) s", 9),
              "id twice");
    CHECK_STR(labels("SELECT s.| FROM (SELECT *, 1 AS one FROM users) AS s", 9),
              "id name from one");
    CHECK_STR(labels("WITH w AS (SELECT id AS k FROM users) SELECT w.| FROM w", 9), "k");
    CHECK_STR(labels("WITH w (x, y) AS (SELECT 1, 2) SELECT w.| FROM w", 9), "x y");
    CHECK_STR(labels("SELECT v.| FROM orders, LATERAL TABLE(SPLIT(name)) AS v (word)", 9), "word");
    CHECK_STR(labels("SELECT w.| FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(created), "
                     "INTERVAL '1' HOUR)) w",
                     9),
              "id user_id amount created window_start window_end window_time");
    CHECK_STR(labels("SELECT id FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE amo|)", 9),
              "amount");
    CHECK_STR(labels("SELECT id FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE nam|)", 9),
              "name"); /* of the query around it */
    CHECK_STR(labels("SELECT id FROM users UNION ALL SELECT am| FROM orders", 9), "amount");
    CHECK(has("SELECT id FROM users GROUP BY n|", "name", COMPLETE_COLUMN));
    CHECK_STR(labels("INSERT INTO users (id, n|", 9), "name");
    CHECK_STR(labels("CREATE TABLE x (a1 INT, a2 INT, PRIMARY KEY (a|", 9), "a1 a2");
    CHECK_STR(labels("CREATE TABLE x (a1 INT, a2 TIMESTAMP(3), WATERMARK FOR a|", 9), "a1 a2");
    CHECK_STR(labels("SELECT u.name FROM orders o JOIN users FOR SYSTEM_TIME AS OF o.created AS u "
                     "ON u.i|",
                     9),
              "id");
    CHECK(has("SELECT | FROM users", "name", COMPLETE_COLUMN));
    CHECK_SPAN(found.items[1].help.data, found.items[1].help.size, "STRING");
    /* Typing in the middle of a text, and in the second statement. */
    CHECK_STR(labels("SELECT 1;\nSELECT na|\nFROM users\nWHERE id = 1;\nSELECT 2;", 9), "name");
}

static void functions_and_types(void)
{
    CHECK(has("SELECT LOW| FROM users", "LOWER", COMPLETE_FUNCTION));
    CHECK_STR(with("SELECT lowe| FROM users", 0), "SELECT lower(| FROM users");
    CHECK_STR(with("SELECT lowe|(name) FROM users", 0), "SELECT lower|(name) FROM users");
    CHECK(has("SELECT COUN| FROM users", "COUNT", COMPLETE_FUNCTION));
    CHECK(has("SELECT ROW_NUM| FROM users", "ROW_NUMBER", COMPLETE_FUNCTION));
    CHECK_STR(labels("CREATE TABLE x (a BIG|", 9), "BIGINT");
    CHECK_STR(labels("CREATE TABLE x (a ARR|", 9), "ARRAY");
    CHECK_STR(labels("SELECT CAST(1 AS DOU|", 9), "DOUBLE");
}

static void options(void)
{
    CHECK_STR(labels("CREATE TABLE x (a INT) WITH (|", 9), "connector type");
    CHECK_STR(with("CREATE TABLE x (a INT) WITH ('con|", 0),
              "CREATE TABLE x (a INT) WITH ('connector' = '|");
    CHECK_STR(with("CREATE TABLE x (a INT) WITH ('con|'", 0),
              "CREATE TABLE x (a INT) WITH ('connector' = '|");
    CHECK_STR(with("CREATE TABLE x (a INT) WITH ('con|' = 'print')", 0),
              "CREATE TABLE x (a INT) WITH ('connector'| = 'print')");
    CHECK_STR(with("CREATE TABLE x (a INT) WITH ('connector' = 'files|", 0),
              "CREATE TABLE x (a INT) WITH ('connector' = 'filesystem'|");
    CHECK(has("CREATE TABLE x (a INT) WITH ('connector' = |", "filesystem", COMPLETE_CONNECTOR));
#define FILES "CREATE TABLE x (a INT) WITH ('connector' = 'filesystem', "
    CHECK(has(FILES "'|", "path", COMPLETE_OPTION));
    CHECK(has(FILES "'|", "format", COMPLETE_OPTION));
    CHECK(has(FILES "'|", "on-error", COMPLETE_OPTION));
    CHECK(!has(FILES "'|", "connector", COMPLETE_OPTION));
    CHECK(!has(FILES "'|", "json.ignore-parse-errors", COMPLETE_OPTION));
    CHECK(!has(FILES "'path' = 'x', '|", "path", COMPLETE_OPTION)); /* it is there already */
    CHECK(has(FILES "'format' = 'json', '|", "json.ignore-parse-errors", COMPLETE_OPTION));
    CHECK(has(FILES "'format' = 'json', 'value.|", "value.json.ignore-parse-errors",
              COMPLETE_OPTION));
    CHECK(has(FILES "'format' = '|", "changelog-json", COMPLETE_FORMAT));
    CHECK_STR(labels(FILES "'on-error' = '|", 9), "skip fail route");
    CHECK_STR(labels(FILES "'format' = 'json', 'json.ignore-parse-errors' = 't|", 9), "true");
    CHECK_STR(with(FILES "'on-error' = |)", 1), FILES "'on-error' = 'fail'|)");
    /* Blink's: keys without quotes. */
    CHECK_STR(with("create table x (a INT) with (ty|", 0),
              "create table x (a INT) with (type = '|");
    CHECK_STR(with("create table x (a INT) with (type = 'print', on-e|", 0),
              "create table x (a INT) with (type = 'print', on-error = '|");
    CHECK_STR(labels("create table x (a INT) with (type = 'rds', tableN|)", 9), "tableName");
    /* In a query the options are those of the table. */
    CHECK(has("SELECT * FROM files /*+ OPTIONS('|", "json.ignore-parse-errors", COMPLETE_OPTION));
    CHECK_STR(labels("SELECT * FROM files /*+ OPTIONS('on-error' = '|') */ AS f", 9),
              "skip fail route");
    CHECK_STR(labels("SELECT * FROM nothing /*+ OPTIONS('|", 9), "");
    /* The list goes on behind the cursor. */
    CHECK(has("CREATE TABLE x (a INT) WITH ('pa|', 'connector' = 'filesystem')", "path",
              COMPLETE_OPTION));
    CHECK_STR(labels("CREATE TABLE x (a INT) WITH ('connector' = 'nothing', '|", 9), "");
}

static void settings(void)
{
    CHECK_STR(with("SET 'weir.outp|", 0), "SET 'weir.output' = '|");
    CHECK_STR(with("SET weir.outp|", 0), "SET 'weir.output' = '|");
    CHECK_STR(with("RESET 'weir.outp|", 0), "RESET 'weir.output'|");
    CHECK(has("SET 'weir.output' = '|", "csv", COMPLETE_VALUE));
    CHECK_STR(labels("SET 'weir.dialect' = '|", 9), "blink flink");
    CHECK_STR(labels("SET 'weir.dialect' = 'b|", 9), "blink");
    CHECK(has("SET |", "weir.dialect", COMPLETE_SETTING));
}

static void commands_of_the_prompt(void)
{
    CHECK_STR(labels("\\|", 9), "\\describe \\mode \\q \\run \\timing");
    CHECK_STR(with("\\r|", 0), "\\run|");
    CHECK_STR(labels("\\describe us|", 9), "users");
    CHECK_STR(labels("\\mode c|", 9), "csv changelog-json");
    CHECK_STR(labels("\\mod c|", 9), "csv changelog-json"); /* a beginning of the name will do */
    CHECK_STR(labels("\\timing |", 9), "on off");
    CHECK_STR(labels("\\timing on |", 9), "");
    CHECK_STR(labels("\\run x.sql |", 9), "");
    CHECK(has("help kaf|", "kafka", COMPLETE_CONNECTOR));
    CHECK(has("help js|", "json", COMPLETE_FORMAT));
    CHECK(has("help TUM|", "TUMBLE", COMPLETE_TOPIC));
    CHECK(has("help win|", "windows", COMPLETE_TOPIC));
    CHECK(has("help ty|", "types", COMPLETE_TOPIC));
    CHECK_STR(with("help \\mo|", 0), "help \\mode|");
    CHECK_STR(labels("SELECT 1;\n\\describe us|\nSELECT 2;", 9), "users");
    CHECK_STR(labels("\\q\nSELECT na| FROM users", 9), "name");
}

static void files(void)
{
    char folder[] = "/tmp/weir-complete-XXXXXX", text[256], want[256];
    if (!CHECK(mkdtemp(folder) != NULL))
        return;
    snprintf(text, sizeof text, "%s/deep", folder);
    mkdir(text, 0700);
    snprintf(text, sizeof text, "%s/job one.sql", folder);
    close(open(text, O_CREAT | O_WRONLY, 0600));
    snprintf(text, sizeof text, "%s/deep/in.json", folder);
    close(open(text, O_CREAT | O_WRONLY, 0600));
    snprintf(text, sizeof text, "\\run %s/j|", folder);
    snprintf(want, sizeof want, "\\run '%s/job one.sql'|", folder); /* a blank would end it */
    CHECK_STR(with(text, 0), want);
    snprintf(text, sizeof text, "\\run \"%s/job o|", folder);
    CHECK_STR(with(text, 0), want);
    snprintf(text, sizeof text, "\\run '%s/de|", folder);
    snprintf(want, sizeof want, "\\run '%s/deep/|", folder); /* goes on */
    CHECK_STR(with(text, 0), want);
    snprintf(text, sizeof text, FILES "'path' = '%s/d|", folder);
    snprintf(want, sizeof want, FILES "'path' = '%s/deep/|", folder);
    CHECK_STR(with(text, 0), want);
    snprintf(text, sizeof text, FILES "'path' = '%s/deep/|'", folder);
    snprintf(want, sizeof want, FILES "'path' = '%s/deep/in.json'|", folder);
    CHECK_STR(with(text, 0), want);
    snprintf(text, sizeof text, "rm -r %s", folder);
    CHECK_INT(system(text), 0);
}

/* Each beginning of a text, and each place in it: nothing is read behind its end. */
static void every_place(void)
{
    static const char text[] =
        "WITH w (a) AS (SELECT `id`, o.amount FROM orders o) SELECT COUNT(*), (w.a[1] FROM w, (\n"
        "SELECT * FROM users u WHERE EXISTS (SELECT 1 FROM w)) AS t (x) -- done\n UNION SELECT '';"
        "\\run x\nCREATE TABLE x (a INT, b AS a + 1) WITH (type = 'print', 'format' = 'json', a.b "
        "= "
        "'c';SET a.b = 'c; /* ...";
    struct error err;
    for (size_t size = 0; size < sizeof text; size++) {
        char *copy = mem_alloc(size + 1);
        memcpy(copy, text, size);
        for (size_t at = size > 40 ? size - 40 : 0; at <= size; at++) {
            arena_reset(arena);
            enum code code =
                session_complete(session, str_make(copy, size), at, commands, arena, &found, &err);
            CHECK_INT(code, OK);
            CHECK(found.from <= at && at <= found.to && found.to <= size);
        }
        mem_free(copy);
    }
}

static void without_memory(void)
{
    struct error err;
    struct str text = STR("SELECT o.id, LOW FROM orders o JOIN orders_by_user WHERE 'x' = ");
    for (uint64_t n = 1; n < 10000; n++) {
        arena_reset(arena);
        mem_fail_at(n);
        enum code code = session_complete(session, text, 16, commands, arena, &found, &err);
        bool over = mem_fail_pending();
        mem_fail_at(0);
        CHECK(code == OK || code == E_NOMEM);
        if (over)
            break;
    }
}

int main(void)
{
    session_register_connectors(test_connectors);
    int fd = open("/dev/null", O_WRONLY);
    struct session_config config = { .out_fd = fd, .err_fd = fd };
    arena = arena_create();
    if (!CHECK(arena != NULL) || !CHECK(session_create(&config, &session) == SESSION_OK))
        return 1;
    static const char setup[] =
        "CREATE TABLE orders (id BIGINT, user_id BIGINT, amount DOUBLE, created TIMESTAMP(3))"
        " WITH ('connector' = 'datagen');"
        "CREATE TABLE users (id BIGINT, name STRING, `from` STRING) WITH ('connector' = 'datagen');"
        "CREATE TABLE files (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'x.json',"
        " 'format' = 'json');"
        "CREATE TABLE `odd name` (id BIGINT) WITH ('connector' = 'datagen');"
        "CREATE VIEW orders_by_user AS SELECT user_id, SUM(amount) AS total FROM orders"
        " GROUP BY user_id;";
    CHECK_INT(session_execute(session, STR("-"), str_of(setup), true), SESSION_OK);
    RUN(keywords);
    RUN(tables);
    RUN(columns);
    RUN(columns_before_from);
    RUN(functions_and_types);
    RUN(options);
    RUN(settings);
    RUN(commands_of_the_prompt);
    RUN(files);
    RUN(every_place);
    RUN(without_memory);
    session_destroy(session);
    arena_destroy(arena);
    close(fd);
    return check_failed != 0;
}
