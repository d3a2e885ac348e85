/* summary.c -- see summary.h. */
#include "session/summary.h"

#include "types/text.h"

#include <inttypes.h>
#include <sys/resource.h>

int64_t summary_rss_kb(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}

static uint64_t written_rows(const struct exec_sink_stats *sink)
{
    uint64_t rows = 0;
    for (int i = 0; i < 4; i++)
        rows += sink->written[i];
    return rows;
}

/* 1234567 as 1,234,567 */
static void put_grouped(struct buf *out, uint64_t value)
{
    char digits[24];
    int n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (n > 0) {
        buf_char(out, digits[--n]);
        if (n > 0 && n % 3 == 0)
            buf_char(out, ',');
    }
}

static void put_sink_name(struct buf *out, const struct exec_sink_stats *sink, bool several)
{
    buf_str(out, sink->name);
    if (sink->statement > 0 && several)
        buf_printf(out, " %u", sink->statement);
}

/* Are there several results, so that their numbers matter? */
static bool has_several_results(const struct exec_stats *stats)
{
    uint32_t results = 0;
    for (uint32_t i = 0; i < stats->sink_count; i++)
        results += stats->sinks[i].statement > 0;
    return results > 1;
}

void summary_put_text(struct buf *out, const struct exec_stats *stats,
                      const struct summary *summary)
{
    for (uint32_t i = 0; i < stats->source_count; i++) {
        const struct exec_source_stats *s = &stats->sources[i];
        buf_printf(out, "source " STR_FMT ": ", STR_ARG(s->name));
        put_grouped(out, s->rows);
        buf_text(out, s->rows == 1 ? " row read, " : " rows read, ");
        put_grouped(out, s->skipped);
        buf_text(out, " skipped, ");
        put_grouped(out, s->late);
        buf_text(out, " late");
        if (s->ahead > 0) {
            buf_text(out, ", ");
            put_grouped(out, s->ahead);
            buf_text(out, " ahead of the clock");
        }
        buf_char(out, '\n');
    }
    bool several = has_several_results(stats);
    for (uint32_t i = 0; i < stats->sink_count; i++) {
        const struct exec_sink_stats *s = &stats->sinks[i];
        uint64_t rows = written_rows(s);
        buf_text(out, "sink ");
        put_sink_name(out, s, several);
        buf_text(out, ": ");
        put_grouped(out, rows);
        buf_text(out, rows == 1 ? " row written" : " rows written");
        for (int k = 0, shown = 0; k < 4; k++) {
            if (s->written[k] == 0)
                continue;
            buf_text(out, shown++ ? ", " : " (");
            put_grouped(out, s->written[k]);
            buf_printf(out, " %s", change_names[k]);
        }
        if (rows > 0)
            buf_char(out, ')');
        if (s->rejected > 0) {
            buf_text(out, ", ");
            put_grouped(out, s->rejected);
            buf_text(out, " skipped");
        }
        if (s->unconfirmed > 0) {
            buf_text(out, ", ");
            put_grouped(out, s->unconfirmed);
            buf_text(out, " not confirmed");
        }
        buf_char(out, '\n');
    }
    if (summary->workers > 1 && summary->workers_reason)
        buf_printf(out, "workers: %u (%s)\n", summary->workers, summary->workers_reason);
    buf_printf(out, "%.3f s wall, %.3f s CPU, %.1f MB memory\n", (double)summary->wall_us / 1e6,
               (double)summary->cpu_us / 1e6, (double)summary->rss_kb / 1024);
}

void summary_put_json(struct buf *out, const struct exec_stats *stats,
                      const struct summary *summary)
{
    buf_text(out, "{\"sources\": [");
    for (uint32_t i = 0; i < stats->source_count; i++) {
        const struct exec_source_stats *s = &stats->sources[i];
        buf_text(out, i > 0 ? ", {\"name\": " : "{\"name\": ");
        text_put_json_string(out, s->name);
        buf_printf(out,
                   ", \"rows\": %" PRIu64 ", \"skipped\": %" PRIu64 ", \"late\": %" PRIu64
                   ", \"bytes\": %" PRIu64,
                   s->rows, s->skipped, s->late, s->bytes);
        if (s->ahead > 0)
            buf_printf(out, ", \"ahead\": %" PRIu64, s->ahead);
        buf_char(out, '}');
    }
    buf_text(out, "], \"sinks\": [");
    for (uint32_t i = 0; i < stats->sink_count; i++) {
        const struct exec_sink_stats *s = &stats->sinks[i];
        buf_text(out, i > 0 ? ", {\"name\": " : "{\"name\": ");
        text_put_json_string(out, s->name);
        buf_printf(out, ", \"rows\": %" PRIu64, written_rows(s));
        for (int k = 0; k < 4; k++)
            buf_printf(out, ", \"%s\": %" PRIu64, change_names[k], s->written[k]);
        buf_printf(out, ", \"skipped\": %" PRIu64, s->rejected);
        if (s->statement > 0)
            buf_printf(out, ", \"statement\": %u", s->statement);
        buf_char(out, '}');
    }
    buf_printf(out, "], \"workers\": %u", MAX(summary->workers, 1));
    buf_printf(out, ", \"wall_s\": %.6f, \"cpu_s\": %.6f, \"rss_mb\": %.3f}\n",
               (double)summary->wall_us / 1e6, (double)summary->cpu_us / 1e6,
               (double)summary->rss_kb / 1024);
}
