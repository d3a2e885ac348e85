/* json_path.h -- what to take out of a JSON document: a path, and a set of paths.
 *
 * A path is a list of steps.  Plain steps (KEY, INDEX, REPARSE) run in the one pass of
 * json_extract.h; a path with any other step is `general`: its plain beginning runs in that
 * pass too, and the rest is evaluated over a small DOM of the value found there.
 *
 * REPARSE is the boundary between nested calls, as in JSON_VALUE(JSON_VALUE(m, '$.a'), '$.b'):
 * what stands before it is turned to text, and what stands behind it starts at the root of a
 * new document, which is that text.
 *
 * Everything here happens at bind time.  A struct json_paths may be read by several threads
 * once nothing is added to it any more. */
#pragma once

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"

enum json_step_kind {
    JSON_STEP_KEY,     /* .name */
    JSON_STEP_INDEX,   /* [3]; from the end if negative (then general) */
    JSON_STEP_REPARSE, /* the text of what was found is a document */
    /* the general ones */
    JSON_STEP_ALL,     /* [*] of Blink: the elements of an array */
    JSON_STEP_ANY,     /* [*] and .* of Flink: elements or members */
    JSON_STEP_DEEP,    /* ..: the next step at every depth */
    JSON_STEP_KEYS,    /* ['a','b'] */
    JSON_STEP_INDEXES, /* [0,2] */
    JSON_STEP_SLICE,   /* [1:3], [:2], [-1:] */
    JSON_STEP_FILTER,  /* [?(@.a == 1)] */
    JSON_STEP_LENGTH,  /* .length(), .size() */
};

/* What a REPARSE does with the value before it.  A string is parsed where not said otherwise;
 * text that is no JSON leaves everything behind the boundary missing. */
enum json_reparse {
    JSON_REPARSE_BLINK,     /* containers go on in place, other scalars are a scalar root */
    JSON_REPARSE_TEXT,      /* scalars only (JSON_VALUE in Flink): containers are missing */
    JSON_REPARSE_CONTAINER, /* containers only (JSON_QUERY in Flink): scalars are missing */
};

struct json_filter; /* json_filter.h */

struct json_step {
    enum json_step_kind kind;
    enum json_reparse reparse;        /* REPARSE */
    struct str key;                   /* KEY: decoded; borrowed from the arena of the path */
    int64_t from, to;                 /* INDEX: from; SLICE: both; REPARSE: whether the path
                                       * before it is_lax, is_many */
    bool has_from, has_to;            /* SLICE */
    bool is_chained;                  /* INDEX, ALL: of the same brackets as the step before */
    uint32_t count;                   /* KEYS, INDEXES */
    const struct str *keys;           /* KEYS */
    const int64_t *indexes;           /* INDEXES */
    const struct json_filter *filter; /* FILTER */
};

struct json_path {
    const struct json_step *steps;
    uint32_t count;
    bool is_never;   /* can find nothing (Blink: a path that is none is NULL, not an error) */
    bool is_general; /* has a step that the one pass cannot do */
    bool is_lax;     /* Flink: written with lax; without a word the mode is strict */
    bool is_many;    /* Flink: "indefinite", the result is an array of whatever was found */
};

struct arena;

/* Blink's JSON_VALUE.  Never a syntax error: what Blink cannot read makes is_never, and a step
 * with other characters than letters, digits, "_-:" and blanks is cut there, as Blink does. */
enum code json_path_parse_blink(struct arena *arena, struct str text, struct json_path *ret,
                                struct error *err) WEIR_CHECKED;

/* Flink's SQL/JSON paths, that is, Jayway's with "lax" or "strict" before them.  A path that
 * Jayway refuses is E_SYNTAX with the reason; one that only we refuse is E_UNSUPPORTED. */
enum code json_path_parse_flink(struct arena *arena, struct str text, struct json_path *ret,
                                struct error *err) WEIR_CHECKED;

/* One KEY step with exactly this name: a column of `format json`. */
enum code json_path_key(struct arena *arena, struct str name, struct json_path *ret,
                        struct error *err) WEIR_CHECKED;

/* `inner` applied to the result of `outer`.  is_lax and is_many are those of `inner`.
 * With an `outer` that is_many and a TEXT boundary the result is_never. */
enum code json_path_nest(struct arena *arena, const struct json_path *outer, enum json_reparse mode,
                         const struct json_path *inner, struct json_path *ret,
                         struct error *err) WEIR_CHECKED;

/* The language that documents are read in, one choice per set. */
enum json_flags {
    JSON_ACCEPT_CONTROL = 1 << 0,  /* raw control characters inside strings are accepted */
    JSON_REFUSE_TAIL = 1 << 1,     /* text behind the first complete value is malformed */
    JSON_REFUSE_BAD_UTF8 = 1 << 2, /* otherwise invalid bytes count as U+FFFD */
    JSON_BLINK_STEPS = 1 << 3,     /* KEY on an array goes to its elements, flat by one level */

    JSON_BLINK = JSON_ACCEPT_CONTROL | JSON_BLINK_STEPS,
    JSON_FLINK = 0, /* JSON_VALUE and its like: Jackson over a Java string; ignores the tail */
    JSON_FORMAT = JSON_ACCEPT_CONTROL | JSON_REFUSE_BAD_UTF8, /* format json: over bytes */
};

struct json_paths;

enum code json_paths_create(unsigned flags, struct json_paths **ret,
                            struct error *err) WEIR_CHECKED;
void json_paths_destroy(struct json_paths *paths); /* NULL is fine */

/* Copies the path.  Equal paths share a slot; slots count from 0 without gaps. */
enum code json_paths_add(struct json_paths *paths, const struct json_path *path, uint32_t *ret_slot,
                         struct error *err) WEIR_CHECKED;

uint32_t json_paths_count(const struct json_paths *paths); /* of slots */
unsigned json_paths_flags(const struct json_paths *paths);
