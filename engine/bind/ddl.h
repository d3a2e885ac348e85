/* ddl.h -- inside of the binder: a table while it is being put together, for CREATE TABLE and
 * CREATE TABLE ... AS. */
#pragma once

#include "bind/binder.h"

struct table_build {
    struct binder *b;
    struct catalog_table *table;
    struct catalog_column *columns;
    uint32_t count, cap;
    struct scope scope; /* stored columns by position; computed ones are looked up beside it */
    struct expr **values; /* what reading column i means, over the stored columns */
    uint32_t value_cap;
    uint32_t stored;
    uint32_t query_begin, query_end; /* columns of the query, which stand behind all others */
};

/* bind_ddl.c */
enum code ddl_add_column(struct table_build *t, const struct catalog_column *column,
                         struct expr *value, struct error *err) WEIR_CHECKED;
enum code ddl_define_column(struct table_build *t, const struct ast_column_def *node,
                            struct error *err) WEIR_CHECKED;
/* `query`: what the query of CREATE TABLE ... AS gives; NULL without one.  Not made where it is
 * there already, and IF NOT EXISTS says that this is fine. */
enum code ddl_create_table(struct binder *b, const struct ast_create_table *node,
                           const struct schema *query, bool *ret_made,
                           struct error *err) WEIR_CHECKED;

/* bind_create_as.c: is the column one that the query gives?  (Its definition then says only the
 * type, or, without one, the place.) */
bool ddl_is_of_query(const struct schema *query, const struct ast_column_def *def);
bool ddl_is_behind(const struct table_build *t, uint32_t column);
enum code ddl_add_query(struct table_build *t, const struct ast_create_table *node,
                        const struct schema *query, struct error *err) WEIR_CHECKED;
