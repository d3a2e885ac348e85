/* json_set.h -- a set of paths as the automaton that the one pass runs.  Internal to json/.
 *
 * A state stands for "the value that begins here is wanted as ...": a set of nodes of the trie of
 * paths.  It says which slots a value of each kind fills, where each member or element leads, and,
 * where a REPARSE follows, in which state the text inside a string starts.  State 0 wants nothing.
 *
 * Slots from `public_count` on are hidden: they hold the span from which a rule computes public
 * slots over a DOM after the pass.  Rules are the general paths, and, under JSON_BLINK_STEPS, the
 * KEY steps below a node for the case that its value is an array. */
#pragma once

#include "base/base.h"
#include "json/json_extract.h"
#include "json/json_path.h"

struct arena;

enum { JSON_STATE_NONE = 0, JSON_STATE_ROOT = 1 };

struct json_slots {
    const uint32_t *slots;
    uint32_t count;
};

struct json_key {
    uint64_t head; /* the first 8 bytes, zeros behind a shorter key */
    uint32_t size;
    uint32_t next; /* state of the member's value */
    const char *data;
};

struct json_element {
    uint32_t index;
    uint32_t next;
};

struct json_state {
    const struct json_key *keys;
    const uint16_t *table; /* key number + 1 by hash, 0: empty; NULL where there are few keys */
    uint32_t table_mask;
    uint32_t key_count;
    uint32_t element_count;
    const struct json_element *elements; /* ascending by index */
    uint32_t inner;                      /* state of the document inside a string, or 0 */
    struct json_slots on_null;
    struct json_slots on_scalar; /* numbers and booleans */
    struct json_slots on_string;
    struct json_slots on_object;
    struct json_slots on_array;
    struct json_slots all; /* every slot that this state or one below it fills */
};

/* Hash of a name for json_state.table. */
static inline uint32_t json_key_hash(uint64_t head, uint32_t size)
{
    uint64_t mixed = (head ^ size * 0xD6E8FEB86659FD93u) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(mixed >> 40);
}

struct json_rule {
    uint32_t hidden;               /* slot with the value to start from */
    uint32_t slot;                 /* public slot to fill */
    const struct json_step *steps; /* what is left of the path */
    uint32_t step_count;
    bool is_root; /* the value is the root of a document */
    bool is_map;  /* waits for an array under a KEY step; otherwise a general path */
    bool is_lax, is_many;
    /* Nothing to start from still gives an empty array, if only there is a document: the value
     * in slot `root`, which is neither missing nor null. */
    bool makes_array;
    uint32_t root;
};

struct json_set {
    unsigned flags;
    uint32_t public_count;
    uint32_t slot_count; /* with the hidden ones */
    struct json_state *states;
    uint32_t state_count;
    const struct json_rule *rules;
    uint32_t rule_count;
    uint32_t reparse_depth; /* most REPARSE steps in a path */
    bool has_odd_keys;      /* a key holds U+FFFD: names with invalid bytes have to be decoded */
};

/* Builds the automaton in the arena; the paths must outlive it. */
enum code json_set_build(struct arena *arena, const struct json_paths *paths, struct json_set *ret,
                         struct error *err) WEIR_CHECKED;

/* The paths of a set, in the order of their slots. */
const struct json_path *json_paths_at(const struct json_paths *paths, uint32_t slot);
