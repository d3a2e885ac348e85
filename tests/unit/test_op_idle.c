/* test_op_idle.c -- inputs that fall silent: a union lets time pass them as Flink's
 * StatusWatermarkValve does, an operator of two inputs as its CombinedWatermarkStatus.  And
 * processing time, which never goes back. */
#include "support/check.h"

#include "base/arena.h"
#include "base/clock.h"
#include "exec/op/ops.h"

#include <stdio.h>

static struct error err;
static struct worker worker;
static struct op *op, *reader;
static char told[256]; /* what the reader heard, one word after the other */

static void hear(const char *word)
{
    size_t n = strlen(told);
    snprintf(told + n, sizeof told - n, "%s%s", n > 0 ? " " : "", word);
}

static enum code hear_watermark(struct op *base, uint32_t port, int64_t us, struct error *e)
{
    (void)e;
    char word[32];
    base->ports[port].watermark_us = us;
    snprintf(word, sizeof word, "%d", (int)us);
    hear(us == WATERMARK_END ? "end" : word);
    return OK;
}

static enum code hear_idle(struct op *base, uint32_t port, bool idle, struct error *e)
{
    (void)base, (void)port, (void)e;
    hear(idle ? "idle" : "active");
    return OK;
}

static const struct op_kind reader_kind = { .watermark = hear_watermark, .idle = hear_idle };
static const struct op_kind pair_kind = { .watermark = op_watermark_min };

static void start(bool is_union)
{
    static struct plan plan = { .kind = PLAN_UNION, .input_count = 2 };
    worker = (struct worker){ .batch_arena = arena_create(), .op_arena = arena_create() };
    if (is_union)
        CHECK(op_union_create(&worker, &plan, &op, &err) == OK);
    else
        op = op_create(&worker, &pair_kind, sizeof *op, &plan, 2);
    reader = op_create(&worker, &reader_kind, sizeof *reader, &plan, 1);
    CHECK(op_connect(op, reader, 0));
    told[0] = 0;
}

static void stop(void)
{
    arena_destroy(worker.batch_arena);
    arena_destroy(worker.op_arena);
}

static void time_is(uint32_t port, int64_t us)
{
    CHECK(op->kind->watermark(op, port, us, &err) == OK);
    if (us == WATERMARK_END)
        CHECK(op_tell_idle(op, &err) == OK);
}

static void idle_is(uint32_t port, bool idle)
{
    CHECK(op_take_idle(op, port, idle, &err) == OK);
}

static void hears(const char *words)
{
    CHECK_STR(told, words);
    told[0] = 0;
}

/* --- the tests ---------------------------------------------------------------------------- */

static void time_passes_an_idle_input(void)
{
    start(true);
    time_is(0, 10);
    hears("");
    idle_is(1, true);
    hears("10");
    time_is(0, 20);
    hears("20");
    stop();
}

/* It counts again when it is where time is. */
static void one_that_is_behind_holds_nothing_back(void)
{
    start(true);
    time_is(0, 20);
    idle_is(1, true);
    idle_is(1, false);
    hears("20");
    time_is(0, 30);
    hears("30");
    time_is(1, 25);
    hears("");
    time_is(1, 35);
    time_is(0, 40);
    hears("35");
    stop();
}

/* What the others knew is told when nobody can hold it back any more. */
static void all_are_idle(void)
{
    start(true);
    time_is(0, 40);
    time_is(1, 35);
    idle_is(0, true);
    hears("35");
    idle_is(1, true);
    hears("40 idle");
    idle_is(1, false);
    hears("active");
    time_is(1, 50);
    hears("50");
    stop();
}

/* An input that has ended does not end time for one that is silent. */
static void one_has_ended(void)
{
    start(true);
    time_is(0, 10);
    idle_is(1, true);
    hears("10");
    time_is(0, WATERMARK_END);
    hears("idle");
    idle_is(1, false);
    hears("active");
    time_is(1, 60);
    hears("60");
    time_is(1, WATERMARK_END);
    hears("end");
    stop();
}

static void two_inputs(void)
{
    start(false);
    time_is(0, 10);
    time_is(1, 5);
    hears("5");
    idle_is(1, true);
    hears("10");
    idle_is(0, true); /* nothing is told that the two have not reached */
    hears("idle");
    idle_is(1, false);
    hears("active");
    time_is(1, 9);
    idle_is(0, false);
    time_is(0, 30);
    hears(""); /* one that comes back is waited for */
    time_is(1, 20);
    hears("20");
    stop();
}

static void output_that_is_left_comes_first(void)
{
    start(false);
    op->more = true;
    idle_is(0, true);
    idle_is(1, true);
    hears("");
    op->more = false;
    CHECK(op_tell_idle(op, &err) == OK);
    hears("idle");
    stop();
}

static void a_clock_that_is_set_back(void)
{
    struct clock clock = { .standing = true, .standing_us = 1000 };
    worker = (struct worker){ .clock = &clock };
    CHECK_INT(op_clock_us(&worker), 1000);
    clock.standing_us = 400;
    CHECK_INT(op_clock_us(&worker), 1000);
    clock.standing_us = 1001;
    CHECK_INT(op_clock_us(&worker), 1001);
    op_clock_was(&worker, 5000);
    op_clock_was(&worker, 3000);
    CHECK_INT(op_clock_us(&worker), 5000);
}

int main(void)
{
    RUN(time_passes_an_idle_input);
    RUN(one_that_is_behind_holds_nothing_back);
    RUN(all_are_idle);
    RUN(one_has_ended);
    RUN(two_inputs);
    RUN(output_that_is_left_comes_first);
    RUN(a_clock_that_is_set_back);
    return check_failed != 0;
}
