/* elastic_doc.c -- see elastic_doc.h.
 *
 * Flink's documents are those of its format json.  Blink's have the same text, but for timestamps:
 * whole seconds, or with the setting blink.job.timestamp.reserve.ms three digits behind them, so
 * that one date format of a mapping fits all. */
#include "elastic/elastic_doc.h"

#include "base/memory.h"
#include "base/number.h"
#include "connector/format_json.h"
#include "elastic/elastic.h"
#include "types/column.h"
#include "types/decimal.h"
#include "types/text.h"
#include "types/time.h"

enum { NAME_BYTES_MAX = 1 << 20, INDEX_BYTES_MAX = 255 };

/* --- ids ----------------------------------------------------------------------------------- */

/* LocalTime.toString(): no more than there is to say. */
static void put_clock(struct buf *out, int64_t us_of_day)
{
    char text[TIME_TEXT_MAX];
    int64_t us = us_of_day % TIME_US_PER_SECOND;
    size_t size =
        time_print_time((int32_t)(us_of_day / TIME_US_PER_MS), 0, TIME_FRACTION_FIXED, text);
    bool has_seconds = us_of_day % TIME_US_PER_MINUTE != 0;
    buf_put(out, text, has_seconds ? size : size - 3);
    if (us % TIME_US_PER_MS != 0)
        buf_printf(out, ".%06d", (int)us);
    else if (us != 0)
        buf_printf(out, ".%03d", (int)(us / TIME_US_PER_MS));
}

static void put_stamp(struct buf *out, int64_t us)
{
    char text[TIME_TEXT_MAX];
    int64_t days = time_floor_div(us, TIME_US_PER_DAY);
    buf_put(out, text, time_print_date((int32_t)days, text));
    buf_char(out, 'T');
    put_clock(out, us - days * TIME_US_PER_DAY);
}

void es_put_plain(struct buf *out, const struct column *column, uint32_t row)
{
    static const struct text_style style = { .mode = TEXT_CAST };
    char text[NUMBER_DOUBLE_MAX];
    switch (column->type->id) {
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        buf_str(out, view_str(COLUMN_AT(column, struct view, row)));
        break;
    case TYPE_BOOLEAN:
        buf_text(out, COLUMN_AT(column, uint8_t, row) ? "true" : "false");
        break;
    case TYPE_FLOAT:
        buf_put(out, text, number_print_java_float(COLUMN_AT(column, float, row), text));
        break;
    case TYPE_DOUBLE:
        buf_put(out, text, number_print_java_double(COLUMN_AT(column, double, row), text));
        break;
    case TYPE_TIME:
        put_clock(out, COLUMN_AT(column, int32_t, row) * TIME_US_PER_MS);
        break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        put_stamp(out, COLUMN_AT(column, int64_t, row));
        break;
    default: /* integers, DECIMAL, DATE: the same as in SQL */
        text_print_cell(out, column, row, &style);
        break;
    }
}

enum code es_put_id(struct buf *out, const struct batch *batch, const uint32_t *columns,
                    uint32_t count, uint32_t row, struct str delimiter, bool blink,
                    const struct zone *zone, struct error *err)
{
    const struct text_style style = { .mode = TEXT_CAST, .blink = true, .zone = zone };
    size_t before = out->size;
    for (uint32_t i = 0; i < count; i++) {
        const struct column *column = batch->columns[columns[i]];
        if (i > 0)
            buf_str(out, delimiter);
        if (!column_is_valid(column, row))
            return error_set(err, E_DATA, "a column of the primary key is NULL");
        if (blink)
            text_print_cell(out, column, row, &style);
        else
            es_put_plain(out, column, row);
    }
    TRY(buf_check(out, err));
    if (out->size == before)
        return error_set(err, E_DATA, "the id of the document is empty");
    if (out->size - before > ES_ID_BYTES_MAX)
        return error_set(err, E_DATA, "the id of the document has %zu bytes; %d are the most",
                         out->size - before, ES_ID_BYTES_MAX);
    return OK;
}

/* --- Blink's documents ------------------------------------------------------------------ */

static void put_timestamp(struct es_docs *docs, const struct column *column, uint32_t row,
                          struct buf *out)
{
    char text[TIME_TEXT_MAX];
    int64_t us = COLUMN_AT(column, int64_t, row);
    if (column->type->id == TYPE_TIMESTAMP_LTZ)
        us = zone_utc_to_local_us(docs->def->zone, &docs->cursor, us);
    buf_char(out, '"');
    buf_put(out, text,
            time_print_timestamp(us, docs->def->keeps_ms ? 3 : 0, TIME_FRACTION_FIXED, ' ', text));
    buf_char(out, '"');
}

static enum code put_blink_document(struct es_docs *docs, const struct batch *batch, uint32_t row,
                                    struct buf *out, struct error *err)
{
    const struct text_style style = {
        .mode = TEXT_JSON,
        .blink = true,
        .zone = docs->def->zone,
        .cursor = &docs->cursor,
    };
    bool is_first = true;
    buf_char(out, '{');
    for (uint32_t c = 0; c < docs->def->schema->count; c++) {
        const struct column *column = batch->columns[c];
        bool is_null = !column_is_valid(column, row);
        if (is_null && docs->omits_nulls)
            continue;
        if (!is_first)
            buf_char(out, ',');
        is_first = false;
        buf_str(out, docs->names[c]);
        if (!is_null && type_is_timestamp(column->type))
            put_timestamp(docs, column, row, out);
        else
            text_print_cell(out, column, row, &style);
    }
    buf_char(out, '}');
    return buf_check(out, err);
}

static enum code put_document(struct es_docs *docs, const struct batch *batch, uint32_t row,
                              struct buf *out, struct error *err)
{
    return docs->writer ? json_row_write(docs->writer, batch, row, out, err)
                        : put_blink_document(docs, batch, row, out, err);
}

/* --- lines ---------------------------------------------------------------------------------- */

/* {"index":{"_index":"i","_id":"7"}} and a line feed. */
static void put_action(const struct es_docs *docs, const char *action, struct buf *out)
{
    buf_text(out, "{\"");
    buf_text(out, action);
    buf_text(out, "\":{");
    if (docs->name.size > 0) {
        buf_text(out, "\"_index\":");
        text_put_json_string(out, buf_view(&docs->name));
    }
    if (docs->id.size > 0) {
        buf_text(out, docs->name.size > 0 ? ",\"_id\":" : "\"_id\":");
        text_put_json_string(out, buf_view(&docs->id));
    }
    buf_text(out, "}}\n");
}

static enum code find_place(struct es_docs *docs, const struct batch *batch, uint32_t row,
                            struct buf *key, struct error *err)
{
    const struct schema *schema = docs->def->schema;
    buf_clear(&docs->id);
    buf_clear(&docs->name);
    if (!es_index_is_fixed(&docs->index)) {
        TRY(es_index_put(&docs->index, batch, row, &docs->name, err));
        TRY(buf_check(&docs->name, err));
        if (docs->name.size > INDEX_BYTES_MAX)
            return error_set(err, E_DATA, "the name of the index has %zu bytes; %d are the most",
                             docs->name.size, INDEX_BYTES_MAX);
    }
    if (schema->key_count == 0)
        return OK;
    TRY(es_put_id(&docs->id, batch, schema->key, schema->key_count, row, docs->key_delimiter,
                  !docs->writer, docs->def->zone, err));
    if (docs->name.size > 0) {
        buf_str(key, buf_view(&docs->name));
        buf_char(key, '\0');
    }
    buf_str(key, buf_view(&docs->id));
    return OK;
}

enum code es_docs_put(struct es_docs *docs, const struct batch *batch, uint32_t row, bool is_delete,
                      struct buf *lines, struct buf *key, struct error *err)
{
    TRY(find_place(docs, batch, row, key, err));
    if (is_delete) {
        put_action(docs, "delete", lines);
        return OK;
    }
    bool merges = docs->merges && docs->id.size > 0;
    put_action(docs, merges ? "update" : "index", lines);
    if (merges)
        buf_text(lines, "{\"doc\":");
    TRY(put_document(docs, batch, row, lines, err));
    buf_text(lines, merges ? ",\"doc_as_upsert\":true}\n" : "\n");
    return OK;
}

/* --- making it ------------------------------------------------------------------------------- */

static bool has_map(const struct type *type)
{
    for (uint32_t i = 0; i < type->child_count; i++)
        if (has_map(type->children[i]))
            return true;
    return type->id == TYPE_MAP;
}

bool es_docs_are_whole(const struct table_def *def)
{
    if (es_is_blink(def))
        return !str_iis(options_get(def->options, "updateMode"), "inc");
    if (options_bool(def->options, "json.encode.ignore-null-fields"))
        return false;
    for (uint32_t c = 0; c < def->schema->count; c++)
        if (has_map(def->schema->fields[c].type)) /* entries are put over those that are there */
            return false;
    return true;
}

static enum code name_columns(struct es_docs *docs, struct error *err)
{
    const struct schema *schema = docs->def->schema;
    struct buf name;
    buf_init(&name, NAME_BYTES_MAX);
    docs->names = arena_array(docs->arena, struct str, schema->count + 1);
    enum code code = docs->names ? OK : error_nomem(err);
    for (uint32_t c = 0; c < schema->count && code == OK; c++) {
        buf_clear(&name);
        text_put_json_string(&name, schema->fields[c].name);
        buf_char(&name, ':');
        code = buf_check(&name, err);
        if (code == OK && !(docs->names[c] = arena_str(docs->arena, buf_view(&name))).data)
            code = error_nomem(err);
    }
    buf_done(&name);
    return code;
}

static enum code set_up(struct es_docs *docs, struct error *err)
{
    const struct table_def *def = docs->def;
    docs->arena = arena_create();
    if (!docs->arena)
        return error_nomem(err);
    TRY(es_index_read(&docs->index, def, docs->arena, err));
    if (es_is_blink(def)) {
        docs->merges = docs->omits_nulls = str_iis(options_get(def->options, "updateMode"), "inc");
        return name_columns(docs, err);
    }
    const struct format_open open = {
        .schema = def->schema,
        .options = def->options,
        .prefix = "",
        .blink = def->blink,
        .zone = def->zone,
    };
    docs->merges = true;
    docs->key_delimiter = options_get(def->options, "document-id.key-delimiter");
    return json_row_writer_create(&open, "json", false, &docs->writer, err);
}

enum code es_docs_create(const struct table_def *def, struct es_docs **ret, struct error *err)
{
    struct es_docs *docs = mem_zalloc(sizeof *docs);
    if (!docs)
        return error_nomem(err);
    docs->def = def;
    buf_init(&docs->id, NAME_BYTES_MAX);
    buf_init(&docs->name, NAME_BYTES_MAX);
    enum code code = set_up(docs, err);
    if (code != OK) {
        es_docs_destroy(docs);
        return code;
    }
    *ret = docs;
    return OK;
}

void es_docs_destroy(struct es_docs *docs)
{
    if (!docs)
        return;
    json_row_writer_destroy(docs->writer);
    arena_destroy(docs->arena);
    buf_done(&docs->id);
    buf_done(&docs->name);
    mem_free(docs);
}
