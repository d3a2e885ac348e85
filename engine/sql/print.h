/* print.h -- what the files of the printer share (ast_print.c, print_query.c,
 * print_statement.c). */
#pragma once

#include "sql/ast.h"

/* How tightly an expression binds, loosest first; as the precedence table of grammar/sql.y. */
enum level {
    LEVEL_ANY,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_IS,
    LEVEL_COMPARE,
    LEVEL_LIKE, /* and IN, BETWEEN */
    LEVEL_ADD,  /* from here on `operand` of the grammar */
    LEVEL_MUL,
    LEVEL_UNARY,
    LEVEL_VALUE,
};

struct printer {
    struct buf *out;
    unsigned flags;
};

void print_node(struct printer *p, const struct ast_node *node);

/* An expression where only one that binds at least as tightly as `level` can stand without
 * parentheses. */
void print_expr(struct printer *p, const struct ast_node *node, int level);
void print_type(struct printer *p, const struct ast_type *type);
/* `plain`: no syntax with words between the arguments, as in FROM. */
void print_call(struct printer *p, const struct ast_call *call, bool plain);
void print_json(struct printer *p, const struct ast_json *json);
void print_table_arg(struct printer *p, const struct ast_table_arg *arg);

/* Letters, digits and underscores, not beginning with a digit. */
bool print_is_word(struct str text);
void print_quoted(struct printer *p, struct str text); /* always in backquotes */
/* Backquoted unless it is a plain word that means nothing else. */
void print_name(struct printer *p, const struct ast_name *name);
void print_path(struct printer *p, const struct ast_names *path);
void print_names(struct printer *p, const struct ast_names *names); /* (a, b) */
void print_string(struct printer *p, struct str text);
/* Items with ", " between them. */
void print_list(struct printer *p, const struct ast_list *list);
void print_exprs(struct printer *p, const struct ast_list *list);

bool print_query_node(struct printer *p, const struct ast_node *node);
void print_query(struct printer *p, const struct ast_query *query);
void print_window(struct printer *p, const struct ast_window *window);
void print_hints(struct printer *p, const struct ast_list *hints);

bool print_statement_node(struct printer *p, const struct ast_node *node);
