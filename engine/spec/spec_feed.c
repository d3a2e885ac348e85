/* spec_feed.c -- rows of a test become what a source gives: messages, written by the table's own
 * formats so that the job reads them as in production, or, for tables without formats, rows. */
#include "spec/spec_case.h"

#include "base/clock.h"
#include "base/nearest.h"
#include "plan/plan.h"
#include "spec/spec_file.h"

enum { MESSAGE_LIMIT = 64 << 20 };

/* ---- columns ---- */

static enum code no_column(const struct spec_statement *s, const struct spec_text *column,
                           const struct schema *schema, const struct catalog_table *table,
                           struct error *err)
{
    int at = table ? catalog_column_find(table, column->text) : -1;
    if (at >= 0 && table->columns[at].form == COLUMN_EXPR)
        return error_at(err, E_NAME, column->span,
                        "column \"" STR_FMT "\" of table \"" STR_FMT
                        "\" is computed: no value of it is %s",
                        STR_ARG(column->text), STR_ARG(s->table.text),
                        s->kind == SPEC_EXPECT ? "written" : "given");
    error_at(err, E_NAME, column->span, "table \"" STR_FMT "\" has no column \"" STR_FMT "\"",
             STR_ARG(s->table.text), STR_ARG(column->text));
    struct nearest nearest;
    nearest_begin(&nearest, column->text);
    for (uint32_t c = 0; c < schema->count; c++)
        nearest_add(&nearest, schema->fields[c].name);
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    return E_NAME;
}

enum code spec_columns_bind(struct spec_run *run, const struct spec_statement *s,
                            const struct schema *schema, const struct catalog_table *table,
                            uint32_t **ret, uint32_t *ret_count, struct error *err)
{
    uint32_t n = s->column_count > 0 ? s->column_count : schema->count;
    uint32_t *columns = arena_array(run->arena, uint32_t, MAX(n, 1));
    bool *named = arena_array(run->arena, bool, MAX(schema->count, 1));
    if (!columns || !named)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        int at = s->column_count > 0 ? schema_find(schema, s->columns[i].text) : (int)i;
        if (at < 0)
            return no_column(s, &s->columns[i], schema, table, err);
        if (named[at])
            return error_at(err, E_NAME, s->columns[i].span,
                            "column \"" STR_FMT "\" is named twice", STR_ARG(s->columns[i].text));
        named[at] = true;
        columns[i] = (uint32_t)at;
    }
    *ret = columns;
    *ret_count = n;
    return OK;
}

enum code spec_check_width(const struct spec_statement *s, const struct spec_line *line,
                           const struct schema *schema, uint32_t columns, struct error *err)
{
    if (line->count == columns)
        return OK;
    error_at(err, E_TYPE, line->span, "%u value%s for %u column%s of table \"" STR_FMT "\"",
             line->count, line->count == 1 ? "" : "s", columns, columns == 1 ? "" : "s",
             STR_ARG(s->table.text));
    struct buf names;
    buf_init(&names, 600);
    for (uint32_t i = 0; i < columns; i++) {
        if (i > 0)
            buf_text(&names, ", ");
        buf_str(&names, s->column_count > 0 ? s->columns[i].text : schema->fields[i].name);
    }
    error_detail(err, "Its columns are %s%s.", buf_cstr(&names), names.failed ? " ..." : "");
    buf_done(&names);
    return E_TYPE;
}

/* ---- values of one row ---- */

static enum code bind_row(struct spec_run *run, const struct spec_line *line,
                          const struct schema *schema, const uint32_t *columns, uint32_t count,
                          struct spec_row *ret, struct error *err)
{
    struct spec_values cx = spec_values_of(run);
    ret->change = line->change;
    ret->values = arena_array(run->arena, struct value, MAX(schema->count, 1));
    if (!ret->values)
        return error_nomem(err);
    for (uint32_t c = 0; c < schema->count; c++)
        ret->values[c] = (struct value){ .type = schema->fields[c].type, .is_null = true };
    for (uint32_t i = 0; i < count; i++) {
        if (line->cells[i].is_any)
            return error_at(err, E_SYNTAX, line->cells[i].span,
                            "ANY is for what is expected, not for what is given");
        TRY(spec_value_bind(&cx, line->cells[i].span, schema->fields[columns[i]].type,
                            &ret->values[columns[i]], err));
    }
    return OK;
}

/* ---- messages ---- */

struct writer {
    struct spec_run *run;
    const struct plan_scan *scan;
    struct encoder *value, *key; /* NULL: no columns of that kind */
};

static enum code keep_message(struct arena *arena, const struct buf *bytes, bool is_null,
                              struct str *ret, struct error *err)
{
    TRY(buf_check(bytes, err));
    if (is_null)
        *ret = (struct str){ NULL, 0 };
    else
        *ret = arena_str(arena, bytes->size > 0 ? buf_view(bytes) : STR(""));
    return is_null || ret->data ? OK : error_nomem(err);
}

static enum code encode(struct writer *w, struct encoder *encoder, const struct batch *batch,
                        struct str *ret, struct error *err)
{
    struct buf bytes;
    bool is_null = false;
    buf_init(&bytes, MESSAGE_LIMIT);
    enum code code = encoder->kind->encode(encoder, batch, 0, &bytes, &is_null, err);
    if (code == OK)
        code = keep_message(w->run->arena, &bytes, is_null, ret, err);
    buf_done(&bytes);
    return code;
}

/* A column of the message beside its value and key. */
static enum code take_part(const struct table_def *def, uint32_t c, const struct value *v,
                           struct spec_input *input, int64_t *partition, struct error *err)
{
    struct topic_record *record = &input->record;
    switch (def->metas[c]) {
    case META_VALUE_BYTES:
        record->value = v->str;
        return OK;
    case META_KEY_BYTES:
        record->key = v->str;
        return OK;
    case META_PARTITION:
        *partition = v->i64;
        return OK;
    case META_OFFSET:
        record->offset = v->i64;
        record->has_offset = true;
        return OK;
    case META_TIMESTAMP:
        record->timestamp_ms = v->i64 / (type_is_timestamp(v->type) ? 1000 : 1);
        record->has_timestamp = true;
        return OK;
    default:
        error_set(err, E_TYPE, "column \"" STR_FMT "\" cannot be fed by VALUES",
                  STR_ARG(def->schema->fields[c].name));
        error_hint(err, "Leave it out, or feed RECORDS, which have headers and times.");
        return E_TYPE;
    }
}

static enum code take_parts(const struct table_def *def, const struct spec_row *row,
                            struct spec_input *input, int64_t *partition, struct error *err)
{
    for (uint32_t c = 0; c < def->schema->count; c++) {
        if (row->values[c].is_null)
            continue;
        if (def->origins[c] == ORIGIN_META)
            TRY(take_part(def, c, &row->values[c], input, partition, err));
        else if (def->origins[c] == ORIGIN_FORMAT)
            return error_set(err, E_TYPE,
                             "column \"" STR_FMT "\" comes out of the message and cannot be given",
                             STR_ARG(def->schema->fields[c].name));
    }
    return OK;
}

static const struct spec_row *only_row(const void *list, uint32_t i)
{
    return (const struct spec_row *)list + i;
}

static enum code write_message(struct writer *w, const struct spec_row *row,
                               struct spec_input *input, int64_t *partition, struct error *err)
{
    const struct table_def *def = &w->scan->def;
    bool deletes = connector_is_keyed(w->scan->connector, def) && row->change == CHANGE_DELETE;
    struct batch *batch = spec_rows_to_batch(w->run->arena, def->schema, only_row, row, 1);
    if (!batch)
        return error_nomem(err);
    if (connector_is_keyed(w->scan->connector, def))
        batch->changes = NULL; /* what it does is said by there being a value */
    if (w->value && !deletes)
        TRY(encode(w, w->value, batch, &input->record.value, err));
    if (w->key)
        TRY(encode(w, w->key, batch, &input->record.key, err));
    return take_parts(def, row, input, partition, err);
}

static void close_writer(struct writer *w)
{
    if (w->value)
        w->value->kind->close(w->value);
    if (w->key)
        w->key->kind->close(w->key);
}

static enum code open_writer(struct spec_run *run, const struct plan_scan *scan, struct writer *ret,
                             struct error *err)
{
    *ret = (struct writer){ .run = run, .scan = scan };
    enum code code = table_open_encoder(&scan->def, false, run->arena, &ret->value, err);
    if (code == OK)
        code = table_open_encoder(&scan->def, true, run->arena, &ret->key, err);
    if (code == OK)
        return OK;
    error_hint(err, "FEED ... MESSAGES gives messages as they are.");
    close_writer(ret);
    return code;
}

/* ---- steps ---- */

static enum code add_input(struct spec_run *run, struct spec_step *step, struct spec_input *input,
                           int64_t partition, struct error *err)
{
    if (step->statement->partition >= 0)
        partition = step->statement->partition;
    if (partition < 0 || partition > INT32_MAX)
        return error_set(err, E_LIMIT, "there is no such partition");
    input->partition = (int32_t)partition;
    return ARENA_PUSH(run->arena, step->inputs, step->input_count, step->input_cap, *input)
               ? OK
               : error_nomem(err);
}

static struct spec_input empty_input(void)
{
    return (struct spec_input){ .record.headers = { .data = "", .kind = JSON_MISSING } };
}

/* A change that the table never brings would not be understood by the plan. */
static enum code check_change(const struct spec_step *step, const struct spec_line *line,
                              struct error *err)
{
    unsigned carried = step->source->scan->base.changes | CHANGES_INSERT;
    if (carried & 1u << line->change)
        return OK;
    return error_at(err, E_TYPE, line->span, "table \"" STR_FMT "\" brings no %s",
                    STR_ARG(step->source->scan->def.name), change_names[line->change]);
}

/* Is a value alone the message, rather than the only column? */
static bool is_message(const struct spec_step *step, const struct spec_line *line)
{
    const struct table_def *def = &step->source->scan->def;
    return step->source->takes_records && step->statement->column_count == 0 && line->count == 1 &&
           def->schema->count > 1;
}

static enum code bind_message(struct spec_run *run, const struct spec_line *line,
                              struct spec_input *input, struct error *err)
{
    struct spec_values cx = spec_values_of(run);
    struct value v;
    if (line->cells[0].is_any)
        return error_at(err, E_SYNTAX, line->cells[0].span,
                        "ANY is for what is expected, not for what is given");
    TRY(spec_value_bind(&cx, line->cells[0].span, &type_string, &v, err));
    input->record.value = v.is_null ? str_make(NULL, 0) : v.str;
    return OK;
}

static enum code bind_line(struct spec_run *run, struct spec_step *step, struct writer *w,
                           const uint32_t *columns, uint32_t count, const struct spec_line *line,
                           struct error *err)
{
    const struct schema *schema = step->source->scan->def.schema;
    struct spec_input input = empty_input();
    int64_t partition = 0;
    TRY(check_change(step, line, err));
    if (is_message(step, line)) {
        TRY(bind_message(run, line, &input, err));
    } else {
        TRY(spec_check_width(step->statement, line, schema, count, err));
        TRY(bind_row(run, line, schema, columns, count, &input.row, err));
        if (step->source->takes_records) {
            if (!w->scan)
                TRY(open_writer(run, step->source->scan, w, err));
            TRY(write_message(w, &input.row, &input, &partition, err));
        }
    }
    return add_input(run, step, &input, partition, err);
}

static enum code bind_lines(struct spec_run *run, struct spec_step *step, struct error *err)
{
    const struct spec_statement *s = step->statement;
    uint32_t *columns, count;
    struct writer w = { .scan = NULL };
    TRY(spec_columns_bind(run, s, step->source->scan->def.schema, step->source->scan->table,
                          &columns, &count, err));
    enum code code = OK;
    for (uint32_t i = 0; i < s->line_count && code == OK; i++) {
        code = bind_line(run, step, &w, columns, count, &s->lines[i], err);
        if (code != OK)
            error_locate(err, s->lines[i].span);
    }
    if (w.scan)
        close_writer(&w);
    return code;
}

static enum code needs_records(const struct spec_step *step, struct error *err)
{
    if (step->source->takes_records)
        return OK;
    error_at(err, E_TYPE, step->statement->span, "table \"" STR_FMT "\" is not read as messages",
             STR_ARG(step->source->scan->def.name));
    error_hint(err, "FEED ... VALUES gives it rows.");
    return E_TYPE;
}

static enum code bind_records(struct spec_run *run, struct spec_step *step, const struct str *lines,
                              uint32_t n, const struct spec_text *places, struct error *err)
{
    struct topic_records *reader;
    struct topic_record *records = arena_array(run->arena, struct topic_record, MAX(n, 1));
    const char **reasons = arena_array(run->arena, const char *, MAX(n, 1));
    if (!records || !reasons)
        return error_nomem(err);
    TRY(topic_records_create(&reader, err));
    enum code code = topic_records_parse(reader, run->arena, lines, n, records, reasons, err);
    topic_records_destroy(reader);
    for (uint32_t i = 0; i < n && code == OK; i++) {
        struct spec_input input = { .record = records[i] };
        if (reasons[i])
            code = error_at(err, E_DATA, places ? places[i].span : step->statement->texts[0].span,
                            "record %u: %s", i + 1, reasons[i]);
        else
            code = add_input(run, step, &input, records[i].partition, err);
    }
    return code;
}

/* Texts of the parser live as long as the script; the extractor of the headers wants them so. */
static enum code bind_texts(struct spec_run *run, struct spec_step *step, struct error *err)
{
    const struct spec_statement *s = step->statement;
    struct str *lines = arena_array(run->arena, struct str, MAX(s->text_count, 1));
    if (!lines)
        return error_nomem(err);
    for (uint32_t i = 0; i < s->text_count; i++)
        lines[i] = s->texts[i].text;
    if (s->form == FORM_RECORDS)
        return bind_records(run, step, lines, s->text_count, s->texts, err);
    for (uint32_t i = 0; i < s->text_count; i++) {
        struct spec_input input = empty_input();
        input.record.value = lines[i];
        TRY(add_input(run, step, &input, 0, err));
    }
    return OK;
}

/* For tables without formats: a JSON object a row. */
static enum code bind_json_rows(struct spec_run *run, struct spec_step *step,
                                const struct str *lines, uint32_t n, struct error *err)
{
    struct spec_row *rows;
    uint32_t count;
    TRY(spec_file_rows(run->arena, run->job.env->zone, step->source->scan->def.schema, lines, n,
                       &rows, &count, err));
    for (uint32_t i = 0; i < count; i++) {
        struct spec_input input = { .row = rows[i] };
        TRY(add_input(run, step, &input, 0, err));
    }
    return OK;
}

static enum code bind_file(struct spec_run *run, struct spec_step *step, struct error *err)
{
    const struct spec_text *name = &step->statement->texts[0];
    struct str *lines;
    uint32_t n;
    enum code code = spec_file_lines(run->arena, run->how->path, name->text, &lines, &n, err);
    if (code == OK && !step->source->takes_records)
        code = bind_json_rows(run, step, lines, n, err);
    if (code != OK) {
        error_locate(err, name->span);
        return code;
    }
    if (!step->source->takes_records)
        return OK;
    if (str_ends(name->text, STR(".records.ndjson")))
        return bind_records(run, step, lines, n, NULL, err);
    for (uint32_t i = 0; i < n; i++) {
        struct spec_input input = empty_input();
        input.record.value = lines[i];
        TRY(add_input(run, step, &input, 0, err));
    }
    return OK;
}

enum code spec_feed_bind(struct spec_run *run, struct spec_step *step, struct error *err)
{
    switch (step->statement->form) {
    case FORM_MESSAGES:
    case FORM_RECORDS:
        TRY(needs_records(step, err));
        return bind_texts(run, step, err);
    case FORM_FILE:
        return bind_file(run, step, err);
    default:
        return bind_lines(run, step, err);
    }
}

enum code spec_feed_put(struct spec_run *run, struct spec_source *source,
                        const struct spec_input *input, struct error *err)
{
    struct spec_input given = *input;
    if (!spec_source_split(run->tables, source, given.partition, &given.split))
        return error_nomem(err);
    struct spec_split *split = &source->splits[given.split];
    struct topic_record *record = &given.record;
    if (!record->has_offset)
        record->offset = split->next_offset;
    split->next_offset = record->offset + 1;
    if (!record->has_timestamp) {
        int64_t us = clock_now_us(run->job.clock);
        record->timestamp_ms = us / 1000 - (us % 1000 < 0);
    }
    return spec_source_put(run->tables, source, &given) ? OK : error_nomem(err);
}

/* ---- TABLE ---- */

static enum code bind_json_lines(struct spec_run *run, struct spec_step *step, struct error *err)
{
    const struct spec_text *name = &step->statement->texts[0];
    struct str *lines;
    uint32_t n;
    enum code code = spec_file_lines(run->arena, run->how->path, name->text, &lines, &n, err);
    if (code == OK)
        code = spec_file_rows(run->arena, run->job.env->zone, step->lookup->schema, lines, n,
                              &step->rows, &step->row_count, err);
    if (code != OK)
        error_locate(err, name->span);
    return code;
}

enum code spec_table_bind(struct spec_run *run, struct spec_step *step, struct error *err)
{
    const struct spec_statement *s = step->statement;
    const struct schema *schema = step->lookup->schema;
    uint32_t *columns, count;
    if (s->form == FORM_FILE)
        return bind_json_lines(run, step, err);
    TRY(spec_columns_bind(run, s, schema, step->lookup->table, &columns, &count, err));
    for (uint32_t i = 0; i < s->line_count; i++) {
        struct spec_row row;
        TRY(spec_check_width(s, &s->lines[i], schema, count, err));
        TRY(bind_row(run, &s->lines[i], schema, columns, count, &row, err));
        if (!ARENA_PUSH(run->arena, step->rows, step->row_count, step->row_cap, row))
            return error_nomem(err);
    }
    return OK;
}
