/* test_agg_set.c -- the promises of agg_set.h that windows live by: merging accumulators
 * is the same as adding all rows to one; what a group leaves beside its row goes with
 * it; and where memory ends, an error says so and nothing is lost. */
#include "state_test.h"

#include "agg/agg_set.h"

#include "expr/function.h"

static struct arena *arena;
static struct error err;
static const struct clock now = { .standing = true };

enum { COLUMN_I, COLUMN_L, COLUMN_D, COLUMN_F, COLUMN_S, COLUMN_B, COLUMN_COUNT, CALLS_MAX = 32 };

static const struct type *types[COLUMN_COUNT];

struct use {
    const char *name;
    uint32_t arg;
    bool distinct;
};

static struct agg_call calls[CALLS_MAX];
static uint32_t call_count;

static void bind(const struct use *uses, uint32_t n, bool takes_back)
{
    struct bind_env env = { .arena = arena, .dialect = DIALECT_FLINK };
    types[COLUMN_I] = &type_int;
    types[COLUMN_L] = &type_bigint;
    types[COLUMN_D] = type_make(arena, TYPE_DECIMAL, 12, 3);
    types[COLUMN_F] = &type_double;
    types[COLUMN_S] = &type_string;
    types[COLUMN_B] = &type_boolean;
    call_count = n;
    for (uint32_t i = 0; i < n; i++) {
        struct span span = { 0, 0 };
        bool has_arg = uses[i].arg != AGG_NO_COLUMN;
        struct expr *arg =
            has_arg ? expr_column(arena, uses[i].arg, types[uses[i].arg], span) : NULL;
        calls[i] = (struct agg_call){ .args = { uses[i].arg },
                                      .filter = AGG_NO_COLUMN,
                                      .distinct = uses[i].distinct };
        CHECK(agg_bind(&env, str_of(uses[i].name), &arg, has_arg, uses[i].distinct, span,
                       &calls[i].agg, &err) == OK);
        if (takes_back)
            CHECK(agg_set_takes_back(arena, calls[i].agg, span, &err) == OK);
    }
}

/* --- a set with a table of groups ----------------------------------------------------------------- */

struct rig {
    struct state_heap *heap;
    struct state_table *groups;
    struct agg_set *set;
};

static enum code open_rig(struct rig *rig, struct state_budget *budget)
{
    static const struct type *const key[] = { &type_bigint };
    const struct type **slots;
    uint32_t slot_count;
    *rig = (struct rig){ NULL, NULL, NULL };
    TRY(agg_set_slots(arena, calls, call_count, &slots, &slot_count, &err));
    TRY(state_heap_create(STR("set"), budget, &rig->heap, &err));
    struct state_schema schema = { .name = "groups", .key = key, .key_count = 1, .value = slots,
                                   .value_count = slot_count };
    TRY(state_table_create(rig->heap, &schema, &now, &rig->groups, &err));
    struct agg_set_open open = { .calls = calls, .count = call_count, .key = key, .key_count = 1,
                                 .input = types, .heap = rig->heap, .clock = &now };
    TRY(agg_set_create(&open, &rig->set, &err));
    agg_set_place(rig->set, state_table_layout(rig->groups), 1);
    return OK;
}

static void close_rig(struct rig *rig)
{
    agg_set_destroy(rig->set);
    state_table_destroy(rig->groups);
    state_heap_destroy(rig->heap);
}

static struct column *keys_of(uint32_t n, const int64_t *values)
{
    struct column *c = column_create(arena, &type_bigint, n);
    for (uint32_t i = 0; c && i < n; i++)
        COLUMN_OUT(c, int64_t)[i] = values[i];
    return c;
}

/* A step a row; keys[i] is the group of row i. */
static enum code step(struct rig *rig, struct batch *in, const int64_t *key_values,
                      const uint8_t *takes, struct column **after)
{
    uint32_t n = in->count;
    struct column *key = keys_of(n, key_values);
    char **rows = arena_array(arena, char *, n);
    uint8_t *is_new = arena_alloc(arena, n), *flags = arena_zalloc(arena, n);
    struct str *bytes = arena_array(arena, struct str, n);
    struct column **before = arena_array(arena, struct column *, CALLS_MAX);
    if (!key || !rows || !is_new || !flags || !bytes || !before)
        return error_nomem(&err);
    TRY(state_table_find(rig->groups, &key, NULL, n, true, rows, is_new, &err));
    for (uint32_t i = 0; i < n; i++) {
        struct buf buf;
        buf_init(&buf, 100);
        state_encode(&buf, key, i, 0);
        bytes[i] = arena_str(arena, buf_view(&buf));
        bool failed = buf.failed || !bytes[i].data;
        buf_done(&buf);
        if (failed)
            return error_nomem(&err);
        flags[i] = (uint8_t)((is_new[i] ? AGG_RESET : 0) | (takes && takes[i] ? AGG_TAKE : 0));
    }
    struct agg_batch b = { .in = in, .n = n, .rows = rows, .flags = flags, .key = &key,
                           .keys = bytes };
    return agg_set_step(rig->set, &b, after ? before : NULL, after, &err);
}

static char *group(struct rig *rig, int64_t key)
{
    struct column *c = keys_of(1, &key);
    char *row = NULL;
    CHECK(state_table_find(rig->groups, &c, NULL, 1, false, &row, NULL, &err) == OK);
    return row;
}

static struct batch *random_batch(uint64_t *seed, uint32_t n)
{
    struct batch *b = batch_create(arena, COLUMN_COUNT, n);
    for (uint32_t c = 0; b && c < COLUMN_COUNT; c++) {
        struct column *column = b->columns[c] = column_create(arena, types[c], n);
        if (!column || !column_need_valid(column, arena))
            return NULL;
        for (uint32_t i = 0; i < n; i++) {
            int32_t number = (int32_t)random_below(seed, 2000) - 1000;
            switch (c) {
            case COLUMN_I:
                COLUMN_OUT(column, int32_t)[i] = number;
                break;
            case COLUMN_F: /* sums of these are exact */
                COLUMN_OUT(column, double)[i] = number * 0.25;
                break;
            case COLUMN_S:
                COLUMN_OUT(column, struct view)[i] = view_of(random_string(arena, seed));
                break;
            case COLUMN_B:
                COLUMN_OUT(column, uint8_t)[i] = number > 0;
                break;
            default:
                COLUMN_OUT(column, int64_t)[i] = number;
            }
            if (random_below(seed, 5) == 0)
                column_set_null(column, i);
        }
    }
    return b;
}

static const char *cell(const struct column *c, uint32_t row)
{
    static char texts[4][4096];
    static uint32_t at;
    char *text = texts[at++ % countof(texts)];
    struct text_style style = { .mode = TEXT_JSON };
    struct buf buf;
    buf_init(&buf, sizeof texts[0] - 1);
    text_print_cell(&buf, c, row, &style);
    snprintf(text, sizeof texts[0], "%s", buf_cstr(&buf));
    buf_done(&buf);
    return text;
}

/* --- merging ---------------------------------------------------------------------------------------- */

static const struct use mergeable[] = {
    { "COUNT", AGG_NO_COLUMN, false }, { "COUNT", COLUMN_S, false },
    { "SUM", COLUMN_I, false },        { "SUM", COLUMN_L, false },
    { "SUM", COLUMN_D, false },        { "SUM", COLUMN_F, false },
    { "AVG", COLUMN_I, false },        { "AVG", COLUMN_D, false },
    { "AVG", COLUMN_F, false },        { "MIN", COLUMN_I, false },
    { "MAX", COLUMN_F, false },        { "MIN", COLUMN_S, false },
    { "MAX", COLUMN_S, false },        { "MAX", COLUMN_D, false },
    { "MIN", COLUMN_B, false },        { "FIRST_VALUE", COLUMN_L, false },
    { "LAST_VALUE", COLUMN_S, false }, { "FIRST_VALUE", COLUMN_S, false },
    { "LAST_VALUE", COLUMN_B, false }, { "LISTAGG", COLUMN_S, false },
};

/* Rows of group 1, then of group 2; all of them in group 3. */
static void merging_is_adding_all(void)
{
    uint64_t seed = 3;
    bind(mergeable, countof(mergeable), false);
    for (uint32_t round = 0; round < 60; round++) {
        enum { N = 12 };
        struct rig rig;
        CHECK(open_rig(&rig, NULL) == OK);
        CHECK(agg_set_shares_slices(rig.set) && !agg_set_wants_keys(rig.set));
        struct batch *b = random_batch(&seed, N);
        int64_t parts[N], all[N];
        uint32_t first = random_below(&seed, N);
        for (uint32_t i = 0; i < N; i++) {
            parts[i] = i < first ? 1 : 2;
            all[i] = 3;
        }
        CHECK(step(&rig, b, parts, NULL, NULL) == OK);
        CHECK(step(&rig, b, all, NULL, NULL) == OK);
        char *one = group(&rig, 1), *two = group(&rig, 2), *three = group(&rig, 3);
        if (!one) {
            int64_t key = 1;
            struct column *c = keys_of(1, &key);
            CHECK(state_table_find(rig.groups, &c, NULL, 1, true, &one, NULL, &err) == OK);
            agg_set_reset(rig.set, &one, 1);
        }
        CHECK(agg_set_merge(rig.set, &one, NULL, &two, NULL, 1, &err) == OK);
        struct column *merged[CALLS_MAX], *direct[CALLS_MAX];
        CHECK(agg_set_result(rig.set, arena, &one, NULL, 1, merged, &err) == OK);
        CHECK(agg_set_result(rig.set, arena, &three, NULL, 1, direct, &err) == OK);
        for (uint32_t c = 0; c < call_count; c++)
            if (!CHECK_STR(cell(merged[c], 0), cell(direct[c], 0)))
                fprintf(stderr, "    call %u: %s\n", c, calls[c].agg->function->name);
        close_rig(&rig);
    }
}

static void a_fresh_accumulator_is_the_result_of_no_rows(void)
{
    bind(mergeable, countof(mergeable), false);
    struct rig rig;
    CHECK(open_rig(&rig, NULL) == OK);
    int64_t key = 1;
    struct column *c = keys_of(1, &key), *out[CALLS_MAX];
    char *row;
    CHECK(state_table_find(rig.groups, &c, NULL, 1, true, &row, NULL, &err) == OK);
    agg_set_reset(rig.set, &row, 1);
    CHECK(agg_set_result(rig.set, arena, &row, NULL, 1, out, &err) == OK);
    for (uint32_t i = 0; i < call_count; i++)
        CHECK_STR(cell(out[i], 0), i < 2 ? "0" : "null");
    close_rig(&rig);
}

/* Merging variances rounds otherwise than adding: near, not equal. */
static void merged_variances_are_near(void)
{
    static const struct use variances[] = { { "VAR_POP", COLUMN_F, false } };
    uint64_t seed = 8;
    bind(variances, 1, false);
    types[COLUMN_F] = &type_double;
    for (uint32_t round = 0; round < 20; round++) {
        enum { N = 20 };
        struct rig rig;
        CHECK(open_rig(&rig, NULL) == OK);
        struct batch *b = random_batch(&seed, N);
        int64_t parts[N], all[N];
        for (uint32_t i = 0; i < N; i++) {
            parts[i] = 1 + i % 2;
            all[i] = 3;
        }
        CHECK(step(&rig, b, parts, NULL, NULL) == OK);
        CHECK(step(&rig, b, all, NULL, NULL) == OK);
        char *one = group(&rig, 1), *two = group(&rig, 2), *three = group(&rig, 3);
        struct column *merged[1], *direct[1];
        CHECK(agg_set_merge(rig.set, &one, NULL, &two, NULL, 1, &err) == OK);
        CHECK(agg_set_result(rig.set, arena, &one, NULL, 1, merged, &err) == OK);
        CHECK(agg_set_result(rig.set, arena, &three, NULL, 1, direct, &err) == OK);
        double x = COLUMN_AT(merged[0], double, 0), y = COLUMN_AT(direct[0], double, 0);
        CHECK(x - y < 1e-6 * y && y - x < 1e-6 * y);
        close_rig(&rig);
    }
}

/* --- what lies beside the row --------------------------------------------------------------------- */

static const struct use beside[] = {
    { "COUNT", COLUMN_L, true }, { "SUM", COLUMN_L, true }, { "COUNT", COLUMN_S, true },
    { "MAX", COLUMN_L, false },  { "LAST_VALUE", COLUMN_S, false },
    { "ARRAY_AGG", COLUMN_L, false }, { "COLLECT", COLUMN_S, false },
};

static void drop(struct rig *rig, int64_t key)
{
    struct column *c = keys_of(1, &key);
    char *row = group(rig, key);
    struct buf buf;
    buf_init(&buf, 100);
    state_encode(&buf, c, 0, 0);
    agg_set_drop(rig->set, row, buf_view(&buf));
    state_table_remove(rig->groups, row);
    buf_done(&buf);
}

/* A group that comes again finds nothing of what it was, and its neighbours are left alone. */
static void a_dropped_group_leaves_nothing(void)
{
    enum { N = 40 };
    uint64_t seed = 12;
    bind(beside, countof(beside), true);
    struct rig rig;
    CHECK(open_rig(&rig, NULL) == OK);
    struct batch *b = random_batch(&seed, N);
    int64_t both[N];
    for (uint32_t i = 0; i < N; i++)
        both[i] = i % 2;
    struct column *first[CALLS_MAX], *again[CALLS_MAX], *other[CALLS_MAX];
    CHECK(step(&rig, b, both, NULL, first) == OK);
    drop(&rig, 0);
    CHECK(step(&rig, b, both, NULL, again) == OK);
    for (uint32_t c = 0; c < call_count; c++)
        for (uint32_t i = 0; i < N; i += 2)
            CHECK_STR(cell(again[c], i), cell(first[c], i));
    /* Group 1 has every row twice: no value is new. */
    CHECK_STR(cell(again[0], N - 1), cell(first[0], N - 1));
    agg_set_clear(rig.set);
    state_table_clear(rig.groups);
    CHECK(step(&rig, b, both, NULL, other) == OK);
    for (uint32_t c = 0; c < call_count; c++)
        for (uint32_t i = 0; i < N; i++)
            CHECK_STR(cell(other[c], i), cell(first[c], i));
    close_rig(&rig);
}

/* What is taken back before it came cancels its coming, as in Flink. */
static void a_value_may_be_taken_before_it_comes(void)
{
    static const struct use early[] = { { "MAX", COLUMN_L, false }, { "COUNT", COLUMN_L, true } };
    bind(early, countof(early), true);
    struct rig rig;
    CHECK(open_rig(&rig, NULL) == OK);
    struct batch *b = batch_create(arena, COLUMN_COUNT, 4);
    b->columns[COLUMN_L] = keys_of(4, (const int64_t[]){ 1, 9, 9, 9 });
    const int64_t key[] = { 1, 1, 1, 1 };
    const uint8_t takes[] = { 0, 1, 0, 0 };
    struct column *out[CALLS_MAX];
    CHECK(step(&rig, b, key, takes, out) == OK);
    static const int64_t most[] = { 1, 1, 1, 9 }, distinct[] = { 1, 1, 1, 2 };
    for (uint32_t i = 0; i < 4; i++) {
        CHECK_INT(COLUMN_AT(out[0], int64_t, i), most[i]);
        CHECK_INT(COLUMN_AT(out[1], int64_t, i), distinct[i]);
    }
    close_rig(&rig);
}

/* --- where memory ends ------------------------------------------------------------------------------- */

static enum code steps_of_random_rows(struct rig *rig)
{
    enum { N = 60 };
    uint64_t seed = 21;
    int64_t key[N];
    struct column *out[CALLS_MAX];
    TRY(open_rig(rig, NULL));
    for (uint32_t round = 0; round < 3; round++) {
        struct batch *b = random_batch(&seed, N);
        for (uint32_t i = 0; i < N; i++)
            key[i] = random_below(&seed, 3);
        if (!b)
            return error_nomem(&err);
        TRY(step(rig, b, key, NULL, out));
    }
    return OK;
}

static void every_allocation_may_fail(void)
{
    bool passed = false;
    for (uint64_t n = 1; n < 100000 && !passed; n += 1 + n / 50) {
        struct rig rig;
        struct arena *outer = arena;
        arena = arena_create();
        bind(beside, countof(beside), true);
        mem_fail_at(n);
        enum code code = steps_of_random_rows(&rig);
        passed = mem_fail_pending();
        mem_fail_at(0);
        CHECK(code == OK || code == E_NOMEM);
        CHECK(!passed || code == OK);
        close_rig(&rig);
        arena_destroy(arena);
        arena = outer;
    }
    CHECK(passed);
}

int main(void)
{
    arena = arena_create();
    RUN(merging_is_adding_all);
    RUN(a_fresh_accumulator_is_the_result_of_no_rows);
    RUN(merged_variances_are_near);
    RUN(a_dropped_group_leaves_nothing);
    RUN(a_value_may_be_taken_before_it_comes);
    RUN(every_allocation_may_fail);
    arena_destroy(arena);
    return check_failed != 0;
}
