/* topic_record.c -- see topic_record.h.  The members are taken out of a line in one
 * pass, by the same machinery that reads messages. */
#include "connector/topic_record.h"

#include "base/memory.h"
#include "json/json_dom.h"
#include "json/json_text.h"
#include "types/text.h"

enum part {
    PART_KEY,
    PART_VALUE,
    PART_PARTITION,
    PART_OFFSET,
    PART_TIMESTAMP,
    PART_HEADERS,
    PARTS
};

static const char *const part_names[PARTS] = {
    "key", "value", "partition", "offset", "timestamp", "headers",
};

struct topic_records {
    struct json_paths *paths;
    struct json_extract *extract;
    uint32_t slots[PARTS];
};

static enum code add_paths(struct topic_records *reader, struct error *err)
{
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    enum code code = OK;
    for (int i = 0; i < PARTS && code == OK; i++) {
        struct json_path path;
        code = json_path_key(arena, str_of(part_names[i]), &path, err);
        if (code == OK)
            code = json_paths_add(reader->paths, &path, &reader->slots[i], err);
    }
    arena_destroy(arena);
    return code;
}

enum code topic_records_create(struct topic_records **ret, struct error *err)
{
    struct topic_records *reader = mem_zalloc(sizeof *reader);
    if (!reader)
        return error_nomem(err);
    enum code code = json_paths_create(JSON_ACCEPT_CONTROL | JSON_REFUSE_TAIL, &reader->paths, err);
    if (code == OK)
        code = add_paths(reader, err);
    if (code == OK)
        code = json_extract_create(reader->paths, &reader->extract, err);
    if (code != OK) {
        topic_records_destroy(reader);
        return code;
    }
    *ret = reader;
    return OK;
}

void topic_records_destroy(struct topic_records *reader)
{
    if (!reader)
        return;
    json_extract_destroy(reader->extract);
    json_paths_destroy(reader->paths);
    mem_free(reader);
}

static bool is_absent(const struct json_hit *hit)
{
    return hit->kind == JSON_MISSING || hit->kind == JSON_NULL;
}

static enum code text_of(const struct json_hit *hit, struct arena *arena, struct str *ret,
                         struct error *err)
{
    if (is_absent(hit)) {
        *ret = (struct str){ NULL, 0 };
        return OK;
    }
    if (hit->kind == JSON_STRING || hit->kind == JSON_STRING_ESCAPED)
        return json_text_string(hit, arena, ret, err);
    *ret = str_make(hit->data, hit->size);
    return OK;
}

/* NULL, or what is wrong. */
static const char *read_numbers(const struct json_hit *parts, struct topic_record *ret)
{
    int64_t number;
    if (!is_absent(&parts[PART_PARTITION])) {
        if (!json_hit_i64(&parts[PART_PARTITION], &number) || number < 0 || number > INT32_MAX)
            return "\"partition\" is no partition number";
        ret->partition = (int32_t)number;
    }
    if (!is_absent(&parts[PART_OFFSET])) {
        if (!json_hit_i64(&parts[PART_OFFSET], &ret->offset) || ret->offset < 0)
            return "\"offset\" is no offset";
        ret->has_offset = true;
    }
    if (!is_absent(&parts[PART_TIMESTAMP])) {
        if (!json_hit_i64(&parts[PART_TIMESTAMP], &ret->timestamp_ms))
            return "\"timestamp\" is no number of milliseconds";
        ret->has_timestamp = true;
    }
    if (!is_absent(&parts[PART_HEADERS])) {
        if (parts[PART_HEADERS].kind != JSON_OBJECT)
            return "\"headers\" is no object";
        ret->headers = parts[PART_HEADERS];
    }
    return NULL;
}

static bool is_object(struct str line)
{
    line = str_trim(line);
    return line.size > 0 && line.data[0] == '{';
}

enum code topic_records_parse(struct topic_records *reader, struct arena *arena,
                              const struct str *lines, uint32_t n, struct topic_record *records,
                              const char **reasons, struct error *err)
{
    uint32_t slots = json_paths_count(reader->paths);
    struct json_hit *hits = arena_alloc(arena, sizeof *hits * slots * (size_t)MAX(n, 1));
    bool *ok = arena_alloc(arena, sizeof *ok * (size_t)MAX(n, 1));
    if (!hits || !ok)
        return error_nomem(err);
    json_extract_reset(reader->extract);
    TRY(json_extract_batch(reader->extract, lines, n, hits, ok, err));
    for (uint32_t i = 0; i < n; i++) {
        struct json_hit parts[PARTS];
        for (int p = 0; p < PARTS; p++)
            parts[p] = hits[(size_t)reader->slots[p] * n + i];
        records[i] = (struct topic_record){ .headers = { .data = "", .kind = JSON_MISSING } };
        if (!ok[i])
            reasons[i] = "line is not JSON";
        else if (!is_object(lines[i]))
            reasons[i] = "line is no JSON object";
        else
            reasons[i] = read_numbers(parts, &records[i]);
        if (reasons[i])
            continue;
        TRY(text_of(&parts[PART_KEY], arena, &records[i].key, err));
        TRY(text_of(&parts[PART_VALUE], arena, &records[i].value, err));
    }
    return OK;
}

/* ---- headers ---- */

static enum code count_headers(struct arena *arena, const struct topic_record *records, uint32_t n,
                               struct json_value **trees, struct list_slot *slots,
                               uint32_t *ret_total, struct error *err)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < n; i++) {
        trees[i] = NULL;
        if (records[i].headers.kind == JSON_OBJECT)
            TRY(json_dom_of_hit(arena, &records[i].headers, JSON_ACCEPT_CONTROL, &trees[i], err));
        slots[i] = (struct list_slot){ total, trees[i] ? trees[i]->count : 0 };
        total += slots[i].size;
    }
    *ret_total = total;
    return OK;
}

static enum code put_header(struct arena *arena, const struct json_member *member,
                            struct column *keys, struct column *values, uint32_t at,
                            struct error *err)
{
    COLUMN_OUT(keys, struct view)[at] = view_of(member->name);
    const struct json_value *value = member->value;
    struct str text;
    switch (value->kind) {
    case JSON_NULL:
    case JSON_MISSING:
        if (!column_need_valid(values, arena))
            return error_nomem(err);
        column_set_null(values, at);
        return OK;
    case JSON_STRING:
    case JSON_STRING_ESCAPED:
        TRY(json_dom_string(arena, value, &text, err));
        break;
    default:
        text = value->raw;
        break;
    }
    COLUMN_OUT(values, struct view)[at] = view_of(text);
    return OK;
}

enum code topic_records_headers(struct arena *arena, const struct topic_record *records, uint32_t n,
                                struct column *headers, struct error *err)
{
    struct json_value **trees = arena_array(arena, struct json_value *, MAX(n, 1));
    struct column **children = arena_array(arena, struct column *, 2);
    if (!trees || !children)
        return error_nomem(err);
    struct list_slot *slots = COLUMN_OUT(headers, struct list_slot);
    uint32_t total;
    TRY(count_headers(arena, records, n, trees, slots, &total, err));
    children[0] = column_create(arena, headers->type->children[0], total);
    children[1] = column_create(arena, headers->type->children[1], total);
    if (!children[0] || !children[1])
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t m = 0; m < slots[i].size; m++)
            TRY(put_header(arena, &trees[i]->members[m], children[0], children[1],
                           slots[i].start + m, err));
    headers->children = children;
    headers->child_count = 2;
    return OK;
}

/* ---- writing ---- */

static void put_text(struct buf *out, struct str text)
{
    if (text.data)
        text_put_json_string(out, text);
    else
        buf_text(out, "null");
}

static void put_headers(struct buf *out, const struct column *headers, uint32_t row)
{
    struct list_slot slot = COLUMN_AT(headers, struct list_slot, row);
    const struct column *keys = headers->children[0], *values = headers->children[1];
    buf_text(out, ", \"headers\": {");
    for (uint32_t i = 0; i < slot.size; i++) {
        uint32_t at = slot.start + i;
        if (i > 0)
            buf_text(out, ", ");
        put_text(out, view_str(COLUMN_AT(keys, struct view, at)));
        buf_text(out, ": ");
        if (column_is_valid(values, at))
            put_text(out, view_str(COLUMN_AT(values, struct view, at)));
        else
            buf_text(out, "null");
    }
    buf_char(out, '}');
}

void topic_record_write_head(struct buf *out, const struct topic_record_out *record)
{
    buf_text(out, "{\"key\": ");
    put_text(out, record->key);
    buf_text(out, ", \"value\": ");
}

void topic_record_write_value(struct buf *out, struct str value)
{
    put_text(out, value);
}

void topic_record_write_tail(struct buf *out, const struct topic_record_out *record)
{
    if (record->has_timestamp) {
        buf_text(out, ", \"timestamp\": ");
        buf_i64(out, record->timestamp_ms);
    }
    if (record->headers && column_is_valid(record->headers, record->headers_row))
        put_headers(out, record->headers, record->headers_row);
    buf_char(out, '}');
}

void topic_record_write(struct buf *out, const struct topic_record_out *record)
{
    topic_record_write_head(out, record);
    topic_record_write_value(out, record->value);
    topic_record_write_tail(out, record);
    buf_char(out, '\n');
}
