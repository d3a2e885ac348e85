/* build_call.c -- function calls: ordinary ones, those with words between their
 * arguments, and the JSON family.
 *
 * A call is built when its ")" is shifted, the parts behind it (FILTER, OVER, ...) are
 * collected in a struct build_tail and added afterwards. */
#include "sql/build.h"

#include "sql.h"

enum { PART_NULLS = 1, PART_WITHIN = 2, PART_FILTER = 4, PART_OVER = 8 };

/* TIMESTAMPADD(DAY, ...) was parsed with a column named DAY. */
static void first_argument_is_unit(struct build *cx, struct ast_call *call)
{
    if (cx->code != OK || call->path.count != 1 || call->args.count == 0)
        return;
    struct str name = call->path.items[0].text;
    if (!str_iis(name, "TIMESTAMPADD") && !str_iis(name, "TIMESTAMPDIFF"))
        return;
    struct ast_node *arg = call->args.items[0];
    if (arg->kind != AST_COLUMN)
        return;
    const struct ast_column *column = (const struct ast_column *)arg;
    if (column->path.count != 1 || column->path.items[0].quoted)
        return;
    call->args.items[0] =
        build_unit_arg(cx, (struct sql_token){ column->path.items[0].span, TK_ID });
}

struct ast_node *build_call(struct build *cx, struct ast_names *path, struct ast_list *args,
                            int quantifier, struct ast_list *order_by)
{
    struct ast_call *call = build_new(cx, struct ast_call);
    if (!call)
        return NULL;
    call->path = *path;
    call->args = build_list_value(args);
    call->distinct = quantifier == TK_DISTINCT;
    call->order_by = build_list_value(order_by);
    first_argument_is_unit(cx, call);
    return build_finish(cx, call, AST_CALL, path->span.offset);
}

struct ast_node *build_call_nulls(struct build *cx, struct ast_node *call,
                                  enum ast_call_nulls nulls)
{
    (void)cx;
    if (call)
        ((struct ast_call *)call)->nulls = nulls;
    return call;
}

struct ast_node *build_call_star(struct build *cx, struct ast_names *path)
{
    struct ast_call *call = build_new(cx, struct ast_call);
    if (!call)
        return NULL;
    call->path = *path;
    call->star = true;
    return build_finish(cx, call, AST_CALL, path->span.offset);
}

struct ast_node *build_call_tail(struct build *cx, struct ast_node *node, struct build_tail *tail)
{
    if (cx->code != OK)
        return NULL;
    struct ast_call *call = (struct ast_call *)node;
    if (tail->nulls != CALL_NULLS_DEFAULT) /* it may stand inside of the parentheses */
        call->nulls = tail->nulls;
    call->within_group = build_list_value(tail->within);
    call->filter = tail->filter;
    call->over = tail->over;
    return build_finish(cx, call, AST_CALL, node->span.offset);
}

static struct build_tail *new_tail(struct build *cx, struct sql_token start, uint32_t part)
{
    struct build_tail *tail = build_new(cx, struct build_tail);
    if (tail) {
        tail->parts = part;
        tail->span = (struct span){ start.span.offset, cx->end - start.span.offset };
    }
    return tail;
}

struct build_tail *build_tail_join(struct build *cx, struct build_tail *tail,
                                   struct build_tail *part)
{
    if (cx->code != OK)
        return NULL;
    if (tail->parts & part->parts) {
        build_fail(cx, part->span, E_SYNTAX, "a call cannot have this clause twice");
        return NULL;
    }
    tail->parts |= part->parts;
    if (part->parts & PART_NULLS)
        tail->nulls = part->nulls;
    if (part->parts & PART_WITHIN)
        tail->within = part->within;
    if (part->parts & PART_FILTER)
        tail->filter = part->filter;
    if (part->parts & PART_OVER)
        tail->over = part->over;
    return tail;
}

struct build_tail *build_tail_nulls(struct build *cx, struct sql_token start,
                                    enum ast_call_nulls nulls)
{
    struct build_tail *tail = new_tail(cx, start, PART_NULLS);
    if (tail)
        tail->nulls = nulls;
    return tail;
}

struct build_tail *build_tail_within(struct build *cx, struct sql_token start,
                                     struct ast_list *order_by)
{
    struct build_tail *tail = new_tail(cx, start, PART_WITHIN);
    if (tail)
        tail->within = order_by;
    return tail;
}

struct build_tail *build_tail_filter(struct build *cx, struct sql_token start,
                                     struct ast_node *condition)
{
    struct build_tail *tail = new_tail(cx, start, PART_FILTER);
    if (tail)
        tail->filter = condition;
    return tail;
}

struct build_tail *build_tail_over(struct build *cx, struct sql_token start,
                                   struct ast_window *window)
{
    struct build_tail *tail = new_tail(cx, start, PART_OVER);
    if (tail)
        tail->over = window;
    return tail;
}

struct ast_node *build_special(struct build *cx, struct sql_token name, struct ast_node *a,
                               struct ast_node *b, struct ast_node *c, struct ast_node *d)
{
    struct ast_list *args = build_list(cx, NULL, a);
    args = build_list(cx, args, b);
    if (c)
        args = build_list(cx, args, c);
    if (d)
        args = build_list(cx, args, d);
    return build_special_list(cx, name, args);
}

struct ast_node *build_special_list(struct build *cx, struct sql_token name, struct ast_list *args)
{
    struct ast_names *path = build_names(cx, NULL, name);
    return path ? build_call(cx, path, args, 0, NULL) : NULL;
}

struct ast_node *build_trim(struct build *cx, struct sql_token name, const enum ast_trim_side *side,
                            struct ast_node *operand, struct ast_node *characters)
{
    struct ast_list *args = build_list(cx, NULL, operand);
    if (characters)
        args = build_list(cx, args, characters);
    struct ast_node *node = build_special_list(cx, name, args);
    if (node && side)
        ((struct ast_call *)node)->trim_side = *side;
    return node;
}

struct ast_node *build_named_arg(struct build *cx, struct sql_token name, struct ast_node *value)
{
    struct ast_named_arg *node = build_new(cx, struct ast_named_arg);
    if (!node)
        return NULL;
    node->name = build_name(cx, name);
    node->value = value;
    return build_finish(cx, node, AST_NAMED_ARG, name.span.offset);
}

struct ast_node *build_descriptor(struct build *cx, struct sql_token start, struct ast_names *names)
{
    struct ast_descriptor *node = build_new(cx, struct ast_descriptor);
    if (!node)
        return NULL;
    node->columns = *names;
    return build_finish(cx, node, AST_DESCRIPTOR, start.span.offset);
}

/* PARTITION BY (a, b) came as a row of two. */
struct ast_node *build_table_arg(struct build *cx, struct sql_token start, struct ast_names *path,
                                 struct ast_query *query, struct ast_node *partition,
                                 struct ast_list *order_by)
{
    struct ast_table_arg *node = build_new(cx, struct ast_table_arg);
    if (!node)
        return NULL;
    node->table = build_names_value(path);
    node->query = query;
    if (partition && partition->kind == AST_ROW && !((struct ast_items *)partition)->keyword)
        node->partition_by = ((struct ast_items *)partition)->items;
    else if (partition)
        node->partition_by = build_list_value(build_list(cx, NULL, partition));
    node->order_by = build_list_value(order_by);
    if (node->order_by.count == 1) {
        struct ast_order_item *item = (struct ast_order_item *)node->order_by.items[0];
        struct ast_items *row = (struct ast_items *)item->expr;
        if (row->node.kind == AST_ROW && !row->keyword) {
            struct ast_list *items = NULL;
            for (uint32_t i = 0; i < row->items.count; i++)
                items = build_list(
                    cx, items,
                    build_order_item(cx, row->items.items[i], item->descending, (int)item->nulls));
            node->order_by = build_list_value(items);
        }
    }
    return build_finish(cx, node, AST_TABLE_ARG, start.span.offset);
}

/* ---- JSON -------------------------------------------------------------------------------- */

struct ast_json *build_json(struct build *cx, struct sql_token name, enum ast_json_func func,
                            struct ast_list *args)
{
    struct ast_json *json = build_new(cx, struct ast_json);
    if (!json)
        return NULL;
    json->func = func;
    json->name = build_name(cx, name);
    json->args = build_list_value(args);
    bool reads = func == JSON_FUNC_VALUE || func == JSON_FUNC_QUERY || func == JSON_FUNC_EXISTS;
    if (reads && json->args.count != 2) {
        build_fail(cx, name.span, E_SYNTAX, "%.*s takes a text and a path, not %u argument%s",
                   STR_ARG(json->name.text), json->args.count, json->args.count == 1 ? "" : "s");
        return NULL;
    }
    return build_finish(cx, json, AST_JSON, name.span.offset);
}

struct ast_json *build_json_exists(struct build *cx, struct sql_token name, struct ast_list *args,
                                   enum ast_json_behavior on_error)
{
    struct ast_json *json = build_json(cx, name, JSON_FUNC_EXISTS, args);
    if (json)
        json->on_error.behavior = on_error;
    return json;
}

/* The body was collected without knowing its function's name. */
struct ast_json *build_json_func(struct build *cx, struct sql_token name, enum ast_json_func func,
                                 struct ast_json *body)
{
    if (cx->code != OK)
        return NULL;
    struct ast_json *json = build_json(cx, name, func, &body->args);
    if (!json)
        return NULL;
    json->returning = body->returning;
    json->wrapper = body->wrapper;
    json->on_empty = body->on_empty;
    json->on_error = body->on_error;
    return json;
}

struct ast_json *build_json_nulls(struct build *cx, struct sql_token name, enum ast_json_func func,
                                  struct ast_list *args, enum ast_json_nulls nulls)
{
    struct ast_json *json = build_json(cx, name, func, args);
    if (json)
        json->nulls = nulls;
    return json;
}

struct ast_json *build_json_body(struct build *cx, struct ast_list *args, struct ast_type *type)
{
    struct ast_json *body = build_new(cx, struct ast_json);
    if (!body)
        return NULL;
    body->args = *args;
    body->returning = type;
    return body;
}

struct ast_json *build_json_on(struct build *cx, struct ast_json *body, struct ast_json_on on,
                               bool error)
{
    if (cx->code != OK)
        return NULL;
    struct ast_json_on *slot = error ? &body->on_error : &body->on_empty;
    if (slot->behavior != JSON_ON_DEFAULT_) {
        build_fail(cx, (struct span){ cx->end, 0 }, E_SYNTAX, "ON %s is given twice",
                   error ? "ERROR" : "EMPTY");
        return NULL;
    }
    *slot = on;
    return body;
}

struct ast_json *build_json_wrapper(struct build *cx, struct ast_json *body,
                                    enum ast_json_wrapper wrapper)
{
    if (cx->code != OK)
        return NULL;
    if (body->wrapper != JSON_WRAPPER_DEFAULT_) {
        build_fail(cx, (struct span){ cx->end, 0 }, E_SYNTAX, "WRAPPER is given twice");
        return NULL;
    }
    body->wrapper = wrapper;
    return body;
}

struct ast_json *build_json_tail(struct build *cx, struct ast_json *json, struct build_tail *tail)
{
    if (cx->code != OK)
        return NULL;
    if (tail->parts & (PART_NULLS | PART_WITHIN)) {
        build_fail(cx, tail->span, E_SYNTAX, "%.*s takes FILTER and OVER only",
                   STR_ARG(json->name.text));
        return NULL;
    }
    json->filter = tail->filter;
    json->over = tail->over;
    return json;
}

struct ast_node *build_json_end(struct build *cx, struct ast_json *json)
{
    if (cx->code != OK)
        return NULL;
    return build_finish(cx, json, AST_JSON, json->node.span.offset);
}

struct ast_json_on build_on(enum ast_json_behavior behavior, struct ast_node *value)
{
    return (struct ast_json_on){ .behavior = behavior, .value = value };
}

struct ast_list *build_pair(struct build *cx, struct ast_node *key, struct ast_node *value)
{
    return build_list(cx, build_list(cx, NULL, key), value);
}
