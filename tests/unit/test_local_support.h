/* test_local_support.h -- tables, files and bad rows for the tests of formats and of
 * the connectors of connectors/local.
 *
 * A struct fixture collects columns and options and hands out a struct table_def; all
 * of it lives in one arena.  Results are compared as text: cells with '|' between
 * them, a line a row. */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "connector/connector.h"
#include "support/check.h"
#include "types/text.h"
#include "types/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

enum { FIXTURE_MAX = 32, FIXTURE_BAD_MAX = 64 };

struct fixture {
    struct arena *arena;
    struct field fields[FIXTURE_MAX];
    enum column_origin origins[FIXTURE_MAX];
    enum meta metas[FIXTURE_MAX];
    const struct format_meta *format_metas[FIXTURE_MAX];
    bool needed[FIXTURE_MAX];
    uint32_t key[FIXTURE_MAX];
    struct schema schema;
    struct option items[FIXTURE_MAX];
    struct options options;
    struct table_def table;
    struct clock clock;
    struct bad_rows bad_rows; /* with the next members: what was reported */
    char *bad[FIXTURE_BAD_MAX];
    int64_t bad_offsets[FIXTURE_BAD_MAX];
    uint32_t bad_records[FIXTURE_BAD_MAX];
    uint32_t bad_count;
    enum code bad_answer;
    struct error err;
};

UNUSED static enum code fixture_report(struct bad_rows *self, const struct bad_row *row,
                                       struct error *err)
{
    struct fixture *f = container_of(self, struct fixture, bad_rows);
    if (f->bad_count < FIXTURE_BAD_MAX) {
        f->bad[f->bad_count] = arena_cstr(f->arena, row->reason);
        f->bad_offsets[f->bad_count] = row->offset;
        f->bad_records[f->bad_count] = row->record;
    }
    f->bad_count++;
    if (f->bad_answer != OK)
        return error_set(err, f->bad_answer, "a bad row is the end");
    return OK;
}

UNUSED static void fixture_begin(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    f->arena = arena_create();
    f->bad_rows.report = fixture_report;
    f->clock = (struct clock){ .standing = true, .standing_us = 1500000000123000 };
    f->schema = (struct schema){ .fields = f->fields, .key = f->key };
    f->options = (struct options){ .items = f->items };
    f->table = (struct table_def){
        .name = STR("t"),
        .schema = &f->schema,
        .origins = f->origins,
        .metas = f->metas,
        .needed = f->needed,
        .options = &f->options,
        .zone = zone_utc,
        .clock = &f->clock,
    };
}

UNUSED static void fixture_end(struct fixture *f)
{
    arena_destroy(f->arena);
}

UNUSED static void fixture_column(struct fixture *f, const char *name, const struct type *type)
{
    f->needed[f->schema.count] = true;
    f->fields[f->schema.count++] = (struct field){ str_of(name), type };
}

UNUSED static void fixture_meta(struct fixture *f, const char *name, const struct type *type,
                                enum meta meta)
{
    f->origins[f->schema.count] = ORIGIN_META;
    f->metas[f->schema.count] = meta;
    fixture_column(f, name, type);
}

UNUSED static void fixture_option(struct fixture *f, const char *key, const char *value)
{
    f->items[f->options.count++] = (struct option){ .key = str_of(key), .value = str_of(value) };
}

/* ---- rows as text ---- */

UNUSED static void put_row(struct buf *out, struct column *const *columns, uint32_t count,
                           uint32_t row, const struct zone *zone)
{
    struct text_style style = { .mode = TEXT_DISPLAY, .zone = zone, .null_text = "NULL" };
    bool is_first = true;
    for (uint32_t c = 0; c < count; c++) {
        if (!columns[c])
            continue;
        if (!is_first)
            buf_char(out, '|');
        is_first = false;
        text_print_cell(out, columns[c], row, &style);
    }
    buf_char(out, '\n');
}

/* Decodes messages with a format by its name; the rows as text, in the fixture's arena. */
UNUSED static const char *decode_text(struct fixture *f, const char *format,
                                      const struct str *spans, uint32_t n)
{
    struct format_open open = {
        .schema = &f->schema,
        .needed = f->needed,
        .metas = f->format_metas,
        .options = &f->options,
        .prefix = "",
        .blink = f->table.blink,
        .zone = f->table.zone,
        .bad_rows = &f->bad_rows,
    };
    struct decoder *decoder;
    f->bad_count = 0;
    if (format_find(str_of(format))->open_decoder(&open, &decoder, &f->err) != OK)
        return arena_printf(f->arena, "refused: %s", f->err.message);
    struct decoded got = { 0 };
    enum code code = decoder->kind->decode(decoder, f->arena, spans, n, &got, &f->err);
    struct buf out;
    buf_init(&out, 1 << 24);
    if (code != OK)
        buf_printf(&out, "failed: %s", f->err.message);
    for (uint32_t row = 0; code == OK && row < got.rows; row++) {
        if (got.changes)
            buf_printf(&out, "%s ", change_names[got.changes[row]]);
        put_row(&out, got.columns, f->schema.count, row, f->table.zone);
    }
    decoder->kind->close(decoder);
    const char *text = arena_cstr(f->arena, buf_view(&out));
    buf_done(&out);
    return text;
}

UNUSED static const char *decode_one(struct fixture *f, const char *format, const char *message)
{
    struct str span = str_of(message);
    return decode_text(f, format, &span, 1);
}

/* ---- files ---- */

/* A fresh folder below $TMPDIR. */
UNUSED static char *make_folder(struct arena *arena)
{
    const char *base = getenv("TMPDIR");
    char *path = arena_printf(arena, "%s/weir-test-XXXXXX", base && *base ? base : P_tmpdir);
    return path && mkdtemp(path) ? path : NULL;
}

UNUSED static void remove_folder(struct arena *arena, const char *folder)
{
    char *command = arena_printf(arena, "rm -rf '%s'", folder);
    if (command && system(command) != 0)
        fprintf(stderr, "could not remove %s\n", folder);
}

UNUSED static char *path_in(struct arena *arena, const char *folder, const char *name)
{
    return arena_printf(arena, "%s/%s", folder, name);
}

UNUSED static void write_file(const char *path, struct str content)
{
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    if (!file)
        return;
    CHECK_INT(fwrite(content.data, 1, content.size, file), content.size);
    CHECK_INT(fclose(file), 0);
}

/* NULL if there is no such file. */
UNUSED static const char *read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    struct buf out;
    buf_init(&out, 1 << 28);
    char block[4096];
    size_t got;
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        buf_put(&out, block, got);
    fclose(file);
    const char *text = arena_cstr(arena, buf_view(&out));
    buf_done(&out);
    return text;
}

/* ---- batches ---- */

struct rows {
    struct batch *batch;
    uint8_t *changes;
};

/* A batch of `count` rows whose columns are NULL until set. */
UNUSED static struct rows rows_make(struct fixture *f, uint32_t count)
{
    struct rows rows = { batch_create(f->arena, f->schema.count, count), NULL };
    for (uint32_t c = 0; c < f->schema.count; c++) {
        rows.batch->columns[c] = column_create(f->arena, f->fields[c].type, count);
        CHECK(column_need_valid(rows.batch->columns[c], f->arena));
        for (uint32_t i = 0; i < count; i++)
            column_set_null(rows.batch->columns[c], i);
    }
    rows.changes = arena_zalloc(f->arena, count + 1);
    rows.batch->changes = rows.changes;
    rows.batch->selected = rows.batch->count;
    return rows;
}

UNUSED static void set_text(struct rows *rows, uint32_t column, uint32_t row, struct str text)
{
    struct column *c = rows->batch->columns[column];
    bit_set(c->valid, row);
    COLUMN_OUT(c, struct view)[row] = view_of(text);
}

UNUSED static void set_number(struct rows *rows, uint32_t column, uint32_t row, int64_t number)
{
    struct column *c = rows->batch->columns[column];
    bit_set(c->valid, row);
    switch (type_phys(c->type)) {
    case PHYS_BOOL:
    case PHYS_I8:
        COLUMN_OUT(c, int8_t)[row] = (int8_t)number;
        break;
    case PHYS_I16:
        COLUMN_OUT(c, int16_t)[row] = (int16_t)number;
        break;
    case PHYS_I32:
        COLUMN_OUT(c, int32_t)[row] = (int32_t)number;
        break;
    case PHYS_I64:
        COLUMN_OUT(c, int64_t)[row] = number;
        break;
    case PHYS_I128:
        COLUMN_OUT(c, int128)[row] = number;
        break;
    default:
        CHECK(false);
    }
}

UNUSED static void set_double(struct rows *rows, uint32_t column, uint32_t row, double number)
{
    struct column *c = rows->batch->columns[column];
    bit_set(c->valid, row);
    if (type_phys(c->type) == PHYS_F32)
        COLUMN_OUT(c, float)[row] = (float)number;
    else
        COLUMN_OUT(c, double)[row] = number;
}

/* ---- sources and sinks ---- */

struct polled {
    struct records records;
    struct str values[512], keys[512];
    uint32_t splits[512];
    int64_t offsets[512], timestamps_ms[512];
    uint8_t timestamp_types[512];
};

UNUSED static void polled_begin(struct polled *p, uint32_t cap)
{
    memset(p, 0, sizeof *p);
    p->records = (struct records){
        .arena = arena_create(),
        .cap = cap,
        .values = p->values,
        .keys = p->keys,
        .splits = p->splits,
        .offsets = p->offsets,
        .timestamps_ms = p->timestamps_ms,
        .timestamp_types = p->timestamp_types,
        .want_keys = true,
        .want_timestamps = true,
    };
}

UNUSED static void polled_end(struct polled *p)
{
    arena_destroy(p->records.arena);
}

/* Writes the selected rows with a sink of the kind, flushes and closes it. */
UNUSED static enum code sink_once(struct fixture *f, const struct sink_kind *kind,
                                  enum sink_mode mode, const struct batch *batch)
{
    struct sink_open open = { .table = &f->table, .mode = mode, .bad_rows = &f->bad_rows };
    struct sink *sink;
    TRY(kind->open(&open, &sink, &f->err));
    enum code code = batch ? kind->write(sink, batch, &f->err) : OK;
    if (code == OK)
        code = kind->flush_start(sink, &f->err);
    bool done = false;
    while (code == OK && !done)
        code = kind->flush_poll(sink, &done, &f->err);
    kind->close(sink);
    return code;
}
