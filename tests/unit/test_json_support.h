/* test_json_support.h -- what the tests of the extractor share: making sets of paths. */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "json/json_extract.h"
#include "support/check.h"

#include <stdint.h>
#include <string.h>

static const char *const json_kernels[] = { "sse2", "avx2", "avx512" };

static inline struct json_paths *make_paths(unsigned flags)
{
    struct json_paths *paths = NULL;
    CHECK_INT(json_paths_create(flags, &paths, NULL), OK);
    return paths;
}

static inline struct json_extract *make_extract(const struct json_paths *paths)
{
    struct json_extract *x = NULL;
    CHECK_INT(json_extract_create(paths, &x, NULL), OK);
    return x;
}

/* Adds "$.a|$.b" as nested calls of Blink. */
static inline uint32_t add_blink(struct json_paths *paths, const char *text)
{
    struct arena *arena = arena_create();
    struct json_path path = { .is_never = true };
    struct str rest = str_of(text);
    bool is_first = true;
    while (true) {
        size_t bar = str_find_byte(rest, '|');
        struct json_path part;
        size_t size = bar == (size_t)-1 ? rest.size : bar;
        CHECK_INT(json_path_parse_blink(arena, str_make(rest.data, size), &part, NULL), OK);
        if (is_first)
            path = part;
        else
            CHECK_INT(json_path_nest(arena, &path, JSON_REPARSE_BLINK, &part, &path, NULL), OK);
        is_first = false;
        if (bar == (size_t)-1)
            break;
        rest = str_make(rest.data + bar + 1, rest.size - bar - 1);
    }
    uint32_t slot = UINT32_MAX;
    CHECK_INT(json_paths_add(paths, &path, &slot, NULL), OK);
    arena_destroy(arena);
    return slot;
}
