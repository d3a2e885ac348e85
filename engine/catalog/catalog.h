/* catalog.h -- what names mean: tables and views of a session.
 *
 * Objects are made by CREATE statements and live in the session's arena; a dropped
 * one is only unlinked, because plans may still point to it.  There is one
 * catalog and database, `default_catalog.default_database`, as in a fresh Flink. */
#pragma once

#include "base/arena.h"
#include "connector/connector.h"
#include "types/schema.h"

struct ast_query; /* sql/ast.h */
struct expr;      /* expr/expr.h */

enum column_form {
    COLUMN_STORED,   /* physical: comes from, or goes to, the outside */
    COLUMN_META,     /* METADATA: the same, beside the value */
    COLUMN_EXPR,     /* computed: exists only when reading */
};

struct catalog_column {
    struct str name;
    const struct type *type;
    enum column_form form;
    struct str meta_key;     /* COLUMN_META: key of the connector */
    bool is_virtual;         /* COLUMN_META: not written */
    bool in_key;             /* part of the PRIMARY KEY */
    struct str comment;      /* data NULL: none */
    struct span span;        /* of the definition */
    struct expr *computed;   /* COLUMN_EXPR: over the table's columns before it, all forms */
    const char *text;        /* COLUMN_EXPR: as SQL, for SHOW CREATE TABLE and DESCRIBE */
};

struct catalog_watermark {
    uint32_t column;         /* event time */
    struct expr *expr;       /* over all columns; for WITHOFFSET and `c - INTERVAL` too */
    int64_t delay_us;        /* >= 0: expr is column minus this; -1: something else */
    const char *text;        /* as SQL */
};

struct catalog_table {
    struct str name;
    struct span span;        /* of the name in the job text */
    uint32_t order;          /* of CREATE TABLE in the job: decides ties between sources */
    const struct catalog_column *columns;
    uint32_t column_count;
    const uint32_t *key;     /* columns of the PRIMARY KEY; NULL without one */
    uint32_t key_count;
    const struct catalog_watermark *watermark; /* NULL: none */
    const struct option *options; /* the WITH list, then what the profile adds */
    uint32_t option_count;
    bool has_rest;           /* WITH contains `...` */
    struct span with_span;
    bool temporary;
    bool blink;              /* declared in the Blink dialect */
    bool failed;             /* its CREATE has an error: made only to find others */
};

struct catalog_view {
    struct str name;
    struct span span;
    struct str const *columns; /* NULL: those of the query */
    uint32_t column_count;
    const struct ast_query *query;
    const char *text;        /* the query as SQL */
    bool temporary;
};

struct catalog;

struct catalog *catalog_create(struct arena *arena) WEIR_CHECKED;
/* Exact name first, then without case; NULL if there is none. */
const struct catalog_table *catalog_find_table(const struct catalog *catalog, struct str name);
const struct catalog_view *catalog_find_view(const struct catalog *catalog, struct str name);
bool catalog_add_table(struct catalog *catalog, const struct catalog_table *table);
bool catalog_add_view(struct catalog *catalog, const struct catalog_view *view);
/* False if there was none. */
bool catalog_drop(struct catalog *catalog, struct str name, bool view);
/* Names whose CREATE was refused: what uses them is not to be blamed.  A table or view that is made
 * later under such a name counts.  False: out of memory. */
bool catalog_add_failed(struct catalog *catalog, struct str name) WEIR_CHECKED;
bool catalog_is_failed(const struct catalog *catalog, struct str name);
/* E_NAME: the `what` does not exist; said already where its CREATE was refused. */
enum code catalog_no_object(const struct catalog *catalog, const char *what, struct str name,
                            struct span span, struct error *err);
/* The i-th in order of creation, NULL past the end. */
const struct catalog_table *catalog_table_at(const struct catalog *catalog, uint32_t i);
const struct catalog_view *catalog_view_at(const struct catalog *catalog, uint32_t i);

/* The column by exact name, then without case; -1: none, -2: ambiguous without case. */
int catalog_column_find(const struct catalog_table *table, struct str name);
