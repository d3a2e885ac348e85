/* print_query.c -- queries and what stands in FROM. */
#include "sql/print.h"

void print_hints(struct printer *p, const struct ast_list *hints)
{
    if (hints->count == 0)
        return;
    buf_text(p->out, " /*+ ");
    print_list(p, hints);
    buf_text(p->out, " */");
}

static void print_hint(struct printer *p, const struct ast_hint *hint)
{
    print_name(p, &hint->name);
    if (hint->options.count == 0 && hint->arguments.count == 0)
        return;
    buf_char(p->out, '(');
    print_list(p, &hint->options);
    if (hint->options.count > 0 && hint->arguments.count > 0)
        buf_text(p->out, ", ");
    print_list(p, &hint->arguments);
    buf_char(p->out, ')');
}

static void print_option(struct printer *p, const struct ast_option *option)
{
    if (option->placeholder) {
        buf_text(p->out, "...");
        return;
    }
    print_string(p, option->key);
    if (option->value.data) {
        buf_text(p->out, " = ");
        print_string(p, option->value);
    }
}

static void print_alias(struct printer *p, const struct ast_alias *alias)
{
    if (!ast_has_name(&alias->name))
        return;
    buf_text(p->out, " AS ");
    print_name(p, &alias->name);
    if (alias->columns.count > 0) {
        buf_char(p->out, ' ');
        print_names(p, &alias->columns);
    }
}

static void print_in_parens(struct printer *p, const struct ast_node *node, bool parens)
{
    if (parens)
        buf_char(p->out, '(');
    print_node(p, node);
    if (parens)
        buf_char(p->out, ')');
}

/* ---- FROM -------------------------------------------------------------------------------- */

static void print_join(struct printer *p, const struct ast_join *join)
{
    static const char *const words[] = {
        [JOIN_COMMA] = ", ",
        [JOIN_CROSS] = " CROSS JOIN ",
        [JOIN_INNER] = " JOIN ",
        [JOIN_LEFT] = " LEFT JOIN ",
        [JOIN_RIGHT] = " RIGHT JOIN ",
        [JOIN_FULL] = " FULL JOIN ",
        [JOIN_SEMI] = " LEFT SEMI JOIN ",
        [JOIN_ANTI] = " LEFT ANTI JOIN ",
    };
    const struct ast_join *left = (const struct ast_join *)join->left;
    const struct ast_join *right = (const struct ast_join *)join->right;
    bool comma = join->what == JOIN_COMMA;
    bool left_comma = left->node.kind == AST_JOIN && left->what == JOIN_COMMA;
    bool right_comma = right->node.kind == AST_JOIN && right->what == JOIN_COMMA;
    print_in_parens(p, join->left, left_comma && !comma);
    if (join->natural)
        buf_text(p->out, " NATURAL");
    buf_text(p->out, words[join->what]);
    print_in_parens(p, join->right, right->node.kind == AST_JOIN && (!comma || right_comma));
    if (join->on) {
        buf_text(p->out, " ON ");
        print_expr(p, join->on, LEVEL_ANY);
    }
    if (join->using_.count > 0) {
        buf_text(p->out, " USING ");
        print_names(p, &join->using_);
    }
}

static void print_as_of(struct printer *p, const struct ast_node *as_of)
{
    if (as_of) {
        buf_text(p->out, " FOR SYSTEM_TIME AS OF ");
        print_expr(p, as_of, LEVEL_ANY);
    }
}

static void print_from_call(struct printer *p, const struct ast_from_call *from)
{
    if (from->lateral)
        buf_text(p->out, "LATERAL ");
    if (from->wrapped)
        buf_text(p->out, "TABLE(");
    print_call(p, from->call, true);
    if (from->wrapped)
        buf_char(p->out, ')');
    print_hints(p, &from->hints);
    print_as_of(p, from->as_of);
    print_alias(p, &from->alias);
}

static bool print_from(struct printer *p, const struct ast_node *node)
{
    switch (node->kind) {
    case AST_FROM_TABLE: {
        const struct ast_from_table *from = (const struct ast_from_table *)node;
        print_path(p, &from->path);
        print_hints(p, &from->hints);
        print_as_of(p, from->as_of);
        print_alias(p, &from->alias);
        return true;
    }
    case AST_FROM_QUERY: {
        const struct ast_from_query *from = (const struct ast_from_query *)node;
        buf_text(p->out, from->lateral ? "LATERAL (" : "(");
        print_query(p, from->query);
        buf_char(p->out, ')');
        print_alias(p, &from->alias);
        return true;
    }
    case AST_FROM_CALL:
        print_from_call(p, (const struct ast_from_call *)node);
        return true;
    case AST_FROM_UNNEST: {
        const struct ast_from_unnest *from = (const struct ast_from_unnest *)node;
        buf_text(p->out, "UNNEST(");
        print_exprs(p, &from->args);
        buf_text(p->out, from->with_ordinality ? ") WITH ORDINALITY" : ")");
        print_alias(p, &from->alias);
        return true;
    }
    case AST_FROM_MATCH: {
        const struct ast_from_match *from = (const struct ast_from_match *)node;
        print_node(p, from->input);
        buf_text(p->out, " MATCH_RECOGNIZE (");
        buf_str(p->out, from->pattern.text);
        buf_text(p->out, "\n)"); /* the pattern may end in a comment */
        print_alias(p, &from->alias);
        return true;
    }
    case AST_JOIN:
        print_join(p, (const struct ast_join *)node);
        return true;
    default:
        return false;
    }
}

/* ---- SELECT ------------------------------------------------------------------------------ */

static void print_clause(struct printer *p, const char *word, const struct ast_node *expr)
{
    if (expr) {
        buf_text(p->out, word);
        print_node(p, expr);
    }
}

static void print_clause_list(struct printer *p, const char *words, const struct ast_list *list)
{
    if (list->count > 0) {
        buf_text(p->out, words);
        print_list(p, list);
    }
}

static void print_select(struct printer *p, const struct ast_select *select)
{
    buf_text(p->out, "SELECT");
    print_hints(p, &select->hints);
    buf_text(p->out, select->distinct ? " DISTINCT " : select->all ? " ALL " : " ");
    print_list(p, &select->items);
    print_clause(p, " FROM ", select->from);
    print_clause(p, " WHERE ", select->where);
    print_clause_list(p, " GROUP BY ", &select->group_by);
    print_clause(p, " HAVING ", select->having);
    print_clause_list(p, " WINDOW ", &select->windows);
    print_clause(p, " QUALIFY ", select->qualify);
}

static void print_grouping(struct printer *p, const struct ast_grouping *grouping)
{
    static const char *const words[] = {
        [GROUPING_SET] = "(",
        [GROUPING_SETS] = "GROUPING SETS (",
        [GROUPING_ROLLUP] = "ROLLUP (",
        [GROUPING_CUBE] = "CUBE (",
    };
    buf_text(p->out, words[grouping->what]);
    print_list(p, &grouping->items);
    buf_char(p->out, ')');
}

static void print_order_item(struct printer *p, const struct ast_order_item *item)
{
    print_expr(p, item->expr, LEVEL_ANY);
    if (item->descending)
        buf_text(p->out, " DESC");
    if (item->nulls != NULLS_DEFAULT)
        buf_text(p->out, item->nulls == NULLS_FIRST ? " NULLS FIRST" : " NULLS LAST");
}

static void print_bound(struct printer *p, const struct ast_bound *bound)
{
    switch (bound->what) {
    case BOUND_UNBOUNDED_PRECEDING:
        buf_text(p->out, "UNBOUNDED PRECEDING");
        break;
    case BOUND_UNBOUNDED_FOLLOWING:
        buf_text(p->out, "UNBOUNDED FOLLOWING");
        break;
    case BOUND_CURRENT_ROW:
        buf_text(p->out, "CURRENT ROW");
        break;
    case BOUND_PRECEDING:
    case BOUND_FOLLOWING:
        print_node(p, bound->offset);
        buf_text(p->out, bound->what == BOUND_PRECEDING ? " PRECEDING" : " FOLLOWING");
        break;
    }
}

void print_window(struct printer *p, const struct ast_window *window)
{
    if (window->reference) {
        print_name(p, &window->base);
        return;
    }
    const char *blank = "";
    buf_char(p->out, '(');
    if (ast_has_name(&window->base)) {
        print_name(p, &window->base);
        blank = " ";
    }
    if (window->partition_by.count > 0) {
        buf_printf(p->out, "%sPARTITION BY ", blank);
        print_exprs(p, &window->partition_by);
        blank = " ";
    }
    if (window->order_by.count > 0) {
        buf_printf(p->out, "%sORDER BY ", blank);
        print_list(p, &window->order_by);
        blank = " ";
    }
    if (window->frame != FRAME_NONE) {
        buf_printf(p->out, "%s%s ", blank, window->frame == FRAME_ROWS ? "ROWS" : "RANGE");
        buf_text(p->out, window->end_given ? "BETWEEN " : "");
        print_bound(p, &window->start);
        if (window->end_given) {
            buf_text(p->out, " AND ");
            print_bound(p, &window->end);
        }
    }
    buf_char(p->out, ')');
}

static void print_emit(struct printer *p, const struct ast_emit *emit)
{
    if (emit->without_delay) {
        buf_text(p->out, "WITHOUT DELAY");
    } else {
        buf_text(p->out, "WITH DELAY ");
        buf_str(p->out, emit->delay->text);
        if (emit->delay->what == LIT_INTERVAL)
            buf_printf(p->out, " %s", ast_unit_name(emit->delay->interval.from));
    }
    buf_text(p->out, emit->after_watermark ? " AFTER WATERMARK" : " BEFORE WATERMARK");
}

/* ---- queries ----------------------------------------------------------------------------- */

static bool is_setop(const struct ast_node *node, bool intersect)
{
    if (node->kind != AST_SETOP)
        return false;
    return (((const struct ast_setop *)node)->what == SETOP_INTERSECT) == intersect;
}

/* INTERSECT binds tighter; UNION and EXCEPT go from left to right. */
static void print_setop(struct printer *p, const struct ast_setop *setop)
{
    static const char *const words[] = {
        [SETOP_UNION] = "UNION",
        [SETOP_INTERSECT] = "INTERSECT",
        [SETOP_EXCEPT] = "EXCEPT",
    };
    bool tight = setop->what == SETOP_INTERSECT;
    bool left = setop->left->kind == AST_QUERY || (tight && is_setop(setop->left, false));
    bool right = setop->right->kind == AST_QUERY || is_setop(setop->right, false) ||
                 (tight && is_setop(setop->right, true));
    print_in_parens(p, setop->left, left);
    buf_printf(p->out, " %s %s", words[setop->what], setop->all ? "ALL " : "");
    print_in_parens(p, setop->right, right);
}

static void print_cte(struct printer *p, const struct ast_cte *cte)
{
    print_name(p, &cte->name);
    if (cte->columns.count > 0) {
        buf_char(p->out, ' ');
        print_names(p, &cte->columns);
    }
    buf_text(p->out, " AS (");
    print_query(p, cte->query);
    buf_char(p->out, ')');
}

void print_query(struct printer *p, const struct ast_query *query)
{
    if (query->ctes.count > 0) {
        buf_text(p->out, query->recursive ? "WITH RECURSIVE " : "WITH ");
        print_list(p, &query->ctes);
        buf_char(p->out, ' ');
    }
    print_in_parens(p, query->body, query->body->kind == AST_QUERY);
    print_clause_list(p, " ORDER BY ", &query->order_by);
    print_clause(p, " LIMIT ", query->limit);
    print_clause(p, " OFFSET ", query->offset);
    print_clause_list(p, " EMIT ", &query->emit);
}

bool print_query_node(struct printer *p, const struct ast_node *node)
{
    switch (node->kind) {
    case AST_QUERY:
        print_query(p, (const struct ast_query *)node);
        return true;
    case AST_SELECT:
        print_select(p, (const struct ast_select *)node);
        return true;
    case AST_VALUES:
        buf_text(p->out, "VALUES ");
        print_exprs(p, &((const struct ast_items *)node)->items);
        return true;
    case AST_SETOP:
        print_setop(p, (const struct ast_setop *)node);
        return true;
    case AST_TABLE_BODY:
        buf_text(p->out, "TABLE ");
        print_path(p, &((const struct ast_table_body *)node)->path);
        return true;
    case AST_SELECT_ITEM: {
        const struct ast_select_item *item = (const struct ast_select_item *)node;
        print_expr(p, item->expr, LEVEL_ANY);
        if (ast_has_name(&item->alias)) {
            buf_text(p->out, " AS ");
            print_name(p, &item->alias);
        }
        return true;
    }
    case AST_CTE:
        print_cte(p, (const struct ast_cte *)node);
        return true;
    case AST_ORDER_ITEM:
        print_order_item(p, (const struct ast_order_item *)node);
        return true;
    case AST_GROUPING:
        print_grouping(p, (const struct ast_grouping *)node);
        return true;
    case AST_WINDOW: {
        const struct ast_window *window = (const struct ast_window *)node;
        if (ast_has_name(&window->name)) {
            print_name(p, &window->name);
            buf_text(p->out, " AS ");
        }
        print_window(p, window);
        return true;
    }
    case AST_HINT:
        print_hint(p, (const struct ast_hint *)node);
        return true;
    case AST_OPTION:
        print_option(p, (const struct ast_option *)node);
        return true;
    case AST_EMIT:
        print_emit(p, (const struct ast_emit *)node);
        return true;
    default:
        return print_from(p, node);
    }
}
