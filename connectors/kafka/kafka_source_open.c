/* kafka_source_open.c -- a source from its options to its end.
 *
 * One consumer reads all partitions of the table by explicit assignment; it never
 * joins its group, so every reader sees every message.  Opening waits for the first
 * answer of the brokers, which makes a wrong topic or password an error at once, but
 * only for a moment: brokers that are away are waited for by poll(), visibly. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka_source.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/number.h"
#include "kafka/kafka_conf.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    OPEN_LIMIT_MS = 10000,
    AWAY_LIMIT_MS = 1000, /* so long a first answer is waited for when there is none */
};

/* --- callbacks, all on the thread that polls ----------------------------------------- */

static void fail(struct kafka_source_state *s, const char *what, const char *reason)
{
    if (s->failed)
        return;
    s->failed =
        error_set(&s->failure, E_IO, "%s " STR_FMT ": %s", what, STR_ARG(s->brokers), reason);
}

static void on_error(rd_kafka_t *rk, int resp_err, const char *reason, void *self)
{
    struct kafka_source_state *s = self;
    char text[256];
    switch ((rd_kafka_resp_err_t)resp_err) {
    case RD_KAFKA_RESP_ERR__FATAL:
        rd_kafka_fatal_error(rk, text, sizeof text);
        fail(s, "cannot go on reading from Kafka at", text);
        return;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__SSL:
        /* Refused at the start is refused for good; later it may be a broker that is being
         * changed. */
        if (!s->complete) {
            fail(s, "cannot connect to Kafka at", reason);
            return;
        }
        break;
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        return; /* the commit says so, if there ever is one */
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        kafka_scout_probe(s->scout);
        return; /* the reason came before */
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        s->lost_topic = true;
        break;
    default:
        break;
    }
    snprintf(s->trouble, sizeof s->trouble, "%s", reason);
    if (s->scout)
        kafka_scout_probe(s->scout);
}

static void on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t resp_err,
                      rd_kafka_topic_partition_list_t *list, void *self)
{
    (void)rk, (void)list;
    kafka_source_on_commit(self, (int)resp_err);
}

/* What librdkafka would print by itself comes back through on_error, as far as it matters. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

/* --- assignment ---------------------------------------------------------------------- */

static enum code assign(struct kafka_source_state *s, rd_kafka_topic_partition_list_t *list,
                        struct error *err)
{
    rd_kafka_error_t *error = rd_kafka_incremental_assign(s->rk, list);
    if (!error)
        return OK;
    enum code code = error_set(err, E_IO, "cannot read the partitions of table \"" STR_FMT "\": %s",
                               STR_ARG(s->table), rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return code;
}

enum code kafka_source_read_again(struct kafka_source_state *s, const struct kafka_split *split,
                                  struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, split->topic->name.data, split->partition)->offset =
        split->next;
    rd_kafka_error_t *error = rd_kafka_incremental_unassign(s->rk, list);
    if (error)
        rd_kafka_error_destroy(error);
    enum code code = assign(s, list, err);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

/* Each topic begins with another worker, so that many small ones are shared as well. */
static bool is_ours(const struct kafka_source_state *s, const struct kafka_found *found)
{
    uint64_t first = hash_bytes(found->topic, strlen(found->topic), 0) % s->share.workers;
    return source_share_has(&s->share, first + (uint64_t)found->partition);
}

enum code kafka_source_take_news(struct kafka_source_state *s, struct error *err)
{
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    const struct kafka_found *found = NULL;
    uint32_t count = 0;
    enum code code = kafka_scout_take(s->scout, arena, &found, &count, &s->complete, err);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)MAX(count, 1));
    for (uint32_t i = 0; i < count && code == OK; i++) {
        struct kafka_split *split;
        if (!is_ours(s, &found[i]))
            continue;
        code = kafka_splits_add(&s->splits, &found[i], &split, err);
        if (code != OK)
            break;
        if (split->next >= split->to) {
            split->ended = true; /* nothing to read, as in an empty partition */
            s->splits.open--;
            continue;
        }
        rd_kafka_topic_partition_list_add(list, found[i].topic, found[i].partition)->offset =
            found[i].from;
    }
    if (code == OK && list->cnt > 0)
        code = assign(s, list, err);
    rd_kafka_topic_partition_list_destroy(list);
    arena_destroy(arena);
    return code;
}

/* --- opening ------------------------------------------------------------------------- */

static bool parse_split(struct str name, struct str *ret_topic, int32_t *ret_partition)
{
    size_t dash = name.size;
    while (dash > 0 && name.data[dash - 1] != '-')
        dash--;
    int64_t partition;
    if (dash < 2 || !number_parse_i64(name.data + dash, name.size - dash, &partition) ||
        partition < 0 || partition > INT32_MAX)
        return false;
    *ret_topic = str_make(name.data, dash - 1);
    *ret_partition = (int32_t)partition;
    return true;
}

static enum code read_resume(struct kafka_source_state *s, const struct source_open *open,
                             struct error *err)
{
    if (!open->resume || open->resume_count == 0)
        return OK;
    struct kafka_resume *items = arena_array(s->arena, struct kafka_resume, open->resume_count);
    if (!items)
        return error_nomem(err);
    for (uint32_t i = 0; i < open->resume_count; i++) {
        const struct split_position *p = &open->resume[i];
        struct str topic;
        /* -2 and -1 are the beginning and the end, told before the first message came. */
        if (!parse_split(p->split, &topic, &items[i].partition) ||
            !number_parse_i64(p->position.data, p->position.size, &items[i].offset) ||
            items[i].offset < RD_KAFKA_OFFSET_BEGINNING)
            return error_set(err, E_DATA,
                             "cannot resume table \"" STR_FMT "\": \"" STR_FMT "\" at \"" STR_FMT
                             "\" is no position in a Kafka topic",
                             STR_ARG(s->table), STR_ARG(p->split), STR_ARG(p->position));
        items[i].topic = arena_str(s->arena, topic);
        if (!items[i].topic.data)
            return error_nomem(err);
    }
    s->plan.resume = items;
    s->plan.resume_count = open->resume_count;
    return OK;
}

static enum code copy_text(struct kafka_source_state *s, struct str from, struct str *ret,
                           struct error *err)
{
    *ret = from.data ? arena_str(s->arena, from) : from;
    return !from.data || ret->data ? OK : error_nomem(err);
}

static enum code read_options(struct kafka_source_state *s, const struct source_open *open,
                              struct error *err)
{
    const struct table_def *table = open->table;
    TRY(copy_text(s, table->name, &s->table, err));
    TRY(copy_text(s, kafka_brokers(table), &s->brokers, err));
    TRY(copy_text(s, kafka_group(table), &s->plan.group, err));
    s->has_group = s->plan.group.data != NULL;
    TRY(kafka_start_read(table, s->arena, &s->start, err));
    if (open->until_end && !s->start.bounded) {
        s->start.bounded = true;
        s->start.to = (struct kafka_bound){ .place = PLACE_LATEST };
    }
    bool asks_group = s->start.from.place == PLACE_GROUP && open->resume_count == 0;
    if ((asks_group || (s->start.bounded && s->start.to.place == PLACE_GROUP)) && !s->has_group) {
        error_set(err, E_OPTION, "table \"" STR_FMT "\" needs the option \"%s\"", STR_ARG(s->table),
                  table->blink ? "group.id" : "properties.group.id");
        error_detail(err, "Reading begins at the offsets that a group has committed.");
        return E_OPTION;
    }
    TRY(kafka_topics_read(table, s->arena, &s->plan.topics, err));
    if (s->plan.topics.pattern.size > 0) {
        TRY(copy_text(s, s->plan.topics.pattern, &s->plan.topics.pattern, err));
        TRY(name_pattern_compile("topic pattern", s->plan.topics.pattern, &s->pattern, err));
    }
    struct str isolation = kafka_property(table, "isolation.level");
    s->stops_at_gap = s->start.bounded && s->start.to.place == PLACE_LATEST &&
                      str_iis(isolation, "read_committed");
    return read_resume(s, open, err);
}

static enum code configure(struct kafka_source_state *s, const struct table_def *table,
                           rd_kafka_conf_t *conf, struct error *err)
{
    rd_kafka_conf_set_opaque(conf, s);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
    if (kafka_property(table, "debug").size == 0)
        rd_kafka_conf_set_log_cb(conf, on_log);
    if (s->start.bounded) {
        TRY(kafka_conf_set(conf, "enable.partition.eof", "true", err));
        /* The end is told by an answer without messages, and the broker waits so long with it. */
        if (!kafka_property(table, "fetch.max.wait.ms").data &&
            !kafka_property(table, "fetch.wait.max.ms").data)
            TRY(kafka_conf_set(conf, "fetch.wait.max.ms", "50", err));
    }
    return kafka_gate_create(conf, &s->gate, err);
}

static enum code make_client(struct kafka_source_state *s, const struct table_def *table,
                             struct error *err)
{
    rd_kafka_conf_t *conf;
    TRY(kafka_conf_build(table, KAFKA_CONSUMER, false, &conf, err));
    enum code code = configure(s, table, conf, err);
    char why[512];
    if (code == OK && !(s->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why)))
        code =
            error_set(err, E_OPTION, "cannot make a Kafka consumer for table \"" STR_FMT "\": %s",
                      STR_ARG(s->table), why);
    if (code != OK) {
        rd_kafka_conf_destroy(conf); /* a client would own it */
        return code;
    }
    rd_kafka_poll_set_consumer(s->rk);
    s->queue = rd_kafka_queue_get_consumer(s->rk);
    uint64_t one = 1;
    rd_kafka_queue_io_event_enable(s->queue, s->wake_fd, &one, sizeof one);
    kafka_gate_watch(s->gate, s->queue);
    return OK;
}

/* Until the partitions are known, something is wrong, or nobody answers. */
static enum code wait_first(struct kafka_source_state *s, struct error *err)
{
    int64_t limit_us = clock_monotonic_us() + (int64_t)OPEN_LIMIT_MS * 1000;
    char ignored[16];
    while (!s->complete) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(s->rk, 0); /* runs callbacks */
        if (message)
            rd_kafka_message_destroy(message);
        if (s->failed) {
            if (err)
                *err = s->failure;
            return s->failed;
        }
        if (kafka_scout_has_news(s->scout))
            TRY(kafka_source_take_news(s, err));
        int64_t now_us = clock_monotonic_us();
        int64_t away_us = kafka_scout_waiting_since_us(s->scout, ignored, sizeof ignored);
        if (now_us >= limit_us || (away_us && now_us - away_us > (int64_t)AWAY_LIMIT_MS * 1000))
            return OK;
        if (s->complete)
            return OK;
        struct pollfd fd = { .fd = s->wake_fd, .events = POLLIN };
        uint64_t count;
        if (poll(&fd, 1, 50) > 0 && read(s->wake_fd, &count, sizeof count) < 0)
            continue; /* somebody else's wake-up: look again all the same */
    }
    return OK;
}

struct ending {
    rd_kafka_t *rk;
    struct kafka_gate *gate;
};

static void *end_client(void *self)
{
    struct ending *e = self;
    rd_kafka_destroy_flags(e->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    kafka_gate_destroy(e->gate);
    mem_free(e);
    return NULL;
}

/* There is no group to leave, and its coordinator may be away, so the consumer is not closed first.
 *
 * librdkafka 2.0 waits for ever for the end of a client that has read a topic which was deleted (it
 * counts its partitions wrong).  Such a client is ended on a thread of its own, which nobody waits
 * for. */
static void destroy_client(struct kafka_source_state *s)
{
    struct ending *e = s->lost_topic ? mem_alloc(sizeof *e) : NULL;
    pthread_t thread;
    if (e) {
        *e = (struct ending){ s->rk, s->gate };
        if (pthread_create(&thread, NULL, end_client, e) == 0) {
            pthread_detach(thread);
            return;
        }
        mem_free(e);
    }
    rd_kafka_destroy_flags(s->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    kafka_gate_destroy(s->gate);
}

static void source_close(struct source *base)
{
    struct kafka_source_state *s = (struct kafka_source_state *)base;
    if (!s)
        return;
    if (s->gate)
        kafka_gate_open(s->gate);
    kafka_scout_stop(s->scout);
    kafka_source_release(s);
    if (s->queue)
        rd_kafka_queue_destroy(s->queue);
    if (s->rk)
        destroy_client(s);
    else
        kafka_gate_destroy(s->gate);
    name_pattern_destroy(s->pattern);
    if (s->wake_fd >= 0)
        close(s->wake_fd);
    arena_destroy(s->arena);
    mem_free(s);
}

static enum code start(struct kafka_source_state *s, const struct source_open *open,
                       struct error *err)
{
    s->arena = arena_create();
    if (!s->arena)
        return error_nomem(err);
    s->splits.arena = s->arena;
    s->bad_rows = open->bad_rows;
    s->share = open->share ? *open->share : (struct source_share){ .workers = 1 };
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->wake_fd < 0)
        return error_set(err, E_LIMIT, "could not make an eventfd: too many open files");
    TRY(read_options(s, open, err));
    TRY(make_client(s, open->table, err));
    s->plan.rk = s->rk;
    s->plan.pattern = s->pattern;
    s->plan.start = s->start;
    s->plan.brokers = s->brokers;
    s->plan.wake_fd = s->wake_fd;
    TRY(kafka_scout_start(&s->plan, &s->scout, err));
    return wait_first(s, err);
}

static enum code source_open(const struct source_open *open, struct source **ret, struct error *err)
{
    struct kafka_source_state *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &kafka_source;
    s->wake_fd = -1;
    enum code code = start(s, open, err);
    if (code != OK) {
        source_close(&s->base);
        return code;
    }
    *ret = &s->base;
    return OK;
}

/* --- small questions ----------------------------------------------------------------- */

static int source_wake_fd(struct source *base)
{
    return ((struct kafka_source_state *)base)->wake_fd;
}

static uint32_t source_split_count(struct source *base)
{
    return ((struct kafka_source_state *)base)->splits.count;
}

static struct str source_split_name(struct source *base, uint32_t split)
{
    return ((struct kafka_source_state *)base)->splits.items[split]->name;
}

static struct str source_split_topic(struct source *base, uint32_t split)
{
    return ((struct kafka_source_state *)base)->splits.items[split]->topic->name;
}

static int32_t source_split_partition(struct source *base, uint32_t split)
{
    return ((struct kafka_source_state *)base)->splits.items[split]->partition;
}

static bool source_has_splits(struct source *base)
{
    const struct kafka_source_state *s = (const struct kafka_source_state *)base;
    return !s->complete || s->splits.count > 0;
}

static enum split_state source_split_state(struct source *base, uint32_t split)
{
    const struct kafka_source_state *s = (const struct kafka_source_state *)base;
    return s->splits.items[split]->ended ? SPLIT_ENDED : SPLIT_COUNTS;
}

static enum code source_tell(struct source *base, struct arena *arena, struct split_position **ret,
                             uint32_t *ret_count, struct error *err)
{
    const struct kafka_source_state *s = (struct kafka_source_state *)base;
    uint32_t n = s->splits.count;
    struct split_position *positions = arena_array(arena, struct split_position, MAX(n, 1));
    if (!positions)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        const struct kafka_split *split = s->splits.items[i];
        char *position = arena_printf(arena, "%" PRId64, split->next);
        positions[i].split = arena_str(arena, split->name);
        if (!position || !positions[i].split.data)
            return error_nomem(err);
        positions[i].position = str_of(position);
    }
    *ret = positions;
    *ret_count = n;
    return OK;
}

static int64_t lag_of(struct kafka_source_state *s, struct kafka_split *split)
{
    int64_t low, high;
    /* What the last fetch said: no question to a broker. */
    if (rd_kafka_get_watermark_offsets(s->rk, split->topic->name.data, split->partition, &low,
                                       &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        high >= 0)
        split->high = high;
    int64_t end = MIN(split->high, split->to);
    return split->next >= 0 && end > split->next ? end - split->next : 0;
}

static int64_t source_split_lag(struct source *base, uint32_t split)
{
    struct kafka_source_state *s = (struct kafka_source_state *)base;
    struct kafka_split *of = s->splits.items[split];
    return of->ended ? 0 : lag_of(s, of);
}

static void source_status(struct source *base, struct source_status *ret)
{
    struct kafka_source_state *s = (struct kafka_source_state *)base;
    *ret = (struct source_status){ .lag_rows = s->complete ? 0 : -1 };
    for (uint32_t i = 0; i < s->splits.count; i++)
        if (!s->splits.items[i]->ended)
            ret->lag_rows += lag_of(s, s->splits.items[i]);
    char what[160];
    int64_t since_us = kafka_scout_waiting_since_us(s->scout, what, sizeof what);
    if (since_us == 0)
        return;
    snprintf(s->waiting_for, sizeof s->waiting_for, "%s%s%s%s", what[0] ? what : "Kafka",
             s->trouble[0] ? " (" : "", s->trouble, s->trouble[0] ? ")" : "");
    ret->waiting_for = s->waiting_for;
    ret->waiting_since_us = since_us;
}

const struct source_kind kafka_source = {
    .open = source_open,
    .poll = kafka_source_poll,
    .wake_fd = source_wake_fd,
    .split_count = source_split_count,
    .split_name = source_split_name,
    .split_topic = source_split_topic,
    .split_partition = source_split_partition,
    .split_state = source_split_state,
    .split_lag = source_split_lag,
    .tell = source_tell,
    .committed = kafka_source_committed,
    .ends = kafka_start_ends,
    .shares = true,
    .count_splits = kafka_count_partitions,
    .has_splits = source_has_splits,
    .status = source_status,
    .close = source_close,
};
