/* expr.c -- making, comparing, walking and rewriting bound expressions.
 *
 * Every maker computes the node's hash from its parts, so equality is a hash test
 * first and a deep comparison only for candidates. */
#include "expr/expr.h"

#include "base/hash.h"
#include "expr/function.h"

static uint64_t type_hash(const struct type *type, uint64_t seed)
{
    uint64_t h = hash_u64((uint64_t)type->id << 32 | (uint32_t)type->precision, seed);
    h = hash_u64((uint64_t)type->scale << 1 | type->blink_instant, h);
    for (uint32_t i = 0; i < type->child_count; i++)
        h = type_hash(type->children[i], h);
    return h;
}

static uint64_t value_hash(const struct value *value, uint64_t seed)
{
    if (value->is_null)
        return hash_u64(1, seed);
    switch (type_phys(value->type)) {
    case PHYS_VIEW:
        return hash_bytes(value->str.data, value->str.size, seed);
    case PHYS_I128:
        return hash_bytes(&value->i128, sizeof value->i128, seed);
    case PHYS_F32:
    case PHYS_F64:
        return hash_bytes(&value->f64, sizeof value->f64, seed);
    case PHYS_LIST:
    case PHYS_ROW:
        for (uint32_t i = 0; i < value->list.count; i++)
            seed = value_hash(&value->list.items[i], seed);
        return seed;
    default:
        if (value->type->id == TYPE_DECIMAL)
            return hash_bytes(&value->i128, sizeof value->i128, seed);
        return hash_u64((uint64_t)value->i64, seed);
    }
}

static uint64_t hash_node(const struct expr *e)
{
    uint64_t h = type_hash(e->type, hash_u64(e->kind, 17));
    switch (e->kind) {
    case EXPR_COLUMN:
        return hash_u64(e->column, h);
    case EXPR_LITERAL:
        return value_hash(e->literal, h);
    case EXPR_CALL:
        h = hash_u64((uint64_t)(uintptr_t)e->kernel, h);
        h = hash_u64(e->state_hash, h);
        break;
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_CASE:
        break;
    }
    for (uint32_t i = 0; i < e->arg_count; i++)
        h = hash_u64(e->args[i]->hash, h);
    return h;
}

/* Flags that a node inherits from its arguments. */
static unsigned inherited(struct expr *const *args, uint32_t n)
{
    unsigned flags = 0;
    for (uint32_t i = 0; i < n; i++)
        flags |= args[i]->flags & (CALL_DYNAMIC | CALL_VOLATILE | CALL_FAILS);
    return flags;
}

struct expr *expr_column(struct arena *arena, uint32_t column, const struct type *type,
                         struct span span)
{
    struct expr *e = arena_new(arena, struct expr);
    if (!e)
        return NULL;
    e->kind = EXPR_COLUMN;
    e->span = span;
    e->type = type;
    e->column = column;
    e->hash = hash_node(e);
    return e;
}

struct expr *expr_literal(struct arena *arena, const struct value *value, struct span span)
{
    struct expr *e = arena_new(arena, struct expr);
    struct value *copy = arena_new(arena, struct value);
    if (!e || !copy)
        return NULL;
    *copy = *value;
    e->kind = EXPR_LITERAL;
    e->span = span;
    e->type = value->type;
    e->literal = copy;
    e->hash = hash_node(e);
    return e;
}

struct expr *expr_null(struct arena *arena, const struct type *type, struct span span)
{
    return expr_literal(arena, &(struct value){ .type = type, .is_null = true }, span);
}

struct expr *expr_bool(struct arena *arena, bool value, struct span span)
{
    return expr_literal(arena, &(struct value){ .type = &type_boolean, .i64 = value }, span);
}

struct expr *expr_string(struct arena *arena, struct str text, struct span span)
{
    return expr_literal(arena, &(struct value){ .type = &type_string, .str = text }, span);
}

struct expr *expr_i64(struct arena *arena, const struct type *type, int64_t value,
                      struct span span)
{
    return expr_literal(arena, &(struct value){ .type = type, .i64 = value }, span);
}

static struct expr *make_node(struct arena *arena, enum expr_kind kind, const struct type *type,
                              struct expr *const *args, uint32_t n, struct span span)
{
    struct expr *e = arena_new(arena, struct expr);
    struct expr **copy = arena_array(arena, struct expr *, n);
    if (!e || !copy)
        return NULL;
    memcpy(copy, args, n * sizeof *copy);
    e->kind = kind;
    e->span = span;
    e->type = type;
    e->args = copy;
    e->arg_count = n;
    e->flags = inherited(args, n);
    e->hash = hash_node(e);
    return e;
}

struct expr *expr_logic(struct arena *arena, enum expr_kind kind, struct expr *const *args,
                        uint32_t n, struct span span)
{
    struct expr **kept = arena_array(arena, struct expr *, MAX(n, 1));
    if (!kept)
        return NULL;
    uint32_t left = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool constant = args[i]->kind == EXPR_LITERAL && !args[i]->literal->is_null;
        bool value = constant && args[i]->literal->i64;
        if (constant && value == (kind == EXPR_OR))
            return args[i]; /* decides the whole, whatever the others are */
        if (!constant)
            kept[left++] = args[i];
    }
    if (left == 0)
        return args[0];
    args = kept;
    n = left;
    if (n == 1)
        return args[0];
    uint32_t total = 0;
    for (uint32_t i = 0; i < n; i++)
        total += args[i]->kind == kind ? args[i]->arg_count : 1;
    struct expr **flat = arena_array(arena, struct expr *, total);
    if (!flat)
        return NULL;
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (args[i]->kind == kind) {
            memcpy(flat + at, args[i]->args, args[i]->arg_count * sizeof *flat);
            at += args[i]->arg_count;
        } else {
            flat[at++] = args[i];
        }
    }
    return make_node(arena, kind, &type_boolean, flat, total, span);
}

struct expr *expr_case(struct arena *arena, const struct type *type, struct expr *const *args,
                       uint32_t n, struct span span)
{
    return make_node(arena, EXPR_CASE, type, args, n, span);
}

bool expr_equal(const struct expr *a, const struct expr *b)
{
    if (a == b)
        return true;
    if (a->hash != b->hash || a->kind != b->kind || !type_equal(a->type, b->type) ||
        a->arg_count != b->arg_count)
        return false;
    switch (a->kind) {
    case EXPR_COLUMN:
        return a->column == b->column;
    case EXPR_LITERAL:
        return value_equal(a->literal, b->literal);
    case EXPR_CALL:
        if (a->kernel != b->kernel || a->state_hash != b->state_hash ||
            a->function != b->function)
            return false;
        break;
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_CASE:
        break;
    }
    for (uint32_t i = 0; i < a->arg_count; i++)
        if (!expr_equal(a->args[i], b->args[i]))
            return false;
    return true;
}

bool expr_is_literal(const struct expr *e)
{
    return e->kind == EXPR_LITERAL;
}

bool expr_is_null(const struct expr *e)
{
    return e->kind == EXPR_LITERAL && e->literal->is_null;
}

bool expr_literal_text(const struct expr *e, struct str *ret)
{
    if (e->kind != EXPR_LITERAL || e->literal->is_null || type_phys(e->type) != PHYS_VIEW)
        return false;
    *ret = e->literal->str;
    return true;
}

bool expr_literal_i64(const struct expr *e, int64_t *ret)
{
    if (e->kind != EXPR_LITERAL || e->literal->is_null || !type_is_integer(e->type))
        return false;
    *ret = e->literal->i64;
    return true;
}

struct expr *expr_with_args(struct arena *arena, const struct expr *e, struct expr *const *args)
{
    struct expr *copy = arena_new(arena, struct expr);
    if (!copy)
        return NULL;
    *copy = *e;
    copy->args = args;
    copy->flags |= inherited(args, e->arg_count);
    copy->size = 1;
    for (uint32_t i = 0; i < e->arg_count; i++)
        copy->size = MIN(copy->size + MAX(args[i]->size, 1), EXPR_SIZE_MAX);
    copy->hash = hash_node(copy);
    return copy;
}

void expr_walk(struct expr *e, void (*fn)(struct expr *e, void *arg), void *arg)
{
    fn(e, arg);
    for (uint32_t i = 0; i < e->arg_count; i++)
        expr_walk(e->args[i], fn, arg);
}

struct expr *expr_rewrite(struct arena *arena, struct expr *e,
                          struct expr *(*fn)(struct arena *arena, struct expr *e, void *arg),
                          void *arg)
{
    struct expr **args = NULL;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        struct expr *child = expr_rewrite(arena, e->args[i], fn, arg);
        if (!child)
            return NULL;
        if (child != e->args[i] && !args) {
            args = arena_array(arena, struct expr *, e->arg_count);
            if (!args)
                return NULL;
            memcpy(args, e->args, e->arg_count * sizeof *args);
        }
        if (args)
            args[i] = child;
    }
    if (args && !(e = expr_with_args(arena, e, args)))
        return NULL;
    return fn(arena, e, arg);
}
