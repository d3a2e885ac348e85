/* print_call.c -- calls: ordinary ones, those with words between their arguments, and the
 * JSON family.  The counterpart of build_call.c. */
#include "sql/lexer.h"
#include "sql/print.h"

#include "sql.h"

/* Keywords that are ordinary functions in front of a parenthesis. */
static bool is_function_word(struct str word)
{
    static const char *const words[] = { "LEFT", "RIGHT",     "IF",   "REPLACE",
                                         "DATE", "TIMESTAMP", "TIME", "TRUNCATE" };
    for (size_t i = 0; i < countof(words); i++)
        if (str_iis(word, words[i]))
            return true;
    return false;
}

static const struct ast_unit *unit_arg(const struct ast_call *call, uint32_t i)
{
    if (i >= call->args.count || call->args.items[i]->kind != AST_UNIT)
        return NULL;
    return (const struct ast_unit *)call->args.items[i];
}

/* Is it a call with nothing but arguments, all of them expressions? */
static bool has_plain_args(const struct ast_call *call)
{
    if (call->star || call->distinct || call->order_by.count > 0)
        return false;
    for (uint32_t i = 0; i < call->args.count; i++)
        switch (call->args.items[i]->kind) {
        case AST_NAMED_ARG:
        case AST_DESCRIPTOR:
        case AST_TABLE_ARG:
        case AST_UNIT:
            return false;
        default:
            break;
        }
    return true;
}

/* TRIM, EXTRACT and the others with words between their arguments; false: not one of them. */
static bool print_special(struct printer *p, const struct ast_call *call)
{
    if (call->path.count != 1 || call->path.items[0].text.size < 4)
        return false;
    struct str name = call->path.items[0].text;
    uint32_t n = call->args.count;
    struct ast_node **args = call->args.items;
    if (str_iis(name, "EXTRACT") && n == 2 && unit_arg(call, 0)) {
        buf_printf(p->out, "EXTRACT(%s FROM ", ast_unit_name(unit_arg(call, 0)->unit));
        print_expr(p, args[1], LEVEL_ANY);
    } else if ((str_iis(name, "FLOOR") || str_iis(name, "CEIL") || str_iis(name, "CEILING")) &&
               n == 2 && unit_arg(call, 1)) {
        buf_str(p->out, name);
        buf_char(p->out, '(');
        print_expr(p, args[0], LEVEL_ANY);
        buf_printf(p->out, " TO %s", ast_unit_name(unit_arg(call, 1)->unit));
    } else if (!has_plain_args(call)) {
        return false;
    } else if (str_iis(name, "POSITION") && (n == 2 || n == 3)) {
        buf_text(p->out, "POSITION(");
        print_expr(p, args[0], LEVEL_ADD);
        buf_text(p->out, " IN ");
        print_expr(p, args[1], LEVEL_ADD);
        if (n == 3) {
            buf_text(p->out, " FROM ");
            print_expr(p, args[2], LEVEL_ADD);
        }
    } else if (str_iis(name, "TRIM") && call->trim_side != TRIM_BOTH && n >= 1) {
        buf_text(p->out, call->trim_side == TRIM_LEADING ? "TRIM(LEADING " : "TRIM(TRAILING ");
        if (n == 2) {
            print_expr(p, args[1], LEVEL_ANY);
            buf_char(p->out, ' ');
        }
        buf_text(p->out, "FROM ");
        print_expr(p, args[0], LEVEL_ANY);
    } else if (n > 0 &&
               (str_iis(name, "TRIM") || str_iis(name, "SUBSTRING") || str_iis(name, "OVERLAY") ||
                str_iis(name, "FLOOR") || str_iis(name, "CEIL") || str_iis(name, "CEILING"))) {
        buf_str(p->out, name);
        buf_char(p->out, '(');
        print_exprs(p, &call->args);
    } else {
        return false;
    }
    buf_char(p->out, ')');
    return true;
}

static void print_args(struct printer *p, const struct ast_call *call)
{
    struct str name = call->path.items[call->path.count - 1].text;
    bool unit_first = str_iis(name, "TIMESTAMPADD") || str_iis(name, "TIMESTAMPDIFF");
    if (call->star)
        buf_char(p->out, '*');
    if (call->distinct)
        buf_text(p->out, "DISTINCT ");
    for (uint32_t i = 0; i < call->args.count; i++) {
        const struct ast_node *arg = call->args.items[i];
        const struct ast_column *column = (const struct ast_column *)arg;
        if (i > 0)
            buf_text(p->out, ", ");
        /* A column here would be taken for a unit. */
        if (i == 0 && unit_first && arg->kind == AST_COLUMN && column->path.count == 1)
            print_quoted(p, column->path.items[0].text);
        else
            print_expr(p, arg, LEVEL_ANY);
    }
    if (call->order_by.count > 0) {
        buf_text(p->out, " ORDER BY ");
        print_list(p, &call->order_by);
    }
}

static void print_filter_over(struct printer *p, const struct ast_node *filter,
                              const struct ast_window *over)
{
    if (filter) {
        buf_text(p->out, " FILTER (WHERE ");
        print_expr(p, filter, LEVEL_ANY);
        buf_char(p->out, ')');
    }
    if (over) {
        buf_text(p->out, " OVER ");
        print_window(p, over);
    }
}

void print_call(struct printer *p, const struct ast_call *call, bool plain)
{
    struct str name = call->path.items[0].text;
    if (call->bare) {
        buf_str(p->out, name);
        return;
    }
    if (plain || !print_special(p, call)) {
        if (call->path.count == 1 && is_function_word(name))
            buf_str(p->out, name);
        else if (call->path.count == 1 && print_is_word(name) && sql_keyword_code(name) == TK_ID)
            buf_str(p->out, name); /* CURRENT_WATERMARK(x) needs no quotes */
        else
            print_path(p, &call->path);
        buf_char(p->out, '(');
        print_args(p, call);
        buf_char(p->out, ')');
    }
    if (call->nulls != CALL_NULLS_DEFAULT)
        buf_text(p->out, call->nulls == CALL_IGNORE_NULLS ? " IGNORE NULLS" : " RESPECT NULLS");
    if (call->within_group.count > 0) {
        buf_text(p->out, " WITHIN GROUP (ORDER BY ");
        print_list(p, &call->within_group);
        buf_char(p->out, ')');
    }
    print_filter_over(p, call->filter, call->over);
}

static void print_json_on(struct printer *p, const struct ast_json_on *on, const char *what)
{
    static const char *const texts[] = {
        [JSON_ON_NULL] = " NULL",
        [JSON_ON_ERROR] = " ERROR",
        [JSON_ON_VALUE] = " DEFAULT ",
        [JSON_ON_TRUE] = " TRUE",
        [JSON_ON_FALSE] = " FALSE",
        [JSON_ON_UNKNOWN] = " UNKNOWN",
        [JSON_ON_EMPTY_ARRAY] = " EMPTY ARRAY",
        [JSON_ON_EMPTY_OBJECT] = " EMPTY OBJECT",
    };
    if (on->behavior == JSON_ON_DEFAULT_)
        return;
    buf_text(p->out, texts[on->behavior]);
    if (on->value)
        print_expr(p, on->value, LEVEL_ANY);
    buf_printf(p->out, " ON %s", what);
}

void print_json(struct printer *p, const struct ast_json *json)
{
    static const char *const names[] = {
        [JSON_FUNC_VALUE] = "JSON_VALUE",       [JSON_FUNC_QUERY] = "JSON_QUERY",
        [JSON_FUNC_EXISTS] = "JSON_EXISTS",     [JSON_FUNC_OBJECT] = "JSON_OBJECT",
        [JSON_FUNC_ARRAY] = "JSON_ARRAY",       [JSON_FUNC_OBJECTAGG] = "JSON_OBJECTAGG",
        [JSON_FUNC_ARRAYAGG] = "JSON_ARRAYAGG",
    };
    static const char *const wrappers[] = {
        [JSON_WRAPPER_DEFAULT_] = "",
        [AST_JSON_WITHOUT_WRAPPER] = " WITHOUT WRAPPER",
        [AST_JSON_WITH_CONDITIONAL_WRAPPER] = " WITH CONDITIONAL WRAPPER",
        [AST_JSON_WITH_WRAPPER] = " WITH WRAPPER",
    };
    bool pairs = json->func == JSON_FUNC_OBJECT || json->func == JSON_FUNC_OBJECTAGG;
    buf_printf(p->out, "%s(", names[json->func]);
    for (uint32_t i = 0; i < json->args.count; i++) {
        bool key = pairs && i % 2 == 0;
        if (i > 0)
            buf_text(p->out, key || !pairs ? ", " : " VALUE ");
        print_expr(p, json->args.items[i], LEVEL_ANY);
    }
    if (json->returning) {
        buf_text(p->out, " RETURNING ");
        print_type(p, json->returning);
    }
    buf_text(p->out, wrappers[json->wrapper]);
    print_json_on(p, &json->on_empty, "EMPTY");
    print_json_on(p, &json->on_error, "ERROR");
    if (json->nulls != JSON_NULLS_DEFAULT_) {
        if (json->args.count > 0)
            buf_char(p->out, ' ');
        buf_text(p->out, json->nulls == JSON_NULL_ON_NULL ? "NULL ON NULL" : "ABSENT ON NULL");
    }
    buf_char(p->out, ')');
    print_filter_over(p, json->filter, json->over);
}

void print_table_arg(struct printer *p, const struct ast_table_arg *arg)
{
    const struct {
        const char *text;
        const struct ast_list *list;
    } parts[] = { { " PARTITION BY ", &arg->partition_by }, { " ORDER BY ", &arg->order_by } };
    buf_text(p->out, "TABLE ");
    if (arg->query) {
        buf_char(p->out, '(');
        print_query(p, arg->query);
        buf_char(p->out, ')');
    } else {
        print_path(p, &arg->table);
    }
    for (size_t i = 0; i < countof(parts); i++) {
        if (parts[i].list->count == 0)
            continue;
        buf_text(p->out, parts[i].text);
        if (parts[i].list->count == 1) {
            print_node(p, parts[i].list->items[0]);
            continue;
        }
        /* Several keys come from a row, which has one direction. */
        const struct ast_node *first = parts[i].list->items[0];
        buf_char(p->out, '(');
        for (uint32_t k = 0; k < parts[i].list->count; k++) {
            const struct ast_node *key = parts[i].list->items[k];
            if (k > 0)
                buf_text(p->out, ", ");
            if (key->kind == AST_ORDER_ITEM)
                key = ((const struct ast_order_item *)key)->expr;
            print_expr(p, key, LEVEL_ANY);
        }
        buf_char(p->out, ')');
        if (first->kind == AST_ORDER_ITEM) {
            const struct ast_order_item *item = (const struct ast_order_item *)first;
            if (item->descending)
                buf_text(p->out, " DESC");
            if (item->nulls != NULLS_DEFAULT)
                buf_text(p->out, item->nulls == NULLS_FIRST ? " NULLS FIRST" : " NULLS LAST");
        }
    }
}
