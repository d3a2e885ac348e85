/* build.h -- what the actions of the grammar call: one function a node.
 *
 * Actions cannot return, so failure is sticky: the first one is kept in cx->code and
 * cx->err, and from then on every builder answers NULL without looking at what it was
 * given.  As long as cx->code is OK no argument is NULL unless the grammar says so.
 *
 * A node's span ends where the token shifted last ends (cx->end). */
#pragma once

#include "sql/ast.h"
#include "sql/lexer.h"

#include "base/arena.h"

struct build {
    struct arena *arena;
    const char *text;  /* the arena's copy of the job, NUL behind it */
    uint32_t end;      /* of the token that was shifted last */
    enum code code;    /* sticky */
    bool refused;      /* the parser has no action for the current token */
    struct error *err; /* may be NULL */
    struct ast_script *script;
    struct ast_node *result; /* of sql_parse_expr and sql_parse_type */
};

#define AST(node) ((struct ast_node *)(node))

/* ---- values that the grammar carries without making nodes of them ------------------------ */

enum { BUILD_NEITHER, BUILD_ALL, BUILD_DISTINCT };
enum { BUILD_NEGATED = 1, BUILD_SIMILAR = 2 };
enum { BUILD_PLAIN = 0, BUILD_WRAPPED = 1, BUILD_LATERAL = 2 };
enum { BUILD_NO_ZONE = 1, BUILD_LOCAL_ZONE, BUILD_ZONE };
enum { BUILD_ENFORCED = 1, BUILD_NOT_ENFORCED = 2 };
enum { BUILD_OR_REPLACE = 1, BUILD_TEMPORARY = 2, BUILD_SYSTEM = 4 };
enum { BUILD_EXTENDED = 64 };

struct build_limits {
    struct ast_node *limit;
    struct ast_node *offset;
};

struct build_unit {
    enum ast_unit_kind unit;
    int precision;
    int fraction;
};

struct build_frame {
    enum ast_frame_kind kind;
    struct ast_bound start;
    struct ast_bound end;
    bool end_given;
};

/* What may follow the parentheses of a call. */
struct build_tail {
    uint32_t parts; /* bit a part, to find doubles */
    enum ast_call_nulls nulls;
    struct ast_list *within;
    struct ast_node *filter;
    struct ast_window *over;
    struct span span;
};

struct build_create {
    unsigned flags;
    uint32_t start;
};

struct build_elements {
    struct ast_list columns, watermarks, keys;
    bool period;
    struct span period_span;
};

struct build_distribution {
    struct ast_name kind;
    struct ast_names *columns;
    int64_t buckets;
};

struct build_with {
    bool given;
    struct span span;
    struct ast_list *options;
};

struct build_key_span {
    struct sql_token first;
    struct sql_token last;
};

struct build_show_like {
    struct ast_text pattern;
    bool negated;
    bool ignore_case;
};

/* ---- common (build.c) -------------------------------------------------------------------- */

/* Keeps the first failure. */
void build_fail(struct build *cx, struct span span, enum code code, const char *fmt, ...)
    WEIR_PRINTF(4, 5);
/* A hint for the failure just kept. */
void build_advise(struct build *cx, const char *fmt, ...) WEIR_PRINTF(2, 3);
void build_nomem(struct build *cx);
void build_too_deep(struct build *cx);

/* Zeroed, or NULL after a failure. */
void *build_alloc(struct build *cx, size_t bytes);
#define build_new(cx, type) ((type *)build_alloc((cx), sizeof(type)))
/* Sets span (from `start` to cx->end) and depth; to be called once all children are in. */
void *build_finish(struct build *cx, void *node, enum ast_kind kind, uint32_t start);
struct str build_token_text(const struct build *cx, struct sql_token token);
/* Contents of a list that may be NULL. */
struct ast_list build_list_value(const struct ast_list *list);
struct ast_names build_names_value(const struct ast_names *names);

struct ast_name build_name(struct build *cx, struct sql_token token);
struct ast_name build_no_name(void);
struct ast_names *build_names(struct build *cx, struct ast_names *names, struct sql_token token);
struct ast_list *build_list(struct build *cx, struct ast_list *list, struct ast_node *node);
struct ast_list *build_list_join(struct build *cx, struct ast_list *list, struct ast_list *more);
struct ast_text build_text(struct build *cx, struct sql_token token);
struct ast_text build_no_text(void);
int64_t build_count(struct build *cx, struct sql_token token);
/* The token is one of the two words (b may be NULL), or the build fails. */
void build_expect(struct build *cx, struct sql_token token, const char *a, const char *b);

/* ---- expressions (build_expr.c) ---------------------------------------------------------- */

struct ast_node *build_literal(struct build *cx, struct sql_token token,
                               enum ast_literal_kind what);
struct ast_node *build_typed_literal(struct build *cx, struct sql_token prefix,
                                     enum ast_literal_kind what, struct sql_token string);
struct ast_node *build_interval(struct build *cx, struct sql_token prefix, int negative,
                                struct sql_token string, struct ast_interval_spec spec);
struct ast_interval_spec build_interval_spec(struct build *cx, struct build_unit from,
                                             const struct build_unit *to);
struct build_unit build_unit(struct build *cx, struct sql_token word,
                             const struct sql_token *precision, const struct sql_token *fraction);
struct ast_node *build_unit_arg(struct build *cx, struct sql_token word);
struct ast_node *build_column(struct build *cx, struct ast_names *path);
struct ast_node *build_star(struct build *cx, struct ast_names *prefix, struct sql_token star);
struct ast_node *build_parens(struct build *cx, struct sql_token open, struct ast_node *inner);
struct ast_node *build_unary(struct build *cx, enum ast_unary_op op, struct sql_token token,
                             struct ast_node *operand);
struct ast_node *build_binary(struct build *cx, enum ast_binary_op op, struct ast_node *left,
                              struct sql_token token, struct ast_node *right);
struct ast_node *build_comparison(struct build *cx, struct ast_node *left, struct sql_token token,
                                  struct ast_node *right);
struct ast_node *build_quantified(struct build *cx, struct ast_node *operand,
                                  struct sql_token comparison, struct sql_token quantifier,
                                  struct ast_list *list, struct ast_query *query);
struct ast_node *build_is(struct build *cx, struct ast_node *operand, int negated,
                          enum ast_is_test test);
struct ast_node *build_between(struct build *cx, struct ast_node *operand, int negated,
                               int symmetric, struct ast_node *low, struct ast_node *high);
struct ast_node *build_like(struct build *cx, struct ast_node *operand, int flags,
                            struct ast_node *pattern, struct ast_node *escape);
struct ast_node *build_in(struct build *cx, struct ast_node *operand, int negated,
                          struct ast_list *list, struct ast_query *query);
struct ast_node *build_row(struct build *cx, struct sql_token start, struct ast_node *first,
                           struct ast_list *rest, bool keyword);
struct ast_node *build_items(struct build *cx, enum ast_kind kind, struct sql_token start,
                             struct ast_list *items);
struct ast_node *build_subquery(struct build *cx, enum ast_kind kind, const struct sql_token *start,
                                struct ast_query *query);
struct ast_node *build_field(struct build *cx, struct ast_node *operand, struct sql_token name);
struct ast_node *build_index(struct build *cx, struct ast_node *operand, struct ast_node *index);
struct ast_node *build_case(struct build *cx, struct sql_token start, struct ast_node *operand,
                            struct ast_list *whens, struct ast_node *otherwise);
struct ast_node *build_when(struct build *cx, struct sql_token start, struct ast_node *condition,
                            struct ast_node *result);
struct ast_node *build_cast(struct build *cx, struct sql_token start, bool attempt,
                            struct ast_node *operand, struct ast_type *type);

/* ---- functions (build_call.c) ------------------------------------------------------------ */

struct ast_node *build_call(struct build *cx, struct ast_names *path, struct ast_list *args,
                            int quantifier, struct ast_list *order_by);
/* f(x IGNORE NULLS) */
struct ast_node *build_call_nulls(struct build *cx, struct ast_node *call,
                                  enum ast_call_nulls nulls);
struct ast_node *build_call_star(struct build *cx, struct ast_names *path);
struct ast_node *build_call_tail(struct build *cx, struct ast_node *call, struct build_tail *tail);
struct build_tail *build_tail_join(struct build *cx, struct build_tail *tail,
                                   struct build_tail *part);
struct build_tail *build_tail_nulls(struct build *cx, struct sql_token start,
                                    enum ast_call_nulls nulls);
struct build_tail *build_tail_within(struct build *cx, struct sql_token start,
                                     struct ast_list *order_by);
struct build_tail *build_tail_filter(struct build *cx, struct sql_token start,
                                     struct ast_node *condition);
struct build_tail *build_tail_over(struct build *cx, struct sql_token start,
                                   struct ast_window *window);
struct ast_node *build_special(struct build *cx, struct sql_token name, struct ast_node *a,
                               struct ast_node *b, struct ast_node *c, struct ast_node *d);
struct ast_node *build_special_list(struct build *cx, struct sql_token name, struct ast_list *args);
struct ast_node *build_trim(struct build *cx, struct sql_token name, const enum ast_trim_side *side,
                            struct ast_node *operand, struct ast_node *characters);
struct ast_node *build_named_arg(struct build *cx, struct sql_token name, struct ast_node *value);
struct ast_node *build_descriptor(struct build *cx, struct sql_token start,
                                  struct ast_names *names);
struct ast_node *build_table_arg(struct build *cx, struct sql_token start, struct ast_names *path,
                                 struct ast_query *query, struct ast_node *partition,
                                 struct ast_list *order_by);
struct ast_json *build_json(struct build *cx, struct sql_token name, enum ast_json_func func,
                            struct ast_list *args);
struct ast_json *build_json_exists(struct build *cx, struct sql_token name, struct ast_list *args,
                                   enum ast_json_behavior on_error);
struct ast_json *build_json_func(struct build *cx, struct sql_token name, enum ast_json_func func,
                                 struct ast_json *body);
struct ast_json *build_json_nulls(struct build *cx, struct sql_token name, enum ast_json_func func,
                                  struct ast_list *args, enum ast_json_nulls nulls);
struct ast_json *build_json_body(struct build *cx, struct ast_list *args, struct ast_type *type);
struct ast_json *build_json_on(struct build *cx, struct ast_json *body, struct ast_json_on on,
                               bool error);
struct ast_json *build_json_wrapper(struct build *cx, struct ast_json *body,
                                    enum ast_json_wrapper wrapper);
struct ast_json *build_json_tail(struct build *cx, struct ast_json *json, struct build_tail *tail);
struct ast_node *build_json_end(struct build *cx, struct ast_json *json);
struct ast_json_on build_on(enum ast_json_behavior behavior, struct ast_node *value);
struct ast_list *build_pair(struct build *cx, struct ast_node *key, struct ast_node *value);

/* ---- types (build_type.c) ---------------------------------------------------------------- */

struct ast_type *build_type(struct build *cx, struct ast_names *path, const struct sql_token *first,
                            const struct sql_token *second, const struct sql_token *word, int zone);
struct ast_type *build_type_null(struct build *cx, struct ast_type *type, bool not_null);
struct ast_type *build_type_interval(struct build *cx, struct sql_token start,
                                     struct ast_interval_spec spec);
struct ast_type *build_type_of(struct build *cx, enum ast_type_form form, struct sql_token start,
                               struct ast_type *first, struct ast_type *second);
struct ast_type *build_type_row(struct build *cx, struct sql_token start, struct ast_list *fields);
struct ast_type *build_type_suffix(struct build *cx, enum ast_type_form form, struct ast_type *item,
                                   bool not_null);
struct ast_node *build_type_field(struct build *cx, struct sql_token name, struct ast_type *type,
                                  const struct sql_token *comment);

/* ---- queries (build_query.c) ------------------------------------------------------------- */

struct ast_query *build_query(struct build *cx, struct ast_node *body);
struct ast_query *build_query_with(struct build *cx, struct sql_token start, bool recursive,
                                   struct ast_list *ctes, struct ast_node *body);
struct ast_query *build_query_end(struct build *cx, struct ast_query *query,
                                  struct ast_list *order_by, struct build_limits limits,
                                  struct ast_list *emit);
struct ast_query *build_query_parens(struct build *cx, struct sql_token open,
                                     struct ast_query *query);
struct ast_node *build_query_body(struct build *cx, struct ast_query *query);
struct ast_node *build_cte(struct build *cx, struct sql_token name, struct ast_names *columns,
                           struct ast_query *query);
struct ast_node *build_setop(struct build *cx, enum ast_setop_kind what, struct ast_node *left,
                             struct sql_token token, int quantifier, struct ast_node *right);
struct ast_node *build_values(struct build *cx, struct sql_token start, struct ast_list *rows);
struct ast_node *build_table_body(struct build *cx, struct sql_token start, struct ast_names *path);
struct ast_node *build_select(struct build *cx, struct sql_token start, struct ast_list *hints,
                              int quantifier, struct ast_list *items, struct ast_node *from,
                              struct ast_node *where, struct ast_list *group_by,
                              struct ast_node *having, struct ast_list *windows,
                              struct ast_node *qualify);
struct ast_node *build_item(struct build *cx, struct ast_node *expr, const struct sql_token *alias);
struct ast_node *build_grouping_expr(struct build *cx, struct ast_node *expr);
struct ast_node *build_grouping(struct build *cx, struct sql_token start,
                                enum ast_grouping_kind what, struct ast_list *items);
struct ast_node *build_order_item(struct build *cx, struct ast_node *expr, int descending,
                                  int nulls);
struct build_limits build_limits(struct ast_node *limit, struct ast_node *offset);
struct ast_node *build_emit(struct build *cx, struct sql_token start, const struct sql_token *delay,
                            const struct sql_token *unit, int after);
struct ast_window *build_window(struct build *cx, struct sql_token start,
                                const struct sql_token *base, struct ast_list *partition_by,
                                struct ast_list *order_by, struct build_frame frame);
struct ast_window *build_window_ref(struct build *cx, struct sql_token name);
struct ast_node *build_window_name(struct build *cx, struct sql_token name,
                                   struct ast_window *window);
struct build_frame build_frame(enum ast_frame_kind kind, const struct ast_bound *start,
                               const struct ast_bound *end);
struct ast_bound build_bound(enum ast_bound_kind what, struct ast_node *offset);

/* FROM (build_from.c) */
struct ast_node *build_join(struct build *cx, struct ast_node *left, enum ast_join_kind what,
                            bool natural, struct ast_node *right, struct ast_node *on,
                            struct ast_names *columns);
struct ast_node *build_from_table(struct build *cx, struct ast_names *path, struct ast_list *hints,
                                  struct ast_node *as_of, struct ast_alias *alias);
struct ast_node *build_from_match(struct build *cx, struct ast_names *path,
                                  struct sql_token pattern, struct ast_alias *alias);
struct ast_node *build_from_query(struct build *cx, const struct sql_token *lateral,
                                  struct ast_query *query, struct ast_alias *alias);
struct ast_node *build_from_call(struct build *cx, struct ast_node *call, int flags,
                                 const struct sql_token *start, struct ast_list *hints,
                                 struct ast_alias *alias);
struct ast_node *build_from_unnest(struct build *cx, struct sql_token start, struct ast_list *args,
                                   bool with_ordinality, struct ast_alias *alias);
struct ast_alias *build_alias(struct build *cx, struct sql_token name, struct ast_names *columns);
struct ast_node *build_hint(struct build *cx, struct sql_token name, struct ast_list *args);
struct ast_node *build_option(struct build *cx, struct sql_token first, struct sql_token last,
                              struct sql_token value);
struct ast_node *build_option_path(struct build *cx, struct ast_names *path,
                                   struct sql_token value);
struct ast_node *build_option_key(struct build *cx, struct sql_token key);
struct ast_node *build_placeholder(struct build *cx, struct sql_token token);
struct ast_list *build_options_comma(struct build *cx, struct ast_list *options,
                                     struct sql_token comma);
struct build_key_span build_key_span(struct sql_token first, struct sql_token last);

/* ---- statements (build_statement.c, build_create.c) -------------------------------------- */

void build_script_add(struct build *cx, struct ast_node *statement);

struct build_create build_create(struct sql_token start);
struct build_create build_create_flag(struct build *cx, struct build_create create, unsigned flag,
                                      struct sql_token token);
struct ast_create_table *build_create_table(struct build *cx, struct build_create create,
                                            int if_not_exists, struct ast_names *path,
                                            struct build_elements *elements,
                                            struct ast_text comment,
                                            struct ast_names *partitioned_by);
void build_create_table_end(struct build *cx, struct ast_create_table *table,
                            struct build_distribution *distribution, struct build_with with,
                            struct ast_like_table *like, struct ast_query *query);
struct build_elements *build_elements(struct build *cx, struct build_elements *list,
                                      struct ast_node *element);
void build_trailing_comma(struct build *cx, struct sql_token comma);
struct ast_column_def *build_column_def(struct build *cx, struct sql_token name,
                                        struct ast_type *type, struct ast_node *expr);
struct ast_column_def *build_column_comment(struct build *cx, struct ast_column_def *column,
                                            struct sql_token comment);
struct ast_column_def *build_column_metadata(struct build *cx, struct ast_column_def *column,
                                             const struct sql_token *key);
struct ast_column_def *build_column_virtual(struct build *cx, struct ast_column_def *column,
                                            struct sql_token token);
struct ast_column_def *build_column_header(struct build *cx, struct ast_column_def *column);
struct ast_column_def *build_column_key(struct build *cx, struct ast_column_def *column,
                                        bool primary, int enforced);
struct ast_node *build_watermark(struct build *cx, struct sql_token start,
                                 const struct sql_token *name, struct ast_names *column,
                                 struct ast_node *expr);
struct ast_key *build_key(struct build *cx, struct sql_token start, enum ast_key_kind what,
                          struct ast_names *columns, int enforced);
struct ast_node *build_key_name(struct build *cx, struct sql_token start, struct sql_token name,
                                struct ast_key *key);
struct ast_node *build_period(struct build *cx, struct sql_token start);
struct build_distribution *build_distribution(struct build *cx, const struct sql_token *kind,
                                              struct ast_names *columns, int64_t buckets);
struct build_with build_with(struct build *cx, const struct sql_token *start,
                             struct ast_list *options);
struct ast_like_table *build_like_table(struct build *cx, struct sql_token start,
                                        struct ast_names *path, struct ast_list *options);
struct ast_node *build_like_option(struct build *cx, struct sql_token start,
                                   enum ast_like_mode mode, struct sql_token feature);
struct ast_node *build_create_view(struct build *cx, struct build_create create, int if_not_exists,
                                   struct ast_names *path, struct ast_names *columns,
                                   struct ast_text comment, struct ast_query *query);
struct ast_node *build_create_function(struct build *cx, struct build_create create,
                                       int if_not_exists, struct ast_names *path,
                                       struct sql_token implementation, struct ast_name language,
                                       struct ast_list *jars);
struct ast_node *build_create_catalog(struct build *cx, struct build_create create,
                                      enum ast_kind kind, int if_not_exists, struct ast_names *path,
                                      struct ast_text comment, struct build_with with);

struct ast_node *build_drop(struct build *cx, struct build_create drop, enum ast_object object,
                            int if_exists, struct ast_names *path, int cascade);
struct ast_alter *build_alter(struct build *cx, struct sql_token start, enum ast_object object,
                              int if_exists, struct ast_names *path);
struct ast_node *build_alter_rename(struct build *cx, struct ast_alter *alter,
                                    struct ast_names *path);
struct ast_node *build_alter_column(struct build *cx, struct ast_alter *alter,
                                    struct sql_token column, struct sql_token new_column);
struct ast_node *build_alter_options(struct build *cx, struct ast_alter *alter,
                                     enum ast_alter_action action, struct ast_list *options);
struct ast_node *build_alter_as(struct build *cx, struct ast_alter *alter, struct ast_query *query);
struct ast_node *build_use(struct build *cx, struct sql_token start, enum ast_object object,
                           struct ast_names *path);
struct ast_node *build_set(struct build *cx, struct sql_token start, const struct sql_token *key,
                           const struct sql_token *value);
struct ast_node *build_set_raw(struct build *cx, struct sql_token start, struct sql_token raw);
struct ast_node *build_reset(struct build *cx, struct sql_token start, const struct sql_token *key);
struct ast_insert *build_insert(struct build *cx, struct sql_token start, int overwrite,
                                struct ast_names *path, struct ast_list *hints,
                                struct ast_list *partition, struct ast_names *columns,
                                struct ast_query *query, struct ast_name conflict);
struct ast_name build_conflict(struct build *cx, struct sql_token conflict, struct sql_token verb,
                               struct sql_token what);
struct ast_node *build_execute(struct build *cx, struct sql_token start, struct ast_insert *insert);
struct ast_statement_set *build_statement_set(struct build *cx, struct sql_token start,
                                              bool execute, struct ast_list *statements);
struct ast_node *build_plan(struct build *cx, struct sql_token start, struct sql_token file,
                            int if_not_exists, struct ast_node *statement);
struct ast_node *build_explain(struct build *cx, struct sql_token start, bool plan_for,
                               struct ast_names *details, struct ast_node *statement);
struct ast_node *build_show(struct build *cx, struct sql_token start, const struct sql_token *first,
                            struct sql_token second, struct ast_names *path,
                            struct build_show_like like);
struct ast_node *build_show_words(struct build *cx, struct sql_token start, struct sql_token first,
                                  struct ast_names *second, struct ast_names *path,
                                  struct build_show_like like);
struct build_show_like build_no_like(void);
struct build_show_like build_show_like(struct build *cx, struct sql_token pattern, bool negated,
                                       bool ignore_case);
struct ast_node *build_describe(struct build *cx, struct sql_token start, int object,
                                struct ast_names *path);
struct ast_node *build_update(struct build *cx, struct sql_token start, struct ast_names *path,
                              struct ast_list *assignments, struct ast_node *where);
struct ast_node *build_delete(struct build *cx, struct sql_token start, struct ast_names *path,
                              struct ast_node *where);
struct ast_node *build_truncate(struct build *cx, struct sql_token start, struct ast_names *path);
struct ast_node *build_analyze(struct build *cx, struct sql_token start, struct ast_names *path,
                               bool all_columns, struct ast_names *columns);
