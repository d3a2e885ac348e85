/* test_json_near.c -- what a path that finds nothing may have meant, and how often paths find
 * something. */
#include "base/arena.h"
#include "json/json_count.h"
#include "json/json_near.h"
#include "support/check.h"

#include <stdio.h>

static struct error err;

static struct json_paths *paths_of(struct arena *arena, bool blink, const char *const *texts,
                                   uint32_t n)
{
    struct json_paths *paths;
    CHECK_INT(json_paths_create(blink ? JSON_BLINK : JSON_FLINK, &paths, &err), OK);
    for (uint32_t i = 0; i < n; i++) {
        struct json_path path;
        uint32_t slot;
        if (blink)
            CHECK_INT(json_path_parse_blink(arena, str_of(texts[i]), &path, &err), OK);
        else
            CHECK_INT(json_path_parse_flink(arena, str_of(texts[i]), &path, &err), OK);
        CHECK_INT(json_paths_add(paths, &path, &slot, &err), OK);
        CHECK_INT(slot, i);
    }
    return paths;
}

static void check_near(bool blink, const char *path, const char *document, const char *want)
{
    struct arena *arena = arena_create();
    struct json_paths *paths = paths_of(arena, blink, &path, 1);
    struct str near;
    if (CHECK_INT(json_near(arena, paths, 0, str_of(document), &near, &err), OK))
        CHECK_SPAN(near.data, near.size, want);
    json_paths_destroy(paths);
    arena_destroy(arena);
}

static void keys_that_are_spelled_alike(void)
{
    check_near(false, "$.userid", "{\"userId\": 1, \"user\": 2}", "$.userId");
    check_near(false, "$.data.ammount", "{\"data\": {\"amount\": 1}}", "$.data.amount");
    check_near(false, "$.items[1].nmae", "{\"items\": [{}, {\"name\": 1}]}", "$.items[1].name");
    check_near(false, "$.items[*].nmae", "{\"items\": [{\"name\": 1}]}", "$.items[*].name");
    check_near(true, "$.items.nmae", "{\"items\": [{\"name\": 1}]}", "$.items.name");
}

static void keys_that_stand_elsewhere(void)
{
    check_near(false, "$.userid", "{\"a\": {\"b\": [{\"UserId\": 1}]}}", "$.a.b[0].UserId");
    check_near(false, "$.data.userid", "{\"data\": {}, \"userid\": 1}", "$.userid");
    check_near(false, "$.userid", "{\"data\": \"{\\\"userid\\\": 1}\"}", "$.data.userid");
}

static void nothing_is_near(void)
{
    check_near(false, "$.userid", "{\"name\": 1}", "");
    check_near(false, "$.userid", "{\"userid\": null}", ""); /* it is there */
    check_near(false, "$.userid", "{\"userId\": 1", "");
    check_near(false, "$.userid", "", "");
    check_near(false, "$.userid", "17", "");
    check_near(false, "$.a[3]", "{\"a\": [1]}", ""); /* no key is missing */
}

/* What nests deeper than anybody writes is not searched to its end. */
static void deep_documents_end(void)
{
    char deep[4096];
    size_t n = 0;
    for (int i = 0; i < 200; i++)
        n += (size_t)snprintf(deep + n, sizeof deep - n, "{\"a\": ");
    n += (size_t)snprintf(deep + n, sizeof deep - n, "{\"userid\": 1}");
    for (int i = 0; i < 200; i++)
        n += (size_t)snprintf(deep + n, sizeof deep - n, "}");
    check_near(false, "$.userid", deep, "");
}

static void paths_are_counted(void)
{
    static const char *const texts[] = { "$.a", "$.b.c", "$.nmae" };
    struct arena *arena = arena_create();
    struct json_paths *paths = paths_of(arena, false, texts, 3);
    struct json_extract *extract;
    struct json_count *count;
    struct str docs[100] = { STR("{\"a\": 1, \"name\": 2}"), STR("{\"a\": null, \"b\": {}}") };
    struct json_hit hits[300];
    CHECK_INT(json_extract_create(paths, &extract, &err), OK);
    CHECK_INT(json_count_create(arena, paths, &count, &err), OK);
    CHECK_INT(json_extract_batch(extract, docs, 3, hits, NULL, &err), OK);
    for (int i = 0; i < 20; i++)
        CHECK_INT(json_count_note(count, docs, hits, 3, &err), OK); /* small ones all count */
    const struct json_counted *a = json_count_of(count, 0), *c = json_count_of(count, 1);
    CHECK_STR(a->text, "$.a");
    CHECK_INT(a->documents, 40); /* the third one is none */
    CHECK_INT(a->found, 40);
    CHECK_STR(c->text, "$.b.c");
    CHECK_INT(c->documents, 40);
    CHECK_INT(c->found, 0);
    CHECK_INT(c->nearest.size, 0);
    CHECK_SPAN(json_count_of(count, 2)->nearest.data, json_count_of(count, 2)->nearest.size,
               "$.name");
    CHECK(json_count_of(count, 3) == NULL);
    for (int i = 2; i < 100; i++)
        docs[i] = docs[0];
    CHECK_INT(json_extract_batch(extract, docs, 100, hits, NULL, &err), OK);
    for (int i = 0; i < 12; i++)
        CHECK_INT(json_count_note(count, docs, hits, 100, &err), OK);
    CHECK_INT(a->documents, 40); /* of large ones one in sixteen: the 33rd call */
    CHECK_INT(json_count_note(count, docs, hits, 100, &err), OK);
    CHECK_INT(a->documents, 140);
    json_extract_destroy(extract);
    json_paths_destroy(paths);
    arena_destroy(arena);
}

int main(void)
{
    RUN(keys_that_are_spelled_alike);
    RUN(keys_that_stand_elsewhere);
    RUN(nothing_is_near);
    RUN(deep_documents_end);
    RUN(paths_are_counted);
    return check_failed != 0;
}
