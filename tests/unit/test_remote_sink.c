/* test_remote_sink.c -- what a sink to a server sends, sends again, refuses and gives up, against
 * a connector that follows a script.
 *
 * A call is written down as "k=v" a row ("-k" a delete) with blanks between and "; " behind; the
 * test reads that log.  The connector can be held within a call, so that the test knows what
 * waits; nothing here depends on how fast anything is. */
#include "remote/remote_sink.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "remote/remote_wait.h"
#include "support/check.h"
#include "types/batch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIMIT_US = 20 * 1000 * 1000, STEPS_MAX = 16, LOG_MAX = 4096 };

/* --- a connector that follows a script ------------------------------------------------- */

struct fake {
    struct remote_gate gate;              /* guards the rest */
    enum remote_outcome steps[STEPS_MAX]; /* one a call; then REMOTE_DONE */
    uint32_t step_count, calls;
    enum remote_outcome prepares[STEPS_MAX]; /* the same of prepare() */
    uint32_t prepare_count, prepared;
    const char *poison;   /* a call with this row is refused */
    const char *bad_row;  /* its verdict is REMOTE_BAD */
    const char *safe_row; /* its verdict is REMOTE_SAFE, whatever the outcome */
    bool holds;           /* calls wait until this is false, but the first few */
    uint32_t holds_from;
    bool is_interrupted;
    int destroyed;
    char log[LOG_MAX];
};

static struct fake fake;
static struct arena *arena; /* of batches and texts */
static struct error error;

static int64_t in_time(void)
{
    return clock_monotonic_us() + LIMIT_US;
}

static void append_log(const char *text, size_t size)
{
    size_t used = strlen(fake.log);
    if (used + size < sizeof fake.log)
        memcpy(fake.log + used, text, size); /* the rest is zeros */
}

static enum code fake_encode(void *self, const struct batch *in, uint32_t row, bool is_delete,
                             struct buf *bytes, struct buf *key, struct error *err)
{
    (void)self;
    struct str k = view_str(COLUMN_AT(in->columns[0], struct view, row));
    struct str v = view_str(COLUMN_AT(in->columns[1], struct view, row));
    if (str_is(v, "ignored"))
        return OK;
    buf_text(bytes, is_delete ? "-" : "");
    buf_str(bytes, k);
    if (!is_delete) {
        buf_char(bytes, '=');
        buf_str(bytes, v);
    }
    buf_str(key, k);
    return str_is(v, "bad") ? error_set(err, E_DATA, "no place for \"bad\"") : OK;
}

static bool is_row(const struct remote_row *row, const char *text)
{
    return text && str_is(row->bytes, text);
}

static enum remote_outcome judge_rows(struct remote_call *call)
{
    enum remote_outcome outcome =
        fake.calls < fake.step_count ? fake.steps[fake.calls] : REMOTE_DONE;
    for (uint32_t i = 0; i < call->count; i++) {
        struct remote_row *row = &call->rows[i];
        append_log(i > 0 ? " " : "", i > 0);
        append_log(row->bytes.data, row->bytes.size);
        if (is_row(row, fake.poison))
            outcome = REMOTE_REFUSED;
        if (is_row(row, fake.safe_row))
            row->verdict = REMOTE_SAFE;
        if (is_row(row, fake.bad_row)) {
            row->verdict = REMOTE_BAD;
            row->reason = remote_reason(call, "row %u is %s", i, "too long");
        }
    }
    append_log("; ", 2);
    return outcome;
}

static enum remote_outcome fake_send(void *self, struct remote_call *call, struct error *err)
{
    (void)self;
    int64_t limit = in_time();
    pthread_mutex_lock(&fake.gate.lock);
    enum remote_outcome outcome = judge_rows(call);
    fake.calls++;
    pthread_cond_broadcast(&fake.gate.changed);
    while (fake.holds && fake.calls > fake.holds_from && !fake.is_interrupted &&
           clock_monotonic_us() < limit)
        remote_gate_wait(&fake.gate, limit);
    pthread_mutex_unlock(&fake.gate.lock);
    if (outcome != REMOTE_DONE)
        error_set(err, E_RETRY, "the answer was %d", outcome);
    return outcome;
}

static enum remote_outcome fake_prepare(void *self, struct error *err)
{
    (void)self;
    pthread_mutex_lock(&fake.gate.lock);
    enum remote_outcome outcome =
        fake.prepared < fake.prepare_count ? fake.prepares[fake.prepared] : REMOTE_DONE;
    fake.prepared++;
    pthread_mutex_unlock(&fake.gate.lock);
    if (outcome != REMOTE_DONE)
        error_set(err, E_NAME, "the table is not there");
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

static void fake_destroy(void *self)
{
    (void)self;
    fake.destroyed++;
}

static const struct remote_sink_kind fake_kind = {
    .system = "Fake",
    .encode = fake_encode,
    .send = fake_send,
    .interrupt = fake_interrupt,
    .destroy = fake_destroy,
};
static const struct remote_sink_kind preparing_kind = {
    .system = "Fake",
    .encode = fake_encode,
    .prepare = fake_prepare,
    .send = fake_send,
    .interrupt = fake_interrupt,
    .destroy = fake_destroy,
};
static const struct sink_kind sink_kind = REMOTE_SINK_KIND(NULL);

static void wait_calls(uint32_t calls)
{
    int64_t limit = in_time();
    pthread_mutex_lock(&fake.gate.lock);
    while (fake.calls < calls && clock_monotonic_us() < limit)
        remote_gate_wait(&fake.gate, limit);
    CHECK(fake.calls >= calls);
    pthread_mutex_unlock(&fake.gate.lock);
}

static void hold(bool holds)
{
    pthread_mutex_lock(&fake.gate.lock);
    fake.holds = holds;
    pthread_cond_broadcast(&fake.gate.changed);
    pthread_mutex_unlock(&fake.gate.lock);
}

static void check_log(const char *want)
{
    pthread_mutex_lock(&fake.gate.lock);
    CHECK_STR(fake.log, want);
    pthread_mutex_unlock(&fake.gate.lock);
}

/* --- rows, bad rows and sinks ------------------------------------------------------------ */

struct reports {
    struct bad_rows base;
    uint32_t count;
    enum code answer;
    char log[LOG_MAX]; /* "record reason (raw); " */
};
static struct reports reports;

static enum code report(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    (void)self;
    size_t used = strlen(reports.log);
    snprintf(reports.log + used, sizeof reports.log - used, "%d " STR_FMT " (" STR_FMT "); ",
             (int)row->record, STR_ARG(row->reason), STR_ARG(row->raw));
    CHECK(str_is(row->place, "Fake 127.0.0.1:1"));
    CHECK_INT(row->offset, -1);
    reports.count++;
    return reports.answer == OK ? OK : error_set(err, reports.answer, "a bad row is the end");
}

/* A fresh script, log and arena for a test. */
static void begin(void)
{
    arena_reset(arena);
    error = (struct error){ .code = OK };
    memset(&fake, 0, sizeof fake);
    remote_gate_init(&fake.gate);
    reports = (struct reports){ .base = { .report = report } };
}

static void script(const enum remote_outcome *steps, uint32_t count)
{
    memcpy(fake.steps, steps, count * sizeof *steps);
    fake.step_count = count;
}
#define SCRIPT(...)                                                                                \
    script((const enum remote_outcome[]){ __VA_ARGS__ },                                           \
           sizeof((const enum remote_outcome[]){ __VA_ARGS__ }) / sizeof(enum remote_outcome))

static enum code create(const struct remote_sink_settings *settings, struct sink **ret)
{
    struct remote_sink_settings s = *settings;
    s.endpoint = STR("127.0.0.1:1");
    s.guarantee = "at-least-once";
    return remote_sink_create(&sink_kind, fake.prepare_count > 0 ? &preparing_kind : &fake_kind,
                              &fake, &s, &reports.base, ret, &error);
}

static struct sink *open_sink(struct remote_sink_settings settings)
{
    struct sink *sink = NULL;
    CHECK_INT(create(&settings, &sink), OK);
    return sink;
}

/* "+a=1 -b ~c=0 .d=x": inserts, deletes, -U, and rows that are not selected. */
static struct batch *rows_of(const char *text)
{
    uint32_t count = 0, selected = 0, cap = (uint32_t)strlen(text) / 2 + 1;
    struct column *k = column_create(arena, &type_string, cap);
    struct column *v = column_create(arena, &type_string, cap);
    uint8_t *changes = arena_array(arena, uint8_t, cap);
    uint32_t *selection = arena_array(arena, uint32_t, cap);
    for (const char *at = text; *at;) {
        size_t size = strcspn(at, " "), name = strcspn(at + 1, " =");
        COLUMN_OUT(k, struct view)[count] = view_make(at + 1, name);
        if (name + 2 < size)
            COLUMN_OUT(v, struct view)[count] = view_make(at + name + 2, size - name - 2);
        changes[count] = *at == '-'   ? CHANGE_DELETE
                         : *at == '~' ? CHANGE_UPDATE_BEFORE
                                      : CHANGE_INSERT;
        if (*at != '.')
            selection[selected++] = count;
        count++;
        at += size + (at[size] == ' ');
    }
    struct batch *batch = batch_create(arena, 2, count);
    batch->columns[0] = k;
    batch->columns[1] = v;
    batch->changes = changes;
    batch->selection = selection;
    batch->selected = selected;
    return batch;
}

static enum code write_rows(struct sink *sink, const char *text)
{
    return remote_sink_write(sink, rows_of(text), &error);
}

static void wait_fd(struct sink *sink)
{
    struct pollfd fd = { .fd = remote_sink_wake_fd(sink), .events = POLLIN };
    CHECK_INT(poll(&fd, 1, LIMIT_US / 1000), 1);
}

static enum code wait_flush(struct sink *sink)
{
    int64_t limit = in_time();
    bool done = false;
    while (clock_monotonic_us() < limit) {
        enum code code = remote_sink_flush_poll(sink, &done, &error);
        if (code != OK || done)
            return code;
        wait_fd(sink);
    }
    CHECK(done);
    return E_LIMIT;
}

static enum code flush(struct sink *sink)
{
    enum code code = remote_sink_flush_start(sink, &error);
    return code == OK ? wait_flush(sink) : code;
}

static int64_t pending(struct sink *sink)
{
    struct sink_status status;
    remote_sink_status(sink, &status);
    CHECK_STR(status.guarantee, "at-least-once");
    return status.pending_rows;
}

/* --- what is sent ------------------------------------------------------------------------ */

static void rows_go_in_calls(void)
{
    begin();
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 2 });
    CHECK_INT(write_rows(sink, "+a=1 +b=2 .x=0 +c=3 +d=4 +e=5"), OK);
    wait_calls(2);
    check_log("a=1 b=2; c=3 d=4; "); /* the last one waits for a neighbour */
    CHECK_INT(flush(sink), OK);
    check_log("a=1 b=2; c=3 d=4; e=5; ");
    CHECK_INT(pending(sink), 0);
    CHECK_INT(flush(sink), OK); /* of nothing */
    remote_sink_close(sink);
    CHECK_INT(fake.destroyed, 1);
}

static void a_call_takes_more_rows_where_they_wait(void)
{
    begin();
    fake.holds = true;
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 1, .take_rows = 3 });
    CHECK_INT(write_rows(sink, "+a=1"), OK);
    wait_calls(1);
    CHECK_INT(write_rows(sink, "+b=1 +c=1 +d=1 +e=1"), OK);
    hold(false);
    CHECK_INT(flush(sink), OK);
    check_log("a=1; b=1 c=1 d=1; e=1; ");
    remote_sink_close(sink);
}

static void calls_have_a_size_in_bytes(void)
{
    begin();
    struct sink *sink =
        open_sink((struct remote_sink_settings){ .max_rows = 100, .max_bytes = 10 });
    CHECK_INT(write_rows(sink, "+a=1 +b=2 +c=aRowThatIsLonger +d=4 +e=5 +f=6"), OK);
    CHECK_INT(flush(sink), OK);
    check_log("a=1 b=2; c=aRowThatIsLonger; d=4 e=5; f=6; ");
    remote_sink_close(sink);
}

static void a_row_waits_for_the_interval_only(void)
{
    begin();
    struct sink *sink =
        open_sink((struct remote_sink_settings){ .max_rows = 100, .interval_ms = 20 });
    CHECK_INT(write_rows(sink, "+a=1"), OK);
    CHECK_INT(write_rows(sink, "+b=2"), OK);
    wait_calls(1);
    CHECK_INT(flush(sink), OK);
    remote_sink_close(sink);
}

static void without_an_interval_it_waits_for_the_flush(void)
{
    begin();
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 100 });
    CHECK_INT(write_rows(sink, "+a=1 +b=2"), OK);
    CHECK_INT(pending(sink), 2);
    CHECK_INT(write_rows(sink, "+c=1"), OK);
    CHECK_INT(pending(sink), 3);
    CHECK_INT(flush(sink), OK);
    check_log("a=1 b=2 c=1; ");
    remote_sink_close(sink);
}

static void changes_become_puts_and_deletes(void)
{
    begin();
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 100 });
    CHECK_INT(write_rows(sink, "+a=1 ~a=1 -b=2 +c=ignored"), OK);
    CHECK_INT(flush(sink), OK);
    check_log("a=1 -b; ");
    remote_sink_close(sink);
}

static void a_row_that_cannot_be_encoded_is_a_bad_row_of_its_batch(void)
{
    begin();
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 100 });
    CHECK_INT(write_rows(sink, "+a=1 .b=2 +c=bad +d=3"), OK);
    CHECK_STR(reports.log, "2 no place for \"bad\" (); ");
    CHECK_INT(flush(sink), OK);
    check_log("a=1 d=3; ");
    reports.answer = E_DATA;
    CHECK_INT(write_rows(sink, "+e=1 +f=bad"), E_DATA);
    CHECK_STR(error.message, "a bad row is the end");
    CHECK_INT(pending(sink), 0); /* the batch was not taken */
    remote_sink_close(sink);
}

/* --- folding ----------------------------------------------------------------------------- */

static void a_later_row_takes_the_place_of_an_earlier_one(void)
{
    begin();
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 100, .folds = true });
    CHECK_INT(write_rows(sink, "+a=1 +b=1 +a=2 +c=1"), OK);
    CHECK_INT(write_rows(sink, "-c +b=3"), OK);
    CHECK_INT(pending(sink), 3);
    CHECK_INT(flush(sink), OK);
    check_log("a=2 -c b=3; ");
    CHECK_INT(write_rows(sink, "+a=4"), OK);
    CHECK_INT(flush(sink), OK);
    check_log("a=2 -c b=3; a=4; ");
    remote_sink_close(sink);
}

static void but_not_of_one_that_is_being_sent(void)
{
    begin();
    fake.holds = true;
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 2, .folds = true });
    CHECK_INT(write_rows(sink, "+a=1 +b=1"), OK);
    wait_calls(1);
    CHECK_INT(write_rows(sink, "+a=2 +c=1 +a=3 +d=1"), OK); /* full, and queued behind */
    CHECK_INT(write_rows(sink, "+c=2"), OK);
    CHECK_INT(pending(sink), 5);
    hold(false);
    CHECK_INT(flush(sink), OK);
    check_log("a=1 b=1; a=3; d=1 c=2; ");
    remote_sink_close(sink);
}

static void nor_of_one_that_a_flush_waits_for(void)
{
    begin();
    fake.holds = true;
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 1, .folds = true });
    CHECK_INT(write_rows(sink, "+x=0"), OK);
    wait_calls(1);
    CHECK_INT(write_rows(sink, "+a=1"), OK);
    CHECK_INT(remote_sink_flush_start(sink, &error), OK);
    bool done = true;
    CHECK_INT(remote_sink_flush_poll(sink, &done, &error), OK);
    CHECK(!done);
    CHECK_INT(write_rows(sink, "+a=2"), OK);
    CHECK_INT(write_rows(sink, "+a=3"), OK); /* these two are of the next flush */
    hold(false);
    CHECK_INT(wait_flush(sink), OK);
    CHECK_INT(flush(sink), OK);
    check_log("x=0; a=1; a=3; ");
    remote_sink_close(sink);
}

static void many_keys_are_folded(void)
{
    begin();
    char text[16384];
    struct sink *sink =
        open_sink((struct remote_sink_settings){ .max_rows = 100000, .folds = true });
    for (int round = 0; round < 3; round++) {
        size_t used = 0;
        for (int key = 0; key < 1000; key++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s+k%d=%d", key ? " " : "",
                                     key, round);
        CHECK_INT(write_rows(sink, text), OK);
        CHECK_INT(pending(sink), 1000);
    }
    remote_sink_close(sink);
}

/* --- faults ------------------------------------------------------------------------------ */

static void a_server_that_is_away_is_waited_for(void)
{
    begin();
    SCRIPT(REMOTE_AWAY, REMOTE_AWAY);
    fake.holds = true;
    fake.holds_from = 2;
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 2 });
    CHECK_INT(write_rows(sink, "+a=1 +b=2"), OK);
    wait_calls(3); /* the third is under way, so the second is what is known */
    struct sink_status status;
    remote_sink_status(sink, &status);
    CHECK_STR(status.waiting_for, "Fake 127.0.0.1:1");
    CHECK(status.waiting_since_us > 0 && status.waiting_since_us <= clock_monotonic_us());
    CHECK_INT(status.pending_rows, 2);
    hold(false);
    CHECK_INT(flush(sink), OK);
    check_log("a=1 b=2; a=1 b=2; a=1 b=2; ");
    remote_sink_status(sink, &status);
    CHECK_STR(status.waiting_for, NULL);
    remote_sink_close(sink);
}

static void decided_rows_are_not_sent_again(void)
{
    begin();
    SCRIPT(REMOTE_AWAY);
    fake.safe_row = "a=1";
    fake.bad_row = "c=3";
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 4 });
    CHECK_INT(write_rows(sink, "+a=1 +b=2 +c=3 +d=4"), OK);
    CHECK_INT(flush(sink), OK);
    check_log("a=1 b=2 c=3 d=4; b=2 d=4; ");
    CHECK_STR(reports.log, "-1 row 2 is too long (c=3); ");
    remote_sink_close(sink);
}

static void a_row_at_fault_is_found(void)
{
    begin();
    fake.poison = "x=1";
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 5 });
    CHECK_INT(write_rows(sink, "+a=1 +b=1 +c=1 +x=1 +d=1"), OK);
    CHECK_INT(flush(sink), OK);
    check_log("a=1 b=1 c=1 x=1 d=1; a=1 b=1; c=1 x=1 d=1; c=1; x=1 d=1; x=1; d=1; ");
    CHECK_STR(reports.log, "-1 the answer was 3 (x=1); ");
    CHECK_INT(pending(sink), 0);
    remote_sink_close(sink);
}

static void a_bad_row_may_be_the_end(void)
{
    begin();
    fake.bad_row = "a=1";
    reports.answer = E_DATA;
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 1 });
    CHECK_INT(write_rows(sink, "+a=1"), OK);
    wait_fd(sink);
    CHECK_INT(write_rows(sink, "+b=1"), E_DATA);
    CHECK_STR(error.message, "a bad row is the end");
    remote_sink_close(sink);
}

static void failures_end_the_job_after_some_attempts(void)
{
    begin();
    SCRIPT(REMOTE_FAILED, REMOTE_FAILED, REMOTE_DONE, REMOTE_FAILED, REMOTE_FAILED, REMOTE_FAILED);
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 1, .max_retries = 2 });
    CHECK_INT(write_rows(sink, "+a=1"), OK);
    CHECK_INT(flush(sink), OK);
    CHECK_INT(write_rows(sink, "+b=1"), OK);
    wait_fd(sink);
    CHECK_INT(flush(sink), E_IO); /* never E_RETRY, which would be tried for ever */
    CHECK_STR(error.message, "the answer was 2");
    CHECK_STR(error.detail, "It was tried 3 times.");
    check_log("a=1; a=1; a=1; b=1; b=1; b=1; ");
    CHECK_INT(write_rows(sink, "+c=1"), E_IO);
    remote_sink_close(sink);
}

static void what_can_never_work_ends_the_job(void)
{
    begin();
    SCRIPT(REMOTE_FATAL);
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 1 });
    CHECK_INT(write_rows(sink, "+a=1 +b=1"), OK);
    wait_fd(sink);
    bool done;
    CHECK_INT(remote_sink_flush_poll(sink, &done, &error), E_IO);
    CHECK_STR(error.message, "the answer was 4");
    check_log("a=1; ");
    remote_sink_close(sink);
}

static void a_full_queue_takes_nothing(void)
{
    begin();
    fake.holds = true;
    struct sink *sink =
        open_sink((struct remote_sink_settings){ .max_rows = 100, .queued_bytes = 1 });
    CHECK_INT(write_rows(sink, "+a=1 +b=1"), OK); /* over the limit: nothing waits for more rows */
    wait_calls(1);
    CHECK_INT(write_rows(sink, "+c=1"), E_RETRY);
    CHECK_STR(error.message, "Fake 127.0.0.1:1 has not taken earlier rows yet");
    CHECK_INT(pending(sink), 2);
    hold(false);
    wait_fd(sink);
    CHECK_INT(flush(sink), OK);
    CHECK_INT(write_rows(sink, "+c=1"), OK);
    CHECK_INT(flush(sink), OK);
    check_log("a=1 b=1; c=1; ");
    remote_sink_close(sink);
}

static void closing_interrupts_a_call(void)
{
    begin();
    fake.holds = true;
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 1 });
    CHECK_INT(write_rows(sink, "+a=1 +b=1"), OK);
    wait_calls(1);
    int64_t begun_us = clock_monotonic_us();
    remote_sink_close(sink);
    CHECK(clock_monotonic_us() - begun_us < 2000000);
    CHECK_INT(fake.destroyed, 1);
    remote_sink_close(NULL);
}

static void closing_interrupts_a_pause(void)
{
    begin();
    for (uint32_t i = 0; i < STEPS_MAX; i++)
        fake.steps[i] = REMOTE_AWAY;
    fake.step_count = STEPS_MAX;
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 1 });
    CHECK_INT(write_rows(sink, "+a=1"), OK);
    wait_calls(3);
    int64_t begun_us = clock_monotonic_us();
    remote_sink_close(sink);
    CHECK(clock_monotonic_us() - begun_us < 2000000);
}

static void pauses_grow_up_to_a_limit(void)
{
    for (uint32_t i = 0; i < 100; i++) {
        int64_t pause_us = remote_pause_us(i);
        int64_t most_us = i < 6 ? INT64_C(100000) << i : 5000000;
        CHECK(pause_us <= most_us && pause_us >= most_us / 2);
    }
}

/* --- any mixture ------------------------------------------------------------------------- */

enum { KEYS = 8, ROUNDS = 200 };

/* A server that keeps the value of each key, and refuses values that end in 7. */
struct model {
    uint64_t server_chance, test_chance; /* one a thread */
    int kept[KEYS], written[KEYS];       /* the newest value of each key that is not refused */
    uint32_t applied, away;
    bool folds;
};
static struct model model;

static uint32_t draw(uint64_t *chance, uint32_t below)
{
    *chance = *chance * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*chance >> 33) % below;
}

static int value_of(const struct remote_row *row)
{
    int value = 0; /* no NUL is behind the bytes */
    for (size_t i = 2;
         i < row->bytes.size && row->bytes.data[i] >= '0' && row->bytes.data[i] <= '9'; i++)
        value = value * 10 + (row->bytes.data[i] - '0');
    return value;
}

static void apply(const struct remote_row *row)
{
    model.kept[row->key.data[0] - 'a'] = value_of(row);
    model.applied++;
}

static void check_keys_differ(const struct remote_call *call)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < call->count && model.folds; i++) {
        uint32_t bit = 1u << (call->rows[i].key.data[0] - 'a');
        CHECK(!(seen & bit));
        seen |= bit;
    }
}

/* Some calls are cut off behind a few rows that are safe; the sender alone is here. */
static enum remote_outcome model_send(void *self, struct remote_call *call, struct error *err)
{
    (void)self;
    uint32_t cut = model.away < 5 && draw(&model.server_chance, 10) == 0
                       ? draw(&model.server_chance, call->count + 1)
                       : call->count;
    check_keys_differ(call);
    for (uint32_t i = 0; i < call->count; i++)
        if (value_of(&call->rows[i]) % 10 == 7) {
            error_set(err, E_DATA, "no value ends in 7");
            return REMOTE_REFUSED;
        }
    for (uint32_t i = 0; i < cut; i++) {
        apply(&call->rows[i]);
        call->rows[i].verdict = REMOTE_SAFE;
    }
    if (cut == call->count)
        return REMOTE_DONE;
    model.away++;
    error_set(err, E_RETRY, "cut off");
    return REMOTE_AWAY;
}

static const struct remote_sink_kind model_kind = {
    .system = "Fake",
    .encode = fake_encode,
    .send = model_send,
    .interrupt = fake_interrupt,
    .destroy = fake_destroy,
};

static uint32_t write_any(struct sink *sink, int *next)
{
    char text[256] = "";
    size_t used = 0;
    uint32_t count = 1 + draw(&model.test_chance, 6);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = draw(&model.test_chance, KEYS);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s+%c=%d", i ? " " : "",
                                 (char)('a' + key), ++*next);
        model.written[key] = *next % 10 != 7 ? *next : model.written[key];
    }
    while (write_rows(sink, text) == E_RETRY)
        wait_fd(sink);
    arena_reset(arena);
    return count;
}

static void run_model(bool folds, uint64_t seed)
{
    begin();
    reports.base.goes_on = true;
    model = (struct model){ .server_chance = seed, .test_chance = seed, .folds = folds };
    struct remote_sink_settings settings = {
        .max_rows = 1 + draw(&model.test_chance, 8),
        .interval_ms = (int64_t)draw(&model.test_chance, 2),
        .queued_bytes = 2000,
        .folds = folds,
        .guarantee = "at-least-once",
        .endpoint = STR("127.0.0.1:1"),
    };
    struct sink *sink = NULL;
    CHECK_INT(
        remote_sink_create(&sink_kind, &model_kind, NULL, &settings, &reports.base, &sink, &error),
        OK);
    int next = 0;
    uint32_t written = 0;
    for (int round = 0; round < ROUNDS; round++) {
        written += write_any(sink, &next);
        if (round % 20 == 19) {
            CHECK_INT(flush(sink), OK);
            for (uint32_t key = 0; key < KEYS; key++)
                CHECK_INT(model.kept[key], model.written[key]);
        }
    }
    remote_sink_close(sink);
    if (folds)
        CHECK(model.applied + reports.count <= written);
    else
        CHECK_INT(model.applied + reports.count, written);
}

/* How many calls a run has, and so how many are cut off, is a matter of time. */
static void any_mixture_ends_with_the_newest_values(void)
{
    uint32_t away = 0, refused = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        run_model(seed > 3, seed % 3);
        away += (uint32_t)model.away;
        refused += (uint32_t)reports.count;
    }
    CHECK(away > 0 && refused > 0);
}

/* --- when memory runs out ------------------------------------------------------------------ */

static enum code run_job(void)
{
    struct sink *sink = NULL;
    struct remote_sink_settings settings = { .max_rows = 2, .folds = true };
    TRY(create(&settings, &sink));
    enum code code = remote_sink_write(sink, rows_of("+a=1 +b=2 +a=3 +x=1"), &error);
    if (code == OK)
        code = flush(sink);
    remote_sink_close(sink);
    return code;
}

static void want_of_memory_is_an_error(void)
{
    uint64_t n = 1;
    for (bool pending = false; !pending && n < 1000; n++) {
        begin();
        fake.poison = "x=1";
        struct batch *warm_up = rows_of("+a=1 +b=2 +a=3 +x=1"); /* the arena keeps its block */
        (void)warm_up;
        arena_reset(arena);
        mem_fail_at(n);
        enum code code = run_job();
        pending = mem_fail_pending();
        mem_fail_at(0);
        CHECK(code == OK || code == E_NOMEM);
        CHECK_INT(fake.destroyed, 1);
        if (pending)
            CHECK_INT(code, OK);
    }
    CHECK(n > 5 && n < 1000);
}

/* --- what is prepared ---------------------------------------------------------------------- */

static void prepare_script(const enum remote_outcome *steps, uint32_t count)
{
    memcpy(fake.prepares, steps, count * sizeof *steps);
    fake.prepare_count = count;
}
#define PREPARE_SCRIPT(...)                                                                        \
    prepare_script((const enum remote_outcome[]){ __VA_ARGS__ },                                   \
                   sizeof((const enum remote_outcome[]){ __VA_ARGS__ }) /                          \
                       sizeof(enum remote_outcome))

static enum code write_when_prepared(struct sink *sink, const char *text)
{
    int64_t limit = in_time();
    enum code code = write_rows(sink, text);
    while (code == E_RETRY && clock_monotonic_us() < limit) {
        wait_fd(sink);
        code = write_rows(sink, text);
    }
    return code;
}

static void no_row_is_encoded_before_the_server_has_answered(void)
{
    begin();
    PREPARE_SCRIPT(REMOTE_AWAY, REMOTE_FAILED, REMOTE_DONE);
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 1, .max_retries = 1 });
    CHECK_INT(write_rows(sink, "+a=bad"), E_RETRY); /* a pause of 50 ms at least is under way */
    CHECK_STR(error.message, "Fake 127.0.0.1:1 has not answered yet");
    CHECK_INT(reports.count, 0);
    CHECK_INT(flush(sink), OK); /* nothing was taken */
    CHECK_INT(write_when_prepared(sink, "+a=1"), OK);
    CHECK_INT(flush(sink), OK);
    check_log("a=1; ");
    CHECK_INT(fake.prepared, 3);
    remote_sink_close(sink);
}

static void what_can_never_be_prepared_ends_the_job(void)
{
    begin();
    PREPARE_SCRIPT(REMOTE_AWAY, REMOTE_FATAL);
    struct sink *sink = open_sink((struct remote_sink_settings){ .max_rows = 1 });
    CHECK_INT(write_when_prepared(sink, "+a=1"), E_NAME);
    CHECK_STR(error.message, "the table is not there");
    remote_sink_close(sink);
    begin();
    PREPARE_SCRIPT(REMOTE_FAILED, REMOTE_FAILED, REMOTE_FAILED);
    sink = open_sink((struct remote_sink_settings){ .max_rows = 1, .max_retries = 1 });
    CHECK_INT(write_when_prepared(sink, "+a=1"), E_NAME);
    CHECK_STR(error.detail, "It was tried 2 times.");
    CHECK_INT(fake.prepared, 2);
    remote_sink_close(sink);
}

static void a_sink_may_take_what_was_before(void)
{
    begin();
    struct sink *sink =
        open_sink((struct remote_sink_settings){ .max_rows = 9, .takes_before = true });
    CHECK_INT(write_rows(sink, "+a=1 ~a=1 +a=2 -a=2"), OK);
    CHECK_INT(flush(sink), OK);
    check_log("a=1 -a a=2 -a; ");
    remote_sink_close(sink);
}

int main(void)
{
    arena = arena_create();
    RUN(rows_go_in_calls);
    RUN(a_call_takes_more_rows_where_they_wait);
    RUN(calls_have_a_size_in_bytes);
    RUN(a_row_waits_for_the_interval_only);
    RUN(without_an_interval_it_waits_for_the_flush);
    RUN(changes_become_puts_and_deletes);
    RUN(a_row_that_cannot_be_encoded_is_a_bad_row_of_its_batch);
    RUN(a_later_row_takes_the_place_of_an_earlier_one);
    RUN(but_not_of_one_that_is_being_sent);
    RUN(nor_of_one_that_a_flush_waits_for);
    RUN(many_keys_are_folded);
    RUN(a_server_that_is_away_is_waited_for);
    RUN(decided_rows_are_not_sent_again);
    RUN(a_row_at_fault_is_found);
    RUN(a_bad_row_may_be_the_end);
    RUN(failures_end_the_job_after_some_attempts);
    RUN(what_can_never_work_ends_the_job);
    RUN(a_full_queue_takes_nothing);
    RUN(closing_interrupts_a_call);
    RUN(closing_interrupts_a_pause);
    RUN(pauses_grow_up_to_a_limit);
    RUN(any_mixture_ends_with_the_newest_values);
    RUN(no_row_is_encoded_before_the_server_has_answered);
    RUN(what_can_never_be_prepared_ends_the_job);
    RUN(a_sink_may_take_what_was_before);
    RUN(want_of_memory_is_an_error);
    arena_destroy(arena);
    return check_failed != 0;
}
