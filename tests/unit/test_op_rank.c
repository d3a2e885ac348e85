/* test_op_rank.c -- the lifetime of what a top-N keeps, and how much comes of a call. */
#include "op_test.h"

static struct clock now = { .standing = true, .standing_us = 1000000000 };
static struct error err;

enum { TTL_MS = 1000 };

/* The two greatest v of each k; with `by_key`, k and u say which row an update replaces. */
static struct plan_rank make_plan(bool by_key)
{
    static struct field fields[3];
    static struct plan input;
    static struct plan *inputs[] = { &input };
    static const uint32_t keys[] = { 0 }, unique[] = { 0, 1 };
    static const struct plan_key update_key = { unique, 2 };
    static const struct plan_order order[] = { { .column = 2, .descending = true } };
    fields[0] = (struct field){ STR("k"), &type_bigint };
    fields[1] = (struct field){ STR("u"), &type_bigint };
    fields[2] = (struct field){ STR("v"), &type_bigint };
    unsigned updates = CHANGES_INSERT | CHANGES_UPDATE_AFTER;
    input = (struct plan){ .kind = PLAN_SCAN,
                           .fields = fields,
                           .field_count = 3,
                           .changes = by_key ? updates : CHANGES_INSERT };
    return (struct plan_rank){ .base = { .kind = PLAN_RANK,
                                         .fields = fields,
                                         .field_count = 3,
                                         .inputs = inputs,
                                         .input_count = 1,
                                         .before = true,
                                         .ttl_ms = { TTL_MS, 0 } },
                               .keys = keys,
                               .key_count = 1,
                               .order = order,
                               .order_count = 1,
                               .start = 1,
                               .end = 2,
                               .end_column = PLAN_NO_COLUMN,
                               .window_end = PLAN_NO_COLUMN,
                               .update_key = by_key ? &update_key : NULL };
}

static void push(struct op_rig *rig, int64_t k, int64_t u, int64_t v, enum change change)
{
    struct arena *arena = rig->worker.batch_arena;
    struct batch *b = batch_create(arena, 3, 1);
    uint8_t *changes = arena_alloc(arena, 1);
    const int64_t values[] = { k, u, v };
    CHECK(b && changes);
    *changes = (uint8_t)change;
    b->changes = change == CHANGE_INSERT ? NULL : changes;
    for (uint32_t c = 0; c < 3; c++) {
        b->columns[c] = column_create(arena, &type_bigint, 1);
        CHECK(b->columns[c] != NULL);
        COLUMN_OUT(b->columns[c], int64_t)[0] = values[c];
    }
    CHECK(rig->op->kind->push(rig->op, 0, b, &err) == OK);
}

static void open_rig(struct op_rig *rig, const struct plan_rank *plan)
{
    op_rig_init(rig, &now, 3);
    CHECK(op_rank_create(&rig->worker, plan, &rig->op, &err) == OK);
    CHECK(op_connect(rig->op, &rig->sink, 0));
}

/* What is forgotten does not push a new row out of the first two, and gives its memory back. */
static void rows_end_with_their_time(void)
{
    struct plan_rank plan = make_plan(false);
    struct op_rig rig;
    open_rig(&rig, &plan);
    push(&rig, 1, 1, 90, CHANGE_INSERT);
    push(&rig, 1, 2, 80, CHANGE_INSERT);
    push(&rig, 1, 3, 10, CHANGE_INSERT);
    CHECK_INT(rig.changes[CHANGE_INSERT], 2);
    now.standing_us += (TTL_MS - 1) * 1000;
    push(&rig, 1, 4, 20, CHANGE_INSERT); /* renews the key's time */
    now.standing_us += (TTL_MS - 1) * 1000;
    push(&rig, 1, 5, 30, CHANGE_INSERT);
    CHECK_INT(rig.changes[CHANGE_INSERT], 2);
    now.standing_us += TTL_MS * 1000;
    push(&rig, 1, 6, 40, CHANGE_INSERT);
    push(&rig, 1, 7, 50, CHANGE_INSERT);
    CHECK_INT(rig.changes[CHANGE_INSERT], 4);
    CHECK_INT(rig.changes[CHANGE_DELETE], 0);
    op_rig_done(&rig);
}

/* The place of a row goes with the row. */
static void places_end_with_their_rows(void)
{
    struct plan_rank plan = make_plan(true);
    struct op_rig rig;
    open_rig(&rig, &plan);
    rig.by_key = true;
    push(&rig, 1, 1, 5, CHANGE_INSERT);
    push(&rig, 1, 1, 6, CHANGE_UPDATE_AFTER);
    CHECK_INT(rig.changes[CHANGE_UPDATE_AFTER], 1);
    now.standing_us += TTL_MS * 1000;
    push(&rig, 2, 1, 1, CHANGE_INSERT); /* whose batch finds the other key over */
    push(&rig, 1, 1, 7, CHANGE_UPDATE_AFTER);
    CHECK_INT(rig.changes[CHANGE_INSERT], 3); /* it comes anew */
    CHECK_INT(rig.changes[CHANGE_UPDATE_AFTER], 1);
    op_rig_done(&rig);
}

/* A key is no more than its rows. */
static void keys_without_rows_are_forgotten(void)
{
    struct plan_rank plan = make_plan(false);
    plan.base.ttl_ms[0] = 0;
    plan.base.inputs[0]->changes |= CHANGES_DELETE;
    static struct op_rig rig;
    open_rig(&rig, &plan);
    push(&rig, 0, 1, 1, CHANGE_INSERT);
    uint64_t bytes = state_heap_bytes(rig.op->heap);
    for (int64_t k = 1; k < 4000; k++) {
        push(&rig, k, 1, 1, CHANGE_DELETE); /* which never came */
        push(&rig, k, 1, 1, CHANGE_INSERT);
        push(&rig, k, 1, 1, CHANGE_DELETE);
        arena_reset(rig.worker.batch_arena);
    }
    CHECK(state_heap_bytes(rig.op->heap) - bytes < 64 << 10);
    push(&rig, 0, 1, 1, CHANGE_DELETE);
    CHECK_INT(rig.changes[CHANGE_DELETE], 4000);
    op_rig_done(&rig);
}

/* Each row comes before all others, which have another number then. */
static void a_call_makes_a_bounded_number_of_rows(void)
{
    enum { ROWS = 200, CALL_ROWS = 4 * BATCH_ROWS + 2 * ROWS };
    struct plan_rank plan = make_plan(false);
    static struct field fields[4];
    memcpy(fields, plan.base.fields, 3 * sizeof *fields);
    fields[3] = (struct field){ STR("n"), &type_bigint };
    plan.base.fields = fields;
    plan.base.field_count = 4;
    plan.with_rank = true;
    plan.end = ROWS;
    static struct op_rig rig;
    open_rig(&rig, &plan);
    struct batch *b = batch_create(rig.worker.batch_arena, 3, ROWS);
    CHECK(b != NULL);
    for (uint32_t c = 0; c < 3; c++) {
        CHECK((b->columns[c] = column_create(b->arena, &type_bigint, ROWS)) != NULL);
        for (uint32_t i = 0; i < ROWS; i++)
            COLUMN_OUT(b->columns[c], int64_t)[i] = c == 0 ? 1 : i;
    }
    CHECK(rig.op->kind->push(rig.op, 0, b, &err) == OK);
    CHECK(rig.op->kind->watermark(rig.op, 0, 77, &err) == OK);
    CHECK(rig.op->more && rig.op->watermark_us == WATERMARK_NONE);
    CHECK(2 * rig.changes[CHANGE_UPDATE_AFTER] < CALL_ROWS);
    while (rig.op->more) {
        uint64_t before = rig.changes[CHANGE_UPDATE_AFTER];
        arena_reset(rig.worker.batch_arena);
        CHECK(rig.op->kind->more(rig.op, &err) == OK);
        CHECK(2 * (rig.changes[CHANGE_UPDATE_AFTER] - before) < CALL_ROWS);
    }
    CHECK_INT(rig.op->watermark_us, 77);
    CHECK_INT(rig.changes[CHANGE_INSERT], ROWS);
    CHECK_INT(rig.changes[CHANGE_UPDATE_AFTER], ROWS * (ROWS - 1) / 2);
    CHECK_STR(op_row(&rig, "1|0|0")->value, "200");
    op_rig_done(&rig);
}

int main(void)
{
    RUN(keys_without_rows_are_forgotten);
    RUN(a_call_makes_a_bounded_number_of_rows);
    RUN(rows_end_with_their_time);
    RUN(places_end_with_their_rows);
    return check_failed != 0;
}
