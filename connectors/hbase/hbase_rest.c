/* hbase_rest.c -- see hbase_rest.h. */
#include "hbase/hbase_rest.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "hbase/hbase_wire.h"
#include "http/http_options.h"
#include "types/text.h"

enum { TRY_MS = 3000, PATH_BYTES_MAX = 1 << 20, REASON_BYTES = 300 };

/* --- connections ----------------------------------------------------------------------- */

static struct str first_of(const struct options *options, const char *a, const char *b)
{
    struct str text = options_get(options, a);
    if (text.size == 0)
        text = options_get(options, b);
    return text.size > 0 ? text : (struct str){ NULL, 0 };
}

static enum code read_settings(struct arena *scratch, const struct hbase_table *table,
                               struct http_settings *ret, struct error *err)
{
    const struct options *options = table->def->options;
    bool is_rest = str_trim(options_get(options, "rest.endpoints")).size > 0;
    *ret = (struct http_settings){
        .endpoints = hbase_endpoints(options),
        .endpoints_option = options_find(options, is_rest ? "rest.endpoints" : "endPoint"),
        .username = first_of(options, "userName", "username"),
        .password = first_of(options, "password", "password"),
    };
    return http_read_options(ret, options, scratch, err);
}

enum code hbase_rest_check(const struct hbase_table *table, struct error *err)
{
    struct http_settings settings;
    TRY(read_settings(table->arena, table, &settings, err));
    if (settings.endpoints.size == 0)
        settings.endpoints = STR("localhost"); /* it is missing: what of the others? */
    return http_settings_check(&settings, err);
}

static enum code make_client_in(struct arena *scratch, const struct hbase_table *table,
                                int64_t timeout_ms, struct http_client **ret, struct error *err)
{
    struct http_settings settings;
    TRY(read_settings(scratch, table, &settings, err));
    if (timeout_ms > 0) {
        settings.timeout_ms = MIN(settings.timeout_ms, timeout_ms);
        settings.connect_timeout_ms = MIN(settings.connect_timeout_ms, timeout_ms);
    }
    return http_client_create(&settings, ret, err);
}

/* Not in the table's arena: threads make connections at the same time. */
static enum code make_client(const struct hbase_table *table, int64_t timeout_ms,
                             struct http_client **ret, struct error *err)
{
    struct arena *scratch = arena_create();
    enum code code =
        scratch ? make_client_in(scratch, table, timeout_ms, ret, err) : error_nomem(err);
    arena_destroy(scratch);
    return code;
}

static enum code create(const struct hbase_table *table, int64_t timeout_ms,
                        struct hbase_rest **ret, struct error *err)
{
    struct hbase_rest *rest = mem_zalloc(sizeof *rest);
    if (!rest)
        return error_nomem(err);
    rest->table = table;
    buf_init(&rest->path, PATH_BYTES_MAX);
    enum code code = make_client(table, timeout_ms, &rest->http, err);
    if (code != OK) {
        hbase_rest_destroy(rest);
        return code;
    }
    *ret = rest;
    return OK;
}

enum code hbase_rest_create(const struct hbase_table *table, struct hbase_rest **ret,
                            struct error *err)
{
    return create(table, 0, ret, err);
}

void hbase_rest_destroy(struct hbase_rest *rest)
{
    if (!rest)
        return;
    http_client_destroy(rest->http);
    buf_done(&rest->path);
    mem_free(rest);
}

void hbase_rest_interrupt(struct hbase_rest *rest)
{
    http_client_interrupt(rest->http);
}

void hbase_rest_begin_path(struct hbase_rest *rest)
{
    buf_clear(&rest->path);
    buf_char(&rest->path, '/');
    http_put_escaped(&rest->path, rest->table->name);
    buf_char(&rest->path, '/');
}

void hbase_rest_put_base64(struct buf *out, struct str bytes)
{
    size_t at = out->size;
    text_put_base64(out, bytes);
    for (; at < out->size && out->data[at] != '='; at++)
        out->data[at] = out->data[at] == '+' ? '-' : out->data[at] == '/' ? '_' : out->data[at];
    out->size = at; /* padding may be left out */
}

/* --- what an answer means ---------------------------------------------------------------- */

static struct str next_line(struct str *text)
{
    size_t size = 0;
    while (size < text->size && text->data[size] != '\n' && text->data[size] != '\r')
        size++;
    struct str line = str_make(text->data, size);
    while (size < text->size && (text->data[size] == '\n' || text->data[size] == '\r'))
        size++;
    *text = str_make(text->data + size, text->size - size);
    return line;
}

/* "Bad request", then the exception and 10 kB of where it came from. */
static enum code say_status(const struct hbase_rest *rest, const struct http_reply *reply,
                            enum code code, struct error *err)
{
    struct str text = reply->body;
    struct str first = next_line(&text), second = next_line(&text);
    struct str reason = second.size > 0 && second.data[0] > ' ' ? second : first;
    if (reason.size > 0 && (reason.data[0] == '<' || reason.data[0] == '{'))
        reason.size = 0; /* pages of the servlet's say nothing */
    reason.size = utf8_valid_prefix(reason.data, MIN(reason.size, (size_t)REASON_BYTES));
    char clean[REASON_BYTES];
    for (size_t i = 0; i < reason.size; i++)
        clean[i] = (char)((unsigned char)reason.data[i] < ' ' ? ' ' : reason.data[i]);
    return error_set(err, code, "HBase at %s answers %d%s%.*s", http_client_endpoint(rest->http),
                     reply->status, reason.size > 0 ? ": " : "", (int)reason.size, clean);
}

static enum remote_outcome outcome_of(enum code code)
{
    return code == E_RETRY || code == E_CANCELLED ? REMOTE_AWAY : REMOTE_FATAL;
}

static bool tells_of(const struct http_reply *reply, const char *word)
{
    return memmem(reply->body.data, reply->body.size, word, strlen(word)) != NULL;
}

/* A region that cannot be reached, which its server says with 503, or, if it comes late, with 500. */
static bool is_region_away(const struct http_reply *reply)
{
    static const char *const words[] = {
        "RetriesExhausted",    "CallTimeout",      "OperationTimeout", "SocketTimeout",
        "ConnectException",    "FailedServer",     "NotServingRegion", "NoServerForRegion",
        "RegionServerStopped", "ServerNotRunning", "PleaseHold",       "ConnectionClos",
        "CallQueueTooBig",     "RegionTooBusy",
    };
    for (size_t i = 0; i < countof(words); i++)
        if (tells_of(reply, words[i]))
            return true;
    return false;
}

/* Rows are at fault only where that is certain: any failure within the server may become a 400. */
static bool is_refusal(const struct http_reply *reply)
{
    return reply->status != 400 || tells_of(reply, "IllegalArgumentException") ||
           !tells_of(reply, "Exception");
}

static enum remote_outcome judge(const struct hbase_rest *rest, const struct http_reply *reply,
                                 struct error *err)
{
    switch (reply->status) {
    case 400:
    case 413:
    case 414:
        say_status(rest, reply, E_DATA, err);
        return is_refusal(reply) ? REMOTE_REFUSED : REMOTE_FAILED;
    case 401:
    case 403:
        say_status(rest, reply, E_IO, err);
        error_hint(err, "Are the user and the password (or token) right?");
        return REMOTE_FATAL;
    case 408:
    case 429:
    case 502:
    case 503:
    case 504:
        say_status(rest, reply, E_RETRY, err);
        return REMOTE_AWAY;
    case 404:
    case 500:
        say_status(rest, reply, E_IO, err);
        return is_region_away(reply) ? REMOTE_AWAY : REMOTE_FAILED;
    default:
        if (reply->status >= 200 && reply->status < 300)
            return REMOTE_DONE;
        say_status(rest, reply, E_IO, err);
        error_hint(err, "Is it a REST server of HBase?");
        return REMOTE_FATAL;
    }
}

/* --- the table --------------------------------------------------------------------------- */

static bool has_family(struct str schema, struct str family)
{
    struct hbase_wire wire = hbase_wire_of(schema);
    uint32_t field;
    struct str column, name;
    while (hbase_wire_next(&wire, &field, &column)) {
        struct hbase_wire part = hbase_wire_of(column);
        if (field != 3)
            continue;
        while (hbase_wire_next(&part, &field, &name))
            if (field == 1 && str_eq(name, family))
                return true;
    }
    return false;
}

static enum remote_outcome check_families(struct hbase_rest *rest, struct str schema,
                                          struct error *err)
{
    const struct hbase_table *t = rest->table;
    for (uint32_t i = 0; i < t->cell_count; i++) {
        struct str family = t->cells[i].family;
        if (has_family(schema, family))
            continue;
        error_set(err, E_NAME,
                  "table \"" STR_FMT "\" of HBase at %s has no column family \"" STR_FMT "\"",
                  STR_ARG(t->name), http_client_endpoint(rest->http), STR_ARG(family));
        return REMOTE_FATAL;
    }
    rest->is_checked = true;
    return REMOTE_DONE;
}

/* TableSchema { string name = 1; ...; repeated ColumnSchema { string name = 1; ... } = 3; ... } */
static enum remote_outcome check(struct hbase_rest *rest, struct error *err)
{
    struct buf path;
    buf_init(&path, PATH_BYTES_MAX);
    buf_char(&path, '/');
    http_put_escaped(&path, rest->table->name);
    buf_text(&path, "/schema");
    struct http_request request = {
        .method = "GET",
        .path = buf_view(&path),
        .accept = HBASE_WIRE_TYPE,
    };
    struct http_reply reply;
    enum code code = buf_check(&path, err);
    if (code == OK)
        code = http_call(rest->http, &request, &reply, err);
    buf_done(&path);
    if (code != OK)
        return outcome_of(code);
    if (reply.status == 404 &&
        (tells_of(&reply, "TableNotFound") || !tells_of(&reply, "Exception"))) {
        error_set(err, E_NAME, "HBase at %s has no table \"" STR_FMT "\"",
                  http_client_endpoint(rest->http), STR_ARG(rest->table->name));
        return REMOTE_FATAL;
    }
    enum remote_outcome outcome = judge(rest, &reply, err);
    if (outcome == REMOTE_DONE)
        return check_families(rest, reply.body, err);
    if (outcome == REMOTE_FAILED) /* the table is not what is wrong */
        return REMOTE_AWAY;
    return outcome == REMOTE_REFUSED ? REMOTE_FATAL : outcome;
}

enum code hbase_rest_try(const struct hbase_table *table, struct error *err)
{
    struct hbase_rest *rest;
    struct error why = { .code = OK };
    TRY(create(table, TRY_MS, &rest, err));
    enum remote_outcome outcome = check(rest, &why);
    hbase_rest_destroy(rest);
    if (outcome != REMOTE_FATAL)
        return OK;
    if (err)
        *err = why;
    return why.code;
}

/* --- calls ----------------------------------------------------------------------------- */

/* If the table is as it should be, it was a failure of that one call. */
static enum remote_outcome look_again(struct hbase_rest *rest, struct error *err)
{
    struct error why = { .code = OK };
    enum remote_outcome outcome = check(rest, &why);
    if (outcome == REMOTE_DONE)
        return REMOTE_FAILED;
    *err = why;
    return outcome;
}

enum remote_outcome hbase_rest_call(struct hbase_rest *rest, const struct http_request *request,
                                    bool is_404_normal, struct http_reply *ret, struct error *err)
{
    if (!rest->is_checked) {
        enum remote_outcome outcome = check(rest, err);
        if (outcome != REMOTE_DONE)
            return outcome;
    }
    enum code code = http_call(rest->http, request, ret, err);
    if (code != OK)
        return outcome_of(code);
    if (ret->status == 404 && is_404_normal && !tells_of(ret, "Exception"))
        return REMOTE_DONE;
    enum remote_outcome outcome = judge(rest, ret, err);
    return outcome == REMOTE_FAILED ? look_again(rest, err) : outcome;
}
