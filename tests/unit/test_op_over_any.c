/* test_op_over_any.c -- OVER in an order that is no time: how much comes of a call, and the lifetime
 * of what is kept. */
#include "op_test.h"

#include "agg/agg_over.h"

static struct clock now = { .standing = true, .standing_us = 1000000000 };
static struct error err;

enum { TTL_MS = 1000, ROWS = 200, CALL_ROWS = 4 * BATCH_ROWS };

/* ROW_NUMBER of v in each k. */
static struct plan_over make_plan(int64_t ttl_ms)
{
    static struct agg agg;
    static struct agg_call call;
    static struct field fields[3];
    static struct plan input;
    static struct plan *inputs[] = { &input };
    static const uint32_t keys[] = { 0 };
    static const struct plan_order order[] = { { .column = 1 } };
    agg = (struct agg){ .function = agg_over_function_at(0), .result = &type_bigint };
    call = (struct agg_call){ .agg = &agg, .filter = AGG_NO_COLUMN };
    fields[0] = (struct field){ STR("k"), &type_bigint };
    fields[1] = (struct field){ STR("v"), &type_bigint };
    fields[2] = (struct field){ STR("n"), &type_bigint };
    input = (struct plan){
        .kind = PLAN_SCAN, .fields = fields, .field_count = 2, .changes = CHANGES_INSERT
    };
    return (struct plan_over){ .base = { .kind = PLAN_OVER,
                                         .fields = fields,
                                         .field_count = 3,
                                         .inputs = inputs,
                                         .input_count = 1,
                                         .before = true,
                                         .ttl_ms = { ttl_ms, 0 } },
                               .keys = keys,
                               .key_count = 1,
                               .order = order,
                               .order_count = 1,
                               .rows = true,
                               .preceding = -1,
                               .calls = &call,
                               .call_count = 1 };
}

/* Rows (k, first), (k, first - 1) and so on. */
static void push(struct op_rig *rig, int64_t k, int64_t first, uint32_t n)
{
    struct arena *arena = rig->worker.batch_arena;
    struct batch *b = batch_create(arena, 2, n);
    CHECK(b != NULL);
    for (uint32_t c = 0; c < 2; c++)
        CHECK((b->columns[c] = column_create(arena, &type_bigint, n)) != NULL);
    for (uint32_t i = 0; i < n; i++) {
        COLUMN_OUT(b->columns[0], int64_t)[i] = k;
        COLUMN_OUT(b->columns[1], int64_t)[i] = first - i;
    }
    CHECK(rig->op->kind->push(rig->op, 0, b, &err) == OK);
}

static uint64_t all_changes(const struct op_rig *rig)
{
    return rig->changes[0] + rig->changes[1] + rig->changes[2] + rig->changes[3];
}

static void open_rig(struct op_rig *rig, const struct plan_over *plan)
{
    op_rig_init(rig, &now, 2);
    CHECK(op_over_create(&rig->worker, plan, &rig->op, &err) == OK);
    CHECK(op_connect(rig->op, &rig->sink, 0));
}

/* Each row comes before all others. What comes meanwhile waits its turn, and so does time. */
static void a_call_makes_a_bounded_number_of_rows(void)
{
    struct plan_over plan = make_plan(0);
    static struct op_rig rig;
    open_rig(&rig, &plan);
    push(&rig, 1, 1000, ROWS);
    CHECK(rig.op->more);
    CHECK(all_changes(&rig) <= CALL_ROWS + 2);
    push(&rig, 1, 2000, 1);
    CHECK(rig.op->kind->watermark(rig.op, 0, 77, &err) == OK);
    CHECK(rig.op->kind->end(rig.op, 0, &err) == OK);
    uint32_t calls = 0;
    for (uint64_t before; rig.op->more && calls < 100; calls++) {
        CHECK_INT(rig.op->watermark_us, WATERMARK_NONE);
        before = all_changes(&rig);
        arena_reset(rig.worker.batch_arena);
        CHECK(rig.op->kind->more(rig.op, &err) == OK);
        CHECK(all_changes(&rig) - before <= CALL_ROWS + 2);
    }
    CHECK(calls > 5);
    CHECK_INT(rig.op->watermark_us, 77);
    CHECK_INT(rig.changes[CHANGE_INSERT], ROWS + 1);
    CHECK_INT(rig.changes[CHANGE_UPDATE_AFTER], ROWS * (ROWS - 1) / 2);
    CHECK_STR(op_row(&rig, "1|801")->value, "1");
    CHECK_STR(op_row(&rig, "1|1000")->value, "200");
    CHECK_STR(op_row(&rig, "1|2000")->value, "201");
    op_rig_done(&rig);
}

/* A barrier waits for what is left. */
static void a_barrier_comes_behind_all_of_it(void)
{
    struct plan_over plan = make_plan(0);
    struct barrier barrier = { .epoch = 1 };
    static struct op_rig rig;
    open_rig(&rig, &plan);
    push(&rig, 1, 1000, ROWS);
    CHECK(rig.op->more);
    CHECK(rig.op->kind->barrier(rig.op, 0, &barrier, &err) == OK);
    CHECK(rig.barrier_seen && !rig.op->more);
    CHECK_INT(rig.changes[CHANGE_INSERT], ROWS);
    op_rig_done(&rig);
}

/* What is forgotten counts no more, and nobody is told. */
static void partitions_end_with_their_time(void)
{
    struct plan_over plan = make_plan(TTL_MS);
    static struct op_rig rig;
    open_rig(&rig, &plan);
    push(&rig, 1, 90, 1);
    now.standing_us += (TTL_MS - 1) * 1000;
    push(&rig, 1, 91, 1); /* renews the partition's time */
    now.standing_us += (TTL_MS - 1) * 1000;
    push(&rig, 1, 92, 1);
    CHECK_STR(op_row(&rig, "1|92")->value, "3");
    now.standing_us += TTL_MS * 1000;
    push(&rig, 1, 93, 1);
    CHECK_STR(op_row(&rig, "1|93")->value, "1");
    uint64_t bytes = state_heap_bytes(rig.op->heap);
    for (int64_t k = 2; k < 2000; k++) { /* their memory is used again */
        push(&rig, k, 1, 1);
        now.standing_us += TTL_MS * 1000 / 10;
        arena_reset(rig.worker.batch_arena);
    }
    CHECK(state_heap_bytes(rig.op->heap) - bytes < 100 << 10);
    CHECK_INT(rig.changes[CHANGE_DELETE], 0);
    op_rig_done(&rig);
}

int main(void)
{
    RUN(a_call_makes_a_bounded_number_of_rows);
    RUN(a_barrier_comes_behind_all_of_it);
    RUN(partitions_end_with_their_time);
    return check_failed != 0;
}
