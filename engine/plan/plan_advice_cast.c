/* plan_advice_cast.c -- advice about casts of texts that come from outside: in Flink's dialect one that
 * cannot be read ends the job, in Blink's it is NULL, of which nobody hears. */
#include "plan/plan_advice_inner.h"

#include "expr/function.h"

#include <stdlib.h>

enum { NULL_CASTS_SHOWN = 5 };

/* Does the text come as it is from outside, or cut from such a one? */
static bool is_foreign(const struct plan *input, const struct expr *e)
{
    static const char *const cutting[] = { "JSON_VALUE",  "JSON_QUERY",     "JSON_STRING",
                                           "SPLIT_INDEX", "SUBSTRING",      "SUBSTR",
                                           "TRIM",        "LTRIM",          "RTRIM",
                                           "BTRIM",       "REGEXP_EXTRACT", "REGEXP_REPLACE",
                                           "REPLACE",     "CAST",           "ITEM",
                                           "FIELD" };
    if (e->kind == EXPR_CALL && e->function) {
        for (size_t i = 0; i < countof(cutting); i++)
            if (strcmp(e->function->name, cutting[i]) == 0)
                for (uint32_t k = 0; k < e->arg_count; k++)
                    if (is_foreign(input, e->args[k]))
                        return true;
        return false;
    }
    if (e->kind != EXPR_COLUMN || !input)
        return false;
    const struct plan_calc *calc = (const struct plan_calc *)input;
    uint32_t column = e->column;
    switch (input->kind) {
    case PLAN_SCAN: {
        const struct type *type = input->fields[column].type;
        return type_is_string(type) || type_is_binary(type) || type->child_count > 0;
    }
    case PLAN_JSON:
        if (column >= input->inputs[0]->field_count)
            return true;
        break;
    case PLAN_CALC:
        if (calc->exprs)
            return is_foreign(input->inputs[0], calc->exprs[column]);
        break;
    case PLAN_WATERMARK:
    case PLAN_EXCHANGE:
    case PLAN_LIMIT:
    case PLAN_FOLD:
    case PLAN_OVER:
        if (column >= input->inputs[0]->field_count)
            return false;
        break;
    default:
        return false;
    }
    return is_foreign(input->inputs[0], e);
}

bool advice_reads_text(const struct expr *e)
{
    if (!advice_is_call(e, "CAST") || e->arg_count == 0)
        return false;
    const struct type *from = e->args[0]->type;
    return type_is_string(from) && !type_is_string(e->type) && !type_is_binary(e->type);
}

static void look_at_cast(struct advising *a, const struct plan *node, const struct expr *e,
                         unsigned guards)
{
    bool may_fail = (e->flags & CALL_FAILS) && advice_reads_text(e) && !(guards & GUARD_WHEN);
    if (!may_fail || node->input_count != 1 || !is_foreign(node->inputs[0], e->args[0]))
        return;
    struct buf type;
    buf_init(&type, 100);
    type_print(&type, e->type);
    struct plan_advice *item = advice_add(
        a, "cast-fails", node, e->span, "a text that is no %s ends the job here", buf_cstr(&type));
    if (item)
        error_hint(&item->error, "TRY_CAST gives NULL instead.");
    advice_text_done(a, &type);
}

/* ---- NULL in Blink's dialect ----------------------------------------------------------------- */

struct null_cast {
    const struct plan *node;
    struct span span;
    const struct type *type;
};

struct null_casts {
    struct null_cast *items;
    uint32_t count, cap;
};

/* Is it an integer read from a JSON document, where a text may stand? */
static bool reads_json(const struct expr *e)
{
    static const char *const names[] = { "JSON_VALUE_TINYINT", "JSON_VALUE_SMALLINT",
                                         "JSON_VALUE_INT", "JSON_VALUE_BIGINT" };
    for (size_t i = 0; i < countof(names); i++)
        if (advice_is_call(e, names[i]))
            return !(e->flags & CALL_TRIES);
    return false;
}

/* Do only rows get so far in which it is not NULL? */
static bool is_tested(const struct expr *condition, const struct expr *e)
{
    if (!condition)
        return false;
    if (condition->kind == EXPR_AND) {
        for (uint32_t i = 0; i < condition->arg_count; i++)
            if (is_tested(condition->args[i], e))
                return true;
        return false;
    }
    return advice_is_call(condition, "IS NOT NULL") && expr_equal(condition->args[0], e);
}

/* Conditions that all readers have stand in calcs of their own below, which pass all columns. */
static bool is_tested_by(const struct plan *node, const struct expr *e)
{
    const struct plan_calc *calc = (const struct plan_calc *)node;
    while (node->kind == PLAN_CALC) {
        if (is_tested(calc->filter, e))
            return true;
        calc = (const struct plan_calc *)(node = node->inputs[0]);
        if (node->kind == PLAN_CALC && calc->exprs)
            return false;
    }
    return false;
}

static void look_for_null(struct advising *a, const struct plan *node, const struct expr *e,
                          unsigned guards)
{
    bool is_json = reads_json(e);
    if ((!is_json && !advice_reads_text(e)) || e->span.size == 0 || guards != 0 ||
        (e->flags & CALL_FAILS) || node->input_count != 1)
        return;
    if (!is_json && !is_foreign(node->inputs[0], e->args[0]))
        return;
    if (is_tested_by(node, e))
        return;
    for (uint32_t i = 0; i < a->nulls->count; i++)
        if (a->nulls->items[i].span.offset == e->span.offset)
            return;
    struct null_cast item = { node, e->span, e->type };
    if (!ARENA_PUSH(a->arena, a->nulls->items, a->nulls->count, a->nulls->cap, item))
        a->failed = true;
}

static int compare_places(const void *a, const void *b)
{
    uint32_t x = ((const struct null_cast *)a)->span.offset;
    uint32_t y = ((const struct null_cast *)b)->span.offset;
    return (x > y) - (x < y);
}

static void put_null(struct advising *a, const struct null_cast *cast)
{
    struct buf type;
    buf_init(&type, 100);
    type_print(&type, cast->type);
    struct plan_advice *item = advice_add(a, "cast-null", cast->node, cast->span,
                                          "a text that is no %s is NULL here", buf_cstr(&type));
    const char *value = type_is_numeric(cast->type)      ? "0"
                        : cast->type->id == TYPE_BOOLEAN ? "FALSE"
                                                         : "value";
    if (item)
        error_hint(&item->error,
                   "COALESCE(..., %s) gives another value, WHERE ... IS NOT NULL leaves the row "
                   "out, and TRY_CAST says that NULL is meant.",
                   value);
    advice_text_done(a, &type);
}

/* The first places have a warning each, which says it all; the others are counted. */
static void advise_nulls(struct advising *a)
{
    struct null_casts nulls = { .count = 0 };
    if (a->job->dialect != DIALECT_BLINK)
        return;
    a->nulls = &nulls;
    advice_each_expr(a, look_for_null);
    a->nulls = NULL;
    if (nulls.count > 1)
        qsort(nulls.items, nulls.count, sizeof *nulls.items, compare_places);
    uint32_t shown = nulls.count <= NULL_CASTS_SHOWN + 1 ? nulls.count : NULL_CASTS_SHOWN;
    for (uint32_t i = 0; i < shown && !a->failed; i++)
        put_null(a, &nulls.items[i]);
    if (shown < nulls.count && !a->failed)
        advice_add(a, "cast-null", nulls.items[shown].node, nulls.items[shown].span,
                   "here and in %u places behind it a text that cannot be read is NULL, too",
                   nulls.count - shown - 1);
}

void advise_casts(struct advising *a)
{
    advice_each_expr(a, look_at_cast);
    advise_nulls(a);
}
