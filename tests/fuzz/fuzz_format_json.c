/* fuzz_format_json.c -- any bytes as messages of json and changelog-json.
 *
 * The first byte chooses options, the rest are messages with 0x1E between them.  What
 * is read is written, read and written again, and the two texts must be equal. */
#include "base/arena.h"
#include "connector/format.h"
#include "types/column.h"
#include "types/zone.h"

#include <stdio.h>
#include <stdlib.h>

enum { MESSAGES_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum code ignore(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    (void)self;
    (void)err;
    if (!row->reason.data || row->reason.size == 0)
        abort();
    return OK;
}

struct format_case {
    const struct format *format;
    struct format_open open;
    struct schema schema;
    struct field fields[16];
    struct option items[4];
    struct options options;
    struct bad_rows bad_rows;
};

static void option(struct format_case *c, const char *key, const char *value)
{
    c->items[c->options.count++] = (struct option){ .key = str_of(key), .value = str_of(value) };
}

static void prepare(struct format_case *c, struct arena *arena, uint8_t choice)
{
    static const struct type decimal = { .id = TYPE_DECIMAL, .precision = 25, .scale = 4 };
    static const struct str names[] = { { "x", 1 }, { "y", 1 } };
    static const char letters[] = "abcdefghijklm";
    const struct type *ints = type_make_array(arena, &type_int);
    const struct type *parts[] = { &type_string, ints };
    const struct type *row = type_make_row(arena, parts, names, 2);
    const struct type *types[] = {
        &type_int,
        &type_string,
        &type_double,
        &type_boolean,
        &type_bytes,
        &decimal,
        &type_timestamp6,
        &type_timestamp_ltz3,
        &type_date,
        row,
        type_make_array(arena, row),
        type_make_map(arena, &type_string, &type_float),
        type_make_map(arena, &type_bigint, row),
    };
    bool is_changelog = (choice & 1) != 0;
    memset(c, 0, sizeof *c);
    for (uint32_t i = 0; i < countof(types); i++)
        c->fields[i] = (struct field){ str_make(letters + i, 1), types[i] };
    c->schema = (struct schema){ .fields = c->fields, .count = countof(types) };
    c->options.items = c->items;
    c->format = format_find(is_changelog ? STR("changelog-json") : STR("json"));
    if (choice & 2)
        option(c, is_changelog ? "changelog-json.ignore-parse-errors" : "json.ignore-parse-errors",
               "true");
    if (choice & 4)
        option(c,
               is_changelog ? "changelog-json.encode.ignore-null-fields"
                            : "json.encode.ignore-null-fields",
               "true");
    c->bad_rows.report = ignore;
    c->open = (struct format_open){
        .schema = &c->schema,
        .options = &c->options,
        .prefix = "",
        .zone = zone_utc,
        .bad_rows = &c->bad_rows,
    };
}

/* Rows as text, with 0x1E behind each. */
static uint32_t pass(struct format_case *c, struct arena *arena, const struct str *messages,
                     uint32_t n, struct buf *out)
{
    struct decoder *decoder;
    struct encoder *encoder;
    struct decoded got;
    struct error err;
    bool is_null;
    if (c->format->open_decoder(&c->open, &decoder, &err) != OK ||
        c->format->open_encoder(&c->open, &encoder, &err) != OK ||
        decoder->kind->decode(decoder, arena, messages, n, &got, &err) != OK)
        abort();
    struct batch batch = {
        .arena = arena,
        .count = got.rows,
        .columns = got.columns,
        .column_count = c->schema.count,
        .selected = got.rows,
        .changes = got.changes,
    };
    for (uint32_t i = 0; i < got.rows; i++) {
        if (encoder->kind->encode(encoder, &batch, i, out, &is_null, &err) != OK)
            abort();
        buf_char(out, '\x1E');
    }
    encoder->kind->close(encoder);
    decoder->kind->close(decoder);
    return got.rows;
}

static uint32_t split(struct str text, struct str *messages)
{
    uint32_t n = 0;
    while (n < MESSAGES_MAX) {
        size_t at = str_find_byte(text, '\x1E');
        messages[n++] = str_make(text.data, at == (size_t)-1 ? text.size : at);
        if (at == (size_t)-1)
            break;
        text = str_make(text.data + at + 1, text.size - at - 1);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct format_case c;
    struct str messages[MESSAGES_MAX];
    struct buf first, second;
    if (size < 1 || size > 1 << 16)
        return 0;
    struct arena *arena = arena_create();
    prepare(&c, arena, data[0]);
    buf_init(&first, 1 << 26);
    buf_init(&second, 1 << 26);
    uint32_t n = split(str_make((const char *)data + 1, size - 1), messages);
    uint32_t rows = pass(&c, arena, messages, n, &first);
    if (rows > 0 && rows < MESSAGES_MAX) {
        n = split(buf_view(&first), messages);
        if (pass(&c, arena, messages, n, &second) != rows ||
            !str_eq(buf_view(&first), buf_view(&second))) {
            fprintf(stderr, "first  %.*s\nsecond %.*s\n", (int)first.size, first.data,
                    (int)second.size, second.data ? second.data : "");
            abort();
        }
    }
    buf_done(&first);
    buf_done(&second);
    arena_destroy(arena);
    return 0;
}
