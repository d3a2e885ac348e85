/* local_table_sink.c -- writes rows to a table of SQLite.
 *
 * Each write() is one transaction, so a busy database (E_RETRY) has nothing of it.
 * What happens to a row whose key is there is the manner's business: one INSERT ...
 * ON CONFLICT where the key is a unique one in the database, and an UPDATE followed
 * by an INSERT where somebody made the table without.
 *
 * A row without row key, and one that the database refuses, is a bad row; they are
 * reported when the others are safe. */
#include "local/local_table.h"

#include "base/clock.h"
#include "base/memory.h"

enum { SQL_BYTES_MAX = 16 << 20 };

struct bad_list {
    struct bad_row *items;
    uint32_t count;
    uint32_t cap;
};

struct table_sink {
    struct sink base;
    struct local_table *table;
    struct bad_rows *bad_rows;
    struct arena *scratch; /* of one write */
    sqlite3_stmt *put;     /* takes all columns; NULL: update and insert are used */
    sqlite3_stmt *update;  /* takes all columns */
    sqlite3_stmt *insert;
    sqlite3_stmt *remove; /* takes the key columns; NULL without a key */
    struct bad_list bad;
    bool is_waiting;
    int64_t waiting_since_us;
};

/* ---- statements ---- */

static void put_assignments(struct buf *sql, const struct local_table *table, bool is_conflict)
{
    const char *comma = "";
    for (uint32_t i = 0; i < table->count; i++) {
        const struct table_column *column = &table->columns[i];
        if (column->is_key || column->is_excluded)
            continue;
        buf_text(sql, comma);
        comma = ", ";
        local_table_put_name(sql, column->name);
        buf_text(sql, table->manner == TABLE_MERGE ? " = COALESCE(" : " = ");
        if (is_conflict) {
            buf_text(sql, "excluded.");
            local_table_put_name(sql, column->name);
        } else {
            buf_printf(sql, "?%u", i + 1);
        }
        if (table->manner == TABLE_MERGE) {
            buf_text(sql, ", ");
            local_table_put_name(sql, table->name);
            buf_char(sql, '.');
            local_table_put_name(sql, column->name);
            buf_char(sql, ')');
        }
    }
}

static bool has_assignments(const struct local_table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (!table->columns[i].is_key && !table->columns[i].is_excluded)
            return true;
    return false;
}

/* numbered: the parameters are those of all columns; otherwise ?1 is the first key column. */
static void put_key_condition(struct buf *sql, const struct local_table *table, bool numbered)
{
    const char *word = " WHERE ";
    uint32_t parameter = 1;
    for (uint32_t i = 0; i < table->count; i++) {
        if (!table->columns[i].is_key)
            continue;
        buf_text(sql, word);
        word = " AND ";
        local_table_put_name(sql, table->columns[i].name);
        buf_printf(sql, " = ?%u", numbered ? i + 1 : parameter++);
    }
}

static void put_insert(struct buf *sql, const struct local_table *table, const char *verb)
{
    buf_text(sql, verb);
    local_table_put_name(sql, table->name);
    buf_text(sql, " (");
    local_table_put_names(sql, table);
    buf_text(sql, ") VALUES (");
    for (uint32_t i = 0; i < table->count; i++)
        buf_printf(sql, i > 0 ? ", ?%u" : "?%u", i + 1);
    buf_char(sql, ')');
}

static void put_conflict(struct buf *sql, const struct local_table *table)
{
    const char *comma = " ON CONFLICT (";
    for (uint32_t i = 0; i < table->count; i++) {
        if (!table->columns[i].is_key)
            continue;
        buf_text(sql, comma);
        comma = ", ";
        local_table_put_name(sql, table->columns[i].name);
    }
    if (!has_assignments(table)) {
        buf_text(sql, ") DO NOTHING");
        return;
    }
    buf_text(sql, ") DO UPDATE SET ");
    put_assignments(sql, table, true);
}

static enum code prepare_one(struct table_sink *s, struct buf *sql, sqlite3_stmt **ret,
                             struct error *err)
{
    enum code code = buf_check(sql, err);
    if (code == OK)
        code = local_table_prepare(s->table, buf_view(sql), ret, err);
    buf_clear(sql);
    return code;
}

/* Is the key unique in the database?  SQLite says so when it is used as a conflict target. */
static bool has_unique_key(struct table_sink *s, struct buf *sql)
{
    sqlite3_stmt *stmt = NULL;
    put_insert(sql, s->table, "INSERT INTO ");
    put_conflict(sql, s->table);
    bool is_unique = prepare_one(s, sql, &stmt, NULL) == OK;
    sqlite3_finalize(stmt);
    return is_unique;
}

static enum code prepare_keyed(struct table_sink *s, struct buf *sql, struct error *err)
{
    const struct local_table *table = s->table;
    buf_text(sql, "DELETE FROM ");
    local_table_put_name(sql, table->name);
    put_key_condition(sql, table, false);
    TRY(prepare_one(s, sql, &s->remove, err));
    if (has_unique_key(s, sql)) {
        bool replaces = table->manner == TABLE_REPLACE;
        put_insert(sql, table, replaces ? "INSERT OR REPLACE INTO " : "INSERT INTO ");
        if (!replaces)
            put_conflict(sql, table);
        return prepare_one(s, sql, &s->put, err);
    }
    if (table->manner == TABLE_REPLACE) {
        buf_text(sql, "DELETE FROM ");
        local_table_put_name(sql, table->name);
        put_key_condition(sql, table, true);
    } else {
        buf_text(sql, "UPDATE ");
        local_table_put_name(sql, table->name);
        buf_text(sql, " SET ");
        if (has_assignments(table)) {
            put_assignments(sql, table, false);
        } else { /* nothing to change, but it tells whether the row is there */
            uint32_t key = 0;
            while (!table->columns[key].is_key)
                key++;
            local_table_put_name(sql, table->columns[key].name);
            buf_printf(sql, " = ?%u", key + 1);
        }
        put_key_condition(sql, table, true);
    }
    TRY(prepare_one(s, sql, &s->update, err));
    put_insert(sql, table, "INSERT INTO ");
    return prepare_one(s, sql, &s->insert, err);
}

static enum code prepare(struct table_sink *s, struct error *err)
{
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    enum code code;
    if (s->table->manner == TABLE_APPEND) {
        put_insert(&sql, s->table, "INSERT INTO ");
        code = prepare_one(s, &sql, &s->put, err);
    } else {
        code = prepare_keyed(s, &sql, err);
    }
    buf_done(&sql);
    return code;
}

/* ---- opening and closing ---- */

static void table_sink_close(struct sink *base)
{
    struct table_sink *s = (struct table_sink *)base;
    if (!s)
        return;
    sqlite3_finalize(s->put);
    sqlite3_finalize(s->update);
    sqlite3_finalize(s->insert);
    sqlite3_finalize(s->remove);
    local_table_close(s->table);
    arena_destroy(s->scratch);
    mem_free(s);
}

static enum code table_sink_open(const struct sink_open *open, struct sink **ret, struct error *err)
{
    struct table_sink *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &local_table_sink;
    s->bad_rows = open->bad_rows;
    s->scratch = arena_create();
    enum code code = s->scratch ? local_table_open(open->table, &s->table, err) : error_nomem(err);
    if (code == OK)
        code = prepare(s, err);
    if (code != OK) {
        table_sink_close(&s->base);
        return code;
    }
    *ret = &s->base;
    return OK;
}

/* ---- rows ---- */

static const struct column *column_of(const struct table_column *c, const struct batch *in,
                                      uint32_t *row)
{
    const struct column *column = in->columns[c->column];
    if (c->field < 0)
        return column;
    if (!column_is_valid(column, *row))
        return NULL; /* a family that is NULL has NULL cells */
    *row &= column->mask;
    return column->children[c->field];
}

static bool cell_is_null(const struct table_column *c, const struct batch *in, uint32_t row)
{
    const struct column *column = column_of(c, in, &row);
    return !column || !column_is_valid(column, row);
}

static enum code bad_row(struct table_sink *s, uint32_t row, const char *reason, struct error *err)
{
    if (!reason)
        return error_nomem(err);
    struct bad_row bad = {
        .reason = str_of(reason),
        .place = str_of(s->table->path),
        .offset = -1,
        .record = row,
    };
    return ARENA_PUSH(s->scratch, s->bad.items, s->bad.count, s->bad.cap, bad) ? OK
                                                                               : error_nomem(err);
}

static bool is_empty_text(const struct table_column *c, const struct batch *in, uint32_t row)
{
    const struct column *column = column_of(c, in, &row);
    return type_phys(c->type) == PHYS_VIEW && COLUMN_AT(column, struct view, row).size == 0;
}

/* What keeps the row from being written, NULL: nothing.  *ret_code tells of a lack of memory. */
static const char *objection(struct table_sink *s, const struct batch *in, uint32_t row,
                             bool is_delete)
{
    const struct local_table *table = s->table;
    bool has_cell = false;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct table_column *c = &table->columns[i];
        if (is_delete && !c->is_key)
            continue;
        bool is_null = cell_is_null(c, in, row);
        has_cell = has_cell || (!is_null && !c->is_key);
        if (is_null && c->is_key) /* the row key of HBase need not be declared as one */
            return arena_printf(s->scratch, "key column \"%s\" is NULL", c->name);
        if (c->is_key && table->is_hbase && table->key_count == 1 && is_empty_text(c, in, row))
            return arena_printf(s->scratch, "row key \"%s\" is empty", c->name);
    }
    if (table->is_hbase && !is_delete && !has_cell && table->count > table->key_count)
        return arena_printf(s->scratch, "all cells of the row are NULL");
    return "";
}

static enum code bind_cell(struct table_sink *s, sqlite3_stmt *stmt, int parameter,
                           const struct table_column *c, const struct batch *in, uint32_t row,
                           struct error *err)
{
    const struct column *column = column_of(c, in, &row);
    if (!column)
        return sqlite3_bind_null(stmt, parameter) == SQLITE_OK
                   ? OK
                   : local_table_fail(s->table, "write to", err);
    return local_table_bind(s->table, stmt, parameter, c->type, column, row, s->scratch, err);
}

/* Runs a statement over a row.  all: parameters are all columns, otherwise the key's. */
static enum code run(struct table_sink *s, sqlite3_stmt *stmt, const struct batch *in, uint32_t row,
                     bool all, struct error *err)
{
    int parameter = 1;
    for (uint32_t i = 0; i < s->table->count; i++)
        if (all || s->table->columns[i].is_key)
            TRY(bind_cell(s, stmt, parameter++, &s->table->columns[i], in, row, err));
    enum code code = OK;
    if (sqlite3_step(stmt) != SQLITE_DONE)
        code = local_table_fail(s->table, "write to", err);
    sqlite3_reset(stmt);
    return code;
}

static enum code put(struct table_sink *s, const struct batch *in, uint32_t row, struct error *err)
{
    if (s->put)
        return run(s, s->put, in, row, true, err);
    TRY(run(s, s->update, in, row, true, err));
    if (s->table->manner != TABLE_REPLACE && sqlite3_changes(s->table->db) > 0)
        return OK;
    return run(s, s->insert, in, row, true, err);
}

static enum code write_row(struct table_sink *s, const struct batch *in, uint32_t row,
                           struct error *err)
{
    enum change change = batch_change(in, row);
    bool is_delete = change == CHANGE_DELETE;
    if (change == CHANGE_UPDATE_BEFORE || (is_delete && (s->table->ignores_deletes || !s->remove)))
        return OK;
    const char *reason = objection(s, in, row, is_delete);
    if (!reason || *reason)
        return bad_row(s, row, reason, err);
    struct error why;
    enum code code = is_delete ? run(s, s->remove, in, row, false, &why) : put(s, in, row, &why);
    if (code == E_DATA) {
        char *text = arena_printf(s->scratch, "%s", why.message);
        return bad_row(s, row, text, err);
    }
    if (code != OK && err)
        *err = why;
    return code;
}

static enum code execute(struct table_sink *s, const char *sql, struct error *err)
{
    return sqlite3_exec(s->table->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? OK
               : local_table_fail(s->table, "write to", err);
}

static enum code write_rows(struct table_sink *s, const struct batch *in, struct error *err)
{
    TRY(execute(s, "BEGIN IMMEDIATE", err));
    enum code code = OK;
    for (uint32_t i = 0; i < in->selected && code == OK; i++)
        code = write_row(s, in, batch_row(in, i), err);
    if (code == OK)
        code = execute(s, "COMMIT", err);
    if (code != OK)
        sqlite3_exec(s->table->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

static void note_waiting(struct table_sink *s, bool is_waiting)
{
    if (is_waiting && !s->is_waiting)
        s->waiting_since_us = clock_monotonic_us();
    s->is_waiting = is_waiting;
}

static enum code table_sink_write(struct sink *base, const struct batch *in, struct error *err)
{
    struct table_sink *s = (struct table_sink *)base;
    if (in->selected == 0)
        return OK;
    s->bad = (struct bad_list){ 0 };
    enum code code = write_rows(s, in, err);
    note_waiting(s, code == E_RETRY);
    for (uint32_t i = 0; i < s->bad.count && code == OK; i++)
        code = bad_row_report(s->bad_rows, &s->bad.items[i], err);
    arena_reset(s->scratch);
    return code;
}

/* ---- the rest ---- */

/* Moves what was committed into the database file, which waits for the disk. */
static enum code table_sink_flush_start(struct sink *base, struct error *err)
{
    struct table_sink *s = (struct table_sink *)base;
    int wrong =
        sqlite3_wal_checkpoint_v2(s->table->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (wrong == SQLITE_OK || wrong == SQLITE_BUSY || wrong == SQLITE_LOCKED)
        return OK;
    return local_table_fail(s->table, "write to", err);
}

static enum code table_sink_flush_poll(struct sink *base, bool *ret_done, struct error *err)
{
    (void)base;
    (void)err;
    *ret_done = true;
    return OK;
}

static int table_sink_wake_fd(struct sink *base)
{
    (void)base;
    return -1;
}

static void table_sink_status(struct sink *base, struct sink_status *ret)
{
    struct table_sink *s = (struct table_sink *)base;
    *ret = (struct sink_status){
        .waiting_for = s->is_waiting ? s->table->path : NULL,
        .waiting_since_us = s->waiting_since_us,
        .guarantee = s->table->manner == TABLE_APPEND ? "at-least-once" : "idempotent by key",
    };
}

const struct sink_kind local_table_sink = {
    .open = table_sink_open,
    .write = table_sink_write,
    .flush_start = table_sink_flush_start,
    .flush_poll = table_sink_flush_poll,
    .wake_fd = table_sink_wake_fd,
    .status = table_sink_status,
    .close = table_sink_close,
};
