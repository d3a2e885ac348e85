/* bind_type.c -- type names of both dialects to types.
 *
 * The dialects differ in what a bare name means: VARCHAR is unbounded in Blink and
 * VARCHAR(1) in Flink; TIMESTAMP is an instant in Blink and a wall clock in Flink.
 * Lengths of integers (`bigint(20)`, pasted from MySQL) mean nothing. */
#include "bind/binder.h"
#include "base/nearest.h"

static const struct {
    const char *name;
    enum type_id id;
    int32_t flink_default; /* precision or length without parameter */
    int32_t most;          /* largest parameter; 0: parameters mean nothing */
} names[] = {
    { "BOOLEAN", TYPE_BOOLEAN, 0, 0 },
    { "TINYINT", TYPE_TINYINT, 0, 0 },
    { "SMALLINT", TYPE_SMALLINT, 0, 0 },
    { "INT", TYPE_INT, 0, 0 },
    { "INTEGER", TYPE_INT, 0, 0 },
    { "BIGINT", TYPE_BIGINT, 0, 0 },
    { "LONG", TYPE_BIGINT, 0, 0 },
    { "FLOAT", TYPE_FLOAT, 0, 0 },
    { "DOUBLE", TYPE_DOUBLE, 0, 0 },
    { "DECIMAL", TYPE_DECIMAL, 10, 38 },
    { "CHAR", TYPE_CHAR, 1, TYPE_UNBOUNDED },
    { "VARCHAR", TYPE_VARCHAR, 1, TYPE_UNBOUNDED },
    { "STRING", TYPE_VARCHAR, TYPE_UNBOUNDED, 0 },
    { "BINARY", TYPE_BINARY, 1, TYPE_UNBOUNDED },
    { "VARBINARY", TYPE_VARBINARY, 1, TYPE_UNBOUNDED },
    { "BYTES", TYPE_VARBINARY, TYPE_UNBOUNDED, 0 },
    { "DATE", TYPE_DATE, 0, 0 },
    { "TIME", TYPE_TIME, 0, 9 },
    { "TIMESTAMP", TYPE_TIMESTAMP, 6, 9 },
    { "TIMESTAMP_LTZ", TYPE_TIMESTAMP_LTZ, 6, 9 },
};

const char *bind_type_name_at(uint32_t i)
{
    return i < countof(names) ? names[i].name : NULL;
}

/* Types of other SQLs. */
static const struct {
    const char *name;
    const char *write;
} foreign[] = {
    { "DATETIME", "TIMESTAMP(3)" },  { "TIMESTAMPTZ", "TIMESTAMP_LTZ(3)" },
    { "TEXT", "STRING" },            { "NVARCHAR", "STRING" },
    { "VARCHAR2", "STRING" },        { "CLOB", "STRING" },
    { "UUID", "STRING" },            { "JSON", "STRING, which JSON_VALUE reads" },
    { "JSONB", "STRING, which JSON_VALUE reads" },
    { "BLOB", "BYTES" },             { "BYTEA", "BYTES" },
    { "NUMBER", "DECIMAL(20, 4)" },  { "MONEY", "DECIMAL(20, 4)" },
    { "INT2", "SMALLINT" },          { "INT4", "INT" },
    { "INT8", "BIGINT" },            { "INT64", "BIGINT" },
    { "INT32", "INT" },              { "UINT64", "DECIMAL(20, 0)" },
    { "FLOAT4", "FLOAT" },           { "FLOAT8", "DOUBLE" },
    { "FLOAT64", "DOUBLE" },         { "BOOL", "BOOLEAN" },
    { "SERIAL", "INT" },             { "BIGSERIAL", "BIGINT" },
};

static enum code unknown_type(const struct ast_type *node, struct error *err)
{
    struct str known[countof(names)];
    for (size_t i = 0; i < countof(names); i++)
        known[i] = str_of(names[i].name);
    error_at(err, E_TYPE, node->node.span, "type \"" STR_FMT "\" does not exist",
             STR_ARG(node->name));
    for (size_t i = 0; i < countof(foreign); i++)
        if (str_iis(node->name, foreign[i].name)) {
            error_hint(err, "Write %s.", foreign[i].write);
            return E_TYPE;
        }
    int at = nearest_of(node->name, known, countof(names));
    if (at >= 0)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(known[at]));
    return E_TYPE;
}

static enum code named(const struct bind_env *env, const struct ast_type *node,
                       const struct type **ret, struct error *err)
{
    size_t at = 0;
    while (at < countof(names) && !str_iis(node->name, names[at].name))
        at++;
    if (at == countof(names)) {
        if (str_iis(node->name, "TIMESTAMP_TZ"))
            return bind_unsupported(node->node.span, "TIMESTAMP WITH TIME ZONE", err);
        return unknown_type(node, err);
    }
    enum type_id id = names[at].id;
    bool blink = env->dialect == DIALECT_BLINK;
    if (names[at].most > 0 && node->param_count > 0) {
        int64_t least = id == TYPE_TIME || id >= TYPE_TIMESTAMP ? 0 : 1;
        if (node->params[0] < least || node->params[0] > names[at].most)
            return error_at(err, E_TYPE, node->node.span,
                            "%s takes a %s between %lld and %d, not %lld", names[at].name,
                            id == TYPE_DECIMAL || least == 0 ? "precision" : "length",
                            (long long)least, names[at].most, (long long)node->params[0]);
    }
    if (blink && id == TYPE_TIMESTAMP) {
        *ret = &type_blink_timestamp;
        return OK;
    }
    if (blink && (id == TYPE_VARCHAR || id == TYPE_CHAR)) {
        *ret = &type_string;
        return OK;
    }
    if (blink && (id == TYPE_VARBINARY || id == TYPE_BINARY)) {
        *ret = &type_bytes;
        return OK;
    }
    int32_t precision = names[at].flink_default;
    int32_t scale = 0;
    if (names[at].most > 0 && node->param_count > 0)
        precision = (int32_t)node->params[0];
    if (id == TYPE_DECIMAL && node->param_count > 1) {
        if (node->params[1] < 0 || node->params[1] > precision)
            return error_at(err, E_TYPE, node->node.span,
                            "DECIMAL takes a scale between 0 and its precision %d, not %lld",
                            precision, (long long)node->params[1]);
        scale = (int32_t)node->params[1];
    }
    if (id == TYPE_TIME && precision > 3)
        precision = 3;
    *ret = type_make(env->arena, id, precision, scale);
    return *ret ? OK : error_nomem(err);
}

static enum code row_type(const struct bind_env *env, const struct ast_type *node,
                          const struct type **ret, struct error *err)
{
    const struct type **fields = arena_array(env->arena, const struct type *, node->items.count);
    struct str *field_names = arena_array(env->arena, struct str, node->items.count);
    if (!fields || !field_names)
        return error_nomem(err);
    for (uint32_t i = 0; i < node->items.count; i++) {
        const struct ast_type_field *field = (const struct ast_type_field *)node->items.items[i];
        TRY(bind_type(env, field->type, &fields[i], err));
        field_names[i] = field->name.text;
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(field_names[k], field_names[i]))
                return error_at(err, E_TYPE, field->node.span,
                                "field \"" STR_FMT "\" occurs twice in the ROW type",
                                STR_ARG(field_names[i]));
    }
    *ret = type_make_row(env->arena, fields, field_names, node->items.count);
    return *ret ? OK : error_nomem(err);
}

static enum code interval(const struct ast_type *node, const struct type **ret)
{
    bool months = node->interval.from == UNIT_YEAR || node->interval.from == UNIT_MONTH ||
                  node->interval.from == UNIT_QUARTER;
    *ret = months ? &type_interval_month : &type_interval_day;
    return OK;
}

enum code bind_type(const struct bind_env *env, const struct ast_type *node,
                    const struct type **ret, struct error *err)
{
    const struct type *type = NULL;
    const struct type *inner[2] = { NULL, NULL };
    switch (node->form) {
    case AST_TYPE_NAMED:
        TRY(named(env, node, &type, err));
        break;
    case AST_TYPE_ARRAY:
        TRY(bind_type(env, (const struct ast_type *)node->items.items[0], &inner[0], err));
        type = type_make_array(env->arena, inner[0]);
        break;
    case AST_TYPE_MAP:
        TRY(bind_type(env, (const struct ast_type *)node->items.items[0], &inner[0], err));
        TRY(bind_type(env, (const struct ast_type *)node->items.items[1], &inner[1], err));
        type = type_make_map(env->arena, inner[0], inner[1]);
        break;
    case AST_TYPE_ROW:
        TRY(row_type(env, node, &type, err));
        break;
    case AST_TYPE_MULTISET:
        return bind_unsupported(node->node.span, "the type MULTISET", err);
    case AST_TYPE_INTERVAL:
        TRY(interval(node, &type));
        break;
    }
    if (type && node->not_null)
        type = type_with_null(env->arena, type, true);
    if (!type)
        return error_nomem(err);
    *ret = type;
    return OK;
}
