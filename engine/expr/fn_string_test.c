/* fn_string_test.c -- IS_ALPHA, IS_DIGITS, IS_DECIMAL, HASH_CODE, UUID.
 *
 * The questions are FALSE for NULL, and answered by the type for what is no text, as in Flink.
 * Letters and digits are Unicode's (asked of PCRE2, which knows them) but, as in Java, only of the
 * Basic Multilingual Plane: a surrogate is neither. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "expr/fn_string.h"

#include "base/number.h"
#include "base/utf8.h"

#include <errno.h>
#include <pcre2.h>
#include <sys/random.h>

/* --- IS_ALPHA, IS_DIGITS ------------------------------------------------------------- */

struct char_class {
    pcre2_code *code;
    bool is_alpha;
};

struct class_scratch {
    pcre2_match_data *data;
};

static void class_free(void *arg)
{
    pcre2_code_free(arg);
}

static void scratch_free(void *arg)
{
    struct class_scratch *scratch = arg;
    pcre2_match_data_free(scratch->data);
}

static enum code class_scratch(struct eval *cx, void **at, struct class_scratch **ret,
                               struct error *err)
{
    if (!*at) {
        struct class_scratch *scratch = arena_new(cx->op_arena, struct class_scratch);
        if (!scratch || !arena_on_reset(cx->op_arena, scratch_free, scratch))
            return error_nomem(err);
        scratch->data = pcre2_match_data_create(1, NULL);
        if (!scratch->data)
            return error_nomem(err);
        *at = scratch;
    }
    *ret = *at;
    return OK;
}

/* Is all of the text, which is not empty, of the class? */
static bool is_of_class(const struct char_class *class, struct class_scratch *scratch, struct str s)
{
    if (string_is_ascii(s)) {
        for (size_t i = 0; i < s.size; i++) {
            uint8_t c = (uint8_t)s.data[i];
            if (class->is_alpha ? (uint8_t)((c | 0x20) - 'a') >= 26 : (uint8_t)(c - '0') >= 10)
                return false;
        }
        return true;
    }
    return utf8_valid(s.data, s.size) && pcre2_match(class->code, (PCRE2_SPTR)s.data, s.size, 0,
                                                     PCRE2_NO_UTF_CHECK, scratch->data, NULL) >= 0;
}

STRING_KERNEL(is_of_class_kernel)
{
    const struct char_class *class = call->state;
    uint8_t *to = COLUMN_OUT(out, uint8_t);
    struct class_scratch *scratch;
    TRY(class_scratch(cx, call->scratch, &scratch, err));
    ROWS_EACH(rows, i)
    {
        struct str s = arg_is_null(call, 0, i) ? STR("") : arg_str(call, 0, i);
        to[i] = s.size > 0 && is_of_class(class, scratch, s);
    }
    return OK;
}

/* The answer does not depend on the value: state says it; NULL gives FALSE. */
STRING_KERNEL(is_by_type)
{
    uint8_t *to = COLUMN_OUT(out, uint8_t);
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        to[i] = call->state && !arg_is_null(call, 0, i);
    }
    return OK;
}

static enum code set_by_type(struct call *call, bool answer)
{
    static const char yes[] = "true";
    call->state = answer ? yes : NULL;
    call->state_hash = answer;
    return call_set(call, &type_boolean, is_by_type, CALL_NULLS);
}

static enum code set_class(struct call *call, bool is_alpha, struct error *err)
{
    const char *pattern = is_alpha ? "\\A(?:(?![\\x{10000}-\\x{10FFFF}])\\p{L})+\\z"
                                   : "\\A(?:(?![\\x{10000}-\\x{10FFFF}])\\p{Nd})+\\z";
    struct char_class *class = arena_new(call->env->arena, struct char_class);
    int number;
    PCRE2_SIZE offset;
    if (!class)
        return error_nomem(err);
    class->is_alpha = is_alpha;
    class->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &number,
                                &offset, NULL);
    if (!class->code)
        return error_nomem(err);
    if (!arena_on_reset(call->env->arena, class_free, class->code)) {
        pcre2_code_free(class->code);
        return error_nomem(err);
    }
    call->state = class;
    call->state_hash = is_alpha;
    return call_set(call, &type_boolean, is_of_class_kernel, CALL_NULLS);
}

enum code is_alpha_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    return type_is_string(call->args[0]->type) ? set_class(call, true, err)
                                               : set_by_type(call, false);
}

enum code is_digits_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    return type_is_string(call->args[0]->type)
               ? set_class(call, false, err)
               : set_by_type(call, type_is_integer(call->args[0]->type));
}

/* --- IS_DECIMAL -------------------------------------------------------------------- */

/* Whatever Java's Double.parseDouble takes. */
STRING_KERNEL(is_decimal)
{
    uint8_t *to = COLUMN_OUT(out, uint8_t);
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        struct str s = arg_is_null(call, 0, i) ? STR("") : arg_str(call, 0, i);
        bool is_good = false;
        if (s.size > 0)
            number_parse_java_double(s.data, s.size, &is_good);
        to[i] = is_good;
    }
    return OK;
}

enum code is_decimal_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    if (!type_is_string(call->args[0]->type))
        return set_by_type(call, type_is_numeric(call->args[0]->type));
    return call_set(call, &type_boolean, is_decimal, CALL_NULLS);
}

/* --- HASH_CODE ---------------------------------------------------------------------- */

/* The absolute value of Java's String.hashCode (which has none for its least value). */
STRING_KERNEL(hash_code)
{
    int32_t *to = COLUMN_OUT(out, int32_t);
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        struct str s = arg_str(call, 0, i);
        uint32_t hash = 0;
        for (size_t at = 0; at < s.size;) {
            uint32_t c;
            at += utf8_decode(s.data + at, s.size - at, &c);
            if (c >= 0x10000) {
                hash = hash * 31 + (0xD800 + ((c - 0x10000) >> 10));
                c = 0xDC00 + ((c - 0x10000) & 0x3FF);
            }
            hash = hash * 31 + c;
        }
        to[i] = (int32_t)(hash > INT32_MAX ? 0 - hash : hash);
    }
    return OK;
}

enum code hash_code_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_string(call, 0, err));
    return call_set(call, &type_int, hash_code, 0);
}

/* --- UUID ---------------------------------------------------------------------------- */

static enum code random_bytes(uint8_t *to, size_t size, struct error *err)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = getrandom(to + done, size - done, 0);
        if (got > 0)
            done += (size_t)got;
        else if (got == 0 || errno != EINTR)
            return error_set(err, E_IO, "the system gives no random bytes: %s", strerror(errno));
    }
    return OK;
}

/* Version 4: random. */
STRING_KERNEL(uuid)
{
    enum { BYTES = 16, TEXT = 36, ROUND = 64 };
    static const char hex[] = "0123456789abcdef";
    struct view *to = COLUMN_OUT(out, struct view);
    uint8_t random[ROUND * BYTES];
    uint32_t left = 0;
    (void)call;
    char *at = arena_alloc(cx->arena, (size_t)rows->n * TEXT);
    if (!at)
        return error_nomem(err);
    ROWS_EACH(rows, i)
    {
        if (left == 0) {
            TRY(random_bytes(random, sizeof random, err));
            left = ROUND;
        }
        uint8_t *bytes = random + (size_t)--left * BYTES;
        bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
        char *p = at;
        for (uint32_t k = 0; k < BYTES; k++) {
            if (k == 4 || k == 6 || k == 8 || k == 10)
                *p++ = '-';
            *p++ = hex[bytes[k] >> 4];
            *p++ = hex[bytes[k] & 15];
        }
        to[i] = view_make(at, TEXT);
        at += TEXT;
    }
    return OK;
}

enum code uuid_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 0, 0, err));
    return call_set(call, &type_string, uuid, CALL_VOLATILE);
}
