/* elastic_pages.c -- see elastic_pages.h.
 *
 * In a point in time Elasticsearch numbers all documents of all shards, and a page begins behind the
 * last number.  OpenSearch numbers those of each shard alone, so that several have the same number:
 * there a page begins with the last number once more, and those that were taken are left out. */
#include "elastic/elastic_pages.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/number.h"
#include "elastic/elastic_json.h"
#include "elastic/elastic_server.h"
#include "types/text.h"

#define KEEP_ALIVE "10m" /* how long the job may do other things than read */
enum {
    PATH_BYTES_MAX = 1 << 20,
    CURSOR_BYTES_MAX = 4 << 20, /* a point in time names all shards */
    REASON_BYTES_MAX = 300,
};

enum manner {
    MANNER_UNKNOWN,
    MANNER_POINT,      /* Elasticsearch */
    MANNER_POINT_TIES, /* OpenSearch */
    MANNER_SCROLL,
};

struct es_pages {
    const struct table_def *def; /* borrowed */
    struct str index;
    struct http_client *client; /* owned */
    enum manner manner;
    uint32_t size;      /* of a page */
    uint32_t asked;     /* documents in the call at hand */
    uint64_t taken;     /* documents so far */
    bool is_resumed;    /* at a place of an earlier walk, and no page has come yet */
    struct buf cursor;  /* of the point in time or the scroll; empty: none is open */
    struct buf after;   /* MANNER_POINT: the last place; empty: none */
    int64_t last;       /* MANNER_POINT_TIES: the last number; -1: none */
    struct arena *ties; /* owned: of `seen` */
    struct str *seen;   /* documents with that number that were taken */
    uint32_t seen_count, seen_cap;
    struct arena *hits; /* owned: of the page at hand */
    struct buf path, body;
};

/* --- calls ------------------------------------------------------------------------------------- */

static void begin_call(struct es_pages *p, bool of_index, const char *tail)
{
    buf_clear(&p->path);
    buf_clear(&p->body);
    if (of_index) {
        buf_char(&p->path, '/');
        http_put_escaped(&p->path, p->index);
    }
    buf_text(&p->path, tail);
}

static enum code call(struct es_pages *p, const char *method, bool is_once, struct http_reply *ret,
                      struct error *err)
{
    bool has_body = p->body.size > 0;
    TRY(buf_check(&p->path, err));
    TRY(buf_check(&p->body, err));
    struct http_request request = {
        .method = method,
        .path = buf_view(&p->path),
        .body = has_body ? buf_view(&p->body) : (struct str){ NULL, 0 },
        .content_type = has_body ? "application/json" : NULL,
        .accept = "application/json",
        .is_once = is_once,
    };
    return http_call(p->client, &request, ret, err);
}

static enum code keep(struct buf *into, struct str text, struct error *err)
{
    buf_clear(into);
    buf_str(into, text);
    return buf_check(into, err);
}

static void put_filter(struct es_pages *p)
{
    buf_text(&p->path, "filter_path=pit_id,_scroll_id,timed_out,_shards.failed,hits.hits._index,"
                       "hits.hits._id,hits.hits._source,hits.hits.sort");
    if (p->manner != MANNER_SCROLL || p->cursor.size == 0)
        es_put_source_filter(&p->path, p->def->schema, p->def->needed);
}

/* --- beginning ----------------------------------------------------------------------------------- */

static enum remote_outcome no_index(const struct es_pages *p, struct error *err)
{
    error_set(err, E_NAME, "there is no index \"" STR_FMT "\"", STR_ARG(p->index));
    return REMOTE_FATAL;
}

/* Opens a point in time; REMOTE_REFUSED: the server has none. */
static enum remote_outcome open_point(struct es_pages *p, enum manner manner, const char *tail,
                                      const char *member, struct error *err)
{
    struct http_reply reply;
    struct es_json j;
    begin_call(p, true, tail);
    enum code code = call(p, "POST", false, &reply, err);
    if (code != OK)
        return es_outcome_of(code);
    if (reply.status == 404 && es_tells_of(&reply, "index_not_found_exception"))
        return no_index(p, err);
    if (reply.status == 401 || reply.status == 429 || reply.status >= 500)
        return es_judge_plain(p->client, &reply, err);
    es_json_begin(&j, reply.body);
    struct str cursor = { NULL, 0 };
    if (reply.status == 200 && es_json_find(&j, member))
        cursor = es_json_text(&j);
    if (cursor.size == 0)
        return REMOTE_REFUSED;
    if (keep(&p->cursor, cursor, err) != OK)
        return REMOTE_FATAL;
    p->manner = manner;
    return REMOTE_DONE;
}

static enum remote_outcome open_any_point(struct es_pages *p, struct error *err)
{
    enum remote_outcome outcome = REMOTE_REFUSED;
    if (p->manner == MANNER_UNKNOWN || p->manner == MANNER_POINT)
        outcome = open_point(p, MANNER_POINT, "/_pit?keep_alive=" KEEP_ALIVE, "id", err);
    if (outcome == REMOTE_REFUSED && p->manner != MANNER_POINT)
        outcome = open_point(p, MANNER_POINT_TIES, "/_search/point_in_time?keep_alive=" KEEP_ALIVE,
                             "pit_id", err);
    if (outcome == REMOTE_REFUSED)
        p->manner = MANNER_SCROLL;
    return outcome == REMOTE_REFUSED ? REMOTE_DONE : outcome;
}

/* --- a page -------------------------------------------------------------------------------------- */

static void put_point_search(struct es_pages *p)
{
    begin_call(p, false, "/_search?allow_partial_search_results=false&");
    put_filter(p);
    p->asked = p->size + p->seen_count;
    buf_printf(&p->body, "{\"size\":%u,\"track_total_hits\":false,\"pit\":{\"id\":\"", p->asked);
    buf_str(&p->body, buf_view(&p->cursor));
    buf_text(&p->body, "\",\"keep_alive\":\"" KEEP_ALIVE "\"},\"sort\":[");
    buf_text(&p->body, p->manner == MANNER_POINT ? "{\"_shard_doc\":\"asc\"}]" : "\"_doc\"]");
    if (p->manner == MANNER_POINT && p->after.size > 0) {
        buf_text(&p->body, ",\"search_after\":");
        buf_str(&p->body, buf_view(&p->after));
    } else if (p->manner == MANNER_POINT_TIES && p->last > 0) {
        buf_printf(&p->body, ",\"search_after\":[%lld]", (long long)p->last - 1);
    }
    buf_char(&p->body, '}');
}

static void put_scroll_search(struct es_pages *p)
{
    if (p->cursor.size == 0) {
        begin_call(p, true, "/_search?scroll=" KEEP_ALIVE "&");
        put_filter(p);
        buf_printf(&p->body, "{\"size\":%u,\"sort\":[\"_doc\"]}", p->size);
        return;
    }
    begin_call(p, false, "/_search/scroll?");
    put_filter(p);
    buf_text(&p->body, "{\"scroll\":\"" KEEP_ALIVE "\",\"scroll_id\":\"");
    buf_str(&p->body, buf_view(&p->cursor));
    buf_text(&p->body, "\"}");
}

/* The next page is the first one of a new cursor. */
static void forget_place(struct es_pages *p)
{
    buf_clear(&p->cursor);
    p->is_resumed = false;
    if (p->taken > 0)
        return; /* then there is none: lose() says so */
    buf_clear(&p->after);
    arena_reset(p->ties);
    p->seen = NULL;
    p->seen_count = p->seen_cap = 0;
    p->last = -1;
}

static enum remote_outcome fetch(struct es_pages *p, struct es_hits *ret, struct error *err)
{
    struct http_reply reply;
    bool scrolls = p->manner == MANNER_SCROLL;
    if (scrolls)
        put_scroll_search(p);
    else
        put_point_search(p);
    enum code code = call(p, "POST", scrolls, &reply, err);
    if (code != OK)
        return es_outcome_of(code);
    if (reply.status == 200) {
        arena_reset(p->hits);
        return es_read_hits(ret, reply.body, !scrolls, p->hits, err);
    }
    enum remote_outcome outcome = es_judge_plain(p->client, &reply, err);
    if (reply.status == 404 && es_tells_of(&reply, "index_not_found_exception"))
        return no_index(p, err);
    if (es_tells_of(&reply, "search_context_missing_exception")) {
        forget_place(p);
        return REMOTE_AWAY;
    }
    if (p->is_resumed && (reply.status == 400 || reply.status == 404)) {
        forget_place(p); /* another server, or another version of it */
        p->manner = MANNER_UNKNOWN;
        return REMOTE_AWAY;
    }
    bool has_no_order = p->manner == MANNER_POINT && reply.status == 400 && p->taken == 0 &&
                        es_tells_of(&reply, "_shard_doc"); /* the first with points in time */
    return has_no_order ? REMOTE_REFUSED : outcome;
}

/* --- taking it ----------------------------------------------------------------------------------- */

static enum code take(struct es_page *page, const struct es_hit *hit, struct arena *arena,
                      struct error *err)
{
    struct str source = arena_str(arena, hit->source.data ? hit->source : STR("{}"));
    if (!source.data)
        return error_nomem(err);
    page->sources[page->count++] = source;
    return OK;
}

static bool was_seen(const struct es_pages *p, struct str name)
{
    for (uint32_t i = 0; i < p->seen_count; i++)
        if (str_eq(p->seen[i], name))
            return true;
    return false;
}

static enum code see(struct es_pages *p, int64_t number, const char *name, struct error *err)
{
    if (number != p->last) {
        arena_reset(p->ties);
        p->seen = NULL;
        p->seen_count = p->seen_cap = 0;
        p->last = number;
    }
    struct str copy = arena_str(p->ties, str_of(name));
    if (!copy.data || !ARENA_PUSH(p->ties, p->seen, p->seen_count, p->seen_cap, copy))
        return error_nomem(err);
    return OK;
}

static enum code no_order(const struct es_pages *p, struct error *err)
{
    return error_set(err, E_IO, "the documents of index \"" STR_FMT "\" come in no order",
                     STR_ARG(p->index));
}

/* A page of OpenSearch: without the documents that the page before had already. */
static enum code take_new(struct es_pages *p, const struct es_hits *hits, struct arena *arena,
                          struct es_page *page, struct error *err)
{
    for (uint32_t i = 0; i < hits->count; i++) {
        const struct es_hit *hit = &hits->hits[i];
        struct es_json j;
        int64_t number = -1;
        es_json_begin(&j, hit->sort);
        if (!es_json_enter(&j, '[') || !es_json_element(&j) || !es_json_int(&j, &number) ||
            number < p->last || number < 0)
            return no_order(p, err);
        const char *name = arena_printf(p->hits, STR_FMT "\"" STR_FMT, STR_ARG(hit->index),
                                        STR_ARG(hit->id)); /* no quote is in either */
        if (!name)
            return error_nomem(err);
        if (number == p->last && was_seen(p, str_of(name)))
            continue;
        TRY(see(p, number, name, err));
        TRY(take(page, hit, arena, err));
    }
    return page->count > 0 || hits->count < p->asked ? OK : no_order(p, err);
}

static enum code take_all(struct es_pages *p, const struct es_hits *hits, struct arena *arena,
                          struct es_page *page, struct error *err)
{
    for (uint32_t i = 0; i < hits->count; i++)
        TRY(take(page, &hits->hits[i], arena, err));
    if (hits->count == 0 || p->manner != MANNER_POINT)
        return OK;
    return keep(&p->after, hits->hits[hits->count - 1].sort, err);
}

/* "point CURSOR AFTER", "ties CURSOR NUMBER [INDEX,ID...]": as it is before a page is taken. */
static enum code tell_place(struct es_pages *p, struct arena *arena, struct str *ret,
                            struct error *err)
{
    *ret = STR("");
    if (p->manner == MANNER_SCROLL)
        return OK;
    buf_clear(&p->body);
    buf_text(&p->body, p->manner == MANNER_POINT ? "point " : "ties ");
    buf_str(&p->body, buf_view(&p->cursor));
    buf_char(&p->body, ' ');
    if (p->manner == MANNER_POINT)
        buf_str(&p->body, buf_view(&p->after));
    else
        buf_printf(&p->body, "%lld [", (long long)p->last);
    for (uint32_t i = 0; i < p->seen_count; i++) {
        struct str name = p->seen[i];
        size_t size = str_find_byte(name, '"');
        buf_printf(&p->body, "%s\"" STR_FMT "\",\"" STR_FMT "\"", i > 0 ? "," : "", (int)size,
                   name.data, (int)(name.size - size - 1), name.data + size + 1);
    }
    if (p->manner == MANNER_POINT_TIES)
        buf_char(&p->body, ']');
    TRY(buf_check(&p->body, err));
    *ret = arena_str(arena, buf_view(&p->body));
    return ret->data ? OK : error_nomem(err);
}

static enum code take_page(struct es_pages *p, const struct es_hits *hits, struct arena *arena,
                           struct es_page *ret, struct error *err)
{
    *ret = (struct es_page){ .sources = arena_array(arena, struct str, hits->count + 1) };
    if (!ret->sources)
        return error_nomem(err);
    if (hits->cursor.size > 0)
        TRY(keep(&p->cursor, hits->cursor, err));
    TRY(tell_place(p, arena, &ret->place, err));
    ret->is_first = p->taken == 0 && !p->is_resumed;
    p->is_resumed = false;
    TRY(p->manner == MANNER_POINT_TIES ? take_new(p, hits, arena, ret, err)
                                       : take_all(p, hits, arena, ret, err));
    p->taken += ret->count;
    ret->is_last = p->manner == MANNER_SCROLL ? hits->count == 0 : hits->count < p->asked;
    return OK;
}

/* --- the walk ------------------------------------------------------------------------------------ */

/* No page, and it cannot be had any more; where nothing was taken yet the walk begins anew. */
static enum remote_outcome lose(struct es_pages *p, enum remote_outcome outcome, struct error *err)
{
    bool scrolls = p->manner == MANNER_SCROLL;
    if (p->taken == 0) {
        if (scrolls)
            es_pages_end(p);
        return outcome;
    }
    struct error why = *err;
    error_set(err, E_IO, "lost index \"" STR_FMT "\" after %llu documents: %.*s", STR_ARG(p->index),
              (unsigned long long)p->taken, REASON_BYTES_MAX, why.message);
    error_hint(err, scrolls ? "This server has no point in time, and sends each page once."
                            : "The server forgets a point in time when it is started anew, and "
                              "when nothing is read for " KEEP_ALIVE ".");
    return REMOTE_FATAL;
}

static enum remote_outcome next_page(struct es_pages *p, struct es_hits *hits, struct error *err)
{
    for (;;) {
        enum remote_outcome outcome = REMOTE_DONE;
        if (p->cursor.size == 0 && p->manner != MANNER_SCROLL)
            outcome = open_any_point(p, err);
        if (outcome == REMOTE_DONE)
            outcome = fetch(p, hits, err);
        if (outcome == REMOTE_REFUSED) {
            es_pages_end(p);
            p->manner = MANNER_SCROLL;
            continue;
        }
        if (outcome == REMOTE_DONE || outcome == REMOTE_FATAL)
            return outcome;
        bool is_too_large = err->code == E_LIMIT && p->size > 1;
        bool is_gone = p->manner == MANNER_SCROLL || p->cursor.size == 0;
        if (is_too_large && (!is_gone || p->taken == 0)) {
            p->size = MAX(p->size / 8, 1);
            if (is_gone)
                es_pages_end(p);
            continue;
        }
        return is_gone ? lose(p, outcome, err) : outcome;
    }
}

enum remote_outcome es_pages_next(struct es_pages *p, struct arena *arena, struct es_page *ret,
                                  struct error *err)
{
    struct es_hits hits;
    enum remote_outcome outcome = next_page(p, &hits, err);
    if (outcome == REMOTE_DONE && take_page(p, &hits, arena, ret, err) != OK)
        return REMOTE_FATAL;
    return outcome;
}

/* --- where an earlier walk was ------------------------------------------------------------------- */

static struct str take_word(struct str *rest)
{
    size_t size = MIN(str_find_byte(*rest, ' '), rest->size);
    struct str word = str_make(rest->data, size);
    *rest =
        str_make(rest->data + MIN(size + 1, rest->size), rest->size - MIN(size + 1, rest->size));
    return word;
}

/* What was taken of the last number. */
static enum code read_seen(struct es_pages *p, int64_t number, struct str list, struct error *err)
{
    struct es_json j;
    es_json_begin(&j, list);
    if (!es_json_enter(&j, '['))
        return OK;
    while (es_json_element(&j)) {
        struct str index = es_json_text(&j);
        struct str id = es_json_element(&j) ? es_json_text(&j) : (struct str){ NULL, 0 };
        if (!index.data || !id.data)
            return OK;
        const char *name = arena_printf(p->hits, STR_FMT "\"" STR_FMT, STR_ARG(index), STR_ARG(id));
        if (!name)
            return error_nomem(err);
        TRY(see(p, number, name, err));
    }
    return OK;
}

enum code es_pages_begin_at(struct es_pages *p, struct str place, struct error *err)
{
    struct str rest = place;
    struct str manner = take_word(&rest), cursor = take_word(&rest);
    bool has_ties = str_is(manner, "ties");
    int64_t number;
    if (cursor.size == 0 || (!has_ties && !str_is(manner, "point")))
        return OK;
    p->manner = has_ties ? MANNER_POINT_TIES : MANNER_POINT;
    p->is_resumed = true;
    TRY(keep(&p->cursor, cursor, err));
    if (!has_ties)
        return keep(&p->after, rest, err);
    struct str word = take_word(&rest);
    if (number_parse_i64(word.data, word.size, &number) && number >= 0)
        TRY(read_seen(p, number, rest, err));
    return OK;
}

void es_pages_end(struct es_pages *p)
{
    static const char *const paths[] = { "", "/_pit", "/_search/point_in_time", "/_search/scroll" };
    static const char *const bodies[] = { "", "{\"id\":\"", "{\"pit_id\":[\"",
                                          "{\"scroll_id\":[\"" };
    struct http_reply reply;
    struct error ignored;
    if (p->cursor.size == 0)
        return;
    begin_call(p, false, paths[p->manner]);
    buf_text(&p->body, bodies[p->manner]);
    buf_str(&p->body, buf_view(&p->cursor));
    buf_text(&p->body, p->manner == MANNER_POINT ? "\"}" : "\"]}");
    if (call(p, "DELETE", false, &reply, &ignored) != OK)
        ignored.code = OK; /* it goes by itself */
    buf_clear(&p->cursor);
}

/* --- making it ----------------------------------------------------------------------------------- */

void es_pages_interrupt(struct es_pages *p)
{
    http_client_interrupt(p->client);
}

enum code es_pages_create(const struct table_def *def, struct str index,
                          const struct http_settings *http, struct es_pages **ret,
                          struct error *err)
{
    struct es_pages *p = mem_zalloc(sizeof *p);
    if (!p)
        return error_nomem(err);
    p->def = def;
    p->index = index;
    p->size = BATCH_ROWS;
    p->last = -1;
    buf_init(&p->cursor, CURSOR_BYTES_MAX);
    buf_init(&p->after, CURSOR_BYTES_MAX);
    buf_init(&p->path, PATH_BYTES_MAX);
    buf_init(&p->body, CURSOR_BYTES_MAX * 4);
    p->hits = arena_create();
    p->ties = arena_create();
    enum code code =
        p->hits && p->ties ? http_client_create(http, &p->client, err) : error_nomem(err);
    if (code != OK) {
        es_pages_destroy(p);
        return code;
    }
    *ret = p;
    return OK;
}

void es_pages_destroy(struct es_pages *p)
{
    if (!p)
        return;
    http_client_destroy(p->client);
    arena_destroy(p->hits);
    arena_destroy(p->ties);
    buf_done(&p->cursor);
    buf_done(&p->after);
    buf_done(&p->path);
    buf_done(&p->body);
    mem_free(p);
}
