/* json_near.c -- see json_near.h. */
#include "json/json_near.h"

#include "base/nearest.h"
#include "json/json_dom.h"
#include "json/json_set.h"

enum { DEPTH_MAX = 16, VALUES_MAX = 10000, TEXT_MAX = 1000 };

struct walk {
    struct arena *arena;
    unsigned flags;
    struct buf *path; /* as far as the document has it */
    uint32_t visited;
};

static const struct json_value *member_of(const struct json_value *value, struct str name)
{
    for (uint32_t i = 0; i < value->count; i++)
        if (str_eq(value->members[i].name, name))
            return value->members[i].value;
    return NULL;
}

/* The document that a string holds; *ret NULL: none. */
static enum code reparse(struct walk *w, const struct json_value *value,
                         const struct json_value **ret, struct error *err)
{
    struct str text;
    struct json_value *inner = NULL;
    TRY(json_dom_string(w->arena, value, &text, err));
    TRY(json_dom_parse(w->arena, text, w->flags, &inner, err));
    *ret = inner;
    return OK;
}

static bool is_string(const struct json_value *value)
{
    return value->kind == JSON_STRING || value->kind == JSON_STRING_ESCAPED;
}

/* One step on; *ret NULL: it leads nowhere. */
static enum code go(struct walk *w, const struct json_step *step, const struct json_value *value,
                    const struct json_value **ret, struct error *err)
{
    *ret = NULL;
    bool is_array = value->kind == JSON_ARRAY, is_object = value->kind == JSON_OBJECT;
    switch (step->kind) {
    case JSON_STEP_KEY:
        if (is_array && (w->flags & JSON_BLINK_STEPS) && value->count > 0)
            return go(w, step, value->items[0], ret, err);
        *ret = is_object ? member_of(value, step->key) : NULL;
        buf_printf(w->path, "." STR_FMT, STR_ARG(step->key));
        return OK;
    case JSON_STEP_INDEX:
        if (is_array && step->from >= 0 && step->from < (int64_t)value->count)
            *ret = value->items[step->from];
        buf_printf(w->path, "[%lld]", (long long)step->from);
        return OK;
    case JSON_STEP_ALL:
    case JSON_STEP_ANY:
        if (is_array && value->count > 0)
            *ret = value->items[0];
        buf_text(w->path, "[*]");
        return OK;
    case JSON_STEP_REPARSE:
        if (is_string(value))
            return reparse(w, value, ret, err);
        *ret = is_array || is_object ? value : NULL;
        return OK;
    default:
        return OK;
    }
}

/* The first place of the key below a value, whose path w->path is; *ret: there is one, and w->path is
 * its. */
static enum code search(struct walk *w, const struct json_value *value, struct str key,
                        uint32_t depth, bool *ret, struct error *err)
{
    size_t size = w->path->size;
    bool is_object = value->kind == JSON_OBJECT;
    if (depth == DEPTH_MAX || w->visited++ == VALUES_MAX)
        return OK;
    if (is_string(value) && value->raw.size > 1 && strchr("{[", value->raw.data[0])) {
        const struct json_value *inner;
        TRY(reparse(w, value, &inner, err));
        if (inner)
            TRY(search(w, inner, key, depth + 1, ret, err));
    } else if (value->kind == JSON_ARRAY && value->count > 0) {
        buf_text(w->path, "[0]");
        TRY(search(w, value->items[0], key, depth + 1, ret, err));
    }
    for (uint32_t i = 0; is_object && i < value->count && !*ret; i++) {
        w->path->size = size;
        buf_printf(w->path, "." STR_FMT, STR_ARG(value->members[i].name));
        *ret = str_ieq(value->members[i].name, key);
        if (!*ret)
            TRY(search(w, value->members[i].value, key, depth + 1, ret, err));
    }
    if (!*ret)
        w->path->size = size;
    return OK;
}

/* The key is not in `value`, which is where the path has led: w->path is the path up to there. */
static enum code find_near(struct walk *w, const struct json_value *root,
                           const struct json_value *value, struct str key, bool *ret,
                           struct error *err)
{
    struct nearest nearest;
    nearest_begin(&nearest, key);
    if (value->kind == JSON_ARRAY && value->count > 0 && (w->flags & JSON_BLINK_STEPS))
        value = value->items[0];
    for (uint32_t i = 0; value->kind == JSON_OBJECT && i < value->count; i++)
        nearest_add(&nearest, value->members[i].name);
    struct str name = nearest_end(&nearest);
    *ret = name.data != NULL;
    if (*ret) {
        buf_printf(w->path, "." STR_FMT, STR_ARG(name));
        return OK;
    }
    buf_clear(w->path);
    buf_char(w->path, '$');
    return search(w, root, key, 0, ret, err);
}

static enum code run(struct walk *w, const struct json_path *path, struct str document, bool *ret,
                     struct error *err)
{
    struct json_value *root;
    *ret = false;
    TRY(json_dom_parse(w->arena, document, w->flags, &root, err));
    const struct json_value *value = root;
    buf_char(w->path, '$');
    for (uint32_t i = 0; value && i < path->count; i++) {
        const struct json_step *step = &path->steps[i];
        const struct json_value *before = value;
        size_t size = w->path->size;
        TRY(go(w, step, before, &value, err));
        if (value || step->kind != JSON_STEP_KEY)
            continue;
        w->path->size = size;
        return find_near(w, root, before, step->key, ret, err);
    }
    return OK;
}

enum code json_near(struct arena *arena, const struct json_paths *paths, uint32_t slot,
                    struct str document, struct str *ret, struct error *err)
{
    struct buf path;
    struct walk walk = { .arena = arena, .flags = json_paths_flags(paths), .path = &path };
    bool found;
    *ret = str_make(NULL, 0);
    buf_init(&path, TEXT_MAX);
    enum code code = run(&walk, json_paths_at(paths, slot), document, &found, err);
    if (code == OK && found && !path.failed) {
        *ret = arena_str(arena, buf_view(&path));
        code = ret->data ? OK : error_nomem(err);
    }
    buf_done(&path);
    return code;
}
