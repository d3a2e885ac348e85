/* elastic_server.c -- see elastic_server.h. */
#include "elastic/elastic_server.h"

#include "base/utf8.h"
#include "elastic/elastic.h"
#include "elastic/elastic_index.h"
#include "elastic/elastic_json.h"
#include "http/http_options.h"

enum { TEXT_BYTES_MAX = 1 << 16, PIECE_BYTES_MAX = 400 };

/* --- how to reach it ------------------------------------------------------------------------ */

static struct str get(const struct table_def *def, const char *name)
{
    struct str text = options_get(def->options, name);
    return text.size > 0 ? text : (struct str){ NULL, 0 };
}

static const char *address_option(const struct table_def *def)
{
    return es_is_blink(def) ? "endPoint" : "hosts";
}

const char *es_lack(const struct table_def *def, bool as_sink)
{
    (void)as_sink;
    const char *user = es_is_blink(def) ? "accessId" : "username";
    if (str_trim(get(def, address_option(def))).size == 0)
        return address_option(def);
    bool has_password = get(def, es_is_blink(def) ? "accessKey" : "password").data;
    return has_password && !get(def, user).data ? user : NULL;
}

static enum code need_all(const struct table_def *def, struct error *err)
{
    const char *name = es_lack(def, false);
    if (!name)
        return OK;
    error_set(err, E_OPTION, "table \"" STR_FMT "\" needs option \"%s\", %s", STR_ARG(def->name),
              name,
              strcmp(name, address_option(def)) == 0 ? "the address of the server"
                                                     : "the user whose password it has");
    error_hint(err, "It may stand in WITH or in the profile.");
    return E_OPTION;
}

static void set_ms(const struct table_def *def, const char *name, int64_t *ms)
{
    if (options_has(def->options, name) && options_duration_ms(def->options, name) > 0)
        *ms = options_duration_ms(def->options, name);
}

static enum code read_settings(struct http_settings *ret, const struct table_def *def,
                               struct arena *arena, struct error *err)
{
    bool is_blink = es_is_blink(def);
    *ret = (struct http_settings){
        .endpoints = get(def, address_option(def)),
        .endpoints_option = options_find(def->options, address_option(def)),
        .path_prefix = get(def, "connection.path-prefix"),
        .username = get(def, is_blink ? "accessId" : "username"),
        .password = get(def, is_blink ? "accessKey" : "password"),
    };
    TRY(http_read_options(ret, def->options, arena, err));
    set_ms(def, "connection.timeout", &ret->connect_timeout_ms);
    set_ms(def, "socket.timeout", &ret->timeout_ms);
    set_ms(def, "timeout", &ret->timeout_ms);
    if (is_blink && !options_has(def->options, "http.compression"))
        ret->compresses = ret->accepts_gzip = options_bool(def->options, "compression");
    if (get(def, "ssl.certificate-fingerprint").data) {
        ret->fingerprint = get(def, "ssl.certificate-fingerprint");
        ret->fingerprint_option = options_find(def->options, "ssl.certificate-fingerprint");
    }
    if (options_bool(def->options, "allow-insecure"))
        ret->skips_verification = true;
    return OK;
}

enum code es_read_http(struct http_settings *ret, const struct table_def *def, struct arena *arena,
                       struct error *err)
{
    TRY(need_all(def, err));
    return read_settings(ret, def, arena, err);
}

enum code es_check_http(const struct table_def *def, struct arena *arena, struct error *err)
{
    struct http_settings settings;
    TRY(read_settings(&settings, def, arena, err));
    if (str_trim(settings.endpoints).size == 0)
        settings.endpoints = STR("localhost"); /* it is missing: what of the others? */
    return http_settings_check(&settings, err);
}

/* --- what its errors mean ------------------------------------------------------------------- */

enum remote_outcome es_outcome_of(enum code code)
{
    switch (code) {
    case E_RETRY:
    case E_CANCELLED:
        return REMOTE_AWAY;
    case E_NOMEM:
    case E_LIMIT:
        return REMOTE_FAILED;
    default:
        return REMOTE_FATAL;
    }
}

/* The reason of a cause; causes of causes are left out. */
static struct str read_cause(struct es_json *j)
{
    struct str span = es_json_skip(j);
    struct es_json cause;
    es_json_begin(&cause, span.data ? span : STR(""));
    struct str reason = { NULL, 0 };
    if (es_json_find(&cause, "reason"))
        reason = es_json_text(&cause);
    return reason.data ? reason : STR("");
}

void es_read_error(struct es_json *j, struct es_error *ret)
{
    struct str name;
    *ret = (struct es_error){ .type = { "", 0 }, .reason = { "", 0 }, .cause = { "", 0 } };
    if (es_json_peek(j) == '"') { /* of a proxy, or an old version */
        ret->reason = es_json_text(j);
        return;
    }
    if (!es_json_enter(j, '{'))
        return;
    while (es_json_member(j, &name)) {
        bool is_text = es_json_peek(j) == '"';
        if (str_is(name, "type") && is_text)
            ret->type = es_json_text(j);
        else if (str_is(name, "reason") && is_text)
            ret->reason = es_json_text(j);
        else if (str_is(name, "caused_by"))
            ret->cause = read_cause(j);
        else
            es_json_skip(j);
    }
}

/* A piece of what the server says, on one line; a character that is cut in two is none. */
static void put_piece(struct buf *out, const char *between, struct str piece)
{
    struct buf text;
    if (piece.size == 0)
        return;
    if (out->size > 0)
        buf_text(out, between);
    buf_init(&text, TEXT_BYTES_MAX);
    es_json_put_decoded(&text, str_make(piece.data, MIN(piece.size, (size_t)PIECE_BYTES_MAX)));
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            text.data[i] = ' ';
    if (piece.size > PIECE_BYTES_MAX)
        text.size = utf8_valid_prefix(text.data, text.size);
    utf8_put_repaired(out, buf_view(&text));
    buf_done(&text);
}

void es_put_error(struct buf *out, const struct es_error *error)
{
    put_piece(out, ": ", error->type);
    put_piece(out, ": ", error->reason);
    put_piece(out, ": ", error->cause);
}

bool es_is_block(const struct es_error *error)
{
    return str_is(error->type, "cluster_block_exception");
}

static enum remote_outcome outcome_of_status(int status, const struct es_error *error)
{
    switch (status) {
    case 400: /* of which document it does not say */
    case 413:
        return REMOTE_REFUSED;
    case 403:
        return es_is_block(error) ? REMOTE_AWAY : REMOTE_FATAL;
    case 408:
    case 429:
    case 502:
    case 503:
    case 504:
        return REMOTE_AWAY;
    default:
        return status >= 500 ? REMOTE_FAILED : REMOTE_FATAL;
    }
}

bool es_tells_of(const struct http_reply *reply, const char *word)
{
    return memmem(reply->body.data, reply->body.size, word, strlen(word)) != NULL;
}

enum remote_outcome es_judge_status(const struct http_client *client,
                                    const struct http_reply *reply, struct error *err)
{
    struct es_error error = { .type = { "", 0 }, .reason = { "", 0 }, .cause = { "", 0 } };
    struct es_json j;
    struct buf text;
    es_json_begin(&j, reply->body);
    if (es_json_peek(&j) == '{' && es_json_find(&j, "error"))
        es_read_error(&j, &error);
    buf_init(&text, TEXT_BYTES_MAX);
    es_put_error(&text, &error);
    enum remote_outcome outcome = outcome_of_status(reply->status, &error);
    const char *endpoint = http_client_endpoint(client);
    if (reply->status == 401)
        error_set(err, E_IO, "%s refuses the login", endpoint);
    else if (reply->status == 413)
        error_set(err, E_IO, "the document is larger than %s takes (status 413)", endpoint);
    else if (text.size > 0)
        error_set(err, E_IO, "%s answers with status %d: " STR_FMT, endpoint, reply->status,
                  STR_ARG(buf_view(&text)));
    else
        error_set(err, E_IO, "%s answers with status %d", endpoint, reply->status);
    if (err && es_tells_of(reply, "circuit_breaking_exception"))
        err->code = E_LIMIT;
    if (reply->status == 401)
        error_hint(err,
                   "User and password are options of the table; they may stand in the profile.");
    buf_done(&text);
    return outcome;
}

enum remote_outcome es_judge_plain(const struct http_client *client, const struct http_reply *reply,
                                   struct error *err)
{
    enum remote_outcome outcome = es_judge_status(client, reply, err);
    return outcome == REMOTE_REFUSED ? REMOTE_FATAL : outcome;
}

/* --- an index that is read --------------------------------------------------------------------- */

enum code es_read_index(const struct table_def *def, struct arena *arena, struct str *ret,
                        struct error *err)
{
    struct es_index index;
    TRY(es_index_read(&index, def, arena, err));
    *ret = str_trim(options_get(def->options, "index"));
    if (es_index_is_fixed(&index) || es_is_blink(def))
        return OK;
    error_set(err, E_OPTION, "table \"" STR_FMT "\" is read, and needs one index, not a pattern",
              STR_ARG(def->name));
    option_locate(err, options_find(def->options, "index"));
    return E_OPTION;
}

enum code es_try_index(const struct http_settings *http, struct str index, struct error *err)
{
    struct http_settings quick = *http;
    struct http_client *client;
    struct error why = { .code = OK };
    bool exists = true;
    quick.connect_timeout_ms = MIN(quick.connect_timeout_ms, ES_OPEN_LIMIT_MS);
    quick.timeout_ms = ES_OPEN_LIMIT_MS;
    TRY(http_client_create(&quick, &client, err));
    enum remote_outcome outcome = es_check_mapping(client, NULL, index, &exists, &why);
    http_client_destroy(client);
    if (outcome == REMOTE_DONE && !exists)
        return error_set(err, E_NAME, "there is no index \"" STR_FMT "\"", STR_ARG(index));
    if (outcome != REMOTE_FATAL)
        return OK;
    if (err)
        *err = why;
    return why.code;
}

/* Would it be a list, a pattern or an answer to "all of it?" in that place? */
static bool means_more(struct str name)
{
    for (size_t i = 0; i < name.size; i++)
        if (memchr(",*?", name.data[i], 3))
            return true;
    return name.size == 0 || str_is(name, "true") || str_is(name, "false");
}

void es_put_source_filter(struct buf *path, const struct schema *schema, const bool *needed)
{
    uint32_t count = 0;
    for (uint32_t c = 0; c < schema->count; c++)
        if (means_more(schema->fields[c].name))
            return;
    for (uint32_t c = 0; c < schema->count; c++) {
        if (needed && !needed[c])
            continue;
        buf_text(path, count++ == 0 ? "&_source=" : ",");
        http_put_escaped(path, schema->fields[c].name);
    }
    if (count == 0)
        buf_text(path, "&_source=false");
}

/* --- version ---------------------------------------------------------------------------------- */

static void read_version(struct str body, bool *ret_has_types)
{
    struct es_json j, version;
    es_json_begin(&j, body);
    if (!es_json_find(&j, "version"))
        return;
    version = j;
    bool is_fork = es_json_find(&version, "distribution"); /* OpenSearch begins with 1 again */
    if (!is_fork && es_json_find(&j, "number")) {
        struct str number = es_json_text(&j);
        size_t dot = number.data ? str_find_byte(number, '.') : (size_t)-1;
        *ret_has_types = dot == 1 && number.data[0] >= '1' && number.data[0] <= '6';
    }
}

enum remote_outcome es_ask_version(struct http_client *client, const struct table_def *def,
                                   struct es_server *ret, struct error *err)
{
    bool is_blink = es_is_blink(def);
    struct str type = get(def, is_blink ? "typeName" : "document-type");
    bool has_types = str_iis(options_get(def->options, "connector"), "elasticsearch-6");
    *ret = (struct es_server){ .type = { NULL, 0 } };
    if (is_blink && type.data) {
        const struct http_request request = { .method = "GET",
                                              .path = STR("/"),
                                              .accept = "application/json" };
        struct http_reply reply;
        enum code code = http_call(client, &request, &reply, err);
        if (code != OK)
            return es_outcome_of(code);
        if (reply.status == 401)
            return es_judge_plain(client, &reply, err);
        if (reply.status == 429 || reply.status >= 500)
            return es_judge_plain(client, &reply, err) == REMOTE_FATAL ? REMOTE_FATAL : REMOTE_AWAY;
        if (reply.status == 200) /* else it does not tell everybody; most are new */
            read_version(reply.body, &has_types);
    }
    if (has_types)
        ret->type = type.data ? type : STR("_doc");
    return REMOTE_DONE;
}
