/* elastic_found.c -- see elastic_found.h.
 *
 * The decoder of the format json makes columns of the documents, so they are read as messages are.
 * A server may find more than was asked for: a field with several values, a normalizer that makes
 * letters small.  So what was found by value counts only where its values are those of the key. */
#include "elastic/elastic_found.h"

#include "base/arena.h"
#include "base/hash.h"
#include "elastic/elastic_json.h"
#include "types/batch.h"

enum { KEY_BYTES_MAX = 1 << 26, REASON_BYTES_MAX = 1 << 16 };

/* --- replies ------------------------------------------------------------------------------- */

static enum remote_outcome not_understood(struct error *err)
{
    error_set(err, E_IO, "the server's answer to a look-up cannot be understood");
    return REMOTE_FAILED;
}

static bool take_source(struct es_found *found, struct str source)
{
    struct arena *arena = found->question->arena;
    struct str copy = arena_str(arena, source); /* the reply is gone with the next call */
    return copy.data && ARENA_PUSH(arena, found->sources, found->count, found->source_cap, copy);
}

static enum remote_outcome judge_error(const struct es_error *error, struct error *err)
{
    static const char *const fatal[] = { "index_not_found_exception", "index_closed_exception",
                                         "security_exception", "illegal_argument_exception" };
    struct buf text;
    buf_init(&text, REASON_BYTES_MAX);
    es_put_error(&text, error);
    error_set(err, E_IO, STR_FMT, STR_ARG(buf_view(&text)));
    buf_done(&text);
    for (size_t i = 0; i < countof(fatal); i++)
        if (str_is(error->type, fatal[i]))
            return REMOTE_FATAL;
    return REMOTE_AWAY; /* a shard without a node, a full queue */
}

struct document {
    struct str id, source; /* data NULL: none */
    bool is_answered, is_found, has_error;
    struct es_error error;
};

static void read_document(struct es_json *j, struct document *ret)
{
    struct str name;
    *ret = (struct document){ .is_found = false };
    if (!es_json_enter(j, '{'))
        return;
    while (es_json_member(j, &name)) {
        if (str_is(name, "_id")) {
            ret->id = es_json_text(j);
        } else if (str_is(name, "found")) {
            ret->is_answered = true;
            ret->is_found = es_json_is_true(j);
        } else if (str_is(name, "_source") && es_json_peek(j) == '{') {
            ret->source = es_json_skip(j);
        } else if (str_is(name, "error")) {
            ret->has_error = true;
            es_read_error(j, &ret->error);
        } else {
            es_json_skip(j);
        }
    }
}

static bool is_id(struct str text, struct str id)
{
    struct buf decoded;
    if (!text.data)
        return false;
    buf_init(&decoded, REASON_BYTES_MAX);
    es_json_put_decoded(&decoded, text);
    bool is_equal = !decoded.failed && str_eq(buf_view(&decoded), id);
    buf_done(&decoded);
    return is_equal;
}

enum remote_outcome es_read_mget(struct es_found *found, uint32_t first, uint32_t count,
                                 struct str reply, struct error *err)
{
    struct remote_question *q = found->question;
    struct es_json j;
    uint32_t at = first, end = first + count;
    es_json_begin(&j, reply);
    if (!es_json_find(&j, "docs") || !es_json_enter(&j, '['))
        return not_understood(err);
    for (; es_json_element(&j); at++) {
        struct document doc;
        read_document(&j, &doc);
        if (doc.has_error)
            return judge_error(&doc.error, err);
        if (at == end || !doc.is_answered || !is_id(doc.id, q->keys[at]))
            return not_understood(err);
        if (!doc.is_found)
            continue;
        if (!take_source(found, doc.source.data ? doc.source : STR("{}")) ||
            !ARENA_PUSH(q->arena, found->keys, found->key_count, found->key_cap, at)) {
            error_nomem(err);
            return REMOTE_FATAL;
        }
    }
    return at == end && !j.is_bad ? REMOTE_DONE : not_understood(err);
}

/* Did all shards answer in time? */
static bool is_whole(struct str reply)
{
    struct es_json j;
    int64_t failed = 0;
    es_json_begin(&j, reply);
    if (es_json_find(&j, "timed_out") && es_json_is_true(&j))
        return false;
    es_json_begin(&j, reply);
    return !es_json_find(&j, "_shards") || !es_json_find(&j, "failed") ||
           (es_json_int(&j, &failed) && failed == 0);
}

static bool find_hits(struct es_json *j, struct str reply)
{
    es_json_begin(j, reply);
    return es_json_find(j, "hits") && es_json_find(j, "hits") && es_json_enter(j, '[');
}

enum remote_outcome es_read_search(struct es_found *found, struct str reply, uint32_t size,
                                   bool *ret_overflows, struct error *err)
{
    struct es_json j;
    uint32_t count = 0;
    *ret_overflows = false;
    if (!is_whole(reply)) {
        error_set(err, E_IO, "not all shards of the index answer");
        return REMOTE_AWAY;
    }
    if (!find_hits(&j, reply)) {
        /* With a filter on the path, nothing found is nothing there. */
        es_json_begin(&j, reply);
        return es_json_find(&j, "_shards") ? REMOTE_DONE : not_understood(err);
    }
    while (es_json_element(&j)) {
        es_json_skip(&j);
        count++;
    }
    *ret_overflows = count >= size;
    if (j.is_bad)
        return not_understood(err);
    if (*ret_overflows || !find_hits(&j, reply))
        return REMOTE_DONE;
    while (es_json_element(&j)) {
        struct document doc;
        read_document(&j, &doc);
        if (!take_source(found, doc.source.data ? doc.source : STR("{}"))) {
            error_nomem(err);
            return REMOTE_FATAL;
        }
    }
    return j.is_bad ? not_understood(err) : REMOTE_DONE;
}

/* --- rows ------------------------------------------------------------------------------------ */

/* Keys by their bytes. */
struct key_table {
    const struct str *keys;
    uint32_t *slots; /* key + 1; 0: empty */
    uint32_t mask;
};

static uint32_t *slot_of(const struct key_table *table, struct str key)
{
    uint32_t at = (uint32_t)hash_bytes(key.data, key.size, 0);
    for (;; at++) {
        uint32_t *slot = &table->slots[at & table->mask];
        if (*slot == 0 || str_eq(table->keys[*slot - 1], key))
            return slot;
    }
}

static enum code fill_table(struct key_table *table, const struct remote_question *q,
                            struct error *err)
{
    uint32_t size = 16;
    while (size < q->count * 2)
        size *= 2;
    *table = (struct key_table){ .keys = q->keys, .mask = size - 1 };
    table->slots = arena_array(q->arena, uint32_t, size);
    if (!table->slots)
        return error_nomem(err);
    for (uint32_t i = 0; i < q->count; i++)
        *slot_of(table, q->keys[i]) = i + 1;
    return OK;
}

/* Which of the rows answer a key, and which one. */
static enum code match(struct es_found *found, const struct es_lookup *lookup,
                       const struct batch *all, uint32_t *rows, uint32_t *keys, uint32_t *ret_count,
                       struct error *err)
{
    struct key_table table;
    struct buf key;
    uint32_t count = 0;
    TRY(fill_table(&table, found->question, err));
    buf_init(&key, KEY_BYTES_MAX);
    enum code code = OK;
    for (uint32_t row = 0; row < all->count && code == OK; row++) {
        bool is_none = false;
        buf_clear(&key);
        code = es_put_key(lookup, &key, all, lookup->key_columns, row, &is_none, err);
        uint32_t slot = code == OK && !is_none ? *slot_of(&table, buf_view(&key)) : 0;
        if (slot == 0)
            continue;
        rows[count] = row;
        keys[count++] = slot - 1;
    }
    buf_done(&key);
    *ret_count = count;
    return code;
}

static enum code pick(struct es_found *found, const struct es_lookup *lookup, struct batch *all,
                      struct error *err)
{
    struct remote_question *q = found->question;
    uint32_t *rows = arena_array(q->arena, uint32_t, all->count + 1);
    uint32_t *keys = arena_array(q->arena, uint32_t, all->count + 1);
    uint32_t count;
    if (!rows || !keys)
        return error_nomem(err);
    TRY(match(found, lookup, all, rows, keys, &count, err));
    q->rows = all;
    q->key_of_row = keys;
    if (count == all->count)
        return OK;
    struct batch *kept = batch_create(q->arena, all->column_count, count);
    if (!kept)
        return error_nomem(err);
    for (uint32_t c = 0; c < all->column_count; c++)
        if (!(kept->columns[c] = column_gather(q->arena, all->columns[c], rows, count)))
            return error_nomem(err);
    q->rows = count > 0 ? kept : NULL;
    return OK;
}

/* By id: a document that the decoder has left out answers nothing. */
static enum code name_keys(struct es_found *found, const struct decoded *decoded, struct error *err)
{
    struct remote_question *q = found->question;
    uint32_t *keys = arena_array(q->arena, uint32_t, decoded->rows + 1);
    if (!keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < decoded->rows; i++)
        keys[i] = found->keys[decoded->record ? decoded->record[i] : i];
    q->key_of_row = keys;
    return OK;
}

enum code es_make_rows(struct es_found *found, const struct es_lookup *lookup,
                       struct decoder *decoder, struct error *err)
{
    struct remote_question *q = found->question;
    struct decoded decoded;
    if (found->count == 0)
        return OK;
    TRY(decoder->kind->decode(decoder, q->arena, found->sources, found->count, &decoded, err));
    if (decoded.rows == 0)
        return OK;
    uint32_t columns = lookup->def->schema->count;
    struct batch *all = batch_create(q->arena, columns, decoded.rows);
    if (!all)
        return error_nomem(err);
    memcpy(all->columns, decoded.columns, columns * sizeof(struct column *));
    if (!lookup->is_by_id)
        return pick(found, lookup, all, err);
    q->rows = all;
    return name_keys(found, &decoded, err);
}
