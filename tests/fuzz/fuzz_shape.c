/* fuzz_shape.c -- any bytes as what a snapshot says that an operator has kept.
 *
 * Whole random texts are refused at their first number.  So the input is a list of changes to a good
 * text (three bytes each: where, and what it becomes), and behind a byte that says how many there
 * are, a key and a value as records of the operator. */
#include "base/arena.h"
#include "plan/plan_kept.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHANGES_MAX = 32, ID = 7 };

static struct arena *for_ever, *arena;
static struct kept_state good;
static struct buf text;

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static struct shape_part part(uint64_t meaning, const struct type *type, const char *name)
{
    struct shape_part p = { 0 };
    must(shape_part_make(for_ever, meaning, type, str_of(name), &p), "out of memory");
    return p;
}

static void make_good(void)
{
    static const struct str names[] = { { "a", 1 }, { "b", 1 } };
    static const uint64_t below[] = { 3, 4 };
    static struct shape_part keys[2], values[3], numbers[2];
    static struct shape_table tables[2];
    for_ever = arena_create();
    arena = arena_create();
    must(for_ever && arena, "out of memory");
    const struct type *fields[] = { &type_double, &type_string };
    const struct type *row = type_make_row(for_ever, fields, names, 2);
    keys[0] = part(11, &type_int, "k");
    keys[1] = part(12, &type_string, "user");
    values[0] = part(21, type_make_array(for_ever, row), "ARRAY_AGG(r)");
    values[1] = part(22, type_make(for_ever, TYPE_DECIMAL, 38, 2), "SUM(v)");
    values[2] = part(23, type_make_map(for_ever, &type_string, &type_boolean), "m");
    numbers[0] = part(31, &type_bigint, "COUNT(DISTINCT a)");
    numbers[1] = part(32, &type_date, "MAX(d)");
    tables[0] = (struct shape_table){ .first = 10,
                                      .last = 20,
                                      .meaning = 1,
                                      .name = STR("rows"),
                                      .timed = true,
                                      .head = 3,
                                      .keys = keys,
                                      .key_count = 2,
                                      .values = values,
                                      .value_count = 3 };
    tables[1] = (struct shape_table){ .first = 2,
                                      .last = 2,
                                      .meaning = 2,
                                      .name = STR("beside"),
                                      .numbered = true,
                                      .rest = true,
                                      .keys = keys,
                                      .key_count = 2,
                                      .numbers = numbers,
                                      .number_count = 2 };
    good = (struct kept_state){ .id = ID,
                                .name = STR("group#5"),
                                .base = 1,
                                .rows = 2,
                                .sinks = 3,
                                .below = below,
                                .below_count = 2,
                                .shape = { .variant = 5, .tables = tables, .table_count = 2 } };
    buf_init(&text, 1 << 16);
}

/* The good text with the changes that the input begins with; what is behind them is left in it. */
static void change(const uint8_t **data, size_t *size)
{
    buf_clear(&text);
    kept_state_put(&text, &good);
    uint32_t count = *size > 0 ? (*data)[0] % (CHANGES_MAX + 1) : 0;
    *data += *size > 0;
    *size -= *size > 0;
    for (; count > 0 && *size >= 3; count--, *data += 3, *size -= 3)
        text.data[((*data)[0] | (*data)[1] << 8) % text.size] = (char)(*data)[2];
}

static void turn(const struct state_shape *old, const struct state_shape *now, const uint8_t *data,
                 size_t size)
{
    struct buf why;
    buf_init(&why, 1 << 16);
    enum shape_fit fit = state_shape_fit(old, now, &why);
    must(fit == SHAPE_OTHER || why.size == 0, "there is no reason for what fits");
    buf_done(&why);
    if (fit == SHAPE_OTHER)
        return;
    struct state_recode *recode = state_recode_create(arena, old, now);
    must(recode != NULL, "out of memory");
    for (uint32_t i = 0; i < old->table_count; i++) {
        size_t split = size > 0 ? data[0] % size : 0;
        struct str key = { (const char *)data, split };
        struct str value = { (const char *)data + split, size - split };
        uint32_t table_id = old->tables[i].first;
        bool is_kept;
        (void)shape_table_holds(&old->tables[i], key, value);
        if (state_recode_record(recode, &table_id, &key, &value, &is_kept, NULL) == OK && is_kept)
            must(state_shape_table(now, table_id) != NULL, "a record is of no table");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kept_state kept, again;
    if (!arena)
        make_good();
    arena_reset(arena);
    change(&data, &size);
    if (kept_state_get(arena, ID, buf_view(&text), &kept, NULL) != OK)
        return 0;
    struct buf copy;
    buf_init(&copy, 1 << 20);
    kept_state_put(&copy, &kept);
    must(buf_check(&copy, NULL) == OK &&
             kept_state_get(arena, ID, buf_view(&copy), &again, NULL) == OK,
         "what was read cannot be written and read again");
    buf_done(&copy);
    turn(&kept.shape, &good.shape, data, size);
    turn(&good.shape, &kept.shape, data, size);
    return 0;
}
