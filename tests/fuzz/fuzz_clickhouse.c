/* fuzz_clickhouse.c -- any bytes as what a server of ClickHouse says: types, engines, errors, rows.
 *
 * Up to the first line feed the input is the type of a column, behind it are values in RowBinary.
 * Reading and skipping must agree on where a value ends, and what was read must be read again from
 * what is written of it. */
#include "base/arena.h"
#include "clickhouse/click_table.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct type money = { .id = TYPE_DECIMAL, .precision = 38, .scale = 9 };

/* A type of weir for the values, nested like the server's. */
static const struct type *mirror(struct arena *arena, const struct click_type *type)
{
    switch (type->kind) {
    case CLICK_INT:
    case CLICK_DECIMAL:
        return type->bytes > 8 || type->kind == CLICK_DECIMAL ? &money : &type_bigint;
    case CLICK_BOOL:
        return &type_boolean;
    case CLICK_FLOAT:
        return &type_double;
    case CLICK_DATE:
    case CLICK_DATE32:
        return &type_date;
    case CLICK_TIME:
    case CLICK_TIME64:
        return &type_timestamp_ltz6;
    case CLICK_ARRAY:
        return type_make_array(arena, mirror(arena, type->children[0]));
    case CLICK_MAP:
        return type_make_map(arena, mirror(arena, type->children[0]),
                             mirror(arena, type->children[1]));
    case CLICK_ENUM:
        return &type_string;
    default:
        return &type_bytes;
    }
}

static enum click_got read_value(struct click_reader *in, const struct click_type *type,
                                 const struct type *to, struct arena *arena, struct value *ret)
{
    struct error err = { .code = OK };
    struct click_reader skipped = *in;
    if (!click_can_get(type, to))
        return CLICK_BROKEN;
    enum click_got skip = click_skip(&skipped, type);
    enum click_got got = click_get(in, type, to, zone_utc, arena, ret, &err);
    if (got == CLICK_GOT && (skip != CLICK_GOT || skipped.at != in->at))
        abort();
    if (got == CLICK_MISFIT && !err.message[0])
        abort();
    return got;
}

/* What is written again is not always the same bytes (a time is cut), but then it stays. */
static void write_again(const struct click_type *type, const struct value *value,
                        struct arena *arena)
{
    struct buf first, second;
    struct value back;
    buf_init(&first, 1 << 20);
    buf_init(&second, 1 << 20);
    if (click_can_put(value->type, type) && click_put(&first, type, value, zone_utc, NULL) == OK) {
        struct click_reader in = { first.data, first.data + first.size };
        if (click_get(&in, type, value->type, zone_utc, arena, &back, NULL) != CLICK_GOT ||
            in.at != in.end || click_put(&second, type, &back, zone_utc, NULL) != OK ||
            !str_eq(buf_view(&first), buf_view(&second)))
            abort();
        in.at = first.data;
        if (click_has_literal(type) && !value->is_null) {
            buf_clear(&second);
            struct click_type plain = *type;
            in.at += type->is_nullable;
            plain.is_nullable = false;
            if (click_put_literal(&second, &in, &plain, arena) != CLICK_GOT || second.size == 0)
                abort();
        }
    }
    buf_done(&first);
    buf_done(&second);
}

static void read_values(struct arena *arena, struct str text, struct str bytes)
{
    const struct click_type *type;
    struct click_reader in = { bytes.data, bytes.data + bytes.size };
    if (click_type_parse(arena, text, zone_utc, &type, NULL) != OK || !type)
        return;
    const struct type *to = mirror(arena, type);
    for (int i = 0; i < 100 && in.at < in.end; i++) {
        struct value value;
        struct click_reader as_text = in;
        read_value(&as_text, type, &type_string, arena, &value);
        enum click_got got = read_value(&in, type, to, arena, &value);
        if (got == CLICK_GOT)
            write_again(type, &value, arena);
        if (got != CLICK_GOT && got != CLICK_MISFIT)
            break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct click_engine engine;
    if (size > 1 << 14)
        return 0;
    struct arena *arena = arena_create();
    struct str text = str_make((const char *)data, size), line = text;
    line.size = MIN(text.size, str_find_byte(text, '\n'));
    struct str rest = str_make(text.data + line.size, text.size - line.size);
    if (rest.size > 0)
        rest = str_make(rest.data + 1, rest.size - 1);
    click_judge(500, text, &err);
    for (uint32_t n = 0; n < 20; n++)
        (void)click_engine_argument(arena, text, n);
    if (click_engine_parse(arena, STR("VersionedCollapsingMergeTree"), text, &engine, &err) != OK)
        abort();
    read_values(arena, line, rest);
    arena_destroy(arena);
    return 0;
}
