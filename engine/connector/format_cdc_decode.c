/* format_cdc_decode.c -- messages about changes of a database to rows.
 *
 * One pass over the messages of a call takes what happened, the images of the row as
 * they stand, and the metadata; a second pass over the images takes the columns.  An
 * update is two rows, -U and +U, and where the old image has just what changed, the rest
 * is the new one's.
 *
 * A message is bad as a whole: if one of its images cannot be read, none of its rows
 * come, and it is reported once. */
#include "connector/format_cdc.h"

#include "base/memory.h"
#include "connector/format_time.h"
#include "connector/pattern.h"
#include "json/json_text.h"
#include "types/column.h"
#include "types/time.h"

enum { PATH_STEPS_MAX = 4, SHOWN_BYTES_MAX = 40 };

/* 'database.include', 'table.include' */
struct filter {
    const char *name;             /* of the member */
    struct name_pattern *pattern; /* owned; NULL: all */
    uint32_t slot;
    struct buf last; /* the name asked last, and the answer */
    bool has_last, last_matches;
};

struct cdc_decoder {
    struct decoder base;
    const struct cdc_dialect *dialect;
    const struct format_open *open;
    struct bad_rows *bad_rows;
    struct json_settings settings;
    struct arena *arena;
    struct json_paths *message_paths, *row_paths;
    struct json_extract *messages, *rows;
    struct json_columns columns;
    uint32_t *meta_slots; /* of the messages, one a column */
    bool has_payload;
    uint32_t payload_slot, op_slot, old_slot, new_slot;
    struct filter filters[2];
};

/* The messages of a call, without those that are none. */
struct input {
    const struct str *docs;
    const uint32_t *record; /* span of each; NULL: the same number */
    uint32_t count;
    struct json_hit *hits;
};

/* A row that is going to be: its text, the message it is from, and what it does. */
struct image {
    uint32_t message;
    uint8_t change;
    bool is_partial;    /* what is not in it is in the next image */
    const char *reason; /* why it is none */
};

struct output {
    struct arena *arena;
    struct str *docs;
    uint32_t count, cap;
    struct image *images;
    uint32_t image_count, image_cap;
};

/* ---- images ---- */

static enum code push(struct output *out, struct str doc, struct image image, struct error *err)
{
    return ARENA_PUSH(out->arena, out->docs, out->count, out->cap, doc) &&
                   ARENA_PUSH(out->arena, out->images, out->image_count, out->image_cap, image)
               ? OK
               : error_nomem(err);
}

static enum code push_bad(struct output *out, uint32_t message, const char *reason,
                          struct error *err)
{
    if (!reason)
        return error_nomem(err);
    return push(out, STR("{}"), (struct image){ .message = message, .reason = reason }, err);
}

/* The next element of an array, whose text is known to be well-formed: what stands between commas
 * that are in no string and in no brackets. */
static bool next_element(struct str *rest, struct str *ret)
{
    const char *at = rest->data, *end = rest->data + rest->size;
    while (at < end && *at && strchr(" \t\r\n,", *at))
        at++;
    const char *start = at;
    int depth = 0;
    for (bool in_string = false; at < end; at++) {
        char c = *at;
        if (in_string) {
            at += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                break; /* of the array itself */
            depth--;
        } else if (c == ',' && depth == 0) {
            break;
        }
    }
    at = MIN(at, end);
    *ret = str_trim(str_make(start, (size_t)(at - start)));
    *rest = str_make(at, (size_t)(end - at));
    return ret->size > 0;
}

struct cursor {
    struct str rest;
    bool is_list;
    bool is_over;
};

static struct cursor cursor_of(const struct cdc_dialect *dialect, const struct json_hit *hit)
{
    struct cursor cursor = { str_make(hit->data, hit->size), dialect->is_list, false };
    if (dialect->is_list) /* behind the bracket */
        cursor.rest = str_make(hit->data + 1, hit->size - 1);
    return cursor;
}

static bool cursor_next(struct cursor *cursor, struct str *ret)
{
    if (cursor->is_list)
        return next_element(&cursor->rest, ret);
    *ret = cursor->rest;
    bool is_first = !cursor->is_over;
    cursor->is_over = true;
    return is_first;
}

/* NULL if the member holds images. */
static const char *check_member(const struct cdc_decoder *d, struct output *out, const char *name,
                                const char *what, const struct json_hit *hit)
{
    bool is_list = d->dialect->is_list;
    if (hit->kind == (is_list ? JSON_ARRAY : JSON_OBJECT))
        return NULL;
    if (hit->kind != JSON_MISSING && hit->kind != JSON_NULL)
        return arena_printf(out->arena, "\"%s\" is no JSON %s", name, is_list ? "array" : "object");
    /* Flink names PostgreSQL, whose tables say nothing of the old row by default. */
    bool is_identity = d->dialect == &cdc_debezium && name == d->dialect->old_name;
    return arena_printf(out->arena, "\"%s\" of %s is %s%s", name, what,
                        hit->kind == JSON_NULL ? "null" : "missing",
                        is_identity ? "; a table of PostgreSQL has to be set to REPLICA IDENTITY "
                                      "FULL"
                                    : "");
}

static enum code push_image(struct output *out, const char *name, struct str doc,
                            struct image image, struct error *err)
{
    if (doc.data[0] != '{')
        return push_bad(
            out, image.message,
            arena_printf(out->arena, "\"%s\" holds something that is no JSON object", name), err);
    return push(out, doc, image, err);
}

/* Inserted or deleted rows. */
static enum code push_rows(const struct cdc_decoder *d, struct output *out, uint32_t message,
                           enum change change, const char *what, const char *name,
                           const struct json_hit *hit, struct error *err)
{
    if (hit->kind != (d->dialect->is_list ? JSON_ARRAY : JSON_OBJECT))
        return push_bad(out, message, check_member(d, out, name, what, hit), err);
    struct cursor cursor = cursor_of(d->dialect, hit);
    struct image image = { .message = message, .change = (uint8_t)change };
    for (struct str doc; cursor_next(&cursor, &doc);)
        TRY(push_image(out, name, doc, image, err));
    return OK;
}

static enum code push_updates(const struct cdc_decoder *d, struct output *out, uint32_t message,
                              const struct json_hit *old, const struct json_hit *new,
                              struct error *err)
{
    const struct cdc_dialect *dialect = d->dialect;
    enum json_kind wanted = dialect->is_list ? JSON_ARRAY : JSON_OBJECT;
    if (old->kind != wanted)
        return push_bad(out, message, check_member(d, out, dialect->old_name, "an update", old),
                        err);
    if (new->kind != wanted)
        return push_bad(out, message, check_member(d, out, dialect->new_name, "an update", new),
                        err);
    struct cursor olds = cursor_of(dialect, old), news = cursor_of(dialect, new);
    struct image before = { .message = message,
                            .change = CHANGE_UPDATE_BEFORE,
                            .is_partial = dialect->old != CDC_OLD_WHOLE };
    struct image after = { .message = message, .change = CHANGE_UPDATE_AFTER };
    for (struct str doc, old_doc; cursor_next(&news, &doc);) {
        if (!cursor_next(&olds, &old_doc))
            return push_bad(out, message, "\"old\" has fewer rows than \"data\"", err);
        TRY(push_image(out, dialect->old_name, old_doc, before, err));
        TRY(push_image(out, dialect->new_name, doc, after, err));
    }
    return OK;
}

/* ---- messages ---- */

/* What a scalar says as text; containers and null say nothing that anybody waits for. */
static enum code text_of(const struct json_hit *hit, struct arena *arena, struct str *ret,
                         struct error *err)
{
    if (hit->kind == JSON_STRING_ESCAPED)
        return json_text_string(hit, arena, ret, err);
    *ret = hit->kind == JSON_NULL ? STR("null") : str_make(hit->data, hit->size);
    return OK;
}

static enum code matches(struct filter *filter, struct str name, bool *ret, struct error *err)
{
    if (!filter->has_last || !str_eq(buf_view(&filter->last), name)) {
        buf_clear(&filter->last);
        buf_str(&filter->last, name);
        const char *text = buf_cstr(&filter->last);
        TRY(buf_check(&filter->last, err));
        filter->last_matches = name_pattern_matches(filter->pattern, text);
        filter->has_last = true;
    }
    *ret = filter->last_matches;
    return OK;
}

/* *ret_taken: is the message of a database and table that are read?  Where it does not say, it is
 * bad. */
static enum code apply_filters(struct cdc_decoder *d, const struct input *in, struct output *out,
                               uint32_t i, bool *ret_taken, struct error *err)
{
    *ret_taken = true;
    for (size_t f = 0; f < countof(d->filters) && *ret_taken; f++) {
        struct filter *filter = &d->filters[f];
        if (!filter->pattern)
            continue;
        const struct json_hit *hit = &in->hits[(size_t)filter->slot * in->count + i];
        struct str name;
        if (hit->kind == JSON_MISSING) {
            *ret_taken = false;
            return push_bad(out, i,
                            arena_printf(out->arena,
                                         "\"%s\" is missing, and \"%s.include\" asks "
                                         "for it",
                                         filter->name, filter->name),
                            err);
        }
        TRY(text_of(hit, out->arena, &name, err));
        TRY(matches(filter, name, ret_taken, err));
    }
    return OK;
}

static enum code unknown_op(const struct cdc_decoder *d, struct output *out, uint32_t i,
                            const struct json_hit *hit, struct str op, struct error *err)
{
    const struct cdc_dialect *dialect = d->dialect;
    const char *reason =
        hit->kind == JSON_MISSING || hit->kind == JSON_NULL
            ? arena_printf(out->arena, "\"%s\" is missing; it says what happened", dialect->op)
            : arena_printf(out->arena, "\"%s\" is \"%.*s\", which is none of %s", dialect->op,
                           (int)MIN(op.size, (size_t)SHOWN_BYTES_MAX), op.data, dialect->verbs);
    return push_bad(out, i, reason, err);
}

static bool is_op(struct str op, const char *name)
{
    return name && str_is(op, name);
}

static enum code read_change(const struct cdc_decoder *d, const struct input *in,
                             struct output *out, uint32_t i, struct error *err)
{
    const struct cdc_dialect *dialect = d->dialect;
    const struct json_hit *hit = &in->hits[(size_t)d->op_slot * in->count + i];
    const struct json_hit *old = &in->hits[(size_t)d->old_slot * in->count + i];
    const struct json_hit *new = &in->hits[(size_t)d->new_slot * in->count + i];
    struct str op;
    TRY(text_of(hit, out->arena, &op, err));
    if (is_op(op, dialect->insert) || is_op(op, dialect->snapshot))
        return push_rows(d, out, i, CHANGE_INSERT, "an insert", dialect->new_name, new, err);
    if (is_op(op, dialect->update))
        return push_updates(d, out, i, old, new, err);
    if (is_op(op, dialect->delete))
        return push_rows(d, out, i, CHANGE_DELETE, "a delete",
                         dialect->deletes_old ? dialect->old_name : dialect->new_name,
                         dialect->deletes_old ? old : new, err);
    return is_op(op, dialect->ddl) ? OK : unknown_op(d, out, i, hit, op, err);
}

static enum code read_message(struct cdc_decoder *d, const struct input *in, struct output *out,
                              uint32_t i, bool is_valid, struct error *err)
{
    if (!is_valid)
        return push_bad(out, i, "message is not valid JSON", err);
    if (in->docs[i].data[0] != '{' && str_trim(in->docs[i]).data[0] != '{')
        return push_bad(out, i, "message is no JSON object", err);
    if (d->has_payload && in->hits[(size_t)d->payload_slot * in->count + i].kind != JSON_OBJECT)
        return push_bad(out, i, "\"payload\" is no JSON object", err);
    bool is_taken;
    TRY(apply_filters(d, in, out, i, &is_taken, err));
    return is_taken ? read_change(d, in, out, i, err) : OK;
}

/* A message without value follows a delete in a compacted topic; it says nothing here. */
static enum code list_messages(struct arena *arena, const struct str *spans, uint32_t n,
                               struct input *ret, struct error *err)
{
    uint32_t full = 0;
    while (full < n && spans[full].data && spans[full].size > 0)
        full++;
    *ret = (struct input){ .docs = spans, .count = n };
    if (full == n)
        return OK;
    struct str *docs = arena_array(arena, struct str, n);
    uint32_t *record = arena_array(arena, uint32_t, n), count = 0;
    if (!docs || !record)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        if (spans[i].data && spans[i].size > 0) {
            docs[count] = spans[i];
            record[count++] = i;
        }
    *ret = (struct input){ .docs = docs, .record = record, .count = count };
    return OK;
}

static enum code read_messages(struct cdc_decoder *d, struct input *in, struct output *out,
                               struct error *err)
{
    size_t cells = (size_t)json_paths_count(d->message_paths) * in->count;
    in->hits = arena_alloc(out->arena, (cells + 1) * sizeof *in->hits);
    bool *ok = arena_alloc(out->arena, in->count + 1);
    if (!in->hits || !ok)
        return error_nomem(err);
    if (in->count > 0)
        TRY(json_extract_batch(d->messages, in->docs, in->count, in->hits, ok, err));
    for (uint32_t i = 0; i < in->count; i++)
        TRY(read_message(d, in, out, i, ok[i], err));
    return OK;
}

/* ---- columns ---- */

static void copy_value(const struct value_slots *slots, uint32_t field_count,
                       const struct type *type, struct json_hit *hits, uint32_t n, uint32_t to)
{
    struct json_hit *row = hits + (size_t)slots->slot * n;
    row[to] = row[to + 1];
    for (uint32_t f = 0; slots->fields && f < field_count; f++)
        copy_value(&slots->fields[f], type->children[f]->child_count, type->children[f], hits, n,
                   to);
}

/* What an old image does not hold is as in the new one behind it; what it holds as null was NULL. */
static void complete(const struct cdc_decoder *d, const struct output *out, struct json_hit *hits)
{
    uint32_t n = out->count;
    for (uint32_t i = 0; i + 1 < n; i++) {
        if (!out->images[i].is_partial || out->images[i + 1].message != out->images[i].message)
            continue;
        for (uint32_t c = 0; c < d->open->schema->count; c++) {
            const struct value_slots *slots = &d->columns.slots[c];
            if (slots->slot == JSON_NO_SLOT)
                continue;
            const struct type *type = d->open->schema->fields[c].type;
            if (hits[(size_t)slots->slot * n + i].kind == JSON_MISSING)
                copy_value(slots, type->child_count, type, hits, n, i);
        }
    }
}

/* False: it is no time, and the row bad.  NULL goes to *ret_null. */
static bool read_time(const struct format_meta *meta, const struct column *values, uint32_t i,
                      int64_t *ret_us, bool *ret_null)
{
    *ret_null = false;
    if (meta->unit_us > 0)
        return !__builtin_mul_overflow(COLUMN_AT(values, int64_t, i), meta->unit_us, ret_us);
    struct str text = view_str(COLUMN_AT(values, struct view, i));
    bool has_mark = text.size > 10 && text.data[10] == 'T';
    if (meta->unit_us == CDC_EVENT_TEXT)
        return !has_mark && time_parse_timestamp(text, 3, ret_us);
    /* Flink's pattern has six digits, of which it keeps three; text that does not fit is tried
     * with a blank, and then is as precise as it stands. */
    bool is_whole = text.size == sizeof "2020-05-13T13:39:35.766000" - 1;
    *ret_null = has_mark ? !is_whole || !format_time_stamp(text, false, ret_us)
                         : !time_parse_timestamp(text, 6, ret_us);
    if (has_mark && !*ret_null)
        *ret_us = time_cut(*ret_us, 3);
    return true;
}

static enum code to_time(struct value_rows *rows, const struct format_meta *meta,
                         const struct column *values, struct column **ret, struct error *err)
{
    struct column *column = column_create(rows->arena, meta->type, rows->count);
    if (!column)
        return error_nomem(err);
    int64_t *out = COLUMN_OUT(column, int64_t);
    for (uint32_t i = 0; i < rows->count; i++) {
        bool is_null = !column_is_valid(values, i);
        out[i] = 0;
        if (!is_null && !read_time(meta, values, i, &out[i], &is_null))
            TRY(value_row_is_bad(
                rows, i, arena_printf(rows->arena, "metadata \"%s\" is no time", meta->name), err));
        if (!is_null)
            continue;
        if (!column_need_valid(column, rows->arena))
            return error_nomem(err);
        column_set_null(column, i);
    }
    *ret = column;
    return OK;
}

static enum code make_metas(const struct cdc_decoder *d, struct value_rows *rows,
                            const struct input *in, const struct output *out,
                            struct column **columns, struct error *err)
{
    for (uint32_t c = 0; c < d->open->schema->count; c++) {
        const struct format_meta *meta = d->open->metas ? d->open->metas[c] : NULL;
        if (!meta || d->meta_slots[c] == JSON_NO_SLOT)
            continue;
        struct json_hit *hits = arena_alloc(rows->arena, (out->count + 1) * sizeof *hits);
        if (!hits)
            return error_nomem(err);
        for (uint32_t i = 0; i < out->count; i++)
            hits[i] = in->hits[(size_t)d->meta_slots[c] * in->count + out->images[i].message];
        rows->column = d->open->schema->fields[c].name;
        const struct type *type = meta->unit_us > 0   ? &type_bigint
                                  : meta->unit_us < 0 ? &type_string
                                                      : meta->type;
        TRY(value_make_column(rows, type, hits, NULL, NULL, out->count, &columns[c], err));
        if (meta->unit_us)
            TRY(to_time(rows, meta, columns[c], &columns[c], err));
    }
    return OK;
}

/* One bad row makes all rows of its message bad; the first reason is told. */
static enum code spread_bad(struct value_rows *rows, const struct output *out, struct error *err)
{
    for (uint32_t i = 0, end; i < out->count && rows->bad_count > 0; i = end) {
        uint32_t bad = UINT32_MAX;
        for (end = i; end < out->count && out->images[end].message == out->images[i].message; end++)
            if (rows->reasons[end] && bad == UINT32_MAX)
                bad = end;
        for (uint32_t k = i; bad != UINT32_MAX && k < end; k++) {
            TRY(value_row_is_bad(rows, k, "", err));
            if (k != bad)
                rows->reasons[k] = "";
        }
    }
    return OK;
}

static enum code make_columns(struct cdc_decoder *d, const struct input *in,
                              const struct output *out, struct value_rows *rows,
                              struct column **columns, struct error *err)
{
    uint32_t slots = json_paths_count(d->row_paths);
    struct json_hit *hits =
        arena_alloc(out->arena, ((size_t)slots * out->count + 1) * sizeof *hits);
    if (!hits)
        return error_nomem(err);
    for (uint32_t i = 0; i < out->count; i++)
        if (out->images[i].reason)
            TRY(value_row_is_bad(rows, i, out->images[i].reason, err));
    if (slots > 0 && out->count > 0) {
        TRY(json_extract_batch(d->rows, out->docs, out->count, hits, NULL, err));
        if (d->dialect->old != CDC_OLD_WHOLE)
            complete(d, out, hits);
    }
    TRY(json_columns_make(&d->columns, rows, hits, columns, err));
    TRY(make_metas(d, rows, in, out, columns, err));
    return spread_bad(rows, out, err);
}

static enum code decode(struct decoder *base, struct arena *arena, const struct str *spans,
                        uint32_t n, struct decoded *ret, struct error *err)
{
    struct cdc_decoder *d = (struct cdc_decoder *)base;
    struct input in;
    struct output out = { .arena = arena };
    json_extract_reset(d->messages);
    json_extract_reset(d->rows);
    TRY(list_messages(arena, spans, n, &in, err));
    TRY(read_messages(d, &in, &out, err));
    uint32_t columns = d->open->schema->count;
    uint8_t *changes = arena_alloc(arena, out.count + 1);
    uint32_t *record = arena_array(arena, uint32_t, out.count + 1);
    struct decoded got = { .columns = arena_array(arena, struct column *, columns + 1) };
    if (!changes || !record || !got.columns)
        return error_nomem(err);
    for (uint32_t i = 0; i < out.count; i++) {
        changes[i] = out.images[i].change;
        record[i] = in.record ? in.record[out.images[i].message] : out.images[i].message;
    }
    struct value_rows rows;
    TRY(value_rows_begin(&rows, arena, &d->settings.values, out.count, err));
    TRY(make_columns(d, &in, &out, &rows, got.columns, err));
    TRY(value_rows_finish(&rows, d->bad_rows, spans, record, columns, changes, &got, err));
    *ret = got;
    return OK;
}

/* ---- opening ---- */

static void close_decoder(struct decoder *base)
{
    struct cdc_decoder *d = (struct cdc_decoder *)base;
    if (!d)
        return;
    json_extract_destroy(d->messages);
    json_extract_destroy(d->rows);
    json_paths_destroy(d->message_paths);
    json_paths_destroy(d->row_paths);
    for (size_t i = 0; i < countof(d->filters); i++) {
        name_pattern_destroy(d->filters[i].pattern);
        buf_done(&d->filters[i].last);
    }
    arena_destroy(d->arena);
    mem_free(d);
}

static const struct decoder_kind decoder_kind = {
    .decode = decode,
    .close = close_decoder,
};

/* A path of names with dots; one that begins with a slash is beside the payload. */
static enum code add_path(struct cdc_decoder *d, const char *path, uint32_t *ret_slot,
                          struct error *err)
{
    struct str names[PATH_STEPS_MAX];
    uint32_t count = 0;
    if (*path == '/')
        path++;
    else if (d->has_payload)
        names[count++] = STR("payload");
    for (struct str rest = str_of(path); rest.size > 0 && count < PATH_STEPS_MAX;) {
        size_t size = MIN(str_find_byte(rest, '.'), rest.size);
        names[count++] = str_make(rest.data, size);
        size_t used = MIN(size + 1, rest.size);
        rest = str_make(rest.data + used, rest.size - used);
    }
    return json_columns_path(d->message_paths, names, count, ret_slot, err);
}

static enum code open_filter(struct cdc_decoder *d, struct filter *filter, const char *name,
                             const char *option, const char *what, struct error *err)
{
    filter->name = name;
    buf_init(&filter->last, 1 << 30);
    const struct option *given = format_option_pair(d->open, option);
    if (!given || d->dialect != &cdc_canal)
        return OK;
    enum code code = name_pattern_compile(what, given->value, &filter->pattern, err);
    if (code != OK && given->value_span.size > 0)
        error_locate(err, given->value_span);
    TRY(code);
    return add_path(d, name, &filter->slot, err);
}

static enum code add_paths(struct cdc_decoder *d, struct error *err)
{
    const struct format_open *open = d->open;
    TRY(json_paths_create(JSON_FORMAT, &d->message_paths, err));
    TRY(json_paths_create(JSON_FORMAT, &d->row_paths, err));
    if (d->has_payload)
        TRY(add_path(d, "/payload", &d->payload_slot, err));
    TRY(add_path(d, d->dialect->op, &d->op_slot, err));
    TRY(add_path(d, d->dialect->old_name, &d->old_slot, err));
    TRY(add_path(d, d->dialect->new_name, &d->new_slot, err));
    TRY(open_filter(d, &d->filters[0], "database", "canal-json.database.include",
                    "pattern of databases", err));
    TRY(open_filter(d, &d->filters[1], "table", "canal-json.table.include", "pattern of tables",
                    err));
    for (uint32_t c = 0; c < open->schema->count; c++) {
        d->meta_slots[c] = JSON_NO_SLOT;
        if (open->metas && open->metas[c] && format_is_needed(open, c))
            TRY(add_path(d, open->metas[c]->path, &d->meta_slots[c], err));
    }
    TRY(json_columns_add(&d->columns, d->arena, d->row_paths, open, NULL, 0, err));
    TRY(json_extract_create(d->message_paths, &d->messages, err));
    return json_extract_create(d->row_paths, &d->rows, err);
}

enum code cdc_open_decoder(const struct cdc_dialect *dialect, const struct format_open *open,
                           struct decoder **ret, struct error *err)
{
    struct cdc_decoder *d = mem_zalloc(sizeof *d);
    if (!d)
        return error_nomem(err);
    d->base.kind = &decoder_kind;
    d->dialect = dialect;
    d->open = open;
    d->bad_rows = open->bad_rows;
    d->has_payload = cdc_has_payload(dialect, open);
    json_read_settings(open, dialect->format->name, &d->settings);
    d->arena = arena_create();
    d->meta_slots = d->arena ? arena_array(d->arena, uint32_t, open->schema->count + 1) : NULL;
    enum code code = d->meta_slots ? add_paths(d, err) : error_nomem(err);
    if (code != OK) {
        close_decoder(&d->base);
        return code;
    }
    *ret = &d->base;
    return OK;
}
