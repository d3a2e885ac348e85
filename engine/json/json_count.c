/* json_count.c -- see json_count.h. */
#include "json/json_count.h"

#include "base/arena.h"
#include "base/clock.h"
#include "json/json_near.h"
#include "json/json_set.h"

enum {
    COUNTED = 16,                /* one call of so many is counted, */
    SMALL = 64,                  /* and all with fewer documents than that */
    SAMPLE_INTERVAL_US = 250000, /* of documents that are searched ... */
    SAMPLED_PATHS = 4,           /* ... for so many paths at a time */
    TEXT_MAX = 1 << 16,
};

struct json_count {
    struct arena *arena;
    const struct json_paths *paths;
    struct json_counted *seen; /* by slot */
    uint32_t slots;
    uint64_t calls;
    int64_t sample_due_us; /* monotonic */
    uint32_t samples;
};

void json_path_print(struct buf *out, const struct json_path *path)
{
    buf_char(out, '$');
    for (uint32_t i = 0; i < path->count; i++) {
        const struct json_step *step = &path->steps[i];
        switch (step->kind) {
        case JSON_STEP_KEY:
            buf_char(out, '.');
            buf_str(out, step->key);
            break;
        case JSON_STEP_INDEX:
            buf_printf(out, "[%lld]", (long long)step->from);
            break;
        case JSON_STEP_REPARSE:
            break;
        case JSON_STEP_ALL:
        case JSON_STEP_ANY:
            buf_text(out, "[*]");
            break;
        default:
            buf_text(out, "[...]");
        }
    }
}

static const char *text_of(struct arena *arena, const struct json_path *path)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    json_path_print(&text, path);
    const char *copy = buf_check(&text, NULL) == OK ? arena_cstr(arena, buf_view(&text)) : NULL;
    buf_done(&text);
    return copy;
}

enum code json_count_create(struct arena *arena, const struct json_paths *paths,
                            struct json_count **ret, struct error *err)
{
    struct json_count *count = arena_new(arena, struct json_count);
    uint32_t slots = json_paths_count(paths);
    if (!count || !(count->seen = arena_array(arena, struct json_counted, MAX(slots, 1))))
        return error_nomem(err);
    count->arena = arena;
    count->paths = paths;
    count->slots = slots;
    for (uint32_t i = 0; i < slots; i++)
        if (!(count->seen[i].text = text_of(arena, json_paths_at(paths, i))))
            return error_nomem(err);
    *ret = count;
    return OK;
}

const struct json_counted *json_count_of(const struct json_count *count, uint32_t slot)
{
    return slot < count->slots ? &count->seen[slot] : NULL;
}

/* --- counting ------------------------------------------------------------------------------ */

static uint32_t count_hits(const struct json_hit *hits, size_t n)
{
    uint32_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += hits[i].kind != JSON_MISSING;
    return found;
}

static uint32_t count_documents(const struct str *docs, size_t n)
{
    uint32_t documents = 0;
    for (size_t i = 0; i < n; i++)
        documents += docs[i].data != NULL;
    return documents;
}

static bool is_sought(const struct json_counted *seen)
{
    return seen->found == 0 && seen->nearest.size == 0;
}

/* What the document has instead. */
static enum code sample(struct json_count *count, uint32_t slot, struct str doc, struct error *err)
{
    struct json_counted *seen = &count->seen[slot];
    struct arena *arena = arena_create();
    struct str near = STR("");
    if (!arena)
        return error_nomem(err);
    enum code code = json_near(arena, count->paths, slot, doc, &near, err);
    if (code == OK && near.size > 0 && !(seen->nearest = arena_str(count->arena, near)).data)
        code = error_nomem(err);
    arena_destroy(arena);
    return code;
}

static enum code sample_some(struct json_count *count, const struct str *docs, size_t n,
                             struct error *err)
{
    int64_t now_us = clock_monotonic_us();
    if (now_us < count->sample_due_us)
        return OK;
    count->sample_due_us = now_us + SAMPLE_INTERVAL_US;
    size_t at = 0;
    while (at < n && !docs[at].data)
        at++;
    uint32_t first = count->samples++ % count->slots, room = SAMPLED_PATHS;
    for (uint32_t i = 0; i < count->slots && at < n && room > 0; i++) {
        uint32_t slot = (first + i) % count->slots;
        if (!is_sought(&count->seen[slot]))
            continue;
        TRY(sample(count, slot, docs[at], err));
        room--;
    }
    return OK;
}

enum code json_count_note(struct json_count *count, const struct str *docs,
                          const struct json_hit *hits, size_t n, struct error *err)
{
    if (count->calls++ % COUNTED != 0 && n >= SMALL)
        return OK;
    uint32_t documents = count_documents(docs, n), sought = 0;
    for (uint32_t i = 0; i < count->slots && documents > 0; i++) {
        struct json_counted *seen = &count->seen[i];
        seen->documents += documents;
        seen->found += count_hits(hits + (size_t)i * n, n);
        sought += is_sought(seen);
    }
    return sought > 0 ? sample_some(count, docs, n, err) : OK;
}
