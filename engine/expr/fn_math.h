/* fn_math.h -- functions of numbers that live in files of their own. */
#pragma once

#include "expr/call.h"

/* Argument i must be a number (Blink: a string becomes a DOUBLE). */
enum code math_number(struct call *call, uint32_t i, struct error *err) WEIR_CHECKED;

/* fn_round.c */
enum code math_ceil_resolve(struct call *call, struct error *err);
enum code math_floor_resolve(struct call *call, struct error *err);
enum code math_round_resolve(struct call *call, struct error *err);
enum code math_truncate_resolve(struct call *call, struct error *err);

/* fn_random.c */
enum code math_rand_resolve(struct call *call, struct error *err);
enum code math_rand_integer_resolve(struct call *call, struct error *err);

/* fn_time_part.c: FLOOR(time TO unit), CEIL(time TO unit) */
enum code time_round_resolve(struct call *call, bool ceil, struct error *err);
