/* fn_json.h -- JSON calls as the optimizer sees them.
 *
 * A bound JSON_VALUE, JSON_QUERY or JSON_EXISTS can be asked what it takes out of which document
 * (json_call_of, json_call_lower), and be replaced by an expression that reads a *hit column*:
 * values of type_json_hit, a struct json_hit (json/json_extract.h) a slot, which the one pass over
 * the messages has filled.  The replacement makes values of the selected rows only.
 *
 * A hit column is NULL (bit cleared) exactly where the document is NULL; a document that is
 * malformed has hits of kind JSON_MISSING.  Hits lend their bytes from the document and from the
 * extractor's scratch memory, which must therefore live as long as the batch.
 *
 * Replacements print as NAME(column), so a column named by json_hit_name() reads as the call did:
 * JSON_VALUE(message, '$.data.userid'). */
#pragma once

#include "expr/expr.h"
#include "json/json_path.h"

enum json_call_kind {
    JSON_CALL_BLINK_VALUE,
    JSON_CALL_FLINK_VALUE,
    JSON_CALL_QUERY,
    JSON_CALL_EXISTS,
};

/* The state of a bound call; its args[0] is the document, args[1] the path. */
struct json_call {
    enum json_call_kind kind;
    unsigned flags;       /* enum json_flags: the language its documents are read in */
    bool has_path;        /* the path is known: `path` */
    bool lowerable;       /* a hit is all it needs: known path, not general, no DEFAULT values */
    bool null_if_missing; /* NULL if there is nothing at the path, whatever the reason */
    bool text_result;     /* STRING, without wrapper: its result may be a document again */
    struct str path_text; /* as written */
    struct json_path path;
    const struct json_rules *rules; /* what to do with a hit; fn_json_result.c's own */
};

/* The type of hit columns, known by its address; equal to no type of SQL. */
extern const struct type type_json_hit;

/* NULL if the expression is no such call. */
const struct json_call *json_call_of(const struct expr *e);

/* The document that a lowerable call reads, and the path from there: looks through casts of bytes
 * to text and through calls that make its document out of another one (blink-dialect R-2: the
 * path then has a REPARSE step).  Use the flags of the call for the set of paths. */
enum code json_call_lower(struct arena *arena, const struct expr *call,
                          const struct expr **ret_document, struct json_path *ret_path,
                          struct error *err) WEIR_CHECKED;

/* "message, '$.data.userid'": for the name of a hit column. .data is NULL when out of memory. */
struct str json_hit_name(struct arena *arena, struct str document,
                         const struct json_path *path) WEIR_CHECKED;

/* The same value as a lowerable call, from a hit column. NULL when out of memory. */
struct expr *expr_json_from_hit(struct arena *arena, const struct expr *call,
                                uint32_t hit_column) WEIR_CHECKED;

/* CAST(call AS to) straight from the hit, for casts that give NULL where they fail (CAST in Blink,
 * TRY_CAST): integers only.  `can` tells whether there is such an expression for the call. */
bool json_can_fuse_cast(const struct expr *call, const struct type *to);
struct expr *expr_json_fuse_cast(struct arena *arena, const struct expr *call,
                                 const struct type *to, uint32_t hit_column) WEIR_CHECKED;

/* call = 'text' straight from the hit. */
bool json_can_fuse_equal(const struct expr *call);
struct expr *expr_json_fuse_equal(struct arena *arena, const struct expr *call,
                                  const struct expr *literal, uint32_t hit_column) WEIR_CHECKED;
