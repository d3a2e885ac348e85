/* test_remote_queue.c -- which rows stand for earlier ones of their key where a delete is kept; the rest
 * of the queue is tested with the sink around it. */
#include "remote/remote_queue.h"
#include "support/check.h"

#include <stdio.h>

static void push(struct remote_queue *q, const char *key, bool is_delete)
{
    struct error err;
    CHECK_INT(remote_queue_reserve(q, 1, &err), OK);
    struct queued_row *row =
        queued_row_create(is_delete ? STR("-") : STR("+"), str_of(key), is_delete, 0);
    if (CHECK(row != NULL))
        remote_queue_push(q, row);
}

/* Takes all rows; "+a -b " is what they are. */
static void check_rows(struct remote_queue *q, const char *want)
{
    char text[256];
    size_t used = 0;
    uint32_t count;
    struct queued_row *first = remote_queue_take(q, UINT32_MAX, 0, &count);
    text[0] = '\0';
    for (const struct queued_row *row = first; row; row = row->next)
        used += (size_t)snprintf(text + used, sizeof text - used, STR_FMT STR_FMT " ",
                                 STR_ARG(queued_row_bytes(row)), STR_ARG(queued_row_key(row)));
    queued_rows_destroy(first);
    CHECK_STR(text, want);
    CHECK_INT(q->count, 0);
    CHECK_INT(q->held_bytes, 0);
}

static void rows_stand_for_earlier_ones(void)
{
    struct remote_queue q = { .folds = true };
    push(&q, "a", false);
    push(&q, "b", false);
    push(&q, "a", true);
    push(&q, "b", false);
    push(&q, "a", false);
    check_rows(&q, "+b +a ");
    remote_queue_done(&q);
}

static void a_delete_that_is_kept_stays_before_them(void)
{
    struct remote_queue q = { .folds = true, .keeps_deletes = true };
    push(&q, "a", false);
    push(&q, "a", true); /* stands for the row before it */
    push(&q, "b", false);
    push(&q, "a", false);
    push(&q, "a", false);
    check_rows(&q, "-a +b +a ");
    push(&q, "a", true);
    push(&q, "a", true);
    push(&q, "a", false);
    push(&q, "a", true);
    push(&q, "a", false);
    check_rows(&q, "-a -a +a ");
    remote_queue_done(&q);
}

int main(void)
{
    RUN(rows_stand_for_earlier_ones);
    RUN(a_delete_that_is_kept_stays_before_them);
    return check_failed != 0;
}
