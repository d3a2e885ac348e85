/* compare.h -- equality and order of values, as kernels for whole columns and as
 * functions for single slots (elements of arrays). */
#pragma once

#include "expr/call.h"

enum compare_op { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };

/* The kernel for two columns of this type; NULL: the type has no order (nested types are only
 * equal or not).  *ret_flags is CALL_SAFE for values of fixed width. */
kernel_fn compare_kernel(enum compare_op op, const struct type *type, unsigned *ret_flags);
/* For two DECIMALs of different scale. */
kernel_fn compare_kernel_decimal(enum compare_op op);
bool compare_has_order(const struct type *type);

/* The type that two expressions are compared in; NULL: they are not comparable (see
 * compare_reject). */
const struct type *compare_target(const struct bind_env *env, const struct expr *a,
                                  const struct expr *b);
/* Does the target hold the values of both?  False for DECIMALs that together need more than 38
 * digits. */
bool compare_is_exact(const struct expr *a, const struct expr *b);
/* E_TYPE with the reason why two types are not comparable. */
enum code compare_reject(const struct call *call, const struct type *a, const struct type *b,
                         struct error *err);
/* Casts argument i to the type of the comparison. */
enum code compare_cast(struct call *call, uint32_t i, const struct type *target,
                       struct error *err) WEIR_CHECKED;

/* Both slots are not NULL.  Inside of nested values NULL equals NULL. */
bool slot_equal(const struct column *a, uint32_t i, const struct column *b, uint32_t j);
/* <0, 0, >0; types with an order only.  NaN is the greatest, as in Java. */
int slot_compare(const struct column *a, uint32_t i, const struct column *b, uint32_t j);
/* Equal slots have equal hashes; NULL has one too. */
uint64_t slot_hash(const struct column *c, uint32_t i, uint64_t seed);

/* fn_in.c */
enum code in_resolve(struct call *call, struct error *err);
