/* elastic_find.c -- see elastic_find.h.
 *
 * A key that is the primary key is the id of a document: _mget sees every write at once.  Another key
 * is searched for by its values, all keys of a question in one call, and a search sees what the
 * server has refreshed, usually once a second.
 *
 * A field of type text has its words in the index and not its value; by default the server keeps the
 * value beside it, in NAME.keyword, and that is asked. */
#include "elastic/elastic_find.h"

#include "base/arena.h"
#include "base/memory.h"
#include "connector/format_json.h"
#include "elastic/elastic.h"
#include "elastic/elastic_doc.h"
#include "elastic/elastic_found.h"
#include "elastic/elastic_json.h"
#include "types/text.h"

enum {
    HITS_MAX = 10000, /* more than an index hands out at once, unless it is told to */
    PATH_BYTES_MAX = 1 << 16,
    BODY_BYTES_MAX = 64 << 20,
};

struct es_finder {
    const struct es_lookup *lookup;
    struct http_client *client; /* owned */
    struct decoder *decoder;    /* owned */
    struct bad_rows bad_rows;   /* a document that is no row is the end */
    struct arena *arena;        /* owned: of `fields` */
    struct str *fields;         /* to search in, one a key column */
    bool has_fields;            /* the server was asked for them */
    uint32_t most;              /* keys a call: fewer after an answer that was too large */
    struct buf path, body;
};

/* --- keys ------------------------------------------------------------------------------------ */

enum code es_put_key(const struct es_lookup *lookup, struct buf *out, const struct batch *batch,
                     const uint32_t *columns, uint32_t row, bool *ret_none, struct error *err)
{
    const struct table_def *def = lookup->def;
    const struct text_style style = { .mode = TEXT_JSON, .blink = def->blink, .zone = def->zone };
    *ret_none = false;
    for (uint32_t i = 0; i < lookup->key_count; i++)
        if (!column_is_valid(batch->columns[columns[i]], row))
            *ret_none = true;
    if (*ret_none)
        return OK;
    if (lookup->is_by_id)
        return es_put_id(out, batch, columns, lookup->key_count, row, lookup->delimiter,
                         es_is_blink(def), def->zone, err);
    for (uint32_t i = 0; i < lookup->key_count; i++) {
        text_print_cell(out, batch->columns[columns[i]], row, &style);
        buf_char(out, '\n'); /* JSON text has none */
    }
    return buf_check(out, err);
}

/* Takes the next value off a key. */
static struct str next_value(struct str *key)
{
    size_t end = MIN(str_find_byte(*key, '\n'), key->size);
    struct str value = str_make(key->data, end);
    end = MIN(end + 1, key->size);
    *key = str_make(key->data + end, key->size - end);
    return value;
}

/* --- calls ----------------------------------------------------------------------------------- */

static enum remote_outcome call(struct es_finder *f, const char *method, struct http_reply *ret,
                                struct error *err)
{
    enum code code = buf_check(&f->path, err);
    if (code == OK)
        code = buf_check(&f->body, err);
    bool has_body = f->body.size > 0;
    struct http_request request = {
        .method = method,
        .path = buf_view(&f->path),
        .body = has_body ? buf_view(&f->body) : (struct str){ NULL, 0 },
        .content_type = has_body ? "application/json" : NULL,
        .accept = "application/json",
    };
    if (code == OK)
        code = http_call(f->client, &request, ret, err);
    if (code != OK)
        return es_outcome_of(code);
    return ret->status == 200 ? REMOTE_DONE : es_judge_plain(f->client, ret, err);
}

static void begin_call(struct es_finder *f, const char *tail)
{
    buf_clear(&f->path);
    buf_clear(&f->body);
    buf_char(&f->path, '/');
    http_put_escaped(&f->path, f->lookup->index);
    buf_text(&f->path, tail);
}

/* --- the fields to search in ------------------------------------------------------------------ */

enum field_kind { FIELD_NONE, FIELD_TEXT, FIELD_VALUE };

/* {"fields":{"s":{"text":{...}}}}: what the index has under a name. */
static enum field_kind kind_of(struct str reply, struct str name, const char *tail)
{
    struct es_json j;
    struct str found;
    es_json_begin(&j, reply);
    if (!es_json_find(&j, "fields") || !es_json_enter(&j, '{'))
        return FIELD_NONE;
    while (es_json_member(&j, &found)) {
        if (found.size != name.size + strlen(tail) || !str_starts(found, name) ||
            !str_ends(found, str_of(tail)) || !es_json_enter(&j, '{')) {
            es_json_skip(&j);
            continue;
        }
        struct str type;
        enum field_kind kind = FIELD_NONE;
        while (es_json_member(&j, &type)) {
            es_json_skip(&j);
            bool is_words = str_is(type, "text") || str_is(type, "match_only_text");
            kind = is_words || kind == FIELD_TEXT ? FIELD_TEXT : FIELD_VALUE;
        }
        return kind;
    }
    return FIELD_NONE;
}

static enum remote_outcome choose_field(struct es_finder *f, struct str reply, struct str name,
                                        struct str *ret, struct error *err)
{
    enum field_kind kind = kind_of(reply, name, "");
    *ret = name;
    if (kind == FIELD_NONE) /* no document has it yet */
        f->has_fields = false;
    if (kind != FIELD_TEXT)
        return REMOTE_DONE;
    if (kind_of(reply, name, ".keyword") != FIELD_VALUE) {
        error_set(err, E_TYPE,
                  "field \"" STR_FMT "\" of index \"" STR_FMT "\" is of type text, by whose value "
                  "nothing can be looked up",
                  STR_ARG(name), STR_ARG(f->lookup->index));
        error_hint(err,
                   "A field of type keyword can be, or one beside it with the name " STR_FMT
                   ".keyword.",
                   STR_ARG(name));
        return REMOTE_FATAL;
    }
    const char *full = arena_printf(f->arena, STR_FMT ".keyword", STR_ARG(name));
    if (!full) {
        error_nomem(err);
        return REMOTE_FATAL;
    }
    *ret = str_of(full);
    return REMOTE_DONE;
}

static enum remote_outcome ask_fields(struct es_finder *f, struct error *err)
{
    const struct es_lookup *l = f->lookup;
    struct http_reply reply;
    begin_call(f, "/_field_caps?fields=");
    for (uint32_t i = 0; i < l->key_count; i++) {
        struct str name = l->def->schema->fields[l->key_columns[i]].name;
        buf_text(&f->path, i == 0 ? "" : ",");
        http_put_escaped(&f->path, name);
        buf_char(&f->path, ',');
        http_put_escaped(&f->path, name);
        buf_text(&f->path, ".keyword");
    }
    enum remote_outcome outcome = call(f, "GET", &reply, err);
    if (outcome != REMOTE_DONE)
        return outcome;
    arena_reset(f->arena);
    f->fields = arena_array(f->arena, struct str, l->key_count + 1);
    if (!f->fields) {
        error_nomem(err);
        return REMOTE_FATAL;
    }
    f->has_fields = true;
    for (uint32_t i = 0; i < l->key_count && outcome == REMOTE_DONE; i++)
        outcome = choose_field(f, reply.body, l->def->schema->fields[l->key_columns[i]].name,
                               &f->fields[i], err);
    return outcome;
}

/* --- searching ------------------------------------------------------------------------------- */

static void put_terms(struct es_finder *f, const struct str *keys, uint32_t count)
{
    buf_text(&f->body, "{\"terms\":{");
    text_put_json_string(&f->body, f->fields[0]);
    buf_text(&f->body, ":[");
    for (uint32_t i = 0; i < count; i++) {
        struct str key = keys[i];
        buf_text(&f->body, i == 0 ? "" : ",");
        buf_str(&f->body, next_value(&key));
    }
    buf_text(&f->body, "]}}");
}

static void put_clauses(struct es_finder *f, const struct str *keys, uint32_t count)
{
    buf_text(&f->body, "{\"bool\":{\"should\":[");
    for (uint32_t i = 0; i < count; i++) {
        struct str key = keys[i];
        buf_text(&f->body, i == 0 ? "" : ",");
        buf_text(&f->body, "{\"bool\":{\"filter\":[");
        for (uint32_t c = 0; c < f->lookup->key_count; c++) {
            buf_text(&f->body, c == 0 ? "{\"term\":{" : ",{\"term\":{");
            text_put_json_string(&f->body, f->fields[c]);
            buf_char(&f->body, ':');
            buf_str(&f->body, next_value(&key));
            buf_text(&f->body, "}}");
        }
        buf_text(&f->body, "]}}");
    }
    buf_text(&f->body, "],\"minimum_should_match\":1}}");
}

static enum remote_outcome search(struct es_finder *f, const struct str *keys, uint32_t count,
                                  struct es_found *found, bool *ret_overflows, struct error *err)
{
    struct http_reply reply;
    begin_call(f, "/_search?allow_partial_search_results=false"
                  "&filter_path=timed_out,_shards.failed,hits.hits._source");
    es_put_source_filter(&f->path, f->lookup->def->schema, NULL);
    buf_printf(&f->body, "{\"size\":%d,\"query\":{\"constant_score\":{\"filter\":", HITS_MAX);
    if (f->lookup->key_count == 1)
        put_terms(f, keys, count);
    else
        put_clauses(f, keys, count);
    buf_text(&f->body, "}}}");
    enum remote_outcome outcome = call(f, "POST", &reply, err);
    return outcome == REMOTE_DONE ? es_read_search(found, reply.body, HITS_MAX, ret_overflows, err)
                                  : outcome;
}

static enum remote_outcome fetch(struct es_finder *f, uint32_t first, uint32_t count,
                                 struct es_found *found, struct error *err)
{
    const struct str *keys = found->question->keys + first;
    struct http_reply reply;
    begin_call(f, "/_mget?filter_path=docs._id,docs.found,docs._source,docs.error");
    es_put_source_filter(&f->path, f->lookup->def->schema, NULL);
    buf_text(&f->body, "{\"ids\":[");
    for (uint32_t i = 0; i < count; i++) {
        buf_text(&f->body, i == 0 ? "" : ",");
        text_put_json_string(&f->body, keys[i]);
    }
    buf_text(&f->body, "]}");
    enum remote_outcome outcome = call(f, "POST", &reply, err);
    return outcome == REMOTE_DONE ? es_read_mget(found, first, count, reply.body, err) : outcome;
}

static enum remote_outcome finds_too_much(const struct es_finder *f, struct error *err)
{
    error_set(err, E_LIMIT, "a key finds %d documents or more in index \"" STR_FMT "\"", HITS_MAX,
              STR_ARG(f->lookup->index));
    return REMOTE_FATAL;
}

/* All keys at once; fewer where they find more than one answer may hold. */
static enum remote_outcome find_all(struct es_finder *f, struct remote_question *q,
                                    struct es_found *found, struct error *err)
{
    uint32_t at_once = MIN(q->count, f->most);
    for (uint32_t first = 0; first < q->count;) {
        uint32_t count = MIN(at_once, q->count - first);
        bool overflows = false;
        enum remote_outcome outcome =
            f->lookup->is_by_id ? fetch(f, first, count, found, err)
                                : search(f, q->keys + first, count, found, &overflows, err);
        bool is_too_large = (outcome == REMOTE_FAILED || outcome == REMOTE_AWAY) &&
                            err->code == E_LIMIT && count > 1;
        if (overflows && count == 1)
            return finds_too_much(f, err);
        if (outcome != REMOTE_DONE && !is_too_large)
            return outcome;
        if (overflows || is_too_large)
            at_once = (count + 1) / 2;
        else
            first += count;
        if (is_too_large)
            f->most = at_once;
    }
    return REMOTE_DONE;
}

enum remote_outcome es_find(struct es_finder *f, struct remote_question *q, struct error *err)
{
    struct es_found found = { .question = q };
    enum remote_outcome outcome = REMOTE_DONE;
    if (!f->lookup->is_by_id && !f->has_fields)
        outcome = ask_fields(f, err);
    if (outcome == REMOTE_DONE)
        outcome = find_all(f, q, &found, err);
    if (outcome == REMOTE_DONE && es_make_rows(&found, f->lookup, f->decoder, err) != OK)
        outcome = REMOTE_FATAL;
    return outcome;
}

/* --- the thread's own ------------------------------------------------------------------------- */

static enum code report(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    (void)self;
    return error_set(err, E_DATA, "a document that was looked up: " STR_FMT, STR_ARG(row->reason));
}

static enum code set_up(struct es_finder *f)
{
    const struct es_lookup *l = f->lookup;
    const struct format_open open = {
        .schema = l->def->schema,
        .options = l->def->options,
        .prefix = "",
        .blink = l->def->blink,
        .zone = l->def->zone,
        .bad_rows = &f->bad_rows,
    };
    f->bad_rows.report = report;
    f->arena = arena_create();
    if (!f->arena)
        return E_NOMEM;
    TRY(http_client_create(&l->http, &f->client, NULL));
    return format_find(STR("json"))->open_decoder(&open, &f->decoder, NULL);
}

struct es_finder *es_finder_create(const struct es_lookup *lookup)
{
    struct es_finder *f = mem_zalloc(sizeof *f);
    if (!f)
        return NULL;
    f->lookup = lookup;
    f->most = UINT32_MAX;
    buf_init(&f->path, PATH_BYTES_MAX);
    buf_init(&f->body, BODY_BYTES_MAX);
    if (set_up(f) != OK) { /* what else could fail was tried by open() */
        es_finder_destroy(f);
        return NULL;
    }
    return f;
}

void es_finder_interrupt(struct es_finder *f)
{
    http_client_interrupt(f->client);
}

void es_finder_destroy(struct es_finder *f)
{
    if (!f)
        return;
    if (f->decoder)
        f->decoder->kind->close(f->decoder);
    http_client_destroy(f->client);
    arena_destroy(f->arena);
    buf_done(&f->path);
    buf_done(&f->body);
    mem_free(f);
}
