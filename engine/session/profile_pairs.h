/* profile_pairs.h -- the keys and values of a mapping of a profile, with those that YAML's merge
 * key brings:
 *
 *     kafka: &base {bootstrap.servers: a:9092}
 *     kafka011: {<<: *base, group.id: x}     # or <<: [*base, *more]
 *
 * What the mapping says itself wins, then what was merged first. */
#pragma once

#include <libfyaml.h>

#include "base/arena.h"

struct profile_pairs {
    struct fy_node_pair **items; /* own ones first; in the arena */
    uint32_t count, cap;
    struct fy_node *culprit;     /* of an error: what cannot be merged */
    uint32_t seen;               /* pairs looked at, so that aliases of aliases cannot blow up */
};

/* The node is a mapping. E_OPTION: a merge key without mappings; E_LIMIT: too many. */
enum code profile_pairs(struct arena *arena, struct fy_node *mapping, struct profile_pairs *ret,
                        struct error *err) WEIR_CHECKED;

/* The value, and what it is an alias of. */
struct fy_node *profile_pair_value(struct fy_node_pair *pair);
