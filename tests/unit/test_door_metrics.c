/* test_door_metrics.c -- the metrics of a job as text. */
#include "door/metrics.h"
#include "exec/exec.h"
#include "support/check.h"

static struct buf out;

static const struct metrics_job job = { .name = { "j", 1 },
                                        .file = { "a\\\"b\nc", 6 },
                                        .version = { "1.2", 3 },
                                        .begun_us = 1500000,
                                        .memory_bytes = -1 };

static bool says(const char *line)
{
    return strstr(buf_cstr(&out), line) != NULL;
}

static void a_job_that_has_not_begun(void)
{
    buf_clear(&out);
    metrics_put(&out, &job, NULL);
    CHECK_STR(buf_cstr(&out), "# HELP weir_job_info 1, with what is known of the job.\n"
                              "# TYPE weir_job_info gauge\n"
                              "weir_job_info{job=\"j\",file=\"a\\\\\\\"b\\nc\",version=\"1.2\"} 1\n"
                              "# HELP weir_job_start_timestamp_seconds When the job was started.\n"
                              "# TYPE weir_job_start_timestamp_seconds gauge\n"
                              "weir_job_start_timestamp_seconds{job=\"j\"} 1.500000\n"
                              "# HELP weir_job_stopping 1 once a stop has been asked for.\n"
                              "# TYPE weir_job_stopping gauge\n"
                              "weir_job_stopping{job=\"j\"} 0\n");
}

static void what_is_not_known_has_no_sample(void)
{
    const struct exec_source_stats sources[] = {
        { .name = STR("a"), .rows = 7, .lag_rows = -1, .watermark_us = INT64_MIN },
        { .name = STR("b"),
          .rows = 8,
          .lag_rows = 9,
          .watermark_us = -500000,
          .waiting_for = "it" },
    };
    const struct exec_view view = {
        .stats = { .sources = sources, .source_count = 2 },
        .workers = 3,
        .cpu_us = 250000,
    };
    buf_clear(&out);
    metrics_put(&out, &job, &view);
    CHECK(says("weir_job_workers{job=\"j\"} 3\n"));
    CHECK(says("weir_job_cpu_seconds_total{job=\"j\"} 0.250000\n"));
    CHECK(!says("weir_job_checkpoint_timestamp_seconds"));
    CHECK(
        says("# TYPE weir_source_rows_total counter\nweir_source_rows_total{job=\"j\",table=\"a\"} "
             "7\nweir_source_rows_total{job=\"j\",table=\"b\"} 8\n"));
    CHECK(
        says("# TYPE weir_source_lag_rows gauge\nweir_source_lag_rows{job=\"j\",table=\"b\"} 9\n"));
    CHECK(
        says("gauge\nweir_source_watermark_timestamp_seconds{job=\"j\",table=\"b\"} -0.500000\n"));
    CHECK(says("weir_source_waiting{job=\"j\",table=\"a\"} 0\n"));
    CHECK(says("weir_source_waiting{job=\"j\",table=\"b\"} 1\n"));
    CHECK(!says("weir_sink"));
    CHECK(!says("weir_lookup"));
}

static void operators_splits_and_results(void)
{
    const struct plan_scan scan = { .base = { .kind = PLAN_SCAN, .id = 1 },
                                    .def = { .name = STR("t") } };
    const struct plan lookup = { .kind = PLAN_LOOKUP, .id = 2 };
    const struct view_split splits[] = {
        { .scan = &scan.base,
          .name = STR("t-0"),
          .rows = 5,
          .quiet_us = 2000000,
          .lag_rows = -1,
          .watermark_us = INT64_MIN,
          .idle = true },
        { .scan = &scan.base, .name = STR("t-1"), .ended = true },
    };
    const struct view_op ops[] = {
        { .plan = &scan.base, .rows_out = 5, .watermark_us = INT64_MIN },
        { .plan = &lookup,
          .rows_in = 5,
          .busy_ns = 1500000000,
          .asked = 4,
          .hits = 1,
          .watermark_us = INT64_MIN,
          .waits = true },
    };
    const struct exec_sink_stats sinks[] = {
        { .name = STR("result"), .statement = 2, .written = { 1, 2, 3, 4 } }
    };
    const struct exec_view view = { .ops = ops,
                                    .op_count = 2,
                                    .splits = splits,
                                    .split_count = 2,
                                    .stats = { .sinks = sinks, .sink_count = 1 } };
    buf_clear(&out);
    metrics_put(&out, &job, &view);
    CHECK(says("weir_split_rows_total{job=\"j\",table=\"t\",split=\"t-0\"} 5\n"));
    CHECK(says("weir_split_quiet_seconds{job=\"j\",table=\"t\",split=\"t-0\"} 2.000000\n"));
    CHECK(says("weir_split_idle{job=\"j\",table=\"t\",split=\"t-0\"} 1\n"));
    CHECK(!says("t-1"));
    CHECK(says("weir_operator_busy_seconds_total{job=\"j\",operator=\"lookup#2\"} 1.500000\n"));
    CHECK(says("weir_operator_waiting{job=\"j\",operator=\"lookup#2\"} 1\n"));
    CHECK(says("# TYPE weir_lookup_asked_keys_total counter\n"
               "weir_lookup_asked_keys_total{job=\"j\",operator=\"lookup#2\"} 4\n# HELP"));
    CHECK(says("weir_sink_rows_total{job=\"j\",table=\"result\",statement=\"2\",op=\"+U\"} 3\n"));
}

static void the_process_has_memory(void)
{
    CHECK(metrics_memory_bytes() > 100000);
}

int main(void)
{
    buf_init(&out, 1 << 20);
    RUN(a_job_that_has_not_begun);
    RUN(what_is_not_known_has_no_sample);
    RUN(operators_splits_and_results);
    RUN(the_process_has_memory);
    buf_done(&out);
    return check_failed != 0;
}
