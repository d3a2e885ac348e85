/* kafka_rows.h -- rows of a table to messages: key, value, time and headers. */
#pragma once

#include "connector/connector.h"

struct kafka_rows {
    struct arena *arena;   /* borrowed: lives as long as this */
    struct encoder *value; /* owned; NULL: the column below has the bytes */
    struct encoder *key;   /* the same */
    int value_column, key_column, timestamp_column, headers_column; /* -1: none */
    bool skips_deletes; /* -U and -D are no messages; else the format writes all kinds */
    bool is_keyed;      /* -D is a message without value */
    struct buf value_text, key_text;
};

enum code kafka_rows_open(struct kafka_rows *rows, const struct table_def *table,
                          struct arena *arena, struct error *err) WEIR_CHECKED;
void kafka_rows_close(struct kafka_rows *rows); /* zeroed or half-open is fine */

static inline bool kafka_rows_writes(const struct kafka_rows *rows, enum change change)
{
    return !rows->skips_deletes || change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER ||
           (rows->is_keyed && change == CHANGE_DELETE);
}

/* A part of a message.  What a format wrote lies in a text that still grows, so it is told by its
 * place there; bytes of a column are borrowed from the batch. */
struct kafka_part {
    const char *data; /* NULL: none, or in the text */
    size_t size;
    size_t at; /* in the text; SIZE_MAX: not there */
};

struct kafka_row {
    struct kafka_part value, key;
    int64_t timestamp_ms; /* 0: now */
};

/* Forgets the texts of the rows before. */
static inline void kafka_rows_clear(struct kafka_rows *rows)
{
    buf_clear(&rows->value_text);
    buf_clear(&rows->key_text);
}

/* E_DATA: this row cannot be written, *err says why. */
enum code kafka_rows_encode(struct kafka_rows *rows, const struct batch *in, uint32_t row,
                            struct kafka_row *ret, struct error *err) WEIR_CHECKED;

/* The bytes of a part, once no row is added any more; .data NULL: no value. */
static inline struct str kafka_part_bytes(const struct kafka_part *part, const struct buf *text)
{
    return part->at == SIZE_MAX ? str_make(part->data, part->size)
                                : str_make(text->data ? text->data + part->at : "", part->size);
}
