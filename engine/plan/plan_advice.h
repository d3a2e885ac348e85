/* plan_advice.h -- what a job that runs will make its owner regret: state without bound,
 * look-ups without a cache, casts that end the job or give NULL, filters that nothing passes.
 *
 * A warning has a place in the job and says what to do; a note is worth knowing and no mistake
 * (what the other dialect would do).  `weir check` prints warnings, EXPLAIN both.  What the
 * optimizer has to say (plan_job.warnings) is in the list too, in front. */
#pragma once

#include "plan/plan.h"

struct plan_advice {
    struct plan_advice *next;
    const char *code; /* "state-unbounded": stable, for programs */
    bool is_note;
    const struct plan *node; /* NULL: the job */
    struct error error;      /* message, detail, hint, and the span where there is one */
};

/* In the order of the job's text, warnings in front of notes.  No two say the same of one place. */
enum code plan_advice(struct arena *arena, const struct plan_job *job, struct plan_advice **ret,
                      struct error *err) WEIR_CHECKED;
