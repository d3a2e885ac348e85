/* elastic_bulk.h -- what the server says of each row of a bulk call. */
#pragma once

#include "remote/remote_sink.h"

/* Sets the verdicts of the call's rows by the reply, which has an item a row, in order.  The outcome
 * goes for the rows that are left open; *err then tells of the first of them. */
enum remote_outcome es_judge_bulk(struct remote_call *call, struct str reply, struct error *err);
