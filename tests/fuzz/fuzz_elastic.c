/* fuzz_elastic.c -- any bytes as replies of Elasticsearch.
 *
 * An input is taken as it is, and as changes to a real reply: the first byte picks it, each further
 * three bytes say where and what.  Besides crashes it is checked that a call is decided for all of
 * its rows or says why not, and that nothing found points out of the reply's copy. */
#include "base/arena.h"
#include "elastic/elastic_bulk.h"
#include "elastic/elastic_found.h"
#include "elastic/elastic_json.h"
#include "elastic/elastic_pages.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 3, HITS_MAX = 4 };

static const char *const samples[] = {
    "{\"errors\":true,\"items\":[{\"index\":{\"status\":201}},{\"delete\":{\"status\":404}},"
    "{\"index\":{\"status\":400,\"error\":{\"type\":\"mapper_parsing_exception\",\"reason\":"
    "\"failed \\u00e9\",\"caused_by\":{\"type\":\"x\",\"reason\":\"For \\\"abc\\\"\"}}}}]}",
    "{\"docs\":[{\"_id\":\"a\",\"found\":true,\"_source\":{\"n\":1}},{\"_id\":\"b\",\"found\":"
    "false},{\"_id\":\"c\",\"error\":{\"type\":\"t\",\"reason\":\"r\"}}]}",
    "{\"pit_id\":\"p\",\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[{\"_index\":\"i\",\"_id\":"
    "\"a\","
    "\"_source\":{\"n\":1},\"sort\":[3]},{\"_id\":\"b\",\"sort\":[4,\"]\"]}]}}",
    "{\"timed_out\":false,\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[{\"_source\":{\"n\":1}},"
    "{\"_source\":{\"n\":[2,\"}\"]}}]}}",
};

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "does not hold: %s\n", what);
        abort();
    }
}

static void read_bulk(struct arena *arena, struct str reply)
{
    struct remote_row rows[ROWS] = { { .key = { "a", 1 } },
                                     { .key = { "b", 1 }, .is_delete = true },
                                     { .key = { "a", 1 } } };
    struct remote_call call = { .rows = rows, .count = ROWS, .arena = arena };
    struct error err = { .code = OK };
    enum remote_outcome outcome = es_judge_bulk(&call, reply, &err);
    for (int i = 0; i < ROWS; i++) {
        require(rows[i].verdict != REMOTE_OPEN || outcome != REMOTE_DONE, "all rows are decided");
        require(rows[i].verdict != REMOTE_BAD || rows[i].reason.size > 0, "a reason");
    }
    require(outcome == REMOTE_DONE || err.code != OK, "a failure has an error");
}

static void read_found(struct arena *arena, struct str reply)
{
    static const struct str keys[ROWS] = { { "a", 1 }, { "b", 1 }, { "c", 1 } };
    struct remote_question question = { .keys = keys, .count = ROWS, .arena = arena };
    struct es_found found = { .question = &question };
    struct error err = { .code = OK };
    if (es_read_mget(&found, 0, ROWS, reply, &err) == REMOTE_DONE)
        require(found.count == found.key_count && found.count <= ROWS, "an answer a key at most");
    found = (struct es_found){ .question = &question };
    bool overflows;
    if (es_read_search(&found, reply, HITS_MAX, &overflows, &err) == REMOTE_DONE)
        require(found.count < HITS_MAX && (!overflows || found.count == 0), "no more than asked");
}

static bool is_within(struct str part, struct str reply)
{
    return !part.data ||
           (part.data >= reply.data && part.data + part.size <= reply.data + reply.size);
}

static void read_page(struct arena *arena, struct str reply)
{
    struct es_hits page;
    struct error err = { .code = OK };
    enum remote_outcome outcome = es_read_hits(&page, reply, true, arena, &err);
    require((outcome == REMOTE_DONE) == (err.code == OK), "a page or an error");
    if (outcome != REMOTE_DONE)
        return;
    require(is_within(page.cursor, reply), "the cursor is of the reply");
    for (uint32_t i = 0; i < page.count; i++) {
        const struct es_hit *hit = &page.hits[i];
        require(hit->id.data && hit->sort.size >= 2, "an id and a place");
        require(is_within(hit->index, reply) && is_within(hit->id, reply) &&
                    is_within(hit->source, reply) && is_within(hit->sort, reply),
                "documents are of the reply");
    }
}

static void read_all(const char *data, size_t size)
{
    /* A copy of the exact size, so that a read behind the end is seen. */
    char *copy = malloc(size > 0 ? size : 1);
    struct arena *arena = arena_create();
    require(copy && arena, "memory");
    memcpy(copy, data, size);
    read_bulk(arena, str_make(copy, size));
    read_found(arena, str_make(copy, size));
    read_page(arena, str_make(copy, size));
    arena_destroy(arena);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[1024];
    read_all((const char *)data, size);
    if (size == 0)
        return 0;
    const char *sample = samples[data[0] % countof(samples)];
    size_t length = strlen(sample);
    memcpy(text, sample, length);
    for (size_t i = 1; i + 3 <= size && i < 32; i += 3) {
        size_t at = (data[i] | (size_t)data[i + 1] << 8) % length;
        text[at] = (char)data[i + 2];
    }
    size_t cut = size > 1 && data[1] % 4 == 0 ? data[1] * length / 256 : length;
    read_all(text, cut);
    return 0;
}
