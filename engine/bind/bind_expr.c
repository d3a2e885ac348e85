/* bind_expr.c -- expressions of the tree to typed expressions.
 *
 * Operators are functions of the registry; what SQL defines by other expressions
 * (BETWEEN, IN over non-constants, NULLIF ...) is rewritten here, so that kernels
 * exist once.  Recursion is bounded by AST_MAX_DEPTH. */
#include "bind/binder.h"
#include "sql/literal.h"
#include "types/decimal.h"
#include "types/time.h"
#include "types/zone.h"

enum code bind_operator(struct binder *b, const char *name, struct expr **args, uint32_t n,
                        struct span span, struct expr **ret, struct error *err)
{
    return function_bind_name(&b->env, str_of(name), args, n, span, ret, err);
}

/* --- parts ----------------------------------------------------------------------- */

bool bind_part_fails(struct binder *b, const struct scope *scope, enum code code,
                     struct error *err)
{
    bool has_columns = scope && (scope->count > 0 || scope->has_gap);
    return (has_columns || !b->lacks_from) && bind_goes_on(b, code, err);
}

enum code bind_part(struct binder *b, const struct scope *scope, const struct ast_node *node,
                    struct expr **ret, enum code *failed, struct error *err)
{
    *ret = NULL;
    enum code code = bind_expr(b, scope, node, ret, err);
    if (code == OK)
        return OK;
    if (!bind_part_fails(b, scope, code, err))
        return code;
    *ret = NULL;
    *failed = code;
    return OK;
}

enum code bind_parts(struct binder *b, const struct scope *scope, const struct ast_list *list,
                     struct expr **ret, enum code *failed, struct error *err)
{
    for (uint32_t i = 0; i < list->count; i++)
        TRY(bind_part(b, scope, list->items[i], &ret[i], failed, err));
    return OK;
}

/* --- literals -------------------------------------------------------------------- */

static enum code bad_literal(const struct ast_literal *node, const char *type, struct str text,
                             struct error *err)
{
    return error_at(err, E_TYPE, node->node.span, "\"" STR_FMT "\" is not a %s", STR_ARG(text),
                    type);
}

static enum code number_literal(struct binder *b, const struct ast_literal *node,
                                const struct literal *lit, struct value *v, struct error *err)
{
    if (lit->what == LIT_INTEGER && lit->fits_i64) {
        v->i64 = lit->integer;
        bool small = lit->integer >= INT32_MIN && lit->integer <= INT32_MAX;
        v->type = small ? &type_int : &type_bigint;
        return OK;
    }
    if (lit->what == LIT_DOUBLE) {
        v->type = &type_double;
        v->f64 = lit->approx;
        return OK;
    }
    if (lit->precision > DECIMAL_MAX_PRECISION)
        return error_at(err, E_TYPE, node->node.span,
                        "number has %d digits, and DECIMAL holds at most 38", lit->precision);
    int precision = MAX(lit->precision, 1);
    v->type = type_make(b->arena, TYPE_DECIMAL, precision, lit->scale);
    if (!v->type)
        return error_nomem(err);
    int128 unscaled;
    if (!decimal_parse(lit->text, DECIMAL_MAX_PRECISION, 0, &unscaled))
        return bad_literal(node, "DECIMAL", lit->text, err);
    v->i128 = lit->negative ? -unscaled : unscaled;
    return OK;
}

static enum code time_literal(struct binder *b, const struct ast_literal *node,
                              const struct literal *lit, struct value *v, struct error *err)
{
    int32_t small;
    if (lit->what == LIT_DATE) {
        if (!time_parse_date(lit->text, &small))
            return bad_literal(node, "DATE", lit->text, err);
        v->type = &type_date;
        v->i64 = small;
        return OK;
    }
    if (lit->what == LIT_TIME) {
        if (!time_parse_time(lit->text, 3, &small))
            return bad_literal(node, "TIME", lit->text, err);
        v->type = &type_time;
        v->i64 = small;
        return OK;
    }
    if (!time_parse_timestamp(lit->text, 9, &v->i64))
        return bad_literal(node, "TIMESTAMP", lit->text, err);
    size_t point = str_find_byte(lit->text, '.');
    int digits = point == (size_t)-1 ? 0 : (int)MIN(lit->text.size - point - 1, 9);
    if (binder_is_blink(b)) {
        v->type = &type_blink_timestamp;
        v->i64 = zone_local_to_utc_us(b->env.zone, NULL, v->i64, ZONE_EARLIER);
        return OK;
    }
    v->type = type_make(b->arena, TYPE_TIMESTAMP, digits, 0);
    return v->type ? OK : error_nomem(err);
}

static enum code bind_literal(struct binder *b, const struct ast_literal *node, struct expr **ret,
                              struct error *err)
{
    struct literal lit;
    TRY(literal_decode(b->arena, node, binder_is_blink(b) ? LITERAL_BLINK : 0, &lit, err));
    struct value v = { .type = &type_null };
    switch (lit.what) {
    case LIT_NULL:
        v.is_null = true;
        break;
    case LIT_UNKNOWN:
        v.type = &type_boolean;
        v.is_null = true;
        break;
    case LIT_TRUE:
    case LIT_FALSE:
        v.type = &type_boolean;
        v.i64 = lit.what == LIT_TRUE;
        break;
    case LIT_INTEGER:
    case LIT_DECIMAL:
    case LIT_DOUBLE:
        TRY(number_literal(b, node, &lit, &v, err));
        break;
    case LIT_STRING:
        v.type = &type_string;
        v.str = lit.text;
        break;
    case LIT_BINARY:
        v.type = &type_bytes;
        v.str = lit.text;
        break;
    case LIT_DATE:
    case LIT_TIME:
    case LIT_TIMESTAMP:
        TRY(time_literal(b, node, &lit, &v, err));
        break;
    case LIT_INTERVAL:
        v.type = lit.year_month ? &type_interval_month : &type_interval_day;
        v.i64 = lit.year_month ? lit.months : lit.us;
        break;
    }
    *ret = expr_literal(b->arena, &v, node->node.span);
    return *ret ? OK : error_nomem(err);
}

/* --- operators ---------------------------------------------------------------------- */

static enum code negate(struct binder *b, struct expr *e, struct span span, struct expr **ret,
                        struct error *err)
{
    return bind_operator(b, "NOT", &e, 1, span, ret, err);
}

static enum code maybe_negate(struct binder *b, bool negated, struct expr *e, struct span span,
                              struct expr **ret, struct error *err)
{
    if (negated)
        return negate(b, e, span, ret, err);
    *ret = e;
    return OK;
}

static enum code bind_unary(struct binder *b, const struct scope *scope,
                            const struct ast_unary *node, struct expr **ret, struct error *err)
{
    if (node->op == UNARY_NOT) {
        struct expr *e;
        TRY(bind_condition(b, scope, node->operand, "NOT", &e, err));
        return negate(b, e, node->node.span, ret, err);
    }
    struct expr *e;
    TRY(bind_expr(b, scope, node->operand, &e, err));
    if (node->op == UNARY_PLUS) {
        if (!type_is_numeric(e->type) && !type_is_interval(e->type))
            return error_at(err, E_TYPE, node->node.span, "unary plus needs a number");
        *ret = e;
        return OK;
    }
    return bind_operator(b, "NEGATE", &e, 1, node->node.span, ret, err);
}

static enum code bind_logic(struct binder *b, const struct scope *scope,
                            const struct ast_binary *node, struct expr **ret, struct error *err)
{
    struct expr *args[2];
    const char *word = node->op == BINARY_AND ? "AND" : "OR";
    enum code left = bind_condition(b, scope, node->left, word, &args[0], err);
    if (left != OK && !bind_part_fails(b, scope, left, err))
        return left;
    TRY(bind_condition(b, scope, node->right, word, &args[1], err));
    if (left != OK)
        return bind_told(err);
    *ret = expr_logic(b->arena, node->op == BINARY_AND ? EXPR_AND : EXPR_OR, args, 2,
                      node->node.span);
    return *ret ? OK : error_nomem(err);
}

static enum code bind_binary(struct binder *b, const struct scope *scope,
                             const struct ast_binary *node, struct expr **ret, struct error *err)
{
    if (node->op == BINARY_AND || node->op == BINARY_OR)
        return bind_logic(b, scope, node, ret, err);
    struct expr *args[2];
    enum code failed = OK;
    TRY(bind_part(b, scope, node->left, &args[0], &failed, err));
    TRY(bind_part(b, scope, node->right, &args[1], &failed, err));
    if (failed != OK)
        return bind_told(err);
    return bind_operator(b, ast_binary_op_text(node->op), args, 2, node->node.span, ret, err);
}

static enum code bind_is(struct binder *b, const struct scope *scope, const struct ast_is *node,
                         struct expr **ret, struct error *err)
{
    static const char *const names[][2] = {
        [IS_NULL] = { "IS NULL", "IS NOT NULL" },
        [IS_TRUE] = { "IS TRUE", "IS NOT TRUE" },
        [IS_FALSE] = { "IS FALSE", "IS NOT FALSE" },
        [IS_UNKNOWN] = { "IS UNKNOWN", "IS NOT UNKNOWN" },
        [IS_JSON_VALUE] = { "IS JSON", "IS NOT JSON" },
        [IS_JSON_OBJECT] = { "IS JSON OBJECT", NULL },
        [IS_JSON_ARRAY] = { "IS JSON ARRAY", NULL },
        [IS_JSON_SCALAR] = { "IS JSON SCALAR", NULL },
    };
    struct expr *e;
    TRY(bind_expr(b, scope, node->operand, &e, err));
    const char *name = names[node->test][node->negated];
    if (name)
        return bind_operator(b, name, &e, 1, node->node.span, ret, err);
    TRY(bind_operator(b, names[node->test][0], &e, 1, node->node.span, &e, err));
    return negate(b, e, node->node.span, ret, err);
}

static enum code bind_between(struct binder *b, const struct scope *scope,
                              const struct ast_between *node, struct expr **ret,
                              struct error *err)
{
    struct expr *x, *low, *high;
    enum code failed = OK;
    TRY(bind_part(b, scope, node->operand, &x, &failed, err));
    TRY(bind_part(b, scope, node->low, &low, &failed, err));
    TRY(bind_part(b, scope, node->high, &high, &failed, err));
    if (failed != OK)
        return bind_told(err);
    struct span span = node->node.span;
    struct expr *sides[2];
    struct expr *inside[2] = { NULL, NULL };
    for (int turn = 0; turn < (node->symmetric ? 2 : 1); turn++) {
        TRY(bind_operator(b, ">=", (struct expr *[]){ x, turn ? high : low }, 2, span, &sides[0],
                          err));
        TRY(bind_operator(b, "<=", (struct expr *[]){ x, turn ? low : high }, 2, span, &sides[1],
                          err));
        if (!(inside[turn] = expr_logic(b->arena, EXPR_AND, sides, 2, span)))
            return error_nomem(err);
    }
    struct expr *e = inside[0];
    if (inside[1] && !(e = expr_logic(b->arena, EXPR_OR, inside, 2, span)))
        return error_nomem(err);
    return maybe_negate(b, node->negated, e, span, ret, err);
}

/* Blink's sources disagree on what a backslash is there; who meant the other reading has to know. */
static void warn_of_backslash(struct binder *b, const struct ast_like *node,
                              const struct expr *pattern)
{
    struct str text;
    if (b->env.dialect != DIALECT_BLINK || b->env.like_backslash_literal || node->similar ||
        node->escape || !b->hooks || !expr_literal_text(pattern, &text))
        return;
    for (size_t i = 0; i + 1 < text.size; i++) {
        char next = text.data[i + 1];
        if (text.data[i] != '\\' || (next != '_' && next != '%' && next != '\\'))
            continue;
        struct error warning = { .code = OK };
        error_at(&warning, E_PLAN, node->pattern->span,
                 "a backslash in LIKE takes the meaning from \"_\" and \"%%\" behind it");
        error_hint(&warning, "SET 'blink.like.backslash' = 'literal' makes it a character like any "
                             "other; LIKE 'a!_%%' ESCAPE '!' can be read in one way only.");
        b->hooks->warn(b->hooks->self, &warning);
        return;
    }
}

static enum code bind_like(struct binder *b, const struct scope *scope,
                           const struct ast_like *node, struct expr **ret, struct error *err)
{
    struct expr *args[3];
    uint32_t n = 2;
    enum code failed = OK;
    TRY(bind_part(b, scope, node->operand, &args[0], &failed, err));
    TRY(bind_part(b, scope, node->pattern, &args[1], &failed, err));
    if (node->escape)
        TRY(bind_part(b, scope, node->escape, &args[n++], &failed, err));
    if (failed != OK)
        return bind_told(err);
    warn_of_backslash(b, node, args[1]);
    struct expr *e;
    TRY(bind_operator(b, node->similar ? "SIMILAR" : "LIKE", args, n, node->node.span, &e, err));
    return maybe_negate(b, node->negated, e, node->node.span, ret, err);
}

static enum code bind_in(struct binder *b, const struct scope *scope, const struct ast_in *node,
                         struct expr **ret, struct error *err)
{
    if (node->query)
        return bind_value_query(b, &node->node, ret, err);
    uint32_t n = node->list.count;
    struct expr **args = arena_array(b->arena, struct expr *, n + 1);
    if (!args)
        return error_nomem(err);
    enum code failed = OK;
    TRY(bind_part(b, scope, node->operand, &args[0], &failed, err));
    TRY(bind_parts(b, scope, &node->list, args + 1, &failed, err));
    if (failed != OK)
        return bind_told(err);
    bool constant = true;
    for (uint32_t i = 0; i < n; i++)
        constant = constant && expr_is_literal(args[i + 1]);
    struct expr *e;
    struct span span = node->node.span;
    if (constant && n > 1) {
        TRY(bind_operator(b, "IN", args, n + 1, span, &e, err));
    } else {
        struct expr **equal = arena_array(b->arena, struct expr *, n);
        if (!equal)
            return error_nomem(err);
        for (uint32_t i = 0; i < n; i++)
            TRY(bind_operator(b, "=", (struct expr *[]){ args[0], args[i + 1] }, 2, span,
                              &equal[i], err));
        if (!(e = expr_logic(b->arena, EXPR_OR, equal, n, span)))
            return error_nomem(err);
    }
    return maybe_negate(b, node->negated, e, span, ret, err);
}

/* x < ANY (1, 2) is x < 1 OR x < 2; with ALL it is AND. */
static enum code bind_quantified(struct binder *b, const struct scope *scope,
                                 const struct ast_quantified *node, struct expr **ret,
                                 struct error *err)
{
    if (node->query)
        return bind_value_query(b, &node->node, ret, err);
    uint32_t n = node->list.count;
    const char *name = ast_binary_op_text(node->op);
    struct expr *operand, **parts = arena_array(b->arena, struct expr *, n);
    if (!parts)
        return error_nomem(err);
    enum code failed = OK;
    TRY(bind_part(b, scope, node->operand, &operand, &failed, err));
    TRY(bind_parts(b, scope, &node->list, parts, &failed, err));
    if (failed != OK)
        return bind_told(err);
    for (uint32_t i = 0; i < n; i++)
        TRY(bind_operator(b, name, (struct expr *[]){ operand, parts[i] }, 2, node->node.span,
                          &parts[i], err));
    *ret = parts[0];
    if (n > 1)
        *ret = expr_logic(b->arena, node->all ? EXPR_AND : EXPR_OR, parts, n, node->node.span);
    return *ret ? OK : error_nomem(err);
}

/* --- CASE ------------------------------------------------------------------------------ */

enum code bind_case(struct binder *b, struct expr **parts, uint32_t n, struct span span,
                    struct expr **ret, struct error *err)
{
    bool blink = binder_is_blink(b);
    const struct type *common = NULL;
    for (uint32_t i = 1; i <= n; i += 2) {
        struct expr *branch = parts[i < n ? i : n - 1];
        const struct type *wider =
            common ? type_common(b->arena, common, branch->type, blink) : branch->type;
        if (!wider) {
            struct buf text;
            buf_init(&text, 512);
            type_print(&text, common);
            buf_text(&text, " and ");
            type_print(&text, branch->type);
            error_at(err, E_TYPE, branch->span.size ? branch->span : span,
                     "branches of CASE have no common type: %s", buf_cstr(&text));
            buf_done(&text);
            error_hint(err, "CAST one of them to the type of the other.");
            return E_TYPE;
        }
        common = wider;
    }
    for (uint32_t i = 1; i <= n; i += 2) {
        uint32_t at = i < n ? i : n - 1;
        if (expr_is_null(parts[at])) {
            if (!(parts[at] = expr_null(b->arena, common, parts[at]->span)))
                return error_nomem(err);
        } else {
            TRY(expr_coerce(&b->env, parts[at], common, &parts[at], err));
        }
    }
    *ret = expr_case(b->arena, common, parts, n, span);
    return *ret ? OK : error_nomem(err);
}

/* The condition of a WHEN; `operand` NULL: there is none, or it has an error. */
static enum code bind_when(struct binder *b, const struct scope *scope, const struct ast_case *node,
                           const struct ast_when *when, struct expr *operand, struct expr **ret,
                           struct error *err)
{
    struct expr *pair[2] = { operand, NULL };
    if (!node->operand)
        return bind_condition(b, scope, when->condition, "WHEN", ret, err);
    TRY(bind_expr(b, scope, when->condition, &pair[1], err));
    *ret = pair[1];
    return operand ? bind_operator(b, "=", pair, 2, when->node.span, ret, err) : OK;
}

static enum code bind_case_node(struct binder *b, const struct scope *scope,
                                const struct ast_case *node, struct expr **ret, struct error *err)
{
    uint32_t n = 2 * node->whens.count + 1;
    struct expr **parts = arena_array(b->arena, struct expr *, n);
    if (!parts)
        return error_nomem(err);
    struct expr *operand = NULL;
    enum code failed = OK;
    if (node->operand)
        TRY(bind_part(b, scope, node->operand, &operand, &failed, err));
    for (uint32_t i = 0; i < node->whens.count; i++) {
        const struct ast_when *when = (const struct ast_when *)node->whens.items[i];
        enum code code = bind_when(b, scope, node, when, operand, &parts[2 * i], err);
        if (code != OK && !bind_part_fails(b, scope, code, err))
            return code;
        failed = code != OK ? code : failed;
        TRY(bind_part(b, scope, when->result, &parts[2 * i + 1], &failed, err));
    }
    if (node->otherwise)
        TRY(bind_part(b, scope, node->otherwise, &parts[n - 1], &failed, err));
    else if (!(parts[n - 1] = expr_null(b->arena, &type_null, node->node.span)))
        return error_nomem(err);
    if (failed != OK)
        return bind_told(err);
    return bind_case(b, parts, n, node->node.span, ret, err);
}

/* --- the rest ---------------------------------------------------------------------------- */

static enum code bind_cast(struct binder *b, const struct scope *scope,
                           const struct ast_cast *node, struct expr **ret, struct error *err)
{
    struct expr *e;
    const struct type *type;
    enum code failed = OK;
    TRY(bind_part(b, scope, node->operand, &e, &failed, err));
    TRY(bind_type(&b->env, node->type, &type, err));
    if (failed != OK)
        return bind_told(err);
    enum cast_mode mode = node->attempt || b->env.legacy_cast ? CAST_TRY : CAST_FLINK;
    if (binder_is_blink(b) && !node->attempt)
        mode = CAST_BLINK;
    enum code code = expr_cast(&b->env, e, type, mode, node->node.span, ret, err);
    if (code != OK)
        error_locate(err, node->node.span);
    return code;
}

static enum code bind_items(struct binder *b, const struct scope *scope, const char *name,
                            const struct ast_items *node, struct expr **ret, struct error *err)
{
    struct expr **args = arena_array(b->arena, struct expr *, node->items.count);
    if (!args)
        return error_nomem(err);
    enum code failed = OK;
    TRY(bind_parts(b, scope, &node->items, args, &failed, err));
    if (failed != OK)
        return bind_told(err);
    return bind_operator(b, name, args, node->items.count, node->node.span, ret, err);
}

static enum code bind_index(struct binder *b, const struct scope *scope,
                            const struct ast_index *node, struct expr **ret, struct error *err)
{
    struct expr *args[2];
    enum code failed = OK;
    TRY(bind_part(b, scope, node->operand, &args[0], &failed, err));
    TRY(bind_part(b, scope, node->index, &args[1], &failed, err));
    if (failed != OK)
        return bind_told(err);
    enum type_id id = args[0]->type->id;
    if (id != TYPE_ARRAY && id != TYPE_MAP && id != TYPE_ROW) {
        struct buf type;
        buf_init(&type, 512);
        type_print(&type, args[0]->type);
        error_at(err, E_TYPE, node->node.span, "%s has no elements: [ ] needs an ARRAY or a MAP",
                 buf_cstr(&type));
        buf_done(&type);
        return E_TYPE;
    }
    return bind_operator(b, "ITEM", args, 2, node->node.span, ret, err);
}

static enum code bind_field(struct binder *b, const struct scope *scope,
                            const struct ast_field *node, struct expr **ret, struct error *err)
{
    struct expr *args[2];
    TRY(bind_expr(b, scope, node->operand, &args[0], err));
    if (!(args[1] = expr_string(b->arena, node->name.text, node->name.span)))
        return error_nomem(err);
    return bind_operator(b, "FIELD", args, 2, node->node.span, ret, err);
}

enum code bind_expr(struct binder *b, const struct scope *scope, const struct ast_node *node,
                    struct expr **ret, struct error *err)
{
    switch (node->kind) {
    case AST_LITERAL:
        return bind_literal(b, (const struct ast_literal *)node, ret, err);
    case AST_COLUMN:
        return scope_resolve(b, scope, &((const struct ast_column *)node)->path, ret, err);
    case AST_UNARY:
        return bind_unary(b, scope, (const struct ast_unary *)node, ret, err);
    case AST_BINARY:
        return bind_binary(b, scope, (const struct ast_binary *)node, ret, err);
    case AST_IS:
        return bind_is(b, scope, (const struct ast_is *)node, ret, err);
    case AST_BETWEEN:
        return bind_between(b, scope, (const struct ast_between *)node, ret, err);
    case AST_LIKE:
        return bind_like(b, scope, (const struct ast_like *)node, ret, err);
    case AST_IN:
        return bind_in(b, scope, (const struct ast_in *)node, ret, err);
    case AST_CASE:
        return bind_case_node(b, scope, (const struct ast_case *)node, ret, err);
    case AST_CAST:
        return bind_cast(b, scope, (const struct ast_cast *)node, ret, err);
    case AST_ROW:
        return bind_items(b, scope, "ROW", (const struct ast_items *)node, ret, err);
    case AST_ARRAY:
        return bind_items(b, scope, "ARRAY", (const struct ast_items *)node, ret, err);
    case AST_MAP:
        return bind_items(b, scope, "MAP", (const struct ast_items *)node, ret, err);
    case AST_INDEX:
        return bind_index(b, scope, (const struct ast_index *)node, ret, err);
    case AST_FIELD:
        return bind_field(b, scope, (const struct ast_field *)node, ret, err);
    case AST_CALL:
        return bind_call(b, scope, (const struct ast_call *)node, ret, err);
    case AST_JSON:
        return bind_json(b, scope, (const struct ast_json *)node, ret, err);
    case AST_UNIT: { /* DAY in TIMESTAMPADD(DAY, ..): a symbol */
        const char *unit = ast_unit_name(((const struct ast_unit *)node)->unit);
        *ret = expr_string(b->arena, str_of(unit), node->span);
        return *ret ? OK : error_nomem(err);
    }
    case AST_QUANTIFIED:
        return bind_quantified(b, scope, (const struct ast_quantified *)node, ret, err);
    case AST_EXISTS:
    case AST_SUBQUERY:
        return bind_value_query(b, node, ret, err);
    case AST_STAR:
        return error_at(err, E_SYNTAX, node->span, "* is not a value");
    default:
        return error_at(err, E_SYNTAX, node->span, "this cannot be used as a value here");
    }
}

enum code bind_condition(struct binder *b, const struct scope *scope, const struct ast_node *node,
                         const char *clause, struct expr **ret, struct error *err)
{
    struct expr *e;
    TRY(bind_expr(b, scope, node, &e, err));
    if (e->type->id == TYPE_NULL) {
        if (!(e = expr_null(b->arena, &type_boolean, e->span)))
            return error_nomem(err);
    } else if (e->type->id != TYPE_BOOLEAN) {
        struct buf text;
        buf_init(&text, 512);
        type_print(&text, e->type);
        error_at(err, E_TYPE, node->span, "%s needs a condition, and this is %s", clause,
                 buf_cstr(&text));
        buf_done(&text);
        return E_TYPE;
    }
    *ret = e;
    return OK;
}
