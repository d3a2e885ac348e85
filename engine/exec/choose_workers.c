/* choose_workers.c -- how many workers a job gets that was not told: as many as its
 * largest source has splits and the machine has cores.
 *
 * What a split is only the connector knows, and some (Kafka) know it only by asking, so
 * this comes before the job is opened, and before exchanges are put into its plan.
 *
 * One worker it stays where rows are shown as they come, in the order in which they are
 * read: a person reads that, and several workers would mix the files.  And where several
 * INSERTs write into one table that one worker alone can write: they do it row by row of their
 * source, and what comes from other workers comes statement by statement. */
#include "exec/exec.h"

#include <sched.h>

static uint32_t cores(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)MAX(CPU_COUNT(&set), 1) : 1;
}

/* Does what reaches it have an order of its own? */
static bool is_sorted(const struct plan *node)
{
    while (node->kind == PLAN_CALC || node->kind == PLAN_LIMIT)
        node = node->inputs[0];
    return node->kind == PLAN_SORT;
}

static bool shows_rows_as_read(const struct plan_job *job)
{
    for (uint32_t i = 0; i < job->sink_count; i++) {
        const struct plan_sink *sink = job->sinks[i];
        bool is_shown = !sink->table || (sink->connector->is_shown &&
                                         sink->connector->is_shown(&sink->def));
        for (uint32_t k = 0; is_shown && k < sink->base.input_count; k++)
            if (!is_sorted(sink->base.inputs[k]))
                return true;
    }
    return false;
}

static bool writes_row_by_row(const struct plan_job *job)
{
    for (uint32_t i = 0; i < job->sink_count; i++) {
        const struct plan_sink *sink = job->sinks[i];
        if (sink->table && sink->in_source_order && sink->connector->sink &&
            !sink->connector->sink->parallel)
            return true;
    }
    return false;
}

static const char *why_one(const struct plan_job *job)
{
    if (shows_rows_as_read(job))
        return "rows are shown in the order they are read";
    return writes_row_by_row(job) ? "INSERTs into one table follow the order of its source" : NULL;
}

/* A source whose splits are counted by asking a server; NULL: none. */
static const struct plan_scan *remote(const struct plan_job *job)
{
    for (uint32_t i = 0; i < job->scan_count; i++)
        if (job->scans[i]->connector->source->count_splits &&
            job->scans[i]->connector->family != FAMILY_EMBEDDED)
            return job->scans[i];
    return NULL;
}

struct count {
    const struct plan_scan *largest; /* NULL: none has more than one split */
    uint32_t splits;                 /* of it */
    const struct plan_scan *unknown; /* the first whose server did not say; NULL: none */
};

/* Of all sources, until one has `enough`. */
static enum code count_splits(const struct plan_job *job, uint32_t enough, struct count *ret,
                              struct error *err)
{
    *ret = (struct count){ .splits = 1 };
    for (uint32_t i = 0; i < job->scan_count && ret->splits < enough; i++) {
        const struct plan_scan *scan = job->scans[i];
        const struct source_kind *kind = scan->connector->source;
        if (!kind->count_splits)
            continue;
        uint32_t splits;
        TRY(kind->count_splits(&scan->def, &splits, err));
        if (splits == 0 && !ret->unknown)
            ret->unknown = scan;
        if (splits > ret->splits) {
            ret->largest = scan;
            ret->splits = splits;
        }
    }
    return OK;
}

static enum code because(struct exec_choice *ret, const char *reason, struct error *err)
{
    ret->reason = reason;
    return reason ? OK : error_nomem(err);
}

enum code exec_choose_workers(const struct plan_job *job, const struct exec_choice_options *options,
                              struct arena *arena, struct exec_choice *ret, struct error *err)
{
    *ret = (struct exec_choice){ .workers = 1 };
    const char *one = why_one(job);
    const struct plan_scan *server = remote(job);
    if (server && one)
        return because(ret, one, err);
    if (server && !options->ask_servers)
        return because(ret, arena_printf(arena, "the partitions of table \"" STR_FMT
                                         "\" are counted when the job starts",
                                         STR_ARG(server->def.name)), err);
    uint32_t most = options->cores > 0 ? options->cores : cores();
    struct count count;
    TRY(count_splits(job, most, &count, err));
    if (count.largest && one)
        return because(ret, one, err);
    if (count.largest) {
        ret->workers = MIN(most, count.splits);
        return because(ret, arena_printf(arena, "%u cores, and table \"" STR_FMT "\" has %u splits",
                                         most, STR_ARG(count.largest->def.name), count.splits), err);
    }
    if (!count.unknown)
        return OK;
    ret->is_unsure = true;
    return because(ret, arena_printf(arena, "the partitions of table \"" STR_FMT
                                     "\" could not be counted", STR_ARG(count.unknown->def.name)),
                   err);
}
