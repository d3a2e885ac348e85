/* op_source.c -- reads a connector and makes batches of columns.
 *
 * Raw records become columns in two ways: metadata (key and value bytes, topic,
 * partition, offset ...) straight from the record, and fields through the decoders
 * of the value and key formats.  A decoder may make none or several rows of a
 * record; then the other columns follow its record numbers.
 *
 * Columns nobody reads are a constant NULL. */
#include "exec/op/op_source.h"
#include "exec/save.h"
#include "exec/view.h"

#include "base/clock.h"
#include "json/json_count.h"

/* --- bad rows: a decoder knows the span, we know where it came from ----------------- */

static enum code report(struct bad_rows *base, const struct bad_row *row, struct error *err)
{
    struct op_source *op = container_of(base, struct op_source, bad_rows);
    struct bad_row placed = *row;
    const struct records *records = &op->records;
    op_count(&op->base.rows_in, op->is_polling); /* what came counts as read, good or bad */
    if (op->uses_records && !op->is_polling && placed.place.size == 0 &&
        row->record < records->count) {
        placed.place = op->source->kind->split_name(op->source, records->splits[row->record]);
        if (placed.offset < 0)
            placed.offset = records->offsets[row->record];
        if (!placed.raw.data)
            placed.raw = records->values[row->record];
    }
    return bad_row_report(&op->policy->base, &placed, err);
}

/* --- metadata columns ------------------------------------------------------------------ */

static struct column *bytes_column(struct arena *arena, const struct type *type,
                                   const struct str *spans, uint32_t n)
{
    struct column *c = column_create(arena, type, n);
    if (!c)
        return NULL;
    struct view *out = COLUMN_OUT(c, struct view);
    for (uint32_t i = 0; i < n; i++) {
        if (likely(spans[i].data != NULL)) {
            out[i] = view_of(spans[i]);
            continue;
        }
        if (!column_need_valid(c, arena))
            return NULL;
        column_set_null(c, i);
    }
    return c;
}

static struct column *time_column(struct arena *arena, const struct type *type,
                                  const struct records *records)
{
    struct column *c = column_create(arena, type, records->count);
    if (!c)
        return NULL;
    int64_t *out = COLUMN_OUT(c, int64_t);
    for (uint32_t i = 0; i < records->count; i++) {
        if (records->timestamps_ms[i] != INT64_MIN) {
            out[i] = records->timestamps_ms[i] * 1000;
            continue;
        }
        if (!column_need_valid(c, arena))
            return NULL;
        column_set_null(c, i);
    }
    return c;
}

static struct str split_text(struct op_source *op, enum meta meta, uint32_t split)
{
    const struct source_kind *kind = op->source->kind;
    if (meta == META_TOPIC)
        return kind->split_topic(op->source, split);
    struct str name = kind->split_name(op->source, split);
    if (meta == META_FILE_NAME)
        for (size_t i = name.size; i > 0; i--)
            if (name.data[i - 1] == '/')
                return str_make(name.data + i, name.size - i);
    return name;
}

struct column *op_source_meta_column(struct op_source *op, enum meta meta, const struct type *type)
{
    struct records *r = &op->records;
    struct arena *arena = r->arena;
    uint32_t n = r->count;
    struct column *c;
    switch (meta) {
    case META_KEY_BYTES:
        return bytes_column(arena, type, r->keys, n);
    case META_VALUE_BYTES:
        return bytes_column(arena, type, r->values, n);
    case META_TIMESTAMP:
        return time_column(arena, type, r);
    case META_HEADERS:
        return r->headers ? r->headers : column_create_null(arena, type, n);
    case META_TOPIC:
    case META_FILE_PATH:
    case META_FILE_NAME:
        if (!(c = column_create(arena, type, n)))
            return NULL;
        for (uint32_t i = 0; i < n; i++)
            COLUMN_OUT(c, struct view)[i] = view_of(split_text(op, meta, r->splits[i]));
        return c;
    case META_PARTITION:
        if (!(c = column_create(arena, type, n)))
            return NULL;
        for (uint32_t i = 0; i < n; i++)
            COLUMN_OUT(c, int32_t)[i] = op->source->kind->split_partition(op->source, r->splits[i]);
        return c;
    case META_OFFSET:
        if (!(c = column_create(arena, type, n)))
            return NULL;
        memcpy(c->values, r->offsets, n * sizeof(int64_t));
        return c;
    case META_TIMESTAMP_TYPE:
        if (!(c = column_create(arena, type, n)))
            return NULL;
        for (uint32_t i = 0; i < n; i++) {
            static const char *const names[] = { "NoTimestampType", "CreateTime", "LogAppendTime" };
            COLUMN_OUT(c, struct view)[i] = view_of(str_of(names[r->timestamp_types[i]]));
        }
        return c;
    case META_NONE:
    case META_LEADER_EPOCH:
    case META_FILE_SIZE:
    case META_FILE_TIME:
        break;
    }
    return column_create_null(arena, type, n);
}

/* --- records to batches -------------------------------------------------------------------- */

static struct column *reordered(struct arena *arena, struct column *c, const struct decoded *by)
{
    return by->record ? column_gather(arena, c, by->record, by->rows) : c;
}

struct keys {
    struct decoded decoded;
    bool all;        /* every record has a key, in their order */
    uint32_t *place; /* one a record: its row in decoded, UINT32_MAX: none */
};

static bool is_bad_key(const struct op_source *op, const struct keys *keys, uint32_t record)
{
    return keys->place[record] == UINT32_MAX && op->records.keys[record].data;
}

/* A message whose key cannot be read is no row, as one whose value cannot be.  One without a key
 * stays, and has NULL there. */
static enum code leave_out_bad_keys(struct op_source *op, const struct keys *keys,
                                    struct decoded *values, struct error *err)
{
    struct arena *arena = op->records.arena;
    uint32_t bad = 0, count = 0;
    for (uint32_t i = 0; !keys->all && i < op->records.count; i++)
        bad += is_bad_key(op, keys, i);
    if (bad == 0)
        return OK;
    uint32_t *kept = arena_array(arena, uint32_t, values->rows + 1);
    uint32_t *record = arena_array(arena, uint32_t, values->rows + 1);
    uint8_t *changes = values->changes ? arena_alloc(arena, values->rows + 1) : NULL;
    if (!kept || !record || (values->changes && !changes))
        return error_nomem(err);
    for (uint32_t i = 0; i < values->rows; i++) {
        uint32_t from = values->record ? values->record[i] : i;
        if (is_bad_key(op, keys, from))
            continue;
        if (changes)
            changes[count] = values->changes[i];
        record[count] = from;
        kept[count++] = i;
    }
    for (uint32_t k = 0; k < op->value.column_count; k++)
        if (values->columns[k] &&
            !(values->columns[k] = column_gather(arena, values->columns[k], kept, count)))
            return error_nomem(err);
    values->rows = count;
    values->record = record;
    values->changes = changes;
    return OK;
}

static enum code decode_keys(struct op_source *op, struct keys *ret, struct error *err)
{
    struct records *r = &op->records;
    struct decoded *keys = &ret->decoded;
    TRY(op->key.decoder->kind->decode(op->key.decoder, r->arena, r->keys, r->count, keys, err));
    uint32_t *place = arena_alloc(r->arena, MAX(r->count, 1) * sizeof *place);
    if (!place)
        return error_nomem(err);
    bool all = !keys->record && keys->rows == r->count;
    for (uint32_t i = 0; i < r->count; i++)
        place[i] = all ? i : UINT32_MAX;
    for (uint32_t i = 0; !all && i < keys->rows; i++)
        place[keys->record ? keys->record[i] : i] = i;
    ret->all = all;
    ret->place = place;
    return OK;
}

static enum code put_keys(struct op_source *op, struct batch *out, const struct keys *decoded,
                          const struct decoded *values, struct error *err)
{
    struct records *r = &op->records;
    const struct decoded *keys = &decoded->decoded;
    const uint32_t *place = decoded->place;
    bool all = decoded->all;
    for (uint32_t k = 0; k < op->key.column_count; k++) {
        struct column *from = keys->columns[k];
        uint32_t at = op->key.columns[k];
        if (!from || out->columns[at]) /* a field that is in key and value is the value's */
            continue;
        struct column *c = from;
        if (!all) {
            uint32_t *sel = arena_alloc(r->arena, MAX(r->count, 1) * sizeof *sel);
            if (!sel)
                return error_nomem(err);
            for (uint32_t i = 0; i < r->count; i++)
                sel[i] = place[i] == UINT32_MAX ? 0 : place[i];
            if (keys->rows == 0)
                c = column_create_null(r->arena, from->type, r->count);
            else if ((c = column_gather(r->arena, from, sel, r->count)) != NULL) {
                if (!column_need_valid(c, r->arena))
                    return error_nomem(err);
                for (uint32_t i = 0; i < r->count; i++)
                    if (place[i] == UINT32_MAX)
                        column_set_null(c, i);
            }
        }
        if (!c || !(out->columns[at] = reordered(r->arena, c, values)))
            return error_nomem(err);
    }
    return OK;
}

/* Only where there are several: otherwise all rows are of number 0. */
static enum code put_splits(const struct op_source *op, struct batch *out, struct error *err)
{
    if (op->source->kind->split_count(op->source) < 2)
        return OK;
    uint32_t *splits = arena_alloc(out->arena, MAX(out->count, 1) * sizeof *splits);
    if (!splits)
        return error_nomem(err);
    for (uint32_t i = 0; i < out->count; i++)
        splits[i] = op->records.splits[op->held_record ? op->held_record[i] : i];
    out->splits = splits;
    return OK;
}

static enum code make_batch(struct op_source *op, struct batch **ret, struct error *err)
{
    struct records *r = &op->records;
    if (op->is_keyed) {
        TRY(op_source_keyed_batch(op, ret, &op->held_record, err));
        return put_splits(op, *ret, err);
    }
    const struct table_def *def = &op->plan->def;
    struct decoded values = { .rows = r->count };
    if (op->value.decoder)
        TRY(op->value.decoder->kind->decode(op->value.decoder, r->arena, r->values, r->count,
                                            &values, err));
    struct keys keys = { .all = true };
    if (op->key.decoder) {
        TRY(decode_keys(op, &keys, err));
        TRY(leave_out_bad_keys(op, &keys, &values, err));
    }
    struct batch *out = batch_create(r->arena, def->schema->count, values.rows);
    if (!out)
        return error_nomem(err);
    for (uint32_t k = 0; k < op->value.column_count; k++)
        out->columns[op->value.columns[k]] = values.columns[k];
    if (op->key.decoder)
        TRY(put_keys(op, out, &keys, &values, err));
    for (uint32_t i = 0; i < def->schema->count; i++) {
        const struct type *type = def->schema->fields[i].type;
        if (def->origins[i] == ORIGIN_META && def->needed[i]) {
            struct column *c = op_source_meta_column(op, def->metas[i], type);
            if (!c || !(out->columns[i] = reordered(r->arena, c, &values)))
                return error_nomem(err);
        }
        if (!out->columns[i] &&
            !(out->columns[i] = column_create_null(r->arena, type, values.rows)))
            return error_nomem(err);
    }
    out->changes = values.changes;
    op->held_record = values.record;
    TRY(put_splits(op, out, err));
    *ret = out;
    return OK;
}

/* What came of which split. */
static enum code count_splits(struct op_source *op, uint32_t rows, struct error *err)
{
    uint32_t n = MAX(op->source->kind->split_count(op->source), 1);
    while (op->split_count < n)
        if (!ARENA_PUSH(op->base.worker->op_arena, op->splits, op->split_count, op->split_cap,
                        ((struct source_split){ .rows = 0 })))
            return error_nomem(err);
    int64_t now_us = clock_monotonic_us();
    if (n == 1 || !op->uses_records) {
        op->splits[0].rows += rows;
        op->splits[0].last_us = now_us;
        return OK;
    }
    for (uint32_t i = 0; i < rows; i++) {
        struct source_split *split = &op->splits[op->records.splits[i]];
        split->rows++;
        split->last_us = now_us;
    }
    return OK;
}

/* Reads a batch of at most `max` records into `arena`; *ret is NULL when nothing came. */
static enum code read_batch(struct op_source *op, struct arena *arena, uint32_t max,
                            enum poll_state *ret_state, uint32_t *ret_rows, struct batch **ret,
                            struct error *err)
{
    enum code code;
    *ret_rows = 0;
    *ret = NULL;
    if (op->uses_records) {
        op->is_polling = true;
        code = op_source_poll(op, arena, max, ret_state, err);
        op->is_polling = false;
        if (code == E_RETRY) { /* of the poll only: it has done nothing */
            *ret_state = POLL_IDLE;
            return OK;
        }
        if (code == OK && op->records.count > 0) {
            *ret_rows = op->records.count;
            for (uint32_t i = 0; i < op->records.count; i++)
                op->bytes += op->records.values[i].size;
            code = make_batch(op, ret, err);
        }
    } else {
        code = op->source->kind->poll_rows(op->source, arena, MIN(max, BATCH_ROWS), ret, ret_state,
                                           err);
        if (code == E_RETRY) {
            *ret_state = POLL_IDLE;
            return OK;
        }
        if (code == OK && *ret)
            *ret_rows = (*ret)->selected;
    }
    if (code != OK)
        error_while(err, "reading from table \"" STR_FMT "\"", STR_ARG(op->plan->def.name));
    op_count(&op->base.rows_in, *ret_rows);
    return code == OK && *ret_rows > 0 ? count_splits(op, *ret_rows, err) : code;
}

/* Leaves out rows that were handed out before. */
static enum code pass_over(struct op_source *op, struct batch *batch, struct error *err)
{
    uint32_t n = (uint32_t)MIN(op->skip, batch->selected);
    uint32_t *rows = arena_alloc(batch->arena, MAX(batch->selected, 1) * sizeof *rows);
    if (!rows)
        return error_nomem(err);
    for (uint32_t i = n; i < batch->selected; i++)
        rows[i - n] = batch_row(batch, i);
    batch->selection = rows;
    batch->selected -= n;
    op->skip -= n;
    return OK;
}

/* Without the old rows of updates that nobody asks for (Flink's DropUpdateBefore, in front of event
 * time). */
static enum code emit(struct op_source *op, const struct batch *batch, struct error *err)
{
    if (op->plan->base.before || !batch->changes)
        return op_emit(&op->base, batch, err);
    struct batch *out = batch_derive(batch->arena, batch);
    uint32_t *rows = arena_alloc(batch->arena, MAX(batch->selected, 1) * sizeof *rows), n = 0;
    if (!out || !rows)
        return error_nomem(err);
    for (uint32_t i = 0; i < batch->selected; i++) {
        rows[n] = batch_row(batch, i);
        n += batch->changes[rows[n]] != CHANGE_UPDATE_BEFORE;
    }
    out->selection = rows;
    out->selected = n;
    return op_emit(&op->base, out, err);
}

enum code op_source_step(struct op *base, uint32_t max, enum poll_state *ret_state,
                         uint32_t *ret_rows, struct error *err)
{
    struct op_source *op = (struct op_source *)base;
    struct batch *batch;
    op->pushed_first = 0;
    TRY(read_batch(op, base->worker->batch_arena, max, ret_state, ret_rows, &batch, err));
    op->is_dry = *ret_state == POLL_IDLE && *ret_rows == 0;
    if (batch && op->skip > 0)
        TRY(pass_over(op, batch, err));
    return batch ? emit(op, batch, err) : OK;
}

/* --- merging by time ------------------------------------------------------------------------ */

enum code op_source_load(struct op *base, struct arena *arena, enum poll_state *ret_state,
                         uint32_t *ret_rows, struct error *err)
{
    struct op_source *op = (struct op_source *)base;
    struct batch *batch;
    if (base->worker->saves) {
        arena_reset(op->told_arena);
        TRY(op->source->kind->tell(op->source, op->told_arena, &op->told, &op->told_count, err));
    }
    TRY(read_batch(op, arena, BATCH_ROWS, ret_state, ret_rows, &batch, err));
    op->is_dry = *ret_state == POLL_IDLE && *ret_rows == 0;
    op->held = batch;
    op->held_next = 0;
    if (!batch)
        return OK;
    op->held_next = (uint32_t)MIN(op->skip, batch->count);
    op->skip -= op->held_next;
    int64_t *times = arena_alloc(arena, MAX(batch->count, 1) * sizeof *times);
    if (!times)
        return error_nomem(err);
    for (uint32_t i = 0; i < batch->count; i++)
        times[i] = op->records.timestamps_ms[op->held_record ? op->held_record[i] : i];
    op->held_times_ms = times;
    return OK;
}

bool op_source_head_ms(const struct op *base, int64_t *ret)
{
    const struct op_source *op = (const struct op_source *)base;
    if (!op->held || op->held_next == op->held->count)
        return false;
    *ret = op->held_times_ms[op->held_next];
    return true;
}

/* A batch that is kept counts as far as it was passed on. */
enum code op_source_tell(struct op *base, struct arena *arena, struct save_source *ret,
                         struct error *err)
{
    struct op_source *op = (struct op_source *)base;
    ret->skip = op->skip;
    if (!op->held || op->held_next == op->held->count || !base->worker->saves)
        return op->source->kind->tell(op->source, arena, &ret->items, &ret->count, err);
    ret->items = arena_array(arena, struct split_position, MAX(op->told_count, 1));
    if (!ret->items)
        return error_nomem(err);
    for (uint32_t i = 0; i < op->told_count; i++) {
        ret->items[i].split = arena_str(arena, op->told[i].split);
        ret->items[i].position = arena_str(arena, op->told[i].position);
        if (!ret->items[i].split.data || !ret->items[i].position.data)
            return error_nomem(err);
    }
    ret->count = op->told_count;
    ret->skip = op->held_next;
    return OK;
}

enum code op_source_emit_until(struct op *base, int64_t before_ms, int64_t upto_ms, uint32_t max,
                               uint32_t *ret_rows, struct error *err)
{
    struct op_source *op = (struct op_source *)base;
    uint32_t from = op->held_next, to = from;
    while (to < op->held->count && to - from < max && op->held_times_ms[to] < before_ms &&
           op->held_times_ms[to] <= upto_ms)
        to++;
    op->held_next = to;
    op->pushed_first = from;
    *ret_rows = to - from;
    if (from == 0 && to == op->held->count)
        return emit(op, op->held, err);
    /* A compact copy, in the arena of the round: what is downstream pays for these rows only. */
    struct arena *round = base->worker->batch_arena;
    uint32_t n = to - from;
    struct batch *part = batch_create(round, op->held->column_count, n);
    uint32_t *rows = arena_alloc(round, MAX(n, 1) * sizeof *rows);
    if (!part || !rows)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        rows[i] = from + i;
    for (uint32_t c = 0; c < part->column_count; c++)
        if (!(part->columns[c] = column_gather(round, op->held->columns[c], rows, n)))
            return error_nomem(err);
    part->changes = op->held->changes ? op->held->changes + from : NULL;
    part->splits = op->held->splits ? op->held->splits + from : NULL;
    return emit(op, part, err);
}

/* --- life -------------------------------------------------------------------------------------- */

static enum code no_input(struct op *op, uint32_t port, const struct batch *in, struct error *err)
{
    (void)op, (void)port, (void)in;
    return error_set(err, E_INTERNAL, "a source was given rows");
}

static void destroy(struct op *base)
{
    struct op_source *op = (struct op_source *)base;
    arena_destroy(op->told_arena);
    if (op->value.decoder)
        op->value.decoder->kind->close(op->value.decoder);
    if (op->key.decoder)
        op->key.decoder->kind->close(op->key.decoder);
    if (op->source)
        op->source->kind->close(op->source);
}

static const struct op_kind op_source_kind = {
    .name = "Source",
    .push = no_input,
    .watermark = op_watermark_min,
    .barrier = op_barrier_pass,
    .end = op_end_pass,
    .destroy = destroy,
};

static enum code make_records(struct op_source *op, struct error *err)
{
    struct arena *arena = op->base.worker->op_arena;
    const struct table_def *def = &op->plan->def;
    struct records *r = &op->records;
    r->cap = BATCH_ROWS;
    r->want_keys = op->is_keyed;
    r->values = arena_array(arena, struct str, r->cap);
    r->keys = arena_array(arena, struct str, r->cap);
    r->splits = arena_array(arena, uint32_t, r->cap);
    r->offsets = arena_array(arena, int64_t, r->cap);
    r->timestamps_ms = arena_array(arena, int64_t, r->cap);
    r->timestamp_types = arena_array(arena, uint8_t, r->cap);
    if (!r->values || !r->keys || !r->splits || !r->offsets || !r->timestamps_ms ||
        !r->timestamp_types)
        return error_nomem(err);
    for (uint32_t i = 0; i < def->schema->count; i++) {
        bool meta = def->origins[i] == ORIGIN_META && def->needed[i];
        enum meta what = meta ? def->metas[i] : META_NONE;
        r->want_keys = r->want_keys || what == META_KEY_BYTES ||
                       (def->origins[i] == ORIGIN_KEY && def->needed[i]);
        r->want_headers = r->want_headers || what == META_HEADERS;
        r->want_timestamps =
            r->want_timestamps || what == META_TIMESTAMP || what == META_TIMESTAMP_TYPE;
    }
    TRY(table_open_decoder(def, false, &op->bad_rows, arena, &op->value.decoder,
                           &op->value.columns, &op->value.column_count, err));
    return table_open_decoder(def, true, &op->bad_rows, arena, &op->key.decoder, &op->key.columns,
                              &op->key.column_count, err);
}

enum code op_source_create(struct worker *worker, const struct plan_scan *plan,
                           const struct source_open *from, uint64_t skip,
                           struct bad_row_policy *policy, struct op **ret, struct error *err)
{
    struct op_source *op = op_create(worker, &op_source_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->policy = policy;
    op->bad_rows.report = report;
    op->uses_records = plan->connector->source->poll != NULL;
    op->is_keyed = connector_is_keyed(plan->connector, &plan->def);
    op->time_us = WATERMARK_NONE;
    op->next = worker->sources;
    worker->sources = op;
    if (op->uses_records)
        TRY(make_records(op, err));
    op->skip = skip;
    if (worker->saves && !(op->told_arena = arena_create()))
        return error_nomem(err);
    struct source_open open = *from;
    open.bad_rows = &op->bad_rows;
    enum code code = op_open_source(worker, plan->connector, &open, &op->source, err);
    if (code != OK)
        error_while(err, "opening table \"" STR_FMT "\"", STR_ARG(plan->def.name));
    return code;
}

struct source *op_source_connector(struct op *base)
{
    return ((struct op_source *)base)->source;
}

bool op_source_path(const struct op *base, uint32_t path, struct view_path *ret)
{
    const struct op_source *op = (const struct op_source *)base;
    const struct decoder *decoder = op->value.decoder;
    struct json_counted seen;
    if (!decoder || !decoder->kind->path || !decoder->kind->path(decoder, path, &seen))
        return false;
    *ret = (struct view_path){ .json = base->plan,
                               .text = seen.text,
                               .documents = seen.documents,
                               .found = seen.found,
                               .nearest = seen.nearest };
    return true;
}

bool op_source_split(const struct op *base, uint32_t split, struct view_split *ret)
{
    const struct op_source *op = (const struct op_source *)base;
    const struct source_kind *kind = op->source->kind;
    uint32_t count = kind->split_count(op->source);
    if (split >= count)
        return false;
    const struct source_split *seen = split < op->split_count ? &op->splits[split] : NULL;
    enum split_state state = kind->split_state ? kind->split_state(op->source, split) : SPLIT_JOINS;
    struct source_status status = { .lag_rows = -1 };
    if (!kind->split_lag && count == 1 && kind->status)
        kind->status(op->source, &status);
    *ret = (struct view_split){
        .scan = &op->plan->base,
        .name = kind->split_name(op->source, split),
        .rows = seen ? seen->rows : 0,
        .lag_rows = kind->split_lag ? kind->split_lag(op->source, split) : status.lag_rows,
        .watermark_us = WATERMARK_NONE,
        .ended = state == SPLIT_ENDED,
        .quiet_us = seen && seen->last_us > 0 ? clock_monotonic_us() - seen->last_us : -1,
    };
    return true;
}

uint64_t op_source_bytes(const struct op *base)
{
    return ((const struct op_source *)base)->bytes;
}

/* --- event time --------------------------------------------------------------------------------- */

struct op_source *op_source_of(const struct worker *worker, const struct plan_scan *plan)
{
    struct op_source *op = worker->sources;
    while (op && op->plan != plan)
        op = op->next;
    return op;
}

enum code op_source_bad_row(struct op_source *op, uint32_t row, struct str reason,
                            struct error *err)
{
    uint32_t at = op->pushed_first + row;
    struct bad_row bad = { .reason = reason,
                           .offset = -1,
                           .record = op->held_record ? op->held_record[at] : at };
    return op->uses_records ? bad_row_report(&op->bad_rows, &bad, err)
                            : bad_row_report(&op->policy->base, &bad, err);
}

void op_source_note_watermark(struct op_source *op, int64_t watermark_us)
{
    op->time_us = watermark_us;
}

bool op_source_is_dry(const struct op_source *op)
{
    return op->is_dry;
}

void op_source_note_ahead(struct op_source *op)
{
    op->ahead++;
}

uint64_t op_source_ahead(const struct op *base)
{
    return ((const struct op_source *)base)->ahead;
}

int64_t op_source_watermark(const struct op *base)
{
    return ((const struct op_source *)base)->time_us;
}
