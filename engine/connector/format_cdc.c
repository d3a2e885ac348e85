/* format_cdc.c -- debezium-json, canal-json, maxwell-json and ogg-json: changes of the rows of
 * a database, as these four programs write them.
 *
 * Written as Flink does: an inserted row and the new one of an update are an insert, a
 * deleted row and the old one of an update are a delete; nothing is said about the table. */
#include "connector/format_cdc.h"

#include "base/memory.h"

#define SOURCE_TIME 1000 /* milliseconds, in the microseconds of a TIMESTAMP */

static const struct type *const texts[] = { &type_string, &type_string };
static const struct type text_map = { .id = TYPE_MAP, .child_count = 2, .children = texts };
static const struct type *const text_ints[] = { &type_string, &type_int };
static const struct type int_map = { .id = TYPE_MAP, .child_count = 2, .children = text_ints };
static const struct type text_list = { .id = TYPE_ARRAY, .child_count = 1, .children = texts };

/* The path is below the message, or, with a slash, beside its payload. */
static const struct format_meta debezium_metas[] = {
    { "schema", &type_string, "/schema", 0 },
    { "ingestion-timestamp", &type_timestamp_ltz3, "ts_ms", SOURCE_TIME },
    { "source.timestamp", &type_timestamp_ltz3, "source.ts_ms", SOURCE_TIME },
    { "source.database", &type_string, "source.db", 0 },
    { "source.schema", &type_string, "source.schema", 0 },
    { "source.table", &type_string, "source.table", 0 },
    { "source.properties", &text_map, "source", 0 },
    { 0 },
};
static const struct format_meta canal_metas[] = {
    { "database", &type_string, "database", 0 },
    { "table", &type_string, "table", 0 },
    { "sql-type", &int_map, "sqlType", 0 },
    { "pk-names", &text_list, "pkNames", 0 },
    { "ingestion-timestamp", &type_timestamp_ltz3, "ts", SOURCE_TIME },
    { "event-timestamp", &type_timestamp_ltz3, "es", SOURCE_TIME },
    { 0 },
};
static const struct format_meta maxwell_metas[] = {
    { "database", &type_string, "database", 0 },
    { "table", &type_string, "table", 0 },
    { "primary-key-columns", &text_list, "primary_key_columns", 0 },
    { "ingestion-timestamp", &type_timestamp_ltz3, "ts", 1000 * SOURCE_TIME }, /* seconds */
    { 0 },
};

static const struct format_meta ogg_metas[] = {
    { "table", &type_string, "table", 0 },
    { "primary-keys", &text_list, "primary_keys", 0 },
    { "ingestion-timestamp", &type_timestamp_ltz6, "current_ts", CDC_WRITTEN_TEXT },
    { "event-timestamp", &type_timestamp_ltz6, "op_ts", CDC_EVENT_TEXT },
    { 0 },
};

static const struct option_spec debezium_options[] = {
    { "debezium-json.schema-include", OPTION_BOOL, false, "false", NULL,
      "Do the messages hold their schema, and the change in the member payload?" },
    JSON_COMMON_OPTIONS("debezium-json"),
    { 0 },
};
static const struct option_spec canal_options[] = {
    JSON_COMMON_OPTIONS("canal-json"),
    { "canal-json.database.include", OPTION_TEXT, false, NULL, NULL,
      "A regular expression: only changes of databases whose whole name matches are read." },
    { "canal-json.table.include", OPTION_TEXT, false, NULL, NULL,
      "A regular expression: only changes of tables whose whole name matches are read." },
    { 0 },
};
static const struct option_spec maxwell_options[] = {
    JSON_COMMON_OPTIONS("maxwell-json"),
    { 0 },
};

static const struct option_spec ogg_options[] = {
    JSON_COMMON_OPTIONS("ogg-json"),
    { 0 },
};

/* ---- the dialects ---- */

const struct cdc_dialect cdc_debezium = {
    .format = &format_debezium_json,
    .op = "op",
    .insert = "c",
    .snapshot = "r",
    .update = "u",
    .delete = "d",
    .verbs = "c, r, u and d",
    .old_name = "before",
    .new_name = "after",
    .old = CDC_OLD_WHOLE,
    .deletes_old = true,
    .head = { "{\"before\":null,\"after\":", "{\"before\":" },
    .tail = { ",\"op\":\"c\"}", ",\"after\":null,\"op\":\"d\"}" },
    .short_head = { "{\"after\":", "{\"before\":" },
    .short_tail = { ",\"op\":\"c\"}", ",\"op\":\"d\"}" },
};
const struct cdc_dialect cdc_canal = {
    .format = &format_canal_json,
    .op = "type",
    .insert = "INSERT",
    .update = "UPDATE",
    .delete = "DELETE",
    .ddl = "CREATE",
    .verbs = "INSERT, UPDATE, DELETE and CREATE",
    .old_name = "old",
    .new_name = "data",
    .old = CDC_OLD_CHANGED,
    .is_list = true,
    .head = { "{\"data\":[", "{\"data\":[" },
    .tail = { "],\"type\":\"INSERT\"}", "],\"type\":\"DELETE\"}" },
    .short_head = { "{\"data\":[", "{\"data\":[" },
    .short_tail = { "],\"type\":\"INSERT\"}", "],\"type\":\"DELETE\"}" },
};
const struct cdc_dialect cdc_maxwell = {
    .format = &format_maxwell_json,
    .op = "type",
    .insert = "insert",
    .update = "update",
    .delete = "delete",
    .verbs = "insert, update and delete",
    .old_name = "old",
    .new_name = "data",
    .old = CDC_OLD_CHANGED,
    .head = { "{\"data\":", "{\"data\":" },
    .tail = { ",\"type\":\"insert\"}", ",\"type\":\"delete\"}" },
    .short_head = { "{\"data\":", "{\"data\":" },
    .short_tail = { ",\"type\":\"insert\"}", ",\"type\":\"delete\"}" },
};

const struct cdc_dialect cdc_ogg = {
    .format = &format_ogg_json,
    .op = "op_type",
    .insert = "I",
    .update = "U",
    .delete = "D",
    .verbs = "I, U and D",
    .old_name = "before",
    .new_name = "after",
    .old = CDC_OLD_WHOLE,
    .deletes_old = true,
    .head = { "{\"before\":null,\"after\":", "{\"before\":" },
    .tail = { ",\"op_type\":\"I\"}", ",\"after\":null,\"op_type\":\"D\"}" },
    .short_head = { "{\"after\":", "{\"before\":" },
    .short_tail = { ",\"op_type\":\"I\"}", ",\"op_type\":\"D\"}" },
};

bool cdc_has_payload(const struct cdc_dialect *dialect, const struct format_open *open)
{
    return dialect == &cdc_debezium &&
           format_option_bool(open, debezium_options, "debezium-json.schema-include");
}

/* ---- the encoder ---- */

struct cdc_encoder {
    struct encoder base;
    struct json_row_writer *writer;
    const char *head[2], *tail[2]; /* of inserts, of deletes */
};

static enum code encode(struct encoder *base, const struct batch *batch, uint32_t row,
                        struct buf *out, bool *ret_null, struct error *err)
{
    struct cdc_encoder *e = (struct cdc_encoder *)base;
    enum change change = batch_change(batch, row);
    bool is_delete = change == CHANGE_DELETE || change == CHANGE_UPDATE_BEFORE;
    *ret_null = false;
    buf_text(out, e->head[is_delete]);
    TRY(json_row_write(e->writer, batch, row, out, err));
    buf_text(out, e->tail[is_delete]);
    return buf_check(out, err);
}

static void close_encoder(struct encoder *base)
{
    struct cdc_encoder *e = (struct cdc_encoder *)base;
    if (!e)
        return;
    json_row_writer_destroy(e->writer);
    mem_free(e);
}

static const struct encoder_kind encoder_kind = {
    .encode = encode,
    .close = close_encoder,
};

static enum code refuse_schema(const struct format_open *open, struct error *err)
{
    error_set(err, E_OPTION,
              "format \"debezium-json\" writes no schema, so \"debezium-json.schema-include\" "
              "cannot be true for a sink");
    option_locate(err, format_option_pair(open, "debezium-json.schema-include"));
    return E_OPTION;
}

static enum code cdc_open_encoder(const struct cdc_dialect *dialect, const struct format_open *open,
                                  struct encoder **ret, struct error *err)
{
    struct json_settings settings;
    json_read_settings(open, dialect->format->name, &settings);
    if (cdc_has_payload(dialect, open))
        return refuse_schema(open, err);
    struct cdc_encoder *e = mem_zalloc(sizeof *e);
    if (!e)
        return error_nomem(err);
    e->base.kind = &encoder_kind;
    for (int i = 0; i < 2; i++) {
        e->head[i] = settings.ignore_nulls ? dialect->short_head[i] : dialect->head[i];
        e->tail[i] = settings.ignore_nulls ? dialect->short_tail[i] : dialect->tail[i];
    }
    enum code code = json_row_writer_create(open, dialect->format->name, false, &e->writer, err);
    if (code != OK) {
        mem_free(e);
        return code;
    }
    *ret = &e->base;
    return OK;
}

/* ---- the formats ---- */

/* clang-format off */
#define CDC_FORMAT(dialect, name_, summary_)                                                       \
    static enum code open_##dialect##_decoder(const struct format_open *open,                      \
                                              struct decoder **ret, struct error *err)             \
    {                                                                                              \
        return cdc_open_decoder(&cdc_##dialect, open, ret, err);                                   \
    }                                                                                              \
    static enum code open_##dialect##_encoder(const struct format_open *open,                      \
                                              struct encoder **ret, struct error *err)             \
    {                                                                                              \
        return cdc_open_encoder(&cdc_##dialect, open, ret, err);                                   \
    }                                                                                              \
    const struct format format_##dialect##_json = {                                                \
        .name = name_,                                                                             \
        .summary = summary_,                                                                       \
        .options = dialect##_options,                                                              \
        .carries = CARRIES_ALL,                                                                    \
        .is_whole = true,                                                                          \
        .metas = dialect##_metas,                                                                  \
        .framing = FRAME_LINES,                                                                    \
        .skips_blank_lines = true,                                                                 \
        .open_decoder = open_##dialect##_decoder,                                                  \
        .open_encoder = open_##dialect##_encoder,                                                  \
    };
/* clang-format on */

CDC_FORMAT(debezium, "debezium-json", "changes of a database as Debezium writes them")
CDC_FORMAT(canal, "canal-json", "changes of a MySQL database as Canal writes them")
CDC_FORMAT(maxwell, "maxwell-json", "changes of a MySQL database as Maxwell writes them")
CDC_FORMAT(ogg, "ogg-json", "changes of a database as Oracle GoldenGate writes them")
