/* render.c -- see render.h.  One struct result per SELECT: it is the sink that the engine
 * writes to.  Rows are either printed at once or kept as texts (render_store.h). */
#include "session/render_lines.h"

#include "base/memory.h"

enum {
    ROW_LIMIT = 256 << 20,
    TEXT_WIDTH = 30, /* of a column in tableau whose width its type does not say */
};

static const char *const mode_names[] = {
    [RENDER_TABLE] = "table", [RENDER_TABLEAU] = "tableau",
    [RENDER_CSV] = "csv",     [RENDER_JSON] = "json",
    [RENDER_JSONL] = "jsonl", [RENDER_CHANGELOG_JSON] = "changelog-json",
    [RENDER_TSV] = "tsv",     [RENDER_MARKDOWN] = "markdown",
    [RENDER_LINE] = "line",
};

const char *render_mode_name(uint32_t i)
{
    return i < countof(mode_names) ? mode_names[i] : NULL;
}

bool render_mode_find(struct str name, enum render_mode *ret)
{
    for (uint32_t i = 0; i < countof(mode_names); i++)
        if (str_iis(name, mode_names[i])) {
            *ret = (enum render_mode)i;
            return true;
        }
    return false;
}

static bool is_json(enum render_mode mode)
{
    return mode == RENDER_JSON || mode == RENDER_JSONL || mode == RENDER_CHANGELOG_JSON;
}

struct renderer *renderer_create(struct console *console, const struct render_options *options)
{
    struct arena *arena = arena_create();
    struct renderer *r = arena ? arena_new(arena, struct renderer) : NULL;
    if (!r) {
        arena_destroy(arena);
        return NULL;
    }
    r->console = console;
    r->options = *options;
    r->arena = arena;
    r->tail = &r->first;
    r->style = (struct text_style){ .mode = is_json(options->mode) ? TEXT_JSON : TEXT_DISPLAY,
                                    .blink = options->blink,
                                    .zone = options->zone,
                                    .cursor = &r->cursor };
    buf_init(&r->row, ROW_LIMIT);
    buf_init(&r->cell, ROW_LIMIT);
    buf_init(&r->scratch, ROW_LIMIT);
    return r;
}

void renderer_destroy(struct renderer *r)
{
    if (!r)
        return;
    for (struct result *result = r->first; result; result = result->next)
        render_store_done(&result->store);
    buf_done(&r->row);
    buf_done(&r->cell);
    buf_done(&r->scratch);
    arena_destroy(r->arena);
}

uint64_t renderer_dropped(const struct renderer *r)
{
    uint64_t dropped = 0;
    for (const struct result *result = r->first; result; result = result->next)
        dropped += result->store.dropped;
    return dropped;
}

/* ---- cells ------------------------------------------------------------------------------ */

/* The texts of a row into renderer->row; tableau puts the kind of change in front. */
static enum code make_row(struct result *result, const struct batch *in, uint32_t row,
                          struct error *err)
{
    struct renderer *r = result->renderer;
    buf_clear(&r->row);
    if (r->options.mode == RENDER_TABLEAU)
        render_put_cell(&r->row, str_of(change_names[batch_change(in, row)]), false);
    for (uint32_t i = 0; i < result->column_count; i++) {
        const struct column *column = in->columns[i];
        bool is_null = !column_is_valid(column, row) || column->type->id == TYPE_NULL;
        buf_clear(&r->cell);
        if (!is_null)
            text_print_cell(&r->cell, column, row, &r->style);
        TRY(buf_check(&r->cell, err));
        render_put_cell(&r->row, buf_view(&r->cell), is_null);
    }
    return buf_check(&r->row, err);
}

/* ---- tableau --------------------------------------------------------------------------------- */

static void close_box(struct renderer *r)
{
    if (r->open_box)
        render_box_rule(&r->open_box->box, &r->console->out);
    r->open_box = NULL;
}

static void open_box(struct result *result)
{
    struct renderer *r = result->renderer;
    struct buf *out = &r->console->out;
    if (r->open_box == result)
        return;
    close_box(r);
    if (r->options.select_count > 1)
        buf_printf(out, "statement %u\n", result->statement);
    render_box_rule(&result->box, out);
    render_box_names(&result->box, out);
    render_box_rule(&result->box, out);
    r->open_box = result;
    result->head_is_out = true;
}

static uint32_t type_width(const struct type *t)
{
    switch (t->id) {
    case TYPE_BOOLEAN:
        return 5;
    case TYPE_TINYINT:
        return 4;
    case TYPE_SMALLINT:
        return 6;
    case TYPE_INT:
        return 11;
    case TYPE_BIGINT:
        return 20;
    case TYPE_DECIMAL:
        return (uint32_t)t->precision + 3;
    case TYPE_DATE:
        return 10;
    case TYPE_TIME:
        return t->precision == 0 ? 8 : (uint32_t)t->precision + 9;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return t->precision == 0 ? 19 : (uint32_t)t->precision + 20;
    default:
        return TEXT_WIDTH;
    }
}

static bool is_number(const struct type *t)
{
    return t->id >= TYPE_TINYINT && t->id <= TYPE_DECIMAL;
}

/* Widths that do not depend on the rows, as Flink's. */
static void fix_widths(struct result *result)
{
    struct renderer *r = result->renderer;
    uint32_t null_width = (uint32_t)result->box.null_text.size;
    result->box.widths[0] = 2;
    /* Columns of numbers and times are never cut. */
    for (uint32_t i = 0; i < result->column_count; i++)
        result->box.width_max = MAX(result->box.width_max, type_width(result->fields[i].type));
    for (uint32_t i = 0; i < result->column_count; i++) {
        uint32_t width = type_width(result->fields[i].type);
        if (width == TEXT_WIDTH && r->options.column_width_max > 0)
            width = r->options.column_width_max;
        uint32_t name = render_box_width(&result->box, result->names[i + 1]);
        result->box.widths[i + 1] = MAX(MAX(width, null_width), name);
    }
}

/* ---- the sink -------------------------------------------------------------------------------- */

static enum code print_row(struct result *result, enum change change, struct error *err)
{
    struct renderer *r = result->renderer;
    struct buf *out = &r->console->out;
    const char *cells = r->row.data;
    switch (r->options.mode) {
    case RENDER_TABLEAU:
        open_box(result);
        render_box_row(&result->box, cells, out);
        break;
    case RENDER_CHANGELOG_JSON:
        render_change(result, change, cells, out);
        break;
    case RENDER_CSV:
    case RENDER_TSV:
    case RENDER_MARKDOWN:
    case RENDER_LINE:
    case RENDER_JSONL:
        if (!result->head_is_out)
            render_head(result, out);
        result->head_is_out = true;
        render_row(result, cells, result->printed + 1, out);
        break;
    case RENDER_TABLE:
    case RENDER_JSON:
        break;
    }
    result->printed++;
    return r->failed ? error_nomem(err) : console_spill(r->console, err);
}

/* False: there are enough.  An update is not cut in two, or its row would be missing. */
static bool takes_change(struct renderer *r, enum change change)
{
    const struct render_options *o = &r->options;
    if (o->changes_max == 0)
        return true;
    bool takes = r->changes < o->changes_max || (r->owes_update && change == CHANGE_UPDATE_AFTER);
    r->changes += takes;
    r->owes_update = takes && change == CHANGE_UPDATE_BEFORE;
    if (r->changes >= o->changes_max && !r->owes_update)
        o->full(o->self);
    return takes;
}

static enum code write_rows(struct sink *sink, const struct batch *in, struct error *err)
{
    struct result *result = (struct result *)sink;
    struct renderer *r = result->renderer;
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        enum change change = batch_change(in, row);
        if (!takes_change(r, change))
            break;
        TRY(make_row(result, in, row, err));
        TRY(result->keeps ? render_store_apply(&result->store, change, buf_view(&r->row), err)
                          : print_row(result, change, err));
    }
    return console_flush(r->console, err);
}

static enum code flush_start(struct sink *sink, struct error *err)
{
    return console_flush(((struct result *)sink)->renderer->console, err);
}

static enum code flush_poll(struct sink *sink, bool *ret_done, struct error *err)
{
    (void)sink, (void)err;
    *ret_done = true;
    return OK;
}

static int wake_fd(struct sink *sink)
{
    (void)sink;
    return -1;
}

static void close_result(struct sink *sink)
{
    (void)sink; /* the renderer's, with what was kept */
}

static const struct sink_kind result_kind = {
    .write = write_rows,
    .flush_start = flush_start,
    .flush_poll = flush_poll,
    .wake_fd = wake_fd,
    .close = close_result,
};

static bool keeps_rows(const struct renderer *r, unsigned changes)
{
    switch (r->options.mode) {
    case RENDER_TABLE:
    case RENDER_JSON:
        return true;
    case RENDER_CSV:
    case RENDER_TSV:
    case RENDER_MARKDOWN:
        return r->options.select_count > 1 || changes != CHANGES_INSERT;
    case RENDER_LINE:
    case RENDER_JSONL:
        return changes != CHANGES_INSERT;
    case RENDER_TABLEAU:
    case RENDER_CHANGELOG_JSON:
        break;
    }
    return false;
}

static struct result *make_result(struct renderer *r, const struct field *fields, uint32_t n)
{
    uint32_t shift = r->options.mode == RENDER_TABLEAU ? 1 : 0;
    struct result *result = arena_new(r->arena, struct result);
    struct str *names = arena_array(r->arena, struct str, n + 1);
    uint32_t *widths = arena_array(r->arena, uint32_t, n + 1);
    uint32_t *natural = arena_array(r->arena, uint32_t, n + 1);
    bool *right = arena_array(r->arena, bool, n + 1);
    bool *hidden = arena_array(r->arena, bool, n + 1);
    bool *is_text = arena_array(r->arena, bool, n + 1);
    struct str *rest = arena_array(r->arena, struct str, n + 1);
    if (!result || !names || !widths || !natural || !right || !hidden || !is_text || !rest)
        return NULL;
    names[0] = STR("op");
    for (uint32_t i = 0; i < n; i++) {
        names[i + shift] = fields[i].name.data ? fields[i].name : STR("");
        right[i + shift] = shift > 0 || is_number(fields[i].type);
        is_text[i] = type_width(fields[i].type) == TEXT_WIDTH && !is_number(fields[i].type);
    }
    result->base.kind = &result_kind;
    result->renderer = r;
    result->fields = fields;
    result->column_count = n;
    result->names = names;
    result->natural = natural;
    result->is_text = is_text;
    uint32_t width_max = r->options.column_width_max;
    if (width_max == 0 && shift > 0)
        width_max = TEXT_WIDTH;
    result->box = (struct render_box){ .column_count = n + shift,
                                       .names = names,
                                       .widths = widths,
                                       .right = right,
                                       .hidden = hidden,
                                       .wraps = r->options.wraps,
                                       .rest = rest,
                                       .width_max = width_max,
                                       .null_text = STR("<NULL>"),
                                       .has_colours = r->console->has_colours,
                                       .has_op = shift > 0,
                                       .failed = &r->failed,
                                       .scratch = &r->scratch };
    render_store_init(&result->store, r->options.mode == RENDER_TABLE ? r->options.rows_max : 0);
    *r->tail = result;
    r->tail = &result->next;
    return result;
}

enum code renderer_open(struct renderer *r, const struct plan_sink *plan, struct sink **ret,
                        struct error *err)
{
    const struct schema *schema = plan->def.schema;
    struct result *result = make_result(r, schema->fields, schema->count);
    if (!result)
        return error_nomem(err);
    result->statement = plan->statement;
    result->keeps = keeps_rows(r, plan->base.changes);
    if (r->options.mode == RENDER_TABLEAU)
        fix_widths(result);
    *ret = &result->base;
    return OK;
}

/* ---- the end --------------------------------------------------------------------------------- */

static enum code print_kept(struct result *result, bool is_first, struct error *err)
{
    struct renderer *r = result->renderer;
    struct buf *out = &r->console->out;
    enum render_mode mode = r->options.mode;
    if (mode == RENDER_TABLE)
        return render_table(result, err);
    bool has_head = mode == RENDER_CSV || mode == RENDER_TSV || mode == RENDER_MARKDOWN;
    if (has_head && !is_first)
        buf_char(out, '\n');
    render_head(result, out);
    if (mode == RENDER_JSON)
        buf_char(out, '[');
    for (const struct render_row *row = result->store.first; row; row = row->next) {
        if (mode == RENDER_JSON)
            buf_text(out, row == result->store.first ? "\n  " : ",\n  ");
        render_row(result, row->bytes, ++result->printed, out);
        TRY(console_spill(r->console, err));
    }
    if (mode == RENDER_JSON)
        buf_text(out, result->store.first ? "\n]\n" : "]\n");
    return OK;
}

enum code renderer_finish(struct renderer *r, struct error *err)
{
    for (struct result *result = r->first; result; result = result->next) {
        if (result->keeps)
            TRY(print_kept(result, result == r->first, err));
        else if (!result->head_is_out && r->options.mode != RENDER_TABLEAU)
            render_head(result, &r->console->out);
        else if (r->options.mode == RENDER_TABLEAU && !result->head_is_out)
            open_box(result);
    }
    if (r->open_box && r->open_box->printed > 0)
        close_box(r);
    if (r->failed)
        return error_nomem(err);
    return console_flush(r->console, err);
}

enum code render_texts(struct console *console, const struct render_options *options,
                       const struct str *names, uint32_t column_count, const struct str *cells,
                       uint32_t row_count, struct error *err)
{
    struct render_options plain = *options;
    if (plain.mode == RENDER_TABLEAU)
        plain.mode = RENDER_TABLE;
    if (plain.mode == RENDER_CHANGELOG_JSON)
        plain.mode = RENDER_JSONL;
    plain.select_count = 1;
    plain.rows_max = plain.rows_shown = 0;
    plain.wraps = true;
    struct renderer *r = renderer_create(console, &plain);
    if (!r)
        return error_nomem(err);
    struct field *fields = arena_array(r->arena, struct field, MAX(column_count, 1));
    struct result *result = NULL;
    for (uint32_t i = 0; fields && i < column_count; i++)
        fields[i] = (struct field){ names[i], &type_string };
    enum code code = OK;
    if (!fields || !(result = make_result(r, fields, column_count)))
        code = error_nomem(err);
    else
        result->keeps = true;
    if (result)
        result->box.null_text = STR(""); /* as Flink's DESCRIBE */
    for (uint32_t i = 0; code == OK && i < row_count; i++) {
        buf_clear(&r->row);
        for (uint32_t k = 0; k < column_count; k++) {
            struct str cell = cells[(size_t)i * column_count + k];
            struct str text = cell;
            if (cell.data && is_json(plain.mode)) {
                buf_clear(&r->cell);
                text_put_json_string(&r->cell, cell);
                r->failed = r->failed || r->cell.failed;
                text = buf_view(&r->cell);
            }
            render_put_cell(&r->row, text, !cell.data);
        }
        code = buf_check(&r->row, err);
        if (code == OK)
            code = render_store_apply(&result->store, CHANGE_INSERT, buf_view(&r->row), err);
    }
    if (code == OK)
        code = renderer_finish(r, err);
    renderer_destroy(r);
    return code;
}
