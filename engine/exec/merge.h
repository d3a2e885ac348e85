/* merge.h -- which source is read next. */
#pragma once

#include "exec/run.h"

/* May the sources that are read in turn be merged by the time of their records?  Decided once,
 * before the first is read. */
enum code merge_decide(struct run *x, struct error *err) WEIR_CHECKED;
/* One step of the merge: the oldest records of all of them.  *ret_any: something was done. */
enum code merge_step(struct run *x, bool *ret_any, struct error *err) WEIR_CHECKED;
