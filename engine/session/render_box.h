/* render_box.h -- inside of render*.c: boxes of +, - and |. */
#pragma once

#include "base/str.h"

struct render_box {
    uint32_t column_count;
    const struct str *names;
    uint32_t *widths;     /* in columns of a terminal */
    const bool *right;    /* aligned to the right */
    bool *hidden;         /* columns left out: "..." stands for those beside each other */
    bool is_cut;          /* cells wider than their column are cut */
    bool wraps;           /* ... or go on in further lines */
    struct str *rest;     /* scratch of a row that wraps */
    uint32_t width_max;   /* longer cells are cut; 0: never */
    struct str null_text; /* what a NULL is shown as */
    bool has_colours;     /* NULL is dim */
    bool has_op;         /* the first column is the kind of a change, each in a colour of its own */
    bool *failed;        /* set when there was no memory for scratch */
    struct buf *scratch; /* for cells with characters that cannot be shown */
};

/* +----+----+ */
void render_box_rule(const struct render_box *box, struct buf *out);
void render_box_names(const struct render_box *box, struct buf *out);
/* Cells as in render_store.h. */
void render_box_row(const struct render_box *box, const char *cells, struct buf *out);
/* "..." in each column: rows that are left out. */
void render_box_gap(const struct render_box *box, struct buf *out);

/* A cell as one line, however long. */
void render_box_text(const struct render_box *box, struct str cell, struct buf *out);
/* Columns that a cell takes. */
uint32_t render_box_width(const struct render_box *box, struct str cell);
