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

enum code rule_calc(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_share(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_json(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_filter(struct optimizer *o, struct error *err) WEIR_CHECKED;
enum code rule_prune(struct optimizer *o, struct error *err) WEIR_CHECKED;
