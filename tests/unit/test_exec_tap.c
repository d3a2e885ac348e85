/* test_exec_tap.c -- samples of what operators give on, taken while the job runs. */
#include "job_test.h"

#include "plan/plan_names.h"

static const char changes[] =
    "CREATE TABLE t (a BIGINT, b STRING, c BIGINT) WITH ('connector' = 'gate', 'splits' = '2');\n"
    "CREATE TABLE k (name STRING, n BIGINT, PRIMARY KEY (name) NOT ENFORCED) "
    "WITH ('connector' = 'gate');\n"
    "SET 'weir.fold' = 'off';\n"
    "INSERT INTO k SELECT b, COUNT(*) FROM t WHERE a > 0 GROUP BY b";

/* The lines that are there now, or a part of them. */
static const char *lines(struct exec_tap *tap, uint32_t n)
{
    static char kept[8192];
    struct buf out;
    buf_init(&out, sizeof kept - 1);
    int64_t until_us = clock_monotonic_us() + 10 * 1000000;
    for (uint32_t i = 0; i < n && clock_monotonic_us() < until_us;)
        i += exec_tap_next(tap, &out);
    snprintf(kept, sizeof kept, "%s", buf_cstr(&out));
    buf_done(&out);
    return kept;
}

static struct exec_tap *tap_of(struct job_rig *rig, enum plan_kind kind, uint32_t rows_max)
{
    struct exec_tap *tap = NULL;
    job_rig_look(rig);
    uint32_t id = job_rig_op(rig, kind)->plan->id;
    CHECK_INT(exec_tap(rig->exec, id, rows_max, &tap, &rig->err), OK);
    return tap;
}

static void lines_are_changes(void)
{
    struct job_rig rig;
    struct buf none;
    buf_init(&none, 100);
    if (job_rig_open(&rig, changes, "1", NULL)) {
        struct exec_tap *scan = tap_of(&rig, PLAN_SCAN, 2), *group = tap_of(&rig, PLAN_GROUP, 10);
        struct exec_tap *sink = tap_of(&rig, PLAN_SINK, 10), *again = tap_of(&rig, PLAN_GROUP, 1);
        CHECK(!exec_tap_next(group, &none) && !group->done);
        gate_put("t", 0, "{\"a\": 1, \"b\": \"x\\n\\\"y\\\"\", \"c\": 5}");
        gate_put("t", 0, "{\"a\": 0, \"b\": null}");
        gate_put("t", 0, "{\"a\": 2, \"b\": \"x\\n\\\"y\\\"\"}");
        job_rig_go(&rig);
        /* Nobody reads c. */
        CHECK_STR(lines(scan, 2), "{\"op\":\"+I\",\"data\":{\"a\":1,\"b\":\"x\\n\\\"y\\\"\"}}\n"
                                  "{\"op\":\"+I\",\"data\":{\"a\":0,\"b\":null}}\n");
        CHECK(scan->done && !exec_tap_next(scan, &none));
        CHECK_STR(lines(again, 1),
                  "{\"op\":\"+I\",\"data\":{\"b\":\"x\\n\\\"y\\\"\",\"COUNT(*)\":1}}\n");
        CHECK_STR(lines(sink, 2),
                  "{\"op\":\"+I\",\"data\":{\"name\":\"x\\n\\\"y\\\"\",\"n\":1}}\n"
                  "{\"op\":\"+U\",\"data\":{\"name\":\"x\\n\\\"y\\\"\",\"n\":2}}\n");
        exec_tap_close(scan);
        exec_tap_close(again);
        exec_stop(rig.exec);
        job_rig_join(&rig);
        CHECK_STR(lines(group, 2),
                  "{\"op\":\"+I\",\"data\":{\"b\":\"x\\n\\\"y\\\"\",\"COUNT(*)\":1}}\n"
                  "{\"op\":\"+U\",\"data\":{\"b\":\"x\\n\\\"y\\\"\",\"COUNT(*)\":2}}\n");
        CHECK(!exec_tap_next(group, &none) && group->done);
        exec_tap_close(group);
        exec_tap_close(sink);
        struct exec_tap *nobody;
        CHECK_INT(exec_tap(rig.exec, 4711, 1, &nobody, &rig.err), E_NAME);
        CHECK_STR(rig.err.message, "there is no operator 4711");
    }
    CHECK_INT(none.size, 0);
    buf_done(&none);
    job_rig_close(&rig);
}

/* --- names --------------------------------------------------------------------------------- */

/* The names of the nth node of a kind, with blanks between them. */
static const char *names(struct job_rig *rig, enum plan_kind kind, uint32_t nth)
{
    static char kept[1024];
    struct buf out;
    buf_init(&out, sizeof kept - 1);
    for (uint32_t i = 0; i < rig->plan->node_count; i++) {
        const struct plan *plan = rig->plan->nodes[i];
        if (plan->kind != kind || nth-- != 0)
            continue;
        struct str *list = plan_names(rig->arena, plan);
        for (uint32_t k = 0; CHECK(list != NULL) && k < plan->field_count; k++)
            buf_printf(&out, "%s" STR_FMT, k > 0 ? " | " : "", STR_ARG(list[k]));
    }
    snprintf(kept, sizeof kept, "%s", buf_cstr(&out));
    buf_done(&out);
    return kept;
}

#define NAMED                                                                                      \
    "CREATE TABLE t (a BIGINT, b STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) "                \
    "WITH ('connector' = 'gate');\n"                                                               \
    "CREATE TABLE k (x BIGINT, y BIGINT, z BIGINT) WITH ('connector' = 'gate');\n"                 \
    "INSERT INTO k "

struct named {
    const char *query;
    enum plan_kind kind;
    uint32_t nth;
    const char *names;
};

/* By the alias of the select list or, where there is none, as SQL; no two columns alike. */
static void columns_are_called_as_the_job_calls_them(void)
{
    static const struct named cases[] = {
        { "SELECT a, COUNT(*) AS visits, SUM(a) FROM t GROUP BY a", PLAN_GROUP, 0,
          "a | visits | SUM(a)" },
        { "SELECT a + 1, COUNT(*), COUNT(*) AS n FROM t GROUP BY a + 1", PLAN_GROUP, 0,
          "a + 1 | n" },
        { "SELECT a, MAX(a) + MIN(a) AS s, 1 FROM t GROUP BY a HAVING COUNT(DISTINCT b) > 1",
          PLAN_GROUP, 0, "a | MAX(a) | MIN(a) | COUNT(DISTINCT b)" },
        { "SELECT a, COUNT(*) FILTER (WHERE a > 1) AS `agg1`, SUM(a) FROM t GROUP BY a", PLAN_GROUP,
          0, "a | agg1 | SUM(a)" },
        { "SELECT a, COUNT(*) AS a, SUM(a) AS a FROM t GROUP BY a", PLAN_GROUP, 0,
          "a | a_2 | a_3" },
        { "SELECT a, SUM(a * 2), 1 FROM t GROUP BY a", PLAN_CALC, 0, "a | a * 2" },
        { "SELECT a, COUNT(*) AS users, 1 FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' "
          "MINUTE)) GROUP BY a, window_start, window_end",
          PLAN_WINDOW, 0, "a | users | window_start | window_end" },
        { "SELECT a, SUM(a) OVER w AS total, COUNT(*) OVER w FROM t WINDOW w AS (PARTITION BY a "
          "ORDER BY ts)",
          PLAN_OVER, 0, "a | ts | total | COUNT(*) OVER w" },
        { "SELECT a, n, 1 FROM (SELECT a, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) AS n "
          "FROM t) WHERE n <= 3",
          PLAN_RANK, 0, "a | b | n" },
        { "SELECT l.a, l.n, r.n FROM (SELECT a, COUNT(*) AS n FROM t GROUP BY a) l JOIN (SELECT a, "
          "SUM(a) AS n FROM t GROUP BY a) r ON l.a = r.a",
          PLAN_JOIN, 0, "a | n | a_2 | n_2" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct job_rig rig;
        char text[1024];
        snprintf(text, sizeof text, NAMED "%s", cases[i].query);
        if (CHECK_INT(job_rig_plan(&rig, text, "1"), OK))
            CHECK_STR(names(&rig, cases[i].kind, cases[i].nth), cases[i].names);
        CHECK_STR(rig.err.message, "");
        job_rig_close(&rig);
    }
}

/* --- values -------------------------------------------------------------------------------- */

/* What paths have found is shown as it stands in the document, on one line. */
static void hits_are_json(void)
{
    struct job_rig rig;
    static const char job[] =
        "CREATE TABLE t (m STRING) WITH ('connector' = 'gate', 'format' = 'raw');\n"
        "CREATE TABLE k (a STRING, b STRING, c STRING, d STRING) WITH ('connector' = 'gate');\n"
        "INSERT INTO k SELECT JSON_VALUE(m, '$.a'), JSON_QUERY(m, '$.b'), JSON_VALUE(m, '$.c'), "
        "JSON_VALUE(m, '$.d') FROM t";
    if (job_rig_open(&rig, job, "1", NULL)) {
        struct exec_tap *tap = tap_of(&rig, PLAN_JSON, 0);
        job_rig_go(&rig);
        gate_put("t", 0, "{\"a\": \"\\u0041\\n\", \"b\":\n[1,\n 2], \"c\": true}");
        CHECK_STR(lines(tap, 1),
                  "{\"op\":\"+I\",\"data\":{\"m\":\"{\\\"a\\\": \\\"\\\\u0041\\\\n\\\", "
                  "\\\"b\\\":\\n[1,\\n 2], \\\"c\\\": true}\",\"$.a\":\"A\\n\","
                  "\"$.b\":[1,  2],\"$.c\":true,\"$.d\":null}}\n");
        CHECK(!tap->done);
        exec_tap_close(tap);
    }
    job_rig_close(&rig);
}

/* The worker goes on, and what was taken before is still there. */
static void a_full_tap_passes_rows_by(void)
{
    struct job_rig rig;
    char row[2048];
    memset(row, 'x', sizeof row);
    memcpy(row, "{\"a\": 1, \"b\": \"", 15);
    memcpy(row + sizeof row - 3, "\"}", 3);
    if (job_rig_open(&rig, changes, "1", NULL)) {
        struct exec_tap *tap = tap_of(&rig, PLAN_SCAN, 0);
        for (uint32_t i = 0; i < 1000; i++)
            gate_put("t", 0, row);
        job_rig_go(&rig);
        JOB_RIG_UNTIL(&rig, gate_written("k") > 0 && job_rig_op(&rig, PLAN_SCAN)->rows_out == 1000);
        struct buf out;
        buf_init(&out, 1 << 20);
        uint32_t n = 0;
        while (exec_tap_next(tap, &out))
            n++;
        CHECK(n > 100 && n < 130); /* a ring has 256 KB */
        CHECK(tap->passed_by > 0);
        CHECK(!tap->done);
        buf_done(&out);
        exec_tap_close(tap);
    }
    job_rig_close(&rig);
}

/* Taps come and go while two workers are at work. */
static void taps_come_and_go(void)
{
    struct job_rig rig;
    if (job_rig_open(&rig, changes, "2", NULL)) {
        job_rig_go(&rig);
        for (uint32_t i = 0; i < 1000; i++) {
            struct exec_tap *group = tap_of(&rig, PLAN_GROUP, 3);
            struct exec_tap *scan = tap_of(&rig, PLAN_SCAN, 3);
            gate_put("t", i % 2, "{\"a\": 1, \"b\": \"x\"}");
            gate_put("t", i % 2, "{\"a\": 1, \"b\": \"y\"}");
            gate_put("t", 1 - i % 2, "{\"a\": 1, \"b\": \"z\"}");
            if (i % 100 == 0)
                lines(scan, 3);
            exec_tap_close(scan);
            exec_tap_close(group);
        }
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_SCAN)->rows_in == 3000);
    }
    job_rig_close(&rig);
}

int main(void)
{
    static const struct connector *const connectors[] = { &connector_gate, NULL };
    session_register_connectors(connectors);
    RUN(lines_are_changes);
    RUN(columns_are_called_as_the_job_calls_them);
    RUN(hits_are_json);
    RUN(a_full_tap_passes_rows_by);
    RUN(taps_come_and_go);
    return check_failed != 0;
}
