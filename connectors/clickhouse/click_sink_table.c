/* click_sink_table.c -- what a sink needs to know of its table: which columns it writes, and what the
 * engine can do with updates and deletes. */
#include "clickhouse/click_sink.h"

#include "base/arena.h"
#include "types/type.h"

/* --- can the engine take what the query sends? --------------------------------------------- */

static enum code cannot_update(const struct click_sink *s, struct error *err)
{
    error_set(err, E_PLAN,
              "table \"" STR_FMT "\" of ClickHouse has the engine " STR_FMT
              ", which cannot update or delete rows, and this query does",
              STR_ARG(s->target.table), STR_ARG(s->table.engine));
    error_hint(err,
               "A ReplacingMergeTree that is ordered by the primary key takes updates; so does a "
               "CollapsingMergeTree with the option 'sink.sign-column'.");
    return E_PLAN;
}

static enum code needs_sign(const struct click_sink *s, struct error *err)
{
    struct str sign = s->table.inner.sign;
    error_set(err, E_PLAN,
              "table \"" STR_FMT "\" of ClickHouse has the engine " STR_FMT
              ", which updates rows by a sign, and this query updates or deletes rows",
              STR_ARG(s->target.table), STR_ARG(s->table.engine));
    error_hint(err,
               "The option 'sink.sign-column' = '" STR_FMT "' makes rows that take others back.",
               STR_ARG(sign));
    return E_PLAN;
}

/* Rows whose sorting key is one replace each other, so it must tell the rows of two keys apart. */
static enum code check_sorting(const struct click_sink *s, struct error *err)
{
    if (s->table.is_distributed)
        return OK;
    for (uint32_t i = 0; i < s->def->schema->key_count; i++) {
        const struct click_column *column = s->keys[i]->column;
        if (column->is_sorted_by)
            continue;
        error_set(err, E_PLAN,
                  "table \"" STR_FMT
                  "\" of ClickHouse replaces rows by its sorting key, and column "
                  "\"" STR_FMT "\" of the primary key is not in it",
                  STR_ARG(s->target.table), STR_ARG(column->name));
        error_hint(err, "Rows with different keys would replace each other. ORDER BY of the table "
                        "must have all columns of the PRIMARY KEY.");
        return E_PLAN;
    }
    return OK;
}

static enum code check_engine(struct click_sink *s, struct error *err)
{
    const struct click_engine *engine = &s->table.inner;
    if (s->sign.size > 0) {
        if (engine->sign.data && !str_eq(engine->sign, s->sign))
            return error_set(err, E_OPTION,
                             "the sign of table \"" STR_FMT
                             "\" of ClickHouse is in column \"" STR_FMT "\", and not in \"" STR_FMT
                             "\"",
                             STR_ARG(s->target.table), STR_ARG(engine->sign), STR_ARG(s->sign));
        return OK;
    }
    if (s->mode != SINK_UPSERT)
        return OK;
    if (engine->manner == CLICK_KEEPS)
        return cannot_update(s, err);
    return engine->manner == CLICK_COLLAPSES ? needs_sign(s, err) : check_sorting(s, err);
}

/* --- deletes ------------------------------------------------------------------------------- */

static enum code choose_deletes(struct click_sink *s, struct error *err)
{
    if (s->sign.size > 0)
        s->deletes = CLICK_DELETE_ROW;
    else if (s->mode != SINK_UPSERT || (s->ignores_deletes && s->says_ignore_deletes))
        s->deletes = CLICK_DELETE_IGNORED;
    else if (s->table.inner.deleted.data)
        s->deletes = CLICK_DELETE_ROW;
    else
        s->deletes = s->ignores_deletes ? CLICK_DELETE_IGNORED : CLICK_DELETE_MUTATION;
    if (s->deletes != CLICK_DELETE_MUTATION)
        return OK;
    for (uint32_t i = 0; i < s->def->schema->key_count; i++) {
        const struct click_column *column = s->keys[i]->column;
        if (!click_has_literal(column->type))
            return error_set(err, E_TYPE,
                             "table \"" STR_FMT "\" of ClickHouse cannot be deleted from by column "
                             "\"" STR_FMT "\" of type " STR_FMT,
                             STR_ARG(s->target.table), STR_ARG(column->name),
                             STR_ARG(column->type_text));
    }
    if (!s->table.is_distributed)
        return OK;
    error_set(err, E_PLAN,
              "rows of the distributed table \"" STR_FMT "\" of ClickHouse cannot be deleted",
              STR_ARG(s->target.table));
    error_hint(err, "With 'ignoreDelete' = 'true' deletes are left out; an engine with a column "
                    "is_deleted takes them as rows.");
    return E_PLAN;
}

/* --- columns ------------------------------------------------------------------------------- */

static enum code add_column(struct click_sink *s, struct str name, struct click_sink_column column,
                            const struct type *type, struct error *err)
{
    TRY(click_table_find(&s->table, &s->target, name, true, &column.column, err));
    if (!click_can_put(type, column.column->type))
        return click_mismatch(column.column, &s->target, type, true, err);
    column.is_version = s->table.inner.version.data && str_eq(s->table.inner.version, name);
    s->columns[s->column_count++] = column;
    return OK;
}

/* Those of the job, and the one that the engine tells deletes by. */
static enum code list_columns(struct click_sink *s, struct error *err)
{
    const struct schema *schema = s->def->schema;
    struct str deleted = s->sign.size == 0 && s->mode == SINK_UPSERT ? s->table.inner.deleted
                                                                     : (struct str){ NULL, 0 };
    struct str marks[] = { s->sign, deleted };
    enum click_source_of from[] = { CLICK_SIGN, CLICK_DELETED };
    s->column_count = 0;
    s->columns = arena_array(s->known, struct click_sink_column, schema->count + 2);
    if (!s->columns)
        return error_nomem(err);
    for (uint32_t i = 0; i < schema->count; i++) {
        struct str name = schema->fields[i].name;
        if (str_eq(name, marks[0]) || str_eq(name, marks[1]))
            continue;
        TRY(add_column(s, name, (struct click_sink_column){ .from = CLICK_FIELD, .field = i },
                       schema->fields[i].type, err));
    }
    for (size_t i = 0; i < countof(marks); i++)
        if (marks[i].size > 0)
            TRY(add_column(s, marks[i], (struct click_sink_column){ .from = from[i] },
                           &type_tinyint, err));
    return OK;
}

static enum code find_keys(struct click_sink *s, struct error *err)
{
    const struct schema *schema = s->def->schema;
    s->keys = arena_array(s->known, struct click_sink_column *, schema->key_count + 1);
    if (!s->keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < schema->key_count; i++)
        for (uint32_t c = 0; c < s->column_count; c++)
            if (s->columns[c].from == CLICK_FIELD && s->columns[c].field == schema->key[i])
                s->keys[i] = &s->columns[c];
    for (uint32_t i = 0; i < schema->key_count; i++)
        if (!s->keys[i])
            return error_set(err, E_OPTION,
                             "column \"" STR_FMT "\" of the primary key is the one that ClickHouse "
                             "tells deletes by",
                             STR_ARG(schema->fields[schema->key[i]].name));
    return OK;
}

/* --- statements ---------------------------------------------------------------------------- */

static void put_table(struct buf *sql, const struct click_sink *s)
{
    click_put_name(sql, s->target.database);
    buf_char(sql, '.');
    click_put_name(sql, s->target.table);
}

static enum code keep(struct click_sink *s, struct buf *text, struct str *ret, struct error *err)
{
    enum code code = buf_check(text, err);
    *ret = code == OK ? arena_str(s->known, buf_view(text)) : STR("");
    buf_clear(text);
    TRY(code);
    return ret->data ? OK : error_nomem(err);
}

static enum code make_insert(struct click_sink *s, struct buf *text, struct error *err)
{
    buf_text(text, "INSERT INTO ");
    put_table(text, s);
    for (uint32_t i = 0; i < s->column_count; i++) {
        buf_text(text, i == 0 ? " (" : ", ");
        click_put_name(text, s->columns[i].column->name);
    }
    buf_text(text, ") FORMAT RowBinary\n");
    return keep(s, text, &s->insert_head, err);
}

static enum code make_delete(struct click_sink *s, struct buf *text, struct error *err)
{
    buf_text(text, "ALTER TABLE ");
    put_table(text, s);
    buf_text(text, " DELETE WHERE ");
    uint32_t count = s->def->schema->key_count;
    for (uint32_t i = 0; i < count; i++) {
        buf_text(text, i > 0 ? ", " : count > 1 ? "(" : "");
        click_put_name(text, s->keys[i]->column->name);
    }
    buf_text(text, count > 1 ? ") IN (" : " IN (");
    return keep(s, text, &s->delete_head, err);
}

/* A server without tokens finds out repetitions of a replicated table by their bytes, which would
 * swallow a second call that happens to have the bytes of the first.
 *
 * A server that collects INSERTs by itself only makes a call longer, since rows come in large calls,
 * and does not look at tokens; where the job wants it all the same, the answer must wait for the
 * rows. */
static enum code make_path(struct click_sink *s, struct buf *text, struct error *err)
{
    buf_str(text, s->target.path);
    if (s->table.has_deduplicate && s->table.is_replicated && !s->table.has_token)
        buf_text(text, "&insert_deduplicate=0");
    if (s->table.has_async)
        buf_text(text, options_has(s->def->options, "properties.async_insert")
                           ? "&wait_for_async_insert=1"
                           : "&async_insert=0");
    return keep(s, text, &s->insert_path, err);
}

static enum code work_out(struct click_sink *s, struct error *err)
{
    struct buf text;
    TRY(list_columns(s, err));
    TRY(find_keys(s, err));
    TRY(check_engine(s, err));
    TRY(choose_deletes(s, err));
    buf_init(&text, 1 << 24);
    enum code code = make_insert(s, &text, err);
    if (code == OK && s->deletes == CLICK_DELETE_MUTATION)
        code = make_delete(s, &text, err);
    if (code == OK)
        code = make_path(s, &text, err);
    buf_done(&text);
    return code;
}

enum remote_outcome click_sink_prepare(struct click_sink *s, struct http_client *client,
                                       struct error *err)
{
    arena_reset(s->known);
    enum remote_outcome outcome = click_table_ask(client, &s->target, s->known, &s->table, err);
    if (outcome == REMOTE_DONE && work_out(s, err) != OK)
        outcome = REMOTE_FATAL;
    s->is_prepared = outcome == REMOTE_DONE;
    return outcome;
}
