/* elastic_lookup.c -- opening a look-up; elastic_find.c answers it. */
#include "base/arena.h"
#include "base/memory.h"
#include "elastic/elastic.h"
#include "elastic/elastic_find.h"

enum {
    THREADS = 4,
    KEYS_MAX = 500,     /* of a call */
    CLAUSES_MAX = 1000, /* of a query, over all keys; servers take 1024 */
};

static void es_lookup_destroy(void *self)
{
    struct es_lookup *l = self;
    if (!l)
        return;
    arena_destroy(l->arena);
    mem_free(l);
}

static enum code encode_key(void *self, const struct batch *keys, uint32_t row, struct buf *bytes,
                            bool *ret_none, struct error *err)
{
    const struct es_lookup *l = self;
    return es_put_key(l, bytes, keys, l->key_places, row, ret_none, err);
}

static void *open_connection(void *self)
{
    return es_finder_create(self);
}

static enum remote_outcome find(void *connection, struct remote_question *question,
                                struct error *err)
{
    return es_find(connection, question, err);
}

static void interrupt(void *connection)
{
    es_finder_interrupt(connection);
}

static void close_connection(void *connection)
{
    es_finder_destroy(connection);
}

static const struct remote_lookup_kind es_remote_kind = {
    .system = "Elastic",
    .encode_key = encode_key,
    .open_connection = open_connection,
    .find = find,
    .interrupt = interrupt,
    .close_connection = close_connection,
    .destroy = es_lookup_destroy,
};

/* Where a column of the table is among those asked by; count: nowhere. */
static uint32_t place_of(const struct lookup_open *open, uint32_t column)
{
    uint32_t i = 0;
    while (i < open->key_count && open->key_columns[i] != column)
        i++;
    return i;
}

/* The id is made of the primary key's columns in their order. */
static bool is_primary_key(const struct lookup_open *open)
{
    const struct schema *schema = open->table->schema;
    if (schema->key_count == 0 || schema->key_count != open->key_count)
        return false;
    for (uint32_t i = 0; i < schema->key_count; i++)
        if (place_of(open, schema->key[i]) == open->key_count)
            return false;
    return true;
}

static enum code read_key(struct es_lookup *l, const struct lookup_open *open, struct error *err)
{
    l->key_count = open->key_count;
    l->is_by_id = is_primary_key(open);
    l->key_columns = arena_array(l->arena, uint32_t, open->key_count + 1);
    l->key_places = arena_array(l->arena, uint32_t, open->key_count + 1);
    if (!l->key_columns || !l->key_places)
        return error_nomem(err);
    for (uint32_t i = 0; i < open->key_count; i++) {
        l->key_columns[i] = l->is_by_id ? l->def->schema->key[i] : open->key_columns[i];
        l->key_places[i] = place_of(open, l->key_columns[i]);
    }
    return OK;
}

static enum code set_up(struct es_lookup *l, const struct lookup_open *open, struct error *err)
{
    l->def = open->table;
    l->arena = arena_create();
    if (!l->arena)
        return error_nomem(err);
    if (!es_is_blink(l->def))
        l->delimiter = options_get(l->def->options, "document-id.key-delimiter");
    TRY(es_read_index(l->def, l->arena, &l->index, err));
    TRY(read_key(l, open, err));
    TRY(es_read_http(&l->http, l->def, l->arena, err));
    return es_try_index(&l->http, l->index, err);
}

static enum code es_lookup_open(const struct lookup_open *open, struct lookup **ret,
                                struct error *err)
{
    struct es_lookup *l = mem_zalloc(sizeof *l);
    if (!l)
        return error_nomem(err);
    enum code code = set_up(l, open, err);
    if (code != OK) {
        es_lookup_destroy(l);
        return code;
    }
    int64_t retries =
        options_int(l->def->options, es_is_blink(l->def) ? "maxRetryTimes" : "lookup.max-retries");
    const struct remote_lookup_settings settings = {
        .threads = THREADS,
        .max_keys = l->key_count > 1 ? MIN((uint32_t)KEYS_MAX, CLAUSES_MAX / l->key_count)
                                     : (uint32_t)KEYS_MAX,
        .max_retries = (uint32_t)MIN(MAX(retries, 0), 1000),
        .endpoint = l->http.endpoints,
    };
    return remote_lookup_create(&es_lookup_kind, &es_remote_kind, l, &settings, ret, err);
}

const struct lookup_kind es_lookup_kind = REMOTE_LOOKUP_KIND(es_lookup_open);
