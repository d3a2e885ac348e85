/* render_inner.h -- inside of render*.c: what a renderer is made of. */
#pragma once

#include "session/render.h"
#include "session/render_box.h"
#include "session/render_store.h"
#include "types/text.h"

struct result {
    struct sink base;
    struct renderer *renderer;
    struct result *next;
    uint32_t statement;
    uint32_t column_count;
    const struct field *fields; /* borrowed from the plan, or made for texts */
    struct str *names;          /* owned by the arena; tableau: `op` first */
    bool keeps;                 /* until the end */
    struct render_store store;
    struct render_box box;
    uint32_t *natural; /* widths of its columns if nothing is cut */
    bool *is_text;     /* columns that may be cut */
    bool head_is_out;
    uint64_t printed;
};

struct renderer {
    struct console *console;
    struct render_options options;
    struct arena *arena;
    struct result *first, **tail;
    const struct result *open_box; /* tableau: whose box has no last rule yet */
    struct text_style style;
    struct zone_cursor cursor;
    struct buf row; /* texts of a row */
    struct buf cell;
    struct buf scratch;
    uint64_t changes; /* taken so far, of all results */
    bool owes_update; /* -U was the last of them: +U belongs to it */
    bool failed;      /* no memory where it could not be answered */
};

/* The rows that were kept, as a box; on a terminal it fits the screen. */
enum code render_table(struct result *result, struct error *err) WEIR_CHECKED;
