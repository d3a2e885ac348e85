/* arith.h -- arithmetic, between fn_arith.c (numbers) and fn_arith_time.c (times). */
#pragma once

#include "expr/call.h"

enum arith_op { ARITH_ADD, ARITH_SUB, ARITH_MUL, ARITH_DIV, ARITH_MOD };

/* Is it arithmetic with a time or an interval? */
bool arith_is_time(const struct call *call);
/* Timestamps and dates with intervals, intervals among themselves and with numbers. */
enum code arith_time_resolve(struct call *call, enum arith_op op, struct error *err);
/* MOD(a, b) and a % b. */
enum code arith_mod_resolve(struct call *call, struct error *err);
