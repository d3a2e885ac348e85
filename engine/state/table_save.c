/* table_save.c -- a table's rows as records of a snapshot, and its largest keys as text.
 *
 * The key of a record is the encoding of the key slots.  The value is a byte that says
 * whether a time follows, the time of the last write, and the encoding of the value
 * slots: a TTL may be set or dropped between two runs. */
#include "state/snapshot.h"
#include "state/table_inner.h"

#include "base/arena.h"
#include "types/text.h"

enum { PLAIN_ROW = 0, TIMED_ROW = 1 };

static enum code save_row(struct state_table *t, char *row, struct state_writer *writer,
                          struct buf *key, struct buf *value, struct error *err)
{
    buf_clear(key);
    buf_clear(value);
    state_encode_slots(key, &t->layout, 0, t->key_count, row);
    buf_char(value, t->ttl_ms > 0 ? TIMED_ROW : PLAIN_ROW);
    if (t->ttl_ms > 0)
        state_encode_i64(value, *row_written(t, row));
    state_encode_slots(value, &t->layout, t->key_count, t->layout.count - t->key_count, row);
    TRY(buf_check(key, err));
    TRY(buf_check(value, err));
    return state_writer_put(writer, t->id, buf_view(key), buf_view(value), err);
}

enum code state_table_save(struct state_table *t, struct state_writer *writer, struct error *err)
{
    struct buf key, value;
    buf_init(&key, UINT32_MAX);
    buf_init(&value, UINT32_MAX);
    int64_t now_ms = table_now_ms(t);
    uint64_t at = 0;
    enum code code = OK;
    char *row;
    while (code == OK && (row = state_table_next(t, &at)) != NULL)
        if (!row_is_over(t, row, now_ms))
            code = save_row(t, row, writer, &key, &value, err);
    buf_done(&key);
    buf_done(&value);
    return code;
}

void table_while_reading(const struct state_table *t, const char *name, struct error *err)
{
    error_while(err, "reading the rows \"%s\" of " STR_FMT, name,
                STR_ARG(state_heap_owner(t->heap)));
}

static enum code decode_key(struct state_table *t, struct str key, char *row, struct error *err)
{
    TRY(state_decode_slots(t->heap, &key, &t->layout, 0, t->key_count, row, err));
    if (key.size > 0)
        return error_set(err, E_DATA, "a key has %zu bytes too many", key.size);
    return OK;
}

enum code table_load_key(struct state_table *t, const struct state_reader *reader, struct str key,
                         char **ret, bool *ret_new, struct error *err)
{
    uint32_t number;
    char *row;
    TRY(table_index_reserve(t, err));
    TRY(table_row_make(t, &row, &number, err));
    enum code code = decode_key(t, key, row, err);
    uint32_t hash = 0;
    char *twin = NULL;
    bool mine = false;
    if (code == OK) {
        hash = index_hash(state_hash_row(&t->layout, 0, t->key_count, row));
        mine = state_reader_owns(reader,
                                 state_hash_slots(&t->layout, t->route, t->route_count, row));
        twin = mine ? table_find_like(t, hash, row) : NULL;
    }
    if (code != OK || !mine || twin) {
        state_clear(t->heap, &t->layout, 0, t->key_count, row);
        table_row_drop(t, row, number);
    } else {
        table_index_add(t, hash, number);
    }
    if (code == OK) {
        *ret = twin ? twin : mine ? row : NULL;
        *ret_new = mine && !twin;
    }
    return code;
}

static enum code load_time(struct state_table *t, struct str *value, char *row, struct error *err)
{
    if (value->size == 0 || (uint8_t)value->data[0] > TIMED_ROW)
        return error_set(err, E_DATA, "a row does not say whether it has a time");
    int64_t written_ms = table_now_ms(t);
    bool timed = value->data[0] == TIMED_ROW;
    value->data++;
    value->size--;
    if (timed)
        TRY(state_decode_i64(value, &written_ms, err));
    if (t->ttl_ms > 0)
        *row_written(t, row) = written_ms;
    return OK;
}

static enum code load_value(struct state_table *t, struct str value, char *row, struct error *err)
{
    TRY(load_time(t, &value, row, err));
    TRY(state_decode_slots(t->heap, &value, &t->layout, t->key_count,
                           t->layout.count - t->key_count, row, err));
    if (value.size > 0)
        return error_set(err, E_DATA, "a row has %zu bytes too many", value.size);
    return OK;
}

enum code state_table_load(struct state_table *t, struct state_reader *reader, struct str key,
                           struct str value, char **ret_row, struct error *err)
{
    bool is_new = false;
    char *row = NULL;
    enum code code = table_load_key(t, reader, key, &row, &is_new, err);
    if (code == OK && row && !is_new)
        code = error_set(err, E_DATA, "a key is there twice");
    if (code == OK && row) {
        code = load_value(t, value, row, err);
        if (code != OK)
            state_table_remove(t, row);
    }
    if (code != OK) {
        table_while_reading(t, t->name, err);
        return code;
    }
    *ret_row = row;
    return OK;
}

/* --- explaining a limit ---------------------------------------------------------------------- */

enum { LARGEST = 3, KEY_TEXT_MAX = 100 };

struct largest {
    char *row;
    uint64_t bytes;
};

static uint64_t row_bytes(const struct state_table *t, const char *row)
{
    uint64_t bytes = t->layout.bytes;
    for (uint32_t i = 0; i < t->layout.count; i++) {
        const struct state_slot *slot = &t->layout.slots[i];
        if (slot->is_bytes && state_bytes_of(row, slot).size > STATE_INLINE_BYTES)
            bytes += state_bytes_of(row, slot).size;
    }
    return bytes;
}

uint64_t state_table_bytes(const struct state_table *t)
{
    uint64_t bytes = 0, at = 0;
    const char *row;
    while ((row = state_table_next((struct state_table *)t, &at)) != NULL)
        bytes += row_bytes(t, row);
    return bytes;
}

/* "(17, abc)", cut where it is long; empty when memory does not suffice for it. */
void table_print_key(const struct state_table *t, char *row, struct buf *out)
{
    struct text_style style = { .mode = TEXT_DISPLAY, .null_text = "NULL" };
    struct arena *arena = arena_create();
    if (!arena)
        return;
    struct buf text;
    buf_init(&text, 1 << 20);
    for (uint32_t c = 0; c < t->key_count; c++) {
        struct column *column = state_column(arena, &t->layout.slots[c], &row, 1);
        buf_text(&text, c > 0 ? ", " : "");
        if (column)
            text_print_cell(&text, column, 0, &style);
    }
    size_t size = text.size;
    if (size > KEY_TEXT_MAX) {
        size = KEY_TEXT_MAX;
        while (size > 0 && ((uint8_t)text.data[size] & 0xC0) == 0x80)
            size--; /* not in the middle of a character */
    }
    buf_printf(out, "(" STR_FMT "%s)", (int)size, text.data ? text.data : "",
               size < text.size ? "..." : "");
    buf_done(&text);
    arena_destroy(arena);
}

void state_table_explain(const struct state_table *t, struct error *err)
{
    struct largest largest[LARGEST] = { 0 };
    uint64_t at = 0;
    char *row;
    while ((row = state_table_next((struct state_table *)t, &at)) != NULL) {
        struct largest candidate = { row, row_bytes(t, row) };
        for (uint32_t i = 0; i < LARGEST; i++) {
            if (candidate.bytes <= largest[i].bytes)
                continue;
            struct largest out = largest[i];
            largest[i] = candidate;
            candidate = out;
        }
    }
    struct buf text;
    buf_init(&text, 600);
    for (uint32_t i = 0; i < LARGEST && largest[i].row; i++) {
        buf_text(&text, i > 0 ? ", " : "");
        table_print_key(t, largest[i].row, &text);
        buf_printf(&text, " with %llu bytes", (unsigned long long)largest[i].bytes);
    }
    if (text.size > 0)
        error_detail(err, "There are %llu keys in \"%s\"; its largest are %s.",
                     (unsigned long long)t->rows, t->name, buf_cstr(&text));
    buf_done(&text);
}
