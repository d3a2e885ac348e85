/* test_state_code.c -- encodings keep the order of every type, come back as they were,
 * and bad bytes are refused. */
#include "state_test.h"

static struct arena *arena;
static struct error err;

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

#define ORDER(ctype)                                                                               \
    (COLUMN_AT(c, ctype, a) > COLUMN_AT(c, ctype, b)) -                                            \
        (COLUMN_AT(c, ctype, a) < COLUMN_AT(c, ctype, b))

static int float_order(double a, double b)
{
    if (__builtin_isnan(a) || __builtin_isnan(b))
        return !!__builtin_isnan(a) - !!__builtin_isnan(b);
    if (a == 0 && b == 0)
        return !!__builtin_signbit(b) - !!__builtin_signbit(a);
    return (a > b) - (a < b);
}

/* The order that SQL gives; both are values. */
static int value_order(const struct column *c, uint32_t a, uint32_t b)
{
    switch (type_phys(c->type)) {
    case PHYS_BOOL:
        return ORDER(uint8_t);
    case PHYS_I8:
        return ORDER(int8_t);
    case PHYS_I16:
        return ORDER(int16_t);
    case PHYS_I32:
        return ORDER(int32_t);
    case PHYS_I64:
        return ORDER(int64_t);
    case PHYS_I128:
        return ORDER(int128);
    case PHYS_F32:
        return float_order((double)COLUMN_AT(c, float, a), (double)COLUMN_AT(c, float, b));
    case PHYS_F64:
        return float_order(COLUMN_AT(c, double, a), COLUMN_AT(c, double, b));
    default:
        return sign(view_compare(COLUMN_AT(c, struct view, a), COLUMN_AT(c, struct view, b)));
    }
}

static int order(const struct column *c, uint32_t a, uint32_t b, unsigned flags)
{
    bool has_a = column_is_valid(c, a);
    bool has_b = column_is_valid(c, b);
    if (!has_a || !has_b)
        return (has_a - has_b) * (flags & CODE_NULLS_LAST ? -1 : 1);
    return value_order(c, a, b) * (flags & CODE_DESCENDING ? -1 : 1);
}

static void encodings_keep_the_order(void)
{
    enum { ROWS = 120 };
    uint32_t count;
    uint64_t seed = 23;
    const struct type *const *types = test_types(arena, &count);
    for (uint32_t t = 0; t < count; t++) {
        enum phys phys = type_phys(types[t]);
        if (phys == PHYS_LIST || phys == PHYS_ROW)
            continue;
        struct column *c = random_column(arena, &seed, types[t], ROWS, true);
        for (unsigned flags = 0; flags < 4; flags++) {
            struct str codes[ROWS];
            for (uint32_t i = 0; i < ROWS; i++) {
                struct buf buf;
                buf_init(&buf, 1 << 20);
                state_encode(&buf, c, i, flags);
                state_encode_i64(&buf, 1); /* whatever follows does not matter */
                codes[i] = arena_str(arena, buf_view(&buf));
                buf_done(&buf);
            }
            for (uint32_t a = 0; a < ROWS; a++)
                for (uint32_t b = 0; b < ROWS; b++)
                    if (sign(str_compare(codes[a], codes[b])) != order(c, a, b, flags) &&
                        !CHECK_STR(cell_text(arena, c, a), cell_text(arena, c, b)))
                        return;
        }
    }
}

static void values_come_back(void)
{
    enum { ROWS = 60 };
    uint32_t count;
    uint64_t seed = 29;
    const struct type *const *types = test_types(arena, &count);
    struct state_heap *heap = NULL;
    CHECK(state_heap_create(STR("t"), NULL, &heap, &err) == OK);
    for (uint32_t t = 0; t < count; t++) {
        struct column *c = random_column(arena, &seed, types[t], ROWS, t % 2 == 0);
        struct state_layout layout;
        CHECK(state_layout_create(arena, &types[t], 1, 0, &layout, NULL, &err) == OK);
        char *row = state_alloc(heap, layout.bytes);
        memset(row, 0, layout.bytes);
        for (unsigned flags = 0; flags < 4; flags++) {
            struct buf codes, slots;
            buf_init(&codes, 1 << 20);
            buf_init(&slots, 1 << 20);
            for (uint32_t i = 0; i < ROWS; i++)
                state_encode(&codes, c, i, flags);
            struct str in = buf_view(&codes);
            struct column *out = column_create(arena, types[t], ROWS);
            for (uint32_t i = 0; i < ROWS; i++) {
                CHECK(state_decode(arena, &in, types[t], flags, out, i, &err) == OK);
                /* Through a row the encoding is the same. */
                CHECK(state_put(heap, row, &layout.slots[0], c, i, &err) == OK);
                state_encode_slot(&slots, row, &layout.slots[0], flags);
            }
            CHECK_INT(in.size, 0);
            CHECK(str_eq(buf_view(&codes), buf_view(&slots)));
            for (uint32_t i = 0; i < ROWS; i++)
                CHECK_STR(cell_text(arena, out, i), cell_text(arena, c, i));
            in = buf_view(&codes);
            for (uint32_t i = 0; flags == 0 && i < ROWS; i++) {
                CHECK(state_decode_slots(heap, &in, &layout, 0, 1, row, &err) == OK);
                CHECK(state_equal(row, &layout.slots[0], c, i));
            }
            buf_done(&codes);
            buf_done(&slots);
        }
    }
    state_heap_destroy(heap);
}

/* Every shorter text, and texts with a wrong byte: an error or some other value, never more. */
static void bad_bytes_are_refused(void)
{
    uint32_t count;
    uint64_t seed = 31;
    const struct type *const *types = test_types(arena, &count);
    struct state_heap *heap = NULL;
    CHECK(state_heap_create(STR("t"), NULL, &heap, &err) == OK);
    for (uint32_t t = 0; t < count; t++) {
        struct column *c = random_column(arena, &seed, types[t], 20, false);
        struct column *out = column_create(arena, types[t], 1);
        struct state_layout layout;
        CHECK(state_layout_create(arena, &types[t], 1, 0, &layout, NULL, &err) == OK);
        char *row = state_alloc(heap, layout.bytes);
        memset(row, 0, layout.bytes);
        for (uint32_t i = 0; i < 20; i++) {
            struct buf code;
            buf_init(&code, 1 << 20);
            state_encode(&code, c, i, 0);
            for (size_t size = 0; size < code.size; size++) {
                char *exact = mem_alloc(size);
                memcpy(exact, code.data, size);
                struct str in = { exact, size };
                CHECK(state_decode(arena, &in, types[t], 0, out, 0, &err) == E_DATA);
                CHECK(state_decode_slot(heap, &in, row, &layout.slots[0], &err) == E_DATA);
                CHECK_INT(in.size, size);
                if (size > 0)
                    exact[random_below(&seed, (uint32_t)size)] ^= (char)(1 + random_below(&seed, 255));
                (void)!state_decode_slot(heap, &in, row, &layout.slots[0], &err);
                mem_free(exact);
            }
            buf_done(&code);
        }
    }
    struct str in = STR("\1\0");
    CHECK(state_decode_i64(&in, &(int64_t){ 0 }, &err) == E_DATA);
    CHECK_STR(err.message, "the bytes are no value of type BIGINT");
    state_heap_destroy(heap);
}

static void numbers_of_nine_bytes(void)
{
    struct buf buf;
    buf_init(&buf, 100);
    state_encode_i64(&buf, -2);
    state_encode_i64(&buf, INT64_MAX);
    CHECK_MEM(buf.data, "\1\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFE\1\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 18);
    struct str in = buf_view(&buf);
    int64_t a, b;
    CHECK(state_decode_i64(&in, &a, &err) == OK && a == -2);
    CHECK(state_decode_i64(&in, &b, &err) == OK && b == INT64_MAX);
    buf_done(&buf);
}

int main(void)
{
    arena = arena_create();
    RUN(encodings_keep_the_order);
    RUN(values_come_back);
    RUN(bad_bytes_are_refused);
    RUN(numbers_of_nine_bytes);
    arena_destroy(arena);
    return check_failed != 0;
}
