/* agg_bind.c -- the registry of aggregates, and how a call finds its kernel. */
#include "agg/agg.h"

enum code agg_set_takes_back(struct arena *arena, struct agg *agg, struct span span,
                             struct error *err)
{
    (void)arena;
    if (agg->takes_back)
        return OK;
    return error_at(err, E_UNSUPPORTED, span, "%s over rows that are taken back cannot run in this "
                    "version of weir", agg->function->name);
}
