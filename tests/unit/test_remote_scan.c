/* test_remote_scan.c -- how a table is read in the background, read on after faults and from a
 * position, and where its bad rows are counted; against a table in this program.
 *
 * The table has the numbers 0 .. rows-1, batches of a few; each read() is written down with the row
 * it begins at. */
#include "remote/remote_scan.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "remote/remote_rows.h"
#include "remote/remote_wait.h"
#include "support/check.h"

#include <poll.h>
#include <stdio.h>

enum { LIMIT_US = 20 * 1000 * 1000, BREAKS_MAX = 4, LOG_MAX = 4096 };

struct fake {
    struct remote_gate gate; /* guards what both sides use while it runs */
    uint32_t rows, batch_rows;
    uint32_t bad[4], bad_count; /* these rows cannot be read */
    /* The read number i ends before the row break_at[i] with breaks[i]. */
    enum remote_outcome breaks[BREAKS_MAX];
    uint64_t break_at[BREAKS_MAX];
    uint32_t break_count, reads, batches;
    bool holds; /* read() waits before its first row, but the first few */
    uint32_t holds_from;
    bool is_interrupted;
    int destroyed;
    char log[LOG_MAX];
};

static struct fake fake;
static struct arena *arena;
static struct error error;
static const struct field field = { STR("n"), &type_int };
static const struct schema schema = { .fields = &field, .count = 1 };

static bool is_bad(uint64_t row)
{
    for (uint32_t i = 0; i < fake.bad_count; i++)
        if (fake.bad[i] == row)
            return true;
    return false;
}

static enum code read_batch(struct remote_read *scan, uint64_t from, uint64_t to, struct error *err)
{
    struct remote_rows rows;
    struct batch *batch;
    struct arena *mine;
    TRY(remote_scan_begin(scan, &mine, err));
    TRY(remote_rows_begin(&rows, mine, &schema, NULL, 0, err));
    for (uint64_t row = from; row < to; row++) {
        if (is_bad(row)) {
            TRY(remote_scan_bad_row(scan, rows.count, STR("no number"), STR("raw"), err));
            continue;
        }
        TRY(remote_rows_add(&rows, err));
        TRY(remote_rows_set_int(&rows, 0, (int64_t)row, err));
    }
    TRY(remote_rows_end(&rows, &batch, err));
    TRY(remote_scan_emit(scan, batch, err));
    pthread_mutex_lock(&fake.gate.lock);
    fake.batches++;
    pthread_cond_broadcast(&fake.gate.changed);
    pthread_mutex_unlock(&fake.gate.lock);
    return OK;
}

static uint32_t begin_read(uint64_t skip)
{
    int64_t limit = clock_monotonic_us() + LIMIT_US;
    pthread_mutex_lock(&fake.gate.lock);
    size_t used = strlen(fake.log);
    snprintf(fake.log + used, sizeof fake.log - used, "%d ", (int)skip);
    uint32_t number = fake.reads++;
    pthread_cond_broadcast(&fake.gate.changed);
    while (fake.holds && number >= fake.holds_from && !fake.is_interrupted &&
           clock_monotonic_us() < limit)
        remote_gate_wait(&fake.gate, limit);
    pthread_mutex_unlock(&fake.gate.lock);
    return number;
}

static enum remote_outcome fake_read(void *self, struct remote_read *scan, uint64_t skip,
                                     struct error *err)
{
    (void)self;
    uint32_t number = begin_read(skip);
    bool breaks = number < fake.break_count;
    uint64_t end = breaks ? fake.break_at[number] : fake.rows;
    for (uint64_t row = skip; row < end; row += fake.batch_rows)
        if (read_batch(scan, row, MIN(row + fake.batch_rows, end), err) != OK)
            return REMOTE_FATAL;
    if (!breaks)
        return REMOTE_DONE;
    error_set(err, E_RETRY, "the answer was %d", fake.breaks[number]);
    return fake.breaks[number];
}

static void fake_interrupt(void *self)
{
    (void)self;
    pthread_mutex_lock(&fake.gate.lock);
    fake.is_interrupted = true;
    pthread_cond_broadcast(&fake.gate.changed);
    pthread_mutex_unlock(&fake.gate.lock);
}

static void fake_destroy(void *self)
{
    (void)self;
    fake.destroyed++;
}

static const struct remote_scan_kind fake_kind = {
    .system = "Fake",
    .read = fake_read,
    .interrupt = fake_interrupt,
    .destroy = fake_destroy,
};
static const struct source_kind source_kind = REMOTE_SCAN_KIND(NULL);

/* --- support ------------------------------------------------------------------------------- */

static char seen[LOG_MAX]; /* rows and bad rows as they come: "0 1 (2 no number) 3 " */
static enum code bad_answer;

static enum code report(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    (void)self;
    size_t used = strlen(seen);
    snprintf(seen + used, sizeof seen - used, "(%d " STR_FMT ") ", (int)row->offset,
             STR_ARG(row->reason));
    CHECK(str_is(row->raw, "raw"));
    CHECK(str_is(row->place, "Fake 127.0.0.1:1"));
    return bad_answer == OK ? OK : error_set(err, bad_answer, "a bad row is the end");
}
static struct bad_rows bad_rows = { .report = report };

static void begin(uint32_t rows, uint32_t batch_rows)
{
    error = (struct error){ .code = OK };
    bad_answer = OK;
    seen[0] = 0;
    memset(&fake, 0, sizeof fake);
    fake.rows = rows;
    fake.batch_rows = batch_rows;
    remote_gate_init(&fake.gate);
}

static enum code create(const char *position, bool resumes, struct source **ret)
{
    struct split_position at = { .split = STR("t"), .position = str_of(position) };
    struct source_open open = { .resume = position ? &at : NULL,
                                .resume_count = position ? 1 : 0,
                                .bad_rows = &bad_rows };
    struct remote_scan_settings settings = {
        .split = STR("t"), .resumes = resumes, .max_retries = 1, .endpoint = STR("127.0.0.1:1")
    };
    return remote_scan_create(&source_kind, &fake_kind, &fake, &settings, &open, ret, &error);
}

static struct source *open_scan(const char *position)
{
    struct source *source = NULL;
    CHECK_INT(create(position, true, &source), OK);
    return source;
}

static void put_rows(const struct batch *rows)
{
    size_t used = strlen(seen);
    for (uint32_t i = 0; i < rows->selected; i++)
        used += (size_t)snprintf(seen + used, sizeof seen - used, "%d ",
                                 COLUMN_AT(rows->columns[0], int32_t, batch_row(rows, i)));
}

/* Up to `polls` calls that give rows or a bad row; the state of the last one. */
static enum code poll_some(struct source *source, uint32_t max_rows, uint32_t polls,
                           enum poll_state *state)
{
    int64_t limit = clock_monotonic_us() + LIMIT_US;
    *state = POLL_MORE;
    while (*state != POLL_END && polls > 0 && clock_monotonic_us() < limit) {
        struct batch *rows = NULL;
        size_t before = strlen(seen);
        arena_reset(arena);
        TRY(remote_scan_poll_rows(source, arena, max_rows, &rows, state, &error));
        if (rows)
            put_rows(rows);
        polls -= strlen(seen) > before;
        struct pollfd fd = { .fd = remote_scan_wake_fd(source), .events = POLLIN };
        if (*state == POLL_IDLE)
            poll(&fd, 1, 1000);
    }
    arena_reset(arena); /* rows are no longer needed */
    return OK;
}

static enum code poll_all(struct source *source)
{
    enum poll_state state;
    enum code code = poll_some(source, 1024, UINT32_MAX, &state);
    if (code == OK)
        CHECK_INT(state, POLL_END);
    return code;
}

static const char *position(struct source *source)
{
    static char text[64];
    struct split_position *at;
    uint32_t count;
    CHECK_INT(remote_scan_tell(source, arena, &at, &count, &error), OK);
    CHECK_INT(count, 1);
    snprintf(text, sizeof text, STR_FMT ":" STR_FMT, STR_ARG(at->split), STR_ARG(at->position));
    return text;
}

/* --- reading ------------------------------------------------------------------------------- */

static void all_rows_come(void)
{
    begin(7, 3);
    struct source *source = open_scan(NULL);
    CHECK_STR(position(source), "t:0");
    CHECK_INT(poll_all(source), OK);
    CHECK_STR(seen, "0 1 2 3 4 5 6 ");
    CHECK_STR(position(source), "t:end");
    CHECK_INT(poll_all(source), OK); /* still at the end */
    CHECK_INT(remote_scan_split_count(source), 1);
    CHECK(str_is(remote_scan_split_name(source, 0), "t"));
    CHECK_INT(remote_scan_split_partition(source, 0), 0);
    remote_scan_close(source);
    CHECK_INT(fake.destroyed, 1);

    begin(0, 3);
    source = open_scan(NULL);
    CHECK_INT(poll_all(source), OK);
    CHECK_STR(seen, "");
    remote_scan_close(source);
    remote_scan_close(NULL);
}

static void the_reader_is_not_far_ahead(void)
{
    begin(1000, 1);
    struct source *source = open_scan(NULL);
    enum poll_state state;
    CHECK_INT(poll_some(source, 1024, 1, &state), OK);
    pthread_mutex_lock(&fake.gate.lock);
    CHECK(fake.batches <= 6); /* the one taken, four in the queue, one that waits */
    pthread_mutex_unlock(&fake.gate.lock);
    CHECK_INT(poll_all(source), OK);
    CHECK_STR(position(source), "t:end");
    remote_scan_close(source);
}

static void a_batch_comes_in_parts_where_it_is_too_large(void)
{
    begin(5, 5);
    struct source *source = open_scan(NULL);
    enum poll_state state;
    CHECK_INT(poll_some(source, 2, 1, &state), OK);
    CHECK_STR(seen, "0 1 ");
    CHECK_STR(position(source), "t:2");
    CHECK_INT(poll_some(source, 2, 1, &state), OK);
    CHECK_STR(seen, "0 1 2 3 ");
    CHECK_INT(poll_all(source), OK);
    CHECK_STR(seen, "0 1 2 3 4 ");
    remote_scan_close(source);
}

static void a_scan_begins_at_a_position(void)
{
    begin(7, 3);
    struct source *source = open_scan("4");
    CHECK_STR(position(source), "t:4");
    CHECK_INT(poll_all(source), OK);
    CHECK_STR(seen, "4 5 6 ");
    CHECK_STR(position(source), "t:end");
    CHECK_STR(fake.log, "4 ");
    remote_scan_close(source);

    begin(2, 3); /* rows without an order are read from the first one on */
    CHECK_INT(create("1", false, &source), OK);
    CHECK_INT(poll_all(source), OK);
    CHECK_STR(seen, "0 1 ");
    remote_scan_close(source);

    begin(2, 3);
    CHECK_INT(create("x", true, &source), E_DATA);
    CHECK_STR(error.message, "position \"x\" is no number of rows");
    CHECK_INT(fake.destroyed, 1);
}

/* --- bad rows ------------------------------------------------------------------------------ */

static void bad_rows_count_where_they_lie(void)
{
    begin(8, 4);
    fake.bad[0] = 0, fake.bad[1] = 2, fake.bad[2] = 7, fake.bad_count = 3;
    struct source *source = open_scan(NULL);
    enum poll_state state;
    CHECK_INT(poll_some(source, 1024, 1, &state), OK);
    CHECK_STR(seen, "(0 no number) 1 ");
    CHECK_STR(position(source), "t:2");
    CHECK_INT(poll_all(source), OK);
    CHECK_STR(seen, "(0 no number) 1 (2 no number) 3 4 5 6 (7 no number) ");
    CHECK_STR(position(source), "t:end");
    remote_scan_close(source);
}

static void a_bad_row_may_be_the_end(void)
{
    begin(4, 4);
    fake.bad[0] = 2, fake.bad_count = 1;
    bad_answer = E_DATA;
    struct source *source = open_scan(NULL);
    CHECK_INT(poll_all(source), E_DATA);
    CHECK_STR(error.message, "a bad row is the end");
    remote_scan_close(source);
}

/* --- faults -------------------------------------------------------------------------------- */

static void break_reads(enum remote_outcome outcome, uint32_t count, uint64_t at)
{
    for (uint32_t i = 0; i < count; i++) {
        fake.breaks[i] = outcome;
        fake.break_at[i] = at;
    }
    fake.break_count = count;
}

static void a_read_goes_on_where_it_was_broken_off(void)
{
    begin(7, 2);
    fake.bad[0] = 1, fake.bad_count = 1;
    break_reads(REMOTE_AWAY, 3, 4); /* the second and third give nothing at all */
    struct source *source = open_scan(NULL);
    CHECK_INT(poll_all(source), OK);
    CHECK_STR(seen, "0 (1 no number) 2 3 4 5 6 ");
    CHECK_STR(fake.log, "0 4 4 4 ");
    remote_scan_close(source);
}

static void rows_without_an_order_cannot_be_read_on(void)
{
    begin(4, 2);
    break_reads(REMOTE_AWAY, 2, 0);
    struct source *source = NULL;
    CHECK_INT(create(NULL, false, &source), OK); /* nothing was handed out yet */
    CHECK_INT(poll_all(source), OK);
    CHECK_STR(seen, "0 1 2 3 ");
    remote_scan_close(source);

    begin(4, 2);
    break_reads(REMOTE_AWAY, 1, 2);
    CHECK_INT(create(NULL, false, &source), OK);
    CHECK_INT(poll_all(source), E_IO);
    CHECK_STR(seen, "0 1 ");
    CHECK_STR(error.message, "lost Fake 127.0.0.1:1 after 2 rows: the answer was 1");
    remote_scan_close(source);
}

static void failures_are_the_end(void)
{
    begin(4, 2);
    break_reads(REMOTE_FAILED, 2, 0);
    struct source *source = open_scan(NULL);
    CHECK_INT(poll_all(source), E_IO);
    CHECK_STR(error.message, "the answer was 2");
    CHECK_INT(poll_all(source), E_IO);
    remote_scan_close(source);

    begin(4, 2);
    break_reads(REMOTE_FATAL, 1, 2);
    source = open_scan(NULL);
    CHECK_INT(poll_all(source), E_IO);
    CHECK_STR(seen, "0 1 "); /* what came before is handed out */
    remote_scan_close(source);
}

static void waiting_is_visible(void)
{
    begin(4, 2);
    break_reads(REMOTE_AWAY, 1, 0);
    fake.holds = true;
    fake.holds_from = 1;
    struct source *source = open_scan(NULL);
    int64_t limit = clock_monotonic_us() + LIMIT_US;
    pthread_mutex_lock(&fake.gate.lock);
    while (fake.reads < 2 && clock_monotonic_us() < limit)
        remote_gate_wait(&fake.gate, limit);
    pthread_mutex_unlock(&fake.gate.lock);
    struct source_status status; /* the second read is under way and has given nothing yet */
    remote_scan_status(source, &status);
    CHECK_INT(status.lag_rows, -1);
    CHECK_STR(status.waiting_for, "Fake 127.0.0.1:1");
    CHECK(status.waiting_since_us > 0 && status.waiting_since_us <= clock_monotonic_us());
    pthread_mutex_lock(&fake.gate.lock);
    fake.holds = false;
    pthread_cond_broadcast(&fake.gate.changed);
    pthread_mutex_unlock(&fake.gate.lock);
    CHECK_INT(poll_all(source), OK);
    remote_scan_status(source, &status);
    CHECK_STR(status.waiting_for, NULL);
    remote_scan_close(source);
}

static void closing_interrupts_a_read(void)
{
    begin(1000, 1);
    fake.holds = true;
    struct source *source = open_scan(NULL);
    int64_t begun_us = clock_monotonic_us();
    remote_scan_close(source);
    CHECK(clock_monotonic_us() - begun_us < 2000000);

    begin(1000, 1); /* and one that waits for room */
    source = open_scan(NULL);
    enum poll_state state;
    CHECK_INT(poll_some(source, 1024, 2, &state), OK);
    remote_scan_close(source);
    CHECK_INT(fake.destroyed, 1);
}

/* --- when memory runs out ------------------------------------------------------------------ */

static enum code run_job(void)
{
    struct source *source = NULL;
    TRY(create(NULL, true, &source));
    enum poll_state state;
    enum code code = poll_some(source, 2, UINT32_MAX, &state);
    remote_scan_close(source);
    return code;
}

static void want_of_memory_is_an_error(void)
{
    uint64_t n = 1;
    for (bool pending = false; !pending && n < 1000; n++) {
        begin(4, 2);
        fake.bad[0] = 3, fake.bad_count = 1;
        mem_fail_at(n);
        enum code code = run_job();
        pending = mem_fail_pending();
        mem_fail_at(0);
        CHECK_INT(code, pending ? OK : E_NOMEM);
        CHECK_INT(fake.destroyed, 1);
    }
    CHECK(n > 5 && n < 1000);
}

int main(void)
{
    arena = arena_create();
    RUN(all_rows_come);
    RUN(the_reader_is_not_far_ahead);
    RUN(a_batch_comes_in_parts_where_it_is_too_large);
    RUN(a_scan_begins_at_a_position);
    RUN(bad_rows_count_where_they_lie);
    RUN(a_bad_row_may_be_the_end);
    RUN(a_read_goes_on_where_it_was_broken_off);
    RUN(rows_without_an_order_cannot_be_read_on);
    RUN(failures_are_the_end);
    RUN(waiting_is_visible);
    RUN(closing_interrupts_a_read);
    RUN(want_of_memory_is_an_error);
    arena_destroy(arena);
    return check_failed != 0;
}
