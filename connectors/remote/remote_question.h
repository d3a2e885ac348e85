/* remote_question.h -- a question of remote_lookup.h from the rows it asks for to its one answer.
 *
 * Its keys are made unique and parted; each part is answered by one thread, in an arena of its own.
 * The answer has a row for each key row that a found row answers, so a key that was asked twice has
 * its rows twice. */
#pragma once

#include "remote/remote_lookup.h"

struct remote_part {
    struct remote_part *next; /* of the queue */
    struct question *question;
    uint32_t first, count; /* keys */
    struct arena *arena;   /* owned; of the thread that answers, then of who has the answer */
    struct batch *rows;
    const uint32_t *key_of_row;
};

/* All of it lives in `arena`. */
struct question {
    struct question *next; /* of those that are answered */
    struct arena *arena;   /* owned */
    uint64_t ticket;
    struct str *keys;
    uint32_t key_count;
    uint32_t *first_row, *last_row; /* a key: its first and last row among those that asked */
    uint32_t *next_row;             /* a row that asked: the next one with its key, or UINT32_MAX */
    bool has_repeats;
    struct remote_part *parts;
    uint32_t part_count;
    uint32_t parts_left; /* under the look-up's lock */
    struct batch *rows;  /* the answer */
    uint32_t *key_row;
};

/* Reads the keys of the selected rows. */
enum code question_create(const struct remote_lookup_kind *kind, void *self,
                          const struct batch *keys, uint64_t ticket, uint32_t max_keys,
                          struct question **ret, struct error *err) WEIR_CHECKED;
void question_destroy(struct question *q); /* NULL is fine */
/* When all parts have their rows. */
enum code question_merge(struct question *q, struct error *err) WEIR_CHECKED;
