/* profile_pairs.c -- see profile_pairs.h.  libfyaml could merge a document itself, but then nothing
 * bounds what aliases of aliases become. */
#include "session/profile_pairs.h"

enum { PAIRS_MAX = 4096, DEPTH_MAX = 8 };

static struct fy_node *behind_alias(struct fy_node *node)
{
    return node && fy_node_is_alias(node) ? fy_node_resolve_alias(node) : node;
}

struct fy_node *profile_pair_value(struct fy_node_pair *pair)
{
    return behind_alias(fy_node_pair_value(pair));
}

static struct str key_text(struct fy_node_pair *pair)
{
    struct fy_node *key = fy_node_pair_key(pair);
    size_t size = 0;
    const char *data = key && fy_node_get_type(key) == FYNT_SCALAR && !fy_node_is_alias(key)
                           ? fy_node_get_scalar(key, &size)
                           : NULL;
    return data ? str_make(data, size) : STR("");
}

static bool is_merge(struct fy_node_pair *pair)
{
    return str_is(key_text(pair), "<<") &&
           fy_node_get_style(fy_node_pair_key(pair)) == FYNS_PLAIN;
}

/* A key that is no text is left for the reader to find fault with. */
static bool has_key(const struct profile_pairs *list, struct fy_node_pair *pair)
{
    struct str key = key_text(pair);
    for (uint32_t i = 0; i < list->count && key.size > 0; i++)
        if (str_ieq(key_text(list->items[i]), key))
            return true;
    return false;
}

static enum code add_own(struct arena *arena, struct fy_node *mapping, struct profile_pairs *list,
                         bool merged, struct error *err)
{
    void *at = NULL;
    for (struct fy_node_pair *pair; (pair = fy_node_mapping_iterate(mapping, &at));) {
        if (++list->seen > PAIRS_MAX) {
            list->culprit = mapping;
            return error_set(err, E_LIMIT, "a mapping merges more than %d keys", PAIRS_MAX);
        }
        if (is_merge(pair) || (merged && has_key(list, pair)))
            continue;
        if (!ARENA_PUSH(arena, list->items, list->count, list->cap, pair))
            return error_nomem(err);
    }
    return OK;
}

static enum code add_merged(struct arena *arena, struct fy_node *mapping,
                            struct profile_pairs *list, int depth, struct error *err);

static enum code merge(struct arena *arena, struct fy_node *from, struct profile_pairs *list,
                       int depth, struct error *err)
{
    from = behind_alias(from);
    if (from && fy_node_get_type(from) == FYNT_SEQUENCE && depth < DEPTH_MAX) {
        void *at = NULL;
        for (struct fy_node *item; (item = fy_node_sequence_iterate(from, &at));)
            TRY(merge(arena, item, list, depth + 1, err));
        return OK;
    }
    if (!from || fy_node_get_type(from) != FYNT_MAPPING || depth >= DEPTH_MAX) {
        list->culprit = from;
        return error_set(err, E_OPTION, "\"<<\" merges mappings, and this is none");
    }
    TRY(add_own(arena, from, list, true, err));
    return add_merged(arena, from, list, depth + 1, err);
}

static enum code add_merged(struct arena *arena, struct fy_node *mapping,
                            struct profile_pairs *list, int depth, struct error *err)
{
    void *at = NULL;
    for (struct fy_node_pair *pair; (pair = fy_node_mapping_iterate(mapping, &at));)
        if (is_merge(pair))
            TRY(merge(arena, fy_node_pair_value(pair), list, depth, err));
    return OK;
}

enum code profile_pairs(struct arena *arena, struct fy_node *mapping, struct profile_pairs *ret,
                        struct error *err)
{
    *ret = (struct profile_pairs){ .culprit = NULL };
    TRY(add_own(arena, mapping, ret, false, err));
    return add_merged(arena, mapping, ret, 0, err);
}
