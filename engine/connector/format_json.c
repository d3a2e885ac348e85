/* format_json.c -- the format json: an object a message.
 *
 * Behaves as Flink's json format with its default parser, and takes timestamps with
 * a blank and with a T whatever 'json.timestamp-format.standard' says: that only
 * chooses how they are written.  DECIMALs are written as plain numbers unless it is asked for
 * otherwise (Flink's default). */
#include "connector/format_json.h"

#include "base/memory.h"

#include <stdio.h>

/* clang-format off */
#define ROW_OPTIONS(family)                                                                        \
    { family ".fail-on-missing-field", OPTION_BOOL, false, "false", NULL,                          \
      "Is a message without one of the fields a bad row?" },                                       \
    { family ".decode.json-parser.enabled", OPTION_BOOL, false, "true", NULL,                      \
      "false reads a number into a text column as Java prints a double." }
/* clang-format on */

const struct option_spec json_options[] = { JSON_COMMON_OPTIONS("json"),
                                            ROW_OPTIONS("json"),
                                            { 0 } };
const struct option_spec changelog_json_options[] = { JSON_COMMON_OPTIONS("changelog-json"),
                                                      ROW_OPTIONS("changelog-json"),
                                                      { 0 } };

struct reader {
    const struct format_open *open;
    const struct option_spec *specs;
    const char *family;
};

static struct str get(const struct reader *r, const char *name)
{
    char full[64];
    snprintf(full, sizeof full, "%s.%s", r->family, name);
    return str_trim(format_option(r->open, r->specs, full));
}

static bool get_bool(const struct reader *r, const char *name)
{
    bool value = false;
    return option_parse_bool(get(r, name), &value) && value;
}

static bool has_decimal(const struct type *type)
{
    if (type->id == TYPE_DECIMAL)
        return true;
    for (uint32_t i = 0; i < type->child_count; i++)
        if (has_decimal(type->children[i]))
            return true;
    return false;
}

void json_read_settings(const struct format_open *open, const char *family,
                        struct json_settings *ret)
{
    const struct format *format = format_find(str_of(family));
    struct reader r = { open, format ? format->options : json_options, family };
    struct str mode = get(&r, "map-null-key.mode");
    struct json_settings settings = {
        .values = {
            .ignore_errors = get_bool(&r, "ignore-parse-errors"),
            .fail_on_missing = get_bool(&r, "fail-on-missing-field"),
            .keeps_numbers = get_bool(&r, "decode.json-parser.enabled"),
            .zone = open->zone ? open->zone : zone_utc,
        },
        .is_iso = str_iis(get(&r, "timestamp-format.standard"), "ISO-8601"),
        .ignore_nulls = get_bool(&r, "encode.ignore-null-fields"),
        .is_scientific = !get_bool(&r, "encode.decimal-as-plain-number"),
        .null_key = str_iis(mode, "DROP")      ? NULL_KEY_DROP
                    : str_iis(mode, "LITERAL") ? NULL_KEY_LITERAL
                                               : NULL_KEY_FAIL,
        .null_key_literal = get(&r, "map-null-key.literal"),
    };
    for (uint32_t i = 0; i < open->schema->count; i++)
        settings.values.has_decimal |= has_decimal(open->schema->fields[i].type);
    *ret = settings;
}

static enum code open_decoder(const struct format_open *open, struct decoder **ret,
                              struct error *err)
{
    return json_open_decoder(open, false, ret, err);
}

/* ---- the encoder ---- */

struct json_encoder {
    struct encoder base;
    struct json_row_writer *writer;
};

static enum code encode(struct encoder *e, const struct batch *batch, uint32_t row, struct buf *out,
                        bool *ret_null, struct error *err)
{
    *ret_null = false;
    return json_row_write(((struct json_encoder *)e)->writer, batch, row, out, err);
}

static void close_encoder(struct encoder *e)
{
    if (!e)
        return;
    json_row_writer_destroy(((struct json_encoder *)e)->writer);
    mem_free(e);
}

static const struct encoder_kind encoder_kind = {
    .encode = encode,
    .close = close_encoder,
};

static enum code open_encoder(const struct format_open *open, struct encoder **ret,
                              struct error *err)
{
    struct json_encoder *e = mem_zalloc(sizeof *e);
    if (!e)
        return error_nomem(err);
    e->base.kind = &encoder_kind;
    enum code code = json_row_writer_create(open, "json", false, &e->writer, err);
    if (code != OK) {
        mem_free(e);
        return code;
    }
    *ret = &e->base;
    return OK;
}

const struct format format_json = {
    .name = "json",
    .summary = "an object of JSON a message",
    .options = json_options,
    .carries = CARRIES_INSERT,
    .framing = FRAME_LINES,
    .skips_blank_lines = true,
    .open_decoder = open_decoder,
    .open_encoder = open_encoder,
};
