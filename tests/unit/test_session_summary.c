/* test_session_summary.c -- the closing summary and the progress line. */
#include "base/utf8.h"
#include "session/summary.h"
#include "support/check.h"
#include "types/zone.h"

static struct buf out;

static const char *text_of(void (*put)(struct buf *, const struct exec_stats *,
                                       const struct summary *),
                           const struct exec_stats *stats)
{
    static const struct summary summary = { .wall_us = 1234567,
                                            .cpu_us = 500000,
                                            .rss_kb = 10240,
                                            .workers = 2,
                                            .workers_reason = "because" };
    buf_clear(&out);
    put(&out, stats, &summary);
    return buf_cstr(&out);
}

static void as_text_and_json(void)
{
    static const struct exec_source_stats sources[] = {
        { .name = { "clicks", 6 }, .rows = 1234567, .skipped = 3, .late = 1, .bytes = 99 },
    };
    static const struct exec_sink_stats sinks[] = {
        { .name = { "a\"b", 3 }, .written = { 1, 2, 1000, 4 }, .rejected = 5, .unconfirmed = 1006 },
        { .name = { "result", 6 }, .statement = 1 },
    };
    static const struct exec_stats stats = {
        .sources = sources, .source_count = 1, .sinks = sinks, .sink_count = 2
    };
    CHECK_STR(text_of(summary_put_text, &stats),
              "source clicks: 1,234,567 rows read, 3 skipped, 1 late\n"
              "sink a\"b: 1,007 rows written (1 +I, 2 -U, 1,000 +U, 4 -D), 5 skipped, 1,006 not "
              "confirmed\n"
              "sink result: 0 rows written\n"
              "workers: 2 (because)\n"
              "1.235 s wall, 0.500 s CPU, 10.0 MB memory\n");
    CHECK_STR(
        text_of(summary_put_json, &stats),
        "{\"sources\": [{\"name\": \"clicks\", \"rows\": 1234567, \"skipped\": 3, \"late\": 1, "
        "\"bytes\": 99}], \"sinks\": [{\"name\": \"a\\\"b\", \"rows\": 1007, \"+I\": 1, \"-U\": "
        "2, \"+U\": 1000, \"-D\": 4, \"skipped\": 5}, {\"name\": \"result\", \"rows\": 0, "
        "\"+I\": 0, \"-U\": 0, \"+U\": 0, \"-D\": 0, \"skipped\": 0, \"statement\": 1}], "
        "\"workers\": 2, \"wall_s\": 1.234567, \"cpu_s\": 0.500000, \"rss_mb\": 10.000}\n");
}

static const char *line(struct progress *progress, const struct exec_source_stats *source,
                        int64_t now_us, uint32_t columns)
{
    struct exec_stats stats = { .sources = source, .source_count = 1 };
    buf_clear(&out);
    progress_put(progress, &out, &stats, zone_utc, now_us, columns);
    return buf_cstr(&out);
}

static void progress_of_a_source(void)
{
    struct progress progress;
    progress_begin(&progress, 1, 0);
    struct exec_source_stats source = { .rows = 2000, .lag_rows = -1, .watermark_us = INT64_MIN };
    CHECK_STR(line(&progress, &source, 1000000, 200), "1 s | 2000 rows/s | 2000 rows");
    source.rows = 4000;
    source.lag_rows = 10000;
    source.skipped = 2;
    source.late = 1;
    source.watermark_us = 1577836800000000;
    CHECK_STR(line(&progress, &source, 2000000, 200),
              "2 s | 2000 rows/s | 4000 rows | 10.0k behind | 2 skipped | 1 late | watermark "
              "2020-01-01 00:00:00");
    source.lag_rows = 5000;
    CHECK_STR(line(&progress, &source, 3000000, 61),
              "3 s | 1200 rows/s | 4000 rows | 5000 behind, 2 s to catch up");
}

static void waiting_is_said_first(void)
{
    struct progress progress;
    progress_begin(&progress, 3, 0);
    struct exec_source_stats source = { .lag_rows = -1,
                                        .watermark_us = INT64_MIN,
                                        .waiting_for = "broker b:9092",
                                        .waiting_since_us = 1000000 };
    CHECK_STR(line(&progress, &source, 61000000, 200),
              "61 s | 3 workers | waiting for broker b:9092 since 60 s | 0 rows/s | 0 rows");
}

static void never_as_wide_as_the_terminal(void)
{
    for (uint32_t columns = 2; columns < 60; columns++) {
        struct progress progress;
        progress_begin(&progress, 1, 0);
        struct exec_source_stats source = { .waiting_for =
                                                "\xe5\xad\xa6\xe7\x94\x9f\xe5\xad\xa6\xe7\x94\x9f",
                                            .waiting_since_us = 1,
                                            .lag_rows = -1,
                                            .watermark_us = INT64_MIN };
        line(&progress, &source, 5, columns);
        CHECK(utf8_width(buf_view(&out)) < columns);
    }
}

int main(void)
{
    buf_init(&out, 1 << 16);
    RUN(as_text_and_json);
    RUN(progress_of_a_source);
    RUN(waiting_is_said_first);
    RUN(never_as_wide_as_the_terminal);
    buf_done(&out);
    return check_failed != 0;
}
