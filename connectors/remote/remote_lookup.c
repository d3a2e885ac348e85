/* remote_lookup.c -- the threads of a look-up, and the queues between them and the engine.
 *
 * Parts of questions wait for a thread; a question whose last part is answered waits for the engine,
 * in the order in which they are done.  A failure ends all of it: whatever is asked for then is the
 * failure. */
#include "remote/remote_lookup.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "remote/remote_question.h"
#include "remote/remote_wait.h"

#include <stdio.h>
#include <unistd.h>

enum { QUESTIONS_MAX = 64 };

struct asker {
    struct remote_lookup *lookup;
    pthread_t thread;
    void *connection;      /* owned; under the lock */
    int64_t away_since_us; /* under the lock; 0: the server answers it */
};

struct remote_lookup {
    struct lookup base;
    const struct remote_lookup_kind *kind;
    void *self; /* owned */
    struct remote_lookup_settings settings;
    int wake_fd; /* readable while answers, or a failure, wait */
    struct asker *askers;
    uint32_t asker_count; /* threads that were started */
    char *place;          /* owned: "MySQL 127.0.0.1:3306" */

    struct remote_gate gate; /* guards the rest */
    bool is_closing;
    struct question **questions; /* all under way and answered; NULL: free */
    uint32_t question_count;
    struct remote_part *waiting, **waiting_tail;
    struct question *answered, **answered_tail;
    enum code failed;
    struct error failure;
};

/* --- the threads --------------------------------------------------------------------------- */

static void fail(struct remote_lookup *l, struct error *why)
{
    pthread_mutex_lock(&l->gate.lock);
    if (l->failed == OK) {
        l->failed = remote_final_code(why);
        l->failure = *why;
        pthread_cond_broadcast(&l->gate.changed);
        remote_event_set(l->wake_fd);
    }
    pthread_mutex_unlock(&l->gate.lock);
}

static bool is_over(const struct remote_lookup *l)
{
    return l->is_closing || l->failed != OK;
}

/* False: there will be no more attempts. */
static bool pause_before(struct asker *asker, uint32_t attempt)
{
    struct remote_lookup *l = asker->lookup;
    int64_t until_us = clock_monotonic_us() + remote_pause_us(attempt);
    pthread_mutex_lock(&l->gate.lock);
    if (asker->away_since_us == 0)
        asker->away_since_us = clock_monotonic_us();
    while (!is_over(l) && clock_monotonic_us() < until_us)
        remote_gate_wait(&l->gate, until_us);
    bool goes_on = !is_over(l);
    pthread_mutex_unlock(&l->gate.lock);
    return goes_on;
}

static void is_back(struct asker *asker)
{
    pthread_mutex_lock(&asker->lookup->gate.lock);
    asker->away_since_us = 0;
    pthread_mutex_unlock(&asker->lookup->gate.lock);
}

/* Until the part is answered; otherwise fails, unless the look-up is over. */
static bool find(struct asker *asker, struct remote_part *part)
{
    struct remote_lookup *l = asker->lookup;
    uint32_t failures = 0;
    for (uint32_t attempt = 0;; attempt++) {
        arena_reset(part->arena);
        struct remote_question question = {
            .keys = part->question->keys + part->first,
            .count = part->count,
            .arena = part->arena,
        };
        struct error why = { .code = OK };
        enum remote_outcome outcome = l->kind->find(asker->connection, &question, &why);
        part->rows = question.rows;
        part->key_of_row = question.key_of_row;
        if (outcome == REMOTE_DONE) {
            is_back(asker);
            return true;
        }
        bool tries = outcome == REMOTE_AWAY ||
                     (outcome == REMOTE_FAILED && ++failures <= l->settings.max_retries);
        if (!tries) {
            if (!why.message[0])
                error_set(&why, E_IO, "%s does not answer", l->place);
            fail(l, &why);
            return false;
        }
        if (!pause_before(asker, attempt))
            return false;
    }
}

static bool is_last_part(struct remote_lookup *l, struct question *q)
{
    pthread_mutex_lock(&l->gate.lock);
    bool is_last = --q->parts_left == 0;
    pthread_mutex_unlock(&l->gate.lock);
    return is_last;
}

/* With all parts answered, and no other thread at it. */
static void finish(struct remote_lookup *l, struct question *q)
{
    struct error why = { .code = OK };
    if (question_merge(q, &why) != OK) {
        fail(l, &why);
        return;
    }
    pthread_mutex_lock(&l->gate.lock);
    *l->answered_tail = q;
    l->answered_tail = &q->next;
    remote_event_set(l->wake_fd);
    pthread_mutex_unlock(&l->gate.lock);
}

/* NULL: the look-up is over. */
static struct remote_part *next_part(struct remote_lookup *l)
{
    pthread_mutex_lock(&l->gate.lock);
    while (!is_over(l) && !l->waiting)
        remote_gate_wait(&l->gate, INT64_MAX);
    struct remote_part *part = is_over(l) ? NULL : l->waiting;
    if (part && !(l->waiting = part->next))
        l->waiting_tail = &l->waiting;
    pthread_mutex_unlock(&l->gate.lock);
    return part;
}

static void keep_connection(struct asker *asker, void *connection)
{
    pthread_mutex_lock(&asker->lookup->gate.lock);
    asker->connection = connection;
    pthread_mutex_unlock(&asker->lookup->gate.lock);
}

static void *run(void *self)
{
    struct asker *asker = self;
    struct remote_lookup *l = asker->lookup;
    void *connection = l->kind->open_connection(l->self);
    struct error why;
    if (!connection) {
        error_nomem(&why);
        fail(l, &why);
        return NULL;
    }
    keep_connection(asker, connection);
    struct remote_part *part;
    while ((part = next_part(l)) && find(asker, part))
        if (is_last_part(l, part->question))
            finish(l, part->question);
    keep_connection(asker, NULL);
    l->kind->close_connection(connection);
    return NULL;
}

/* --- the engine's side --------------------------------------------------------------------- */

/* With the lock held. */
static enum code told_failure(const struct remote_lookup *l, struct error *err)
{
    if (l->failed != OK && err)
        *err = l->failure;
    return l->failed;
}

static enum code check_room(struct remote_lookup *l, struct error *err)
{
    pthread_mutex_lock(&l->gate.lock);
    enum code code = told_failure(l, err);
    if (code == OK && l->question_count == l->settings.max_questions)
        code = error_set(err, E_RETRY, "%u questions to %s wait for their answers",
                         l->question_count, l->place);
    pthread_mutex_unlock(&l->gate.lock);
    return code;
}

static struct question **slot_of(const struct remote_lookup *l, const struct question *q)
{
    uint32_t i = 0;
    while (l->questions[i] != q)
        i++;
    return &l->questions[i];
}

enum code remote_lookup_submit(struct lookup *base, const struct batch *keys, uint64_t ticket,
                               struct error *err)
{
    struct remote_lookup *l = (struct remote_lookup *)base;
    struct question *q;
    TRY(check_room(l, err));
    TRY(question_create(l->kind, l->self, keys, ticket, l->settings.max_keys, &q, err));
    pthread_mutex_lock(&l->gate.lock);
    *slot_of(l, NULL) = q;
    l->question_count++;
    for (uint32_t i = 0; i < q->part_count; i++) {
        *l->waiting_tail = &q->parts[i];
        l->waiting_tail = &q->parts[i].next;
    }
    pthread_cond_broadcast(&l->gate.changed);
    pthread_mutex_unlock(&l->gate.lock);
    if (q->part_count == 0)
        finish(l, q); /* nothing that can find anything */
    return OK;
}

static void destroy_question(void *q)
{
    question_destroy(q);
}

/* With the lock held. */
static enum code take_answer(struct remote_lookup *l, struct arena *arena, struct question **ret,
                             struct error *err)
{
    struct question *q = l->answered;
    *ret = NULL;
    TRY(told_failure(l, err));
    if (q && !arena_on_reset(arena, destroy_question, q))
        return error_nomem(err);
    if (q && !(l->answered = q->next))
        l->answered_tail = &l->answered;
    if (q) {
        *slot_of(l, q) = NULL;
        l->question_count--;
    }
    if (!l->answered)
        remote_event_clear(l->wake_fd);
    *ret = q;
    return OK;
}

enum code remote_lookup_poll(struct lookup *base, struct arena *arena, uint64_t *ret_ticket,
                             struct batch **ret_rows, const uint32_t **ret_key_row,
                             struct error *err)
{
    struct remote_lookup *l = (struct remote_lookup *)base;
    struct question *q;
    *ret_rows = NULL;
    pthread_mutex_lock(&l->gate.lock);
    enum code code = take_answer(l, arena, &q, err);
    pthread_mutex_unlock(&l->gate.lock);
    if (code != OK || !q)
        return code;
    *ret_ticket = q->ticket;
    *ret_rows = q->rows;
    *ret_key_row = q->key_row;
    return OK;
}

int remote_lookup_wake_fd(struct lookup *base)
{
    return ((struct remote_lookup *)base)->wake_fd;
}

/* Since when the first of the threads has been waiting. */
void remote_lookup_status(struct lookup *base, struct source_status *ret)
{
    struct remote_lookup *l = (struct remote_lookup *)base;
    int64_t since_us = 0;
    pthread_mutex_lock(&l->gate.lock);
    for (uint32_t i = 0; i < l->asker_count; i++) {
        int64_t away_us = l->askers[i].away_since_us;
        if (away_us != 0 && (since_us == 0 || away_us < since_us))
            since_us = away_us;
    }
    pthread_mutex_unlock(&l->gate.lock);
    *ret = (struct source_status){
        .lag_rows = -1,
        .waiting_for = since_us != 0 ? l->place : NULL,
        .waiting_since_us = since_us,
    };
}

/* --- opening and closing ------------------------------------------------------------------- */

static void stop_threads(struct remote_lookup *l)
{
    pthread_mutex_lock(&l->gate.lock);
    l->is_closing = true;
    pthread_cond_broadcast(&l->gate.changed);
    for (uint32_t i = 0; i < l->asker_count; i++)
        if (l->askers[i].connection)
            l->kind->interrupt(l->askers[i].connection);
    pthread_mutex_unlock(&l->gate.lock);
    for (uint32_t i = 0; i < l->asker_count; i++)
        pthread_join(l->askers[i].thread, NULL);
}

void remote_lookup_close(struct lookup *base)
{
    struct remote_lookup *l = (struct remote_lookup *)base;
    if (!l)
        return;
    stop_threads(l);
    for (uint32_t i = 0; l->questions && i < l->settings.max_questions; i++)
        question_destroy(l->questions[i]);
    l->kind->destroy(l->self);
    remote_gate_done(&l->gate);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    mem_free(l->place);
    mem_free(l->questions);
    mem_free(l->askers);
    mem_free(l);
}

static enum code start(struct remote_lookup *l, struct str endpoint, struct error *err)
{
    size_t place_size = strlen(l->kind->system) + endpoint.size + 2;
    l->place = mem_alloc(place_size);
    if (!l->place)
        return error_nomem(err);
    snprintf(l->place, place_size, "%s " STR_FMT, l->kind->system, STR_ARG(endpoint));
    l->questions = mem_array(l->settings.max_questions, sizeof(struct question *));
    l->askers = mem_array(l->settings.threads, sizeof *l->askers);
    if (!l->questions || !l->askers)
        return error_nomem(err);
    TRY(remote_event_create(&l->wake_fd, err));
    for (uint32_t i = 0; i < l->settings.threads; i++) {
        l->askers[i].lookup = l;
        TRY(remote_thread_start(&l->askers[i].thread, l->kind->system, "look", run, &l->askers[i],
                                err));
        pthread_mutex_lock(&l->gate.lock);
        l->asker_count++;
        pthread_mutex_unlock(&l->gate.lock);
    }
    return OK;
}

enum code remote_lookup_create(const struct lookup_kind *base,
                               const struct remote_lookup_kind *kind, void *self,
                               const struct remote_lookup_settings *settings, struct lookup **ret,
                               struct error *err)
{
    struct remote_lookup *l = mem_zalloc(sizeof *l);
    if (!l) {
        kind->destroy(self);
        return error_nomem(err);
    }
    l->base.kind = base;
    l->kind = kind;
    l->self = self;
    l->wake_fd = -1;
    l->settings = *settings;
    l->settings.endpoint = STR("");
    l->settings.threads = MAX(settings->threads, 1);
    l->settings.max_keys = MAX(settings->max_keys, 1);
    if (settings->max_questions == 0)
        l->settings.max_questions = QUESTIONS_MAX;
    l->waiting_tail = &l->waiting;
    l->answered_tail = &l->answered;
    remote_gate_init(&l->gate);
    enum code code = start(l, settings->endpoint, err);
    if (code != OK) {
        remote_lookup_close(&l->base);
        return code;
    }
    *ret = &l->base;
    return OK;
}
