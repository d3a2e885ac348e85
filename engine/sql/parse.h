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

/* One expression and nothing else. */
enum code sql_parse_expr(struct arena *arena, struct str text, struct ast_node **ret,
                         struct error *err) WEIR_CHECKED;

/* One type and nothing else: "DECIMAL(10, 2) NOT NULL". */
enum code sql_parse_type(struct arena *arena, struct str text, struct ast_type **ret,
                         struct error *err) WEIR_CHECKED;

/* For a prompt: does the text end with a `;` that ends a statement, or is there nothing but
 * blanks and comments?  A statement set is complete at the `;` behind its END. */
bool sql_statement_complete(struct str text);
