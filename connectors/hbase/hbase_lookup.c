/* hbase_lookup.c -- rows of HBase by their keys.
 *
 * Keys are asked for by multiget, which is the only call that tells a row that is missing from a
 * region that is away.  Keys stand in the address, which the server limits to 64 KB together
 * with all headers. */
#include "hbase/hbase.h"

#include "base/arena.h"
#include "base/memory.h"
#include "hbase/hbase_rest.h"
#include "hbase/hbase_rows.h"
#include "remote/remote_lookup.h"
#include "types/batch.h"

enum {
    THREADS = 4,
    KEYS = 256, /* of a part; a batch of the engine has work for all threads */
    ADDRESS_BYTES = 40 << 10,
    FILTER_BYTES = 8 << 10,
    SHOWN_BYTES = 64,
};

struct hbase_lookup {
    struct hbase_table *table; /* owned */
    struct hbase_layout layout;
    struct str filter; /* "multiget/cf:a,cf:b?e=b64" */
    struct hbase_writer writer;
    const uint32_t *places;     /* of table->keys[i] in the keys that are asked for */
    const struct column **keys; /* of the batch at hand */
};

/* A thread's. */
struct connection {
    struct hbase_lookup *lookup;
    struct hbase_rest *rest; /* owned */
    uint32_t most;           /* keys a call; fewer after a reply that was too large */
};

/* --- what is asked --------------------------------------------------------------------- */

static enum code encode_key(void *self, const struct batch *keys, uint32_t row, struct buf *bytes,
                            bool *ret_none, struct error *err)
{
    struct hbase_lookup *l = self;
    *ret_none = false;
    for (uint32_t i = 0; i < l->table->key_count; i++)
        l->keys[i] = keys->columns[l->places[i]];
    return hbase_put_key(bytes, &l->writer, l->keys, row, err); /* E_DATA: NULL and the like */
}

/* The address for keys [first, ...): *ret_end is behind the last one that it has room for. */
static enum code put_address(struct connection *c, const struct remote_question *q, uint32_t first,
                             uint32_t *ret_end, struct error *err)
{
    struct buf *path = &c->rest->path;
    uint32_t i = first;
    hbase_rest_begin_path(c->rest);
    buf_str(path, c->lookup->filter);
    do {
        buf_text(path, "&row=");
        hbase_rest_put_base64(path, q->keys[i].data ? q->keys[i] : STR(""));
        i++;
    } while (i < q->count && i - first < c->most &&
             path->size + q->keys[i].size * 4 / 3 < ADDRESS_BYTES);
    *ret_end = i;
    return buf_check(path, err);
}

/* --- what is found --------------------------------------------------------------------- */

struct found {
    struct remote_rows rows;
    uint32_t *key_of_row;
    uint32_t count, cap;
    uint32_t next; /* key that is probably answered next: answers keep the order of keys */
};

static enum code find_key(const struct remote_question *q, uint32_t first, uint32_t end,
                          struct str key, uint32_t *at, struct error *err)
{
    for (uint32_t n = first; n < end; n++) {
        if (*at >= end)
            *at = first;
        if (str_eq(q->keys[*at], key))
            return OK;
        ++*at;
    }
    return error_set(err, E_IO, "HBase answers a row that was not asked for");
}

static enum code read_row(struct connection *c, struct found *found, uint32_t key,
                          const struct remote_question *q, struct hbase_wire cells,
                          struct error *err)
{
    const struct hbase_table *t = c->lookup->table;
    uint32_t matched = 0;
    TRY(hbase_rows_add(&found->rows, &c->lookup->layout, q->keys[key], err));
    TRY(hbase_rows_set(&found->rows, &c->lookup->layout, cells, &matched, err));
    if (matched == 0 && t->is_flink && t->cell_count > 0) {
        remote_rows_drop(&found->rows); /* Flink asks for the declared cells, not for a family */
        return OK;
    }
    return ARENA_PUSH(q->arena, found->key_of_row, found->count, found->cap, key)
               ? OK
               : error_nomem(err);
}

static enum code read_reply(struct connection *c, struct found *found, struct str body,
                            const struct remote_question *q, uint32_t first, uint32_t end,
                            struct error *err)
{
    struct hbase_wire set = hbase_wire_of(body), cells;
    struct str key;
    bool has;
    uint32_t at = first;
    for (;;) {
        TRY(hbase_wire_next_row(&set, &key, &cells, &has, err));
        if (!has)
            return OK;
        TRY(find_key(q, first, end, key, &at, err));
        enum code code = read_row(c, found, at, q, cells, err);
        if (code == E_DATA && err)
            error_while(err, "reading row \"%.*s\" of \"" STR_FMT "\"",
                        (int)MIN(key.size, (size_t)SHOWN_BYTES), key.data,
                        STR_ARG(c->lookup->table->name));
        TRY(code);
        at++;
    }
}

static enum remote_outcome ask(struct connection *c, struct remote_question *q, uint32_t *first,
                               struct found *found, struct error *err)
{
    uint32_t end;
    struct http_reply reply;
    if (put_address(c, q, *first, &end, err) != OK)
        return REMOTE_FATAL;
    struct http_request request = {
        .method = "GET",
        .path = buf_view(&c->rest->path),
        .accept = HBASE_WIRE_TYPE,
    };
    enum remote_outcome outcome = hbase_rest_call(c->rest, &request, true, &reply, err);
    if (outcome == REMOTE_FATAL && err->code == E_LIMIT && end - *first > 1) {
        c->most = (end - *first) / 2;
        return REMOTE_DONE; /* the same keys, fewer at once */
    }
    if (outcome != REMOTE_DONE)
        return outcome;
    if (reply.status != 404 && read_reply(c, found, reply.body, q, *first, end, err) != OK)
        return REMOTE_FATAL;
    *first = end;
    return REMOTE_DONE;
}

static enum remote_outcome find(void *connection, struct remote_question *q, struct error *err)
{
    struct connection *c = connection;
    const struct hbase_layout *layout = &c->lookup->layout;
    struct found found = { .count = 0 };
    if (remote_rows_begin(&found.rows, q->arena, layout->schema, layout->needed, q->count, err) !=
        OK)
        return REMOTE_FATAL;
    for (uint32_t first = 0; first < q->count;) {
        enum remote_outcome outcome = ask(c, q, &first, &found, err);
        if (outcome != REMOTE_DONE)
            return outcome;
    }
    if (hbase_rows_end(&found.rows, layout, &q->rows, err) != OK)
        return REMOTE_FATAL;
    q->key_of_row = found.key_of_row;
    return REMOTE_DONE;
}

/* --- opening and closing --------------------------------------------------------------- */

static void *open_connection(void *self)
{
    struct hbase_lookup *l = self;
    struct connection *c = mem_zalloc(sizeof *c);
    if (!c)
        return NULL;
    c->lookup = l;
    c->most = KEYS;
    if (hbase_rest_create(l->table, &c->rest, NULL) != OK) {
        mem_free(c);
        return NULL; /* open() has made one: only memory can be missing */
    }
    return c;
}

static void interrupt(void *connection)
{
    hbase_rest_interrupt(((struct connection *)connection)->rest);
}

static void close_connection(void *connection)
{
    struct connection *c = connection;
    hbase_rest_destroy(c->rest);
    mem_free(c);
}

static void destroy(void *self)
{
    struct hbase_lookup *l = self;
    hbase_table_destroy(l->table);
    mem_free(l);
}

static const struct remote_lookup_kind lookup_calls = {
    .system = "HBase",
    .encode_key = encode_key,
    .open_connection = open_connection,
    .find = find,
    .interrupt = interrupt,
    .close_connection = close_connection,
    .destroy = destroy,
};

static enum code not_by_key(const struct hbase_table *t, struct error *err)
{
    error_set(err, E_UNSUPPORTED, "table \"" STR_FMT "\" can be asked only by its row key",
              STR_ARG(t->def->name));
    struct buf names;
    buf_init(&names, 256);
    for (uint32_t i = 0; i < t->key_count; i++)
        buf_printf(&names, "%s\"" STR_FMT "\"", i > 0 ? ", " : "",
                   STR_ARG(t->def->schema->fields[t->keys[i]].name));
    error_hint(err, "ON compares %s %s, and nothing else, with values of the other side.",
               t->key_count > 1 ? "all of" : "column", buf_cstr(&names));
    buf_done(&names);
    return E_UNSUPPORTED;
}

static bool is_asked_by(const struct lookup_open *open, uint32_t column)
{
    for (uint32_t k = 0; k < open->key_count; k++)
        if (open->key_columns[k] == column)
            return true;
    return false;
}

static enum code lookup_check(const struct lookup_open *open, struct error *err)
{
    struct hbase_table *t;
    TRY(hbase_table_read(open->table, &t, err));
    bool is_whole = open->key_count == t->key_count;
    for (uint32_t i = 0; i < t->key_count && is_whole; i++)
        is_whole = is_asked_by(open, t->keys[i]);
    enum code code = is_whole ? OK : not_by_key(t, err);
    hbase_table_destroy(t);
    return code;
}

static enum code find_places(struct hbase_lookup *l, const struct lookup_open *open,
                             struct error *err)
{
    struct hbase_table *t = l->table;
    uint32_t *places = arena_array(t->arena, uint32_t, t->key_count);
    l->keys = arena_array(t->arena, const struct column *, t->key_count);
    if (!places || !l->keys)
        return error_nomem(err);
    bool is_whole = open->key_count == t->key_count;
    for (uint32_t i = 0; i < t->key_count && is_whole; i++) {
        uint32_t k = 0;
        while (k < open->key_count && open->key_columns[k] != t->keys[i])
            k++;
        is_whole = k < open->key_count;
        places[i] = k;
    }
    l->places = places;
    if (is_whole)
        return OK;
    return not_by_key(t, err);
}

/* Names of columns stand in the address as they are, so only plain ones can. */
static bool is_plain(struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool is_letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!is_letter && c != '_' && c != '-' && c != '.' && c != ':')
            return false;
    }
    return true;
}

/* All cells of the families instead of the declared ones: Blink does it so, and it is always right,
 * only more. */
static void put_filter(const struct hbase_table *t, bool by_family, struct buf *out)
{
    buf_clear(out);
    buf_text(out, "multiget");
    struct str before = STR("");
    for (uint32_t i = 0; i < t->cell_count; i++) {
        struct str name = by_family ? t->cells[i].family : t->cells[i].name;
        if (by_family && str_eq(name, before))
            continue;
        buf_char(out, before.size == 0 ? '/' : ',');
        buf_str(out, name);
        before = name;
    }
    buf_text(out, "?e=b64");
}

static enum code make_filter(struct hbase_lookup *l, struct error *err)
{
    struct hbase_table *t = l->table;
    bool by_family = !t->is_flink, is_known = true;
    struct buf filter;
    buf_init(&filter, 16 << 20);
    for (uint32_t i = 0; i < t->cell_count; i++) {
        by_family = by_family || !is_plain(t->cells[i].name);
        is_known = is_known && is_plain(t->cells[i].family);
    }
    put_filter(t, by_family, &filter);
    if (filter.size > FILTER_BYTES)
        put_filter(t, true, &filter);
    if (filter.size > FILTER_BYTES || !is_known) {
        buf_clear(&filter);
        buf_text(&filter, "multiget?e=b64");
    }
    enum code code = buf_check(&filter, err);
    l->filter = arena_str(t->arena, buf_view(&filter));
    buf_done(&filter);
    return code != OK ? code : l->filter.data ? OK : error_nomem(err);
}

static enum code prepare(struct hbase_lookup *l, const struct lookup_open *open, struct error *err)
{
    struct hbase_rest *rest;
    TRY(hbase_table_read(open->table, &l->table, err));
    TRY(hbase_table_need(l->table, err));
    l->writer.table = l->table;
    TRY(find_places(l, open, err));
    TRY(hbase_layout_make(l->table, &l->layout, err));
    TRY(make_filter(l, err));
    TRY(hbase_rest_create(l->table, &rest, err));
    hbase_rest_destroy(rest);
    return hbase_rest_try(l->table, err);
}

static enum code lookup_open(const struct lookup_open *open, struct lookup **ret, struct error *err)
{
    struct hbase_lookup *l = mem_zalloc(sizeof *l);
    if (!l)
        return error_nomem(err);
    enum code code = prepare(l, open, err);
    if (code != OK) {
        destroy(l);
        return code;
    }
    const struct options *o = open->table->options;
    int64_t retries = options_int(o, l->table->is_flink ? "lookup.max-retries" : "maxRetryTimes");
    struct remote_lookup_settings settings = {
        .threads = THREADS,
        .max_keys = KEYS,
        .max_retries = (uint32_t)MIN(MAX(retries, 0), (int64_t)INT32_MAX),
        .endpoint = hbase_endpoints(o),
    };
    return remote_lookup_create(&hbase_lookup, &lookup_calls, l, &settings, ret, err);
}

const struct lookup_kind hbase_lookup = REMOTE_LOOKUP_KIND_CHECKED(lookup_check, lookup_open);
