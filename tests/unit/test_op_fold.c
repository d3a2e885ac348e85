/* test_op_fold.c -- changes of a key folded: random changelogs leave the rows they leave
 * unfolded, in at most an old and a new row a key and batch, and in order. */
#include "op_test.h"

static struct error err;
static struct clock now = { .standing = true };
static struct field fields[2];
static struct plan input;
static struct op_rig rig;

enum { KEYS = 5, ROWS_MAX = 64 };

struct one {
    int k, v;
    enum change change;
};

static void start(unsigned changes)
{
    static struct plan *inputs[] = { &input };
    static const uint32_t keys[] = { 0 };
    static struct plan_fold plan;
    fields[0] = (struct field){ STR("k"), &type_string };
    fields[1] = (struct field){ STR("v"), &type_int };
    input = (struct plan){
        .kind = PLAN_GROUP, .fields = fields, .field_count = 2, .changes = changes
    };
    plan = (struct plan_fold){
        .base = { .kind = PLAN_FOLD, .inputs = inputs, .input_count = 1, .changes = changes },
        .keys = keys,
        .key_count = 1,
    };
    op_rig_init(&rig, &now, 1);
    CHECK(op_fold_create(&rig.worker, &plan, &rig.op, &err) == OK);
    CHECK(op_connect(rig.op, &rig.sink, 0));
}

/* Every other row of the columns is not selected. */
static void push_rows(const struct one *rows, uint32_t n)
{
    struct arena *to = rig.worker.batch_arena;
    arena_reset(to);
    struct batch *b = batch_create(to, 2, 2 * n);
    uint8_t *changes = arena_zalloc(to, 2 * n);
    uint32_t *selection = arena_alloc(to, n * sizeof *selection);
    b->columns[0] = column_create(to, &type_string, 2 * n);
    b->columns[1] = column_create(to, &type_int, 2 * n);
    CHECK(column_need_valid(b->columns[0], to));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = selection[i] = 2 * i + 1;
        char text[64];
        if (rows[i].k == 0)
            column_set_null(b->columns[0], at);
        /* What lies in the slot of a NULL is nobody's. */
        snprintf(text, sizeof text, "a key that does not fit a view %d",
                 rows[i].k == 0 ? (int)i + KEYS : rows[i].k);
        COLUMN_OUT(b->columns[0], struct view)[at] = view_of(arena_str(to, str_of(text)));
        COLUMN_OUT(b->columns[1], int32_t)[at] = rows[i].v;
        changes[at] = (uint8_t)rows[i].change;
    }
    b->changes = changes;
    b->selection = selection;
    b->selected = n;
    CHECK(rig.op->kind->push(rig.op, 0, b, &err) == OK);
}

static uint64_t all_changes(void)
{
    return rig.changes[0] + rig.changes[1] + rig.changes[2] + rig.changes[3];
}

static void check_row(int k, int v)
{
    char key[64], value[16];
    snprintf(key, sizeof key, k == 0 ? "null" : "\"a key that does not fit a view %d\"", k);
    snprintf(value, sizeof value, "%d", v);
    const struct op_sink_row *row = op_row(&rig, key);
    CHECK_INT(row->there, v >= 0);
    if (v >= 0)
        CHECK_STR(row->value, value);
}

/* The next changes of a key: *v is its row's value, -1 without. Without -U an update is one. */
static uint32_t next_changes(uint64_t *seed, int k, int *v, bool before, struct one *out)
{
    int to = (int)random_below(seed, 100), from = *v;
    if (from < 0) {
        out[0] = (struct one){ k, *v = to, CHANGE_INSERT };
        return 1;
    }
    if (random_below(seed, 3) == 0) {
        out[0] = (struct one){ k, from, CHANGE_DELETE };
        *v = -1;
        return 1;
    }
    *v = to;
    if (!before) {
        out[0] = (struct one){ k, to, CHANGE_UPDATE_AFTER };
        return 1;
    }
    out[0] = (struct one){ k, from, CHANGE_UPDATE_BEFORE };
    out[1] = (struct one){ k, to, CHANGE_UPDATE_AFTER };
    return 2;
}

static void random_changes(bool before)
{
    uint64_t seed = before ? 3 : 4;
    for (uint32_t round = 0; round < 50; round++) {
        int values[KEYS] = { -1, -1, -1, -1, -1 };
        start(before ? CHANGES_ALL : CHANGES_ALL & ~(unsigned)CHANGES_UPDATE_BEFORE);
        rig.by_key = !before;
        for (uint32_t batch = 0; batch < 20; batch++) {
            struct one rows[ROWS_MAX + 1];
            uint32_t n = 0, most = 1 + random_below(&seed, ROWS_MAX);
            while (n < most) {
                int k = (int)random_below(&seed, KEYS);
                n += next_changes(&seed, k, &values[k], before, &rows[n]);
            }
            uint64_t seen = all_changes();
            push_rows(rows, n);
            CHECK(all_changes() - seen <= 2 * KEYS);
            for (int k = 0; k < KEYS; k++)
                check_row(k, values[k]);
        }
        op_rig_done(&rig);
    }
}

static void leaves_the_same_rows(void)
{
    random_changes(true);
}

static void leaves_the_same_rows_without_before(void)
{
    random_changes(false);
}

static void what_comes_and_goes_is_left_out(void)
{
    start(CHANGES_ALL);
    struct one rows[] = { { 1, 5, CHANGE_INSERT }, { 1, 5, CHANGE_UPDATE_BEFORE },
                          { 1, 6, CHANGE_UPDATE_AFTER }, { 1, 6, CHANGE_DELETE } };
    push_rows(rows, 4);
    CHECK_INT(all_changes(), 0);
    /* A filter kept the row that this one replaces: it is new here. */
    struct one shown[] = { { 2, 5, CHANGE_UPDATE_AFTER }, { 2, 5, CHANGE_UPDATE_BEFORE } };
    push_rows(shown, 2);
    CHECK_INT(all_changes(), 0);
    op_rig_done(&rig);
}

static void an_insert_stays_one(void)
{
    start(CHANGES_ALL);
    struct one rows[] = { { 1, 5, CHANGE_INSERT }, { 1, 5, CHANGE_UPDATE_BEFORE },
                          { 1, 6, CHANGE_UPDATE_AFTER } };
    push_rows(rows, 3);
    CHECK_INT(rig.changes[CHANGE_INSERT], 1);
    CHECK_INT(all_changes(), 1);
    check_row(1, 6);
    struct one back[] = { { 1, 6, CHANGE_UPDATE_BEFORE }, { 1, 7, CHANGE_UPDATE_AFTER },
                          { 1, 7, CHANGE_DELETE }, { 1, 8, CHANGE_INSERT } };
    push_rows(back, 4);
    CHECK_INT(rig.changes[CHANGE_UPDATE_BEFORE], 1);
    CHECK_INT(rig.changes[CHANGE_UPDATE_AFTER], 1);
    CHECK_INT(all_changes(), 3);
    op_rig_done(&rig);
}

int main(void)
{
    RUN(leaves_the_same_rows);
    RUN(leaves_the_same_rows_without_before);
    RUN(what_comes_and_goes_is_left_out);
    RUN(an_insert_stays_one);
    return check_failed != 0;
}
