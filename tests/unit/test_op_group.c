/* test_op_group.c -- GROUP BY against a model that keeps all rows and computes every
 * aggregate anew: rows added and taken back at random, in batches of random size, with
 * snapshots in between. */
#include "op_test.h"

#include "state/snapshot.h"

#include <unistd.h>

static struct arena *arena;
static struct error err;
static struct clock now = { .standing = true, .standing_us = 1000000000 };

/* --- the plan ---------------------------------------------------------------------------------- */

/* Input columns. */
enum { COLUMN_K, COLUMN_V, COLUMN_S, COLUMN_D, COLUMN_F, COLUMN_COUNT };

static const struct {
    const char *name;
    uint32_t arg;
    bool distinct, filtered;
} calls[] = {
    { "COUNT", AGG_NO_COLUMN, false, false }, { "COUNT", COLUMN_V, false, false },
    { "SUM", COLUMN_V, false, false },        { "AVG", COLUMN_V, false, false },
    { "MIN", COLUMN_V, false, false },        { "MAX", COLUMN_V, false, false },
    { "MIN", COLUMN_S, false, false },        { "MAX", COLUMN_S, false, false },
    { "SUM", COLUMN_D, false, false },        { "AVG", COLUMN_D, false, false },
    { "COUNT", COLUMN_V, true, false },       { "SUM", COLUMN_V, true, false },
    { "COUNT", COLUMN_S, true, true },        { "SUM", COLUMN_V, false, true },
    { "FIRST_VALUE", COLUMN_V, false, false }, { "LAST_VALUE", COLUMN_S, false, false },
    { "LISTAGG", COLUMN_S, false, false },    { "ARRAY_AGG", COLUMN_V, false, false },
    { "COLLECT", COLUMN_S, false, false },
};
enum { CALLS = countof(calls) };

static struct field fields[COLUMN_COUNT];
static struct plan input;

static struct plan_group *make_plan(bool takes_back, bool before, int64_t ttl_ms)
{
    fields[COLUMN_K] = (struct field){ STR("k"), &type_bigint };
    fields[COLUMN_V] = (struct field){ STR("v"), &type_int };
    fields[COLUMN_S] = (struct field){ STR("s"), &type_string };
    fields[COLUMN_D] = (struct field){ STR("d"), type_make(arena, TYPE_DECIMAL, 10, 2) };
    fields[COLUMN_F] = (struct field){ STR("f"), &type_boolean };
    input = (struct plan){ .kind = PLAN_SCAN,
                           .fields = fields,
                           .field_count = COLUMN_COUNT,
                           .changes = takes_back ? CHANGES_ALL : CHANGES_INSERT };
    struct bind_env env = { .arena = arena, .dialect = DIALECT_FLINK };
    struct plan_group *plan = arena_new(arena, struct plan_group);
    struct agg_call *list = arena_array(arena, struct agg_call, CALLS);
    static const uint32_t keys[] = { COLUMN_K };
    static struct plan *inputs[] = { &input };
    for (uint32_t i = 0; i < CALLS; i++) {
        struct span span = { 0, 0 };
        struct expr *arg = calls[i].arg == AGG_NO_COLUMN
                               ? NULL
                               : expr_column(arena, calls[i].arg, fields[calls[i].arg].type, span);
        list[i] = (struct agg_call){ .args = { calls[i].arg },
                                     .filter = calls[i].filtered ? COLUMN_F : AGG_NO_COLUMN,
                                     .distinct = calls[i].distinct };
        CHECK(agg_bind(&env, str_of(calls[i].name), &arg, arg != NULL, calls[i].distinct, span,
                       &list[i].agg, &err) == OK);
        if (takes_back)
            CHECK(agg_set_takes_back(arena, list[i].agg, span, &err) == OK);
    }
    *plan = (struct plan_group){ .base = { .kind = PLAN_GROUP,
                                           .id = 7,
                                           .inputs = inputs,
                                           .input_count = 1,
                                           .before = before,
                                           .ttl_ms = { ttl_ms, 0 },
                                           .state_id = 77 },
                                 .keys = keys,
                                 .key_count = 1,
                                 .calls = list,
                                 .call_count = CALLS };
    return plan;
}

/* --- rows and the model -------------------------------------------------------------------------- */

enum { GROUPS = 7, LIVE_MAX = 400, NONE = -1 }; /* group 0 is the NULL key */

struct row {
    int k;
    int v; /* NONE: NULL */
    int s; /* NONE: NULL; else a number that stands for a text */
    int d; /* hundredths; NONE: NULL */
    bool f;
};

static struct row live[LIVE_MAX];
static uint32_t live_count;
/* Values in order of arrival, for the functions that depend on it: taking back takes the oldest. */
static int order_v[GROUPS][LIVE_MAX], order_s[GROUPS][LIVE_MAX], all_v[GROUPS][LIVE_MAX];
static uint32_t order_v_count[GROUPS], order_s_count[GROUPS], all_v_count[GROUPS];

static const char *text_of(int s)
{
    static char text[64];
    snprintf(text, sizeof text, s % 3 == 0 ? "%d" : "a text that does not fit a slot %d", s);
    return text;
}

static void append(int *list, uint32_t *n, int value)
{
    list[(*n)++] = value;
}

static void take_oldest(int *list, uint32_t *n, int value)
{
    uint32_t i = 0;
    while (i < *n && list[i] != value)
        i++;
    if (CHECK(i < *n))
        memmove(&list[i], &list[i + 1], (--*n - i) * sizeof *list);
}

static void model_add(struct row r)
{
    live[live_count++] = r;
    append(all_v[r.k], &all_v_count[r.k], r.v);
    if (r.v != NONE)
        append(order_v[r.k], &order_v_count[r.k], r.v);
    if (r.s != NONE)
        append(order_s[r.k], &order_s_count[r.k], r.s);
}

static struct row model_take(uint32_t at)
{
    struct row r = live[at];
    live[at] = live[--live_count];
    take_oldest(all_v[r.k], &all_v_count[r.k], r.v);
    if (r.v != NONE)
        take_oldest(order_v[r.k], &order_v_count[r.k], r.v);
    if (r.s != NONE)
        take_oldest(order_s[r.k], &order_s_count[r.k], r.s);
    return r;
}

static void model_clear(void)
{
    live_count = 0;
    memset(order_v_count, 0, sizeof order_v_count);
    memset(order_s_count, 0, sizeof order_s_count);
    memset(all_v_count, 0, sizeof all_v_count);
}

static struct row random_row(uint64_t *seed)
{
    return (struct row){ .k = (int)random_below(seed, GROUPS),
                         .v = (int)random_below(seed, 8) - 1,
                         .s = (int)random_below(seed, 7) - 1,
                         .d = (int)random_below(seed, 500) - 1,
                         .f = random_below(seed, 2) };
}

/* A list as JSON; NULLs where NONE. */
static void put_list(struct buf *out, const int *list, uint32_t n)
{
    if (n == 0) {
        buf_text(out, "null");
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        buf_text(out, i == 0 ? "[" : ",");
        if (list[i] == NONE)
            buf_text(out, "null");
        else
            buf_i64(out, list[i]);
    }
    buf_char(out, ']');
}

static void put_text(struct buf *out, int s)
{
    if (s == NONE)
        buf_text(out, "null");
    else
        buf_printf(out, "\"%s\"", text_of(s));
}

static void put_number(struct buf *out, bool valid, int64_t value)
{
    if (valid)
        buf_i64(out, value);
    else
        buf_text(out, "null");
}

/* Hundredths with `digits` after the point, rounded half up. */
static void put_ratio(struct buf *out, bool valid, int64_t sum, int64_t n, int digits)
{
    int64_t scale = digits == 6 ? 10000 : 1;
    if (!valid) {
        buf_text(out, "null");
        return;
    }
    int64_t value = (sum * scale * 2 + n) / (2 * n);
    int64_t unit = digits == 6 ? 1000000 : 100;
    buf_printf(out, "%lld.%0*lld", (long long)(value / unit), digits, (long long)(value % unit));
}

/* What the operator's row for group k should be; false: none. */
static bool model_value(int k, char *ret)
{
    int64_t rows = 0, nv = 0, sum = 0, nd = 0, sum_d = 0, sum_f = 0, n_f = 0;
    int lo = NONE, hi = NONE;
    bool seen_v[8] = { false };
    uint32_t count_s[8] = { 0 }, filtered_s[8] = { 0 };
    for (uint32_t i = 0; i < live_count; i++) {
        const struct row *r = &live[i];
        if (r->k != k)
            continue;
        rows++;
        if (r->v != NONE) {
            nv++;
            sum += r->v;
            lo = lo == NONE ? r->v : MIN(lo, r->v);
            hi = MAX(hi, r->v);
            seen_v[r->v] = true;
            n_f += r->f;
            sum_f += r->f ? r->v : 0;
        }
        if (r->d != NONE) {
            nd++;
            sum_d += r->d;
        }
        if (r->s != NONE) {
            count_s[r->s]++;
            filtered_s[r->s] += r->f;
        }
    }
    if (rows == 0)
        return false;
    int64_t distinct_v = 0, distinct_sum = 0, distinct_s = 0;
    int lo_s = NONE, hi_s = NONE;
    for (int i = 0; i < 8; i++) {
        distinct_v += seen_v[i];
        distinct_sum += seen_v[i] ? i : 0;
        distinct_s += filtered_s[i] > 0;
        if (count_s[i] == 0)
            continue;
        char text[64];
        snprintf(text, sizeof text, "%s", text_of(i));
        if (lo_s == NONE || strcmp(text, text_of(lo_s)) < 0)
            lo_s = i;
        if (hi_s == NONE || strcmp(text, text_of(hi_s)) > 0)
            hi_s = i;
    }
    struct buf out;
    buf_init(&out, OP_CELL_MAX - 1);
    buf_printf(&out, "%lld|%lld|", (long long)rows, (long long)nv);
    put_number(&out, nv > 0, sum);
    buf_char(&out, '|');
    put_number(&out, nv > 0, nv > 0 ? sum / nv : 0);
    buf_char(&out, '|');
    put_number(&out, nv > 0, lo);
    buf_char(&out, '|');
    put_number(&out, nv > 0, hi);
    buf_char(&out, '|');
    put_text(&out, lo_s);
    buf_char(&out, '|');
    put_text(&out, hi_s);
    buf_char(&out, '|');
    put_ratio(&out, nd > 0, sum_d, 1, 2);
    buf_char(&out, '|');
    put_ratio(&out, nd > 0, sum_d, nd, 6);
    buf_printf(&out, "|%lld|", (long long)distinct_v);
    put_number(&out, nv > 0, distinct_sum);
    buf_printf(&out, "|%lld|", (long long)distinct_s);
    put_number(&out, n_f > 0, sum_f);
    buf_char(&out, '|');
    put_number(&out, order_v_count[k] > 0, order_v[k][0]);
    buf_char(&out, '|');
    put_text(&out, order_s_count[k] > 0 ? order_s[k][order_s_count[k] - 1] : NONE);
    buf_char(&out, '|');
    for (uint32_t i = 0; i < order_s_count[k]; i++)
        buf_printf(&out, "%s%s", i == 0 ? "\"" : ",", text_of(order_s[k][i]));
    buf_text(&out, order_s_count[k] > 0 ? "\"" : "null");
    buf_char(&out, '|');
    put_list(&out, all_v[k], all_v_count[k]);
    buf_text(&out, "|{");
    /* In the order of the encoding: by bytes. */
    static const int by_bytes[] = { 0, 3, 6, 1, 2, 4, 5, 7 };
    bool first = true;
    for (int i = 0; i < 8; i++) {
        if (count_s[by_bytes[i]] == 0)
            continue;
        buf_printf(&out, "%s\"%s\":%u", first ? "" : ",", text_of(by_bytes[i]),
                   count_s[by_bytes[i]]);
        first = false;
    }
    buf_char(&out, '}');
    snprintf(ret, OP_CELL_MAX, "%s", buf_cstr(&out));
    buf_done(&out);
    return true;
}

/* --- driving -------------------------------------------------------------------------------------- */

struct pending {
    struct row row;
    enum change change;
};

static struct batch *make_batch(struct arena *to, const struct pending *rows, uint32_t n,
                                bool kinds)
{
    struct batch *b = batch_create(to, COLUMN_COUNT, n);
    uint8_t *changes = arena_alloc(to, n);
    for (uint32_t c = 0; c < COLUMN_COUNT; c++) {
        b->columns[c] = column_create(to, fields[c].type, n);
        CHECK(column_need_valid(b->columns[c], to));
    }
    for (uint32_t i = 0; i < n; i++) {
        struct row r = rows[i].row;
        const bool nulls[] = { r.k == 0, r.v == NONE, r.s == NONE, r.d == NONE, false };
        COLUMN_OUT(b->columns[COLUMN_K], int64_t)[i] = r.k;
        COLUMN_OUT(b->columns[COLUMN_V], int32_t)[i] = r.v;
        COLUMN_OUT(b->columns[COLUMN_D], int64_t)[i] = r.d;
        COLUMN_OUT(b->columns[COLUMN_F], uint8_t)[i] = r.f;
        if (r.s != NONE)
            COLUMN_OUT(b->columns[COLUMN_S], struct view)
        [i] = view_of(arena_str(to, str_of(text_of(r.s))));
        for (uint32_t c = 0; c < COLUMN_COUNT; c++)
            if (nulls[c])
                column_set_null(b->columns[c], i);
        changes[i] = (uint8_t)rows[i].change;
    }
    b->changes = kinds ? changes : NULL;
    return b;
}

static void push_rows(struct op_rig *rig, const struct pending *rows, uint32_t n, bool kinds)
{
    struct arena *batch_arena = rig->worker.batch_arena;
    arena_reset(batch_arena);
    CHECK(rig->op->kind->push(rig->op, 0, make_batch(batch_arena, rows, n, kinds), &err) == OK);
}

static void check_all(struct op_rig *rig)
{
    for (int k = 0; k < GROUPS; k++) {
        char key[32], want[OP_CELL_MAX] = "";
        snprintf(key, sizeof key, k == 0 ? "null" : "%d", k);
        bool there = model_value(k, want);
        struct op_sink_row *row = op_row(rig, key);
        CHECK_INT(row->there, there);
        if (there && row->there)
            CHECK_STR(row->value, want);
    }
}

static void start(struct op_rig *rig, const struct plan_group *plan)
{
    CHECK(op_group_create(&rig->worker, plan, &rig->op, &err) == OK);
    CHECK(op_connect(rig->op, &rig->sink, 0));
}

static void random_batch(struct op_rig *rig, uint64_t *seed, bool takes_back)
{
    struct pending rows[40];
    uint32_t n = 1 + random_below(seed, countof(rows));
    for (uint32_t i = 0; i < n; i++) {
        /* More is taken than added while there is much, so that groups empty and fill again. */
        uint32_t odds = live_count > 60 ? 6 : 4;
        if (takes_back && live_count > 0 && random_below(seed, 10) < odds) {
            rows[i].row = model_take(random_below(seed, live_count));
            rows[i].change = random_below(seed, 2) ? CHANGE_DELETE : CHANGE_UPDATE_BEFORE;
        } else {
            rows[i].row = random_row(seed);
            rows[i].change = random_below(seed, 2) ? CHANGE_INSERT : CHANGE_UPDATE_AFTER;
            model_add(rows[i].row);
        }
    }
    push_rows(rig, rows, n, takes_back);
}

static struct op_rig rig, other;

static uint64_t all_changes(const struct op_rig *of)
{
    return of->changes[0] + of->changes[1] + of->changes[2] + of->changes[3];
}

static void agrees_with_a_model(bool takes_back, bool fold)
{
    uint64_t seed = takes_back ? 4711 : 815;
    struct plan_group *plan = make_plan(takes_back, true, 0);
    plan->fold = fold;
    for (uint32_t round = 0; round < (takes_back ? 40u : 8u); round++) {
        model_clear();
        op_rig_init(&rig, &now, 1);
        start(&rig, plan);
        for (uint32_t batch = 0; batch < 12 && live_count < 260; batch++) {
            uint64_t before = all_changes(&rig);
            random_batch(&rig, &seed, takes_back);
            check_all(&rig);
            CHECK(!fold || all_changes(&rig) - before <= 2 * GROUPS); /* -U and +U a group */
        }
        CHECK(!takes_back || fold || rig.changes[CHANGE_DELETE] > 0);
        op_rig_done(&rig);
    }
}

static void adds_only(void)
{
    agrees_with_a_model(false, false);
}

static void takes_back(void)
{
    agrees_with_a_model(true, false);
}

static void gives_a_change_a_batch(void)
{
    agrees_with_a_model(false, true);
    agrees_with_a_model(true, true);
}

/* What comes and goes within a batch does not go out, and an update is from before to after it. */
static void folds_to_what_is_left(void)
{
    struct plan_group *plan = make_plan(true, true, 0);
    plan->fold = true;
    op_rig_init(&rig, &now, 1);
    start(&rig, plan);
    struct row a = { .k = 1, .v = 2 }, b = { .k = 2, .v = 3 };
    struct pending come_and_go[] = { { a, CHANGE_INSERT }, { a, CHANGE_DELETE } };
    push_rows(&rig, come_and_go, 2, true);
    CHECK_INT(all_changes(&rig), 0);
    struct pending twice[] = { { a, CHANGE_INSERT }, { b, CHANGE_INSERT }, { a, CHANGE_INSERT } };
    push_rows(&rig, twice, 3, true);
    CHECK_INT(rig.changes[CHANGE_INSERT], 2);
    CHECK_INT(all_changes(&rig), 2);
    struct pending there_and_back[] = { { a, CHANGE_INSERT }, { b, CHANGE_DELETE },
                                        { a, CHANGE_DELETE }, { b, CHANGE_INSERT } };
    push_rows(&rig, there_and_back, 4, true); /* no result has changed */
    CHECK_INT(all_changes(&rig), 2);
    struct pending gone[] = { { a, CHANGE_DELETE }, { a, CHANGE_DELETE } };
    push_rows(&rig, gone, 2, true);
    CHECK_INT(rig.changes[CHANGE_DELETE], 1);
    CHECK_INT(all_changes(&rig), 3);
    op_rig_done(&rig);
}

/* --- snapshots ------------------------------------------------------------------------------------- */

static void save(struct op_rig *from, const char *path)
{
    struct state_writer *writer = NULL;
    uint64_t bytes;
    CHECK(state_writer_create(path, 3, STR("job"), &writer, &err) == OK);
    struct barrier barrier = { .epoch = 3, .writer = writer };
    CHECK(from->op->kind->barrier(from->op, 0, &barrier, &err) == OK);
    CHECK(from->barrier_seen);
    CHECK(state_writer_commit(writer, &bytes, &err) == OK);
    state_writer_destroy(writer);
}

static void load(struct op_rig *to, const char *path, uint32_t worker, uint32_t workers)
{
    struct state_reader *reader = NULL;
    CHECK(state_reader_open(path, worker, workers, &reader, &err) == OK);
    CHECK(to->op->kind->restore(to->op, reader, &err) == OK);
    state_reader_close(reader);
}

/* Also the rows that a reader has seen so far go on. */
static void continue_rows(struct op_rig *to, const struct op_rig *from)
{
    memcpy(to->rows, from->rows, sizeof to->rows);
    to->row_count = from->row_count;
}

static void goes_on_after_a_snapshot(void)
{
    uint64_t seed = 99;
    char path[] = "/tmp/weir_group_XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    close(fd);
    const struct plan_group *plan = make_plan(true, true, 0);
    for (uint32_t round = 0; round < 10; round++) {
        model_clear();
        op_rig_init(&rig, &now, 1);
        start(&rig, plan);
        for (uint32_t batch = 0; batch < 4; batch++)
            random_batch(&rig, &seed, true);
        save(&rig, path);
        op_rig_init(&other, &now, 1);
        start(&other, plan);
        load(&other, path, 0, 1);
        continue_rows(&other, &rig);
        op_rig_done(&rig);
        for (uint32_t batch = 0; batch < 6; batch++) {
            random_batch(&other, &seed, true);
            check_all(&other);
        }
        op_rig_done(&other);
    }
    unlink(path);
}

/* Each of two workers gets its keys, and no others. */
static void a_snapshot_is_divided(void)
{
    char path[] = "/tmp/weir_group_XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    close(fd);
    uint64_t seed = 5;
    const struct plan_group *plan = make_plan(true, true, 0);
    model_clear();
    op_rig_init(&rig, &now, 1);
    start(&rig, plan);
    for (uint32_t batch = 0; batch < 3; batch++)
        random_batch(&rig, &seed, true);
    save(&rig, path);
    uint32_t deleted = 0, there = 0;
    for (uint32_t i = 0; i < rig.row_count; i++)
        there += rig.rows[i].there;
    for (uint32_t worker = 0; worker < 2; worker++) {
        op_rig_init(&other, &now, 1);
        start(&other, plan);
        load(&other, path, worker, 2);
        continue_rows(&other, &rig);
        struct pending all[LIVE_MAX];
        for (uint32_t i = 0; i < live_count; i++)
            all[i] = (struct pending){ live[i], CHANGE_DELETE };
        push_rows(&other, all, live_count, true);
        deleted += (uint32_t)other.changes[CHANGE_DELETE];
        CHECK(other.changes[CHANGE_DELETE] < there);
        op_rig_done(&other);
    }
    CHECK_INT(deleted, there);
    op_rig_done(&rig);
    unlink(path);
}

/* --- one by one -------------------------------------------------------------------------------------- */

static const struct row one = { .k = 1, .v = 2, .s = 1, .d = 5, .f = true };

static void what_was_never_there_is_not_taken(void)
{
    op_rig_init(&rig, &now, 1);
    start(&rig, make_plan(true, true, 0));
    struct pending rows[] = { { one, CHANGE_DELETE },
                              { one, CHANGE_UPDATE_BEFORE },
                              { one, CHANGE_INSERT },
                              { one, CHANGE_DELETE },
                              { one, CHANGE_DELETE } };
    push_rows(&rig, rows, 2, true);
    CHECK_INT(rig.changes[CHANGE_INSERT] + rig.changes[CHANGE_DELETE], 0);
    push_rows(&rig, rows, countof(rows), true);
    CHECK_INT(rig.changes[CHANGE_INSERT], 1);
    CHECK_INT(rig.changes[CHANGE_DELETE], 1);
    /* Emptied and filled again in one batch. */
    push_rows(&rig, rows + 2, 2, true);
    push_rows(&rig, rows + 1, 3, true);
    CHECK_INT(rig.changes[CHANGE_INSERT], 3);
    CHECK_INT(rig.changes[CHANGE_DELETE], 3);
    op_rig_done(&rig);
}

static void old_rows_are_said_where_they_are_wanted(void)
{
    struct pending rows[] = { { one, CHANGE_INSERT }, { one, CHANGE_INSERT } };
    op_rig_init(&rig, &now, 1);
    start(&rig, make_plan(false, false, 0));
    push_rows(&rig, rows, 2, false);
    CHECK_INT(rig.changes[CHANGE_UPDATE_BEFORE], 0);
    CHECK_INT(rig.changes[CHANGE_UPDATE_AFTER], 1);
    op_rig_done(&rig);
}

static void state_ends_with_its_time(void)
{
    struct pending rows[] = { { one, CHANGE_INSERT } };
    op_rig_init(&rig, &now, 1);
    start(&rig, make_plan(true, true, 1000));
    push_rows(&rig, rows, 1, true);
    CHECK_INT(rig.changes[CHANGE_INSERT], 1);
    now.standing_us += 900 * 1000;
    push_rows(&rig, rows, 1, true);
    CHECK_INT(rig.changes[CHANGE_UPDATE_AFTER], 1);
    now.standing_us += 1100 * 1000;
    rig.row_count = 0; /* the reader forgets too */
    push_rows(&rig, rows, 1, true);
    CHECK_INT(rig.changes[CHANGE_INSERT], 2);
    model_clear();
    model_add(one);
    check_all(&rig);
    op_rig_done(&rig);
}

static void a_limit_is_an_error_that_names_keys(void)
{
    struct state_budget budget = { .limit_bytes = 1000000 };
    uint64_t seed = 1;
    op_rig_init(&rig, &now, 1);
    rig.worker.budget = &budget;
    start(&rig, make_plan(false, true, 0));
    struct batch *b = batch_create(arena, COLUMN_COUNT, 1000);
    for (uint32_t c = 0; c < COLUMN_COUNT; c++)
        b->columns[c] = column_create_null(arena, fields[c].type, 1000);
    b->columns[COLUMN_K] = column_create(arena, &type_bigint, 1000);
    enum code code = OK;
    for (uint32_t round = 0; round < 100 && code == OK; round++) {
        for (uint32_t i = 0; i < 1000; i++)
            COLUMN_OUT(b->columns[COLUMN_K], int64_t)[i] = (int64_t)random_u64(&seed);
        rig.row_count = 0;
        code = rig.op->kind->push(rig.op, 0, b, &err);
    }
    CHECK_INT(code, E_LIMIT);
    CHECK(strstr(err.message, "group#7") != NULL);
    state_heap_explain(rig.op->heap, &err);
    CHECK(strstr(err.detail, "largest") != NULL);
    op_rig_done(&rig);
}

/* The operator says so, and what it has can be given back. */
static void every_allocation_may_fail(void)
{
    bool passed = false;
    struct pending rows[30];
    uint64_t seed = 77;
    const struct plan_group *plan = make_plan(true, true, 0);
    for (uint32_t i = 0; i < countof(rows); i++)
        rows[i] = (struct pending){ random_row(&seed), CHANGE_INSERT };
    rows[10].row = rows[3].row;
    rows[10].change = CHANGE_DELETE;
    for (uint64_t n = 1; n < 100000 && !passed; n += 1 + n / 20) {
        op_rig_init(&rig, &now, 1);
        struct batch *b = make_batch(rig.worker.batch_arena, rows, countof(rows), true);
        mem_fail_at(n);
        enum code code = op_group_create(&rig.worker, plan, &rig.op, &err);
        if (code == OK)
            code = rig.op->kind->push(rig.op, 0, b, &err);
        passed = mem_fail_pending();
        mem_fail_at(0);
        CHECK(code == (passed ? OK : E_NOMEM));
        op_rig_done(&rig);
    }
    CHECK(passed);
}

/* Texts of all values of a group, before and after each row, are much more than the rows: a call
 * makes as much as it may, and the rest waits, as does what comes meanwhile. */
static void a_call_takes_a_bounded_share_of_memory(void)
{
    enum { ROWS = 300, TEXT_BYTES = 10000, CALL_BYTES_MAX = 48 << 20, LISTAGG = 16 };
    static char text[TEXT_BYTES + 1];
    memset(text, 'x', TEXT_BYTES);
    struct plan_group *plan = make_plan(false, true, 0);
    plan->calls += LISTAGG;
    plan->call_count = 1;
    CHECK_STR(plan->calls->agg->function->name, "LISTAGG");
    op_rig_init(&rig, &now, 1);
    start(&rig, plan);
    struct arena *batch_arena = rig.worker.batch_arena;
    struct batch *b = batch_create(batch_arena, COLUMN_COUNT, ROWS);
    for (uint32_t c = 0; c < COLUMN_COUNT; c++)
        CHECK((b->columns[c] = column_create(batch_arena, fields[c].type, ROWS)) != NULL);
    for (uint32_t i = 0; i < ROWS; i++) {
        COLUMN_OUT(b->columns[COLUMN_K], int64_t)[i] = 1;
        COLUMN_OUT(b->columns[COLUMN_S], struct view)[i] = view_of(str_of(text));
    }
    CHECK(rig.op->kind->push(rig.op, 0, b, &err) == OK);
    CHECK(rig.op->more);
    CHECK(arena_bytes(batch_arena) < CALL_BYTES_MAX);
    CHECK(rig.op->kind->push(rig.op, 0, b, &err) == OK);
    CHECK(rig.op->kind->watermark(rig.op, 0, 77, &err) == OK);
    uint32_t calls_made = 0;
    for (; rig.op->more && calls_made < 1000; calls_made++) {
        CHECK_INT(rig.op->watermark_us, WATERMARK_NONE);
        arena_reset(batch_arena);
        CHECK(rig.op->kind->more(rig.op, &err) == OK);
        CHECK(arena_bytes(batch_arena) < CALL_BYTES_MAX);
    }
    CHECK(calls_made > 10);
    CHECK_INT(rig.op->watermark_us, 77);
    CHECK_INT(rig.changes[CHANGE_INSERT], 1);
    CHECK_INT(rig.changes[CHANGE_UPDATE_AFTER], 2 * ROWS - 1);
    op_rig_done(&rig);
}

int main(void)
{
    arena = arena_create();
    RUN(every_allocation_may_fail);
    RUN(adds_only);
    RUN(takes_back);
    RUN(gives_a_change_a_batch);
    RUN(folds_to_what_is_left);
    RUN(goes_on_after_a_snapshot);
    RUN(a_snapshot_is_divided);
    RUN(a_call_takes_a_bounded_share_of_memory);
    RUN(what_was_never_there_is_not_taken);
    RUN(old_rows_are_said_where_they_are_wanted);
    RUN(state_ends_with_its_time);
    RUN(a_limit_is_an_error_that_names_keys);
    arena_destroy(arena);
    return check_failed != 0;
}
