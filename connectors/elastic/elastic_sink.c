/* elastic_sink.c -- rows to documents, with calls of _bulk.
 *
 * The server is asked once for what the sink has to know: by open(), and where it did not answer, by
 * the first call that reaches it.  Each row of a call has an item of the reply with a status of its
 * own: what is refused for ever is a bad row, what the server is too busy for is sent again.
 *
 * An "index" line replaces the document, so a later row of a key makes an earlier one unnecessary.
 * So does an "update" line while all columns are written; but not a delete before it, which takes
 * fields away that the table does not know. */
#include "base/clock.h"
#include "base/memory.h"
#include "elastic/elastic.h"
#include "elastic/elastic_bulk.h"
#include "elastic/elastic_doc.h"
#include "elastic/elastic_server.h"
#include "remote/remote_wait.h"
#include "types/text.h"

enum {
    ROWS_MAX = 100000,
    BYTES_MAX = 8 << 20, /* of a call; the server's own limit is 100 MB */
    BODY_BYTES_MAX = 1 << 30,
    RETRIES = 10,
    INDEXES_MAX = 10000, /* that are remembered */
    RETRY_AFTER_MAX_MS = 60000,
};

struct es_sink {
    /* The engine's thread. */
    struct es_docs *docs;      /* owned */
    struct bad_rows handler;   /* what the job says, in front of ... */
    struct bad_rows *bad_rows; /* ... on-error */
    bool is_lenient;

    /* The sender's, once it runs. */
    const struct table_def *def;
    struct http_client *client; /* owned */
    bool is_checked;            /* the server has told what has to be known */
    bool lacks_index;           /* there was none then, and none was made */
    struct es_server server;
    struct str index;    /* the one of all rows; data NULL: each has its own */
    struct arena *arena; /* owned: of `made` */
    struct str *made;    /* indexes that are there */
    uint32_t made_count, made_cap;
    struct buf path, body;
    int64_t not_before_us; /* the server has asked for a pause */

    struct remote_gate gate; /* guards the rest */
    bool is_interrupted;
};

static void es_sink_destroy(void *self)
{
    struct es_sink *s = self;
    if (!s)
        return;
    es_docs_destroy(s->docs);
    http_client_destroy(s->client);
    arena_destroy(s->arena);
    remote_gate_done(&s->gate);
    buf_done(&s->path);
    buf_done(&s->body);
    mem_free(s);
}

static enum code es_encode(void *self, const struct batch *in, uint32_t row, bool is_delete,
                           struct buf *bytes, struct buf *key, struct error *err)
{
    return es_docs_put(((struct es_sink *)self)->docs, in, row, is_delete, bytes, key, err);
}

/* --- what the server has to tell first ------------------------------------------------------- */

/* Has the job said what an index is to look like? */
static bool makes_indexes(const struct es_sink *s)
{
    return es_is_blink(s->def) &&
           (!s->index.data || options_get(s->def->options, "settings").size > 0 ||
            options_get(s->def->options, "mapping").size > 0);
}

static enum remote_outcome check_server(struct es_sink *s, struct http_client *client,
                                        struct error *err)
{
    bool exists = true;
    enum remote_outcome outcome = es_ask_version(client, s->def, &s->server, err);
    if (outcome == REMOTE_DONE && s->index.data)
        outcome = es_check_mapping(client, s->def, s->index, &exists, err);
    if (outcome == REMOTE_DONE && !exists && makes_indexes(s))
        outcome = es_create_index(client, s->def, s->index, (struct str){ NULL, 0 }, err);
    else
        s->lacks_index = !exists;
    s->is_checked = outcome == REMOTE_DONE;
    return outcome;
}

/* --- indexes that rows name ------------------------------------------------------------------ */

static bool is_made(const struct es_sink *s, struct str name)
{
    for (uint32_t i = s->made_count; i-- > 0;) /* the newest is the most likely */
        if (str_eq(s->made[i], name))
            return true;
    return false;
}

static enum code note_made(struct es_sink *s, struct str name, struct error *err)
{
    if (s->made_count == INDEXES_MAX) {
        arena_reset(s->arena);
        s->made = NULL;
        s->made_count = s->made_cap = 0;
    }
    struct str copy = arena_str(s->arena, name);
    if (!copy.data || !ARENA_PUSH(s->arena, s->made, s->made_count, s->made_cap, copy))
        return error_nomem(err);
    return OK;
}

/* The index stands before the NUL of the key, or, without a key, in the line. */
static struct str index_of(const struct remote_row *row)
{
    static const char start[] = "{\"index\":{\"_index\":\"";
    if (row->key.size > 0) {
        size_t end = str_find_byte(row->key, '\0');
        return end != (size_t)-1 ? str_make(row->key.data, end) : STR("");
    }
    struct str rest = row->bytes;
    if (!str_starts(rest, STR("{\"index\":{\"_index\":\"")))
        return STR("");
    rest = str_make(rest.data + sizeof start - 1, rest.size - (sizeof start - 1));
    size_t end = str_find_byte(rest, '"'); /* names are plain: others are refused by the server */
    return end != (size_t)-1 ? str_make(rest.data, end) : STR("");
}

static enum remote_outcome make_indexes(struct es_sink *s, const struct remote_call *call,
                                        struct error *err)
{
    struct str alias = str_trim(options_get(s->def->options, "index"));
    for (uint32_t i = 0; i < call->count; i++) {
        struct str name = index_of(&call->rows[i]);
        if (name.size == 0 || call->rows[i].is_delete || is_made(s, name))
            continue;
        enum remote_outcome outcome = es_create_index(s->client, s->def, name, alias, err);
        if (outcome != REMOTE_DONE)
            return outcome;
        if (note_made(s, name, err) != OK)
            return REMOTE_FAILED;
    }
    return REMOTE_DONE;
}

/* --- a call ---------------------------------------------------------------------------------- */

static enum code put_path(struct es_sink *s, struct error *err)
{
    buf_clear(&s->path);
    if (s->index.data) {
        buf_char(&s->path, '/');
        http_put_escaped(&s->path, s->index);
        if (s->server.type.data) {
            buf_char(&s->path, '/');
            http_put_escaped(&s->path, s->server.type);
        }
    }
    buf_text(&s->path, "/_bulk?filter_path=errors,items.*.status,items.*.error.type,"
                       "items.*.error.reason,items.*.error.caused_by.reason");
    return buf_check(&s->path, err);
}

/* Servers before version 7 want the type in the line where the index stands there. */
static void put_typed(struct es_sink *s, struct str lines)
{
    size_t brace = 1;
    while (brace < lines.size && lines.data[brace] != '{')
        brace++;
    brace = MIN(brace + 1, lines.size);
    buf_put(&s->body, lines.data, brace);
    buf_text(&s->body, "\"_type\":");
    text_put_json_string(&s->body, s->server.type);
    buf_char(&s->body, ',');
    buf_put(&s->body, lines.data + brace, lines.size - brace);
}

static enum code put_body(struct es_sink *s, const struct remote_call *call, struct error *err)
{
    bool is_typed = s->server.type.data && !s->index.data;
    buf_clear(&s->body);
    for (uint32_t i = 0; i < call->count; i++) {
        if (is_typed)
            put_typed(s, call->rows[i].bytes);
        else
            buf_str(&s->body, call->rows[i].bytes);
    }
    return buf_check(&s->body, err);
}

/* The server's own pause, where that is longer than ours. */
static void note_pause(struct es_sink *s, const struct http_reply *reply)
{
    if (reply->retry_after_ms > 0)
        s->not_before_us =
            clock_monotonic_us() + MIN(reply->retry_after_ms, (int64_t)RETRY_AFTER_MAX_MS) * 1000;
}

static void pause_as_asked(struct es_sink *s)
{
    pthread_mutex_lock(&s->gate.lock);
    while (!s->is_interrupted && clock_monotonic_us() < s->not_before_us)
        remote_gate_wait(&s->gate, s->not_before_us);
    pthread_mutex_unlock(&s->gate.lock);
}

static enum remote_outcome send_call(struct es_sink *s, struct remote_call *call, struct error *err)
{
    struct http_reply reply;
    enum code code = put_path(s, err);
    if (code == OK)
        code = put_body(s, call, err);
    struct http_request request = {
        .method = "POST",
        .path = buf_view(&s->path),
        .body = buf_view(&s->body),
        .content_type = "application/x-ndjson",
        .accept = "application/json",
    };
    if (code == OK)
        code = http_call(s->client, &request, &reply, err);
    if (code != OK)
        return es_outcome_of(code);
    note_pause(s, &reply);
    if (reply.status < 200 || reply.status >= 300)
        return es_judge_status(s->client, &reply, err);
    return es_judge_bulk(call, reply.body, err);
}

static enum remote_outcome es_send(void *self, struct remote_call *call, struct error *err)
{
    struct es_sink *s = self;
    enum remote_outcome outcome = REMOTE_DONE;
    pause_as_asked(s);
    if (!s->is_checked)
        outcome = check_server(s, s->client, err);
    if (outcome == REMOTE_DONE && !s->index.data && makes_indexes(s))
        outcome = make_indexes(s, call, err);
    return outcome == REMOTE_DONE ? send_call(s, call, err) : outcome;
}

static void es_interrupt(void *self)
{
    struct es_sink *s = self;
    http_client_interrupt(s->client);
    pthread_mutex_lock(&s->gate.lock);
    s->is_interrupted = true;
    pthread_cond_signal(&s->gate.changed);
    pthread_mutex_unlock(&s->gate.lock);
}

static const struct remote_sink_kind es_remote_kind = {
    .system = "Elastic",
    .encode = es_encode,
    .send = es_send,
    .interrupt = es_interrupt,
    .destroy = es_sink_destroy,
};

/* --- opening --------------------------------------------------------------------------------- */

/* What the job itself says of refused documents goes before on-error: all are counted, and routed
 * where rows are routed, but with "ignore" none is the end, and with "fail" the first one is. */
static enum code report_by_handler(struct bad_rows *self, const struct bad_row *row,
                                   struct error *err)
{
    struct es_sink *s = container_of(self, struct es_sink, handler);
    enum code code = bad_row_report(s->bad_rows, row, err);
    if (s->is_lenient)
        return code == E_DATA ? OK : code;
    if (code == OK)
        return error_set(err, E_DATA, "a document is refused: " STR_FMT, STR_ARG(row->reason));
    return code;
}

static const char *handler_option(const struct table_def *def)
{
    return es_is_blink(def) ? "ignoreWriteError" : "failure-handler";
}

static bool is_lenient(const struct table_def *def)
{
    return es_is_blink(def) ? options_bool(def->options, handler_option(def))
                            : str_iis(options_get(def->options, handler_option(def)), "ignore");
}

static uint32_t rows_of(int64_t value, uint32_t fallback)
{
    return value <= 0 ? fallback : (uint32_t)MIN(value, (int64_t)ROWS_MAX);
}

static void read_settings(const struct table_def *def, struct remote_sink_settings *ret)
{
    const struct options *options = def->options;
    bool is_keyed = def->schema->key_count > 0;
    *ret = (struct remote_sink_settings){
        .max_bytes = BYTES_MAX,
        .max_retries = RETRIES,
        .folds = is_keyed && es_docs_are_whole(def),
        .guarantee = is_keyed ? "idempotent by key" : "at-least-once",
    };
    if (es_is_blink(def)) {
        int64_t rows = options_int(options, "batchSize");
        ret->max_rows = rows_of(rows > 0 ? rows : options_int(options, "bufferSize"), 1000);
        ret->interval_ms = options_duration_ms(options, "flushIntervalMs");
        ret->max_retries = (uint32_t)MIN(MAX(options_int(options, "maxRetryTimes"), 0), INT32_MAX);
        return;
    }
    ret->max_rows = rows_of(options_int(options, "sink.bulk-flush.max-actions"), ROWS_MAX);
    ret->interval_ms = options_duration_ms(options, "sink.bulk-flush.interval");
    int64_t bytes = options_bytes(options, "sink.bulk-flush.max-size");
    if (bytes > 0)
        ret->max_bytes = (uint64_t)MIN(bytes, (int64_t)BODY_BYTES_MAX / 2);
    if (options_has(options, "sink.bulk-flush.backoff.max-retries"))
        ret->max_retries = (uint32_t)MIN(
            MAX(options_int(options, "sink.bulk-flush.backoff.max-retries"), 0), INT32_MAX);
    ret->keeps_deletes = true;
}

/* One short try: what can never work is said at once, and a server that is away comes later. */
static enum code try_server(struct es_sink *s, const struct http_settings *http, struct error *err)
{
    struct http_settings quick = *http;
    struct http_client *client;
    struct error why = { .code = OK };
    quick.connect_timeout_ms = MIN(quick.connect_timeout_ms, ES_OPEN_LIMIT_MS);
    quick.timeout_ms = ES_OPEN_LIMIT_MS;
    TRY(http_client_create(&quick, &client, err));
    enum remote_outcome outcome = check_server(s, client, &why);
    http_client_destroy(client);
    if (outcome != REMOTE_FATAL)
        return OK;
    if (err)
        *err = why;
    return why.code;
}

static void warn_of_guesses(const struct sink_open *open)
{
    struct error warning = { .code = OK };
    const struct option *index = options_find(open->table->options, "index");
    error_set(&warning, E_NAME,
              "index \"" STR_FMT "\" does not exist: the server makes it, and guesses the types of "
              "its fields",
              STR_ARG(str_trim(index->value)));
    error_hint(&warning, es_is_blink(open->table)
                             ? "It can be made before, or by the job with the option mapping."
                             : "It can be made before, with a mapping.");
    if (index->value_span.size > 0)
        error_locate(&warning, index->value_span);
    sink_warn(open, &warning);
}

static enum code set_up(struct es_sink *s, const struct sink_open *open, struct str *ret_endpoint,
                        struct error *err)
{
    struct http_settings http;
    s->def = open->table;
    s->arena = arena_create();
    if (!s->arena)
        return error_nomem(err);
    TRY(es_docs_create(open->table, &s->docs, err));
    if (es_index_is_fixed(&s->docs->index))
        s->index = s->docs->index.prefix;
    TRY(es_read_http(&http, open->table, s->docs->arena, err));
    TRY(http_client_create(&http, &s->client, err));
    *ret_endpoint = str_of(http_client_endpoint(s->client));
    TRY(try_server(s, &http, err));
    if (s->lacks_index)
        warn_of_guesses(open);
    return OK;
}

static enum code es_sink_open(const struct sink_open *open, struct sink **ret, struct error *err)
{
    struct es_sink *s = mem_zalloc(sizeof *s);
    struct remote_sink_settings settings;
    if (!s)
        return error_nomem(err);
    remote_gate_init(&s->gate);
    buf_init(&s->path, 1 << 16);
    buf_init(&s->body, BODY_BYTES_MAX);
    s->handler.report = report_by_handler;
    s->bad_rows = open->bad_rows;
    s->is_lenient = is_lenient(open->table);
    s->handler.goes_on = s->is_lenient;
    read_settings(open->table, &settings);
    enum code code = set_up(s, open, &settings.endpoint, err);
    if (code != OK) {
        es_sink_destroy(s);
        return code;
    }
    bool is_told = options_has(open->table->options, handler_option(open->table));
    return remote_sink_create(&es_sink_kind, &es_remote_kind, s, &settings,
                              is_told ? &s->handler : open->bad_rows, ret, err);
}

const struct sink_kind es_sink_kind = REMOTE_SINK_KIND(es_sink_open);
