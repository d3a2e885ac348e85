/* op_json.c -- all JSON paths of a column in one pass over each document.
 *
 * Appends a column of hits (struct json_hit) per path; the expressions behind it turn
 * a hit into a value, and only for rows that get that far.  Rows that are not
 * selected, and NULL documents, are offered as empty text, which has no hits; a hit
 * column is NULL exactly where its document is. */
#include "exec/op/ops.h"
#include "exec/view.h"
#include "json/json_count.h"

struct op_json {
    struct op base;
    struct json_extract *extract;
    struct json_count *count;
};

static enum code documents(const struct op_json *op, const struct batch *in, const struct str **ret,
                           struct error *err)
{
    const struct plan_json *plan = (const struct plan_json *)op->base.plan;
    const struct column *column = in->columns[plan->input_column];
    struct str *docs = arena_alloc(in->arena, MAX(in->count, 1) * sizeof *docs);
    if (!docs)
        return error_nomem(err);
    if (in->selection || column->valid || column_is_constant(column)) {
        memset(docs, 0, in->count * sizeof *docs);
        for (uint32_t i = 0; i < in->selected; i++) {
            uint32_t row = batch_row(in, i);
            if (column_is_valid(column, row))
                docs[row] = view_str(COLUMN_AT(column, struct view, row));
        }
    } else {
        const struct view *views = column->values;
        for (uint32_t row = 0; row < in->count; row++)
            docs[row] = view_str(views[row]);
    }
    *ret = docs;
    return OK;
}

static enum code document_nulls(const struct column *documents, struct arena *arena, uint32_t count,
                                uint64_t **ret, struct error *err)
{
    *ret = documents->valid;
    if (!documents->valid || !column_is_constant(documents))
        return OK;
    size_t bytes = bit_words(count) * sizeof **ret;
    if (!(*ret = arena_alloc(arena, MAX(bytes, 8))))
        return error_nomem(err);
    memset(*ret, column_is_valid(documents, 0) ? 0xFF : 0, bytes);
    return OK;
}

static void forget(void *extract)
{
    json_extract_reset(extract);
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_json *op = (struct op_json *)base;
    const struct plan_json *plan = (const struct plan_json *)base->plan;
    uint32_t before = in->column_count;
    const struct str *docs = NULL;
    TRY(documents(op, in, &docs, err));

    struct json_hit *hits =
        arena_alloc(in->arena, MAX((size_t)in->count * plan->path_count, 1) * sizeof *hits);
    struct batch *out = batch_create(in->arena, before + plan->path_count, in->count);
    struct column *columns = arena_array(in->arena, struct column, plan->path_count);
    if (!hits || !out || !columns)
        return error_nomem(err);
    /* Hits may point into scratch of the extractor, which must live as long as the batch. */
    if (!arena_on_reset(in->arena, forget, op->extract))
        return error_nomem(err);
    TRY(json_extract_batch(op->extract, docs, in->count, hits, NULL, err));
    TRY(json_count_note(op->count, docs, hits, in->count, err));

    uint64_t *valid = NULL;
    TRY(document_nulls(in->columns[plan->input_column], in->arena, in->count, &valid, err));
    memcpy(out->columns, in->columns, before * sizeof *out->columns);
    for (uint32_t i = 0; i < plan->path_count; i++) {
        columns[i] = (struct column){ .type = base->plan->fields[before + i].type,
                                      .values = hits + (size_t)i * in->count,
                                      .valid = valid,
                                      .count = in->count,
                                      .mask = UINT32_MAX };
        out->columns[before + i] = &columns[i];
    }
    out->selection = in->selection;
    out->selected = in->selected;
    out->changes = in->changes;
    out->origin = in->origin;
    out->splits = in->splits;
    out->watermarks = in->watermarks;
    out->watermark_count = in->watermark_count;
    return op_emit(base, out, err);
}

bool op_json_path(const struct op *base, uint32_t path, struct view_path *ret)
{
    const struct json_counted *seen = json_count_of(((const struct op_json *)base)->count, path);
    if (!seen)
        return false;
    *ret = (struct view_path){ .json = base->plan,
                               .text = seen->text,
                               .documents = seen->documents,
                               .found = seen->found,
                               .nearest = seen->nearest };
    return true;
}

static void destroy(struct op *base)
{
    json_extract_destroy(((struct op_json *)base)->extract);
}

static const struct op_kind op_json_kind = {
    .name = "JsonExtract",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = op_barrier_pass,
    .end = op_end_pass,
    .destroy = destroy,
};

enum code op_json_create(struct worker *worker, const struct plan_json *plan, struct op **ret,
                         struct error *err)
{
    struct op_json *op = op_create(worker, &op_json_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    TRY(json_count_create(worker->op_arena, plan->paths, &op->count, err));
    return json_extract_create(plan->paths, &op->extract, err);
}
