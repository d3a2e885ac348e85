/* elastic_hits.c -- a page of documents, as a reply has it. */
#include "base/arena.h"
#include "elastic/elastic_json.h"
#include "elastic/elastic_pages.h"

/* What a page says of itself. */
struct head {
    bool is_late, has_shards;
    int64_t failed; /* shards */
};

static void read_hit(struct es_json *j, struct es_hit *ret)
{
    struct str name;
    *ret = (struct es_hit){ .id = { NULL, 0 } };
    if (!es_json_enter(j, '{'))
        return;
    while (es_json_member(j, &name)) {
        if (str_is(name, "_id"))
            ret->id = es_json_text(j);
        else if (str_is(name, "_index"))
            ret->index = es_json_text(j);
        else if (str_is(name, "_source") && es_json_peek(j) == '{')
            ret->source = es_json_skip(j);
        else if (str_is(name, "sort") && es_json_peek(j) == '[')
            ret->sort = es_json_skip(j);
        else
            es_json_skip(j);
    }
}

/* False: a hit is no document that has an id, and a place if it needs one. */
static bool read_list(struct es_hits *ret, struct es_json *j, bool is_sorted, struct arena *arena,
                      enum code *ret_code)
{
    struct str name;
    if (!es_json_enter(j, '{'))
        return true;
    while (es_json_member(j, &name)) {
        if (!str_is(name, "hits") || !es_json_enter(j, '[')) {
            if (!str_is(name, "hits"))
                es_json_skip(j);
            continue;
        }
        while (es_json_element(j)) {
            struct es_hit hit;
            read_hit(j, &hit);
            if (!hit.id.data || (is_sorted && !hit.sort.data))
                return false;
            if (!ARENA_PUSH(arena, ret->hits, ret->count, ret->cap, hit)) {
                *ret_code = E_NOMEM;
                return false;
            }
        }
    }
    return true;
}

static void read_shards(struct es_json *j, struct head *head)
{
    struct str span = es_json_skip(j);
    struct es_json shards;
    es_json_begin(&shards, span.data ? span : STR(""));
    head->has_shards = es_json_find(&shards, "failed") && es_json_int(&shards, &head->failed);
}

static enum remote_outcome not_understood(struct error *err)
{
    error_set(err, E_IO, "the server's answer with documents cannot be understood");
    return REMOTE_FAILED;
}

enum remote_outcome es_read_hits(struct es_hits *ret, struct str reply, bool is_sorted,
                                 struct arena *arena, struct error *err)
{
    struct head head = { .is_late = false };
    struct es_json j;
    struct str name;
    enum code code = OK;
    *ret = (struct es_hits){ .count = 0 };
    es_json_begin(&j, reply);
    if (!es_json_enter(&j, '{'))
        return not_understood(err);
    while (es_json_member(&j, &name)) {
        if (str_is(name, "timed_out")) {
            head.is_late = es_json_is_true(&j);
        } else if (str_is(name, "_shards")) {
            read_shards(&j, &head);
        } else if (str_is(name, "pit_id") || str_is(name, "_scroll_id")) {
            ret->cursor = es_json_text(&j);
        } else if (!str_is(name, "hits")) {
            es_json_skip(&j);
        } else if (!read_list(ret, &j, is_sorted, arena, &code)) {
            if (code == OK)
                return not_understood(err);
            error_nomem(err);
            return REMOTE_FATAL;
        }
    }
    if (j.is_bad || !head.has_shards)
        return not_understood(err);
    if (!head.is_late && head.failed == 0)
        return REMOTE_DONE;
    error_set(err, E_IO, "not all shards of the index answer");
    return REMOTE_AWAY;
}
