/* fuzz_format_cdc.c -- any bytes as messages of debezium-json, canal-json, maxwell-json and ogg-json.
 *
 * The first byte chooses format and options, the rest are messages with 0x1E between them.
 * What is read is written as inserts and deletes, read and written again, and the two
 * texts must be equal.  Reading one message must give what reading it among others does. */
#include "base/arena.h"
#include "connector/format.h"
#include "types/column.h"
#include "types/zone.h"

#include <stdio.h>
#include <stdlib.h>

enum { MESSAGES_MAX = 64, COLUMNS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct format_case {
    const struct format *format;
    struct format_open open;
    struct schema schema;
    struct field fields[COLUMNS + 8];
    const struct format_meta *metas[COLUMNS + 8];
    struct option items[4];
    struct options options;
    struct bad_rows bad_rows;
    uint32_t bad_count;
};

static enum code count(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    (void)err;
    if (!row->reason.data || row->reason.size == 0)
        abort();
    container_of(self, struct format_case, bad_rows)->bad_count++;
    return OK;
}

static void option(struct format_case *c, struct arena *arena, const char *name, const char *value)
{
    const char *key = arena_printf(arena, "%s.%s", c->format->name, name);
    c->items[c->options.count++] = (struct option){ .key = str_of(key), .value = str_of(value) };
}

static void prepare(struct format_case *c, struct arena *arena, uint8_t choice)
{
    static const struct type decimal = { .id = TYPE_DECIMAL, .precision = 25, .scale = 4 };
    static const struct str names[] = { { "x", 1 }, { "y", 1 } };
    static const char *const formats[] = { "debezium-json", "canal-json", "maxwell-json",
                                           "ogg-json" };
    static const char *const columns[COLUMNS] = { "id", "name", "weight", "r", "a", "t" };
    const struct type *parts[] = { &type_string, &type_int };
    const struct type *row = type_make_row(arena, parts, names, 2);
    const struct type *types[COLUMNS] = {
        &type_int, &type_string, &decimal, row, type_make_array(arena, row), &type_timestamp3,
    };
    memset(c, 0, sizeof *c);
    c->format = format_find(str_of(formats[choice & 3]));
    for (uint32_t i = 0; i < COLUMNS; i++)
        c->fields[c->schema.count++] = (struct field){ str_of(columns[i]), types[i] };
    for (const struct format_meta *m = c->format->metas; m->name && (choice & 4); m++) {
        c->metas[c->schema.count] = m;
        c->fields[c->schema.count++] = (struct field){ str_of(m->name), m->type };
    }
    c->schema.fields = c->fields;
    c->options.items = c->items;
    if (choice & 8)
        option(c, arena, "ignore-parse-errors", "true");
    if (choice & 16)
        option(c, arena, "encode.ignore-null-fields", "true");
    if ((choice & 32) && (choice & 3) == 1)
        option(c, arena, "database.include", "a.*|inventory");
    c->bad_rows.report = count;
    c->open = (struct format_open){
        .schema = &c->schema,
        .metas = c->metas,
        .options = &c->options,
        .prefix = "",
        .zone = zone_utc,
        .bad_rows = &c->bad_rows,
    };
}

/* Rows as messages, with 0x1E behind each. */
static uint32_t pass(struct format_case *c, struct arena *arena, const struct str *messages,
                     uint32_t n, struct buf *out)
{
    struct decoder *decoder;
    struct encoder *encoder;
    struct decoded got;
    struct error err;
    struct schema written = { .fields = c->fields, .count = COLUMNS };
    struct format_open to = c->open;
    bool is_null;
    to.schema = &written;
    if (c->format->open_decoder(&c->open, &decoder, &err) != OK ||
        c->format->open_encoder(&to, &encoder, &err) != OK ||
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
        if ((got.record ? got.record[i] : i) >= n)
            abort();
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

static void must_be_equal(const struct buf *first, const struct buf *second)
{
    if (str_eq(buf_view(first), buf_view(second)))
        return;
    fprintf(stderr, "first  %.*s\nsecond %.*s\n", (int)first->size, first->data ? first->data : "",
            (int)second->size, second->data ? second->data : "");
    abort();
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
    uint32_t bad = c.bad_count;
    for (uint32_t i = 0; i < n; i++)
        pass(&c, arena, &messages[i], 1, &second);
    must_be_equal(&first, &second);
    if (c.bad_count != 2 * bad || bad > n)
        abort();
    if (rows > 0 && rows < MESSAGES_MAX && !(data[0] & 32)) {
        buf_clear(&second);
        n = split(buf_view(&first), messages);
        if (pass(&c, arena, messages, n, &second) != rows)
            abort();
        must_be_equal(&first, &second);
    }
    buf_done(&first);
    buf_done(&second);
    arena_destroy(arena);
    return 0;
}
