/* test_json_shapes.c -- the extractor against the evaluator over a tree: random documents and
 * paths, documents of one shape with other values, and broken documents after the extractor has
 * learnt what they looked like before.
 *
 *   test_json_shapes [SEED [SESSIONS]]      the seed is printed */
#include "test_json_support.h"

#include "test_json_random.h"

#include <sys/mman.h>
#include <time.h>

/* Documents at the end of a page that is followed by one that must not be touched. */
struct fence {
    char *page;
    size_t bytes;
};

static struct fence make_fence(void)
{
    struct fence fence = { .bytes = 1 << 16 };
    char *memory =
        mmap(NULL, fence.bytes + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + fence.bytes, 4096, PROT_NONE) != 0)
        abort();
    fence.page = memory;
    return fence;
}

/* The document at `gap` bytes before the fence. */
static struct str at_fence(const struct fence *fence, struct str doc, size_t gap)
{
    if (doc.size + gap > fence->bytes)
        gap = 0;
    if (doc.size > fence->bytes)
        return doc;
    char *at = fence->page + fence->bytes - gap - doc.size;
    memcpy(at, doc.data, doc.size);
    memset(at + doc.size, '"', gap); /* what nobody may take for a part of the document */
    return str_make(at, doc.size);
}

/* Which documents a shape answers is not visible in results, so the counters are looked at. */
static void test_learning(void)
{
    struct json_paths *paths = make_paths(JSON_BLINK);
    add_blink(paths, "$.t");
    add_blink(paths, "$.d|$.x");
    struct json_extract *x = make_extract(paths);
    struct json_extract_stats stats;
    for (int i = 0; i < 100; i++) {
        char doc[200];
        struct json_hit hits[2];
        bool ok;
        snprintf(doc, sizeof(doc),
                 i % 2 ? "{\"t\":%d,\"d\":{\"x\":\"v%d\",\"y\":[null,{}]}}"
                       : "{\"t\":%d,\"d\":\"{\\\"x\\\":\\\"v%d\\\",\\\"y\\\":{}}\"}",
                 i, i * i);
        CHECK_INT(json_extract_run(x, doc, strlen(doc), hits, &ok, NULL), OK);
        CHECK(ok && hits[0].kind == JSON_INTEGER && hits[1].kind == JSON_STRING);
    }
    json_extract_stats(x, &stats);
    CHECK_INT(stats.documents, 100);
    CHECK_INT(stats.by_shape, 98);
    CHECK_INT(stats.learnt, 2);
    json_extract_destroy(x);
    json_paths_destroy(paths);
}

/* Shapes that never come again are given up on, and memory stays bounded. */
static void test_no_shape_repeats(void)
{
    struct json_paths *paths = make_paths(JSON_BLINK);
    add_blink(paths, "$.a");
    struct json_extract *x = make_extract(paths);
    struct json_extract_stats stats;
    enum { BATCH = 256 };
    static char text[BATCH][64];
    static struct str docs[BATCH];
    static struct json_hit hits[BATCH];
    for (int i = 0; i < 400; i++) {
        for (int k = 0; k < BATCH; k++) {
            int n = snprintf(text[k], sizeof(text[k]), "{\"a\":%d,\"k%d\":[%.*s]}", i,
                             i * BATCH + k, k % 4 ? 2 * (k % 4) - 1 : 0, "1,2,3");
            docs[k] = str_make(text[k], (size_t)n);
        }
        CHECK_INT(json_extract_batch(x, docs, BATCH, hits, NULL, NULL), OK);
        json_extract_reset(x);
    }
    json_extract_stats(x, &stats);
    CHECK(stats.by_shape < stats.documents / 100);
    CHECK(stats.learnt < 2000);
    CHECK(stats.shape_bytes < 2 << 20);
    json_extract_destroy(x);
    json_paths_destroy(paths);
}

/* --- at random -------------------------------------------------------------- */

static uint64_t first_seed;
static uint32_t session_count;
static struct json_extract_stats total; /* of all sessions: were the fast ways taken at all? */

struct session {
    struct json_paths *paths;
    struct json_extract *x;
    struct fence fence;
    uint64_t documents;
};

static bool check_document(struct session *s, struct str placed, const char *what)
{
    enum { SLOTS_MAX = 64 };
    static struct json_hit hits[SLOTS_MAX];
    bool ok;
    memset(hits, 0x5A, sizeof(hits)); /* slots that are left as they were show */
    if (json_extract_run(s->x, placed.data, placed.size, hits, &ok, NULL) != OK)
        return false;
    s->documents++;
    if (row_is_right(s->paths, placed, hits, 1, ok, what))
        return true;

    /* Whose fault: the walk's or a shape's? */
    struct json_extract_stats stats;
    json_extract_stats(s->x, &stats);
    struct json_extract *x = make_extract(s->paths);
    json_extract_set_learning(x, false);
    bool is_walk = json_extract_run(x, placed.data, placed.size, hits, &ok, NULL) == OK &&
                   !row_is_right(s->paths, placed, hits, 1, ok, "by a walk alone");
    fprintf(stderr, "  %s; %" PRIu64 " documents before, %" PRIu64 " of them by shape\n",
            is_walk ? "the walk is wrong" : "a shape is wrong", stats.documents, stats.by_shape);
    json_extract_destroy(x);
    return false;
}

static bool try_document(struct session *s, struct random *r, struct str doc, const char *what)
{
    static const size_t gaps[] = { 0, 1, 31, 63, 64, 65, 127, 128, 129, 200 };
    return check_document(s, at_fence(&s->fence, doc, gaps[random_below(r, countof(gaps))]), what);
}

/* Rows of mostly one shape, back to back in front of the fence, as one batch. */
static bool try_batch(struct session *s, struct random *r, uint64_t shape_seed,
                      const struct generator *like)
{
    enum { ROWS = 40, SLOTS_MAX = 64 };
    static struct json_hit hits[ROWS * SLOTS_MAX];
    struct str docs[ROWS];
    bool ok[ROWS];
    struct buf all, doc;
    size_t sizes[ROWS];
    uint32_t broken_percent = random_below(r, 3) * 5;
    buf_init(&all, s->fence.bytes);
    buf_init(&doc, 1 << 20);
    uint32_t n = 0;
    for (; n < ROWS; n++) {
        struct generator g = *like;
        g.shape.state = shape_seed;
        g.values.state = random_u64(r);
        generate_document(&g, &doc);
        if (random_chance(r, broken_percent))
            mutate(r, &doc);
        if (all.size + doc.size > s->fence.bytes)
            break;
        buf_str(&all, buf_view(&doc));
        sizes[n] = doc.size;
    }
    struct str placed = at_fence(&s->fence, buf_view(&all), random_chance(r, 50) ? 0 : 150);
    size_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        docs[i] = str_make(placed.data + at, sizes[i]);
        at += sizes[i];
    }
    memset(hits, 0x5A, sizeof(hits));
    bool is_good = json_extract_batch(s->x, docs, n, hits, ok, NULL) == OK;
    for (uint32_t i = 0; i < n && is_good; i++)
        is_good = row_is_right(s->paths, docs[i], hits + i, n, ok[i], "batch");
    s->documents += n;
    buf_done(&all);
    buf_done(&doc);
    return is_good;
}

static bool random_session(uint64_t seed, struct fence fence)
{
    static const unsigned flag_sets[] = { JSON_BLINK,
                                          JSON_FLINK,
                                          JSON_FORMAT,
                                          JSON_BLINK | JSON_REFUSE_TAIL,
                                          JSON_FLINK | JSON_REFUSE_BAD_UTF8,
                                          JSON_BLINK_STEPS };
    struct random r = { seed };
    unsigned flags = flag_sets[random_below(&r, countof(flag_sets))];
    bool is_blink = (flags & JSON_BLINK_STEPS) != 0;
    struct session s = { .paths = make_paths(flags), .fence = fence };
    struct arena *arena = arena_create();
    uint32_t path_count = 1 + random_below(&r, 20);
    bool may_be_general = random_chance(&r, 40);
    for (uint32_t i = 0; i < path_count; i++) {
        struct json_path path = generate_path(&r, arena, is_blink, may_be_general);
        uint32_t slot;
        if (json_paths_add(s.paths, &path, &slot, NULL) != OK)
            abort();
    }
    arena_destroy(arena);
    s.x = make_extract(s.paths);
    json_extract_set_learning(s.x, random_chance(&r, 90));

    bool is_good = true;
    struct buf doc;
    buf_init(&doc, 1 << 20);
    for (int shape = 0; shape < 8 && is_good; shape++) {
        uint64_t shape_seed = random_u64(&r);
        struct generator g = { .nesting = random_below(&r, 60), .is_odd = random_chance(&r, 50) };
        for (int k = 0; k < 12 && is_good; k++) {
            g.shape.state = shape_seed;
            g.values.state = random_u64(&r);
            generate_document(&g, &doc);
            is_good = try_document(&s, &r, buf_view(&doc), "as made");
            for (int m = 0; m < 4 && is_good; m++) {
                g.shape.state = shape_seed;
                g.values.state = random_u64(&r);
                generate_document(&g, &doc);
                mutate(&r, &doc);
                is_good = try_document(&s, &r, buf_view(&doc), "broken");
            }
        }
        is_good = is_good && try_batch(&s, &r, shape_seed, &g);
        json_extract_reset(s.x);
    }
    struct json_extract_stats stats;
    json_extract_stats(s.x, &stats);
    total.documents += stats.documents;
    total.malformed += stats.malformed;
    total.by_shape += stats.by_shape;
    total.general += stats.general;
    buf_done(&doc);
    json_extract_destroy(s.x);
    json_paths_destroy(s.paths);
    return is_good;
}

/* Every cut and every byte changed, of documents whose shape is known. */
static bool every_place(struct fence fence, uint64_t seed)
{
    static const char *const texts[] = {
        "{\"t\":\"2020-08-06 16:35:49\",\"data\":{\"a\":12,\"b\":\"x\",\"c\":{\"a\":true}}}",
        "{\"data\":\"{\\\"a\\\":12,\\\"b\\\":\\\"x\\\",\\\"c\\\":{\\\"a\\\":null}} \",\"t\":1.5e3}",
        "{\"data\":\"{\\\"a\\\":\\\"{\\\\\\\"a\\\\\\\":\\\\\\\"v\\\\\\\"}\\\"}\" , \"t\":[1,{}]}",
    };
    struct random r = { seed };
    struct session s = { .paths = make_paths(JSON_BLINK), .fence = fence };
    static const char *const paths[] = { "$.t",        "$.data",       "$.data|$.a",
                                         "$.data|$.b", "$.data|$.c.a", "$.data|$.a|$.a",
                                         "$.t[0]",     "$.data|$.c" };
    for (size_t i = 0; i < countof(paths); i++)
        add_blink(s.paths, paths[i]);
    s.x = make_extract(s.paths);
    bool is_good = true;
    for (size_t i = 0; i < countof(texts); i++)
        is_good = is_good && try_document(&s, &r, str_of(texts[i]), "whole");
    for (size_t i = 0; i < countof(texts) && is_good; i++) {
        struct str text = str_of(texts[i]);
        for (size_t at = 0; at <= text.size && is_good; at++)
            is_good = try_document(&s, &r, str_make(text.data, at), "cut");
        /* Cut where the missing part still stands behind the end. */
        char *room = fence.page;
        memset(room, ' ', 4096);
        memcpy(room, text.data, text.size);
        for (size_t at = 0; at <= text.size && is_good; at++)
            is_good = check_document(&s, str_make(room, at), "cut in place");
        char copy[256];
        for (size_t at = 0; at < text.size && is_good; at++) {
            for (int c = 0; c < 256 && is_good; c++) {
                memcpy(copy, text.data, text.size);
                copy[at] = (char)c;
                is_good = try_document(&s, &r, str_make(copy, text.size), "one byte changed");
            }
            json_extract_reset(s.x);
        }
    }
    json_extract_destroy(s.x);
    json_paths_destroy(s.paths);
    return is_good;
}

static void test_random(void)
{
    struct fence fence = make_fence();
    for (uint32_t i = 0; i < session_count; i++) {
        uint64_t seed = first_seed + i;
        if (!json_extract_set_simd(json_kernels[i % countof(json_kernels)]))
            continue; /* this processor has no such instructions */
        if (!CHECK(random_session(seed, fence))) {
            fprintf(stderr, "  seed %" PRIu64 ", kernel %s\n", seed, json_extract_simd());
            break;
        }
    }
    for (size_t i = 0; i < countof(json_kernels); i++) {
        if (json_extract_set_simd(json_kernels[i]))
            CHECK(every_place(fence, first_seed + i));
    }
    munmap(fence.page, fence.bytes + 4096);
    printf("%" PRIu64 " documents, %" PRIu64 " malformed, %" PRIu64 " by shape, %" PRIu64
           " general evaluations\n",
           total.documents, total.malformed, total.by_shape, total.general);
    if (session_count >= 100) {
        CHECK(total.malformed > total.documents / 20 && total.malformed < total.documents * 3 / 4);
        CHECK(total.by_shape > total.documents / 20);
        CHECK(total.general > total.documents / 20);
    }
}

/* A batch gives what single runs give, column by column. */
static void test_batch(void)
{
    enum { ROWS = 300, SLOTS = 6 };
    static const char *const paths[SLOTS] = { "$.a", "$.data|$.a", "$.msg.b",
                                              "$",   "$.a[*]",     "$.data|$.b[1]" };
    struct json_paths *set = make_paths(JSON_BLINK);
    for (int i = 0; i < SLOTS; i++)
        CHECK_INT(add_blink(set, paths[i]), i);
    struct json_extract *x = make_extract(set);
    static struct buf texts[ROWS];
    struct str docs[ROWS];
    static struct json_hit hits[ROWS * SLOTS];
    bool ok[ROWS];
    struct random r = { first_seed };
    for (int i = 0; i < ROWS; i++) {
        struct generator g = { { (uint64_t)(i % 7) }, { random_u64(&r) }, 40, i % 3 == 0 };
        buf_init(&texts[i], 1 << 20);
        generate_document(&g, &texts[i]);
        if (i % 11 == 0)
            mutate(&r, &texts[i]);
        docs[i] = buf_view(&texts[i]);
    }
    CHECK_INT(json_extract_batch(x, docs, ROWS, hits, ok, NULL), OK);
    for (int i = 0; i < ROWS; i++) {
        if (!CHECK(row_is_right(set, docs[i], hits + i, ROWS, ok[i], "batch")))
            break;
    }
    for (int i = 0; i < ROWS; i++)
        buf_done(&texts[i]);
    json_extract_destroy(x);
    json_paths_destroy(set);
}

int main(int argc, char **argv)
{
    first_seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL) * 1000;
    session_count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 150;
    printf("seed %" PRIu64 "\n", first_seed);
    RUN(test_random);
    for (size_t i = 0; i < countof(json_kernels); i++) {
        if (!json_extract_set_simd(json_kernels[i]))
            continue;
        RUN(test_learning);
        RUN(test_no_shape_repeats);
        RUN(test_batch);
    }
    return check_failed != 0;
}
