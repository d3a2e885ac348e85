/* click_view.c -- see click_view.h. */
#include "clickhouse/click_view.h"

#include "base/arena.h"
#include "clickhouse/clickhouse.h"

enum { MARK = 1 };

enum code click_view_open(struct click_view *view, const struct table_def *def, struct error *err)
{
    view->def = def;
    view->arena = arena_create();
    view->known = arena_create();
    if (!view->arena || !view->known)
        return error_nomem(err);
    TRY(click_target_read(def, view->arena, &view->target, err));
    return http_client_create(&view->target.http, &view->client, err);
}

void click_view_close(struct click_view *view)
{
    http_client_destroy(view->client);
    arena_destroy(view->known);
    arena_destroy(view->arena);
}

/* --- what is read -------------------------------------------------------------------------- */

static bool is_read(const struct click_view *view, uint32_t column)
{
    for (uint32_t i = 0; i < view->key_count; i++)
        if (view->keys[i] == column)
            return true;
    return !view->def->needed || view->def->needed[column];
}

static enum code find_columns(struct click_view *view, struct error *err)
{
    const struct schema *schema = view->def->schema;
    view->columns = arena_array(view->known, const struct click_column *, schema->count + 1);
    if (!view->columns)
        return error_nomem(err);
    for (uint32_t i = 0; i < schema->count; i++) {
        if (!is_read(view, i))
            continue;
        const struct field *field = &schema->fields[i];
        TRY(click_table_find(&view->table, &view->target, field->name, false, &view->columns[i],
                             err));
        if (!click_can_get(view->columns[i]->type, field->type))
            return click_mismatch(view->columns[i], &view->target, field->type, false, err);
    }
    return OK;
}

static enum remote_outcome learn(struct click_view *view, struct http_client *client,
                                 struct error *err)
{
    arena_reset(view->known);
    enum remote_outcome outcome =
        click_table_ask(client, &view->target, view->known, &view->table, err);
    if (outcome == REMOTE_DONE && find_columns(view, err) != OK)
        outcome = REMOTE_FATAL;
    view->is_known = outcome == REMOTE_DONE;
    view->is_final = view->def->schema->key_count > 0 && view->table.inner.manner != CLICK_KEEPS;
    return outcome;
}

enum remote_outcome click_view_learn(struct click_view *view, struct error *err)
{
    return view->is_known ? REMOTE_DONE : learn(view, view->client, err);
}

enum code click_view_try(struct click_view *view, struct error *err)
{
    struct http_settings hasty = view->target.http;
    struct http_client *client;
    struct error why = { .code = OK };
    hasty.timeout_ms = CLICK_OPEN_MS;
    hasty.connect_timeout_ms = CLICK_OPEN_MS;
    TRY(http_client_create(&hasty, &client, err));
    enum remote_outcome outcome = learn(view, client, &why);
    http_client_destroy(client);
    if (outcome != REMOTE_FATAL)
        return OK;
    *err = why;
    return err->code;
}

void click_view_put_select(const struct click_view *view, struct buf *sql)
{
    const struct schema *schema = view->def->schema;
    buf_printf(sql, "SELECT toUInt8(%d)", MARK);
    for (uint32_t i = 0; i < view->key_count; i++) {
        buf_text(sql, ", ");
        click_put_name(sql, view->columns[view->keys[i]]->name);
    }
    for (uint32_t i = 0; i < schema->count; i++) {
        if (!view->columns[i])
            continue;
        buf_text(sql, ", ");
        click_put_name(sql, view->columns[i]->name);
    }
    buf_text(sql, " FROM ");
    click_put_name(sql, view->target.database);
    buf_char(sql, '.');
    click_put_name(sql, view->target.table);
    if (view->is_final)
        buf_text(sql, " FINAL");
}

/* --- rows ---------------------------------------------------------------------------------- */

enum click_got click_view_get_mark(struct click_reader *in)
{
    if (in->at == in->end)
        return CLICK_SHORT;
    return *in->at++ == MARK ? CLICK_GOT : CLICK_BROKEN;
}

static void name_column(const struct click_column *column, struct error *err)
{
    char why[sizeof err->message];
    memcpy(why, err->message, sizeof why);
    error_set(err, E_DATA, "column \"" STR_FMT "\": %s", STR_ARG(column->name), why);
}

static enum click_got get_cell(struct click_view *view, uint32_t column, struct click_reader *in,
                               struct remote_rows *rows, struct error *err)
{
    struct value value;
    enum click_got got =
        click_get(in, view->columns[column]->type, view->def->schema->fields[column].type,
                  view->def->zone, rows->arena, &value, err);
    if (got == CLICK_MISFIT)
        name_column(view->columns[column], err);
    if (got != CLICK_GOT)
        return got;
    enum code code = remote_rows_set_value(rows, column, &value, err);
    return code == OK ? CLICK_GOT : code == E_DATA ? CLICK_MISFIT : CLICK_NOMEM;
}

enum click_got click_view_get_row(struct click_view *view, struct click_reader *in,
                                  struct remote_rows *rows, struct error *err)
{
    bool is_bad = false;
    for (uint32_t i = 0; i < view->def->schema->count; i++) {
        if (!view->columns[i])
            continue;
        enum click_got got =
            is_bad ? click_skip(in, view->columns[i]->type) : get_cell(view, i, in, rows, err);
        is_bad = is_bad || got == CLICK_MISFIT;
        if (got != CLICK_GOT && got != CLICK_MISFIT)
            return got;
    }
    return is_bad ? CLICK_MISFIT : CLICK_GOT;
}

enum remote_outcome click_view_judge(const struct click_view *view, struct str text,
                                     struct error *err)
{
    for (size_t i = 0; i + 6 <= text.size; i++)
        if (memcmp(text.data + i, "Code: ", 6) == 0)
            return click_judge(200, text, err);
    error_set(err, E_IO, "the rows of table \"" STR_FMT "\" of ClickHouse cannot be read",
              STR_ARG(view->target.table));
    return REMOTE_FAILED;
}
