/* build_expr.c -- expressions other than function calls.
 *
 * Two rewritings happen here, both so that nobody after the parser has to: a minus in
 * front of a number becomes part of the literal, and CURRENT_TIMESTAMP and its like
 * become calls. */
#include "sql/build.h"

#include "sql/literal.h"
#include "base/nearest.h"

/* What can be wrong inside of the quotes is said while the text is still at hand.  Dates are
 * left to the binder: what is a date depends on the type. */
static void check_literal(struct build *cx, const struct ast_literal *literal)
{
    bool escapes = literal->what == LIT_STRING && (literal->text.data[0] | 0x20) == 'u';
    if (!escapes && literal->what != LIT_BINARY && literal->what != LIT_INTERVAL)
        return;
    struct literal value;
    enum code code = literal_decode(cx->arena, literal, 0, &value, cx->err);
    if (code != OK)
        cx->code = code;
}

struct ast_node *build_literal(struct build *cx, struct sql_token token, enum ast_literal_kind what)
{
    struct ast_literal *literal = build_new(cx, struct ast_literal);
    if (!literal)
        return NULL;
    literal->what = what;
    literal->text = build_token_text(cx, token);
    if (what == LIT_NULL || what == LIT_TRUE || what == LIT_FALSE)
        literal->text = str_make("", 0); /* the kind says it all, in whatever case it was written */
    literal->interval.precision = literal->interval.fraction = -1;
    build_finish(cx, literal, AST_LITERAL, token.span.offset);
    literal->node.span = token.span; /* it may be built after later tokens were shifted */
    if (what != LIT_INTERVAL)
        check_literal(cx, literal);
    return AST(literal);
}

struct ast_node *build_typed_literal(struct build *cx, struct sql_token prefix,
                                     enum ast_literal_kind what, struct sql_token string)
{
    struct ast_node *node = build_literal(cx, string, what);
    return build_finish(cx, node, AST_LITERAL, prefix.span.offset);
}

struct ast_node *build_interval(struct build *cx, struct sql_token prefix, int negative,
                                struct sql_token string, struct ast_interval_spec spec)
{
    struct ast_node *node = build_literal(cx, string, LIT_INTERVAL);
    if (!node)
        return NULL;
    struct ast_literal *literal = (struct ast_literal *)node;
    literal->negative = negative;
    literal->interval = spec;
    build_finish(cx, literal, AST_LITERAL, prefix.span.offset);
    if (cx->code == OK)
        check_literal(cx, literal);
    return cx->code == OK ? AST(literal) : NULL;
}

static bool is_interval_unit(enum ast_unit_kind unit)
{
    switch (unit) {
    case UNIT_YEAR:
    case UNIT_QUARTER:
    case UNIT_MONTH:
    case UNIT_WEEK:
    case UNIT_DAY:
    case UNIT_HOUR:
    case UNIT_MINUTE:
    case UNIT_SECOND:
    case UNIT_MILLISECOND:
    case UNIT_MICROSECOND:
        return true;
    default:
        return false;
    }
}

static enum ast_unit_kind find_unit(struct build *cx, struct sql_token word)
{
    struct str text = build_token_text(cx, word);
    enum ast_unit_kind unit = ast_unit_from_text(text);
    if (unit != UNIT_NONE || cx->code != OK)
        return unit;
    build_fail(cx, word.span, E_SYNTAX, "\"" STR_FMT "\" is not a unit of time",
               (int)MIN(text.size, 60), text.data);
    struct str names[32];
    size_t n = 0;
    for (unsigned i = UNIT_NONE + 1; i <= UNIT_ISOYEAR && n < countof(names); i++)
        names[n++] = str_of(ast_unit_name((enum ast_unit_kind)i));
    int nearest = nearest_of(text, names, n);
    if (nearest >= 0)
        build_advise(cx, "Perhaps you meant %s.", names[nearest].data);
    else
        build_advise(cx, "Units are YEAR, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND and MILLISECOND.");
    return UNIT_NONE;
}

struct build_unit build_unit(struct build *cx, struct sql_token word,
                             const struct sql_token *precision, const struct sql_token *fraction)
{
    struct build_unit unit = { .unit = find_unit(cx, word), .precision = -1, .fraction = -1 };
    if (cx->code == OK && !is_interval_unit(unit.unit))
        build_fail(cx, word.span, E_SYNTAX, "an interval cannot be counted in %s",
                   ast_unit_name(unit.unit));
    if (precision)
        unit.precision = (int)build_count(cx, *precision);
    if (fraction)
        unit.fraction = (int)build_count(cx, *fraction);
    return unit;
}

/* DAY TO SECOND: the second unit has to be a finer one of the same family. */
struct ast_interval_spec build_interval_spec(struct build *cx, struct build_unit from,
                                             const struct build_unit *to)
{
    struct ast_interval_spec spec = {
        .from = from.unit,
        .precision = from.precision,
        .fraction = from.fraction,
    };
    if (to && cx->code == OK) {
        spec.to = to->unit;
        spec.fraction = to->precision;
        bool months = from.unit == UNIT_YEAR && to->unit == UNIT_MONTH;
        bool seconds = from.unit >= UNIT_DAY && from.unit < to->unit && to->unit <= UNIT_SECOND;
        if (!months && !seconds)
            build_fail(cx, (struct span){ cx->end, 0 }, E_SYNTAX,
                       "an interval cannot go from %s to %s", ast_unit_name(from.unit),
                       ast_unit_name(to->unit));
    }
    return spec;
}

struct ast_node *build_unit_arg(struct build *cx, struct sql_token word)
{
    struct ast_unit *unit = build_new(cx, struct ast_unit);
    if (!unit)
        return NULL;
    unit->unit = find_unit(cx, word);
    if (!build_finish(cx, unit, AST_UNIT, word.span.offset))
        return NULL;
    unit->node.span = word.span;
    return AST(unit);
}

/* Functions that the standard writes without parentheses. */
static bool is_bare_function(struct str word)
{
    static const char *const names[] = {
        "CURRENT_TIMESTAMP", "CURRENT_DATE",    "CURRENT_TIME",   "LOCALTIMESTAMP", "LOCALTIME",
        "CURRENT_USER",      "CURRENT_CATALOG", "CURRENT_SCHEMA", "SESSION_USER",
    };
    if (word.size < 9)
        return false;
    for (size_t i = 0; i < countof(names); i++)
        if (str_iis(word, names[i]))
            return true;
    return false;
}

struct ast_node *build_column(struct build *cx, struct ast_names *path)
{
    if (cx->code != OK)
        return NULL;
    struct ast_node *node;
    if (path->count == 1 && !path->items[0].quoted && is_bare_function(path->items[0].text)) {
        struct ast_call *call = build_new(cx, struct ast_call);
        if (!call)
            return NULL;
        call->path = *path;
        call->bare = true;
        node = build_finish(cx, call, AST_CALL, path->span.offset);
    } else {
        struct ast_column *column = build_new(cx, struct ast_column);
        if (!column)
            return NULL;
        column->path = *path;
        node = build_finish(cx, column, AST_COLUMN, path->span.offset);
    }
    if (node)
        node->span = path->span;
    return node;
}

struct ast_node *build_star(struct build *cx, struct ast_names *prefix, struct sql_token star)
{
    struct ast_star *node = build_new(cx, struct ast_star);
    if (!node)
        return NULL;
    node->prefix = build_names_value(prefix);
    return build_finish(cx, node, AST_STAR, prefix ? prefix->span.offset : star.span.offset);
}

/* Parentheses leave no node, but the span of what they enclose grows over them. */
struct ast_node *build_parens(struct build *cx, struct sql_token open, struct ast_node *inner)
{
    if (cx->code != OK)
        return NULL;
    inner->span = (struct span){ open.span.offset, cx->end - open.span.offset };
    return inner;
}

static bool is_number(const struct ast_node *node)
{
    if (node->kind != AST_LITERAL)
        return false;
    const struct ast_literal *literal = (const struct ast_literal *)node;
    return !literal->negative && (literal->what == LIT_INTEGER || literal->what == LIT_DECIMAL ||
                                  literal->what == LIT_DOUBLE);
}

struct ast_node *build_unary(struct build *cx, enum ast_unary_op op, struct sql_token token,
                             struct ast_node *operand)
{
    if (cx->code != OK)
        return NULL;
    if (op == UNARY_MINUS && is_number(operand)) {
        ((struct ast_literal *)operand)->negative = true;
        return build_finish(cx, operand, AST_LITERAL, token.span.offset);
    }
    struct ast_unary *node = build_new(cx, struct ast_unary);
    if (!node)
        return NULL;
    node->op = op;
    node->operand = operand;
    return build_finish(cx, node, AST_UNARY, token.span.offset);
}

struct ast_node *build_binary(struct build *cx, enum ast_binary_op op, struct ast_node *left,
                              struct sql_token token, struct ast_node *right)
{
    struct ast_binary *node = build_new(cx, struct ast_binary);
    if (!node)
        return NULL;
    node->op = op;
    node->op_span = token.span;
    node->left = left;
    node->right = right;
    return build_finish(cx, node, AST_BINARY, left->span.offset);
}

/* By what was written, so that the codes of tokens stay inside of the parser. */
static enum ast_binary_op comparison(const struct build *cx, struct sql_token token)
{
    struct str text = build_token_text(cx, token);
    switch (text.data[0]) {
    case '<':
        if (text.size == 1)
            return BINARY_LT;
        return text.data[1] == '=' ? BINARY_LE : BINARY_NE;
    case '>':
        return text.size == 1 ? BINARY_GT : BINARY_GE;
    case '!':
        return BINARY_NE;
    default:
        return BINARY_EQ;
    }
}

struct ast_node *build_comparison(struct build *cx, struct ast_node *left, struct sql_token token,
                                  struct ast_node *right)
{
    return build_binary(cx, comparison(cx, token), left, token, right);
}

struct ast_node *build_quantified(struct build *cx, struct ast_node *operand,
                                  struct sql_token token, struct sql_token quantifier,
                                  struct ast_list *list, struct ast_query *query)
{
    struct ast_quantified *node = build_new(cx, struct ast_quantified);
    if (!node)
        return NULL;
    node->op = comparison(cx, token);
    node->all = str_iis(build_token_text(cx, quantifier), "ALL");
    node->operand = operand;
    node->list = build_list_value(list);
    node->query = query;
    return build_finish(cx, node, AST_QUANTIFIED, operand->span.offset);
}

struct ast_node *build_is(struct build *cx, struct ast_node *operand, int negated,
                          enum ast_is_test test)
{
    struct ast_is *node = build_new(cx, struct ast_is);
    if (!node)
        return NULL;
    node->test = test;
    node->negated = negated;
    node->operand = operand;
    return build_finish(cx, node, AST_IS, operand->span.offset);
}

struct ast_node *build_between(struct build *cx, struct ast_node *operand, int negated,
                               int symmetric, struct ast_node *low, struct ast_node *high)
{
    struct ast_between *node = build_new(cx, struct ast_between);
    if (!node)
        return NULL;
    node->negated = negated;
    node->symmetric = symmetric;
    node->operand = operand;
    node->low = low;
    node->high = high;
    return build_finish(cx, node, AST_BETWEEN, operand->span.offset);
}

struct ast_node *build_like(struct build *cx, struct ast_node *operand, int flags,
                            struct ast_node *pattern, struct ast_node *escape)
{
    struct ast_like *node = build_new(cx, struct ast_like);
    if (!node)
        return NULL;
    node->similar = flags & BUILD_SIMILAR;
    node->negated = flags & BUILD_NEGATED;
    node->operand = operand;
    node->pattern = pattern;
    node->escape = escape;
    return build_finish(cx, node, AST_LIKE, operand->span.offset);
}

struct ast_node *build_in(struct build *cx, struct ast_node *operand, int negated,
                          struct ast_list *list, struct ast_query *query)
{
    struct ast_in *node = build_new(cx, struct ast_in);
    if (!node)
        return NULL;
    node->negated = negated;
    node->operand = operand;
    node->list = build_list_value(list);
    node->query = query;
    return build_finish(cx, node, AST_IN, operand->span.offset);
}

struct ast_node *build_row(struct build *cx, struct sql_token start, struct ast_node *first,
                           struct ast_list *rest, bool keyword)
{
    struct ast_items *node = build_new(cx, struct ast_items);
    if (!node)
        return NULL;
    struct ast_list *items = first ? build_list(cx, NULL, first) : NULL;
    if (items)
        items = build_list_join(cx, items, rest);
    node->items = build_list_value(first ? items : rest);
    node->keyword = keyword;
    return build_finish(cx, node, AST_ROW, start.span.offset);
}

struct ast_node *build_items(struct build *cx, enum ast_kind kind, struct sql_token start,
                             struct ast_list *items)
{
    struct ast_items *node = build_new(cx, struct ast_items);
    if (!node)
        return NULL;
    node->items = build_list_value(items);
    if (kind == AST_MAP && node->items.count % 2 != 0) {
        build_fail(cx, (struct span){ start.span.offset, cx->end - start.span.offset }, E_SYNTAX,
                   "MAP has a key without a value");
        build_advise(cx, "Write MAP[key, value, key, value].");
    }
    return build_finish(cx, node, kind, start.span.offset);
}

struct ast_node *build_subquery(struct build *cx, enum ast_kind kind, const struct sql_token *start,
                                struct ast_query *query)
{
    struct ast_subquery *node = build_new(cx, struct ast_subquery);
    if (!node)
        return NULL;
    node->query = query;
    return build_finish(cx, node, kind, start ? start->span.offset : query->node.span.offset);
}

struct ast_node *build_field(struct build *cx, struct ast_node *operand, struct sql_token name)
{
    struct ast_field *node = build_new(cx, struct ast_field);
    if (!node)
        return NULL;
    node->operand = operand;
    node->name = build_name(cx, name);
    return build_finish(cx, node, AST_FIELD, operand->span.offset);
}

struct ast_node *build_index(struct build *cx, struct ast_node *operand, struct ast_node *index)
{
    struct ast_index *node = build_new(cx, struct ast_index);
    if (!node)
        return NULL;
    node->operand = operand;
    node->index = index;
    return build_finish(cx, node, AST_INDEX, operand->span.offset);
}

struct ast_node *build_case(struct build *cx, struct sql_token start, struct ast_node *operand,
                            struct ast_list *whens, struct ast_node *otherwise)
{
    struct ast_case *node = build_new(cx, struct ast_case);
    if (!node)
        return NULL;
    node->operand = operand;
    node->whens = *whens;
    node->otherwise = otherwise;
    return build_finish(cx, node, AST_CASE, start.span.offset);
}

struct ast_node *build_when(struct build *cx, struct sql_token start, struct ast_node *condition,
                            struct ast_node *result)
{
    struct ast_when *node = build_new(cx, struct ast_when);
    if (!node)
        return NULL;
    node->condition = condition;
    node->result = result;
    return build_finish(cx, node, AST_WHEN, start.span.offset);
}

struct ast_node *build_cast(struct build *cx, struct sql_token start, bool attempt,
                            struct ast_node *operand, struct ast_type *type)
{
    struct ast_cast *node = build_new(cx, struct ast_cast);
    if (!node)
        return NULL;
    node->attempt = attempt;
    node->operand = operand;
    node->type = type;
    return build_finish(cx, node, AST_CAST, start.span.offset);
}
