/* plan_flink_expr.c -- expressions as Flink's EXPLAIN has them: infix in the execution plan, with
 * parentheses around every operator; Calcite's prefix form in the others. */
#include "plan/plan_flink.h"

#include "expr/fn_json.h"
#include "expr/function.h"
#include "types/text.h"

void flink_print_type(struct buf *out, const struct type *type)
{
    switch (type->id) {
    case TYPE_INT:
        buf_text(out, "INTEGER");
        break;
    case TYPE_VARCHAR:
        buf_printf(out, "VARCHAR(%d)", type->precision);
        break;
    case TYPE_VARBINARY:
        buf_printf(out, "VARBINARY(%d)", type->precision);
        break;
    case TYPE_TIMESTAMP_LTZ:
        buf_printf(out, "TIMESTAMP_WITH_LOCAL_TIME_ZONE(%d)", type->precision);
        break;
    default:
        type_print(out, type);
    }
}

void flink_print_size(struct buf *out, int64_t us)
{
    static const struct {
        int64_t us;
        const char *name;
    } units[] = {
        { 86400000000, "d" }, { 3600000000, "h" }, { 60000000, "min" }, { 1000000, "s" }
    };
    for (size_t i = 0; i < countof(units); i++) {
        if (us != 0 && us % units[i].us == 0) {
            buf_printf(out, "%lld %s", (long long)(us / units[i].us), units[i].name);
            return;
        }
    }
    buf_printf(out, "%lld ms", (long long)(us / 1000));
}

struct printing {
    struct buf *out;
    const struct flink_names *names;
    enum flink_style style;
};

static void print(const struct printing *p, const struct expr *e);

static void put_text_literal(const struct printing *p, struct str text, bool in_list)
{
    bool marked = in_list || p->style != FLINK_EXECUTION;
    buf_text(p->out, marked ? "_UTF-16LE'" : "'");
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'')
            buf_char(p->out, '\'');
        buf_char(p->out, text.data[i]);
    }
    buf_char(p->out, '\'');
}

/* Intervals: "300000:INTERVAL MINUTE" with the largest unit that fits. */
static void put_interval(struct buf *out, int64_t us)
{
    static const struct {
        int64_t us;
        const char *name;
    } units[] = {
        { 86400000000, "DAY" }, { 3600000000, "HOUR" }, { 60000000, "MINUTE" }, { 0, "SECOND" }
    };
    size_t i = 0;
    while (units[i].us != 0 && us % units[i].us != 0)
        i++;
    buf_printf(out, "%lld:INTERVAL %s", (long long)(us / 1000), units[i].name);
}

static void put_literal(const struct printing *p, const struct expr *e, bool in_list)
{
    const struct value *v = e->literal;
    if (v->is_null) {
        buf_text(p->out, "null:");
        flink_print_type(p->out, e->type);
        return;
    }
    if (type_is_string(e->type)) {
        put_text_literal(p, v->str, in_list);
        return;
    }
    if (e->type->id == TYPE_INTERVAL_DAY) {
        put_interval(p->out, v->i64);
        return;
    }
    if (e->type->id == TYPE_BOOLEAN) {
        buf_text(p->out, v->i64 ? "true" : "false");
        return;
    }
    struct text_style style = { .mode = TEXT_DISPLAY };
    size_t begin = p->out->size;
    text_print_value(p->out, v, &style);
    /* A literal keeps the digits that it was written with: weir has brought it to a type. */
    if (e->type->id == TYPE_DECIMAL && e->type->scale > 0 && !p->out->failed) {
        while (p->out->size > begin && p->out->data[p->out->size - 1] == '0')
            p->out->size--;
        if (p->out->size > begin && p->out->data[p->out->size - 1] == '.')
            p->out->size--;
    }
}

/* Where a comparison has brought a literal to the type of the other side, Calcite says so. */
static void put_compared(const struct printing *p, const struct expr *e, const struct expr *other,
                         bool equality)
{
    print(p, e);
    if (e->kind != EXPR_LITERAL || e->literal->is_null || other->kind == EXPR_LITERAL)
        return;
    if (other->type->id == TYPE_VARCHAR && type_is_string(e->type))
        buf_printf(p->out, ":VARCHAR(%d) CHARACTER SET \"UTF-16LE\"", other->type->precision);
    else if (equality && other->type->id == TYPE_BIGINT && type_is_integer(e->type))
        buf_text(p->out, ":BIGINT");
}

static bool is_comparison(const char *name)
{
    return name[0] == '=' || name[0] == '<' || name[0] == '>';
}

static void put_list(const struct printing *p, struct expr *const *args, uint32_t count)
{
    buf_char(p->out, '(');
    for (uint32_t i = 0; i < count; i++) {
        buf_text(p->out, i > 0 ? ", " : "");
        print(p, args[i]);
    }
    buf_char(p->out, ')');
}

static bool is_infix(const char *name)
{
    static const char *const names[] = { "=", "<>", "<", ">", "<=", ">=",
                                         "+", "-",  "*", "/", "%",  "||" };
    for (size_t i = 0; i < countof(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void put_operators(const struct printing *p, const char *name, struct expr *const *args,
                          uint32_t count)
{
    if (p->style == FLINK_PHYSICAL && count == 2 && is_comparison(name)) {
        bool equality = strcmp(name, "=") == 0 || strcmp(name, "<>") == 0;
        buf_printf(p->out, "%s(", name);
        put_compared(p, args[0], args[1], equality);
        buf_text(p->out, ", ");
        put_compared(p, args[1], args[0], equality);
        buf_char(p->out, ')');
        return;
    }
    if (p->style != FLINK_EXECUTION) {
        buf_text(p->out, name);
        put_list(p, args, count);
        return;
    }
    buf_char(p->out, '(');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buf_printf(p->out, " %s ", name);
        print(p, args[i]);
    }
    buf_char(p->out, ')');
}

/* A path that is read with others in one pass: the column is called "message, '$.a'". */
static bool put_json_value(const struct printing *p, const struct expr *e)
{
    const char *name = e->function->name;
    bool hit = e->arg_count > 0 && e->args[0]->type == &type_json_hit;
    if (!hit || strncmp(name, "JSON_VALUE", 10) != 0)
        return false;
    bool is_cast = name[10] == '_';
    buf_text(p->out, is_cast ? "TRY_CAST(JSON_VALUE(" : "JSON_VALUE(");
    print(p, e->args[0]);
    buf_char(p->out, ')');
    if (is_cast) {
        buf_text(p->out, " AS ");
        flink_print_type(p->out, e->type);
        buf_char(p->out, ')');
    }
    return true;
}

/* A number that is widened without being told to: Flink's operators take both. */
static bool is_implicit(const struct expr *e)
{
    return e->arg_count == 1 && type_is_numeric(e->type) && type_is_numeric(e->args[0]->type) &&
           e->span.offset == e->args[0]->span.offset;
}

static void put_call(const struct printing *p, const struct expr *e)
{
    const char *name = e->function ? e->function->name : "?";
    if (e->function && put_json_value(p, e))
        return;
    if (strcmp(name, "CAST") == 0 && is_implicit(e)) {
        print(p, e->args[0]);
    } else if (strcmp(name, "CAST") == 0 || strcmp(name, "TRY_CAST") == 0) {
        bool prefix = p->style == FLINK_LOGICAL;
        buf_printf(p->out, "%s(", name);
        print(p, e->args[0]);
        buf_text(p->out, prefix ? "):" : " AS ");
        flink_print_type(p->out, e->type);
        buf_text(p->out, prefix ? "" : ")");
    } else if (e->arg_count >= 2 && is_infix(name)) {
        put_operators(p, name, e->args, e->arg_count);
    } else if (strncmp(name, "IS ", 3) == 0 && e->arg_count == 1 && p->style == FLINK_EXECUTION) {
        print(p, e->args[0]);
        buf_printf(p->out, " %s", name);
    } else if (strcmp(name, "IN") == 0 && e->arg_count > 1) {
        buf_text(p->out, "SEARCH(");
        print(p, e->args[0]);
        buf_text(p->out, ", Sarg[");
        for (uint32_t i = 1; i < e->arg_count; i++) {
            buf_text(p->out, i > 1 ? ", " : "");
            put_literal(p, e->args[i], true);
        }
        buf_text(p->out, "])");
    } else if (strcmp(name, "FIELD") == 0 && e->arg_count == 2) {
        struct str field;
        print(p, e->args[0]);
        buf_char(p->out, '.');
        if (expr_literal_text(e->args[1], &field))
            buf_str(p->out, field);
    } else if (strcmp(name, "NEGATE") == 0) {
        buf_text(p->out, "-");
        put_list(p, e->args, e->arg_count);
    } else {
        buf_text(p->out, strcmp(name, "SIMILAR") == 0 ? "SIMILAR TO" : name);
        put_list(p, e->args, e->arg_count);
    }
}

static void print(const struct printing *p, const struct expr *e)
{
    switch (e->kind) {
    case EXPR_COLUMN:
        if (p->style == FLINK_LOGICAL && e->type != &type_json_hit)
            buf_printf(p->out, "$%u", e->column);
        else
            buf_str(p->out, e->column < p->names->count ? p->names->items[e->column] : STR("?"));
        break;
    case EXPR_LITERAL:
        put_literal(p, e, false);
        break;
    case EXPR_CALL:
        put_call(p, e);
        break;
    case EXPR_AND:
    case EXPR_OR:
        put_operators(p, e->kind == EXPR_AND ? "AND" : "OR", e->args, e->arg_count);
        break;
    case EXPR_CASE:
        buf_text(p->out, "CASE");
        put_list(p, e->args, e->arg_count);
        break;
    }
}

void flink_print_expr(struct buf *out, const struct expr *e, const struct flink_names *names,
                      enum flink_style style)
{
    print(&(struct printing){ out, names, style }, e);
}
