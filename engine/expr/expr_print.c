/* expr_print.c -- bound expressions as SQL-like text, for EXPLAIN and messages.
 *
 * Operators print infix with the parentheses they need; casts print as CAST(x AS T);
 * calls whose function prints itself (JSON over an extracted path) use its name. */
#include "expr/cast.h"
#include "expr/fn_json.h"
#include "expr/function.h"
#include "types/text.h"

static int precedence(const struct expr *e)
{
    if (e->kind == EXPR_OR)
        return 1;
    if (e->kind == EXPR_AND)
        return 2;
    if (e->kind != EXPR_CALL || !e->function)
        return 9;
    static const struct {
        const char *name;
        int level;
    } levels[] = {
        { "NOT", 3 },  { "=", 4 },    { "<>", 4 }, { "!=", 4 }, { "<", 4 }, { "<=", 4 },
        { ">", 4 },    { ">=", 4 },   { "LIKE", 4 }, { "SIMILAR", 4 }, { "IN", 4 }, { "+", 5 },
        { "-", 5 },    { "||", 5 },   { "*", 6 },  { "/", 6 },  { "%", 6 }, { "NEGATE", 7 },
    };
    for (size_t i = 0; i < countof(levels); i++)
        if (strcmp(levels[i].name, e->function->name) == 0)
            return levels[i].level;
    if (strncmp(e->function->name, "IS ", 3) == 0)
        return 4;
    return 9;
}

struct print {
    struct buf *out;
    const struct str *names;
    uint32_t name_count;
};

static void print(const struct print *p, const struct expr *e, int around);

static void print_literal(const struct print *p, const struct expr *e)
{
    const struct value *v = e->literal;
    if (v->is_null) {
        buf_text(p->out, "NULL");
        return;
    }
    if (type_is_string(e->type)) {
        buf_char(p->out, '\'');
        for (size_t i = 0; i < v->str.size; i++) {
            if (v->str.data[i] == '\'')
                buf_char(p->out, '\'');
            buf_char(p->out, v->str.data[i]);
        }
        buf_char(p->out, '\'');
        return;
    }
    struct text_style style = { .mode = TEXT_DISPLAY };
    bool quoted = !type_is_numeric(e->type) && e->type->id != TYPE_BOOLEAN &&
                  !type_is_binary(e->type);
    if (quoted) {
        type_print(p->out, e->type);
        buf_text(p->out, " '");
    }
    text_print_value(p->out, v, &style);
    if (quoted)
        buf_char(p->out, '\'');
}

/* Comparisons that read a hit column show what stands for it. */
static void print_operand(const struct print *p, const struct expr *e, int around)
{
    bool hit = e->kind == EXPR_COLUMN && e->type == &type_json_hit;
    buf_text(p->out, hit ? "JSON_VALUE(" : "");
    print(p, e, around);
    buf_text(p->out, hit ? ")" : "");
}

static void print_list(const struct print *p, const struct expr *e, uint32_t from)
{
    for (uint32_t i = from; i < e->arg_count; i++) {
        if (i > from)
            buf_text(p->out, ", ");
        print(p, e->args[i], 0);
    }
}

static void print_call(const struct print *p, const struct expr *e, int level)
{
    const char *name = e->function->name;
    if (e->function == &cast_function || e->function == &try_cast_function) {
        buf_text(p->out, e->function == &cast_function ? "CAST(" : "TRY_CAST(");
        print(p, e->args[0], 0);
        buf_text(p->out, " AS ");
        type_print(p->out, e->type);
        buf_char(p->out, ')');
    } else if (level == 9 || e->arg_count == 0) {
        buf_text(p->out, name);
        buf_char(p->out, '(');
        print_list(p, e, 0);
        buf_char(p->out, ')');
    } else if (strcmp(name, "NOT") == 0 || strcmp(name, "NEGATE") == 0) {
        buf_text(p->out, name[1] == 'O' ? "NOT " : "-");
        print(p, e->args[0], level);
    } else if (e->arg_count == 1) { /* IS NULL and its like */
        print(p, e->args[0], level);
        buf_char(p->out, ' ');
        buf_text(p->out, name);
    } else if (strcmp(name, "IN") == 0) {
        print(p, e->args[0], level);
        buf_text(p->out, " IN (");
        print_list(p, e, 1);
        buf_char(p->out, ')');
    } else {
        print_operand(p, e->args[0], level);
        buf_printf(p->out, " %s ", name);
        print_operand(p, e->args[1], level + 1);
        if (e->arg_count == 3) {
            buf_text(p->out, " ESCAPE ");
            print(p, e->args[2], level + 1);
        }
    }
}

static void print(const struct print *p, const struct expr *e, int around)
{
    int level = precedence(e);
    bool parens = level < around;
    if (parens)
        buf_char(p->out, '(');
    switch (e->kind) {
    case EXPR_COLUMN:
        if (e->column < p->name_count)
            buf_str(p->out, p->names[e->column]);
        else
            buf_printf(p->out, "$%u", e->column);
        break;
    case EXPR_LITERAL:
        print_literal(p, e);
        break;
    case EXPR_AND:
    case EXPR_OR:
        for (uint32_t i = 0; i < e->arg_count; i++) {
            if (i > 0)
                buf_text(p->out, e->kind == EXPR_AND ? " AND " : " OR ");
            print(p, e->args[i], level + 1);
        }
        break;
    case EXPR_CASE:
        buf_text(p->out, "CASE");
        for (uint32_t i = 0; i + 1 < e->arg_count; i += 2) {
            buf_text(p->out, " WHEN ");
            print(p, e->args[i], 0);
            buf_text(p->out, " THEN ");
            print(p, e->args[i + 1], 0);
        }
        buf_text(p->out, " ELSE ");
        print(p, e->args[e->arg_count - 1], 0);
        buf_text(p->out, " END");
        break;
    case EXPR_CALL:
        print_call(p, e, level);
        break;
    }
    if (parens)
        buf_char(p->out, ')');
}

void expr_print(struct buf *out, const struct expr *e, const struct str *names,
                uint32_t name_count)
{
    print(&(struct print){ out, names, name_count }, e, 0);
}
