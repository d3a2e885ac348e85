/* ast.h -- the syntax tree: one struct per statement, clause and expression.
 *
 * Every node begins with struct ast_node (kind, span); a pointer to any node is a
 * `struct ast_node *`, and a switch over `kind` says to which struct it may be cast
 * (the comment behind each kind names the struct).  Spans are byte ranges of
 * ast_script.text, from the first to the last token of the node, with the
 * parentheses that stand around it.
 *
 * The tree, its texts included, lives in the arena given to sql_parse() and borrows
 * nothing from the caller.  It is what was written: no name is looked up, no type is
 * known, parentheses are gone.  No path from a root is longer than AST_MAX_DEPTH
 * nodes, so walking it by recursion is safe. */
#pragma once

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"

enum { AST_MAX_DEPTH = 1000 };

/* Kinds, each with its struct. */
#define AST_KINDS(X)                                                                               \
    /* expressions */                                                                              \
    X(AST_LITERAL, literal)       /* struct ast_literal */                                         \
    X(AST_COLUMN, column)         /* struct ast_column: a, t.a, c.d.t.a, a.field */                \
    X(AST_STAR, star)             /* struct ast_star: * and t.* in a select list */                \
    X(AST_UNARY, unary)           /* struct ast_unary */                                           \
    X(AST_BINARY, binary)         /* struct ast_binary */                                          \
    X(AST_IS, is)                 /* struct ast_is: x IS [NOT] NULL, TRUE, JSON ... */             \
    X(AST_BETWEEN, between)       /* struct ast_between */                                         \
    X(AST_LIKE, like)             /* struct ast_like: LIKE and SIMILAR TO */                       \
    X(AST_IN, in)                 /* struct ast_in: list or query */                               \
    X(AST_QUANTIFIED, quantified) /* struct ast_quantified: x = ANY (...) */                       \
    X(AST_EXISTS, exists)         /* struct ast_subquery */                                        \
    X(AST_SUBQUERY, subquery)     /* struct ast_subquery: (SELECT ...) as a value */               \
    X(AST_CASE, case)             /* struct ast_case */                                            \
    X(AST_CAST, cast)             /* struct ast_cast */                                            \
    X(AST_ROW, row)               /* struct ast_items: ROW(a, b), and (a, b) */                    \
    X(AST_ARRAY, array)           /* struct ast_items: ARRAY[a, b] */                              \
    X(AST_MAP, map)               /* struct ast_items: MAP[k, v, k, v] */                          \
    X(AST_INDEX, index)           /* struct ast_index: x[i] */                                     \
    X(AST_FIELD, field)           /* struct ast_field: f(x).a, x[1].a, (x).a */                    \
    X(AST_CALL, call)             /* struct ast_call: all other functions */                       \
    X(AST_JSON, json)             /* struct ast_json: JSON_VALUE and its family */                 \
    X(AST_UNIT, unit)             /* struct ast_unit: DAY as an argument */                        \
    X(AST_NAMED_ARG, named_arg)   /* struct ast_named_arg: name => value */                        \
    X(AST_DESCRIPTOR, descriptor) /* struct ast_descriptor: DESCRIPTOR(a, b) */                    \
    X(AST_TABLE_ARG, table_arg)   /* struct ast_table_arg: TABLE t, TABLE (query) */               \
    X(AST_TYPE, type)             /* struct ast_type */                                            \
    X(AST_TYPE_FIELD, type_field) /* struct ast_type_field: a field of ROW<...> */                 \
    /* tables in FROM */                                                                           \
    X(AST_FROM_TABLE, from_table)   /* struct ast_from_table: a name */                            \
    X(AST_FROM_QUERY, from_query)   /* struct ast_from_query: [LATERAL] (query) */                 \
    X(AST_FROM_CALL, from_call)     /* struct ast_from_call: [LATERAL] TABLE(f(..)), f(..) */      \
    X(AST_FROM_UNNEST, from_unnest) /* struct ast_from_unnest */                                   \
    X(AST_FROM_MATCH, from_match)   /* struct ast_from_match: MATCH_RECOGNIZE, not looked into */  \
    X(AST_JOIN, join)               /* struct ast_join */                                          \
    /* queries and their parts */                                                                  \
    X(AST_QUERY, query)           /* struct ast_query */                                           \
    X(AST_SELECT, select)         /* struct ast_select */                                          \
    X(AST_VALUES, values)         /* struct ast_items of AST_ROW */                                \
    X(AST_SETOP, setop)           /* struct ast_setop */                                           \
    X(AST_TABLE_BODY, table_body) /* struct ast_table_body: TABLE t as a query */                  \
    X(AST_SELECT_ITEM, item)      /* struct ast_select_item */                                     \
    X(AST_CTE, cte)               /* struct ast_cte */                                             \
    X(AST_ORDER_ITEM, order)      /* struct ast_order_item */                                      \
    X(AST_GROUPING, grouping)     /* struct ast_grouping: ROLLUP, CUBE, GROUPING SETS, (a, b) */   \
    X(AST_WINDOW, window)         /* struct ast_window */                                          \
    X(AST_HINT, hint)             /* struct ast_hint */                                            \
    X(AST_OPTION, option)         /* struct ast_option: 'key' = 'value' */                         \
    X(AST_EMIT, emit)             /* struct ast_emit: one part of Blink's EMIT */                  \
    /* statements; a query that stands alone is AST_QUERY */                                       \
    X(AST_CREATE_TABLE, create_table)                                                              \
    X(AST_CREATE_VIEW, create_view)                                                                \
    X(AST_CREATE_FUNCTION, create_function)                                                        \
    X(AST_CREATE_CATALOG, create_catalog)   /* struct ast_create_catalog */                        \
    X(AST_CREATE_DATABASE, create_database) /* struct ast_create_catalog */                        \
    X(AST_USE, use)                                                                                \
    X(AST_DROP, drop)                                                                              \
    X(AST_ALTER, alter)                                                                            \
    X(AST_SET, set)                                                                                \
    X(AST_RESET, reset)                                                                            \
    X(AST_INSERT, insert)                                                                          \
    X(AST_STATEMENT_SET, statement_set)                                                            \
    X(AST_PLAN, plan) /* struct ast_plan: EXECUTE PLAN, COMPILE PLAN */                            \
    X(AST_EXPLAIN, explain)                                                                        \
    X(AST_SHOW, show)                                                                              \
    X(AST_DESCRIBE, describe)                                                                      \
    X(AST_UPDATE, update)                                                                          \
    X(AST_DELETE, delete)                                                                          \
    X(AST_TRUNCATE, truncate)                                                                      \
    X(AST_ANALYZE, analyze)                                                                        \
    /* parts of CREATE TABLE */                                                                    \
    X(AST_COLUMN_DEF, column_def)                                                                  \
    X(AST_WATERMARK, watermark)                                                                    \
    X(AST_KEY, key)                                                                                \
    X(AST_LIKE_TABLE, like_table)                                                                  \
    X(AST_LIKE_OPTION, like_option)                                                                \
    X(AST_WHEN, when) /* struct ast_when, inside AST_CASE */

enum ast_kind {
    AST_NONE_ = 0,
#define X(name, text) name,
    AST_KINDS(X)
#undef X
};

/* The head of every node. */
struct ast_node {
    enum ast_kind kind;
    uint32_t depth; /* longest way down, 1 for a leaf; bounded by AST_MAX_DEPTH */
    struct span span;
};

struct ast_list {
    struct ast_node **items;
    uint32_t count;
    uint32_t cap;
};

/* A word of the job that names something.  `text` is decoded (no backquotes). */
struct ast_name {
    struct str text; /* .data is NULL where an optional name is absent */
    struct span span;
    bool quoted; /* written in backquotes */
};

/* Dotted name (catalog.database.table, alias.column) or list of names; the field says which. */
struct ast_names {
    struct ast_name *items;
    uint32_t count;
    uint32_t cap;
    struct span span;
};

/* A decoded string constant that is not an expression: comments, class names, paths. */
struct ast_text {
    struct str text; /* .data is NULL where absent */
    struct span span;
};

static inline bool ast_has_name(const struct ast_name *name)
{
    return name->text.data != NULL;
}

/* Time units, from the largest to the smallest, then those only EXTRACT knows. */
#define AST_UNITS(X)                                                                               \
    X(MILLENNIUM)                                                                                  \
    X(CENTURY)                                                                                     \
    X(DECADE) X(YEAR) X(QUARTER) X(MONTH) X(WEEK) X(DAY) X(HOUR) X(MINUTE) X(SECOND)               \
        X(MILLISECOND) X(MICROSECOND) X(NANOSECOND) X(EPOCH) X(DOW) X(ISODOW) X(DOY) X(ISOYEAR)

enum ast_unit_kind {
    UNIT_NONE = 0,
#define X(name) UNIT_##name,
    AST_UNITS(X)
#undef X
};

/* What follows INTERVAL: DAY(3) TO SECOND(6). */
struct ast_interval_spec {
    enum ast_unit_kind from;
    enum ast_unit_kind to; /* UNIT_NONE: a single unit */
    int precision;         /* of the leading field; -1 if not given */
    int fraction;          /* digits of the seconds' fraction; -1 if not given */
};

/* ---- types ------------------------------------------------------------------------------- */

enum ast_type_form {
    AST_TYPE_NAMED,    /* INT, DECIMAL(10, 2), TIMESTAMP_LTZ(3), or a user's name */
    AST_TYPE_ARRAY,    /* items[0]: ARRAY<t> and t ARRAY */
    AST_TYPE_MULTISET, /* items[0] */
    AST_TYPE_MAP,      /* items[0] key, items[1] value */
    AST_TYPE_ROW,      /* items: struct ast_type_field */
    AST_TYPE_INTERVAL, /* interval */
};

struct ast_type {
    struct ast_node node;
    enum ast_type_form form;
    /* NAMED: upper case, with these rewritings: TIMESTAMP ... WITHOUT TIME ZONE -> TIMESTAMP,
     * WITH LOCAL TIME ZONE -> TIMESTAMP_LTZ, WITH TIME ZONE -> TIMESTAMP_TZ, TIME WITHOUT TIME
     * ZONE -> TIME, DOUBLE PRECISION -> DOUBLE, CHARACTER -> CHAR, CHARACTER VARYING -> VARCHAR,
     * BINARY VARYING -> VARBINARY, INTEGER -> INT, DEC and NUMERIC -> DECIMAL.  A backquoted
     * name stays as it is. */
    struct str name;
    struct ast_names path; /* NAMED: as written; several parts for a user's type in a catalog */
    int param_count;       /* 0, 1 or 2 */
    int64_t params[2];
    struct ast_list items;
    struct ast_interval_spec interval;
    bool not_null;
    bool null_given; /* an explicit NULL */
};

struct ast_type_field {
    struct ast_node node;
    struct ast_name name;
    struct ast_type *type;
    struct ast_text comment;
};

/* ---- expressions ------------------------------------------------------------------------- */

enum ast_literal_kind {
    LIT_NULL,
    LIT_TRUE,
    LIT_FALSE,
    LIT_UNKNOWN,   /* the boolean UNKNOWN */
    LIT_INTEGER,   /* digits only */
    LIT_DECIMAL,   /* with a point */
    LIT_DOUBLE,    /* with an exponent */
    LIT_STRING,    /* '...', _UTF16'...', U&'...' */
    LIT_BINARY,    /* X'...' */
    LIT_DATE,      /* DATE '...' */
    LIT_TIME,      /* TIME '...' */
    LIT_TIMESTAMP, /* TIMESTAMP '...' */
    LIT_INTERVAL,  /* INTERVAL [-] '...' unit */
};

/* Not decoded: literal_decode() in sql/literal.h gives the value. */
struct ast_literal {
    struct ast_node node;
    enum ast_literal_kind what;
    struct str text;                   /* the number, or the quoted string with prefix and quotes */
    bool negative;                     /* numbers: - in front; intervals: - before the quote */
    struct ast_interval_spec interval; /* LIT_INTERVAL */
};

struct ast_column {
    struct ast_node node;
    struct ast_names path;
};

struct ast_star {
    struct ast_node node;
    struct ast_names prefix; /* count 0: a bare star */
};

enum ast_unary_op { UNARY_NOT, UNARY_MINUS, UNARY_PLUS };

struct ast_unary {
    struct ast_node node;
    enum ast_unary_op op;
    struct ast_node *operand;
};

enum ast_binary_op {
    BINARY_OR,
    BINARY_AND,
    BINARY_EQ,
    BINARY_NE,
    BINARY_LT,
    BINARY_LE,
    BINARY_GT,
    BINARY_GE,
    BINARY_DISTINCT,     /* IS DISTINCT FROM */
    BINARY_NOT_DISTINCT, /* IS NOT DISTINCT FROM */
    BINARY_ADD,
    BINARY_SUB,
    BINARY_MUL,
    BINARY_DIV,
    BINARY_MOD,
    BINARY_CONCAT, /* || */
};

struct ast_binary {
    struct ast_node node;
    enum ast_binary_op op;
    struct span op_span; /* of the operator */
    struct ast_node *left;
    struct ast_node *right;
};

enum ast_is_test {
    IS_NULL,
    IS_TRUE,
    IS_FALSE,
    IS_UNKNOWN,
    IS_JSON_VALUE, /* also a bare IS JSON */
    IS_JSON_OBJECT,
    IS_JSON_ARRAY,
    IS_JSON_SCALAR,
};

struct ast_is {
    struct ast_node node;
    enum ast_is_test test;
    bool negated;
    struct ast_node *operand;
};

struct ast_between {
    struct ast_node node;
    bool negated;
    bool symmetric;
    struct ast_node *operand;
    struct ast_node *low;
    struct ast_node *high;
};

struct ast_like {
    struct ast_node node;
    bool similar; /* SIMILAR TO */
    bool negated;
    struct ast_node *operand;
    struct ast_node *pattern;
    struct ast_node *escape; /* may be NULL */
};

struct ast_in {
    struct ast_node node;
    bool negated;
    struct ast_node *operand;
    struct ast_list list;    /* of expressions; empty with a query */
    struct ast_query *query; /* or NULL */
};

struct ast_quantified {
    struct ast_node node;
    enum ast_binary_op op; /* a comparison */
    bool all;              /* else ANY, which is also SOME */
    struct ast_node *operand;
    struct ast_list list;    /* empty with a query */
    struct ast_query *query; /* or NULL */
};

struct ast_subquery {
    struct ast_node node;
    struct ast_query *query;
};

struct ast_when {
    struct ast_node node;
    struct ast_node *condition; /* a value to compare with if ast_case has an operand */
    struct ast_node *result;
};

struct ast_case {
    struct ast_node node;
    struct ast_node *operand;   /* NULL: CASE WHEN condition */
    struct ast_list whens;      /* struct ast_when, at least one */
    struct ast_node *otherwise; /* ELSE, or NULL */
};

struct ast_cast {
    struct ast_node node;
    bool attempt; /* TRY_CAST */
    struct ast_node *operand;
    struct ast_type *type;
};

struct ast_items {
    struct ast_node node;
    struct ast_list items;
    bool keyword; /* AST_ROW: ROW was written */
};

struct ast_index {
    struct ast_node node;
    struct ast_node *operand;
    struct ast_node *index;
};

struct ast_field {
    struct ast_node node;
    struct ast_node *operand;
    struct ast_name name; /* text "*" unquoted: all fields, x[1].* */
};

enum ast_call_nulls { CALL_NULLS_DEFAULT, CALL_RESPECT_NULLS, CALL_IGNORE_NULLS };
enum ast_trim_side { TRIM_BOTH, TRIM_LEADING, TRIM_TRAILING };

/* Functions with a syntax of their own are calls with the arguments in this order:
 *   EXTRACT(DAY FROM x)                      EXTRACT(AST_UNIT, x)
 *   POSITION(a IN b FROM n)                  POSITION(a, b, n)
 *   SUBSTRING(x FROM a FOR b)                SUBSTRING(x, a, b)
 *   OVERLAY(x PLACING y FROM a FOR b)        OVERLAY(x, y, a, b)
 *   TRIM(LEADING c FROM x)                   TRIM(x, c) and trim_side; c may be missing
 *   FLOOR(x TO DAY), CEIL(x TO DAY)          FLOOR(x, AST_UNIT)
 *   TIMESTAMPADD(DAY, n, x)                  TIMESTAMPADD(AST_UNIT, n, x), same for ...DIFF
 * and CURRENT_TIMESTAMP and its like, written without parentheses, are calls too. */
struct ast_call {
    struct ast_node node;
    struct ast_names path; /* one part, or catalog.database.function */
    struct ast_list args;  /* expressions, AST_NAMED_ARG, AST_DESCRIPTOR, AST_TABLE_ARG, AST_UNIT */
    bool star;             /* COUNT(*); then no args */
    bool distinct;
    bool bare; /* CURRENT_TIMESTAMP without parentheses */
    enum ast_trim_side trim_side;
    enum ast_call_nulls nulls;    /* IGNORE NULLS */
    struct ast_list order_by;     /* inside of the parentheses */
    struct ast_list within_group; /* WITHIN GROUP (ORDER BY ...) */
    struct ast_node *filter;      /* FILTER (WHERE ...), or NULL */
    struct ast_window *over;      /* or NULL; OVER w has only .base */
};

enum ast_json_func {
    JSON_FUNC_VALUE,     /* args: input, path (Blink: JSON_VALUE of two arguments, too) */
    JSON_FUNC_QUERY,     /* args: input, path */
    JSON_FUNC_EXISTS,    /* args: input, path */
    JSON_FUNC_OBJECT,    /* args: key, value, key, value */
    JSON_FUNC_ARRAY,     /* args: the elements */
    JSON_FUNC_OBJECTAGG, /* args: key, value */
    JSON_FUNC_ARRAYAGG,  /* args: the element */
};

enum ast_json_behavior {
    JSON_ON_DEFAULT_, /* nothing written */
    JSON_ON_NULL,
    JSON_ON_ERROR,
    JSON_ON_VALUE, /* DEFAULT expr */
    JSON_ON_TRUE,
    JSON_ON_FALSE,
    JSON_ON_UNKNOWN,
    JSON_ON_EMPTY_ARRAY,
    JSON_ON_EMPTY_OBJECT,
};

enum ast_json_wrapper {
    JSON_WRAPPER_DEFAULT_,
    AST_JSON_WITHOUT_WRAPPER,
    AST_JSON_WITH_CONDITIONAL_WRAPPER,
    AST_JSON_WITH_WRAPPER, /* [UNCONDITIONAL] */
};

enum ast_json_nulls { JSON_NULLS_DEFAULT_, JSON_NULL_ON_NULL, JSON_ABSENT_ON_NULL };

struct ast_json_on {
    enum ast_json_behavior behavior;
    struct ast_node *value; /* JSON_ON_VALUE */
};

struct ast_json {
    struct ast_node node;
    enum ast_json_func func;
    struct ast_name name; /* as written */
    struct ast_list args;
    struct ast_type *returning; /* or NULL */
    enum ast_json_wrapper wrapper;
    struct ast_json_on on_empty;
    struct ast_json_on on_error;
    enum ast_json_nulls nulls;
    struct ast_node *filter; /* the two aggregates; or NULL */
    struct ast_window *over; /* the two aggregates; or NULL */
};

struct ast_unit {
    struct ast_node node;
    enum ast_unit_kind unit;
};

struct ast_named_arg {
    struct ast_node node;
    struct ast_name name;
    struct ast_node *value;
};

struct ast_descriptor {
    struct ast_node node;
    struct ast_names columns;
};

struct ast_table_arg {
    struct ast_node node;
    struct ast_names table;       /* count 0 with a query */
    struct ast_query *query;      /* or NULL */
    struct ast_list partition_by; /* expressions */
    struct ast_list order_by;     /* struct ast_order_item */
};

/* ---- queries ----------------------------------------------------------------------------- */

struct ast_option {
    struct ast_node node;
    bool placeholder; /* the literal `...` of published jobs; nothing else is set */
    struct str key;   /* decoded; dotted keys as one text: bootstrap.servers */
    struct span key_span;
    struct str value;       /* decoded */
    struct span value_span; /* with the quotes */
};

struct ast_hint {
    struct ast_node node;
    struct ast_name name;
    struct ast_list options;   /* struct ast_option: NAME('k' = 'v') */
    struct ast_list arguments; /* AST_COLUMN or AST_LITERAL: NAME(t1, 'x', 5) */
};

/* The name a table gets in FROM. */
struct ast_alias {
    struct ast_name name;     /* absent: see ast_has_name() */
    struct ast_names columns; /* may be empty */
};

struct ast_from_table {
    struct ast_node node;
    struct ast_names path;
    struct ast_list hints;  /* struct ast_hint */
    struct ast_node *as_of; /* FOR SYSTEM_TIME AS OF expr, or NULL */
    struct ast_alias alias;
};

struct ast_from_query {
    struct ast_node node;
    bool lateral;
    struct ast_query *query; /* also (VALUES ...) */
    struct ast_alias alias;
};

struct ast_from_call {
    struct ast_node node;
    bool lateral;
    bool wrapped; /* TABLE(...) was written */
    struct ast_call *call;
    struct ast_list hints;
    struct ast_node *as_of; /* or NULL */
    struct ast_alias alias;
};

struct ast_from_unnest {
    struct ast_node node;
    struct ast_list args;
    bool with_ordinality;
    struct ast_alias alias;
};

struct ast_from_match {
    struct ast_node node;
    struct ast_node *input;
    struct ast_text pattern; /* what stands between the parentheses, as written */
    struct ast_alias alias;
};

enum ast_join_kind {
    JOIN_COMMA,
    JOIN_CROSS,
    JOIN_INNER,
    JOIN_LEFT,
    JOIN_RIGHT,
    JOIN_FULL,
    JOIN_SEMI, /* LEFT SEMI */
    JOIN_ANTI, /* LEFT ANTI */
};

struct ast_join {
    struct ast_node node;
    enum ast_join_kind what;
    bool natural;
    struct ast_node *left;
    struct ast_node *right;
    struct ast_node *on;     /* or NULL */
    struct ast_names using_; /* USING (a, b) */
};

struct ast_select_item {
    struct ast_node node;
    struct ast_node *expr; /* may be AST_STAR, or AST_FIELD with name "*" */
    struct ast_name alias; /* may be absent */
};

enum ast_grouping_kind {
    GROUPING_SET, /* (a, b) or () */
    GROUPING_SETS,
    GROUPING_ROLLUP,
    GROUPING_CUBE,
};

struct ast_grouping {
    struct ast_node node;
    enum ast_grouping_kind what;
    struct ast_list items; /* expressions, or struct ast_grouping */
};

enum ast_nulls_order { NULLS_DEFAULT, NULLS_FIRST, NULLS_LAST };

struct ast_order_item {
    struct ast_node node;
    struct ast_node *expr;
    bool descending;
    enum ast_nulls_order nulls;
};

enum ast_bound_kind {
    BOUND_UNBOUNDED_PRECEDING,
    BOUND_PRECEDING, /* offset */
    BOUND_CURRENT_ROW,
    BOUND_FOLLOWING, /* offset */
    BOUND_UNBOUNDED_FOLLOWING,
};

struct ast_bound {
    enum ast_bound_kind what;
    struct ast_node *offset; /* PRECEDING and FOLLOWING */
};

enum ast_frame_kind { FRAME_NONE, FRAME_ROWS, FRAME_RANGE };

/* A window specification: (base PARTITION BY ... ORDER BY ... frame). */
struct ast_window {
    struct ast_node node;
    struct ast_name name; /* in the WINDOW clause: the name it defines */
    struct ast_name base; /* the window it refers to; may be absent */
    bool reference;       /* OVER w: only .base counts */
    struct ast_list partition_by;
    struct ast_list order_by;
    enum ast_frame_kind frame;
    struct ast_bound start;
    struct ast_bound end; /* CURRENT ROW if only a start was written */
    bool end_given;
};

struct ast_select {
    struct ast_node node;
    bool distinct;
    bool all; /* SELECT ALL was written */
    struct ast_list hints;
    struct ast_list items;    /* struct ast_select_item */
    struct ast_node *from;    /* a table or a join; NULL without FROM */
    struct ast_node *where;   /* or NULL */
    bool grouped;             /* GROUP BY was written */
    struct ast_list group_by; /* expressions and struct ast_grouping */
    struct ast_node *having;  /* or NULL */
    struct ast_list windows;  /* struct ast_window */
    struct ast_node *qualify; /* or NULL */
};

enum ast_setop_kind { SETOP_UNION, SETOP_INTERSECT, SETOP_EXCEPT };

struct ast_setop {
    struct ast_node node;
    enum ast_setop_kind what;
    bool all;              /* else DISTINCT */
    struct ast_node *left; /* a query body, see struct ast_query */
    struct ast_node *right;
};

struct ast_table_body {
    struct ast_node node;
    struct ast_names path;
};

struct ast_cte {
    struct ast_node node;
    struct ast_name name;
    struct ast_names columns; /* may be empty */
    struct ast_query *query;
};

/* EMIT WITH DELAY '1' MINUTE BEFORE WATERMARK, WITHOUT DELAY AFTER WATERMARK */
struct ast_emit {
    struct ast_node node;
    bool without_delay;
    struct ast_literal *delay; /* LIT_STRING or LIT_INTERVAL; NULL without delay */
    bool after_watermark;      /* else BEFORE WATERMARK */
};

/* A query expression with all that may stand around its body.  Bodies are AST_SELECT,
 * AST_VALUES, AST_SETOP, AST_TABLE_BODY, or AST_QUERY for one in parentheses that has an
 * ORDER BY, LIMIT, WITH ... of its own. */
struct ast_query {
    struct ast_node node;
    bool recursive;
    struct ast_list ctes; /* struct ast_cte */
    struct ast_node *body;
    struct ast_list order_by;
    struct ast_node *limit;  /* LIMIT n and FETCH FIRST n ROWS; NULL: none, or LIMIT ALL */
    struct ast_node *offset; /* or NULL */
    struct ast_list emit;    /* struct ast_emit */
};

#include "sql/ast_statement.h"

/* A whole text. */
struct ast_script {
    struct str text;            /* a copy in the arena; spans count from its start */
    struct ast_list statements; /* empty ones are left out */
};

/* "literal", "create_table": for messages of our own and for tests. */
const char *ast_kind_name(enum ast_kind kind);
const char *ast_unit_name(enum ast_unit_kind unit); /* "DAY" */
/* UNIT_NONE if the word is no unit; knows plurals and SQL_TSI_DAY. */
enum ast_unit_kind ast_unit_from_text(struct str word);
const char *ast_binary_op_text(enum ast_binary_op op); /* "<=", "IS DISTINCT FROM" */

/* Calls fn for each direct child that is not NULL, in the order of the text; stops and answers
 * false as soon as fn does.  Types, options and hints are children too. */
bool ast_each_child(const struct ast_node *node, bool (*fn)(void *cx, const struct ast_node *child),
                    void *cx);

/* Same tree, whatever the spans (and whether names were quoted)? */
bool ast_equal(const struct ast_node *a, const struct ast_node *b);
bool ast_script_equal(const struct ast_script *a, const struct ast_script *b);

/* Canonical SQL; parsing it gives an equal tree.  Expressions get only the parentheses they
 * need, or, with AST_PRINT_PARENS, one pair around each operator. */
enum { AST_PRINT_PARENS = 1 };
void ast_print(struct buf *out, const struct ast_node *node, unsigned flags);
void ast_print_script(struct buf *out, const struct ast_script *script, unsigned flags);
