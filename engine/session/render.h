/* render.h -- the rows of a SELECT (and of SHOW, DESCRIBE ...) on standard output.
 *
 *   table           a box with the end result, when the query has ended
 *   tableau         a box that grows: every change as it comes, `op` first
 *   csv             RFC 4180 with a header, lines end in LF; NULL is empty, '' is ""
 *   json            an array with the end result
 *   jsonl           an object a row
 *   changelog-json  {"op": "+I", "data": {...}} a change, with "statement" where the job has
 *                   several SELECTs
 *
 *   tsv             as MySQL and PostgreSQL have it: \N is NULL, \t \n \\ in texts
 *   markdown        a table of Markdown
 *   line            a line a column, for wide rows
 *
 * csv and its like show rows as they come where rows are only added, and the end result of a
 * query that updates or deletes rows.  With several SELECTs, tableau begins a new box
 * where the statement changes, and csv shows one result after the other at the end. */
#pragma once

#include "plan/plan.h"
#include "session/console.h"

enum render_mode {
    RENDER_TABLE,
    RENDER_TABLEAU,
    RENDER_CSV,
    RENDER_JSON,
    RENDER_JSONL,
    RENDER_CHANGELOG_JSON,
    RENDER_TSV,
    RENDER_MARKDOWN,
    RENDER_LINE,
};

/* "table", "tableau" ...; NULL past the end. */
const char *render_mode_name(uint32_t i);
bool render_mode_find(struct str name, enum render_mode *ret);

struct render_options {
    enum render_mode mode;
    bool mode_is_given; /* somebody has asked for it */
    bool blink;
    const struct zone *zone;
    uint32_t select_count;     /* of the job */
    uint32_t column_width_max; /* of a cell in a box; 0: the mode's own */
    uint64_t rows_max;         /* kept for `table`; 0: all */
    uint64_t rows_shown;       /* of a `table` on a terminal, half of them the last; 0: all */
    uint32_t screen_columns;   /* ... which is so wide; 0: boxes are as wide as they are */
    bool wraps;                /* what does not fit goes on in further lines, and is not cut */
    /* After so many changes the rest is not taken any more but the second half of an update, and
     * `full` is called, maybe more than once (on the thread that writes); 0: no limit. */
    uint64_t changes_max;
    void (*full)(void *self);
    void *self;
};

/* All results of a job. */
struct renderer;

struct renderer *renderer_create(struct console *console,
                                 const struct render_options *options) WEIR_CHECKED;
/* The sink belongs to the renderer; closing it does nothing. */
enum code renderer_open(struct renderer *renderer, const struct plan_sink *plan, struct sink **ret,
                        struct error *err) WEIR_CHECKED;
/* The results so far, in the order they were opened.  For `table`: the number of rows. */
uint32_t renderer_result_count(const struct renderer *renderer);
uint64_t renderer_rows(const struct renderer *renderer, uint32_t at);
struct render_page {
    uint64_t first;        /* row at the top */
    uint32_t rows;         /* how many */
    uint32_t columns;      /* of the screen */
    uint32_t first_column; /* of the result that is shown; made smaller if there are not as many */
    uint32_t column_count, columns_shown; /* answered: of the result */
};
/* A box of a part of a result. */
void renderer_page(struct renderer *renderer, uint32_t at, struct render_page *page,
                   struct buf *out);
/* The job has ended as it should: prints what was kept. */
enum code renderer_finish(struct renderer *renderer, struct error *err) WEIR_CHECKED;
/* Rows of a `table` that were let go because of rows_max. */
uint64_t renderer_dropped(const struct renderer *renderer);
void renderer_destroy(struct renderer *renderer); /* NULL is fine */

/* A result of texts: cells row by row, .data NULL for NULL. */
enum code render_texts(struct console *console, const struct render_options *options,
                       const struct str *names, uint32_t column_count, const struct str *cells,
                       uint32_t row_count, struct error *err) WEIR_CHECKED;
