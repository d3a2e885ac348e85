/* rules.h -- the rules of the optimizer, in the order in which they run.  Each takes
 * the whole job and may assume what the ones before it have done. */
#pragma once

#include "optimize/optimize.h"

struct optimizer {
    struct arena *arena;
    struct plan_job *job;
};

/* All nodes, inputs before readers, sinks last; sets job->nodes, ids, readers. */
enum code plan_collect(struct optimizer *o, struct error *err) WEIR_CHECKED;
/* A node with room for fields and inputs; NULL when out of memory. */
struct plan *plan_make(struct optimizer *o, enum plan_kind kind, size_t bytes, uint32_t fields,
                       uint32_t inputs, struct span span) WEIR_CHECKED;
/* Makes every reader of `from` read `to`, except `but`. */
void plan_redirect(struct optimizer *o, const struct plan *from, struct plan *to,
                   const struct plan *but);
/* Are all readers of the node calcs? (false if there are none) */
bool plan_read_by_calcs(const struct optimizer *o, const struct plan *node);

/* columns.c: marks in `theirs` the columns of input k that `node` reads when those of `mine` are
 * wanted of it.  For a node whose input occurs twice, once per occurrence. */
struct column_room {
    bool *both; /* as many as any node and its inputs have */
    size_t size;
};
enum code columns_room(struct optimizer *o, struct column_room *ret, struct error *err)
    WEIR_CHECKED;
void columns_wanted(const struct plan *node, const bool *mine, uint32_t k, bool *theirs,
                    struct column_room *room);
/* By id, the columns of each node that anybody reads. */
enum code columns_wanted_of_all(struct optimizer *o, bool ***ret, struct column_room *ret_room,
                                struct error *err) WEIR_CHECKED;

/* Do two nodes over the same inputs do the same? Never true of what is volatile. */
bool plan_same(const struct plan *a, const struct plan *b);

enum code rule_calc(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_share(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_join(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_narrow(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_json(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_filter(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_prune(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_normalize(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_changes(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_fold(struct optimizer *o, struct error *err);
enum code rule_exchange(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_sink(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_rank(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_over(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_mode(struct optimizer *o, struct error *err) WEIR_CHECKED;

/* monotonic.c: sets update_key, when what is known of the input is derived. */
void rank_find_update_key(struct plan_rank *rank);
