/* test_exec_watermark.c -- partitions and sources that fall silent, on the real clock: a source of
 * two partitions, one of which never has a record, and beside it a source that has none at all. */
#include "support/check.h"

#include "base/clock.h"
#include "base/memory.h"
#include "connector/connector.h"
#include "session/session.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { GIVE_UP_US = 5 * 1000 * 1000 };

/* What the test and its connector share. */
static struct {
    uint32_t sent;           /* records of partition 0 */
    uint32_t rows;           /* that reached the sink */
    uint32_t rows_before_end; /* of them, while the source was open */
    bool ended;
    bool goes_on;            /* partition 0 has its last record again with each poll */
    int64_t begun_us;
    int64_t waits_us;        /* until it gives up */
    int64_t greatest;        /* result so far */
} now = { .waits_us = GIVE_UP_US };

static const char *const messages[] = {
    "{\"ts\": \"2024-01-01 00:00:01\"}",
    "{\"ts\": \"2024-01-01 00:00:30\"}",
};

/* --- the source ----------------------------------------------------------------------- */

/* Waits with the end until the window of the first record was seen, or has taken too long. */
static enum code silent_poll(struct source *s, struct records *out, enum poll_state *ret_state,
                             struct error *err)
{
    (void)s, (void)err;
    out->count = 0;
    while (now.sent < 2 || (now.goes_on && out->count == 0)) {
        uint32_t at = out->count++;
        out->values[at] = str_of(messages[MIN(now.sent, 1)]);
        out->keys[at] = (struct str){ NULL, 0 };
        out->splits[at] = 0;
        out->offsets[at] = now.sent++;
        out->timestamps_ms[at] = INT64_MIN;
        out->timestamp_types[at] = 0;
    }
    now.ended = now.rows > 0 || clock_monotonic_us() - now.begun_us > now.waits_us;
    *ret_state = now.ended ? POLL_END : POLL_IDLE;
    return OK;
}

/* Rows that are ready, so that it is no source to be read to its end before the next one. */
static enum code quiet_poll(struct source *s, struct arena *arena, uint32_t max_rows,
                            struct batch **ret, enum poll_state *ret_state, struct error *err)
{
    (void)s, (void)arena, (void)max_rows, (void)err;
    *ret = NULL;
    *ret_state = now.ended ? POLL_END : POLL_IDLE;
    return OK;
}

/* Its one record is of the first window; read when the source before it has ended. */
static enum code waiting_poll(struct source *s, struct records *out, enum poll_state *ret_state,
                              struct error *err)
{
    (void)s, (void)err;
    out->values[0] = STR("{\"ts\": \"2024-01-01 00:00:02\"}");
    out->keys[0] = (struct str){ NULL, 0 };
    out->splits[0] = 0;
    out->offsets[0] = 0;
    out->timestamps_ms[0] = INT64_MIN;
    out->timestamp_types[0] = 0;
    out->count = 1;
    *ret_state = POLL_END;
    return OK;
}

static int no_fd(struct source *s)
{
    (void)s;
    return -1;
}

static uint32_t two_splits(struct source *s)
{
    (void)s;
    return 2;
}

static struct str split_name(struct source *s, uint32_t split)
{
    (void)s;
    return split == 0 ? STR("loud") : STR("silent");
}

static int32_t split_number(struct source *s, uint32_t split)
{
    (void)s;
    return (int32_t)split;
}

static enum split_state both_count(struct source *s, uint32_t split)
{
    (void)s, (void)split;
    return SPLIT_COUNTS;
}

static enum code tell(struct source *s, struct arena *arena, struct split_position **ret,
                      uint32_t *ret_count, struct error *err)
{
    (void)s, (void)arena, (void)err;
    *ret = NULL;
    *ret_count = 0;
    return OK;
}

static void close_source(struct source *s)
{
    mem_free(s);
}

static enum code open_source(const struct source_open *open, struct source **ret,
                             struct error *err);
static const struct source_kind silent_source = {
    .open = open_source,
    .poll = silent_poll,
    .wake_fd = no_fd,
    .split_count = two_splits,
    .split_name = split_name,
    .split_topic = split_name,
    .split_partition = split_number,
    .split_state = both_count,
    .tell = tell,
    .close = close_source,
};

static enum code open_kind(const struct source_kind *kind, struct source **ret, struct error *err)
{
    struct source *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->kind = kind;
    *ret = s;
    return OK;
}

static enum code open_source(const struct source_open *open, struct source **ret,
                             struct error *err)
{
    (void)open;
    return open_kind(&silent_source, ret, err);
}

static enum code open_quiet(const struct source_open *open, struct source **ret,
                            struct error *err);
static const struct source_kind quiet_source = {
    .open = open_quiet,
    .poll_rows = quiet_poll,
    .wake_fd = no_fd,
    .split_count = two_splits,
    .split_name = split_name,
    .split_topic = split_name,
    .split_partition = split_number,
    .tell = tell,
    .close = close_source,
};

static enum code open_quiet(const struct source_open *open, struct source **ret,
                            struct error *err)
{
    (void)open;
    return open_kind(&quiet_source, ret, err);
}

static enum code open_waiting(const struct source_open *open, struct source **ret,
                              struct error *err);
static const struct source_kind waiting_source = {
    .open = open_waiting,
    .poll = waiting_poll,
    .wake_fd = no_fd,
    .split_count = two_splits,
    .split_name = split_name,
    .split_topic = split_name,
    .split_partition = split_number,
    .tell = tell,
    .close = close_source,
};

static enum code open_waiting(const struct source_open *open, struct source **ret,
                              struct error *err)
{
    (void)open;
    return open_kind(&waiting_source, ret, err);
}

/* --- the sink --------------------------------------------------------------------------- */

static enum code count_rows(struct sink *s, const struct batch *in, struct error *err)
{
    (void)s, (void)err;
    now.rows += in->selected;
    for (uint32_t i = 0; i < in->selected; i++)
        now.greatest = MAX(now.greatest, COLUMN_AT(in->columns[0], int64_t, batch_row(in, i)));
    if (!now.ended)
        now.rows_before_end += in->selected;
    return OK;
}

static enum code start_flush(struct sink *s, struct error *err)
{
    (void)s, (void)err;
    return OK;
}

static enum code poll_flush(struct sink *s, bool *ret_done, struct error *err)
{
    (void)s, (void)err;
    *ret_done = true;
    return OK;
}

static void close_sink(struct sink *s)
{
    mem_free(s);
}

static enum code open_sink(const struct sink_open *open, struct sink **ret, struct error *err);
static const struct sink_kind counting_sink = {
    .open = open_sink,
    .write = count_rows,
    .flush_start = start_flush,
    .flush_poll = poll_flush,
    .close = close_sink,
};

static enum code open_sink(const struct sink_open *open, struct sink **ret, struct error *err)
{
    (void)open;
    struct sink *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->kind = &counting_sink;
    *ret = s;
    return OK;
}

static const struct option_spec no_options[] = { { NULL, OPTION_TEXT, false, NULL, NULL, NULL } };
static const struct connector silent = {
    .name = "silent",
    .summary = "two partitions, one without records",
    .options = no_options,
    .has_formats = true,
    .default_format = "json",
    .source = &silent_source,
    .sink = &counting_sink,
};

static const struct connector quiet = {
    .name = "quiet",
    .summary = "no records",
    .options = no_options,
    .source = &quiet_source,
};

static const struct connector waiting = {
    .name = "waiting",
    .summary = "one record",
    .options = no_options,
    .has_formats = true,
    .default_format = "json",
    .source = &waiting_source,
};

/* --- the jobs ------------------------------------------------------------------------------ */

static int run_query(const char *settings, const char *query, const char *parallelism)
{
    static const char tables[] =
        "CREATE TABLE t (ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'silent');\n"
        "CREATE TABLE q (ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'quiet');\n"
        "CREATE TABLE w (ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'waiting');\n"
        "CREATE TABLE o (n BIGINT) WITH ('connector' = 'silent');\n";
    char text[1024];
    snprintf(text, sizeof text, "%s%sINSERT INTO o %s;\n", settings, tables, query);
    now.sent = now.rows = now.rows_before_end = 0;
    now.greatest = 0;
    now.ended = false;
    now.begun_us = clock_monotonic_us();
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct session_config config = { .out_fd = null, .err_fd = null, .parallelism = parallelism };
    struct session *session = NULL;
    int status = session_create(&config, &session);
    if (status == SESSION_OK)
        status = session_execute(session, STR("job.sql"), str_of(text), false);
    session_destroy(session);
    close(null);
    return status;
}

static int run(const char *settings)
{
    return run_query(settings,
                     "SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '10' SECOND)", NULL);
}

static void idle_partition_is_left_out(void)
{
    CHECK_INT(run("SET 'table.exec.source.idle-timeout' = '50 ms';\n"), SESSION_OK);
    CHECK_INT(now.rows_before_end, 1);
    CHECK_INT(now.rows, 2);
}

/* Blink's name of the setting, in milliseconds. */
static void blink_setting(void)
{
    CHECK_INT(run("SET 'sql.exec.source.idle.timeout.ms' = '50';\n"), SESSION_OK);
    CHECK_INT(now.rows_before_end, 1);
}

#define IDLE_50 "SET 'table.exec.source.idle-timeout' = '50 ms';\n"

/* Through a union, with an exchange behind it where there are several workers. */
static void idle_source_of_a_union_is_left_out(void)
{
    static const char query[] =
        "SELECT COUNT(*) FROM (SELECT ts FROM t UNION ALL SELECT ts FROM q)"
        " GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), EXTRACT(HOUR FROM ts)";
    for (uint32_t i = 0; i < 3; i++) {
        static const char *const workers[] = { "1", "2", "3" };
        CHECK_INT(run_query(IDLE_50, query, workers[i]), SESSION_OK);
        CHECK(now.rows_before_end >= 1); /* both: all are idle, and what is known is told */
        CHECK_INT(now.rows, 2);
    }
}

/* Rows of an outer join leave padded when time has passed them. (Were both idle it would stand.) */
static void idle_source_of_a_join_is_left_out(void)
{
    static const char query[] =
        "SELECT 1 FROM t LEFT JOIN q ON EXTRACT(HOUR FROM t.ts) = EXTRACT(HOUR FROM q.ts)"
        " AND t.ts BETWEEN q.ts - INTERVAL '1' SECOND AND q.ts + INTERVAL '1' SECOND";
    now.goes_on = true;
    for (uint32_t i = 0; i < 2; i++) {
        CHECK_INT(run_query("SET 'table.exec.source.idle-timeout' = '200 ms';\n", query,
                            i == 0 ? "1" : "3"),
                  SESSION_OK);
        CHECK(now.rows_before_end >= 1);
    }
    now.goes_on = false;
}

/* One that is not asked yet has said nothing: time waits for it. */
static void source_before_its_turn_is_not_idle(void)
{
    static const char query[] =
        "SELECT COUNT(*) FROM (SELECT ts FROM t UNION ALL SELECT ts FROM w)"
        " GROUP BY TUMBLE(ts, INTERVAL '10' SECOND)";
    now.waits_us = 300 * 1000;
    CHECK_INT(run_query(IDLE_50, query, "1"), SESSION_OK);
    CHECK_INT(now.rows_before_end, 0);
    CHECK_INT(now.rows, 2);
    CHECK_INT(now.greatest, 2); /* none was late */
    now.waits_us = GIVE_UP_US;
}

int main(void)
{
    static const struct connector *const list[] = { &silent, &quiet, &waiting, NULL };
    session_register_connectors(list);
    RUN(idle_partition_is_left_out);
    RUN(blink_setting);
    RUN(idle_source_of_a_union_is_left_out);
    RUN(idle_source_of_a_join_is_left_out);
    RUN(source_before_its_turn_is_not_idle);
    return check_failed != 0;
}
