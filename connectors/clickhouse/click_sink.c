/* click_sink.c -- rows to ClickHouse, as RowBinary in one INSERT a call.
 *
 * A call is one block, which the server takes as a whole or not at all.  Where the server knows
 * deduplication tokens, a call that is sent again after a cut has the token of the first attempt, so
 * that a table with a deduplication window takes it once; a new call has a new token though its bytes
 * be the same. */
#include "clickhouse/click_sink.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "clickhouse/clickhouse.h"
#include "types/batch.h"

#include <sys/random.h>

#define BODY_BYTES_MAX (UINT64_C(1) << 31)
#define CALL_BYTES (UINT64_C(16) << 20)

enum {
    ROWS_MAX = 1000000,           /* below max_insert_block_size of all versions */
    STATEMENT_BYTES = 200 * 1024, /* below max_query_size */
};

/* --- the engine's thread: a row ------------------------------------------------------------ */

static enum code in_column(const struct click_sink_column *column, struct error *err)
{
    char why[sizeof err->message];
    memcpy(why, err->message, sizeof why);
    return error_set(err, E_DATA, "column \"" STR_FMT "\": %s", STR_ARG(column->column->name), why);
}

static bool put_shortly(struct click_sink_column *column, const struct column *cells, uint32_t row,
                        struct buf *out)
{
    const struct click_type *type = column->column->type;
    size_t from = out->size;
    if (column->written != cells->type) {
        column->written = cells->type;
        column->write = click_find_write(cells->type, type);
    }
    if (!column->write)
        return false;
    bool is_null = !column_is_valid(cells, row);
    if (type->is_nullable)
        buf_char(out, is_null);
    if (is_null ? type->is_nullable : column->write(out, type, cells, row))
        return true;
    out->size = from;
    return false;
}

static enum code put_field(struct click_sink *s, struct click_sink_column *column,
                           const struct batch *in, uint32_t row, bool is_delete, struct buf *out,
                           struct error *err)
{
    struct value value;
    const struct click_type *type = column->column->type;
    const struct column *cells = in->columns[column->field];
    if (put_shortly(column, cells, row, out))
        return OK;
    arena_reset(s->row_arena);
    if (!value_from_column(cells, row, s->row_arena, &value))
        return error_nomem(err);
    /* A delete by key has nothing but the key; without its version it would be an old row. */
    if (is_delete && value.is_null && !type->is_nullable && !column->is_version) {
        click_put_default(out, type);
        return OK;
    }
    enum code code = click_put(out, type, &value, s->def->zone, err);
    return code == E_DATA ? in_column(column, err) : code;
}

static enum code put_row(struct click_sink *s, const struct batch *in, uint32_t row, bool is_delete,
                         struct buf *out, struct error *err)
{
    struct value mark = { .type = &type_tinyint };
    for (uint32_t i = 0; i < s->column_count; i++) {
        struct click_sink_column *column = &s->columns[i];
        if (column->from == CLICK_FIELD) {
            TRY(put_field(s, column, in, row, is_delete, out, err));
            continue;
        }
        mark.i64 = column->from == CLICK_DELETED ? is_delete : is_delete ? -1 : 1;
        enum code code = click_put(out, column->column->type, &mark, s->def->zone, err);
        if (code != OK)
            return code == E_DATA ? in_column(column, err) : code;
    }
    return OK;
}

static enum code put_key(struct click_sink *s, const struct batch *in, uint32_t row,
                         struct buf *out, struct error *err)
{
    for (uint32_t i = 0; i < s->def->schema->key_count; i++)
        TRY(put_field(s, s->keys[i], in, row, false, out, err));
    return OK;
}

/* "(1, 'a')" for the list of an ALTER ... DELETE, or 1. */
static enum code put_key_literal(struct click_sink *s, struct str key, struct buf *out,
                                 struct error *err)
{
    struct click_reader reader = { key.data, key.data + key.size };
    uint32_t count = s->def->schema->key_count;
    arena_reset(s->row_arena);
    buf_text(out, count > 1 ? "(" : "");
    for (uint32_t i = 0; i < count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        if (click_put_literal(out, &reader, s->keys[i]->column->type, s->row_arena) != CLICK_GOT)
            return error_set(err, E_DATA, "column \"" STR_FMT "\": this key cannot be deleted by",
                             STR_ARG(s->keys[i]->column->name));
    }
    buf_text(out, count > 1 ? ")" : "");
    return OK;
}

static enum code encode(void *self, const struct batch *in, uint32_t row, bool is_delete,
                        struct buf *bytes, struct buf *key, struct error *err)
{
    struct click_sink *s = self;
    bool is_upsert = s->mode == SINK_UPSERT;
    if (is_delete && s->deletes == CLICK_DELETE_IGNORED)
        return OK;
    bool is_mutation = is_delete && s->deletes == CLICK_DELETE_MUTATION;
    if (is_upsert)
        TRY(put_key(s, in, row, key, err));
    if (is_mutation)
        TRY(put_key_literal(s, buf_view(key), bytes, err));
    else
        TRY(put_row(s, in, row, is_delete, bytes, err));
    /* With a version it is not the last row of a key that counts: all of them go. */
    if (is_upsert && s->table.inner.version.data)
        buf_clear(key);
    return OK;
}

/* --- the sender's thread: a call ----------------------------------------------------------- */

/* The token of an INSERT stays the same as long as it is not known what became of its bytes. */
static enum code put_token(struct click_sink *s, bool is_again, struct error *err)
{
    if (!is_again)
        s->call++;
    buf_clear(&s->path);
    buf_str(&s->path, s->insert_path);
    buf_printf(&s->path, "&insert_deduplication_token=weir-%016llx-%llu",
               (unsigned long long)s->run, (unsigned long long)s->call);
    return buf_check(&s->path, err);
}

static enum remote_outcome insert(struct click_sink *s, struct str rows, bool is_again,
                                  struct error *err)
{
    struct click_call call = { .path = s->insert_path, .head = s->insert_head, .body = rows };
    if (s->table.has_token) {
        if (put_token(s, is_again, err) != OK)
            return REMOTE_FATAL;
        call.path = buf_view(&s->path);
    }
    return click_run(s->client, &call, NULL, NULL, err);
}

static enum remote_outcome insert_together(void *self, struct str rows, bool is_again,
                                           struct error *err)
{
    struct click_sink *s = self;
    s->open_size = 0;
    return insert(s, rows, is_again, err);
}

/* Other rows may have left the call since it failed, but not these. */
static enum remote_outcome insert_some(struct click_sink *s, const struct remote_row *rows,
                                       uint32_t count, struct error *err)
{
    buf_clear(&s->body);
    for (uint32_t i = 0; i < count; i++)
        buf_str(&s->body, rows[i].bytes);
    if (buf_check(&s->body, err) != OK)
        return REMOTE_FATAL;
    uint64_t hash = hash_bytes(s->body.data, s->body.size, 0);
    bool is_again = s->open_size == s->body.size && s->open_hash == hash;
    s->open_hash = hash;
    s->open_size = s->body.size;
    enum remote_outcome outcome = insert(s, buf_view(&s->body), is_again, err);
    if (outcome == REMOTE_DONE)
        s->open_size = 0;
    return outcome;
}

/* As many as go into one statement. */
static enum remote_outcome delete_some(struct click_sink *s, const struct remote_row *rows,
                                       uint32_t *count, struct error *err)
{
    uint32_t n = 0;
    buf_clear(&s->body);
    buf_str(&s->body, s->delete_head);
    while (n < *count && (n == 0 || s->body.size + rows[n].bytes.size < STATEMENT_BYTES)) {
        buf_text(&s->body, n > 0 ? ", " : "");
        buf_str(&s->body, rows[n++].bytes);
    }
    buf_char(&s->body, ')');
    *count = n;
    struct click_call call = { .path = s->target.path, .body = buf_view(&s->body) };
    return buf_check(&s->body, err) == OK ? click_run(s->client, &call, NULL, NULL, err)
                                          : REMOTE_FATAL;
}

static bool is_mutation(const struct click_sink *s, const struct remote_row *row)
{
    return row->is_delete && s->deletes == CLICK_DELETE_MUTATION;
}

/* Rows in their order: as long as they are of one sort they go together. */
static enum remote_outcome send(void *self, struct remote_call *call, struct error *err)
{
    struct click_sink *s = self;
    for (uint32_t from = 0, count; from < call->count; from += count) {
        struct remote_row *rows = call->rows + from;
        bool mutates = is_mutation(s, rows);
        for (count = 1; from + count < call->count; count++)
            if (is_mutation(s, rows + count) != mutates)
                break;
        enum remote_outcome outcome =
            mutates ? delete_some(s, rows, &count, err) : insert_some(s, rows, count, err);
        if (outcome != REMOTE_DONE)
            return outcome;
        for (uint32_t i = 0; i < count; i++)
            rows[i].verdict = REMOTE_SAFE;
    }
    return REMOTE_DONE;
}

static enum remote_outcome prepare(void *self, struct error *err)
{
    struct click_sink *s = self;
    return s->is_prepared ? REMOTE_DONE : click_sink_prepare(s, s->client, err);
}

static void interrupt(void *self)
{
    http_client_interrupt(((struct click_sink *)self)->client);
}

static void destroy(void *self)
{
    struct click_sink *s = self;
    http_client_destroy(s->client);
    buf_done(&s->body);
    buf_done(&s->path);
    arena_destroy(s->row_arena);
    arena_destroy(s->known);
    arena_destroy(s->arena);
    mem_free(s);
}

static const struct remote_sink_kind remote_kind = {
    .system = "ClickHouse",
    .encode = encode,
    .prepare = prepare,
    .send = send,
    .send_together = insert_together,
    .interrupt = interrupt,
    .destroy = destroy,
};

/* --- opening ------------------------------------------------------------------------------- */

static enum code read_options(struct click_sink *s, const struct sink_open *open, struct error *err)
{
    const struct options *options = open->table->options;
    s->def = open->table;
    s->mode = open->mode;
    s->sign = options_get(options, "sink.sign-column");
    const char *ignore =
        options_has(options, "sink.ignore-delete") ? "sink.ignore-delete" : "ignoreDelete";
    s->says_ignore_deletes = options_has(options, ignore);
    s->ignores_deletes = options_bool(options, ignore);
    TRY(click_target_read(open->table, s->arena, &s->target, err));
    return http_client_create(&s->target.http, &s->client, err);
}

/* One attempt, which is short: a server that is away is no error. */
static enum code try_server(struct click_sink *s, struct error *err)
{
    struct http_settings hasty = s->target.http;
    struct http_client *client;
    hasty.timeout_ms = CLICK_OPEN_MS;
    hasty.connect_timeout_ms = CLICK_OPEN_MS;
    TRY(http_client_create(&hasty, &client, err));
    struct error why = { .code = OK };
    enum remote_outcome outcome = click_sink_prepare(s, client, &why);
    http_client_destroy(client);
    if (outcome != REMOTE_FATAL)
        return OK;
    *err = why;
    return err->code;
}

static struct remote_sink_settings settings_of(const struct click_sink *s)
{
    const struct options *options = s->def->options;
    const char *rows = options_has(options, "batchSize") ? "batchSize" : "sink.batch-size";
    const char *wait =
        options_has(options, "flushIntervalMs") ? "flushIntervalMs" : "sink.flush-interval";
    const char *retries =
        options_has(options, "maxRetryTimes") ? "maxRetryTimes" : "sink.max-retries";
    int64_t max_rows = MIN(MAX(options_int(options, rows), 1), ROWS_MAX);
    bool is_keyed = s->mode == SINK_UPSERT;
    return (struct remote_sink_settings){
        .max_rows = (uint32_t)max_rows,
        .max_bytes = CALL_BYTES,
        .interval_ms = MAX(options_duration_ms(options, wait), 0),
        .max_retries = (uint32_t)MIN(MAX(options_int(options, retries), 0), 1000),
        .folds = is_keyed,
        .takes_before = s->mode == SINK_RETRACT,
        .guarantee = is_keyed ? "idempotent by key" : "at-least-once",
        .endpoint = s->target.endpoint,
    };
}

static enum code open_sink(const struct sink_open *open, struct sink **ret, struct error *err)
{
    struct click_sink *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    buf_init(&s->body, BODY_BYTES_MAX);
    buf_init(&s->path, 1 << 20);
    if (getrandom(&s->run, sizeof s->run, 0) != (ssize_t)sizeof s->run)
        s->run = (uint64_t)clock_monotonic_us();
    s->arena = arena_create();
    s->known = arena_create();
    s->row_arena = arena_create();
    enum code code = s->arena && s->known && s->row_arena ? OK : error_nomem(err);
    if (code == OK)
        code = read_options(s, open, err);
    if (code == OK)
        code = try_server(s, err);
    if (code != OK) {
        destroy(s);
        return code;
    }
    struct remote_sink_settings settings = settings_of(s);
    return remote_sink_create(&click_sink_kind, &remote_kind, s, &settings, open->bad_rows, ret,
                              err);
}

/* Rows of a key come from one worker, so that several may write. */
const struct sink_kind click_sink_kind = {
    .open = open_sink,
    .write = remote_sink_write,
    .flush_start = remote_sink_flush_start,
    .flush_poll = remote_sink_flush_poll,
    .wake_fd = remote_sink_wake_fd,
    .parallel = true,
    .status = remote_sink_status,
    .close = remote_sink_close,
};
