/* format_csv_decode.c -- records of CSV to columns.
 *
 * The fields of all records of a call are cut first, as strings; a field without
 * escapes points into its record.  Then the columns are made of them one by one, by
 * the rules that the strings of JSON follow.  ARRAYs and ROWs are cut once more.
 *
 * A record must have as many fields as the table has columns; one empty field more
 * (a comma at the end) is no matter.  With ignore_errors missing fields are NULL,
 * and a record with too many is no row. */
#include "connector/format_csv.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "types/column.h"

struct csv_decoder {
    struct decoder base;
    const struct format_open *open; /* borrowed */
    const struct schema *schema;
    struct bad_rows *bad_rows;
    struct csv_settings settings;
};

/* ---- cutting a record ---- */

enum cut { CUT_FIELD, CUT_LAST, CUT_ERROR, CUT_NOMEM };

static char unescape(char c)
{
    switch (c) {
    case '0':
        return '\0';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

/* Behind the closing quote: blanks, then a delimiter or the end. */
static enum cut end_quoted(const struct csv_frame *frame, struct str *rest)
{
    size_t i = 0;
    while (i < rest->size && rest->data[i] != frame->delimiter &&
           (rest->data[i] == ' ' || rest->data[i] == '\t' || rest->data[i] == '\r'))
        i++;
    if (i == rest->size) {
        *rest = str_make(rest->data + i, 0);
        return CUT_LAST;
    }
    if (rest->data[i] != frame->delimiter)
        return CUT_ERROR;
    *rest = str_make(rest->data + i + 1, rest->size - i - 1);
    return CUT_FIELD;
}

static enum cut cut_quoted(const struct csv_frame *frame, struct arena *arena, struct str *rest,
                           struct str *ret)
{
    const char *data = rest->data + 1;
    size_t size = rest->size - 1, i = 0;
    while (i < size && data[i] != frame->quote && !(frame->has_escape && data[i] == frame->escape))
        i++;
    if (i < size && data[i] == frame->quote && (i + 1 == size || data[i + 1] != frame->quote)) {
        *ret = str_make(data, i); /* nothing to undo inside */
        *rest = str_make(data + i + 1, size - i - 1);
        return end_quoted(frame, rest);
    }
    char *out = arena_alloc(arena, size + 1);
    if (!out)
        return CUT_NOMEM;
    memcpy(out, data, i);
    size_t n = i;
    for (; i < size; i++) {
        char c = data[i];
        if (c == frame->quote) {
            if (i + 1 == size || data[i + 1] != frame->quote) {
                *ret = str_make(out, n);
                *rest = str_make(data + i + 1, size - i - 1);
                return end_quoted(frame, rest);
            }
            i++;
        } else if (frame->has_escape && c == frame->escape && i + 1 < size) {
            c = unescape(data[++i]);
        }
        out[n++] = c;
    }
    return CUT_ERROR; /* the quote is never closed */
}

static enum cut cut_plain(const struct csv_frame *frame, struct arena *arena, struct str *rest,
                          struct str *ret)
{
    const char *at = rest->size ? memchr(rest->data, frame->delimiter, rest->size) : NULL;
    size_t size = at ? (size_t)(at - rest->data) : rest->size;
    if (!frame->has_escape || size == 0 || !memchr(rest->data, frame->escape, size)) {
        *ret = str_make(rest->data, size);
        *rest = str_make(rest->data + size + (at != NULL), rest->size - size - (at != NULL));
        return at ? CUT_FIELD : CUT_LAST;
    }
    char *out = arena_alloc(arena, rest->size + 1);
    if (!out)
        return CUT_NOMEM;
    size_t n = 0, i = 0;
    for (; i < rest->size && rest->data[i] != frame->delimiter; i++) {
        char c = rest->data[i];
        if (c == frame->escape && ++i == rest->size)
            return CUT_ERROR; /* nothing to take the meaning from */
        out[n++] = c == frame->escape ? unescape(rest->data[i]) : c;
    }
    *ret = str_make(out, n);
    bool is_last = i == rest->size;
    *rest = str_make(rest->data + i + !is_last, rest->size - i - !is_last);
    return is_last ? CUT_LAST : CUT_FIELD;
}

static enum cut cut_field(const struct csv_frame *frame, struct arena *arena, struct str *rest,
                          struct str *ret)
{
    while (frame->trims && rest->size > 0 && csv_is_blank(frame, rest->data[0]))
        *rest = str_make(rest->data + 1, rest->size - 1);
    if (frame->has_quote && rest->size > 0 && rest->data[0] == frame->quote)
        return cut_quoted(frame, arena, rest, ret);
    enum cut cut = cut_plain(frame, arena, rest, ret);
    while (frame->trims && ret->size > 0 && csv_is_blank(frame, ret->data[ret->size - 1]))
        ret->size--;
    return cut;
}

static struct json_hit text_hit(struct str text)
{
    return (struct json_hit){
        .data = text.data ? text.data : "",
        .size = (uint32_t)text.size,
        .kind = JSON_STRING,
        .maybe_utf8 = 1,
    };
}

static struct json_hit hit_of(const struct csv_settings *settings, struct str text)
{
    struct json_hit hit = text_hit(text);
    if ((settings->has_null_literal && str_eq(text, settings->null_literal)) ||
        (settings->empty_is_null && text.size == 0))
        hit.kind = JSON_NULL;
    return hit;
}

/* Cuts a record into hits[column * n + i]. */
static enum code cut_record(struct csv_decoder *d, struct value_rows *rows, struct str record,
                            uint32_t i, uint32_t n, struct json_hit *hits, struct error *err)
{
    uint32_t wanted = d->schema->count, found = 0;
    bool has_more = true, is_too_long = false;
    if (!utf8_valid(record.data, record.size))
        return value_row_is_bad(rows, i, "record is not UTF-8", err);
    while (has_more) {
        struct str field = { "", 0 };
        enum cut cut = cut_field(&d->settings.frame, rows->arena, &record, &field);
        if (cut == CUT_NOMEM)
            return error_nomem(err);
        if (cut == CUT_ERROR)
            return value_row_is_bad(rows, i,
                                    "a field does not end with its quote, or with an escape", err);
        has_more = cut == CUT_FIELD;
        if (found < wanted) /* what is NULL of an array or a row are its elements */
            hits[(size_t)found * n + i] = d->schema->fields[found].type->child_count > 0
                                              ? text_hit(field)
                                              : hit_of(&d->settings, field);
        else if (found > wanted || has_more || field.size > 0 || !d->settings.allows_comma)
            is_too_long = !d->settings.ignores_more;
        found++;
    }
    bool is_too_short =
        found < wanted && (!d->settings.values.ignore_errors || d->settings.fails_on_missing);
    if (is_too_long || is_too_short) {
        char *reason =
            arena_printf(rows->arena, "record has %u fields, the table %u columns", found, wanted);
        return value_row_is_bad(rows, i, reason, err);
    }
    return OK;
}

/* ---- elements of a field ---- */

struct elements {
    struct json_hit *hits;
    uint32_t *owners;
    uint32_t count;
    uint32_t cap;
    uint32_t owners_cap;
    uint32_t owners_count;
};

static bool is_all_blank(struct str text)
{
    return str_trim(text).size == 0;
}

static struct str next_element(const struct csv_settings *settings, struct str *rest,
                               bool *ret_last)
{
    struct str delimiter = settings->element_delimiter;
    const char *at = delimiter.size > 0 && rest->size > 0
                         ? memmem(rest->data, rest->size, delimiter.data, delimiter.size)
                         : NULL;
    *ret_last = !at;
    if (!at)
        return *rest;
    struct str element = str_make(rest->data, (size_t)(at - rest->data));
    *rest = str_make(at + delimiter.size, rest->size - element.size - delimiter.size);
    return element;
}

static bool set_null(struct column *column, struct arena *arena, uint32_t i)
{
    if (!column_need_valid(column, arena))
        return false;
    column_set_null(column, i);
    return true;
}

static enum code make_array(struct csv_decoder *d, struct value_rows *rows, const struct type *type,
                            const struct json_hit *hits, uint32_t n, struct column *column,
                            struct error *err)
{
    struct elements e = { 0 };
    struct list_slot *slots = COLUMN_OUT(column, struct list_slot);
    for (uint32_t i = 0; i < n; i++) {
        slots[i] = (struct list_slot){ e.count, 0 };
        if (hits[i].kind != JSON_STRING) {
            if (!set_null(column, rows->arena, i))
                return error_nomem(err);
            continue;
        }
        struct str rest = str_make(hits[i].data, hits[i].size);
        bool is_last = is_all_blank(rest);
        while (!is_last) {
            struct json_hit hit = hit_of(&d->settings, next_element(&d->settings, &rest, &is_last));
            if (!ARENA_PUSH(rows->arena, e.hits, e.count, e.cap, hit) ||
                !ARENA_PUSH(rows->arena, e.owners, e.owners_count, e.owners_cap, i))
                return error_nomem(err);
        }
        slots[i].size = e.count - slots[i].start;
    }
    return value_make_column(rows, type->children[0], e.hits, NULL, e.owners, e.count,
                             &column->children[0], err);
}

static enum code cut_row(struct csv_decoder *d, struct value_rows *rows, const struct type *type,
                         const struct json_hit *hit, uint32_t i, uint32_t n,
                         struct json_hit *fields, struct error *err)
{
    struct str rest = str_make(hit->data, hit->size);
    uint32_t found = 0;
    for (bool is_last = false; !is_last; found++) {
        struct str element = next_element(&d->settings, &rest, &is_last);
        if (found < type->child_count)
            fields[(size_t)found * n + i] = hit_of(&d->settings, element);
    }
    if (found >= type->child_count || d->settings.values.ignore_errors)
        return OK;
    char *reason =
        arena_printf(rows->arena, "column \"" STR_FMT "\": row has %u fields, its type %u",
                     STR_ARG(rows->column), found, type->child_count);
    return value_row_is_bad(rows, i, reason, err);
}

static enum code make_row(struct csv_decoder *d, struct value_rows *rows, const struct type *type,
                          const struct json_hit *hits, uint32_t n, struct column *column,
                          struct error *err)
{
    struct json_hit *fields =
        arena_zalloc(rows->arena, ((size_t)type->child_count * n + 1) * sizeof *fields);
    if (!fields)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        bool is_null =
            hits[i].kind != JSON_STRING || is_all_blank(str_make(hits[i].data, hits[i].size));
        if (is_null && !set_null(column, rows->arena, i))
            return error_nomem(err);
        if (!is_null)
            TRY(cut_row(d, rows, type, &hits[i], i, n, fields, err));
    }
    for (uint32_t f = 0; f < type->child_count; f++)
        TRY(value_make_column(rows, type->children[f], fields + (size_t)f * n, NULL, NULL, n,
                              &column->children[f], err));
    return OK;
}

static enum code make_column(struct csv_decoder *d, struct value_rows *rows,
                             const struct type *type, const struct json_hit *hits, uint32_t n,
                             struct column **ret, struct error *err)
{
    if (type->id != TYPE_ARRAY && type->id != TYPE_ROW)
        return value_make_column(rows, type, hits, NULL, NULL, n, ret, err);
    struct column *column = column_create(rows->arena, type, n);
    if (!column)
        return error_nomem(err);
    if (type->id == TYPE_ARRAY)
        TRY(make_array(d, rows, type, hits, n, column, err));
    else
        TRY(make_row(d, rows, type, hits, n, column, err));
    *ret = column;
    return OK;
}

/* ---- the decoder ---- */

static bool is_comment(const struct csv_settings *settings, struct str record)
{
    if (!settings->allow_comments)
        return false;
    record = str_trim(record);
    return record.size > 0 && record.data[0] == '#';
}

/* A message is its first record: what follows a line feed outside of quotes is left out. */
static struct str first_record(const struct csv_frame *frame, struct str message)
{
    if (message.size >= 3 && memcmp(message.data, "\xEF\xBB\xBF", 3) == 0) /* a mark of UTF-8 */
        message = str_make(message.data + 3, message.size - 3);
    enum csv_state state = CSV_RECORD_START;
    size_t at = 0, size = message.size;
    while (at < size) {
        const char *feed = memchr(message.data + at, '\n', size - at);
        if (!feed)
            break;
        size_t end = (size_t)(feed - message.data);
        state = csv_frame_scan(frame, state, message.data + at, end - at);
        if (!csv_state_is_open(state)) {
            size = end;
            break;
        }
        state = csv_frame_scan(frame, state, feed, 1);
        at = end + 1;
    }
    if (size > 0 && message.data[size - 1] == '\r')
        size--;
    return str_make(message.data, size);
}

static enum code decode(struct decoder *base, struct arena *arena, const struct str *spans,
                        uint32_t n, struct decoded *ret, struct error *err)
{
    struct csv_decoder *d = (struct csv_decoder *)base;
    uint32_t columns = d->schema->count;
    uint32_t *record = arena_array(arena, uint32_t, n + 1);
    struct json_hit *hits = arena_zalloc(arena, ((size_t)columns * n + 1) * sizeof *hits);
    struct decoded out = { .columns = arena_array(arena, struct column *, columns + 1) };
    if (!record || !hits || !out.columns)
        return error_nomem(err);
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++)
        if (spans[i].data && spans[i].size > 0 && !is_comment(&d->settings, spans[i]))
            record[count++] = i;
    struct value_rows rows;
    TRY(value_rows_begin(&rows, arena, &d->settings.values, count, err));
    for (uint32_t i = 0; i < count; i++)
        TRY(cut_record(d, &rows, first_record(&d->settings.frame, spans[record[i]]), i, count, hits,
                       err));
    for (uint32_t c = 0; c < columns; c++) {
        if (!format_is_needed(d->open, c))
            continue;
        rows.column = d->schema->fields[c].name;
        TRY(make_column(d, &rows, d->schema->fields[c].type, hits + (size_t)c * count, count,
                        &out.columns[c], err));
    }
    TRY(value_rows_finish(&rows, d->bad_rows, spans, record, columns, NULL, &out, err));
    *ret = out;
    return OK;
}

static void close_decoder(struct decoder *base)
{
    mem_free(base);
}

static const struct decoder_kind decoder_kind = {
    .decode = decode,
    .close = close_decoder,
};

enum code csv_open_decoder(const struct format_open *open, struct decoder **ret, struct error *err)
{
    struct csv_decoder *d = mem_zalloc(sizeof *d);
    if (!d)
        return error_nomem(err);
    d->base.kind = &decoder_kind;
    d->open = open;
    d->schema = open->schema;
    d->bad_rows = open->bad_rows;
    enum code code = csv_read_settings(open, &d->settings, err);
    if (code != OK) {
        close_decoder(&d->base);
        return code;
    }
    *ret = &d->base;
    return OK;
}
