/* fuzz_csv.c -- any bytes as records of CSV.
 *
 * The first byte chooses options, the rest is one message.  Whatever the decoder makes
 * of it is written and read again: the second text must be the first one, and where a
 * record was read, the cutter of files must agree that it ends there.  (With a literal for
 * NULL the third must be the second: a list that is NULL is read as one of NULLs, as Flink does.) */
#include "base/arena.h"
#include "connector/csv_frame.h"
#include "connector/format.h"
#include "types/column.h"
#include "types/zone.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum code ignore(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    (void)self;
    (void)row;
    (void)err;
    return OK;
}

struct format_case {
    struct format_open open;
    struct schema schema;
    struct field fields[8];
    struct option items[6];
    struct options options;
    struct bad_rows bad_rows;
    bool has_quote;
    bool has_escape;
};

static void option(struct format_case *c, const char *key, const char *value)
{
    c->items[c->options.count++] = (struct option){ .key = str_of(key), .value = str_of(value) };
}

static void prepare(struct format_case *c, struct arena *arena, uint8_t choice)
{
    static const struct type decimal = { .id = TYPE_DECIMAL, .precision = 20, .scale = 4 };
    static const struct str names[] = { { "x", 1 }, { "y", 1 } };
    const struct type *parts[] = { &type_int, &type_string };
    const struct type *types[] = {
        &type_string,
        &type_int,
        &type_double,
        &type_timestamp3,
        &decimal,
        type_make_array(arena, &type_string),
        type_make_row(arena, parts, names, 2),
    };
    memset(c, 0, sizeof *c);
    for (uint32_t i = 0; i < countof(types); i++)
        c->fields[i] = (struct field){ STR("c"), types[i] };
    c->schema = (struct schema){ .fields = c->fields, .count = choice & 1 ? countof(types) : 1 };
    c->options.items = c->items;
    c->has_quote = (choice & 2) == 0;
    c->has_escape = c->has_quote && (choice & 4) != 0;
    option(c, "csv.ignore-parse-errors", "true");
    if (!c->has_quote)
        option(c, "csv.disable-quote-character", "true");
    if (c->has_escape)
        option(c, "csv.escape-character", "\\");
    if (choice & 8)
        option(c, "csv.null-literal", "n/a");
    if (choice & 16)
        option(c, "csv.field-delimiter", "|");
    c->bad_rows.report = ignore;
    c->open = (struct format_open){
        .schema = &c->schema,
        .options = &c->options,
        .prefix = "",
        .zone = zone_utc,
        .bad_rows = &c->bad_rows,
    };
}

/* Decodes one message and appends its row as text; false if there is none. */
static bool pass(struct format_case *c, struct arena *arena, struct str message, struct buf *out)
{
    const struct format *format = format_find(STR("csv"));
    struct decoder *decoder;
    struct encoder *encoder;
    struct decoded got;
    struct error err;
    bool is_null;
    if (format->open_decoder(&c->open, &decoder, &err) != OK ||
        format->open_encoder(&c->open, &encoder, &err) != OK ||
        decoder->kind->decode(decoder, arena, &message, 1, &got, &err) != OK || got.rows > 1)
        abort();
    struct batch batch = {
        .arena = arena,
        .count = got.rows,
        .columns = got.columns,
        .column_count = c->schema.count,
        .selected = got.rows,
    };
    if (got.rows > 0 && encoder->kind->encode(encoder, &batch, 0, out, &is_null, &err) != OK)
        abort();
    encoder->kind->close(encoder);
    decoder->kind->close(decoder);
    return got.rows > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct format_case c;
    struct csv_frame frame;
    struct buf first, second;
    if (size < 1 || size > 1 << 16)
        return 0;
    struct arena *arena = arena_create();
    prepare(&c, arena, data[0]);
    struct str message = str_make((const char *)data + 1, size - 1);
    buf_init(&first, 1 << 24);
    buf_init(&second, 1 << 24);
    if (csv_frame_read(&c.options, "", &frame, NULL) != OK)
        abort();
    /* Without quotes, text with a line end in it cannot be written and read. */
    bool has_end = size > 1 && (memchr(data, '\r', size) || memchr(data, '\n', size));
    if (pass(&c, arena, message, &first) && first.size > 0 && (c.has_quote || !has_end)) {
        bool again = pass(&c, arena, buf_view(&first), &second);
        if (again && data[0] & 8) {
            buf_clear(&first);
            buf_str(&first, buf_view(&second));
            buf_clear(&second);
            again = pass(&c, arena, buf_view(&first), &second);
        }
        if (!again || !str_eq(buf_view(&first), buf_view(&second))) {
            fprintf(stderr, "first  %.*s\nsecond %.*s\n", (int)first.size, first.data,
                    (int)second.size, second.data ? second.data : "");
            abort();
        }
        if (csv_state_is_open(csv_frame_scan(&frame, CSV_RECORD_START, first.data, first.size)) ||
            (!c.has_escape && csv_state_is_open(csv_frame_scan(&frame, CSV_RECORD_START,
                                                               message.data, message.size))))
            abort();
    }
    buf_done(&first);
    buf_done(&second);
    arena_destroy(arena);
    return 0;
}
