/* local_table_open.c -- the database of the local profile, and a table in it.
 *
 * Every source, sink and look-up has a connection of its own; the file is in WAL
 * mode while the job runs, so that they, and whoever looks at it from outside, do
 * not stand in each other's way.  The last one to close puts it back into one plain
 * file. */
#include "local/local_table.h"

#include "base/memory.h"
#include "base/nearest.h"
#include "local/file_out.h"
#include "local/local.h"

#include <string.h>

enum {
    OPEN_WAIT_MS = 5000, /* for another process, at the start */
    RUN_WAIT_MS = 100,   /* later; then the engine asks again */
};

/* ---- errors, statements ---- */

enum code local_table_fail(const struct local_table *table, const char *doing, struct error *err)
{
    int wrong = sqlite3_errcode(table->db);
    enum code code;
    switch (wrong) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        code = E_RETRY;
        break;
    case SQLITE_NOMEM:
        return error_nomem(err);
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        code = E_DATA;
        break;
    default:
        code = E_IO;
        break;
    }
    return error_set(err, code, "could not %s table \"%s\" of \"%s\": %s", doing, table->name,
                     table->path, sqlite3_errmsg(table->db));
}

enum code local_table_prepare(const struct local_table *table, struct str sql, sqlite3_stmt **ret,
                              struct error *err)
{
    if (sqlite3_prepare_v3(table->db, sql.data, (int)sql.size, SQLITE_PREPARE_PERSISTENT, ret,
                           NULL) != SQLITE_OK)
        return local_table_fail(table, "work with", err);
    return OK;
}

void local_table_put_name(struct buf *out, const char *name)
{
    buf_char(out, '"');
    for (; *name; name++) {
        if (*name == '"')
            buf_char(out, '"');
        buf_char(out, *name);
    }
    buf_char(out, '"');
}

void local_table_put_names(struct buf *out, const struct local_table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        if (i > 0)
            buf_text(out, ", ");
        local_table_put_name(out, table->columns[i].name);
    }
}

/* Runs SQL without results; takes the buffer's text and empties it. */
static enum code run(const struct local_table *table, struct buf *sql, struct error *err)
{
    TRY(buf_check(sql, err));
    int wrong = sqlite3_exec(table->db, buf_cstr(sql), NULL, NULL, NULL);
    buf_clear(sql);
    return wrong == SQLITE_OK ? OK : local_table_fail(table, "make", err);
}

/* ---- columns ---- */

static bool is_listed(struct str list, struct str name)
{
    while (list.size > 0) {
        size_t comma = str_find_byte(list, ',');
        size_t size = comma == (size_t)-1 ? list.size : comma;
        if (str_ieq(str_trim(str_make(list.data, size)), name))
            return true;
        size_t used = MIN(size + 1, list.size);
        list = str_make(list.data + used, list.size - used);
    }
    return false;
}

static bool is_key(const struct local_table *table, uint32_t column)
{
    const struct schema *schema = table->def->schema;
    for (uint32_t i = 0; i < schema->key_count; i++)
        if (schema->key[i] == column)
            return true;
    /* The row key of HBase is a key whether or not it is declared as one. */
    if (schema->key_count > 0 || !table->is_hbase || schema->fields[column].type->id == TYPE_ROW)
        return false;
    for (uint32_t i = 0; i < column; i++)
        if (schema->fields[i].type->id != TYPE_ROW)
            return false;
    return true;
}

static enum code list_columns(struct local_table *table, struct error *err)
{
    const struct schema *schema = table->def->schema;
    struct str excluded = options_get(table->def->options, "excludeUpdateColumns");
    uint32_t cap = 0;
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct field *field = &schema->fields[i];
        bool is_family = table->is_hbase && field->type->id == TYPE_ROW;
        uint32_t fields = is_family ? field->type->child_count : 1;
        for (uint32_t f = 0; f < fields; f++) {
            struct table_column column = {
                .type = is_family ? field->type->children[f] : field->type,
                .column = i,
                .field = is_family ? (int)f : -1,
                .is_key = !is_family && is_key(table, i),
                .is_excluded = is_listed(excluded, field->name),
            };
            column.is_not_null = column.is_key || column.type->not_null;
            column.name = is_family
                              ? arena_printf(table->arena, STR_FMT ":" STR_FMT,
                                             STR_ARG(field->name), STR_ARG(field->type->names[f]))
                              : arena_cstr(table->arena, field->name);
            if (!column.name ||
                !ARENA_PUSH(table->arena, table->columns, table->count, cap, column))
                return error_nomem(err);
            table->key_count += column.is_key;
        }
    }
    return OK;
}

/* ---- the manner of the system ---- */

static bool starts_without_case(struct str text, const char *prefix)
{
    size_t size = strlen(prefix);
    return text.size >= size && str_ieq(str_make(text.data, size), str_make(prefix, size));
}

static bool is_of_hbase(const struct table_def *def)
{
    struct str system = options_get(def->options, LOCAL_CONNECTOR_OPTION);
    return starts_without_case(system, "hbase") || str_iis(system, "cloudhbase");
}

bool local_table_is_family(const struct table_def *def, uint32_t column)
{
    return is_of_hbase(def) && def->schema->fields[column].type->id == TYPE_ROW;
}

enum table_manner local_table_manner(const struct table_def *def)
{
    if (is_of_hbase(def))
        return TABLE_MERGE;
    if (!def->blink || !str_iis(options_get(def->options, LOCAL_CONNECTOR_OPTION), "elasticsearch"))
        return TABLE_UPSERT;
    return str_iis(str_trim(options_get(def->options, "updateMode")), "inc") ? TABLE_MERGE
                                                                             : TABLE_REPLACE;
}

static void read_manner(struct local_table *table)
{
    table->is_hbase = is_of_hbase(table->def);
    table->manner = local_table_manner(table->def);
    table->ignores_deletes = options_bool(table->def->options, "ignoreDelete");
}

static bool has_free_columns(const struct local_table *table)
{
    return table->is_hbase ||
           starts_without_case(options_get(table->def->options, LOCAL_CONNECTOR_OPTION),
                               "elasticsearch");
}

struct str local_table_name(const struct table_def *def)
{
    static const char *const options[] = { "tableName", "table-name", "index" };
    struct str name = { NULL, 0 };
    for (size_t i = 0; i < countof(options) && name.size == 0; i++)
        name = options_get(def->options, options[i]);
    return name;
}

static enum code find_name(struct local_table *table, struct error *err)
{
    struct str name = local_table_name(table->def);
    if (name.size > 0 && !memchr(name.data, '\0', name.size)) {
        table->name = arena_cstr(table->arena, name);
        return table->name ? OK : error_nomem(err);
    }
    return error_set(err, E_OPTION, "table \"" STR_FMT "\" needs the option \"tableName\"",
                     STR_ARG(table->def->name));
}

/* ---- the table in the database ---- */

static const char *affinity(const struct type *type)
{
    switch (type->id) {
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_DAY:
        return "INTEGER";
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        return "REAL";
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        return "BLOB";
    default:
        return "TEXT";
    }
}

static void put_column(struct buf *sql, const struct table_column *column, bool with_null)
{
    local_table_put_name(sql, column->name);
    buf_printf(sql, " %s%s", affinity(column->type),
               column->is_not_null && with_null ? " NOT NULL" : "");
}

static void put_create(struct buf *sql, const struct local_table *table)
{
    buf_text(sql, "CREATE TABLE IF NOT EXISTS ");
    local_table_put_name(sql, table->name);
    buf_text(sql, " (");
    for (uint32_t i = 0; i < table->count; i++) {
        if (i > 0)
            buf_text(sql, ", ");
        put_column(sql, &table->columns[i], true);
    }
    const char *comma = ", PRIMARY KEY (";
    for (uint32_t i = 0; i < table->count; i++) {
        if (!table->columns[i].is_key)
            continue;
        buf_text(sql, comma);
        local_table_put_name(sql, table->columns[i].name);
        comma = ", ";
    }
    buf_text(sql, table->key_count > 0 ? "))" : ")");
}

static enum code missing_column(const struct local_table *table, const struct table_column *column,
                                sqlite3_stmt *info, struct error *err)
{
    struct nearest nearest;
    nearest_begin(&nearest, str_of(column->name));
    error_set(err, E_NAME, "table \"%s\" of \"%s\" has no column \"%s\"", table->name, table->path,
              column->name);
    sqlite3_reset(info);
    while (sqlite3_step(info) == SQLITE_ROW) {
        char name[64];
        struct str found = str_of((const char *)sqlite3_column_text(info, 1));
        if (found.size >= sizeof name)
            continue;
        memcpy(name, found.data, found.size);
        uint32_t before = nearest.distance;
        nearest_add(&nearest, str_make(name, found.size));
        if (nearest.distance < before)
            error_hint(err, "Perhaps you meant \"%.*s\".", (int)found.size, name);
    }
    return E_NAME;
}

static bool info_has(sqlite3_stmt *info, const char *name)
{
    sqlite3_reset(info);
    bool has = false;
    while (!has && sqlite3_step(info) == SQLITE_ROW)
        has = sqlite3_stricmp((const char *)sqlite3_column_text(info, 1), name) == 0;
    return has;
}

static enum code check_columns(struct local_table *table, struct buf *sql, struct error *err)
{
    buf_text(sql, "PRAGMA table_info(");
    local_table_put_name(sql, table->name);
    buf_char(sql, ')');
    TRY(buf_check(sql, err));
    sqlite3_stmt *info;
    TRY(local_table_prepare(table, buf_view(sql), &info, err));
    buf_clear(sql);
    enum code code = OK;
    for (uint32_t i = 0; i < table->count && code == OK; i++) {
        const struct table_column *column = &table->columns[i];
        if (info_has(info, column->name))
            continue;
        if (!has_free_columns(table) || column->is_key) {
            code = missing_column(table, column, info, err);
            break;
        }
        sqlite3_reset(info);
        buf_text(sql, "ALTER TABLE ");
        local_table_put_name(sql, table->name);
        buf_text(sql, " ADD COLUMN ");
        put_column(sql, column, false);
        code = run(table, sql, err);
    }
    sqlite3_finalize(info);
    return code;
}

static enum code open_database(struct local_table *table, struct error *err)
{
    struct str dir = table->def->data_dir;
    table->path = arena_printf(table->arena, STR_FMT "/tables.sqlite",
                               STR_ARG(dir.size > 0 ? dir : STR(".")));
    if (!table->path)
        return error_nomem(err);
    TRY(file_make_parents(table->path, err));
    if (sqlite3_open_v2(table->path, &table->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX,
                        NULL) != SQLITE_OK)
        return error_set(err, E_IO, "could not open \"%s\": %s", table->path,
                         table->db ? sqlite3_errmsg(table->db) : "out of memory");
    sqlite3_busy_timeout(table->db, OPEN_WAIT_MS);
    sqlite3_extended_result_codes(table->db, 0);
    /* Without WAL it works as well, only less smoothly. */
    sqlite3_exec(table->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", NULL, NULL,
                 NULL);
    return OK;
}

static enum code prepare(struct local_table *table, struct error *err)
{
    table->arena = arena_create();
    if (!table->arena)
        return error_nomem(err);
    TRY(find_name(table, err));
    read_manner(table);
    TRY(list_columns(table, err));
    if (table->key_count == 0)
        table->manner = TABLE_APPEND;
    TRY(open_database(table, err));
    struct buf sql;
    buf_init(&sql, 16 << 20);
    put_create(&sql, table);
    enum code code = run(table, &sql, err);
    if (code == OK)
        code = check_columns(table, &sql, err);
    buf_done(&sql);
    sqlite3_busy_timeout(table->db, RUN_WAIT_MS);
    return code;
}

enum code local_table_open(const struct table_def *def, struct local_table **ret, struct error *err)
{
    struct local_table *table = mem_zalloc(sizeof *table);
    if (!table)
        return error_nomem(err);
    table->def = def;
    table->values = (struct value_settings){
        .keeps_numbers = true,
        .zone = def->zone ? def->zone : zone_utc,
    };
    enum code code = prepare(table, err);
    if (code != OK) {
        local_table_close(table);
        return code == E_RETRY || code == E_DATA ? E_IO : code;
    }
    *ret = table;
    return OK;
}

void local_table_close(struct local_table *table)
{
    if (!table)
        return;
    if (table->db) {
        sqlite3_busy_timeout(table->db, 0);
        /* Only the last connection can do this; the others fail, and that is fine. */
        sqlite3_exec(table->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
        sqlite3_close_v2(table->db);
    }
    arena_destroy(table->arena);
    mem_free(table);
}
