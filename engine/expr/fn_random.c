/* fn_random.c -- RAND and RAND_INTEGER, with java.util.Random's generator, so that a
 * seed gives the sequence it gives in Flink.
 *
 * The generator of a literal seed, or of none, lives as long as the operator (in the
 * call's scratch); a seed that is a column starts one for every row. */
#include "expr/fn_math.h"

struct java_random {
    uint64_t state;
};

#define JAVA_MULTIPLIER 0x5DEECE66Du
#define JAVA_MASK ((UINT64_C(1) << 48) - 1)

static struct java_random java_random(int64_t seed)
{
    return (struct java_random){ ((uint64_t)seed ^ JAVA_MULTIPLIER) & JAVA_MASK };
}

static int32_t java_next(struct java_random *random, int bits)
{
    random->state = (random->state * JAVA_MULTIPLIER + 0xB) & JAVA_MASK;
    return (int32_t)(random->state >> (48 - bits));
}

static double java_next_double(struct java_random *random)
{
    int64_t high = (int64_t)java_next(random, 26) << 27;

    return (double)(high + java_next(random, 27)) * 0x1.0p-53;
}

static int32_t java_next_int(struct java_random *random, int32_t bound)
{
    int32_t r = java_next(random, 31);
    int32_t m = bound - 1;

    if ((bound & m) == 0)
        return (int32_t)(((int64_t)bound * r) >> 31);
    /* Values behind the last whole multiple of the bound would make small results likelier. */
    for (int32_t u = r; (int64_t)u - (r = u % bound) + m > INT32_MAX; u = java_next(random, 31))
        ;
    return r;
}

/* The generator of this call; made at its first use. */
static struct java_random *own_random(struct eval *cx, const struct kernel_call *call,
                                      const int64_t *seed)
{
    struct java_random *random = *call->scratch;

    if (random)
        return random;
    random = arena_new(cx->op_arena, struct java_random);
    if (!random)
        return NULL;
    *random = java_random(seed ? *seed : cx->now_us ^ (int64_t)(uintptr_t)random);
    *call->scratch = random;
    return random;
}

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

KERNEL(rand_double)
{
    const struct column *seeds = call->arg_count == 1 ? call->args[0] : NULL;
    struct java_random *random = NULL;

    if (rows->n == 0)
        return OK;
    if (!seeds || column_is_constant(seeds)) {
        random = own_random(cx, call, seeds ? &(int64_t){ COLUMN_AT(seeds, int32_t, 0) } : NULL);
        if (!random)
            return error_nomem(err);
    }
    ROWS_EACH(rows, i)
    {
        struct java_random fresh;
        if (seeds && !random)
            fresh = java_random(COLUMN_AT(seeds, int32_t, i));
        COLUMN_OUT(out, double)[i] = java_next_double(random ? random : &fresh);
    }
    return OK;
}

KERNEL(rand_integer)
{
    const struct column *seeds = call->arg_count == 2 ? call->args[0] : NULL;
    const struct column *bounds = call->args[call->arg_count - 1];
    struct java_random *random = NULL;

    if (rows->n == 0)
        return OK;
    if (!seeds || column_is_constant(seeds)) {
        random = own_random(cx, call, seeds ? &(int64_t){ COLUMN_AT(seeds, int32_t, 0) } : NULL);
        if (!random)
            return error_nomem(err);
    }
    ROWS_EACH(rows, i)
    {
        struct java_random fresh;
        int32_t bound = COLUMN_AT(bounds, int32_t, i);
        if (bound <= 0 && !call->state) {
            TRY(kernel_null(cx, out, i, err));
            continue;
        }
        if (bound <= 0)
            return error_set(err, E_DATA, "the bound of RAND_INTEGER must be positive, not %d",
                             bound);
        if (seeds && !random)
            fresh = java_random(COLUMN_AT(seeds, int32_t, i));
        COLUMN_OUT(out, int32_t)[i] = java_next_int(random ? random : &fresh, bound);
    }
    return OK;
}

enum code math_rand_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 0, 1, err));
    if (call->arg_count == 1)
        TRY(call_coerce(call, 0, &type_int, err));
    return call_set(call, &type_double, rand_double, CALL_VOLATILE);
}

enum code math_rand_integer_resolve(struct call *call, struct error *err)
{
    static const char fails = 1;

    TRY(call_arity(call, 1, 2, err));
    for (uint32_t i = 0; i < call->arg_count; i++)
        TRY(call_coerce(call, i, &type_int, err));
    if (!call_is_blink(call)) {
        call->state = &fails;
        call->state_hash = 1;
    }
    return call_set(call, &type_int, rand_integer,
                    CALL_VOLATILE | (call_is_blink(call) ? 0 : CALL_FAILS));
}
