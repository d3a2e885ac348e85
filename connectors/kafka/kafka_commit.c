/* kafka_commit.c -- tells the group how far its reader is safe.
 *
 * Commits go out without waiting, and only for what has moved.  The one at a stop is
 * waited for, with a limit.  A failure that may pass is left to the next commit; one
 * that will not (no right to use the group) is returned. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka_source.h"

#include "base/clock.h"
#include "base/number.h"
#include "kafka/kafka_offsets.h"

enum { LAST_LIMIT_MS = 5000 };

void kafka_source_on_commit(struct kafka_source_state *s, int resp_err)
{
    if (resp_err == RD_KAFKA_RESP_ERR_NO_ERROR || resp_err == RD_KAFKA_RESP_ERR__NO_OFFSET)
        return;
    if (!kafka_error_passes(resp_err))
        s->commit_failed = resp_err;
    for (uint32_t i = 0; i < s->splits.count; i++)
        s->splits.items[i]->committed = -1; /* the next commit has all of them again */
}

static void on_last(rd_kafka_t *rk, rd_kafka_resp_err_t resp_err,
                    rd_kafka_topic_partition_list_t *list, void *self)
{
    (void)rk, (void)list;
    struct kafka_source_state *s = self;
    s->last_answered = true;
    s->last_error =
        resp_err == RD_KAFKA_RESP_ERR__NO_OFFSET ? RD_KAFKA_RESP_ERR_NO_ERROR : (int)resp_err;
}

static enum code refused(const struct kafka_source_state *s, int resp_err, struct error *err)
{
    return error_set(
        err, E_IO,
        "could not commit the offsets of table \"" STR_FMT "\" to group \"" STR_FMT "\": %s",
        STR_ARG(s->table), STR_ARG(s->plan.group), rd_kafka_err2str((rd_kafka_resp_err_t)resp_err));
}

static enum code commit_last(struct kafka_source_state *s, rd_kafka_topic_partition_list_t *list,
                             struct error *err)
{
    rd_kafka_queue_t *answers = rd_kafka_queue_new(s->rk);
    s->last_answered = false;
    rd_kafka_resp_err_t failed = rd_kafka_commit_queue(s->rk, list, answers, on_last, s);
    int64_t limit_us = clock_monotonic_us() + (int64_t)LAST_LIMIT_MS * 1000;
    while (!failed && !s->last_answered) {
        int64_t left_us = limit_us - clock_monotonic_us();
        if (left_us <= 0)
            break;
        rd_kafka_queue_poll_callback(answers, (int)(left_us / 1000) + 1);
    }
    rd_kafka_queue_destroy(answers);
    if (failed || (s->last_answered && s->last_error))
        return refused(s, failed ? (int)failed : s->last_error, err);
    if (!s->last_answered)
        return error_set(err, E_IO,
                         "could not commit the offsets of table \"" STR_FMT "\" to group \"" STR_FMT
                         "\": no answer within %d seconds",
                         STR_ARG(s->table), STR_ARG(s->plan.group), LAST_LIMIT_MS / 1000);
    return OK;
}

enum code kafka_source_committed(struct source *base, const struct split_position *positions,
                                 uint32_t count, bool last, struct error *err)
{
    struct kafka_source_state *s = (struct kafka_source_state *)base;
    if (!s->has_group)
        return OK;
    if (s->commit_failed)
        return refused(s, s->commit_failed, err);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++) {
        struct kafka_split *split = kafka_splits_named(&s->splits, positions[i].split, i);
        int64_t next;
        if (!split ||
            !number_parse_i64(positions[i].position.data, positions[i].position.size, &next) ||
            next < 0 || (next == split->committed && !last))
            continue;
        split->committed = next;
        rd_kafka_topic_partition_list_add(list, split->topic->name.data, split->partition)->offset =
            next;
    }
    enum code code = OK;
    if (list->cnt > 0 && last) {
        code = commit_last(s, list, err);
    } else if (list->cnt > 0) {
        rd_kafka_resp_err_t failed = rd_kafka_commit(s->rk, list, 1);
        if (failed && !kafka_error_passes((int)failed))
            code = refused(s, (int)failed, err);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}
