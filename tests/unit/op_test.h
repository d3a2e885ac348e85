/* op_test.h -- an operator alone: a worker, batches pushed into it, and what comes out
 * folded into rows as a reader would keep them.
 *
 * Changes are checked as they come: -U and -D name a row that is there, +U follows the
 * -U of its key (or replaces its row, where no -U is sent), +I brings a new key. */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "exec/op/ops.h"
#include "base/memory.h"
#include "state_test.h"
#include "types/text.h"

enum { OP_ROWS_MAX = 4096, OP_CELL_MAX = 512 };

struct op_sink_row {
    char key[OP_CELL_MAX];
    char value[OP_CELL_MAX];
    bool there;
};

struct op_rig {
    struct worker worker;
    struct op sink;
    struct op *op;
    uint32_t key_columns;  /* of the output */
    bool by_key;           /* a row is taken back by its key, whatever else it says */
    struct op_sink_row rows[OP_ROWS_MAX];
    uint32_t row_count;
    uint64_t changes[4];   /* seen, by enum change */
    bool barrier_seen;
};

static inline void op_cells(const struct batch *b, uint32_t row, uint32_t from, uint32_t to,
                            char *out)
{
    struct text_style style = { .mode = TEXT_JSON };
    struct buf text;
    buf_init(&text, OP_CELL_MAX - 1);
    for (uint32_t c = from; c < to; c++) {
        buf_text(&text, c > from ? "|" : "");
        text_print_cell(&text, b->columns[c], row, &style);
    }
    snprintf(out, OP_CELL_MAX, "%s", buf_cstr(&text));
    buf_done(&text);
}

static inline struct op_sink_row *op_row(struct op_rig *rig, const char *key)
{
    for (uint32_t i = 0; i < rig->row_count; i++)
        if (strcmp(rig->rows[i].key, key) == 0)
            return &rig->rows[i];
    CHECK(rig->row_count < OP_ROWS_MAX);
    struct op_sink_row *row = &rig->rows[rig->row_count++];
    *row = (struct op_sink_row){ .there = false };
    snprintf(row->key, sizeof row->key, "%s", key);
    return row;
}

static inline enum code op_sink_push(struct op *op, uint32_t port, const struct batch *in,
                                     struct error *err)
{
    (void)port, (void)err;
    struct op_rig *rig = container_of(op, struct op_rig, sink);
    char key[OP_CELL_MAX], value[OP_CELL_MAX];
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t at = batch_row(in, i);
        enum change change = batch_change(in, at);
        op_cells(in, at, 0, rig->key_columns, key);
        op_cells(in, at, rig->key_columns, in->column_count, value);
        struct op_sink_row *row = op_row(rig, key);
        rig->changes[change]++;
        bool takes = change == CHANGE_UPDATE_BEFORE || change == CHANGE_DELETE;
        if (change == CHANGE_INSERT)
            CHECK(!row->there);
        if (takes && CHECK(row->there) && !rig->by_key)
            CHECK_STR(value, row->value);
        row->there = !takes;
        if (!takes)
            snprintf(row->value, sizeof row->value, "%s", value);
    }
    return OK;
}

static inline enum code op_sink_watermark(struct op *op, uint32_t port, int64_t watermark_us,
                                          struct error *err)
{
    (void)op, (void)port, (void)watermark_us, (void)err;
    return OK;
}

static inline enum code op_sink_barrier(struct op *op, uint32_t port, const struct barrier *b,
                                        struct error *err)
{
    (void)port, (void)b, (void)err;
    container_of(op, struct op_rig, sink)->barrier_seen = true;
    return OK;
}

static inline enum code op_sink_end(struct op *op, uint32_t port, struct error *err)
{
    (void)op, (void)port, (void)err;
    return OK;
}

static const struct op_kind op_sink_kind = { .name = "Sink",
                                             .push = op_sink_push,
                                             .watermark = op_sink_watermark,
                                             .barrier = op_sink_barrier,
                                             .end = op_sink_end };

static inline void op_rig_init(struct op_rig *rig, const struct clock *clock, uint32_t key_columns)
{
    memset(rig, 0, sizeof *rig);
    rig->worker = (struct worker){ .batch_arena = arena_create(),
                                   .op_arena = arena_create(),
                                   .clock = clock };
    rig->sink = (struct op){ .kind = &op_sink_kind, .worker = &rig->worker };
    rig->key_columns = key_columns;
}

static inline void op_rig_done(struct op_rig *rig)
{
    if (rig->op && rig->op->kind->destroy)
        rig->op->kind->destroy(rig->op);
    arena_destroy(rig->worker.batch_arena);
    arena_destroy(rig->worker.op_arena);
}
