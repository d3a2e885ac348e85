/* client_print.c -- see client_print.h. */
#include "cli/client_print.h"

#include "base/clock.h"
#include "cli/table.h"
#include "door/reply.h"

#include <inttypes.h>
#include <time.h>

enum { SPLITS_SHOWN = 40 };

void client_print_duration(struct buf *out, double seconds)
{
    if (seconds >= 172800)
        buf_printf(out, "%.0f days", seconds / 86400);
    else if (seconds >= 7200)
        buf_printf(out, "%.1f h", seconds / 3600);
    else if (seconds >= 120)
        buf_printf(out, "%.0f min", seconds / 60);
    else if (seconds >= 10)
        buf_printf(out, "%.0f s", seconds);
    else
        buf_printf(out, "%.1f s", seconds);
}

static void put_bytes(struct buf *out, double bytes)
{
    static const char *const units[] = { "bytes", "KB", "MB", "GB", "TB" };
    size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < countof(units); unit++)
        bytes /= 1024;
    buf_printf(out, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

/* Of the clock of whoever reads it. */
static void put_local_time(struct buf *out, int64_t us)
{
    char text[64];
    struct tm parts;
    time_t seconds = us / 1000000;
    if (localtime_r(&seconds, &parts) && strftime(text, sizeof text, "%F %T", &parts) > 0)
        buf_text(out, text);
}

static void put_grouped(struct buf *out, int64_t value)
{
    char digits[24];
    int n = 0;
    uint64_t rest = (uint64_t)MAX(value, 0);
    do {
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    while (n > 0) {
        buf_char(out, digits[--n]);
        if (n > 0 && n % 3 == 0)
            buf_char(out, ',');
    }
}

static void put_waiting(struct buf *out, struct arena *arena, const struct json_value *status,
                        const char *indent)
{
    struct json_value *const *list;
    uint32_t count = reply_list(status, "waiting", &list);
    for (uint32_t i = 0; i < count; i++) {
        buf_printf(out, "%swaiting for " STR_FMT " since ", indent,
                   STR_ARG(reply_text(arena, list[i], "for")));
        client_print_duration(out, reply_number(list[i], "s", 0));
        buf_printf(out, " (" STR_FMT " " STR_FMT ")\n", STR_ARG(reply_text(arena, list[i], "role")),
                   STR_ARG(reply_text(arena, list[i], "name")));
    }
}

/* A number that says nothing while it is 0. */
static void add_seldom(struct table *table, const struct json_value *object, const char *key)
{
    int64_t value = reply_count(object, key, 0);
    table_count(table, value > 0 ? value : -1);
}

/* ---- the list ------------------------------------------------------------------------------- */

static void add_time(struct table *table, int64_t us)
{
    struct buf text;
    buf_init(&text, 256);
    if (us > 0)
        put_local_time(&text, us);
    table_printf(table, STR_FMT, STR_ARG(buf_view(&text)));
    buf_done(&text);
}

static void add_job(struct table *table, struct arena *arena, const struct client_job *job)
{
    const struct json_value *status = job->status;
    table_cell(table, job->name);
    if (job->pid > 0)
        table_printf(table, "%d", job->pid);
    else
        table_cell(table, STR("-"));
    table_cell(table, status ? reply_text(arena, status, "state") : STR("does not answer"));
    table_count(table, reply_count(status, "rows", -1));
    table_count(table, (int64_t)reply_number(status, "rows_per_s", -1));
    table_count(table, reply_count(status, "lag_rows", -1));
    table_cell(table, reply_text(arena, status, "watermark"));
    add_time(table, reply_count(status, "begun_us", 0));
    table_cell(table, reply_text(arena, status, "file"));
}

void client_print_jobs(struct buf *out, struct arena *arena, const struct client_job *jobs,
                       uint32_t count)
{
    struct table table;
    table_begin(&table, arena, "NAME|>PID|STATE|>ROWS|>ROWS/S|>LAG|WATERMARK|SINCE|FILE");
    for (uint32_t i = 0; i < count; i++)
        add_job(&table, arena, &jobs[i]);
    table_print(&table, out, "");
    for (uint32_t i = 0; i < count; i++) {
        struct json_value *const *list;
        if (reply_list(jobs[i].status, "waiting", &list) == 0)
            continue;
        buf_printf(out, STR_FMT ":\n", STR_ARG(jobs[i].name));
        put_waiting(out, arena, jobs[i].status, "  ");
    }
}

/* ---- one job -------------------------------------------------------------------------------- */

static void put_numbers(struct buf *out, struct arena *arena, const struct json_value *status)
{
    struct str watermark = reply_text(arena, status, "watermark");
    int64_t lag = reply_count(status, "lag_rows", -1);
    buf_text(out, "  ");
    put_grouped(out, reply_count(status, "rows", 0));
    buf_text(out, " rows read, ");
    put_grouped(out, (int64_t)reply_number(status, "rows_per_s", 0));
    buf_text(out, "/s");
    if (lag >= 0) {
        buf_text(out, ", ");
        put_grouped(out, lag);
        buf_text(out, " behind");
    }
    static const char *const others[] = { "skipped", "late" };
    for (size_t i = 0; i < countof(others); i++) {
        if (reply_count(status, others[i], 0) == 0)
            continue;
        buf_text(out, ", ");
        put_grouped(out, reply_count(status, others[i], 0));
        buf_printf(out, " %s", others[i]);
    }
    if (watermark.size > 0)
        buf_printf(out, "; watermark " STR_FMT, STR_ARG(watermark));
    buf_char(out, '\n');
}

static void put_state(struct buf *out, struct arena *arena, const struct json_value *status)
{
    struct str dir = reply_text(arena, status, "state_dir");
    int64_t limit = reply_count(status, "state_limit_bytes", 0);
    int64_t last_us = reply_count(status, "checkpoint_us", 0);
    buf_text(out, "  state ");
    put_bytes(out, (double)reply_count(status, "state_bytes", 0));
    if (limit > 0) {
        buf_text(out, " of ");
        put_bytes(out, (double)limit);
    }
    if (dir.size > 0)
        buf_printf(out, ", snapshots in " STR_FMT, STR_ARG(dir));
    buf_text(out, "; ");
    put_grouped(out, reply_count(status, "checkpoints", 0));
    buf_text(out, " checkpoints");
    if (last_us > 0) {
        int64_t now_us = clock_now_us(&(struct clock){ .standing = false });
        buf_text(out, ", the last one ");
        client_print_duration(out, (double)MAX(now_us - last_us, 0) / 1e6);
        buf_text(out, " ago");
    }
    buf_printf(out, "; %.1f s CPU", reply_number(status, "cpu_s", 0));
    buf_char(out, '\n');
}

static void put_sources(struct buf *out, struct arena *arena, const struct json_value *status)
{
    struct json_value *const *list;
    uint32_t count = reply_list(status, "sources", &list);
    struct table table;
    table_begin(&table, arena, "SOURCE|>ROWS|>BYTES|>SKIPPED|>LATE|>AHEAD|>LAG|WATERMARK|");
    for (uint32_t i = 0; i < count; i++) {
        const struct json_value *s = list[i];
        table_cell(&table, reply_text(arena, s, "name"));
        table_count(&table, reply_count(s, "rows", 0));
        add_seldom(&table, s, "bytes");
        add_seldom(&table, s, "skipped");
        add_seldom(&table, s, "late");
        add_seldom(&table, s, "ahead");
        table_count(&table, reply_count(s, "lag_rows", -1));
        table_cell(&table, reply_text(arena, s, "watermark"));
        table_cell(&table, reply_flag(s, "ended") ? STR("ended") : STR(""));
    }
    if (count > 0)
        table_print(&table, out, "  ");
}

static void add_split(struct table *table, struct arena *arena, const struct json_value *s)
{
    double quiet = reply_number(s, "quiet_s", -1);
    struct buf text;
    buf_init(&text, 64);
    if (quiet >= 0)
        client_print_duration(&text, quiet);
    table_cell(table, reply_text(arena, s, "name"));
    table_cell(table, reply_text(arena, s, "operator"));
    table_count(table, reply_count(s, "rows", 0));
    table_count(table, reply_count(s, "lag_rows", -1));
    table_cell(table, reply_text(arena, s, "watermark"));
    table_printf(table, STR_FMT, STR_ARG(buf_view(&text)));
    table_cell(table, reply_flag(s, "holds")  ? STR("time waits for it")
                      : reply_flag(s, "idle") ? STR("idle")
                                              : STR(""));
    buf_done(&text);
}

/* Those that have ended say nothing any more. */
static void put_splits(struct buf *out, struct arena *arena, const struct json_value *status)
{
    struct json_value *const *list;
    uint32_t count = reply_list(status, "splits", &list), shown = 0, more = 0;
    struct table table;
    table_begin(&table, arena, "PARTITION OR FILE|OPERATOR|>ROWS|>LAG|WATERMARK|QUIET FOR|");
    for (uint32_t i = 0; i < count; i++) {
        if (reply_flag(list[i], "ended"))
            continue;
        if (shown == SPLITS_SHOWN) {
            more++;
            continue;
        }
        add_split(&table, arena, list[i]);
        shown++;
    }
    if (shown == 0)
        return;
    table_print(&table, out, "  ");
    if (more > 0)
        buf_printf(out, "  ... and %u more\n", more);
}

static void put_sinks(struct buf *out, struct arena *arena, const struct json_value *status)
{
    static const char *const numbers[] = { "+I", "-U", "+U", "-D", "skipped", "unconfirmed" };
    struct json_value *const *list;
    uint32_t count = reply_list(status, "sinks", &list);
    struct table table;
    table_begin(&table, arena, "SINK|>+I|>-U|>+U|>-D|>SKIPPED|>UNCONFIRMED");
    for (uint32_t i = 0; i < count; i++) {
        int64_t statement = reply_count(list[i], "statement", 0);
        struct str name = reply_text(arena, list[i], "name");
        if (statement > 1)
            table_printf(&table, STR_FMT " %" PRId64, STR_ARG(name), statement);
        else
            table_cell(&table, name);
        for (size_t k = 0; k < countof(numbers); k++)
            add_seldom(&table, list[i], numbers[k]);
    }
    if (count > 0)
        table_print(&table, out, "  ");
}

static void put_operators(struct buf *out, struct arena *arena, const struct json_value *status)
{
    struct json_value *const *list;
    uint32_t count = reply_list(status, "operators", &list);
    struct table table;
    table_begin(&table, arena, "OPERATOR|>ROWS IN|>ROWS OUT|>LATE|>STATE BYTES|WATERMARK|");
    for (uint32_t i = 0; i < count; i++) {
        const struct json_value *o = list[i];
        int64_t open = reply_count(o, "open", 0);
        table_cell(&table, reply_text(arena, o, "operator"));
        table_count(&table, reply_count(o, "rows_in", -1));
        table_count(&table, reply_count(o, "rows_out", -1));
        add_seldom(&table, o, "late");
        add_seldom(&table, o, "state_bytes");
        table_cell(&table, reply_text(arena, o, "watermark"));
        if (open > 0)
            table_printf(&table, "%" PRId64 " open, the first until " STR_FMT, open,
                         STR_ARG(reply_text(arena, o, "open_until")));
        else
            table_cell(&table, reply_flag(o, "waits") ? STR("waits") : STR(""));
    }
    if (count > 0)
        table_print(&table, out, "  ");
}

void client_print_job(struct buf *out, struct arena *arena, const struct json_value *status)
{
    int64_t workers = reply_count(status, "workers", 0);
    int64_t port = reply_count(status, "metrics_port", -1);
    buf_printf(out, STR_FMT " (process %" PRId64 "): " STR_FMT " since ",
               STR_ARG(reply_text(arena, status, "name")), reply_count(status, "pid", 0),
               STR_ARG(reply_text(arena, status, "state")));
    put_local_time(out, reply_count(status, "begun_us", 0));
    if (workers > 0)
        buf_printf(out, ", %" PRId64 " worker%s", workers, workers == 1 ? "" : "s");
    buf_printf(out, "\n  file " STR_FMT "\n", STR_ARG(reply_text(arena, status, "file")));
    if (port >= 0)
        buf_printf(out, "  metrics http://127.0.0.1:%" PRId64 "/metrics\n", port);
    if (workers == 0)
        return; /* it opens its tables */
    put_numbers(out, arena, status);
    put_state(out, arena, status);
    put_waiting(out, arena, status, "  ");
    put_sources(out, arena, status);
    put_splits(out, arena, status);
    put_sinks(out, arena, status);
    put_operators(out, arena, status);
}

/* ---- why ------------------------------------------------------------------------------------ */

static void put_finding(struct buf *out, struct arena *arena, const struct json_value *finding)
{
    struct str severity = reply_text(arena, finding, "severity");
    struct str hint = reply_text(arena, finding, "hint");
    buf_printf(out, "  %-5s " STR_FMT "\n", str_is(severity, "held") ? "HELD:" : "",
               STR_ARG(reply_text(arena, finding, "text")));
    if (hint.size > 0)
        buf_printf(out, "        " STR_FMT "\n", STR_ARG(hint));
}

void client_print_why(struct buf *out, struct arena *arena, const struct json_value *reply)
{
    struct json_value *const *sinks, *const *findings;
    uint32_t count = reply_list(reply, "sinks", &sinks);
    for (uint32_t i = 0; i < count; i++) {
        buf_printf(out, "%s" STR_FMT " (" STR_FMT ")\n", i > 0 ? "\n" : "",
                   STR_ARG(reply_text(arena, sinks[i], "name")),
                   STR_ARG(reply_text(arena, sinks[i], "operator")));
        uint32_t n = reply_list(sinks[i], "findings", &findings);
        for (uint32_t k = 0; k < n; k++)
            put_finding(out, arena, findings[k]);
    }
}
