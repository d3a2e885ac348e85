/* ast_print.c -- tree to canonical SQL: names, types and expressions; print_call.c,
 * print_query.c and print_statement.c have the rest.
 *
 * What always holds: parsing the result gives an equal tree.  Parentheses follow from
 * levels, the same as in the precedence table of grammar/sql.y; an operand is put into
 * parentheses if its level is lower than the place asks for.  Names that are keywords
 * anywhere are put into backquotes everywhere, which is more than needed and always
 * right. */
#include "sql/ast.h"

#include "sql/lexer.h"
#include "sql/print.h"

#include "sql.h"

/* ---- names ------------------------------------------------------------------------------- */

bool print_is_word(struct str text)
{
    if (text.size == 0)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool digit = c >= '0' && c <= '9';
        if (!letter && !(digit && i > 0))
            return false;
    }
    return true;
}

void print_quoted(struct printer *p, struct str text)
{
    buf_char(p->out, '`');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '`')
            buf_char(p->out, '`');
        buf_char(p->out, text.data[i]);
    }
    buf_char(p->out, '`');
}

/* CURRENT_TIMESTAMP as a column, and in general what would be read as something else. */
static bool is_taken(struct str text)
{
    if (sql_keyword_code(text) != TK_ID)
        return true;
    return (text.size > 8 && str_ieq(str_make(text.data, 8), STR("CURRENT_"))) ||
           str_iis(text, "LOCALTIME") || str_iis(text, "LOCALTIMESTAMP") ||
           str_iis(text, "SESSION_USER");
}

static void print_word(struct printer *p, struct str text)
{
    if (print_is_word(text) && !is_taken(text))
        buf_str(p->out, text);
    else
        print_quoted(p, text);
}

void print_name(struct printer *p, const struct ast_name *name)
{
    print_word(p, name->text);
}

void print_path(struct printer *p, const struct ast_names *path)
{
    for (uint32_t i = 0; i < path->count; i++) {
        if (i > 0)
            buf_char(p->out, '.');
        print_name(p, &path->items[i]);
    }
}

void print_names(struct printer *p, const struct ast_names *names)
{
    buf_char(p->out, '(');
    for (uint32_t i = 0; i < names->count; i++) {
        if (i > 0)
            buf_text(p->out, ", ");
        print_name(p, &names->items[i]);
    }
    buf_char(p->out, ')');
}

void print_string(struct printer *p, struct str text)
{
    buf_char(p->out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'')
            buf_char(p->out, '\'');
        buf_char(p->out, text.data[i]);
    }
    buf_char(p->out, '\'');
}

void print_list(struct printer *p, const struct ast_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_text(p->out, ", ");
        print_node(p, list->items[i]);
    }
}

void print_exprs(struct printer *p, const struct ast_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_text(p->out, ", ");
        print_expr(p, list->items[i], LEVEL_ANY);
    }
}

/* ---- types ------------------------------------------------------------------------------- */

static void print_interval_spec(struct printer *p, const struct ast_interval_spec *spec)
{
    bool single = spec->to == UNIT_NONE;
    buf_text(p->out, ast_unit_name(spec->from));
    if (spec->precision >= 0) {
        buf_printf(p->out, "(%d", spec->precision);
        if (single && spec->fraction >= 0)
            buf_printf(p->out, ", %d", spec->fraction);
        buf_char(p->out, ')');
    }
    if (single)
        return;
    buf_printf(p->out, " TO %s", ast_unit_name(spec->to));
    if (spec->fraction >= 0)
        buf_printf(p->out, "(%d)", spec->fraction);
}

static void print_type_name(struct printer *p, const struct ast_type *type)
{
    bool builtin = type->path.count == 1 && !type->path.items[0].quoted;
    if (!builtin) {
        for (uint32_t i = 0; i < type->path.count; i++) {
            if (i > 0)
                buf_char(p->out, '.');
            print_quoted(p, type->path.items[i].text);
        }
    } else if (str_is(type->name, "DATE") || str_is(type->name, "TIME") ||
               str_is(type->name, "TIMESTAMP")) {
        buf_str(p->out, type->name);
    } else {
        print_word(p, type->name);
    }
    if (type->param_count == 1)
        buf_printf(p->out, "(%lld)", (long long)type->params[0]);
    if (type->param_count == 2)
        buf_printf(p->out, "(%lld, %lld)", (long long)type->params[0], (long long)type->params[1]);
}

void print_type(struct printer *p, const struct ast_type *type)
{
    switch (type->form) {
    case AST_TYPE_NAMED:
        print_type_name(p, type);
        break;
    case AST_TYPE_INTERVAL:
        buf_text(p->out, "INTERVAL ");
        print_interval_spec(p, &type->interval);
        break;
    case AST_TYPE_ARRAY:
    case AST_TYPE_MULTISET:
    case AST_TYPE_MAP:
    case AST_TYPE_ROW:
        buf_text(p->out, type->form == AST_TYPE_ARRAY      ? "ARRAY<"
                         : type->form == AST_TYPE_MULTISET ? "MULTISET<"
                         : type->form == AST_TYPE_MAP      ? "MAP<"
                                                       : "ROW<");
        print_list(p, &type->items);
        buf_char(p->out, '>');
        break;
    }
    if (type->not_null || type->null_given)
        buf_text(p->out, type->not_null ? " NOT NULL" : " NULL");
}

static void print_type_field(struct printer *p, const struct ast_type_field *field)
{
    print_name(p, &field->name);
    buf_char(p->out, ' ');
    print_type(p, field->type);
    if (field->comment.text.data) {
        buf_char(p->out, ' ');
        print_string(p, field->comment.text);
    }
}

/* ---- operators --------------------------------------------------------------------------- */

static int binary_level(enum ast_binary_op op)
{
    switch (op) {
    case BINARY_OR:
        return LEVEL_OR;
    case BINARY_AND:
        return LEVEL_AND;
    case BINARY_ADD:
    case BINARY_SUB:
        return LEVEL_ADD;
    case BINARY_MUL:
    case BINARY_DIV:
    case BINARY_MOD:
    case BINARY_CONCAT:
        return LEVEL_MUL;
    default:
        return LEVEL_COMPARE;
    }
}

static int level_of(const struct ast_node *node)
{
    switch (node->kind) {
    case AST_BINARY:
        return binary_level(((const struct ast_binary *)node)->op);
    case AST_UNARY:
        return ((const struct ast_unary *)node)->op == UNARY_NOT ? LEVEL_NOT : LEVEL_UNARY;
    case AST_IS:
        return LEVEL_IS;
    case AST_QUANTIFIED:
        return LEVEL_COMPARE;
    case AST_BETWEEN:
    case AST_LIKE:
    case AST_IN:
        return LEVEL_LIKE;
    case AST_LITERAL: {
        const struct ast_literal *literal = (const struct ast_literal *)node;
        return literal->negative && literal->what != LIT_INTERVAL ? LEVEL_UNARY : LEVEL_VALUE;
    }
    default:
        return LEVEL_VALUE;
    }
}

static void print_unary(struct printer *p, const struct ast_unary *node)
{
    if (node->op == UNARY_NOT) {
        buf_text(p->out, "NOT ");
        print_expr(p, node->operand, LEVEL_NOT);
        return;
    }
    buf_char(p->out, node->op == UNARY_MINUS ? '-' : '+');
    if (level_of(node->operand) == LEVEL_UNARY)
        buf_char(p->out, ' '); /* -- would begin a comment */
    print_expr(p, node->operand, LEVEL_UNARY);
}

static void print_query_or_list(struct printer *p, const struct ast_query *query,
                                const struct ast_list *list)
{
    buf_char(p->out, '(');
    if (query)
        print_query(p, query);
    else
        print_exprs(p, list);
    buf_char(p->out, ')');
}

static void print_operator(struct printer *p, const struct ast_node *node)
{
    int level = level_of(node);
    switch (node->kind) {
    case AST_UNARY:
        print_unary(p, (const struct ast_unary *)node);
        break;
    case AST_BINARY: {
        const struct ast_binary *binary = (const struct ast_binary *)node;
        print_expr(p, binary->left, level);
        buf_printf(p->out, " %s ", ast_binary_op_text(binary->op));
        print_expr(p, binary->right, level + 1);
        break;
    }
    case AST_IS: {
        static const char *const tests[] = {
            [IS_NULL] = "NULL",
            [IS_TRUE] = "TRUE",
            [IS_FALSE] = "FALSE",
            [IS_UNKNOWN] = "UNKNOWN",
            [IS_JSON_VALUE] = "JSON VALUE",
            [IS_JSON_OBJECT] = "JSON OBJECT",
            [IS_JSON_ARRAY] = "JSON ARRAY",
            [IS_JSON_SCALAR] = "JSON SCALAR",
        };
        const struct ast_is *is = (const struct ast_is *)node;
        print_expr(p, is->operand, level);
        buf_printf(p->out, " IS %s%s", is->negated ? "NOT " : "", tests[is->test]);
        break;
    }
    case AST_QUANTIFIED: {
        const struct ast_quantified *q = (const struct ast_quantified *)node;
        print_expr(p, q->operand, level);
        buf_printf(p->out, " %s %s ", ast_binary_op_text(q->op), q->all ? "ALL" : "ANY");
        print_query_or_list(p, q->query, &q->list);
        break;
    }
    case AST_BETWEEN: {
        const struct ast_between *between = (const struct ast_between *)node;
        print_expr(p, between->operand, level);
        buf_printf(p->out, " %sBETWEEN %s", between->negated ? "NOT " : "",
                   between->symmetric ? "SYMMETRIC " : "");
        print_expr(p, between->low, LEVEL_ADD);
        buf_text(p->out, " AND ");
        print_expr(p, between->high, LEVEL_ADD);
        break;
    }
    case AST_LIKE: {
        const struct ast_like *like = (const struct ast_like *)node;
        print_expr(p, like->operand, level);
        buf_printf(p->out, " %s%s ", like->negated ? "NOT " : "",
                   like->similar ? "SIMILAR TO" : "LIKE");
        print_expr(p, like->pattern, LEVEL_ADD);
        if (like->escape) {
            buf_text(p->out, " ESCAPE ");
            print_expr(p, like->escape, LEVEL_ADD);
        }
        break;
    }
    case AST_IN: {
        const struct ast_in *in = (const struct ast_in *)node;
        print_expr(p, in->operand, level);
        buf_text(p->out, in->negated ? " NOT IN " : " IN ");
        print_query_or_list(p, in->query, &in->list);
        break;
    }
    default:
        break;
    }
}

/* ---- values ------------------------------------------------------------------------------ */

static void print_literal(struct printer *p, const struct ast_literal *literal)
{
    switch (literal->what) {
    case LIT_NULL:
        buf_text(p->out, "NULL");
        return;
    case LIT_TRUE:
        buf_text(p->out, "TRUE");
        return;
    case LIT_FALSE:
        buf_text(p->out, "FALSE");
        return;
    case LIT_UNKNOWN:
        buf_text(p->out, "UNKNOWN");
        return;
    case LIT_DATE:
        buf_text(p->out, "DATE ");
        break;
    case LIT_TIME:
        buf_text(p->out, "TIME ");
        break;
    case LIT_TIMESTAMP:
        buf_text(p->out, "TIMESTAMP ");
        break;
    case LIT_INTERVAL:
        buf_text(p->out, literal->negative ? "INTERVAL -" : "INTERVAL ");
        buf_str(p->out, literal->text);
        buf_char(p->out, ' ');
        print_interval_spec(p, &literal->interval);
        return;
    default:
        if (literal->negative)
            buf_char(p->out, '-');
        break;
    }
    buf_str(p->out, literal->text);
}

/* What .field and [index] may follow without parentheses. */
static bool takes_suffix(const struct ast_node *node)
{
    switch (node->kind) {
    case AST_FIELD:
    case AST_INDEX:
    case AST_JSON:
    case AST_CAST:
        return true;
    case AST_CALL: {
        const struct ast_call *call = (const struct ast_call *)node;
        return !call->bare && !call->over && !call->filter;
    }
    default:
        return false;
    }
}

static void print_suffixed(struct printer *p, const struct ast_node *operand, bool column_fits)
{
    bool bare = takes_suffix(operand) || (column_fits && operand->kind == AST_COLUMN);
    if (!bare)
        buf_char(p->out, '(');
    print_expr(p, operand, LEVEL_ANY);
    if (!bare)
        buf_char(p->out, ')');
}

static void print_case(struct printer *p, const struct ast_case *node)
{
    buf_text(p->out, "CASE");
    if (node->operand) {
        buf_char(p->out, ' ');
        print_expr(p, node->operand, LEVEL_ANY);
    }
    for (uint32_t i = 0; i < node->whens.count; i++) {
        const struct ast_when *when = (const struct ast_when *)node->whens.items[i];
        buf_text(p->out, " WHEN ");
        print_expr(p, when->condition, LEVEL_ANY);
        buf_text(p->out, " THEN ");
        print_expr(p, when->result, LEVEL_ANY);
    }
    if (node->otherwise) {
        buf_text(p->out, " ELSE ");
        print_expr(p, node->otherwise, LEVEL_ANY);
    }
    buf_text(p->out, " END");
}

static void print_items(struct printer *p, const char *open, const struct ast_items *node,
                        const char *close)
{
    buf_text(p->out, open);
    print_exprs(p, &node->items);
    buf_text(p->out, close);
}

static bool print_value(struct printer *p, const struct ast_node *node)
{
    switch (node->kind) {
    case AST_LITERAL:
        print_literal(p, (const struct ast_literal *)node);
        return true;
    case AST_COLUMN:
        print_path(p, &((const struct ast_column *)node)->path);
        return true;
    case AST_STAR: {
        const struct ast_star *star = (const struct ast_star *)node;
        print_path(p, &star->prefix);
        buf_text(p->out, star->prefix.count > 0 ? ".*" : "*");
        return true;
    }
    case AST_EXISTS:
    case AST_SUBQUERY:
        buf_text(p->out, node->kind == AST_EXISTS ? "EXISTS (" : "(");
        print_query(p, ((const struct ast_subquery *)node)->query);
        buf_char(p->out, ')');
        return true;
    case AST_CASE:
        print_case(p, (const struct ast_case *)node);
        return true;
    case AST_CAST: {
        const struct ast_cast *cast = (const struct ast_cast *)node;
        buf_text(p->out, cast->attempt ? "TRY_CAST(" : "CAST(");
        print_expr(p, cast->operand, LEVEL_ANY);
        buf_text(p->out, " AS ");
        print_type(p, cast->type);
        buf_char(p->out, ')');
        return true;
    }
    case AST_ROW: {
        const struct ast_items *row = (const struct ast_items *)node;
        print_items(p, row->keyword ? "ROW(" : "(", row, ")");
        return true;
    }
    case AST_ARRAY:
        print_items(p, "ARRAY[", (const struct ast_items *)node, "]");
        return true;
    case AST_MAP:
        print_items(p, "MAP[", (const struct ast_items *)node, "]");
        return true;
    case AST_INDEX: {
        const struct ast_index *index = (const struct ast_index *)node;
        print_suffixed(p, index->operand, true);
        buf_char(p->out, '[');
        print_expr(p, index->index, LEVEL_ANY);
        buf_char(p->out, ']');
        return true;
    }
    case AST_FIELD: {
        const struct ast_field *field = (const struct ast_field *)node;
        print_suffixed(p, field->operand, false);
        buf_char(p->out, '.');
        if (str_is(field->name.text, "*") && !field->name.quoted)
            buf_char(p->out, '*');
        else
            print_name(p, &field->name);
        return true;
    }
    case AST_CALL:
        print_call(p, (const struct ast_call *)node, false);
        return true;
    case AST_JSON:
        print_json(p, (const struct ast_json *)node);
        return true;
    case AST_UNIT:
        buf_text(p->out, ast_unit_name(((const struct ast_unit *)node)->unit));
        return true;
    case AST_NAMED_ARG: {
        const struct ast_named_arg *arg = (const struct ast_named_arg *)node;
        print_name(p, &arg->name);
        buf_text(p->out, " => ");
        print_expr(p, arg->value, LEVEL_ANY);
        return true;
    }
    case AST_DESCRIPTOR:
        buf_text(p->out, "DESCRIPTOR");
        print_names(p, &((const struct ast_descriptor *)node)->columns);
        return true;
    case AST_TABLE_ARG:
        print_table_arg(p, (const struct ast_table_arg *)node);
        return true;
    case AST_TYPE:
        print_type(p, (const struct ast_type *)node);
        return true;
    case AST_TYPE_FIELD:
        print_type_field(p, (const struct ast_type_field *)node);
        return true;
    default:
        return false;
    }
}

void print_expr(struct printer *p, const struct ast_node *node, int level)
{
    int own = level_of(node);
    bool joins = own != LEVEL_VALUE && node->kind != AST_LITERAL; /* an operator */
    bool parens = own < level || (joins && (p->flags & AST_PRINT_PARENS));
    if (parens)
        buf_char(p->out, '(');
    if (joins)
        print_operator(p, node);
    else
        print_node(p, node);
    if (parens)
        buf_char(p->out, ')');
}

void print_node(struct printer *p, const struct ast_node *node)
{
    if (level_of(node) != LEVEL_VALUE && node->kind != AST_LITERAL)
        print_expr(p, node, LEVEL_ANY);
    else if (!print_value(p, node) && !print_query_node(p, node))
        print_statement_node(p, node);
}

void ast_print(struct buf *out, const struct ast_node *node, unsigned flags)
{
    struct printer printer = { .out = out, .flags = flags };
    print_node(&printer, node);
}

void ast_print_script(struct buf *out, const struct ast_script *script, unsigned flags)
{
    for (uint32_t i = 0; i < script->statements.count; i++) {
        ast_print(out, script->statements.items[i], flags);
        buf_text(out, ";\n");
    }
}
