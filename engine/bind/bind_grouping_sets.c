/* bind_grouping_sets.c -- GROUP BY with ROLLUP, CUBE and GROUPING SETS.
 *
 * Each item of GROUP BY is a list of sets of keys; the sets of the query are their
 * cross product.  A set is a bitmap of the keys that are in it while it is put together,
 * and of those left out (bit 0: the last key) in the plan. */
#include "bind/group.h"

enum { SETS_MAX = 4096, REPEAT_SHIFT = GROUP_KEYS_MAX };

struct set_list {
    uint64_t *items; /* bit k: key k is in */
    uint32_t count, cap;
};

bool group_has_sets(const struct ast_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i]->kind == AST_GROUPING &&
            (((const struct ast_grouping *)list->items[i])->what != GROUPING_SET ||
             ((const struct ast_grouping *)list->items[i])->items.count != 1))
            return true;
    return false;
}

static enum code add_set(struct grouping *g, struct set_list *list, uint64_t set,
                         struct span span, struct error *err)
{
    if (list->count == SETS_MAX)
        return error_at(err, E_LIMIT, span, "GROUP BY makes more than %d grouping sets", SETS_MAX);
    return ARENA_PUSH(g->b->arena, list->items, list->count, list->cap, set) ? OK
                                                                             : error_nomem(err);
}

/* All keys of an expression or of (a, b). */
static enum code keys_of(struct grouping *g, const struct ast_node *node, uint64_t *ret,
                         struct error *err)
{
    const struct ast_grouping *set = (const struct ast_grouping *)node;
    if (node->kind == AST_GROUPING && set->what != GROUPING_SET)
        return error_at(err, E_SYNTAX, node->span,
                        "ROLLUP, CUBE and GROUPING SETS cannot stand inside of ROLLUP and CUBE");
    if (group_is_window(node))
        return bind_unsupported(node->span, "a window function inside of grouping sets", err);
    *ret = 0;
    uint32_t at;
    if (node->kind != AST_GROUPING) {
        TRY(group_add_key(g, node, &at, err));
        *ret = (uint64_t)1 << at;
        return OK;
    }
    for (uint32_t i = 0; i < set->items.count; i++) {
        TRY(group_add_key(g, set->items.items[i], &at, err));
        *ret |= (uint64_t)1 << at;
    }
    return OK;
}

static enum code sets_of(struct grouping *g, const struct ast_node *node, struct set_list *list,
                         struct error *err)
{
    const struct ast_grouping *group = (const struct ast_grouping *)node;
    uint64_t keys;
    if (node->kind != AST_GROUPING || group->what == GROUPING_SET) {
        TRY(keys_of(g, node, &keys, err));
        return add_set(g, list, keys, node->span, err);
    }
    uint32_t n = group->items.count;
    if (group->what == GROUPING_SETS) {
        for (uint32_t i = 0; i < n; i++)
            TRY(sets_of(g, group->items.items[i], list, err));
        return OK;
    }
    uint64_t parts[16];
    if (n > countof(parts) || (group->what == GROUPING_CUBE && n > 12))
        return error_at(err, E_LIMIT, node->span, "this has too many columns for %s",
                        group->what == GROUPING_CUBE ? "CUBE (12 at most)" : "ROLLUP (16 at most)");
    for (uint32_t i = 0; i < n; i++)
        TRY(keys_of(g, group->items.items[i], &parts[i], err));
    uint32_t sets = group->what == GROUPING_CUBE ? 1u << n : n + 1;
    for (uint32_t s = 0; s < sets; s++) {
        /* From all columns to none; CUBE counts down through the bitmaps. */
        uint64_t set = 0;
        for (uint32_t i = 0; i < n; i++) {
            bool in = group->what == GROUPING_CUBE ? !(s >> (n - 1 - i) & 1) : i < n - s;
            set |= in ? parts[i] : 0;
        }
        TRY(add_set(g, list, set, node->span, err));
    }
    return OK;
}

enum code group_bind_sets(struct grouping *g, const struct ast_list *list, struct error *err)
{
    struct set_list all = { 0 };
    TRY(add_set(g, &all, 0, list->items[0]->span, err));
    for (uint32_t i = 0; i < list->count; i++) {
        struct set_list one = { 0 }, product = { 0 };
        if (group_is_window(list->items[i]))
            return bind_unsupported(list->items[i]->span,
                                    "a window function beside of grouping sets", err);
        TRY(sets_of(g, list->items[i], &one, err));
        for (uint32_t a = 0; a < all.count; a++)
            for (uint32_t c = 0; c < one.count; c++)
                TRY(add_set(g, &product, all.items[a] | one.items[c], list->items[i]->span, err));
        all = product;
    }
    g->sets = all.items;
    g->set_count = all.count;
    /* Left out instead of in, the last key lowest; the same set again gets a number on top. */
    for (uint32_t s = 0; s < all.count; s++) {
        uint64_t left_out = 0;
        for (uint32_t k = 0; k < g->key_count; k++)
            if (!(all.items[s] >> k & 1))
                left_out |= (uint64_t)1 << (g->key_count - 1 - k);
        uint64_t repeat = 0;
        for (uint32_t before = 0; before < s; before++)
            repeat += (g->sets[before] & (((uint64_t)1 << REPEAT_SHIFT) - 1)) == left_out;
        if (repeat >= 8)
            return error_at(err, E_LIMIT, list->items[0]->span,
                            "the same grouping set occurs more than 8 times");
        g->sets[s] = left_out | repeat << REPEAT_SHIFT;
    }
    return OK;
}

/* --- GROUPING and its like ------------------------------------------------------------------ */

bool group_is_set_function(struct str name)
{
    return str_iis(name, "GROUPING") || str_iis(name, "GROUPING_ID") || str_iis(name, "GROUP_ID");
}

/* What the function is for rows of a set. */
static int64_t value_in_set(const struct grouping *g, uint64_t set, const uint32_t *keys,
                            uint32_t count)
{
    int64_t value = 0;
    for (uint32_t i = 0; i < count; i++)
        value = value << 1 | (int64_t)(set >> (g->key_count - 1 - keys[i]) & 1);
    return value;
}

enum code group_bind_set_function(struct grouping *g, const struct scope *scope,
                                  const struct ast_call *node, struct str name,
                                  struct expr **ret, struct error *err)
{
    struct binder *b = g->b;
    struct span span = node->node.span;
    bool group_id = str_iis(name, "GROUP_ID");
    uint32_t n = node->args.count;
    uint32_t keys[GROUP_KEYS_MAX];
    if (group_id ? n > 0 : n == 0 || n > GROUP_KEYS_MAX)
        return error_at(err, E_TYPE, span, "\"" STR_FMT "\" takes %s", STR_ARG(name),
                        group_id ? "no arguments" : "columns of GROUP BY");
    for (uint32_t i = 0; i < n; i++) {
        struct expr *e;
        TRY(bind_expr(b, scope, node->args.items[i], &e, err));
        uint32_t at = 0;
        while (at < g->key_count && !expr_equal(g->keys[at].expr, e))
            at++;
        if (at == g->key_count)
            return error_at(err, E_PLAN, e->span, "\"" STR_FMT "\" takes columns of GROUP BY",
                            STR_ARG(name));
        keys[i] = at;
    }
    const struct type *type = &type_bigint;
    if (g->set_count == 0)
        return (*ret = expr_i64(b->arena, type, 0, span)) ? OK : error_nomem(err);
    uint32_t parts = 2 * (g->set_count - 1) + 1;
    struct expr **args = arena_array(b->arena, struct expr *, parts);
    struct expr *set =
        expr_column(b->arena, g->base + GROUP_SET_PLACEHOLDER, &type_bigint, span);
    if (!args || !set)
        return error_nomem(err);
    for (uint32_t s = 0; s < g->set_count; s++) {
        int64_t value = group_id ? (int64_t)(g->sets[s] >> REPEAT_SHIFT)
                                 : value_in_set(g, g->sets[s], keys, n);
        struct expr *result = expr_i64(b->arena, type, value, span);
        if (!result)
            return error_nomem(err);
        if (s + 1 == g->set_count) {
            args[2 * s] = result;
            break;
        }
        struct expr *pair[2] = { set,
                                 expr_i64(b->arena, &type_bigint, (int64_t)g->sets[s], span) };
        if (!pair[1])
            return error_nomem(err);
        TRY(bind_operator(b, "=", pair, 2, span, &args[2 * s], err));
        args[2 * s + 1] = result;
    }
    if (g->set_count == 1) {
        *ret = args[0];
        return OK;
    }
    *ret = expr_case(b->arena, type, args, parts, span);
    return *ret ? OK : error_nomem(err);
}
