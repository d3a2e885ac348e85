/* cast.h -- every conversion between types, as one table of kernels.
 *
 * CAST_BLINK: what cannot be converted is NULL (blink-dialect R-3); BIGINT and
 * TIMESTAMP convert by seconds.  CAST_FLINK: what cannot be converted fails the
 * job with the value and both types in the message.  CAST_TRY: Flink's rules, NULL
 * instead of failing.  Texts of timestamps use the session time zone where the
 * type is an instant. */
#pragma once

#include "expr/function.h"

enum cast_mode { CAST_BLINK, CAST_FLINK, CAST_TRY };

/* Which kernel converts `from` to `to`.  *ret_kernel is NULL when nothing has to be done (the
 * values are already in the right form).  E_TYPE when the cast is not legal in that mode. */
enum code cast_resolve(const struct bind_env *env, const struct type *from, const struct type *to,
                       enum cast_mode mode, kernel_fn *ret_kernel, const void **ret_state,
                       unsigned *ret_flags, struct error *err) WEIR_CHECKED;

/* The cast as an expression; gives `e` itself where it already has the type, and folds literals
 * (a literal that fails in CAST_FLINK stays a call and fails at run time). */
enum code expr_cast(const struct bind_env *env, struct expr *e, const struct type *to,
                    enum cast_mode mode, struct span span, struct expr **ret, struct error *err)
    WEIR_CHECKED;

/* Implicit conversion as comparison, arithmetic and function arguments use it: E_TYPE where the
 * dialect has none. */
enum code expr_coerce(const struct bind_env *env, struct expr *e, const struct type *to,
                      struct expr **ret, struct error *err) WEIR_CHECKED;

/* The functions that stand for CAST and TRY_CAST in printed expressions. */
extern const struct function cast_function, try_cast_function;
