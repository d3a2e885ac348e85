/* optimize.h -- from the binder's plan to the one that runs.
 *
 * In this order: calcs merged, equal sub-plans made one, JSON paths of each scan
 * gathered into one pass, common conditions of all readers moved in front of them,
 * unread columns dropped.  The result is final for one worker: the caller must not
 * change it.  How many there are can hang on what the sources say (exec_choose_workers),
 * so what several need comes behind it. */
#pragma once

#include "plan/plan.h"

enum code optimize(struct arena *arena, struct plan_job *job, struct error *err) WEIR_CHECKED;
/* Puts exchanges into a plan that optimize() has made: once, with job->workers set. */
enum code optimize_for_workers(struct arena *arena, struct plan_job *job, struct error *err)
    WEIR_CHECKED;
