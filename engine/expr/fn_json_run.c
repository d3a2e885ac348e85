/* fn_json_run.c -- JSON calls that read their documents themselves, row by row.
 *
 * Each call and worker has extractors of its own in its scratch: one for a path that is known, and
 * one for the last path of those that come with the rows.  Texts that are not the document's own
 * bytes are copied to the batch, because the extractor's memory is reused by the next rows. */
#include "expr/fn_json_rules.h"

#include "base/memory.h"

struct json_source {
    struct json_paths *paths;
    struct json_extract *extract;
};

struct json_reader {
    unsigned flags;
    struct json_source known;
    const struct json_path *known_path;
    /* A path of a row: */
    struct json_source last;
    struct arena *last_arena;
    struct str last_text;
    struct json_path last_path;
    bool last_is_good;
};

static void source_close(struct json_source *source)
{
    json_extract_destroy(source->extract);
    json_paths_destroy(source->paths);
    *source = (struct json_source){ 0 };
}

static enum code source_open(struct json_source *source, unsigned flags,
                             const struct json_path *path, struct error *err)
{
    uint32_t slot;
    enum code code = json_paths_create(flags, &source->paths, err);
    if (code == OK)
        code = json_paths_add(source->paths, path, &slot, err);
    if (code == OK)
        code = json_extract_create(source->paths, &source->extract, err);
    if (code != OK)
        source_close(source);
    return code;
}

static void reader_free(void *arg)
{
    struct json_reader *reader = arg;
    source_close(&reader->known);
    source_close(&reader->last);
    arena_destroy(reader->last_arena);
}

enum code json_reader_get(struct eval *cx, void **scratch, unsigned flags, struct json_reader **ret,
                          struct error *err)
{
    if (!*scratch) {
        struct json_reader *reader = arena_new(cx->op_arena, struct json_reader);
        if (!reader || !arena_on_reset(cx->op_arena, reader_free, reader))
            return error_nomem(err);
        reader->flags = flags;
        *scratch = reader;
    }
    *ret = *scratch;
    return OK;
}

enum code json_reader_run(struct json_reader *reader, const struct json_path *path,
                          struct str document, struct json_hit *ret, bool *ret_ok,
                          struct error *err)
{
    if (reader->known_path != path) {
        source_close(&reader->known);
        reader->known_path = NULL;
        TRY(source_open(&reader->known, reader->flags, path, err));
        reader->known_path = path;
    }
    return json_extract_run(reader->known.extract, document.data, document.size, ret, ret_ok, err);
}

/* Makes `path` the last path. */
static enum code reader_change(struct json_reader *reader, struct str path, struct error *err)
{
    struct error reason;
    source_close(&reader->last);
    reader->last_text.data = NULL;
    if (!reader->last_arena && !(reader->last_arena = arena_create()))
        return error_nomem(err);
    arena_reset(reader->last_arena);
    struct str copy = arena_str(reader->last_arena, path);
    if (!copy.data)
        return error_nomem(err);
    enum code code =
        reader->flags == JSON_BLINK
            ? json_path_parse_blink(reader->last_arena, copy, &reader->last_path, &reason)
            : json_path_parse_flink(reader->last_arena, copy, &reader->last_path, &reason);
    if (code == E_NOMEM)
        return error_nomem(err);
    reader->last_is_good = code == OK;
    if (code == OK) {
        TRY(source_open(&reader->last, reader->flags, &reader->last_path, err));
        json_extract_set_learning(reader->last.extract, false);
    }
    reader->last_text = copy;
    return OK;
}

enum code json_reader_run_text(struct json_reader *reader, struct str path, struct str document,
                               struct json_hit *ret, bool *ret_ok,
                               const struct json_path **ret_path, struct error *err)
{
    if (!reader->last_text.data || !str_eq(reader->last_text, path))
        TRY(reader_change(reader, path, err));
    *ret = (struct json_hit){ .data = "", .kind = JSON_MISSING };
    *ret_path = reader->last_is_good ? &reader->last_path : NULL;
    if (!reader->last_is_good)
        return OK;
    return json_extract_run(reader->last.extract, document.data, document.size, ret, ret_ok, err);
}

void json_reader_reset(struct json_reader *reader)
{
    if (reader->known.extract)
        json_extract_reset(reader->known.extract);
    if (reader->last.extract)
        json_extract_reset(reader->last.extract);
}

/* --- the kernel ------------------------------------------------------------------------ */

/* Is the document the JSON null? */
static bool is_null_document(struct str s)
{
    while (s.size > 0 && strchr(" \t\n\r", s.data[0]) && s.data[0])
        s = str_make(s.data + 1, s.size - 1);
    return str_starts(s, STR("null"));
}

/* A text in the extractor's memory would not outlive this run of the kernel. */
static enum code keep_text(struct json_sink *sink, const struct json_hit *hit, struct str document,
                           uint32_t row, struct error *err)
{
    uintptr_t at = (uintptr_t)hit->data, begin = (uintptr_t)document.data;
    bool is_own = at >= begin && at <= begin + document.size;
    if (is_own || type_phys(sink->out->type) != PHYS_VIEW || !column_is_valid(sink->out, row))
        return OK;
    struct view *view = COLUMN_OUT(sink->out, struct view) + (row & sink->out->mask);
    struct str copy = arena_str(sink->cx->arena, view_str(*view));
    *view = view_of(copy);
    return copy.data ? OK : error_nomem(err);
}

static enum code run_row(struct json_reader *reader, const struct json_call *j,
                         struct json_sink *sink, const struct kernel_call *call, uint32_t row,
                         struct error *err)
{
    struct str document = view_str(COLUMN_AT(call->args[0], struct view, row));
    struct json_rules rules = *j->rules;
    const struct json_path *path = &j->path;
    struct json_hit hit;
    bool is_good = false;
    sink->rules = &rules;
    if (rules.bad_path)
        return json_result_error(sink, row, err);
    if (j->has_path) {
        TRY(json_reader_run(reader, path, document, &hit, &is_good, err));
    } else {
        TRY(json_reader_run_text(reader, view_str(COLUMN_AT(call->args[1], struct view, row)),
                                 document, &hit, &is_good, &path, err));
        rules.is_lax = path && path->is_lax;
    }
    bool is_blink = rules.kind == JSON_CALL_BLINK_VALUE;
    if (!is_blink && (!path || (rules.is_lax && is_good && is_null_document(document))))
        return json_result_error(sink, row, err);
    TRY(json_result(sink, &hit, row, err));
    return keep_text(sink, &hit, document, row, err);
}

JSON_KERNEL(json_call_kernel)
{
    const struct json_call *j = call->state;
    struct json_sink sink = { .cx = cx, .rules = j->rules, .args = call->args, .out = out };
    struct json_reader *reader = NULL;
    TRY(json_reader_get(cx, call->scratch, j->flags, &reader, err));
    ROWS_EACH(rows, i)
    {
        /* Only calls with DEFAULT values see NULLs. */
        enum code code = column_is_valid(call->args[0], i) && column_is_valid(call->args[1], i)
                             ? run_row(reader, j, &sink, call, i, err)
                             : kernel_null(cx, out, i, err);
        if (code != OK) {
            json_reader_reset(reader);
            return code;
        }
    }
    sink.rules = j->rules;
    json_reader_reset(reader);
    return json_result_finish(&sink, err);
}
