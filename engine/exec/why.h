/* why.h -- why a sink writes nothing: what a view of the running job tells.
 *
 * The walk goes from the sink to its sources, against the rows.  The first finding of a
 * sink is the first thing on it that holds rows up; the others are what is behind that.
 * Pure: all it knows are the plan and the views. */
#pragma once

#include "exec/view.h"

enum why_severity {
    WHY_HELD, /* holds rows up, or takes them all away */
    WHY_NOTE, /* worth knowing, or on the way to it */
    WHY_FINE, /* nothing holds the sink up, or the job is over */
};

struct why_finding {
    enum why_severity severity;
    const struct plan *plan; /* the operator it is about; borrowed from the job */
    struct str text;         /* "calc#3 lets no row through: ...": begins small, no period */
    struct str hint;         /* a sentence or two; .size 0: none */
};

struct why_sink {
    const struct plan *plan;            /* a PLAN_SINK */
    struct str name;                    /* of its table; "result" */
    bool is_held;                       /* some finding is WHY_HELD */
    const struct why_finding *findings; /* one at least */
    uint32_t finding_count;
};

struct why {
    const struct why_sink *sinks;
    uint32_t sink_count;
};

/* `earlier` is a view of some seconds before, and tells what moves now from what has moved once;
 * NULL: what has ever moved counts.  sink_id 0: all sinks; E_NAME: there is no sink of that id.
 * Text lives in `arena`. */
enum code why(const struct plan_job *job, const struct exec_view *view,
              const struct exec_view *earlier, uint32_t sink_id, struct arena *arena,
              struct why *ret, struct error *err) WEIR_CHECKED;
