/* test_exec_why.c -- what why() says of views that are made up, one for each thing that can hold
 * a sink up, and of jobs that run. */
#include "job_test.h"

#include "exec/why.h"

enum { SECOND = 1000000, OPS_MAX = 32, SPLITS_MAX = 4, PATHS_MAX = 8 };
static const int64_t noon_us = 1577880000000000; /* 2020-01-01 12:00:00 */

/* A plan that does not run, and a view of it that the test fills. */
struct made {
    struct job_rig rig;
    struct exec_view view, earlier;
    struct view_op ops[OPS_MAX], before[OPS_MAX];
    struct view_split splits[SPLITS_MAX];
    struct view_path paths[PATHS_MAX];
    struct exec_source_stats sources[SPLITS_MAX];
    struct exec_sink_stats sinks[SPLITS_MAX];
};

static bool make(struct made *m, const char *text)
{
    memset(m, 0, sizeof *m);
    enum code code = job_rig_plan(&m->rig, text, "1");
    CHECK_STR(m->rig.err.message, "");
    if (!CHECK_INT(code, OK))
        return false;
    const struct plan_job *job = m->rig.plan;
    for (uint32_t i = 0; i < job->node_count && CHECK(i < OPS_MAX); i++)
        m->ops[i] = (struct view_op){ .plan = job->nodes[i],
                                      .watermark_us = WATERMARK_NONE,
                                      .open_until_us = INT64_MAX };
    for (uint32_t i = 0; i < job->scan_count; i++)
        m->sources[i].name = job->scans[i]->def.name;
    m->view = (struct exec_view){ .ops = m->ops,
                                  .op_count = job->node_count,
                                  .splits = m->splits,
                                  .paths = m->paths,
                                  .stats = { .sources = m->sources,
                                             .source_count = job->scan_count,
                                             .sinks = m->sinks,
                                             .sink_count = job->sink_count },
                                  .wall_us = 10 * SECOND };
    return true;
}

static struct view_op *op_of(struct made *m, enum plan_kind kind, uint32_t nth)
{
    for (uint32_t i = 0; i < m->view.op_count; i++)
        if (m->ops[i].plan->kind == kind && nth-- == 0)
            return &m->ops[i];
    CHECK(!"there is no such operator");
    return &m->ops[0];
}

static void flow(struct made *m, enum plan_kind kind, uint64_t in, uint64_t out)
{
    op_of(m, kind, 0)->rows_in = in;
    op_of(m, kind, 0)->rows_out = out;
}

/* The view as it is becomes the earlier one: five seconds pass. */
static void later(struct made *m)
{
    memcpy(m->before, m->ops, sizeof m->ops);
    m->earlier = m->view;
    m->earlier.ops = m->before;
    m->view.wall_us += 5 * SECOND;
}

static struct view_split *split(struct made *m, uint32_t scan, const char *name, uint64_t rows,
                                int64_t watermark_us)
{
    struct view_split *s = &m->splits[m->view.split_count++];
    *s = (struct view_split){ .scan = &m->rig.plan->scans[scan]->base,
                              .name = str_of(name),
                              .rows = rows,
                              .lag_rows = -1,
                              .watermark_us = watermark_us,
                              .quiet_us = rows > 0 ? 1 * SECOND : -1 };
    return s;
}

static void put_findings(struct buf *out, const struct why_sink *sink)
{
    static const char *const words[] = {
        [WHY_HELD] = "held", [WHY_NOTE] = "note", [WHY_FINE] = "fine"
    };
    for (uint32_t i = 0; i < sink->finding_count; i++) {
        const struct why_finding *f = &sink->findings[i];
        CHECK(f->plan != NULL);
        buf_printf(out, "%s: " STR_FMT "\n", words[f->severity], STR_ARG(f->text));
        if (f->hint.size > 0)
            buf_printf(out, "  " STR_FMT "\n", STR_ARG(f->hint));
    }
}

static const char *answer_of(const struct plan_job *job, const struct exec_view *view,
                             const struct exec_view *earlier, struct arena *arena)
{
    static char kept[4096];
    struct error err = { .code = OK };
    struct why answer;
    struct buf out;
    buf_init(&out, sizeof kept - 1);
    if (CHECK_INT(why(job, view, earlier, 0, arena, &answer, &err), OK))
        for (uint32_t i = 0; i < answer.sink_count; i++) {
            put_findings(&out, &answer.sinks[i]);
            CHECK_INT(answer.sinks[i].is_held, answer.sinks[i].findings[0].severity == WHY_HELD);
        }
    snprintf(kept, sizeof kept, "%s", buf_cstr(&out));
    buf_done(&out);
    return kept;
}

static const char *answer(struct made *m)
{
    return answer_of(m->rig.plan, &m->view, m->earlier.op_count > 0 ? &m->earlier : NULL,
                     m->rig.arena);
}

static void unmake(struct made *m)
{
    job_rig_close(&m->rig);
}

/* --- jobs ---------------------------------------------------------------------------------- */

#define SOURCE "CREATE TABLE t (a BIGINT, b BIGINT, p AS PROCTIME()) WITH ('connector' = 'gate');\n"
#define SINK "CREATE TABLE k (a BIGINT, b BIGINT) WITH ('connector' = 'gate');\n"
#define FILTER SOURCE SINK "INSERT INTO k SELECT a, b FROM t WHERE a < 0"
#define TIMED                                                                                      \
    "CREATE TABLE t (a BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) "    \
    "WITH ('connector' = 'gate', 'splits' = '2');\n" SINK
#define WINDOW                                                                                     \
    TIMED "INSERT INTO k SELECT a, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), "           \
          "INTERVAL '1' MINUTE)) GROUP BY a, window_start, window_end"

static const char join[] = "CREATE TABLE t (a BIGINT, b BIGINT) WITH ('connector' = 'gate');\n"
                           "CREATE TABLE u (c BIGINT, d BIGINT) WITH ('connector' = 'gate');\n" SINK
                           "INSERT INTO k SELECT a, d FROM t JOIN u ON a = c";
static const char look_up[] =
    SOURCE "CREATE TABLE d (a BIGINT, b BIGINT, PRIMARY KEY (a) NOT ENFORCED) "
           "WITH ('connector' = 'gate');\n" SINK
           "INSERT INTO k SELECT t.a, d.b FROM t JOIN d FOR SYSTEM_TIME AS OF t.p ON t.a = d.a";
static const char paths[] =
    "CREATE TABLE t (m STRING) WITH ('connector' = 'gate', 'format' = 'raw');\n"
    "CREATE TABLE k (a STRING, b STRING) WITH ('connector' = 'gate');\n"
    "INSERT INTO k SELECT JSON_VALUE(m, '$.a'), JSON_VALUE(m, '$.b') FROM t "
    "WHERE JSON_VALUE(m, '$.typ') = 'x'";

/* --- sinks ----------------------------------------------------------------------------------- */

static void a_sink_that_writes(void)
{
    struct made m;
    if (make(&m, FILTER)) {
        flow(&m, PLAN_SCAN, 1500, 1500);
        flow(&m, PLAN_CALC, 1500, 1200);
        flow(&m, PLAN_SINK, 1200, 1200);
        CHECK_STR(answer(&m), "fine: nothing holds it up: 1,200 rows were written\n");
        later(&m);
        flow(&m, PLAN_SCAN, 1502, 1502);
        flow(&m, PLAN_CALC, 1502, 1201);
        flow(&m, PLAN_SINK, 1201, 1201);
        CHECK_STR(answer(&m), "fine: nothing holds it up: 1 row was written in the last 5 s\n");
        m.view.ended = true;
        CHECK_STR(answer(&m), "fine: the job is over: 1,201 rows were written\n");
    }
    unmake(&m);
}

static void a_sink_that_waits(void)
{
    struct made m;
    if (make(&m, FILTER)) {
        flow(&m, PLAN_SCAN, 1500, 1500);
        flow(&m, PLAN_CALC, 1500, 1200);
        flow(&m, PLAN_SINK, 1200, 200);
        op_of(&m, PLAN_SINK, 0)->waits = true;
        m.sinks[0].unconfirmed = 200;
        CHECK_STR(answer(&m), "held: table \"k\" takes no rows: it has no room, 200 rows are not "
                              "confirmed yet\n"
                              "  The job is as fast as the system it writes to.\n");
        op_of(&m, PLAN_SINK, 0)->waiting_for = "server 10.0.0.1:9200";
        op_of(&m, PLAN_SINK, 0)->waiting_us = 200 * SECOND;
        CHECK_STR(answer(&m), "held: table \"k\" takes no rows: it has been waiting for server "
                              "10.0.0.1:9200 for 3 min\n"
                              "  It goes on by itself when the server answers; nothing is lost.\n");
    }
    unmake(&m);
}

static void a_sink_that_refuses(void)
{
    struct made m;
    if (make(&m, FILTER)) {
        flow(&m, PLAN_SCAN, 12, 12);
        flow(&m, PLAN_CALC, 12, 12);
        flow(&m, PLAN_SINK, 12, 0);
        CHECK_STR(answer(&m), "held: 12 rows have come, and none was written\n");
        op_of(&m, PLAN_SINK, 0)->skipped = 12;
        CHECK_STR(answer(&m), "held: its rows are bad: of 12 rows 12 were refused\n"
                              "  The warnings of the job say what is wrong with the first of "
                              "them.\n");
    }
    unmake(&m);
}

/* --- sources ----------------------------------------------------------------------------------- */

static void a_source_without_rows(void)
{
    struct made m;
    if (make(&m, FILTER)) {
        CHECK_STR(answer(&m), "held: no row has come from table \"t\" yet\n");
        struct view_op *scan = op_of(&m, PLAN_SCAN, 0);
        scan->waiting_for = "broker 127.0.0.1:9092";
        scan->waiting_us = 12 * SECOND;
        CHECK_STR(answer(&m), "held: table \"t\" gives no rows: it has been waiting for broker "
                              "127.0.0.1:9092 for 12 s\n"
                              "  It goes on by itself when the server answers; nothing is lost.\n");
        scan->waiting_for = NULL;
        split(&m, 0, "t-0", 0, WATERMARK_NONE)->ended = true;
        CHECK_STR(answer(&m), "held: table \"t\" has come to its end: 0 rows were read\n");
    }
    unmake(&m);
}

static void a_source_that_is_quiet(void)
{
    struct made m;
    if (make(&m, FILTER)) {
        flow(&m, PLAN_SCAN, 1500, 1500);
        flow(&m, PLAN_CALC, 1500, 1200);
        flow(&m, PLAN_SINK, 1200, 1200);
        split(&m, 0, "t-0", 1500, WATERMARK_NONE)->quiet_us = 4 * 3600LL * SECOND;
        later(&m);
        CHECK_STR(answer(&m), "held: no row has come from table \"t\" for 4 h\n");
    }
    unmake(&m);
}

static void rows_that_cannot_be_read(void)
{
    struct made m;
    if (make(&m, FILTER)) {
        flow(&m, PLAN_SCAN, 1500, 0);
        CHECK_STR(answer(&m), "held: no row of table \"t\" can be read: none of 1,500 records is a "
                              "row\n"
                              "  The format leaves out what it cannot read: look at the options of "
                              "the table.\n");
        op_of(&m, PLAN_SCAN, 0)->skipped = 1500;
        CHECK_STR(answer(&m), "held: no row of table \"t\" can be read: none of 1,500 records is a "
                              "good row\n"
                              "  The warnings of the job say what is wrong with the first of "
                              "them.\n");
    }
    unmake(&m);
}

/* --- operators ------------------------------------------------------------------------------------ */

static void a_filter_that_drops_everything(void)
{
    struct made m;
    if (make(&m, FILTER)) {
        flow(&m, PLAN_SCAN, 1500, 1500);
        flow(&m, PLAN_CALC, 1500, 0);
        CHECK_STR(answer(&m), "held: calc#2 lets no row through: 1,500 rows have come, and none "
                              "fulfils a < 0\n"
                              "  weir tap NAME source#1 shows rows that come to it.\n");
        flow(&m, PLAN_CALC, 1500, 10);
        flow(&m, PLAN_SINK, 10, 10);
        later(&m);
        flow(&m, PLAN_SCAN, 1600, 1600);
        flow(&m, PLAN_CALC, 1600, 10);
        CHECK_STR(answer(&m),
                  "held: calc#2 lets no row through: 100 rows have come in the last 5 s, "
                  "and none fulfils a < 0\n"
                  "  weir tap NAME source#1 shows rows that come to it.\n");
    }
    unmake(&m);
}

static void a_path_that_finds_nothing(void)
{
    struct made m;
    if (make(&m, paths)) {
        flow(&m, PLAN_SCAN, 1500, 1500);
        flow(&m, PLAN_JSON, 1500, 1500);
        flow(&m, PLAN_CALC, 1500, 0);
        const struct plan *json = op_of(&m, PLAN_JSON, 0)->plan;
        m.paths[0] = (struct view_path){ json, "$.a", 1500, 700, STR("") };
        m.paths[1] = (struct view_path){ json, "$.b", 1500, 0, STR("") };
        m.paths[2] = (struct view_path){ json, "$.typ", 1500, 0, STR("$.type") };
        m.view.path_count = 3;
        CHECK_STR(answer(&m),
                  "held: calc#3 lets no row through: 1,500 rows have come, and none fulfils "
                  "JSON_VALUE(m, '$.typ') = 'x'\n"
                  "  weir tap NAME json#2 shows rows that come to it.\n"
                  "held: $.b is in none of 1,500 documents of table \"t\"\n"
                  "held: $.typ is in none of 1,500 documents of table \"t\"\n"
                  "  They have $.type: is that meant?\n");
        m.view.path_count = 2;
        flow(&m, PLAN_CALC, 1500, 3);
        flow(&m, PLAN_SINK, 3, 3);
        CHECK_STR(answer(&m), "fine: nothing holds it up: 3 rows were written\n"
                              "note: $.b is in none of 1,500 documents of table \"t\"\n");
    }
    unmake(&m);
}

/* What stands behind a path that finds nothing is not said, and not more than a few are. */
static void many_paths_that_find_nothing(void)
{
    struct made m;
    static char texts[PATHS_MAX][16];
    if (make(&m, paths)) {
        flow(&m, PLAN_CALC, 1500, 3);
        flow(&m, PLAN_SINK, 3, 3);
        const struct plan *json = op_of(&m, PLAN_JSON, 0)->plan;
        for (uint32_t i = 0; i < PATHS_MAX; i++) {
            snprintf(texts[i], sizeof texts[i], "$.a%u", i);
            m.paths[i] = (struct view_path){ json, texts[i], 9, 0, STR("") };
        }
        snprintf(texts[1], sizeof texts[1], "$.a0.b");
        m.view.path_count = PATHS_MAX;
        CHECK_STR(answer(&m), "fine: nothing holds it up: 3 rows were written\n"
                              "note: $.a0 is in none of 9 documents of table \"t\"\n"
                              "note: $.a2 is in none of 9 documents of table \"t\"\n"
                              "note: $.a3 is in none of 9 documents of table \"t\"\n"
                              "note: $.a4 is in none of 9 documents of table \"t\"\n"
                              "note: $.a5 is in none of 9 documents of table \"t\"\n"
                              "note: 2 more paths find nothing\n");
    }
    unmake(&m);
}

static void a_look_up(void)
{
    struct made m;
    if (make(&m, look_up)) {
        flow(&m, PLAN_SCAN, 1500, 1500);
        flow(&m, PLAN_CALC, 1500, 1500);
        flow(&m, PLAN_LOOKUP, 1500, 0);
        struct view_op *op = op_of(&m, PLAN_LOOKUP, 0);
        op->waits = true;
        CHECK_STR(answer(&m), "held: lookup#3 waits for answers of table \"d\"\n");
        op->waiting_for = "server db:3306";
        op->waiting_us = 30 * SECOND;
        CHECK_STR(answer(&m), "held: lookup#3 waits for answers of table \"d\", which has been "
                              "waiting for server db:3306 for 30 s\n"
                              "  It goes on by itself when the server answers; nothing is lost.\n");
        op->waits = false;
        op->waiting_for = NULL;
        op->missed = 1500;
        CHECK_STR(answer(&m),
                  "held: lookup#3 finds nothing in table \"d\": none of 1,500 rows has a "
                  "row there\n"
                  "  Do the keys look alike on both sides? weir tap NAME calc#2 shows "
                  "what is asked for; LEFT JOIN keeps rows without an answer.\n");
    }
    unmake(&m);
}

static void a_join(void)
{
    struct made m;
    if (make(&m, join)) {
        flow(&m, PLAN_SCAN, 1500, 1500);
        flow(&m, PLAN_CALC, 1500, 1500);
        flow(&m, PLAN_JOIN, 1500, 0);
        CHECK_STR(answer(&m), "held: join#4 has had no row of its right side yet, source#2\n"
                              "held: no row has come from table \"u\" yet\n");
        op_of(&m, PLAN_SCAN, 1)->rows_in = op_of(&m, PLAN_SCAN, 1)->rows_out = 7;
        flow(&m, PLAN_JOIN, 1507, 0);
        CHECK_STR(answer(&m),
                  "held: join#4 has found no pair: 1,500 rows of the left and 7 rows of "
                  "the right side have no equal keys\n"
                  "  weir tap NAME calc#3 and source#2 show the keys of both sides.\n");
    }
    unmake(&m);
}

/* Those whose results stay as they are, whatever comes. */
static void nothing_is_new(void)
{
    static const struct {
        const char *query;
        enum plan_kind kind;
        const char *reason;
    } cases[] = {
        { "SELECT a, MAX(b) FROM t GROUP BY a", PLAN_GROUP,
          "no result is another one than before" },
        { "SELECT a, b FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) AS n FROM t) "
          "WHERE n <= 2",
          PLAN_RANK, "none is among the first rows of its key" },
        { "SELECT a, b FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY a ORDER BY p) AS n FROM t) "
          "WHERE n = 1",
          PLAN_DEDUP, "the key of each has had its row" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct made m;
        char text[1024], want[256];
        snprintf(text, sizeof text, SOURCE SINK "INSERT INTO k %s", cases[i].query);
        if (make(&m, text)) {
            for (uint32_t k = 0; k < m.view.op_count; k++)
                m.ops[k].rows_in = m.ops[k].rows_out = 100;
            later(&m);
            struct view_op *op = op_of(&m, cases[i].kind, 0);
            for (uint32_t k = 0; &m.ops[k] != op; k++)
                m.ops[k].rows_in = m.ops[k].rows_out = 107;
            op->rows_in = 107;
            snprintf(want, sizeof want,
                     "held: %s#%u has nothing new: 7 rows have come in the last 5 s, and %s\n",
                     plan_kind_name(op->plan->kind), op->plan->id, cases[i].reason);
            CHECK_STR(answer(&m), want);
        }
        unmake(&m);
    }
}

static void a_limit(void)
{
    struct made m;
    if (make(&m, SOURCE SINK "INSERT INTO k SELECT a, b FROM t LIMIT 10")) {
        flow(&m, PLAN_SCAN, 1500, 1500);
        flow(&m, PLAN_LIMIT, 1500, 10);
        flow(&m, PLAN_SINK, 10, 10);
        later(&m);
        CHECK_STR(answer(&m), "held: limit#2 is full: 10 rows were wanted and have come\n");
    }
    unmake(&m);
}

/* --- time ------------------------------------------------------------------------------------------- */

static void rows_without_time(void)
{
    struct made m;
    if (make(&m, WINDOW)) {
        flow(&m, PLAN_SCAN, 5, 5);
        flow(&m, PLAN_WATERMARK, 5, 0);
        CHECK_STR(answer(&m), "held: no row of table \"t\" has a row time: all 5 rows were bad for "
                              "that\n"
                              "  The time is NULL where its column is missing, or its text is in "
                              "another form than the table says. weir tap NAME source#1 shows rows "
                              "as they come.\n");
    }
    unmake(&m);
}

static void open_windows(struct made *m)
{
    flow(m, PLAN_SCAN, 5, 5);
    flow(m, PLAN_WATERMARK, 5, 5);
    flow(m, PLAN_WINDOW, 5, 0);
    struct view_op *op = op_of(m, PLAN_WINDOW, 0);
    op->open_count = 2;
    op->open_until_us = noon_us + 60 * SECOND - 1000;
}

static void a_partition_without_rows(void)
{
    struct made m;
    if (make(&m, WINDOW)) {
        open_windows(&m);
        split(&m, 0, "t-0", 5, noon_us + 300 * SECOND);
        split(&m, 0, "t-1", 0, WATERMARK_NONE)->holds = true;
        CHECK_STR(
            answer(&m),
            "held: window#3 waits for time: 2 windows are open, the first until 2020-01-01 "
            "12:01:00; there is no watermark yet\n"
            "held: time waits for partition \"t-1\" of table \"t\", which has had no row yet\n"
            "  SET 'table.exec.source.idle-timeout' = '1 min' lets time go on without "
            "partitions that have had no row for so long.\n");
    }
    unmake(&m);
}

static void a_partition_that_is_behind(void)
{
    struct made m;
    if (make(&m, "SET 'table.exec.source.idle-timeout' = '2 min';\n" WINDOW)) {
        open_windows(&m);
        op_of(&m, PLAN_WINDOW, 0)->open_count = 1;
        op_of(&m, PLAN_WINDOW, 0)->watermark_us = noon_us + 10 * SECOND;
        split(&m, 0, "t-0", 5, noon_us + 300 * SECOND);
        struct view_split *s = split(&m, 0, "t-1", 1, noon_us + 10 * SECOND + 500000);
        s->holds = true;
        s->quiet_us = 40 * SECOND;
        m.sources[0].ahead = 3;
        CHECK_STR(answer(&m),
                  "held: window#3 waits for time: 1 window is open, until 2020-01-01 12:01:00; the "
                  "watermark is 2020-01-01 12:00:10\n"
                  "held: time waits for partition \"t-1\" of table \"t\", which is at 2020-01-01 "
                  "12:00:10.5: its last row came 40 s ago; \"t-0\" is at 2020-01-01 12:05:00\n"
                  "  It is left out when it has had no row for 120 s "
                  "(table.exec.source.idle-timeout).\n"
                  "note: table \"t\" has had 3 rows too far ahead of the clock to move time\n"
                  "  weir.watermark.max-future says how far is too far.\n");
        s->lag_rows = 4000;
        m.sources[0].ahead = 0;
        CHECK(strstr(answer(&m), "12:05:00; it has 4,000 rows that have not been read yet\n") !=
              NULL);
    }
    unmake(&m);
}

static void only_new_rows_move_time(void)
{
    struct made m;
    if (make(&m, WINDOW)) {
        open_windows(&m);
        op_of(&m, PLAN_WINDOW, 0)->watermark_us = noon_us + 10 * SECOND;
        split(&m, 0, "t-0", 5, noon_us + 10 * SECOND)->holds = true;
        CHECK_STR(answer(&m),
                  "held: window#3 waits for time: 2 windows are open, the first until 2020-01-01 "
                  "12:01:00; the watermark is 2020-01-01 12:00:10\n"
                  "held: only new rows of table \"t\" move time on: its last row came 1 s ago\n"
                  "  Its watermark stays 5 s behind the newest row: what is open leaves when rows "
                  "with later times come.\n");
        m.splits[0].holds = false;
        m.splits[0].idle = true;
        CHECK(strstr(answer(&m), "move time on: all of its partitions are idle, its last row") !=
              NULL);
    }
    unmake(&m);
}

static void everything_is_late(void)
{
    struct made m;
    if (make(&m, WINDOW)) {
        open_windows(&m);
        op_of(&m, PLAN_WINDOW, 0)->open_count = 0;
        op_of(&m, PLAN_WINDOW, 0)->late = 5;
        CHECK(strstr(answer(&m), "held: window#3 has dropped all 5 rows that came: they were "
                                 "late\n") == answer(&m));
    }
    unmake(&m);
}

static void windows_by_the_clock(void)
{
    struct made m;
    static const char text[] =
        SOURCE SINK "INSERT INTO k SELECT a, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(p), "
                    "INTERVAL '1' MINUTE)) GROUP BY a, window_start, window_end";
    if (make(&m, text)) {
        flow(&m, PLAN_SCAN, 5, 5);
        flow(&m, PLAN_CALC, 5, 5);
        flow(&m, PLAN_WINDOW, 5, 0);
        op_of(&m, PLAN_WINDOW, 0)->open_count = 1;
        op_of(&m, PLAN_WINDOW, 0)->open_until_us = noon_us - 1000;
        CHECK_STR(answer(&m), "held: window#3 waits for time: 1 window is open, until 2020-01-01 "
                              "12:00:00 by the clock\n");
    }
    unmake(&m);
}

/* --- asking ------------------------------------------------------------------------------------------ */

static void one_sink_of_several(void)
{
    struct made m;
    static const char text[] =
        SOURCE SINK "CREATE TABLE l (a BIGINT) WITH ('connector' = 'gate');\n"
                    "BEGIN STATEMENT SET; INSERT INTO k SELECT a, b FROM t WHERE a < 0; "
                    "INSERT INTO l SELECT a FROM t WHERE b < 0; END";
    if (make(&m, text)) {
        struct why ret;
        uint32_t id = m.rig.plan->sinks[1]->base.id;
        CHECK_INT(why(m.rig.plan, &m.view, NULL, 0, m.rig.arena, &ret, &m.rig.err), OK);
        CHECK_INT(ret.sink_count, 2);
        CHECK_INT(why(m.rig.plan, &m.view, NULL, id, m.rig.arena, &ret, &m.rig.err), OK);
        CHECK_INT(ret.sink_count, 1);
        CHECK_SPAN(ret.sinks[0].name.data, ret.sinks[0].name.size, "l");
        CHECK_INT(ret.sinks[0].plan->id, id);
        CHECK_INT(why(m.rig.plan, &m.view, NULL, 99, m.rig.arena, &ret, &m.rig.err), E_NAME);
        CHECK_STR(m.rig.err.message, "there is no sink 99");
    }
    unmake(&m);
}

/* --- jobs that run ---------------------------------------------------------------------------------- */

static const char *answer_now(struct job_rig *rig)
{
    job_rig_look(rig);
    return answer_of(rig->plan, &rig->view, NULL, rig->arena);
}

static void a_running_job_is_explained(void)
{
    struct job_rig rig;
    if (job_rig_open(&rig, WINDOW, "1", NULL)) {
        job_rig_go(&rig);
        CHECK_STR(answer_now(&rig), "held: no row has come from table \"t\" yet\n");
        gate_put("t", 0, "{\"a\": 1, \"ts\": \"2020-01-01 12:00:10\"}");
        gate_put("t", 0, "{\"a\": 1, \"ts\": \"2020-01-01 12:02:10\"}");
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_WINDOW)->rows_in == 2);
        CHECK_STR(
            answer_now(&rig),
            "held: window#3 waits for time: 2 windows are open, the first until 2020-01-01 "
            "12:01:00; there is no watermark yet\n"
            "held: time waits for partition \"t-1\" of table \"t\", which has had no row yet\n"
            "  SET 'table.exec.source.idle-timeout' = '1 min' lets time go on without "
            "partitions that have had no row for so long.\n");
        gate_shut("k", true);
        gate_put("t", 1, "{\"a\": 1, \"ts\": \"2020-01-01 12:01:10\"}");
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_SINK)->waits);
        CHECK_STR(answer_now(&rig), "held: table \"k\" takes no rows: it has no room\n"
                                    "  The job is as fast as the system it writes to.\n");
        gate_shut("k", false);
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_SINK)->rows_out == 1);
        CHECK_STR(answer_now(&rig), "fine: nothing holds it up: 1 row was written\n");
    }
    job_rig_close(&rig);
}

static void a_look_up_is_explained(void)
{
    struct job_rig rig;
    gate_shut("d", true);
    gate_wait_for("d", "gate d");
    if (job_rig_open(&rig, look_up, "1", NULL)) {
        job_rig_go(&rig);
        gate_put("t", 0, "{\"a\": 1}");
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_LOOKUP)->waits);
        CHECK(strstr(answer_now(&rig), "held: lookup#3 waits for answers of table \"d\", which has "
                                       "been waiting for gate d for 0 s\n") != NULL);
        gate_wait_for("d", NULL);
        gate_shut("d", false);
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_LOOKUP)->missed == 1);
        CHECK(strstr(answer_now(&rig), "held: lookup#3 finds nothing in table \"d\": none of 1 row "
                                       "has a row there\n") != NULL);
    }
    job_rig_close(&rig);
}

static void a_path_is_explained(void)
{
    struct job_rig rig;
    if (job_rig_open(&rig, paths, "1", NULL)) {
        job_rig_go(&rig);
        gate_put("t", 0, "{\"a\": 1, \"b\": 2, \"type\": \"x\"}");
        JOB_RIG_UNTIL(&rig, job_rig_op(&rig, PLAN_CALC)->rows_in == 1);
        CHECK_STR(answer_now(&rig),
                  "held: calc#3 lets no row through: 1 row has come, and none fulfils "
                  "JSON_VALUE(m, '$.typ') = 'x'\n"
                  "  weir tap NAME json#2 shows rows that come to it.\n"
                  "held: $.typ is in none of 1 document of table \"t\"\n"
                  "  They have $.type: is that meant?\n");
    }
    job_rig_close(&rig);
}

/* --- joins and others that keep rows, as they run ---------------------------------------------------- */

#define TWO                                                                                        \
    "CREATE TABLE t (a BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) "                          \
    "WITH ('connector' = 'gate');\n"                                                               \
    "CREATE TABLE u (c BIGINT, d BIGINT, us TIMESTAMP(3), WATERMARK FOR us AS us, "                \
    "PRIMARY KEY (c) NOT ENFORCED) WITH ('connector' = 'gate');\n" SINK "INSERT INTO k "
#define NEAR " ON t.a = u.c AND u.us BETWEEN t.ts AND t.ts + INTERVAL '1' MINUTE"
#define ROW_T(a, time)                                                                             \
    {                                                                                              \
        "t", "{\"a\": " a ", \"ts\": \"2020-01-01 " time "\"}"                                     \
    }
#define ROW_U(c, time)                                                                             \
    {                                                                                              \
        "u", "{\"c\": " c ", \"d\": 7, \"us\": \"2020-01-01 " time "\"}"                           \
    }

/* A query, rows that are put one after the other, and the beginning of what is said then. */
struct running {
    const char *query;
    struct {
        const char *table, *row;
    } rows[5];
    enum plan_kind kind; /* has had all of the rows by then ... */
    uint64_t rows_in, open;
    const char *answer;
};

static const struct running running[] = {
    { "SELECT a, d FROM t LEFT JOIN u" NEAR,
      { ROW_T("1", "12:00:10"), ROW_T("2", "12:00:20"), ROW_U("1", "12:00:30"),
        ROW_U("5", "12:03:00") },
      PLAN_INTERVAL_JOIN,
      4,
      1,
      "fine: nothing holds it up: 1 row was written\n" },
    { "SELECT a, d FROM t LEFT JOIN u" NEAR,
      { ROW_T("1", "12:00:10"), ROW_T("2", "12:00:20"), ROW_U("5", "12:03:00") },
      PLAN_INTERVAL_JOIN,
      3,
      2,
      "held: interval-join#5 waits for time: 2 rows without a partner are held, the first until "
      "2020-01-01 12:01:10; the watermark is 2020-01-01 12:00:20, that of its left side: its right "
      "side is at 2020-01-01 12:03:00\n"
      "held: only new rows of table \"t\" move time on: " },
    { "SELECT a, d FROM t LEFT JOIN u" NEAR,
      { ROW_T("1", "12:00:10") },
      PLAN_INTERVAL_JOIN,
      1,
      1,
      "held: interval-join#5 waits for time: 1 row without a partner is held, until 2020-01-01 "
      "12:01:10; there is no watermark yet: its right side has none, its left side is at "
      "2020-01-01 "
      "12:00:10\n"
      "held: only new rows of table \"u\" move time on: none has come yet\n" },
    { "SELECT a, d FROM t JOIN u" NEAR,
      { ROW_T("1", "12:00:10"), ROW_U("5", "12:00:30"), ROW_U("6", "12:00:20") },
      PLAN_INTERVAL_JOIN,
      3,
      0,
      "held: interval-join#5 has found no pair: 1 row of the left and 2 rows of the right side "
      "have "
      "no equal keys within its range of time\n"
      "  weir tap NAME watermark#3 and watermark#4 show the keys of both sides.\n"
      "note: interval-join#5 keeps 1 row of its left side, until 2020-01-01 12:01:10, and 2 rows "
      "of its "
      "right side, the first until 2020-01-01 12:00:20, for partners that may come; the watermark "
      "is "
      "2020-01-01 12:00:10, that of its left side: its right side is at 2020-01-01 12:00:30\n"
      "held: only new rows of table \"t\" move time on: " },
    { "SELECT a, d FROM t JOIN u" NEAR,
      { ROW_T("1", "12:00:10") },
      PLAN_INTERVAL_JOIN,
      1,
      0,
      "held: interval-join#5 has had no row of its right side yet, watermark#4\n"
      "note: interval-join#5 keeps 1 row of its left side, until 2020-01-01 12:01:10, for partners "
      "that "
      "may come; there is no watermark yet: its right side has none, its left side is at "
      "2020-01-01 "
      "12:00:10\n"
      "held: only new rows of table \"u\" move time on: none has come yet\n"
      "held: no row has come from table \"u\" yet\n" },
    { "SELECT a, d FROM t JOIN u FOR SYSTEM_TIME AS OF t.ts ON t.a = u.c",
      { ROW_U("1", "12:00:00"), ROW_U("2", "12:00:05"), ROW_T("1", "12:04:10"),
        ROW_T("1", "12:04:00") },
      PLAN_TEMPORAL_JOIN,
      4,
      2,
      "held: temporal-join#5 waits for time: 2 rows of its left side are held, the first until "
      "2020-01-01 12:04:00; the watermark is 2020-01-01 12:00:05, that of its right side: its left "
      "side "
      "is at 2020-01-01 12:04:10\n"
      "held: only new rows of table \"u\" move time on: " },
    { "SELECT a, d FROM t JOIN u FOR SYSTEM_TIME AS OF t.ts ON t.a = u.c",
      { ROW_U("1", "12:00:02"), ROW_T("2", "12:00:00"), ROW_T("3", "12:00:01") },
      PLAN_TEMPORAL_JOIN,
      3,
      0,
      "held: temporal-join#5 has found no pair: 2 rows of the left and 1 row of the right side "
      "have no "
      "equal keys, or no version that was valid at the time of the left row\n" },
    { "SELECT a, d FROM t LEFT JOIN u FOR SYSTEM_TIME AS OF t.ts ON t.a = u.c",
      { ROW_T("1", "12:00:10") },
      PLAN_TEMPORAL_JOIN,
      1,
      1,
      "held: temporal-join#5 waits for time: 1 row of its left side is held, until 2020-01-01 "
      "12:00:10; "
      "there is no watermark yet: its right side has none, its left side is at 2020-01-01 "
      "12:00:10\n"
      "held: only new rows of table \"u\" move time on: none has come yet\n" },
    { "SELECT l.a, r.d FROM (SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' "
      "MINUTE))) "
      "l LEFT JOIN (SELECT * FROM TABLE(TUMBLE(TABLE u, DESCRIPTOR(us), INTERVAL '1' MINUTE))) r "
      "ON "
      "l.a = r.c AND l.window_start = r.window_start AND l.window_end = r.window_end",
      { ROW_T("1", "12:00:10"), ROW_T("1", "12:02:10"), ROW_U("1", "12:00:30") },
      PLAN_WINDOW_JOIN,
      3,
      2,
      "held: window-join#9 waits for time: 2 windows are open, the first until 2020-01-01 "
      "12:01:00; the "
      "watermark is 2020-01-01 12:00:30, that of its right side: its left side is at 2020-01-01 "
      "12:02:10\n"
      "held: only new rows of table \"u\" move time on: " },
    { "SELECT a, COUNT(*) FROM TABLE(SESSION(TABLE t PARTITION BY a, DESCRIPTOR(ts), INTERVAL '1' "
      "MINUTE)) GROUP BY a, window_start, window_end",
      { ROW_T("1", "12:00:10"), ROW_T("1", "12:01:05"), ROW_T("1", "12:01:50"),
        ROW_T("2", "12:01:55") },
      PLAN_WINDOW,
      4,
      2,
      "held: window#3 waits for time: 2 sessions are open, the first until 2020-01-01 12:02:50; "
      "the "
      "watermark is 2020-01-01 12:01:55\n" },
    { "SELECT a, n FROM (SELECT a, ROW_NUMBER() OVER (PARTITION BY a, window_start, window_end "
      "ORDER BY "
      "ts DESC) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))) WHERE n <= "
      "3",
      { ROW_T("1", "12:00:10"), ROW_T("1", "12:00:20") },
      PLAN_RANK,
      2,
      1,
      "held: rank#5 waits for time: 1 window is open, until 2020-01-01 12:01:00; the watermark is "
      "2020-01-01 12:00:20\n" },
    { "SELECT a, 1 FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY a, window_start, window_end "
      "ORDER BY "
      "ts DESC) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))) WHERE n = 1",
      { ROW_T("1", "12:00:10"), ROW_T("1", "12:00:20") },
      PLAN_DEDUP,
      2,
      1,
      "held: dedup#5 waits for time: 1 window is open, until 2020-01-01 12:01:00; the watermark is "
      "2020-01-01 12:00:20\n" },
};

static void rows_that_are_kept_are_explained(void)
{
    for (size_t i = 0; i < countof(running); i++) {
        const struct running *r = &running[i];
        struct job_rig rig;
        char text[2048];
        snprintf(text, sizeof text, TWO "%s", r->query);
        if (job_rig_open(&rig, text, "1", NULL)) {
            job_rig_go(&rig);
            for (size_t k = 0; k < countof(r->rows) && r->rows[k].table; k++) {
                gate_put(r->rows[k].table, 0, r->rows[k].row);
                JOB_RIG_UNTIL(&rig, job_rig_op(&rig, r->kind)->rows_in > k);
            }
            const char *said = answer_now(&rig);
            CHECK(job_rig_op(&rig, r->kind)->rows_in == r->rows_in);
            if (strncmp(said, r->answer, strlen(r->answer)) != 0)
                CHECK_STR(said, r->answer);
            CHECK_INT(job_rig_op(&rig, r->kind)->open_count, r->open);
        }
        job_rig_close(&rig);
    }
}

int main(void)
{
    static const struct connector *const connectors[] = { &connector_gate, NULL };
    session_register_connectors(connectors);
    RUN(a_sink_that_writes);
    RUN(a_sink_that_waits);
    RUN(a_sink_that_refuses);
    RUN(a_source_without_rows);
    RUN(a_source_that_is_quiet);
    RUN(rows_that_cannot_be_read);
    RUN(a_filter_that_drops_everything);
    RUN(a_path_that_finds_nothing);
    RUN(many_paths_that_find_nothing);
    RUN(a_look_up);
    RUN(a_join);
    RUN(nothing_is_new);
    RUN(a_limit);
    RUN(rows_without_time);
    RUN(a_partition_without_rows);
    RUN(a_partition_that_is_behind);
    RUN(only_new_rows_move_time);
    RUN(everything_is_late);
    RUN(windows_by_the_clock);
    RUN(one_sink_of_several);
    RUN(a_running_job_is_explained);
    RUN(a_look_up_is_explained);
    RUN(a_path_is_explained);
    RUN(rows_that_are_kept_are_explained);
    return check_failed != 0;
}
