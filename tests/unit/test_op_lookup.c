/* test_op_lookup.c -- rows and time behind answers that are late. */
#include "op_test.h"

#include "connector/connector.h"

static struct clock now = { .standing = true, .standing_us = 1000000000 };
static struct error err;

/* A table whose row of key k is (k, 10 k); it answers as far as it is let. */
static struct {
    struct lookup base;
    int64_t asked[8]; /* by ticket */
    uint64_t tickets, answered, allowed;
} table;

static enum code fake_open(const struct lookup_open *open, struct lookup **ret, struct error *e)
{
    (void)open, (void)e;
    *ret = &table.base;
    return OK;
}

static enum code fake_submit(struct lookup *l, const struct batch *keys, uint64_t ticket,
                             struct error *e)
{
    (void)l, (void)e;
    CHECK_INT(keys->selected, 1);
    CHECK_INT(ticket, ++table.tickets);
    table.asked[ticket] = COLUMN_AT(keys->columns[0], int64_t, batch_row(keys, 0));
    return OK;
}

static enum code fake_poll(struct lookup *l, struct arena *arena, uint64_t *ret_ticket,
                           struct batch **ret_rows, const uint32_t **ret_key_row, struct error *e)
{
    (void)l, (void)e;
    static const uint32_t first_key = 0;
    *ret_rows = NULL;
    if (table.answered == MIN(table.tickets, table.allowed))
        return OK;
    *ret_ticket = ++table.answered;
    struct batch *rows = batch_create(arena, 2, 1);
    for (uint32_t c = 0; c < 2; c++) {
        rows->columns[c] = column_create(arena, &type_bigint, 1);
        COLUMN_OUT(rows->columns[c], int64_t)[0] = table.asked[*ret_ticket] * (c == 0 ? 1 : 10);
    }
    *ret_rows = rows;
    *ret_key_row = &first_key;
    return OK;
}

static void fake_close(struct lookup *l)
{
    (void)l;
}

static const struct lookup_kind fake_kind = {
    .open = fake_open, .submit = fake_submit, .poll = fake_poll, .close = fake_close
};
static const struct connector fake = { .name = "fake", .lookup = &fake_kind };

static struct plan_lookup make_plan(void)
{
    static const struct field table_fields[] = { { STR("id"), &type_bigint },
                                                 { STR("v"), &type_bigint } };
    static const struct schema schema = { .fields = table_fields, .count = 2 };
    static struct field fields[3];
    static struct plan input;
    static struct plan *inputs[] = { &input };
    static const uint32_t keys[] = { 0 };
    fields[0] = (struct field){ STR("k"), &type_bigint };
    fields[1] = table_fields[0];
    fields[2] = table_fields[1];
    input = (struct plan){
        .kind = PLAN_SCAN, .fields = fields, .field_count = 1, .changes = CHANGES_INSERT
    };
    return (struct plan_lookup){ .base = { .kind = PLAN_LOOKUP,
                                           .fields = fields,
                                           .field_count = 3,
                                           .inputs = inputs,
                                           .input_count = 1,
                                           .before = true },
                                 .type = INNER_JOIN,
                                 .connector = &fake,
                                 .def = { .name = STR("t"), .schema = &schema },
                                 .keys = keys,
                                 .table_keys = keys,
                                 .key_count = 1 };
}

static void push(struct op_rig *rig, int64_t k)
{
    struct batch *b = batch_create(rig->worker.batch_arena, 1, 1);
    CHECK(b && (b->columns[0] = column_create(b->arena, &type_bigint, 1)));
    COLUMN_OUT(b->columns[0], int64_t)[0] = k;
    CHECK(rig->op->kind->push(rig->op, 0, b, &err) == OK);
}

static void open_rig(struct op_rig *rig, const struct plan_lookup *plan)
{
    memset(&table, 0, sizeof table);
    table.base.kind = &fake_kind;
    op_rig_init(rig, &now, 1);
    CHECK(op_lookup_create(&rig->worker, plan, &rig->op, &err) == OK);
    CHECK(op_connect(rig->op, &rig->sink, 0));
}

/* --- cache = ALL ------------------------------------------------------------------------------ */

static bool was_running;
static struct source whole;

static enum code whole_open(const struct source_open *open, struct source **ret, struct error *e)
{
    (void)e;
    was_running = open->while_running && open->until_end;
    *ret = &whole;
    return OK;
}

static enum code whole_poll(struct source *s, struct arena *arena, uint32_t max_rows,
                            struct batch **ret, enum poll_state *ret_state, struct error *e)
{
    (void)s, (void)arena, (void)max_rows, (void)e;
    *ret = NULL;
    *ret_state = POLL_END;
    return OK;
}

static void whole_close(struct source *s)
{
    (void)s;
}

static const struct source_kind whole_kind = { .open = whole_open,
                                               .poll_rows = whole_poll,
                                               .close = whole_close };
static const struct connector fake_whole = { .name = "fake",
                                             .lookup = &fake_kind,
                                             .source = &whole_kind };

/* Rows are under way when the table is read: its source is told not to wait for a server. */
static void a_whole_table_is_opened_without_waiting(void)
{
    static const struct option_spec specs[] = {
        { "cache", OPTION_ENUM, false, "ALL", "None|LRU|ALL", "" }, { 0 }
    };
    static const struct option_spec *tables[] = { specs, NULL };
    static const struct options options = { .specs = tables };
    struct plan_lookup plan = make_plan();
    static struct op_rig rig;
    plan.connector = &fake_whole;
    plan.def.options = &options;
    whole.kind = &whole_kind;
    was_running = false;
    open_rig(&rig, &plan);
    push(&rig, 1);
    CHECK(was_running);
    CHECK_INT(table.tickets, 0);
    op_rig_done(&rig);
}

/* --- the order of things ----------------------------------------------------------------------- */

/* A watermark and the end wait behind the row that waits, and go on as soon as it has. */
static void time_waits_behind_a_row(void)
{
    struct plan_lookup plan = make_plan();
    static struct op_rig rig;
    open_rig(&rig, &plan);
    push(&rig, 1);
    CHECK(rig.op->more && rig.op->waits);
    CHECK(rig.op->kind->watermark(rig.op, 0, 55, &err) == OK);
    CHECK(rig.op->kind->end(rig.op, 0, &err) == OK);
    CHECK_INT(rig.op->watermark_us, WATERMARK_NONE);
    arena_reset(rig.worker.batch_arena);
    CHECK(rig.op->kind->more(rig.op, &err) == OK);
    CHECK(rig.op->more && rig.op->held_end);
    table.allowed = 1;
    CHECK(rig.op->kind->more(rig.op, &err) == OK);
    CHECK(!rig.op->more && !rig.op->held_end);
    CHECK_STR(op_row(&rig, "1")->value, "1|10");
    CHECK_INT(rig.op->watermark_us, 55);
    op_rig_done(&rig);
}

/* The answer is there when the next row comes: nobody calls for more then. */
static void time_goes_on_with_the_next_row(void)
{
    struct plan_lookup plan = make_plan();
    static struct op_rig rig;
    open_rig(&rig, &plan);
    push(&rig, 1);
    CHECK(rig.op->more);
    CHECK(rig.op->kind->watermark(rig.op, 0, 55, &err) == OK);
    arena_reset(rig.worker.batch_arena);
    table.allowed = 2;
    push(&rig, 2);
    CHECK(!rig.op->more);
    CHECK_INT(rig.changes[CHANGE_INSERT], 2);
    CHECK_INT(rig.op->watermark_us, 55);
    op_rig_done(&rig);
}

int main(void)
{
    RUN(time_waits_behind_a_row);
    RUN(time_goes_on_with_the_next_row);
    RUN(a_whole_table_is_opened_without_waiting);
    return check_failed != 0;
}
