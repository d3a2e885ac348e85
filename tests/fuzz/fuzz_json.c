/* fuzz_json.c -- the extractor against the evaluator over a tree, on whatever the fuzzer thinks of.
 *
 * The input is a byte that chooses paths and flags, and documents with 0x1E between them.  They go
 * through one extractor one after the other, twice, so that the later ones meet shapes learnt from
 * the earlier ones; then all of them as a batch.  Any difference aborts. */
#include "../unit/test_json_random.h"

enum { DOCS_MAX = 64, SLOTS_MAX = 64 };

static struct json_paths *make_paths(uint8_t choice)
{
    static const unsigned flag_sets[] = { JSON_BLINK, JSON_FLINK, JSON_FORMAT,
                                          JSON_BLINK | JSON_REFUSE_TAIL };
    struct random r = { choice };
    unsigned flags = flag_sets[choice % countof(flag_sets)];
    bool is_blink = (flags & JSON_BLINK_STEPS) != 0;
    struct json_paths *paths = NULL;
    struct arena *arena = arena_create();
    if (!arena || json_paths_create(flags, &paths, NULL) != OK)
        abort();
    for (uint32_t i = 0; i < 12; i++) {
        struct json_path path = generate_path(&r, arena, is_blink, choice % 2);
        uint32_t slot;
        if (json_paths_add(paths, &path, &slot, NULL) != OK)
            abort();
    }
    arena_destroy(arena);
    return paths;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_hit hits[DOCS_MAX * SLOTS_MAX];
    struct json_extract *x = NULL;
    struct str docs[DOCS_MAX];
    bool ok[DOCS_MAX];
    size_t n = 0;
    if (size < 2 || size > 1 << 16)
        return 0;
    struct json_paths *paths = make_paths(data[0]);
    if (json_extract_create(paths, &x, NULL) != OK)
        abort();
    for (struct str rest = { (const char *)data + 1, size - 1 }; n < DOCS_MAX; n++) {
        size_t end = str_find_byte(rest, '\x1E');
        bool is_last = end == (size_t)-1;
        docs[n] = str_make(rest.data, is_last ? rest.size : end);
        if (is_last) {
            n++;
            break;
        }
        rest = str_make(rest.data + end + 1, rest.size - end - 1);
    }
    for (size_t i = 0; i < 2 * n; i++) {
        if (json_extract_run(x, docs[i % n].data, docs[i % n].size, hits, ok, NULL) != OK ||
            !row_is_right(paths, docs[i % n], hits, 1, ok[0], "single"))
            abort();
    }
    if (json_extract_batch(x, docs, n, hits, ok, NULL) != OK)
        abort();
    for (size_t i = 0; i < n; i++) {
        if (!row_is_right(paths, docs[i], hits + i, n, ok[i], "batch"))
            abort();
    }
    json_extract_destroy(x);
    json_paths_destroy(paths);
    return 0;
}
