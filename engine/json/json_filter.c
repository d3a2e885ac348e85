/* json_filter.c -- filters of Jayway paths, the part of them that people use: comparisons of
 * @-paths and literals, existence, `in`, and &&, ||, !, parentheses.
 *
 * Comparison is Jayway's: numbers with numbers, strings with strings and, for == only, a string
 * with a number through its text; a path that finds nothing is equal to nothing. */
#include "json/json_filter.h"

#include "base/arena.h"
#include "base/number.h"
#include "json/json_set.h"

#include <string.h>

enum node_kind { NODE_OR, NODE_AND, NODE_NOT, NODE_EXISTS, NODE_COMPARE, NODE_IN };
enum compare { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };

/* A path or a literal. */
struct operand {
    bool is_path;
    struct json_path path;
    enum json_kind kind; /* of a literal */
    struct str text;     /* string: decoded; number: as written */
};

struct json_filter {
    enum node_kind kind;
    enum compare compare;
    const struct json_filter *left, *right; /* OR, AND, NOT */
    struct operand a, b;
    const struct operand *list; /* IN */
    uint32_t list_count;
    bool is_not_in;
};

struct parser {
    struct arena *arena;
    struct str text;
    size_t at;
    uint32_t depth;
    struct error *err;
};

static enum code parse_or(struct parser *in, const struct json_filter **ret);

static char peek(struct parser *in)
{
    while (in->at < in->text.size &&
           (in->text.data[in->at] == ' ' || in->text.data[in->at] == '\t'))
        in->at++;
    return in->at < in->text.size ? in->text.data[in->at] : '\0';
}

static bool take(struct parser *in, const char *token)
{
    peek(in);
    struct str rest = { in->text.data + in->at, in->text.size - in->at };
    if (!str_starts(rest, str_of(token)))
        return false;
    in->at += strlen(token);
    return true;
}

static enum code fail(struct parser *in, const char *what)
{
    return error_set(in->err, E_SYNTAX,
                     "wrong filter in a JSON path: %s is expected at \"" STR_FMT "\"", what,
                     STR_ARG(str_make(in->text.data + in->at, MIN(in->text.size - in->at, 40))));
}

static enum code make(struct parser *in, struct json_filter node, const struct json_filter **ret)
{
    struct json_filter *copy = arena_new(in->arena, struct json_filter);
    if (!copy)
        return error_nomem(in->err);
    *copy = node;
    *ret = copy;
    return OK;
}

static bool is_path_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '$' || (c & 0x80);
}

static enum code parse_path(struct parser *in, struct operand *ret)
{
    size_t begin = in->at++;
    while (in->at < in->text.size) {
        char c = in->text.data[in->at];
        if (c == '[') {
            char quote = '\0';
            while (in->at < in->text.size && (c = in->text.data[in->at]) &&
                   (quote != '\0' || c != ']')) {
                if (c == '\\' && quote != '\0')
                    in->at++;
                else if (quote == '\0' && (c == '\'' || c == '"'))
                    quote = c;
                else if (c == quote)
                    quote = '\0';
                in->at++;
            }
            if (in->at >= in->text.size)
                return fail(in, "\"]\"");
        } else if (!is_path_char(c)) {
            break;
        }
        in->at++;
    }
    struct str text = { in->text.data + begin, in->at - begin };
    ret->is_path = true;
    TRY(json_path_parse_flink(in->arena, text, &ret->path, in->err));
    if (ret->path.is_many)
        return error_set(in->err, E_UNSUPPORTED,
                         "a path with many results inside of a filter is not supported");
    return OK;
}

static enum code parse_operand(struct parser *in, struct operand *ret)
{
    *ret = (struct operand){ .is_path = false };
    char c = peek(in);
    size_t begin = in->at;
    if (c == '@')
        return parse_path(in, ret);
    if (c == '$')
        return error_set(in->err, E_UNSUPPORTED,
                         "a filter that looks at the root of the document is not supported");
    if (c == '\'' || c == '"') {
        char *out = arena_alloc(in->arena, in->text.size);
        size_t n = 0;
        if (!out)
            return error_nomem(in->err);
        for (in->at++; in->at < in->text.size && in->text.data[in->at] != c; in->at++) {
            if (in->text.data[in->at] == '\\' && in->at + 1 < in->text.size)
                in->at++;
            out[n++] = in->text.data[in->at];
        }
        if (in->at >= in->text.size)
            return fail(in, "the end of a string");
        in->at++;
        ret->kind = JSON_STRING;
        ret->text = str_make(out, n);
        return OK;
    }
    if (take(in, "true") || take(in, "false") || take(in, "null")) {
        ret->kind = c == 't' ? JSON_TRUE : c == 'f' ? JSON_FALSE : JSON_NULL;
        return OK;
    }
    while (in->at < in->text.size && memchr("+-.eE0123456789", in->text.data[in->at], 15))
        in->at++;
    bool is_good;
    ret->kind = JSON_NUMBER;
    ret->text = str_make(in->text.data + begin, in->at - begin);
    (void)number_parse_double(ret->text.data, ret->text.size, &is_good);
    return is_good ? OK : fail(in, "a path or a literal");
}

static enum code parse_list(struct parser *in, struct json_filter *node)
{
    uint32_t cap = 0;
    struct operand *list = NULL;
    if (!take(in, "["))
        return fail(in, "\"[\"");
    while (!take(in, "]")) {
        struct operand item;
        if (node->list_count > 0 && !take(in, ","))
            return fail(in, "\",\" or \"]\"");
        TRY(parse_operand(in, &item));
        if (!ARENA_PUSH(in->arena, list, node->list_count, cap, item))
            return error_nomem(in->err);
    }
    node->list = list;
    return OK;
}

static enum code parse_relation(struct parser *in, const struct json_filter **ret)
{
    static const struct {
        const char *token;
        enum compare compare;
    } operators[] = { { "==", COMPARE_EQ }, { "!=", COMPARE_NE }, { "<=", COMPARE_LE },
                      { ">=", COMPARE_GE }, { "<", COMPARE_LT },  { ">", COMPARE_GT } };
    struct json_filter node = { .kind = NODE_EXISTS };
    TRY(parse_operand(in, &node.a));
    if (take(in, "=~"))
        return error_set(in->err, E_UNSUPPORTED,
                         "regular expressions in filters of JSON paths are not supported");
    for (size_t i = 0; i < countof(operators); i++) {
        if (take(in, operators[i].token)) {
            node.kind = NODE_COMPARE;
            node.compare = operators[i].compare;
            TRY(parse_operand(in, &node.b));
            return make(in, node, ret);
        }
    }
    bool is_nin = take(in, "nin ") || take(in, "NIN ");
    if (is_nin || take(in, "in ") || take(in, "IN ")) {
        node.kind = NODE_IN;
        node.is_not_in = is_nin;
        TRY(parse_list(in, &node));
        return make(in, node, ret);
    }
    char c = peek(in);
    if (!node.a.is_path || (c != ')' && c != '&' && c != '|'))
        return fail(in, "an operator");
    return make(in, node, ret);
}

static enum code parse_unary(struct parser *in, const struct json_filter **ret)
{
    enum { DEPTH_MAX = 50 };
    struct json_filter node = { .kind = NODE_NOT };
    if (++in->depth > DEPTH_MAX)
        return error_set(in->err, E_LIMIT, "filter in a JSON path nests too deep");
    if (peek(in) == '!') {
        in->at++;
        TRY(parse_unary(in, &node.left));
        TRY(make(in, node, ret));
    } else if (take(in, "(")) {
        TRY(parse_or(in, ret));
        if (!take(in, ")"))
            return fail(in, "\")\"");
    } else {
        TRY(parse_relation(in, ret));
    }
    in->depth--;
    return OK;
}

static enum code parse_and(struct parser *in, const struct json_filter **ret)
{
    struct json_filter node = { .kind = NODE_AND };
    TRY(parse_unary(in, ret));
    while (take(in, "&&")) {
        node.left = *ret;
        TRY(parse_unary(in, &node.right));
        TRY(make(in, node, ret));
    }
    return OK;
}

static enum code parse_or(struct parser *in, const struct json_filter **ret)
{
    struct json_filter node = { .kind = NODE_OR };
    TRY(parse_and(in, ret));
    while (take(in, "||")) {
        node.left = *ret;
        TRY(parse_and(in, &node.right));
        TRY(make(in, node, ret));
    }
    return OK;
}

enum code json_filter_parse(struct arena *arena, struct str text, const struct json_filter **ret,
                            size_t *ret_size, struct error *err)
{
    struct parser in = { .arena = arena, .text = text, .err = err };
    if (!take(&in, "("))
        return fail(&in, "\"(\"");
    TRY(parse_or(&in, ret));
    if (!take(&in, ")"))
        return fail(&in, "\")\"");
    *ret_size = in.at;
    return OK;
}

/* --- evaluation ------------------------------------------------------------- */

/* What an operand is for a value: a scalar, a container, or nothing. */
struct found {
    enum json_kind kind; /* JSON_MISSING: nothing */
    struct str text;     /* string or number */
    const struct json_value *value;
};

static enum code find(struct arena *arena, const struct operand *operand,
                      const struct json_value *value, struct found *ret, struct error *err)
{
    if (!operand->is_path) {
        *ret = (struct found){ operand->kind, operand->text, NULL };
        return OK;
    }
    struct json_rule rule = {
        .steps = operand->path.steps,
        .step_count = operand->path.count,
    };
    struct json_value *found = NULL;
    TRY(json_eval(arena, JSON_FLINK, value, &rule, &found, err));
    *ret = (struct found){ .kind = JSON_MISSING };
    if (!found)
        return OK;
    *ret = (struct found){ found->kind, found->raw, found };
    if (found->kind == JSON_STRING || found->kind == JSON_STRING_ESCAPED) {
        ret->kind = JSON_STRING;
        TRY(json_dom_string(arena, found, &ret->text, err));
    } else if (found->kind == JSON_INTEGER) {
        ret->kind = JSON_NUMBER;
    }
    return OK;
}

static bool number_of(struct str text, double *ret)
{
    bool is_good;
    *ret = number_parse_double(text.data, text.size, &is_good);
    return is_good;
}

static bool is_equal(const struct found *a, const struct found *b)
{
    double x, y;
    if (a->kind == JSON_MISSING || b->kind == JSON_MISSING)
        return false;
    if (a->kind == JSON_NUMBER && (b->kind == JSON_NUMBER || b->kind == JSON_STRING))
        return number_of(a->text, &x) && number_of(b->text, &y) && x == y;
    if (a->kind == JSON_STRING && (b->kind == JSON_NUMBER || b->kind == JSON_STRING))
        return str_eq(a->text, b->text);
    if (a->kind == JSON_OBJECT || a->kind == JSON_ARRAY)
        return a->kind == b->kind && a->value && b->value && str_eq(a->value->raw, b->value->raw);
    return a->kind == b->kind;
}

static bool compares(enum compare compare, const struct found *a, const struct found *b)
{
    if (compare == COMPARE_EQ)
        return is_equal(a, b);
    if (compare == COMPARE_NE)
        return !is_equal(a, b);
    int order;
    double x, y;
    if (a->kind == JSON_NUMBER && b->kind == JSON_NUMBER) {
        if (!number_of(a->text, &x) || !number_of(b->text, &y))
            return false;
        order = x < y ? -1 : x > y;
    } else if (a->kind == JSON_STRING && b->kind == JSON_STRING) {
        order = str_compare(a->text, b->text);
    } else {
        return false;
    }
    switch (compare) {
    case COMPARE_LT:
        return order < 0;
    case COMPARE_LE:
        return order <= 0;
    case COMPARE_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

enum code json_filter_accepts(struct arena *arena, const struct json_filter *filter,
                              const struct json_value *value, bool *ret, struct error *err)
{
    struct found a, b;
    bool left = false;
    switch (filter->kind) {
    case NODE_OR:
    case NODE_AND:
        TRY(json_filter_accepts(arena, filter->left, value, &left, err));
        if (left == (filter->kind == NODE_OR)) {
            *ret = left;
            return OK;
        }
        return json_filter_accepts(arena, filter->right, value, ret, err);
    case NODE_NOT:
        TRY(json_filter_accepts(arena, filter->left, value, &left, err));
        *ret = !left;
        return OK;
    case NODE_EXISTS:
        TRY(find(arena, &filter->a, value, &a, err));
        *ret = a.kind != JSON_MISSING;
        return OK;
    case NODE_COMPARE:
        TRY(find(arena, &filter->a, value, &a, err));
        TRY(find(arena, &filter->b, value, &b, err));
        *ret = compares(filter->compare, &a, &b);
        return OK;
    case NODE_IN:
        TRY(find(arena, &filter->a, value, &a, err));
        for (uint32_t i = 0; i < filter->list_count && !left; i++) {
            TRY(find(arena, &filter->list[i], value, &b, err));
            left = is_equal(&a, &b);
        }
        *ret = left != filter->is_not_in;
        return OK;
    }
    return OK;
}
