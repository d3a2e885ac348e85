/* kafka_scout.c -- see kafka_scout.h.
 *
 * The lock guards what both threads see and is never held during a question to a
 * broker.  Topics belong to the scout's thread alone; partitions of a topic only
 * grow in number, so how many are known is all there is to remember. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka_scout.h"

#include "base/clock.h"
#include "base/memory.h"
#include "kafka/kafka_offsets.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    ASK_LIMIT_MS = 1000,  /* of one question for metadata */
    AGAIN_MS = 200,       /* after an answer that was none */
    MISSING_ROUNDS = 5,   /* a topic may just have been made: so often it is looked for */
    GONE_LIMIT_MS = 5000, /* a broker that has just started may not know a topic for a moment */
};

struct scout_topic {
    struct scout_topic *next;
    rd_kafka_topic_t *handle; /* NULL until it is asked for */
    int32_t known;            /* partitions that were handed out */
    char name[];
};

struct kafka_scout {
    const struct kafka_scout_plan *plan;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;
    pthread_cond_t call; /* stop or probe */
    atomic_bool has_news;

    /* under lock */
    bool stop;
    bool probe;
    bool complete; /* the first round is done */
    bool failed;
    struct error error;
    struct kafka_found *found; /* not yet taken */
    uint32_t found_count, found_cap;
    int64_t waiting_since_us;
    char waiting_for[160];

    /* the thread's own */
    struct scout_topic *topics, **topics_tail;
    struct kafka_found *fresh; /* of this round */
    uint32_t fresh_count, fresh_cap;
    uint32_t missing_rounds;
    int64_t gone_since_us; /* a topic that was there is not; 0: all are */
    char away[160];        /* what did not answer in this round */
};

/* --- telling the source -------------------------------------------------------------- */

static void wake(struct kafka_scout *s)
{
    uint64_t one = 1;
    atomic_store(&s->has_news, true);
    ssize_t ignored = write(s->plan->wake_fd, &one, sizeof one);
    (void)ignored; /* full: it is readable already */
}

static void tell_waiting(struct kafka_scout *s, bool is_waiting)
{
    pthread_mutex_lock(&s->lock);
    bool changed = is_waiting != (s->waiting_since_us != 0);
    if (!is_waiting)
        s->waiting_since_us = 0;
    else if (s->waiting_since_us == 0)
        s->waiting_since_us = clock_monotonic_us();
    memcpy(s->waiting_for, s->away, sizeof s->away);
    pthread_mutex_unlock(&s->lock);
    if (changed)
        wake(s);
}

static void tell_failure(struct kafka_scout *s, const struct error *error)
{
    pthread_mutex_lock(&s->lock);
    s->failed = true;
    s->error = *error;
    pthread_mutex_unlock(&s->lock);
    wake(s);
}

static bool grow(struct kafka_found **items, uint32_t *cap, uint32_t wanted)
{
    if (wanted <= *cap)
        return true;
    uint32_t more = MAX(wanted, *cap * 2);
    struct kafka_found *grown = mem_realloc(*items, more * sizeof *grown);
    if (!grown)
        return false;
    *items = grown;
    *cap = more;
    return true;
}

static bool tell_found(struct kafka_scout *s)
{
    pthread_mutex_lock(&s->lock);
    bool news = s->fresh_count > 0 || !s->complete;
    bool fits = grow(&s->found, &s->found_cap, s->found_count + s->fresh_count);
    if (fits) {
        if (s->fresh_count > 0)
            memcpy(s->found + s->found_count, s->fresh, s->fresh_count * sizeof *s->fresh);
        s->found_count += s->fresh_count;
        s->complete = true;
    }
    pthread_mutex_unlock(&s->lock);
    if (news && fits)
        wake(s);
    return fits;
}

/* --- one round ----------------------------------------------------------------------- */

static struct scout_topic *add_topic(struct kafka_scout *s, const char *name)
{
    for (struct scout_topic *t = s->topics; t; t = t->next)
        if (strcmp(t->name, name) == 0)
            return t;
    size_t size = strlen(name) + 1;
    struct scout_topic *t = mem_zalloc(sizeof *t + size);
    if (!t)
        return NULL;
    memcpy(t->name, name, size);
    *s->topics_tail = t;
    s->topics_tail = &t->next;
    return t;
}

static enum kafka_answer no_answer(struct kafka_scout *s, rd_kafka_resp_err_t err,
                                   struct error *error)
{
    if (kafka_error_passes((int)err)) {
        snprintf(s->away, sizeof s->away, "Kafka at " STR_FMT, STR_ARG(s->plan->brokers));
        return ANSWER_LATER;
    }
    error_set(error, E_IO, "cannot ask Kafka at " STR_FMT " for its topics: %s",
              STR_ARG(s->plan->brokers), rd_kafka_err2str(err));
    return ANSWER_NEVER;
}

static enum kafka_answer topic_problem(struct kafka_scout *s, const char *topic,
                                       rd_kafka_resp_err_t err, struct error *error)
{
    bool is_missing =
        err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    if (s->complete) {
        return ANSWER_OK; /* found before: the consumer will say what has become of it */
    } else if (is_missing && ++s->missing_rounds >= MISSING_ROUNDS) {
        error_set(error, E_IO, "topic \"%s\" does not exist in Kafka at " STR_FMT, topic,
                  STR_ARG(s->plan->brokers));
        return ANSWER_NEVER;
    } else if (is_missing || kafka_error_passes((int)err)) {
        snprintf(s->away, sizeof s->away, "topic %s", topic);
        return ANSWER_LATER;
    }
    error_set(error, E_IO, "cannot read topic \"%s\" of Kafka at " STR_FMT ": %s", topic,
              STR_ARG(s->plan->brokers), rd_kafka_err2str(err));
    return ANSWER_NEVER;
}

static enum kafka_answer take_topic(struct kafka_scout *s, const rd_kafka_metadata_topic_t *meta,
                                    struct error *error)
{
    if (meta->err)
        return topic_problem(s, meta->topic, meta->err, error);
    struct scout_topic *topic = add_topic(s, meta->topic);
    if (!topic) {
        error_nomem(error);
        return ANSWER_NEVER;
    }
    for (int i = 0; i < meta->partition_cnt; i++) {
        const rd_kafka_metadata_partition_t *p = &meta->partitions[i];
        if (p->id < topic->known)
            continue;
        if (p->leader < 0) {
            snprintf(s->away, sizeof s->away, "the leader of %s-%d", meta->topic, (int)p->id);
            return ANSWER_LATER;
        }
        if (!grow(&s->fresh, &s->fresh_cap, s->fresh_count + 1)) {
            error_nomem(error);
            return ANSWER_NEVER;
        }
        s->fresh[s->fresh_count++] =
            (struct kafka_found){ .topic = topic->name, .partition = p->id };
    }
    return ANSWER_OK;
}

static enum kafka_answer ask_topic(struct kafka_scout *s, struct scout_topic *topic,
                                   struct error *error)
{
    if (!topic->handle)
        topic->handle = rd_kafka_topic_new(s->plan->rk, topic->name, NULL);
    if (!topic->handle)
        return topic_problem(s, topic->name, rd_kafka_last_error(), error);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t err =
        rd_kafka_metadata(s->plan->rk, 0, topic->handle, &metadata, ASK_LIMIT_MS);
    if (err)
        return no_answer(s, err, error);
    enum kafka_answer answer = ANSWER_OK;
    for (int i = 0; i < metadata->topic_cnt && answer == ANSWER_OK; i++)
        if (strcmp(metadata->topics[i].topic, topic->name) == 0)
            answer = take_topic(s, &metadata->topics[i], error);
    rd_kafka_metadata_destroy(metadata);
    return answer;
}

static enum kafka_answer ask_all(struct kafka_scout *s, struct error *error)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t err = rd_kafka_metadata(s->plan->rk, 1, NULL, &metadata, ASK_LIMIT_MS);
    if (err)
        return no_answer(s, err, error);
    enum kafka_answer answer = ANSWER_OK;
    uint32_t matches = 0;
    for (int i = 0; i < metadata->topic_cnt && answer == ANSWER_OK; i++) {
        const rd_kafka_metadata_topic_t *topic = &metadata->topics[i];
        /* Topics of Kafka itself are not meant, as with Flink. */
        if (strncmp(topic->topic, "__", 2) == 0 ||
            !name_pattern_matches(s->plan->pattern, topic->topic))
            continue;
        matches++;
        answer = take_topic(s, topic, error);
    }
    rd_kafka_metadata_destroy(metadata);
    bool may_come = s->plan->start.discovery_interval_ms > 0 && !s->plan->start.bounded;
    if (answer == ANSWER_OK && matches == 0 && !may_come) {
        if (++s->missing_rounds < MISSING_ROUNDS)
            return ANSWER_LATER;
        error_set(error, E_IO,
                  "no topic of Kafka at " STR_FMT " matches the pattern \"" STR_FMT "\"",
                  STR_ARG(s->plan->brokers), STR_ARG(s->plan->topics.pattern));
        return ANSWER_NEVER;
    }
    return answer;
}

static void remember_fresh(struct kafka_scout *s)
{
    for (uint32_t i = 0; i < s->fresh_count; i++)
        for (struct scout_topic *t = s->topics; t; t = t->next)
            if (t->name == s->fresh[i].topic)
                t->known = MAX(t->known, s->fresh[i].partition + 1);
}

static enum kafka_answer round_of(struct kafka_scout *s, struct error *error)
{
    enum kafka_answer answer = ANSWER_OK;
    s->fresh_count = 0;
    s->away[0] = '\0';
    if (s->plan->pattern)
        answer = ask_all(s, error);
    else
        for (struct scout_topic *t = s->topics; t && answer == ANSWER_OK; t = t->next)
            answer = ask_topic(s, t, error);
    if (answer != ANSWER_OK)
        return answer;
    answer = kafka_offsets_find(s->plan, !s->complete, s->fresh, s->fresh_count, s->away,
                                sizeof s->away, error);
    if (answer != ANSWER_OK)
        return answer;
    if (!tell_found(s)) {
        error_nomem(error);
        return ANSWER_NEVER;
    }
    remember_fresh(s);
    return ANSWER_OK;
}

/* Whether somebody answers, and the topics of the job are still there.  With a pattern topics may
 * come and go. */
static enum kafka_answer probe_topic(struct kafka_scout *s, struct scout_topic *t,
                                     struct error *error)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t err =
        rd_kafka_metadata(s->plan->rk, 0, t ? t->handle : NULL, &metadata, ASK_LIMIT_MS);
    if (err)
        return no_answer(s, err, error);
    bool is_gone = false;
    for (int i = 0; t && t->handle && i < metadata->topic_cnt; i++)
        is_gone = is_gone || (strcmp(metadata->topics[i].topic, t->name) == 0 &&
                              metadata->topics[i].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    rd_kafka_metadata_destroy(metadata);
    if (!is_gone)
        return ANSWER_OK;
    int64_t now_us = clock_monotonic_us();
    if (s->gone_since_us == 0)
        s->gone_since_us = now_us;
    snprintf(s->away, sizeof s->away, "topic %s", t->name);
    if (now_us - s->gone_since_us < (int64_t)GONE_LIMIT_MS * 1000)
        return ANSWER_LATER;
    error_set(error, E_IO, "topic \"%s\" is gone from Kafka at " STR_FMT, t->name,
              STR_ARG(s->plan->brokers));
    return ANSWER_NEVER;
}

static enum kafka_answer probe(struct kafka_scout *s, struct error *error)
{
    enum kafka_answer answer = ANSWER_OK;
    s->away[0] = '\0';
    if (s->plan->pattern)
        return probe_topic(s, NULL, error);
    for (struct scout_topic *t = s->topics; t && answer == ANSWER_OK; t = t->next)
        answer = probe_topic(s, t, error);
    if (answer == ANSWER_OK)
        s->gone_since_us = 0;
    return answer;
}

/* --- the thread ---------------------------------------------------------------------- */

/* Sleeps until `due_us` (monotonic; 0: for ever), a stop, or, if `hears_probe`, a call; false:
 * stop.  What a probe finds can be what it is called for again, so probes never follow each other at
 * once. */
static bool sleep_until(struct kafka_scout *s, int64_t due_us, bool hears_probe, bool *ret_probe)
{
    struct timespec until = { due_us / 1000000, due_us % 1000000 * 1000 };
    int wrong = 0;
    pthread_mutex_lock(&s->lock);
    while (!s->stop && !(s->probe && hears_probe) && wrong != ETIMEDOUT)
        wrong = due_us ? pthread_cond_timedwait(&s->call, &s->lock, &until)
                       : pthread_cond_wait(&s->call, &s->lock);
    *ret_probe = s->probe;
    s->probe = false;
    bool goes_on = !s->stop;
    pthread_mutex_unlock(&s->lock);
    return goes_on;
}

static void *run(void *self)
{
    struct kafka_scout *s = self;
    int64_t interval_us = s->plan->start.bounded ? 0 : s->plan->start.discovery_interval_ms * 1000;
    bool round = true, probing = false;
    int64_t due_us = 0;
    for (;;) {
        struct error error = { .code = OK };
        enum kafka_answer answer = ANSWER_OK;
        if (round)
            answer = round_of(s, &error);
        else if (probing)
            answer = probe(s, &error);
        if (answer == ANSWER_NEVER && (!s->complete || !round)) {
            tell_failure(s, &error);
            return NULL;
        }
        /* Later rounds are only about what is new: nobody waits for them. */
        if (answer != ANSWER_LATER || !s->complete || probing)
            tell_waiting(s, answer == ANSWER_LATER);
        int64_t now_us = clock_monotonic_us();
        bool again = answer == ANSWER_LATER;
        if (round && !again)
            due_us = interval_us ? now_us + interval_us : 0;
        bool asked;
        bool pause = again || probing;
        if (pause && !sleep_until(s, now_us + (int64_t)AGAIN_MS * 1000, false, &asked))
            return NULL;
        if (!pause && !sleep_until(s, due_us, true, &asked))
            return NULL;
        probing = asked || (again && probing);
        round = !s->complete || (due_us != 0 && clock_monotonic_us() >= due_us) ||
                (again && round && !probing);
    }
}

/* --- from the source ----------------------------------------------------------------- */

enum code kafka_scout_start(const struct kafka_scout_plan *plan, struct kafka_scout **ret,
                            struct error *err)
{
    struct kafka_scout *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->plan = plan;
    s->topics_tail = &s->topics;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->call, &attr);
    pthread_condattr_destroy(&attr);
    for (uint32_t i = 0; !plan->pattern && i < plan->topics.count; i++) {
        if (!add_topic(s, plan->topics.names[i].data)) {
            kafka_scout_stop(s);
            return error_nomem(err);
        }
    }
    /* Signals are for the program's own threads. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int wrong = pthread_create(&s->thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    s->has_thread = wrong == 0;
    if (wrong != 0) {
        kafka_scout_stop(s);
        return error_set(err, E_LIMIT, "could not start a thread: %s", strerror(wrong));
    }
    *ret = s;
    return OK;
}

void kafka_scout_stop(struct kafka_scout *s)
{
    if (!s)
        return;
    if (s->has_thread) {
        pthread_mutex_lock(&s->lock);
        s->stop = true;
        pthread_cond_signal(&s->call);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
    }
    for (struct scout_topic *t = s->topics, *next; t; t = next) {
        next = t->next;
        if (t->handle)
            rd_kafka_topic_destroy(t->handle);
        mem_free(t);
    }
    mem_free(s->found);
    mem_free(s->fresh);
    pthread_cond_destroy(&s->call);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

bool kafka_scout_has_news(const struct kafka_scout *s)
{
    return atomic_load_explicit(&s->has_news, memory_order_relaxed);
}

enum code kafka_scout_take(struct kafka_scout *s, struct arena *arena,
                           const struct kafka_found **ret, uint32_t *ret_count, bool *ret_complete,
                           struct error *err)
{
    enum code code = OK;
    pthread_mutex_lock(&s->lock);
    atomic_store(&s->has_news, false);
    struct kafka_found *copy = arena_array(arena, struct kafka_found, MAX(s->found_count, 1));
    if (s->failed) {
        if (err)
            *err = s->error;
        code = s->error.code;
    } else if (!copy) {
        code = error_nomem(err);
    } else {
        if (s->found_count > 0)
            memcpy(copy, s->found, s->found_count * sizeof *copy);
        *ret = copy;
        *ret_count = s->found_count;
        *ret_complete = s->complete;
        s->found_count = 0;
    }
    pthread_mutex_unlock(&s->lock);
    return code;
}

void kafka_scout_probe(struct kafka_scout *s)
{
    pthread_mutex_lock(&s->lock);
    s->probe = true;
    pthread_cond_signal(&s->call);
    pthread_mutex_unlock(&s->lock);
}

int64_t kafka_scout_waiting_since_us(struct kafka_scout *s, char *text, size_t text_bytes)
{
    pthread_mutex_lock(&s->lock);
    int64_t since_us = s->waiting_since_us;
    snprintf(text, text_bytes, "%s", s->waiting_for);
    pthread_mutex_unlock(&s->lock);
    return since_us;
}
