/* spec_value.c -- see spec_value.h. */
#include "spec/spec_value.h"

#include "base/utf8.h"
#include "bind/bind.h"
#include "expr/cast.h"
#include "expr/program.h"
#include "sql/parse.h"
#include "types/text.h"

#include <math.h>

/* ---- binding ---- */

/* Tests are written in Flink's dialect, whatever the job's is: its CAST says what it cannot do. */
static struct bind_env strict_env(const struct spec_values *cx)
{
    struct bind_env env = *cx->env;
    env.arena = cx->arena;
    env.dialect = DIALECT_FLINK;
    env.legacy_cast = false;
    return env;
}

static enum code no_value(const struct spec_values *cx, struct span span, const struct type *type,
                          struct error *err)
{
    struct buf name;
    buf_init(&name, 4096);
    type_print(&name, type);
    error_at(err, E_TYPE, span, STR_FMT " is no %s",
             STR_ARG(str_make(cx->text.data + span.offset, MIN(span.size, 80))), buf_cstr(&name));
    buf_done(&name);
    return E_TYPE;
}

/* Can it be lost on the way to the type: digits of a number, the end of a text? */
static bool may_lose(const struct type *from, const struct type *to)
{
    return (type_is_numeric(from) && type_is_numeric(to) && !type_is_float(to)) ||
           (type_is_string(from) && type_is_string(to));
}

static enum code evaluate(const struct spec_values *cx, struct expr *e, struct value *ret,
                          struct error *err)
{
    return program_constant(cx->arena, e, cx->clock, ret, err);
}

/* Is the value what was written, when it is brought back? */
static enum code check_loss(const struct spec_values *cx, struct expr *written,
                            const struct value *got, bool *ret, struct error *err)
{
    struct bind_env env = strict_env(cx);
    struct value before, after;
    *ret = false;
    if (got->is_null || !may_lose(written->type, got->type))
        return OK;
    TRY(evaluate(cx, written, &before, err));
    struct expr *literal = expr_literal(cx->arena, got, written->span), *back;
    if (!literal)
        return error_nomem(err);
    TRY(expr_cast(&env, literal, written->type, CAST_FLINK, written->span, &back, err));
    TRY(evaluate(cx, back, &after, err));
    if (type_is_string(got->type) && got->type->id == TYPE_CHAR) { /* blanks are added */
        after.str = str_make(after.str.data, MIN(after.str.size, before.str.size));
    }
    *ret = !spec_value_equal(&before, &after, 0);
    return OK;
}

static void shift(struct error *err, struct span span)
{
    if (err->has_span)
        err->span.offset += span.offset;
    else
        error_locate(err, span);
}

static enum code bind_text(const struct spec_values *cx, struct str text, struct expr **ret,
                           struct error *err)
{
    struct bind_env env = strict_env(cx);
    struct ast_node *node;
    TRY(sql_parse_expr(cx->arena, text, &node, err));
    return bind_scalar(&env, node, ret, err);
}

enum code spec_value_bind(const struct spec_values *cx, struct span span, const struct type *type,
                          struct value *ret, struct error *err)
{
    struct bind_env env = strict_env(cx);
    struct str text = str_make(cx->text.data + span.offset, span.size);
    struct expr *written = NULL, *cast;
    enum code code = bind_text(cx, text, &written, err);
    if (code != OK) {
        shift(err, span);
        return code;
    }
    struct error why = { .code = OK };
    bool is_lost = false;
    const struct type *nullable = type_with_null(cx->arena, type, false);
    if (!nullable)
        return error_nomem(err);
    code = expr_cast(&env, written, nullable, CAST_FLINK, written->span, &cast, &why);
    if (code == OK)
        code = evaluate(cx, cast, ret, &why);
    if (code == OK)
        code = check_loss(cx, written, ret, &is_lost, &why);
    if (code == E_NOMEM)
        return error_nomem(err);
    if (code == OK && !is_lost)
        return OK;
    no_value(cx, span, type, err);
    if (!is_lost && why.message[0] != '\0')
        error_detail(err, "The cast says: %s.", why.message);
    return E_TYPE;
}

/* ---- comparing ---- */

static bool floats_equal(double a, double b, double tolerance)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    return a == b || fabs(a - b) <= tolerance;
}

/* The entries of a map have no order. */
static bool maps_equal(const struct value *a, const struct value *b, double tolerance)
{
    const struct value *x = a->list.items, *y = b->list.items;
    for (uint32_t i = 0; i < a->list.count; i += 2) {
        uint32_t k = 0;
        while (k < b->list.count && !(spec_value_equal(&x[i], &y[k], 0) &&
                                      spec_value_equal(&x[i + 1], &y[k + 1], tolerance)))
            k += 2;
        if (k >= b->list.count)
            return false;
    }
    return true;
}

bool spec_value_equal(const struct value *a, const struct value *b, double tolerance)
{
    if (a->is_null || b->is_null)
        return a->is_null && b->is_null;
    switch (type_phys(a->type)) {
    case PHYS_F32:
    case PHYS_F64:
        return floats_equal(a->f64, b->f64, tolerance);
    case PHYS_VIEW:
        return str_eq(a->str, b->str);
    case PHYS_LIST:
    case PHYS_ROW:
        if (a->list.count != b->list.count)
            return false;
        if (a->type->id == TYPE_MAP)
            return maps_equal(a, b, tolerance);
        for (uint32_t i = 0; i < a->list.count; i++)
            if (!spec_value_equal(&a->list.items[i], &b->list.items[i], tolerance))
                return false;
        return true;
    default:
        return a->type->id == TYPE_DECIMAL ? a->i128 == b->i128 : a->i64 == b->i64;
    }
}

/* ---- showing ---- */

/* Does a reader not see this character, or not as what it is?  Marks that combine with the one before
 * them, as U+0301 does, look as the letter that has them. */
static bool is_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD || (c >= 0x300 && c <= 0x36F) ||
           (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
           (c >= 0x205F && c <= 0x206F) || c == 0x3000 || (c >= 0xFE00 && c <= 0xFE0F) ||
           c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFF);
}

static uint32_t next_character(struct str text, size_t *at)
{
    uint32_t c;
    size_t size = utf8_decode(text.data + *at, text.size - *at, &c);
    *at += MAX(size, 1);
    return size > 0 ? c : 0xFFFD;
}

static bool has_hidden(struct str text)
{
    for (size_t at = 0; at < text.size;)
        if (is_hidden(next_character(text, &at)))
            return true;
    return false;
}

/* 'it''s', or U&'a\000ab' where something would not be seen; as it may be written in a test. */
static void put_quoted(struct buf *out, struct str text)
{
    bool is_escaped = has_hidden(text);
    buf_text(out, is_escaped ? "U&'" : "'");
    for (size_t at = 0; at < text.size;) {
        size_t from = at;
        uint32_t c = next_character(text, &at);
        if (c == '\'' || (is_escaped && c == '\\'))
            buf_char(out, (char)c);
        if (is_hidden(c))
            buf_printf(out, "\\%04x", c);
        else
            buf_put(out, text.data + from, at - from);
    }
    buf_char(out, '\'');
}

/* Messages are bytes, and mostly text: so a test may write them. */
static bool is_text(struct str bytes)
{
    return utf8_valid(bytes.data, bytes.size) && !has_hidden(bytes);
}

static void put_items(struct buf *out, const struct value *value, char open, char close,
                      const struct zone *zone)
{
    buf_char(out, open);
    for (uint32_t i = 0; i < value->list.count; i++) {
        if (i > 0)
            buf_text(out, ", ");
        spec_value_print(out, &value->list.items[i], zone);
    }
    buf_char(out, close);
}

void spec_value_print(struct buf *out, const struct value *value, const struct zone *zone)
{
    if (value->is_null) {
        buf_text(out, "NULL");
        return;
    }
    switch (value->type->id) {
    case TYPE_ARRAY:
        buf_text(out, "ARRAY");
        put_items(out, value, '[', ']', zone);
        return;
    case TYPE_MAP:
        buf_text(out, "MAP");
        put_items(out, value, '[', ']', zone);
        return;
    case TYPE_ROW:
        buf_text(out, "ROW");
        put_items(out, value, '(', ')', zone);
        return;
    default:
        break;
    }
    if (type_is_string(value->type)) {
        put_quoted(out, value->str);
        return;
    }
    if (type_is_binary(value->type) && is_text(value->str)) {
        put_quoted(out, value->str);
        return;
    }
    if (type_is_binary(value->type)) {
        buf_text(out, "X'");
        text_put_hex(out, value->str);
        buf_char(out, '\'');
        return;
    }
    struct text_style style = { .mode = TEXT_CAST, .zone = zone };
    bool is_quoted = !type_is_numeric(value->type) && value->type->id != TYPE_BOOLEAN;
    if (is_quoted)
        buf_char(out, '\'');
    text_print_value(out, value, &style);
    if (is_quoted)
        buf_char(out, '\'');
}

/* ---- keeping ---- */

bool spec_value_copy(struct arena *arena, const struct value *from, struct value *ret)
{
    *ret = *from;
    if (from->is_null)
        return true;
    if (type_phys(from->type) == PHYS_VIEW) {
        ret->str = arena_str(arena, from->str.data ? from->str : STR(""));
        return ret->str.data != NULL;
    }
    if (type_phys(from->type) != PHYS_LIST && type_phys(from->type) != PHYS_ROW)
        return true;
    struct value *items = arena_array(arena, struct value, MAX(from->list.count, 1));
    if (!items)
        return false;
    for (uint32_t i = 0; i < from->list.count; i++)
        if (!spec_value_copy(arena, &from->list.items[i], &items[i]))
            return false;
    ret->list.items = items;
    return true;
}
