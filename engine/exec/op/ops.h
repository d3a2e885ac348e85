/* ops.h -- makers of the operators, one file each; and what sources and sinks offer
 * the worker besides being operators. */
#pragma once

#include "exec/bad_rows.h"
#include "exec/op.h"

enum code op_calc_create(struct worker *worker, const struct plan_calc *const *plans, uint32_t n,
                         struct op **ret, struct op **ret_branches, struct error *err);
enum code op_json_create(struct worker *worker, const struct plan_json *plan, struct op **ret,
                         struct error *err);
enum code op_limit_create(struct worker *worker, const struct plan_limit *plan, struct op **ret,
                          struct error *err);
enum code op_union_create(struct worker *worker, const struct plan *plan, struct op **ret,
                          struct error *err);

#define OP_MAKERS(X)                                                                               \
    X(watermark, WATERMARK)                                                                        \
    X(group, GROUP)                                                                                \
    X(window, WINDOW)                                                                              \
    X(assign, ASSIGN)                                                                              \
    X(expand, EXPAND)                                                                              \
    X(join, JOIN)                                                                                  \
    X(window_join, WINDOW_JOIN)                                                                    \
    X(interval_join, INTERVAL_JOIN)                                                                \
    X(temporal_join, TEMPORAL_JOIN)                                                                \
    X(lookup, LOOKUP)                                                                              \
    X(correlate, CORRELATE)                                                                        \
    X(rank, RANK)                                                                                  \
    X(dedup, DEDUP)                                                                                \
    X(over, OVER)                                                                                  \
    X(sort, SORT)                                                                                  \
    X(materialize, MATERIALIZE)                                                                    \
    X(fold, FOLD)

/* enum code op_group_create(struct worker *, const struct plan_group *, struct op **ret, err) ...
 * *ret may be set on failure: a half-built operator that the caller destroys. */
#define X(name, NAME)                                                                              \
    enum code op_##name##_create(struct worker *worker, const struct plan_##name *plan,            \
                                 struct op **ret, struct error *err);
OP_MAKERS(X)
#undef X

/* A top-N within windows, emitted when they are over. */
enum code op_window_rank_create(struct worker *worker, const struct plan_rank *plan,
                                struct op **ret, struct error *err);
enum code op_window_dedup_create(struct worker *worker, const struct plan_dedup *plan,
                                 struct op **ret, struct error *err);

/* --- sources ------------------------------------------------------------------- */

/* What event time needs of a source; struct op_source is a struct op first. */
struct op_source *op_source_of(const struct worker *worker, const struct plan_scan *plan);
/* A row of the batch that was pushed last is bad for a reason that the source does not see.  The
 * table's on-error decides; with "fail" that is the error returned. */
enum code op_source_bad_row(struct op_source *op, uint32_t row, struct str reason,
                            struct error *err) WEIR_CHECKED;
/* How far time is, for the progress line. */
void op_source_note_watermark(struct op_source *op, int64_t watermark_us);
int64_t op_source_watermark(const struct op *op); /* WATERMARK_NONE: none */
/* Had it nothing when it was asked last?  Before it is asked: no. */
bool op_source_is_dry(const struct op_source *op);
/* A row is too far ahead of the clock to move time. */
void op_source_note_ahead(struct op_source *op);
uint64_t op_source_ahead(const struct op *op);

/* `open` without its bad rows, which are given to the policy.  The first `skip` rows were handed out
 * before. */
enum code op_source_create(struct worker *worker, const struct plan_scan *plan,
                           const struct source_open *open, uint64_t skip,
                           struct bad_row_policy *policy, struct op **ret, struct error *err);
/* Reads one batch, of at most `max` records, and pushes it down.  *ret_rows is how many came. */
enum code op_source_step(struct op *op, uint32_t max, enum poll_state *ret_state,
                         uint32_t *ret_rows, struct error *err);
/* Where the rows passed on so far end (strings in `arena`); not the table's name. */
struct save_source;
enum code op_source_tell(struct op *op, struct arena *arena, struct save_source *ret,
                         struct error *err);
/* For merging several sources by the time of their records: reads a batch into `arena` and keeps
 * it; the time of its first row not passed on (false: there is none); passes rows on from there,
 * as long as their time is < before_ms and <= upto_ms. */
enum code op_source_load(struct op *op, struct arena *arena, enum poll_state *ret_state,
                         uint32_t *ret_rows, struct error *err);
bool op_source_head_ms(const struct op *op, int64_t *ret);
/* ... at most `max` of them. *ret_rows: how many. */
enum code op_source_emit_until(struct op *op, int64_t before_ms, int64_t upto_ms, uint32_t max,
                               uint32_t *ret_rows, struct error *err);
/* The connector behind it. */
struct source *op_source_connector(struct op *op);
uint64_t op_source_bytes(const struct op *op);
/* What there is to know of its split number `split`, but for time: name borrowed, as long as the source
 * is not asked for more.  False: it has none of that number. */
struct view_split;
bool op_source_split(const struct op *op, uint32_t split, struct view_split *ret);
/* Of an operator of PLAN_JSON, and of a source whose format is JSON: what path number `path` has found;
 * false: there is none of that number. */
struct view_path;
bool op_json_path(const struct op *op, uint32_t path, struct view_path *ret);
bool op_source_path(const struct op *op, uint32_t path, struct view_path *ret);
/* Of the watermark node above it: adds time. */
void op_watermark_split(const struct op *op, uint32_t split, struct view_split *ret);

enum code op_values_create(struct worker *worker, const struct plan_values *plan, struct op **ret,
                           struct error *err);
/* Pushes the next rows, at most `max`; *ret_end after the last. */
enum code op_values_step(struct op *op, uint32_t max, uint32_t *ret_rows, bool *ret_end,
                         struct error *err);
/* Rows pushed so far; and a start behind so many. */
uint64_t op_values_done(const struct op *op);
void op_values_resume(struct op *op, uint64_t done);

/* --- sinks ---------------------------------------------------------------------- */

/* Takes `sink` over: closes it when destroyed. */
enum code op_sink_create(struct worker *worker, const struct plan_sink *plan, struct sink *sink,
                         struct bad_row_policy *policy, struct op **ret, struct error *err);

/* Offers what the connector refused before.  *ret_blocked: something is still refused. */
enum code op_sink_retry(struct op *op, bool *ret_blocked, struct error *err);
bool op_sink_is_blocked(const struct op *op);
struct sink *op_sink_connector(struct op *op);
/* Of an operator of PLAN_LOOKUP: whom it waits for. */
void op_lookup_status(struct op *op, struct source_status *ret);
/* The epoch whose barrier has reached the sink and whose flush was started; 0: none. */
uint64_t op_sink_epoch(const struct op *op);
/* Where the connector stood at the last barrier; .data NULL: it does not say. */
struct str op_sink_position(const struct op *op);
/* Rows the connector took, by enum change. */
void op_sink_written(const struct op *op, uint64_t ret[4]);
