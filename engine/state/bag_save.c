/* bag_save.c -- a bag's items as records of a snapshot, and its largest keys as text.
 *
 * A record is an item: the encoding of its key; then a byte that says whether a time
 * follows, that time, count, degree, and the encoding of its slots.  Items of a key
 * follow each other in their order. */
#include "state/bag_inner.h"
#include "state/snapshot.h"

enum { PLAIN_ITEM = 0, TIMED_ITEM = 1 };

static enum code save_key(struct state_bag *bag, char *row, struct state_writer *writer,
                          struct buf *key, struct buf *value, struct error *err)
{
    if (row_key(bag, row)->items == 0)
        return OK; /* the other bag's alone */
    buf_clear(key);
    state_encode_slots(key, &bag->keys->layout, 0, bag->keys->key_count, row);
    TRY(buf_check(key, err));
    for (struct bag_item *item = row_key(bag, row)->first; item; item = item->next) {
        buf_clear(value);
        buf_char(value, bag->ttl_ms > 0 ? TIMED_ITEM : PLAIN_ITEM);
        if (bag->ttl_ms > 0)
            state_encode_i64(value, *item_written(bag, item));
        state_encode_i64(value, item->count);
        state_encode_i64(value, item->degree);
        state_encode_slots(value, &bag->layout, 0, bag->layout.count, item->slots);
        TRY(buf_check(value, err));
        TRY(state_writer_put(writer, bag->id, buf_view(key), buf_view(value), err));
    }
    return OK;
}

enum code state_bag_save(struct state_bag *bag, struct state_writer *writer, struct error *err)
{
    struct buf key, value;
    buf_init(&key, UINT32_MAX);
    buf_init(&value, UINT32_MAX);
    uint64_t at = 0;
    enum code code = OK;
    char *row;
    while (code == OK && (row = state_table_next(bag->keys, &at)) != NULL)
        code = save_key(bag, row, writer, &key, &value, err);
    buf_done(&key);
    buf_done(&value);
    return code;
}

static enum code load_head(struct state_bag *bag, struct str *value, struct bag_item *item,
                           struct error *err)
{
    if (value->size == 0 || (uint8_t)value->data[0] > TIMED_ITEM)
        return error_set(err, E_DATA, "a row does not say whether it has a time");
    bool timed = value->data[0] == TIMED_ITEM;
    value->data++;
    value->size--;
    int64_t written_ms, count, degree;
    if (timed) {
        TRY(state_decode_i64(value, &written_ms, err));
        if (bag->ttl_ms > 0)
            *item_written(bag, item) = written_ms;
    }
    TRY(state_decode_i64(value, &count, err));
    TRY(state_decode_i64(value, &degree, err));
    if (count < 1 || count > UINT32_MAX || degree < 0 || degree > UINT32_MAX)
        return error_set(err, E_DATA, "a row is there %lld times", (long long)count);
    item->count = (uint32_t)count;
    item->degree = (uint32_t)degree;
    return OK;
}

static enum code load_value(struct state_bag *bag, struct str value, struct bag_item *item,
                            struct error *err)
{
    TRY(load_head(bag, &value, item, err));
    TRY(state_decode_slots(bag->heap, &value, &bag->layout, 0, bag->layout.count, item->slots,
                           err));
    if (value.size > 0)
        return error_set(err, E_DATA, "a row has %zu bytes too many", value.size);
    return OK;
}

static enum code load_item(struct state_bag *bag, struct bag_key *key, struct str value,
                           struct error *err)
{
    struct bag_item *item;
    TRY(bag_item_reserve(bag, key, err));
    TRY(bag_item_make(bag, &item, err));
    enum code code = load_value(bag, value, item, err);
    if (code != OK) {
        bag_item_free(bag, item);
        return code;
    }
    bag_item_link(bag, key, item);
    return OK;
}

enum code state_bag_load(struct state_bag *bag, struct state_reader *reader, struct str key,
                         struct str value, struct error *err)
{
    bool is_new = false;
    char *row = NULL;
    enum code code = table_load_key(bag->keys, reader, key, &row, &is_new, err);
    if (code == OK && row) {
        code = load_item(bag, row_key(bag, row), value, err);
        if (code != OK)
            state_bag_tidy(bag, row_key(bag, row));
    }
    if (code != OK)
        table_while_reading(bag->keys, bag->name, err);
    return code;
}

enum { LARGEST = 3 };

void state_bag_explain(const struct state_bag *bag, struct error *err)
{
    char *largest[LARGEST] = { NULL };
    uint64_t at = 0, keys = 0;
    char *row;
    while ((row = state_table_next(bag->keys, &at)) != NULL) {
        keys += row_key(bag, row)->items > 0;
        for (uint32_t i = 0; i < LARGEST; i++) {
            if (largest[i] && row_key(bag, row)->items <= row_key(bag, largest[i])->items)
                continue;
            char *out = largest[i];
            largest[i] = row;
            if (!(row = out))
                break;
        }
    }
    struct buf text;
    buf_init(&text, 600);
    for (uint32_t i = 0; i < LARGEST && largest[i]; i++) {
        buf_text(&text, i > 0 ? ", " : "");
        table_print_key(bag->keys, largest[i], &text);
        buf_printf(&text, " with %llu rows",
                   (unsigned long long)row_key(bag, largest[i])->items);
    }
    if (text.size > 0)
        error_detail(err, "There are %llu rows of %llu keys in \"%s\"; its largest are %s.",
                     (unsigned long long)bag->items,
                     (unsigned long long)keys, bag->name,
                     buf_cstr(&text));
    buf_done(&text);
}
