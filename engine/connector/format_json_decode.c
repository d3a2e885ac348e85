/* format_json_decode.c -- messages of JSON to columns.
 *
 * The columns that the plan needs are taken out of all messages of a call in one
 * pass (json_extract.h), the fields of ROW columns with them, and then made one by
 * one.  A message that is an array is as many messages as it has elements.  An empty
 * message, and none at all, is no row.
 *
 * changelog-json has the row in the member "data" and the kind of change in "op". */
#include "connector/format_json.h"

#include "base/memory.h"
#include "json/json_count.h"
#include "json/json_dom.h"
#include "types/column.h"

#include <stdio.h>

struct json_decoder {
    struct decoder base;
    const struct schema *schema;
    struct bad_rows *bad_rows;
    struct json_settings settings;
    struct json_paths *paths;
    struct json_extract *extract;
    struct json_count *count;
    struct arena *arena; /* of slots */
    struct json_columns columns;
    bool is_changelog;
    uint32_t op_slot;
    uint32_t data_slot;
};

/* Jackson passes over a mark of UTF-8 at the beginning. */
static struct str without_mark(struct str doc)
{
    bool has_mark = doc.size >= 3 && memcmp(doc.data, "\xEF\xBB\xBF", 3) == 0;
    return has_mark ? str_make(doc.data + 3, doc.size - 3) : doc;
}

/* The messages of a call, arrays taken apart. */
struct messages {
    const struct str *docs;
    const uint32_t *record; /* the span each came from; NULL: the same number */
    uint32_t count;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* First byte that is no blank; '\0' if there is none. */
static char first_byte(struct str doc)
{
    for (size_t i = 0; i < doc.size; i++)
        if (!is_blank(doc.data[i]))
            return doc.data[i];
    return '\0';
}

struct message_list {
    struct arena *arena;
    struct str *docs;
    uint32_t *record;
    uint32_t count;
    uint32_t cap;
};

static bool push(struct message_list *list, struct str doc, uint32_t record)
{
    if (list->count == list->cap) {
        uint32_t cap = list->cap ? list->cap * 2 : 64;
        struct str *docs =
            arena_grow(list->arena, list->docs, list->cap * sizeof *docs, cap * sizeof *docs);
        if (!docs)
            return false;
        list->docs = docs;
        uint32_t *records = arena_grow(list->arena, list->record, list->cap * sizeof *records,
                                       cap * sizeof *records);
        if (!records)
            return false;
        list->record = records;
        list->cap = cap;
    }
    list->docs[list->count] = doc;
    list->record[list->count++] = record;
    return true;
}

/* An array whose elements can be told apart is given as these; any other text goes on as it is,
 * for its fault to be found where all faults are. */
static enum code push_elements(struct message_list *list, struct str doc, uint32_t record,
                               struct error *err)
{
    struct json_value *array;
    TRY(json_dom_parse(list->arena, doc, JSON_FORMAT, &array, err));
    if (!array)
        return push(list, doc, record) ? OK : error_nomem(err);
    for (uint32_t i = 0; i < array->count; i++)
        if (!push(list, array->items[i]->raw, record))
            return error_nomem(err);
    return OK;
}

static enum code list_messages(const struct json_decoder *d, struct arena *arena,
                               const struct str *spans, uint32_t n, struct messages *ret,
                               struct error *err)
{
    uint32_t plain = 0;
    while (plain < n && spans[plain].size > 0 && spans[plain].data && spans[plain].data[0] == '{')
        plain++;
    if (plain == n) {
        *ret = (struct messages){ .docs = spans, .count = n };
        return OK;
    }
    struct message_list list = { .arena = arena };
    for (uint32_t i = 0; i < n; i++) {
        if (!spans[i].data || spans[i].size == 0)
            continue;
        struct str doc = without_mark(spans[i]);
        if (!d->is_changelog && first_byte(doc) == '[')
            TRY(push_elements(&list, doc, i, err));
        else if (!push(&list, doc, i))
            return error_nomem(err);
    }
    *ret = (struct messages){ .docs = list.docs, .record = list.record, .count = list.count };
    return OK;
}

static enum code check_messages(struct value_rows *rows, const struct messages *messages,
                                const bool *ok, struct error *err)
{
    for (uint32_t i = 0; i < messages->count; i++) {
        if (!ok[i])
            TRY(value_row_is_bad(rows, i, "message is not valid JSON", err));
        else if (messages->docs[i].data[0] != '{' && first_byte(messages->docs[i]) != '{')
            TRY(value_row_is_bad(rows, i, "message is no JSON object", err));
    }
    return OK;
}

/* The kinds of change, and whether there is a row at all. */
static enum code read_changes(const struct json_decoder *d, struct value_rows *rows,
                              const struct json_hit *hits, uint32_t n, uint8_t *changes,
                              struct error *err)
{
    const struct json_hit *op = hits + (size_t)d->op_slot * n;
    const struct json_hit *data = hits + (size_t)d->data_slot * n;
    for (uint32_t i = 0; i < n; i++) {
        changes[i] = CHANGE_INSERT;
        if (rows->reasons[i])
            continue;
        uint32_t kind = 0;
        while (kind < 4 && !(op[i].kind == JSON_STRING &&
                             str_is(str_make(op[i].data, op[i].size), change_names[kind])))
            kind++;
        if (kind == 4)
            TRY(value_row_is_bad(rows, i, "\"op\" is none of +I, -U, +U and -D", err));
        else if (data[i].kind != JSON_OBJECT)
            TRY(value_row_is_bad(rows, i, "\"data\" is no JSON object", err));
        else
            changes[i] = (uint8_t)kind;
    }
    return OK;
}

static enum code decode(struct decoder *base, struct arena *arena, const struct str *spans,
                        uint32_t n, struct decoded *ret, struct error *err)
{
    struct json_decoder *d = (struct json_decoder *)base;
    struct messages messages = { 0 };
    json_extract_reset(d->extract);
    TRY(list_messages(d, arena, spans, n, &messages, err));
    uint32_t count = messages.count;
    size_t cells = (size_t)json_paths_count(d->paths) * count;
    struct json_hit *hits = arena_alloc(arena, (cells + 1) * sizeof *hits);
    bool *ok = arena_alloc(arena, count + 1);
    uint8_t *changes = d->is_changelog ? arena_alloc(arena, count + 1) : NULL;
    struct value_rows rows;
    TRY(value_rows_begin(&rows, arena, &d->settings.values, count, err));
    struct decoded out = { .columns = arena_array(arena, struct column *, d->schema->count + 1) };
    if (!hits || !ok || !out.columns || (d->is_changelog && !changes))
        return error_nomem(err);
    if (count > 0) {
        TRY(json_extract_batch(d->extract, messages.docs, count, hits, ok, err));
        TRY(json_count_note(d->count, messages.docs, hits, count, err));
        TRY(check_messages(&rows, &messages, ok, err));
        if (changes)
            TRY(read_changes(d, &rows, hits, count, changes, err));
    }
    TRY(json_columns_make(&d->columns, &rows, hits, out.columns, err));
    TRY(value_rows_finish(&rows, d->bad_rows, spans, messages.record, d->schema->count, changes,
                          &out, err));
    *ret = out;
    return OK;
}

static void close_decoder(struct decoder *base)
{
    struct json_decoder *d = (struct json_decoder *)base;
    if (!d)
        return;
    json_extract_destroy(d->extract);
    json_paths_destroy(d->paths);
    arena_destroy(d->arena);
    mem_free(d);
}

static bool path(const struct decoder *base, uint32_t number, struct json_counted *ret)
{
    const struct json_counted *seen =
        json_count_of(((const struct json_decoder *)base)->count, number);
    if (seen)
        *ret = *seen;
    return seen != NULL;
}

/* A look at the text is enough: who is wrong has read a record more. */
static bool is_half(const struct decoder *base, struct str span)
{
    static const char kind[] = "\"-U\"";
    (void)base;
    return span.size > 0 && memmem(span.data, span.size, kind, sizeof kind - 1);
}

static const struct decoder_kind decoder_kind = {
    .decode = decode,
    .path = path,
    .close = close_decoder,
};

static const struct decoder_kind changelog_decoder_kind = {
    .decode = decode,
    .path = path,
    .is_half = is_half,
    .close = close_decoder,
};

/* ---- opening ---- */

static enum code add_paths(struct json_decoder *d, const struct format_open *open,
                           struct error *err)
{
    TRY(json_paths_create(JSON_FORMAT, &d->paths, err));
    struct str data = STR("data");
    if (d->is_changelog) {
        struct str op = STR("op");
        TRY(json_columns_path(d->paths, &op, 1, &d->op_slot, err));
        TRY(json_columns_path(d->paths, &data, 1, &d->data_slot, err));
    }
    TRY(json_columns_add(&d->columns, d->arena, d->paths, open, &data, d->is_changelog, err));
    TRY(json_count_create(d->arena, d->paths, &d->count, err));
    return json_extract_create(d->paths, &d->extract, err);
}

static enum code check_settings(const struct format_open *open,
                                const struct value_settings *settings, const char *family,
                                struct error *err)
{
    char name[64];
    if (!settings->fail_on_missing || !settings->ignore_errors)
        return OK;
    snprintf(name, sizeof name, "%s.fail-on-missing-field", family);
    error_set(err, E_OPTION, "options \"%s\" and \"%s.ignore-parse-errors\" exclude each other",
              name, family);
    option_locate(err, format_option_pair(open, name));
    return E_OPTION;
}

enum code json_open_decoder(const struct format_open *open, bool is_changelog, struct decoder **ret,
                            struct error *err)
{
    struct json_decoder *d = mem_zalloc(sizeof *d);
    if (!d)
        return error_nomem(err);
    d->base.kind = is_changelog ? &changelog_decoder_kind : &decoder_kind;
    d->schema = open->schema;
    d->bad_rows = open->bad_rows;
    d->is_changelog = is_changelog;
    const char *family = is_changelog ? "changelog-json" : "json";
    json_read_settings(open, family, &d->settings);
    enum code code = check_settings(open, &d->settings.values, family, err);
    if (code == OK) {
        d->arena = arena_create();
        code = d->arena ? add_paths(d, open, err) : error_nomem(err);
    }
    if (code != OK) {
        close_decoder(&d->base);
        return code;
    }
    *ret = &d->base;
    return OK;
}
