/* elastic_bulk.c -- see elastic_bulk.h.
 *
 *     {"errors":true,"items":[{"index":{"status":201}},
 *      {"index":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"..."}}}]}
 *
 * Members come in any order.  Nothing is believed before all of the reply has been read. */
#include "elastic/elastic_bulk.h"

#include "base/arena.h"
#include "base/hash.h"
#include "elastic/elastic_json.h"
#include "elastic/elastic_server.h"

enum { REASON_BYTES_MAX = 4096 };

struct item {
    int64_t status; /* of HTTP; 0: the reply has none */
    bool has_error;
    struct es_error error;
};

static void read_item(struct es_json *j, struct item *ret)
{
    struct str name;
    *ret = (struct item){ .status = 0 };
    if (!es_json_enter(j, '{') || !es_json_member(j, &name)) /* the action */
        return;
    if (es_json_enter(j, '{'))
        while (es_json_member(j, &name)) {
            if (str_is(name, "status")) {
                if (!es_json_int(j, &ret->status))
                    ret->status = 0;
            } else if (str_is(name, "error")) {
                ret->has_error = true;
                es_read_error(j, &ret->error);
            } else {
                es_json_skip(j);
            }
        }
    while (es_json_member(j, &name))
        es_json_skip(j);
}

/* Reads an item a row; false: the reply is something else. */
static bool read_items(struct str reply, struct item *items, uint32_t count)
{
    struct es_json j;
    uint32_t found = 0;
    es_json_begin(&j, reply);
    if (!es_json_find(&j, "items") || !es_json_enter(&j, '['))
        return false;
    while (es_json_element(&j)) {
        if (found == count)
            return false;
        read_item(&j, &items[found]);
        if (items[found].status == 0)
            return false;
        found++;
    }
    return !j.is_bad && found == count;
}

/* --- what an item means -------------------------------------------------------------------- */

static bool is_type(const struct item *item, const char *type)
{
    return str_is(item->error.type, type);
}

/* Is the index the row's own, and not that of all of them? */
static bool has_index(const struct remote_row *row)
{
    size_t colon = MIN(str_find_byte(row->bytes, ':'), row->bytes.size);
    size_t begin = MIN(colon + 1, row->bytes.size);
    return str_starts(str_make(row->bytes.data + begin, row->bytes.size - begin),
                      STR("{\"_index\":"));
}

static enum remote_outcome judge(const struct remote_row *row, const struct item *item,
                                 enum remote_verdict *ret)
{
    *ret = REMOTE_OPEN;
    if ((item->status >= 200 && item->status < 300 && !item->has_error) ||
        (item->status == 404 && row->is_delete)) {
        *ret = REMOTE_SAFE;
        return REMOTE_DONE;
    }
    switch (item->status) {
    case 409: /* somebody else changed the document at the same time */
    case 408:
    case 429:
    case 502:
    case 503:
    case 504:
        return REMOTE_AWAY;
    case 401:
        return REMOTE_FATAL;
    case 403:
        return es_is_block(&item->error) ? REMOTE_AWAY : REMOTE_FATAL;
    case 404: /* it does not exist, and the server makes none by itself */
        return REMOTE_FATAL;
    default:
        break;
    }
    if (is_type(item, "index_closed_exception") ||
        (is_type(item, "invalid_index_name_exception") && !has_index(row)))
        return REMOTE_FATAL;
    /* Nor is it the row's fault that there are too many shards to make its index. */
    if (item->status >= 500 || item->status < 400 || is_type(item, "validation_exception"))
        return REMOTE_FAILED;
    *ret = REMOTE_BAD;
    return REMOTE_DONE;
}

static void put_reason(struct buf *text, const struct item *item)
{
    buf_clear(text);
    es_put_error(text, &item->error);
    if (text->size == 0)
        buf_printf(text, "the server answers with status %lld", (long long)item->status);
}

/* The slot of the key among those of a power of two; empty: it is not there. */
static struct str *slot_of(struct str *slots, uint32_t size, struct str key)
{
    uint32_t at = (uint32_t)hash_bytes(key.data, key.size, 0) & (size - 1);
    while (slots[at].size > 0 && !str_eq(slots[at], key))
        at = (at + 1) & (size - 1);
    return &slots[at];
}

/* Later rows of the key of a row that is sent again are sent again behind it. */
static enum code keep_order(struct remote_call *call, uint32_t first_open, struct error *err)
{
    uint32_t size = 16;
    while (size < (call->count - first_open) * UINT64_C(2))
        size *= 2;
    struct str *open = arena_array(call->arena, struct str, size);
    if (!open)
        return error_nomem(err);
    for (uint32_t i = first_open; i < call->count; i++) {
        struct remote_row *row = &call->rows[i];
        if (row->key.size == 0 || row->verdict == REMOTE_BAD)
            continue;
        struct str *slot = slot_of(open, size, row->key);
        if (row->verdict == REMOTE_OPEN)
            *slot = row->key;
        else if (slot->size > 0)
            row->verdict = REMOTE_OPEN;
    }
    return OK;
}

enum remote_outcome es_judge_bulk(struct remote_call *call, struct str reply, struct error *err)
{
    struct item *items = arena_array(call->arena, struct item, call->count);
    enum remote_outcome worst = REMOTE_DONE;
    uint32_t first_open = call->count;
    struct buf text;
    if (!items) {
        error_nomem(err);
        return REMOTE_FAILED;
    }
    if (!read_items(reply, items, call->count)) {
        error_set(err, E_IO, "the server's answer to %u documents cannot be understood",
                  call->count);
        return REMOTE_FAILED;
    }
    buf_init(&text, REASON_BYTES_MAX);
    for (uint32_t i = 0; i < call->count; i++) {
        struct remote_row *row = &call->rows[i];
        enum remote_outcome outcome = judge(row, &items[i], &row->verdict);
        if (row->verdict == REMOTE_SAFE)
            continue;
        put_reason(&text, &items[i]);
        if (row->verdict == REMOTE_BAD) {
            row->reason = remote_reason(call, STR_FMT, STR_ARG(buf_view(&text)));
            continue;
        }
        if (first_open == call->count || outcome == REMOTE_FATAL)
            error_set(err, E_IO, STR_FMT, STR_ARG(buf_view(&text)));
        first_open = MIN(first_open, i);
        worst = outcome == REMOTE_FATAL || worst == REMOTE_DONE ||
                        (outcome == REMOTE_FAILED && worst == REMOTE_AWAY)
                    ? outcome
                    : worst;
    }
    buf_done(&text);
    if (first_open < call->count && keep_order(call, first_open, err) != OK)
        return REMOTE_FATAL;
    return worst;
}
