/* test_exec_view.c -- a job that runs, looked at from another thread. */
#include "job_test.h"

static const char numbers[] = "CREATE TABLE t (a BIGINT, b BIGINT) WITH ('connector' = 'gate', "
                              "'on-error' = 'skip');\n"
                              "CREATE TABLE k (a BIGINT, n BIGINT, PRIMARY KEY (a) NOT ENFORCED) "
                              "WITH ('connector' = 'gate');\n"
                              "INSERT INTO k SELECT a, COUNT(*) FROM t WHERE b < 50 GROUP BY a";

static void put_numbers(uint32_t n)
{
    char text[64];
    for (uint32_t i = 0; i < n; i++) {
        snprintf(text, sizeof text, "{\"a\": %u, \"b\": %u}", i % 10, i);
        gate_put("t", 0, text);
    }
}

static void operators_count(void)
{
    struct job_rig rig;
    if (job_rig_open(&rig, numbers, "1", NULL)) {
        const struct exec_view *view = job_rig_look(&rig);
        CHECK_INT(view->begun_us, 0);
        CHECK_INT(view->workers, 1);
        CHECK_INT(view->op_count, rig.plan->node_count);
        put_numbers(100);
        gate_put("t", 0, "{\"a\": 1, \"b\":");
        job_rig_go(&rig);
        JOB_RIG_UNTIL(&rig, rig.view.ops[0].rows_in == 101);
        JOB_RIG_UNTIL(&rig, gate_written("k") > 0);
        job_rig_look(&rig);
        const struct view_op *group = job_rig_op(&rig, PLAN_GROUP), *calc;
        CHECK_INT(job_rig_op(&rig, PLAN_SCAN)->rows_out, 100);
        calc = job_rig_op(&rig, PLAN_CALC);
        CHECK_INT(calc->rows_in, 100);
        CHECK_INT(calc->rows_out, 50);
        CHECK_INT(group->rows_in, 50);
        CHECK(group->state_bytes > 0);
        CHECK(group->state_bytes <= view->state_bytes);
        CHECK_INT(group->busy_ns, 0); /* nobody measures */
        CHECK_INT(group->plan->id, exec_view_op(view, group->plan->id)->plan->id);
        CHECK(exec_view_op(view, 12345) == NULL);
        CHECK_INT(view->bad_rows, 1);
        CHECK_INT(view->stats.source_count, 1);
        CHECK_INT(view->stats.sources[0].rows, 101);
        CHECK_INT(view->stats.sources[0].skipped, 1);
        CHECK_INT(view->stats.sinks[0].written[CHANGE_INSERT] +
                      view->stats.sinks[0].written[CHANGE_UPDATE_AFTER],
                  gate_written("k"));
        CHECK_INT(view->begun_us, rig.session->clock.standing_us);
        CHECK(view->wall_us > 0 && view->cpu_us > 0);
        CHECK(!view->stopping && !view->ended);
        exec_stop(rig.exec);
        job_rig_join(&rig);
        job_rig_look(&rig);
        CHECK(view->stopping && view->ended);
        CHECK_INT(view->ops[0].rows_in, 101);
    }
    job_rig_close(&rig);
}

static void several_workers_are_one(void)
{
    struct job_rig rig;
    static const char text[] =
        "CREATE TABLE t (a BIGINT, b BIGINT) WITH ('connector' = 'gate', 'splits' = '2');\n"
        "CREATE TABLE k (a BIGINT, n BIGINT, PRIMARY KEY (a) NOT ENFORCED) "
        "WITH ('connector' = 'gate');\n"
        "INSERT INTO k SELECT a, COUNT(*) FROM t GROUP BY a";
    if (job_rig_open(&rig, text, "2", NULL)) {
        for (uint32_t i = 0; i < 30; i++) {
            char row[64];
            snprintf(row, sizeof row, "{\"a\": %u, \"b\": 1}", i);
            gate_put("t", i % 3 == 0, row);
        }
        job_rig_go(&rig);
        JOB_RIG_UNTIL(&rig, gate_written("k") == 30 && rig.view.ops[0].rows_in == 30);
        CHECK_INT(rig.view.workers, 2);
        CHECK_INT(job_rig_op(&rig, PLAN_GROUP)->rows_in, 30);
        CHECK_INT(job_rig_op(&rig, PLAN_EXCHANGE)->rows_in, 30);
        CHECK_INT(job_rig_op(&rig, PLAN_EXCHANGE)->rows_out, 30);
        uint64_t rows = 0;
        for (uint32_t i = 0; i < rig.view.split_count; i++)
            rows += rig.view.splits[i].rows;
        CHECK_INT(rows, 30);
    }
    job_rig_close(&rig);
}

/* Time of an operator is its own; what another one takes is that one's. */
static void time_is_measured_on_request(void)
{
    struct job_rig rig;
    if (job_rig_open(&rig, numbers, "1", NULL)) {
        exec_view_timing(rig.exec, true);
        put_numbers(1000);
        job_rig_go(&rig);
        JOB_RIG_UNTIL(&rig, rig.view.ops[0].rows_in == 1000 && gate_written("k") > 0);
        job_rig_look(&rig);
        uint64_t sum = 0;
        for (uint32_t i = 0; i < rig.view.op_count; i++) {
            CHECK(rig.view.ops[i].busy_ns > 0);
            sum += rig.view.ops[i].busy_ns;
        }
        CHECK(sum / 1000 <= (uint64_t)rig.view.wall_us);
        exec_view_timing(rig.exec, true);
        exec_view_timing(rig.exec, false); /* the other one still measures */
        uint64_t before = job_rig_op(&rig, PLAN_CALC)->busy_ns;
        put_numbers(10);
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_CALC)->rows_in == 1010);
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_CALC)->busy_ns > before);
        exec_view_timing(rig.exec, false);
        put_numbers(10);
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_CALC)->rows_in == 1020);
        before = job_rig_op(&rig, PLAN_CALC)->busy_ns;
        put_numbers(10);
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_CALC)->rows_in == 1030);
        job_rig_look(&rig);
        CHECK_INT(job_rig_op(&rig, PLAN_CALC)->busy_ns, before);
    }
    job_rig_close(&rig);
}

static void a_checkpoint_can_be_asked_for(void)
{
    struct job_rig rig;
    char dir[] = "/tmp/weir-view-XXXXXX";
    if (CHECK(mkdtemp(dir) != NULL) && job_rig_open(&rig, numbers, "1", dir)) {
        job_rig_go(&rig);
        put_numbers(5);
        JOB_RIG_UNTIL(&rig, rig.view.ops[0].rows_in == 5);
        CHECK_INT(rig.view.checkpoints, 0);
        CHECK_INT(rig.view.checkpoint_us, 0);
        exec_snapshot(rig.exec);
        JOB_RIG_UNTIL(&rig, rig.view.checkpoints == 1);
        CHECK_INT(rig.view.checkpoint_us, rig.session->clock.standing_us);
        exec_snapshot(rig.exec); /* also of a job that has read nothing since */
        JOB_RIG_UNTIL(&rig, rig.view.checkpoints == 2);
        job_rig_close(&rig);
    }
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK_INT(system(command), 0);
}

#define TIMED                                                                                      \
    "CREATE TABLE t (a BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) "    \
    "WITH ('connector' = 'gate', 'splits' = '2');\n"                                               \
    "CREATE TABLE k (e TIMESTAMP(3), n BIGINT) WITH ('connector' = 'gate');\n"

#define WINDOWS                                                                                    \
    TIMED "INSERT INTO k SELECT window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), "  \
          "INTERVAL '1' MINUTE)) GROUP BY window_start, window_end"

enum { SECOND = 1000000 };
static const int64_t noon_us = 1577880000000000; /* 2020-01-01 12:00:00 */

static void time_is_shown(void)
{
    struct job_rig rig;
    if (job_rig_open(&rig, WINDOWS, "1", NULL)) {
        job_rig_go(&rig);
        gate_put("t", 0, "{\"a\": 1, \"ts\": \"2020-01-01 12:00:10\"}");
        gate_put("t", 0, "{\"a\": 1, \"ts\": \"2020-01-01 12:03:10\"}");
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_WINDOW)->rows_in == 2);
        CHECK_INT(rig.view.split_count, 2);
        const struct view_split *one = &rig.view.splits[0], *two = &rig.view.splits[1];
        CHECK_SPAN(one->name.data, one->name.size, "t-0");
        CHECK_INT(one->rows, 2);
        CHECK_INT(one->watermark_us, noon_us + 185 * SECOND);
        CHECK(!one->holds && !one->idle && !one->ended && one->quiet_us >= 0);
        CHECK_SPAN(two->name.data, two->name.size, "t-1");
        CHECK_INT(two->rows, 0);
        CHECK_INT(two->watermark_us, WATERMARK_NONE);
        CHECK(two->holds);
        CHECK_INT(two->quiet_us, -1);
        const struct view_op *window = job_rig_op(&rig, PLAN_WINDOW);
        CHECK_INT(window->watermark_us, WATERMARK_NONE);
        CHECK_INT(window->open_count, 2);
        CHECK_INT(window->open_until_us, noon_us + 60 * SECOND - 1000);
        gate_put("t", 1, "{\"a\": 1, \"ts\": \"2020-01-01 12:02:10\"}");
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_WINDOW)->rows_out == 1);
        CHECK_INT(job_rig_op(&rig, PLAN_WINDOW)->watermark_us, noon_us + 125 * SECOND);
        CHECK_INT(job_rig_op(&rig, PLAN_WINDOW)->open_count, 2);
        CHECK(rig.view.splits[1].holds);
        gate_put("t", 0, "{\"a\": 1, \"ts\": \"2020-01-01 12:00:30\"}");
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_WINDOW)->late == 1);
        CHECK_INT(rig.view.stats.sources[0].late, 1);
    }
    job_rig_close(&rig);
}

static void look_ups_are_counted(void)
{
    struct job_rig rig;
    static const char text[] =
        "CREATE TABLE t (a BIGINT, p AS PROCTIME()) WITH ('connector' = 'gate');\n"
        "CREATE TABLE d (a BIGINT, name STRING, PRIMARY KEY (a) NOT ENFORCED) "
        "WITH ('connector' = 'gate', 'lookup.cache' = 'PARTIAL');\n"
        "CREATE TABLE k (a BIGINT, name STRING) WITH ('connector' = 'gate');\n"
        "INSERT INTO k SELECT t.a, d.name FROM t LEFT JOIN d FOR SYSTEM_TIME AS OF t.p "
        "ON t.a = d.a";
    gate_shut("d", true);
    gate_wait_for("d", "gate d");
    if (job_rig_open(&rig, text, "1", NULL)) {
        job_rig_go(&rig);
        gate_put("t", 0, "{\"a\": 1}");
        gate_put("t", 0, "{\"a\": 2}");
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_LOOKUP)->asked == 2);
        CHECK(job_rig_op(&rig, PLAN_LOOKUP)->waits);
        CHECK_STR(job_rig_op(&rig, PLAN_LOOKUP)->waiting_for, "gate d");
        CHECK(job_rig_op(&rig, PLAN_LOOKUP)->waiting_us >= 0);
        CHECK_INT(job_rig_op(&rig, PLAN_LOOKUP)->missed, 0);
        CHECK_STR(rig.view.stats.lookup.waiting_for, "gate d");
        gate_wait_for("d", NULL);
        gate_shut("d", false);
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_LOOKUP)->missed == 2);
        gate_put("t", 0, "{\"a\": 1}");
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_LOOKUP)->missed == 3);
        CHECK_INT(job_rig_op(&rig, PLAN_LOOKUP)->asked, 2);
        CHECK_INT(job_rig_op(&rig, PLAN_LOOKUP)->hits, 1);
        CHECK(!job_rig_op(&rig, PLAN_LOOKUP)->waits);
    }
    job_rig_close(&rig);
}

static void paths_are_counted(void)
{
    struct job_rig rig;
    static const char text[] =
        "CREATE TABLE t (m STRING) WITH ('connector' = 'gate', 'format' = 'raw');\n"
        "CREATE TABLE k (a STRING, b STRING, c STRING) WITH ('connector' = 'gate');\n"
        "INSERT INTO k SELECT JSON_VALUE(m, '$.data.user'), JSON_VALUE(m, '$.data.ammount'), "
        "JSON_VALUE(m, '$.city') FROM t";
    if (job_rig_open(&rig, text, "1", NULL)) {
        job_rig_go(&rig);
        gate_put("t", 0, "{\"data\": {\"user\": 1, \"amount\": 2}, \"at\": {\"city\": \"x\"}}");
        gate_put("t", 0, "{\"data\": {\"amount\": 2}}");
        JOB_RIG_UNTIL(&rig, rig.view.path_count == 3 && rig.view.paths[1].documents == 2);
        const struct view_path *paths = rig.view.paths;
        CHECK_STR(paths[0].text, "$.data.user");
        CHECK_INT(paths[0].found, 1);
        CHECK_INT(paths[0].nearest.size, 0);
        CHECK_STR(paths[1].text, "$.data.ammount");
        CHECK_INT(paths[1].found, 0);
        CHECK_SPAN(paths[1].nearest.data, paths[1].nearest.size, "$.data.amount");
        CHECK_STR(paths[2].text, "$.city");
        CHECK_SPAN(paths[2].nearest.data, paths[2].nearest.size, "$.at.city");
    }
    job_rig_close(&rig);
}

/* Columns of a table are paths too. */
static void fields_of_a_table_are_counted(void)
{
    struct job_rig rig;
    static const char text[] =
        "CREATE TABLE t (`user` BIGINT, r ROW<ammount BIGINT, x BIGINT>, unread BIGINT) "
        "WITH ('connector' = 'gate', 'format' = 'json');\n"
        "CREATE TABLE k (a BIGINT, b BIGINT) WITH ('connector' = 'gate');\n"
        "INSERT INTO k SELECT `user`, r.ammount FROM t";
    if (job_rig_open(&rig, text, "1", NULL)) {
        job_rig_go(&rig);
        gate_put("t", 0, "{\"user\": 1, \"r\": {\"amount\": 2}}");
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_SINK)->rows_out == 1);
        bool seen = false;
        for (uint32_t i = 0; i < rig.view.path_count; i++) {
            const struct view_path *path = &rig.view.paths[i];
            CHECK_INT(path->json->kind, PLAN_SCAN);
            CHECK_INT(path->documents, 1);
            CHECK(strcmp(path->text, "$.unread") != 0);
            CHECK_INT(path->found,
                      strcmp(path->text, "$.user") == 0 || strcmp(path->text, "$.r") == 0);
            if (strcmp(path->text, "$.r.ammount") != 0)
                continue;
            seen = true;
            CHECK_SPAN(path->nearest.data, path->nearest.size, "$.r.amount");
        }
        CHECK(seen);
    }
    job_rig_close(&rig);
}

static void files_end(void)
{
    struct job_rig rig;
    char dir[] = "/tmp/weir-view-XXXXXX", text[1024], command[128];
    if (!CHECK(mkdtemp(dir) != NULL))
        return;
    snprintf(command, sizeof command, "printf '1\\n2\\n' > %s/a.csv; printf '3\\n' > %s/b.csv", dir,
             dir);
    CHECK_INT(system(command), 0);
    snprintf(
        text, sizeof text,
        "CREATE TABLE t (a BIGINT) WITH ('connector' = 'filesystem', 'path' = '%s', "
        "'format' = 'csv');\n"
        "CREATE TABLE k (a BIGINT) WITH ('connector' = 'gate');\nINSERT INTO k SELECT a FROM t",
        dir);
    if (job_rig_open(&rig, text, "1", NULL)) {
        job_rig_go(&rig);
        job_rig_join(&rig);
        const struct exec_view *view = job_rig_look(&rig);
        CHECK(view->ended && !view->stopping);
        CHECK_INT(view->split_count, 2);
        for (uint32_t i = 0; i < view->split_count; i++) {
            CHECK_INT(view->splits[i].rows, i == 0 ? 2 : 1);
            CHECK(view->splits[i].ended && !view->splits[i].idle && !view->splits[i].holds);
        }
        CHECK(str_ends(view->splits[1].name, STR("/b.csv")));
    }
    job_rig_close(&rig);
    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK_INT(system(command), 0);
}

static void a_sink_that_refuses_waits(void)
{
    struct job_rig rig;
    gate_shut("k", true);
    gate_wait_for("k", "gate k");
    if (job_rig_open(&rig, numbers, "1", NULL)) {
        job_rig_go(&rig);
        put_numbers(1);
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_SINK)->waits);
        CHECK_STR(job_rig_op(&rig, PLAN_SINK)->waiting_for, "gate k");
        gate_wait_for("k", NULL);
        gate_shut("k", false);
        JOB_RIG_UNTIL(&rig, !job_rig_op(&rig, PLAN_SINK)->waits);
        CHECK(job_rig_op(&rig, PLAN_SINK)->waiting_for == NULL);
        CHECK_INT(gate_written("k"), 1);
    }
    job_rig_close(&rig);
}

int main(void)
{
    extern const struct connector connector_filesystem;
    static const struct connector *const connectors[] = { &connector_gate, &connector_filesystem,
                                                          NULL };
    session_register_connectors(connectors);
    RUN(operators_count);
    RUN(several_workers_are_one);
    RUN(time_is_measured_on_request);
    RUN(a_checkpoint_can_be_asked_for);
    RUN(time_is_shown);
    RUN(look_ups_are_counted);
    RUN(paths_are_counted);
    RUN(fields_of_a_table_are_counted);
    RUN(files_end);
    RUN(a_sink_that_refuses_waits);
    return check_failed != 0;
}
