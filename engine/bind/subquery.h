/* subquery.h -- inside of the binder: queries in conditions and expressions.
 *
 * A test (IN, EXISTS, = ANY, <> ALL) that is a condition of its own is a SEMI or ANTI join;
 * everything else is a value, joined to the rows around it with a LEFT join. */
#pragma once

#include "bind/binder.h"

/* The relation of a query in a condition: its values, then the columns of its FROM that conditions
 * over both queries read. */
struct inner {
    struct relation rel;
    uint32_t value_count, first_value;
    struct conjuncts correlated; /* outer columns as they are, inner ones from outer's fields on */
};
/* A SELECT whose WHERE looks outside; the scope is that of its FROM.  *ret_correlated false: it does
 * not (and is to be bound as any other). */
enum code bind_correlated(struct binder *b, const struct ast_select *select, const struct cte *ctes,
                          const struct relation *outer, bool values, struct inner *ret,
                          bool *ret_correlated, struct error *err) WEIR_CHECKED;
enum code bind_inner(struct binder *b, const struct ast_query *query, const struct cte *ctes,
                     const struct relation *outer, bool values, struct inner *ret,
                     struct error *err) WEIR_CHECKED;

/* x IN (q), EXISTS (q), x = ANY (q), x <> ALL (q), any of them with NOT. */
struct query_test {
    const struct ast_node *node;
    const struct ast_node *operand; /* NULL: EXISTS */
    const struct ast_query *query;
    bool negated;
};
bool query_test_of(const struct ast_node *node, struct query_test *ret);

/* What stands before IN, ANY, ALL: one expression, or those of a row. */
struct operands {
    struct expr **items;
    uint32_t count;
};
enum code bind_operands(struct binder *b, const struct scope *scope, const struct ast_node *node,
                        struct operands *ret, struct error *err) WEIR_CHECKED;
/* Are there as many as the query gives values? */
enum code check_operands(const struct operands *operands, const struct inner *inner,
                         struct span span, struct error *err) WEIR_CHECKED;

/* The rows of `from` that pass the test. */
enum code bind_query_test(struct binder *b, const struct query_test *test,
                          const struct operands *operands, const struct cte *ctes,
                          struct relation *from, struct error *err) WEIR_CHECKED;

/* The conjuncts of a condition (NULL: none). */
enum code bind_split(struct binder *b, const struct ast_node *node, struct ast_list *ret,
                     uint32_t *cap, struct error *err) WEIR_CHECKED;

/* bind_value.c: is the node a query used as a value? */
bool is_value_query(const struct ast_node *node);
/* What it gives, over `from` to which it is joined. `operands` NULL: they are over `from`'s scope. */
enum code bind_joined_value(struct binder *b, const struct ast_node *node,
                            const struct operands *operands, const struct cte *ctes,
                            struct relation *from, struct expr **ret,
                            struct error *err) WEIR_CHECKED;
/* bind_expr() of the node gives `value` from now on. */
enum code bind_remember_value(struct binder *b, const struct ast_node *node, struct expr *value,
                              struct error *err) WEIR_CHECKED;

/* bind_pairs.c: outer[i] over the rows around the query equals inner[i] over its relation. */
struct pairs {
    struct binder *b;
    struct span span;
    struct expr **outer, **inner;
    uint32_t count, outer_cap, inner_cap;
    uint32_t null_equal; /* of the first so many: NULL equals NULL too */
};
enum code pairs_add(struct pairs *p, struct expr *outer, struct expr *inner,
                    struct error *err) WEIR_CHECKED;
/* Of one type, so that equal values are equal keys. */
enum code pairs_add_equal(struct pairs *p, struct expr *outer, struct expr *inner,
                          struct error *err) WEIR_CHECKED;
/* How a query looks outside, at `outer`: its relation may become another one, with the same values
 * and further columns. */
enum code pairs_of_inner(struct pairs *p, struct inner *inner, struct plan *outer,
                         struct error *err) WEIR_CHECKED;
/* The pairs as a condition; what is inside stands in columns from `first` on. */
enum code pairs_condition(const struct pairs *p, const struct plan *inner, uint32_t first,
                          struct conjuncts *ret, struct error *err) WEIR_CHECKED;
/* A calc of the inner sides of the pairs and one expression more. */
enum code pairs_calc(const struct pairs *p, struct plan *input, struct expr *filter,
                     struct expr *more, struct plan **ret, struct error *err) WEIR_CHECKED;
/* Groups of its first key_count columns. */
enum code pairs_group(const struct pairs *p, struct plan *input, uint32_t key_count,
                      const struct agg_call *calls, uint32_t call_count, struct plan **ret,
                      struct error *err) WEIR_CHECKED;
/* A relation with what `inner` gives beside each row of `from`, none or one. */
enum code bind_value_join(struct binder *b, struct relation *from, struct plan *inner,
                          const struct conjuncts *condition, bool single, struct span span,
                          struct error *err) WEIR_CHECKED;
