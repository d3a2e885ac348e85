/* kafka_source.h -- inside of the source: shared by reading (kafka_source.c), life
 * (kafka_source_open.c) and committing (kafka_commit.c). */
#pragma once

#include "kafka/kafka_gate.h"
#include "kafka/kafka_splits.h"

struct rd_kafka_s;
struct rd_kafka_queue_s;
struct rd_kafka_message_s;

/* The messages of one poll, until the arena of their records is reset. */
struct kafka_held {
    struct kafka_held *next;           /* of the free or of the used ones */
    struct kafka_held **back;          /* used: what points here */
    struct kafka_source_state *source; /* NULL: closed before the arena was reset */
    uint32_t count, cap;
    struct rd_kafka_message_s *messages[];
};

struct kafka_source_state {
    struct source base;
    struct arena *arena; /* owned: lives as long as the source */
    struct str table;    /* for messages */
    struct str brokers;
    struct bad_rows *bad_rows;
    struct source_share share; /* of the partitions */
    struct kafka_start start;
    struct name_pattern *pattern; /* owned */
    struct kafka_scout_plan plan;
    struct kafka_scout *scout;      /* owned */
    struct kafka_gate *gate;        /* owned */
    struct rd_kafka_s *rk;          /* owned */
    struct rd_kafka_queue_s *queue; /* owned: messages, errors and callbacks */
    int wake_fd;                    /* eventfd */
    struct kafka_splits splits;
    bool complete;     /* the scout's first round is in */
    bool stops_at_gap; /* bounded by the end, and open transactions hide some of it */
    bool was_full;     /* the last poll had all it could take */
    bool lost_topic;   /* one of the topics was not there for a while */

    struct kafka_held *free_held;
    struct kafka_held *used_held;
    struct kafka_held *ready; /* used, but empty still: registered with ready_arena */
    struct arena *ready_arena;

    /* where the last message came from: runs of one partition are long */
    struct rd_kafka_topic_s *last_handle;
    int32_t last_partition;
    struct kafka_split *last_split;

    enum code failed; /* of a callback; returned by the next poll */
    struct error failure;
    char trouble[224];     /* what the client said last about a connection */
    char waiting_for[512]; /* lent out by status() */

    bool has_group;
    int commit_failed;  /* an rd_kafka_resp_err_t that will not pass */
    bool last_answered; /* the commit that is waited for is confirmed */
    int last_error;
};

/* kafka_source_open.c */
/* Takes what the scout has found, and begins to read it. */
enum code kafka_source_take_news(struct kafka_source_state *s, struct error *err) WEIR_CHECKED;
/* Begins to read a partition anew, at split->next. */
enum code kafka_source_read_again(struct kafka_source_state *s, const struct kafka_split *split,
                                  struct error *err) WEIR_CHECKED;

/* kafka_source.c */
enum code kafka_source_poll(struct source *base, struct records *out, enum poll_state *ret_state,
                            struct error *err);
/* Destroys all messages that are lent out. */
void kafka_source_release(struct kafka_source_state *s);

/* kafka_commit.c */
enum code kafka_source_committed(struct source *base, const struct split_position *positions,
                                 uint32_t count, bool last, struct error *err);
/* The answer to a commit that was not waited for. */
void kafka_source_on_commit(struct kafka_source_state *s, int resp_err);
