/* fn_json_hit.c -- expressions that read hit columns; see fn_json.h.
 *
 * A replacement has the state of the call it stands for, so two calls on equal paths stay equal
 * expressions. */
#include "expr/fn_json_rules.h"

#include "base/hash.h"
#include "base/number.h"

/* Slots are struct json_hit; no SQL type has a negative precision. */
const struct type type_json_hit = { .id = TYPE_VARBINARY, .precision = -16 };

_Static_assert(sizeof(struct json_hit) == sizeof(struct view), "hit columns are made as views");

/* --- the plain replacement ----------------------------------------------------------------- */

static inline const struct json_hit *hits_of(const struct kernel_call *call)
{
    return call->args[0]->values;
}

/* Blink's JSON_VALUE, and Flink's without clauses: nearly all calls. */
static enum code text_from_hit(struct eval *cx, const struct kernel_call *call,
                               enum json_text_mode mode, const struct rows *rows,
                               struct column *out, struct error *err)
{
    const struct json_hit *hits = hits_of(call);
    uint32_t mask = call->args[0]->mask;
    struct view *to = COLUMN_OUT(out, struct view);
    ROWS_EACH(rows, i)
    {
        const struct json_hit *hit = &hits[i & mask];
        struct str text;
        TRY(json_hit_text(hit, mode, cx->arena, &text, err));
        if (likely(text.data != NULL))
            to[i] = view_of(text);
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

JSON_KERNEL(json_from_hit_kernel)
{
    const struct json_call *j = call->state;
    const struct json_hit *hits = hits_of(call);
    uint32_t mask = call->args[0]->mask;
    if (j->kind == JSON_CALL_BLINK_VALUE)
        return text_from_hit(cx, call, JSON_TEXT_BLINK, rows, out, err);
    if (j->kind == JSON_CALL_FLINK_VALUE && j->text_result && j->null_if_missing)
        return text_from_hit(cx, call, JSON_TEXT_FLINK_VALUE, rows, out, err);
    struct json_sink sink = { .cx = cx, .rules = j->rules, .out = out };
    ROWS_EACH(rows, i)
    {
        TRY(json_result(&sink, &hits[i & mask], i, err));
    }
    return json_result_finish(&sink, err);
}

static const struct function from_hit_functions[] = {
    [JSON_CALL_BLINK_VALUE] = { .name = "JSON_VALUE", .category = "json" },
    [JSON_CALL_FLINK_VALUE] = { .name = "JSON_VALUE", .category = "json" },
    [JSON_CALL_QUERY] = { .name = "JSON_QUERY", .category = "json" },
    [JSON_CALL_EXISTS] = { .name = "JSON_EXISTS", .category = "json" },
};

/* A call on a hit column (and more arguments), with the hash that call_build() would give it. */
static struct expr *make_call(struct arena *arena, const struct expr *model,
                              const struct type *type, const struct function *function,
                              kernel_fn kernel, uint32_t hit_column, const struct expr *more)
{
    struct expr *e = arena_new(arena, struct expr);
    struct expr **args = arena_array(arena, struct expr *, 2);
    struct expr *hit = expr_column(arena, hit_column, &type_json_hit, model->span);
    if (!e || !args || !hit)
        return NULL;
    args[0] = hit;
    args[1] = (struct expr *)more;
    *e = (struct expr){ .kind = EXPR_CALL,
                        .span = model->span,
                        .type = type,
                        .function = function,
                        .kernel = kernel,
                        .state = model->state,
                        .state_hash = model->state_hash,
                        .flags = model->flags & CALL_FAILS,
                        .args = args,
                        .arg_count = more ? 2 : 1 };
    e->hash = call_hash_type(e->type, hash_u64(e->kind, 17));
    e->hash = hash_u64((uint64_t)(uintptr_t)e->kernel, e->hash);
    e->hash = hash_u64(e->state_hash, e->hash);
    for (uint32_t i = 0; i < e->arg_count; i++)
        e->hash = hash_u64(e->args[i]->hash, e->hash);
    return e;
}

struct expr *expr_json_from_hit(struct arena *arena, const struct expr *call, uint32_t hit_column)
{
    const struct json_call *j = call->state;
    return make_call(arena, call, call->type, &from_hit_functions[j->kind], json_from_hit_kernel,
                     hit_column, NULL);
}

/* --- CAST ------------------------------------------------------------------------------------ */

static enum json_text_mode mode_of(const struct json_call *j)
{
    return j->kind == JSON_CALL_BLINK_VALUE ? JSON_TEXT_BLINK : JSON_TEXT_FLINK_VALUE;
}

/* The value of CAST(text AS BIGINT); false: NULL. */
static enum code hit_to_i64(const struct json_hit *hit, enum json_text_mode mode,
                            struct arena *arena, int64_t *ret, bool *ret_ok, struct error *err)
{
    struct str text;
    *ret_ok = false;
    switch (hit->kind) {
    case JSON_INTEGER:
        *ret_ok = json_hit_i64(hit, ret);
        return OK;
    case JSON_STRING:
        /* Invalid UTF-8 is no digit, repaired or not. */
        *ret_ok = number_parse_blink_i64(hit->data, hit->size, ret);
        return OK;
    case JSON_STRING_ESCAPED:
    case JSON_NUMBER:
        TRY(json_text(hit, mode, arena, &text, err));
        *ret_ok = text.data && number_parse_blink_i64(text.data, text.size, ret);
        return OK;
    default: /* nothing, a word, or a text that begins with a bracket */
        return OK;
    }
}

#define HIT_TO_INTEGER(name, ctype)                                                                \
    static JSON_KERNEL(name)                                                                       \
    {                                                                                              \
        const struct json_call *j = call->state;                                                   \
        const struct json_hit *hits = hits_of(call);                                               \
        uint32_t mask = call->args[0]->mask;                                                       \
        ctype *to = COLUMN_OUT(out, ctype);                                                        \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            int64_t value = 0;                                                                     \
            bool is_good;                                                                          \
            TRY(hit_to_i64(&hits[i & mask], mode_of(j), cx->arena, &value, &is_good, err));        \
            to[i] = (ctype)value;                                                                  \
            if (unlikely(!is_good || (ctype)value != value))                                       \
                TRY(kernel_null(cx, out, i, err));                                                 \
        }                                                                                          \
        return OK;                                                                                 \
    }

HIT_TO_INTEGER(hit_to_tinyint, int8_t)
HIT_TO_INTEGER(hit_to_smallint, int16_t)
HIT_TO_INTEGER(hit_to_int, int32_t)
HIT_TO_INTEGER(hit_to_bigint, int64_t)

static const struct {
    kernel_fn kernel;
    struct function function;
} to_integers[] = {
    { hit_to_tinyint, { .name = "JSON_VALUE_TINYINT", .category = "json" } },
    { hit_to_smallint, { .name = "JSON_VALUE_SMALLINT", .category = "json" } },
    { hit_to_int, { .name = "JSON_VALUE_INT", .category = "json" } },
    { hit_to_bigint, { .name = "JSON_VALUE_BIGINT", .category = "json" } },
};

/* Is the call's result the plain text of the value, or NULL? */
static bool is_plain_value(const struct expr *call)
{
    const struct json_call *j = json_call_of(call);
    return j && j->lowerable && j->text_result && j->null_if_missing &&
           (j->kind == JSON_CALL_BLINK_VALUE || j->kind == JSON_CALL_FLINK_VALUE);
}

bool json_can_fuse_cast(const struct expr *call, const struct type *to)
{
    return type_is_integer(to) && is_plain_value(call);
}

struct expr *expr_json_fuse_cast(struct arena *arena, const struct expr *call,
                                 const struct type *to, uint32_t hit_column)
{
    uint32_t i = (uint32_t)(to->id - TYPE_TINYINT);
    return make_call(arena, call, to, &to_integers[i].function, to_integers[i].kernel, hit_column,
                     NULL);
}

/* --- = 'text' --------------------------------------------------------------------------------- */

/* Does the text of the hit equal `want`?  *ret_null: the text is NULL. */
static enum code hit_equals(const struct json_hit *hit, enum json_text_mode mode, struct str want,
                            bool has_replacement, struct arena *arena, bool *ret, bool *ret_null,
                            struct error *err)
{
    struct str text;
    *ret_null = false;
    if (likely((hit->kind == JSON_STRING && (!hit->maybe_utf8 || !has_replacement)) ||
               (hit->kind == JSON_INTEGER && !json_hit_is_minus_zero(hit)))) {
        /* Bytes that are not UTF-8 become U+FFFD, so they matter only if `want` has one. */
        *ret = hit->size == want.size && memcmp(hit->data, want.data, want.size) == 0;
        return OK;
    }
    TRY(json_text(hit, mode, arena, &text, err));
    *ret_null = !text.data;
    *ret = text.data && str_eq(text, want);
    return OK;
}

static JSON_KERNEL(hit_equal)
{
    const struct json_call *j = call->state;
    const struct json_hit *hits = hits_of(call);
    uint32_t mask = call->args[0]->mask;
    uint8_t *to = COLUMN_OUT(out, uint8_t);
    struct view constant = COLUMN_AT(call->args[1], struct view, 0);
    struct str want = constant.data ? view_str(constant) : STR("");
    bool has_replacement = want.size > 0 && memmem(want.data, want.size, "\xEF\xBF\xBD", 3);
    ROWS_EACH(rows, i)
    {
        bool is_equal, is_null;
        TRY(hit_equals(&hits[i & mask], mode_of(j), want, has_replacement, cx->arena, &is_equal,
                       &is_null, err));
        to[i] = is_equal;
        if (is_null)
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

bool json_can_fuse_equal(const struct expr *call)
{
    return is_plain_value(call);
}

struct expr *expr_json_fuse_equal(struct arena *arena, const struct expr *call,
                                  const struct expr *literal, uint32_t hit_column)
{
    static const struct function equal_function = { .name = "=", .category = "json" };
    return make_call(arena, call, &type_boolean, &equal_function, hit_equal, hit_column, literal);
}
