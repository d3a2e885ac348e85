/* rows_out.h -- output of operators that keep whole rows as bytes: top-N, deduplication,
 * sorting.
 *
 * Rows are collected encoded (state/code.h), with the kind of their change and perhaps a
 * number behind their columns, and become one batch of columns.  Bytes are copied, so
 * the tree that they lie in may change meanwhile. */
#pragma once

#include "exec/op.h"
#include "state/code.h"

struct rows_out {
    struct op *op;
    struct arena *arena;
    struct str *rows;      /* encodings of all columns but the number */
    int64_t *numbers;      /* if `numbered` */
    uint8_t *changes;
    uint32_t *origins;
    uint32_t count, cap;
    bool numbered;         /* the last column is BIGINT: the number */
    uint32_t origin;       /* of what is put next */
};

/* Starts an empty output in an arena that lives until rows_out_emit(). */
void rows_out_begin(struct rows_out *out, struct op *op, struct arena *arena, bool numbered);
enum code rows_out_put(struct rows_out *out, struct str row, enum change change, int64_t number,
                       struct error *err) WEIR_CHECKED;
/* To the readers, with the marks of the batch that caused it (`in` NULL: none; ends as for
 * op_marks). */
enum code rows_out_emit(struct rows_out *out, const struct batch *in, const uint32_t *ends,
                        struct error *err) WEIR_CHECKED;
