/* compare_kernel.c -- loops of = <> < <= > >= over columns, one a physical type.
 *
 * Dense loops over columns without a selection are kept free of branches so that
 * the compiler can use vectors; a constant side is read once.  Strings decide most
 * rows by their first eight bytes (length and prefix, or prefix alone for order)
 * without touching memory. */
#include "expr/compare.h"

#include "base/hash.h"
#include "types/decimal.h"

#define COMPARE_LOOP(name, ctype, op)                                                              \
    static enum code compare_##name(struct eval *cx, const struct kernel_call *call,               \
                                    const struct rows *rows, struct column *out,                   \
                                    struct error *err)                                             \
    {                                                                                              \
        const ctype *a = call->args[0]->values;                                                    \
        const ctype *b = call->args[1]->values;                                                    \
        uint8_t *restrict to = out->values;                                                        \
        uint32_t a_mask = call->args[0]->mask;                                                     \
        uint32_t b_mask = call->args[1]->mask;                                                     \
        uint32_t n = rows->n;                                                                      \
        (void)cx;                                                                                  \
        (void)err;                                                                                 \
        if (!rows->sel && a_mask != 0 && b_mask != 0) {                                            \
            for (uint32_t i = 0; i < n; i++)                                                       \
                to[i] = a[i] op b[i];                                                              \
        } else if (!rows->sel && a_mask != 0) {                                                    \
            ctype y = b[0];                                                                        \
            for (uint32_t i = 0; i < n; i++)                                                       \
                to[i] = a[i] op y;                                                                 \
        } else if (!rows->sel && b_mask != 0) {                                                    \
            ctype x = a[0];                                                                        \
            for (uint32_t i = 0; i < n; i++)                                                       \
                to[i] = x op b[i];                                                                 \
        } else if (a_mask != 0 && b_mask == 0) {                                                   \
            ctype y = b[0];                                                                        \
            for (uint32_t k = 0; k < n; k++)                                                       \
                to[rows->sel[k]] = a[rows->sel[k]] op y;                                           \
        } else {                                                                                   \
            ROWS_EACH(rows, i)                                                                     \
            {                                                                                      \
                to[i] = a[i & a_mask] op b[i & b_mask];                                            \
            }                                                                                      \
        }                                                                                          \
        return OK;                                                                                 \
    }

#define COMPARE_TYPE(x, ctype)                                                                     \
    COMPARE_LOOP(x##_eq, ctype, ==)                                                                \
    COMPARE_LOOP(x##_ne, ctype, !=)                                                                \
    COMPARE_LOOP(x##_lt, ctype, <)                                                                 \
    COMPARE_LOOP(x##_le, ctype, <=)                                                                \
    COMPARE_LOOP(x##_gt, ctype, >)                                                                 \
    COMPARE_LOOP(x##_ge, ctype, >=)

COMPARE_TYPE(bool, uint8_t)
COMPARE_TYPE(i8, int8_t)
COMPARE_TYPE(i16, int16_t)
COMPARE_TYPE(i32, int32_t)
COMPARE_TYPE(i64, int64_t)
COMPARE_TYPE(i128, int128)
COMPARE_TYPE(f32, float)
COMPARE_TYPE(f64, double)

/* --- strings ------------------------------------------------------------- */

/* Length and prefix as one word. */
static inline uint64_t view_head(const struct view *v)
{
    uint64_t head;

    memcpy(&head, v, sizeof head);
    return head;
}

static inline bool view_tail_eq(const struct view *a, const struct view *b)
{
    return a->size <= 4 || memcmp(a->data + 4, b->data + 4, a->size - 4) == 0;
}

static inline bool same_view(const struct view *a, const struct view *b)
{
    return view_head(a) == view_head(b) && view_tail_eq(a, b);
}

/* Bytes order as big-endian words do; a prefix padded with zeros sorts first unless the other has
 * real zeros there, which the whole comparison settles. */
static inline int order_view(const struct view *a, const struct view *b)
{
    uint32_t x = __builtin_bswap32(a->prefix);
    uint32_t y = __builtin_bswap32(b->prefix);

    if (x != y)
        return x < y ? -1 : 1;
    return view_compare(*a, *b);
}

static inline enum code equal_views(const struct kernel_call *call, const struct rows *rows,
                                    struct column *out, uint8_t equal)
{
    const struct view *a = call->args[0]->values;
    const struct view *b = call->args[1]->values;
    uint32_t a_mask = call->args[0]->mask;
    uint32_t b_mask = call->args[1]->mask;
    uint8_t *to = out->values;

    if (b_mask == 0 && rows->n > 0) {
        struct view y = b[0];
        uint64_t head = view_head(&y);
        ROWS_EACH(rows, i)
        {
            const struct view *x = &a[i & a_mask];
            to[i] = (view_head(x) == head && view_tail_eq(x, &y)) == equal;
        }
        return OK;
    }
    ROWS_EACH(rows, i)
    {
        to[i] = same_view(&a[i & a_mask], &b[i & b_mask]) == equal;
    }
    return OK;
}

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

KERNEL(compare_view_eq)
{
    (void)cx;
    (void)err;
    return equal_views(call, rows, out, 1);
}

KERNEL(compare_view_ne)
{
    (void)cx;
    (void)err;
    return equal_views(call, rows, out, 0);
}

/* Kernels whose rows cost more than a switch: `order` gives <0, 0, >0. */
#define COMPARE_ORDER(name, locals, order, op)                                                     \
    KERNEL(compare_##name)                                                                         \
    {                                                                                              \
        const struct column *a = call->args[0];                                                    \
        const struct column *b = call->args[1];                                                    \
        uint8_t *to = out->values;                                                                 \
        locals;                                                                                    \
        (void)cx;                                                                                  \
        (void)err;                                                                                 \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            to[i] = (order)op 0;                                                                   \
        }                                                                                          \
        return OK;                                                                                 \
    }

#define ORDER_VIEW order_view(&COLUMN_AT(a, struct view, i), &COLUMN_AT(b, struct view, i))
COMPARE_ORDER(view_lt, , ORDER_VIEW, <)
COMPARE_ORDER(view_le, , ORDER_VIEW, <=)
COMPARE_ORDER(view_gt, , ORDER_VIEW, >)
COMPARE_ORDER(view_ge, , ORDER_VIEW, >=)

/* Two DECIMALs whose common type would need more than 38 digits. */
#define DECIMAL_LOCALS                                                                             \
    bool a_wide = type_phys(a->type) == PHYS_I128;                                                 \
    bool b_wide = type_phys(b->type) == PHYS_I128
#define ORDER_DECIMAL                                                                              \
    decimal_compare(decimal_at(a, i, a_wide), a->type->scale, decimal_at(b, i, b_wide),            \
                    b->type->scale)
COMPARE_ORDER(decimal_eq, DECIMAL_LOCALS, ORDER_DECIMAL, ==)
COMPARE_ORDER(decimal_ne, DECIMAL_LOCALS, ORDER_DECIMAL, !=)
COMPARE_ORDER(decimal_lt, DECIMAL_LOCALS, ORDER_DECIMAL, <)
COMPARE_ORDER(decimal_le, DECIMAL_LOCALS, ORDER_DECIMAL, <=)
COMPARE_ORDER(decimal_gt, DECIMAL_LOCALS, ORDER_DECIMAL, >)
COMPARE_ORDER(decimal_ge, DECIMAL_LOCALS, ORDER_DECIMAL, >=)

COMPARE_ORDER(nested_eq, , !slot_equal(a, i, b, i), ==)
COMPARE_ORDER(nested_ne, , !slot_equal(a, i, b, i), !=)

/* --- choice -------------------------------------------------------------- */

/* clang-format off */
#define OPS(x) { compare_##x##_eq, compare_##x##_ne, compare_##x##_lt,                             \
                 compare_##x##_le, compare_##x##_gt, compare_##x##_ge }
/* clang-format on */
static const kernel_fn compare_matrix[][6] = {
    [PHYS_BOOL] = OPS(bool),
    [PHYS_I8] = OPS(i8),
    [PHYS_I16] = OPS(i16),
    [PHYS_I32] = OPS(i32),
    [PHYS_I64] = OPS(i64),
    [PHYS_I128] = OPS(i128),
    [PHYS_F32] = OPS(f32),
    [PHYS_F64] = OPS(f64),
    [PHYS_VIEW] = OPS(view),
    [PHYS_LIST] = { compare_nested_eq, compare_nested_ne },
    [PHYS_ROW] = { compare_nested_eq, compare_nested_ne },
};

kernel_fn compare_kernel(enum compare_op op, const struct type *type, unsigned *ret_flags)
{
    enum phys phys = type_phys(type);

    *ret_flags = phys < PHYS_VIEW ? CALL_SAFE : 0;
    return compare_matrix[phys][op];
}

kernel_fn compare_kernel_decimal(enum compare_op op)
{
    static const kernel_fn kernels[] = OPS(decimal);

    return kernels[op];
}

bool compare_has_order(const struct type *type)
{
    return type_phys(type) < PHYS_LIST;
}

/* --- single slots -------------------------------------------------------- */

static bool element_equal(const struct column *a, uint32_t i, const struct column *b, uint32_t j)
{
    bool a_valid = column_is_valid(a, i);

    if (a_valid != column_is_valid(b, j))
        return false;
    return !a_valid || slot_equal(a, i, b, j);
}

static bool array_equal(const struct column *a, struct list_slot x, const struct column *b,
                        struct list_slot y)
{
    if (x.size != y.size)
        return false;
    for (uint32_t k = 0; k < x.size; k++)
        if (!element_equal(a->children[0], x.start + k, b->children[0], y.start + k))
            return false;
    return true;
}

/* Maps are equal when each key of one is in the other with an equal value, in any order. */
static bool map_equal(const struct column *a, struct list_slot x, const struct column *b,
                      struct list_slot y)
{
    if (x.size != y.size)
        return false;
    for (uint32_t k = 0; k < x.size; k++) {
        bool found = false;
        for (uint32_t m = 0; m < y.size && !found; m++)
            found = element_equal(a->children[0], x.start + k, b->children[0], y.start + m) &&
                    element_equal(a->children[1], x.start + k, b->children[1], y.start + m);
        if (!found)
            return false;
    }
    return true;
}

#define SLOTS_EQUAL(ctype) (COLUMN_AT(a, ctype, i) == COLUMN_AT(b, ctype, j))

bool slot_equal(const struct column *a, uint32_t i, const struct column *b, uint32_t j)
{
    switch (type_phys(a->type)) {
    case PHYS_BOOL:
    case PHYS_I8:
        return SLOTS_EQUAL(int8_t);
    case PHYS_I16:
        return SLOTS_EQUAL(int16_t);
    case PHYS_I32:
        return SLOTS_EQUAL(int32_t);
    case PHYS_I64:
        return SLOTS_EQUAL(int64_t);
    case PHYS_I128:
        return SLOTS_EQUAL(int128);
    case PHYS_F32:
        return SLOTS_EQUAL(float);
    case PHYS_F64:
        return SLOTS_EQUAL(double);
    case PHYS_VIEW:
        return same_view(&COLUMN_AT(a, struct view, i), &COLUMN_AT(b, struct view, j));
    case PHYS_LIST: {
        struct list_slot x = COLUMN_AT(a, struct list_slot, i);
        struct list_slot y = COLUMN_AT(b, struct list_slot, j);
        return a->type->id == TYPE_MAP ? map_equal(a, x, b, y) : array_equal(a, x, b, y);
    }
    case PHYS_ROW:
        for (uint32_t c = 0; c < a->child_count; c++)
            if (!element_equal(a->children[c], i, b->children[c], j))
                return false;
        return true;
    }
    return false;
}

/* Java's Double.compare, but for the zeros, which are equal here as they are for "=". */
static int order_f64(double x, double y)
{
    if (x < y || x > y)
        return x < y ? -1 : 1;
    return (x != x) - (y != y);
}

#define SLOTS_ORDER(ctype)                                                                         \
    ((COLUMN_AT(a, ctype, i) > COLUMN_AT(b, ctype, j)) -                                           \
     (COLUMN_AT(a, ctype, i) < COLUMN_AT(b, ctype, j)))

int slot_compare(const struct column *a, uint32_t i, const struct column *b, uint32_t j)
{
    switch (type_phys(a->type)) {
    case PHYS_BOOL:
        return SLOTS_ORDER(uint8_t);
    case PHYS_I8:
        return SLOTS_ORDER(int8_t);
    case PHYS_I16:
        return SLOTS_ORDER(int16_t);
    case PHYS_I32:
        return SLOTS_ORDER(int32_t);
    case PHYS_I64:
        return SLOTS_ORDER(int64_t);
    case PHYS_I128:
        return SLOTS_ORDER(int128);
    case PHYS_F32:
        return order_f64((double)COLUMN_AT(a, float, i), (double)COLUMN_AT(b, float, j));
    case PHYS_F64:
        return order_f64(COLUMN_AT(a, double, i), COLUMN_AT(b, double, j));
    case PHYS_VIEW:
        return order_view(&COLUMN_AT(a, struct view, i), &COLUMN_AT(b, struct view, j));
    case PHYS_LIST:
    case PHYS_ROW:
        return 0;
    }
    return 0;
}

uint64_t slot_hash(const struct column *c, uint32_t i, uint64_t seed)
{
    enum phys phys = type_phys(c->type);

    if (!column_is_valid(c, i))
        return hash_u64(0x4E554C4C, seed);
    switch (phys) {
    case PHYS_F32:
    case PHYS_F64: {
        double x = phys == PHYS_F32 ? (double)COLUMN_AT(c, float, i) : COLUMN_AT(c, double, i);
        x += 0.0; /* -0.0 becomes 0.0 */
        return hash_bytes(&x, sizeof x, seed);
    }
    case PHYS_VIEW: {
        struct view v = COLUMN_AT(c, struct view, i);
        return hash_bytes(v.data, v.size, seed);
    }
    case PHYS_LIST: {
        struct list_slot slot = COLUMN_AT(c, struct list_slot, i);
        uint64_t hash = hash_u64(slot.size, seed);
        uint64_t sum = 0;
        for (uint32_t k = 0; k < slot.size; k++) {
            uint64_t element = hash;
            for (uint32_t child = 0; child < c->child_count; child++)
                element = slot_hash(c->children[child], slot.start + k, element);
            if (c->type->id == TYPE_MAP)
                sum += element; /* entries have no order */
            else
                hash = element;
        }
        return hash + sum;
    }
    case PHYS_ROW:
        for (uint32_t child = 0; child < c->child_count; child++)
            seed = slot_hash(c->children[child], i, seed);
        return seed;
    default:
        return hash_bytes((const char *)c->values + (i & c->mask) * phys_bytes(phys),
                          phys_bytes(phys), seed);
    }
}
