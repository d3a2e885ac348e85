/* topic_fold.h -- messages that wait for later ones of their key (sink.buffer-flush.*):
 * of all that come within an interval, the last one of each key is sent. */
#pragma once

#include "connector/connector.h"

struct topic_fold_entry {
    struct str key, value; /* in the fold; value.data NULL: a delete */
    int64_t timestamp_ms;  /* 0: now */
};

struct topic_fold; /* NULL where nothing is to wait */

/* *ret is NULL if the options do not ask for it. */
enum code topic_fold_create(const struct table_def *table, struct topic_fold **ret,
                            struct error *err) WEIR_CHECKED;
void topic_fold_destroy(struct topic_fold *fold); /* NULL is fine */
/* E_OPTION unless both options are given, or neither. */
enum code topic_fold_check(const struct table_def *table, struct error *err) WEIR_CHECKED;
bool topic_fold_is_asked(const struct table_def *table);

/* Copies the entry; an earlier one of the key is forgotten. */
enum code topic_fold_put(struct topic_fold *fold, const struct topic_fold_entry *entry,
                         struct error *err) WEIR_CHECKED;
/* Has it as many rows as may wait, or too many bytes? */
bool topic_fold_is_full(const struct topic_fold *fold);
/* Milliseconds until the oldest row has waited for the interval; -1: nothing waits. */
int64_t topic_fold_due_ms(const struct topic_fold *fold);

/* What waits, in the order of the first row of each key; borrowed until the next put or clear. */
uint32_t topic_fold_count(const struct topic_fold *fold);
struct topic_fold_entry topic_fold_at(const struct topic_fold *fold, uint32_t i);
void topic_fold_clear(struct topic_fold *fold);
