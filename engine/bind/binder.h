/* binder.h -- inside of the binder: what its files share. */
#pragma once

#include "sql/ast.h"
#include "bind/bind.h"
#include "expr/cast.h"
#include "plan/plan_join.h"

/* A column that can be named at some place of a query. */
struct scope_item {
    struct str qualifier;      /* alias of the table; empty: none */
    struct str name;
    const struct type *type;
    uint32_t column;           /* position in the input of the operator being bound */
    bool qualified_only;       /* joined by USING: a bare name and * mean the merged column */
};

struct grouping;  /* bind/group.h */
struct over_list; /* bind/over.h */

struct scope {
    struct scope_item *items;
    uint32_t count, cap;
    const struct scope *outer; /* of the query around a query in its WHERE; NULL: none */
    bool has_gap; /* a table or query of FROM has errors: what is not found may be a column of it */
    struct grouping *group; /* aggregates may be called, and go there; NULL: they may not */
    struct over_list *over; /* the same for calls with OVER */
};

/* A select list. */
struct item {
    struct expr *expr;
    struct str name;
};
struct items {
    struct item *items;
    uint32_t count, cap;
};
/* Columns of the outer scope are numbered from here on. */
#define OUTER_COLUMNS (1u << 30)

/* A common table expression in sight. */
struct cte {
    const struct ast_cte *node;
    const struct cte *outer;   /* what it may refer to itself */
};

/* A query or table as bound so far. */
struct relation {
    struct plan *plan;
    struct scope scope;        /* one item a column of the plan */
    const struct scope *below; /* a plain SELECT: what its list read, the input of the calc on top:
                                  ORDER BY may name its columns too; NULL otherwise */
};

struct scan_entry {
    const struct catalog_table *table;
    struct plan_scan *scan;
    struct plan *watermark;    /* above the scan, if the table has one; made at the first use */
    bool failed;               /* stands in for a table with errors: what reads it fails, too */
};

/* A query used as a value, and what it gives, over the FROM around it. */
struct value_query {
    const struct ast_node *node;
    struct expr *column;
};

struct binder {
    struct bind_env env;       /* copied: env.arena is the statement arena */
    struct arena *arena;
    struct catalog *catalog;
    const struct bind_hooks *hooks;
    struct scan_entry *scans;  /* one scan a table and job */
    uint32_t scan_count, scan_cap;
    struct plan_sink **sinks;
    uint32_t sink_count, sink_cap;
    uint32_t statements;       /* INSERTs and SELECTs seen */
    uint32_t results;          /* SELECTs seen */
    uint32_t view_depth;       /* guards against views that reach themselves */
    const struct ast_list *select_hints; /* of the SELECT whose FROM is bound; NULL: none */
    struct value_query *values; /* queries used as values, joined to the FROM around them */
    uint32_t value_count, value_cap;
    uint32_t told;              /* errors behind which binding went on: their statements fail */
    uint32_t quiet;             /* > 0: it is only tried, the first error ends it */
    bool lacks_from;            /* a column was named where there is no table to read from */
    bool is_broken;             /* FROM of the SELECT has errors: what cannot be planned follows */
};

/* bind.c: errors behind which binding goes on, to find others in the same statement.  True: it was
 * told of (see bind_hooks.found), and what failed is to be left out or replaced; the statement
 * fails in the end in any case.  False: return `code`. */
bool bind_goes_on(struct binder *b, enum code code, struct error *err) WEIR_CHECKED;
/* The failure of what has parts that were told of: for who has no error of its own. */
enum code bind_told(struct error *err) WEIR_CHECKED;
/* What comes of a statement that began with `told`: `code`, or the failure of something left out. */
enum code bind_end(struct binder *b, uint32_t told, enum code code, struct error *err) WEIR_CHECKED;

/* The type of a column whose definition has an error: reading it is an error that is told. */
extern const struct type bind_failed_type;
static inline bool bind_is_failed(const struct type *type)
{
    return type->id == TYPE_NULL && type->precision == bind_failed_type.precision;
}

static inline bool binder_is_blink(const struct binder *b)
{
    return b->env.dialect == DIALECT_BLINK;
}

/* scope.c */
bool scope_add(struct binder *b, struct scope *scope, struct str qualifier, struct str name,
               const struct type *type, uint32_t column) WEIR_CHECKED;
/* Resolves `path` (column, alias.column, either with .field behind); the expression reads it. */
enum code scope_resolve(struct binder *b, const struct scope *scope, const struct ast_names *path,
                        struct expr **ret, struct error *err) WEIR_CHECKED;

void scope_hint_tables(const struct scope *scope, struct error *err); /* what FROM calls a table */

/* bind_type.c */
enum code bind_type(const struct bind_env *env, const struct ast_type *node,
                    const struct type **ret, struct error *err) WEIR_CHECKED;

/* bind_expr.c: `scope` NULL: no columns in sight. */
enum code bind_expr(struct binder *b, const struct scope *scope, const struct ast_node *node,
                    struct expr **ret, struct error *err) WEIR_CHECKED;
/* As bind_expr for one of several parts: an error that is told of goes to *failed, which begins as
 * OK and is what comes of the whole; *ret is missing then. */
enum code bind_part(struct binder *b, const struct scope *scope, const struct ast_node *node,
                    struct expr **ret, enum code *failed, struct error *err) WEIR_CHECKED;
enum code bind_parts(struct binder *b, const struct scope *scope, const struct ast_list *list,
                     struct expr **ret, enum code *failed, struct error *err) WEIR_CHECKED;
/* bind_goes_on() behind the error of a part; not where there is no table to read from: one column says
 * so for all. */
bool bind_part_fails(struct binder *b, const struct scope *scope, enum code code,
                     struct error *err) WEIR_CHECKED;
/* As bind_expr, and must be BOOLEAN. */
enum code bind_condition(struct binder *b, const struct scope *scope, const struct ast_node *node,
                         const char *clause, struct expr **ret, struct error *err) WEIR_CHECKED;

/* bind_call.c */
enum code bind_call(struct binder *b, const struct scope *scope, const struct ast_call *node,
                    struct expr **ret, struct error *err) WEIR_CHECKED;
enum code bind_json(struct binder *b, const struct scope *scope, const struct ast_json *node,
                    struct expr **ret, struct error *err) WEIR_CHECKED;
/* COALESCE over bound arguments. */
enum code bind_coalesce(struct binder *b, struct expr **args, uint32_t n, struct span span,
                        struct expr **ret, struct error *err) WEIR_CHECKED;
/* CASE whose branches are brought to one type; parts as in EXPR_CASE. */
enum code bind_case(struct binder *b, struct expr **parts, uint32_t n, struct span span,
                    struct expr **ret, struct error *err) WEIR_CHECKED;
enum code bind_operator(struct binder *b, const char *name, struct expr **args, uint32_t n,
                        struct span span, struct expr **ret, struct error *err) WEIR_CHECKED;

/* bind_query.c */
enum code bind_select_list(struct binder *b, const struct scope *scope,
                           const struct ast_select *node, struct items *list, struct error *err)
    WEIR_CHECKED;
/* The calc of a select list, over the operators of calls with OVER. */
enum code bind_select_calc(struct binder *b, const struct ast_select *node,
                           const struct items *list, struct over_list *overs, struct plan *input,
                           struct expr *filter, struct expr *qualify, struct relation *ret,
                           struct error *err) WEIR_CHECKED;
enum code bind_scope_of_plan(struct binder *b, struct plan *plan, struct relation *ret,
                             struct error *err) WEIR_CHECKED;
/* One row without columns: what SELECT reads when it has no FROM. */
enum code bind_single_row(struct binder *b, struct span span, struct relation *ret,
                          struct error *err) WEIR_CHECKED;
/* A query without what may stand around it: see struct ast_query. */
enum code bind_body(struct binder *b, const struct ast_node *node, const struct cte *ctes,
                    struct relation *ret, struct error *err) WEIR_CHECKED;
enum code bind_query(struct binder *b, const struct ast_query *node, const struct cte *ctes,
                     struct relation *ret, struct error *err) WEIR_CHECKED;

/* bind_watermark.c: what gives the rows of a scan their event time: the scan itself if the table
 * declares no watermark.  stored[i] reads stored column i as declared. */
enum code bind_watermark(struct binder *b, struct plan_scan *scan, struct expr *const *stored,
                         struct plan **ret, struct error *err) WEIR_CHECKED;

/* bind_window.c: TUMBLE(TABLE t, ...), HOP, CUMULATE, SESSION as tables. */
bool bind_is_window_function(const struct ast_call *call);
struct nearest;
void bind_near_window_function(struct nearest *nearest); /* their names, for a suggestion */
enum code bind_window_function(struct binder *b, const struct ast_call *call,
                               const struct cte *ctes, struct relation *ret, struct error *err)
    WEIR_CHECKED;

/* bind_setop.c: UNION, INTERSECT, EXCEPT. */
enum code bind_setop(struct binder *b, const struct ast_setop *node, const struct cte *ctes,
                     struct relation *ret, struct error *err) WEIR_CHECKED;
/* bind_order.c: ORDER BY, LIMIT and OFFSET over a body. */
struct order_extra {
    const struct ast_node *body; /* of the query, with the columns that only its order reads */
    uint32_t *places;            /* by item of the order: which of these it is, or UINT32_MAX */
    uint32_t count;
};
enum code bind_order_extra(struct binder *b, const struct ast_query *node, struct order_extra *ret,
                           struct error *err) WEIR_CHECKED;
enum code bind_order(struct binder *b, const struct ast_query *node,
                     const struct order_extra *extra, struct relation *rel, struct error *err)
    WEIR_CHECKED;

/* bind_from.c */
/* E_NAME: there is no such table (or view), with the nearest name; in silence where its CREATE was
 * refused. */
enum code bind_no_table(struct binder *b, struct span span, struct str name, bool or_view,
                        struct error *err);
/* Where binding goes on behind errors, what has some gives no columns, and a scope with a gap. */
enum code bind_from(struct binder *b, const struct ast_node *node, const struct cte *ctes,
                    struct relation *ret, struct error *err) WEIR_CHECKED;

/* bind_correlate.c: UNNEST and table functions, which make rows of the left side's values. `join` NULL:
 * it stands alone, and `left` is one row without columns. */
bool bind_is_correlate(const struct ast_node *node);
enum code bind_correlate(struct binder *b, const struct ast_node *right,
                         const struct ast_join *join, const struct relation *left,
                         struct relation *ret, struct error *err) WEIR_CHECKED;

/* bind_lookup.c: left JOIN table FOR SYSTEM_TIME AS OF processing time. */
enum code bind_lookup_join(struct binder *b, const struct ast_join *node,
                           const struct relation *left, struct relation *ret, struct error *err)
    WEIR_CHECKED;

/* bind_join.c: what FROM makes of JOIN and commas has conditions only, ... */
enum code bind_join(struct binder *b, const struct ast_join *node, const struct cte *ctes,
                    struct relation *ret, struct error *err) WEIR_CHECKED;
/* ... takes those conjuncts of WHERE that belong to its joins (*ret_filter: the others, or NULL), ... */
enum code bind_join_where(struct binder *b, struct relation *from, struct conjuncts *where,
                          struct expr **ret_filter, struct error *err) WEIR_CHECKED;
/* ... and is made ready, with the types that are then known: what reads a FROM calls it first. */
enum code bind_join_finish(struct binder *b, struct relation *from, struct error *err)
    WEIR_CHECKED;

/* bind_temporal.c: a join with FOR SYSTEM_TIME AS OF. */
enum code bind_temporal(struct binder *b, const struct ast_join *node, const struct cte *ctes,
                        struct relation *left, struct relation *ret, struct error *err)
    WEIR_CHECKED;

/* bind_subquery.c: WHERE (NULL: none) over `from`, which gets the joins that stand for queries in
 * it; *ret_filter is what is left of it, NULL: nothing. */
enum code bind_where(struct binder *b, const struct ast_node *where, const struct cte *ctes,
                     struct relation *from, struct expr **ret_filter, struct error *err)
    WEIR_CHECKED;
/* bind_correlated.c: a query used as a value that looks at `from`, joined to it; *ret is its value,
 * NULL: it does not look there. */
enum code bind_correlated_value(struct binder *b, const struct ast_query *query,
                                const struct cte *ctes, struct relation *from,
                                struct expr **ret, struct error *err) WEIR_CHECKED;
/* bind_value.c: joins the queries used as values in an expression to `from`: bind_expr then reads
 * what they give. */
enum code bind_value_queries(struct binder *b, const struct ast_node *node,
                             const struct cte *ctes, struct relation *from, struct error *err)
    WEIR_CHECKED;
enum code bind_value_query(struct binder *b, const struct ast_node *node, struct expr **ret,
                           struct error *err) WEIR_CHECKED;

/* bind.c: the sink of a table in this job: one, however many INSERTs there are. */
enum code bind_sink(struct binder *b, const struct catalog_table *table, struct span span,
                    struct plan_sink **ret, struct error *err) WEIR_CHECKED;

/* The sink for the bad rows of `table`. */
enum code bind_dead_letter(struct binder *b, const struct catalog_table *table, struct str name,
                           struct span span, struct plan_sink **ret, struct error *err)
    WEIR_CHECKED;

/* bind_table.c */
/* The columns that are stored, as declared; their number. */
uint32_t bind_stored_fields(const struct catalog_table *table, bool as_sink, struct field *ret);
enum code bind_scan(struct binder *b, const struct catalog_table *table,
                    const struct ast_list *hints, struct span span, struct plan_scan **ret,
                    struct error *err) WEIR_CHECKED;
/* `table` with the options of its OPTIONS hints; itself where there are none. */
enum code bind_hinted_table(struct binder *b, const struct catalog_table **table,
                            const struct ast_list *hints, struct error *err) WEIR_CHECKED;
/* Columns, origins and options of a table for its connector. */
enum code bind_table_def(struct binder *b, const struct catalog_table *table,
                         const struct resolved_table *resolved, bool as_sink,
                         struct table_def *ret, struct error *err) WEIR_CHECKED;

/* Puts the expressions that read the stored columns in place of those columns. */
struct expr *bind_over_stored(struct arena *arena, struct expr *e, struct expr *const *stored)
    WEIR_CHECKED;

/* plan nodes */
struct plan *bind_node(struct binder *b, enum plan_kind kind, size_t bytes, uint32_t fields,
                       uint32_t inputs, struct span span) WEIR_CHECKED;
/* The name that a dotted path has without default catalog and database. */
enum code bind_object_name(const struct ast_names *path, struct str *ret, struct error *err)
    WEIR_CHECKED;
/* E_UNSUPPORTED at a span: "%s does not run in this version of weir". */
enum code bind_unsupported(struct span span, const char *what, struct error *err);
