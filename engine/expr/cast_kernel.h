/* cast_kernel.h -- what the files of the cast matrix share.
 *
 * cast.c decides, the others compute: cast_number.c (numbers and BOOLEAN),
 * cast_text.c (to and from strings and binaries), cast_time.c (dates and times),
 * cast_nested.c (arrays, maps, rows, and the cast that only changes the type). */
#pragma once

#include "expr/call.h"

struct cast_step {
    kernel_fn kernel; /* NULL: nothing to do */
    const void *state;
    unsigned flags;
};

struct cast_state {
    const struct type *from;
    const struct type *to;
    enum cast_mode mode;
    bool blink;              /* texts as Blink writes them */
    const struct zone *zone; /* of the session */
    /* Nested types: a step a child. */
    const struct cast_step *children;
    uint32_t child_count;
};

#define CAST_KERNEL(name)                                                                          \
    enum code name(struct eval *cx, const struct kernel_call *call, const struct rows *rows,       \
                   struct column *out, struct error *err)

/* The kernel for numbers and BOOLEAN among themselves, NULL if there is none. */
kernel_fn cast_number_kernel(const struct type *from, const struct type *to, unsigned *ret_flags);
/* The kernel between dates, times, timestamps, intervals (and in Blink seconds), or NULL. */
kernel_fn cast_time_kernel(const struct type *from, const struct type *to, enum cast_mode mode);
/* From a string to something else, or NULL. */
kernel_fn cast_from_text_kernel(const struct type *from, const struct type *to);

CAST_KERNEL(cast_kernel_null);         /* of a bare NULL: NULLs */
CAST_KERNEL(cast_kernel_retype);       /* shares the argument's memory; CALL_NULLS */
CAST_KERNEL(cast_kernel_i64_to_text);  /* integers to STRING */
CAST_KERNEL(cast_kernel_to_text);      /* anything to a string */
CAST_KERNEL(cast_kernel_text_to_text); /* cuts and pads to the length; BYTES are decoded */
CAST_KERNEL(cast_kernel_to_binary);    /* strings and binaries to binaries */
CAST_KERNEL(cast_kernel_list);         /* ARRAY and MAP, element by element */
CAST_KERNEL(cast_kernel_row);          /* ROW, field by field */

/* A value that cannot be converted: NULL, or E_DATA in CAST_FLINK. */
enum code cast_fail(struct eval *cx, const struct cast_state *state, struct column *out,
                    uint32_t row, struct str text, struct error *err) WEIR_CHECKED;
