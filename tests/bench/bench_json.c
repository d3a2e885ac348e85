/* bench_json.c -- the extractor as the engine calls it: batches of rows into columns of hits. */
#include "bench_json_input.h"

#include "base/arena.h"
#include "json/json_extract.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct state {
    struct json_paths *paths;
    struct json_extract *x;
    struct json_hit hits[BENCH_PATHS * BENCH_BATCH];
    struct str docs[BENCH_BATCH];
    bool ok[BENCH_BATCH];
    char about[200];
};

static void check(enum code code, const struct error *err)
{
    if (code == OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

/* JSON_VALUE(CAST(JSON_VALUE(m, a) AS VARCHAR), b) and so on. */
static void add_path(struct state *state, struct arena *arena, const char *const *parts)
{
    struct error err;
    struct json_path path;
    uint32_t slot;
    check(json_path_parse_blink(arena, str_of(*parts++), &path, &err), &err);
    while (*parts) {
        struct json_path inner;
        check(json_path_parse_blink(arena, str_of(*parts++), &inner, &err), &err);
        check(json_path_nest(arena, &path, JSON_REPARSE_BLINK, &inner, &path, &err), &err);
    }
    check(json_paths_add(state->paths, &path, &slot, &err), &err);
}

void *bench_weir_create(bool learns)
{
    static const char *const paths[BENCH_PATHS][5] = {
        { "$.createTime" },
        { "$.data", "$.userid" },
        { "$.data", "$.roomid" },
        { "$.data", "$.timestamp" },
        { "$.data", "$.role" },
        { "$.data", "$.msgid" },
        { "$.data", "$.msg", "$.msgtype" },
        { "$.data", "$.msg", "$.msg_data", "$.target_id" },
        { "$.data", "$.msg", "$.msg_data", "$.target_type" },
        { "$.data", "$.msg", "$.msg_data", "$.action" },
        { "$.data", "$.msg", "$.msg_data", "$.sub_action" },
        { "$.data", "$.msg", "$.msg_data", "$.page_index" },
    };
    struct error err;
    struct state *state = calloc(1, sizeof(*state));
    struct arena *arena = arena_create();
    if (!state || !arena)
        exit(1);
    check(json_paths_create(JSON_BLINK, &state->paths, &err), &err);
    for (int i = 0; i < BENCH_PATHS; i++)
        add_path(state, arena, paths[i]);
    check(json_extract_create(state->paths, &state->x, &err), &err);
    json_extract_set_learning(state->x, learns);
    arena_destroy(arena);
    return state;
}

void bench_weir_destroy(void *opaque)
{
    struct state *state = opaque;
    json_extract_destroy(state->x);
    json_paths_destroy(state->paths);
    free(state);
}

uint64_t bench_weir_read(void *opaque, const struct bench_messages *messages, uint64_t *ret_bad)
{
    struct state *state = opaque;
    struct error err;
    uint64_t sum = 0;
    uint64_t bad = 0;
    for (size_t from = 0; from < messages->count; from += BENCH_BATCH) {
        size_t n = messages->count - from < BENCH_BATCH ? messages->count - from : BENCH_BATCH;
        for (size_t i = 0; i < n; i++) {
            size_t begin = messages->offsets[from + i];
            state->docs[i] =
                str_make(messages->bytes + begin, messages->offsets[from + i + 1] - begin);
        }
        check(json_extract_batch(state->x, state->docs, n, state->hits, state->ok, &err), &err);
        for (size_t i = 0; i < n * BENCH_PATHS; i++)
            sum += state->hits[i].size;
        for (size_t i = 0; i < n; i++)
            bad += !state->ok[i];
        json_extract_reset(state->x);
    }
    *ret_bad = bad;
    return sum;
}

const char *bench_weir_about(void *opaque)
{
    struct state *state = opaque;
    struct json_extract_stats stats;
    json_extract_stats(state->x, &stats);
    snprintf(state->about, sizeof(state->about),
             "%s; %.1f %% of the documents by shape, %" PRIu64 " learnt, %" PRIu32 " nodes, %zu KB",
             json_extract_simd(), 100.0 * (double)stats.by_shape / (double)stats.documents,
             stats.learnt, stats.shape_nodes, stats.shape_bytes / 1024);
    return state->about;
}
