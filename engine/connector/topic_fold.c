/* topic_fold.c -- see topic_fold.h.
 *
 * Texts lie one behind the other in one buffer; a row that replaces another leaves the
 * old text there until the next clear, so bytes are bounded as well as rows. */
#include "connector/topic_fold.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"

#define MAX_ROWS "sink.buffer-flush.max-rows"
#define INTERVAL "sink.buffer-flush.interval"

enum { FULL_BYTES = 32 << 20, TEXT_BYTES_MAX = 1 << 30, EMPTY = 0 };

struct place {
    size_t at, size;
};

struct waiting {
    uint64_t hash;
    struct place key, value;
    bool has_value;
    int64_t timestamp_ms;
};

struct topic_fold {
    int64_t max_rows, interval_us;
    struct buf text;
    struct waiting *items;
    uint32_t count, cap;
    uint32_t *table;  /* number of an item + 1, or EMPTY; twice as many as cap */
    int64_t first_us; /* monotonic: when the oldest came */
};

static bool read_options(const struct table_def *table, int64_t *rows, int64_t *interval_ms)
{
    *rows = options_has(table->options, MAX_ROWS) ? options_int(table->options, MAX_ROWS) : 0;
    *interval_ms =
        options_has(table->options, INTERVAL) ? options_duration_ms(table->options, INTERVAL) : 0;
    return *rows > 0 && *interval_ms > 0;
}

bool topic_fold_is_asked(const struct table_def *table)
{
    int64_t rows, interval_ms;
    return read_options(table, &rows, &interval_ms);
}

enum code topic_fold_check(const struct table_def *table, struct error *err)
{
    int64_t rows, interval_ms;
    if (read_options(table, &rows, &interval_ms) || (rows <= 0 && interval_ms <= 0))
        return OK;
    error_set(err, E_OPTION,
              "options \"" MAX_ROWS "\" and \"" INTERVAL "\" must both be greater than zero, or "
              "neither");
    option_locate(err, options_find(table->options, rows > 0 ? MAX_ROWS : INTERVAL));
    return E_OPTION;
}

enum code topic_fold_create(const struct table_def *table, struct topic_fold **ret,
                            struct error *err)
{
    int64_t rows, interval_ms;
    *ret = NULL;
    if (!read_options(table, &rows, &interval_ms))
        return OK;
    struct topic_fold *fold = mem_zalloc(sizeof *fold);
    if (!fold)
        return error_nomem(err);
    fold->max_rows = rows;
    fold->interval_us = interval_ms > INT64_MAX / 1000 ? INT64_MAX : interval_ms * 1000;
    buf_init(&fold->text, TEXT_BYTES_MAX);
    *ret = fold;
    return OK;
}

void topic_fold_destroy(struct topic_fold *fold)
{
    if (!fold)
        return;
    buf_done(&fold->text);
    mem_free(fold->items);
    mem_free(fold->table);
    mem_free(fold);
}

static struct str text_at(const struct topic_fold *fold, struct place place)
{
    return str_make(fold->text.data ? fold->text.data + place.at : "", place.size);
}

static uint32_t *slot_of(const struct topic_fold *fold, uint64_t hash, struct str key)
{
    uint32_t mask = fold->cap * 2 - 1;
    for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &fold->table[i];
        if (*slot == EMPTY)
            return slot;
        const struct waiting *item = &fold->items[*slot - 1];
        if (item->hash == hash && str_eq(text_at(fold, item->key), key))
            return slot;
    }
}

static bool grow(struct topic_fold *fold)
{
    uint32_t cap = fold->cap ? fold->cap * 2 : 256; /* a power of two */
    struct waiting *items = mem_realloc(fold->items, cap * sizeof *items);
    if (!items)
        return false;
    fold->items = items;
    uint32_t *table = mem_zalloc((size_t)cap * 2 * sizeof *table);
    if (!table)
        return false;
    mem_free(fold->table);
    fold->table = table;
    fold->cap = cap;
    for (uint32_t i = 0; i < fold->count; i++)
        *slot_of(fold, items[i].hash, text_at(fold, items[i].key)) = i + 1;
    return true;
}

static struct place put_text(struct topic_fold *fold, struct str text)
{
    struct place place = { fold->text.size, text.size };
    buf_str(&fold->text, text);
    return place;
}

enum code topic_fold_put(struct topic_fold *fold, const struct topic_fold_entry *entry,
                         struct error *err)
{
    if (fold->count == fold->cap && !grow(fold))
        return error_nomem(err);
    uint64_t hash = hash_bytes(entry->key.data, entry->key.size, 0);
    uint32_t *slot = slot_of(fold, hash, entry->key);
    struct place value = put_text(fold, entry->value);
    struct place key = { 0, 0 };
    if (*slot == EMPTY)
        key = put_text(fold, entry->key);
    TRY(buf_check(&fold->text, err));
    if (*slot == EMPTY) {
        if (fold->count == 0)
            fold->first_us = clock_monotonic_us();
        fold->items[fold->count++] = (struct waiting){ .hash = hash, .key = key };
        *slot = fold->count;
    }
    struct waiting *item = &fold->items[*slot - 1];
    item->value = value;
    item->has_value = entry->value.data != NULL;
    item->timestamp_ms = entry->timestamp_ms;
    return OK;
}

bool topic_fold_is_full(const struct topic_fold *fold)
{
    return fold->count >= fold->max_rows || fold->text.size >= FULL_BYTES;
}

int64_t topic_fold_due_ms(const struct topic_fold *fold)
{
    if (fold->count == 0)
        return -1;
    int64_t left_us = fold->interval_us - (clock_monotonic_us() - fold->first_us);
    return left_us <= 0 ? 0 : (left_us - 1) / 1000 + 1;
}

uint32_t topic_fold_count(const struct topic_fold *fold)
{
    return fold->count;
}

struct topic_fold_entry topic_fold_at(const struct topic_fold *fold, uint32_t i)
{
    const struct waiting *item = &fold->items[i];
    return (struct topic_fold_entry){
        .key = text_at(fold, item->key),
        .value = item->has_value ? text_at(fold, item->value) : (struct str){ NULL, 0 },
        .timestamp_ms = item->timestamp_ms,
    };
}

void topic_fold_clear(struct topic_fold *fold)
{
    buf_clear(&fold->text);
    if (fold->count > 0)
        memset(fold->table, 0, (size_t)fold->cap * 2 * sizeof *fold->table);
    fold->count = 0;
}
