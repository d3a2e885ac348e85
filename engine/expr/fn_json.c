/* fn_json.c -- binding JSON_VALUE, JSON_QUERY, JSON_EXISTS; the table of JSON functions.
 *
 * The clauses are checked and resolved here, so that at run time there are only rules
 * (fn_json_rules.h).  A literal path is parsed once.  In Flink one that Jayway refuses is an error
 * of every row, hence a result by ON ERROR -- or, with ERROR ON ERROR, of the statement; in Blink
 * it is NULL. */
#include "expr/fn_json_rules.h"

#include "base/hash.h"

/* --- paths ------------------------------------------------------------------------------ */

static enum code parse_path(struct call *call, struct json_call *j, struct json_rules *rules,
                            struct error *err)
{
    struct arena *arena = call->env->arena;
    struct error reason = { 0 };
    enum code code;
    j->has_path = expr_literal_text(call->args[1], &j->path_text);
    if (!j->has_path)
        return OK;
    if (j->kind == JSON_CALL_BLINK_VALUE)
        return json_path_parse_blink(arena, j->path_text, &j->path, err);
    code = json_path_parse_flink(arena, j->path_text, &j->path, &reason);
    if (code == E_SYNTAX && rules->on_error != JSON_GIVE_ERROR) {
        rules->bad_path = true;
        return OK;
    }
    if (code != OK) {
        error_locate(&reason, call->args[1]->span);
        if (err)
            *err = reason;
        return code;
    }
    rules->is_lax = j->path.is_lax;
    return OK;
}

/* --- clauses ---------------------------------------------------------------------------- */

/* Appends a DEFAULT expression as an argument; its position goes to *ret. */
static enum code add_default(struct call *call, struct expr *value, const struct type *type,
                             uint32_t *ret, struct error *err)
{
    struct expr **args = arena_array(call->env->arena, struct expr *, call->arg_count + 1);
    if (!args)
        return error_nomem(err);
    memcpy(args, call->args, call->arg_count * sizeof *args);
    args[call->arg_count] = value;
    call->args = args;
    *ret = call->arg_count++;
    if (type_equal(value->type, type))
        return OK;
    return expr_cast(call->env, value, type, CAST_FLINK, value->span, &args[*ret], err);
}

static enum code wrong_clause(const struct call *call, struct error *err, const char *what)
{
    error_at(err, E_TYPE, call->span, "%s is not a clause of %s with this result type", what,
             call->function->name);
    return E_TYPE;
}

/* NULL for what was not said. */
static enum json_behavior behavior_of(enum json_behavior said, enum json_behavior otherwise)
{
    return said == JSON_GIVE_DEFAULT ? otherwise : said;
}

static bool is_value_type(const struct type *type)
{
    return type_is_string(type) || type_is_numeric(type) || type->id == TYPE_BOOLEAN;
}

static enum code value_clauses(struct call *call, struct json_rules *rules, struct error *err)
{
    static const struct json_clauses none = { 0 };
    const struct json_clauses *clauses = call->json ? call->json : &none;
    rules->type = clauses->returning ? clauses->returning : &type_string;
    if (type_is_string(rules->type))
        rules->type = &type_string; /* lengths are not applied */
    if (!is_value_type(rules->type))
        return wrong_clause(call, err, "RETURNING");
    rules->on_empty = behavior_of(clauses->on_empty, JSON_GIVE_NULL);
    rules->on_error = behavior_of(clauses->on_error, JSON_GIVE_NULL);
    if (rules->on_empty == JSON_GIVE_DEFAULT_VALUE)
        TRY(add_default(call, clauses->default_empty, rules->type, &rules->default_empty, err));
    if (rules->on_error == JSON_GIVE_DEFAULT_VALUE)
        TRY(add_default(call, clauses->default_error, rules->type, &rules->default_error, err));
    return OK;
}

static enum code query_clauses(struct call *call, struct json_rules *rules, struct error *err)
{
    static const struct json_clauses none = { 0 };
    const struct json_clauses *clauses = call->json ? call->json : &none;
    rules->type = clauses->returning ? clauses->returning : &type_string;
    bool is_list = rules->type->id == TYPE_ARRAY && is_value_type(rules->type->children[0]);
    if (type_is_string(rules->type))
        rules->type = &type_string;
    else if (!is_list)
        return wrong_clause(call, err, "RETURNING");
    rules->on_empty = behavior_of(clauses->on_empty, JSON_GIVE_NULL);
    rules->on_error = behavior_of(clauses->on_error, JSON_GIVE_NULL);
    rules->wrapper = clauses->wrapper;
    if (is_list &&
        (rules->on_empty == JSON_GIVE_EMPTY_OBJECT || rules->on_error == JSON_GIVE_EMPTY_OBJECT))
        return wrong_clause(call, err, "EMPTY OBJECT");
    return OK;
}

static void exists_clauses(const struct call *call, struct json_rules *rules)
{
    rules->type = &type_boolean;
    rules->on_empty = JSON_GIVE_FALSE;
    rules->on_error =
        behavior_of(call->json ? call->json->on_error : JSON_GIVE_DEFAULT, JSON_GIVE_FALSE);
}

/* --- binding ------------------------------------------------------------------------------ */

/* What the optimizer wants to know. */
static void classify(struct json_call *j, const struct json_rules *rules)
{
    bool is_null = rules->on_empty == JSON_GIVE_NULL && rules->on_error == JSON_GIVE_NULL;
    bool has_default = rules->default_empty || rules->default_error;
    j->null_if_missing = is_null && rules->kind != JSON_CALL_EXISTS;
    j->text_result = type_is_string(rules->type) && rules->wrapper == JSON_WITHOUT_WRAPPER;
    /* In lax mode a document that is the JSON null is an error, and a hit does not show it. */
    bool hit_is_all = !rules->is_lax || rules->on_empty == rules->on_error;
    j->lowerable = j->has_path && !rules->bad_path && !j->path.is_general && !j->path.is_never &&
                   !has_default && hit_is_all;
}

static uint64_t hash_of(const struct json_rules *rules)
{
    uint64_t parts[] = { rules->kind,    rules->on_empty,      rules->on_error,
                         rules->wrapper, rules->default_empty, rules->default_error };
    return call_hash_type(rules->type, hash_bytes(parts, sizeof parts, 1));
}

static enum code bind(struct call *call, enum json_call_kind kind, struct error *err)
{
    struct json_call *j = arena_new(call->env->arena, struct json_call);
    struct json_rules *rules = arena_new(call->env->arena, struct json_rules);
    bool is_blink = kind == JSON_CALL_BLINK_VALUE;
    if (!j || !rules)
        return error_nomem(err);
    TRY(call_arity(call, 2, 2, err));
    /* Blink: bytes are read as UTF-8 (blink-dialect R-1), which needs no cast. */
    if (!is_blink || !type_is_binary(call->args[0]->type))
        TRY(call_coerce_string(call, 0, err));
    TRY(call_coerce_string(call, 1, err));
    j->kind = rules->kind = kind;
    j->flags = is_blink ? JSON_BLINK : JSON_FLINK;
    j->rules = rules;
    if (is_blink) {
        rules->type = &type_string;
        rules->on_empty = rules->on_error = JSON_GIVE_NULL;
    } else if (kind == JSON_CALL_FLINK_VALUE) {
        TRY(value_clauses(call, rules, err));
    } else if (kind == JSON_CALL_QUERY) {
        TRY(query_clauses(call, rules, err));
    } else {
        exists_clauses(call, rules);
    }
    TRY(parse_path(call, j, rules, err));
    classify(j, rules);
    if (is_blink && j->has_path && j->path.is_never)
        return call_replace_null(call, &type_string, err);
    call->state = j;
    call->state_hash = hash_of(rules);
    unsigned flags = call->arg_count > 2 ? CALL_NULLS : 0;
    if (rules->on_empty == JSON_GIVE_ERROR || rules->on_error == JSON_GIVE_ERROR)
        flags |= CALL_FAILS;
    return call_set(call, rules->type, json_call_kernel, flags);
}

static enum code blink_value_resolve(struct call *call, struct error *err)
{
    return bind(call, JSON_CALL_BLINK_VALUE, err);
}

static enum code flink_value_resolve(struct call *call, struct error *err)
{
    return bind(call, JSON_CALL_FLINK_VALUE, err);
}

static enum code query_resolve(struct call *call, struct error *err)
{
    return bind(call, JSON_CALL_QUERY, err);
}

static enum code exists_resolve(struct call *call, struct error *err)
{
    return bind(call, JSON_CALL_EXISTS, err);
}

/* --- for the optimizer ----------------------------------------------------------------------- */

const struct json_call *json_call_of(const struct expr *e)
{
    return e->kind == EXPR_CALL && e->kernel == json_call_kernel ? e->state : NULL;
}

/* Looks through casts that change nothing a JSON parser could see. */
static const struct expr *document_of(const struct expr *e)
{
    while (e->kind == EXPR_CALL &&
           (e->function == &cast_function || e->function == &try_cast_function) &&
           e->type->id == TYPE_VARCHAR && e->type->precision == TYPE_UNBOUNDED &&
           (type_is_binary(e->args[0]->type) || e->args[0]->type->id == TYPE_VARCHAR))
        e = e->args[0];
    return e;
}

static enum json_reparse reparse_of(const struct json_call *j)
{
    return j->kind == JSON_CALL_BLINK_VALUE   ? JSON_REPARSE_BLINK
           : j->kind == JSON_CALL_FLINK_VALUE ? JSON_REPARSE_TEXT
                                              : JSON_REPARSE_CONTAINER;
}

enum code json_call_lower(struct arena *arena, const struct expr *call,
                          const struct expr **ret_document, struct json_path *ret_path,
                          struct error *err)
{
    const struct json_call *j = json_call_of(call);
    const struct expr *document = document_of(call->args[0]);
    struct json_path path = j->path;
    bool can_nest = j->null_if_missing;
    for (;;) {
        const struct json_call *outer = json_call_of(document);
        if (!outer || !can_nest || !outer->lowerable || !outer->text_result ||
            !outer->null_if_missing || outer->flags != j->flags)
            break;
        TRY(json_path_nest(arena, &outer->path, reparse_of(outer), &path, &path, err));
        document = document_of(document->args[0]);
    }
    *ret_document = document;
    *ret_path = path;
    return OK;
}

static void put_path(struct buf *out, const struct json_path *path)
{
    buf_text(out, path->is_lax ? "lax $" : "$");
    for (uint32_t i = 0; i < path->count; i++) {
        const struct json_step *step = &path->steps[i];
        switch (step->kind) {
        case JSON_STEP_KEY:
            buf_char(out, '.');
            buf_str(out, step->key);
            break;
        case JSON_STEP_INDEX:
            buf_printf(out, "[%lld]", (long long)step->from);
            break;
        case JSON_STEP_REPARSE:
            break; /* what follows reads as a part of what stands before */
        default:
            buf_text(out, "[..]");
            break;
        }
    }
}

struct str json_hit_name(struct arena *arena, struct str document, const struct json_path *path)
{
    struct buf buf;
    struct str name = { 0 };
    buf_init(&buf, 1 << 16);
    buf_str(&buf, document);
    buf_text(&buf, ", '");
    put_path(&buf, path);
    buf_char(&buf, '\'');
    if (!buf.failed)
        name = arena_str(arena, buf_view(&buf));
    buf_done(&buf);
    return name;
}

/* clang-format off */
const struct function fn_json_table[] = {
    { "JSON_VALUE", DIALECT_BLINK, "JSON_VALUE(json, path)", "What the path finds in a JSON text: strings decoded, objects and arrays as JSON text; NULL if there is nothing or the text is malformed.", "JSON_VALUE('{\"data\":{\"id\":7}}', '$.data')", "{\"id\":7}", blink_value_resolve, "json" },
    { "JSON_VALUE", DIALECT_FLINK, "JSON_VALUE(json, path [RETURNING type] [{NULL | ERROR | DEFAULT value} ON EMPTY] [{NULL | ERROR | DEFAULT value} ON ERROR])", "The scalar that the path finds in a JSON text.", "JSON_VALUE('{\"a\": {\"b\": 42}}', 'lax $.a.b' RETURNING INTEGER)", "42", flink_value_resolve, "json" },
    { "JSON_QUERY", DIALECT_BOTH, "JSON_QUERY(json, path [RETURNING type] [{WITHOUT | WITH CONDITIONAL | WITH UNCONDITIONAL} ARRAY WRAPPER] [{NULL | EMPTY ARRAY | EMPTY OBJECT | ERROR} ON {EMPTY | ERROR}])", "The object or array that the path finds in a JSON text, as JSON text or as an array.", "JSON_QUERY('{\"a\":[{\"c\":1}, 2]}', '$.a')", "[{\"c\":1},2]", query_resolve, "json" },
    { "JSON_EXISTS", DIALECT_BOTH, "JSON_EXISTS(json, path [{TRUE | FALSE | UNKNOWN | ERROR} ON ERROR])", "Whether the path finds something in a JSON text.", "JSON_EXISTS('{\"a\": true}', '$.a')", "TRUE", exists_resolve, "json" },
    { "JSON_STRING", DIALECT_BOTH, "JSON_STRING(value)", "The value as JSON text.", "JSON_STRING(ARRAY[1, 2])", "[1,2]", json_string_resolve, "json" },
    { "JSON_OBJECT", DIALECT_BOTH, "JSON_OBJECT([[KEY] key VALUE value, ...] [{NULL | ABSENT} ON NULL])", "A JSON object of keys and values, sorted by key.", "JSON_OBJECT(KEY 'K1' VALUE 'V1', KEY 'K2' VALUE 2)", "{\"K1\":\"V1\",\"K2\":2}", json_object_resolve, "json" },
    { "JSON_ARRAY", DIALECT_BOTH, "JSON_ARRAY([value, ...] [{NULL | ABSENT} ON NULL])", "A JSON array of the values; NULLs are left out.", "JSON_ARRAY(1, '2', JSON_ARRAY(3))", "[1,\"2\",[3]]", json_array_resolve, "json" },
    { "JSON", DIALECT_BOTH, "JSON(string)", "Marks a string as JSON text for JSON_OBJECT and JSON_ARRAY.", "JSON_ARRAY(JSON('{\"b\": 1, \"a\": 2}'))", "[{\"a\":2,\"b\":1}]", json_resolve, "json" },
    { "JSON_QUOTE", DIALECT_BOTH, "JSON_QUOTE(string)", "The string as a JSON string, with what is not ASCII as \\uXXXX.", "JSON_QUOTE('a \"b\"')", "\"a \\\"b\\\"\"", json_quote_resolve, "json" },
    { "JSON_UNQUOTE", DIALECT_BOTH, "JSON_UNQUOTE(string)", "The content of a JSON string; other texts as they are.", "JSON_UNQUOTE('\"a\\u0041\"')", "aA", json_unquote_resolve, "json" },
    { "IS JSON", DIALECT_BOTH, "string IS JSON [VALUE | OBJECT | ARRAY | SCALAR]", "Whether the string is JSON.", "'{\"a\":1}' IS JSON", "TRUE", is_json_resolve, "json" },
    { "IS NOT JSON", DIALECT_BOTH, "string IS NOT JSON [VALUE | OBJECT | ARRAY | SCALAR]", "Whether the string is not JSON.", "'{' IS NOT JSON", "TRUE", is_json_resolve, "json" },
    { "IS JSON VALUE", DIALECT_BOTH, "string IS JSON VALUE", "Whether the string is JSON.", "'1' IS JSON VALUE", "TRUE", is_json_resolve, "json" },
    { "IS NOT JSON VALUE", DIALECT_BOTH, "string IS NOT JSON VALUE", "Whether the string is not JSON.", "'1' IS NOT JSON VALUE", "FALSE", is_json_resolve, "json" },
    { "IS JSON OBJECT", DIALECT_BOTH, "string IS JSON OBJECT", "Whether the string is a JSON object.", "'{}' IS JSON OBJECT", "TRUE", is_json_resolve, "json" },
    { "IS NOT JSON OBJECT", DIALECT_BOTH, "string IS NOT JSON OBJECT", "Whether the string is not a JSON object.", "'[]' IS NOT JSON OBJECT", "TRUE", is_json_resolve, "json" },
    { "IS JSON ARRAY", DIALECT_BOTH, "string IS JSON ARRAY", "Whether the string is a JSON array.", "'[]' IS JSON ARRAY", "TRUE", is_json_resolve, "json" },
    { "IS NOT JSON ARRAY", DIALECT_BOTH, "string IS NOT JSON ARRAY", "Whether the string is not a JSON array.", "'{}' IS NOT JSON ARRAY", "TRUE", is_json_resolve, "json" },
    { "IS JSON SCALAR", DIALECT_BOTH, "string IS JSON SCALAR", "Whether the string is a JSON string, number, truth value or null.", "'\"a\"' IS JSON SCALAR", "TRUE", is_json_resolve, "json" },
    { "IS NOT JSON SCALAR", DIALECT_BOTH, "string IS NOT JSON SCALAR", "Whether the string is not a JSON string, number, truth value or null.", "'{}' IS NOT JSON SCALAR", "TRUE", is_json_resolve, "json" },
    { 0 },
};
/* clang-format on */
