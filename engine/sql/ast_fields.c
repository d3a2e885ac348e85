/* ast_fields.c -- the structs of the tree, described field by field.
 *
 * One table per struct says where its fields are and what they hold; comparing two trees
 * and visiting children follow the tables, so a new field is added in ast.h and here and
 * nowhere else.  Children stand in the order of the text as far as the struct allows.
 * Spans, depth and how a name was quoted are left out: they do not make a tree another. */
#include "sql/ast.h"

enum field_type {
    FIELD_NODE,  /* struct xxx *, a node or NULL */
    FIELD_LIST,  /* struct ast_list */
    FIELD_NAME,  /* struct ast_name */
    FIELD_NAMES, /* struct ast_names */
    FIELD_TEXT,  /* struct ast_text */
    FIELD_STR,   /* struct str */
    FIELD_BOOL,
    FIELD_INT, /* int, unsigned, an enum */
    FIELD_I64,
    FIELD_INTERVAL, /* struct ast_interval_spec */
    FIELD_JSON_ON,  /* struct ast_json_on */
    FIELD_BOUND,    /* struct ast_bound */
    FIELD_ALIAS,    /* struct ast_alias */
};

struct field {
    enum field_type type;
    uint16_t offset;
};

#define F(type, name, member) { FIELD_##type, offsetof(struct name, member) }
#define FIELDS(name, ...) static const struct field name##_fields[] = { __VA_ARGS__ };

/* clang-format off */
FIELDS(ast_literal, F(INT, ast_literal, what), F(STR, ast_literal, text),
    F(BOOL, ast_literal, negative),
    F(INTERVAL, ast_literal, interval))
FIELDS(ast_column, F(NAMES, ast_column, path))
FIELDS(ast_star, F(NAMES, ast_star, prefix))
FIELDS(ast_unary, F(INT, ast_unary, op), F(NODE, ast_unary, operand))
FIELDS(ast_binary, F(INT, ast_binary, op), F(NODE, ast_binary, left), F(NODE, ast_binary, right))
FIELDS(ast_is, F(INT, ast_is, test), F(BOOL, ast_is, negated), F(NODE, ast_is, operand))
FIELDS(ast_between, F(BOOL, ast_between, negated), F(BOOL, ast_between, symmetric),
    F(NODE, ast_between, operand), F(NODE, ast_between, low), F(NODE, ast_between, high))
FIELDS(ast_like, F(BOOL, ast_like, similar), F(BOOL, ast_like, negated),
    F(NODE, ast_like, operand),
    F(NODE, ast_like, pattern), F(NODE, ast_like, escape))
FIELDS(ast_in, F(BOOL, ast_in, negated), F(NODE, ast_in, operand), F(LIST, ast_in, list),
    F(NODE, ast_in, query))
FIELDS(ast_quantified, F(INT, ast_quantified, op), F(BOOL, ast_quantified, all),
    F(NODE, ast_quantified, operand), F(LIST, ast_quantified, list),
    F(NODE, ast_quantified, query))
FIELDS(ast_subquery, F(NODE, ast_subquery, query))
FIELDS(ast_when, F(NODE, ast_when, condition), F(NODE, ast_when, result))
FIELDS(ast_case, F(NODE, ast_case, operand), F(LIST, ast_case, whens),
    F(NODE, ast_case, otherwise))
FIELDS(ast_cast, F(BOOL, ast_cast, attempt), F(NODE, ast_cast, operand), F(NODE, ast_cast, type))
FIELDS(ast_items, F(LIST, ast_items, items), F(BOOL, ast_items, keyword))
FIELDS(ast_index, F(NODE, ast_index, operand), F(NODE, ast_index, index))
FIELDS(ast_field, F(NODE, ast_field, operand), F(NAME, ast_field, name))
FIELDS(ast_call, F(NAMES, ast_call, path), F(LIST, ast_call, args), F(BOOL, ast_call, star),
    F(BOOL, ast_call, distinct), F(BOOL, ast_call, bare), F(INT, ast_call, trim_side),
    F(INT, ast_call, nulls), F(LIST, ast_call, order_by), F(LIST, ast_call, within_group),
    F(NODE, ast_call, filter), F(NODE, ast_call, over))
FIELDS(ast_json, F(INT, ast_json, func), F(LIST, ast_json, args), F(NODE, ast_json, returning),
    F(INT, ast_json, wrapper), F(JSON_ON, ast_json, on_empty), F(JSON_ON, ast_json, on_error),
    F(INT, ast_json, nulls), F(NODE, ast_json, filter), F(NODE, ast_json, over))
FIELDS(ast_unit, F(INT, ast_unit, unit))
FIELDS(ast_named_arg, F(NAME, ast_named_arg, name), F(NODE, ast_named_arg, value))
FIELDS(ast_descriptor, F(NAMES, ast_descriptor, columns))
FIELDS(ast_table_arg, F(NAMES, ast_table_arg, table), F(NODE, ast_table_arg, query),
    F(LIST, ast_table_arg, partition_by), F(LIST, ast_table_arg, order_by))
/* ast_type.path says no more than name does, except for names in backquotes or of several parts. */
FIELDS(ast_type, F(INT, ast_type, form), F(STR, ast_type, name), F(INT, ast_type, param_count),
    F(I64, ast_type, params[0]), F(I64, ast_type, params[1]), F(LIST, ast_type, items),
    F(INTERVAL, ast_type, interval), F(BOOL, ast_type, not_null), F(BOOL, ast_type, null_given))
FIELDS(ast_type_field, F(NAME, ast_type_field, name), F(NODE, ast_type_field, type),
    F(TEXT, ast_type_field, comment))

FIELDS(ast_from_table, F(NAMES, ast_from_table, path), F(LIST, ast_from_table, hints),
    F(NODE, ast_from_table, as_of), F(ALIAS, ast_from_table, alias))
FIELDS(ast_from_query, F(BOOL, ast_from_query, lateral), F(NODE, ast_from_query, query),
    F(ALIAS, ast_from_query, alias))
FIELDS(ast_from_call, F(BOOL, ast_from_call, lateral), F(BOOL, ast_from_call, wrapped),
    F(NODE, ast_from_call, call), F(LIST, ast_from_call, hints), F(NODE, ast_from_call, as_of),
    F(ALIAS, ast_from_call, alias))
FIELDS(ast_from_unnest, F(LIST, ast_from_unnest, args), F(BOOL, ast_from_unnest, with_ordinality),
    F(ALIAS, ast_from_unnest, alias))
FIELDS(ast_from_match, F(NODE, ast_from_match, input), F(TEXT, ast_from_match, pattern),
    F(ALIAS, ast_from_match, alias))
FIELDS(ast_join, F(INT, ast_join, what), F(BOOL, ast_join, natural), F(NODE, ast_join, left),
    F(NODE, ast_join, right), F(NODE, ast_join, on), F(NAMES, ast_join, using_))

FIELDS(ast_query, F(BOOL, ast_query, recursive), F(LIST, ast_query, ctes),
    F(NODE, ast_query, body),
    F(LIST, ast_query, order_by), F(NODE, ast_query, limit), F(NODE, ast_query, offset),
    F(LIST, ast_query, emit))
FIELDS(ast_select, F(BOOL, ast_select, distinct), F(BOOL, ast_select, all),
    F(LIST, ast_select, hints),
    F(LIST, ast_select, items), F(NODE, ast_select, from), F(NODE, ast_select, where),
    F(BOOL, ast_select, grouped), F(LIST, ast_select, group_by), F(NODE, ast_select, having),
    F(LIST, ast_select, windows), F(NODE, ast_select, qualify))
FIELDS(ast_setop, F(INT, ast_setop, what), F(BOOL, ast_setop, all), F(NODE, ast_setop, left),
    F(NODE, ast_setop, right))
FIELDS(ast_table_body, F(NAMES, ast_table_body, path))
FIELDS(ast_select_item, F(NODE, ast_select_item, expr), F(NAME, ast_select_item, alias))
FIELDS(ast_cte, F(NAME, ast_cte, name), F(NAMES, ast_cte, columns), F(NODE, ast_cte, query))
FIELDS(ast_order_item, F(NODE, ast_order_item, expr), F(BOOL, ast_order_item, descending),
    F(INT, ast_order_item, nulls))
FIELDS(ast_grouping, F(INT, ast_grouping, what), F(LIST, ast_grouping, items))
FIELDS(ast_window, F(NAME, ast_window, name), F(NAME, ast_window, base),
    F(BOOL, ast_window, reference),
    F(LIST, ast_window, partition_by), F(LIST, ast_window, order_by), F(INT, ast_window, frame),
    F(BOUND, ast_window, start), F(BOUND, ast_window, end), F(BOOL, ast_window, end_given))
FIELDS(ast_hint, F(NAME, ast_hint, name), F(LIST, ast_hint, options),
    F(LIST, ast_hint, arguments))
FIELDS(ast_option, F(BOOL, ast_option, placeholder), F(STR, ast_option, key),
    F(STR, ast_option, value))
FIELDS(ast_emit, F(BOOL, ast_emit, without_delay), F(NODE, ast_emit, delay),
    F(BOOL, ast_emit, after_watermark))

FIELDS(ast_create_table, F(BOOL, ast_create_table, temporary), F(BOOL, ast_create_table, system),
    F(BOOL, ast_create_table, or_replace), F(BOOL, ast_create_table, if_not_exists),
    F(NAMES, ast_create_table, path), F(BOOL, ast_create_table, has_elements),
    F(LIST, ast_create_table, columns), F(LIST, ast_create_table, watermarks),
    F(LIST, ast_create_table, keys), F(BOOL, ast_create_table, period),
    F(TEXT, ast_create_table, comment), F(BOOL, ast_create_table, distributed),
    F(NAME, ast_create_table, distribution), F(NAMES, ast_create_table, distributed_by),
    F(I64, ast_create_table, buckets), F(NAMES, ast_create_table, partitioned_by),
    F(BOOL, ast_create_table, has_with), F(LIST, ast_create_table, options),
    F(NODE, ast_create_table, like), F(NODE, ast_create_table, query))
FIELDS(ast_create_view, F(BOOL, ast_create_view, temporary), F(BOOL, ast_create_view, or_replace),
    F(BOOL, ast_create_view, if_not_exists), F(NAMES, ast_create_view, path),
    F(NAMES, ast_create_view, columns), F(TEXT, ast_create_view, comment),
    F(NODE, ast_create_view, query))
FIELDS(ast_create_function, F(BOOL, ast_create_function, temporary),
    F(BOOL, ast_create_function, system),
    F(BOOL, ast_create_function, if_not_exists), F(NAMES, ast_create_function, path),
    F(TEXT, ast_create_function, implementation), F(NAME, ast_create_function, language),
    F(LIST, ast_create_function, jars))
FIELDS(ast_create_catalog, F(BOOL, ast_create_catalog, if_not_exists),
    F(NAMES, ast_create_catalog, path),
    F(TEXT, ast_create_catalog, comment), F(LIST, ast_create_catalog, options))
FIELDS(ast_use, F(INT, ast_use, object), F(NAMES, ast_use, path))
FIELDS(ast_drop, F(INT, ast_drop, object), F(BOOL, ast_drop, temporary),
    F(BOOL, ast_drop, system),
    F(BOOL, ast_drop, if_exists), F(BOOL, ast_drop, cascade), F(NAMES, ast_drop, path))
FIELDS(ast_alter, F(INT, ast_alter, object), F(BOOL, ast_alter, if_exists),
    F(NAMES, ast_alter, path),
    F(INT, ast_alter, action), F(NAMES, ast_alter, new_path), F(NAME, ast_alter, column),
    F(NAME, ast_alter, new_column), F(LIST, ast_alter, options), F(NODE, ast_alter, query))
FIELDS(ast_set, F(TEXT, ast_set, key), F(TEXT, ast_set, value))
FIELDS(ast_reset, F(TEXT, ast_reset, key))
FIELDS(ast_insert, F(BOOL, ast_insert, execute), F(BOOL, ast_insert, overwrite),
    F(NAMES, ast_insert, path), F(LIST, ast_insert, hints), F(LIST, ast_insert, partition),
    F(BOOL, ast_insert, has_partition), F(NAMES, ast_insert, columns), F(NODE, ast_insert, query),
    F(NAME, ast_insert, conflict))
FIELDS(ast_statement_set, F(BOOL, ast_statement_set, execute),
    F(LIST, ast_statement_set, statements))
FIELDS(ast_plan, F(BOOL, ast_plan, compile), F(BOOL, ast_plan, if_not_exists),
    F(TEXT, ast_plan, file),
    F(NODE, ast_plan, statement))
FIELDS(ast_explain, F(BOOL, ast_explain, plan_for), F(INT, ast_explain, details),
    F(NODE, ast_explain, statement))
FIELDS(ast_show, F(INT, ast_show, what), F(NAMES, ast_show, path), F(BOOL, ast_show, negated),
    F(BOOL, ast_show, ignore_case), F(TEXT, ast_show, like))
FIELDS(ast_describe, F(INT, ast_describe, object), F(BOOL, ast_describe, extended),
    F(NAMES, ast_describe, path))
FIELDS(ast_update, F(NAMES, ast_update, path), F(LIST, ast_update, assignments),
    F(NODE, ast_update, where))
FIELDS(ast_delete, F(NAMES, ast_delete, path), F(NODE, ast_delete, where))
FIELDS(ast_truncate, F(NAMES, ast_truncate, path))
FIELDS(ast_analyze, F(NAMES, ast_analyze, path), F(BOOL, ast_analyze, all_columns),
    F(NAMES, ast_analyze, columns))
FIELDS(ast_column_def, F(INT, ast_column_def, form), F(NAME, ast_column_def, name),
    F(NODE, ast_column_def, type), F(NODE, ast_column_def, expr),
    F(TEXT, ast_column_def, metadata_key), F(BOOL, ast_column_def, is_virtual),
    F(BOOL, ast_column_def, header), F(BOOL, ast_column_def, primary_key),
    F(BOOL, ast_column_def, unique), F(BOOL, ast_column_def, not_enforced),
    F(TEXT, ast_column_def, comment))
FIELDS(ast_watermark, F(NAME, ast_watermark, name), F(NAMES, ast_watermark, column),
    F(NODE, ast_watermark, expr))
FIELDS(ast_key, F(INT, ast_key, what), F(NAME, ast_key, name), F(NAMES, ast_key, columns),
    F(BOOL, ast_key, not_enforced), F(BOOL, ast_key, enforced))
FIELDS(ast_like_table, F(NAMES, ast_like_table, path), F(LIST, ast_like_table, options))
FIELDS(ast_like_option, F(INT, ast_like_option, mode), F(NAME, ast_like_option, feature))

struct kind_fields {
    const struct field *fields;
    size_t count;
};

#define K(kind, name) [kind] = { name##_fields, countof(name##_fields) }
static const struct kind_fields kinds[] = {
    K(AST_LITERAL, ast_literal), K(AST_COLUMN, ast_column), K(AST_STAR, ast_star),
    K(AST_UNARY, ast_unary), K(AST_BINARY, ast_binary), K(AST_IS, ast_is),
    K(AST_BETWEEN, ast_between), K(AST_LIKE, ast_like), K(AST_IN, ast_in),
    K(AST_QUANTIFIED, ast_quantified), K(AST_EXISTS, ast_subquery),
    K(AST_SUBQUERY, ast_subquery), K(AST_CASE, ast_case), K(AST_CAST, ast_cast),
    K(AST_ROW, ast_items), K(AST_ARRAY, ast_items), K(AST_MAP, ast_items),
    K(AST_INDEX, ast_index), K(AST_FIELD, ast_field), K(AST_CALL, ast_call),
    K(AST_JSON, ast_json), K(AST_UNIT, ast_unit), K(AST_NAMED_ARG, ast_named_arg),
    K(AST_DESCRIPTOR, ast_descriptor), K(AST_TABLE_ARG, ast_table_arg), K(AST_TYPE, ast_type),
    K(AST_TYPE_FIELD, ast_type_field), K(AST_FROM_TABLE, ast_from_table),
    K(AST_FROM_QUERY, ast_from_query), K(AST_FROM_CALL, ast_from_call),
    K(AST_FROM_UNNEST, ast_from_unnest), K(AST_FROM_MATCH, ast_from_match),
    K(AST_JOIN, ast_join), K(AST_QUERY, ast_query), K(AST_SELECT, ast_select),
    K(AST_VALUES, ast_items), K(AST_SETOP, ast_setop), K(AST_TABLE_BODY, ast_table_body),
    K(AST_SELECT_ITEM, ast_select_item), K(AST_CTE, ast_cte), K(AST_ORDER_ITEM, ast_order_item),
    K(AST_GROUPING, ast_grouping), K(AST_WINDOW, ast_window), K(AST_HINT, ast_hint),
    K(AST_OPTION, ast_option), K(AST_EMIT, ast_emit), K(AST_CREATE_TABLE, ast_create_table),
    K(AST_CREATE_VIEW, ast_create_view), K(AST_CREATE_FUNCTION, ast_create_function),
    K(AST_CREATE_CATALOG, ast_create_catalog), K(AST_CREATE_DATABASE, ast_create_catalog),
    K(AST_USE, ast_use), K(AST_DROP, ast_drop), K(AST_ALTER, ast_alter), K(AST_SET, ast_set),
    K(AST_RESET, ast_reset), K(AST_INSERT, ast_insert), K(AST_STATEMENT_SET, ast_statement_set),
    K(AST_PLAN, ast_plan), K(AST_EXPLAIN, ast_explain), K(AST_SHOW, ast_show),
    K(AST_DESCRIBE, ast_describe), K(AST_UPDATE, ast_update), K(AST_DELETE, ast_delete),
    K(AST_TRUNCATE, ast_truncate), K(AST_ANALYZE, ast_analyze),
    K(AST_COLUMN_DEF, ast_column_def), K(AST_WATERMARK, ast_watermark), K(AST_KEY, ast_key),
    K(AST_LIKE_TABLE, ast_like_table), K(AST_LIKE_OPTION, ast_like_option),
    K(AST_WHEN, ast_when),
};
/* clang-format on */

static const void *field_at(const struct ast_node *node, const struct field *field)
{
    return (const char *)node + field->offset;
}

/* Pointers to different structs have one representation here, as everywhere on POSIX. */
static const struct ast_node *node_at(const void *at)
{
    const struct ast_node *node;
    memcpy(&node, at, sizeof node);
    return node;
}

bool ast_each_child(const struct ast_node *node, bool (*fn)(void *cx, const struct ast_node *child),
                    void *cx)
{
    const struct kind_fields *kind = &kinds[node->kind];
    for (size_t f = 0; f < kind->count; f++) {
        const void *at = field_at(node, &kind->fields[f]);
        const struct ast_node *child = NULL;
        switch (kind->fields[f].type) {
        case FIELD_LIST: {
            const struct ast_list *list = at;
            for (uint32_t i = 0; i < list->count; i++)
                if (!fn(cx, list->items[i]))
                    return false;
            continue;
        }
        case FIELD_NODE:
            child = node_at(at);
            break;
        case FIELD_JSON_ON:
            child = ((const struct ast_json_on *)at)->value;
            break;
        case FIELD_BOUND:
            child = ((const struct ast_bound *)at)->offset;
            break;
        default:
            continue;
        }
        if (child && !fn(cx, child))
            return false;
    }
    return true;
}

static bool names_equal(const struct ast_names *a, const struct ast_names *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!str_eq(a->items[i].text, b->items[i].text))
            return false;
    return true;
}

/* An absent text differs from an empty one. */
static bool texts_equal(struct str a, struct str b)
{
    return (a.data != NULL) == (b.data != NULL) && str_eq(a, b);
}

static bool lists_equal(const struct ast_list *a, const struct ast_list *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!ast_equal(a->items[i], b->items[i]))
            return false;
    return true;
}

static bool values_equal(enum field_type type, const void *a, const void *b)
{
    switch (type) {
    case FIELD_NODE:
        return ast_equal(node_at(a), node_at(b));
    case FIELD_LIST:
        return lists_equal(a, b);
    case FIELD_NAME:
        return texts_equal(((const struct ast_name *)a)->text, ((const struct ast_name *)b)->text);
    case FIELD_NAMES:
        return names_equal(a, b);
    case FIELD_TEXT:
        return texts_equal(((const struct ast_text *)a)->text, ((const struct ast_text *)b)->text);
    case FIELD_STR:
        return texts_equal(*(const struct str *)a, *(const struct str *)b);
    case FIELD_BOOL:
        return *(const bool *)a == *(const bool *)b;
    case FIELD_INT:
        return memcmp(a, b, sizeof(int)) == 0;
    case FIELD_I64:
        return *(const int64_t *)a == *(const int64_t *)b;
    case FIELD_INTERVAL: {
        const struct ast_interval_spec *x = a, *y = b;
        return x->from == y->from && x->to == y->to && x->precision == y->precision &&
               x->fraction == y->fraction;
    }
    case FIELD_JSON_ON: {
        const struct ast_json_on *x = a, *y = b;
        return x->behavior == y->behavior && ast_equal(x->value, y->value);
    }
    case FIELD_BOUND: {
        const struct ast_bound *x = a, *y = b;
        return x->what == y->what && ast_equal(x->offset, y->offset);
    }
    case FIELD_ALIAS: {
        const struct ast_alias *x = a, *y = b;
        return texts_equal(x->name.text, y->name.text) && names_equal(&x->columns, &y->columns);
    }
    }
    return false;
}

bool ast_equal(const struct ast_node *a, const struct ast_node *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind)
        return false;
    const struct kind_fields *kind = &kinds[a->kind];
    for (size_t f = 0; f < kind->count; f++)
        if (!values_equal(kind->fields[f].type, field_at(a, &kind->fields[f]),
                          field_at(b, &kind->fields[f])))
            return false;
    return true;
}

bool ast_script_equal(const struct ast_script *a, const struct ast_script *b)
{
    return lists_equal(&a->statements, &b->statements);
}
