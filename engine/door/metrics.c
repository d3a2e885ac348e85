/* metrics.c -- see metrics.h.  The tables below say where in the view each metric is. */
#include "door/metrics.h"

#include "base/number.h"
#include "exec/exec.h"
#include "types/time.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum form {
    FORM_COUNT,   /* uint64_t */
    FORM_KNOWN,   /* int64_t; below 0: not known */
    FORM_TIME,    /* int64_t: microseconds since the epoch, as seconds; out of range: none */
    FORM_INSTANT, /* the same; 0: none */
    FORM_US,      /* int64_t: microseconds, as seconds; below 0: not known */
    FORM_NS,      /* uint64_t: nanoseconds, as seconds */
    FORM_FLAG,    /* bool */
    FORM_POINTER, /* is there anything? */
};

struct metric {
    const char *name;
    const char *type;
    const char *help;
    size_t offset;
    enum form form;
};

#define COUNTER(name, help, owner, field, form)                                                    \
    {                                                                                              \
        name, "counter", help, offsetof(struct owner, field), form                                 \
    }
#define GAUGE(name, help, owner, field, form)                                                      \
    {                                                                                              \
        name, "gauge", help, offsetof(struct owner, field), form                                   \
    }

static const struct metric job_metrics[] = {
    COUNTER("weir_job_cpu_seconds_total", "Processor time of the workers.", exec_view, cpu_us,
            FORM_US),
    GAUGE("weir_job_state_bytes", "State of all operators.", exec_view, state_bytes, FORM_COUNT),
    GAUGE("weir_job_state_limit_bytes", "What the state may take; 0: no limit.", exec_view,
          state_limit_bytes, FORM_COUNT),
    COUNTER("weir_job_checkpoints_total", "Checkpoints that are complete.", exec_view, checkpoints,
            FORM_COUNT),
    GAUGE("weir_job_checkpoint_timestamp_seconds", "When the last checkpoint was complete.",
          exec_view, checkpoint_us, FORM_INSTANT),
    COUNTER("weir_job_bad_rows_total", "Bad rows, left out or routed.", exec_view, bad_rows,
            FORM_COUNT),
};

static const struct metric source_metrics[] = {
    COUNTER("weir_source_rows_total", "Rows read, bad ones included.", exec_source_stats, rows,
            FORM_COUNT),
    COUNTER("weir_source_bytes_total", "Bytes of the values of records read.", exec_source_stats,
            bytes, FORM_COUNT),
    COUNTER("weir_source_skipped_rows_total", "Bad rows, left out or routed.", exec_source_stats,
            skipped, FORM_COUNT),
    COUNTER("weir_source_late_rows_total", "Rows that came when their window was over.",
            exec_source_stats, late, FORM_COUNT),
    COUNTER("weir_source_ahead_rows_total", "Rows too far ahead of the clock to move event time.",
            exec_source_stats, ahead, FORM_COUNT),
    GAUGE("weir_source_lag_rows", "Rows that are there and not read yet.", exec_source_stats,
          lag_rows, FORM_KNOWN),
    GAUGE("weir_source_watermark_timestamp_seconds", "Event time of the source.", exec_source_stats,
          watermark_us, FORM_TIME),
    GAUGE("weir_source_waiting", "1 while its system does not answer.", exec_source_stats,
          waiting_for, FORM_POINTER),
    GAUGE("weir_source_ended", "1 once it has been read to its end.", exec_source_stats, ended,
          FORM_FLAG),
};

static const struct metric split_metrics[] = {
    COUNTER("weir_split_rows_total", "Rows read from a partition or file that has not ended.",
            view_split, rows, FORM_COUNT),
    GAUGE("weir_split_lag_rows", "Rows that are there and not read yet.", view_split, lag_rows,
          FORM_KNOWN),
    GAUGE("weir_split_watermark_timestamp_seconds", "Event time of the partition or file.",
          view_split, watermark_us, FORM_TIME),
    GAUGE("weir_split_quiet_seconds", "Time since its last row.", view_split, quiet_us, FORM_US),
    GAUGE("weir_split_idle", "1 while event time does not wait for it.", view_split, idle,
          FORM_FLAG),
};

static const struct metric sink_metrics[] = {
    COUNTER("weir_sink_rejected_rows_total", "Bad rows, left out or routed.", exec_sink_stats,
            rejected, FORM_COUNT),
    GAUGE("weir_sink_unconfirmed_rows", "Rows written that the system has not confirmed.",
          exec_sink_stats, unconfirmed, FORM_COUNT),
    GAUGE("weir_sink_waiting", "1 while its system does not answer.", exec_sink_stats, waiting_for,
          FORM_POINTER),
};

static const struct metric operator_metrics[] = {
    COUNTER("weir_operator_in_rows_total", "Changes taken.", view_op, rows_in, FORM_COUNT),
    COUNTER("weir_operator_out_rows_total", "Changes passed on.", view_op, rows_out, FORM_COUNT),
    COUNTER("weir_operator_late_rows_total", "Rows that came when their window was over.", view_op,
            late, FORM_COUNT),
    COUNTER("weir_operator_busy_seconds_total", "Own work, of the times in which it was measured.",
            view_op, busy_ns, FORM_NS),
    GAUGE("weir_operator_state_bytes", "State that it keeps.", view_op, state_bytes, FORM_COUNT),
    GAUGE("weir_operator_watermark_timestamp_seconds", "Event time that it has passed on.", view_op,
          watermark_us, FORM_TIME),
    GAUGE("weir_operator_open_windows", "Windows, or rows, that wait for time.", view_op,
          open_count, FORM_COUNT),
    GAUGE("weir_operator_waiting", "1 while it has output without room, or waits for a server.",
          view_op, waits, FORM_FLAG),
};

static const struct metric lookup_metrics[] = {
    COUNTER("weir_lookup_asked_keys_total", "Keys that the system was asked for.", view_op, asked,
            FORM_COUNT),
    COUNTER("weir_lookup_known_rows_total", "Rows answered by what was known.", view_op, hits,
            FORM_COUNT),
    COUNTER("weir_lookup_missed_rows_total", "Rows that the table has no row for.", view_op, missed,
            FORM_COUNT),
};

/* ---- the form ----------------------------------------------------------------------------- */

static void put_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_label(struct buf *out, const char *name, struct str value)
{
    buf_printf(out, "%s%s=\"", out->size > 0 && out->data[out->size - 1] == '{' ? "" : ",", name);
    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i];
        if (c == '\n')
            buf_text(out, "\\n");
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else
            buf_char(out, c);
    }
    buf_char(out, '"');
}

static void begin_sample(struct buf *out, const char *name, const struct metrics_job *job)
{
    buf_printf(out, "%s{", name);
    put_label(out, "job", job->name);
}

static void end_count(struct buf *out, uint64_t value)
{
    buf_printf(out, "} %" PRIu64 "\n", value);
}

/* The value behind the labels; what is not known was asked for before. */
static void end_sample(struct buf *out, const struct metric *metric, const void *owner)
{
    const char *at = (const char *)owner + metric->offset;
    switch (metric->form) {
    case FORM_COUNT:
        end_count(out, *(const uint64_t *)(const void *)at);
        break;
    case FORM_KNOWN:
        buf_printf(out, "} %" PRId64 "\n", *(const int64_t *)(const void *)at);
        break;
    case FORM_TIME:
    case FORM_INSTANT:
    case FORM_US:
        buf_printf(out, "} %.6f\n", (double)*(const int64_t *)(const void *)at / 1e6);
        break;
    case FORM_NS:
        buf_printf(out, "} %.6f\n", (double)*(const uint64_t *)(const void *)at / 1e9);
        break;
    case FORM_FLAG:
        buf_printf(out, "} %d\n", *(const bool *)at ? 1 : 0);
        break;
    case FORM_POINTER:
        buf_printf(out, "} %d\n", *(const char *const *)(const void *)at ? 1 : 0);
        break;
    }
}

static bool is_known(const struct metric *metric, const void *owner)
{
    const int64_t *at = (const void *)((const char *)owner + metric->offset);
    switch (metric->form) {
    case FORM_KNOWN:
    case FORM_US:
        return *at >= 0;
    case FORM_TIME:
        return time_us_in_range(*at);
    case FORM_INSTANT:
        return *at != 0;
    default:
        return true;
    }
}

/* ---- groups of metrics ---------------------------------------------------------------------- */

/* A list of things that have the same metrics. */
struct group {
    const struct metric *metrics;
    size_t metric_count;
    const void *items;
    size_t item_bytes;
    uint32_t item_count;
    void (*put_labels)(struct buf *out, const void *item);
    bool (*counts)(const void *item); /* NULL: all do */
};

static void put_group(struct buf *out, const struct metrics_job *job, const struct group *g)
{
    for (size_t m = 0; m < g->metric_count; m++) {
        const struct metric *metric = &g->metrics[m];
        bool begun = false;
        for (uint32_t i = 0; i < g->item_count; i++) {
            const void *item = (const char *)g->items + i * g->item_bytes;
            if ((g->counts && !g->counts(item)) || !is_known(metric, item))
                continue;
            if (!begun)
                put_family(out, metric->name, metric->type, metric->help);
            begun = true;
            begin_sample(out, metric->name, job);
            if (g->put_labels)
                g->put_labels(out, item);
            end_sample(out, metric, item);
        }
    }
}

static void label_source(struct buf *out, const void *item)
{
    put_label(out, "table", ((const struct exec_source_stats *)item)->name);
}

static void label_split(struct buf *out, const void *item)
{
    const struct view_split *split = item;
    put_label(out, "table", ((const struct plan_scan *)split->scan)->def.name);
    put_label(out, "split", split->name);
}

static bool split_counts(const void *item)
{
    return !((const struct view_split *)item)->ended;
}

static void label_sink(struct buf *out, const void *item)
{
    const struct exec_sink_stats *sink = item;
    char number[16];
    put_label(out, "table", sink->name);
    if (sink->statement == 0)
        return;
    snprintf(number, sizeof number, "%u", sink->statement);
    put_label(out, "statement", str_of(number));
}

static void label_operator(struct buf *out, const void *item)
{
    const struct plan *plan = ((const struct view_op *)item)->plan;
    char id[48];
    snprintf(id, sizeof id, "%s#%u", plan_kind_name(plan->kind), plan->id);
    put_label(out, "operator", str_of(id));
}

static bool is_lookup(const void *item)
{
    return ((const struct view_op *)item)->plan->kind == PLAN_LOOKUP;
}

/* Rows by what became of them: the one family with a label of its own. */
static void put_written(struct buf *out, const struct metrics_job *job,
                        const struct exec_stats *stats)
{
    static const char name[] = "weir_sink_rows_total";
    if (stats->sink_count > 0)
        put_family(out, name, "counter", "Changes written, by their kind.");
    for (uint32_t i = 0; i < stats->sink_count; i++)
        for (int k = 0; k < 4; k++) {
            begin_sample(out, name, job);
            label_sink(out, &stats->sinks[i]);
            put_label(out, "op", str_of(change_names[k]));
            end_count(out, stats->sinks[i].written[k]);
        }
}

static void put_job(struct buf *out, const struct metrics_job *job)
{
    put_family(out, "weir_job_info", "gauge", "1, with what is known of the job.");
    begin_sample(out, "weir_job_info", job);
    put_label(out, "file", job->file);
    put_label(out, "version", job->version);
    end_count(out, 1);
    put_family(out, "weir_job_start_timestamp_seconds", "gauge", "When the job was started.");
    begin_sample(out, "weir_job_start_timestamp_seconds", job);
    buf_printf(out, "} %.6f\n", (double)job->begun_us / 1e6);
    put_family(out, "weir_job_stopping", "gauge", "1 once a stop has been asked for.");
    begin_sample(out, "weir_job_stopping", job);
    end_count(out, job->is_stopping);
    if (job->memory_bytes < 0)
        return;
    put_family(out, "weir_job_resident_memory_bytes", "gauge", "Resident memory of the process.");
    begin_sample(out, "weir_job_resident_memory_bytes", job);
    end_count(out, (uint64_t)job->memory_bytes);
}

#define GROUP(metrics_, items_, count_, labels_, counts_)                                          \
    (&(struct group){ metrics_, countof(metrics_), items_, sizeof *(items_), count_, labels_,      \
                      counts_ })

void metrics_put(struct buf *out, const struct metrics_job *job, const struct exec_view *view)
{
    put_job(out, job);
    if (!view)
        return;
    const struct exec_stats *s = &view->stats;
    put_family(out, "weir_job_workers", "gauge", "Threads that share the work.");
    begin_sample(out, "weir_job_workers", job);
    end_count(out, view->workers);
    put_group(out, job, GROUP(job_metrics, view, 1, NULL, NULL));
    put_group(out, job, GROUP(source_metrics, s->sources, s->source_count, label_source, NULL));
    put_group(out, job,
              GROUP(split_metrics, view->splits, view->split_count, label_split, split_counts));
    put_written(out, job, s);
    put_group(out, job, GROUP(sink_metrics, s->sinks, s->sink_count, label_sink, NULL));
    put_group(out, job, GROUP(operator_metrics, view->ops, view->op_count, label_operator, NULL));
    put_group(out, job,
              GROUP(lookup_metrics, view->ops, view->op_count, label_operator, is_lookup));
}

int64_t metrics_memory_bytes(void)
{
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text) : -1;
    if (fd >= 0)
        close(fd);
    struct str rest = str_make(text, size > 0 ? (size_t)size : 0);
    size_t blank = str_find_byte(rest, ' '); /* behind the size of all: pages that are resident */
    if (blank == (size_t)-1)
        return -1;
    rest = str_make(rest.data + blank + 1, rest.size - blank - 1);
    int64_t pages;
    size_t end = str_find_byte(rest, ' ');
    if (end == (size_t)-1 || !number_parse_i64(rest.data, end, &pages))
        return -1;
    return pages * sysconf(_SC_PAGESIZE);
}
