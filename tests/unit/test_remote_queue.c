/* test_remote_queue.c -- which rows stand for earlier ones of their key, and how they lie in groups; what
 * is made of them is tested with the sink around the queue. */
#include "remote/remote_queue.h"
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>

static void push(struct remote_queue *q, const char *key, bool is_delete)
{
    struct error err;
    struct row_group rows;
    row_group_init(&rows);
    CHECK_INT(row_group_add(&rows, is_delete ? STR("-") : STR("+"), str_of(key), is_delete, &err),
              OK);
    CHECK_INT(remote_queue_push(q, &rows, 0, &err), OK);
    row_group_done(&rows);
}

/* Takes all rows; "+a -b " is what they are, with "; " behind a group. */
static void check_rows(struct remote_queue *q, const char *want)
{
    char text[4096];
    size_t used = 0;
    for (struct row_group *g; (g = remote_queue_take(q)) != NULL;) {
        for (uint32_t row = 0; row < g->count; row++)
            used +=
                (size_t)snprintf(text + used, sizeof text - used, STR_FMT STR_FMT " ",
                                 STR_ARG(row_group_bytes(g, row)), STR_ARG(row_group_key(g, row)));
        used += (size_t)snprintf(text + used, sizeof text - used, "; ");
        remote_queue_give_back(q, g);
    }
    text[used > 2 ? used - 3 : 0] = '\0';
    CHECK_STR(text, want);
    CHECK_INT(q->count, 0);
}

static void rows_stand_for_earlier_ones(void)
{
    struct remote_queue q = { .group_rows = 100, .folds = true };
    push(&q, "a", false);
    push(&q, "b", false);
    push(&q, "a", true);
    push(&q, "b", false);
    push(&q, "a", false);
    check_rows(&q, "+b +a");
    remote_queue_done(&q);
}

static void a_delete_that_is_kept_stays_before_them(void)
{
    struct remote_queue q = { .group_rows = 100, .folds = true, .keeps_deletes = true };
    push(&q, "a", false);
    push(&q, "a", true); /* stands for the row before it */
    push(&q, "b", false);
    push(&q, "a", false);
    push(&q, "a", false);
    check_rows(&q, "-a +b +a");
    push(&q, "a", true);
    push(&q, "a", true);
    push(&q, "a", false);
    push(&q, "a", true);
    push(&q, "a", false);
    check_rows(&q, "-a -a +a");
    remote_queue_done(&q);
}

static void calls_are_filled_though_rows_leave(void)
{
    struct remote_queue q = { .group_rows = 3, .folds = true };
    const char *keys[] = { "a", "b", "c", "d", "e", "a", "b", "f", "d", "g", "h" };
    for (size_t i = 0; i < countof(keys); i++)
        push(&q, keys[i], false);
    CHECK_INT(q.count, 8);
    check_rows(&q, "+c +e +a ; +b +f +d ; +g +h"); /* the first two groups went together */
    for (size_t i = 0; i < countof(keys) - 2; i++)
        push(&q, i < 5 ? keys[i] : keys[i - 5], false);
    check_rows(&q, "+e +a ; +b +c +d"); /* of the first group nothing is left */
    push(&q, "a", false);
    push(&q, "b", false);
    push(&q, "c", false);
    push(&q, "x", false);
    push(&q, "a", false);
    push(&q, "b", false);
    push(&q, "x", false);
    push(&q, "b", false);
    check_rows(&q, "+c ; +a +x +b");
    remote_queue_done(&q);
}

static void a_flush_parts_groups(void)
{
    struct remote_queue q = { .group_rows = 100, .folds = true };
    push(&q, "a", false);
    push(&q, "b", false);
    push(&q, "a", false);
    remote_queue_end_epoch(&q);
    push(&q, "a", true);
    push(&q, "a", false);
    CHECK_INT(remote_queue_first(&q)->epoch, 0);
    CHECK(remote_queue_first(&q)->is_closed);
    check_rows(&q, "+b +a ; +a");
    CHECK_INT(q.epoch, 1);
    remote_queue_done(&q);
}

static void groups_have_a_size(void)
{
    for (int folds = 0; folds < 2; folds++) {
        struct remote_queue q = { .group_rows = 100, .group_bytes = 10, .folds = folds };
        const char *keys[] = { "abc", "d", "ef", "g", "aKeyThatIsLonger", "h" };
        for (size_t i = 0; i < countof(keys); i++)
            push(&q, keys[i], false);
        check_rows(&q, "+abc +d +ef ; +g ; +aKeyThatIsLonger ; +h");
        remote_queue_done(&q);
    }
}

/* A few keys that change all the time: what they leave behind is closed up, and the memory does not
 * grow.  Each key is there once, as it was written last. */
static void what_rows_leave_is_closed_up(void)
{
    struct remote_queue q = { .group_rows = 50, .folds = true };
    struct row_group rows;
    struct error err;
    enum { KEYS = 170, ROUNDS = 2000, KEY_BYTES = 8, BATCH = 100 };
    char key[KEY_BYTES], bytes[16];
    uint32_t last[KEYS] = { 0 };
    uint32_t chance = 1;
    row_group_init(&rows);
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        row_group_clear(&rows);
        for (uint32_t i = 0; i < BATCH; i++) {
            chance = chance * 1664525 + 1013904223;
            uint32_t k = (chance >> 8) % KEYS, number = round * BATCH + i;
            int key_size = snprintf(key, sizeof key, "%u", k);
            int size = snprintf(bytes, sizeof bytes, "%u", number);
            last[k] = number;
            CHECK_INT(row_group_add(&rows, str_make(bytes, (size_t)size),
                                    str_make(key, (size_t)key_size), false, &err),
                      OK);
        }
        CHECK_INT(remote_queue_push(&q, &rows, round, &err), OK);
        CHECK(q.count <= KEYS);
        CHECK(q.held_bytes < 200 * 1024);
    }
    CHECK_INT(q.count, KEYS);
    uint32_t found = 0;
    for (struct row_group *g; (g = remote_queue_take(&q)) != NULL;) {
        for (uint32_t row = 0; row < g->count; row++, found++) {
            struct str text = row_group_key(g, row);
            snprintf(key, sizeof key, STR_FMT, STR_ARG(text));
            uint32_t k = (uint32_t)strtoul(key, NULL, 10);
            snprintf(bytes, sizeof bytes, "%u", last[k]);
            CHECK(str_is(row_group_bytes(g, row), bytes));
        }
        remote_queue_give_back(&q, g);
    }
    CHECK_INT(found, KEYS);
    row_group_done(&rows);
    remote_queue_done(&q);
}

/* What rows stand for stays with them: "a3>a2>a1" are the rows of a key, the newest first. */
static void check_chains(struct remote_queue *q, const char *want)
{
    char text[4096];
    size_t used = 0;
    for (struct row_group *g; (g = remote_queue_take(q)) != NULL;) {
        for (uint32_t row = 0; row < g->count; row++) {
            if (g->rows[row].is_gone)
                continue;
            for (uint32_t at = row + 1; at > 0; at = g->rows[at - 1].stands_for)
                used += (size_t)snprintf(
                    text + used, sizeof text - used, "%s" STR_FMT STR_FMT, at == row + 1 ? "" : ">",
                    STR_ARG(row_group_key(g, at - 1)), STR_ARG(row_group_bytes(g, at - 1)));
            used += (size_t)snprintf(text + used, sizeof text - used, " ");
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "; ");
        remote_queue_give_back(q, g);
    }
    text[used > 2 ? used - 3 : 0] = '\0';
    CHECK_STR(text, want);
    CHECK_INT(q->count, 0);
}

static void push_value(struct remote_queue *q, const char *key, const char *value)
{
    struct error err;
    struct row_group rows;
    row_group_init(&rows);
    CHECK_INT(row_group_add(&rows, str_of(value), str_of(key), value[0] == '-', &err), OK);
    CHECK_INT(remote_queue_push(q, &rows, 0, &err), OK);
    row_group_done(&rows);
}

static void earlier_rows_stay_behind_later_ones(void)
{
    struct remote_queue q = { .group_rows = 3, .folds = true, .steps_back = true };
    push_value(&q, "a", "1");
    push_value(&q, "b", "1");
    push_value(&q, "a", "2");
    push_value(&q, "a", "-");
    push_value(&q, "c", "1"); /* the third: no row is added to these */
    push_value(&q, "a", "4");
    push_value(&q, "b", "2");
    push_value(&q, "a", "5");
    CHECK_INT(q.count, 5);
    check_chains(&q, "b1 a->a2>a1 c1 ; b2 a5>a4");

    push_value(&q, "a", "1");
    push_value(&q, "a", "2");
    remote_queue_end_epoch(&q);
    push_value(&q, "a", "3");
    check_chains(&q, "a2>a1 ; a3");

    q.keeps_deletes = true; /* a delete that stays is what a row falls back on by itself */
    push_value(&q, "a", "1");
    push_value(&q, "a", "-");
    push_value(&q, "a", "3");
    push_value(&q, "a", "4");
    check_chains(&q, "a->a1 a4>a3");
    remote_queue_done(&q);
}

/* One key that changes for ever. */
static void earlier_rows_have_a_limit(void)
{
    struct remote_queue q = { .group_rows = 100, .folds = true, .steps_back = true };
    char value[1024];
    memset(value, 'x', sizeof value);
    value[sizeof value - 1] = '\0';
    for (int i = 0; i < 20000; i++)
        push_value(&q, "a", value);
    CHECK(q.count >= 4 && q.count <= 6); /* groups of 4 MB */
    uint64_t held = q.held_bytes;
    CHECK(held < (UINT64_C(40) << 20));
    struct row_group *g = remote_queue_take(&q);
    CHECK(g->gone_bytes < (UINT64_C(5) << 20));
    CHECK(g->is_closed);
    remote_queue_give_back(&q, g);
    remote_queue_done(&q);
}

int main(void)
{
    RUN(calls_are_filled_though_rows_leave);
    RUN(a_flush_parts_groups);
    RUN(groups_have_a_size);
    RUN(what_rows_leave_is_closed_up);
    RUN(rows_stand_for_earlier_ones);
    RUN(a_delete_that_is_kept_stays_before_them);
    RUN(earlier_rows_stay_behind_later_ones);
    RUN(earlier_rows_have_a_limit);
    return check_failed != 0;
}
