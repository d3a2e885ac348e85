/* kafka_offsets.c -- see kafka_offsets.h.
 *
 * Logical places become numbers here, once: so a snapshot taken before the first
 * message has a position for every partition, and the end of a bounded read is what
 * it was at the start. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka_offsets.h"

#include <stdio.h>

enum { ASK_LIMIT_MS = 2000 };

bool kafka_error_passes(int resp_err)
{
    switch ((rd_kafka_resp_err_t)resp_err) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__WAIT_CACHE:
    case RD_KAFKA_RESP_ERR__IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__RETRY:
    case RD_KAFKA_RESP_ERR__NODE_UPDATE:
    case RD_KAFKA_RESP_ERR__NOENT:
    case RD_KAFKA_RESP_ERR__OUTDATED:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: /* not in the metadata yet */
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: /* metadata on its way between brokers */
        return true;
    default:
        return false;
    }
}

/* --- one question for many partitions ------------------------------------------------ */

struct asking {
    const struct kafka_scout_plan *plan;
    struct kafka_found *found;
    uint32_t count;
    char *away;
    size_t away_bytes;
    struct error *err;
};

static rd_kafka_topic_partition_list_t *make_list(const struct asking *a, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)a->count);
    for (uint32_t i = 0; i < a->count; i++)
        rd_kafka_topic_partition_list_add(list, a->found[i].topic, a->found[i].partition)->offset =
            offset;
    return list;
}

static enum kafka_answer judge(const struct asking *a, rd_kafka_resp_err_t err, const char *topic,
                               int32_t partition, bool of_group)
{
    if (kafka_error_passes((int)err)) {
        if (of_group)
            snprintf(a->away, a->away_bytes, "the coordinator of group \"" STR_FMT "\"",
                     STR_ARG(a->plan->group));
        else if (topic)
            snprintf(a->away, a->away_bytes, "the leader of %s-%d", topic, (int)partition);
        return ANSWER_LATER;
    }
    if (of_group)
        error_set(a->err, E_IO,
                  "cannot read the offsets of group \"" STR_FMT "\" at " STR_FMT ": %s",
                  STR_ARG(a->plan->group), STR_ARG(a->plan->brokers), rd_kafka_err2str(err));
    else
        error_set(a->err, E_IO, "cannot read the offsets of topic \"%s\" at " STR_FMT ": %s",
                  topic ? topic : "", STR_ARG(a->plan->brokers), rd_kafka_err2str(err));
    return ANSWER_NEVER;
}

/* Offsets for a time; the protocol's own times -1 and -2 are the end and the beginning. */
static enum kafka_answer ask_times(const struct asking *a, int64_t time, int64_t *ret)
{
    rd_kafka_topic_partition_list_t *list = make_list(a, time);
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(a->plan->rk, list, ASK_LIMIT_MS);
    enum kafka_answer answer =
        err ? judge(a, err, a->found[0].topic, a->found[0].partition, false) : ANSWER_OK;
    for (int i = 0; i < list->cnt && answer == ANSWER_OK; i++) {
        if (list->elems[i].err)
            answer =
                judge(a, list->elems[i].err, list->elems[i].topic, list->elems[i].partition, false);
        else
            ret[i] = list->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return answer;
}

static enum kafka_answer ask_group(const struct asking *a, int64_t *ret)
{
    if (!a->plan->group.data) {
        for (uint32_t i = 0; i < a->count; i++)
            ret[i] = RD_KAFKA_OFFSET_INVALID;
        return ANSWER_OK;
    }
    rd_kafka_topic_partition_list_t *list = make_list(a, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_resp_err_t err = rd_kafka_committed(a->plan->rk, list, ASK_LIMIT_MS);
    enum kafka_answer answer = err ? judge(a, err, NULL, 0, true) : ANSWER_OK;
    for (int i = 0; i < list->cnt && answer == ANSWER_OK; i++) {
        if (list->elems[i].err)
            answer = judge(a, list->elems[i].err, NULL, 0, true);
        else
            ret[i] = list->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return answer;
}

/* --- places -------------------------------------------------------------------------- */

struct ends {
    const int64_t *low;
    const int64_t *high;
};

static enum kafka_answer no_group_offset(const struct asking *a, const struct kafka_found *f)
{
    error_set(a->err, E_OPTION,
              "group \"" STR_FMT "\" has committed no offset of partition %d of topic \"%s\"",
              STR_ARG(a->plan->group), (int)f->partition, f->topic);
    error_hint(a->err, "'properties.auto.offset.reset' = 'earliest' begins at the beginning where "
                       "there is none, 'scan.startup.mode' = 'earliest-offset' always.");
    return ANSWER_NEVER;
}

static enum kafka_answer missing_offset(const struct asking *a, uint32_t i, const struct ends *ends,
                                        int64_t *ret)
{
    switch (a->plan->start.missing) {
    case RESET_EARLIEST:
        *ret = ends->low[i];
        return ANSWER_OK;
    case RESET_LATEST:
        *ret = ends->high[i];
        return ANSWER_OK;
    case RESET_FAIL:
        break;
    }
    return no_group_offset(a, &a->found[i]);
}

static enum kafka_answer place_group(const struct asking *a, const struct ends *ends, int64_t *ret)
{
    enum kafka_answer answer = ask_group(a, ret);
    for (uint32_t i = 0; i < a->count && answer == ANSWER_OK; i++)
        if (ret[i] < 0)
            answer = missing_offset(a, i, ends, &ret[i]);
    return answer;
}

/* Partitions that are not in the list: where the group stands, else the beginning. */
static enum kafka_answer place_offsets(const struct asking *a, const struct kafka_bound *bound,
                                       const struct ends *ends, int64_t *ret)
{
    enum kafka_answer answer = ask_group(a, ret);
    for (uint32_t i = 0; i < a->count && answer == ANSWER_OK; i++) {
        if (ret[i] < 0)
            ret[i] = ends->low[i];
        for (uint32_t k = 0; k < bound->offset_count; k++)
            if (bound->offsets[k].partition == a->found[i].partition)
                ret[i] = bound->offsets[k].offset;
    }
    return answer;
}

static enum kafka_answer find_place(const struct asking *a, const struct kafka_bound *bound,
                                    const struct ends *ends, int64_t *ret)
{
    enum kafka_answer answer = ANSWER_OK;
    switch (bound->place) {
    case PLACE_EARLIEST:
        memcpy(ret, ends->low, a->count * sizeof *ret);
        break;
    case PLACE_LATEST:
        memcpy(ret, ends->high, a->count * sizeof *ret);
        break;
    case PLACE_TIMESTAMP:
        answer = ask_times(a, bound->timestamp_ms, ret);
        for (uint32_t i = 0; i < a->count && answer == ANSWER_OK; i++)
            if (ret[i] < 0) /* no message that late */
                ret[i] = ends->high[i];
        break;
    case PLACE_GROUP:
        answer = place_group(a, ends, ret);
        break;
    case PLACE_OFFSETS:
        answer = place_offsets(a, bound, ends, ret);
        break;
    }
    return answer;
}

static const struct kafka_resume *find_resume(const struct kafka_scout_plan *plan,
                                              const struct kafka_found *f)
{
    for (uint32_t i = 0; i < plan->resume_count; i++)
        if (plan->resume[i].partition == f->partition && str_is(plan->resume[i].topic, f->topic))
            return &plan->resume[i];
    return NULL;
}

static enum kafka_answer find_all(const struct asking *a, bool first, int64_t *low, int64_t *high,
                                  int64_t *at)
{
    const struct kafka_scout_plan *plan = a->plan;
    const struct ends ends = { low, high };
    enum kafka_answer answer = ask_times(a, RD_KAFKA_OFFSET_BEGINNING, low);
    if (answer == ANSWER_OK)
        answer = ask_times(a, RD_KAFKA_OFFSET_END, high);
    if (answer != ANSWER_OK)
        return answer;
    if (first && plan->resume_count == 0)
        answer = find_place(a, &plan->start.from, &ends, at);
    else
        memcpy(at, low, a->count * sizeof *at);
    for (uint32_t i = 0; i < a->count && answer == ANSWER_OK; i++) {
        const struct kafka_resume *resume = find_resume(plan, &a->found[i]);
        a->found[i].from = resume ? resume->offset : at[i];
        a->found[i].high = high[i];
        a->found[i].to = INT64_MAX;
    }
    if (answer != ANSWER_OK || !plan->start.bounded)
        return answer;
    answer = find_place(a, &plan->start.to, &ends, at);
    for (uint32_t i = 0; i < a->count && answer == ANSWER_OK; i++)
        a->found[i].to = at[i];
    return answer;
}

enum kafka_answer kafka_offsets_find(const struct kafka_scout_plan *plan, bool first,
                                     struct kafka_found *found, uint32_t count, char *away,
                                     size_t away_bytes, struct error *err)
{
    struct asking a = { plan, found, count, away, away_bytes, err };
    if (count == 0)
        return ANSWER_OK;
    struct arena *arena = arena_create();
    int64_t *low = arena ? arena_array(arena, int64_t, count) : NULL;
    int64_t *high = arena ? arena_array(arena, int64_t, count) : NULL;
    int64_t *at = arena ? arena_array(arena, int64_t, count) : NULL;
    enum kafka_answer answer = ANSWER_NEVER;
    if (low && high && at)
        answer = find_all(&a, first, low, high, at);
    else
        error_nomem(err);
    arena_destroy(arena);
    return answer;
}
