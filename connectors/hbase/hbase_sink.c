/* hbase_sink.c -- writes rows to a table of HBase.
 *
 * A call is one PUT of all rows, then a DELETE for each row that goes.  Timestamps are ours: a delete
 * hides everything of its cells up to its time, so that a put of the same key that follows it has
 * to be later, and with the server's time both may fall into one millisecond.  With times that
 * grow with each delete of a key the order in which the requests arrive does not matter, nor does
 * how often they do. */
#include "hbase/hbase.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "hbase/hbase_delete.h"
#include "hbase/hbase_value.h"
#include "hbase/hbase_wire.h"
#include "remote/remote_sink.h"
#include "types/batch.h"

enum {
    VALUE_BYTES_MAX = 1 << 30,
    CALL_BYTES = 4 << 20, /* where the table says nothing */
    CALL_BYTES_MAX = 16 << 20,
    CALL_ROWS_MAX = 100000,
    RETRIES = 10,
};
#define BODY_BYTES_MAX (UINT64_C(2) << 30)

struct hbase_sink {
    struct hbase_table *table; /* owned */
    struct hbase_rest *rest;   /* owned; the sender's */
    /* The engine's thread. */
    struct hbase_writer writer;
    const struct column **keys; /* of the batch at hand */
    struct str *columns;        /* of each cell, as the wire has them */
    struct buf value, column;
    /* The sender's thread. */
    struct buf body;
    struct hbase_deletes *deletes; /* owned */
    int64_t last_ms;               /* the latest timestamp so far */
};

/* --- rows to bytes --------------------------------------------------------------------- */

/* The column of a cell and the row in it; NULL: the family is NULL. */
static const struct column *find_cell(const struct hbase_cell *cell, const struct batch *in,
                                      uint32_t *row)
{
    const struct column *column = in->columns[cell->column];
    if (cell->field < 0)
        return column;
    if (!column_is_valid(column, *row))
        return NULL;
    *row &= column->mask;
    return column->children[cell->field];
}

static void encode_cells(struct hbase_sink *s, const struct batch *in, uint32_t row,
                         struct buf *bytes)
{
    const struct hbase_table *t = s->table;
    for (uint32_t i = 0; i < t->cell_count; i++) {
        const struct hbase_cell *cell = &t->cells[i];
        uint32_t at = row;
        const struct column *column = find_cell(cell, in, &at);
        bool is_null = !column || !column_is_valid(column, at);
        if (is_null && t->skips_nulls)
            continue;
        buf_clear(&s->value);
        if (!is_null)
            hbase_put_value(&s->value, &s->writer, cell->type, column, at);
        else if (type_is_string(cell->type))
            buf_str(&s->value, t->null_text);
        if (s->value.failed)
            bytes->failed = true;
        hbase_wire_put_cell(bytes, s->columns[i], buf_view(&s->value));
    }
}

/* Columns of a dynamic table but the key, in the order of the schema. */
static const struct column *dynamic_column(const struct hbase_sink *s, const struct batch *in,
                                           uint32_t at)
{
    uint32_t first = s->table->keys[0] == 0;
    uint32_t second = s->table->keys[0] == 2 ? 1 : 2;
    return in->columns[at == 0 ? first : second];
}

/* A cell; of a delete, the name of one. */
static enum code encode_dynamic(struct hbase_sink *s, const struct batch *in, uint32_t row,
                                bool is_delete, struct buf *bytes, struct error *err)
{
    const struct column *qualifier = dynamic_column(s, in, 0), *value = dynamic_column(s, in, 1);
    if (!column_is_valid(qualifier, row))
        return error_set(err, E_DATA, "the qualifier of the row is NULL");
    if (!is_delete && !column_is_valid(value, row))
        return error_set(err, E_DATA, "all cells of the row are NULL");
    buf_clear(&s->value);
    buf_str(&s->value, s->table->family);
    buf_char(&s->value, ':');
    buf_str(&s->value, view_str(COLUMN_AT(qualifier, struct view, row)));
    if (is_delete) {
        buf_str(bytes, buf_view(&s->value));
        return buf_check(&s->value, err);
    }
    buf_clear(&s->column);
    hbase_wire_put_column(&s->column, buf_view(&s->value));
    hbase_wire_put_cell(bytes, buf_view(&s->column), view_str(COLUMN_AT(value, struct view, row)));
    return buf_check(&s->column, err);
}

static enum code encode(void *self, const struct batch *in, uint32_t row, bool is_delete,
                        struct buf *bytes, struct buf *key, struct error *err)
{
    struct hbase_sink *s = self;
    for (uint32_t i = 0; i < s->table->key_count; i++)
        s->keys[i] = in->columns[s->table->keys[i]];
    TRY(hbase_put_key(key, &s->writer, s->keys, row, err));
    if (s->table->is_dynamic)
        return encode_dynamic(s, in, row, is_delete, bytes, err);
    if (is_delete)
        return OK;
    encode_cells(s, in, row, bytes);
    return bytes->size > 0 || bytes->failed
               ? OK
               : error_set(err, E_DATA, "all cells of the row are NULL");
}

/* --- timestamps ------------------------------------------------------------------------ */

/* Which rows share a key is asked only where there are deletes. */
static enum code find_order(const struct remote_call *call, struct hbase_order *ret,
                            struct error *err)
{
    uint32_t size = 16, n = call->count;
    while (size < n * UINT64_C(2))
        size *= 2;
    uint32_t *slots = arena_array(call->arena, uint32_t, size); /* the first row of a key, plus 1 */
    uint32_t *first = arena_array(call->arena, uint32_t, n);
    uint32_t *deletes = arena_array(call->arena, uint32_t, n); /* by first row */
    uint32_t *rows = arena_array(call->arena, uint32_t, n);
    ret->later = arena_array(call->arena, uint32_t, n);
    ret->of_key = arena_array(call->arena, uint32_t, n);
    if (!slots || !first || !deletes || !rows || !ret->later || !ret->of_key)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        struct str key = call->rows[i].key;
        uint32_t at = (uint32_t)hash_bytes(key.data, key.size, 0) & (size - 1);
        while (slots[at] != 0 && !str_eq(call->rows[slots[at] - 1].key, key))
            at = (at + 1) & (size - 1);
        if (slots[at] == 0)
            slots[at] = i + 1;
        first[i] = slots[at] - 1;
        rows[first[i]]++;
        ret->later[i] = deletes[first[i]];
        ret->most = MAX(ret->most, ret->later[i]);
        deletes[first[i]] += call->rows[i].is_delete;
    }
    for (uint32_t i = 0; i < n; i++)
        ret->of_key[i] = rows[first[i]];
    return OK;
}

/* In real time, whatever the job's clock says: one that stands would hide what a later run writes
 * behind the deletes of an earlier one. */
static int64_t next_time(struct hbase_sink *s, const struct hbase_order *order)
{
    static const struct clock real = { .standing = false };
    int64_t now_ms = clock_now_us(&real) / 1000;
    int64_t base_ms = MAX(now_ms, s->last_ms + 1);
    s->last_ms = base_ms + order->most;
    return base_ms;
}

/* --- calls ----------------------------------------------------------------------------- */

static enum remote_outcome put_rows(struct hbase_sink *s, const struct remote_call *call,
                                    const struct hbase_order *order, int64_t base_ms,
                                    struct error *err)
{
    buf_clear(&s->body);
    for (uint32_t i = 0; i < call->count; i++) {
        const struct remote_row *row = &call->rows[i];
        int64_t ms = base_ms + (order->later ? order->later[i] : 0);
        if (!row->is_delete)
            hbase_wire_put_row(&s->body, row->key, row->bytes, (uint64_t)ms);
    }
    if (s->body.size == 0 && !s->body.failed)
        return REMOTE_DONE;
    hbase_rest_begin_path(s->rest);
    buf_text(&s->rest->path, "rows"); /* rows have their own keys; this one is not used */
    struct http_request request = {
        .method = "PUT",
        .path = buf_view(&s->rest->path),
        .body = buf_view(&s->body),
        .content_type = HBASE_WIRE_TYPE,
        .accept = HBASE_WIRE_TYPE,
    };
    struct http_reply reply;
    if (buf_check(&s->body, err) != OK || buf_check(&s->rest->path, err) != OK)
        return REMOTE_FATAL;
    return hbase_rest_call(s->rest, &request, false, &reply, err);
}

static enum remote_outcome send(void *self, struct remote_call *call, struct error *err)
{
    struct hbase_sink *s = self;
    struct hbase_order order = { .most = 0 };
    bool has_delete = false;
    for (uint32_t i = 0; i < call->count; i++)
        has_delete = has_delete || call->rows[i].is_delete;
    if (has_delete && find_order(call, &order, err) != OK)
        return REMOTE_FATAL;
    int64_t base_ms = next_time(s, &order);
    enum remote_outcome outcome = put_rows(s, call, &order, base_ms, err);
    if (outcome != REMOTE_DONE || !has_delete)
        return outcome;
    for (uint32_t i = 0; i < call->count; i++)
        if (!call->rows[i].is_delete)
            hbase_settle(call, &order, i);
    return hbase_deletes_run(s->deletes, s->rest, call, &order, base_ms, err);
}

static void interrupt(void *self)
{
    struct hbase_sink *s = self;
    hbase_rest_interrupt(s->rest);
    hbase_deletes_interrupt(s->deletes);
}

/* --- opening and closing --------------------------------------------------------------- */

static void destroy(void *self)
{
    struct hbase_sink *s = self;
    if (!s)
        return;
    hbase_deletes_destroy(s->deletes);
    hbase_rest_destroy(s->rest);
    hbase_table_destroy(s->table);
    buf_done(&s->value);
    buf_done(&s->column);
    buf_done(&s->body);
    mem_free(s);
}

static const struct remote_sink_kind sink_calls = {
    .system = "HBase",
    .encode = encode,
    .send = send,
    .interrupt = interrupt,
    .destroy = destroy,
};

static enum code name_columns(struct hbase_sink *s, struct error *err)
{
    struct hbase_table *t = s->table;
    s->keys = arena_array(t->arena, const struct column *, t->key_count + 1);
    s->columns = arena_array(t->arena, struct str, t->cell_count + 1);
    if (!s->keys || !s->columns)
        return error_nomem(err);
    for (uint32_t i = 0; i < t->cell_count; i++) {
        buf_clear(&s->column);
        hbase_wire_put_column(&s->column, t->cells[i].name);
        s->columns[i] = arena_str(t->arena, buf_view(&s->column));
        if (!s->columns[i].data)
            return error_nomem(err);
    }
    return OK;
}

static enum code prepare(struct hbase_sink *s, const struct table_def *def, struct error *err)
{
    buf_init(&s->value, VALUE_BYTES_MAX);
    buf_init(&s->column, VALUE_BYTES_MAX);
    buf_init(&s->body, BODY_BYTES_MAX);
    TRY(hbase_table_read(def, &s->table, err));
    TRY(hbase_table_need(s->table, err));
    s->writer.table = s->table;
    TRY(name_columns(s, err));
    TRY(hbase_rest_create(s->table, &s->rest, err));
    TRY(hbase_deletes_create(s->table, &s->deletes, err));
    return hbase_rest_try(s->table, err);
}

/* 0 and less than 0 say: no limit. */
static uint64_t limit(int64_t value, uint64_t most)
{
    return value <= 0 ? most : MIN((uint64_t)value, most);
}

static struct remote_sink_settings settings_of(const struct hbase_table *t)
{
    const struct options *o = t->def->options;
    struct remote_sink_settings set = {
        .guarantee = "idempotent by key",
        .endpoint = hbase_endpoints(o),
        .folds = hbase_table_keeps_last(t),
        .takes_before = t->is_dynamic, /* the cell of an update may be another one */
        .max_retries = RETRIES,
    };
    if (t->is_flink) {
        set.max_rows = (uint32_t)limit(options_int(o, "sink.buffer-flush.max-rows"), CALL_ROWS_MAX);
        set.max_bytes = limit(options_bytes(o, "sink.buffer-flush.max-size"), CALL_BYTES_MAX);
        set.interval_ms = options_duration_ms(o, "sink.buffer-flush.interval");
    } else {
        set.max_rows = (uint32_t)limit(options_int(o, "batchSize"), CALL_ROWS_MAX);
        set.max_bytes = CALL_BYTES;
        set.interval_ms = options_duration_ms(o, "flushIntervalMs");
        set.max_retries = (uint32_t)limit(options_int(o, "maxRetryTimes"), UINT32_MAX);
    }
    return set;
}

static enum code sink_open(const struct sink_open *open, struct sink **ret, struct error *err)
{
    struct hbase_sink *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    enum code code = prepare(s, open->table, err);
    if (code != OK) {
        destroy(s);
        return code;
    }
    struct remote_sink_settings set = settings_of(s->table);
    return remote_sink_create(&hbase_sink, &sink_calls, s, &set, open->bad_rows, ret, err);
}

const struct sink_kind hbase_sink = REMOTE_SINK_KIND(sink_open);
