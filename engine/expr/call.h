/* call.h -- helpers shared by resolve functions, kernels of several files, and casts.
 *
 * Not for the binder: function.h is.  The upper half works on trees at bind time,
 * the lower half on columns at run time. */
#pragma once

#include "expr/cast.h"
#include "expr/function.h"

/* --- bind time ----------------------------------------------------------- */

static inline bool call_is_blink(const struct call *call)
{
    return call->env->dialect == DIALECT_BLINK;
}

/* What a resolve function ends with. */
static inline enum code call_set(struct call *call, const struct type *type, kernel_fn kernel,
                                 unsigned flags)
{
    call->type = type;
    call->kernel = kernel;
    call->flags = flags;
    return OK;
}

/* Makes the node of a resolved call; folds it when its arguments are literals. */
enum code call_build(const struct call *call, struct expr **ret, struct error *err) WEIR_CHECKED;

/* Casts argument i explicitly (mode of the dialect). */
enum code call_cast(struct call *call, uint32_t i, const struct type *type,
                    struct error *err) WEIR_CHECKED;
/* Coerces to BIGINT (from integers; Blink: also from strings and fractions). */
enum code call_coerce_i64(struct call *call, uint32_t i, struct error *err) WEIR_CHECKED;
/* Replaces the call by a literal of this type. */
enum code call_replace_f64(struct call *call, double value, struct error *err) WEIR_CHECKED;
enum code call_replace_null(struct call *call, const struct type *type,
                            struct error *err) WEIR_CHECKED;
/* Replaces the call by `function_bind_name(name)` of other arguments. */
enum code call_replace(struct call *call, const char *name, struct expr **args, uint32_t n,
                       struct error *err) WEIR_CHECKED;
/* E_TYPE at a literal argument whose value is wrong; the hint gives the form of the call. */
enum code call_wrong(const struct call *call, uint32_t i, struct error *err, const char *fmt, ...)
    WEIR_PRINTF(4, 5);

/* May a value of `from` become `to` without being asked, in this dialect? */
bool coerce_allowed(enum dialect dialect, const struct type *from, const struct type *to);

static inline enum cast_mode coerce_mode(enum dialect dialect)
{
    return dialect == DIALECT_BLINK ? CAST_BLINK : CAST_FLINK;
}

/* A hash of a type's text, for state_hash. */
uint64_t call_hash_type(const struct type *type, uint64_t seed);
/* DECIMAL type of an exact number: itself, or what holds every value of the integer type. */
void call_decimal_of(const struct type *type, int *ret_precision, int *ret_scale);

/* --- run time ------------------------------------------------------------ */

/* Makes row NULL; gives the column its bitmap first. */
static inline enum code kernel_null(struct eval *cx, struct column *out, uint32_t row,
                                    struct error *err)
{
    if (unlikely(!out->valid) && !column_need_valid(out, cx->arena))
        return error_nomem(err);
    column_set_null(out, row);
    return OK;
}

/* Makes every row of `rows` NULL. */
enum code kernel_all_null(struct eval *cx, const struct rows *rows, struct column *out,
                          struct error *err) WEIR_CHECKED;

/* Runs a kernel of one argument over rows of a column that is not an argument of the program (the
 * elements of an array), with the treatment of NULLs its flags ask for. */
enum code kernel_apply(struct eval *cx, kernel_fn kernel, const void *state, unsigned flags,
                       struct column *arg, const struct type *type, const struct rows *rows,
                       struct column **ret, struct error *err) WEIR_CHECKED;

/* Room for texts of many rows in the batch's arena, taken a few kilobytes at a time. */
struct text_room {
    struct arena *arena;
    char *at;
    size_t left;
};
char *text_room_more_(struct text_room *room, size_t bytes);
/* `bytes` bytes to write to, NULL when out of memory; text_room_take() says how many were used. */
static inline char *text_room(struct text_room *room, size_t bytes)
{
    return likely(room->left >= bytes) ? room->at : text_room_more_(room, bytes);
}
static inline struct view text_room_take(struct text_room *room, size_t used)
{
    struct view v = view_make(room->at, used);
    room->at += used;
    room->left -= used;
    return v;
}
/* Copies a text into the room. */
static inline bool text_room_copy(struct text_room *room, struct str text, struct view *ret)
{
    char *to = text_room(room, text.size + 1);
    if (!to)
        return false;
    if (text.size > 0)
        memcpy(to, text.data, text.size);
    *ret = text_room_take(room, text.size);
    return true;
}

/* A DECIMAL slot as int128, whatever its width; and back. */
static inline int128 decimal_at(const struct column *c, uint32_t row, bool wide)
{
    return wide ? COLUMN_AT(c, int128, row) : (int128)COLUMN_AT(c, int64_t, row);
}
static inline void decimal_set(struct column *c, uint32_t row, bool wide, int128 value)
{
    if (wide)
        COLUMN_OUT(c, int128)[row] = value;
    else
        COLUMN_OUT(c, int64_t)[row] = (int64_t)value;
}
