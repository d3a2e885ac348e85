/* test_remote_lookup.c -- how questions are parted, answered, asked again and given up, against a
 * table in this program.
 *
 * The table has the rows "k 1", "k 2" ... for a key "kN" of N rows; each find() is written down as
 * its keys with blanks between and "; " behind.  It can be held, so that the test knows what waits. */
#include "remote/remote_lookup.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "remote/remote_rows.h"
#include "remote/remote_wait.h"
#include "support/check.h"

#include <poll.h>
#include <stdio.h>

enum { LIMIT_US = 20 * 1000 * 1000, STEPS_MAX = 8, LOG_MAX = 4096, COLUMNS = 2 };

struct fake {
    struct remote_gate gate; /* guards the rest */
    enum remote_outcome steps[STEPS_MAX];
    uint32_t step_count, finds, opened, closed, interrupted;
    bool holds;          /* find() waits until this is false */
    uint32_t holds_from; /* but not the first few */
    const char *held;    /* ... or only the one whose first key this is */
    bool has_no_memory;  /* open_connection() fails */
    bool is_wrong;       /* rows answer keys that were not asked */
    int destroyed;
    char log[LOG_MAX];
};

static struct fake fake;
static struct arena *arena;
static struct error error;
static const struct field fields[COLUMNS] = { { STR("k"), &type_string }, { STR("n"), &type_int } };
static const struct schema schema = { .fields = fields, .count = COLUMNS };

static enum code fake_encode(void *self, const struct batch *keys, uint32_t row, struct buf *bytes,
                             bool *ret_none, struct error *err)
{
    (void)self;
    *ret_none = !column_is_valid(keys->columns[0], row);
    struct str key = *ret_none ? STR("") : view_str(COLUMN_AT(keys->columns[0], struct view, row));
    buf_str(bytes, key);
    return str_is(key, "bad") ? error_set(err, E_DATA, "no key") : OK;
}

static void *fake_open(void *self)
{
    (void)self;
    pthread_mutex_lock(&fake.gate.lock);
    fake.opened++;
    bool is_there = !fake.has_no_memory;
    pthread_mutex_unlock(&fake.gate.lock);
    return is_there ? &fake : NULL;
}

static void write_down(const struct remote_question *q)
{
    size_t used = strlen(fake.log);
    for (uint32_t i = 0; i < q->count; i++)
        used += (size_t)snprintf(fake.log + used, sizeof fake.log - used, "%s" STR_FMT,
                                 i > 0 ? " " : "", STR_ARG(q->keys[i]));
    snprintf(fake.log + used, sizeof fake.log - used, "; ");
}

static enum remote_outcome wait_turn(const struct remote_question *q)
{
    int64_t limit = clock_monotonic_us() + LIMIT_US;
    pthread_mutex_lock(&fake.gate.lock);
    write_down(q);
    enum remote_outcome outcome =
        fake.finds < fake.step_count ? fake.steps[fake.finds] : REMOTE_DONE;
    uint32_t number = fake.finds++;
    pthread_cond_broadcast(&fake.gate.changed);
    while (fake.holds && number >= fake.holds_from && !fake.interrupted &&
           clock_monotonic_us() < limit && (!fake.held || str_is(q->keys[0], fake.held)))
        remote_gate_wait(&fake.gate, limit);
    pthread_mutex_unlock(&fake.gate.lock);
    return outcome;
}

static enum code find_rows(struct remote_question *q, struct error *err)
{
    struct remote_rows rows;
    uint32_t *key_of_row = arena_array(q->arena, uint32_t, 100);
    if (!key_of_row)
        return error_nomem(err);
    TRY(remote_rows_begin(&rows, q->arena, &schema, NULL, 0, err));
    for (uint32_t k = q->count; k-- > 0;) { /* in another order than asked */
        int count = q->keys[k].size > 1 ? q->keys[k].data[1] - '0' : 0;
        for (int i = 1; i <= count; i++) {
            key_of_row[rows.count] = fake.is_wrong ? 7 : k;
            TRY(remote_rows_add(&rows, err));
            TRY(remote_rows_set_bytes(&rows, 0, q->keys[k], err));
            TRY(remote_rows_set_int(&rows, 1, i, err));
        }
    }
    if (rows.count == 0)
        return OK;
    q->key_of_row = key_of_row;
    return remote_rows_end(&rows, &q->rows, err);
}

static enum remote_outcome fake_find(void *connection, struct remote_question *q, struct error *err)
{
    (void)connection;
    enum remote_outcome outcome = wait_turn(q);
    if (outcome != REMOTE_DONE) {
        error_set(err, E_RETRY, "the answer was %d", outcome);
        return outcome;
    }
    return find_rows(q, err) == OK ? REMOTE_DONE : REMOTE_FATAL;
}

static void fake_interrupt(void *connection)
{
    (void)connection;
    pthread_mutex_lock(&fake.gate.lock);
    fake.interrupted++;
    pthread_cond_broadcast(&fake.gate.changed);
    pthread_mutex_unlock(&fake.gate.lock);
}

static void fake_close(void *connection)
{
    (void)connection;
    pthread_mutex_lock(&fake.gate.lock);
    fake.closed++;
    pthread_mutex_unlock(&fake.gate.lock);
}

static void fake_destroy(void *self)
{
    (void)self;
    fake.destroyed++;
}

static const struct remote_lookup_kind fake_kind = {
    .system = "Fake",
    .encode_key = fake_encode,
    .open_connection = fake_open,
    .find = fake_find,
    .interrupt = fake_interrupt,
    .close_connection = fake_close,
    .destroy = fake_destroy,
};
static const struct lookup_kind lookup_kind = REMOTE_LOOKUP_KIND(NULL);

/* --- support ------------------------------------------------------------------------------- */

static void begin(void)
{
    arena_reset(arena);
    error = (struct error){ .code = OK };
    memset(&fake, 0, sizeof fake);
    remote_gate_init(&fake.gate);
}

static void script(const enum remote_outcome *steps, uint32_t count)
{
    memcpy(fake.steps, steps, count * sizeof *steps);
    fake.step_count = count;
}
#define SCRIPT(...)                                                                                \
    script((const enum remote_outcome[]){ __VA_ARGS__ },                                           \
           sizeof((const enum remote_outcome[]){ __VA_ARGS__ }) / sizeof(enum remote_outcome))

static void wait_finds(uint32_t finds)
{
    int64_t limit = clock_monotonic_us() + LIMIT_US;
    pthread_mutex_lock(&fake.gate.lock);
    while (fake.finds < finds && clock_monotonic_us() < limit)
        remote_gate_wait(&fake.gate, limit);
    CHECK(fake.finds >= finds);
    pthread_mutex_unlock(&fake.gate.lock);
}

static void release(void)
{
    pthread_mutex_lock(&fake.gate.lock);
    fake.holds = false;
    pthread_cond_broadcast(&fake.gate.changed);
    pthread_mutex_unlock(&fake.gate.lock);
}

static enum code create(struct remote_lookup_settings settings, struct lookup **ret)
{
    settings.endpoint = STR("127.0.0.1:1");
    return remote_lookup_create(&lookup_kind, &fake_kind, &fake, &settings, ret, &error);
}

static struct lookup *open_lookup(uint32_t threads, uint32_t max_keys)
{
    struct lookup *l = NULL;
    struct remote_lookup_settings settings = {
        .threads = threads,
        .max_keys = max_keys,
        .max_questions = 3,
        .max_retries = 2,
    };
    CHECK_INT(create(settings, &l), OK);
    return l;
}

/* "a1 b2 - .c1": keys with blanks between, a NULL, and a row that is not selected. */
static struct batch *keys_of(const char *text)
{
    uint32_t count = 0, selected = 0, cap = (uint32_t)strlen(text) + 1;
    struct column *k = column_create(arena, &type_string, cap);
    uint32_t *selection = arena_array(arena, uint32_t, cap);
    if (!k || !selection || !column_need_valid(k, arena))
        return NULL;
    for (const char *at = text; *at;) {
        size_t size = strcspn(at, " ");
        if (*at == '-')
            column_set_null(k, count);
        else
            COLUMN_OUT(k, struct view)[count] = view_make(at, size);
        if (*at != '.')
            selection[selected++] = count;
        count++;
        at += size + (at[size] == ' ');
    }
    struct batch *batch = batch_create(arena, 1, count);
    if (!batch)
        return NULL;
    batch->columns[0] = k;
    batch->selection = selection;
    batch->selected = selected;
    return batch;
}

static enum code ask(struct lookup *l, const char *keys, uint64_t ticket)
{
    return remote_lookup_submit(l, keys_of(keys), ticket, &error);
}

/* The next answer, as "ticket: key row=cells ..."; sorted by key row, since rows come in any
 * order.  "E" and the code on failure. */
static const char *answer(struct lookup *l)
{
    static char text[LOG_MAX];
    struct arena *mine = arena_create();
    uint64_t ticket = 0;
    struct batch *rows = NULL;
    const uint32_t *key_row = NULL;
    int64_t limit = clock_monotonic_us() + LIMIT_US;
    enum code code;
    for (;;) {
        struct pollfd fd = { .fd = remote_lookup_wake_fd(l), .events = POLLIN };
        code = remote_lookup_poll(l, mine, &ticket, &rows, &key_row, &error);
        if (code != OK || rows || clock_monotonic_us() > limit)
            break;
        poll(&fd, 1, 1000);
    }
    size_t used = (size_t)snprintf(text, sizeof text, "%d:", (int)ticket);
    for (uint32_t key = 0; rows && key < 100; key++)
        for (uint32_t i = 0; i < rows->selected; i++) {
            uint32_t row = batch_row(rows, i);
            if (key_row[row] == key)
                used += (size_t)snprintf(
                    text + used, sizeof text - used, " %u=" STR_FMT "/%d", key,
                    STR_ARG(view_str(COLUMN_AT(rows->columns[0], struct view, row))),
                    COLUMN_AT(rows->columns[1], int32_t, row));
        }
    if (code != OK || !rows)
        snprintf(text, sizeof text, "E %s", error.message);
    arena_destroy(mine);
    return text;
}

/* --- questions and answers ----------------------------------------------------------------- */

static void keys_are_asked_once(void)
{
    begin();
    struct lookup *l = open_lookup(1, 100);
    CHECK_INT(ask(l, "a1 b2 - .c1 bad d0", 7), OK);
    CHECK_STR(answer(l), "7: 0=a1/1 1=b2/1 1=b2/2");
    CHECK_INT(ask(l, "a1 b2 a1 .a1 a1", 8), OK);
    CHECK_STR(answer(l), "8: 0=a1/1 1=b2/1 1=b2/2 2=a1/1 4=a1/1");
    CHECK_STR(fake.log, "a1 b2 d0; a1 b2; ");
    remote_lookup_close(l);
    CHECK_INT(fake.opened, 1);
    CHECK_INT(fake.closed, 1);
    CHECK_INT(fake.destroyed, 1);
}

static void nothing_found_is_an_answer(void)
{
    begin();
    struct lookup *l = open_lookup(1, 100);
    CHECK_INT(ask(l, "a0 b0", 1), OK);
    CHECK_STR(answer(l), "1:");
    CHECK_INT(ask(l, "- -", 2), OK); /* and nobody was asked */
    CHECK_STR(answer(l), "2:");
    CHECK_INT(ask(l, "", 3), OK);
    CHECK_STR(answer(l), "3:");
    CHECK_STR(fake.log, "a0 b0; ");
    remote_lookup_close(l);
}

static void large_questions_are_parted(void)
{
    begin();
    struct lookup *l = open_lookup(3, 2);
    CHECK_INT(ask(l, "a1 b2 c0 d0 e1 a1", 1), OK);
    CHECK_STR(answer(l), "1: 0=a1/1 1=b2/1 1=b2/2 4=e1/1 5=a1/1");
    CHECK_INT(fake.finds, 3);
    remote_lookup_close(l);
    CHECK_INT(fake.opened, 3);
    CHECK_INT(fake.closed, 3);
}

static void answers_come_as_they_are_done(void)
{
    begin();
    fake.holds = true;
    fake.held = "a1";
    struct lookup *l = open_lookup(2, 100);
    CHECK_INT(ask(l, "a1", 1), OK);
    wait_finds(1);
    CHECK_INT(ask(l, "b1", 2), OK);
    CHECK_STR(answer(l), "2: 0=b1/1");
    release();
    CHECK_STR(answer(l), "1: 0=a1/1");
    remote_lookup_close(l);
}

static void too_many_questions_are_refused(void)
{
    begin();
    fake.holds = true;
    struct lookup *l = open_lookup(1, 100);
    CHECK_INT(ask(l, "a1", 1), OK);
    CHECK_INT(ask(l, "b1", 2), OK);
    CHECK_INT(ask(l, "c1", 3), OK);
    CHECK_INT(ask(l, "d1", 4), E_RETRY);
    CHECK_STR(error.message, "3 questions to Fake 127.0.0.1:1 wait for their answers");
    release();
    CHECK_STR(answer(l), "1: 0=a1/1");
    CHECK_INT(ask(l, "d1", 4), OK);
    CHECK_STR(answer(l), "2: 0=b1/1");
    CHECK_STR(answer(l), "3: 0=c1/1");
    CHECK_STR(answer(l), "4: 0=d1/1");
    remote_lookup_close(l);
}

/* --- faults -------------------------------------------------------------------------------- */

static void a_server_that_is_away_is_asked_again(void)
{
    begin();
    SCRIPT(REMOTE_AWAY, REMOTE_FAILED, REMOTE_FAILED);
    struct lookup *l = open_lookup(1, 100);
    CHECK_INT(ask(l, "a1", 1), OK);
    CHECK_STR(answer(l), "1: 0=a1/1");
    CHECK_STR(fake.log, "a1; a1; a1; a1; ");
    remote_lookup_close(l);
}

static void waiting_is_visible(void)
{
    begin();
    SCRIPT(REMOTE_AWAY);
    fake.holds = true;
    fake.holds_from = 1;
    struct lookup *l = open_lookup(2, 100);
    struct source_status status;
    remote_lookup_status(l, &status);
    CHECK_STR(status.waiting_for, NULL);
    CHECK_INT(ask(l, "a1", 1), OK);
    wait_finds(2); /* the second one is under way and has not answered yet */
    remote_lookup_status(l, &status);
    CHECK_STR(status.waiting_for, "Fake 127.0.0.1:1");
    CHECK(status.waiting_since_us > 0 && status.waiting_since_us <= clock_monotonic_us());
    release();
    CHECK_STR(answer(l), "1: 0=a1/1");
    remote_lookup_status(l, &status);
    CHECK_STR(status.waiting_for, NULL);
    remote_lookup_close(l);
}

static void failures_are_the_end(void)
{
    begin();
    SCRIPT(REMOTE_FAILED, REMOTE_FAILED, REMOTE_FAILED);
    struct lookup *l = open_lookup(2, 100);
    CHECK_INT(ask(l, "a1", 1), OK);
    CHECK_STR(answer(l), "E the answer was 2");
    CHECK_INT(error.code, E_IO);
    CHECK_INT(ask(l, "b1", 2), E_IO);
    remote_lookup_close(l);

    begin();
    SCRIPT(REMOTE_FATAL);
    l = open_lookup(1, 100);
    CHECK_INT(ask(l, "a1", 1), OK);
    CHECK_STR(answer(l), "E the answer was 4");
    remote_lookup_close(l);

    begin();
    SCRIPT(REMOTE_REFUSED);
    l = open_lookup(1, 100);
    CHECK_INT(ask(l, "a1", 1), OK);
    CHECK_STR(answer(l), "E the answer was 3");
    remote_lookup_close(l);

    begin();
    fake.has_no_memory = true;
    l = open_lookup(1, 100);
    CHECK_STR(answer(l), "E out of memory");
    remote_lookup_close(l);

    begin();
    fake.is_wrong = true;
    l = open_lookup(1, 100);
    CHECK_INT(ask(l, "a1", 1), OK);
    CHECK_STR(answer(l), "E a row answers a key that was not asked");
    remote_lookup_close(l);
}

static void closing_interrupts_what_is_under_way(void)
{
    begin();
    fake.holds = true;
    struct lookup *l = open_lookup(2, 1);
    CHECK_INT(ask(l, "a1 b1 c1", 1), OK);
    wait_finds(2);
    int64_t begun_us = clock_monotonic_us();
    remote_lookup_close(l);
    CHECK(clock_monotonic_us() - begun_us < 2000000);
    CHECK_INT(fake.interrupted, 2);

    begin();
    SCRIPT(REMOTE_AWAY, REMOTE_AWAY, REMOTE_AWAY, REMOTE_AWAY, REMOTE_AWAY, REMOTE_AWAY);
    l = open_lookup(1, 1);
    CHECK_INT(ask(l, "a1", 1), OK);
    wait_finds(3);
    begun_us = clock_monotonic_us();
    remote_lookup_close(l);
    CHECK(clock_monotonic_us() - begun_us < 2000000);
    remote_lookup_close(NULL);
}

/* --- when memory runs out ------------------------------------------------------------------ */

static enum code run_job(void)
{
    struct lookup *l = NULL;
    struct remote_lookup_settings settings = { .threads = 2, .max_keys = 2, .max_questions = 3 };
    struct batch *keys = keys_of("a1 b2 a1 c1 d3");
    if (!keys)
        return E_NOMEM;
    TRY(create(settings, &l));
    enum code code = remote_lookup_submit(l, keys, 1, &error);
    struct arena *mine = arena_create();
    struct batch *rows = NULL;
    while (code == OK && !rows && mine) {
        uint64_t ticket;
        const uint32_t *key_row;
        struct pollfd fd = { .fd = remote_lookup_wake_fd(l), .events = POLLIN };
        code = remote_lookup_poll(l, mine, &ticket, &rows, &key_row, &error);
        if (code == OK && !rows && poll(&fd, 1, LIMIT_US / 1000) != 1)
            code = E_LIMIT;
    }
    if (rows)
        CHECK_INT(rows->selected, 8);
    code = mine ? code : E_NOMEM;
    arena_destroy(mine);
    remote_lookup_close(l);
    return code;
}

static void want_of_memory_is_an_error(void)
{
    uint64_t n = 1;
    for (bool pending = false; !pending && n < 1000; n++) {
        begin();
        mem_fail_at(n);
        enum code code = run_job();
        pending = mem_fail_pending();
        mem_fail_at(0);
        CHECK_INT(code, pending ? OK : E_NOMEM);
    }
    CHECK(n > 5 && n < 1000);
}

int main(void)
{
    arena = arena_create();
    RUN(keys_are_asked_once);
    RUN(nothing_found_is_an_answer);
    RUN(large_questions_are_parted);
    RUN(answers_come_as_they_are_done);
    RUN(too_many_questions_are_refused);
    RUN(a_server_that_is_away_is_asked_again);
    RUN(waiting_is_visible);
    RUN(failures_are_the_end);
    RUN(closing_interrupts_what_is_under_way);
    RUN(want_of_memory_is_an_error);
    arena_destroy(arena);
    return check_failed != 0;
}
