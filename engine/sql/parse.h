/* parse.h -- SQL text to syntax tree.
 *
 * The text may hold any number of statements separated by `;`; the last one need not
 * end in it, and empty ones are fine.  An error says what stands where and what could
 * have stood there, with the span of the offending token. */
#pragma once

#include "sql/ast.h"

enum {
    SQL_MAX_TEXT_BYTES = 64 << 20, /* larger texts are E_LIMIT */
};

/* The tree and a copy of the text live in the arena. */
enum code sql_parse(struct arena *arena, struct str text, struct ast_script **ret,
                    struct error *err) WEIR_CHECKED;

/* What is known of a statement that could not be read. */
struct sql_broken {
    struct span span;   /* from its first token to where the next one begins */
    struct str creates; /* the table or view that it was to make; data NULL: none. Borrowed */
    /* Signs of the dialect: the keys `type` and `connector` of WITH, and WITHOFFSET; size 0: none. */
    struct span type_key, connector_key, withoffset;
};

/* As sql_parse(), and goes on behind a statement with a syntax error: `broken` is called for each,
 * in their order, and *ret has the others.  INSERTs of a statement set that has one are statements
 * of their own.  Fails only where nothing can be read (no memory, too large, not UTF-8). */
struct sql_listener {
    void *self;
    void (*broken)(void *self, const struct error *err, const struct sql_broken *statement);
};
enum code sql_parse_all(struct arena *arena, struct str text, const struct sql_listener *listener,
                        struct ast_script **ret, struct error *err) WEIR_CHECKED;

/* One expression and nothing else. */
enum code sql_parse_expr(struct arena *arena, struct str text, struct ast_node **ret,
                         struct error *err) WEIR_CHECKED;

/* One type and nothing else: "DECIMAL(10, 2) NOT NULL". */
enum code sql_parse_type(struct arena *arena, struct str text, struct ast_type **ret,
                         struct error *err) WEIR_CHECKED;

/* For a prompt: does the text end with a `;` that ends a statement, or is there nothing but
 * blanks and comments?  A statement set is complete at the `;` behind its END. */
bool sql_statement_complete(struct str text);
