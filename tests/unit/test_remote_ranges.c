/* test_remote_ranges.c -- a table of several ranges that are read at the same time, and places that a
 * connector finds again by itself; what holds for one range is in test_remote_scan.c.
 *
 * Range r of the table has the numbers 10 r .. 10 r + rows - 1. */
#include "remote/remote_scan.h"

#include "base/arena.h"
#include "base/clock.h"
#include "remote/remote_rows.h"
#include "remote/remote_wait.h"
#include "support/check.h"

#include <poll.h>
#include <stdio.h>

enum { LIMIT_US = 60 * 1000 * 1000, RANGES = 4, ROWS = 6, NUMBERS = RANGES * 10 };

static struct fake {
    struct remote_gate gate;  /* guards the rest */
    uint32_t reads, together; /* reads under way, and the most that ever were */
    bool meets;               /* no read gives a row before all lanes read */
    uint32_t lanes;
    int fails;  /* this range; -1: none */
    bool marks; /* each batch begins at a mark, "at" and its number */
    bool is_interrupted;
    char log[1024]; /* "range:skip:mark " of each read */
} fake;
static struct arena *arena;
static struct error error;
static uint32_t seen[NUMBERS]; /* how often each number was handed out */
static const struct field field = { STR("n"), &type_int };
static const struct schema schema = { .fields = &field, .count = 1 };

static void wait_for_others(void)
{
    int64_t limit = clock_monotonic_us() + LIMIT_US;
    while (fake.meets && fake.together < fake.lanes && !fake.is_interrupted &&
           clock_monotonic_us() < limit)
        remote_gate_wait(&fake.gate, limit);
}

static void begin_read(struct remote_read *read, uint64_t skip)
{
    struct str mark = remote_read_mark(read);
    pthread_mutex_lock(&fake.gate.lock);
    size_t used = strlen(fake.log);
    snprintf(fake.log + used, sizeof fake.log - used, "%u:%d:" STR_FMT " ", remote_read_range(read),
             (int)skip, STR_ARG(mark));
    CHECK(remote_read_lane(read) < fake.lanes);
    fake.reads++;
    fake.together = MAX(fake.together, fake.reads);
    pthread_cond_broadcast(&fake.gate.changed);
    wait_for_others();
    pthread_mutex_unlock(&fake.gate.lock);
}

static enum code give(struct remote_read *read, int number, struct error *err)
{
    struct remote_rows rows;
    struct batch *batch;
    struct arena *mine;
    char mark[16];
    TRY(remote_scan_begin(read, &mine, err));
    snprintf(mark, sizeof mark, "at %d", number);
    if (fake.marks)
        TRY(remote_scan_mark(read, str_of(mark), err));
    TRY(remote_rows_begin(&rows, mine, &schema, NULL, 0, err));
    for (int i = 0; i < 2; i++) {
        TRY(remote_rows_add(&rows, err));
        TRY(remote_rows_set_int(&rows, 0, number + i, err));
    }
    TRY(remote_rows_end(&rows, &batch, err));
    return remote_scan_emit(read, batch, err);
}

static enum remote_outcome fake_read(void *self, struct remote_read *read, uint64_t skip,
                                     struct error *err)
{
    enum remote_outcome outcome = REMOTE_DONE;
    int base = (int)remote_read_range(read) * 10, from = base + (int)skip;
    (void)self;
    begin_read(read, skip);
    if (remote_read_mark(read).size == 4) /* "at 2" */
        from = remote_read_mark(read).data[3] - '0';
    if (fake.fails == (int)remote_read_range(read)) {
        error_set(err, E_NAME, "the table is not there");
        outcome = REMOTE_FATAL;
    }
    for (int number = from; number < base + ROWS && outcome == REMOTE_DONE; number += 2)
        if (give(read, number, err) != OK)
            outcome = REMOTE_FATAL;
    pthread_mutex_lock(&fake.gate.lock);
    fake.reads--;
    pthread_mutex_unlock(&fake.gate.lock);
    return outcome;
}

static void fake_interrupt(void *self)
{
    (void)self;
    pthread_mutex_lock(&fake.gate.lock);
    fake.is_interrupted = true;
    pthread_cond_broadcast(&fake.gate.changed);
    pthread_mutex_unlock(&fake.gate.lock);
}

static void ignore(void *self)
{
    (void)self;
}

static const struct remote_scan_kind fake_kind = {
    .system = "Fake",
    .read = fake_read,
    .interrupt = fake_interrupt,
    .destroy = ignore,
};
static const struct source_kind source_kind = REMOTE_SCAN_KIND(NULL);

static void begin(uint32_t lanes)
{
    error = (struct error){ .code = OK };
    memset(seen, 0, sizeof seen);
    fake = (struct fake){ .lanes = lanes, .fails = -1 };
    remote_gate_init(&fake.gate);
}

static struct source *open_scan(uint32_t ranges, bool resumes, const char *position)
{
    struct source *source = NULL;
    struct split_position at = { .split = STR("t"), .position = str_of(position ? position : "") };
    struct source_open open = { .resume = position ? &at : NULL, .resume_count = position != NULL };
    struct remote_scan_settings settings = {
        .split = STR("t"),
        .resumes = resumes,
        .ranges = ranges,
        .parted_by = STR("by-n"),
        .lanes = fake.lanes,
        .endpoint = STR("127.0.0.1:1"),
    };
    CHECK_INT(
        remote_scan_create(&source_kind, &fake_kind, &fake, &settings, &open, &source, &error), OK);
    return source;
}

/* Up to this many rows, one at a time. */
static enum code take(struct source *source, uint32_t count)
{
    enum poll_state state = POLL_MORE;
    int64_t limit = clock_monotonic_us() + LIMIT_US;
    while (count > 0 && state != POLL_END && clock_monotonic_us() < limit) {
        struct batch *rows = NULL;
        arena_reset(arena);
        TRY(remote_scan_poll_rows(source, arena, 1, &rows, &state, &error));
        if (rows) {
            seen[COLUMN_AT(rows->columns[0], int32_t, batch_row(rows, 0))]++;
            count--;
        }
        struct pollfd fd = { .fd = remote_scan_wake_fd(source), .events = POLLIN };
        if (state == POLL_IDLE)
            poll(&fd, 1, 1000);
    }
    return OK;
}

static const char *position(struct source *source)
{
    static char text[256];
    struct split_position *at;
    uint32_t count;
    CHECK_INT(remote_scan_tell(source, arena, &at, &count, &error), OK);
    CHECK_INT(count, 1);
    snprintf(text, sizeof text, STR_FMT, STR_ARG(at->position));
    return text;
}

/* All numbers of these ranges have come once. */
static void check_seen(uint32_t first, uint32_t end)
{
    for (uint32_t i = 0; i < NUMBERS; i++)
        CHECK_INT(seen[i], i % 10 < ROWS && i / 10 >= first && i / 10 < end ? 1 : 0);
}

static void ranges_are_read_at_the_same_time(void)
{
    begin(3);
    fake.meets = true;
    struct source *source = open_scan(RANGES, true, NULL);
    CHECK_INT(take(source, UINT32_MAX), OK);
    CHECK_INT(fake.together, 3);
    check_seen(0, RANGES);
    CHECK_STR(position(source), "by-n 4");
    CHECK_INT(remote_scan_split_count(source), 1);
    remote_scan_close(source);
}

static void each_range_has_a_position(void)
{
    begin(1); /* one after the other */
    struct source *source = open_scan(RANGES, true, NULL);
    CHECK_STR(position(source), "by-n 0");
    CHECK_INT(take(source, 3), OK);
    CHECK_STR(position(source), "by-n 0 0:3");
    CHECK_INT(take(source, ROWS), OK);
    CHECK_STR(position(source), "by-n 1 1:3");
    remote_scan_close(source);

    begin(1);
    source = open_scan(RANGES, true, "by-n 1 1:4 2:end 3:1");
    CHECK_STR(position(source), "by-n 1 1:4 2:end 3:1");
    CHECK_INT(take(source, UINT32_MAX), OK);
    CHECK_STR(fake.log, "1:4: 3:1: ");
    CHECK_INT(seen[13] + seen[30], 0);
    CHECK_INT(seen[14] + seen[15] + seen[31] + seen[35], 4);
    CHECK_STR(position(source), "by-n 4");
    remote_scan_close(source);

    begin(1); /* without an order only a range as a whole is done with */
    source = open_scan(RANGES, false, "by-n 1 1:4 2:end");
    CHECK_INT(take(source, UINT32_MAX), OK);
    CHECK_STR(fake.log, "1:0: 3:0: ");
    remote_scan_close(source);

    begin(2); /* other ranges */
    source = open_scan(RANGES, true, "by-m 1 1:4 2:end");
    CHECK_INT(take(source, UINT32_MAX), OK);
    check_seen(0, RANGES);
    remote_scan_close(source);
}

static void what_is_no_position_is_refused(void)
{
    static const char *const bad[] = { "by-n", "by-n 5", "by-n -1", "by-n 0 4:1", "by-n 0 1:x" };
    for (size_t i = 0; i < countof(bad); i++) {
        begin(1);
        struct split_position at = { .split = STR("t"), .position = str_of(bad[i]) };
        struct source_open open = { .resume = &at, .resume_count = 1 };
        struct remote_scan_settings settings = {
            .split = STR("t"),
            .resumes = true,
            .ranges = RANGES,
            .parted_by = STR("by-n"),
            .endpoint = STR("e"),
        };
        struct source *source = NULL;
        CHECK_INT(
            remote_scan_create(&source_kind, &fake_kind, &fake, &settings, &open, &source, &error),
            E_DATA);
    }
}

static void a_read_that_fails_ends_the_others(void)
{
    begin(3);
    fake.meets = true;
    fake.fails = 1;
    struct source *source = open_scan(RANGES, true, NULL);
    CHECK_INT(take(source, UINT32_MAX), E_NAME);
    CHECK_STR(error.message, "the table is not there");
    remote_scan_close(source);
}

static void closing_interrupts_all_reads(void)
{
    begin(3);
    fake.meets = true;
    fake.lanes = 4; /* one more than there are: they wait for it */
    struct source *source = open_scan(3, true, NULL);
    remote_scan_close(source);
    CHECK(fake.is_interrupted);
}

static void rows_count_from_a_mark(void)
{
    begin(1);
    fake.marks = true;
    struct source *source = open_scan(1, true, NULL);
    CHECK_STR(position(source), "0");
    CHECK_INT(take(source, 3), OK);
    CHECK_STR(position(source), "1 at 2");
    CHECK_INT(take(source, 1), OK);
    CHECK_STR(position(source), "2 at 2");
    CHECK_INT(take(source, UINT32_MAX), OK);
    CHECK_STR(position(source), "end");
    remote_scan_close(source);

    begin(1);
    source = open_scan(1, true, "1 at 2");
    CHECK_INT(take(source, UINT32_MAX), OK);
    CHECK_STR(fake.log, "0:1:at 2 "); /* the fake leaves out nothing */
    CHECK_INT(seen[1], 0);
    CHECK_INT(seen[2], 1);
    remote_scan_close(source);

    begin(1);
    source = open_scan(1, false, "end");
    CHECK_INT(take(source, UINT32_MAX), OK);
    CHECK_STR(fake.log, "");
    CHECK_STR(position(source), "end");
    remote_scan_close(source);
}

int main(void)
{
    arena = arena_create();
    RUN(ranges_are_read_at_the_same_time);
    RUN(each_range_has_a_position);
    RUN(what_is_no_position_is_refused);
    RUN(a_read_that_fails_ends_the_others);
    RUN(closing_interrupts_all_reads);
    RUN(rows_count_from_a_mark);
    arena_destroy(arena);
    return check_failed != 0;
}
