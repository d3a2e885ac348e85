/* save.h -- the snapshots of a job in its state directory.
 *
 * A snapshot is a set of files with one number: snapshot-N.worker-I holds what the
 * operators of worker I wrote, and snapshot-N.job, written last, says that all of it
 * is there: number of workers, positions of sources and sinks, which operators had
 * state.  Without that file there is no snapshot N.  The last two are kept.
 *
 * The directory belongs to one running job at a time (a lock) and to one job for ever
 * (its name is in every file). */
#pragma once

#include "exec/op.h"
#include "plan/plan_kept.h"
#include "state/snapshot.h"

struct exec_hooks;
struct save;

/* Where a source stands: positions of its splits, and how many rows behind them are done already
 * (of a source that is read in one order, whatever its splits). */
struct save_source {
    struct str table;
    struct split_position *items;
    uint32_t count;
    uint64_t skip;
};
struct save_sink {
    struct str table;
    struct str position; /* .data NULL: the connector has none */
};

/* Makes the directory, locks it and looks for the newest complete snapshot.  A damaged one is
 * passed over with a warning if there is one before it; parts without a complete one are told too. */
enum code save_open(const char *dir, struct str job, const struct exec_hooks *hooks,
                    struct save **ret, struct error *err) WEIR_CHECKED;
void save_close(struct save *s); /* NULL is fine */

/* --- what was found; all of it lives as long as `s` ------------------------------- */

bool save_found(const struct save *s);
/* The greatest number in use, whole or not; 0: none. */
uint64_t save_newest(const struct save *s);
/* NULL: the snapshot does not know the table. */
const struct save_source *save_source_of(const struct save *s, struct str table);
const struct save_sink *save_sink_of(const struct save *s, struct str table);
/* What operators had, as plan_kept_list() had it. */
const struct kept_state *const *save_operators(const struct save *s, uint32_t *ret_count);
const struct save_source *save_sources(const struct save *s, uint32_t *ret_count);
/* Gives `op` the records that `saved_id` has in all files, turned by `recode` (NULL: as they are).
 * `single`: all of them, it runs on one worker only. */
enum code save_restore(struct save *s, struct op *op, uint64_t saved_id,
                       struct state_recode *recode, bool single, struct error *err) WEIR_CHECKED;
/* All operators have theirs: closes the files, which are open from save_open() on. */
void save_restored(struct save *s);

/* --- writing ---------------------------------------------------------------------- */

enum code save_writer(struct save *s, uint64_t epoch, uint32_t worker, struct state_writer **ret,
                      struct error *err) WEIR_CHECKED;

struct save_job { /* all that the last file holds */
    uint64_t epoch;
    uint32_t workers;
    const struct save_source *sources;
    uint32_t source_count;
    const struct save_sink *sinks;
    uint32_t sink_count;
    const struct kept_state *const *operators;
    uint32_t operator_count;
};
/* Makes the snapshot complete, and lets those before the one before it go. */
enum code save_finish(struct save *s, const struct save_job *job, struct error *err) WEIR_CHECKED;
