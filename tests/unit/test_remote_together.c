/* test_remote_together.c -- rows that a sink to a server sends as they lie, and what comes of them
 * when they are refused; the rest of the sink is in test_remote_sink.c.
 *
 * Rows are letters.  A call is written down as "[abc] " where the rows are sent together ("+[abc] "
 * where they are sent again), else as "abc "; a delete is a capital. */
#include "remote/remote_sink.h"

#include "base/arena.h"
#include "base/clock.h"
#include "support/check.h"
#include "types/batch.h"

#include <poll.h>

enum { LIMIT_MS = 20000, STEPS_MAX = 8, LOG_MAX = 1024 };

/* Read when a flush is over or the sink is closed: then the sender does not write. */
static struct fake {
    enum remote_outcome steps[STEPS_MAX]; /* one a call; then REMOTE_DONE */
    uint32_t step_count, calls;
    char poison;  /* a call with this row is refused */
    char bad_row; /* its verdict is REMOTE_BAD */
    char log[LOG_MAX];
} fake;
static char refused[LOG_MAX]; /* "reason (row); " */
static struct arena *arena;
static struct error error;

static void append(char *log, const char *text, size_t size)
{
    size_t used = strlen(log);
    if (used + size < LOG_MAX)
        memcpy(log + used, text, size); /* the rest is zeros */
}

static enum code encode(void *self, const struct batch *in, uint32_t row, bool is_delete,
                        struct buf *bytes, struct buf *key, struct error *err)
{
    char letter = (char)COLUMN_AT(in->columns[0], int8_t, row);
    (void)self;
    (void)err;
    buf_char(bytes, (char)(is_delete ? letter - 'a' + 'A' : letter));
    buf_char(key, letter);
    return OK;
}

static enum remote_outcome answer(struct error *err)
{
    enum remote_outcome outcome =
        fake.calls < fake.step_count ? fake.steps[fake.calls] : REMOTE_DONE;
    fake.calls++;
    if (outcome != REMOTE_DONE)
        error_set(err, E_RETRY, "it was %d", outcome);
    return outcome;
}

static enum remote_outcome send(void *self, struct remote_call *call, struct error *err)
{
    enum remote_outcome outcome = answer(err);
    (void)self;
    for (uint32_t i = 0; i < call->count; i++) {
        char letter = call->rows[i].bytes.data[0];
        append(fake.log, &letter, 1);
        if (letter == fake.poison)
            outcome = REMOTE_REFUSED;
        if (letter == fake.bad_row) {
            call->rows[i].verdict = REMOTE_BAD;
            call->rows[i].reason = remote_reason(call, "too long");
        }
    }
    append(fake.log, " ", 1);
    if (outcome == REMOTE_REFUSED)
        error_set(err, E_DATA, "no place");
    return outcome;
}

static enum remote_outcome send_together(void *self, struct str rows, bool is_again,
                                         struct error *err)
{
    (void)self;
    append(fake.log, is_again ? "+[" : "[", is_again ? 2 : 1);
    append(fake.log, rows.data, rows.size);
    append(fake.log, "] ", 2);
    return answer(err);
}

static void ignore(void *self)
{
    (void)self;
}

static const struct remote_sink_kind together = {
    .system = "Fake",
    .encode = encode,
    .send = send,
    .send_together = send_together,
    .interrupt = ignore,
    .destroy = ignore,
};
static const struct remote_sink_kind one_by_one = {
    .system = "Fake",
    .encode = encode,
    .send = send,
    .interrupt = ignore,
    .destroy = ignore,
};
static const struct sink_kind sink_kind = REMOTE_SINK_KIND(NULL);

static enum code report(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    (void)self;
    (void)err;
    append(refused, row->reason.data, row->reason.size);
    append(refused, " (", 2);
    append(refused, row->raw.data, row->raw.size);
    append(refused, "); ", 3);
    return OK;
}
static struct bad_rows bad_rows = { .report = report };

static struct sink *open_sink(const struct remote_sink_kind *kind,
                              struct remote_sink_settings settings)
{
    struct sink *sink = NULL;
    fake = (struct fake){ .calls = 0 };
    memset(refused, 0, sizeof refused);
    settings.endpoint = STR("127.0.0.1:1");
    settings.guarantee = "at-least-once";
    CHECK_INT(remote_sink_create(&sink_kind, kind, &fake, &settings, &bad_rows, &sink, &error), OK);
    return sink;
}

static void script(enum remote_outcome first, enum remote_outcome second)
{
    fake.steps[0] = first;
    fake.steps[1] = second;
    fake.step_count = 2;
}

/* Writes the rows and flushes. */
static enum code put(struct sink *sink, const char *text)
{
    uint32_t count = (uint32_t)strlen(text);
    bool is_done = false;
    struct batch *batch = batch_create(arena, 1, count);
    struct column *column = column_create(arena, &type_tinyint, count);
    uint8_t *changes = arena_array(arena, uint8_t, count);
    for (uint32_t i = 0; i < count; i++) {
        bool is_delete = text[i] < 'a';
        COLUMN_OUT(column, int8_t)[i] = (int8_t)(is_delete ? text[i] - 'A' + 'a' : text[i]);
        changes[i] = is_delete ? CHANGE_DELETE : CHANGE_INSERT;
    }
    batch->columns[0] = column;
    batch->changes = changes;
    enum code code = remote_sink_write(sink, batch, &error);
    if (code == OK)
        code = remote_sink_flush_start(sink, &error);
    while (code == OK) {
        code = remote_sink_flush_poll(sink, &is_done, &error);
        struct pollfd fd = { .fd = remote_sink_wake_fd(sink), .events = POLLIN };
        if (is_done || (code == OK && !CHECK_INT(poll(&fd, 1, LIMIT_MS), 1)))
            break;
    }
    return code;
}

static int64_t pending(struct sink *sink)
{
    struct sink_status status;
    remote_sink_status(sink, &status);
    return status.pending_rows;
}

static void rows_go_as_they_lie(void)
{
    struct sink *sink = open_sink(&together, (struct remote_sink_settings){ .max_rows = 3 });
    CHECK_INT(put(sink, "abcd"), OK);
    CHECK_INT(put(sink, "eFg"), OK); /* not with a delete among them */
    CHECK_INT(pending(sink), 0);
    CHECK_STR(fake.log, "[abc] [d] eFg ");
    remote_sink_close(sink);
}

static void without_those_that_others_stand_for(void)
{
    struct sink *sink =
        open_sink(&together, (struct remote_sink_settings){ .max_rows = 100, .folds = true });
    CHECK_INT(put(sink, "abCac"), OK);
    CHECK_STR(fake.log, "[bac] ");
    remote_sink_close(sink);
}

/* Where the job goes on without refused rows, the ones before them are still there. */
static void the_row_before_a_refused_one_counts_again(void)
{
    const struct remote_sink_kind *const kinds[] = { &together, &one_by_one };
    const struct remote_sink_settings settings = { .max_rows = 9, .folds = true };
    bad_rows.goes_on = true;
    for (size_t i = 0; i < countof(kinds); i++) {
        struct sink *sink = open_sink(kinds[i], settings);
        fake.bad_row = 'B';
        fake.poison = 'a';
        CHECK_INT(put(sink, "AabBcAa"), OK);
        /* B is named, and a is found by halves. */
        CHECK_STR(fake.log, "Bca bca b ca c a A ");
        CHECK_STR(refused, "too long (B); no place (a); ");
        CHECK_INT(pending(sink), 0);
        fake.bad_row = 'x';
        CHECK_INT(put(sink, "xaXx"), OK);
        CHECK_STR(fake.log, "Bca bca b ca c a A ax aX a X ");
        remote_sink_close(sink);
    }
    bad_rows.goes_on = false; /* else nothing is kept */
    struct sink *sink = open_sink(&one_by_one, settings);
    fake.bad_row = 'B';
    CHECK_INT(put(sink, "bB"), OK);
    CHECK_STR(fake.log, "B ");
    remote_sink_close(sink);
}

static void they_go_again_while_the_server_is_away(void)
{
    struct sink *sink = open_sink(&together, (struct remote_sink_settings){ .max_rows = 2 });
    struct sink_status status;
    script(REMOTE_AWAY, REMOTE_FAILED);
    CHECK_INT(put(sink, "ab"), E_IO); /* no attempts are left after one that failed */
    CHECK_STR(fake.log, "[ab] +[ab] ");
    CHECK_STR(error.message, "it was 2");
    CHECK_INT(pending(sink), 2);
    remote_sink_close(sink);

    sink = open_sink(&together, (struct remote_sink_settings){ .max_rows = 2, .max_retries = 1 });
    script(REMOTE_AWAY, REMOTE_FAILED);
    CHECK_INT(put(sink, "ab"), OK);
    CHECK_STR(fake.log, "[ab] +[ab] +[ab] ");
    remote_sink_status(sink, &status);
    CHECK_STR(status.waiting_for, NULL);
    remote_sink_close(sink);
}

static void what_can_never_work_ends_the_job(void)
{
    struct sink *sink = open_sink(&together, (struct remote_sink_settings){ .max_rows = 2 });
    script(REMOTE_FATAL, REMOTE_DONE);
    CHECK_INT(put(sink, "ab"), E_IO);
    CHECK_STR(fake.log, "[ab] ");
    remote_sink_close(sink);
}

static void those_that_are_refused_are_divided(void)
{
    struct sink *sink = open_sink(&together, (struct remote_sink_settings){ .max_rows = 5 });
    script(REMOTE_REFUSED, REMOTE_DONE);
    fake.poison = 'x';
    CHECK_INT(put(sink, "abcxd"), OK);
    CHECK_STR(fake.log, "[abcxd] ab cxd c xd x d ");
    CHECK_STR(refused, "no place (x); ");
    CHECK_INT(pending(sink), 0);
    remote_sink_close(sink);

    sink = open_sink(&together, (struct remote_sink_settings){ .max_rows = 1 });
    script(REMOTE_REFUSED, REMOTE_DONE);
    CHECK_INT(put(sink, "x"), OK);
    CHECK_STR(fake.log, "[x] "); /* it was alone */
    CHECK_STR(refused, "it was 3 (x); ");
    CHECK_INT(pending(sink), 0);
    remote_sink_close(sink);
}

/* A verdict on its neighbour says nothing about the row that is left. */
static void a_row_is_refused_alone_only(void)
{
    struct sink *sink = open_sink(&one_by_one, (struct remote_sink_settings){ .max_rows = 2 });
    script(REMOTE_REFUSED, REMOTE_DONE);
    fake.bad_row = 'x';
    CHECK_INT(put(sink, "xa"), OK);
    CHECK_STR(fake.log, "xa a ");
    CHECK_STR(refused, "too long (x); ");
    remote_sink_close(sink);
}

int main(void)
{
    arena = arena_create();
    RUN(rows_go_as_they_lie);
    RUN(without_those_that_others_stand_for);
    RUN(the_row_before_a_refused_one_counts_again);
    RUN(they_go_again_while_the_server_is_away);
    RUN(what_can_never_work_ends_the_job);
    RUN(those_that_are_refused_are_divided);
    RUN(a_row_is_refused_alone_only);
    arena_destroy(arena);
    return check_failed != 0;
}
