/* mysql_fold.h -- which keys the server may take for equal.
 *
 * Many keys are asked for with one IN, and a row of the answer belongs to the key that the server
 * takes for equal to it, which bytes do not always say: 'abc', 'ABC' and 'abc ' are one in many
 * collations.  A fold is a text that all values have in common that may be equal: keys of one request have
 * different folds, so a row belongs to the key that has its fold.  Where no such text is known the
 * key is odd, and is asked for alone. */
#pragma once

#include "mysql/mysql_table.h"

/* Appends the fold of a key as mysql_put_cell() wrote it; false: it is odd. */
bool mysql_put_fold(struct buf *out, struct str key, enum mysql_compare compare);

/* Folds of a request: open addressing by number. */
struct mysql_folds {
    struct str *folds;
    uint32_t *numbers; /* the caller's, one a fold */
    uint32_t count;
    uint32_t *slots;
    uint32_t size; /* a power of two */
};

/* Room for `most` folds. */
enum code mysql_folds_begin(struct mysql_folds *f, struct arena *arena, uint32_t most,
                            struct error *err) WEIR_CHECKED;
/* False: it is there already. The fold is kept, not copied. */
bool mysql_folds_add(struct mysql_folds *f, struct str fold, uint32_t number);
/* -1: not there. */
int64_t mysql_folds_find(const struct mysql_folds *f, struct str fold);
